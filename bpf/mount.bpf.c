/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Mounts: mount and umount, pivot_root, and the calls that replace them (fsopen and the rest).
 *
 * Base directories are those after the call. After a pivot_root they are seen from the new root.
 */
#include "objects.bpf.h"
#include "sys.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Some file systems take a struct for their options; all of those begin with a small number. */
static __always_inline bool is_text(__u64 ptr)
{
	__u8 first = 0;

	return ptr && !bpf_probe_read_user(&first, 1, (void *)ptr) && first >= ' ' && first != 127;
}

SYSCALL(sys_mount)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_mount *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_mount, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, mount);
	e->res = c.ret;
	e->flags = SYS_ARG(&c, 3);
	OUT_STR(s, mount, dir, put_user_str, SYS_ARG(&c, 1));
	put_objects(s->idx, OBJECT_MOUNT, STR_OFF(mount, obj1), 0);
	if (SYS_ARG(&c, 0))
		OUT_STR(s, mount, dev, put_user_str, SYS_ARG(&c, 0));
	put_base(s, AT_FDCWD, STR_OFF(mount, dir), STR_OFF(mount, base1));
	if (SYS_ARG(&c, 2))
		OUT_STR(s, mount, type, put_user_str, SYS_ARG(&c, 2));
	if (is_text(SYS_ARG(&c, 4)))
		OUT_STR(s, mount, data, put_user_str, SYS_ARG(&c, 4));
	return out_end(s);
}

SYSCALL(sys_umount)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_umount2 *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_umount2, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, umount2);
	e->res = c.ret;
	e->dirfd = AT_FDCWD;
	e->flags = c.old ? 0 : SYS_ARG(&c, 1);
	OUT_STR(s, umount2, name, put_user_str, SYS_ARG(&c, 0));
	put_objects(s->idx, OBJECT_UMOUNT, STR_OFF(umount2, obj1), 0);
	put_base(s, AT_FDCWD, STR_OFF(umount2, name), STR_OFF(umount2, base1));
	return out_end(s);
}

/* pivot_root, move_mount. */
SYSCALL(sys_two_mounts)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_move_mount *e;
	bool move;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_move_mount, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, move_mount);
	move = c.event == EV_move_mount;
	e->res = c.ret;
	e->from_dirfd = move ? (int)SYS_ARG(&c, 0) : AT_FDCWD;
	e->to_dirfd = move ? (int)SYS_ARG(&c, 2) : AT_FDCWD;
	e->flags = move ? SYS_ARG(&c, 4) : 0;
	OUT_STR(s, move_mount, from_pathname, put_user_str,
		move ? SYS_ARG(&c, 1) : SYS_ARG(&c, 0));
	OUT_STR(s, move_mount, to_pathname, put_user_str, move ? SYS_ARG(&c, 3) : SYS_ARG(&c, 1));
	put_objects(s->idx, move ? OBJECT_MOVE_MOUNT : OBJECT_PIVOT, STR_OFF(move_mount, obj1),
		    STR_OFF(move_mount, obj2));
	put_base(s, e->from_dirfd, STR_OFF(move_mount, from_pathname), STR_OFF(move_mount, base1));
	put_base(s, e->to_dirfd, STR_OFF(move_mount, to_pathname), STR_OFF(move_mount, base2));
	return out_end(s);
}

/* --- file system contexts --- */

SYSCALL(sys_fsopen)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_fsopen *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_fsopen, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, fsopen);
	e->fd = c.ret;
	e->flags = SYS_ARG(&c, 1);
	OUT_STR(s, fsopen, fsname, put_user_str, SYS_ARG(&c, 0));
	return out_end(s);
}

/* What fsconfig(2) is asked; the commands behind these take neither key nor value. */
enum {
	FSCONFIG_SET_FLAG,
	FSCONFIG_SET_STRING,
	FSCONFIG_SET_BINARY,
	FSCONFIG_SET_PATH,
	FSCONFIG_SET_PATH_EMPTY,
	FSCONFIG_SET_FD,
};

SYSCALL(sys_fsconfig)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_fsconfig *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_fsconfig, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, fsconfig);
	e->res = c.ret;
	e->fd = SYS_ARG(&c, 0);
	e->cmd = SYS_ARG(&c, 1);
	e->aux = SYS_ARG(&c, 4);
	if (e->cmd <= FSCONFIG_SET_FD)
		OUT_STR(s, fsconfig, key, put_user_str, SYS_ARG(&c, 2));
	if (e->cmd == FSCONFIG_SET_STRING || e->cmd == FSCONFIG_SET_PATH ||
	    e->cmd == FSCONFIG_SET_PATH_EMPTY)
		OUT_STR(s, fsconfig, value, put_user_str, SYS_ARG(&c, 3));
	return out_end(s);
}

SYSCALL(sys_fsmount)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_fsmount *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_fsmount, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, fsmount);
	e->res = c.ret;
	e->fd = SYS_ARG(&c, 0);
	e->flags = SYS_ARG(&c, 1);
	e->attrs = SYS_ARG(&c, 2);
	OUT_STR(s, fsmount, obj, put_fdobj, fd_file(c.ret));
	return out_end(s);
}

/* fspick, open_tree, open_tree_attr: a descriptor for what is mounted somewhere. */
SYSCALL(sys_open_tree)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_open_tree *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_open_tree, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, open_tree);
	e->fd = c.ret;
	e->dirfd = SYS_ARG(&c, 0);
	e->flags = SYS_ARG(&c, 2);
	OUT_STR(s, open_tree, name, put_user_str, SYS_ARG(&c, 1));
	OUT_STR(s, open_tree, obj, put_fdobj, fd_file(c.ret));
	e->ino = e->obj.ino;
	e->dev = e->obj.dev;
	/* fspick's is a context: it does not say where. */
	if (c.ret < 0 || c.event == EV_fspick)
		put_base(s, e->dirfd, STR_OFF(open_tree, name), STR_OFF(open_tree, base));
	return out_end(s);
}

struct mount_attr {
	__u64 set;
	__u64 clr;
	__u64 propagation;
};

SYSCALL(sys_mount_setattr)
{
	struct mount_attr attr = {};
	struct sys_call c;
	struct scratch *s;
	struct ev_mount_setattr *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_mount_setattr, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, mount_setattr);
	if (bpf_probe_read_user(&attr, sizeof(attr), (void *)SYS_ARG(&c, 3)))
		count_lost(HW_CLASS_KERNEL, HW_LOST_str_fault);
	e->res = c.ret;
	e->attr_set = attr.set;
	e->attr_clr = attr.clr;
	e->propagation = attr.propagation;
	e->dirfd = SYS_ARG(&c, 0);
	e->flags = SYS_ARG(&c, 2);
	OUT_STR(s, mount_setattr, path, put_user_str, SYS_ARG(&c, 1));
	put_base(s, e->dirfd, STR_OFF(mount_setattr, path), STR_OFF(mount_setattr, base1));
	return out_end(s);
}
