/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Where a container's bundle is. Paths that a command line or a file names are only read as regular
 * files of bounded size. What each runtime adds to the bundle is in finish.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/names.h"
#include "state/collect_impl.h"
#include "state/locate.h"

#define ABOVE_MAX 6   /* ancestors outside the container that are looked at */
#define LISTED_MAX 64 /* entries of a directory that are tried */

#define N(a) (sizeof(a) / sizeof((a)[0]))

bool path_set(struct buf *out, const char *fmt, ...)
{
	char text[HW_PATH_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_reset(out);
	if (n < 0 || (size_t)n >= sizeof(text))
		return false;
	buf_add(out, text, (size_t)n);
	return !out->oom;
}

int locate_read(const struct hunt *h, const char *path, size_t max, struct buf *out)
{
	buf_reset(out);
	if (h->place.root[0])
		return rootfs_read_in(h->c->root, h->place.root, path, max, out);
	return rootfs_read(h->c->root, path, max, out);
}

/* True when the bundle was read from this directory. Of several faults the one that says most is
 * kept: a file that is there and unreadable, rather than one that is not there. */
static bool try_bundle(struct hunt *h, const char *bundle)
{
	struct buf path = BUF_INIT, json = BUF_INIT;
	int err = -EINVAL;

	if (bundle[0] == '/' && path_set(&path, "%s/config.json", bundle))
		err = locate_read(h, buf_str(&path), RUNTIME_FILE_MAX, &json);
	if (!err)
		err = runtime_oci_read(buf_str(&json), json.len, h->f);
	if (!err)
		h->bundle = facts_dup(h->f, bundle);
	if (!err || (err != -ENOENT && err != -ENOTDIR))
		h->err = err;
	buf_done(&path);
	buf_done(&json);
	return !err;
}

/* --- directories that are always the same --- */

/* DIR/ANY/ID and a tail: bundles of the runtimes of this host. */
static const struct {
	const char *dir, *tail;
} bundle_dirs[] = {
	{"/run/containerd/io.containerd.runtime.v2.task", ""},
	{"/run/docker/containerd/daemon/io.containerd.runtime.v2.task", ""},
	{"/run/k3s/containerd/io.containerd.runtime.v2.task", ""},
	{"/var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task", ""},
	{"/run/containerd/io.containerd.runtime.v1.linux", ""},
	{"/run/containers/storage", "/userdata"},
	{"/var/lib/containers/storage", "/userdata"},
};

/* DIR/ID or DIR/ANY/ID: runc's state, which names the bundle. */
static const struct {
	const char *dir;
	bool listed;
} state_dirs[] = {
	{"/run/docker/runtime-runc", true},
	{"/run/containerd/runc", true},
	{"/run/runc", false},
};

struct listing {
	struct hunt *h;
	const char *dir, *tail;
	unsigned n;
	bool (*try)(struct hunt *h, const char *path);
};

static int try_entry(void *ctx, const char *name)
{
	struct listing *l = ctx;
	struct buf path = BUF_INIT;
	bool found;

	if (l->n++ >= LISTED_MAX)
		return 1;
	found = path_set(&path, "%s/%s/%s%s", l->dir, name, l->h->rq->id, l->tail) &&
		l->try(l->h, buf_str(&path));
	buf_done(&path);
	return found;
}

static bool try_entries(struct hunt *h, const char *dir, const char *tail,
			bool (*try)(struct hunt *h, const char *path))
{
	struct listing l = {h, dir, tail, 0, try};

	return rootfs_list(h->c->root, dir, try_entry, &l) == 1 && h->bundle;
}

/* The bundle that a runc state directory names. */
static bool try_state(struct hunt *h, const char *dir)
{
	struct buf path = BUF_INIT, json = BUF_INIT;
	struct plain_state *st = malloc(sizeof(*st));
	bool found = false;

	if (st && path_set(&path, "%s/state.json", dir) &&
	    !locate_read(h, buf_str(&path), RUNTIME_FILE_MAX, &json) &&
	    !runtime_runc_state(buf_str(&json), json.len, st) && strcmp(st->id, h->rq->id) == 0)
		found = try_bundle(h, st->bundle);
	free(st);
	buf_done(&path);
	buf_done(&json);
	return found;
}

static bool try_usual(struct hunt *h)
{
	struct buf path = BUF_INIT;
	bool found = false;

	/* These are the host's runtimes': that id with a user or in a container is not theirs. */
	if (h->rq->not_ours)
		return false;
	for (size_t i = 0; i < N(bundle_dirs) && !found; i++)
		found = try_entries(h, bundle_dirs[i].dir, bundle_dirs[i].tail, try_bundle);
	for (size_t i = 0; i < N(state_dirs) && !found; i++) {
		if (state_dirs[i].listed)
			found = try_entries(h, state_dirs[i].dir, "", try_state);
		else if (path_set(&path, "%s/%s", state_dirs[i].dir, h->rq->id))
			found = try_state(h, buf_str(&path));
	}
	buf_done(&path);
	return found;
}

/* --- what the processes above the container tell --- */

/* containerd's shim works in the bundle; one shim of a pod serves its neighbours too. */
static bool try_shim(struct hunt *h, const struct process *up)
{
	struct buf path = BUF_INIT;
	char cwd[HW_PATH_MAX];
	size_t len = up->cwd_len;
	char *slash;
	bool found = false;

	if (strncmp(up->comm, "containerd-shim", 15) != 0 || len < 2 || len >= sizeof(cwd))
		return false;
	memcpy(cwd, up->cwd, len + 1);
	cwd[len - 1] = '\0'; /* its last character is "/" */
	slash = strrchr(cwd, '/');
	if (slash && strcmp(slash + 1, h->rq->id) == 0)
		found = try_bundle(h, cwd);
	if (slash && !found) {
		*slash = '\0';
		found = path_set(&path, "%s/%s", cwd, h->rq->id) && try_bundle(h, buf_str(&path));
	}
	buf_done(&path);
	return found;
}

/* conmon is told the bundle and the name. */
static bool try_conmon(struct hunt *h, const struct process *up)
{
	const char *bundle, *name;

	if (strcmp(up->comm, "conmon") != 0)
		return false;
	bundle = runtime_args_option(up->argv, up->argv_len, h->rq->id, "-b", "--bundle");
	name = runtime_args_option(up->argv, up->argv_len, h->rq->id, "-n", "--name");
	h->monitor_name = facts_dup(h->f, name);
	return bundle && try_bundle(h, bundle);
}

/* A runtime that stays with its container: "run" in the foreground. */
static bool try_runtime(struct hunt *h, const struct process *up)
{
	struct runtime_launch *l = malloc(sizeof(*l));
	bool found = l && runtime_args_launch(up->argv, up->argv_len, up->exepath, up->cwd, l) &&
		     strcmp(l->id, h->rq->id) == 0 && try_bundle(h, l->bundle);

	free(l);
	return found;
}

/* Whose ancestors are they? Those in the container are its own and may say anything. */
static bool is_in_container(const struct hunt *h, const struct process *p)
{
	const struct container *ctr = state_container(h->c->state, p->cgroup);

	return ctr && !ctr->is_host && strcmp(ctr->full_id, h->rq->id) == 0;
}

static bool is_on_host(const struct hunt *h, const struct process *p)
{
	const struct container *ctr = state_container(h->c->state, p->cgroup);

	return !ctr || ctr->is_host;
}

static bool try_above(struct hunt *h)
{
	static bool (*const tries[])(struct hunt *h, const struct process *up) = {
		try_shim, try_conmon, try_runtime};
	const struct process *p = h->rq->pid ? state_process(h->c->state, h->rq->pid) : NULL;
	const struct place own = h->place;
	bool found = false;

	for (unsigned i = 0; p && i < PROC_ANCESTORS_MAX && is_in_container(h, p); i++)
		p = p->parent;
	for (unsigned i = 0; p && i < ABOVE_MAX && !found; i++, p = p->parent) {
		h->place.root[0] = '\0';
		if (!is_on_host(h, p))
			snprintf(h->place.root, sizeof(h->place.root), "/proc/%u/root", p->pid);
		else if (h->rq->nested)
			break;
		for (size_t k = 0; k < N(tries) && !found; k++)
			found = tries[k](h, p);
	}
	if (!found)
		h->place = own;
	return found;
}

/* --- namespaces that are joined by path --- */

static void look_at_namespaces(struct hunt *h)
{
	static const char *const host[] = {"/proc/1/ns/pid", "/proc/1/ns/net", "/proc/1/ns/ipc"};
	int *const slots[] = {&h->f->c.host_pid, &h->f->c.host_net, &h->f->c.host_ipc};
	struct stat ours, theirs;

	for (size_t i = 0; i < N(host) && !h->place.root[0]; i++) {
		if (!h->f->ns_path[i] || *slots[i] != TRI_UNKNOWN)
			continue;
		if (!rootfs_stat(h->c->root, host[i], &ours) &&
		    !rootfs_stat(h->c->root, h->f->ns_path[i], &theirs))
			*slots[i] = ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
	}
}

/* --- the whole --- */

static void set_why(struct facts *f, const char *what, int err)
{
	const char *name = names_errno(err);
	struct buf b = BUF_INIT;

	buf_addf(&b, "%s (%s)", what, name ? name : "unknown error");
	f->c.why = facts_dup(f, buf_str(&b));
	buf_done(&b);
}

static bool explain(struct hunt *h)
{
	struct facts *f = h->f;

	if (h->err == -ENOENT)
		f->c.why = h->rq->bundle ? "the bundle was removed before it was read"
					 : "its bundle was not found where runtimes keep them";
	else if (h->err == -EINVAL || h->err == -E2BIG)
		f->c.why = "config.json of its bundle is malformed";
	else if (h->err == -EFBIG)
		f->c.why = "config.json of its bundle is too large";
	else
		set_why(f, "config.json of its bundle cannot be read", h->err);
	return h->err == -ENOENT || h->err == -EINVAL; /* may be in the making */
}

bool locate_facts(struct collect *c, const struct request *rq, struct facts *f)
{
	struct hunt h = {.c = c, .rq = rq, .f = f, .place = rq->place, .err = -ENOENT};
	bool found, again;

	f->c.complete = false;
	f->c.why = NULL;
	found = (rq->bundle && try_bundle(&h, rq->bundle)) || try_above(&h) || try_usual(&h);
	if (found)
		look_at_namespaces(&h);
	again = finish_facts(&h);
	f->bundle = h.bundle;
	f->place_root = facts_dup(f, h.place.root);
	if (!found)
		again |= explain(&h);
	if (f->oom || f->short_of_room) {
		f->c.complete = false;
		f->c.why = f->oom ? "memory ran out"
				  : "it has more mounts, labels or variables than are kept";
	}
	f->c.complete = !f->c.why;
	return !f->c.complete && again;
}
