/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The end of an io_uring request's record: what only the completion knows.
 *
 * What a new descriptor refers to is looked up when the completion is seen. A request that ran in
 * the submitting thread is seen before the next one of its batch runs, one that ran in a thread of
 * the kernel's own when that thread has done it: as soon after as with a system call. The exception
 * is a ring whose completions wait until the submitter asks for them (DEFER_TASKRUN): a file opened
 * by another thread may have been replaced by then. If its path is not the name that was asked for,
 * uring_finish says so, and the open is told once more without it.
 */
#include "io_uring.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define BLOCK 64
#define FILE_PTR_MASK ~7ul /* the low bits of a direct descriptor's word are flags */

/* Where in a record of each kind the parts lie; 0: it has none. */
struct ends {
	__u16 res, fd, obj, data;
	__u16 dir1, name1, base1, obj1;
	__u16 dir2, name2, base2, obj2;
};

#define AT(event, field) __builtin_offsetof(struct ev_##event, field)

static const struct ends ends[URING_KINDS] = {
	[URING_OPEN] = {.fd = AT(open, fd), .obj = AT(open, obj), .dir1 = AT(open, dirfd),
			.name1 = AT(open, name), .base1 = AT(open, base)},
	[URING_TWO_PATHS] = {.res = AT(link, res), .dir1 = AT(link, olddir),
			     .name1 = AT(link, oldpath), .base1 = AT(link, base1),
			     .obj1 = AT(link, obj1), .dir2 = AT(link, newdir),
			     .name2 = AT(link, newpath), .base2 = AT(link, base2),
			     .obj2 = AT(link, obj2)},
	[URING_UNLINK] = {.res = AT(unlink, res), .dir1 = AT(unlink, dirfd),
			  .name1 = AT(unlink, path), .base1 = AT(unlink, base1),
			  .obj1 = AT(unlink, obj1)},
	[URING_MKDIR] = {.res = AT(mkdir, res), .dir1 = AT(mkdir, dirfd), .name1 = AT(mkdir, path),
			 .base1 = AT(mkdir, base1), .obj1 = AT(mkdir, obj1)},
	[URING_XATTR] = {.res = AT(setxattr, res), .obj = AT(setxattr, obj),
			 .dir1 = AT(setxattr, dirfd), .name1 = AT(setxattr, path),
			 .base1 = AT(setxattr, base1), .obj1 = AT(setxattr, obj1)},
	[URING_TRUNCATE] = {.res = AT(ftruncate, res), .obj = AT(ftruncate, obj)},
	[URING_SOCKET] = {.fd = AT(socket, fd), .obj = AT(socket, obj)},
	[URING_SOCK] = {.res = AT(connect, res), .obj = AT(connect, obj)},
	[URING_ACCEPT] = {.res = AT(accept4, res), .fd = AT(accept4, fd), .obj = AT(accept4, obj)},
	[URING_MSG] = {.res = AT(sendto, res), .obj = AT(sendto, obj), .data = AT(sendto, data)},
	[URING_RW] = {.res = AT(read, res), .obj = AT(read, obj), .data = AT(read, data)},
	[URING_LISTEN] = {.res = AT(listen, res), .obj = AT(listen, obj)},
	[URING_SHUTDOWN] = {.res = AT(shutdown, res), .obj = AT(shutdown, obj)},
	[URING_INSTALL] = {.fd = AT(dup, res), .obj = AT(dup, obj)},
};
_Static_assert(AT(sendto, size) == AT(read, size), "one place for both");

static __always_inline void *field(struct scratch *s, __u32 off)
{
	barrier_var(off);
	return &s->rec[off & (FIXED_MAX - 1)];
}

/* --- files --- */

static __always_inline struct file *fixed_file(struct io_ring_ctx *ctx, __u32 slot)
{
	struct io_ring_ctx___flat *flat = (void *)ctx;
	struct io_rsrc_node **nodes, *node = NULL;
	struct io_fixed_file *files;

	if (bpf_core_field_exists(ctx->file_table.data)) {
		if (slot >= KREAD(ctx, file_table.data.nr))
			return NULL;
		nodes = KREAD(ctx, file_table.data.nodes);
		bpf_probe_read_kernel(&node, sizeof(node), &nodes[slot]);
		return (void *)(KREAD(node, file_ptr) & FILE_PTR_MASK);
	}
	if (slot >= KREAD(flat, nr_user_files))
		return NULL;
	files = (void *)((__u64)KREAD(flat, file_table.files) +
			 slot * bpf_core_type_size(struct io_fixed_file));
	return (void *)(KREAD(files, file_ptr) & FILE_PTR_MASK);
}

/* The file that a request works on. Before it runs that may be known by its number only. */
static __always_inline struct file *req_file(struct io_kiocb *req, __u64 how)
{
	struct file *file;

	if (!req || how == URING_STALE)
		return NULL;
	file = KREAD(req, file);
	if (file || how != URING_UNSEEN || !bpf_core_field_exists(req->cqe))
		return file;
	if (KREAD(req, flags) & REQ_FIXED_FILE)
		return fixed_file(KREAD(req, ctx), KREAD(req, cqe.fd));
	return (void *)fd_file(KREAD(req, cqe.fd));
}

/* The one that a request made. */
static __always_inline struct file *new_file(const struct uring_head *h, __s64 res, __u64 how)
{
	if (how != URING_SEEN || res < 0)
		return NULL;
	if (!h->slot)
		return (void *)fd_file(res);
	return fixed_file((void *)h->ctx, h->slot == SLOT_ANY ? res : h->slot - 1);
}

__noinline int uring_unwanted(__u64 req, __u64 flags, __u64 msg_flags, __u64 how)
{
	return msg_unwanted(req_file((void *)req, how), !(flags & URING_IN), msg_flags,
			    flags & URING_NAMED);
}

/* --- result --- */

static __always_inline void put_result(struct scratch *s, const struct uring_head *h,
				       const struct ends *e, __s64 res, __u64 how)
{
	struct ev_hdr *hdr = (struct ev_hdr *)s->rec;
	const bool seen = how == URING_SEEN || how == URING_FOREIGN;

	if (!seen)
		hdr->flags |= HW_F_UNSEEN;
	else if (res < 0)
		hdr->flags |= HW_F_FAILED;
	if (e->res)
		*(__s64 *)field(s, e->res) = seen ? res : 0;
	/* A direct descriptor is no number that the process could use elsewhere. */
	if (e->fd)
		*(__s32 *)field(s, e->fd) = !seen || (h->slot && res >= 0) ? HW_FD_UNSEEN : res;
}

/* --- bytes --- */

struct msg_name {
	__u64 name;
	__u32 name_len;
	__u32 pad;
};

/* What came in, and from whom. */
static __always_inline void put_in(struct scratch *s, struct uring_head *h, struct io_kiocb *req,
				   __u64 moved, __u64 data_off)
{
	struct io_sr_msg *m = (void *)req;
	struct io_rw *rw = (void *)req;
	struct msg_name name = {};
	__u64 from = h->data;
	__u64 len = h->size;

	if (KREAD(req, flags) & REQ_BUFFER_SELECT) { /* the kernel chose one of the caller's */
		from = h->kind == URING_RW ? KREAD(rw, addr) : (__u64)KREAD(m, buf);
		len = moved;
		if (h->msg)
			from = 0;
	}
	if (h->msg && !bpf_probe_read_user(&name, sizeof(name), (void *)h->msg))
		put_sockaddr(s->idx, name.name, name.name_len, 1);
	if (from && moved)
		put_user_data(s->idx, from, moved < len ? moved : len, data_off);
}

/* What went out was put there before, as much as was asked for. */
static __always_inline void cut_out(struct scratch *s, struct hw_str *data, __u64 moved)
{
	__u64 end;

	if (data->len <= moved)
		return;
	data->len = moved;
	end = data->off + moved;
	barrier_var(end);
	if (end < REC_CAP)
		s->rec[end] = 0;
	if (!moved)
		data->off = data->flags = 0;
}

static __always_inline void put_bytes(struct scratch *s, struct uring_head *h,
				      const struct ends *e, struct io_kiocb *req, __s64 res,
				      __u64 how)
{
	struct ev_sendto *msg = OUT_REC(s, sendto);
	const __u64 moved = res > 0 ? res : 0;

	if (!e->data || how == URING_UNSEEN || how == URING_STALE)
		return;
	if (h->kind == URING_MSG)
		msg->count = res >= 0;
	if (msg->size < moved)
		msg->size = moved;
	if (!(h->flags & URING_IN))
		cut_out(s, field(s, e->data), moved);
	else if (how == URING_SEEN && res >= 0)
		put_in(s, h, req, moved, e->data);
}

/* --- names --- */

__noinline int uring_base(__u64 slot, __u64 dir_off, __u64 name_off, __u64 base_off)
{
	struct scratch *s = scratch_slot(slot);

	if (s && name_off)
		put_base(s, *(__s32 *)field(s, dir_off), name_off & (FIXED_MAX - 1), base_off);
	return 0;
}

static __always_inline void put_bases(struct scratch *s, const struct uring_head *h,
				      const struct ends *e)
{
	if (h->object != OBJECT_SYMLINK) /* a link's target starts from where the link is */
		uring_base(s->idx, e->dir1, e->name1, e->base1);
	uring_base(s->idx, e->dir2, e->name2, e->base2);
}

/* What hooks saw of it, where a worker ran it. */
static __always_inline void put_noted(struct scratch *s, const struct uring_head *h,
				      const struct ends *e, __u64 req, __u64 how)
{
	if (!h->object || how == URING_UNSEEN || how == URING_STALE)
		return;
	if (h->object == OBJECT_ADDR)
		put_request_addr(s->idx, req, AT(connect, addr), AT(connect, sun));
	else if (h->object == OBJECT_SYMLINK)
		put_request_objects(s->idx, req, OBJECT_SYMLINK, e->obj2, e->obj1);
	else
		put_request_objects(s->idx, req, h->object, e->obj1, e->obj2);
}

/* --- is it the file that was named? --- */

/* 5.10 and 6.1 do not carry a test over to a copy of the number: it is made on this one. */
static __always_inline int byte_at(struct scratch *s, __u64 at)
{
	barrier_var(at);
	return at < REC_CAP ? s->rec[at] : -1;
}

/* A function for each block: the verifier keeps every branch in mind that it has not walked yet,
 * and those of one loop over a whole path are too many. */
__noinline int uring_same_block(__u64 slot, __u64 a, __u64 b, __u64 len)
{
	struct scratch *s = scratch_slot(slot);
	__u32 i;

	barrier_var(a);
	barrier_var(b);
	if (!s || a >= REC_CAP - BLOCK || b >= REC_CAP - BLOCK)
		return 0;
	for (i = 0; i < BLOCK; i++) {
		if (i >= len)
			break;
		if (s->rec[a + i] != s->rec[b + i])
			return 0;
	}
	return 1;
}

__noinline int uring_same_bytes(__u64 slot, __u64 a, __u64 b, __u64 len)
{
	__u32 i;

	for (i = 0; i < HW_PATH_MAX / BLOCK; i++) {
		if (i * BLOCK >= len)
			return 1;
		if (!uring_same_block(slot, a + i * BLOCK, b + i * BLOCK, len - i * BLOCK))
			return 0;
	}
	return len <= HW_PATH_MAX;
}

/* The path is the name, or the name behind the directory that it starts from. */
static __always_inline bool as_named(struct scratch *s, const struct ev_open *e)
{
	const struct hw_str *path = &e->obj.path, *base = &e->base, *name = &e->name;
	__u32 at = path->off, joint = base->len == 1 ? 0 : base->len; /* "/" has its slash */

	if (!base->off)
		return path->len == name->len && uring_same_bytes(s->idx, at, name->off, name->len);
	if (path->len != joint + 1 + name->len)
		return false;
	return uring_same_bytes(s->idx, at, base->off, joint) && byte_at(s, at + joint) == '/' &&
	       uring_same_bytes(s->idx, at + joint + 1, name->off, name->len);
}

static __always_inline bool late(const struct uring_head *h, __u64 how)
{
	struct io_ring_ctx *ctx = (void *)h->ctx;

	return how == URING_SEEN && (h->flags & URING_ASYNC) &&
	       (KREAD(ctx, flags) & RING_DEFER_TASKRUN);
}

static __always_inline int finish_open(struct scratch *s, struct uring_head *h,
				       const struct ends *e, __s64 res, __u64 how)
{
	struct file *file = new_file(h, res, how);
	struct ev_open *o = OUT_REC(s, open);
	int doubt = 0;

	if (!file || late(h, how))
		put_bases(s, h, e);
	if (!file)
		return 0;
	open_object(s, o, file);
	if (late(h, how))
		doubt = !as_named(s, o);
	__builtin_memset(&o->base, 0, sizeof(o->base));
	return doubt;
}

__noinline int uring_finish(__u64 slot, __u64 of_req, __u64 result, __u64 how)
{
	struct scratch *s = scratch_slot(slot);
	struct io_kiocb *req = (void *)of_req;
	struct uring_head *h;
	const struct ends *e;
	struct file *file;
	__s64 res = result;

	if (!s)
		return 0;
	h = head_of(s);
	if (h->kind >= URING_KINDS)
		return 0;
	e = &ends[h->kind];
	put_result(s, h, e, res, how);
	if (h->kind == URING_OPEN)
		return finish_open(s, h, e, res, how);
	put_bytes(s, h, e, req, res, how);
	put_noted(s, h, e, of_req, how);
	if (how != URING_FOREIGN && how != URING_STALE)
		put_bases(s, h, e);
	if (!e->obj || h->opcode == OP_SETXATTR)
		return 0;
	file = e->fd ? new_file(h, res, how) : req_file(req, how);
	if (file)
		put_fdobj(s->idx, (__u64)file, e->obj);
	return 0;
}
