/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Paths from dentries: how long the walk may be, and small questions about dentries and inodes.
 * The walk itself, and what an open file is, are in object.bpf.c.
 */
#ifndef HW_PATH_BPF_H
#define HW_PATH_BPF_H

#include "out.bpf.h"
#include "task.bpf.h"

/* Steps of one walk, a step being a component or a mount that is left. A path of 4095 bytes can
 * have 2047 components, but nobody's has: deepest seen in build trees and node_modules is 30. The
 * verifier walks every step, so each one costs load time. */
#define PATH_STEPS 72
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
