/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The one check of a record. It runs for every event, so the schema is boiled down by the compiler
 * to one short list of string offsets per event. Knows where strings lie, not what they mean.
 */
#include "event/check.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "event/schema.h"

struct str_row {
	uint16_t off; /* of the struct hw_str; 0 ends a list */
	bool text;    /* holds no NUL inside */
};

/* One macro per wire type: what it adds to the list of its event. */
#define AT(ev, name) offsetof(struct ev_##ev, name)
#define ROWS_U16(ev, name)
#define ROWS_U32(ev, name)
#define ROWS_U64(ev, name)
#define ROWS_I32(ev, name)
#define ROWS_I64(ev, name)
#define ROWS_ERRNO(ev, name)
#define ROWS_FD(ev, name)
#define ROWS_PID(ev, name)
#define ROWS_UID(ev, name)
#define ROWS_GID(ev, name)
#define ROWS_FLAGS(ev, name)
#define ROWS_ENUM(ev, name)
#define ROWS_MODE(ev, name)
#define ROWS_DEV(ev, name)
#define ROWS_PAD32(ev, name)
#define ROWS_CAPS(ev, name)
#define ROWS_TIME(ev, name)
#define ROWS_START(ev, name)
#define ROWS_COMM(ev, name)
#define ROWS_ADDR(ev, name)
#define ROWS_STR(ev, name) {AT(ev, name), true},
#define ROWS_PATH(ev, name) {AT(ev, name), true},
#define ROWS_ARGV(ev, name) {AT(ev, name), false},
#define ROWS_BYTES(ev, name) {AT(ev, name), false},
#define ROWS_FDOBJ(ev, name) {AT(ev, name) + offsetof(struct hw_fdobj, path), true},

#define EVENT(id, name, class, doc) static const struct str_row strs_##name[] = {
#define FIELD(ev, type, name, format, doc) ROWS_##type(ev, name)
#define END(ev) {0, false}};
#include "schema.def"

struct rec_row {
	const struct str_row *strs; /* NULL for an id not in use */
	uint32_t max;
	uint16_t fixed_len;
};

#define MAX_OF(class) (HW_CLASS_##class == HW_CLASS_FACT ? HW_FACT_MAX : HW_RECORD_MAX)

static const struct rec_row recs[EV_MAX] = {
#define EVENT(id, name, class, doc) [id] = {strs_##name, MAX_OF(class), sizeof(struct ev_##name)},
#include "schema.def"
};

static const char *string_fault(const char *rec, uint32_t size, uint16_t fixed_len,
				const struct str_row *row)
{
	const struct hw_str *s = (const struct hw_str *)(rec + row->off);

	if (s->off == 0)
		return s->len ? "a string has a length but no offset" : NULL;
	if (s->off < fixed_len)
		return "a string lies inside the fixed part";
	if (s->len >= size || s->off + s->len >= size)
		return "a string reaches beyond the record";
	if (rec[s->off + s->len] != '\0')
		return "a string is not ended by NUL";
	if (row->text && memchr(rec + s->off, '\0', s->len))
		return "a string has a NUL inside";
	return NULL;
}

static const char *body_fault(const struct ev_hdr *h, const struct rec_row *r)
{
	const char *rec = (const char *)h, *why;

	if (h->size < r->fixed_len)
		return "the record is shorter than its fixed part";
	if (h->size > r->max)
		return "the record is larger than its type may be";
	if (!memchr(h->comm, '\0', sizeof(h->comm)))
		return "the thread's name is not ended by NUL";
	for (const struct str_row *s = r->strs; s->off; s++) {
		why = string_fault(rec, h->size, r->fixed_len, s);
		if (why)
			return why;
	}
	return NULL;
}

static enum check_result result(enum check_result res, const char *why, const char **ret_why)
{
	if (res != CHECK_OK && ret_why)
		*ret_why = why;
	return res;
}

enum check_result check_record(const void *data, size_t len, const char **ret_why)
{
	const struct ev_hdr *h = data;
	const char *why;

	if ((uintptr_t)data % 8)
		return result(CHECK_MALFORMED, "the record is not aligned to 8 bytes", ret_why);
	if (len < sizeof(*h))
		return result(CHECK_MALFORMED, "the record is shorter than its header", ret_why);
	if (h->size != len)
		return result(CHECK_MALFORMED, "the record's size is not what arrived", ret_why);
	if (h->type == 0 || h->type >= EV_MAX || !recs[h->type].strs)
		return result(CHECK_UNKNOWN_TYPE, "no event has this type", ret_why);
	why = body_fault(h, &recs[h->type]);
	return result(why ? CHECK_MALFORMED : CHECK_OK, why, ret_why);
}
