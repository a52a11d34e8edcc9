/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * A condition as a tree. Made by parse.c; macros are bound by expand.c, so the trees of all
 * conditions together are a graph without loops. Everything lives in the rule set's arena.
 */
#ifndef HW_RULE_AST_H
#define HW_RULE_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule/place.h"

#define AST_DEPTH_MAX 1000

enum op {
	OP_EXISTS,
	OP_LE, OP_LT, OP_GE, OP_GT,
	OP_EQ, OP_NE, OP_GLOB, OP_IGLOB, OP_CONTAINS, OP_ICONTAINS, OP_BCONTAINS, OP_STARTSWITH,
	OP_BSTARTSWITH, OP_ENDSWITH, OP_REGEX,
	OP_INTERSECTS, OP_IN, OP_PMATCH,
	OP_COUNT
};

/* How many of several values must hold. */
enum modifier { MOD_NONE, MOD_ONEOF, MOD_ANYOF, MOD_ALLOF, MOD_COUNT };

enum func {
	FN_TOLOWER, FN_TOUPPER, FN_B64, FN_BASENAME, FN_LEN, FN_JOIN, FN_CONCAT, FN_GETOPT,
	FN_VAL, /* only on the right of an operator */
	FN_COUNT
};

const char *op_name(enum op op);
const char *modifier_name(enum modifier mod); /* "" for none */
const char *func_name(enum func fn);
bool op_takes_list(enum op op); /* in, intersects, pmatch */
bool op_is_string(enum op op);	/* may have a modifier */
/* "startswith", "startswith oneof": as an exception's comps has them. False when unknown. */
bool op_parse(const char *s, size_t len, enum op *ret_op, enum modifier *ret_mod);

/* A value as it is after quotes and escapes. */
struct literal {
	const char *s;
	size_t len;
	struct place at;
};

enum expr_kind { X_FIELD, X_STRING, X_LIST, X_CALL };

/* Something with a value: a field, a literal, a list of these, or a transformer. */
struct expr {
	uint8_t kind;
	uint8_t fn; /* X_CALL */
	bool has_arg;
	struct place at, arg_at;
	const char *text; /* X_FIELD: name; X_STRING: the value */
	size_t len;
	const char *arg; /* in brackets */
	size_t arg_len;
	struct expr **args; /* X_CALL, X_LIST */
	size_t n_args;
};

enum ast_kind { AST_AND, AST_OR, AST_NOT, AST_CHECK, AST_MACRO };

struct ast {
	uint8_t kind;
	uint8_t op, mod; /* AST_CHECK */
	bool list;	 /* AST_CHECK: values stood in parentheses */
	struct place at, op_at;
	struct ast **kids; /* AST_AND, AST_OR, AST_NOT (one) */
	size_t n_kids;
	const char *name;   /* AST_MACRO */
	struct ast *target; /* AST_MACRO: once bound */
	struct expr *left, *right; /* AST_CHECK; right NULL: compared with values */
	struct literal *values;
	size_t n_values;
	uint32_t check; /* AST_CHECK: number in the set once compiled, plus 1 */
};

#endif
