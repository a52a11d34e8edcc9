/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * libyaml's events as a tree in an arena. Owns the bounds on what one file may expand to and the
 * places of faults; knows nothing of what the text means.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/table.h"
#include "base/yaml.h"

#define DUP_SCAN_MAX 8 /* mappings up to this many pairs are compared pair by pair */

struct yaml_doc {
	struct arena *arena;
	struct yaml_node **roots;
	size_t count, cap;
};

/* A collection that is being filled. */
struct frame {
	struct yaml_node *node;
	struct yaml_node *last; /* item or value */
	struct yaml_node *key;	/* waits for its value */
};

struct build {
	struct yaml_doc *doc;
	struct stable *anchors; /* of this document; name -> node */
	struct buf *err;
	unsigned line, column;
	size_t nodes;
	unsigned depth;
	struct frame frames[YAML_DEPTH_MAX];
};

static int fault(struct build *b, yaml_mark_t at, const char *what)
{
	buf_adds(b->err, what);
	b->line = (unsigned)at.line + 1;
	b->column = (unsigned)at.column + 1;
	return -EINVAL;
}

static int node_new(struct build *b, yaml_mark_t at, struct yaml_node **ret_node)
{
	struct yaml_node *n;

	if (++b->nodes > YAML_NODES_MAX)
		return fault(b, at, "the file has more than 500000 nodes once its aliases are"
				    " expanded; split it, or use fewer aliases");
	n = arena_alloc(b->doc->arena, sizeof(*n));
	if (!n)
		return -ENOMEM;
	n->text = "";
	n->line = (unsigned)at.line + 1;
	n->column = (unsigned)at.column + 1;
	*ret_node = n;
	return 0;
}

static int add_root(struct build *b, struct yaml_node *n)
{
	struct yaml_doc *d = b->doc;

	if (d->count == d->cap) {
		size_t cap = d->cap ? 2 * d->cap : 4;
		struct yaml_node **roots = realloc(d->roots, cap * sizeof(struct yaml_node *));

		if (!roots)
			return -ENOMEM;
		d->roots = roots;
		d->cap = cap;
	}
	d->roots[d->count++] = n;
	return 0;
}

/* Gives n its place: as the root, an item, a key, or the value of the key before. */
static int attach(struct build *b, struct yaml_node *n)
{
	struct frame *f;

	if (!b->depth)
		return add_root(b, n);
	f = &b->frames[b->depth - 1];
	if (f->node->kind == YAML_MAP && !f->key) {
		f->key = n;
		return 0;
	}
	n->key = f->key;
	f->key = NULL;
	if (f->last)
		f->last->next = n;
	else
		f->node->child = n;
	f->last = n;
	f->node->count++;
	return 0;
}

/* --- anchors and aliases --- */

static int set_anchor(struct build *b, const yaml_char_t *name, struct yaml_node *n, yaml_mark_t at)
{
	const char *s = (const char *)name;

	if (!s)
		return 0;
	if (!b->anchors)
		b->anchors = stable_new();
	if (!b->anchors)
		return -ENOMEM;
	if (stable_len(b->anchors) >= YAML_ANCHORS_MAX)
		return fault(b, at, "more than 1000 anchors in one document");
	return stable_put(b->anchors, s, strlen(s), n);
}

static int copy_node(struct build *b, const struct yaml_node *from, yaml_mark_t at, unsigned depth,
		     struct yaml_node **ret_node);

/* The items or pairs of from below n. */
static int copy_children(struct build *b, const struct yaml_node *from, struct yaml_node *n,
			 yaml_mark_t at, unsigned depth)
{
	struct yaml_node *copy, *last = NULL;

	yaml_each(c, from) {
		int err = copy_node(b, c, at, depth, &copy);

		if (err)
			return err;
		copy->line = c->line;
		copy->column = c->column;
		copy->key = c->key; /* shared: nodes are not changed once they are whole */
		if (last)
			last->next = copy;
		else
			n->child = copy;
		last = copy;
	}
	return 0;
}

static int copy_node(struct build *b, const struct yaml_node *from, yaml_mark_t at, unsigned depth,
		     struct yaml_node **ret_node)
{
	struct yaml_node *n;
	int err;

	if (depth >= YAML_DEPTH_MAX && from->kind != YAML_SCALAR)
		return fault(b, at, "more than 64 levels, once this alias is expanded");
	err = node_new(b, at, &n);
	if (err)
		return err;
	n->kind = from->kind;
	n->plain = from->plain;
	n->block = from->block;
	n->text = from->text;
	n->len = from->len;
	n->count = from->count;
	n->dup = from->dup;
	err = copy_children(b, from, n, at, depth + 1);
	if (!err)
		*ret_node = n;
	return err;
}

static int add_alias(struct build *b, const yaml_event_t *e)
{
	const char *name = (const char *)e->data.alias.anchor;
	const struct yaml_node *from;
	struct yaml_node *n;
	int err;

	from = b->anchors ? stable_find(b->anchors, name, strlen(name)) : NULL;
	if (!from) {
		fault(b, e->start_mark, "alias *");
		buf_adds(b->err, name);
		buf_addf(b->err, " has no anchor &%s before it", name);
		return -EINVAL;
	}
	for (unsigned i = 0; i < b->depth; i++)
		if (b->frames[i].node == from)
			return fault(b, e->start_mark,
				     "an alias inside the node that it stands for");
	err = copy_node(b, from, e->start_mark, b->depth, &n);
	return err ? err : attach(b, n);
}

/* --- scalars and collections --- */

static int add_scalar(struct build *b, const yaml_event_t *e)
{
	struct yaml_node *n;
	int err = node_new(b, e->start_mark, &n);

	if (err)
		return err;
	n->len = e->data.scalar.length;
	n->text = arena_strndup(b->doc->arena, (const char *)e->data.scalar.value, n->len);
	if (!n->text)
		return -ENOMEM;
	n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	n->block = e->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
		   e->data.scalar.style == YAML_FOLDED_SCALAR_STYLE;
	err = set_anchor(b, e->data.scalar.anchor, n, e->start_mark);
	return err ? err : attach(b, n);
}

static int open_node(struct build *b, enum yaml_kind kind, const yaml_char_t *anchor,
		     yaml_mark_t at)
{
	struct yaml_node *n;
	int err;

	if (b->depth == YAML_DEPTH_MAX)
		return fault(b, at, "more than 64 levels");
	err = node_new(b, at, &n);
	if (!err)
		err = set_anchor(b, anchor, n, at);
	if (!err)
		err = attach(b, n);
	if (err)
		return err;
	n->kind = kind;
	b->frames[b->depth++] = (struct frame){.node = n};
	return 0;
}

static bool same_text(const struct yaml_node *a, const struct yaml_node *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static bool seen_before(const struct yaml_node *map, const struct yaml_node *value)
{
	for (const struct yaml_node *n = map->child; n != value; n = n->next)
		if (n->key->kind == YAML_SCALAR && same_text(n->key, value->key))
			return true;
	return false;
}

static int find_dup_large(struct yaml_node *map)
{
	struct stable *seen = stable_new();
	int err = seen ? 0 : -ENOMEM;

	for (const struct yaml_node *n = map->child; n && !err && !map->dup; n = n->next) {
		if (n->key->kind != YAML_SCALAR)
			continue;
		if (stable_find(seen, n->key->text, n->key->len))
			map->dup = n->key;
		else
			err = stable_put(seen, n->key->text, n->key->len, map);
	}
	stable_free(seen);
	return err;
}

static int find_dup(struct yaml_node *map)
{
	if (map->count > DUP_SCAN_MAX)
		return find_dup_large(map);
	for (const struct yaml_node *n = map->child; n && !map->dup; n = n->next)
		if (n->key->kind == YAML_SCALAR && seen_before(map, n))
			map->dup = n->key;
	return 0;
}

static int close_node(struct build *b)
{
	struct yaml_node *n = b->frames[--b->depth].node;

	return n->kind == YAML_MAP ? find_dup(n) : 0;
}

static int add_event(struct build *b, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return add_scalar(b, e);
	case YAML_ALIAS_EVENT:
		return add_alias(b, e);
	case YAML_SEQUENCE_START_EVENT:
		return open_node(b, YAML_SEQ, e->data.sequence_start.anchor, e->start_mark);
	case YAML_MAPPING_START_EVENT:
		return open_node(b, YAML_MAP, e->data.mapping_start.anchor, e->start_mark);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_node(b);
	case YAML_DOCUMENT_END_EVENT:
		stable_free(b->anchors);
		b->anchors = NULL;
		return 0;
	default: /* start and end of the stream and of a document */
		return 0;
	}
}

/* --- the stream --- */

/* The reader gives bytes that are no text by their offset only. */
static yaml_mark_t mark_of(const char *text, size_t len, size_t offset)
{
	yaml_mark_t at = {0};
	size_t bad = 0;

	if (offset > len)
		offset = len;
	while (at.index < offset) {
		size_t n = utf8_next(text + at.index, len - at.index, &bad);

		at.column++;
		if (text[at.index] == '\n') {
			at.line++;
			at.column = 0;
		}
		at.index += n ? n : bad;
	}
	return at;
}

/* The scanner says that the end of a text without a newline is on the next line. */
static yaml_mark_t within(const char *text, size_t len, yaml_mark_t at)
{
	yaml_mark_t end = mark_of(text, len, len);

	return at.line > end.line ? end : at;
}

static int parser_fault(struct build *b, const yaml_parser_t *p, const char *text, size_t len)
{
	const char *what = p->problem ? p->problem : "not YAML";

	if (p->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (p->error == YAML_READER_ERROR) {
		fault(b, mark_of(text, len, p->problem_offset), what);
		if (p->problem_value != -1)
			buf_addf(b->err, " (0x%02x)", (unsigned)p->problem_value);
		return -EINVAL;
	}
	fault(b, within(text, len, p->problem_mark), what);
	if (p->context)
		buf_addf(b->err, ", %s that begins at %zu:%zu", p->context,
			 p->context_mark.line + 1, p->context_mark.column + 1);
	return -EINVAL;
}

static int parse_stream(struct build *b, const char *text, size_t len)
{
	yaml_parser_t p;
	yaml_event_t e;
	bool end = false;
	int err = 0;

	if (!yaml_parser_initialize(&p))
		return -ENOMEM;
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
	while (!end && !err) {
		if (!yaml_parser_parse(&p, &e)) {
			err = parser_fault(b, &p, text, len);
			break;
		}
		end = e.type == YAML_STREAM_END_EVENT;
		err = add_event(b, &e);
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
	return err;
}

struct yaml_doc *yaml_parse(const char *text, size_t len, struct buf *err, unsigned *ret_line,
			    unsigned *ret_col)
{
	struct build b = {.err = err};
	int rc = -ENOMEM;

	b.doc = calloc(1, sizeof(*b.doc));
	if (b.doc)
		b.doc->arena = arena_new();
	if (b.doc && b.doc->arena)
		rc = parse_stream(&b, text, len);
	stable_free(b.anchors);
	if (!rc)
		return b.doc;
	if (rc == -EINVAL) {
		*ret_line = b.line;
		*ret_col = b.column;
	}
	yaml_doc_free(b.doc);
	errno = -rc;
	return NULL;
}

void yaml_doc_free(struct yaml_doc *d)
{
	if (!d)
		return;
	arena_free(d->arena);
	free(d->roots);
	free(d);
}

size_t yaml_doc_count(const struct yaml_doc *d)
{
	return d->count;
}

const struct yaml_node *yaml_doc_root(const struct yaml_doc *d, size_t i)
{
	return i < d->count ? d->roots[i] : NULL;
}

/* --- looking at nodes --- */

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (map->kind != YAML_MAP)
		return NULL;
	yaml_each(n, map)
		if (yaml_is(n->key, key))
			return n;
	return NULL;
}

const struct yaml_node *yaml_at(const struct yaml_node *n, size_t i)
{
	yaml_each(c, n)
		if (!i--)
			return c;
	return NULL;
}

bool yaml_is(const struct yaml_node *n, const char *text)
{
	return n->kind == YAML_SCALAR && n->len == strlen(text) && !memcmp(n->text, text, n->len);
}

bool yaml_is_null(const struct yaml_node *n)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (n->kind != YAML_SCALAR || !n->plain)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (yaml_is(n, words[i]))
			return true;
	return false;
}

int yaml_bool(const struct yaml_node *n, bool *ret_v)
{
	/* Each word in its three spellings; the second half means true. */
	static const char *const words[] = {
		"n",   "N",   "no",  "No",  "NO",  "false", "False", "FALSE", "off", "Off", "OFF",
		"y",   "Y",   "yes", "Yes", "YES", "true",  "True",  "TRUE",  "on",  "On",  "ON",
	};
	const size_t count = sizeof(words) / sizeof(words[0]);

	for (size_t i = 0; i < count; i++) {
		if (!yaml_is(n, words[i]))
			continue;
		*ret_v = i >= count / 2;
		return 0;
	}
	return -EINVAL;
}

const char *yaml_kind_name(const struct yaml_node *n)
{
	static const char *const names[] = {
		[YAML_SCALAR] = "a scalar", [YAML_SEQ] = "a sequence", [YAML_MAP] = "a mapping"};

	return names[n->kind];
}
