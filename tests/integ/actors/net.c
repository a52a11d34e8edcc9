/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Acts on sockets and descriptors. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "actor.h"

union any_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

#ifdef SYS_dup2
#define CALL_DUP2 SYS_dup2
#else
#define CALL_DUP2 -1
#endif

static socklen_t ip_addr(union any_addr *a, const char *ip, const char *port)
{
	long n = number(port, 0, 65535, "port");

	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, ip, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons((unsigned short)n);
		return sizeof(a->in);
	}
	if (inet_pton(AF_INET6, ip, &a->in6.sin6_addr) == 1) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = htons((unsigned short)n);
		return sizeof(a->in6);
	}
	errno = EINVAL;
	die(ip);
}

static socklen_t unix_addr(union any_addr *a, const char *path)
{
	memset(a, 0, sizeof(*a));
	a->un.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(a->un.sun_path)) {
		errno = ENAMETOOLONG;
		die(path);
	}
	memcpy(a->un.sun_path, path, strlen(path));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
}

static void truth_addr(const char *prefix, int fd,
		       int (*get)(int, struct sockaddr *, socklen_t *))
{
	char key[32], text[INET6_ADDRSTRLEN] = "";
	union any_addr a;
	socklen_t len = sizeof(a);

	memset(&a, 0, sizeof(a));
	if (get(fd, &a.sa, &len))
		return;
	if (a.sa.sa_family == AF_INET)
		inet_ntop(AF_INET, &a.in.sin_addr, text, sizeof(text));
	else if (a.sa.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a.in6.sin6_addr, text, sizeof(text));
	else
		return;
	snprintf(key, sizeof(key), "%s_ip", prefix);
	truth_str(key, text);
	snprintf(key, sizeof(key), "%s_port", prefix);
	truth_int(key, ntohs(a.in.sin_port)); /* at the same place in both families */
}

static int tcp_socket(const union any_addr *a)
{
	int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static int connect_ip(int argc, char **argv)
{
	union any_addr a;
	socklen_t len = ip_addr(&a, argv[1], argv[2]);
	int fd = tcp_socket(&a);
	bool nonblock = argc > 3 && !strcmp(argv[3], "nonblock");
	long r;

	if (nonblock && fcntl(fd, F_SETFL, O_NONBLOCK))
		die("O_NONBLOCK");
	r = connect(fd, &a.sa, len);
	truth_begin(argv[0]);
	truth_res("res", r);
	truth_int("fd", fd);
	truth_str("ip", argv[1]);
	truth_int("port", ntohs(a.in.sin_port));
	truth_addr("local", fd, getsockname);
	truth_addr("remote", fd, getpeername);
	return truth_end();
}

static int connect_unix(int argc, char **argv)
{
	union any_addr a;
	socklen_t len = unix_addr(&a, argv[1]);
	int fd = tcp_socket(&a);
	long r = connect(fd, &a.sa, len);

	(void)argc;
	truth_begin(argv[0]);
	truth_res("res", r);
	truth_int("fd", fd);
	truth_str("path", argv[1]);
	return truth_end();
}

/* One datagram from a socket that is not connected. */
static int send_udp(int argc, char **argv)
{
	union any_addr a;
	socklen_t len = ip_addr(&a, argv[1], argv[2]);
	struct iovec iov = {.iov_base = "hello", .iov_len = 5};
	struct msghdr msg = {
		.msg_name = &a, .msg_namelen = len, .msg_iov = &iov, .msg_iovlen = 1};
	int fd = socket(a.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long r;

	(void)argc;
	if (fd < 0)
		die("socket");
	r = !strcmp(argv[0], "sendmsg") ? sendmsg(fd, &msg, 0)
					: sendto(fd, iov.iov_base, iov.iov_len, 0, &a.sa, len);
	truth_begin(argv[0]);
	truth_res("res", r);
	truth_int("fd", fd);
	truth_str("ip", argv[1]);
	truth_int("port", ntohs(a.in.sin_port));
	truth_addr("local", fd, getsockname);
	return truth_end();
}

/* Listens, prints the truth (the port, when 0 was asked for), and takes COUNT connections; each
 * is closed at once. CALL chooses accept or accept4. */
static int listen_ip(int argc, char **argv)
{
	union any_addr a;
	socklen_t len = ip_addr(&a, argv[1], argv[2]);
	long count = argc > 3 ? number(argv[3], 0, 1000000, "count") : 1;
	bool four = argc <= 4 || strcmp(argv[4], "accept");
	int fd = tcp_socket(&a), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &a.sa, len) || listen(fd, 16))
		die(argv[1]);
	truth_begin(argv[0]);
	truth_int("fd", fd);
	truth_addr("local", fd, getsockname);
	if (truth_end())
		return 1;
	while (count--) {
		int c = four ? accept4(fd, NULL, NULL, SOCK_CLOEXEC) : accept(fd, NULL, NULL);

		if (c < 0)
			die("accept");
		close(c);
	}
	return 0;
}

static int listen_unix(int argc, char **argv)
{
	union any_addr a;
	socklen_t len = unix_addr(&a, argv[1]);
	long count = argc > 2 ? number(argv[2], 0, 1000000, "count") : 1;
	int fd = tcp_socket(&a);

	if (bind(fd, &a.sa, len) || listen(fd, 16))
		die(argv[1]);
	truth_begin(argv[0]);
	truth_int("fd", fd);
	truth_str("path", argv[1]);
	if (truth_end())
		return 1;
	while (count--) {
		int c = accept(fd, NULL, NULL);

		if (c < 0)
			die("accept");
		close(c);
	}
	return unlink(argv[1]) ? 1 : 0;
}

static int udp_sink(int argc, char **argv)
{
	union any_addr a;
	socklen_t len = ip_addr(&a, argv[1], argv[2]);
	long count = argc > 3 ? number(argv[3], 0, 1000000, "count") : 1;
	int fd = socket(a.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char buf[16];

	if (fd < 0 || bind(fd, &a.sa, len))
		die(argv[1]);
	truth_begin(argv[0]);
	truth_int("fd", fd);
	truth_addr("local", fd, getsockname);
	if (truth_end())
		return 1;
	while (count--)
		if (recv(fd, buf, sizeof(buf), 0) < 0)
			die("recv");
	return 0;
}

static int socket_(int argc, char **argv)
{
	long domain = number(argv[1], 0, 64, "domain"), type = number(argv[2], 0, 1 << 20, "type");
	long proto = number(argv[3], 0, 1 << 20, "protocol");
	long fd = socket((int)domain, (int)type, (int)proto);

	(void)argc;
	truth_begin(argv[0]);
	truth_res("fd", fd);
	truth_int("domain", domain);
	truth_int("type", type);
	truth_int("proto", proto);
	return truth_end();
}

static int packet_socket(int argc, char **argv)
{
	long fd = socket(AF_PACKET, SOCK_RAW, htons(3)); /* 3: ETH_P_ALL */

	(void)argc;
	truth_begin(argv[0]);
	truth_res("fd", fd);
	truth_int("domain", AF_PACKET);
	return truth_end();
}

/* Makes fd stand for the descriptors 0 and 1, with dup2, or dup3 when asked. */
static void redirect(int fd, const char *call)
{
	long in, out;

	if (!strcmp(call, "dup3")) {
		in = syscall(SYS_dup3, fd, 0, 0);
		out = syscall(SYS_dup3, fd, 1, 0);
	} else if (!strcmp(call, "dup")) {
		close(0); /* dup takes the lowest number that is free */
		in = syscall(SYS_dup, fd);
		out = -1;
	} else {
		in = syscall(CALL_DUP2, fd, 0);
		out = syscall(CALL_DUP2, fd, 1);
	}
	truth_str("call", call);
	truth_int("fd", fd);
	truth_int("in", in);
	truth_int("out", out);
}

static int dup_socket(int argc, char **argv)
{
	union any_addr a;
	socklen_t len = ip_addr(&a, argv[1], argv[2]);
	int fd = tcp_socket(&a);

	if (connect(fd, &a.sa, len))
		die(argv[1]);
	truth_begin(argv[0]);
	redirect(fd, argc > 3 ? argv[3] : "dup2");
	truth_addr("local", fd, getsockname);
	truth_addr("remote", fd, getpeername);
	return truth_end();
}

static int dup_listener(int argc, char **argv)
{
	union any_addr a;
	socklen_t len = ip_addr(&a, argv[1], argv[2]);
	int fd = tcp_socket(&a);

	if (bind(fd, &a.sa, len) || listen(fd, 1))
		die(argv[1]);
	truth_begin(argv[0]);
	redirect(fd, argc > 3 ? argv[3] : "dup2");
	truth_addr("local", fd, getsockname);
	return truth_end();
}

static int dup_file(int argc, char **argv)
{
	int fd = open(argv[1], O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die(argv[1]);
	truth_begin(argv[0]);
	redirect(fd, argc > 2 ? argv[2] : "dup2");
	truth_str("path", argv[1]);
	return truth_end();
}

static int dup_unix(int argc, char **argv)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		die("socketpair");
	truth_begin(argv[0]);
	redirect(fd[0], argc > 1 ? argv[1] : "dup2");
	return truth_end();
}

/* In a network namespace of its own a process has lo, but down. */
static int lo_up(int argc, char **argv)
{
	struct ifreq ifr = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long r;

	(void)argc;
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr))
		die("lo");
	ifr.ifr_flags |= IFF_UP;
	r = ioctl(fd, SIOCSIFFLAGS, &ifr);
	truth_begin(argv[0]);
	truth_res("res", r);
	return truth_end() || r < 0;
}

const struct act net_acts[] = {
	{"connect", "IP PORT [nonblock]", 2, connect_ip, "TCP, IPv4 or IPv6"},
	{"connect-unix", "PATH", 1, connect_unix, ""},
	{"sendto", "IP PORT", 2, send_udp, "UDP, unconnected"},
	{"sendmsg", "IP PORT", 2, send_udp, "UDP, unconnected"},
	{"listen", "IP PORT [COUNT [accept|accept4]]", 2, listen_ip, "TCP; ends after COUNT"},
	{"listen-unix", "PATH [COUNT]", 1, listen_unix, ""},
	{"udp-sink", "IP PORT [COUNT]", 2, udp_sink, "ends after COUNT datagrams"},
	{"socket", "DOMAIN TYPE PROTOCOL", 3, socket_, "numbers"},
	{"packet-socket", "", 0, packet_socket, "AF_PACKET, raw"},
	{"dup-socket", "IP PORT [dup|dup2|dup3]", 2, dup_socket, "connects, then onto 0 and 1"},
	{"dup-listener", "IP PORT [dup|dup2|dup3]", 2, dup_listener, "listens, then onto 0 and 1"},
	{"dup-file", "PATH [dup|dup2|dup3]", 1, dup_file, "opens, then onto 0 and 1"},
	{"dup-unix", "[dup|dup2|dup3]", 0, dup_unix, "a socket pair, then onto 0 and 1"},
	{"lo-up", "", 0, lo_up, "switches the loopback interface on"},
	{0},
};
