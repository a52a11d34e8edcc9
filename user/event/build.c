/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Building one record; see build.h. Knows the layout of a record, not the meaning of any event. */
#include "event/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/schema.h"
#include "hash.h"

int rec_init(struct rec_builder *b)
{
	memset(b, 0, sizeof(*b));
	/* Pages that no record reaches are never touched. */
	b->mem = malloc(HW_FACT_MAX);
	return b->mem ? 0 : -ENOMEM;
}

void rec_done(struct rec_builder *b)
{
	free(b->mem);
	memset(b, 0, sizeof(*b));
}

void *rec_begin(struct rec_builder *b, unsigned id, size_t fixed_len)
{
	const struct event_desc *d = schema_event(id);
	struct ev_hdr *h = (struct ev_hdr *)b->mem;

	memset(h, 0, fixed_len);
	b->len = fixed_len;
	b->max = d && d->class == HW_CLASS_FACT ? HW_FACT_MAX : HW_RECORD_MAX;
	b->err = 0;
	h->type = id;
	h->cpu = HW_CPU_USER;
	h->flags = HW_F_SYNTH;
	h->loginuid = UINT32_MAX;
	return h;
}

int rec_add_str(struct rec_builder *b, size_t field_off, const void *bytes, size_t len,
		unsigned flags)
{
	char *base = (char *)b->mem;
	struct hw_str *s = (struct hw_str *)(base + field_off);

	if (b->len > UINT16_MAX || len >= b->max || b->len + len + 1 > b->max) {
		b->err = -E2BIG;
		return b->err;
	}
	s->off = b->len;
	s->len = len;
	s->flags = flags;
	if (len)
		memcpy(base + b->len, bytes, len);
	base[b->len + len] = '\0';
	b->len += len + 1;
	return 0;
}

static uint64_t argv_hash(const char *argv, size_t len)
{
	uint64_t h = hw_hash_begin(len), word;

	if (!len || len > HW_HASH_MAX)
		return 0;
	for (size_t at = 0; at < len; at += sizeof(word)) {
		const size_t left = len - at;

		word = 0;
		memcpy(&word, argv + at, left < sizeof(word) ? left : sizeof(word));
		h = hw_hash_word(h, word);
	}
	return hw_hash_end(h);
}

int rec_add_argv(struct rec_builder *b, const char *argv, size_t len)
{
	struct ev_proc *e = (struct ev_proc *)b->mem;
	const size_t beyond = len > HW_ARGV_MAX ? len - HW_ARGV_MAX : 0;
	const size_t tail = beyond < HW_TAIL_MAX ? beyond : HW_TAIL_MAX;
	const unsigned cut = beyond ? HW_STR_CUT : 0;

	e->argv_len = len;
	e->argv_hash = argv_hash(argv, len);
	if (cut)
		e->h.flags |= HW_F_CUT;
	if (tail)
		REC_STR(b, proc, argv_tail, argv + len - tail, tail, HW_STR_USER);
	return REC_STR(b, proc, argv, argv, len - beyond, HW_STR_USER | cut);
}

const struct ev_hdr *rec_end(struct rec_builder *b)
{
	struct ev_hdr *h = (struct ev_hdr *)b->mem;

	if (b->err)
		return NULL;
	h->size = b->len;
	return h;
}
