/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The kernel's copy of Internet addresses where neither LSM nor fentry programs load: programs of
 * cgroups, attached to the root, that say yes to everything.
 */
#include "objects.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ALLOW 1
#define AF_INET 2
#define AF_INET6 10

static __always_inline int note4(struct bpf_sock_addr *ctx, __u64 event)
{
	note_inet(event, AF_INET, ctx->user_ip4, 0, bpf_ntohs((__u16)ctx->user_port));
	return ALLOW;
}

/* An IPv4 address reaches these on a socket that takes both. */
static __always_inline int note6(struct bpf_sock_addr *ctx, __u64 event)
{
	__u64 low = ctx->user_ip6[0] | (__u64)ctx->user_ip6[1] << 32;
	__u64 high = ctx->user_ip6[2] | (__u64)ctx->user_ip6[3] << 32;

	note_inet(event, AF_INET6, low, high, bpf_ntohs((__u16)ctx->user_port));
	return ALLOW;
}

SEC("?cgroup/connect4")
int cgroup_connect4(struct bpf_sock_addr *ctx)
{
	return note4(ctx, EV_connect);
}

SEC("?cgroup/connect6")
int cgroup_connect6(struct bpf_sock_addr *ctx)
{
	return note6(ctx, EV_connect);
}

SEC("?cgroup/bind4")
int cgroup_bind4(struct bpf_sock_addr *ctx)
{
	return note4(ctx, EV_bind);
}

SEC("?cgroup/bind6")
int cgroup_bind6(struct bpf_sock_addr *ctx)
{
	return note6(ctx, EV_bind);
}

SEC("?cgroup/sendmsg4")
int cgroup_sendmsg4(struct bpf_sock_addr *ctx)
{
	return note4(ctx, EV_sendto);
}

SEC("?cgroup/sendmsg6")
int cgroup_sendmsg6(struct bpf_sock_addr *ctx)
{
	return note6(ctx, EV_sendto);
}
