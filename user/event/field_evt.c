/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Fields of the event itself. Its arguments are in field_arg.c. */
#include <fcntl.h>
#include <time.h>

#include "event/field_impl.h"
#include "event/names.h"
#include "event/render.h"

#define NS_PER_S 1000000000u

static uint64_t wall(const struct view *v)
{
	return v->ev->time + v->env->wall_off;
}

/* Everything but what the kernel or hullwatch does by itself. */
static bool is_syscall(const struct view *v)
{
	switch ((enum hw_class)v->desc->class) {
	case HW_CLASS_PROC:
		return v->desc->id == EV_execve || v->desc->id == EV_execveat;
	case HW_CLASS_CRED:
	case HW_CLASS_STATE:
	case HW_CLASS_KERNEL:
	case HW_CLASS_FILE:
	case HW_CLASS_NET:
		return true;
	default:
		return false;
	}
}

GETTER(get_evt_num)
{
	return val_uint(f, ret, v->num);
}

GETTER(get_evt_type)
{
	return val_str(f, ret, v->desc->name);
}

GETTER(get_syscall_type)
{
	return is_syscall(v) && val_str(f, ret, v->desc->name);
}

GETTER(get_evt_source)
{
	return val_str(f, ret, "syscall");
}

GETTER(get_evt_is_syscall)
{
	return val_uint(f, ret, is_syscall(v));
}

/* --- time --- */

/* p is 0 with nanoseconds, 1 without. */
static bool time_text(const struct field *f, const struct view *v, bool date, struct value *ret)
{
	struct buf *b = scratch_begin(v->scratch);
	uint64_t ns = wall(v);
	time_t s = ns / NS_PER_S;
	struct tm tm;

	if (!gmtime_r(&s, &tm))
		return false;
	if (date)
		buf_addf(b, "%04d-%02d-%02d ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	buf_addf(b, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (f->p == 0)
		buf_addf(b, ".%09u", (unsigned)(ns % NS_PER_S));
	return scratch_value(v->scratch, f, ret);
}

GETTER(get_evt_time)
{
	return time_text(f, v, false, ret);
}

GETTER(get_evt_datetime)
{
	return time_text(f, v, true, ret);
}

GETTER(get_evt_iso8601)
{
	render_iso8601(scratch_begin(v->scratch), wall(v));
	return scratch_value(v->scratch, f, ret);
}

GETTER(get_evt_rawtime)
{
	uint64_t ns = wall(v);

	return val_uint(f, ret, f->p == 0 ? ns : f->p == 1 ? ns / NS_PER_S : ns % NS_PER_S);
}

/* --- where and with what result --- */

GETTER(get_evt_cpu)
{
	return v->ev->cpu != HW_CPU_USER && val_int(f, ret, v->ev->cpu);
}

GETTER(get_evt_hostname)
{
	return val_str(f, ret, v->env->hostname);
}

GETTER(get_evt_rawres)
{
	bool has;
	int64_t res = evt_result(v, &has);

	return has && val_int(f, ret, res);
}

GETTER(get_evt_res)
{
	bool has;
	int64_t res = evt_result(v, &has);
	const char *name;

	if (!has)
		return false;
	if (res >= 0)
		return val_str(f, ret, "SUCCESS");
	name = res > -4096 ? names_errno(res) : NULL;
	if (name)
		return val_str(f, ret, name);
	buf_addi(scratch_begin(v->scratch), res);
	return scratch_value(v->scratch, f, ret);
}

GETTER(get_evt_failed)
{
	bool has;
	int64_t res = evt_result(v, &has);

	return val_uint(f, ret, has && res < 0);
}

/* --- opens --- */

/* p is 0 to read, 1 to write. */
GETTER(get_evt_is_open)
{
	unsigned mode;

	if (!is_open_event(v) || v->desc->id == EV_creat)
		return val_uint(f, ret, 0);
	mode = ((const struct ev_open *)v->ev)->flags & O_ACCMODE;
	return val_uint(f, ret, mode == O_RDWR || mode == (f->p ? O_WRONLY : O_RDONLY));
}

GETTER(get_evt_is_open_exec)
{
	const struct ev_open *o = (const struct ev_open *)v->ev;
	bool makes;

	if (!is_open_event(v))
		return val_uint(f, ret, 0);
	makes = v->desc->id == EV_creat || (o->flags & O_CREAT) ||
		(o->flags & O_TMPFILE) == O_TMPFILE;
	return val_uint(f, ret, makes && (o->mode & 0111));
}
