/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The only door to the ring. A hook writes:
 *
 *	struct scratch *s = out_begin(EV_chdir, HW_CLASS_STATE, sizeof(struct ev_chdir));
 *	struct ev_chdir *e;
 *
 *	if (!s)
 *		return 0;		// dropped, and counted there
 *	e = OUT_REC(s, chdir);		// fixed part, zero but for the header
 *	e->res = ret;
 *	OUT_STR(s, chdir, path, put_user_str, user_pointer);
 *	return out_end(s);
 *
 * Between begin and end the hook owns one buffer of its CPU; every way out passes out_end.
 * The put_ functions append a string to the record and make the field at str_off name it. They
 * are global functions with scalar arguments: verified by themselves, once for each program, and
 * not once for each place that calls them.
 */
#ifndef HW_OUT_BPF_H
#define HW_OUT_BPF_H

#include "maps.bpf.h"

/* Takes a buffer and fills the header from task (0: the current one, whose cgroup answers for the
 * record). Returns the slot, or a negative number when the record is lost and counted. */
int out_open(__u64 type, __u64 class, __u64 fixed_len, __u64 task);
/* Pads, sends, counts, wakes the reader when it is time, gives the buffer back. Always 0. */
int out_close(__u64 slot);
/* Pads and sets the size, without sending: the length, or 0 when the slot is none. */
int out_seal(__u64 slot);
/* Takes a buffer for work that is no record: nothing is counted, no header filled. Returns the
 * slot, or a negative number when all are taken. */
int out_borrow(__u64 class);
/* Gives the buffer back: the record was not wanted, and is not counted. */
int out_drop(__u64 slot);

/* Each returns 0, or a negative number when the string is missing or cut short by a fault; the
 * record stays good in any case. */
int put_user_str(__u64 slot, __u64 ptr, __u64 str_off);
int put_kernel_str(__u64 slot, __u64 ptr, __u64 str_off);
int put_user_argv(__u64 slot, __u64 start, __u64 end, __u64 str_off);
/* The last HW_TAIL_MAX bytes or less of an argument vector, of those that put_user_argv left. */
int put_user_tail(__u64 slot, __u64 start, __u64 end, __u64 str_off);
/* A unix address: name_len bytes after the family. An abstract name is written with "@" for its
 * NULs; user tells which memory ptr is in. */
int put_unix_name(__u64 slot, __u64 ptr, __u64 name_len, __u64 user, __u64 str_off);

/* data.bpf.c: the first HW_DATA_MAX of len bytes at ptr. */
int put_user_data(__u64 slot, __u64 ptr, __u64 len, __u64 str_off);
/* The same of n pieces at iov (struct iovec, of 32-bit numbers with PUT_NARROW added to str_off),
 * moved bytes of which were used; only the first IOV_SEEN pieces are looked at. Returns the sum of
 * their sizes. */
__u64 put_user_iov(__u64 slot, __u64 iov, __u64 n, __u64 moved, __u64 str_off);
#define IOV_SEEN 8
#define PUT_NARROW 0x10000

/* object.bpf.c: who the record is about: the header's ids and where its root is looked for. */
int put_task(__u64 slot, __u64 task);
/* The path of a dentry on a mount, as path.bpf.h says; mnt 0: its mount is not known. */
int put_path(__u64 slot, __u64 mnt, __u64 dentry, __u64 str_off);
/* What an open file is: fills the struct hw_fdobj at obj_off. */
int put_fdobj(__u64 slot, __u64 file, __u64 obj_off);

#define OUT_REC(s, event) ((struct ev_##event *)(s)->rec)
#define STR_OFF(event, field) __builtin_offsetof(struct ev_##event, field)
#define OUT_STR(s, event, field, put, ...) put((s)->idx, __VA_ARGS__, STR_OFF(event, field))

static __always_inline struct scratch *scratch_slot(__u64 slot)
{
	__u32 key = slot;

	return bpf_map_lookup_elem(&scratch_slots, &key);
}

/* The room of the same slot in which paths are put together. */
static __always_inline struct path_room *path_room(__u64 slot)
{
	__u32 key = slot;

	return bpf_map_lookup_elem(&path_rooms, &key);
}

/* A part of a record is missing (lost.def: whole is 0). Whole records are counted by out_open and
 * out_close alone, or produced would not be what was delivered and lost (ledger.bpf.h). */
static __always_inline void count_lost(__u64 class, enum hw_lost reason)
{
	__u32 zero = 0;
	struct hw_counters *c = bpf_map_lookup_elem(&counters, &zero);

	if (c && class < HW_CLASS_MAX)
		__sync_fetch_and_add(&c->lost[class][reason], 1);
}

/* For records about the current task; 0 as the task says so. */
static __always_inline struct scratch *out_begin(__u32 type, __u32 class, __u32 fixed_len)
{
	int slot = out_open(type, class, fixed_len, 0);

	return slot < 0 ? NULL : scratch_slot(slot);
}

static __always_inline int out_end(struct scratch *s)
{
	out_close(s->idx);
	return 0;
}

/* Where a string of len bytes would start; 0 when there is no room, which is counted. */
static __always_inline __u32 str_room(struct scratch *s)
{
	if (s->len > REC_LAST) {
		count_lost(s->class, HW_LOST_no_room);
		return 0;
	}
	return s->len;
}

static __always_inline void str_set(struct scratch *s, __u64 str_off, __u32 off, __u32 len,
				    __u32 flags)
{
	struct hw_str *str;

	if (str_off > FIXED_MAX)
		return;
	/* 5.10 and 6.1 do not carry that test over to a copy of the number on the stack. */
	barrier_var(str_off);
	str_off &= 2 * FIXED_MAX - 1;
	str = (struct hw_str *)&s->rec[str_off];
	str->off = off;
	str->flags = flags;
	str->len = len;
	s->len = off + len + 1;
	if (flags & HW_STR_CUT)
		((struct ev_hdr *)s->rec)->flags |= HW_F_CUT;
}

#endif
