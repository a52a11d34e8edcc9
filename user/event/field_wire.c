/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Wire fields as the rule language prints them: one printer per wire type. */
#include "event/addr.h"
#include "event/field_impl.h"
#include "event/names.h"

#define FDCWD (-100)
#define ID_UNSET UINT32_MAX

static bool add(struct buf *out, const char *s)
{
	buf_adds(out, s);
	return true;
}

static const struct hw_str *str_at(const struct view *v, const struct wire_field *f)
{
	return (const struct hw_str *)((const char *)v->ev + f->offset);
}

static uint64_t uint_at(const struct view *v, const struct wire_field *f)
{
	const char *at = (const char *)v->ev + f->offset;

	switch (f->size) {
	case 2:
		return *(const uint16_t *)at;
	case 4:
		return *(const uint32_t *)at;
	}
	return *(const uint64_t *)at;
}

static int64_t int_at(const struct view *v, const struct wire_field *f)
{
	const char *at = (const char *)v->ev + f->offset;

	return f->size == 4 ? *(const int32_t *)at : *(const int64_t *)at;
}

static bool print_number(struct buf *out, const struct wire_field *f, uint64_t u)
{
	if (strcmp(f->format, "hex") == 0)
		buf_addf(out, "0x%llx", (unsigned long long)u);
	else if (strcmp(f->format, "oct") == 0)
		buf_addf(out, u ? "0%llo" : "%llo", (unsigned long long)u);
	else
		buf_addu(out, u);
	return true;
}

static bool print_uint(struct buf *out, const struct view *v, const struct wire_field *f)
{
	if (f->names) {
		names_flags(out, f->names, uint_at(v, f));
		return true;
	}
	return print_number(out, f, uint_at(v, f));
}

static bool print_int(struct buf *out, const struct view *v, const struct wire_field *f)
{
	int64_t i = int_at(v, f);

	if (i < 0) {
		buf_addi(out, i);
		return true;
	}
	return print_number(out, f, i);
}

static bool print_errno(struct buf *out, const struct view *v, const struct wire_field *f)
{
	int64_t res = int_at(v, f);
	const char *name = res < 0 && res > -4096 ? names_errno(res) : NULL;

	if (name)
		return add(out, name);
	buf_addi(out, res);
	return true;
}

/* "<f>/etc/passwd" for the descriptor that the event is about, the current directory for
 * AT_FDCWD, a number for what is not known better. */
static bool print_fd(struct buf *out, const struct view *v, const struct wire_field *f)
{
	const struct fd_facts *x = fd_facts(v);
	int32_t fd = int_at(v, f);
	bool own = f->offset == v->desc->fd_off || strcmp(f->name, "oldfd") == 0;

	if (fd == FDCWD && v->proc->cwd_len)
		return add(out, v->proc->cwd);
	if (fd < 0 && v->desc->res_off == f->offset)
		return print_errno(out, v, f);
	if (fd == HW_FD_UNSEEN && !(x && x->known))
		return add(out, NA);
	if (!own || !x || !x->known) {
		buf_addi(out, fd);
		return true;
	}
	buf_addf(out, "<%c>", x->typechar);
	if (fd_named(v))
		buf_add(out, x->name, x->name_len);
	return true;
}

static bool print_id(struct buf *out, const struct view *v, const struct wire_field *f)
{
	uint32_t id = uint_at(v, f);

	if (id == ID_UNSET)
		return add(out, "<NONE>");
	return add(out, user_text(v, f->type == WT_GID ? ID_GROUP : ID_USER, id));
}

static bool print_enum(struct buf *out, const struct view *v, const struct wire_field *f)
{
	const char *name = f->names ? names_enum(f->names, uint_at(v, f)) : NULL;

	return name ? add(out, name) : print_number(out, f, uint_at(v, f));
}

static bool print_caps(struct buf *out, const struct view *v, const struct wire_field *f)
{
	names_caps(out, uint_at(v, f));
	return true;
}

static bool print_comm(struct buf *out, const struct view *v, const struct wire_field *f)
{
	return add(out, (const char *)v->ev + f->offset);
}

static bool print_str(struct buf *out, const struct view *v, const struct wire_field *f)
{
	const struct hw_str *s = str_at(v, f);

	buf_add(out, rec_str(v->ev, s), s->len);
	return s->off;
}

static bool print_path(struct buf *out, const struct view *v, const struct wire_field *f)
{
	const char *s;
	size_t len;

	if (!arg_path_wire(v, f, &s, &len))
		return false;
	buf_add(out, s, len);
	return true;
}

static bool print_argv(struct buf *out, const struct view *v, const struct wire_field *f)
{
	const struct hw_str *s = str_at(v, f);
	const char *at = rec_str(v->ev, s), *end = at + s->len;

	for (bool first = true; at < end; first = false) {
		size_t len = strnlen(at, end - at);

		if (!first)
			buf_addc(out, ' ');
		buf_add(out, at, len);
		at += len + 1;
	}
	return s->off;
}

static bool print_bytes(struct buf *out, const struct view *v, const struct wire_field *f)
{
	const struct hw_str *s = str_at(v, f);
	const unsigned char *at = (const unsigned char *)rec_str(v->ev, s);

	for (uint32_t i = 0; i < s->len; i++)
		buf_addf(out, "%02x", at[i]);
	return s->off;
}

static bool print_addr(struct buf *out, const struct view *v, const struct wire_field *f)
{
	struct hw_addr a = addr_fold((const struct hw_addr *)((const char *)v->ev + f->offset));
	char text[ADDR_TEXT_MAX];

	if (!a.family)
		return false;
	buf_add(out, text, addr_text(text, &a));
	return true;
}

static bool (*const printers[WT_MAX])(struct buf *out, const struct view *v,
				      const struct wire_field *f) = {
	[WT_U16] = print_uint,	 [WT_U32] = print_uint,	  [WT_U64] = print_uint,
	[WT_I32] = print_int,	 [WT_I64] = print_int,	  [WT_ERRNO] = print_errno,
	[WT_FD] = print_fd,	 [WT_PID] = print_int,	  [WT_UID] = print_id,
	[WT_GID] = print_id,	 [WT_FLAGS] = print_uint, [WT_ENUM] = print_enum,
	[WT_MODE] = print_uint,	 [WT_DEV] = print_uint,	  [WT_CAPS] = print_caps,
	[WT_TIME] = print_uint,	 [WT_COMM] = print_comm,  [WT_STR] = print_str,
	[WT_PATH] = print_path,	 [WT_ARGV] = print_argv,  [WT_BYTES] = print_bytes,
	[WT_ADDR] = print_addr,	 [WT_START] = print_uint,
};

/* A failed exec's record has no image. */
static bool image_absent(const struct view *v, const struct wire_field *f)
{
	return v->desc->image && (v->ev->flags & HW_F_FAILED) && f->offset >= v->desc->image_off &&
	       strcmp(f->name, "filename") != 0;
}

bool wire_path(const struct view *v, const struct wire_field *f, const char **ret_s,
	       size_t *ret_len)
{
	return !image_absent(v, f) && arg_path_wire(v, f, ret_s, ret_len);
}

bool wire_text(struct buf *out, const struct view *v, const struct wire_field *f)
{
	return printers[f->type] && !image_absent(v, f) && printers[f->type](out, v, f);
}
