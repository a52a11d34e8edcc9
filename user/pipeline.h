/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The straight line: check, apply, bind, match, emit. The one module that knows source, state,
 * rule and sink. Live ring, replay and fuzzers enter through pipeline_feed.
 *
 * A fact is a record of class FACT or one that user space made (HW_F_SYNTH): it is recorded and
 * applied like any other, but no rule is tried on it and it has no evt.num.
 */
#ifndef HW_PIPELINE_H
#define HW_PIPELINE_H

#include "base/rootfs.h"
#include "rule/ruleset.h"
#include "sink/sink.h"
#include "source/source.h"
#include "state/state.h"

#define PIPELINE_SINKS_MAX 8

struct pipeline;

struct pipeline_opts {
	struct ruleset *rules;	  /* borrowed; NULL: no alerts */
	struct sink *sinks[PIPELINE_SINKS_MAX]; /* borrowed */
	unsigned n_sinks;
	uint32_t event_classes;	  /* bit per class that goes into the feed; 0: alerts only */
	bool scope_containers;	  /* no alerts and no events for the host */
	bool match_all;		  /* every rule that holds alerts, not only the first */
	struct recorder *recorder; /* borrowed; NULL: no recording */
	const struct rootfs *root; /* collect facts from these files; NULL: none (replay) */
	/* With scope_containers: told each cgroup of the host whose bulk event was dropped here,
	 * so that the source can drop the next ones. May be NULL. */
	void (*host_cgroup)(void *ctx, uint64_t cgroup);
	void *host_ctx;
};

struct pipeline_stats {
	uint64_t delivered[HW_CLASS_MAX]; /* records that passed the check, facts apart */
	uint64_t refused[HW_LOST_MAX];	  /* user-side reasons */
	uint64_t refused_of[HW_CLASS_MAX][HW_LOST_MAX]; /* the same, by the class they claim */
	uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX]; /* as lost records told, refused ones included */
	uint64_t facts;
	uint64_t processes_told; /* facts about processes that were there */
	uint64_t healed;	 /* times that the state was read again */
	uint64_t alerts, feed_lines;
	uint64_t no_memory_lines; /* not built */
	uint64_t record_failed;
};

struct pipeline *pipeline_new(const struct pipeline_opts *o); /* NULL + errno */
void pipeline_free(struct pipeline *p);

/* One record from a source; see source_sink_fn. Always 0. */
int pipeline_feed(void *pipeline, void *data, size_t len);

/* After the source has told the processes that were there: cgroups, containers, users. */
int pipeline_scan(struct pipeline *p);
/* Without a source: the processes from /proc, then as pipeline_scan. */
int pipeline_scan_all(struct pipeline *p);
/* The source says that a cgroup's bucket cost it so many events of a class. total is what was lost
 * by buckets in that class since the start: more than that is not told. Before pipeline_lost. */
void pipeline_lost_by(struct pipeline *p, uint64_t cgroup, unsigned class, uint64_t news,
		      uint64_t total, uint64_t now_ns);
/* Compares the loss that the source counted with what was said, and feeds lost records. What was
 * lost whole is also said on stderr, in one line. Call it about once a second. */
void pipeline_lost(struct pipeline *p, uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX], uint64_t now_ns);
/* After a loss of events that the state is made of: reads again, from the source and from files,
 * which processes, cgroups and containers there are, and ends those of the state that are gone.
 * lost is how many events made it necessary. 0 or negative errno: then nothing was ended. */
int pipeline_heal(struct pipeline *p, struct source *s, uint64_t lost, uint64_t now_ns);
/* Feeds the addresses of a name as a dns record. 0 or negative errno. */
int pipeline_dns(struct pipeline *p, const char *name, const struct hw_addr *addrs, size_t n,
		 uint64_t now_ns);
/* Between two events: the next one meets these rules. The old set stays the caller's. */
void pipeline_set_rules(struct pipeline *p, struct ruleset *rules);
void pipeline_get_stats(const struct pipeline *p, struct pipeline_stats *ret);
struct state *pipeline_state(struct pipeline *p);
void pipeline_flush(struct pipeline *p);

#endif
