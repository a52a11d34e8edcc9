/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What the kernel's objects say: the path of a dentry as the task sees it, what an open file is,
 * who a task is. Most reads of kernel memory happen here, so this is the object with plain loads.
 *
 * How a path comes to be is in path.bpf.h.
 */
#define HW_PLAIN_LOADS
#include "path.bpf.h"
#include "sys.bpf.h"

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SOCK_RAW 3

/* A pointer that a plain load gave, as a number that may enter a global function ("R2 is not a
 * scalar" otherwise): what has been in a map is one. */
#define SCALAR(s, p) ({ (s)->scalar = (__u64)(p); (s)->scalar; })

/* --- paths --- */

static __always_inline struct mount *real_mount(struct vfsmount *mnt)
{
	return (void *)mnt - bpf_core_field_offset(struct mount, mnt);
}

/* The root that paths start from: not the task's own, which chroot(2) may set to any directory, but
 * that of its mount namespace: the lowest of the mounts that lie over each other on "/". */
__noinline int put_root(__u64 slot)
{
	struct scratch *s = scratch_slot(slot);
	struct mount *m, *up;
	__u32 i;

	if (!s || !s->root_mnt)
		return 0;
	s->root_at = (__u64)real_mount((void *)s->root_mnt);
	for (i = 0; i < ROOT_HOPS; i++) {
		m = (void *)s->root_at;
		up = KREAD(m, mnt_parent);
		if (!up || up == m)
			break;
		if (KREAD(m, mnt_mountpoint) != KREAD(up, mnt.mnt_root))
			s->root_mnt = (__u64)up + bpf_core_field_offset(struct mount, mnt);
		s->root_at = (__u64)up;
	}
	m = (void *)s->root_mnt - bpf_core_field_offset(struct mount, mnt);
	s->root_dentry = (__u64)KREAD(m, mnt.mnt_root);
	return 0;
}

static __always_inline void walk_from(struct walk *w, enum walk_mode mode)
{
	struct vfsmount *mnt = w->of_mnt;

	w->dentry = w->of_dentry;
	w->mode = mode;
	w->mnt = mnt;
	w->mnt_root = mode == WALK_MOUNTS ? KREAD(mnt, mnt_root) : NULL;
	w->lo = TAIL_AT;
	w->pos = TAIL_END;
	w->keep = TAIL_END;
	w->flags = dentry_deleted(w->dentry) ? HW_STR_DELETED : 0;
	if (mode == WALK_OUTSIDE)
		w->flags |= HW_STR_DETACHED;
}

/* The file system's own root, or a name that hangs in the air. In the first mode the root was not
 * above: begin again. */
static __always_inline enum step step_top(struct walk *w)
{
	if (w->mode != WALK_BARE)
		return STEP_END;
	walk_from(w, w->of_mnt ? WALK_MOUNTS : WALK_OUTSIDE);
	return STEP_ON;
}

/* Leaves a mount through the directory that it is mounted on. At the top, short of the root, a
 * mount may still show only a part of its file system (runc runs itself from such a mount that is
 * attached nowhere): the rest of the way is then the file system's own. */
static __always_inline enum step step_mount(struct walk *w)
{
	struct mount *m = real_mount(w->mnt);
	struct mount *parent = KREAD(m, mnt_parent);

	if (parent == m || !parent) {
		w->flags |= HW_STR_DETACHED;
		w->mode = WALK_OUTSIDE;
		w->mnt_root = NULL;
		return STEP_ON;
	}
	w->dentry = KREAD(m, mnt_mountpoint);
	w->mnt = (void *)parent + bpf_core_field_offset(struct mount, mnt);
	w->mnt_root = KREAD(parent, mnt.mnt_root);
	return STEP_ON;
}

/* The area is full: go on in another one. What was in the one before that is given up. */
static __always_inline void next_area(struct walk *w)
{
	if (w->lo == TAIL_AT) {
		w->flags |= HW_STR_JOINED | HW_STR_CUT;
		w->tail = w->pos;
		w->lo = HEAD_AT;
		w->below = HEAD_AT + 2 * HEAD_LEN; /* nothing yet */
	} else {
		w->below = w->pos;
		w->lo ^= HEAD_LEN;
	}
	w->pos = w->lo + HEAD_LEN;
}

/* Puts the dentry's name before what is there. */
static __always_inline enum step step_name(struct path_room *t)
{
	struct walk *w = &t->walk;
	struct dentry *d = w->dentry;
	struct dentry *parent = KREAD(d, d_parent);
	__u32 len = KREAD(d, d_name.len) & NAME_LEN_MAX;
	const unsigned char *name = KREAD(d, d_name.name);
	bool alone = parent == d; /* no directory above: pipe, memfd, ... */
	__u32 pos;
	__u8 after;
	long n;

	if (alone && (!len || w->mode != WALK_MOUNTS))
		return step_top(w);
	if (alone)
		w->flags |= HW_STR_DETACHED;
	if (w->pos < w->lo + len + 1)
		next_area(w);
	/* The verifier knows nothing of pos: the mask says what is so anyway. */
	pos = (w->pos - len - 1) & (TAIL_END - 1);
	after = t->bytes[pos + 1 + len];
	n = bpf_probe_read_kernel_str(&t->bytes[pos + 1], len + 1, name);
	t->bytes[pos + 1 + len] = after; /* where the helper put a NUL */
	if (n != len + 1)
		return STEP_ON; /* renamed meanwhile: the next step reads it again */
	t->bytes[pos] = '/';
	w->pos = alone ? pos + 1 : pos;
	if (w->lo == TAIL_AT && pos >= TAIL_END - TAIL_KEEP)
		w->keep = pos;
	w->dentry = parent;
	return alone ? STEP_END : STEP_ON;
}

/* Some steps of the walk; done when it is over. */
__noinline int walk_up(__u64 slot)
{
	struct scratch *s = scratch_slot(slot);
	struct path_room *t = path_room(slot);
	struct walk *w;
	enum step step;
	__u32 i;

	if (!s || !t)
		return 1;
	w = &t->walk;
	for (i = 0; i < WALK_STEPS; i++) {
		w->done = (__u64)w->dentry == s->root_dentry &&
			  (w->mode == WALK_BARE || (__u64)w->mnt == s->root_mnt);
		if (w->done)
			return 1;
		if (w->dentry == w->mnt_root)
			step = step_mount(w);
		else
			step = step_name(t);
		w->done = step == STEP_END;
		if (w->done)
			return 1;
	}
	return 0;
}

static __always_inline void walk(struct scratch *s, struct walk *w)
{
	struct dentry *root, *dentry = w->of_dentry;
	__u32 i;

	if (!s->root_at)
		put_root(s->idx);
	root = (void *)s->root_dentry;
	if (root && KREAD(root, d_sb) == KREAD(dentry, d_sb))
		walk_from(w, WALK_BARE);
	else
		walk_from(w, w->of_mnt ? WALK_MOUNTS : WALK_OUTSIDE);
	for (i = 0; i < WALK_CALLS; i++)
		if (walk_up(s->idx))
			break;
	if (w->done)
		return;
	/* What is cut off at its top is no path from the root and must not look like one to a
	 * rule: no head, and no slash before the rest. */
	count_lost(s->class, HW_LOST_path_depth);
	if (!(w->flags & HW_STR_JOINED))
		w->tail = w->pos;
	w->lo = TAIL_AT;
	w->pos = w->tail + (w->tail < TAIL_END);
	w->flags |= HW_STR_CUT;
	w->flags &= ~HW_STR_JOINED;
}

/* Copies what the areas hold between from and end behind at; returns where that ends. */
static __always_inline __u32 put_part(struct scratch *s, struct path_room *t, __u32 at, __u32 from,
				      __u32 end, const __u32 max)
{
	__u32 len = end - from;

	barrier_var(len);
	len &= 2 * max - 1;
	if (len > max || at > REC_CAP - max)
		return at;
	if (len)
		bpf_probe_read_kernel(&s->rec[at], len, &t->bytes[from & (TAIL_END - 1)]);
	return at + len;
}

static __always_inline __u32 put_joined(struct scratch *s, struct path_room *t, __u32 at)
{
	static const char joint[] = HW_JOINT;
	struct walk *w = &t->walk;
	__u32 i;

	at = put_part(s, t, at, w->pos, w->lo + HEAD_LEN, HEAD_LEN);
	at = put_part(s, t, at, w->below, (w->lo ^ HEAD_LEN) + HEAD_LEN, HEAD_LEN);
	/* The tail has the joint's last slash. */
	if (at > REC_LAST + 2 * HEAD_LEN)
		return 0;
#pragma unroll
	for (i = 0; i < sizeof(joint) - 2; i++)
		s->rec[at + i] = joint[i];
	at += sizeof(joint) - 2;
	return put_part(s, t, at, w->keep, TAIL_END, 2 * HEAD_LEN);
}

__noinline int put_path(__u64 slot, __u64 of_mnt, __u64 of_dentry, __u64 str_off)
{
	struct scratch *s = scratch_slot(slot);
	struct path_room *t = path_room(slot);
	struct walk *w;
	__u32 off, at;

	if (!s || !t || !of_dentry)
		return -1;
	off = str_room(s);
	if (!off || off > REC_LAST)
		return -1;
	w = &t->walk;
	w->of_mnt = (void *)of_mnt;
	w->of_dentry = (void *)of_dentry;
	walk(s, w);
	if (w->flags & HW_STR_JOINED)
		at = put_joined(s, t, off);
	else
		at = put_part(s, t, off, w->pos, TAIL_END, HW_PATH_MAX);
	if (at == off && (w->mode != WALK_MOUNTS || !(w->flags & HW_STR_DETACHED)))
		s->rec[at++] = '/'; /* the root itself */
	if (at > REC_LAST + HW_PATH_MAX)
		return -1;
	s->rec[at] = 0;
	str_set(s, str_off, off, at - off, w->flags);
	return 0;
}

/* --- what an open file is --- */

static __always_inline void addr4(struct hw_addr *a, __u32 ip, __u16 port)
{
	if (!ip && !port)
		return;
	a->family = AF_INET;
	a->port = port;
	*(__u32 *)a->ip = ip;
}

static __always_inline void addr6(struct hw_addr *a, const __u32 w[4], __u16 port)
{
	__u32 *to = (__u32 *)a->ip;

	if (!(w[0] | w[1] | w[2] | w[3]) && !port)
		return;
	a->family = AF_INET6;
	a->port = port;
	to[0] = w[0];
	to[1] = w[1];
	to[2] = w[2];
	to[3] = w[3];
}

static __always_inline void sock_addrs(struct hw_fdobj *o, struct sock *sk)
{
	/* A raw socket has none, it keeps its protocol there. A peer without a port is what is left
	 * of a connection that failed. */
	const bool ports = o->sk_type != SOCK_RAW;
	__u16 lport = 0, rport = 0;
	__u32 ip[4];

	if (ports) {
		lport = KREAD(sk, __sk_common.skc_num);
		rport = bpf_ntohs(KREAD(sk, __sk_common.skc_dport));
	}
	if (o->sk_family == AF_INET) {
		addr4(&o->local, KREAD(sk, __sk_common.skc_rcv_saddr), lport);
		if (rport || !ports)
			addr4(&o->remote, KREAD(sk, __sk_common.skc_daddr), rport);
		return;
	}
	BPF_CORE_READ_INTO(&ip, sk, __sk_common.skc_v6_rcv_saddr);
	addr6(&o->local, ip, lport);
	if (!rport && ports)
		return;
	BPF_CORE_READ_INTO(&ip, sk, __sk_common.skc_v6_daddr);
	addr6(&o->remote, ip, rport);
}

/* The name that a unix socket is bound to: a file, or an abstract name. False without one. */
static __always_inline bool put_unix_bound(struct scratch *s, struct unix_sock *u, __u64 str_off)
{
	struct dentry *dentry = KREAD(u, path.dentry);
	struct unix_address *addr;
	__u32 len;

	if (dentry) {
		put_path(s->idx, SCALAR(s, KREAD(u, path.mnt)), SCALAR(s, dentry), str_off);
		return true;
	}
	addr = KREAD(u, addr);
	if (!addr)
		return false;
	len = KREAD(addr, len);
	if (len <= 2)
		return false;
	put_unix_name(s->idx,
		      SCALAR(s, addr) + bpf_core_field_offset(struct unix_address, name) + 2,
		      len - 2, 0, str_off);
	return true;
}

static __always_inline void put_unix(struct scratch *s, struct sock *sk, __u64 str_off)
{
	struct unix_sock *u = (void *)sk;
	struct unix_sock *peer;

	/* Where unix sockets are a module whose types we were not shown: no name. */
	if (!bpf_core_field_exists(u->addr))
		return;
	peer = (void *)KREAD(u, peer);
	if (peer && put_unix_bound(s, peer, str_off))
		return;
	put_unix_bound(s, u, str_off);
}

static __always_inline void put_sock(struct scratch *s, struct hw_fdobj *o, struct file *file,
				     __u64 str_off)
{
	struct socket *sock = KREAD(file, private_data);
	struct sock *sk = KREAD(sock, sk);

	if (!sk)
		return;
	o->sk_family = KREAD(sk, __sk_common.skc_family);
	o->sk_type = KREAD(sk, sk_type);
	o->sk_proto = KREAD(sk, sk_protocol);
	o->sk_state = KREAD(sk, __sk_common.skc_state);
	if (o->sk_family == AF_UNIX)
		put_unix(s, sk, str_off);
	else if (o->sk_family == AF_INET || o->sk_family == AF_INET6)
		sock_addrs(o, sk);
}

static __always_inline __u16 file_kind(__u16 mode, __u32 magic, struct dentry *dentry)
{
	switch (mode & S_IFMT) {
	case S_IFSOCK:
		return HW_FD_SOCK;
	case S_IFDIR:
		return HW_FD_DIR;
	}
	if (magic == PIPEFS_MAGIC)
		return HW_FD_PIPE;
	if (magic == ANON_INODE_MAGIC || magic == PIDFS_MAGIC)
		return HW_FD_ANON;
	return dentry_is_memfd(dentry) ? HW_FD_MEMFD : HW_FD_FILE;
}

/* Not a string literal: its address is no scalar, and only scalars may enter a global function. */
static __always_inline void put_pidfd(struct scratch *s, __u64 str_off)
{
	static const char name[8] = "[pidfd]";
	__u32 off = str_room(s);
	__u32 i;

	if (!off || off > REC_LAST)
		return;
#pragma unroll
	for (i = 0; i < sizeof(name); i++)
		s->rec[off + i] = name[i];
	str_set(s, str_off, off, sizeof(name) - 1, 0);
}

static __always_inline __u32 mnt_id_of(struct vfsmount *mnt)
{
	struct mount *m = real_mount(mnt);

	return KREAD(m, mnt_id);
}

#define FMODE_NOACCOUNT 0x20000000 /* of files that the kernel opened for itself */

struct place {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

/* Which file it is to its user. A mapping's file on overlayfs is the one of the layer below, opened
 * by the kernel. Up to 6.6 its path was the user's all the same; then that one lay behind it in
 * struct backing_file (def3ae83da02 "fs: store real path instead of fake path in backing file
 * f_path"), in the newest as a whole file. That a file has that part is told by a flag whose bit
 * has moved; so a mount and a dentry must fit each other to be taken for one. */
static __always_inline void user_path(struct file *file, struct place *p, struct inode **ret_inode)
{
	struct backing_file___file *with_file = (void *)file;
	struct backing_file *b = (void *)file;
	struct vfsmount *mnt = NULL;
	struct dentry *dentry = NULL;

	p->mnt = KREAD(file, f_path.mnt);
	p->dentry = KREAD(file, f_path.dentry);
	*ret_inode = KREAD(file, f_inode);
	if (!(KREAD(file, f_mode) & FMODE_NOACCOUNT))
		return;
	if (bpf_core_field_exists(b->user_path)) {
		mnt = KREAD(b, user_path.mnt);
		dentry = KREAD(b, user_path.dentry);
	} else if (bpf_core_field_exists(with_file->user_path_file)) {
		mnt = KREAD(with_file, user_path_file.f_path.mnt);
		dentry = KREAD(with_file, user_path_file.f_path.dentry);
	}
	if (mnt && dentry && KREAD(mnt, mnt_sb) == KREAD(dentry, d_sb)) {
		p->mnt = mnt;
		p->dentry = dentry;
	}
	dentry = p->dentry;
	*ret_inode = KREAD(dentry, d_inode);
}

__noinline int put_fdobj(__u64 slot, __u64 of_file, __u64 obj_off)
{
	struct scratch *s = scratch_slot(slot);
	struct file *file = (void *)of_file;
	struct inode *inode;
	struct hw_fdobj *o;
	struct place path;

	if (!s || !file || obj_off > FIXED_MAX)
		return -1;
	/* 5.10 and 6.1 do not carry that test over to a copy of the number on the stack. */
	barrier_var(obj_off);
	obj_off &= 2 * FIXED_MAX - 1;
	o = (struct hw_fdobj *)&s->rec[obj_off];
	user_path(file, &path, &inode);
	o->ino = KREAD(inode, i_ino);
	o->mode = KREAD(inode, i_mode);
	o->dev = kernel_dev(KREAD(inode, i_sb, s_dev));
	o->magic = KREAD(inode, i_sb, s_magic);
	o->nlink = KREAD(inode, i_nlink);
	o->uid = KREAD(inode, i_uid.val);
	o->gid = KREAD(inode, i_gid.val);
	o->mnt_id = mnt_id_of(path.mnt);
	o->f_flags = KREAD(file, f_flags);
	o->kind = file_kind(o->mode, o->magic, path.dentry);
	obj_off += __builtin_offsetof(struct hw_fdobj, path);
	if (o->kind == HW_FD_SOCK)
		put_sock(s, o, file, obj_off);
	else if (o->magic == PIDFS_MAGIC)
		put_pidfd(s, obj_off);
	else if (o->kind != HW_FD_PIPE && o->magic != NSFS_MAGIC)
		put_path(s->idx, SCALAR(s, path.mnt), SCALAR(s, path.dentry), obj_off);
	return 0;
}

__noinline __u64 fd_file(__u64 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *fdt = KREAD(task, files, fdt);
	struct file **table = KREAD(fdt, fd);
	__u64 file = 0;

	if (fd >= KREAD(fdt, max_fds))
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), &table[fd]); /* stays 0 on a fault */
	return file;
}

/* Not by loads from bpf_get_current_task_btf(): for every pointer that is loaded from a trusted one
 * the verifier searches the kernel's types for a name, which doubled the time of loading. */
__noinline int put_task(__u64 slot, __u64 of_task)
{
	struct scratch *s = scratch_slot(slot);
	struct task_struct *task = (void *)of_task;
	struct cred *cred;
	struct ev_hdr *h;

	if (!s || !task)
		return -1;
	h = (struct ev_hdr *)s->rec;
	cred = KREAD(task, cred);
	h->cgroup = task_cgroup(task);
	h->start = KREAD(task, group_leader, start_boottime);
	h->pid = KREAD(task, tgid);
	h->tid = KREAD(task, pid);
	h->ppid = KREAD(task, real_parent, tgid);
	h->vpid = task_vpid(task).nr;
	h->uid = KREAD(cred, euid.val);
	h->gid = KREAD(cred, egid.val);
	h->cap_effective = CRED_CAPS(cred, cap_effective);
	h->cap_permitted = CRED_CAPS(cred, cap_permitted);
	h->loginuid = 0xffffffff;
	if (bpf_core_field_exists(task->loginuid)) /* only with CONFIG_AUDIT */
		h->loginuid = KREAD(task, loginuid.val);
	s->root_mnt = (__u64)KREAD(task, fs, root.mnt);
	s->root_dentry = 0;
	s->root_at = 0;
	BPF_CORE_READ_INTO(&h->comm, task, comm);
	return 0;
}
