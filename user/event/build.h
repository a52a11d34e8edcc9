/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Builds one record in memory: facts that user space found out, and what tests feed.
 *
 * The memory of a builder never moves, so the pointer that rec_begin returns stays good until
 * rec_done, and a record that rec_end returned until the next rec_begin. Faults stick: rec_end
 * returns NULL when any string did not fit, and err says why.
 *
 *	struct ev_chdir *e = REC_BEGIN(&b, chdir);
 *	e->h.pid = 1;
 *	REC_STR(&b, chdir, path, "/tmp", 4, HW_STR_USER);
 *	const struct ev_hdr *h = rec_end(&b);
 *
 * Strings may be added in any order. An offset has 16 bits: only the last string of a fact may
 * reach beyond the record's first 64 KiB, so add the longest one last.
 */
#ifndef HW_BUILD_H
#define HW_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"

struct rec_builder {
	uint64_t *mem; /* HW_FACT_MAX bytes, 8-byte aligned */
	size_t len;    /* bytes in use */
	size_t max;    /* what this record may grow to: facts may be larger than others */
	int err;       /* 0, -E2BIG: the record would exceed max or an offset its 16 bits */
};

int rec_init(struct rec_builder *b); /* 0 or -ENOMEM */
void rec_done(struct rec_builder *b);

/* Begins a record of event id: fixed_len zero bytes, type set, cpu HW_CPU_USER, HW_F_SYNTH set,
 * no login user. Never NULL. */
void *rec_begin(struct rec_builder *b, unsigned id, size_t fixed_len);

/* Appends len bytes and a NUL, and makes the struct hw_str at field_off of the record name them.
 * flags are HW_STR_*. 0 or -E2BIG. */
int rec_add_str(struct rec_builder *b, size_t field_off, const void *bytes, size_t len,
		unsigned flags);

/* The whole argument vector of a proc record, each argument ended by NUL: its length, hash, head
 * and tail, as the kernel side keeps them of an exec. 0 or -E2BIG. */
int rec_add_argv(struct rec_builder *b, const char *argv, size_t len);

/* Sets the size and returns the record, or NULL after a fault. */
const struct ev_hdr *rec_end(struct rec_builder *b);

#define REC_BEGIN(b, event)                                                                        \
	((struct ev_##event *)rec_begin((b), EV_##event, sizeof(struct ev_##event)))
#define REC_STR(b, event, field, bytes, len, flags)                                                \
	rec_add_str((b), offsetof(struct ev_##event, field), (bytes), (len), (flags))

#endif
