/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * A program of i386's interface: opens two files, connects to a port where nobody listens. Without
 * a C library, since few machines have that of 32 bits.
 */
#define NR_EXIT 1
#define NR_OPEN 5
#define NR_SOCKETCALL 102
#define NR_OPENAT 295
#define AT_FDCWD -100
#define SOCKETCALL_SOCKET 1
#define SOCKETCALL_CONNECT 3
#define AF_INET 2
#define SOCK_STREAM 1
#define PORT_4567 0xd711	 /* as it goes over the wire */
#define LOOPBACK 0x0100007f

struct address {
	unsigned short family, port;
	unsigned addr, zero[2];
};

static long call(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	return ret;
}

static int act(void)
{
	struct address to = {.family = AF_INET, .port = PORT_4567, .addr = LOOPBACK};
	long args[3] = {AF_INET, SOCK_STREAM, 0};
	const long fd = call(NR_SOCKETCALL, SOCKETCALL_SOCKET, (long)args, 0);

	if (fd < 0 || call(NR_OPEN, (long)"/etc/hostname", 0, 0) < 0 ||
	    call(NR_OPENAT, AT_FDCWD, (long)"/etc/passwd", 0) < 0)
		return 1;
	args[0] = fd;
	args[1] = (long)&to;
	args[2] = sizeof(to);
	return call(NR_SOCKETCALL, SOCKETCALL_CONNECT, (long)args, 0) >= 0;
}

void _start(void);

void _start(void)
{
	call(NR_EXIT, act(), 0, 0);
	__builtin_unreachable();
}
