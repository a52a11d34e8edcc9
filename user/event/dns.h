/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Addresses that names in rules stand for. Filled from dns records, asked by fields of names. */
#ifndef HW_DNS_H
#define HW_DNS_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"

struct dns_names;

struct dns_names *dns_names_new(void);
void dns_names_free(struct dns_names *d);
/* Replaces the addresses of name. 0 or -ENOMEM. */
int dns_names_set(struct dns_names *d, const char *name, const struct hw_addr *addrs, size_t n);
/* Is addr (family and ip compared; IPv4-mapped folded) one of name's? */
bool dns_names_has(const struct dns_names *d, const char *name, const struct hw_addr *addr);
/* A name for the address, for output: borrowed, NULL when there is none. */
const char *dns_names_of(const struct dns_names *d, const struct hw_addr *addr);

#endif
