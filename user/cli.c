/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The rows of commands and options, and the parser that they drive. */
#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "cmd.h"
#include "event/schema.h"
#include "watch.h"

#define NS_PER_MS 1000000ull

enum opt_kind { KIND_FLAG, KIND_TEXT, KIND_LIST, KIND_DURATION, KIND_CLASSES };

struct option_row {
	enum cli_opt bit;
	char letter; /* 0: none */
	const char *name;
	const char *arg; /* NULL: takes none */
	enum opt_kind kind; /* of classes, the argument may be left out */
	size_t offset; /* in struct cli */
	const char *help;
};

#define AT(field) offsetof(struct cli, field)

static const struct option_row options[] = {
	{OPT_RULES, 'r', "rules", "PATH", KIND_LIST, AT(rules),
	 "rule file or folder, repeatable (default: /etc/hullwatch/rules.d, else ./rules)"},
	{OPT_CONFIG, 'c', "config", "FILE", KIND_TEXT, AT(config),
	 "settings (default: " CONFIG_FILE " where it exists)"},
	{OPT_SET, 'o', "set", "KEY=VALUE", KIND_LIST, AT(sets), "override one setting, repeatable"},
	{OPT_JSON, 0, "json", NULL, KIND_FLAG, AT(json), "JSON: one object a line"},
	{OPT_PRETTY, 0, "pretty", NULL, KIND_FLAG, AT(pretty),
	 "lines for people (default on a terminal, JSON otherwise)"},
	{OPT_EVENTS, 0, "events", "CLASS,...", KIND_CLASSES, AT(event_classes),
	 "the event feed too, not only alerts; of these classes, or of all but reads and writes"},
	{OPT_FOR, 0, "for", "DURATION", KIND_DURATION, AT(for_ns),
	 "stop by itself: 500ms, 10s, 2m, 1h"},
	{OPT_OUTPUT, 0, "output", "FILE", KIND_TEXT, AT(output),
	 "append the lines to this file too, as JSON"},
	{OPT_WRITE, 'w', "write", "FILE", KIND_TEXT, AT(write), "write a recording"},
	{OPT_ALL_MATCHES, 0, "all-matches", NULL, KIND_FLAG, AT(all_matches),
	 "every rule that holds for an event alerts, not only the first"},
	{OPT_STATS, 0, "stats", NULL, KIND_FLAG, AT(stats),
	 "say on stderr how many records took how long"},
	{OPT_MARKDOWN, 0, "markdown", NULL, KIND_FLAG, AT(markdown), "as Markdown"},
	{OPT_MISSING, 0, "missing", NULL, KIND_FLAG, AT(missing),
	 "name the rules that no case shows to alert, or to miss nearly; there may be none"},
	{OPT_HELP, 'h', "help", NULL, KIND_FLAG, AT(help), "this text"},
};

#define N_OPTIONS (sizeof(options) / sizeof(options[0]))
#define FORMAT (OPT_JSON | OPT_PRETTY)
#define SETTINGS (OPT_CONFIG | OPT_SET)

static const struct cli_command commands[] = {
	{"run", "", "watch this machine until stopped", "sudo hullwatch run -r rules --pretty",
	 OPT_RULES | SETTINGS | FORMAT | OPT_EVENTS | OPT_FOR | OPT_OUTPUT | OPT_WRITE |
		 OPT_ALL_MATCHES, 0, 0, cmd_run},
	{"rules check", "PATH...", "load rules and say every fault; status 1 when there is one",
	 "hullwatch rules check rules my_rules.yaml", OPT_JSON, 1, 1024, cmd_rules_check},
	{"rules list", "", "what is loaded, with event types and tags",
	 "hullwatch rules list -r rules", OPT_RULES | OPT_JSON, 0, 0, cmd_rules_list},
	{"rules explain", "NAME", "one rule: expanded condition, event types, what is filtered",
	 "hullwatch rules explain 'Terminal shell in container'", OPT_RULES | OPT_JSON, 1, 1,
	 cmd_rules_explain},
	{"rules test", "PATH...", "run the cases beside rules (X.test.yaml); status 1 if one fails",
	 "hullwatch rules test rules", OPT_RULES | OPT_JSON | OPT_MISSING, 1, 1024,
	 cmd_rules_test},
	{"fields", "", "the fields that rules and outputs can name",
	 "hullwatch fields | grep container", OPT_JSON | OPT_MARKDOWN, 0, 0, cmd_fields},
	{"events", "", "the events and what each carries", "hullwatch events",
	 OPT_JSON | OPT_MARKDOWN, 0, 0, cmd_events},
	{"containers", "", "the containers on this machine with all that is known of each",
	 "sudo hullwatch containers --json", OPT_JSON, 0, 0, cmd_containers},
	{"record", "-w FILE", "write a recording: events, and the state they need",
	 "sudo hullwatch record -w /tmp/run.rec --for 10s",
	 OPT_RULES | SETTINGS | OPT_EVENTS | OPT_FOR | OPT_WRITE, 0, 0, cmd_record},
	{"replay", "FILE", "run a recording through the same pipeline",
	 "hullwatch replay /tmp/run.rec -r rules --pretty",
	 OPT_RULES | SETTINGS | FORMAT | OPT_EVENTS | OPT_OUTPUT | OPT_ALL_MATCHES | OPT_STATS,
	 1, 1, cmd_replay},
	{"doctor", "", "what this kernel and host can do, hook by hook, and what is lost",
	 "sudo hullwatch doctor", OPT_JSON, 0, 0, cmd_doctor},
	{"version", "", "the version", "hullwatch version", OPT_JSON, 0, 0, cmd_version},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

size_t cli_count(void)
{
	return N_COMMANDS;
}

const struct cli_command *cli_at(size_t i)
{
	return i < N_COMMANDS ? &commands[i] : NULL;
}

/* --- values --- */

bool cli_duration(const char *s, uint64_t *ret_ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {
		{"", 1000 * NS_PER_MS},	 {"ms", NS_PER_MS},	      {"s", 1000 * NS_PER_MS},
		{"m", 60000 * NS_PER_MS}, {"h", 3600000 * NS_PER_MS}, {"d", 86400000 * NS_PER_MS},
	};
	uint64_t n;
	char *end;

	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	n = strtoull(s, &end, 10);
	if (errno || !n)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		/* timerfd takes signed seconds; 100 years are enough. */
		if (n > 36500 * 86400000ull * NS_PER_MS / units[i].ns)
			return false;
		*ret_ns = n * units[i].ns;
		return true;
	}
	return false;
}

/* Classes that an event of the feed can have. */
static bool feed_class(unsigned class)
{
	return class != HW_CLASS_SELF && class != HW_CLASS_FACT;
}

static int add_class(const char *word, uint32_t *classes, struct buf *err)
{
	struct nearest near = {.word = word};

	for (unsigned i = 0; i < HW_CLASS_MAX; i++) {
		const char *name = schema_class_name(i);

		if (!feed_class(i))
			continue;
		if (!strcmp(name, word)) {
			*classes |= 1u << i;
			return 0;
		}
		nearest_offer(&near, name);
	}
	buf_addf(err, "--events: there is no class \"%s\"", word);
	if (near.best)
		buf_addf(err, "; did you mean \"%s\"?", near.best);
	buf_adds(err, " Classes are");
	for (unsigned i = 0; i < HW_CLASS_MAX; i++)
		if (feed_class(i))
			buf_addf(err, " %s", schema_class_name(i));
	return -EINVAL;
}

int cli_classes(const char *s, uint32_t *ret_classes, struct buf *err)
{
	uint32_t classes = 0;
	char *copy, *save = NULL;
	int ret = 0;

	if (!s) {
		for (unsigned i = 0; i < HW_CLASS_MAX; i++)
			classes |= feed_class(i) ? 1u << i : 0;
		*ret_classes = classes | HW_FEED_NO_DATA;
		return 0;
	}
	copy = strdup(s);
	if (!copy)
		return -ENOMEM;
	for (char *w = strtok_r(copy, ",", &save); w && !ret; w = strtok_r(NULL, ",", &save))
		ret = add_class(w, &classes, err);
	if (!ret && !classes) {
		buf_adds(err, "--events=: a class is missing, as --events=file,net");
		ret = -EINVAL;
	}
	if (!ret)
		*ret_classes |= classes;
	free(copy);
	return ret;
}

static int list_add(struct cli_list *l, const char *s)
{
	const char **items = realloc(l->items, (l->n + 1) * sizeof(*items));

	if (!items)
		return -ENOMEM;
	items[l->n++] = s;
	l->items = items;
	return 0;
}

static int set_option(struct cli *c, const struct option_row *o, const char *value,
		      struct buf *err)
{
	void *at = (char *)c + o->offset;

	switch (o->kind) {
	case KIND_FLAG:
		*(bool *)at = true;
		return 0;
	case KIND_TEXT:
		*(const char **)at = value;
		return 0;
	case KIND_LIST:
		return list_add(at, value);
	case KIND_CLASSES:
		return cli_classes(value, at, err);
	case KIND_DURATION:
		if (cli_duration(value, at))
			return 0;
		buf_addf(err, "--%s: \"%s\" is no duration; 500ms, 10s, 2m and 1h are", o->name,
			 value);
		return -EINVAL;
	}
	return -EINVAL;
}

/* --- finding rows --- */

static uint32_t allowed(const struct cli *c)
{
	return (c->command ? c->command->options : 0) | OPT_HELP;
}

static const struct option_row *find_option(const struct cli *c, const char *name, size_t len,
					    struct buf *err)
{
	char word[64];
	struct nearest near = {.word = word};

	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	for (size_t i = 0; i < N_OPTIONS; i++) {
		const struct option_row *o = &options[i];

		if (!(o->bit & allowed(c)))
			continue;
		if (strlen(o->name) == len && !memcmp(o->name, name, len))
			return o;
		nearest_offer(&near, o->name);
	}
	buf_addf(err, "unknown option --%s", word);
	if (near.best)
		buf_addf(err, "; did you mean --%s?", near.best);
	return NULL;
}

static const struct option_row *find_letter(const struct cli *c, char letter, struct buf *err)
{
	for (size_t i = 0; i < N_OPTIONS; i++)
		if (options[i].letter == letter && options[i].bit & allowed(c))
			return &options[i];
	buf_addf(err, "unknown option -%c", letter);
	return NULL;
}

/* Does the command's name match the words; how many does it take? */
static size_t match_words(const char *name, int n, char *const *words)
{
	const char *blank = strchr(name, ' ');

	if (!blank)
		return !strcmp(name, words[0]);
	if (n < 2 || strlen(words[0]) != (size_t)(blank - name) ||
	    memcmp(name, words[0], (size_t)(blank - name)) != 0)
		return 0;
	return strcmp(blank + 1, words[1]) ? 0 : 2;
}

static void say_unknown_command(int n, char *const *words, struct buf *err)
{
	char two[128];
	struct nearest one_word = {.word = words[0]}, two_words = {.word = two};
	const char *best;
	size_t len = strlen(words[0]);
	bool group = false;

	snprintf(two, sizeof(two), "%s %s", words[0], n > 1 ? words[1] : "");
	for (size_t i = 0; i < N_COMMANDS; i++) {
		group |= !strncmp(commands[i].name, words[0], len) && commands[i].name[len] == ' ';
		nearest_offer(strchr(commands[i].name, ' ') ? &two_words : &one_word,
			      commands[i].name);
	}
	if (group && n < 2)
		buf_addf(err, "\"%s\" needs a second word:", words[0]);
	else
		buf_addf(err, "unknown command \"%s\"", group ? two : words[0]);
	best = one_word.best ? one_word.best : two_words.best;
	if (best && !(group && n < 2))
		buf_addf(err, "; did you mean \"%s\"?", best);
	for (size_t i = 0; group && n < 2 && i < N_COMMANDS; i++)
		if (!strncmp(commands[i].name, words[0], len) && commands[i].name[len] == ' ')
			buf_addf(err, " %s", commands[i].name + len + 1);
}

/* --- parsing --- */

struct cursor {
	int argc, at;
	char *const *argv;
};

/* --name, --name=value, --name value */
static int parse_long(struct cli *c, struct cursor *cur, struct buf *err)
{
	const char *name = cur->argv[cur->at] + 2, *eq = strchr(name, '=');
	const struct option_row *o =
		find_option(c, name, eq ? (size_t)(eq - name) : strlen(name), err);
	const char *value = eq ? eq + 1 : NULL;

	if (!o)
		return -EINVAL;
	cur->at++;
	if (value && !o->arg) {
		buf_addf(err, "--%s takes no value", o->name);
		return -EINVAL;
	}
	if (!value && o->arg && o->kind != KIND_CLASSES) {
		if (cur->at >= cur->argc) {
			buf_addf(err, "--%s needs a value: --%s %s", o->name, o->name, o->arg);
			return -EINVAL;
		}
		value = cur->argv[cur->at++];
	}
	return set_option(c, o, value, err);
}

/* -x, -xVALUE, -x VALUE */
static int parse_short(struct cli *c, struct cursor *cur, struct buf *err)
{
	const char *word = cur->argv[cur->at];
	const struct option_row *o = find_letter(c, word[1], err);
	const char *value = word[2] ? word + 2 : NULL;

	if (!o)
		return -EINVAL;
	cur->at++;
	if (value && !o->arg) {
		buf_addf(err, "-%c takes no value", o->letter);
		return -EINVAL;
	}
	if (!value && o->arg) {
		if (cur->at >= cur->argc) {
			buf_addf(err, "-%c needs a value: -%c %s", o->letter, o->letter, o->arg);
			return -EINVAL;
		}
		value = cur->argv[cur->at++];
	}
	return set_option(c, o, value, err);
}

static int parse_words(struct cli *c, struct cursor *cur, struct buf *err)
{
	bool only_args = false;
	int ret = 0;

	while (!ret && cur->at < cur->argc) {
		const char *word = cur->argv[cur->at];

		if (only_args || word[0] != '-' || !word[1]) {
			ret = list_add(&c->args, word);
			cur->at++;
		} else if (!strcmp(word, "--")) {
			only_args = true;
			cur->at++;
		} else if (word[1] == '-') {
			ret = parse_long(c, cur, err);
		} else {
			ret = parse_short(c, cur, err);
		}
	}
	return ret;
}

static int check_call(const struct cli *c, struct buf *err)
{
	const struct cli_command *cmd = c->command;

	if (c->args.n < cmd->min_args) {
		buf_addf(err, "an argument is missing: hullwatch %s %s", cmd->name, cmd->args);
		return -EINVAL;
	}
	if (c->args.n > cmd->max_args) {
		buf_addf(err, "unexpected argument \"%s\"", c->args.items[cmd->max_args]);
		return -EINVAL;
	}
	if (c->json && (c->pretty || c->markdown)) {
		buf_addf(err, "--json and --%s exclude each other",
			 c->pretty ? "pretty" : "markdown");
		return -EINVAL;
	}
	return 0;
}

static int parse_command(struct cli *c, struct cursor *cur, struct buf *err)
{
	for (size_t i = 0; i < N_COMMANDS && !c->command; i++) {
		size_t n = match_words(commands[i].name, cur->argc - cur->at, cur->argv + cur->at);

		if (!n)
			continue;
		c->command = &commands[i];
		cur->at += (int)n;
	}
	if (c->command)
		return 0;
	say_unknown_command(cur->argc - cur->at, cur->argv + cur->at, err);
	return -EINVAL;
}

int cli_parse(int argc, char *const *argv, struct cli *ret, struct buf *err)
{
	struct cursor cur = {.argc = argc, .at = 1, .argv = argv};
	int fault;

	memset(ret, 0, sizeof(*ret));
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
			 !strcmp(argv[1], "help"))) {
		ret->help = true;
		cur.at++;
		/* "help run" is "run --help". */
		return cur.at < argc && argv[1][0] != '-' ? parse_command(ret, &cur, err) : 0;
	}
	if (argc < 2) {
		buf_adds(err, "a command is missing");
		return -EINVAL;
	}
	if (!strcmp(argv[1], "--version"))
		return parse_command(ret, &(struct cursor){1, 0, (char *[]){"version", NULL}}, err);
	fault = parse_command(ret, &cur, err);
	/* "rules --help" names no command, but says what is wanted. */
	if (fault && argc == 3 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h"))) {
		buf_reset(err);
		ret->help = true;
		return 0;
	}
	if (!fault)
		fault = parse_words(ret, &cur, err);
	if (!fault && !ret->help)
		fault = check_call(ret, err);
	if (fault)
		cli_done(ret);
	return fault;
}

void cli_done(struct cli *c)
{
	free(c->args.items);
	free(c->rules.items);
	free(c->sets.items);
	c->args = c->rules = c->sets = (struct cli_list){NULL, 0};
}

/* --- help --- */

#define HELP_COLUMN 28

static void add_row(struct buf *out, const char *left, const char *text)
{
	size_t len = strlen(left);

	buf_addf(out, "  %s", left);
	if (len + 4 > HELP_COLUMN)
		buf_addf(out, "\n%*s", HELP_COLUMN, "");
	else
		buf_addf(out, "%*s", (int)(HELP_COLUMN - 2 - len), "");
	buf_addf(out, "%s\n", text);
}

static void help_options(const struct cli_command *cmd, struct buf *out)
{
	char left[64];

	buf_adds(out, "\noptions:\n");
	for (size_t i = 0; i < N_OPTIONS; i++) {
		const struct option_row *o = &options[i];
		bool may = o->kind == KIND_CLASSES;
		char letter[5] = "    ";

		if (!(o->bit & (cmd->options | OPT_HELP)))
			continue;
		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, o->name,
			 !o->arg ? "" : may ? "[=" : " ", o->arg ? o->arg : "", may ? "]" : "");
		add_row(out, left, o->help);
	}
}

static void help_settings(struct buf *out)
{
	char left[64];

	buf_adds(out, "\nsettings (-o KEY=VALUE, or lines KEY: VALUE of the settings file):\n");
	for (size_t i = 0; i < config_count(); i++) {
		const struct setting *s = config_at(i);

		snprintf(left, sizeof(left), "%s=%s", s->name, *s->def ? s->def : "\"\"");
		add_row(out, left, s->help);
		for (unsigned j = 0; s->choices && s->choices[j]; j++)
			buf_addf(out, "%s%s", j ? ", " : "                            one of ",
				 s->choices[j]);
		if (s->choices)
			buf_addc(out, '\n');
	}
}

void cli_help(const struct cli_command *cmd, struct buf *out)
{
	char left[64];

	if (cmd) {
		buf_addf(out, "usage: hullwatch %s%s%s [OPTION]...\n%s\n", cmd->name,
			 *cmd->args ? " " : "", cmd->args, cmd->help);
		help_options(cmd, out);
		if (cmd->options & OPT_SET)
			help_settings(out);
		buf_addf(out, "\nexample:\n  %s\n", cmd->example);
		return;
	}
	buf_adds(out, "usage: hullwatch COMMAND [OPTION]...\n"
		      "watches every container on this machine from the kernel\n\ncommands:\n");
	for (size_t i = 0; i < N_COMMANDS; i++) {
		snprintf(left, sizeof(left), "%s%s%s", commands[i].name,
			 *commands[i].args ? " " : "", commands[i].args);
		add_row(out, left, commands[i].help);
	}
	buf_adds(out, "\nhullwatch COMMAND --help says more.\n"
		      "exit status: 0 success, 1 the answer is no, 2 a wrong call\n");
}
