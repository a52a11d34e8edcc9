/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Rows of cgroups and containers, and which belongs to which; see containers.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "state/cgroup.h"
#include "state/container.h"
#include "state/containers.h"

#define DEPTH_MAX 16 /* containers nested in one another; what is deeper has no parent */

struct containers {
	struct intern *strings;
	struct table *cgroups;	  /* id -> struct cgrow */
	struct stable *by_path;	  /* path of the own cgroup -> struct crow, those that are there */
	struct list cgroup_order; /* last used first */
	struct list cgroup_removed;
	struct list order, removed;
	size_t n_removed, n_cgroup_removed;
	uint64_t serial;
	uint64_t evicted_containers, evicted_cgroups;
	struct crow host, unknown;
};

/* --- making and freeing --- */

static void fixed_row(struct crow *row, bool is_host)
{
	struct container *c = &row->c;

	c->is_host = is_host;
	c->complete = is_host;
	c->privileged = c->no_new_privs = c->readonly_root = TRI_UNKNOWN;
	c->host_pid = c->host_net = c->host_ipc = TRI_UNKNOWN;
	list_init(&row->order);
	list_init(&row->cgroups);
	if (!is_host) {
		c->why = "its cgroup was not found";
		return;
	}
	c->id = c->full_id = "host";
	c->runtime = c->name = c->image = c->image_repo = c->image_tag = c->image_digest = "";
	c->image_id = c->user = c->pod_name = c->pod_ns = c->pod_uid = c->cgroup_path = "";
	c->seccomp = c->apparmor = "";
}

struct containers *containers_new(struct intern *strings)
{
	struct containers *cs = calloc(1, sizeof(*cs));

	if (!cs)
		return NULL;
	cs->strings = strings;
	list_init(&cs->cgroup_order);
	list_init(&cs->cgroup_removed);
	list_init(&cs->order);
	list_init(&cs->removed);
	fixed_row(&cs->host, true);
	fixed_row(&cs->unknown, false);
	cs->cgroups = table_new();
	cs->by_path = stable_new();
	if (cs->cgroups && cs->by_path)
		return cs;
	containers_free(cs);
	errno = ENOMEM;
	return NULL;
}

static void cgrow_free(struct containers *cs, struct cgrow *row)
{
	cs->n_cgroup_removed -= row->removed;
	list_del(&row->order);
	list_del(&row->of_ctr);
	if (table_find(cs->cgroups, row->id) == row)
		table_del(cs->cgroups, row->id);
	intern_put(cs->strings, row->path);
	free(row);
}

static void unname(struct containers *cs, struct crow *c)
{
	size_t len = strlen(c->own_path);

	if (stable_find(cs->by_path, c->own_path, len) == c)
		stable_del(cs->by_path, c->own_path, len);
}

/* Its cgroups go with it: without it they would look like the host's. */
static void crow_free(struct containers *cs, struct crow *c)
{
	list_each(n, after, &c->cgroups)
		cgrow_free(cs, list_row(n, struct cgrow, of_ctr));
	cs->n_removed -= c->removed;
	unname(cs, c);
	list_del(&c->order);
	arena_free(c->mem);
	users_free(c->users);
	intern_put(cs->strings, c->own_path);
	intern_put(cs->strings, c->c.parent_id);
	free(c);
}

void containers_free(struct containers *cs)
{
	if (!cs)
		return;
	list_each(n, after, &cs->order)
		crow_free(cs, list_row(n, struct crow, order));
	list_each(m, after, &cs->removed)
		crow_free(cs, list_row(m, struct crow, order));
	list_each(g, after, &cs->cgroup_order)
		cgrow_free(cs, list_row(g, struct cgrow, order));
	list_each(r, after, &cs->cgroup_removed)
		cgrow_free(cs, list_row(r, struct cgrow, order));
	table_free(cs->cgroups);
	stable_free(cs->by_path);
	users_free(cs->host.users);
	free(cs);
}

/* --- containers --- */

bool containers_inside(const struct crow *c, const char *path)
{
	size_t len = strlen(c->own_path);

	return strncmp(path, c->own_path, len) == 0 && (path[len] == '/' || !path[len]);
}

/* New facts take the place of the old; what the records of the kernel side said stays. */
static void take_facts(struct crow *c, struct facts *f)
{
	struct container *n = &f->c;

	n->is_host = false;
	n->cgroup = c->c.cgroup;
	n->start_ns = c->c.start_ns;
	n->parent_id = c->c.parent_id;
	n->cgroup_path = c->own_path;
	facts_fill(f, &n->pod_uid, c->c.pod_uid);
	facts_fill(f, &n->runtime, c->c.runtime);
	arena_free(c->mem);
	c->c = *n;
	c->mem = f->mem;
	f->mem = NULL;
}

static void evict_container(struct containers *cs)
{
	struct crow *oldest = NULL;

	if (stable_len(cs->by_path) < CONTAINERS_MAX)
		return;
	list_each(n, after, &cs->order) {
		struct crow *c = list_row(n, struct crow, order);

		if (!oldest || c->used_ns < oldest->used_ns)
			oldest = c;
	}
	if (!oldest)
		return;
	cs->evicted_containers++;
	crow_free(cs, oldest);
}

static void retire(struct containers *cs, struct crow *c)
{
	if (c->removed)
		return;
	c->removed = true;
	unname(cs, c);
	list_to_front(&cs->removed, &c->order);
	if (++cs->n_removed > CONTAINERS_REMOVED_MAX)
		crow_free(cs, list_row(cs->removed.prev, struct crow, order));
}

static struct crow *crow_at(struct containers *cs, const char *path, size_t len)
{
	return stable_find(cs->by_path, path, len);
}

/* The innermost container on the way to path among those with a row. */
static struct crow *crow_above(struct containers *cs, const char *path, size_t len)
{
	struct crow *c = NULL;

	while (len && !c) {
		c = crow_at(cs, path, len);
		while (len && path[--len] != '/')
			;
	}
	return c;
}

static void name_facts(struct facts *f, const struct cgroup_id *id)
{
	char *uid;

	facts_set_id(f, id->id, id->id_len);
	f->c.runtime = facts_dup(f, id->runtime);
	f->c.why = facts_dup(f, "the files of its runtime have not been read yet");
	uid = (char *)(uintptr_t)facts_dupn(f, id->pod_uid, id->pod_uid_len);
	f->c.pod_uid = uid;
	/* In the name of a slice a dash would begin a level, so the kubelet writes "_". */
	for (; uid && *uid; uid++)
		if (*uid == '_')
			*uid = '-';
}

static struct crow *container_for(struct containers *cs, const char *path, size_t len,
				  unsigned depth);

/* A row for the container at own_path, with the facts at hand, which it takes. */
static struct crow *crow_new(struct containers *cs, const char *own_path, size_t len,
			     struct facts *f, unsigned depth)
{
	const char *slash = memrchr(own_path, '/', len);
	struct crow *c, *up = NULL;

	if (slash && slash != own_path && depth < DEPTH_MAX)
		up = container_for(cs, own_path, (size_t)(slash - own_path), depth + 1);
	evict_container(cs);
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	list_init(&c->order);
	list_init(&c->cgroups);
	c->serial = ++cs->serial;
	c->own_path = intern_get(cs->strings, own_path, len);
	/* Making room may have cost the outer one its row. */
	if (up && crow_above(cs, own_path, (size_t)(slash - own_path)) == up)
		c->c.parent_id = intern_get(cs->strings, up->c.id, strlen(up->c.id));
	if (!c->own_path || stable_put(cs->by_path, own_path, len, c)) {
		intern_put(cs->strings, c->own_path);
		intern_put(cs->strings, c->c.parent_id);
		free(c);
		return NULL;
	}
	list_append(&cs->order, &c->order);
	take_facts(c, f);
	return c;
}

/* The innermost container that path lies in, made when its name tells one; NULL: the host's. */
static struct crow *container_for(struct containers *cs, const char *path, size_t len,
				  unsigned depth)
{
	char name[HW_PATH_MAX];
	struct crow *known = crow_above(cs, path, len), *c;
	struct cgroup_id id;
	struct facts f;

	if (len >= sizeof(name))
		return known;
	memcpy(name, path, len);
	name[len] = '\0';
	if (!cgroup_parse(name, &id) || (known && strlen(known->own_path) >= id.own_len))
		return known;
	if (facts_init(&f))
		return NULL;
	name_facts(&f, &id);
	c = f.oom ? NULL : crow_new(cs, name, id.own_len, &f, depth);
	facts_done(&f);
	return c;
}

/* --- cgroups --- */

struct cgrow *containers_find(const struct containers *cs, uint64_t cgroup)
{
	return table_find(cs->cgroups, cgroup);
}

static void evict_cgroup(struct containers *cs)
{
	struct list *gone = &cs->cgroup_removed;
	struct list *from = list_empty(gone) ? &cs->cgroup_order : gone;

	if (table_len(cs->cgroups) < CGROUPS_MAX)
		return;
	cs->evicted_cgroups++;
	cgrow_free(cs, list_row(from->prev, struct cgrow, order));
}

/* Points the cgroup to the container it lies in. */
static void settle(struct containers *cs, struct cgrow *row)
{
	struct crow *c;

	/* In no container while one is sought: making room for it must not take this row along. */
	list_del(&row->of_ctr);
	row->ctr = NULL;
	c = container_for(cs, row->path, strlen(row->path), 0);
	/* The same name again, after a restart: another cgroup, and so another container. */
	if (c && c->own_path == row->path && c->c.cgroup && c->c.cgroup != row->id) {
		retire(cs, c);
		c = container_for(cs, row->path, strlen(row->path), 0);
	}
	row->ctr = c;
	if (!c)
		return;
	list_push(&c->cgroups, &row->of_ctr);
	if (c->own_path == row->path)
		c->c.cgroup = row->id;
}

static struct cgrow *cgrow_new(struct containers *cs, uint64_t id, const char *path, size_t len)
{
	struct cgrow *row;

	evict_cgroup(cs);
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	list_init(&row->order);
	list_init(&row->of_ctr);
	row->id = id;
	row->path = intern_get(cs->strings, path, len);
	if (!row->path || table_put(cs->cgroups, id, row)) {
		intern_put(cs->strings, row->path);
		free(row);
		return NULL;
	}
	list_push(&cs->cgroup_order, &row->order);
	settle(cs, row);
	return row;
}

int containers_cgroup(struct containers *cs, uint64_t id, const char *path, size_t len)
{
	struct cgrow *row = containers_find(cs, id);
	const char *fresh;

	if (!id)
		return 0;
	if (!row)
		return cgrow_new(cs, id, path, len) ? 0 : -ENOMEM;
	fresh = intern_get(cs->strings, path, len);
	if (!fresh)
		return -ENOMEM;
	if (fresh == row->path || row->removed) {
		intern_put(cs->strings, fresh);
		return 0;
	}
	intern_put(cs->strings, row->path);
	row->path = fresh;
	settle(cs, row);
	return 0;
}

void containers_rmdir(struct containers *cs, uint64_t id)
{
	struct cgrow *row = containers_find(cs, id);

	if (!row || row->removed)
		return;
	row->removed = true;
	list_to_front(&cs->cgroup_removed, &row->order);
	cs->n_cgroup_removed++;
	if (row->ctr && row->ctr->own_path == row->path)
		retire(cs, row->ctr);
	if (cs->n_cgroup_removed > CGROUPS_REMOVED_MAX)
		cgrow_free(cs, list_row(cs->cgroup_removed.prev, struct cgrow, order));
}

/* --- what records say of containers --- */

static int claim(void *ctx, uint64_t key, void *val)
{
	struct crow *c = ctx;
	struct cgrow *row = val;

	(void)key;
	if (!containers_inside(c, row->path) ||
	    (row->ctr && strlen(row->ctr->own_path) >= strlen(c->own_path)))
		return 0;
	list_del(&row->of_ctr);
	row->ctr = c;
	list_push(&c->cgroups, &row->of_ctr);
	if (c->own_path == row->path)
		c->c.cgroup = row->id;
	return 0;
}

/* A container whose cgroup's path tells nothing: all cgroups in it become its own. */
static int new_from_facts(struct containers *cs, const struct cgrow *row, struct facts *f)
{
	const char *own = f->c.cgroup_path;
	size_t len = own ? strlen(own) : 0;
	struct crow *c;
	int err = 0;

	if (!len || strncmp(row->path, own, len) != 0 || (row->path[len] && row->path[len] != '/'))
		own = row->path;
	len = strlen(own);
	own = intern_get(cs->strings, own, len); /* making room may free row */
	if (!own)
		return -ENOMEM;
	c = crow_at(cs, own, len);
	if (c)
		take_facts(c, f);
	else if ((c = crow_new(cs, own, len, f, 0)))
		err = table_each(cs->cgroups, claim, c);
	else
		err = -ENOMEM;
	intern_put(cs->strings, own);
	return err;
}

int containers_facts(struct containers *cs, uint64_t cgroup, const char *json, size_t len)
{
	struct cgrow *row;
	struct facts f;
	int err = facts_init(&f);

	if (!err)
		err = facts_read(&f, json, len);
	if (err)
		goto out;
	/* The facts may come before the kernel's word of the cgroup. */
	if (!containers_find(cs, cgroup) && cgroup && f.c.cgroup_path)
		err = containers_cgroup(cs, cgroup, f.c.cgroup_path, strlen(f.c.cgroup_path));
	row = containers_find(cs, cgroup);
	if (err || !row)
		err = err ? err : -EINVAL;
	else if (row->ctr && strcmp(row->ctr->c.full_id, f.c.full_id) == 0)
		take_facts(row->ctr, &f);
	else
		err = new_from_facts(cs, row, &f);
out:
	facts_done(&f);
	return err;
}

void containers_users(struct containers *cs, uint64_t cgroup, struct users *u)
{
	struct cgrow *row = containers_find(cs, cgroup);
	struct crow *c = cgroup ? (row ? row->ctr : NULL) : &cs->host;

	if (!c) {
		users_free(u);
		return;
	}
	users_free(c->users);
	c->users = u;
}

/* --- looking up --- */

const struct container *containers_bind(struct containers *cs, uint64_t cgroup, uint64_t now_ns)
{
	struct cgrow *row = containers_find(cs, cgroup);

	if (!row)
		return &cs->unknown.c;
	if (!row->removed)
		list_to_front(&cs->cgroup_order, &row->order);
	if (!row->ctr)
		return &cs->host.c;
	row->ctr->used_ns = now_ns;
	return &row->ctr->c;
}

struct crow *containers_row(const struct containers *cs, const struct container *c)
{
	return c == &cs->unknown.c ? NULL : (struct crow *)(uintptr_t)c;
}

struct crow *containers_host(struct containers *cs)
{
	return &cs->host;
}

int containers_each(struct containers *cs, int (*fn)(void *ctx, struct crow *row), void *ctx)
{
	int rc = 0;

	list_each(n, after, &cs->order) {
		rc = fn(ctx, list_row(n, struct crow, order));
		if (rc)
			break;
	}
	return rc;
}

int containers_each_cgroup(struct containers *cs, int (*fn)(void *ctx, const struct cgrow *row),
			   void *ctx)
{
	int rc = 0;

	list_each(n, after, &cs->cgroup_order) {
		rc = fn(ctx, list_row(n, struct cgrow, order));
		if (rc)
			break;
	}
	return rc;
}

void containers_get_stats(const struct containers *cs, struct containers_stats *ret)
{
	ret->containers = stable_len(cs->by_path);
	ret->cgroups = table_len(cs->cgroups);
	ret->evicted_containers = cs->evicted_containers;
	ret->evicted_cgroups = cs->evicted_cgroups;
}
