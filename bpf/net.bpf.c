/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Sockets: made, bound, connected, accepted, shut down; and copies of descriptors. What is sent and
 * received is in msg.bpf.c. An address is read from the socket; what the caller passed is kept
 * beside it (addr, sun), since a failed call has nothing else, unless a hook saw what the kernel
 * made of it.
 */
#include "sock.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define SOCKADDR_LEN 28	   /* sockaddr_in6, the longest that is read */

__noinline int put_sockaddr(__u64 slot, __u64 ptr, __u64 len, __u64 user)
{
	struct scratch *s = scratch_slot(slot);
	__u32 n = len < SOCKADDR_LEN ? len & 31 : SOCKADDR_LEN;
	__u8 raw[SOCKADDR_LEN + 4] = {};
	struct hw_addr *addr;
	__u16 family;
	long err;

	if (!s || !ptr || len < 2)
		return -1;
	if (user)
		err = bpf_probe_read_user(raw, n, (void *)ptr);
	else
		err = bpf_probe_read_kernel(raw, n, (void *)ptr);
	if (err) {
		count_lost(HW_CLASS_NET, HW_LOST_str_fault);
		return -1;
	}
	family = *(__u16 *)raw;
	if (family == AF_UNIX)
		return OUT_STR(s, connect, sun, put_unix_name, ptr + 2, len - 2, user);
	addr = &OUT_REC(s, connect)->addr;
	if (family == AF_INET && len >= 8)
		*(__u32 *)addr->ip = *(__u32 *)&raw[4];
	else if (family == AF_INET6 && len >= 24)
		__builtin_memcpy(addr->ip, &raw[8], 16);
	else
		return -1;
	addr->family = family;
	addr->port = bpf_ntohs(*(__u16 *)&raw[2]);
	return 0;
}

/* connect, bind, accept. An accepted socket is the new one: its remote address is what the caller
 * would read. */
SYSCALL(sys_sock)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_connect *e;
	bool accept;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	s = sys_begin(&c, EV_CLASS_connect, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, connect);
	accept = c.event == EV_accept || c.event == EV_accept4;
	e->res = c.ret;
	e->fd = accept ? c.ret : SYS_ARG(&c, 0);
	if (!accept &&
	    put_object_addr(s->idx, STR_OFF(connect, addr), STR_OFF(connect, sun)))
		put_sockaddr(s->idx, SYS_ARG(&c, 1), (__u32)SYS_ARG(&c, 2), 1);
	OUT_STR(s, connect, obj, put_fdobj, fd_file(e->fd));
	return out_end(s);
}

SYSCALL(sys_socket)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_socket *e;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	s = sys_begin(&c, EV_CLASS_socket, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, socket);
	e->fd = c.ret;
	e->domain = SYS_ARG(&c, 0);
	e->type = SYS_ARG(&c, 1) & SOCK_TYPE_MASK;
	e->proto = SYS_ARG(&c, 2);
	OUT_STR(s, socket, obj, put_fdobj, fd_file(c.ret));
	return out_end(s);
}

SYSCALL(sys_socketpair)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_socketpair *e;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	s = sys_begin(&c, EV_CLASS_socketpair, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, socketpair);
	e->res = c.ret;
	e->domain = SYS_ARG(&c, 0);
	e->type = SYS_ARG(&c, 1) & SOCK_TYPE_MASK;
	e->proto = SYS_ARG(&c, 2);
	return out_end(s);
}

SYSCALL(sys_listen)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_listen *e;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	s = sys_begin(&c, EV_CLASS_listen, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, listen);
	e->res = c.ret;
	e->fd = SYS_ARG(&c, 0);
	e->backlog = SYS_ARG(&c, 1);
	OUT_STR(s, listen, obj, put_fdobj, fd_file(e->fd));
	return out_end(s);
}

SYSCALL(sys_shutdown)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_shutdown *e;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	s = sys_begin(&c, EV_CLASS_shutdown, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, shutdown);
	e->res = c.ret;
	e->fd = SYS_ARG(&c, 0);
	e->how = SYS_ARG(&c, 1);
	OUT_STR(s, shutdown, obj, put_fdobj, fd_file(e->fd));
	return out_end(s);
}

SYSCALL(sys_dup)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_dup *e;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	s = sys_begin(&c, EV_CLASS_dup, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, dup);
	e->res = c.ret;
	e->oldfd = SYS_ARG(&c, 0);
	e->newfd = c.event == EV_dup ? -1 : (int)SYS_ARG(&c, 1);
	e->flags = c.event == EV_dup3 ? SYS_ARG(&c, 2) : 0;
	OUT_STR(s, dup, obj, put_fdobj, fd_file(c.ret < 0 ? e->oldfd : c.ret));
	return out_end(s);
}
