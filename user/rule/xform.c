/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What slots hold for an event: fields are asked, transformers work on the slots below them. Each
 * slot is filled at most once an event. A slot without a value makes what is built on it have none.
 */
#include <string.h>

#include "rule/set.h"

/* Bytes that a transformer builds in its slot's memory. */
struct out {
	struct slot_state *st;
	size_t len;
	bool over;
};

static void put(struct out *o, const char *s, size_t len)
{
	if (o->over || len >= SLOT_TEXT_MAX - o->len) {
		o->over = true;
		return;
	}
	memcpy(o->st->mem + o->len, s, len);
	o->len += len;
}

static void set_text(struct cell *c, uint8_t type, const char *s, size_t len)
{
	c->v = (struct value){.type = type, .len = (uint32_t)len, .s = s};
	c->lit = LIT_UNASKED;
}

/* What was built becomes the slot's value; false, and counted, when it was too long. */
static bool finish(struct ruleset *rs, struct out *o)
{
	if (o->over) {
		rs->cut++;
		return false;
	}
	o->st->mem[o->len] = '\0';
	set_text(&o->st->cell, FT_STR, o->st->mem, o->len);
	return true;
}

static const struct value *one_value(struct ruleset *rs, uint32_t slot)
{
	uint32_t n;
	const struct cell *c = slot_cells(rs, slot, &n);

	return c ? &c->v : NULL;
}

/* --- transformers --- */

static bool fill_case(struct ruleset *rs, const struct slot *s, struct slot_state *st)
{
	const struct value *v = one_value(rs, s->args[0]);
	char lo = s->fn == FN_TOLOWER ? 'A' : 'a';
	struct out o = {.st = st};

	if (!v)
		return false;
	put(&o, v->s, v->len);
	for (size_t i = 0; i < o.len; i++)
		if (st->mem[i] >= lo && st->mem[i] <= lo + 25)
			st->mem[i] ^= 0x20;
	return finish(rs, &o);
}

static bool fill_basename(struct ruleset *rs, const struct slot *s, struct slot_state *st)
{
	const struct value *v = one_value(rs, s->args[0]);
	const char *slash;

	if (!v)
		return false;
	slash = memrchr(v->s, '/', v->len);
	slash = slash ? slash + 1 : v->s;
	set_text(&st->cell, FT_STR, slash, v->len - (size_t)(slash - v->s));
	return true;
}

static int b64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Padding may be missing; anything else that is no base64 means no value. */
static bool fill_b64(struct ruleset *rs, const struct slot *s, struct slot_state *st)
{
	const struct value *v = one_value(rs, s->args[0]);
	struct out o = {.st = st};
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t len;

	if (!v)
		return false;
	len = v->len;
	while (len && v->len - len < 2 && v->s[len - 1] == '=')
		len--;
	if (len % 4 == 1)
		return false;
	for (size_t i = 0; i < len; i++) {
		int d = b64_digit(v->s[i]);
		char byte;

		if (d < 0)
			return false;
		acc = acc << 6 | (uint32_t)d;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		byte = (char)(acc >> bits);
		put(&o, &byte, 1);
	}
	return finish(rs, &o);
}

static bool fill_len(struct ruleset *rs, const struct slot *s, struct slot_state *st)
{
	uint32_t n;
	const struct cell *c = slot_cells(rs, s->args[0], &n);

	if (!c)
		return false;
	st->cell.v = (struct value){.type = FT_UINT};
	st->cell.v.u = rs->slots[s->args[0]].many ? n : c->v.len;
	return true;
}

static bool fill_join(struct ruleset *rs, const struct slot *s, struct slot_state *st)
{
	const struct value *sep = one_value(rs, s->args[0]);
	struct out o = {.st = st};
	const struct cell *c;
	uint32_t n;

	c = sep ? slot_cells(rs, s->args[1], &n) : NULL;
	if (!c)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			put(&o, sep->s, sep->len);
		put(&o, c[i].v.s, c[i].v.len);
	}
	return finish(rs, &o);
}

static bool fill_concat(struct ruleset *rs, const struct slot *s, struct slot_state *st)
{
	struct out o = {.st = st};

	for (size_t i = 0; i < s->n_args; i++) {
		const struct value *v = one_value(rs, s->args[i]);

		if (!v)
			return false;
		put(&o, v->s, v->len);
	}
	return finish(rs, &o);
}

/* --- lists --- */

static void add_cell(struct ruleset *rs, struct slot_state *st, const char *s, size_t len)
{
	if (st->n == SLOT_LIST_MAX) {
		rs->cut++;
		return;
	}
	set_text(&st->cells[st->n++], FT_STR, s, len);
}

/* Arguments after the first, one by one. */
static bool fill_args(struct ruleset *rs, struct slot_state *st)
{
	const struct process *p = rs->view->proc;
	const char *at = p->argv, *end = p->argv + p->argv_len;

	if (!p->image_known)
		return false;
	for (unsigned i = 0; at < end; i++) {
		size_t len = strnlen(at, (size_t)(end - at));

		if (i)
			add_cell(rs, st, at, len);
		at += len + 1;
	}
	return true;
}

static bool fill_list(struct ruleset *rs, const struct slot *s, struct slot_state *st)
{
	if (s->ref.field)
		return fill_args(rs, st);
	for (size_t i = 0; i < s->n_args; i++) {
		const struct value *v = one_value(rs, s->args[i]);

		if (!v)
			return false;
		add_cell(rs, st, v->s, v->len);
	}
	return true;
}

/* --- getopt --- */

struct options {
	bool known[256], takes[256];
	bool select;
	unsigned char wanted;
};

static void read_options(struct options *o, const struct value *spec, const struct slot *s)
{
	*o = (struct options){.select = s->many == MANY_NO};
	if (o->select)
		o->wanted = (unsigned char)s->text.s[0];
	for (size_t i = 0; i < spec->len; i++) {
		unsigned char c = (unsigned char)spec->s[i];

		if (c == ':')
			continue;
		o->known[c] = true;
		o->takes[c] = i + 1 < spec->len && spec->s[i + 1] == ':';
	}
}

/* The option's name and value join the list, or become the value when it is the one wanted: its
 * argument, or without one the option itself. */
static void emit(struct ruleset *rs, const struct options *o, struct slot_state *st,
		 const char *name, const char *arg, size_t arg_len)
{
	if (!o->select) {
		add_cell(rs, st, name, 1);
		if (arg)
			add_cell(rs, st, arg, arg_len);
	} else if ((unsigned char)*name == o->wanted) {
		set_text(&st->cell, FT_STR, arg ? arg : name, arg ? arg_len : 1);
		st->n = 1;
	}
}

/* A word of short options. Returns how many further words it took. */
static uint32_t scan_word(struct ruleset *rs, const struct options *o, struct slot_state *st,
			  const struct cell *c, uint32_t left)
{
	const char *w = c->v.s;
	size_t len = c->v.len;

	for (size_t i = 1; i < len; i++) {
		unsigned char opt = (unsigned char)w[i];

		if (!o->known[opt]) {
			if (!o->select)
				add_cell(rs, st, "?", 1);
			continue;
		}
		if (!o->takes[opt]) {
			emit(rs, o, st, w + i, NULL, 0);
			continue;
		}
		if (i + 1 < len) {
			emit(rs, o, st, w + i, w + i + 1, len - i - 1);
			return 0;
		}
		/* A missing argument: an empty one. */
		if (left)
			emit(rs, o, st, w + i, c[1].v.s, c[1].v.len);
		else if (o->select)
			emit(rs, o, st, w + i, "", 0);
		else
			add_cell(rs, st, "", 0);
		return left ? 1 : 0;
	}
	return 0;
}

/* Short options up to the first word that is none; long ones are stepped over. */
static bool fill_getopt(struct ruleset *rs, const struct slot *s, struct slot_state *st)
{
	const struct value *spec = one_value(rs, s->args[1]);
	struct options o;
	const struct cell *c;
	uint32_t n;

	c = spec ? slot_cells(rs, s->args[0], &n) : NULL;
	if (!c)
		return false;
	read_options(&o, spec, s);
	for (uint32_t i = 0; i < n; i++) {
		const struct value *v = &c[i].v;

		if (v->len < 2 || v->s[0] != '-')
			break;
		if (v->s[1] != '-')
			i += scan_word(rs, &o, st, &c[i], n - i - 1);
		else if (v->len == 2)
			break;
	}
	return !o.select || st->n;
}

typedef bool (*fill_fn)(struct ruleset *rs, const struct slot *s, struct slot_state *st);

static const fill_fn fills[FN_COUNT] = {
	[FN_TOLOWER] = fill_case,      [FN_TOUPPER] = fill_case,  [FN_B64] = fill_b64,
	[FN_BASENAME] = fill_basename, [FN_LEN] = fill_len,	  [FN_JOIN] = fill_join,
	[FN_CONCAT] = fill_concat,     [FN_GETOPT] = fill_getopt,
};

/* --- fields --- */

static bool fill_ancestors(struct ruleset *rs, const struct slot *s, struct slot_state *st)
{
	struct field_ref ref = {.field = s->ref.field, .arg = {.has = true}};

	for (int32_t i = 1; i <= PROC_ANCESTORS_MAX; i++) {
		ref.arg.index = i;
		if (!field_get(&ref, rs->view, &st->cells[st->n].v))
			break;
		st->cells[st->n++].lit = LIT_UNASKED;
	}
	return st->n > 0;
}

static bool fill_ends(struct ruleset *rs, const struct slot *s, struct slot_state *st)
{
	struct field_ref ref = {.field = s->ref.field, .arg = {.has = true}};

	for (int32_t i = 0; i < 2; i++) {
		ref.arg.index = i;
		if (field_get(&ref, rs->view, &st->cells[st->n].v))
			st->cells[st->n++].lit = LIT_UNASKED;
	}
	return st->n > 0;
}

static bool fill_field(struct ruleset *rs, const struct slot *s, struct slot_state *st)
{
	switch ((enum slot_many)s->many) {
	case MANY_ANCESTORS:
		return fill_ancestors(rs, s, st);
	case MANY_ENDS:
		return fill_ends(rs, s, st);
	default:
		st->cell.lit = LIT_UNASKED;
		return field_get(&s->ref, rs->view, &st->cell.v);
	}
}

void slot_fill(struct ruleset *rs, uint32_t slot)
{
	const struct slot *s = &rs->slots[slot];
	struct slot_state *st = &rs->state[slot];

	st->gen = rs->gen;
	st->n = 0;
	switch ((enum slot_kind)s->kind) {
	case SLOT_FIELD:
		st->has = fill_field(rs, s, st);
		break;
	case SLOT_CONST:
		set_text(&st->cell, FT_STR, s->text.s, s->text.len);
		st->has = true;
		break;
	case SLOT_CALL:
		st->has = fills[s->fn](rs, s, st);
		break;
	case SLOT_LIST:
		st->has = fill_list(rs, s, st);
		break;
	}
	if (!s->many)
		st->n = st->has;
}
