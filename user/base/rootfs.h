/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The one reader of host files. All paths are absolute and taken below a root, "/" or a fixture
 * tree, so tests give it a directory.
 *
 * Below "/" a path means what it means to any program: /proc/PID/exe and /proc/PID/root lead
 * where the kernel says. Below any other root no symbolic link leaves the root (openat2 with
 * RESOLVE_IN_ROOT). A path below a container's root is read with rootfs_read_in, which no symbolic
 * link can leave either, which follows none of the kernel's own links and crosses no mount: what
 * the container mounted there (FUSE may never answer) is not ours to wait for.
 *
 * Files are read when they are regular ones only, at most max bytes, and are not opened before
 * that is known, since opening a device or a FIFO can already do something.
 *
 * Errors are negative errno: -EINVAL for a path without leading "/" and for a file that is not
 * regular, -EXDEV for a path that would cross a mount, -EFBIG for more than max bytes.
 */
#ifndef HW_ROOTFS_H
#define HW_ROOTFS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"

struct rootfs;

struct rootfs *rootfs_new(const char *root); /* NULL + errno */
void rootfs_free(struct rootfs *r);	     /* NULL is fine */

/* Appends the file to out, which is as before after an error. /proc files, whose size is 0, are
 * read to their end. */
int rootfs_read(const struct rootfs *r, const char *path, size_t max, struct buf *out);
/* The same for path inside the directory dir, which is taken as the path's root. */
int rootfs_read_in(const struct rootfs *r, const char *dir, const char *path, size_t max,
		   struct buf *out);
int rootfs_readlink(const struct rootfs *r, const char *path, struct buf *out);
int rootfs_stat(const struct rootfs *r, const char *path, struct stat *ret_st); /* follows links */
/* Calls fn with each name of a directory but . and .., in no particular order; stops when it
 * returns other than 0 and returns that. */
int rootfs_list(const struct rootfs *r, const char *path,
		int (*fn)(void *ctx, const char *name), void *ctx);
/* Opens path O_RDONLY|O_CLOEXEC plus flags (none that makes a file); the caller closes. */
int rootfs_open(const struct rootfs *r, const char *path, int flags);

#endif
