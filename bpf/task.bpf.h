/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What a task says of itself: the header of every record, namespaces, sessions, executable.
 */
#ifndef HW_TASK_BPF_H
#define HW_TASK_BPF_H

#include "out.bpf.h"

#define TASK_COMM_LEN 16
#define PF_IO_WORKER 0x00000010
#define PF_KTHREAD 0x00200000

/* The kernel's dev_t (12 bits major, 20 minor) as user space knows it. */
static __always_inline __u32 user_dev(__u32 major, __u32 minor)
{
	return (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);
}

static __always_inline __u32 kernel_dev(__u32 dev)
{
	return user_dev(dev >> 20, dev & 0xfffff);
}

/* A struct upid of our own: of the kernel's, even a local one has its offsets relocated. */
struct pid_number {
	int nr;
	struct pid_namespace *ns;
};

/* The number of pid at a level of nested pid namespaces: numbers[] is as long as it is deep. */
static __always_inline struct pid_number pid_at(struct pid *pid, __u32 level)
{
	struct pid_number up = {};
	__u64 at = (__u64)pid + bpf_core_field_offset(struct pid, numbers) +
		   (__u64)level * bpf_core_type_size(struct upid);
	struct upid *number = (void *)at;

	up.nr = KREAD(number, nr);
	up.ns = KREAD(number, ns);
	return up;
}

/* The address of the task with that number, 0 when there is none. Nothing keeps it there. */
__u64 task_by_number(__u64 pid);

/* The new task that sched_process_fork tells of: perf's programs get its number. It has not run
 * yet. */
static __always_inline struct task_struct *forked_task(__u64 *ctx)
{
	if (knobs.preemptible)
		return (void *)task_by_number(TP_FIELD(ctx, sched_process_fork, child_pid));
	return (void *)ctx[1];
}

/* The process's own number in its own pid namespace, and that namespace. */
static __always_inline struct pid_number task_vpid(struct task_struct *task)
{
	struct pid *pid = KREAD(task, group_leader, thread_pid);

	return pid_at(pid, KREAD(pid, level));
}

static __always_inline __u64 task_cgroup(struct task_struct *task)
{
	return KREAD(task, cgroups, dfl_cgrp, kn, id);
}

#endif
