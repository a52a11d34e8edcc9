/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Records through the check and the whole pipeline. Input that begins with a NUL is one record as
 * it is (the bytes after it); any other input is text, a record a line (line.h).
 */
#include "event/check.h"
#include "event/schema.h"
#include "target.h"

static void check_agrees(const uint8_t *data, size_t len)
{
	const char *why = NULL;
	uint64_t *copy = malloc(len + 8); /* aligned */
	enum check_result res;

	MUST(copy, "memory");
	memcpy(copy, data, len);
	res = check_record(copy, len, &why);
	MUST((res == CHECK_OK) == !why, "a refusal has a reason, and only a refusal");
	if (res == CHECK_OK)
		MUST(schema_event(((struct ev_hdr *)copy)->type), "what passes is of a known type");
	free(copy);
}

void fuzz_one(const uint8_t *data, size_t len)
{
	static struct ruleset *rules;
	struct sink *sinks[2] = {fuzz_sink_new(SINK_JSON), fuzz_sink_new(SINK_PRETTY)};
	struct pipeline *p;

	if (!rules)
		rules = fuzz_rules_new();
	p = fuzz_pipeline_new(rules, sinks);
	if (len && !data[0]) {
		check_agrees(data + 1, len - 1);
		fuzz_feed(p, data + 1, len - 1);
	} else {
		fuzz_feed_lines(p, (const char *)data, len);
	}
	pipeline_flush(p);
	pipeline_free(p);
	sink_free(sinks[0]);
	sink_free(sinks[1]);
}
