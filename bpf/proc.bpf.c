/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Processes: fork, exec, exit; and the calls that change what a process is called or belongs to. */
#include "image.bpf.h"
#include "sys.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define SIGNAL_GROUP_EXIT 4
#define REAPER_STEPS 32 /* nested subreapers and forgotten shells between; deeper: reaper unknown */

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct ev_fork *e;
	struct scratch *s;
	__u32 tgid = KREAD(child, tgid);

	if (KREAD(child, pid) != tgid || filter_own())
		return 0; /* a thread */
	s = out_begin(EV_fork, EV_CLASS_fork, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, fork);
	e->child_pid = tgid;
	e->child_start = KREAD(child, start_boottime);
	e->child_cgroup = task_cgroup(child);
	e->child_vpid = task_vpid(child).nr;
	e->child_ppid = KREAD(child, real_parent, tgid);
	return out_end(s);
}

/* execveat that names its file by a descriptor goes through fdpath. The system call number does
 * not tell: x86 sets it to execve's when the new image takes over (set_personality_64bit). An
 * execveat with a plain path is therefore reported as execve, which it equals. */
SEC("?tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct ev_execve *e;
	struct scratch *s;
	__u32 type;

	if (filter_own())
		return 0;
	type = KREAD(bprm, fdpath) ? EV_execveat : EV_execve;
	s = out_begin(type, EV_CLASS_execve, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, execve);
	if (syscall_is_compat())
		e->h.flags |= HW_F_COMPAT;
	OUT_STR(s, execve, argv, put_user_argv, KREAD(task, mm, arg_start),
		KREAD(task, mm, arg_end));
	OUT_STR(s, execve, filename, put_kernel_str, (__u64)KREAD(bprm, filename));
	fill_image(s, (struct hw_image *)&e->exe_ino, STR_OFF(execve, exe_ino), task);
	return out_end(s);
}

/* The process that the kernel gives the children to (find_new_reaper): the nearest ancestor in the
 * same pid namespace that asked for it, else the namespace's first process. 0 when that is the one
 * that ends: its namespace ends with it. */
static __always_inline __u32 init_reaper(struct task_struct *task,
					 struct task_struct *init)
{
	__u32 tgid = KREAD(init, tgid);

	return tgid == KREAD(task, tgid) ? 0 : tgid;
}

static __always_inline __u32 reaper_of(struct task_struct *task)
{
	struct pid *pid = KREAD(task, thread_pid);
	__u32 level = KREAD(pid, level);
	struct pid_namespace *pidns = pid_at(pid, level).ns;
	struct task_struct *init = KREAD(pidns, child_reaper);
	struct task_struct *at = task;
	struct signal_struct *signal = KREAD(task, signal);
	__u32 i;

	if (!BPF_CORE_READ_BITFIELD_PROBED(signal, has_child_subreaper))
		return init_reaper(task, init);
	for (i = 0; i < REAPER_STEPS; i++) {
		at = KREAD(at, real_parent);
		if (at == init || KREAD(at, thread_pid, level) != level)
			return init_reaper(task, init);
		signal = KREAD(at, signal);
		if (BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper) &&
		    KREAD(signal, live.counter) > 0)
			return KREAD(at, tgid);
	}
	return 0;
}

static __always_inline int process_exit(struct task_struct *task)
{
	struct signal_struct *signal = KREAD(task, signal);
	struct ev_procexit *e;
	struct scratch *s;

	if (filter_own())
		return 0;
	s = out_begin(EV_procexit, EV_CLASS_procexit, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, procexit);
	if (KREAD(signal, flags) & SIGNAL_GROUP_EXIT)
		e->status = KREAD(signal, group_exit_code);
	else
		e->status = KREAD(task, group_leader, exit_code);
	e->reaper = reaper_of(task);
	return out_end(s);
}

/* From 6.16 the tracepoint says whether this is the process's last thread. */
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(on_exit_dead, struct task_struct *task, bool group_dead)
{
	return group_dead ? process_exit(task) : 0;
}

/* Before, the count of live threads does; two threads that end at once may both find it 0, so that
 * an exit can be told twice. */
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	return KREAD(task, signal, live.counter) ? 0 : process_exit(task);
}

/* Exec that failed; one that succeeded has been told by on_exec. */
SYSCALL(sys_exec)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_execve *e;

	if (!sys_read(&c, ctx) || c.ret >= 0 || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_execve, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, execve);
	e->res = c.ret;
	OUT_STR(s, execve, filename, put_user_str,
		c.event == EV_execveat ? SYS_ARG(&c, 1) : SYS_ARG(&c, 0));
	return out_end(s);
}

SYSCALL(sys_setsid)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct sys_call c;
	struct scratch *s;
	struct ev_setsid *e;

	if (!sys_read(&c, ctx) || c.ret < 0 || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_setsid, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, setsid);
	e->res = c.ret;
	e->sid = pid_at(KREAD(task, signal, pids[PIDTYPE_SID]), 0).nr;
	return out_end(s);
}
