/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Acts on processes, credentials and the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"

extern char **environ;

static void pause_ms(long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* Does nothing, for MS milliseconds. What the acts that start a program start. */
static int noop(int argc, char **argv)
{
	if (argc > 1)
		pause_ms(number(argv[1], 0, 600000, "milliseconds"));
	truth_begin(argv[0]);
	return truth_end();
}

/* An act later: MS milliseconds after this process began. */
static int after(int argc, char **argv)
{
	pause_ms(number(argv[1], 0, 600000, "milliseconds"));
	return act(argc - 2, argv + 2);
}

static int start(int fd, char *name, const char *act)
{
	char *args[] = {name, (char *)"noop", NULL};
	pid_t pid = fork();
	int bad;

	if (pid < 0)
		die("fork");
	if (!pid) {
		syscall(SYS_execveat, fd, "", args, environ, AT_EMPTY_PATH);
		_exit(127);
	}
	truth_begin(act);
	truth_int("child", pid);
	truth_str("argv0", name);
	truth_int("status", reap(pid));
	bad = truth_end();
	return bad;
}

/* Copies itself into memory and runs that. */
static int memfd_exec(int argc, char **argv)
{
	char *name = argc > 1 ? argv[1] : (char *)"payload";
	int fd = (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC);

	if (fd < 0)
		die("memfd_create");
	copy_self(fd);
	return start(fd, name, argv[0]);
}

static int copy_to(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	if (fd < 0)
		die(path);
	copy_self(fd);
	if (close(fd))
		die(path);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Copies itself to a file, removes its name, and runs it. */
static int deleted_exec(int argc, char **argv)
{
	int fd = copy_to(argv[1]);

	(void)argc;
	if (fd < 0 || unlink(argv[1]))
		die(argv[1]);
	return start(fd, argv[1], argv[0]);
}

/* Copies itself to DIR/NAME and runs that by its path; removed again. */
static int exec_from(int argc, char **argv)
{
	char path[PATH_MAX];
	int fd, bad;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", argv[1], argc > 2 ? argv[2] : "payload");
	fd = copy_to(path);
	if (fd < 0)
		die(path);
	close(fd);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		execl(path, path, "noop", (char *)NULL);
		_exit(127);
	}
	truth_begin(argv[0]);
	truth_int("child", pid);
	truth_str("path", path);
	truth_int("status", reap(pid));
	bad = truth_end();
	return unlink(path) || bad;
}

/* Runs PROGRAM under another name: NAME is argv[0], and through a symbolic link in DIR the
 * thread's name too. */
static int exec_as(int argc, char **argv)
{
	char path[PATH_MAX];
	int bad;
	pid_t pid;

	(void)argc;
	snprintf(path, sizeof(path), "%s/%s", argv[1], argv[2]);
	if (symlink(argv[3], path))
		die(path);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		argv[3] = argv[2];
		execv(path, argv + 3);
		_exit(127);
	}
	truth_begin(argv[0]);
	truth_int("child", pid);
	truth_str("path", path);
	truth_int("status", reap(pid));
	bad = truth_end();
	return unlink(path) || bad;
}

static int exec_fail(int argc, char **argv)
{
	char *args[] = {argv[1], NULL};
	long r = execve(argv[1], args, environ);

	(void)argc;
	truth_begin(argv[0]);
	truth_res("res", r);
	truth_str("path", argv[1]);
	return truth_end();
}

static pid_t sleeper(bool traceme)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		if (traceme)
			_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? 1 : 0);
		pause();
		_exit(0);
	}
	return pid;
}

/* ptrace-attach, ptrace-seize: a child of its own, which is killed afterwards. */
static int trace(int argc, char **argv)
{
	bool attach = !strcmp(argv[0], "ptrace-attach");
	bool traceme = !strcmp(argv[0], "ptrace-traceme");
	pid_t pid = sleeper(traceme);
	long r = 0;

	(void)argc;
	if (!traceme)
		r = ptrace(attach ? PTRACE_ATTACH : PTRACE_SEIZE, pid, NULL, NULL);
	truth_begin(argv[0]);
	truth_res("res", r);
	truth_int("child", pid);
	if (!traceme) {
		kill(pid, SIGKILL);
		if (attach && !r) /* it stops first, and then dies */
			waitpid(pid, NULL, __WALL);
	}
	while (waitpid(pid, NULL, __WALL) > 0)
		;
	return truth_end();
}

/* No module: the kernel refuses it, whoever asks. */
static int module_load(int argc, char **argv)
{
	static char garbage[64] = "no module";
	long r;

	if (argc > 1) {
		int fd = open(argv[1], O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			die(argv[1]);
		r = syscall(SYS_finit_module, fd, "name=value", 0);
	} else {
		r = syscall(SYS_init_module, garbage, sizeof(garbage), "name=value");
	}
	truth_begin(argv[0]);
	truth_res("res", r);
	return truth_end();
}

static long call_cred(const char *call, unsigned id)
{
	if (!strcmp(call, "setuid"))
		return syscall(SYS_setuid, id);
	if (!strcmp(call, "setgid"))
		return syscall(SYS_setgid, id);
	if (!strcmp(call, "setreuid"))
		return syscall(SYS_setreuid, id, id);
	if (!strcmp(call, "setregid"))
		return syscall(SYS_setregid, id, id);
	if (!strcmp(call, "setresuid"))
		return syscall(SYS_setresuid, id, id, id);
	return syscall(SYS_setresgid, id, id, id);
}

/* CALL ID [PROGRAM ARG...]: with a program, that is run afterwards in its place. */
static int cred(int argc, char **argv)
{
	unsigned id = (unsigned)number(argv[1], 0, UINT_MAX, "id");
	long r = call_cred(argv[0], id);

	truth_begin(argv[0]);
	truth_res("res", r);
	truth_int("id", id);
	truth_int("euid", geteuid());
	truth_int("egid", getegid());
	if (truth_end())
		return 1;
	if (argc > 2) {
		execv(argv[2], argv + 2);
		die(argv[2]);
	}
	return 0;
}

/* Gives up every capability. */
static int capset_(int argc, char **argv)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
	long r = syscall(SYS_capset, &head, none);

	(void)argc;
	truth_begin(argv[0]);
	truth_res("res", r);
	return truth_end();
}

static int setsid_(int argc, char **argv)
{
	pid_t pid = fork(); /* a group leader may not */

	(void)argc;
	if (pid < 0)
		die("fork");
	if (pid)
		return reap(pid) ? 1 : 0;
	truth_begin(argv[0]);
	truth_res("res", setsid());
	exit(truth_end());
}

static int rename_self(int argc, char **argv)
{
	char comm[17] = "";
	long r = prctl(PR_SET_NAME, argv[1]);

	(void)argc;
	prctl(PR_GET_NAME, comm);
	truth_begin(argv[0]);
	truth_res("res", r);
	truth_str("comm", comm);
	return truth_end();
}

/* COUNT children, one after the other, that end at once. */
static int burst(int argc, char **argv)
{
	long count = number(argv[1], 1, 1000000, "count"), done;
	bool exec = argc > 2;

	for (done = 0; done < count; done++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			if (exec)
				execv(argv[2], argv + 2);
			_exit(exec ? 127 : 0);
		}
		reap(pid);
	}
	truth_begin(argv[0]);
	truth_int("count", done);
	truth_int("exec", exec);
	return truth_end();
}

/* Runs PROGRAM with a new terminal as its controlling one; its output is thrown away. */
static int on_tty(int argc, char **argv)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), unlock = 0, slave, bad;
	char name[64], buf[4096];
	unsigned n;
	struct stat st;
	pid_t pid;

	(void)argc;
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) || ioctl(master, TIOCGPTN, &n))
		die("/dev/ptmx");
	snprintf(name, sizeof(name), "/dev/pts/%u", n);
	slave = open(name, O_RDWR | O_NOCTTY);
	if (slave < 0 || fstat(slave, &st))
		die(name);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0))
			_exit(126);
		for (int fd = 0; fd < 3; fd++)
			dup2(slave, fd);
		execv(argv[1], argv + 1);
		_exit(127);
	}
	close(slave);
	while (read(master, buf, sizeof(buf)) > 0)
		;
	truth_begin(argv[0]);
	truth_int("child", pid);
	truth_int("tty", (long long)st.st_rdev);
	truth_int("status", reap(pid));
	bad = truth_end();
	return bad;
}

const struct act proc_acts[] = {
	{"noop", "[MS]", 0, noop, "does nothing, for MS milliseconds"},
	{"after", "MS ACT [ARGUMENT]...", 2, after, "an act, MS milliseconds later"},
	{"memfd-exec", "[NAME]", 0, memfd_exec, "a program that is only in memory"},
	{"deleted-exec", "PATH", 1, deleted_exec, "a program whose name is gone"},
	{"exec-from", "DIR [NAME]", 1, exec_from, "a copy of itself, from DIR"},
	{"exec-as", "DIR NAME PROGRAM [ARG]...", 3, exec_as, "through a link DIR/NAME"},
	{"exec-fail", "PATH", 1, exec_fail, "a path that cannot be run"},
	{"ptrace-attach", "", 0, trace, "a child of its own"},
	{"ptrace-seize", "", 0, trace, "a child of its own"},
	{"ptrace-traceme", "", 0, trace, "the child asks to be traced"},
	{"module-load", "[FILE]", 0, module_load, "an image that is no module"},
	{"setuid", "ID [PROGRAM [ARG]...]", 1, cred, ""},
	{"setgid", "ID [PROGRAM [ARG]...]", 1, cred, ""},
	{"setreuid", "ID [PROGRAM [ARG]...]", 1, cred, ""},
	{"setregid", "ID [PROGRAM [ARG]...]", 1, cred, ""},
	{"setresuid", "ID [PROGRAM [ARG]...]", 1, cred, ""},
	{"setresgid", "ID [PROGRAM [ARG]...]", 1, cred, ""},
	{"capset", "", 0, capset_, "gives up every capability"},
	{"setsid", "", 0, setsid_, "in a child"},
	{"comm", "NAME", 1, rename_self, "prctl(PR_SET_NAME)"},
	{"burst", "COUNT [PROGRAM [ARG]...]", 1, burst, "fork and end, or fork and exec"},
	{"on-tty", "PROGRAM [ARG]...", 1, on_tty, "with a terminal of its own"},
	{0},
};
