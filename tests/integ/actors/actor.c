/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The table of acts, and how the truth is written. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "event.h"

#define TRUTH_MAX 65536

static struct {
	char text[TRUTH_MAX];
	size_t len;
	int fd;
} truth;

static const char *event_name; /* of "actor event NAME" */

void die(const char *what)
{
	fprintf(stderr, "actor: %s: %s\n", what, strerror(errno));
	exit(2);
}

long number(const char *s, long min, long max, const char *what)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(s, &end, 10);
	if (errno || !*s || *end || v < min || v > max) {
		fprintf(stderr, "actor: %s: \"%s\" is no number from %ld to %ld\n", what, s, min,
			max);
		exit(2);
	}
	return v;
}

static void put(const char *s)
{
	size_t n = strlen(s);

	if (n >= TRUTH_MAX - truth.len) {
		errno = E2BIG;
		die("truth");
	}
	memcpy(truth.text + truth.len, s, n + 1);
	truth.len += n;
}

static void put_key(const char *key, const char *suffix)
{
	put(truth.len > 1 ? ",\"" : "\"");
	put(key);
	put(suffix);
	put("\":");
}

static void put_num(long long v)
{
	char num[32];

	snprintf(num, sizeof(num), "%lld", v);
	put(num);
}

void truth_int(const char *key, long long v)
{
	put_key(key, "");
	put_num(v);
}

static bool plain(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~' || *s == '"' || *s == '\\')
			return false;
	return true;
}

void truth_str(const char *key, const char *s)
{
	char hex[3];

	if (plain(s)) {
		put_key(key, "");
		put("\"");
		put(s);
		put("\"");
		return;
	}
	put_key(key, "_hex");
	put("\"");
	for (; *s; s++) {
		snprintf(hex, sizeof(hex), "%02x", (unsigned char)*s);
		put(hex);
	}
	put("\"");
}

long truth_res(const char *key, long r)
{
	int err = errno;

	truth_int(key, r);
	if (r < 0) {
		put_key(key, "_errno");
		put_num(err);
	}
	return r;
}

void truth_begin(const char *act)
{
	truth.len = 0;
	put("{");
	truth_str("act", act);
	truth_int("pid", getpid());
	truth_int("tid", syscall(SYS_gettid));
	truth_int("uid", geteuid());
	if (event_name)
		truth_str("event", event_name);
}

int truth_end(void)
{
	size_t done = 0;

	put("}\n");
	while (done < truth.len) {
		ssize_t n = write(truth.fd, truth.text + done, truth.len - done);

		if (n < 0 && errno != EINTR)
			return 1;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

void copy_self(int to)
{
	char buf[65536];
	ssize_t n;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("/proc/self/exe");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			die("copy of /proc/self/exe");
	if (n < 0)
		die("/proc/self/exe");
	close(fd);
}

int reap(int pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	return status;
}

/* --- the tables --- */

/* A table that the build left out is NULL. */
static const struct act *const act_tables[] = {
	file_acts, net_acts, proc_acts, race_acts, evade_acts, evade_exec_acts,
	evade_cpu_acts, uring_acts,
};
static const struct event_act *const event_tables[] = {event_basic, event_files, event_calls};

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const struct event_act *event_find(const char *name)
{
	for (size_t t = 0; t < ARRAY_LEN(event_tables); t++)
		for (const struct event_act *a = event_tables[t]; a && a->event; a++)
			if (!strcmp(a->event, name))
				return a;
	return NULL;
}

/* event NAME DIR */
static int event(int argc, char **argv)
{
	const struct event_act *a = event_find(argv[1]);

	(void)argc;
	if (!a) {
		fprintf(stderr, "actor: no event \"%s\"; actor events lists them\n", argv[1]);
		return 2;
	}
	event_name = a->event;
	return a->fn(argv[2]);
}

static int events(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	truth.len = 0;
	put("{\"events\":[");
	for (size_t t = 0; t < ARRAY_LEN(event_tables); t++) {
		for (const struct event_act *a = event_tables[t]; a && a->event; a++) {
			put(truth.text[truth.len - 1] == '[' ? "{\"name\":\"" : ",{\"name\":\"");
			put(a->event);
			put("\",\"needs\":\"");
			put(a->needs ? a->needs : "");
			put("\"}");
		}
	}
	put("]");
	return truth_end();
}

static const struct act event_acts[] = {
	{"event", "NAME DIR", 2, event, "one event of that type; DIR is empty and writable"},
	{"events", "", 0, events, "the names for it, as JSON, with the capabilities they need"},
	{0},
};

int no_such_call(const char *why)
{
	if (!truth.len)
		truth_begin("event");
	truth_str("why", why);
	return truth_end() ? 1 : 77;
}

static const struct act *act_find(const char *name)
{
	for (const struct act *a = event_acts; a->name; a++)
		if (!strcmp(a->name, name))
			return a;
	for (size_t t = 0; t < ARRAY_LEN(act_tables); t++)
		for (const struct act *a = act_tables[t]; a && a->name; a++)
			if (!strcmp(a->name, name))
				return a;
	return NULL;
}

static void usage_of(FILE *to, const struct act *a)
{
	for (; a && a->name; a++)
		fprintf(to, "  %-13s %-36s %s\n", a->name, a->usage, a->doc);
}

static int usage(FILE *to)
{
	fprintf(to, "usage: actor ACT [ARGUMENT]...\n\n");
	usage_of(to, event_acts);
	for (size_t t = 0; t < ARRAY_LEN(act_tables); t++)
		usage_of(to, act_tables[t]);
	return to == stdout ? 0 : 2;
}

int act(int argc, char **argv)
{
	const struct act *a = act_find(argv[0]);

	if (!a) {
		fprintf(stderr, "actor: no act \"%s\"; actor --help lists them\n", argv[0]);
		return 2;
	}
	if (argc - 1 < a->min) {
		fprintf(stderr, "usage: actor %s %s\n", a->name, a->usage);
		return 2;
	}
	return a->fn(argc, argv);
}

int main(int argc, char **argv)
{
	truth.fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	if (truth.fd < 0)
		die("standard output");
	if (argc < 2)
		return usage(stderr);
	if (!strcmp(argv[1], "--help"))
		return usage(stdout);
	return act(argc - 1, argv + 1);
}
