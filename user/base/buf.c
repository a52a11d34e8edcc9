/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The growing byte buffer and the UTF-8 decoder under all text that leaves the program. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define CAP_MIN 64

void buf_init(struct buf *b)
{
	*b = (struct buf)BUF_INIT;
}

void buf_done(struct buf *b)
{
	free(b->data);
	buf_init(b);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->oom = false;
	if (b->data)
		b->data[0] = '\0';
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

static bool grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : CAP_MIN;
	char *data;

	while (cap < need && cap <= SIZE_MAX / 2)
		cap *= 2;
	data = cap < need ? NULL : realloc(b->data, cap);
	if (!data) {
		b->oom = true;
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

/* Space for len more bytes and the NUL; false (and oom) when there is none. */
static inline bool reserve(struct buf *b, size_t len)
{
	if (b->oom)
		return false;
	if (len < b->cap - b->len) /* cap is 0 or above len */
		return true;
	if (len > SIZE_MAX - b->len - 1) {
		b->oom = true;
		return false;
	}
	return grow(b, b->len + len + 1);
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (!reserve(b, len))
		return;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_addc(struct buf *b, char c)
{
	if (!reserve(b, 1))
		return;
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addu(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_add(b, digits + at, sizeof(digits) - at);
}

void buf_addi(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_addc(b, '-');
	buf_addu(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!reserve(b, CAP_MIN))
		return;
	va_start(ap, fmt);
	n = vsnprintf(b->data + b->len, b->cap - b->len, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n >= b->cap - b->len && reserve(b, (size_t)n)) {
		va_start(ap, fmt);
		n = vsnprintf(b->data + b->len, b->cap - b->len, fmt, ap);
		va_end(ap);
	}
	if (n < 0)
		b->oom = true; /* an encoding error of the format: never with ours */
	if (!b->oom)
		b->len += (size_t)n;
	b->data[b->len] = '\0';
}

char *buf_space(struct buf *b, size_t len)
{
	return reserve(b, len) ? b->data + b->len : NULL;
}

void buf_wrote(struct buf *b, size_t len)
{
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_trunc(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->data[len] = '\0';
}

char *buf_take(struct buf *b)
{
	char *data;

	buf_add(b, "", 0);
	if (b->oom) {
		buf_done(b);
		return NULL;
	}
	data = b->data;
	buf_init(b);
	return data;
}

/* How long the sequence is that begins with this byte (0: none does), and which second bytes are
 * right. The rest are 80..bf. Ranges from the table of well-formed sequences in Unicode 3.9. */
struct lead {
	unsigned char first, last, len, low, high;
};

static const struct lead leads[] = {
	{0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
	{0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
	{0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct lead *lead_of(unsigned char c)
{
	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++)
		if (c >= leads[i].first && c <= leads[i].last)
			return &leads[i];
	return NULL;
}

size_t utf8_next(const char *s, size_t len, size_t *ret_bad)
{
	const unsigned char *p = (const unsigned char *)s;
	const struct lead *lead;
	size_t n = 1;

	if (!len) {
		*ret_bad = 0;
		return 0;
	}
	if (p[0] < 0x80)
		return 1;
	lead = lead_of(p[0]);
	if (lead && len > 1 && p[1] >= lead->low && p[1] <= lead->high)
		for (n = 2; n < lead->len && n < len && (p[n] & 0xc0) == 0x80;)
			n++;
	if (lead && n == lead->len)
		return n;
	*ret_bad = n;
	return 0;
}

static void add_visible(struct buf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char x[4] = {'\\', 'x', hex[c >> 4], hex[c & 15]};

	if (c == '\n')
		buf_add(b, "\\n", 2);
	else if (c == '\t')
		buf_add(b, "\\t", 2);
	else if (c == '\r')
		buf_add(b, "\\r", 2);
	else
		buf_add(b, x, sizeof(x));
}

void buf_add_clean(struct buf *b, const char *s, size_t len)
{
	size_t run = 0, i = 0;

	while (i < len) {
		unsigned char c = (unsigned char)s[i];
		size_t bad = 0, n = c < 0x80 ? 1 : utf8_next(s + i, len - i, &bad);
		/* U+0080..U+009f is c2 80 .. c2 9f. */
		bool c1 = n == 2 && c == 0xc2 && (unsigned char)s[i + 1] < 0xa0;

		if (n && !c1 && c >= 0x20 && c != 0x7f) {
			i += n;
			continue;
		}
		buf_add(b, s + run, i - run);
		if (!n)
			buf_add(b, "\xef\xbf\xbd", 3);
		else
			add_visible(b, c1 ? (unsigned char)s[i + 1] : c);
		i += n ? n : bad;
		run = i;
	}
	buf_add(b, s + run, len - run);
}
