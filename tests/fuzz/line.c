/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Lines of text to records, by the schema's own tables. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "event/schema.h"
#include "line.h"

#define WORDS_MAX 64

struct word {
	const char *s;
	size_t len;
};

static bool next_word(struct word *rest, struct word *ret_word)
{
	while (rest->len && (*rest->s == ' ' || *rest->s == '\t')) {
		rest->s++;
		rest->len--;
	}
	ret_word->s = rest->s;
	while (rest->len && *rest->s != ' ' && *rest->s != '\t') {
		rest->s++;
		rest->len--;
	}
	ret_word->len = (size_t)(rest->s - ret_word->s);
	return ret_word->len > 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static void add_bytes(struct buf *out, struct word w)
{
	for (size_t i = 0; i < w.len; i++) {
		char c = w.s[i], e = i + 1 < w.len ? w.s[i + 1] : 0;

		if (c != '\\') {
			buf_addc(out, c);
		} else if (e == 'x' && i + 3 < w.len && hex_digit(w.s[i + 2]) >= 0 &&
			   hex_digit(w.s[i + 3]) >= 0) {
			buf_addc(out, (char)(hex_digit(w.s[i + 2]) << 4 | hex_digit(w.s[i + 3])));
			i += 3;
		} else {
			buf_addc(out, e == '0' ? '\0' : e == 's' ? ' ' : e);
			i++;
		}
	}
}

static uint64_t number(const char *s)
{
	return *s == '-' ? 0 - strtoull(s + 1, NULL, 0) : strtoull(s, NULL, 0);
}

/* ADDRESS or ADDRESS:PORT, the port behind the last colon. */
static struct hw_addr address(char *s)
{
	struct hw_addr a = {0};
	char *colon = strrchr(s, ':');

	if (inet_pton(AF_INET6, s, a.ip) == 1) {
		a.family = AF_INET6;
		return a;
	}
	if (colon) {
		*colon = '\0';
		a.port = (uint16_t)number(colon + 1);
	}
	if (inet_pton(AF_INET, s, a.ip) == 1)
		a.family = AF_INET;
	else if (inet_pton(AF_INET6, s, a.ip) == 1)
		a.family = AF_INET6;
	else
		a.family = (uint16_t)number(s);
	return a;
}

/* What can be set behind "obj.": a field of struct hw_fdobj. */
static const struct wire_field obj_fields[] = {
#define OBJ(wt, n) {.name = #n, .type = wt, .offset = offsetof(struct hw_fdobj, n),                \
		    .size = sizeof(((struct hw_fdobj *)0)->n)}
	OBJ(WT_U64, ino),    OBJ(WT_U32, dev),	   OBJ(WT_U32, magic),	   OBJ(WT_PATH, path),
	OBJ(WT_ADDR, local), OBJ(WT_ADDR, remote), OBJ(WT_U32, f_flags),   OBJ(WT_U16, mode),
	OBJ(WT_U16, kind),   OBJ(WT_U16, sk_family), OBJ(WT_U16, sk_type), OBJ(WT_U16, sk_proto),
	OBJ(WT_U16, sk_state),
#undef OBJ
};

static bool obj_field(const struct event_desc *ev, struct word name, struct wire_field *ret_field)
{
	if (ev->obj_off < 0 || name.len < 4 || memcmp(name.s, "obj.", 4) != 0)
		return false;
	for (size_t i = 0; i < sizeof(obj_fields) / sizeof(obj_fields[0]); i++) {
		const struct wire_field *f = &obj_fields[i];

		if (strlen(f->name) != name.len - 4 || memcmp(f->name, name.s + 4, name.len - 4))
			continue;
		*ret_field = *f;
		ret_field->offset = (uint16_t)(f->offset + ev->obj_off);
		return true;
	}
	return false;
}

static bool find_field(const struct event_desc *ev, struct word name, struct wire_field *ret_field)
{
	const struct wire_field *f;

	if (memchr(name.s, '\0', name.len))
		return false;
	f = schema_field(ev, name.s, name.len);
	if (!f)
		f = schema_field(schema_header(), name.s, name.len);
	if (!f)
		return obj_field(ev, name, ret_field);
	*ret_field = *f;
	return f->type != WT_FDOBJ;
}

static void set_field(struct rec_builder *b, const struct wire_field *f, struct buf *value)
{
	char *at = (char *)b->mem + f->offset;
	struct hw_addr addr;
	uint64_t n;

	switch (f->type) {
	case WT_STR:
	case WT_PATH:
	case WT_ARGV:
	case WT_BYTES:
		rec_add_str(b, f->offset, buf_str(value), value->len, 0);
		return;
	case WT_COMM:
		memset(at, 0, f->size);
		memcpy(at, buf_str(value), value->len < f->size ? value->len : f->size - 1u);
		return;
	case WT_ADDR:
		addr = address(value->data);
		memcpy(at, &addr, sizeof(addr));
		return;
	default:
		n = number(buf_str(value));
		memcpy(at, &n, f->size); /* of the order of the host: its low bytes */
	}
}

static void set_word(struct rec_builder *b, const struct event_desc *ev, struct word w)
{
	const char *eq = memchr(w.s, '=', w.len);
	struct buf value = BUF_INIT;
	struct wire_field f;

	if (!eq || *w.s == '@')
		return;
	if (!find_field(ev, (struct word){w.s, (size_t)(eq - w.s)}, &f))
		return;
	buf_addc(&value, 0); /* so that data is there for an empty value, too */
	buf_trunc(&value, 0);
	add_bytes(&value, (struct word){eq + 1, w.len - (size_t)(eq + 1 - w.s)});
	set_field(b, &f, &value);
	buf_done(&value);
}

/* @OFFSET=BYTE, after the record was finished. */
static void poke(unsigned char *rec, size_t len, struct word w)
{
	char text[32] = {0};
	const char *eq;
	uint64_t off;

	if (*w.s != '@' || w.len >= sizeof(text))
		return;
	memcpy(text, w.s, w.len);
	eq = strchr(text, '=');
	off = number(text + 1);
	if (eq && off < len)
		rec[off] = (unsigned char)number(eq + 1);
}

void *line_record(struct rec_builder *b, const char *line, size_t len, size_t *ret_len)
{
	struct word rest = {line, len}, words[WORDS_MAX];
	const struct event_desc *ev;
	const struct ev_hdr *h;
	struct ev_hdr *head;
	unsigned n = 0;
	void *copy;

	while (n < WORDS_MAX && next_word(&rest, &words[n]))
		n++;
	if (!n || memchr(words[0].s, '\0', words[0].len))
		return NULL;
	ev = schema_event_by_name(words[0].s, words[0].len);
	if (!ev)
		return NULL;
	head = rec_begin(b, ev->id, ev->fixed_len);
	if (ev->class != HW_CLASS_FACT)
		head->flags = 0;
	for (unsigned i = 1; i < n; i++)
		set_word(b, ev, words[i]);
	head->type = (__u16)ev->id; /* a word may have set it */
	h = rec_end(b);
	copy = h ? malloc(h->size) : NULL;
	if (!copy)
		return NULL;
	*ret_len = h->size;
	memcpy(copy, h, h->size);
	for (unsigned i = 1; i < n; i++)
		poke(copy, *ret_len, words[i]);
	return copy;
}
