/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What reaches into the kernel or into other processes: ptrace, modules. */
#include "sys.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SYSCALL(sys_ptrace)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_ptrace *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_ptrace, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, ptrace);
	e->res = c.ret;
	e->request = SYS_ARG(&c, 0);
	e->pid = SYS_ARG(&c, 1);
	return out_end(s);
}

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
