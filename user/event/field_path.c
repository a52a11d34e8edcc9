/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The paths that calls name: where each lies in its record, what it starts from, and the fields
 * fs.path.*. Nothing is looked up in a file system.
 */
#include <sys/mount.h>

#include "event/field_impl.h"

#define FDCWD (-100)

static int32_t i32_at(const struct view *v, size_t off)
{
	return *(const int32_t *)((const char *)v->ev + off);
}

/* How the paths of one shape of events lie: name, the directory it starts from, the path that the
 * kernel used, and the descriptor that stood for the directory. 0: the shape has none. */
struct path_row {
	uint8_t first, last; /* event ids */
	uint8_t slot;
	uint16_t name, base, obj, dirfd;
};

#define OFF(ev, f) offsetof(struct ev_##ev, f)
#define ONE(first, last, ev, name)                                                                 \
	{EV_##first, EV_##last, PATH_ONE, OFF(ev, name), OFF(ev, base1), OFF(ev, obj1),            \
	 OFF(ev, dirfd)}
#define TWO(first, last, ev, dir1, name1, dir2, name2)                                             \
	{EV_##first, EV_##last, PATH_SOURCE, OFF(ev, name1), OFF(ev, base1), OFF(ev, obj1),        \
	 OFF(ev, dir1)},                                                                           \
	{EV_##first, EV_##last, PATH_TARGET, OFF(ev, name2), OFF(ev, base2), OFF(ev, obj2),        \
	 OFF(ev, dir2)}

/* What an open opened is a descriptor's business, not an obj's of its row. */
#define OPEN(first, last)                                                                          \
	{EV_##first, EV_##last, PATH_ONE, OFF(open, name), OFF(open, base), 0, OFF(open, dirfd)}

static const struct path_row path_rows[] = {
	OPEN(open, creat),
	OPEN(open_by_handle_at, open_by_handle_at),
	OPEN(fspick, open_tree_attr),
	ONE(unlink, unlinkat, unlink, path),
	ONE(rmdir, rmdir, rmdir, path),
	ONE(mkdir, mknodat, mkdir, path),
	ONE(chmod, ftruncate, chmod, filename),
	ONE(setxattr, fsetxattr, setxattr, path),
	ONE(setxattrat, setxattrat, setxattrat, path),
	ONE(umount2, umount2, umount2, name),
	{EV_mount_setattr, EV_mount_setattr, PATH_ONE, OFF(mount_setattr, path),
	 OFF(mount_setattr, base1), 0, OFF(mount_setattr, dirfd)},
	TWO(link, linkat, link, olddir, oldpath, newdir, newpath),
	/* A symbolic link's target is text. */
	{EV_symlink, EV_symlinkat, PATH_SOURCE, OFF(symlink, target), 0, 0, 0},
	{EV_symlink, EV_symlinkat, PATH_TARGET, OFF(symlink, linkpath), OFF(symlink, base2),
	 OFF(symlink, obj2), OFF(symlink, linkdirfd)},
	TWO(rename, renameat2, rename, olddirfd, oldpath, newdirfd, newpath),
	TWO(pivot_root, pivot_root, pivot_root, newdir, new_root, putdir, put_old),
	TWO(move_mount, move_mount, move_mount, from_dirfd, from_pathname, to_dirfd, to_pathname),
	{EV_mount, EV_mount, PATH_SOURCE, OFF(mount, dev), OFF(mount, base1), 0, 0},
	{EV_mount, EV_mount, PATH_TARGET, OFF(mount, dir), OFF(mount, base1), OFF(mount, obj1), 0},
	{EV_execve, EV_execveat, PATH_SLOTS, OFF(execve, filename), OFF(execve, cwd), 0, 0},
};

_Static_assert(EV_unlinkat == EV_unlink + 1 && EV_linkat == EV_link + 1 &&
	       EV_symlinkat == EV_symlink + 1 && EV_renameat2 == EV_rename + 2 &&
	       EV_execveat == EV_execve + 1 && EV_mknodat == EV_mkdir + 3 &&
	       EV_ftruncate == EV_chmod + 9 && EV_fsetxattr == EV_setxattr + 2,
	       "a row of path_rows is no range any more");

static const struct path_row *path_row(const struct view *v, uint8_t slot)
{
	unsigned id = v->desc->id;

	for (size_t i = 0; i < ARRAY_LEN(path_rows); i++) {
		const struct path_row *r = &path_rows[i];

		if (id >= r->first && id <= r->last && r->slot == slot)
			return r;
	}
	return NULL;
}

bool has_path(const struct view *v, enum path_slot slot)
{
	return path_row(v, slot);
}

/* The directory that a relative name starts from: as the kernel told it, else, when the call meant
 * the current directory, what is known of that. */
static bool base_of(const struct view *v, const struct path_row *r, const char **ret_s,
		    size_t *ret_len)
{
	const struct hw_str *base = (const struct hw_str *)((const char *)v->ev + r->base);

	if (r->base && base->len) {
		*ret_s = rec_str(v->ev, base);
		*ret_len = base->len;
		return true;
	}
	if (r->dirfd && i32_at(v, r->dirfd) != FDCWD)
		return false;
	*ret_s = v->proc->cwd;
	*ret_len = v->proc->cwd_len;
	return *ret_len > 0;
}

static const struct hw_str *row_str(const struct view *v, uint16_t off)
{
	return (const struct hw_str *)((const char *)v->ev + off);
}

/* Where the kernel went. */
static const struct hw_str *obj_of(const struct view *v, const struct path_row *r)
{
	return r->obj && row_str(v, r->obj)->off ? row_str(v, r->obj) : NULL;
}

/* What mount calls its device is a path only where it says so. */
static bool is_no_path(const struct view *v, const struct path_row *r)
{
	return v->desc->id == EV_mount && r->slot == PATH_SOURCE &&
	       !(((const struct ev_mount *)v->ev)->flags & (MS_BIND | MS_MOVE));
}

/* Does its descriptor stand for what it names? That of fspick stands for a context. */
static bool opens_its_name(const struct view *v)
{
	return is_open_shape(v) && v->desc->id != EV_fspick;
}

/* A relative name as an absolute path. An open that succeeded without a known directory is where
 * the kernel went. */
static bool join_name(const struct view *v, const struct path_row *r, const char **ret_s,
		      size_t *ret_len)
{
	const struct hw_str *name = row_str(v, r->name);
	const char *base = "";
	size_t base_len = 0;

	if (is_no_path(v, r)) {
		*ret_s = rec_str(v->ev, name);
		*ret_len = name->len;
		return true;
	}
	if (!base_of(v, r, &base, &base_len) && opens_its_name(v) && fd_named(v)) {
		*ret_s = fd_named(v)->name;
		*ret_len = fd_named(v)->name_len;
		return true;
	}
	*ret_s = path_join(v->scratch, base, base_len, rec_str(v->ev, name), name->len, ret_len);
	return *ret_s != NULL;
}

bool arg_path_raw(const struct view *v, enum path_slot slot, const char **ret_s, size_t *ret_len)
{
	const struct path_row *r = path_row(v, slot);
	const struct hw_str *name;

	if (!r)
		return false;
	name = row_str(v, r->name);
	*ret_s = rec_str(v->ev, name);
	*ret_len = name->len;
	return name->off;
}

/* Where a symbolic link with a relative target leads: from the directory that the link is in. */
static bool symlink_target(const struct view *v, const char *target, size_t len,
			   const char **ret_s, size_t *ret_len)
{
	const char *dir;
	size_t dir_len;

	if (target[0] == '/') {
		dir = "";
		dir_len = 0;
	} else {
		if (!arg_path(v, PATH_TARGET, &dir, &dir_len))
			return false;
		while (dir_len > 1 && dir[dir_len - 1] != '/')
			dir_len--;
	}
	*ret_s = path_join(v->scratch, dir, dir_len, target, len, ret_len);
	return *ret_s != NULL;
}

/* The path of what a descriptor stands for. */
static bool fd_path(const struct view *v, const char **ret_s, size_t *ret_len)
{
	const struct fd_facts *x = fd_named(v);

	if (!x)
		return false;
	*ret_s = x->name;
	*ret_len = x->name_len;
	return true;
}

bool arg_path(const struct view *v, enum path_slot slot, const char **ret_s, size_t *ret_len)
{
	const struct path_row *r = path_row(v, slot);
	const struct hw_str *obj = r ? obj_of(v, r) : NULL;

	if (!r)
		return false;
	if (obj) {
		*ret_s = rec_str(v->ev, obj);
		*ret_len = obj->len;
		return true;
	}
	if (opens_its_name(v))
		return fd_path(v, ret_s, ret_len);
	/* The calls that take a descriptor share the shape of those that take a name; an empty name
	 * means the descriptor, too. */
	if (!arg_path_raw(v, slot, ret_s, ret_len))
		return slot == PATH_ONE && fd_path(v, ret_s, ret_len);
	if (*ret_len == 0 && slot == PATH_ONE && fd_path(v, ret_s, ret_len))
		return true;
	if (slot == PATH_SOURCE && r->first == EV_symlink)
		return symlink_target(v, *ret_s, *ret_len, ret_s, ret_len);
	if (**ret_s != '/')
		return join_name(v, r, ret_s, ret_len);
	*ret_s = path_join(v->scratch, "", 0, *ret_s, *ret_len, ret_len);
	return *ret_s != NULL;
}

static const struct path_row *row_of_wire(const struct view *v, const struct wire_field *w)
{
	for (uint8_t slot = 0; slot <= PATH_SLOTS; slot++) {
		const struct path_row *r = path_row(v, slot);

		if (r && r->name == w->offset)
			return r;
	}
	return NULL;
}

bool arg_path_wire(const struct view *v, const struct wire_field *w, const char **ret_s,
		   size_t *ret_len)
{
	const struct hw_str *s = row_str(v, w->offset), *obj;
	const struct path_row *r;

	if (!s->off)
		return false;
	r = row_of_wire(v, w);
	obj = r ? obj_of(v, r) : NULL;
	if (obj)
		s = obj;
	*ret_s = rec_str(v->ev, s);
	*ret_len = s->len;
	if (obj || s->len == 0 || **ret_s == '/' || !r || !r->base)
		return true;
	return join_name(v, r, ret_s, ret_len);
}

/* --- what paths rest on --- */

/* The string that a slot's path comes from; NULL when there is none. */
static const struct hw_str *source_of(const struct view *v, const struct path_row *r)
{
	if (obj_of(v, r))
		return obj_of(v, r);
	if (v->desc->obj_off >= 0 && fd_object(v)->path.off && v->desc->id != EV_fspick)
		return &fd_object(v)->path;
	return row_str(v, r->name)->off ? row_str(v, r->name) : NULL;
}

const char *name_source(const struct view *v)
{
	const char *found = NULL;

	for (uint8_t slot = 0; slot < PATH_SLOTS; slot++) {
		const struct path_row *r = path_row(v, slot);
		const struct hw_str *s = r ? source_of(v, r) : NULL;

		if (!s)
			continue;
		if (s->flags & HW_STR_USER)
			return "caller";
		found = "kernel";
	}
	return found;
}

GETTER(get_fs_path)
{
	const char *s;
	size_t len;

	return arg_path(v, f->p, &s, &len) && val_strn(f, ret, s, len);
}

GETTER(get_fs_path_raw)
{
	const char *s;
	size_t len;

	return arg_path_raw(v, f->p, &s, &len) && val_strn(f, ret, s, len);
}
