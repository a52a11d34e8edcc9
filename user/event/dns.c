/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Names and the addresses they stand for: a sorted array, as there are as many names as rules write
 * down. Knows no resolver: what files or servers say arrives as dns records.
 */
#include "event/dns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "event/addr.h"

struct dns_row {
	char *name;
	struct hw_addr *addrs; /* folded */
	size_t n_addrs;
};

struct dns_names {
	struct dns_row *rows; /* by name */
	size_t len, cap;
};

struct dns_names *dns_names_new(void)
{
	return calloc(1, sizeof(struct dns_names));
}

void dns_names_free(struct dns_names *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->len; i++) {
		free(d->rows[i].name);
		free(d->rows[i].addrs);
	}
	free(d->rows);
	free(d);
}

/* The first row that is not before name. */
static size_t dns_at(const struct dns_names *d, const char *name)
{
	size_t lo = 0, hi = d->len;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(d->rows[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool dns_is(const struct dns_names *d, size_t at, const char *name)
{
	return at < d->len && strcmp(d->rows[at].name, name) == 0;
}

/* Makes room for one more row. */
static int dns_grow(struct dns_names *d)
{
	size_t cap = d->cap ? 2 * d->cap : 16;
	struct dns_row *rows;

	if (d->len < d->cap)
		return 0;
	rows = realloc(d->rows, cap * sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	d->rows = rows;
	d->cap = cap;
	return 0;
}

static int dns_insert(struct dns_names *d, size_t at, const char *name)
{
	char *copy = strdup(name);

	if (!copy || dns_grow(d) < 0) {
		free(copy);
		return -ENOMEM;
	}
	memmove(d->rows + at + 1, d->rows + at, (d->len - at) * sizeof(*d->rows));
	d->rows[at] = (struct dns_row){.name = copy};
	d->len++;
	return 0;
}

int dns_names_set(struct dns_names *d, const char *name, const struct hw_addr *addrs, size_t n)
{
	struct hw_addr *copy = NULL;
	size_t at = dns_at(d, name);

	if (n) {
		copy = calloc(n, sizeof(*copy));
		if (!copy)
			return -ENOMEM;
	}
	if (!dns_is(d, at, name) && dns_insert(d, at, name) < 0) {
		free(copy);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		copy[i] = addr_fold(&addrs[i]);
	free(d->rows[at].addrs);
	d->rows[at].addrs = copy;
	d->rows[at].n_addrs = n;
	return 0;
}

static bool row_has(const struct dns_row *r, const struct hw_addr *folded)
{
	for (size_t i = 0; i < r->n_addrs; i++) {
		if (addr_same_ip(&r->addrs[i], folded))
			return true;
	}
	return false;
}

bool dns_names_has(const struct dns_names *d, const char *name, const struct hw_addr *addr)
{
	struct hw_addr folded = addr_fold(addr);
	size_t at;

	if (!d)
		return false;
	at = dns_at(d, name);
	return dns_is(d, at, name) && row_has(&d->rows[at], &folded);
}

const char *dns_names_of(const struct dns_names *d, const struct hw_addr *addr)
{
	struct hw_addr folded = addr_fold(addr);

	for (size_t i = 0; d && i < d->len; i++) {
		if (row_has(&d->rows[i], &folded))
			return d->rows[i].name;
	}
	return NULL;
}
