/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The reader's side of the ledger (bpf/ledger.bpf.h): does everything arrive that was sent?
 * Compares what came with copies of the kernel side's counters. Opens nothing, reads no clock.
 *
 * A copy tells, for each CPU, how far the sequence was, and for each class how many records up to
 * there were produced and how many of them were lost. Once the ring was found empty afterwards, the
 * others must have come. What is missing at two such looks in a row is a gap: a record that was
 * sent and that nobody counted as lost.
 */
#ifndef HW_LEDGER_H
#define HW_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "knobs.h"

struct ledger;

struct ledger *ledger_new(unsigned n_cpus); /* NULL + errno */
void ledger_free(struct ledger *l);

/* A record came out of the ring; it has not been checked. */
void ledger_saw(struct ledger *l, const void *data, size_t len);

/* A fresh copy of the counters, one for each CPU. emptied: the ring was found empty since the last
 * call. at_rest: nothing is produced any more and the ring is empty, so that this copy itself can
 * be judged. */
void ledger_look(struct ledger *l, const struct hw_counters *now, bool emptied, bool at_rest);

/* Adds the gaps found so far. */
void ledger_gaps(const struct ledger *l, uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX]);

#endif
