/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Finds out facts: reads what container runtimes, passwd files and /proc say and hands it on as
 * records of class FACT, which the pipeline applies and records like any other. Asks no daemon.
 * Only a live source has a collector; a replay finds the same facts in the recording.
 */
#ifndef HW_COLLECT_H
#define HW_COLLECT_H

#include "base/rootfs.h"
#include "state/state.h"

struct collect;

/* Receives a fact record, borrowed for the call. */
typedef int (*collect_emit_fn)(void *ctx, const struct ev_hdr *ev, size_t len);

/* root and state are borrowed. cgroup_root is where the v2 hierarchy is mounted, below root; NULL
 * finds it (/sys/fs/cgroup or /sys/fs/cgroup/unified). NULL + errno. */
struct collect *collect_new(const struct rootfs *root, const struct state *s,
			    const char *cgroup_root, collect_emit_fn emit, void *ctx);
void collect_free(struct collect *c);

/* Everything that is there already: all cgroups (as cgroup_mkdir facts with HW_F_SYNTH), the
 * containers among them with what their files say, the host's users. After the process scan has
 * been applied. Negative errno only when the cgroup tree cannot be read at all. */
int collect_scan(struct collect *c);

/* Before ev is applied: emits what ev makes worth knowing (a container's facts before its first
 * event, a runtime's --bundle). Reads files at most a few times a container; retries with growing
 * pauses (in event time) while facts are missing. */
void collect_before(struct collect *c, const struct ev_hdr *ev);

/* Resolves a cgroup id that no record named: finds its directory. Called by collect_before. */
uint64_t collect_unknown_cgroups(const struct collect *c); /* how many were asked for */

#endif
