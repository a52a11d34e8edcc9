/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The ledger: what was produced, what was lost and why; and who may still use a ring that fills.
 * Only out.bpf.c includes this. Knows nothing of what a record holds.
 *
 * Produced is what somebody wanted and what was sent or lost: a hook that finds out late that a
 * record is unwanted drops it (out_drop), and it was never produced.
 *
 * The reader compares a copy of the counters, read from the first to the last (struct hw_counters),
 * with what it received. The order of the writes here makes such a copy safe to judge by: who sees
 * a record in `produced` sees also its loss, and a `seq` that is not below its own.
 *
 * Fairness. From a mark on, a record is charged to a bucket of its cgroup, in bytes, and bulk
 * classes have another than the rest. The clock of the refill is what the reader takes out of the
 * ring: while it stands still nobody gets more than a burst, and how fast it is need not be known.
 * A cgroup gets back a part of every byte read, and the less room there is in the zone the smaller
 * the part: so the ring settles where the parts of those who flood add up to one, each has the same
 * share, and who sends less than that share loses nothing. The cgroups need not be counted for it.
 */
#ifndef HW_LEDGER_BPF_H
#define HW_LEDGER_BPF_H

#include "maps.bpf.h"

#define CLASS(name, bulk) | (bulk << HW_CLASS_##name)
#define BULK_CLASSES (0 HW_CLASSES(CLASS))

#define BURSTS 3   /* as many cgroups may each fill their part of the zone while nothing is read */
#define QUANTA 256 /* a refill is due when this part of the zone was read: rarely, see refill() */
#define LONG_AGO 8 /* rings read since the last refill: beyond, the bucket is full anyway */

static __always_inline bool is_bulk(__u64 class)
{
	return (BULK_CLASSES >> class) & 1;
}

static __always_inline struct hw_counters *ledger(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

/* The number of a record that is about to be sent. What is read may be that of a program which
 * interrupted this one just here: the reader counts records and does not look for each number. */
static __always_inline __u64 ledger_seq(struct hw_counters *c)
{
	__sync_fetch_and_add(&c->seq, 1);
	return *(volatile __u64 *)&c->seq;
}

static __always_inline void ledger_sent(struct hw_counters *c, __u64 class)
{
	if (class < HW_CLASS_MAX)
		__sync_fetch_and_add(&c->produced[class], 1);
}

/* After ledger_seq: the record was not sent after all. */
static __always_inline void ledger_unsent(struct hw_counters *c, __u64 class, enum hw_lost reason)
{
	if (class >= HW_CLASS_MAX)
		return;
	__sync_fetch_and_add(&c->lost[class][reason], 1);
	__sync_fetch_and_add(&c->produced[class], 1);
}

/* A whole record is lost before it was begun. */
static __always_inline void ledger_lost(__u64 class, enum hw_lost reason)
{
	struct hw_counters *c = ledger();

	if (!c)
		return;
	__sync_fetch_and_add(&c->seq, 1);
	ledger_unsent(c, class, reason);
}

/* --- fairness --- */

struct zone {
	__u64 from, to; /* bytes that wait in the ring */
};

static __always_inline struct zone zone_of(bool bulk)
{
	struct zone z = {knobs.rest_mark, knobs.ring_len};

	if (bulk) {
		z.from = knobs.bulk_mark;
		z.to = knobs.ring_watermark;
	}
	return z;
}

static __always_inline struct hw_bucket *bucket_of(__u64 cgroup)
{
	struct hw_bucket *b = bpf_map_lookup_elem(&buckets, &cgroup);
	struct hw_bucket fresh = {};

	if (b)
		return b;
	fresh.share[0].at = fresh.share[1].at = bpf_ringbuf_query(&ring, BPF_RB_CONS_POS);
	fresh.share[0].tokens = (knobs.ring_len - knobs.rest_mark) / BURSTS;
	fresh.share[1].tokens = (knobs.ring_watermark - knobs.bulk_mark) / BURSTS;
	/* Another CPU may have been faster, or memory is short: the look-up tells. */
	bpf_map_update_elem(&buckets, &cgroup, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&buckets, &cgroup);
}

/* Two CPUs that refill one bucket at once may both add: an atomic exchange needs 5.12. It is
 * rare, since a refill is due only now and then; it costs fairness a little and never a count. */
static __always_inline void refill(struct hw_share *s, struct zone z, __u64 avail)
{
	__u64 now = bpf_ringbuf_query(&ring, BPF_RB_CONS_POS);
	__u64 taken = now - s->at, len = z.to - z.from;
	__s64 tokens, most = len / BURSTS;

	if (taken < len / QUANTA)
		return;
	if (taken > LONG_AGO * knobs.ring_len)
		taken = LONG_AGO * knobs.ring_len;
	s->at = now;
	tokens = s->tokens + taken * (z.to - avail) / len;
	s->tokens = tokens < most ? tokens : most;
}

/* The cgroup to charge in *ret_cgroup, 0 when the ring has room for everybody. False when this
 * cgroup has used up its share: the record is lost, and counted for it. */
static __always_inline bool bucket_admits(__u64 class, __u64 avail, __u64 *ret_cgroup)
{
	const bool bulk = is_bulk(class);
	const struct zone z = zone_of(bulk);
	struct hw_bucket *b;
	struct hw_share *s;
	__u64 cgroup;

	*ret_cgroup = 0;
	if (avail <= z.from)
		return true;
	/* Not bpf_get_current_cgroup_id: on 5.10 and 6.1 programs of cgroups lack it. */
	cgroup = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), cgroups, dfl_cgrp, kn,
			       id);
	b = bucket_of(cgroup);
	if (!b || class >= HW_CLASS_MAX)
		return true; /* no memory for a bucket: the ring itself is the limit */
	s = &b->share[bulk];
	if (avail < z.to)
		refill(s, z, avail);
	*ret_cgroup = cgroup;
	if (s->tokens > 0)
		return true;
	ledger_lost(class, HW_LOST_bucket);
	__sync_fetch_and_add(&b->lost[class], 1);
	return false;
}

/* A record of len bytes was sent; a bucket may fall below zero by it. */
static __always_inline void bucket_charge(__u64 cgroup, __u64 class, __u32 len)
{
	struct hw_bucket *b = bpf_map_lookup_elem(&buckets, &cgroup);

	if (b)
		__sync_fetch_and_add(&b->share[is_bulk(class)].tokens, -(__s64)len);
}

/* May a record of this class be begun? When not, it is counted as lost. */
static __always_inline bool ledger_admits(__u64 class, __u64 avail, __u64 *ret_cgroup)
{
	if (is_bulk(class) && avail > knobs.ring_watermark) {
		ledger_lost(class, HW_LOST_watermark);
		return false;
	}
	return bucket_admits(class, avail, ret_cgroup);
}

#endif
