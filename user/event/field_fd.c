/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Fields of the descriptor that an event is about. What the kernel held (struct hw_fdobj) decides;
 * what the caller passed is used where the kernel held nothing: a failed open, a datagram's
 * destination. Worked out once an event, kept in the scratch.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "event/addr.h"
#include "event/dns.h"
#include "event/field_impl.h"

/* sk_state, as the kernel numbers it. */
#define SK_ESTABLISHED 1
#define SK_SYN_SENT 2
#define SK_SYN_RECV 3
#define SK_CLOSE 7
#define SK_LISTEN 10
#define SK_NEW_SYN_RECV 12

struct kind_row {
	char typechar;
	const char *type;
	const char *name; /* of an anonymous inode: how it begins; NULL ends the table */
};

static const struct kind_row anon_rows[] = {
	{'e', "event", "[eventfd"},	 {'l', "eventpoll", "[eventpoll"},
	{'t', "timerfd", "[timerfd"},	 {'s', "signalfd", "[signalfd"},
	{'i', "inotify", "inotify"},	 {'i', "inotify", "[inotify"},
	{'r', "io_uring", "[io_uring"},	 {'P', "pidfd", "[pidfd"},
	{'u', "userfaultfd", "[userfaultfd"}, {'b', "bpf", "bpf"},
	{'b', "bpf", "[bpf"},		 {'o', NULL, NULL},
};

static const struct kind_row none_row = {'o', NULL, NULL};
static const struct kind_row file_row = {'f', "file", NULL};
static const struct kind_row dir_row = {'d', "directory", NULL};
static const struct kind_row pipe_row = {'p', "pipe", NULL};
static const struct kind_row memfd_row = {'m', "memfd", NULL};
static const struct kind_row ipv4_row = {'4', "ipv4", NULL};
static const struct kind_row ipv6_row = {'6', "ipv6", NULL};
static const struct kind_row unix_row = {'u', "unix", NULL};
static const struct kind_row netlink_row = {'n', "netlink", NULL};

static const struct ev_open *open_of(const struct view *v)
{
	return (const struct ev_open *)v->ev;
}

/* Memory is made executable: its file counts whatever descriptor there is. */
static bool is_map_event(const struct view *v)
{
	_Static_assert(EV_pkey_mprotect == EV_mmap + 2, "mmap ... pkey_mprotect are no range");
	return v->desc->id >= EV_mmap && v->desc->id <= EV_pkey_mprotect;
}

/* Calls that may have no descriptor at all, since they take a name, or memory without a file. */
static bool may_lack_fd(const struct view *v)
{
	static const uint8_t ids[] = {
		EV_chmod, EV_fchmodat, EV_fchmodat2, EV_chown, EV_lchown, EV_fchownat,
		EV_truncate, EV_setxattr, EV_lsetxattr, EV_setxattrat, EV_mmap, EV_mprotect,
		EV_pkey_mprotect,
	};

	return memchr(ids, v->desc->id, sizeof(ids));
}

static bool has_fd(const struct view *v)
{
	if (v->desc->obj_off < 0)
		return false;
	return fd_number(v) >= 0 || fd_object(v)->kind != HW_FD_NONE || !may_lack_fd(v);
}

int64_t fd_number(const struct view *v)
{
	int32_t fd = *(const int32_t *)((const char *)v->ev + v->desc->fd_off);

	return fd < 0 ? -1 : fd;
}

/* --- what kind of thing it is --- */

static const struct kind_row *anon_kind(const struct view *v, const struct hw_fdobj *o)
{
	static const char prefix[] = "anon_inode:";
	const char *name = rec_str(v->ev, &o->path);
	const struct kind_row *r = anon_rows;

	if (strncmp(name, prefix, sizeof(prefix) - 1) == 0)
		name += sizeof(prefix) - 1;
	while (r->name && strncmp(name, r->name, strlen(r->name)) != 0)
		r++;
	return r;
}

static const struct kind_row *sock_kind(const struct hw_fdobj *o, const struct fd_facts *x)
{
	switch (o->sk_family) {
	case AF_INET:
		return &ipv4_row;
	case AF_INET6:
		return (x->has_local && x->local.family == AF_INET) ||
		       (x->has_remote && x->remote.family == AF_INET) ? &ipv4_row : &ipv6_row;
	case AF_UNIX:
		return &unix_row;
	case AF_NETLINK:
		return &netlink_row;
	}
	return &none_row;
}

/* A directory counts as one only when it was opened as one. The kernel keeps O_DIRECTORY in the
 * file's flags. */
static const struct kind_row *dir_kind(const struct view *v, const struct hw_fdobj *o)
{
	uint32_t flags = o->f_flags | (is_open_event(v) ? open_of(v)->flags : 0);

	return flags & O_DIRECTORY ? &dir_row : &file_row;
}

/* An open that succeeded without its object: by what was asked for. */
static const struct kind_row *asked_kind(const struct view *v)
{
	return open_of(v)->flags & O_DIRECTORY ? &dir_row : &file_row;
}

static const struct kind_row *known_kind(const struct view *v, const struct hw_fdobj *o,
					 const struct fd_facts *x)
{
	switch ((enum hw_fd_kind)o->kind) {
	case HW_FD_NONE:
		return asked_kind(v);
	case HW_FD_FILE:
		return &file_row;
	case HW_FD_DIR:
		return dir_kind(v, o);
	case HW_FD_SOCK:
		return sock_kind(o, x);
	case HW_FD_PIPE:
		return &pipe_row;
	case HW_FD_MEMFD:
		return &memfd_row;
	case HW_FD_ANON:
		return anon_kind(v, o);
	}
	return &none_row;
}

/* The language's answer when there is no descriptor to look at. */
static char failed_typechar(const struct view *v)
{
	switch (v->desc->id) {
	case EV_openat:
	case EV_openat2:
	case EV_creat:
		return 'f';
	case EV_socket:
	case EV_accept:
	case EV_accept4:
		return '4';
	}
	return 'o';
}

/* --- the two ends of a socket --- */

static bool addr_given(const struct hw_addr *a)
{
	static const uint8_t zero[sizeof(a->ip)];

	return (a->family == AF_INET || a->family == AF_INET6) &&
	       (a->port || memcmp(a->ip, zero, sizeof(zero)) != 0);
}

static const struct hw_addr *addr_passed(const struct view *v)
{
	return (const struct hw_addr *)((const char *)v->ev + v->desc->addr_off);
}

/* Data is sent or received, with an address in the call. */
static bool is_transfer(const struct view *v)
{
	switch (v->desc->id) {
	case EV_sendto:
	case EV_sendmsg:
	case EV_sendmmsg:
	case EV_recvfrom:
	case EV_recvmsg:
	case EV_recvmmsg:
		return true;
	}
	return false;
}

/* Where the data goes, or where it came from. A datagram goes where the caller says, connected or
 * not. */
static const struct hw_addr *remote_of(const struct view *v, const struct hw_fdobj *o)
{
	bool moves = is_transfer(v), asks = v->desc->id == EV_connect || moves;

	if (asks && addr_given(addr_passed(v)) &&
	    (!addr_given(&o->remote) || (moves && o->sk_type != SOCK_STREAM)))
		return addr_passed(v);
	return &o->remote;
}

/* A socket that could not be bound has no address; the one that was asked for is told. */
static const struct hw_addr *local_of(const struct view *v, const struct hw_fdobj *o)
{
	bool asks = v->desc->id == EV_bind && !addr_given(&o->local);

	return asks ? addr_passed(v) : &o->local;
}

/* An end that is not bound yet is of the other end's family. */
static void fold_any(struct hw_addr *a, bool *has, const struct hw_addr *other)
{
	static const uint8_t zero[sizeof(a->ip)];

	if (a->family != AF_INET6 || other->family != AF_INET ||
	    memcmp(a->ip, zero, sizeof(zero)) != 0)
		return;
	a->family = AF_INET;
	*has = *has && a->port;
}

static uint8_t role_of(const struct view *v, const struct hw_fdobj *o)
{
	if (v->desc->id == EV_connect)
		return SOCK_ROLE_CLIENT;
	if (is_accept_event(v) || o->sk_state == SK_LISTEN)
		return SOCK_ROLE_SERVER;
	return v->sock_role;
}

static void find_ends(const struct view *v, const struct hw_fdobj *o, struct fd_facts *x)
{
	const struct hw_addr *remote, *local;

	x->has_local = x->has_remote = false;
	x->role = SOCK_ROLE_NONE;
	if (o->kind != HW_FD_SOCK)
		return;
	x->role = role_of(v, o);
	if (o->sk_family != AF_INET && o->sk_family != AF_INET6)
		return;
	remote = remote_of(v, o);
	local = local_of(v, o);
	x->has_local = addr_given(local);
	x->has_remote = addr_given(remote);
	x->local = addr_fold(local);
	x->remote = addr_fold(remote);
	if (x->has_remote)
		fold_any(&x->local, &x->has_local, &x->remote);
	if (x->has_local)
		fold_any(&x->remote, &x->has_remote, &x->local);
}

/* --- the facts --- */

static bool fd_known(const struct view *v, const struct hw_fdobj *o)
{
	if (fd_number(v) < 0 && !is_map_event(v))
		return false;
	return o->kind != HW_FD_NONE || is_open_shape(v);
}

static void find_facts(const struct view *v, struct fd_facts *x)
{
	const struct hw_fdobj *o = fd_object(v);
	const struct kind_row *r;

	find_ends(v, o, x);
	x->known = fd_known(v, o);
	r = x->known ? known_kind(v, o, x) : &none_row;
	x->typechar = x->known ? r->typechar : failed_typechar(v);
	x->type = r->type;
	x->done = true;
}

const struct fd_facts *fd_facts(const struct view *v)
{
	struct fd_facts *x;

	if (!has_fd(v))
		return NULL;
	x = scratch_fd(v->scratch);
	if (!x->done)
		find_facts(v, x);
	return x;
}

/* --- its name --- */

static bool set_name(struct fd_facts *x, const char *name, size_t len)
{
	x->name = name;
	x->name_len = len;
	return name != NULL;
}

static bool set_rec_name(const struct view *v, struct fd_facts *x, const struct hw_str *s)
{
	return set_name(x, rec_str(v->ev, s), s->len);
}

/* From the arguments alone: the directory that the name starts from, and the name. */
static bool name_asked(const struct view *v, struct fd_facts *x)
{
	const struct ev_open *o = open_of(v);
	const char *base = rec_str(v->ev, &o->base);
	size_t base_len = o->base.len, len = 0;
	const char *joined;

	if (!o->name.off)
		return false;
	if (!base_len && o->dirfd == AT_FDCWD) {
		base = v->proc->cwd;
		base_len = v->proc->cwd_len;
	}
	joined = path_join(v->scratch, base, base_len, rec_str(v->ev, &o->name), o->name.len, &len);
	return set_name(x, joined, len);
}

static bool name_pipe(const struct view *v, const struct hw_fdobj *o, struct fd_facts *x)
{
	char text[40];
	int len = snprintf(text, sizeof(text), "pipe:[%llu]", (unsigned long long)o->ino);
	char *at = scratch_alloc(v->scratch, len + 1);

	if (at)
		memcpy(at, text, len + 1);
	return set_name(x, at, len);
}

/* The client stands first; without a role this end does. */
static bool name_inet(const struct view *v, struct fd_facts *x)
{
	const struct hw_addr *first = &x->local, *second = &x->remote;
	struct hw_addr unbound = {.family = x->remote.family};
	char *at = scratch_alloc(v->scratch, 2 * ADDR_TEXT_MAX + 2);
	size_t len;

	if (!at)
		return set_name(x, NULL, 0);
	if (!x->has_local)
		first = &unbound;
	if (x->role == SOCK_ROLE_SERVER) {
		second = first;
		first = &x->remote;
	}
	if (!x->has_remote) {
		len = x->has_local ? addr_text(at, &x->local) : 0;
		at[len] = '\0';
		return set_name(x, at, len);
	}
	len = addr_text(at, first);
	memcpy(at + len, "->", 2);
	len += 2;
	len += addr_text(at + len, second);
	return set_name(x, at, len);
}

static bool name_sock(const struct view *v, const struct hw_fdobj *o, struct fd_facts *x)
{
	const struct hw_str *sun;

	if (o->sk_family == AF_INET || o->sk_family == AF_INET6)
		return name_inet(v, x);
	if (o->path.len == 0 && v->desc->addr_off >= 0) {
		sun = &((const struct ev_connect *)v->ev)->sun;
		return set_rec_name(v, x, sun);
	}
	return set_rec_name(v, x, &o->path);
}

static bool find_name(const struct view *v, struct fd_facts *x)
{
	const struct hw_fdobj *o = fd_object(v);

	if (!x->known)
		return is_open_shape(v) && name_asked(v, x);
	if (o->kind == HW_FD_SOCK)
		return name_sock(v, o, x);
	if (o->path.off)
		return set_rec_name(v, x, &o->path);
	if (o->kind == HW_FD_PIPE)
		return name_pipe(v, o, x);
	return is_open_shape(v) && name_asked(v, x);
}

const struct fd_facts *fd_named(const struct view *v)
{
	struct fd_facts *x = (struct fd_facts *)fd_facts(v);

	if (!x)
		return NULL;
	if (!x->name_done) {
		x->has_name = find_name(v, x);
		x->name_done = true;
	}
	return x->has_name ? x : NULL;
}

/* --- getters --- */

/* The facts of a descriptor that exists. */
static const struct fd_facts *known(const struct view *v)
{
	const struct fd_facts *x = fd_facts(v);

	return x && x->known ? x : NULL;
}

GETTER(get_fd_num)
{
	if (!has_fd(v) || (is_map_event(v) && fd_number(v) < 0))
		return false;
	return val_int(f, ret, fd_number(v));
}

GETTER(get_fd_typechar)
{
	/* One-letter strings, two bytes apart, so that none is built. */
	static const char letters[] = "f\0d\0o\0" "4\0" "6\0u\0p\0e\0i\0l\0t\0s\0n\0b\0r\0m\0P";
	const struct fd_facts *x = fd_facts(v);
	const char *at = letters;

	if (!x)
		return false;
	while (*at != x->typechar)
		at += 2;
	return val_strn(f, ret, at, 1);
}

GETTER(get_fd_type)
{
	const struct fd_facts *x = known(v);

	return x && x->type && val_str(f, ret, x->type);
}

GETTER(get_fd_name)
{
	const struct fd_facts *x = fd_named(v);

	return x && val_strn(f, ret, x->name, x->name_len);
}

GETTER(get_fd_nameraw)
{
	const struct hw_str *s = &open_of(v)->name;

	if (!is_open_shape(v) || !s->off)
		return false;
	return val_strn(f, ret, rec_str(v->ev, s), s->len);
}

GETTER(get_fd_directory)
{
	const struct fd_facts *x = fd_facts(v);
	const char *slash;
	size_t len;
	char *at;

	if (!x || (x->typechar != 'f' && x->typechar != 'd' && (x->known || !is_open_shape(v))))
		return false;
	if (!fd_named(v))
		return false;
	if (x->typechar == 'd')
		return val_strn(f, ret, x->name, x->name_len);
	slash = memrchr(x->name, '/', x->name_len);
	if (!slash)
		return false;
	len = slash == x->name ? 1 : slash - x->name;
	at = scratch_alloc(v->scratch, len + 1);
	if (!at)
		return false;
	memcpy(at, x->name, len);
	at[len] = '\0';
	return val_strn(f, ret, at, len);
}

GETTER(get_fd_filename)
{
	const struct fd_facts *x = known(v);
	const char *slash;

	if (!x || x->typechar != 'f' || !fd_named(v))
		return false;
	slash = memrchr(x->name, '/', x->name_len);
	if (!slash)
		return val_strn(f, ret, x->name, x->name_len);
	return val_strn(f, ret, slash + 1, x->name + x->name_len - slash - 1);
}

GETTER(get_fd_ino)
{
	return known(v) && fd_object(v)->kind != HW_FD_NONE && val_uint(f, ret, fd_object(v)->ino);
}

GETTER(get_fd_dev)
{
	return known(v) && fd_object(v)->kind != HW_FD_NONE && val_uint(f, ret, fd_object(v)->dev);
}

/* p is the offset of a 32-bit member of struct hw_fdobj. */
GETTER(get_fd_inode)
{
	const char *at = known(v) ? (const char *)fd_object(v) : NULL;

	return at && fd_on_disk(fd_object(v)) && val_uint(f, ret, *(const uint32_t *)(at + f->p));
}

GETTER(get_fd_sockfamily)
{
	const struct fd_facts *x = known(v);
	uint16_t family;

	if (!x || fd_object(v)->kind != HW_FD_SOCK)
		return false;
	family = fd_object(v)->sk_family;
	if (family == AF_INET || family == AF_INET6)
		return val_str(f, ret, "ip");
	return family == AF_UNIX && val_str(f, ret, "unix");
}

static const char *l4proto(const struct hw_fdobj *o)
{
	if (o->sk_proto == IPPROTO_ICMP || o->sk_proto == IPPROTO_ICMPV6)
		return "icmp";
	switch (o->sk_type) {
	case SOCK_STREAM:
		return o->sk_proto == IPPROTO_TCP || o->sk_proto == 0 ? "tcp" : NA;
	case SOCK_DGRAM:
		return o->sk_proto == IPPROTO_UDP || o->sk_proto == 0 ? "udp" : NA;
	case SOCK_RAW:
		return "raw";
	}
	return NA;
}

GETTER(get_fd_l4proto)
{
	const struct fd_facts *x = known(v);
	bool inet;

	if (!x)
		return false;
	inet = x->typechar == '4' || x->typechar == '6';
	if (!inet || (x->role == SOCK_ROLE_NONE && !x->has_remote))
		return val_str(f, ret, NA);
	return val_str(f, ret, l4proto(fd_object(v)));
}

GETTER(get_fd_is_server)
{
	const struct fd_facts *x = known(v);

	return x && val_uint(f, ret, x->role == SOCK_ROLE_SERVER);
}

/* Once established, a stream stays connected while it is being closed. */
static bool has_peer(const struct view *v, const struct hw_fdobj *o)
{
	bool has_res;
	int64_t res = evt_result(v, &has_res);

	if (o->kind != HW_FD_SOCK)
		return false;
	if (v->desc->id == EV_connect && (res == 0 || res == -EINPROGRESS))
		return true;
	if (o->sk_type == SOCK_DGRAM && addr_given(&o->remote))
		return true;
	return o->sk_state == SK_ESTABLISHED ||
	       (o->sk_state > SK_SYN_RECV && o->sk_state < SK_NEW_SYN_RECV &&
		o->sk_state != SK_CLOSE && o->sk_state != SK_LISTEN);
}

GETTER(get_fd_connected)
{
	return known(v) && val_uint(f, ret, has_peer(v, fd_object(v)));
}

GETTER(get_fd_name_changed)
{
	return known(v) && val_uint(f, ret, v->name_changed);
}

/* The address that a field means; NULL when there is none. */
static const struct hw_addr *end_of(const struct view *v, enum fd_end end)
{
	const struct fd_facts *x = known(v);
	bool local;

	if (!x)
		return NULL;
	if (end == FD_CLIENT || end == FD_SERVER) {
		if (x->role == SOCK_ROLE_NONE)
			return NULL;
		local = (end == FD_CLIENT) == (x->role == SOCK_ROLE_CLIENT);
	} else {
		local = end == FD_LOCAL;
	}
	if (!(local ? x->has_local : x->has_remote))
		return NULL;
	return local ? &x->local : &x->remote;
}

/* Either end by number: 0 the client, 1 the server; without roles this end stands first. Without
 * a number the server, or what there is. */
static const struct hw_addr *either_end(const struct view *v, const struct field_arg *a)
{
	const struct fd_facts *x = known(v);
	const struct hw_addr *addr;
	bool roles = x && x->role != SOCK_ROLE_NONE;

	if (a->has)
		return a->index == 0 ? end_of(v, roles ? FD_CLIENT : FD_LOCAL) :
		       a->index == 1 ? end_of(v, roles ? FD_SERVER : FD_REMOTE) : NULL;
	addr = end_of(v, roles ? FD_SERVER : FD_REMOTE);
	return addr ? addr : end_of(v, roles ? FD_CLIENT : FD_LOCAL);
}

static const struct hw_addr *end_for(const struct field *f, const struct view *v,
				     const struct field_arg *a)
{
	return f->p == FD_EITHER ? either_end(v, a) : end_of(v, f->p);
}

GETTER(get_fd_ip)
{
	ret->type = f->type;
	ret->len = 0;
	ret->addr = end_for(f, v, a);
	return ret->addr != NULL;
}

GETTER(get_fd_ip_name)
{
	const struct hw_addr *addr = end_for(f, v, a);
	const char *name;

	if (!addr)
		return false;
	name = dns_names_of(v->env->dns, addr);
	ret->addr = addr;
	return val_str(f, ret, name ? name : NA);
}

GETTER(get_fd_port)
{
	const struct hw_addr *addr = end_for(f, v, a);

	return addr && val_uint(f, ret, addr->port);
}
