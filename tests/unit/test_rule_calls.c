/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Conditions on calls that test_rule_match.c does not have: other names of events, first bytes,
 * the process that a call was for, results that were not seen, DNS questions.
 */
#include "rule_fixture.h"

#include <fcntl.h>

struct row {
	const char *cond;
	bool want;
};

static void holds(struct fx *f, const struct row *rows, size_t n)
{
	struct rx x = {0};

	for (size_t i = 0; i < n; i++) {
		rx_cond(&x, "", rows[i].cond);
		if (!x.rs)
			fail_msg("%s\n%s", rows[i].cond, buf_str(&x.told));
		field_scratch_reset(f->v.scratch);
		if ((ruleset_match(x.rs, &f->v) != NULL) != rows[i].want)
			fail_msg("%s is %d", rows[i].cond, !rows[i].want);
	}
	rx_done(&x);
}

#define HOLDS(f, rows) holds((f), (rows), FX_COUNT(rows))

static void other_names_of_events(void **state)
{
	static const struct row rows[] = {
		{"evt.type = umount", true},
		{"evt.type = umount2", true},
		{"evt.type in (mount, umount)", true},
		{"evt.type != umount", false},
		{"evt.type != umount2", false},
		{"not evt.type in (umount)", false},
		{"syscall.type = umount", true},
		{"evt.type = pread", false},
		{"evt.type in (mmap2, setuid32, truncate64)", false},
		{"evt.type contains umount", true},
		{"evt.type = umount and evt.arg.name = /mnt", true},
	};
	struct fx *f = *state;

	FX_BEGIN(f, umount2)->dirfd = -100;
	FX_STR(f, umount2, name, "/mnt");
	fx_end(f);
	HOLDS(f, rows);
}

static void first_bytes(void **state)
{
	static const struct row rows[] = {
		{"evt.buffer bcontains cafebabe", true},
		{"evt.buffer bcontains babe00", true},
		{"evt.buffer bstartswith cafe", true},
		{"evt.buffer bstartswith babe", false},
		{"evt.buffer contains java", true},
		{"evt.buflen = 9", true},
		{"evt.type = recvfrom and fd.type in (ipv4, ipv6)", false},
	};
	struct fx *f = *state;

	FX_BEGIN(f, recvfrom);
	REC_STR(&f->b, recvfrom, data, "\xca\xfe\xba\xbe\0java", 9, 0);
	fx_end(f);
	HOLDS(f, rows);
}

/* What is not known of either side makes no comparison hold. */
static void signals_to_others(void **state)
{
	static const struct row other[] = {
		{"target.container.id != val(container.id)", true},
		{"target.container.id = val(container.id)", false},
		{"target.same_container = false", true},
		{"target.container.id != host", true},
		{"evt.type in (kill, tgkill) and evt.arg.sig = SIGKILL and target.name = nginx", true},
	};
	static const struct row unknown[] = {
		{"target.container.id != val(container.id)", false},
		{"not target.same_container = true", true},
		{"target.same_container = false", false},
		{"target.name exists", false},
	};
	struct container c = {.id = "fedcba987654"}, none = {0};
	struct fx *f = *state;
	struct ev_kill *e = FX_BEGIN(f, kill);

	e->target_pid = 77;
	e->sig = 9;
	fx_end(f);
	f->v.target = &f->procs[1];
	f->v.target_ctr = &c;
	HOLDS(f, other);
	f->v.target = NULL;
	f->v.target_ctr = &none;
	HOLDS(f, unknown);
}

/* The macros of Falco's files must not miss what io_uring did. */
static void unseen_results_fire(void **state)
{
	static const struct row rows[] = {
		{"evt.type in (open,openat,openat2) and evt.is_open_write=true and fd.typechar='f' "
		 "and fd.num>=0", true},
		{"evt.rawres >= 0 or evt.res = EINPROGRESS", true},
		{"evt.res = SUCCESS", true},
		{"evt.failed = true", false},
		{"evt.unseen = true and evt.via = io_uring", true},
	};
	struct fx *f = *state;
	struct ev_openat *e = FX_BEGIN(f, openat);

	e->h.flags = HW_F_URING | HW_F_UNSEEN;
	e->fd = HW_FD_UNSEEN;
	e->flags = O_WRONLY;
	e->obj.kind = HW_FD_FILE;
	FX_STR(f, openat, obj.path, "/etc/passwd");
	fx_end(f);
	HOLDS(f, rows);
}

static void questions(void **state)
{
	static const char packet[] = "\0\1\1\0\0\1\0\0\0\0\0\0\4Pool\5miner\4test\0\0\20\0\1";
	static const struct row rows[] = {
		{"dns.question.name = pool.miner.test", true},
		{"dns.question.name endswith .miner.test and dns.question.type = TXT", true},
		{"dns.question.name contains Pool", false},
		{"evt.is_syscall = false", true},
	};
	struct fx *f = *state;

	FX_BEGIN(f, dns_query);
	REC_STR(&f->b, dns_query, packet, packet, sizeof(packet) - 1, 0);
	fx_end(f);
	HOLDS(f, rows);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)
	const struct CMUnitTest tests[] = {
		TEST(other_names_of_events),
		TEST(first_bytes),
		TEST(signals_to_others),
		TEST(unseen_results_fire),
		TEST(questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
