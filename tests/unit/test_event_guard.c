/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * An event is whole when it has a hook, an act that makes it happen, and a recording in which it
 * did. test_source_hooks.c asks for the hook's program; this asks for the rest, by name.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "event/schema.h"
#include "source/hooks.h"

/* The folder tests/, from where this file was compiled. */
static const char *tests_dir(void)
{
	static char dir[1024];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", __FILE__);
	for (int i = 0; i < 2; i++) {
		slash = strrchr(dir, '/');
		if (slash)
			*slash = '\0';
	}
	return dir;
}

static void add_file(struct buf *text, const char *path)
{
	char part[4096];
	FILE *f = fopen(path, "re");
	size_t n;

	assert_non_null(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(text, part, n);
	fclose(f);
}

/* All files of a folder below tests/ whose names begin and end so, one after the other. */
static void add_files(struct buf *text, const char *below, const char *begin, const char *end)
{
	char path[2048];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "%s/%s", tests_dir(), below);
	d = opendir(path);
	if (!d)
		fail_msg("there is no %s", path);
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name), end_len = strlen(end);

		if (strncmp(e->d_name, begin, strlen(begin)) || len < end_len ||
		    strcmp(e->d_name + len - end_len, end))
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", tests_dir(), below, e->d_name);
		add_file(text, path);
	}
	closedir(d);
}

static bool happens(const struct event_desc *d)
{
	return d && d->class != HW_CLASS_FACT && d->class != HW_CLASS_SELF;
}

/* Every event's name stands in text between before and after; says which do not. */
static void every_event_in(const struct buf *text, const char *before, const char *after,
			   const char *what)
{
	struct buf missing = BUF_INIT;

	for (unsigned id = 1; id < EV_MAX; id++) {
		char want[128];

		if (!happens(schema_event(id)))
			continue;
		snprintf(want, sizeof(want), "%s%s%s", before, schema_event(id)->name, after);
		if (!memmem(buf_str(text), text->len, want, strlen(want)))
			buf_addf(&missing, " %s", schema_event(id)->name);
	}
	if (missing.len)
		fail_msg("%s:%s", what, buf_str(&missing));
	buf_done(&missing);
}

static void every_event_has_a_hook(void **state)
{
	struct buf missing = BUF_INIT;
	const struct hook *rows;
	size_t n;

	(void)state;
	rows = hooks_table(&n);
	for (unsigned id = 1; id < EV_MAX; id++) {
		bool has = false;

		for (size_t i = 0; i < n; i++)
			has = has || rows[i].id == id;
		if (happens(schema_event(id)) && !has)
			buf_addf(&missing, " %s", schema_event(id)->name);
	}
	if (missing.len)
		fail_msg("no row in user/source/hooks.def:%s", buf_str(&missing));
	buf_done(&missing);
}

static void every_event_has_an_act(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	add_files(&text, "integ/actors", "event_", ".c");
	every_event_in(&text, "{\"", "\", ", "no row in tests/integ/actors/event_*.c");
	buf_done(&text);
}

/* The truths that lie beside the recordings; tests/replay/run compares the two. */
static void every_event_has_a_recording(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	add_files(&text, "replay", "events-", ".truth");
	every_event_in(&text, "\"event\":\"", "\"",
		       "in no recording, tests/replay/make-recordings events makes them");
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_has_a_hook),
		cmocka_unit_test(every_event_has_an_act),
		cmocka_unit_test(every_event_has_a_recording),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
