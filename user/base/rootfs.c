/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Reads files below a root. Every file is first taken hold of with O_PATH, which runs nothing,
 * then looked at, and only opened for reading (through /proc/self/fd, so that it is the same
 * one) when it is a regular file.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/rootfs.h"

/* A rename beside the path makes the kernel give up with EAGAIN; whoever renames all the time is
 * not waited for. */
#define AGAIN_MAX 16
#define READ_STEP 4096

struct rootfs {
	int fd;	   /* of the root, O_PATH */
	bool host; /* the root is "/": ordinary path resolution */
};

static int open_fd(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_in(int dir, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve,
	};

	for (int i = 0; i < AGAIN_MAX; i++) {
		long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -EAGAIN;
}

struct rootfs *rootfs_new(const char *root)
{
	struct rootfs *r = calloc(1, sizeof(*r));
	struct stat ours, top;
	int err = 0;

	if (!r)
		return NULL;
	r->fd = open_fd(root, O_PATH | O_DIRECTORY);
	if (r->fd < 0)
		err = -r->fd;
	else if (fstat(r->fd, &ours) || stat("/", &top))
		err = errno;
	else
		r->host = ours.st_dev == top.st_dev && ours.st_ino == top.st_ino;
	if (!err)
		return r;
	if (r->fd >= 0)
		close(r->fd);
	free(r);
	errno = err;
	return NULL;
}

void rootfs_free(struct rootfs *r)
{
	if (!r)
		return;
	close(r->fd);
	free(r);
}

int rootfs_open(const struct rootfs *r, const char *path, int flags)
{
	if (path[0] != '/' || flags & (O_CREAT | O_TRUNC | O_APPEND | O_WRONLY | O_RDWR))
		return -EINVAL;
	return r->host ? open_fd(path, flags) : open_in(r->fd, path, flags, 0);
}

/* All of fd, at most max bytes. */
static int read_fd(int fd, size_t max, struct buf *out)
{
	size_t start = out->len;

	for (;;) {
		char *space = buf_space(out, READ_STEP);
		size_t left = max - (out->len - start);
		ssize_t n;

		if (!space)
			return -ENOMEM;
		/* One byte above the limit tells a file that ends there from one that goes on. */
		n = read(fd, space, left < READ_STEP ? left + 1 : READ_STEP);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		buf_wrote(out, (size_t)n);
		if ((size_t)n > left)
			return -EFBIG;
	}
}

/* Reads the regular file that the O_PATH descriptor stands for. */
static int read_path_fd(int path_fd, size_t max, struct buf *out)
{
	size_t start = out->len;
	char name[32];
	struct stat st;
	int fd, err;

	if (fstat(path_fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > 0 && (uint64_t)st.st_size > max)
		return -EFBIG;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", path_fd);
	/* O_NONBLOCK: a lease that the container holds does not make us wait. */
	fd = open_fd(name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fd;
	err = read_fd(fd, max, out);
	close(fd);
	if (err)
		buf_trunc(out, start);
	return err;
}

int rootfs_read(const struct rootfs *r, const char *path, size_t max, struct buf *out)
{
	int fd = rootfs_open(r, path, O_PATH);
	int err;

	if (fd < 0)
		return fd;
	err = read_path_fd(fd, max, out);
	close(fd);
	return err;
}

int rootfs_read_in(const struct rootfs *r, const char *dir, const char *path, size_t max,
		   struct buf *out)
{
	int dir_fd, fd, err;

	if (path[0] != '/')
		return -EINVAL;
	dir_fd = rootfs_open(r, dir, O_PATH | O_DIRECTORY);
	if (dir_fd < 0)
		return dir_fd;
	fd = open_in(dir_fd, path, O_PATH, RESOLVE_NO_XDEV);
	close(dir_fd);
	if (fd < 0)
		return fd;
	err = read_path_fd(fd, max, out);
	close(fd);
	return err;
}

int rootfs_readlink(const struct rootfs *r, const char *path, struct buf *out)
{
	int fd = rootfs_open(r, path, O_PATH | O_NOFOLLOW);
	char *space;
	ssize_t n;
	int err = 0;

	if (fd < 0)
		return fd;
	space = buf_space(out, PATH_MAX);
	n = space ? readlinkat(fd, "", space, PATH_MAX) : -1;
	if (!space)
		err = -ENOMEM;
	else if (n < 0)
		err = errno == ENOENT ? -EINVAL : -errno; /* how the empty path says "no link" */
	else
		buf_wrote(out, (size_t)n);
	close(fd);
	return err;
}

int rootfs_stat(const struct rootfs *r, const char *path, struct stat *ret_st)
{
	int fd = rootfs_open(r, path, O_PATH);
	struct stat st;
	int err = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		err = -errno;
	else
		*ret_st = st;
	close(fd);
	return err;
}

int rootfs_list(const struct rootfs *r, const char *path,
		int (*fn)(void *ctx, const char *name), void *ctx)
{
	int fd = rootfs_open(r, path, O_DIRECTORY | O_NONBLOCK);
	const struct dirent *e;
	DIR *d;
	int rc = 0;

	if (fd < 0)
		return fd;
	d = fdopendir(fd);
	if (!d) {
		rc = -errno;
		close(fd);
		return rc;
	}
	while (!rc) {
		errno = 0;
		e = readdir(d);
		if (!e) {
			rc = -errno;
			break;
		}
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = fn(ctx, e->d_name);
	}
	closedir(d);
	return rc;
}
