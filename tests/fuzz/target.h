/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What every fuzz target defines, and what they share: a pipeline whose lines are looked at. The
 * same target runs under libFuzzer (fuzz.c) and over its corpus as a test (once.c).
 */
#ifndef HW_FUZZ_TARGET_H
#define HW_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event/build.h"
#include "pipeline.h"

/* The target. Aborts when something that must hold does not. */
void fuzz_one(const uint8_t *data, size_t len);

/* Ends the program with a report when cond does not hold; in words, what must. */
#define MUST(cond, what)                                                                           \
	do {                                                                                       \
		if (!(cond))                                                                       \
			fuzz_fail(__FILE__, __LINE__, what);                                       \
	} while (0)
_Noreturn void fuzz_fail(const char *file, int line, const char *what);

/* A sink of this form that checks each line: valid UTF-8 without control characters, and as JSON
 * an object that cJSON reads. Freed with sink_free. */
struct sink *fuzz_sink_new(enum sink_format format);

/* A pipeline without files, with both forms of line and all classes in the feed. Not NULL. */
struct pipeline *fuzz_pipeline_new(struct ruleset *rules, struct sink *const sinks[2]);

/* Feeds one record in memory of just its length, aligned. */
void fuzz_feed(struct pipeline *p, const void *rec, size_t len);
/* Feeds a record for each line of text (line.h). */
void fuzz_feed_lines(struct pipeline *p, const char *text, size_t len);

/* A set with one rule for every kind of field, without lists and macros. Not NULL. */
struct ruleset *fuzz_rules_new(void);
/* Events of a small container: what the rules of an input are tried on. */
extern const char fuzz_events[];

#endif
