/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The exceptions of a rule, as they stand in a file, to definitions. Expansion is in expand.c. */
#include <string.h>

#include "rule/loader.h"
#include "rule/vec.h"

static const struct item_key exception_keys[] = {
	{"name", false, false, NULL},  {"fields", false, false, NULL},
	{"comps", false, false, NULL}, {"values", false, false, NULL},
	{NULL, false, false, NULL},
};

static bool oom(struct loader *l)
{
	l->d.oom = true;
	return false;
}

static bool invalid(struct loader *l, const struct yaml_node *n, const char *what)
{
	diag_error(&l->d, node_place(l, n), ERR_VALIDATE, "%s", what);
	return false;
}

/* One scalar, or a sequence of scalars. */
static bool take_literals(struct loader *l, const struct yaml_node *v, const char *what,
			  struct literal **ret, size_t *ret_n)
{
	struct literal *items = NULL;
	size_t n = 0;

	if (v->kind == YAML_SCALAR) {
		items = arena_alloc(l->mem, sizeof(*items));
		*ret = items;
		*ret_n = 1;
		return items ? item_literal(l, v, what, items) : oom(l);
	}
	if (v->kind != YAML_SEQ)
		return invalid(l, v,
			       "an exception's fields, comps and values are texts or sequences");
	yaml_each(item, v) {
		items = vec_add(l->mem, items, n, sizeof(*items));
		if (!items)
			return oom(l);
		if (!item_literal(l, item, what, &items[n]))
			return false;
		n++;
	}
	*ret = items;
	*ret_n = n;
	return true;
}

/* Blanks around an operator do not count. */
static void trim(struct literal *lit)
{
	while (lit->len && strchr(" \t\r\n", lit->s[lit->len - 1]))
		lit->len--;
	while (lit->len && strchr(" \t\r\n", lit->s[0])) {
		lit->s++;
		lit->len--;
	}
}

static bool check_comp(struct loader *l, struct exception *e, struct literal *comp)
{
	enum modifier mod;
	enum op op;
	struct near near;

	trim(comp);
	near_init(&near, comp->s, comp->len);
	for (unsigned i = 0; i < OP_COUNT; i++)
		near_try(&near, op_name((enum op)i));
	if (!op_parse(comp->s, comp->len, &op, &mod) || op == OP_EXISTS) {
		diag_error(&l->d, comp->at, ERR_VALIDATE,
			   "'%.*s' is no operator that an exception can use%s", (int)comp->len,
			   comp->s, near_hint(&near));
		return false;
	}
	if (!e->scalar || op_takes_list(op) || mod)
		return true;
	diag_error(&l->d, comp->at, ERR_VALIDATE,
		   "with one field and a list of values '%.*s' needs a modifier ('%.*s anyof'), or "
		   "the operator is in, intersects or pmatch",
		   (int)comp->len, comp->s, (int)comp->len, comp->s);
	return false;
}

static bool default_comps(struct loader *l, struct exception *e)
{
	e->comps = arena_alloc(l->mem, (e->n_fields ? e->n_fields : 1) * sizeof(*e->comps));
	if (!e->comps)
		return oom(l);
	for (size_t i = 0; i < e->n_fields; i++)
		e->comps[i] = e->scalar ? (struct literal){"in", 2, e->at}
					: (struct literal){"=", 1, e->at};
	e->n_comps = e->n_fields;
	return true;
}

static bool take_comps(struct loader *l, struct exception *e, const struct yaml_node *fields,
		       const struct yaml_node *comps)
{
	if (!comps)
		return default_comps(l, e);
	if (comps->kind != fields->kind)
		return invalid(l, comps,
			       "fields and comps must both be texts or both be sequences");
	if (!take_literals(l, comps, "comps", &e->comps, &e->n_comps))
		return false;
	if (e->n_comps != e->n_fields)
		return invalid(l, comps, "fields and comps must have the same length");
	for (size_t i = 0; i < e->n_comps; i++)
		if (!check_comp(l, e, &e->comps[i]))
			return false;
	return true;
}

static bool take_cell(struct loader *l, const struct yaml_node *n, struct exc_cell *c)
{
	c->list = n->kind == YAML_SEQ;
	c->at = node_place(l, n);
	return take_literals(l, n, "values", &c->items, &c->n_items);
}

static bool take_row(struct loader *l, struct exception *e, const struct yaml_node *n)
{
	struct exc_row *rows = vec_add(l->mem, e->rows, e->n_rows, sizeof(*rows));
	struct exc_row *row;

	if (!rows)
		return oom(l);
	e->rows = rows;
	row = &rows[e->n_rows];
	*row = (struct exc_row){.at = node_place(l, n)};
	if (e->scalar && n->kind != YAML_SCALAR)
		return invalid(l, n, "with one field the values are a plain list: [a, b]");
	if (!e->scalar && (n->kind != YAML_SEQ || n->count != e->n_fields)) {
		diag_error(&l->d, row->at, ERR_VALIDATE,
			   "an entry of values must be a sequence of %zu "
			   "values, one for each field",
			   e->n_fields);
		return false;
	}
	row->n_cells = e->scalar ? 1 : n->count;
	row->cells = arena_alloc(l->mem, (row->n_cells ? row->n_cells : 1) * sizeof(*row->cells));
	if (!row->cells)
		return oom(l);
	e->n_rows++;
	if (e->scalar)
		return take_cell(l, n, &row->cells[0]);
	for (size_t i = 0; i < row->n_cells; i++)
		if (!take_cell(l, yaml_at(n, i), &row->cells[i]))
			return false;
	return true;
}

static bool take_values(struct loader *l, struct exception *e, const struct yaml_node *values)
{
	if (!values || yaml_is_null(values))
		return true;
	if (values->kind != YAML_SEQ)
		return invalid(l, values, "the value of 'values' must be a sequence");
	yaml_each(n, values)
		if (!take_row(l, e, n))
			return false;
	return true;
}

static bool add_exception(struct loader *l, struct rule_def *r, const struct yaml_node *n,
			  const char *name)
{
	struct exception *list = vec_add(l->mem, r->exceptions, r->n_exceptions, sizeof(*list));
	const struct yaml_node *fields = yaml_get(n, "fields");
	struct exception e = {.name = name, .at = node_place(l, yaml_get(n, "name"))};

	if (!list)
		return oom(l);
	r->exceptions = list;
	if (!fields || yaml_is_null(fields))
		return invalid(l, n, "an exception needs the key 'fields'");
	e.scalar = fields->kind == YAML_SCALAR;
	if (!take_literals(l, fields, "fields", &e.fields, &e.n_fields))
		return false;
	if (!e.n_fields)
		return invalid(l, fields, "an exception needs at least one field");
	if (!take_comps(l, &e, fields, yaml_get(n, "comps")) ||
	    !take_values(l, &e, yaml_get(n, "values")))
		return false;
	r->exceptions[r->n_exceptions++] = e;
	return true;
}

static struct exception *find_exception(struct rule_def *r, const char *name)
{
	for (size_t i = 0; i < r->n_exceptions; i++)
		if (!strcmp(r->exceptions[i].name, name))
			return &r->exceptions[i];
	return NULL;
}

static bool append_exception(struct loader *l, struct rule_def *r, const struct yaml_node *n,
			     const char *name)
{
	struct exception *e = find_exception(r, name);
	const struct yaml_node *values = yaml_get(n, "values");

	if (!values || yaml_is_null(values))
		diag_warn(&l->d, node_place(l, n), WARN_APPEND_NO_VALUES,
			  "exception '%s' is appended without values", name);
	if (e) {
		if (yaml_get(n, "fields") || yaml_get(n, "comps"))
			return invalid(l, n,
				       "this exception exists already: only "
				       "values can be appended to it");
		return take_values(l, e, values);
	}
	if (!values)
		return invalid(l, n,
			       "there is no exception of this name yet: a new one needs 'values'");
	return add_exception(l, r, n, name);
}

static bool take_exception(struct loader *l, struct rule_def *r, const struct yaml_node *n,
			   bool append)
{
	const struct yaml_node *name_node;
	const char *name;

	if (n->kind != YAML_MAP)
		return invalid(l, n,
			       "an exception must be a mapping with name, fields, comps, values");
	item_check_keys(l, n, exception_keys);
	name_node = yaml_get(n, "name");
	if (!name_node) {
		diag_error(&l->d, node_place(l, n), ERR_YAML_VALIDATE,
			   "an exception needs the key 'name'");
		return false;
	}
	name = item_scalar(l, name_node, "name", NULL);
	if (!name)
		return false;
	if (append)
		return append_exception(l, r, n, name);
	if (find_exception(r, name))
		diag_warn(&l->d, node_place(l, name_node), WARN_EXCEPTION_NAME_NOT_UNIQUE,
			  "the rule has two exceptions named '%s'", name);
	return add_exception(l, r, n, name);
}

bool item_exceptions(struct loader *l, void *def, const struct yaml_node *v, bool append)
{
	struct rule_def *r = def;

	if (!append) {
		r->exceptions = NULL;
		r->n_exceptions = 0;
	}
	if (yaml_is_null(v))
		return true;
	if (v->kind != YAML_SEQ)
		return invalid(l, v, "the value of 'exceptions' must be a sequence");
	yaml_each(n, v)
		if (!take_exception(l, r, n, append))
			return false;
	return true;
}
