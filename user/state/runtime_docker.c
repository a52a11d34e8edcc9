/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What docker keeps of a container: config.v2.json, hostconfig.json, and the names of images. */
#include <errno.h>
#include <string.h>

#include "state/jsonr.h"
#include "state/runtime.h"

static int open_object(const char *json, size_t len, cJSON **ret_root)
{
	int err = jsonr_parse(json, len, ret_root);

	if (!err && !cJSON_IsObject(*ret_root)) {
		cJSON_Delete(*ret_root);
		err = -EINVAL;
	}
	return err;
}

static const struct mount *mount_at(const struct facts *f, const char *dest)
{
	for (unsigned i = 0; dest && i < f->c.n_mounts; i++)
		if (strcmp(f->c.mounts[i].dest, dest) == 0)
			return &f->c.mounts[i];
	return NULL;
}

/* Docker's own list takes the place of the bundle's, which also has the files that docker mounts
 * into each container. The source of a volume is in the bundle alone. */
static void read_mount_points(const cJSON *points, struct facts *f)
{
	struct facts old = *f;

	if (!points)
		return;
	f->c.mounts = NULL;
	f->c.n_mounts = 0;
	jsonr_each(p, points) {
		/* The file calls the mode so; it is also what SELinux was told. */
		const char *mode = jsonr_str(p, "Relabel"), *source = jsonr_str(p, "Source");
		const struct mount *in_bundle = mount_at(&old, jsonr_str(p, "Destination"));
		struct mount row = {
			.source = source && *source ? source : in_bundle ? in_bundle->source : "",
			.dest = jsonr_str(p, "Destination"),
			.propagation = jsonr_str(p, "Propagation"),
			.type = jsonr_str(p, "Type"),
			.rw = jsonr_tri(p, "RW") == TRI_YES,
		};

		row.mode = mode && *mode ? mode : row.rw ? "rw" : "ro";
		if (row.dest)
			facts_add_mount(f, &row);
	}
}

static void read_config(const cJSON *root, struct facts *f)
{
	const char *name = jsonr_str(root, "Name"), *image = jsonr_str(root, "Config.Image");
	const char *user = jsonr_str(root, "Config.User");

	f->c.name = name ? facts_dup(f, name + (*name == '/')) : NULL;
	if (image && *image)
		facts_set_image(f, image);
	facts_fill(f, &f->c.image_id, jsonr_str(root, "Image"));
	if (user)
		f->c.user = facts_dup(f, user);
	facts_fill(f, &f->driver, jsonr_str(root, "Driver"));
	jsonr_each(l, jsonr_obj(root, "Config.Labels"))
		if (cJSON_IsString(l))
			facts_add_label(f, l->string, l->valuestring);
	if (!f->c.n_env_names)
		jsonr_each(e, jsonr_arr(root, "Config.Env"))
			if (cJSON_IsString(e))
				facts_add_env(f, e->valuestring);
}

int runtime_docker_config(const char *json, size_t len, struct facts *f)
{
	cJSON *root = NULL;
	const char *id;
	int err = open_object(json, len, &root);

	if (err)
		return err;
	id = jsonr_str(root, "ID");
	/* The file of another container would lie about this one. */
	if (!id || !f->c.full_id || strcmp(id, f->c.full_id) != 0) {
		err = -EINVAL;
		goto out;
	}
	f->c.runtime = facts_dup(f, "docker");
	read_config(root, f);
	read_mount_points(jsonr_obj(root, "MountPoints"), f);
	err = f->oom ? -ENOMEM : 0;
out:
	cJSON_Delete(root);
	return err;
}

/* NetworkMode, PidMode, IpcMode: "host" is the host's, anything else is not. */
static void read_mode(const cJSON *root, const char *key, int *slot)
{
	const char *mode = jsonr_str(root, key);

	if (mode)
		*slot = strcmp(mode, "host") == 0;
}

/* Names of profiles: seccomp=unconfined, apparmor=NAME, with ":" in old files. */
static void read_security_opts(const cJSON *opts, struct facts *f)
{
	if (f->c.seccomp && *f->c.seccomp)
		f->c.seccomp = "default"; /* there is a filter, and no option changed it */
	jsonr_each(o, opts) {
		const char *text = cJSON_IsString(o) ? o->valuestring : "";
		size_t n = strcspn(text, "=:");
		const char *value = text[n] ? text + n + 1 : "";

		if (n == 7 && memcmp(text, "seccomp", 7) == 0)
			f->c.seccomp = strcmp(value, "unconfined") == 0 ? "" : "custom";
		else if (n == 8 && memcmp(text, "apparmor", 8) == 0 && !f->c.apparmor)
			f->c.apparmor = facts_dup(f, value);
	}
}

int runtime_docker_host(const char *json, size_t len, struct facts *f)
{
	cJSON *root = NULL;
	int privileged, readonly_root;
	int err = open_object(json, len, &root);

	if (err)
		return err;
	privileged = jsonr_tri(root, "Privileged");
	readonly_root = jsonr_tri(root, "ReadonlyRootfs");
	if (privileged == TRI_UNKNOWN) {
		err = -EINVAL;
		goto out;
	}
	f->c.privileged = privileged;
	if (readonly_root != TRI_UNKNOWN)
		f->c.readonly_root = readonly_root;
	read_mode(root, "NetworkMode", &f->c.host_net);
	read_mode(root, "PidMode", &f->c.host_pid);
	read_mode(root, "IpcMode", &f->c.host_ipc);
	read_security_opts(jsonr_arr(root, "SecurityOpt"), f);
	err = f->oom ? -ENOMEM : 0;
out:
	cJSON_Delete(root);
	return err;
}

/* One repository: {"repo:tag": "sha256:ID", "repo@sha256:DIGEST": "sha256:ID"}. */
static void read_repo(const cJSON *repo, struct facts *f, bool want_name)
{
	jsonr_each(ref, repo) {
		const char *at = ref->string ? strrchr(ref->string, '@') : NULL;

		if (!cJSON_IsString(ref) || !ref->string ||
		    strcmp(ref->valuestring, f->c.image_id) != 0)
			continue;
		if (at) {
			facts_fill(f, &f->c.image_digest, at + 1);
		} else if (want_name && !f->c.image_repo) {
			const char *asked = f->c.image;

			facts_set_image(f, ref->string);
			f->c.image = asked;
		}
	}
}

int runtime_docker_repos(const char *json, size_t len, struct facts *f)
{
	const cJSON *repos;
	cJSON *root = NULL;
	bool want_name;
	int err;

	if (!f->c.image_id)
		return -EINVAL;
	err = open_object(json, len, &root);
	if (err)
		return err;
	repos = jsonr_obj(root, "Repositories");
	want_name = !f->c.image_repo;
	jsonr_each(r, repos)
		if (want_name || (r->string && strcmp(r->string, f->c.image_repo) == 0))
			read_repo(cJSON_IsObject(r) ? r : NULL, f, want_name);
	/* An image that no registry knows has no digest. */
	facts_fill(f, &f->c.image_digest, repos ? "" : NULL);
	cJSON_Delete(root);
	return repos ? 0 : -EINVAL;
}

bool runtime_docker_done(const struct facts *f)
{
	return f->c.name && f->c.image && f->c.image_id && f->c.privileged != TRI_UNKNOWN;
}
