/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Outputs of rules: templates read once, filled in for an event. %field, %field[arg],
 * %tolower(field), %20field (so many characters, cut or filled up with blanks), %% for the sign.
 */
#include <stdlib.h>
#include <string.h>

#include "rule/parse.h"
#include "rule/set.h"
#include "rule/vec.h"

#define WIDTH_MAX 10000

/* Part of every output of the language's first engine by default. */
static const char *const suffix[] = {
	"container.id", "container.image.repository", "container.image.tag",
	"container.name", "k8s.ns.name", "k8s.pod.name",
};

#define DEPRECATED_INFO "container.info"

/* --- reading --- */

struct reader {
	struct builder *b;
	struct rule_x *r;
	const struct text *text;
	const char *s;
	size_t len, off;
	size_t literal; /* begin of what was not taken as a segment yet */
};

static bool oom(struct reader *rd)
{
	rd->b->d->oom = true;
	return false;
}

static bool add_segment(struct reader *rd, struct segment seg)
{
	struct rule_x *r = rd->r;
	struct segment *segs = vec_add(rd->b->mem, r->segments, r->n_segments, sizeof(*segs));

	if (!segs)
		return oom(rd);
	r->segments = segs;
	r->segments[r->n_segments++] = seg;
	return true;
}

/* What stands between literal and end. */
static bool add_literal(struct reader *rd, size_t end)
{
	struct segment seg = {.slot = SLOT_NONE};

	if (end == rd->literal)
		return true;
	seg.text.len = end - rd->literal;
	seg.text.s = arena_strndup(rd->b->mem, rd->s + rd->literal, seg.text.len);
	return seg.text.s ? add_segment(rd, seg) : oom(rd);
}

static bool add_field(struct reader *rd, const char *key, uint32_t slot)
{
	struct rule_x *r = rd->r;
	struct out_field *fields;

	for (size_t i = 0; i < r->n_fields; i++)
		if (!strcmp(r->fields[i].key, key))
			return true;
	fields = vec_add(rd->b->mem, r->fields, r->n_fields, sizeof(*fields));
	if (!fields)
		return oom(rd);
	r->fields = fields;
	r->fields[r->n_fields++] = (struct out_field){key, slot};
	return true;
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t name_end(const struct reader *rd, size_t off)
{
	while (off < rd->len && is_name(rd->s[off]))
		off++;
	return off;
}

/* Does this very name stand at off? */
static bool name_is(const struct reader *rd, size_t off, const char *name)
{
	size_t n = strlen(name), end = name_end(rd, off);

	while (end > off && rd->s[end - 1] == '.')
		end--;
	return end - off == n && !memcmp(rd->s + off, name, n);
}

static char *keep(void *ctx, const char *s, size_t len)
{
	return arena_strndup(ctx, s, len);
}

/* What stands at off is no field. Dots at its end are the sentence's. */
static void no_field(struct reader *rd, size_t off)
{
	struct place at = text_place(rd->text, off);
	size_t end = name_end(rd, off), name;
	struct buf msg = BUF_INIT;
	struct field_ref ref;

	while (end > off && rd->s[end - 1] == '.')
		end--;
	name = end;
	if (end < rd->len && rd->s[end] == '[') {
		const char *close = memchr(rd->s + end, ']', rd->len - end);

		end = close ? (size_t)(close - rd->s) + 1 : rd->len;
	}
	if (end == off)
		diag_error(rd->b->d, at, ERR_COMPILE_OUTPUT,
			   "no field follows '%%'; for the sign itself write '%%%%'");
	else if (!field_find(rd->s + off, name - off))
		unknown_field(rd->b, at, rd->s + off, name - off);
	else if (field_parse(rd->s + off, end - off, keep, rd->b->tmp, &ref, &msg))
		diag_error(rd->b->d, at, ERR_COMPILE_OUTPUT, "%s", buf_str(&msg));
	else
		diag_error(rd->b->d, at, ERR_COMPILE_OUTPUT, "the field '%.*s' cannot stand here",
			   (int)(end - off), rd->s + off);
	buf_done(&msg);
}

/* The slot of what stands behind the sign at off; *ret_end is behind it. */
static uint32_t read_slot(struct reader *rd, size_t off, size_t *ret_end, bool *ret_call)
{
	struct builder *b = rd->b;
	struct expr dir = {.kind = X_FIELD, .text = "evt.dir", .len = 7};
	struct field_ref ref;
	struct expr *call;
	bool fault;
	size_t n;

	call = parse_call_at(rd->text, off, b->mem, b->d, ret_end, &fault);
	*ret_call = call != NULL;
	if (call)
		return slot_of_expr(b, call, USE_OUTPUT);
	if (fault)
		return SLOT_NONE;
	n = field_parse_prefix(rd->s + off, rd->len - off, keep, b->mem, &ref);
	*ret_end = off + n;
	if (n)
		return slot_of_ref(b, &ref, USE_OUTPUT);
	if (name_is(rd, off, "evt.dir")) {
		dir.at = text_place(rd->text, off);
		*ret_end = off + dir.len;
		*ret_call = true;
		return slot_of_expr(b, &dir, USE_OUTPUT);
	}
	no_field(rd, off);
	return SLOT_NONE;
}

static bool read_width(struct reader *rd, size_t *off, unsigned *ret_width)
{
	size_t from = *off;
	unsigned w = 0;

	while (*off < rd->len && is_digit(rd->s[*off]) && w <= WIDTH_MAX)
		w = 10 * w + (unsigned)(rd->s[(*off)++] - '0');
	*ret_width = w;
	if (w <= WIDTH_MAX)
		return true;
	diag_error(rd->b->d, text_place(rd->text, from), ERR_COMPILE_OUTPUT,
		   "a width of more than %d characters", WIDTH_MAX);
	return false;
}

/* At a sign. */
static bool read_token(struct reader *rd)
{
	size_t sign = rd->off, off = sign + 1, end = off;
	struct segment seg = {.slot = SLOT_NONE};
	bool call;

	if (!add_literal(rd, sign))
		return false;
	if (off >= rd->len) {
		diag_error(rd->b->d, text_place(rd->text, sign), ERR_COMPILE_OUTPUT,
			   "an output cannot end in '%%'; for the sign itself write '%%%%'");
		return false;
	}
	if (rd->s[off] == '%') {
		rd->literal = off;
		rd->off = off + 1;
		return true;
	}
	if (name_is(rd, off, DEPRECATED_INFO)) {
		diag_warn(rd->b->d, text_place(rd->text, off), WARN_DEPRECATED_ITEM,
			  "%%" DEPRECATED_INFO " is old and left out: output_fields have the "
					       "container's fields anyway");
		rd->off = rd->literal = off + strlen(DEPRECATED_INFO);
		return true;
	}
	if (!read_width(rd, &off, &seg.width))
		return false;
	seg.slot = read_slot(rd, off, &end, &call);
	if (seg.slot == SLOT_NONE || !add_segment(rd, seg))
		return false;
	rd->off = rd->literal = end;
	return call || add_field(rd, rd->b->rs->slots[seg.slot].name, seg.slot);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct out_field *)a)->key, ((const struct out_field *)b)->key);
}

static bool add_suffix(struct reader *rd)
{
	for (size_t i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
		struct field_ref ref = {.field = field_find(suffix[i], strlen(suffix[i]))};
		uint32_t slot = ref.field ? slot_of_ref(rd->b, &ref, USE_OUTPUT) : SLOT_NONE;

		if (slot == SLOT_NONE || !add_field(rd, suffix[i], slot))
			return false;
	}
	return true;
}

bool output_take(struct builder *b, struct rule_x *r, const struct text *text)
{
	struct reader rd = {.b = b, .r = r, .text = text, .s = text_str(text), .len = text->len};
	bool ok = true;

	if (!add_field(&rd, "evt.time", SLOT_NONE))
		return false;
	while (rd.off < rd.len) {
		if (rd.s[rd.off] != '%') {
			rd.off++;
			continue;
		}
		if (!read_token(&rd)) {
			ok = false;
			rd.off = rd.literal = rd.off + 1;
		}
	}
	ok = add_literal(&rd, rd.len) && ok;
	ok = add_suffix(&rd) && ok;
	qsort(r->fields, r->n_fields, sizeof(*r->fields), by_key);
	return ok;
}

/* --- filling in --- */

static void put_value(struct ruleset *rs, uint32_t slot, struct buf *out)
{
	uint32_t n;
	const struct cell *c = slot_cells(rs, slot, &n);

	if (!c)
		buf_adds(out, "<NA>");
	for (uint32_t i = 0; c && i < n; i++) {
		if (i)
			buf_addc(out, ',');
		value_text(out, &c[i].v);
	}
}

/* Makes what was added since from exactly so many characters long. */
static void fit(struct buf *out, size_t from, unsigned width)
{
	unsigned n = 0;

	for (size_t i = from; i < out->len; i++) {
		if (((unsigned char)out->data[i] & 0xc0) == 0x80)
			continue;
		if (n++ == width) {
			buf_trunc(out, i);
			return;
		}
	}
	for (; n < width; n++)
		buf_addc(out, ' ');
}

void rule_output_text(const struct rule *r, const struct view *v, struct buf *out)
{
	const struct rule_x *x = (const struct rule_x *)r;

	eval_begin(x->rs, v);
	for (size_t i = 0; i < x->n_segments; i++) {
		const struct segment *seg = &x->segments[i];
		size_t from = out->len;

		if (seg->slot == SLOT_NONE) {
			buf_add(out, seg->text.s, seg->text.len);
			continue;
		}
		put_value(x->rs, seg->slot, out);
		if (seg->width)
			fit(out, from, seg->width);
	}
}

static void put_field(struct ruleset *rs, const struct out_field *f, const struct view *v,
		      struct jsonw *w)
{
	uint32_t n;
	const struct cell *c;

	if (f->slot == SLOT_NONE) {
		jsonw_i64(w, f->key, (int64_t)v->ev->time + v->env->wall_off);
		return;
	}
	c = slot_cells(rs, f->slot, &n);
	if (c)
		value_json(w, f->key, &c->v);
	else
		jsonw_null(w, f->key);
}

void rule_output_fields(const struct rule *r, const struct view *v, struct jsonw *w)
{
	const struct rule_x *x = (const struct rule_x *)r;

	eval_begin(x->rs, v);
	for (size_t i = 0; i < x->n_fields; i++)
		put_field(x->rs, &x->fields[i], v, w);
}
