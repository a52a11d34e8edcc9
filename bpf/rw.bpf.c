/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Bytes that move through descriptors. The most frequent calls of all: they are hooked only where a
 * rule asks for them.
 */
#include "sys.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define OWN_POS -1 /* the descriptor's own position */

/* A 64-bit position: two registers in the 32-bit interface, of which the vectored calls say which
 * (preadv), and the others leave it to the architecture (pread64). */
static __always_inline __s64 rw_pos(const struct sys_call *c)
{
	switch (c->event) {
	case EV_pread64:
	case EV_pwrite64:
		return c->compat ? COMPAT_WIDE_ARG3(c->regs) : SYS_ARG(c, 3);
	case EV_preadv:
	case EV_pwritev:
	case EV_preadv2:
	case EV_pwritev2:
		return c->compat ? WIDE(COMPAT_ARG3(c->regs), COMPAT_ARG4(c->regs)) :
				   SYS_ARG(c, 3);
	}
	return OWN_POS;
}

static __always_inline bool rw_vectored(__u32 event)
{
	return event >= EV_readv && event <= EV_pwritev2;
}
_Static_assert(EV_pwritev2 - EV_readv == 5, "only vectored calls are between them");

SYSCALL(sys_rw)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_read *e;
	__u64 moved;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	s = sys_begin(&c, EV_CLASS_read, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, read);
	moved = c.ret > 0 ? c.ret : 0;
	e->res = c.ret;
	e->fd = SYS_ARG(&c, 0);
	e->pos = rw_pos(&c);
	if (rw_vectored(c.event))
		e->size = put_user_iov(s->idx, SYS_ARG(&c, 1), SYS_ARG(&c, 2), moved,
				       STR_OFF(read, data) + (c.narrow ? PUT_NARROW : 0));
	else
		e->size = SYS_ARG(&c, 2);
	if (e->size < moved)
		e->size = moved;
	if (moved && !rw_vectored(c.event))
		OUT_STR(s, read, data, put_user_data, SYS_ARG(&c, 1), moved);
	OUT_STR(s, read, obj, put_fdobj, fd_file(e->fd));
	return out_end(s);
}
