/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Globs, regular expressions, prefixes and paths, each against a table and, where there is one,
 * against another implementation over random input (seeded, so always the same).
 */
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "rule/pattern.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t seed = 88172645463325252ull;

static unsigned rnd(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

static void random_text(char *out, size_t max, const char *alphabet)
{
	size_t len = rnd((unsigned)max), n = strlen(alphabet);

	for (size_t i = 0; i < len; i++)
		out[i] = alphabet[rnd((unsigned)n)];
	out[len] = '\0';
}

static void test_glob(void **state)
{
	static const struct {
		const char *pat, *s;
		bool want;
	} rows[] = {
		{"", "", true},		   {"", "a", false},	     {"*", "", true},
		{"*", "a/b/.c", true},	   {"/home/*/.ssh/*", "/home/a/b/.ssh/k", true},
		{"?", "/", true},	   {"?", "", false},	     {"*.c", ".c", true},
		{"a*b*c", "aXbYbZc", true}, {"a*b*c", "aXc", false}, {"[a-c]x", "bx", true},
		{"[!a-c]x", "bx", false},  {"[^a-c]x", "dx", true},  {"[]]", "]", true},
		{"[!]]", "]", false},	   {"[a-]", "-", true},	     {"[[:digit:]]*", "7x", true},
		{"[[:alpha:]]", "7", false}, {"[", "[", true},	     {"[a", "[a", true},
		{"\\*", "*", true},	   {"\\*", "x", false},	     {"[\\]]", "]", true},
		{"*../*../*", "/etc/../etc/../x", true}, {"A*", "abc", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (glob_match(rows[i].pat, strlen(rows[i].pat), rows[i].s, strlen(rows[i].s),
			       false) != rows[i].want)
			fail_msg("%s against %s", rows[i].pat, rows[i].s);
	assert_true(glob_match("A*[x-z]", 7, "abcY", 4, true));
	assert_false(glob_match("A*[x-z]", 7, "abcY", 4, false));
}

static void test_glob_is_fnmatch(void **state)
{
	char pat[12], s[12];

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		bool fold = rnd(4) == 0;

		random_text(pat, sizeof(pat) - 1, "ab/.*?[]!-AB*");
		random_text(s, sizeof(s) - 1, "ab/.AB-]");
		if (strstr(pat, "[.")) /* collating symbols, which we have not */
			continue;
		if (glob_match(pat, strlen(pat), s, strlen(s), fold) !=
		    !fnmatch(pat, s, fold ? FNM_CASEFOLD : 0))
			fail_msg("'%s' against '%s', fold %d", pat, s, fold);
	}
}

/* A pattern of many stars against a text that nearly matches takes no exponential time. */
static void test_glob_is_fast(void **state)
{
	static char s[4096];

	(void)state;
	memset(s, 'a', sizeof(s));
	assert_false(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", 30, s, sizeof(s), false));
}

static void test_folded(void **state)
{
	(void)state;
	assert_true(find_folded("", 0, "", 0));
	assert_true(find_folded("abc", 3, "", 0));
	assert_false(find_folded("", 0, "a", 1));
	assert_true(find_folded("xBeGiN", 6, "begin", 5));
	assert_true(find_folded("begin", 5, "BEGIN", 5));
	assert_false(find_folded("begi", 4, "begin", 5));
	assert_false(find_folded("be@in", 5, "be`in", 5));
	assert_true(find_folded("bbeg", 4, "BEG", 3));
}

/* --- prefixes --- */

static bool has_prefix(const struct str *v, size_t n, const char *s, bool suffixes)
{
	size_t len = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (v[i].len <= len &&
		    !memcmp(suffixes ? s + len - v[i].len : s, v[i].s, v[i].len))
			return true;
	return false;
}

static void test_prefixes(void **state)
{
	struct arena *mem = arena_new();
	char text[20][8], s[10];
	struct str v[20];

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		size_t n = rnd(20);
		bool suffixes = rnd(2);
		struct prefix_set *p;

		for (size_t i = 0; i < n; i++) {
			random_text(text[i], sizeof(text[i]) - (rnd(8) ? 1 : 7), "ab\xff");
			if (rnd(20))
				strcat(text[i], "a");
			v[i] = (struct str){text[i], strlen(text[i])};
		}
		p = prefix_set_new(mem, v, n, suffixes);
		assert_non_null(p);
		for (unsigned k = 0; k < 20; k++) {
			random_text(s, sizeof(s), "ab\xff");
			if (prefix_set_match(p, s, strlen(s)) != has_prefix(v, n, s, suffixes))
				fail_msg("'%s', %zu prefixes", s, n);
		}
	}
	arena_free(mem);
}

/* --- paths --- */

static void test_paths(void **state)
{
	static const struct {
		const char *paths[4], *s;
		bool want;
	} rows[] = {
		{{"/usr/bin"}, "/usr/bin", true},
		{{"/usr/bin"}, "/usr/bin/ls", true},
		{{"/usr/bin"}, "/usr/bin/x/y", true},
		{{"/usr/bin"}, "/usr/binary", false},
		{{"/usr/bin"}, "/usr", false},
		{{"/usr/bin"}, "/", false},
		{{"/usr/bin"}, "", false},
		{{"/usr/bin/"}, "/usr/bin", true},
		{{"usr/bin"}, "/usr/bin", true},
		{{"/usr/bin"}, "usr//bin///ls/", true},
		{{"/"}, "/x", true},
		{{"/"}, "", true},
		{{"/usr/*"}, "/usr/x/y", true},
		{{"/usr/*"}, "/usr", false},
		{{"/*/bin"}, "/usr/bin", true},
		{{"/*/bin"}, "/usr/local/bin", false},
		{{"/home/*/.ssh"}, "/home/a/.ssh/id", true},
		{{"/home/[a-c]?/x"}, "/home/b1/x", true},
		{{"/home/[a-c]?/x"}, "/home/d1/x", false},
		/* a shorter one covers the longer, in any order */
		{{"/usr/lib", "/usr"}, "/usr/x", true},
		{{"/usr", "/usr/lib"}, "/usr/x", true},
		/* one that leads nowhere does not hide another */
		{{"/a/*/x", "/a/b/y"}, "/a/b/x", true},
		{{"/a/b/y", "/a/*/x"}, "/a/b/x", true},
		{{"/a/?/x", "/a/*/y"}, "/a/b/y", true},
		{{"/a/*b/x", "/a/a*/y"}, "/a/ab/y", true},
		{{NULL}, "/", false},
	};
	struct arena *mem = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct path_tree *t = path_tree_new(mem);

		for (size_t k = 0; k < 4 && rows[i].paths[k]; k++)
			assert_int_equal(path_tree_add(t, mem, rows[i].paths[k],
						       strlen(rows[i].paths[k])),
					 0);
		if (path_tree_match(t, rows[i].s, strlen(rows[i].s)) != rows[i].want)
			fail_msg("row %zu: %s", i, rows[i].s);
	}
	arena_free(mem);
}

/* --- regular expressions --- */

static void test_regex(void **state)
{
	static const struct {
		const char *pat, *s;
		bool want;
	} rows[] = {
		{"", "", true},
		{"", "a", false},
		/* all of it */
		{"b", "abc", false},
		{"a.*", "abc", true},
		{".*c", "abc", true},
		{"ab|abc", "abc", true},
		{"(a|ab)(c|bcd)", "abcd", true},
		{"^abc$", "abc", true},
		{"a+b{2,3}c?", "aabb", true},
		{"a+b{2,3}c?", "aab", false},
		{"[[:digit:]]+", "123", true},
		{"[^/]+", "a/b", false},
		{"python[23]\\.[0-9]+", "python3.11", true},
		{"python[23]\\.[0-9]+", "python3x11", false},
		{"a{", "a{", true},
		{"x{a}", "x{a}", true},
		{"a.b", "a\nb", false},
		{".*?x", "aax", true},
		{"\\x41\\t", "A\t", true},
		/* a character is a character */
		{"..", "\xc3\xa9\xc3\xa9", true},
		{"\xc3\xa9?x", "x", true},
		{"[\xc3\xa9]", "\xc3\xa9", true},
		/* what is no UTF-8 is bytes, and does not escape the rule */
		{"/tmp/.*", "/tmp/\xff\xfe", true},
		{"/tmp/..", "/tmp/\xff\xfe", true},
	};
	struct regex_room *room = regex_room_new();
	struct arena *mem = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *err = "";
		size_t off;
		struct regex *re = regex_new(mem, rows[i].pat, strlen(rows[i].pat), &err, &off);

		if (!re)
			fail_msg("%s: %s", rows[i].pat, err);
		assert_int_equal(regex_room_fit(room, re), 0);
		if (regex_match(re, room, rows[i].s, strlen(rows[i].s)) != rows[i].want)
			fail_msg("%s against %s", rows[i].pat, rows[i].s);
	}
	arena_free(mem);
	regex_room_free(room);
}

static void test_regex_refuses(void **state)
{
	static const struct {
		const char *pat;
		size_t off;
		const char *words;
	} rows[] = {
		{"\\d+", 0, "write [0-9]"},
		{"a\\w", 1, "write [A-Za-z0-9_]"},
		{"\\s", 0, "write [[:space:]]"},
		{"\\bx", 0, "\\b is not"},
		{"(a)\\1", 3, "no such escape"},
		{"\\Qa\\E", 0, "no such escape"},
		{"\\pL", 0, "no such escape"},
		{"\\K", 0, "no such escape"},
		{"\\xzz", 0, "no such escape"},
		{"[\\d]", 1, "write [0-9]"},
		{"a\\", 1, "a backslash at the end"},
		{"(?i)a", 0, "tolower(field)"},
		{"(?=a)", 0, "(?"},
		{"(?<x>a)", 0, "(?"},
		{"(*ACCEPT)", 0, "(*"},
		{"a++", 2, "needs parentheses"},
		{"a*+", 2, "needs parentheses"},
		{"a{2}+", 4, "needs parentheses"},
		{"a**", 2, "needs parentheses"},
		{"a{,3}", 1, "write {0,n}"},
		{"a{1001}", 1, "more than 1000"},
		{"a{1,99999999999999999999}", 1, "more than 1000"},
		{"[[:<:]]", 1, "no such character class"},
		{"[[.a.]]", 1, "collating"},
		{"[a", 0, "never closed"},
		{"(a", 2, ""},
		{"a)", 1, ""},
		{"*a", 0, ""},
		{"[b-a]", 3, ""},
	};
	struct arena *mem = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *err = "";
		size_t off = 0;

		if (regex_new(mem, rows[i].pat, strlen(rows[i].pat), &err, &off))
			fail_msg("%s was taken", rows[i].pat);
		if (off != rows[i].off || !strstr(err, rows[i].words) || !*err)
			fail_msg("%s: at %zu: %s", rows[i].pat, off, err);
	}
	arena_free(mem);
}

/* What makes a backtracking matcher hang is over at once here. */
static void test_regex_is_fast(void **state)
{
	static const char *const pats[] = {"(a+)+b", "(a|a)*b", "(a*)*b", "((a?){200})b",
					   "(.*)(.*)(.*)(.*)(.*)b", "(x+x+)+y"};
	static char s[4000];
	struct regex_room *room = regex_room_new();
	struct arena *mem = arena_new();

	(void)state;
	memset(s, 'a', sizeof(s));
	for (size_t i = 0; i < COUNT(pats); i++) {
		const char *err;
		size_t off;
		struct regex *re = regex_new(mem, pats[i], strlen(pats[i]), &err, &off);

		assert_non_null(re);
		assert_int_equal(regex_room_fit(room, re), 0);
		if (regex_match(re, room, s, sizeof(s)) != 0)
			fail_msg("%s", pats[i]);
	}
	arena_free(mem);
	regex_room_free(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_glob),	cmocka_unit_test(test_glob_is_fnmatch),
		cmocka_unit_test(test_glob_is_fast), cmocka_unit_test(test_folded),
		cmocka_unit_test(test_prefixes), cmocka_unit_test(test_paths),
		cmocka_unit_test(test_regex),	cmocka_unit_test(test_regex_refuses),
		cmocka_unit_test(test_regex_is_fast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
