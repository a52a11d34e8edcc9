/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Gaps between what was sent and what came; see ledger.h. */
#include "source/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/schema.h"

struct cpu {
	uint64_t seq;			/* of the last copy */
	uint64_t due[HW_CLASS_MAX];	/* records up to seq that must come */
	uint64_t came[HW_CLASS_MAX];	/* up to seq */
	uint64_t later[HW_CLASS_MAX];	/* came, beyond seq */
	uint64_t missed[HW_CLASS_MAX];	/* at the last look */
};

struct ledger {
	uint64_t gaps[HW_CLASS_MAX];
	bool has_copy;
	unsigned n;
	struct cpu cpu[];
};

struct ledger *ledger_new(unsigned n_cpus)
{
	struct ledger *l = calloc(1, sizeof(*l) + n_cpus * sizeof(l->cpu[0]));

	if (l)
		l->n = n_cpus;
	return l;
}

void ledger_free(struct ledger *l)
{
	free(l);
}

void ledger_saw(struct ledger *l, const void *data, size_t len)
{
	const struct ev_hdr *h = data;
	const struct event_desc *d = len >= sizeof(*h) ? schema_event(h->type) : NULL;
	struct cpu *c = d && h->cpu < l->n ? &l->cpu[h->cpu] : NULL;

	if (c && h->seq <= c->seq)
		c->came[d->class]++;
	else if (c)
		c->later[d->class]++;
}

static uint64_t lost_whole(const struct hw_counters *c, unsigned class)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < HW_LOST_MAX; i++)
		sum += schema_lost_whole(i) ? c->lost[class][i] : 0;
	return sum;
}

static void take_copy(struct cpu *c, const struct hw_counters *now)
{
	/* What came so far had its number when this copy was made. */
	for (unsigned i = 0; i < HW_CLASS_MAX; i++) {
		uint64_t lost = lost_whole(now, i);

		c->came[i] += c->later[i];
		c->later[i] = 0;
		c->due[i] = now->produced[i] > lost ? now->produced[i] - lost : 0;
	}
	c->seq = now->seq;
}

static uint64_t missing(const struct cpu *c, unsigned class)
{
	return c->due[class] > c->came[class] ? c->due[class] - c->came[class] : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A record may be slow to arrive, when what sends it is held up: what is missing counts when it was
 * missing before. At rest nothing can be slow. */
static void judge(struct ledger *l, bool at_rest)
{
	uint64_t gaps[HW_CLASS_MAX] = {0};

	for (unsigned n = 0; n < l->n; n++) {
		struct cpu *c = &l->cpu[n];

		for (unsigned i = 0; i < HW_CLASS_MAX; i++) {
			uint64_t m = missing(c, i);

			gaps[i] += at_rest ? m : least(m, c->missed[i]);
			c->missed[i] = m;
		}
	}
	for (unsigned i = 0; i < HW_CLASS_MAX; i++)
		if (gaps[i] > l->gaps[i])
			l->gaps[i] = gaps[i];
}

void ledger_look(struct ledger *l, const struct hw_counters *now, bool emptied, bool at_rest)
{
	if (!emptied && !at_rest)
		return;
	if (l->has_copy && !at_rest)
		judge(l, false);
	for (unsigned n = 0; n < l->n; n++)
		take_copy(&l->cpu[n], &now[n]);
	l->has_copy = true;
	if (at_rest)
		judge(l, true);
}

void ledger_gaps(const struct ledger *l, uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX])
{
	for (unsigned i = 0; i < HW_CLASS_MAX; i++)
		lost[i][HW_LOST_gap] += l->gaps[i];
}
