/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Fields of event, process, thread, user and container; how fields are found and written. Missing,
 * empty and <NA> are three things: each row says which.
 */
#include "event_fixture.h"

#include <errno.h>
#include <fcntl.h>

/* --- the event --- */

static void event_fields(void **state)
{
	static const struct fx_row rows[] = {
		{"evt.num", "7"},
		{"evt.type", "openat"},
		{"syscall.type", "openat"},
		{"evt.is_syscall", "true"},
		{"evt.source", "syscall"},
		{"evt.time", "22:14:05.123456789"},
		{"evt.time.s", "22:14:05"},
		{"evt.time.iso8601", "2023-11-14T22:14:05.123456789Z"},
		{"evt.datetime", "2023-11-14 22:14:05.123456789"},
		{"evt.datetime.s", "2023-11-14 22:14:05"},
		{"evt.rawtime", "1700000045123456789"},
		{"evt.rawtime.s", "1700000045"},
		{"evt.rawtime.ns", "123456789"},
		{"evt.cpu", "1"},
		{"evt.hostname", "node1"},
		{"evt.res", "SUCCESS"},
		{"evt.rawres", "3"},
		{"evt.failed", "false"},
		{"evt.is_open_read", "true"},
		{"evt.is_open_write", "false"},
		{"evt.is_open_exec", "false"},
	};
	struct fx *f = *state;

	FX_BEGIN(f, openat)->fd = 3;
	fx_end(f);
	FX_ROWS(f, rows);
}

static void events_without_a_result_have_none(void **state)
{
	static const struct fx_row rows[] = {
		{"evt.type", "fork"},	      {"syscall.type", FX_MISSING},
		{"evt.is_syscall", "false"},  {"evt.res", FX_MISSING},
		{"evt.rawres", FX_MISSING},   {"evt.failed", "false"},
		{"evt.is_open_read", "false"}, {"evt.is_open_write", "false"},
		{"evt.is_open_exec", "false"}, {"fd.num", FX_MISSING},
		{"evt.cpu", FX_MISSING},
	};
	struct fx *f = *state;

	FX_BEGIN(f, fork)->h.cpu = HW_CPU_USER;
	fx_end(f);
	FX_ROWS(f, rows);
}

static void results_by_name(void **state)
{
	static const struct { int64_t res; const char *text, *raw, *failed; } rows[] = {
		{0, "SUCCESS", "0", "false"},
		{5, "SUCCESS", "5", "false"},
		{-EINPROGRESS, "EINPROGRESS", "-115", "true"},
		{-EPERM, "EPERM", "-1", "true"},
		{-512, "ERESTARTSYS", "-512", "true"},
		{-4000, "-4000", "-4000", "true"},
		{INT64_MIN, "-9223372036854775808", "-9223372036854775808", "true"},
	};
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		FX_BEGIN(f, connect)->res = rows[i].res;
		fx_end(f);
		assert_string_equal(fx_show(f, "evt.res"), rows[i].text);
		assert_string_equal(fx_show(f, "evt.rawres"), rows[i].raw);
		assert_string_equal(fx_show(f, "evt.failed"), rows[i].failed);
	}
}

static void kinds_of_opens(void **state)
{
	static const struct { unsigned event, flags, mode; const char *rd, *wr, *ex; } rows[] = {
		{EV_open, O_RDONLY, 0, "true", "false", "false"},
		{EV_openat, O_WRONLY, 0, "false", "true", "false"},
		{EV_openat2, O_RDWR, 0, "true", "true", "false"},
		{EV_openat, O_ACCMODE, 0, "false", "false", "false"},
		{EV_openat, O_RDWR | O_CREAT, 0644, "true", "true", "false"},
		{EV_openat, O_WRONLY | O_CREAT, 0755, "false", "true", "true"},
		{EV_openat, O_WRONLY | O_CREAT, 0601, "false", "true", "true"},
		{EV_openat, O_WRONLY, 0777, "false", "true", "false"},
		{EV_openat, O_RDWR | O_TMPFILE, 0700, "true", "true", "true"},
		/* one of the two bits of O_TMPFILE only */
		{EV_openat, O_RDONLY | O_DIRECTORY, 0700, "true", "false", "false"},
		{EV_creat, O_WRONLY | O_CREAT, 0755, "false", "false", "true"},
		{EV_creat, O_WRONLY | O_CREAT, 0644, "false", "false", "false"},
	};
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		struct ev_open *e = fx_begin(f, rows[i].event);

		e->flags = rows[i].flags;
		e->mode = rows[i].mode;
		fx_end(f);
		assert_string_equal(fx_show(f, "evt.is_open_read"), rows[i].rd);
		assert_string_equal(fx_show(f, "evt.is_open_write"), rows[i].wr);
		assert_string_equal(fx_show(f, "evt.is_open_exec"), rows[i].ex);
	}
}

/* --- processes --- */

static void process_fields(void **state)
{
	static const struct fx_row rows[] = {
		{"proc.name", "bash"},
		{"proc.exe", "-bash"},
		{"proc.exepath", "/bin/bash"},
		{"proc.args", "-c id; ls"},
		{"proc.args[0]", "-c"},
		{"proc.args[1]", "id; ls"},
		{"proc.args[2]", FX_MISSING},
		{"proc.args[2147483647]", FX_MISSING},
		{"proc.nargs", "2"},
		{"proc.cmdnargs", "2"},
		{"proc.cmdlenargs", "8"},
		{"proc.cmdline", "bash -c id; ls"},
		{"proc.exeline", "-bash -c id; ls"},
		{"proc.cwd", "/srv/www/"},
		{"proc.pid", "400"},
		{"proc.ppid", "300"},
		{"proc.vpid", "4"},
		{"proc.pvpid", "3"},
		{"proc.sid", "300"},
		{"proc.pgid", "400"},
		{"proc.vpgid", "3"},
		{"proc.tty", "34816"},
		{"proc.duration", "5123456789"},
		{"proc.pid.ts", "1700000040000000000"},
		{"proc.ppid.duration", "15123456789"},
		{"proc.ppid.ts", "1700000030000000000"},
		{"proc.is_exe_writable", "true"},
		{"proc.is_exe_upper_layer", "true"},
		{"proc.is_exe_lower_layer", "false"},
		{"proc.is_exe_from_memfd", "false"},
		{"proc.is_exe_deleted", "false"},
		{"proc.exe_ino", "4711"},
		{"proc.exe_ino.ctime", "1700000030000000000"},
		{"proc.exe_ino.mtime", "1699999995000000000"},
		{"proc.exe_ino.ctime_duration_proc_start", "10000000000"},
		{"proc.is_sid_leader", "false"},
		{"proc.is_pgid_leader", "true"},
		{"proc.is_vpgid_leader", "false"},
		{"proc.is_container_init", "false"},
		{"proc.is_container_exec", "true"},
		{"proc.pidns", "4026531836"},
		{"proc.pname", "nginx"},
		{"proc.pexe", "nginx"},
		{"proc.pexepath", "/usr/sbin/nginx"},
		{"proc.pcmdline", "nginx -g daemon off;"},
		{"proc.aname[0]", "bash"},
		{"proc.aname[1]", "nginx"},
		{"proc.aname[2]", "runc"},
		{"proc.aname[3]", "systemd"},
		{"proc.aname[4]", FX_MISSING},
		{"proc.aname[64]", FX_MISSING},
		{"proc.aname[65]", FX_MISSING},
		{"proc.aname[2147483647]", FX_MISSING},
		{"proc.aname", "nginx runc systemd"},
		{"proc.aexe[3]", "/sbin/init"},
		{"proc.aexe", "nginx runc /sbin/init"},
		{"proc.aexepath[2]", "/usr/bin/runc"},
		{"proc.aexepath", "/usr/sbin/nginx /usr/bin/runc /usr/lib/systemd/systemd"},
		{"proc.acmdline[1]", "nginx -g daemon off;"},
		{"proc.apid[1]", "300"},
		{"proc.apid", "300 200 100"},
		{"proc.apid[4]", FX_MISSING},
		{"proc.sname", "nginx"},
		{"proc.sid.exe", "nginx"},
		{"proc.sid.exepath", "/usr/sbin/nginx"},
		{"proc.pgid.name", "bash"},
		{"proc.vpgid.exepath", "/bin/bash"},
		{"thread.tid", "400"},
		{"thread.ismain", "true"},
	};
	struct fx *f = *state;

	FX_BEGIN(f, fork);
	fx_end(f);
	FX_ROWS(f, rows);
}

static void empty_is_not_missing(void **state)
{
	static const struct fx_row rows[] = {
		{"proc.args", ""},	    {"proc.args[0]", FX_MISSING}, {"proc.nargs", "0"},
		{"proc.cmdlenargs", "0"},   {"proc.exe", ""},		  {"proc.cmdline", "x"},
		{"proc.exeline", ""},	    {"proc.pname", FX_MISSING},	  {"proc.pexe", FX_MISSING},
		{"proc.pcmdline", FX_MISSING}, {"proc.pexepath", FX_MISSING},
		{"proc.pvpid", FX_MISSING}, {"proc.aname", FX_MISSING},	  {"proc.aname[0]", "x"},
		{"proc.aname[1]", FX_MISSING}, {"proc.apid", FX_MISSING},
		{"proc.ppid.duration", FX_MISSING}, {"proc.exepath", FX_MISSING},
		{"proc.cwd", FX_MISSING},   {"proc.tty", "0"},		  {"proc.sname", ""},
		{"proc.sid.exe", FX_MISSING}, {"proc.pgid.name", FX_MISSING},
		{"proc.duration", FX_MISSING}, {"proc.pid.ts", FX_MISSING},
		{"proc.exe_ino.ctime_duration_proc_start", FX_MISSING},
	};
	struct process lone = {.pid = 1, .exe = "", .args = "", .cmdline = "x", .cmdline_len = 1,
			       .exepath = "", .cwd = "", .argv = "", .sid = 9, .pgid = 9,
			       .image_known = true, .comm = "x"};
	struct fx *f = *state;

	f->v.proc = &lone;
	FX_BEGIN(f, fork);
	fx_end(f);
	FX_ROWS(f, rows);
}

static void what_is_not_known_of_a_process(void **state)
{
	static const struct fx_row rows[] = {
		{"proc.name", "ghost"},	       {"proc.exe", "<NA>"},
		{"proc.exepath", FX_MISSING},  {"proc.args", FX_MISSING},
		{"proc.args[0]", FX_MISSING},  {"proc.nargs", FX_MISSING},
		{"proc.exeline", FX_MISSING},  {"proc.cmdline", "ghost"},
		{"proc.cwd", FX_MISSING},      {"proc.tty", FX_MISSING},
		{"proc.sid", FX_MISSING},      {"proc.vpgid", FX_MISSING},
		{"proc.is_exe_upper_layer", FX_MISSING}, {"proc.is_exe_from_memfd", FX_MISSING},
		{"proc.is_vpgid_leader", FX_MISSING}, {"proc.exe_ino", FX_MISSING},
		{"proc.exe_ino.ctime", FX_MISSING}, {"proc.sname", FX_MISSING},
		{"proc.sid.exe", FX_MISSING},  {"proc.pidns", FX_MISSING},
		{"thread.cap_inheritable", FX_MISSING}, {"proc.pid", "123"},
		{"proc.aexe[0]", "<NA>"},      {"proc.aexepath[0]", ""},
		{"evt.arg.exe", FX_MISSING},
	};
	struct process ghost = {.pid = 123, .exe = "", .args = "", .cmdline = "ghost",
				.cmdline_len = 5, .exepath = "", .cwd = "", .argv = "",
				.comm = "ghost"};
	struct process child = ghost;
	struct fx *f = *state;

	f->v.proc = &ghost;
	FX_BEGIN(f, fork);
	fx_end(f);
	FX_ROWS(f, rows);
	/* An ancestor that is not known well does not end the chain. */
	child.parent = &ghost;
	ghost.parent = &f->procs[3];
	f->v.proc = &child;
	fx_end(f);
	assert_string_equal(fx_show(f, "proc.aexepath[1]"), "");
	assert_string_equal(fx_show(f, "proc.aexepath[2]"), "/usr/lib/systemd/systemd");
	assert_string_equal(fx_show(f, "proc.pexe"), "<NA>");
	assert_string_equal(fx_show(f, "proc.pexepath"), FX_MISSING);
	/* Not even a name. */
	memset(ghost.comm, 0, sizeof(ghost.comm));
	assert_string_equal(fx_show(f, "proc.pname"), "<NA>");
	ghost.image_known = true;
	assert_string_equal(fx_show(f, "proc.pname"), "");
}

static void leaders_of_sessions(void **state)
{
	struct fx *f = *state;

	FX_BEGIN(f, fork);
	fx_end(f);
	/* The leader is gone: the oldest ancestor in the same session stands for it. */
	f->procs[0].sid = f->procs[1].sid = f->procs[2].sid = 9999;
	assert_string_equal(fx_show(f, "proc.sname"), "runc");
	assert_string_equal(fx_show(f, "proc.sid.exe"), FX_MISSING);
	f->procs[1].sid = 5; /* a session between ends the search */
	assert_string_equal(fx_show(f, "proc.sname"), "");
	f->procs[0].sid = 400;
	assert_string_equal(fx_show(f, "proc.sname"), "bash");
	assert_string_equal(fx_show(f, "proc.is_sid_leader"), "true");
}

static void a_chain_without_end_ends(void **state)
{
	struct fx *f = *state;
	struct value val;

	FX_BEGIN(f, fork);
	fx_end(f);
	f->procs[3].parent = &f->procs[1]; /* cannot be, and must not hang */
	f->procs[0].sid = 77777;
	assert_true(fx_get(f, "proc.aname", &val));
	assert_string_equal(fx_show(f, "proc.aname[65]"), FX_MISSING);
	assert_string_equal(fx_show(f, "proc.sname"), "");
	assert_string_equal(fx_show(f, "proc.sid.exe"), FX_MISSING);
}

static void time_never_runs_backwards(void **state)
{
	struct fx *f = *state;

	FX_BEGIN(f, fork)->h.time = 30 * FX_SECOND;
	fx_end(f);
	assert_string_equal(fx_show(f, "proc.duration"), "0");
	f->procs[0].exe_ctime_ns = FX_WALL + 50 * FX_SECOND;
	assert_string_equal(fx_show(f, "proc.exe_ino.ctime_duration_proc_start"), FX_MISSING);
	f->ctr.start_ns = 31 * FX_SECOND;
	assert_string_equal(fx_show(f, "container.duration"), "0");
}

/* --- threads and users --- */

static void thread_and_user_fields(void **state)
{
	static const struct fx_row rows[] = {
		{"thread.tid", "401"},
		{"thread.ismain", "false"},
		{"thread.cap_effective", "CAP_SYS_ADMIN"},
		{"thread.cap_permitted", "CAP_CHOWN CAP_DAC_OVERRIDE"},
		{"thread.cap_inheritable", "CAP_CHOWN"},
		{"user.uid", "33"},
		{"user.name", "www-data"},
		{"user.loginuid", "1000"},
		{"user.loginname", "alice"},
		{"group.gid", "50"},
		{"group.name", "staff"},
	};
	struct fx *f = *state;

	FX_BEGIN(f, fork)->h.tid = 401;
	fx_end(f);
	/* The header is fresher than the row. */
	f->procs[0].uid = 7;
	f->procs[0].cap_effective = 0;
	FX_ROWS(f, rows);
}

static void ids_without_a_name(void **state)
{
	static const struct fx_row rows[] = {
		{"user.uid", "0"},	   {"user.name", "root"},	{"user.loginuid", "-1"},
		{"user.loginname", "<NA>"}, {"group.gid", "4294967294"}, {"group.name", "<NA>"},
		{"thread.cap_effective", ""},
	};
	struct fx *f = *state;
	struct ev_fork *e = FX_BEGIN(f, fork);

	e->h.uid = 0;
	e->h.gid = 4294967294u;
	e->h.loginuid = UINT32_MAX;
	e->h.cap_effective = 0;
	fx_end(f);
	FX_ROWS(f, rows);
	e->h.uid = 12345;
	e->h.gid = 0;
	e->h.loginuid = 0;
	assert_string_equal(fx_show(f, "user.name"), "<NA>");
	assert_string_equal(fx_show(f, "group.name"), "root");
	assert_string_equal(fx_show(f, "user.loginname"), "root");
	e->h.uid = 33; /* the host's passwd has no such user */
	f->ctr.is_host = true;
	assert_string_equal(fx_show(f, "user.name"), "<NA>");
}

/* --- containers --- */

static void container_fields(void **state)
{
	static const struct fx_row rows[] = {
		{"container.id", "0123456789ab"},
		{"container.full_id",
		 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
		{"container.name", "web"},
		{"container.type", "docker"},
		{"container.runtime", "docker"},
		{"container.why", FX_MISSING},
		{"container.image", "registry.example/shop/web:1.2"},
		{"container.image.repository", "registry.example/shop/web"},
		{"container.image.tag", "1.2"},
		{"container.image.digest", FX_MISSING},
		{"container.image.id", FX_MISSING},
		{"container.user", ""},
		{"container.privileged", "true"},
		{"container.host_pid", "false"},
		{"container.host_net", FX_MISSING},
		{"container.seccomp", FX_MISSING},
		{"container.caps", "CAP_CHOWN CAP_SYS_ADMIN"},
		{"container.start_ts", "1700000020000000000"},
		{"container.duration", "25123456789"},
		{"container.mounts", "/etc:/host/etc:ro:false:rprivate,"
				     "/var/run/docker.sock:/run/docker.sock:rw:true:,"
				     "tmpfs:/tmp::true:"},
		{"container.mount[0]", "/etc:/host/etc:ro:false:rprivate"},
		{"container.mount[3]", FX_MISSING},
		{"container.mount[99999999999999]", FX_MISSING},
		{"container.mount.dest[/host/etc]", "/host/etc"},
		{"container.mount.dest[\"/host/etc\"]", "/host/etc"},
		{"container.mount.dest[/host/*]", "/host/etc"},
		{"container.mount.dest[/?mp]", "/tmp"},
		{"container.mount.dest[*sock]", "/run/docker.sock"},
		{"container.mount.dest[**s*k**]", "/run/docker.sock"},
		{"container.mount.dest[*]", "/host/etc"},
		/* a source is no destination, and no pattern matches a part */
		{"container.mount.dest[/etc]", FX_MISSING},
		{"container.mount.dest[/var/run/docker.sock]", FX_MISSING},
		{"container.mount.dest[/host]", FX_MISSING},
		{"container.mount.dest[/]", FX_MISSING},
		{"container.mount.dest[/host/etc?]", FX_MISSING},
		{"container.mount.dest[.*]", FX_MISSING},
		{"container.mount.dest[/host/etc*x]", FX_MISSING},
		{"container.mount.source[/run/docker.sock]", "/var/run/docker.sock"},
		{"container.mount.source[/var/run/docker.sock]", FX_MISSING},
		{"container.mount.mode[0]", "ro"},
		{"container.mount.mode[2]", ""},
		{"container.mount.rdwr[/host/etc]", "false"},
		{"container.mount.rdwr[/tmp]", "true"},
		{"container.mount.rdwr[/nowhere]", FX_MISSING},
		{"container.mount.propagation[0]", "rprivate"},
		{"container.mount.propagation[2]", FX_MISSING},
		{"container.labels", "app:shop,app.tier:"},
		{"container.label[app]", "shop"},
		{"container.label[app.tier]", ""},
		{"container.label[ap]", FX_MISSING},
		{"container.label[shop]", FX_MISSING},
		{"k8s.pod.name", FX_MISSING},
		{"k8s.ns.name", FX_MISSING},
		{"k8s.pod.uid", FX_MISSING},
	};
	struct fx *f = *state;

	FX_BEGIN(f, fork);
	fx_end(f);
	FX_ROWS(f, rows);
	f->ctr.pod_name = "web-0";
	f->ctr.pod_ns = "shop";
	assert_string_equal(fx_show(f, "k8s.pod.name"), "web-0");
	assert_string_equal(fx_show(f, "k8s.ns.name"), "shop");
}

static void the_host_is_no_container(void **state)
{
	static const struct fx_row rows[] = {
		{"container.id", "host"},	 {"container.name", "host"},
		{"container.type", "host"},	 {"container.full_id", FX_MISSING},
		{"container.image", FX_MISSING}, {"container.image.repository", FX_MISSING},
		{"container.privileged", FX_MISSING}, {"container.mounts", FX_MISSING},
		{"container.mount.dest[*]", FX_MISSING}, {"container.labels", FX_MISSING},
		{"container.caps", FX_MISSING},	 {"container.start_ts", FX_MISSING},
		{"container.duration", FX_MISSING}, {"k8s.ns.name", FX_MISSING},
	};
	struct fx *f = *state;

	f->ctr = (struct container){.is_host = true, .id = "", .name = "", .image = "",
				    .image_repo = "", .full_id = "", .pod_ns = "",
				    .privileged = TRI_YES, .start_ns = 5};
	FX_BEGIN(f, fork);
	fx_end(f);
	FX_ROWS(f, rows);
}

static void an_unknown_container_tells_nothing_but_why(void **state)
{
	static const struct fx_row rows[] = {
		{"container.id", FX_MISSING},	{"container.name", FX_MISSING},
		{"container.type", FX_MISSING}, {"container.image.repository", FX_MISSING},
		{"container.privileged", FX_MISSING}, {"container.mounts", FX_MISSING},
		{"container.labels", FX_MISSING}, {"container.label[app]", FX_MISSING},
		{"container.caps", FX_MISSING}, {"container.start_ts", FX_MISSING},
		{"container.why", "its cgroup is not known"},
	};
	struct fx *f = *state;

	f->ctr = (struct container){.why = "its cgroup is not known", .privileged = TRI_UNKNOWN};
	FX_BEGIN(f, fork);
	fx_end(f);
	FX_ROWS(f, rows);
	/* Known to have none. */
	f->ctr.complete = true;
	assert_string_equal(fx_show(f, "container.mounts"), "");
	assert_string_equal(fx_show(f, "container.labels"), "");
}

/* --- names --- */

static const char *parse_fault(const char *text, struct buf *msg)
{
	struct field_ref ref;

	buf_reset(msg);
	if (field_parse(text, strlen(text), fx_dup, NULL, &ref, msg) == 0)
		fail_msg("%s is taken", text);
	return buf_str(msg);
}

static void bad_names_are_refused(void **state)
{
	static const struct { const char *text, *says; } rows[] = {
		{"", "unknown field"},
		{"proc", "unknown field"},
		{"proc.", "unknown field"},
		{"proc.nam", "did you mean proc.name?"},
		{"prco.name", "did you mean proc.name?"},
		{"container.image.repo", "did you mean container.image.repository?"},
		{"proc.env", "unknown field proc.env"},
		{"evt.dir", "unknown field evt.dir"},
		{"jevt.value[/a]", "unknown field jevt.value"},
		{"PROC.NAME", "unknown field"},
		{"proc.name ", "only an argument"},
		{"proc.name=x", "only an argument"},
		{"proc.name[0]", "takes no argument"},
		{"proc.name[", "not closed"},
		{"proc.aname[]", "brackets are empty"},
		{"proc.aname[x]", "must be a number"},
		{"proc.aname[-1]", "must be a number"},
		{"proc.aname[1 ]", "must be a number"},
		{"proc.aname[99999999999]", "must be a number"},
		{"proc.aname[1", "not closed"},
		{"proc.aname[1]x", "something follows"},
		{"proc.aname[1][2]", "something follows"},
		{"proc.aname[\"1]", "quote in brackets is not closed"},
		{"proc.aname[\"1\"", "closing bracket is missing"},
		{"proc.aname[\"1\"x]", "closing bracket is missing"},
		{"proc.aname[\"", "quote in brackets is not closed"},
		{"container.mount.dest", "needs an argument"},
		{"container.mount.dest[\"\"]", "brackets are empty"},
		{"evt.arg", "needs a number"},
		{"evt.arg[flags]", "must be a number"},
		{"evt.arg.", "unknown"},
		{"evt.arg.flag", "unknown event argument flag, did you mean evt.arg.flags?"},
		{"evt.arg.nothing", "unknown event argument nothing"},
		{"evt.arg.flags[0]", "takes no argument"},
		/* what only the wire has, or only facts */
		{"evt.arg.obj", "unknown event argument obj"},
		{"evt.arg.pad", "unknown event argument pad"},
		{"evt.arg.base", "unknown event argument base"},
		{"evt.arg.facts", "unknown event argument facts"},
		{"\x1b[31mproc.name", "unknown field \\x1b"},
	};
	struct buf msg = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		const char *said = parse_fault(rows[i].text, &msg);

		if (!strstr(said, rows[i].says))
			fail_msg("%s: %s", rows[i].text, said);
	}
	buf_done(&msg);
}

static void names_are_found_exactly(void **state)
{
	(void)state;
	for (size_t id = 0; id < field_count(); id++) {
		const struct field *f = field_at(id);

		assert_int_equal(f->id, id);
		assert_non_null(f->get);
		assert_true(f->doc[0]);
		assert_ptr_equal(field_find(f->name, strlen(f->name)), f);
		assert_string_equal(field_near(f->name, strlen(f->name)), f->name);
	}
	assert_null(field_at(field_count()));
	assert_null(field_find("proc.nam", 8));
	assert_null(field_find("proc.namee", 10));
	assert_null(field_find("", 0));
	assert_null(field_near("zzzzzzzzzzzzzzzz", 16));
	assert_null(field_near("", 0));
}

/* The base fields of the stable rules, one by one: none may be missing from the table. */
static void fields_of_the_stable_rules(void **state)
{
	static const char *const names[] = {
		"evt.type", "proc.name", "proc.cmdline", "proc.pname", "user.uid", "proc.tty",
		"user.loginuid", "user.name", "proc.exepath", "evt.num", "fd.name",
		"container.id", "evt.arg.flags", "fd.typechar", "fd.num", "proc.aname[2]",
		"container.image.repository", "evt.is_open_write", "evt.res", "fd.l4proto",
		"proc.pcmdline", "fd.type", "fd.lport", "fd.rport", "evt.rawres", "proc.aname[3]",
		"fd.directory", "fd.net", "proc.aname[4]", "evt.is_open_read", "fd.ip",
		"proc.args", "proc.exe", "fd.connected", "fd.name_changed", "fd.snet",
		"k8s.ns.name", "fd.sport", "fd.filename", "evt.arg.newpath", "fd.sip", "proc.cwd",
		"container.privileged", "evt.arg.oldpath", "proc.aname", "fd.sip.name",
		"evt.arg.request", "proc.aname[1]", "proc.aname[5]", "thread.cap_effective",
		"container.start_ts", "evt.args", "group.gid", "group.name", "proc.pexepath",
		"proc.sname", "user.loginname", "evt.arg.domain", "evt.arg.target", "fd.nameraw",
		"proc.duration", "proc.is_exe_from_memfd", "proc.is_exe_upper_layer", "proc.pexe",
		"evt.arg.linkpath", "proc.aexepath[2]", "proc.aname[6]", "proc.aname[7]",
		"proc.exe_ino.ctime", "proc.exe_ino.ctime_duration_proc_start",
		"proc.exe_ino.mtime",
		/* and the suffix of every output */
		"container.name", "container.image.tag", "k8s.pod.name",
	};
	struct fx *f = *state;
	struct value val;

	FX_BEGIN(f, fork);
	fx_end(f);
	for (size_t i = 0; i < FX_COUNT(names); i++)
		(void)fx_get(f, names[i], &val); /* fails the test when there is no such field */
}

static void prefixes_in_outputs(void **state)
{
	static const struct { const char *text; size_t taken; const char *field; } rows[] = {
		{"proc.name", 9, "proc.name"},
		{"proc.name)", 9, "proc.name"},
		{"proc.name.", 9, "proc.name"},
		{"proc.name...", 9, "proc.name"},
		{"proc.names", 9, "proc.name"},
		{"proc.pname=%x", 10, "proc.pname"},
		{"proc.aname[2] x", 13, "proc.aname"},
		{"proc.aname", 10, "proc.aname"},
		{"proc.name[2]", 9, "proc.name"}, /* the bracket is text */
		{"container.mount.dest[/a b] ", 26, "container.mount.dest"},
		{"evt.arg.flags,", 13, "evt.arg.flags"},
		{"evt.arg.namely", 12, "evt.arg.name"},
		{"evt.arg[0]", 10, "evt.arg"},
		{"proc.aname[x]", 0, NULL},
		{"proc.aname[2", 0, NULL},
		{"evt.arg", 0, NULL},
		{"evt.arg.", 0, NULL},
		{"container.mount.dest", 0, NULL},
		{"nothing.at.all", 0, NULL},
		{"", 0, NULL},
		{"%proc.name", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		struct field_ref ref = {0};
		size_t taken = field_parse_prefix(rows[i].text, strlen(rows[i].text), fx_dup, NULL,
						  &ref);

		if (taken != rows[i].taken)
			fail_msg("%s: %zu bytes, not %zu", rows[i].text, taken, rows[i].taken);
		if (taken)
			assert_string_equal(ref.field->name, rows[i].field);
		else
			assert_null(ref.field);
	}
}

/* Every field on every event: none crashes, and what it gives is whole. */
static void every_field_of_every_event(void **state)
{
	struct fx *f = *state;
	struct field_arg args[] = {{0}, {.has = true, .key = "*", .key_len = 1},
				   {.has = true, .index = 1, .key = "1", .key_len = 1}};

	for (unsigned event = 1; event < EV_MAX; event++) {
		if (!schema_event(event))
			continue;
		fx_begin(f, event);
		fx_end(f);
		for (size_t id = 0; id < field_count(); id++) {
			for (size_t i = 0; i < FX_COUNT(args); i++) {
				const struct field *fd = field_at(id);
				struct value val;

				memset(&val, 0xa5, sizeof(val));
				buf_reset(&f->text);
				if (!fd->get(fd, &f->v, &args[i], &val))
					continue;
				value_text(&f->text, &val);
				if (val.type <= FT_BYTES)
					assert_int_equal(val.s[val.len], '\0');
			}
		}
	}
}

static void scratch_keeps_what_it_gave(void **state)
{
	struct fx *f = *state;
	struct value first, again;
	static char big[20000];
	size_t before;

	memset(big, 'x', sizeof(big) - 1);
	FX_BEGIN(f, chdir);
	FX_STR(f, chdir, path, big);
	fx_end(f);
	assert_true(fx_get(f, "evt.args", &first));
	before = first.len;
	for (int i = 0; i < 20; i++) {
		assert_true(fx_get(f, "evt.args", &again));
		assert_ptr_not_equal(again.s, first.s);
	}
	assert_int_equal(strlen(first.s), before);
	assert_memory_equal(first.s, again.s, before);
}

#define T(fn) cmocka_unit_test(fn)
#define TF(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TF(event_fields),
		TF(events_without_a_result_have_none),
		TF(results_by_name),
		TF(kinds_of_opens),
		TF(process_fields),
		TF(empty_is_not_missing),
		TF(what_is_not_known_of_a_process),
		TF(leaders_of_sessions),
		TF(a_chain_without_end_ends),
		TF(time_never_runs_backwards),
		TF(thread_and_user_fields),
		TF(ids_without_a_name),
		TF(container_fields),
		TF(the_host_is_no_container),
		TF(an_unknown_container_tells_nothing_but_why),
		T(bad_names_are_refused),
		T(names_are_found_exactly),
		TF(fields_of_the_stable_rules),
		T(prefixes_in_outputs),
		TF(every_field_of_every_event),
		TF(scratch_keeps_what_it_gave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
