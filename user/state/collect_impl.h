/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What the files of the collector share; nobody else includes this.
 *
 *	collect.c  when to look: launches of runtimes, first events of containers, retries
 *	locate.c   where a container's bundle is
 *	finish.c   what each runtime keeps beside it, and the users
 *	scan.c     what was there before: cgroups, plain containers, an unknown cgroup's directory
 *	procscan.c processes from /proc
 */
#ifndef HW_COLLECT_IMPL_H
#define HW_COLLECT_IMPL_H

#include "event/build.h"
#include "state/collect.h"
#include "state/container.h"
#include "state/list.h"
#include "state/runtime.h"

#define LAUNCHES_MAX 256
#define WORKS_MAX 4096
#define NAMES_TEXT_MAX 400000 /* of users, and of groups */
#define UNKNOWN_MAX 4096 /* cgroup ids that were sought in vain; then all are forgotten */

struct table;

/* How paths of a container's runtime are reached: "" for the host's own, else the root directory
 * of a process in the container that this one is nested in. */
struct place {
	char root[32];
};

/* What is known of a container before its files are read. */
struct request {
	const char *id; /* full */
	const char *runtime; /* by the name of its cgroup, or by the program; NULL unknown */
	const char *plain;   /* what runs it when no manager shows */
	const char *bundle;  /* named by the runtime's own exec; NULL */
	struct place place;
	bool nested; /* it is inside another container, and so is all that knows it */
	bool not_ours; /* nested, or a user's: what the host's own runtimes keep is not of it */
	uint32_t pid; /* some process in it, whose ancestors may know more; 0 none */
};

/* Users and groups as lines of a passwd record. */
struct names_text {
	struct buf users, groups;
	bool known;
};

/* A runtime was started for this container. */
struct launch {
	struct list order; /* last first */
	uint32_t pid, uid;
	uint64_t start_ns;
	char *outer; /* full id of the container it runs in; NULL: on the host */
	struct runtime_launch args;
	struct place place;
	struct facts facts;
	struct names_text names;
	bool bound; /* its cgroup is known */
};

/* A container whose facts are wanted. */
struct work {
	struct list order; /* last used first */
	uint64_t cgroup;
	uint64_t next_ns;
	unsigned tries, user_tries;
	bool done;
};

struct collect {
	const struct rootfs *root;
	const struct state *state;
	collect_emit_fn emit;
	void *ctx;
	char *cgroup_root;
	struct rec_builder rec;
	struct buf text;
	struct list launches;
	unsigned n_launches;
	struct table *works; /* cgroup id -> struct work */
	struct list work_order;
	struct table *unknown; /* cgroup ids that have no directory */
	uint64_t next_walk_ns;
	uint64_t now_ns;
	uint32_t own_mntns; /* 0 unknown */
	struct collect_stats stats;
};

/* --- locate.c --- */

/* Fills f as far as the files allow. Sets f->c.complete, or f->c.why with a static clause; true
 * when another try may find more. */
bool locate_facts(struct collect *c, const struct request *rq, struct facts *f);
/* Users of the container whose bundle f was read from; known is false when they cannot be read. */
void locate_names(struct collect *c, const struct facts *f, struct names_text *ret);
/* The same through the root directory of a process that is surely in the container. */
void locate_names_of(struct collect *c, uint32_t pid, struct names_text *ret);
void names_text_done(struct names_text *n);
/* In buf, which is emptied first. False when it does not fit a path. */
bool path_set(struct buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- collect.c --- */

void collect_emit(struct collect *c); /* ends the record in c->rec and hands it on */
/* Emits facts for a cgroup; f->c.cgroup_path may be NULL when the state knows it. */
void collect_emit_facts(struct collect *c, uint64_t cgroup, struct facts *f);
void collect_emit_names(struct collect *c, uint64_t cgroup, const struct names_text *n);
/* A process with this command line: when it is a runtime's that starts a container, it is noted and
 * the container's files are read at once. */
struct launch_of {
	uint32_t pid, uid;
	uint64_t start_ns, cgroup;
	const char *argv;
	size_t argv_len;
	const char *exepath, *cwd;
};

void collect_launch(struct collect *c, const struct launch_of *of);
bool collect_launched(struct collect *c, uint32_t pid); /* it is noted already */
/* A process that a noted runtime has as its child in another cgroup: the container's. */
void collect_child(struct collect *c, const struct process *p);
/* A container that a runtime's own state names, in a cgroup that has no other. */
void collect_plain(struct collect *c, uint64_t cgroup, const char *path, const struct request *rq);
/* The clock of records, for what no record's time gives. */
uint64_t collect_clock(void);
/* One try for the container that this cgroup is in. pid: see struct request. */
void collect_try(struct collect *c, uint64_t cgroup, uint32_t pid);

/* --- procscan.c --- */

/* Inode number of a namespace of /proc/WHO/ns/WHICH; 0 when it cannot be read. */
uint32_t procscan_ns(struct collect *c, const char *who, const char *which);

/* Emits those of the processes that /proc shows; returns how many. */
unsigned procscan_some(struct collect *c, const uint32_t *pids, size_t n);

/* --- scan.c --- */

/* Finds the directory of a cgroup that no record named and emits it. False when there is none. */
bool scan_unknown_cgroup(struct collect *c, uint64_t cgroup);

#endif
