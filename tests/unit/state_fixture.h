/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * A state and the records that tests feed it. Every record passes check_record first, as it would
 * in the pipeline. Processes are named by pid; their start time is sf_start(pid) unless told
 * otherwise.
 */
#ifndef HW_STATE_FIXTURE_H
#define HW_STATE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/build.h"
#include "event/check.h"
#include "event/schema.h"
#include "state/state.h"

#define SF_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SF_MS 1000000ull
#define SF_HOST 1 /* cgroup ids */
#define SF_HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SF_HEX2 "ffffeeeeddddccccbbbbaaaa9999888877776666555544443333222211110000"

struct sf {
	struct state *s;
	struct rec_builder b;
	uint64_t now; /* of the next record; every record moves it on by a millisecond */
	uint64_t cgroup[4096]; /* of pids, for their headers */
	uint32_t parent[4096];
	uint32_t mntns[4096];
	uint64_t start[4096];
	char comm[4096][16];
};

static inline uint64_t sf_start(const struct sf *f, uint32_t pid)
{
	return f->start[pid] ? f->start[pid] : 1000000001ull + pid;
}

static inline int sf_setup(void **ctx)
{
	struct sf *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->s = state_new();
	assert_non_null(f->s);
	assert_int_equal(rec_init(&f->b), 0);
	f->now = 1000 * SF_MS * 100;
	for (size_t i = 0; i < SF_COUNT(f->comm); i++) {
		f->cgroup[i] = SF_HOST;
		f->mntns[i] = 1;
		snprintf(f->comm[i], sizeof(f->comm[i]), "p%zu", i);
	}
	*ctx = f;
	return 0;
}

static inline int sf_teardown(void **ctx)
{
	struct sf *f = *ctx;

	state_free(f->s);
	rec_done(&f->b);
	free(f);
	return 0;
}

static inline void sf_hdr(struct sf *f, struct ev_hdr *h, uint32_t pid)
{
	h->flags = 0;
	h->cpu = 0;
	h->time = f->now;
	f->now += SF_MS;
	h->pid = h->tid = h->vpid = pid;
	h->ppid = f->parent[pid];
	h->start = sf_start(f, pid);
	h->cgroup = f->cgroup[pid];
	memcpy(h->comm, f->comm[pid], sizeof(h->comm));
}

static inline const struct ev_hdr *sf_apply(struct sf *f)
{
	const struct ev_hdr *h = rec_end(&f->b);
	const char *why = NULL;

	assert_non_null(h);
	assert_int_equal(check_record(h, h->size, &why), CHECK_OK);
	assert_int_equal(state_apply(f->s, h), 0);
	return h;
}

static inline struct view sf_bind(struct sf *f, const struct ev_hdr *h)
{
	struct view v = {.ev = h, .desc = schema_event(h->type)};

	state_bind(f->s, &v);
	assert_non_null(v.proc);
	assert_non_null(v.ctr);
	return v;
}

/* A record that says nothing but its header. */
static inline struct view sf_touch(struct sf *f, uint32_t pid)
{
	struct ev_setuid *e = REC_BEGIN(&f->b, setuid);

	sf_hdr(f, &e->h, pid);
	return sf_bind(f, sf_apply(f));
}

static inline struct view sf_fork(struct sf *f, uint32_t pid, uint32_t child)
{
	struct ev_fork *e = REC_BEGIN(&f->b, fork);

	sf_hdr(f, &e->h, pid);
	e->child_pid = e->child_vpid = child;
	e->child_start = sf_start(f, child);
	e->child_cgroup = f->cgroup[pid];
	e->child_ppid = pid;
	f->cgroup[child] = f->cgroup[pid];
	f->mntns[child] = f->mntns[pid];
	f->parent[child] = pid;
	memcpy(f->comm[child], f->comm[pid], sizeof(f->comm[child]));
	return sf_bind(f, sf_apply(f));
}

/* args: arguments with one blank between. */
static inline void sf_image(struct sf *f, uint32_t pid, struct hw_image *im, size_t off,
			    const char *exe, const char *args)
{
	char argv[512];
	size_t len = strlen(args);

	memcpy(argv, args, len + 1);
	for (size_t i = 0; i < len; i++)
		if (argv[i] == ' ')
			argv[i] = '\0';
	im->mntns = f->mntns[pid];
	im->pidns = f->mntns[pid];
	im->sid = im->pgid = pid;
	rec_add_str(&f->b, off + offsetof(struct hw_image, argv), argv, len + 1, 0);
	rec_add_str(&f->b, off + offsetof(struct hw_image, trusted_exepath), exe, strlen(exe), 0);
	rec_add_str(&f->b, off + offsetof(struct hw_image, filename), exe, strlen(exe),
		    HW_STR_USER);
	rec_add_str(&f->b, off + offsetof(struct hw_image, cwd), "/work", 5, 0);
}

static inline void sf_name(struct sf *f, uint32_t pid, const char *exe)
{
	const char *slash = strrchr(exe, '/');

	snprintf(f->comm[pid], sizeof(f->comm[pid]), "%.15s", slash ? slash + 1 : exe);
}

static inline struct view sf_exec(struct sf *f, uint32_t pid, const char *exe, const char *args)
{
	struct ev_execve *e = REC_BEGIN(&f->b, execve);

	sf_name(f, pid, exe);
	sf_hdr(f, &e->h, pid);
	sf_image(f, pid, (struct hw_image *)&e->exe_ino, offsetof(struct ev_execve, exe_ino), exe,
		 args);
	return sf_bind(f, sf_apply(f));
}

static inline struct view sf_scan(struct sf *f, uint32_t pid, const char *exe, const char *args,
				  uint32_t vpid)
{
	struct ev_proc *e = REC_BEGIN(&f->b, proc);

	sf_name(f, pid, exe);
	sf_hdr(f, &e->h, pid);
	e->h.flags = HW_F_SYNTH;
	e->h.vpid = vpid;
	sf_image(f, pid, (struct hw_image *)&e->exe_ino, offsetof(struct ev_proc, exe_ino), exe,
		 args);
	return sf_bind(f, sf_apply(f));
}

static inline struct view sf_exit(struct sf *f, uint32_t pid, uint32_t reaper)
{
	struct ev_procexit *e = REC_BEGIN(&f->b, procexit);

	sf_hdr(f, &e->h, pid);
	e->reaper = reaper;
	return sf_bind(f, sf_apply(f));
}

static inline void sf_mkdir(struct sf *f, uint64_t id, const char *path, bool synth)
{
	struct ev_cgroup_mkdir *e = REC_BEGIN(&f->b, cgroup_mkdir);

	if (!synth)
		sf_hdr(f, &e->h, 1);
	e->id = id;
	REC_STR(&f->b, cgroup_mkdir, path, path, strlen(path), 0);
	sf_apply(f);
}

static inline void sf_rmdir(struct sf *f, uint64_t id, const char *path)
{
	struct ev_cgroup_rmdir *e = REC_BEGIN(&f->b, cgroup_rmdir);

	sf_hdr(f, &e->h, 1);
	e->id = id;
	REC_STR(&f->b, cgroup_rmdir, path, path, strlen(path), 0);
	sf_apply(f);
}

static inline void sf_attach(struct sf *f, uint32_t by, uint32_t moved, uint64_t id,
			     const char *path)
{
	struct ev_cgroup_attach_task *e = REC_BEGIN(&f->b, cgroup_attach_task);

	sf_hdr(f, &e->h, by);
	e->id = id;
	e->moved = moved;
	REC_STR(&f->b, cgroup_attach_task, path, path, strlen(path), 0);
	sf_apply(f);
	f->cgroup[moved] = id;
}

static inline void sf_facts(struct sf *f, uint64_t cgroup, const char *json)
{
	struct ev_container *e = REC_BEGIN(&f->b, container);

	e->h.cgroup = cgroup;
	REC_STR(&f->b, container, facts, json, strlen(json), 0);
	sf_apply(f);
}

#endif
