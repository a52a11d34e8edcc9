/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Recordings. The first byte of the input says what the rest is: 0 the whole file, 1 the zlib
 * stream behind a good head, 2 what is in that stream, else lines of records (line.h).
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "event/schema.h"
#include "line.h"
#include "source/recfile.h"
#include "target.h"

static void make_head(struct buf *file)
{
	struct rec_head h = {.magic = REC_MAGIC, .order = REC_ORDER, .version = REC_VERSION};
	struct buf schema = BUF_INIT;

	schema_json(&schema);
	h.schema_len = (uint32_t)schema.len;
	h.schema_hash = schema_hash();
	h.crc = (uint32_t)crc32(0, (const Bytef *)&h, offsetof(struct rec_head, crc));
	buf_add(file, &h, sizeof(h));
	buf_add(file, buf_str(&schema), schema.len);
	buf_done(&schema);
}

static void add_head(struct buf *file)
{
	static struct buf head; /* the same for every input */

	if (!head.len)
		make_head(&head);
	buf_add(file, buf_str(&head), head.len);
}

static void add_compressed(struct buf *file, const void *data, size_t len)
{
	uLongf room = compressBound(len);
	char *space = buf_space(file, room);

	MUST(space && compress2((Bytef *)space, &room, data, len, 1) == Z_OK, "zlib compresses");
	buf_wrote(file, room);
}

static void add_record(struct buf *out, const struct ev_hdr *h)
{
	buf_add(out, h, h->size);
	while (out->len % REC_ALIGN)
		buf_addc(out, '\0');
}

/* A stream that is right but for what the lines poke: its records and its end. */
static void add_lines(struct buf *file, const char *text, size_t len)
{
	struct ev_hdr end = {.size = sizeof(end)};
	static struct rec_builder b; /* large, and the same for every input */
	struct buf stream = BUF_INIT;
	const char *stop = text + len;

	MUST(b.mem || rec_init(&b) == 0, "memory for a builder");
	while (text < stop) {
		const char *nl = memchr(text, '\n', (size_t)(stop - text));
		size_t n = (size_t)((nl ? nl : stop) - text), rec_len;
		struct ev_hdr *rec = line_record(&b, text, n, &rec_len);

		if (rec && rec->size == rec_len) {
			add_record(&stream, rec);
			end.seq++;
		}
		free(rec);
		text += n + 1;
	}
	end.cgroup = stream.len;
	add_record(&stream, &end);
	add_compressed(file, buf_str(&stream), stream.len);
	buf_done(&stream);
}

/* True when the file is one that must be read to its end. */
static bool make_file(struct buf *file, const uint8_t *data, size_t len)
{
	uint8_t mode = len ? data[0] : 0;

	if (mode <= 2 && len) {
		data++;
		len--;
	}
	if (mode != 0)
		add_head(file);
	if (mode <= 1)
		buf_add(file, data, len);
	else if (mode == 2)
		add_compressed(file, data, len);
	else
		add_lines(file, (const char *)data, len);
	return mode > 2 && !memchr(data, '@', len);
}

static void replay(const char *path, struct pipeline *p, bool good)
{
	struct buf err = BUF_INIT;
	struct source *s = replay_new(path, pipeline_feed, p, &err);
	int rc;

	MUST(s || err.len, "a recording that is refused has a message");
	if (!s)
		goto out;
	rc = s->ops->start(s, &err);
	MUST(rc == 0 || err.len, "a start that failed has a message");
	while (rc >= 0) {
		buf_reset(&err);
		rc = s->ops->poll(s, 0, &err);
	}
	MUST(rc == -ENODATA || err.len, "a replay that ended early has a message");
	MUST(rc == -ENODATA || !good, "a good recording is read to its end");
	s->ops->free(s);
out:
	buf_done(&err);
}

void fuzz_one(const uint8_t *data, size_t len)
{
	struct sink *sinks[2] = {fuzz_sink_new(SINK_JSON), fuzz_sink_new(SINK_PRETTY)};
	struct pipeline *p = fuzz_pipeline_new(NULL, sinks);
	struct buf file = BUF_INIT;
	int fd = memfd_create("recording", MFD_CLOEXEC);
	bool good = make_file(&file, data, len);
	char path[32];

	MUST(fd >= 0 && write(fd, buf_str(&file), file.len) == (ssize_t)file.len, "a memfd");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	replay(path, p, good);
	close(fd);
	pipeline_free(p);
	sink_free(sinks[0]);
	sink_free(sinks[1]);
	buf_done(&file);
}
