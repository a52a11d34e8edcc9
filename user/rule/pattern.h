/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Text against patterns: globs, regular expressions, sets of prefixes and of suffixes, trees of
 * path components. Built once in an arena; matching allocates nothing. Knows nothing of rules.
 */
#ifndef HW_RULE_PATTERN_H
#define HW_RULE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* As fnmatch without flags: * and ? cross slashes, a leading dot is nothing special, [...] with
 * ranges and classes, a backslash takes the next character as it is. fold: ASCII case apart. Takes
 * time by the product of both lengths at worst. */
bool glob_match(const char *pat, size_t pat_len, const char *s, size_t len, bool fold);

/* Does needle stand anywhere in s, ASCII case apart? */
bool find_folded(const char *s, size_t len, const char *needle, size_t needle_len);

/* The POSIX subset that the language has; the whole text must match. Matching takes no longer than
 * text times pattern, so no rule and no text can make it hang. */
struct regex;
struct regex_room; /* what matching needs, shared by all expressions of a set */

/* NULL: *ret_err says why, as text (static, or in the arena), and *ret_off where in the pattern. */
struct regex *regex_new(struct arena *mem, const char *pat, size_t len, const char **ret_err,
			size_t *ret_off);
struct regex_room *regex_room_new(void); /* NULL + errno */
void regex_room_free(struct regex_room *room);
int regex_room_fit(struct regex_room *room, const struct regex *re); /* before it is matched */
/* 1 or 0, or negative when the library gave up. */
int regex_match(const struct regex *re, struct regex_room *room, const char *s, size_t len);

struct str {
	const char *s;
	size_t len;
};

/* Is any of them a prefix (or, built so, a suffix) of s? */
struct prefix_set;
struct prefix_set *prefix_set_new(struct arena *mem, const struct str *v, size_t n, bool suffixes);
bool prefix_set_match(const struct prefix_set *p, const char *s, size_t len);

/* Is any of these paths the path s or above it, component by component? Components may be globs;
 * slashes at the ends and doubled ones do not count. */
struct path_tree;
struct path_tree *path_tree_new(struct arena *mem);
int path_tree_add(struct path_tree *t, struct arena *mem, const char *path, size_t len);
bool path_tree_match(const struct path_tree *t, const char *s, size_t len);

#endif
