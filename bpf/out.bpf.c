/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The door to the ring (out.bpf.h): buffers, header, strings, loss, wake-ups.
 */
#include "ledger.bpf.h"
#include "out.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct hw_knobs knobs SEC(".rodata.knobs") = {};
volatile struct hw_masks masks SEC(".data.masks") = {};

/* Buffers are not a stack: where programs can be preempted they need not end in the order in which
 * they began. Adding first and then looking is safe without an atomic that returns a value (those
 * need 5.12): two that add at once may both fail, but never both win. */
static __always_inline bool slot_take(struct scratch *s)
{
	volatile __u32 *busy = &s->busy;

	__sync_fetch_and_add(&s->busy, 1);
	if (*busy == 1)
		return true;
	__sync_fetch_and_add(&s->busy, -1);
	return false;
}

static __always_inline void slot_give(struct scratch *s)
{
	__sync_fetch_and_add(&s->busy, -1);
}

/* Who borrows may be preempted with the buffer (LSM programs can be on every kernel that can): the
 * last one is for records alone, which would else be lost to tasks that sleep. */
static __always_inline struct scratch *slot_find(bool for_record)
{
	const __u32 n = for_record ? SCRATCH_SLOTS : SCRATCH_SLOTS - 1;
	struct scratch *s;
	__u32 i, at;

#pragma unroll
	for (i = 0; i < SCRATCH_SLOTS; i++) {
		if (i >= n)
			break;
		at = for_record ? n - 1 - i : i;
		s = scratch_slot(at);
		if (s && slot_take(s)) {
			s->idx = at;
			return s;
		}
	}
	return NULL;
}

__noinline int out_open(__u64 type, __u64 class, __u64 fixed_len, __u64 task)
{
	__u64 avail = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	struct scratch *s;
	struct ev_hdr *h;
	__u64 cgroup = 0;
	__u32 i;

	if (class >= HW_CLASS_MAX || fixed_len > FIXED_MAX)
		return -1;
	if (!task && !ledger_admits(class, avail, &cgroup))
		return -1;
	s = slot_find(true);
	if (!s) {
		if (!task)
			ledger_lost(class, HW_LOST_nested);
		return -1;
	}
	for (i = 0; i < FIXED_MAX / 8; i++) {
		if (i * 8 >= fixed_len)
			break;
		((__u64 *)s->rec)[i] = 0;
	}
	s->len = fixed_len;
	s->class = class;
	s->avail = avail;
	s->charged = cgroup;
	h = (struct ev_hdr *)s->rec;
	h->time = bpf_ktime_get_boot_ns();
	h->cpu = bpf_get_smp_processor_id();
	h->type = type;
	put_task(s->idx, task ? task : bpf_get_current_task());
	return s->idx;
}

static __always_inline __u32 seal(struct scratch *s)
{
	__u32 len = s->len;
	__u32 i;

	if (len > REC_CAP - 8)
		return 0;
#pragma unroll
	for (i = 0; i < 7; i++)
		s->rec[len + i] = 0;
	len = (len + 7) & ~7u;
	((struct ev_hdr *)s->rec)->size = len;
	return len;
}

__noinline int out_seal(__u64 slot)
{
	struct scratch *s = scratch_slot(slot);

	return s ? seal(s) : 0;
}

__noinline int out_borrow(__u64 class)
{
	struct scratch *s = slot_find(false);

	if (!s)
		return -1;
	s->len = 0;
	s->class = class;
	return s->idx;
}

__noinline int out_drop(__u64 slot)
{
	struct scratch *s = scratch_slot(slot);

	if (s)
		slot_give(s);
	return 0;
}

/* The reader sleeps and has said so. It is woken by a record that it never sees: the flag must be
 * read after our own record is visible, or a reader that armed in between would sleep on it. */
static __always_inline void wake_sleeper(void)
{
	void *nothing;

	masks.wake_armed = 0;
	nothing = bpf_ringbuf_reserve(&ring, 8, 0);
	if (nothing)
		bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
}

/* Sends the record of len bytes, or counts its loss. */
static __always_inline void send(struct scratch *s, __u32 len)
{
	struct hw_counters *c = ledger();
	__u64 wake = BPF_RB_NO_WAKEUP;
	__u32 class = s->class;

	if (!c)
		return;
	if (s->avail < knobs.wake_len && s->avail + len >= knobs.wake_len)
		wake = BPF_RB_FORCE_WAKEUP;
	((struct ev_hdr *)s->rec)->seq = ledger_seq(c);
	if (!len || len > REC_CAP) {
		ledger_unsent(c, class, HW_LOST_too_big);
		return;
	}
	if (bpf_ringbuf_output(&ring, s->rec, len, wake)) {
		ledger_unsent(c, class, HW_LOST_ring_full);
		return;
	}
	ledger_sent(c, class);
	if (s->charged)
		bucket_charge(s->charged, class, len);
}

__noinline int out_close(__u64 slot)
{
	struct scratch *s = scratch_slot(slot);

	if (!s)
		return 0;
	send(s, seal(s));
	slot_give(s);
	if (masks.wake_armed)
		wake_sleeper();
	return 0;
}

/* --- strings --- */

/* One more than HW_PATH_MAX and its NUL are asked for, so that a longer string can be told. */
__noinline int put_user_str(__u64 slot, __u64 ptr, __u64 str_off)
{
	struct scratch *s = scratch_slot(slot);
	__u32 off, flags = HW_STR_USER;
	long n;

	if (!s)
		return -1;
	off = str_room(s);
	if (!off || off > REC_LAST)
		return -1;
	n = bpf_probe_read_user_str(&s->rec[off], HW_PATH_MAX + 2, (void *)ptr);
	if (n < 0) {
		count_lost(s->class, HW_LOST_str_fault);
		flags |= HW_STR_FAULT;
		n = 1;
	} else if (n > HW_PATH_MAX + 1) {
		flags |= HW_STR_CUT;
		n = HW_PATH_MAX + 1;
	} else if (n == 0) {
		n = 1; /* only for a size of 0, but the verifier asks */
	}
	n = (n - 1) & (2 * HW_PATH_MAX - 1);
	if (n > HW_PATH_MAX)
		return -1;
	s->rec[off + n] = 0;
	str_set(s, str_off, off, n, flags);
	return flags & HW_STR_FAULT ? -1 : 0;
}

__noinline int put_kernel_str(__u64 slot, __u64 ptr, __u64 str_off)
{
	struct scratch *s = scratch_slot(slot);
	__u32 off, flags = 0;
	long n;

	if (!s)
		return -1;
	off = str_room(s);
	if (!off || off > REC_LAST)
		return -1;
	n = bpf_probe_read_kernel_str(&s->rec[off], HW_PATH_MAX + 2, (void *)ptr);
	if (n < 0) {
		count_lost(s->class, HW_LOST_str_fault);
		flags |= HW_STR_FAULT;
		n = 1;
	} else if (n > HW_PATH_MAX + 1) {
		flags |= HW_STR_CUT;
		n = HW_PATH_MAX + 1;
	} else if (n == 0) {
		n = 1;
	}
	n = (n - 1) & (2 * HW_PATH_MAX - 1);
	if (n > HW_PATH_MAX)
		return -1;
	s->rec[off + n] = 0;
	str_set(s, str_off, off, n, flags);
	return flags & HW_STR_FAULT ? -1 : 0;
}

/* The arguments lie one after the other, each with its NUL, where the kernel just put them. */
__noinline int put_user_argv(__u64 slot, __u64 start, __u64 end, __u64 str_off)
{
	struct scratch *s = scratch_slot(slot);
	__u64 len = end - start;
	__u32 off, flags = HW_STR_USER;

	if (!s)
		return -1;
	off = str_room(s);
	if (!off || off > REC_LAST)
		return -1;
	if (end < start)
		len = 0;
	if (len > HW_ARGV_MAX) {
		len = HW_ARGV_MAX;
		flags |= HW_STR_CUT;
	}
	if (len && bpf_probe_read_user(&s->rec[off], len, (void *)start)) {
		count_lost(s->class, HW_LOST_str_fault);
		flags |= HW_STR_FAULT;
		len = 0;
	}
	s->rec[off + len] = 0;
	str_set(s, str_off, off, len, flags);
	return flags & HW_STR_FAULT ? -1 : 0;
}

__noinline int put_user_tail(__u64 slot, __u64 start, __u64 end, __u64 str_off)
{
	struct scratch *s = scratch_slot(slot);
	__u64 len = end - start - HW_ARGV_MAX;
	__u32 off, flags = HW_STR_USER;

	if (!s || end < start || end - start <= HW_ARGV_MAX)
		return -1;
	off = str_room(s);
	if (!off || off > REC_LAST)
		return -1;
	if (len > HW_TAIL_MAX)
		len = HW_TAIL_MAX;
	if (bpf_probe_read_user(&s->rec[off], len, (void *)(end - len))) {
		count_lost(s->class, HW_LOST_str_fault);
		flags |= HW_STR_FAULT;
		len = 0;
	}
	s->rec[off + len] = 0;
	str_set(s, str_off, off, len, flags);
	return flags & HW_STR_FAULT ? -1 : 0;
}

#define UNIX_NAME_MAX 108

/* Makes name_len bytes at off printable as far as NULs go: all turns of the loop are alike and none
 * leaves it early, or the verifier would walk the rest of the program for each. */
static __always_inline void show_nuls(struct scratch *s, __u32 off)
{
	__u32 i;

	for (i = 0; i < UNIX_NAME_MAX; i++)
		if (!s->rec[off + i])
			s->rec[off + i] = '@';
}

__noinline int put_unix_name(__u64 slot, __u64 ptr, __u64 name_len, __u64 user, __u64 str_off)
{
	struct scratch *s = scratch_slot(slot);
	__u32 off, flags = user ? HW_STR_USER : 0;
	long err = 0;

	if (!s)
		return -1;
	off = str_room(s);
	if (!off || off > REC_LAST)
		return -1;
	if (name_len > UNIX_NAME_MAX)
		name_len = UNIX_NAME_MAX;
	/* 5.10 and 6.1 do not carry that test over to a copy of the number on the stack. */
	barrier_var(name_len);
	name_len &= 127;
	if (name_len && user)
		err = bpf_probe_read_user(&s->rec[off], name_len, (void *)ptr);
	else if (name_len)
		err = bpf_probe_read_kernel(&s->rec[off], name_len, (void *)ptr);
	if (err) {
		count_lost(s->class, HW_LOST_str_fault);
		flags |= HW_STR_FAULT;
		name_len = 0;
	}
	s->rec[off + name_len] = 0;
	if (name_len && !s->rec[off]) { /* abstract: its NULs belong to the name */
		show_nuls(s, off);
	} else if (name_len) {
		/* A path: ends at its first NUL, if it has one. Reading it again from our own
		 * copy finds that without a loop. */
		name_len = bpf_probe_read_kernel_str(s->name, UNIX_NAME_MAX + 1, &s->rec[off]) - 1;
		name_len &= 127;
	}
	s->rec[off + name_len] = 0;
	str_set(s, str_off, off, name_len, flags);
	return err ? -1 : 0;
}
