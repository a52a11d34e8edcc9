/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Event, process, container and user as JSON members, the same in alerts and in the event feed;
 * and a line for people.
 *
 *   "event":     {"type","class","num","seq","cpu","res","args":{wire fields by name},"fd":{...}}
 *   "process":   {"pid","tid","ppid","vpid","name","exe","exepath","args","cmdline","cwd","tty",
 *                 "sid","start","exec","flags":[...],"capabilities":{...},"entry",
 *                 "ancestors":[{"pid","name","exepath","cmdline"}, ... nearest first]}
 *   "container": {"id","full_id","name","runtime","image":{...},"user","privileged",...,"why"}
 *   "user":      {"uid","name","gid","group","loginuid","loginname"}
 */
#ifndef HW_RENDER_H
#define HW_RENDER_H

#include "base/jsonw.h"
#include "event/view.h"

void render_event(struct jsonw *w, const struct view *v);
void render_process(struct jsonw *w, const struct view *v);
void render_container(struct jsonw *w, const struct container *c);
void render_user(struct jsonw *w, const struct view *v);
void render_iso8601(struct buf *out, uint64_t wall_ns); /* 2026-01-02T03:04:05.123456789Z */
/* Deterministic: of boot, CPU, sequence number and salt (a rule's name or a kind). RFC 9562, v8. */
void render_uuid(struct buf *out, const struct view *v, const char *salt);
/* One line of the event feed for people, without the newline. */
void render_pretty(struct buf *out, const struct view *v);

#endif
