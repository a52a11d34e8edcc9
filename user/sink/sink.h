/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Where lines go. A sink gets each line in the form it asked for, without its newline. It never
 * blocks the pipeline for long; a write that fails is said once on stderr, counted, and watching
 * goes on.
 */
#ifndef HW_SINK_H
#define HW_SINK_H

#include <stddef.h>
#include <stdint.h>

enum sink_kind { SINK_ALERT, SINK_EVENT, SINK_LIFECYCLE, SINK_LOST, SINK_HEALTH };
enum sink_format { SINK_JSON, SINK_PRETTY };

struct sink {
	const struct sink_ops *ops;
	enum sink_format format;
	uint64_t written, failed; /* lines */
};

struct sink_ops {
	int (*write)(struct sink *s, enum sink_kind kind, const char *line, size_t len);
	int (*flush)(struct sink *s);
	void (*free)(struct sink *s);
};

struct sink *sink_stdout_new(enum sink_format format); /* NULL + errno */
/* Appends; made with mode 0600. NULL + errno. */
struct sink *sink_file_new(const char *path, enum sink_format format);

int sink_write(struct sink *s, enum sink_kind kind, const char *line, size_t len);
int sink_flush(struct sink *s);
void sink_free(struct sink *s); /* NULL is fine */

#endif
