/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The processes that were there before us, as `proc` records on the iterator's file instead of the
 * ring. Arguments are missing: another process's memory is not readable here, user space adds them.
 */
#include "image.bpf.h"
#include "objects.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("?iter/task")
int scan_task(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct ev_proc *e;
	struct scratch *s;
	__u64 len;
	int slot;

	learn_regs(); /* of whoever runs the iterator */
	if (!task || task->pid != task->tgid || task->tgid == knobs.own_pid)
		return 0;
	if (KREAD(task, signal, live.counter) <= 0)
		return 0; /* ended, its parent has not looked yet */
	slot = out_open(EV_proc, EV_CLASS_proc, sizeof(*e), (__u64)KREAD(task, group_leader));
	s = slot < 0 ? NULL : scratch_slot(slot);
	if (!s)
		return 0;
	e = OUT_REC(s, proc);
	e->h.flags |= HW_F_SYNTH;
	fill_image(s, (struct hw_image *)&e->exe_ino, STR_OFF(proc, exe_ino), (void *)task);
	/* The mask is for the verifier, to whom a function's result may be negative. A
	 * length of 0 writes nothing: a test for it would be merged into one of len - 1. */
	len = out_seal(slot) & 0x7fff;
	if (len <= REC_CAP)
		bpf_seq_write(seq, s->rec, len);
	out_drop(slot);
	return 0;
}
