/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Fields of the container. A string that is NULL is not known: there is no value. */
#include "event/field_impl.h"
#include "event/names.h"

static const char *str_at(const struct container *c, uint16_t off)
{
	return *(const char *const *)((const char *)c + off);
}

static bool known_str(const struct field *f, const char *s, struct value *ret)
{
	return s && val_str(f, ret, s);
}

GETTER(get_container_id)
{
	return known_str(f, v->ctr->is_host ? "host" : v->ctr->id, ret);
}

static const struct container *target_ctr(const struct view *v)
{
	return v->desc->target_off >= 0 ? v->target_ctr : NULL;
}

GETTER(get_target_container_id)
{
	const struct container *c = target_ctr(v);

	return c && known_str(f, c->is_host ? "host" : c->id, ret);
}

/* p is the offset of the name. */
GETTER(get_target_container_str)
{
	const struct container *c = target_ctr(v);

	return c && known_str(f, c->is_host ? NULL : str_at(c, f->p), ret);
}

/* Neither is known for what neither container is known to be: no value, and no rule fires. */
GETTER(get_target_same)
{
	const struct container *c = target_ctr(v);

	if (!c || (!c->is_host && !c->id) || (!v->ctr->is_host && !v->ctr->id))
		return false;
	return val_uint(f, ret, c == v->ctr);
}

GETTER(get_container_str)
{
	return known_str(f, v->ctr->is_host ? NULL : str_at(v->ctr, f->p), ret);
}

GETTER(get_container_host_str)
{
	return known_str(f, v->ctr->is_host ? "host" : str_at(v->ctr, f->p), ret);
}

GETTER(get_container_tri)
{
	int tri = *(const int *)((const char *)v->ctr + f->p);

	if (v->ctr->is_host || tri == TRI_UNKNOWN)
		return false;
	return val_uint(f, ret, tri == TRI_YES);
}

GETTER(get_container_caps)
{
	if (v->ctr->is_host || !v->ctr->caps_known)
		return false;
	names_caps(scratch_begin(v->scratch), v->ctr->caps);
	return scratch_value(v->scratch, f, ret);
}

/* p is 0 for the time of day, 1 for what has passed. */
GETTER(get_container_start)
{
	uint64_t start = v->ctr->start_ns;

	if (v->ctr->is_host || !start)
		return false;
	if (f->p == 0)
		return val_uint(f, ret, start + v->env->wall_off);
	return val_uint(f, ret, v->ev->time > start ? v->ev->time - start : 0);
}

/* --- mounts --- */

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static void mount_text(struct buf *out, const struct mount *m)
{
	buf_addf(out, "%s:%s:%s:%s:%s", or_empty(m->source), or_empty(m->dest), or_empty(m->mode),
		 m->rw ? "true" : "false", or_empty(m->propagation));
}

GETTER(get_container_mounts)
{
	const struct container *c = v->ctr;
	struct buf *b = scratch_begin(v->scratch);

	if (c->is_host || (!c->n_mounts && !c->complete))
		return false;
	for (unsigned i = 0; i < c->n_mounts; i++) {
		if (i)
			buf_addc(b, ',');
		mount_text(b, &c->mounts[i]);
	}
	return scratch_value(v->scratch, f, ret);
}

/* * stands for any bytes, ? for one; slashes are nothing special. */
static bool glob(const char *pat, size_t len, const char *s)
{
	const char *end = pat + len, *star = NULL, *star_s = NULL;

	while (*s) {
		if (pat < end && *pat == '*') {
			star = ++pat;
			star_s = s;
		} else if (pat < end && (*pat == '?' || *pat == *s)) {
			pat++;
			s++;
		} else if (star) {
			pat = star;
			s = ++star_s;
		} else {
			return false;
		}
	}
	while (pat < end && *pat == '*')
		pat++;
	return pat == end;
}

/* A key of digits alone is a number. */
static bool key_number(const struct field_arg *a, unsigned *ret)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < a->key_len; i++) {
		if (a->key[i] < '0' || a->key[i] > '9' || n > 100000)
			return false;
		n = 10 * n + (a->key[i] - '0');
	}
	*ret = n;
	return a->key_len > 0;
}

static const struct mount *find_mount(const struct container *c, const struct field_arg *a)
{
	unsigned n;

	if (!a->has || c->is_host)
		return NULL;
	if (key_number(a, &n))
		return n < c->n_mounts ? &c->mounts[n] : NULL;
	for (unsigned i = 0; i < c->n_mounts; i++) {
		if (glob(a->key, a->key_len, or_empty(c->mounts[i].dest)))
			return &c->mounts[i];
	}
	return NULL;
}

GETTER(get_container_mount)
{
	const struct mount *m = find_mount(v->ctr, a);

	if (!m)
		return false;
	mount_text(scratch_begin(v->scratch), m);
	return scratch_value(v->scratch, f, ret);
}

GETTER(get_container_mount_str)
{
	const struct mount *m = find_mount(v->ctr, a);

	return m && known_str(f, *(const char *const *)((const char *)m + f->p), ret);
}

GETTER(get_container_mount_rdwr)
{
	const struct mount *m = find_mount(v->ctr, a);

	return m && val_str(f, ret, m->rw ? "true" : "false");
}

/* --- labels --- */

GETTER(get_container_labels)
{
	const struct container *c = v->ctr;
	struct buf *b = scratch_begin(v->scratch);

	if (c->is_host || (!c->n_labels && !c->complete))
		return false;
	for (unsigned i = 0; i < c->n_labels; i++)
		buf_addf(b, "%s%s:%s", i ? "," : "", c->labels[2 * i], c->labels[2 * i + 1]);
	return scratch_value(v->scratch, f, ret);
}

GETTER(get_container_label)
{
	const struct container *c = v->ctr;

	for (unsigned i = 0; a->has && i < c->n_labels; i++) {
		const char *key = c->labels[2 * i];

		if (strlen(key) == a->key_len && memcmp(key, a->key, a->key_len) == 0)
			return val_str(f, ret, c->labels[2 * i + 1]);
	}
	return false;
}
