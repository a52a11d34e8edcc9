/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* A program of the 32-bit interface: opens two files, connects to a port where nobody listens. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(4567)};
	long args[3] = {socket(AF_INET, SOCK_STREAM, 0), (long)&to, sizeof(to)};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (syscall(SYS_open, "/etc/hostname", O_RDONLY) < 0 ||
	    openat(AT_FDCWD, "/etc/passwd", O_RDONLY) < 0)
		return 1;
	return syscall(SYS_socketcall, 3, args) != -1; /* 3: connect */
}
