/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The question of a DNS message (RFC 1035), read from bytes that anybody may have sent: every step
 * is bounded by the message. Only the first question counts, as there is never another.
 */
#include <stdio.h>

#include "event/field_impl.h"
#include "event/names.h"

#define DNS_HEADER 12
#define QDCOUNT 4	  /* offset of the number of questions */
#define DNS_NAME_MAX 255  /* bytes of a name on the wire */
#define DNS_LABEL_MAX 63
#define DNS_POINTER 0xc0  /* both bits: the rest of the name is elsewhere */
#define DNS_JUMPS_MAX 16
#define DNS_TEXT_MAX (4 * DNS_NAME_MAX) /* every byte as \DDD */
#define DNS_TYPE_MAX 16

struct message {
	const unsigned char *at;
	size_t len;
	size_t pos;
};

static bool message_of(const struct view *v, struct message *ret)
{
	const struct hw_str *s = &((const struct ev_dns_query *)v->ev)->packet;

	if (v->desc->id != EV_dns_query || s->len < DNS_HEADER)
		return false;
	*ret = (struct message){(const unsigned char *)rec_str(v->ev, s), s->len, DNS_HEADER};
	return ret->at[QDCOUNT] || ret->at[QDCOUNT + 1];
}

static size_t add_byte(char *out, unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		c += 'a' - 'A'; /* names differ in no letter's case */
	if (c > ' ' && c < 0x7f && c != '.' && c != '\\') {
		*out = (char)c;
		return 1;
	}
	out[0] = '\\';
	out[1] = (char)('0' + c / 100);
	out[2] = (char)('0' + c / 10 % 10);
	out[3] = (char)('0' + c % 10);
	return 4;
}

/* A pointer leads back only; what it leads to may run into it again, which the number of jumps and
 * the length of a name end. False when it is malformed. */
static bool follow(const struct message *m, size_t *at, unsigned *jumps)
{
	size_t to;

	if (*at + 1 >= m->len || ++*jumps > DNS_JUMPS_MAX)
		return false;
	to = (size_t)(m->at[*at] & ~DNS_POINTER) << 8 | m->at[*at + 1];
	if (to >= *at)
		return false;
	*at = to;
	return true;
}

/* The name at the message's place as text, and what follows it. 0 bytes: malformed or cut. */
static size_t read_name(struct message *m, char *out)
{
	size_t at = m->pos, end = 0, wire = 0, len = 0;
	unsigned jumps = 0;

	while (at < m->len && m->at[at]) {
		unsigned n = m->at[at];

		if (n >= DNS_POINTER) {
			end = end ? end : at + 2;
			if (!follow(m, &at, &jumps))
				return 0;
			continue;
		}
		wire += n + 1;
		if (n > DNS_LABEL_MAX || wire >= DNS_NAME_MAX || at + n >= m->len)
			return 0;
		if (len)
			out[len++] = '.';
		for (unsigned i = 1; i <= n; i++)
			len += add_byte(out + len, m->at[at + i]);
		at += n + 1;
	}
	if (at >= m->len)
		return 0;
	if (!len)
		out[len++] = '.'; /* the root */
	m->pos = end ? end : at + 1;
	return len;
}

const char *dns_question_name(const struct view *v, size_t *ret_len)
{
	struct message m;
	char *out;

	if (!message_of(v, &m))
		return NULL;
	out = scratch_alloc(v->scratch, DNS_TEXT_MAX + 1);
	*ret_len = out ? read_name(&m, out) : 0;
	if (!*ret_len)
		return NULL;
	out[*ret_len] = '\0';
	return out;
}

const char *dns_question_type(const struct view *v, size_t *ret_len)
{
	char skipped[DNS_TEXT_MAX + 1], *out;
	struct message m;
	const char *name;
	unsigned type;

	if (!message_of(v, &m) || !read_name(&m, skipped) || m.pos + 2 > m.len)
		return NULL;
	type = (unsigned)m.at[m.pos] << 8 | m.at[m.pos + 1];
	name = names_enum(names_dns_type, type);
	if (name) {
		*ret_len = strlen(name);
		return name;
	}
	out = scratch_alloc(v->scratch, DNS_TYPE_MAX);
	if (!out)
		return NULL;
	*ret_len = (size_t)snprintf(out, DNS_TYPE_MAX, "TYPE%u", type);
	return out;
}

/* p is 0 for the name, 1 for the type. */
GETTER(get_dns_question)
{
	size_t len;
	const char *s = f->p ? dns_question_type(v, &len) : dns_question_name(v, &len);

	return s && val_strn(f, ret, s, len);
}
