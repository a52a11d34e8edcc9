/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* When to heal; see heal.h. */
#include "heal.h"

#include "event/schema.h"

/* The classes whose events the state is made of. */
static const unsigned state_classes[] = {HW_CLASS_PROC, HW_CLASS_CGROUP, HW_CLASS_CRED,
					 HW_CLASS_STATE};

bool heal_due(struct healer *h, uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX], uint64_t now_ns)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < sizeof(state_classes) / sizeof(state_classes[0]); i++)
		for (unsigned j = 0; j < HW_LOST_MAX; j++)
			sum += schema_lost_whole(j) ? lost[state_classes[i]][j] : 0;
	if (sum > h->lost) {
		h->pending += sum - h->lost;
		h->lost = sum;
	}
	return h->pending && now_ns >= h->next_ns;
}

void heal_done(struct healer *h, bool ok, uint64_t start_ns, uint64_t end_ns)
{
	uint64_t pause = HEAL_REST * (end_ns - start_ns);

	h->next_ns = end_ns + (pause > HEAL_PAUSE_NS ? pause : HEAL_PAUSE_NS);
	if (ok)
		h->pending = 0;
}
