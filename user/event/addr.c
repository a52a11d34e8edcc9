/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Addresses of records; see addr.h. */
#include "event/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
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

size_t addr_ip_text(char ret_text[ADDR_TEXT_MAX], const struct hw_addr *a)
{
	if (!inet_ntop(a->family, a->ip, ret_text, INET6_ADDRSTRLEN))
		ret_text[0] = '\0';
	return strlen(ret_text);
}

size_t addr_text(char ret_text[ADDR_TEXT_MAX], const struct hw_addr *a)
{
	size_t len = addr_ip_text(ret_text, a);

	return len + snprintf(ret_text + len, ADDR_TEXT_MAX - len, ":%u", a->port);
}
