/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Hiding behind who sleeps: threads of the idle class are made to work for the watcher most of the
 * time, so that one of them is always put aside in the middle of that when the CPU is wanted. A
 * watcher whose programs are not run twice at once sees nothing of what the CPU then does.
 */
#include "evade.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELPERS 6
#define DEPTH 400
#define PAUSE_US 2000 /* in which the helpers get the CPU */
#define ROUNDS_MAX 300
#define LONG_ARG 100000

/* Everybody on one CPU. */
static void pin(void)
{
	cpu_set_t set;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		die("sched_getaffinity");
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void start_helpers(pid_t pids[HELPERS], void (*work)(void))
{
	const struct sched_param param = {0};

	for (int i = 0; i < HELPERS; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			die("fork");
		if (pids[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (sched_setscheduler(0, SCHED_IDLE, &param))
			_exit(1);
		work();
		_exit(1);
	}
}

static void end_helpers(const pid_t pids[HELPERS])
{
	for (int i = 0; i < HELPERS; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < HELPERS; i++)
		reap(pids[i]);
}

/* --- calls --- */

/* A path that takes long to put together. */
static void go_deep(void)
{
	if (chdir("/tmp"))
		die("/tmp");
	for (int i = 0; i < DEPTH; i++)
		if ((mkdir("evade-held", 0755) && errno != EEXIST) || chdir("evade-held"))
			die("evade-held");
}

static void open_on_and_on(void)
{
	for (;;) {
		const int fd = open("file", O_RDONLY | O_CREAT | O_CLOEXEC, 0644);

		if (fd < 0)
			die("file");
		close(fd);
	}
}

static int held_calls(int argc, char **argv)
{
	const long count = number(argv[1], 1, 100000, "count");
	pid_t pids[HELPERS];

	(void)argc;
	pin();
	go_deep();
	start_helpers(pids, open_on_and_on);
	for (long i = 0; i < count; i++) {
		usleep(PAUSE_US);
		if (chdir("/proc"))
			die("/proc");
	}
	end_helpers(pids);
	truth_begin(argv[0]);
	truth_int("count", count);
	return truth_end();
}

/* --- programs --- */

/* Becomes itself for ever. */
static int again(int argc, char **argv)
{
	(void)argc;
	execv("/proc/self/exe", argv - 1);
	die("/proc/self/exe");
}

static void exec_on_and_on(void)
{
	static char text[LONG_ARG];
	char *argv[] = {"again", "evade-again", text, NULL};

	memset(text, 'x', sizeof(text) - 1);
	again(2, argv + 1);
}

static int held_execs(int argc, char **argv)
{
	static char children[ROUNDS_MAX * 12];
	const long count = number(argv[1], 1, ROUNDS_MAX, "count");
	pid_t pids[HELPERS];
	size_t at = 0;

	(void)argc;
	pin();
	start_helpers(pids, exec_on_and_on);
	for (long i = 0; i < count; i++) {
		char mark[24];
		pid_t pid;

		usleep(PAUSE_US);
		snprintf(mark, sizeof(mark), "%ld", i);
		pid = fork();
		if (pid < 0)
			die("fork");
		if (!pid) {
			execl("/proc/self/exe", "held", "evade-noop", mark, (char *)NULL);
			_exit(1);
		}
		at += (size_t)snprintf(children + at, sizeof(children) - at, "%s%d", i ? "," : "",
				       (int)pid);
		reap(pid);
	}
	end_helpers(pids);
	truth_begin(argv[0]);
	truth_str("children", children);
	return truth_end();
}

const struct act evade_cpu_acts[] = {
	{"evade-held-calls", "COUNT", 1, held_calls, "chdir while a CPU's other threads are watched"},
	{"evade-held-execs", "COUNT", 1, held_execs, "programs started in the same way"},
	{"evade-again", "[ANYTHING]...", 0, again, "starts itself for ever"},
	{0},
};
