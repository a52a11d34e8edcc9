/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Readers of what container runtimes write, one file a runtime. Each takes text (hostile, as far
 * as it cares) and adds to initialised facts what it finds there; what is known already stays
 * unless the reader knows better and says so. Opens no file; these are the fuzz targets.
 *
 * All return 0, -EINVAL (not such a file), -E2BIG (beyond the limits of jsonr.h) or -ENOMEM.
 */
#ifndef HW_RUNTIME_H
#define HW_RUNTIME_H

#include "state/container.h"

#define RUNTIME_FILE_MAX (4u << 20) /* no file of a runtime is read beyond this */

/* --- OCI: config.json of a bundle (runtime_oci.c) --- */
int runtime_oci_read(const char *json, size_t len, struct facts *f);

/* What is in the annotations of config.json: names, pod and manager (runtime_names.c). */
struct cJSON;
void runtime_names_read(const struct cJSON *annotations, struct facts *f);

/* --- docker (runtime_docker.c) --- */
int runtime_docker_config(const char *json, size_t len, struct facts *f); /* config.v2.json */
int runtime_docker_host(const char *json, size_t len, struct facts *f);	  /* hostconfig.json */
/* image/DRIVER/repositories.json: tag and digest of the image that facts name by its id. */
int runtime_docker_repos(const char *json, size_t len, struct facts *f);
/* Do the facts say all that docker tells? */
bool runtime_docker_done(const struct facts *f);

/* --- containers/storage: containers.json of podman and CRI-O (runtime_storage.c) --- */
int runtime_storage_read(const char *json, size_t len, struct facts *f);

/* --- state of runc and crun: which cgroup, which bundle (runtime_plain.c) --- */
struct plain_state {
	char id[256];
	char bundle[HW_PATH_MAX];
	char cgroup[HW_PATH_MAX]; /* as written: with the mount point (runc) or below it (crun) */
	uint32_t pid;		  /* of the container's first process, 0 unknown */
};

int runtime_runc_state(const char *json, size_t len, struct plain_state *ret); /* state.json */
int runtime_crun_status(const char *json, size_t len, struct plain_state *ret); /* status */

/* --- command lines (runtime_args.c) --- */
struct runtime_launch {
	const char *runtime; /* static: "runc", "crun", ... */
	char id[256];
	char bundle[HW_PATH_MAX]; /* absolute; "" when it cannot be told */
};

/* Does this command line start a container? cwd is that of the process, and the bundle where none
 * is named; exepath is the program. False when it is no runtime's, or another command. */
bool runtime_args_launch(const char *argv, size_t len, const char *exepath, const char *cwd,
			 struct runtime_launch *ret);
/* The value of an option (-b DIR, --bundle DIR, --bundle=DIR) in a monitor's command line (conmon,
 * containerd-shim) that also has id as one of its arguments. NULL when there is none. */
const char *runtime_args_option(const char *argv, size_t len, const char *id, const char *opt_short,
				const char *opt_long);

#endif
