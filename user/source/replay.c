/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Reads a recording (recfile.h) and hands its records over in place: they are inflated into one
 * buffer and never copied again, but for the one that a chunk's end cut. Owns the file and the
 * inflate stream; what a record means is checked by whoever gets it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "event/schema.h"
#include "source/recfile.h"
#include "source/source.h"

#define IN_CAP 65536
#define CHUNK (256u * 1024) /* inflated at a time: stays in the second-level cache */
#define BUF_CAP (HW_FACT_MAX + CHUNK)

struct replay {
	struct source base;
	char *path;
	int fd;
	bool inflating;	 /* z was set up */
	bool eof;	 /* of the file */
	bool stream_end; /* zlib's end was seen, its checksum held */
	bool cut;	 /* the file ended before the stream did */
	bool end_record; /* the record of type 0 was seen */
	int err;	 /* a failure that the next poll reports, with why */
	struct buf why;
	uint64_t file_off; /* of the bytes read so far */
	uint64_t count, bytes;
	size_t have;	 /* bytes in data */
	z_stream z;
	uint8_t in[IN_CAP];
	uint8_t *data; /* BUF_CAP, from malloc: aligned */
};

static struct replay *replay_of(struct source *s)
{
	return (struct replay *)s; /* base is the first member */
}

/* Where in the file the next byte for inflate lies. */
static uint64_t offset(const struct replay *r)
{
	return r->file_off - r->z.avail_in;
}

#define REFUSE(r, at, ...)                                                                         \
	do {                                                                                       \
		buf_addf(&(r)->why, "%s: offset %" PRIu64 ": ", (r)->path, (uint64_t)(at));        \
		buf_addf(&(r)->why, __VA_ARGS__);                                                  \
		(r)->err = -EINVAL;                                                                \
	} while (0)

/* Up to len bytes; how many in *ret_n. */
static int read_some(struct replay *r, void *dst, size_t len, size_t *ret_n)
{
	size_t n = 0;

	while (n < len) {
		ssize_t got = read(r->fd, (char *)dst + n, len - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			r->err = -errno;
			buf_addf(&r->why, "%s: offset %" PRIu64 ": cannot be read: %s", r->path,
				 r->file_off, strerror(errno));
			return r->err;
		}
		if (got == 0) {
			r->eof = true;
			break;
		}
		n += (size_t)got;
		r->file_off += (uint64_t)got;
	}
	*ret_n = n;
	return 0;
}

static void check_head(struct replay *r, const struct rec_head *h, size_t n)
{
	uint32_t swapped = __builtin_bswap32(REC_ORDER);

	if (n < sizeof(h->magic) || memcmp(h->magic, REC_MAGIC, sizeof(h->magic)) != 0)
		REFUSE(r, 0, "not a recording of hullwatch: it does not begin with " REC_MAGIC);
	else if (n < sizeof(*h))
		REFUSE(r, n, "the recording ends in its head, which has %zu bytes", sizeof(*h));
	else if (h->order == swapped)
		REFUSE(r, offsetof(struct rec_head, order),
		       "recorded on a machine with the other byte order: replay it there");
	else if (h->version != REC_VERSION && h->order == REC_ORDER)
		REFUSE(r, offsetof(struct rec_head, version),
		       "format version %" PRIu32 ", this hullwatch reads version %d: replay it "
		       "with the hullwatch that recorded it", h->version, REC_VERSION);
	else if (h->crc != crc32(0, (const Bytef *)h, offsetof(struct rec_head, crc)))
		REFUSE(r, 0, "the head is damaged: its checksum differs");
	else if (h->flags)
		REFUSE(r, offsetof(struct rec_head, flags),
		       "flags %#" PRIx32 " are unknown to this hullwatch: replay it with a newer "
		       "one", h->flags);
	else if (h->schema_hash != schema_hash())
		REFUSE(r, offsetof(struct rec_head, schema_hash),
		       "recorded by hullwatch %.16s with event schema %016" PRIx64 ", this is "
		       "hullwatch %s with schema %016" PRIx64 ": replay it with the version that "
		       "recorded it", h->writer, h->schema_hash, HW_VERSION, schema_hash());
	else if (h->schema_len > REC_SCHEMA_MAX)
		REFUSE(r, offsetof(struct rec_head, schema_len),
		       "a schema of %" PRIu32 " bytes, at most %u are possible", h->schema_len,
		       REC_SCHEMA_MAX);
}

/* The schema's text is there for other readers; here it must only be the one we know. */
static int check_schema(struct replay *r, uint32_t len)
{
	struct buf ours = BUF_INIT;
	char *text = malloc(len ? len : 1);
	size_t n = 0;
	int err = -ENOMEM;

	schema_json(&ours);
	if (!text || ours.oom)
		goto out;
	err = read_some(r, text, len, &n);
	if (err)
		goto out;
	if (n < len)
		REFUSE(r, r->file_off, "the recording ends in its schema, which has %" PRIu32
		       " bytes", len);
	else if (len != ours.len || memcmp(text, buf_str(&ours), len) != 0)
		REFUSE(r, sizeof(struct rec_head), "the schema is damaged: it is not the one that "
		       "the head names");
	err = r->err;
out:
	buf_done(&ours);
	free(text);
	return err;
}

static int replay_start(struct source *s, struct buf *err)
{
	struct replay *r = replay_of(s);
	struct rec_head h = {0};
	size_t n = 0;
	int ret;

	r->fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (r->fd < 0) {
		ret = -errno;
		buf_addf(err, "%s: cannot be opened: %s", r->path, strerror(-ret));
		return ret;
	}
	ret = read_some(r, &h, sizeof(h), &n);
	if (!ret) {
		check_head(r, &h, n);
		ret = r->err;
	}
	if (!ret)
		ret = check_schema(r, h.schema_len);
	if (!ret && inflateInit(&r->z) != Z_OK)
		ret = -ENOMEM;
	else if (!ret)
		r->inflating = true;
	if (ret == -ENOMEM)
		buf_adds(&r->why, "memory ran out");
	r->err = ret;
	buf_adds(err, buf_str(&r->why));
	return ret;
}

/* The record of type 0. */
static void take_end(struct replay *r, const struct ev_hdr *ev)
{
	r->end_record = true;
	if (ev->size != sizeof(*ev) || ev->seq != r->count || ev->cgroup != r->bytes)
		REFUSE(r, offset(r), "the end names %" PRIu64 " records of %" PRIu64 " bytes, "
		       "%" PRIu64 " of %" PRIu64 " were found: the recording is damaged",
		       (uint64_t)ev->seq, (uint64_t)ev->cgroup, r->count, r->bytes);
}

/* Hands over the whole records at the buffer's begin. Returns how many; what is left of a cut one
 * moves to the begin. */
static int deliver(struct replay *r)
{
	size_t at = 0;
	int n = 0;

	while (!r->err && r->have - at >= sizeof(struct ev_hdr)) {
		struct ev_hdr *ev = (struct ev_hdr *)(r->data + at);
		uint32_t size = ev->size, full;

		if (r->end_record || size < sizeof(*ev) || size > HW_FACT_MAX) {
			REFUSE(r, offset(r), "record %" PRIu64 " has %" PRIu32 " bytes%s: the "
			       "recording is damaged", r->count + 1, size,
			       r->end_record ? " and follows the end" : "");
			break;
		}
		full = rec_padded(size);
		if (full > r->have - at)
			break;
		at += full;
		if (ev->type == 0) {
			take_end(r, ev);
			continue;
		}
		r->count++;
		r->bytes += full;
		r->base.sink(r->base.sink_ctx, ev, size);
		n++;
	}
	memmove(r->data, r->data + at, r->have - at);
	r->have -= at;
	return n;
}

/* One step of inflate into the buffer. */
static void inflate_step(struct replay *r)
{
	size_t n = 0;
	int z;

	if (!r->z.avail_in && !r->eof) {
		if (read_some(r, r->in, IN_CAP, &n))
			return;
		r->z.next_in = r->in;
		r->z.avail_in = (uInt)n;
	}
	z = inflate(&r->z, Z_NO_FLUSH);
	if (z == Z_STREAM_END)
		r->stream_end = true;
	else if (z == Z_BUF_ERROR || z == Z_OK)
		r->cut = r->eof && !r->z.avail_in && r->z.avail_out;
	else if (z == Z_MEM_ERROR)
		r->err = -ENOMEM;
	else
		REFUSE(r, offset(r), "the recording is damaged: %s",
		       r->z.msg ? r->z.msg : "no zlib stream");
}

/* Up to CHUNK bytes more in the buffer. */
static void fill(struct replay *r)
{
	size_t room = BUF_CAP - r->have;

	r->z.next_out = r->data + r->have;
	r->z.avail_out = (uInt)(room < CHUNK ? room : CHUNK);
	while (!r->err && !r->cut && !r->stream_end && r->z.avail_out)
		inflate_step(r);
	r->have = (size_t)(r->z.next_out - r->data);
}

/* What is wrong at the end of the file, if anything. */
static void check_end(struct replay *r)
{
	size_t n = 0;

	if (r->cut) {
		REFUSE(r, r->file_off, "the recording ends early, after %" PRIu64 " whole records: "
		       "the recorder was stopped by force, or its disk was full", r->count);
		return;
	}
	if (!r->end_record || r->have) {
		REFUSE(r, offset(r), "the stream ends without its end record, after %" PRIu64
		       " whole records: the recording is damaged", r->count);
		return;
	}
	if (!r->z.avail_in && read_some(r, r->in, 1, &n))
		return;
	if (r->z.avail_in || n)
		REFUSE(r, offset(r) - n, "bytes follow the recording's end");
}

static int fail(struct replay *r, struct buf *err)
{
	if (r->err == -ENOMEM && !r->why.len)
		buf_adds(&r->why, "memory ran out");
	buf_adds(err, buf_str(&r->why));
	return r->err;
}

static int replay_poll(struct source *s, int timeout_ms, struct buf *err)
{
	struct replay *r = replay_of(s);
	int n = 0;

	(void)timeout_ms; /* a file never makes one wait */
	while (!n && !r->err && !r->stream_end && !r->cut) {
		fill(r);
		n = deliver(r);
	}
	/* What came before a fault is handed over first; the next poll tells the fault. */
	if (n)
		return n;
	if (!r->err)
		check_end(r);
	return r->err ? fail(r, err) : -ENODATA;
}

static int replay_fd(const struct source *s)
{
	(void)s;
	return -1;
}

/* What the recorded run lost comes as records; reading a file loses nothing. */
static void replay_lost(struct source *s, uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX])
{
	(void)s;
	(void)lost;
}

static void replay_produced(struct source *s, uint64_t produced[HW_CLASS_MAX])
{
	(void)s;
	(void)produced;
}

static void replay_free(struct source *s)
{
	struct replay *r = replay_of(s);

	if (r->inflating)
		inflateEnd(&r->z);
	if (r->fd >= 0)
		close(r->fd);
	buf_done(&r->why);
	free(r->data);
	free(r->path);
	free(r);
}

static const struct source_ops replay_ops = {
	.start = replay_start,
	.poll = replay_poll,
	.fd = replay_fd,
	.lost = replay_lost,
	.produced = replay_produced,
	.free = replay_free,
};

struct source *replay_new(const char *path, source_sink_fn sink, void *ctx, struct buf *err)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r)
		goto oom;
	r->base = (struct source){.ops = &replay_ops, .sink = sink, .sink_ctx = ctx};
	r->fd = -1;
	r->path = strdup(path);
	r->data = malloc(BUF_CAP);
	if (r->path && r->data)
		return &r->base;
	replay_free(&r->base);
oom:
	buf_adds(err, "memory ran out");
	errno = ENOMEM;
	return NULL;
}
