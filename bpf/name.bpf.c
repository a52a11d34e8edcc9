/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Names of files: made, moved, removed. */
#include "objects.bpf.h"
#include "sys.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define AT_REMOVEDIR 0x200
#define S_IFMT 0170000
#define S_IFCHR 0020000
#define S_IFBLK 0060000

struct two_args {
	__u64 path1;
	__u64 path2;
	__u32 flags;
	int dir1;
	int dir2;
};

static __always_inline void two_args(const struct sys_call *c, struct two_args *a)
{
	a->dir1 = AT_FDCWD;
	a->dir2 = AT_FDCWD;
	switch (c->event) {
	case EV_link:
	case EV_symlink:
	case EV_rename:
		a->path1 = SYS_ARG(c, 0);
		a->path2 = SYS_ARG(c, 1);
		break;
	case EV_symlinkat:
		a->path1 = SYS_ARG(c, 0);
		a->dir2 = SYS_ARG(c, 1);
		a->path2 = SYS_ARG(c, 2);
		break;
	case EV_linkat:
	case EV_renameat:
	case EV_renameat2:
		a->dir1 = SYS_ARG(c, 0);
		a->path1 = SYS_ARG(c, 1);
		a->dir2 = SYS_ARG(c, 2);
		a->path2 = SYS_ARG(c, 3);
		a->flags = c->event == EV_renameat ? 0 : SYS_ARG(c, 4);
		break;
	}
}

static __always_inline enum object_kind two_kind(__u32 event)
{
	switch (event) {
	case EV_link:
	case EV_linkat:
		return OBJECT_LINK;
	case EV_symlink:
	case EV_symlinkat:
		return OBJECT_SYMLINK;
	}
	return OBJECT_RENAME;
}

SYSCALL(sys_two_paths)
{
	struct two_args a = {};
	enum object_kind kind;
	struct sys_call c;
	struct scratch *s;
	struct ev_link *e;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	s = sys_begin(&c, EV_CLASS_link, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, link);
	two_args(&c, &a);
	e->res = c.ret;
	e->olddir = a.dir1;
	e->newdir = a.dir2;
	e->flags = a.flags;
	OUT_STR(s, link, oldpath, put_user_str, a.path1);
	OUT_STR(s, link, newpath, put_user_str, a.path2);
	kind = two_kind(c.event);
	if (kind == OBJECT_SYMLINK) /* the link's path comes first; the target is a text */
		put_objects(s->idx, kind, STR_OFF(link, obj2), STR_OFF(link, obj1));
	else
		put_objects(s->idx, kind, STR_OFF(link, obj1), STR_OFF(link, obj2));
	/* A symbolic link's target starts from where the link is. */
	if (kind != OBJECT_SYMLINK)
		put_base(s, a.dir1, STR_OFF(link, oldpath), STR_OFF(link, base1));
	put_base(s, a.dir2, STR_OFF(link, newpath), STR_OFF(link, base2));
	return out_end(s);
}

SYSCALL(sys_unlink)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_unlink *e;
	bool at, dir;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	s = sys_begin(&c, EV_CLASS_unlink, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, unlink);
	at = c.event == EV_unlinkat;
	e->res = c.ret;
	e->dirfd = at ? (int)SYS_ARG(&c, 0) : AT_FDCWD;
	e->flags = at ? SYS_ARG(&c, 2) : 0;
	dir = c.event == EV_rmdir || (e->flags & AT_REMOVEDIR);
	OUT_STR(s, unlink, path, put_user_str, at ? SYS_ARG(&c, 1) : SYS_ARG(&c, 0));
	put_objects(s->idx, dir ? OBJECT_RMDIR : OBJECT_UNLINK, STR_OFF(unlink, obj1), 0);
	put_base(s, e->dirfd, STR_OFF(unlink, path), STR_OFF(unlink, base1));
	return out_end(s);
}

/* mkdir, mkdirat, mknod, mknodat. */
SYSCALL(sys_make)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_mkdir *e;
	bool at, node;
	__u32 type;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	s = sys_begin(&c, EV_CLASS_mkdir, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, mkdir);
	at = c.event == EV_mkdirat || c.event == EV_mknodat;
	node = c.event == EV_mknod || c.event == EV_mknodat;
	e->res = c.ret;
	e->dirfd = at ? (int)SYS_ARG(&c, 0) : AT_FDCWD;
	e->mode = (at ? SYS_ARG(&c, 2) : SYS_ARG(&c, 1)) & (node ? S_IFMT | 07777 : 07777);
	type = e->mode & S_IFMT;
	if (node && (type == S_IFCHR || type == S_IFBLK))
		e->dev = at ? SYS_ARG(&c, 3) : SYS_ARG(&c, 2);
	OUT_STR(s, mkdir, path, put_user_str, at ? SYS_ARG(&c, 1) : SYS_ARG(&c, 0));
	put_objects(s->idx, node ? OBJECT_MKNOD : OBJECT_MKDIR, STR_OFF(mkdir, obj1), 0);
	put_base(s, e->dirfd, STR_OFF(mkdir, path), STR_OFF(mkdir, base1));
	return out_end(s);
}
