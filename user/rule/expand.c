/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * From texts to trees: exceptions are added as text, lists replaced as text (both before parsing,
 * as the language has it), and macros bound to the trees they name. Knows who sees whom.
 */
#include <string.h>

#include "event/field.h"
#include "rule/lex.h"
#include "rule/loader.h"
#include "rule/parse.h"
#include "rule/vec.h"

#define LIST_ITEMS_MAX 100000	    /* of one list with those it names */
#define CHECKS_MAX 100000	    /* of one condition with its macros */
#define TREE_DEPTH_MAX (3 * AST_DEPTH_MAX) /* with its macros */
#define MACRO_CHAIN_MAX 500

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* --- values as text --- */

static bool has_any(const struct literal *v, const char *set)
{
	for (size_t i = 0; i < v->len; i++)
		if (strchr(set, v->s[i]))
			return true;
	return false;
}

/* What would fall apart as a bare word is put in quotes, unless it brings its own. */
static void add_value(struct text *t, const struct literal *v, const char *quote_when)
{
	bool own = v->len && (v->s[0] == '"' || v->s[0] == '\'');
	const char *q = "";

	if (!own && (!v->len || has_any(v, quote_when)))
		q = memchr(v->s, '"', v->len) ? "'" : "\"";
	text_add(t, q, strlen(q), v->at, true);
	text_add(t, v->s, v->len, v->at, true);
	text_add(t, q, strlen(q), v->at, true);
}

#define QUOTE_ITEM " \t\r\n()=\""
#define QUOTE_VALUE QUOTE_ITEM ","

/* --- exceptions --- */

static void add_str(struct text *t, const char *s, struct place at)
{
	text_add(t, s, strlen(s), at, true);
}

static void add_cell(struct text *t, const struct exc_cell *c, const struct literal *comp)
{
	enum modifier mod = MOD_NONE;
	enum op op = OP_EQ;
	bool wants_list;

	op_parse(comp->s, comp->len, &op, &mod);
	wants_list = op_takes_list(op) || mod;
	if (c->list) {
		add_str(t, "(", c->at);
		for (size_t i = 0; i < c->n_items; i++) {
			if (i)
				add_str(t, ", ", c->at);
			add_value(t, &c->items[i], QUOTE_ITEM);
		}
		add_str(t, ")", c->at);
	} else if (wants_list) {
		bool own = c->items[0].len && c->items[0].s[0] == '(';

		add_str(t, own ? "" : "(", c->at);
		text_add(t, c->items[0].s, c->items[0].len, c->items[0].at, true);
		add_str(t, own ? "" : ")", c->at);
	} else {
		add_value(t, &c->items[0], QUOTE_VALUE);
	}
}

static void add_comparison(struct text *t, const struct exception *e, size_t i,
			   const struct exc_cell *c)
{
	text_add(t, e->fields[i].s, e->fields[i].len, e->fields[i].at, true);
	add_str(t, " ", e->at);
	text_add(t, e->comps[i].s, e->comps[i].len, e->comps[i].at, true);
	add_str(t, " ", e->at);
	add_cell(t, c, &e->comps[i]);
}

static void add_list_form(struct text *t, const struct exception *e)
{
	add_str(t, " and not (", e->at);
	for (size_t r = 0; r < e->n_rows; r++) {
		add_str(t, r ? " or (" : "(", e->at);
		for (size_t i = 0; i < e->n_fields; i++) {
			if (i)
				add_str(t, " and ", e->at);
			add_comparison(t, e, i, &e->rows[r].cells[i]);
		}
		add_str(t, ")", e->at);
	}
	add_str(t, ")", e->at);
}

static void add_scalar_form(struct text *t, const struct exception *e)
{
	text_add(t, " and not (", 10, e->at, true);
	text_add(t, e->fields[0].s, e->fields[0].len, e->fields[0].at, true);
	add_str(t, " ", e->at);
	text_add(t, e->comps[0].s, e->comps[0].len, e->comps[0].at, true);
	add_str(t, " (", e->at);
	for (size_t r = 0; r < e->n_rows; r++) {
		if (r)
			add_str(t, ", ", e->at);
		add_value(t, &e->rows[r].cells[0].items[0], QUOTE_ITEM);
	}
	add_str(t, "))", e->at);
}

static char *tmp_dup(void *ctx, const char *s, size_t len)
{
	return arena_strndup(ctx, s, len);
}

static bool known_field(struct loader *l, const struct literal *f)
{
	struct field_ref ref;
	struct buf msg = BUF_INIT;
	bool ok = field_parse(f->s, f->len, tmp_dup, l->tmp, &ref, &msg) == 0;

	if (!ok)
		diag_error(&l->d, f->at, ERR_VALIDATE, "%s", buf_str(&msg));
	buf_done(&msg);
	return ok;
}

bool expand_exceptions(struct loader *l, const struct rule_def *r, struct text *ret)
{
	bool ok = true;

	text_init(ret, l->tmp);
	if (r->n_exceptions)
		add_str(ret, "(", r->at);
	text_add_text(ret, &r->cond, 0, r->cond.len);
	if (r->n_exceptions)
		add_str(ret, ")", r->at);
	for (size_t i = 0; i < r->n_exceptions; i++) {
		const struct exception *e = &r->exceptions[i];

		for (size_t f = 0; f < e->n_fields; f++)
			ok = known_field(l, &e->fields[f]) && ok;
		if (!e->n_rows)
			continue;
		if (e->scalar)
			add_scalar_form(ret, e);
		else
			add_list_form(ret, e);
	}
	l->d.oom = l->d.oom || ret->oom;
	return ok && !ret->oom;
}

/* --- lists --- */

static bool add_item(struct loader *l, struct list_def *list, const struct literal *item)
{
	struct literal *all;

	if (list->n_all >= LIST_ITEMS_MAX) {
		diag_error(&l->d, list->at, ERR_VALIDATE,
			   "list '%s' has more than %d items with "
			   "those of the lists in it", list->name,
			   LIST_ITEMS_MAX);
		return false;
	}
	all = vec_add(l->tmp, list->all, list->n_all, sizeof(*all));
	if (!all) {
		l->d.oom = true;
		return false;
	}
	list->all = all;
	list->all[list->n_all++] = *item;
	return true;
}

/* The items of the lists that this one names take the names' places. A list defined later is not
 * seen here; one that is being expanded (it names itself, if only by a detour) is a plain item. */
static bool expand_list(struct loader *l, struct list_def *list, unsigned depth)
{
	bool ok = depth < MACRO_CHAIN_MAX;

	list->expanding = true;
	if (!ok)
		diag_error(&l->d, list->at, ERR_VALIDATE, "lists name each other more than %d deep",
			   MACRO_CHAIN_MAX);
	for (size_t i = 0; i < list->n_items && ok; i++) {
		const struct literal *item = &list->items[i];
		struct list_def *ref = stable_find(l->list_names, item->s, item->len);

		if (!ref || ref->index >= list->visibility || ref->expanding) {
			ok = add_item(l, list, item);
			continue;
		}
		ref->used = true;
		if (!ref->expanded)
			ok = expand_list(l, ref, depth + 1);
		for (size_t k = 0; k < ref->n_all && ok; k++)
			ok = add_item(l, list, &ref->all[k]);
	}
	list->expanding = false;
	list->expanded = true;
	return ok;
}

struct substitution {
	const struct list_def *list;
	const struct text *from;
	struct text *to;
	size_t done; /* bytes of from that are in to already */
};

/* May stand beside the name of a list. The end of what was put in counts as a blank. */
static bool is_border(const struct substitution *s, size_t off, bool left)
{
	if (left && (off == 0 || off == s->done))
		return true;
	if (left)
		off--;
	return off >= s->from->len || (s->from->s[off] && strchr(" \t\n\r(),=", s->from->s[off]));
}

/* The name stands at off: its items take its place, one blank on either side. An empty list takes a
 * comma beside it along. */
static void put_items(struct substitution *s, size_t off)
{
	const struct text *from = s->from;
	struct place at = text_place(from, off);
	size_t start = off, end = off + s->list->name_len;

	while (start > s->done && is_blank(from->s[start - 1]))
		start--;
	while (end < from->len && is_blank(from->s[end]))
		end++;
	if (!s->list->n_all && start > s->done && from->s[start - 1] == ',')
		start--;
	else if (!s->list->n_all && end < from->len && from->s[end] == ',')
		end++;
	text_add_text(s->to, from, s->done, start - s->done);
	if (s->to->len)
		text_add(s->to, " ", 1, at, true);
	for (size_t i = 0; i < s->list->n_all; i++) {
		if (i)
			text_add(s->to, ", ", 2, at, true);
		add_value(s->to, &s->list->all[i], QUOTE_ITEM);
	}
	text_add(s->to, " ", 1, at, true);
	s->done = end;
}

/* Replaces the list's name wherever it stands. False when it stands nowhere. */
static bool substitute(const struct list_def *list, const struct text *from, struct text *to)
{
	struct substitution s = {.list = list, .from = from, .to = to};
	size_t off = 0;
	bool any = false;

	while (off + list->name_len <= from->len) {
		const char *hit =
			memmem(from->s + off, from->len - off, list->name, list->name_len);

		if (!hit)
			break;
		off = (size_t)(hit - from->s);
		if (!is_border(&s, off, true) || !is_border(&s, off + list->name_len, false)) {
			off++;
			continue;
		}
		put_items(&s, off);
		off = s.done;
		any = true;
	}
	if (any && s.done < from->len)
		text_add_text(to, from, s.done, from->len - s.done);
	return any;
}

bool expand_lists(struct loader *l, const struct text *from, struct place at, struct text *ret)
{
	*ret = *from;
	for (size_t i = 0; i < l->n_lists; i++) {
		struct list_def *list = l->lists[i];
		struct text to;

		if (!list->expanded && !expand_list(l, list, 0))
			return false;
		text_init(&to, l->tmp);
		if (!ret->len || !substitute(list, ret, &to))
			continue;
		list->used = true;
		*ret = to;
		if (to.full) {
			diag_error(&l->d, at, ERR_VALIDATE,
				   "the condition is longer than 4 MiB "
				   "once its lists are in place");
			return false;
		}
		if (to.oom) {
			l->d.oom = true;
			return false;
		}
	}
	return true;
}

/* --- macros --- */

/* What a tree amounts to with its macros. */
struct extent {
	unsigned depth;
	size_t checks;
};

static bool bind_macro(struct loader *l, struct macro_def *m, unsigned chain);

static bool undefined(struct loader *l, const struct ast *n, const struct macro_def *user)
{
	struct macro_def *m = stable_find(l->macro_names, n->name, strlen(n->name));
	struct near near;

	near_init(&near, n->name, strlen(n->name));
	for (size_t i = 0; i < l->n_macros && !m; i++)
		near_try(&near, l->macros[i]->name);
	if (stable_find(l->list_names, n->name, strlen(n->name)))
		diag_error(&l->d, n->at, ERR_VALIDATE,
			   "'%s' is a list; write FIELD in (%s)", n->name, n->name);
	else if (m && user)
		diag_error(&l->d, n->at, ERR_VALIDATE,
			   "macro '%s' is defined only after this one; define it before", n->name);
	else
		diag_error(&l->d, n->at, ERR_VALIDATE, "undefined macro '%s'%s", n->name,
			   near_hint(&near));
	return false;
}

/* user: the macro that the tree belongs to, NULL for a rule's. */
static bool bind_name(struct loader *l, struct ast *n, const struct macro_def *user, unsigned chain,
		      struct extent *ret)
{
	struct macro_def *m = stable_find(l->macro_names, n->name, strlen(n->name));

	if (!m || (user && m->index >= user->visibility))
		return undefined(l, n, user);
	m->used = true;
	if (m->binding) {
		diag_error(&l->d, n->at, ERR_VALIDATE, "reference loop: macro '%s' names itself",
			   n->name);
		return false;
	}
	if (!m->bound && !m->broken && !bind_macro(l, m, chain + 1))
		return false;
	if (m->broken)
		return false; /* told where it is defined */
	n->target = m->ast;
	*ret = (struct extent){m->depth, m->checks};
	return true;
}

static bool bind_tree(struct loader *l, struct ast *n, const struct macro_def *user, unsigned chain,
		      struct extent *ret)
{
	bool ok = true;

	if (n->kind == AST_MACRO)
		return bind_name(l, n, user, chain, ret);
	*ret = (struct extent){0, n->kind == AST_CHECK};
	for (size_t i = 0; i < n->n_kids; i++) {
		struct extent kid = {0};

		ok = bind_tree(l, n->kids[i], user, chain, &kid) && ok;
		if (kid.depth > ret->depth)
			ret->depth = kid.depth;
		ret->checks += kid.checks;
	}
	ret->depth++;
	if (ok && (ret->depth > TREE_DEPTH_MAX || ret->checks > CHECKS_MAX)) {
		diag_error(&l->d, n->at, ERR_VALIDATE,
			   "the condition has more than %d checks or %d levels with its macros",
			   CHECKS_MAX, TREE_DEPTH_MAX);
		ok = false;
	}
	return ok;
}

static bool bind_macro(struct loader *l, struct macro_def *m, unsigned chain)
{
	const char *item = l->d.item;
	struct extent x = {0};
	bool ok;

	if (chain > MACRO_CHAIN_MAX) {
		diag_error(&l->d, m->at, ERR_VALIDATE, "macros name each other more than %d deep",
			   MACRO_CHAIN_MAX);
		m->broken = true;
		return false;
	}
	m->binding = true;
	ok = bind_tree(l, m->ast, m, chain, &x);
	m->binding = false;
	m->bound = true;
	m->broken = !ok;
	m->depth = x.depth;
	m->checks = x.checks;
	l->d.item = item;
	return ok;
}

static void name_item(struct loader *l, const struct macro_def *m)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "macro '%s'", m->name);
	l->d.item = arena_strdup(l->mem, buf_str(&b));
	buf_done(&b);
}

void expand_macros(struct loader *l)
{
	for (size_t i = 0; i < l->n_macros; i++) {
		struct macro_def *m = l->macros[i];
		struct text t;

		if (m->broken)
			continue;
		name_item(l, m);
		m->ast = expand_lists(l, &m->cond, m->at, &t) ? parse_condition(&t, l->mem, &l->d)
							      : NULL;
		m->broken = !m->ast;
	}
	for (size_t i = 0; i < l->n_macros; i++) {
		name_item(l, l->macros[i]);
		if (!l->macros[i]->broken && !l->macros[i]->bound)
			bind_macro(l, l->macros[i], 0);
	}
	l->d.item = NULL;
}

struct ast *expand_rule(struct loader *l, const struct rule_def *r)
{
	struct text with, text;
	struct extent x = {0};
	struct ast *n;

	if (!expand_exceptions(l, r, &with) || !expand_lists(l, &with, r->at, &text))
		return NULL;
	n = parse_condition(&text, l->mem, &l->d);
	return n && bind_tree(l, n, NULL, 0, &x) ? n : NULL;
}

void expand_warn_unused(struct loader *l)
{
	for (size_t i = 0; i < l->n_macros; i++)
		if (!l->macros[i]->used)
			diag_warn(&l->d, l->macros[i]->at, WARN_UNUSED_MACRO,
				  "macro '%s' is used by no rule and no macro", l->macros[i]->name);
	for (size_t i = 0; i < l->n_lists; i++)
		if (!l->lists[i]->used)
			diag_warn(&l->d, l->lists[i]->at, WARN_UNUSED_LIST,
				  "list '%s' is used by no rule, macro or list", l->lists[i]->name);
}
