/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The kernel side as one thing: opened from the object inside the binary, cut down to the programs
 * that are wanted and that this kernel takes, loaded, its tables filled, attached. Knows the hook
 * table, not what a record means.
 */
#ifndef HW_KERN_H
#define HW_KERN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "event.h"
#include "knobs.h"
#include "source/hooks.h"

struct jsonw;
struct kern;
struct kinds;
struct bpf_program;

struct kern_opts {
	uint64_t ring_len;	   /* bytes; 0: by the number of CPUs */
	const uint8_t *events;	   /* bits of event ids, EV_MAX / 8 bytes */
	bool skip_host;
	bool send_connected;
	bool recv_connected;
	bool try_kinds; /* make every kind of object hook fire, also those that are not needed */
};

/* Loads and attaches. NULL + errno with a message in err. A program that this kernel refuses is
 * replaced or left out as the hook table says; without a vital one this fails. */
struct kern *kern_new(const struct kern_opts *o, struct buf *err);
/* Loads every program of the table without attaching, to see which ones this kernel takes; vital
 * ones may be missing too. */
struct kern *kern_probe(struct buf *err);
/* Detaches every program and waits until none of them runs: afterwards the counters stand still.
 * The maps stay. */
void kern_detach(struct kern *k);
void kern_free(struct kern *k); /* detaches; NULL is fine */

int kern_map_fd(const struct kern *k, const char *name); /* or -ENOENT */
struct bpf_program *kern_program(const struct kern *k, const char *name);
volatile struct hw_masks *kern_masks(struct kern *k);
/* How programs of tracepoints are attached (TRACEPOINT in bpf/compat.bpf.h). */
enum tracepoint_way {
	TRACEPOINTS_BPF,
	TRACEPOINTS_PERF,      /* skipped while somebody is inside bpf(2): hold.h */
	TRACEPOINTS_SKIPPABLE, /* BPF's where perf's would be better and cannot be had */
};
enum tracepoint_way kern_tracepoints(const struct kern *k);
const char *tracepoint_way_text(enum tracepoint_way way);
unsigned kern_attached(const struct kern *k); /* hooks of the table in use */
unsigned kern_refused(const struct kern *k);  /* hooks that were wanted and refused */

enum hook_state { HOOK_IN_USE, HOOK_UNWANTED, HOOK_REFUSED, HOOK_NOT_HERE, HOOK_ABSENT };

/* How it went with the row at that place of the table; *ret_errno is set for HOOK_REFUSED, and for
 * HOOK_ABSENT: a row that was not even tried, since its kind never fires here (then kern_kinds
 * tells more) or the kernel lacks the function. */
enum hook_state kern_hook_state(const struct kern *k, size_t row, int *ret_errno);
const char *hook_state_name(enum hook_state s);
const bool *kern_used(const struct kern *k); /* by row: in use */
const struct kinds *kern_kinds(const struct kern *k);
/* Is that event wanted at all, and that row for what it tells or betters? */
bool kern_wants_event(const struct kern *k, unsigned id);
bool kern_wants(const struct kern *k, const struct hook *h);

/* Bytes of kernel memory that the maps take: elements with their heads, what is kept by CPU for
 * each possible one, the ring's data. Not counted: pages of book-keeping, the programs. */
uint64_t kern_maps_len(const struct kern *k);

/* Adds how often the kernel did not run a program that is attached: each time at most one event, or
 * what an object hook would have noted. Of a program that tells events of several classes that is
 * counted as HW_CLASS_SELF. */
void kern_skips(const struct kern *k, uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX]);

/* Is the row in use for the event, and the first one with its program? */
bool kern_row_tells(const struct kern *k, size_t row, unsigned id);

#define WEAK_MAX 8 /* texts of one event */

/* Writes an object: the event, where its objects come from, the programs, what is weaker, what was
 * refused. */
void kern_event_json(const struct kern *k, unsigned id, struct jsonw *w);
/* Writes an array of them, of the events that are wanted: part of the start record. */
void kern_hooks_json(const struct kern *k, struct jsonw *w);

/* Major and minor number of the running kernel. */
void kern_version(unsigned ret_version[2]);

#endif
