/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* From rules and feed to event bits. */
#include "watch.h"

#include <string.h>

#include "event/schema.h"

/* Of these there are more than of all others, and whoever writes down what is seen makes more. */
static bool moves_data(unsigned id)
{
	return id >= EV_read && id <= EV_pwritev2;
}

void watch_events(const struct ruleset *rules, uint32_t feed_classes,
		  uint8_t ret_events[EV_MAX / 8])
{
	memset(ret_events, 0, EV_MAX / 8);
	if (rules)
		memcpy(ret_events, ruleset_events(rules), EV_MAX / 8);
	for (unsigned id = 1; id < EV_MAX; id++) {
		const struct event_desc *d = schema_event(id);

		if (!d || (feed_classes & HW_FEED_NO_DATA && moves_data(id)))
			continue;
		if (feed_classes >> d->class & 1)
			ret_events[id / 8] |= (uint8_t)(1u << id % 8);
	}
}

/* What the kernel side leaves out then: all on TCP sockets, and all on other sockets that are
 * connected and keep their addresses. */
static bool wants_connected(struct ruleset *rules, uint32_t feed_classes, const unsigned *events,
			    size_t n)
{
	static const struct assume tcp[] = {{"fd.l4proto", "tcp"}};
	static const struct assume same[] = {{"fd.connected", "true"},
					     {"fd.name_changed", "false"}};
	bool wanted = feed_classes >> HW_CLASS_NET & 1;

	for (size_t i = 0; rules && !wanted && i < n; i++)
		wanted = ruleset_possible(rules, events[i], tcp, 1) ||
			 ruleset_possible(rules, events[i], same, 2);
	return wanted;
}

bool watch_send_connected(struct ruleset *rules, uint32_t feed_classes)
{
	static const unsigned sends[] = {EV_sendto, EV_sendmsg, EV_sendmmsg};

	return wants_connected(rules, feed_classes, sends, 3);
}

bool watch_recv_connected(struct ruleset *rules, uint32_t feed_classes)
{
	static const unsigned receives[] = {EV_recvfrom, EV_recvmsg, EV_recvmmsg};

	return wants_connected(rules, feed_classes, receives, 3);
}

bool watch_covers(const uint8_t have[EV_MAX / 8], const uint8_t need[EV_MAX / 8],
		  unsigned *ret_missing)
{
	for (unsigned id = 0; id < EV_MAX; id++) {
		if (!(need[id / 8] >> id % 8 & 1) || have[id / 8] >> id % 8 & 1)
			continue;
		*ret_missing = id;
		return false;
	}
	return true;
}
