/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Cgroups and the containers they belong to. A cgroup is a row by id with its path; a container is
 * a row that all cgroups in it point to. Which is which: a name that a runtime uses (cgroup.h), or
 * a `container` record that says so for a cgroup with any other path. Knows no process.
 *
 * Rows of removed cgroups and containers stay for late records, a bounded number of them.
 */
#ifndef HW_CONTAINERS_H
#define HW_CONTAINERS_H

#include "base/intern.h"
#include "event/view.h"
#include "state/list.h"
#include "state/users.h"

#define CGROUPS_MAX 16384
#define CGROUPS_REMOVED_MAX 1024
#define CONTAINERS_MAX 4096
#define CONTAINERS_REMOVED_MAX 256

struct crow {
	struct container c; /* the contract comes first */
	struct arena *mem;  /* of c's strings; NULL while only the name is known */
	struct users *users; /* NULL until told */
	const char *own_path;
	struct list order;   /* those that are there in the order of their coming; or the removed */
	struct list cgroups;
	uint64_t serial;     /* never used twice */
	uint64_t used_ns;    /* last time something was bound to it, for eviction */
	bool had_init;	     /* its first program was seen or must have been */
	bool removed;
};

struct cgrow {
	uint64_t id;
	const char *path;
	struct crow *ctr; /* the innermost container; NULL: the host's */
	struct list order;
	struct list of_ctr;
	bool removed;
};

struct containers;

struct containers_stats {
	size_t containers, cgroups;
	uint64_t evicted_containers, evicted_cgroups;
};

struct containers *containers_new(struct intern *strings); /* NULL + errno */
void containers_free(struct containers *cs);

/* A cgroup is there. Another path for the same id (it was renamed) replaces the old. 0, -ENOMEM. */
int containers_cgroup(struct containers *cs, uint64_t id, const char *path, size_t len);
void containers_rmdir(struct containers *cs, uint64_t id);

/* A `container` record for this cgroup. 0, -EINVAL (no such text), -ENOMEM. */
int containers_facts(struct containers *cs, uint64_t cgroup, const char *json, size_t len);
/* Users of that cgroup's container; of the host for cgroup 0. Takes u. */
void containers_users(struct containers *cs, uint64_t cgroup, struct users *u);

struct cgrow *containers_find(const struct containers *cs, uint64_t cgroup);
/* What to bind a record to: never NULL; the unknown container for an unknown cgroup. */
const struct container *containers_bind(struct containers *cs, uint64_t cgroup, uint64_t now_ns);
/* The row behind a container that this table gave out; NULL for the unknown one. */
struct crow *containers_row(const struct containers *cs, const struct container *c);
struct crow *containers_host(struct containers *cs);

/* Is the cgroup at path in this container, or in one that is nested in it? */
bool containers_inside(const struct crow *c, const char *path);

/* Those that are there, in the order of their coming. */
int containers_each(struct containers *cs, int (*fn)(void *ctx, struct crow *row), void *ctx);
/* Cgroups that are there, last used first. */
int containers_each_cgroup(struct containers *cs, int (*fn)(void *ctx, const struct cgrow *row),
			   void *ctx);
void containers_get_stats(const struct containers *cs, struct containers_stats *ret);

#endif
