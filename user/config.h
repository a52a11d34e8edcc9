/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Settings: one row each (name, type, default, bounds, help). They come from a file, a flat YAML
 * mapping of these names, and then from the command line, where the last one said counts.
 */
#ifndef HW_CONFIG_H
#define HW_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define CONFIG_FILE "/etc/hullwatch/hullwatch.yaml"

enum config_scope { SCOPE_ALL, SCOPE_CONTAINERS };
enum config_match { MATCH_FIRST, MATCH_ALL };

struct config {
	unsigned scope;	      /* enum config_scope */
	unsigned rules_match; /* enum config_match */
	unsigned priority;    /* enum rule_priority: rules that matter less are not loaded */
	unsigned log_level;   /* enum log_level */
	uint64_t ring_size;   /* bytes, 0: by the number of CPUs */
	uint64_t record_level; /* of zlib */
	bool output_stdout;
	char *output_file; /* "" for none; owned */
};

enum setting_type { SET_CHOICE, SET_BOOL, SET_NUMBER, SET_SIZE, SET_TEXT };

struct setting {
	const char *name;
	const char *help;
	enum setting_type type;
	const char *def;	    /* as one would write it */
	const char *const *choices; /* SET_CHOICE: NULL-terminated; the value is the position */
	uint64_t min, max;	    /* SET_NUMBER, SET_SIZE */
	bool power_of_two;	    /* or 0 */
	size_t offset;		    /* in struct config */
};

size_t config_count(void);
const struct setting *config_at(size_t i);

int config_init(struct config *c); /* all defaults; 0 or -ENOMEM */
void config_done(struct config *c);
/* One setting. -EINVAL and a sentence in err that names the key, what was found and what is
 * possible; -ENOMEM. The setting keeps its value then. */
int config_set(struct config *c, const char *key, const char *value, struct buf *err);
/* The same from "KEY=VALUE". */
int config_set_pair(struct config *c, const char *pair, struct buf *err);
/* From YAML text: err gets "FILE:LINE:COLUMN: ...". */
int config_text(struct config *c, const char *file, const char *text, size_t len, struct buf *err);
/* Reads the file. With optional set, one that is not there is no fault. */
int config_file(struct config *c, const char *file, bool optional, struct buf *err);

#endif
