/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Records as lines of text, so that a corpus can be read, outlives changes of the schema, and is
 * mutated word by word:
 *
 *	execve pid=7 comm=sh argv=sh\0-c\0id\0 trusted_exepath=/bin/sh
 *	connect pid=7 fd=3 obj.kind=3 obj.remote=169.254.169.254:80
 *	open @44=255	(a byte of the finished record; makes what the check must refuse)
 *
 * The first word is an event, the others set a field of it, of its descriptor's object (obj.), or
 * of the header. \xNN is a byte, \0 a NUL, \s a blank. What is no event or no field is left out.
 */
#ifndef HW_FUZZ_LINE_H
#define HW_FUZZ_LINE_H

#include <stddef.h>

#include "event/build.h"

/* The record of a line, in memory of its own just as long as the record (free it), or NULL when
 * the line makes none. */
void *line_record(struct rec_builder *b, const char *line, size_t len, size_t *ret_len);

#endif
