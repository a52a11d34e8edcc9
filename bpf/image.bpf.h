/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * A process's image (IMAGE_FIELDS of schema.def): executable, session, namespaces. Shared by the
 * exec hook and the start-up iterator; neither argv nor filename, which they know differently.
 */
#ifndef HW_IMAGE_BPF_H
#define HW_IMAGE_BPF_H

#include "path.bpf.h"

#define SB_RDONLY 1
#define MNT_READONLY 0x40
#define S_IMMUTABLE 8
#define CAP_DAC_OVERRIDE 1

/* May these credentials write the file? Owner, group and others by mode, and the capability that
 * overrides them; supplementary groups and ACLs are not looked at. */
static __always_inline bool exe_writable(const struct file *file, const struct inode *inode,
					 const struct cred *cred)
{
	__u16 mode = BPF_CORE_READ(inode, i_mode);

	if (BPF_CORE_READ(inode, i_sb, s_flags) & SB_RDONLY)
		return false;
	if (BPF_CORE_READ(file, f_path.mnt, mnt_flags) & MNT_READONLY)
		return false;
	if (BPF_CORE_READ(inode, i_flags) & S_IMMUTABLE)
		return false;
	if ((CRED_CAPS(cred, cap_effective) >> CAP_DAC_OVERRIDE) & 1)
		return true;
	if (BPF_CORE_READ(cred, fsuid.val) == BPF_CORE_READ(inode, i_uid.val))
		return mode & 0200;
	if (BPF_CORE_READ(cred, fsgid.val) == BPF_CORE_READ(inode, i_gid.val))
		return mode & 0020;
	return mode & 0002;
}

static __always_inline void image_exe(struct scratch *s, struct hw_image *im,
				      const struct task_struct *task, __u32 path_off)
{
	const struct file *file = BPF_CORE_READ(task, mm, exe_file);
	const struct inode *inode;
	struct dentry *dentry;

	if (!file)
		return;
	inode = BPF_CORE_READ(file, f_inode);
	dentry = BPF_CORE_READ(file, f_path.dentry);
	im->exe_ino = BPF_CORE_READ(inode, i_ino);
	im->exe_ino_ctime = inode_ctime_ns(inode);
	im->exe_ino_mtime = inode_mtime_ns(inode);
	im->exe_dev = kernel_dev(BPF_CORE_READ(inode, i_sb, s_dev));
	im->flags = inode_layer(inode);
	if (exe_writable(file, inode, BPF_CORE_READ(task, cred)))
		im->flags |= HW_EXE_WRITABLE;
	if (dentry_is_memfd(dentry))
		im->flags |= HW_EXE_FROM_MEMFD;
	else if (dentry_deleted(dentry) || !BPF_CORE_READ(inode, i_nlink))
		im->flags |= HW_EXE_DELETED;
	put_path(s->idx, (__u64)BPF_CORE_READ(file, f_path.mnt), (__u64)dentry, path_off);
}

static __always_inline void image_session(struct hw_image *im, const struct task_struct *task)
{
	const struct signal_struct *signal = BPF_CORE_READ(task, signal);
	const struct pid *pgrp = BPF_CORE_READ(signal, pids[PIDTYPE_PGID]);
	const struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	const struct tty_struct *tty = BPF_CORE_READ(signal, tty);

	im->sid = pid_at(BPF_CORE_READ(signal, pids[PIDTYPE_SID]), 0).nr;
	im->pgid = pid_at(pgrp, 0).nr;
	im->vpgid = pid_at(pgrp, BPF_CORE_READ(pid, level)).nr;
	if (tty)
		im->tty = user_dev(BPF_CORE_READ(tty, driver, major),
				   BPF_CORE_READ(tty, driver, minor_start) +
					   BPF_CORE_READ(tty, index));
}

static __always_inline void image_namespaces(struct hw_image *im, const struct task_struct *task)
{
	const struct pid_namespace *pidns = task_vpid(task).ns;

	im->pidns = BPF_CORE_READ(pidns, ns.inum);
	im->mntns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	im->netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	im->userns = BPF_CORE_READ(task, cred, user_ns, ns.inum);
}

/* base is where im lies in the record. */
static __always_inline void fill_image(struct scratch *s, struct hw_image *im, __u32 base,
				       const struct task_struct *task)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);

	im->cap_inheritable = CRED_CAPS(cred, cap_inheritable);
	image_session(im, task);
	image_namespaces(im, task);
	image_exe(s, im, task, base + __builtin_offsetof(struct hw_image, trusted_exepath));
	put_path(s->idx, (__u64)BPF_CORE_READ(task, fs, pwd.mnt),
		 (__u64)BPF_CORE_READ(task, fs, pwd.dentry),
		 base + __builtin_offsetof(struct hw_image, cwd));
}

#endif
