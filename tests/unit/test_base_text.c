/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Buffers, UTF-8 and the JSON writer: whatever bytes come in, what goes out is valid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/jsonw.h"

#define R "\xef\xbf\xbd"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct text_row {
	const char *in;
	size_t len;
	const char *clean; /* buf_add_clean */
	const char *json;  /* between the quotes */
};

#define ROW(in, clean, json) {in, sizeof(in) - 1, clean, json}

static const struct text_row text_rows[] = {
	/* valid */
	ROW("", "", ""),
	ROW("plain text, longer than eight bytes", "plain text, longer than eight bytes",
	    "plain text, longer than eight bytes"),
	ROW("gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"),
	ROW("\xc2\xa0", "\xc2\xa0", "\xc2\xa0"),
	ROW("\xe2\x82\xac", "\xe2\x82\xac", "\xe2\x82\xac"),
	ROW("\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80"),
	ROW("\xf0\x9f\x90\xb3", "\xf0\x9f\x90\xb3", "\xf0\x9f\x90\xb3"),
	ROW("\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"),
	/* controls */
	ROW("a\nb\tc\rd", "a\\nb\\tc\\rd", "a\\nb\\tc\\rd"),
	ROW("\b\f", "\\x08\\x0c", "\\b\\f"),
	ROW("\x1b[31m", "\\x1b[31m", "\\u001b[31m"),
	ROW("a\0b", "a\\x00b", "a\\u0000b"),
	ROW("\x01\x1f\x7f", "\\x01\\x1f\\x7f", "\\u0001\\u001f\\u007f"),
	ROW("\xc2\x80\xc2\x9b\xc2\x9f", "\\x80\\x9b\\x9f", "\\u0080\\u009b\\u009f"),
	ROW("\"\\/", "\"\\/", "\\\"\\\\/"),
	ROW("12345678\"", "12345678\"", "12345678\\\""),
	ROW("1234567\\9", "1234567\\9", "1234567\\\\9"),
	/* never a lead byte */
	ROW("\x80", R, R),
	ROW("\xbf\xbf", R R, R R),
	ROW("\xfe\xff", R R, R R),
	ROW("\xf5\x80\x80\x80", R R R R, R R R R),
	/* overlong */
	ROW("\xc0\x80", R R, R R),
	ROW("\xc1\xbf", R R, R R),
	ROW("\xe0\x80\x80", R R R, R R R),
	ROW("\xe0\x9f\xbf", R R R, R R R),
	ROW("\xf0\x80\x80\x80", R R R R, R R R R),
	ROW("\xf0\x8f\xbf\xbf", R R R R, R R R R),
	/* surrogates, and above U+10ffff */
	ROW("\xed\xa0\x80", R R R, R R R),
	ROW("\xed\xbf\xbf", R R R, R R R),
	ROW("\xf4\x90\x80\x80", R R R R, R R R R),
	/* cut short: one replacement for all that belonged together */
	ROW("\xc3", R, R),
	ROW("\xe2\x82", R, R),
	ROW("\xf0\x9f\x90", R, R),
	ROW("\xf0\x9f", R, R),
	ROW("\xf0", R, R),
	ROW("\xe2\x82x", R "x", R "x"),
	ROW("\xf0\x9f\x90\"", R "\"", R "\\\""),
	ROW("\xc3\xc3\xa4", R "\xc3\xa4", R "\xc3\xa4"),
	ROW("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf" "A", R R R R "A", R R R R "A"),
	ROW("\xc2\n", R "\\n", R "\\n"),
	ROW("a\xff" "bcdefghijk", "a" R "bcdefghijk", "a" R "bcdefghijk"),
};

static void text_is_made_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(text_rows); i++) {
		const struct text_row *r = &text_rows[i];
		/* A copy of just len bytes: reading past it is a fault. */
		char *in = malloc(r->len ? r->len : 1);
		struct buf clean = BUF_INIT, json = BUF_INIT;

		memcpy(in, r->in, r->len);
		buf_add_clean(&clean, in, r->len);
		jsonw_escape(&json, in, r->len);
		assert_string_equal(buf_str(&clean), r->clean);
		assert_string_equal(buf_str(&json), r->json);
		buf_done(&clean);
		buf_done(&json);
		free(in);
	}
}

static void utf8_next_tells_lengths(void **state)
{
	size_t bad = 77;

	(void)state;
	assert_int_equal(utf8_next("x", 1, &bad), 1);
	assert_int_equal(utf8_next("\xc3\xa4", 2, &bad), 2);
	assert_int_equal(utf8_next("\xe2\x82\xac", 3, &bad), 3);
	assert_int_equal(utf8_next("\xf0\x9f\x90\xb3", 4, &bad), 4);
	assert_int_equal(bad, 77);
	assert_int_equal(utf8_next("\xc3\xa4", 1, &bad), 0);
	assert_int_equal(bad, 1);
	assert_int_equal(utf8_next("\xf0\x9f\x90\xb3", 3, &bad), 0);
	assert_int_equal(bad, 3);
	assert_int_equal(utf8_next("\xe0\x80\x80", 3, &bad), 0);
	assert_int_equal(bad, 1);
	assert_int_equal(utf8_next("", 0, &bad), 0);
	assert_int_equal(bad, 0);
}

/* What a strict decoder makes of a code point at s; advances *at. -1 for what no UTF-8 has. */
static long decode(const unsigned char *s, size_t len, size_t *at)
{
	static const long least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned n = s[*at] < 0x80 ? 1 : s[*at] >> 5 == 6 ? 2 : s[*at] >> 4 == 14 ? 3 : 4;
	long c = n == 1 ? s[*at] : s[*at] & (0xff >> (n + 1));

	if (n == 4 && s[*at] >> 3 != 30)
		return -1;
	for (unsigned i = 1; i < n; i++) {
		if (*at + i >= len || s[*at + i] >> 6 != 2)
			return -1;
		c = c << 6 | (s[*at + i] & 63);
	}
	*at += n;
	return c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? -1 : c;
}

static void assert_text_is_safe(const char *s, size_t len)
{
	for (size_t at = 0; at < len;) {
		long c = decode((const unsigned char *)s, len, &at);

		assert_true(c >= 0x20 && !(c >= 0x7f && c < 0xa0));
	}
}

/* Random, but the same in every run. */
static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

/* Bytes from a few pools, so that runs, controls and sequences meet at every distance. */
static size_t random_bytes(uint64_t *seed, char *out, size_t max)
{
	static const char nasty[] = "\"\\\n\x1b\x7f\xc2\x80\xc3\xa4\xe2\x82\xac"
				    "\xf0\x9f\x90\xb3\xed\xa0";
	size_t len = next_random(seed) % max;
	uint32_t pool = next_random(seed) % 4;

	for (size_t i = 0; i < len; i++) {
		uint32_t r = next_random(seed);
		uint32_t kind = pool == 3 ? r % 3 : pool;

		if (kind == 0)
			out[i] = (char)('a' + r % 26);
		else if (kind == 1)
			out[i] = nasty[r % (sizeof(nasty) - 1)];
		else
			out[i] = (char)(r >> 8);
	}
	return len;
}

/* What a reader must see: bad sequences replaced, all else as it went in. */
static void expect_read(struct buf *out, const char *s, size_t len)
{
	size_t bad = 0;

	for (size_t i = 0, n; i < len; i += n ? n : bad) {
		n = utf8_next(s + i, len - i, &bad);
		buf_add(out, n ? s + i : R, n ? n : 3);
	}
}

static void cjson_reads_what_was_written(void **state)
{
	struct buf out = BUF_INIT, want = BUF_INIT, clean = BUF_INIT;
	uint64_t seed = 1;
	char bytes[80];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t len = random_bytes(&seed, bytes, sizeof(bytes));
		char *exact = malloc(len ? len : 1);
		struct jsonw w;
		cJSON *root, *item;

		memcpy(exact, bytes, len);
		for (size_t k = 0; k < len; k++) /* cJSON's strings end at a NUL */
			exact[k] = exact[k] ? exact[k] : '0';
		buf_reset(&out);
		buf_reset(&want);
		buf_reset(&clean);
		jsonw_init(&w, &out);
		jsonw_obj(&w, NULL);
		jsonw_strn(&w, "k", exact, len);
		jsonw_i64(&w, "n", i);
		jsonw_end_obj(&w);
		expect_read(&want, exact, len);
		buf_add_clean(&clean, exact, len);
		assert_text_is_safe(buf_str(&out), out.len);
		assert_text_is_safe(buf_str(&clean), clean.len);
		root = cJSON_ParseWithLength(buf_str(&out), out.len);
		assert_non_null(root);
		item = cJSON_GetObjectItemCaseSensitive(root, "k");
		assert_non_null(item);
		assert_string_equal(item->valuestring, buf_str(&want));
		item = cJSON_GetObjectItemCaseSensitive(root, "n");
		assert_int_equal((int)item->valuedouble, i);
		cJSON_Delete(root);
		free(exact);
	}
	buf_done(&out);
	buf_done(&want);
	buf_done(&clean);
}

static void writer_makes_nested_json(void **state)
{
	struct buf out = BUF_INIT;
	struct jsonw w;

	(void)state;
	jsonw_init(&w, &out);
	jsonw_obj(&w, NULL);
	jsonw_arr(&w, "a");
	jsonw_u64(&w, NULL, UINT64_MAX);
	jsonw_i64(&w, NULL, INT64_MIN);
	jsonw_arr(&w, NULL);
	jsonw_end_arr(&w);
	jsonw_obj(&w, NULL);
	jsonw_end_obj(&w);
	jsonw_str(&w, NULL, "x");
	jsonw_end_arr(&w);
	jsonw_bool(&w, "t", true);
	jsonw_bool(&w, "f", false);
	jsonw_null(&w, "z");
	jsonw_str(&w, "n", NULL);
	jsonw_raw(&w, "r", "[1]", 3);
	jsonw_str(&w, "k\"\xff", "");
	jsonw_end_obj(&w);
	assert_string_equal(buf_str(&out),
			    "{\"a\":[18446744073709551615,-9223372036854775808,[],{},\"x\"],"
			    "\"t\":true,\"f\":false,\"z\":null,\"n\":null,\"r\":[1],"
			    "\"k\\\"" R "\":\"\"}");
	buf_done(&out);
}

static void buffer_appends_and_keeps_its_nul(void **state)
{
	struct buf b = BUF_INIT;
	char *taken;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_addu(&b, 0);
	buf_addu(&b, UINT64_MAX);
	buf_addc(&b, ' ');
	buf_addi(&b, INT64_MIN);
	buf_addi(&b, -1);
	buf_addi(&b, 7);
	assert_string_equal(buf_str(&b), "018446744073709551615 -9223372036854775808-17");
	buf_trunc(&b, 1000);
	assert_int_equal(b.len, 45);
	buf_trunc(&b, 3);
	assert_string_equal(buf_str(&b), "018");
	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 6);
	assert_int_equal(b.data[6], 0);
	buf_reset(&b);
	assert_string_equal(buf_str(&b), "");
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "%d,%s;", i,
			 "some text that is longer than the space kept for it, by far");
	assert_int_equal(b.len, strlen(buf_str(&b)));
	assert_int_equal(strncmp(buf_str(&b) + b.len - 6, "y far;", 6), 0);
	assert_false(b.oom);
	taken = buf_take(&b);
	assert_int_equal(strncmp(taken, "0,some", 6), 0);
	assert_int_equal(b.len, 0);
	free(taken);
	taken = buf_take(&b);
	assert_string_equal(taken, "");
	free(taken);
}

static void buffer_that_ran_out_keeps_what_it_has(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_adds(&b, "first");
	assert_null(buf_space(&b, SIZE_MAX - 2));
	assert_true(b.oom);
	buf_adds(&b, " second");
	buf_addc(&b, 'x');
	buf_addf(&b, "%d", 1);
	assert_string_equal(buf_str(&b), "first");
	assert_null(buf_take(&b));
	assert_false(b.oom);
	buf_adds(&b, "again");
	assert_string_equal(buf_str(&b), "again");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_made_valid),
		cmocka_unit_test(utf8_next_tells_lengths),
		cmocka_unit_test(cjson_reads_what_was_written),
		cmocka_unit_test(writer_makes_nested_json),
		cmocka_unit_test(buffer_appends_and_keeps_its_nul),
		cmocka_unit_test(buffer_that_ran_out_keeps_what_it_has),
	};

	return cmocka_run_group_tests_name("base_text", tests, NULL, NULL);
}
