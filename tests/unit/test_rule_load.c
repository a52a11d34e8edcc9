/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Rule files: items, keys, append, override, redefinition, exceptions, lists as text, who sees
 * whom; and that every fault names its place. What a rule came out as is its expanded condition.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rule_fixture.h"

#define RULE(name, cond)                                                                           \
	"- rule: " name "\n  condition: " cond "\n  desc: d\n  output: o\n  priority: info\n"

/* A file and what is told of it; no words: nothing at all is told. */
struct row {
	const char *yaml, *words;
};

static void refused(const struct row *rows, size_t n)
{
	struct rx x = {0};
	unsigned bad = 0;

	for (size_t i = 0; i < n; i++) {
		if (rx_load(&x, rows[i].yaml))
			bad += !!fprintf(stderr, "loaded:\n%s\n", rows[i].yaml);
		else if (!strstr(buf_str(&x.told), rows[i].words))
			bad += !!fprintf(stderr, "not told: %s\nbut:\n%sof\n%s\n", rows[i].words,
					 buf_str(&x.told), rows[i].yaml);
	}
	rx_done(&x);
	assert_int_equal(bad, 0);
}

static void loaded(const struct row *rows, size_t n)
{
	struct rx x = {0};
	unsigned bad = 0;

	for (size_t i = 0; i < n; i++) {
		const char *words = rows[i].words;

		if (!rx_load(&x, rows[i].yaml) ||
		    (words ? !strstr(buf_str(&x.told), words) : x.told.len > 0))
			bad += !!fprintf(stderr, "want: %s\ntold:\n%sof\n%s\n", words ? words : "nothing",
					 buf_str(&x.told), rows[i].yaml);
	}
	rx_done(&x);
	assert_int_equal(bad, 0);
}

/* Files that load, and what their first rule's condition came out as. */
static void becomes(const struct row *rows, size_t n)
{
	struct buf text = BUF_INIT;
	struct rx x = {0};
	unsigned bad = 0;

	for (size_t i = 0; i < n; i++) {
		bool ok = rx_load(&x, rows[i].yaml) != NULL;

		if (!ok || strcmp(rx_text(&x, 0, &text), rows[i].words))
			bad += !!fprintf(stderr, "is   %s\nwant %s\n%sof\n%s\n",
					 ok ? buf_str(&text) : "refused", rows[i].words,
					 buf_str(&x.told), rows[i].yaml);
	}
	buf_done(&text);
	rx_done(&x);
	assert_int_equal(bad, 0);
}

#define REFUSED(rows) refused(rows, FX_COUNT(rows))
#define LOADED(rows) loaded(rows, FX_COUNT(rows))
#define BECOMES(rows) becomes(rows, FX_COUNT(rows))

static void test_documents(void **state)
{
	static const struct row good[] = {
		{"", NULL},
		{"# nothing\n", NULL},
		{"---\n---\n", NULL},
		{"- \n", NULL},
		{"~\n", NULL},
		{"---\n" RULE("a", "evt.type=open") "---\n" RULE("b", "evt.type=open"), NULL},
		{"- riule: x\n", "1:3 warning LOAD_UNKNOWN_ITEM: unknown item 'riule' is ignored"},
		{"- riule: x\n", "did you mean 'rule'?"},
		{"- {}\n", "LOAD_UNKNOWN_ITEM"},
	};
	static const struct row bad[] = {
		{"text\n", "1:1 error LOAD_ERR_YAML_VALIDATE: found a scalar where a rule file has"},
		{"rule: x\n", "1:1 error LOAD_ERR_YAML_VALIDATE: found a mapping where"},
		{"- text\n", "1:3 error LOAD_ERR_YAML_VALIDATE: found a scalar where an item"},
		{"- [a]\n", "1:3 error LOAD_ERR_YAML_VALIDATE: found a sequence where an item"},
		{"- rule: x\n   y: z\n", "2:5 error LOAD_ERR_YAML_PARSE"},
		{"- \"abc\n", "LOAD_ERR_YAML_PARSE"},
		{"\t- a\n", "LOAD_ERR_YAML_PARSE"},
		{"- rule: x\n---\ntext\n", "3:1 error"},
	};

	(void)state;
	LOADED(good);
	REFUSED(bad);
}

static void test_required(void **state)
{
	static const struct row good[] = {
		{"- required_engine_version: 10\n", NULL},
		{"- required_engine_version: \"63\"\n", NULL},
		{"- required_engine_version: 0.57.0\n", NULL},
		{"- required_engine_version: 0.63.0\n", NULL},
		{"- required_plugin_versions:\n  - name: container\n    version: 0.4.0\n", NULL},
		{"- required_plugin_versions:\n  - {name: container, version: 0.6.9}\n", NULL},
		{"- required_plugin_versions:\n  - name: k8saudit\n    version: 0.7.0\n    alternatives:\n"
		 "      - {name: container, version: 0.1.0}\n",
		 NULL},
	};
	static const struct row bad[] = {
		{"- required_engine_version: 64\n",
		 "1:28 error LOAD_ERR_VALIDATE: the rules need engine version 0.64.0"},
		{"- required_engine_version: 0.63.1\n", "need engine version 0.63.1"},
		{"- required_engine_version: 1.0.0\n", "need engine version 1.0.0"},
		{"- required_engine_version: 0.57\n", "'0.57' is no version"},
		{"- required_engine_version: x\n", "LOAD_ERR_YAML_VALIDATE: 'x' is no version"},
		{"- required_engine_version: -1\n", "'-1' is no version"},
		{"- required_engine_version:\n", "'required_engine_version' has no value"},
		{"- required_engine_version: [1]\n", "must be a text, found a sequence"},
		{"- required_plugin_versions:\n  - {name: container, version: 0.9.0}\n",
		 "2:5 error LOAD_ERR_VALIDATE: the rules need one of the plugins container (>= 0.9.0)"},
		{"- required_plugin_versions:\n  - {name: json, version: 0.1.0}\n",
		 "need one of the plugins json (>= 0.1.0)"},
		{"- required_plugin_versions:\n  - {name: container, version: 1.0.0}\n", "need one of"},
		{"- required_plugin_versions:\n  - {name: container}\n", "'name' and 'version'"},
		{"- required_plugin_versions:\n  - {name: container, version: 4}\n", "three numbers"},
		{"- required_plugin_versions: container\n", "must be a sequence"},
		{"- required_plugin_versions: [container]\n", "must be a mapping"},
		{"- required_plugin_versions:\n  - {name: a, version: 1.0.0, alternatives: b}\n",
		 "'alternatives' must be a sequence"},
	};

	(void)state;
	LOADED(good);
	REFUSED(bad);
}

static void test_rule_keys(void **state)
{
	static const struct row good[] = {
		{RULE("a", "evt.type=open"), NULL},
		{RULE("a", "evt.type=open") "  tags: [x, y, x]\n  enabled: No\n  source: syscall\n", NULL},
		{RULE("a", "evt.type=open") "  capture: false\n  capture_duration: 5000\n", NULL},
		{RULE("a", "evt.type=open") "  color: red\n",
		 "6:3 warning LOAD_UNKNOWN_KEY: rule 'a': unknown key 'color' is ignored"},
		{RULE("a", "evt.type=open") "  tag: [x]\n", "did you mean 'tags'?"},
		{RULE("a", "evt.type=open") "  desc: again\n", "6:3 warning LOAD_UNKNOWN_KEY: rule 'a': key "
							       "'desc' is written twice"},
		{RULE("a", "ka.verb = x") "  source: k8s_audit\n",
		 "1:9 warning LOAD_UNKNOWN_SOURCE: rule 'a' is left out: its source is 'k8s_audit'"},
		{RULE("a", "proc.name = x"), "LOAD_NO_EVTTYPE: rule 'a' matches"},
		{RULE("a", "proc.name = x") "  warn_evttypes: false\n", NULL},
	};
	static const struct row bad[] = {
		{"- rule: a\n", "1:3 error LOAD_ERR_YAML_VALIDATE: rule 'a': a rule needs the keys"},
		{"- rule:\n", "'rule' has no value"},
		{"- rule: [a]\n", "must be a text"},
		{"- rule: \"\"\n", "'rule' has no value"},
		{"- rule: a\n  condition: m\n  output: o\n  priority: info\n", "the rule has no key 'desc'"},
		{"- rule: a\n  desc: m\n  output: o\n  priority: info\n", "has no key 'condition'"},
		{"- rule: a\n  desc: m\n  condition: m\n  priority: info\n", "has no key 'output'"},
		{"- rule: a\n  desc: m\n  condition: m\n  output: o\n", "has no key 'priority'"},
		{"- rule: a\n  desc: d\n  condition:\n  output: o\n  priority: info\n",
		 "3:3 error LOAD_ERR_YAML_VALIDATE: rule 'a': 'condition' has no value"},
		{"- rule: a\n  desc: d\n  condition: {}\n  output: o\n  priority: info\n",
		 "'condition' must be a text, found a mapping"},
		{"- rule: a\n  desc: d\n  condition: evt.type=open\n  output: o\n  priority: warn\n",
		 "5:13 error LOAD_ERR_YAML_VALIDATE: rule 'a': 'warn' is no priority"},
		{RULE("a", "evt.type=open") "  enabled: maybe\n", "'enabled' must be true or false"},
		{RULE("a", "evt.type=open") "  tags: x\n", "'tags' must be a sequence"},
		{RULE("a", "evt.type=open") "  tags: [[x]]\n", "an entry of 'tags' must be a text"},
		{RULE("a", "evt.type=open") "  capture: true\n",
		 "6:12 error LOAD_ERR_YAML_VALIDATE: rule 'a': 'capture: true' asks for a capture file"},
		{RULE("a", "evt.type=open") "  capture_duration: soon\n", "number of milliseconds"},
		{RULE("a", "\"evt.type=open\\0\""), "NUL byte"},
		{"- list: a\n", "a list needs the key 'items'"},
		{"- list: a\n  items: x\n", "'items' must be a sequence"},
		{"- list: a\n  items: [[x]]\n", "an entry of 'items' must be a text"},
		{"- macro: a\n", "a macro needs the key 'condition'"},
		{"- macro: a\n  condition: (\n", "macro 'a': expected a check"},
		{RULE("a", "undefined_thing"), "LOAD_ERR_VALIDATE: rule 'a': undefined macro"},
	};

	(void)state;
	LOADED(good);
	REFUSED(bad);
}

static void test_rule_values(void **state)
{
	struct rx x = {0};
	const struct rule *r;

	(void)state;
	assert_non_null(rx_load(&x, "- rule: \"The: rule\"\n  condition: evt.type in (open, openat)\n"
				    "  desc: >\n    what\n    it does\n  output: \"  a b \\n \"\n"
				    "  priority: WARNING\n  tags: [z, a, z]\n  enabled: off\n"
				    RULE("b", "evt.type = connect and evt.num = 0") "  enabled: 'True'\n"));
	assert_int_equal(ruleset_len(x.rs), 2);
	r = ruleset_at(x.rs, 0);
	assert_string_equal(r->name, "The: rule");
	assert_string_equal(r->desc, "what it does\n");
	assert_string_equal(r->output, "a b");
	assert_string_equal(r->source, "syscall");
	assert_string_equal(r->file, RULE_FILE);
	assert_int_equal(r->line, 1);
	assert_int_equal(r->priority, PRIO_WARNING);
	assert_int_equal(r->n_tags, 2);
	assert_string_equal(r->tags[0], "a");
	assert_string_equal(r->tags[1], "z");
	assert_false(r->enabled);
	assert_int_equal(r->events[EV_open / 8], 1 << EV_open % 8 | 1 << EV_openat % 8);
	assert_true(ruleset_at(x.rs, 1)->enabled);
	assert_int_equal(ruleset_at(x.rs, 1)->index, 1);
	assert_null(ruleset_at(x.rs, 2));
	/* Neither a disabled rule nor one that never matches asks for events. */
	for (unsigned i = 0; i < EV_MAX / 8; i++)
		assert_int_equal(ruleset_events(x.rs)[i], 0);
	rx_done(&x);
}

static void test_priorities(void **state)
{
	static const char *const names[] = {"EMERGENCY", "alert", "Critical", "error", "warning",
					    "notice", "INFO", "debug"};
	struct ruleset_opts opts = {.min_priority = PRIO_NOTICE};
	struct buf yaml = BUF_INIT;
	struct ruleset *rs;
	unsigned p;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		assert_true(rule_priority_parse(names[i], &p));
		assert_int_equal(p, i);
		buf_addf(&yaml, "- {rule: r%u, condition: evt.type=open, desc: d, output: o, priority: %s}\n",
			 i, names[i]);
	}
	assert_false(rule_priority_parse("", &p));
	assert_false(rule_priority_parse("inf", &p));
	assert_string_equal(rule_priority_name(PRIO_INFORMATIONAL), "Informational");
	rs = ruleset_load_text("f", buf_str(&yaml), yaml.len, &opts, NULL, NULL);
	assert_non_null(rs);
	assert_int_equal(ruleset_len(rs), 6);
	ruleset_free(rs);
	buf_done(&yaml);
}

/* --- lists --- */

#define LIST(name, items) "- list: " name "\n  items: " items "\n"
#define MACRO(name, cond) "- macro: " name "\n  condition: " cond "\n"

static void test_lists(void **state)
{
	static const struct row rows[] = {
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
		{LIST("l", "[a, b]") RULE("r", "'proc.cmdline = \"x l y\"'"), "proc.cmdline = \"x a, b y\""},
		{LIST("l", "[a]") RULE("r", "'proc.cmdline = \"x-l\"'"), "proc.cmdline = x-l"},
		{LIST("m", "[proc.name=a]") MACRO("m", "proc.name=b") RULE("r", "evt.num=0 or proc.pname = x or m"),
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
		{LIST("l", "[a]") "- list: l\n  items: [b]\n  append: false\n" RULE("r", "proc.name in (l)"),
		 "proc.name in (b)"},
		/* names may be any bare word */
		{LIST("/etc/x*", "[a]") RULE("r", "proc.name in (/etc/x*)"), "proc.name in (a)"},
		/* outside parentheses: one item is a word after in */
		{LIST("l", "[a]") RULE("r", "proc.name in l"), "proc.name in (a)"},
		/* items that would fall apart are quoted */
		{LIST("l", "['a=b', '(c)', 'd\"e']") RULE("r", "proc.name in (l)"),
		 "proc.name in (\"a=b\", \"(c)\", \"d\\\"e\")"},
	};
	static const struct row bad[] = {
		{LIST("l", "[a, b]") RULE("r", "proc.name in l"), "need parentheses"},
		{"- list: l\n  items: [b]\n  append: true\n",
		 "1:9 error LOAD_ERR_VALIDATE: list 'l': there is no list of this name"},
		{LIST("lists", "[]") "- list: list\n  items: [b]\n  override: {items: append}\n",
		 "did you mean 'lists'?"},
		{LIST("l", "[a]") RULE("r", "l"), NULL},
		{LIST("l", "[\"a, b\", 'x(']") RULE("r", "evt.type in (l)"), "no event type 'a, b'"},
	};
	static const struct row told[] = {
		{LIST("a b", "[]"), "1:9 warning LOAD_INVALID_LIST_NAME"},
		{LIST("l", "[]"), "1:9 warning LOAD_UNUSED_LIST: list 'l' is used by no rule"},
		{LIST("l", "[]") LIST("k", "[l]"), "LOAD_UNUSED_LIST: list 'k'"},
		{LIST("l", "[]") "- list: l\n  items: []\n  append: true\n",
		 "5:11 warning LOAD_DEPRECATED_ITEM: list 'l': 'append: true' is old"},
	};
	struct row used[FX_COUNT(rows)], wrong[FX_COUNT(bad)];
	size_t n = 0, n_wrong = 0;

	(void)state;
	for (size_t i = 0; i < FX_COUNT(rows); i++)
		if (rows[i].words)
			used[n++] = rows[i];
	for (size_t i = 0; i < FX_COUNT(bad); i++)
		if (bad[i].words)
			wrong[n_wrong++] = bad[i];
	becomes(used, n);
	refused(wrong, n_wrong);
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
	static const struct row rows[] = {
		{MACRO("m", "proc.name=a or proc.name=b") RULE("r", "m and evt.type=open"),
		 "(proc.name = a or proc.name = b) and evt.type = open"},
		{MACRO("m", "proc.name=a or proc.name=b") RULE("r", "not m"),
		 "not (proc.name = a or proc.name = b)"},
		{MACRO("m", "proc.name=a") MACRO("k", "not m") RULE("r", "not k"), "not not proc.name = a"},
		{RULE("r", "m") MACRO("m", "proc.name=a"), "proc.name = a"},
		{MACRO("m", "proc.name=a") "- macro: m\n  condition: or proc.name=b\n  append: true\n" RULE(
			 "r", "m"),
		 "proc.name = a or proc.name = b"},
		{MACRO("m", "proc.name=a") "- macro: m\n  condition: or proc.name=b\n"
					   "  override: {condition: append}\n" RULE("r", "m"),
		 "proc.name = a or proc.name = b"},
		{MACRO("m", "proc.name=a") "- macro: m\n  condition: proc.name=b\n"
					   "  override: {condition: replace}\n" RULE("r", "m"),
		 "proc.name = b"},
		{MACRO("m", "proc.name=a") MACRO("m", "proc.name=b") RULE("r", "m"), "proc.name = b"},
		{"- condition: proc.name=a\n  macro: m\n" RULE("r", "m"), "proc.name = a"},
		/* A redefined macro sees what was defined before its last definition. */
		{MACRO("m", "proc.name=a") MACRO("k", "proc.name=b") MACRO("m", "k") RULE("r", "m"),
		 "proc.name = b"},
		{LIST("l", "[a, b]") MACRO("m", "proc.name in (l)") RULE("r", "m"), "proc.name in (a, b)"},
		/* unused and unknown: only parsed */
		{MACRO("m", "no.such.field = a") RULE("r", "proc.name=a"), "proc.name = a"},
	};
	static const struct row bad[] = {
		{RULE("r", "undefine"), "2:14 error LOAD_ERR_VALIDATE: rule 'r': undefined macro 'undefine'"},
		{MACRO("spawned_process", "evt.type=execve") RULE("r", "spawned_proces"),
		 "did you mean 'spawned_process'?"},
		{MACRO("k", "m") MACRO("m", "proc.name=a") RULE("r", "k"),
		 "2:14 error LOAD_ERR_VALIDATE: macro 'k': macro 'm' is defined only after this one"},
		{MACRO("m", "m") RULE("r", "m"), "2:14 error LOAD_ERR_VALIDATE: macro 'm': macro 'm' is"},
		{MACRO("m", "proc.name=a") MACRO("m", "m") RULE("r", "m"),
		 "4:14 error LOAD_ERR_VALIDATE: macro 'm': reference loop: macro 'm' names itself"},
		{MACRO("m", "proc.name=a") MACRO("k", "m") MACRO("m", "k") RULE("r", "m"),
		 "reference loop"},
		{MACRO("m", "nothing_there"), "2:14 error LOAD_ERR_VALIDATE: macro 'm': undefined macro"},
		{LIST("l", "[a]") "- list: l l\n  items: []\n" MACRO("m", "k") LIST("k", "[]"), NULL},
		{MACRO("m", "proc.name ~ x") RULE("r", "m"), "macro 'm': expected an operator"},
		{"- macro: m\n  condition: or x\n  append: true\n", "there is no macro of this name"},
		{MACRO("m", "no.such.field = a") RULE("r", "m"), "2:14 error LOAD_ERR_COMPILE_CONDITION: rule "
								 "'r': there is no field 'no.such.field'"},
	};
	static const struct row told[] = {
		{MACRO("m-m", "proc.name=a"), "1:10 warning LOAD_INVALID_MACRO_NAME"},
		{MACRO("m", "proc.name=a"), "1:10 warning LOAD_UNUSED_MACRO: macro 'm' is used by no rule"},
		{MACRO("m", "proc.name=a") MACRO("k", "m"), "3:10 warning LOAD_UNUSED_MACRO: macro 'k'"},
	};
	struct row wrong[FX_COUNT(bad)];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < FX_COUNT(bad); i++)
		if (bad[i].words)
			wrong[n++] = bad[i];
	BECOMES(rows);
	refused(wrong, n);
	LOADED(told);
}

/* A fault in a macro is told once, however many rules use it. */
static void test_macro_fault_once(void **state)
{
	struct rx x = {0};
	const char *at;

	(void)state;
	assert_null(rx_load(&x, MACRO("m", "no.such = a") RULE("r", "m") RULE("s", "m") RULE("t", "m")));
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

static void test_override(void **state)
{
	static const struct row rows[] = {
		{RULE("r", "proc.name=a") OVER("  condition: or proc.name=b\n", "condition: append"),
		 "proc.name = a or proc.name = b"},
		{RULE("r", "proc.name=a") OVER("  condition: proc.name=b\n", "condition: replace"),
		 "proc.name = b"},
		{RULE("r", "proc.name=a") "- rule: r\n  condition: or proc.name=b\n  append: true\n",
		 "proc.name = a or proc.name = b"},
		{RULE("r", "proc.name=a") RULE("r", "proc.name=b"), "proc.name = b"},
		/* a redefined rule keeps its place */
		{RULE("r", "proc.name=a") RULE("s", "proc.name=c") RULE("r", "proc.name=b"), "proc.name = b"},
		{RULE("r", "proc.name=a") "- rule: r\n  append: true\n  exceptions:\n"
					  "  - {name: e, fields: proc.pname, values: [x]}\n",
		 "proc.name = a and not proc.pname in (x)"},
		/* appended text lands inside the parentheses that exceptions put around */
		{RULE("r", "proc.name=a") "  exceptions:\n  - {name: e, fields: proc.pname, values: [x]}\n"
		 OVER("  condition: or proc.name=b\n", "condition: append"),
		 "(proc.name = a or proc.name = b) and not proc.pname in (x)"},
	};
	static const struct row bad[] = {
		{OVER("  condition: or proc.name=b\n", "condition: append"),
		 "1:9 error LOAD_ERR_VALIDATE: rule 'r': there is no rule of this name before this"},
		{RULE("A shell", "proc.name=a") "- rule: A shel\n  enabled: false\n"
						"  override: {enabled: replace}\n",
		 "did you mean 'A shell'?"},
		{"- rule: r\n  enabled: false\n", "there is no rule of this name"},
		{RULE("r", "proc.name=a") OVER("  enabled: false\n", "enabled: append"),
		 "8:23 error LOAD_ERR_YAML_VALIDATE: rule 'r': key 'enabled' cannot be appended to"},
		{RULE("r", "proc.name=a") OVER("  priority: info\n", "priority: append"), "cannot be appended"},
		{RULE("r", "proc.name=a") OVER("  source: syscall\n", "source: replace"),
		 "key 'source' cannot be overridden"},
		{RULE("r", "proc.name=a") OVER("  desc: x\n", "dsc: replace"), "did you mean 'desc'?"},
		{RULE("r", "proc.name=a") OVER("  desc: x\n", "desc: remove"),
		 "'remove' is no way to override 'desc'; write append or replace"},
		{RULE("r", "proc.name=a") OVER("  desc: x\n", "output: replace"),
		 "override names 'output', but the item has no such key"},
		{RULE("r", "proc.name=a") OVER("  desc: x\n  output: y\n", "output: replace"),
		 "7:3 error LOAD_ERR_YAML_VALIDATE: rule 'r': override does not say what to do with 'desc'"},
		{RULE("r", "proc.name=a") "- rule: r\n  desc: x\n  override: replace\n",
		 "'override' must be a mapping"},
		{RULE("r", "proc.name=a") "- rule: r\n  desc: x\n  override: {}\n", "must be a mapping"},
		{RULE("r", "proc.name=a") "- rule: r\n  append: true\n  desc: x\n  override: {desc: append}\n",
		 "'append: true' and 'override' exclude each other"},
		{RULE("r", "proc.name=a") "- rule: r\n  append: true\n  desc: x\n",
		 "an appended rule needs 'condition' or 'exceptions'"},
		{RULE("r", "proc.name=a") "- rule: r\n  append: what\n", "'append' must be true or false"},
		{RULE("r", "proc.name=a") OVER("  condition: proc.name=b\n", "condition: append"),
		 "7:14 error LOAD_ERR_COMPILE_CONDITION: rule 'r': expected 'and', 'or' or the end"},
		{RULE("r", "proc.name=a") OVER("  capture: true\n", "capture: replace"), "capture: true"},
		{RULE("r", "proc.name=a") RULE("r", "proc.name=a") "  source: k8s_audit\n",
		 "another source"},
		{LIST("l", "[a]") "- list: l\n  items: [b]\n  override: {items: delete}\n", "'delete' is no way"},
		{MACRO("m", "x") "- macro: m\n  condition: b\n  override: {items: append}\n",
		 "key 'items' cannot be overridden"},
	};
	static const struct row told[] = {
		{RULE("r", "evt.type=open") "- rule: r\n  enabled: false\n",
		 "7:12 warning LOAD_DEPRECATED_ITEM: rule 'r': a rule with 'enabled' alone is old"},
		{RULE("r", "evt.type=open") "- rule: r\n  condition: and evt.num>0\n  append: true\n",
		 "LOAD_DEPRECATED_ITEM: rule 'r': 'append: true' is old"},
		{RULE("r", "evt.type=open") OVER("  enabled: false\n", "enabled: replace"), NULL},
	};

	(void)state;
	BECOMES(rows);
	REFUSED(bad);
	LOADED(told);
}

static void test_override_values(void **state)
{
	struct rx x = {0};
	const struct rule *r;

	(void)state;
	assert_non_null(rx_load(&x, RULE("r", "evt.type=open") "  tags: [b]\n" OVER(
			"  output: and %proc.name\n  desc: more\n  tags: [a, b]\n  priority: error\n"
			"  enabled: false\n  warn_evttypes: false\n  skip-if-unknown-filter: true\n"
			"  capture: false\n  capture_duration: 1\n",
			"output: append, desc: append, tags: append, priority: replace, enabled: replace, "
			"warn_evttypes: replace, skip-if-unknown-filter: replace, capture: replace, "
			"capture_duration: replace")));
	r = ruleset_at(x.rs, 0);
	assert_string_equal(r->output, "o and %proc.name");
	assert_string_equal(r->desc, "d more");
	assert_int_equal(r->n_tags, 2);
	assert_int_equal(r->priority, PRIO_ERROR);
	assert_false(r->enabled);
	/* Toggling an old way does the same. */
	assert_non_null(rx_load(&x, RULE("r", "evt.type=open") "  enabled: false\n- rule: r\n  enabled: true\n"));
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

static void test_skip_if_unknown(void **state)
{
	static const struct row skipped[] = {
		{RULE("r", "evt.type=bpf") "  skip-if-unknown-filter: true\n",
		 "2:23 warning LOAD_UNKNOWN_FILTER: rule 'r': event type 'bpf' is known but not captured by "
		 "this agent"},
		{RULE("r", "evt.type=opn") "  skip-if-unknown-filter: true\n", "there is no event type 'opn'"},
		{RULE("r", "no.field=x") "  skip-if-unknown-filter: true\n", "there is no field 'no.field'"},
		{RULE("r", "evt.arg.nosuch=x") "  skip-if-unknown-filter: true\n", "no event has an argument"},
		{"- {rule: r, condition: evt.type=open, desc: d, output: '%no.field', priority: info, "
		 "skip-if-unknown-filter: true}\n",
		 "LOAD_UNKNOWN_FILTER: rule 'r': there is no field 'no.field'"},
	};
	static const struct row still[] = {
		{RULE("r", "evt.type=bpf"), "error LOAD_ERR_COMPILE_CONDITION: rule 'r': event type 'bpf' is "
					    "known but not captured"},
		{RULE("r", "evt.type=opne"), "did you mean 'open'?"},
		{RULE("r", "evt.type in (open, clsoe)"), "2:33 error"},
		{RULE("r", "evt.type=lost"), "a record of facts"},
		{RULE("r", "evt.type=hdr"), "no event type 'hdr'"},
		{RULE("r", "nomacro") "  skip-if-unknown-filter: true\n", "undefined macro 'nomacro'"},
		{RULE("r", "proc.name ~ x") "  skip-if-unknown-filter: true\n", "expected an operator"},
		{RULE("r", "no.field=x and fd.num = x") "  skip-if-unknown-filter: true\n", "fd.num"},
	};
	struct rx x = {0};

	(void)state;
	LOADED(skipped);
	REFUSED(still);
	assert_non_null(rx_load(&x, skipped[0].yaml));
	assert_int_equal(ruleset_len(x.rs), 0);
	rx_done(&x);
}

/* --- exceptions --- */

#define EXC(body) RULE("r", "proc.name=a") "  exceptions:\n" body

static void test_exceptions(void **state)
{
	static const struct row rows[] = {
		{EXC("  - name: e\n    fields: [proc.pname, fd.name]\n    comps: [=, startswith]\n"
		     "    values:\n    - [x, /y]\n    - [z w, /q]\n"),
		 "proc.name = a and not (proc.pname = x and fd.name startswith /y or proc.pname = \"z w\" and "
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
		 "proc.name = a and not (proc.pname in (x, \"y z\") and fd.name pmatch (/q) or proc.pname in "
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
		 "  - {name: e, values: [y]}\n  - {name: f, fields: [proc.args], values: [[z]]}\n"
		 "  override: {exceptions: append}\n",
		 "proc.name = a and not proc.pname in (x, y) and not proc.args = z"},
		{EXC("  - {name: e, fields: proc.pname, values: [x]}\n") "- rule: r\n  exceptions:\n"
		 "  - {name: f, fields: [proc.args], values: [[z]]}\n  override: {exceptions: replace}\n",
		 "proc.name = a and not proc.args = z"},
	};
	static const struct row bad[] = {
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
	static const struct row told[] = {
		{EXC("  - {name: e, fields: proc.pname}\n  - {name: e, fields: proc.args}\n"),
		 "8:12 warning LOAD_EXCEPTION_NAME_NOT_UNIQUE"},
		{EXC("  - {name: e, fields: proc.pname, values: [x]}\n") "- rule: r\n  append: true\n"
		 "  exceptions:\n  - {name: e}\n",
		 "LOAD_APPEND_NO_VALUES"},
		{EXC("  - {name: e, fields: proc.pname, value: [x]}\n"), "did you mean 'values'?"},
	};

	(void)state;
	BECOMES(rows);
	REFUSED(bad);
	LOADED(told);
}

/* --- places --- */

static void test_places(void **state)
{
	static const struct row rows[] = {
		/* plain, one line and several */
		{RULE("r", "evt.type=open and proc.nam=a"), "2:32 error"},
		{"- rule: r\n  condition: evt.type=open\n    and proc.nam=a\n  desc: d\n  output: o\n"
		 "  priority: info\n",
		 "3:9 error"},
		/* quoted */
		{RULE("r", "'evt.type=open and proc.nam=a'"), "2:33 error"},
		{RULE("r", "\"evt.type=open and proc.nam=a\""), "2:33 error"},
		{RULE("r", "'proc.name=''x'' and proc.nam=a'"), "2:35 error"},
		{RULE("r", "\"proc.name=\\\"x\\\" and proc.nam=a\""), "2:35 error"},
		{RULE("r", "\"proc.name=\\x41\\u00e9 and proc.nam=a\""), "2:40 error"},
		{RULE("r", "\"proc.name=x\\\n      and proc.nam=a\""), NULL},
		{RULE("r", "\"proc.name=x \\\n      and proc.nam=a\""), "3:11 error"},
		{RULE("r", "\"proc.name=x\n\n      and proc.nam=a\""), "4:11 error"},
		/* blocks */
		{RULE("r", ">\n    evt.type=open\n    and proc.nam=a"), "4:9 error"},
		{RULE("r", "|\n    evt.type=open\n    and proc.nam=a"), "4:9 error"},
		{RULE("r", ">-\n\n    evt.type=open\n\n      and\n    proc.nam=a"), "7:5 error"},
		{RULE("r", "|2-\n    evt.type=open\n      and proc.nam=a"), "4:11 error"},
		{RULE("r", "&anchor >\n    evt.type=open\n    and proc.nam=a"), "4:9 error"},
		{RULE("r", "!!str 'proc.nam=a'"), "2:21 error"},
		/* characters, not bytes */
		{RULE("r", "proc.name=\xc3\xa9\xc3\xa9 and proc.nam=a"), "2:31 error"},
		/* other line ends */
		{"- rule: r\r\n  condition: >\r\n    evt.type=open\r\n    and proc.nam=a\r\n  desc: d\r\n"
		 "  output: o\r\n  priority: info\r\n",
		 "4:9 error"},
		/* behind a list: where it stands; in a list: the item */
		{LIST("l", "[a, b]") RULE("r", "proc.name in (l) and proc.nam=a"), "4:35 error"},
		{LIST("l", "[1, b]") RULE("r", "fd.sport in (l)"), "2:14 error"},
		{"- list: l\n  items:\n  - 22\n  - no port\n" RULE("r", "fd.sport in (l)"), "4:5 error"},
		/* in a macro: there */
		{MACRO("m", ">\n    evt.type=open and\n    proc.nam=a") RULE("r", "m"), "4:5 error"},
		/* appended: in its own item */
		{RULE("r", "evt.type=open") "- rule: r\n  condition: and\n    proc.nam=a\n  append: true\n",
		 "8:5 error"},
		/* in exceptions */
		{RULE("r", "evt.type=open") "  exceptions:\n  - {name: e, fields: fd.sport, values: [22, x]}\n",
		 "7:46 error"},
		/* in outputs */
		{"- rule: r\n  condition: evt.type=open\n  desc: d\n  priority: info\n  output: >\n"
		 "    a %proc.name b\n    c %proc.nam\n",
		 "7:8 error"},
		/* an alias stands for itself */
		{"- macro: m\n  condition: &c evt.type=open and proc.nam=a\n- rule: r\n  condition: *c\n"
		 "  desc: d\n  output: o\n  priority: info\n",
		 "4:14 error"},
		/* values, operators, escapes */
		{RULE("r", "fd.num = 12 or fd.num = x"), "2:38 error"},
		{RULE("r", "fd.num contains 12"), "2:21 error"},
		{RULE("r", "|-\n    proc.name = \"ab\\q\""), "3:20 error"},
	};
	struct row used[FX_COUNT(rows)];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < FX_COUNT(rows); i++)
		if (rows[i].words)
			used[n++] = rows[i];
	refused(used, n);
}

/* --- files --- */

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fputs(text, f) < 0, 0);
	assert_int_equal(fclose(f), 0);
}

static void test_files(void **state)
{
	char dir[] = "/tmp/hw-rule-XXXXXX", a[64], b[64], c[64], none[64];
	const char *paths[3] = {dir, NULL, NULL};
	struct rx x = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(a, sizeof(a), "%s/10-a.yaml", dir);
	snprintf(b, sizeof(b), "%s/20-b.yml", dir);
	snprintf(c, sizeof(c), "%s/30-c.txt", dir);
	snprintf(none, sizeof(none), "%s/none.yaml", dir);
	write_file(b, "- {list: l, items: [y], override: {items: append}}\n" RULE("b", "proc.name in (l)"));
	write_file(a, LIST("l", "[x]") RULE("a", "proc.name in (l)"));
	write_file(c, "not rules");

	/* A folder: its rule files, by name. */
	x.rs = ruleset_load(paths, 1, NULL, rx_tell, &x);
	assert_non_null(x.rs);
	assert_int_equal(ruleset_len(x.rs), 2);
	assert_string_equal(ruleset_at(x.rs, 0)->name, "a");
	assert_string_equal(ruleset_at(x.rs, 0)->file, a);
	rx_done(&x);

	/* Files in the order given: the list is not there yet. */
	paths[0] = b;
	paths[1] = a;
	assert_null(ruleset_load(paths, 2, NULL, rx_tell, &x));
	rx_assert_told(&x, "there is no list of this name");
	rx_done(&x);

	paths[0] = none;
	assert_null(ruleset_load(paths, 1, NULL, rx_tell, &x));
	rx_assert_told(&x, "0:0 error LOAD_ERR_FILE_READ: cannot read the file: No such file");
	rx_done(&x);
	paths[0] = c;
	assert_null(ruleset_load(paths, 1, NULL, NULL, NULL));
	unlink(a);
	unlink(b);
	unlink(c);
	rmdir(dir);
}

static void test_hash(void **state)
{
	struct rx x = {0};
	uint64_t a, b;

	(void)state;
	a = ruleset_hash(rx_load(&x, RULE("a", "evt.type=open")));
	b = ruleset_hash(rx_load(&x, RULE("b", "evt.type=open")));
	assert_true(a != b);
	assert_true(a == ruleset_hash(rx_load(&x, RULE("a", "evt.type=open"))));
	rx_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_rule_keys),
		cmocka_unit_test(test_rule_values),
		cmocka_unit_test(test_priorities),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_list_bombs),
		cmocka_unit_test(test_macros),
		cmocka_unit_test(test_macro_fault_once),
		cmocka_unit_test(test_macro_bombs),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_override_values),
		cmocka_unit_test(test_skip_if_unknown),
		cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
