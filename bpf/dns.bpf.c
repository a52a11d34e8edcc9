/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Questions to DNS servers: packets of this machine's sockets to port 53, over UDP and TCP, seen
 * where they leave the socket's network stack, whichever call sent them. The program hangs on the
 * root of the cgroup v2 hierarchy and so sees the sockets of every cgroup and network namespace;
 * it lets every packet pass.
 *
 * Not seen: raw and packet sockets, other ports, questions inside TLS or HTTP. Of several datagrams
 * that one call hands over as one (UDP_SEGMENT) the first is told, as is the first of several
 * questions in one TCP segment.
 *
 * A UDP packet is sent by whoever runs: the record is about that task. A TCP segment may be sent
 * later, when the peer's acknowledgement comes in, and whoever runs has nothing to do with it. Only
 * who owns the socket's lock sends for itself (an interrupt leaves an owned socket alone); else the
 * record names no process, pid 0, and the cgroup of the socket.
 */
#include "filter.bpf.h"
#include "out.bpf.h"
#include "task.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define NEXT_HOPOPTS 0
#define NEXT_ROUTING 43
#define NEXT_FRAGMENT 44
#define NEXT_AUTH 51
#define NEXT_DSTOPTS 60
#define EXTENSIONS 6 /* headers between IPv6 and UDP that are passed; nobody has more than two */
#define DNS_PORT 53
#define DNS_HDR_LEN 12
#define DNS_KEEP 512
#define DNS_QR 0x8000
#define DNS_OPCODE 0x7800
#define PASS 1

struct query {
	struct hw_addr local;
	struct hw_addr server;
	__u32 off; /* of the DNS message in the packet */
	__u32 len;
	__u8 proto;
};

static __always_inline bool load(struct __sk_buff *skb, __u32 off, void *to, __u32 len)
{
	return bpf_skb_load_bytes(skb, off, to, len) == 0;
}

/* Each returns where what the packet carries begins, 0 when that is not for us. */
static __always_inline __u32 ip4(struct __sk_buff *skb, struct query *q)
{
	__u8 h[20];
	__u32 len;

	if (!load(skb, 0, h, sizeof(h)))
		return 0;
	len = (h[0] & 15) * 4;
	if (len < sizeof(h) || (h[6] & 0x1f) || h[7])
		return 0; /* also a fragment other than the first */
	q->proto = h[9];
	q->local.family = q->server.family = AF_INET;
	__builtin_memcpy(q->local.ip, &h[12], 4);
	__builtin_memcpy(q->server.ip, &h[16], 4);
	return len;
}

static __always_inline __u32 ip6(struct __sk_buff *skb, struct query *q)
{
	__u32 off = 40, i;
	__u8 h[40], x[4];

	if (!load(skb, 0, h, sizeof(h)))
		return 0;
	q->proto = h[6];
	q->local.family = q->server.family = AF_INET6;
	__builtin_memcpy(q->local.ip, &h[8], 16);
	__builtin_memcpy(q->server.ip, &h[24], 16);
	for (i = 0; i < EXTENSIONS; i++) {
		switch (q->proto) {
		case NEXT_HOPOPTS:
		case NEXT_ROUTING:
		case NEXT_FRAGMENT:
		case NEXT_AUTH:
		case NEXT_DSTOPTS:
			break;
		default:
			return off;
		}
		if (!load(skb, off, x, sizeof(x)))
			return 0;
		if (q->proto == NEXT_FRAGMENT && (x[2] || x[3] & ~7))
			return 0;
		if (q->proto == NEXT_FRAGMENT)
			off += 8;
		else
			off += q->proto == NEXT_AUTH ? (x[1] + 2) * 4 : (x[1] + 1) * 8;
		q->proto = x[0];
	}
	return 0;
}

static __always_inline __u16 be16(const __u8 *at)
{
	return at[0] << 8 | at[1];
}

/* A message that asks something. */
static __always_inline bool asks(const __u8 *h)
{
	return !(be16(&h[2]) & DNS_QR) && be16(&h[4]);
}

/* On a stream a message may begin anywhere: a usual question, one and without answers. */
static __always_inline bool asks_plainly(const __u8 *h)
{
	return !(be16(&h[2]) & (DNS_QR | DNS_OPCODE)) && be16(&h[4]) == 1 && !be16(&h[6]) &&
	       !be16(&h[8]);
}

/* A message on TCP has its length before it; some send the two bytes by themselves. */
static __always_inline bool find_tcp(struct __sk_buff *skb, struct query *q, __u32 off)
{
	__u8 h[2 + DNS_HDR_LEN] = {};
	__u8 words;

	if (!load(skb, off + 12, &words, 1))
		return false;
	off += (words >> 4) * 4;
	if (skb->len < off + DNS_HDR_LEN)
		return false;
	if (skb->len >= off + sizeof(h) && load(skb, off, h, sizeof(h)) &&
	    be16(h) >= DNS_HDR_LEN && asks_plainly(&h[2])) {
		q->off = off + 2;
		q->len = be16(h);
		return true;
	}
	q->off = off;
	q->len = skb->len - off;
	return load(skb, off, h, DNS_HDR_LEN) && asks_plainly(h);
}

static __always_inline bool find_udp(struct __sk_buff *skb, struct query *q, __u32 off)
{
	__u8 h[8 + DNS_HDR_LEN];

	if (!load(skb, off, h, sizeof(h)))
		return false;
	q->off = off + 8;
	q->len = skb->len - q->off;
	return asks(&h[8]);
}

static __always_inline bool find_query(struct __sk_buff *skb, struct query *q)
{
	__u8 version, ports[4];
	__u32 off;

	if (!load(skb, 0, &version, 1))
		return false;
	off = version >> 4 == 4 ? ip4(skb, q) : version >> 4 == 6 ? ip6(skb, q) : 0;
	if (!off || (q->proto != IPPROTO_UDP && q->proto != IPPROTO_TCP) ||
	    !load(skb, off, ports, sizeof(ports)))
		return false;
	q->local.port = be16(ports);
	q->server.port = be16(&ports[2]);
	if (q->server.port != DNS_PORT)
		return false;
	return q->proto == IPPROTO_UDP ? find_udp(skb, q, off) : find_tcp(skb, q, off);
}

/* Does the current task send this, or an interrupt that came upon it? */
static __always_inline bool sent_by(struct task_struct *task, struct sock *sk, __u8 proto)
{
	if (KREAD(task, flags) & PF_KTHREAD)
		return false;
	return proto == IPPROTO_UDP || KREAD(sk, sk_lock.owned);
}

static __always_inline void name_nobody(struct ev_hdr *h, struct sock *sk, __u64 cgroup)
{
	h->cgroup = cgroup;
	h->start = 0;
	h->pid = h->tid = h->ppid = h->vpid = 0;
	h->cap_effective = h->cap_permitted = 0;
	h->uid = KREAD(sk, sk_uid.val);
	h->gid = 0xffffffff;
	h->loginuid = 0xffffffff;
	__builtin_memset(h->comm, 0, sizeof(h->comm));
}

static __always_inline void put_packet(struct scratch *s, struct __sk_buff *skb,
				       const struct query *q)
{
	__u32 off = str_room(s), len = q->len, flags = 0;

	if (!off || off > REC_LAST)
		return;
	if (skb->len - q->off < len)
		len = skb->len - q->off;
	if (len > DNS_KEEP) {
		len = DNS_KEEP;
		flags = HW_STR_CUT;
	}
	/* 5.10 and 6.1 do not carry tests over to a copy of the number on the stack; it is at least
	 * that of a header. */
	barrier_var(len);
	len = ((len - 1) & (DNS_KEEP - 1)) + 1;
	if (bpf_skb_load_bytes(skb, q->off, &s->rec[off], len)) {
		count_lost(s->class, HW_LOST_str_fault);
		flags = HW_STR_FAULT;
		len = 0;
	}
	s->rec[off + len] = 0;
	str_set(s, STR_OFF(dns_query, packet), off, len, flags);
}

static __always_inline void tell(struct __sk_buff *skb, const struct query *q, struct sock *sk,
				 __u64 cgroup, bool by_task)
{
	struct ev_dns_query *e;
	struct scratch *s;

	s = out_begin(EV_dns_query, EV_CLASS_dns_query, sizeof(*e));
	if (!s)
		return;
	e = OUT_REC(s, dns_query);
	if (!by_task)
		name_nobody(&e->h, sk, cgroup);
	e->server = q->server;
	e->local = q->local;
	e->proto = q->proto;
	put_packet(s, skb, q);
	out_end(s);
}

/* Helpers about the current task are refused here by older kernels (bpf_get_current_pid_tgid), so
 * that filter_bulk is written out. */
SEC("?cgroup_skb/egress")
int on_dns(struct __sk_buff *skb)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct query q = {};
	struct sock *sk;
	__u64 cgroup;
	bool by_task;

	if (!find_query(skb, &q))
		return PASS;
	sk = KREAD((struct sk_buff *)skb, sk);
	by_task = sent_by(task, sk, q.proto);
	if (by_task && KREAD(task, tgid) == knobs.own_pid)
		return PASS;
	cgroup = bpf_skb_cgroup_id(skb);
	if (masks.skip_host_bulk && bpf_map_lookup_elem(&host_cgroups, &cgroup))
		return PASS;
	tell(skb, &q, sk, cgroup, by_task);
	return PASS;
}
