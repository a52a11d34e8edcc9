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
	HOOK_KINDS
};

#define HOOK_DISPATCHER "dispatch" /* the program that all HOOK_SYSCALL rows hang on */

/* A system call's numbers, -1 where it has none. narrow is the 32-bit interface of this
 * architecture (i386, or 32-bit arm), old its older form (16-bit user ids, a 32-bit length,
 * arguments in memory, no flags); x32 and socketcall are x86 only: x32's own number, and the
 * operation of i386's socketcall (op2: a second one). */
struct hook_nr {
	int native, narrow, old, x32, op, op2;
};

struct hook {
	const char *event;
	const char *program;
	const char *needs;	/* of the kernel, for people */
	const char *replaced_by; /* what takes over where the row fails; NULL: nothing does */
	const char *weaker;	/* what this row cannot tell; NULL: nothing */
	struct hook_nr nr;	/* HOOK_SYSCALL only */
	uint16_t id;		/* of the event */
	uint8_t kind;		/* enum hook_kind */
	uint8_t since[2];	/* first kernel with it; {0, 0}: every one hullwatch runs on */
	bool vital;		/* without any row for this event hullwatch does not start */
};

const struct hook *hooks_table(size_t *ret_n);
const char *hook_kind_name(unsigned kind);

/* Is this row the one to try for its event on a kernel of that version, when the rows in refused
 * (one flag for each, in table order) did not load? */
bool hook_chosen(const struct hook *h, const unsigned version[2], const bool *refused);

/* Events that are reported whether rules ask for them or not: the state depends on them. */
bool hook_always(const struct hook *h);

/* Calls fn(ctx, index, value) for each entry of the kernel side's table of other interfaces. */
void hook_compat_entries(const struct hook *h, void (*fn)(void *ctx, uint32_t at, uint32_t val),
			 void *ctx);

#endif
