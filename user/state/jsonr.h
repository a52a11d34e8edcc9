/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Reading JSON that others wrote, some of it hostile: cJSON behind limits on depth and on the
 * number of values, and getters that take nothing of an unexpected type.
 */
#ifndef HW_JSONR_H
#define HW_JSONR_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define JSONR_DEPTH_MAX 32
#define JSONR_VALUES_MAX 200000

/* The tree, freed with cJSON_Delete. -EINVAL: no JSON; -E2BIG: beyond the limits. */
int jsonr_parse(const char *text, size_t len, cJSON **ret_root);

/* The member of an object, NULL when absent or o is no object (NULL too). */
const cJSON *jsonr_get(const cJSON *o, const char *key);
/* The same along a path of keys with "." between: "linux.seccomp". */
const cJSON *jsonr_at(const cJSON *o, const char *path);
const cJSON *jsonr_obj(const cJSON *o, const char *path); /* only an object */
const cJSON *jsonr_arr(const cJSON *o, const char *path); /* only an array */
const char *jsonr_str(const cJSON *o, const char *path);  /* only a string; NULL */
int jsonr_tri(const cJSON *o, const char *path);	  /* enum tristate */
/* A number from 0 to max (at most 2^53) without a fraction. */
bool jsonr_num(const cJSON *o, const char *path, double max, double *ret_n);

/* The elements of an array, or the members of an object. NULL is an empty one. */
#define jsonr_each(item, parent)                                                                   \
	for (const cJSON *item = (parent) ? (parent)->child : NULL; item; item = item->next)

#endif
