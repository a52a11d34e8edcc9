/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The grammar of conditions: what parses and to what, what does not and where it says so. Fields
 * need not exist here, macros neither.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "rule/parse.h"
#include "rule/print.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct told {
	unsigned n, column;
	char what[600];
};

static void tell(void *ctx, const struct rule_diag *d)
{
	struct told *t = ctx;

	if (t->n++)
		return;
	t->column = d->column;
	snprintf(t->what, sizeof(t->what), "%s", d->what);
}

/* The tree back as text in out, macros as their names; false after a fault. */
/* print_ast follows macros: each is bound to a check of its name. */
static void bind(struct arena *mem, struct ast *n)
{
	if (n->kind == AST_MACRO) {
		struct ast *check = arena_alloc(mem, sizeof(*check));
		struct expr *x = arena_alloc(mem, sizeof(*x));

		check->kind = AST_CHECK;
		check->op = OP_EXISTS;
		x->kind = X_FIELD;
		x->text = n->name;
		x->len = strlen(n->name);
		check->left = x;
		n->target = check;
	}
	for (size_t i = 0; i < n->n_kids; i++)
		bind(mem, n->kids[i]);
}

static bool parse(const char *s, size_t len, struct buf *out, struct told *t)
{
	struct arena *mem = arena_new();
	struct diags d;
	struct text text;
	struct ast *n;

	*t = (struct told){0};
	assert_int_equal(diag_init(&d, mem, tell, t), 0);
	text_init(&text, mem);
	text_add(&text, s, len, (struct place){"f", 1, 1}, false);
	n = parse_condition(&text, mem, &d);
	assert_int_equal(n == NULL, t->n > 0);
	assert_true(t->n <= 1);
	buf_reset(out);
	if (n) {
		bind(mem, n);
		print_ast(out, n);
	}
	diag_done(&d);
	arena_free(mem);
	return n != NULL;
}

static const struct {
	const char *in, *tree;
} accepted[] = {
	{"a.b exists", "a.b exists"},
	{" \t\r\n\ba.b exists \n", "a.b exists"},
	{"m", "m exists"},
	{"(m)", "m exists"},
	{"((((m))))", "m exists"},
	{"order", "order exists"},
	{"android and nothing", "android exists and nothing exists"},
	/* not > and > or */
	{"a or b and c", "a exists or b exists and c exists"},
	{"(a or b) and c", "(a exists or b exists) and c exists"},
	{"not a and b", "not a exists and b exists"},
	{"not (a and b)", "not (a exists and b exists)"},
	{"not(a and b)", "not (a exists and b exists)"},
	{"not not a", "a exists"},
	{"not not not a", "not a exists"},
	{"not not(a)", "a exists"},
	{"a and(b)", "a exists and b exists"},
	{"a or(b)", "a exists or b exists"},
	{"(a)and(b)or(c)", "a exists and b exists or c exists"},
	{"a or(b) and c", "a exists or b exists and c exists"},
	{"a and b and c", "a exists and b exists and c exists"},
	/* every operator */
	{"a.b = c", "a.b = c"},
	{"a.b=c", "a.b = c"},
	{"a.b == c", "a.b = c"},
	{"a.b==c", "a.b = c"},
	{"a.b != c", "a.b != c"},
	{"a.b!=c", "a.b != c"},
	{"a.b < 1", "a.b < 1"},
	{"a.b<=1", "a.b <= 1"},
	{"a.b>1", "a.b > 1"},
	{"a.b >= -1", "a.b >= -1"},
	{"a.b > +1", "a.b > +1"},
	{"a.b > 1.5e+3", "a.b > 1.5e+3"},
	{"a.b > 0x1F", "a.b > 0x1F"},
	{"a.b glob *x", "a.b glob *x"},
	{"a.b iglob *x", "a.b iglob *x"},
	{"a.b contains x", "a.b contains x"},
	{"a.b\tcontains\tx", "a.b contains x"},
	{"a.b contains\nx", "a.b contains x"},
	{"a.b icontains x", "a.b icontains x"},
	{"a.b bcontains cafe", "a.b bcontains cafe"},
	{"a.b startswith x", "a.b startswith x"},
	{"a.b bstartswith x", "a.b bstartswith x"},
	{"a.b endswith x", "a.b endswith x"},
	{"a.b regex x", "a.b regex x"},
	{"a.b in (x, y)", "a.b in (x, y)"},
	{"a.b in(x,y)", "a.b in (x, y)"},
	{"a.b in ( x , y )", "a.b in (x, y)"},
	{"a.b in ()", "a.b in ()"},
	{"a.b in ( )", "a.b in ()"},
	{"a.b in name", "a.b in (name)"},
	{"a.b intersects (x)", "a.b intersects (x)"},
	{"a.b pmatch (/x, /y)", "a.b pmatch (/x, /y)"},
	/* modifiers, and words that only look like them */
	{"a.b = oneof (x, y)", "a.b = oneof (x, y)"},
	{"a.b != allof (x)", "a.b != allof (x)"},
	{"a.b startswith anyof ()", "a.b startswith anyof ()"},
	{"a.b = oneof", "a.b = \"oneof\""},
	{"a.b = oneof and c", "a.b = \"oneof\" and c exists"},
	{"a.b = \"oneof\"", "a.b = \"oneof\""},
	/* bare words hold almost anything */
	{"a.b = runc:[1:CHILD]", "a.b = runc:[1:CHILD]"},
	{"a.b = <NA>", "a.b = <NA>"},
	{"a.b = [", "a.b = ["},
	{"a.b = ./", "a.b = ./"},
	{"a.b = {x}|y;", "a.b = {x}|y;"},
	{"a.b = a\\b", "a.b = a\\b"},
	{"a.b = in", "a.b = in"},
	{"a.b in (and, or, not)", "a.b in (and, or, not)"},
	{"a.b =not", "a.b = not"},
	{"a.b startswith =x", NULL},
	/* quotes and escapes */
	{"a.b = ''", "a.b = \"\""},
	{"a.b = \"\"", "a.b = \"\""},
	{"a.b = \"x y\"", "a.b = \"x y\""},
	{"a.b = 'x y'", "a.b = \"x y\""},
	{"a.b = 'x\"y'", "a.b = \"x\\\"y\""},
	{"a.b = 'it\\'s'", "a.b = \"it's\""},
	{"a.b = \"x\\ty\\nz\"", "a.b = \"x\\ty\\nz\""},
	{"a.b = \"\\x41\\x2f\"", "a.b = A/"},
	{"a.b = \"a\\/b\"", "a.b = a/b"},
	{"a.b = \"\\b\\f\\r\\\\x\"", "a.b = \"\\b\\f\\r\\\\x\""},
	/* the old quirk: backslash and blank are a backslash */
	{"a.b endswith \"\\ \"", "a.b endswith \\"},
	{"a.b = \"x\\ y\"", "a.b = x\\y"},
	/* a quote never closes behind a backslash, not even behind two */
	{"a.b = \"\\\\\"\"", "a.b = \"\\x5c\\\"\""},
	{"a.b = \"x\\\\ \"", "a.b = \"x\\\\ \""},
	/* arguments */
	{"a.b[1] = c", "a.b[1] = c"},
	{"a.b[/x/y] = c", "a.b[/x/y] = c"},
	{"a.b[\"x y\"] = c", "a.b[\"x y\"] = c"},
	{"a.b['x]'] = c", "a.b[\"x]\"] = c"},
	{"a.b[*] exists", "a.b[*] exists"},
	{"a.b.c_d.e2 exists", "a.b.c_d.e2 exists"},
	/* transformers */
	{"tolower(a.b) = c", "tolower(a.b) = c"},
	{"tolower( a.b ) = c", "tolower(a.b) = c"},
	{"toupper(tolower(a.b)) = c", "toupper(tolower(a.b)) = c"},
	{"len(a.b) > 3", "len(a.b) > 3"},
	{"b64(a.b[2]) contains x", "b64(a.b[2]) contains x"},
	{"basename(a.b) in (x)", "basename(a.b) in (x)"},
	{"concat(a.b, \"-\", c.d) = e", "concat(a.b, \"-\", c.d) = e"},
	{"join(\",\", (a.b, \"x\", 5)) = e", "join(\",\", (a.b, \"x\", \"5\")) = e"},
	{"join(\",\", ()) = e", "join(\",\", ()) = e"},
	{"getopt(a.b, \"x:y\")[x] = z", "getopt(a.b, \"x:y\")[x] = z"},
	{"a.b = val(c.d)", "a.b = val(c.d)"},
	{"a.b = val( c.d[1] )", "a.b = val(c.d[1])"},
	{"a.b > val(c.d)", "a.b > val(c.d)"},
	{"a.b in val(c.d)", "a.b in val(c.d)"},
	{"a.b contains tolower(c.d)", "a.b contains tolower(c.d)"},
	{"a.b = val", "a.b = val"},
	{"tolower", "tolower exists"},
};

static void test_accepts(void **state)
{
	struct buf out = BUF_INIT;
	struct told t;
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(accepted); i++) {
		bool ok = parse(accepted[i].in, strlen(accepted[i].in), &out, &t);

		if (ok != (accepted[i].tree != NULL) ||
		    (ok && strcmp(buf_str(&out), accepted[i].tree)))
			bad += !!fprintf(stderr, "%s\nis   %s\nwant %s\n(%s)\n", accepted[i].in,
					 ok ? buf_str(&out) : "refused",
					 accepted[i].tree ? accepted[i].tree : "refused", t.what);
	}
	buf_done(&out);
	assert_int_equal(bad, 0);
}

/* What is printed parses again, to the same. */
static void test_text_parses_again(void **state)
{
	static const char *const rows[] = {
		"not (a.b = 'x' or c.d in ('', \"<NA>\", 'N A')) and (e or not f)",
		"a.b = \"back\\\\slash\\x5c\" or a.b = '\"' or a.b = '\\''",
		"a.b endswith \"\\ \" and c.d[\"]\"] = \"(\" and e.f = \"a,b\"",
		"a.b = \"\\x01\\x7f\\xff\\xc3\\xa9\" or a.b = \"=\"",
		"concat(\"\\x5c\", a.b[\"\\\"\"]) startswith oneof ('oneof', anyof)",
	};
	struct buf once = BUF_INIT, twice = BUF_INIT;
	struct told t;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf text = BUF_INIT;
		char *at;

		if (!parse(rows[i], strlen(rows[i]), &once, &t))
			fail_msg("%s: %s", rows[i], t.what);
		/* The stand-ins of macros parse as macros only without their operator. */
		buf_adds(&text, buf_str(&once));
		while ((at = strstr(text.data, "e exists")) || (at = strstr(text.data, "f exists")))
			memmove(at + 1, at + 8, strlen(at + 8) + 1);
		if (!parse(text.data, strlen(text.data), &twice, &t))
			fail_msg("%s: %s", text.data, t.what);
		assert_string_equal(buf_str(&twice), buf_str(&once));
		buf_done(&text);
	}
	buf_done(&once);
	buf_done(&twice);
}

static const struct {
	const char *in;
	unsigned column;
	const char *words;
} refusals[] = {
	{"", 0, "the condition is empty"},
	{" \n ", 1, "the condition is empty"},
	{"(", 2, "expected a check, a macro or '(', found the end"},
	{")", 1, "expected a check, a macro or '(', found ')'"},
	{"()", 2, "found ')'"},
	{"(a", 1, "this '(' is never closed"},
	{"a)", 2, "this ')' closes nothing"},
	{"(a b)", 4, "expected 'and', 'or' or ')', found 'b'"},
	{"a b", 3, "expected 'and', 'or' or the end after 'a', found 'b'"},
	{"a andb", 3, "found 'andb'"},
	{"a or", 3, "nothing follows 'or'"},
	{"a or ", 6, "found the end"},
	{"a and", 3, "nothing follows 'and'"},
	{"and a", 1, "found 'and'"},
	{"or", 1, "found 'or'"},
	{"not", 1, "found 'not'"},
	{"not ", 5, "found the end"},
	{"a and or b", 7, "found 'or'"},
	{"a and not", 7, "found 'not'"},
	{"a & b", 3, "found '&'"},
	{"a && b", 3, "found '&&'"},
	{"a, b", 2, "found ','"},
	{"!a", 1, "found '!a'"},
	{"1", 1, "found '1'"},
	{"_a", 1, "found '_a'"},
	{"procname = x", 10, "a field has a dot in its name"},
	{"a = b", 3, "a field has a dot in its name"},
	{"a. = b", 2, "found '.'"},
	{".a = b", 1, "found '.a'"},
	{"a..b = c", 2, "found '..b'"},
	{"a.1 = c", 2, "found '.1'"},
	{"'a.b' = c", 1, "found '''"},
	/* operators */
	{"a.b", 4, "expected an operator after the field, found the end"},
	{"a.b c", 5, "expected an operator after the field, found 'c'"},
	{"a.b is c", 5, "expected an operator"},
	{"a.b strtswith c", 5, "did you mean 'startswith'?"},
	{"a.b contain c", 5, "did you mean 'contains'?"},
	{"a.b containz c", 5, "did you mean 'contains'?"},
	{"a.b IN (c)", 5, "did you mean 'in'?"},
	{"a.b inx", 5, "expected an operator"},
	{"a.b existsx", 5, "did you mean 'exists'?"},
	{"a.b contains\"x\"", 5, "expected an operator"},
	{"a.b glob(x)", 5, "expected an operator"},
	{"a.b ! c", 5, "expected an operator"},
	{"a.b =! c", 8, "expected 'and', 'or' or the end"},
	{"a.b === c", 7, "expected a value, found '='"},
	{"a.b <> 1", 6, "expected a number"},
	{"a.b exists c", 12, "expected 'and', 'or' or the end after 'exists', found 'c'"},
	{"a.b [1] = c", 5, "expected an operator"},
	{"a.b - c", 5, "expected an operator"},
	/* values */
	{"a.b =", 6, "expected a value, found the end"},
	{"a.b = )", 7, "expected a value, found ')'"},
	{"a.b = (c)", 7, "expected a value, found '('"},
	{"a.b = c=d", 8, "found '='"},
	{"a.b = c(d)", 8, "found '('"},
	{"a.b = \"c", 7, "this quote is never closed"},
	{"a.b = 'c\"", 7, "this quote is never closed"},
	{"a.b = \"c\\\"", 7, "this quote is never closed"},
	{"a.b = \"\\\\\"", 7, "this quote is never closed"},
	{"a.b = c\"d\"", 8, "found '\"'"},
	{"a.b = \"c\"d", 10, "found 'd'"},
	{"a.b = \"\\q\"", 8, "no such escape"},
	{"a.b = \"xy\\.z\"", 10, "no such escape"},
	{"a.b = \"\\'\"", 8, "the other kind of quote"},
	{"a.b = '\\\"'", 8, "the other kind of quote"},
	{"a.b = \"\\x\"", 8, "\\x needs two hexadecimal digits"},
	{"a.b = \"\\x4\"", 8, "\\x needs two hexadecimal digits"},
	{"a.b = \"\\x4g\"", 8, "\\x needs two hexadecimal digits"},
	{"a.b = \"\\x00\"", 8, "a value cannot contain a NUL byte"},
	{"a.b contains", 5, "expected an operator"},
	{"a.b contains ", 14, "expected a value, found the end"},
	{"a.b < x", 7, "expected a number"},
	{"a.b < \"1\"", 7, "expected a number"},
	{"a.b < -", 7, "expected a number"},
	{"a.b < 1x", 8, "found 'x'"},
	{"a.b < 1.2.3", 10, "found '.3'"},
	/* lists */
	{"a.b in", 7, "expected a list in parentheses, found the end"},
	{"a.b in (", 9, "expected a value in the list, found the end"},
	{"a.b in (c", 10, "expected ',' or ')' in the list, found the end"},
	{"a.b in (c,)", 11, "expected a value in the list, found ')'"},
	{"a.b in (,c)", 9, "expected a value in the list, found ','"},
	{"a.b in (c d)", 11, "expected ',' or ')' in the list, found 'd'"},
	{"a.b in ((c))", 9, "expected a value in the list, found '('"},
	{"a.b in (c, (d))", 12, "expected a value in the list, found '('"},
	{"a.b in c, d", 8, "need parentheses: in (...)"},
	{"a.b in \"c\"", 8, "expected a list in parentheses"},
	{"a.b in /c", 8, "expected a list in parentheses"},
	{"a.b in [c]", 8, "expected a list in parentheses"},
	{"a.b in (\"c)", 9, "this quote is never closed"},
	{"a.b startswith oneof c", 16, "need parentheses: startswith oneof (...)"},
	{"a.b = oneof(c)", 7, "need parentheses: = oneof (...)"},
	{"a.b in oneof (c)", 14, "found '('"},
	{"a.b < oneof (1)", 7, "expected a number"},
	/* arguments */
	{"a.b[", 5, "expected an argument"},
	{"a.b[] = c", 5, "expected an argument"},
	{"a.b[1 = c", 6, "expected ']'"},
	{"a.b[1 ] = c", 6, "expected ']'"},
	{"a.b[x[1]] = c", 6, "expected ']'"},
	{"a.b[\"x] = c", 5, "this quote is never closed"},
	{"a.b[1][2] = c", 7, "expected an operator"},
	/* transformers */
	{"tolower (a.b) = c", 9, "expected 'and', 'or' or the end after 'tolower', found '('"},
	{"tolower(a.b = c", 13, "expected ')' closing tolower()"},
	{"tolower() = c", 9, "expected a field, a quoted text, a number or a transformer"},
	{"tolower(x) = c", 9, "expected a field, a quoted text, a number or a transformer"},
	{"tolower(a.b)", 13, "expected an operator"},
	{"lower(a.b) = c", 6, "expected 'and', 'or' or the end after 'lower'"},
	{"val(a.b) = c", 4, "expected 'and', 'or' or the end after 'val'"},
	{"a.b = val()", 11, "expected a field in val()"},
	{"a.b = val(c)", 11, "expected a field in val()"},
	{"a.b = val(tolower(c.d))", 11, "expected a field in val()"},
	{"a.b = val(c.d, e.f)", 14, "expected ')' closing val()"},
	{"a.b = val(c.d", 14, "expected ')' closing val()"},
	{"join(\",\", (a.b, (c.d))) = e", 17, "expected a field"},
	{"join(\",\", (a.b c.d)) = e", 16, "expected ',' or ')' in the list"},
};

static void test_refuses(void **state)
{
	struct buf out = BUF_INIT;
	struct told t;
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		if (parse(refusals[i].in, strlen(refusals[i].in), &out, &t))
			bad += !!fprintf(stderr, "%s was taken as %s\n", refusals[i].in,
					 buf_str(&out));
		else if (t.column != refusals[i].column || !strstr(t.what, refusals[i].words))
			bad += !!fprintf(stderr, "%s\ntold %u: %s\nwant %u: %s\n", refusals[i].in,
					 t.column, t.what, refusals[i].column, refusals[i].words);
	}
	buf_done(&out);
	assert_int_equal(bad, 0);
}

static void test_nul_bytes(void **state)
{
	struct buf out = BUF_INIT;
	struct told t;

	(void)state;
	assert_false(parse("a.b = \0c", 8, &out, &t));
	assert_false(parse("a.b = \"x\0y\"", 11, &out, &t));
	assert_non_null(strstr(t.what, "NUL"));
	assert_false(parse("a\0b", 3, &out, &t));
	buf_done(&out);
}

/* Depth is bounded by number, not by the stack. */
static void test_depth(void **state)
{
	static const char *const open[] = {"(", "not(", "tolower("};
	struct buf out = BUF_INIT, in = BUF_INIT;
	struct told t;

	(void)state;
	for (size_t k = 0; k < COUNT(open); k++)
		for (unsigned depth = 999; depth <= 100000;
		     depth += k == 0 && depth == 999 ? 1 : 49500) {
			bool call = open[k][0] == 't';

			buf_reset(&in);
			for (unsigned i = 0; i < depth; i++)
				buf_adds(&in, open[k]);
			buf_adds(&in, call ? "a.b" : "m");
			for (unsigned i = 0; i < depth; i++)
				buf_addc(&in, ')');
			if (call)
				buf_adds(&in, " = c");
			assert_int_equal(parse(buf_str(&in), in.len, &out, &t), depth <= 1000);
			if (depth > 1000)
				assert_non_null(strstr(t.what, "nested more than 1000 levels"));
		}
	buf_done(&in);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_text_parses_again),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
