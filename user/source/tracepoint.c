/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Types and links of programs on tracepoints; see tracepoint.h. */
#include "source/tracepoint.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECTION "tp_any/"

bool tracepoint_is(const struct bpf_program *p)
{
	return tracepoint_name(bpf_program__section_name(p)) != NULL;
}

const char *tracepoint_name(const char *section)
{
	const char *slash;

	if (strncmp(section, SECTION, strlen(SECTION)) != 0)
		return NULL;
	slash = strchr(section + strlen(SECTION), '/');
	return slash ? slash + 1 : NULL;
}

/* --- perf --- */

/* A mount of our own that nobody sees: where the file system is mounted, if it is, matters not. */
static int open_tracefs(void)
{
	const int fs = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
	int dir;

	if (fs < 0)
		return -errno;
	dir = syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ?
		      -1 :
		      (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (dir < 0)
		dir = -errno;
	close(fs);
	return dir;
}

/* The number that perf knows the tracepoint by ("GROUP/NAME"), or a negative errno. */
static long number_of(const char *tracepoint)
{
	char path[160], text[32];
	const int dir = open_tracefs();
	ssize_t n = -1;
	int fd;

	if (dir < 0)
		return dir;
	snprintf(path, sizeof(path), "events/%s/id", tracepoint);
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		n = -errno;
	if (fd >= 0)
		close(fd);
	close(dir);
	if (n < 0)
		return n;
	text[n] = '\0';
	return strtol(text, NULL, 10);
}

/* A program runs on every CPU, wherever the event that holds it is; -ENODEV: that CPU is off. */
static int open_event(const char *tracepoint)
{
	const long number = number_of(tracepoint);
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = (uint64_t)number,
		.sample_period = 1,
		.wakeup_events = 1,
	};
	const int cpus = libbpf_num_possible_cpus();
	int cpu, fd = -1;

	if (number < 0)
		return (int)number;
	errno = ENODEV;
	for (cpu = 0; cpu < cpus && fd < 0 && errno == ENODEV; cpu++)
		fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

bool tracepoint_perf_works(void)
{
	const int fd = open_event("raw_syscalls/sys_exit");

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static struct bpf_link *attach_perf(const struct bpf_program *p)
{
	const int fd = open_event(bpf_program__section_name(p) + strlen(SECTION));
	struct bpf_link *link;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	link = bpf_program__attach_perf_event(p, fd); /* owns fd from here on */
	if (!link)
		close(fd);
	return link;
}

/* --- both --- */

int tracepoint_set_type(struct bpf_program *p, bool as_perf)
{
	int ret;

	if (as_perf)
		return bpf_program__set_type(p, BPF_PROG_TYPE_TRACEPOINT);
	ret = bpf_program__set_type(p, BPF_PROG_TYPE_TRACING);
	if (!ret)
		ret = bpf_program__set_expected_attach_type(p, BPF_TRACE_RAW_TP);
	if (!ret)
		ret = bpf_program__set_attach_target(
			p, 0, tracepoint_name(bpf_program__section_name(p)));
	return ret;
}

struct bpf_link *tracepoint_attach(const struct bpf_program *p, bool as_perf)
{
	return as_perf ? attach_perf(p) : bpf_program__attach_trace(p);
}
