/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* YAML as a tree: places, kinds, duplicates, and what must be refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/yaml.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* From a copy of just len bytes; the copy is gone before the tree is used. */
static struct yaml_doc *parse_len(const char *text, size_t len)
{
	struct buf err = BUF_INIT;
	char *copy = malloc(len ? len : 1);
	unsigned line = 0, column = 0;
	struct yaml_doc *d;

	memcpy(copy, text, len);
	d = yaml_parse(copy, len, &err, &line, &column);
	free(copy);
	if (!d)
		print_error("%u:%u: %s\n", line, column, buf_str(&err));
	assert_non_null(d);
	assert_int_equal(err.len, 0);
	buf_done(&err);
	return d;
}

static struct yaml_doc *parse(const char *text)
{
	return parse_len(text, strlen(text));
}

static void assert_at(const struct yaml_node *n, unsigned line, unsigned column)
{
	assert_non_null(n);
	assert_int_equal(n->line, line);
	assert_int_equal(n->column, column);
}

static void nodes_know_their_places(void **state)
{
	struct yaml_doc *d = parse("# a rule\n"
				   "- rule: \"A shell\"\n"
				   "  condition: >\n"
				   "    one\n"
				   "    two\n"
				   "  tags: [a, 'b']\n"
				   "- list: x\n"
				   "  \xc3\xa4\xc3\xb6: \xc3\xbc # y\n");
	const struct yaml_node *root = yaml_doc_root(d, 0), *rule, *n;

	(void)state;
	assert_int_equal(yaml_doc_count(d), 1);
	assert_null(yaml_doc_root(d, 1));
	assert_int_equal(root->kind, YAML_SEQ);
	assert_int_equal(root->count, 2);
	assert_at(root, 2, 1);
	rule = yaml_at(root, 0);
	assert_at(rule, 2, 3);
	assert_int_equal(rule->kind, YAML_MAP);
	assert_int_equal(rule->count, 3);
	n = yaml_get(rule, "rule");
	assert_at(n, 2, 9);
	assert_at(n->key, 2, 3);
	assert_true(yaml_is(n, "A shell"));
	assert_false(n->plain || n->block);
	n = yaml_get(rule, "condition");
	assert_at(n, 3, 14);
	assert_string_equal(n->text, "one two\n");
	assert_true(n->block && !n->plain);
	n = yaml_get(rule, "tags");
	assert_at(n, 6, 9);
	assert_at(yaml_at(n, 1), 6, 13);
	assert_true(yaml_at(n, 0)->plain && !yaml_at(n, 1)->plain);
	assert_null(yaml_at(n, 2));
	n = yaml_get(yaml_at(root, 1), "\xc3\xa4\xc3\xb6");
	assert_at(n, 8, 7);
	assert_null(yaml_get(rule, "none"));
	assert_null(yaml_get(root, "rule"));
	yaml_doc_free(d);
}

static void streams_have_documents(void **state)
{
	struct yaml_doc *d = parse("");

	(void)state;
	assert_int_equal(yaml_doc_count(d), 0);
	yaml_doc_free(d);
	d = parse("# only a comment\n");
	assert_int_equal(yaml_doc_count(d), 0);
	yaml_doc_free(d);
	d = parse("---\na: 1\n---\n---\n- x\n...\n--- y\n---\nz\n");
	assert_int_equal(yaml_doc_count(d), 5);
	assert_at(yaml_get(yaml_doc_root(d, 0), "a"), 2, 4);
	assert_true(yaml_is_null(yaml_doc_root(d, 1)));
	assert_at(yaml_at(yaml_doc_root(d, 2), 0), 5, 3);
	assert_true(yaml_is(yaml_doc_root(d, 3), "y"));
	assert_true(yaml_is(yaml_doc_root(d, 4), "z"));
	yaml_doc_free(d);
	yaml_doc_free(NULL);
}

static void aliases_are_copies(void **state)
{
	struct yaml_doc *d = parse("base: &b {k: [1, 2], j: x}\n"
				   "use: *b\n"
				   "word: &w sh\n"
				   "list: [*w, *b]\n");
	const struct yaml_node *root = yaml_doc_root(d, 0), *use = yaml_get(root, "use");

	(void)state;
	assert_at(use, 2, 6);
	assert_ptr_not_equal(use, yaml_get(root, "base"));
	assert_int_equal(use->count, 2);
	assert_at(yaml_get(use, "k"), 1, 14);
	assert_true(yaml_is(yaml_at(yaml_get(use, "k"), 1), "2"));
	assert_true(yaml_is(yaml_at(yaml_get(root, "list"), 0), "sh"));
	assert_int_equal(yaml_at(yaml_get(root, "list"), 1)->count, 2);
	assert_int_equal(yaml_get(root, "list")->count, 2);
	yaml_doc_free(d);
}

static void anchors_end_with_their_document_and_may_be_set_again(void **state)
{
	struct yaml_doc *d = parse("[&a 1, *a, &a 2, *a]\n");
	const struct yaml_node *root = yaml_doc_root(d, 0);

	(void)state;
	assert_true(yaml_is(yaml_at(root, 1), "1"));
	assert_true(yaml_is(yaml_at(root, 3), "2"));
	yaml_doc_free(d);
}

static void a_key_that_is_written_twice_is_told(void **state)
{
	static const struct {
		const char *text;
		unsigned line, column; /* of the second one; 0: there is none */
	} rows[] = {
		{"a: 1\nb: 2\na: 3\n", 3, 1},
		{"{a: 1, \"a\": 2}", 1, 8},
		{"a: 1\nA: 2\n", 0, 0},
		{"{}", 0, 0},
		{"a: 1\n[a]: 2\n", 0, 0},
		{"{a: , b: , c: , d: , e: , f: , g: , h: , i: , j: , c: }", 1, 52},
		{"{a: , b: , c: , d: , e: , f: , g: , h: , i: , j: , k: }", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct yaml_doc *d = parse(rows[i].text);
		const struct yaml_node *dup = yaml_doc_root(d, 0)->dup;

		assert_int_equal(dup ? dup->line : 0, rows[i].line);
		assert_int_equal(dup ? dup->column : 0, rows[i].column);
		yaml_doc_free(d);
	}
}

static void scalars_are_words_numbers_or_nothing(void **state)
{
	static const struct {
		const char *text;
		bool null;
		int boolean; /* -1: none */
	} rows[] = {
		{"~", true, -1},     {"null", true, -1},   {"NULL", true, -1},	{"---", true, -1},
		{"'null'", false, -1}, {"''", false, -1},  {"nULL", false, -1}, {"true", false, 1},
		{"'true'", false, 1},  {"Yes", false, 1},  {"ON", false, 1},	{"y", false, 1},
		{"n", false, 0},       {"off", false, 0},  {"False", false, 0}, {"No", false, 0},
		{"tRUE", false, -1},   {"1", false, -1},   {"0", false, -1},	{"[]", false, -1},
		{"{}", false, -1},     {"true x", false, -1}, {"|\n  true\n", false, -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct yaml_doc *d = parse(rows[i].text);
		const struct yaml_node *n = yaml_doc_root(d, 0);
		bool v = rows[i].boolean != 1;

		assert_int_equal(yaml_is_null(n), rows[i].null);
		assert_int_equal(yaml_bool(n, &v), rows[i].boolean < 0 ? -EINVAL : 0);
		assert_int_equal(v, rows[i].boolean < 0 || rows[i].boolean == 1);
		yaml_doc_free(d);
	}
}

static void nul_in_a_scalar_is_kept(void **state)
{
	struct yaml_doc *d = parse("\"a\\0b\"");
	const struct yaml_node *n = yaml_doc_root(d, 0);

	(void)state;
	assert_int_equal(n->len, 3);
	assert_memory_equal(n->text, "a\0b", 4);
	assert_false(yaml_is(n, "a"));
	assert_string_equal(yaml_kind_name(n), "a scalar");
	yaml_doc_free(d);
}

struct fault_row {
	const char *text;
	unsigned line, column;
	const char *what; /* part of the message */
};

static const struct fault_row faults[] = {
	{"a: [1, 2\nb: 3\n", 2, 2, "did not find expected ',' or ']', while parsing a flow sequence"
				   " that begins at 1:4"},
	{"a: 1\n b: 2\n", 2, 3, "mapping values are not allowed"},
	{"a: 1\n- b\n", 2, 1, "did not find expected key"},
	{"- a\nb: 1\n", 2, 1, "did not find expected '-' indicator"},
	{"a:\n\t- b\n", 2, 1, "found character that cannot start any token"},
	{"a: \"b\n", 2, 1, "found unexpected end of stream"},
	{"a: 'b\n---\n", 2, 1, "found unexpected document indicator"},
	{"a: \"\\q\"\n", 1, 5, "found unknown escape character"},
	{"a: @x\n", 1, 4, "found character that cannot start any token"},
	{"a: %x\n", 1, 4, "found character that cannot start any token"},
	{"{a: 1", 1, 6, "did not find expected ',' or '}'"},
	{"]", 1, 1, "did not find expected node content"},
	{"a: |x\n", 1, 5, "did not find expected comment or line break"},
	{"ok: 1\nx: *none\n", 2, 4, "alias *none has no anchor &none before it"},
	{"&a x\n---\n*a\n", 3, 1, "has no anchor"},
	{"&a [1, *a]", 1, 8, "an alias inside the node that it stands for"},
	{"a: &x {b: {c: *x}}", 1, 15, "an alias inside the node that it stands for"},
	{"a: b\nc: \xff\n", 2, 4, "invalid leading UTF-8 octet (0xff)"},
	{"\xc3\xa4: \xc3", 1, 4, "incomplete UTF-8 octet sequence"},
	{"a: \x01\n", 1, 4, "control characters are not allowed (0x01)"},
	{"a: \xed\xa0\x80\n", 1, 4, "invalid Unicode character"},
};

static void faults_have_a_place_and_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct buf err = BUF_INIT;
		unsigned line = 0, column = 0;

		errno = 0;
		assert_null(yaml_parse(faults[i].text, strlen(faults[i].text), &err, &line,
				       &column));
		assert_int_equal(errno, EINVAL);
		if (!strstr(buf_str(&err), faults[i].what) || line != faults[i].line ||
		    column != faults[i].column)
			fail_msg("row %zu: %u:%u: %s", i, line, column, buf_str(&err));
		buf_done(&err);
	}
}

static void assert_refused(const struct buf *text, const char *what)
{
	struct buf err = BUF_INIT;
	unsigned line = 0, column = 0;

	assert_null(yaml_parse(buf_str(text), text->len, &err, &line, &column));
	assert_int_equal(errno, EINVAL);
	assert_true(line > 0 && column > 0);
	if (!strstr(buf_str(&err), what))
		fail_msg("%u:%u: %s", line, column, buf_str(&err));
	buf_done(&err);
}

static void a_file_that_expands_without_end_is_refused(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	buf_adds(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 10; i++) {
		buf_addf(&text, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			buf_addf(&text, "%s*a%d", k ? ", " : "", i - 1);
		buf_adds(&text, "]\n");
	}
	assert_refused(&text, "more than 500000 nodes");
	buf_done(&text);
}

static void depth_is_bounded(void **state)
{
	struct buf text = BUF_INIT;
	struct yaml_doc *d;

	(void)state;
	for (int i = 0; i < YAML_DEPTH_MAX; i++)
		buf_addc(&text, '[');
	for (int i = 0; i < YAML_DEPTH_MAX; i++)
		buf_addc(&text, ']');
	d = parse(buf_str(&text));
	yaml_doc_free(d);
	buf_reset(&text);
	for (int i = 0; i < 5000; i++)
		buf_addc(&text, '[');
	assert_refused(&text, "more than 64 levels");
	buf_reset(&text);
	for (int i = 0; i < 5000; i++)
		buf_adds(&text, "- ");
	assert_refused(&text, "more than 64 levels");
	/* Not deep as written, but when expanded. */
	buf_reset(&text);
	buf_adds(&text, "- &a0 []\n");
	for (int i = 1; i < 80; i++)
		buf_addf(&text, "- &a%d [*a%d]\n", i, i - 1);
	assert_refused(&text, "more than 64 levels, once this alias is expanded");
	buf_done(&text);
}

static void anchors_are_bounded(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	for (int i = 0; i <= YAML_ANCHORS_MAX; i++)
		buf_addf(&text, "- &a%d x\n", i);
	assert_refused(&text, "more than 1000 anchors");
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_know_their_places),
		cmocka_unit_test(streams_have_documents),
		cmocka_unit_test(aliases_are_copies),
		cmocka_unit_test(anchors_end_with_their_document_and_may_be_set_again),
		cmocka_unit_test(a_key_that_is_written_twice_is_told),
		cmocka_unit_test(scalars_are_words_numbers_or_nothing),
		cmocka_unit_test(nul_in_a_scalar_is_kept),
		cmocka_unit_test(faults_have_a_place_and_words),
		cmocka_unit_test(a_file_that_expands_without_end_is_refused),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(anchors_are_bounded),
	};

	return cmocka_run_group_tests_name("base_yaml", tests, NULL, NULL);
}
