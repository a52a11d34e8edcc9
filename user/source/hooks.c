/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The hook table (rows: hooks.def) and what follows from it.
 */
#include "source/hooks.h"

#include <string.h>
#include <sys/syscall.h>

#include "event.h"
#include "knobs.h"

/* Calls that newer architectures never had. */
#ifndef __NR_open
#define __NR_open -1
#endif
#ifndef __NR_creat
#define __NR_creat -1
#endif
#ifndef __NR_link
#define __NR_link -1
#endif
#ifndef __NR_symlink
#define __NR_symlink -1
#endif
#ifndef __NR_rename
#define __NR_rename -1
#endif
#ifndef __NR_unlink
#define __NR_unlink -1
#endif
#ifndef __NR_dup2
#define __NR_dup2 -1
#endif
#ifndef __NR_renameat
#define __NR_renameat -1
#endif
#ifndef __NR_rmdir
#define __NR_rmdir -1
#endif
#ifndef __NR_mkdir
#define __NR_mkdir -1
#endif
#ifndef __NR_mknod
#define __NR_mknod -1
#endif
#ifndef __NR_chmod
#define __NR_chmod -1
#endif
#ifndef __NR_chown
#define __NR_chown -1
#endif
#ifndef __NR_lchown
#define __NR_lchown -1
#endif

/* Calls that the C library's headers may be too old for; numbers are the same everywhere. */
#ifndef __NR_memfd_secret
#define __NR_memfd_secret 447
#endif
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif
#ifndef __NR_setxattrat
#define __NR_setxattrat 463
#endif
#ifndef __NR_open_tree_attr
#define __NR_open_tree_attr 467
#endif

/* Numbers of the 32-bit interface: i386's, and those of 32-bit arm, which share most. */
#if defined(__x86_64__)
#define NARROW(i386, arm) i386
#define X32(nr) nr
#define SOCKOP(op) op
#elif defined(__aarch64__)
#define NARROW(i386, arm) arm
#define X32(nr) -1
#define SOCKOP(op) -1
#else
#error "hullwatch knows x86_64 and arm64"
#endif

#define NO_NR {-1, -1, -1, -1, -1, -1}
#define NR(nat, i386, arm) {nat, NARROW(i386, arm), -1, -1, -1, -1}
#define NR_X32(nat, i386, arm, x32) {nat, NARROW(i386, arm), -1, X32(x32), -1, -1}
#define NR_ID(nat, narrow, old) {nat, narrow, old, -1, -1, -1}
#define NR_OLD(nat, i386, i386_old, arm, arm_old)                                                  \
	{nat, NARROW(i386, arm), NARROW(i386_old, arm_old), -1, -1, -1}
#define NR_SOCK(nat, i386, arm, op, op2) {nat, NARROW(i386, arm), -1, -1, SOCKOP(op), SOCKOP(op2)}
#define NR_MSG(nat, i386, arm, arm_old, x32, op, op2)                                              \
	{nat, NARROW(i386, arm), NARROW(-1, arm_old), X32(x32), SOCKOP(op), SOCKOP(op2)}

#define NEEDS_TP "BTF tracepoints, 5.5"
#define NEEDS_SYS "BTF tracepoint sys_exit, 5.5; tail calls"
#define NEEDS_ITER "BPF task iterator, 5.8"

#define WEAK_NAMES                                                                                 \
	"read when the call ends: names are as the caller left them, the object itself is not seen"
#define WEAK_OPEN "the object is the descriptor's when the call ends"
#define WEAK_FD "the file is what the descriptor refers to when the call ends"
#define WEAK_RW "the file is the descriptor's and the bytes are memory's when the call ends"
#define WEAK_TEXT "texts are read when the call ends: as the caller left them"
#define WEAK_MPROTECT "what lies behind the first mapping of the range is not looked at"
#define WEAK_BLIND "what the memory maps is not told"
#define WEAK_SOCK "addresses as passed are read when the call ends"
#define WEAK_SOCK_OTHER "addresses of unix, raw and packet sockets are read when the call ends"
#define WEAK_SCRIPT "the file that an exec began with is known by its name as passed alone"
#define WEAK_XATTR "the path is right below the mounts of root and current directory only"
#define WEAK_MSG "bytes are read when the call ends"
#define WEAK_MMSG "of several messages the first is told"
#define WEAK_ATTR "what the caller passes in memory is read when the call ends"
#define WEAK_BPF "attributes of a call that made no program or map are read when it ends"
#define WEAK_THREADS "signals between threads of one process are not told unless they fail"
#define WEAK_EXECAT "execveat with a plain path is reported as execve"

#define NEEDS_CGROUP "cgroup v2, BPF links, 5.7"
#define NEEDS_URING "BTF tracepoints of io_uring, 5.12"
#define WEAK_URING                                                                                 \
	"through io_uring: an operation that posts no completion is told without its result"
#define WEAK_URING_BLIND                                                                           \
	"through io_uring: told when it is submitted, without its result; from 6.0 on with it"
#define WEAK_URING_BASE                                                                            \
	"through io_uring: where a relative name starts from is looked up when it is completed"

#define SYS(ev, prog, weak, ...)                                                                   \
	{.event = #ev, .id = EV_##ev, .program = prog, .kind = HOOK_SYSCALL, .needs = NEEDS_SYS,   \
	 .weaker = weak, .nr = __VA_ARGS__}
#define TP(ev, prog, ...)                                                                         \
	{.event = #ev, .id = EV_##ev, .program = prog, .kind = HOOK_TP_BTF, .needs = NEEDS_TP,     \
	 .nr = NO_NR, __VA_ARGS__}
#define CGROUP(ev, prog, ...)                                                                     \
	{.event = #ev, .id = EV_##ev, .program = prog, .kind = HOOK_CGROUP, .needs = NEEDS_CGROUP, \
	 .nr = NO_NR, __VA_ARGS__}

/* One of io_uring's operations, and its tracepoints. */
#define URING(ev, op, weak)                                                                        \
	{.event = #ev, .id = EV_##ev, .program = "uring_submit", .kind = HOOK_URING,               \
	 .needs = NEEDS_URING, .weaker = weak, .nr = {op, -1, -1, -1, -1, -1}}
#define URING_TP(what, prog, n_args, ...)                                                          \
	{.event = what, .program = prog, .kind = HOOK_TP_BTF, .needs = NEEDS_URING, .nr = NO_NR,   \
	 .args = n_args, .betters = IDS(URING_EVENTS), __VA_ARGS__}
#define URING_EVENTS                                                                               \
	EV_openat, EV_openat2, EV_read, EV_write, EV_readv, EV_writev, EV_connect, EV_accept4,     \
		EV_sendto, EV_sendmsg, EV_recvfrom, EV_recvmsg, EV_socket, EV_bind, EV_listen,     \
		EV_shutdown, EV_renameat2, EV_unlinkat, EV_mkdirat, EV_symlinkat, EV_linkat,       \
		EV_setxattr, EV_fsetxattr, EV_ftruncate, EV_dup

/* The two rows of an object hook: the LSM hook, and fentry on the function that calls it. */
#define IDS(...) (const uint16_t[]) {__VA_ARGS__, 0}
#define OBJECT_ROW(name, prefix, kind_, needs_, ...)                                               \
	{.event = #name, .program = prefix #name, .kind = kind_, .needs = needs_, .nr = NO_NR,     \
	 __VA_ARGS__}
#define OBJECT(name, ...)                                                                          \
	OBJECT_ROW(name, "lsm_", HOOK_LSM, "BPF LSM, 5.7, active (lsm=...,bpf)", __VA_ARGS__),     \
		OBJECT_ROW(name, "fentry_", HOOK_FENTRY, "BPF trampolines, 5.5; arm64: 6.4",       \
			   __VA_ARGS__)
#define OBJECT_CGROUP(name, prog, ...)                                                             \
	{.event = #name, .program = prog, .kind = HOOK_CGROUP, .needs = NEEDS_CGROUP, .nr = NO_NR, \
	 .addr = true, .without = WEAK_SOCK, .weaker = WEAK_SOCK_OTHER, __VA_ARGS__}

static const struct hook table[] = {
#include "source/hooks.def"
};

#define TABLE_LEN (sizeof(table) / sizeof(table[0]))

const struct hook *hooks_table(size_t *ret_n)
{
	*ret_n = TABLE_LEN;
	return table;
}

const char *hook_kind_name(unsigned kind)
{
	static const char *const names[HOOK_KINDS] = {
		[HOOK_TP_BTF] = "tracepoint", [HOOK_SYSCALL] = "syscall", [HOOK_ITER] = "iterator",
		[HOOK_LSM] = "lsm",	      [HOOK_FENTRY] = "fentry",   [HOOK_CGROUP] = "cgroup",
		[HOOK_URING] = "io_uring",
	};

	return kind < HOOK_KINDS ? names[kind] : "unknown";
}

static bool fits(const struct hook *h, const unsigned version[2])
{
	if (version[0] != h->since[0])
		return version[0] > h->since[0];
	return version[1] >= h->since[1];
}

/* o, which stands before h, keeps h out unless it fails: it names h as its replacement, or is
 * another way to the same object. */
static bool outranks(const struct hook *o, const struct hook *h)
{
	if (!o->betters != !h->betters)
		return false;
	if (h->betters)
		return o->kind != h->kind && strcmp(o->event, h->event) == 0;
	return o->id == h->id && o->replaced_by && strcmp(o->replaced_by, h->program) == 0;
}

bool hook_chosen(const struct hook *h, const unsigned version[2], const bool *barred)
{
	const struct hook *o;

	if (barred[h - table] || !fits(h, version))
		return false;
	for (o = table; o < h; o++)
		if (outranks(o, h) && hook_chosen(o, version, barred))
			return false;
	return true;
}

bool hook_serves(const struct hook *h, unsigned id)
{
	const uint16_t *at;

	if (!h->betters)
		return h->id == id;
	for (at = h->betters; *at; at++)
		if (*at == id)
			return true;
	return false;
}

unsigned hook_source(unsigned id, const bool *used)
{
	unsigned source = HOOK_KINDS;
	size_t i;

	for (i = 0; i < TABLE_LEN; i++) {
		if (!used[i] || !hook_serves(&table[i], id))
			continue;
		if (source == HOOK_KINDS || hook_notes(&table[i]))
			source = table[i].kind;
	}
	return source;
}

/* Is any row of the same object in use? */
static bool object_used(const struct hook *h, const bool *used)
{
	size_t i;

	for (i = 0; i < TABLE_LEN; i++)
		if (used[i] && table[i].betters && strcmp(table[i].event, h->event) == 0)
			return true;
	return false;
}

/* A text that an object row in use takes away. */
static bool is_cured(unsigned id, const char *text, const bool *used)
{
	size_t i;

	for (i = 0; i < TABLE_LEN; i++)
		if (used[i] && table[i].without && hook_serves(&table[i], id) &&
		    strcmp(table[i].without, text) == 0)
			return true;
	return false;
}

static size_t add_text(const char *text, const char **texts, size_t n, size_t cap)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(texts[i], text) == 0)
			return n;
	if (n < cap)
		texts[n++] = text;
	return n;
}

size_t hook_weaknesses(unsigned id, const bool *used, const char **ret_texts, size_t cap)
{
	const struct hook *h;
	size_t n = 0;

	for (h = table; h < table + TABLE_LEN; h++) {
		if (!hook_serves(h, id))
			continue;
		if (used[h - table] && h->weaker && !is_cured(id, h->weaker, used))
			n = add_text(h->weaker, ret_texts, n, cap);
		if (h->without && !object_used(h, used))
			n = add_text(h->without, ret_texts, n, cap);
	}
	return n;
}

bool hook_always(const struct hook *h)
{
	return !h->betters && hook_event_always(h->id);
}

bool hook_event_always(unsigned id)
{
#define EVENT(id_, name, class, doc) [EV_##name] = HW_CLASS_##class,
	static const uint8_t classes[EV_MAX] = {
#include "schema.def"
	};
	const uint8_t class = id < EV_MAX ? classes[id] : HW_CLASS_MAX;

	return class == HW_CLASS_PROC || class == HW_CLASS_CGROUP || class == HW_CLASS_CRED ||
	       class == HW_CLASS_STATE || class == HW_CLASS_FACT;
}

void hook_compat_entries(const struct hook *h, void (*fn)(void *ctx, uint32_t at, uint32_t val),
			 void *ctx)
{
	const uint32_t val = (uint32_t)h->nr.native + 1;

	if (h->kind != HOOK_SYSCALL || h->nr.native < 0)
		return;
	if (h->nr.narrow >= 0)
		fn(ctx, (uint32_t)h->nr.narrow, val);
	if (h->nr.old >= 0)
		fn(ctx, (uint32_t)h->nr.old, val | HW_COMPAT_OLD);
	if (h->nr.x32 >= 0)
		fn(ctx, (uint32_t)h->nr.x32, val);
	if (h->nr.op >= 0)
		fn(ctx, HW_COMPAT_SOCKETCALL + (uint32_t)h->nr.op, val);
	if (h->nr.op2 >= 0)
		fn(ctx, HW_COMPAT_SOCKETCALL + (uint32_t)h->nr.op2, val);
}
