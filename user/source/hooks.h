/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The hook table: which program of the kernel side tells which event, what it needs of the kernel,
 * what takes its place where the kernel lacks that, and what is weaker then. The loader, the doctor
 * and the start record read it; nothing else in user space names a program.
 */
#ifndef HW_HOOKS_H
#define HW_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hook_kind {
	HOOK_TP_BTF,  /* attached to a tracepoint */
	HOOK_SYSCALL, /* a slot of the dispatcher's program array */
	HOOK_ITER,    /* run once at the start */
	HOOK_LSM,     /* attached to a security hook */
	HOOK_FENTRY,  /* the same hook where BPF LSM is not active */
	HOOK_CGROUP,  /* attached to the root of the cgroup v2 hierarchy, by its section's name */
	HOOK_URING,   /* an operation of io_uring: its tracepoints, HOOK_URING_* below, serve all */
	HOOK_KINDS
};

#define HOOK_DISPATCHER "dispatch" /* the program that all HOOK_SYSCALL rows hang on */

/* What the rows of io_uring's tracepoints, which are object rows, are about. Without a row of
 * SUBMIT in use there are no HOOK_URING rows; without all of the others, operations are told when
 * they are submitted. */
#define HOOK_URING_SUBMIT "io_uring_submit"
#define HOOK_URING_COMPLETE "io_uring_complete"

/* A system call's numbers, -1 where it has none. narrow is the 32-bit interface of this
 * architecture (i386, or 32-bit arm), old its older form (16-bit user ids, a 32-bit length,
 * arguments in memory, no flags); x32 and socketcall are x86 only: x32's own number, and the
 * operation of i386's socketcall (op2: a second one). */
struct hook_nr {
	int native, narrow, old, x32, op, op2;
};

/* An event row says which program tells an event. An object row says which hook lets the kernel
 * itself name what those events are about; rows of one object are ways to do the same, the better
 * one first, and all rows of the first kind that works are used. */
struct hook {
	const char *event; /* of an object row: the hook's own name, which is the object's */
	const char *program;
	const char *needs;	/* of the kernel, for people */
	const char *replaced_by; /* what takes over where the row fails; NULL: nothing does */
	const char *weaker;	/* what this row cannot tell; NULL: nothing */
	const char *without;	/* object rows: what the events lack when no row of it is in use */
	const uint16_t *betters; /* object rows: event ids, ended by 0; NULL in event rows */
	struct hook_nr nr;	/* HOOK_SYSCALL; HOOK_URING: the operation is nr.native */
	uint16_t id;		/* of the event; 0 in object rows */
	bool addr;		/* object rows: notes addresses, not paths */
	uint8_t kind;		/* enum hook_kind */
	uint8_t since[2];	/* first kernel with it; {0, 0}: every one hullwatch runs on */
	uint8_t args;		/* of the tracepoint, where kernels differ; 0: as everywhere */
	bool vital;		/* without any row for this event hullwatch does not start */
};

/* An object row that is in use whenever any other one is. */
#define HOOK_EVERY_OBJECT 0xffff

/* An object row that makes notes for the programs of calls (bpf/objects.bpf.h). */
static inline bool hook_notes(const struct hook *h)
{
	return h->betters && h->kind != HOOK_TP_BTF;
}

const struct hook *hooks_table(size_t *ret_n);
const char *hook_kind_name(unsigned kind);

/* Is this row the one to try on a kernel of that version, when the rows in barred (one flag for
 * each, in table order) cannot be had? */
bool hook_chosen(const struct hook *h, const unsigned version[2], const bool *barred);

/* Does the row tell the event, or better it? */
bool hook_serves(const struct hook *h, unsigned id);

/* What follows for an event when the rows in used are in use: the kind that its objects come from
 * (HOOK_KINDS: no row tells it), and what is weaker, at most cap texts; returns how many. */
unsigned hook_source(unsigned id, const bool *used);
size_t hook_weaknesses(unsigned id, const bool *used, const char **ret_texts, size_t cap);

/* Events that are reported whether rules ask for them or not: the state depends on them. Never an
 * object row. */
bool hook_always(const struct hook *h);
bool hook_event_always(unsigned id);

/* Calls fn(ctx, index, value) for each entry of the kernel side's table of other interfaces. */
void hook_compat_entries(const struct hook *h, void (*fn)(void *ctx, uint32_t at, uint32_t val),
			 void *ctx);

#endif
