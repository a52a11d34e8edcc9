/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Output: JSON objects read back with cJSON, the line for people, ids, and the documents. */
#include "event_fixture.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>

#include "event/render.h"

/* All four objects of the view as one document; it must be valid. */
static cJSON *render(struct fx *f)
{
	struct jsonw w;
	cJSON *root;

	buf_reset(&f->text);
	jsonw_init(&w, &f->text);
	jsonw_obj(&w, NULL);
	render_event(&w, &f->v);
	render_process(&w, &f->v);
	render_container(&w, f->v.ctr);
	render_user(&w, &f->v);
	jsonw_end_obj(&w);
	root = cJSON_Parse(buf_str(&f->text));
	if (!root)
		fail_msg("no JSON: %s", buf_str(&f->text));
	return root;
}

/* The member at a path of names, as compact JSON. */
static void expect(cJSON *root, const char *path, const char *want)
{
	char name[64], *got;
	cJSON *at = root;

	for (const char *p = path; *p; p += strlen(name) + (p[strlen(name)] == '.')) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(p, "."), p);
		at = name[0] >= '0' && name[0] <= '9' ? cJSON_GetArrayItem(at, atoi(name)) :
							cJSON_GetObjectItemCaseSensitive(at, name);
		if (!at)
			break;
	}
	got = at ? cJSON_PrintUnformatted(at) : strdup("(absent)");
	if (strcmp(got, want) != 0)
		fail_msg("%s is %s, not %s", path, got, want);
	free(got);
}

struct json_row {
	const char *path, *want;
};

static void expect_rows(struct fx *f, const struct json_row *rows, size_t n)
{
	cJSON *root = render(f);

	for (size_t i = 0; i < n; i++)
		expect(root, rows[i].path, rows[i].want);
	cJSON_Delete(root);
}

#define EXPECT_ROWS(f, rows) expect_rows((f), (rows), FX_COUNT(rows))

static const struct json_row open_rows[] = {
	{"event.type", "\"openat\""},
	{"event.class", "\"file\""},
	{"event.num", "7"},
	{"event.seq", "99"},
	{"event.cpu", "1"},
	{"event.res", "3"},
	{"event.error", "(absent)"},
	{"event.args.name", "\"../a\""},
	{"event.args.name_cut", "true"},
	{"event.args.name_fault", "(absent)"},
	{"event.args.flags", "\"O_RDONLY|O_CLOEXEC\""},
	{"event.args.mode", "\"0\""},
	{"event.args.fd", "3"},
	{"event.args.dirfd", "-100"},
	{"event.args.pad", "(absent)"},
	{"event.args.base", "(absent)"},
	{"event.args.obj", "(absent)"},
	{"event.paths", "(absent)"},
	{"event.fd.num", "3"},
	{"event.fd.type", "\"file\""},
	{"event.fd.name", "\"/a\""},
	{"event.fd.name_deleted", "true"},
	{"event.fd.ino", "77"},
	{"event.fd.role", "(absent)"},
};

/* Process, container and user of the fixture. */
static const struct json_row who_rows[] = {
	{"process.pid", "400"},
	{"process.tid", "400"},
	{"process.ppid", "300"},
	{"process.vpid", "4"},
	{"process.name", "\"bash\""},
	{"process.exe", "\"-bash\""},
	{"process.exepath", "\"/bin/bash\""},
	{"process.args", "\"-c id; ls\""},
	{"process.argv", "[\"-bash\",\"-c\",\"id; ls\"]"},
	{"process.argv_cut", "(absent)"},
	{"process.cmdline", "\"bash -c id; ls\""},
	{"process.cwd", "\"/srv/www/\""},
	{"process.tty", "34816"},
	{"process.sid", "300"},
	{"process.start", "\"2023-11-14T22:14:00.000000000Z\""},
	{"process.exec", "\"2023-11-14T22:14:01.000000000Z\""},
	{"process.flags", "[\"EXE_WRITABLE\",\"EXE_UPPER_LAYER\"]"},
	{"process.capabilities.effective", "[\"CAP_SYS_ADMIN\"]"},
	{"process.capabilities.permitted", "[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\"]"},
	{"process.capabilities.inheritable", "[\"CAP_CHOWN\"]"},
	{"process.entry", "\"exec\""},
	{"process.ancestors.0.pid", "300"},
	{"process.ancestors.0.name", "\"nginx\""},
	{"process.ancestors.0.exepath", "\"/usr/sbin/nginx\""},
	{"process.ancestors.0.cmdline", "\"nginx -g daemon off;\""},
	{"process.ancestors.2.name", "\"systemd\""},
	{"process.ancestors.3", "(absent)"},
	{"container.id", "\"0123456789ab\""},
	{"container.name", "\"web\""},
	{"container.runtime", "\"docker\""},
	{"container.image.name", "\"registry.example/shop/web:1.2\""},
	{"container.image.tag", "\"1.2\""},
	{"container.image.digest", "null"},
	{"container.user", "\"\""},
	{"container.privileged", "true"},
	{"container.host_pid", "false"},
	{"container.host_net", "null"},
	{"container.seccomp", "null"},
	{"container.capabilities", "[\"CAP_CHOWN\",\"CAP_SYS_ADMIN\"]"},
	{"container.kubernetes", "(absent)"},
	{"container.mounts.0.dest", "\"/host/etc\""},
	{"container.mounts.0.rw", "false"},
	{"container.mounts.2.propagation", "null"},
	{"container.labels", "{\"app\":\"shop\",\"app.tier\":\"\"}"},
	{"container.env_names", "[]"},
	{"container.why", "(absent)"},
	{"user.uid", "33"},
	{"user.name", "\"www-data\""},
	{"user.gid", "50"},
	{"user.group", "\"staff\""},
	{"user.loginuid", "1000"},
	{"user.loginname", "\"alice\""},
};

static void an_open(void **state)
{
	struct fx *f = *state;
	struct ev_openat *e = FX_BEGIN(f, openat);

	e->fd = 3;
	e->dirfd = -100;
	e->flags = O_CLOEXEC;
	e->obj.kind = HW_FD_FILE;
	e->obj.ino = 77;
	REC_STR(&f->b, openat, name, "../a", 4, HW_STR_CUT | HW_STR_USER);
	REC_STR(&f->b, openat, obj.path, "/a", 2, HW_STR_DELETED);
	fx_end(f);
	EXPECT_ROWS(f, open_rows);
	EXPECT_ROWS(f, who_rows);
}

static void what_is_not_known_is_null(void **state)
{
	static const struct json_row rows[] = {
		{"event.cpu", "null"},
		{"event.res", "null"},
		{"event.fd", "(absent)"},
		{"process.name", "\"\""},
		{"process.exe", "null"},
		{"process.exepath", "null"},
		{"process.args", "null"},
		{"process.argv", "null"},
		{"process.argv_cut", "true"},
		{"process.cwd", "null"},
		{"process.tty", "null"},
		{"process.sid", "null"},
		{"process.start", "null"},
		{"process.exec", "null"},
		{"process.flags", "null"},
		{"process.capabilities.inheritable", "null"},
		{"process.entry", "null"},
		{"process.ancestors", "[]"},
		{"container.id", "null"},
		{"container.name", "null"},
		{"container.image.name", "null"},
		{"container.privileged", "null"},
		{"container.capabilities", "null"},
		{"container.mounts", "null"},
		{"container.labels", "null"},
		{"container.env_names", "null"},
		{"container.why", "\"gone before its files were read\""},
		{"user.name", "null"},
		{"user.group", "\"root\""},
		{"user.loginuid", "null"},
		{"user.loginname", "null"},
	};
	struct process ghost = {.exe = "", .args = "", .cmdline = "", .exepath = "", .cwd = "",
				.argv = "", .argv_cut = true};
	struct fx *f = *state;
	struct ev_fork *e = FX_BEGIN(f, fork);

	f->v.proc = &ghost;
	f->ctr = (struct container){.why = "gone before its files were read",
				    .privileged = TRI_UNKNOWN};
	e->h.cpu = HW_CPU_USER;
	e->h.uid = 99;
	e->h.gid = 0;
	e->h.loginuid = UINT32_MAX;
	fx_end(f);
	EXPECT_ROWS(f, rows);
}

static void the_host_has_only_its_id(void **state)
{
	static const struct json_row rows[] = {{"container", "{\"id\":\"host\"}"}};
	struct fx *f = *state;

	f->ctr.is_host = true;
	FX_BEGIN(f, fork);
	fx_end(f);
	EXPECT_ROWS(f, rows);
}

static void execs_and_failures(void **state)
{
	static const struct json_row done[] = {
		{"event.args", "{\"res\":0,\"script\":null,\"interp\":\"/bin/sh\",\"argv_len\":5000,"
			       "\"argv_hash\":\"0xfedcba9876543210\",\"argv_tail\":[\"t\",\"-x\"],"
			       "\"filename\":\"./sh\"}"},
	};
	static const struct json_row failed[] = {
		{"event.res", "-2"},
		{"event.error", "\"ENOENT\""},
		{"event.args",
		 "{\"res\":-2,\"script\":null,\"interp\":null,\"filename\":\"./no\"}"},
		{"process.exepath", "\"/bin/bash\""},
	};
	static const struct json_row renamed[] = {
		{"event.paths", "{\"source\":\"/srv/www/a\",\"target\":\"/b\"}"},
		{"event.args.oldpath", "\"a\""},
	};
	struct fx *f = *state;
	struct ev_execve *e = FX_BEGIN(f, execve);

	e->argv_len = 5000;
	e->argv_hash = 0xfedcba9876543210u;
	FX_STR(f, execve, filename, "./sh");
	FX_STR(f, execve, interp, "/bin/sh");
	REC_STR(&f->b, execve, argv, "sh\0", 3, 0);
	REC_STR(&f->b, execve, argv_tail, "t\0-x\0", 5, 0);
	fx_end(f);
	EXPECT_ROWS(f, done);

	e = FX_BEGIN(f, execve);
	e->res = -ENOENT;
	e->h.flags = HW_F_FAILED;
	FX_STR(f, execve, filename, "./no");
	fx_end(f);
	EXPECT_ROWS(f, failed);

	FX_BEGIN(f, rename)->olddirfd = -100;
	FX_STR(f, rename, oldpath, "a");
	FX_STR(f, rename, newpath, "/b");
	fx_end(f);
	EXPECT_ROWS(f, renamed);
}

static void a_socket(void **state)
{
	static const struct json_row rows[] = {
		{"event.fd.type", "\"ipv4\""},
		{"event.fd.proto", "\"tcp\""},
		{"event.fd.role", "\"client\""},
		{"event.fd.local", "{\"ip\":\"10.0.0.1\",\"port\":4000}"},
		{"event.fd.remote", "{\"ip\":\"10.0.0.2\",\"port\":80}"},
		{"event.args.addr", "\"10.0.0.2:80\""},
		{"event.args.sun", "null"},
		{"event.error", "\"EINPROGRESS\""},
	};
	struct fx *f = *state;
	struct ev_connect *c = FX_BEGIN(f, connect);

	c->fd = 4;
	c->res = -EINPROGRESS;
	c->obj = (struct hw_fdobj){
		.kind = HW_FD_SOCK, .sk_family = AF_INET, .sk_type = SOCK_STREAM, .sk_state = 2,
		.local = {.ip = {10, 0, 0, 1}, .port = 4000, .family = AF_INET},
		.remote = {.ip = {10, 0, 0, 2}, .port = 80, .family = AF_INET},
	};
	c->addr = c->obj.remote;
	fx_end(f);
	EXPECT_ROWS(f, rows);
}

static void hostile_bytes_stay_json(void **state)
{
	static const char *const nasty[] = {
		"\"", "\\", "\n\r\t\b\f", "\x01\x1b[31m", "\xff\xfe", "\xc3", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xc2\x9b", "{\"a\":1}", "\x7f", "\xe2\x80\xae",
	};
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(nasty); i++) {
		const char *s = nasty[i];
		cJSON *root;

		f->procs[0].args = f->procs[0].cmdline = f->procs[0].exepath = s;
		f->procs[0].args_len = f->procs[0].cmdline_len = strlen(s);
		f->procs[0].exepath_len = strlen(s);
		f->ctr.name = f->ctr.image = s;
		f->labels[0] = f->labels[1] = s;
		f->mounts[0].source = s;
		FX_BEGIN(f, openat)->fd = -1;
		FX_STR(f, openat, name, s);
		fx_end(f);
		root = render(f);
		for (const char *at = buf_str(&f->text); *at; at++)
			assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
		cJSON_Delete(root);
		buf_reset(&f->text);
		render_pretty(&f->text, &f->v);
		for (const char *at = buf_str(&f->text); *at; at++)
			assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
	}
}

/* Every event, empty and as it comes: valid JSON and one line. */
static void every_event(void **state)
{
	struct fx *f = *state;

	for (unsigned id = 1; id < EV_MAX; id++) {
		if (!schema_event(id))
			continue;
		fx_begin(f, id);
		fx_end(f);
		cJSON_Delete(render(f));
		buf_reset(&f->text);
		render_pretty(&f->text, &f->v);
		assert_non_null(strstr(buf_str(&f->text), schema_event(id)->name));
		assert_null(strchr(buf_str(&f->text), '\n'));
	}
}

static uint64_t next_random(uint64_t *rnd)
{
	*rnd ^= *rnd << 13;
	*rnd ^= *rnd >> 7;
	*rnd ^= *rnd << 17;
	return *rnd;
}

/* Every getter and all output, on the record at hand. */
static void read_everything(struct fx *f)
{
	static const struct field_arg args[] = {{0}, {.has = true, .index = 1}};

	field_scratch_reset(f->v.scratch);
	for (size_t id = 0; id < field_count(); id++) {
		for (size_t i = 0; i < FX_COUNT(args); i++) {
			struct value val;

			buf_reset(&f->text);
			if (!(field_at(id)->flags & FF_ARG_KEY) &&
			    field_at(id)->get(field_at(id), &f->v, &args[i], &val))
				value_text(&f->text, &val);
		}
	}
	cJSON_Delete(render(f));
	buf_reset(&f->text);
	render_pretty(&f->text, &f->v);
}

/* What passed the check may hold any numbers: nothing reads outside, and output stays JSON. */
static void any_numbers_are_read_safely(void **state)
{
	struct fx *f = *state;
	uint64_t rnd = 4101842887655102017u;
	unsigned passed = 0;

	for (unsigned round = 0; round < 3000; round++) {
		const struct event_desc *d = schema_event(1 + round % (EV_MAX - 1));
		const struct ev_hdr *h;
		char *copy;

		if (!d)
			continue;
		fx_begin(f, d->id);
		if (d->obj_off >= 0)
			rec_add_str(&f->b, d->obj_off + offsetof(struct hw_fdobj, path), "/a/b",
				    4, 0);
		h = rec_end(&f->b);
		copy = malloc(h->size); /* exactly, so that ASan sees every step too far */
		memcpy(copy, h, h->size);
		for (unsigned n = 0; n < 12; n++) {
			uint64_t r = next_random(&rnd);

			copy[r % h->size] = n % 3 ? r >> 40 & 0xf : r >> 32;
		}
		h = (const struct ev_hdr *)copy;
		if (check_record(h, f->b.len, NULL) == CHECK_OK) {
			f->v.ev = h;
			f->v.desc = schema_event(h->type);
			f->v.sock_role = round % 3;
			read_everything(f);
			passed++;
		}
		free(copy);
	}
	assert_true(passed > 100);
}

static void lines_for_people(void **state)
{
	struct fx *f = *state;
	struct ev_openat *e = FX_BEGIN(f, openat);

	e->fd = -EACCES;
	e->dirfd = -100;
	FX_STR(f, openat, name, "secret");
	fx_end(f);
	buf_reset(&f->text);
	render_pretty(&f->text, &f->v);
	assert_string_equal(buf_str(&f->text), "22:14:05.123456 web bash[400] openat "
					       "/srv/www/secret O_RDONLY = EACCES");
	FX_BEGIN(f, execve);
	fx_end(f);
	f->ctr.name = NULL;
	buf_reset(&f->text);
	render_pretty(&f->text, &f->v);
	assert_string_equal(buf_str(&f->text),
			    "22:14:05.123456 0123456789ab bash[400] execve bash -c id; ls");
	FX_BEGIN(f, setuid);
	fx_end(f);
	f->ctr.id = NULL;
	buf_reset(&f->text);
	render_pretty(&f->text, &f->v);
	assert_string_equal(buf_str(&f->text), "22:14:05.123456 unknown bash[400] setuid "
					       "res=0 uid=root");
}

static void times(void **state)
{
	static const struct { uint64_t ns; const char *want; } rows[] = {
		{0, "1970-01-01T00:00:00.000000000Z"},
		{1, "1970-01-01T00:00:00.000000001Z"},
		{1709210096999999999u, "2024-02-29T12:34:56.999999999Z"},
		{UINT64_MAX, "2554-07-21T23:34:33.709551615Z"},
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		buf_reset(&b);
		render_iso8601(&b, rows[i].ns);
		assert_string_equal(buf_str(&b), rows[i].want);
	}
	buf_done(&b);
}

static void uuids(void **state)
{
	struct fx *f = *state;
	char seen[600][40];
	unsigned n = 0;

	for (unsigned seq = 0; seq < 100; seq++) {
		for (unsigned cpu = 0; cpu < 3; cpu++) {
			for (unsigned salt = 0; salt < 2; salt++) {
				struct ev_fork *e = FX_BEGIN(f, fork);

				e->h.seq = seq;
				e->h.cpu = cpu;
				fx_end(f);
				buf_reset(&f->text);
				render_uuid(&f->text, &f->v, salt ? "rule b" : "rule a");
				assert_int_equal(f->text.len, 36);
				assert_int_equal(f->text.data[14], '8'); /* version */
				assert_non_null(strchr("89ab", f->text.data[19]));
				memcpy(seen[n++], f->text.data, 37);
				buf_reset(&f->text);
				render_uuid(&f->text, &f->v, salt ? "rule b" : "rule a");
				assert_string_equal(buf_str(&f->text), seen[n - 1]);
			}
		}
	}
	qsort(seen, n, sizeof(seen[0]), (int (*)(const void *, const void *))strcmp);
	for (unsigned i = 1; i < n; i++)
		assert_string_not_equal(seen[i - 1], seen[i]);
	f->env.boot_id = 43;
	buf_reset(&f->text);
	render_uuid(&f->text, &f->v, "rule b");
	for (unsigned i = 0; i < n; i++)
		assert_string_not_equal(seen[i], buf_str(&f->text));
}

static void the_vocabulary_as_documents(void **state)
{
	struct buf b = BUF_INIT;
	cJSON *root, *item;
	unsigned n = 0;

	(void)state;
	field_json(&b);
	root = cJSON_Parse(buf_str(&b));
	assert_non_null(root);
	cJSON_ArrayForEach(item, root) {
		const char *name = cJSON_GetObjectItem(item, "name")->valuestring;

		assert_string_equal(name, field_at(n++)->name);
		assert_non_null(cJSON_GetObjectItem(item, "type")->valuestring);
	}
	assert_int_equal(n, field_count());
	cJSON_Delete(root);

	/* No field is left out of the page. */
	buf_reset(&b);
	field_markdown(&b);
	for (size_t id = 0; id < field_count(); id++) {
		char cell[128];

		snprintf(cell, sizeof(cell), "| `%s` |", field_at(id)->name);
		if (!strstr(buf_str(&b), cell))
			fail_msg("%s is not in FIELDS.md", cell);
	}
	buf_done(&b);
}

#define T(fn) cmocka_unit_test(fn)
#define TF(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TF(an_open),
		TF(what_is_not_known_is_null),
		TF(the_host_has_only_its_id),
		TF(execs_and_failures),
		TF(a_socket),
		TF(hostile_bytes_stay_json),
		TF(every_event),
		TF(any_numbers_are_read_safely),
		TF(lines_for_people),
		T(times),
		TF(uuids),
		T(the_vocabulary_as_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
