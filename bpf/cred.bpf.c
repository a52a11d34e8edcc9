/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Credentials: the calls that ask for other ids or capabilities. What came of it is in the header.
 */
#include "sys.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The 16-bit calls say "leave it" with 16 ones. */
static __always_inline __u32 first_id(const struct sys_call *c)
{
	__u32 id = SYS_ARG(c, 0);

	if (c->event == EV_capset)
		return 0xffffffff; /* asks for no id */
	if (!c->old)
		return id;
	id &= 0xffff;
	return id == 0xffff ? 0xffffffff : id;
}

SYSCALL(sys_cred)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_setuid *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_setuid, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, setuid);
	e->res = c.ret;
	e->uid = first_id(&c);
	return out_end(s);
}
