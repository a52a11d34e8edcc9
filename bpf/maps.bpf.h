/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Every map and global of the kernel side: what for, how large, why that large. Each family's
 * object carries these definitions (weak, the linker keeps one).
 */
#ifndef HW_MAPS_BPF_H
#define HW_MAPS_BPF_H

#include "compat.bpf.h"
#include "event.h"
#include "knobs.h"

/* A per-CPU element may be 32 KiB at most (PCPU_MIN_UNIT_SIZE, and older kernels fail the
 * allocation). The longest records are those of two names (six strings of 4 KiB: as passed, where
 * from, as the kernel used them) and of an exec (six and the arguments' tail); every string is
 * appended at REC_LAST or before, so that the verifier sees it end inside. */
#define REC_CAP 28672
#define STR_ROOM (HW_PATH_MAX + 16) /* longest string, its NUL and the padding behind */
#define REC_LAST (REC_CAP - STR_ROOM)
#define FIXED_MAX 1024 /* longest fixed part, a bound for offsets of fields */

#define LONGEST_TWO (sizeof(struct ev_renameat2) + 5 * (HW_PATH_MAX + 1))
#define LONGEST_EXEC                                                                               \
	(sizeof(struct ev_execve) + HW_ARGV_MAX + 1 + HW_TAIL_MAX + 1 + 4 * (HW_PATH_MAX + 1))
_Static_assert(LONGEST_TWO <= REC_LAST && LONGEST_EXEC <= REC_LAST,
	       "the last string of a record would not fit");

struct scratch {
	__u32 busy; /* taken by so many; only who saw 1 owns it */
	__u32 idx;
	__u32 len;   /* bytes of rec in use */
	__u32 class; /* enum hw_class */
	__u64 avail; /* bytes that waited in the ring when the record was begun */
	__u64 root_dentry; /* where paths start from (put_root), 0 before the first one */
	__u64 charged; /* the cgroup whose bucket pays for the record; 0: none */
	__u64 root_mnt;
	__u64 root_at; /* the topmost mount above */
	volatile __u64 scalar; /* see SCALAR in object.bpf.c */
	__u8 rec[REC_CAP];
	__u8 name[128]; /* a unix address */
};

_Static_assert(sizeof(struct scratch) <= 32768, "a per-CPU element is 32 KiB at most");

/* A program may be interrupted by one that runs in an interrupt, and on newest kernels be preempted
 * by one of another task; three levels have been enough for everything seen. */
#define SCRATCH_SLOTS 3

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_SLOTS);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch_slots SEC(".maps") __weak;

/* Where a path is put together, back to front (path.bpf.h): two areas for its head, one for its
 * tail. HEAD_AT and HEAD_LEN are such that one bit tells the two apart. */
#define HEAD_LEN 1024
#define HEAD_AT 2048
#define TAIL_AT 4096
#define TAIL_END (TAIL_AT + HW_PATH_MAX)
#define TAIL_KEEP (HW_PATH_MAX - 2 * HEAD_LEN - 8) /* beside two heads and the joint */

/* A walk from a dentry upwards. In map memory, not on the stack: what the verifier cannot follow
 * it need not tell apart, so all ways through one step meet again (on the stack: 1,000,001
 * instructions, "BPF program is too large"). */
struct walk {
	struct dentry *of_dentry; /* where it began */
	struct vfsmount *of_mnt;  /* NULL: not known */
	struct dentry *dentry;
	struct vfsmount *mnt;
	struct dentry *mnt_root; /* NULL: mounts do not count */
	__u32 mode;		 /* enum walk_mode */
	__u32 done;
	__u32 lo;    /* of the area in use */
	__u32 pos;   /* first byte in it of what is there */
	__u32 below; /* first byte of what is in the other head */
	__u32 tail;  /* first byte of what is in the full tail */
	__u32 keep;  /* where the part of it begins that is kept beside a head */
	__u32 flags; /* HW_STR_* */
};

/* A hash of user memory under way (proc.bpf.c). */
struct hashing {
	__u64 at;
	__u64 end;
	__u64 value;
	__u64 fault;
};

struct path_room {
	struct walk walk;
	struct hashing hash;
	__u8 bytes[TAIL_END + 512]; /* the verifier lets a name end behind its area */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_SLOTS);
	__type(key, __u32);
	__type(value, struct path_room);
} path_rooms SEC(".maps") __weak;

/* What was produced and what was lost; one element, user space sums the CPUs. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hw_counters);
} counters SEC(".maps") __weak;

/* The one way to user space. Its real size is set before load, by the number of CPUs. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} ring SEC(".maps") __weak;

/* What each cgroup may still send while the ring fills (ledger.bpf.h). Only cgroups that sent
 * something under pressure are here; who is forgotten for room begins with a full bucket again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, HW_BUCKETS_MAX);
	__type(key, __u64);
	__type(value, struct hw_bucket);
} buckets SEC(".maps") __weak;

/* Native system call number -> program. An empty slot is "nobody wants this". */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, HW_NR_MAX);
	__type(key, __u32);
	__type(value, __u32);
} sys_progs SEC(".maps") __weak;

/* Native system call number -> event id, for programs that serve several. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HW_NR_MAX);
	__type(key, __u32);
	__type(value, __u32);
} sys_events SEC(".maps") __weak;

/* Numbers of the 32-bit interfaces -> native ones; layout in knobs.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HW_COMPAT_MAX);
	__type(key, __u32);
	__type(value, __u32);
} sys_compat SEC(".maps") __weak;

/* What object hooks noted for the calls under way (objects.bpf.h). Key: the task's address, which
 * stays the same when an exec takes over its leader's id; with bit 0 set for a second path. An
 * entry lives from the hook to the end of the call, so that as many are in use as calls sleep in
 * between (1024: some 4 MiB). Preallocated: programs that trace may not allocate. Both have one
 * element where no such hook is loaded: user space sets the size before load. */
struct path_note {
	__u32 kind;  /* enum object_kind */
	__u32 nr;    /* of the system call that the thread was in, as its registers have it */
	__u32 flags; /* HW_STR_* */
	__u32 len;
	__u8 str[HW_PATH_MAX + 8];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HW_PATH_NOTES);
	__type(key, __u64);
	__type(value, struct path_note);
} object_paths SEC(".maps") __weak;

/* A connect may wait for minutes: more of these, they are small. */
struct addr_note {
	struct hw_addr addr;
	__u32 event; /* connect, bind or sendto: the first of those that share it */
	__u32 nr;
	__u32 sun_len;
	__u8 sun[HW_SUN_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HW_ADDR_NOTES);
	__type(key, __u64);
	__type(value, struct addr_note);
} object_addrs SEC(".maps") __weak;

/* Cgroups of the host, whose bulk events are dropped when that is asked for. A full table means
 * that more host events arrive than were asked for, never that one is missed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u32);
} host_cgroups SEC(".maps") __weak;

#endif
