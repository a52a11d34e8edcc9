/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Arguments of events: evt.arg.NAME, evt.arg[N] and evt.args, and the paths among them.
 *
 * An argument is a wire field, or a row of the table below under a name that the rule language
 * uses for it. The order of an event's arguments is the language's own where it has the event, so
 * that evt.arg[N] means the same; what cannot be known keeps its place and has no value.
 */
#include <stdlib.h>
#include <sys/wait.h>

#include "event/field_impl.h"
#include "event/names.h"

#define ARGS_MAX 160
#define ORDER_MAX 40
#define ID_UNSET UINT32_MAX

/* --- names that the language has and the wire has not --- */

struct alias {
	const char *name, *doc;
	uint8_t event; /* 0: the successful and failed execs */
	bool (*text)(struct buf *out, const struct view *v);
};

static bool add(struct buf *out, const char *s)
{
	buf_adds(out, s);
	return true;
}

static bool addu(struct buf *out, uint64_t u)
{
	buf_addu(out, u);
	return true;
}

static bool al_exe(struct buf *out, const struct view *v)
{
	return add(out, v->proc->image_known ? v->proc->exe : NA);
}

static bool al_args(struct buf *out, const struct view *v)
{
	return v->proc->image_known && add(out, v->proc->args);
}

static bool al_tid(struct buf *out, const struct view *v)
{
	return addu(out, v->ev->tid);
}

static bool al_pid(struct buf *out, const struct view *v)
{
	return addu(out, v->ev->pid);
}

static bool al_ptid(struct buf *out, const struct view *v)
{
	return addu(out, v->ev->ppid);
}

static bool al_comm(struct buf *out, const struct view *v)
{
	return add(out, v->ev->comm);
}

static bool al_uid(struct buf *out, const struct view *v)
{
	return add(out, user_text(v, ID_USER, v->ev->uid));
}

static bool al_gid(struct buf *out, const struct view *v)
{
	return add(out, user_text(v, ID_GROUP, v->ev->gid));
}

static bool al_loginuid(struct buf *out, const struct view *v)
{
	return add(out, v->ev->loginuid == ID_UNSET ? "<NONE>" :
						      user_text(v, ID_LOGIN, v->ev->loginuid));
}

static bool al_cap_permitted(struct buf *out, const struct view *v)
{
	names_caps(out, v->ev->cap_permitted);
	return true;
}

static bool al_cap_effective(struct buf *out, const struct view *v)
{
	names_caps(out, v->ev->cap_effective);
	return true;
}

static bool al_tuple(struct buf *out, const struct view *v)
{
	const struct fd_facts *x = fd_named(v);

	return x && x->known && x->name_len && add(out, x->name);
}

static const struct ev_procexit *exit_of(const struct view *v)
{
	return (const struct ev_procexit *)v->ev;
}

static bool al_ret(struct buf *out, const struct view *v)
{
	return addu(out, WIFEXITED(exit_of(v)->status) ? WEXITSTATUS(exit_of(v)->status) : 0);
}

static bool al_sig(struct buf *out, const struct view *v)
{
	int sig = WIFSIGNALED(exit_of(v)->status) ? WTERMSIG(exit_of(v)->status) : 0;
	const char *name = names_sig(sig);

	return name ? add(out, name) : addu(out, sig);
}

static bool al_core(struct buf *out, const struct view *v)
{
	return addu(out, WIFSIGNALED(exit_of(v)->status) && WCOREDUMP(exit_of(v)->status));
}

static bool al_reaper(struct buf *out, const struct view *v)
{
	return addu(out, exit_of(v)->reaper);
}

static bool al_set_gid(struct buf *out, const struct view *v)
{
	uint32_t gid = ((const struct ev_setgid *)v->ev)->uid;

	return add(out, gid == ID_UNSET ? "<NONE>" : user_text(v, ID_GROUP, gid));
}

static bool al_bpf_fd(struct buf *out, const struct view *v)
{
	buf_addi(out, ((const struct ev_bpf *)v->ev)->res);
	return true;
}

#define TUPLE(call) {"tuple", "both ends of the socket, the client first", EV_##call, al_tuple}

static const struct alias aliases[] = {
	{"exe", "first argument of the program", 0, al_exe},
	{"args", "arguments after the first, blanks between", 0, al_args},
	{"tid", "thread id", 0, al_tid},
	{"pid", "process id", 0, al_pid},
	{"ptid", "process id of the parent", 0, al_ptid},
	{"comm", "name of the thread", 0, al_comm},
	{"uid", "effective user", 0, al_uid},
	{"gid", "effective group", 0, al_gid},
	{"loginuid", "login user", 0, al_loginuid},
	{"cap_permitted", "permitted capabilities", 0, al_cap_permitted},
	{"cap_effective", "effective capabilities", 0, al_cap_effective},
	{"cap_permitted", "permitted capabilities", EV_capset, al_cap_permitted},
	{"cap_effective", "effective capabilities", EV_capset, al_cap_effective},
	TUPLE(connect), TUPLE(accept), TUPLE(accept4), TUPLE(sendto), TUPLE(sendmsg),
	TUPLE(sendmmsg), TUPLE(recvfrom), TUPLE(recvmsg), TUPLE(recvmmsg),
	{"fd", "descriptor that it made", EV_bpf, al_bpf_fd},
	{"ret", "exit code", EV_procexit, al_ret},
	{"sig", "signal that ended the process, 0 for none", EV_procexit, al_sig},
	{"core", "1 when a core was dumped", EV_procexit, al_core},
	{"reaper_tid", "process that inherits the children", EV_procexit, al_reaper},
	{"gid", "group asked for", EV_setgid, al_set_gid},
	{"gid", "first group asked for", EV_setregid, al_set_gid},
	{"gid", "first group asked for", EV_setresgid, al_set_gid},
};

/* Wire fields that are no argument of one event although their shape has them. */
static const struct { uint8_t event; const char *name; } hidden[] = {
	{EV_setgid, "uid"}, {EV_setregid, "uid"}, {EV_setresgid, "uid"}, {EV_capset, "uid"},
	{EV_open, "dirfd"}, {EV_open, "resolve"}, {EV_openat, "resolve"}, {EV_creat, "dirfd"},
	{EV_creat, "resolve"}, {EV_link, "olddir"}, {EV_link, "newdir"}, {EV_link, "flags"},
	{EV_symlink, "targetdir"}, {EV_symlink, "linkdirfd"}, {EV_symlink, "flags"},
	{EV_symlinkat, "targetdir"}, {EV_symlinkat, "flags"}, {EV_rename, "olddirfd"},
	{EV_rename, "newdirfd"}, {EV_rename, "flags"}, {EV_renameat, "flags"},
	{EV_unlink, "dirfd"}, {EV_unlink, "flags"}, {EV_dup, "newfd"}, {EV_dup, "flags"},
	{EV_dup2, "flags"}, {EV_connect, "size"}, {EV_accept, "size"}, {EV_accept4, "size"},
	{EV_fchdir, "path"}, {EV_rmdir, "dirfd"}, {EV_rmdir, "flags"}, {EV_umount2, "dirfd"},
	{EV_mkdir, "dirfd"}, {EV_mkdir, "dev"}, {EV_mkdirat, "dev"}, {EV_mknod, "dirfd"},
	{EV_fsetxattr, "path"}, {EV_fsetxattr, "obj1"}, {EV_setxattr, "fd"}, {EV_lsetxattr, "fd"},
	{EV_setxattr, "dirfd"}, {EV_lsetxattr, "dirfd"}, {EV_fsetxattr, "dirfd"},
	{EV_setxattr, "atflags"}, {EV_lsetxattr, "atflags"}, {EV_fsetxattr, "atflags"},
	{EV_mprotect, "flags"}, {EV_pkey_mprotect, "flags"},
	{EV_pivot_root, "newdir"}, {EV_pivot_root, "putdir"}, {EV_pivot_root, "flags"},
	{EV_open_by_handle_at, "resolve"}, {EV_open_by_handle_at, "mode"}, {EV_fspick, "resolve"},
	{EV_fspick, "mode"}, {EV_open_tree, "resolve"}, {EV_open_tree, "mode"},
	{EV_open_tree_attr, "resolve"}, {EV_open_tree_attr, "mode"},
	{EV_kill, "tid"}, {EV_tkill, "pid"}, {EV_rt_sigqueueinfo, "tid"},
	{EV_pidfd_send_signal, "tid"}, {EV_bind, "size"}, {EV_bind, "data"}, {EV_bind, "flags"},
	{EV_bind, "count"}, {EV_connect, "data"}, {EV_connect, "flags"}, {EV_connect, "count"},
	{EV_accept, "data"}, {EV_accept, "flags"}, {EV_accept, "count"}, {EV_accept4, "data"},
	{EV_accept4, "count"},
};

/* The calls that change a file share one shape; each shows of it what it takes. */
static const struct { uint8_t event; const char *shown; } attrs[] = {
	{EV_chmod, "res filename mode obj1"}, {EV_fchmod, "res fd mode"},
	{EV_fchmodat, "res dirfd filename mode obj1"},
	{EV_fchmodat2, "res dirfd filename mode flags fd obj1"},
	{EV_chown, "res path uid gid obj1"}, {EV_lchown, "res path uid gid obj1"},
	{EV_fchown, "res fd uid gid"}, {EV_fchownat, "res dirfd pathname uid gid flags fd obj1"},
	{EV_truncate, "res path length obj1"}, {EV_ftruncate, "res fd length"},
};

/* The language's order; "-" stands for what cannot be known here. */
#define EXEC_ORDER                                                                                 \
	"res exe args tid pid ptid cwd - - - - - - comm - - tty vpgid loginuid flags "             \
	"cap_inheritable cap_permitted cap_effective exe_ino exe_ino_ctime exe_ino_mtime uid "     \
	"trusted_exepath pgid gid"
static const struct { uint8_t event; const char *names; } orders[] = {
	{EV_execve, EXEC_ORDER " filename"},
	{EV_execveat, EXEC_ORDER},
	{EV_procexit, "status ret sig core reaper_tid"},
	{EV_open, "fd name flags mode dev ino"},
	{EV_openat, "fd dirfd name flags mode dev ino"},
	{EV_openat2, "fd dirfd name flags mode resolve dev ino"},
	{EV_creat, "fd name mode dev ino"},
	{EV_link, "res oldpath newpath"},
	{EV_linkat, "res olddir oldpath newdir newpath flags"},
	{EV_symlink, "res target linkpath"},
	{EV_symlinkat, "res target linkdirfd linkpath"},
	{EV_rename, "res oldpath newpath"},
	{EV_renameat, "res olddirfd oldpath newdirfd newpath"},
	{EV_renameat2, "res olddirfd oldpath newdirfd newpath flags"},
	{EV_unlink, "res path"},
	{EV_unlinkat, "res dirfd name flags"},
	{EV_socket, "fd domain type proto"},
	{EV_connect, "res tuple fd addr"},
	{EV_accept, "fd tuple"},
	{EV_accept4, "fd tuple"},
	{EV_sendto, "res data fd size tuple"},
	{EV_sendmsg, "res data fd size tuple"},
	{EV_recvfrom, "res data tuple fd size"},
	{EV_recvmsg, "res - data tuple - fd"},
	{EV_bind, "res addr fd"},
	{EV_dup, "res oldfd"},
	{EV_dup2, "res oldfd newfd"},
	{EV_dup3, "res oldfd newfd flags"},
	{EV_ptrace, "res addr data request pid"},
	{EV_init_module, "res - length uargs"},
	{EV_finit_module, "res fd uargs flags"},
	{EV_chdir, "res path"},
	{EV_chroot, "res path"},
	{EV_setuid, "res uid"},
	{EV_setgid, "res gid"},
	{EV_capset, "res cap_inheritable cap_permitted cap_effective"},
	{EV_rmdir, "res path"},
	{EV_mkdir, "res path mode"},
	{EV_mkdirat, "res dirfd path mode"},
	{EV_mknod, "res path mode dev"},
	{EV_mknodat, "res dirfd path mode dev"},
	{EV_read, "res data fd size"},
	{EV_write, "res data fd size"},
	{EV_pread64, "res data fd size pos"},
	{EV_pwrite64, "res data fd size pos"},
	{EV_mount, "res dev dir type flags"},
	{EV_umount2, "res name flags"},
	{EV_setns, "res fd nstype"},
	{EV_unshare, "res flags"},
	{EV_bpf, "fd cmd"},
	{EV_kill, "res pid sig"},
	{EV_tkill, "res tid sig"},
	{EV_tgkill, "res pid tid sig"},
	{EV_shutdown, "res fd how"},
	{EV_listen, "res fd backlog"},
};

/* --- the tables, put together once --- */

/* Where an event's argument comes from: one of the two, or neither. */
struct source {
	const struct wire_field *wire;
	const struct alias *alias;
};

static const char *names[ARGS_MAX];
static struct source sources[EV_MAX][ARGS_MAX];
static uint8_t order[EV_MAX][ORDER_MAX]; /* argument + 1, 0 for what cannot be known */
static uint8_t n_order[EV_MAX];
static size_t n_args;

_Static_assert(ARGS_MAX < UINT8_MAX, "order holds an argument's number in a byte");

/* Is word one of those in text, blanks between? */
static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	while (*text) {
		size_t n = strcspn(text, " ");

		if (n == len && memcmp(text, word, n) == 0)
			return true;
		text += n + (text[n] == ' ');
	}
	return false;
}

static bool is_base(const char *name)
{
	return strcmp(name, "base") == 0 || strcmp(name, "base1") == 0 ||
	       strcmp(name, "base2") == 0;
}

bool args_hidden(unsigned event, const struct wire_field *f)
{
	if (f->type == WT_PAD32 || f->type == WT_FDOBJ || is_base(f->name))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
		if (hidden[i].event == event && strcmp(hidden[i].name, f->name) == 0)
			return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(attrs); i++) {
		if (attrs[i].event == event)
			return !has_word(attrs[i].shown, f->name);
	}
	return false;
}

/* More arguments than room, or an order that names none: every unit test stops here. */
static size_t arg_id(const char *name, size_t len, bool may_add)
{
	for (size_t i = 0; i < n_args; i++) {
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return i;
	}
	if (!may_add || n_args == ARGS_MAX)
		abort();
	names[n_args] = name;
	return n_args++;
}

static void add_wire_args(const struct event_desc *d)
{
	for (unsigned i = 0; i < d->n_fields; i++) {
		const struct wire_field *f = &d->fields[i];

		if (!args_hidden(d->id, f))
			sources[d->id][arg_id(f->name, strlen(f->name), true)].wire = f;
	}
}

static void add_alias(unsigned event, const struct alias *al)
{
	sources[event][arg_id(al->name, strlen(al->name), true)].alias = al;
}

static void add_order(unsigned event, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, " ");

		if (n_order[event] == ORDER_MAX)
			abort();
		order[event][n_order[event]++] =
			len == 1 && *text == '-' ? 0 : arg_id(text, len, false) + 1;
		text += len + (text[len] == ' ');
	}
}

/* An event that the language does not have: all its arguments as they lie in the record. */
static void add_wire_order(const struct event_desc *d)
{
	for (unsigned i = 0; i < d->n_fields && n_order[d->id] < ORDER_MAX; i++) {
		const char *name = d->fields[i].name;

		if (!args_hidden(d->id, &d->fields[i]))
			order[d->id][n_order[d->id]++] = arg_id(name, strlen(name), false) + 1;
	}
}

void args_init(void)
{
	for (unsigned id = 1; id < EV_MAX; id++) {
		if (schema_event(id))
			add_wire_args(schema_event(id));
	}
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
		if (aliases[i].event) {
			add_alias(aliases[i].event, &aliases[i]);
			continue;
		}
		add_alias(EV_execve, &aliases[i]);
		add_alias(EV_execveat, &aliases[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		add_order(orders[i].event, orders[i].names);
	for (size_t i = 0; i < ARRAY_LEN(attrs); i++)
		add_order(attrs[i].event, attrs[i].shown);
	for (unsigned id = 1; id < EV_MAX; id++) {
		if (schema_event(id) && !n_order[id])
			add_wire_order(schema_event(id));
	}
}

size_t args_count(void)
{
	return n_args;
}

const char *args_name(size_t id)
{
	return names[id];
}

const char *args_doc(size_t id, unsigned event)
{
	const struct source *s = &sources[event][id];

	return s->wire ? s->wire->doc : s->alias ? s->alias->doc : NULL;
}

bool args_for_rules(size_t id)
{
	for (unsigned event = 1; event < EV_MAX; event++) {
		const struct event_desc *d = schema_event(event);

		if (d && d->class != HW_CLASS_FACT && args_doc(id, event))
			return true;
	}
	return false;
}

/* --- getters --- */

static bool arg_text(struct buf *out, const struct view *v, size_t id)
{
	const struct source *s = &sources[v->desc->id][id];

	if (s->wire)
		return wire_text(out, v, s->wire);
	return s->alias && s->alias->text(out, v);
}

static bool arg_get(const struct field *f, const struct view *v, size_t id, struct value *ret)
{
	const struct source *s = &sources[v->desc->id][id];
	const char *text;
	size_t len;

	/* A path is there already: it need not be copied. */
	if (s->wire && s->wire->type == WT_PATH)
		return wire_path(v, s->wire, &text, &len) && val_strn(f, ret, text, len);
	if (!arg_text(scratch_begin(v->scratch), v, id))
		return false;
	return scratch_value(v->scratch, f, ret);
}

GETTER(get_arg_named)
{
	return arg_get(f, v, f->p, ret);
}

GETTER(get_arg_at)
{
	unsigned id = v->desc->id;

	if (!a->has || a->index >= n_order[id] || !order[id][a->index])
		return false;
	return arg_get(f, v, order[id][a->index] - 1, ret);
}

void args_text(struct buf *out, const struct view *v)
{
	unsigned event = v->desc->id;

	for (unsigned i = 0; i < n_order[event]; i++) {
		size_t start = out->len, id;

		if (!order[event][i])
			continue;
		id = order[event][i] - 1;
		buf_addf(out, "%s%s=", start ? " " : "", names[id]);
		if (!arg_text(out, v, id))
			buf_trunc(out, start);
	}
}

GETTER(get_evt_args)
{
	args_text(scratch_begin(v->scratch), v);
	return scratch_value(v->scratch, f, ret);
}
