/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What programs on socket calls share. All their records have SOCK_FIELDS, as struct ev_connect. */
#ifndef HW_SOCK_BPF_H
#define HW_SOCK_BPF_H

#include "path.bpf.h"
#include "sys.bpf.h"

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1

#define SOCK_TYPE_MASK 0xf /* above it: SOCK_CLOEXEC, SOCK_NONBLOCK */
#define TCP_ESTABLISHED 1
#define MSG_FASTOPEN 0x20000000 /* connects, too */

/* In net.bpf.c: fills addr, or sun, from a struct sockaddr; user tells which memory ptr is in.
 * 0, or a negative number when it was none of those families or could not be read. */
int put_sockaddr(__u64 slot, __u64 ptr, __u64 len, __u64 user);

/* Most of what is sent and received says nothing new: a stream's peer was told by connect or
 * accept, a connected datagram socket's by connect. named: with an address. */
static __always_inline bool msg_unwanted(struct file *file, bool send, __u32 flags, bool named)
{
	struct socket *sock;
	struct sock *sk;

	if (!file || (send ? masks.send_connected : masks.recv_connected))
		return false;
	if ((KREAD(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return false;
	sock = KREAD(file, private_data);
	sk = KREAD(sock, sk);
	if (KREAD(sk, __sk_common.skc_state) != TCP_ESTABLISHED)
		return false;
	if (!send)
		return true;
	if (flags & MSG_FASTOPEN)
		return false;
	return !named || KREAD(sk, sk_type) == SOCK_STREAM;
}

#endif
