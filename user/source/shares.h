/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Which cgroup lost what by its bucket (bpf/ledger.bpf.h). The kernel's table forgets cgroups for
 * room and changes while it is read: the counters of all classes are exact, these say whose the
 * losses were.
 */
#ifndef HW_SHARES_H
#define HW_SHARES_H

#include "source/source.h"

struct shares;

struct shares *shares_new(void); /* NULL + errno */
void shares_free(struct shares *s);
/* Reads the table and tells the news since the last call; holding: by short holds (hold.h). */
void shares_read(struct shares *s, int map_fd, bool holding, source_lost_fn fn, void *ctx);
/* The same for what was read: a test's way in. */
void shares_take(struct shares *s, uint64_t cgroup, const uint64_t lost[HW_CLASS_MAX],
		 source_lost_fn fn, void *ctx);

#endif
