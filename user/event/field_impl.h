/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What the files field*.c share: the shape of a getter, scratch space, and the parameters that
 * rows of field.def hand to their getters. Nobody else includes this.
 */
#ifndef HW_FIELD_IMPL_H
#define HW_FIELD_IMPL_H

#include <string.h>

#include "event/field.h"
#include "event/schema.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define UNUSED __attribute__((unused))
#define NA "<NA>" /* the language's word for a name that is not known */

#define GETTER(name)                                                                               \
	bool name(const struct field *f UNUSED, const struct view *v UNUSED,                       \
		  const struct field_arg *a UNUSED, struct value *ret)

/* --- parameters of rows --- */

/* What a process row tells; the table is in field_proc.c. */
enum proc_prop {
	PP_NAME, PP_EXE, PP_EXEPATH, PP_ARGS, PP_CMDLINE, PP_CWD, PP_PID, PP_PPID, PP_VPID, PP_SID,
	PP_PGID, PP_VPGID, PP_TTY, PP_EXE_INO, PP_CTIME, PP_MTIME, PP_START, PP_DURATION,
	PP_IS_SID_LEADER, PP_IS_PGID_LEADER, PP_IS_VPGID_LEADER, PP_PIDNS, PP_MNTNS, PP_NETNS,
	PP_USERNS, PP_MAX,
};

/* The leader of the session or process group, and what of it. */
#define LEADER_SID 0
#define LEADER_PGID 0x100
#define LEADER_PROP 0xff

enum fd_end { FD_CLIENT, FD_SERVER, FD_LOCAL, FD_REMOTE, FD_EITHER };

/* Paths that a call names; see arg_path. */
enum path_slot { PATH_ONE, PATH_SOURCE, PATH_TARGET, PATH_SLOTS };

enum user_id { ID_USER, ID_LOGIN, ID_GROUP };

#define ROW(name, type, flags, getter, p, doc) GETTER(getter);
#include "event/field.def"
GETTER(get_arg_named);

/* --- values --- */

static inline bool val_strn(const struct field *f, struct value *ret, const char *s, size_t len)
{
	ret->type = f->type;
	ret->len = len;
	ret->s = s;
	return true;
}

static inline bool val_str(const struct field *f, struct value *ret, const char *s)
{
	return val_strn(f, ret, s, strlen(s));
}

static inline bool val_int(const struct field *f, struct value *ret, int64_t i)
{
	ret->type = f->type;
	ret->len = 0;
	ret->i = i;
	return true;
}

static inline bool val_uint(const struct field *f, struct value *ret, uint64_t u)
{
	ret->type = f->type;
	ret->len = 0;
	ret->u = u;
	return true;
}

/* --- scratch --- */

/* Bytes that stay until the scratch is reset; NULL when memory ran out. */
char *scratch_alloc(struct field_scratch *s, size_t len);
/* An empty buffer to build one string in; building does not nest. */
struct buf *scratch_begin(struct field_scratch *s);
/* What was built, as the value of f. */
bool scratch_value(struct field_scratch *s, const struct field *f, struct value *ret);

/* A descriptor as fd.* fields see it, worked out at most once an event. */
struct fd_facts {
	bool done, name_done;
	bool known;	  /* the descriptor exists: false after a failed open, socket, ... */
	bool has_name, has_local, has_remote;
	char typechar;
	uint8_t role;	  /* enum sock_role */
	const char *type; /* NULL: none that the language names */
	const char *name;
	uint32_t name_len;
	struct hw_addr local, remote; /* folded */
};
struct fd_facts *scratch_fd(struct field_scratch *s);

/* --- paths (path.c) --- */

/* Base and name as one absolute path without ".", ".." and empty components; no link is followed.
 * An absolute name takes no base; without a base it becomes <UNKNOWN>/NAME. Lives in scratch; NULL
 * when memory ran out. */
const char *path_join(struct field_scratch *s, const char *base, size_t base_len, const char *name,
		      size_t name_len, size_t *ret_len);

/* --- descriptors (field_fd.c) --- */

static inline bool is_open_event(const struct view *v)
{
	_Static_assert(EV_openat == EV_open + 1 && EV_openat2 == EV_open + 2 &&
		       EV_creat == EV_open + 3, "the open family is no range any more");
	return v->desc->id >= EV_open && v->desc->id <= EV_creat;
}

/* Events of the shape OPEN_FIELDS: they make a descriptor from a name. */
static inline bool is_open_shape(const struct view *v)
{
	_Static_assert(EV_open_tree_attr == EV_fspick + 2 && EV_open_tree == EV_fspick + 1,
		       "fspick, open_tree, open_tree_attr are no range any more");
	return is_open_event(v) || v->desc->id == EV_open_by_handle_at ||
	       (v->desc->id >= EV_fspick && v->desc->id <= EV_open_tree_attr);
}

static inline bool is_accept_event(const struct view *v)
{
	return v->desc->id == EV_accept || v->desc->id == EV_accept4;
}

const struct fd_facts *fd_facts(const struct view *v); /* NULL: the event has no descriptor */
/* The same with its name worked out; NULL too when there is none. */
const struct fd_facts *fd_named(const struct view *v);
int64_t fd_number(const struct view *v); /* of an event with a descriptor; -1 when it failed */
/* What the kernel held; of an event with a descriptor. */
static inline const struct hw_fdobj *fd_object(const struct view *v)
{
	return (const struct hw_fdobj *)((const char *)v->ev + v->desc->obj_off);
}
/* Has it an inode in a file system, with names and an owner? */
static inline bool fd_on_disk(const struct hw_fdobj *o)
{
	return o->kind == HW_FD_FILE || o->kind == HW_FD_DIR || o->kind == HW_FD_MEMFD;
}

/* --- arguments of events (field_arg.c) --- */

void args_init(void); /* once, from field.c */
size_t args_count(void);
const char *args_name(size_t id);
/* What it means in that event; NULL: not an argument of it. */
const char *args_doc(size_t id, unsigned event);
/* Has it a meaning in an event that rules see? They see no facts. */
bool args_for_rules(size_t id);
/* Is this wire field of the event no argument: padding, objects, bases, what only its shape has? */
bool args_hidden(unsigned event, const struct wire_field *f);
/* All arguments, "name=value" with blanks between. */
void args_text(struct buf *out, const struct view *v);

/* --- paths that calls name (field_path.c) --- */

/* Name as the caller passed it, and absolute. False when the event has no such path. */
bool arg_path_raw(const struct view *v, enum path_slot slot, const char **ret_s, size_t *ret_len);
bool arg_path(const struct view *v, enum path_slot slot, const char **ret_s, size_t *ret_len);
/* A wire field of type PATH as an argument: where the kernel went if that was seen; else relative
 * names made absolute, absolute ones and a link's target as passed. */
bool arg_path_wire(const struct view *v, const struct wire_field *f, const char **ret_s,
		   size_t *ret_len);

/* Has the event, of which desc is enough, such a path? */
bool has_path(const struct view *v, enum path_slot slot);
/* What the paths of the event rest on: the kernel's own, or the caller's memory, which may have
 * been changed meanwhile. The weakest counts; NULL for an event without paths. */
const char *name_source(const struct view *v);

/* --- the event (field_evt.c) --- */

bool evt_is_call(const struct view *v); /* a system call, or an operation in place of one */
const char *evt_via(const struct view *v); /* NULL for what is no call */
const char *evt_abi(const struct view *v); /* likewise */

/* --- DNS questions (field_dns.c) --- */

/* The name in scratch; NULL when the message is none or was cut. A type has a name or a number. */
const char *dns_question_name(const struct view *v, size_t *ret_len);
const char *dns_question_type(const struct view *v, size_t *ret_len);

/* --- wire fields (field_wire.c) --- */

/* One wire field as the language prints it; false when there is nothing to print. */
bool wire_text(struct buf *out, const struct view *v, const struct wire_field *f);
/* The same of a path without copying it. */
bool wire_path(const struct view *v, const struct wire_field *f, const char **ret_s,
	       size_t *ret_len);

static inline int64_t evt_result(const struct view *v, bool *ret_has)
{
	const char *at = (const char *)v->ev + v->desc->res_off;

	*ret_has = v->desc->res_off >= 0;
	if (!*ret_has)
		return 0;
	return v->desc->res_size == 8 ? *(const int64_t *)at : *(const int32_t *)at;
}

/* User or group as the language names it: root for 0 without a name, else <NA>. */
const char *user_text(const struct view *v, enum user_id which, uint32_t id);

#endif
