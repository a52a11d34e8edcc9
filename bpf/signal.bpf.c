/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Signals that one process sends to others.
 *
 * Of a call that names one process or thread, the target is found by that number or descriptor at
 * the end of the call, also when the call was refused or only asked (signal 0). kill(2) can name a
 * group or everybody: whom it reached is then only seen while it sends, one by one, so that a
 * tracepoint notes the last and counts them. Without the tracepoint, or with signal 0, a group's
 * target is one of its members and the count is 0.
 *
 * Threads signal each other all the time (pthread_kill, the preemption of some language runtimes):
 * a call that can only name a thread (tkill, tgkill, rt_tgsigqueueinfo), and succeeds on one of the
 * caller's own process, is not told.
 */
#include "target.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define SI_USER 0 /* si_code of kill(2) */
#define SEND_SIG_NOINFO 0 /* in the place of an info: as SI_USER, from the current process */
#define TRACE_SIGNAL_OVERFLOW_FAIL 3

struct signal_note {
	struct target last; /* that a signal was sent to: it may be gone when the call ends */
	__u32 count;
	__u32 nr; /* of the system call, as the registers have it */
};

/* What kill(2) sent, by sending thread, until the call's end. Some other calls send signals of this
 * kind (a write that nobody reads) and leave a note that no exit takes: it counts for nothing, as
 * it names its call, and the least recent one goes when the table is full. As many are needed as
 * threads kill at once; one that is gone means a call without a count. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, struct signal_note);
} signal_notes SEC(".maps");

static __always_inline __u32 current_nr(void)
{
	struct pt_regs *regs = current_regs();

	return regs ? KREAD(regs, SYSCALL_NR_FIELD) : 0;
}

/* Is it what kill(2) sends? 6.12 gives an info that says so, 7.3 none. The number in the place of
 * the pointer is read from the arguments' memory: to the verifier the pointer is never NULL, and it
 * would drop the question. */
static __always_inline bool from_user(__u64 *ctx)
{
	__u64 info = 0;
	int code;

	if (bpf_probe_read_kernel(&info, sizeof(info), &ctx[1]))
		return false;
	if (info == SEND_SIG_NOINFO)
		return true;
	if (bpf_probe_read_kernel(&code, sizeof(code),
				  (void *)info + bpf_core_field_offset(struct kernel_siginfo,
								       si_code)))
		return false; /* SEND_SIG_PRIV, 1: the kernel's own */
	return code == SI_USER;
}

SEC("?tp_btf/signal_generate")
int BPF_PROG(on_signal, int sig, struct kernel_siginfo *info, struct task_struct *task, int group,
	     int result)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct signal_note *known, note = {};

	if (result == TRACE_SIGNAL_OVERFLOW_FAIL || !from_user(ctx) || filter_own())
		return 0;
	note.nr = current_nr();
	known = bpf_map_lookup_elem(&signal_notes, &key);
	if (known && known->nr == note.nr)
		note.count = known->count;
	note.count++;
	target_read(&note.last, task);
	bpf_map_update_elem(&signal_notes, &key, &note, BPF_ANY);
	return 0;
}

struct kill_args {
	int pid;
	int tid;
	__u32 sig;
	__u64 task; /* that the number stands for */
};

/* Of kill's number: 0 is the caller's group, -1 everybody, another negative one a group. */
static __always_inline __u64 kill_task(int pid)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (pid > 0)
		return pid_task(pid, PIDTYPE_PID);
	if (pid == -1)
		return 0;
	return pid ? pid_task(-(__s64)pid, PIDTYPE_PGID) : (__u64)task;
}

static __always_inline void kill_args(const struct sys_call *c, struct kill_args *a)
{
	a->pid = SYS_ARG(c, 0);
	switch (c->event) {
	case EV_kill:
		a->sig = SYS_ARG(c, 1);
		a->task = kill_task(a->pid);
		break;
	case EV_rt_sigqueueinfo:
		a->sig = SYS_ARG(c, 1);
		a->task = pid_task(a->pid, PIDTYPE_PID);
		break;
	case EV_tkill:
		a->tid = a->pid;
		a->pid = 0;
		a->sig = SYS_ARG(c, 1);
		a->task = pid_task(a->tid, PIDTYPE_PID);
		break;
	case EV_tgkill:
	case EV_rt_tgsigqueueinfo:
		a->tid = SYS_ARG(c, 1);
		a->sig = SYS_ARG(c, 2);
		a->task = pid_task(a->tid, PIDTYPE_PID);
		break;
	case EV_pidfd_send_signal:
		a->sig = SYS_ARG(c, 1);
		a->task = file_task(fd_file(a->pid));
		break;
	}
}

/* A thread's message to another of its own process. */
static __always_inline bool kill_unwanted(const struct sys_call *c, const struct kill_args *a)
{
	struct task_struct *task = (void *)a->task;

	return a->tid && c->ret >= 0 && task &&
	       KREAD(task, tgid) == bpf_get_current_pid_tgid() >> 32;
}

/* What the tracepoint saw of this call; also forgets it. */
static __always_inline struct signal_note note_take(const struct sys_call *c)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct signal_note *known, note = {};

	known = bpf_map_lookup_elem(&signal_notes, &key);
	if (!known)
		return note;
	if (known->nr == SYSCALL_NR(c->regs))
		note = *known;
	bpf_map_delete_elem(&signal_notes, &key); /* -ENOENT: the table was full meanwhile */
	return note;
}

SYSCALL(sys_kill)
{
	struct kill_args a = {};
	struct signal_note note;
	struct sys_call c;
	struct scratch *s;
	struct ev_kill *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	note = note_take(&c);
	kill_args(&c, &a);
	if (kill_unwanted(&c, &a))
		return 0;
	s = sys_begin(&c, EV_CLASS_kill, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, kill);
	e->res = c.ret;
	e->pid = a.pid;
	e->tid = a.tid;
	e->sig = a.sig;
	e->count = note.count;
	if (!e->count && !c.ret && a.sig && a.task && c.event != EV_kill)
		e->count = 1;
	if (note.count)
		*(struct target *)&e->target_start = note.last;
	else
		OUT_TARGET(s, kill, a.task);
	return out_end(s);
}
