/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* hullwatch rules check, list, explain. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/nearest.h"
#include "cmd.h"
#include "event/schema.h"
#include "watch.h"

/* --- check --- */

struct check_ctx {
	unsigned errors, warnings;
	struct jsonw *w; /* NULL: text on stderr */
};

static void on_diag(void *ctx, const struct rule_diag *d)
{
	struct check_ctx *c = ctx;
	struct buf text = BUF_INIT;

	if (d->error)
		c->errors++;
	else
		c->warnings++;
	if (c->w) {
		jsonw_obj(c->w, NULL);
		jsonw_str(c->w, "file", d->file);
		jsonw_u64(c->w, "line", d->line);
		jsonw_u64(c->w, "column", d->column);
		jsonw_str(c->w, "level", d->error ? "error" : "warning");
		jsonw_str(c->w, "code", d->code);
		jsonw_str(c->w, "what", d->what);
		jsonw_str(c->w, "excerpt", d->excerpt);
		jsonw_end_obj(c->w);
		return;
	}
	rule_diag_text(d, &text);
	fputs(buf_str(&text), stderr);
	buf_done(&text);
}

static void check_summary(const struct ruleset *rs, const struct check_ctx *c, struct buf *out)
{
	size_t enabled = 0;

	if (!rs) {
		buf_addf(out, "errors: %u, warnings: %u: refused\n", c->errors, c->warnings);
		return;
	}
	for (size_t i = 0; i < ruleset_len(rs); i++)
		enabled += ruleset_at(rs, i)->enabled;
	buf_addf(out, "%zu rules, %zu of them enabled, warnings: %u: ok\n", ruleset_len(rs),
		 enabled, c->warnings);
}

int cmd_rules_check(const struct cli *c)
{
	struct ruleset_opts o = {.min_priority = PRIO_DEBUG};
	struct buf out = BUF_INIT;
	struct check_ctx ctx = {0};
	struct ruleset *rs;
	struct jsonw w;
	int ret;

	jsonw_init(&w, &out);
	if (c->json) {
		ctx.w = &w;
		jsonw_obj(&w, NULL);
		jsonw_arr(&w, "faults");
	}
	rs = ruleset_load(c->args.items, c->args.n, &o, on_diag, &ctx);
	if (c->json) {
		jsonw_end_arr(&w);
		jsonw_u64(&w, "rules", rs ? ruleset_len(rs) : 0);
		jsonw_bool(&w, "ok", rs);
		jsonw_end_obj(&w);
		buf_addc(&out, '\n');
	} else {
		check_summary(rs, &ctx, &out);
	}
	ret = cmd_print(&out);
	if (!rs)
		ret = EXIT_NO;
	ruleset_free(rs);
	buf_done(&out);
	return ret;
}

/* --- list --- */

static void add_events(const struct rule *r, const char *sep, struct buf *out)
{
	const char *s = "";

	for (unsigned id = 0; id < EV_MAX; id++) {
		const struct event_desc *d = schema_event(id);

		if (!d || !(r->events[id / 8] >> id % 8 & 1))
			continue;
		buf_addf(out, "%s%s", s, d->name);
		s = sep;
	}
}

static void add_tags(const struct rule *r, const char *sep, struct buf *out)
{
	for (unsigned i = 0; i < r->n_tags; i++) {
		buf_adds(out, i ? sep : "");
		buf_add_clean(out, r->tags[i], strlen(r->tags[i]));
	}
}

static void rule_text(const struct rule *r, struct buf *out)
{
	buf_add_clean(out, r->name, strlen(r->name));
	buf_addf(out, "\n    %s%s  %s:%u\n    events: ", rule_priority_name(r->priority),
		 r->enabled ? "" : ", disabled", r->file, r->line);
	add_events(r, " ", out);
	buf_adds(out, "\n    tags:   ");
	add_tags(r, " ", out);
	buf_addc(out, '\n');
}

static void rule_members(const struct rule *r, struct jsonw *w)
{
	jsonw_str(w, "rule", r->name);
	jsonw_str(w, "priority", rule_priority_name(r->priority));
	jsonw_bool(w, "enabled", r->enabled);
	jsonw_str(w, "source", r->source);
	jsonw_arr(w, "events");
	for (unsigned id = 0; id < EV_MAX; id++)
		if (schema_event(id) && r->events[id / 8] >> id % 8 & 1)
			jsonw_str(w, NULL, schema_event(id)->name);
	jsonw_end_arr(w);
	jsonw_arr(w, "tags");
	for (unsigned i = 0; i < r->n_tags; i++)
		jsonw_str(w, NULL, r->tags[i]);
	jsonw_end_arr(w);
	jsonw_str(w, "file", r->file);
	jsonw_u64(w, "line", r->line);
}

static struct ruleset *load(const struct cli *c)
{
	const char *room;
	struct cli_list paths = cmd_rule_paths(c, &room);

	return paths.n ? cmd_load_rules(&paths, PRIO_DEBUG) : NULL;
}

int cmd_rules_list(const struct cli *c)
{
	struct ruleset *rs = load(c);
	struct buf out = BUF_INIT;
	struct jsonw w;
	int ret;

	if (!rs)
		return EXIT_NO;
	jsonw_init(&w, &out);
	if (c->json)
		jsonw_arr(&w, NULL);
	for (size_t i = 0; i < ruleset_len(rs); i++) {
		if (!c->json) {
			rule_text(ruleset_at(rs, i), &out);
			continue;
		}
		jsonw_obj(&w, NULL);
		rule_members(ruleset_at(rs, i), &w);
		jsonw_end_obj(&w);
	}
	if (c->json) {
		jsonw_end_arr(&w);
		buf_addc(&out, '\n');
	}
	ret = cmd_print(&out);
	ruleset_free(rs);
	buf_done(&out);
	return ret;
}

/* --- explain --- */

static const struct rule *find_rule(const struct ruleset *rs, const char *name)
{
	struct nearest near = {.word = name};

	for (size_t i = 0; i < ruleset_len(rs); i++) {
		const struct rule *r = ruleset_at(rs, i);

		if (!strcmp(r->name, name))
			return r;
		nearest_offer(&near, r->name);
	}
	if (near.best)
		log_error("there is no rule \"%s\"; did you mean \"%s\"?", name, near.best);
	else
		log_error("there is no rule \"%s\"; hullwatch rules list shows the %zu there are",
			  name, ruleset_len(rs));
	return NULL;
}

static bool asks_any(const struct rule *r, const unsigned *events, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (r->events[events[i] / 8] >> events[i] % 8 & 1)
			return true;
	return false;
}

static void connected_text(bool reported, const char *what, struct buf *out)
{
	buf_addf(out, "; what is %s on connected sockets is %s", what,
		 reported ? "reported: a loaded rule can match it"
			  : "dropped: no loaded rule can match it");
}

/* What reaches user space for this rule: by event type, and for bytes that move by the socket. */
static void kernel_text(struct ruleset *rs, const struct rule *r, struct buf *out)
{
	static const unsigned sends[] = {EV_sendto, EV_sendmsg, EV_sendmmsg};
	static const unsigned receives[] = {EV_recvfrom, EV_recvmsg, EV_recvmmsg};

	if (!r->enabled) {
		buf_adds(out, "the rule is disabled: it asks for no events");
		return;
	}
	buf_adds(out, "events of these types are reported, of every process and with any "
		      "argument; others are dropped in the kernel unless another rule needs them");
	if (asks_any(r, sends, 3))
		connected_text(watch_send_connected(rs, 0), "sent", out);
	if (asks_any(r, receives, 3))
		connected_text(watch_recv_connected(rs, 0), "received", out);
}

/* Length without what a block of YAML leaves at its end. */
static size_t trimmed(const char *s)
{
	size_t len = strlen(s);

	while (len && strchr(" \n", s[len - 1]))
		len--;
	return len;
}

static void explain_text(struct ruleset *rs, const struct rule *r, struct buf *out)
{
	rule_text(r, out);
	buf_adds(out, "    about:  ");
	buf_add_clean(out, r->desc, trimmed(r->desc));
	buf_adds(out, "\n    condition:\n        ");
	rule_condition_text(rs, r, out);
	buf_adds(out, "\n    output:\n        ");
	buf_add_clean(out, r->output, strlen(r->output));
	buf_adds(out, "\n    kernel:\n        ");
	kernel_text(rs, r, out);
	buf_addc(out, '\n');
}

static void explain_json(struct ruleset *rs, const struct rule *r, struct buf *out)
{
	struct buf text = BUF_INIT;
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_obj(&w, NULL);
	rule_members(r, &w);
	jsonw_str(&w, "desc", r->desc);
	rule_condition_text(rs, r, &text);
	jsonw_strn(&w, "condition", buf_str(&text), text.len);
	jsonw_str(&w, "output", r->output);
	buf_reset(&text);
	kernel_text(rs, r, &text);
	jsonw_strn(&w, "kernel", buf_str(&text), text.len);
	jsonw_end_obj(&w);
	buf_addc(out, '\n');
	buf_done(&text);
}

int cmd_rules_explain(const struct cli *c)
{
	struct ruleset *rs = load(c);
	const struct rule *r = rs ? find_rule(rs, c->args.items[0]) : NULL;
	struct buf out = BUF_INIT;
	int ret = EXIT_NO;

	if (r && c->json)
		explain_json(rs, r, &out);
	else if (r)
		explain_text(rs, r, &out);
	if (r)
		ret = cmd_print(&out);
	ruleset_free(rs);
	buf_done(&out);
	return ret;
}
