/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The rows of the process tree, their links and their strings; the rules are in tree.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/table.h"
#include "event/schema.h"
#include "state/tree.h"

/* Start times from /proc come in clock ticks, those of the kernel side in nanoseconds. */
#define TICK_NS 10000000ull
#define ARGV_JOINT "..." /* an argument that stands for those that were not kept */
#define REAPER_HOPS 8 /* ended reapers followed before a parent counts as unknown */

struct tree {
	struct intern *strings;
	struct table *by_pid;
	struct table *waiting; /* pid without a row -> the ring of those who name it as parent */
	struct list living; /* last used first */
	struct list ended;  /* ended last first */
	size_t n_living, n_ended;
	uint64_t evicted, unknown;
	struct buf scratch;
	const char *empty;
};

/* The strings of a process, so that what holds for one holds for all. */
static const size_t str_offs[] = {
	offsetof(struct process, exe),	   offsetof(struct process, args),
	offsetof(struct process, cmdline), offsetof(struct process, exepath),
	offsetof(struct process, cwd),	   offsetof(struct process, filename),
	offsetof(struct process, argv),
};
#define N_STRS (sizeof(str_offs) / sizeof(str_offs[0]))

static const char **str_at(struct process *p, size_t i)
{
	return (const char **)(void *)((char *)p + str_offs[i]);
}

static void lens_set(struct process *p)
{
	p->exe_len = (uint32_t)strlen(p->exe);
	p->args_len = (uint32_t)strlen(p->args);
	p->cmdline_len = (uint32_t)strlen(p->cmdline);
	p->exepath_len = (uint32_t)strlen(p->exepath);
	p->cwd_len = (uint32_t)strlen(p->cwd);
	p->argv_len = (uint32_t)intern_len(p->argv);
}

static int set_str(struct tree *t, const char **slot, const char *s, size_t len)
{
	const char *fresh = intern_get(t->strings, s, len);

	if (!fresh)
		return -ENOMEM;
	intern_put(t->strings, *slot);
	*slot = fresh;
	return 0;
}

static void share_strs(struct tree *t, struct process *to, const struct process *from)
{
	for (size_t i = 0; i < N_STRS; i++) {
		const char **slot = str_at(to, i);
		const char *old = *slot;

		*slot = intern_ref(*str_at((struct process *)(uintptr_t)from, i));
		intern_put(t->strings, old);
	}
	lens_set(to);
}

/* --- making and freeing --- */

struct tree *tree_new(struct intern *strings)
{
	struct tree *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->strings = strings;
	list_init(&t->living);
	list_init(&t->ended);
	buf_init(&t->scratch);
	t->by_pid = table_new();
	t->waiting = table_new();
	t->empty = intern_get(strings, "", 0);
	if (t->by_pid && t->waiting && t->empty)
		return t;
	tree_free(t);
	errno = ENOMEM;
	return NULL;
}

static void row_free(struct tree *t, struct prow *row)
{
	for (size_t i = 0; i < N_STRS; i++)
		intern_put(t->strings, *str_at(&row->p, i));
	free(row);
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	list_each(n, after, &t->living)
		row_free(t, list_row(n, struct prow, order));
	list_each(n, after, &t->ended)
		row_free(t, list_row(n, struct prow, order));
	intern_put(t->strings, t->empty);
	table_free(t->by_pid);
	table_free(t->waiting);
	buf_done(&t->scratch);
	free(t);
}

/* --- links --- */

static void unlink_parent(struct tree *t, struct prow *row)
{
	/* The table names one of those who wait: another takes its place, or the ring goes. A value
	 * that replaces one needs no memory, so that cannot fail. */
	if (row->waits_for && table_find(t->waiting, row->waits_for) == row) {
		if (list_empty(&row->sib))
			table_del(t->waiting, row->waits_for);
		else
			(void)table_put(t->waiting, row->waits_for,
					list_row(row->sib.next, struct prow, sib));
	}
	list_del(&row->sib);
	row->waits_for = 0;
	row->p.parent = NULL;
}

/* Who stands for pid as a parent: its row, or that of its reaper when it has ended. */
static struct prow *living_parent(struct tree *t, uint32_t pid)
{
	struct prow *p = table_find(t->by_pid, pid);

	for (int i = 0; p && p->ended && i < REAPER_HOPS; i++)
		p = p->reaper ? table_find(t->by_pid, p->reaper) : NULL;
	return p && !p->ended ? p : NULL;
}

static bool is_above(const struct prow *row, const struct prow *of)
{
	const struct process *p = &of->p;

	for (unsigned i = 0; p && i < 4 * PROC_ANCESTORS_MAX; i++, p = p->parent)
		if (p == &row->p)
			return true;
	return false;
}

static int wait_for(struct tree *t, struct prow *row, uint32_t pid)
{
	struct prow *first = table_find(t->waiting, pid);
	int err = 0;

	if (first)
		list_append(&first->sib, &row->sib);
	else
		err = table_put(t->waiting, pid, row);
	if (!err)
		row->waits_for = pid;
	return err;
}

static int link_parent(struct tree *t, struct prow *row, uint32_t ppid)
{
	struct prow *p = ppid ? living_parent(t, ppid) : NULL;

	unlink_parent(t, row);
	row->p.ppid = ppid;
	if (!ppid)
		return 0;
	/* A parent that began after its child is a later user of the pid. A row above itself
	 * cannot be, whatever late records say. */
	if (!p || (p->p.start_ns > row->p.start_ns + TICK_NS && row->p.start_ns) ||
	    is_above(row, p))
		return p ? 0 : wait_for(t, row, ppid);
	row->p.parent = &p->p;
	row->p.ppid = p->p.pid;
	list_append(&p->kids, &row->sib);
	return 0;
}

/* Links those who waited for this row. */
static int adopt(struct tree *t, struct prow *row)
{
	struct prow *kid = table_find(t->waiting, row->p.pid);
	int err = 0;

	while (kid && !err) {
		err = link_parent(t, kid, row->p.pid);
		kid = table_find(t->waiting, row->p.pid);
	}
	return err;
}

/* The children of an ended or evicted row go to the reaper, or wait to be told. */
static void leave_kids(struct tree *t, struct prow *row, uint32_t reaper)
{
	list_each(n, after, &row->kids) {
		struct prow *kid = list_row(n, struct prow, sib);

		/* Without memory to wait it has no parent: the next header links it. */
		if (link_parent(t, kid, reaper))
			kid->p.ppid = 0;
	}
}

/* --- rows --- */

static void row_drop(struct tree *t, struct prow *row)
{
	if (row->ended)
		t->n_ended--;
	else
		t->n_living--;
	list_del(&row->order);
	if (table_find(t->by_pid, row->p.pid) == row)
		table_del(t->by_pid, row->p.pid);
	leave_kids(t, row, 0);
	unlink_parent(t, row);
	row_free(t, row);
}

void tree_reap(struct tree *t, uint64_t now_ns)
{
	while (!list_empty(&t->ended)) {
		struct prow *row = list_row(t->ended.prev, struct prow, order);

		if (t->n_ended <= TREE_ENDED_MAX && now_ns < row->ended_ns + TREE_ENDED_NS)
			return;
		row_drop(t, row);
	}
}

static void make_room(struct tree *t)
{
	struct list *from = list_empty(&t->ended) ? &t->living : &t->ended;

	if (t->n_living + t->n_ended < TREE_ROWS_MAX)
		return;
	t->evicted++;
	row_drop(t, list_row(from->prev, struct prow, order));
}

static void row_end(struct tree *t, struct prow *row, uint32_t reaper, uint64_t now_ns)
{
	if (row->ended)
		return;
	row->ended = true;
	row->ended_ns = now_ns;
	row->reaper = reaper;
	list_to_front(&t->ended, &row->order);
	t->n_living--;
	t->n_ended++;
	leave_kids(t, row, reaper);
}

static struct prow *row_new(struct tree *t, uint32_t pid, uint64_t start_ns)
{
	struct prow *row;

	make_room(t);
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	list_init(&row->order);
	list_init(&row->kids);
	list_init(&row->sib);
	row->p.pid = pid;
	row->p.start_ns = start_ns;
	row->p.loginuid = UINT32_MAX;
	for (size_t i = 0; i < N_STRS; i++)
		*str_at(&row->p, i) = intern_ref(t->empty);
	if (table_put(t->by_pid, pid, row)) {
		row_free(t, row);
		return NULL;
	}
	list_push(&t->living, &row->order);
	t->n_living++;
	if (adopt(t, row)) {
		row_drop(t, row);
		return NULL;
	}
	return row;
}

static bool same_start(uint64_t a, uint64_t b)
{
	if (a == b || !a || !b)
		return true;
	return (a % TICK_NS == 0 || b % TICK_NS == 0) && a / TICK_NS == b / TICK_NS;
}

struct prow *tree_find(const struct tree *t, uint32_t pid)
{
	return table_find(t->by_pid, pid);
}

struct prow *tree_find_hdr(const struct tree *t, const struct ev_hdr *h)
{
	struct prow *row = table_find(t->by_pid, h->pid);

	return row && same_start(row->p.start_ns, h->start) ? row : NULL;
}

/* The row for pid that began at start: found, or new in place of one that must have ended unseen.
 * NULL with 0 in *ret_err for one that came earlier than the row there. */
static struct prow *row_for(struct tree *t, uint32_t pid, uint64_t start, uint64_t now_ns,
			    bool *ret_new, int *ret_err)
{
	struct prow *row = table_find(t->by_pid, pid);

	*ret_new = false;
	*ret_err = 0;
	if (row && same_start(row->p.start_ns, start)) {
		if (!row->p.start_ns || row->p.start_ns % TICK_NS == 0)
			row->p.start_ns = start ? start : row->p.start_ns;
		return row;
	}
	if (row && row->p.start_ns > start)
		return NULL;
	if (row) {
		row_end(t, row, 0, now_ns);
		table_del(t->by_pid, pid);
	}
	row = row_new(t, pid, start);
	*ret_new = row;
	*ret_err = row ? 0 : -ENOMEM;
	return row;
}

/* --- what records say --- */

static int rebuild_cmdline(struct tree *t, struct process *p)
{
	buf_reset(&t->scratch);
	buf_adds(&t->scratch, p->comm);
	if (p->args_len) {
		buf_addc(&t->scratch, ' ');
		buf_add(&t->scratch, p->args, p->args_len);
	}
	if (t->scratch.oom || set_str(t, &p->cmdline, buf_str(&t->scratch), t->scratch.len))
		return -ENOMEM;
	p->cmdline_len = (uint32_t)strlen(p->cmdline);
	return 0;
}

/* True when the name changed. */
static bool copy_comm(struct process *p, const struct ev_hdr *h)
{
	char comm[sizeof(p->comm)] = "";

	memcpy(comm, h->comm, strnlen(h->comm, sizeof(comm) - 1));
	if (memcmp(comm, p->comm, sizeof(comm)) == 0)
		return false;
	memcpy(p->comm, comm, sizeof(comm));
	return true;
}

/* The name of a process is its main thread's; another thread's serves until that is known. */
static int take_comm(struct tree *t, struct prow *row, const struct ev_hdr *h, bool fresh)
{
	if (h->tid != h->pid && !fresh)
		return 0;
	return copy_comm(&row->p, h) ? rebuild_cmdline(t, &row->p) : 0;
}

static void take_ids(struct process *p, const struct ev_hdr *h)
{
	p->cgroup = h->cgroup;
	p->cap_effective = h->cap_effective;
	p->cap_permitted = h->cap_permitted;
	p->uid = h->uid;
	p->gid = h->gid;
	p->loginuid = h->loginuid;
	p->vpid = h->vpid;
}

struct prow *tree_touch(struct tree *t, const struct ev_hdr *h, int *ret_err)
{
	struct prow *row;
	bool fresh;

	*ret_err = 0;
	if (!h->pid)
		return NULL;
	row = row_for(t, h->pid, h->start, h->time, &fresh, ret_err);
	if (!row || row->ended)
		return row;
	t->unknown += fresh && h->type != EV_proc;
	if (row->seen_ns < h->time)
		row->seen_ns = h->time;
	list_to_front(&t->living, &row->order);
	take_ids(&row->p, h);
	*ret_err = take_comm(t, row, h, fresh);
	if (!*ret_err && (row->p.ppid != h->ppid || (!row->p.parent && !row->waits_for)))
		*ret_err = link_parent(t, row, h->ppid);
	return *ret_err ? NULL : row;
}

/* argv[0] alone and the rest joined by blanks. */
static int take_args(struct tree *t, struct process *p, const char *argv, size_t len)
{
	const char *end = argv + len;
	const char *rest = len ? memchr(argv, '\0', len) : NULL;
	struct buf *b = &t->scratch;

	if (set_str(t, &p->exe, argv, rest ? (size_t)(rest - argv) : len))
		return -ENOMEM;
	buf_reset(b);
	for (const char *s = rest ? rest + 1 : end; s < end;) {
		const char *nul = memchr(s, '\0', (size_t)(end - s));
		const char *stop = nul ? nul : end;

		if (s != rest + 1)
			buf_addc(b, ' ');
		buf_add(b, s, (size_t)(stop - s));
		s = stop + 1;
	}
	if (b->oom || set_str(t, &p->args, buf_str(b), b->len))
		return -ENOMEM;
	return 0;
}

/* The vector with a NUL behind each argument: its head and, where a part between is missing, an
 * argument ARGV_JOINT and the tail. */
static int take_argv(struct tree *t, struct process *p, const struct ev_hdr *h,
		     const struct hw_image *im)
{
	const uint64_t kept = (uint64_t)im->argv.len + im->argv_tail.len;
	const bool gap = im->argv_len > kept ||
			 ((im->argv.flags & HW_STR_CUT) && !im->argv_tail.len);
	struct buf *b = &t->scratch;

	buf_reset(b);
	buf_add(b, rec_str(h, &im->argv), im->argv.len);
	/* An argument that was cut has no NUL of its own. */
	if (im->argv_tail.len && gap) {
		if (b->len && b->data[b->len - 1])
			buf_addc(b, '\0');
		buf_add(b, ARGV_JOINT, sizeof(ARGV_JOINT));
	}
	buf_add(b, rec_str(h, &im->argv_tail), im->argv_tail.len);
	if (b->len && b->data[b->len - 1])
		buf_addc(b, '\0');
	if (b->oom || set_str(t, &p->argv, buf_str(b), b->len))
		return -ENOMEM;
	p->argv_cut = gap || ((im->argv.flags | im->argv_tail.flags) & HW_STR_FAULT);
	return take_args(t, p, p->argv, b->len);
}

int tree_set_cwd(struct tree *t, struct prow *row, const char *cwd, size_t len)
{
	struct buf *b = &t->scratch;

	buf_reset(b);
	buf_add(b, cwd, len);
	if (len && cwd[len - 1] != '/')
		buf_addc(b, '/');
	if (b->oom || set_str(t, &row->p.cwd, buf_str(b), b->len))
		return -ENOMEM;
	row->p.cwd_len = (uint32_t)strlen(row->p.cwd);
	return 0;
}

static int take_image(struct tree *t, struct prow *row, const struct ev_hdr *h,
		      const struct hw_image *im)
{
	struct process *p = &row->p;
	int err = take_argv(t, p, h, im);

	if (!err)
		err = set_str(t, &p->exepath, rec_str(h, &im->trusted_exepath),
			      im->trusted_exepath.len);
	if (!err)
		err = set_str(t, &p->filename, rec_str(h, &im->filename), im->filename.len);
	if (!err)
		err = tree_set_cwd(t, row, rec_str(h, &im->cwd), im->cwd.len);
	if (err)
		return err;
	p->exe_ino = im->exe_ino;
	p->exe_ctime_ns = im->exe_ino_ctime;
	p->exe_mtime_ns = im->exe_ino_mtime;
	p->cap_inheritable = im->cap_inheritable;
	p->exe_flags = im->flags;
	p->tty = im->tty;
	p->sid = im->sid;
	p->pgid = im->pgid;
	p->vpgid = im->vpgid;
	p->pidns = im->pidns;
	p->mntns = im->mntns;
	p->netns = im->netns;
	p->userns = im->userns;
	p->image_known = true;
	row->image_ns = h->time;
	lens_set(p);
	return rebuild_cmdline(t, p);
}

int tree_exec(struct tree *t, struct prow *row, const struct ev_hdr *h, const struct hw_image *im)
{
	if (row->ended)
		return 0;
	/* Whichever thread asked for it, a program begins with one thread, the main one. */
	copy_comm(&row->p, h);
	row->p.exec_ns = h->time;
	return take_image(t, row, h, im);
}

/* Is what the row says of its program what a scan says? Of the arguments, too: a lost exec may have
 * been one of the same file. */
static bool same_program(const struct process *p, const struct ev_hdr *h, const struct hw_image *im)
{
	const char *argv = rec_str(h, &im->argv);
	size_t len = im->argv.len;

	if (p->exe_ino != im->exe_ino || p->exe_ctime_ns != im->exe_ino_ctime)
		return false;
	/* The row has a NUL behind the last argument, also when it was cut. */
	return (p->argv_len == len || p->argv_len == len + 1) && memcmp(p->argv, argv, len) == 0;
}

/* What a process changes without a new program. */
static int take_session(struct tree *t, struct prow *row, const struct ev_hdr *h,
			const struct hw_image *im)
{
	struct process *p = &row->p;

	p->cap_inheritable = im->cap_inheritable;
	p->tty = im->tty;
	p->sid = im->sid;
	p->pgid = im->pgid;
	p->vpgid = im->vpgid;
	p->pidns = im->pidns;
	p->mntns = im->mntns;
	p->netns = im->netns;
	p->userns = im->userns;
	row->image_ns = h->time;
	return im->cwd.len ? tree_set_cwd(t, row, rec_str(h, &im->cwd), im->cwd.len) : 0;
}

int tree_scan(struct tree *t, struct prow *row, const struct ev_hdr *h, const struct hw_image *im)
{
	row->scanned = true;
	if (row->ended || (row->p.image_known && h->time <= row->image_ns))
		return 0;
	/* What an exec said is more than a scan can: it stays while it is true. */
	if (row->p.image_known && same_program(&row->p, h, im))
		return take_session(t, row, h, im);
	row->p.exec_ns = 0;
	return take_image(t, row, h, im);
}

/* A child begins as a copy of the caller, whoever becomes its parent. What the child's own records
 * have said already (they may overtake the fork's) stays. */
static int inherit(struct tree *t, struct prow *kid, const struct prow *from, bool fresh)
{
	struct process *p = &kid->p;
	const struct process own = *p;

	share_strs(t, p, &from->p);
	*p = from->p;
	p->parent = own.parent;
	p->pid = own.pid;
	p->ppid = own.ppid;
	p->start_ns = own.start_ns;
	p->exec_ns = 0;
	p->entry = PROC_ENTRY_NONE;
	if (from->child_pidns)
		p->pidns = from->child_pidns;
	kid->home = from->home;
	if (fresh)
		return 0;
	p->cgroup = own.cgroup;
	p->cap_effective = own.cap_effective;
	p->cap_permitted = own.cap_permitted;
	p->uid = own.uid;
	p->gid = own.gid;
	p->loginuid = own.loginuid;
	p->vpid = own.vpid;
	memcpy(p->comm, own.comm, sizeof(p->comm));
	return rebuild_cmdline(t, p);
}

int tree_fork(struct tree *t, const struct ev_fork *ev)
{
	struct prow *row, *kid;
	bool fresh;
	int err;

	if (!ev->child_pid || ev->child_pid == ev->h.pid)
		return 0;
	kid = row_for(t, ev->child_pid, ev->child_start, ev->h.time, &fresh, &err);
	/* What was learned of the child itself, by a scan or an exec, stays. */
	if (!kid || kid->ended || (!fresh && kid->p.image_known))
		return err;
	row = tree_find_hdr(t, &ev->h); /* making room may have cost an ended caller its row */
	if (!row)
		return 0;
	err = inherit(t, kid, row, fresh);
	if (err)
		return err;
	kid->image_ns = ev->h.time;
	if (fresh) {
		kid->p.vpid = ev->child_vpid;
		kid->p.cgroup = ev->child_cgroup ? ev->child_cgroup : row->p.cgroup;
		/* The child's name is that of the thread that forked. */
		if (copy_comm(&kid->p, &ev->h) && rebuild_cmdline(t, &kid->p))
			return -ENOMEM;
	}
	return link_parent(t, kid, ev->child_ppid ? ev->child_ppid : row->p.pid);
}

void tree_exit(struct tree *t, struct prow *row, const struct ev_procexit *ev)
{
	row_end(t, row, ev->reaper == row->p.pid ? 0 : ev->reaper, ev->h.time);
}

void tree_stray(struct tree *t, struct prow *row, const struct ev_hdr *h)
{
	memset(row, 0, sizeof(*row));
	for (size_t i = 0; i < N_STRS; i++)
		*str_at(&row->p, i) = t->empty;
	row->p.pid = h->pid;
	row->p.ppid = h->ppid;
	row->p.start_ns = h->start;
	take_ids(&row->p, h);
	copy_comm(&row->p, h);
	row->p.cmdline = row->p.comm;
	row->p.cmdline_len = (uint32_t)strlen(row->p.comm);
}

int tree_each(struct tree *t, int (*fn)(void *ctx, struct prow *row), void *ctx)
{
	int rc = 0;

	list_each(n, after, &t->living) {
		rc = fn(ctx, list_row(n, struct prow, order));
		if (rc)
			break;
	}
	return rc;
}

int tree_each_unseen(struct tree *t, uint64_t from_ns, int (*fn)(void *ctx, struct prow *row),
		     void *ctx)
{
	int rc = 0;

	list_each(n, after, &t->living) {
		struct prow *row = list_row(n, struct prow, order);

		if (row->seen_ns >= from_ns || row->p.start_ns >= from_ns)
			continue;
		rc = fn(ctx, row);
		if (rc)
			break;
	}
	return rc;
}

struct end_ctx {
	struct tree *t;
	uint64_t now_ns;
};

static int end_unseen(void *ctx, struct prow *row)
{
	const struct end_ctx *e = ctx;

	row_end(e->t, row, 0, e->now_ns);
	return 0;
}

void tree_end_unseen(struct tree *t, uint64_t from_ns, uint64_t now_ns)
{
	struct end_ctx e = {t, now_ns};

	(void)tree_each_unseen(t, from_ns, end_unseen, &e);
}

struct missing_ctx {
	int (*fn)(void *ctx, uint32_t pid);
	void *ctx;
};

static int on_missing(void *ctx, uint64_t key, void *val)
{
	const struct missing_ctx *m = ctx;

	(void)val;
	return m->fn(m->ctx, (uint32_t)key);
}

int tree_each_missing(struct tree *t, int (*fn)(void *ctx, uint32_t pid), void *ctx)
{
	struct missing_ctx m = {fn, ctx};

	return table_each(t->waiting, on_missing, &m);
}

void tree_get_stats(const struct tree *t, struct tree_stats *ret)
{
	ret->rows = t->n_living + t->n_ended;
	ret->evicted = t->evicted;
	ret->unknown = t->unknown;
}
