/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Credentials and what else a process may decide about itself: ids, capabilities, prctl(2). What
 * came of ids and capabilities is in the header.
 */
#include "sys.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define PFA_NO_NEW_PRIVS 0 /* bit of task_struct.atomic_flags */

#define PR_SET_NAME 15
#define PR_SET_MDWE 65
#define PR_SET_PTRACER 0x59616d61 /* "Yama" */
#define PR_CAP_AMBIENT 47
#define PR_CAP_AMBIENT_IS_SET 1
#define OPTION(nr) | (1ull << (nr))
/* Options below 64 that set something a rule may care about: DUMPABLE, KEEPCAPS, NAME, SECCOMP,
 * CAPBSET_DROP, SECUREBITS, MM, CHILD_SUBREAPER, NO_NEW_PRIVS, CAP_AMBIENT, SPECULATION_CTRL,
 * SYSCALL_USER_DISPATCH. What only asks is not told. */
#define TOLD                                                                                       \
	(0 OPTION(4) OPTION(8) OPTION(PR_SET_NAME) OPTION(22) OPTION(24) OPTION(28) OPTION(35)     \
		 OPTION(36) OPTION(38) OPTION(PR_CAP_AMBIENT) OPTION(53) OPTION(59))

/* The 16-bit calls say "leave it" with 16 ones. */
static __always_inline __u32 first_id(const struct sys_call *c)
{
	__u32 id = SYS_ARG(c, 0);

	if (!c->old)
		return id;
	id &= 0xffff;
	return id == 0xffff ? 0xffffffff : id;
}

SYSCALL(sys_cred)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_setuid *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_setuid, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, setuid);
	e->res = c.ret;
	e->uid = first_id(&c);
	return out_end(s);
}

SYSCALL(sys_capset)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct cred *cred = KREAD(task, cred);
	struct sys_call c;
	struct scratch *s;
	struct ev_capset *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_capset, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, capset);
	e->res = c.ret;
	e->cap_inheritable = CRED_CAPS(cred, cap_inheritable);
	e->cap_bset = CRED_CAPS(cred, cap_bset);
	e->cap_ambient = CRED_CAPS(cred, cap_ambient);
	return out_end(s);
}

/* A new name is needed for the state, the rest only by who asks for it: a runtime drops some forty
 * capabilities one by one from the bounding set of each container. */
static __always_inline bool option_told(__u32 option, __u64 arg2)
{
	if (option == PR_SET_NAME)
		return true;
	if (!event_wanted(EV_prctl))
		return false;
	if (option == PR_SET_PTRACER || option == PR_SET_MDWE)
		return true;
	if (option == PR_CAP_AMBIENT && arg2 == PR_CAP_AMBIENT_IS_SET)
		return false;
	return option < 64 && (TOLD >> option & 1);
}

SYSCALL(sys_prctl)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct sys_call c;
	struct scratch *s;
	struct ev_prctl *e;

	if (!sys_read(&c, ctx) || !option_told(SYS_ARG(&c, 0), SYS_ARG(&c, 1)) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_prctl, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, prctl);
	e->res = c.ret;
	e->option = SYS_ARG(&c, 0);
	e->arg2 = SYS_ARG(&c, 1);
	e->arg3 = SYS_ARG(&c, 2);
	e->no_new_privs = KREAD(task, atomic_flags) >> PFA_NO_NEW_PRIVS & 1;
	e->seccomp = KREAD(task, seccomp.mode);
	return out_end(s);
}
