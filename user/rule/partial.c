/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Whether a rule could still match when only some fields are known. Walks the code of each rule: a
 * check on a known field goes one way, all others go both ways. Whatever an event brings follows
 * one of the ways walked, so the answer is never "no" when a match is possible.
 */
#include <string.h>

#include "rule/set.h"

#define ASSUME_MAX 32 /* further ones count as unknown */

/* What is assumed of a field that some slot reads. */
static void assume_slot(struct ruleset *rs, uint32_t slot, const struct assume *a,
			struct hw_addr *addr)
{
	struct slot_state *st = &rs->state[slot];

	st->cell.lit = LIT_UNASKED;
	if (a->value && !value_parse(rs->slots[slot].type, a->value, addr, &st->cell.v))
		return;
	st->gen = rs->gen;
	st->has = a->value != NULL;
	st->n = st->has;
}

static void assume_field(struct ruleset *rs, const struct assume *a, struct hw_addr *addr)
{
	for (uint32_t i = 0; i < rs->n_slots; i++) {
		const struct slot *s = &rs->slots[i];

		if (s->kind == SLOT_FIELD && !s->many && !s->dns && !strcmp(s->name, a->field))
			assume_slot(rs, i, a, addr);
	}
}

static enum tristate known(struct ruleset *rs, uint32_t check)
{
	const struct check *c = &rs->checks[check];
	struct slot_state *st = &rs->state[c->slot];

	if (st->gen != rs->gen || c->right != SLOT_NONE)
		return TRI_UNKNOWN;
	return st->has && eval_cells(rs, c, &st->cell, 1) ? TRI_YES : TRI_NO;
}

/* Adds a place to the stack once. True when it is the end that matches. */
static bool push(struct ruleset *rs, uint32_t to, size_t *n)
{
	if (to == CODE_YES)
		return true;
	if (to == CODE_NO || rs->seen[to] == rs->seen_gen)
		return false;
	rs->seen[to] = rs->seen_gen;
	rs->stack[(*n)++] = to;
	return false;
}

/* What was seen from one rule's code need not be walked again from another's. */
static bool reaches(struct ruleset *rs, uint32_t entry)
{
	size_t n = 0;

	if (push(rs, entry, &n))
		return true;
	while (n) {
		const struct insn *in = &rs->code[rs->stack[--n]];
		enum tristate t = known(rs, in->check);

		if (t != TRI_NO && push(rs, in->yes, &n))
			return true;
		if (t != TRI_YES && push(rs, in->no, &n))
			return true;
	}
	return false;
}

static void next_walk(struct ruleset *rs)
{
	if (++rs->seen_gen)
		return;
	memset(rs->seen, 0, rs->n_code * sizeof(*rs->seen));
	rs->seen_gen = 1;
}

bool ruleset_possible(struct ruleset *rs, unsigned event_id, const struct assume *a, size_t n)
{
	struct hw_addr addrs[ASSUME_MAX];
	bool possible = false;

	if (event_id >= EV_MAX || !rs->n_by_event[event_id])
		return false;
	eval_begin(rs, NULL);
	next_walk(rs);
	for (size_t i = 0; i < n && i < ASSUME_MAX; i++)
		assume_field(rs, &a[i], &addrs[i]);
	for (size_t i = 0; i < rs->n_by_event[event_id] && !possible; i++)
		possible = reaches(rs, rs->by_event[event_id][i].entry);
	/* Nothing of this is an event's. */
	eval_begin(rs, NULL);
	return possible;
}
