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
bool evt_is_call(const struct view *v)
{
	if (v->desc->id == EV_userns_create || v->desc->id == EV_dns_query)
		return false;
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

const char *evt_via(const struct view *v)
{
	if (!evt_is_call(v))
		return NULL;
	return v->ev->flags & HW_F_URING ? "io_uring" : "syscall";
}

const char *evt_abi(const struct view *v)
{
	if (!evt_is_call(v))
		return NULL;
	return v->ev->flags & HW_F_X32 ? "x32" : v->ev->flags & HW_F_COMPAT ? "compat" : "native";
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
	return evt_is_call(v) && val_str(f, ret, v->desc->name);
}

GETTER(get_evt_source)
{
	return val_str(f, ret, "syscall");
}

GETTER(get_evt_is_syscall)
{
	return val_uint(f, ret, evt_is_call(v));
}

GETTER(get_evt_via)
{
	return evt_via(v) && val_str(f, ret, evt_via(v));
}

GETTER(get_evt_abi)
{
	return evt_abi(v) && val_str(f, ret, evt_abi(v));
}

GETTER(get_evt_name_source)
{
	const char *source = name_source(v);

	return source && val_str(f, ret, source);
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

GETTER(get_evt_unseen)
{
	return val_uint(f, ret, (v->ev->flags & HW_F_UNSEEN) != 0);
}

GETTER(get_evt_failed)
{
	bool has;
	int64_t res = evt_result(v, &has);

	return val_uint(f, ret, has && res < 0);
}

/* --- bytes that moved --- */

static const struct hw_str *data_of(const struct view *v)
{
	const struct hw_str *s = (const void *)((const char *)v->ev + v->desc->data_off);

	return v->desc->data_off >= 0 && s->off ? s : NULL;
}

GETTER(get_evt_buffer)
{
	const struct hw_str *s = data_of(v);

	return s && val_strn(f, ret, rec_str(v->ev, s), s->len);
}

GETTER(get_evt_buflen)
{
	const struct hw_str *s = data_of(v);

	return s && val_uint(f, ret, s->len);
}

/* --- opens --- */

/* p is 0 to read, 1 to write. */
GETTER(get_evt_is_open)
{
	unsigned mode;

	if (!is_open_event(v) && v->desc->id != EV_open_by_handle_at)
		return val_uint(f, ret, 0);
	if (v->desc->id == EV_creat)
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
