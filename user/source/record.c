/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Writes a recording (recfile.h). Owns the file and the deflate stream; knows nothing of what the
 * records mean but their size and time. After the first failed write it takes nothing more: what
 * lies in the file then is a recording that ends early, which replay reads up to there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "event/schema.h"
#include "source/recfile.h"
#include "source/source.h"

#define RAW_CAP 65536		/* records wait here, so that deflate is called rarely */
#define OUT_CAP 65536
#define FLUSH_NS 1000000000ull	/* of event time between two flushes */
#define FLUSH_LEN (1u << 20)	/* bytes of records between two flushes */

struct recorder {
	int fd;
	int err;	    /* the first failure */
	bool deflating;	    /* z was set up */
	uint64_t count;	    /* records */
	uint64_t bytes;	    /* of records, with their padding */
	uint64_t dropped;   /* records after the failure */
	uint64_t flushed_ns; /* event time of the last flush */
	size_t unflushed;   /* bytes since then */
	size_t raw_len;
	z_stream z;
	uint8_t raw[RAW_CAP];
	uint8_t out[OUT_CAP];
};

static int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Runs data through deflate and writes what comes out. */
static int squeeze(struct recorder *r, const void *data, size_t len, int flush)
{
	int z, err;

	r->z.next_in = (Bytef *)(uintptr_t)data;
	r->z.avail_in = (uInt)len;
	do {
		r->z.next_out = r->out;
		r->z.avail_out = OUT_CAP;
		z = deflate(&r->z, flush);
		if (z == Z_STREAM_ERROR)
			return -EIO;
		err = write_all(r->fd, r->out, OUT_CAP - r->z.avail_out);
		if (err)
			return err;
	} while (r->z.avail_out == 0);
	return 0;
}

static int push_raw(struct recorder *r, int flush)
{
	int err = squeeze(r, r->raw, r->raw_len, flush);

	r->raw_len = 0;
	return err;
}

/* Takes the record with its padding into the stream. */
static int put_record(struct recorder *r, const struct ev_hdr *ev)
{
	static const uint8_t zeros[REC_ALIGN];
	uint32_t full = rec_padded(ev->size);
	int err = 0;

	if (full > RAW_CAP - r->raw_len)
		err = push_raw(r, Z_NO_FLUSH);
	if (err)
		return err;
	if (full > RAW_CAP) {
		err = squeeze(r, ev, ev->size, Z_NO_FLUSH);
		return err ? err : squeeze(r, zeros, full - ev->size, Z_NO_FLUSH);
	}
	memcpy(r->raw + r->raw_len, ev, ev->size);
	memset(r->raw + r->raw_len + ev->size, 0, full - ev->size);
	r->raw_len += full;
	return 0;
}

static int write_head(struct recorder *r)
{
	struct buf schema = BUF_INIT;
	struct rec_head h = {.order = REC_ORDER, .version = REC_VERSION};
	int err = -ENOMEM;

	schema_json(&schema);
	if (schema.oom)
		goto out;
	memcpy(h.magic, REC_MAGIC, sizeof(h.magic));
	strncpy(h.writer, HW_VERSION, sizeof(h.writer) - 1);
	h.schema_len = (uint32_t)schema.len;
	h.schema_hash = schema_hash();
	h.crc = (uint32_t)crc32(0, (const Bytef *)&h, offsetof(struct rec_head, crc));
	err = write_all(r->fd, &h, sizeof(h));
	if (!err)
		err = write_all(r->fd, buf_str(&schema), schema.len);
out:
	buf_done(&schema);
	return err;
}

static void recorder_free(struct recorder *r)
{
	if (r->deflating)
		deflateEnd(&r->z);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

struct recorder *recorder_new(const char *path, int level)
{
	struct recorder *r;
	int err = 0;

	if (level < 0 || level > 9) {
		errno = EINVAL;
		return NULL;
	}
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
	if (r->fd < 0)
		err = -errno;
	if (!err && deflateInit(&r->z, level) != Z_OK)
		err = -ENOMEM;
	else if (!err)
		r->deflating = true;
	if (!err)
		err = write_head(r);
	if (err) {
		recorder_free(r);
		errno = -err;
		return NULL;
	}
	return r;
}

int recorder_flush(struct recorder *r)
{
	if (r->err || !r->unflushed)
		return r->err;
	r->err = push_raw(r, Z_SYNC_FLUSH);
	r->unflushed = 0;
	return r->err;
}

int recorder_write(struct recorder *r, const struct ev_hdr *ev)
{
	if (r->err) {
		r->dropped++;
		return r->err;
	}
	r->err = put_record(r, ev);
	if (r->err) {
		r->dropped++;
		return r->err;
	}
	r->count++;
	r->bytes += rec_padded(ev->size);
	r->unflushed += rec_padded(ev->size);
	/* Records of several CPUs may step back a little in time: that is no reason to flush. */
	if (r->unflushed < FLUSH_LEN &&
	    (ev->time < r->flushed_ns || ev->time - r->flushed_ns < FLUSH_NS))
		return 0;
	r->flushed_ns = ev->time;
	return recorder_flush(r);
}

uint64_t recorder_dropped(const struct recorder *r)
{
	return r->dropped;
}

int recorder_close(struct recorder *r)
{
	struct ev_hdr end = {.size = sizeof(end)};
	int err;

	end.seq = r->count;
	end.cgroup = r->bytes;
	if (!r->err)
		r->err = put_record(r, &end);
	if (!r->err)
		r->err = push_raw(r, Z_FINISH);
	if (close(r->fd) < 0 && !r->err)
		r->err = -errno;
	r->fd = -1;
	err = r->err;
	recorder_free(r);
	return err;
}
