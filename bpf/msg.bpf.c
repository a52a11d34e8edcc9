/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What is sent and received on sockets, in all six forms: a buffer, a message, several messages.
 * Everything is read when the call ends, when the caller's memory has what was received and from
 * whom. (How long a buffer for the address was is no longer known then: a caller that gave none to
 * speak of fools itself.)
 */
#include "sock.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define NAMES_SEEN 4 /* messages of sendmmsg that are asked for an address; more: taken as yes */

/* struct msghdr, and behind it in struct mmsghdr the length moved. */
struct msg64 {
	__u64 name;
	__u32 name_len;
	__u32 pad;
	__u64 iov;
	__u64 n_iov;
	__u64 control;
	__u64 control_len;
	__u32 flags;
	__u32 pad2;
	__u32 moved;
	__u32 pad3;
};

struct msg32 {
	__u32 name;
	__u32 name_len;
	__u32 iov;
	__u32 n_iov;
	__u32 control;
	__u32 control_len;
	__u32 flags;
	__u32 moved;
};

_Static_assert(sizeof(struct msg64) == 64 && sizeof(struct msg32) == 32, "struct mmsghdr");
#define MSGHDR64_LEN 56
#define MSGHDR32_LEN 28

struct msg_args {
	__u64 name;
	__u64 buf; /* a buffer, or n_iov pieces */
	__u64 size;
	__u64 n_iov;
	__u64 moved; /* of the first message */
	__u32 name_len;
	__u32 flags;
	__u32 count;
	int fd;
	bool send;
	bool named; /* an address was given for some message */
};

/* The message at that place; with its length for the calls that take several. */
static __always_inline void msg_read(const struct sys_call *c, __u64 at, bool many,
				     struct msg64 *m)
{
	struct msg32 m32 = {};
	long err;

	if (!c->narrow) {
		err = bpf_probe_read_user(m, many ? sizeof(*m) : MSGHDR64_LEN, (void *)at);
	} else {
		err = bpf_probe_read_user(&m32, many ? sizeof(m32) : MSGHDR32_LEN, (void *)at);
		m->name = m32.name;
		m->name_len = m32.name_len;
		m->iov = m32.iov;
		m->n_iov = m32.n_iov;
		m->moved = m32.moved;
	}
	if (err)
		count_lost(HW_CLASS_NET, HW_LOST_str_fault);
}

static __always_inline void first_msg(const struct sys_call *c, bool many, struct msg_args *a)
{
	struct msg64 m = {};

	msg_read(c, SYS_ARG(c, 1), many, &m);
	a->name = m.name;
	a->name_len = m.name ? m.name_len : 0;
	a->buf = m.iov;
	a->n_iov = m.n_iov;
	if (many && c->ret > 0) {
		a->moved = m.moved;
		a->count = c->ret;
	}
	if (many)
		a->flags = SYS_ARG(c, 3);
	else
		a->flags = SYS_ARG(c, 2);
}

/* What cannot be read counts as an address, too. */
static __always_inline bool is_named(__u64 msg, bool narrow)
{
	__u64 name = 0;

	return bpf_probe_read_user(&name, narrow ? 4 : 8, (void *)msg) || name;
}

static __always_inline bool any_named(const struct sys_call *c)
{
	const __u32 step = c->narrow ? sizeof(struct msg32) : sizeof(struct msg64);
	const __u64 at = SYS_ARG(c, 1);
	__u32 n = SYS_ARG(c, 2);

	_Static_assert(NAMES_SEEN == 4, "one line for each");
	return n > NAMES_SEEN || (n > 0 && is_named(at, c->narrow)) ||
	       (n > 1 && is_named(at + step, c->narrow)) ||
	       (n > 2 && is_named(at + 2 * step, c->narrow)) ||
	       (n > 3 && is_named(at + 3 * step, c->narrow));
}

/* One buffer. The older forms, send and recv, have no address. */
static __always_inline void buffer_args(const struct sys_call *c, struct msg_args *a)
{
	__u32 len = 0;

	a->buf = SYS_ARG(c, 1);
	a->size = SYS_ARG(c, 2);
	a->flags = SYS_ARG(c, 3);
	if (c->old || !SYS_ARG(c, 4))
		return;
	a->name = SYS_ARG(c, 4);
	if (a->send)
		a->name_len = SYS_ARG(c, 5);
	else if (c->ret >= 0 && SYS_ARG(c, 5) &&
		 !bpf_probe_read_user(&len, sizeof(len), (void *)SYS_ARG(c, 5)))
		a->name_len = len;
}

static __always_inline void msg_args(const struct sys_call *c, struct msg_args *a)
{
	a->fd = SYS_ARG(c, 0);
	a->send = c->event == EV_sendto || c->event == EV_sendmsg || c->event == EV_sendmmsg;
	if (c->ret > 0)
		a->moved = c->ret;
	a->count = c->ret >= 0;
	switch (c->event) {
	case EV_sendto:
	case EV_recvfrom:
		buffer_args(c, a);
		break;
	case EV_sendmsg:
	case EV_recvmsg:
		first_msg(c, false, a);
		break;
	case EV_sendmmsg:
	case EV_recvmmsg:
		a->count = 0;
		a->moved = 0;
		first_msg(c, true, a);
		break;
	}
	if (!a->send && c->ret < 0)
		a->name_len = 0; /* nothing came from anybody */
	a->named = a->name_len != 0;
	if (c->event == EV_sendmmsg)
		a->named = any_named(c);
}

static __always_inline void put_data(struct scratch *s, struct ev_sendto *e,
				     const struct sys_call *c, const struct msg_args *a)
{
	e->size = a->size;
	if (c->event != EV_sendto && c->event != EV_recvfrom) {
		e->size = put_user_iov(s->idx, a->buf, a->n_iov, a->moved,
				       STR_OFF(sendto, data) + (c->narrow ? PUT_NARROW : 0));
		if (a->n_iov > IOV_SEEN && e->size < a->moved)
			e->size = a->moved;
	} else if (a->moved) {
		OUT_STR(s, sendto, data, put_user_data, a->buf,
			a->moved < a->size ? a->moved : a->size);
	}
}

SYSCALL(sys_msg)
{
	struct msg_args a = {};
	struct sys_call c;
	struct scratch *s;
	struct file *file;
	struct ev_sendto *e;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	msg_args(&c, &a);
	file = (void *)fd_file(a.fd);
	if (msg_unwanted(file, a.send, a.flags, a.named))
		return a.send ? drop_objects() : 0;
	s = sys_begin(&c, EV_CLASS_sendto, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, sendto);
	e->res = c.ret;
	e->fd = a.fd;
	e->flags = a.flags;
	e->count = a.count;
	if (!a.send || put_object_addr(s->idx, STR_OFF(sendto, addr), STR_OFF(sendto, sun)))
		put_sockaddr(s->idx, a.name_len ? a.name : 0, a.name_len, 1);
	put_data(s, e, &c, &a);
	OUT_STR(s, sendto, obj, put_fdobj, (__u64)file);
	return out_end(s);
}
