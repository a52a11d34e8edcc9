/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What was there before: the cgroups of the v2 hierarchy, the containers in them, those of runc and
 * crun that only their own state knows, the host's users. Also the directory of one cgroup id.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/table.h"
#include "state/collect_impl.h"
#include "state/users.h"

#define DIRS_MAX 16384 /* as many as the state keeps */
#define WALK_PAUSE_NS 1000000000ull
#define KERNFS_HANDLE 0xfe /* type of a file handle that is a kernfs id */
#define PASSWD_FILE_MAX (1u << 20)

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void scan_emit_cgroup(struct collect *c, uint64_t id, const char *path)
{
	struct ev_cgroup_mkdir *ev = REC_BEGIN(&c->rec, cgroup_mkdir);

	ev->h.time = c->now_ns;
	ev->id = id;
	REC_STR(&c->rec, cgroup_mkdir, path, path, strlen(path), 0);
	collect_emit(c);
}

/* --- walking the hierarchy --- */

struct dir {
	uint64_t id;
	char *path; /* below the hierarchy's root */
};

/* Breadth first, so that a container's cgroup comes before those in it. */
struct walk {
	struct collect *c;
	struct dir *dirs;
	size_t n, cap;
};

static int add_dir(struct walk *w, uint64_t id, const char *up, const char *name)
{
	struct buf path = BUF_INIT;
	struct dir *wider;
	int err = 0;

	if (w->n >= DIRS_MAX || !path_set(&path, "%s/%s", strcmp(up, "/") == 0 ? "" : up, name)) {
		buf_done(&path);
		return 0;
	}
	if (w->n == w->cap) {
		wider = realloc(w->dirs, (w->cap ? 2 * w->cap : 64) * sizeof(*wider));
		if (!wider) {
			buf_done(&path);
			return -ENOMEM;
		}
		w->dirs = wider;
		w->cap = w->cap ? 2 * w->cap : 64;
	}
	w->dirs[w->n] = (struct dir){id, buf_take(&path)};
	if (w->dirs[w->n].path)
		w->n++;
	else
		err = -ENOMEM;
	return err;
}

static int open_dir(struct collect *c, const char *path, DIR **ret_dir)
{
	struct buf full = BUF_INIT;
	int fd = path_set(&full, "%s%s", c->cgroup_root, path)
			 ? rootfs_open(c->root, buf_str(&full), O_RDONLY | O_DIRECTORY)
			 : -ENAMETOOLONG;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	buf_done(&full);
	if (fd < 0)
		return fd;
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	*ret_dir = d;
	return 0;
}

static int list_dirs(struct walk *w, const char *path)
{
	const struct dirent *e;
	DIR *d;
	int err = open_dir(w->c, path, &d);

	if (err)
		return err;
	while (!err && (e = readdir(d)))
		if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			err = add_dir(w, e->d_ino, path, e->d_name);
	closedir(d);
	return err;
}

static void walk_done(struct walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->dirs[i].path);
	free(w->dirs);
}

/* All directories; one that is gone meanwhile is no fault. Negative errno when the root cannot be
 * read. */
static int walk_all(struct walk *w)
{
	struct stat st;
	int err = rootfs_stat(w->c->root, w->c->cgroup_root, &st);

	if (!err)
		err = add_dir(w, st.st_ino, "/", "");
	for (size_t i = 0; i < w->n && !err; i++) {
		int listed = list_dirs(w, w->dirs[i].path);

		if (listed == -ENOMEM || !i)
			err = listed;
	}
	return err;
}

/* --- one unknown cgroup --- */

/* The directory's path from its id alone, where the kernel gives that to us. -EOPNOTSUPP when it
 * does not, -ESTALE when there is no such cgroup. */
static int path_by_handle(struct collect *c, uint64_t id, struct buf *ret_path)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + sizeof(id)];
	} handle = {.h = {.handle_bytes = sizeof(id), .handle_type = KERNFS_HANDLE}};
	int root = rootfs_open(c->root, c->cgroup_root, O_RDONLY | O_DIRECTORY);
	char link[2][32], path[2][HW_PATH_MAX];
	ssize_t len[2];
	struct statfs fs;
	int fd, err = -EOPNOTSUPP;

	if (root < 0)
		return root;
	if (fstatfs(root, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC)
		goto out;
	memcpy(handle.h.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(root, &handle.h, O_PATH | O_CLOEXEC);
	if (fd < 0) {
		err = errno == ESTALE ? -ESTALE : -EOPNOTSUPP;
		goto out;
	}
	snprintf(link[0], sizeof(link[0]), "/proc/self/fd/%d", root);
	snprintf(link[1], sizeof(link[1]), "/proc/self/fd/%d", fd);
	for (int i = 0; i < 2; i++)
		len[i] = readlink(link[i], path[i], sizeof(path[i]) - 1);
	close(fd);
	/* What is not below our root is not ours to name, and what is deleted has no name. */
	if (len[0] <= 0 || len[1] < len[0] || memcmp(path[0], path[1], (size_t)len[0]) != 0)
		goto out;
	path[1][len[1]] = '\0';
	err = memmem(path[1], (size_t)len[1], " (deleted)", 10) ? -ESTALE : 0;
	buf_adds(ret_path, len[1] == len[0] ? "/" : path[1] + len[0]);
out:
	close(root);
	return err;
}

static int path_by_walk(struct collect *c, uint64_t id, struct buf *ret_path)
{
	struct walk w = {.c = c};
	int err = -EAGAIN;

	if (c->now_ns < c->next_walk_ns)
		return err;
	c->next_walk_ns = c->now_ns + WALK_PAUSE_NS;
	err = walk_all(&w);
	for (size_t i = 0; i < w.n && !err && !ret_path->len; i++)
		if (w.dirs[i].id == id)
			buf_adds(ret_path, w.dirs[i].path);
	walk_done(&w);
	return err ? err : ret_path->len ? 0 : -ESTALE;
}

static void remember_unknown(struct collect *c, uint64_t id)
{
	struct table *fresh;

	if (table_len(c->unknown) >= UNKNOWN_MAX) {
		fresh = table_new();
		if (!fresh)
			return;
		table_free(c->unknown);
		c->unknown = fresh;
	}
	(void)table_put(c->unknown, id, c); /* without memory it is looked for again */
}

bool scan_unknown_cgroup(struct collect *c, uint64_t cgroup)
{
	struct buf path = BUF_INIT;
	int err;

	if (table_find(c->unknown, cgroup))
		return false;
	err = path_by_handle(c, cgroup, &path);
	if (err == -EOPNOTSUPP)
		err = path_by_walk(c, cgroup, &path);
	if (err != -EAGAIN)
		c->stats.unknown_cgroups++;
	if (!err)
		scan_emit_cgroup(c, cgroup, buf_str(&path));
	else if (err != -EAGAIN)
		remember_unknown(c, cgroup);
	buf_done(&path);
	return !err;
}

/* --- containers of runc and crun --- */

/* Where they keep their state, by default: DIR/ID/FILE, or one level deeper. The last two are
 * directories of users, who may only speak of their own slice. */
static const struct plain_root {
	const char *dir, *below; /* DIR/ANY/BELOW/ID with below */
	const char *file, *runtime;
	int (*read)(const char *json, size_t len, struct plain_state *ret);
	bool listed; /* DIR/ANY/ID */
} plain_roots[] = {
	{"/run/runc", NULL, "state.json", "runc", runtime_runc_state, false},
	{"/run/crun", NULL, "status", "crun", runtime_crun_status, false},
	{"/run/containerd/runc", NULL, "state.json", "runc", runtime_runc_state, true},
	{"/run/docker/runtime-runc", NULL, "state.json", "runc", runtime_runc_state, true},
	{"/run/user", "runc", "state.json", "runc", runtime_runc_state, true},
	{"/run/user", "crun", "status", "crun", runtime_crun_status, true},
};

struct plain_scan {
	struct collect *c;
	const struct plain_root *row;
	const char *dir;
	const char *user; /* whose directory it is, NULL: the system's */
	unsigned n;
};

/* The cgroup's path below the hierarchy's root, which runc writes with the mount point. */
static const char *below_root(const struct collect *c, const char *path)
{
	size_t len = strlen(c->cgroup_root);

	return strncmp(path, c->cgroup_root, len) == 0 && path[len] == '/' ? path + len : path;
}

/* The id of the cgroup at path; that of the first process when the path is no v2 one. */
static uint64_t plain_cgroup(struct collect *c, const struct plain_state *st, const char **ret_path)
{
	const struct process *p = st->pid ? state_process(c->state, st->pid) : NULL;
	const char *path = below_root(c, st->cgroup);
	struct buf full = BUF_INIT;
	struct stat dir;
	uint64_t id = 0;

	if (path[0] == '/' && path_set(&full, "%s%s", c->cgroup_root, path) &&
	    !rootfs_stat(c->root, buf_str(&full), &dir))
		id = dir.st_ino;
	buf_done(&full);
	if (!id && p) {
		id = p->cgroup;
		path = state_cgroup_path(c->state, id);
	}
	*ret_path = path;
	return path && path[0] == '/' && path[1] ? id : 0;
}

static void take_plain(struct plain_scan *s, const char *id, const struct plain_state *st)
{
	const char *path = NULL;
	uint64_t cgroup = plain_cgroup(s->c, st, &path);
	const struct container *there = cgroup ? state_container(s->c->state, cgroup) : NULL;
	struct request rq = {.id = id, .plain = s->row->runtime, .pid = st->pid};
	char slice[64];

	/* A cgroup with a container has told who it is; no one else's state changes that. */
	if (!there || !there->is_host)
		return;
	snprintf(slice, sizeof(slice), "/user-%.20s.slice/", s->user ? s->user : "");
	if (s->user && !strstr(path, slice))
		return;
	if (st->bundle[0])
		rq.bundle = st->bundle;
	collect_plain(s->c, cgroup, path, &rq);
}

static int plain_entry(void *ctx, const char *id)
{
	struct plain_scan *s = ctx;
	struct plain_state *st = malloc(sizeof(*st));
	struct buf path = BUF_INIT, json = BUF_INIT;

	if (s->n++ >= DIRS_MAX)
		goto out;
	if (st && path_set(&path, "%s/%s/%s", s->dir, id, s->row->file) &&
	    !rootfs_read(s->c->root, buf_str(&path), RUNTIME_FILE_MAX, &json) &&
	    !s->row->read(buf_str(&json), json.len, st) && (!st->id[0] || strcmp(st->id, id) == 0))
		take_plain(s, id, st);
out:
	free(st);
	buf_done(&path);
	buf_done(&json);
	return s->n >= DIRS_MAX;
}

static int plain_dir(void *ctx, const char *name)
{
	const struct plain_scan *all = ctx;
	const struct plain_root *row = all->row;
	struct buf dir = BUF_INIT;
	struct plain_scan s = {all->c, row, NULL, row->below ? name : NULL, 0};
	bool fits = row->below ? path_set(&dir, "%s/%s/%s", row->dir, name, row->below)
			       : path_set(&dir, "%s/%s", row->dir, name);

	s.dir = buf_str(&dir);
	if (fits)
		(void)rootfs_list(all->c->root, s.dir, plain_entry, &s); /* it need not be there */
	buf_done(&dir);
	return 0;
}

static void scan_plain(struct collect *c)
{
	for (size_t i = 0; i < N(plain_roots); i++) {
		struct plain_scan s = {c, &plain_roots[i], plain_roots[i].dir, NULL, 0};

		(void)rootfs_list(c->root, s.dir, s.row->listed ? plain_dir : plain_entry, &s);
	}
}

/* --- the processes that were there --- */

struct pids {
	uint32_t *v;
	size_t n, cap;
};

static int add_pid(void *ctx, uint32_t pid)
{
	struct pids *l = ctx;
	uint32_t *wider;

	if (l->n == l->cap) {
		wider = realloc(l->v, (l->cap ? 2 * l->cap : 1024) * sizeof(*wider));
		if (!wider)
			return -ENOMEM;
		l->v = wider;
		l->cap = l->cap ? 2 * l->cap : 1024;
	}
	l->v[l->n++] = pid;
	return 0;
}

static int add_process(void *ctx, const struct process *p)
{
	return add_pid(ctx, p->pid);
}

/* Parents that no scan has told, their parents, and so on. */
static int scan_parents(struct collect *c)
{
	struct pids l = {NULL, 0, 0};
	unsigned found = 1;
	int err = 0;

	for (unsigned i = 0; i < PROC_ANCESTORS_MAX && found && !err; i++) {
		l.n = 0;
		err = state_each_missing_parent(c->state, add_pid, &l);
		found = err ? 0 : procscan_some(c, l.v, l.n);
	}
	free(l.v);
	return err;
}

static void note_runtime(struct collect *c, const struct process *p)
{
	collect_launch(c, &(struct launch_of){
				  .pid = p->pid,
				  .uid = p->uid,
				  .start_ns = p->start_ns,
				  .cgroup = p->cgroup,
				  .argv = p->argv,
				  .argv_len = p->argv_len,
				  .exepath = p->exepath,
				  .cwd = p->cwd,
			  });
}

/* Records that are emitted may change rows, so each step looks its process up anew. */
static int scan_processes(struct collect *c)
{
	struct pids l = {NULL, 0, 0};
	const struct process *p;
	int err = state_each_process(c->state, add_process, &l);

	for (size_t i = 0; i < l.n && !err; i++)
		if (!collect_launched(c, l.v[i]) && (p = state_process(c->state, l.v[i])))
			note_runtime(c, p);
	for (size_t i = 0; i < l.n && !err; i++)
		if ((p = state_process(c->state, l.v[i])))
			collect_child(c, p);
	for (size_t i = 0; i < l.n && !err; i++)
		if ((p = state_process(c->state, l.v[i])))
			collect_try(c, p->cgroup, p->pid);
	free(l.v);
	return err;
}

static void scan_host_users(struct collect *c)
{
	struct names_text n = {BUF_INIT, BUF_INIT, false};
	struct buf text = BUF_INIT;

	if (!rootfs_read(c->root, "/etc/passwd", PASSWD_FILE_MAX, &text))
		users_lines(&n.users, buf_str(&text), text.len, NULL, 0, NAMES_TEXT_MAX);
	buf_reset(&text);
	if (!rootfs_read(c->root, "/etc/group", PASSWD_FILE_MAX, &text))
		users_lines(&n.groups, buf_str(&text), text.len, NULL, 0, NAMES_TEXT_MAX);
	collect_emit_names(c, 0, &n);
	names_text_done(&n);
	buf_done(&text);
}

/* Containers in the cgroups that were emitted, by their names, their runtimes, their processes. */
static int scan_containers(struct collect *c, const struct walk *w)
{
	int err;

	scan_plain(c);
	err = scan_processes(c);
	for (size_t i = 0; i < w->n && !err; i++)
		collect_try(c, w->dirs[i].id, 0);
	return err;
}

int collect_scan(struct collect *c)
{
	struct walk w = {.c = c};
	int err;

	c->now_ns = collect_clock();
	scan_host_users(c);
	err = walk_all(&w);
	for (size_t i = 0; i < w.n; i++)
		scan_emit_cgroup(c, w.dirs[i].id, w.dirs[i].path);
	if (!err)
		err = scan_parents(c);
	if (!err)
		err = scan_containers(c, &w);
	walk_done(&w);
	return err;
}

/* --- the same after a loss --- */

struct gone {
	struct collect *c;
	uint64_t *v;
	size_t n;
};

static int add_gone(void *ctx, uint64_t id, const char *path)
{
	struct gone *g = ctx;
	struct buf full = BUF_INIT;
	struct stat st;
	int err = path_set(&full, "%s%s", g->c->cgroup_root, path)
			  ? rootfs_stat(g->c->root, buf_str(&full), &st)
			  : -ENAMETOOLONG;
	bool there = err ? err != -ENOENT && err != -ENODEV : st.st_ino == id;

	/* From inside a cgroup namespace the kernel's paths lead nowhere: the id decides then. */
	if (!there && g->n < DIRS_MAX && path_by_handle(g->c, id, &full))
		g->v[g->n++] = id;
	buf_done(&full);
	return 0;
}

static void emit_gone(struct collect *c, uint64_t id)
{
	const char *path = state_cgroup_path(c->state, id);
	struct ev_cgroup_rmdir *ev = REC_BEGIN(&c->rec, cgroup_rmdir);

	ev->h.time = c->now_ns;
	ev->id = id;
	if (path)
		REC_STR(&c->rec, cgroup_rmdir, path, path, strlen(path), 0);
	collect_emit(c);
}

static int scan_gone(struct collect *c)
{
	struct gone g = {c, calloc(DIRS_MAX, sizeof(*g.v)), 0};

	if (!g.v)
		return -ENOMEM;
	(void)state_each_cgroup(c->state, add_gone, &g);
	for (size_t i = 0; i < g.n; i++)
		emit_gone(c, g.v[i]);
	free(g.v);
	return 0;
}

/* Whom the source did not tell may be hidden from it, and yet be there. */
static int scan_unseen(struct collect *c, uint64_t since_ns)
{
	struct pids l = {NULL, 0, 0};
	int err = state_each_unseen(c->state, since_ns, add_process, &l);

	if (!err)
		(void)procscan_some(c, l.v, l.n);
	free(l.v);
	return err;
}

int collect_again(struct collect *c, uint64_t since_ns)
{
	struct walk w = {.c = c};
	int err = scan_unseen(c, since_ns);

	c->now_ns = collect_clock();
	if (!err)
		err = scan_gone(c);
	if (!err)
		err = walk_all(&w);
	for (size_t i = 0; i < w.n && !err; i++) {
		const char *known = state_cgroup_path(c->state, w.dirs[i].id);

		if (!known || strcmp(known, w.dirs[i].path) != 0)
			scan_emit_cgroup(c, w.dirs[i].id, w.dirs[i].path);
	}
	if (!err)
		err = scan_parents(c);
	if (!err)
		err = scan_containers(c, &w);
	walk_done(&w);
	return err;
}
