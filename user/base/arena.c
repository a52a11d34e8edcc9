/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Memory freed all at once: a list of chunks, each filled from its start. Under AddressSanitizer
 * what was not handed out is poisoned, so that a write past a block is found here as with malloc.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HW_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HW_ASAN 1
#endif

#ifdef HW_ASAN
#include <sanitizer/asan_interface.h>
#define RED_ZONE 16
#else
#define ASAN_POISON_MEMORY_REGION(addr, size) ((void)(addr), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(addr, size) ((void)(addr), (void)(size))
#define RED_ZONE 0
#endif

#define ALIGN 16
#define CHUNK_MIN 4096
#define CHUNK_MAX 65536 /* blocks above a quarter of it get a chunk of their own */

struct chunk {
	struct chunk *next;
	size_t cap, len; /* of data */
	size_t pad;	 /* data is aligned like the chunk */
	unsigned char data[];
};

_Static_assert(sizeof(struct chunk) % ALIGN == 0, "data must be aligned");

struct arena {
	struct chunk *chunks; /* the first is the one being filled */
	size_t used;
	size_t grow; /* data of the next ordinary chunk */
};

struct arena *arena_new(void)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (a)
		a->grow = CHUNK_MIN - sizeof(struct chunk);
	return a;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	for (struct chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		ASAN_UNPOISON_MEMORY_REGION(c->data, c->cap);
		free(c);
	}
	free(a);
}

static struct chunk *chunk_new(size_t cap)
{
	struct chunk *c = calloc(1, sizeof(*c) + cap);

	if (!c)
		return NULL;
	c->cap = cap;
	ASAN_POISON_MEMORY_REGION(c->data, cap);
	return c;
}

/* A chunk with need bytes left: the current one, a new one, or one made for this block alone,
 * which goes behind the current one so that that is filled up first. */
static struct chunk *chunk_for(struct arena *a, size_t need)
{
	bool own = need > CHUNK_MAX / 4 || need > a->grow;
	struct chunk *c = a->chunks;

	if (c && c->cap - c->len >= need)
		return c;
	c = chunk_new(own ? need : a->grow);
	if (!c)
		return NULL;
	if (own && a->chunks) {
		c->next = a->chunks->next;
		a->chunks->next = c;
		return c;
	}
	c->next = a->chunks;
	a->chunks = c;
	if (!own && a->grow < CHUNK_MAX - sizeof(*c))
		a->grow = 2 * (a->grow + sizeof(*c)) - sizeof(*c);
	return c;
}

void *arena_alloc(struct arena *a, size_t len)
{
	struct chunk *c;
	size_t need;
	void *p;

	if (len > SIZE_MAX / 2) {
		errno = ENOMEM;
		return NULL;
	}
	need = ((len ? len : 1) + RED_ZONE + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	c = chunk_for(a, need);
	if (!c)
		return NULL;
	p = c->data + c->len;
	ASAN_UNPOISON_MEMORY_REGION(p, len);
	c->len += need;
	a->used += len;
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p = len < SIZE_MAX ? arena_alloc(a, len + 1) : NULL;

	if (p && len)
		memcpy(p, s, len);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
