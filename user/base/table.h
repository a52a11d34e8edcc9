/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Hash table from a 64-bit key or a byte string to a pointer that the table does not own.
 * Open addressing, keyed hashing (a hostile container chooses names), grows by doubling; the cap
 * on rows and what is evicted belong to the owner.
 */
#ifndef HW_TABLE_H
#define HW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table;

struct table *table_new(void); /* NULL + errno */
void table_free(struct table *t);
size_t table_len(const struct table *t);

void *table_find(const struct table *t, uint64_t key); /* NULL when absent */
int table_put(struct table *t, uint64_t key, void *val); /* 0, replaces; -ENOMEM */
void *table_del(struct table *t, uint64_t key); /* what was there, or NULL */

/* Calls fn for each row in no particular order; stops when fn returns other than 0 and returns
 * that. fn may delete the row that it was called for and no other. */
int table_each(struct table *t, int (*fn)(void *ctx, uint64_t key, void *val), void *ctx);

/* The same with byte strings as keys; the table copies them. */
struct stable;

struct stable *stable_new(void);
void stable_free(struct stable *t);
size_t stable_len(const struct stable *t);
void *stable_find(const struct stable *t, const char *key, size_t len);
int stable_put(struct stable *t, const char *key, size_t len, void *val);
void *stable_del(struct stable *t, const char *key, size_t len);
int stable_each(struct stable *t, int (*fn)(void *ctx, const char *key, size_t len, void *val),
		void *ctx);

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed); /* fast, not cryptographic */

#endif
