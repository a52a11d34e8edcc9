/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Notes between an object hook and the end of the call that it ran in (objects.bpf.h): which are
 * made, how they are kept, who gets them. Knows neither kind of hook nor any record's layout.
 *
 * A note is made only when its taker will come: the call that the thread is in must be one that the
 * dispatcher reports and that takes notes of this kind, or the thread must be a worker of io_uring.
 * Everything else that passes a hook (bind makes a node, open cuts a file off) leaves none behind.
 */
#include "io_uring.bpf.h"
#include "objects.bpf.h"
#include "path.bpf.h"
#include "sys.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SUN_FAMILY_LEN 2
#define SUN_PATH_LEN 108
#define NR_UNKNOWN 0xffffffff
#define SECOND_PATH 1 /* bit of a key; a task's address is even */

/* Where a note is put together in a borrowed buffer: a string's name, then the note, its text where
 * put_path appends it. */
#define NOTE_STR_AT 128
#define NOTE_AT 256
#define NOTE_TEXT_AT (NOTE_AT + __builtin_offsetof(struct path_note, str))
_Static_assert(NOTE_AT + sizeof(struct path_note) <= REC_CAP, "a note fits into a buffer");

#define KIND(kind) (1u << OBJECT_##kind)

/* What each call takes. */
static const __u32 takes[EV_MAX] = {
	[EV_rename] = KIND(RENAME),
	[EV_renameat] = KIND(RENAME),
	[EV_renameat2] = KIND(RENAME),
	[EV_link] = KIND(LINK),
	[EV_linkat] = KIND(LINK),
	[EV_symlink] = KIND(SYMLINK),
	[EV_symlinkat] = KIND(SYMLINK),
	[EV_unlink] = KIND(UNLINK),
	[EV_unlinkat] = KIND(UNLINK) | KIND(RMDIR),
	[EV_rmdir] = KIND(RMDIR),
	[EV_mkdir] = KIND(MKDIR),
	[EV_mkdirat] = KIND(MKDIR),
	[EV_mknod] = KIND(MKNOD),
	[EV_mknodat] = KIND(MKNOD),
	[EV_chmod] = KIND(CHMOD),
	[EV_fchmod] = KIND(CHMOD),
	[EV_fchmodat] = KIND(CHMOD),
	[EV_fchmodat2] = KIND(CHMOD),
	[EV_chown] = KIND(CHOWN),
	[EV_lchown] = KIND(CHOWN),
	[EV_fchown] = KIND(CHOWN),
	[EV_fchownat] = KIND(CHOWN),
	[EV_truncate] = KIND(TRUNCATE),
	[EV_ftruncate] = KIND(TRUNCATE),
	[EV_setxattr] = KIND(XATTR),
	[EV_lsetxattr] = KIND(XATTR),
	[EV_fsetxattr] = KIND(XATTR),
	[EV_setxattrat] = KIND(XATTR),
	[EV_mount] = KIND(MOUNT),
	[EV_umount2] = KIND(UMOUNT),
	[EV_move_mount] = KIND(MOVE_MOUNT),
	[EV_pivot_root] = KIND(PIVOT),
	[EV_connect] = KIND(ADDR),
	[EV_bind] = KIND(ADDR),
	[EV_sendto] = KIND(ADDR),
	[EV_sendmsg] = KIND(ADDR),
	[EV_sendmmsg] = KIND(ADDR),
};

/* What io_uring's requests take. */
#define URING_KINDS                                                                                \
	(KIND(RENAME) | KIND(LINK) | KIND(SYMLINK) | KIND(UNLINK) | KIND(RMDIR) | KIND(MKDIR) |   \
	 KIND(XATTR) | KIND(ADDR))
/* Their last name does not lead to them yet. */
#define NEW_SECOND (KIND(RENAME) | KIND(LINK))
#define NEW_FIRST (KIND(SYMLINK) | KIND(MKDIR) | KIND(MKNOD))
#define NET_KINDS KIND(ADDR)
#define PROC_KINDS KIND(SCRIPT)
#define MOUNT_KINDS (KIND(MOUNT) | KIND(UMOUNT) | KIND(MOVE_MOUNT) | KIND(PIVOT))

static __always_inline __u32 class_of(__u32 kinds)
{
	if (kinds & NET_KINDS)
		return HW_CLASS_NET;
	if (kinds & PROC_KINDS)
		return HW_CLASS_PROC;
	return kinds & MOUNT_KINDS ? HW_CLASS_KERNEL : HW_CLASS_FILE;
}

/* Who a note belongs to: the task, or the request that a worker of io_uring runs. Its number is the
 * key, as that of a task. */
static __always_inline __u64 note_key(__u64 second)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 req = BPF_CORE_READ(task, flags) & PF_IO_WORKER ? worker_request(task) : 0;

	return (req ? req : (__u64)task) | second;
}

/* --- whether --- */

/* The call that the current thread is in. (What is read through task and regs goes by a variable of
 * that type: in c->task, c itself would be taken for the kernel's.) */
struct call {
	struct task_struct *task;
	struct pt_regs *regs; /* NULL: not known */
	__u32 nr;	      /* as the registers have it */
	bool compat;
};

static __always_inline void call_fill(struct call *c, struct pt_regs *regs)
{
	c->task = (void *)bpf_get_current_task();
	c->regs = regs;
	c->nr = regs ? (__u32)BPF_CORE_READ(regs, SYSCALL_NR_FIELD) : NR_UNKNOWN;
}

/* In programs that trace. */
static __always_inline void call_read(struct call *c)
{
	call_fill(c, current_regs());
	c->compat = syscall_is_compat();
}

/* In programs of cgroups, which may not ask for the registers: they lie at the same place on every
 * task's stack, and a program that may ask has said where. */
static __always_inline void call_read_cgroup(struct call *c)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 off = masks.regs_off;
	__u64 stack = (__u64)BPF_CORE_READ(task, stack);

	call_fill(c, off ? (void *)(stack + off) : NULL);
	c->compat = syscall_word_is_compat(BPF_CORE_READ(task, thread_info.TI_WORD));
}

__noinline int learn_regs(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct pt_regs *regs;
	__u64 at = 0;

	if (!knobs.object_addrs || masks.regs_off)
		return 0;
	regs = current_regs();
	/* Read back from our own stack it is a number, which one may subtract from. */
	bpf_probe_read_kernel(&at, sizeof(at), &regs);
	if (at)
		masks.regs_off = at - (__u64)BPF_CORE_READ(task, stack);
	return 0;
}

/* The event that it gives, 0 for none. */
static __always_inline __u32 call_event(const struct call *c)
{
	__u32 nr = c->nr, op = 0, val;
	struct pt_regs *regs = c->regs;
	__u32 *event;

	if (!regs)
		return 0;
	if (c->compat || (nr & X32_SYSCALL_BIT)) {
#if defined(__TARGET_ARCH_x86)
		if (c->compat && nr == SYS_SOCKETCALL)
			op = (__u32)BPF_CORE_READ(regs, bx);
#endif
		val = compat_value(nr, op, c->compat);
		nr = (val & (HW_COMPAT_OLD - 1)) - 1;
	}
	event = bpf_map_lookup_elem(&sys_events, &nr);
	return event ? *event & (EV_MAX - 1) : 0;
}

/* As filter_own and filter_bulk, by reads alone: programs of cgroups lack the helpers. */
static __always_inline bool filtered(const struct call *c, __u32 kinds)
{
	struct task_struct *task = c->task;
	__u64 cgroup;

	if (BPF_CORE_READ(task, tgid) == knobs.own_pid)
		return true;
	if (!masks.skip_host_bulk || (kinds & (PROC_KINDS | MOUNT_KINDS)))
		return false;
	cgroup = task_cgroup(task);
	return bpf_map_lookup_elem(&host_cgroups, &cgroup) != NULL;
}

/* Kernel threads act for nobody whose events are told, but for io_uring's workers: what they run is
 * wanted when somebody waits for its completion. (What the submitting thread runs itself is not
 * noted: the thread does not tell which request that is.) */
static __always_inline bool wanted(const struct call *c, __u32 kinds)
{
	struct task_struct *task = c->task;
	__u32 flags = BPF_CORE_READ(task, flags);

	if (filtered(c, kinds))
		return false;
	if (kinds & PROC_KINDS)
		return true; /* whoever execs: taken when the exec or its thread ends */
	if ((flags & PF_KTHREAD) && !(flags & PF_IO_WORKER))
		return false;
	if (takes[call_event(c)] & kinds)
		return true;
	return (flags & PF_IO_WORKER) && (kinds & URING_KINDS) && uring_kept(worker_request(task));
}

/* --- paths --- */

static __always_inline struct scratch *borrow(__u32 class)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	int slot = out_borrow(class);
	struct scratch *s = slot < 0 ? NULL : scratch_slot(slot);

	if (!s) {
		count_lost(class, HW_LOST_objects_full);
		return NULL;
	}
	s->root_mnt = (__u64)BPF_CORE_READ(task, fs, root.mnt);
	s->root_dentry = 0; /* the first path finds the rest out */
	s->root_at = 0;
	return s;
}

/* Before a string is put. */
static __always_inline void note_begin(struct scratch *s)
{
	__builtin_memset(&s->rec[NOTE_STR_AT], 0, sizeof(struct hw_str));
	s->len = NOTE_TEXT_AT;
}

/* After: keeps the note, whose text is where it was meant to go. */
static __always_inline void note_keep(struct scratch *s, __u64 kind, __u32 nr, __u64 second,
				      bool is_new)
{
	struct hw_str *str = (struct hw_str *)&s->rec[NOTE_STR_AT];
	struct path_note *n = (struct path_note *)&s->rec[NOTE_AT];
	__u64 key = note_key(second);

	if (str->off != NOTE_TEXT_AT || str->len > HW_PATH_MAX)
		return;
	n->kind = kind;
	n->nr = nr;
	n->flags = is_new ? str->flags & ~HW_STR_DELETED : str->flags;
	n->len = str->len;
	if (bpf_map_update_elem(&object_paths, &key, n, BPF_ANY))
		count_lost(s->class, HW_LOST_objects_full);
}

static __always_inline void forget_paths(__u64 key)
{
	bpf_map_delete_elem(&object_paths, &key); /* -ENOENT: there was none */
	key |= SECOND_PATH;
	bpf_map_delete_elem(&object_paths, &key);
}

/* Setting an attribute on overlayfs sets it on the file below too, and passes the hook again: the
 * first is the one that was meant. */
static __always_inline bool path_noted(const struct call *c, __u64 kind)
{
	__u64 key = note_key(0);
	struct path_note *n;

	if (kind != OBJECT_XATTR)
		return false;
	n = bpf_map_lookup_elem(&object_paths, &key);
	return n && n->kind == kind && n->nr == c->nr;
}

__noinline int note_paths(__u64 kind, __u64 mnt1, __u64 dentry1, __u64 mnt2, __u64 dentry2)
{
	__u32 kinds = 1u << (kind & 31);
	struct call c = {};
	struct scratch *s;

	if (!knobs.object_paths)
		return 0;
	call_read(&c);
	if (!wanted(&c, kinds) || path_noted(&c, kind))
		return 0;
	forget_paths(note_key(0));
	s = borrow(class_of(kinds));
	if (!s)
		return 0;
	note_begin(s);
	put_path(s->idx, mnt1, dentry1, NOTE_STR_AT);
	note_keep(s, kind, c.nr, 0, kinds & NEW_FIRST);
	if (dentry2) {
		note_begin(s);
		put_path(s->idx, mnt2, dentry2, NOTE_STR_AT);
		note_keep(s, kind, c.nr, SECOND_PATH, kinds & NEW_SECOND);
	}
	out_drop(s->idx);
	return 0;
}

__noinline int note_symlink(__u64 mnt, __u64 dentry, __u64 target)
{
	struct call c = {};
	struct scratch *s;

	if (!knobs.object_paths)
		return 0;
	call_read(&c);
	if (!wanted(&c, KIND(SYMLINK)))
		return 0;
	forget_paths(note_key(0));
	s = borrow(HW_CLASS_FILE);
	if (!s)
		return 0;
	note_begin(s);
	put_path(s->idx, mnt, dentry, NOTE_STR_AT);
	note_keep(s, OBJECT_SYMLINK, c.nr, 0, true);
	note_begin(s);
	put_kernel_str(s->idx, target, NOTE_STR_AT);
	note_keep(s, OBJECT_SYMLINK, c.nr, SECOND_PATH, false);
	out_drop(s->idx);
	return 0;
}

/* An exec is known by its kind alone: x86 changes the number of its call on the way. A request's
 * note is its own. */
static __always_inline bool note_fits(const struct path_note *n, __u64 kind, bool of_call)
{
	struct call c = {};

	if (n->kind != kind)
		return false;
	if (!of_call || kind == OBJECT_SCRIPT)
		return true;
	call_read(&c);
	return n->nr == c.nr;
}

static __always_inline int put_note(__u64 slot, __u64 key, __u64 kind, __u64 str_off, bool of_call)
{
	struct scratch *s = scratch_slot(slot);
	struct path_note *n = bpf_map_lookup_elem(&object_paths, &key);
	__u32 off, len;

	if (!s || !n || !note_fits(n, kind, of_call))
		return -1;
	off = str_room(s);
	if (!off || off > REC_LAST)
		return -1;
	len = n->len;
	barrier_var(len);
	len &= 2 * HW_PATH_MAX - 1;
	if (len > HW_PATH_MAX)
		return -1;
	if (bpf_probe_read_kernel(&s->rec[off], len, n->str))
		return -1;
	s->rec[off + len] = 0;
	str_set(s, str_off, off, len, n->flags);
	return 0;
}

static __always_inline int put_notes(__u64 slot, __u64 key, __u64 kind, __u64 off1, __u64 off2,
				     bool of_call)
{
	int ret;

	if (!knobs.object_paths)
		return -1;
	ret = put_note(slot, key, kind, off1, of_call);
	if (!ret && off2)
		ret = put_note(slot, key | SECOND_PATH, kind, off2, of_call);
	forget_paths(key);
	return ret;
}

__noinline int put_objects(__u64 slot, __u64 kind, __u64 off1, __u64 off2)
{
	return put_notes(slot, note_key(0), kind, off1, off2, true);
}

__noinline int put_request_objects(__u64 slot, __u64 req, __u64 kind, __u64 off1, __u64 off2)
{
	return put_notes(slot, req, kind, off1, off2, false);
}

/* --- addresses --- */

static __always_inline void fill_addr(struct addr_note *n, __u64 from, __u32 len)
{
	__u16 family = 0, port = 0;

	bpf_probe_read_kernel(&family, sizeof(family), (void *)from); /* 0 on a fault */
	if (family == AF_UNIX && len >= SUN_FAMILY_LEN) {
		n->sun_len = len - SUN_FAMILY_LEN;
		if (n->sun_len > SUN_PATH_LEN)
			n->sun_len = SUN_PATH_LEN;
	} else if (family == AF_INET && len >= 8) {
		bpf_probe_read_kernel(n->addr.ip, 4, (void *)from + 4);
	} else if (family == AF_INET6 && len >= 24) {
		bpf_probe_read_kernel(n->addr.ip, 16, (void *)from + 8);
	} else {
		return;
	}
	n->addr.family = family;
	if (family != AF_UNIX) {
		bpf_probe_read_kernel(&port, sizeof(port), (void *)from + 2);
		n->addr.port = bpf_ntohs(port);
	} else if (bpf_probe_read_kernel(n->sun, SUN_PATH_LEN, (void *)from + SUN_FAMILY_LEN)) {
		n->addr.family = 0;
	}
}

static __always_inline void keep_addr(struct addr_note *n)
{
	__u64 key = note_key(0);

	if (!n->addr.family)
		bpf_map_delete_elem(&object_addrs, &key); /* -ENOENT: there was none */
	else if (bpf_map_update_elem(&object_addrs, &key, n, BPF_ANY))
		count_lost(HW_CLASS_NET, HW_LOST_objects_full);
}

/* sendmmsg passes the hook once for each message: the first is told. */
static __always_inline bool addr_noted(const struct call *c)
{
	__u64 key = note_key(0);
	struct addr_note *n;

	if (call_event(c) != EV_sendmmsg)
		return false;
	n = bpf_map_lookup_elem(&object_addrs, &key);
	return n && n->nr == c->nr;
}

__noinline int note_addr(__u64 event, __u64 sockaddr, __u64 len)
{
	struct addr_note n = {.event = event};
	struct call c = {};

	if (!knobs.object_addrs)
		return 0;
	call_read(&c);
	if (!wanted(&c, KIND(ADDR)) || addr_noted(&c))
		return 0;
	n.nr = c.nr;
	if (sockaddr)
		fill_addr(&n, sockaddr, len);
	keep_addr(&n);
	return 0;
}

__noinline int note_inet(__u64 event, __u64 family, __u64 ip_low, __u64 ip_high, __u64 port)
{
	struct addr_note n = {.event = event};
	struct call c = {};

	if (!knobs.object_addrs)
		return 0;
	call_read_cgroup(&c);
	if (!wanted(&c, KIND(ADDR)) || addr_noted(&c))
		return 0;
	n.nr = c.nr;
	n.addr.family = family;
	n.addr.port = port;
	__builtin_memcpy(&n.addr.ip[0], &ip_low, 8);
	__builtin_memcpy(&n.addr.ip[8], &ip_high, 8);
	keep_addr(&n);
	return 0;
}

static __always_inline __u32 addr_event(__u32 type)
{
	return type == EV_sendmsg || type == EV_sendmmsg ? EV_sendto : type;
}

static __always_inline bool addr_fits(const struct addr_note *n, struct scratch *s, bool of_call)
{
	struct call c = {};

	if (n->event != addr_event(((struct ev_hdr *)s->rec)->type))
		return false;
	if (!of_call)
		return true;
	call_read(&c);
	return n->nr == c.nr;
}

static __always_inline int put_addr(__u64 slot, __u64 key, __u64 addr_off, __u64 sun_off,
				    bool of_call)
{
	struct scratch *s = scratch_slot(slot);
	struct addr_note *n = bpf_map_lookup_elem(&object_addrs, &key);

	if (!s || !n || addr_off > FIXED_MAX || !addr_fits(n, s, of_call))
		return -1;
	if (n->addr.family == AF_UNIX) {
		/* A pointer into a map is no scalar until it has been in one. */
		s->scalar = (__u64)n->sun;
		return put_unix_name(s->idx, s->scalar, n->sun_len, 0, sun_off);
	}
	barrier_var(addr_off);
	addr_off &= 2 * FIXED_MAX - 1;
	__builtin_memcpy(&s->rec[addr_off], &n->addr, sizeof(n->addr));
	return 0;
}

static __always_inline int take_addr(__u64 slot, __u64 key, __u64 addr_off, __u64 sun_off,
				     bool of_call)
{
	int ret;

	if (!knobs.object_addrs)
		return -1;
	ret = put_addr(slot, key, addr_off, sun_off, of_call);
	bpf_map_delete_elem(&object_addrs, &key); /* -ENOENT: there was none */
	return ret;
}

__noinline int put_object_addr(__u64 slot, __u64 addr_off, __u64 sun_off)
{
	return take_addr(slot, note_key(0), addr_off, sun_off, true);
}

__noinline int put_request_addr(__u64 slot, __u64 req, __u64 addr_off, __u64 sun_off)
{
	return take_addr(slot, req, addr_off, sun_off, false);
}

static __always_inline int drop(__u64 key)
{
	if (knobs.object_paths)
		forget_paths(key);
	if (knobs.object_addrs)
		bpf_map_delete_elem(&object_addrs, &key); /* -ENOENT: there was none */
	return 0;
}

__noinline int drop_objects(void)
{
	return drop(note_key(0));
}

__noinline int drop_request_objects(__u64 req)
{
	return drop(req);
}
