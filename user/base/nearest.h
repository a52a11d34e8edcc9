/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* "Did you mean": the word of a list that is most like what was written. */
#ifndef HW_NEAREST_H
#define HW_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *word; /* what was written */
	const char *best; /* NULL while nothing is near */
	size_t distance;
};

/* Offer every known word; best is then the nearest. */
void nearest_offer(struct nearest *n, const char *candidate);

#endif
