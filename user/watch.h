/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What must be watched for a set of rules and a feed: the live source's interest. */
#ifndef HW_WATCH_H
#define HW_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "rule/ruleset.h"

/* A bit beside those of the feed's classes: reads and writes are watched only where a rule asks, as
 * --events without classes means it. On a whole machine they would feed themselves: a line written
 * is a write, which makes the next line, of whoever collects them. */
#define HW_FEED_NO_DATA (1u << 31)

/* Sets the bits of all events that a rule can match (rules may be NULL) or the feed shows. */
void watch_events(const struct ruleset *rules, uint32_t feed_classes,
		  uint8_t ret_events[EV_MAX / 8]);
/* Does anything want what is sent on sockets that are connected already? What is received? */
bool watch_send_connected(struct ruleset *rules, uint32_t feed_classes);
bool watch_recv_connected(struct ruleset *rules, uint32_t feed_classes);
/* Is every event of need in have? If not, *ret_missing is one that is not. */
bool watch_covers(const uint8_t have[EV_MAX / 8], const uint8_t need[EV_MAX / 8],
		  unsigned *ret_missing);

#endif
