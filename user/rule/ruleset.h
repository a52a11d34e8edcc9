/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * A set of rules, loaded, checked and compiled: Falco's rule language (rules/README.md).
 *
 * All of a set lives in one arena and is freed whole. Loading several files follows the language:
 * in order, later definitions replace or extend earlier ones. A fault anywhere refuses the set.
 */
#ifndef HW_RULESET_H
#define HW_RULESET_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/jsonw.h"
#include "event/field.h"

#define RULE_ENGINE_VERSION "0.63.0"

enum rule_priority {
	PRIO_EMERGENCY, PRIO_ALERT, PRIO_CRITICAL, PRIO_ERROR,
	PRIO_WARNING, PRIO_NOTICE, PRIO_INFORMATIONAL, PRIO_DEBUG,
};

/* "Emergency" ... "Debug", as in output. */
const char *rule_priority_name(unsigned priority);
/* Any case, "info" too. False when unknown. */
bool rule_priority_parse(const char *s, unsigned *ret_priority);

/* A fault or a warning. line and column count from 1, 0 when they do not apply. */
struct rule_diag {
	const char *file;
	unsigned line, column;
	bool error;
	const char *code; /* LOAD_ERR_... or LOAD_... as the language names them */
	const char *what; /* what was found, and what would be right; one line */
	const char *excerpt; /* the line, and a caret below the place; NULL: not to be had */
};

/* "FILE:LINE:COLUMN", or what of it is known. */
void rule_diag_place(const struct rule_diag *d, struct buf *out);
/* The whole of it for people: place, level, what, and the excerpt on lines of its own. */
void rule_diag_text(const struct rule_diag *d, struct buf *out);

struct rule {
	const char *name, *desc, *output, *source;
	const char *file;
	unsigned line;
	unsigned priority;
	const char **tags; /* sorted */
	unsigned n_tags;
	bool enabled;
	unsigned index;		  /* position in evaluation order */
	uint8_t events[EV_MAX / 8]; /* bit per event id that it can ever match */
};

struct ruleset;
struct rule_match; /* see ruleset_match */

struct ruleset_opts {
	unsigned min_priority;	/* rules above this number are not loaded; PRIO_DEBUG for all */
};

/* Loads files and folders (*.yaml and *.yml in name order). Returns NULL when there was an error;
 * diags (may be NULL) is called for every fault and warning, in order; nothing is half-loaded. */
struct ruleset *ruleset_load(const char *const *paths, size_t n_paths,
			     const struct ruleset_opts *opts,
			     void (*diag)(void *ctx, const struct rule_diag *d), void *diag_ctx);
/* The same from memory: for tests and fuzzers. */
struct ruleset *ruleset_load_text(const char *file_name, const char *text, size_t len,
				  const struct ruleset_opts *opts,
				  void (*diag)(void *ctx, const struct rule_diag *d),
				  void *diag_ctx);
void ruleset_free(struct ruleset *rs);

size_t ruleset_len(const struct ruleset *rs);
const struct rule *ruleset_at(const struct ruleset *rs, size_t i);
uint64_t ruleset_hash(const struct ruleset *rs); /* of all text loaded */
/* Event ids that some enabled rule can match: one bit each. */
const uint8_t *ruleset_events(const struct ruleset *rs);
/* Names that fields of names are compared with: the pipeline resolves them. */
size_t ruleset_dns_names(const struct ruleset *rs, const char *const **ret_names);
/* How often matching gave up and took a check as false: a regular expression that ran out of room,
 * a transformer's result beyond its bound. A counter for metrics. */
uint64_t ruleset_given_up(const struct ruleset *rs);

/* Tries the rules of the event's type in order; the first that holds is the match (the language's
 * rule_matching: first). NULL when none holds. Allocates nothing. */
const struct rule *ruleset_match(struct ruleset *rs, const struct view *v);
/* All that hold: calls fn in order. */
void ruleset_match_all(struct ruleset *rs, const struct view *v,
		       void (*fn)(void *ctx, const struct rule *r), void *ctx);
/* One rule alone: for tests. */
bool rule_holds(struct ruleset *rs, const struct rule *r, const struct view *v);

/* Text of the rule's output for this view: fields filled in, missing ones "<NA>"; raw bytes. */
void rule_output_text(const struct rule *r, const struct view *v, struct buf *out);
/* Members of output_fields: every field that the output names and evt.time (int64), missing ones
 * null, and the container suffix's six fields (container.id container.name
 * container.image.repository container.image.tag k8s.pod.name k8s.ns.name). */
void rule_output_fields(const struct rule *r, const struct view *v, struct jsonw *w);

/* Could any enabled rule still match an event of this type when these fields have these values
 * and all others are unknown? Three-valued evaluation of the compiled conditions; never false
 * when a match is possible. For the kernel side's masks. */
struct assume {
	const char *field;
	const char *value; /* as a rule would write it */
};
bool ruleset_possible(struct ruleset *rs, unsigned event_id, const struct assume *a, size_t n);

/* The rule's condition with lists and macros expanded, as text that parses again. */
void rule_condition_text(const struct ruleset *rs, const struct rule *r, struct buf *out);

#endif
