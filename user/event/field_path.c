/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The paths that calls name: where each lies in its record, what it starts from, and the fields
 * fs.path.*. Nothing is looked up in a file system.
 */
#include "event/field_impl.h"

#define FDCWD (-100)

static int32_t i32_at(const struct view *v, size_t off)
{
	return *(const int32_t *)((const char *)v->ev + off);
}

/* How the paths of one shape of events lie: name, the directory it starts from, and the
 * descriptor that stood for that directory. dirfd 0: always the current directory. */
struct path_row {
	uint8_t first, last; /* event ids */
	uint8_t slot;
	uint16_t name, base, dirfd;
};

#define OFF(ev, f) offsetof(struct ev_##ev, f)
static const struct path_row path_rows[] = {
	{EV_open, EV_creat, PATH_ONE, OFF(open, name), OFF(open, base), OFF(open, dirfd)},
	{EV_unlink, EV_unlinkat, PATH_ONE, OFF(unlink, path), OFF(unlink, base1),
	 OFF(unlink, dirfd)},
	{EV_link, EV_linkat, PATH_SOURCE, OFF(link, oldpath), OFF(link, base1), OFF(link, olddir)},
	{EV_link, EV_linkat, PATH_TARGET, OFF(link, newpath), OFF(link, base2), OFF(link, newdir)},
	{EV_symlink, EV_symlinkat, PATH_SOURCE, OFF(symlink, target), 0, 0},
	{EV_symlink, EV_symlinkat, PATH_TARGET, OFF(symlink, linkpath), OFF(symlink, base2),
	 OFF(symlink, linkdirfd)},
	{EV_rename, EV_renameat2, PATH_SOURCE, OFF(rename, oldpath), OFF(rename, base1),
	 OFF(rename, olddirfd)},
	{EV_rename, EV_renameat2, PATH_TARGET, OFF(rename, newpath), OFF(rename, base2),
	 OFF(rename, newdirfd)},
	{EV_execve, EV_execveat, PATH_SLOTS, OFF(execve, filename), OFF(execve, cwd), 0},
};

_Static_assert(EV_unlinkat == EV_unlink + 1 && EV_linkat == EV_link + 1 &&
	       EV_symlinkat == EV_symlink + 1 && EV_renameat2 == EV_rename + 2 &&
	       EV_execveat == EV_execve + 1, "a row of path_rows is no range any more");

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

/* A relative name as an absolute path. An open that succeeded without a known directory is where
 * the kernel went. */
static bool join_name(const struct view *v, const struct path_row *r, const char **ret_s,
		      size_t *ret_len)
{
	const struct hw_str *name = (const struct hw_str *)((const char *)v->ev + r->name);
	const char *base = "";
	size_t base_len = 0;

	if (!base_of(v, r, &base, &base_len) && is_open_event(v) && fd_named(v)) {
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
	name = (const struct hw_str *)((const char *)v->ev + r->name);
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

bool arg_path(const struct view *v, enum path_slot slot, const char **ret_s, size_t *ret_len)
{
	const struct fd_facts *x;

	if (is_open_event(v)) {
		x = slot == PATH_ONE ? fd_named(v) : NULL;
		if (!x)
			return false;
		*ret_s = x->name;
		*ret_len = x->name_len;
		return true;
	}
	if (!arg_path_raw(v, slot, ret_s, ret_len))
		return false;
	if (slot == PATH_SOURCE && path_row(v, slot)->first == EV_symlink)
		return symlink_target(v, *ret_s, *ret_len, ret_s, ret_len);
	if (**ret_s != '/')
		return join_name(v, path_row(v, slot), ret_s, ret_len);
	*ret_s = path_join(v->scratch, "", 0, *ret_s, *ret_len, ret_len);
	return *ret_s != NULL;
}


bool arg_path_wire(const struct view *v, const struct wire_field *w, const char **ret_s,
		   size_t *ret_len)
{
	const struct hw_str *s = (const struct hw_str *)((const char *)v->ev + w->offset);
	const struct path_row *r = NULL;

	if (!s->off)
		return false;
	*ret_s = rec_str(v->ev, s);
	*ret_len = s->len;
	if (s->len == 0 || **ret_s == '/')
		return true;
	for (uint8_t slot = 0; slot <= PATH_SLOTS; slot++) {
		r = path_row(v, slot);
		if (r && r->name == w->offset)
			break;
		r = NULL;
	}
	if (!r || !r->base)
		return true;
	return join_name(v, r, ret_s, ret_len);
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
