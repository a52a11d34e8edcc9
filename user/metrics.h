/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What hullwatch counts of itself: one row each. As text for people and as Prometheus text. */
#ifndef HW_METRICS_H
#define HW_METRICS_H

#include "base/buf.h"
#include "pipeline.h"

/* A snapshot; the caller fills it. */
struct metrics {
	struct pipeline_stats pipe;
	struct state_stats state;
	uint64_t produced[HW_CLASS_MAX];	     /* by the source */
	uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX]; /* by the source, and what was refused */
	uint64_t lines_written, lines_failed;	     /* of all sinks */
	uint64_t kernel_maps; /* bytes */
};

/* Without a source, the loss is what lost records told. */
void metrics_take(struct metrics *m, struct pipeline *p, struct source *s,
		  struct sink *const *sinks, unsigned n_sinks);
/* Lines for stderr, each ended by a newline: all in all, then class by class. With live, what was
 * produced is known. */
void metrics_totals(const struct metrics *m, bool live, struct buf *out);
uint64_t metrics_lost(const struct metrics *m, unsigned class); /* events gone whole */
void metrics_prometheus(const struct metrics *m, struct buf *out);

#endif
