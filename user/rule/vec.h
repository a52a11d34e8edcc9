/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Arrays that grow in an arena. Knows nothing of what they hold. */
#ifndef HW_RULE_VEC_H
#define HW_RULE_VEC_H

#include <string.h>

#include "base/arena.h"

/* Room for one more behind the n items of v; v itself, or a copy that replaces it. NULL when memory
 * ran out. The room is a power of two, so it follows from n. Use only this to grow v. */
static inline void *vec_add(struct arena *mem, void *v, size_t n, size_t size)
{
	void *grown;

	if (n & (n - 1))
		return v;
	grown = arena_alloc(mem, (n ? 2 * n : 1) * size);
	if (grown && n)
		memcpy(grown, v, n * size);
	return grown;
}

#endif
