/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * One helper per kernel difference, each with the change that made it. Callers see no versions.
 * Also what a system call's registers mean on this architecture and in 32-bit mode.
 */
#ifndef HW_COMPAT_BPF_H
#define HW_COMPAT_BPF_H

#include "knobs.h"
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define NSEC_PER_SEC 1000000000ull

/* Sections of their own: user space finds them as maps of that name, at offset 0. Defined in
 * out.bpf.c. */
extern const volatile struct hw_knobs knobs;
extern volatile struct hw_masks masks;

/* p->a->b->c, whatever the number of steps up to four. */
#define LOAD_1(p, a) ((p)->a)
#define LOAD_2(p, a, b) ((p)->a->b)
#define LOAD_3(p, a, b, c) ((p)->a->b->c)
#define LOAD_4(p, a, b, c, d) ((p)->a->b->c->d)
#define LOAD_NTH(_1, _2, _3, _4, name, ...) name
#define LOAD_CHAIN(p, ...)                                                                         \
	LOAD_NTH(__VA_ARGS__, LOAD_4, LOAD_3, LOAD_2, LOAD_1)(p, __VA_ARGS__)

/* Reads p->a->b: KREAD(p, a, b), as BPF_CORE_READ. p points to an unqualified type, the last field
 * is a number or a pointer. A fault reads as 0.
 *
 * In an object that defines HW_PLAIN_LOADS it takes no helper call for every arrow where the kernel
 * lets a program name the type that an address points to: bpf_rdonly_cast came with 6.2
 * (a35b9af4ec2c "bpf: Add a kfunc for generic type cast"). The choice is a constant to the
 * verifier, which removes the other branch before anything runs; on older kernels the call to what
 * is not there goes with it. Only one object may do so: bpftool's linker up to 7.1 fails on the
 * second that names the same kernel function. */
#ifdef HW_PLAIN_LOADS
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

#define KREAD(p, ...)                                                                              \
	(knobs.plain_loads ? LOAD_CHAIN(KCAST(p), __VA_ARGS__) : BPF_CORE_READ(p, __VA_ARGS__))
#define KCAST(p) ((typeof(p))bpf_rdonly_cast(p, bpf_core_type_id_kernel(typeof(*(p)))))
#else
#define KREAD(p, ...) BPF_CORE_READ(p, __VA_ARGS__)
#endif

/* Inode times were struct timespec64 i_ctime; 6.6 renamed it __i_ctime (13bc24457850 "fs: rename
 * i_ctime field to __i_ctime"), 6.7 the same for i_mtime (12cd44023651); 6.11 split both into
 * seconds and nanoseconds (3aa63a569c64 "fs: switch timespec64 fields in inode to discrete
 * integers"). */
static __always_inline __u64 inode_ctime_ns(struct inode *inode)
{
	const struct inode___ts64 *ts = (const void *)inode;
	const struct inode___uts64 *uts = (const void *)inode;

	if (bpf_core_field_exists(inode->i_ctime_sec))
		return BPF_CORE_READ(inode, i_ctime_sec) * NSEC_PER_SEC +
		       BPF_CORE_READ(inode, i_ctime_nsec);
	if (bpf_core_field_exists(uts->__i_ctime))
		return BPF_CORE_READ(uts, __i_ctime.tv_sec) * NSEC_PER_SEC +
		       BPF_CORE_READ(uts, __i_ctime.tv_nsec);
	return BPF_CORE_READ(ts, i_ctime.tv_sec) * NSEC_PER_SEC +
	       BPF_CORE_READ(ts, i_ctime.tv_nsec);
}

static __always_inline __u64 inode_mtime_ns(struct inode *inode)
{
	const struct inode___ts64 *ts = (const void *)inode;
	const struct inode___uts64 *uts = (const void *)inode;

	if (bpf_core_field_exists(inode->i_mtime_sec))
		return BPF_CORE_READ(inode, i_mtime_sec) * NSEC_PER_SEC +
		       BPF_CORE_READ(inode, i_mtime_nsec);
	if (bpf_core_field_exists(uts->__i_mtime))
		return BPF_CORE_READ(uts, __i_mtime.tv_sec) * NSEC_PER_SEC +
		       BPF_CORE_READ(uts, __i_mtime.tv_nsec);
	return BPF_CORE_READ(ts, i_mtime.tv_sec) * NSEC_PER_SEC +
	       BPF_CORE_READ(ts, i_mtime.tv_nsec);
}

/* Place of the dentry among the arguments of security_inode_setxattr: first, until 5.12 put the
 * mount's user namespace before it (71bc356f93a1 "commoncap: handle idmapped mounts"), in whose
 * place 6.3 has the idmap (39f60c1ccee7). */
static __always_inline __u32 setxattr_dentry_arg(void)
{
	const struct vfsmount *mnt = NULL;
	const struct vfsmount___userns *old = NULL;

	return bpf_core_field_exists(mnt->mnt_idmap) || bpf_core_field_exists(old->mnt_userns);
}

/* A capability set is kernel_cap_t: two 32-bit words up to 6.2, one 64-bit word since (f122a08b197d
 * "capability: just use a 'u64' instead of a 'u32[2]' array"). On the little-endian machines that
 * hullwatch runs on both are the same 8 bytes. */
#define CRED_CAPS(cred, set)                                                                       \
	({                                                                                         \
		__u64 caps_ = 0;                                                                   \
		bpf_core_read(&caps_, sizeof(caps_), &(cred)->set);                                \
		caps_;                                                                             \
	})

/* The upper dentry of an overlayfs inode. struct ovl_inode is private to the overlay module, whose
 * BTF may not be there when we load; since it was made (4.13) the word behind its vfs_inode has
 * been __upperdentry. NULL for a file that is only in a lower layer. */
static __always_inline struct dentry *ovl_upper(struct inode *inode)
{
	struct dentry *upper = NULL;
	__u64 at = (__u64)inode + bpf_core_type_size(struct inode);

	bpf_probe_read_kernel(&upper, sizeof(upper), (void *)at);
	return upper;
}

/* thread_info word that tells the system call interface: status on x86, flags on arm64. No local
 * struct thread_info: stores to its fields would be relocated to the kernel's offsets too.
 * bpf_get_current_task_btf came with 5.11 (3ca1032ab7ab): its result is read by plain loads. */
#if defined(__TARGET_ARCH_x86)
#define TI_WORD status
#else
#define TI_WORD flags
#endif

static __always_inline __u64 current_ti_word(void)
{
	struct task_struct *task;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		task = bpf_get_current_task_btf();
		return task->thread_info.TI_WORD;
	}
	task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, thread_info.TI_WORD);
}

/* --- tracepoints --- */
/*
 * Up to 6.19 whoever passed a tracepoint could not be preempted in it. Since a46023d5616e
 * ("tracing: Guard __DECLARE_TRACE() use of __DO_TRACE_CALL() with SRCU-fast") and f7d327654b88
 * ("bpf: Have __bpf_trace_run() use rcu_read_lock_dont_migrate()") a BPF tracepoint's programs can
 * be, where the kernel can. It runs none of them twice at once on a CPU: while one task sleeps
 * inside, the program is skipped for every other task there, and a few idle-class threads that are
 * always inside would blind us.
 *
 * perf's programs of the same tracepoint run with preemption off. On such kernels (knobs.
 * preemptible) user space loads the programs of TRACEPOINT as perf's: they get the fields of the
 * tracepoint's record in place of its arguments. What perf skips, and why, is said at
 * HW_LOST_skipped. (Tracepoints that pass with interrupts off need no such care, nor do LSM
 * programs, which are never skipped.)
 */
#define TRACEPOINT(group, name) SEC("?tp_any/" #group "/" #name)
/* Of a record: what a program of TRACEPOINT is given there. A load by itself, lest the compiler
 * makes one of both kinds. */
#define TP_FIELD(ctx, name, field)                                                                 \
	({                                                                                         \
		struct trace_event_raw_##name *raw_ = (void *)(ctx);                               \
		__typeof__(raw_->field) val_ = raw_->field;                                        \
		barrier_var(val_);                                                                 \
		val_;                                                                              \
	})

/* --- registers of a system call, at its exit --- */
/* A 64-bit argument of the 32-bit interface takes two registers; COMPAT_WIDE_ARGn begins at n. */
#define WIDE(lo, hi) ((__u64)(lo) | (__u64)(hi) << 32)

#if defined(__TARGET_ARCH_x86)

#define TS_COMPAT 2		   /* thread_info.status: entered through a 32-bit gate */
#define X32_SYSCALL_BIT 0x40000000 /* x86's third interface: 64-bit entry, 32-bit pointers */

/* The code segment does not tell: 64-bit code may use int 0x80. */
static __always_inline bool syscall_word_is_compat(__u64 ti_word)
{
	return ti_word & TS_COMPAT;
}

#define SYSCALL_NR_FIELD orig_ax
#define SYSCALL_NR(r) ((__u32)(r)->SYSCALL_NR_FIELD)
#define SYSCALL_ARG0(r) ((r)->di)
#define SYSCALL_ARG1(r) ((r)->si)
#define SYSCALL_ARG2(r) ((r)->dx)
#define SYSCALL_ARG3(r) ((r)->r10)
#define SYSCALL_ARG4(r) ((r)->r8)
#define SYSCALL_ARG5(r) ((r)->r9)
#define COMPAT_ARG0(r) ((__u32)(r)->bx)
#define COMPAT_ARG1(r) ((__u32)(r)->cx)
#define COMPAT_ARG2(r) ((__u32)(r)->dx)
#define COMPAT_ARG3(r) ((__u32)(r)->si)
#define COMPAT_ARG4(r) ((__u32)(r)->di)
#define COMPAT_ARG5(r) ((__u32)(r)->bp)
#define COMPAT_WIDE_ARG1(r) WIDE(COMPAT_ARG1(r), COMPAT_ARG2(r))
#define COMPAT_WIDE_ARG3(r) WIDE(COMPAT_ARG3(r), COMPAT_ARG4(r))

#elif defined(__TARGET_ARCH_arm64)

#define TIF_32BIT (1ul << 22)
#define X32_SYSCALL_BIT 0 /* no third interface */

static __always_inline bool syscall_word_is_compat(__u64 ti_word)
{
	return ti_word & TIF_32BIT;
}

/* regs[0] holds the result at the exit; orig_x0 keeps the first argument. */
#define SYSCALL_NR_FIELD syscallno
#define SYSCALL_NR(r) ((__u32)(r)->SYSCALL_NR_FIELD)
#define SYSCALL_ARG0(r) ((r)->orig_x0)
#define SYSCALL_ARG1(r) ((r)->regs[1])
#define SYSCALL_ARG2(r) ((r)->regs[2])
#define SYSCALL_ARG3(r) ((r)->regs[3])
#define SYSCALL_ARG4(r) ((r)->regs[4])
#define SYSCALL_ARG5(r) ((r)->regs[5])
#define COMPAT_ARG0(r) ((__u32)(r)->orig_x0)
#define COMPAT_ARG1(r) ((__u32)(r)->regs[1])
#define COMPAT_ARG2(r) ((__u32)(r)->regs[2])
#define COMPAT_ARG3(r) ((__u32)(r)->regs[3])
#define COMPAT_ARG4(r) ((__u32)(r)->regs[4])
#define COMPAT_ARG5(r) ((__u32)(r)->regs[5])
/* The pair begins at an even register. */
#define COMPAT_WIDE_ARG1(r) WIDE(COMPAT_ARG2(r), COMPAT_ARG3(r))
#define COMPAT_WIDE_ARG3(r) WIDE(COMPAT_ARG4(r), COMPAT_ARG5(r))

#endif

static __always_inline bool syscall_is_compat(void)
{
	return syscall_word_is_compat(current_ti_word());
}

/* The registers with which the current task entered the kernel, to be read by KREAD; NULL where
 * they are not to be had. bpf_task_pt_regs came with 5.15 (dd6e10fbd9fb), for programs that trace.
 * Before, on x86, they are at the top of a stack of 16 KiB, the size in every kernel without KASAN;
 * arm64 attaches no object hook before 6.4. */
#define OLD_STACK_LEN 16384

static __always_inline struct pt_regs *current_regs(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
#if defined(__TARGET_ARCH_x86)
	return BPF_CORE_READ(task, stack) + OLD_STACK_LEN - bpf_core_type_size(struct pt_regs);
#else
	(void)task;
	return NULL;
#endif
}

#endif
