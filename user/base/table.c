/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Hash tables by number and by byte string over slots.h, and the keyed hash of byte strings. */
#include <string.h>

#include "base/slots.h"
#include "base/table.h"

struct table {
	struct slots slots;
};

struct table *table_new(void)
{
	struct table *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return NULL;
	err = slots_init(&t->slots);
	if (err) {
		free(t);
		errno = -err;
		return NULL;
	}
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	slots_done(&t->slots);
	free(t);
}

size_t table_len(const struct table *t)
{
	return t->slots.len;
}

void *table_find(const struct table *t, uint64_t key)
{
	const struct slot *s = slots_find(&t->slots, key, NULL, NULL, 0);

	return s ? s->item : NULL;
}

int table_put(struct table *t, uint64_t key, void *val)
{
	struct slot *s;

	if (!val)
		return -EINVAL;
	s = slots_find(&t->slots, key, NULL, NULL, 0);
	if (!s)
		return slots_add(&t->slots, key, val);
	s->item = val;
	return 0;
}

void *table_del(struct table *t, uint64_t key)
{
	struct slot *s = slots_find(&t->slots, key, NULL, NULL, 0);
	void *val = s ? s->item : NULL;

	if (s)
		slots_del(&t->slots, s);
	return val;
}

struct table_call {
	int (*fn)(void *ctx, uint64_t key, void *val);
	void *ctx;
};

static int call_table(void *ctx, struct slot *s)
{
	const struct table_call *c = ctx;

	return c->fn(c->ctx, s->key, s->item);
}

int table_each(struct table *t, int (*fn)(void *ctx, uint64_t key, void *val), void *ctx)
{
	struct table_call c = {fn, ctx};

	return slots_each(&t->slots, call_table, &c);
}

/* --- byte strings --- */

struct row {
	void *val;
	size_t len;
	char key[];
};

struct stable {
	struct slots slots;
	uint64_t seed;
};

struct stable *stable_new(void)
{
	struct stable *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return NULL;
	err = slots_init(&t->slots);
	if (!err)
		err = slots_seed(&t->seed, sizeof(t->seed));
	if (err) {
		free(t);
		errno = -err;
		return NULL;
	}
	return t;
}

void stable_free(struct stable *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->slots.cap; i++)
		free(t->slots.v[i].item);
	slots_done(&t->slots);
	free(t);
}

size_t stable_len(const struct stable *t)
{
	return t->slots.len;
}

static bool same_row(const void *item, const void *want, size_t len)
{
	const struct row *r = item;

	return r->len == len && (!len || memcmp(r->key, want, len) == 0);
}

static struct slot *find_row(const struct stable *t, uint64_t hash, const char *key, size_t len)
{
	return slots_find(&t->slots, hash, same_row, key, len);
}

void *stable_find(const struct stable *t, const char *key, size_t len)
{
	const struct slot *s;

	if (!t->slots.len)
		return NULL;
	s = find_row(t, hash_bytes(key, len, t->seed), key, len);
	return s ? ((const struct row *)s->item)->val : NULL;
}

int stable_put(struct stable *t, const char *key, size_t len, void *val)
{
	uint64_t hash = hash_bytes(key, len, t->seed);
	struct slot *s;
	struct row *r;
	int err;

	if (!val)
		return -EINVAL;
	s = find_row(t, hash, key, len);
	if (s) {
		((struct row *)s->item)->val = val;
		return 0;
	}
	r = len < SIZE_MAX - sizeof(*r) ? malloc(sizeof(*r) + len + 1) : NULL;
	if (!r)
		return -ENOMEM;
	r->val = val;
	r->len = len;
	if (len)
		memcpy(r->key, key, len);
	r->key[len] = '\0';
	err = slots_add(&t->slots, hash, r);
	if (err)
		free(r);
	return err;
}

void *stable_del(struct stable *t, const char *key, size_t len)
{
	struct slot *s = find_row(t, hash_bytes(key, len, t->seed), key, len);
	struct row *r;
	void *val;

	if (!s)
		return NULL;
	r = s->item;
	val = r->val;
	slots_del(&t->slots, s);
	free(r);
	return val;
}

struct stable_call {
	int (*fn)(void *ctx, const char *key, size_t len, void *val);
	void *ctx;
};

static int call_stable(void *ctx, struct slot *s)
{
	const struct stable_call *c = ctx;
	const struct row *r = s->item;

	return c->fn(c->ctx, r->key, r->len, r->val);
}

int stable_each(struct stable *t, int (*fn)(void *ctx, const char *key, size_t len, void *val),
		void *ctx)
{
	struct stable_call c = {fn, ctx};

	return slots_each(&t->slots, call_stable, &c);
}

/* --- SipHash with one round a word and three at the end --- */

static inline uint64_t rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

/* n bytes, at most 8, in the order of the machine: hashes do not leave the process, or only for
 * one of the same kind. */
static inline uint64_t load_word(const unsigned char *p, size_t n)
{
	uint64_t w = 0;

	memcpy(&w, p, n);
	return w;
}

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed)
{
	const uint64_t key = 0x243f6a8885a308d3; /* fraction of pi: the second half of the key */
	uint64_t v[4] = {seed ^ 0x736f6d6570736575, key ^ 0x646f72616e646f6d,
			 seed ^ 0x6c7967656e657261, key ^ 0x7465646279746573};
	const unsigned char *p = data;
	uint64_t w = (uint64_t)len << 56;
	size_t left = len;

	for (; left >= 8; left -= 8, p += 8) {
		uint64_t m = load_word(p, 8);

		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	if (left)
		w |= load_word(p, left);
	v[3] ^= w;
	sip_round(v);
	v[0] ^= w;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
