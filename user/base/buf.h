/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * A growing byte buffer that is always NUL-terminated after its len bytes.
 *
 * Appending never fails visibly: when memory runs out the buffer keeps what it has, sets oom, and
 * ignores what follows; the owner looks at oom once at the end. buf_reset keeps the memory, so a
 * buffer that is reused allocates nothing in steady state.
 */
#ifndef HW_BUF_H
#define HW_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data; /* never NULL after the first append; use buf_str before */
	size_t len;
	size_t cap;
	bool oom;
};

#define BUF_INIT {NULL, 0, 0, false}

void buf_init(struct buf *b);
void buf_done(struct buf *b);
void buf_reset(struct buf *b);
const char *buf_str(const struct buf *b); /* "" when empty; valid until the next append */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *s);
void buf_addu(struct buf *b, uint64_t v);
void buf_addi(struct buf *b, int64_t v);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for len bytes and a NUL at the end, for a writer that fills it itself and then calls
 * buf_wrote with at most len. NULL (and oom) when memory runs out. */
char *buf_space(struct buf *b, size_t len);
void buf_wrote(struct buf *b, size_t len);
void buf_trunc(struct buf *b, size_t len); /* shorten to len; no-op when shorter already */
char *buf_take(struct buf *b); /* transfers the bytes (free()), leaves b empty; NULL on oom */

/* Appends text so that the result is valid UTF-8 without control characters: a byte sequence that
 * is no valid UTF-8 becomes U+FFFD (one per maximal bad subpart, as Unicode recommends); bytes
 * below 0x20, 0x7f and U+0080..U+009f become \xNN (newline, tab and return: \n \t \r). For people;
 * JSON has its own escapes, see jsonw.h. */
void buf_add_clean(struct buf *b, const char *s, size_t len);

/* Length of the valid UTF-8 sequence at s (at most len bytes; 1 to 4), or 0 when it is invalid, in
 * which case *ret_bad is the number of bytes that one replacement character stands for. */
size_t utf8_next(const char *s, size_t len, size_t *ret_bad);

#endif
