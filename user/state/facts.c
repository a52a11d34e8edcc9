/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Facts of a container in memory and as the text of a record; see container.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "state/container.h"
#include "state/jsonr.h"

/* --- in memory --- */

int facts_init(struct facts *f)
{
	memset(f, 0, sizeof(*f));
	f->c.privileged = f->c.no_new_privs = f->c.readonly_root = TRI_UNKNOWN;
	f->c.host_pid = f->c.host_net = f->c.host_ipc = TRI_UNKNOWN;
	f->mem = arena_new();
	return f->mem ? 0 : -ENOMEM;
}

void facts_done(struct facts *f)
{
	arena_free(f->mem);
	memset(f, 0, sizeof(*f));
}

const char *facts_dupn(struct facts *f, const char *s, size_t len)
{
	char *copy;

	if (!s)
		return NULL;
	copy = arena_strndup(f->mem, s, len < FACTS_STR_MAX ? len : FACTS_STR_MAX);
	f->oom |= !copy;
	return copy;
}

const char *facts_dup(struct facts *f, const char *s)
{
	return s ? facts_dupn(f, s, strlen(s)) : NULL;
}

void facts_fill(struct facts *f, const char **slot, const char *s)
{
	if (!*slot && s)
		*slot = facts_dup(f, s);
}

void facts_set_id(struct facts *f, const char *id, size_t len)
{
	f->c.full_id = facts_dupn(f, id, len);
	f->c.id = facts_dupn(f, id, len < FACTS_ID_SHORT ? len : FACTS_ID_SHORT);
}

static bool is_hex(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!s[i] || !strchr("0123456789abcdef", s[i]))
			return false;
	return !s[len];
}

void facts_set_image(struct facts *f, const char *ref)
{
	const char *at = strrchr(ref, '@');
	const char *name_end = at ? at : ref + strlen(ref);
	const char *slash = memrchr(ref, '/', (size_t)(name_end - ref));
	const char *base = slash ? slash + 1 : ref;
	/* Behind the last slash a colon begins the tag; before it, a port. */
	const char *colon = memrchr(base, ':', (size_t)(name_end - base));

	f->c.image = facts_dup(f, ref);
	if (is_hex(ref, 64) || (strncmp(ref, "sha256:", 7) == 0 && is_hex(ref + 7, 64)))
		return;
	f->c.image_repo = facts_dupn(f, ref, (size_t)((colon ? colon : name_end) - ref));
	if (colon)
		f->c.image_tag = facts_dupn(f, colon + 1, (size_t)(name_end - colon - 1));
	else
		f->c.image_tag = at ? "" : "latest"; /* what a name alone stands for */
	if (at)
		f->c.image_digest = facts_dup(f, at + 1);
}

/* Room for row n of an array that grows by doubling inside the arena; NULL when memory ran out. */
static void *grown(struct facts *f, void *rows, unsigned n, size_t size)
{
	void *wider;

	if (n & (n - 1) || (n && n < 8))
		return rows; /* sizes are 0, 8, 16, 32, ... */
	wider = arena_alloc(f->mem, size * (n ? 2 * (size_t)n : 8));
	if (wider && n)
		memcpy(wider, rows, size * n);
	f->oom |= !wider;
	return wider;
}

void facts_add_mount(struct facts *f, const struct mount *m)
{
	struct container *c = &f->c;
	struct mount *rows;

	if (c->n_mounts >= FACTS_MOUNTS_MAX) {
		f->short_of_room = true;
		return;
	}
	rows = grown(f, c->mounts, c->n_mounts, sizeof(*rows));
	if (!rows)
		return;
	c->mounts = rows;
	rows[c->n_mounts++] = (struct mount){
		.source = facts_dup(f, m->source ? m->source : ""),
		.dest = facts_dup(f, m->dest ? m->dest : ""),
		.mode = facts_dup(f, m->mode ? m->mode : ""),
		.propagation = facts_dup(f, m->propagation ? m->propagation : ""),
		.type = facts_dup(f, m->type ? m->type : ""),
		.rw = m->rw,
	};
}

void facts_add_label(struct facts *f, const char *key, const char *value)
{
	struct container *c = &f->c;
	const char **rows;
	size_t bytes;

	if (!key || !value)
		return;
	for (unsigned i = 0; i < c->n_labels; i++)
		if (strcmp(c->labels[2 * i], key) == 0)
			return;
	bytes = strlen(key) + strlen(value);
	if (c->n_labels >= FACTS_LABELS_MAX || f->label_bytes + bytes > FACTS_LABEL_BYTES_MAX) {
		f->short_of_room = true;
		return;
	}
	rows = grown(f, c->labels, c->n_labels, 2 * sizeof(*rows));
	if (!rows)
		return;
	c->labels = rows;
	rows[2 * c->n_labels] = facts_dup(f, key);
	rows[2 * c->n_labels + 1] = facts_dup(f, value);
	f->label_bytes += bytes;
	c->n_labels++;
}

void facts_add_env(struct facts *f, const char *pair)
{
	struct container *c = &f->c;
	const char **rows;
	size_t len = pair ? strcspn(pair, "=") : 0;

	if (!len)
		return;
	if (c->n_env_names >= FACTS_ENV_MAX) {
		f->short_of_room = true;
		return;
	}
	rows = grown(f, c->env_names, c->n_env_names, sizeof(*rows));
	if (!rows)
		return;
	c->env_names = rows;
	/* What has no "=" might be a value gone astray; its length is bounded all the same. */
	rows[c->n_env_names++] = facts_dupn(f, pair, len < 256 ? len : 256);
}

/* --- as text --- */

/* Members that are one string or one tristate, by their path in the object. */
static const struct {
	const char *obj, *key; /* obj: the inner object, NULL for the outer one */
	size_t off;
} str_rows[] = {
	{NULL, "runtime", offsetof(struct container, runtime)},
	{NULL, "why", offsetof(struct container, why)},
	{NULL, "cgroup_path", offsetof(struct container, cgroup_path)},
	{NULL, "name", offsetof(struct container, name)},
	{NULL, "user", offsetof(struct container, user)},
	{NULL, "seccomp", offsetof(struct container, seccomp)},
	{NULL, "apparmor", offsetof(struct container, apparmor)},
	{"image", "ref", offsetof(struct container, image)},
	{"image", "repo", offsetof(struct container, image_repo)},
	{"image", "tag", offsetof(struct container, image_tag)},
	{"image", "digest", offsetof(struct container, image_digest)},
	{"image", "id", offsetof(struct container, image_id)},
	{"pod", "name", offsetof(struct container, pod_name)},
	{"pod", "ns", offsetof(struct container, pod_ns)},
	{"pod", "uid", offsetof(struct container, pod_uid)},
}, tri_rows[] = {
	{NULL, "privileged", offsetof(struct container, privileged)},
	{NULL, "no_new_privs", offsetof(struct container, no_new_privs)},
	{NULL, "host_pid", offsetof(struct container, host_pid)},
	{NULL, "host_net", offsetof(struct container, host_net)},
	{NULL, "host_ipc", offsetof(struct container, host_ipc)},
	{NULL, "readonly_root", offsetof(struct container, readonly_root)},
};

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define AT(type, base, off) ((type *)(void *)((char *)(uintptr_t)(base) + (off)))

static void read_mounts(struct facts *f, const cJSON *arr)
{
	jsonr_each(m, arr) {
		struct mount row = {
			.source = jsonr_str(m, "source"),
			.dest = jsonr_str(m, "dest"),
			.mode = jsonr_str(m, "mode"),
			.propagation = jsonr_str(m, "propagation"),
			.type = jsonr_str(m, "type"),
			.rw = jsonr_tri(m, "rw") == TRI_YES,
		};

		facts_add_mount(f, &row);
	}
}

static void read_lists(struct facts *f, const cJSON *root)
{
	const char *caps = jsonr_str(root, "caps");

	read_mounts(f, jsonr_arr(root, "mounts"));
	jsonr_each(l, jsonr_arr(root, "labels")) {
		const cJSON *key = cJSON_IsArray(l) ? l->child : NULL;
		const cJSON *value = key ? key->next : NULL;

		if (cJSON_IsString(key) && cJSON_IsString(value))
			facts_add_label(f, key->valuestring, value->valuestring);
	}
	jsonr_each(e, jsonr_arr(root, "env"))
		if (cJSON_IsString(e))
			facts_add_env(f, e->valuestring);
	if (caps && *caps && strspn(caps, "0123456789abcdef") == strlen(caps)) {
		f->c.caps = strtoull(caps, NULL, 16);
		f->c.caps_known = true;
	}
}

int facts_read(struct facts *f, const char *json, size_t len)
{
	cJSON *root = NULL;
	const char *id;
	int err = jsonr_parse(json, len, &root);

	if (err)
		return err;
	id = jsonr_str(root, "id");
	if (!cJSON_IsObject(root) || !id || !*id) {
		err = -EINVAL;
		goto out;
	}
	facts_set_id(f, id, strlen(id));
	for (size_t i = 0; i < N(str_rows); i++) {
		const cJSON *o = str_rows[i].obj ? jsonr_get(root, str_rows[i].obj) : root;
		const char *s = jsonr_str(o, str_rows[i].key);

		*AT(const char *, &f->c, str_rows[i].off) = facts_dup(f, s);
	}
	for (size_t i = 0; i < N(tri_rows); i++)
		*AT(int, &f->c, tri_rows[i].off) = jsonr_tri(root, tri_rows[i].key);
	f->c.complete = jsonr_tri(root, "complete") == TRI_YES;
	read_lists(f, root);
	err = f->oom ? -ENOMEM : 0;
out:
	cJSON_Delete(root);
	return err;
}

static void put_str(struct jsonw *w, const char *key, const char *s)
{
	if (s)
		jsonw_str(w, key, s);
}

static void write_strs(struct jsonw *w, const struct container *c, const char *obj)
{
	if (obj)
		jsonw_obj(w, obj);
	for (size_t i = 0; i < N(str_rows); i++) {
		const char *in = str_rows[i].obj;

		if (in == obj || (in && obj && strcmp(in, obj) == 0))
			put_str(w, str_rows[i].key, *AT(const char *, c, str_rows[i].off));
	}
	if (obj)
		jsonw_end_obj(w);
}

static void write_mounts(struct jsonw *w, const struct container *c)
{
	jsonw_arr(w, "mounts");
	for (unsigned i = 0; i < c->n_mounts; i++) {
		const struct mount *m = &c->mounts[i];

		jsonw_obj(w, NULL);
		jsonw_str(w, "source", m->source);
		jsonw_str(w, "dest", m->dest);
		jsonw_str(w, "type", m->type);
		jsonw_str(w, "mode", m->mode);
		jsonw_str(w, "propagation", m->propagation);
		jsonw_bool(w, "rw", m->rw);
		jsonw_end_obj(w);
	}
	jsonw_end_arr(w);
}

static void write_lists(struct jsonw *w, const struct container *c)
{
	write_mounts(w, c);
	jsonw_arr(w, "labels");
	for (unsigned i = 0; i < c->n_labels; i++) {
		jsonw_arr(w, NULL);
		jsonw_str(w, NULL, c->labels[2 * i]);
		jsonw_str(w, NULL, c->labels[2 * i + 1]);
		jsonw_end_arr(w);
	}
	jsonw_end_arr(w);
	jsonw_arr(w, "env");
	for (unsigned i = 0; i < c->n_env_names; i++)
		jsonw_str(w, NULL, c->env_names[i]);
	jsonw_end_arr(w);
}

void facts_write(struct buf *out, const struct container *c)
{
	struct jsonw w;
	char caps[24];

	jsonw_init(&w, out);
	jsonw_obj(&w, NULL);
	put_str(&w, "id", c->full_id);
	jsonw_bool(&w, "complete", c->complete);
	write_strs(&w, c, NULL);
	write_strs(&w, c, "image");
	write_strs(&w, c, "pod");
	for (size_t i = 0; i < N(tri_rows); i++) {
		int v = *AT(int, c, tri_rows[i].off);

		if (v != TRI_UNKNOWN)
			jsonw_bool(&w, tri_rows[i].key, v == TRI_YES);
	}
	if (c->caps_known) {
		snprintf(caps, sizeof(caps), "%llx", (unsigned long long)c->caps);
		jsonw_str(&w, "caps", caps);
	}
	write_lists(&w, c);
	jsonw_end_obj(&w);
}
