/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* hullwatch run and record: the live source through the pipeline, until something says stop. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd.h"
#include "event/schema.h"
#include "heal.h"
#include "loop.h"
#include "metrics.h"
#include "notify.h"
#include "pipeline.h"
#include "resolve.h"
#include "source/recfile.h"
#include "watch.h"

#define HEAL_POLLS 16 /* batches */

struct run {
	const struct cli *cli;
	bool recording; /* hullwatch record: no alerts, no lines */
	struct config cfg;
	struct ruleset *rules;
	struct sink *sinks[PIPELINE_SINKS_MAX];
	unsigned n_sinks;
	struct recorder *recorder;
	struct rootfs *root;
	struct pipeline *pipeline;
	struct source *source;
	struct loop *loop;
	struct resolve *resolve;
	uint8_t events[EV_MAX / 8]; /* what the source was asked for */
	bool send_connected;
	bool recv_connected;
	bool host_cgroups_full; /* the kernel's table; until the next tick */
	struct healer healer;
	struct buf err;
};

static int say(int err, const char *what)
{
	log_error("%s: %s", what, strerror(-err));
	return err;
}

/* --- what happens while it runs --- */

struct loss {
	struct run *r;
	uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX];
	uint64_t now_ns;
};

static void on_lost_by(void *ctx, uint64_t cgroup, unsigned class, uint64_t news)
{
	const struct loss *l = ctx;

	pipeline_lost_by(l->r->pipeline, cgroup, class, news, l->lost[class][HW_LOST_bucket],
			 l->now_ns);
}

static void look_for_loss(struct run *r, struct loss *l)
{
	*l = (struct loss){.r = r, .now_ns = loop_now_ns()};
	r->source->ops->lost(r->source, l->lost);
	r->source->ops->lost_by(r->source, on_lost_by, l);
	pipeline_lost(r->pipeline, l->lost, l->now_ns);
}

/* What still waits in the ring is older than what a reading tells, so it comes first; under a flood
 * that does not end, most of it. */
static void heal(struct run *r)
{
	const uint64_t lost = r->healer.pending;
	uint64_t start;
	int err;

	for (unsigned i = 0; i < HEAL_POLLS && r->source->ops->poll(r->source, 0, &r->err) > 0; i++)
		;
	start = loop_now_ns();
	err = pipeline_heal(r->pipeline, r->source, lost, start);
	heal_done(&r->healer, !err, start, loop_now_ns());
	if (err)
		log_warn("processes and containers could not be read again after a loss: %s",
			 strerror(-err));
	else
		log_info("processes and containers were read again, in %.1f ms",
			 (double)(loop_now_ns() - start) / 1e6);
}

static void say_totals(struct run *r)
{
	struct metrics m;
	struct buf text = BUF_INIT;
	char *save = NULL, *lines;

	metrics_take(&m, r->pipeline, r->source, r->sinks, r->n_sinks);
	metrics_totals(&m, true, &text);
	lines = buf_take(&text);
	for (char *l = lines ? strtok_r(lines, "\n", &save) : NULL; l;
	     l = strtok_r(NULL, "\n", &save))
		log_info("%s", l);
	free(lines);
}

static void on_tick(void *ctx)
{
	struct run *r = ctx;
	struct loss l;

	look_for_loss(r, &l);
	if (heal_due(&r->healer, l.lost, l.now_ns))
		heal(r);
	r->host_cgroups_full = false;
	if (r->recorder)
		recorder_flush(r->recorder); /* a failure is told with the next record */
}

static void on_turn(void *ctx)
{
	struct run *r = ctx;

	pipeline_flush(r->pipeline);
}

static void on_host_cgroup(void *ctx, uint64_t cgroup)
{
	struct run *r = ctx;

	/* A full table in the kernel means that we go on dropping here; it is asked again later. */
	if (r->source && !r->host_cgroups_full)
		r->host_cgroups_full = live_host_cgroup(r->source, cgroup) != 0;
}

static void on_address(void *ctx, const char *name, const struct hw_addr *addrs, size_t n)
{
	struct run *r = ctx;
	int err = pipeline_dns(r->pipeline, name, addrs, n, loop_now_ns());

	if (err)
		log_warn("addresses of %s: %s", name, strerror(-err));
}

static void on_resolved(void *ctx)
{
	struct run *r = ctx;

	resolve_take(r->resolve, on_address, r);
}

static int start_resolve(struct run *r)
{
	const char *const *names;
	size_t n = ruleset_dns_names(r->rules, &names);

	if (!n && !r->resolve)
		return 0;
	if (!r->resolve) {
		r->resolve = resolve_new();
		if (!r->resolve || loop_watch(r->loop, resolve_fd(r->resolve), on_resolved, r))
			return -ENOMEM;
	}
	return resolve_set(r->resolve, names, n);
}

/* --- reload --- */

/* The hooks are attached for what the first rules needed. */
static bool can_swap(const struct run *r, struct ruleset *rules)
{
	uint8_t need[EV_MAX / 8];
	unsigned missing;

	watch_events(rules, r->cli->event_classes, need);
	if (!watch_covers(r->events, need, &missing)) {
		log_error("reload: the new rules need events of type %s, which are not watched: "
			  "restart hullwatch; the old rules stay", schema_event(missing)->name);
		return false;
	}
	if (!r->send_connected && watch_send_connected(rules, r->cli->event_classes)) {
		log_error("reload: the new rules need sends on connected sockets, which are not "
			  "watched: restart hullwatch; the old rules stay");
		return false;
	}
	if (!r->recv_connected && watch_recv_connected(rules, r->cli->event_classes)) {
		log_error("reload: the new rules need what is received on connected sockets, which "
			  "is not watched: restart hullwatch; the old rules stay");
		return false;
	}
	return true;
}

static struct ruleset *load_rules(struct run *r)
{
	const char *room;
	struct cli_list paths = cmd_rule_paths(r->cli, &room);

	return paths.n ? cmd_load_rules(&paths, r->cfg.priority) : NULL;
}

static void reload(struct run *r)
{
	struct ruleset *rules, *old = r->rules;

	if (!old) {
		log_info("reload: this recording is not made for rules");
		return;
	}
	rules = load_rules(r);
	if (!rules || !can_swap(r, rules)) {
		if (!rules)
			log_error("reload: the old rules stay");
		ruleset_free(rules);
		return;
	}
	pipeline_set_rules(r->pipeline, r->recording ? NULL : rules);
	r->rules = rules;
	ruleset_free(old);
	if (start_resolve(r))
		log_warn("reload: names in the new rules are not looked up: memory ran out");
	log_info("reloaded: %zu rules", ruleset_len(rules));
}

static void on_signal(void *ctx, int signo)
{
	struct run *r = ctx;

	if (signo == SIGHUP)
		reload(r);
	else if (signo == SIGUSR1)
		say_totals(r);
	else
		loop_stop(r->loop);
}

static const struct loop_ops loop_ops = {
	.signal = on_signal,
	.tick = on_tick,
	.turn = on_turn,
	.arm_wakeup = live_arm_wakeup,
};

/* --- the steps of starting, in order; each says what went wrong --- */

static int step_requirements(struct run *r)
{
	int err = probe_requirements(&r->err);

	if (err)
		log_error("%s", buf_str(&r->err));
	return err;
}

static int step_rules(struct run *r)
{
	bool without = r->recording && !r->cli->rules.n;
	uint32_t classes = r->cli->event_classes;

	if (!without) {
		r->rules = load_rules(r);
		if (!r->rules)
			return -EINVAL;
	} else if (!classes) {
		cli_classes(NULL, &classes, &r->err); /* a recording for any rules */
	}
	watch_events(r->rules, classes, r->events);
	r->send_connected = watch_send_connected(r->rules, classes);
	r->recv_connected = watch_recv_connected(r->rules, classes);
	return 0;
}

static int step_sinks(struct run *r)
{
	int n = r->recording ? 0 : cmd_sinks(r->cli, &r->cfg, r->sinks, PIPELINE_SINKS_MAX);

	if (n > 0)
		r->n_sinks = (unsigned)n;
	return n < 0 ? n : 0;
}

static int step_recorder(struct run *r)
{
	if (!r->cli->write)
		return 0;
	r->recorder = recorder_new(r->cli->write, (int)r->cfg.record_level);
	return r->recorder ? 0 : say(-errno, r->cli->write);
}

static int step_pipeline(struct run *r)
{
	struct pipeline_opts o = {
		.rules = r->recording ? NULL : r->rules,
		.n_sinks = r->n_sinks,
		.event_classes = r->recording ? 0 : r->cli->event_classes,
		.scope_containers = r->cfg.scope == SCOPE_CONTAINERS,
		.match_all = r->cli->all_matches || r->cfg.rules_match == MATCH_ALL,
		.recorder = r->recorder,
		.host_cgroup = on_host_cgroup,
		.host_ctx = r,
	};

	memcpy(o.sinks, r->sinks, sizeof(o.sinks));
	r->root = rootfs_new("/");
	if (!r->root)
		return say(-errno, "/");
	o.root = r->root;
	r->pipeline = pipeline_new(&o);
	return r->pipeline ? 0 : say(-errno, "starting");
}

static int step_loop(struct run *r)
{
	int err = 0;

	r->loop = loop_new(&loop_ops, r);
	if (!r->loop)
		err = -errno;
	return err ? say(err, "starting") : 0;
}

static int step_source(struct run *r)
{
	struct live_opts o = {
		.ring_len = r->cfg.ring_size,
		.skip_host = r->cfg.scope == SCOPE_CONTAINERS,
		.send_connected = r->send_connected,
		.recv_connected = r->recv_connected,
	};
	int err = 0;

	memcpy(o.events, r->events, sizeof(o.events));
	r->source = live_new(&o, pipeline_feed, r->pipeline, &r->err);
	if (!r->source)
		err = -errno;
	else
		err = r->source->ops->start(r->source, &r->err);
	if (err)
		log_error("%s", r->err.len ? buf_str(&r->err) : strerror(-err));
	return err;
}

static int step_scan(struct run *r)
{
	struct state_stats st;
	int err = pipeline_scan(r->pipeline);

	if (err)
		log_warn("containers that run already are not known: the cgroup tree cannot be "
			 "read: %s", strerror(-err));
	if (live_hooks_refused(r->source))
		log_warn("this kernel refused %u hooks, so some events are not seen or are less "
			 "exact: 'hullwatch doctor' says which", live_hooks_refused(r->source));
	state_get_stats(pipeline_state(r->pipeline), &st);
	log_info("ready: %zu rules, %u hooks, %zu processes, %zu containers",
		 r->rules ? ruleset_len(r->rules) : 0, live_hook_count(r->source), st.processes,
		 st.containers);
	err = notify("READY=1");
	if (err)
		log_warn("the service manager was not told that we are ready: %s", strerror(-err));
	return 0;
}

static int step_resolve(struct run *r)
{
	return r->rules && start_resolve(r) ? say(-ENOMEM, "looking up names") : 0;
}

/* The time counts from when we were ready. */
static int step_timer(struct run *r)
{
	int err = r->cli->for_ns ? loop_stop_after(r->loop, r->cli->for_ns) : 0;

	return err ? say(err, "--for") : 0;
}

static int (*const steps[])(struct run *r) = {
	step_rules,  step_requirements, step_sinks, step_recorder, step_pipeline,
	step_loop,   step_source,	step_scan,  step_resolve,  step_timer,
};

/* --- the end --- */

static void drain(struct run *r)
{
	struct loss l;

	if (r->source->ops->stop)
		r->source->ops->stop(r->source);
	while (r->source->ops->poll(r->source, 0, &r->err) > 0)
		; /* nothing is added any more: the ring's rest */
	look_for_loss(r, &l);
	pipeline_flush(r->pipeline);
	say_totals(r);
}

static int close_recording(struct run *r)
{
	uint64_t dropped;
	int err;

	if (!r->recorder)
		return 0;
	dropped = recorder_dropped(r->recorder);
	err = recorder_close(r->recorder);
	if (err)
		log_error("%s: %s: the recording is incomplete, %llu records are missing",
			  r->cli->write, strerror(-err), (unsigned long long)dropped);
	return err;
}

static int tear_down(struct run *r)
{
	int err;

	resolve_free(r->resolve);
	if (r->source)
		r->source->ops->free(r->source);
	loop_free(r->loop);
	pipeline_free(r->pipeline);
	rootfs_free(r->root);
	err = close_recording(r);
	cmd_sinks_free(r->sinks, r->n_sinks);
	ruleset_free(r->rules);
	config_done(&r->cfg);
	buf_done(&r->err);
	return err;
}

static int watch(const struct cli *c, bool recording)
{
	struct run r = {.cli = c, .recording = recording, .err = BUF_INIT};
	int err = cmd_config(c, &r.cfg);

	if (err)
		return err;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++)
		err = steps[i](&r);
	if (!err) {
		err = loop_run(r.loop, r.source, &r.err);
		if (err)
			log_error("%s", r.err.len ? buf_str(&r.err) : strerror(-err));
		notify("STOPPING=1");
		drain(&r);
	}
	if (tear_down(&r))
		err = -EIO;
	return err ? EXIT_NO : EXIT_OK;
}

int cmd_run(const struct cli *c)
{
	return watch(c, false);
}

int cmd_record(const struct cli *c)
{
	if (c->write)
		return watch(c, true);
	log_error("where to? hullwatch record -w FILE");
	return EXIT_USAGE;
}
