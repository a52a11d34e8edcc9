/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * An io_uring request between its submission and its completion.
 *
 * When it is submitted, its record is built from the kernel's own copy of the arguments, by the
 * process that submits it and as that is then (io_uring_op.bpf.c), and kept by the request's
 * address. Its completion brings the result; the record is then finished and told (io_uring.bpf.c).
 * What is told at once, without a result and with HW_F_UNSEEN: a request that posts no completion,
 * one for which there is no room, and every one on kernels whose completions do not say whose they
 * are.
 */
#ifndef HW_IO_URING_BPF_H
#define HW_IO_URING_BPF_H

#include "file.bpf.h"
#include "sock.bpf.h"

/* Numbers of operations; part of the kernel's interface to programs. */
enum uring_op {
	OP_READV = 1,
	OP_WRITEV = 2,
	OP_READ_FIXED = 4,
	OP_WRITE_FIXED = 5,
	OP_SENDMSG = 9,
	OP_RECVMSG = 10,
	OP_ACCEPT = 13,
	OP_CONNECT = 16,
	OP_OPENAT = 18,
	OP_READ = 22,
	OP_WRITE = 23,
	OP_SEND = 26,
	OP_RECV = 27,
	OP_OPENAT2 = 28,
	OP_SHUTDOWN = 34,
	OP_RENAMEAT = 35,
	OP_UNLINKAT = 36,
	OP_MKDIRAT = 37,
	OP_SYMLINKAT = 38,
	OP_LINKAT = 39,
	OP_FSETXATTR = 41,
	OP_SETXATTR = 42,
	OP_SOCKET = 45,
	OP_SEND_ZC = 47,
	OP_SENDMSG_ZC = 48,
	OP_READ_MULTISHOT = 49,
	OP_FIXED_FD_INSTALL = 54,
	OP_FTRUNCATE = 55,
	OP_BIND = 56,
	OP_LISTEN = 57,
	OP_RECV_ZC = 58,
	OP_READV_FIXED = 60,
	OP_WRITEV_FIXED = 61,
};

/* Bits of a request's flags; the first eight are those of its entry. */
#define REQ_FIXED_FILE 1
#define REQ_FORCE_ASYNC 16
#define REQ_BUFFER_SELECT 32
#define REQ_CQE_SKIP 64

#define RING_DEFER_TASKRUN (1u << 13)
#define CQE_MORE 2 /* in a completion's flags: the request goes on */

/* Which fields of the record the result goes to. */
enum uring_kind {
	URING_NONE,
	URING_OPEN,
	URING_TWO_PATHS,
	URING_UNLINK,
	URING_MKDIR,
	URING_XATTR,
	URING_TRUNCATE,
	URING_SOCKET,
	URING_SOCK, /* connect, bind */
	URING_ACCEPT,
	URING_MSG,
	URING_RW,
	URING_LISTEN,
	URING_SHUTDOWN,
	URING_INSTALL, /* a descriptor for what had none */
	URING_KINDS
};

#define URING_IN 1	/* bytes come in: they are read when it is completed */
#define URING_MULTI 2	/* completes more than once */
#define URING_NAMED 4	/* a message with an address */
#define URING_TOLD 8	/* told already: its completion is not */
#define URING_ASYNC 16 /* run by a thread of the kernel's own */

#define SLOT_ANY 0xffffffff

/* io_uring opens everything with it. */
#if defined(__TARGET_ARCH_arm64)
#define O_LARGEFILE 0400000
#else
#define O_LARGEFILE 0100000
#endif

/* What of a request its record does not hold. */
struct uring_head {
	__u64 ctx;
	__u64 user_data;
	__u64 data;  /* where bytes come in, in the caller's memory; 0: nowhere */
	__u64 size;  /* of that place */
	__u64 msg;   /* recvmsg: struct msghdr in the caller's memory */
	__u32 len;   /* of the record */
	__u32 slot;  /* direct descriptor that was asked for, plus 1; SLOT_ANY: any; 0: none */
	__u32 class;
	__u32 times; /* completed so often */
	__u8 opcode;
	__u8 kind;
	__u8 flags;
	__u8 object; /* enum object_kind that a hook may have noted */
	__u32 msg_flags;
};

/* Records with two names of some 150 bytes fit into a short note. The longest are those of two
 * names: where they start from, and what a hook saw, is added when they are finished. */
#define URING_SHORT 640
#define URING_LONG 9216
_Static_assert(sizeof(struct ev_renameat2) + 2 * (HW_PATH_MAX + 1) <= URING_LONG,
	       "two names fit into a long note");
_Static_assert(sizeof(struct ev_setxattr) + HW_PATH_MAX + 1 + 256 <= URING_LONG,
	       "a name and that of an attribute fit into a long note");

/* The head lies behind the record, so that a record is kept from where it was built. */
struct uring_short {
	__u8 rec[URING_SHORT];
	struct uring_head h;
};

struct uring_long {
	__u8 rec[URING_LONG];
	struct uring_head h;
};
_Static_assert(sizeof(struct uring_long) <= REC_CAP, "a note fits into a buffer");

static __always_inline struct uring_head *head_of(struct scratch *s)
{
	return &((struct uring_long *)s->rec)->h;
}

/* Key: the request's address. Requests that wait (for a connection, for data) stay here, so that
 * many at once are ordinary: 1.6 MiB, 0.6 MiB and 0.4 MiB. Preallocated: programs that trace may
 * not allocate. One element each where no row asks for io_uring. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HW_URING_SHORT);
	__type(key, __u64);
	__type(value, struct uring_short);
} uring_short SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HW_URING_LONG);
	__type(key, __u64);
	__type(value, struct uring_long);
} uring_long SEC(".maps") __weak;

/* Those that complete more than once: all but their last completion do not say whose they are, and
 * are looked for here. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HW_URING_MULTI);
	__type(key, __u64);
	__type(value, struct uring_short);
} uring_multi SEC(".maps") __weak;

/* Operation -> event id, 0: nobody wants it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HW_URING_OPS);
	__type(key, __u32);
	__type(value, __u32);
} uring_events SEC(".maps") __weak;

/* 64 bits of flags since 6.8 (io_req_flags_t), 32 before. */
static __always_inline __u64 uring_req_flags(struct io_kiocb *req)
{
	__u64 flags = 0;

	if (bpf_core_field_size(req->flags) == 8)
		bpf_core_read(&flags, 8, &req->flags);
	else
		bpf_core_read(&flags, 4, &req->flags);
	return flags;
}

/* 5.19 put it into the request's copy of its completion ("io_uring: explicitly keep a CQE in
 * io_kiocb"). */
static __always_inline __u64 uring_user_data(struct io_kiocb *req)
{
	struct io_kiocb___old *old = (void *)req;

	if (bpf_core_field_exists(req->cqe))
		return KREAD(req, cqe.user_data);
	return KREAD(old, user_data);
}

/* Does a record of the request wait for its end? */
static __always_inline bool uring_kept(__u64 req)
{
	return req && (bpf_map_lookup_elem(&uring_short, &req) ||
		       bpf_map_lookup_elem(&uring_long, &req));
}

/* The request that a worker runs, 0 without one. 5.17 gave the field this name
 * ("tsk->worker_private", for pf_io_worker): where it is missing, completions do not say whose
 * they are either. */
static __always_inline __u64 worker_request(struct task_struct *task)
{
	struct io_worker *worker;
	struct io_wq_work *work;

	if (knobs.uring_blind || !bpf_core_field_exists(task->worker_private))
		return 0;
	worker = BPF_CORE_READ(task, worker_private); /* NULL in a thread that polls */
	work = BPF_CORE_READ(worker, cur_work);
	return work ? (__u64)work - bpf_core_field_offset(struct io_kiocb, work) : 0;
}

enum uring_how {
	URING_SEEN,
	URING_UNSEEN,  /* the result is not known: the request has not run, or may not have */
	URING_FOREIGN, /* seen, in another process than the request's */
	URING_STALE,   /* the request is gone, and what lies at its address is another */
};

/* --- io_uring_op.bpf.c --- */

/* Builds the record of a request as far as it is known before it runs, in a buffer of its own, with
 * head_of behind. The slot, or a negative number when all are taken. */
int uring_build(__u64 req, __u64 event);

/* --- io_uring_end.bpf.c --- */

/* Adds to a record whose head is behind it what its end brings: result, object, bytes, where names
 * start from. how: enum uring_how. 1 when the object may be another than the one that was named
 * (see there), else 0. */
int uring_finish(__u64 slot, __u64 req, __u64 res, __u64 how);
/* Is it a message that nobody asked for, now that its socket is known? flags: the head's. */
int uring_unwanted(__u64 req, __u64 flags, __u64 msg_flags, __u64 how);
/* Parts of the above, which the verifier sees once each. */
int uring_base(__u64 slot, __u64 dir_off, __u64 name_off, __u64 base_off);
int uring_same_block(__u64 slot, __u64 a, __u64 b, __u64 len);
int uring_same_bytes(__u64 slot, __u64 a, __u64 b, __u64 len);

#endif
