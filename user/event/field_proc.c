/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Fields of the process that acted, of its relatives, of the thread and its user. What changes
 * between two execs without the process's row knowing (credentials) is read from the header.
 */
#include "event/field_impl.h"
#include "event/names.h"

#define LOGINUID_UNSET UINT32_MAX

enum prop_kind {
	PK_STR,	  /* a string and its length */
	PK_KNOWN, /* the same; empty means not known */
	PK_COMM,
	PK_I32,
	PK_U32,
	PK_U64,
	PK_START, /* time since boot, told as time of day */
	PK_SINCE, /* time since boot, told as what has passed */
	PK_SAME,  /* are two ids the same? */
};

struct prop_row {
	uint8_t kind;
	bool image;	     /* known only with the process's image */
	const char *unknown; /* said instead; NULL: there is no value */
	uint16_t off, off2;
};

#define P(member) offsetof(struct process, member)

static const struct prop_row props[PP_MAX] = {
	[PP_NAME] = {PK_COMM, false, NA, P(comm), 0},
	[PP_EXE] = {PK_STR, true, NA, P(exe), P(exe_len)},
	[PP_EXEPATH] = {PK_KNOWN, true, NULL, P(exepath), P(exepath_len)},
	[PP_ARGS] = {PK_STR, true, NULL, P(args), P(args_len)},
	[PP_CMDLINE] = {PK_STR, false, NULL, P(cmdline), P(cmdline_len)},
	[PP_CWD] = {PK_KNOWN, false, NULL, P(cwd), P(cwd_len)},
	[PP_PID] = {PK_I32, false, NULL, P(pid), 0},
	[PP_PPID] = {PK_I32, false, NULL, P(ppid), 0},
	[PP_VPID] = {PK_I32, false, NULL, P(vpid), 0},
	[PP_SID] = {PK_I32, true, NULL, P(sid), 0},
	[PP_PGID] = {PK_I32, true, NULL, P(pgid), 0},
	[PP_VPGID] = {PK_I32, true, NULL, P(vpgid), 0},
	[PP_TTY] = {PK_U32, true, NULL, P(tty), 0},
	[PP_EXE_INO] = {PK_U64, true, NULL, P(exe_ino), 0},
	[PP_CTIME] = {PK_U64, true, NULL, P(exe_ctime_ns), 0},
	[PP_MTIME] = {PK_U64, true, NULL, P(exe_mtime_ns), 0},
	[PP_START] = {PK_START, false, NULL, P(start_ns), 0},
	[PP_DURATION] = {PK_SINCE, false, NULL, P(start_ns), 0},
	[PP_IS_SID_LEADER] = {PK_SAME, true, NULL, P(sid), P(pid)},
	[PP_IS_PGID_LEADER] = {PK_SAME, true, NULL, P(pgid), P(pid)},
	[PP_IS_VPGID_LEADER] = {PK_SAME, true, NULL, P(vpgid), P(vpid)},
	[PP_PIDNS] = {PK_U32, true, NULL, P(pidns), 0},
	[PP_MNTNS] = {PK_U32, true, NULL, P(mntns), 0},
	[PP_NETNS] = {PK_U32, true, NULL, P(netns), 0},
	[PP_USERNS] = {PK_U32, true, NULL, P(userns), 0},
};

static uint32_t u32_at(const struct process *p, uint16_t off)
{
	return *(const uint32_t *)((const char *)p + off);
}

static uint64_t u64_at(const struct process *p, uint16_t off)
{
	return *(const uint64_t *)((const char *)p + off);
}

static const char *str_at(const struct process *p, uint16_t off)
{
	return *(const char *const *)((const char *)p + off);
}

/* A process without a known image has no name either when the header was all there was. */
static bool prop_known(const struct process *p, const struct prop_row *r)
{
	switch ((enum prop_kind)r->kind) {
	case PK_COMM:
		return p->image_known || p->comm[0];
	case PK_KNOWN:
		return str_at(p, r->off)[0];
	case PK_START:
	case PK_SINCE:
		return u64_at(p, r->off);
	default:
		return p->image_known || !r->image;
	}
}

static bool prop_get(const struct field *f, const struct view *v, const struct process *p,
		     unsigned prop, struct value *ret)
{
	const struct prop_row *r = &props[prop];

	if (!prop_known(p, r))
		return r->unknown && val_str(f, ret, r->unknown);
	switch ((enum prop_kind)r->kind) {
	case PK_STR:
	case PK_KNOWN:
		return val_strn(f, ret, str_at(p, r->off), u32_at(p, r->off2));
	case PK_COMM:
		return val_strn(f, ret, p->comm, strnlen(p->comm, sizeof(p->comm) - 1));
	case PK_I32:
		return val_int(f, ret, (int32_t)u32_at(p, r->off));
	case PK_U32:
		return val_uint(f, ret, u32_at(p, r->off));
	case PK_U64:
		return val_uint(f, ret, u64_at(p, r->off));
	case PK_START:
		return val_uint(f, ret, u64_at(p, r->off) + v->env->wall_off);
	case PK_SINCE:
		return val_uint(f, ret, v->ev->time > u64_at(p, r->off) ?
						v->ev->time - u64_at(p, r->off) : 0);
	case PK_SAME:
		return val_uint(f, ret, u32_at(p, r->off) == u32_at(p, r->off2));
	}
	return false;
}

/* --- the process itself --- */

GETTER(get_self)
{
	return prop_get(f, v, v->proc, f->p, ret);
}

/* --- the process that a call was for --- */

static const struct hw_target *target_of(const struct view *v)
{
	const struct hw_target *t = (const void *)((const char *)v->ev + v->desc->target_off);

	return v->desc->target_off >= 0 && t->target_pid ? t : NULL;
}

GETTER(get_target)
{
	return target_of(v) && v->target && prop_get(f, v, v->target, f->p, ret);
}

/* p is 0 for the process, 1 for the thread. */
GETTER(get_target_pid)
{
	const struct hw_target *t = target_of(v);

	return t && val_int(f, ret, f->p ? t->target_tid : t->target_pid);
}

GETTER(get_target_self)
{
	const struct hw_target *t = target_of(v);

	return t && val_uint(f, ret, t->target_pid == v->ev->pid);
}

GETTER(get_exe_flag)
{
	return v->proc->image_known && val_uint(f, ret, (v->proc->exe_flags & f->p) != 0);
}

GETTER(get_proc_entry)
{
	return val_uint(f, ret, v->proc->entry == f->p);
}

GETTER(get_ctime_age)
{
	const struct process *p = v->proc;
	uint64_t start = p->start_ns + v->env->wall_off;

	if (!p->image_known || !p->start_ns || start <= p->exe_ctime_ns)
		return false;
	return val_uint(f, ret, start - p->exe_ctime_ns);
}

GETTER(get_proc_exeline)
{
	const struct process *p = v->proc;
	struct buf *b = scratch_begin(v->scratch);

	if (!p->image_known)
		return false;
	buf_add(b, p->exe, p->exe_len);
	if (p->args_len)
		buf_addc(b, ' ');
	buf_add(b, p->args, p->args_len);
	return scratch_value(v->scratch, f, ret);
}

/* The n-th argument of the vector, 0 the program's own name. */
static bool argv_at(const struct process *p, unsigned n, const char **ret_s, size_t *ret_len)
{
	const char *at = p->argv, *end = p->argv + p->argv_len;

	for (; at < end; n--) {
		size_t len = strnlen(at, end - at);

		if (n == 0) {
			*ret_s = at;
			*ret_len = len;
			return true;
		}
		at += len + 1;
	}
	return false;
}

GETTER(get_proc_args)
{
	const char *s;
	size_t len;

	if (!a->has)
		return prop_get(f, v, v->proc, PP_ARGS, ret);
	if (!v->proc->image_known || a->index >= HW_RECORD_MAX ||
	    !argv_at(v->proc, (unsigned)a->index + 1, &s, &len))
		return false;
	return val_strn(f, ret, s, len);
}

GETTER(get_proc_nargs)
{
	const struct process *p = v->proc;
	const char *at = p->argv, *end = p->argv + p->argv_len;
	uint64_t n = 0, bytes = 0;

	if (!p->image_known)
		return false;
	for (; at < end; n++) {
		size_t len = strnlen(at, end - at);

		bytes += n ? len : 0;
		at += len + 1;
	}
	return val_uint(f, ret, f->p ? bytes : n ? n - 1 : 0);
}

/* --- relatives --- */

GETTER(get_parent)
{
	return v->proc->parent && prop_get(f, v, v->proc->parent, f->p, ret);
}

/* All ancestors as one text; a field that counts becomes text too. */
static bool all_ancestors(const struct field *f, const struct view *v, struct value *ret)
{
	struct buf *b = scratch_begin(v->scratch);
	const struct process *p = v->proc->parent;
	struct value one;

	if (!p)
		return false;
	for (unsigned n = 0; p && n < PROC_ANCESTORS_MAX; n++, p = p->parent) {
		if (n)
			buf_addc(b, ' ');
		if (prop_get(f, v, p, f->p, &one))
			value_text(b, &one);
	}
	if (!scratch_value(v->scratch, f, ret))
		return false;
	ret->type = f->type == FT_PATH ? FT_PATH : FT_STR;
	return true;
}

GETTER(get_ancestor)
{
	const struct process *p = v->proc;

	if (!a->has)
		return all_ancestors(f, v, ret);
	if (a->index > PROC_ANCESTORS_MAX)
		return false;
	for (int32_t n = 0; p && n < a->index; n++)
		p = p->parent;
	if (!p)
		return false;
	/* No value would say that the top is passed. */
	return prop_get(f, v, p, f->p, ret) || val_strn(f, ret, "", 0);
}

/* The process or the ancestor whose pid is id. */
static const struct process *leader(const struct process *p, uint32_t id)
{
	for (unsigned n = 0; p && n <= PROC_ANCESTORS_MAX; n++, p = p->parent) {
		if (p->pid == id)
			return p;
	}
	return NULL;
}

GETTER(get_leader)
{
	const struct process *p = v->proc, *l;

	if (!p->image_known)
		return false;
	l = leader(p, f->p & LEADER_PGID ? p->pgid : p->sid);
	return l && prop_get(f, v, l, f->p & LEADER_PROP, ret);
}

GETTER(get_sname)
{
	const struct process *p = v->proc, *found;

	if (!p->image_known)
		return false;
	found = leader(p, p->sid);
	if (!found) {
		const struct process *up = p->parent;

		for (unsigned n = 0; up && n < PROC_ANCESTORS_MAX && up->sid == p->sid; n++) {
			found = up;
			up = up->parent;
		}
	}
	return found ? prop_get(f, v, found, PP_NAME, ret) : val_strn(f, ret, "", 0);
}

/* --- the thread --- */

GETTER(get_thread_tid)
{
	return val_int(f, ret, (int32_t)v->ev->tid);
}

GETTER(get_thread_ismain)
{
	return val_uint(f, ret, v->ev->tid == v->ev->pid);
}

GETTER(get_thread_caps)
{
	uint64_t caps = f->p == 0 ? v->ev->cap_effective :
			f->p == 1 ? v->ev->cap_permitted : v->proc->cap_inheritable;

	if (f->p == 2 && !v->proc->image_known)
		return false;
	names_caps(scratch_begin(v->scratch), caps);
	return scratch_value(v->scratch, f, ret);
}

/* --- users --- */

const char *user_text(const struct view *v, enum user_id which, uint32_t id)
{
	const struct view_env *e = v->env;
	const char *name;

	if (which == ID_LOGIN && id == LOGINUID_UNSET)
		return NA;
	name = which == ID_GROUP ? e->group_name(e->ctx, v->ctr, id) :
				   e->user_name(e->ctx, v->ctr, id);
	if (name[0])
		return name;
	return id == 0 ? "root" : NA;
}

static uint32_t id_of(const struct view *v, unsigned which)
{
	return which == ID_GROUP ? v->ev->gid : which == ID_LOGIN ? v->ev->loginuid : v->ev->uid;
}

GETTER(get_user_id)
{
	uint32_t id = id_of(v, f->p);

	if (f->p == ID_LOGIN)
		return val_int(f, ret, id == LOGINUID_UNSET ? -1 : (int64_t)id);
	return val_uint(f, ret, id);
}

GETTER(get_user_name)
{
	return val_str(f, ret, user_text(v, f->p, id_of(v, f->p)));
}
