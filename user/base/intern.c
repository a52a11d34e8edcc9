/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Counted shared strings: each lies behind a header with its count, and in a hash set. */
#include <string.h>

#include "base/intern.h"
#include "base/slots.h"
#include "base/table.h"

struct istr {
	uint64_t hash;
	uint32_t refs;
	uint32_t len;
	char s[];
};

struct intern {
	struct slots slots;
	uint64_t seed;
};

static inline struct istr *istr_of(const char *s)
{
	return (struct istr *)(uintptr_t)(s - offsetof(struct istr, s));
}

struct intern *intern_new(void)
{
	struct intern *in = calloc(1, sizeof(*in));
	int err;

	if (!in)
		return NULL;
	err = slots_init(&in->slots);
	if (!err)
		err = slots_seed(&in->seed, sizeof(in->seed));
	if (err) {
		free(in);
		errno = -err;
		return NULL;
	}
	return in;
}

void intern_free(struct intern *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < in->slots.cap; i++)
		free(in->slots.v[i].item);
	slots_done(&in->slots);
	free(in);
}

static bool same_bytes(const void *item, const void *want, size_t len)
{
	const struct istr *e = item;

	return e->len == len && (!len || memcmp(e->s, want, len) == 0);
}

const char *intern_get(struct intern *in, const char *s, size_t len)
{
	uint64_t hash = hash_bytes(s, len, in->seed);
	struct slot *slot = slots_find(&in->slots, hash, same_bytes, s, len);
	struct istr *e;

	if (slot)
		return intern_ref(((struct istr *)slot->item)->s);
	e = len < UINT32_MAX ? malloc(sizeof(*e) + len + 1) : NULL;
	if (!e)
		return NULL;
	e->hash = hash;
	e->refs = 1;
	e->len = (uint32_t)len;
	if (len)
		memcpy(e->s, s, len);
	e->s[len] = '\0';
	if (slots_add(&in->slots, hash, e)) {
		free(e);
		return NULL;
	}
	return e->s;
}

size_t intern_len(const char *s)
{
	return s ? istr_of(s)->len : 0;
}

const char *intern_ref(const char *s)
{
	/* A count that has reached its end stays there: the string lives as long as the set. */
	if (s && istr_of(s)->refs < UINT32_MAX)
		istr_of(s)->refs++;
	return s;
}

static bool same_pointer(const void *item, const void *want, size_t len)
{
	(void)len;
	return item == want;
}

void intern_put(struct intern *in, const char *s)
{
	struct istr *e;
	struct slot *slot;

	if (!s)
		return;
	e = istr_of(s);
	if (e->refs == UINT32_MAX || --e->refs)
		return;
	slot = slots_find(&in->slots, e->hash, same_pointer, e, 0);
	if (slot)
		slots_del(&in->slots, slot);
	free(e);
}

size_t intern_count(const struct intern *in)
{
	return in->slots.len;
}
