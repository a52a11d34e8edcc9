/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* config.json of an OCI bundle: what every runtime is told of a container. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "event/names.h"
#include "state/jsonr.h"
#include "state/runtime.h"

/* Capabilities that every kernel from 5.10 on has: 0 to 37, without those that came after. A
 * container with all of them keeps nothing back. */
#define CAPS_COMMON ((1ull << 38) - 1)

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void read_user(const cJSON *process, struct facts *f)
{
	char text[32];
	double uid, gid;

	if (f->c.user || !jsonr_num(process, "user.uid", UINT32_MAX, &uid) ||
	    !jsonr_num(process, "user.gid", UINT32_MAX, &gid))
		return;
	snprintf(text, sizeof(text), "%u:%u", (unsigned)uid, (unsigned)gid);
	f->c.user = facts_dup(f, text);
}

static void read_caps(const cJSON *process, struct facts *f)
{
	const cJSON *bounding = jsonr_arr(process, "capabilities.bounding");
	unsigned bit;

	/* An object without this list grants none. */
	if (!jsonr_obj(process, "capabilities"))
		return;
	f->c.caps_known = true;
	jsonr_each(cap, bounding)
		if (cJSON_IsString(cap) && names_cap_value(cap->valuestring, &bit))
			f->c.caps |= 1ull << bit;
}

static void read_process(const cJSON *process, struct facts *f)
{
	const char *apparmor = jsonr_str(process, "apparmorProfile");

	read_user(process, f);
	read_caps(process, f);
	/* Members that are false or empty are left out by those who write the file. */
	f->c.no_new_privs = jsonr_tri(process, "noNewPrivileges") == TRI_YES;
	f->c.apparmor = facts_dup(f, apparmor ? apparmor : "");
	jsonr_each(e, jsonr_arr(process, "env"))
		if (cJSON_IsString(e))
			facts_add_env(f, e->valuestring);
}

static const struct {
	const char *type;
	size_t off;
	enum facts_ns which;
	const char *host;
} namespaces[] = {
	{"pid", offsetof(struct container, host_pid), FACTS_NS_PID, "/proc/1/ns/pid"},
	{"network", offsetof(struct container, host_net), FACTS_NS_NET, "/proc/1/ns/net"},
	{"ipc", offsetof(struct container, host_ipc), FACTS_NS_IPC, "/proc/1/ns/ipc"},
};

/* A namespace that is not listed is the one the runtime has, the host's. One that is joined by its
 * path may be anybody's: the collector looks at it. */
static void read_namespaces(const cJSON *list, struct facts *f)
{
	for (size_t i = 0; list && i < N(namespaces); i++) {
		int *slot = (int *)(void *)((char *)&f->c + namespaces[i].off);

		*slot = TRI_YES;
		jsonr_each(ns, list) {
			const char *type = jsonr_str(ns, "type");
			const char *path = jsonr_str(ns, "path");

			if (!type || strcmp(type, namespaces[i].type) != 0)
				continue;
			*slot = TRI_NO;
			if (!path || !*path)
				break;
			*slot = strcmp(path, namespaces[i].host) == 0 ? TRI_YES : TRI_UNKNOWN;
			f->ns_path[namespaces[i].which] = facts_dup(f, path);
			break;
		}
	}
}

static unsigned read_maps(const cJSON *list, struct id_map *maps)
{
	unsigned n = 0;

	jsonr_each(m, list) {
		double inside, outside, count;

		if (n >= FACTS_MAPS_MAX)
			break;
		if (!jsonr_num(m, "containerID", UINT32_MAX, &inside) ||
		    !jsonr_num(m, "hostID", UINT32_MAX, &outside) ||
		    !jsonr_num(m, "size", UINT32_MAX, &count))
			continue;
		maps[n++] = (struct id_map){(uint32_t)inside, (uint32_t)outside, (uint32_t)count};
	}
	return n;
}

static bool has_option(const cJSON *options, const char *name)
{
	jsonr_each(o, options)
		if (cJSON_IsString(o) && strcmp(o->valuestring, name) == 0)
			return true;
	return false;
}

static const char *propagation_of(const cJSON *options)
{
	static const char *const modes[] = {"rprivate", "private", "rshared",	  "shared",
					    "rslave",	"slave",   "runbindable", "unbindable"};

	for (size_t i = 0; i < N(modes); i++)
		if (has_option(options, modes[i]))
			return modes[i];
	return "";
}

/* Where docker keeps the files that it mounts into every container. */
static void note_docker_dir(struct facts *f, const char *source)
{
	static const char *const files[] = {"/hostname", "/hosts", "/resolv.conf"};
	const char *id = f->c.full_id;
	size_t len = strlen(source), id_len = id ? strlen(id) : 0;

	for (size_t i = 0; i < N(files) && id_len && !f->docker_dir; i++) {
		size_t tail = strlen(files[i]);
		const char *dir_end = source + len - tail;
		static const char parent[] = "/containers/";
		size_t own = sizeof(parent) - 1 + id_len;

		if (len < tail + own || strcmp(dir_end, files[i]) != 0 ||
		    memcmp(dir_end - id_len, id, id_len) != 0 ||
		    memcmp(dir_end - own, parent, sizeof(parent) - 1) != 0)
			continue;
		f->docker_dir = facts_dupn(f, source, (size_t)(dir_end - source));
	}
}

/* Only what comes from the host: proc, sysfs, tmpfs and the like tell nothing of this container. */
static void read_mounts(const cJSON *list, struct facts *f)
{
	jsonr_each(m, list) {
		const cJSON *options = jsonr_arr(m, "options");
		struct mount row = {
			.source = jsonr_str(m, "source"),
			.dest = jsonr_str(m, "destination"),
			.propagation = propagation_of(options),
			.type = "bind",
			.rw = !has_option(options, "ro"),
		};
		const char *type = jsonr_str(m, "type");

		row.mode = row.rw ? "rw" : "ro";
		if (!row.source || !row.dest)
			continue;
		if ((type && strcmp(type, "bind") == 0) || has_option(options, "bind") ||
		    has_option(options, "rbind")) {
			note_docker_dir(f, row.source);
			facts_add_mount(f, &row);
		}
	}
}

static bool all_devices(const cJSON *linux_obj)
{
	jsonr_each(d, jsonr_arr(linux_obj, "resources.devices")) {
		const char *access = jsonr_str(d, "access");
		const char *type = jsonr_str(d, "type");

		if (jsonr_tri(d, "allow") == TRI_YES && access && strcmp(access, "rwm") == 0 &&
		    (!type || strcmp(type, "a") == 0) && !jsonr_at(d, "major") &&
		    !jsonr_at(d, "minor"))
			return true;
	}
	return false;
}

/* What "privileged" means to the runtimes that have the word: all capabilities, all devices, no
 * filter, nothing hidden. Their own word for it, where they wrote it down, comes later. */
static int looks_privileged(const cJSON *linux_obj, const struct facts *f)
{
	const cJSON *masked = jsonr_arr(linux_obj, "maskedPaths");

	if (!linux_obj || !f->c.caps_known)
		return TRI_UNKNOWN;
	return (f->c.caps & CAPS_COMMON) == CAPS_COMMON && !*f->c.seccomp &&
	       !(masked && masked->child) && all_devices(linux_obj);
}

static void read_linux(const cJSON *linux_obj, struct facts *f)
{
	/* Which profile it was is not in the file. */
	f->c.seccomp = jsonr_obj(linux_obj, "seccomp") ? "custom" : "";
	read_namespaces(jsonr_arr(linux_obj, "namespaces"), f);
	f->cgroups_path = facts_dup(f, jsonr_str(linux_obj, "cgroupsPath"));
	f->n_uid_maps = read_maps(jsonr_arr(linux_obj, "uidMappings"), f->uid_maps);
	f->n_gid_maps = read_maps(jsonr_arr(linux_obj, "gidMappings"), f->gid_maps);
	f->c.privileged = looks_privileged(linux_obj, f);
}

int runtime_oci_read(const char *json, size_t len, struct facts *f)
{
	cJSON *root = NULL;
	int err = jsonr_parse(json, len, &root);

	if (err)
		return err;
	if (!jsonr_str(root, "ociVersion") || !jsonr_obj(root, "process")) {
		err = -EINVAL;
		goto out;
	}
	f->bundle_root = facts_dup(f, jsonr_str(root, "root.path"));
	f->c.readonly_root = jsonr_tri(root, "root.readonly") == TRI_YES;
	read_process(jsonr_obj(root, "process"), f);
	read_linux(jsonr_obj(root, "linux"), f);
	read_mounts(jsonr_arr(root, "mounts"), f);
	runtime_names_read(jsonr_obj(root, "annotations"), f);
	err = f->oom ? -ENOMEM : 0;
out:
	cJSON_Delete(root);
	return err;
}
