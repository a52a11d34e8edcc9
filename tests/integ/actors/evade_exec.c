/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Ways to be taken for another program, or for another process, than one is. */
#include "evade.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXEC_ROUNDS_MAX 200

extern char **environ;

/* A copy of this program at path, with another inode. */
static void make_copy(const char *path)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0755);
	if (fd < 0)
		die(path);
	copy_self(fd);
	if (close(fd))
		die(path);
}

static long long inode_of(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		die(path);
	return (long long)st.st_ino;
}

static pid_t child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

/* PATH ARGV0 ACT [ARGUMENT]...: becomes a copy of itself at PATH, named ARGV0. */
static int exec_copy(int argc, char **argv)
{
	(void)argc;
	make_copy(argv[1]);
	execv(argv[1], argv + 2);
	die(argv[1]);
}

/* NAME: calls itself so and opens the secret. */
static int other_name(int argc, char **argv)
{
	int fd;

	(void)argc;
	if (prctl(PR_SET_NAME, argv[1]))
		die("prctl");
	fd = open_secret();
	truth_begin(argv[0]);
	truth_int("fd", fd);
	truth_str("comm", argv[1]);
	truth_int("exe_ino", inode_of("/proc/self/exe"));
	return truth_end();
}

/* Removes its own file, opens the secret, and is then run once more from /proc/self/exe. */
static int remove_own(int argc, char **argv)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	(void)argc;
	(void)argv;
	if (n < 0)
		die("/proc/self/exe");
	path[n] = '\0';
	if (unlink(path))
		die(path);
	open_secret();
	execl("/proc/self/exe", "again", "evade-open", "plain", (char *)NULL);
	die("/proc/self/exe");
}

/* Puts another file in the place of its own and opens the secret. */
static int replace_own(int argc, char **argv)
{
	char path[4096], other[4100];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	int fd;

	(void)argc;
	if (n < 0)
		die("/proc/self/exe");
	path[n] = '\0';
	snprintf(other, sizeof(other), "%s.new", path);
	make_copy(other);
	if (rename(other, path))
		die(path);
	fd = open_secret();
	truth_begin(argv[0]);
	truth_int("fd", fd);
	truth_int("exe_ino", inode_of("/proc/self/exe"));
	truth_int("other_ino", inode_of(path));
	return truth_end();
}

/* What the acts that start a program start: says nothing. */
static int noop(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

/* --- arguments --- */

/* COUNT LENGTH WORD: a program with COUNT arguments of LENGTH bytes before WORD. */
static int padding(int argc, char **argv)
{
	long count = number(argv[1], 0, 2000, "count"), len = number(argv[2], 0, 130000, "length");
	char **args = calloc((size_t)count + 5, sizeof(*args)), *pad = malloc((size_t)len + 1);
	pid_t pid;

	(void)argc;
	if (!args || !pad)
		die("memory");
	memset(pad, 'p', (size_t)len);
	pad[len] = '\0';
	args[0] = (char *)"padded";
	args[1] = (char *)"evade-noop";
	for (long i = 0; i < count; i++)
		args[2 + i] = pad;
	args[2 + count] = argv[3];
	pid = child();
	if (!pid) {
		execv("/proc/self/exe", args);
		_exit(127);
	}
	truth_begin(argv[0]);
	truth_int("child", pid);
	truth_int("status", reap(pid));
	return truth_end();
}

/* Tells through a descriptor which of two files it was started from, and its last argument. */
static int told(int argc, char **argv)
{
	char path[4096], out[2];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	if (n < 1)
		die("/proc/self/exe");
	out[0] = path[n - 1];
	out[1] = argv[argc - 1][0];
	return write((int)number(argv[1], 0, 1000, "descriptor"), out, 2) != 2;
}

/* In the child: another thread changes the file's name and an argument while it is started. */
static void flipping_exec(int fd)
{
	static const char a[] = "/tmp/evade-exec-a", b[] = "/tmp/evade-exec-b";
	static char name[sizeof(a)], word[] = "good", num[16];
	char *args[] = {(char *)"flipped", (char *)"evade-told", num, word, NULL};
	struct flip f, g;

	memcpy(name, a, sizeof(a));
	snprintf(num, sizeof(num), "%d", fd);
	flip_start(&f, name + sizeof(a) - 2, a + sizeof(a) - 2, b + sizeof(a) - 2, 1);
	flip_start(&g, word, "good", "evil", 4);
	usleep(200 + (unsigned)getpid() % 7 * 30);
	execv(name, args);
	_exit(127);
}

static int flip_exec(int argc, char **argv)
{
	long rounds = number(argv[1], 1, EXEC_ROUNDS_MAX, "rounds");
	char exes[EXEC_ROUNDS_MAX + 1] = "", words[EXEC_ROUNDS_MAX + 1] = "", out[2];
	char pids[EXEC_ROUNDS_MAX * 12] = "";
	int p[2];

	(void)argc;
	make_copy("/tmp/evade-exec-a");
	make_copy("/tmp/evade-exec-b");
	if (pipe(p))
		die("pipe");
	for (long i = 0; i < rounds; i++) {
		pid_t pid = child();

		if (!pid)
			flipping_exec(p[1]);
		if (reap(pid) || read(p[0], out, 2) != 2)
			die("a child that tells nothing");
		exes[i] = out[0];
		words[i] = out[1];
		snprintf(pids + strlen(pids), 12, "%s%d", i ? "," : "", pid);
	}
	truth_begin(argv[0]);
	truth_str("exes", exes);
	truth_str("words", words);
	truth_str("children", pids);
	return truth_end();
}

/* --- scripts --- */

static void make_script(const char *path, const char *interp)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0755);
	if (fd < 0 || dprintf(fd, "#!%s\n:\n", interp) < 0 || close(fd))
		die(path);
}

static const struct {
	const char *kind, *name, *path;
} scripts[] = {
	{"absolute", "/tmp/evade-s.sh", "/tmp/evade-s.sh"},
	{"relative", "./evade-s.sh", "/tmp/evade-s.sh"},
	{"bare", "evade-s.sh", "/tmp/evade-s.sh"},
	{"link", "/tmp/evade-l.sh", "/tmp/evade-s.sh"},
	{"nested", "/tmp/evade-n.sh", "/tmp/evade-n.sh"}, /* its interpreter is a script */
};

/* KIND: runs a script. path is its file, however it was named. */
static int script(int argc, char **argv)
{
	size_t i = 0;
	pid_t pid;

	(void)argc;
	while (i < sizeof(scripts) / sizeof(scripts[0]) && strcmp(scripts[i].kind, argv[1]))
		i++;
	if (i == sizeof(scripts) / sizeof(scripts[0])) {
		errno = EINVAL;
		die(argv[1]);
	}
	make_script("/tmp/evade-s.sh", "/bin/sh");
	make_script("/tmp/evade-n.sh", "/tmp/evade-s.sh");
	unlink("/tmp/evade-l.sh");
	if (symlink("evade-s.sh", "/tmp/evade-l.sh") || chdir("/tmp"))
		die("/tmp");
	pid = child();
	if (!pid) {
		execl(scripts[i].name, "innocent", "argument", (char *)NULL);
		_exit(127);
	}
	truth_begin(argv[0]);
	truth_int("child", pid);
	truth_str("name", scripts[i].name);
	truth_str("path", scripts[i].path);
	truth_int("status", reap(pid));
	return truth_end();
}

/* HOW: a program in memory, started by its descriptor or by a path. */
static int memfd(int argc, char **argv)
{
	char path[64];
	int fd = (int)syscall(SYS_memfd_create, "payload", 0), again;
	char *args[] = {(char *)"sh", (char *)"evade-noop", NULL};
	pid_t pid;

	(void)argc;
	if (fd < 0)
		die("memfd_create");
	copy_self(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY); /* open for writing it could not be run */
	close(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", again);
	pid = child();
	if (!pid) {
		if (!strcmp(argv[1], "path"))
			execv(path, args);
		else
			syscall(SYS_execveat, again, "", args, environ, AT_EMPTY_PATH);
		_exit(127);
	}
	truth_begin(argv[0]);
	truth_int("child", pid);
	truth_str("name", path);
	truth_int("status", reap(pid));
	return truth_end();
}

/* PROGRAM [ARGUMENT]...: as it is. */
static int run(int argc, char **argv)
{
	pid_t pid = child();

	(void)argc;
	if (!pid) {
		execv(argv[1], argv + 1);
		_exit(127);
	}
	truth_begin(argv[0]);
	truth_int("child", pid);
	truth_int("status", reap(pid));
	return truth_end();
}

/* --- processes --- */

/* A child that shares our memory starts a program; then we open the secret. */
static int by_vfork(int argc, char **argv)
{
	char *args[] = {(char *)"vforked", (char *)"evade-noop", NULL};
	pid_t pid;

	(void)argc;
	make_copy("/tmp/evade-vfork");
	pid = vfork();
	if (!pid) {
		execve("/tmp/evade-vfork", args, environ);
		_exit(127);
	}
	if (pid < 0 || reap(pid))
		die("vfork");
	truth_begin(argv[0]);
	truth_int("child", pid);
	truth_int("fd", open_secret());
	return truth_end();
}

static void *exec_thread(void *path)
{
	execl(path, "from-thread", "evade-open", "plain", (char *)NULL);
	die(path);
}

/* PATH: a thread that is not the first becomes a program. */
static int by_thread(int argc, char **argv)
{
	pthread_t t;

	(void)argc;
	make_copy(argv[1]);
	close(open("/etc/group", O_RDONLY));
	if (pthread_create(&t, NULL, exec_thread, argv[1]))
		die("thread");
	for (;;)
		pause();
}

static void *fork_thread(void *ret)
{
	*(pid_t *)ret = child();
	if (!*(pid_t *)ret) {
		open_secret();
		_exit(0);
	}
	return NULL;
}

/* A thread that is not the first makes a child, which opens the secret. */
static int thread_fork(int argc, char **argv)
{
	pthread_t t;
	pid_t pid = 0;

	(void)argc;
	if (pthread_create(&t, NULL, fork_thread, &pid) || pthread_join(t, NULL))
		die("thread");
	truth_begin(argv[0]);
	truth_int("child", pid);
	truth_int("status", reap(pid));
	return truth_end();
}

/* One process after the other with one number: the first runs a program, the second opens the
 * secret. */
static int reuse(int argc, char **argv)
{
	struct clone_args ca = {.exit_signal = SIGCHLD, .set_tid_size = 1};
	pid_t first, second;

	(void)argc;
	make_copy("/tmp/evade-first");
	first = child();
	if (!first) {
		execl("/tmp/evade-first", "first", "evade-noop", "mark-of-it", (char *)NULL);
		_exit(127);
	}
	reap(first);
	ca.set_tid = (uint64_t)(uintptr_t)&first;
	second = (pid_t)syscall(SYS_clone3, &ca, sizeof(ca));
	if (second < 0)
		return not_here(argv[0], strerror(errno));
	if (!second) {
		open_secret();
		_exit(0);
	}
	truth_begin(argv[0]);
	truth_int("first", first);
	truth_int("second", second);
	truth_int("status", reap(second));
	return truth_end();
}

/* COUNT processes, as fast as they can be made and as many at once as the kernel lets. */
static int storm(int argc, char **argv)
{
	long count = number(argv[1], 1, 100000, "count"), done = 0;

	(void)argc;
	while (done < count) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (pid > 0)
			done++;
		else
			wait(NULL);
	}
	while (wait(NULL) > 0)
		;
	truth_begin(argv[0]);
	truth_int("count", done);
	return truth_end();
}

const struct act evade_exec_acts[] = {
	{"evade-noop", "[ANYTHING]...", 0, noop, "nothing at all"},
	{"evade-exec", "PATH ARGV0 ACT [ARGUMENT]...", 3, exec_copy, "a copy under other names"},
	{"evade-comm", "NAME", 1, other_name, "opens the secret as NAME"},
	{"evade-remove", "", 0, remove_own, "removes its own file and starts itself"},
	{"evade-replace", "", 0, replace_own, "puts another file in the place of its own"},
	{"evade-pad", "COUNT LENGTH WORD", 3, padding, "COUNT long arguments before WORD"},
	{"evade-told", "FD WORD", 2, told, "started by evade-flip-exec"},
	{"evade-flip-exec", "ROUNDS", 1, flip_exec, "name and argument change meanwhile"},
	{"evade-script", "KIND", 1, script, "a script, named in one of several ways"},
	{"evade-memfd", "fd|path", 1, memfd, "a program in memory"},
	{"evade-run", "PROGRAM [ARGUMENT]...", 1, run, "a program in a child"},
	{"evade-vfork", "", 0, by_vfork, "a child that shares our memory"},
	{"evade-thread", "PATH", 1, by_thread, "a thread that becomes a program"},
	{"evade-thread-fork", "", 0, thread_fork, "a thread that makes a process"},
	{"evade-reuse", "", 0, reuse, "two processes with one number"},
	{"evade-storm", "COUNT", 1, storm, "many processes at once"},
	{0},
};
