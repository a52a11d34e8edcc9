/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The checks of conditions: which operator works on what, values taken, equal checks made one.
 * Owns the table of operators and types.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rule/set.h"
#include "rule/vec.h"

static bool oom(struct builder *b)
{
	b->d->oom = true;
	return false;
}

/* --- what works on what --- */

#define BIT(op) (1u << OP_##op)
#define OPS_ANY (BIT(EXISTS) | BIT(IN) | BIT(INTERSECTS))
#define OPS_EQUAL (OPS_ANY | BIT(EQ) | BIT(NE))
#define OPS_ORDER (BIT(LT) | BIT(LE) | BIT(GT) | BIT(GE))
#define OPS_FIND (BIT(CONTAINS) | BIT(ICONTAINS) | BIT(STARTSWITH) | BIT(ENDSWITH))
#define OPS_TEXT                                                                                   \
	(OPS_EQUAL | OPS_ORDER | OPS_FIND | BIT(GLOB) | BIT(IGLOB) | BIT(REGEX) | BIT(PMATCH))

static const uint32_t allowed[] = {
	[FT_STR] = OPS_TEXT,
	[FT_PATH] = OPS_TEXT,
	[FT_BYTES] = OPS_EQUAL | OPS_FIND | BIT(BCONTAINS) | BIT(BSTARTSWITH),
	[FT_INT] = OPS_EQUAL | OPS_ORDER,
	[FT_UINT] = OPS_EQUAL | OPS_ORDER,
	[FT_BOOL] = OPS_EQUAL,
	[FT_PORT] = OPS_EQUAL | OPS_ORDER,
	[FT_IP] = OPS_EQUAL,
	[FT_NET] = OPS_EQUAL,
	[FT_TIME] = OPS_EQUAL | OPS_ORDER,
	[FT_RELTIME] = OPS_EQUAL | OPS_ORDER,
};

static uint32_t ops_of(const struct slot *s)
{
	if (s->many == MANY_LIST)
		return OPS_ANY;
	return s->dns ? OPS_EQUAL : allowed[s->type];
}

static const char *kind_name(const struct slot *s)
{
	return s->dns ? "a host name" : type_name(s->type);
}

static void list_ops(struct buf *out, uint32_t ops)
{
	for (unsigned op = 0; op < OP_COUNT; op++)
		if (ops >> op & 1)
			buf_addf(out, " %s", op_name((enum op)op));
}

static bool op_allowed(struct builder *b, const struct ast *n, const struct slot *s)
{
	const char *what = s->many == MANY_LIST ? "a list" : kind_name(s);
	struct buf known = BUF_INIT;

	if (!(ops_of(s) >> n->op & 1)) {
		list_ops(&known, ops_of(s));
		diag_error(b->d, n->op_at, b->code,
			   "'%s' does not work on %s, which is %s; what works is%s",
			   op_name((enum op)n->op), s->name, what, buf_str(&known));
		buf_done(&known);
		return false;
	}
	if (n->mod && s->many == MANY_LIST) {
		diag_error(b->d, n->op_at, b->code,
			   "'%s' needs a single value on its left, %s is a list",
			   modifier_name((enum modifier)n->mod), s->name);
		return false;
	}
	return true;
}

/* --- adding --- */

static int by_written(const void *a, const void *b)
{
	const struct operand *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int d = memcmp(x->s, y->s, n);

	return d ? d : x->len < y->len ? -1 : x->len > y->len;
}

/* Sorted, so that checks that mean the same look the same; twice counts only for oneof. */
static void sort_operands(struct check *c)
{
	size_t n = 0;

	if (c->n_ops < 2)
		return;
	qsort(c->ops, c->n_ops, sizeof(*c->ops), by_written);
	if (c->mod == MOD_ONEOF)
		return;
	for (size_t i = 0; i < c->n_ops; i++)
		if (!n || by_written(&c->ops[n - 1], &c->ops[i]))
			c->ops[n++] = c->ops[i];
	c->n_ops = n;
}

static void check_key(const struct check *c, struct buf *key)
{
	buf_addf(key, "%u %u %u %u", c->slot, c->op, c->mod, c->right);
	for (size_t i = 0; i < c->n_ops; i++) {
		buf_addf(key, " %zu:", c->ops[i].len);
		buf_add(key, c->ops[i].s, c->ops[i].len);
	}
}

/* An old check where there is an equal one. */
static uint32_t add_check(struct builder *b, struct check *c)
{
	struct ruleset *rs = b->rs;
	struct buf key = BUF_INIT;
	struct check *checks;
	void *found;
	bool ok;

	sort_operands(c);
	check_key(c, &key);
	found = key.oom ? NULL : stable_find(b->check_names, buf_str(&key), key.len);
	if (found) {
		buf_done(&key);
		return (uint32_t)(uintptr_t)found - 1;
	}
	checks = vec_add(b->mem, rs->checks, rs->n_checks, sizeof(*checks));
	ok = checks && !key.oom && !ask_prepare(rs, c) &&
	     !stable_put(b->check_names, buf_str(&key), key.len,
			 (void *)(uintptr_t)(rs->n_checks + 1));
	buf_done(&key);
	if (checks)
		rs->checks = checks;
	if (!ok) {
		oom(b);
		return SLOT_NONE;
	}
	rs->checks[rs->n_checks] = *c;
	return (uint32_t)rs->n_checks++;
}

/* --- from a tree --- */

/* Ops that say the same become one. */
static void normalise(struct check *c, const struct slot *s, const struct ast *n)
{
	c->op = n->op;
	c->mod = n->mod ? n->mod : MOD_ANYOF;
	if (s->many == MANY_LIST || c->right != SLOT_NONE)
		return;
	if (c->op == OP_INTERSECTS || (c->op == OP_EQ && c->mod == MOD_ANYOF))
		c->op = OP_IN;
}

/* A value that is a field's name was probably meant to be the field. */
static void warn_of_field(struct builder *b, const struct slot *s, const struct literal *v)
{
	const char *bracket = memchr(v->s, '[', v->len);
	size_t len = bracket ? (size_t)(bracket - v->s) : v->len;

	if (slot_is_string(s) && memchr(v->s, '.', len) && field_find(v->s, len))
		diag_warn(b->d, v->at, WARN_COMPILE_CONDITION,
			  "%s is compared with the text '%s'; to compare it with "
			  "that field, write val(%s)",
			  s->name, v->s, v->s);
}

static bool names_events(const struct ast *n, const struct slot *s)
{
	bool equal = n->op == OP_EQ || n->op == OP_NE || n->op == OP_IN || n->op == OP_INTERSECTS;

	return equal && s->kind == SLOT_FIELD && field_is_type(s->ref.field);
}

static bool take_operands(struct builder *b, const struct ast *n, struct check *c)
{
	bool ok = true;

	c->ops = arena_alloc(b->mem, (n->n_values ? n->n_values : 1) * sizeof(*c->ops));
	if (!c->ops)
		return oom(b);
	for (size_t i = 0; i < n->n_values; i++) {
		const struct slot *s = &b->rs->slots[c->slot];
		struct literal v = n->values[i];

		if (names_events(n, s)) {
			event_own_name(&v);
			ok = event_name_check(b, &v) && ok;
		} else {
			warn_of_field(b, s, &v);
		}
		ok = operand_take(b, s, (enum op)n->op, &v, &c->ops[i]) && ok;
	}
	c->n_ops = n->n_values;
	return ok;
}

static bool same_type(const struct slot *a, const struct slot *b)
{
	return a->type == b->type || (slot_is_string(a) && slot_is_string(b));
}

static bool take_right(struct builder *b, const struct ast *n, struct check *c)
{
	const struct slot *left, *right;

	c->right = slot_of_expr(b, n->right, USE_RIGHT);
	if (c->right == SLOT_NONE)
		return false;
	left = &b->rs->slots[c->slot];
	right = &b->rs->slots[c->right];
	if (n->op == OP_PMATCH || n->op == OP_REGEX || n->op == OP_BCONTAINS ||
	    n->op == OP_BSTARTSWITH) {
		diag_error(b->d, n->right->at, b->code,
			   "'%s' compares with values only, not with a field",
			   op_name((enum op)n->op));
		return false;
	}
	if (left->dns || !same_type(left, right)) {
		diag_error(b->d, n->right->at, b->code,
			   "%s is %s, it cannot be compared with %s, %s",
			   left->name, kind_name(left), right->name, type_name(right->type));
		return false;
	}
	if (right->many == MANY_LIST && n->op != OP_IN && n->op != OP_INTERSECTS) {
		diag_error(b->d, n->right->at, b->code,
			   "%s is a list; use in or intersects", right->name);
		return false;
	}
	return true;
}

bool check_of_ast(struct builder *b, struct ast *n)
{
	struct check c = {.right = SLOT_NONE};
	uint32_t check;

	if (n->check)
		return true;
	c.slot = slot_of_expr(b, n->left, USE_LEFT);
	if (c.slot == SLOT_NONE || !op_allowed(b, n, &b->rs->slots[c.slot]))
		return false;
	if (n->right ? !take_right(b, n, &c) : !take_operands(b, n, &c))
		return false;
	normalise(&c, &b->rs->slots[c.slot], n);
	check = add_check(b, &c);
	n->check = check + 1;
	return check != SLOT_NONE;
}

/* --- several as one --- */

bool check_mergeable(const struct ruleset *rs, const struct check *c)
{
	static const uint32_t ops = BIT(IN) | BIT(STARTSWITH) | BIT(ENDSWITH) | BIT(CONTAINS) |
				    BIT(ICONTAINS) | BIT(GLOB) | BIT(IGLOB) | BIT(PMATCH);

	return c->right == SLOT_NONE && c->mod == MOD_ANYOF && ops >> c->op & 1 &&
	       rs->slots[c->slot].many != MANY_LIST;
}

uint32_t check_union(struct builder *b, const uint32_t *checks, size_t n)
{
	const struct check *first = &b->rs->checks[checks[0]];
	struct check c = {
		.op = first->op, .mod = MOD_ANYOF, .slot = first->slot, .right = SLOT_NONE};
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += b->rs->checks[checks[i]].n_ops;
	c.ops = arena_alloc(b->mem, (total ? total : 1) * sizeof(*c.ops));
	if (!c.ops) {
		oom(b);
		return SLOT_NONE;
	}
	for (size_t i = 0; i < n; i++) {
		const struct check *from = &b->rs->checks[checks[i]];

		memcpy(c.ops + c.n_ops, from->ops, from->n_ops * sizeof(*c.ops));
		c.n_ops += from->n_ops;
	}
	return add_check(b, &c);
}

/* --- what is known before any event --- */

static enum tristate tri(bool v)
{
	return v ? TRI_YES : TRI_NO;
}

/* Events are numbered from 1: this is how rules say "never". */
static enum tristate num_constant(const struct check *c)
{
	uint64_t u = c->n_ops == 1 ? c->ops->u : 0;

	if (c->n_ops != 1)
		return TRI_UNKNOWN;
	if ((c->op == OP_IN && u == 0) || (c->op == OP_LT && u <= 1) || (c->op == OP_LE && u == 0))
		return TRI_NO;
	if ((c->op == OP_NE && u == 0) || (c->op == OP_GT && u == 0) || (c->op == OP_GE && u <= 1))
		return TRI_YES;
	return TRI_UNKNOWN;
}

static enum tristate type_constant(struct ruleset *rs, const struct check *c, const struct slot *s,
				   unsigned event)
{
	struct cell cell = {.lit = LIT_UNASKED};
	struct type_view t;

	if (!field_get(&s->ref, type_view_init(&t, event), &cell.v))
		return TRI_NO;
	return tri(c->op == OP_EXISTS || ask_each(rs, c, &cell));
}

enum tristate check_constant(struct ruleset *rs, const struct check *c, unsigned event)
{
	const struct slot *s = &rs->slots[c->slot];
	struct cell cell = {.lit = LIT_UNASKED};

	if (c->right != SLOT_NONE)
		return TRI_UNKNOWN;
	if (c->op != OP_EXISTS && !c->n_ops)
		return TRI_NO;
	if (c->op == OP_PMATCH)
		return TRI_UNKNOWN;
	if (s->kind == SLOT_CONST) {
		cell.v = (struct value){
			.type = FT_STR, .len = (uint32_t)s->text.len, .s = s->text.s};
		return tri(c->op == OP_EXISTS || ask_each(rs, c, &cell));
	}
	if (s->kind != SLOT_FIELD)
		return TRI_UNKNOWN;
	if (field_is_type(s->ref.field))
		return type_constant(rs, c, s, event);
	if (!strcmp(s->ref.field->name, "evt.num"))
		return c->op == OP_EXISTS ? TRI_YES : num_constant(c);
	return TRI_UNKNOWN;
}

/* --- tables that all share --- */

static int finish_lits(struct builder *b)
{
	struct ruleset *rs = b->rs;
	uint32_t cap = 16;

	while (cap < 4 * rs->n_lits)
		cap *= 2;
	rs->lit_table = arena_alloc(b->mem, cap * sizeof(*rs->lit_table));
	if (!rs->lit_table)
		return -ENOMEM;
	rs->lit_mask = cap - 1;
	for (size_t k = 0; k < rs->n_lits; k++) {
		uint32_t i = (uint32_t)hash_bytes(rs->lits[k].s, rs->lits[k].len, rs->n_lits);

		i &= rs->lit_mask;
		while (rs->lit_table[i] != LIT_NONE)
			i = (i + 1) & rs->lit_mask;
		rs->lit_table[i] = (uint32_t)k + 1;
	}
	return 0;
}

static int finish_slots(struct builder *b)
{
	struct ruleset *rs = b->rs;
	size_t n_calls = 0, call = 0;

	rs->state = arena_alloc(b->mem, (rs->n_slots + 1) * sizeof(*rs->state));
	if (!rs->state)
		return -ENOMEM;
	for (size_t i = 0; i < rs->n_slots; i++)
		n_calls += rs->slots[i].kind == SLOT_CALL;
	rs->slot_mem = n_calls ? malloc(n_calls * SLOT_TEXT_MAX) : NULL;
	if (n_calls && !rs->slot_mem)
		return -ENOMEM;
	for (size_t i = 0; i < rs->n_slots; i++) {
		static const size_t room[] = {
			[MANY_ANCESTORS] = PROC_ANCESTORS_MAX + 1,
			[MANY_ENDS] = 2,
			[MANY_LIST] = SLOT_LIST_MAX,
		};
		size_t n = room[rs->slots[i].many];

		if (rs->slots[i].kind == SLOT_CALL)
			rs->state[i].mem = rs->slot_mem + call++ * SLOT_TEXT_MAX;
		rs->state[i].cells = n ? arena_alloc(b->mem, n * sizeof(struct cell)) : NULL;
		if (n && !rs->state[i].cells)
			return -ENOMEM;
	}
	return 0;
}

int checks_finish(struct builder *b)
{
	struct ruleset *rs = b->rs;
	struct str *lits = arena_alloc(b->mem, (rs->n_lits + 1) * sizeof(*lits));

	rs->answers = arena_alloc(b->mem, (rs->n_checks + 1) * sizeof(*rs->answers));
	if (!lits || !rs->answers)
		return -ENOMEM;
	if (rs->n_lits)
		memcpy(lits, rs->lits, rs->n_lits * sizeof(*lits));
	rs->lits = lits;
	return finish_lits(b) ? -ENOMEM : finish_slots(b);
}
