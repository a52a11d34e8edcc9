/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The input as the condition of one rule. A condition that loads is written out by
 * rule_condition_text, must load again, be written out as the same text, and hold for the same
 * events.
 */
#include "base/jsonw.h"
#include "target.h"

static void no_diag(void *ctx, const struct rule_diag *d)
{
	(void)ctx;
	MUST(d->what && *d->what, "a diagnosis says what was found");
}

static struct ruleset *load(const char *condition, size_t len)
{
	const struct ruleset_opts opts = {.min_priority = PRIO_DEBUG};
	struct buf yaml = BUF_INIT;
	struct ruleset *rs;

	buf_adds(&yaml, "- {list: shells, items: [sh, bash, \"a b\"]}\n"
			"- {macro: in_container, condition: (container.id != host)}\n"
			"- {rule: r, desc: d, output: o, priority: DEBUG, condition: \"");
	jsonw_escape(&yaml, condition, len);
	buf_adds(&yaml, "\"}\n");
	rs = ruleset_load_text("f.yaml", buf_str(&yaml), yaml.len, &opts, no_diag, NULL);
	buf_done(&yaml);
	return rs;
}

static uint64_t alerts_of(struct ruleset *rs)
{
	struct sink *sinks[2] = {fuzz_sink_new(SINK_JSON), fuzz_sink_new(SINK_PRETTY)};
	struct pipeline *p = fuzz_pipeline_new(rs, sinks);
	struct pipeline_stats stats;

	fuzz_feed_lines(p, fuzz_events, strlen(fuzz_events));
	pipeline_get_stats(p, &stats);
	pipeline_free(p);
	sink_free(sinks[0]);
	sink_free(sinks[1]);
	return stats.alerts;
}

void fuzz_one(const uint8_t *data, size_t len)
{
	struct ruleset *rs = load((const char *)data, len), *again;
	struct buf text = BUF_INIT, text2 = BUF_INIT;

	if (!rs || !ruleset_len(rs)) {
		ruleset_free(rs);
		return;
	}
	rule_condition_text(rs, ruleset_at(rs, 0), &text);
	again = load(buf_str(&text), text.len);
	MUST(again && ruleset_len(again), "a condition that was written out loads again");
	rule_condition_text(again, ruleset_at(again, 0), &text2);
	MUST(text.len == text2.len && !memcmp(buf_str(&text), buf_str(&text2), text.len),
	     "a condition that was written out is written out as the same text");
	MUST(alerts_of(rs) == alerts_of(again), "both hold for the same events");
	ruleset_free(rs);
	ruleset_free(again);
	buf_done(&text);
	buf_done(&text2);
}
