/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Lines to a descriptor: stdout, a file. Owns the lines that wait. Knows nothing of what a line
 * says.
 *
 * Lines are collected and written with few calls. A pipe or terminal may have no reader: it is
 * asked first whether it takes bytes, and given at most PIPE_BUF at a time, so that write(2) does
 * not block; what it does not take waits here.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "sink/sink.h"

#define FLUSH_LEN 65536 /* so much waits at most until the next flush is tried */
#define SLOW_WAIT_MS 20 /* how long a flush waits for a slow reader */

struct stream {
	struct sink base;
	int fd;
	bool owned;	/* close it */
	bool regular;	/* never blocks */
	bool slow;	/* the reader made us wait: no more waiting until all is out */
	bool dead;	/* nobody will ever read: EPIPE, EBADF */
	bool cut;	/* waiting begins with the rest of a line whose first part is out */
	uint64_t lines; /* waiting, the cut one included */
	struct buf waiting;
	char *name;
};

static struct stream *stream_of(struct sink *s)
{
	return (struct stream *)s; /* base is the first member */
}

static uint64_t count_lines(const char *p, size_t len)
{
	uint64_t n = 0;

	for (const char *end = p + len; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		n++;
	return n;
}

/* Takes the first n waiting bytes, which are out, away. */
static void gone(struct stream *st, size_t n)
{
	struct buf *w = &st->waiting;
	uint64_t done;

	if (!n)
		return;
	done = n == w->len ? st->lines : count_lines(w->data, n);
	st->base.written += done;
	st->lines -= done;
	st->cut = w->data[n - 1] != '\n';
	memmove(w->data, w->data + n, w->len - n);
	buf_trunc(w, w->len - n);
}

/* Drops whole lines that wait; the rest of a cut line stays unless all is over. */
static void drop(struct stream *st)
{
	struct buf *w = &st->waiting;
	const char *nl = st->cut ? memchr(w->data, '\n', w->len) : NULL;
	size_t keep = nl && !st->dead ? (size_t)(nl + 1 - w->data) : 0;
	uint64_t kept = keep ? 1 : 0;

	st->base.failed += st->lines - kept;
	st->lines = kept;
	buf_trunc(w, keep);
}

static bool writable(struct stream *st)
{
	struct pollfd p = {.fd = st->fd, .events = POLLOUT};

	/* An error of the descriptor shows in write(2), which says which. */
	int wait = st->slow ? 0 : SLOW_WAIT_MS;

	if (st->regular || poll(&p, 1, st->base.patient ? -1 : wait) != 0)
		return true;
	st->slow = true;
	return false;
}

/* Writes what waits: 0, -EAGAIN when the reader is slow, or why it failed. */
static int push(struct stream *st)
{
	const struct buf *w = &st->waiting;
	size_t max = st->regular ? SIZE_MAX : PIPE_BUF;
	size_t out = 0;
	int err = 0;

	while (out < w->len && !err) {
		size_t len = w->len - out < max ? w->len - out : max;
		ssize_t n;

		if (!writable(st)) {
			err = -EAGAIN;
			break;
		}
		n = write(st->fd, w->data + out, len);
		if (n > 0)
			out += (size_t)n;
		else if (n == 0)
			err = -EIO;
		else if (errno != EINTR)
			err = -errno;
	}
	if (!err)
		st->slow = false;
	gone(st, out);
	return err;
}

static int stream_flush(struct sink *s)
{
	struct stream *st = stream_of(s);
	int err;

	if (!st->waiting.len)
		return 0;
	err = push(st);
	if (err && err != -EAGAIN) {
		st->dead = err == -EPIPE || err == -EBADF;
		drop(st);
	}
	return err;
}

static int stream_write(struct sink *s, enum sink_kind kind, const char *line, size_t len)
{
	struct stream *st = stream_of(s);
	size_t before = st->waiting.len;

	(void)kind;
	if (st->dead) {
		s->failed++;
		return -EPIPE;
	}
	if (before && before + len >= SINK_WAIT_MAX) {
		s->failed++;
		return -EAGAIN;
	}
	buf_add(&st->waiting, line, len);
	buf_addc(&st->waiting, '\n');
	if (st->waiting.oom) {
		/* What was there before is whole: an append that fails changes nothing. */
		st->waiting.oom = false;
		buf_trunc(&st->waiting, before);
		s->failed++;
		return -ENOMEM;
	}
	st->lines++;
	return st->waiting.len >= FLUSH_LEN ? stream_flush(s) : 0;
}

static void stream_free(struct sink *s)
{
	struct stream *st = stream_of(s);

	if (stream_flush(s))
		drop(st);
	if (st->owned)
		close(st->fd);
	buf_done(&st->waiting);
	free(st->name);
	free(st);
}

static const struct sink_ops stream_ops = {
	.write = stream_write,
	.flush = stream_flush,
	.free = stream_free,
};

struct sink *sink_fd_new(int fd, const char *name, enum sink_format format)
{
	struct stream *st = calloc(1, sizeof(*st));
	struct stat sb;

	if (!st)
		return NULL;
	st->name = strdup(name);
	if (!st->name) {
		free(st);
		return NULL;
	}
	st->fd = fd;
	st->regular = fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode);
	st->base = (struct sink){.ops = &stream_ops, .name = st->name, .format = format};
	return &st->base;
}

struct sink *sink_stdout_new(enum sink_format format)
{
	return sink_fd_new(STDOUT_FILENO, "stdout", format);
}

struct sink *sink_file_new(const char *path, enum sink_format format)
{
	/* O_NONBLOCK: a named pipe without a reader is refused, not waited for. */
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = open(path, flags, 0600);
	struct sink *s;
	int err;

	if (fd < 0)
		return NULL;
	s = sink_fd_new(fd, path, format);
	if (!s) {
		err = errno;
		close(fd);
		errno = err;
		return NULL;
	}
	stream_of(s)->owned = true;
	return s;
}
