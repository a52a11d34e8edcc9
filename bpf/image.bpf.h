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
static __always_inline bool exe_writable(struct file *file, struct inode *inode,
					 struct cred *cred)
{
	__u16 mode = KREAD(inode, i_mode);

	if (KREAD(inode, i_sb, s_flags) & SB_RDONLY)
		return false;
	if (KREAD(file, f_path.mnt, mnt_flags) & MNT_READONLY)
		return false;
	if (KREAD(inode, i_flags) & S_IMMUTABLE)
		return false;
	if ((CRED_CAPS(cred, cap_effective) >> CAP_DAC_OVERRIDE) & 1)
		return true;
	if (KREAD(cred, fsuid.val) == KREAD(inode, i_uid.val))
		return mode & 0200;
	if (KREAD(cred, fsgid.val) == KREAD(inode, i_gid.val))
		return mode & 0020;
	return mode & 0002;
}

static __always_inline void image_exe(struct scratch *s, struct hw_image *im,
				      struct task_struct *task, __u32 path_off)
{
	struct file *file = KREAD(task, mm, exe_file);
	struct inode *inode;
	struct dentry *dentry;

	if (!file)
		return;
	inode = KREAD(file, f_inode);
	dentry = KREAD(file, f_path.dentry);
	im->exe_ino = KREAD(inode, i_ino);
	im->exe_ino_ctime = inode_ctime_ns(inode);
	im->exe_ino_mtime = inode_mtime_ns(inode);
	im->exe_dev = kernel_dev(KREAD(inode, i_sb, s_dev));
	im->flags = inode_layer(inode);
	if (exe_writable(file, inode, KREAD(task, cred)))
		im->flags |= HW_EXE_WRITABLE;
	if (dentry_is_memfd(dentry))
		im->flags |= HW_EXE_FROM_MEMFD;
	else if (dentry_deleted(dentry) || !KREAD(inode, i_nlink))
		im->flags |= HW_EXE_DELETED;
	put_path(s->idx, (__u64)KREAD(file, f_path.mnt), (__u64)dentry, path_off);
}

static __always_inline void image_session(struct hw_image *im, struct task_struct *task)
{
	struct signal_struct *signal = KREAD(task, signal);
	struct pid *pgrp = KREAD(signal, pids[PIDTYPE_PGID]);
	struct pid *pid = KREAD(task, group_leader, thread_pid);
	struct tty_struct *tty = KREAD(signal, tty);

	im->sid = pid_at(KREAD(signal, pids[PIDTYPE_SID]), 0).nr;
	im->pgid = pid_at(pgrp, 0).nr;
	im->vpgid = pid_at(pgrp, KREAD(pid, level)).nr;
	if (tty)
		im->tty = user_dev(KREAD(tty, driver, major),
				   KREAD(tty, driver, minor_start) +
					   KREAD(tty, index));
}

static __always_inline void image_namespaces(struct hw_image *im, struct task_struct *task)
{
	struct pid_namespace *pidns = task_vpid(task).ns;

	im->pidns = KREAD(pidns, ns.inum);
	im->mntns = KREAD(task, nsproxy, mnt_ns, ns.inum);
	im->netns = KREAD(task, nsproxy, net_ns, ns.inum);
	im->userns = KREAD(task, cred, user_ns, ns.inum);
}

/* base is where im lies in the record. */
static __always_inline void fill_image(struct scratch *s, struct hw_image *im, __u32 base,
				       struct task_struct *task)
{
	struct cred *cred = KREAD(task, cred);

	im->cap_inheritable = CRED_CAPS(cred, cap_inheritable);
	image_session(im, task);
	image_namespaces(im, task);
	image_exe(s, im, task, base + __builtin_offsetof(struct hw_image, trusted_exepath));
	put_path(s->idx, (__u64)KREAD(task, fs, pwd.mnt),
		 (__u64)KREAD(task, fs, pwd.dentry),
		 base + __builtin_offsetof(struct hw_image, cwd));
}

#endif
