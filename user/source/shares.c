/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What cgroups lost by their buckets, as differences; see shares.h. */
#include "source/shares.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "knobs.h"
#include "source/hold.h"

struct row {
	uint64_t lost[HW_CLASS_MAX];
	unsigned round;
};

struct shares {
	struct table *rows; /* cgroup -> struct row: what was told; as many as the kernel has */
	unsigned round;	    /* readings */
};

struct shares *shares_new(void)
{
	struct shares *s = calloc(1, sizeof(*s));

	if (s)
		s->rows = table_new();
	if (s && s->rows)
		return s;
	free(s);
	errno = ENOMEM;
	return NULL;
}

static int row_free(void *ctx, uint64_t key, void *row)
{
	table_del(ctx, key);
	free(row);
	return 0;
}

void shares_free(struct shares *s)
{
	if (!s)
		return;
	(void)table_each(s->rows, row_free, s->rows);
	table_free(s->rows);
	free(s);
}

static struct row *row_for(struct shares *s, uint64_t cgroup)
{
	struct row *row = table_find(s->rows, cgroup);

	if (row)
		return row;
	row = calloc(1, sizeof(*row));
	if (row && table_put(s->rows, cgroup, row)) {
		free(row);
		row = NULL;
	}
	return row;
}

void shares_take(struct shares *s, uint64_t cgroup, const uint64_t lost[HW_CLASS_MAX],
		 source_lost_fn fn, void *ctx)
{
	struct row *row;

	for (unsigned i = 0; i < HW_CLASS_MAX; i++) {
		uint64_t news = lost[i];

		if (!news)
			continue;
		row = row_for(s, cgroup);
		if (!row)
			return; /* told without its name: it is in the counters of all */
		row->round = s->round;
		/* A bucket that was forgotten and made anew counts from 0 again. */
		if (news >= row->lost[i])
			news -= row->lost[i];
		row->lost[i] = lost[i];
		if (news)
			fn(ctx, cgroup, i, news);
	}
}

/* Whom the kernel has forgotten counts from 0 when it comes again. */
static int forget(void *ctx, uint64_t key, void *val)
{
	struct shares *s = ctx;
	struct row *row = val;

	return row->round == s->round ? 0 : row_free(s->rows, key, row);
}

void shares_read(struct shares *s, int map_fd, bool holding, source_lost_fn fn, void *ctx)
{
	uint64_t key = 0, next = 0;
	struct hw_bucket b;
	struct hold hold;
	int n = 0, ret;

	s->round++;
	/* A key that is forgotten meanwhile begins the table anew: the bound ends that. */
	while (n++ < 2 * HW_BUCKETS_MAX &&
	       bpf_map_get_next_key(map_fd, n > 1 ? &key : NULL, &next) == 0) {
		key = next;
		hold_begin(&hold, holding);
		ret = bpf_map_lookup_elem(map_fd, &key, &b);
		hold_end(&hold);
		if (ret == 0)
			shares_take(s, key, (const uint64_t *)b.lost, fn, ctx);
	}
	(void)table_each(s->rows, forget, s);
}
