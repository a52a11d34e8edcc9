/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Keeping the CPU for a moment. While a task is inside bpf(2) with the elements of a map, the
 * kernel runs none of perf's programs on its CPU, and where it can be preempted there that may
 * last: what other tasks do meanwhile would be skipped for our sake (HW_LOST_skipped).
 */
#ifndef HW_HOLD_H
#define HW_HOLD_H

#include <sched.h>
#include <stdbool.h>

struct hold {
	bool held;
	int policy; /* to go back to */
	struct sched_param param;
};

/* The calling thread is put aside for no ordinary one from here to hold_end, if the system lets it;
 * between the two are system calls that do not sleep, and no more. needed false: does nothing. */
void hold_begin(struct hold *h, bool needed);
void hold_end(const struct hold *h);

#endif
