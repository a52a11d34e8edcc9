/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * One act for each event of files, memory and mounts. Calls are made by number: the C library turns
 * some into others. Mounts are made in a mount namespace of the act's own.
 */
#include "event.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#define MNT_DETACH 2 /* in sys/mount.h, which defines again what linux/mount.h has */

/* What the C library's headers may be too old for. */
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif

#define ID 1042 /* nobody's */
#define KEEP_ID ((unsigned)-1)
#define FAR 0x100000003ll /* a position that takes more than 32 bits */
#define DATA_MAX 80	  /* bytes that an event keeps */
#define LINE "0123456789"
#define TEXT LINE LINE LINE LINE LINE LINE LINE LINE LINE LINE

/* A path below dir; two at a time are good. */
static const char *below(const char *dir, const char *name)
{
	static char paths[2][PATH_MAX];
	static unsigned n;
	char *at = paths[n++ % 2];

	if (snprintf(at, PATH_MAX, "%s/%s", dir, name) < PATH_MAX)
		return at;
	errno = ENAMETOOLONG;
	die(dir);
}

/* A new file with some text, open for both. */
static int new_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || pwrite(fd, TEXT, sizeof(TEXT) - 1, 0) != sizeof(TEXT) - 1)
		die(path);
	return fd;
}

static const char *closed_file(const char *path)
{
	close(new_file(path));
	return path;
}

static int open_dir(const char *dir)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		die(dir);
	return fd;
}

static int new_dir(const char *path)
{
	return mkdir(path, 0755) && errno != EEXIST ? -1 : 0;
}

/* A call that an older kernel lacks. */
static int end_newer(const char *why, long res, int error)
{
	return res < 0 && error == ENOSYS ? no_such_call(why) : truth_end();
}

/* --- names --- */
/* Architectures that came later have only the newer of two calls. */
#ifndef SYS_rmdir
static int missing(const char *dir)
{
	(void)dir;
	return no_such_call("this architecture has no such system call");
}

#define do_rmdir missing
#define do_mkdir missing
#define do_mknod missing
#define do_chmod missing
#define do_chown missing
#define do_lchown missing
#else
static int do_rmdir(const char *dir)
{
	const char *path = below(dir, "gone");

	if (new_dir(path))
		die(path);
	truth_begin("rmdir");
	truth_res("res", syscall(SYS_rmdir, path));
	truth_str("path", path);
	truth_str("fs.path.name", path);
	return truth_end();
}

static int do_mkdir(const char *dir)
{
	const char *path = below(dir, "made");

	truth_begin("mkdir");
	truth_res("res", syscall(SYS_mkdir, path, 01750));
	truth_str("path", path);
	truth_int("mode", 01750);
	truth_str("fs.path.name", path);
	return truth_end();
}

static int do_mknod(const char *dir)
{
	const char *path = below(dir, "null");

	truth_begin("mknod");
	truth_res("res", syscall(SYS_mknod, path, S_IFCHR | 0640, makedev(1, 3)));
	truth_str("path", path);
	truth_int("mode", S_IFCHR | 0640);
	truth_int("dev", (long long)makedev(1, 3));
	truth_str("fs.path.name", path);
	return truth_end();
}
#endif

static int do_mkdirat(const char *dir)
{
	int at = open_dir(dir);

	truth_begin("mkdirat");
	truth_res("res", syscall(SYS_mkdirat, at, "made", 0700));
	truth_str("path", "made");
	truth_int("dirfd", at);
	truth_int("mode", 0700);
	truth_str("fs.path.name", below(dir, "made"));
	return truth_end();
}

/* A node whose number has more than 8 bits on either side. */
static int do_mknodat(const char *dir)
{
	int at = open_dir(dir);

	truth_begin("mknodat");
	truth_res("res", syscall(SYS_mknodat, at, "disk", S_IFBLK | 0600, makedev(259, 300)));
	truth_str("path", "disk");
	truth_int("dirfd", at);
	truth_int("mode", S_IFBLK | 0600);
	truth_int("dev", (long long)makedev(259, 300));
	truth_str("fs.path.name", below(dir, "disk"));
	return truth_end();
}

/* --- attributes --- */
#ifdef SYS_chmod /* and chown, lchown */
static int do_chmod(const char *dir)
{
	const char *path = closed_file(below(dir, "file"));

	truth_begin("chmod");
	truth_res("res", syscall(SYS_chmod, path, 04755));
	truth_str("filename", path);
	truth_int("mode", 04755);
	truth_str("fs.path.name", path);
	return truth_end();
}

static int do_chown(const char *dir)
{
	const char *path = closed_file(below(dir, "file"));

	truth_begin("chown");
	truth_res("res", syscall(SYS_chown, path, KEEP_ID, ID));
	truth_str("path", path);
	truth_int("evt.arg.uid", KEEP_ID);
	truth_int("gid", ID);
	truth_str("fs.path.name", path);
	return truth_end();
}

static int do_lchown(const char *dir)
{
	const char *path = below(dir, "link");

	if (symlink("nowhere", path))
		die(path);
	truth_begin("lchown");
	truth_res("res", syscall(SYS_lchown, path, ID, KEEP_ID));
	truth_str("path", path);
	truth_int("evt.arg.uid", ID);
	truth_int("gid", KEEP_ID);
	truth_str("fs.path.name", path);
	return truth_end();
}
#endif

static int do_fchmod(const char *dir)
{
	const char *path = below(dir, "file");
	int fd = new_file(path);

	truth_begin("fchmod");
	truth_res("res", syscall(SYS_fchmod, fd, 02751));
	truth_int("fd", fd);
	truth_str("fd.name", path);
	truth_int("mode", 02751);
	return truth_end();
}

static int do_fchmodat(const char *dir)
{
	const char *path = closed_file(below(dir, "file"));
	int at = open_dir(dir);

	truth_begin("fchmodat");
	truth_res("res", syscall(SYS_fchmodat, at, "file", 01777));
	truth_str("filename", "file");
	truth_int("dirfd", at);
	truth_int("mode", 01777);
	truth_str("fs.path.name", path);
	return truth_end();
}

static int do_fchmodat2(const char *dir)
{
	const char *path = closed_file(below(dir, "file"));
	int at = open_dir(dir);
	long res;

	truth_begin("fchmodat2");
	res = truth_res("res", syscall(SYS_fchmodat2, at, "file", 06711, AT_SYMLINK_NOFOLLOW));
	if (res < 0)
		return end_newer("fchmodat2 came with 6.6", res, errno);
	truth_str("filename", "file");
	truth_int("dirfd", at);
	truth_int("mode", 06711);
	truth_int("flags", AT_SYMLINK_NOFOLLOW);
	truth_str("fs.path.name", path);
	return truth_end();
}

static int do_fchown(const char *dir)
{
	const char *path = below(dir, "file");
	int fd = new_file(path);

	truth_begin("fchown");
	truth_res("res", syscall(SYS_fchown, fd, KEEP_ID, KEEP_ID));
	truth_int("fd", fd);
	truth_str("fd.name", path);
	truth_int("evt.arg.uid", KEEP_ID);
	truth_int("gid", KEEP_ID);
	return truth_end();
}

/* By an empty name: the descriptor's own file. */
static int do_fchownat(const char *dir)
{
	const char *path = below(dir, "file");
	int fd = new_file(path);

	truth_begin("fchownat");
	truth_res("res", syscall(SYS_fchownat, fd, "", ID, ID + 1, AT_EMPTY_PATH));
	truth_str("pathname", "");
	truth_int("dirfd", fd);
	truth_int("fd", fd);
	truth_str("fd.name", path);
	truth_int("evt.arg.uid", ID);
	truth_int("gid", ID + 1);
	truth_int("flags", AT_EMPTY_PATH);
	return truth_end();
}

static int do_truncate(const char *dir)
{
	const char *path = closed_file(below(dir, "file"));

	truth_begin("truncate");
	truth_res("res", syscall(SYS_truncate, path, FAR));
	truth_str("path", path);
	truth_int("length", FAR);
	truth_str("fs.path.name", path);
	return truth_end();
}

static int do_ftruncate(const char *dir)
{
	const char *path = below(dir, "file");
	int fd = new_file(path);

	truth_begin("ftruncate");
	truth_res("res", syscall(SYS_ftruncate, fd, 6));
	truth_int("fd", fd);
	truth_str("fd.name", path);
	truth_int("length", 6);
	return truth_end();
}

#define CAPABILITY "security.capability"
#define XATTR_CREATE 1

/* File capabilities, version 2: CAP_NET_RAW, effective. */
static const uint32_t file_caps[5] = {0x02000001, 1u << 13, 0, 0, 0};

static int xattr_by_name(const char *event, long nr, const char *dir, int flags)
{
	const char *path = closed_file(below(dir, "file"));

	truth_begin(event);
	truth_res("res", syscall(nr, path, CAPABILITY, file_caps, sizeof(file_caps), flags));
	truth_str("path", path);
	truth_str("name", CAPABILITY);
	truth_int("size", sizeof(file_caps));
	truth_int("flags", flags);
	truth_str("fs.path.name", path);
	return truth_end();
}

static int do_setxattr(const char *dir)
{
	return xattr_by_name("setxattr", SYS_setxattr, dir, 0);
}

static int do_lsetxattr(const char *dir)
{
	return xattr_by_name("lsetxattr", SYS_lsetxattr, dir, XATTR_CREATE);
}

static int do_fsetxattr(const char *dir)
{
	const char *path = below(dir, "file");
	int fd = new_file(path);

	truth_begin("fsetxattr");
	truth_res("res", syscall(SYS_fsetxattr, fd, CAPABILITY, file_caps, sizeof(file_caps), 0));
	truth_int("fd", fd);
	truth_str("fd.name", path);
	truth_str("name", CAPABILITY);
	truth_int("size", sizeof(file_caps));
	return truth_end();
}

static int do_setxattrat(const char *dir)
{
	const struct {
		uint64_t value;
		uint32_t size, flags;
	} args = {(uintptr_t)file_caps, sizeof(file_caps), XATTR_CREATE};
	const char *path = closed_file(below(dir, "file"));
	int at = open_dir(dir);
	long res;

	truth_begin("setxattrat");
	res = truth_res("res", syscall(SYS_setxattrat, at, "file", AT_SYMLINK_NOFOLLOW, CAPABILITY,
				       &args, sizeof(args)));
	if (res < 0)
		return end_newer("setxattrat came with 6.13", res, errno);
	truth_str("path", "file");
	truth_int("dirfd", at);
	truth_int("atflags", AT_SYMLINK_NOFOLLOW);
	truth_str("name", CAPABILITY);
	truth_int("size", sizeof(file_caps));
	truth_int("flags", XATTR_CREATE);
	truth_str("fs.path.name", path);
	return truth_end();
}

/* In /dev/shm: overlayfs gives no handles. */
static int do_open_by_handle_at(const char *dir)
{
	char handle[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	struct file_handle *h = (void *)handle;
	char path[64];
	int at = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC), mount_id;

	(void)dir;
	snprintf(path, sizeof(path), "/dev/shm/hw-%d", getpid());
	closed_file(path);
	h->handle_bytes = MAX_HANDLE_SZ;
	if (at < 0 || name_to_handle_at(AT_FDCWD, path, h, &mount_id, 0))
		die(path);
	truth_begin("open_by_handle_at");
	truth_res("fd", syscall(SYS_open_by_handle_at, at, h, O_RDWR | O_CLOEXEC));
	truth_str("fd.name", path);
	truth_int("dirfd", at);
	truth_int("flags", O_RDWR | O_CLOEXEC);
	unlink(path);
	return truth_end();
}

/* --- bytes --- */

/* What the events of this group have in common; text is what moved. */
static int end_rw(const char *path, int fd, long long size, long long pos, const char *text)
{
	char kept[DATA_MAX + 1];

	snprintf(kept, sizeof(kept), "%s", text);
	truth_int("fd", fd);
	truth_str("fd.name", path);
	truth_int("size", size);
	truth_int("pos", pos);
	truth_str("data", kept);
	return truth_end();
}

static int do_read(const char *dir)
{
	const char *path = below(dir, "file");
	char buf[200];
	int fd = new_file(path);

	truth_begin("read");
	truth_res("res", syscall(SYS_read, fd, buf, sizeof(buf)));
	return end_rw(path, fd, sizeof(buf), -1, TEXT);
}

static int do_write(const char *dir)
{
	const char *path = below(dir, "file");
	int fd = new_file(path);

	truth_begin("write");
	truth_res("res", syscall(SYS_write, fd, TEXT, sizeof(TEXT) - 1));
	return end_rw(path, fd, sizeof(TEXT) - 1, -1, TEXT);
}

static int do_pread64(const char *dir)
{
	const char *path = below(dir, "file");
	char buf[8];
	int fd = new_file(path);

	truth_begin("pread64");
	truth_res("res", syscall(SYS_pread64, fd, buf, sizeof(buf), 95ll));
	return end_rw(path, fd, sizeof(buf), 95, "56789");
}

static int do_pwrite64(const char *dir)
{
	const char *path = below(dir, "file");
	int fd = new_file(path);

	truth_begin("pwrite64");
	truth_res("res", syscall(SYS_pwrite64, fd, "hello", 5, FAR));
	return end_rw(path, fd, 5, FAR, "hello");
}

/* Reads or writes in pieces, an empty one among them; what read gets is the file's beginning. */
static int vectored(const char *event, long nr, const char *dir, long long pos)
{
	const char *path = below(dir, "file");
	char a[] = "he", b[] = "llo", c[] = "!";
	struct iovec v[] = {{a, 2}, {NULL, 0}, {b, 3}, {c, 1}};
	int fd = new_file(path);

	if (pos > 0 && pwrite(fd, "012345", 6, pos) != 6)
		die(path);
	truth_begin(event);
	/* The high half of the position is looked at by 32-bit kernels only. */
	truth_res("res", syscall(nr, fd, v, 4, (long)pos, (long)(pos >> 32), 0));
	return end_rw(path, fd, 6, pos, strchr(event, 'w') ? "hello!" : "012345");
}

#define VECTORED(name, pos)                                                                        \
	static int do_##name(const char *dir)                                                      \
	{                                                                                          \
		return vectored(#name, SYS_##name, dir, pos);                                      \
	}
VECTORED(readv, -1)
VECTORED(writev, -1)
VECTORED(preadv, FAR)
VECTORED(pwritev, 40)
VECTORED(preadv2, -1)
VECTORED(pwritev2, FAR)

/* --- memory --- */
#define PAGE 4096

static int do_mmap(const char *dir)
{
	const char *path = below(dir, "file");
	int fd = new_file(path);
	long at;

	if (ftruncate(fd, 2 * PAGE))
		die(path);
	truth_begin("mmap");
	at = syscall(SYS_mmap, 0x10000000, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, PAGE);
	truth_res("res", at);
	truth_int("addr", 0x10000000);
	truth_int("length", PAGE);
	truth_int("pgoffset", 1);
	truth_int("prot", PROT_READ | PROT_EXEC);
	truth_int("flags", MAP_PRIVATE);
	truth_int("fd", fd);
	truth_str("fd.name", path);
	truth_int("known", 1);
	return truth_end();
}

/* Kernels before 5.17 do not let a program ask what memory maps. */
static int mapping_seen(void)
{
	struct utsname u;
	unsigned major, minor;

	if (uname(&u) || sscanf(u.release, "%u.%u", &major, &minor) != 2)
		die("uname");
	return major > 5 || (major == 5 && minor >= 17);
}

/* Fresh memory with code in it. */
static int do_mprotect(const char *dir)
{
	char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)dir;
	if (at == MAP_FAILED)
		die("mmap");
	truth_begin("mprotect");
	truth_res("res", syscall(SYS_mprotect, at, PAGE, PROT_READ | PROT_EXEC));
	truth_int("addr", (intptr_t)at);
	truth_int("length", PAGE);
	truth_int("prot", PROT_READ | PROT_EXEC);
	truth_int("fd", -1);
	truth_int("known", mapping_seen());
	return truth_end();
}

/* A file that was mapped without being executable; its descriptor is closed. */
static int do_pkey_mprotect(const char *dir)
{
	const char *path = below(dir, "file");
	int fd = new_file(path);
	char *at = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

	if (at == MAP_FAILED)
		die("mmap");
	close(fd);
	truth_begin("pkey_mprotect");
	truth_res("res", syscall(SYS_pkey_mprotect, at, PAGE, PROT_EXEC | PROT_WRITE, -1));
	truth_int("addr", (intptr_t)at);
	truth_int("length", PAGE);
	truth_int("prot", PROT_EXEC | PROT_WRITE);
	truth_int("fd", -1);
	if (mapping_seen()) {
		truth_int("known", 1);
		truth_str("fd.name", path);
	}
	return truth_end();
}

static int do_memfd_create(const char *dir)
{
	(void)dir;
	truth_begin("memfd_create");
	truth_res("fd", syscall(SYS_memfd_create, "payload", 3 /* CLOEXEC, ALLOW_SEALING */));
	truth_str("name", "payload");
	truth_str("fd.name", "memfd:payload");
	truth_int("flags", 3);
	return truth_end();
}

static int do_memfd_secret(const char *dir)
{
	long res;

	(void)dir;
	truth_begin("memfd_secret");
	res = truth_res("fd", syscall(SYS_memfd_secret, O_CLOEXEC));
	if (res < 0)
		return end_newer("memfd_secret is off in this kernel", res, errno);
	truth_int("flags", O_CLOEXEC);
	return truth_end();
}

/* --- mounts --- */
#define TMPFS_SIZE "size=64k"

/* A directory below dir, in a mount namespace of our own. */
static const char *mount_point(const char *dir)
{
	const char *path = below(dir, "mnt");

	if (unshare(CLONE_NEWNS))
		die("unshare");
	if (syscall(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		die("private mounts");
	if (new_dir(path))
		die(path);
	return path;
}

static long mount_tmpfs(const char *path)
{
	return syscall(SYS_mount, "hw-source", path, "tmpfs", MS_NOSUID | MS_NODEV, TMPFS_SIZE);
}

static const char *mounted(const char *dir)
{
	const char *path = mount_point(dir);

	if (mount_tmpfs(path))
		die(path);
	return path;
}

static int do_mount(const char *dir)
{
	const char *path = mount_point(dir);

	truth_begin("mount");
	truth_res("res", mount_tmpfs(path));
	truth_str("dev", "hw-source");
	truth_str("dir", path);
	truth_str("type", "tmpfs");
	truth_int("flags", MS_NOSUID | MS_NODEV);
	truth_str("data", TMPFS_SIZE);
	return truth_end();
}

static int do_umount2(const char *dir)
{
	const char *path = mounted(dir);

	truth_begin("umount2");
	truth_res("res", syscall(SYS_umount2, path, MNT_DETACH));
	truth_str("name", path);
	truth_int("flags", MNT_DETACH);
	return truth_end();
}

static int do_pivot_root(const char *dir)
{
	const char *path = mounted(dir), *old = below(path, "old");

	if (new_dir(old))
		die(old);
	truth_begin("pivot_root");
	truth_res("res", syscall(SYS_pivot_root, path, old));
	truth_str("new_root", path);
	truth_str("put_old", old);
	return truth_end();
}

static int tmpfs_context(void)
{
	int fd = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);

	if (fd < 0)
		die("fsopen");
	return fd;
}

static int ready_context(void)
{
	int fd = tmpfs_context();

	if (syscall(SYS_fsconfig, fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		die("fsconfig");
	return fd;
}

static int do_fsopen(const char *dir)
{
	(void)dir;
	truth_begin("fsopen");
	truth_res("fd", syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC));
	truth_str("fsname", "tmpfs");
	truth_int("flags", FSOPEN_CLOEXEC);
	return truth_end();
}

static int do_fsconfig(const char *dir)
{
	int fd = tmpfs_context();

	(void)dir;
	truth_begin("fsconfig");
	truth_res("res", syscall(SYS_fsconfig, fd, FSCONFIG_SET_STRING, "size", "64k", 0));
	truth_int("fd", fd);
	truth_int("cmd", FSCONFIG_SET_STRING);
	truth_str("key", "size");
	truth_str("value", "64k");
	truth_int("aux", 0);
	return truth_end();
}

static int do_fsmount(const char *dir)
{
	int fd = ready_context();

	(void)dir;
	truth_begin("fsmount");
	truth_res("res", syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID));
	truth_int("fd", fd);
	truth_int("flags", FSMOUNT_CLOEXEC);
	truth_int("attrs", MOUNT_ATTR_NOSUID);
	return truth_end();
}

static int do_move_mount(const char *dir)
{
	const char *path = mount_point(dir);
	int fd = (int)syscall(SYS_fsmount, ready_context(), FSMOUNT_CLOEXEC, 0);

	if (fd < 0)
		die("fsmount");
	truth_begin("move_mount");
	truth_res("res", syscall(SYS_move_mount, fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH));
	truth_int("from_dirfd", fd);
	truth_str("from_pathname", "");
	truth_int("to_dirfd", AT_FDCWD);
	truth_str("to_pathname", path);
	truth_int("flags", MOVE_MOUNT_F_EMPTY_PATH);
	return truth_end();
}

static int do_fspick(const char *dir)
{
	const char *path = mounted(dir);
	int at = open_dir(dir);

	truth_begin("fspick");
	truth_res("fd", syscall(SYS_fspick, at, "mnt", FSPICK_CLOEXEC | FSPICK_NO_AUTOMOUNT));
	truth_str("name", "mnt");
	truth_int("dirfd", at);
	truth_str("fs.path.name", path);
	truth_int("flags", FSPICK_CLOEXEC | FSPICK_NO_AUTOMOUNT);
	return truth_end();
}

static int do_open_tree(const char *dir)
{
	const char *path = mounted(dir);

	truth_begin("open_tree");
	truth_res("fd", syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLOEXEC));
	truth_str("name", path);
	truth_str("fd.name", path);
	truth_int("dirfd", AT_FDCWD);
	truth_int("flags", OPEN_TREE_CLOEXEC);
	return truth_end();
}

static int do_open_tree_attr(const char *dir)
{
	const struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	const char *path = mounted(dir);
	long res;

	truth_begin("open_tree_attr");
	res = truth_res("fd", syscall(SYS_open_tree_attr, AT_FDCWD, path,
				      OPEN_TREE_CLOEXEC | OPEN_TREE_CLONE, &attr, sizeof(attr)));
	if (res < 0)
		return end_newer("open_tree_attr came with 6.15", res, errno);
	truth_str("name", path);
	truth_int("dirfd", AT_FDCWD);
	truth_int("flags", OPEN_TREE_CLOEXEC | OPEN_TREE_CLONE);
	return truth_end();
}

static int do_mount_setattr(const char *dir)
{
	const struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC,
		.attr_clr = MOUNT_ATTR_NOSUID,
		.propagation = MS_SHARED,
	};
	const char *path = mounted(dir);
	long res;

	truth_begin("mount_setattr");
	res = truth_res("res", syscall(SYS_mount_setattr, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW,
				       &attr, sizeof(attr)));
	if (res < 0)
		return end_newer("mount_setattr came with 5.12", res, errno);
	truth_str("path", path);
	truth_int("dirfd", AT_FDCWD);
	truth_int("flags", AT_SYMLINK_NOFOLLOW);
	truth_int("attr_set", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC);
	truth_int("attr_clr", MOUNT_ATTR_NOSUID);
	truth_int("propagation", MS_SHARED);
	return truth_end();
}

#define MOUNTS "SYS_ADMIN"

const struct event_act event_files[] = {
	{"rmdir", do_rmdir, NULL},
	{"mkdir", do_mkdir, NULL},
	{"mknod", do_mknod, NULL},
	{"mkdirat", do_mkdirat, NULL},
	{"mknodat", do_mknodat, NULL},
	{"chmod", do_chmod, NULL},
	{"chown", do_chown, NULL},
	{"lchown", do_lchown, NULL},
	{"fchmod", do_fchmod, NULL},
	{"fchmodat", do_fchmodat, NULL},
	{"fchmodat2", do_fchmodat2, NULL},
	{"fchown", do_fchown, NULL},
	{"fchownat", do_fchownat, NULL},
	{"truncate", do_truncate, NULL},
	{"ftruncate", do_ftruncate, NULL},
	{"setxattr", do_setxattr, NULL},
	{"lsetxattr", do_lsetxattr, NULL},
	{"fsetxattr", do_fsetxattr, NULL},
	{"setxattrat", do_setxattrat, NULL},
	{"open_by_handle_at", do_open_by_handle_at, "DAC_READ_SEARCH"},
	{"read", do_read, NULL},
	{"write", do_write, NULL},
	{"pread64", do_pread64, NULL},
	{"pwrite64", do_pwrite64, NULL},
	{"readv", do_readv, NULL},
	{"writev", do_writev, NULL},
	{"preadv", do_preadv, NULL},
	{"pwritev", do_pwritev, NULL},
	{"preadv2", do_preadv2, NULL},
	{"pwritev2", do_pwritev2, NULL},
	{"mmap", do_mmap, NULL},
	{"mprotect", do_mprotect, NULL},
	{"pkey_mprotect", do_pkey_mprotect, NULL},
	{"memfd_create", do_memfd_create, NULL},
	{"memfd_secret", do_memfd_secret, NULL},
	{"mount", do_mount, MOUNTS},
	{"umount2", do_umount2, MOUNTS},
	{"pivot_root", do_pivot_root, MOUNTS},
	{"move_mount", do_move_mount, MOUNTS},
	{"fsopen", do_fsopen, MOUNTS},
	{"fsconfig", do_fsconfig, MOUNTS},
	{"fsmount", do_fsmount, MOUNTS},
	{"fspick", do_fspick, MOUNTS},
	{"open_tree", do_open_tree, MOUNTS},
	{"open_tree_attr", do_open_tree_attr, MOUNTS},
	{"mount_setattr", do_mount_setattr, MOUNTS},
	{0},
};
