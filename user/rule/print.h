/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Trees back to text that parses again. */
#ifndef HW_RULE_PRINT_H
#define HW_RULE_PRINT_H

#include "base/buf.h"
#include "rule/ast.h"

void print_expr(struct buf *out, const struct expr *x);
void print_ast(struct buf *out, const struct ast *n); /* macros must be bound */

#endif
