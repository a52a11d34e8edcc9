/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The facts of a container: how the collector gathers them, and how a `container` record carries
 * them. Opens no file.
 *
 * The record's text is one JSON object. A member that is missing is not known, an empty string is
 * known to be empty; members of another type than said count as missing.
 *
 *   id            full id as the runtime has it
 *   runtime       docker, containerd, cri-o, podman, runc, crun, ...
 *   why           one clause: why something is missing; absent when complete
 *   complete      all that the runtime tells was read
 *   cgroup_path   of the container's own cgroup, below the hierarchy's root
 *   name, user
 *   image         {"ref","repo","tag","digest","id"}
 *   pod           {"name","ns","uid"}
 *   privileged, no_new_privs, host_pid, host_net, host_ipc, readonly_root    true or false
 *   seccomp, apparmor    profile, "" for none
 *   caps          bounding set as hexadecimal text (numbers of JSON lose bits)
 *   mounts        [{"source","dest","type","mode","propagation","rw"}]
 *   labels        [[key,value], ...]
 *   env           [name, ...]    never values
 */
#ifndef HW_CONTAINER_H
#define HW_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "event/view.h"

#define FACTS_STR_MAX 4096 /* longer texts are cut */
#define FACTS_MOUNTS_MAX 256
#define FACTS_LABELS_MAX 256
#define FACTS_LABEL_BYTES_MAX (128u << 10)
#define FACTS_ENV_MAX 512
#define FACTS_MAPS_MAX 16
#define FACTS_ID_SHORT 12

/* A range of ids of the container's user namespace, and where it begins on the host. */
struct id_map {
	uint32_t inside, outside, count;
};

/* Facts in the making. c's strings lie in mem and may be changed until facts_done; what follows c
 * is for the collector alone and travels in no record. */
struct facts {
	struct container c;
	struct arena *mem;
	bool oom;	  /* something could not be kept */
	bool short_of_room; /* a table of the file was longer than its cap */
	size_t label_bytes;
	const char *bundle;	 /* where config.json was read; NULL: nowhere */
	const char *place_root;	 /* "" when that path holds on the host; collect_impl.h */
	const char *bundle_root; /* root.path of config.json, absolute or relative to the bundle */
	const char *cgroups_path; /* linux.cgroupsPath of config.json */
	const char *docker_dir;	 /* .../containers/ID, seen among the mount sources */
	const char *driver;	 /* docker's storage driver */
	const char *ns_path[3];	 /* pid, net, ipc: path of a namespace that is joined, else NULL */
	struct id_map uid_maps[FACTS_MAPS_MAX], gid_maps[FACTS_MAPS_MAX];
	unsigned n_uid_maps, n_gid_maps;
};

enum facts_ns { FACTS_NS_PID, FACTS_NS_NET, FACTS_NS_IPC };

int facts_init(struct facts *f); /* all unknown. 0 or -ENOMEM */
void facts_done(struct facts *f);

/* A copy in the facts' memory, cut to FACTS_STR_MAX; NULL for NULL. */
const char *facts_dup(struct facts *f, const char *s);
const char *facts_dupn(struct facts *f, const char *s, size_t len);
/* A string that is not known yet is set; NULL leaves it as it is. */
void facts_fill(struct facts *f, const char **slot, const char *s);
/* Sets full_id, and from it the short id. */
void facts_set_id(struct facts *f, const char *id, size_t len);
/* Splits [registry[:port]/]name[:tag][@digest] into the four image strings. A bare image id (64
 * digits, or sha256:...) is no name: it sets the image and nothing else. */
void facts_set_image(struct facts *f, const char *ref);
/* One more mount, label or name of a variable; what is beyond the cap sets short_of_room. A mount's
 * strings are copied. A label whose key is there already keeps its first value. */
void facts_add_mount(struct facts *f, const struct mount *m);
void facts_add_label(struct facts *f, const char *key, const char *value);
void facts_add_env(struct facts *f, const char *pair);

/* Reads a record's text into initialised facts. 0, -EINVAL (no such object), -E2BIG, -ENOMEM. */
int facts_read(struct facts *f, const char *json, size_t len);
/* Writes the text of a record. */
void facts_write(struct buf *out, const struct container *c);

#endif
