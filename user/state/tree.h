/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The process tree: one row a process, kept right by exec, fork, exit, scan and by the header of
 * every record. Knows nothing of containers but the cgroup id, and of entering one only the marks
 * that entry.c sets.
 *
 * A row is found by pid and validated by its start time: a record of an earlier process with the
 * same pid does not touch the row of the later one. Applying a record twice, or a scan's record
 * after a newer exec, changes nothing. A process that has ended stays for late records
 * (TREE_ENDED_MAX rows, TREE_ENDED_NS), without children: they go to its reaper at once.
 */
#ifndef HW_TREE_H
#define HW_TREE_H

#include "base/intern.h"
#include "event/view.h"
#include "state/list.h"

#define TREE_ROWS_MAX 65536
#define TREE_ENDED_MAX 512
#define TREE_ENDED_NS 2000000000ull

struct prow {
	struct process p; /* the contract comes first: a row's address is its process's */
	struct list order; /* all living by last use, or the ended in the order of their end */
	struct list kids;
	struct list sib; /* in the parent's kids, or among those who wait for the same parent */
	uint64_t image_ns; /* when the image was learned: an older scan does not replace it */
	uint64_t ended_ns;
	uint64_t seen_ns; /* of the last record that was this process's own */
	uint64_t home; /* serial of the container that it has entered or was born in; entry.c */
	uint32_t reaper;
	uint32_t child_pidns; /* pid namespace of its children, 0 for its own */
	uint32_t waits_for; /* pid of the parent that has no row yet, 0 when not waiting */
	bool ended;
	bool scanned; /* it ran before the source began */
};

struct tree;

struct tree_stats {
	size_t rows;
	uint64_t evicted;
	uint64_t unknown; /* rows made from a header alone */
};

struct tree *tree_new(struct intern *strings); /* borrowed. NULL + errno */
void tree_free(struct tree *t);

/* Frees the rows whose end is long enough ago, seen from now. */
void tree_reap(struct tree *t, uint64_t now_ns);

/* The row of a pid, ended or not; NULL. */
struct prow *tree_find(const struct tree *t, uint32_t pid);
/* The row of the process that a header names, and only if it is the same process; NULL. */
struct prow *tree_find_hdr(const struct tree *t, const struct ev_hdr *h);

/* The row of the process that acted, brought up to the header's facts; made when there is none.
 * NULL for pid 0, for a record of an earlier process with this pid, and without memory: *ret_err
 * tells the last apart. */
struct prow *tree_touch(struct tree *t, const struct ev_hdr *h, int *ret_err);

/* What records say of the row that tree_touch gave. 0 or -ENOMEM. */
int tree_exec(struct tree *t, struct prow *row, const struct ev_hdr *h, const struct hw_image *im);
int tree_scan(struct tree *t, struct prow *row, const struct ev_hdr *h, const struct hw_image *im);
int tree_fork(struct tree *t, const struct ev_fork *ev); /* after the caller's tree_touch */
void tree_exit(struct tree *t, struct prow *row, const struct ev_procexit *ev);
int tree_set_cwd(struct tree *t, struct prow *row, const char *cwd, size_t len);

/* Fills a row that belongs to no table from a header, for a record without a process of its own.
 * Its strings are the tree's; it needs no release. */
void tree_stray(struct tree *t, struct prow *row, const struct ev_hdr *h);

/* Those that began before from_ns and of whom no record from then on tells: after a scan that began
 * at from_ns, they are gone. fn may end the row that it is called for; stops when it returns other
 * than 0. */
int tree_each_unseen(struct tree *t, uint64_t from_ns, int (*fn)(void *ctx, struct prow *row),
		     void *ctx);
/* Ends them. */
void tree_end_unseen(struct tree *t, uint64_t from_ns, uint64_t now_ns);
/* The pids that rows name as parent and that have no row; in no order. */
int tree_each_missing(struct tree *t, int (*fn)(void *ctx, uint32_t pid), void *ctx);

/* In the order of last use, latest first; stops when fn returns other than 0. */
int tree_each(struct tree *t, int (*fn)(void *ctx, struct prow *row), void *ctx);
void tree_get_stats(const struct tree *t, struct tree_stats *ret);

#endif
