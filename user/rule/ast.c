/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Names of operators, modifiers and transformers. */
#include <string.h>

#include "rule/ast.h"

static const char *const ops[OP_COUNT] = {
	[OP_EXISTS] = "exists",
	[OP_LE] = "<=",
	[OP_LT] = "<",
	[OP_GE] = ">=",
	[OP_GT] = ">",
	[OP_EQ] = "=",
	[OP_NE] = "!=",
	[OP_GLOB] = "glob",
	[OP_IGLOB] = "iglob",
	[OP_CONTAINS] = "contains",
	[OP_ICONTAINS] = "icontains",
	[OP_BCONTAINS] = "bcontains",
	[OP_STARTSWITH] = "startswith",
	[OP_BSTARTSWITH] = "bstartswith",
	[OP_ENDSWITH] = "endswith",
	[OP_REGEX] = "regex",
	[OP_INTERSECTS] = "intersects",
	[OP_IN] = "in",
	[OP_PMATCH] = "pmatch",
};

static const char *const modifiers[MOD_COUNT] = {"", "oneof", "anyof", "allof"};

static const char *const funcs[FN_COUNT] = {
	[FN_TOLOWER] = "tolower",   [FN_TOUPPER] = "toupper", [FN_B64] = "b64",
	[FN_BASENAME] = "basename", [FN_LEN] = "len",	      [FN_JOIN] = "join",
	[FN_CONCAT] = "concat",	    [FN_GETOPT] = "getopt",   [FN_VAL] = "val",
};

const char *op_name(enum op op)
{
	return ops[op];
}

const char *modifier_name(enum modifier mod)
{
	return modifiers[mod];
}

const char *func_name(enum func fn)
{
	return funcs[fn];
}

bool op_takes_list(enum op op)
{
	return op == OP_IN || op == OP_INTERSECTS || op == OP_PMATCH;
}

bool op_is_string(enum op op)
{
	return op >= OP_EQ && op <= OP_REGEX;
}

static bool word_is(const char *s, size_t len, const char *name)
{
	return strlen(name) == len && !memcmp(s, name, len);
}

static bool parse_op(const char *s, size_t len, enum op *ret_op)
{
	for (unsigned i = 0; i < OP_COUNT; i++)
		if (word_is(s, len, ops[i])) {
			*ret_op = (enum op)i;
			return true;
		}
	if (word_is(s, len, "==")) {
		*ret_op = OP_EQ;
		return true;
	}
	return false;
}

bool op_parse(const char *s, size_t len, enum op *ret_op, enum modifier *ret_mod)
{
	const char *blank = memchr(s, ' ', len);
	size_t head = blank ? (size_t)(blank - s) : len;

	if (!parse_op(s, head, ret_op))
		return false;
	*ret_mod = MOD_NONE;
	if (!blank)
		return true;
	while (head < len && s[head] == ' ')
		head++;
	for (unsigned i = 1; i < MOD_COUNT; i++)
		if (word_is(s + head, len - head, modifiers[i])) {
			*ret_mod = (enum modifier)i;
			return op_is_string(*ret_op);
		}
	return false;
}
