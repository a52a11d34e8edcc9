/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The file format that record.c writes and replay.c reads, and what both add to source.h.
 *
 *	struct rec_head | schema as JSON (schema_len bytes) | one zlib stream
 *
 * The stream holds the records one after the other, each begun at a multiple of 8 and filled up
 * with zero bytes; hdr.size tells how long one is. Facts come in the stream like events, so the
 * state that an event needs always lies before it. The last record has type 0, which no event
 * has: seq is the number of records before it and cgroup the number of their bytes. zlib's own
 * Adler-32 closes the stream, and nothing follows it.
 *
 * Numbers are in the order of the machine that wrote them; order tells which that was. A file
 * that ends early (the recorder was killed, the disk was full) can be read up to the last flush,
 * and is told from one that ended well.
 */
#ifndef HW_RECFILE_H
#define HW_RECFILE_H

#include <stdint.h>

#include "event.h"

#define REC_MAGIC "HULLWREC" /* 8 bytes */
#define REC_ORDER 0x01020304u
#define REC_VERSION 1
#define REC_SCHEMA_MAX (4u << 20)
#define REC_ALIGN 8u

struct rec_head {
	char magic[8];
	uint32_t order;
	uint32_t version;
	uint32_t flags;	     /* none yet: a reader refuses what it does not know */
	uint32_t schema_len; /* bytes after this head */
	uint64_t schema_hash;
	char writer[16];     /* version of hullwatch that wrote it, NUL-padded */
	uint32_t pad;
	uint32_t crc;	     /* crc32 of all before */
};

_Static_assert(sizeof(struct rec_head) == 56, "struct rec_head has a hole");

/* Bytes that a record takes in the stream. */
static inline uint32_t rec_padded(uint32_t size)
{
	return (size + REC_ALIGN - 1) & ~(REC_ALIGN - 1);
}

struct recorder;
/* Makes what was written so far readable even if we are killed. Cheap when nothing is waiting. */
int recorder_flush(struct recorder *r);
/* Records that were refused after the first failure. */
uint64_t recorder_dropped(const struct recorder *r);

#endif
