/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Arguments of events as the rule language prints them, and the paths among them. */
#include "event_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#define FD_CWD (-100)

static void arguments_of_open(void **state)
{
	static const struct fx_row rows[] = {
		{"evt.arg.fd", "<f>/etc/passwd"},
		{"evt.arg.dirfd", "/srv/www/"},
		{"evt.arg.name", "/etc/./passwd"}, /* absolute: as passed */
		{"evt.arg.flags", "O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED|FD_UPPER_LAYER"},
		{"evt.arg.mode", "0644"},
		{"evt.arg.dev", "0x801"},
		{"evt.arg.ino", "77"},
		{"evt.arg.resolve", FX_MISSING},
		{"evt.arg.res", FX_MISSING},
		{"evt.arg.request", FX_MISSING},
		{"evt.arg.exe", FX_MISSING},
		{"evt.arg.uid", FX_MISSING},
		{"evt.arg[0]", "<f>/etc/passwd"},
		{"evt.arg[2]", "/etc/./passwd"},
		{"evt.arg[6]", "77"},
		{"evt.arg[7]", FX_MISSING},
		{"evt.arg[2147483647]", FX_MISSING},
		{"evt.args", "fd=<f>/etc/passwd dirfd=/srv/www/ name=/etc/./passwd "
			     "flags=O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED|FD_UPPER_LAYER mode=0644 "
			     "dev=0x801 ino=77"},
		{"evt.info", "fd=<f>/etc/passwd dirfd=/srv/www/ name=/etc/./passwd "
			     "flags=O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED|FD_UPPER_LAYER mode=0644 "
			     "dev=0x801 ino=77"},
	};
	struct fx *f = *state;
	struct ev_openat *e = FX_BEGIN(f, openat);

	e->fd = 3;
	e->dirfd = FD_CWD;
	e->flags = O_TRUNC | O_CREAT | O_WRONLY | HW_O_F_CREATED | HW_O_UPPER_LAYER;
	e->mode = 0644;
	e->dev = 0x801;
	e->ino = 77;
	e->obj.kind = HW_FD_FILE;
	FX_STR(f, openat, name, "/etc/./passwd");
	REC_STR(&f->b, openat, obj.path, "/etc/passwd", 11, 0);
	fx_end(f);
	FX_ROWS(f, rows);
}

static void a_failed_open(void **state)
{
	static const struct fx_row rows[] = {
		{"evt.arg.fd", "EACCES"},
		{"evt.arg.dirfd", "7"},
		{"evt.arg.name", "/base/secret"},
		{"evt.arg.flags", "O_RDONLY"},
		{"evt.arg.mode", "0"},
		{"evt.args",
		 "fd=EACCES dirfd=7 name=/base/secret flags=O_RDONLY mode=0 dev=0x0 ino=0"},
	};
	struct fx *f = *state;
	struct ev_openat *e = FX_BEGIN(f, openat);

	e->fd = -EACCES;
	e->dirfd = 7;
	FX_STR(f, openat, name, "dir/../secret");
	FX_STR(f, openat, base, "/base");
	fx_end(f);
	FX_ROWS(f, rows);
	/* open and creat have no directory of their own. */
	FX_BEGIN(f, open)->dirfd = FD_CWD;
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.arg.dirfd"), FX_MISSING);
	assert_string_equal(fx_show(f, "evt.arg.name"), FX_MISSING);
}

static void relative_names(void **state)
{
	static const struct { int dirfd; const char *name, *base, *obj, *want; } rows[] = {
		{FD_CWD, "x", NULL, "/elsewhere/x", "/srv/www/x"},
		{FD_CWD, "../x", "/told/by/kernel", NULL, "/told/by/x"},
		{7, "x", NULL, "/dir/x", "/dir/x"}, /* the kernel went there */
		{7, "x", NULL, NULL, "<UNKNOWN>/x"},
		{7, "", "/base", NULL, ""},
		{7, "/x//y", "/base", NULL, "/x//y"},
	};
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		struct ev_openat *e = FX_BEGIN(f, openat);

		e->dirfd = rows[i].dirfd;
		e->fd = rows[i].obj ? 3 : -1;
		FX_STR(f, openat, name, rows[i].name);
		if (rows[i].base)
			FX_STR(f, openat, base, rows[i].base);
		if (rows[i].obj) {
			e->obj.kind = HW_FD_FILE;
			REC_STR(&f->b, openat, obj.path, rows[i].obj, strlen(rows[i].obj), 0);
		}
		if (!rows[i].obj && rows[i].dirfd == 7 && !rows[i].base)
			e->fd = -ENOENT;
		fx_end(f);
		assert_string_equal(fx_show(f, "evt.arg.name"), rows[i].want);
	}
}

static void arguments_of_exec(void **state)
{
	static const struct fx_row rows[] = {
		{"evt.arg.res", "0"},
		{"evt.arg.exe", "-bash"},
		{"evt.arg.args", "-c id; ls"},
		{"evt.arg.argv", "-bash -c id; ls"},
		{"evt.arg.tid", "400"},
		{"evt.arg.pid", "400"},
		{"evt.arg.ptid", "300"},
		{"evt.arg.comm", "bash"},
		{"evt.arg.uid", "www-data"},
		{"evt.arg.gid", "staff"},
		{"evt.arg.loginuid", "alice"},
		{"evt.arg.flags", "EXE_WRITABLE|EXE_UPPER_LAYER"},
		{"evt.arg.cap_effective", "CAP_SYS_ADMIN"},
		{"evt.arg.cap_permitted", "CAP_CHOWN CAP_DAC_OVERRIDE"},
		{"evt.arg.cap_inheritable", ""},
		{"evt.arg.filename", "/srv/www/sh"},
		{"evt.arg.trusted_exepath", "/bin/bash"},
		{"evt.arg.cwd", "/srv/www"},
		{"evt.arg[1]", "-bash"},
		{"evt.arg[7]", FX_MISSING}, /* fdlimit: not known here */
		{"evt.arg[13]", "bash"},
		{"evt.arg[14]", FX_MISSING},
		{"evt.arg[19]", "EXE_WRITABLE|EXE_UPPER_LAYER"},
		{"evt.arg[30]", "/srv/www/sh"},
		{"evt.arg[31]", FX_MISSING},
	};
	struct fx *f = *state;
	struct ev_execve *e = FX_BEGIN(f, execve);

	e->flags = HW_EXE_UPPER_LAYER | HW_EXE_WRITABLE;
	REC_STR(&f->b, execve, argv, "-bash\0-c\0id; ls", 16, 0);
	FX_STR(f, execve, filename, "./sh");
	FX_STR(f, execve, trusted_exepath, "/bin/bash");
	FX_STR(f, execve, cwd, "/srv/www");
	fx_end(f);
	FX_ROWS(f, rows);
}

static void a_failed_exec_has_no_image(void **state)
{
	static const struct fx_row rows[] = {
		{"evt.arg.res", "ENOENT"},	  {"evt.arg.filename", "/srv/www/nothing"},
		{"evt.arg.flags", FX_MISSING},	  {"evt.arg.argv", FX_MISSING},
		{"evt.arg.trusted_exepath", FX_MISSING}, {"evt.arg.tty", FX_MISSING},
		{"evt.arg.exe_ino", FX_MISSING},  {"evt.arg.cap_inheritable", FX_MISSING},
		{"evt.arg.exe", "-bash"},	  {"evt.arg.pid", "400"},
		{"proc.exepath", "/bin/bash"},	  {"proc.name", "bash"},
		{"evt.res", "ENOENT"},
	};
	struct fx *f = *state;
	struct ev_execve *e = FX_BEGIN(f, execve);

	e->res = -ENOENT;
	e->h.flags = HW_F_FAILED;
	FX_STR(f, execve, filename, "nothing");
	fx_end(f);
	FX_ROWS(f, rows);
}

static void two_names(void **state)
{
	static const struct fx_row rows[] = {
		{"evt.arg.oldpath", "/srv/www/a"},  {"evt.arg.newpath", "/etc/cron.d/x"},
		{"evt.arg.olddirfd", "/srv/www/"},  {"evt.arg.newdirfd", "9"},
		{"evt.arg.flags", "RENAME_EXCHANGE"}, {"evt.arg.res", "0"},
		{"fs.path.source", "/srv/www/a"},   {"fs.path.sourceraw", "a"},
		{"fs.path.target", "/etc/cron.d/x"}, {"fs.path.targetraw", "../cron.d/x"},
		{"fs.path.name", FX_MISSING},	    {"fs.path.nameraw", FX_MISSING},
		{"fd.num", FX_MISSING},
		{"evt.args", "res=0 olddirfd=/srv/www/ oldpath=/srv/www/a newdirfd=9 "
			     "newpath=/etc/cron.d/x flags=RENAME_EXCHANGE"},
	};
	struct fx *f = *state;
	struct ev_renameat2 *e = FX_BEGIN(f, renameat2);

	e->olddirfd = FD_CWD;
	e->newdirfd = 9;
	e->flags = 2;
	FX_STR(f, renameat2, oldpath, "a");
	FX_STR(f, renameat2, newpath, "../cron.d/x");
	FX_STR(f, renameat2, base2, "/etc/init.d");
	fx_end(f);
	FX_ROWS(f, rows);
	FX_BEGIN(f, rename);
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.args"), "res=0");
	assert_string_equal(fx_show(f, "fs.path.source"), FX_MISSING);
	assert_string_equal(fx_show(f, "evt.arg.olddirfd"), FX_MISSING);
}

static void targets_of_symlinks(void **state)
{
	static const struct { const char *target, *link, *full; } rows[] = {
		{"/etc/shadow", "x", "/etc/shadow"},
		{"/etc/../etc/shadow", "x", "/etc/shadow"},
		{"../etc/shadow", "/tmp/x", "/etc/shadow"},
		{"../etc/shadow", "dir/x", "/srv/www/etc/shadow"},
		{"y", "x", "/srv/www/y"},
		{"y", "/x", "/y"},
	};
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		struct ev_symlinkat *e = FX_BEGIN(f, symlinkat);

		e->linkdirfd = FD_CWD;
		FX_STR(f, symlinkat, target, rows[i].target);
		FX_STR(f, symlinkat, linkpath, rows[i].link);
		fx_end(f);
		assert_string_equal(fx_show(f, "evt.arg.target"), rows[i].target);
		assert_string_equal(fx_show(f, "fs.path.source"), rows[i].full);
		assert_string_equal(fx_show(f, "fs.path.sourceraw"), rows[i].target);
	}
	/* Where a link without a known directory leads is not known either. */
	FX_BEGIN(f, symlinkat)->linkdirfd = 9;
	FX_STR(f, symlinkat, target, "y");
	FX_STR(f, symlinkat, linkpath, "x");
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.arg.linkpath"), "<UNKNOWN>/x");
	assert_string_equal(fx_show(f, "fs.path.source"), "<UNKNOWN>/y");
	/* No link name, no place to start from. */
	FX_BEGIN(f, symlink);
	FX_STR(f, symlink, target, "y");
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.arg.target"), "y");
	assert_string_equal(fx_show(f, "fs.path.source"), FX_MISSING);
}

static void one_name(void **state)
{
	struct fx *f = *state;
	struct ev_unlinkat *e = FX_BEGIN(f, unlinkat);

	e->dirfd = 4;
	e->flags = 0x200;
	FX_STR(f, unlinkat, name, "wtmp");
	FX_STR(f, unlinkat, base1, "/var/log");
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.args"),
			    "res=0 dirfd=4 name=/var/log/wtmp flags=AT_REMOVEDIR");
	assert_string_equal(fx_show(f, "fs.path.name"), "/var/log/wtmp");
	assert_string_equal(fx_show(f, "fs.path.nameraw"), "wtmp");
	assert_string_equal(fx_show(f, "evt.arg.path"), FX_MISSING);
	FX_BEGIN(f, unlink);
	FX_STR(f, unlink, path, "/a//b/");
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.args"), "res=0 path=/a//b/");
	assert_string_equal(fx_show(f, "fs.path.name"), "/a/b");
}

static void sockets(void **state)
{
	struct fx *f = *state;
	struct ev_connect *c;
	struct ev_socket *s = FX_BEGIN(f, socket);
	struct ev_dup2 *d;

	s->fd = -EPERM;
	s->domain = AF_PACKET;
	s->type = SOCK_RAW;
	s->proto = 3;
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.args"), "fd=EPERM domain=AF_PACKET type=3 proto=3");
	s->domain = 777;
	assert_string_equal(fx_show(f, "evt.arg.domain"), "777");

	c = FX_BEGIN(f, connect);
	c->fd = 4;
	c->obj = (struct hw_fdobj){
		.kind = HW_FD_SOCK, .sk_family = AF_INET, .sk_type = SOCK_STREAM, .sk_state = 1,
		.local = {.ip = {127, 0, 0, 1}, .port = 4000, .family = AF_INET},
		.remote = {.ip = {127, 0, 0, 1}, .port = 80, .family = AF_INET},
	};
	c->addr = c->obj.remote;
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.args"),
			    "res=0 tuple=127.0.0.1:4000->127.0.0.1:80 "
			    "fd=<4>127.0.0.1:4000->127.0.0.1:80 addr=127.0.0.1:80");
	assert_string_equal(fx_show(f, "evt.arg.size"), FX_MISSING);
	assert_string_equal(fx_show(f, "evt.arg.sun"), FX_MISSING);

	d = FX_BEGIN(f, dup2);
	d->res = 1;
	d->oldfd = 4;
	d->newfd = 1;
	d->obj.kind = HW_FD_PIPE;
	d->obj.ino = 9;
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.args"), "res=<p>pipe:[9] oldfd=<p>pipe:[9] newfd=1");
	assert_string_equal(fx_show(f, "evt.rawres"), "1");
	d->res = -EBADF;
	d->obj.kind = HW_FD_NONE;
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.args"), "res=EBADF oldfd=4 newfd=1");
}

static void the_kernel_itself(void **state)
{
	struct fx *f = *state;
	struct ev_ptrace *p = FX_BEGIN(f, ptrace);
	struct ev_finit_module *m;

	p->request = 16;
	p->pid = 123;
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.args"),
			    "res=0 addr=0x0 data=0x0 request=PTRACE_ATTACH pid=123");
	assert_string_equal(fx_show(f, "evt.arg[1]"), "0x0");
	assert_string_equal(fx_show(f, "evt.arg[3]"), "PTRACE_ATTACH");
	p->request = 11;
	assert_string_equal(fx_show(f, "evt.arg.request"), "11");

	m = FX_BEGIN(f, finit_module);
	m->fd = 3;
	m->res = -EPERM;
	m->flags = 1;
	m->obj.kind = HW_FD_FILE;
	REC_STR(&f->b, finit_module, obj.path, "/tmp/x.ko", 9, 0);
	FX_STR(f, finit_module, uargs, "");
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.args"),
			    "res=EPERM fd=<f>/tmp/x.ko uargs= "
			    "flags=MODULE_INIT_IGNORE_MODVERSIONS");
	assert_string_equal(fx_show(f, "fd.num"), "3");
}

static void ids_by_name(void **state)
{
	struct fx *f = *state;
	struct ev_setuid *u = FX_BEGIN(f, setuid);
	struct ev_setgid *g;

	u->uid = 1000;
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.args"), "res=0 uid=alice");
	u->uid = 0;
	assert_string_equal(fx_show(f, "evt.arg.uid"), "root");
	u->uid = 4242;
	assert_string_equal(fx_show(f, "evt.arg.uid"), "<NA>");
	u->uid = UINT32_MAX;
	assert_string_equal(fx_show(f, "evt.arg.uid"), "<NONE>");

	/* A group's number is no user's. */
	g = FX_BEGIN(f, setgid);
	g->uid = 50;
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.args"), "res=0 gid=staff");
	assert_string_equal(fx_show(f, "evt.arg.uid"), FX_MISSING);
	FX_BEGIN(f, capset);
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.arg.uid"), FX_MISSING);
	assert_string_equal(fx_show(f, "evt.arg.cap_effective"), "CAP_SYS_ADMIN");
}

static void how_processes_end(void **state)
{
	static const struct { int32_t status; const char *args; } rows[] = {
		{0, "status=0x0 ret=0 sig=0 core=0 reaper_tid=1"},
		{3 << 8, "status=0x300 ret=3 sig=0 core=0 reaper_tid=1"},
		{SIGKILL, "status=0x9 ret=0 sig=SIGKILL core=0 reaper_tid=1"},
		{SIGSEGV | 0x80, "status=0x8b ret=0 sig=SIGSEGV core=1 reaper_tid=1"},
		{40, "status=0x28 ret=0 sig=40 core=0 reaper_tid=1"},
	};
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		struct ev_procexit *e = FX_BEGIN(f, procexit);

		e->status = rows[i].status;
		e->reaper = 1;
		fx_end(f);
		assert_string_equal(fx_show(f, "evt.args"), rows[i].args);
	}
}

#define TF(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TF(arguments_of_open),
		TF(a_failed_open),
		TF(relative_names),
		TF(arguments_of_exec),
		TF(a_failed_exec_has_no_image),
		TF(two_names),
		TF(targets_of_symlinks),
		TF(one_name),
		TF(sockets),
		TF(the_kernel_itself),
		TF(ids_by_name),
		TF(how_processes_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
