/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * One act for each event of sockets that event_basic.c has not: on the loopback interface, with
 * datagrams from a socket that is not connected. The truth's addresses are asked from the sockets.
 */
#include "event_calls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DNS_PORT 53

static struct sockaddr_in loopback(unsigned short port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int new_socket(int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

/* On a port of the kernel's choice. */
static int bound_socket(int type)
{
	struct sockaddr_in a = loopback(0);
	int fd = new_socket(type);

	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die("bind");
	return fd;
}

static struct sockaddr_in own_addr(int fd)
{
	struct sockaddr_in a = {0};
	socklen_t len = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &len))
		die("getsockname");
	return a;
}

static void truth_addr(const char *key, const struct sockaddr_in *a)
{
	char text[64];

	snprintf(text, sizeof(text), "%s:%u", inet_ntoa(a->sin_addr), ntohs(a->sin_port));
	truth_str(key, text);
}

static void truth_local(int fd)
{
	const struct sockaddr_in a = own_addr(fd);

	truth_str("fd.lip", inet_ntoa(a.sin_addr));
	truth_int("fd.lport", ntohs(a.sin_port));
}

/* --- without bytes --- */

int do_bind(const char *dir)
{
	struct sockaddr_in a = loopback(0);
	int fd = new_socket(SOCK_STREAM);

	(void)dir;
	truth_begin("bind");
	truth_res("res", syscall(SYS_bind, fd, &a, sizeof(a)));
	truth_int("fd", fd);
	truth_addr("addr", &a);
	truth_local(fd);
	return truth_end();
}

int do_listen(const char *dir)
{
	int fd = bound_socket(SOCK_STREAM);

	(void)dir;
	truth_begin("listen");
	truth_res("res", syscall(SYS_listen, fd, 7));
	truth_int("fd", fd);
	truth_int("backlog", 7);
	truth_local(fd);
	return truth_end();
}

int do_shutdown(const char *dir)
{
	int fd[2];

	(void)dir;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		die("socketpair");
	truth_begin("shutdown");
	truth_res("res", syscall(SYS_shutdown, fd[0], SHUT_WR));
	truth_int("fd", fd[0]);
	truth_int("how", SHUT_WR);
	return truth_end();
}

int do_socketpair(const char *dir)
{
	int fd[2];

	(void)dir;
	truth_begin("socketpair");
	truth_res("res", syscall(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd));
	truth_int("domain", AF_UNIX);
	truth_int("type", SOCK_SEQPACKET);
	truth_int("proto", 0);
	return truth_end();
}

/* --- bytes --- */

/* Who sends a datagram to whom. */
struct talk {
	int from, to;
	struct sockaddr_in from_addr, to_addr;
};

static struct talk begin_talk(void)
{
	struct talk t = {.from = bound_socket(SOCK_DGRAM), .to = bound_socket(SOCK_DGRAM)};

	t.from_addr = own_addr(t.from);
	t.to_addr = own_addr(t.to);
	return t;
}

static void say(const struct talk *t, const char *text)
{
	if (sendto(t->from, text, strlen(text), 0, (const struct sockaddr *)&t->to_addr,
		   sizeof(t->to_addr)) < 0)
		die("sendto");
}

static int truth_received(const struct talk *t, long res, const char *data)
{
	truth_res("res", res);
	truth_int("fd", t->to);
	truth_str("data", data);
	truth_addr("addr", &t->from_addr);
	truth_local(t->to);
	return truth_end();
}

int do_recvfrom(const char *dir)
{
	struct talk t = begin_talk();
	struct sockaddr_in a = {0};
	socklen_t len = sizeof(a);
	char buf[32];

	(void)dir;
	say(&t, "hello there");
	truth_begin("recvfrom");
	truth_int("flags", MSG_DONTWAIT);
	truth_int("size", sizeof(buf));
	return truth_received(&t, syscall(SYS_recvfrom, t.to, buf, sizeof(buf), MSG_DONTWAIT, &a,
					  &len), "hello there");
}

int do_recvmsg(const char *dir)
{
	struct talk t = begin_talk();
	struct sockaddr_in a = {0};
	char one[6], two[32];
	struct iovec iov[] = {{one, sizeof(one)}, {two, sizeof(two)}};
	struct msghdr msg = {.msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = iov,
			     .msg_iovlen = 2};

	(void)dir;
	say(&t, "in two pieces");
	truth_begin("recvmsg");
	return truth_received(&t, syscall(SYS_recvmsg, t.to, &msg, 0), "in two pieces");
}

int do_recvmmsg(const char *dir)
{
	struct talk t = begin_talk();
	struct sockaddr_in a[2] = {0};
	char buf[2][32];
	struct iovec iov[] = {{buf[0], sizeof(buf[0])}, {buf[1], sizeof(buf[1])}};
	struct mmsghdr msg[2] = {0};

	(void)dir;
	for (int i = 0; i < 2; i++)
		msg[i].msg_hdr = (struct msghdr){.msg_name = &a[i], .msg_namelen = sizeof(a[i]),
						 .msg_iov = &iov[i], .msg_iovlen = 1};
	say(&t, "the first");
	say(&t, "and another");
	truth_begin("recvmmsg");
	truth_int("flags", MSG_DONTWAIT);
	truth_int("count", 2);
	return truth_received(&t, syscall(SYS_recvmmsg, t.to, msg, 2, MSG_DONTWAIT, NULL),
			      "the first");
}

int do_sendmmsg(const char *dir)
{
	struct talk t = begin_talk();
	struct iovec iov[] = {{"the first", 9}, {"and another", 11}};
	struct mmsghdr msg[2] = {0};

	(void)dir;
	for (int i = 0; i < 2; i++)
		msg[i].msg_hdr = (struct msghdr){.msg_name = &t.to_addr,
						 .msg_namelen = sizeof(t.to_addr),
						 .msg_iov = &iov[i], .msg_iovlen = 1};
	truth_begin("sendmmsg");
	truth_res("res", syscall(SYS_sendmmsg, t.from, msg, 2, MSG_NOSIGNAL));
	truth_int("fd", t.from);
	truth_int("count", 2);
	truth_int("flags", MSG_NOSIGNAL);
	truth_str("data", "the first");
	truth_addr("addr", &t.to_addr);
	truth_local(t.from);
	return truth_end();
}

/* --- DNS --- */

/* What is the address of hw.example? Nobody needs to answer. */
static const unsigned char question[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
					"\x02hw\x07" "example\x00\x00\x01\x00\x01";

int do_dns_query(const char *dir)
{
	const struct sockaddr_in server = loopback(DNS_PORT);
	int fd = bound_socket(SOCK_DGRAM);
	const struct sockaddr_in local = own_addr(fd);
	char hex[2 * sizeof(question)];

	(void)dir;
	for (size_t i = 0; i < sizeof(question) - 1; i++)
		snprintf(hex + 2 * i, 3, "%02x", question[i]);
	if (connect(fd, (const struct sockaddr *)&server, sizeof(server)))
		die("connect");
	truth_begin("dns_query");
	if (write(fd, question, sizeof(question) - 1) < 0)
		die("write");
	truth_str("packet", hex);
	truth_str("dns.question.name", "hw.example");
	truth_addr("server", &server);
	truth_addr("local", &local);
	truth_int("proto", IPPROTO_UDP);
	return truth_end();
}
