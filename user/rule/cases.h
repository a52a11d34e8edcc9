/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Test cases of rules: what a *.test.yaml beside a rule file says (rules/README.md, "Testing
 * rules"). Owns the form and its faults; runs nothing.
 */
#ifndef HW_RULE_CASES_H
#define HW_RULE_CASES_H

#include "event/given.h"
#include "rule/place.h"
#include "rule/ruleset.h"

#define CASES_SUFFIX ".test.yaml"
#define CASE_EVENTS_MAX 1000
#define CASE_EPOCH_NS 1767225600000000000ull /* when a case's first event happens */

/* What an alert must hold. */
struct case_field {
	const char *name;
	struct field_ref ref;
	const char *text;
};

struct case_alert {
	const char *rule;
	struct place at;
	uint64_t times; /* 0: at least once */
	struct case_field *fields;
	size_t n_fields;
};

struct case_event {
	unsigned type;
	uint64_t time_ns; /* since the epoch */
	struct given *given;
	const char *args; /* proc.args, as an argument vector: each ended by NUL */
	size_t args_len;
};

struct rule_case {
	const char *name;
	struct place at;
	const char *recording; /* as written; NULL: events */
	struct case_event *events;
	size_t n_events;
	bool any; /* other alerts than these are no fault */
	struct case_alert *alerts;
	size_t n_alerts;
	struct case_alert *never;
	size_t n_never;
	const char **near; /* rules that the case was written to miss nearly */
	size_t n_near;
	const char **rules; /* further rule files, as written */
	size_t n_rules;
};

struct cases {
	struct arena *mem; /* of all of it */
	const char *file;
	struct rule_case *v;
	size_t n;
};

/* Reads a file of cases. NULL when it has a fault, all of which diag (may be NULL) is told. */
struct cases *cases_read(const char *path, void (*diag)(void *ctx, const struct rule_diag *d),
			 void *ctx);
/* The same from memory: for tests and fuzzers. */
struct cases *cases_read_text(const char *file, const char *text, size_t len,
			      void (*diag)(void *ctx, const struct rule_diag *d), void *ctx);
void cases_free(struct cases *c); /* NULL is fine */

/* The view of a written event: good until the next one of the same stage. */
struct case_stage;
struct case_stage *case_stage_new(void); /* NULL + errno */
void case_stage_free(struct case_stage *s);
const struct view *case_stage_set(struct case_stage *s, const struct case_event *e, uint64_t num);

#endif
