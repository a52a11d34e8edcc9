/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* A cgroup path to a container: whatever is found lies in the path. */
#include "state/cgroup.h"
#include "target.h"

static bool within(const char *path, size_t path_len, const char *s, size_t len)
{
	return s >= path && len <= path_len && (size_t)(s - path) <= path_len - len;
}

void fuzz_one(const uint8_t *data, size_t len)
{
	char *path = malloc(len + 1);
	struct cgroup_id id = {0};
	size_t n;

	MUST(path, "memory");
	memcpy(path, data, len);
	path[len] = '\0';
	n = strlen(path);
	if (cgroup_parse(path, &id)) {
		MUST(id.runtime && *id.runtime, "a container has a runtime");
		MUST(id.id_len > 0 && within(path, n, id.id, id.id_len), "the id lies in the path");
		MUST(id.own_len <= n, "the container's own cgroup is a prefix of the path");
		MUST(!id.parent || within(path, n, id.parent, id.parent_len),
		     "the outer container's id lies in the path");
		MUST(!id.pod_uid || within(path, n, id.pod_uid, id.pod_uid_len),
		     "the pod's uid lies in the path");
	}
	free(path);
}
