/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The live source: records from the running kernel's ring, after the start record and the processes
 * that were there before. Loading and attaching is kern.c's, the scan is scan.c's.
 *
 * Wake-ups: while traffic lasts the owner polls with a short timer and the kernel side wakes nobody
 * (but for a ring that fills). Before it sleeps for long it calls live_arm_wakeup.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "event/build.h"
#include "source/hold.h"
#include "source/kern.h"
#include "source/ledger.h"
#include "source/scan.h"
#include "source/shares.h"
#include "source/source.h"

#define BATCH 8192 /* records of one poll: signals and timers get their turn under a flood */

struct live {
	struct source src; /* first: a struct source * is a struct live * */
	struct live_opts o;
	struct kern *kern;
	struct ring_buffer *ring;
	struct hw_counters *per_cpu;
	int n_cpus;
	int batch; /* records of this poll so far */
	uint64_t scan_short;
	struct ledger *ledger;
	struct shares *shares;
	bool emptied; /* the ring was found empty since the ledger's last look */
	bool stopped;
};

static struct live *to_live(struct source *s)
{
	return (struct live *)s;
}

static int64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* --- the start record --- */

/* The first half of this boot's UUID. */
static uint64_t boot_id(const struct rootfs *root)
{
	struct buf text = BUF_INIT;
	uint64_t id = 0;
	unsigned digits = 0;
	const char *c;

	if (rootfs_read(root, "/proc/sys/kernel/random/boot_id", 64, &text) == 0)
		for (c = buf_str(&text); *c && digits < 16; c++) {
			const char hex[2] = {*c, 0};

			if (*c == '-')
				continue;
			id = id << 4 | strtoul(hex, NULL, 16);
			digits++;
		}
	buf_done(&text);
	return id;
}

static int64_t wall_off(void)
{
	const int64_t before = clock_ns(CLOCK_BOOTTIME);
	const int64_t wall = clock_ns(CLOCK_REALTIME);
	const int64_t after = clock_ns(CLOCK_BOOTTIME);

	return wall - (before + after) / 2;
}

static int emit_start(struct live *l, const struct rootfs *root)
{
	struct buf hooks = BUF_INIT;
	struct rec_builder b;
	struct ev_start *e;
	struct jsonw w;
	struct utsname u;
	char release[2 * sizeof(u.release)];
	int ret = rec_init(&b);

	if (ret)
		return ret;
	uname(&u);
	snprintf(release, sizeof(release), "%s %s", u.release, u.machine);
	jsonw_init(&w, &hooks);
	kern_hooks_json(l->kern, &w);
	e = REC_BEGIN(&b, start);
	e->h.time = (uint64_t)clock_ns(CLOCK_BOOTTIME);
	e->h.pid = e->h.tid = (uint32_t)getpid();
	e->wall_off = wall_off();
	e->boot_id = boot_id(root);
	REC_STR(&b, start, hostname, u.nodename, strlen(u.nodename), 0);
	REC_STR(&b, start, kernel, release, strlen(release), 0);
	REC_STR(&b, start, version, HW_VERSION, strlen(HW_VERSION), 0);
	REC_STR(&b, start, hooks, buf_str(&hooks), hooks.len, 0);
	if (!rec_end(&b) || hooks.oom)
		ret = b.err ? b.err : -ENOMEM;
	else
		ret = l->src.sink(l->src.sink_ctx, b.mem, e->h.size);
	buf_done(&hooks);
	rec_done(&b);
	return ret;
}

/* --- the processes that are there --- */

static int scan_by_iterator(struct live *l, struct scan_ctx *s)
{
	struct bpf_program *prog = kern_program(l->kern, "scan_task");
	struct bpf_link *link;
	int fd, ret;

	if (!prog || bpf_program__fd(prog) < 0)
		return -ENOTSUP;
	link = bpf_program__attach_iter(prog, NULL);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	ret = fd < 0 ? -errno : scan_iter(s, fd);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return ret;
}

static int scan(struct live *l, const struct rootfs *root)
{
	struct scan_ctx s = {.root = root, .emit = l->src.sink, .ctx = l->src.sink_ctx};
	int ret = scan_by_iterator(l, &s);

	if (ret && !s.count)
		ret = scan_proc(&s, (uint64_t)clock_ns(CLOCK_BOOTTIME), (uint32_t)getpid());
	l->scan_short += s.short_of;
	return ret;
}

/* --- the source --- */

static int on_sample(void *ctx, void *data, size_t len)
{
	struct live *l = ctx;

	ledger_saw(l->ledger, data, len);
	l->src.sink(l->src.sink_ctx, data, len);
	/* A negative number makes libbpf stop after this record, which counts as taken. */
	return ++l->batch < BATCH ? 0 : -ECANCELED;
}

static int ring_open(struct live *l, struct buf *err)
{
	l->ring = ring_buffer__new(kern_map_fd(l->kern, "ring"), on_sample, l, NULL);
	if (l->ring)
		return 0;
	buf_addf(err, "cannot map the ring buffer: %s", strerror(errno));
	return -errno;
}

static int live_start(struct source *src, struct buf *err)
{
	struct live *l = to_live(src);
	const struct kern_opts o = {
		.ring_len = l->o.ring_len,
		.events = l->o.events,
		.skip_host = l->o.skip_host,
		.send_connected = l->o.send_connected,
		.recv_connected = l->o.recv_connected,
	};
	struct rootfs *root = rootfs_new("/");
	int ret = root ? 0 : -errno;

	if (ret)
		buf_addf(err, "cannot open /: %s", strerror(-ret));
	if (!ret)
		ret = probe_requirements(err);
	if (!ret) {
		l->kern = kern_new(&o, err);
		ret = l->kern ? ring_open(l, err) : -errno;
	}
	if (ret)
		goto out;
	ret = emit_start(l, root);
	if (!ret)
		ret = scan(l, root);
	if (ret)
		buf_addf(err, "cannot read the processes that are there: %s", strerror(-ret));
out:
	rootfs_free(root);
	return ret;
}

/* Takes what is there, a batch at most. */
static int take(struct live *l)
{
	int ret;

	l->batch = 0;
	ret = ring_buffer__consume(l->ring);
	l->emptied |= ret >= 0;
	return ret < 0 && ret != -ECANCELED ? ret : l->batch;
}

static int live_poll(struct source *src, int timeout_ms, struct buf *err)
{
	struct live *l = to_live(src);
	struct epoll_event ev;
	int ret = take(l);

	if (ret == 0 && timeout_ms) {
		if (epoll_wait(ring_buffer__epoll_fd(l->ring), &ev, 1, timeout_ms) < 0 &&
		    errno != EINTR)
			ret = -errno;
		else
			ret = take(l);
	}
	if (ret < 0)
		buf_addf(err, "cannot read the ring buffer: %s", strerror(-ret));
	return ret;
}

static int live_fd(const struct source *src)
{
	const struct live *l = (const struct live *)src;

	return l->ring ? ring_buffer__epoll_fd(l->ring) : -1;
}

static bool uses_perf(const struct live *l)
{
	return kern_tracepoints(l->kern) == TRACEPOINTS_PERF;
}

/* Reads the counters of all CPUs; false when the kernel side is not there. */
static bool read_counters(struct live *l)
{
	const uint32_t zero = 0;
	struct hold hold;
	int ret;

	if (!l->kern)
		return false;
	hold_begin(&hold, uses_perf(l));
	ret = bpf_map_lookup_elem(kern_map_fd(l->kern, "counters"), &zero, l->per_cpu);
	hold_end(&hold);
	return ret == 0;
}

static void live_lost(struct source *src, uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX])
{
	struct live *l = to_live(src);
	int cpu, c, r;

	lost[HW_CLASS_FACT][HW_LOST_scan_short] += l->scan_short;
	if (!read_counters(l))
		return;
	ledger_look(l->ledger, l->per_cpu, l->emptied, l->stopped && l->emptied);
	l->emptied = l->stopped && l->emptied;
	ledger_gaps(l->ledger, lost);
	for (cpu = 0; cpu < l->n_cpus; cpu++)
		for (c = 0; c < HW_CLASS_MAX; c++)
			for (r = 0; r < HW_LOST_MAX; r++)
				lost[c][r] += l->per_cpu[cpu].lost[c][r];
	kern_skips(l->kern, lost);
}

static void live_lost_by(struct source *src, source_lost_fn fn, void *ctx)
{
	struct live *l = to_live(src);

	if (l->kern)
		shares_read(l->shares, kern_map_fd(l->kern, "buckets"), uses_perf(l), fn, ctx);
}

static int live_rescan(struct source *src)
{
	struct rootfs *root = rootfs_new("/");
	int ret = root ? scan(to_live(src), root) : -errno;

	rootfs_free(root);
	return ret;
}

static void live_produced(struct source *src, uint64_t produced[HW_CLASS_MAX])
{
	struct live *l = to_live(src);
	uint64_t skips[HW_CLASS_MAX][HW_LOST_MAX] = {{0}};
	int cpu, c;

	if (!read_counters(l))
		return;
	kern_skips(l->kern, skips);
	for (c = 0; c < HW_CLASS_MAX; c++)
		produced[c] += skips[c][HW_LOST_skipped];
	for (cpu = 0; cpu < l->n_cpus; cpu++)
		for (c = 0; c < HW_CLASS_MAX; c++)
			produced[c] += l->per_cpu[cpu].produced[c];
}

static void live_stop(struct source *src)
{
	struct live *l = to_live(src);

	if (l->kern)
		kern_detach(l->kern);
	l->stopped = true;
	l->emptied = false;
}

static void live_free(struct source *src)
{
	struct live *l = to_live(src);

	if (!l)
		return;
	ring_buffer__free(l->ring);
	kern_free(l->kern);
	ledger_free(l->ledger);
	shares_free(l->shares);
	free(l->per_cpu);
	free(l);
}

static uint64_t live_maps_len(const struct source *src)
{
	const struct live *l = (const struct live *)src;

	return l->kern ? kern_maps_len(l->kern) : 0;
}

static const struct source_ops live_ops = {
	.start = live_start,
	.poll = live_poll,
	.fd = live_fd,
	.lost = live_lost,
	.produced = live_produced,
	.lost_by = live_lost_by,
	.rescan = live_rescan,
	.maps_len = live_maps_len,
	.stop = live_stop,
	.free = live_free,
};

_Static_assert(sizeof(struct hw_counters) % 8 == 0, "a per-CPU value is read in steps of 8 bytes");

static bool ring_len_good(uint64_t len, struct buf *err)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (!len || (len >= 16 * page && len <= (1u << 30) && !(len & (len - 1))))
		return true;
	buf_addf(err, "ring buffer of %llu bytes: must be a power of two from %llu to 1 GiB",
		 (unsigned long long)len, (unsigned long long)(16 * page));
	return false;
}

struct source *live_new(const struct live_opts *o, source_sink_fn sink, void *ctx, struct buf *err)
{
	struct live *l;
	int error;

	if (!ring_len_good(o->ring_len, err)) {
		errno = EINVAL;
		return NULL;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->src = (struct source){.ops = &live_ops, .sink = sink, .sink_ctx = ctx};
	l->o = *o;
	l->n_cpus = libbpf_num_possible_cpus();
	if (l->n_cpus > 0) {
		l->per_cpu = calloc((size_t)l->n_cpus, sizeof(*l->per_cpu));
		l->ledger = ledger_new((unsigned)l->n_cpus);
		l->shares = shares_new();
	}
	if (l->per_cpu && l->ledger && l->shares)
		return &l->src;
	error = l->n_cpus > 0 ? ENOMEM : -l->n_cpus;
	buf_addf(err, "cannot count the CPUs: %s", strerror(error));
	live_free(&l->src);
	errno = error;
	return NULL;
}

int live_host_cgroup(struct source *src, uint64_t cgroup)
{
	struct live *l = to_live(src);
	const uint32_t one = 1;
	struct hold hold;
	int ret;

	if (!l->kern)
		return -ENOTCONN;
	hold_begin(&hold, uses_perf(l));
	ret = bpf_map_update_elem(kern_map_fd(l->kern, "host_cgroups"), &cgroup, &one, BPF_ANY);
	hold_end(&hold);
	return ret;
}

/* The flag goes up before the last look: a record that this look misses was sent by a program that
 * has yet to look at the flag, and will wake us (bpf/out.bpf.c). */
bool live_arm_wakeup(struct source *src)
{
	struct live *l = to_live(src);
	volatile struct hw_masks *masks = l->kern ? kern_masks(l->kern) : NULL;

	if (!masks)
		return false;
	masks->wake_armed = 1;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (take(l) == 0)
		return true;
	masks->wake_armed = 0;
	return false;
}

unsigned live_hooks_refused(const struct source *src)
{
	const struct live *l = (const struct live *)src;

	return l->kern ? kern_refused(l->kern) : 0;
}

unsigned live_hook_count(const struct source *src)
{
	const struct live *l = (const struct live *)src;

	return l->kern ? kern_attached(l->kern) : 0;
}
