/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The one streaming JSON writer (reading is cJSON's). Writes compact JSON into a struct buf.
 *
 * Every output is valid JSON in valid UTF-8, whatever bytes come in. Invalid UTF-8 is replaced by
 * U+FFFD, one per maximal bad subpart; bytes below 0x20 and 0x7f are written as \u00NN (with
 * \b \f \n \r \t where JSON has them), also U+0080..U+009f, so that no terminal escape survives.
 */
#ifndef HW_JSONW_H
#define HW_JSONW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define JSONW_DEPTH 16 /* deeper nesting is a programming error, asserted */

struct jsonw {
	struct buf *out;
	uint32_t comma; /* bit per level: a value was written already */
	unsigned depth;
};

void jsonw_init(struct jsonw *w, struct buf *out);
/* key is NULL inside arrays and at the top; keys are trusted literals or escaped like values. */
void jsonw_obj(struct jsonw *w, const char *key);
void jsonw_arr(struct jsonw *w, const char *key);
void jsonw_end_obj(struct jsonw *w);
void jsonw_end_arr(struct jsonw *w);
void jsonw_str(struct jsonw *w, const char *key, const char *s); /* NULL writes null */
void jsonw_strn(struct jsonw *w, const char *key, const char *s, size_t len);
void jsonw_u64(struct jsonw *w, const char *key, uint64_t v);
void jsonw_i64(struct jsonw *w, const char *key, int64_t v);
void jsonw_bool(struct jsonw *w, const char *key, bool v);
void jsonw_null(struct jsonw *w, const char *key);
void jsonw_raw(struct jsonw *w, const char *key, const char *json, size_t len); /* JSON already */

/* The bytes between the quotes of a JSON string. */
void jsonw_escape(struct buf *out, const char *s, size_t len);

#endif
