/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Text of a condition to a tree, by the language's grammar (rules/README.md). Owns the grammar;
 * knows nothing of fields, types or macros, which are names here.
 */
#ifndef HW_RULE_PARSE_H
#define HW_RULE_PARSE_H

#include "rule/ast.h"
#include "rule/diag.h"
#include "rule/text.h"

/* The whole of text. NULL after a fault, which was told with its place. */
struct ast *parse_condition(const struct text *text, struct arena *mem, struct diags *d);

/* A transformer that begins at off, for outputs: "tolower(proc.name)". On success *ret_end is the
 * offset behind it. NULL without a word when none begins there, or when its text has a fault: then
 * *ret_fault (told) is set. */
struct expr *parse_call_at(const struct text *text, size_t off, struct arena *mem, struct diags *d,
			   size_t *ret_end, bool *ret_fault);

#endif
