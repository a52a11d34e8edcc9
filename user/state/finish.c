/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What each runtime keeps beside the bundle: one row a runtime. Also the users of a container,
 * which lie in its own files.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "state/locate.h"
#include "state/users.h"

#define PASSWD_FILE_MAX (1u << 20)
#define MAP_FILE_MAX 65536

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* --- docker --- */

static int read_docker(const struct hunt *h, const char *dir, const char *file,
		       int (*reader)(const char *json, size_t len, struct facts *f))
{
	struct buf path = BUF_INIT, json = BUF_INIT;
	int err = -ENAMETOOLONG;

	if (path_set(&path, "%s/%s", dir, file))
		err = locate_read(h, buf_str(&path), RUNTIME_FILE_MAX, &json);
	if (!err)
		err = reader(buf_str(&json), json.len, h->f);
	buf_done(&path);
	buf_done(&json);
	return err;
}

/* The data directory is two levels above the container's. That an image has no name there is no
 * fault, so nothing is said of one that cannot be read. */
static void read_docker_images(const struct hunt *h, const char *dir)
{
	struct buf path = BUF_INIT;
	int up = (int)strlen(dir);

	for (int i = 0; i < 2; i++)
		while (up > 0 && dir[--up] != '/')
			;
	if (h->f->driver && !strchr(h->f->driver, '/') &&
	    path_set(&path, "%.*s/image/%s", up, dir, h->f->driver))
		(void)read_docker(h, buf_str(&path), "repositories.json", runtime_docker_repos);
	buf_done(&path);
}

static bool finish_docker(struct hunt *h)
{
	struct facts *f = h->f;
	struct buf usual = BUF_INIT;
	const char *dir = f->docker_dir;
	int config, host;

	if (!dir && !h->rq->not_ours &&
	    path_set(&usual, "/var/lib/docker/containers/%s", h->rq->id))
		dir = buf_str(&usual);
	config = dir ? read_docker(h, dir, "config.v2.json", runtime_docker_config) : -ENOENT;
	host = dir ? read_docker(h, dir, "hostconfig.json", runtime_docker_host) : -ENOENT;
	if (!config)
		read_docker_images(h, dir);
	if (config == -ENOENT || host == -ENOENT)
		f->c.why = "docker's files of it were not found";
	else if (config || host)
		f->c.why = "docker's files of it cannot be read";
	else if (!runtime_docker_done(f))
		f->c.why = "docker's files of it lack name, image or privileged";
	buf_done(&usual);
	return f->c.why;
}

/* --- podman, CRI-O --- */

static const char *const storage_files[] = {"containers.json", "volatile-containers.json"};

static void read_storage(const struct hunt *h, const char *dir, size_t len)
{
	struct buf path = BUF_INIT, json = BUF_INIT;

	for (size_t i = 0; i < N(storage_files); i++) {
		if (path_set(&path, "%.*s/%s", (int)len, dir, storage_files[i]) &&
		    !locate_read(h, buf_str(&path), RUNTIME_FILE_MAX, &json))
			(void)runtime_storage_read(buf_str(&json), json.len, h->f);
	}
	buf_done(&path);
	buf_done(&json);
}

/* STORAGE/overlay-containers/ID/userdata is the bundle, and STORAGE/overlay-containers has the
 * list. CRI-O keeps the bundle below /run and the list where podman has both. */
static bool finish_storage(struct hunt *h)
{
	static const char *const usual[] = {"/var/lib/containers/storage/overlay-containers",
					    "/var/lib/containers/storage/vfs-containers"};
	struct facts *f = h->f;
	const char *at = h->bundle ? strstr(h->bundle, h->rq->id) : NULL;

	if (at > h->bundle)
		read_storage(h, h->bundle, (size_t)(at - h->bundle - 1));
	for (size_t i = 0; i < N(usual) && !h->rq->not_ours && !(f->c.name && f->c.image); i++)
		read_storage(h, usual[i], strlen(usual[i]));
	if (h->monitor_name && !f->c.pod_name)
		f->c.name = h->monitor_name;
	if (!f->c.name || !f->c.image)
		f->c.why = "the storage that podman and CRI-O share does not name it";
	return f->c.why;
}

/* --- the others --- */

/* What the CRI part and nerdctl do not annotate is in containerd's database alone. */
static bool finish_containerd(struct hunt *h)
{
	struct facts *f = h->f;

	facts_fill(f, &f->c.name, h->rq->id); /* what ctr was given as a name is the id */
	if (!f->c.image)
		f->c.why = "containerd has the image's name in its database only";
	return false;
}

/* A plain runtime knows no images and no names but the id. */
static bool finish_plain(struct hunt *h)
{
	struct container *c = &h->f->c;

	facts_fill(h->f, &c->name, h->rq->id);
	c->image = c->image_repo = c->image_tag = c->image_digest = c->image_id = "";
	return false;
}

static bool finish_unread(struct hunt *h)
{
	facts_fill(h->f, &h->f->c.name, h->rq->id);
	h->f->c.why = "the files of this runtime are not read";
	return false;
}

static const struct {
	const char *runtime;
	bool (*finish)(struct hunt *h);
	bool bundle; /* without its bundle there is nothing to add to */
} runtimes[] = {
	{"docker", finish_docker, false},	{"podman", finish_storage, false},
	{"cri-o", finish_storage, false},	{"containerd", finish_containerd, true},
	{"runc", finish_plain, true},		{"crun", finish_plain, true},
	{"youki", finish_plain, true},		{"runsc", finish_plain, true},
};

/* Docker's own files, then an annotation, then the cgroup's name, then whose directory the bundle
 * is in, then the program that runs it. */
static const char *runtime_of(const struct hunt *h)
{
	static const struct {
		const char *in_path, *runtime;
	} homes[] = {
		{"/io.containerd.runtime.", "containerd"},
		{"-containers/", "podman"},
	};
	const char *annotated = h->f->c.runtime;

	if (h->f->docker_dir)
		return "docker";
	if (annotated)
		return annotated;
	if (h->rq->runtime)
		return h->rq->runtime;
	for (size_t i = 0; h->bundle && i < N(homes); i++)
		if (strstr(h->bundle, homes[i].in_path))
			return homes[i].runtime;
	return h->rq->plain;
}

bool finish_facts(struct hunt *h)
{
	const char *runtime = runtime_of(h);

	h->f->c.runtime = facts_dup(h->f, runtime);
	for (size_t i = 0; runtime && i < N(runtimes); i++) {
		if (strcmp(runtimes[i].runtime, runtime) != 0)
			continue;
		return runtimes[i].bundle && !h->bundle ? false : runtimes[i].finish(h);
	}
	return finish_unread(h);
}

/* --- users --- */

void names_text_done(struct names_text *n)
{
	buf_done(&n->users);
	buf_done(&n->groups);
	n->known = false;
}

/* A file that is not there says that there are no users. */
static bool read_names(struct collect *c, const char *dir, const char *file,
		       const struct id_map *maps, unsigned n_maps, struct buf *out)
{
	struct buf text = BUF_INIT;
	int err = rootfs_read_in(c->root, dir, file, PASSWD_FILE_MAX, &text);

	buf_reset(out);
	if (!err)
		users_lines(out, buf_str(&text), text.len, maps, n_maps, NAMES_TEXT_MAX);
	buf_done(&text);
	return !err || err == -ENOENT;
}

void locate_names(struct collect *c, const struct facts *f, struct names_text *ret)
{
	const char *root = f->bundle_root;
	struct buf dir = BUF_INIT;

	/* The root of a container in a container lies behind mounts of the outer one. */
	if (!root || !f->bundle || !f->place_root || *f->place_root)
		return;
	if (root[0] == '/' ? path_set(&dir, "%s", root) : path_set(&dir, "%s/%s", f->bundle, root))
		ret->known = read_names(c, buf_str(&dir), "/etc/passwd", f->uid_maps,
					f->n_uid_maps, &ret->users) &&
			     read_names(c, buf_str(&dir), "/etc/group", f->gid_maps,
					f->n_gid_maps, &ret->groups);
	buf_done(&dir);
}

/* uid_map and gid_map: lines of three numbers, as seen from our own user namespace. */
static unsigned read_map(struct collect *c, uint32_t pid, const char *file, struct id_map *maps)
{
	struct buf path = BUF_INIT, text = BUF_INIT;
	unsigned n = 0;
	int taken;

	if (path_set(&path, "/proc/%u/%s", pid, file) &&
	    !rootfs_read(c->root, buf_str(&path), MAP_FILE_MAX, &text)) {
		const char *s = buf_str(&text);
		struct id_map m;

		while (n < FACTS_MAPS_MAX &&
		       sscanf(s, "%u %u %u%n", &m.inside, &m.outside, &m.count, &taken) == 3) {
			maps[n++] = m;
			s += taken;
		}
	}
	buf_done(&path);
	buf_done(&text);
	return n;
}

void locate_names_of(struct collect *c, uint32_t pid, struct names_text *ret)
{
	struct id_map maps[FACTS_MAPS_MAX];
	char dir[32];
	unsigned n = read_map(c, pid, "uid_map", maps);

	/* Without the map the process is gone, and its root with it. */
	if (!n)
		return;
	snprintf(dir, sizeof(dir), "/proc/%u/root", pid);
	ret->known = read_names(c, dir, "/etc/passwd", maps, n, &ret->users);
	n = read_map(c, pid, "gid_map", maps);
	ret->known &= n && read_names(c, dir, "/etc/group", maps, n, &ret->groups);
}
