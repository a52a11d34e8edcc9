/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Acts on files: open in all its forms, links, removal, names that are hard to print. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor.h"

/* The older of two calls is missing on newer architectures: -1 gives ENOSYS there. */
#ifdef SYS_open
#define HAVE(call) SYS_##call
#else
#define HAVE(call) -1
#endif

static long call_open(const char *call, int dirfd, const char *path, int flags)
{
	struct open_how how = {.flags = (unsigned)flags, .mode = flags & O_CREAT ? 0644 : 0};

	if (!strcmp(call, "open"))
		return syscall(HAVE(open), path, flags, 0644);
	if (!strcmp(call, "creat"))
		return syscall(HAVE(creat), path, 0644);
	if (!strcmp(call, "openat2"))
		return syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	if (!strcmp(call, "openat"))
		return syscall(SYS_openat, dirfd, path, flags, 0644);
	errno = EINVAL;
	die(call);
}

/* argv: ACT PATH [CALL [DIR]]: DIR is opened first and PATH taken from it. */
static int do_open(int argc, char **argv, int flags, const char *call)
{
	int dirfd = AT_FDCWD;
	struct stat st;
	long fd;

	call = argc > 2 ? argv[2] : call;
	if (argc > 3 && (dirfd = open(argv[3], O_PATH | O_DIRECTORY)) < 0)
		die(argv[3]);
	fd = call_open(call, dirfd, argv[1], flags);
	truth_begin(argv[0]);
	truth_res("fd", fd);
	truth_str("call", call);
	truth_str("path", argv[1]);
	truth_int("dirfd", dirfd);
	truth_int("flags", flags);
	if (fd >= 0 && !fstat((int)fd, &st)) {
		char link[64], real[4096];
		ssize_t n;

		snprintf(link, sizeof(link), "/proc/self/fd/%ld", fd);
		n = readlink(link, real, sizeof(real) - 1);
		real[n > 0 ? n : 0] = '\0';
		truth_str("real", real);
		truth_int("ino", (long long)st.st_ino);
	}
	return truth_end();
}

static int open_read(int argc, char **argv)
{
	return do_open(argc, argv, O_RDONLY, "openat");
}

static int open_write(int argc, char **argv)
{
	return do_open(argc, argv, O_WRONLY, "openat");
}

static int open_create(int argc, char **argv)
{
	return do_open(argc, argv, O_WRONLY | O_CREAT, "openat");
}

static int open_truncate(int argc, char **argv)
{
	return do_open(argc, argv, O_WRONLY | O_TRUNC, "openat");
}

static int open_append(int argc, char **argv)
{
	return do_open(argc, argv, O_WRONLY | O_APPEND, "openat");
}

static int open_dir(int argc, char **argv)
{
	return do_open(argc, argv, O_RDONLY | O_DIRECTORY, "openat");
}

static int creat_(int argc, char **argv)
{
	(void)argc;
	return do_open(2, argv, O_WRONLY | O_CREAT | O_TRUNC, "creat");
}

static long call_two(const char *call, const char *a, const char *b)
{
	if (!strcmp(call, "link"))
		return syscall(HAVE(link), a, b);
	if (!strcmp(call, "linkat"))
		return syscall(SYS_linkat, AT_FDCWD, a, AT_FDCWD, b, 0);
	if (!strcmp(call, "symlink"))
		return syscall(HAVE(symlink), a, b);
	if (!strcmp(call, "symlinkat"))
		return syscall(SYS_symlinkat, a, AT_FDCWD, b);
	if (!strcmp(call, "rename"))
		return syscall(HAVE(rename), a, b);
	if (!strcmp(call, "renameat"))
		return syscall(SYS_renameat, AT_FDCWD, a, AT_FDCWD, b);
	return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 0);
}

static int two_paths(int argc, char **argv)
{
	long r = call_two(argv[0], argv[1], argv[2]);

	(void)argc;
	truth_begin(argv[0]);
	truth_res("res", r);
	truth_str("path1", argv[1]);
	truth_str("path2", argv[2]);
	return truth_end();
}

static int unlink_(int argc, char **argv)
{
	bool at = !strcmp(argv[0], "unlinkat");
	int dirfd = AT_FDCWD;
	long r;

	if (at && argc > 2 && (dirfd = open(argv[2], O_PATH | O_DIRECTORY)) < 0)
		die(argv[2]);
	r = at ? syscall(SYS_unlinkat, dirfd, argv[1], 0) : syscall(HAVE(unlink), argv[1]);
	truth_begin(argv[0]);
	truth_res("res", r);
	truth_str("path", argv[1]);
	truth_int("dirfd", dirfd);
	return truth_end();
}

static int chdir_(int argc, char **argv)
{
	char cwd[4096];
	long r;

	(void)argc;
	if (!strcmp(argv[0], "chdir")) {
		r = chdir(argv[1]);
	} else if (!strcmp(argv[0], "chroot")) {
		r = chroot(argv[1]);
	} else {
		int fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			die(argv[1]);
		r = fchdir(fd);
	}
	truth_begin(argv[0]);
	truth_res("res", r);
	truth_str("path", argv[1]);
	truth_str("cwd", getcwd(cwd, sizeof(cwd)) ? cwd : "");
	return truth_end();
}

/* What a hostile container can put into a name: everything but NUL and "/". */
static const char *const weird_names[] = {
	"quote\"apostrophe'back\\slash",
	"new\nline\ttab\rreturn",
	"escape\033[31mred\033]0;title\007",
	"control\001\002\037\177",
	"invalid\xff\xfe\xc0\x80",
	"cut\xe2\x82",
	"surrogate\xed\xa0\x80",
	"beyond\xf4\x90\x80\x80",
	"good\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xb3",
	"\xe2\x80\xae right to left",
	"{\"rule\":\"forged\"}",
	"%fd.name %s %n $(id) `id`",
	"-rf",
	" ",
};

/* Makes each name in DIR, prints the truth of it, and removes it again. */
static int weird(int argc, char **argv)
{
	int dirfd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC), bad = 0;

	(void)argc;
	if (dirfd < 0)
		die(argv[1]);
	for (size_t i = 0; i < sizeof(weird_names) / sizeof(weird_names[0]); i++) {
		int fd = openat(dirfd, weird_names[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		truth_begin(argv[0]);
		truth_int("n", (long long)i);
		bad |= truth_res("fd", fd) < 0;
		truth_str("dir", argv[1]);
		truth_str("path", weird_names[i]);
		bad |= truth_end();
		if (fd >= 0) {
			close(fd);
			unlinkat(dirfd, weird_names[i], 0);
		}
	}
	return bad;
}

/* Directories "d" below DIR, DEPTH of them, a file at the bottom; all removed again. */
static int deep(int argc, char **argv)
{
	long depth = number(argv[2], 1, 1000, "depth"), made;
	int fd, bad;

	(void)argc;
	if (chdir(argv[1]))
		die(argv[1]);
	for (made = 0; made < depth; made++)
		if (mkdir("d", 0755) || chdir("d"))
			die("d");
	fd = open("bottom", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	truth_begin(argv[0]);
	bad = truth_res("fd", fd) < 0;
	truth_str("dir", argv[1]);
	truth_int("depth", depth);
	bad |= truth_end();
	if (fd >= 0) {
		close(fd);
		unlink("bottom");
	}
	while (made--)
		if (chdir("..") || rmdir("d"))
			die("..");
	return bad;
}

const struct act file_acts[] = {
	{"open-read", "PATH [CALL [DIR]]", 1, open_read, "CALL: open, openat, openat2"},
	{"open-write", "PATH [CALL [DIR]]", 1, open_write, "for writing, must exist"},
	{"open-create", "PATH [CALL [DIR]]", 1, open_create, "for writing, made when missing"},
	{"open-append", "PATH [CALL [DIR]]", 1, open_append, "for appending, must exist"},
	{"truncate", "PATH [CALL [DIR]]", 1, open_truncate, "for writing, emptied"},
	{"open-dir", "PATH [CALL [DIR]]", 1, open_dir, "a directory"},
	{"creat", "PATH", 1, creat_, "creat(2)"},
	{"link", "OLD NEW", 2, two_paths, ""},
	{"linkat", "OLD NEW", 2, two_paths, ""},
	{"symlink", "TARGET LINK", 2, two_paths, ""},
	{"symlinkat", "TARGET LINK", 2, two_paths, ""},
	{"rename", "OLD NEW", 2, two_paths, ""},
	{"renameat", "OLD NEW", 2, two_paths, ""},
	{"renameat2", "OLD NEW", 2, two_paths, ""},
	{"unlink", "PATH", 1, unlink_, ""},
	{"unlinkat", "PATH [DIR]", 1, unlink_, ""},
	{"chdir", "DIR", 1, chdir_, ""},
	{"fchdir", "DIR", 1, chdir_, ""},
	{"chroot", "DIR", 1, chdir_, ""},
	{"weird-names", "DIR", 1, weird, "makes names that are hard to print"},
	{"deep-path", "DIR DEPTH", 2, deep, "makes a file below DEPTH directories"},
	{0},
};
