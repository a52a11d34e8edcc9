/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * One actor for each event of the schema: `actor event NAME [DIR]` makes exactly one event of that
 * type (its preparation may make others) and prints the truth. A key of the truth is the name of the
 * event's argument as the feed has it, its value what that argument must be; "res" and descriptors
 * are what the call returned (a failure as the negative error). Keys that the feed has elsewhere are
 * written with their field's name ("fd.name", "proc.name").
 */
#ifndef HW_EVENT_ACTOR_H
#define HW_EVENT_ACTOR_H

#include "actor.h"

struct event_act {
	const char *event;
	int (*fn)(const char *dir); /* dir: empty, writable; returns the exit status */
	const char *needs; /* capabilities beyond a container's default, blanks between; or NULL */
};

/* The acts of each file, ended by a row without a name. */
extern const struct event_act event_basic[]; /* processes, open, names, sockets of old */
extern const struct event_act event_files[]; /* attributes, bytes, memory, mounts */
extern const struct event_act event_calls[]; /* namespaces, kernel, other processes, sockets */

/* Status 77: this kernel has no such call. Prints the reason as the truth's "why". */
int no_such_call(const char *why);

#endif
