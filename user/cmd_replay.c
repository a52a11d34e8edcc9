/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* hullwatch replay: a recording through the same pipeline. Needs no root, reads no other file. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "cmd.h"
#include "metrics.h"
#include "pipeline.h"

struct replay_run {
	struct config cfg;
	struct ruleset *rules;
	struct sink *sinks[PIPELINE_SINKS_MAX];
	unsigned n_sinks;
	struct pipeline *pipeline;
	struct source *source;
	struct buf err;
};

static int set_up(struct replay_run *r, const struct cli *c)
{
	struct pipeline_opts o = {.event_classes = c->event_classes};
	const char *room;
	struct cli_list paths = cmd_rule_paths(c, &room);
	int n;

	r->rules = paths.n ? cmd_load_rules(&paths, r->cfg.priority) : NULL;
	if (!r->rules)
		return -EINVAL;
	n = cmd_sinks(c, &r->cfg, r->sinks, PIPELINE_SINKS_MAX);
	if (n < 0)
		return n;
	r->n_sinks = (unsigned)n;
	for (unsigned i = 0; i < r->n_sinks; i++)
		r->sinks[i]->patient = true;
	o.rules = r->rules;
	o.n_sinks = r->n_sinks;
	memcpy(o.sinks, r->sinks, sizeof(o.sinks));
	o.scope_containers = r->cfg.scope == SCOPE_CONTAINERS;
	o.match_all = c->all_matches || r->cfg.rules_match == MATCH_ALL;
	r->pipeline = pipeline_new(&o);
	if (!r->pipeline)
		return -errno;
	r->source = replay_new(c->args.items[0], pipeline_feed, r->pipeline, &r->err);
	return r->source ? 0 : -errno;
}

/* 0 at the recording's end. */
static int play(struct replay_run *r)
{
	int n = r->source->ops->start(r->source, &r->err);

	while (n >= 0) {
		n = r->source->ops->poll(r->source, 0, &r->err);
		pipeline_flush(r->pipeline);
	}
	return n == -ENODATA ? 0 : n;
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* wall: of the play; the processor's time is that of the whole process, one thread. */
static void say_stats(const struct replay_run *r, double wall)
{
	double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	struct pipeline_stats s;
	uint64_t events = 0, refused = 0, all;

	pipeline_get_stats(r->pipeline, &s);
	for (unsigned i = 0; i < HW_CLASS_MAX; i++)
		events += s.delivered[i];
	for (unsigned i = 0; i < HW_LOST_MAX; i++)
		refused += s.refused[i];
	all = events + refused + s.facts;
	log_info("replay: %" PRIu64 " records (%" PRIu64 " events, %" PRIu64 " facts, %" PRIu64
		 " refused), %" PRIu64 " alerts; %.3f s, %.0f records/s; %.3f s of processor, %.0f "
		 "records/s", all, events, s.facts, refused, s.alerts, wall, (double)all / wall,
		 cpu, (double)all / cpu);
}

/* What a reader of the lines must know: the recorded run lost events. */
static void say_loss(const struct replay_run *r)
{
	struct metrics m;
	uint64_t lost = 0;

	metrics_take(&m, r->pipeline, NULL, NULL, 0);
	for (unsigned i = 0; i < HW_CLASS_MAX; i++)
		lost += metrics_lost(&m, i);
	if (lost)
		log_warn("the recorded run lost %" PRIu64 " events", lost);
}

static void tear_down(struct replay_run *r)
{
	if (r->source)
		r->source->ops->free(r->source);
	pipeline_free(r->pipeline);
	cmd_sinks_free(r->sinks, r->n_sinks);
	ruleset_free(r->rules);
	config_done(&r->cfg);
	buf_done(&r->err);
}

int cmd_replay(const struct cli *c)
{
	struct replay_run r = {.err = BUF_INIT};
	double t0;
	int err;

	err = cmd_config(c, &r.cfg);
	if (err)
		return err;
	err = set_up(&r, c);
	t0 = seconds(CLOCK_MONOTONIC);
	if (!err) {
		err = play(&r);
		say_loss(&r);
		if (c->stats)
			say_stats(&r, seconds(CLOCK_MONOTONIC) - t0);
	}
	if (err && r.err.len)
		log_error("%s", buf_str(&r.err));
	else if (err == -ENOMEM)
		log_error("memory ran out");
	tear_down(&r);
	return err ? EXIT_NO : EXIT_OK;
}
