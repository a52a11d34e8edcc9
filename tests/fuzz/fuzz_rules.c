/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Rule files. What loads is tried on some events; what does not has told at least one error. */
#include "target.h"

struct told {
	unsigned errors;
};

static void take_diag(void *ctx, const struct rule_diag *d)
{
	struct told *t = ctx;

	t->errors += d->error;
	MUST(d->what && *d->what, "a diagnosis says what was found");
	MUST(!strchr(d->what, '\n'), "a diagnosis is one line");
	MUST(d->file && d->code, "a diagnosis names file and code");
	MUST(!d->column || d->line, "a column has a line");
}

void fuzz_one(const uint8_t *data, size_t len)
{
	const struct ruleset_opts opts = {.min_priority = PRIO_DEBUG};
	struct sink *sinks[2];
	struct told t = {0};
	struct buf text = BUF_INIT;
	struct ruleset *rs;
	struct pipeline *p;

	rs = ruleset_load_text("f.yaml", (const char *)data, len, &opts, take_diag, &t);
	MUST(!rs == (t.errors > 0), "a set is refused with an error, and only then");
	if (!rs)
		return;
	for (size_t i = 0; i < ruleset_len(rs); i++)
		rule_condition_text(rs, ruleset_at(rs, i), &text);
	sinks[0] = fuzz_sink_new(SINK_JSON);
	sinks[1] = fuzz_sink_new(SINK_PRETTY);
	p = fuzz_pipeline_new(rs, sinks);
	fuzz_feed_lines(p, fuzz_events, strlen(fuzz_events));
	pipeline_free(p);
	ruleset_free(rs);
	sink_free(sinks[0]);
	sink_free(sinks[1]);
	buf_done(&text);
}
