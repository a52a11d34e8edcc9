/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The command line: one row per command and per option. Parsing says what is wrong and what would
 * be right; it runs nothing.
 *
 * Exit status of every command: 0 success, 1 the answer is no, 2 a wrong call.
 */
#ifndef HW_CLI_H
#define HW_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum cli_exit { EXIT_OK = 0, EXIT_NO = 1, EXIT_USAGE = 2 };

/* Bits of cli_command.options; the rows are in cli.c. */
enum cli_opt {
	OPT_RULES = 1 << 0,
	OPT_CONFIG = 1 << 1,
	OPT_SET = 1 << 2,
	OPT_JSON = 1 << 3,
	OPT_PRETTY = 1 << 4,
	OPT_EVENTS = 1 << 5,
	OPT_FOR = 1 << 6,
	OPT_OUTPUT = 1 << 7,
	OPT_WRITE = 1 << 8,
	OPT_ALL_MATCHES = 1 << 9,
	OPT_STATS = 1 << 10,
	OPT_MARKDOWN = 1 << 11,
	OPT_MISSING = 1 << 13,
	OPT_HELP = 1 << 12, /* every command has it */
};

struct cli_list {
	const char **items; /* into argv */
	size_t n;
};

struct cli_command;

/* What the command line said. Strings point into argv. */
struct cli {
	const struct cli_command *command; /* NULL: none was named */
	struct cli_list args;		   /* what is no option */
	struct cli_list rules, sets;
	const char *config, *output, *write;
	uint64_t for_ns;	/* 0: not said */
	uint32_t event_classes; /* bit per class, HW_FEED_NO_DATA beside them; 0: not said */
	bool json, pretty, all_matches, stats, markdown, missing, help;
};

struct cli_command {
	const char *name; /* one or two words */
	const char *args; /* how its arguments are shown, "" for none */
	const char *help;
	const char *example;
	uint32_t options; /* enum cli_opt */
	unsigned min_args, max_args;
	int (*run)(const struct cli *c); /* returns enum cli_exit */
};

size_t cli_count(void);
const struct cli_command *cli_at(size_t i);

/* argv as main gets it. 0, or -EINVAL with a sentence in err (exit status 2), or -ENOMEM. With
 * help set, nothing else was checked. */
int cli_parse(int argc, char *const *argv, struct cli *ret, struct buf *err);
void cli_done(struct cli *c);

/* Help for a command, or with NULL the list of commands. */
void cli_help(const struct cli_command *cmd, struct buf *out);

/* "500ms", "10s", "2m", "1h", "1d", "10" (seconds). False when it is none of these, or 0. */
bool cli_duration(const char *s, uint64_t *ret_ns);
/* "file,net", or NULL for all classes that events can have. */
int cli_classes(const char *s, uint32_t *ret_classes, struct buf *err);

#endif
