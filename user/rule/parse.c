/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* See parse.h. Recursive descent, one function a rule of the grammar. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rule/lex.h"
#include "rule/parse.h"
#include "rule/vec.h"

struct parser {
	struct lexer l;
	struct diags *d;
	struct arena *mem;
	const char *code; /* of faults */
	unsigned depth;
	bool failed;
};

static struct ast *parse_or(struct parser *p);
static struct expr *parse_call(struct parser *p, enum func fn, size_t start);

/* --- faults: the first is told, all return NULL --- */

static void *fail(struct parser *p, size_t off, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void *fail(struct parser *p, size_t off, const char *fmt, ...)
{
	char msg[512];
	va_list ap;

	if (p->failed)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	p->failed = true;
	diag_error(p->d, lex_place(&p->l, off), p->code, "%s", msg);
	return NULL;
}

static void *oom(struct parser *p)
{
	p->d->oom = true;
	p->failed = true;
	return NULL;
}

/* After lex_quoted or lex_bare found nothing: what was wanted, or what is wrong with the quotes. */
static void *no_value(struct parser *p, const char *wanted)
{
	struct lex_found f;

	if (p->l.oom)
		return oom(p);
	if (p->l.err)
		return fail(p, p->l.err_off, "%s", p->l.err);
	return fail(p, p->l.off, "expected %s, found %s", wanted, lex_found(&p->l, &f));
}

static bool deeper(struct parser *p)
{
	if (++p->depth <= AST_DEPTH_MAX)
		return true;
	fail(p, p->l.off, "nested more than %d levels deep", AST_DEPTH_MAX);
	return false;
}

/* --- nodes --- */

static struct ast *node(struct parser *p, enum ast_kind kind, size_t off)
{
	struct ast *n = arena_alloc(p->mem, sizeof(*n));

	if (!n)
		return oom(p);
	n->kind = kind;
	n->at = lex_place(&p->l, off);
	return n;
}

static bool add_kid(struct parser *p, struct ast *n, struct ast *kid)
{
	struct ast **kids = vec_add(p->mem, n->kids, n->n_kids, sizeof(*kids));

	if (!kids)
		return oom(p);
	n->kids = kids;
	n->kids[n->n_kids++] = kid;
	return true;
}

static struct expr *expr_new(struct parser *p, enum expr_kind kind, size_t off)
{
	struct expr *x = arena_alloc(p->mem, sizeof(*x));

	if (!x)
		return oom(p);
	x->kind = kind;
	x->at = lex_place(&p->l, off);
	return x;
}

/* The last word that was taken, as a string of its own. */
static const char *last_word(struct parser *p)
{
	const char *s = arena_strndup(p->mem, p->l.s + p->l.last, p->l.last_len);

	return s ? s : oom(p);
}

static bool take_value(struct parser *p)
{
	if (lex_quoted(&p->l))
		return true;
	return !p->l.err && lex_bare(&p->l);
}

/* --- fields and transformers --- */

/* "[arg]" behind a field or a transformer, if there is one. False after a fault. */
static bool parse_arg(struct parser *p, struct expr *x)
{
	struct lex_found f;
	size_t off;

	if (!lex_char(&p->l, '['))
		return true;
	off = p->l.off;
	if (!lex_quoted(&p->l) && (p->l.err || !lex_bare_arg(&p->l)))
		return no_value(p, "an argument: a word or a quoted text");
	x->has_arg = true;
	x->arg = p->l.value;
	x->arg_len = p->l.value_len;
	x->arg_at = lex_place(&p->l, off);
	if (!lex_char(&p->l, ']'))
		return fail(p, p->l.off, "expected ']' after the argument, found %s",
			    lex_found(&p->l, &f));
	return true;
}

/* The field whose name was just taken. */
static struct expr *parse_field(struct parser *p)
{
	struct expr *x = expr_new(p, X_FIELD, p->l.last);

	if (!x)
		return NULL;
	x->len = p->l.last_len;
	x->text = last_word(p);
	if (!x->text || !parse_arg(p, x))
		return NULL;
	return x;
}

static struct expr *parse_string(struct parser *p, size_t off)
{
	struct expr *x = expr_new(p, X_STRING, off);

	if (!x)
		return NULL;
	x->text = p->l.value;
	x->len = p->l.value_len;
	return x;
}

static bool add_arg(struct parser *p, struct expr *x, struct expr *arg)
{
	struct expr **args;

	if (!arg)
		return false;
	args = vec_add(p->mem, x->args, x->n_args, sizeof(*args));
	if (!args)
		return oom(p);
	x->args = args;
	x->args[x->n_args++] = arg;
	return true;
}

/* A field, transformer, quoted text or number. */
static struct expr *parse_scalar_arg(struct parser *p)
{
	size_t off = p->l.off;
	enum func fn;

	if (lex_func(&p->l, false, &fn))
		return parse_call(p, fn, off);
	if (lex_field_name(&p->l))
		return parse_field(p);
	if (lex_quoted(&p->l))
		return parse_string(p, off);
	if (!p->l.err && lex_number(&p->l)) {
		p->l.value = last_word(p);
		p->l.value_len = p->l.last_len;
		return p->l.value ? parse_string(p, off) : NULL;
	}
	return no_value(p, "a field, a quoted text, a number or a transformer");
}

/* Behind the opening parenthesis. */
static struct expr *parse_list_arg(struct parser *p, size_t off)
{
	struct expr *x = expr_new(p, X_LIST, off);
	struct lex_found f;

	lex_blank(&p->l);
	if (!x || lex_char(&p->l, ')'))
		return x;
	do {
		lex_blank(&p->l);
		if (!add_arg(p, x, parse_scalar_arg(p)))
			return NULL;
		lex_blank(&p->l);
	} while (lex_char(&p->l, ','));
	if (!lex_char(&p->l, ')'))
		return fail(p, p->l.off, "expected ',' or ')' in the list, found %s",
			    lex_found(&p->l, &f));
	return x;
}

static struct expr *parse_call_arg(struct parser *p, enum func fn)
{
	size_t off = p->l.off;

	if (fn == FN_VAL) {
		if (lex_field_name(&p->l))
			return parse_field(p);
		return no_value(p, "a field in val()");
	}
	if (lex_char(&p->l, '('))
		return parse_list_arg(p, off);
	return parse_scalar_arg(p);
}

/* Behind the transformer's name and parenthesis. */
static struct expr *parse_call(struct parser *p, enum func fn, size_t start)
{
	struct expr *x = expr_new(p, X_CALL, start);
	struct lex_found f;

	if (!x || !deeper(p))
		return NULL;
	x->fn = (uint8_t)fn;
	do {
		lex_blank(&p->l);
		if (!add_arg(p, x, parse_call_arg(p, fn)))
			return NULL;
		lex_blank(&p->l);
	} while (fn != FN_VAL && lex_char(&p->l, ','));
	if (!lex_char(&p->l, ')'))
		return fail(p, p->l.off, "expected ')' closing %s(), found %s", func_name(fn),
			    lex_found(&p->l, &f));
	p->depth--;
	if (fn != FN_VAL && !parse_arg(p, x))
		return NULL;
	return x;
}

/* --- checks --- */

static bool add_value(struct parser *p, struct ast *c, size_t off)
{
	struct literal *v = vec_add(p->mem, c->values, c->n_values, sizeof(*v));

	if (!v)
		return oom(p);
	c->values = v;
	c->values[c->n_values++] =
		(struct literal){p->l.value, p->l.value_len, lex_place(&p->l, off)};
	return true;
}

/* Behind the opening parenthesis. */
static struct ast *parse_values(struct parser *p, struct ast *c)
{
	struct lex_found f;
	size_t off;

	c->list = true;
	lex_blank(&p->l);
	if (lex_char(&p->l, ')'))
		return c;
	do {
		lex_blank(&p->l);
		off = p->l.off;
		if (!take_value(p))
			return no_value(p, "a value in the list");
		if (!add_value(p, c, off))
			return NULL;
		lex_blank(&p->l);
	} while (lex_char(&p->l, ','));
	if (!lex_char(&p->l, ')'))
		return fail(p, p->l.off, "expected ',' or ')' in the list, found %s",
			    lex_found(&p->l, &f));
	return c;
}

/* A transformer or val() on the right. False when there is none, or after a fault. */
static bool parse_right(struct parser *p, struct ast *c)
{
	size_t off = p->l.off;
	enum func fn;

	if (!lex_func(&p->l, true, &fn))
		return false;
	c->right = parse_call(p, fn, off);
	return c->right != NULL;
}

static struct ast *parse_num_value(struct parser *p, struct ast *c)
{
	struct lex_found f;
	size_t off = p->l.off;

	if (parse_right(p, c))
		return c;
	if (p->failed)
		return NULL;
	if (!lex_number(&p->l))
		return fail(p, p->l.off,
			    "expected a number or a field in val() after '%s', found %s",
			    op_name(c->op), lex_found(&p->l, &f));
	p->l.value = last_word(p);
	p->l.value_len = p->l.last_len;
	return p->l.value && add_value(p, c, off) ? c : NULL;
}

/* A modifier without its parentheses, and something behind it that continues no condition. */
static bool lost_modifier(struct parser *p, const char *value)
{
	struct lexer next = p->l;
	bool is = false;

	for (unsigned mod = MOD_NONE + 1; mod < MOD_COUNT; mod++)
		is = is || !strcmp(value, modifier_name((enum modifier)mod));
	lex_blank(&next);
	return is && next.off < next.len && next.s[next.off] != ')' && !lex_word(&next, "and") &&
	       !lex_word(&next, "or");
}

static struct ast *parse_str_value(struct parser *p, struct ast *c)
{
	enum modifier mod;
	size_t off;

	if (lex_modifier(&p->l, &mod)) {
		c->mod = (uint8_t)mod;
		lex_char(&p->l, '(');
		return parse_values(p, c);
	}
	off = p->l.off;
	if (parse_right(p, c))
		return c;
	if (p->failed)
		return NULL;
	if (!take_value(p))
		return no_value(p, "a value");
	if (lost_modifier(p, p->l.value))
		return fail(p, off, "the values after '%s %s' need parentheses: %s %s (...)",
			    op_name(c->op), p->l.value, op_name(c->op), p->l.value);
	return add_value(p, c, off) ? c : NULL;
}

static struct ast *parse_list_value(struct parser *p, struct ast *c)
{
	size_t off = p->l.off;

	if (lex_char(&p->l, '('))
		return parse_values(p, c);
	if (parse_right(p, c))
		return c;
	if (p->failed)
		return NULL;
	if (!lex_identifier(&p->l))
		return no_value(p, "a list in parentheses");
	p->l.value = last_word(p);
	p->l.value_len = p->l.last_len;
	if (!p->l.value || !add_value(p, c, off))
		return NULL;
	lex_blank(&p->l);
	if (p->l.off < p->l.len && p->l.s[p->l.off] == ',')
		return fail(p, off, "the values after '%s' need parentheses: %s (...)",
			    op_name(c->op), op_name(c->op));
	return c;
}

static void *no_op(struct parser *p)
{
	struct lex_found f;
	struct near near;
	size_t end = p->l.off;

	while (end < p->l.len && ((p->l.s[end] | 0x20) >= 'a' && (p->l.s[end] | 0x20) <= 'z'))
		end++;
	near_init(&near, p->l.s + p->l.off, end - p->l.off);
	for (char *c = near.word; *c; c++)
		*c |= 0x20;
	for (unsigned op = 0; op < OP_COUNT; op++)
		if (op_name((enum op)op)[0] >= 'a')
			near_try(&near, op_name((enum op)op));
	return fail(p, p->l.off,
		    "expected an operator after the field, found %s%s (known are exists <= < >= > "
		    "= != glob iglob contains icontains bcontains startswith bstartswith endswith "
		    "regex intersects in pmatch)",
		    lex_found(&p->l, &f), near_hint(&near));
}

static struct ast *parse_test(struct parser *p, struct expr *left, size_t start)
{
	struct ast *c;
	enum op op;

	if (!left)
		return NULL;
	c = node(p, AST_CHECK, start);
	if (!c)
		return NULL;
	lex_blank(&p->l);
	c->left = left;
	c->op_at = lex_place(&p->l, p->l.off);
	if (!lex_op(&p->l, &op))
		return no_op(p);
	c->op = (uint8_t)op;
	lex_blank(&p->l);
	if (op == OP_EXISTS)
		return c;
	if (op_takes_list(op))
		return parse_list_value(p, c);
	return op_is_string(op) ? parse_str_value(p, c) : parse_num_value(p, c);
}

/* Behind the opening parenthesis at off. */
static struct ast *parse_parens(struct parser *p, size_t off)
{
	struct lex_found f;
	struct ast *n;

	if (!deeper(p))
		return NULL;
	n = parse_or(p);
	if (!n)
		return NULL;
	p->depth--;
	lex_blank(&p->l);
	if (lex_char(&p->l, ')'))
		return n;
	if (p->l.off >= p->l.len)
		return fail(p, off, "this '(' is never closed");
	return fail(p, p->l.off, "expected 'and', 'or' or ')', found %s", lex_found(&p->l, &f));
}

static bool is_keyword(const char *s)
{
	return !strcmp(s, "and") || !strcmp(s, "or") || !strcmp(s, "not");
}

static struct ast *parse_macro(struct parser *p)
{
	struct ast *n = node(p, AST_MACRO, p->l.last);
	size_t off = p->l.last;

	if (!n)
		return NULL;
	n->name = last_word(p);
	if (n->name && is_keyword(n->name))
		return fail(p, off, "expected a check, a macro or '(', found '%s'", n->name);
	return n->name ? n : NULL;
}

static struct ast *parse_check(struct parser *p)
{
	struct lex_found f;
	size_t off;
	enum func fn;

	lex_blank(&p->l);
	off = p->l.off;
	if (lex_char(&p->l, '('))
		return parse_parens(p, off);
	if (lex_field_name(&p->l))
		return parse_test(p, parse_field(p), off);
	if (lex_func(&p->l, false, &fn))
		return parse_test(p, parse_call(p, fn, off), off);
	if (lex_identifier(&p->l))
		return parse_macro(p);
	return fail(p, off, "expected a check, a macro or '(', found %s", lex_found(&p->l, &f));
}

/* --- and, or, not --- */

static struct ast *parse_not(struct parser *p)
{
	struct ast *n, *kid;
	bool negated = false;
	size_t off;

	lex_blank(&p->l);
	off = p->l.off;
	while (lex_word_blank(&p->l, "not"))
		negated = !negated;
	if (lex_word(&p->l, "not(")) {
		negated = !negated;
		kid = parse_parens(p, p->l.off - 1);
	} else {
		kid = parse_check(p);
	}
	if (!kid || !negated)
		return kid;
	n = node(p, AST_NOT, off);
	return n && add_kid(p, n, kid) ? n : NULL;
}

/* Takes "and" or "or". A word that only begins so, or one that nothing may follow, is a fault. */
static bool take_joint(struct parser *p, const char *word)
{
	struct lex_found f;
	size_t off, len = strlen(word);

	lex_blank(&p->l);
	off = p->l.off;
	if (!lex_word(&p->l, word))
		return false;
	if (lex_blank(&p->l) || (p->l.off < p->l.len && p->l.s[p->l.off] == '('))
		return true;
	p->l.off = off;
	if (off + len >= p->l.len)
		fail(p, off, "nothing follows '%s'", word);
	else
		fail(p, off, "expected 'and' or 'or', with a blank or '(' behind it, found %s",
		     lex_found(&p->l, &f));
	return false;
}

static struct ast *parse_joined(struct parser *p, enum ast_kind kind, const char *word,
				struct ast *(*part)(struct parser *))
{
	struct ast *n, *kid;
	size_t off;

	lex_blank(&p->l);
	off = p->l.off;
	kid = part(p);
	if (!kid || !take_joint(p, word))
		return p->failed ? NULL : kid;
	n = node(p, kind, off);
	if (!n || !add_kid(p, n, kid))
		return NULL;
	do {
		kid = part(p);
		if (!kid || !add_kid(p, n, kid))
			return NULL;
	} while (take_joint(p, word));
	return p->failed ? NULL : n;
}

static struct ast *parse_and(struct parser *p)
{
	return parse_joined(p, AST_AND, "and", parse_not);
}

static struct ast *parse_or(struct parser *p)
{
	return parse_joined(p, AST_OR, "or", parse_and);
}

/* What follows a whole condition and should not. */
static void trailing(struct parser *p)
{
	const struct lexer *l = &p->l;
	struct lex_found f;
	const char *hint = "";

	if (l->s[l->off] == ')') {
		fail(p, l->off, "this ')' closes nothing");
		return;
	}
	if (l->s[l->off] && strchr("=<>!", l->s[l->off]))
		hint = " (a field has a dot in its name, like proc.name)";
	fail(p, l->off, "expected 'and', 'or' or the end after '%.*s', found %s%s",
	     (int)(l->last_len > 40 ? 40 : l->last_len), l->s + l->last, lex_found(l, &f), hint);
}

struct ast *parse_condition(const struct text *text, struct arena *mem, struct diags *d)
{
	struct parser p = {.d = d, .mem = mem, .code = ERR_COMPILE_CONDITION};
	struct ast *n;

	lex_init(&p.l, text, mem);
	lex_blank(&p.l);
	if (p.l.off >= p.l.len)
		return fail(&p, 0, "the condition is empty");
	n = parse_or(&p);
	if (!n)
		return NULL;
	lex_blank(&p.l);
	if (p.l.off < p.l.len)
		trailing(&p);
	return p.failed ? NULL : n;
}

struct expr *parse_call_at(const struct text *text, size_t off, struct arena *mem, struct diags *d,
			   size_t *ret_end, bool *ret_fault)
{
	struct parser p = {.d = d, .mem = mem, .code = ERR_COMPILE_OUTPUT};
	struct expr *x;
	enum func fn;

	*ret_fault = false;
	lex_init(&p.l, text, mem);
	p.l.off = off;
	if (!lex_func(&p.l, false, &fn))
		return NULL;
	x = parse_call(&p, fn, off);
	*ret_fault = !x;
	*ret_end = p.l.off;
	return x;
}
