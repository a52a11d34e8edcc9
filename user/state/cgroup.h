/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * From a cgroup path to the container it belongs to. Knows docker, containerd, CRI-O, podman, LXC,
 * systemd-nspawn, plain runc and crun (by what the runtime's own exec said: collect.h), with the
 * cgroupfs and the systemd driver, nested to any depth.
 */
#ifndef HW_CGROUP_H
#define HW_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

struct cgroup_id {
	const char *runtime; /* static: "docker", "containerd", "cri-o", "podman", ... */
	const char *id;	     /* into the path given, id_len bytes; not NUL-terminated */
	size_t id_len;
	size_t own_len;	     /* length of the path of the container's own cgroup: a prefix */
	const char *parent;  /* next container outwards, NULL for none */
	size_t parent_len;
	const char *pod_uid; /* of a Kubernetes pod slice, NULL for none; as in the path */
	size_t pod_uid_len;
};

/* True when path (below the root of the default hierarchy, with leading "/") lies in a container
 * by its name alone. */
bool cgroup_parse(const char *path, struct cgroup_id *ret);

#endif
