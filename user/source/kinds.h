/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Which kinds of object hook this kernel really runs. A program that loads and attaches may still
 * never be called (LSM programs without "bpf" in lsm= are not), so that a kind is trusted only
 * after a small program of it was seen to fire. Knows no row of the hook table, but its section.
 */
#ifndef HW_KINDS_H
#define HW_KINDS_H

#include <stdbool.h>

#include "source/hooks.h"

#define KIND_SILENT 1 /* attaches and never runs */

struct kinds;

struct kinds *kinds_new(void); /* NULL + errno */
void kinds_free(struct kinds *k); /* NULL is fine */

/* 0: it fires; KIND_SILENT; or the negative errno with which it is refused. Tried once, when first
 * asked: HOOK_LSM, HOOK_FENTRY and HOOK_CGROUP; the other kinds answer 0. */
int kinds_try(struct kinds *k, unsigned kind);
/* The same without trying: 0 for a kind that nobody asked for. */
int kinds_state(const struct kinds *k, unsigned kind);
bool kinds_tried(const struct kinds *k, unsigned kind);
/* A state in words: "fires", "not tried", what is wrong and what helps. */
const char *kinds_text(const struct kinds *k, unsigned kind);

/* Does the kernel have the function that a program of that section ("lsm/NAME", "fentry/NAME")
 * hangs on, or the tracepoint ("tp_any/GROUP/NAME") with so many arguments? True for other
 * sections, and where the kernel's types cannot be read. */
bool kinds_has_target(struct kinds *k, const char *section, unsigned args);
/* Can programs of BPF tracepoints be preempted (TRACEPOINT in bpf/compat.bpf.h)? */
bool kinds_preemptible(struct kinds *k);
/* The number that the kernel's types give to a name in an enumeration; fallback without it. */
unsigned kinds_number(struct kinds *k, const char *name, unsigned fallback);
/* Gives back the kernel's types, which are large; what was found stays. */
void kinds_drop_types(struct kinds *k);

#endif
