/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Faults and warnings of a rule file, and "did you mean". Owns how a message looks; knows nothing
 * of what is wrong.
 */
#ifndef HW_RULE_DIAG_H
#define HW_RULE_DIAG_H

#include "base/arena.h"
#include "base/nearest.h"
#include "base/table.h"
#include "rule/place.h"
#include "rule/ruleset.h"

/* The language's names for what can be wrong. */
#define ERR_FILE_READ "LOAD_ERR_FILE_READ"
#define ERR_YAML_PARSE "LOAD_ERR_YAML_PARSE"
#define ERR_YAML_VALIDATE "LOAD_ERR_YAML_VALIDATE"
#define ERR_COMPILE_CONDITION "LOAD_ERR_COMPILE_CONDITION"
#define ERR_COMPILE_OUTPUT "LOAD_ERR_COMPILE_OUTPUT"
#define ERR_VALIDATE "LOAD_ERR_VALIDATE"
#define WARN_UNKNOWN_SOURCE "LOAD_UNKNOWN_SOURCE"
#define WARN_NO_EVTTYPE "LOAD_NO_EVTTYPE"
#define WARN_UNKNOWN_FILTER "LOAD_UNKNOWN_FILTER"
#define WARN_UNUSED_MACRO "LOAD_UNUSED_MACRO"
#define WARN_UNUSED_LIST "LOAD_UNUSED_LIST"
#define WARN_UNKNOWN_ITEM "LOAD_UNKNOWN_ITEM"
#define WARN_DEPRECATED_ITEM "LOAD_DEPRECATED_ITEM"
#define WARN_APPEND_NO_VALUES "LOAD_APPEND_NO_VALUES"
#define WARN_EXCEPTION_NAME_NOT_UNIQUE "LOAD_EXCEPTION_NAME_NOT_UNIQUE"
#define WARN_INVALID_MACRO_NAME "LOAD_INVALID_MACRO_NAME"
#define WARN_INVALID_LIST_NAME "LOAD_INVALID_LIST_NAME"
#define WARN_COMPILE_CONDITION "LOAD_COMPILE_CONDITION"
#define WARN_UNKNOWN_KEY "LOAD_UNKNOWN_KEY"

/* A fault that was held back, because it may yet become a warning. */
struct held_diag {
	struct place at;
	const char *code;
	const char *what;
	bool unknown; /* of the kind that skip-if-unknown-filter excuses */
	struct held_diag *next;
};

/* The text of a file, for excerpts. */
struct diag_file {
	const char *name, *raw;
	size_t len;
	struct diag_file *next;
};

struct diags {
	void (*fn)(void *ctx, const struct rule_diag *d); /* may be NULL */
	void *ctx;
	struct arena *mem;   /* messages live here */
	struct diag_file *files; /* borrowed texts */
	struct stable *seen; /* places of errors: a macro's fault is told once, not once a user */
	const char *item;    /* "rule 'X'": begins each message; NULL for none */
	unsigned errors, warnings;
	bool oom;
	bool hold; /* errors go to held, until diag_release */
	struct held_diag *held, *held_last;
};

int diag_init(struct diags *d, struct arena *mem, void (*fn)(void *, const struct rule_diag *),
	      void *ctx);
void diag_done(struct diags *d);

/* From here on faults in that file come with an excerpt. The text is borrowed until diag_done. */
void diag_add_file(struct diags *d, const char *name, const char *raw, size_t len);

#define DIAG_PRINTF(a, b) __attribute__((format(printf, a, b)))
void diag_error(struct diags *d, struct place at, const char *code, const char *fmt, ...)
	DIAG_PRINTF(4, 5);
/* An error about a name that this agent does not know, though another might. */
void diag_unknown(struct diags *d, struct place at, const char *code, const char *fmt, ...)
	DIAG_PRINTF(4, 5);
void diag_warn(struct diags *d, struct place at, const char *code, const char *fmt, ...)
	DIAG_PRINTF(4, 5);

/* From here on errors are held. */
void diag_hold(struct diags *d);
/* Tells what was held: as one warning when excuse is set and all were of the unknown kind, else as
 * errors. True when there was any. */
bool diag_release(struct diags *d, bool excuse);

/* Finds the candidate most like a word that was written, for "did you mean". */
struct near {
	char word[64]; /* "" when it is too long for anything to be near */
	struct nearest nearest;
	char text[120];
};

void near_init(struct near *n, const char *want, size_t len);
void near_try(struct near *n, const char *candidate);
/* "; did you mean 'x'?" or "": borrowed from n. */
const char *near_hint(struct near *n);

#endif
