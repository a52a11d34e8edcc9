/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* containers.json of containers/storage, which podman and CRI-O share: one list of all containers,
 * each with names, image, and a JSON text of its manager's inside. */
#include <errno.h>
#include <string.h>

#include "state/jsonr.h"
#include "state/runtime.h"

static void read_metadata(const char *text, struct facts *f)
{
	const char *image;
	cJSON *meta = NULL;

	if (!text || jsonr_parse(text, strlen(text), &meta))
		return;
	image = jsonr_str(meta, "image-name");
	if (image && *image && !f->c.image)
		facts_set_image(f, image);
	facts_fill(f, &f->c.name, jsonr_str(meta, "name"));
	facts_fill(f, &f->c.name, jsonr_str(meta, "container-name"));
	cJSON_Delete(meta);
}

static const char *first_name(const cJSON *row)
{
	const cJSON *names = jsonr_arr(row, "names");

	return names && cJSON_IsString(names->child) ? names->child->valuestring : NULL;
}

int runtime_storage_read(const char *json, size_t len, struct facts *f)
{
	cJSON *root = NULL;
	int err = jsonr_parse(json, len, &root);

	if (err)
		return err;
	err = cJSON_IsArray(root) ? -ENOENT : -EINVAL;
	jsonr_each(row, cJSON_IsArray(root) ? root : NULL) {
		const char *id = jsonr_str(row, "id");

		if (!id || !f->c.full_id || strcmp(id, f->c.full_id) != 0)
			continue;
		read_metadata(jsonr_str(row, "metadata"), f);
		facts_fill(f, &f->c.name, first_name(row));
		facts_fill(f, &f->c.image_id, jsonr_str(row, "image"));
		err = f->oom ? -ENOMEM : 0;
		break;
	}
	cJSON_Delete(root);
	return err;
}
