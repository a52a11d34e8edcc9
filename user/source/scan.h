/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The processes that ran before hullwatch did, as `proc` records: from the kernel's task iterator,
 * with the arguments from /proc; from /proc alone where there is no iterator. Opens no BPF itself.
 */
#ifndef HW_SCAN_H
#define HW_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/rootfs.h"

struct scan_ctx {
	const struct rootfs *root;
	int (*emit)(void *ctx, void *data, size_t len); /* as source_sink_fn */
	void *ctx;
	uint64_t short_of; /* processes of which something could not be read (HW_LOST_scan_short) */
	uint64_t count;    /* records handed on */
};

/* iter_fd yields records of the iterator until its end. 0 or negative errno. */
int scan_iter(struct scan_ctx *s, int iter_fd);
/* The same without BPF. Start times are rounded to clock ticks, namespaces and cgroups of processes
 * that /proc does not show are 0. */
int scan_proc(struct scan_ctx *s, uint64_t now_ns, uint32_t own_pid);

#endif
