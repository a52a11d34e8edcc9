/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The vocabulary: every field that a rule, an output or the feed can name, with its type and the
 * function that reads it. Wire fields appear as evt.arg.NAME from the schema; derived fields are
 * the rows of field.def. Meaning follows the rule language (rules/README.md); differences are
 * written there.
 */
#ifndef HW_FIELD_H
#define HW_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "event/view.h"

enum field_type {
	FT_STR,	    /* char string */
	FT_PATH,    /* char string that is a path */
	FT_BYTES,
	FT_INT,	    /* i */
	FT_UINT,    /* u */
	FT_BOOL,    /* u is 0 or 1 */
	FT_PORT,    /* u */
	FT_IP,	    /* addr */
	FT_NET,	    /* addr; the rule's value is a network */
	FT_TIME,    /* u: nanoseconds since the epoch */
	FT_RELTIME, /* u: nanoseconds */
};

enum field_flag {
	FF_ARG_REQUIRED = 1,
	FF_ARG_ALLOWED = 2,
	FF_ARG_INDEX = 4, /* the argument is a number */
	FF_ARG_KEY = 8,	  /* the argument is text */
	/* In a condition, without argument: true if it holds for any ancestor: indexes 1, 2, ...
	 * until get is false, which says that the top is passed. */
	FF_ANY_ANCESTOR = 16,
	/* Two values: field_get with index 0 (client) and 1 (server). = and in: either; !=: both
	 * differ. */
	FF_BOTH_ENDS = 32,
	/* An address (FT_STR in output): the rule's values are names, compared by address. */
	FF_DNS = 64,
	FF_NO_RHS = 128, /* not allowed on the right of a comparison */
	FF_PROC = 256,	 /* fixed between two execs of the process: for partial evaluation */
	FF_EVENT = 512,	 /* follows from the event's type, number and time alone */
};

/* A value borrowed from the view or its scratch: good until the view's end. type is that of the
 * field, but FT_STR where a field that counts is asked for all ancestors. Fields with FF_DNS set
 * both: s is the name for output ("<NA>" without one), addr what a rule compares. */
struct value {
	uint8_t type; /* enum field_type */
	uint32_t len; /* of s */
	union {
		const char *s; /* NUL-terminated */
		int64_t i;
		uint64_t u;
	};
	const struct hw_addr *addr; /* FT_IP, FT_NET and FF_DNS; IPv4-mapped IPv6 is folded */
};

struct field_arg;

struct field {
	const char *name; /* without argument: "proc.aname", "evt.arg.flags" */
	const char *doc;
	uint8_t type;
	uint16_t flags;
	uint16_t id; /* dense, below field_count() */
	/* False when there is no such value for this event: the check is then false, whatever the
	 * operator. */
	bool (*get)(const struct field *f, const struct view *v, const struct field_arg *a,
		    struct value *ret);
	const char *wire; /* evt.arg.NAME: the NAME, else NULL */
	uint16_t p;	  /* the getter's own parameter */
};

/* Argument in brackets. index for FF_ARG_INDEX, key for FF_ARG_KEY; FF_ANY_ANCESTOR and
 * FF_BOTH_ENDS use index for the engine's own iteration. has is false without brackets. */
struct field_arg {
	bool has;
	int32_t index;
	const char *key;
	uint32_t key_len;
};

/* A field with its argument, as written in a rule. */
struct field_ref {
	const struct field *field;
	struct field_arg arg;
};

/* given.h */
bool given_get(const struct given *g, const struct field_ref *ref, const struct view *v,
	       struct value *ret);

static inline bool field_get(const struct field_ref *r, const struct view *v, struct value *ret)
{
	if (v->given)
		return given_get(v->given, r, v, ret);
	return r->field->get(r->field, v, &r->arg, ret);
}

size_t field_count(void);
const struct field *field_at(size_t id);
/* Exact name, without brackets. NULL when there is none. */
const struct field *field_find(const char *name, size_t len);
/* The known name most like this one, or NULL when none is near: for "did you mean". */
const char *field_near(const char *name, size_t len);

/* Parses "name" or "name[arg]" (quotes around arg allowed) that must be the whole of text. The
 * key is copied with dup(ctx, s, len). On failure returns -EINVAL and *ret_msg is a message made in
 * msg: unknown field with its nearest name, argument missing, refused, or no number. */
int field_parse(const char *text, size_t len, char *(*dup)(void *ctx, const char *s, size_t len),
		void *ctx, struct field_ref *ret_ref, struct buf *msg);

/* Longest prefix of text that is a field with its argument, for %field in outputs ("%proc.name."
 * works). 0 when there is none, else the number of bytes taken. */
size_t field_parse_prefix(const char *text, size_t len,
			  char *(*dup)(void *ctx, const char *s, size_t len), void *ctx,
			  struct field_ref *ret_ref);

/* As text, the way the rule language prints it (addresses, times as numbers, true/false). */
void value_text(struct buf *out, const struct value *v);
struct jsonw;
/* As a JSON member: numbers as numbers, booleans as booleans, the rest as strings. */
void value_json(struct jsonw *w, const char *key, const struct value *v);

/* Scratch space for one view: strings that getters build, and what they work out once an event.
 * Never NULL in a view that is asked for fields, and to be reset before every event: else the
 * last event's values show. */
struct field_scratch *field_scratch_new(void);
void field_scratch_free(struct field_scratch *s);
void field_scratch_reset(struct field_scratch *s);

struct wire_field;
/* Is a wire field of an event evt.arg.NAME of it? Not padding, objects, what only its shape has. */
bool field_is_arg(const struct wire_field *f);
/* The families of fields, beside its arguments, that an event has: "fd.*, fs.path.name". */
void field_families(struct buf *out, unsigned event);

/* FIELDS.md and the tables of `hullwatch fields` and `hullwatch events`. */
void field_markdown(struct buf *out);
void field_json(struct buf *out);

#endif
