/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Gaps in what the kernel side sent, and whose the losses by bucket were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "source/ledger.h"
#include "source/shares.h"

#define CPUS 2

/* A kernel side that can be told to fail: what it counts and what it sends. */
struct fake {
	struct hw_counters c[CPUS];
	struct ledger *l;
};

static void start(struct fake *f)
{
	memset(f, 0, sizeof(*f));
	f->l = ledger_new(CPUS);
	assert_non_null(f->l);
}

static void arrive(struct fake *f, unsigned cpu, unsigned type, uint64_t seq)
{
	struct ev_hdr h = {.cpu = cpu, .type = (uint16_t)type, .seq = seq, .size = sizeof(h)};

	ledger_saw(f->l, &h, sizeof(h));
}

/* Counted, and sent when it arrives at all: its number. */
static uint64_t send(struct fake *f, unsigned cpu, unsigned class)
{
	f->c[cpu].produced[class]++;
	return ++f->c[cpu].seq;
}

static void lose(struct fake *f, unsigned cpu, unsigned class, unsigned reason)
{
	f->c[cpu].produced[class]++;
	f->c[cpu].lost[class][reason]++;
	f->c[cpu].seq++;
}

static uint64_t gaps(const struct fake *f, unsigned class)
{
	uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX] = {{0}};
	uint64_t sum = 0;

	ledger_gaps(f->l, lost);
	for (unsigned i = 0; i < HW_CLASS_MAX; i++)
		for (unsigned j = 0; j < HW_LOST_MAX; j++)
			sum += lost[i][j];
	assert_int_equal(sum, lost[class][HW_LOST_gap]); /* and nothing else */
	return sum;
}

static void look(struct fake *f)
{
	ledger_look(f->l, f->c, true, false);
}

static void test_all_came(void **state)
{
	struct fake f;

	(void)state;
	start(&f);
	for (unsigned i = 0; i < 100; i++) {
		arrive(&f, i % 2, i % 3 ? EV_openat : EV_fork,
		       send(&f, i % 2, i % 3 ? HW_CLASS_FILE : HW_CLASS_PROC));
		if (i % 7 == 0)
			lose(&f, i % 2, HW_CLASS_FILE, HW_LOST_watermark);
		f.c[0].lost[HW_CLASS_FILE][HW_LOST_str_fault]++; /* a part: the record came */
		if (i % 10 == 0)
			look(&f);
	}
	ledger_look(f.l, f.c, true, true);
	assert_int_equal(gaps(&f, HW_CLASS_FILE), 0);
	ledger_free(f.l);
}

static void test_gap_is_found(void **state)
{
	struct fake f;

	(void)state;
	start(&f);
	arrive(&f, 0, EV_openat, send(&f, 0, HW_CLASS_FILE));
	send(&f, 1, HW_CLASS_NET); /* never comes */
	look(&f);
	assert_int_equal(gaps(&f, HW_CLASS_NET), 0); /* it might be on its way */
	arrive(&f, 1, EV_connect, send(&f, 1, HW_CLASS_NET));
	look(&f);
	assert_int_equal(gaps(&f, HW_CLASS_NET), 0); /* missing once */
	arrive(&f, 1, EV_connect, send(&f, 1, HW_CLASS_NET));
	look(&f);
	assert_int_equal(gaps(&f, HW_CLASS_NET), 1); /* twice in a row */
	for (unsigned i = 0; i < 5; i++)
		look(&f);
	assert_int_equal(gaps(&f, HW_CLASS_NET), 1); /* and told once */
	ledger_free(f.l);
}

/* What waits in the ring at a look is not missing. */
static void test_slow_reader(void **state)
{
	uint64_t waiting[50];
	struct fake f;

	(void)state;
	start(&f);
	for (unsigned i = 0; i < 50; i++)
		waiting[i] = send(&f, 0, HW_CLASS_FILE);
	look(&f);
	for (unsigned i = 0; i < 5; i++)
		ledger_look(f.l, f.c, false, false); /* the ring was not emptied: nothing is said */
	assert_int_equal(gaps(&f, HW_CLASS_FILE), 0);
	for (unsigned i = 0; i < 50; i++)
		arrive(&f, 0, EV_openat, waiting[i]);
	for (unsigned i = 0; i < 3; i++)
		look(&f);
	assert_int_equal(gaps(&f, HW_CLASS_FILE), 0);
	ledger_free(f.l);
}

/* A record that is held up for a while, and comes after later ones. */
static void test_late_record(void **state)
{
	struct fake f;
	uint64_t late;

	(void)state;
	start(&f);
	late = send(&f, 0, HW_CLASS_PROC);
	look(&f);
	arrive(&f, 0, EV_fork, send(&f, 0, HW_CLASS_PROC));
	look(&f);
	arrive(&f, 0, EV_fork, late);
	look(&f);
	look(&f);
	ledger_look(f.l, f.c, true, true);
	assert_int_equal(gaps(&f, HW_CLASS_PROC), 0);
	ledger_free(f.l);
}

/* At the end one look is enough, and also what no look has seen before is found. */
static void test_gap_at_the_end(void **state)
{
	struct fake f;

	(void)state;
	start(&f);
	look(&f);
	arrive(&f, 0, EV_setuid, send(&f, 0, HW_CLASS_CRED));
	send(&f, 0, HW_CLASS_CRED);
	send(&f, 1, HW_CLASS_CRED);
	ledger_look(f.l, f.c, true, true);
	assert_int_equal(gaps(&f, HW_CLASS_CRED), 2);
	ledger_look(f.l, f.c, true, true);
	assert_int_equal(gaps(&f, HW_CLASS_CRED), 2);
	ledger_free(f.l);
}

/* Records that nobody sent: they neither crash nor hide anything of another class. */
static void test_foreign_records(void **state)
{
	struct fake f;

	(void)state;
	start(&f);
	arrive(&f, 77, EV_openat, 1);
	arrive(&f, HW_CPU_USER, EV_openat, 1);
	arrive(&f, 0, EV_MAX - 1, 1);
	arrive(&f, 0, 0xffff, 1);
	ledger_saw(f.l, "short", 5);
	send(&f, 0, HW_CLASS_FILE);
	ledger_look(f.l, f.c, true, true);
	assert_int_equal(gaps(&f, HW_CLASS_FILE), 1);
	ledger_free(f.l);
}

/* --- shares --- */

struct told {
	uint64_t of[4][HW_CLASS_MAX]; /* by cgroup */
	unsigned calls;
};

static void on_news(void *ctx, uint64_t cgroup, unsigned class, uint64_t news)
{
	struct told *t = ctx;

	assert_true(cgroup < 4 && class < HW_CLASS_MAX && news);
	t->of[cgroup][class] += news;
	t->calls++;
}

static void test_shares(void **state)
{
	struct shares *s = shares_new();
	uint64_t one[HW_CLASS_MAX] = {0}, two[HW_CLASS_MAX] = {0};
	struct told t = {{{0}}, 0};

	(void)state;
	assert_non_null(s);
	shares_take(s, 1, one, on_news, &t);
	assert_int_equal(t.calls, 0);
	one[HW_CLASS_FILE] = 10;
	two[HW_CLASS_PROC] = 3;
	shares_take(s, 1, one, on_news, &t);
	shares_take(s, 2, two, on_news, &t);
	shares_take(s, 1, one, on_news, &t); /* no news */
	assert_int_equal(t.calls, 2);
	one[HW_CLASS_FILE] = 25;
	shares_take(s, 1, one, on_news, &t);
	assert_int_equal(t.of[1][HW_CLASS_FILE], 25);
	assert_int_equal(t.of[2][HW_CLASS_PROC], 3);
	/* The kernel forgot the bucket and made it anew. */
	one[HW_CLASS_FILE] = 4;
	shares_take(s, 1, one, on_news, &t);
	assert_int_equal(t.of[1][HW_CLASS_FILE], 29);
	shares_free(s);
	shares_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_came),
		cmocka_unit_test(test_gap_is_found),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_late_record),
		cmocka_unit_test(test_gap_at_the_end),
		cmocka_unit_test(test_foreign_records),
		cmocka_unit_test(test_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
