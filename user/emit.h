/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Lines for the sinks: alerts, the event feed, and what shares its envelope. Each line is built
 * once for each form that some sink wants.
 *
 * A JSON line is one object: time, (rule, priority, source, tags,) hostname, (output,
 * output_fields,) kind, uuid, then by kind
 *
 *	alert      event, process, container, user
 *	event      event, process, container, user
 *	lifecycle  change (created, known, removed), container; event, process when an event did it
 *	lost       class, reason, gone (false: they came, with a part missing), count, total, and
 *		   cgroup and container when they are one cgroup's
 *	health     state; of "started": kernel, version, hooks; of "healed" (a loss was made good as
 *		   far as the state of the machine goes): lost, processes, ended
 *
 * Times are UTC. Nothing here depends on anything but the view and the rule, so a replay writes
 * the same bytes.
 */
#ifndef HW_EMIT_H
#define HW_EMIT_H

#include "event/view.h"
#include "rule/ruleset.h"
#include "sink/sink.h"

struct emit;

/* Sinks are borrowed. NULL + errno. */
struct emit *emit_new(struct sink *const *sinks, unsigned n_sinks);
void emit_free(struct emit *e);

void emit_alert(struct emit *e, const struct view *v, const struct rule *r);
void emit_event(struct emit *e, const struct view *v);
/* v->proc is NULL when a fact said it; c is the container that changed. */
void emit_lifecycle(struct emit *e, const struct view *v, const char *change,
		    const struct container *c);
/* v->ev is a lost record; v->ctr the container it is about, or NULL. */
void emit_lost(struct emit *e, const struct view *v);
void emit_start(struct emit *e, const struct view *v);	/* v->ev is a start record */
void emit_healed(struct emit *e, const struct view *v); /* v->ev is a healed record */
/* Passes on what waits; says the first failure of each sink on stderr. */
void emit_flush(struct emit *e);
uint64_t emit_no_memory(const struct emit *e); /* lines that were not built */

#endif
