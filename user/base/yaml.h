/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * YAML text as a small tree, for rule files and settings. Nothing of a schema is known here: a
 * scalar is text, and whether it was plain or quoted.
 *
 * Lines and columns are 1-based and counted in characters, as an editor shows them. Mappings keep
 * their order and every pair, so the caller can name a key that is written twice (yaml_dup).
 * Aliases are expanded by copying: each use is its own node with the place where the alias is
 * written; the nodes below it keep the places of the text. A stream whose tree has more than
 * YAML_NODES_MAX nodes after that is refused, so a file that expands without end is. Merge keys
 * (<<) are ordinary keys. Tags are ignored.
 */
#ifndef HW_YAML_H
#define HW_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define YAML_NODES_MAX 500000
#define YAML_DEPTH_MAX 64
#define YAML_ANCHORS_MAX 1000 /* per document */

enum yaml_kind { YAML_SCALAR, YAML_SEQ, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	unsigned line; /* of the first character: the quote, | or > of a scalar that has one */
	unsigned column;
	bool plain;	  /* scalar without quotes, no block scalar: 12, no, null may mean more */
	bool block;	  /* scalar written with | or > */
	const char *text; /* scalar: its value, NUL-terminated (NULs inside are kept); else "" */
	size_t len;
	size_t count;		       /* sequence: items; mapping: pairs */
	const struct yaml_node *key;   /* what names this node in its mapping; else NULL */
	const struct yaml_node *child; /* first item, or first value with its key, or NULL */
	const struct yaml_node *next;  /* next item or value; NULL at the end */
	const struct yaml_node *dup;   /* mapping: first scalar key that occurred before, or NULL */
};

struct yaml_doc; /* the whole stream, all documents of it */

/* Parses the whole stream. NULL + errno: EINVAL for a fault of the text (err gets what is wrong in
 * words, without a place; *ret_line and *ret_col where, 1-based), ENOMEM. The tree owns copies of
 * everything: text may go. An empty stream has no documents. */
struct yaml_doc *yaml_parse(const char *text, size_t len, struct buf *err, unsigned *ret_line,
			    unsigned *ret_col);
void yaml_doc_free(struct yaml_doc *d); /* NULL is fine */
size_t yaml_doc_count(const struct yaml_doc *d);
/* Root of document i; NULL when i is out of range. An empty document is a plain scalar "". */
const struct yaml_node *yaml_doc_root(const struct yaml_doc *d, size_t i);

/* The value of the first pair whose key is this scalar; NULL when absent or map is no mapping. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* Item i of a sequence, or value i of a mapping; NULL when out of range. */
const struct yaml_node *yaml_at(const struct yaml_node *n, size_t i);
bool yaml_is(const struct yaml_node *n, const char *text); /* a scalar with just these bytes */
/* A plain scalar that says nothing: empty, ~, null, Null, NULL. */
bool yaml_is_null(const struct yaml_node *n);
/* A scalar, quoted or not, that reads true, yes, on, y or their opposites, in lower or upper case
 * or capitalised. 0, or -EINVAL for anything else. */
int yaml_bool(const struct yaml_node *n, bool *ret_v);
/* "a mapping", "a sequence", "a scalar": for messages. */
const char *yaml_kind_name(const struct yaml_node *n);

/* Items of a sequence or values of a mapping: yaml_each(n, map) use(n->key, n); */
#define yaml_each(n, parent) \
	for (const struct yaml_node *n = (parent)->child; n; n = n->next)

#endif
