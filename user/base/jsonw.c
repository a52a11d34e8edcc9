/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The streaming JSON writer. Strings are scanned for runs that need no escape, eight bytes at a
 * time, and a run is copied at once.
 */
#include <assert.h>
#include <string.h>

#include "base/jsonw.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define ONES 0x0101010101010101u
#define HIGHS 0x8080808080808080u

/* Non-zero when one of eight bytes is below 0x20, a quote, a backslash, 0x7f or above. Exact, since
 * bytes with the high bit set are found first and no borrow crosses the others. */
static inline uint64_t special8(const char *s)
{
	uint64_t w, quote, slash, del;

	memcpy(&w, s, sizeof(w));
	quote = w ^ ONES * '"';
	slash = w ^ ONES * '\\';
	del = w ^ ONES * 0x7f;
	return (w | (w - ONES * 0x20) | (quote - ONES) | (slash - ONES) | (del - ONES)) & HIGHS;
}

static inline bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Index of the first byte at or behind i that needs a look: len when there is none. */
static inline size_t skip_plain(const char *s, size_t len, size_t i)
{
	while (len - i >= 8 && !special8(s + i))
		i += 8;
	while (i < len && is_plain((unsigned char)s[i]))
		i++;
	return i;
}

static void add_escape(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = c ? memchr(from, c, sizeof(from) - 1) : NULL;
	char u[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

	if (!at) {
		buf_add(out, u, sizeof(u));
		return;
	}
	u[1] = to[at - from];
	buf_add(out, u, 2);
}

void jsonw_escape(struct buf *out, const char *s, size_t len)
{
	size_t run = 0, i = 0;

	while ((i = skip_plain(s, len, i)) < len) {
		unsigned char c = (unsigned char)s[i];
		size_t bad = 0, n = c < 0x80 ? 1 : utf8_next(s + i, len - i, &bad);
		/* U+0080..U+009f is c2 80 .. c2 9f. */
		bool c1 = n == 2 && c == 0xc2 && (unsigned char)s[i + 1] < 0xa0;

		if (n > 1 && !c1) {
			i += n;
			continue;
		}
		buf_add(out, s + run, i - run);
		if (!n)
			buf_add(out, REPLACEMENT, 3);
		else
			add_escape(out, c1 ? (unsigned char)s[i + 1] : c);
		i += n ? n : bad;
		run = i;
	}
	buf_add(out, s + run, len - run);
}

void jsonw_init(struct jsonw *w, struct buf *out)
{
	*w = (struct jsonw){.out = out};
}

/* Comma and key of the value that follows. */
static void begin(struct jsonw *w, const char *key)
{
	uint32_t bit = 1u << w->depth;

	if (w->comma & bit)
		buf_addc(w->out, ',');
	w->comma |= bit;
	if (!key)
		return;
	buf_addc(w->out, '"');
	jsonw_escape(w->out, key, strlen(key));
	buf_add(w->out, "\":", 2);
}

static void open_level(struct jsonw *w, const char *key, char c)
{
	begin(w, key);
	buf_addc(w->out, c);
	assert(w->depth < JSONW_DEPTH);
	w->depth++;
	w->comma &= ~(1u << w->depth);
}

static void close_level(struct jsonw *w, char c)
{
	assert(w->depth > 0);
	w->depth--;
	buf_addc(w->out, c);
}

void jsonw_obj(struct jsonw *w, const char *key)
{
	open_level(w, key, '{');
}

void jsonw_arr(struct jsonw *w, const char *key)
{
	open_level(w, key, '[');
}

void jsonw_end_obj(struct jsonw *w)
{
	close_level(w, '}');
}

void jsonw_end_arr(struct jsonw *w)
{
	close_level(w, ']');
}

void jsonw_str(struct jsonw *w, const char *key, const char *s)
{
	if (s)
		jsonw_strn(w, key, s, strlen(s));
	else
		jsonw_null(w, key);
}

void jsonw_strn(struct jsonw *w, const char *key, const char *s, size_t len)
{
	begin(w, key);
	buf_addc(w->out, '"');
	jsonw_escape(w->out, s, len);
	buf_addc(w->out, '"');
}

void jsonw_u64(struct jsonw *w, const char *key, uint64_t v)
{
	begin(w, key);
	buf_addu(w->out, v);
}

void jsonw_i64(struct jsonw *w, const char *key, int64_t v)
{
	begin(w, key);
	buf_addi(w->out, v);
}

void jsonw_bool(struct jsonw *w, const char *key, bool v)
{
	begin(w, key);
	buf_adds(w->out, v ? "true" : "false");
}

void jsonw_null(struct jsonw *w, const char *key)
{
	begin(w, key);
	buf_add(w->out, "null", 4);
}

void jsonw_raw(struct jsonw *w, const char *key, const char *json, size_t len)
{
	begin(w, key);
	buf_add(w->out, json, len);
}
