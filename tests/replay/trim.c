/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * trim IN OUT PID [acts]: copies a recording and leaves out what does not descend from process PID.
 *
 * A recording made on a working machine tells of everything that runs there. What goes into the
 * repository must tell of the test alone: the processes below PID, the cgroups that they made, the
 * containers in those, and the cgroups that were there before and in which they ran. Of files and
 * sockets outside the containers only what the actor touches stays, since the rest is the shell's
 * and the runtime's. With "acts" that holds inside the containers, too, and for all that is not needed
 * to know processes and containers. The machine's name, its kernel's suffix and its users are left
 * out.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "event/build.h"
#include "event/schema.h"
#include "source/source.h"

#define PIDS (1u << 22) /* the kernel's limit for pid_max */
#define CGROUPS_MAX 256

struct trim {
	struct recorder *out; /* NULL in the first pass, which only finds the host's cgroups */
	unsigned char pid[PIDS / 8];
	uint64_t cgroup[CGROUPS_MAX]; /* made by the test */
	size_t n_cgroups;
	uint64_t host[CGROUPS_MAX]; /* were there before, and the test ran in them */
	size_t n_host;
	bool acts; /* only what the actor did */
	size_t kept, dropped;
	int err;
};

static bool has_pid(const struct trim *t, uint32_t pid)
{
	return pid < PIDS && t->pid[pid / 8] & 1u << pid % 8;
}

static void set_pid(struct trim *t, uint32_t pid, bool on)
{
	if (pid >= PIDS)
		return;
	if (on)
		t->pid[pid / 8] |= (unsigned char)(1u << pid % 8);
	else
		t->pid[pid / 8] &= (unsigned char)~(1u << pid % 8);
}

static bool has(const uint64_t *set, size_t n, uint64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (set[i] == id)
			return true;
	return false;
}

static void add(struct trim *t, uint64_t *set, size_t *n, uint64_t id)
{
	if (has(set, *n, id))
		return;
	if (*n == CGROUPS_MAX)
		t->err = -E2BIG;
	else
		set[(*n)++] = id;
}

static bool has_cgroup(const struct trim *t, uint64_t id)
{
	return has(t->cgroup, t->n_cgroups, id);
}

/* The cgroup that a cgroup event is about, 0 for other events. */
static uint64_t cgroup_of(const struct ev_hdr *ev)
{
	switch (ev->type) {
	case EV_cgroup_mkdir:
		return ((const struct ev_cgroup_mkdir *)ev)->id;
	case EV_cgroup_rmdir:
		return ((const struct ev_cgroup_rmdir *)ev)->id;
	case EV_cgroup_attach_task:
		return ((const struct ev_cgroup_attach_task *)ev)->id;
	default:
		return 0;
	}
}

/* The actor's name, or the one that it gives itself. */
static bool by_actor(const struct ev_hdr *ev)
{
	return !strncmp(ev->comm, "actor", sizeof(ev->comm)) ||
	       !strncmp(ev->comm, "new-name", sizeof(ev->comm));
}

/* Of a file or a socket, and not the actor's. */
static bool bulk(const struct ev_hdr *ev)
{
	const struct event_desc *desc = schema_event(ev->type);

	return desc && (desc->class == HW_CLASS_FILE || desc->class == HW_CLASS_NET) &&
	       !by_actor(ev);
}

static bool others(const struct ev_hdr *ev)
{
	const struct event_desc *desc = schema_event(ev->type);

	return desc && desc->class != HW_CLASS_PROC && desc->class != HW_CLASS_FACT &&
	       !by_actor(ev);
}

static bool wanted(struct trim *t, const struct ev_hdr *ev)
{
	uint64_t cgroup = cgroup_of(ev);

	switch (ev->type) {
	case EV_start:
	case EV_dns:
	case EV_lost:
		return true;
	case EV_passwd:
	case EV_container:
		return has_cgroup(t, ev->cgroup);
	default:
		break;
	}
	if (!cgroup && t->acts && others(ev))
		return false;
	if (!cgroup)
		return has_pid(t, ev->pid) && (has_cgroup(t, ev->cgroup) || !bulk(ev));
	if (ev->flags & HW_F_SYNTH)
		return has(t->host, t->n_host, cgroup);
	if (ev->type == EV_cgroup_mkdir && has_pid(t, ev->pid))
		add(t, t->cgroup, &t->n_cgroups, cgroup);
	return has_cgroup(t, cgroup) || has_pid(t, ev->pid);
}

/* The same start, of a machine that is called lab. */
static int write_start(struct trim *t, const struct ev_start *from)
{
	const char *kernel = rec_str(&from->h, &from->kernel);
	const char *version = rec_str(&from->h, &from->version);
	const char *hooks = rec_str(&from->h, &from->hooks);
	struct rec_builder b;
	struct ev_start *to;
	const struct ev_hdr *rec;
	int err = rec_init(&b);

	if (err)
		return err;
	to = REC_BEGIN(&b, start);
	to->h = from->h;
	to->wall_off = from->wall_off;
	to->boot_id = from->boot_id;
	REC_STR(&b, start, hostname, "lab", 3, 0);
	REC_STR(&b, start, kernel, kernel, strcspn(kernel, "-"), 0);
	REC_STR(&b, start, version, version, strlen(version), 0);
	REC_STR(&b, start, hooks, hooks, strlen(hooks), 0);
	rec = rec_end(&b);
	err = rec ? recorder_write(t->out, rec) : b.err;
	rec_done(&b);
	return err;
}

static int on_record(void *ctx, void *data, size_t len)
{
	struct trim *t = ctx;
	const struct ev_hdr *ev = data;

	(void)len;
	if (!wanted(t, ev)) {
		t->dropped++;
		return 0;
	}
	if (ev->type == EV_fork)
		set_pid(t, ((const struct ev_fork *)data)->child_pid, true);
	if (ev->type == EV_procexit)
		set_pid(t, ev->pid, false);
	t->kept++;
	if (!t->out && !has_cgroup(t, ev->cgroup))
		add(t, t->host, &t->n_host, ev->cgroup);
	if (t->out && !t->err)
		t->err = ev->type == EV_start ? write_start(t, data) : recorder_write(t->out, ev);
	return 0;
}

static int copy(struct trim *t, const char *from, struct buf *err)
{
	struct source *s = replay_new(from, on_record, t, err);
	int r;

	if (!s)
		return -1;
	r = s->ops->start(s, err);
	while (r >= 0)
		r = s->ops->poll(s, 0, err);
	s->ops->free(s);
	return r == -ENODATA ? 0 : r;
}

static int pass(struct trim *t, char **argv, struct buf *err)
{
	/* The cgroups stay: a container's facts come before the cgroup that they are of. */
	memset(t->pid, 0, sizeof(t->pid));
	t->kept = t->dropped = 0;
	set_pid(t, (uint32_t)strtoul(argv[3], NULL, 10), true);
	return copy(t, argv[1], err);
}

int main(int argc, char **argv)
{
	struct trim *t = calloc(1, sizeof(*t));
	struct buf err = BUF_INIT;
	int r;

	if (!t || argc < 4) {
		fprintf(stderr, "usage: trim IN OUT PID [acts]\n");
		return 2;
	}
	t->acts = argc > 4 && !strcmp(argv[4], "acts");
	r = pass(t, argv, &err);
	t->out = recorder_new(argv[2], 9);
	if (!t->out) {
		perror(argv[2]);
		return 1;
	}
	if (!r)
		r = pass(t, argv, &err);
	if (r)
		fprintf(stderr, "trim: %s: %s\n", argv[1], buf_str(&err));
	if (!r)
		r = t->err;
	if (recorder_close(t->out) || r)
		return 1;
	fprintf(stderr, "trim: %zu records kept, %zu left out\n", t->kept, t->dropped);
	buf_done(&err);
	free(t);
	return 0;
}
