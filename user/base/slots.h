/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The open addressing under table.c and intern.c, and private to them: slots of a 64-bit key and
 * an item (never NULL), linear probing, deletion by moving the cluster back, so no tombstones.
 * Keys need not be unique; whoever needs that looks first. The seed keeps the places secret.
 */
#ifndef HW_SLOTS_H
#define HW_SLOTS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

#define SLOTS_MIN 16

struct slot {
	uint64_t key;
	void *item; /* NULL: free */
};

struct slots {
	struct slot *v;
	size_t cap; /* power of two, or 0 */
	size_t len;
	uint64_t seed;
};

/* Fills out with random bytes; 0 or negative errno. */
static inline int slots_seed(void *out, size_t len)
{
	ssize_t n = getrandom(out, len, 0);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

static inline int slots_init(struct slots *s)
{
	*s = (struct slots){0};
	return slots_seed(&s->seed, sizeof(s->seed));
}

static inline void slots_done(struct slots *s)
{
	free(s->v);
}

static inline size_t slots_home(const struct slots *s, uint64_t key)
{
	/* Both halves of the product, so that every bit of the key reaches the low ones. */
	unsigned __int128 p = (unsigned __int128)(key ^ s->seed) * 0x9e3779b97f4a7c15u;

	return ((size_t)p ^ (size_t)(p >> 64)) & (s->cap - 1);
}

/* The slot with this key for which same() holds, or NULL. */
static inline struct slot *slots_find(const struct slots *s, uint64_t key,
				      bool (*same)(const void *item, const void *want, size_t len),
				      const void *want, size_t len)
{
	if (!s->len)
		return NULL;
	for (size_t i = slots_home(s, key); s->v[i].item; i = (i + 1) & (s->cap - 1))
		if (s->v[i].key == key && (!same || same(s->v[i].item, want, len)))
			return &s->v[i];
	return NULL;
}

static inline void slots_place(struct slots *s, uint64_t key, void *item)
{
	size_t i = slots_home(s, key);

	while (s->v[i].item)
		i = (i + 1) & (s->cap - 1);
	s->v[i] = (struct slot){key, item};
}

/* Room for one more at a load of three quarters. 0 or -ENOMEM. */
static inline int slots_room(struct slots *s)
{
	struct slots old = *s;

	if (s->len < s->cap / 4 * 3)
		return 0;
	s->cap = old.cap ? 2 * old.cap : SLOTS_MIN;
	s->v = s->cap > old.cap ? calloc(s->cap, sizeof(*s->v)) : NULL;
	if (!s->v) {
		*s = old;
		return -ENOMEM;
	}
	for (size_t i = 0; i < old.cap; i++)
		if (old.v[i].item)
			slots_place(s, old.v[i].key, old.v[i].item);
	free(old.v);
	return 0;
}

static inline int slots_add(struct slots *s, uint64_t key, void *item)
{
	int err = slots_room(s);

	if (err)
		return err;
	slots_place(s, key, item);
	s->len++;
	return 0;
}

/* Frees the slot and moves back what only stands behind it because it was taken. */
static inline void slots_del(struct slots *s, struct slot *gone)
{
	size_t mask = s->cap - 1, hole = (size_t)(gone - s->v);

	for (size_t i = (hole + 1) & mask; s->v[i].item; i = (i + 1) & mask) {
		size_t home = slots_home(s, s->v[i].key);

		if (((i - home) & mask) < ((i - hole) & mask))
			continue; /* its home lies behind the hole */
		s->v[hole] = s->v[i];
		hole = i;
	}
	s->v[hole] = (struct slot){0, NULL};
	s->len--;
}

/* Calls fn for each slot; fn may delete the one it was called for. Starts behind a free slot, so a
 * deletion never moves an item to a place that was seen. */
static inline int slots_each(struct slots *s, int (*fn)(void *ctx, struct slot *slot), void *ctx)
{
	size_t mask = s->cap - 1, start = 0;

	if (!s->len)
		return 0;
	while (s->v[start].item)
		start++;
	for (size_t i = (start + 1) & mask; i != start;) {
		size_t len = s->len;
		int rc = s->v[i].item ? fn(ctx, &s->v[i]) : 0;

		if (rc)
			return rc;
		if (s->len == len) /* else another one may stand here now */
			i = (i + 1) & mask;
	}
	return 0;
}

#endif
