/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Written values by field and argument; see given.h. */
#include "event/given.h"

#include <errno.h>
#include <string.h>

struct entry {
	struct field_ref ref;
	struct value *v;
	size_t n;
	const char *joined; /* of several ancestors: as an output without argument shows them */
	uint32_t joined_len;
	struct entry *next;
};

struct given {
	struct arena *mem;
	struct entry *first;
};

struct given *given_new(struct arena *mem)
{
	struct given *g = arena_alloc(mem, sizeof(*g));

	if (g)
		*g = (struct given){.mem = mem};
	return g;
}

static bool same_arg(const struct field_arg *a, const struct field_arg *b)
{
	if (a->has != b->has)
		return false;
	if (!a->has)
		return true;
	if (!a->key != !b->key)
		return false;
	if (!a->key)
		return a->index == b->index;
	return a->key_len == b->key_len && !memcmp(a->key, b->key, a->key_len);
}

static const struct entry *find(const struct given *g, const struct field *f,
				const struct field_arg *a)
{
	const struct entry *e;

	for (e = g->first; e; e = e->next)
		if (e->ref.field == f && same_arg(&e->ref.arg, a))
			return e;
	return NULL;
}

/* Ancestors in an output are one text, blanks between. */
static int join(struct given *g, struct entry *e)
{
	struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; i < e->n; i++) {
		if (i)
			buf_addc(&text, ' ');
		value_text(&text, &e->v[i]);
	}
	e->joined = text.oom ? NULL : arena_strndup(g->mem, buf_str(&text), text.len);
	e->joined_len = (uint32_t)text.len;
	buf_done(&text);
	return e->joined ? 0 : -ENOMEM;
}

int given_put(struct given *g, const struct field_ref *ref, const struct value *v, size_t n)
{
	struct entry *e;

	if (find(g, ref->field, &ref->arg))
		return -EEXIST;
	e = arena_alloc(g->mem, sizeof(*e));
	if (!e)
		return -ENOMEM;
	*e = (struct entry){.ref = *ref, .n = n, .next = g->first};
	e->v = arena_alloc(g->mem, (n ? n : 1) * sizeof(*v));
	if (!e->v)
		return -ENOMEM;
	memcpy(e->v, v, n * sizeof(*v));
	if ((ref->field->flags & FF_ANY_ANCESTOR) && !ref->arg.has && join(g, e))
		return -ENOMEM;
	g->first = e;
	return 0;
}

/* Index 0 asks for all of them, others for one, counted from the parent. */
static bool ancestor(const struct given *g, const struct field_ref *ref, struct value *ret)
{
	const struct field_arg none = {0};
	const struct field_arg at = {.has = true, .index = ref->arg.index};
	const struct entry *all = find(g, ref->field, &none);
	const struct entry *one = find(g, ref->field, &at);

	if (one && (ref->arg.has || ref->arg.index)) {
		*ret = one->v[0];
		return true;
	}
	if (!all)
		return false;
	if (!ref->arg.has && !ref->arg.index) {
		*ret = (struct value){.type = FT_STR, .s = all->joined, .len = all->joined_len};
		return true;
	}
	if (ref->arg.index < 1 || (size_t)ref->arg.index > all->n)
		return false;
	*ret = all->v[ref->arg.index - 1];
	return true;
}

bool given_get(const struct given *g, const struct field_ref *ref, const struct view *v,
	       struct value *ret)
{
	const struct field *f = ref->field;
	const struct field_arg none = {0};
	const struct entry *e;

	if (f->flags & FF_ANY_ANCESTOR)
		return ancestor(g, ref, ret);
	e = find(g, f, f->flags & FF_BOTH_ENDS ? &none : &ref->arg);
	if (!e)
		return (f->flags & FF_EVENT) && f->get(f, v, &ref->arg, ret);
	if ((size_t)ref->arg.index < e->n && (f->flags & FF_BOTH_ENDS))
		*ret = e->v[ref->arg.index];
	else if (!(f->flags & FF_BOTH_ENDS))
		*ret = e->v[0];
	else
		return false;
	return true;
}
