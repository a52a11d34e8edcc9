/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * One value of an event against what a check compares it with. Texts are looked up once among all
 * texts that any rule names, so that = and in compare numbers; prefixes, suffixes and paths have
 * sets of their own; the rest goes operand by operand.
 */
#include <errno.h>
#include <string.h>

#include "event/addr.h"
#include "event/dns.h"
#include "rule/set.h"

/* --- texts that rules name --- */

uint32_t lit_of(struct ruleset *rs, struct cell *cell)
{
	size_t len = cell->v.len;
	uint32_t i, lit;

	if (cell->lit != LIT_UNASKED)
		return cell->lit;
	cell->lit = LIT_NONE;
	if (len > rs->lit_len_max || !rs->n_lits)
		return LIT_NONE;
	i = (uint32_t)hash_bytes(cell->v.s, len, rs->n_lits) & rs->lit_mask;
	for (; (lit = rs->lit_table[i]) != LIT_NONE; i = (i + 1) & rs->lit_mask) {
		const struct str *known = &rs->lits[lit - 1];

		if (known->len == len && !memcmp(known->s, cell->v.s, len)) {
			cell->lit = lit;
			break;
		}
	}
	return cell->lit;
}

static uint32_t lit_home(uint32_t lit, uint32_t mask)
{
	return (lit * 0x9e3779b1u) >> 7 & mask;
}

static struct lit_set *lit_set_new(struct arena *mem, const struct operand *ops, size_t n)
{
	uint32_t cap = 4;
	struct lit_set *set;

	while (cap < 2 * n)
		cap *= 2;
	set = arena_alloc(mem, sizeof(*set) + cap * sizeof(*set->v));
	if (!set)
		return NULL;
	set->mask = cap - 1;
	for (size_t k = 0; k < n; k++) {
		uint32_t i = lit_home(ops[k].lit, set->mask);

		while (set->v[i] != LIT_NONE && set->v[i] != ops[k].lit)
			i = (i + 1) & set->mask;
		set->v[i] = ops[k].lit;
	}
	return set;
}

/* --- one value, one operand --- */

#define ONE(name) static bool name(struct ruleset *rs, const struct operand *o, struct cell *c)
#define UNUSED __attribute__((unused))

static int text_cmp(const struct operand *o, const struct cell *c)
{
	size_t n = c->v.len < o->len ? c->v.len : o->len;
	int d = memcmp(c->v.s, o->s, n);

	return d ? d : c->v.len < o->len ? -1 : c->v.len > o->len;
}

static bool text_same(const struct operand *o, const struct cell *c)
{
	return c->v.len == o->len && !memcmp(c->v.s, o->s, o->len);
}

#define COMPARE(name, what)                                                                        \
	ONE(name)                                                                                  \
	{                                                                                          \
		(void)rs;                                                                          \
		return what;                                                                       \
	}

COMPARE(text_eq, text_same(o, c))
COMPARE(text_ne, !text_same(o, c))
COMPARE(text_lt, text_cmp(o, c) < 0)
COMPARE(text_le, text_cmp(o, c) <= 0)
COMPARE(text_gt, text_cmp(o, c) > 0)
COMPARE(text_ge, text_cmp(o, c) >= 0)
COMPARE(text_contains, memmem(c->v.s, c->v.len, o->s, o->len) != NULL)
COMPARE(text_icontains, find_folded(c->v.s, c->v.len, o->s, o->len))
COMPARE(text_startswith, c->v.len >= o->len && !memcmp(c->v.s, o->s, o->len))
COMPARE(text_glob, glob_match(o->s, o->len, c->v.s, c->v.len, false))
COMPARE(text_iglob, glob_match(o->s, o->len, c->v.s, c->v.len, true))

ONE(text_endswith)
{
	(void)rs;
	return c->v.len >= o->len && !memcmp(c->v.s + c->v.len - o->len, o->s, o->len);
}

ONE(text_regex)
{
	int n = regex_match(o->re, rs->regex_room, c->v.s, c->v.len);

	if (n < 0)
		rs->regex_failed++;
	return n > 0;
}

COMPARE(int_eq, c->v.i == o->i)
COMPARE(int_ne, c->v.i != o->i)
COMPARE(int_lt, c->v.i < o->i)
COMPARE(int_le, c->v.i <= o->i)
COMPARE(int_gt, c->v.i > o->i)
COMPARE(int_ge, c->v.i >= o->i)

COMPARE(uint_eq, c->v.u == o->u)
COMPARE(uint_ne, c->v.u != o->u)
COMPARE(uint_lt, c->v.u < o->u)
COMPARE(uint_le, c->v.u <= o->u)
COMPARE(uint_gt, c->v.u > o->u)
COMPARE(uint_ge, c->v.u >= o->u)

/* An address of the other family is never the same. */
static bool in_net(const struct operand *o, const struct cell *c)
{
	const struct hw_addr *a = c->v.addr, *net = &o->net.addr;
	unsigned bytes = o->net.bits / 8, rest = o->net.bits % 8;

	if (a->family != net->family || memcmp(a->ip, net->ip, bytes))
		return false;
	return !rest || !((a->ip[bytes] ^ net->ip[bytes]) & (0xff00 >> rest) & 0xff);
}

COMPARE(addr_eq, addr_same_ip(c->v.addr, &o->net.addr))
COMPARE(addr_ne, !addr_same_ip(c->v.addr, &o->net.addr))
COMPARE(net_eq, in_net(o, c))
COMPARE(net_ne, !in_net(o, c))

ONE(dns_eq)
{
	const struct dns_names *d = rs->view->env->dns;

	return d && dns_names_has(d, o->s, c->v.addr);
}

ONE(dns_ne)
{
	return !dns_eq(rs, o, c);
}

static const operand_fn text_fns[OP_COUNT] = {
	[OP_EQ] = text_eq,
	[OP_NE] = text_ne,
	[OP_LT] = text_lt,
	[OP_LE] = text_le,
	[OP_GT] = text_gt,
	[OP_GE] = text_ge,
	[OP_IN] = text_eq,
	[OP_INTERSECTS] = text_eq,
	[OP_CONTAINS] = text_contains,
	[OP_ICONTAINS] = text_icontains,
	[OP_BCONTAINS] = text_contains,
	[OP_STARTSWITH] = text_startswith,
	[OP_BSTARTSWITH] = text_startswith,
	[OP_ENDSWITH] = text_endswith,
	[OP_GLOB] = text_glob,
	[OP_IGLOB] = text_iglob,
	[OP_REGEX] = text_regex,
};

static const operand_fn int_fns[OP_COUNT] = {
	[OP_EQ] = int_eq, [OP_NE] = int_ne, [OP_LT] = int_lt, [OP_LE] = int_le,
	[OP_GT] = int_gt, [OP_GE] = int_ge, [OP_IN] = int_eq, [OP_INTERSECTS] = int_eq,
};

static const operand_fn uint_fns[OP_COUNT] = {
	[OP_EQ] = uint_eq, [OP_NE] = uint_ne, [OP_LT] = uint_lt, [OP_LE] = uint_le,
	[OP_GT] = uint_gt, [OP_GE] = uint_ge, [OP_IN] = uint_eq, [OP_INTERSECTS] = uint_eq,
};

static const operand_fn addr_fns[OP_COUNT] = {
	[OP_EQ] = addr_eq, [OP_NE] = addr_ne, [OP_IN] = addr_eq, [OP_INTERSECTS] = addr_eq,
};

static const operand_fn net_fns[OP_COUNT] = {
	[OP_EQ] = net_eq, [OP_NE] = net_ne, [OP_IN] = net_eq, [OP_INTERSECTS] = net_eq,
};

static const operand_fn dns_fns[OP_COUNT] = {
	[OP_EQ] = dns_eq, [OP_NE] = dns_ne, [OP_IN] = dns_eq, [OP_INTERSECTS] = dns_eq,
};

static const operand_fn *fns_of(const struct slot *s)
{
	if (s->dns)
		return dns_fns;
	switch ((enum field_type)s->type) {
	case FT_STR:
	case FT_PATH:
	case FT_BYTES:
		return text_fns;
	case FT_INT:
		return int_fns;
	case FT_IP:
		return addr_fns;
	case FT_NET:
		return net_fns;
	default:
		return uint_fns;
	}
}

/* --- one value, all operands --- */

bool ask_each(struct ruleset *rs, const struct check *c, struct cell *cell)
{
	size_t held = 0;

	for (size_t i = 0; i < c->n_ops; i++) {
		bool holds = c->one(rs, &c->ops[i], cell);

		if (holds && c->mod == MOD_ANYOF)
			return true;
		if (!holds && c->mod == MOD_ALLOF)
			return false;
		held += holds;
	}
	if (c->mod == MOD_ONEOF)
		return held == 1;
	return c->mod == MOD_ALLOF && c->n_ops > 0;
}

static bool ask_only(struct ruleset *rs, const struct check *c, struct cell *cell)
{
	return c->one(rs, c->ops, cell);
}

static bool ask_lit(struct ruleset *rs, const struct check *c, struct cell *cell)
{
	return lit_of(rs, cell) == c->ops->lit;
}

static bool ask_lits(struct ruleset *rs, const struct check *c, struct cell *cell)
{
	uint32_t lit = lit_of(rs, cell), i, found;

	if (lit == LIT_NONE)
		return false;
	i = lit_home(lit, c->lits->mask);
	for (; (found = c->lits->v[i]) != LIT_NONE; i = (i + 1) & c->lits->mask)
		if (found == lit)
			return true;
	return false;
}

static bool ask_prefixes(struct ruleset *rs UNUSED, const struct check *c, struct cell *cell)
{
	return prefix_set_match(c->prefixes, cell->v.s, cell->v.len);
}

static bool ask_paths(struct ruleset *rs UNUSED, const struct check *c, struct cell *cell)
{
	return path_tree_match(c->paths, cell->v.s, cell->v.len);
}

static bool ask_exists(struct ruleset *rs UNUSED, const struct check *c UNUSED,
		       struct cell *cell UNUSED)
{
	return true;
}

/* A value on the right as an operand. */
static struct operand operand_of(const struct cell *c, uint8_t type)
{
	struct operand o = {0};

	if (type == FT_IP) {
		o.net.addr = *c->v.addr;
	} else if (type == FT_STR || type == FT_PATH || type == FT_BYTES) {
		o.s = c->v.s;
		o.len = c->v.len;
	} else {
		o.u = c->v.u;
	}
	return o;
}

/* Holds when it does for any value on the right: more than one is only with in and intersects. */
static bool ask_right(struct ruleset *rs, const struct check *c, struct cell *cell)
{
	uint32_t n;
	const struct cell *right = slot_cells(rs, c->right, &n);

	for (uint32_t i = 0; right && i < n; i++) {
		struct operand o = operand_of(&right[i], rs->slots[c->right].type);

		if (c->one(rs, &o, cell))
			return true;
	}
	return false;
}

/* --- preparation --- */

static int prepare_prefixes(struct ruleset *rs, struct check *c)
{
	struct str *v = arena_alloc(rs->mem, (c->n_ops + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_ops; i++)
		v[i] = (struct str){c->ops[i].s, c->ops[i].len};
	c->prefixes = prefix_set_new(rs->mem, v, c->n_ops, c->op == OP_ENDSWITH);
	c->test = ask_prefixes;
	c->cost = 4;
	return c->prefixes ? 0 : -ENOMEM;
}

static int prepare_paths(struct ruleset *rs, struct check *c)
{
	c->paths = path_tree_new(rs->mem);
	c->test = ask_paths;
	c->cost = 12;
	for (size_t i = 0; i < c->n_ops && c->paths; i++)
		if (path_tree_add(c->paths, rs->mem, c->ops[i].s, c->ops[i].len))
			return -ENOMEM;
	return c->paths ? 0 : -ENOMEM;
}

static int prepare_lits(struct ruleset *rs, struct check *c)
{
	c->cost = 2;
	c->test = ask_lit;
	if (c->n_ops == 1)
		return 0;
	c->test = ask_lits;
	c->lits = lit_set_new(rs->mem, c->ops, c->n_ops);
	return c->lits ? 0 : -ENOMEM;
}

/* About what one operand takes. */
static unsigned unit_cost(const struct slot *s, uint8_t op)
{
	if (s->dns)
		return 10;
	switch (op) {
	case OP_CONTAINS:
	case OP_BCONTAINS:
		return 6;
	case OP_ICONTAINS:
	case OP_GLOB:
	case OP_IGLOB:
		return 12;
	case OP_REGEX:
		return 60;
	default:
		return 1;
	}
}

static unsigned slot_cost(const struct slot *s)
{
	unsigned cost = s->kind == SLOT_FIELD ? 2 : 15;

	if (s->many == MANY_ENDS)
		return cost * 2;
	return s->many ? cost * 8 : cost;
}

static int choose(struct ruleset *rs, struct check *c, const struct slot *s)
{
	bool text = slot_is_string(s) || s->type == FT_BYTES;

	if (c->op == OP_EXISTS) {
		c->test = ask_exists;
		return 0;
	}
	c->one = fns_of(s)[c->op];
	if (c->right != SLOT_NONE) {
		c->test = ask_right;
		c->cost = 20;
		return 0;
	}
	if (c->op == OP_PMATCH)
		return prepare_paths(rs, c);
	if (text && !s->dns && c->mod == MOD_ANYOF && c->n_ops) {
		if (c->op == OP_IN || c->op == OP_INTERSECTS)
			return prepare_lits(rs, c);
		if (c->op == OP_ENDSWITH || c->op == OP_STARTSWITH)
			return prepare_prefixes(rs, c);
	}
	c->test = c->n_ops == 1 ? ask_only : ask_each;
	c->cost = (uint16_t)(c->n_ops > 1000 ? 60000 : unit_cost(s, c->op) * c->n_ops);
	return 0;
}

int ask_prepare(struct ruleset *rs, struct check *c)
{
	const struct slot *s = &rs->slots[c->slot];
	unsigned cost;
	int err = choose(rs, c, s);

	cost = c->cost + slot_cost(s);
	c->cost = (uint16_t)(cost < UINT16_MAX ? cost : UINT16_MAX);
	return err;
}
