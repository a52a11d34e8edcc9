/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Values as text and JSON, and the scratch space that getters build strings in: blocks that are
 * filled one after the other, so that what was handed out never moves; a reset leaves one block
 * that is large enough for what the last event took.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/jsonw.h"
#include "event/addr.h"
#include "event/field_impl.h"

#define BLOCK_MIN 16384

struct block {
	struct block *next; /* filled before this one */
	size_t cap, used;
	char mem[];
};

struct field_scratch {
	struct block *top;
	struct buf build;
	struct fd_facts fd;
};

struct field_scratch *field_scratch_new(void)
{
	return calloc(1, sizeof(struct field_scratch));
}

static void free_blocks(struct block *b)
{
	while (b) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
}

void field_scratch_free(struct field_scratch *s)
{
	if (!s)
		return;
	free_blocks(s->top);
	buf_done(&s->build);
	free(s);
}

static bool add_block(struct field_scratch *s, size_t len)
{
	size_t cap = s->top ? 2 * s->top->cap : BLOCK_MIN;
	struct block *b;

	while (cap < len)
		cap *= 2;
	b = malloc(sizeof(*b) + cap);
	if (!b)
		return false;
	b->next = s->top;
	b->cap = cap;
	b->used = 0;
	s->top = b;
	return true;
}

void field_scratch_reset(struct field_scratch *s)
{
	s->fd.done = s->fd.name_done = false;
	if (!s->top)
		return;
	/* The newest block is the largest: twice the one before it at least. */
	free_blocks(s->top->next);
	s->top->next = NULL;
	s->top->used = 0;
}

char *scratch_alloc(struct field_scratch *s, size_t len)
{
	char *at;

	if ((!s->top || s->top->cap - s->top->used < len) && !add_block(s, len))
		return NULL;
	at = s->top->mem + s->top->used;
	s->top->used += len;
	return at;
}

struct buf *scratch_begin(struct field_scratch *s)
{
	buf_reset(&s->build);
	return &s->build;
}

bool scratch_value(struct field_scratch *s, const struct field *f, struct value *ret)
{
	char *at;

	if (s->build.oom) {
		/* A buffer that ran out keeps saying so; the next event starts afresh. */
		buf_done(&s->build);
		buf_init(&s->build);
		return false;
	}
	at = scratch_alloc(s, s->build.len + 1);
	if (!at)
		return false;
	memcpy(at, buf_str(&s->build), s->build.len + 1);
	return val_strn(f, ret, at, s->build.len);
}

struct fd_facts *scratch_fd(struct field_scratch *s)
{
	return &s->fd;
}

/* --- values --- */

void value_text(struct buf *out, const struct value *v)
{
	char ip[ADDR_TEXT_MAX];

	switch ((enum field_type)v->type) {
	case FT_STR:
	case FT_PATH:
	case FT_BYTES:
		buf_add(out, v->s, v->len);
		break;
	case FT_INT:
		buf_addi(out, v->i);
		break;
	case FT_UINT:
	case FT_PORT:
	case FT_TIME:
	case FT_RELTIME:
		buf_addu(out, v->u);
		break;
	case FT_BOOL:
		buf_adds(out, v->u ? "true" : "false");
		break;
	case FT_IP:
	case FT_NET:
		buf_add(out, ip, addr_ip_text(ip, v->addr));
		break;
	}
}

void value_json(struct jsonw *w, const char *key, const struct value *v)
{
	char ip[ADDR_TEXT_MAX];

	switch ((enum field_type)v->type) {
	case FT_STR:
	case FT_PATH:
	case FT_BYTES:
		jsonw_strn(w, key, v->s, v->len);
		break;
	case FT_INT:
		jsonw_i64(w, key, v->i);
		break;
	case FT_UINT:
	case FT_PORT:
	case FT_TIME:
	case FT_RELTIME:
		jsonw_u64(w, key, v->u);
		break;
	case FT_BOOL:
		jsonw_bool(w, key, v->u);
		break;
	case FT_IP:
	case FT_NET:
		jsonw_strn(w, key, ip, addr_ip_text(ip, v->addr));
		break;
	}
}
