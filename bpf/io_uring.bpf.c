/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * io_uring's tracepoints: which request a record is kept for, and when it is told. Knows no
 * operation.
 *
 * Every way in which a request that ran might go unseen is closed here:
 *
 * - It posts no completion (CQE_SKIP_SUCCESS): told when it is submitted.
 * - The completion queue is full: the kernel then says only ring and user_data, which several
 *   requests may share. With one, that is it; else all of them are told without their result.
 * - It is one of a chain that failed before it: told as cancelled, since its completion may be
 *   skipped.
 * - It completes many times: all but the last time the kernel says ring and user_data only.
 * - There is no room to keep its record: told when it is submitted.
 * - Its note is still there when another request takes its address: told then.
 */
#include "io_uring.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ECANCELED 125

/* Tracepoints differ in their arguments from kernel to kernel: read as memory, the verifier lets us
 * ask for any. */
static __always_inline __u64 arg(const void *ctx, __u32 n)
{
	__u64 val = 0;

	bpf_probe_read_kernel(&val, sizeof(val), ctx + n * sizeof(val));
	return val;
}

/* --- telling --- */

/* rec and h: a record and its head, in a note or in a buffer. */
static __always_inline void tell_once(const void *rec, const struct uring_head *h, __u64 req,
				      __u64 res, __u64 how, int *ret_doubt)
{
	const struct ev_hdr *was = rec;
	__u32 len = h->len, cpu, pid;
	struct scratch *s;
	struct ev_hdr *hdr;
	__u64 time, seq;

	s = out_begin(was->type, h->class, sizeof(struct ev_hdr));
	if (!s)
		return;
	hdr = (struct ev_hdr *)s->rec;
	time = hdr->time;
	seq = hdr->seq;
	cpu = hdr->cpu;
	pid = hdr->pid;
	barrier_var(len);
	len &= 16383;
	if (len > URING_LONG)
		len = URING_LONG;
	bpf_probe_read_kernel(s->rec, len, rec);
	hdr->time = time;
	hdr->seq = seq;
	hdr->cpu = cpu;
	s->len = len;
	*head_of(s) = *h;
	if (how == URING_SEEN && hdr->pid != pid)
		how = URING_FOREIGN;
	*ret_doubt = uring_finish(s->idx, req, res, how);
	out_end(s);
}

static __always_inline void tell(const void *rec, const struct uring_head *h, __u64 req, __u64 res,
				 __u64 how)
{
	int doubt = 0;

	if (h->kind == URING_MSG && uring_unwanted(req, h->flags, h->msg_flags, how))
		return;
	tell_once(rec, h, req, res, how, &doubt);
	if (doubt)
		tell_once(rec, h, 0, 0, URING_STALE, &doubt);
}

/* --- notes --- */

struct note {
	const void *rec;
	struct uring_head *h;
	void *map;
};

static __always_inline bool note_find(__u64 req, struct note *n)
{
	struct uring_short *brief;
	struct uring_long *whole;

	brief = bpf_map_lookup_elem(&uring_short, &req);
	if (!brief)
		brief = bpf_map_lookup_elem(&uring_multi, &req);
	if (brief) {
		n->rec = brief->rec;
		n->h = &brief->h;
		return true;
	}
	whole = bpf_map_lookup_elem(&uring_long, &req);
	if (!whole)
		return false;
	n->rec = whole->rec;
	n->h = &whole->h;
	return true;
}

static __always_inline void note_forget(__u64 req, const struct uring_head *h)
{
	if (h->flags & URING_MULTI)
		bpf_map_delete_elem(&uring_multi, &req);
	else if (h->len > URING_SHORT)
		bpf_map_delete_elem(&uring_long, &req);
	else
		bpf_map_delete_elem(&uring_short, &req);
}

/* 0, or a negative number when there is no room. */
static __always_inline int note_keep(struct scratch *s, __u64 req)
{
	struct uring_short *brief = (void *)s->rec;
	struct uring_head *h = head_of(s);
	long err;

	if (h->len > URING_SHORT) {
		err = bpf_map_update_elem(&uring_long, &req, s->rec, BPF_ANY);
	} else {
		brief->h = *h;
		if (h->flags & URING_MULTI)
			err = bpf_map_update_elem(&uring_multi, &req, s->rec, BPF_ANY);
		else
			err = bpf_map_update_elem(&uring_short, &req, s->rec, BPF_ANY);
	}
	if (err)
		count_lost(h->class, HW_LOST_uring_full);
	return err ? -1 : 0;
}

static __always_inline bool note_fits(const struct uring_head *h, struct io_kiocb *req)
{
	return h->opcode == KREAD(req, opcode) && h->user_data == uring_user_data(req) &&
	       h->ctx == (__u64)KREAD(req, ctx);
}

/* The request ended: its note is told, if there is one, and forgotten. */
__noinline int uring_end(__u64 req, __u64 res, __u64 how)
{
	struct note n;

	if (!note_find(req, &n))
		return 0;
	if (how != URING_STALE && !note_fits(n.h, (void *)req))
		how = URING_STALE;
	/* Nothing came of the last time: the others were told. */
	if ((n.h->flags & URING_MULTI) && n.h->times && (__s64)res == -ECANCELED)
		n.h->flags |= URING_TOLD;
	if (!(n.h->flags & URING_TOLD))
		tell(n.rec, n.h, how == URING_STALE ? 0 : req, res, how);
	if (n.h->object)
		drop_request_objects(req);
	note_forget(req, n.h);
	return 0;
}

/* Tells a note that stays. */
__noinline int uring_tell(__u64 req, __u64 res, __u64 how)
{
	struct note n;

	if (!note_find(req, &n))
		return 0;
	n.h->times++;
	tell(n.rec, n.h, req, res, how);
	return 0;
}

/* --- submission --- */

/* Requests that ran at once post their completions together at the end of the batch. The last
 * one is looked at before the next one runs, which might close or replace the descriptor that it
 * made. */
static __always_inline void settle(struct io_kiocb *req)
{
	struct io_ring_ctx *ctx = KREAD(req, ctx);
	struct io_kiocb *done;

	if (!bpf_core_field_exists(ctx->submit_state.compl_reqs) ||
	    !KREAD(ctx, submit_state.compl_reqs.first))
		return;
	done = (void *)KREAD(ctx, submit_state.compl_reqs.last) -
	       bpf_core_field_offset(struct io_kiocb, comp_list);
	uring_end((__u64)done, (__s64)KREAD(done, cqe.res), URING_SEEN);
}

__noinline int uring_submitted(__u64 of_req)
{
	struct io_kiocb *req = (void *)of_req;
	__u32 opcode = KREAD(req, opcode);
	struct scratch *s;
	__u32 *event;
	int slot;

	if (!knobs.uring_blind)
		settle(req);
	/* 5.x comes here with the links of a chain that it could not prepare: of old contents. */
	else if (uring_req_flags(req) >> (knobs.uring_fail_bit & 63) & 1)
		return 0;
	event = bpf_map_lookup_elem(&uring_events, &opcode);
	if (!event || !*event || filter_bulk())
		return 0;
	slot = uring_build(of_req, *event);
	s = slot < 0 ? NULL : scratch_slot(slot);
	if (!s)
		return 0;
	uring_end(of_req, 0, URING_STALE);
	if (knobs.uring_blind || (KREAD(req, flags) & REQ_CQE_SKIP) || note_keep(s, of_req))
		tell(s->rec, head_of(s), of_req, 0, URING_UNSEEN);
	return out_drop(slot);
}

/* 6.3 gave it this name. */
TRACEPOINT(io_uring, io_uring_submit_req)
int uring_submit(void *ctx)
{
	return uring_submitted(knobs.preemptible ?
				       (__u64)TP_FIELD(ctx, io_uring_submit_req, req) :
				       arg(ctx, 0));
}

TRACEPOINT(io_uring, io_uring_submit_sqe)
int uring_submit_6_0(void *ctx)
{
	return uring_submitted(arg(ctx, 0));
}

/* The ring, the request, and then parts of it. */
TRACEPOINT(io_uring, io_uring_submit_sqe)
int uring_submit_5_12(void *ctx)
{
	return uring_submitted(arg(ctx, 1));
}

/* A thread of the kernel's own will run it. */
TRACEPOINT(io_uring, io_uring_queue_async_work)
int uring_queued(void *ctx)
{
	__u64 req = knobs.preemptible ? (__u64)TP_FIELD(ctx, io_uring_queue_async_work, req) :
					arg(ctx, 0);
	struct note n;

	if (note_find(req, &n))
		n.h->flags |= URING_ASYNC;
	return 0;
}

/* --- completion --- */

/* Notes that a ring and a user_data stand for. Numbers here have few values, or newer verifiers
 * would walk through a callback for each. */
struct seek {
	__u64 ctx;
	__u64 user_data;
	__u64 res;
	__u64 req;   /* the last one found */
	__u32 found; /* 0, 1, 2: more */
	__u32 done;  /* one that was told before is forgotten, or an accept is told */
};

static __always_inline bool first_done(struct seek *k)
{
	if (k->done)
		return false;
	k->done = 1;
	return true;
}

static __always_inline void seek_head(struct seek *k, __u64 req, const struct uring_head *h)
{
	if (h->ctx != k->ctx || h->user_data != k->user_data)
		return;
	k->found = k->found ? 2 : 1;
	k->req = req;
}

static int seek_short(void *map, const __u64 *req, const struct uring_short *n, struct seek *k)
{
	seek_head(k, *req, &n->h);
	return 0;
}

static int seek_long(void *map, const __u64 *req, const struct uring_long *n, struct seek *k)
{
	seek_head(k, *req, &n->h);
	return 0;
}

/* Which of those that share the user_data completed is not known: what an accept gave is known all
 * the same, the others are told without their result. */
static int tell_more(void *map, const __u64 *req, const struct uring_short *n, struct seek *k)
{
	if (n->h.ctx != k->ctx || n->h.user_data != k->user_data)
		return 0;
	if (n->h.kind != URING_ACCEPT)
		uring_tell(*req, 0, URING_UNSEEN);
	else if (first_done(k))
		uring_tell(*req, k->res, URING_SEEN);
	return 0;
}

static __always_inline void one_of_many(struct seek *k)
{
	bpf_for_each_map_elem(&uring_multi, seek_short, k, 0);
	if (k->found == 1)
		uring_tell(k->req, k->res, URING_SEEN);
	else if (k->found)
		bpf_for_each_map_elem(&uring_multi, tell_more, k, 0);
}

/* Tells what was not told, and forgets one that was: as many are forgotten as complete. */
static __always_inline void tell_unsure(void *map, __u64 req, struct uring_head *h, struct seek *k)
{
	if (h->ctx != k->ctx || h->user_data != k->user_data)
		return;
	if (!(h->flags & URING_TOLD)) {
		h->flags |= URING_TOLD;
		uring_tell(req, 0, URING_UNSEEN);
	} else if (first_done(k)) {
		bpf_map_delete_elem(map, &req);
	}
}

static int unsure_short(void *map, const __u64 *req, struct uring_short *n, struct seek *k)
{
	tell_unsure(map, *req, &n->h, k);
	return 0;
}

static int unsure_long(void *map, const __u64 *req, struct uring_long *n, struct seek *k)
{
	tell_unsure(map, *req, &n->h, k);
	return 0;
}

/* A completion of which only ring and user_data are known. */
static __always_inline void anonymous(struct seek *k)
{
	bpf_for_each_map_elem(&uring_short, seek_short, k, 0);
	bpf_for_each_map_elem(&uring_multi, seek_short, k, 0);
	bpf_for_each_map_elem(&uring_long, seek_long, k, 0);
	if (k->found == 1) {
		uring_end(k->req, k->res, URING_SEEN);
	} else if (k->found) {
		bpf_for_each_map_elem(&uring_short, unsure_short, k, 0);
		bpf_for_each_map_elem(&uring_multi, unsure_short, k, 0);
		bpf_for_each_map_elem(&uring_long, unsure_long, k, 0);
	}
}

static __always_inline int completed(__u64 req, struct seek *k, __u32 flags)
{
	if (req)
		uring_end(req, k->res, URING_SEEN);
	else if (flags & CQE_MORE)
		one_of_many(k);
	return 0;
}

static __always_inline int completed_by_record(void *ctx)
{
	struct seek k = {
		.ctx = (__u64)TP_FIELD(ctx, io_uring_complete, ctx),
		.user_data = TP_FIELD(ctx, io_uring_complete, user_data),
		.res = (__s64)TP_FIELD(ctx, io_uring_complete, res),
	};

	return completed((__u64)TP_FIELD(ctx, io_uring_complete, req), &k,
			 TP_FIELD(ctx, io_uring_complete, cflags));
}

/* The ring, the request and a structure. */
TRACEPOINT(io_uring, io_uring_complete)
int uring_complete(void *ctx)
{
	struct io_uring_cqe *cqe;
	struct seek k = {};

	if (knobs.preemptible)
		return completed_by_record(ctx);
	cqe = (void *)arg(ctx, 2);
	k.ctx = arg(ctx, 0);
	k.user_data = KREAD(cqe, user_data);
	k.res = (__s64)KREAD(cqe, res);
	return completed(arg(ctx, 1), &k, KREAD(cqe, flags));
}

/* The ring, the request, user_data, result and flags (and two more). */
TRACEPOINT(io_uring, io_uring_complete)
int uring_complete_6_0(void *ctx)
{
	struct seek k = {
		.ctx = arg(ctx, 0),
		.user_data = arg(ctx, 2),
		.res = (__s64)(__s32)arg(ctx, 3),
	};

	return completed(arg(ctx, 1), &k, arg(ctx, 4));
}

TRACEPOINT(io_uring, io_uring_cqe_overflow)
int uring_overflow(void *ctx)
{
	struct seek k = {};
	__u32 flags;

	if (knobs.preemptible) {
		k.ctx = (__u64)TP_FIELD(ctx, io_uring_cqe_overflow, ctx);
		k.user_data = TP_FIELD(ctx, io_uring_cqe_overflow, user_data);
		k.res = (__s64)TP_FIELD(ctx, io_uring_cqe_overflow, res);
		flags = TP_FIELD(ctx, io_uring_cqe_overflow, cflags);
	} else {
		k.ctx = arg(ctx, 0);
		k.user_data = arg(ctx, 1);
		k.res = (__s64)(__s32)arg(ctx, 2);
		flags = arg(ctx, 3);
	}
	if (flags & CQE_MORE)
		one_of_many(&k);
	/* Sends without copying say so too: another completion follows when the memory is free. */
	if (!k.found)
		anonymous(&k);
	return 0;
}

TRACEPOINT(io_uring, io_uring_fail_link)
int uring_failed(void *ctx)
{
	__u64 req = knobs.preemptible ? (__u64)TP_FIELD(ctx, io_uring_fail_link, link) :
					arg(ctx, 1);

	return uring_end(req, -ECANCELED, URING_SEEN);
}
