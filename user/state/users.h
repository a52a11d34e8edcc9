/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Names of users and groups, as a passwd record carries them: lines ID:NAME, ids as the initial
 * user namespace sees them. The collector makes the lines out of passwd and group files.
 */
#ifndef HW_USERS_H
#define HW_USERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define USERS_MAX 8192 /* of each kind; what is beyond has no name */
#define USERS_NAME_MAX 64

struct users;
struct id_map;

/* NULL + errno. Lines that are not ID:NAME are left out; the first name of an id counts. */
struct users *users_new(const char *users, size_t users_len, const char *groups, size_t groups_len);
void users_free(struct users *u); /* NULL is fine */
const char *users_name(const struct users *u, uint32_t uid);  /* "" without one, also for u NULL */
const char *users_group(const struct users *u, uint32_t gid);

/* Lines of a passwd or group file (name:password:ID:...) as lines ID:NAME, at most max bytes of
 * them. Ids go through the maps (none: as they are); one that no map knows is left out, and so is
 * a name with other than printable ASCII bytes. */
void users_lines(struct buf *out, const char *file, size_t len, const struct id_map *maps,
		 unsigned n_maps, size_t max);

#endif
