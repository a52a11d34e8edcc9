/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Shared, counted, immutable strings. Equal bytes give the same pointer, so many processes with
 * the same executable cost one string. Not for threads.
 */
#ifndef HW_INTERN_H
#define HW_INTERN_H

#include <stddef.h>

struct intern;

struct intern *intern_new(void);
void intern_free(struct intern *in); /* all strings go with it */

/* One reference to the string with these bytes (NULs inside are kept), NUL-terminated. NULL only
 * when memory runs out. */
const char *intern_get(struct intern *in, const char *s, size_t len);
size_t intern_len(const char *s);		 /* of a string from intern_get; 0 for NULL */
const char *intern_ref(const char *s);		 /* one more reference; NULL stays NULL */
void intern_put(struct intern *in, const char *s); /* one less; NULL is fine */
size_t intern_count(const struct intern *in);

#endif
