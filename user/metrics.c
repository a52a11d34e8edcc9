/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The rows of counters, and their two forms. */
#include "metrics.h"

#include <inttypes.h>
#include <string.h>

#include "event/names.h"
#include "event/schema.h"

enum shape { ONE, BY_CLASS, BY_REASON, BY_BOTH };

struct metric {
	const char *name; /* without the prefix hullwatch_ */
	const char *type;
	enum shape shape;
	size_t offset; /* in struct metrics, of uint64_t */
	const char *help;
};

/* Sizes in struct state_stats are read as numbers of 64 bits. */
_Static_assert(sizeof(size_t) == sizeof(uint64_t), "a 64-bit machine is needed");

#define AT(field) offsetof(struct metrics, field)

static const struct metric metrics[] = {
	{"events_produced_total", "counter", BY_CLASS, AT(produced), "events the kernel side made"},
	{"events_delivered_total", "counter", BY_CLASS, AT(pipe.delivered),
	 "events that reached the rules"},
	{"events_lost_total", "counter", BY_BOTH, AT(lost),
	 "events that were lost or that came with a part missing"},
	{"records_refused_total", "counter", BY_REASON, AT(pipe.refused),
	 "records that user space refused"},
	{"facts_total", "counter", ONE, AT(pipe.facts), "records that user space made"},
	{"healed_total", "counter", ONE, AT(pipe.healed),
	 "times that processes and containers were read again after a loss"},
	{"alerts_total", "counter", ONE, AT(pipe.alerts), "alerts"},
	{"feed_lines_total", "counter", ONE, AT(pipe.feed_lines), "lines of the event feed"},
	{"lines_written_total", "counter", ONE, AT(lines_written), "lines that sinks wrote"},
	{"lines_failed_total", "counter", ONE, AT(lines_failed), "lines that sinks dropped"},
	{"lines_no_memory_total", "counter", ONE, AT(pipe.no_memory_lines),
	 "lines that were not built: memory ran out"},
	{"record_failed_total", "counter", ONE, AT(pipe.record_failed),
	 "records missing in the recording"},
	{"kernel_maps_bytes", "gauge", ONE, AT(kernel_maps),
	 "memory that the kernel side's maps take"},
	{"processes", "gauge", ONE, AT(state.processes), "processes known"},
	{"processes_unknown_total", "counter", ONE, AT(state.unknown_processes),
	 "processes known from an event's header alone"},
	{"processes_evicted_total", "counter", ONE, AT(state.evicted_processes),
	 "processes forgotten for room"},
	{"containers", "gauge", ONE, AT(state.containers), "containers known"},
	{"containers_evicted_total", "counter", ONE, AT(state.evicted_containers),
	 "containers forgotten for room"},
	{"cgroups", "gauge", ONE, AT(state.cgroups), "cgroups known"},
	{"cgroups_evicted_total", "counter", ONE, AT(state.evicted_cgroups),
	 "cgroups forgotten for room"},
	{"sockets", "gauge", ONE, AT(state.sockets), "sockets known"},
	{"sockets_evicted_total", "counter", ONE, AT(state.evicted_sockets),
	 "sockets forgotten for room"},
	{"strings", "gauge", ONE, AT(state.strings), "strings shared by rows"},
};

void metrics_take(struct metrics *m, struct pipeline *p, struct source *s,
		  struct sink *const *sinks, unsigned n_sinks)
{
	memset(m, 0, sizeof(*m));
	pipeline_get_stats(p, &m->pipe);
	state_get_stats(pipeline_state(p), &m->state);
	if (s) {
		s->ops->produced(s, m->produced);
		s->ops->lost(s, m->lost);
		m->kernel_maps = s->ops->maps_len ? s->ops->maps_len(s) : 0;
		for (unsigned i = 0; i < HW_CLASS_MAX; i++)
			for (unsigned j = 0; j < HW_LOST_MAX; j++)
				m->lost[i][j] += m->pipe.refused_of[i][j];
	} else {
		memcpy(m->lost, m->pipe.lost, sizeof(m->lost));
	}
	for (unsigned i = 0; i < n_sinks; i++) {
		m->lines_written += sinks[i]->written;
		m->lines_failed += sinks[i]->failed;
	}
}

static uint64_t lost_of(const struct metrics *m, unsigned class, bool whole)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < HW_LOST_MAX; i++)
		sum += schema_lost_whole(i) == whole ? m->lost[class][i] : 0;
	return sum;
}

uint64_t metrics_lost(const struct metrics *m, unsigned class)
{
	return lost_of(m, class, true);
}

static const char *reason_name(unsigned reason)
{
	const char *name = names_enum(names_table("lost_reason"), reason);

	return name ? name : "unknown";
}

/* --- for people --- */

static void add_reasons(const struct metrics *m, unsigned class, bool whole, struct buf *out)
{
	const char *sep = " (";

	for (unsigned i = 0; i < HW_LOST_MAX; i++) {
		if (schema_lost_whole(i) != whole || !m->lost[class][i])
			continue;
		buf_addf(out, "%s%s %" PRIu64, sep, reason_name(i), m->lost[class][i]);
		sep = ", ";
	}
	if (*sep == ',')
		buf_addc(out, ')');
}

static void add_class(const struct metrics *m, unsigned class, bool live, struct buf *out)
{
	uint64_t lost = lost_of(m, class, true), cut = lost_of(m, class, false);

	if (!m->produced[class] && !m->pipe.delivered[class] && !lost && !cut)
		return;
	buf_addf(out, "  %-7s", schema_class_name(class));
	if (live)
		buf_addf(out, " produced %" PRIu64, m->produced[class]);
	buf_addf(out, " delivered %" PRIu64 " lost %" PRIu64, m->pipe.delivered[class], lost);
	add_reasons(m, class, true, out);
	if (cut) {
		buf_addf(out, " cut short %" PRIu64, cut);
		add_reasons(m, class, false, out);
	}
	buf_addc(out, '\n');
}

/* The rest only when there is something to say. */
static void add_troubles(const struct metrics *m, struct buf *out)
{
	uint64_t refused = 0;

	for (unsigned i = 0; i < HW_LOST_MAX; i++)
		refused += m->pipe.refused[i];
	if (refused)
		buf_addf(out, ", records refused %" PRIu64, refused);
	if (m->lines_failed)
		buf_addf(out, ", lines dropped %" PRIu64, m->lines_failed);
	if (m->pipe.no_memory_lines)
		buf_addf(out, ", lines not built %" PRIu64, m->pipe.no_memory_lines);
	if (m->pipe.record_failed)
		buf_addf(out, ", not recorded %" PRIu64, m->pipe.record_failed);
}

void metrics_totals(const struct metrics *m, bool live, struct buf *out)
{
	uint64_t produced = 0, delivered = 0, lost = 0;

	for (unsigned i = 0; i < HW_CLASS_MAX; i++) {
		produced += m->produced[i];
		delivered += m->pipe.delivered[i];
		lost += lost_of(m, i, true);
	}
	buf_adds(out, "totals:");
	if (live)
		buf_addf(out, " produced %" PRIu64 ",", produced);
	buf_addf(out, " delivered %" PRIu64 ", lost %" PRIu64 ", alerts %" PRIu64, delivered, lost,
		 m->pipe.alerts);
	if (m->pipe.feed_lines)
		buf_addf(out, ", feed lines %" PRIu64, m->pipe.feed_lines);
	add_troubles(m, out);
	buf_addc(out, '\n');
	for (unsigned i = 0; i < HW_CLASS_MAX; i++)
		add_class(m, i, live, out);
}

/* --- Prometheus --- */

static void add_labels(const struct metric *r, unsigned class, unsigned reason, struct buf *out)
{
	bool has_class = r->shape == BY_CLASS || r->shape == BY_BOTH;
	bool has_reason = r->shape == BY_REASON || r->shape == BY_BOTH;

	if (r->shape == ONE)
		return;
	buf_addc(out, '{');
	if (has_class)
		buf_addf(out, "class=\"%s\"", schema_class_name(class));
	if (has_reason)
		buf_addf(out, "%sreason=\"%s\"", has_class ? "," : "", reason_name(reason));
	buf_addc(out, '}');
}

static void add_metric(const struct metric *r, const struct metrics *m, struct buf *out)
{
	const uint64_t *v = (const uint64_t *)((const char *)m + r->offset);
	unsigned classes = r->shape == BY_CLASS || r->shape == BY_BOTH ? HW_CLASS_MAX : 1;
	unsigned reasons = r->shape == BY_REASON || r->shape == BY_BOTH ? HW_LOST_MAX : 1;

	buf_addf(out, "# HELP hullwatch_%s %s\n# TYPE hullwatch_%s %s\n", r->name, r->help,
		 r->name, r->type);
	for (unsigned c = 0; c < classes; c++) {
		for (unsigned i = 0; i < reasons; i++) {
			buf_addf(out, "hullwatch_%s", r->name);
			add_labels(r, c, i, out);
			buf_addf(out, " %" PRIu64 "\n", *v++);
		}
	}
}

void metrics_prometheus(const struct metrics *m, struct buf *out)
{
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		add_metric(&metrics[i], m, out);
}
