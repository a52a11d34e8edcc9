/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Paths from dentries: how one is found, and small questions about dentries and inodes. The walk
 * itself, and what an open file is, are in object.bpf.c.
 *
 * A file has one path here, whatever way it was reached by:
 *
 * - The path starts at the root of the task's mount namespace, which is the container's root. The
 *   task's own root does not count: chroot("/etc") makes no "/shadow" of /etc/shadow.
 * - A file on the same file system as that root is looked for by dentries alone first. If that way
 *   meets the root, it is the path: a bind mount gives a file no second name. (An administrator's
 *   bind mount neither: with /home bound to /data/home of the same file system, the path is
 *   /data/home/x.)
 * - Any other file has the path that its mounts give it.
 * - What is not below the root (a descriptor from another mount namespace, /proc/PID/root of such a
 *   process, a mount that is attached nowhere) has the path that leads up to the top of its own
 *   mounts and then of its file system, with HW_STR_DETACHED. Its first slash stays: a rule for
 *   /etc/shadow is meant for the host's as well.
 *
 * A hard link is a name of its own, and the path is the one that was used; nlink, ino and dev of
 * struct hw_fdobj tell.
 *
 * The walk goes upwards, so the path is put together from its end in struct path_room. What does
 * not fit there keeps its tail (the last TAIL_KEEP bytes or less, whole components) and its head:
 * above the full tail, names go by turns into two areas of HEAD_LEN, so that at the top the last
 * HEAD_LEN bytes of names or more are still there, and prefix rules match. It takes no lock: a
 * rename beside it can make a component old or new, never anything else (a name whose length does
 * not fit is read again).
 */
#ifndef HW_PATH_BPF_H
#define HW_PATH_BPF_H

#include "out.bpf.h"
#include "task.bpf.h"

enum walk_mode {
	WALK_BARE,    /* dentries alone: the way must meet the root */
	WALK_MOUNTS,  /* from mount to mount */
	WALK_OUTSIDE, /* not below the root: dentries, to the file system's top */
};

enum step { STEP_ON, STEP_END };

/* Steps of one walk, a step being a component or a mount that is left: 4096, twice what a path that
 * user space can pass in one piece may have. The verifier walks through one call and sees nothing
 * but a number in the others (global functions are verified once, by themselves), so that depth
 * costs no time of loading, on 5.10 as on the newest, where bpf_loop would. */
#define WALK_STEPS 16
#define WALK_CALLS 256
/* Mounts that may lie over each other, or below one another, above a task's root. */
#define ROOT_HOPS 64
#define NAME_LEN_MAX 255

#define OVERLAYFS_MAGIC 0x794c7630
#define ANON_INODE_MAGIC 0x09041934
#define PIPEFS_MAGIC 0x50495045
#define PIDFS_MAGIC 0x50494446
#define NSFS_MAGIC 0x6e736673 /* its files have no name in any directory */

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFDIR 0040000
#define S_IFIFO 0010000

/* No directory entry leads here any more. (A dentry that is its own parent never had one.) */
static __always_inline bool dentry_deleted(struct dentry *d)
{
	return !KREAD(d, d_hash.pprev) && KREAD(d, d_parent) != d;
}

/* A memfd is a file of a hidden tmpfs whose only name is "memfd:" and what the caller chose. */
static __always_inline bool dentry_is_memfd(struct dentry *d)
{
	char name[6] = {};
	const char *memfd = "memfd:";

	if (KREAD(d, d_parent) != d)
		return false;
	bpf_probe_read_kernel(name, sizeof(name), KREAD(d, d_name.name));
	return name[0] == memfd[0] && name[1] == memfd[1] && name[2] == memfd[2] &&
	       name[3] == memfd[3] && name[4] == memfd[4] && name[5] == memfd[5];
}

/* On overlayfs: HW_EXE_UPPER_LAYER or HW_EXE_LOWER_LAYER; 0 on other file systems. */
static __always_inline __u32 inode_layer(struct inode *inode)
{
	struct dentry *upper;

	if (KREAD(inode, i_sb, s_magic) != OVERLAYFS_MAGIC)
		return 0;
	upper = ovl_upper(inode);
	return upper && KREAD(upper, d_inode) ? HW_EXE_UPPER_LAYER : HW_EXE_LOWER_LAYER;
}

#endif
