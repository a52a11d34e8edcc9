/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Names of numbers: errno, flags, enumerations, capabilities, signals. */
#ifndef HW_NAMES_H
#define HW_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct name_row {
	const char *name; /* NULL ends a table */
	uint64_t value;
	uint64_t mask; /* for flags: this row holds when (v & mask) == value; plain bits: value */
};

/* A table by itself, as schema.c puts it beside a field. */
extern const struct name_row names_open_flags[], names_at_flags[], names_exe_flags[], names_af[],
	names_ptrace_request[], names_module_flags[], names_event_class[], names_lost_reason[];

/* The table that a schema row's format names (open_flags, at_flags, exe_flags, af, ptrace_request,
 * module_flags, event_class, lost_reason); NULL for dec, hex, oct and none. */
const struct name_row *names_table(const char *format);

/* "A|B", "0" for none; bits without a name come last, in hex. */
void names_flags(struct buf *out, const struct name_row *t, uint64_t v);
/* The others return NULL for what is not known. */
const char *names_enum(const struct name_row *t, uint64_t v);
const char *names_errno(int err); /* positive or negative: "ENOENT" */
const char *names_cap(unsigned bit); /* "CAP_CHOWN" */
const char *names_signal(int sig); /* "SIGTERM" */
void names_caps(struct buf *out, uint64_t caps); /* "CAP_CHOWN CAP_DAC_OVERRIDE", blanks between */
bool names_cap_value(const char *name, unsigned *ret_bit); /* CAP_SYS_ADMIN, with or without CAP_ */

#endif
