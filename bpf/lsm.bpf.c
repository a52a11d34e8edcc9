/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Object hooks: what the kernel itself is about to work on, noted for the end of the call
 * (objects.bpf.h). Each body has two sections: the LSM hook, and fentry on the function that calls
 * it, for kernels where BPF is not among the active LSMs. None of them ever denies anything.
 *
 * Arguments are read as numbers, since they go to global functions; a hook names the places it
 * needs, which are the same on all kernels unless compat.bpf.h says otherwise.
 */
#include "objects.bpf.h"
#include "task.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ARGS_MAX 5
#define ELF_MAGIC 0x464c457f

extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

/* Whoever is preempted here keeps a buffer of the CPU (out.bpf.c); with 7.0 a program may call our
 * functions and not be. */
static __always_inline void hold_cpu(void)
{
	if (knobs.preemptible)
		bpf_preempt_disable();
}

static __always_inline void leave_cpu(void)
{
	if (knobs.preemptible)
		bpf_preempt_enable();
}

/* OBJECT_HOOK(the LSM hook's name, the function's) { body with a[], the arguments } */
#define OBJECT_HOOK(hook, function)                                                                \
	static __always_inline void body_##hook(const __u64 a[ARGS_MAX]);                          \
	SEC("?lsm/" #hook)                                                                         \
	int lsm_##hook(__u64 *ctx)                                                                 \
	{                                                                                          \
		__u64 a[ARGS_MAX] = {};                                                            \
                                                                                                   \
		hold_cpu();                                                                        \
		if (!read_args(a, ctx))                                                            \
			body_##hook(a);                                                            \
		leave_cpu();                                                                       \
		return 0;                                                                          \
	}                                                                                          \
	SEC("?fentry/" #function)                                                                  \
	int fentry_##hook(__u64 *ctx)                                                              \
	{                                                                                          \
		__u64 a[ARGS_MAX] = {};                                                            \
                                                                                                   \
		hold_cpu();                                                                        \
		if (!read_args(a, ctx))                                                            \
			body_##hook(a);                                                            \
		leave_cpu();                                                                       \
		return 0;                                                                          \
	}                                                                                          \
	static __always_inline void body_##hook(const __u64 a[ARGS_MAX])

/* The trampoline has saved them on the stack; what lies behind the last one is read, not used. */
static __always_inline long read_args(__u64 a[ARGS_MAX], const __u64 *ctx)
{
	return bpf_probe_read_kernel(a, ARGS_MAX * sizeof(a[0]), ctx);
}

static __always_inline __u64 path_mnt(__u64 path)
{
	return (__u64)BPF_CORE_READ((struct path *)path, mnt);
}

static __always_inline __u64 path_dentry(__u64 path)
{
	return (__u64)BPF_CORE_READ((struct path *)path, dentry);
}

static __always_inline void note_path(__u64 kind, __u64 path)
{
	note_paths(kind, path_mnt(path), path_dentry(path), 0, 0);
}

/* --- names: the directory's path, and the entry in it --- */

/* An exchange passes the LSM hook twice up to 5.18, the second time in the caller's order. */
OBJECT_HOOK(path_rename, security_path_rename)
{
	note_paths(OBJECT_RENAME, path_mnt(a[0]), a[1], path_mnt(a[2]), a[3]);
}

/* What exists is named without its mount, which must be that of the new name. */
OBJECT_HOOK(path_link, security_path_link)
{
	__u64 mnt = path_mnt(a[1]);

	note_paths(OBJECT_LINK, mnt, a[0], mnt, a[2]);
}

OBJECT_HOOK(path_symlink, security_path_symlink)
{
	note_symlink(path_mnt(a[0]), a[1], a[2]);
}

OBJECT_HOOK(path_unlink, security_path_unlink)
{
	note_paths(OBJECT_UNLINK, path_mnt(a[0]), a[1], 0, 0);
}

OBJECT_HOOK(path_rmdir, security_path_rmdir)
{
	note_paths(OBJECT_RMDIR, path_mnt(a[0]), a[1], 0, 0);
}

OBJECT_HOOK(path_mkdir, security_path_mkdir)
{
	note_paths(OBJECT_MKDIR, path_mnt(a[0]), a[1], 0, 0);
}

OBJECT_HOOK(path_mknod, security_path_mknod)
{
	note_paths(OBJECT_MKNOD, path_mnt(a[0]), a[1], 0, 0);
}

/* --- attributes --- */

OBJECT_HOOK(path_chmod, security_path_chmod)
{
	note_path(OBJECT_CHMOD, a[0]);
}

OBJECT_HOOK(path_chown, security_path_chown)
{
	note_path(OBJECT_CHOWN, a[0]);
}

OBJECT_HOOK(path_truncate, security_path_truncate)
{
	note_path(OBJECT_TRUNCATE, a[0]);
}

/* The hook has no mount. put_path needs none for what is on the file system of the root; else the
 * mount of the current directory is taken where it shows the same file system. */
static __always_inline __u64 mount_showing(__u64 dentry)
{
	struct super_block *sb = BPF_CORE_READ((struct dentry *)dentry, d_sb);
	struct task_struct *task = (void *)bpf_get_current_task();
	struct vfsmount *mnt = BPF_CORE_READ(task, fs, pwd.mnt);

	return BPF_CORE_READ(mnt, mnt_sb) == sb ? (__u64)mnt : 0;
}

OBJECT_HOOK(inode_setxattr, security_inode_setxattr)
{
	__u64 dentry = a[setxattr_dentry_arg()];

	note_paths(OBJECT_XATTR, mount_showing(dentry), dentry, 0, 0);
}

/* --- mounts --- */

OBJECT_HOOK(sb_mount, security_sb_mount)
{
	note_path(OBJECT_MOUNT, a[1]);
}

OBJECT_HOOK(sb_umount, security_sb_umount)
{
	__u64 root = (__u64)BPF_CORE_READ((struct vfsmount *)a[0], mnt_root);

	note_paths(OBJECT_UMOUNT, a[0], root, 0, 0);
}

/* The hook has the place of the old root first. */
OBJECT_HOOK(sb_pivotroot, security_sb_pivotroot)
{
	note_paths(OBJECT_PIVOT, path_mnt(a[1]), path_dentry(a[1]), path_mnt(a[0]),
		   path_dentry(a[0]));
}

OBJECT_HOOK(move_mount, security_move_mount)
{
	note_paths(OBJECT_MOVE_MOUNT, path_mnt(a[0]), path_dentry(a[0]), path_mnt(a[1]),
		   path_dentry(a[1]));
}

/* --- programs --- */

/* Comes once for each file of an exec: the script, then its interpreter, by another name. Of the
 * first, what is no ELF file leads to another one. */
OBJECT_HOOK(bprm_check_security, security_bprm_check)
{
	struct linux_binprm *bprm = (void *)a[0];
	__u32 magic = 0;

	bpf_probe_read_kernel(&magic, sizeof(magic),
			      (void *)bprm + bpf_core_field_offset(struct linux_binprm, buf));
	if (magic == ELF_MAGIC || BPF_CORE_READ(bprm, interp) != BPF_CORE_READ(bprm, filename))
		return;
	note_paths(OBJECT_SCRIPT, (__u64)BPF_CORE_READ(bprm, file, f_path.mnt),
		   (__u64)BPF_CORE_READ(bprm, file, f_path.dentry), 0, 0);
}

/* --- addresses --- */

OBJECT_HOOK(socket_connect, security_socket_connect)
{
	note_addr(EV_connect, a[1], a[2]);
}

OBJECT_HOOK(socket_bind, security_socket_bind)
{
	note_addr(EV_bind, a[1], a[2]);
}

/* A message without a name takes an older note away. */
OBJECT_HOOK(socket_sendmsg, security_socket_sendmsg)
{
	struct msghdr *msg = (void *)a[1];

	note_addr(EV_sendto, (__u64)BPF_CORE_READ(msg, msg_name),
		  (__u32)BPF_CORE_READ(msg, msg_namelen));
}

/* --- the end of a thread that never came to the end of its call --- */

TRACEPOINT(sched, sched_process_exit)
int drop_notes(__u64 *ctx)
{
	return drop_objects();
}
