/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * When facts are looked for: when a runtime is started for a container (its files are there then),
 * and before a container's first event. What is looked at is locate.c's matter.
 *
 * Who may say what: a command line that a process of the host shows counts for containers of the
 * host, one that a process of a container shows for containers inside that one only; and one of a
 * user without privilege for cgroups of that user's own slice only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/table.h"
#include "event/schema.h"
#include "state/cgroup.h"
#include "state/collect_impl.h"

#define MS 1000000ull
#define NAMES_FIRST_MAX 49152 /* a record's first string must end within 64 KiB */
#define USER_TRIES_MAX 3

/* Pauses between tries; after the last one the container stays as it is. */
static const uint64_t pauses_ns[] = {10 * MS, 50 * MS, 250 * MS, 1000 * MS, 5000 * MS};

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* --- making and freeing --- */

static bool has_v2(const struct rootfs *root, const char *dir)
{
	struct buf path = BUF_INIT;
	struct stat st;
	bool yes = path_set(&path, "%s/cgroup.procs", dir) &&
		   !rootfs_stat(root, buf_str(&path), &st);

	buf_done(&path);
	return yes;
}

/* On a hybrid host the first of these is no cgroup directory itself. */
static const char *find_cgroup_root(const struct rootfs *root)
{
	static const char *const dirs[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

	for (size_t i = 0; i < N(dirs); i++)
		if (has_v2(root, dirs[i]))
			return dirs[i];
	return dirs[0];
}

struct collect *collect_new(const struct rootfs *root, const struct state *s,
			    const char *cgroup_root, collect_emit_fn emit, void *ctx)
{
	struct collect *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->root = root;
	c->state = s;
	c->emit = emit;
	c->ctx = ctx;
	list_init(&c->launches);
	list_init(&c->work_order);
	c->cgroup_root = strdup(cgroup_root ? cgroup_root : find_cgroup_root(root));
	c->works = table_new();
	c->unknown = table_new();
	c->own_mntns = procscan_ns(c, "self", "mnt");
	if (c->cgroup_root && c->works && c->unknown && !rec_init(&c->rec))
		return c;
	collect_free(c);
	errno = ENOMEM;
	return NULL;
}

static void launch_free(struct collect *c, struct launch *l)
{
	list_del(&l->order);
	c->n_launches--;
	facts_done(&l->facts);
	names_text_done(&l->names);
	free(l->outer);
	free(l);
}

static void work_free(struct collect *c, struct work *w)
{
	list_del(&w->order);
	table_del(c->works, w->cgroup);
	free(w);
}

void collect_free(struct collect *c)
{
	if (!c)
		return;
	list_each(n, after, &c->launches)
		launch_free(c, list_row(n, struct launch, order));
	list_each(m, after, &c->work_order)
		work_free(c, list_row(m, struct work, order));
	table_free(c->works);
	table_free(c->unknown);
	rec_done(&c->rec);
	buf_done(&c->text);
	free(c->cgroup_root);
	free(c);
}

uint64_t collect_clock(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &ts); /* a clock that every kernel in question has */
	return (uint64_t)ts.tv_sec * 1000 * MS + (uint64_t)ts.tv_nsec;
}

/* --- records --- */

void collect_emit(struct collect *c)
{
	const struct ev_hdr *h = rec_end(&c->rec);

	if (!h || c->emit(c->ctx, h, h->size))
		c->stats.emit_failed++;
}

void collect_emit_facts(struct collect *c, uint64_t cgroup, struct facts *f)
{
	struct ev_container *ev;

	/* Half a record's room for the lists: what does not fit is left out, and said. */
	buf_reset(&c->text);
	facts_write(&c->text, &f->c);
	if (c->text.len > HW_FACT_MAX - sizeof(*ev) - 64) {
		f->c.n_mounts = f->c.n_labels = f->c.n_env_names = 0;
		f->c.complete = false;
		f->c.why = "its mounts, labels and variables are larger than a record may be";
		buf_reset(&c->text);
		facts_write(&c->text, &f->c);
	}
	ev = REC_BEGIN(&c->rec, container);
	ev->h.time = c->now_ns;
	ev->h.cgroup = cgroup;
	REC_STR(&c->rec, container, facts, buf_str(&c->text), c->text.len, 0);
	collect_emit(c);
}

/* At most max bytes, at the end of a line. */
static size_t whole_lines(const struct buf *b, size_t max)
{
	const char *nl;

	if (b->len <= max)
		return b->len;
	nl = memrchr(b->data, '\n', max);
	return nl ? (size_t)(nl + 1 - b->data) : 0;
}

void collect_emit_names(struct collect *c, uint64_t cgroup, const struct names_text *n)
{
	struct ev_passwd *ev = REC_BEGIN(&c->rec, passwd);
	bool users_last = n->users.len > n->groups.len;
	size_t users = whole_lines(&n->users, users_last ? NAMES_TEXT_MAX : NAMES_FIRST_MAX);
	size_t groups = whole_lines(&n->groups, users_last ? NAMES_FIRST_MAX : NAMES_TEXT_MAX);

	ev->h.time = c->now_ns;
	ev->h.cgroup = cgroup;
	if (!users_last)
		REC_STR(&c->rec, passwd, users, buf_str(&n->users), users, 0);
	REC_STR(&c->rec, passwd, groups, buf_str(&n->groups), groups, 0);
	if (users_last)
		REC_STR(&c->rec, passwd, users, buf_str(&n->users), users, 0);
	collect_emit(c);
}

/* --- launches of runtimes --- */

static struct launch *launch_of_pid(struct collect *c, uint32_t pid)
{
	const struct process *p = state_process(c->state, pid);

	list_each(n, after, &c->launches) {
		struct launch *l = list_row(n, struct launch, order);

		if (p && l->pid == pid && l->start_ns == p->start_ns)
			return l;
	}
	return NULL;
}

bool collect_launched(struct collect *c, uint32_t pid)
{
	return launch_of_pid(c, pid);
}

/* In which container does a process with this header run? NULL: on the host or unknown. */
static const struct container *container_at(const struct collect *c, uint64_t cgroup)
{
	const struct container *ctr = state_container(c->state, cgroup);

	return ctr && !ctr->is_host && ctr->full_id ? ctr : NULL;
}

/* A runtime executes itself anew, or a wrapper does: the last command line of a process counts, and
 * the last one for an id. */
static void forget_launch(struct collect *c, uint32_t pid, const char *id)
{
	list_each(n, after, &c->launches) {
		struct launch *l = list_row(n, struct launch, order);

		if (l->pid == pid || strcmp(l->args.id, id) == 0)
			launch_free(c, l);
	}
	if (c->n_launches < LAUNCHES_MAX)
		return;
	c->stats.evicted++;
	launch_free(c, list_row(c->launches.prev, struct launch, order));
}

static void request_of_launch(const struct launch *l, struct request *rq)
{
	*rq = (struct request){
		.id = l->args.id,
		.plain = l->args.runtime,
		.bundle = l->args.bundle,
		.place = l->place,
		.nested = l->outer,
		.not_ours = l->outer || l->uid,
	};
}

static void read_launch(struct collect *c, struct launch *l)
{
	struct request rq;

	facts_done(&l->facts);
	if (facts_init(&l->facts))
		return;
	facts_set_id(&l->facts, l->args.id, strlen(l->args.id));
	request_of_launch(l, &rq);
	(void)locate_facts(c, &rq, &l->facts); /* another try is made when the container shows */
	if (!l->names.known)
		locate_names(c, &l->facts, &l->names);
}

void collect_launch(struct collect *c, const struct launch_of *of)
{
	const struct container *outer = container_at(c, of->cgroup);
	struct launch *l = malloc(sizeof(*l));

	if (!l)
		return;
	if (!runtime_args_launch(of->argv, of->argv_len, of->exepath, of->cwd, &l->args)) {
		free(l);
		return;
	}
	/* From here on the rest of the row counts too. */
	list_init(&l->order);
	l->pid = of->pid;
	l->uid = of->uid;
	l->start_ns = of->start_ns;
	l->bound = false;
	l->outer = outer ? strdup(outer->full_id) : NULL;
	memset(&l->place, 0, sizeof(l->place));
	memset(&l->facts, 0, sizeof(l->facts));
	memset(&l->names, 0, sizeof(l->names));
	if (outer)
		snprintf(l->place.root, sizeof(l->place.root), "/proc/%u/root", of->pid);
	forget_launch(c, of->pid, l->args.id);
	list_push(&c->launches, &l->order);
	c->n_launches++;
	if (outer && !l->outer)
		launch_free(c, l);
	else
		read_launch(c, l);
}

static void on_exec(struct collect *c, const struct ev_hdr *h)
{
	const struct hw_image *im = schema_image(h);
	char cwd[HW_PATH_MAX];
	int64_t res;

	if (!schema_result(h, &res) || res < 0 || im->cwd.len >= sizeof(cwd))
		return;
	memcpy(cwd, rec_str(h, &im->cwd), im->cwd.len);
	cwd[im->cwd.len] = '\0';
	collect_launch(c, &(struct launch_of){
				  .pid = h->pid,
				  .uid = h->uid,
				  .start_ns = h->start,
				  .cgroup = h->cgroup,
				  .argv = rec_str(h, &im->argv),
				  .argv_len = im->argv.len,
				  .exepath = rec_str(h, &im->trusted_exepath),
				  .cwd = cwd,
			  });
}

/* May what this process said be held true of a container whose cgroup is at path? */
static bool may_speak(const struct launch *l, const char *path)
{
	char slice[48];

	if (!l->uid || l->outer)
		return true;
	snprintf(slice, sizeof(slice), "/user-%u.slice/", l->uid);
	return strstr(path, slice);
}

static struct launch *launch_for(struct collect *c, const struct container *ctr)
{
	list_each(n, after, &c->launches) {
		struct launch *l = list_row(n, struct launch, order);
		bool same_outer = l->outer ? ctr->parent_id && strncmp(l->outer, ctr->parent_id,
								       strlen(ctr->parent_id)) == 0
					   : !ctr->parent_id;

		if (strcmp(l->args.id, ctr->full_id) == 0 && same_outer &&
		    may_speak(l, ctr->cgroup_path))
			return l;
	}
	return NULL;
}

/* --- one container --- */

static struct work *work_for(struct collect *c, uint64_t cgroup)
{
	struct work *w = table_find(c->works, cgroup);

	if (w) {
		list_to_front(&c->work_order, &w->order);
		return w;
	}
	if (table_len(c->works) >= WORKS_MAX) {
		c->stats.evicted++;
		work_free(c, list_row(c->work_order.prev, struct work, order));
	}
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->cgroup = cgroup;
	list_init(&w->order);
	if (table_put(c->works, cgroup, w)) {
		free(w);
		return NULL;
	}
	list_push(&c->work_order, &w->order);
	return w;
}

static void finish_try(struct collect *c, struct work *w, uint64_t cgroup, struct facts *f,
		       bool again)
{
	bool last = !again || w->tries >= N(pauses_ns);

	if (!last)
		w->next_ns = c->now_ns + pauses_ns[w->tries];
	w->done = last;
	c->stats.containers += f->c.complete;
	c->stats.incomplete += last && !f->c.complete;
	if (f->c.complete || last || !w->tries)
		collect_emit_facts(c, cgroup, f);
	w->tries++;
}

/* Does a user without privilege rule over this cgroup? */
static bool is_users(const char *path)
{
	return strstr(path, "/user.slice/user-") && !strstr(path, "/user.slice/user-0.slice");
}

/* What the cgroup's name told; the strings stay good until a record is emitted. */
static void request_of_container(const struct container *ctr, const struct launch *l, uint32_t pid,
				 struct request *rq)
{
	*rq = (struct request){
		.id = ctr->full_id,
		.runtime = ctr->runtime,
		.plain = l ? l->args.runtime : NULL,
		.bundle = l && l->args.bundle[0] ? l->args.bundle : NULL,
		.nested = ctr->parent_id,
		.not_ours = ctr->parent_id || is_users(ctr->cgroup_path),
		.pid = pid,
	};
	if (l)
		rq->place = l->place;
}

static void try_now(struct collect *c, struct work *w, uint64_t cgroup,
		    const struct container *ctr, uint32_t pid)
{
	struct launch *l = launch_for(c, ctr);
	struct names_text names = {BUF_INIT, BUF_INIT, false};
	struct request rq;
	struct facts f;
	bool again = false;

	if (facts_init(&f))
		return;
	facts_set_id(&f, ctr->full_id, strlen(ctr->full_id));
	f.c.pod_uid = facts_dup(&f, ctr->pod_uid);
	f.c.cgroup_path = facts_dup(&f, ctr->cgroup_path);
	request_of_container(ctr, l, pid, &rq);
	if (l && l->facts.c.complete) {
		l->facts.c.cgroup_path = f.c.cgroup_path;
		finish_try(c, w, cgroup, &l->facts, false);
		l->facts.c.cgroup_path = NULL;
	} else {
		again = locate_facts(c, &rq, &f);
		finish_try(c, w, cgroup, &f, again);
	}
	if (l && l->names.known) {
		collect_emit_names(c, cgroup, &l->names);
	} else {
		locate_names(c, &f, &names);
		if (names.known)
			collect_emit_names(c, cgroup, &names);
	}
	names_text_done(&names);
	facts_done(&f);
	if (l && w->done)
		launch_free(c, l);
}

void collect_try(struct collect *c, uint64_t cgroup, uint32_t pid)
{
	const struct container *ctr = container_at(c, cgroup);
	struct work *w;

	if (!ctr || ctr->complete)
		return;
	/* Facts name the container's own cgroup, so that a look-up of any of its cgroups is one. */
	if (ctr->cgroup)
		cgroup = ctr->cgroup;
	w = work_for(c, cgroup);
	if (w && !w->done && c->now_ns >= w->next_ns)
		try_now(c, w, cgroup, ctr, pid);
}

/* --- containers whose cgroup has no telling name --- */

/* The process that moves another into a cgroup, or bears it there, is setting a container up when
 * it, or the parent of either, is a runtime that was started for one. */
static struct launch *launch_behind(struct collect *c, const struct ev_hdr *h, uint32_t moved)
{
	const struct process *p = moved ? state_process(c->state, moved) : NULL;
	struct launch *l = launch_of_pid(c, h->pid);

	if (!l)
		l = launch_of_pid(c, h->ppid);
	if (!l && p)
		l = launch_of_pid(c, p->ppid);
	return l && !l->bound ? l : NULL;
}

/* Is the cgroup one that l's container can have? Not one of another container, not the one that the
 * runtime itself is in; and inside the runtime's own container when it is in one. */
static bool can_be_its(const struct collect *c, const struct launch *l, uint64_t cgroup,
		       const struct ev_hdr *h, const char *path)
{
	const struct container *there = container_at(c, cgroup);

	if (!path[0] || strcmp(path, "/") == 0 || cgroup == h->cgroup || !may_speak(l, path))
		return false;
	if (!l->outer)
		return !there;
	return there && strcmp(there->full_id, l->outer) == 0 &&
	       strcmp(there->cgroup_path, path) != 0;
}

static void adopt(struct collect *c, struct launch *l, uint64_t cgroup, const struct ev_hdr *h,
		  const char *path)
{
	const struct container *there = container_at(c, cgroup);
	struct work *w;

	if (there && strcmp(there->full_id, l->args.id) == 0) {
		l->bound = true; /* its name has told */
		return;
	}
	if (!can_be_its(c, l, cgroup, h, path))
		return;
	l->bound = true;
	if (!l->facts.c.complete)
		read_launch(c, l);
	w = work_for(c, cgroup);
	if (!w || !l->facts.mem)
		return;
	l->facts.c.cgroup_path = path;
	finish_try(c, w, cgroup, &l->facts, !l->facts.c.complete);
	l->facts.c.cgroup_path = NULL;
	if (l->names.known)
		collect_emit_names(c, cgroup, &l->names);
	if (w->done)
		launch_free(c, l);
}

static void on_attach(struct collect *c, const struct ev_hdr *h)
{
	const struct ev_cgroup_attach_task *ev = (const void *)h;
	struct launch *l = launch_behind(c, h, ev->moved);

	if (l)
		adopt(c, l, ev->id, h, rec_str(h, &ev->path));
}

static void on_fork(struct collect *c, const struct ev_hdr *h)
{
	const struct ev_fork *ev = (const void *)h;
	struct launch *l = NULL;
	const char *path;

	if (ev->child_cgroup && ev->child_cgroup != h->cgroup)
		l = launch_behind(c, h, 0);
	path = l ? state_cgroup_path(c->state, ev->child_cgroup) : NULL;
	if (path)
		adopt(c, l, ev->child_cgroup, h, path);
}

void collect_child(struct collect *c, const struct process *p)
{
	const struct process *up = state_process(c->state, p->ppid);
	struct launch *l = up ? launch_of_pid(c, up->pid) : NULL;
	const char *path = l && !l->bound ? state_cgroup_path(c->state, p->cgroup) : NULL;
	struct ev_hdr h = {0};

	if (!path)
		return;
	h.cgroup = up->cgroup;
	adopt(c, l, p->cgroup, &h, path);
}

void collect_plain(struct collect *c, uint64_t cgroup, const char *path, const struct request *rq)
{
	struct names_text names = {BUF_INIT, BUF_INIT, false};
	struct work *w = work_for(c, cgroup);
	struct facts f;
	bool again;

	if (!w || w->done || facts_init(&f))
		return;
	facts_set_id(&f, rq->id, strlen(rq->id));
	f.c.cgroup_path = facts_dup(&f, path);
	again = locate_facts(c, rq, &f);
	finish_try(c, w, cgroup, &f, again);
	locate_names(c, &f, &names);
	if (names.known)
		collect_emit_names(c, cgroup, &names);
	names_text_done(&names);
	facts_done(&f);
}

/* Is this the cgroup that the runtime was told to make, or the one it makes when not told? */
static bool is_told(const struct launch *l, const char *path)
{
	const char *told = l->facts.cgroups_path, *slash = strrchr(path, '/');

	if (told && told[0] == '/')
		return strcmp(told, path) == 0;
	return slash && strcmp(slash + 1, l->args.id) == 0;
}

/* A runtime that went into the background has lost its parents; the path that it was told, or its
 * container's id, still names it. */
static struct launch *launch_told(struct collect *c, const char *path)
{
	list_each(n, after, &c->launches) {
		struct launch *l = list_row(n, struct launch, order);

		if (!l->bound && !l->outer && is_told(l, path))
			return l;
	}
	return NULL;
}

/* The files are there before the cgroup is, so that its first record can be whole already. Only for
 * the host's: which container another one lies in, the state says later. */
static void on_mkdir(struct collect *c, const struct ev_hdr *h)
{
	const struct ev_cgroup_mkdir *ev = (const void *)h;
	struct container named = {.cgroup_path = rec_str(h, &ev->path)};
	struct launch *l = launch_behind(c, h, 0);
	struct cgroup_id id;
	struct work *w;
	char full_id[129];

	if (!l)
		l = launch_told(c, named.cgroup_path);
	if (l && !l->outer && is_told(l, named.cgroup_path) &&
	    !cgroup_parse(named.cgroup_path, &id))
		adopt(c, l, ev->id, h, named.cgroup_path);
	if (!cgroup_parse(named.cgroup_path, &id) || id.own_len != ev->path.len || id.parent ||
	    id.id_len >= sizeof(full_id) || container_at(c, h->cgroup))
		return;
	memcpy(full_id, id.id, id.id_len);
	full_id[id.id_len] = '\0';
	named.full_id = full_id;
	named.runtime = id.runtime;
	w = work_for(c, ev->id);
	if (w && !w->done && c->now_ns >= w->next_ns)
		try_now(c, w, ev->id, &named, h->pid);
	w = table_find(c->works, ev->id);
	if (w)
		w->next_ns = 0; /* a file that came too late for this is there for the next event */
}

static void on_rmdir(struct collect *c, const struct ev_hdr *h)
{
	struct work *w = table_find(c->works, ((const struct ev_cgroup_rmdir *)h)->id);

	if (w)
		work_free(c, w);
}

/* --- users that the bundle did not show --- */

/* A program in another mount namespace than ours has the container's root, not the runtime's. */
static void try_names(struct collect *c, const struct ev_hdr *h, const struct container *ctr)
{
	const struct hw_image *im = schema_image(h);
	struct names_text names = {BUF_INIT, BUF_INIT, false};
	uint64_t cgroup = ctr->cgroup ? ctr->cgroup : h->cgroup;
	struct work *w;
	int64_t res;

	if (!im || !schema_result(h, &res) || res < 0 || !im->mntns || !c->own_mntns ||
	    im->mntns == c->own_mntns)
		return;
	w = work_for(c, cgroup);
	if (!w || w->user_tries >= USER_TRIES_MAX)
		return;
	w->user_tries++;
	locate_names_of(c, h->pid, &names);
	if (names.known)
		collect_emit_names(c, cgroup, &names);
	names_text_done(&names);
}

/* --- before each event --- */

static const struct {
	void (*fn)(struct collect *c, const struct ev_hdr *h);
} handlers[EV_MAX] = {
	[EV_execve] = {on_exec},
	[EV_execveat] = {on_exec},
	[EV_fork] = {on_fork},
	[EV_cgroup_mkdir] = {on_mkdir},
	[EV_cgroup_attach_task] = {on_attach},
	[EV_cgroup_rmdir] = {on_rmdir},
};

/* The state does not know the cgroup: it was there before, or was forgotten for want of room. What
 * was done for its container is to be done again. */
static bool find_cgroup(struct collect *c, uint64_t cgroup)
{
	struct work *w;

	if (!cgroup || !scan_unknown_cgroup(c, cgroup))
		return false;
	w = table_find(c->works, cgroup);
	if (w)
		work_free(c, w);
	return true;
}

void collect_before(struct collect *c, const struct ev_hdr *ev)
{
	const struct container *ctr;

	if (ev->flags & HW_F_SYNTH || ev->type >= EV_MAX)
		return;
	c->now_ns = ev->time;
	if (handlers[ev->type].fn)
		handlers[ev->type].fn(c, ev);
	ctr = state_container(c->state, ev->cgroup);
	if (!ctr && !find_cgroup(c, ev->cgroup))
		return;
	if (!ctr || !ctr->complete)
		collect_try(c, ev->cgroup, ev->pid);
	if (ev->type != EV_execve && ev->type != EV_execveat)
		return;
	ctr = container_at(c, ev->cgroup);
	if (ctr && !state_has_users(c->state, ctr))
		try_names(c, ev, ctr);
}

void collect_get_stats(const struct collect *c, struct collect_stats *ret)
{
	*ret = c->stats;
}
