/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * A second opinion on conditions: walks the tree as it was parsed, asks each field anew, compares
 * with the plainest means there are. No sets, no cache, no order of its own. For the test that
 * holds the compiled rules against it.
 */
#ifndef HW_RULE_REFERENCE_H
#define HW_RULE_REFERENCE_H

#include <arpa/inet.h>
#include <fnmatch.h>
#include <regex.h>
#include <strings.h>

#include "event/dns.h"
#include "rule_fixture.h"
#include "rule/ast.h"

struct ref_value {
	bool has;
	uint8_t type;
	char text[512];
	int64_t i;
	uint64_t u;
	struct hw_addr addr;
};

static bool ref_tree(const struct ast *n, const struct view *v);

static char *ref_dup(void *ctx, const char *s, size_t len)
{
	char *out = ctx;

	assert_true(len < 64);
	memcpy(out, s, len);
	out[len] = '\0';
	return out;
}

static void ref_take(const struct value *from, bool dns, struct ref_value *ret)
{
	ret->has = true;
	ret->type = dns ? FT_IP : from->type;
	if (ret->type == FT_STR || ret->type == FT_PATH || ret->type == FT_BYTES) {
		assert_true(from->len < sizeof(ret->text));
		memcpy(ret->text, from->s, from->len);
		ret->text[from->len] = '\0';
	}
	if (ret->type == FT_IP || ret->type == FT_NET)
		ret->addr = *from->addr;
	if (ret->type == FT_INT)
		ret->i = from->i;
	else
		ret->u = from->u;
}

/* The field's values: one, or those of all ancestors or of both ends. */
static unsigned ref_field(const struct expr *x, const struct view *v, struct ref_value *ret,
			  unsigned max, unsigned *ret_flags)
{
	char key[64], name[256];
	struct buf msg = BUF_INIT;
	struct field_ref ref;
	struct value val;
	unsigned n = 0, first = 0;
	bool many;

	snprintf(name, sizeof(name), x->has_arg ? "%s[%s]" : "%s", x->text, x->arg);
	assert_int_equal(field_parse(name, strlen(name), ref_dup, key, &ref, &msg), 0);
	buf_done(&msg);
	*ret_flags = ref.field->flags;
	many = !x->has_arg && (ref.field->flags & (FF_ANY_ANCESTOR | FF_BOTH_ENDS));
	if (!many) {
		if (field_get(&ref, v, &val))
			ref_take(&val, ref.field->flags & FF_DNS, &ret[n++]);
		return n;
	}
	if (ref.field->flags & FF_ANY_ANCESTOR)
		first = 1;
	for (unsigned i = first; i < first + max; i++) {
		ref.arg.has = true;
		ref.arg.index = (int32_t)i;
		if (field_get(&ref, v, &val))
			ref_take(&val, false, &ret[n++]);
		else if (first)
			break;
	}
	return n;
}

static bool ref_call(const struct expr *x, const struct view *v, struct ref_value *ret);

static bool ref_one(const struct expr *x, const struct view *v, struct ref_value *ret)
{
	unsigned flags;

	memset(ret, 0, sizeof(*ret));
	if (x->kind == X_FIELD)
		return ref_field(x, v, ret, 1, &flags) == 1;
	if (x->kind == X_CALL)
		return ref_call(x, v, ret);
	ret->has = true;
	ret->type = FT_STR;
	memcpy(ret->text, x->text, x->len);
	return true;
}

static bool ref_call(const struct expr *x, const struct view *v, struct ref_value *ret)
{
	struct ref_value a, b;
	char *slash;

	if (!ref_one(x->args[0], v, &a))
		return false;
	*ret = a;
	switch ((enum func)x->fn) {
	case FN_VAL:
		return true;
	case FN_TOLOWER:
	case FN_TOUPPER:
		for (char *p = ret->text; *p; p++)
			if (x->fn == FN_TOLOWER ? *p >= 'A' && *p <= 'Z' : *p >= 'a' && *p <= 'z')
				*p ^= 0x20;
		return true;
	case FN_BASENAME:
		slash = strrchr(a.text, '/');
		if (slash)
			strcpy(ret->text, slash + 1);
		return true;
	case FN_LEN:
		ret->type = FT_UINT;
		ret->u = strlen(a.text);
		return true;
	case FN_CONCAT:
		for (size_t i = 1; i < x->n_args; i++) {
			if (!ref_one(x->args[i], v, &b))
				return false;
			assert_true(strlen(ret->text) + strlen(b.text) < sizeof(ret->text));
			strcat(ret->text, b.text);
		}
		return true;
	default:
		fail_msg("the reference has no %s()", func_name((enum func)x->fn));
	}
	return false;
}

static bool ref_path_match(const char *path, const char *s)
{
	while (1) {
		char want[128], have[512];
		size_t n, k;

		path += strspn(path, "/");
		s += strspn(s, "/");
		n = strcspn(path, "/");
		k = strcspn(s, "/");
		if (!n)
			return true;
		if (!k)
			return false;
		snprintf(want, sizeof(want), "%.*s", (int)n, path);
		snprintf(have, sizeof(have), "%.*s", (int)k, s);
		if (fnmatch(want, have, 0))
			return false;
		path += n;
		s += k;
	}
}

static bool ref_text(enum op op, const char *s, const char *want)
{
	size_t n = strlen(s), k = strlen(want);
	regex_t re;
	bool hit;
	char whole[600];

	switch (op) {
	case OP_EQ:
	case OP_IN:
	case OP_INTERSECTS:
		return !strcmp(s, want);
	case OP_NE:
		return strcmp(s, want);
	case OP_LT:
		return strcmp(s, want) < 0;
	case OP_LE:
		return strcmp(s, want) <= 0;
	case OP_GT:
		return strcmp(s, want) > 0;
	case OP_GE:
		return strcmp(s, want) >= 0;
	case OP_CONTAINS:
		return strstr(s, want);
	case OP_ICONTAINS:
		return strcasestr(s, want);
	case OP_STARTSWITH:
		return !strncmp(s, want, k);
	case OP_ENDSWITH:
		return n >= k && !strcmp(s + n - k, want);
	case OP_GLOB:
		return !fnmatch(want, s, 0);
	case OP_IGLOB:
		return !fnmatch(want, s, FNM_CASEFOLD);
	case OP_PMATCH:
		return ref_path_match(want, s);
	case OP_REGEX:
		snprintf(whole, sizeof(whole), "^(%s)$", want);
		assert_int_equal(regcomp(&re, whole, REG_EXTENDED | REG_NOSUB), 0);
		hit = !regexec(&re, s, 0, NULL, 0);
		regfree(&re);
		return hit;
	default:
		fail_msg("the reference has no text %s", op_name(op));
	}
	return false;
}

static bool ref_order(enum op op, int order)
{
	switch (op) {
	case OP_EQ:
	case OP_IN:
	case OP_INTERSECTS:
		return !order;
	case OP_NE:
		return order;
	case OP_LT:
		return order < 0;
	case OP_LE:
		return order <= 0;
	case OP_GT:
		return order > 0;
	case OP_GE:
		return order >= 0;
	default:
		fail_msg("the reference has no number %s", op_name(op));
	}
	return false;
}

/* Bit by bit. */
static bool ref_in_net(const struct hw_addr *a, const char *want)
{
	char text[64];
	uint8_t net[16] = {0};
	char *slash;
	int bits, family;

	snprintf(text, sizeof(text), "%s", want);
	slash = strchr(text, '/');
	bits = slash ? atoi(slash + 1) : 128;
	if (slash)
		*slash = '\0';
	family = strchr(text, ':') ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(family, text, net), 1);
	if (a->family != family)
		return false;
	if (family == AF_INET && bits > 32)
		bits = 32;
	for (int i = 0; i < bits; i++)
		if ((a->ip[i / 8] ^ net[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

static bool ref_compare(const struct ref_value *a, enum op op, const char *want, bool dns,
			const struct view *v)
{
	switch ((enum field_type)a->type) {
	case FT_STR:
	case FT_PATH:
	case FT_BYTES:
		return ref_text(op, a->text, want);
	case FT_INT: {
		int64_t i = strtoll(want, NULL, 10);

		return ref_order(op, a->i < i ? -1 : a->i > i);
	}
	case FT_BOOL:
		return ref_order(op, (int)a->u - !strcmp(want, "true"));
	case FT_IP:
	case FT_NET: {
		bool same = dns ? dns_names_has(v->env->dns, want, &a->addr)
				: ref_in_net(&a->addr, want);

		return op == OP_NE ? !same : same;
	}
	default: {
		uint64_t u = strtoull(want, NULL, 10);

		return ref_order(op, a->u < u ? -1 : a->u > u);
	}
	}
}

static bool ref_values(const struct ast *n, const struct ref_value *a, bool dns,
		       const struct view *v)
{
	size_t held = 0;

	for (size_t i = 0; i < n->n_values; i++)
		held += ref_compare(a, (enum op)n->op, n->values[i].s, dns, v);
	if (!n->n_values)
		return false;
	if (n->mod == MOD_ONEOF)
		return held == 1;
	if (n->mod == MOD_ALLOF)
		return held == n->n_values;
	return held > 0;
}

static bool ref_right(const struct ast *n, const struct ref_value *a, const struct view *v)
{
	struct ref_value b;
	bool number = a->type == FT_UINT || a->type == FT_PORT || a->type == FT_TIME ||
		      a->type == FT_RELTIME || a->type == FT_BOOL;

	if (!ref_one(n->right, v, &b))
		return false;
	if (a->type == FT_INT)
		return ref_order((enum op)n->op, a->i < b.i ? -1 : a->i > b.i);
	if (a->type == FT_IP)
		return (n->op == OP_NE) != (a->addr.family == b.addr.family &&
					    !memcmp(a->addr.ip, b.addr.ip, sizeof(b.addr.ip)));
	if (number)
		return ref_order((enum op)n->op, a->u < b.u ? -1 : a->u > b.u);
	return ref_text((enum op)n->op, a->text, b.text);
}

static bool ref_check(const struct ast *n, const struct view *v)
{
	static struct ref_value a[PROC_ANCESTORS_MAX + 1];
	unsigned flags = 0, count, held = 0;
	bool ends;

	if (n->left->kind == X_FIELD)
		count = ref_field(n->left, v, a,
				  strcmp(n->left->text, "fd.ip") &&
						  strcmp(n->left->text, "fd.net") &&
						  strcmp(n->left->text, "fd.port")
					  ? PROC_ANCESTORS_MAX
					  : 2,
				  &flags);
	else
		count = ref_one(n->left, v, &a[0]);
	if (!count)
		return false;
	if (n->op == OP_EXISTS)
		return true;
	for (unsigned i = 0; i < count; i++)
		held += n->right ? ref_right(n, &a[i], v) : ref_values(n, &a[i], flags & FF_DNS, v);
	ends = flags & FF_BOTH_ENDS;
	return ends && n->op == OP_NE ? held == count : held > 0;
}

static bool ref_tree(const struct ast *n, const struct view *v)
{
	switch ((enum ast_kind)n->kind) {
	case AST_MACRO:
		return ref_tree(n->target, v);
	case AST_CHECK:
		return ref_check(n, v);
	case AST_NOT:
		return !ref_tree(n->kids[0], v);
	case AST_AND:
		for (size_t i = 0; i < n->n_kids; i++)
			if (!ref_tree(n->kids[i], v))
				return false;
		return true;
	case AST_OR:
		for (size_t i = 0; i < n->n_kids; i++)
			if (ref_tree(n->kids[i], v))
				return true;
		return false;
	}
	return false;
}

#endif
