/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * One actor for each event of the schema: `actor event NAME DIR` makes exactly one event of that
 * type (its preparation may make others) and prints the truth. A key of the truth is the name of
 * the event's argument as the feed has it, its value what that argument must be; "res" and
 * descriptors are what the call returned (truth_res: a failure is compared as the negative error).
 *
 * "act", "event", "pid", "tid" and "uid" are the actor's own, from truth_begin; an argument with
 * one of these names is written "evt.arg.pid". Any other key with a dot names a field of the rule
 * language or a place of the feed's line: "fd.name", "fs.path.name", "proc.name", "target.pid",
 * "event.via". The event is looked for by the actor's pid; when another process makes it (a child
 * that ends), its pid is written as "proc.pid".
 */
#ifndef HW_EVENT_ACTOR_H
#define HW_EVENT_ACTOR_H

#include "actor.h"

struct event_act {
	const char *event;
	int (*fn)(const char *dir); /* dir: empty, writable; returns the exit status */
	/* Capabilities beyond a container's default, blanks between; NULL for none. "host": to be run
	 * outside of any container, with dir in the cgroup v2 hierarchy. */
	const char *needs;
};

/* The acts of each file, ended by a row without a name. */
extern const struct event_act event_basic[] __attribute__((weak)); /* those of the beginning */
extern const struct event_act event_files[] __attribute__((weak)); /* files, memory, mounts */
extern const struct event_act event_calls[] __attribute__((weak)); /* the kernel, other processes */

/* Status 77: this kernel has no such call. Prints the reason as the truth's "why"; to be called
 * instead of truth_end, after truth_begin or without it. */
int no_such_call(const char *why);

#endif
