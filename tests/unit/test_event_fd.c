/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Fields of descriptors: files opened and not, the two ends of sockets, and everything else. */
#include "event_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "event/dns.h"

#define FD_CWD (-100)
#define LISTEN 10

/* --- files --- */

/* An open of name that got the object at path; path NULL: it failed. */
static struct ev_open *an_open(struct fx *f, unsigned event, const char *name, const char *path,
			       uint16_t kind)
{
	struct ev_open *e = fx_begin(f, event);

	e->fd = path ? 5 : -ENOENT;
	e->dirfd = FD_CWD;
	if (!path)
		e->h.flags |= HW_F_FAILED;
	FX_STR(f, open, name, name);
	if (path) {
		e->obj.kind = kind;
		e->obj.ino = 77;
		e->obj.dev = 0x801;
		REC_STR(&f->b, open, obj.path, path, strlen(path), 0);
	}
	return e;
}

static void an_opened_file(void **state)
{
	static const struct fx_row rows[] = {
		{"fd.num", "5"},	   {"fd.typechar", "f"},	{"fd.type", "file"},
		{"fd.name", "/etc/shadow"}, {"fd.nameraw", "../..//etc/./shadow"},
		{"fd.directory", "/etc"},  {"fd.filename", "shadow"},	{"fd.ino", "77"},
		{"fd.dev", "2049"},	   {"fd.sockfamily", FX_MISSING}, {"fd.l4proto", "<NA>"},
		{"fd.is_server", "false"}, {"fd.connected", "false"},
		{"fd.name_changed", "false"},
		{"fd.ip", FX_MISSING},	   {"fd.sip", FX_MISSING},	{"fd.snet", FX_MISSING},
		{"fd.sport", FX_MISSING},  {"fd.lport", FX_MISSING},	{"fd.sip.name", FX_MISSING},
		{"fs.path.name", "/etc/shadow"}, {"fs.path.nameraw", "../..//etc/./shadow"},
		{"fs.path.source", FX_MISSING}, {"fs.path.target", FX_MISSING},
	};
	struct fx *f = *state;

	an_open(f, EV_openat, "../..//etc/./shadow", "/etc/shadow", HW_FD_FILE);
	fx_end(f);
	FX_ROWS(f, rows);
}

static void names_cut_at_slashes(void **state)
{
	static const struct { const char *path, *dir, *file; } rows[] = {
		{"/etc/shadow", "/etc", "shadow"},
		{"/vmlinuz", "/", "vmlinuz"},
		{"/", "/", ""},
		{"/a/b/c", "/a/b", "c"},
		/* outside the root: no leading slash, and maybe none at all */
		{"outside/file", "outside", "file"},
		{"file", FX_MISSING, "file"},
		{"", FX_MISSING, ""},
	};
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		an_open(f, EV_open, "x", rows[i].path, HW_FD_FILE);
		fx_end(f);
		assert_string_equal(fx_show(f, "fd.name"), rows[i].path);
		assert_string_equal(fx_show(f, "fd.directory"), rows[i].dir);
		assert_string_equal(fx_show(f, "fd.filename"), rows[i].file);
	}
}

static void a_directory_is_one_when_opened_as_one(void **state)
{
	struct fx *f = *state;
	struct ev_open *e = an_open(f, EV_openat, "/etc", "/etc", HW_FD_DIR);

	e->flags = O_DIRECTORY;
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.typechar"), "d");
	assert_string_equal(fx_show(f, "fd.type"), "directory");
	assert_string_equal(fx_show(f, "fd.directory"), "/etc");
	assert_string_equal(fx_show(f, "fd.filename"), FX_MISSING);

	an_open(f, EV_openat, "/etc", "/etc", HW_FD_DIR);
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.typechar"), "f");
	assert_string_equal(fx_show(f, "fd.type"), "file");
	assert_string_equal(fx_show(f, "fd.directory"), "/");
	assert_string_equal(fx_show(f, "fd.filename"), "etc");

	/* A file is none, whatever was asked. */
	e = an_open(f, EV_openat, "/tmp", "/tmp/#1", HW_FD_FILE);
	e->flags = O_TMPFILE | O_RDWR;
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.typechar"), "f");
}

static void a_failed_open(void **state)
{
	static const struct {
		unsigned event;
		const char *name, *base, *typechar, *want, *dir;
		int dirfd;
	} rows[] = {
		{EV_openat, "/etc/shadow", NULL, "f", "/etc/shadow", "/etc", FD_CWD},
		{EV_openat, "/etc//x/../shadow", NULL, "f", "/etc/shadow", "/etc", FD_CWD},
		{EV_openat, "/../../etc/", NULL, "f", "/etc", "/", FD_CWD},
		{EV_openat, "/", NULL, "f", "/", "/", FD_CWD},
		{EV_openat, "", NULL, "f", "/srv/www", "/srv", FD_CWD},
		{EV_openat, "x", NULL, "f", "/srv/www/x", "/srv/www", FD_CWD},
		{EV_openat, "../../../../x", NULL, "f", "/x", "/", FD_CWD},
		{EV_openat, "./a/./b", "/base", "f", "/base/a/b", "/base/a", FD_CWD},
		{EV_openat, "x", "/base", "f", "/base/x", "/base", 7},
		{EV_openat2, "../x", "/base/dir/", "f", "/base/x", "/base", 7},
		{EV_creat, "x", NULL, "f", "/srv/www/x", "/srv/www", FD_CWD},
		{EV_open, "x", NULL, "o", "/srv/www/x", "/srv/www", FD_CWD},
		{EV_openat, "a/../x", NULL, "f", "<UNKNOWN>/a/../x", "<UNKNOWN>/a/..", 7},
		{EV_openat, "../x", "outside/dir", "f", "outside/x", "outside", 7},
		{EV_openat, "../../../x", "outside/dir", "f", "x", FX_MISSING, 7},
	};
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		struct ev_open *e = an_open(f, rows[i].event, rows[i].name, NULL, 0);

		e->dirfd = rows[i].dirfd;
		if (rows[i].base)
			FX_STR(f, open, base, rows[i].base);
		fx_end(f);
		assert_string_equal(fx_show(f, "fd.num"), "-1");
		assert_string_equal(fx_show(f, "fd.typechar"), rows[i].typechar);
		assert_string_equal(fx_show(f, "fd.type"), FX_MISSING);
		assert_string_equal(fx_show(f, "fd.name"), rows[i].want);
		assert_string_equal(fx_show(f, "fd.directory"), rows[i].dir);
		assert_string_equal(fx_show(f, "fd.filename"), FX_MISSING);
		assert_string_equal(fx_show(f, "fd.nameraw"), rows[i].name);
		assert_string_equal(fx_show(f, "fd.ino"), FX_MISSING);
		assert_string_equal(fx_show(f, "fd.l4proto"), FX_MISSING);
		assert_string_equal(fx_show(f, "fd.connected"), FX_MISSING);
		assert_string_equal(fx_show(f, "evt.res"), "ENOENT");
	}
}

static void an_open_without_its_parts(void **state)
{
	struct fx *f = *state;
	struct ev_open *e;

	/* The name could not be read. */
	e = fx_begin(f, EV_openat);
	e->fd = -EFAULT;
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.name"), FX_MISSING);
	assert_string_equal(fx_show(f, "fd.nameraw"), FX_MISSING);
	assert_string_equal(fx_show(f, "fd.directory"), FX_MISSING);
	assert_string_equal(fx_show(f, "fs.path.name"), FX_MISSING);
	/* It succeeded, but the object is not known: what was asked for has to do. */
	e = an_open(f, EV_openat, "x", NULL, 0);
	e->fd = 5;
	e->flags = O_DIRECTORY;
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.num"), "5");
	assert_string_equal(fx_show(f, "fd.typechar"), "d");
	assert_string_equal(fx_show(f, "fd.name"), "/srv/www/x");
	assert_string_equal(fx_show(f, "fd.ino"), FX_MISSING);
	/* Neither is the current directory. */
	f->procs[0].cwd = "";
	f->procs[0].cwd_len = 0;
	an_open(f, EV_openat, "x", NULL, 0);
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.name"), "<UNKNOWN>/x");
}

/* --- what is no file --- */

static void other_kinds(void **state)
{
	static const struct { uint16_t kind; const char *path, *typechar, *type, *name; } rows[] = {
		{HW_FD_PIPE, NULL, "p", "pipe", "pipe:[4711]"},
		{HW_FD_MEMFD, "memfd:x", "m", "memfd", "memfd:x"},
		{HW_FD_ANON, "[eventfd]", "e", "event", "[eventfd]"},
		{HW_FD_ANON, "anon_inode:[eventfd]", "e", "event", "anon_inode:[eventfd]"},
		{HW_FD_ANON, "[eventpoll]", "l", "eventpoll", "[eventpoll]"},
		{HW_FD_ANON, "[timerfd]", "t", "timerfd", "[timerfd]"},
		{HW_FD_ANON, "[signalfd]", "s", "signalfd", "[signalfd]"},
		{HW_FD_ANON, "inotify", "i", "inotify", "inotify"},
		{HW_FD_ANON, "[io_uring]", "r", "io_uring", "[io_uring]"},
		{HW_FD_ANON, "[pidfd]", "P", "pidfd", "[pidfd]"},
		{HW_FD_ANON, "[userfaultfd]", "u", "userfaultfd", "[userfaultfd]"},
		{HW_FD_ANON, "bpf-map", "b", "bpf", "bpf-map"},
		{HW_FD_ANON, "[perf_event]", "o", FX_MISSING, "[perf_event]"},
		{HW_FD_ANON, "", "o", FX_MISSING, ""},
		{HW_FD_ANON, NULL, "o", FX_MISSING, FX_MISSING},
		{99, "x", "o", FX_MISSING, "x"},
		{HW_FD_NONE, NULL, "o", FX_MISSING, FX_MISSING},
	};
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		struct ev_dup *e = FX_BEGIN(f, dup);

		e->res = 1;
		e->obj.kind = rows[i].kind;
		e->obj.ino = 4711;
		if (rows[i].path)
			FX_STR(f, dup, obj.path, rows[i].path);
		fx_end(f);
		assert_string_equal(fx_show(f, "fd.num"), "1");
		assert_string_equal(fx_show(f, "fd.typechar"), rows[i].typechar);
		assert_string_equal(fx_show(f, "fd.type"), rows[i].type);
		assert_string_equal(fx_show(f, "fd.name"), rows[i].name);
		assert_string_equal(fx_show(f, "fd.directory"), FX_MISSING);
		assert_string_equal(fx_show(f, "fd.filename"), FX_MISSING);
		assert_string_equal(fx_show(f, "fd.nameraw"), FX_MISSING);
		assert_string_equal(fx_show(f, "fd.ip"), FX_MISSING);
	}
}

static void events_without_a_descriptor(void **state)
{
	static const unsigned events[] = {EV_link, EV_rename, EV_unlinkat, EV_symlinkat, EV_execve,
					  EV_ptrace, EV_setuid, EV_init_module, EV_fork};
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(events); i++) {
		fx_begin(f, events[i]);
		fx_end(f);
		for (size_t id = 0; id < field_count(); id++) {
			const struct field *fd = field_at(id);
			struct field_arg arg = {0};
			struct value val;

			if (strncmp(fd->name, "fd.", 3) == 0)
				assert_false(fd->get(fd, &f->v, &arg, &val));
		}
	}
}

static void failed_calls_that_make_descriptors(void **state)
{
	static const struct { unsigned event; const char *typechar; } rows[] = {
		{EV_socket, "4"}, {EV_accept, "4"}, {EV_accept4, "4"}, {EV_dup, "o"},
		{EV_open, "o"},
		{EV_openat, "f"}, {EV_openat2, "f"}, {EV_creat, "f"},
	};
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		void *e = fx_begin(f, rows[i].event);

		*(int32_t *)((char *)e + schema_event(rows[i].event)->fd_off) = -EMFILE;
		fx_end(f);
		assert_string_equal(fx_show(f, "fd.num"), "-1");
		assert_string_equal(fx_show(f, "fd.typechar"), rows[i].typechar);
		assert_string_equal(fx_show(f, "fd.type"), FX_MISSING);
		assert_string_equal(fx_show(f, "fd.name_changed"), FX_MISSING);
	}
}

/* --- sockets --- */

static struct hw_addr addr(const char *ip, uint16_t port)
{
	struct hw_addr a = {.port = port, .family = strchr(ip, ':') ? AF_INET6 : AF_INET};

	assert_int_equal(inet_pton(a.family, ip, a.ip), 1);
	return a;
}

/* An event on a socket; ends "" are not set. */
static struct ev_connect *on_socket(struct fx *f, unsigned event, uint16_t family, uint16_t type,
				    const char *local, uint16_t lport, const char *remote,
				    uint16_t rport)
{
	struct ev_connect *e = fx_begin(f, event);

	e->fd = 6;
	e->obj.kind = HW_FD_SOCK;
	e->obj.mode = S_IFSOCK;
	e->obj.sk_family = family;
	e->obj.sk_type = type;
	e->obj.sk_proto = type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
	e->obj.sk_state = 7;
	if (local[0])
		e->obj.local = addr(local, lport);
	if (remote[0])
		e->obj.remote = addr(remote, rport);
	return e;
}

static void a_client(void **state)
{
	static const struct fx_row rows[] = {
		{"fd.num", "6"},	    {"fd.typechar", "4"},   {"fd.type", "ipv4"},
		{"fd.name", "10.0.0.2:40000->192.0.2.9:443"},
		{"fd.sockfamily", "ip"},    {"fd.l4proto", "tcp"},  {"fd.is_server", "false"},
		{"fd.connected", "true"},   {"fd.name_changed", "true"},
		{"fd.cip", "10.0.0.2"},	    {"fd.sip", "192.0.2.9"}, {"fd.cport", "40000"},
		{"fd.sport", "443"},	    {"fd.lip", "10.0.0.2"}, {"fd.rip", "192.0.2.9"},
		{"fd.lport", "40000"},	    {"fd.rport", "443"},    {"fd.snet", "192.0.2.9"},
		{"fd.cnet", "10.0.0.2"},    {"fd.lnet", "10.0.0.2"}, {"fd.rnet", "192.0.2.9"},
		{"fd.ip", "192.0.2.9"},	    {"fd.port", "443"},	    {"fd.sip.name", "<NA>"},
		{"fd.directory", FX_MISSING}, {"fd.filename", FX_MISSING},
		{"fd.nameraw", FX_MISSING},
	};
	struct fx *f = *state;
	struct ev_connect *e = on_socket(f, EV_connect, AF_INET, SOCK_STREAM, "10.0.0.2", 40000,
					 "192.0.2.9", 443);

	e->res = -EINPROGRESS;
	f->v.name_changed = true;
	f->v.sock_role = SOCK_ROLE_SERVER; /* connect says otherwise */
	fx_end(f);
	FX_ROWS(f, rows);
}

static void a_server(void **state)
{
	static const struct fx_row rows[] = {
		{"fd.name", "192.0.2.9:40000->10.0.0.2:80"}, {"fd.is_server", "true"},
		{"fd.cip", "192.0.2.9"}, {"fd.sip", "10.0.0.2"}, {"fd.cport", "40000"},
		{"fd.sport", "80"}, {"fd.lport", "80"}, {"fd.rport", "40000"},
		{"fd.connected", "true"},
	};
	struct fx *f = *state;
	struct ev_connect *e = on_socket(f, EV_accept4, AF_INET, SOCK_STREAM, "10.0.0.2", 80,
					 "192.0.2.9", 40000);

	e->res = 6;
	e->obj.sk_state = 1;
	fx_end(f);
	FX_ROWS(f, rows);
}

static void both_ends_by_number(void **state)
{
	const struct field *ip = field_find("fd.ip", 5), *port = field_find("fd.port", 7);
	struct field_arg zero = {.has = true}, one = {.has = true, .index = 1},
			 two = {.has = true, .index = 2};
	struct fx *f = *state;
	struct value val;

	on_socket(f, EV_connect, AF_INET, SOCK_STREAM, "10.0.0.2", 1000, "192.0.2.9", 443);
	fx_end(f);
	assert_true(ip->get(ip, &f->v, &zero, &val) && val.addr->ip[0] == 10);
	assert_true(ip->get(ip, &f->v, &one, &val) && val.addr->ip[0] == 192);
	assert_false(ip->get(ip, &f->v, &two, &val));
	assert_true(port->get(port, &f->v, &zero, &val) && val.u == 1000);
	assert_true(port->get(port, &f->v, &one, &val) && val.u == 443);

	/* As a server, the peer is the client. */
	on_socket(f, EV_accept, AF_INET, SOCK_STREAM, "10.0.0.2", 80, "192.0.2.9", 4000);
	fx_end(f);
	assert_true(ip->get(ip, &f->v, &zero, &val) && val.addr->ip[0] == 192);
	assert_true(ip->get(ip, &f->v, &one, &val) && val.addr->ip[0] == 10);

	/* Without roles both ends are there all the same. */
	on_socket(f, EV_sendto, AF_INET, SOCK_DGRAM, "10.0.0.2", 53, "192.0.2.9", 4000);
	fx_end(f);
	assert_true(ip->get(ip, &f->v, &zero, &val) && val.addr->ip[0] == 10);
	assert_true(ip->get(ip, &f->v, &one, &val) && val.addr->ip[0] == 192);
	assert_string_equal(fx_show(f, "fd.sip"), FX_MISSING);
	assert_string_equal(fx_show(f, "fd.name"), "10.0.0.2:53->192.0.2.9:4000");
	assert_string_equal(fx_show(f, "fd.l4proto"), "udp");

	/* One end only. */
	on_socket(f, EV_dup, AF_INET, SOCK_STREAM, "", 0, "", 0);
	fx_end(f);
	assert_false(ip->get(ip, &f->v, &zero, &val));
	assert_false(ip->get(ip, &f->v, &one, &val));
}

static void where_datagrams_go(void **state)
{
	struct fx *f = *state;
	struct ev_connect *e;

	f->v.sock_role = SOCK_ROLE_CLIENT;
	e = on_socket(f, EV_sendto, AF_INET, SOCK_DGRAM, "0.0.0.0", 5000, "", 0);
	e->addr = addr("192.0.2.1", 53);
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.name"), "0.0.0.0:5000->192.0.2.1:53");
	assert_string_equal(fx_show(f, "fd.sip"), "192.0.2.1");
	assert_string_equal(fx_show(f, "fd.connected"), "false");

	/* Not bound yet. */
	e = on_socket(f, EV_sendmsg, AF_INET, SOCK_DGRAM, "0.0.0.0", 0, "", 0);
	e->addr = addr("192.0.2.1", 53);
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.name"), "0.0.0.0:0->192.0.2.1:53");
	assert_string_equal(fx_show(f, "fd.lip"), FX_MISSING);

	/* Connected to one, sent to another: the other gets it. */
	e = on_socket(f, EV_sendto, AF_INET, SOCK_DGRAM, "10.0.0.2", 5000, "192.0.2.1", 53);
	e->addr = addr("198.51.100.7", 9);
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.sip"), "198.51.100.7");
	assert_string_equal(fx_show(f, "fd.connected"), "true");

	/* A stream goes to its peer, whatever is passed. */
	e = on_socket(f, EV_sendto, AF_INET, SOCK_STREAM, "10.0.0.2", 5000, "192.0.2.1", 53);
	e->addr = addr("198.51.100.7", 9);
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.sip"), "192.0.2.1");

	/* A connect that failed at once: the caller's address is all there is. */
	e = on_socket(f, EV_connect, AF_INET, SOCK_STREAM, "", 0, "", 0);
	e->addr = addr("203.0.113.5", 22);
	e->res = -ENETUNREACH;
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.name"), "0.0.0.0:0->203.0.113.5:22");
	assert_string_equal(fx_show(f, "fd.sip"), "203.0.113.5");
	assert_string_equal(fx_show(f, "fd.cip"), FX_MISSING);
	assert_string_equal(fx_show(f, "fd.connected"), "false");

	/* A family that is none says nothing. */
	e = on_socket(f, EV_connect, AF_INET, SOCK_STREAM, "", 0, "", 0);
	e->addr.family = 77;
	e->addr.port = 1;
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.sip"), FX_MISSING);
	assert_string_equal(fx_show(f, "fd.name"), "");
}

static void mapped_addresses_are_ipv4(void **state)
{
	struct fx *f = *state;
	struct ev_connect *e;

	on_socket(f, EV_connect, AF_INET6, SOCK_STREAM, "::ffff:10.0.0.2", 1000, "::ffff:192.0.2.9",
		  443);
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.typechar"), "4");
	assert_string_equal(fx_show(f, "fd.type"), "ipv4");
	assert_string_equal(fx_show(f, "fd.name"), "10.0.0.2:1000->192.0.2.9:443");
	assert_string_equal(fx_show(f, "fd.sip"), "192.0.2.9");

	/* Bound to any: of the peer's family. */
	e = on_socket(f, EV_sendto, AF_INET6, SOCK_DGRAM, "::", 1000, "", 0);
	e->addr = addr("::ffff:192.0.2.9", 53);
	f->v.sock_role = SOCK_ROLE_CLIENT;
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.typechar"), "4");
	assert_string_equal(fx_show(f, "fd.name"), "0.0.0.0:1000->192.0.2.9:53");

	on_socket(f, EV_connect, AF_INET6, SOCK_STREAM, "2001:db8::2", 1000, "2001:db8::9", 443);
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.typechar"), "6");
	assert_string_equal(fx_show(f, "fd.name"), "2001:db8::2:1000->2001:db8::9:443");
	assert_string_equal(fx_show(f, "fd.sip"), "2001:db8::9");

	/* Nearly mapped. */
	on_socket(f, EV_connect, AF_INET6, SOCK_STREAM, "::1", 1000, "::fffe:192.0.2.9", 443);
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.typechar"), "6");
}

static void sockets_without_a_peer(void **state)
{
	struct fx *f = *state;
	struct ev_connect *e;
	struct ev_socket *s;

	/* Listening. */
	e = on_socket(f, EV_sendto, AF_INET, SOCK_STREAM, "0.0.0.0", 80, "", 0);
	e->obj.sk_state = LISTEN;
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.name"), "0.0.0.0:80");
	assert_string_equal(fx_show(f, "fd.sport"), "80");
	assert_string_equal(fx_show(f, "fd.sip"), "0.0.0.0");
	assert_string_equal(fx_show(f, "fd.cip"), FX_MISSING);
	assert_string_equal(fx_show(f, "fd.ip"), "0.0.0.0");
	assert_string_equal(fx_show(f, "fd.l4proto"), "tcp");
	assert_string_equal(fx_show(f, "fd.is_server"), "true");
	assert_string_equal(fx_show(f, "fd.connected"), "false");

	/* Fresh. */
	s = FX_BEGIN(f, socket);
	s->fd = 6;
	s->obj = (struct hw_fdobj){.kind = HW_FD_SOCK, .sk_family = AF_INET6,
				   .sk_type = SOCK_STREAM, .sk_state = 7,
				   .local = addr("::", 0)};
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.name"), "");
	assert_string_equal(fx_show(f, "fd.typechar"), "6");
	assert_string_equal(fx_show(f, "fd.l4proto"), "<NA>");
	assert_string_equal(fx_show(f, "fd.lport"), FX_MISSING);
	assert_string_equal(fx_show(f, "fd.ip"), FX_MISSING);
	assert_string_equal(fx_show(f, "fd.num"), "6");
}

static void protocols(void **state)
{
	static const struct { uint16_t family, type, proto; const char *typechar, *l4; } rows[] = {
		{AF_INET, SOCK_STREAM, 0, "4", "tcp"},
		{AF_INET, SOCK_STREAM, IPPROTO_TCP, "4", "tcp"},
		{AF_INET, SOCK_STREAM, 132, "4", "<NA>"},
		{AF_INET6, SOCK_DGRAM, IPPROTO_UDP, "4", "udp"},
		{AF_INET, SOCK_DGRAM, IPPROTO_ICMP, "4", "icmp"},
		{AF_INET, SOCK_RAW, IPPROTO_ICMPV6, "4", "icmp"},
		{AF_INET, SOCK_RAW, 255, "4", "raw"},
		{AF_INET, 77, 0, "4", "<NA>"},
		{AF_UNIX, SOCK_STREAM, 0, "u", "<NA>"},
		{AF_NETLINK, SOCK_RAW, 0, "n", "<NA>"},
		{AF_PACKET, SOCK_RAW, 3, "o", "<NA>"},
	};
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		struct ev_connect *e = on_socket(f, EV_connect, rows[i].family, rows[i].type,
						 "10.0.0.2", 1, "10.0.0.3", 2);

		e->obj.sk_proto = rows[i].proto;
		fx_end(f);
		assert_string_equal(fx_show(f, "fd.typechar"), rows[i].typechar);
		assert_string_equal(fx_show(f, "fd.l4proto"), rows[i].l4);
	}
}

static void unix_sockets(void **state)
{
	struct fx *f = *state;
	struct ev_connect *e = on_socket(f, EV_connect, AF_UNIX, SOCK_STREAM, "", 0, "", 0);

	FX_STR(f, connect, sun, "/run/docker.sock");
	e->obj.sk_state = 1;
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.typechar"), "u");
	assert_string_equal(fx_show(f, "fd.type"), "unix");
	assert_string_equal(fx_show(f, "fd.name"), "/run/docker.sock");
	assert_string_equal(fx_show(f, "fd.sockfamily"), "unix");
	assert_string_equal(fx_show(f, "fd.sip"), FX_MISSING);
	assert_string_equal(fx_show(f, "fd.directory"), FX_MISSING);
	/* What the kernel holds goes before what was passed. */
	e = on_socket(f, EV_connect, AF_UNIX, SOCK_STREAM, "", 0, "", 0);
	FX_STR(f, connect, sun, "/passed");
	REC_STR(&f->b, connect, obj.path, "/held", 5, 0);
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.name"), "/held");
}

static void states_of_connections(void **state)
{
	static const struct { unsigned event; int64_t res; uint16_t type, state; const char *remote,
			      *want; } rows[] = {
		{EV_connect, 0, SOCK_STREAM, 1, "10.0.0.3", "true"},
		{EV_connect, -EINPROGRESS, SOCK_STREAM, 2, "10.0.0.3", "true"},
		{EV_connect, -ECONNREFUSED, SOCK_STREAM, 7, "10.0.0.3", "false"},
		{EV_connect, 0, SOCK_DGRAM, 1, "10.0.0.3", "true"},
		{EV_sendto, 5, SOCK_STREAM, 1, "10.0.0.3", "true"},
		{EV_sendto, 5, SOCK_STREAM, 8, "10.0.0.3", "true"},
		{EV_sendto, 5, SOCK_STREAM, 2, "10.0.0.3", "false"},
		{EV_sendto, 5, SOCK_STREAM, 10, "", "false"},
		{EV_sendto, 5, SOCK_DGRAM, 7, "", "false"},
		{EV_sendto, 5, SOCK_DGRAM, 7, "10.0.0.3", "true"},
		{EV_sendto, 5, SOCK_STREAM, 0, "", "false"},
		{EV_sendto, 5, SOCK_STREAM, 9999, "", "false"},
	};
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		struct ev_connect *e = on_socket(f, rows[i].event, AF_INET, rows[i].type,
						 "10.0.0.2", 1, rows[i].remote, 2);

		e->res = rows[i].res;
		e->obj.sk_state = rows[i].state;
		fx_end(f);
		assert_string_equal(fx_show(f, "fd.connected"), rows[i].want);
	}
}

/* --- names of addresses --- */

static void names_stand_for_addresses(void **state)
{
	struct hw_addr two[] = {addr("192.0.2.9", 0), addr("::ffff:192.0.2.10", 0)};
	struct hw_addr six = addr("2001:db8::9", 0), other = addr("192.0.2.11", 443), ask;
	struct dns_names *d = dns_names_new();
	struct fx *f = *state;
	struct value val;

	assert_non_null(d);
	assert_int_equal(dns_names_set(d, "pool.example", two, 2), 0);
	assert_int_equal(dns_names_set(d, "api.example", &six, 1), 0);
	assert_int_equal(dns_names_set(d, "none.example", NULL, 0), 0);
	ask = addr("192.0.2.9", 8333);
	assert_true(dns_names_has(d, "pool.example", &ask));
	ask = addr("192.0.2.10", 0);
	assert_true(dns_names_has(d, "pool.example", &ask));
	ask = addr("::ffff:192.0.2.9", 0);
	assert_true(dns_names_has(d, "pool.example", &ask));
	assert_true(dns_names_has(d, "api.example", &six));
	assert_false(dns_names_has(d, "pool.example", &six));
	assert_false(dns_names_has(d, "pool.example", &other));
	assert_false(dns_names_has(d, "pool", &ask));
	assert_false(dns_names_has(d, "", &ask));
	assert_false(dns_names_has(d, "none.example", &ask));
	assert_false(dns_names_has(d, "POOL.EXAMPLE", &ask));
	assert_false(dns_names_has(NULL, "pool.example", &ask));
	assert_null(dns_names_of(d, &other));
	assert_null(dns_names_of(NULL, &six));

	f->env.dns = d;
	on_socket(f, EV_connect, AF_INET, SOCK_STREAM, "10.0.0.2", 1, "192.0.2.9", 443);
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.sip.name"), "pool.example");
	assert_string_equal(fx_show(f, "fd.cip.name"), "<NA>");
	assert_true(fx_get(f, "fd.sip.name", &val));
	assert_true(dns_names_has(d, "pool.example", val.addr));
	/* New addresses replace the old ones. */
	assert_int_equal(dns_names_set(d, "pool.example", &other, 1), 0);
	assert_string_equal(fx_show(f, "fd.sip.name"), "<NA>");
	assert_true(dns_names_has(d, "pool.example", &other));
	for (int i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%d", i * 37 % 100);
		assert_int_equal(dns_names_set(d, name, &six, 1), 0);
	}
	for (int i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%d", i);
		assert_true(dns_names_has(d, name, &six));
	}
	dns_names_free(d);
	dns_names_free(NULL);
}

#define TF(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TF(an_opened_file),
		TF(names_cut_at_slashes),
		TF(a_directory_is_one_when_opened_as_one),
		TF(a_failed_open),
		TF(an_open_without_its_parts),
		TF(other_kinds),
		TF(events_without_a_descriptor),
		TF(failed_calls_that_make_descriptors),
		TF(a_client),
		TF(a_server),
		TF(both_ends_by_number),
		TF(where_datagrams_go),
		TF(mapped_addresses_are_ipv4),
		TF(sockets_without_a_peer),
		TF(protocols),
		TF(unix_sockets),
		TF(states_of_connections),
		TF(names_stand_for_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
