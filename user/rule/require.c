/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What a rule file asks of the engine: its version, and plugins. Knows which are built in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/loader.h"
#include "rule/vec.h"

struct version {
	unsigned long major, minor, patch;
};

/* Plugins of the language's first engine whose fields are part of this one, and the versions of
 * their fields that ours answer to. */
static const struct {
	const char *name, *version;
} built_in[] = {
	{"container", "0.7.1"},
};

/* "1.2.3", with an optional suffix that does not count ("-rc1", "+build"). */
static bool parse_version(const char *s, struct version *ret)
{
	unsigned long *const parts[] = {&ret->major, &ret->minor, &ret->patch};

	for (int i = 0; i < 3; i++) {
		char *end;

		if (*s < '0' || *s > '9')
			return false;
		*parts[i] = strtoul(s, &end, 10);
		if (i < 2 && *end != '.')
			return false;
		s = i < 2 ? end + 1 : end;
	}
	return !*s || *s == '-' || *s == '+';
}

/* The same major number, and not older. */
static bool satisfies(const struct version *have, const struct version *want)
{
	if (have->major != want->major)
		return false;
	if (have->minor != want->minor)
		return have->minor > want->minor;
	return have->patch >= want->patch;
}

static bool is_number(const char *s)
{
	for (const char *p = s; *p; p++)
		if (*p < '0' || *p > '9')
			return false;
	return *s && strlen(s) < 10;
}

void item_engine_version(struct loader *l, const struct yaml_node *v)
{
	const char *s = item_scalar(l, v, "required_engine_version", NULL);
	struct version have, want = {0};

	if (!s)
		return;
	if (is_number(s))
		want.minor = strtoul(s, NULL, 10);
	else if (!parse_version(s, &want)) {
		diag_error(&l->d, node_place(l, v), ERR_YAML_VALIDATE,
			   "'%s' is no version; write a number or three of them, as in 0.57.0", s);
		return;
	}
	if (!parse_version(RULE_ENGINE_VERSION, &have) || !satisfies(&have, &want))
		diag_error(&l->d, node_place(l, v), ERR_VALIDATE,
			   "the rules need engine version %lu.%lu.%lu, this is %s", want.major,
			   want.minor, want.patch, RULE_ENGINE_VERSION);
}

/* --- plugins --- */

static bool invalid(struct loader *l, const struct yaml_node *n, const char *what)
{
	diag_error(&l->d, node_place(l, n), ERR_YAML_VALIDATE, "%s", what);
	return false;
}

/* One {name, version}: adds it to the text, and sees whether it is met. */
static bool take_plugin(struct loader *l, const struct yaml_node *n, struct buf *text, bool *met)
{
	const struct yaml_node *name_node, *version_node;
	const char *name, *version;
	struct version want, have;

	if (n->kind != YAML_MAP)
		return invalid(l, n,
			       "a required plugin must be a mapping: {name: "
			       "container, version: 0.4.0}");
	name_node = yaml_get(n, "name");
	version_node = yaml_get(n, "version");
	if (!name_node || !version_node)
		return invalid(l, n, "a required plugin needs the keys 'name' and 'version'");
	name = item_scalar(l, name_node, "name", NULL);
	version = item_scalar(l, version_node, "version", NULL);
	if (!name || !version)
		return false;
	if (!parse_version(version, &want))
		return invalid(l, version_node,
			       "the version of a required plugin must be "
			       "three numbers, as in 0.4.0");
	buf_addf(text, "%s%s (>= %s)", text->len ? ", " : "", name, version);
	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		if (!strcmp(name, built_in[i].name) && parse_version(built_in[i].version, &have))
			*met = *met || satisfies(&have, &want);
	return true;
}

static bool take_alternatives(struct loader *l, const struct yaml_node *alts, struct buf *text,
			      bool *met)
{
	if (!alts)
		return true;
	if (alts->kind != YAML_SEQ)
		return invalid(l, alts, "the value of 'alternatives' must be a sequence");
	yaml_each(n, alts)
		if (!take_plugin(l, n, text, met))
			return false;
	return true;
}

static void take_need(struct loader *l, const struct yaml_node *n)
{
	struct plugin_need *needs = vec_add(l->tmp, l->needs, l->n_needs, sizeof(*needs));
	struct buf text = BUF_INIT;
	bool met = false;

	if (!needs) {
		l->d.oom = true;
		return;
	}
	l->needs = needs;
	if (take_plugin(l, n, &text, &met) &&
	    take_alternatives(l, yaml_get(n, "alternatives"), &text, &met)) {
		struct plugin_need *need = &l->needs[l->n_needs];

		need->at = node_place(l, n);
		need->text = arena_strdup(l->mem, buf_str(&text));
		need->met = met;
		l->n_needs++;
		l->d.oom = l->d.oom || !need->text;
	}
	buf_done(&text);
}

void item_plugin_versions(struct loader *l, const struct yaml_node *v)
{
	if (v->kind != YAML_SEQ) {
		invalid(l, v, "the value of 'required_plugin_versions' must be a sequence");
		return;
	}
	yaml_each(n, v)
		take_need(l, n);
}

void loader_check_needs(struct loader *l)
{
	for (size_t i = 0; i < l->n_needs; i++)
		if (!l->needs[i].met)
			diag_error(&l->d, l->needs[i].at, ERR_VALIDATE,
				   "the rules need one of the plugins %s; built in is only "
				   "container (0.7.1)",
				   l->needs[i].text);
}
