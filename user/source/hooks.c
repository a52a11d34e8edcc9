/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The hook table. Adding an event: a program in bpf/, a row here. Rows of one event that cannot
 * both work stand one after the other, the better one first.
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
#define NR_ID(nat, narrow, id16) {nat, narrow, id16, -1, -1, -1}
#define NR_SOCK(nat, i386, arm, op, op2) {nat, NARROW(i386, arm), -1, -1, SOCKOP(op), SOCKOP(op2)}
#define NR_SENDMSG {__NR_sendmsg, NARROW(370, 296), -1, X32(518), SOCKOP(16), -1}

#define NEEDS_TP "BTF tracepoints, 5.5"
#define NEEDS_SYS "BTF tracepoint sys_exit, 5.5; tail calls"
#define NEEDS_ITER "BPF task iterator, 5.8"

#define WEAK_NAMES                                                                                 \
	"read when the call ends: names are as the caller left them, the object itself is not seen"
#define WEAK_OPEN                                                                                  \
	"the object is the descriptor's when the call ends; opens through io_uring are not seen"
#define WEAK_SOCK "addresses as passed are read when the call ends; io_uring is not seen"
#define WEAK_EXECAT "execveat with a plain path is reported as execve"

#define SYS(ev, prog, weak, ...)                                                                   \
	{.event = #ev, .id = EV_##ev, .program = prog, .kind = HOOK_SYSCALL, .needs = NEEDS_SYS,   \
	 .weaker = weak, .nr = __VA_ARGS__}
#define TP(ev, prog, ...)                                                                         \
	{.event = #ev, .id = EV_##ev, .program = prog, .kind = HOOK_TP_BTF, .needs = NEEDS_TP,     \
	 .nr = NO_NR, __VA_ARGS__}

static const struct hook table[] = {
	TP(fork, "on_fork", .vital = true),
	TP(execve, "on_exec", .vital = true, .weaker = WEAK_EXECAT),
	TP(execveat, "on_exec", .vital = true, .weaker = WEAK_EXECAT),
	SYS(execve, "sys_exec", NULL, NR_X32(__NR_execve, 11, 11, 520)),
	SYS(execveat, "sys_exec", NULL, NR_X32(__NR_execveat, 358, 387, 545)),
	TP(procexit, "on_exit_dead", .vital = true, .since = {6, 16}, .replaced_by = "on_exit"),
	TP(procexit, "on_exit", .vital = true,
	    .weaker = "a process whose last two threads end at once may be told to exit twice"),
	{.event = "proc", .id = EV_proc, .program = "scan_task", .kind = HOOK_ITER,
	 .needs = NEEDS_ITER, .nr = NO_NR, .replaced_by = "/proc",
	 .weaker = "arguments are read from /proc"},

	TP(cgroup_mkdir, "on_cgroup_mkdir", .vital = true),
	TP(cgroup_rmdir, "on_cgroup_rmdir", .vital = true),
	TP(cgroup_attach_task, "on_cgroup_attach", .vital = true),

	SYS(open, "sys_open", WEAK_OPEN, NR(__NR_open, 5, 5)),
	SYS(openat, "sys_open", WEAK_OPEN, NR(__NR_openat, 295, 322)),
	SYS(openat2, "sys_open", WEAK_OPEN, NR(__NR_openat2, 437, 437)),
	SYS(creat, "sys_open", WEAK_OPEN, NR(__NR_creat, 8, 8)),
	SYS(link, "sys_two_paths", WEAK_NAMES, NR(__NR_link, 9, 9)),
	SYS(linkat, "sys_two_paths", WEAK_NAMES, NR(__NR_linkat, 303, 330)),
	SYS(symlink, "sys_two_paths", WEAK_NAMES, NR(__NR_symlink, 83, 83)),
	SYS(symlinkat, "sys_two_paths", WEAK_NAMES, NR(__NR_symlinkat, 304, 331)),
	SYS(rename, "sys_two_paths", WEAK_NAMES, NR(__NR_rename, 38, 38)),
	SYS(renameat, "sys_two_paths", WEAK_NAMES, NR(__NR_renameat, 302, 329)),
	SYS(renameat2, "sys_two_paths", WEAK_NAMES, NR(__NR_renameat2, 353, 382)),
	SYS(unlink, "sys_unlink", WEAK_NAMES, NR(__NR_unlink, 10, 10)),
	SYS(unlinkat, "sys_unlink", WEAK_NAMES, NR(__NR_unlinkat, 301, 328)),

	SYS(socket, "sys_socket", NULL, NR_SOCK(__NR_socket, 359, 281, 1, -1)),
	SYS(connect, "sys_sock", WEAK_SOCK, NR_SOCK(__NR_connect, 362, 283, 3, -1)),
	SYS(accept, "sys_sock", WEAK_SOCK, NR_SOCK(__NR_accept, -1, 285, 5, -1)),
	SYS(accept4, "sys_sock", WEAK_SOCK, NR_SOCK(__NR_accept4, 364, 366, 18, -1)),
	SYS(sendto, "sys_sock", WEAK_SOCK, NR_SOCK(__NR_sendto, 369, 290, 11, 9)),
	SYS(sendmsg, "sys_sock", WEAK_SOCK, NR_SENDMSG),
	SYS(dup, "sys_dup", NULL, NR(__NR_dup, 41, 41)),
	SYS(dup2, "sys_dup", NULL, NR(__NR_dup2, 63, 63)),
	SYS(dup3, "sys_dup", NULL, NR(__NR_dup3, 330, 358)),

	SYS(ptrace, "sys_ptrace", NULL, NR_X32(__NR_ptrace, 26, 26, 521)),
	SYS(init_module, "sys_init_module", NULL, NR(__NR_init_module, 128, 128)),
	SYS(finit_module, "sys_finit_module", NULL, NR(__NR_finit_module, 350, 379)),

	SYS(chdir, "sys_chdir", NULL, NR(__NR_chdir, 12, 12)),
	SYS(fchdir, "sys_chdir", NULL, NR(__NR_fchdir, 133, 133)),
	SYS(chroot, "sys_chdir", NULL, NR(__NR_chroot, 61, 61)),
	SYS(setuid, "sys_cred", NULL, NR_ID(__NR_setuid, 213, 23)),
	SYS(setgid, "sys_cred", NULL, NR_ID(__NR_setgid, 214, 46)),
	SYS(setreuid, "sys_cred", NULL, NR_ID(__NR_setreuid, 203, 70)),
	SYS(setregid, "sys_cred", NULL, NR_ID(__NR_setregid, 204, 71)),
	SYS(setresuid, "sys_cred", NULL, NR_ID(__NR_setresuid, 208, 164)),
	SYS(setresgid, "sys_cred", NULL, NR_ID(__NR_setresgid, 210, 170)),
	SYS(capset, "sys_cred", NULL, NR(__NR_capset, 185, 185)),
	SYS(setsid, "sys_setsid", NULL, NR(__NR_setsid, 66, 66)),
	SYS(prctl, "sys_prctl", NULL, NR(__NR_prctl, 172, 172)),
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
		[HOOK_LSM] = "lsm",	      [HOOK_FENTRY] = "fentry",
	};

	return kind < HOOK_KINDS ? names[kind] : "unknown";
}

static bool fits(const struct hook *h, const unsigned version[2])
{
	if (version[0] != h->since[0])
		return version[0] > h->since[0];
	return version[1] >= h->since[1];
}

bool hook_chosen(const struct hook *h, const unsigned version[2], const bool *refused)
{
	const struct hook *o;

	if (refused[h - table] || !fits(h, version))
		return false;
	/* A row before this one that names it as its replacement keeps it out, unless it fails. */
	for (o = table; o < h; o++) {
		if (o->id != h->id || !o->replaced_by || strcmp(o->replaced_by, h->program) != 0)
			continue;
		if (hook_chosen(o, version, refused))
			return false;
	}
	return true;
}

bool hook_always(const struct hook *h)
{
#define EVENT(id_, name, class, doc) [EV_##name] = HW_CLASS_##class,
	static const uint8_t classes[EV_MAX] = {
#include "schema.def"
	};
	const uint8_t class = classes[h->id];

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
	if (h->nr.id16 >= 0)
		fn(ctx, (uint32_t)h->nr.id16, val | HW_COMPAT_ID16);
	if (h->nr.x32 >= 0)
		fn(ctx, (uint32_t)h->nr.x32, val);
	if (h->nr.op >= 0)
		fn(ctx, HW_COMPAT_SOCKETCALL + (uint32_t)h->nr.op, val);
	if (h->nr.op2 >= 0)
		fn(ctx, HW_COMPAT_SOCKETCALL + (uint32_t)h->nr.op2, val);
}
