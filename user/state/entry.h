/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Decides how a process came into its container: as its first program, from outside, or by birth.
 *
 * A process has entered when it executes a program in the container's cgroup and the nearest
 * ancestor that belongs to some container or to the host for good is outside. The runtime's own
 * helpers run in that cgroup before (runc re-executes itself there); they belong nowhere yet.
 */
#ifndef HW_ENTRY_H
#define HW_ENTRY_H

#include "state/containers.h"
#include "state/tree.h"

/* After tree_exec of a successful exec. */
void entry_exec(struct containers *cs, struct prow *row, uint64_t now_ns);

/* For processes that the scan told and containers that it found: their first program is the one
 * that is pid 1 of its namespace, else the oldest; who has a parent outside came from outside.
 * 0 or -ENOMEM. */
int entry_scanned(struct tree *t, struct containers *cs);

#endif
