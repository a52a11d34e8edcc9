/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What user space tells the kernel side, and what that counts.
 *
 * struct hw_knobs is read-only and written before load, so that the verifier prunes by it.
 * struct hw_masks may change at run time and lies in a mapped global.
 */
#ifndef HW_KNOBS_H
#define HW_KNOBS_H

#include "event.h"

struct hw_knobs {
	__u64 ring_len;	      /* bytes of the ring */
	__u64 ring_watermark; /* bulk classes stop here, bytes */
	__u64 bulk_mark;      /* from here on bulk classes are charged to their cgroup's bucket */
	__u64 rest_mark;      /* and from here on the others; below ring_watermark */
	__u64 wake_len;	      /* wake the reader when this many bytes wait */
	__u32 own_pid;	      /* hullwatch's own process: its events are not reported */
	__u32 plain_loads;    /* kernel memory is read by plain loads: bpf_rdonly_cast is there */
	__u32 object_paths;   /* hooks that note paths are loaded (bpf/objects.bpf.h) */
	__u32 object_addrs;   /* hooks that note addresses are loaded */
	__u8 wanted[EV_MAX / 8]; /* bits of the events that rules or the feed ask for */
	/* io_uring's tracepoints and types, which differ from kernel to kernel
	 * (bpf/io_uring.bpf.h) */
	__u8 uring_blind;     /* completions do not say whose they are: told without their result */
	__u8 uring_creds_bit; /* of a request's flags: it has rights of its own; 63: never */
	__u8 uring_multi_bit; /* it completes more than once; 63: never */
	__u8 uring_fail_bit;  /* it will not be run; 63: never */
	__u8 preemptible;     /* programs of tracepoints can be preempted (bpf/compat.bpf.h) */
	__u8 pad[3];
};

/* Tables of system call numbers (bpf/maps.bpf.h), filled from the hook table before attaching. */
#define HW_NR_MAX 512 /* native numbers are below this */
/* The table of the other interfaces has three parts: 32-bit numbers at 0, x32's own numbers (they
 * begin at 512) where they are, socketcall(2) operations at HW_COMPAT_SOCKETCALL. A value is 0 or
 * the native number plus 1; HW_COMPAT_OLD marks the older form of a call. */
#define HW_COMPAT_MAX 1024
#define HW_COMPAT_SOCKETCALL 1000
#define HW_COMPAT_OLD 0x10000

/* Calls under way at once for which object hooks keep what they saw. */
#define HW_PATH_NOTES 1024
#define HW_ADDR_NOTES 4096
#define HW_SUN_MAX 112 /* a unix address without its family has 108 bytes at most */

/* Execs between the hook and the end of their call, where that must be known. */
#define HW_EXEC_MARKS 1024

/* io_uring: operations are below this (7.3 has 65), and requests at once for which a record is
 * kept: ordinary ones, those with long names, those that complete more than once. */
#define HW_URING_OPS 128
#define HW_URING_SHORT 2048
#define HW_URING_LONG 64
#define HW_URING_MULTI 512

struct hw_masks {
	__u32 wake_armed;     /* user space sleeps without a timer: the next event must wake it */
	__u32 skip_host_bulk; /* scope is containers: bulk classes of known host cgroups go */
	__u32 send_connected; /* report what is sent on connected sockets too */
	__u32 recv_connected; /* and what is received there */
	__u32 regs_off; /* registers of a task, from the start of its stack; 0: not known yet */
	__u32 pad;
};

/* What one CPU produced and lost since the start. The order matters, see bpf/ledger.bpf.h. */
struct hw_counters {
	__u64 produced[HW_CLASS_MAX];
	__u64 lost[HW_CLASS_MAX][HW_LOST_MAX];
	__u64 seq; /* of the last record, sent or lost */
};

#define HW_BUCKETS_MAX 1024

struct hw_share {
	__s64 tokens; /* bytes; below zero: owed */
	__u64 at;     /* position of the reader in the ring at the last refill */
};

/* What one cgroup may send while the ring fills, and what it lost by that. */
struct hw_bucket {
	struct hw_share share[2]; /* [1]: of bulk classes */
	__u64 lost[HW_CLASS_MAX];
};

#endif
