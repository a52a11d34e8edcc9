/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Expressions to slots: which fields there are, what transformers take and yield. Owns the faults
 * about them. What a slot holds for an event is xform.c's business.
 */
#include <stdarg.h>
#include <string.h>

#include "rule/print.h"
#include "rule/set.h"
#include "rule/vec.h"

static uint32_t oom(struct builder *b)
{
	b->d->oom = true;
	return SLOT_NONE;
}

static uint32_t fault(struct builder *b, struct place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static uint32_t fault(struct builder *b, struct place at, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_error(b->d, at, b->code, "%s", text);
	return SLOT_NONE;
}

bool slot_is_string(const struct slot *s)
{
	return s->type == FT_STR || s->type == FT_PATH;
}

/* --- finding and adding --- */

/* The same text means the same slot, but some fields are read otherwise on the left of a check. */
static uint32_t add_slot(struct builder *b, const struct slot *s, const char *name)
{
	struct ruleset *rs = b->rs;
	struct buf key = BUF_INIT;
	struct slot *slots;
	void *found;

	buf_addf(&key, "%u%u%u%s", s->kind, s->many, s->dns, name);
	found = stable_find(b->slot_names, buf_str(&key), key.len);
	if (found) {
		buf_done(&key);
		return (uint32_t)(uintptr_t)found - 1;
	}
	slots = vec_add(b->mem, rs->slots, rs->n_slots, sizeof(*slots));
	if (!slots || key.oom ||
	    stable_put(b->slot_names, buf_str(&key), key.len,
		       (void *)(uintptr_t)(rs->n_slots + 1))) {
		buf_done(&key);
		return oom(b);
	}
	buf_done(&key);
	rs->slots = slots;
	slots[rs->n_slots] = *s;
	slots[rs->n_slots].name = arena_strdup(b->mem, name);
	if (!slots[rs->n_slots].name)
		return oom(b);
	return (uint32_t)rs->n_slots++;
}

static uint32_t add_expr_slot(struct builder *b, const struct slot *s, const struct expr *x)
{
	struct buf name = BUF_INIT;
	uint32_t slot;

	print_expr(&name, x);
	slot = name.oom ? oom(b) : add_slot(b, s, buf_str(&name));
	buf_done(&name);
	return slot;
}

static char *keep(void *ctx, const char *s, size_t len)
{
	return arena_strndup(ctx, s, len);
}

/* --- fields --- */

void unknown_field(struct builder *b, struct place at, const char *name, size_t len)
{
	static const char prefix[] = "evt.arg.";
	const char *near = field_near(name, len);
	const char *before = near ? "; did you mean '" : "", *after = near ? "'?" : "";
	size_t skip = sizeof(prefix) - 1;

	if (len > skip && !memcmp(name, prefix, skip))
		diag_unknown(b->d, at, b->code, "no event has an argument '%.*s'%s%s%s",
			     (int)(len - skip), name + skip, before, near ? near : "", after);
	else
		diag_unknown(b->d, at, b->code,
			     "there is no field '%.*s'%s%s%s", (int)len, name, before,
			     near ? near : "", after);
}

static bool take_ref(struct builder *b, const struct expr *x, struct field_ref *ret)
{
	struct buf text = BUF_INIT, msg = BUF_INIT;
	const char *q = x->has_arg && memchr(x->arg, '"', x->arg_len) ? "'" : "\"";
	bool ok;

	buf_add(&text, x->text, x->len);
	if (x->has_arg) {
		buf_addf(&text, "[%s", q);
		buf_add(&text, x->arg, x->arg_len);
		buf_addf(&text, "%s]", q);
	}
	ok = !text.oom && !field_parse(buf_str(&text), text.len, keep, b->mem, ret, &msg);
	if (!ok)
		fault(b, x->has_arg ? x->arg_at : x->at, "%s", buf_str(&msg));
	buf_done(&text);
	buf_done(&msg);
	return ok;
}

/* The name without and with its argument. */
static void ref_name(struct buf *out, const struct field_ref *ref)
{
	struct expr x = {
		.kind = X_FIELD, .text = ref->field->name, .len = strlen(ref->field->name)};
	char index[16];

	if (ref->arg.has) {
		x.has_arg = true;
		x.arg = ref->arg.key;
		x.arg_len = ref->arg.key_len;
	}
	if (ref->arg.has && !ref->arg.key) {
		snprintf(index, sizeof(index), "%d", ref->arg.index);
		x.arg = index;
		x.arg_len = strlen(index);
	}
	print_expr(out, &x);
}

uint32_t slot_of_ref(struct builder *b, const struct field_ref *ref, enum slot_use use)
{
	const struct field *f = ref->field;
	struct slot s = {.kind = SLOT_FIELD, .type = f->type, .ref = *ref};
	struct buf name = BUF_INIT;
	uint32_t slot;

	if (use == USE_LEFT) {
		if ((f->flags & FF_ANY_ANCESTOR) && !ref->arg.has)
			s.many = MANY_ANCESTORS;
		else if (f->flags & FF_BOTH_ENDS)
			s.many = MANY_ENDS;
		s.dns = f->flags & FF_DNS;
	}
	ref_name(&name, ref);
	slot = name.oom ? oom(b) : add_slot(b, &s, buf_str(&name));
	buf_done(&name);
	return slot;
}

/* Why the field cannot stand here; NULL when it can. */
static const char *misplaced(const struct field_ref *ref, enum slot_use use)
{
	unsigned flags = ref->field->flags;

	if (use == USE_RIGHT && (flags & FF_NO_RHS))
		return "cannot be compared with: it can only stand on the left";
	if (use != USE_ARG)
		return NULL;
	if ((flags & FF_ANY_ANCESTOR) && !ref->arg.has)
		return "has a value for every ancestor: a transformer needs one of them, as in [1]";
	if (flags & FF_BOTH_ENDS)
		return "has two values: a transformer needs one of them";
	if (flags & FF_DNS)
		return "is compared by address: no transformer applies to it";
	return NULL;
}

static uint32_t const_slot(struct builder *b, const char *s, size_t len)
{
	struct slot slot = {.kind = SLOT_CONST, .type = FT_STR, .text = {s, len}, .is_const = true};
	struct expr x = {.kind = X_STRING, .text = s, .len = len};

	return add_expr_slot(b, &slot, &x);
}

static uint32_t field_slot(struct builder *b, const struct expr *x, enum slot_use use)
{
	struct field_ref ref;
	const char *why;

	if (!field_find(x->text, x->len) && !strcmp(x->text, "evt.dir") && !x->has_arg) {
		diag_warn(b->d, x->at, WARN_DEPRECATED_ITEM,
			  "evt.dir is always '<': an event is reported "
			  "once, when its call returns");
		return const_slot(b, "<", 1);
	}
	if (!field_find(x->text, x->len)) {
		unknown_field(b, x->at, x->text, x->len);
		return SLOT_NONE;
	}
	if (!take_ref(b, x, &ref))
		return SLOT_NONE;
	why = misplaced(&ref, use);
	if (why)
		return fault(b, x->at, "field %s %s", ref.field->name, why);
	return slot_of_ref(b, &ref, use);
}

/* --- lists --- */

static bool add_arg(struct builder *b, struct slot *s, uint32_t arg)
{
	uint32_t *args;

	if (arg == SLOT_NONE)
		return false;
	args = vec_add(b->mem, s->args, s->n_args, sizeof(*args));
	if (!args) {
		oom(b);
		return false;
	}
	s->args = args;
	s->args[s->n_args++] = arg;
	return true;
}

static uint32_t list_slot(struct builder *b, const struct expr *x)
{
	struct slot s = {.kind = SLOT_LIST, .type = FT_STR, .many = MANY_LIST, .is_const = true};

	if (x->n_args > SLOT_LIST_MAX)
		return fault(b, x->at, "a list of more than %d values", SLOT_LIST_MAX);
	for (size_t i = 0; i < x->n_args; i++) {
		uint32_t arg = slot_of_expr(b, x->args[i], USE_ARG);
		const struct slot *a;

		if (!add_arg(b, &s, arg))
			return SLOT_NONE;
		a = &b->rs->slots[arg];
		if (!slot_is_string(a) || a->many)
			return fault(b, x->args[i]->at, "%s is no text: a list here holds texts",
				     a->name);
		s.is_const = s.is_const && a->is_const;
	}
	return add_expr_slot(b, &s, x);
}

/* proc.args where a list is wanted: the arguments one by one. */
static uint32_t args_slot(struct builder *b, const struct expr *x)
{
	struct slot s = {.kind = SLOT_LIST, .type = FT_STR, .many = MANY_LIST};

	if (!take_ref(b, x, &s.ref))
		return SLOT_NONE;
	return add_expr_slot(b, &s, x);
}

static uint32_t list_arg(struct builder *b, const struct expr *call, size_t i)
{
	const struct expr *x = call->args[i];
	uint32_t slot;

	if (x->kind == X_FIELD && !x->has_arg && !strcmp(x->text, "proc.args"))
		return args_slot(b, x);
	slot = slot_of_expr(b, x, USE_ARG);
	if (slot != SLOT_NONE && b->rs->slots[slot].many != MANY_LIST)
		return fault(b, x->at,
			     "%s() needs a list here: texts in parentheses, proc.args or getopt()",
			     func_name((enum func)call->fn));
	return slot;
}

static uint32_t text_arg(struct builder *b, const struct expr *call, size_t i, bool bytes)
{
	const struct expr *x = call->args[i];
	uint32_t slot = slot_of_expr(b, x, USE_ARG);
	const struct slot *s;

	if (slot == SLOT_NONE)
		return slot;
	s = &b->rs->slots[slot];
	if (s->many || (!slot_is_string(s) && !(bytes && s->type == FT_BYTES)))
		return fault(b, x->at, "%s() needs a text here, %s is %s",
			     func_name((enum func)call->fn), s->name,
			     s->many ? "a list" : type_name(s->type));
	return slot;
}

/* --- transformers: each takes its arguments into s and sets its type --- */

static bool wants(struct builder *b, const struct expr *x, size_t n, bool more)
{
	if (x->n_args == n || (more && x->n_args > n))
		return true;
	fault(b, x->at, "%s() takes %zu argument%s%s, found %zu", func_name((enum func)x->fn), n,
	      n == 1 ? "" : "s", more ? " or more" : "", x->n_args);
	return false;
}

static bool same_type(struct builder *b, const struct expr *x, struct slot *s)
{
	if (!wants(b, x, 1, false) || !add_arg(b, s, text_arg(b, x, 0, x->fn == FN_B64)))
		return false;
	s->type = x->fn == FN_B64 ? FT_STR : b->rs->slots[s->args[0]].type;
	if (x->fn == FN_BASENAME)
		s->type = FT_STR;
	return true;
}

static bool take_len(struct builder *b, const struct expr *x, struct slot *s)
{
	const struct slot *arg;
	uint32_t slot;

	if (!wants(b, x, 1, false))
		return false;
	slot = slot_of_expr(b, x->args[0], USE_ARG);
	if (!add_arg(b, s, slot))
		return false;
	arg = &b->rs->slots[slot];
	s->type = FT_UINT;
	if (slot_is_string(arg) || arg->type == FT_BYTES)
		return true;
	fault(b, x->args[0]->at, "len() needs a text or a list, %s is %s", arg->name,
	      type_name(arg->type));
	return false;
}

static bool take_join(struct builder *b, const struct expr *x, struct slot *s)
{
	s->type = FT_STR;
	return wants(b, x, 2, false) && add_arg(b, s, text_arg(b, x, 0, false)) &&
	       add_arg(b, s, list_arg(b, x, 1));
}

static bool take_concat(struct builder *b, const struct expr *x, struct slot *s)
{
	s->type = FT_STR;
	if (!wants(b, x, 2, true))
		return false;
	for (size_t i = 0; i < x->n_args; i++)
		if (!add_arg(b, s, text_arg(b, x, i, false)))
			return false;
	return true;
}

static bool take_getopt(struct builder *b, const struct expr *x, struct slot *s)
{
	s->type = FT_STR;
	s->many = x->has_arg ? MANY_NO : MANY_LIST;
	s->text = (struct str){x->arg, x->arg_len};
	if (x->has_arg && (x->arg_len != 1 || x->arg[0] == ':' || x->arg[0] == '?')) {
		fault(b, x->arg_at, "getopt()[...] names one option: a single character");
		return false;
	}
	return wants(b, x, 2, false) && add_arg(b, s, list_arg(b, x, 0)) &&
	       add_arg(b, s, text_arg(b, x, 1, false));
}

static bool (*const takers[FN_COUNT])(struct builder *b, const struct expr *x, struct slot *s) = {
	[FN_TOLOWER] = same_type, [FN_TOUPPER] = same_type,  [FN_B64] = same_type,
	[FN_BASENAME] = same_type, [FN_LEN] = take_len,	     [FN_JOIN] = take_join,
	[FN_CONCAT] = take_concat, [FN_GETOPT] = take_getopt,
};

static uint32_t call_slot(struct builder *b, const struct expr *x, enum slot_use use)
{
	struct slot s = {.kind = SLOT_CALL, .fn = x->fn, .is_const = true};

	if (x->fn == FN_VAL)
		return slot_of_expr(b, x->args[0], use);
	if (x->has_arg && x->fn != FN_GETOPT)
		return fault(b, x->arg_at, "%s() takes nothing in brackets",
			     func_name((enum func)x->fn));
	if (!takers[x->fn](b, x, &s))
		return SLOT_NONE;
	for (size_t i = 0; i < s.n_args; i++)
		s.is_const = s.is_const && b->rs->slots[s.args[i]].is_const;
	return add_expr_slot(b, &s, x);
}

uint32_t slot_of_expr(struct builder *b, const struct expr *x, enum slot_use use)
{
	switch ((enum expr_kind)x->kind) {
	case X_FIELD:
		return field_slot(b, x, use);
	case X_STRING:
		return const_slot(b, x->text, x->len);
	case X_LIST:
		return list_slot(b, x);
	case X_CALL:
		return call_slot(b, x, use);
	}
	return SLOT_NONE;
}
