/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The words of a condition. What a piece of text is depends on where it stands (a bare word may
 * hold almost anything), so the parser asks for what it expects; each lex_ function steps over it
 * and returns true, or leaves the cursor alone. Knows the shape of words, not their order.
 */
#ifndef HW_RULE_LEX_H
#define HW_RULE_LEX_H

#include "rule/ast.h"
#include "rule/text.h"

struct lexer {
	const struct text *text;
	struct arena *mem; /* of values without their quotes */
	const char *s;
	size_t len, off;
	size_t last, last_len; /* last word that was taken, for messages */
	/* Of lex_value: the value; after a false return, err says what is wrong with a quoted text
	 * that was found (at err_off), NULL when there was none. */
	const char *value;
	size_t value_len;
	const char *err;
	size_t err_off;
	bool oom;
};

void lex_init(struct lexer *l, const struct text *text, struct arena *mem);
struct place lex_place(const struct lexer *l, size_t off);

bool lex_blank(struct lexer *l);
bool lex_char(struct lexer *l, char c);
bool lex_word_blank(struct lexer *l, const char *word); /* the word and then a blank */
bool lex_word(struct lexer *l, const char *word);	/* whatever follows */
bool lex_identifier(struct lexer *l);			/* the word is s + last, last_len */
bool lex_field_name(struct lexer *l);
bool lex_number(struct lexer *l);
bool lex_quoted(struct lexer *l);
bool lex_bare(struct lexer *l);
bool lex_bare_arg(struct lexer *l); /* in brackets after a field */
bool lex_func(struct lexer *l, bool right, enum func *ret_fn); /* with its parenthesis */
bool lex_op(struct lexer *l, enum op *ret_op);
bool lex_modifier(struct lexer *l, enum modifier *ret_mod); /* only before a parenthesis */

/* What stands at the cursor, cut short: for messages. */
struct lex_found {
	char text[48];
};
const char *lex_found(const struct lexer *l, struct lex_found *f);

/* Is all of s one word of this kind? */
bool lex_is_identifier(const char *s, size_t len);
bool lex_is_bare(const char *s, size_t len);

#endif
