/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What runc and crun remember of a running container: state.json and status. */
#include <errno.h>
#include <string.h>

#include "state/jsonr.h"
#include "state/runtime.h"

#define PID_LAST 4194304 /* the kernel gives no higher ones */

static bool copy(char *to, size_t cap, const char *from)
{
	size_t len = from ? strlen(from) : 0;

	if (!len || len >= cap)
		return false;
	memcpy(to, from, len + 1);
	return true;
}

static int open_state(const char *json, size_t len, struct plain_state *ret, cJSON **ret_root)
{
	int err = jsonr_parse(json, len, ret_root);

	memset(ret, 0, sizeof(*ret));
	if (!err && !cJSON_IsObject(*ret_root)) {
		cJSON_Delete(*ret_root);
		err = -EINVAL;
	}
	return err;
}

/* The path on the v2 hierarchy is under the key "", others are under their controllers. */
static const char *runc_cgroup(const cJSON *root)
{
	const cJSON *paths = jsonr_obj(root, "cgroup_paths");
	const cJSON *v2 = jsonr_get(paths, "");

	if (!v2 && paths)
		v2 = paths->child;
	return cJSON_IsString(v2) ? v2->valuestring : NULL;
}

static void runc_bundle(const cJSON *root, struct plain_state *ret)
{
	static const char label[] = "bundle=";

	jsonr_each(l, jsonr_arr(root, "config.labels"))
		if (cJSON_IsString(l) && strncmp(l->valuestring, label, sizeof(label) - 1) == 0)
			copy(ret->bundle, sizeof(ret->bundle), l->valuestring + sizeof(label) - 1);
}

int runtime_runc_state(const char *json, size_t len, struct plain_state *ret)
{
	cJSON *root = NULL;
	double pid;
	int err = open_state(json, len, ret, &root);

	if (err)
		return err;
	if (!copy(ret->id, sizeof(ret->id), jsonr_str(root, "id")))
		err = -EINVAL;
	copy(ret->cgroup, sizeof(ret->cgroup), runc_cgroup(root));
	runc_bundle(root, ret);
	if (jsonr_num(root, "init_process_pid", PID_LAST, &pid))
		ret->pid = (uint32_t)pid;
	cJSON_Delete(root);
	return err;
}

/* The status file does not name the container: its directory does. */
int runtime_crun_status(const char *json, size_t len, struct plain_state *ret)
{
	cJSON *root = NULL;
	double pid;
	int err = open_state(json, len, ret, &root);

	if (err)
		return err;
	if (!copy(ret->bundle, sizeof(ret->bundle), jsonr_str(root, "bundle")))
		err = -EINVAL;
	copy(ret->cgroup, sizeof(ret->cgroup), jsonr_str(root, "cgroup-path"));
	if (jsonr_num(root, "pid", PID_LAST, &pid))
		ret->pid = (uint32_t)pid;
	cJSON_Delete(root);
	return err;
}
