/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Addresses of records: folding, comparing, text. */
#ifndef HW_ADDR_H
#define HW_ADDR_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"

/* IPv4-mapped IPv6 (::ffff:a.b.c.d) becomes the IPv4 address; everything else stays. Bytes that
 * the family does not use are zero in what is returned. */
struct hw_addr addr_fold(const struct hw_addr *a);
bool addr_is_mapped(const struct hw_addr *a);
bool addr_same_ip(const struct hw_addr *a, const struct hw_addr *b); /* both folded; ports apart */
bool addr_same(const struct hw_addr *a, const struct hw_addr *b);    /* ports too */

#define ADDR_TEXT_MAX 56 /* the longest of these texts, with its NUL */

/* "192.0.2.1", "2001:db8::1"; "" for other families. Returns the length. */
size_t addr_ip_text(char ret_text[ADDR_TEXT_MAX], const struct hw_addr *a);
/* "192.0.2.1:80", "2001:db8::1:80": the rule language has no brackets. */
size_t addr_text(char ret_text[ADDR_TEXT_MAX], const struct hw_addr *a);

#endif
