/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Another process that a call was about: found at the end of the call from the kernel's objects,
 * from the number or descriptor that the caller passed. No hook beside the call's own is needed.
 *
 * A number is looked up where the kernel does, in the tables of the caller's pid namespace, without
 * its lock: a process that ends meanwhile may be missed, one that takes over the number found
 * instead. The first is told as no target; the second needs all numbers to wrap around within one
 * system call.
 */
#ifndef HW_TARGET_BPF_H
#define HW_TARGET_BPF_H

#include "path.bpf.h"
#include "sys.bpf.h"

/* TARGET_FIELDS as a struct. */
struct target {
	__u64 start;
	__u64 cgroup;
	__u32 pid;
	__u32 tid;
};

/* In target.bpf.c. A struct task_struct * as a number, 0 when there is none: */

/* The first task that has nr, a number of the caller's pid namespace, as its id of that type (enum
 * pid_type). Of a process group it is an arbitrary member. */
__u64 pid_task(__u64 nr, __u64 type);
/* The process that a pidfd or a directory in /proc stands for; file is a struct file *. */
__u64 file_task(__u64 file);
/* Fills TARGET_FIELDS, whose first is at off; nothing without a task. */
int put_target(__u64 slot, __u64 task, __u64 off);

#define OUT_TARGET(s, event, task) put_target((s)->idx, task, STR_OFF(event, target_start))

static __always_inline void target_read(struct target *t, struct task_struct *task)
{
	t->start = KREAD(task, group_leader, start_boottime);
	t->cgroup = task_cgroup(task);
	t->pid = KREAD(task, tgid);
	t->tid = KREAD(task, pid);
}

/* Names of anonymous inodes by their first 8 bytes, NUL included; no two of the kernel's share
 * them. */
#define NAME8(a, b, c, d, e, f, g, h)                                                              \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |   \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)
#define ANON_PIDFD NAME8('[', 'p', 'i', 'd', 'f', 'd', ']', 0)
#define ANON_IO_URING NAME8('[', 'i', 'o', '_', 'u', 'r', 'i', 'n')
#define ANON_BPF_PROG NAME8('b', 'p', 'f', '-', 'p', 'r', 'o', 'g')
#define ANON_BPF_MAP NAME8('b', 'p', 'f', '-', 'm', 'a', 'p', 0)

static __always_inline bool anon_is(struct file *file, __u64 name)
{
	__u64 has = 0;

	bpf_probe_read_kernel(&has, sizeof(has), KREAD(file, f_path.dentry, d_name.name));
	return has == name && KREAD(file, f_inode, i_sb, s_magic) == ANON_INODE_MAGIC;
}

#endif
