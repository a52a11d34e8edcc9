/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* A set of rules as its users see it: loading from end to end, matching, asking. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rule/loader.h"
#include "rule/print.h"
#include "rule/set.h"
#include "rule/vec.h"

static const char *const priorities[] = {
	"Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug",
};

const char *rule_priority_name(unsigned priority)
{
	return priority <= PRIO_DEBUG ? priorities[priority] : "?";
}

bool rule_priority_parse(const char *s, unsigned *ret_priority)
{
	if (!strcasecmp(s, "info"))
		s = "informational";
	for (unsigned i = 0; i <= PRIO_DEBUG; i++)
		if (!strcasecmp(s, priorities[i])) {
			*ret_priority = i;
			return true;
		}
	return false;
}

/* --- building --- */

static int builder_init(struct builder *b, struct ruleset *rs, struct loader *l)
{
	*b = (struct builder){.rs = rs, .mem = rs->mem, .tmp = l->tmp, .d = &l->d};
	b->slot_names = stable_new();
	b->check_names = stable_new();
	b->lit_names = stable_new();
	b->dns_seen = stable_new();
	b->code_seen = stable_new();
	rs->regex_room = regex_room_new();
	if (b->slot_names && b->check_names && b->lit_names && b->dns_seen && b->code_seen &&
	    rs->regex_room)
		return 0;
	return -ENOMEM;
}

static void builder_done(struct builder *b)
{
	stable_free(b->slot_names);
	stable_free(b->check_names);
	stable_free(b->lit_names);
	stable_free(b->dns_seen);
	stable_free(b->code_seen);
}

static bool check_tree(struct builder *b, struct ast *n)
{
	bool ok = true;

	if (n->kind == AST_MACRO)
		return check_tree(b, n->target);
	if (n->kind == AST_CHECK)
		return check_of_ast(b, n);
	for (size_t i = 0; i < n->n_kids; i++)
		ok = check_tree(b, n->kids[i]) && ok;
	return ok;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool copy_public(struct builder *b, struct rule_x *r, const struct rule_def *def)
{
	r->rs = b->rs;
	r->pub = (struct rule){
		.name = def->name,
		.desc = arena_strdup(b->mem, text_str(&def->desc)),
		.output = arena_strdup(b->mem, text_str(&def->output)),
		.source = "syscall",
		.file = def->at.file,
		.line = def->at.line,
		.priority = def->priority,
		.enabled = def->enabled,
		.n_tags = (unsigned)def->n_tags,
	};
	r->pub.tags = arena_alloc(b->mem, (def->n_tags + 1) * sizeof(*r->pub.tags));
	if (!r->pub.tags || !r->pub.desc || !r->pub.output) {
		b->d->oom = true;
		return false;
	}
	if (def->n_tags)
		memcpy(r->pub.tags, def->tags, def->n_tags * sizeof(*def->tags));
	qsort(r->pub.tags, def->n_tags, sizeof(*r->pub.tags), by_text);
	return true;
}

/* The rule's output and condition, taken apart and checked. NULL when it is at fault. */
static struct rule_x *build_rule(struct builder *b, struct loader *l, const struct rule_def *def)
{
	struct rule_x *r = arena_alloc(b->mem, sizeof(*r));
	struct buf item = BUF_INIT;
	bool ok;

	buf_addf(&item, "rule '%s'", def->name);
	b->d->item = arena_strdup(b->mem, buf_str(&item));
	buf_done(&item);
	if (!r || !b->d->item || !copy_public(b, r, def)) {
		b->d->oom = true;
		return NULL;
	}
	diag_hold(b->d);
	b->code = ERR_COMPILE_OUTPUT;
	ok = !def->output.len || output_take(b, r, &def->output);
	b->code = ERR_COMPILE_CONDITION;
	r->ast = def->cond.len ? expand_rule(l, def) : NULL;
	ok = r->ast && check_tree(b, r->ast) && ok;
	if (diag_release(b->d, def->skip_unknown))
		ok = false;
	b->d->item = NULL;
	return ok ? r : NULL;
}

static bool is_ours(struct builder *b, const struct rule_def *def)
{
	if (!def->source || !strcmp(def->source, "syscall"))
		return true;
	diag_warn(b->d, def->at, WARN_UNKNOWN_SOURCE,
		  "rule '%s' is left out: its source is '%s', and "
		  "this agent has only syscall", def->name,
		  def->source);
	return false;
}

/* A rule below the least priority is checked like any other, and then left out; so is one whose
 * item had faults, for those that its condition and output have besides. */
static int build_rules(struct builder *b, struct loader *l, const struct ruleset_opts *opts,
		       const struct rule_def ***ret_defs)
{
	struct ruleset *rs = b->rs;
	const struct rule_def **defs = NULL;

	for (size_t i = 0; i < l->n_rules; i++) {
		const struct rule_def *def = l->rules[i];
		struct rule_x *r;

		if (!is_ours(b, def))
			continue;
		r = build_rule(b, l, def);
		if (!r || def->broken || (opts && def->priority > opts->min_priority))
			continue;
		rs->rules = vec_add(b->mem, rs->rules, rs->n_rules, sizeof(*rs->rules));
		defs = vec_add(l->tmp, defs, rs->n_rules, sizeof(*defs));
		if (!rs->rules || !defs)
			return -ENOMEM;
		r->pub.index = (unsigned)rs->n_rules;
		defs[rs->n_rules] = def;
		rs->rules[rs->n_rules++] = r;
	}
	*ret_defs = defs;
	return b->d->oom ? -ENOMEM : 0;
}

/* 0, -EINVAL after a fault of the text, -ENOMEM. */
static int build(struct loader *l, struct ruleset *rs, const struct ruleset_opts *opts)
{
	const struct rule_def **defs = NULL;
	struct builder b;
	int err = builder_init(&b, rs, l);

	if (err)
		goto out;
	loader_check_needs(l);
	expand_macros(l);
	err = build_rules(&b, l, opts, &defs);
	if (!err && l->d.errors)
		err = -EINVAL;
	if (err)
		goto out;
	expand_warn_unused(l);
	err = compile_rules(&b, defs);
	if (!err)
		err = checks_finish(&b);
	if (!err && l->d.oom)
		err = -ENOMEM;
	rs->hash = l->hash;
out:
	builder_done(&b);
	return err;
}

static struct ruleset *ruleset_new(void)
{
	struct arena *mem = arena_new();
	struct ruleset *rs = mem ? arena_alloc(mem, sizeof(*rs)) : NULL;

	if (!rs) {
		arena_free(mem);
		return NULL;
	}
	rs->mem = mem;
	return rs;
}

struct input {
	const char *const *paths;
	size_t n_paths;
	const char *file, *text;
	size_t len;
};

static int read_input(struct loader *l, const struct input *in)
{
	int err = in->text ? loader_text(l, in->file, in->text, in->len) : 0;

	for (size_t i = 0; i < in->n_paths && !err; i++)
		err = loader_path(l, in->paths[i]);
	return err;
}

static void no_memory(void (*diag)(void *ctx, const struct rule_diag *d), void *diag_ctx)
{
	static const struct rule_diag d = {
		.file = "", .error = true, .code = ERR_FILE_READ, .what = "memory ran out"};

	if (diag)
		diag(diag_ctx, &d);
}

static struct ruleset *load(const struct input *in, const struct ruleset_opts *opts,
			    void (*diag)(void *ctx, const struct rule_diag *d), void *diag_ctx)
{
	struct ruleset *rs = ruleset_new();
	struct loader l;
	int err;

	if (!rs || loader_init(&l, rs->mem, diag, diag_ctx)) {
		no_memory(diag, diag_ctx);
		ruleset_free(rs);
		errno = ENOMEM;
		return NULL;
	}
	err = read_input(&l, in);
	if (!err)
		err = build(&l, rs, opts);
	if (err == -ENOMEM)
		no_memory(diag, diag_ctx);
	loader_done(&l);
	if (!err)
		return rs;
	ruleset_free(rs);
	errno = -err;
	return NULL;
}

struct ruleset *ruleset_load(const char *const *paths, size_t n_paths,
			     const struct ruleset_opts *opts,
			     void (*diag)(void *ctx, const struct rule_diag *d), void *diag_ctx)
{
	return load(&(struct input){.paths = paths, .n_paths = n_paths}, opts, diag, diag_ctx);
}

struct ruleset *ruleset_load_text(const char *file_name, const char *text, size_t len,
				  const struct ruleset_opts *opts,
				  void (*diag)(void *ctx, const struct rule_diag *d),
				  void *diag_ctx)
{
	return load(&(struct input){.file = file_name, .text = text, .len = len}, opts, diag,
		    diag_ctx);
}

void ruleset_free(struct ruleset *rs)
{
	if (!rs)
		return;
	regex_room_free(rs->regex_room);
	free(rs->slot_mem);
	arena_free(rs->mem);
}

/* --- asking --- */

size_t ruleset_len(const struct ruleset *rs)
{
	return rs->n_rules;
}

const struct rule *ruleset_at(const struct ruleset *rs, size_t i)
{
	return i < rs->n_rules ? &rs->rules[i]->pub : NULL;
}

uint64_t ruleset_hash(const struct ruleset *rs)
{
	return rs->hash;
}

const uint8_t *ruleset_events(const struct ruleset *rs)
{
	return rs->events;
}

size_t ruleset_dns_names(const struct ruleset *rs, const char *const **ret_names)
{
	*ret_names = rs->dns_names;
	return rs->n_dns_names;
}

uint64_t ruleset_given_up(const struct ruleset *rs)
{
	return rs->regex_failed + rs->cut;
}

void rule_condition_text(const struct ruleset *rs, const struct rule *r, struct buf *out)
{
	(void)rs;
	print_ast(out, ((const struct rule_x *)r)->ast);
}

/* --- matching --- */

const struct rule *ruleset_match(struct ruleset *rs, const struct view *v)
{
	unsigned event = v->ev->type;

	if (event >= EV_MAX || !rs->n_by_event[event])
		return NULL;
	eval_begin(rs, v);
	for (size_t i = 0; i < rs->n_by_event[event]; i++) {
		const struct candidate *c = &rs->by_event[event][i];

		if (eval_code(rs, c->entry))
			return &c->rule->pub;
	}
	return NULL;
}

/* fn may ask for the rule's output, which begins a new generation: answers are collected anew. */
void ruleset_match_all(struct ruleset *rs, const struct view *v,
		       void (*fn)(void *ctx, const struct rule *r), void *ctx)
{
	unsigned event = v->ev->type;

	if (event >= EV_MAX || !rs->n_by_event[event])
		return;
	eval_begin(rs, v);
	for (size_t i = 0; i < rs->n_by_event[event]; i++) {
		const struct candidate *c = &rs->by_event[event][i];

		if (eval_code(rs, c->entry))
			fn(ctx, &c->rule->pub);
	}
}

bool rule_holds(struct ruleset *rs, const struct rule *r, const struct view *v)
{
	unsigned event = v->ev->type;

	eval_begin(rs, v);
	return event < EV_MAX && eval_code(rs, ((const struct rule_x *)r)->entries[event]);
}
