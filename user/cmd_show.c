/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Commands that show a table: fields, events, containers, doctor, version. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/log.h"
#include "cmd.h"
#include "event/names.h"
#include "event/render.h"
#include "event/schema.h"
#include "pipeline.h"

static int print_and_free(struct buf *out)
{
	int ret = cmd_print(out);

	buf_done(out);
	return ret;
}

/* --- fields --- */

static const char *const field_types[] = {
	[FT_STR] = "string", [FT_PATH] = "path",  [FT_BYTES] = "bytes", [FT_INT] = "integer",
	[FT_UINT] = "number", [FT_BOOL] = "bool", [FT_PORT] = "port",   [FT_IP] = "address",
	[FT_NET] = "network", [FT_TIME] = "time", [FT_RELTIME] = "duration",
};

static void field_row(const struct field *f, struct buf *out)
{
	char name[64];
	const char *may = f->flags & FF_ARG_ALLOWED ? "[?]" : "";
	const char *arg = f->flags & FF_ARG_REQUIRED ? "[...]" : may;

	snprintf(name, sizeof(name), "%s%s", f->name, arg);
	buf_addf(out, "%-32s %-9s %s\n", name, field_types[f->type], f->doc);
}

int cmd_fields(const struct cli *c)
{
	struct buf out = BUF_INIT;

	if (c->markdown)
		field_markdown(&out);
	else if (c->json)
		field_json(&out);
	for (size_t i = 0; !c->markdown && !c->json && i < field_count(); i++)
		field_row(field_at(i), &out);
	if (c->json)
		buf_addc(&out, '\n');
	return print_and_free(&out);
}

/* --- events --- */

static void event_text(const struct event_desc *d, struct buf *out)
{
	size_t start;

	buf_addf(out, "%-20s %-7s %s\n", d->name, schema_class_name(d->class), d->doc);
	for (unsigned i = 0; i < d->n_fields; i++)
		if (field_is_arg(&d->fields[i]))
			buf_addf(out, "    %-16s %s\n", d->fields[i].name, d->fields[i].doc);
	start = out->len;
	buf_adds(out, "    fields: ");
	field_families(out, d->id);
	if (out->len == start + strlen("    fields: "))
		buf_trunc(out, start);
	else
		buf_addc(out, '\n');
}

static void event_markdown(const struct event_desc *d, struct buf *out)
{
	size_t start;

	buf_addf(out, "\n## %s\n\nClass %s: %s.\n\n", d->name, schema_class_name(d->class), d->doc);
	if (d->n_fields)
		buf_adds(out, "| field | meaning |\n|---|---|\n");
	for (unsigned i = 0; i < d->n_fields; i++)
		if (field_is_arg(&d->fields[i]))
			buf_addf(out, "| `evt.arg.%s` | %s |\n", d->fields[i].name,
				 d->fields[i].doc);
	start = out->len;
	buf_adds(out, "\nAlso: ");
	field_families(out, d->id);
	if (out->len == start + strlen("\nAlso: "))
		buf_trunc(out, start);
	else
		buf_adds(out, ".\n");
}

/* The schema, and the names that stand for its numbers. */
static void event_json(struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_obj(&w, NULL);
	schema_json_events(&w, true);
	names_json(&w);
	jsonw_end_obj(&w);
	buf_addc(out, '\n');
}

int cmd_events(const struct cli *c)
{
	struct buf out = BUF_INIT;

	if (c->json) {
		event_json(&out);
		return print_and_free(&out);
	}
	if (c->markdown)
		buf_adds(&out, "# Events\n");
	for (unsigned id = 1; id < EV_MAX; id++) {
		const struct event_desc *d = schema_event(id);

		if (d && c->markdown)
			event_markdown(d, &out);
		else if (d)
			event_text(d, &out);
	}
	return print_and_free(&out);
}

/* --- containers --- */

struct listing {
	struct jsonw *w; /* NULL: text */
	struct buf *out;
	unsigned n;
};

static void cell(struct buf *out, const char *s, size_t width)
{
	size_t before = out->len;

	s = s && *s ? s : "-";
	buf_add_clean(out, s, strlen(s));
	do
		buf_addc(out, ' ');
	while (!out->oom && out->len - before < width);
}

static const char *yes_no(int tristate)
{
	return tristate == TRI_YES ? "yes" : tristate == TRI_NO ? "no" : "unknown";
}

static int list_container(void *ctx, const struct container *c)
{
	struct listing *l = ctx;

	if (c->is_host)
		return 0;
	l->n++;
	if (l->w) {
		jsonw_obj(l->w, NULL);
		render_container(l->w, c);
		jsonw_end_obj(l->w);
		return 0;
	}
	cell(l->out, c->id, 13);
	cell(l->out, c->name, 20);
	cell(l->out, c->runtime, 11);
	cell(l->out, c->image, 24);
	cell(l->out, c->user, 10);
	cell(l->out, yes_no(c->privileged), 11);
	if (c->pod_name) {
		cell(l->out, c->pod_ns, 0);
		cell(l->out, c->pod_name, 0);
	}
	if (c->why) {
		buf_adds(l->out, "incomplete: ");
		buf_add_clean(l->out, c->why, strlen(c->why));
	}
	buf_addc(l->out, '\n');
	return 0;
}

static struct pipeline *look_around(const struct rootfs *root)
{
	struct pipeline_opts o = {.root = root};
	struct pipeline *p = root ? pipeline_new(&o) : NULL;
	int err = p ? pipeline_scan_all(p) : -errno;

	if (!err)
		return p;
	log_error("the containers cannot be found out: %s", strerror(-err));
	pipeline_free(p);
	return NULL;
}

int cmd_containers(const struct cli *c)
{
	struct rootfs *root = rootfs_new("/");
	struct pipeline *p = look_around(root);
	struct buf out = BUF_INIT;
	struct jsonw w;
	struct listing l = {.w = c->json ? &w : NULL, .out = &out};
	int ret = EXIT_NO;

	if (!p)
		goto out;
	jsonw_init(&w, &out);
	if (c->json)
		jsonw_arr(&w, NULL);
	else
		buf_adds(&out, "ID           NAME                RUNTIME    "
			       "IMAGE                   USER      PRIVILEGED\n");
	state_each_container(pipeline_state(p), list_container, &l);
	if (c->json) {
		jsonw_end_arr(&w);
		buf_addc(&out, '\n');
	}
	ret = cmd_print(&out);
	if (!l.n && !c->json)
		log_info("no containers run here");
out:
	pipeline_free(p);
	rootfs_free(root);
	buf_done(&out);
	return ret;
}

/* --- doctor, version --- */

int cmd_doctor(const struct cli *c)
{
	struct buf out = BUF_INIT;
	struct jsonw w;
	int no, ret;

	jsonw_init(&w, &out);
	if (c->json)
		jsonw_obj(&w, NULL);
	no = doctor_report(c->json ? &w : NULL, c->json ? NULL : &out);
	if (c->json) {
		jsonw_end_obj(&w);
		buf_addc(&out, '\n');
	}
	ret = print_and_free(&out);
	return no ? EXIT_NO : ret;
}

int cmd_version(const struct cli *c)
{
	struct buf out = BUF_INIT;
	struct jsonw w;
	char schema[17];

	snprintf(schema, sizeof(schema), "%016llx", (unsigned long long)schema_hash());
	if (!c->json) {
		buf_addf(&out, "hullwatch " HW_VERSION "\nrule language: Falco engine "
			 RULE_ENGINE_VERSION "\nevent schema: %s\n", schema);
		return print_and_free(&out);
	}
	jsonw_init(&w, &out);
	jsonw_obj(&w, NULL);
	jsonw_str(&w, "version", HW_VERSION);
	jsonw_str(&w, "rule_engine", RULE_ENGINE_VERSION);
	jsonw_str(&w, "schema", schema);
	jsonw_end_obj(&w);
	buf_addc(&out, '\n');
	return print_and_free(&out);
}
