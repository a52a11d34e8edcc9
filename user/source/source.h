/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Where records come from: the running kernel, or a recording. A source hands every record to one
 * function; the record is borrowed for that call, aligned to 8, and has not been checked.
 */
#ifndef HW_SOURCE_H
#define HW_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "event.h"

typedef int (*source_sink_fn)(void *ctx, void *data, size_t len); /* returns 0, as libbpf wants */

/* So many events of a class are gone for the bucket of a cgroup. */
typedef void (*source_lost_fn)(void *ctx, uint64_t cgroup, unsigned class, uint64_t news);

struct source;

struct source_ops {
	/* Start: hooks attached, or file opened and its head read; then the state that was there
	 * before: start record, processes. 0 or negative errno with a message in err. */
	int (*start)(struct source *s, struct buf *err);
	/* Hands over what is there. Returns the number of records, 0 when there is none now,
	 * -ENODATA at the end of a recording, or another negative errno with a message. */
	int (*poll)(struct source *s, int timeout_ms, struct buf *err);
	int (*fd)(const struct source *s); /* for epoll; -1: call poll until it says -ENODATA */
	/* No more is produced; what waits can still be polled. May be NULL: nothing to stop. */
	void (*stop)(struct source *s);
	/* Loss since the start, by class and reason: adds to the array. */
	void (*lost)(struct source *s, uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX]);
	void (*produced)(struct source *s, uint64_t produced[HW_CLASS_MAX]);
	/* Whose the losses of reason `bucket` were, since the last call. NULL: it cannot tell. */
	void (*lost_by)(struct source *s, source_lost_fn fn, void *ctx);
	/* Hands over all processes that are there, once more. 0 or negative errno. NULL: cannot. */
	int (*rescan)(struct source *s);
	/* Bytes of kernel memory that its maps take. NULL: it has none. */
	uint64_t (*maps_len)(const struct source *s);
	void (*free)(struct source *s);
};

struct source {
	const struct source_ops *ops;
	source_sink_fn sink;
	void *sink_ctx;
};

/* --- live: BPF programs in the running kernel (live.c) --- */
struct live_opts {
	uint64_t ring_len;	/* bytes, power of two; 0: by the number of CPUs */
	uint8_t events[EV_MAX / 8]; /* event ids wanted; state events are added by itself */
	bool skip_host;		/* drop bulk events of cgroups told by live_host_cgroup */
	bool send_connected;	/* what is sent on connected sockets too */
	bool recv_connected;	/* what is received there */
};

struct source *live_new(const struct live_opts *o, source_sink_fn sink, void *ctx, struct buf *err);
/* Tells the kernel side that this cgroup belongs to the host. */
int live_host_cgroup(struct source *s, uint64_t cgroup);
/* Before sleeping without a timer: true when the ring is empty and the next event will wake us. */
bool live_arm_wakeup(struct source *s);
unsigned live_hook_count(const struct source *s); /* programs attached */
unsigned live_hooks_refused(const struct source *s); /* wanted, and not taken by this kernel */

/* --- replay: a recording (replay.c) --- */
struct source *replay_new(const char *path, source_sink_fn sink, void *ctx, struct buf *err);

/* --- record (record.c): the writer of what replay reads --- */
struct recorder;
/* Writes head and schema. NULL + errno. level is zlib's, 0 to 9. */
struct recorder *recorder_new(const char *path, int level);
/* 0 or negative errno; a write that fails is said once by the caller and the recorder then
 * counts. */
int recorder_write(struct recorder *r, const struct ev_hdr *ev);
int recorder_close(struct recorder *r); /* flushes, frees; 0 or the first error */

/* --- what this kernel and host can do (probe.c, hooks.c) --- */
struct jsonw;
/* One row per hook: event, program, kind, needs, state on this kernel, what is weaker. Probing
 * loads and attaches programs; needs root. w is inside an object, to which members are added. */
int doctor_report(struct jsonw *w, struct buf *text); /* either may be NULL; 0, or 1: cannot run */
/* Which part is missing, in one sentence with what to do, or 0: not root, no BTF, too old. */
int probe_requirements(struct buf *err);

#endif
