/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Text that knows where each of its bytes came from, through YAML quoting and folding, appending,
 * exceptions and list substitution. Knows nothing of what the text says.
 */
#ifndef HW_RULE_TEXT_H
#define HW_RULE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/yaml.h"
#include "rule/place.h"

#define TEXT_MAX (4u << 20) /* of one condition once its lists are substituted */

/* A file's bytes, with an index of its lines. */
struct source {
	const char *file; /* name for messages */
	const char *raw;
	size_t len;
	size_t *lines; /* offset of the first byte of each line */
	size_t n_lines;
};

/* From off on: bytes of the file that follow each other (or, when fixed, all stand for at). */
struct text_run {
	uint32_t off;
	bool fixed;
	struct place at;
};

/* All memory is the arena's. After an allocation fails, bad is set and nothing more is added. */
struct text {
	struct arena *mem;
	char *s; /* NUL-terminated; never NULL once something was added */
	size_t len, cap;
	struct text_run *runs;
	size_t n_runs, cap_runs;
	bool oom;  /* memory ran out */
	bool full; /* would have become longer than TEXT_MAX */
};

int source_init(struct source *src, struct arena *mem, const char *file, const char *raw,
		size_t len);

void text_init(struct text *t, struct arena *mem);
/* Bytes that follow each other in the file from at on; fixed: that all stand for at. */
void text_add(struct text *t, const char *s, size_t len, struct place at, bool fixed);
void text_add_text(struct text *t, const struct text *from, size_t off, size_t len);
/* The value of a YAML scalar. */
void text_add_scalar(struct text *t, const struct source *src, const struct yaml_node *n);
const char *text_str(const struct text *t);
struct place text_place(const struct text *t, size_t off);

#endif
