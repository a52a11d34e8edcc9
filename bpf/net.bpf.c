/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Sockets and descriptors. An address is read from the socket; what the caller passed is kept
 * beside it (addr, sun), since a failed call has nothing else.
 */
#include "path.bpf.h"
#include "sys.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOCK_TYPE_MASK 0xf /* above it: SOCK_CLOEXEC, SOCK_NONBLOCK */
#define IPPROTO_TCP 6
#define TCP_ESTABLISHED 1
#define IOV_SEEN 8 /* pieces of a sendmsg that are added up; the result is used where it is more */

struct sock_args {
	__u64 addr;
	__u64 size;
	__u32 addr_len;
	int fd;
};

struct msg64 {
	__u64 name;
	__u32 name_len;
	__u32 pad;
	__u64 iov;
	__u64 iov_len;
};

struct msg32 {
	__u32 name;
	__u32 name_len;
	__u32 iov;
	__u32 iov_len;
};

static __always_inline __u64 iov_size(const struct sys_call *c, __u64 iov, __u64 n)
{
	__u32 v32[2] = {};
	__u64 v64[2] = {};
	__u64 sum = 0;
	__u32 i;

#pragma unroll
	for (i = 0; i < IOV_SEEN; i++) {
		if (i >= n)
			break;
		if (c->narrow) {
			if (bpf_probe_read_user(v32, sizeof(v32), (void *)(iov + i * sizeof(v32))))
				break;
			sum += v32[1];
		} else {
			if (bpf_probe_read_user(v64, sizeof(v64), (void *)(iov + i * sizeof(v64))))
				break;
			sum += v64[1];
		}
	}
	return sum;
}

static __always_inline void msg_args(const struct sys_call *c, struct sock_args *a)
{
	struct msg64 m = {};
	struct msg32 m32 = {};
	long err;

	if (c->narrow) {
		err = bpf_probe_read_user(&m32, sizeof(m32), (void *)SYS_ARG(c, 1));
		m.name = m32.name;
		m.name_len = m32.name_len;
		m.iov = m32.iov;
		m.iov_len = m32.iov_len;
	} else {
		err = bpf_probe_read_user(&m, sizeof(m), (void *)SYS_ARG(c, 1));
	}
	if (err) {
		count_lost(HW_CLASS_NET, HW_LOST_str_fault);
		return;
	}
	a->addr = m.name;
	a->addr_len = m.name ? m.name_len : 0;
	a->size = iov_size(c, m.iov, m.iov_len);
}

static __always_inline void sock_args(const struct sys_call *c, struct sock_args *a)
{
	a->fd = SYS_ARG(c, 0);
	switch (c->event) {
	case EV_connect:
		a->addr = SYS_ARG(c, 1);
		a->addr_len = SYS_ARG(c, 2);
		break;
	case EV_accept:
	case EV_accept4:
		a->fd = c->ret; /* the new one: its remote address is what the caller would read */
		break;
	case EV_sendto:
		a->size = SYS_ARG(c, 2);
		a->addr = SYS_ARG(c, 4);
		a->addr_len = a->addr ? SYS_ARG(c, 5) : 0;
		break;
	case EV_sendmsg:
		msg_args(c, a);
		break;
	}
}

static __always_inline void put_sockaddr(struct scratch *s, struct ev_connect *e,
					 const struct sock_args *a)
{
	__u8 raw[28] = {};
	__u16 family;

	if (!a->addr || a->addr_len < 2)
		return;
	if (bpf_probe_read_user(raw, a->addr_len < sizeof(raw) ? a->addr_len & 31 : sizeof(raw),
				(void *)a->addr)) {
		count_lost(HW_CLASS_NET, HW_LOST_str_fault);
		return;
	}
	family = *(__u16 *)raw;
	if (family == AF_UNIX) {
		OUT_STR(s, connect, sun, put_unix_name, a->addr + 2, a->addr_len - 2, 1);
		return;
	}
	if (family == AF_INET && a->addr_len >= 8) {
		*(__u32 *)e->addr.ip = *(__u32 *)&raw[4];
	} else if (family == AF_INET6 && a->addr_len >= 24) {
		__builtin_memcpy(e->addr.ip, &raw[8], 16);
	} else {
		return;
	}
	e->addr.family = family;
	e->addr.port = bpf_ntohs(*(__u16 *)&raw[2]);
}

/* Most sends say nothing new: a stream's peer was told by connect or accept, a connected datagram
 * socket's by connect. */
static __always_inline bool send_unwanted(const struct sys_call *c, struct file *file,
					  bool has_addr)
{
	struct socket *sock;
	struct sock *sk;

	if (masks.send_connected || !file)
		return false;
	if ((KREAD(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return false;
	sock = KREAD(file, private_data);
	sk = KREAD(sock, sk);
	if (KREAD(sk, __sk_common.skc_state) != TCP_ESTABLISHED)
		return false;
	return !has_addr || KREAD(sk, sk_type) == SOCK_STREAM;
}

SYSCALL(sys_sock)
{
	struct sock_args a = {};
	struct sys_call c;
	struct scratch *s;
	struct file *file;
	struct ev_connect *e;
	bool send;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	send = c.event == EV_sendto || c.event == EV_sendmsg;
	sock_args(&c, &a);
	file = (void *)fd_file(a.fd);
	if (send && send_unwanted(&c, file, a.addr_len != 0))
		return 0;
	s = sys_begin(&c, EV_CLASS_connect, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, connect);
	e->res = c.ret;
	e->fd = a.fd;
	e->size = send && c.ret > 0 && (__u64)c.ret > a.size ? (__u64)c.ret : a.size;
	put_sockaddr(s, e, &a);
	OUT_STR(s, connect, obj, put_fdobj, (__u64)file);
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
