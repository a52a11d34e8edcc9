/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Builds lines and hands them to the sinks; see emit.h. Decides nothing about what is written. */
#include "emit.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/log.h"
#include "event/names.h"
#include "event/render.h"
#include "event/schema.h"

#define SINKS_MAX 8
#define HOOKS_DEPTH 8 /* of the start record's JSON; well below JSONW_DEPTH */
#define NS_PER_S 1000000000ull

struct emit {
	struct sink *sinks[SINKS_MAX];
	bool said[SINKS_MAX]; /* its failure was told */
	unsigned n_sinks;
	bool wants[2]; /* by enum sink_format */
	uint64_t no_memory;
	struct buf json, pretty, text;
	struct jsonw w;
};

struct emit *emit_new(struct sink *const *sinks, unsigned n_sinks)
{
	struct emit *e;

	if (n_sinks > SINKS_MAX) {
		errno = E2BIG;
		return NULL;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->n_sinks = n_sinks;
	for (unsigned i = 0; i < n_sinks; i++) {
		e->sinks[i] = sinks[i];
		e->wants[sinks[i]->format] = true;
	}
	return e;
}

void emit_free(struct emit *e)
{
	if (!e)
		return;
	buf_done(&e->json);
	buf_done(&e->pretty);
	buf_done(&e->text);
	free(e);
}

uint64_t emit_no_memory(const struct emit *e)
{
	return e->no_memory;
}

/* --- handing over --- */

static void told(struct emit *e, unsigned i, int err)
{
	if (!err || e->said[i])
		return;
	e->said[i] = true;
	log_error("output to %s: %s: lines are dropped and counted, watching goes on",
		  e->sinks[i]->name,
		  err == -EAGAIN ? "the reader does not keep up" : strerror(-err));
}

static void hand_over(struct emit *e, enum sink_kind kind)
{
	for (unsigned i = 0; i < e->n_sinks; i++) {
		struct sink *s = e->sinks[i];
		const struct buf *line = s->format == SINK_JSON ? &e->json : &e->pretty;

		if (line->oom)
			e->no_memory++;
		else
			told(e, i, sink_write(s, kind, buf_str(line), line->len));
	}
}

void emit_flush(struct emit *e)
{
	for (unsigned i = 0; i < e->n_sinks; i++) {
		int err = sink_flush(e->sinks[i]);

		/* A slow reader has lost nothing yet. */
		told(e, i, err == -EAGAIN ? 0 : err);
	}
}

/* --- parts of a line --- */

static uint64_t wall(const struct view *v)
{
	return v->ev->time + (uint64_t)v->env->wall_off;
}

/* HH:MM:SS.nnnnnnnnn of the day in UTC. */
static void add_clock(struct buf *b, const struct view *v)
{
	uint64_t ns = wall(v), s = ns / NS_PER_S;

	buf_addf(b, "%02u:%02u:%02u.%09u", (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60),
		 (unsigned)(s % 60), (unsigned)(ns % NS_PER_S));
}

/* The opening of every JSON line, up to time. */
static struct jsonw *open_json(struct emit *e, const struct view *v)
{
	buf_reset(&e->json);
	jsonw_init(&e->w, &e->json);
	jsonw_obj(&e->w, NULL);
	buf_reset(&e->text);
	render_iso8601(&e->text, wall(v));
	jsonw_strn(&e->w, "time", buf_str(&e->text), e->text.len);
	return &e->w;
}

static void add_uuid(struct emit *e, const struct view *v, const char *salt)
{
	buf_reset(&e->text);
	render_uuid(&e->text, v, salt);
	jsonw_strn(&e->w, "uuid", buf_str(&e->text), e->text.len);
}

static void add_kind(struct emit *e, const struct view *v, const char *kind, const char *salt)
{
	jsonw_str(&e->w, "kind", kind);
	add_uuid(e, v, salt);
}

static void add_objects(struct jsonw *w, const struct view *v)
{
	render_event(w, v);
	render_process(w, v);
	render_container(w, v->ctr);
	render_user(w, v);
}

static void add_container_text(struct buf *b, const struct container *c)
{
	const char *part[] = {c->name, c->id, c->image};

	for (unsigned i = 0; i < 3; i++) {
		if (!part[i] || !*part[i])
			continue;
		buf_addc(b, ' ');
		buf_add_clean(b, part[i], strlen(part[i]));
	}
	if (c->why) {
		buf_adds(b, " (incomplete: ");
		buf_add_clean(b, c->why, strlen(c->why));
		buf_addc(b, ')');
	}
}

/* --- alerts --- */

static void alert_text(struct emit *e, const struct view *v, const struct rule *r)
{
	buf_reset(&e->text);
	add_clock(&e->text, v);
	buf_addf(&e->text, ": %s ", rule_priority_name(r->priority));
	rule_output_text(r, v, &e->text);
}

static void alert_json(struct emit *e, const struct view *v, const struct rule *r)
{
	struct jsonw *w = open_json(e, v);

	jsonw_str(w, "rule", r->name);
	jsonw_str(w, "priority", rule_priority_name(r->priority));
	jsonw_str(w, "source", r->source);
	jsonw_arr(w, "tags");
	for (unsigned i = 0; i < r->n_tags; i++)
		jsonw_str(w, NULL, r->tags[i]);
	jsonw_end_arr(w);
	jsonw_str(w, "hostname", v->env->hostname);
	alert_text(e, v, r);
	jsonw_strn(w, "output", buf_str(&e->text), e->text.len);
	jsonw_obj(w, "output_fields");
	rule_output_fields(r, v, w);
	jsonw_end_obj(w);
	add_kind(e, v, "alert", r->name);
	add_objects(w, v);
	jsonw_end_obj(w);
}

/* Many messages begin with the rule's name; it need not stand there twice. */
static bool said_first(const char *name, const char *message)
{
	return strncmp(message, name, strlen(name)) == 0;
}

/* For people: time, priority, rule, message, and the container if there is one. */
static void alert_pretty(struct emit *e, const struct view *v, const struct rule *r)
{
	struct buf *b = &e->pretty;

	buf_reset(b);
	add_clock(b, v);
	buf_addf(b, ": %s ", rule_priority_name(r->priority));
	buf_reset(&e->text);
	rule_output_text(r, v, &e->text);
	if (!said_first(r->name, buf_str(&e->text))) {
		buf_add_clean(b, r->name, strlen(r->name));
		buf_adds(b, ": ");
	}
	buf_add_clean(b, buf_str(&e->text), e->text.len);
	if (v->ctr->is_host)
		return;
	buf_adds(b, " | container");
	add_container_text(b, v->ctr);
}

void emit_alert(struct emit *e, const struct view *v, const struct rule *r)
{
	if (e->wants[SINK_JSON])
		alert_json(e, v, r);
	if (e->wants[SINK_PRETTY])
		alert_pretty(e, v, r);
	hand_over(e, SINK_ALERT);
}

/* --- the event feed --- */

void emit_event(struct emit *e, const struct view *v)
{
	if (e->wants[SINK_JSON]) {
		struct jsonw *w = open_json(e, v);

		jsonw_str(w, "hostname", v->env->hostname);
		add_kind(e, v, "event", "event");
		add_objects(w, v);
		jsonw_end_obj(w);
	}
	if (e->wants[SINK_PRETTY]) {
		buf_reset(&e->pretty);
		render_pretty(&e->pretty, v);
	}
	hand_over(e, SINK_EVENT);
}

void emit_lifecycle(struct emit *e, const struct view *v, const char *change,
		    const struct container *c)
{
	char salt[96];

	/* Facts have no sequence number: the container and the time name the line. */
	snprintf(salt, sizeof(salt), "lifecycle %s %" PRIu64 " %" PRIu64, change, c->cgroup,
		 (uint64_t)v->ev->time);
	if (e->wants[SINK_JSON]) {
		struct jsonw *w = open_json(e, v);

		jsonw_str(w, "hostname", v->env->hostname);
		add_kind(e, v, "lifecycle", salt);
		jsonw_str(w, "change", change);
		if (v->proc) {
			render_event(w, v);
			render_process(w, v);
		}
		render_container(w, c);
		jsonw_end_obj(w);
	}
	if (e->wants[SINK_PRETTY]) {
		buf_reset(&e->pretty);
		add_clock(&e->pretty, v);
		buf_addf(&e->pretty, ": container %s:", change);
		add_container_text(&e->pretty, c);
	}
	hand_over(e, SINK_LIFECYCLE);
}

void emit_lost(struct emit *e, const struct view *v)
{
	const struct ev_lost *l = (const struct ev_lost *)v->ev;
	const char *class = l->class < HW_CLASS_MAX ? schema_class_name(l->class) : "unknown";
	const char *reason = names_enum(names_table("lost_reason"), l->reason);
	bool gone = schema_lost_whole(l->reason);
	char salt[96];

	reason = reason ? reason : "unknown";
	snprintf(salt, sizeof(salt), "lost %" PRIu32 " %" PRIu32 " %" PRIu64, (uint32_t)l->class,
		 (uint32_t)l->reason, (uint64_t)l->total);
	if (e->wants[SINK_JSON]) {
		struct jsonw *w = open_json(e, v);

		jsonw_str(w, "hostname", v->env->hostname);
		add_kind(e, v, "lost", salt);
		jsonw_str(w, "class", class);
		jsonw_str(w, "reason", reason);
		jsonw_bool(w, "gone", gone);
		jsonw_u64(w, "count", l->count);
		jsonw_u64(w, "total", l->total);
		if (l->h.cgroup)
			jsonw_u64(w, "cgroup", l->h.cgroup);
		if (v->ctr)
			render_container(w, v->ctr);
		jsonw_end_obj(w);
	}
	if (e->wants[SINK_PRETTY]) {
		buf_reset(&e->pretty);
		add_clock(&e->pretty, v);
		buf_addf(&e->pretty, ": %s: %" PRIu64 " of class %s: %s (%" PRIu64 " in all)",
			 gone ? "lost" : "cut short", (uint64_t)l->count, class, reason,
			 (uint64_t)l->total);
		if (v->ctr)
			buf_adds(&e->pretty, v->ctr->is_host ? " | host" : " | container");
		if (v->ctr && !v->ctr->is_host)
			add_container_text(&e->pretty, v->ctr);
	}
	hand_over(e, SINK_LOST);
}

/* --- health --- */

/* A JSON tree through our own writer, which cleans every string. */
static void add_tree(struct jsonw *w, const char *key, const cJSON *n, unsigned depth)
{
	const cJSON *c;

	if (depth > HOOKS_DEPTH) {
		jsonw_str(w, key, "(nested too deeply)");
	} else if (cJSON_IsObject(n)) {
		jsonw_obj(w, key);
		cJSON_ArrayForEach(c, n)
			add_tree(w, c->string, c, depth + 1);
		jsonw_end_obj(w);
	} else if (cJSON_IsArray(n)) {
		jsonw_arr(w, key);
		cJSON_ArrayForEach(c, n)
			add_tree(w, NULL, c, depth + 1);
		jsonw_end_arr(w);
	} else if (cJSON_IsString(n)) {
		jsonw_str(w, key, n->valuestring);
	} else if (cJSON_IsNumber(n)) {
		jsonw_i64(w, key, n->valueint);
	} else if (cJSON_IsBool(n)) {
		jsonw_bool(w, key, cJSON_IsTrue(n));
	} else {
		jsonw_null(w, key);
	}
}

/* The record's text is not trusted to be JSON: a recording may come from anywhere. */
static void add_hooks(struct jsonw *w, const char *text, size_t len)
{
	cJSON *tree = cJSON_ParseWithLength(text, len);

	if (tree)
		add_tree(w, "hooks", tree, 0);
	else if (len)
		jsonw_strn(w, "hooks", text, len);
	else
		jsonw_null(w, "hooks");
	cJSON_Delete(tree);
}

void emit_start(struct emit *e, const struct view *v)
{
	const struct ev_start *s = (const struct ev_start *)v->ev;
	const char *kernel = rec_str(v->ev, &s->kernel), *version = rec_str(v->ev, &s->version);

	if (e->wants[SINK_JSON]) {
		struct jsonw *w = open_json(e, v);

		jsonw_str(w, "hostname", v->env->hostname);
		add_kind(e, v, "health", "health started");
		jsonw_str(w, "state", "started");
		jsonw_strn(w, "kernel", kernel, s->kernel.len);
		jsonw_strn(w, "version", version, s->version.len);
		add_hooks(w, rec_str(v->ev, &s->hooks), s->hooks.len);
		jsonw_end_obj(w);
	}
	if (e->wants[SINK_PRETTY]) {
		buf_reset(&e->pretty);
		add_clock(&e->pretty, v);
		buf_adds(&e->pretty, ": started: hullwatch ");
		buf_add_clean(&e->pretty, version, s->version.len);
		buf_adds(&e->pretty, ", kernel ");
		buf_add_clean(&e->pretty, kernel, s->kernel.len);
		buf_adds(&e->pretty, ", host ");
		buf_add_clean(&e->pretty, v->env->hostname, strlen(v->env->hostname));
	}
	hand_over(e, SINK_HEALTH);
}

void emit_healed(struct emit *e, const struct view *v)
{
	const struct ev_healed *h = (const struct ev_healed *)v->ev;
	char salt[64];

	snprintf(salt, sizeof(salt), "health healed %" PRIu64, (uint64_t)h->since);
	if (e->wants[SINK_JSON]) {
		struct jsonw *w = open_json(e, v);

		jsonw_str(w, "hostname", v->env->hostname);
		add_kind(e, v, "health", salt);
		jsonw_str(w, "state", "healed");
		jsonw_u64(w, "lost", h->lost);
		jsonw_u64(w, "processes", h->processes);
		jsonw_u64(w, "ended", h->ended);
		jsonw_end_obj(w);
	}
	if (e->wants[SINK_PRETTY]) {
		buf_reset(&e->pretty);
		add_clock(&e->pretty, v);
		buf_addf(&e->pretty, ": healed after %" PRIu64 " lost events: %" PRIu32
			 " processes read, %" PRIu32 " had ended unseen", (uint64_t)h->lost,
			 (uint32_t)h->processes, (uint32_t)h->ended);
	}
	hand_over(e, SINK_HEALTH);
}
