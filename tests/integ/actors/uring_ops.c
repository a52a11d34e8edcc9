/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The operations that io_uring and system calls have in common, each in both forms. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "actor.h"
#include "uring.h"

/* Newer than the C library's headers may be. */
#define OP_FTRUNCATE 55
#define OP_BIND 56
#define OP_LISTEN 57

#define PORT 4567
#define TEXT "through a ring"
#define TEXT_LEN (sizeof(TEXT) - 1)

static const struct sockaddr_in addr_in = {
	.sin_family = AF_INET,
};

static struct sockaddr_in to;
static struct iovec iov[2];
static struct msghdr msg;
static struct open_how how;
static const char text[] = TEXT;

/* --- what operations need --- */

static void name_in(char *to_buf, size_t cap, const struct env *e, const char *name)
{
	snprintf(to_buf, cap, "%s/%s", e->dir, name);
}

static void make_file(struct env *e)
{
	name_in(e->path, sizeof(e->path), e, "file");
	name_in(e->path2, sizeof(e->path2), e, "other");
	e->fd = (int)syscall(SYS_openat, AT_FDCWD, e->path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (e->fd < 0 || pwrite(e->fd, text, TEXT_LEN, 0) != (ssize_t)TEXT_LEN)
		die(e->path);
}

static void make_dir(struct env *e)
{
	name_in(e->path, sizeof(e->path), e, "sub");
	if (mkdir(e->path, 0755))
		die(e->path);
}

static void make_name(struct env *e)
{
	name_in(e->path, sizeof(e->path), e, "sub");
}

static void loopback(unsigned port)
{
	to = addr_in;
	to.sin_port = htons((uint16_t)port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

static int sock(int type)
{
	const int one = 1, fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return fd;
}

static int bound(int type)
{
	const int fd = sock(type);

	loopback(PORT);
	if (bind(fd, (const struct sockaddr *)&to, sizeof(to)))
		die("bind");
	return fd;
}

static int listener(void)
{
	const int fd = bound(SOCK_STREAM);

	if (listen(fd, 4))
		die("listen");
	return fd;
}

static void make_connect(struct env *e)
{
	e->peer = listener();
	e->fd = sock(SOCK_STREAM);
}

static void make_listener(struct env *e)
{
	e->fd = listener();
	e->peer = sock(SOCK_STREAM);
}

static void make_sock(struct env *e)
{
	loopback(PORT);
	e->fd = sock(SOCK_STREAM);
}

static void make_bound(struct env *e)
{
	e->fd = bound(SOCK_STREAM);
}

/* A datagram socket and who gets what it sends. */
static void make_dgram(struct env *e)
{
	e->peer = bound(SOCK_DGRAM);
	e->fd = sock(SOCK_DGRAM);
}

static void make_receiver(struct env *e)
{
	e->fd = bound(SOCK_DGRAM);
	e->peer = sock(SOCK_DGRAM);
}

static void message(struct env *e, void *buf, size_t len, bool named)
{
	iov[0] = (struct iovec) {buf, len};
	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = iov;
	msg.msg_iovlen = 1;
	if (named) {
		msg.msg_name = &to;
		msg.msg_namelen = sizeof(to);
	}
	e->msg = &msg;
}

static void make_sendmsg(struct env *e)
{
	make_dgram(e);
	message(e, (void *)text, TEXT_LEN, true);
}

static struct sockaddr_in from;

static void make_recvmsg(struct env *e)
{
	make_receiver(e);
	message(e, e->in, sizeof(e->in), false);
	msg.msg_name = &from;
	msg.msg_namelen = sizeof(from);
}

static void make_iov_in(struct env *e)
{
	make_file(e);
	iov[0] = (struct iovec) {e->in, sizeof(e->in)};
}

static void make_iov_out(struct env *e)
{
	make_file(e);
	iov[0] = (struct iovec) {(void *)text, 7};
	iov[1] = (struct iovec) {(void *)(text + 7), TEXT_LEN - 7};
}

static void make_rewound(struct env *e)
{
	make_file(e);
	if (lseek(e->fd, 0, SEEK_SET))
		die("lseek");
}

/* --- files --- */

static void fill_openat(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->dirfd;
	s->addr = (uintptr_t)"file";
	s->open_flags = O_RDWR | O_APPEND;
}

static long call_openat(const struct env *e)
{
	return syscall(SYS_openat, e->dirfd, "file", O_RDWR | O_APPEND, 0);
}

static void fill_creat(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = AT_FDCWD;
	s->addr = (uintptr_t)e->path;
	s->open_flags = O_WRONLY | O_CREAT | O_EXCL;
	s->len = 0640;
}

static long call_creat(const struct env *e)
{
	return syscall(SYS_openat, AT_FDCWD, e->path, O_WRONLY | O_CREAT | O_EXCL, 0640);
}

static void fill_missing(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->dirfd;
	s->addr = (uintptr_t)"missing";
}

static long call_missing(const struct env *e)
{
	return syscall(SYS_openat, e->dirfd, "missing", O_RDONLY, 0);
}

static void fill_openat2(const struct env *e, struct io_uring_sqe *s)
{
	how = (struct open_how) {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
	s->fd = AT_FDCWD;
	s->addr = (uintptr_t)e->path;
	s->addr2 = (uintptr_t)&how;
	s->len = sizeof(how);
}

static long call_openat2(const struct env *e)
{
	how = (struct open_how) {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
	return syscall(SYS_openat2, AT_FDCWD, e->path, &how, sizeof(how));
}

static void fill_renameat(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->dirfd;
	s->addr = (uintptr_t)"file";
	s->len = (uint32_t)AT_FDCWD;
	s->addr2 = (uintptr_t)e->path2;
	s->rename_flags = RENAME_NOREPLACE;
}

static long call_renameat(const struct env *e)
{
	return syscall(SYS_renameat2, e->dirfd, "file", AT_FDCWD, e->path2, RENAME_NOREPLACE);
}

static void fill_unlinkat(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->dirfd;
	s->addr = (uintptr_t)"file";
}

static long call_unlinkat(const struct env *e)
{
	return syscall(SYS_unlinkat, e->dirfd, "file", 0);
}

static void fill_rmdir(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = AT_FDCWD;
	s->addr = (uintptr_t)e->path;
	s->unlink_flags = AT_REMOVEDIR;
}

static long call_rmdir(const struct env *e)
{
	return syscall(SYS_unlinkat, AT_FDCWD, e->path, AT_REMOVEDIR);
}

static void fill_mkdirat(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->dirfd;
	s->addr = (uintptr_t)"sub";
	s->len = 0750;
}

static long call_mkdirat(const struct env *e)
{
	return syscall(SYS_mkdirat, e->dirfd, "sub", 0750);
}

static void fill_symlinkat(const struct env *e, struct io_uring_sqe *s)
{
	s->addr = (uintptr_t)"/etc/shadow";
	s->fd = e->dirfd;
	s->addr2 = (uintptr_t)"lies";
}

static long call_symlinkat(const struct env *e)
{
	return syscall(SYS_symlinkat, "/etc/shadow", e->dirfd, "lies");
}

static void fill_linkat(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->dirfd;
	s->addr = (uintptr_t)"file";
	s->len = (uint32_t)e->dirfd;
	s->addr2 = (uintptr_t)"other";
	s->hardlink_flags = AT_SYMLINK_FOLLOW;
}

static long call_linkat(const struct env *e)
{
	return syscall(SYS_linkat, e->dirfd, "file", e->dirfd, "other", AT_SYMLINK_FOLLOW);
}

/* A file system that has no user.* fails, which tells as much. */
static void fill_xattr(const struct env *e, struct io_uring_sqe *s)
{
	(void)e;
	s->addr = (uintptr_t)"user.ring";
	s->addr2 = (uintptr_t)text;
	s->len = TEXT_LEN;
	s->xattr_flags = XATTR_CREATE;
}

static void fill_fsetxattr(const struct env *e, struct io_uring_sqe *s)
{
	fill_xattr(e, s);
	s->fd = e->fd;
}

static long call_fsetxattr(const struct env *e)
{
	return syscall(SYS_fsetxattr, e->fd, "user.ring", text, TEXT_LEN, XATTR_CREATE);
}

static void fill_setxattr(const struct env *e, struct io_uring_sqe *s)
{
	fill_xattr(e, s);
	s->addr3 = (uintptr_t)e->path;
}

static long call_setxattr(const struct env *e)
{
	return syscall(SYS_setxattr, e->path, "user.ring", text, TEXT_LEN, XATTR_CREATE);
}

static void fill_ftruncate(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->fd;
	s->off = 5;
}

static long call_ftruncate(const struct env *e)
{
	return syscall(SYS_ftruncate, e->fd, 5);
}

/* --- bytes --- */

static void fill_read(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->fd;
	s->addr = (uintptr_t)e->in;
	s->len = sizeof(e->in);
	s->off = (uint64_t)-1;
}

static long call_read(const struct env *e)
{
	return syscall(SYS_read, e->fd, e->in, sizeof(e->in));
}

static void fill_write(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->fd;
	s->addr = (uintptr_t)text;
	s->len = TEXT_LEN;
	s->off = (uint64_t)-1;
}

static long call_write(const struct env *e)
{
	return syscall(SYS_write, e->fd, text, TEXT_LEN);
}

static void fill_readv(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->fd;
	s->addr = (uintptr_t)iov;
	s->len = 1;
	s->off = (uint64_t)-1;
}

static long call_readv(const struct env *e)
{
	return syscall(SYS_readv, e->fd, iov, 1);
}

static void fill_writev(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->fd;
	s->addr = (uintptr_t)iov;
	s->len = 2;
	s->off = (uint64_t)-1;
}

static long call_writev(const struct env *e)
{
	return syscall(SYS_writev, e->fd, iov, 2);
}

/* The same buffers, registered before: text in the first, in[] in the second. */
static void register_buffers(struct env *e)
{
	static char out[TEXT_LEN];
	struct iovec both[2] = {{out, TEXT_LEN}, {e->in, sizeof(e->in)}};

	memcpy(out, text, TEXT_LEN);
	e->iov = iov;
	iov[0].iov_base = out;
	if (e->ring && ring_register(e->ring, IORING_REGISTER_BUFFERS, both, 2))
		die("IORING_REGISTER_BUFFERS");
}

static void make_fixed(struct env *e)
{
	make_rewound(e);
	register_buffers(e);
}

static void fill_read_fixed(const struct env *e, struct io_uring_sqe *s)
{
	fill_read(e, s);
	s->buf_index = 1;
}

static void fill_write_fixed(const struct env *e, struct io_uring_sqe *s)
{
	fill_write(e, s);
	s->addr = (uintptr_t)iov[0].iov_base;
	s->buf_index = 0;
}

/* --- sockets --- */

static void fill_socket(const struct env *e, struct io_uring_sqe *s)
{
	(void)e;
	s->fd = AF_INET6;
	s->off = SOCK_DGRAM | SOCK_CLOEXEC;
	s->len = IPPROTO_UDP;
}

static long call_socket(const struct env *e)
{
	(void)e;
	return syscall(SYS_socket, AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
}

static void fill_addr(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->fd;
	s->addr = (uintptr_t)&to;
	s->off = sizeof(to);
}

static long call_connect(const struct env *e)
{
	return syscall(SYS_connect, e->fd, &to, sizeof(to));
}

static long call_bind(const struct env *e)
{
	return syscall(SYS_bind, e->fd, &to, sizeof(to));
}

static void fill_listen(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->fd;
	s->len = 3;
}

static long call_listen(const struct env *e)
{
	return syscall(SYS_listen, e->fd, 3);
}

static void fill_shutdown(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->fd;
	s->len = SHUT_RD;
}

static long call_shutdown(const struct env *e)
{
	return syscall(SYS_shutdown, e->fd, SHUT_RD);
}

static void fill_accept(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->fd;
	s->accept_flags = SOCK_CLOEXEC;
}

static long call_accept(const struct env *e)
{
	return syscall(SYS_accept4, e->fd, NULL, NULL, SOCK_CLOEXEC);
}

static void come(const struct env *e)
{
	if (connect(e->peer, (const struct sockaddr *)&to, sizeof(to)))
		die("connect");
}

static void fill_send(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->fd;
	s->addr = (uintptr_t)text;
	s->len = TEXT_LEN;
	s->addr2 = (uintptr_t)&to;
	s->addr_len = sizeof(to);
}

static long call_send(const struct env *e)
{
	return syscall(SYS_sendto, e->fd, text, TEXT_LEN, 0, &to, sizeof(to));
}

static void fill_msg(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->fd;
	s->addr = (uintptr_t)e->msg;
	s->len = 1;
}

static long call_sendmsg(const struct env *e)
{
	return syscall(SYS_sendmsg, e->fd, e->msg, 0);
}

static long call_recvmsg(const struct env *e)
{
	return syscall(SYS_recvmsg, e->fd, e->msg, 0);
}

static void fill_recv(const struct env *e, struct io_uring_sqe *s)
{
	s->fd = e->fd;
	s->addr = (uintptr_t)e->in;
	s->len = sizeof(e->in);
}

static long call_recv(const struct env *e)
{
	return syscall(SYS_recvfrom, e->fd, e->in, sizeof(e->in), 0, NULL, NULL);
}

static void arrive(const struct env *e)
{
	if (sendto(e->peer, text, TEXT_LEN, 0, (const struct sockaddr *)&to, sizeof(to)) < 0)
		die("sendto");
}

#define PLAIN(name, event, code, stem, made)                                                       \
	{name, event, code, false, false, make_##made, fill_##stem, call_##stem, NULL}
#define OPENS(name, event, code, stem, made)                                                       \
	{name, event, code, false, true, make_##made, fill_##stem, call_##stem, NULL}

const struct op uring_ops[] = {
	OPENS("openat", "openat", IORING_OP_OPENAT, openat, file),
	OPENS("creat", "openat", IORING_OP_OPENAT, creat, name),
	OPENS("missing", "openat", IORING_OP_OPENAT, missing, name),
	OPENS("openat2", "openat2", IORING_OP_OPENAT2, openat2, file),
	PLAIN("renameat", "renameat2", IORING_OP_RENAMEAT, renameat, file),
	PLAIN("unlinkat", "unlinkat", IORING_OP_UNLINKAT, unlinkat, file),
	PLAIN("rmdir", "unlinkat", IORING_OP_UNLINKAT, rmdir, dir),
	PLAIN("mkdirat", "mkdirat", IORING_OP_MKDIRAT, mkdirat, name),
	PLAIN("symlinkat", "symlinkat", IORING_OP_SYMLINKAT, symlinkat, name),
	PLAIN("linkat", "linkat", IORING_OP_LINKAT, linkat, file),
	PLAIN("fsetxattr", "fsetxattr", IORING_OP_FSETXATTR, fsetxattr, file),
	PLAIN("setxattr", "setxattr", IORING_OP_SETXATTR, setxattr, file),
	PLAIN("ftruncate", "ftruncate", OP_FTRUNCATE, ftruncate, file),
	PLAIN("read", "read", IORING_OP_READ, read, rewound),
	PLAIN("write", "write", IORING_OP_WRITE, write, rewound),
	PLAIN("readv", "readv", IORING_OP_READV, readv, iov_in),
	PLAIN("writev", "writev", IORING_OP_WRITEV, writev, iov_out),
	{"read-fixed", "read", IORING_OP_READ_FIXED, false, false, make_fixed, fill_read_fixed,
	 call_read, NULL},
	{"write-fixed", "write", IORING_OP_WRITE_FIXED, false, false, make_fixed, fill_write_fixed,
	 call_write, NULL},
	OPENS("socket", "socket", IORING_OP_SOCKET, socket, name),
	{"connect", "connect", IORING_OP_CONNECT, false, false, make_connect, fill_addr,
	 call_connect, NULL},
	{"refused", "connect", IORING_OP_CONNECT, false, false, make_sock, fill_addr, call_connect,
	 NULL},
	{"bind", "bind", OP_BIND, false, false, make_sock, fill_addr, call_bind, NULL},
	PLAIN("listen", "listen", OP_LISTEN, listen, bound),
	PLAIN("shutdown", "shutdown", IORING_OP_SHUTDOWN, shutdown, listener),
	{"accept", "accept4", IORING_OP_ACCEPT, true, true, make_listener, fill_accept, call_accept,
	 come},
	PLAIN("send", "sendto", IORING_OP_SEND, send, dgram),
	{"send-zc", "sendto", IORING_OP_SEND_ZC, false, false, make_dgram, fill_send, call_send,
	 NULL},
	{"sendmsg", "sendmsg", IORING_OP_SENDMSG, false, false, make_sendmsg, fill_msg,
	 call_sendmsg, NULL},
	{"recv", "recvfrom", IORING_OP_RECV, true, false, make_receiver, fill_recv, call_recv,
	 arrive},
	{"recvmsg", "recvmsg", IORING_OP_RECVMSG, true, false, make_recvmsg, fill_msg,
	 call_recvmsg, arrive},
	{0},
};
