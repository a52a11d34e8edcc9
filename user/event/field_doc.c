/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The vocabulary for readers: rules/FIELDS.md and the JSON of `hullwatch fields`. */
#include "base/jsonw.h"
#include "event/field_impl.h"

static const char *const types[] = {
	[FT_STR] = "string",   [FT_PATH] = "path",	 [FT_BYTES] = "bytes",
	[FT_INT] = "integer",  [FT_UINT] = "unsigned",	 [FT_BOOL] = "boolean",
	[FT_PORT] = "port",    [FT_IP] = "address",	 [FT_NET] = "network",
	[FT_TIME] = "time",    [FT_RELTIME] = "duration",
};

#define OPS_NUMBER "`=` `!=` `<` `<=` `>` `>=` `in` `intersects` `exists`"
#define OPS_STRING                                                                                 \
	"`=` `!=` `<` `<=` `>` `>=` `in` `intersects` `contains` `icontains` `startswith` "        \
	"`endswith` `glob` `iglob` `regex` `pmatch` `exists`"

static const struct { const char *type, *ops, *values; } ops[] = {
	{"string, path", OPS_STRING,
	 "text; `regex` must match the whole value, and `*` of a `glob` matches slashes too"},
	{"bytes",
	 "`=` `!=` `in` `intersects` `contains` `icontains` `startswith` `endswith` `bcontains` "
	 "`bstartswith` `exists`",
	 "text, or hexadecimal digits with `bcontains` and `bstartswith`"},
	{"integer, unsigned, duration, time", OPS_NUMBER,
	 "decimal numbers; durations and times are nanoseconds"},
	{"boolean", "`=` `!=` `in` `intersects` `exists`", "`true`, `false`"},
	{"port", OPS_NUMBER, "numbers and names of services"},
	{"address", "`=` `!=` `in` `intersects` `exists`",
	 "`192.0.2.1`, `2001:db8::1`; an address of the other family is different"},
	{"network", "`=` `!=` `in` `intersects` `exists`", "`192.0.2.0/24`, `2001:db8::/32`"},
};

struct family {
	const char *name, *title;
};

static const struct family families[] = {
	{"evt", "The event"},
	{"syscall", "The event"},
	{"proc", "The process that acted, and its relatives"},
	{"thread", "The thread"},
	{"user", "Its user"},
	{"group", "Its group"},
	{"fd", "The descriptor that the event is about"},
	{"fs", "Paths that a call names"},
	{"target", "Another process that a call was for"},
	{"dns", "DNS questions"},
	{"container", "The container"},
	{"k8s", "Kubernetes"},
};

static bool in_family(const struct field *f, const char *family)
{
	size_t len = strlen(family);

	return !f->wire && strncmp(f->name, family, len) == 0 && f->name[len] == '.';
}

static const char *argument(const struct field *f)
{
	if (!(f->flags & (FF_ARG_REQUIRED | FF_ARG_ALLOWED)))
		return "";
	if (f->flags & FF_ARG_KEY)
		return "[X]";
	return f->flags & FF_ARG_REQUIRED ? "[n]" : "[n], optional";
}

/* Text inside a table's cell: a bar would end it. */
static void add_cell(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '|')
			buf_addc(out, '\\');
		if (*s == '<')
			buf_adds(out, "&lt;");
		else
			buf_addc(out, *s);
	}
}

static void add_field_row(struct buf *out, const struct field *f)
{
	buf_addf(out, "| `%s` | %s | %s | ", f->name, types[f->type], argument(f));
	add_cell(out, f->doc);
	buf_adds(out, " |\n");
}

static void add_families(struct buf *out)
{
	const char *title = "";

	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		if (strcmp(title, families[i].title) != 0) {
			title = families[i].title;
			buf_addf(out, "\n## %s\n\n| field | type | argument | meaning |\n", title);
			buf_adds(out, "|---|---|---|---|\n");
		}
		for (size_t id = 0; id < field_count(); id++) {
			if (in_family(field_at(id), families[i].name))
				add_field_row(out, field_at(id));
		}
	}
}

static void add_ops(struct buf *out)
{
	buf_adds(out, "\n## Operators\n\n| type | operators | values |\n|---|---|---|\n");
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		buf_addf(out, "| %s | %s | %s |\n", ops[i].type, ops[i].ops, ops[i].values);
}

/* Rules see no facts. */
static const char *doc_of(size_t arg, unsigned event)
{
	const struct event_desc *d = schema_event(event);

	return d && d->class != HW_CLASS_FACT ? args_doc(arg, event) : NULL;
}

/* The events in which an argument means doc; those before first have been told. */
static void add_arg_events(struct buf *out, size_t arg, unsigned first, const char *doc)
{
	for (unsigned id = first; id < EV_MAX; id++) {
		const char *d = doc_of(arg, id);

		if (d && strcmp(d, doc) == 0)
			buf_addf(out, "%s%s", id == first ? "" : ", ", schema_event(id)->name);
	}
}

/* Is this the first event in which the argument means what it does here? */
static bool first_meaning(size_t arg, unsigned event)
{
	const char *doc = doc_of(arg, event);

	for (unsigned id = 1; doc && id < event; id++) {
		if (doc_of(arg, id) && strcmp(doc_of(arg, id), doc) == 0)
			return false;
	}
	return doc != NULL;
}

static void add_arg_rows(struct buf *out, size_t arg)
{
	for (unsigned id = 1; id < EV_MAX; id++) {
		if (!first_meaning(arg, id))
			continue;
		buf_addf(out, "| `evt.arg.%s` | ", args_name(arg));
		add_arg_events(out, arg, id, doc_of(arg, id));
		buf_adds(out, " | ");
		add_cell(out, doc_of(arg, id));
		buf_adds(out, " |\n");
	}
}

static void add_args(struct buf *out)
{
	buf_adds(out, "\n## Arguments\n\n"
		      "All are strings: errors, flags and users by name; paths are where the "
		      "kernel went, or\nelse relative ones made absolute.\n"
		      "An event that has no such argument has no value.\n\n"
		      "| field | events | meaning |\n|---|---|---|\n");
	for (size_t arg = 0; arg < args_count(); arg++)
		add_arg_rows(out, arg);
}

bool field_is_arg(const struct wire_field *f)
{
	return !args_hidden(f->event, f);
}

static void add_family(struct buf *out, size_t start, bool has, const char *name)
{
	if (has)
		buf_addf(out, "%s%s", out->len > start ? ", " : "", name);
}

void field_families(struct buf *out, unsigned event)
{
	const struct event_desc *d = schema_event(event);
	const struct view v = {.desc = d};
	size_t start = out->len;

	if (!d)
		return;
	add_family(out, start, d->obj_off >= 0, "fd.*");
	add_family(out, start, has_path(&v, PATH_ONE), "fs.path.name");
	add_family(out, start, has_path(&v, PATH_SOURCE), "fs.path.source");
	add_family(out, start, has_path(&v, PATH_TARGET), "fs.path.target");
	add_family(out, start, d->target_off >= 0, "target.*");
	add_family(out, start, d->data_off >= 0 && d->class != HW_CLASS_FACT, "evt.buffer");
	add_family(out, start, event == EV_dns_query, "dns.question.*");
	add_family(out, start, d->image && d->class != HW_CLASS_FACT, "proc.*");
}

static void add_events(struct buf *out)
{
	buf_adds(out, "\n## Events\n\n| evt.type | class | meaning |\n|---|---|---|\n");
	for (unsigned id = 1; id < EV_MAX; id++) {
		const struct event_desc *d = schema_event(id);

		if (!d || d->class == HW_CLASS_FACT)
			continue;
		buf_addf(out, "| `%s` | %s | ", d->name, schema_class_name(d->class));
		add_cell(out, d->doc);
		buf_adds(out, " |\n");
	}
}

void field_markdown(struct buf *out)
{
	buf_adds(out,
		 "# Fields\n\n"
		 "Written by `hullwatch fields --markdown`; the build checks that it is current.\n"
		 "A field without a value makes every check of it false, `!=` too; an output\n"
		 "prints `<NA>` for it. The text `<NA>` can also be a value: it says that a name\n"
		 "is not known.\n");
	add_families(out);
	add_args(out);
	add_events(out);
	add_ops(out);
}

/* Each meaning that an argument has, with its events. */
static void json_meanings(struct jsonw *w, size_t arg)
{
	jsonw_arr(w, "meanings");
	for (unsigned id = 1; id < EV_MAX; id++) {
		if (!first_meaning(arg, id))
			continue;
		jsonw_obj(w, NULL);
		jsonw_str(w, "doc", doc_of(arg, id));
		jsonw_arr(w, "events");
		for (unsigned other = id; other < EV_MAX; other++) {
			const char *doc = doc_of(arg, other);

			if (doc && strcmp(doc, doc_of(arg, id)) == 0)
				jsonw_str(w, NULL, schema_event(other)->name);
		}
		jsonw_end_arr(w);
		jsonw_end_obj(w);
	}
	jsonw_end_arr(w);
}

static void json_field(struct jsonw *w, const struct field *f)
{
	jsonw_obj(w, NULL);
	jsonw_str(w, "name", f->name);
	jsonw_str(w, "type", types[f->type]);
	jsonw_str(w, "argument", !(f->flags & (FF_ARG_REQUIRED | FF_ARG_ALLOWED)) ? "none" :
				 f->flags & FF_ARG_REQUIRED ? "required" : "optional");
	jsonw_str(w, "argument_kind", f->flags & FF_ARG_KEY ? "text" :
				      f->flags & FF_ARG_INDEX ? "number" : NULL);
	jsonw_str(w, "doc", f->doc);
	if (f->wire)
		json_meanings(w, f->p);
	jsonw_end_obj(w);
}

void field_json(struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_arr(&w, NULL);
	for (size_t id = 0; id < field_count(); id++)
		json_field(&w, field_at(id));
	jsonw_end_arr(&w);
}
