/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Trees of checks to code, once for each rule and event type. What the type decides is decided
 * here; checks of one slot side by side become one; of what is joined by and or or, what takes
 * least is asked first. No check has effects and each has an answer for every event, so none of
 * this changes what a rule matches.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rule/loader.h"
#include "rule/set.h"
#include "rule/vec.h"

/* A rule with more event types than this many hundredths of all is told to be costly. */
#define MANY_TYPES_PERCENT 50

enum kind { K_NO, K_YES, K_CHECK, K_AND, K_OR };

struct tree {
	uint8_t kind;
	bool negated; /* K_CHECK */
	uint32_t check;
	uint32_t cost;
	uint32_t place; /* among its siblings: keeps the order of those that cost the same */
	struct tree **kids;
	size_t n_kids;
};

static struct tree never = {.kind = K_NO}, always = {.kind = K_YES};

static struct tree *new_tree(struct builder *b, enum kind kind)
{
	struct tree *t = arena_alloc(b->work, sizeof(*t));

	if (!t)
		b->d->oom = true;
	else
		t->kind = kind;
	return t;
}

static bool add_kid(struct builder *b, struct tree *t, struct tree *kid)
{
	struct tree **kids = kid ? vec_add(b->work, t->kids, t->n_kids, sizeof(*kids)) : NULL;

	if (!kids) {
		b->d->oom = true;
		return false;
	}
	t->kids = kids;
	t->kids[t->n_kids++] = kid;
	return true;
}

/* --- a condition's tree, macros in place, not pushed down to the checks --- */

static struct tree *of_ast(struct builder *b, const struct ast *n, bool negated)
{
	bool is_and = (n->kind == AST_AND) != negated;
	struct tree *t;

	switch ((enum ast_kind)n->kind) {
	case AST_MACRO:
		return of_ast(b, n->target, negated);
	case AST_NOT:
		return of_ast(b, n->kids[0], !negated);
	case AST_CHECK:
		t = new_tree(b, K_CHECK);
		if (t) {
			t->check = n->check - 1;
			t->negated = negated;
		}
		return t;
	case AST_AND:
	case AST_OR:
		break;
	}
	t = new_tree(b, is_and ? K_AND : K_OR);
	for (size_t i = 0; t && i < n->n_kids; i++)
		if (!add_kid(b, t, of_ast(b, n->kids[i], negated)))
			return NULL;
	return t;
}

/* --- for one event type --- */

struct fold {
	struct builder *b;
	unsigned event;
	uint8_t *constants; /* by check: enum tristate + 2, 0 for not asked yet */
};

static struct tree *fold_check(struct fold *f, struct tree *t)
{
	enum tristate known;

	if (!f->constants[t->check]) {
		known = check_constant(f->b->rs, &f->b->rs->checks[t->check], f->event);
		f->constants[t->check] = (uint8_t)(known + 2);
	}
	known = (enum tristate)((int)f->constants[t->check] - 2);
	if (known == TRI_UNKNOWN)
		return t;
	return (known == TRI_YES) != t->negated ? &always : &never;
}

/* Checks of one kind on one slot, joined so that one set answers for all. */
struct group {
	uint32_t slot;
	uint8_t op;
	uint32_t *checks;
	size_t n;
	struct tree *first;
};

static struct group *group_of(struct group *groups, size_t n, const struct check *c)
{
	for (size_t i = 0; i < n; i++)
		if (groups[i].slot == c->slot && groups[i].op == c->op)
			return &groups[i];
	return NULL;
}

/* Under or, checks that are asked; under and, those whose denial is: a set each. */
static bool groups_up(struct fold *f, const struct tree *parent, const struct tree *kid)
{
	return kid->kind == K_CHECK && kid->negated == (parent->kind == K_AND) &&
	       check_mergeable(f->b->rs, &f->b->rs->checks[kid->check]);
}

static bool add_to_group(struct fold *f, struct group **groups, size_t *n, struct tree *kid)
{
	const struct check *c = &f->b->rs->checks[kid->check];
	struct group *g = group_of(*groups, *n, c);
	uint32_t *checks;

	if (!g) {
		struct group *grown = vec_add(f->b->work, *groups, *n, sizeof(**groups));

		if (!grown)
			return false;
		*groups = grown;
		g = &grown[(*n)++];
		*g = (struct group){.slot = c->slot, .op = c->op, .first = kid};
	}
	checks = vec_add(f->b->work, g->checks, g->n, sizeof(*checks));
	if (!checks)
		return false;
	g->checks = checks;
	g->checks[g->n++] = kid->check;
	return true;
}

/* The kid that stands for the whole group; the tree it was made of stays as it is. */
static struct tree *group_tree(struct fold *f, const struct group *g)
{
	struct tree *t;

	if (g->n == 1)
		return g->first;
	t = new_tree(f->b, K_CHECK);
	if (!t)
		return NULL;
	t->negated = g->first->negated;
	t->check = check_union(f->b, g->checks, g->n);
	return t->check == SLOT_NONE ? NULL : t;
}

static bool merge(struct fold *f, struct tree *t)
{
	struct group *groups = NULL;
	size_t n_groups = 0, n = 0;

	for (size_t i = 0; i < t->n_kids; i++) {
		if (!groups_up(f, t, t->kids[i]))
			t->kids[n++] = t->kids[i];
		else if (!add_to_group(f, &groups, &n_groups, t->kids[i]))
			return false;
	}
	for (size_t i = 0; i < n_groups; i++) {
		t->kids[n] = group_tree(f, &groups[i]);
		if (!t->kids[n++])
			return false;
	}
	t->n_kids = n;
	return true;
}

static void set_cost(struct fold *f, struct tree *t)
{
	if (t->kind == K_CHECK) {
		t->cost = f->b->rs->checks[t->check].cost;
		return;
	}
	t->cost = 0;
	for (size_t i = 0; i < t->n_kids; i++)
		t->cost += t->kids[i]->cost;
}

static int by_cost(const void *a, const void *b)
{
	const struct tree *x = *(struct tree *const *)a, *y = *(struct tree *const *)b;

	if (x->cost != y->cost)
		return x->cost < y->cost ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

static struct tree *fold(struct fold *f, struct tree *t);

/* Takes a folded kid in: false when it decides the whole. */
static bool take_kid(struct fold *f, struct tree *t, struct tree *kid, bool *ret_ok)
{
	enum kind neutral = t->kind == K_AND ? K_YES : K_NO;
	bool same = kid->kind == t->kind;

	if (kid->kind == neutral)
		return true;
	if (kid->kind == K_YES || kid->kind == K_NO)
		return false;
	for (size_t i = 0; same && i < kid->n_kids; i++)
		*ret_ok = add_kid(f->b, t, kid->kids[i]) && *ret_ok;
	if (!same)
		*ret_ok = add_kid(f->b, t, kid) && *ret_ok;
	return true;
}

static struct tree *fold_joined(struct fold *f, const struct tree *from)
{
	struct tree *t = new_tree(f->b, (enum kind)from->kind);
	bool ok = t != NULL;

	for (size_t i = 0; ok && i < from->n_kids; i++) {
		struct tree *kid = fold(f, from->kids[i]);

		if (!kid)
			return NULL;
		if (!take_kid(f, t, kid, &ok))
			return from->kind == K_AND ? &never : &always;
	}
	if (!ok || !merge(f, t))
		return NULL;
	if (!t->n_kids)
		return from->kind == K_AND ? &always : &never;
	for (size_t i = 0; i < t->n_kids; i++) {
		set_cost(f, t->kids[i]);
		t->kids[i]->place = (uint32_t)i;
	}
	qsort(t->kids, t->n_kids, sizeof(*t->kids), by_cost);
	set_cost(f, t);
	return t->n_kids == 1 ? t->kids[0] : t;
}

static struct tree *fold(struct fold *f, struct tree *t)
{
	return t->kind == K_CHECK ? fold_check(f, t) : fold_joined(f, t);
}

/* --- code --- */

/* Equal instructions are one, so equal conditions and equal ends of conditions share code. */
static bool add_insn(struct builder *b, struct insn in, uint32_t *ret)
{
	struct ruleset *rs = b->rs;
	void *found = stable_find(b->code_seen, (const char *)&in, sizeof(in));
	struct insn *code;

	if (found) {
		*ret = (uint32_t)(uintptr_t)found - 1;
		return true;
	}
	code = vec_add(b->tmp, rs->code, rs->n_code, sizeof(*code));
	if (!code || stable_put(b->code_seen, (const char *)&in, sizeof(in),
				(void *)(uintptr_t)(rs->n_code + 1))) {
		b->d->oom = true;
		return false;
	}
	rs->code = code;
	rs->code[rs->n_code] = in;
	*ret = (uint32_t)rs->n_code++;
	return true;
}

/* Code that goes on at yes or at no; written from its end to its beginning. */
static bool emit(struct builder *b, const struct tree *t, uint32_t yes, uint32_t no, uint32_t *ret)
{
	struct insn in = {
		.check = t->check, .yes = t->negated ? no : yes, .no = t->negated ? yes : no};

	switch ((enum kind)t->kind) {
	case K_YES:
		*ret = yes;
		return true;
	case K_NO:
		*ret = no;
		return true;
	case K_CHECK:
		if (in.yes != in.no)
			return add_insn(b, in, ret);
		*ret = in.yes;
		return true;
	case K_AND:
	case K_OR:
		break;
	}
	*ret = t->kind == K_AND ? yes : no;
	for (size_t i = t->n_kids; i > 0; i--) {
		bool is_and = t->kind == K_AND;

		if (!emit(b, t->kids[i - 1], is_and ? *ret : yes, is_and ? no : *ret, ret))
			return false;
	}
	return true;
}

/* --- rules --- */

static bool compile_event(struct builder *b, struct rule_x *r, struct tree *tree, unsigned event)
{
	struct fold f = {.b = b, .event = event};
	struct arena *work = b->work;
	struct tree *t = NULL;
	bool ok = false;

	/* Only the checks of the tree are folded; those that merging adds are behind the end. */
	b->work = arena_new();
	if (b->work)
		f.constants = arena_alloc(b->work, b->rs->n_checks + 1);
	if (f.constants)
		t = fold(&f, tree);
	if (t)
		ok = emit(b, t, CODE_YES, CODE_NO, &r->entries[event]);
	arena_free(b->work);
	b->work = work;
	return ok;
}

static bool compile_events(struct builder *b, struct rule_x *r)
{
	struct tree *tree = of_ast(b, r->ast, false);

	r->entries = arena_alloc(b->mem, EV_MAX * sizeof(*r->entries));
	if (!tree || !r->entries)
		return false;
	for (unsigned event = 0; event < EV_MAX; event++) {
		r->entries[event] = CODE_NO;
		if (!event_is_askable(event))
			continue;
		if (!compile_event(b, r, tree, event))
			return false;
		if (r->entries[event] != CODE_NO)
			r->pub.events[event / 8] |= (uint8_t)(1u << event % 8);
	}
	return true;
}

static bool compile_rule(struct builder *b, struct rule_x *r)
{
	bool ok = false;

	b->work = arena_new();
	if (b->work)
		ok = compile_events(b, r);
	arena_free(b->work);
	b->work = NULL;
	return ok;
}

static void warn_of_many(struct builder *b, const struct rule_x *r, struct place at)
{
	unsigned all = 0, mine = 0;

	for (unsigned event = 0; event < EV_MAX; event++) {
		all += event_is_askable(event);
		mine += r->entries[event] != CODE_NO;
	}
	if (mine * 100 > all * MANY_TYPES_PERCENT)
		diag_warn(b->d, at, WARN_NO_EVTTYPE,
			  "rule '%s' matches %u of %u event types, which costs; begin its "
			  "condition with evt.type in (...)",
			  r->pub.name, mine, all);
}

static bool add_candidate(struct builder *b, struct rule_x *r, unsigned event)
{
	struct ruleset *rs = b->rs;
	struct candidate *v =
		vec_add(b->mem, rs->by_event[event], rs->n_by_event[event], sizeof(*v));

	if (!v) {
		b->d->oom = true;
		return false;
	}
	rs->by_event[event] = v;
	v[rs->n_by_event[event]++] = (struct candidate){r, r->entries[event]};
	rs->events[event / 8] |= (uint8_t)(1u << event % 8);
	return true;
}

int compile_rules(struct builder *b, const struct rule_def *const *defs)
{
	struct ruleset *rs = b->rs;
	struct insn *code;

	for (size_t i = 0; i < rs->n_rules; i++) {
		struct rule_x *r = rs->rules[i];

		if (!compile_rule(b, r))
			return -ENOMEM;
		if (defs[i]->warn_evttypes)
			warn_of_many(b, r, defs[i]->at);
		for (unsigned event = 0; event < EV_MAX && r->pub.enabled; event++)
			if (r->entries[event] != CODE_NO && !add_candidate(b, r, event))
				return -ENOMEM;
	}
	code = arena_alloc(b->mem, (rs->n_code + 1) * sizeof(*code));
	rs->seen = arena_alloc(b->mem, (rs->n_code + 1) * sizeof(*rs->seen));
	rs->stack = arena_alloc(b->mem, (rs->n_code + 1) * sizeof(*rs->stack));
	if (!code || !rs->seen || !rs->stack)
		return -ENOMEM;
	if (rs->n_code)
		memcpy(code, rs->code, rs->n_code * sizeof(*code));
	rs->code = code;
	return 0;
}
