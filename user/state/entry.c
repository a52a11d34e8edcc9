/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Who entered a container, and how; the rule is in entry.h. */
#include <errno.h>
#include <string.h>

#include "base/table.h"
#include "state/entry.h"

/* Programs that set a container up. The copies that runc makes of itself in memory have its name
 * behind "memfd:". */
static const char *const runtimes[] = {"runc", "crun", "docker-runc", "youki", "runsc"};
static const char *const memory_copies[] = {"memfd:runc_cloned", "memfd:crun_cloned",
					    "memfd:youki"};

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct crow *container_of(const struct containers *cs, const struct prow *row)
{
	struct cgrow *g = containers_find(cs, row->p.cgroup);

	return g ? g->ctr : NULL;
}

static bool named_so(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;

	for (size_t i = 0; i < N(runtimes); i++)
		if (strcmp(base, runtimes[i]) == 0)
			return true;
	return false;
}

/* The runtime itself, in the mount namespace it was started in: a program of the container runs in
 * another one. */
static bool is_setup(const struct prow *row)
{
	const struct process *p = &row->p, *up = p->parent;
	bool named = named_so(p->exepath) || named_so(p->exe);

	for (size_t i = 0; i < N(memory_copies); i++)
		named |= strncmp(p->exepath, memory_copies[i], strlen(memory_copies[i])) == 0;
	if (up && up->mntns && p->mntns)
		return named && up->mntns == p->mntns;
	return named && strncmp(p->args, "init", 4) == 0;
}

static struct prow *above(const struct prow *row)
{
	return (struct prow *)row->p.parent;
}

/* The nearest ancestor that is not itself on its way into c. */
static struct prow *settled_above(const struct containers *cs, const struct prow *row,
				  const struct crow *c)
{
	struct prow *up = above(row);

	for (unsigned i = 0; up && i < PROC_ANCESTORS_MAX; i++, up = above(up))
		if (up->home == c->serial || container_of(cs, up) != c)
			return up;
	return NULL;
}

/* Is this process in c, or in a container that is nested in c? */
static bool is_inside(const struct containers *cs, const struct prow *row, const struct crow *c)
{
	struct cgrow *g = containers_find(cs, row->p.cgroup);

	return g && containers_inside(c, g->path);
}

static enum proc_entry how(const struct containers *cs, const struct prow *row,
			   const struct crow *c)
{
	const struct prow *up = settled_above(cs, row, c);

	/* Without an ancestor only the namespace's first process shows what it is. */
	if (up ? is_inside(cs, up, c) : row->p.vpid != 1)
		return PROC_ENTRY_NONE;
	return c->had_init ? PROC_ENTRY_EXEC : PROC_ENTRY_INIT;
}

static void mark(struct prow *row, struct crow *c, enum proc_entry entry, uint64_t start_ns)
{
	row->home = c->serial;
	row->p.entry = entry;
	if (entry != PROC_ENTRY_INIT)
		return;
	c->had_init = true;
	if (!c->c.start_ns)
		c->c.start_ns = start_ns;
}

void entry_exec(struct containers *cs, struct prow *row, uint64_t now_ns)
{
	struct crow *c = container_of(cs, row);

	if (!c || row->home == c->serial || is_setup(row))
		return;
	mark(row, c, how(cs, row, c), now_ns);
}

/* --- after a scan --- */

struct scan {
	struct containers *cs;
	struct table *first; /* serial of a container -> its first program so far */
	int err;
};

static struct crow *unsettled(const struct scan *s, const struct prow *row)
{
	struct crow *c = row->scanned && !row->home ? container_of(s->cs, row) : NULL;

	return c && !is_setup(row) ? c : NULL;
}

static bool is_earlier(const struct process *a, const struct process *b)
{
	if ((a->vpid == 1) != (b->vpid == 1))
		return a->vpid == 1;
	return a->start_ns != b->start_ns ? a->start_ns < b->start_ns : a->pid < b->pid;
}

static int find_first(void *ctx, struct prow *row)
{
	struct scan *s = ctx;
	struct crow *c = unsettled(s, row);
	struct prow *best;

	if (!c || c->had_init)
		return 0;
	best = table_find(s->first, c->serial);
	if (!best || is_earlier(&row->p, &best->p))
		s->err = table_put(s->first, c->serial, row);
	return s->err;
}

/* Whoever was there in the container when the scan came, and is no helper of the runtime, belongs
 * there: the parent decides, settled already or not. */
static const struct prow *program_above(const struct prow *row)
{
	const struct prow *up = above(row);

	for (unsigned i = 0; up && i < PROC_ANCESTORS_MAX && is_setup(up); i++)
		up = above(up);
	return up;
}

/* Orphans go to pid 1 of their namespace, so a parent outside means that the process came from
 * there; without such a pid 1 it means nothing. */
static bool came_from_outside(const struct scan *s, const struct prow *row, const struct crow *c,
			      const struct prow *first)
{
	const struct prow *up = program_above(row);

	return first->p.vpid == 1 && first->p.pidns == row->p.pidns && up &&
	       !is_inside(s->cs, up, c);
}

static int settle(void *ctx, struct prow *row)
{
	struct scan *s = ctx;
	struct crow *c = unsettled(s, row);
	struct prow *first = c ? table_find(s->first, c->serial) : NULL;
	enum proc_entry entry = PROC_ENTRY_NONE;

	if (!c)
		return 0;
	if (row == first)
		entry = PROC_ENTRY_INIT;
	else if (first && came_from_outside(s, row, c, first))
		entry = PROC_ENTRY_EXEC;
	mark(row, c, entry, row->p.start_ns);
	return 0;
}

int entry_scanned(struct tree *t, struct containers *cs)
{
	struct scan s = {cs, table_new(), 0};

	if (!s.first)
		return -ENOMEM;
	if (!tree_each(t, find_first, &s))
		(void)tree_each(t, settle, &s);
	table_free(s.first);
	return s.err;
}
