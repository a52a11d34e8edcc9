/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Fields of the calls that change files, memory, mounts and namespaces, or act on other processes;
 * how a call came; DNS questions. test_event_arg.c and test_event_fd.c have the older events.
 */
#include "event_fixture.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#include "event/names.h"
#include "event/render.h"

#define FD_CWD (-100)
#define STR_KERNEL(f, ev, field, s) REC_STR(&(f)->b, ev, field, (s), strlen(s), 0)
#define STR_USER(f, ev, field, s) REC_STR(&(f)->b, ev, field, (s), strlen(s), HW_STR_USER)

/* The event object of the view, as compact JSON; free it. */
static char *event_json(struct fx *f)
{
	struct jsonw w;
	cJSON *root;
	char *got;

	buf_reset(&f->text);
	jsonw_init(&w, &f->text);
	jsonw_obj(&w, NULL);
	render_event(&w, &f->v);
	jsonw_end_obj(&w);
	root = cJSON_Parse(buf_str(&f->text));
	if (!root)
		fail_msg("no JSON: %s", buf_str(&f->text));
	got = cJSON_PrintUnformatted(cJSON_GetObjectItem(root, "event"));
	cJSON_Delete(root);
	return got;
}

static void json_has(struct fx *f, const char *part, bool want)
{
	char *got = event_json(f);

	if ((strstr(got, part) != NULL) != want)
		fail_msg("%s is %s %s", part, want ? "not in" : "in", got);
	free(got);
}

/* --- paths --- */

static void a_name_and_where_the_kernel_went(void **state)
{
	static const struct fx_row passed[] = {
		{"fs.path.name", "/srv/www/link/f"},
		{"fs.path.nameraw", "link/f"},
		{"fs.path.source", FX_MISSING},
		{"evt.arg.filename", "/srv/www/link/f"},
		{"evt.name_source", "caller"},
		{"evt.arg.mode", "S_IXUSR|S_ISUID"},
		{"evt.arg[1]", "/srv/www/link/f"},
		{"evt.arg[2]", "S_IXUSR|S_ISUID"},
		{"evt.arg.length", FX_MISSING},
		{"evt.arg.uid", FX_MISSING},
		{"evt.arg.fd", FX_MISSING},
		{"fd.num", FX_MISSING},
		{"fd.name", FX_MISSING},
		{"fd.typechar", FX_MISSING},
	};
	static const struct fx_row seen[] = {
		{"fs.path.name", "/etc/shadow"},
		{"fs.path.nameraw", "link/f"},
		{"evt.arg.filename", "/etc/shadow"},
		{"evt.name_source", "kernel"},
	};
	struct fx *f = *state;

	for (int kernel = 0; kernel < 2; kernel++) {
		struct ev_chmod *e = FX_BEGIN(f, chmod);

		e->mode = 04100;
		e->fd = -1;
		e->dirfd = FD_CWD;
		e->length = 99;
		STR_USER(f, chmod, filename, "link/f");
		if (kernel)
			STR_KERNEL(f, chmod, obj1, "/etc/shadow");
		fx_end(f);
		if (kernel)
			FX_ROWS(f, seen);
		else
			FX_ROWS(f, passed);
	}
}

static void a_descriptor_instead_of_a_name(void **state)
{
	static const struct fx_row rows[] = {
		{"fs.path.name", "/etc/shadow"},
		{"fs.path.nameraw", FX_MISSING},
		{"fd.num", "5"},
		{"fd.name", "/etc/shadow"},
		{"fd.nlink", "2"},
		{"fd.owner.uid", "1042"},
		{"fd.owner.gid", "7"},
		{"fd.mnt_id", "31"},
		{"evt.arg.fd", "<f>/etc/shadow"},
		{"evt.arg.uid", "root"},
		{"evt.arg.gid", "<NONE>"},
		{"evt.arg.path", FX_MISSING},
		{"evt.name_source", "kernel"},
	};
	struct fx *f = *state;
	struct ev_fchown *e = FX_BEGIN(f, fchown);

	e->fd = 5;
	e->gid = UINT32_MAX;
	e->obj.kind = HW_FD_FILE;
	e->obj.nlink = 2;
	e->obj.uid = 1042;
	e->obj.gid = 7;
	e->obj.mnt_id = 31;
	STR_KERNEL(f, fchown, obj.path, "/etc/shadow");
	fx_end(f);
	FX_ROWS(f, rows);
	json_has(f, "\"owner\":{\"uid\":1042,\"gid\":7}", true);
	e = FX_BEGIN(f, fchown);
	e->fd = -1;
	e->res = -EBADF;
	fx_end(f);
	assert_string_equal(fx_show(f, "fd.num"), "-1");
	assert_string_equal(fx_show(f, "fs.path.name"), FX_MISSING);
	assert_string_equal(fx_show(f, "fd.nlink"), FX_MISSING);
	assert_string_equal(fx_show(f, "evt.arg.fd"), "-1");
}

static void two_paths_and_mounts(void **state)
{
	static const struct fx_row bind[] = {
		{"fs.path.source", "/srv/www/here"},
		{"fs.path.sourceraw", "here"},
		{"fs.path.target", "/mnt"},
		{"fs.path.targetraw", "there"},
		{"evt.arg.flags", "MS_BIND|MS_REC"},
		{"evt.arg.type", FX_MISSING},
	};
	static const struct fx_row tmpfs[] = {
		{"fs.path.source", "none"},
		{"fs.path.target", "/srv/www/there"},
		{"evt.arg.type", "tmpfs"},
		{"evt.arg.dev", "none"},
		{"evt.arg.dir", "/srv/www/there"},
	};
	static const struct fx_row moved[] = {
		{"fs.path.source", "/new"},
		{"fs.path.target", "/old/put"},
		{"evt.arg.flags", FX_MISSING},
	};
	struct fx *f = *state;
	struct ev_mount *m = FX_BEGIN(f, mount);

	m->flags = 0x5000;
	STR_USER(f, mount, dev, "here");
	STR_USER(f, mount, dir, "there");
	STR_KERNEL(f, mount, obj1, "/mnt");
	fx_end(f);
	FX_ROWS(f, bind);
	FX_BEGIN(f, mount);
	STR_USER(f, mount, dev, "none");
	STR_USER(f, mount, dir, "there");
	STR_USER(f, mount, type, "tmpfs");
	fx_end(f);
	FX_ROWS(f, tmpfs);
	FX_BEGIN(f, pivot_root)->newdir = FD_CWD;
	STR_USER(f, pivot_root, new_root, "/new");
	STR_USER(f, pivot_root, put_old, "put");
	STR_KERNEL(f, pivot_root, base2, "/old");
	fx_end(f);
	FX_ROWS(f, moved);
}

static void a_kernel_path_outside_the_root_stays_as_it_is(void **state)
{
	struct fx *f = *state;

	FX_BEGIN(f, unlink)->dirfd = FD_CWD;
	STR_USER(f, unlink, path, "x");
	REC_STR(&f->b, unlink, obj1, "lost/x", 6, HW_STR_DETACHED);
	fx_end(f);
	assert_string_equal(fx_show(f, "fs.path.name"), "lost/x");
	assert_string_equal(fx_show(f, "evt.arg.path"), "lost/x");
}

static void opens_of_another_kind(void **state)
{
	static const struct fx_row rows[] = {
		{"fd.name", "/etc/shadow"},
		{"fd.num", "3"},
		{"fd.typechar", "f"},
		{"fs.path.name", "/etc/shadow"},
		{"evt.is_open_read", "true"},
		{"evt.is_open_write", "true"},
	};
	struct fx *f = *state;
	struct ev_open_by_handle_at *e = FX_BEGIN(f, open_by_handle_at);

	e->fd = 3;
	e->flags = O_RDWR;
	e->obj.kind = HW_FD_FILE;
	STR_KERNEL(f, open_by_handle_at, obj.path, "/etc/shadow");
	fx_end(f);
	FX_ROWS(f, rows);
	FX_BEGIN(f, open_tree)->flags = 1;
	STR_USER(f, open_tree, name, "/x");
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.arg.flags"), "OPEN_TREE_CLONE");
	assert_string_equal(fx_show(f, "evt.is_open_read"), "false");
	assert_string_equal(fx_show(f, "fs.path.name"), "/x");
}

/* --- memory and bytes --- */

static void executable_memory(void **state)
{
	static const struct fx_row file[] = {
		{"fd.name", "/usr/lib/evil.so"},
		{"fd.num", FX_MISSING},
		{"evt.arg.prot", "PROT_READ|PROT_EXEC"},
		{"evt.arg.addr", "0x7f0000000000"},
		{"evt.arg.fd", "<f>/usr/lib/evil.so"},
		{"evt.arg.flags", FX_MISSING},
	};
	static const struct fx_row anon[] = {
		{"fd.name", FX_MISSING},
		{"fd.num", FX_MISSING},
		{"fd.typechar", FX_MISSING},
		{"evt.arg.fd", "-1"},
		{"evt.arg.flags", "MAP_PRIVATE|MAP_ANONYMOUS"},
		{"evt.res", "SUCCESS"},
	};
	struct fx *f = *state;
	struct ev_mprotect *e = FX_BEGIN(f, mprotect);
	struct ev_mmap *m;

	e->addr = 0x7f0000000000;
	e->prot = 5;
	e->fd = -1;
	e->known = 1;
	e->obj.kind = HW_FD_FILE;
	STR_KERNEL(f, mprotect, obj.path, "/usr/lib/evil.so");
	fx_end(f);
	FX_ROWS(f, file);
	m = FX_BEGIN(f, mmap);
	m->res = 0x7f0000000000;
	m->fd = -1;
	m->flags = 0x22;
	fx_end(f);
	FX_ROWS(f, anon);
	json_has(f, "\"fd\":{", false);
}

static void first_bytes(void **state)
{
	static const char data[] = "\xca\xfe\xba\xbe\0x";
	struct fx *f = *state;
	struct ev_recvfrom *e = FX_BEGIN(f, recvfrom);
	struct value v;

	e->res = 6;
	REC_STR(&f->b, recvfrom, data, data, 6, HW_STR_CUT);
	fx_end(f);
	assert_true(fx_get(f, "evt.buffer", &v));
	assert_int_equal(v.type, FT_BYTES);
	assert_int_equal(v.len, 6);
	assert_memory_equal(v.s, data, 6);
	assert_string_equal(fx_show(f, "evt.buflen"), "6");
	json_has(f, "\"data\":\"cafebabe0078\",\"data_cut\":true", true);
	FX_BEGIN(f, fork);
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.buffer"), FX_MISSING);
	FX_BEGIN(f, execve);
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.buffer"), FX_MISSING);
}

/* --- how it came --- */

static void ways_in(void **state)
{
	static const struct { uint16_t flags; const char *via, *abi; } rows[] = {
		{0, "syscall", "native"},
		{HW_F_COMPAT, "syscall", "compat"},
		{HW_F_COMPAT | HW_F_X32, "syscall", "x32"},
		{HW_F_X32, "syscall", "x32"},
		{HW_F_URING, "io_uring", "native"},
	};
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		FX_BEGIN(f, openat)->h.flags = rows[i].flags;
		fx_end(f);
		assert_string_equal(fx_show(f, "evt.via"), rows[i].via);
		assert_string_equal(fx_show(f, "evt.abi"), rows[i].abi);
	}
	json_has(f, "\"via\":\"io_uring\",\"abi\":\"native\"", true);
	FX_BEGIN(f, userns_create);
	fx_end(f);
	assert_string_equal(fx_show(f, "evt.via"), FX_MISSING);
	assert_string_equal(fx_show(f, "evt.is_syscall"), "false");
	assert_string_equal(fx_show(f, "syscall.type"), FX_MISSING);
	json_has(f, "\"via\"", false);
}

static void what_was_not_seen_is_no_failure(void **state)
{
	static const struct fx_row rows[] = {
		{"evt.unseen", "true"},
		{"evt.res", "SUCCESS"},
		{"evt.rawres", "2147483647"},
		{"evt.failed", "false"},
		{"fd.typechar", "f"},
		{"fd.name", "/etc/shadow"},
		{"evt.arg.fd", "<f>/etc/shadow"},
	};
	struct fx *f = *state;
	struct ev_openat *e = FX_BEGIN(f, openat);

	e->h.flags = HW_F_URING | HW_F_UNSEEN;
	e->fd = HW_FD_UNSEEN;
	e->obj.kind = HW_FD_FILE;
	STR_KERNEL(f, openat, obj.path, "/etc/shadow");
	fx_end(f);
	FX_ROWS(f, rows);
	json_has(f, "\"res\":null,\"result\":\"unseen\"", true);
	json_has(f, "2147483647", false);
}

/* --- another process --- */

static void another_process(void **state)
{
	static const struct fx_row known[] = {
		{"target.pid", "77"},
		{"target.tid", "78"},
		{"target.is_self", "false"},
		{"target.name", "nginx"},
		{"target.exepath", "/usr/sbin/nginx"},
		{"target.vpid", "3"},
		{"target.container.id", "fedcba987654"},
		{"target.container.name", "db"},
		{"target.same_container", "false"},
		{"evt.arg.sig", "SIGKILL"},
		{"evt.arg.pid", "3"},
		{"evt.arg[2]", "SIGKILL"},
	};
	static const struct fx_row unknown[] = {
		{"target.pid", "77"},
		{"target.name", FX_MISSING},
		{"target.container.id", FX_MISSING},
		{"target.same_container", FX_MISSING},
	};
	static const struct fx_row host[] = {
		{"target.container.id", "host"},
		{"target.container.name", FX_MISSING},
		{"target.same_container", "false"},
	};
	static const struct fx_row nobody[] = {
		{"target.pid", FX_MISSING},
		{"target.is_self", FX_MISSING},
		{"target.name", FX_MISSING},
		{"evt.res", "ESRCH"},
	};
	struct container other = {.id = "fedcba987654", .name = "db"}, none = {0}, its = {0};
	struct fx *f = *state;
	struct ev_kill *e = FX_BEGIN(f, kill);

	e->target_pid = 77;
	e->target_tid = 78;
	e->pid = 3;
	e->sig = SIGKILL;
	fx_end(f);
	f->v.target = &f->procs[1];
	f->v.target_ctr = &other;
	FX_ROWS(f, known);
	json_has(f, "\"target\":{\"pid\":77,\"tid\":78,\"vpid\":3,\"name\":\"nginx\"", true);
	f->v.target = NULL;
	f->v.target_ctr = &none;
	FX_ROWS(f, unknown);
	json_has(f, "\"name\":null,\"exepath\":null,\"cmdline\":null,\"container\":{\"id\":null", true);
	its.is_host = true;
	f->v.target_ctr = &its;
	FX_ROWS(f, host);
	e = FX_BEGIN(f, kill);
	e->res = -ESRCH;
	fx_end(f);
	FX_ROWS(f, nobody);
	json_has(f, "\"target\":{", false);
	f->v.target_ctr = &other;
	FX_BEGIN(f, openat);
	fx_end(f);
	assert_string_equal(fx_show(f, "target.container.id"), FX_MISSING);
}

/* --- DNS --- */

#define HEAD "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
#define TAIL "\x00\x01\x00\x01"
#define QUESTION(bytes, name, type) {HEAD bytes, sizeof(HEAD bytes) - 1, name, type}
#define REFUSED(bytes) {bytes, sizeof(bytes) - 1, FX_MISSING, FX_MISSING}

static const struct { const char *bytes; size_t len; const char *name, *type; } questions[] = {
	QUESTION("\3www\7example\3com\0" TAIL, "www.example.com", "A"),
	QUESTION("\3WwW\7eXAMPLE\3CoM\0\0\x1c\0\1", "www.example.com", "AAAA"),
	QUESTION("\0" TAIL, ".", "A"),
	QUESTION("\1a\0\xff\x78\0\1", "a", "TYPE65400"),
	QUESTION("\5a.b\\c\3\xc3\xa9 \0" TAIL, "a\\046b\\092c.\\195\\169\\032", "A"),
	QUESTION("\3a\0b\0" TAIL, "a\\000b", "A"),
	QUESTION("\1a\xc0\x14\0\1\0\1\1b\0", FX_MISSING, FX_MISSING), /* forward */
	QUESTION("\1a\xc0\x0c" TAIL, FX_MISSING, FX_MISSING),	       /* into itself */
	QUESTION("\xc0\x0c" TAIL, FX_MISSING, FX_MISSING),
	QUESTION("\1a\xc0\x02\0\1\0\1", "a.\\000", "A"), /* into the header: what stands there */
	QUESTION("\x40" "a\0" TAIL, FX_MISSING, FX_MISSING), /* no length and no pointer */
	QUESTION("\3ww", FX_MISSING, FX_MISSING),
	QUESTION("\3www", FX_MISSING, FX_MISSING),
	QUESTION("\3www\0", "www", FX_MISSING),
	QUESTION("\3www\0\0", "www", FX_MISSING),
	QUESTION("\3www\xc0", FX_MISSING, FX_MISSING),
	REFUSED(""),
	REFUSED("\x12\x34\x01\x00\x00\x01"),
	REFUSED(HEAD),
	REFUSED("\x12\x34\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\1a\0" TAIL), /* asks nothing */
};

static void ask(struct fx *f, const char *bytes, size_t len)
{
	FX_BEGIN(f, dns_query);
	REC_STR(&f->b, dns_query, packet, bytes, len, 0);
	fx_end(f);
}

static void questions_as_they_come(void **state)
{
	struct fx *f = *state;

	for (size_t i = 0; i < FX_COUNT(questions); i++) {
		ask(f, questions[i].bytes, questions[i].len);
		if (strcmp(fx_show(f, "dns.question.name"), questions[i].name) != 0)
			fail_msg("question %zu: name %s, not %s", i, fx_show(f, "dns.question.name"),
				 questions[i].name);
		if (strcmp(fx_show(f, "dns.question.type"), questions[i].type) != 0)
			fail_msg("question %zu: type %s, not %s", i, fx_show(f, "dns.question.type"),
				 questions[i].type);
	}
	ask(f, questions[0].bytes, questions[0].len);
	json_has(f, "\"dns\":{\"question\":{\"name\":\"www.example.com\",\"type\":\"A\"}}", true);
	FX_BEGIN(f, fork);
	fx_end(f);
	assert_string_equal(fx_show(f, "dns.question.name"), FX_MISSING);
	json_has(f, "\"dns\"", false);
}

/* The longest name, all of bytes that need escapes; one byte more is malformed. */
static void the_longest_name(void **state)
{
	for (unsigned extra = 0; extra < 2; extra++) {
		unsigned char m[12 + 300] = HEAD;
		size_t at = 12, len = 0;

		for (unsigned label = 0; label < 4; label++) {
			unsigned n = label < 3 ? 63 : 61 + extra;

			m[at++] = (unsigned char)n;
			memset(m + at, 1, n);
			at += n;
			len += 4 * n + (label > 0);
		}
		m[at++] = 0;
		memcpy(m + at, TAIL, 4);
		ask(*state, (const char *)m, at + 4);
		assert_int_equal(strlen(fx_show(*state, "dns.question.name")),
				 extra ? strlen(FX_MISSING) : len);
	}
}

/* Any bytes at all: the sanitizers watch. */
static void noise_is_no_question(void **state)
{
	unsigned char m[64] = HEAD;
	uint32_t x = 1;

	for (unsigned round = 0; round < 20000; round++) {
		size_t len = 12 + round % 52;

		for (size_t i = 12; i < len; i++) {
			x = x * 1664525 + 1013904223;
			m[i] = (unsigned char)(x >> 24) & (round & 1 ? 0xc7 : 0xff);
		}
		ask(*state, (const char *)m, len);
		fx_show(*state, "dns.question.name");
		fx_show(*state, "dns.question.type");
	}
}

/* --- every event --- */

/* An empty record of any type has its fields, its line and its object, and no two members of one
 * name. */
static void an_empty_record_of_every_event(void **state)
{
	struct fx *f = *state;
	struct buf out = BUF_INIT;

	for (unsigned id = 1; id < EV_MAX; id++) {
		struct value v;
		char *json;

		if (!schema_event(id) || schema_event(id)->class == HW_CLASS_FACT)
			continue;
		fx_begin(f, id);
		fx_end(f);
		for (size_t i = 0; i < field_count(); i++) {
			const struct field_ref ref = {.field = field_at(i)};

			if (!(ref.field->flags & FF_ARG_REQUIRED) && field_get(&ref, &f->v, &v))
				assert_true(v.type <= FT_RELTIME);
		}
		json = event_json(f);
		free(json);
		buf_reset(&out);
		render_pretty(&out, &f->v);
		assert_true(out.len > 0);
	}
	buf_done(&out);
}

static void arguments_have_one_name_each(void **state)
{
	struct fx *f = *state;

	for (unsigned id = 1; id < EV_MAX; id++) {
		cJSON *root, *args, *a, *b;
		char *json;

		if (!schema_event(id) || schema_event(id)->class == HW_CLASS_FACT)
			continue;
		fx_begin(f, id);
		fx_end(f);
		json = event_json(f);
		root = cJSON_Parse(json);
		args = cJSON_GetObjectItem(root, "args");
		cJSON_ArrayForEach(a, args)
			for (b = a->next; b; b = b->next)
				if (strcmp(a->string, b->string) == 0)
					fail_msg("%s has %s twice", schema_event(id)->name, a->string);
		cJSON_Delete(root);
		free(json);
	}
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_name_and_where_the_kernel_went),
		TEST(a_descriptor_instead_of_a_name),
		TEST(two_paths_and_mounts),
		TEST(a_kernel_path_outside_the_root_stays_as_it_is),
		TEST(opens_of_another_kind),
		TEST(executable_memory),
		TEST(first_bytes),
		TEST(ways_in),
		TEST(what_was_not_seen_is_no_failure),
		TEST(another_process),
		TEST(questions_as_they_come),
		TEST(the_longest_name),
		TEST(noise_is_no_question),
		TEST(an_empty_record_of_every_event),
		TEST(arguments_have_one_name_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
