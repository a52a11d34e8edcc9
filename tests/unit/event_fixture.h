/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * A hand-made view for tests of fields and output: one record builder, a chain of processes, one
 * container, users. fx_show gives a field's text, or FX_MISSING, which no field's value is.
 */
#ifndef HW_EVENT_FIXTURE_H
#define HW_EVENT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/build.h"
#include "event/check.h"
#include "event/field.h"
#include "event/schema.h"

#define FX_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FX_MISSING "(missing)"
#define FX_SECOND 1000000000ull
#define FX_WALL (1700000000ll * 1000000000ll) /* 2023-11-14T22:13:20Z */

struct fx {
	struct rec_builder b;
	struct process procs[4]; /* 0 acts, 1 its parent, ... */
	struct container ctr;
	struct mount mounts[3];
	const char *labels[4];
	struct view_env env;
	struct view v;
	struct buf text;
};

static const char *fx_user(void *ctx, const struct container *c, uint32_t uid)
{
	(void)ctx;
	if (!c->is_host && uid == 33)
		return "www-data";
	return uid == 1000 ? "alice" : "";
}

static const char *fx_group(void *ctx, const struct container *c, uint32_t gid)
{
	(void)ctx;
	(void)c;
	return gid == 50 ? "staff" : "";
}

/* argv as the kernel side sends it, each argument with its NUL. */
static inline void fx_image(struct process *p, const char *comm, const char *argv, size_t argv_len,
			    const char *args, const char *cmdline, const char *exepath)
{
	strncpy(p->comm, comm, sizeof(p->comm) - 1);
	p->exe = argv;
	p->argv = argv;
	p->argv_len = argv_len;
	p->args = args;
	p->cmdline = cmdline;
	p->exepath = exepath;
	p->cwd = "/srv/www/";
	p->filename = exepath;
	p->exe_len = strlen(p->exe);
	p->args_len = strlen(args);
	p->cmdline_len = strlen(cmdline);
	p->exepath_len = strlen(exepath);
	p->cwd_len = strlen(p->cwd);
	p->image_known = true;
}

static inline void fx_procs(struct fx *f)
{
	struct process *p = f->procs;

	fx_image(&p[0], "bash", "-bash\0-c\0id; ls", 16, "-c id; ls", "bash -c id; ls",
		 "/bin/bash");
	fx_image(&p[1], "nginx", "nginx\0-g\0daemon off;", 21, "-g daemon off;",
		 "nginx -g daemon off;", "/usr/sbin/nginx");
	fx_image(&p[2], "runc", "runc\0init", 10, "init", "runc init", "/usr/bin/runc");
	fx_image(&p[3], "systemd", "/sbin/init", 11, "", "systemd", "/usr/lib/systemd/systemd");
	for (unsigned i = 0; i < 4; i++) {
		p[i].parent = i < 3 ? &p[i + 1] : NULL;
		p[i].pid = 400 - 100 * i;
		p[i].ppid = i < 3 ? p[i].pid - 100 : 0;
		p[i].vpid = 4 - i;
		p[i].sid = i < 2 ? 300 : 100;
		p[i].pgid = p[i].pid;
		p[i].vpgid = 3;
		p[i].start_ns = (40 - 10 * i) * FX_SECOND;
	}
	p[0].tty = 34816;
	p[0].exe_flags = HW_EXE_UPPER_LAYER | HW_EXE_WRITABLE;
	p[0].exe_ino = 4711;
	p[0].exe_ctime_ns = FX_WALL + 30 * FX_SECOND;
	p[0].exe_mtime_ns = FX_WALL - 5 * FX_SECOND;
	p[0].exec_ns = 41 * FX_SECOND;
	p[0].cap_inheritable = 1;
	p[0].pidns = 4026531836u;
	p[0].entry = PROC_ENTRY_EXEC;
}

static inline void fx_container(struct fx *f)
{
	struct container *c = &f->ctr;

	f->mounts[0] = (struct mount){"/etc", "/host/etc", "ro", "rprivate", "bind", false};
	f->mounts[1] = (struct mount){"/var/run/docker.sock", "/run/docker.sock", "rw", "",
					"bind", true};
	f->mounts[2] = (struct mount){"tmpfs", "/tmp", "", NULL, "tmpfs", true};
	f->labels[0] = "app";
	f->labels[1] = "shop";
	f->labels[2] = "app.tier";
	f->labels[3] = "";
	*c = (struct container){
		.complete = true,
		.id = "0123456789ab",
		.full_id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		.runtime = "docker",
		.name = "web",
		.image = "registry.example/shop/web:1.2",
		.image_repo = "registry.example/shop/web",
		.image_tag = "1.2",
		.user = "",
		.privileged = TRI_YES,
		.host_pid = TRI_NO,
		.host_net = TRI_UNKNOWN,
		.host_ipc = TRI_NO,
		.no_new_privs = TRI_NO,
		.readonly_root = TRI_NO,
		.caps = 1 | 1 << 21,
		.caps_known = true,
		.start_ns = 20 * FX_SECOND,
		.mounts = f->mounts,
		.n_mounts = 3,
		.labels = f->labels,
		.n_labels = 2,
	};
}

static inline int fx_setup(void **state)
{
	struct fx *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(rec_init(&f->b), 0);
	fx_procs(f);
	fx_container(f);
	f->env = (struct view_env){
		.user_name = fx_user,
		.group_name = fx_group,
		.hostname = "node1",
		.wall_off = FX_WALL,
		.boot_id = 42,
	};
	f->v = (struct view){
		.proc = &f->procs[0],
		.ctr = &f->ctr,
		.env = &f->env,
		.num = 7,
		.scratch = field_scratch_new(),
	};
	assert_non_null(f->v.scratch);
	*state = f;
	return 0;
}

static inline int fx_teardown(void **state)
{
	struct fx *f = *state;

	field_scratch_free(f->v.scratch);
	buf_done(&f->text);
	rec_done(&f->b);
	free(f);
	return 0;
}

/* Begins a record that process 0 wrote at second 45. */
static inline void *fx_begin(struct fx *f, unsigned id)
{
	struct ev_hdr *h = rec_begin(&f->b, id, schema_event(id)->fixed_len);

	h->time = 45 * FX_SECOND + 123456789;
	h->cpu = 1;
	h->seq = 99;
	h->flags = 0;
	h->pid = 400;
	h->tid = 400;
	h->ppid = 300;
	h->uid = 33;
	h->gid = 50;
	h->loginuid = 1000;
	h->cap_effective = 1 << 21;
	h->cap_permitted = 3;
	strcpy(h->comm, "bash");
	return h;
}

#define FX_BEGIN(f, event) ((struct ev_##event *)fx_begin((f), EV_##event))
#define FX_STR(f, event, field, s) REC_STR(&(f)->b, event, field, (s), strlen(s), 0)

/* Ends the record: it must pass the check, and the view is of it. */
static inline void fx_end(struct fx *f)
{
	const struct ev_hdr *h = rec_end(&f->b);
	const char *why = NULL;

	assert_non_null(h);
	if (check_record(h, h->size, &why) != CHECK_OK)
		fail_msg("the fixture's record is refused: %s", why);
	f->v.ev = h;
	f->v.desc = schema_event(h->type);
	field_scratch_reset(f->v.scratch);
}

static char *fx_dup(void *ctx, const char *s, size_t len)
{
	static char keys[8][64];
	static unsigned n;
	char *key = keys[n++ % 8];

	(void)ctx;
	assert_true(len < sizeof(keys[0]));
	memcpy(key, s, len);
	key[len] = '\0';
	return key;
}

static inline bool fx_get(struct fx *f, const char *text, struct value *ret)
{
	struct field_ref ref;
	struct buf msg = BUF_INIT;

	if (field_parse(text, strlen(text), fx_dup, NULL, &ref, &msg) < 0)
		fail_msg("%s: %s", text, buf_str(&msg));
	buf_done(&msg);
	return field_get(&ref, &f->v, ret);
}

static inline const char *fx_show(struct fx *f, const char *text)
{
	struct value val;

	buf_reset(&f->text);
	if (!fx_get(f, text, &val))
		return FX_MISSING;
	value_text(&f->text, &val);
	return buf_str(&f->text);
}

struct fx_row {
	const char *field, *want;
};

static inline void fx_rows(struct fx *f, const struct fx_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = fx_show(f, rows[i].field);

		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s of %s is %s, not %s", rows[i].field, f->v.desc->name, got,
				 rows[i].want);
	}
}

#define FX_ROWS(f, rows) fx_rows((f), (rows), FX_COUNT(rows))

#endif
