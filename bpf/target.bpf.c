/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * One process on another: how it is found (target.bpf.h), and the calls that trace it, read or
 * write its memory, or take hold of it by a descriptor. Signals are in signal.bpf.c.
 */
#include "target.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define PROC_MAGIC 0x9fa0
#define XA_NODE_BIT 2	/* in an entry: points to a node (xa_is_node) */
#define XA_ENTRY_BITS 3
#define XA_MAX_CODE 4096 /* entries up to here are the kernel's own marks */
#define XA_LEVELS 6	/* 22 bits of a pid, six at a time, or four with CONFIG_BASE_SMALL */

/* A namespace keeps its numbers in an xarray: nodes of slots, six bits of the number at a time, the
 * highest first. */
static __always_inline struct pid *pid_lookup(struct pid_namespace *ns, __u32 nr)
{
	const __u32 chunk = bpf_core_field_size(((struct xa_node *)0)->slots) / sizeof(void *);
	__u64 entry = (__u64)KREAD(ns, idr.idr_rt.xa_head);
	__u32 i, shift = 0;
	bool top = true;

	for (i = 0; i < XA_LEVELS; i++) {
		struct xa_node *node = (void *)(entry - XA_NODE_BIT);
		__u64 at;

		if ((entry & XA_ENTRY_BITS) != XA_NODE_BIT || entry <= XA_MAX_CODE)
			break;
		shift = KREAD(node, shift) & 31;
		/* The tree is only as high as the largest number in it. */
		if (top && (__u64)nr >> shift >= chunk)
			return NULL;
		top = false;
		at = (__u64)node + bpf_core_field_offset(struct xa_node, slots) +
		     (nr >> shift & (chunk - 1)) * sizeof(void *);
		entry = 0;
		bpf_probe_read_kernel(&entry, sizeof(entry), (void *)at);
	}
	/* A lone entry without a node is number 0, which no process has. */
	return top || shift || (entry & XA_ENTRY_BITS) ? NULL : (struct pid *)entry;
}

static __always_inline __u64 task_of(struct pid *pid, __u32 type)
{
	__u64 link = 0, at = (__u64)pid + bpf_core_field_offset(struct pid, tasks);

	if (!pid)
		return 0;
	type &= 3;
	bpf_probe_read_kernel(&link, sizeof(link), (void *)(at + type * sizeof(link)));
	if (!link)
		return 0;
	return link - bpf_core_field_offset(struct task_struct, pid_links) -
	       type * bpf_core_type_size(struct hlist_node);
}

__noinline __u64 pid_task(__u64 nr, __u64 type)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (!nr || nr > 0x7fffffff)
		return 0;
	return task_of(pid_lookup(task_vpid(task).ns, nr), type);
}

/* Since 6.9 a pidfd is a file of pidfs, whose inode has the pid (cb12fd8e0dab "pidfd: add pidfs");
 * before, an anonymous inode's, which had it itself. */
__noinline __u64 file_task(__u64 of_file)
{
	struct file *file = (void *)of_file;
	struct inode *inode = KREAD(file, f_inode);
	__u32 magic = KREAD(inode, i_sb, s_magic);
	struct proc_inode *in_proc;
	struct pid *pid = NULL;

	if (!file)
		return 0;
	if (magic == PIDFS_MAGIC) {
		pid = KREAD(inode, i_private);
	} else if (anon_is(file, ANON_PIDFD)) {
		pid = KREAD(file, private_data);
	} else if (magic == PROC_MAGIC) {
		in_proc = (void *)inode - bpf_core_field_offset(struct proc_inode, vfs_inode);
		pid = KREAD(in_proc, pid);
	}
	return task_of(pid, PIDTYPE_PID);
}

__noinline int put_target(__u64 slot, __u64 of_task, __u64 off)
{
	struct scratch *s = scratch_slot(slot);
	struct task_struct *task = (void *)of_task;
	struct target *t;

	if (!s || !task || off > FIXED_MAX)
		return -1;
	/* 5.10 and 6.1 do not carry that test over to a copy of the number on the stack. */
	barrier_var(off);
	off &= 2 * FIXED_MAX - 1;
	t = (struct target *)&s->rec[off];
	target_read(t, task);
	return 0;
}

/* PTRACE_TRACEME names nobody. */
SYSCALL(sys_ptrace)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_ptrace *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_ptrace, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, ptrace);
	e->res = c.ret;
	e->request = SYS_ARG(&c, 0);
	e->pid = SYS_ARG(&c, 1);
	e->addr = SYS_ARG(&c, 2);
	e->data = SYS_ARG(&c, 3);
	if (e->request)
		OUT_TARGET(s, ptrace, pid_task(e->pid, PIDTYPE_PID));
	return out_end(s);
}

static __always_inline __u64 first_piece(const struct sys_call *c, __u64 iov)
{
	__u64 base = 0;

	if (bpf_probe_read_user(&base, c->narrow ? 4 : 8, (void *)iov) && iov)
		count_lost(HW_CLASS_KERNEL, HW_LOST_str_fault);
	return base;
}

SYSCALL(sys_process_vm)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_process_vm_readv *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_process_vm_readv, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, process_vm_readv);
	e->res = c.ret;
	e->pid = SYS_ARG(&c, 0);
	if (SYS_ARG(&c, 4))
		e->addr = first_piece(&c, SYS_ARG(&c, 3));
	OUT_TARGET(s, process_vm_readv, pid_task(e->pid, PIDTYPE_PID));
	return out_end(s);
}

SYSCALL(sys_pidfd_open)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_pidfd_open *e;
	__u64 task;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_pidfd_open, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, pidfd_open);
	e->res = c.ret;
	e->pid = SYS_ARG(&c, 0);
	e->flags = SYS_ARG(&c, 1);
	task = c.ret < 0 ? 0 : file_task(fd_file(c.ret));
	OUT_TARGET(s, pidfd_open, task ? task : pid_task(e->pid, PIDTYPE_PID));
	return out_end(s);
}

SYSCALL(sys_pidfd_getfd)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_pidfd_getfd *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_pidfd_getfd, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, pidfd_getfd);
	e->res = c.ret;
	e->pid_fd = SYS_ARG(&c, 0);
	e->target_fd = SYS_ARG(&c, 1);
	e->flags = SYS_ARG(&c, 2);
	OUT_TARGET(s, pidfd_getfd, file_task(fd_file(e->pid_fd)));
	OUT_STR(s, pidfd_getfd, obj, put_fdobj, fd_file(c.ret));
	return out_end(s);
}
