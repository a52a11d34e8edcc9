/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Programs of sections "tp_any/GROUP/NAME": attached to a tracepoint as a BPF tracepoint's or as
 * perf's, whichever this kernel never skips (TRACEPOINT in bpf/compat.bpf.h says why).
 */
#ifndef HW_TRACEPOINT_H
#define HW_TRACEPOINT_H

#include <stdbool.h>

struct bpf_link;
struct bpf_program;

bool tracepoint_is(const struct bpf_program *p);
/* The NAME of such a section; NULL for another one. */
const char *tracepoint_name(const char *section);

/* Can perf's tracepoints be had? */
bool tracepoint_perf_works(void);

/* Before the load: what the program is loaded as. 0 or a negative errno. */
int tracepoint_set_type(struct bpf_program *p, bool as_perf);
/* After it; the caller's to destroy. NULL + errno. */
struct bpf_link *tracepoint_attach(const struct bpf_program *p, bool as_perf);

#endif
