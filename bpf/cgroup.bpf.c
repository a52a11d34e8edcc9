/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Control groups of the default (v2) hierarchy. The tracepoints fire for every v1 hierarchy too;
 * those carry other ids and would name one container several times.
 */
#include "filter.bpf.h"
#include "task.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline bool is_default_hierarchy(struct cgroup *cgrp)
{
	return KREAD(cgrp, root, hierarchy_id) == 0;
}

SEC("?tp_btf/cgroup_mkdir")
int BPF_PROG(on_cgroup_mkdir, struct cgroup *cgrp, const char *path)
{
	struct ev_cgroup_mkdir *e;
	struct scratch *s;

	if (!is_default_hierarchy(cgrp) || filter_own())
		return 0;
	s = out_begin(EV_cgroup_mkdir, EV_CLASS_cgroup_mkdir, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, cgroup_mkdir);
	e->id = KREAD(cgrp, kn, id);
	OUT_STR(s, cgroup_mkdir, path, put_kernel_str, (__u64)path);
	return out_end(s);
}

SEC("?tp_btf/cgroup_rmdir")
int BPF_PROG(on_cgroup_rmdir, struct cgroup *cgrp, const char *path)
{
	struct ev_cgroup_rmdir *e;
	struct scratch *s;
	__u64 id;

	if (!is_default_hierarchy(cgrp) || filter_own())
		return 0;
	id = KREAD(cgrp, kn, id);
	bpf_map_delete_elem(&host_cgroups, &id); /* -ENOENT: it was a container's */
	s = out_begin(EV_cgroup_rmdir, EV_CLASS_cgroup_rmdir, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, cgroup_rmdir);
	e->id = id;
	OUT_STR(s, cgroup_rmdir, path, put_kernel_str, (__u64)path);
	return out_end(s);
}

SEC("?tp_btf/cgroup_attach_task")
int BPF_PROG(on_cgroup_attach, struct cgroup *cgrp, const char *path, struct task_struct *task)
{
	struct ev_cgroup_attach_task *e;
	__u32 tgid = KREAD(task, tgid);
	struct scratch *s;

	/* A thread that is moved alone (threaded cgroups) leaves its process where it was. */
	if (!is_default_hierarchy(cgrp) || KREAD(task, pid) != tgid || filter_own())
		return 0;
	s = out_begin(EV_cgroup_attach_task, EV_CLASS_cgroup_attach_task, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, cgroup_attach_task);
	e->id = KREAD(cgrp, kn, id);
	e->moved = tgid;
	OUT_STR(s, cgroup_attach_task, path, put_kernel_str, (__u64)path);
	return out_end(s);
}
