/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The straight line, and around it only what joins the modules: counting, loss, facts. Allocates
 * nothing in steady state and reads no clock.
 */
#include "pipeline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "emit.h"
#include "event/build.h"
#include "event/check.h"
#include "event/names.h"
#include "event/schema.h"
#include "state/collect.h"

struct pipeline {
	struct pipeline_opts o;
	struct state *state;
	struct collect *collect; /* NULL: facts come as records */
	bool collecting;	 /* inside collect_before: what it emits is not collected for */
	struct emit *emit;
	struct field_scratch *scratch;
	struct view_env env;
	struct rec_builder build; /* of lost and dns records */
	uint64_t seq;		  /* of records made here */
	uint64_t num;		  /* evt.num of the last event */
	bool record_said;
	struct pipeline_stats stats;
	uint64_t lost_fed[HW_CLASS_MAX][HW_LOST_MAX]; /* what lost records said already */
	uint64_t lost_named[HW_CLASS_MAX]; /* of these, by cgroup since the last pipeline_lost */
};

static bool is_fact(const struct ev_hdr *ev)
{
	return ev->flags & HW_F_SYNTH || schema_event(ev->type)->class == HW_CLASS_FACT;
}

/* --- the stages --- */

/* The class that a refused record claims: it was produced in that one. A fact was not produced. */
static unsigned claimed_class(const struct ev_hdr *ev, size_t len)
{
	const struct event_desc *d = len >= sizeof(*ev) ? schema_event(ev->type) : NULL;

	return d && d->class != HW_CLASS_FACT && !(ev->flags & HW_F_SYNTH) ? d->class
									    : HW_CLASS_SELF;
}

static void refuse(struct pipeline *p, const struct ev_hdr *ev, size_t len, enum hw_lost reason)
{
	p->stats.refused[reason]++;
	p->stats.refused_of[claimed_class(ev, len)][reason]++;
}

static const struct ev_hdr *check(struct pipeline *p, const void *data, size_t len)
{
	const struct ev_hdr *ev = data;

	switch (check_record(data, len, NULL)) {
	case CHECK_OK:
		break;
	case CHECK_UNKNOWN_TYPE:
		refuse(p, ev, len, HW_LOST_unknown_type);
		return NULL;
	default:
		refuse(p, ev, len, HW_LOST_malformed);
		return NULL;
	}
	if (is_fact(ev))
		p->stats.facts++;
	return ev;
}

static void collect(struct pipeline *p, const struct ev_hdr *ev)
{
	if (!p->collect || p->collecting || is_fact(ev))
		return;
	p->collecting = true;
	collect_before(p->collect, ev);
	p->collecting = false;
}

static void record(struct pipeline *p, const struct ev_hdr *ev)
{
	int err = p->o.recorder ? recorder_write(p->o.recorder, ev) : 0;

	if (!err)
		return;
	p->stats.record_failed++;
	if (!p->record_said)
		log_error("recording: %s: it ends here, watching goes on", strerror(-err));
	p->record_said = true;
}

static bool apply(struct pipeline *p, const struct ev_hdr *ev)
{
	if (state_apply(p->state, ev)) {
		refuse(p, ev, ev->size, HW_LOST_no_memory);
		return false;
	}
	if (!is_fact(ev))
		p->stats.delivered[schema_event(ev->type)->class]++;
	return true;
}

static void view_init(struct pipeline *p, const struct ev_hdr *ev, struct view *v)
{
	*v = (struct view){.ev = ev, .desc = schema_event(ev->type), .env = &p->env,
			   .scratch = p->scratch};
	field_scratch_reset(p->scratch);
}

static void bind(struct pipeline *p, const struct ev_hdr *ev, struct view *v)
{
	view_init(p, ev, v);
	v->num = ++p->num;
	state_bind(p->state, v);
}

/* The container whose own cgroup the event makes or removes; NULL for any other event. */
static const struct container *changed_container(const struct pipeline *p, const struct ev_hdr *ev)
{
	const struct container *c = NULL;
	uint64_t id = 0;

	if (ev->type == EV_cgroup_mkdir)
		id = ((const struct ev_cgroup_mkdir *)ev)->id;
	else if (ev->type == EV_cgroup_rmdir)
		id = ((const struct ev_cgroup_rmdir *)ev)->id;
	if (id)
		c = state_container(p->state, id);
	return c && !c->is_host && c->cgroup == id ? c : NULL;
}

/* A container's own beginning and end count as its own, whoever acts. */
static bool in_scope(struct pipeline *p, const struct view *v)
{
	bool bulk = v->desc->class == HW_CLASS_FILE || v->desc->class == HW_CLASS_NET;

	if (!p->o.scope_containers || !v->ctr->is_host || changed_container(p, v->ev))
		return true;
	if (bulk && p->o.host_cgroup)
		p->o.host_cgroup(p->o.host_ctx, v->ev->cgroup);
	return false;
}

struct alert_ctx {
	struct pipeline *p;
	const struct view *v;
};

static void alert(void *ctx, const struct rule *r)
{
	const struct alert_ctx *a = ctx;

	a->p->stats.alerts++;
	emit_alert(a->p->emit, a->v, r);
}

static void match(struct pipeline *p, const struct view *v)
{
	struct alert_ctx a = {p, v};
	const struct rule *r;

	if (!p->o.rules)
		return;
	if (p->o.match_all) {
		ruleset_match_all(p->o.rules, v, alert, &a);
		return;
	}
	r = ruleset_match(p->o.rules, v);
	if (r)
		alert(&a, r);
}

/* --- the feed --- */

static bool asked(const struct pipeline *p, unsigned class)
{
	return p->o.event_classes >> class & 1;
}

static void feed(struct pipeline *p, const struct view *v)
{
	const struct container *c;

	if (!asked(p, v->desc->class))
		return;
	p->stats.feed_lines++;
	c = changed_container(p, v->ev);
	if (c)
		emit_lifecycle(p->emit, v, v->ev->type == EV_cgroup_mkdir ? "created" : "removed",
			       c);
	else
		emit_event(p->emit, v);
}

/* The container that a fact is about; NULL for none. Only a loss may be the host's. */
static const struct container *fact_container(struct pipeline *p, const struct ev_hdr *ev)
{
	const struct container *c = NULL;

	if (ev->type == EV_cgroup_rmdir)
		return changed_container(p, ev);
	if (ev->type == EV_container || (ev->type == EV_lost && ev->cgroup))
		c = state_container(p->state, ev->cgroup);
	return c && (!c->is_host || ev->type == EV_lost) ? c : NULL;
}

/* Facts have a line only where somebody would miss it. */
static void feed_fact(struct pipeline *p, const struct ev_hdr *ev)
{
	struct view v;

	if (!p->o.event_classes)
		return;
	view_init(p, ev, &v);
	v.ctr = fact_container(p, ev);
	if (ev->type == EV_start)
		emit_start(p->emit, &v);
	else if (ev->type == EV_lost)
		emit_lost(p->emit, &v);
	else if (ev->type == EV_healed)
		emit_healed(p->emit, &v);
	else if (v.ctr)
		emit_lifecycle(p->emit, &v, ev->type == EV_container ? "known" : "removed", v.ctr);
	else
		return;
	p->stats.feed_lines++;
}

/* What a fact means for the pipeline itself. */
static void fact(struct pipeline *p, const struct ev_hdr *ev)
{
	const struct ev_lost *l = (const struct ev_lost *)ev;

	if (ev->type == EV_start) {
		p->env.hostname = state_hostname(p->state);
		p->env.wall_off = state_wall_off(p->state);
		p->env.boot_id = state_boot_id(p->state);
	} else if (ev->type == EV_lost && l->class < HW_CLASS_MAX && l->reason < HW_LOST_MAX) {
		p->stats.lost[l->class][l->reason] += l->count;
	}
	p->stats.processes_told += ev->type == EV_proc;
	p->stats.healed += ev->type == EV_healed;
	feed_fact(p, ev);
}

/* --- the straight line --- */

int pipeline_feed(void *pipeline, void *data, size_t len)
{
	struct pipeline *p = pipeline;
	const struct ev_hdr *ev = check(p, data, len);
	struct view v;

	if (!ev)
		return 0;
	collect(p, ev);
	record(p, ev);
	if (!apply(p, ev))
		return 0;
	if (is_fact(ev)) {
		fact(p, ev);
		return 0;
	}
	bind(p, ev, &v);
	if (!in_scope(p, &v))
		return 0;
	match(p, &v);
	feed(p, &v);
	return 0;
}

/* --- facts made here --- */

static int on_collected(void *ctx, const struct ev_hdr *ev, size_t len)
{
	return pipeline_feed(ctx, (void *)(uintptr_t)ev, len);
}

static int feed_built(struct pipeline *p)
{
	const struct ev_hdr *ev = rec_end(&p->build);

	return ev ? pipeline_feed(p, (void *)(uintptr_t)ev, ev->size) : p->build.err;
}

int pipeline_dns(struct pipeline *p, const char *name, const struct hw_addr *addrs, size_t n,
		 uint64_t now_ns)
{
	struct ev_dns *d = REC_BEGIN(&p->build, dns);

	d->h.time = now_ns;
	d->h.seq = ++p->seq;
	REC_STR(&p->build, dns, name, name, strlen(name), 0);
	REC_STR(&p->build, dns, addrs, addrs, n * sizeof(*addrs), 0);
	return feed_built(p);
}

static void feed_lost(struct pipeline *p, uint64_t cgroup, unsigned class, unsigned reason,
		      uint64_t total, uint64_t now_ns)
{
	struct ev_lost *l = REC_BEGIN(&p->build, lost);

	l->h.time = now_ns;
	l->h.seq = ++p->seq;
	l->h.cgroup = cgroup;
	l->count = total - p->lost_fed[class][reason];
	l->total = total;
	l->class = class;
	l->reason = reason;
	p->lost_fed[class][reason] = total;
	feed_built(p); /* no strings: it always fits */
}

void pipeline_lost_by(struct pipeline *p, uint64_t cgroup, unsigned class, uint64_t news,
		      uint64_t total, uint64_t now_ns)
{
	uint64_t fed = p->lost_fed[class][HW_LOST_bucket];

	if (total <= fed)
		return;
	if (news > total - fed)
		news = total - fed;
	p->lost_named[class] += news;
	feed_lost(p, cgroup, class, HW_LOST_bucket, fed + news, now_ns);
}

/* Feeds the news of one class; adds to text what is gone whole. Returns how many that are. */
static uint64_t lost_class(struct pipeline *p, unsigned class, const uint64_t *totals,
			   uint64_t now_ns, struct buf *text)
{
	const struct name_row *names = names_table("lost_reason");
	uint64_t whole = 0;

	for (unsigned i = 0; i < HW_LOST_MAX; i++) {
		uint64_t fed = p->lost_fed[class][i];
		uint64_t news = totals[i] > fed ? totals[i] - fed : 0;
		const char *name = names_enum(names, i);

		if (news)
			feed_lost(p, 0, class, i, totals[i], now_ns);
		news += i == HW_LOST_bucket ? p->lost_named[class] : 0;
		if (!news || !schema_lost_whole(i))
			continue;
		buf_addf(text, "%s%s %" PRIu64 " (%s)", text->len ? ", " : "",
			 schema_class_name(class), news, name ? name : "unknown");
		whole += news;
	}
	p->lost_named[class] = 0;
	return whole;
}

void pipeline_lost(struct pipeline *p, uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX], uint64_t now_ns)
{
	struct collect_stats found = {0};
	struct buf text = BUF_INIT;
	uint64_t totals[HW_LOST_MAX], whole = 0;

	if (p->collect)
		collect_get_stats(p->collect, &found);
	for (unsigned class = 0; class < HW_CLASS_MAX; class++) {
		memcpy(totals, lost[class], sizeof(totals));
		for (unsigned i = 0; i < HW_LOST_MAX; i++)
			totals[i] += p->stats.refused_of[class][i];
		if (class == HW_CLASS_FACT)
			totals[HW_LOST_scan_short] += found.proc_short;
		whole += lost_class(p, class, totals, now_ns, &text);
	}
	if (whole)
		log_warn("%" PRIu64 " events were lost: %s", whole, buf_str(&text));
	buf_done(&text);
}

/* --- healing --- */

static int count_process(void *ctx, const struct process *proc)
{
	(void)proc;
	++*(uint32_t *)ctx;
	return 0;
}

int pipeline_heal(struct pipeline *p, struct source *s, uint64_t lost, uint64_t now_ns)
{
	uint64_t told = p->stats.processes_told;
	struct ev_healed *h;
	uint32_t ended = 0;
	int err = p->collect && s->ops->rescan ? s->ops->rescan(s) : -ENOTSUP;

	if (!err)
		err = collect_again(p->collect, now_ns);
	if (err)
		return err;
	(void)state_each_unseen(p->state, now_ns, count_process, &ended);
	h = REC_BEGIN(&p->build, healed);
	h->h.time = now_ns;
	h->h.seq = ++p->seq;
	h->lost = lost;
	h->since = now_ns;
	h->processes = (uint32_t)(p->stats.processes_told - told);
	h->ended = ended;
	return feed_built(p);
}

/* --- life --- */

int pipeline_scan(struct pipeline *p)
{
	return p->collect ? collect_scan(p->collect) : -ENOTSUP;
}

int pipeline_scan_all(struct pipeline *p)
{
	int err = p->collect ? collect_proc_scan(p->collect) : -ENOTSUP;

	return err ? err : collect_scan(p->collect);
}

static const char *user_name(void *ctx, const struct container *c, uint32_t uid)
{
	return state_user_name(ctx, c, uid);
}

static const char *group_name(void *ctx, const struct container *c, uint32_t gid)
{
	return state_group_name(ctx, c, gid);
}

static int set_up(struct pipeline *p)
{
	int err = rec_init(&p->build);

	if (err)
		return err;
	p->state = state_new();
	p->scratch = field_scratch_new();
	p->emit = emit_new(p->o.sinks, p->o.n_sinks);
	if (!p->state || !p->scratch || !p->emit)
		return -ENOMEM;
	p->env = (struct view_env){.ctx = p->state, .user_name = user_name,
				   .group_name = group_name, .dns = state_dns(p->state),
				   .hostname = ""};
	if (!p->o.root)
		return 0;
	p->collect = collect_new(p->o.root, p->state, NULL, on_collected, p);
	return p->collect ? 0 : -errno;
}

struct pipeline *pipeline_new(const struct pipeline_opts *o)
{
	struct pipeline *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return NULL;
	p->o = *o;
	err = set_up(p);
	if (!err)
		return p;
	pipeline_free(p);
	errno = -err;
	return NULL;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	collect_free(p->collect);
	emit_free(p->emit);
	field_scratch_free(p->scratch);
	state_free(p->state);
	rec_done(&p->build);
	free(p);
}

void pipeline_set_rules(struct pipeline *p, struct ruleset *rules)
{
	p->o.rules = rules;
}

void pipeline_get_stats(const struct pipeline *p, struct pipeline_stats *ret)
{
	*ret = p->stats;
	ret->no_memory_lines = emit_no_memory(p->emit);
}

struct state *pipeline_state(struct pipeline *p)
{
	return p->state;
}

void pipeline_flush(struct pipeline *p)
{
	emit_flush(p->emit);
}
