/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The commands, one file per group, and what several of them need. A command writes its answer to
 * stdout and diagnostics to stderr, and returns enum cli_exit.
 */
#ifndef HW_CMD_H
#define HW_CMD_H

#include "base/buf.h"
#include "cli.h"
#include "config.h"
#include "rule/ruleset.h"
#include "sink/sink.h"

int cmd_run(const struct cli *c);
int cmd_record(const struct cli *c);
int cmd_replay(const struct cli *c);
int cmd_rules_check(const struct cli *c);
int cmd_rules_list(const struct cli *c);
int cmd_rules_explain(const struct cli *c);
int cmd_rules_test(const struct cli *c);
int cmd_fields(const struct cli *c);
int cmd_events(const struct cli *c);
int cmd_containers(const struct cli *c);
int cmd_doctor(const struct cli *c);
int cmd_version(const struct cli *c);

/* --- shared (cmd.c) --- */

/* Defaults, then the file (-c, else the usual one where it exists), then -o. EXIT_OK; for a fault,
 * which is said, EXIT_USAGE when the command line has it, else EXIT_NO. */
int cmd_config(const struct cli *c, struct config *ret);
/* Rule paths: -r as given, else the first default that exists. An empty list, said, when there is
 * none. */
struct cli_list cmd_rule_paths(const struct cli *c, const char **room);
/* Loads and says every fault on stderr. NULL when there was one. */
struct ruleset *cmd_load_rules(const struct cli_list *paths, unsigned min_priority);
/* The sinks that config and options ask for. How many, or negative errno, said. */
int cmd_sinks(const struct cli *c, const struct config *cfg, struct sink **ret_sinks, unsigned max);
void cmd_sinks_free(struct sink **sinks, unsigned n);
/* Writes all of it to stdout; EXIT_OK, or EXIT_NO, said. */
int cmd_print(const struct buf *b);

#endif
