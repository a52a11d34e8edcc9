/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Keeping the CPU by the real-time class; see hold.h. */
#include "source/hold.h"

void hold_begin(struct hold *h, bool needed)
{
	const struct sched_param first = {.sched_priority = 1};

	h->held = false;
	if (!needed)
		return;
	h->policy = sched_getscheduler(0);
	if (h->policy < 0 || sched_getparam(0, &h->param) || h->param.sched_priority)
		return; /* or is a real-time thread anyway */
	/* Refused where a cgroup has no real-time share: then it is as it was. */
	h->held = sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first) == 0;
}

void hold_end(const struct hold *h)
{
	if (h->held)
		sched_setscheduler(0, h->policy, &h->param);
}
