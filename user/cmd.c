/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What several commands need: settings, rules, sinks, output. */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#ifndef HW_PREFIX
#define HW_PREFIX "/usr/local"
#endif

static const char *const rule_places[] = {"/etc/hullwatch/rules.d", "./rules",
					  HW_PREFIX "/share/hullwatch/rules"};

#define N_PLACES (sizeof(rule_places) / sizeof(rule_places[0]))

int cmd_config(const struct cli *c, struct config *ret)
{
	struct buf err = BUF_INIT;
	int fault = config_init(ret), status = EXIT_NO;

	if (!fault)
		fault = config_file(ret, c->config ? c->config : CONFIG_FILE, !c->config, &err);
	for (size_t i = 0; i < c->sets.n && !fault; i++) {
		fault = config_set_pair(ret, c->sets.items[i], &err);
		status = fault == -EINVAL ? EXIT_USAGE : EXIT_NO;
	}
	if (fault) {
		log_error("%s", err.len ? buf_str(&err) : strerror(-fault));
		config_done(ret);
	} else {
		log_set_level((enum log_level)ret->log_level);
	}
	buf_done(&err);
	return fault ? status : EXIT_OK;
}

struct cli_list cmd_rule_paths(const struct cli *c, const char **room)
{
	if (c->rules.n)
		return c->rules;
	for (size_t i = 0; i < N_PLACES; i++) {
		if (access(rule_places[i], F_OK))
			continue;
		*room = rule_places[i];
		return (struct cli_list){room, 1};
	}
	log_error("no rules: none of %s, %s and %s is there; name a file or folder with -r",
		  rule_places[0], rule_places[1], rule_places[2]);
	return (struct cli_list){NULL, 0};
}

static void say_diag(void *ctx, const struct rule_diag *d)
{
	struct buf place = BUF_INIT;

	(void)ctx;
	rule_diag_place(d, &place);
	if (d->error)
		log_error("%s: %s", buf_str(&place), d->what);
	else
		log_debug("%s: warning: %s", buf_str(&place), d->what);
	if (d->error && d->excerpt)
		fprintf(stderr, "%s\n", d->excerpt);
	buf_done(&place);
}

struct ruleset *cmd_load_rules(const struct cli_list *paths, unsigned min_priority)
{
	struct ruleset_opts o = {.min_priority = min_priority};
	struct ruleset *rs = ruleset_load(paths->items, paths->n, &o, say_diag, NULL);

	if (!rs)
		log_error("the rules were not loaded; hullwatch rules check PATH says all of it");
	return rs;
}

static int add_sink(struct sink *s, const char *name, struct sink **ret_sinks, unsigned *n)
{
	if (!s) {
		int err = -errno;

		log_error("output to %s: %s", name, strerror(-err));
		return err;
	}
	ret_sinks[(*n)++] = s;
	return 0;
}

int cmd_sinks(const struct cli *c, const struct config *cfg, struct sink **ret_sinks, unsigned max)
{
	bool pretty = c->pretty || (!c->json && isatty(STDOUT_FILENO));
	const char *file = c->output ? c->output : cfg->output_file;
	unsigned n = 0;
	int err = 0;

	if (cfg->output_stdout && n < max)
		err = add_sink(sink_stdout_new(pretty ? SINK_PRETTY : SINK_JSON), "stdout",
			       ret_sinks, &n);
	if (!err && *file && n < max)
		err = add_sink(sink_file_new(file, SINK_JSON), file, ret_sinks, &n);
	if (!err)
		return (int)n;
	cmd_sinks_free(ret_sinks, n);
	return err;
}

void cmd_sinks_free(struct sink **sinks, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		sink_free(sinks[i]);
}

int cmd_print(const struct buf *b)
{
	if (b->oom) {
		log_error("memory ran out");
		return EXIT_NO;
	}
	if (fwrite(buf_str(b), 1, b->len, stdout) == b->len && !fflush(stdout))
		return EXIT_OK;
	if (errno == EPIPE) /* the reader has seen enough */
		return EXIT_OK;
	log_error("stdout: %s", strerror(errno));
	return EXIT_NO;
}
