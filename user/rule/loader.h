/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What rule files define, before it is compiled: lists, macros and rules as they stand after all
 * appending, overriding and redefining. load.c reads files, item.c and exception.c their items,
 * require.c their requirements, expand.c turns texts into trees. Private to the rule module.
 */
#ifndef HW_RULE_LOADER_H
#define HW_RULE_LOADER_H

#include "base/table.h"
#include "base/yaml.h"
#include "rule/ast.h"
#include "rule/diag.h"
#include "rule/text.h"

struct list_def {
	const char *name;
	size_t name_len;
	struct place at;
	struct literal *items;
	size_t n_items;
	struct literal *all; /* items with those of the lists they name */
	size_t n_all;
	unsigned index;	     /* of the first definition */
	unsigned visibility; /* of the last: lists with a smaller index are seen */
	bool used;
	bool expanding, expanded;
};

struct macro_def {
	const char *name;
	struct place at;
	struct text cond;
	struct ast *ast;
	unsigned index, visibility;
	unsigned depth; /* of the bound tree */
	size_t checks;	/* in it, with those of the macros it names */
	bool used;
	bool broken; /* its fault was told */
	bool binding, bound;
};

/* One field's value in an exception's row: a scalar, or a list of them. */
struct exc_cell {
	bool list;
	struct literal *items;
	size_t n_items;
	struct place at;
};

struct exc_row {
	struct exc_cell *cells;
	size_t n_cells;
	struct place at;
};

struct exception {
	const char *name;
	struct place at;
	bool scalar; /* fields was one scalar: values is one list */
	struct literal *fields;
	size_t n_fields;
	struct literal *comps;
	size_t n_comps;
	struct exc_row *rows; /* scalar: each row has one cell */
	size_t n_rows;
};

struct rule_def {
	const char *name;
	struct place at;
	struct text cond, output, desc;
	const char *source; /* NULL: not said */
	unsigned priority;
	const char **tags;
	size_t n_tags;
	struct exception *exceptions;
	size_t n_exceptions;
	struct place capture_at;
	bool enabled, warn_evttypes, skip_unknown, capture;
	bool broken;
};

/* "plugin NAME in at least VERSION", or one of its alternatives. */
struct plugin_need {
	struct place at;
	const char *text; /* "a (>= 1.0.0), b (>= 2.0.0)" */
	bool met;
};

struct loader {
	struct arena *mem; /* the set's: trees, names, rules */
	struct arena *tmp; /* until the set is loaded */
	struct diags d;
	struct source *src; /* file that is being read */
	struct list_def **lists; /* by index */
	size_t n_lists;
	struct macro_def **macros;
	size_t n_macros;
	struct rule_def **rules;
	size_t n_rules;
	struct stable *list_names, *macro_names, *rule_names;
	struct plugin_need *needs;
	size_t n_needs;
	unsigned next_id;
	uint64_t hash; /* of all text read */
};

int loader_init(struct loader *l, struct arena *mem, void (*fn)(void *, const struct rule_diag *),
		void *ctx);
void loader_done(struct loader *l);
/* Faults are told; 0, or -ENOMEM. */
int loader_path(struct loader *l, const char *path);
int loader_text(struct loader *l, const char *file, const char *text, size_t len);

/* The whole of a file, 16 MiB at most: 0, or a negative errno (-EFBIG when it is longer). */
int rule_file_read(const char *path, struct buf *out);

/* --- pieces of an item --- */

/* One key of an item. */
struct item_key {
	const char *name;
	bool append, replace; /* below override */
	/* Takes the value; false after a fault, which was told. */
	bool (*set)(struct loader *l, void *def, const struct yaml_node *v, bool append);
};

struct place node_place(const struct loader *l, const struct yaml_node *n);
/* A scalar's bytes, copied; what names it for messages. NULL after a fault. */
const char *item_scalar(struct loader *l, const struct yaml_node *n, const char *what,
			size_t *ret_len);
bool item_literal(struct loader *l, const struct yaml_node *n, const char *what,
		  struct literal *ret);
bool item_bool(struct loader *l, const struct yaml_node *n, const char *what, bool *ret);
/* Warns of keys that are not in the table (ended by a NULL name), and of those written twice. */
void item_check_keys(struct loader *l, const struct yaml_node *map, const struct item_key *keys);

void item_list(struct loader *l, const struct yaml_node *map);
void item_macro(struct loader *l, const struct yaml_node *map);
void item_rule(struct loader *l, const struct yaml_node *map);
bool item_exceptions(struct loader *l, void *def, const struct yaml_node *v, bool append);
void item_engine_version(struct loader *l, const struct yaml_node *v);
void item_plugin_versions(struct loader *l, const struct yaml_node *v);
void loader_check_needs(struct loader *l);

/* --- expand.c --- */

/* Adds the exceptions to the condition, as text. False after a fault. */
bool expand_exceptions(struct loader *l, const struct rule_def *r, struct text *ret);
/* Replaces names of lists by their items. False after a fault. */
bool expand_lists(struct loader *l, const struct text *from, struct place at, struct text *ret);
/* Parses and binds all macros. */
void expand_macros(struct loader *l);
/* The condition of a rule as a tree whose macros are bound; NULL after a fault. */
struct ast *expand_rule(struct loader *l, const struct rule_def *r);
void expand_warn_unused(struct loader *l);

#endif
