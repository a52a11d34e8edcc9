/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Values as rules write them to values as they are compared: numbers, ports, addresses, networks,
 * bytes, patterns. Owns what is wrong with them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "event/addr.h"
#include "rule/set.h"
#include "rule/vec.h"

const char *type_name(uint8_t type)
{
	static const char *const names[] = {
		[FT_STR] = "a text",	   [FT_PATH] = "a path",  [FT_BYTES] = "bytes",
		[FT_INT] = "a number",	   [FT_UINT] = "a number", [FT_BOOL] = "true or false",
		[FT_PORT] = "a port",	   [FT_IP] = "an address", [FT_NET] = "a network",
		[FT_TIME] = "a time",	   [FT_RELTIME] = "a duration",
	};

	return type < sizeof(names) / sizeof(names[0]) && names[type] ? names[type] : "a value";
}

uint32_t lit_intern(struct builder *b, const char *s, size_t len)
{
	struct ruleset *rs = b->rs;
	void *found = stable_find(b->lit_names, s, len);
	struct str *lits;

	if (found)
		return (uint32_t)(uintptr_t)found;
	lits = vec_add(b->tmp, rs->lits, rs->n_lits, sizeof(*lits));
	if (!lits || stable_put(b->lit_names, s, len, (void *)(uintptr_t)(rs->n_lits + 1))) {
		b->d->oom = true;
		return LIT_NONE;
	}
	rs->lits = lits;
	rs->lits[rs->n_lits++] = (struct str){s, len};
	if (len > rs->lit_len_max)
		rs->lit_len_max = len;
	return (uint32_t)rs->n_lits;
}

/* --- numbers --- */

static bool all_digits(const char *s)
{
	const char *p = s + (*s == '-' || *s == '+');

	if (!*p)
		return false;
	for (; *p; p++)
		if (*p < '0' || *p > '9')
			return false;
	return true;
}

static bool parse_int(const char *s, int64_t *ret)
{
	if (!all_digits(s))
		return false;
	errno = 0;
	*ret = strtoll(s, NULL, 10);
	return !errno;
}

static bool parse_uint(const char *s, uint64_t *ret)
{
	if (!all_digits(s) || *s == '-')
		return false;
	errno = 0;
	*ret = strtoull(s, NULL, 10);
	return !errno;
}

static bool parse_bool(const char *s, uint64_t *ret)
{
	*ret = !strcmp(s, "true");
	return *ret || !strcmp(s, "false");
}

static bool parse_port(const char *s, uint64_t *ret)
{
	struct servent *e;

	if (all_digits(s))
		return parse_uint(s, ret) && *ret <= 65535;
	e = *s ? getservbyname(s, NULL) : NULL;
	if (!e)
		return false;
	*ret = ntohs((uint16_t)e->s_port);
	return true;
}

/* --- addresses --- */

static bool parse_addr(const char *s, struct hw_addr *ret)
{
	struct hw_addr a = {0};

	a.family = strchr(s, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(a.family, s, a.ip) != 1)
		return false;
	*ret = addr_fold(&a);
	return true;
}

static void mask_addr(struct hw_addr *a, unsigned bits)
{
	for (unsigned i = 0; i < sizeof(a->ip); i++) {
		unsigned keep = bits > 8 * i ? bits - 8 * i : 0;

		if (keep < 8)
			a->ip[i] &= (uint8_t)(0xff00 >> keep);
	}
}

static bool parse_net(const char *s, struct hw_addr *ret, unsigned *ret_bits)
{
	const char *slash = strchr(s, '/');
	char text[INET6_ADDRSTRLEN];
	bool mapped;
	uint64_t bits;

	if (!slash || (size_t)(slash - s) >= sizeof(text) || !parse_uint(slash + 1, &bits))
		return false;
	memcpy(text, s, (size_t)(slash - s));
	text[slash - s] = '\0';
	if (!parse_addr(text, ret) || bits > 128)
		return false;
	mapped = strchr(text, ':') && ret->family == AF_INET;
	if (mapped && bits < 96)
		return false; /* a network of both families */
	if (mapped)
		bits -= 96;
	if (ret->family == AF_INET && bits > 32)
		return false;
	mask_addr(ret, (unsigned)bits);
	*ret_bits = (unsigned)bits;
	return true;
}

bool value_parse(uint8_t type, const char *text, struct hw_addr *addr, struct value *ret)
{
	*ret = (struct value){.type = type, .len = (uint32_t)strlen(text), .addr = addr};
	switch ((enum field_type)type) {
	case FT_STR:
	case FT_PATH:
	case FT_BYTES:
		ret->s = text;
		return true;
	case FT_INT:
		return parse_int(text, &ret->i);
	case FT_UINT:
	case FT_TIME:
	case FT_RELTIME:
		return parse_uint(text, &ret->u);
	case FT_BOOL:
		return parse_bool(text, &ret->u);
	case FT_PORT:
		return parse_port(text, &ret->u);
	case FT_IP:
	case FT_NET:
		return parse_addr(text, addr);
	}
	return false;
}

/* --- with messages --- */

static bool fault(struct builder *b, const struct literal *lit, const struct slot *s,
		  const char *wanted)
{
	diag_error(b->d, lit->at, b->code,
		   "'%s' is not what %s is compared with: %s", lit->s, s->name,
		   wanted);
	return false;
}

static bool take_number(struct builder *b, const struct slot *s, const struct literal *lit,
			struct operand *ret)
{
	bool ok = s->type == FT_INT ? parse_int(lit->s, &ret->i) : parse_uint(lit->s, &ret->u);

	if (ok)
		return true;
	return fault(b, lit, s,
		     s->type == FT_INT ? "a whole decimal number" :
					 "a whole decimal number that is not negative");
}

static bool take_net(struct builder *b, const struct slot *s, const struct literal *lit,
		     struct operand *ret)
{
	struct hw_addr a;

	if (parse_net(lit->s, &ret->net.addr, &ret->net.bits))
		return true;
	return fault(b, lit, s,
		     parse_addr(lit->s, &a) ?
			     "a network; an address alone is one with /32 (IPv4) or /128 (IPv6)" :
			     "a network such as 10.0.0.0/8 or fd00::/8");
}

static bool take_addr(struct builder *b, const struct slot *s, const struct literal *lit,
		      struct operand *ret)
{
	unsigned bits;

	ret->net.bits = 128;
	if (parse_addr(lit->s, &ret->net.addr))
		return true;
	return fault(b, lit, s,
		     parse_net(lit->s, &ret->net.addr, &bits) ?
			     "an address; fields whose names end in net "
			     "are compared with networks" :
			     "an address such as 192.0.2.1 or 2001:db8::1");
}

/* A name that the pipeline is to resolve. */
static bool take_dns(struct builder *b, const struct literal *lit)
{
	struct ruleset *rs = b->rs;
	const char **names;

	if (!lit->len || stable_find(b->dns_seen, lit->s, lit->len))
		return true;
	names = vec_add(b->mem, rs->dns_names, rs->n_dns_names, sizeof(*names));
	if (!names || stable_put(b->dns_seen, lit->s, lit->len, b)) {
		b->d->oom = true;
		return false;
	}
	rs->dns_names = names;
	rs->dns_names[rs->n_dns_names++] = lit->s;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_hex(struct builder *b, const struct slot *s, const struct literal *lit,
		     struct operand *ret)
{
	char *bytes = arena_alloc(b->mem, lit->len / 2 + 1);

	if (!bytes) {
		b->d->oom = true;
		return false;
	}
	for (size_t i = 0; i + 1 < lit->len; i += 2) {
		int hi = hex_digit(lit->s[i]), lo = hex_digit(lit->s[i + 1]);

		if (hi < 0 || lo < 0)
			return fault(b, lit, s, "bytes as pairs of hexadecimal digits: cafebabe");
		bytes[i / 2] = (char)(hi << 4 | lo);
	}
	if (lit->len % 2 || !lit->len)
		return fault(b, lit, s, "bytes as pairs of hexadecimal digits: cafebabe");
	ret->s = bytes;
	ret->len = lit->len / 2;
	return true;
}

static bool take_regex(struct builder *b, const struct literal *lit, struct operand *ret)
{
	const char *err = "";
	size_t off = 0;

	ret->re = regex_new(b->mem, lit->s, lit->len, &err, &off);
	if (ret->re && !regex_room_fit(b->rs->regex_room, ret->re))
		return true;
	if (ret->re)
		b->d->oom = true;
	else
		diag_error(b->d, lit->at, b->code,
			   "'%s' is no regular expression, "
			   "at its character %zu: %s", lit->s, off + 1,
			   err);
	return false;
}

static bool take_text(struct builder *b, const struct slot *s, enum op op,
		      const struct literal *lit, struct operand *ret)
{
	switch (op) {
	case OP_BCONTAINS:
	case OP_BSTARTSWITH:
		return take_hex(b, s, lit, ret);
	case OP_REGEX:
		return take_regex(b, lit, ret);
	case OP_EQ:
	case OP_NE:
	case OP_IN:
	case OP_INTERSECTS:
		ret->lit = lit_intern(b, lit->s, lit->len);
		return ret->lit != LIT_NONE;
	default:
		return true;
	}
}

bool operand_take(struct builder *b, const struct slot *s, enum op op, const struct literal *lit,
		  struct operand *ret)
{
	*ret = (struct operand){.s = lit->s, .len = lit->len, .written = lit->s};
	if (s->dns)
		return take_dns(b, lit);
	switch ((enum field_type)s->type) {
	case FT_STR:
	case FT_PATH:
	case FT_BYTES:
		return take_text(b, s, op, lit, ret);
	case FT_INT:
	case FT_UINT:
	case FT_TIME:
	case FT_RELTIME:
		return take_number(b, s, lit, ret);
	case FT_BOOL:
		return parse_bool(lit->s, &ret->u) || fault(b, lit, s, "true or false");
	case FT_PORT:
		return parse_port(lit->s, &ret->u) ||
		       fault(b, lit, s, "a port number up to 65535, or a service's name");
	case FT_IP:
		return take_addr(b, s, lit, ret);
	case FT_NET:
		return take_net(b, s, lit, ret);
	}
	return false;
}
