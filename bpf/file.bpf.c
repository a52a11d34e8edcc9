/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Files: open and its relatives, directories changed.
 *
 * Calls of one shape share a program, here and elsewhere; their structs have the same fields
 * (shapes.h), so the first one's name serves all.
 */
#include "file.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define O_CREAT_FLAGS 01101 /* creat(2): O_CREAT | O_WRONLY | O_TRUNC */

struct open_args {
	__u64 name;
	__u64 resolve;
	__u32 flags;
	__u32 mode;
	int dirfd;
};

struct open_how {
	__u64 flags;
	__u64 mode;
	__u64 resolve;
};

static __always_inline void open_args(const struct sys_call *c, struct open_args *a)
{
	struct open_how how = {};

	a->dirfd = AT_FDCWD;
	switch (c->event) {
	case EV_open:
		a->name = SYS_ARG(c, 0);
		a->flags = SYS_ARG(c, 1);
		a->mode = SYS_ARG(c, 2);
		break;
	case EV_creat:
		a->name = SYS_ARG(c, 0);
		a->flags = O_CREAT_FLAGS;
		a->mode = SYS_ARG(c, 1);
		break;
	case EV_openat:
		a->dirfd = SYS_ARG(c, 0);
		a->name = SYS_ARG(c, 1);
		a->flags = SYS_ARG(c, 2);
		a->mode = SYS_ARG(c, 3);
		break;
	case EV_openat2:
		a->dirfd = SYS_ARG(c, 0);
		a->name = SYS_ARG(c, 1);
		if (bpf_probe_read_user(&how, sizeof(how), (void *)SYS_ARG(c, 2)))
			count_lost(HW_CLASS_FILE, HW_LOST_str_fault);
		a->flags = how.flags;
		a->mode = how.mode;
		a->resolve = how.resolve;
		break;
	case EV_open_by_handle_at: /* the second argument is no name */
		a->dirfd = SYS_ARG(c, 0);
		a->flags = SYS_ARG(c, 2);
		break;
	}
	a->mode = a->flags & (O_CREAT | O_TMPFILE) ? a->mode & 07777 : 0;
}

SYSCALL(sys_open)
{
	struct open_args a = {};
	struct sys_call c;
	struct scratch *s;
	struct ev_open *e;
	__u64 file;

	if (!sys_read(&c, ctx) || filter_bulk())
		return 0;
	s = sys_begin(&c, EV_CLASS_open, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, open);
	open_args(&c, &a);
	e->fd = c.ret;
	e->dirfd = a.dirfd;
	e->flags = a.flags;
	e->mode = a.mode;
	e->resolve = a.resolve;
	if (c.event != EV_open_by_handle_at)
		OUT_STR(s, open, name, put_user_str, a.name);
	file = fd_file(c.ret);
	if (file)
		open_object(s, e, (void *)file);
	else
		put_base(s, a.dirfd, STR_OFF(open, name), STR_OFF(open, base));
	return out_end(s);
}

/* chdir, fchdir, chroot: what matters is where the process is afterwards. */
SYSCALL(sys_chdir)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct sys_call c;
	struct scratch *s;
	struct ev_chdir *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	if (c.ret < 0 && (c.event != EV_chroot || !event_wanted(EV_chroot)))
		return 0;
	s = sys_begin(&c, EV_CLASS_chdir, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, chdir);
	e->res = c.ret;
	if (c.event != EV_fchdir)
		OUT_STR(s, chdir, path, put_user_str, SYS_ARG(&c, 0));
	OUT_STR(s, chdir, cwd, put_path, (__u64)KREAD(task, fs, pwd.mnt),
		(__u64)KREAD(task, fs, pwd.dentry));
	return out_end(s);
}
