/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The straight line with records made by hand: what comes out is valid JSON whatever comes in,
 * facts alert nobody, nothing is lost uncounted, and a recording gives the same bytes again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/build.h"
#include "event/schema.h"
#include "pipeline.h"

#define BOOT_WALL 1700000000000000000ll /* 2023-11-14T22:13:20Z */
#define SHELL_PID 100

static const char rules_text[] =
	"- rule: Secret read\n"
	"  desc: d\n"
	"  condition: evt.type = openat and fd.name contains secret\n"
	"  output: opened (file=%fd.name args=%proc.args num=%evt.num user=%user.name)\n"
	"  priority: WARNING\n"
	"  tags: [zeta, alpha]\n"
	"- rule: Any open\n"
	"  desc: d\n"
	"  condition: evt.type = openat\n"
	"  output: any %fd.name\n"
	"  priority: INFO\n"
	"- rule: Any exec\n"
	"  desc: d\n"
	"  condition: evt.type = execve\n"
	"  output: exec %proc.cmdline\n"
	"  priority: DEBUG\n"
	"- rule: Name known\n"
	"  desc: d\n"
	"  condition: evt.type = connect and fd.sip.name = db.example\n"
	"  output: connect %fd.sip\n"
	"  priority: NOTICE\n";

/* --- a sink that keeps lines --- */

struct keep {
	struct sink base;
	struct buf lines; /* each ended by a newline */
	unsigned n;
	unsigned kinds[SINK_HEALTH + 1];
	int fail; /* what write returns */
};

static int keep_write(struct sink *s, enum sink_kind kind, const char *line, size_t len)
{
	struct keep *k = (struct keep *)s;

	k->n++;
	k->kinds[kind]++;
	if (k->fail)
		return k->fail;
	assert_null(memchr(line, '\n', len));
	buf_add(&k->lines, line, len);
	buf_addc(&k->lines, '\n');
	return 0;
}

static int keep_flush(struct sink *s)
{
	(void)s;
	return 0;
}

static void keep_free(struct sink *s)
{
	buf_done(&((struct keep *)s)->lines);
}

static const struct sink_ops keep_ops = {keep_write, keep_flush, keep_free};

/* --- the bench that every test works at --- */

struct bench {
	struct ruleset *rules;
	struct keep json, pretty;
	struct pipeline_opts o;
	struct pipeline *p;
	struct rec_builder b;
	uint64_t time;
};

static void on_diag(void *ctx, const struct rule_diag *d)
{
	(void)ctx;
	if (d->error)
		fail_msg("%s:%u:%u: %s", d->file, d->line, d->column, d->what);
}

static struct ruleset *load(const char *text)
{
	struct ruleset_opts o = {.min_priority = PRIO_DEBUG};
	struct ruleset *rs = ruleset_load_text("t.yaml", text, strlen(text), &o, on_diag, NULL);

	assert_non_null(rs);
	return rs;
}

static void send(struct bench *t, const struct ev_hdr *ev)
{
	assert_non_null(ev);
	assert_int_equal(pipeline_feed(t->p, (void *)(uintptr_t)ev, ev->size), 0);
}

static void send_start(struct bench *t, const char *hooks, size_t hooks_len)
{
	struct ev_start *e = REC_BEGIN(&t->b, start);

	e->h.time = ++t->time;
	e->wall_off = BOOT_WALL;
	e->boot_id = 0x1234;
	REC_STR(&t->b, start, hostname, "box\x1b", 4, 0);
	REC_STR(&t->b, start, kernel, "6.1 x86_64", 10, 0);
	REC_STR(&t->b, start, version, HW_VERSION, strlen(HW_VERSION), 0);
	REC_STR(&t->b, start, hooks, hooks, hooks_len, 0);
	send(t, rec_end(&t->b));
}

/* An event of the kernel, of the shell. */
static void head(struct bench *t, struct ev_hdr *h)
{
	h->time = ++t->time;
	h->seq = t->time;
	h->cpu = 1;
	h->flags = 0;
	h->pid = h->tid = h->vpid = SHELL_PID;
	h->ppid = 1;
	h->start = 50;
	h->cgroup = 1;
	memcpy(h->comm, "sh", 3);
}

static void send_exec(struct bench *t, const char *argv, size_t len, unsigned flags)
{
	struct ev_execve *e = REC_BEGIN(&t->b, execve);

	head(t, &e->h);
	e->h.flags = (uint16_t)flags;
	REC_STR(&t->b, execve, argv, argv, len, 0);
	REC_STR(&t->b, execve, filename, "/bin/sh", 7, 0);
	REC_STR(&t->b, execve, trusted_exepath, "/bin/sh", 7, 0);
	REC_STR(&t->b, execve, cwd, "/", 1, 0);
	send(t, rec_end(&t->b));
}

static const struct ev_hdr *make_open(struct bench *t, const char *name, size_t len)
{
	struct ev_openat *e = REC_BEGIN(&t->b, openat);

	head(t, &e->h);
	e->fd = 3;
	e->dirfd = -100;
	e->obj.kind = HW_FD_FILE;
	REC_STR(&t->b, openat, name, name, len, HW_STR_USER);
	REC_STR(&t->b, openat, obj.path, name, len, 0);
	return rec_end(&t->b);
}

static void send_open(struct bench *t, const char *name)
{
	send(t, make_open(t, name, strlen(name)));
}

static void bench_start(struct bench *t)
{
	t->p = pipeline_new(&t->o);
	assert_non_null(t->p);
	send_start(t, "{}", 2);
}

static void bench_init(struct bench *t)
{
	memset(t, 0, sizeof(*t));
	assert_int_equal(rec_init(&t->b), 0);
	t->rules = load(rules_text);
	t->json.base = (struct sink){.ops = &keep_ops, .name = "json", .format = SINK_JSON};
	t->pretty.base = (struct sink){.ops = &keep_ops, .name = "pretty", .format = SINK_PRETTY};
	t->o.rules = t->rules;
	t->o.sinks[0] = &t->json.base;
	t->o.sinks[1] = &t->pretty.base;
	t->o.n_sinks = 2;
}

static void bench_done(struct bench *t)
{
	pipeline_free(t->p);
	ruleset_free(t->rules);
	keep_free(&t->json.base);
	keep_free(&t->pretty.base);
	rec_done(&t->b);
}

static struct pipeline_stats stats(struct bench *t)
{
	struct pipeline_stats s;

	pipeline_get_stats(t->p, &s);
	return s;
}

static void forget(struct bench *t)
{
	buf_reset(&t->json.lines);
	buf_reset(&t->pretty.lines);
	t->json.n = t->pretty.n = 0;
	memset(t->json.kinds, 0, sizeof(t->json.kinds));
}

/* --- looking at lines --- */

/* The one JSON line that was written, parsed. */
static cJSON *the_line(struct bench *t)
{
	const char *text = buf_str(&t->json.lines), *end = strchr(text, '\n');
	cJSON *o;

	assert_int_equal(t->json.n, 1);
	assert_non_null(end);
	o = cJSON_ParseWithLength(text, (size_t)(end - text));
	if (!o)
		fail_msg("no JSON: %s", text);
	return o;
}

static const char *member(const cJSON *o, const char *name)
{
	const cJSON *m = cJSON_GetObjectItemCaseSensitive(o, name);

	assert_true(cJSON_IsString(m));
	return m->valuestring;
}

/* Valid UTF-8 without control characters. */
static void assert_clean(const struct buf *lines)
{
	const char *s = buf_str(lines);
	size_t n, bad;

	for (size_t i = 0; i < lines->len; i += n) {
		unsigned char c = (unsigned char)s[i];

		n = utf8_next(s + i, lines->len - i, &bad);
		assert_true(n > 0);
		assert_true(c >= 0x20 || c == '\n');
		assert_int_not_equal(c, 0x7f);
		assert_false(n == 2 && c == 0xc2 && (unsigned char)s[i + 1] < 0xa0);
	}
}

/* --- tests --- */

static void test_alert_keys(void **state)
{
	static const char *const keys[] = {
		"time", "rule", "priority", "source", "tags", "hostname", "output",
		"output_fields", "kind", "uuid", "event", "process", "container", "user"};
	struct bench t;
	const cJSON *m;
	cJSON *o;

	(void)state;
	bench_init(&t);
	bench_start(&t);
	send_open(&t, "/etc/secret");
	o = the_line(&t);
	m = o->child;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++, m = m->next) {
		assert_non_null(m);
		assert_string_equal(m->string, keys[i]);
	}
	assert_null(m);
	assert_string_equal(member(o, "time"), "2023-11-14T22:13:20.000000002Z");
	assert_string_equal(member(o, "rule"), "Secret read");
	assert_string_equal(member(o, "priority"), "Warning");
	assert_string_equal(member(o, "source"), "syscall");
	assert_string_equal(member(o, "kind"), "alert");
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(o, "tags")), 2);
	assert_string_equal(cJSON_GetObjectItem(o, "tags")->child->valuestring, "alpha");
	assert_int_equal(strlen(member(o, "uuid")), 36);
	assert_ptr_equal(strstr(member(o, "output"),
				"22:13:20.000000002: Warning opened (file=/etc/secret args="),
			 member(o, "output"));
	m = cJSON_GetObjectItem(o, "output_fields");
	assert_string_equal(member(m, "fd.name"), "/etc/secret");
	assert_int_equal(cJSON_GetObjectItem(m, "evt.num")->valueint, 1);
	assert_true(cJSON_IsNumber(cJSON_GetObjectItem(m, "evt.time")));
	assert_true(cJSON_HasObjectItem(m, "container.id"));
	assert_ptr_equal(strstr(buf_str(&t.pretty.lines), "22:13:20.000000002: Warning Secret "
				"read: opened (file=/etc/secret"), buf_str(&t.pretty.lines));
	cJSON_Delete(o);
	bench_done(&t);
}

/* Names and arguments with every byte there is. */
static void test_hostile_bytes(void **state)
{
	static const char *const nasty[] = {
		"secret\n{\"rule\":\"x\"}", "secret\"\\\"}", "\x1b[2Jsecret\x1b]0;x\x07",
		"secret\xff\xfe\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80", "secret\xe2\x80",
		"secret\xc2\x9b" "31m", "%proc.name %secret %s%n", "secret\xe2\x80\xae.txt",
	};
	struct bench t;
	char name[300], argv[600];

	(void)state;
	bench_init(&t);
	t.o.event_classes = ~0u;
	bench_start(&t);
	for (unsigned c = 1; c < 256; c++) {
		memcpy(name, "secret", 6);
		for (unsigned i = 0; i < 250; i++)
			name[6 + i] = (char)(1 + (c + i * 7) % 255);
		name[256] = '\0';
		memcpy(argv, "sh\0", 3);
		memcpy(argv + 3, name, 257);
		send_exec(&t, argv, 260, 0);
		send_open(&t, name);
	}
	for (size_t i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++)
		send_open(&t, nasty[i]);
	assert_true(stats(&t).alerts >= 2 * 255 + 8);
	assert_clean(&t.json.lines);
	assert_clean(&t.pretty.lines);
	for (char *l = t.json.lines.data, *end; *l; l = end + 1) {
		cJSON *o;

		end = strchr(l, '\n');
		o = cJSON_ParseWithLength(l, (size_t)(end - l));
		if (!o)
			fail_msg("no JSON: %.*s", (int)(end - l), l);
		assert_non_null(cJSON_GetObjectItem(o, "kind"));
		cJSON_Delete(o);
	}
	bench_done(&t);
}

/* Facts are applied, but no rule is tried on them and they have no number. */
static void test_facts_alert_nobody(void **state)
{
	struct bench t;
	struct ev_proc *e;
	cJSON *o;

	(void)state;
	bench_init(&t);
	bench_start(&t);
	e = REC_BEGIN(&t.b, proc);
	head(&t, &e->h);
	e->h.flags = HW_F_SYNTH;
	REC_STR(&t.b, proc, argv, "sh\0-c\0", 6, 0);
	send(&t, rec_end(&t.b));
	send_exec(&t, "sh\0", 3, HW_F_SYNTH);
	send_start(&t, "", 0);
	assert_int_equal(stats(&t).alerts, 0);
	assert_int_equal(stats(&t).facts, 4);
	assert_int_equal(stats(&t).delivered[HW_CLASS_PROC], 0);
	assert_int_equal(t.json.n, 0);
	send_open(&t, "secret");
	o = the_line(&t);
	assert_int_equal(cJSON_GetObjectItem(cJSON_GetObjectItem(o, "output_fields"), "evt.num")
				 ->valueint, 1);
	cJSON_Delete(o);
	bench_done(&t);
}

static void test_refused_records(void **state)
{
	static const struct {
		size_t off; /* of two bytes that are overwritten */
		uint16_t value;
		unsigned reason;
	} faults[] = {
		{offsetof(struct ev_hdr, type), 0, HW_LOST_unknown_type},
		{offsetof(struct ev_hdr, type), 127, HW_LOST_unknown_type},
		{offsetof(struct ev_hdr, type), 9999, HW_LOST_unknown_type},
		{offsetof(struct ev_hdr, size), 8, HW_LOST_malformed},
		{offsetof(struct ev_hdr, size), 65535, HW_LOST_malformed},
		{offsetof(struct ev_openat, name) + offsetof(struct hw_str, off), 4,
		 HW_LOST_malformed},
		{offsetof(struct ev_openat, name) + offsetof(struct hw_str, len), 60000,
		 HW_LOST_malformed},
		{offsetof(struct ev_openat, obj.path) + offsetof(struct hw_str, off), 60000,
		 HW_LOST_malformed},
	};
	size_t n = sizeof(faults) / sizeof(faults[0]);
	uint64_t copy[1024], sum = 0;
	struct bench t;
	struct pipeline_stats s;

	(void)state;
	bench_init(&t);
	t.o.event_classes = ~0u;
	bench_start(&t);
	forget(&t);
	for (size_t i = 0; i < n; i++) {
		const struct ev_hdr *ev = make_open(&t, "secret", 6);
		uint64_t before = stats(&t).refused[faults[i].reason];
		uint32_t size = ev->size;

		assert_true(size <= sizeof(copy));
		memcpy(copy, ev, size);
		memcpy((char *)copy + faults[i].off, &faults[i].value, 2);
		assert_int_equal(pipeline_feed(t.p, copy, size), 0);
		assert_int_equal(stats(&t).refused[faults[i].reason], before + 1);
	}
	/* Cut short, to nothing even. */
	for (size_t len = 0; len < 400; len += 8) {
		memcpy(copy, make_open(&t, "secret", 6), 400);
		if (len != ((struct ev_hdr *)copy)->size)
			assert_int_equal(pipeline_feed(t.p, copy, len), 0);
	}
	assert_int_equal(t.json.n, 0);
	send_open(&t, "secret");
	s = stats(&t);
	for (unsigned i = 0; i < HW_LOST_MAX; i++)
		sum += s.refused[i];
	assert_int_equal(sum, n + 50);
	assert_int_equal(s.delivered[HW_CLASS_FILE], 1);
	assert_int_equal(s.alerts, 1);
	bench_done(&t);
}

static void test_loss_is_told(void **state)
{
	uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX] = {{0}}, bad[32] = {0};
	struct bench t;
	cJSON *o;

	(void)state;
	bench_init(&t);
	t.o.event_classes = 1u << HW_CLASS_PROC;
	bench_start(&t);
	forget(&t);
	pipeline_lost(t.p, lost, 5000);
	assert_int_equal(t.json.n, 0);

	lost[HW_CLASS_FILE][HW_LOST_ring_full] = 7;
	pipeline_lost(t.p, lost, 6000);
	pipeline_lost(t.p, lost, 7000); /* no news */
	o = the_line(&t);
	assert_string_equal(member(o, "kind"), "lost");
	assert_string_equal(member(o, "class"), "file");
	assert_string_equal(member(o, "reason"), "ring_full");
	assert_int_equal(cJSON_GetObjectItem(o, "count")->valueint, 7);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(o, "gone")));
	cJSON_Delete(o);
	forget(&t);

	lost[HW_CLASS_FILE][HW_LOST_ring_full] = 10;
	pipeline_lost(t.p, lost, 8000);
	o = the_line(&t);
	assert_int_equal(cJSON_GetObjectItem(o, "count")->valueint, 3);
	assert_int_equal(cJSON_GetObjectItem(o, "total")->valueint, 10);
	cJSON_Delete(o);
	forget(&t);

	lost[HW_CLASS_FILE][HW_LOST_path_depth] = 1;
	pipeline_lost(t.p, lost, 8500);
	o = the_line(&t);
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(o, "gone")));
	cJSON_Delete(o);
	forget(&t);

	/* What was refused here is told as well. */
	pipeline_feed(t.p, bad, sizeof(bad));
	pipeline_lost(t.p, lost, 9000);
	o = the_line(&t);
	assert_string_equal(member(o, "class"), "self");
	cJSON_Delete(o);
	assert_int_equal(stats(&t).lost[HW_CLASS_FILE][HW_LOST_ring_full], 10);
	bench_done(&t);

	/* Without a feed there is no line, but the count. */
	bench_init(&t);
	bench_start(&t);
	lost[HW_CLASS_FILE][HW_LOST_ring_full] = 2;
	pipeline_lost(t.p, lost, 5000);
	assert_int_equal(t.json.n, 0);
	assert_int_equal(stats(&t).lost[HW_CLASS_FILE][HW_LOST_ring_full], 2);
	bench_done(&t);
}

static void test_feed_of_classes(void **state)
{
	struct bench t;
	cJSON *o;

	(void)state;
	bench_init(&t);
	t.o.rules = NULL;
	t.o.event_classes = 1u << HW_CLASS_FILE;
	bench_start(&t);
	assert_int_equal(t.json.kinds[SINK_HEALTH], 1);
	forget(&t);
	send_exec(&t, "sh\0", 3, 0);
	assert_int_equal(t.json.n, 0);
	send_open(&t, "/x");
	o = the_line(&t);
	assert_string_equal(member(o, "kind"), "event");
	assert_false(cJSON_HasObjectItem(o, "rule"));
	assert_true(cJSON_HasObjectItem(o, "process"));
	assert_int_equal(stats(&t).alerts, 0);
	cJSON_Delete(o);
	bench_done(&t);
}

/* The start record's JSON comes from a file that anybody may have written. */
static void test_health_line(void **state)
{
	static const char *const hooks[] = {
		"", "{", "[1,2", "{\"a\":{\"b\":[1,true,null,\"x\\u0000y\"]}}", "\xff\xfe", "1e999",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
		"{\"\x1b\xff\":\"\x1b\xff\"}", "\"}{\"",
	};
	struct bench t;
	cJSON *o;

	(void)state;
	bench_init(&t);
	t.o.event_classes = 1;
	bench_start(&t);
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		forget(&t);
		send_start(&t, hooks[i], strlen(hooks[i]));
		o = the_line(&t);
		assert_string_equal(member(o, "kind"), "health");
		assert_string_equal(member(o, "kernel"), "6.1 x86_64");
		assert_clean(&t.json.lines);
		assert_clean(&t.pretty.lines);
		cJSON_Delete(o);
	}
	bench_done(&t);
}

static void count_cgroup(void *ctx, uint64_t cgroup)
{
	assert_int_equal(cgroup, 1);
	++*(unsigned *)ctx;
}

static void send_cgroup(struct bench *t, uint64_t id, const char *path)
{
	struct ev_cgroup_mkdir *e = REC_BEGIN(&t->b, cgroup_mkdir);

	e->h.time = ++t->time;
	e->id = id;
	REC_STR(&t->b, cgroup_mkdir, path, path, strlen(path), 0);
	send(t, rec_end(&t->b));
}

static void test_scope(void **state)
{
	unsigned told = 0;
	struct bench t;

	(void)state;
	bench_init(&t);
	t.o.scope_containers = true;
	t.o.event_classes = ~0u;
	t.o.host_cgroup = count_cgroup;
	t.o.host_ctx = &told;
	bench_start(&t);
	send_cgroup(&t, 1, "/system.slice");
	forget(&t);
	send_open(&t, "secret");
	send_exec(&t, "sh\0", 3, 0); /* no bulk event: the kernel never drops these */
	assert_int_equal(t.json.n, 0);
	assert_int_equal(stats(&t).alerts, 0);
	assert_int_equal(stats(&t).delivered[HW_CLASS_FILE], 1);
	assert_int_equal(told, 1);
	bench_done(&t);
}

static void test_first_or_all(void **state)
{
	struct bench t;

	(void)state;
	bench_init(&t);
	bench_start(&t);
	send_open(&t, "secret");
	assert_int_equal(stats(&t).alerts, 1);
	bench_done(&t);
	bench_init(&t);
	t.o.match_all = true;
	bench_start(&t);
	send_open(&t, "secret");
	assert_int_equal(stats(&t).alerts, 2);
	assert_non_null(strstr(buf_str(&t.json.lines), "\"rule\":\"Secret read\""));
	assert_non_null(strstr(buf_str(&t.json.lines), "\"rule\":\"Any open\""));
	bench_done(&t);
}

static void test_rules_swapped(void **state)
{
	struct bench t;
	struct ruleset *other = load("- rule: Other\n  desc: d\n  condition: evt.type = openat\n"
				     "  output: o\n  priority: ERROR\n");
	cJSON *o;

	(void)state;
	bench_init(&t);
	bench_start(&t);
	send_open(&t, "secret");
	forget(&t);
	pipeline_set_rules(t.p, other);
	send_open(&t, "secret");
	o = the_line(&t);
	assert_string_equal(member(o, "rule"), "Other");
	cJSON_Delete(o);
	bench_done(&t);
	ruleset_free(other);
}

static void send_connect(struct bench *t, uint8_t last)
{
	struct ev_connect *e = REC_BEGIN(&t->b, connect);

	head(t, &e->h);
	e->fd = 4;
	e->addr = (struct hw_addr){.ip = {10, 0, 0, last}, .port = 5432, .family = 2};
	e->obj.kind = HW_FD_SOCK;
	e->obj.sk_family = 2;
	e->obj.sk_type = 1;
	e->obj.sk_proto = 6;
	e->obj.remote = e->addr;
	e->obj.local = (struct hw_addr){.ip = {10, 0, 0, 99}, .port = 40000, .family = 2};
	send(t, rec_end(&t->b));
}

static void test_names_resolved(void **state)
{
	struct hw_addr db[] = {{.ip = {10, 0, 0, 1}, .family = 2},
			       {.ip = {10, 0, 0, 2}, .family = 2}};
	char longest[70000];
	struct bench t;

	(void)state;
	bench_init(&t);
	bench_start(&t);
	send_connect(&t, 1);
	assert_int_equal(stats(&t).alerts, 0);
	assert_int_equal(pipeline_dns(t.p, "db.example", db, 2, 900), 0);
	send_connect(&t, 1);
	send_connect(&t, 2);
	send_connect(&t, 3);
	assert_int_equal(stats(&t).alerts, 2);
	/* Names come from rules: one too long for a record is refused, not cut. */
	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_true(pipeline_dns(t.p, longest, db, 2, 901) < 0);
	bench_done(&t);
}

/* A sink that fails costs its own lines only. */
static void test_failing_sink(void **state)
{
	struct bench t;

	(void)state;
	bench_init(&t);
	t.pretty.fail = -ENOSPC;
	bench_start(&t);
	for (unsigned i = 0; i < 5; i++)
		send_open(&t, "secret");
	pipeline_flush(t.p);
	assert_int_equal(t.json.n, 5);
	assert_int_equal(t.pretty.n, 5);
	assert_int_equal(stats(&t).alerts, 5);
	bench_done(&t);
}

/* --- recordings --- */

static void some_life(struct bench *t)
{
	struct hw_addr db = {.ip = {10, 0, 0, 1}, .family = 2};
	uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX] = {{0}};

	send_cgroup(t, 1, "/system.slice");
	send_exec(t, "sh\0-c\0x\xff\n\0", 10, 0);
	send_open(t, "/etc/secret");
	assert_int_equal(pipeline_dns(t->p, "db.example", &db, 1, ++t->time), 0);
	send_connect(t, 1);
	lost[HW_CLASS_NET][HW_LOST_watermark] = 3;
	lost[HW_CLASS_FILE][HW_LOST_bucket] = 10;
	pipeline_lost_by(t->p, 1, HW_CLASS_FILE, 4, 10, ++t->time);
	pipeline_lost_by(t->p, 2, HW_CLASS_FILE, 400, 10, ++t->time); /* no more than the total */
	pipeline_lost_by(t->p, 3, HW_CLASS_FILE, 1, 10, ++t->time);
	pipeline_lost(t->p, lost, ++t->time);
	assert_int_equal(stats(t).lost[HW_CLASS_FILE][HW_LOST_bucket], 10);
	for (unsigned i = 0; i < 100; i++)
		send_open(t, i % 3 ? "/tmp/x" : "secret");
}

static void replay(struct bench *t, const char *path)
{
	struct source *s;
	struct buf err = BUF_INIT;
	int n;

	t->p = pipeline_new(&t->o);
	s = replay_new(path, pipeline_feed, t->p, &err);
	assert_non_null(s);
	n = s->ops->start(s, &err);
	while (n >= 0)
		n = s->ops->poll(s, 0, &err);
	assert_int_equal(n, -ENODATA);
	s->ops->free(s);
	buf_done(&err);
}

static void test_replay_gives_the_same_bytes(void **state)
{
	char path[] = "/tmp/hullwatch-test-XXXXXX";
	int fd = mkstemp(path);
	struct bench live, again;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	bench_init(&live);
	live.o.event_classes = ~0u;
	live.o.recorder = recorder_new(path, 1);
	assert_non_null(live.o.recorder);
	bench_start(&live);
	some_life(&live);
	assert_int_equal(recorder_close(live.o.recorder), 0);
	assert_true(stats(&live).alerts > 100);
	for (unsigned i = 0; i < 2; i++) {
		bench_init(&again);
		again.o.event_classes = ~0u;
		replay(&again, path);
		assert_int_equal(again.json.n, live.json.n);
		assert_string_equal(buf_str(&again.json.lines), buf_str(&live.json.lines));
		assert_string_equal(buf_str(&again.pretty.lines), buf_str(&live.pretty.lines));
		bench_done(&again);
	}
	live.o.recorder = NULL;
	bench_done(&live);
	unlink(path);
}

static void test_recorder_fails(void **state)
{
	struct bench t;
	struct recorder *r = recorder_new("/dev/null", 1);

	(void)state;
	assert_non_null(r);
	bench_init(&t);
	t.o.recorder = r;
	bench_start(&t);
	/* Its descriptor is the last that was opened. */
	{
		int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

		assert_true(full > 0);
		assert_int_equal(dup2(full, full - 1), full - 1);
		close(full);
	}
	for (unsigned i = 0; i < 20000; i++)
		send(&t, make_open(&t, "/tmp/x", 6));
	assert_int_equal(stats(&t).alerts, 20000);
	assert_true(stats(&t).record_failed > 0);
	assert_int_equal(recorder_close(r), -ENOSPC);
	bench_done(&t);
}

/* --- no allocation in steady state --- */

int __sanitizer_install_malloc_and_free_hooks(void (*m)(const volatile void *, size_t),
					      void (*f)(const volatile void *));

static bool counting;
static unsigned allocations;

static void on_malloc(const volatile void *p, size_t len)
{
	(void)p;
	(void)len;
	allocations += counting;
}

static void on_free(const volatile void *p)
{
	(void)p;
}

static void test_steady_state_allocates_nothing(void **state)
{
	const char *names[] = {"/etc/secret", "/tmp/a", "/etc/passwd"};
	struct bench t;

	(void)state;
	if (!__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free))
		skip();
	bench_init(&t);
	t.o.event_classes = ~0u;
	t.o.match_all = true;
	bench_start(&t);
	for (unsigned i = 0; i < 300; i++) {
		if (i == 30)
			counting = true;
		forget(&t);
		send_open(&t, names[i % 3]);
		send_connect(&t, 9);
	}
	counting = false;
	assert_int_equal(allocations, 0);
	bench_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alert_keys),
		cmocka_unit_test(test_hostile_bytes),
		cmocka_unit_test(test_facts_alert_nobody),
		cmocka_unit_test(test_refused_records),
		cmocka_unit_test(test_loss_is_told),
		cmocka_unit_test(test_feed_of_classes),
		cmocka_unit_test(test_health_line),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_first_or_all),
		cmocka_unit_test(test_rules_swapped),
		cmocka_unit_test(test_names_resolved),
		cmocka_unit_test(test_failing_sink),
		cmocka_unit_test(test_replay_gives_the_same_bytes),
		cmocka_unit_test(test_recorder_fails),
		cmocka_unit_test(test_steady_state_allocates_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
