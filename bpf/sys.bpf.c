/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The one program that every system call passes on its way out. It knows no call: it makes the
 * number native and jumps to whoever wants it.
 */
#include "sys.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

TRACEPOINT(raw_syscalls, sys_exit)
int dispatch(__u64 *ctx)
{
	struct pt_regs *regs = exit_regs(ctx);
	__u32 nr = SYSCALL_NR(regs);
	bool compat = syscall_is_compat();

	if (compat || (nr & X32_SYSCALL_BIT))
		nr = (compat_value(nr, COMPAT_ARG0(regs), compat) & (HW_COMPAT_OLD - 1)) - 1;
	bpf_tail_call(ctx, &sys_progs, nr);
	return 0;
}
