/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What definitions come out as: lists as text, macros, append, override, redefinition, exceptions,
 * and who sees whom. What a rule came out as is its expanded condition.
 */
#include "rule_fixture.h"

/* --- lists --- */


static const struct rx_row list_rows[] = {
	{LIST("l", "[a, b]") RULE("r", "proc.name in (l)"), "proc.name in (a, b)"},
	{LIST("l", "[a, b]") RULE("r", "proc.name in (x,l,y)"), "proc.name in (x, a, b, y)"},
	{LIST("l", "[a b, \"'c d'\", '\"e f\"']") RULE("r", "proc.name in (l)"),
	 "proc.name in (\"a b\", \"c d\", \"e f\")"},
	{LIST("l", "[yes, 1, ~, null]") RULE("r", "proc.name in (l)"),
	 "proc.name in (yes, 1, ~, null)"},
	/* empty: one comma goes along */
	{LIST("l", "[]") RULE("r", "proc.name in (l)"), "proc.name in ()"},
	{LIST("l", "[]") RULE("r", "proc.name in (l, a)"), "proc.name in (a)"},
	{LIST("l", "[]") RULE("r", "proc.name in (a, l)"), "proc.name in (a)"},
	{LIST("l", "[]") RULE("r", "proc.name in (a, l, b)"), "proc.name in (a, b)"},
	{LIST("l", "[]") RULE("r", "proc.name in (l,l)"), "proc.name in ()"},
	{LIST("l", "['']") RULE("r", "proc.name in (l)"), "proc.name in (\"\")"},
	/* only between borders */
	{LIST("l", "[a]") RULE("r", "proc.name in (ll, l.l, l-l, l)"),
	 "proc.name in (ll, l.l, l-l, a)"},
	{LIST("open", "[a]") RULE("r", "evt.type in (openat) and proc.name=open"),
	 "evt.type in (openat) and proc.name = a"},
	/* anywhere: in quoted text, and in place of a macro */
	{LIST("l", "[a, b]") RULE("r", "'proc.cmdline = \"x l y\"'"),
	 "proc.cmdline = \"x a, b y\""},
	{LIST("l", "[a]") RULE("r", "'proc.cmdline = \"x-l\"'"), "proc.cmdline = x-l"},
	{LIST("m", "[proc.name=a]") MACRO("m", "proc.name=b")
		 RULE("r", "evt.num=0 or proc.pname = x or m"),
	 NULL},
	/* defined later, and in any order */
	{RULE("r", "proc.name in (l)") LIST("l", "[a]"), "proc.name in (a)"},
	/* lists in lists: those defined before; later ones by the text itself */
	{LIST("l", "[a, b]") LIST("k", "[l, c]") RULE("r", "proc.name in (k)"),
	 "proc.name in (a, b, c)"},
	{LIST("j", "[z]") LIST("l", "[a, j]") LIST("k", "[l, c]") RULE("r", "proc.name in (k)"),
	 "proc.name in (a, z, c)"},
	{LIST("k", "[l, c]") LIST("l", "[a]") RULE("r", "proc.name in (k)"), "proc.name in (a, c)"},
	{LIST("l", "[l, a]") RULE("r", "proc.name in (l)"), "proc.name in (l, a)"},
	{LIST("l", "[k]") LIST("k", "[l, a]") LIST("l", "[k, b]") RULE("r", "proc.name in (l)"),
	 NULL},
	/* a name once replaced is not looked at again by the same list */
	{LIST("l", "[x, l]") RULE("r", "proc.name in (l, l)"), "proc.name in (x, l, x, l)"},
	/* append and redefine */
	{LIST("l", "[a]") "- list: l\n  items: [b]\n  append: true\n" RULE("r", "proc.name in (l)"),
	 "proc.name in (a, b)"},
	{LIST("l", "[a]") "- list: l\n  items: [b]\n  override: {items: append}\n" RULE(
		 "r", "proc.name in (l)"),
	 "proc.name in (a, b)"},
	{LIST("l", "[a]") "- list: l\n  items: [b]\n  override: {items: replace}\n" RULE(
		 "r", "proc.name in (l)"),
	 "proc.name in (b)"},
	{"- list: l\n  items: [b]\n  override: {items: replace}\n" RULE("r", "proc.name in (l)"),
	 "proc.name in (b)"},
	{LIST("l", "[a]") LIST("l", "[b]") RULE("r", "proc.name in (l)"), "proc.name in (b)"},
	{LIST("l", "[a]") "- list: l\n  items: [b]\n  append: false\n" RULE("r",
									    "proc.name in (l)"),
	 "proc.name in (b)"},
	/* names may be any bare word */
	{LIST("/etc/x*", "[a]") RULE("r", "proc.name in (/etc/x*)"), "proc.name in (a)"},
	/* outside parentheses: one item is a word after in */
	{LIST("l", "[a]") RULE("r", "proc.name in l"), "proc.name in (a)"},
	/* items that would fall apart are quoted */
	{LIST("l", "['a=b', '(c)', 'd\"e']") RULE("r", "proc.name in (l)"),
	 "proc.name in (\"a=b\", \"(c)\", \"d\\\"e\")"},
};

static void test_lists(void **state)
{
	static const struct rx_row bad[] = {
		{LIST("l", "[a, b]") RULE("r", "proc.name in l"), "need parentheses"},
		{"- list: l\n  items: [b]\n  append: true\n",
		 "1:9 error LOAD_ERR_VALIDATE: list 'l': there is no list of this name"},
		{LIST("lists", "[]") "- list: list\n  items: [b]\n  override: {items: append}\n",
		 "did you mean 'lists'?"},
		{LIST("l", "[a]") RULE("r", "l"), NULL},
		{LIST("l", "[\"a, b\", 'x(']") RULE("r", "evt.type in (l)"),
		 "no event type 'a, b'"},
	};
	static const struct rx_row told[] = {
		{LIST("a b", "[]"), "1:9 warning LOAD_INVALID_LIST_NAME"},
		{LIST("l", "[]"), "1:9 warning LOAD_UNUSED_LIST: list 'l' is used by no rule"},
		{LIST("l", "[]") LIST("k", "[l]"), "LOAD_UNUSED_LIST: list 'k'"},
		{LIST("l", "[]") "- list: l\n  items: []\n  append: true\n",
		 "5:11 warning LOAD_DEPRECATED_ITEM: list 'l': 'append: true' is old"},
	};
	struct rx_row used[FX_COUNT(list_rows)], wrong[FX_COUNT(bad)];
	size_t n = 0, n_wrong = 0;

	(void)state;
	for (size_t i = 0; i < FX_COUNT(list_rows); i++)
		if (list_rows[i].words)
			used[n++] = list_rows[i];
	for (size_t i = 0; i < FX_COUNT(bad); i++)
		if (bad[i].words)
			wrong[n_wrong++] = bad[i];
	rx_becomes(used, n);
	rx_refused(wrong, n_wrong);
	LOADED(told);
}

/* Lists that would not end, or grow beyond all bounds, are refused in time. */
static void test_list_bombs(void **state)
{
	struct buf yaml = BUF_INIT;
	struct rx x = {0};

	(void)state;
	buf_adds(&yaml, LIST("l0", "[a]"));
	for (unsigned i = 1; i < 40; i++)
		buf_addf(&yaml, "- list: l%u\n  items: [l%u, l%u]\n", i, i - 1, i - 1);
	buf_adds(&yaml, RULE("r", "proc.name in (l39)"));
	assert_null(rx_load(&x, buf_str(&yaml)));
	rx_assert_told(&x, "has more than 100000 items");
	buf_reset(&yaml);
	buf_adds(&yaml, "- list: l0\n  items: [");
	for (unsigned i = 0; i < 2000; i++)
		buf_addf(&yaml, "%sword-%u", i ? ", " : "", i);
	buf_adds(&yaml, "]\n- list: l1\n  items: [");
	for (unsigned i = 0; i < 40; i++)
		buf_addf(&yaml, "%sl0", i ? ", " : "");
	buf_adds(&yaml, "]\n- rule: r\n  desc: d\n  output: o\n  priority: info\n  condition: ");
	for (unsigned i = 0; i < 20; i++)
		buf_addf(&yaml, "%sproc.name in (l1)", i ? " or " : "");
	buf_addc(&yaml, '\n');
	assert_null(rx_load(&x, buf_str(&yaml)));
	rx_assert_told(&x, "longer than 4 MiB");
	buf_done(&yaml);
	rx_done(&x);
}

/* --- macros --- */

static void test_macros(void **state)
{
	static const struct rx_row rows[] = {
		{MACRO("m", "proc.name=a or proc.name=b") RULE("r", "m and evt.type=open"),
		 "(proc.name = a or proc.name = b) and evt.type = open"},
		{MACRO("m", "proc.name=a or proc.name=b") RULE("r", "not m"),
		 "not (proc.name = a or proc.name = b)"},
		{MACRO("m", "proc.name=a") MACRO("k", "not m") RULE("r", "not k"),
		 "not not proc.name = a"},
		{RULE("r", "m") MACRO("m", "proc.name=a"), "proc.name = a"},
		{MACRO("m", "proc.name=a") "- macro: m\n  condition: or proc.name=b\n  append: "
					   "true\n" RULE("r", "m"),
		 "proc.name = a or proc.name = b"},
		{MACRO("m", "proc.name=a") "- macro: m\n  condition: or proc.name=b\n"
					   "  override: {condition: append}\n" RULE("r", "m"),
		 "proc.name = a or proc.name = b"},
		{MACRO("m", "proc.name=a") "- macro: m\n  condition: proc.name=b\n"
					   "  override: {condition: replace}\n" RULE("r", "m"),
		 "proc.name = b"},
		{MACRO("m", "proc.name=a") MACRO("m", "proc.name=b") RULE("r", "m"),
		 "proc.name = b"},
		{"- condition: proc.name=a\n  macro: m\n" RULE("r", "m"), "proc.name = a"},
		/* A redefined macro sees what was defined before its last definition. */
		{MACRO("m", "proc.name=a") MACRO("k", "proc.name=b") MACRO("m", "k") RULE("r", "m"),
		 "proc.name = b"},
		{LIST("l", "[a, b]") MACRO("m", "proc.name in (l)") RULE("r", "m"),
		 "proc.name in (a, b)"},
		/* unused and unknown: only parsed */
		{MACRO("m", "no.such.field = a") RULE("r", "proc.name=a"), "proc.name = a"},
	};
	static const struct rx_row bad[] = {
		{RULE("r", "undefine"),
		 "2:14 error LOAD_ERR_VALIDATE: rule 'r': undefined macro 'undefine'"},
		{MACRO("spawned_process", "evt.type=execve") RULE("r", "spawned_proces"),
		 "did you mean 'spawned_process'?"},
		{MACRO("k", "m") MACRO("m", "proc.name=a") RULE("r", "k"),
		 "2:14 error LOAD_ERR_VALIDATE: macro 'k': macro 'm' is defined only after this "
		 "one"},
		{MACRO("m", "m") RULE("r", "m"),
		 "2:14 error LOAD_ERR_VALIDATE: macro 'm': macro 'm' is"},
		{MACRO("m", "proc.name=a") MACRO("m", "m") RULE("r", "m"),
		 "4:14 error LOAD_ERR_VALIDATE: macro 'm': reference loop: macro 'm' names itself"},
		{MACRO("m", "proc.name=a") MACRO("k", "m") MACRO("m", "k") RULE("r", "m"),
		 "reference loop"},
		{MACRO("m", "nothing_there"),
		 "2:14 error LOAD_ERR_VALIDATE: macro 'm': undefined macro"},
		{LIST("l", "[a]") "- list: l l\n  items: []\n" MACRO("m", "k") LIST("k", "[]"),
		 NULL},
		{MACRO("m", "proc.name ~ x") RULE("r", "m"), "macro 'm': expected an operator"},
		{"- macro: m\n  condition: or x\n  append: true\n",
		 "there is no macro of this name"},
		{MACRO("m", "no.such.field = a") RULE("r", "m"),
		 "2:14 error LOAD_ERR_COMPILE_CONDITION: rule "
		 "'r': there is no field 'no.such.field'"},
	};
	static const struct rx_row told[] = {
		{MACRO("m-m", "proc.name=a"), "1:10 warning LOAD_INVALID_MACRO_NAME"},
		{MACRO("m", "proc.name=a"),
		 "1:10 warning LOAD_UNUSED_MACRO: macro 'm' is used by no rule"},
		{MACRO("m", "proc.name=a") MACRO("k", "m"),
		 "3:10 warning LOAD_UNUSED_MACRO: macro 'k'"},
	};
	struct rx_row wrong[FX_COUNT(bad)];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < FX_COUNT(bad); i++)
		if (bad[i].words)
			wrong[n++] = bad[i];
	BECOMES(rows);
	rx_refused(wrong, n);
	LOADED(told);
}

/* A fault in a macro is told once, however many rules use it. */
static void test_macro_fault_once(void **state)
{
	struct rx x = {0};
	const char *at;

	(void)state;
	assert_null(rx_load(&x, MACRO("m", "no.such = a") RULE("r", "m") RULE("s", "m")
					RULE("t", "m")));
	at = strstr(buf_str(&x.told), "no.such");
	assert_non_null(at);
	assert_null(strstr(at + 1, "no.such"));
	rx_done(&x);
}

static void test_macro_bombs(void **state)
{
	struct buf yaml = BUF_INIT;
	struct rx x = {0};

	(void)state;
	buf_adds(&yaml, MACRO("m0", "proc.name=a"));
	for (unsigned i = 1; i < 40; i++)
		buf_addf(&yaml, "- macro: m%u\n  condition: m%u or m%u\n", i, i - 1, i - 1);
	buf_adds(&yaml, RULE("r", "m39"));
	assert_null(rx_load(&x, buf_str(&yaml)));
	rx_assert_told(&x, "more than 100000 checks or");
	/* Each names the one after it: seen only thanks to redefinition. */
	buf_reset(&yaml);
	for (unsigned i = 0; i < 5000; i++)
		buf_addf(&yaml, "- macro: m%u\n  condition: proc.name=a\n", i);
	for (unsigned i = 0; i + 1 < 5000; i++)
		buf_addf(&yaml, "- macro: m%u\n  condition: m%u\n", i, i + 1);
	assert_null(rx_load(&x, buf_str(&yaml)));
	rx_assert_told(&x, "macros name each other more than");
	buf_done(&yaml);
	rx_done(&x);
}

/* --- rules changed by later items --- */

#define OVER(keys, what) "- rule: r\n" keys "  override: {" what "}\n"

static const struct rx_row override_faults[] = {
	{OVER("  condition: or proc.name=b\n", "condition: append"),
	 "1:9 error LOAD_ERR_VALIDATE: rule 'r': there is no rule of this name before this"},
	{RULE("A shell", "proc.name=a") "- rule: A shel\n  enabled: false\n"
					"  override: {enabled: replace}\n",
	 "did you mean 'A shell'?"},
	{"- rule: r\n  enabled: false\n", "there is no rule of this name"},
	{RULE("r", "proc.name=a") OVER("  enabled: false\n", "enabled: append"),
	 "8:23 error LOAD_ERR_YAML_VALIDATE: rule 'r': key 'enabled' cannot be appended to"},
	{RULE("r", "proc.name=a") OVER("  priority: info\n", "priority: append"),
	 "cannot be appended"},
	{RULE("r", "proc.name=a") OVER("  source: syscall\n", "source: replace"),
	 "key 'source' cannot be overridden"},
	{RULE("r", "proc.name=a") OVER("  desc: x\n", "dsc: replace"), "did you mean 'desc'?"},
	{RULE("r", "proc.name=a") OVER("  desc: x\n", "desc: remove"),
	 "'remove' is no way to override 'desc'; write append or replace"},
	{RULE("r", "proc.name=a") OVER("  desc: x\n", "output: replace"),
	 "override names 'output', but the item has no such key"},
	{RULE("r", "proc.name=a") OVER("  desc: x\n  output: y\n", "output: replace"),
	 "7:3 error LOAD_ERR_YAML_VALIDATE: rule 'r': override does not say what to do with "
	 "'desc'"},
	{RULE("r", "proc.name=a") "- rule: r\n  desc: x\n  override: replace\n",
	 "'override' must be a mapping"},
	{RULE("r", "proc.name=a") "- rule: r\n  desc: x\n  override: {}\n", "must be a mapping"},
	{RULE("r",
	      "proc.name=a") "- rule: r\n  append: true\n  desc: x\n  override: {desc: append}\n",
	 "'append: true' and 'override' exclude each other"},
	{RULE("r", "proc.name=a") "- rule: r\n  append: true\n  desc: x\n",
	 "an appended rule needs 'condition' or 'exceptions'"},
	{RULE("r", "proc.name=a") "- rule: r\n  append: what\n", "'append' must be true or false"},
	{RULE("r", "proc.name=a") OVER("  condition: proc.name=b\n", "condition: append"),
	 "7:14 error LOAD_ERR_COMPILE_CONDITION: rule 'r': expected 'and', 'or' or the end"},
	{RULE("r", "proc.name=a") OVER("  capture: true\n", "capture: replace"), "capture: true"},
	{RULE("r", "proc.name=a") RULE("r", "proc.name=a") "  source: k8s_audit\n",
	 "another source"},
	{LIST("l", "[a]") "- list: l\n  items: [b]\n  override: {items: delete}\n",
	 "'delete' is no way"},
	{MACRO("m", "x") "- macro: m\n  condition: b\n  override: {items: append}\n",
	 "key 'items' cannot be overridden"},
};

static void test_override(void **state)
{
	static const struct rx_row rows[] = {
		{RULE("r", "proc.name=a")
			 OVER("  condition: or proc.name=b\n", "condition: append"),
		 "proc.name = a or proc.name = b"},
		{RULE("r", "proc.name=a") OVER("  condition: proc.name=b\n", "condition: replace"),
		 "proc.name = b"},
		{RULE("r",
		      "proc.name=a") "- rule: r\n  condition: or proc.name=b\n  append: true\n",
		 "proc.name = a or proc.name = b"},
		{RULE("r", "proc.name=a") RULE("r", "proc.name=b"), "proc.name = b"},
		/* a redefined rule keeps its place */
		{RULE("r", "proc.name=a") RULE("s", "proc.name=c") RULE("r", "proc.name=b"),
		 "proc.name = b"},
		{RULE("r", "proc.name=a") "- rule: r\n  append: true\n  exceptions:\n"
					  "  - {name: e, fields: proc.pname, values: [x]}\n",
		 "proc.name = a and not proc.pname in (x)"},
		/* appended text lands inside the parentheses that exceptions put around */
		{RULE("r", "proc.name=a") "  exceptions:\n  - {name: e, fields: proc.pname, "
					  "values: [x]}\n" OVER("  condition: or proc.name=b\n",
								"condition: append"),
		 "(proc.name = a or proc.name = b) and not proc.pname in (x)"},
	};
	static const struct rx_row told[] = {
		{RULE("r", "evt.type=open") "- rule: r\n  enabled: false\n",
		 "7:12 warning LOAD_DEPRECATED_ITEM: rule 'r': a rule with 'enabled' alone is old"},
		{RULE("r",
		      "evt.type=open") "- rule: r\n  condition: and evt.num>0\n  append: true\n",
		 "LOAD_DEPRECATED_ITEM: rule 'r': 'append: true' is old"},
		{RULE("r", "evt.type=open") OVER("  enabled: false\n", "enabled: replace"), NULL},
	};

	(void)state;
	BECOMES(rows);
	REFUSED(override_faults);
	LOADED(told);
}

/* A refused definition is still there for what comes after, which must not fall over it. */
static void test_change_what_is_broken(void **state)
{
	static const struct rx_row rows[] = {
		{"- rule: r\n  output: o\n  priority: info\n" OVER("  condition: and x\n",
								 "condition: append"),
		 "the rule has no key 'condition'"},
		{"- rule: r\n  desc: d\n  condition: x\n  priority: what\n  output: o\n" OVER(
			 "  output: p\n  desc: x\n", "output: append, desc: append"),
		 "'what' is no priority"},
		{"- macro: m\n  condition: []\n- macro: m\n  condition: or x\n  append: true\n" RULE(
			 "r", "m"),
		 "'condition' must be a text"},
		{"- list: l\n  items: [[a]]\n- list: l\n  items: [b]\n  append: true\n" RULE(
			 "r", "proc.name in (l)"),
		 "must be a text"},
		{RULE("r", "proc.name=a") "- rule: r\n  override: x\n" OVER("  enabled: false\n",
									     "enabled: replace"),
		 "'override' must be a mapping"},
	};

	(void)state;
	REFUSED(rows);
}

static void test_override_values(void **state)
{
	struct rx x = {0};
	const struct rule *r;

	(void)state;
	assert_non_null(rx_load(
		&x,
		RULE("r", "evt.type=open") "  tags: [b]\n" OVER(
			"  output: and %proc.name\n  desc: more\n  tags: [a, b]\n  priority: "
			"error\n"
			"  enabled: false\n  warn_evttypes: false\n  skip-if-unknown-filter: true\n"
			"  capture: false\n  capture_duration: 1\n",
			"output: append, desc: append, tags: append, priority: replace, enabled: "
			"replace, "
			"warn_evttypes: replace, skip-if-unknown-filter: replace, capture: "
			"replace, "
			"capture_duration: replace")));
	r = ruleset_at(x.rs, 0);
	assert_string_equal(r->output, "o and %proc.name");
	assert_string_equal(r->desc, "d more");
	assert_int_equal(r->n_tags, 2);
	assert_int_equal(r->priority, PRIO_ERROR);
	assert_false(r->enabled);
	/* Toggling an old way does the same. */
	assert_non_null(rx_load(
		&x, RULE("r", "evt.type=open") "  enabled: false\n- rule: r\n  enabled: true\n"));
	assert_true(ruleset_at(x.rs, 0)->enabled);
	/* Redefinition forgets everything but the place. */
	assert_non_null(rx_load(&x, RULE("r", "evt.type=open") "  enabled: false\n  tags: [a]\n"
				RULE("s", "evt.type=open") RULE("r", "evt.type=openat")));
	r = ruleset_at(x.rs, 0);
	assert_string_equal(r->name, "r");
	assert_true(r->enabled);
	assert_int_equal(r->n_tags, 0);
	assert_int_equal(r->line, 13);
	rx_done(&x);
}

/* --- exceptions --- */

#define EXC(body) RULE("r", "proc.name=a") "  exceptions:\n" body

static const struct rx_row exception_rows[] = {
	{EXC("  - name: e\n    fields: [proc.pname, fd.name]\n    comps: [=, startswith]\n"
	     "    values:\n    - [x, /y]\n    - [z w, /q]\n"),
	 "proc.name = a and not (proc.pname = x and fd.name startswith /y or proc.pname = \"z w\" "
	 "and "
	 "fd.name startswith /q)"},
	{EXC("  - {name: e, fields: [proc.pname], values: [[x]]}\n"),
	 "proc.name = a and not proc.pname = x"},
	{EXC("  - {name: e, fields: proc.pname, values: [x, y z]}\n"),
	 "proc.name = a and not proc.pname in (x, \"y z\")"},
	{EXC("  - {name: e, fields: fd.name, comps: pmatch, values: [/x]}\n"),
	 "proc.name = a and not fd.name pmatch (/x)"},
	{EXC("  - {name: e, fields: fd.name, comps: ' startswith  anyof ', values: [/x, /y]}\n"),
	 "proc.name = a and not fd.name startswith anyof (/x, /y)"},
	{EXC("  - name: e\n    fields: [proc.pname, fd.name]\n    comps: [in, pmatch]\n"
	     "    values:\n    - [[x, y z], /q]\n    - ['(k, l)', [/m]]\n"),
	 "proc.name = a and not (proc.pname in (x, \"y z\") and fd.name pmatch (/q) or proc.pname "
	 "in "
	 "(k, l) and fd.name pmatch (/m))"},
	{EXC("  - {name: e, fields: [proc.pname]}\n"), "proc.name = a"},
	{EXC("  - {name: e, fields: [proc.pname], values: []}\n"), "proc.name = a"},
	{EXC("  - {name: e, fields: proc.pname, values: []}\n"
	     "  - {name: f, fields: proc.pname, values: [x]}\n"
	     "  - {name: g, fields: proc.cmdline, values: [y]}\n"),
	 "proc.name = a and not proc.pname in (x) and not proc.cmdline in (y)"},
	/* names of lists as values */
	{LIST("l", "[x, y]") EXC("  - {name: e, fields: proc.pname, values: [l, z]}\n"),
	 "proc.name = a and not proc.pname in (x, y, z)"},
	/* values that are no bare words */
	{EXC("  - {name: e, fields: [proc.args], values: [['--a=b (c)'], ['']]}\n"),
	 "proc.name = a and not (proc.args = \"--a=b (c)\" or proc.args = \"\")"},
	/* append to one, and a new one */
	{EXC("  - {name: e, fields: proc.pname, values: [x]}\n") "- rule: r\n  exceptions:\n"
								 "  - {name: e, values: [y]}\n  - "
								 "{name: f, fields: [proc.args], "
								 "values: [[z]]}\n"
								 "  override: {exceptions: "
								 "append}\n",
	 "proc.name = a and not proc.pname in (x, y) and not proc.args = z"},
	{EXC("  - {name: e, fields: proc.pname, values: [x]}\n") "- rule: r\n  exceptions:\n"
								 "  - {name: f, fields: "
								 "[proc.args], values: [[z]]}\n  "
								 "override: {exceptions: "
								 "replace}\n",
	 "proc.name = a and not proc.args = z"},
};

static const struct rx_row exception_faults[] = {
	{RULE("r", "proc.name=a") "  exceptions: x\n", "'exceptions' must be a sequence"},
	{EXC("  - x\n"), "an exception must be a mapping"},
	{EXC("  - {fields: proc.pname}\n"), "an exception needs the key 'name'"},
	{EXC("  - {name: e}\n"), "an exception needs the key 'fields'"},
	{EXC("  - {name: e, fields: []}\n"), "at least one field"},
	{EXC("  - {name: e, fields: {a: b}}\n"), "texts or sequences"},
	{EXC("  - {name: e, fields: [proc.pname], comps: in}\n"), "must both be"},
	{EXC("  - {name: e, fields: proc.pname, comps: [in]}\n"), "must both be"},
	{EXC("  - {name: e, fields: [proc.pname, fd.name], comps: [=]}\n"), "same length"},
	{EXC("  - {name: e, fields: [proc.pname], comps: [is]}\n"), "'is' is no operator"},
	{EXC("  - {name: e, fields: [proc.pname], comps: [exists]}\n"), "'exists' is no operator"},
	{EXC("  - {name: e, fields: [proc.pname], comps: [in oneof]}\n"), "is no operator"},
	{EXC("  - {name: e, fields: proc.pname, comps: startswith}\n"),
	 "'startswith' needs a modifier ('startswith anyof')"},
	{EXC("  - {name: e, fields: proc.pname, comps: '='}\n"), "needs a modifier"},
	{EXC("  - {name: e, fields: no.field, values: [x]}\n"), "7:23 error"},
	{EXC("  - {name: e, fields: [no.field]}\n"), "7:24 error"},
	{EXC("  - {name: e, fields: [proc.pname], values: x}\n"), "'values' must be a sequence"},
	{EXC("  - {name: e, fields: [proc.pname], values: [x]}\n"), "a sequence of 1 values"},
	{EXC("  - {name: e, fields: [proc.pname], values: [[x, y]]}\n"), "a sequence of 1 values"},
	{EXC("  - {name: e, fields: [proc.pname, fd.name], values: [[x]]}\n"), "a sequence of 2"},
	{EXC("  - {name: e, fields: proc.pname, values: [[x]]}\n"), "a plain list"},
	{EXC("  - {name: e, fields: proc.pname, values: [x]}\n") "- rule: r\n  append: true\n"
	 "  exceptions:\n  - {name: e, fields: proc.pname, values: [y]}\n",
	 "only values can be appended"},
	{EXC("  - {name: e, fields: proc.pname, values: [x]}\n") "- rule: r\n  append: true\n"
	 "  exceptions:\n  - {name: f, values: [y]}\n",
	 "needs the key 'fields'"},
	{EXC("  - {name: e, fields: proc.pname, values: [x]}\n") "- rule: r\n  append: true\n"
	 "  exceptions:\n  - {name: f, fields: proc.pname}\n",
	 "needs 'values'"},
	{EXC("  - {name: e, fields: [fd.sport], values: [[x]]}\n"), "7:45 error"},
};

static void test_exceptions(void **state)
{
	static const struct rx_row told[] = {
		{EXC("  - {name: e, fields: proc.pname}\n  - {name: e, fields: proc.args}\n"),
		 "8:12 warning LOAD_EXCEPTION_NAME_NOT_UNIQUE"},
		{EXC("  - {name: e, fields: proc.pname, values: [x]}\n") "- rule: r\n  append: "
									 "true\n"
									 "  exceptions:\n  - "
									 "{name: e}\n",
		 "LOAD_APPEND_NO_VALUES"},
		{EXC("  - {name: e, fields: proc.pname, value: [x]}\n"), "did you mean 'values'?"},
	};

	(void)state;
	BECOMES(exception_rows);
	REFUSED(exception_faults);
	LOADED(told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_list_bombs),
		cmocka_unit_test(test_macros),
		cmocka_unit_test(test_macro_fault_once),
		cmocka_unit_test(test_macro_bombs),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_change_what_is_broken),
		cmocka_unit_test(test_override_values),
		cmocka_unit_test(test_exceptions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
