/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The kernel types that hullwatch reads, kept by hand: only the fields in use, in no order that
 * matters. Every access is relocated against the running kernel's BTF (CO-RE), so this file needs
 * no update when a field moves; when one changes its name or type, the new spelling is added and
 * compat.bpf.h decides. A type that ends in ___SOMETHING is such a second spelling.
 */
#ifndef HW_VMLINUX_H
#define HW_VMLINUX_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __s8 s8;
typedef __u8 u8;
typedef __s16 s16;
typedef __u16 u16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;
typedef _Bool bool;

#define NULL ((void *)0)
#define false 0
#define true 1

/* --- what programs and maps are made of --- */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
};

enum {
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
};

enum {
	BPF_RB_AVAIL_DATA = 0,
	BPF_RB_CONS_POS = 2,
};

/* Whether a helper exists is asked by name (bpf_core_enum_value_exists). */
enum bpf_func_id {
	BPF_FUNC_get_current_task_btf = 158,
	BPF_FUNC_task_pt_regs = 175,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* --- registers --- */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bp;
	unsigned long bx;
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	__u64 regs[31];
	__u64 orig_x0;
	__s32 syscallno;
};
#else
#error "hullwatch knows x86 and arm64"
#endif

/* --- what perf's programs are given of a tracepoint --- */
struct trace_event_raw_sys_exit {
	long ret;
};

struct trace_event_raw_sched_process_fork {
	int child_pid;
};

struct trace_event_raw_sched_process_exit {
	bool group_dead;
};

struct trace_event_raw_io_uring_submit_req {
	void *req;
};

struct trace_event_raw_io_uring_queue_async_work {
	void *req;
};

struct trace_event_raw_io_uring_fail_link {
	void *link;
};

struct trace_event_raw_io_uring_complete {
	void *ctx;
	void *req;
	__u64 user_data;
	int res;
	unsigned int cflags;
};

struct trace_event_raw_io_uring_cqe_overflow {
	void *ctx;
	__u64 user_data;
	__s32 res;
	__u32 cflags;
};

/* --- names, directories, mounts --- */
struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct inode;
struct super_block;
struct user_namespace;

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct mnt_idmap;

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	int mnt_flags;
	struct mnt_idmap *mnt_idmap;
};

struct vfsmount___userns {
	struct user_namespace *mnt_userns;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	int mnt_id;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
};

struct kuid {
	__u32 val;
};

struct kgid {
	__u32 val;
};

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

struct inode {
	__u16 i_mode;
	struct kuid i_uid;
	struct kgid i_gid;
	unsigned int i_flags;
	struct super_block *i_sb;
	void *i_private;
	unsigned long i_ino;
	unsigned int i_nlink;
	__s64 i_mtime_sec;
	__s64 i_ctime_sec;
	__u32 i_mtime_nsec;
	__u32 i_ctime_nsec;
};

struct inode___ts64 {
	struct timespec64 i_mtime;
	struct timespec64 i_ctime;
};

struct inode___uts64 {
	struct timespec64 __i_mtime;
	struct timespec64 __i_ctime;
};

struct file {
	unsigned int f_mode;
	void *private_data;
	struct inode *f_inode;
	unsigned int f_flags;
	struct path f_path;
};

struct backing_file {
	struct path user_path;
};

struct backing_file___file {
	struct file user_path_file;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

/* --- control groups --- */
struct kernfs_node {
	__u64 id;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

/* --- namespaces --- */
struct ns_common {
	unsigned int inum;
};

struct task_struct;

struct xarray {
	void *xa_head;
};

struct xa_node {
	unsigned char shift;
	void *slots[64]; /* 16 with CONFIG_BASE_SMALL */
};

struct idr {
	struct xarray idr_rt;
};

struct pid_namespace {
	struct idr idr;
	struct task_struct *child_reaper;
	struct ns_common ns;
};

struct new_utsname {
	char nodename[65];
	char domainname[65];
};

struct uts_namespace {
	struct new_utsname name;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct user_namespace {
	struct user_namespace *parent;
	int level;
	struct ns_common ns;
};

struct nsproxy {
	struct uts_namespace *uts_ns;
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
	struct net *net_ns;
};

/* --- tasks --- */
struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct pid {
	unsigned int level;
	struct hlist_head tasks[4];
	struct upid numbers[1];
};

enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_TGID,
	PIDTYPE_PGID,
	PIDTYPE_SID,
};

struct tty_driver {
	int major;
	int minor_start;
};

struct tty_struct {
	int index;
	struct tty_driver *driver;
};

struct atomic {
	int counter;
};

struct signal_struct {
	struct atomic live;
	int group_exit_code;
	unsigned int flags;
	unsigned int is_child_subreaper : 1;
	unsigned int has_child_subreaper : 1;
	struct pid *pids[4];
	struct tty_struct *tty;
};

/* Two 32-bit words up to 6.2, one 64-bit word since: 8 bytes in the same order either way. */
struct hw_caps {
	__u64 val;
};

struct cred {
	struct kuid euid;
	struct kgid egid;
	struct kuid fsuid;
	struct kgid fsgid;
	struct hw_caps cap_inheritable;
	struct hw_caps cap_permitted;
	struct hw_caps cap_effective;
	struct hw_caps cap_bset;
	struct hw_caps cap_ambient;
	struct user_namespace *user_ns;
};

struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
	unsigned long saved_auxv[2];
	struct file *exe_file;
};

struct vm_area_struct {
	struct file *vm_file;
};

struct thread_info {
	unsigned long flags;
	__u32 status; /* x86 only */
};

struct seccomp {
	int mode;
	struct atomic filter_count;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned long atomic_flags;
	struct seccomp seccomp;
	unsigned int flags;
	void *stack;
	void *worker_private; /* struct io_worker */
	int exit_state;
	int exit_code;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct hlist_node pid_links[4];
	__u64 start_boottime;
	__u64 self_exec_id;
	struct cred *cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct mm_struct *mm;
	struct kuid loginuid;
	struct css_set *cgroups;
};

struct kernel_siginfo {
	int si_code;
};

/* A directory of a process in /proc. */
struct proc_inode {
	struct pid *pid;
	struct inode vfs_inode;
};

struct linux_binprm {
	struct file *file;
	unsigned int have_execfd : 1;
	int execfd;
	char buf[4]; /* as many as are read */
	const char *filename;
	const char *interp;
	const char *fdpath;
};

/* --- what some descriptors stand for --- */
enum bpf_prog_type {
	BPF_PROG_TYPE_UNSPEC,
};

enum bpf_attach_type {
	BPF_CGROUP_INET_INGRESS,
};

struct bpf_prog_aux {
	char name[16];
};

struct bpf_prog {
	enum bpf_prog_type type;
	enum bpf_attach_type expected_attach_type;
	struct bpf_prog_aux *aux;
};

struct bpf_map {
	enum bpf_map_type map_type;
	char name[16];
};

/* --- sockets --- */
struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct socket_lock {
	int owned;
};

struct sock {
	struct sock_common __sk_common;
	struct socket_lock sk_lock;
	struct kuid sk_uid;
	__u16 sk_type;
	__u16 sk_protocol;
};

struct sk_buff {
	struct sock *sk;
};

struct socket {
	struct sock *sk;
};

struct iov_iter {
	unsigned long count;
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
	struct iov_iter msg_iter;
};

struct sockaddr_un {
	__u16 sun_family;
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[1];
};

struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct path path;
	struct sock *peer;
};

/* What programs of cgroups get: the kernel's copy of an address. */
struct bpf_sock_addr {
	__u32 user_family;
	__u32 user_ip4;
	__u32 user_ip6[4];
	__u32 user_port; /* the low half, in network order */
};

/* --- io_uring ---
 * A request begins with the structure of its operation (up to 5.19 by a union, since then in place
 * of "cmd"), so that its address is that structure's. */
struct filename {
	const char *name;
};

/* 7.0 wrapped the names of requests ("allow incomplete imports of filenames"). */
struct delayed_filename {
	struct filename *__incomplete_filename;
};

struct open_how___kernel {
	__u64 flags;
	__u64 mode;
	__u64 resolve;
};

struct io_open {
	int dfd;
	__u32 file_slot;
	struct filename *filename;
	struct open_how___kernel how;
};

struct io_open___delayed {
	struct delayed_filename filename;
};

struct io_rename {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
	int flags;
};

struct io_rename___delayed {
	struct delayed_filename oldpath;
	struct delayed_filename newpath;
};

/* Up to 5.19 there were two. */
struct io_link {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
	int flags;
};

struct io_link___delayed {
	struct delayed_filename oldpath;
	struct delayed_filename newpath;
};

struct io_hardlink {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
	int flags;
};

struct io_symlink {
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
};

struct io_unlink {
	int dfd;
	int flags;
	struct filename *filename;
};

struct io_unlink___delayed {
	struct delayed_filename filename;
};

struct io_mkdir {
	int dfd;
	__u16 mode;
	struct filename *filename;
};

struct io_mkdir___delayed {
	struct delayed_filename filename;
};

struct xattr_name; /* begins with the text */

/* Up to 6.12 struct xattr_ctx: a relocation goes by the names of fields. */
struct kernel_xattr_ctx {
	__u64 size;
	struct xattr_name *kname;
	unsigned int flags;
};

struct io_xattr {
	struct kernel_xattr_ctx ctx;
	struct filename *filename;
};

struct io_xattr___delayed {
	struct delayed_filename filename;
};

struct io_ftrunc {
	__s64 len;
};

struct kiocb {
	__s64 ki_pos;
};

struct io_rw {
	struct kiocb kiocb;
	__u64 addr;
	__u32 len;
};

struct io_connect {
	void *addr;
	int addr_len;
};

struct io_bind {
	int addr_len;
};

struct io_listen {
	int backlog;
};

struct io_shutdown {
	int how;
};

struct io_accept {
	int flags;
	__u32 file_slot;
};

struct io_socket {
	int domain;
	int type;
	int protocol;
	__u32 file_slot;
};

/* addr is gone since 6.13: the kernel's copy is made when the request is. */
struct io_sr_msg {
	void *umsg;
	void *buf;
	int len;
	unsigned int msg_flags;
	__u16 addr_len;
	void *addr;
};

struct io_fixed_install {
	unsigned int o_flags;
};

struct io_async_msghdr {
	struct msghdr msg;
	struct sockaddr_un addr;
};

struct io_cqe {
	__u64 user_data;
	__s32 res;
	int fd;
};

struct io_uring_cqe {
	__u64 user_data;
	__s32 res;
	__u32 flags;
};

struct io_wq_work;

struct io_worker {
	struct io_wq_work *cur_work;
};

struct io_wq_work {
	unsigned int flags;
};

struct io_wq_work_node {
	struct io_wq_work_node *next;
};

struct io_wq_work_list {
	struct io_wq_work_node *first;
	struct io_wq_work_node *last;
};

struct io_submit_state {
	struct io_wq_work_list compl_reqs;
};

struct io_rsrc_node {
	unsigned long file_ptr;
};

struct io_rsrc_data {
	unsigned int nr;
	struct io_rsrc_node **nodes;
};

struct io_file_table {
	struct io_rsrc_data data;
};

/* Up to 6.12. */
struct io_fixed_file {
	unsigned long file_ptr;
};

struct io_file_table___flat {
	struct io_fixed_file *files;
};

struct io_ring_ctx {
	unsigned int flags;
	struct io_submit_state submit_state;
	struct io_file_table file_table;
};

struct io_ring_ctx___flat {
	struct io_file_table___flat file_table;
	unsigned int nr_user_files;
};

struct io_kiocb {
	struct file *file;
	__u8 opcode;
	unsigned int flags; /* 64 bits since 6.8: the low half is read */
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
	struct io_wq_work_node comp_list;
	struct io_wq_work work;
	void *async_data;
	struct cred *creds;
};

struct io_kiocb___old {
	__u64 user_data;
};

/* --- iterators --- */
struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

/* What a program on packets gets, by the user interface and not relocated. */
struct __sk_buff {
	__u32 len;
};

#endif
