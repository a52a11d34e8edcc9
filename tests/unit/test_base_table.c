/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Tables, interned strings and arenas against plain models of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/intern.h"
#include "base/table.h"

#define KEYS 512

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

/* Keys that differ in low, in high and in all bits. */
static uint64_t key_of(unsigned i)
{
	return i % 3 == 0 ? i : i % 3 == 1 ? (uint64_t)i << 48 : i * 0x123456789abcdefu;
}

static void table_does_what_an_array_does(void **state)
{
	static char vals[KEYS];
	void *model[KEYS] = {0};
	struct table *t = table_new();
	uint64_t seed = 2;
	size_t len = 0;

	(void)state;
	assert_null(table_find(t, 0));
	assert_null(table_del(t, 0));
	for (int step = 0; step < 40000; step++) {
		unsigned i = next_random(&seed) % KEYS;
		void *val = &vals[next_random(&seed) % KEYS];

		/* Fills up first, then empties. */
		if (next_random(&seed) % 3 < (step < 20000 ? 2u : 1u)) {
			len += !model[i];
			model[i] = val;
			assert_int_equal(table_put(t, key_of(i), val), 0);
		} else {
			len -= !!model[i];
			assert_ptr_equal(table_del(t, key_of(i)), model[i]);
			model[i] = NULL;
		}
		assert_int_equal(table_len(t), len);
		i = next_random(&seed) % KEYS;
		assert_ptr_equal(table_find(t, key_of(i)), model[i]);
	}
	for (unsigned i = 0; i < KEYS; i++)
		assert_ptr_equal(table_find(t, key_of(i)), model[i]);
	table_free(t);
}

static void table_refuses_no_value(void **state)
{
	struct table *t = table_new();
	struct stable *st = stable_new();

	(void)state;
	assert_int_equal(table_put(t, 1, NULL), -EINVAL);
	assert_int_equal(stable_put(st, "a", 1, NULL), -EINVAL);
	assert_int_equal(table_len(t) + stable_len(st), 0);
	table_free(t);
	stable_free(st);
	table_free(NULL);
	stable_free(NULL);
}

struct walk {
	struct table *t;
	unsigned seen[KEYS];
	unsigned calls, del_mod, stop_at;
};

static int visit(void *ctx, uint64_t key, void *val)
{
	struct walk *w = ctx;

	assert_ptr_equal(val, w);
	assert_true(key < KEYS);
	w->seen[key]++;
	if (w->del_mod && key % w->del_mod == 0)
		assert_ptr_equal(table_del(w->t, key), val);
	else
		assert_int_equal(table_put(w->t, key, val), 0); /* replacing is harmless */
	return ++w->calls == w->stop_at ? 42 : 0;
}

/* Many tables, each with other places because of its seed: clusters that wrap round, too. */
static void each_visits_every_row_once_while_deleting(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		struct walk w = {.t = table_new(), .del_mod = round % 4};
		unsigned n = 5 + round * 2, left = 0;

		for (uint64_t k = 0; k < n; k++)
			assert_int_equal(table_put(w.t, k, &w), 0);
		assert_int_equal(table_each(w.t, visit, &w), 0);
		for (unsigned k = 0; k < n; k++) {
			assert_int_equal(w.seen[k], 1);
			left += table_find(w.t, k) != NULL;
		}
		assert_int_equal(table_len(w.t), left);
		w.calls = 0;
		w.stop_at = 2;
		w.del_mod = 0;
		assert_int_equal(table_each(w.t, visit, &w), left >= 2 ? 42 : 0);
		table_free(w.t);
	}
}

static int del_row(void *ctx, const char *key, size_t len, void *val)
{
	assert_ptr_equal(stable_del(ctx, key, len), val);
	return 0;
}

static void string_table_copies_its_keys(void **state)
{
	struct stable *t = stable_new();
	char key[32];
	int vals[300];

	(void)state;
	for (int i = 0; i < 300; i++) {
		int n = snprintf(key, sizeof(key), "key-%d", i);

		assert_int_equal(stable_put(t, key, (size_t)n, &vals[i]), 0);
	}
	memset(key, 'x', sizeof(key));
	assert_int_equal(stable_len(t), 300);
	assert_ptr_equal(stable_find(t, "key-7", 5), &vals[7]);
	assert_null(stable_find(t, "key-7", 4));
	assert_null(stable_find(t, "", 0));
	assert_int_equal(stable_put(t, "", 0, &vals[0]), 0);
	assert_ptr_equal(stable_find(t, "", 0), &vals[0]);
	assert_int_equal(stable_put(t, "a\0b", 3, &vals[1]), 0);
	assert_null(stable_find(t, "a", 1));
	assert_ptr_equal(stable_find(t, "a\0b", 3), &vals[1]);
	assert_int_equal(stable_put(t, "key-7", 5, &vals[8]), 0);
	assert_ptr_equal(stable_find(t, "key-7", 5), &vals[8]);
	assert_ptr_equal(stable_del(t, "key-7", 5), &vals[8]);
	assert_null(stable_del(t, "key-7", 5));
	assert_int_equal(stable_each(t, del_row, t), 0);
	assert_int_equal(stable_len(t), 0);
	stable_free(t);
}

static void equal_strings_are_one_string(void **state)
{
	struct intern *in = intern_new();
	const char *a, *b, *z;
	char text[] = "/usr/bin/sh";

	(void)state;
	a = intern_get(in, text, strlen(text));
	text[0] = 'x';
	b = intern_get(in, "/usr/bin/sh", 11);
	assert_ptr_equal(a, b);
	assert_int_equal(intern_len(a), 11);
	assert_string_equal(a, "/usr/bin/sh");
	assert_ptr_not_equal(a, intern_get(in, "/usr/bin/s", 10));
	z = intern_get(in, "a\0b", 3);
	assert_int_equal(intern_len(z), 3);
	assert_memory_equal(z, "a\0b", 4);
	assert_ptr_not_equal(z, intern_get(in, "a", 1));
	assert_int_equal(intern_len(intern_get(in, NULL, 0)), 0);
	assert_int_equal(intern_count(in), 5);
	assert_ptr_equal(intern_ref(a), a);
	intern_put(in, a);
	intern_put(in, a);
	assert_int_equal(intern_count(in), 5);
	intern_put(in, a);
	assert_int_equal(intern_count(in), 4);
	intern_put(in, NULL);
	assert_null(intern_ref(NULL));
	assert_int_equal(intern_len(NULL), 0);
	intern_free(in);
	intern_free(NULL);
}

static void interned_strings_come_and_go(void **state)
{
	struct intern *in = intern_new();
	const char *held[1000];
	char text[32];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 1000; i++) {
			int n = snprintf(text, sizeof(text), "string %d", i);

			held[i] = intern_get(in, text, (size_t)n);
		}
		assert_int_equal(intern_count(in), 1000);
		for (int i = 0; i < 1000; i++) {
			snprintf(text, sizeof(text), "string %d", i);
			assert_string_equal(held[i], text);
			intern_put(in, held[i]);
		}
		assert_int_equal(intern_count(in), 0);
	}
	intern_free(in);
}

static void hash_depends_on_every_byte_and_the_seed(void **state)
{
	const char text[] = "0123456789abcdefghijklmnop";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		char copy[sizeof(text)];
		uint64_t h = hash_bytes(text, len, 5);

		assert_true(h == hash_bytes(text, len, 5));
		assert_true(h != hash_bytes(text, len, 6));
		for (size_t i = 0; i < len; i++) {
			memcpy(copy, text, sizeof(text));
			copy[i] ^= 1;
			assert_true(h != hash_bytes(copy, len, 5));
		}
		copy[len < sizeof(text) - 1 ? len : 0] = 0;
		assert_true(h != hash_bytes("", len ? 0 : 1, 5));
	}
}

static void arena_blocks_are_aligned_zeroed_and_apart(void **state)
{
	struct arena *a = arena_new();
	unsigned char *blocks[400];
	size_t lens[400], total = 0;
	uint64_t seed = 3;

	(void)state;
	for (int i = 0; i < 400; i++) {
		lens[i] = i % 50 == 49 ? 100000 : next_random(&seed) % 3000;
		blocks[i] = arena_alloc(a, lens[i]);
		assert_non_null(blocks[i]);
		assert_int_equal((uintptr_t)blocks[i] % 16, 0);
		for (size_t k = 0; k < lens[i]; k++)
			assert_int_equal(blocks[i][k], 0);
		memset(blocks[i], i + 1, lens[i]);
		total += lens[i];
	}
	for (int i = 0; i < 400; i++)
		for (size_t k = 0; k < lens[i]; k++)
			assert_int_equal(blocks[i][k], (unsigned char)(i + 1));
	assert_int_equal(arena_used(a), total);
	assert_ptr_not_equal(arena_alloc(a, 0), arena_alloc(a, 0));
	assert_memory_equal(arena_strndup(a, "a\0b", 3), "a\0b", 4);
	assert_string_equal(arena_strndup(a, "abc", 2), "ab");
	assert_string_equal(arena_strdup(a, ""), "");
	assert_null(arena_alloc(a, SIZE_MAX));
	assert_null(arena_strndup(a, "", SIZE_MAX));
	arena_free(a);
	arena_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_does_what_an_array_does),
		cmocka_unit_test(table_refuses_no_value),
		cmocka_unit_test(each_visits_every_row_once_while_deleting),
		cmocka_unit_test(string_table_copies_its_keys),
		cmocka_unit_test(equal_strings_are_one_string),
		cmocka_unit_test(interned_strings_come_and_go),
		cmocka_unit_test(hash_depends_on_every_byte_and_the_seed),
		cmocka_unit_test(arena_blocks_are_aligned_zeroed_and_apart),
	};

	return cmocka_run_group_tests_name("base_table", tests, NULL, NULL);
}
