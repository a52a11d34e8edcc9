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

#include "sys.bpf.h"

/* In target.bpf.c. A struct task_struct * as a number, 0 when there is none: */

/* The first task that has nr, a number of the caller's pid namespace, as its id of that type (enum
 * pid_type). Of a process group it is an arbitrary member. */
__u64 pid_task(__u64 nr, __u64 type);
/* The process that a pidfd or a directory in /proc stands for; file is a struct file *. */
__u64 file_task(__u64 file);
/* Fills TARGET_FIELDS, whose first is at off; nothing without a task. */
int put_target(__u64 slot, __u64 task, __u64 off);

#define OUT_TARGET(s, event, task) put_target((s)->idx, task, STR_OFF(event, target_start))

/* Is the file an anonymous inode's of that name (a string literal)? */
#define anon_is(file, literal) anon_named(file, literal, sizeof(literal))

static __always_inline bool anon_named(struct file *file, const char *name, __u32 size)
{
	char has[16] = {};
	__u32 i;

	if (!file || size > sizeof(has))
		return false;
	bpf_probe_read_kernel(has, size, KREAD(file, f_path.dentry, d_name.name));
#pragma unroll
	for (i = 0; i < size; i++)
		if (has[i] != name[i])
			return false;
	return true;
}

#endif
