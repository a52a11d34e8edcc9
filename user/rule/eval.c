/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Code over an event: each check is asked at most once, each slot filled at most once. Allocates
 * nothing.
 */
#include <string.h>

#include "rule/set.h"

#define GEN_MAX (UINT32_MAX / 2)

void eval_begin(struct ruleset *rs, const struct view *v)
{
	rs->view = v;
	if (++rs->gen < GEN_MAX)
		return;
	rs->gen = 1;
	memset(rs->answers, 0, rs->n_checks * sizeof(*rs->answers));
	for (size_t i = 0; i < rs->n_slots; i++)
		rs->state[i].gen = 0;
}

static bool any(struct ruleset *rs, const struct check *c, struct cell *cells, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (c->test(rs, c, &cells[i]))
			return true;
	return false;
}

static bool all(struct ruleset *rs, const struct check *c, struct cell *cells, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!c->test(rs, c, &cells[i]))
			return false;
	return true;
}

bool eval_cells(struct ruleset *rs, const struct check *c, struct cell *cells, uint32_t n)
{
	switch ((enum slot_many)rs->slots[c->slot].many) {
	case MANY_NO:
		return c->test(rs, c, cells);
	case MANY_ANCESTORS:
		return any(rs, c, cells, n);
	case MANY_ENDS:
		return c->op == OP_NE ? all(rs, c, cells, n) : any(rs, c, cells, n);
	case MANY_LIST:
		if (c->op == OP_EXISTS)
			return true;
		return c->op == OP_IN ? all(rs, c, cells, n) : any(rs, c, cells, n);
	}
	return false;
}

bool eval_check(struct ruleset *rs, uint32_t check)
{
	const struct check *c = &rs->checks[check];
	uint32_t known = rs->answers[check], n;
	struct cell *cells;
	bool holds;

	if (known >> 1 == rs->gen)
		return known & 1;
	cells = slot_cells(rs, c->slot, &n);
	holds = cells && eval_cells(rs, c, cells, n);
	rs->answers[check] = rs->gen << 1 | holds;
	return holds;
}

bool eval_code(struct ruleset *rs, uint32_t entry)
{
	while (entry < CODE_YES) {
		const struct insn *in = &rs->code[entry];

		entry = eval_check(rs, in->check) ? in->yes : in->no;
	}
	return entry == CODE_YES;
}
