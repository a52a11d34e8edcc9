/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Waiting: the source, signals, a tick every second, and what else is watched. Decides when the
 * ring is looked at; what happens with records and signals is the caller's.
 *
 * The kernel side does not wake us per event. After records were seen the ring is looked at every
 * LOOP_POLL_MS; when nothing came for LOOP_IDLE_POLLS times, the source is told to wake us with
 * the next event (live_arm_wakeup), and we sleep.
 */
#ifndef HW_LOOP_H
#define HW_LOOP_H

#include <stdint.h>

#include "base/buf.h"
#include "source/source.h"

#define LOOP_POLL_MS 4
#define LOOP_IDLE_POLLS 25

struct loop;

struct loop_ops {
	void (*signal)(void *ctx, int signo);
	void (*tick)(void *ctx); /* about once a second */
	void (*turn)(void *ctx); /* after every look at the source */
	bool (*arm_wakeup)(struct source *s); /* live_arm_wakeup; NULL: never sleep for long */
};

/* Blocks SIGINT, SIGTERM, SIGHUP and SIGUSR1 for this thread (threads made later inherit that)
 * and takes them through a descriptor. NULL + errno. */
struct loop *loop_new(const struct loop_ops *ops, void *ctx);
void loop_free(struct loop *l);
/* fn runs when fd can be read. 0 or negative errno; at most a few. */
int loop_watch(struct loop *l, int fd, void (*fn)(void *ctx), void *ctx);
int loop_stop_after(struct loop *l, uint64_t ns);
/* Runs until loop_stop, or until the source fails: then its error, with a message in err. The end
 * of a recording is 0. */
int loop_run(struct loop *l, struct source *s, struct buf *err);
void loop_stop(struct loop *l);

uint64_t loop_now_ns(void); /* CLOCK_BOOTTIME */

#endif
