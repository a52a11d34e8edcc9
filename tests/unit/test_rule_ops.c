/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The operators that FIELDS.md promises for a type are those that the rule checker takes: no more,
 * no less. The document's table and the checker's live in different modules; this holds them
 * together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "rule/ruleset.h"

static const char *const all_ops[] = {
	"=", "!=", "<", "<=", ">", ">=", "in", "intersects", "contains", "icontains", "startswith",
	"endswith", "glob", "iglob", "regex", "pmatch", "bcontains", "bstartswith", "exists",
};

/* A field of each type and a value that it takes (the grammar wants a number behind <). */
static const struct {
	const char *type, *field, *value;
} samples[] = {
	{"string", "proc.name", "2"},	       {"path", "proc.exepath", "2"},
	{"integer", "evt.rawres", "0"},	       {"unsigned", "user.uid", "0"},
	{"duration", "proc.duration", "1"},    {"time", "container.start_ts", "1"},
	{"boolean", "evt.is_open_read", "true"}, {"port", "fd.sport", "80"},
	{"bytes", "evt.buffer", "20"},
	{"address", "fd.sip", "192.0.2.1"},    {"network", "fd.snet", "192.0.2.0/24"},
};

static bool taken(const char *field, const char *op, const char *value)
{
	bool list = !strcmp(op, "in") || !strcmp(op, "intersects") || !strcmp(op, "pmatch");
	char rule[512], right[128] = "";
	struct ruleset_opts o = {PRIO_DEBUG};
	struct ruleset *rs;
	bool ok;

	if (strcmp(op, "exists") != 0)
		snprintf(right, sizeof(right), list ? "(%s)" : "%s", value);
	snprintf(rule, sizeof(rule), "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n"
		 "  condition: evt.type = openat and %s %s %s\n", field, op, right);
	rs = ruleset_load_text("ops.yaml", rule, strlen(rule), &o, NULL, NULL);
	ok = rs;
	ruleset_free(rs);
	return ok;
}

/* The document's row for a type: the start of its line, or NULL. */
static const char *row_of(const char *doc, const char *type)
{
	const char *at = strstr(doc, "\n## Operators\n");

	while (at && (at = strstr(at, "\n| "))) {
		const char *cell = at + 3, *end = strstr(cell, " |");
		const char *hit = strstr(cell, type);

		if (end && hit && hit < end)
			return cell;
		at = end;
	}
	return NULL;
}

static bool promised(const char *row, const char *op)
{
	const char *ops = strstr(row, " | "), *end = ops ? strstr(ops + 3, " | ") : NULL;
	char want[32];
	const char *hit;

	assert_non_null(end);
	snprintf(want, sizeof(want), "`%s`", op);
	hit = strstr(ops, want);
	return hit && hit < end;
}

static void test_document_agrees(void **state)
{
	struct buf doc = BUF_INIT;

	(void)state;
	field_markdown(&doc);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const char *row = row_of(buf_str(&doc), samples[i].type);

		assert_non_null(row);
		for (size_t k = 0; k < sizeof(all_ops) / sizeof(all_ops[0]); k++) {
			bool is = taken(samples[i].field, all_ops[k], samples[i].value);

			if (is != promised(row, all_ops[k]))
				fail_msg("%s %s: the checker %s it, FIELDS.md says otherwise",
					 samples[i].type, all_ops[k], is ? "takes" : "refuses");
		}
	}
	buf_done(&doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_document_agrees)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
