/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The floor: an empty program on each hook that hullwatch attaches to. What these cost, no agent
 * on the same hooks can undercut. hooks.h is made by tests/bench/run from the sources in bpf/:
 * one line EMPTY(HOOK) each.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define EMPTY(hook)                                                                                \
	SEC("tp_btf/" #hook)                                                                       \
	int floor_##hook(void *ctx)                                                                \
	{                                                                                          \
		(void)ctx;                                                                         \
		return 0;                                                                          \
	}
#include "hooks.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
