/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* One act for each event of the beginning: processes, open, names, sockets, credentials. */
#include "event.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ID 1042 /* nobody's */
#define CAP_LAST 63

extern char **environ;

static void join(char path[PATH_MAX], const char *dir, const char *name)
{
	if (snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX)
		return;
	errno = ENAMETOOLONG;
	die(dir);
}

/* A path below dir; two at a time are good. */
static const char *below(const char *dir, const char *name)
{
	static char path[2][PATH_MAX];
	static unsigned n;
	char *at = path[n++ % 2];

	join(at, dir, name);
	return at;
}

/* A new file below dir, left behind. */
static const char *new_file(const char *dir, const char *name)
{
	const char *path = below(dir, name);
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		die(path);
	close(fd);
	return path;
}

static int open_dir(const char *dir)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		die(dir);
	return fd;
}

static pid_t new_child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

/* --- processes --- */

static int do_fork(const char *dir)
{
	pid_t pid = new_child();

	(void)dir;
	if (!pid)
		_exit(0);
	truth_begin("fork");
	truth_int("child_vpid", pid);
	reap(pid);
	return truth_end();
}

static int do_exit(const char *dir)
{
	pid_t pid = new_child();

	(void)dir;
	if (!pid)
		_exit(7);
	truth_begin("procexit");
	truth_int("proc.pid", pid);
	truth_int("status", reap(pid));
	return truth_end();
}

static const char *own_path(void)
{
	static char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0)
		die("/proc/self/exe");
	path[n] = '\0';
	return path;
}

/* The child that becomes another program, which is this one: its output is thrown away. */
static int run(const char *event, bool at)
{
	char *args[] = {(char *)"payload", (char *)"noop", (char *)"0", NULL};
	const char *self = own_path();
	int fd = open(self, O_PATH | O_CLOEXEC), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t pid = new_child();

	if (!pid) {
		dup2(null, STDOUT_FILENO);
		if (at)
			syscall(SYS_execveat, fd, "", args, environ, AT_EMPTY_PATH);
		else
			syscall(SYS_execve, self, args, environ);
		_exit(127);
	}
	truth_begin(event);
	truth_int("proc.pid", pid);
	truth_int("res", 0);
	truth_str("proc.exe", "payload");
	truth_str("proc.args", "noop 0");
	truth_str("proc.exepath", self);
	if (!at)
		truth_str("filename", self);
	if (reap(pid))
		return 1;
	return truth_end();
}

static int do_execve(const char *dir)
{
	(void)dir;
	return run("execve", false);
}

static int do_execveat(const char *dir)
{
	(void)dir;
	return run("execveat", true);
}

/* --- cgroups: dir is one --- */

/* What of a path lies below the mount that it is on. */
static const char *below_mount(const char *path)
{
	static char up[PATH_MAX];
	struct stat st, parent;

	if (stat(path, &st) || !realpath(path, up))
		die(path);
	for (;;) {
		char *slash = strrchr(up, '/');

		if (!slash || slash == up)
			return path;
		*slash = '\0';
		if (stat(up, &parent))
			die(up);
		if (parent.st_dev != st.st_dev) {
			*slash = '/';
			return path + strlen(up);
		}
	}
}

static void truth_cgroup(const char *event, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		die(path);
	truth_begin(event);
	truth_int("id", (long long)st.st_ino);
	truth_str("path", below_mount(path));
}

static int cgroup(const char *event, const char *dir, bool attach)
{
	char path[PATH_MAX], num[16];
	pid_t pid = 0;
	int fd;

	join(path, dir, event);
	if (mkdir(path, 0755))
		die(path);
	truth_cgroup(event, path);
	if (attach) {
		pid = new_child();
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
		fd = open(below(path, "cgroup.procs"), O_WRONLY | O_CLOEXEC);
		snprintf(num, sizeof(num), "%d", pid);
		if (fd < 0 || write(fd, num, strlen(num)) < 0)
			die("cgroup.procs");
		truth_int("moved", pid);
		kill(pid, SIGKILL);
		reap(pid);
	}
	if (rmdir(path))
		die(path);
	return truth_end();
}

static int do_cgroup_mkdir(const char *dir)
{
	return cgroup("cgroup_mkdir", dir, false);
}

static int do_cgroup_rmdir(const char *dir)
{
	return cgroup("cgroup_rmdir", dir, false);
}

static int do_cgroup_attach(const char *dir)
{
	return cgroup("cgroup_attach_task", dir, true);
}

/* --- open --- */

static int truth_open(const char *event, long fd, const char *name, const char *real)
{
	struct stat st;

	truth_begin(event);
	truth_res("fd", fd);
	truth_str("name", name);
	truth_str("fd.name", real);
	if (fd >= 0 && !fstat((int)fd, &st)) {
		truth_int("ino", (long long)st.st_ino);
		truth_int("fd.nlink", (long long)st.st_nlink);
		truth_int("fd.owner.uid", st.st_uid);
	}
	return fd < 0;
}

#ifdef SYS_open
static int do_open(const char *dir)
{
	const char *path = new_file(dir, "a");
	int bad = truth_open("open", syscall(SYS_open, path, O_RDWR | O_APPEND, 0), path, path);

	truth_int("flags", O_RDWR | O_APPEND);
	return truth_end() || bad;
}

static int do_creat(const char *dir)
{
	const char *path = below(dir, "made");
	int bad;

	umask(0);
	bad = truth_open("creat", syscall(SYS_creat, path, 0640), path, path);
	truth_int("mode", 0640);
	return truth_end() || bad;
}
#endif

static int do_openat(const char *dir)
{
	int at = open_dir(dir), bad;

	bad = truth_open("openat", syscall(SYS_openat, at, "new", O_WRONLY | O_CREAT, 0600), "new",
			 below(dir, "new"));
	truth_int("dirfd", at);
	truth_int("flags", O_WRONLY | O_CREAT);
	truth_int("mode", 0600);
	return truth_end() || bad;
}

static int do_openat2(const char *dir)
{
	struct open_how how = {.flags = O_RDWR | O_CLOEXEC, .resolve = RESOLVE_BENEATH};
	int at = open_dir(dir), bad;

	new_file(dir, "a");
	bad = truth_open("openat2", syscall(SYS_openat2, at, "a", &how, sizeof(how)), "a",
			 below(dir, "a"));
	truth_int("dirfd", at);
	truth_int("flags", O_RDWR); /* the file's own, which O_CLOEXEC is not among */
	truth_int("resolve", RESOLVE_BENEATH);
	return truth_end() || bad;
}

/* --- names --- */

static int truth_two(const char *event, long res, const char *key1, const char *path1,
		     const char *key2, const char *path2)
{
	truth_begin(event);
	truth_res("res", res);
	truth_str(key1, path1);
	truth_str(key2, path2);
	return res < 0;
}

/* Of absolute names: also the paths that they stand for. */
static int end_two(const char *path1, const char *path2, int bad)
{
	truth_str("fs.path.source", path1);
	truth_str("fs.path.target", path2);
	return truth_end() || bad;
}

#ifdef SYS_link
#define TWO(call, key1, key2, make)                                                                \
	static int do_##call(const char *dir)                                                      \
	{                                                                                          \
		const char *a = make(dir, "from"), *b = below(dir, "to");                          \
                                                                                                   \
		return end_two(a, b, truth_two(#call, syscall(SYS_##call, a, b), key1, a, key2,    \
					       b));                                                \
	}
TWO(link, "oldpath", "newpath", new_file)
TWO(symlink, "target", "linkpath", below)
TWO(rename, "oldpath", "newpath", new_file)

static int do_unlink(const char *dir)
{
	const char *path = new_file(dir, "gone");

	truth_begin("unlink");
	truth_res("res", syscall(SYS_unlink, path));
	truth_str("path", path);
	truth_str("fs.path.name", path);
	return truth_end();
}
#endif

/* Names that start from a directory's descriptor. */
static int two_at(const char *event, long nr, const char *dir, const char *key1, const char *key2)
{
	int at = open_dir(dir), bad;

	new_file(dir, "from");
	bad = truth_two(event, syscall(nr, at, "from", at, "to", 0), "oldpath", "from", "newpath",
			"to");
	truth_int(key1, at);
	truth_int(key2, at);
	return end_two(below(dir, "from"), below(dir, "to"), bad);
}

static int do_linkat(const char *dir)
{
	return two_at("linkat", SYS_linkat, dir, "olddir", "newdir");
}

#ifdef SYS_renameat
static int do_renameat(const char *dir)
{
	return two_at("renameat", SYS_renameat, dir, "olddirfd", "newdirfd");
}
#endif

static int do_renameat2(const char *dir)
{
	return two_at("renameat2", SYS_renameat2, dir, "olddirfd", "newdirfd");
}

static int do_symlinkat(const char *dir)
{
	int at = open_dir(dir), bad;

	bad = truth_two("symlinkat", syscall(SYS_symlinkat, "nowhere", at, "to"), "target",
			"nowhere", "linkpath", "to");
	truth_int("linkdirfd", at);
	return end_two(below(dir, "nowhere"), below(dir, "to"), bad);
}

static int do_unlinkat(const char *dir)
{
	const char *path = below(dir, "gone");
	int at = open_dir(dir);

	if (mkdir(path, 0755))
		die(path);
	truth_begin("unlinkat");
	truth_res("res", syscall(SYS_unlinkat, at, "gone", AT_REMOVEDIR));
	truth_str("name", "gone");
	truth_int("dirfd", at);
	truth_int("flags", AT_REMOVEDIR);
	truth_str("fs.path.name", path);
	return truth_end();
}

/* --- sockets --- */

static int do_socket(const char *dir)
{
	(void)dir;
	truth_begin("socket");
	truth_res("fd", socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP));
	truth_int("domain", AF_INET6);
	truth_int("type", SOCK_DGRAM);
	truth_int("proto", IPPROTO_UDP);
	return truth_end();
}

/* A socket on 127.0.0.1 at a port of the kernel's choice. */
static int bound(int type, struct sockaddr_in *ret)
{
	socklen_t len = sizeof(*ret);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	*ret = (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || bind(fd, (struct sockaddr *)ret, sizeof(*ret)) ||
	    (type == SOCK_STREAM && listen(fd, 1)) ||
	    getsockname(fd, (struct sockaddr *)ret, &len))
		die("a socket on 127.0.0.1");
	return fd;
}

static void truth_addr(const char *key, const struct sockaddr_in *a)
{
	char text[32];

	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(a->sin_port));
	truth_str(key, text);
}

static int do_connect(const char *dir)
{
	struct sockaddr_in to;
	int fd;

	(void)dir;
	bound(SOCK_STREAM, &to);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	truth_begin("connect");
	truth_res("res", connect(fd, (struct sockaddr *)&to, sizeof(to)));
	truth_int("fd", fd);
	truth_addr("addr", &to);
	truth_int("fd.rport", ntohs(to.sin_port));
	truth_str("fd.rip", "127.0.0.1");
	return truth_end();
}

static int do_accept(const char *event, bool four)
{
	struct sockaddr_in at, peer;
	socklen_t len = sizeof(peer);
	int server = bound(SOCK_STREAM, &at);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	long fd;

	if (connect(client, (struct sockaddr *)&at, sizeof(at)) ||
	    getsockname(client, (struct sockaddr *)&peer, &len))
		die("connect");
	truth_begin(event);
	fd = four ? syscall(SYS_accept4, server, NULL, NULL, SOCK_CLOEXEC) :
		    syscall(SYS_accept, server, NULL, NULL);
	truth_res("res", fd);
	truth_int("fd", fd);
	truth_int("fd.lport", ntohs(at.sin_port));
	truth_int("fd.rport", ntohs(peer.sin_port));
	return truth_end();
}

static int do_accept_(const char *dir)
{
	(void)dir;
	return do_accept("accept", false);
}

static int do_accept4(const char *dir)
{
	(void)dir;
	return do_accept("accept4", true);
}

static int send_one(const char *event, bool msg)
{
	struct sockaddr_in to;
	struct iovec iov = {.iov_base = (char *)"hello", .iov_len = 5};
	struct msghdr m = {.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov,
			   .msg_iovlen = 1};
	int fd;

	bound(SOCK_DGRAM, &to);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	truth_begin(event);
	truth_res("res", msg ? sendmsg(fd, &m, 0) :
			       sendto(fd, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to)));
	truth_int("fd", fd);
	truth_int("size", 5);
	truth_str("data", "hello");
	truth_addr("addr", &to);
	return truth_end();
}

static int do_sendto(const char *dir)
{
	(void)dir;
	return send_one("sendto", false);
}

static int do_sendmsg(const char *dir)
{
	(void)dir;
	return send_one("sendmsg", true);
}

/* --- descriptors --- */

static int dup_of(const char *event, const char *dir, long nr, long to, long flags)
{
	const char *path = new_file(dir, "a");
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	truth_begin(event);
	truth_res("res", syscall(nr, fd, to, flags));
	truth_int("oldfd", fd);
	truth_str("fd.name", path);
	return truth_end();
}

static int do_dup(const char *dir)
{
	return dup_of("dup", dir, SYS_dup, 0, 0);
}

#ifdef SYS_dup2
static int do_dup2(const char *dir)
{
	return dup_of("dup2", dir, SYS_dup2, 40, 0);
}
#endif

static int do_dup3(const char *dir)
{
	return dup_of("dup3", dir, SYS_dup3, 41, O_CLOEXEC);
}

/* --- the kernel, other processes --- */

static int do_ptrace(const char *dir)
{
	pid_t pid = new_child();

	(void)dir;
	if (!pid)
		for (;;)
			pause();
	truth_begin("ptrace");
	truth_res("res", ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	truth_int("request", PTRACE_SEIZE);
	truth_int("evt.arg.pid", pid);
	truth_int("target.vpid", pid);
	kill(pid, SIGKILL);
	reap(pid);
	return truth_end();
}

static int do_init_module(const char *dir)
{
	static char garbage[64] = "no module";

	(void)dir;
	truth_begin("init_module");
	truth_res("res", syscall(SYS_init_module, garbage, sizeof(garbage), "name=value"));
	truth_int("length", sizeof(garbage));
	truth_str("uargs", "name=value");
	return truth_end();
}

static int do_finit_module(const char *dir)
{
	const char *path = new_file(dir, "no-module");
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	truth_begin("finit_module");
	truth_res("res", syscall(SYS_finit_module, fd, "name=value", 1));
	truth_int("fd", fd);
	truth_str("fd.name", path);
	truth_str("uargs", "name=value");
	truth_int("flags", 1);
	return truth_end();
}

/* --- directories --- */

static int do_chdir(const char *dir)
{
	truth_begin("chdir");
	truth_res("res", chdir(dir));
	truth_str("path", dir);
	truth_str("cwd", dir);
	return truth_end();
}

static int do_fchdir(const char *dir)
{
	truth_begin("fchdir");
	truth_res("res", fchdir(open_dir(dir)));
	truth_str("cwd", dir);
	return truth_end();
}

static int do_chroot(const char *dir)
{
	truth_begin("chroot");
	truth_res("res", chroot(dir));
	truth_str("path", dir);
	return truth_end();
}

/* --- credentials --- */

static int change_id(const char *event, long nr, const char *key)
{
	truth_begin(event);
	truth_res("res", syscall(nr, ID, ID, ID));
	truth_int(key, ID);
	return truth_end();
}

#define CHANGE(call, key)                                                                          \
	static int do_##call(const char *dir)                                                      \
	{                                                                                          \
		(void)dir;                                                                         \
		return change_id(#call, SYS_##call, key);                                          \
	}
CHANGE(setuid, "evt.arg.uid")
CHANGE(setgid, "gid")
CHANGE(setreuid, "evt.arg.uid")
CHANGE(setregid, "gid")
CHANGE(setresuid, "evt.arg.uid")
CHANGE(setresgid, "gid")

static int do_capset(const char *dir)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
	unsigned long long bset = 0;

	(void)dir;
	for (unsigned long cap = 0; cap <= CAP_LAST; cap++)
		if (prctl(PR_CAPBSET_READ, cap) == 1)
			bset |= 1ull << cap;
	truth_begin("capset");
	truth_res("res", syscall(SYS_capset, &head, none));
	truth_int("cap_inheritable", 0);
	truth_int("cap_ambient", 0);
	truth_int("cap_bset", (long long)bset);
	return truth_end();
}

static int do_setsid(const char *dir)
{
	pid_t pid = new_child(); /* a group leader may not */

	(void)dir;
	if (pid)
		return reap(pid) ? 1 : 0;
	truth_begin("setsid");
	truth_res("res", setsid());
	_exit(truth_end());
}

static int do_prctl(const char *dir)
{
	(void)dir;
	truth_begin("prctl");
	truth_res("res", prctl(PR_SET_NAME, "new-name"));
	truth_int("option", PR_SET_NAME);
	truth_str("proc.name", "new-name");
	truth_int("no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	return truth_end();
}

/* --- the table --- */

/* Architectures that came later have only the newer of two calls. */
#if !defined(SYS_open) || !defined(SYS_link) || !defined(SYS_dup2) || !defined(SYS_renameat)
static int missing(const char *dir)
{
	(void)dir;
	return no_such_call("this architecture has no such system call");
}
#endif
#ifndef SYS_open
#define do_open missing
#define do_creat missing
#endif
#ifndef SYS_link
#define do_link missing
#define do_symlink missing
#define do_rename missing
#define do_unlink missing
#endif
#ifndef SYS_renameat
#define do_renameat missing
#endif
#ifndef SYS_dup2
#define do_dup2 missing
#endif

const struct event_act event_basic[] = {
	{"fork", do_fork, NULL},
	{"procexit", do_exit, NULL},
	{"execve", do_execve, NULL},
	{"execveat", do_execveat, NULL},
	{"cgroup_mkdir", do_cgroup_mkdir, "host"},
	{"cgroup_rmdir", do_cgroup_rmdir, "host"},
	{"cgroup_attach_task", do_cgroup_attach, "host"},
	{"open", do_open, NULL},
	{"openat", do_openat, NULL},
	{"openat2", do_openat2, NULL},
	{"creat", do_creat, NULL},
	{"link", do_link, NULL},
	{"linkat", do_linkat, NULL},
	{"symlink", do_symlink, NULL},
	{"symlinkat", do_symlinkat, NULL},
	{"rename", do_rename, NULL},
	{"renameat", do_renameat, NULL},
	{"renameat2", do_renameat2, NULL},
	{"unlink", do_unlink, NULL},
	{"unlinkat", do_unlinkat, NULL},
	{"socket", do_socket, NULL},
	{"connect", do_connect, NULL},
	{"accept", do_accept_, NULL},
	{"accept4", do_accept4, NULL},
	{"sendto", do_sendto, NULL},
	{"sendmsg", do_sendmsg, NULL},
	{"dup", do_dup, NULL},
	{"dup2", do_dup2, NULL},
	{"dup3", do_dup3, NULL},
	{"ptrace", do_ptrace, NULL},
	{"init_module", do_init_module, NULL},
	{"finit_module", do_finit_module, NULL},
	{"chdir", do_chdir, NULL},
	{"fchdir", do_fchdir, NULL},
	{"chroot", do_chroot, NULL},
	{"setuid", do_setuid, NULL},
	{"setgid", do_setgid, NULL},
	{"setreuid", do_setreuid, NULL},
	{"setregid", do_setregid, NULL},
	{"setresuid", do_setresuid, NULL},
	{"setresgid", do_setresgid, NULL},
	{"capset", do_capset, NULL},
	{"setsid", do_setsid, NULL},
	{"prctl", do_prctl, NULL},
	{0},
};
