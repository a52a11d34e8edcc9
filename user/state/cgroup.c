/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* One row for each way in which a runtime names its cgroups; names alone, no files. */
#include <stdint.h>
#include <string.h>

#include "state/cgroup.h"

#define HEX_ID_LEN 64
#define BUILDKIT_ID_LEN 25
#define NAME_LEN_MAX 128

struct part {
	const char *s;
	size_t len;
};

enum id_kind {
	ID_HEX,	     /* 64 lower-case hexadecimal digits */
	ID_BUILDKIT, /* 25 lower-case letters and digits */
	ID_NAME,     /* what an administrator may call a machine */
};

/* What must hold of the components before the one that carries the id. */
enum place {
	ANYWHERE,
	IN_DOCKER,    /* directly below "docker" */
	IN_BUILDKIT,  /* directly below "buildkit" */
	IN_POD,	      /* directly below a pod's cgroup */
	IN_ECS,	      /* ecs/TASK/ID */
	IN_NAMESPACE, /* NAMESPACE/ID and nothing before, as containerd has it without systemd */
	IN_LXC,	      /* lxc/ID or lxc.payload/ID and nothing before */
	IN_MACHINES,  /* directly below "machine.slice" */
};

struct form {
	const char *runtime;
	const char *prefix, *suffix;
	enum id_kind kind;
	enum place place;
};

/* The first row that fits counts. The helpers of podman and CRI-O (libpod-conmon-ID.scope,
 * crio-conmon-ID.scope) fit none, since what follows their prefix is no id. */
static const struct form forms[] = {
	{"docker", "docker-", ".scope", ID_HEX, ANYWHERE},
	{"containerd", "cri-containerd-", ".scope", ID_HEX, ANYWHERE},
	{"containerd", "nerdctl-", ".scope", ID_HEX, ANYWHERE},
	{"cri-o", "crio-", ".scope", ID_HEX, ANYWHERE},
	{"cri-o", "crio-", "", ID_HEX, ANYWHERE},
	{"podman", "libpod-", ".scope", ID_HEX, ANYWHERE},
	{"podman", "libpod-payload-", "", ID_HEX, ANYWHERE},
	{"podman", "libpod-", "", ID_HEX, ANYWHERE},
	{"docker", "", "", ID_HEX, IN_DOCKER},
	{"containerd", "", "", ID_HEX, IN_POD},
	{"docker", "", "", ID_HEX, IN_ECS},
	{"containerd", "", "", ID_HEX, IN_NAMESPACE},
	{"buildkit", "", "", ID_BUILDKIT, IN_BUILDKIT},
	{"lxc", "lxc.payload.", "", ID_NAME, ANYWHERE},
	{"lxc", "", "", ID_NAME, IN_LXC},
	{"systemd-nspawn", "systemd-nspawn@", ".service", ID_NAME, ANYWHERE},
	{"libvirt-lxc", "machine-lxc\\x2d", ".scope", ID_NAME, IN_MACHINES},
	{NULL, "machine-qemu\\x2d", ".scope", ID_NAME, IN_MACHINES}, /* a virtual machine */
	{"systemd-nspawn", "machine-", ".scope", ID_NAME, IN_MACHINES},
};

/* A runtime that was told a systemd path but uses none: SLICE:PREFIX:ID as one component. */
static const struct {
	const char *runtime;
	const char *infix;
} colon_forms[] = {
	{"containerd", ":cri-containerd:"},
	{"cri-o", ":crio:"},
	{"podman", ":libpod:"},
	{"docker", ":docker:"},
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

static bool part_is(struct part p, const char *s)
{
	return p.len == strlen(s) && memcmp(p.s, s, p.len) == 0;
}

static bool part_ends(struct part p, const char *s)
{
	size_t n = strlen(s);

	return p.len >= n && memcmp(p.s + p.len - n, s, n) == 0;
}

static bool is_lower_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool all_hex(struct part p, size_t len)
{
	if (p.len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_lower_hex(p.s[i]))
			return false;
	return true;
}

static bool is_buildkit_id(struct part p)
{
	if (p.len != BUILDKIT_ID_LEN)
		return false;
	for (size_t i = 0; i < p.len; i++)
		if (!is_alnum(p.s[i]) || (p.s[i] >= 'A' && p.s[i] <= 'Z'))
			return false;
	return true;
}

/* Begins with a letter or digit; a systemd escape (\x2d) may be inside. */
static bool is_name(struct part p)
{
	if (!p.len || p.len > NAME_LEN_MAX || !is_alnum(p.s[0]))
		return false;
	for (size_t i = 1; i < p.len; i++)
		if (!is_alnum(p.s[i]) && (!p.s[i] || !strchr("_.-\\", p.s[i])))
			return false;
	return true;
}

/* The name of a containerd namespace, which no unit of systemd can be taken for. */
static bool is_namespace(struct part p)
{
	return is_name(p) && !memchr(p.s, '\\', p.len) && !part_ends(p, ".slice") &&
	       !part_ends(p, ".service") && !part_ends(p, ".scope");
}

static bool id_fits(struct part id, enum id_kind kind)
{
	switch (kind) {
	case ID_HEX:
		return all_hex(id, HEX_ID_LEN);
	case ID_BUILDKIT:
		return is_buildkit_id(id);
	case ID_NAME:
		return is_name(id);
	}
	return false;
}

/* A pod's uid: 36 characters of hexadecimal groups, or the 32 digits of a static pod's. */
static bool is_pod_uid(struct part p)
{
	if (all_hex(p, 32))
		return true;
	if (p.len != 36)
		return false;
	for (size_t i = 0; i < p.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? (p.s[i] != '-' && p.s[i] != '_') : !is_lower_hex(p.s[i]))
			return false;
	}
	return true;
}

static const char *part_find(struct part p, const char *s)
{
	return memmem(p.s, p.len, s, strlen(s));
}

static bool pod_uid_at_end(struct part p, size_t len, struct part *ret_uid)
{
	static const char before[] = "-pod";
	size_t pre = strlen(before);
	struct part uid;

	if (p.len < len + pre)
		return false;
	uid = (struct part){p.s + p.len - len, len};
	if (memcmp(uid.s - pre, before, pre) != 0 || !is_pod_uid(uid))
		return false;
	*ret_uid = uid;
	return true;
}

/* podUID below kubepods, or ...kubepods-...-podUID.slice. */
static bool pod_uid_of(struct part p, bool in_kubepods, struct part *ret_uid)
{
	if (part_ends(p, ".slice") && part_find(p, "kubepods")) {
		p.len -= strlen(".slice");
		return pod_uid_at_end(p, 36, ret_uid) || pod_uid_at_end(p, 32, ret_uid);
	}
	if (!in_kubepods || p.len <= 3 || memcmp(p.s, "pod", 3) != 0)
		return false;
	p.s += 3;
	p.len -= 3;
	if (!is_pod_uid(p))
		return false;
	*ret_uid = p;
	return true;
}

/* Where the walk along the components is; depth counts from the last container outwards. */
struct walk {
	struct part up, upup; /* the components before */
	unsigned depth;
	bool in_kubepods;
	struct part pod; /* uid of the pod that the components before name */
	bool up_is_pod;
};

static bool place_fits(const struct walk *w, enum place place)
{
	switch (place) {
	case ANYWHERE:
		return true;
	case IN_DOCKER:
		return part_is(w->up, "docker");
	case IN_BUILDKIT:
		return part_is(w->up, "buildkit");
	case IN_POD:
		return w->up_is_pod;
	case IN_ECS:
		return part_is(w->upup, "ecs");
	case IN_NAMESPACE:
		return w->depth == 1 && is_namespace(w->up);
	case IN_LXC:
		return w->depth == 1 && (part_is(w->up, "lxc") || part_is(w->up, "lxc.payload"));
	case IN_MACHINES:
		return part_is(w->up, "machine.slice");
	}
	return false;
}

static bool cut_affixes(struct part p, const struct form *f, struct part *ret_id)
{
	size_t pre = strlen(f->prefix), post = strlen(f->suffix);

	if (p.len <= pre + post || memcmp(p.s, f->prefix, pre) != 0 || !part_ends(p, f->suffix))
		return false;
	ret_id->s = p.s + pre;
	ret_id->len = p.len - pre - post;
	return true;
}

static bool colon_form(struct part p, struct walk *w, struct cgroup_id *ret, struct part *ret_id)
{
	for (size_t i = 0; i < N(colon_forms); i++) {
		const char *at = part_find(p, colon_forms[i].infix);
		struct part slice, id;

		if (!at)
			continue;
		slice = (struct part){p.s, (size_t)(at - p.s)};
		id.s = at + strlen(colon_forms[i].infix);
		id.len = (size_t)(p.s + p.len - id.s);
		if (!all_hex(id, HEX_ID_LEN))
			continue;
		pod_uid_of(slice, false, &w->pod);
		ret->runtime = colon_forms[i].runtime;
		*ret_id = id;
		return true;
	}
	return false;
}

/* Does this component name a container? */
static bool match_part(struct part p, struct walk *w, struct cgroup_id *ret, struct part *ret_id)
{
	struct part id;

	for (size_t i = 0; i < N(forms); i++) {
		const struct form *f = &forms[i];

		if (!place_fits(w, f->place) || !cut_affixes(p, f, &id) || !id_fits(id, f->kind))
			continue;
		ret->runtime = f->runtime;
		*ret_id = id;
		return f->runtime;
	}
	return colon_form(p, w, ret, ret_id);
}

static void step(struct walk *w, struct part p)
{
	w->up_is_pod = pod_uid_of(p, w->in_kubepods, &w->pod);
	w->in_kubepods |= part_is(p, "kubepods") || part_is(p, "kubelet");
	w->upup = w->up;
	w->up = p;
	w->depth++;
}

bool cgroup_parse(const char *path, struct cgroup_id *ret)
{
	struct cgroup_id found = {0};
	struct walk w = {.up = {"", 0}, .upup = {"", 0}, .pod = {NULL, 0}};

	for (const char *s = path; *s;) {
		struct part p = {s, strcspn(s, "/")}, id;
		struct cgroup_id next = {0};

		if (p.len && match_part(p, &w, &next, &id)) {
			next.parent = found.id;
			next.parent_len = found.id_len;
			next.id = id.s;
			next.id_len = id.len;
			next.own_len = (size_t)(p.s + p.len - path);
			next.pod_uid = w.pod.s;
			next.pod_uid_len = w.pod.len;
			found = next;
			w = (struct walk){.up = {"", 0}, .upup = {"", 0}, .pod = {NULL, 0}};
		} else if (p.len) {
			step(&w, p);
		}
		s += p.len;
		s += *s == '/';
	}
	if (!found.id)
		return false;
	*ret = found;
	return true;
}
