/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Annotations in which containerd, CRI-O, podman and nerdctl write names into config.json. */
#include <string.h>

#include "state/jsonr.h"
#include "state/runtime.h"

/* Where an annotation goes. The first of several keys for one member counts. */
static const struct {
	const char *key;
	size_t off;
} slots[] = {
	{"io.kubernetes.cri.container-name", offsetof(struct container, name)},
	{"io.kubernetes.container.name", offsetof(struct container, name)},
	{"nerdctl/name", offsetof(struct container, name)},
	{"io.kubernetes.cri.sandbox-name", offsetof(struct container, pod_name)},
	{"io.kubernetes.pod.name", offsetof(struct container, pod_name)},
	{"io.kubernetes.cri-o.KubeName", offsetof(struct container, pod_name)},
	{"io.kubernetes.cri.sandbox-namespace", offsetof(struct container, pod_ns)},
	{"io.kubernetes.pod.namespace", offsetof(struct container, pod_ns)},
	{"io.kubernetes.cri-o.Namespace", offsetof(struct container, pod_ns)},
	{"io.kubernetes.cri.sandbox-uid", offsetof(struct container, pod_uid)},
	{"io.kubernetes.pod.uid", offsetof(struct container, pod_uid)},
};

/* Image names go through the splitter. */
static const char *const image_keys[] = {
	"io.kubernetes.cri.image-name",
	"io.kubernetes.cri.podsandbox.image-name",
	"io.kubernetes.cri-o.ImageName",
	"nerdctl/image-name",
};

/* Whose container it is: the annotation is there (value NULL) or has this value. */
static const struct {
	const char *key, *value, *runtime;
} managers[] = {
	{"io.container.manager", "cri-o", "cri-o"},
	{"io.kubernetes.cri-o.ContainerID", NULL, "cri-o"},
	{"io.container.manager", "libpod", "podman"},
	{"io.kubernetes.cri.container-type", NULL, "containerd"},
	{"nerdctl/namespace", NULL, "containerd"},
};

static const struct {
	const char *key, *yes, *no;
} privileged_keys[] = {
	{"io.kubernetes.cri-o.PrivilegedRuntime", "true", "false"},
	{"io.podman.annotations.privileged", "TRUE", "FALSE"},
};

static const char *const type_keys[] = {
	"io.kubernetes.cri.container-type",
	"io.kubernetes.cri-o.ContainerType",
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const char *value_of(const struct cJSON *annotations, const char *key)
{
	const cJSON *v = jsonr_get(annotations, key); /* keys have dots: no path */

	return cJSON_IsString(v) ? v->valuestring : NULL;
}

/* CRI-O writes the labels as one JSON text. */
static void read_labels(const struct cJSON *annotations, struct facts *f)
{
	const char *text = value_of(annotations, "io.kubernetes.cri-o.Labels");
	cJSON *labels = NULL;

	if (!text || jsonr_parse(text, strlen(text), &labels))
		return;
	jsonr_each(l, cJSON_IsObject(labels) ? labels : NULL)
		if (cJSON_IsString(l))
			facts_add_label(f, l->string, l->valuestring);
	cJSON_Delete(labels);
}

static void read_privileged(const struct cJSON *annotations, struct facts *f)
{
	for (size_t i = 0; i < N(privileged_keys); i++) {
		const char *v = value_of(annotations, privileged_keys[i].key);

		if (v && strcmp(v, privileged_keys[i].yes) == 0)
			f->c.privileged = TRI_YES;
		else if (v && strcmp(v, privileged_keys[i].no) == 0)
			f->c.privileged = TRI_NO;
	}
}

/* The sandbox of a pod has no name but the pod's. */
static void name_sandbox(const struct cJSON *annotations, struct facts *f)
{
	for (size_t i = 0; i < N(type_keys); i++) {
		const char *type = value_of(annotations, type_keys[i]);

		if (type && strcmp(type, "sandbox") == 0)
			facts_fill(f, &f->c.name, f->c.pod_name);
	}
}

void runtime_names_read(const struct cJSON *annotations, struct facts *f)
{
	for (size_t i = 0; i < N(managers); i++) {
		const char *v = value_of(annotations, managers[i].key);

		if (!v || (managers[i].value && strcmp(v, managers[i].value) != 0))
			continue;
		f->c.runtime = facts_dup(f, managers[i].runtime);
		break;
	}
	for (size_t i = 0; i < N(slots); i++) {
		const char **slot = (const char **)(void *)((char *)&f->c + slots[i].off);

		facts_fill(f, slot, value_of(annotations, slots[i].key));
	}
	for (size_t i = 0; i < N(image_keys) && !f->c.image; i++) {
		const char *v = value_of(annotations, image_keys[i]);

		if (v && *v)
			facts_set_image(f, v);
	}
	facts_fill(f, &f->c.image_id, value_of(annotations, "io.kubernetes.cri-o.ImageRef"));
	name_sandbox(annotations, f);
	read_labels(annotations, f);
	read_privileged(annotations, f);
}
