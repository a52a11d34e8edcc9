/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * One act for each event of namespaces, the kernel itself, and one process on another. Calls are
 * made by number where the C library has none or does more. Sockets are in event_socks.c.
 *
 * What could really do harm (a new kernel, a module removed) is asked for in a way that fails
 * whatever rights the caller has.
 */
#include "event_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* The same number on every architecture; the C library's headers may be too old. */
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* --- helpers --- */

/* A process that waits for its end; dies with its parent. */
static pid_t new_child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	reap(pid);
}

static void truth_target(pid_t pid)
{
	truth_int("target_pid", pid);
	truth_int("target_tid", pid);
}

static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* The number of a namespace, as the kernel counts them. 0 when it is not shown. */
static long long ns_number(pid_t pid, const char *kind)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
	return stat(path, &st) ? 0 : (long long)st.st_ino;
}

static void truth_namespaces(void)
{
	truth_int("mntns", ns_number(getpid(), "mnt"));
	truth_int("pidns", ns_number(getpid(), "pid_for_children"));
	truth_int("netns", ns_number(getpid(), "net"));
	truth_int("userns", ns_number(getpid(), "user"));
}

/* A number of a line in /proc/self/status; none when there is no such line. */
static long own_status(const char *key, long none)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");
	size_t len = strlen(key);

	if (!f)
		return none;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len) && line[len] == ':')
			none = strtol(line + len + 1, NULL, 10);
	fclose(f);
	return none;
}

/* --- namespaces --- */

static int do_setns(const char *dir)
{
	pid_t child = new_child();
	int fd = open_pidfd(child);

	(void)dir;
	truth_begin("setns");
	truth_res("res", syscall(SYS_setns, fd, CLONE_NEWUTS));
	truth_int("fd", fd);
	truth_int("nstype", CLONE_NEWUTS);
	truth_target(child);
	truth_namespaces();
	end_child(child);
	return truth_end();
}

static int do_unshare(const char *dir)
{
	const unsigned flags = CLONE_NEWNS | CLONE_NEWUTS;

	(void)dir;
	truth_begin("unshare");
	truth_res("res", syscall(SYS_unshare, flags));
	truth_int("flags", flags);
	truth_namespaces();
	return truth_end();
}

/* Made for a new process; unshare has the other way. */
static int do_userns_create(const char *dir)
{
	long flags = CLONE_NEWUSER | SIGCHLD;
#ifdef __aarch64__
	pid_t child = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
#else
	pid_t child = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, 0);
#endif

	(void)dir;
	if (!child)
		for (;;)
			pause();
	if (child < 0)
		return no_such_call("no user namespace can be made here");
	truth_begin("userns_create");
	truth_int("userns", ns_number(child, "user"));
	truth_int("parent_userns", ns_number(getpid(), "user"));
	end_child(child);
	return truth_end();
}

static int set_name(const char *event, long nr, const char *name)
{
	if (unshare(CLONE_NEWUTS))
		die("CLONE_NEWUTS");
	truth_begin(event);
	truth_res("res", syscall(nr, name, strlen(name)));
	truth_str("name", name);
	return truth_end();
}

static int do_sethostname(const char *dir)
{
	(void)dir;
	return set_name("sethostname", SYS_sethostname, "hw-actor");
}

static int do_setdomainname(const char *dir)
{
	(void)dir;
	return set_name("setdomainname", SYS_setdomainname, "hw.example");
}

/* --- the kernel itself --- */

static int do_delete_module(const char *dir)
{
	const char *name = "hw_no_such_module";

	(void)dir;
	truth_begin("delete_module");
	truth_res("res", syscall(SYS_delete_module, name, O_NONBLOCK));
	truth_str("name", name);
	truth_int("flags", O_NONBLOCK);
	return truth_end();
}

#define TOO_MANY_SEGMENTS 17 /* KEXEC_SEGMENT_MAX is 16 */

static int do_kexec_load(const char *dir)
{
	(void)dir;
	truth_begin("kexec_load");
	truth_res("res", syscall(SYS_kexec_load, 0x1000, TOO_MANY_SEGMENTS, NULL, 2));
	truth_int("entry", 0x1000);
	truth_int("segments", TOO_MANY_SEGMENTS);
	truth_int("flags", 2);
	return truth_end();
}

#define NO_SUCH_FLAG 0x40000000

static int do_kexec_file_load(const char *dir)
{
	const char *text = "console=none";
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)dir;
	truth_begin("kexec_file_load");
	truth_res("res", syscall(SYS_kexec_file_load, fd, -1, strlen(text) + 1, text,
				 NO_SUCH_FLAG));
	truth_int("fd", fd);
	truth_int("initrd_fd", -1);
	truth_str("cmdline", text);
	truth_int("flags", NO_SUCH_FLAG);
	truth_str("fd.name", "/dev/null");
	return truth_end();
}

static int do_bpf(const char *dir)
{
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
			       .max_entries = 1, .map_name = "hw_actor"};

	(void)dir;
	truth_begin("bpf");
	truth_res("res", syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
	truth_int("cmd", BPF_MAP_CREATE);
	truth_str("name", "hw_actor");
	truth_int("type", BPF_MAP_TYPE_ARRAY);
	return truth_end();
}

static int do_perf_event_open(const char *dir)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
				       .config = PERF_COUNT_SW_TASK_CLOCK};

	(void)dir;
	truth_begin("perf_event_open");
	truth_res("res", syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
	truth_int("type", PERF_TYPE_SOFTWARE);
	truth_int("config", PERF_COUNT_SW_TASK_CLOCK);
	truth_int("evt.arg.pid", 0);
	truth_int("on_cpu", -1);
	truth_int("flags", PERF_FLAG_FD_CLOEXEC);
	return truth_end();
}

#define NO_SUCH_KEY 0x7654321

static int do_keyctl(const char *dir)
{
	(void)dir;
	truth_begin("keyctl");
	truth_res("res", syscall(SYS_keyctl, KEYCTL_SETPERM, NO_SUCH_KEY, 0x3f000000));
	truth_int("option", KEYCTL_SETPERM);
	truth_int("arg2", NO_SUCH_KEY);
	truth_int("arg3", 0x3f000000);
	return truth_end();
}

static int do_add_key(const char *dir)
{
	(void)dir;
	truth_begin("add_key");
	truth_res("res", syscall(SYS_add_key, "user", "hw:actor", "secret", 6,
				 KEY_SPEC_PROCESS_KEYRING));
	truth_str("type", "user");
	truth_str("description", "hw:actor");
	truth_int("keyring", KEY_SPEC_PROCESS_KEYRING);
	return truth_end();
}

static int do_request_key(const char *dir)
{
	(void)dir;
	truth_begin("request_key");
	truth_res("res", syscall(SYS_request_key, "user", "hw:no-such-key", NULL,
				 KEY_SPEC_PROCESS_KEYRING));
	truth_str("type", "user");
	truth_str("description", "hw:no-such-key");
	truth_int("keyring", KEY_SPEC_PROCESS_KEYRING);
	return truth_end();
}

static int do_seccomp(const char *dir)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = {.len = 1, .filter = &allow};
	long before = own_status("Seccomp_filters", 0);

	(void)dir;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("PR_SET_NO_NEW_PRIVS");
	truth_begin("seccomp");
	truth_res("res", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG,
				 &prog));
	truth_int("op", SECCOMP_SET_MODE_FILTER);
	truth_int("flags", SECCOMP_FILTER_FLAG_LOG);
	truth_int("mode", SECCOMP_MODE_FILTER);
	truth_int("filters", before + 1);
	return truth_end();
}

static int do_userfaultfd(const char *dir)
{
	(void)dir;
	truth_begin("userfaultfd");
	truth_res("res", syscall(SYS_userfaultfd, O_CLOEXEC));
	truth_int("flags", O_CLOEXEC);
	return truth_end();
}

static int do_io_uring_setup(const char *dir)
{
	struct io_uring_params p = {.flags = IORING_SETUP_CLAMP};

	(void)dir;
	truth_begin("io_uring_setup");
	truth_res("res", syscall(SYS_io_uring_setup, 4, &p));
	truth_int("entries", 4);
	truth_int("flags", IORING_SETUP_CLAMP);
	return truth_end();
}

/* --- signals --- */

/* To a group, which has one process. */
static int do_kill(const char *dir)
{
	pid_t child = new_child();

	(void)dir;
	if (setpgid(child, child))
		die("setpgid");
	truth_begin("kill");
	truth_res("res", syscall(SYS_kill, -child, SIGTERM));
	truth_int("evt.arg.pid", -child);
	truth_int("sig", SIGTERM);
	truth_int("count", 1);
	truth_target(child);
	reap(child);
	return truth_end();
}

static int truth_thread(pid_t child, int sig)
{
	truth_int("evt.arg.tid", child);
	truth_int("sig", sig);
	truth_int("count", 1);
	truth_target(child);
	reap(child);
	return truth_end();
}

static int do_tkill(const char *dir)
{
	pid_t child = new_child();

	(void)dir;
	truth_begin("tkill");
	truth_res("res", syscall(SYS_tkill, child, SIGUSR1));
	return truth_thread(child, SIGUSR1);
}

static int do_tgkill(const char *dir)
{
	pid_t child = new_child();

	(void)dir;
	truth_begin("tgkill");
	truth_res("res", syscall(SYS_tgkill, child, child, SIGUSR2));
	truth_int("evt.arg.pid", child);
	return truth_thread(child, SIGUSR2);
}

static int do_rt_sigqueueinfo(const char *dir)
{
	pid_t child = new_child();
	siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};

	(void)dir;
	truth_begin("rt_sigqueueinfo");
	truth_res("res", syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, &info));
	truth_int("evt.arg.pid", child);
	truth_int("sig", SIGUSR1);
	truth_int("count", 1);
	truth_target(child);
	reap(child);
	return truth_end();
}

static int do_rt_tgsigqueueinfo(const char *dir)
{
	pid_t child = new_child();
	siginfo_t info = {.si_signo = SIGHUP, .si_code = SI_QUEUE};

	(void)dir;
	truth_begin("rt_tgsigqueueinfo");
	truth_res("res", syscall(SYS_rt_tgsigqueueinfo, child, child, SIGHUP, &info));
	truth_int("evt.arg.pid", child);
	return truth_thread(child, SIGHUP);
}

static int do_pidfd_send_signal(const char *dir)
{
	pid_t child = new_child();
	int fd = open_pidfd(child);

	(void)dir;
	truth_begin("pidfd_send_signal");
	truth_res("res", syscall(SYS_pidfd_send_signal, fd, SIGINT, NULL, 0));
	truth_int("evt.arg.pid", fd);
	truth_int("sig", SIGINT);
	truth_int("count", 1);
	truth_target(child);
	reap(child);
	return truth_end();
}

/* --- other processes --- */

static int do_pidfd_open(const char *dir)
{
	pid_t child = new_child();

	(void)dir;
	truth_begin("pidfd_open");
	truth_res("res", syscall(SYS_pidfd_open, child, 0));
	truth_int("evt.arg.pid", child);
	truth_int("flags", 0);
	truth_target(child);
	end_child(child);
	return truth_end();
}

static int do_pidfd_getfd(const char *dir)
{
	int target_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	pid_t child;

	if (target_fd < 0)
		die(dir);
	child = new_child();
	close(target_fd);
	fd = open_pidfd(child);
	truth_begin("pidfd_getfd");
	truth_res("res", syscall(SYS_pidfd_getfd, fd, target_fd, 0));
	truth_int("pid_fd", fd);
	truth_int("target_fd", target_fd);
	truth_int("flags", 0);
	truth_str("fd.name", dir);
	truth_target(child);
	end_child(child);
	return truth_end();
}

/* A child has its memory where its parent has it. */
static int process_vm(const char *event, long nr)
{
	static char there[16] = "there";
	char here[16] = "here";
	struct iovec local = {.iov_base = here, .iov_len = sizeof(here)};
	struct iovec remote = {.iov_base = there, .iov_len = sizeof(there)};
	pid_t child = new_child();

	truth_begin(event);
	truth_res("res", syscall(nr, child, &local, 1, &remote, 1, 0));
	truth_int("addr", (long long)(uintptr_t)there);
	truth_int("evt.arg.pid", child);
	truth_target(child);
	end_child(child);
	return truth_end();
}

static int do_process_vm_readv(const char *dir)
{
	(void)dir;
	return process_vm("process_vm_readv", SYS_process_vm_readv);
}

static int do_process_vm_writev(const char *dir)
{
	(void)dir;
	return process_vm("process_vm_writev", SYS_process_vm_writev);
}

const struct event_act event_calls[] = {
	{"setns", do_setns, "CAP_SYS_ADMIN"},
	{"unshare", do_unshare, "CAP_SYS_ADMIN"},
	{"userns_create", do_userns_create, "CAP_SYS_ADMIN CAP_SYS_PTRACE"},
	{"sethostname", do_sethostname, "CAP_SYS_ADMIN"},
	{"setdomainname", do_setdomainname, "CAP_SYS_ADMIN"},
	{"delete_module", do_delete_module, NULL},
	{"kexec_load", do_kexec_load, NULL},
	{"kexec_file_load", do_kexec_file_load, NULL},
	{"bpf", do_bpf, "CAP_SYS_ADMIN"},
	{"perf_event_open", do_perf_event_open, NULL},
	{"keyctl", do_keyctl, NULL},
	{"add_key", do_add_key, NULL},
	{"request_key", do_request_key, NULL},
	{"seccomp", do_seccomp, NULL},
	{"userfaultfd", do_userfaultfd, NULL},
	{"io_uring_setup", do_io_uring_setup, NULL},
	{"kill", do_kill, NULL},
	{"tkill", do_tkill, NULL},
	{"tgkill", do_tgkill, NULL},
	{"rt_sigqueueinfo", do_rt_sigqueueinfo, NULL},
	{"rt_tgsigqueueinfo", do_rt_tgsigqueueinfo, NULL},
	{"pidfd_send_signal", do_pidfd_send_signal, NULL},
	{"pidfd_open", do_pidfd_open, NULL},
	{"pidfd_getfd", do_pidfd_getfd, "CAP_SYS_PTRACE"},
	{"process_vm_readv", do_process_vm_readv, "CAP_SYS_PTRACE"},
	{"process_vm_writev", do_process_vm_writev, "CAP_SYS_PTRACE"},
	{"bind", do_bind, NULL},
	{"listen", do_listen, NULL},
	{"shutdown", do_shutdown, NULL},
	{"recvfrom", do_recvfrom, NULL},
	{"recvmsg", do_recvmsg, NULL},
	{"recvmmsg", do_recvmmsg, NULL},
	{"sendmmsg", do_sendmmsg, NULL},
	{"socketpair", do_socketpair, NULL},
	{"dns_query", do_dns_query, NULL},
	{0},
};
