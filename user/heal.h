/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * When to read the state of the machine again: after a loss in a class that processes and
 * containers are made of, and not too often while losses last. How it is read is pipeline_heal's.
 *
 * A reading costs about 30 us of processor time for each process on the machine (4.3 ms measured
 * with 165 processes and 81 cgroups), and nothing is taken out of the ring meanwhile. So the ring
 * is emptied first, and the pause after a reading is at least HEAL_PAUSE_NS and HEAL_REST times as
 * long as the reading took.
 */
#ifndef HW_HEAL_H
#define HW_HEAL_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

#define HEAL_PAUSE_NS 5000000000ull
#define HEAL_REST 50

struct healer {
	uint64_t lost;	  /* in classes of the state, when last asked */
	uint64_t pending; /* of these, since the last reading */
	uint64_t next_ns; /* not before */
};

/* Takes what was lost since the start. True when it is time to read again. */
bool heal_due(struct healer *h, uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX], uint64_t now_ns);
/* It was read, from start_ns to end_ns; with ok, what was pending is healed. */
void heal_done(struct healer *h, bool ok, uint64_t start_ns, uint64_t end_ns);

#endif
