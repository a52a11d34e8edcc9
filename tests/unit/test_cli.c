/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The command line and the settings: what is wrong is refused with the name of what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "config.h"
#include "event.h"
#include "rule/ruleset.h"

#define ARGS_MAX 16
#define S 1000000000ull

/* Splits line at blanks and parses it. */
static int parse(const char *line, struct cli *c, struct buf *err)
{
	static char copy[256]; /* what c points into */
	char *argv[ARGS_MAX + 1] = {"hullwatch"}, *save = NULL;
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		assert_true(argc < ARGS_MAX);
		argv[argc++] = w;
	}
	buf_reset(err);
	return cli_parse(argc, argv, c, err);
}

static void test_wrong_calls(void **state)
{
	static const char *const calls[][2] = {
		{"", "a command is missing"},
		{"rnu", "unknown command \"rnu\"; did you mean \"run\"?"},
		{"recrod -w x", "did you mean \"record\"?"},
		{"xyzzy", "unknown command \"xyzzy\""},
		{"rules", "\"rules\" needs a second word: check list explain"},
		{"rules chekc x", "unknown command \"rules chekc\"; did you mean \"rules check\"?"},
		{"rules -r x", "unknown command \"rules -r\""},
		{"-x", "unknown command \"-x\""},
		{"--jsn", "unknown command \"--jsn\""},
		{"run --jsno", "unknown option --jsno; did you mean --json?"},
		{"run --frobnicate", "unknown option --frobnicate"},
		{"run -x", "unknown option -x"},
		{"fields -r x", "unknown option -r"},
		{"fields --rules x", "unknown option --rules"},
		{"run --rules", "--rules needs a value: --rules PATH"},
		{"run -r", "-r needs a value: -r PATH"},
		{"run --json=1", "--json takes no value"},
		{"run -hx", "-h takes no value"},
		{"run extra", "unexpected argument \"extra\""},
		{"run -- --json", "unexpected argument \"--json\""},
		{"run --json --pretty", "--json and --pretty exclude each other"},
		{"fields --json --markdown", "--json and --markdown exclude each other"},
		{"rules check", "an argument is missing: hullwatch rules check PATH..."},
		{"rules explain", "an argument is missing: hullwatch rules explain NAME"},
		{"rules explain a b", "unexpected argument \"b\""},
		{"replay", "an argument is missing"},
		{"replay a b", "unexpected argument \"b\""},
		{"run --for soon", "--for: \"soon\" is no duration"},
		{"run --for 0", "is no duration"},
		{"run --for -1", "is no duration"},
		{"run --for 5x", "is no duration"},
		{"run --for 99999999999d", "is no duration"},
		{"run --for 99999999999999999999", "is no duration"},
		{"run --events=fiel", "there is no class \"fiel\"; did you mean \"file\"?"},
		{"run --events=file,fact", "there is no class \"fact\""},
		{"run --events=", "a class is missing"},
		{"run --events=,", "a class is missing"},
		{"run --event", "did you mean --events?"},
		{"help rnu", "unknown command \"rnu\""},
	};
	struct buf err = BUF_INIT;
	struct cli c;

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (parse(calls[i][0], &c, &err) != -EINVAL)
			fail_msg("\"%s\" was accepted", calls[i][0]);
		if (!strstr(buf_str(&err), calls[i][1]))
			fail_msg("\"%s\": \"%s\" instead of \"%s\"", calls[i][0], buf_str(&err),
				 calls[i][1]);
	}
	buf_done(&err);
}

static void test_right_call(void **state)
{
	struct buf err = BUF_INIT;
	struct cli c;

	(void)state;
	assert_int_equal(parse("run -r a --rules=b -rc --for 1500ms --events=file,net "
			       "--output=o -w w -o scope=all", &c, &err), 0);
	assert_string_equal(c.command->name, "run");
	assert_int_equal(c.rules.n, 3);
	assert_string_equal(c.rules.items[0], "a");
	assert_string_equal(c.rules.items[1], "b");
	assert_string_equal(c.rules.items[2], "c");
	assert_int_equal(c.for_ns, 1500000000);
	assert_int_equal(c.event_classes, 1 << HW_CLASS_FILE | 1 << HW_CLASS_NET);
	assert_string_equal(c.output, "o");
	assert_string_equal(c.write, "w");
	assert_int_equal(c.sets.n, 1);
	assert_false(c.json || c.pretty || c.help);
	cli_done(&c);

	assert_int_equal(parse("rules check x --json -- -y", &c, &err), 0);
	assert_string_equal(c.command->name, "rules check");
	assert_int_equal(c.args.n, 2);
	assert_string_equal(c.args.items[1], "-y");
	assert_true(c.json);
	cli_done(&c);

	/* Without a list, all classes that an event can have. */
	assert_int_equal(parse("replay --events x", &c, &err), 0);
	assert_string_equal(c.args.items[0], "x");
	assert_true(c.event_classes >> HW_CLASS_PROC & 1);
	assert_false(c.event_classes >> HW_CLASS_FACT & 1);
	cli_done(&c);

	assert_int_equal(parse("--version", &c, &err), 0);
	assert_string_equal(c.command->name, "version");
	cli_done(&c);
	buf_done(&err);
}

static void test_help(void **state)
{
	static const char *const calls[] = {"--help", "-h", "help", "help run", "run --help",
					    "run -h", "rules check --help", "replay -h",
					    "rules --help"};
	struct buf text = BUF_INIT;
	struct cli c;

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		assert_int_equal(parse(calls[i], &c, &text), 0);
		assert_true(c.help);
		cli_done(&c);
	}
	/* Every command says its options, and an example that parses. */
	for (size_t i = 0; i < cli_count(); i++) {
		const struct cli_command *cmd = cli_at(i);

		buf_reset(&text);
		cli_help(cmd, &text);
		assert_non_null(strstr(buf_str(&text), "--help"));
		assert_non_null(strstr(buf_str(&text), "example:"));
		assert_non_null(strstr(cmd->example, cmd->name));
		assert_non_null(cmd->run);
		for (const char *p = buf_str(&text); p && *p; p = strchr(p, '\n')) {
			p += *p == '\n';
			assert_true(strcspn(p, "\n") <= 130);
		}
	}
	assert_null(cli_at(cli_count()));
	buf_reset(&text);
	cli_help(NULL, &text);
	for (size_t i = 0; i < cli_count(); i++)
		assert_non_null(strstr(buf_str(&text), cli_at(i)->name));
	buf_done(&text);
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {{"1", S}, {"500ms", S / 2}, {"10s", 10 * S}, {"2m", 120 * S},
		    {"1h", 3600 * S}, {"1d", 86400 * S}};
	static const char *const bad[] = {"", "s", "1.5s", "1 s", "1S", "0x1", "+1", "1sec", "0ms"};
	uint64_t ns = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(cli_duration(good[i].text, &ns));
		assert_int_equal(ns, good[i].ns);
	}
	ns = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(cli_duration(bad[i], &ns));
		assert_int_equal(ns, 7);
	}
}

/* --- settings --- */

static void test_defaults(void **state)
{
	struct config c;

	(void)state;
	assert_int_equal(config_init(&c), 0);
	assert_int_equal(c.scope, SCOPE_ALL);
	assert_int_equal(c.rules_match, MATCH_FIRST);
	assert_int_equal(c.priority, PRIO_DEBUG);
	assert_int_equal(c.ring_size, 0);
	assert_int_equal(c.record_level, 1);
	assert_true(c.output_stdout);
	assert_string_equal(c.output_file, "");
	/* The names of priorities are those of the rules. */
	for (size_t i = 0; i < config_count(); i++) {
		const struct setting *s = config_at(i);
		unsigned p;

		for (unsigned j = 0; !strcmp(s->name, "priority") && s->choices[j]; j++) {
			assert_true(rule_priority_parse(s->choices[j], &p));
			assert_int_equal(p, j);
		}
	}
	config_done(&c);
}

static void test_wrong_settings(void **state)
{
	static const char *const pairs[][2] = {
		{"", "is not KEY=VALUE"},
		{"scope", "\"scope\" is not KEY=VALUE"},
		{"=x", "is not KEY=VALUE"},
		{"scoep=all", "unknown setting \"scoep\"; did you mean \"scope\"?"},
		{"ring-size=1M", "unknown setting \"ring-size\"; did you mean \"ring.size\"?"},
		{"frobnicate=1", "unknown setting \"frobnicate\"; --help lists them"},
		{"scope=container", "scope: \"container\" is not one of all or containers; did you "
				    "mean \"containers\"?"},
		{"scope=", "scope: \"\" is not one of"},
		{"priority=loud", "priority: \"loud\" is not one of emergency, alert"},
		{"rules.match=1", "rules.match: \"1\" is not one of first or all"},
		{"output.stdout=maybe", "output.stdout: \"maybe\" is neither true nor false"},
		{"ring.size=big", "ring.size: \"big\" is not a size"},
		{"ring.size=-1", "is not a size"},
		{"ring.size=1.5M", "is not a size"},
		{"ring.size=8MM", "is not a size"},
		{"ring.size=99999999999999999999", "is not a size"},
		{"ring.size=18446744073709551615G", "is not a size"},
		{"ring.size=4096", "ring.size: 4096 is out of bounds: 65536 to 1073741824"},
		{"ring.size=2G", "is out of bounds"},
		{"ring.size=100000", "ring.size: 100000 is not a power of two"},
		{"record.level=10", "record.level: 10 is out of bounds: 0 to 9"},
		{"record.level=1K", "record.level: \"1K\" is not a number"},
		{"log.level=loud", "log.level: \"loud\" is not one of"},
	};
	struct buf err = BUF_INIT;
	struct config c;

	(void)state;
	assert_int_equal(config_init(&c), 0);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		buf_reset(&err);
		assert_int_equal(config_set_pair(&c, pairs[i][0], &err), -EINVAL);
		if (!strstr(buf_str(&err), pairs[i][1]))
			fail_msg("\"%s\": \"%s\" instead of \"%s\"", pairs[i][0], buf_str(&err),
				 pairs[i][1]);
	}
	assert_int_equal(c.scope, SCOPE_ALL);
	assert_int_equal(c.ring_size, 0);
	config_done(&c);
	buf_done(&err);
}

static void test_right_settings(void **state)
{
	struct buf err = BUF_INIT;
	struct config c;

	(void)state;
	assert_int_equal(config_init(&c), 0);
	assert_int_equal(config_set_pair(&c, "ring.size=8M", &err), 0);
	assert_int_equal(c.ring_size, 8 << 20);
	assert_int_equal(config_set_pair(&c, "ring.size=64KiB", &err), 0);
	assert_int_equal(c.ring_size, 65536);
	assert_int_equal(config_set_pair(&c, "ring.size=0", &err), 0);
	assert_int_equal(c.ring_size, 0);
	assert_int_equal(config_set_pair(&c, "priority=WARNING", &err), 0);
	assert_int_equal(c.priority, PRIO_WARNING);
	assert_int_equal(config_set_pair(&c, "output.file=/x=y", &err), 0);
	assert_string_equal(c.output_file, "/x=y");
	assert_int_equal(config_set_pair(&c, "output.file=", &err), 0);
	assert_string_equal(c.output_file, "");
	assert_int_equal(config_set_pair(&c, "output.stdout=off", &err), 0);
	assert_false(c.output_stdout);
	assert_int_equal(err.len, 0);
	config_done(&c);
	buf_done(&err);
}

static void test_wrong_files(void **state)
{
	static const char *const files[][2] = {
		{"scope: [all]\n", "f.yaml:1:1: scope: one value is expected, not a sequence"},
		{"ring:\n  size: 8M\n", "f.yaml:1:1: ring: one value is expected, not a mapping"},
		{"- scope\n", "f.yaml:1:1: settings are a mapping"},
		{"scope\n", "f.yaml:1:1: settings are a mapping"},
		{"scope: all\nscope: all\n", "f.yaml:2:1: \"scope\" was set before"},
		{"scope: all\n\nprioritty: error\n", "f.yaml:3:12: unknown setting \"prioritty\""},
		{"scope:\n", "scope: \"\" is not one of"},
		{"record.level:   11\n", "f.yaml:1:17: record.level: 11 is out of bounds"},
		{"[a]: b\n", "f.yaml:1:1: a setting's name is expected"},
		{"scope: 'all\n", "f.yaml:"},
		{"a: b: c\n", "f.yaml:1:"},
		{"\tscope: all\n", "f.yaml:1:"},
		{"scope: all\n---\nscope: x\n", "f.yaml:3:8: scope: \"x\" is not one of"},
	};
	struct buf err = BUF_INIT;
	struct config c;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(config_init(&c), 0);
		buf_reset(&err);
		if (config_text(&c, "f.yaml", files[i][0], strlen(files[i][0]), &err) != -EINVAL)
			fail_msg("\"%s\" was accepted", files[i][0]);
		if (strncmp(buf_str(&err), files[i][1], strlen(files[i][1])) &&
		    !strstr(buf_str(&err), files[i][1]))
			fail_msg("\"%s\": \"%s\" instead of \"%s\"", files[i][0], buf_str(&err),
				 files[i][1]);
		config_done(&c);
	}
	buf_done(&err);
}

static void test_right_files(void **state)
{
	static const char text[] = "# settings\nscope: containers\nring.size: 8M\n"
				   "output.file: \"/var/log/x\"\noutput.stdout: no\n";
	struct buf err = BUF_INIT;
	struct config c;

	(void)state;
	assert_int_equal(config_init(&c), 0);
	assert_int_equal(config_text(&c, "f", "", 0, &err), 0);
	assert_int_equal(config_text(&c, "f", "# nothing\n", 10, &err), 0);
	assert_int_equal(config_text(&c, "f", text, sizeof(text) - 1, &err), 0);
	assert_int_equal(c.scope, SCOPE_CONTAINERS);
	assert_int_equal(c.ring_size, 8 << 20);
	assert_string_equal(c.output_file, "/var/log/x");
	assert_false(c.output_stdout);
	assert_int_equal(config_file(&c, "/nonexistent/f", true, &err), 0);
	assert_int_equal(err.len, 0);
	assert_int_equal(config_file(&c, "/nonexistent/f", false, &err), -ENOENT);
	assert_non_null(strstr(buf_str(&err), "/nonexistent/f: cannot be read"));
	buf_reset(&err);
	assert_true(config_file(&c, "/", false, &err) < 0);
	config_done(&c);
	buf_done(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_calls),   cmocka_unit_test(test_right_call),
		cmocka_unit_test(test_help),	      cmocka_unit_test(test_durations),
		cmocka_unit_test(test_defaults),      cmocka_unit_test(test_wrong_settings),
		cmocka_unit_test(test_right_settings), cmocka_unit_test(test_wrong_files),
		cmocka_unit_test(test_right_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
