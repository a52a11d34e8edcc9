/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Memory that is freed all at once. Blocks are 16-byte aligned and zeroed. */
#ifndef HW_ARENA_H
#define HW_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);		/* NULL + errno */
void arena_free(struct arena *a);	/* NULL is fine */
void *arena_alloc(struct arena *a, size_t len); /* NULL + ENOMEM */
char *arena_strndup(struct arena *a, const char *s, size_t len); /* just len bytes, NULs too */
char *arena_strdup(struct arena *a, const char *s);
size_t arena_used(const struct arena *a); /* bytes handed out */

#endif
