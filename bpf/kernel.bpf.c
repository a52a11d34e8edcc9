/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What reaches into the kernel itself: modules, a new kernel, BPF programs, counters, keys, filters
 * of system calls, rings of operations.
 *
 * Where a successful call made an object, the object is read; the caller's memory can say something
 * else by then.
 */
#include "target.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SYSCALL(sys_init_module)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_init_module *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_init_module, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, init_module);
	e->res = c.ret;
	e->length = SYS_ARG(&c, 1);
	OUT_STR(s, init_module, uargs, put_user_str, SYS_ARG(&c, 2));
	return out_end(s);
}

SYSCALL(sys_finit_module)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_finit_module *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_finit_module, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, finit_module);
	e->res = c.ret;
	e->fd = SYS_ARG(&c, 0);
	e->flags = SYS_ARG(&c, 2);
	OUT_STR(s, finit_module, uargs, put_user_str, SYS_ARG(&c, 1));
	OUT_STR(s, finit_module, obj, put_fdobj, fd_file(e->fd));
	return out_end(s);
}

SYSCALL(sys_delete_module)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_delete_module *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_delete_module, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, delete_module);
	e->res = c.ret;
	e->flags = SYS_ARG(&c, 1);
	OUT_STR(s, delete_module, name, put_user_str, SYS_ARG(&c, 0));
	return out_end(s);
}

SYSCALL(sys_kexec_load)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_kexec_load *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_kexec_load, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, kexec_load);
	e->res = c.ret;
	e->entry = SYS_ARG(&c, 0);
	e->segments = SYS_ARG(&c, 1);
	e->flags = SYS_ARG(&c, 3);
	return out_end(s);
}

SYSCALL(sys_kexec_file_load)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_kexec_file_load *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_kexec_file_load, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, kexec_file_load);
	e->res = c.ret;
	e->fd = SYS_ARG(&c, 0);
	e->initrd_fd = SYS_ARG(&c, 1);
	e->flags = SYS_ARG(&c, 4);
	if (SYS_ARG(&c, 3))
		OUT_STR(s, kexec_file_load, cmdline, put_user_str, SYS_ARG(&c, 3));
	OUT_STR(s, kexec_file_load, obj, put_fdobj, fd_file(e->fd));
	return out_end(s);
}

SYSCALL(sys_perf_event_open)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_perf_event_open *e;
	struct {
		__u32 type;
		__u32 size;
		__u64 config;
	} attr = {};

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_perf_event_open, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, perf_event_open);
	e->res = c.ret;
	e->pid = SYS_ARG(&c, 1);
	e->on_cpu = SYS_ARG(&c, 2);
	e->flags = SYS_ARG(&c, 4);
	if (bpf_probe_read_user(&attr, sizeof(attr), (void *)SYS_ARG(&c, 0)))
		count_lost(HW_CLASS_KERNEL, HW_LOST_str_fault);
	e->type = attr.type;
	e->config = attr.config;
	return out_end(s);
}

SYSCALL(sys_keyctl)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_keyctl *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_keyctl, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, keyctl);
	e->res = c.ret;
	e->option = SYS_ARG(&c, 0);
	e->arg2 = SYS_ARG(&c, 1);
	e->arg3 = SYS_ARG(&c, 2);
	return out_end(s);
}

SYSCALL(sys_key)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_add_key *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_add_key, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, add_key);
	e->res = c.ret;
	e->keyring = c.event == EV_add_key ? SYS_ARG(&c, 4) : SYS_ARG(&c, 3);
	OUT_STR(s, add_key, type, put_user_str, SYS_ARG(&c, 0));
	if (SYS_ARG(&c, 1))
		OUT_STR(s, add_key, description, put_user_str, SYS_ARG(&c, 1));
	return out_end(s);
}

SYSCALL(sys_seccomp)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct sys_call c;
	struct scratch *s;
	struct ev_seccomp *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_seccomp, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, seccomp);
	e->res = c.ret;
	e->op = SYS_ARG(&c, 0);
	e->flags = SYS_ARG(&c, 1);
	e->mode = KREAD(task, seccomp.mode);
	e->filters = KREAD(task, seccomp.filter_count.counter);
	return out_end(s);
}

SYSCALL(sys_userfaultfd)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_userfaultfd *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_userfaultfd, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, userfaultfd);
	e->res = c.ret;
	e->flags = SYS_ARG(&c, 0);
	return out_end(s);
}

/* struct io_uring_params: flags stand behind two numbers of entries. */
#define URING_PARAMS_FLAGS 8

/* The result is no descriptor when the ring is only registered (IORING_SETUP_REGISTERED_FD_ONLY);
 * a descriptor of that number may then be anything, even another ring. */
#define URING_REGISTERED (1 << 15)

SYSCALL(sys_io_uring_setup)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_io_uring_setup *e;
	struct io_ring_ctx *ring;
	struct file *file;
	__u32 flags = 0;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_io_uring_setup, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, io_uring_setup);
	e->res = c.ret;
	e->entries = SYS_ARG(&c, 0);
	if (bpf_probe_read_user(&flags, sizeof(flags),
				(void *)(SYS_ARG(&c, 1) + URING_PARAMS_FLAGS)))
		count_lost(HW_CLASS_KERNEL, HW_LOST_str_fault);
	e->flags = flags;
	file = (void *)fd_file(c.ret);
	if (!(flags & URING_REGISTERED) && anon_is(file, ANON_IO_URING)) {
		ring = KREAD(file, private_data);
		e->flags = KREAD(ring, flags);
	}
	return out_end(s);
}
