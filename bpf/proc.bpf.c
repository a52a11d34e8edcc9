/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Processes: fork, exec, exit; and the calls that change what a process is called or belongs to. */
#include "hash.h"
#include "image.bpf.h"
#include "objects.bpf.h"
#include "sys.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define SIGNAL_GROUP_EXIT 4
#define REAPER_STEPS 32 /* nested subreapers and forgotten shells between; deeper: reaper unknown */
#define HASH_BLOCK 2048
#define AUXV_PAIRS 32 /* 7.3 fills 24 of them */
#define AT_EXECFN 31

extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;

/* What reads the address needs no reference: kernel memory is read by functions that may fail. */
__noinline __u64 task_by_number(__u64 pid)
{
	struct task_struct *task;
	__u64 at = 0;

	if (!knobs.preemptible)
		return 0; /* older kernels lack the functions */
	task = bpf_task_from_pid(pid);
	if (!task)
		return 0;
	bpf_probe_read_kernel(&at, sizeof(at), &task); /* read back, it is a number */
	bpf_task_release(task);
	return at;
}

TRACEPOINT(sched, sched_process_fork)
int on_fork(__u64 *ctx)
{
	struct task_struct *child = forked_task(ctx);
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

/* --- exec --- */

/* Hashes the next HASH_BLOCK bytes; not 0 when there are no more or they cannot be read. Blocks are
 * many and one is short, as the verifier walks through one of them and once around the calls. */
__noinline int hash_block(__u64 slot)
{
	struct path_room *t = path_room(slot);
	__u64 left, len, h;
	__u32 i;

	if (!t)
		return -1;
	left = t->hash.end - t->hash.at;
	len = left < HASH_BLOCK ? left : HASH_BLOCK;
	barrier_var(len);
	len &= 2 * HASH_BLOCK - 1;
	if (!len || len > HASH_BLOCK)
		return 1;
	if (bpf_probe_read_user(t->bytes, len, (void *)t->hash.at)) {
		t->hash.fault = 1;
		return -1;
	}
#pragma unroll
	for (i = 0; i < 8; i++)
		t->bytes[len + i] = 0;
	h = t->hash.value;
	for (i = 0; i < HASH_BLOCK; i += 8) {
		if (i >= len)
			break;
		h = hw_hash_word(h, *(__u64 *)&t->bytes[i]);
	}
	t->hash.value = h;
	t->hash.at += len;
	return 0;
}

/* Of all bytes from start to end; 0 when they are too many or one cannot be read. */
__noinline __u64 hash_user(__u64 slot, __u64 start, __u64 end)
{
	struct path_room *t = path_room(slot);
	__u32 i;

	if (!t || end <= start || end - start > HW_HASH_MAX)
		return 0;
	t->hash.at = start;
	t->hash.end = end;
	t->hash.fault = 0;
	t->hash.value = hw_hash_begin(end - start);
	for (i = 0; i < HW_HASH_MAX / HASH_BLOCK; i++)
		if (hash_block(slot))
			break;
	return t->hash.fault ? 0 : hw_hash_end(t->hash.value);
}

/* A name that the kernel copied, behind the path of the current directory when it is relative.
 * Links and ".." in it are not followed: what the caller passed. */
__noinline int put_absolute(__u64 slot, __u64 name, __u64 str_off)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct scratch *s = scratch_slot(slot);
	struct hw_str *str;
	char begin[2] = {};
	__u64 off, at; /* 64 bits: of shorter numbers the test would be made on a copy */
	long n;

	if (!s || str_off > FIXED_MAX)
		return -1;
	barrier_var(str_off);
	str_off &= 2 * FIXED_MAX - 1;
	str = (struct hw_str *)&s->rec[str_off];
	bpf_probe_read_kernel(begin, sizeof(begin), (void *)name);
	if (begin[0] == '/') {
		put_kernel_str(slot, name, str_off);
		str->flags |= HW_STR_USER;
		return 0;
	}
	if (begin[0] == '.' && begin[1] == '/')
		name += 2;
	if (put_path(slot, (__u64)KREAD(task, fs, pwd.mnt), (__u64)KREAD(task, fs, pwd.dentry),
		     str_off))
		return -1;
	off = str->off;
	at = off + (str->len > 1 ? str->len : 0); /* the root's own slash is the one before */
	if (at > REC_LAST) {
		count_lost(s->class, HW_LOST_no_room);
		str_set(s, str_off, off, str->len, str->flags | HW_STR_USER | HW_STR_CUT);
		return 0;
	}
	s->rec[at] = '/';
	n = bpf_probe_read_kernel_str(&s->rec[at + 1], HW_PATH_MAX, (void *)name);
	str_set(s, str_off, off, at + (n > 0 ? n : 1) - off, str->flags | HW_STR_USER);
	return 0;
}

static __always_inline void exec_args(struct scratch *s, struct ev_execve *e,
				      struct task_struct *task)
{
	__u64 start = KREAD(task, mm, arg_start), end = KREAD(task, mm, arg_end);

	e->argv_len = end > start ? end - start : 0;
	OUT_STR(s, execve, argv, put_user_argv, start, end);
	if (e->argv_len > HW_ARGV_MAX)
		OUT_STR(s, execve, argv_tail, put_user_tail, start, end);
	e->argv_hash = hash_user(s->idx, start, end);
}

/* What was run is no program itself (a script, or of a format that binfmt_misc knows): the kernel
 * went on to an interpreter. The file it began with is known from an object hook, or where the
 * interpreter gets it as a descriptor; else there is its name. */
static __always_inline void exec_script(struct scratch *s, struct linux_binprm *bprm)
{
	__u64 filename = (__u64)KREAD(bprm, filename), interp = (__u64)KREAD(bprm, interp);
	struct file *file = NULL;

	if (interp == filename) {
		drop_objects();
		return;
	}
	OUT_STR(s, execve, interp, put_kernel_str, interp);
	if (!put_objects(s->idx, OBJECT_SCRIPT, STR_OFF(execve, script), 0))
		return;
	if (BPF_CORE_READ_BITFIELD_PROBED(bprm, have_execfd))
		file = (void *)fd_file(KREAD(bprm, execfd));
	if (file)
		OUT_STR(s, execve, script, put_path, (__u64)KREAD(file, f_path.mnt),
			(__u64)KREAD(file, f_path.dentry));
	else
		OUT_STR(s, execve, script, put_absolute, filename);
}

/* --- exec where this program may be skipped (compat.bpf.h) ---
 *
 * Perf's programs of the tracepoint lack the linux_binprm. So on_exec is a BPF tracepoint's on
 * every kernel, and the end of the call, which is never skipped for another task's sake, tells what
 * it has missed. */

/* Which exec of that task on_exec came to. */
struct exec_mark {
	__u64 start;
	__u64 exec_id;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, HW_EXEC_MARKS);
	__type(key, __u64);
	__type(value, struct exec_mark);
} exec_marks SEC(".maps");

static __always_inline struct exec_mark mark_of(struct task_struct *task)
{
	struct exec_mark m = {
		.start = KREAD(task, start_boottime),
		.exec_id = KREAD(task, self_exec_id),
	};

	return m;
}

static __always_inline void exec_mark(struct task_struct *task)
{
	struct exec_mark m = mark_of(task);
	__u64 key = (__u64)task;

	bpf_map_update_elem(&exec_marks, &key, &m, BPF_ANY);
}

/* Did on_exec come to the exec whose call ends here? */
static __always_inline bool exec_unmark(struct task_struct *task)
{
	struct exec_mark now = mark_of(task), *m;
	__u64 key = (__u64)task;
	bool same;

	m = bpf_map_lookup_elem(&exec_marks, &key);
	if (!m)
		return false;
	same = m->start == now.start && m->exec_id == now.exec_id;
	bpf_map_delete_elem(&exec_marks, &key);
	return same;
}

/* The name that was run, as the kernel left it on the new stack; 0: not found. */
static __always_inline __u64 exec_name(struct task_struct *task)
{
	const struct mm_struct *mm = KREAD(task, mm);
	__u64 at = (__u64)mm + bpf_core_field_offset(struct mm_struct, saved_auxv);
	__u64 pair[2];
	__u32 i;

	for (i = 0; i < AUXV_PAIRS; i++) {
		if (bpf_probe_read_kernel(pair, sizeof(pair), (void *)(at + i * sizeof(pair))) ||
		    !pair[0])
			return 0;
		if (pair[0] == AT_EXECFN)
			return pair[1];
	}
	return 0;
}

static __always_inline int tell_missed_exec(const struct sys_call *c)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct ev_execve *e;
	struct scratch *s;
	__u64 name;

	if (!knobs.preemptible || exec_unmark(task) || filter_own())
		return 0;
	s = out_begin(c->event, EV_CLASS_execve, sizeof(*e));
	if (!s)
		return drop_objects();
	count_lost(EV_CLASS_execve, HW_LOST_exec_bare);
	e = OUT_REC(s, execve);
	if (syscall_is_compat())
		e->h.flags |= HW_F_COMPAT;
	exec_args(s, e, task);
	fill_image(s, (struct hw_image *)&e->exe_ino, STR_OFF(execve, exe_ino), task);
	name = exec_name(task);
	if (name)
		OUT_STR(s, execve, filename, put_user_str, name);
	put_objects(s->idx, OBJECT_SCRIPT, STR_OFF(execve, script), 0);
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

	if (knobs.preemptible)
		exec_mark(task);
	if (filter_own())
		return 0;
	type = KREAD(bprm, fdpath) ? EV_execveat : EV_execve;
	s = out_begin(type, EV_CLASS_execve, sizeof(*e));
	if (!s)
		return drop_objects();
	e = OUT_REC(s, execve);
	if (syscall_is_compat())
		e->h.flags |= HW_F_COMPAT;
	exec_args(s, e, task);
	fill_image(s, (struct hw_image *)&e->exe_ino, STR_OFF(execve, exe_ino), task);
	OUT_STR(s, execve, filename, put_kernel_str, (__u64)KREAD(bprm, filename));
	exec_script(s, bprm);
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
TRACEPOINT(sched, sched_process_exit)
int on_exit_dead(__u64 *ctx)
{
	bool group_dead = knobs.preemptible ? TP_FIELD(ctx, sched_process_exit, group_dead) :
					      (__u8)ctx[1];

	return group_dead ? process_exit((void *)bpf_get_current_task()) : 0;
}

/* Before, the count of live threads does; two threads that end at once may both find it 0, so that
 * an exit can be told twice. */
TRACEPOINT(sched, sched_process_exit)
int on_exit(__u64 *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return KREAD(task, signal, live.counter) ? 0 : process_exit(task);
}

/* Exec that failed; one that succeeded has been told by on_exec. */
SYSCALL(sys_exec)
{
	struct sys_call c;
	struct scratch *s;
	struct ev_execve *e;

	if (!sys_read(&c, ctx))
		return 0;
	if (c.ret >= 0)
		return tell_missed_exec(&c);
	drop_objects(); /* a script whose interpreter could not be run */
	if (filter_own())
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
