/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * schema.def as tables: what a program needs to know of events and wire fields at run time.
 * Also the self-description that a recording carries.
 */
#ifndef HW_SCHEMA_H
#define HW_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "event.h"

#define HW_WIRE_TYPES(T)                                                                           \
	T(U16) T(U32) T(U64) T(I32) T(I64) T(ERRNO) T(FD) T(PID) T(UID) T(GID) T(FLAGS) T(ENUM)    \
	T(MODE) T(DEV) T(PAD32) T(CAPS) T(TIME) T(COMM) T(STR) T(PATH) T(ARGV) T(BYTES) T(ADDR)    \
	T(FDOBJ) T(START)

#define T(name) WT_##name,
enum wire_type { HW_WIRE_TYPES(T) WT_MAX };
#undef T

struct name_row; /* names.h */

struct wire_field {
	const char *name;
	const char *doc;
	const char *format; /* as written in the row */
	const struct name_row *names; /* NULL for a number, see its format */
	uint16_t offset; /* from the record's first byte */
	uint16_t size;
	uint8_t type; /* enum wire_type */
	uint8_t event;
};

struct event_desc {
	const char *name; /* NULL for an id that is not in use */
	const char *doc;
	uint8_t id;
	uint8_t class; /* enum hw_class */
	uint16_t fixed_len; /* sizeof the struct */
	uint16_t n_fields; /* without the header's */
	const struct wire_field *fields;
	int16_t obj_off;  /* offset of its FDOBJ, -1 without */
	int16_t addr_off; /* of its ADDR */
	int16_t fd_off;	  /* of the descriptor that the event is about: its first FD */
	int16_t image_off; /* of its struct hw_image */
	int16_t target_off; /* of its struct hw_target, -1 without */
	int16_t data_off; /* of its first bytes that moved, -1 without */
	int16_t res_off;  /* of its result: res, else fd; -1 without. res_size 4 or 8 */
	uint8_t res_size;
	bool image; /* has IMAGE_FIELDS */
};

const struct event_desc *schema_event(unsigned id); /* NULL for an id not in use */
const struct event_desc *schema_header(void); /* the fields of struct ev_hdr, id 0 */
const struct event_desc *schema_event_by_name(const char *name, size_t len);
const struct wire_field *schema_field(const struct event_desc *ev, const char *name, size_t len);
const char *schema_class_name(unsigned class); /* lower case */
/* Is an event gone for this reason (enum hw_lost), or did it come with a part missing? */
bool schema_lost_whole(unsigned reason);
const char *schema_type_name(unsigned type);   /* of an enum wire_type, as schema.def writes it */

/* The image part of a record whose event has image set. Borrowed from the record. */
const struct hw_image *schema_image(const struct ev_hdr *ev);

/* The whole schema as JSON, one object, without the words that explain it: what a recording begins
 * with. */
void schema_json(struct buf *out);
struct jsonw;
/* Its only member, "events". */
void schema_json_events(struct jsonw *w, bool docs);
/* FNV-1a over ids, names, types and offsets: two builds with the same number read each other's
 * recordings. */
uint64_t schema_hash(void);

/* Reads a result: value of res (or fd). False when the event has none. */
bool schema_result(const struct ev_hdr *ev, int64_t *ret_res);

/* A string of a record that has passed the check; len is without the NUL. */
static inline const char *rec_str(const struct ev_hdr *ev, const struct hw_str *s)
{
	return s->off ? (const char *)ev + s->off : "";
}

#endif
