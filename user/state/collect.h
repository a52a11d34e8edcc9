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

/* Everything that is there already: parents that the process scan did not tell (a task iterator may
 * leave out whom /proc shows), all cgroups (as cgroup_mkdir facts with HW_F_SYNTH), the
 * containers among them with what their files say, the host's users. After the process scan has
 * been applied. Negative errno only when the cgroup tree cannot be read at all. */
int collect_scan(struct collect *c);

/* The same again after a loss, once the source has told, from since_ns on, the processes that are
 * there: looks in /proc for those that it did not tell, says which cgroups are new and which are
 * gone (as facts), finds containers. The state then knows everybody who is there; a `healed` record
 * ends the others. */
int collect_again(struct collect *c, uint64_t since_ns);

/* The processes that are there, from /proc alone, as proc facts: for commands that run without a
 * kernel side, before collect_scan. What /proc cannot tell (the layer of the executable, the file
 * name as given) stays empty; start times are exact to a clock tick. Negative errno only when /proc
 * cannot be read at all. */
int collect_proc_scan(struct collect *c);

/* Before ev is applied: emits what ev makes worth knowing (a container's facts before its first
 * event, a runtime's --bundle). Reads files at most a few times a container; retries with growing
 * pauses (in event time) while facts are missing. */
void collect_before(struct collect *c, const struct ev_hdr *ev);

struct collect_stats {
	uint64_t containers;	 /* whose facts were read whole */
	uint64_t incomplete;	 /* given up with something missing */
	uint64_t unknown_cgroups; /* ids that no record named and that were looked for */
	uint64_t emit_failed;	 /* records that could not be made or were refused */
	uint64_t proc_short;	 /* processes of which a scan could not read all */
	uint64_t evicted;	 /* started runtimes and containers forgotten for want of room */
};

void collect_get_stats(const struct collect *c, struct collect_stats *ret);

#endif
