/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The earliest and cheapest drop: what nobody asked for is not even counted. Later the set of
 * rules that can still match for this process is looked up here.
 */
#ifndef HW_FILTER_BPF_H
#define HW_FILTER_BPF_H

#include "maps.bpf.h"

/* Does anybody ask for this event? For programs that tell several, and for what the state does not
 * need of an event that it does. id is a constant, and so is the answer to the verifier. */
static __always_inline bool event_wanted(__u32 id)
{
	return knobs.wanted[id / 8] >> (id % 8) & 1;
}

/* Our own work must not feed itself. */
static __always_inline bool filter_own(void)
{
	return bpf_get_current_pid_tgid() >> 32 == knobs.own_pid;
}

static __always_inline bool filter_bulk(void)
{
	__u64 cgroup;

	if (filter_own())
		return true;
	if (!masks.skip_host_bulk)
		return false;
	cgroup = bpf_get_current_cgroup_id();
	return bpf_map_lookup_elem(&host_cgroups, &cgroup) != NULL;
}

#endif
