/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The root of the cgroup v2 hierarchy, to which programs are attached that see every cgroup.
 */
#ifndef HW_CGROUP2_H
#define HW_CGROUP2_H

#include "base/buf.h"
#include "base/rootfs.h"

/* From the text of a mountinfo file: appends the directory where the hierarchy's root is mounted.
 * 0 or -ENOENT. */
int cgroup2_mount(const char *mountinfo, struct buf *ret_dir);
/* A descriptor of the root, which the caller closes, or negative errno: -ENOENT when it is mounted
 * nowhere, -EXDEV when what is mounted is only the root of our own cgroup namespace. */
int cgroup2_open(const struct rootfs *root);

#endif
