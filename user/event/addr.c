/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Addresses of records; see addr.h. */
#include "event/addr.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static const unsigned char mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

bool addr_is_mapped(const struct hw_addr *a)
{
	return a->family == AF_INET6 && memcmp(a->ip, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

struct hw_addr addr_fold(const struct hw_addr *a)
{
	struct hw_addr f = {.port = a->port, .family = a->family};

	if (addr_is_mapped(a)) {
		f.family = AF_INET;
		memcpy(f.ip, a->ip + sizeof(mapped_prefix), 4);
	} else if (a->family == AF_INET) {
		memcpy(f.ip, a->ip, 4);
	} else if (a->family == AF_INET6) {
		memcpy(f.ip, a->ip, sizeof(f.ip));
	}
	return f;
}

bool addr_same_ip(const struct hw_addr *a, const struct hw_addr *b)
{
	return a->family == b->family &&
	       memcmp(a->ip, b->ip, a->family == AF_INET ? 4 : sizeof(a->ip)) == 0;
}

bool addr_same(const struct hw_addr *a, const struct hw_addr *b)
{
	return addr_same_ip(a, b) && a->port == b->port;
}

void addr_ip_text(struct buf *out, const struct hw_addr *a)
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(a->family, a->ip, text, sizeof(text)))
		buf_adds(out, text);
}

void addr_text(struct buf *out, const struct hw_addr *a)
{
	addr_ip_text(out, a);
	buf_addf(out, ":%u", a->port);
}
