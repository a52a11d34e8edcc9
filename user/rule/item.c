/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Lists, macros and rules as they stand in a file to definitions: keys, append, override,
 * redefinition. Knows nothing of conditions beyond their being text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/lex.h"
#include "rule/loader.h"
#include "rule/vec.h"

/* --- pieces --- */

struct place node_place(const struct loader *l, const struct yaml_node *n)
{
	return (struct place){l->src->file, n->line, n->column};
}

static bool oom(struct loader *l)
{
	l->d.oom = true;
	return false;
}

static bool fault(struct loader *l, const struct yaml_node *n, const char *what)
{
	diag_error(&l->d, node_place(l, n), ERR_YAML_VALIDATE, "%s", what);
	return false;
}

/* Is n a scalar that says something? */
static bool usable(struct loader *l, const struct yaml_node *n, const char *what)
{
	if (n->kind != YAML_SCALAR) {
		diag_error(&l->d, node_place(l, n), ERR_YAML_VALIDATE,
			   "the value of '%s' must be a text, found %s", what, yaml_kind_name(n));
		return false;
	}
	if (n->len && !yaml_is_null(n))
		return true;
	diag_error(&l->d, node_place(l, n->key ? n->key : n), ERR_YAML_VALIDATE,
		   "'%s' has no value", what);
	return false;
}

static bool no_nul(struct loader *l, const struct yaml_node *n, const char *what)
{
	if (!memchr(n->text, '\0', n->len))
		return true;
	diag_error(&l->d, node_place(l, n), ERR_YAML_VALIDATE,
		   "the value of '%s' contains a NUL byte",
		   what);
	return false;
}

const char *item_scalar(struct loader *l, const struct yaml_node *n, const char *what,
			size_t *ret_len)
{
	const char *s;

	if (!usable(l, n, what) || !no_nul(l, n, what))
		return NULL;
	s = arena_strndup(l->mem, n->text, n->len);
	if (!s)
		oom(l);
	else if (ret_len)
		*ret_len = n->len;
	return s;
}

/* Any scalar, the empty one too: an item or a value is text whatever it looks like. */
bool item_literal(struct loader *l, const struct yaml_node *n, const char *what,
		  struct literal *ret)
{
	if (n->kind != YAML_SCALAR) {
		diag_error(&l->d, node_place(l, n), ERR_YAML_VALIDATE,
			   "an entry of '%s' must be a text, found %s", what, yaml_kind_name(n));
		return false;
	}
	if (!no_nul(l, n, what))
		return false;
	ret->s = arena_strndup(l->mem, n->text, n->len);
	ret->len = n->len;
	ret->at = node_place(l, n);
	return ret->s || oom(l);
}

bool item_bool(struct loader *l, const struct yaml_node *n, const char *what, bool *ret)
{
	if (n->kind == YAML_SCALAR && !yaml_bool(n, ret))
		return true;
	diag_error(&l->d, node_place(l, n), ERR_YAML_VALIDATE,
		   "the value of '%s' must be true or false, found %s%s%s", what,
		   n->kind == YAML_SCALAR ? "'" : "",
		   n->kind == YAML_SCALAR ? n->text : yaml_kind_name(n),
		   n->kind == YAML_SCALAR ? "'" : "");
	return false;
}

static const struct item_key *find_key(const struct item_key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (!strcmp(keys->name, name))
			return keys;
	return NULL;
}

static bool seen_above(const struct yaml_node *map, const struct yaml_node *v)
{
	for (const struct yaml_node *n = map->child; n && n != v; n = n->next)
		if (n->key->kind == YAML_SCALAR && yaml_is(v->key, n->key->text))
			return true;
	return false;
}

void item_check_keys(struct loader *l, const struct yaml_node *map, const struct item_key *keys)
{
	struct near near;

	yaml_each(v, map) {
		const char *name = v->key->kind == YAML_SCALAR ? v->key->text : "";

		if (!find_key(keys, name)) {
			near_init(&near, name, strlen(name));
			for (const struct item_key *k = keys; k->name; k++)
				near_try(&near, k->name);
			diag_warn(&l->d, node_place(l, v->key), WARN_UNKNOWN_KEY,
				  "unknown key '%s' is ignored%s", name, near_hint(&near));
		} else if (map->dup && seen_above(map, v)) {
			diag_warn(&l->d, node_place(l, v->key), WARN_UNKNOWN_KEY,
				  "key '%s' is written twice, the second is ignored", name);
		}
	}
}

/* A YAML text's value as a text with places, trimmed when that is asked for. */
static bool take_text(struct loader *l, const struct yaml_node *n, const char *what, bool trim,
		      struct text *ret)
{
	struct text whole;
	size_t from = 0, end;

	if (!usable(l, n, what) || !no_nul(l, n, what))
		return false;
	text_init(&whole, l->tmp);
	text_add_scalar(&whole, l->src, n);
	end = whole.len;
	while (trim && end && strchr(" \t\r\n", whole.s[end - 1]))
		end--;
	while (trim && from < end && strchr(" \t\r\n", whole.s[from]))
		from++;
	if (end > from)
		text_add_text(ret, &whole, from, end - from);
	if (whole.full || ret->full)
		return fault(l, n, "the text is longer than 4 MiB");
	return !(whole.oom || ret->oom) || oom(l);
}

/* Sets, or appends behind one blank. */
static bool set_text(struct loader *l, struct text *t, const struct yaml_node *v, const char *what,
		     bool trim, bool append)
{
	if (!append)
		text_init(t, l->tmp);
	else if (t->len)
		text_add(t, " ", 1, node_place(l, v), true);
	return take_text(l, v, what, trim, t);
}

/* --- override --- */

static bool override_op(struct loader *l, const struct yaml_node *v, bool *ret_append)
{
	if (yaml_is(v, "append") || yaml_is(v, "replace")) {
		*ret_append = yaml_is(v, "append");
		return true;
	}
	diag_error(&l->d, node_place(l, v), ERR_YAML_VALIDATE,
		   "'%s' is no way to override '%s'; write append or replace",
		   v->kind == YAML_SCALAR ? v->text : yaml_kind_name(v), v->key->text);
	return false;
}

static bool check_override(struct loader *l, const struct yaml_node *map,
			   const struct item_key *keys, const struct yaml_node *v)
{
	const char *name = v->key->kind == YAML_SCALAR ? v->key->text : "";
	const struct item_key *k = find_key(keys, name);
	bool append;

	if (!override_op(l, v, &append))
		return false;
	if (!k || !k->replace) {
		struct near near;

		near_init(&near, name, strlen(name));
		for (k = keys; k->name; k++)
			if (k->replace)
				near_try(&near, k->name);
		diag_error(&l->d, node_place(l, v->key), ERR_YAML_VALIDATE,
			   "key '%s' cannot be overridden%s", name, near_hint(&near));
		return false;
	}
	if (append && !k->append) {
		diag_error(&l->d, node_place(l, v), ERR_YAML_VALIDATE,
			   "key '%s' cannot be appended to, only replaced", name);
		return false;
	}
	if (!yaml_get(map, name)) {
		diag_error(&l->d, node_place(l, v->key), ERR_YAML_VALIDATE,
			   "override names '%s', but the item has no such key", name);
		return false;
	}
	return true;
}

static bool check_overrides(struct loader *l, const struct yaml_node *map,
			    const struct yaml_node *over, const struct item_key *keys)
{
	if (over->kind != YAML_MAP || !over->count)
		return fault(l, over,
			     "the value of 'override' must be a mapping "
			     "such as {condition: append}");
	yaml_each(v, over)
		if (!check_override(l, map, keys, v))
			return false;
	yaml_each(v, map) {
		const struct item_key *k = find_key(keys, v->key->text);

		if (!k || !k->replace || yaml_get(over, k->name))
			continue;
		diag_error(&l->d, node_place(l, v->key), ERR_YAML_VALIDATE,
			   "override does not say what to do with '%s'; add '%s: replace' to it",
			   k->name, k->name);
		return false;
	}
	return true;
}

static bool has_override(const struct yaml_node *over, const char *op)
{
	yaml_each(v, over)
		if (yaml_is(v, op))
			return true;
	return false;
}

/* Appends first, then replaces. */
static bool apply_overrides(struct loader *l, void *def, const struct yaml_node *map,
			    const struct yaml_node *over, const struct item_key *keys)
{
	for (int pass = 0; pass < 2; pass++) {
		bool append = pass == 0;

		yaml_each(v, over) {
			const struct item_key *k = find_key(keys, v->key->text);

			if (yaml_is(v, append ? "append" : "replace") &&
			    !k->set(l, def, yaml_get(map, k->name), append))
				return false;
		}
	}
	return true;
}

/* What an item does to what was there. */
enum mode { MODE_DEFINE, MODE_APPEND, MODE_OVERRIDE };

/* False after a fault. */
static bool find_mode(struct loader *l, const struct yaml_node *map, const struct item_key *keys,
		      enum mode *ret_mode)
{
	const struct yaml_node *append = yaml_get(map, "append");
	const struct yaml_node *over = yaml_get(map, "override");
	bool on = false;

	*ret_mode = MODE_DEFINE;
	if (append && !item_bool(l, append, "append", &on))
		return false;
	if (on && over)
		return fault(l, append,
			     "'append: true' and 'override' exclude each other; write 'append' "
			     "below 'override' instead");
	if (over) {
		*ret_mode = MODE_OVERRIDE;
		return check_overrides(l, map, over, keys);
	}
	if (on) {
		*ret_mode = MODE_APPEND;
		diag_warn(&l->d, node_place(l, append), WARN_DEPRECATED_ITEM,
			  "'append: true' is old; write 'override: {%s: append}' instead",
			  find_key(keys, "items") ? "items" : "condition");
	}
	return true;
}

/* The name of an item, and messages begin with it from here on. */
static const char *item_name(struct loader *l, const struct yaml_node *map, const char *kind)
{
	const struct yaml_node *n = yaml_get(map, kind);
	size_t len;
	const char *name = item_scalar(l, n, kind, &len);
	char *item;

	if (!name)
		return NULL;
	item = arena_alloc(l->mem, len + strlen(kind) + 4);
	if (item)
		sprintf(item, "%s '%s'", kind, name);
	l->d.item = item;
	return name;
}

static struct place name_place(const struct loader *l, const struct yaml_node *map,
			       const char *kind)
{
	return node_place(l, yaml_get(map, kind));
}

/* An append or override of something that is not there. */
static bool nothing_there(struct loader *l, const struct yaml_node *map, const char *kind,
			  const struct near *near_in)
{
	struct near near = *near_in;

	diag_error(&l->d, name_place(l, map, kind), ERR_VALIDATE,
		   "there is no %s of this name before this to append to or to override%s", kind,
		   near_hint(&near));
	return false;
}

/* --- lists --- */

static bool set_items(struct loader *l, void *def, const struct yaml_node *v, bool append)
{
	struct list_def *list = def;

	if (v->kind != YAML_SEQ)
		return fault(l, v, "the value of 'items' must be a sequence: [a, b]");
	if (!append) {
		list->items = NULL;
		list->n_items = 0;
	}
	yaml_each(n, v) {
		struct literal *items = vec_add(l->tmp, list->items, list->n_items, sizeof(*items));

		if (!items)
			return oom(l);
		list->items = items;
		if (!item_literal(l, n, "items", &items[list->n_items]))
			return false;
		list->n_items++;
	}
	return true;
}

static const struct item_key list_keys[] = {
	{"list", false, false, NULL},	{"items", true, true, set_items},
	{"append", false, false, NULL}, {"override", false, false, NULL},
	{NULL, false, false, NULL},
};

static bool add_list(struct loader *l, struct list_def *list)
{
	struct list_def **lists = vec_add(l->tmp, l->lists, l->n_lists, sizeof(*lists));

	if (!lists || stable_put(l->list_names, list->name, list->name_len, list))
		return oom(l);
	l->lists = lists;
	l->lists[l->n_lists++] = list;
	list->index = l->next_id;
	return true;
}

static bool no_list(struct loader *l, const struct yaml_node *map, const char *name)
{
	struct near near;

	near_init(&near, name, strlen(name));
	for (size_t i = 0; i < l->n_lists; i++)
		near_try(&near, l->lists[i]->name);
	return nothing_there(l, map, "list", &near);
}

void item_list(struct loader *l, const struct yaml_node *map)
{
	const char *name = item_name(l, map, "list");
	const struct yaml_node *items = yaml_get(map, "items");
	struct list_def *list;
	enum mode mode;

	if (!name)
		return;
	if (!lex_is_bare(name, strlen(name)))
		diag_warn(&l->d, name_place(l, map, "list"), WARN_INVALID_LIST_NAME,
			  "no condition can name this list: a list's name has no blanks, quotes, "
			  "parentheses, '=' or ','");
	item_check_keys(l, map, list_keys);
	if (!items) {
		fault(l, map, "a list needs the key 'items'");
		return;
	}
	if (!find_mode(l, map, list_keys, &mode))
		return;
	if (mode == MODE_OVERRIDE)
		mode = has_override(yaml_get(map, "override"), "append") ? MODE_APPEND
									 : MODE_DEFINE;
	list = stable_find(l->list_names, name, strlen(name));
	if (mode == MODE_APPEND && !list) {
		no_list(l, map, name);
		return;
	}
	if (!list) {
		list = arena_alloc(l->tmp, sizeof(*list));
		if (!list) {
			oom(l);
			return;
		}
		list->name = name;
		list->name_len = strlen(name);
		if (!add_list(l, list))
			return;
	}
	if (mode == MODE_DEFINE)
		list->at = name_place(l, map, "list");
	list->visibility = l->next_id++;
	set_items(l, list, items, mode == MODE_APPEND);
}

/* --- macros --- */

static bool set_macro_condition(struct loader *l, void *def, const struct yaml_node *v, bool append)
{
	struct macro_def *m = def;

	return set_text(l, &m->cond, v, "condition", false, append);
}

static const struct item_key macro_keys[] = {
	{"macro", false, false, NULL},	{"condition", true, true, set_macro_condition},
	{"append", false, false, NULL}, {"override", false, false, NULL},
	{NULL, false, false, NULL},
};

static struct macro_def *add_macro(struct loader *l, const char *name)
{
	struct macro_def *m = arena_alloc(l->tmp, sizeof(*m));
	struct macro_def **macros = vec_add(l->tmp, l->macros, l->n_macros, sizeof(*macros));

	if (!m || !macros || stable_put(l->macro_names, name, strlen(name), m)) {
		oom(l);
		return NULL;
	}
	l->macros = macros;
	l->macros[l->n_macros++] = m;
	m->name = name;
	m->index = l->next_id;
	text_init(&m->cond, l->tmp);
	return m;
}

static bool no_macro(struct loader *l, const struct yaml_node *map, const char *name)
{
	struct near near;

	near_init(&near, name, strlen(name));
	for (size_t i = 0; i < l->n_macros; i++)
		near_try(&near, l->macros[i]->name);
	return nothing_there(l, map, "macro", &near);
}

void item_macro(struct loader *l, const struct yaml_node *map)
{
	const char *name = item_name(l, map, "macro");
	const struct yaml_node *cond = yaml_get(map, "condition");
	struct macro_def *m;
	enum mode mode;

	if (!name)
		return;
	if (!lex_is_identifier(name, strlen(name)))
		diag_warn(&l->d, name_place(l, map, "macro"), WARN_INVALID_MACRO_NAME,
			  "no condition can name this macro: a macro's name is letters, digits and "
			  "'_', and begins with a letter");
	item_check_keys(l, map, macro_keys);
	if (!cond) {
		fault(l, map, "a macro needs the key 'condition'");
		return;
	}
	if (!find_mode(l, map, macro_keys, &mode))
		return;
	if (mode == MODE_OVERRIDE)
		mode = has_override(yaml_get(map, "override"), "append") ? MODE_APPEND
									 : MODE_DEFINE;
	m = stable_find(l->macro_names, name, strlen(name));
	if (mode == MODE_APPEND && !m) {
		no_macro(l, map, name);
		return;
	}
	if (!m)
		m = add_macro(l, name);
	if (!m)
		return;
	if (mode == MODE_DEFINE)
		m->at = name_place(l, map, "macro");
	m->visibility = l->next_id++;
	if (!set_macro_condition(l, m, cond, mode == MODE_APPEND))
		m->broken = true;
	else if (mode == MODE_DEFINE)
		m->broken = false;
}

/* --- rules --- */

static bool set_condition(struct loader *l, void *def, const struct yaml_node *v, bool append)
{
	return set_text(l, &((struct rule_def *)def)->cond, v, "condition", false, append);
}

static bool set_output(struct loader *l, void *def, const struct yaml_node *v, bool append)
{
	return set_text(l, &((struct rule_def *)def)->output, v, "output", true, append);
}

static bool set_desc(struct loader *l, void *def, const struct yaml_node *v, bool append)
{
	return set_text(l, &((struct rule_def *)def)->desc, v, "desc", false, append);
}

static bool set_priority(struct loader *l, void *def, const struct yaml_node *v, bool append)
{
	struct rule_def *r = def;
	struct near near;

	(void)append;
	if (!usable(l, v, "priority"))
		return false;
	if (rule_priority_parse(v->text, &r->priority))
		return true;
	near_init(&near, v->text, v->len);
	for (unsigned i = 0; i <= PRIO_DEBUG; i++)
		near_try(&near, rule_priority_name(i));
	diag_error(&l->d, node_place(l, v), ERR_YAML_VALIDATE,
		   "'%s' is no priority; known are emergency alert critical error warning notice "
		   "informational debug%s",
		   v->text, near_hint(&near));
	return false;
}

static bool set_source(struct loader *l, void *def, const struct yaml_node *v, bool append)
{
	struct rule_def *r = def;

	(void)append;
	r->source = item_scalar(l, v, "source", NULL);
	return r->source != NULL;
}

static bool set_enabled(struct loader *l, void *def, const struct yaml_node *v, bool append)
{
	(void)append;
	return item_bool(l, v, "enabled", &((struct rule_def *)def)->enabled);
}

static bool set_warn_evttypes(struct loader *l, void *def, const struct yaml_node *v, bool append)
{
	(void)append;
	return item_bool(l, v, "warn_evttypes", &((struct rule_def *)def)->warn_evttypes);
}

static bool set_skip_unknown(struct loader *l, void *def, const struct yaml_node *v, bool append)
{
	(void)append;
	return item_bool(l, v, "skip-if-unknown-filter", &((struct rule_def *)def)->skip_unknown);
}

static bool set_capture(struct loader *l, void *def, const struct yaml_node *v, bool append)
{
	bool on;

	(void)def;
	(void)append;
	if (!item_bool(l, v, "capture", &on))
		return false;
	return !on || fault(l, v,
			    "'capture: true' asks for a capture file of every system call, which "
			    "this agent does not write; remove it, and use "
			    "'hullwatch record' to keep events");
}

static bool set_capture_duration(struct loader *l, void *def, const struct yaml_node *v,
				 bool append)
{
	char *end;

	(void)def;
	(void)append;
	if (!usable(l, v, "capture_duration"))
		return false;
	strtoull(v->text, &end, 10);
	if (v->text[0] >= '0' && v->text[0] <= '9' && !*end)
		return true;
	return fault(l, v, "the value of 'capture_duration' must be a number of milliseconds");
}

static bool add_tag(struct loader *l, struct rule_def *r, const struct literal *tag)
{
	const char **tags;

	for (size_t i = 0; i < r->n_tags; i++)
		if (!strcmp(r->tags[i], tag->s))
			return true;
	tags = vec_add(l->tmp, r->tags, r->n_tags, sizeof(*tags));
	if (!tags)
		return oom(l);
	r->tags = tags;
	r->tags[r->n_tags++] = tag->s;
	return true;
}

static bool set_tags(struct loader *l, void *def, const struct yaml_node *v, bool append)
{
	struct rule_def *r = def;
	struct literal tag;

	if (v->kind != YAML_SEQ)
		return fault(l, v, "the value of 'tags' must be a sequence: [a, b]");
	if (!append) {
		r->tags = NULL;
		r->n_tags = 0;
	}
	yaml_each(n, v)
		if (!item_literal(l, n, "tags", &tag) || !add_tag(l, r, &tag))
			return false;
	return true;
}

static const struct item_key rule_keys[] = {
	{"rule", false, false, NULL},
	{"condition", true, true, set_condition},
	{"output", true, true, set_output},
	{"desc", true, true, set_desc},
	{"priority", false, true, set_priority},
	{"source", false, false, set_source},
	{"enabled", false, true, set_enabled},
	{"tags", true, true, set_tags},
	{"exceptions", true, true, item_exceptions},
	{"warn_evttypes", false, true, set_warn_evttypes},
	{"skip-if-unknown-filter", false, true, set_skip_unknown},
	{"capture", false, true, set_capture},
	{"capture_duration", false, true, set_capture_duration},
	{"append", false, false, NULL},
	{"override", false, false, NULL},
	{NULL, false, false, NULL},
};

static bool no_rule(struct loader *l, const struct yaml_node *map, const char *name)
{
	struct near near;

	near_init(&near, name, strlen(name));
	for (size_t i = 0; i < l->n_rules; i++)
		near_try(&near, l->rules[i]->name);
	return nothing_there(l, map, "rule", &near);
}

/* Only condition and exceptions; other keys say nothing here. */
static bool append_rule(struct loader *l, struct rule_def *r, const struct yaml_node *map)
{
	const struct yaml_node *cond = yaml_get(map, "condition");
	const struct yaml_node *exc = yaml_get(map, "exceptions");

	if (!cond && !exc)
		return fault(l, map, "an appended rule needs 'condition' or 'exceptions'");
	if (cond && !set_condition(l, r, cond, true))
		return false;
	return !exc || item_exceptions(l, r, exc, true);
}

static bool same_source(struct loader *l, const struct rule_def *r, const struct yaml_node *map)
{
	const struct yaml_node *v = yaml_get(map, "source");

	if (!v || yaml_is(v, r->source ? r->source : "syscall"))
		return true;
	return fault(l, v, "the rule was defined with another source, which cannot be changed");
}

/* An item with nothing but the name and enabled. */
static bool toggle_rule(struct loader *l, struct rule_def *r, const struct yaml_node *map,
			const char *name)
{
	const struct yaml_node *enabled = yaml_get(map, "enabled");

	if (!enabled)
		return fault(l, map,
			     "a rule needs the keys condition, output, desc and priority; one that "
			     "only switches another on or off needs 'enabled'");
	diag_warn(&l->d, node_place(l, enabled), WARN_DEPRECATED_ITEM,
		  "a rule with 'enabled' alone is old; write 'override: "
		  "{enabled: replace}' beside it");
	if (!r)
		return no_rule(l, map, name);
	return set_enabled(l, r, enabled, false);
}

static bool set_all(struct loader *l, struct rule_def *r, const struct yaml_node *map)
{
	static const char *const needed[] = {"condition", "output", "desc", "priority"};
	bool ok = true;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!yaml_get(map, needed[i])) {
			diag_error(&l->d, name_place(l, map, "rule"), ERR_YAML_VALIDATE,
				   "the rule has no key '%s'", needed[i]);
			ok = false;
		}
	for (const struct item_key *k = rule_keys; k->name; k++) {
		const struct yaml_node *v = k->set ? yaml_get(map, k->name) : NULL;

		ok = (!v || k->set(l, r, v, false)) && ok;
	}
	return ok;
}

static struct rule_def *add_rule(struct loader *l, const char *name)
{
	struct rule_def *r = arena_alloc(l->tmp, sizeof(*r));
	struct rule_def **rules = vec_add(l->tmp, l->rules, l->n_rules, sizeof(*rules));

	if (!r || !rules || stable_put(l->rule_names, name, strlen(name), r)) {
		oom(l);
		return NULL;
	}
	l->rules = rules;
	l->rules[l->n_rules++] = r;
	return r;
}

/* Everything of an old definition goes, but the place in the order of rules. */
static void define_rule(struct loader *l, struct rule_def *r, const struct yaml_node *map,
			const char *name)
{
	if (r && !same_source(l, r, map))
		return;
	if (!r)
		r = add_rule(l, name);
	if (!r)
		return;
	*r = (struct rule_def){
		.name = name,
		.at = name_place(l, map, "rule"),
		.enabled = true,
		.warn_evttypes = true,
	};
	/* What a faulty definition did not set may still be appended to. */
	text_init(&r->cond, l->tmp);
	text_init(&r->output, l->tmp);
	text_init(&r->desc, l->tmp);
	r->broken = !set_all(l, r, map);
}

void item_rule(struct loader *l, const struct yaml_node *map)
{
	static const char *const body[] = {"condition", "output", "desc", "priority"};
	const char *name = item_name(l, map, "rule");
	struct rule_def *r;
	enum mode mode;
	bool ok = true, any = false;

	if (!name)
		return;
	item_check_keys(l, map, rule_keys);
	r = stable_find(l->rule_names, name, strlen(name));
	if (!find_mode(l, map, rule_keys, &mode)) {
		if (r)
			r->broken = true;
		return;
	}
	for (size_t i = 0; i < sizeof(body) / sizeof(body[0]); i++)
		any = any || yaml_get(map, body[i]);
	if (mode == MODE_DEFINE && any) {
		define_rule(l, r, map, name);
		return;
	}
	if (mode == MODE_DEFINE)
		ok = toggle_rule(l, r, map, name);
	else if (!r)
		ok = no_rule(l, map, name);
	else if (!same_source(l, r, map))
		ok = false;
	else if (mode == MODE_APPEND)
		ok = append_rule(l, r, map);
	else
		ok = apply_overrides(l, r, map, yaml_get(map, "override"), rule_keys);
	if (!ok && r)
		r->broken = true;
}
