/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Edit distance between short words. */
#include "base/nearest.h"

#include <string.h>

#define WORD_MAX 48

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edits that make one of the other: a letter more, less or another, two neighbours exchanged. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t other = up[j - 1] + (a[i - 1] != b[j - 1]);

			row[j] = min3(up[j] + 1, row[j - 1] + 1, other);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min3(row[j], row[j], up2[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

void nearest_offer(struct nearest *n, const char *candidate)
{
	size_t a_len = strlen(n->word), b_len = strlen(candidate), d;

	if (!a_len || a_len > WORD_MAX || b_len > WORD_MAX)
		return;
	d = distance(n->word, a_len, candidate, b_len);
	/* More than a third of the word wrong is another word. */
	if (d > (a_len + 2) / 3 || (n->best && d >= n->distance))
		return;
	n->best = candidate;
	n->distance = d;
}
