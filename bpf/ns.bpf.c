/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Namespaces: entered, left, made; and what the names in one are set to. */
#include "target.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define CLONE_NEWUSER 0x10000000
#define UTS_NAME_MAX 64

struct ns_ids {
	__u32 mnt, pid, net, user;
};

static __always_inline struct ns_ids task_namespaces(struct task_struct *task)
{
	struct nsproxy *all = KREAD(task, nsproxy);
	struct ns_ids ids = {
		.mnt = KREAD(all, mnt_ns, ns.inum),
		.pid = KREAD(all, pid_ns_for_children, ns.inum),
		.net = KREAD(all, net_ns, ns.inum),
		.user = KREAD(task, cred, user_ns, ns.inum),
	};

	return ids;
}

#define PUT_NAMESPACES(e, task)                                                                    \
	({                                                                                         \
		const struct ns_ids ids_ = task_namespaces(task);                                  \
		(e)->mntns = ids_.mnt;                                                             \
		(e)->pidns = ids_.pid;                                                             \
		(e)->netns = ids_.net;                                                             \
		(e)->userns = ids_.user;                                                           \
	})

SYSCALL(sys_setns)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct sys_call c;
	struct scratch *s;
	struct ev_setns *e;
	__u64 file;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_setns, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, setns);
	e->res = c.ret;
	e->fd = SYS_ARG(&c, 0);
	e->nstype = SYS_ARG(&c, 1);
	PUT_NAMESPACES(e, task);
	file = fd_file(e->fd);
	OUT_STR(s, setns, obj, put_fdobj, file);
	OUT_TARGET(s, setns, file_task(file));
	return out_end(s);
}

/* init is the first process in the namespace. */
static __always_inline void put_userns(struct ev_userns_create *e, struct task_struct *init)
{
	struct cred *cred = KREAD(init, cred);
	struct user_namespace *ns = KREAD(cred, user_ns);

	e->cap_effective = CRED_CAPS(cred, cap_effective);
	e->child_pid = KREAD(init, tgid);
	e->userns = KREAD(ns, ns.inum);
	e->parent_userns = KREAD(ns, parent, ns.inum);
	e->level = KREAD(ns, level);
}

static __always_inline void tell_userns(struct task_struct *init, __u32 flags)
{
	struct ev_userns_create *e;
	struct scratch *s;

	s = out_begin(EV_userns_create, EV_CLASS_userns_create, sizeof(*e));
	if (!s)
		return;
	e = OUT_REC(s, userns_create);
	e->h.flags |= flags;
	put_userns(e, init);
	out_end(s);
}

static __always_inline void tell_unshare(struct sys_call *c, struct task_struct *task)
{
	struct ev_unshare *e;
	struct scratch *s;

	c->event = EV_unshare;
	s = sys_begin(c, EV_CLASS_unshare, sizeof(*e));
	if (!s)
		return;
	e = OUT_REC(s, unshare);
	e->res = c->ret;
	e->flags = SYS_ARG(c, 0);
	PUT_NAMESPACES(e, task);
	out_end(s);
}

/* Tells two events, each when it is asked for: it is in two rows of the hook table. */
SYSCALL(sys_unshare)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct sys_call c;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	if (event_wanted(EV_unshare))
		tell_unshare(&c, task);
	if (event_wanted(EV_userns_create) && !c.ret && (SYS_ARG(&c, 0) & CLONE_NEWUSER))
		tell_userns(task, c.flags);
	return 0;
}

/* A new process in a user namespace of its own. */
TRACEPOINT(sched, sched_process_fork)
int on_fork_userns(__u64 *ctx)
{
	struct task_struct *parent = (void *)bpf_get_current_task();
	struct task_struct *child = forked_task(ctx);

	if (KREAD(child, cred, user_ns) == KREAD(parent, cred, user_ns) || filter_own())
		return 0;
	tell_userns(child, 0);
	return 0;
}

/* The kernel's copy of the name after the call; of a call that failed, what was passed. */
SYSCALL(sys_set_uts_name)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 uts = (__u64)KREAD(task, nsproxy, uts_ns), len;
	struct sys_call c;
	struct scratch *s;
	struct ev_sethostname *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_sethostname, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, sethostname);
	e->res = c.ret;
	uts += bpf_core_field_offset(struct uts_namespace, name);
	if (c.event == EV_setdomainname)
		uts += bpf_core_field_offset(struct new_utsname, domainname);
	else
		uts += bpf_core_field_offset(struct new_utsname, nodename);
	len = (__u32)SYS_ARG(&c, 1);
	if (!c.ret)
		OUT_STR(s, sethostname, name, put_kernel_str, uts);
	else
		OUT_STR(s, sethostname, name, put_user_data, SYS_ARG(&c, 0),
			len > UTS_NAME_MAX ? UTS_NAME_MAX : len);
	return out_end(s);
}
