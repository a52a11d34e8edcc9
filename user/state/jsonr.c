/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Bounds on foreign JSON, checked before the parser allocates anything. */
#include "state/jsonr.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "event/view.h"

/* Skips a string whose opening quote is at s; returns its closing quote or end. */
static const char *skip_string(const char *s, const char *end)
{
	for (s++; s < end && *s != '"'; s++)
		if (*s == '\\')
			s++;
	return s < end ? s : end;
}

/* Every value but the first of its list has a comma before it, and every list its bracket. */
static int check_limits(const char *s, size_t len)
{
	const char *end = s + len;
	size_t depth = 0, values = 1;

	for (; s < end; s++) {
		if (*s == '"') {
			s = skip_string(s, end);
		} else if (*s == '{' || *s == '[') {
			depth++;
			values++;
		} else if (*s == '}' || *s == ']') {
			depth -= depth > 0;
		} else if (*s == ',') {
			values++;
		}
		if (depth > JSONR_DEPTH_MAX || values > JSONR_VALUES_MAX)
			return -E2BIG;
	}
	return 0;
}

int jsonr_parse(const char *text, size_t len, cJSON **ret_root)
{
	int err = check_limits(text, len);
	const char *end = NULL;
	cJSON *root;

	if (err)
		return err;
	root = len ? cJSON_ParseWithLengthOpts(text, len, &end, false) : NULL;
	while (root && end < text + len && *end && strchr(" \t\r\n", *end))
		end++;
	if (!root || end != text + len) {
		cJSON_Delete(root);
		return -EINVAL;
	}
	*ret_root = root;
	return 0;
}

const cJSON *jsonr_get(const cJSON *o, const char *key)
{
	return cJSON_IsObject(o) ? cJSON_GetObjectItemCaseSensitive(o, key) : NULL;
}

const cJSON *jsonr_at(const cJSON *o, const char *path)
{
	char key[64];

	while (o && *path) {
		size_t n = strcspn(path, ".");

		if (n >= sizeof(key))
			return NULL;
		memcpy(key, path, n);
		key[n] = '\0';
		o = jsonr_get(o, key);
		path += n + (path[n] == '.');
	}
	return o;
}

const cJSON *jsonr_obj(const cJSON *o, const char *path)
{
	const cJSON *v = jsonr_at(o, path);

	return cJSON_IsObject(v) ? v : NULL;
}

const cJSON *jsonr_arr(const cJSON *o, const char *path)
{
	const cJSON *v = jsonr_at(o, path);

	return cJSON_IsArray(v) ? v : NULL;
}

const char *jsonr_str(const cJSON *o, const char *path)
{
	const cJSON *v = jsonr_at(o, path);

	return cJSON_IsString(v) ? v->valuestring : NULL;
}

int jsonr_tri(const cJSON *o, const char *path)
{
	const cJSON *v = jsonr_at(o, path);

	return cJSON_IsBool(v) ? (cJSON_IsTrue(v) ? TRI_YES : TRI_NO) : TRI_UNKNOWN;
}

bool jsonr_num(const cJSON *o, const char *path, double max, double *ret_n)
{
	const cJSON *v = jsonr_at(o, path);

	if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0 && v->valuedouble <= max) ||
	    v->valuedouble != (double)(uint64_t)v->valuedouble)
		return false;
	*ret_n = v->valuedouble;
	return true;
}
