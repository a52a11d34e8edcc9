/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The one reader of host files. All paths are absolute and taken below a root, "/" or a fixture
 * tree, so tests give it a directory. A path below a container's root is read with
 * rootfs_read_in, which no symbolic link can leave (openat2 RESOLVE_IN_ROOT, and RESOLVE_NO_MAGICLINKS).
 * Only regular files are read (opened O_NONBLOCK and checked), at most max bytes.
 */
#ifndef HW_ROOTFS_H
#define HW_ROOTFS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"

struct rootfs;

struct rootfs *rootfs_new(const char *root); /* NULL + errno */
void rootfs_free(struct rootfs *r);

/* Appends the file to out. 0, or -ENOENT, -EACCES, -EFBIG (longer than max), -EINVAL (no regular
 * file), ... /proc files, whose size is 0, are read to their end. */
int rootfs_read(const struct rootfs *r, const char *path, size_t max, struct buf *out);
/* The same for path inside the directory dir, which is taken as the path's root. */
int rootfs_read_in(const struct rootfs *r, const char *dir, const char *path, size_t max,
		   struct buf *out);
int rootfs_readlink(const struct rootfs *r, const char *path, struct buf *out);
int rootfs_stat(const struct rootfs *r, const char *path, struct stat *ret_st);
/* Calls fn with each name of a directory but . and ..; stops when it returns other than 0. */
int rootfs_list(const struct rootfs *r, const char *path,
		int (*fn)(void *ctx, const char *name), void *ctx);
/* Opens path O_RDONLY|O_CLOEXEC plus flags; the caller closes. Negative errno. */
int rootfs_open(const struct rootfs *r, const char *path, int flags);

#endif
