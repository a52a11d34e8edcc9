/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Rule files: documents, items, keys, values, requirements, files and folders; and that every fault
 * names its place.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "rule_fixture.h"

static void test_documents(void **state)
{
	static const struct rx_row good[] = {
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
	static const struct rx_row bad[] = {
		{"text\n",
		 "1:1 error LOAD_ERR_YAML_VALIDATE: found a scalar where a rule file has"},
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
	static const struct rx_row good[] = {
		{"- required_engine_version: 10\n", NULL},
		{"- required_engine_version: \"63\"\n", NULL},
		{"- required_engine_version: 0.57.0\n", NULL},
		{"- required_engine_version: 0.63.0\n", NULL},
		{"- required_plugin_versions:\n  - name: container\n    version: 0.4.0\n", NULL},
		{"- required_plugin_versions:\n  - {name: container, version: 0.6.9}\n", NULL},
		{"- required_plugin_versions:\n  - name: k8saudit\n    version: 0.7.0\n    "
		 "alternatives:\n"
		 "      - {name: container, version: 0.1.0}\n",
		 NULL},
	};
	static const struct rx_row bad[] = {
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
		 "2:5 error LOAD_ERR_VALIDATE: the rules need one of the plugins container (>= "
		 "0.9.0)"},
		{"- required_plugin_versions:\n  - {name: json, version: 0.1.0}\n",
		 "need one of the plugins json (>= 0.1.0)"},
		{"- required_plugin_versions:\n  - {name: container, version: 1.0.0}\n",
		 "need one of"},
		{"- required_plugin_versions:\n  - {name: container}\n", "'name' and 'version'"},
		{"- required_plugin_versions:\n  - {name: container, version: 4}\n",
		 "three numbers"},
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
	static const struct rx_row good[] = {
		{RULE("a", "evt.type=open"), NULL},
		{RULE("a", "evt.type=open") "  tags: [x, y, x]\n  enabled: No\n  source: syscall\n",
		 NULL},
		{RULE("a", "evt.type=open") "  capture: false\n  capture_duration: 5000\n", NULL},
		{RULE("a", "evt.type=open") "  color: red\n",
		 "6:3 warning LOAD_UNKNOWN_KEY: rule 'a': unknown key 'color' is ignored"},
		{RULE("a", "evt.type=open") "  tag: [x]\n", "did you mean 'tags'?"},
		{RULE("a", "evt.type=open") "  desc: again\n",
		 "6:3 warning LOAD_UNKNOWN_KEY: rule 'a': key "
		 "'desc' is written twice"},
		{RULE("a", "ka.verb = x") "  source: k8s_audit\n",
		 "1:9 warning LOAD_UNKNOWN_SOURCE: rule 'a' is left out: its source is "
		 "'k8s_audit'"},
		{RULE("a", "proc.name = x"), "LOAD_NO_EVTTYPE: rule 'a' matches"},
		{RULE("a", "proc.name = x") "  warn_evttypes: false\n", NULL},
	};
	static const struct rx_row bad[] = {
		{"- rule: a\n",
		 "1:3 error LOAD_ERR_YAML_VALIDATE: rule 'a': a rule needs the keys"},
		{"- rule:\n", "'rule' has no value"},
		{"- rule: [a]\n", "must be a text"},
		{"- rule: \"\"\n", "'rule' has no value"},
		{"- rule: a\n  condition: m\n  output: o\n  priority: info\n",
		 "the rule has no key 'desc'"},
		{"- rule: a\n  desc: m\n  output: o\n  priority: info\n", "has no key 'condition'"},
		{"- rule: a\n  desc: m\n  condition: m\n  priority: info\n", "has no key 'output'"},
		{"- rule: a\n  desc: m\n  condition: m\n  output: o\n", "has no key 'priority'"},
		{"- rule: a\n  desc: d\n  condition:\n  output: o\n  priority: info\n",
		 "3:3 error LOAD_ERR_YAML_VALIDATE: rule 'a': 'condition' has no value"},
		{"- rule: a\n  desc: d\n  condition: {}\n  output: o\n  priority: info\n",
		 "'condition' must be a text, found a mapping"},
		{"- rule: a\n  desc: d\n  condition: evt.type=open\n  output: o\n  priority: "
		 "warn\n",
		 "5:13 error LOAD_ERR_YAML_VALIDATE: rule 'a': 'warn' is no priority"},
		{RULE("a", "evt.type=open") "  enabled: maybe\n",
		 "'enabled' must be true or false"},
		{RULE("a", "evt.type=open") "  tags: x\n", "'tags' must be a sequence"},
		{RULE("a", "evt.type=open") "  tags: [[x]]\n", "an entry of 'tags' must be a text"},
		{RULE("a", "evt.type=open") "  capture: true\n",
		 "6:12 error LOAD_ERR_YAML_VALIDATE: rule 'a': 'capture: true' asks for a capture "
		 "file"},
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
	assert_non_null(rx_load(
		&x, "- rule: \"The: rule\"\n  condition: evt.type in (open, openat)\n"
		    "  desc: >\n    what\n    it does\n  output: \"  a b \\n \"\n"
		    "  priority: WARNING\n  tags: [z, a, z]\n  enabled: off\n" RULE(
			    "b", "evt.type = connect and evt.num = 0") "  enabled: 'True'\n"));
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
		buf_addf(&yaml,
			 "- {rule: r%u, condition: evt.type=open, desc: d, output: o, priority: "
			 "%s}\n",
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

static void test_skip_if_unknown(void **state)
{
	static const struct rx_row skipped[] = {
		{RULE("r", "evt.type=ioctl") "  skip-if-unknown-filter: true\n",
		 "2:23 warning LOAD_UNKNOWN_FILTER: rule 'r': event type 'ioctl' is known but not "
		 "captured by "
		 "this agent"},
		{RULE("r", "evt.type=opn") "  skip-if-unknown-filter: true\n",
		 "there is no event type 'opn'"},
		{RULE("r", "no.field=x") "  skip-if-unknown-filter: true\n",
		 "there is no field 'no.field'"},
		{RULE("r", "evt.arg.nosuch=x") "  skip-if-unknown-filter: true\n",
		 "no event has an argument"},
		{"- {rule: r, condition: evt.type=open, desc: d, output: '%no.field', priority: "
		 "info, "
		 "skip-if-unknown-filter: true}\n",
		 "LOAD_UNKNOWN_FILTER: rule 'r': there is no field 'no.field'"},
	};
	static const struct rx_row still[] = {
		{RULE("r", "evt.type=ioctl"),
		 "error LOAD_ERR_COMPILE_CONDITION: rule 'r': event type 'ioctl' is "
		 "known but not captured"},
		{RULE("r", "evt.type=opne"), "did you mean 'open'?"},
		{RULE("r", "evt.type in (open, clsoe)"), "2:33 error"},
		{RULE("r", "evt.type=lost"), "a record of facts"},
		{RULE("r", "evt.type=hdr"), "no event type 'hdr'"},
		{RULE("r", "nomacro") "  skip-if-unknown-filter: true\n",
		 "undefined macro 'nomacro'"},
		{RULE("r", "proc.name ~ x") "  skip-if-unknown-filter: true\n",
		 "expected an operator"},
		{RULE("r", "no.field=x and fd.num = x") "  skip-if-unknown-filter: true\n",
		 "fd.num"},
	};
	struct rx x = {0};

	(void)state;
	LOADED(skipped);
	REFUSED(still);
	assert_non_null(rx_load(&x, skipped[0].yaml));
	assert_int_equal(ruleset_len(x.rs), 0);
	rx_done(&x);
}

/* --- places --- */

static void test_places(void **state)
{
	static const struct rx_row rows[] = {
		/* plain, one line and several */
		{RULE("r", "evt.type=open and proc.nam=a"), "2:32 error"},
		{"- rule: r\n  condition: evt.type=open\n    and proc.nam=a\n  desc: d\n  output: "
		 "o\n"
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
		{"- rule: r\r\n  condition: >\r\n    evt.type=open\r\n    and proc.nam=a\r\n  "
		 "desc: d\r\n"
		 "  output: o\r\n  priority: info\r\n",
		 "4:9 error"},
		/* behind a list: where it stands; in a list: the item */
		{LIST("l", "[a, b]") RULE("r", "proc.name in (l) and proc.nam=a"), "4:35 error"},
		{LIST("l", "[1, b]") RULE("r", "fd.sport in (l)"), "2:14 error"},
		{"- list: l\n  items:\n  - 22\n  - no port\n" RULE("r", "fd.sport in (l)"),
		 "4:5 error"},
		/* in a macro: there */
		{MACRO("m", ">\n    evt.type=open and\n    proc.nam=a") RULE("r", "m"),
		 "4:5 error"},
		/* appended: in its own item */
		{RULE("r", "evt.type=open") "- rule: r\n  condition: and\n    proc.nam=a\n  "
					    "append: true\n",
		 "8:5 error"},
		/* in exceptions */
		{RULE("r", "evt.type=open") "  exceptions:\n  - {name: e, fields: fd.sport, "
					    "values: [22, x]}\n",
		 "7:46 error"},
		/* in outputs */
		{"- rule: r\n  condition: evt.type=open\n  desc: d\n  priority: info\n  output: >\n"
		 "    a %proc.name b\n    c %proc.nam\n",
		 "7:8 error"},
		/* an alias stands for itself */
		{"- macro: m\n  condition: &c evt.type=open and proc.nam=a\n- rule: r\n  "
		 "condition: *c\n"
		 "  desc: d\n  output: o\n  priority: info\n",
		 "4:14 error"},
		/* values, operators, escapes */
		{RULE("r", "fd.num = 12 or fd.num = x"), "2:38 error"},
		{RULE("r", "fd.num contains 12"), "2:21 error"},
		{RULE("r", "|-\n    proc.name = \"ab\\q\""), "3:20 error"},
	};
	struct rx_row used[FX_COUNT(rows)];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < FX_COUNT(rows); i++)
		if (rows[i].words)
			used[n++] = rows[i];
	rx_refused(used, n);
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
	write_file(b, "- {list: l, items: [y], override: {items: append}}\n" RULE(
			      "b", "proc.name in (l)"));
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
		cmocka_unit_test(test_skip_if_unknown),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
