/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Event, process, container and user as JSON members, and the event feed's line for people. What
 * is not known is null, never left out and never empty.
 */
#include "event/render.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "event/addr.h"
#include "event/field_impl.h"
#include "event/names.h"

#define NS_PER_S 1000000000u
#define ID_UNSET UINT32_MAX

/* --- small parts --- */

void render_iso8601(struct buf *out, uint64_t wall_ns)
{
	time_t s = wall_ns / NS_PER_S;
	struct tm tm = {0};

	gmtime_r(&s, &tm); /* cannot fail: 64 bits of nanoseconds end in the year 2554 */
	buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%09uZ", tm.tm_year + 1900, tm.tm_mon + 1,
		 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(wall_ns % NS_PER_S));
}

/* FNV-1a with a start of the caller's choice: two starts give 128 bits. */
static uint64_t fnv(uint64_t h, const void *data, size_t len)
{
	const unsigned char *at = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * 0x100000001b3u;
	return h;
}

static uint64_t event_hash(uint64_t h, const struct view *v, const char *salt)
{
	const struct ev_hdr *e = v->ev;

	h = fnv(h, &v->env->boot_id, sizeof(v->env->boot_id));
	h = fnv(h, &e->cpu, sizeof(e->cpu));
	h = fnv(h, &e->seq, sizeof(e->seq));
	h = fnv(h, &e->time, sizeof(e->time));
	h = fnv(h, &e->type, sizeof(e->type));
	h = fnv(h, salt, strlen(salt));
	/* The last bytes of FNV reach only the low bits: stir, so that all differ. */
	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

void render_uuid(struct buf *out, const struct view *v, const char *salt)
{
	uint64_t a = event_hash(0xcbf29ce484222325u, v, salt);
	uint64_t b = event_hash(0x84222325cbf29ce4u, v, salt);

	buf_addf(out, "%08x-%04x-8%03x-%04x-%012llx", (unsigned)(a >> 32),
		 (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
		 (unsigned)(0x8000 | (b >> 48 & 0x3fff)),
		 (unsigned long long)(b & 0xffffffffffffu));
}

static void put_time(struct jsonw *w, const char *key, const struct view *v, uint64_t since_boot)
{
	struct buf *b = scratch_begin(v->scratch);

	if (!since_boot) {
		jsonw_null(w, key);
		return;
	}
	render_iso8601(b, since_boot + v->env->wall_off);
	jsonw_strn(w, key, buf_str(b), b->len);
}

static void put_caps(struct jsonw *w, const char *key, uint64_t caps)
{
	jsonw_arr(w, key);
	for (unsigned bit = 0; names_cap(bit); bit++) {
		if (caps >> bit & 1)
			jsonw_str(w, NULL, names_cap(bit));
	}
	jsonw_end_arr(w);
}

/* A string that a known image has and an unknown one has not. */
static void put_known(struct jsonw *w, const char *key, bool known, const char *s, size_t len)
{
	if (known)
		jsonw_strn(w, key, s, len);
	else
		jsonw_null(w, key);
}

static void put_known_u64(struct jsonw *w, const char *key, bool known, uint64_t u)
{
	if (known)
		jsonw_u64(w, key, u);
	else
		jsonw_null(w, key);
}

static bool unseen(const struct view *v)
{
	return v->ev->flags & HW_F_UNSEEN;
}

static void put_known_i64(struct jsonw *w, const char *key, bool known, int64_t i)
{
	if (known)
		jsonw_i64(w, key, i);
	else
		jsonw_null(w, key);
}

/* The number is not known, or there is none: a slot of a ring is no descriptor. */
static void put_fd_number(struct jsonw *w, const char *key, const struct view *v, int64_t fd)
{
	put_known_i64(w, key, fd != HW_FD_UNSEEN || !(v->ev->flags & (HW_F_UNSEEN | HW_F_URING)),
		      fd);
}

/* An argument vector, each argument ended by NUL. */
static void put_argv(struct jsonw *w, const char *key, const char *at, size_t argv_len)
{
	const char *end = at + argv_len;

	jsonw_arr(w, key);
	while (at < end) {
		size_t len = strnlen(at, end - at);

		jsonw_strn(w, NULL, at, len);
		at += len + 1;
	}
	jsonw_end_arr(w);
}

/* --- the event's arguments --- */

/* NAME_cut, NAME_fault, ...: what is weak about a string. NAME_as_passed: a path that another
 * thread of the caller may have changed since the kernel read it. */
static void put_str_flags(struct jsonw *w, const char *name, const struct hw_str *s, bool is_path)
{
	static const struct { uint16_t flag; const char *suffix; } marks[] = {
		{HW_STR_CUT, "cut"},
		{HW_STR_FAULT, "fault"},
		{HW_STR_DELETED, "deleted"},
		{HW_STR_DETACHED, "detached"},
		{HW_STR_JOINED, "joined"},
		{HW_STR_USER, "as_passed"},
	};
	char key[64];

	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		if (!(s->flags & marks[i].flag) || (marks[i].flag == HW_STR_USER && !is_path))
			continue;
		snprintf(key, sizeof(key), "%s_%s", name, marks[i].suffix);
		jsonw_bool(w, key, true);
	}
}

static void put_wire_str(struct jsonw *w, const struct view *v, const struct wire_field *f)
{
	const struct hw_str *s = (const struct hw_str *)((const char *)v->ev + f->offset);

	if (!s->off)
		jsonw_null(w, f->name);
	else if (f->type == WT_ARGV || strcmp(f->name, "argv_tail") == 0)
		put_argv(w, f->name, rec_str(v->ev, s), s->len);
	else
		jsonw_strn(w, f->name, rec_str(v->ev, s), s->len);
	put_str_flags(w, f->name, s, f->type == WT_PATH);
}

/* Names and what has no JSON type of its own: as text. */
static void put_wire_text(struct jsonw *w, const struct view *v, const struct wire_field *f)
{
	struct buf *b = scratch_begin(v->scratch);

	if (wire_text(b, v, f))
		jsonw_strn(w, f->name, buf_str(b), b->len);
	else
		jsonw_null(w, f->name);
}

/* Bytes in hex, but for what are arguments again. */
static void put_bytes(struct jsonw *w, const struct view *v, const struct wire_field *f)
{
	const struct hw_str *s = (const struct hw_str *)((const char *)v->ev + f->offset);

	if (strcmp(f->name, "argv_tail") == 0) {
		put_wire_str(w, v, f);
		return;
	}
	put_wire_text(w, v, f);
	put_str_flags(w, f->name, s, false);
}

static void put_wire(struct jsonw *w, const struct view *v, const struct wire_field *f)
{
	const char *at = (const char *)v->ev + f->offset;

	switch ((enum wire_type)f->type) {
	case WT_U16:
		jsonw_u64(w, f->name, *(const uint16_t *)at);
		break;
	case WT_U32:
	case WT_PID:
	case WT_UID:
	case WT_GID:
	case WT_DEV:
		jsonw_u64(w, f->name, *(const uint32_t *)at);
		break;
	case WT_U64: /* masks and addresses: readers may take numbers for floating ones */
		if (f->names || strcmp(f->format, "hex") == 0)
			put_wire_text(w, v, f);
		else
			jsonw_u64(w, f->name, *(const uint64_t *)at);
		break;
	case WT_TIME:
	case WT_START:
		jsonw_u64(w, f->name, *(const uint64_t *)at);
		break;
	case WT_I32:
		jsonw_i64(w, f->name, *(const int32_t *)at);
		break;
	case WT_FD:
		put_fd_number(w, f->name, v, *(const int32_t *)at);
		break;
	case WT_ERRNO:
		put_known_i64(w, f->name, !unseen(v), *(const int64_t *)at);
		break;
	case WT_I64:
		jsonw_i64(w, f->name, *(const int64_t *)at);
		break;
	case WT_CAPS:
		put_caps(w, f->name, *(const uint64_t *)at);
		break;
	case WT_STR:
	case WT_PATH:
	case WT_ARGV:
		put_wire_str(w, v, f);
		break;
	case WT_BYTES:
		put_bytes(w, v, f);
		break;
	default:
		put_wire_text(w, v, f);
	}
}

/* An exec's image is told by the process, but for what is left of arguments that were too many. */
static bool in_process(const struct view *v, const struct wire_field *f)
{
	static const char *const told[] = {"filename", "argv_len", "argv_hash", "argv_tail"};
	size_t n = v->ev->flags & HW_F_FAILED ? 1 : ARRAY_LEN(told);

	if (!v->desc->image || f->offset < v->desc->image_off)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(f->name, told[i]) == 0)
			return false;
	}
	return true;
}

static void put_args(struct jsonw *w, const struct view *v)
{
	jsonw_obj(w, "args");
	for (unsigned i = 0; i < v->desc->n_fields; i++) {
		const struct wire_field *f = &v->desc->fields[i];

		if (!args_hidden(v->desc->id, f) && !in_process(v, f))
			put_wire(w, v, f);
	}
	/* The group calls share the row of the user calls. */
	if (v->desc->id == EV_setgid || v->desc->id == EV_setregid || v->desc->id == EV_setresgid)
		jsonw_u64(w, "gid", ((const struct ev_setgid *)v->ev)->uid);
	jsonw_end_obj(w);
}

/* Absolute paths of calls that make no descriptor. */
static void put_paths(struct jsonw *w, const struct view *v)
{
	static const char *const keys[PATH_SLOTS] = {
		[PATH_ONE] = "name", [PATH_SOURCE] = "source", [PATH_TARGET] = "target",
	};
	const char *s;
	size_t len;
	bool any = false;

	if (is_open_shape(v) && v->desc->id != EV_fspick)
		return; /* fd tells it */
	for (unsigned slot = 0; slot < PATH_SLOTS; slot++) {
		if (!arg_path(v, slot, &s, &len))
			continue;
		if (!any)
			jsonw_obj(w, "paths");
		any = true;
		jsonw_strn(w, keys[slot], s, len);
	}
	if (any)
		jsonw_end_obj(w);
}

/* --- the event's descriptor --- */

static void put_addr(struct jsonw *w, const char *key, bool has, const struct hw_addr *a)
{
	char text[ADDR_TEXT_MAX];

	if (!has)
		return;
	jsonw_obj(w, key);
	jsonw_strn(w, "ip", text, addr_ip_text(text, a));
	jsonw_u64(w, "port", a->port);
	jsonw_end_obj(w);
}

static void put_socket(struct jsonw *w, const struct view *v, const struct fd_facts *x)
{
	static const char *const roles[] = {
		[SOCK_ROLE_NONE] = NULL,
		[SOCK_ROLE_CLIENT] = "client",
		[SOCK_ROLE_SERVER] = "server",
	};
	static const struct field_arg no_arg;
	const struct field *f = field_find("fd.l4proto", strlen("fd.l4proto"));
	struct value proto;

	if (!x->has_local && !x->has_remote)
		return;
	if (f->get(f, v, &no_arg, &proto) && strcmp(proto.s, NA) != 0)
		jsonw_str(w, "proto", proto.s);
	jsonw_str(w, "role", roles[x->role]);
	put_addr(w, "local", x->has_local, &x->local);
	put_addr(w, "remote", x->has_remote, &x->remote);
}

static void put_inode(struct jsonw *w, const struct hw_fdobj *o)
{
	jsonw_u64(w, "nlink", o->nlink);
	jsonw_u64(w, "mnt_id", o->mnt_id);
	jsonw_obj(w, "owner");
	jsonw_u64(w, "uid", o->uid);
	jsonw_u64(w, "gid", o->gid);
	jsonw_end_obj(w);
}

static void put_fd(struct jsonw *w, const struct view *v)
{
	const struct fd_facts *x = fd_facts(v);
	const struct hw_fdobj *o;
	bool named;

	if (!x)
		return;
	named = fd_named(v); /* first, since it fills in what follows */
	o = fd_object(v);
	jsonw_obj(w, "fd");
	put_fd_number(w, "num", v, fd_number(v));
	jsonw_str(w, "type", x->type);
	put_known(w, "name", named, x->name, x->name_len);
	put_str_flags(w, "name", &o->path, false);
	if (o->kind != HW_FD_NONE) {
		jsonw_u64(w, "ino", o->ino);
		jsonw_u64(w, "dev", o->dev);
		jsonw_u64(w, "nlink", o->nlink);
		jsonw_u64(w, "mnt_id", o->mnt_id);
	}
	if (fd_on_disk(o))
		put_inode(w, o);
	put_socket(w, v, x);
	jsonw_end_obj(w);
}

/* --- whom it was for, what was asked --- */

static void put_target(struct jsonw *w, const struct view *v)
{
	const struct hw_target *t = (const void *)((const char *)v->ev + v->desc->target_off);
	const struct process *p = v->target;
	const struct container *c = v->target_ctr;

	if (v->desc->target_off < 0 || !t->target_pid)
		return;
	jsonw_obj(w, "target");
	jsonw_u64(w, "pid", t->target_pid);
	jsonw_u64(w, "tid", t->target_tid);
	put_known_u64(w, "vpid", p, p ? p->vpid : 0);
	jsonw_str(w, "name", p ? p->comm : NULL);
	put_known(w, "exepath", p && p->exepath_len, p ? p->exepath : NULL, p ? p->exepath_len : 0);
	put_known(w, "cmdline", p, p ? p->cmdline : NULL, p ? p->cmdline_len : 0);
	jsonw_obj(w, "container");
	jsonw_str(w, "id", !c ? NULL : c->is_host ? "host" : c->id);
	jsonw_str(w, "name", c && !c->is_host ? c->name : NULL);
	jsonw_end_obj(w);
	jsonw_end_obj(w);
}

static void put_question(struct jsonw *w, const struct view *v)
{
	const char *name, *type;
	size_t name_len = 0, type_len = 0;

	if (v->desc->id != EV_dns_query)
		return;
	name = dns_question_name(v, &name_len);
	type = dns_question_type(v, &type_len);
	jsonw_obj(w, "dns");
	jsonw_obj(w, "question");
	put_known(w, "name", name, name, name_len);
	put_known(w, "type", type, type, type_len);
	jsonw_end_obj(w);
	jsonw_end_obj(w);
}

/* How the kernel was asked, and what the paths rest on: only where it applies. */
static void put_way(struct jsonw *w, const struct view *v)
{
	if (evt_is_call(v)) {
		jsonw_str(w, "via", evt_via(v));
		jsonw_str(w, "abi", evt_abi(v));
	}
	if (name_source(v))
		jsonw_str(w, "name_source", name_source(v));
}

static void put_result(struct jsonw *w, const struct view *v)
{
	bool has;
	int64_t res = evt_result(v, &has);

	put_known_i64(w, "res", has && !unseen(v), res);
	if (unseen(v))
		jsonw_str(w, "result", "unseen");
	if (has && res < 0)
		jsonw_str(w, "error", res > -4096 ? names_errno((int)res) : NULL);
}

void render_event(struct jsonw *w, const struct view *v)
{
	jsonw_obj(w, "event");
	jsonw_str(w, "type", v->desc->name);
	jsonw_str(w, "class", schema_class_name(v->desc->class));
	jsonw_u64(w, "num", v->num);
	jsonw_u64(w, "seq", v->ev->seq);
	put_known_u64(w, "cpu", v->ev->cpu != HW_CPU_USER, v->ev->cpu);
	put_result(w, v);
	put_way(w, v);
	put_args(w, v);
	put_paths(w, v);
	put_fd(w, v);
	put_target(w, v);
	put_question(w, v);
	jsonw_end_obj(w);
}

/* --- the process --- */

static void put_exe_flags(struct jsonw *w, const struct process *p)
{
	if (!p->image_known) {
		jsonw_null(w, "flags");
		return;
	}
	jsonw_arr(w, "flags");
	for (const struct name_row *r = names_exe_flags; r->name; r++) {
		if (p->exe_flags & r->value)
			jsonw_str(w, NULL, r->name);
	}
	jsonw_end_arr(w);
}

static void put_ancestors(struct jsonw *w, const struct process *p)
{
	jsonw_arr(w, "ancestors");
	p = p->parent;
	for (unsigned n = 0; p && n < PROC_ANCESTORS_MAX; n++, p = p->parent) {
		jsonw_obj(w, NULL);
		jsonw_u64(w, "pid", p->pid);
		jsonw_str(w, "name", p->comm);
		put_known(w, "exepath", p->exepath_len, p->exepath, p->exepath_len);
		jsonw_strn(w, "cmdline", p->cmdline, p->cmdline_len);
		jsonw_end_obj(w);
	}
	jsonw_end_arr(w);
}

static void put_image(struct jsonw *w, const struct process *p)
{
	bool known = p->image_known;

	put_known(w, "exe", known, p->exe, p->exe_len);
	put_known(w, "exepath", p->exepath_len, p->exepath, p->exepath_len);
	put_known(w, "args", known, p->args, p->args_len);
	if (known)
		put_argv(w, "argv", p->argv, p->argv_len);
	else
		jsonw_null(w, "argv");
	if (p->argv_cut)
		jsonw_bool(w, "argv_cut", true);
	jsonw_strn(w, "cmdline", p->cmdline, p->cmdline_len);
	put_known(w, "cwd", p->cwd_len, p->cwd, p->cwd_len);
	put_known_u64(w, "tty", known, p->tty);
	put_known_u64(w, "sid", known, p->sid);
	put_known_u64(w, "pgid", known, p->pgid);
	put_known_u64(w, "exe_ino", known, p->exe_ino);
}

void render_process(struct jsonw *w, const struct view *v)
{
	static const char *const entries[] = {
		[PROC_ENTRY_NONE] = NULL,
		[PROC_ENTRY_INIT] = "init",
		[PROC_ENTRY_EXEC] = "exec",
	};
	const struct process *p = v->proc;

	jsonw_obj(w, "process");
	jsonw_u64(w, "pid", p->pid);
	jsonw_u64(w, "tid", v->ev->tid);
	jsonw_u64(w, "ppid", p->ppid);
	jsonw_u64(w, "vpid", p->vpid);
	jsonw_str(w, "name", p->comm);
	put_image(w, p);
	put_time(w, "start", v, p->start_ns);
	put_time(w, "exec", v, p->exec_ns);
	put_exe_flags(w, p);
	jsonw_obj(w, "capabilities");
	put_caps(w, "effective", v->ev->cap_effective);
	put_caps(w, "permitted", v->ev->cap_permitted);
	if (p->image_known)
		put_caps(w, "inheritable", p->cap_inheritable);
	else
		jsonw_null(w, "inheritable");
	jsonw_end_obj(w);
	jsonw_str(w, "entry", entries[p->entry]);
	put_ancestors(w, p);
	jsonw_end_obj(w);
}

/* --- the container --- */

static void put_tri(struct jsonw *w, const char *key, int tri)
{
	if (tri == TRI_UNKNOWN)
		jsonw_null(w, key);
	else
		jsonw_bool(w, key, tri == TRI_YES);
}

static void put_mounts(struct jsonw *w, const struct container *c)
{
	jsonw_arr(w, "mounts");
	for (unsigned i = 0; i < c->n_mounts; i++) {
		const struct mount *m = &c->mounts[i];

		jsonw_obj(w, NULL);
		jsonw_str(w, "source", m->source);
		jsonw_str(w, "dest", m->dest);
		jsonw_str(w, "type", m->type);
		jsonw_str(w, "mode", m->mode);
		jsonw_bool(w, "rw", m->rw);
		jsonw_str(w, "propagation", m->propagation);
		jsonw_end_obj(w);
	}
	jsonw_end_arr(w);
}

static void put_security(struct jsonw *w, const struct container *c)
{
	jsonw_str(w, "user", c->user);
	put_tri(w, "privileged", c->privileged);
	put_tri(w, "no_new_privs", c->no_new_privs);
	put_tri(w, "host_pid", c->host_pid);
	put_tri(w, "host_net", c->host_net);
	put_tri(w, "host_ipc", c->host_ipc);
	put_tri(w, "readonly_root", c->readonly_root);
	jsonw_str(w, "seccomp", c->seccomp);
	jsonw_str(w, "apparmor", c->apparmor);
	if (c->caps_known)
		put_caps(w, "capabilities", c->caps);
	else
		jsonw_null(w, "capabilities");
}

/* Lists and maps: what is not known is null, what is known to be empty is empty. */
static void put_lists(struct jsonw *w, const struct container *c)
{
	if (c->n_mounts || c->complete)
		put_mounts(w, c);
	else
		jsonw_null(w, "mounts");
	if (c->n_labels || c->complete) {
		jsonw_obj(w, "labels");
		for (unsigned i = 0; i < c->n_labels; i++)
			jsonw_str(w, c->labels[2 * i], c->labels[2 * i + 1]);
		jsonw_end_obj(w);
	} else {
		jsonw_null(w, "labels");
	}
	if (c->n_env_names || c->complete) {
		jsonw_arr(w, "env_names");
		for (unsigned i = 0; i < c->n_env_names; i++)
			jsonw_str(w, NULL, c->env_names[i]);
		jsonw_end_arr(w);
	} else {
		jsonw_null(w, "env_names");
	}
}

static void put_image_ref(struct jsonw *w, const struct container *c)
{
	jsonw_obj(w, "image");
	jsonw_str(w, "name", c->image);
	jsonw_str(w, "repository", c->image_repo);
	jsonw_str(w, "tag", c->image_tag);
	jsonw_str(w, "digest", c->image_digest);
	jsonw_str(w, "id", c->image_id);
	jsonw_end_obj(w);
}

void render_container(struct jsonw *w, const struct container *c)
{
	jsonw_obj(w, "container");
	jsonw_str(w, "id", c->is_host ? "host" : c->id);
	if (!c->is_host) {
		jsonw_str(w, "full_id", c->full_id);
		jsonw_str(w, "name", c->name);
		jsonw_str(w, "runtime", c->runtime);
		put_image_ref(w, c);
		put_security(w, c);
		if (c->pod_name || c->pod_ns || c->pod_uid) {
			jsonw_obj(w, "kubernetes");
			jsonw_str(w, "pod", c->pod_name);
			jsonw_str(w, "namespace", c->pod_ns);
			jsonw_str(w, "uid", c->pod_uid);
			jsonw_end_obj(w);
		}
		put_lists(w, c);
		jsonw_str(w, "cgroup", c->cgroup_path);
		if (c->parent_id)
			jsonw_str(w, "parent", c->parent_id);
		if (c->why)
			jsonw_str(w, "why", c->why);
	}
	jsonw_end_obj(w);
}

/* --- the user --- */

static void put_user_name(struct jsonw *w, const char *key, const struct view *v,
			  enum user_id which, uint32_t id)
{
	const char *name = user_text(v, which, id);

	jsonw_str(w, key, strcmp(name, NA) == 0 ? NULL : name);
}

void render_user(struct jsonw *w, const struct view *v)
{
	const struct ev_hdr *e = v->ev;

	jsonw_obj(w, "user");
	jsonw_u64(w, "uid", e->uid);
	put_user_name(w, "name", v, ID_USER, e->uid);
	jsonw_u64(w, "gid", e->gid);
	put_user_name(w, "group", v, ID_GROUP, e->gid);
	put_known_u64(w, "loginuid", e->loginuid != ID_UNSET, e->loginuid);
	put_user_name(w, "loginname", v, ID_LOGIN, e->loginuid);
	jsonw_end_obj(w);
}

/* --- a line for people --- */

/* What happened, in a few words. */
static void put_detail(struct buf *out, const struct view *v)
{
	const struct fd_facts *x = fd_named(v);
	struct buf *b;

	if (v->desc->image && !(v->ev->flags & HW_F_FAILED)) {
		buf_add_clean(out, v->proc->cmdline, v->proc->cmdline_len);
		return;
	}
	if (x && x->name_len) {
		buf_add_clean(out, x->name, x->name_len);
		if (is_open_event(v)) {
			buf_addc(out, ' ');
			names_flags(out, names_open_flags, ((const struct ev_open *)v->ev)->flags);
		}
		return;
	}
	b = scratch_begin(v->scratch);
	args_text(b, v);
	buf_add_clean(out, buf_str(b), b->len);
}

static void put_where(struct buf *out, const struct container *c)
{
	const char *where = c->is_host ? "host" : c->name && c->name[0] ? c->name : c->id;

	if (!where)
		where = "unknown";
	buf_add_clean(out, where, strlen(where));
}

void render_pretty(struct buf *out, const struct view *v)
{
	uint64_t wall = v->ev->time + v->env->wall_off;
	time_t s = wall / NS_PER_S;
	struct tm tm = {0};
	bool has;
	int64_t res = evt_result(v, &has);
	const char *err = has && res < 0 && res > -4096 ? names_errno(res) : NULL;

	gmtime_r(&s, &tm);
	buf_addf(out, "%02d:%02d:%02d.%06u ", tm.tm_hour, tm.tm_min, tm.tm_sec,
		 (unsigned)(wall % NS_PER_S / 1000));
	put_where(out, v->ctr);
	buf_addc(out, ' ');
	buf_add_clean(out, v->proc->comm, strnlen(v->proc->comm, sizeof(v->proc->comm)));
	buf_addf(out, "[%u] %s ", v->proc->pid, v->desc->name);
	put_detail(out, v);
	if (err)
		buf_addf(out, " = %s", err);
}
