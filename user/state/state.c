/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Hands each record to the tables it concerns; see state.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/dns.h"
#include "event/schema.h"
#include "state/containers.h"
#include "state/entry.h"
#include "state/socks.h"
#include "state/state.h"
#include "state/tree.h"
#include "state/users.h"

struct state {
	struct intern *strings;
	struct tree *tree;
	struct containers *containers;
	struct socks *socks;
	struct dns_names *dns;
	const char *hostname;
	int64_t wall_off;
	uint64_t boot_id;
	uint64_t malformed_facts;
	bool scan_open; /* the scan told something that entry_scanned has not seen */
	const struct ev_hdr *last; /* the record applied last, to know again, not to read */
	bool last_changed;	   /* it gave its socket another peer */
	struct prow stray;	   /* the process of a record without a row */
};

struct state *state_new(void)
{
	struct state *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->strings = intern_new();
	if (s->strings) {
		s->tree = tree_new(s->strings);
		s->containers = containers_new(s->strings);
		s->hostname = intern_get(s->strings, "", 0);
	}
	s->socks = socks_new();
	s->dns = dns_names_new();
	if (s->tree && s->containers && s->hostname && s->socks && s->dns)
		return s;
	state_free(s);
	errno = ENOMEM;
	return NULL;
}

void state_free(struct state *s)
{
	if (!s)
		return;
	tree_free(s->tree);
	containers_free(s->containers);
	socks_free(s->socks);
	dns_names_free(s->dns);
	intern_free(s->strings);
	free(s);
}

/* --- one function per event that changes more than the header says --- */

static int on_fork(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	(void)row;
	return tree_fork(s->tree, (const struct ev_fork *)h);
}

static int on_procexit(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	tree_exit(s->tree, row, (const struct ev_procexit *)h);
	return 0;
}

static int on_exec(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	int64_t res;
	int err;

	if (!schema_result(h, &res) || res < 0)
		return 0;
	err = tree_exec(s->tree, row, h, schema_image(h));
	if (!err)
		entry_exec(s->containers, row, h->time);
	return err;
}

static int on_proc(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	s->scan_open = true;
	return tree_scan(s->tree, row, h, schema_image(h));
}

/* A thread may have namespaces and capabilities of its own; those of a process are its first
 * thread's. */
static bool is_process(const struct ev_hdr *h)
{
	return h->tid == h->pid;
}

/* setns and unshare change the pid namespace of children only. */
static void set_ns(struct prow *row, uint32_t mntns, uint32_t pidns, uint32_t netns,
		   uint32_t userns)
{
	row->p.mntns = mntns;
	row->p.netns = netns;
	row->p.userns = userns;
	row->child_pidns = pidns;
}

static int on_setns(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	const struct ev_setns *ev = (const void *)h;

	(void)s;
	if (ev->res >= 0 && is_process(h))
		set_ns(row, ev->mntns, ev->pidns, ev->netns, ev->userns);
	return 0;
}

static int on_unshare(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	const struct ev_unshare *ev = (const void *)h;

	(void)s;
	if (ev->res >= 0 && is_process(h))
		set_ns(row, ev->mntns, ev->pidns, ev->netns, ev->userns);
	return 0;
}

static int on_capset(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	const struct ev_capset *ev = (const void *)h;

	(void)s;
	if (ev->res >= 0 && is_process(h))
		row->p.cap_inheritable = ev->cap_inheritable;
	return 0;
}

static int on_cwd(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	const struct ev_chdir *ev = (const void *)h; /* fchdir and chroot have the same fields */

	return ev->res < 0 ? 0 : tree_set_cwd(s->tree, row, rec_str(h, &ev->cwd), ev->cwd.len);
}

static int on_setsid(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	const struct ev_setsid *ev = (const void *)h;

	(void)s;
	if (ev->res < 0)
		return 0;
	row->p.sid = ev->sid;
	row->p.pgid = row->p.pid;
	row->p.vpgid = row->p.vpid;
	row->p.tty = 0;
	return 0;
}

static int on_attach(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	const struct ev_cgroup_attach_task *ev = (const void *)h;
	struct prow *moved = tree_find(s->tree, ev->moved);

	(void)row;
	if (moved && !moved->ended)
		moved->p.cgroup = ev->id;
	return containers_cgroup(s->containers, ev->id, rec_str(h, &ev->path), ev->path.len);
}

static int on_mkdir(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	const struct ev_cgroup_mkdir *ev = (const void *)h;

	(void)row;
	s->scan_open |= h->flags & HW_F_SYNTH;
	return containers_cgroup(s->containers, ev->id, rec_str(h, &ev->path), ev->path.len);
}

static int on_rmdir(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	(void)row;
	containers_rmdir(s->containers, ((const struct ev_cgroup_rmdir *)h)->id);
	return 0;
}

static int on_start(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	const struct ev_start *ev = (const void *)h;
	const char *name = intern_get(s->strings, rec_str(h, &ev->hostname), ev->hostname.len);

	(void)row;
	if (!name)
		return -ENOMEM;
	intern_put(s->strings, s->hostname);
	s->hostname = name;
	s->wall_off = ev->wall_off;
	s->boot_id = ev->boot_id;
	return 0;
}

static int on_container(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	const struct ev_container *ev = (const void *)h;
	int err = containers_facts(s->containers, h->cgroup, rec_str(h, &ev->facts), ev->facts.len);

	(void)row;
	s->scan_open = true;
	if (err != -ENOMEM && err) {
		s->malformed_facts++;
		err = 0;
	}
	return err;
}

static int on_passwd(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	const struct ev_passwd *ev = (const void *)h;
	struct users *u = users_new(rec_str(h, &ev->users), ev->users.len,
				    rec_str(h, &ev->groups), ev->groups.len);

	(void)row;
	if (!u)
		return -ENOMEM;
	containers_users(s->containers, h->cgroup, u);
	return 0;
}

static int on_dns(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	const struct ev_dns *ev = (const void *)h;
	size_t n = ev->addrs.len / sizeof(struct hw_addr);
	struct hw_addr *addrs = n ? malloc(n * sizeof(*addrs)) : NULL;
	int err;

	(void)row;
	if (n && !addrs)
		return -ENOMEM;
	if (n) /* the bytes of a record need not lie aligned */
		memcpy(addrs, rec_str(h, &ev->addrs), n * sizeof(*addrs));
	err = dns_names_set(s->dns, rec_str(h, &ev->name), addrs, n);
	free(addrs);
	return err;
}

/* A scan that followed a loss has been told whole: whoever it did not find is gone. */
static int on_healed(struct state *s, struct prow *row, const struct ev_hdr *h)
{
	(void)row;
	tree_end_unseen(s->tree, ((const struct ev_healed *)h)->since, h->time);
	s->scan_open = false;
	return entry_scanned(s->tree, s->containers);
}

/* needs_row: nothing to do for a record without a process of its own. */
static const struct handler {
	int (*fn)(struct state *s, struct prow *row, const struct ev_hdr *h);
	bool needs_row;
} handlers[EV_MAX] = {
	[EV_fork] = {on_fork, true},
	[EV_procexit] = {on_procexit, true},
	[EV_execve] = {on_exec, true},
	[EV_execveat] = {on_exec, true},
	[EV_proc] = {on_proc, true},
	[EV_chdir] = {on_cwd, true},
	[EV_fchdir] = {on_cwd, true},
	[EV_chroot] = {on_cwd, true},
	[EV_setsid] = {on_setsid, true},
	[EV_setns] = {on_setns, true},
	[EV_unshare] = {on_unshare, true},
	[EV_capset] = {on_capset, true},
	[EV_cgroup_mkdir] = {on_mkdir, false},
	[EV_cgroup_rmdir] = {on_rmdir, false},
	[EV_cgroup_attach_task] = {on_attach, false},
	[EV_start] = {on_start, false},
	[EV_container] = {on_container, false},
	[EV_passwd] = {on_passwd, false},
	[EV_dns] = {on_dns, false},
	[EV_healed] = {on_healed, false},
};

/* Does the header tell of a process? Records that user space made name none, but for the scan's;
 * nor does what the kernel sent of its own accord. */
static bool has_process(const struct ev_hdr *h)
{
	return h->type == EV_proc || (h->pid && !(h->flags & HW_F_SYNTH));
}

int state_apply(struct state *s, const struct ev_hdr *ev)
{
	const struct handler *handler = ev->type < EV_MAX ? &handlers[ev->type] : NULL;
	struct prow *row = NULL;
	int err = 0, net_err;

	tree_reap(s->tree, ev->time);
	if (has_process(ev)) {
		/* What a scan left open is settled before the first record of the kernel side. */
		if (s->scan_open && ev->type != EV_proc) {
			s->scan_open = false;
			err = entry_scanned(s->tree, s->containers);
		}
		if (!err)
			row = tree_touch(s->tree, ev, &err);
	}
	if (!err && handler && handler->fn && (row || !handler->needs_row))
		err = handler->fn(s, row, ev);
	s->last = ev;
	net_err = socks_apply(s->socks, ev, &s->last_changed);
	return err ? err : net_err;
}

/* The other process that an event is about, and its container, which is known without it. */
static void bind_target(struct state *s, const struct event_desc *d, struct view *v)
{
	const struct hw_target *t = (const void *)((const char *)v->ev + d->target_off);
	struct ev_hdr named;
	struct prow *row;

	if (d->target_off < 0 || !t->target_pid)
		return;
	named = (struct ev_hdr){.pid = t->target_pid, .start = t->target_start};
	row = tree_find_hdr(s->tree, &named);
	v->target = row ? &row->p : NULL;
	v->target_ctr = containers_bind(s->containers, t->target_cgroup, v->ev->time);
}

void state_bind(struct state *s, struct view *v)
{
	const struct prow *row = has_process(v->ev) ? tree_find_hdr(s->tree, v->ev) : NULL;
	const struct event_desc *d = schema_event(v->ev->type);

	if (!row) {
		tree_stray(s->tree, &s->stray, v->ev);
		row = &s->stray;
	}
	v->proc = &row->p;
	v->ctr = containers_bind(s->containers, v->ev->cgroup, v->ev->time);
	v->name_changed = v->ev == s->last && s->last_changed;
	v->sock_role = SOCK_ROLE_NONE;
	v->target = NULL;
	v->target_ctr = NULL;
	if (d)
		bind_target(s, d, v);
	if (d && d->obj_off >= 0)
		v->sock_role =
			socks_role(s->socks, (const void *)((const char *)v->ev + d->obj_off));
}

/* --- questions --- */

const struct process *state_process(const struct state *s, uint32_t pid)
{
	const struct prow *row = tree_find(s->tree, pid);

	return row ? &row->p : NULL;
}

const struct container *state_container(const struct state *s, uint64_t cgroup)
{
	const struct cgrow *row = containers_find(s->containers, cgroup);

	if (!row)
		return NULL;
	return row->ctr ? &row->ctr->c : &containers_host(s->containers)->c;
}

const char *state_cgroup_path(const struct state *s, uint64_t cgroup)
{
	const struct cgrow *row = containers_find(s->containers, cgroup);

	return row ? row->path : NULL;
}

const char *state_user_name(const struct state *s, const struct container *c, uint32_t uid)
{
	const struct crow *row = containers_row(s->containers, c);

	return users_name(row ? row->users : NULL, uid);
}

const char *state_group_name(const struct state *s, const struct container *c, uint32_t gid)
{
	const struct crow *row = containers_row(s->containers, c);

	return users_group(row ? row->users : NULL, gid);
}

bool state_has_users(const struct state *s, const struct container *c)
{
	const struct crow *row = containers_row(s->containers, c);

	return row && row->users;
}

const struct dns_names *state_dns(const struct state *s)
{
	return s->dns;
}

const char *state_hostname(const struct state *s)
{
	return s->hostname;
}

int64_t state_wall_off(const struct state *s)
{
	return s->wall_off;
}

uint64_t state_boot_id(const struct state *s)
{
	return s->boot_id;
}

struct each {
	int (*container)(void *ctx, const struct container *c);
	int (*process)(void *ctx, const struct process *p);
	int (*cgroup)(void *ctx, uint64_t id, const char *path);
	void *ctx;
};

static int each_container(void *ctx, struct crow *row)
{
	const struct each *e = ctx;

	return e->container(e->ctx, &row->c);
}

int state_each_container(struct state *s, int (*fn)(void *ctx, const struct container *c),
			 void *ctx)
{
	struct each e = {.container = fn, .ctx = ctx};

	if (s->scan_open) {
		int err = entry_scanned(s->tree, s->containers);

		if (err)
			return err;
		s->scan_open = false;
	}
	return containers_each(s->containers, each_container, &e);
}

static int each_process(void *ctx, struct prow *row)
{
	const struct each *e = ctx;

	return e->process(e->ctx, &row->p);
}

int state_each_process(const struct state *s, int (*fn)(void *ctx, const struct process *p),
		       void *ctx)
{
	struct each e = {.process = fn, .ctx = ctx};

	return tree_each(s->tree, each_process, &e);
}

int state_each_unseen(const struct state *s, uint64_t from_ns,
		      int (*fn)(void *ctx, const struct process *p), void *ctx)
{
	struct each e = {.process = fn, .ctx = ctx};

	return tree_each_unseen(s->tree, from_ns, each_process, &e);
}

int state_each_missing_parent(const struct state *s, int (*fn)(void *ctx, uint32_t pid), void *ctx)
{
	return tree_each_missing(s->tree, fn, ctx);
}

static int each_cgroup(void *ctx, const struct cgrow *row)
{
	const struct each *e = ctx;

	return e->cgroup(e->ctx, row->id, row->path);
}

int state_each_cgroup(const struct state *s, int (*fn)(void *ctx, uint64_t id, const char *path),
		      void *ctx)
{
	struct each e = {.cgroup = fn, .ctx = ctx};

	return containers_each_cgroup(s->containers, each_cgroup, &e);
}

void state_get_stats(const struct state *s, struct state_stats *ret)
{
	struct containers_stats c;
	struct socks_stats k;
	struct tree_stats t;

	containers_get_stats(s->containers, &c);
	socks_get_stats(s->socks, &k);
	tree_get_stats(s->tree, &t);
	*ret = (struct state_stats){
		.processes = t.rows,
		.containers = c.containers,
		.cgroups = c.cgroups,
		.sockets = k.rows,
		.strings = intern_count(s->strings),
		.evicted_processes = t.evicted,
		.evicted_containers = c.evicted_containers,
		.evicted_cgroups = c.evicted_cgroups,
		.evicted_sockets = k.evicted,
		.unknown_processes = t.unknown,
		.malformed_facts = s->malformed_facts,
	};
}
