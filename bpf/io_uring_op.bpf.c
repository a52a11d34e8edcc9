/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What the record of each io_uring operation holds before the operation runs: its arguments, from
 * the request, after the kernel has taken its own copy of names and addresses. Records are those of
 * the system call that does the same.
 */
#include "io_uring.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MSG_NOSIGNAL 0x4000 /* io_uring adds it to all that sends */
#define AT_REMOVEDIR 0x200
#define PRIVATE(req, type) ((struct type *)(req))

/* A name of a request: struct filename *, wrapped on newer kernels. */
#define NAME_OF(req, type, field)                                                                  \
	({                                                                                         \
		struct filename *fn_;                                                              \
		if (bpf_core_field_exists(PRIVATE(req, type)->field))                              \
			fn_ = KREAD(PRIVATE(req, type), field);                                    \
		else                                                                               \
			fn_ = KREAD(PRIVATE(req, type##___delayed), field.__incomplete_filename);  \
		(__u64)KREAD(fn_, name);                                                           \
	})

/* The number that was given for the file; without one it is a direct descriptor's slot. */
static __always_inline int req_fd(struct io_kiocb *req)
{
	if ((KREAD(req, flags) & REQ_FIXED_FILE) || !bpf_core_field_exists(req->cqe))
		return HW_FD_UNSEEN;
	return KREAD(req, cqe.fd);
}

/* --- files and names --- */

static __always_inline void op_open(struct scratch *s, struct uring_head *h, struct io_kiocb *req)
{
	struct io_open *o = PRIVATE(req, io_open);
	struct ev_open *e = OUT_REC(s, open);

	h->slot = KREAD(o, file_slot);
	e->dirfd = KREAD(o, dfd);
	e->flags = (__u32)KREAD(o, how.flags) & ~O_LARGEFILE;
	if (e->flags & (O_CREAT | O_TMPFILE))
		e->mode = KREAD(o, how.mode) & 07777;
	e->resolve = KREAD(o, how.resolve);
	OUT_STR(s, open, name, put_kernel_str, NAME_OF(req, io_open, filename));
}

struct two_names {
	__u64 old, new;
};

static __always_inline void link_args(struct ev_link *e, struct io_kiocb *req, struct two_names *n)
{
	struct io_hardlink *h = PRIVATE(req, io_hardlink);
	struct io_link *l = PRIVATE(req, io_link);

	if (bpf_core_type_exists(struct io_link)) {
		e->olddir = KREAD(l, old_dfd);
		e->newdir = KREAD(l, new_dfd);
		e->flags = KREAD(l, flags);
		n->old = NAME_OF(req, io_link, oldpath);
		n->new = NAME_OF(req, io_link, newpath);
		return;
	}
	e->olddir = KREAD(h, old_dfd);
	e->newdir = KREAD(h, new_dfd);
	e->flags = KREAD(h, flags);
	n->old = (__u64)KREAD(h, oldpath, name);
	n->new = (__u64)KREAD(h, newpath, name);
}

static __always_inline void symlink_args(struct ev_link *e, struct io_kiocb *req,
					 struct two_names *n)
{
	struct io_symlink *y = PRIVATE(req, io_symlink);
	struct io_link *l = PRIVATE(req, io_link);

	e->olddir = AT_FDCWD;
	if (bpf_core_type_exists(struct io_link)) {
		e->newdir = KREAD(l, new_dfd);
		n->old = NAME_OF(req, io_link, oldpath);
		n->new = NAME_OF(req, io_link, newpath);
		return;
	}
	e->newdir = KREAD(y, new_dfd);
	n->old = (__u64)KREAD(y, oldpath, name);
	n->new = (__u64)KREAD(y, newpath, name);
}

static __always_inline void op_two_paths(struct scratch *s, struct uring_head *h,
					 struct io_kiocb *req)
{
	struct io_rename *r = PRIVATE(req, io_rename);
	struct ev_link *e = OUT_REC(s, link);
	struct two_names n = {};

	switch (h->opcode) {
	case OP_LINKAT:
		h->object = OBJECT_LINK;
		link_args(e, req, &n);
		break;
	case OP_SYMLINKAT:
		h->object = OBJECT_SYMLINK;
		symlink_args(e, req, &n);
		break;
	case OP_RENAMEAT:
		h->object = OBJECT_RENAME;
		e->olddir = KREAD(r, old_dfd);
		e->newdir = KREAD(r, new_dfd);
		e->flags = KREAD(r, flags);
		n.old = NAME_OF(req, io_rename, oldpath);
		n.new = NAME_OF(req, io_rename, newpath);
		break;
	}
	OUT_STR(s, link, oldpath, put_kernel_str, n.old);
	OUT_STR(s, link, newpath, put_kernel_str, n.new);
}

static __always_inline void op_unlink(struct scratch *s, struct uring_head *h,
				      struct io_kiocb *req)
{
	struct io_unlink *u = PRIVATE(req, io_unlink);
	struct ev_unlink *e = OUT_REC(s, unlink);

	e->dirfd = KREAD(u, dfd);
	e->flags = KREAD(u, flags);
	h->object = e->flags & AT_REMOVEDIR ? OBJECT_RMDIR : OBJECT_UNLINK;
	OUT_STR(s, unlink, path, put_kernel_str, NAME_OF(req, io_unlink, filename));
}

static __always_inline void op_mkdir(struct scratch *s, struct uring_head *h, struct io_kiocb *req)
{
	struct io_mkdir *m = PRIVATE(req, io_mkdir);
	struct ev_mkdir *e = OUT_REC(s, mkdir);

	h->object = OBJECT_MKDIR;
	e->dirfd = KREAD(m, dfd);
	e->mode = KREAD(m, mode) & 07777;
	OUT_STR(s, mkdir, path, put_kernel_str, NAME_OF(req, io_mkdir, filename));
}

static __always_inline void op_xattr(struct scratch *s, struct uring_head *h, struct io_kiocb *req)
{
	struct io_xattr *x = PRIVATE(req, io_xattr);
	struct ev_setxattr *e = OUT_REC(s, setxattr);

	if (!bpf_core_type_exists(struct io_xattr))
		return;
	h->object = OBJECT_XATTR;
	e->fd = h->opcode == OP_FSETXATTR ? req_fd(req) : -1;
	e->dirfd = AT_FDCWD;
	e->size = KREAD(x, ctx.size);
	e->flags = KREAD(x, ctx.flags);
	if (h->opcode == OP_SETXATTR)
		OUT_STR(s, setxattr, path, put_kernel_str, NAME_OF(req, io_xattr, filename));
	OUT_STR(s, setxattr, name, put_kernel_str, (__u64)KREAD(x, ctx.kname));
}

static __always_inline void op_truncate(struct scratch *s, struct io_kiocb *req)
{
	struct io_ftrunc *t = PRIVATE(req, io_ftrunc);
	struct ev_ftruncate *e = OUT_REC(s, ftruncate);

	e->fd = req_fd(req);
	e->dirfd = AT_FDCWD;
	e->uid = -1;
	e->gid = -1;
	if (bpf_core_type_exists(struct io_ftrunc))
		e->length = KREAD(t, len);
}

/* --- bytes --- */

/* Where the first piece of n at iov lies, for what comes in: the list itself may be gone when the
 * request is completed. */
static __always_inline void first_piece(struct uring_head *h, __u64 iov)
{
	__u64 piece[2] = {};

	if (bpf_probe_read_user(piece, sizeof(piece), (void *)iov))
		return;
	h->data = piece[0];
	h->size = piece[1];
}

/* All pieces of what goes out, or the sizes of all and the place of the first of what comes in; the
 * sum of the sizes. */
static __always_inline __u64 pieces(struct scratch *s, struct uring_head *h, __u64 iov, __u64 n,
				    __u64 str_off)
{
	if (!(h->flags & URING_IN))
		return put_user_iov(s->idx, iov, n, ~0ull, str_off);
	first_piece(h, iov);
	return put_user_iov(s->idx, iov, n, 0, str_off);
}

static __always_inline void op_rw(struct scratch *s, struct uring_head *h, struct io_kiocb *req)
{
	struct io_rw *rw = PRIVATE(req, io_rw);
	struct ev_read *e = OUT_REC(s, read);
	__u64 addr = KREAD(rw, addr);
	__u32 len = KREAD(rw, len);

	e->fd = req_fd(req);
	e->pos = KREAD(rw, kiocb.ki_pos);
	switch (h->opcode) {
	case OP_READV:
	case OP_WRITEV:
	case OP_READV_FIXED:
	case OP_WRITEV_FIXED:
		e->size = pieces(s, h, addr, len, STR_OFF(read, data));
		return;
	}
	e->size = len;
	h->data = addr;
	h->size = len;
	if (!(h->flags & URING_IN) && len)
		OUT_STR(s, read, data, put_user_data, addr, len);
}

/* --- sockets --- */

#define COPY_LOOK 16 /* bytes of two addresses that are compared: family, port, IPv4 address */

/* Where the kernel's copy of an address lies, that it made with the request: as part of a
 * message, or alone ("io_uring/net: Avoid msghdr on op_connect/op_bind async data", which stable
 * kernels have as well, so that neither types nor a version tell). A message begins with a
 * pointer, which looks like no family. user: the address that was copied, where the request
 * still knows it. */
static __always_inline __u64 sockaddr_copy(__u64 data, __u64 user)
{
	__u64 in_msg = data + bpf_core_field_offset(struct io_async_msghdr, addr);
	__u64 there[COPY_LOOK / 8] = {}, here[COPY_LOOK / 8] = {};
	__u16 family = 0;

	if (user && !bpf_probe_read_user(here, sizeof(here), (void *)user) &&
	    !bpf_probe_read_kernel(there, sizeof(there), (void *)in_msg) &&
	    here[0] == there[0] && here[1] == there[1])
		return in_msg;
	bpf_probe_read_kernel(&family, sizeof(family), (void *)data); /* stays 0 on a fault */
	return family == AF_INET || family == AF_INET6 || family == AF_UNIX ? data : in_msg;
}

/* connect and bind. Before 6.10 the kernel copied the address when the request ran: then it is read
 * from the caller's memory, and read again by the kernel. */
static __always_inline void op_sock(struct scratch *s, struct uring_head *h, struct io_kiocb *req)
{
	struct io_connect *c = PRIVATE(req, io_connect);
	struct io_bind *b = PRIVATE(req, io_bind);
	__u64 data = (__u64)KREAD(req, async_data);
	__u64 user = 0;
	__u32 len = 0;

	OUT_REC(s, connect)->fd = req_fd(req);
	h->object = OBJECT_ADDR;
	if (h->opcode == OP_CONNECT) {
		user = (__u64)KREAD(c, addr);
		len = KREAD(c, addr_len);
	} else if (bpf_core_type_exists(struct io_bind)) {
		len = KREAD(b, addr_len);
	}
	if (data)
		put_sockaddr(s->idx, sockaddr_copy(data, user), len, 0);
	else
		put_sockaddr(s->idx, user, len, 1);
}

static __always_inline void op_socket(struct scratch *s, struct uring_head *h,
				      struct io_kiocb *req)
{
	struct io_socket *k = PRIVATE(req, io_socket);
	struct ev_socket *e = OUT_REC(s, socket);

	if (!bpf_core_type_exists(struct io_socket))
		return;
	h->slot = KREAD(k, file_slot);
	e->domain = KREAD(k, domain);
	e->type = KREAD(k, type) & SOCK_TYPE_MASK;
	e->proto = KREAD(k, protocol);
}

struct msg64 {
	__u64 name;
	__u32 name_len;
	__u32 pad;
	__u64 iov;
	__u64 n_iov;
};

/* A message's pieces, and the address that it goes to where the kernel has not copied that. */
static __always_inline void msg_pieces(struct scratch *s, struct uring_head *h, __u64 at,
				       struct msg64 *m)
{
	if (bpf_probe_read_user(m, sizeof(*m), (void *)at)) {
		count_lost(HW_CLASS_NET, HW_LOST_str_fault);
		return;
	}
	OUT_REC(s, sendto)->size = pieces(s, h, m->iov, m->n_iov, STR_OFF(sendto, data));
}

static __always_inline void op_msg(struct scratch *s, struct uring_head *h, struct io_kiocb *req)
{
	struct io_async_msghdr *copy = (void *)KREAD(req, async_data);
	struct io_sr_msg *m = PRIVATE(req, io_sr_msg);
	struct ev_sendto *e = OUT_REC(s, sendto);
	const bool send = !(h->flags & URING_IN);
	struct msg64 user = {};

	e->fd = req_fd(req);
	e->flags = KREAD(m, msg_flags);
	h->msg_flags = e->flags;
	if (h->opcode == OP_SENDMSG || h->opcode == OP_RECVMSG || h->opcode == OP_SENDMSG_ZC) {
		h->msg = (__u64)KREAD(m, umsg);
		msg_pieces(s, h, h->msg, &user);
	} else {
		e->size = (__u32)KREAD(m, len);
		h->data = (__u64)KREAD(m, buf);
		h->size = e->size;
		if (send && e->size)
			OUT_STR(s, sendto, data, put_user_data, h->data, e->size);
		if (!copy && bpf_core_field_exists(m->addr)) {
			user.name = (__u64)KREAD(m, addr);
			user.name_len = KREAD(m, addr_len);
		}
	}
	if (!send)
		return;
	e->flags &= ~MSG_NOSIGNAL;
	h->object = OBJECT_ADDR;
	if (copy) {
		user.name = (__u64)KREAD(copy, msg.msg_name);
		user.name_len = KREAD(copy, msg.msg_namelen);
	}
	if (user.name && user.name_len)
		h->flags |= URING_NAMED;
	put_sockaddr(s->idx, user.name, user.name_len, !copy);
}

static __always_inline void op_small(struct scratch *s, struct uring_head *h, struct io_kiocb *req)
{
	struct io_fixed_install *i = PRIVATE(req, io_fixed_install);
	struct io_shutdown *d = PRIVATE(req, io_shutdown);
	struct io_accept *a = PRIVATE(req, io_accept);
	struct io_listen *l = PRIVATE(req, io_listen);

	switch (h->kind) {
	case URING_ACCEPT:
		h->slot = KREAD(a, file_slot);
		break;
	case URING_LISTEN:
		OUT_REC(s, listen)->fd = req_fd(req);
		if (bpf_core_type_exists(struct io_listen))
			OUT_REC(s, listen)->backlog = KREAD(l, backlog);
		break;
	case URING_SHUTDOWN:
		OUT_REC(s, shutdown)->fd = req_fd(req);
		OUT_REC(s, shutdown)->how = KREAD(d, how);
		break;
	case URING_INSTALL:
		OUT_REC(s, dup)->oldfd = HW_FD_UNSEEN;
		OUT_REC(s, dup)->newfd = -1;
		if (bpf_core_type_exists(struct io_fixed_install))
			OUT_REC(s, dup)->flags = KREAD(i, o_flags);
		break;
	}
}

/* --- all operations --- */

struct op {
	__u8 kind;
	__u8 flags;
	__u8 class;
	__u8 pad;
	__u32 fixed_len;
};

#define OP(kind_, event, flags_)                                                                   \
	{.kind = URING_##kind_, .flags = flags_, .class = EV_CLASS_##event,                        \
	 .fixed_len = sizeof(struct ev_##event)}

static const struct op ops[HW_URING_OPS] = {
	[OP_READV] = OP(RW, readv, URING_IN),
	[OP_WRITEV] = OP(RW, writev, 0),
	[OP_READ_FIXED] = OP(RW, read, URING_IN),
	[OP_WRITE_FIXED] = OP(RW, write, 0),
	[OP_SENDMSG] = OP(MSG, sendmsg, 0),
	[OP_RECVMSG] = OP(MSG, recvmsg, URING_IN),
	[OP_ACCEPT] = OP(ACCEPT, accept4, 0),
	[OP_CONNECT] = OP(SOCK, connect, 0),
	[OP_OPENAT] = OP(OPEN, openat, 0),
	[OP_READ] = OP(RW, read, URING_IN),
	[OP_WRITE] = OP(RW, write, 0),
	[OP_SEND] = OP(MSG, sendto, 0),
	[OP_RECV] = OP(MSG, recvfrom, URING_IN),
	[OP_OPENAT2] = OP(OPEN, openat2, 0),
	[OP_SHUTDOWN] = OP(SHUTDOWN, shutdown, 0),
	[OP_RENAMEAT] = OP(TWO_PATHS, renameat2, 0),
	[OP_UNLINKAT] = OP(UNLINK, unlinkat, 0),
	[OP_MKDIRAT] = OP(MKDIR, mkdirat, 0),
	[OP_SYMLINKAT] = OP(TWO_PATHS, symlinkat, 0),
	[OP_LINKAT] = OP(TWO_PATHS, linkat, 0),
	[OP_FSETXATTR] = OP(XATTR, fsetxattr, 0),
	[OP_SETXATTR] = OP(XATTR, setxattr, 0),
	[OP_SOCKET] = OP(SOCKET, socket, 0),
	[OP_SEND_ZC] = OP(MSG, sendto, 0),
	[OP_SENDMSG_ZC] = OP(MSG, sendmsg, 0),
	[OP_READ_MULTISHOT] = OP(RW, read, URING_IN),
	[OP_FIXED_FD_INSTALL] = OP(INSTALL, dup, 0),
	[OP_FTRUNCATE] = OP(TRUNCATE, ftruncate, 0),
	[OP_BIND] = OP(SOCK, bind, 0),
	[OP_LISTEN] = OP(LISTEN, listen, 0),
	[OP_RECV_ZC] = OP(MSG, recvfrom, URING_IN),
	[OP_READV_FIXED] = OP(RW, readv, URING_IN),
	[OP_WRITEV_FIXED] = OP(RW, writev, 0),
};

static __always_inline void op_fill(struct scratch *s, struct uring_head *h, struct io_kiocb *req)
{
	switch (h->kind) {
	case URING_OPEN:
		return op_open(s, h, req);
	case URING_TWO_PATHS:
		return op_two_paths(s, h, req);
	case URING_UNLINK:
		return op_unlink(s, h, req);
	case URING_MKDIR:
		return op_mkdir(s, h, req);
	case URING_XATTR:
		return op_xattr(s, h, req);
	case URING_TRUNCATE:
		return op_truncate(s, req);
	case URING_SOCKET:
		return op_socket(s, h, req);
	case URING_SOCK:
		return op_sock(s, h, req);
	case URING_MSG:
		return op_msg(s, h, req);
	case URING_RW:
		return op_rw(s, h, req);
	}
	op_small(s, h, req);
}

/* The rights that the request was given instead of its submitter's. */
static __always_inline void put_creds(struct ev_hdr *hdr, struct cred *cred)
{
	hdr->uid = KREAD(cred, euid.val);
	hdr->gid = KREAD(cred, egid.val);
	hdr->cap_effective = CRED_CAPS(cred, cap_effective);
	hdr->cap_permitted = CRED_CAPS(cred, cap_permitted);
}

/* A thread that the kernel made to submit has a name that nobody chose: the process's own stands
 * for it. */
static __always_inline void put_submitter(struct ev_hdr *hdr, struct io_kiocb *req, __u64 flags)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	hdr->flags |= HW_F_URING;
	if (KREAD(task, flags) & PF_IO_WORKER) {
		task = KREAD(task, group_leader);
		BPF_CORE_READ_INTO(&hdr->comm, task, comm);
	}
	if (flags >> (knobs.uring_creds_bit & 63) & 1)
		put_creds(hdr, KREAD(req, creds));
}

__noinline int uring_build(__u64 of_req, __u64 event)
{
	struct io_kiocb *req = (void *)of_req;
	__u64 flags = uring_req_flags(req);
	__u32 opcode = KREAD(req, opcode);
	struct uring_head *h;
	struct scratch *s;
	const struct op *op;
	int slot;

	if (opcode >= HW_URING_OPS)
		return -1;
	op = &ops[opcode];
	if (op->kind == URING_NONE)
		return -1;
	/* For the current task by name: a record that is only begun is not counted yet. */
	slot = out_open(event, op->class, op->fixed_len, bpf_get_current_task());
	s = slot < 0 ? NULL : scratch_slot(slot);
	if (!s)
		return -1;
	h = head_of(s);
	__builtin_memset(h, 0, sizeof(*h));
	h->ctx = (__u64)KREAD(req, ctx);
	h->user_data = uring_user_data(req);
	h->opcode = opcode;
	h->kind = op->kind;
	h->class = op->class;
	h->flags = op->flags;
	if (flags >> (knobs.uring_multi_bit & 63) & 1)
		h->flags |= URING_MULTI;
	put_submitter((struct ev_hdr *)s->rec, req, flags);
	op_fill(s, h, req);
	h->len = s->len;
	return slot;
}
