/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * A system call at its exit: which one in native terms, its arguments whatever the interface was,
 * its result. A handler is a program in sys_progs:
 *
 *	SYSCALL(sys_example)
 *	{
 *		struct sys_call c;
 *
 *		if (!sys_read(&c, ctx) || filter_own())
 *			return 0;
 *		... SYS_ARG(&c, 0), c.ret, c.event
 *	}
 */
#ifndef HW_SYS_BPF_H
#define HW_SYS_BPF_H

#include "filter.bpf.h"
#include "objects.bpf.h"

#define SYS_SOCKETCALL 102 /* i386: one number for all socket calls */
/* How many arguments each operation of socketcall(2) has, three bits for each. */
#define SOCKETCALL_ARGS(call, n) ((__u64)(n) << (3 * (call)))
#define SOCKETCALL_2 (SOCKETCALL_ARGS(4, 2) | SOCKETCALL_ARGS(13, 2)) /* listen, shutdown */
#define SOCKETCALL_3                                                                               \
	(SOCKETCALL_ARGS(1, 3) | SOCKETCALL_ARGS(2, 3) | SOCKETCALL_ARGS(3, 3) |                   \
	 SOCKETCALL_ARGS(5, 3) | SOCKETCALL_ARGS(16, 3) | SOCKETCALL_ARGS(17, 3))
#define SOCKETCALL_4 /* socketpair, send, recv, accept4, sendmmsg */                               \
	(SOCKETCALL_ARGS(8, 4) | SOCKETCALL_ARGS(9, 4) | SOCKETCALL_ARGS(10, 4) |                  \
	 SOCKETCALL_ARGS(18, 4) | SOCKETCALL_ARGS(20, 4))
#define SOCKETCALL_5 SOCKETCALL_ARGS(19, 5) /* recvmmsg */
#define SOCKETCALL_6 (SOCKETCALL_ARGS(11, 6) | SOCKETCALL_ARGS(12, 6)) /* sendto, recvfrom */
#define AT_FDCWD -100

/* The section's leading "?" keeps libbpf from attaching it to the tracepoint by itself; the
 * hook table decides what is loaded. */
#define SYSCALL(name) TRACEPOINT(raw_syscalls, sys_exit) int name(__u64 *ctx)

struct sys_call {
	struct pt_regs *regs;
	__s64 ret;
	__u32 nr;     /* native */
	__u32 event;  /* event id from the hook table */
	__u32 flags;  /* HW_F_* for the header */
	__u8 compat;  /* the registers are those of the 32-bit interface */
	__u8 narrow;  /* pointers in user memory have 32 bits: compat and x32 */
	__u8 old;     /* the older form: 16-bit user ids, say; struct hook_nr */
	__u8 in_mem;  /* socketcall: the arguments are in mem */
	__u32 mem[8]; /* six at most; 5.10 takes three bits for up to seven, whatever was tested */
};

/* Number of the other interfaces -> value of sys_compat; 0 when it is none of ours. op is the
 * operation of a socketcall(2). */
static __always_inline __u32 compat_value(__u32 nr, __u32 op, bool compat)
{
	__u32 *val;

	nr &= ~X32_SYSCALL_BIT;
	if (compat && nr >= 512)
		return 0;
	if (!compat && nr < 512)
		return nr + 1; /* x32 shares these with the native interface */
#if defined(__TARGET_ARCH_x86)
	if (compat && nr == SYS_SOCKETCALL) {
		if (op >= HW_COMPAT_MAX - HW_COMPAT_SOCKETCALL)
			return 0;
		nr = op + HW_COMPAT_SOCKETCALL;
	}
#endif
	val = bpf_map_lookup_elem(&sys_compat, &nr);
	return val ? *val : 0;
}

/* The kernel's own codes for "try again after the signal" reach no program as they are. */
static __always_inline __s64 sys_result(__s64 ret)
{
	return ret <= -512 && ret >= -516 ? -4 /* EINTR */ : ret;
}

/* socketcall(2) passes its arguments in memory, as many as the call has and not one more:
 * reading beyond them could meet an unmapped page. (send is a sendto without an address, and
 * recv a recvfrom without one.) */
static __always_inline void read_socketcall(struct sys_call *c, __u32 call, const void *args)
{
	const __u64 counts =
		SOCKETCALL_2 | SOCKETCALL_3 | SOCKETCALL_4 | SOCKETCALL_5 | SOCKETCALL_6;
	__u32 n = call > 20 ? 0 : (counts >> (3 * call)) & 7;

	if (n && bpf_probe_read_user(c->mem, n * sizeof(c->mem[0]), args))
		count_lost(HW_CLASS_NET, HW_LOST_str_fault);
}

static __always_inline struct pt_regs *exit_regs(__u64 *ctx)
{
	return knobs.preemptible ? current_regs() : (struct pt_regs *)ctx[0];
}

static __always_inline __s64 exit_result(__u64 *ctx)
{
	return knobs.preemptible ? TP_FIELD(ctx, sys_exit, ret) : (__s64)ctx[1];
}

/* Fills *c; false when the call is none of the hook table's. */
static __always_inline bool sys_read(struct sys_call *c, __u64 *ctx)
{
	struct pt_regs *regs = exit_regs(ctx);
	__u32 nr = SYSCALL_NR(regs);
	__u32 val = nr + 1;
	__u32 *event;

	__builtin_memset(c, 0, sizeof(*c));
	c->regs = regs;
	c->ret = sys_result(exit_result(ctx));
	c->compat = syscall_is_compat();
	if (c->compat || (nr & X32_SYSCALL_BIT)) {
		val = compat_value(nr, COMPAT_ARG0(regs), c->compat);
		c->narrow = 1;
		c->flags = HW_F_COMPAT;
		c->old = !!(val & HW_COMPAT_OLD);
	}
	c->nr = (val & (HW_COMPAT_OLD - 1)) - 1;
#if defined(__TARGET_ARCH_x86)
	if (c->compat && nr == SYS_SOCKETCALL) {
		c->in_mem = 1;
		read_socketcall(c, COMPAT_ARG0(regs), (void *)(__u64)COMPAT_ARG1(regs));
	}
#endif
	if (c->ret < 0)
		c->flags |= HW_F_FAILED;
	event = bpf_map_lookup_elem(&sys_events, &c->nr);
	c->event = event ? *event : 0;
	return c->event != 0;
}

/* n is a literal. 32-bit arguments come zero-extended: cast to int what may be negative. */
#define SYS_ARG(c, n)                                                                              \
	((c)->in_mem ? (__u64)(c)->mem[n] :                                                        \
	 (c)->compat ? (__u64)COMPAT_ARG##n((c)->regs) : (__u64)SYSCALL_ARG##n((c)->regs))

/* The open file behind a descriptor of the current process, a struct file * as a number, or 0
 * (also for a negative descriptor, which is a large number here). In object.bpf.c. */
__u64 fd_file(__u64 fd);

/* Begins the record of a system call. */
static __always_inline struct scratch *sys_begin(const struct sys_call *c, __u32 class,
						 __u32 fixed_len)
{
	struct scratch *s = out_begin(c->event, class, fixed_len);

	if (s)
		((struct ev_hdr *)s->rec)->flags |= c->flags;
	else
		drop_objects();
	return s;
}

/* Fills a base: the directory that a relative name at user address name starts from. */
static __always_inline void put_base(struct scratch *s, int dirfd, __u32 name_off, __u32 base_off)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct hw_str *name = (const void *)&s->rec[name_off];
	__u32 off = name->off;
	struct file *dir;
	struct vfsmount *mnt;
	struct dentry *dentry;

	if (!off || off >= REC_LAST || (name->flags & HW_STR_FAULT) || s->rec[off] == '/')
		return;
	if (dirfd == AT_FDCWD) {
		mnt = KREAD(task, fs, pwd.mnt);
		dentry = KREAD(task, fs, pwd.dentry);
	} else {
		dir = (void *)fd_file(dirfd);
		if (!dir)
			return;
		mnt = KREAD(dir, f_path.mnt);
		dentry = KREAD(dir, f_path.dentry);
	}
	put_path(s->idx, (__u64)mnt, (__u64)dentry, base_off);
}

#endif
