/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * actor: does one thing and prints, as one JSON line, what it really did. A test compares that
 * truth with what was seen from outside. Knows nothing of hullwatch.
 *
 * Files: actor.c the tables and the truth; file.c, net.c, proc.c the deeds; event_*.c one deed for
 * each event of the schema (event.h).
 */
#ifndef HW_ACTOR_H
#define HW_ACTOR_H

#include <stdbool.h>
#include <stddef.h>

/* An act gets its arguments (argv[0] is its own name) and returns the exit status. */
struct act {
	const char *name;
	const char *usage; /* arguments, for people */
	int min;	   /* arguments needed */
	int (*fn)(int argc, char **argv);
	const char *doc;
};

/* The acts of each file, ended by a row without a name. */
extern const struct act file_acts[], net_acts[], proc_acts[];
/* The same of files that a build may leave out. */
extern const struct act race_acts[] __attribute__((weak));  /* arguments that change meanwhile */
extern const struct act evade_acts[] __attribute__((weak)); /* tricks against a watcher */
extern const struct act evade_exec_acts[] __attribute__((weak));
extern const struct act evade_cpu_acts[] __attribute__((weak));
extern const struct act uring_acts[] __attribute__((weak)); /* the same deeds through io_uring */

/* Does the act that argv names; argv[argc] is NULL. Status 2 when there is none. */
int act(int argc, char **argv);

/* The truth is collected by these and written with truth_end to the descriptor that was standard
 * output at the start, even if an act has redirected that since. */
void truth_begin(const char *act); /* also: pid, tid, uid */
void truth_int(const char *key, long long v);
/* A string of any bytes: "key" if it is printable ASCII, else "key_hex" with its bytes in hex. */
void truth_str(const char *key, const char *s);
/* A system call's result: "key" and, when it failed, "key_errno" as a number. Returns r. */
long truth_res(const char *key, long r);
/* Returns 0, or 1 when the output could not be written. */
int truth_end(void);

/* Message on standard error, with errno's text; ends the program with status 2. */
void die(const char *what) __attribute__((noreturn));
/* A decimal number in [min, max], or die naming what. */
long number(const char *s, long min, long max, const char *what);

/* Copies this program's own file to an open descriptor. */
void copy_self(int to);
/* Waits for a child and returns its status as wait(2) gives it. */
int reap(int pid);

#endif
