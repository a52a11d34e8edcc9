/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* See lex.h. */
#include <stdio.h>
#include <string.h>

#include "rule/lex.h"

void lex_init(struct lexer *l, const struct text *text, struct arena *mem)
{
	*l = (struct lexer){.text = text, .mem = mem, .s = text_str(text), .len = text->len};
}

struct place lex_place(const struct lexer *l, size_t off)
{
	return text_place(l->text, off);
}

/* --- kinds of character --- */

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
	return is_alpha(c) || is_digit(c) || c == '_';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\b' || c == '\r' || c == '\n';
}

/* Ends a bare word: blanks, those that lex_blank does not step over too. */
static bool ends_bare(char c)
{
	return is_blank(c) || c == '\v' || c == '\f' || c == '\0' || strchr("()\"'=,", c);
}

static bool ends_bare_arg(char c)
{
	return is_blank(c) || c == '\v' || c == '\f' || c == '\0' || strchr("[]\"'", c);
}

/* At the end a NUL, which no word contains. */
static char at(const struct lexer *l, size_t off)
{
	return off < l->len ? l->s[off] : '\0';
}

static bool take(struct lexer *l, size_t end)
{
	if (end == l->off)
		return false;
	l->last = l->off;
	l->last_len = end - l->off;
	l->off = end;
	return true;
}

/* --- words --- */

bool lex_blank(struct lexer *l)
{
	size_t from = l->off;

	while (l->off < l->len && is_blank(l->s[l->off]))
		l->off++;
	return l->off > from;
}

bool lex_char(struct lexer *l, char c)
{
	return l->off < l->len && l->s[l->off] == c && take(l, l->off + 1);
}

bool lex_word(struct lexer *l, const char *word)
{
	size_t n = strlen(word);

	return n <= l->len - l->off && !memcmp(l->s + l->off, word, n) && take(l, l->off + n);
}

bool lex_word_blank(struct lexer *l, const char *word)
{
	if (!is_blank(at(l, l->off + strlen(word))) || !lex_word(l, word))
		return false;
	lex_blank(l);
	return true;
}

static size_t name_end(const struct lexer *l, size_t off)
{
	if (!is_alpha(at(l, off)))
		return off;
	while (is_name(at(l, off)))
		off++;
	return off;
}

bool lex_identifier(struct lexer *l)
{
	return take(l, name_end(l, l->off));
}

bool lex_field_name(struct lexer *l)
{
	size_t end = name_end(l, l->off);
	bool dotted = false;

	while (end > l->off && at(l, end) == '.') {
		size_t next = name_end(l, end + 1);

		if (next == end + 1)
			break;
		end = next;
		dotted = true;
	}
	return dotted && take(l, end);
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static size_t hex_end(const struct lexer *l, size_t off)
{
	size_t end = off + 2;

	if (at(l, off) != '0' || (at(l, off + 1) != 'x' && at(l, off + 1) != 'X'))
		return off;
	while (is_hex(at(l, end)))
		end++;
	return end > off + 2 ? end : off;
}

static size_t digits_end(const struct lexer *l, size_t off)
{
	while (is_digit(at(l, off)))
		off++;
	return off;
}

bool lex_number(struct lexer *l)
{
	size_t end = hex_end(l, l->off), exp;

	if (end > l->off)
		return take(l, end);
	if (at(l, end) == '+' || at(l, end) == '-')
		end++;
	if (!is_digit(at(l, end)))
		return false;
	end = digits_end(l, end);
	if (at(l, end) == '.')
		end = digits_end(l, end + 1);
	if (at(l, end) == 'e' || at(l, end) == 'E') {
		exp = end + 1;
		if ((at(l, exp) == '+' || at(l, exp) == '-') && is_digit(at(l, exp + 1)))
			end = digits_end(l, exp + 1);
	}
	return take(l, end);
}

static bool take_value(struct lexer *l, size_t end)
{
	if (!take(l, end))
		return false;
	l->value = arena_strndup(l->mem, l->s + l->last, l->last_len);
	l->value_len = l->last_len;
	l->oom = l->oom || !l->value;
	return l->value != NULL;
}

bool lex_bare(struct lexer *l)
{
	size_t end = l->off;

	l->err = NULL;
	while (end < l->len && !ends_bare(l->s[end]))
		end++;
	return take_value(l, end);
}

bool lex_bare_arg(struct lexer *l)
{
	size_t end = l->off;

	l->err = NULL;
	while (end < l->len && !ends_bare_arg(l->s[end]))
		end++;
	return take_value(l, end);
}

/* --- quoted text --- */

static bool quote_fault(struct lexer *l, size_t off, const char *err)
{
	l->err = err;
	l->err_off = off;
	return false;
}

static unsigned hex_digit(char c)
{
	if (is_digit(c))
		return (unsigned)(c - '0');
	return (unsigned)((c | 0x20) - 'a') + 10;
}

/* One escape, *off on its backslash; end is the closing quote. */
static bool unescape(struct lexer *l, size_t *off, size_t end, char quote, char *out, size_t *n)
{
	static const char from[] = "bfnrt\\/", to[] = "\b\f\n\r\t\\/";
	size_t i = *off + 1;
	char c = at(l, i);
	const char *p = c ? strchr(from, c) : NULL;

	*off = i + 1;
	if (p) {
		out[(*n)++] = to[p - from];
		return true;
	}
	if (c == ' ') { /* the language's old quirk: the blank goes, the backslash stays */
		out[(*n)++] = '\\';
		return true;
	}
	if (c == '"' || c == '\'') {
		out[(*n)++] = c;
		return c == quote ||
		       quote_fault(l, i - 1, "the other kind of quote needs no backslash here");
	}
	if (c != 'x')
		return quote_fault(l, i - 1,
				   "no such escape; known are \\b \\f \\n \\r \\t \\\\ \\/ \\xHH "
				   "and the text's own quote, and a "
				   "backslash itself is written \\\\");
	if (i + 2 >= end || !is_hex(at(l, i + 1)) || !is_hex(at(l, i + 2)))
		return quote_fault(l, i - 1, "\\x needs two hexadecimal digits");
	*off = i + 3;
	out[*n] = (char)(hex_digit(at(l, i + 1)) << 4 | hex_digit(at(l, i + 2)));
	if (!out[(*n)++])
		return quote_fault(l, i - 1, "a value cannot contain a NUL byte");
	return true;
}

static bool take_quoted(struct lexer *l, size_t end, char quote)
{
	char *out = arena_alloc(l->mem, end - l->off + 1);
	size_t n = 0;

	if (!out) {
		l->oom = true;
		return false;
	}
	for (size_t i = l->off + 1; i < end;) {
		if (l->s[i] == '\\') {
			if (!unescape(l, &i, end, quote, out, &n))
				return false;
			continue;
		}
		out[n++] = l->s[i++];
	}
	l->value = out;
	l->value_len = n;
	return take(l, end + 1);
}

bool lex_quoted(struct lexer *l)
{
	char quote = at(l, l->off);
	size_t end = l->off + 1;

	l->err = NULL;
	if (quote != '"' && quote != '\'')
		return false;
	for (; end < l->len; end++) {
		if (!l->s[end])
			return quote_fault(l, end, "a value cannot contain a NUL byte");
		/* A quote after a backslash never ends the text, not even after two of them. */
		if (l->s[end] == quote && (end == l->off + 1 || l->s[end - 1] != '\\'))
			return take_quoted(l, end, quote);
	}
	return quote_fault(l, l->off, "this quote is never closed");
}

/* --- operators --- */

bool lex_func(struct lexer *l, bool right, enum func *ret_fn)
{
	for (unsigned fn = 0; fn < FN_COUNT; fn++) {
		size_t n = strlen(func_name((enum func)fn));

		if ((fn == FN_VAL && !right) || at(l, l->off + n) != '(' ||
		    !lex_word(l, func_name((enum func)fn)))
			continue;
		l->off++;
		*ret_fn = (enum func)fn;
		return true;
	}
	return false;
}

/* A word operator ends where a word ends, and string operators need a blank behind them. */
static bool op_ends(const struct lexer *l, enum op op, size_t off)
{
	char c = at(l, off);

	if (op == OP_EXISTS || op_takes_list(op))
		return !is_name(c) && c != '.';
	return is_blank(c);
}

bool lex_op(struct lexer *l, enum op *ret_op)
{
	if (lex_word(l, "==")) {
		*ret_op = OP_EQ;
		return true;
	}
	for (unsigned op = 0; op < OP_COUNT; op++) {
		const char *name = op_name((enum op)op);

		if (is_alpha(name[0]) && !op_ends(l, (enum op)op, l->off + strlen(name)))
			continue;
		if (lex_word(l, name)) {
			*ret_op = (enum op)op;
			return true;
		}
	}
	return false;
}

bool lex_modifier(struct lexer *l, enum modifier *ret_mod)
{
	size_t from = l->off;

	for (unsigned mod = MOD_NONE + 1; mod < MOD_COUNT; mod++) {
		if (!lex_word_blank(l, modifier_name((enum modifier)mod)))
			continue;
		if (at(l, l->off) == '(') {
			*ret_mod = (enum modifier)mod;
			return true;
		}
		l->off = from;
	}
	return false;
}

/* --- for messages and for names --- */

const char *lex_found(const struct lexer *l, struct lex_found *f)
{
	size_t end = l->off;

	if (l->off >= l->len)
		return "the end";
	if (ends_bare(l->s[end]))
		end++;
	else
		while (end < l->len && !ends_bare(l->s[end]))
			end++;
	snprintf(f->text, sizeof(f->text), "'%.*s'%s", (int)(end - l->off > 40 ? 40 : end - l->off),
		 l->s + l->off, end - l->off > 40 ? "..." : "");
	return f->text;
}

bool lex_is_identifier(const char *s, size_t len)
{
	if (!len || !is_alpha(s[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_name(s[i]))
			return false;
	return true;
}

bool lex_is_bare(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (ends_bare(s[i]))
			return false;
	return len > 0;
}
