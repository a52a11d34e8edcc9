/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* See print.h. */
#include <string.h>

#include "rule/lex.h"
#include "rule/print.h"

/* In double quotes, with escapes where the language has them. No byte but NUL is beyond it. */
static void print_quoted(struct buf *out, const char *s, size_t len)
{
	static const char from[] = "\b\f\n\r\t\\\"", to[] = "bfnrt\\\"";

	buf_addc(out, '"');
	for (size_t i = 0; i < len; i++) {
		const char *p = s[i] ? strchr(from, s[i]) : NULL;
		/* A quote behind a backslash never ends a text, so a backslash at the end is not
		 * written as two: the hexadecimal form ends in a digit. */
		bool last = s[i] == '\\' && (i + 1 == len || s[i + 1] == '"');

		if (last)
			buf_adds(out, "\\x5c");
		else if (p)
			buf_addf(out, "\\%c", to[p - from]);
		else if ((unsigned char)s[i] < 0x20)
			buf_addf(out, "\\x%02x", (unsigned char)s[i]);
		else
			buf_addc(out, s[i]);
	}
	buf_addc(out, '"');
}

/* A value that reads like a modifier needs quotes. */
static bool is_modifier(const char *s, size_t len)
{
	for (unsigned mod = MOD_NONE + 1; mod < MOD_COUNT; mod++)
		if (strlen(modifier_name((enum modifier)mod)) == len &&
		    !memcmp(modifier_name((enum modifier)mod), s, len))
			return true;
	return false;
}

static void print_value(struct buf *out, const struct literal *v)
{
	if (lex_is_bare(v->s, v->len) && !is_modifier(v->s, v->len))
		buf_add(out, v->s, v->len);
	else
		print_quoted(out, v->s, v->len);
}

static bool is_bare_arg(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] <= ' ' || strchr("[]\"'", s[i]))
			return false;
	return len > 0;
}

static void print_arg(struct buf *out, const struct expr *x)
{
	if (!x->has_arg)
		return;
	buf_addc(out, '[');
	if (is_bare_arg(x->arg, x->arg_len))
		buf_add(out, x->arg, x->arg_len);
	else
		print_quoted(out, x->arg, x->arg_len);
	buf_addc(out, ']');
}

static void print_args(struct buf *out, const struct expr *x)
{
	buf_addc(out, '(');
	for (size_t i = 0; i < x->n_args; i++) {
		if (i)
			buf_adds(out, ", ");
		print_expr(out, x->args[i]);
	}
	buf_addc(out, ')');
}

void print_expr(struct buf *out, const struct expr *x)
{
	switch ((enum expr_kind)x->kind) {
	case X_FIELD:
		buf_add(out, x->text, x->len);
		print_arg(out, x);
		break;
	case X_STRING:
		print_quoted(out, x->text, x->len);
		break;
	case X_LIST:
		print_args(out, x);
		break;
	case X_CALL:
		buf_adds(out, func_name((enum func)x->fn));
		print_args(out, x);
		print_arg(out, x);
		break;
	}
}

static void print_check(struct buf *out, const struct ast *n)
{
	bool list = n->list || op_takes_list((enum op)n->op);

	print_expr(out, n->left);
	buf_addf(out, " %s", op_name((enum op)n->op));
	if (n->op == OP_EXISTS)
		return;
	if (n->mod)
		buf_addf(out, " %s", modifier_name((enum modifier)n->mod));
	buf_addc(out, ' ');
	if (n->right) {
		print_expr(out, n->right);
		return;
	}
	if (list)
		buf_addc(out, '(');
	for (size_t i = 0; i < n->n_values; i++) {
		if (i)
			buf_adds(out, ", ");
		print_value(out, &n->values[i]);
	}
	if (list)
		buf_addc(out, ')');
}

/* Does n, under a node of kind above, need parentheses? */
static bool binds_looser(const struct ast *n, enum ast_kind above)
{
	while (n->kind == AST_MACRO)
		n = n->target;
	if (above == AST_NOT)
		return n->kind == AST_AND || n->kind == AST_OR;
	return n->kind == AST_OR && above == AST_AND;
}

static void print_kid(struct buf *out, const struct ast *kid, enum ast_kind above)
{
	bool parens = binds_looser(kid, above);

	if (parens)
		buf_addc(out, '(');
	print_ast(out, kid);
	if (parens)
		buf_addc(out, ')');
}

void print_ast(struct buf *out, const struct ast *n)
{
	switch ((enum ast_kind)n->kind) {
	case AST_MACRO:
		print_ast(out, n->target);
		break;
	case AST_CHECK:
		print_check(out, n);
		break;
	case AST_NOT:
		buf_adds(out, "not ");
		print_kid(out, n->kids[0], AST_NOT);
		break;
	case AST_AND:
	case AST_OR:
		for (size_t i = 0; i < n->n_kids; i++) {
			if (i)
				buf_adds(out, n->kind == AST_AND ? " and " : " or ");
			print_kid(out, n->kids[i], (enum ast_kind)n->kind);
		}
		break;
	}
}
