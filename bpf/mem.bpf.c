/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Memory that becomes executable, files that are only memory. Mappings without PROT_EXEC are no
 * events and are dropped before anything is counted. What the kernel maps for an exec is no call.
 */
#include "sys.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define PROT_EXEC 4
#define MAP_ANONYMOUS 0x20
#define UNIT_SHIFT 12 /* of pgoffset, as i386's mmap2 has it */

struct mmap_args {
	__u64 addr;
	__u64 length;
	__u64 pgoffset;
	__u32 prot;
	__u32 flags;
	int fd;
};

/* i386's first mmap has its arguments in memory. */
static __always_inline void mmap_old(const struct sys_call *c, struct mmap_args *a)
{
	__u32 v[6] = {};

	if (bpf_probe_read_user(v, sizeof(v), (void *)SYS_ARG(c, 0))) {
		count_lost(HW_CLASS_FILE, HW_LOST_str_fault);
		return;
	}
	a->addr = v[0];
	a->length = v[1];
	a->prot = v[2];
	a->flags = v[3];
	a->fd = v[4];
	a->pgoffset = v[5] >> UNIT_SHIFT;
}

static __always_inline void mmap_args(const struct sys_call *c, struct mmap_args *a)
{
	a->addr = SYS_ARG(c, 0);
	a->length = SYS_ARG(c, 1);
	a->prot = SYS_ARG(c, 2);
	a->flags = SYS_ARG(c, 3);
	a->fd = SYS_ARG(c, 4);
	a->pgoffset = c->compat ? SYS_ARG(c, 5) : SYS_ARG(c, 5) >> UNIT_SHIFT;
}

SYSCALL(sys_mmap)
{
	struct mmap_args a = {};
	struct sys_call c;
	struct scratch *s;
	struct ev_mmap *e;

	if (!sys_read(&c, ctx))
		return 0;
	if (c.old)
		mmap_old(&c, &a);
	else
		mmap_args(&c, &a);
	if (!(a.prot & PROT_EXEC) || filter_bulk())
		return 0;
	s = sys_begin(&c, EV_CLASS_mmap, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, mmap);
	e->res = c.ret;
	e->addr = a.addr;
	e->length = a.length;
	e->pgoffset = a.pgoffset;
	e->prot = a.prot;
	e->flags = a.flags;
	e->fd = -1;
	e->known = 1;
	if (a.flags & MAP_ANONYMOUS)
		return out_end(s);
	e->fd = a.fd;
	OUT_STR(s, mmap, obj, put_fdobj, fd_file(a.fd));
	return out_end(s);
}

/* --- mprotect --- */

static __always_inline struct scratch *mprotect_begin(__u64 *ctx)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_mprotect *e;

	if (!sys_read(&c, ctx) || !(SYS_ARG(&c, 2) & PROT_EXEC) || filter_bulk())
		return NULL;
	s = sys_begin(&c, EV_CLASS_mprotect, sizeof(*e));
	if (!s)
		return NULL;
	e = OUT_REC(s, mprotect);
	e->res = c.ret;
	e->addr = SYS_ARG(&c, 0);
	e->length = SYS_ARG(&c, 1);
	e->prot = SYS_ARG(&c, 2);
	e->fd = -1;
	return s;
}

/* Runs under the lock of the task's memory, so that the file stays what it is. */
static long see_mapping(struct task_struct *task, struct vm_area_struct *vma, void *data)
{
	struct scratch *s = scratch_slot(*(__u32 *)data);

	(void)task;
	if (!s)
		return 0;
	OUT_REC(s, mprotect)->known = 1;
	OUT_STR(s, mprotect, obj, put_fdobj, (__u64)BPF_CORE_READ(vma, vm_file));
	return 0;
}

/* For 5.17 and later, which have bpf_find_vma (7c7e3d31e785 "bpf: Introduce helper bpf_find_vma").
 * Not one program with a test inside: older kernels refuse the address of a function even where
 * nothing reaches it. */
SYSCALL(sys_mprotect)
{
	struct scratch *s = mprotect_begin(ctx);
	__u32 slot;

	if (!s)
		return 0;
	slot = s->idx;
	/* Fails where nothing is mapped and where another thread changes the memory: known is 0. */
	bpf_find_vma(bpf_get_current_task_btf(), OUT_REC(s, mprotect)->addr, see_mapping, &slot, 0);
	return out_end(s);
}

SYSCALL(sys_mprotect_blind)
{
	struct scratch *s = mprotect_begin(ctx);

	return s ? out_end(s) : 0;
}

/* --- files that are only memory --- */

SYSCALL(sys_memfd_create)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_memfd_create *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_memfd_create, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, memfd_create);
	e->fd = c.ret;
	e->flags = SYS_ARG(&c, 1);
	OUT_STR(s, memfd_create, name, put_user_str, SYS_ARG(&c, 0));
	OUT_STR(s, memfd_create, obj, put_fdobj, fd_file(c.ret));
	return out_end(s);
}

SYSCALL(sys_memfd_secret)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_memfd_secret *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_memfd_secret, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, memfd_secret);
	e->fd = c.ret;
	e->flags = SYS_ARG(&c, 0);
	OUT_STR(s, memfd_secret, obj, put_fdobj, fd_file(c.ret));
	return out_end(s);
}
