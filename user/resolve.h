/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Looks up the names that rules compare addresses with: in a thread of its own, again every
 * minute, since the resolver may take long. What it finds is taken by the main thread when fd says
 * so, and becomes a record there. A name whose addresses are unchanged is not told again.
 */
#ifndef HW_RESOLVE_H
#define HW_RESOLVE_H

#include <stddef.h>

#include "event.h"

#define RESOLVE_ADDRS_MAX 64 /* of one name */

struct resolve;

/* Begins without names. Threads inherit the signal mask: block the signals that the main thread
 * takes first. NULL + errno. */
struct resolve *resolve_new(void);
/* These names from now on; they are copied. 0 or -ENOMEM. */
int resolve_set(struct resolve *r, const char *const *names, size_t n);
/* Does not wait for a look-up that is going on. NULL is fine. */
void resolve_free(struct resolve *r);
int resolve_fd(const struct resolve *r); /* readable when there is something to take */
/* Hands over what was found since the last call. */
void resolve_take(struct resolve *r,
		  void (*fn)(void *ctx, const char *name, const struct hw_addr *addrs, size_t n),
		  void *ctx);

#endif
