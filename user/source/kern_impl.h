/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What kern.c (choosing and loading), kern_attach.c and kern_tell.c share. */
#ifndef HW_KERN_IMPL_H
#define HW_KERN_IMPL_H

#include "source/kern.h"

#include <bpf/libbpf.h>

#include "source/kinds.h"

#define LINKS_MAX 128

struct kern {
	struct kern_opts o;
	struct bpf_object *obj;
	struct kinds *kinds;
	struct bpf_link *links[LINKS_MAX];
	unsigned n_links;
	unsigned version[2];
	bool probing;
	unsigned creds_bit, multi_bit, fail_bit; /* knobs.uring_* */
	bool plain_loads; /* see KREAD in bpf/compat.bpf.h */
	bool preemptible; /* see TRACEPOINT there: those are perf's */
	bool skippable;   /* they should be, and perf's cannot be had */
	/* By row of the hook table: */
	bool *used;    /* loaded, or to be */
	bool *barred;  /* refused, or of no use on this kernel */
	bool *refused; /* tried, and not taken */
	int *why;      /* errno of a barred one; KIND_SILENT */
	volatile struct hw_masks *masks;
	size_t masks_len;
};

/* Says that the program of these rows is not to be had, and chooses again. */
void kern_refuse(struct kern *k, const char *program, int error);

/* kern_attach.c: fills the tables of system calls, maps the masks, attaches. A program that cannot
 * be attached is refused; what then is missing is the caller's to judge. */
int kern_fill(struct kern *k, struct buf *err);
int kern_attach(struct kern *k, struct buf *err);

/* Does the row's program have a link of its own, which no row before it has? */
bool kern_links(const struct kern *k, size_t row);

/* kern_tell.c: memory of the maps of an object that may not be loaded yet, without the ring. */
uint64_t kern_maps_beside_ring(const struct kern *k);

#endif
