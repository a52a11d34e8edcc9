/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Where lines go. A sink gets each line in the form it asked for, without its newline. It never
 * blocks the pipeline for long; a write that fails is returned as an error, which the caller says
 * once on stderr, counted in lines, and watching goes on.
 */
#ifndef HW_SINK_H
#define HW_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sink_kind { SINK_ALERT, SINK_EVENT, SINK_LIFECYCLE, SINK_LOST, SINK_HEALTH };
enum sink_format { SINK_JSON, SINK_PRETTY };

struct sink {
	const struct sink_ops *ops;
	const char *name; /* for messages: "stdout", or the file's path */
	enum sink_format format;
	bool patient; /* waits for a slow reader, as long as it takes: nobody else waits (replay) */
	uint64_t written, failed; /* lines that went out whole; lines dropped */
};

struct sink_ops {
	int (*write)(struct sink *s, enum sink_kind kind, const char *line, size_t len);
	int (*flush)(struct sink *s);
	void (*free)(struct sink *s);
};

/* Lines wait until sink_flush or until much is waiting; a line is never cut in two by us. Where
 * the device takes a part of a line only (disk full), its rest goes out first when there is room
 * again. A reader that does not read costs whole lines, counted, once SINK_WAIT_MAX bytes wait. */
#define SINK_WAIT_MAX (1u << 20)

struct sink *sink_stdout_new(enum sink_format format); /* NULL + errno */
/* Appends; made with mode 0600. NULL + errno. */
struct sink *sink_file_new(const char *path, enum sink_format format);
/* The same for a descriptor that the caller keeps and closes: tests. */
struct sink *sink_fd_new(int fd, const char *name, enum sink_format format);

int sink_write(struct sink *s, enum sink_kind kind, const char *line, size_t len);
int sink_flush(struct sink *s); /* 0 or negative errno; -EAGAIN: the reader is slow, lines wait */
void sink_free(struct sink *s); /* flushes; NULL is fine */

#endif
