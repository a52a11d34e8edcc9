/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The bench's loads. Each does one thing COUNT times and prints the nanoseconds that took and those
 * of processor time, its children's included; measured here, inside the container, so that what
 * starts it does not count. Processor time is what remains comparable on a busy machine; for the
 * shortest call, the fastest slice instead of it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Of one thread and of children waited for, in the kernel and outside. */
static uint64_t used(void)
{
	struct rusage r;
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	getrusage(RUSAGE_CHILDREN, &r);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec +
	       (uint64_t)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000000u +
	       (uint64_t)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1000u;
}

static void load_open(long count, char **args)
{
	while (count--) {
		int fd = open(args[0], O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			die(args[0]);
		close(fd);
	}
}

#define SLICE 500 /* calls: short enough that some slices pass undisturbed on any machine */

static uint64_t best_slice; /* nanoseconds; 0: not measured so */

/* A call that does next to nothing and that no rule asks for: what remains is the price of being
 * watched at all. So little that even processor time shows other work's caches: the fastest slice
 * counts instead. */
static void load_getppid(long count, char **args)
{
	(void)args;
	for (; count > 0; count -= SLICE) {
		uint64_t start = now(), took;

		for (int i = 0; i < SLICE; i++)
			syscall(SYS_getppid);
		took = now() - start;
		if (!best_slice || took < best_slice)
			best_slice = took;
	}
}

/* args: the program and its arguments. vfork, so that the exec weighs most. */
static void load_exec(long count, char **args)
{
	while (count--) {
		int status;
		pid_t pid = vfork();

		if (pid < 0)
			die("vfork");
		if (!pid) {
			execve(args[0], args, environ);
			_exit(127);
		}
		if (waitpid(pid, &status, 0) != pid || status) {
			errno = ECHILD;
			die(args[0]);
		}
	}
}

static void lo_up(void)
{
	struct ifreq ifr = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr))
		die("lo");
	ifr.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		die("lo up");
	close(fd);
}

/* Connects to a listener of its own; a reset instead of TIME_WAIT, or the ports run out. */
static void load_connect(long count, char **args)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct linger reset = {.l_onoff = 1};
	socklen_t len = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)args;
	if (l < 0 || bind(l, (struct sockaddr *)&a, len) || listen(l, 8) ||
	    getsockname(l, (struct sockaddr *)&a, &len))
		die("listen");
	while (count--) {
		int c = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), s;

		if (c < 0 || connect(c, (struct sockaddr *)&a, len))
			die("connect");
		s = accept4(l, NULL, NULL, SOCK_CLOEXEC);
		if (s < 0)
			die("accept");
		setsockopt(c, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(c);
		close(s);
	}
}

static const struct {
	const char *name;
	void (*fn)(long count, char **args);
	int args;
} loads[] = {
	{"getppid", load_getppid, 0},
	{"open", load_open, 1},	      /* PATH */
	{"exec", load_exec, 1},	      /* PROGRAM [ARGUMENT]... */
	{"connect", load_connect, 0},
};

int main(int argc, char **argv)
{
	long count = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

	for (size_t i = 0; count > 0 && i < sizeof(loads) / sizeof(loads[0]); i++) {
		uint64_t start, cpu;

		if (strcmp(argv[1], loads[i].name) || argc - 3 < loads[i].args)
			continue;
		if (loads[i].fn == load_connect)
			lo_up();
		start = now();
		cpu = used();
		loads[i].fn(count, argv + 3);
		cpu = best_slice ? best_slice * (uint64_t)count / SLICE : used() - cpu;
		printf("%llu %llu\n", (unsigned long long)(now() - start),
		       (unsigned long long)cpu);
		return 0;
	}
	fprintf(stderr,
		"usage: load getppid COUNT | open COUNT PATH | exec COUNT PROGRAM [ARG]... | connect COUNT\n");
	return 2;
}
