/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What a file is besides its bytes: mode, owner, length, extended attributes. */
#include "objects.bpf.h"
#include "sys.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define AT_EMPTY_PATH 0x1000

struct attr_args {
	__u64 path;
	__u64 length;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 flags;
	int fd; /* -1: by name */
	int dirfd;
};

/* The older calls say "leave it" with 16 ones. */
static __always_inline __u32 an_id(const struct sys_call *c, __u32 id)
{
	if (!c->old)
		return id;
	id &= 0xffff;
	return id == 0xffff ? 0xffffffff : id;
}

static __always_inline void chmod_args(const struct sys_call *c, struct attr_args *a)
{
	switch (c->event) {
	case EV_chmod:
		a->path = SYS_ARG(c, 0);
		a->mode = SYS_ARG(c, 1);
		break;
	case EV_fchmod:
		a->fd = SYS_ARG(c, 0);
		a->mode = SYS_ARG(c, 1);
		break;
	case EV_fchmodat:
	case EV_fchmodat2:
		a->dirfd = SYS_ARG(c, 0);
		a->path = SYS_ARG(c, 1);
		a->mode = SYS_ARG(c, 2);
		a->flags = c->event == EV_fchmodat2 ? SYS_ARG(c, 3) : 0;
		break;
	}
	a->mode &= 07777;
}

static __always_inline void chown_args(const struct sys_call *c, struct attr_args *a)
{
	switch (c->event) {
	case EV_fchown:
		a->fd = SYS_ARG(c, 0);
		break;
	case EV_fchownat:
		a->dirfd = SYS_ARG(c, 0);
		a->path = SYS_ARG(c, 1);
		a->uid = SYS_ARG(c, 2);
		a->gid = SYS_ARG(c, 3);
		a->flags = SYS_ARG(c, 4);
		return;
	default:
		a->path = SYS_ARG(c, 0);
		break;
	}
	a->uid = an_id(c, SYS_ARG(c, 1));
	a->gid = an_id(c, SYS_ARG(c, 2));
}

static __always_inline void truncate_args(const struct sys_call *c, struct attr_args *a)
{
	if (c->event == EV_ftruncate)
		a->fd = SYS_ARG(c, 0);
	else
		a->path = SYS_ARG(c, 0);
	if (!c->compat)
		a->length = SYS_ARG(c, 1);
	else if (c->old)
		a->length = (__s64)(__s32)SYS_ARG(c, 1);
	else
		a->length = COMPAT_WIDE_ARG1(c->regs);
}

/* Fills *a; which of the object hooks sees such a call. */
static __always_inline enum object_kind attr_args(const struct sys_call *c, struct attr_args *a)
{
	a->fd = -1;
	a->dirfd = AT_FDCWD;
	a->uid = -1;
	a->gid = -1;
	switch (c->event) {
	case EV_chmod:
	case EV_fchmod:
	case EV_fchmodat:
	case EV_fchmodat2:
		chmod_args(c, a);
		return OBJECT_CHMOD;
	case EV_truncate:
	case EV_ftruncate:
		truncate_args(c, a);
		return OBJECT_TRUNCATE;
	}
	chown_args(c, a);
	return OBJECT_CHOWN;
}

/* An empty name with AT_EMPTY_PATH means the descriptor itself. */
static __always_inline bool means_fd(const struct hw_str *name, __u32 flags)
{
	return (flags & AT_EMPTY_PATH) && !name->len;
}

SYSCALL(sys_attr)
{
	struct attr_args a = {};
	enum object_kind kind;
	struct sys_call c;
	struct scratch *s;
	struct ev_chmod *e;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	s = sys_begin(&c, EV_CLASS_chmod, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, chmod);
	kind = attr_args(&c, &a);
	e->res = c.ret;
	e->length = a.length;
	e->fd = a.fd;
	e->dirfd = a.dirfd;
	e->mode = a.mode;
	e->uid = a.uid;
	e->gid = a.gid;
	e->flags = a.flags;
	if (a.path)
		OUT_STR(s, chmod, filename, put_user_str, a.path);
	put_objects(s->idx, kind, STR_OFF(chmod, obj1), 0);
	if (means_fd(&e->filename, a.flags))
		e->fd = a.dirfd;
	if (e->fd >= 0)
		OUT_STR(s, chmod, obj, put_fdobj, fd_file(e->fd));
	else
		put_base(s, a.dirfd, STR_OFF(chmod, filename), STR_OFF(chmod, base1));
	return out_end(s);
}

/* --- extended attributes --- */

struct xattr_args {
	__u64 path;
	__u64 name;
	__u64 size;
	__u32 flags;
	__u32 atflags;
	int fd;
	int dirfd;
};

/* setxattrat(2): where the value is, its length, the flags. */
struct xattr_value {
	__u64 value;
	__u32 size;
	__u32 flags;
};

static __always_inline void xattr_args(const struct sys_call *c, struct xattr_args *a)
{
	struct xattr_value v = {};

	a->fd = -1;
	a->dirfd = AT_FDCWD;
	if (c->event == EV_setxattrat) {
		a->dirfd = SYS_ARG(c, 0);
		a->path = SYS_ARG(c, 1);
		a->atflags = SYS_ARG(c, 2);
		a->name = SYS_ARG(c, 3);
		if (bpf_probe_read_user(&v, sizeof(v), (void *)SYS_ARG(c, 4)))
			count_lost(HW_CLASS_FILE, HW_LOST_str_fault);
		a->size = v.size;
		a->flags = v.flags;
		return;
	}
	if (c->event == EV_fsetxattr)
		a->fd = SYS_ARG(c, 0);
	else
		a->path = SYS_ARG(c, 0);
	a->name = SYS_ARG(c, 1);
	a->size = SYS_ARG(c, 3);
	a->flags = SYS_ARG(c, 4);
}

SYSCALL(sys_setxattr)
{
	struct xattr_args a = {};
	struct sys_call c;
	struct scratch *s;
	struct ev_setxattr *e;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	s = sys_begin(&c, EV_CLASS_setxattr, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, setxattr);
	xattr_args(&c, &a);
	e->res = c.ret;
	e->size = a.size;
	e->fd = a.fd;
	e->dirfd = a.dirfd;
	e->flags = a.flags;
	e->atflags = a.atflags;
	if (a.path)
		OUT_STR(s, setxattr, path, put_user_str, a.path);
	OUT_STR(s, setxattr, name, put_user_str, a.name);
	put_objects(s->idx, OBJECT_XATTR, STR_OFF(setxattr, obj1), 0);
	if (means_fd(&e->path, a.atflags))
		e->fd = a.dirfd;
	if (e->fd >= 0)
		OUT_STR(s, setxattr, obj, put_fdobj, fd_file(e->fd));
	else
		put_base(s, a.dirfd, STR_OFF(setxattr, path), STR_OFF(setxattr, base1));
	return out_end(s);
}
