/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Between locate.c, which finds the bundle, and finish.c, which reads what lies beside it. */
#ifndef HW_LOCATE_H
#define HW_LOCATE_H

#include "state/collect_impl.h"

struct hunt {
	struct collect *c;
	const struct request *rq;
	struct facts *f;
	struct place place; /* where the bundle's paths hold */
	const char *bundle; /* where it was read, in f's memory; NULL: not */
	const char *monitor_name; /* what conmon calls the container */
	int err; /* why the bundle was not read */
};

/* out is emptied first. Errors as rootfs_read. */
int locate_read(const struct hunt *h, const char *path, size_t max, struct buf *out);

/* Reads what the runtime keeps beside the bundle. Sets f->c.why when something is missing that the
 * bundle is not to blame for; true when that may yet come. */
bool finish_facts(struct hunt *h);

#endif
