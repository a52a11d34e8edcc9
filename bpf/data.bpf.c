/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Bytes of the caller's memory: the head of what a read, write, send or receive moved. Knows no
 * call.
 */
#include "out.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define DATA_MASK 127 /* the next 2^n - 1 from HW_DATA_MAX, for the verifier */
_Static_assert(HW_DATA_MAX <= DATA_MASK, "the mask would cut what may be kept");

/* Copies as much of len bytes at ptr as there is room for to rec[off + got], got bytes being there;
 * how many are there then, or a negative number when they could not be read. */
static __always_inline int data_add(struct scratch *s, __u32 off, __u32 got, __u64 ptr, __u64 len)
{
	__u32 n = HW_DATA_MAX - got;

	if (got >= HW_DATA_MAX)
		return HW_DATA_MAX;
	if (len < n)
		n = len;
	/* 5.10 and 6.1 do not carry those tests over to copies of the numbers on the stack. */
	barrier_var(n);
	barrier_var(got);
	n &= DATA_MASK;
	got &= DATA_MASK;
	if (!n)
		return got;
	if (bpf_probe_read_user(&s->rec[off + got], n, (void *)ptr))
		return -1;
	return got + n;
}

static __always_inline int data_end(struct scratch *s, __u32 off, int got, __u64 str_off)
{
	__u32 flags = HW_STR_USER;
	__u32 n = got;

	if (got < 0) {
		count_lost(s->class, HW_LOST_str_fault);
		flags |= HW_STR_FAULT;
		n = 0;
	}
	barrier_var(n);
	n &= DATA_MASK;
	s->rec[off + n] = 0;
	str_set(s, str_off, off, n, flags);
	return got < 0 ? -1 : 0;
}

__noinline int put_user_data(__u64 slot, __u64 ptr, __u64 len, __u64 str_off)
{
	struct scratch *s = scratch_slot(slot);
	__u32 off;

	if (!s)
		return -1;
	off = str_room(s);
	if (!off || off > REC_LAST)
		return -1;
	return data_end(s, off, data_add(s, off, 0, ptr, len), str_off);
}

/* One struct iovec; false when it could not be read. */
static __always_inline bool piece_read(__u64 at, bool narrow, __u64 piece[2])
{
	__u32 v32[2] = {};

	if (!narrow)
		return !bpf_probe_read_user(piece, 2 * sizeof(piece[0]), (void *)at);
	if (bpf_probe_read_user(v32, sizeof(v32), (void *)at))
		return false;
	piece[0] = v32[0];
	piece[1] = v32[1];
	return true;
}

__noinline __u64 put_user_iov(__u64 slot, __u64 iov, __u64 n, __u64 moved, __u64 str_off)
{
	struct scratch *s = scratch_slot(slot);
	const bool narrow = str_off & PUT_NARROW;
	__u64 piece[2] = {};
	__u64 size = 0;
	__u32 off, i;
	int got = 0;

	if (!s)
		return 0;
	off = str_room(s);
	if (!off || off > REC_LAST)
		return 0;
	for (i = 0; i < IOV_SEEN; i++) {
		if (i >= n)
			break;
		if (!piece_read(iov + i * (narrow ? 8 : 16), narrow, piece)) {
			got = -1;
			break;
		}
		size += piece[1];
		if (piece[1] > moved)
			piece[1] = moved;
		moved -= piece[1];
		if (got >= 0)
			got = data_add(s, off, got, piece[0], piece[1]);
	}
	data_end(s, off, got, str_off & (PUT_NARROW - 1));
	return size;
}
