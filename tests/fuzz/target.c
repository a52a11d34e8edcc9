/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What the fuzz targets share. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "target.h"

_Noreturn void fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: must hold: %s\n", file, line, what);
	abort();
}

/* --- lines --- */

static void check_text(const char *s, size_t len)
{
	size_t bad = 0;

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_next(s + i, len - i, &bad);
		MUST(n > 0, "a line is valid UTF-8");
		MUST((unsigned char)s[i] >= 0x20 && s[i] != 0x7f,
		     "a line has no control character");
		MUST(n != 2 || (unsigned char)s[i] != 0xc2 || (unsigned char)s[i + 1] >= 0xa0,
		     "a line has no control character of the second block");
	}
}

static int look(struct sink *s, enum sink_kind kind, const char *line, size_t len)
{
	cJSON *root;

	(void)kind;
	check_text(line, len);
	if (s->format != SINK_JSON)
		return 0;
	root = cJSON_ParseWithLength(line, len);
	MUST(root && cJSON_IsObject(root), "a line is a JSON object");
	cJSON_Delete(root);
	return 0;
}

static int no_flush(struct sink *s)
{
	(void)s;
	return 0;
}

static void free_sink(struct sink *s)
{
	free(s);
}

struct sink *fuzz_sink_new(enum sink_format format)
{
	static const struct sink_ops ops = {look, no_flush, free_sink};
	struct sink *s = calloc(1, sizeof(*s));

	MUST(s, "memory for a sink");
	s->ops = &ops;
	s->name = "fuzz";
	s->format = format;
	return s;
}

/* --- the pipeline --- */

struct pipeline *fuzz_pipeline_new(struct ruleset *rules, struct sink *const sinks[2])
{
	struct pipeline_opts o = {
		.rules = rules,
		.sinks = {sinks[0], sinks[1]},
		.n_sinks = 2,
		.event_classes = (1u << HW_CLASS_MAX) - 1,
		.match_all = true,
	};
	struct pipeline *p = pipeline_new(&o);

	MUST(p, "a pipeline can be made");
	return p;
}

void fuzz_feed(struct pipeline *p, const void *rec, size_t len)
{
	void *copy = malloc(len ? len : 1);

	MUST(copy, "memory for a record");
	memcpy(copy, rec, len);
	MUST(pipeline_feed(p, copy, len) == 0, "pipeline_feed returns 0");
	free(copy);
}

void fuzz_feed_lines(struct pipeline *p, const char *text, size_t len)
{
	static struct rec_builder b; /* large, and the same for every input */
	const char *end = text + len;

	MUST(b.mem || rec_init(&b) == 0, "memory for a builder");
	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		const char *stop = nl ? nl : end;
		size_t rec_len;
		void *rec = line_record(&b, text, (size_t)(stop - text), &rec_len);

		if (rec)
			MUST(pipeline_feed(p, rec, rec_len) == 0, "pipeline_feed returns 0");
		free(rec);
		text = stop + 1;
	}
}

/* --- rules and events --- */

/* Under the four, every event type has a rule that holds. */
#define EXEC_TYPES "execve, execveat"
#define OPEN_TYPES "open, openat, openat2, creat"
#define SOCK_TYPES "connect, sendto, sendmsg, accept, socket"

static const char rules_text[] =
	"- rule: any exec\n"
	"  desc: d\n"
	"  priority: NOTICE\n"
	"  tags: [a, b]\n"
	"  condition: evt.type in (" EXEC_TYPES ") and (proc.name contains s or\n"
	"    proc.aname[2] = a or proc.pname exists)\n"
	"  output: '%evt.time %proc.cmdline %proc.aname[1] %container.name %evt.args %user.name'\n"
	"- rule: any file\n"
	"  desc: d\n"
	"  priority: ERROR\n"
	"  condition: evt.type in (" OPEN_TYPES ") and (fd.name startswith / or\n"
	"    fd.name pmatch (/etc, /root) or fd.num >= 0)\n"
	"  output: '%fd.name %fd.directory %fd.filename %evt.arg.flags %proc.exepath'\n"
	"- rule: any net\n"
	"  desc: d\n"
	"  priority: INFO\n"
	"  condition: evt.type in (" SOCK_TYPES ") and (fd.sip != 0.0.0.0 or\n"
	"    fd.typechar = 4 or evt.failed = true)\n"
	"  output: '%fd.name %fd.sip %fd.cport %fd.l4proto %container.image.repository'\n"
	"- rule: any other\n"
	"  desc: d\n"
	"  priority: DEBUG\n"
	"  condition: evt.num > 0 and not evt.type in (" EXEC_TYPES ", " OPEN_TYPES ",\n"
	"    " SOCK_TYPES ")\n"
	"  output: '%evt.type %evt.arg.oldpath %evt.arg.newpath %evt.res %container.id'\n";

struct rule_faults {
	unsigned errors;
};

static void say_diag(void *ctx, const struct rule_diag *d)
{
	struct rule_faults *f = ctx;

	f->errors += d->error;
	if (d->error)
		fprintf(stderr, "%s:%u:%u: %s\n", d->file, d->line, d->column, d->what);
}

struct ruleset *fuzz_rules_new(void)
{
	const struct ruleset_opts opts = {.min_priority = PRIO_DEBUG};
	struct rule_faults f = {0};
	struct ruleset *rs = ruleset_load_text("rules", rules_text, sizeof(rules_text) - 1, &opts,
					       say_diag, &f);

	MUST(rs && !f.errors, "the target's own rules load");
	return rs;
}

#define CTR_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define WEB "pid=7 tid=7 ppid=1 start=5 cgroup=99 uid=33 "

const char fuzz_events[] =
	"start wall_off=1767225600000000000 boot_id=1 hostname=box\n"
	"cgroup_mkdir id=99 path=/docker/" CTR_ID "\n"
	"container cgroup=99 facts={\"id\":\"" CTR_ID "\",\"runtime\":\"docker\",\"name\":"
	"\"web\",\"image\":{\"ref\":\"nginx:1\",\"repo\":\"nginx\",\"tag\":\"1\"}}\n"
	"passwd cgroup=99 users=0:root\\x0a33:www groups=0:root\n"
	"proc pid=1 comm=init trusted_exepath=/sbin/init argv=init\\0 cwd=/\n"
	"fork time=10 pid=1 tid=1 comm=init child_pid=7 child_ppid=1 child_cgroup=99 "
	"child_start=5\n"
	"execve time=20 " WEB "comm=sh trusted_exepath=/bin/sh filename=/bin/sh "
	"argv=sh\\0-c\\0id\\s>\\s/tmp/x\\0 cwd=/root tty=34816 sid=7 flags=2\n"
	"openat time=30 " WEB "comm=sh fd=3 flags=65 name=/etc/shadow "
	"obj.kind=1 obj.path=/etc/shadow obj.ino=4 obj.mode=0100644\n"
	"connect time=40 " WEB "comm=sh fd=4 addr=169.254.169.254:80 "
	"obj.kind=3 obj.sk_family=2 obj.sk_type=1 obj.sk_proto=6 obj.local=10.0.0.2:40000 "
	"obj.remote=169.254.169.254:80\n"
	"symlinkat time=50 " WEB "comm=sh target=../etc linkpath=l base2=/tmp\n"
	"ptrace time=60 " WEB "comm=sh request=16 res=-1\n"
	"procexit time=70 " WEB "comm=sh\n";
