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
 * allocation). The longest record is a rename: four paths and a fixed part of some 200 bytes;
 * every string is appended at REC_LAST or before, so that the verifier sees it end inside. */
#define REC_CAP 24576
#define STR_ROOM (HW_PATH_MAX + 16) /* longest string, its NUL and the padding behind */
#define REC_LAST (REC_CAP - STR_ROOM)
#define FIXED_MAX 1024 /* longest fixed part, a bound for offsets of fields */
#define TMP_LEN 4096   /* a path is put together here, back to front */
#define TMP_CAP (TMP_LEN + 512)

/* A walk from a dentry upwards. In map memory, not on the stack: what the verifier cannot follow
 * it need not tell apart, so all ways through one step meet again (on the stack: 1,000,001
 * instructions, "BPF program is too large"). */
struct walk {
	struct dentry *dentry;
	struct vfsmount *mnt;
	struct dentry *mnt_root;
	__u32 pos;   /* first byte in tmp of what is there */
	__u32 flags; /* HW_STR_* */
};

struct scratch {
	__u32 busy; /* taken by so many; only who saw 1 owns it */
	__u32 idx;
	__u32 len;   /* bytes of rec in use */
	__u32 class; /* enum hw_class */
	__u64 avail; /* bytes that waited in the ring when the record was begun */
	__u64 charged; /* the cgroup whose bucket pays for the record; 0: none */
	__u64 root_dentry; /* root directory of the task that the record is about */
	__u64 root_mnt;
	struct walk walk;
	volatile __u64 scalar; /* see SCALAR in object.bpf.c */
	__u8 rec[REC_CAP];
	__u8 tmp[TMP_CAP];
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

/* Cgroups of the host, whose bulk events are dropped when that is asked for. A full table means
 * that more host events arrive than were asked for, never that one is missed. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u32);
} host_cgroups SEC(".maps") __weak;

#endif
