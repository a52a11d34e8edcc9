/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * schema.def as constant tables. Everything here is worked out by the compiler; nothing is filled
 * in at run time. Knows the layout of records, not what a rule or an output makes of them.
 */
#include "event/schema.h"

#include <string.h>

#include "base/jsonw.h"
#include "event/names.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* --- fields, one table per event --- */

#define names_dec NULL
#define names_hex NULL
#define names_oct NULL
#define names_none NULL
#define names_dns NULL

#define EVENT(id, name, class, doc) static const struct wire_field fields_##name[] = {
#define FIELD(ev, type_, name_, format_, doc_)                                                     \
	{                                                                                          \
		.name = #name_, .doc = doc_, .format = #format_, .names = names_##format_,         \
		.offset = offsetof(struct ev_##ev, name_),                                         \
		.size = sizeof(((struct ev_##ev *)0)->name_), .type = WT_##type_, .event = EV_##ev \
	},
#define END(ev) };
#include "schema.def"

/* --- offsets of the fields that mean something to every reader --- */

/* The offset of the event's first field of one type, -1 when it has none: a chain of ?: whose last
 * else is END's. */
#define FIRST(wanted, type_, ev, name_)                                                            \
	WT_##type_ == wanted ? (int)offsetof(struct ev_##ev, name_) :

enum {
#define EVENT(id, name, class, doc) OBJ_OFF_##name =
#define FIELD(ev, type_, name_, format_, doc_) FIRST(WT_FDOBJ, type_, ev, name_)
#define END(ev) -1,
#include "schema.def"
#define EVENT(id, name, class, doc) ADDR_OFF_##name =
#define FIELD(ev, type_, name_, format_, doc_) FIRST(WT_ADDR, type_, ev, name_)
#define END(ev) -1,
#include "schema.def"
#define EVENT(id, name, class, doc) FD_OFF_##name =
#define FIELD(ev, type_, name_, format_, doc_) FIRST(WT_FD, type_, ev, name_)
#define END(ev) -1,
#include "schema.def"
#define EVENT(id, name, class, doc) ERRNO_OFF_##name =
#define FIELD(ev, type_, name_, format_, doc_) FIRST(WT_ERRNO, type_, ev, name_)
#define END(ev) -1,
#include "schema.def"
#define EVENT(id, name, class, doc) TARGET_OFF_##name =
#define FIELD(ev, type_, name_, format_, doc_) FIRST(WT_START, type_, ev, name_)
#define END(ev) -1,
#include "schema.def"
#define EVENT(id, name, class, doc) BYTES_OFF_##name =
#define FIELD(ev, type_, name_, format_, doc_) FIRST(WT_BYTES, type_, ev, name_)
#define END(ev) -1,
#include "schema.def"
/* An argument vector is part of an image and of nothing else. */
#define EVENT(id, name, class, doc) ARGV_OFF_##name =
#define FIELD(ev, type_, name_, format_, doc_) FIRST(WT_ARGV, type_, ev, name_)
#define END(ev) -1,
#include "schema.def"
};

#define IMAGE_AT(ev)                                                                               \
	_Static_assert(ARGV_OFF_##ev - offsetof(struct hw_image, argv) ==                          \
			       offsetof(struct ev_##ev, exe_ino),                                  \
		       "the image of " #ev " begins elsewhere");                                   \
	_Static_assert(offsetof(struct ev_##ev, userns) - offsetof(struct ev_##ev, exe_ino) ==     \
			       offsetof(struct hw_image, userns),                                  \
		       "the image of " #ev " has another layout")
IMAGE_AT(execve);
IMAGE_AT(execveat);
IMAGE_AT(proc);

#define TARGET_AT(ev)                                                                              \
	_Static_assert(offsetof(struct ev_##ev, target_tid) - TARGET_OFF_##ev ==                   \
			       offsetof(struct hw_target, target_tid),                             \
		       "the target of " #ev " has another layout")
TARGET_AT(ptrace);
TARGET_AT(kill);
TARGET_AT(setns);
TARGET_AT(process_vm_readv);

/* --- events --- */

static const struct event_desc events[EV_MAX] = {
#define EVENT(id_, name_, class_, doc_)                                                            \
	[id_] = {                                                                                  \
		.name = #name_, .doc = doc_, .id = id_, .class = HW_CLASS_##class_,                \
		.fixed_len = sizeof(struct ev_##name_), .n_fields = ARRAY_LEN(fields_##name_),     \
		.fields = fields_##name_, .obj_off = OBJ_OFF_##name_,                              \
		.addr_off = ADDR_OFF_##name_, .fd_off = FD_OFF_##name_,                            \
		.res_off = ERRNO_OFF_##name_ >= 0 ? ERRNO_OFF_##name_ : FD_OFF_##name_,            \
		.res_size = ERRNO_OFF_##name_ >= 0 ? 8 : FD_OFF_##name_ >= 0 ? 4 : 0,              \
		.image = ARGV_OFF_##name_ >= 0,                                                    \
		.image_off = ARGV_OFF_##name_ >= 0 ?                                               \
			ARGV_OFF_##name_ - (int)offsetof(struct hw_image, argv) : -1,              \
		.target_off = TARGET_OFF_##name_,                                                  \
		.data_off = ARGV_OFF_##name_ >= 0 ? -1 : BYTES_OFF_##name_,                        \
	},
#include "schema.def"
};

static const char *const type_names[] = {
#define T(name) [WT_##name] = #name,
	HW_WIRE_TYPES(T)
#undef T
};

const struct event_desc *schema_event(unsigned id)
{
	if (id == 0 || id >= EV_MAX || !events[id].name)
		return NULL;
	return &events[id];
}

const struct event_desc *schema_header(void)
{
	return &events[0];
}

const struct event_desc *schema_event_by_name(const char *name, size_t len)
{
	for (unsigned id = 1; id < EV_MAX; id++) {
		const char *n = events[id].name;

		if (n && strlen(n) == len && memcmp(n, name, len) == 0)
			return &events[id];
	}
	return NULL;
}

const struct wire_field *schema_field(const struct event_desc *ev, const char *name, size_t len)
{
	for (unsigned i = 0; i < ev->n_fields; i++) {
		const char *n = ev->fields[i].name;

		if (strlen(n) == len && memcmp(n, name, len) == 0)
			return &ev->fields[i];
	}
	return NULL;
}

bool schema_lost_whole(unsigned reason)
{
#define LOST(name, side, whole, doc) whole,
	static const uint8_t table[HW_LOST_MAX] = {
#include "lost.def"
	};

	return reason >= HW_LOST_MAX || table[reason];
}

const char *schema_class_name(unsigned class)
{
	return names_enum(names_event_class, class);
}

const char *schema_type_name(unsigned type)
{
	return type < WT_MAX ? type_names[type] : NULL;
}

const struct hw_image *schema_image(const struct ev_hdr *ev)
{
	const struct event_desc *d = schema_event(ev->type);

	return d && d->image ? (const struct hw_image *)((const char *)ev + d->image_off) : NULL;
}

bool schema_result(const struct ev_hdr *ev, int64_t *ret_res)
{
	const struct event_desc *d = schema_event(ev->type);
	const char *at;

	if (!d || d->res_off < 0)
		return false;
	at = (const char *)ev + d->res_off;
	*ret_res = d->res_size == 8 ? *(const int64_t *)at : *(const int32_t *)at;
	return true;
}

/* --- the schema as JSON --- */

static void json_fields(struct jsonw *w, const struct event_desc *d, bool docs)
{
	jsonw_arr(w, "fields");
	for (unsigned i = 0; i < d->n_fields; i++) {
		const struct wire_field *f = &d->fields[i];

		jsonw_obj(w, NULL);
		jsonw_str(w, "name", f->name);
		jsonw_str(w, "type", type_names[f->type]);
		jsonw_str(w, "format", f->format);
		jsonw_u64(w, "offset", f->offset);
		jsonw_u64(w, "size", f->size);
		if (docs)
			jsonw_str(w, "doc", f->doc);
		jsonw_end_obj(w);
	}
	jsonw_end_arr(w);
}

static void json_event(struct jsonw *w, const struct event_desc *d, bool docs)
{
	jsonw_obj(w, NULL);
	jsonw_u64(w, "id", d->id);
	jsonw_str(w, "name", d->name);
	jsonw_str(w, "class", schema_class_name(d->class));
	jsonw_u64(w, "size", d->fixed_len);
	if (docs)
		jsonw_str(w, "doc", d->doc);
	json_fields(w, d, docs);
	jsonw_end_obj(w);
}

void schema_json_events(struct jsonw *w, bool docs)
{
	jsonw_arr(w, "events");
	for (unsigned id = 0; id < EV_MAX; id++) {
		if (events[id].name)
			json_event(w, &events[id], docs);
	}
	jsonw_end_arr(w);
}

void schema_json(struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_obj(&w, NULL);
	schema_json_events(&w, false);
	jsonw_end_obj(&w);
}

/* What makes two layouts the same, without the words that explain them. */
static void layout_text(struct buf *b)
{
	for (unsigned id = 0; id < EV_MAX; id++) {
		const struct event_desc *d = &events[id];

		if (!d->name)
			continue;
		buf_addf(b, "%u %s %u %u\n", id, d->name, d->class, d->fixed_len);
		for (unsigned i = 0; i < d->n_fields; i++)
			buf_addf(b, "%s %u %u %u\n", d->fields[i].name, d->fields[i].type,
				 d->fields[i].offset, d->fields[i].size);
	}
}

uint64_t schema_hash(void)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a, 64 bits */
	struct buf b = BUF_INIT;

	layout_text(&b);
	for (size_t i = 0; i < b.len; i++)
		h = (h ^ (unsigned char)b.data[i]) * 0x100000001b3u;
	buf_done(&b);
	return h;
}
