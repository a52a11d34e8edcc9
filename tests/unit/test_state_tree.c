/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The process tree: what late, doubled, missing and foreign records must not do to it. */
#include "state_fixture.h"

#include "state/tree.h"

static const struct process *proc(struct sf *f, uint32_t pid)
{
	const struct process *p = state_process(f->s, pid);

	if (!p)
		fail_msg("no process %u", pid);
	return p;
}

static void test_exec_says_all(void **ctx)
{
	struct sf *f = *ctx;
	struct view v = sf_exec(f, 10, "/usr/bin/prog", "./prog -a  b");

	assert_string_equal(v.proc->exe, "./prog");
	assert_string_equal(v.proc->args, "-a  b"); /* the empty argument in the middle stays */
	assert_string_equal(v.proc->cmdline, "prog -a  b");
	assert_string_equal(v.proc->exepath, "/usr/bin/prog");
	assert_string_equal(v.proc->cwd, "/work/");
	assert_int_equal(v.proc->argv_len, sizeof("./prog -a  b"));
	assert_true(v.proc->image_known);
	assert_int_equal(v.proc->exec_ns, v.ev->time);
	assert_int_equal(v.proc->cmdline_len, strlen(v.proc->cmdline));
}

static void test_odd_argv(void **ctx)
{
	static const struct {
		const char *argv;
		size_t len;
		const char *exe, *args;
	} rows[] = {
		{"", 0, "", ""},	{"\0", 1, "", ""},	    {"a", 1, "a", ""},
		{"a\0", 2, "a", ""},	{"a\0b", 3, "a", "b"},	    {"a\0\0", 3, "a", ""},
		{"\0\0\0", 3, "", " "}, {"a\0\0b\0", 5, "a", " b"}, {"a\0b\0\0", 5, "a", "b "},
	};
	struct sf *f = *ctx;

	for (size_t i = 0; i < SF_COUNT(rows); i++) {
		struct ev_execve *e = REC_BEGIN(&f->b, execve);
		struct view v;

		sf_hdr(f, &e->h, 11);
		REC_STR(&f->b, execve, argv, rows[i].argv, rows[i].len, HW_STR_CUT);
		v = sf_bind(f, sf_apply(f));
		assert_string_equal(v.proc->exe, rows[i].exe);
		assert_string_equal(v.proc->args, rows[i].args);
		assert_true(v.proc->argv_cut);
		/* Each argument is ended by NUL, the cut one too. */
		if (rows[i].len)
			assert_int_equal(v.proc->argv[v.proc->argv_len - 1], '\0');
	}
}

/* What is missing between head and tail has an argument "..." for it, and nothing has one that is
 * whole. */
static void test_head_and_tail(void **ctx)
{
	static const struct {
		uint64_t whole_len;
		const char *head;
		size_t head_len;
		unsigned flags;
		const char *tail;
		size_t tail_len;
		const char *args;
		bool cut;
	} rows[] = {
		{4, "a\0b\0", 4, 0, "", 0, "b", false},
		{6, "a\0b", 3, HW_STR_CUT, "c\0d", 4, "bc d", false}, /* one after the other */
		{8, "a\0b\0", 4, HW_STR_CUT, "c\0d\0", 4, "b c d", false},
		{99, "a\0b\0", 4, HW_STR_CUT, "c\0d\0", 4, "b ... c d", true},
		{99, "a\0b", 3, HW_STR_CUT, "c\0d\0", 4, "b ... c d", true},
		{99, "a\0b", 3, HW_STR_CUT, "", 0, "b", true}, /* the tail could not be read */
		{99, "", 0, HW_STR_FAULT, "c\0d\0", 4, "c d", true},
		{4, "a\0b\0", 4, HW_STR_FAULT, "", 0, "b", true},
		{0, "a\0b\0", 4, HW_STR_CUT, "", 0, "b", true}, /* of who knows no length */
	};
	struct sf *f = *ctx;

	for (size_t i = 0; i < SF_COUNT(rows); i++) {
		struct ev_execve *e = REC_BEGIN(&f->b, execve);
		struct view v;

		sf_hdr(f, &e->h, 11);
		e->argv_len = rows[i].whole_len;
		REC_STR(&f->b, execve, argv, rows[i].head, rows[i].head_len, rows[i].flags);
		if (rows[i].tail_len)
			REC_STR(&f->b, execve, argv_tail, rows[i].tail, rows[i].tail_len, 0);
		v = sf_bind(f, sf_apply(f));
		assert_string_equal(v.proc->args, rows[i].args);
		assert_int_equal(v.proc->argv_cut, rows[i].cut);
		assert_int_equal(v.proc->argv[v.proc->argv_len - 1], '\0');
	}
}

static void test_failed_exec_changes_nothing(void **ctx)
{
	struct sf *f = *ctx;
	struct ev_execve *e;
	struct view v;

	sf_exec(f, 10, "/bin/old", "old x");
	e = REC_BEGIN(&f->b, execve);
	sf_hdr(f, &e->h, 10);
	e->res = -2;
	REC_STR(&f->b, execve, filename, "/bin/none", 9, HW_STR_USER);
	v = sf_bind(f, sf_apply(f));
	assert_string_equal(v.proc->exepath, "/bin/old");
	assert_string_equal(v.proc->cmdline, "old x");
	assert_string_equal(v.proc->filename, "/bin/old");
}

static void test_fork_inherits(void **ctx)
{
	struct sf *f = *ctx;
	const struct process *kid;

	sf_exec(f, 10, "/bin/sh", "sh -c x");
	sf_fork(f, 10, 20);
	kid = proc(f, 20);
	assert_ptr_equal(kid->parent, proc(f, 10));
	assert_int_equal(kid->ppid, 10);
	assert_string_equal(kid->cmdline, "sh -c x");
	assert_string_equal(kid->cwd, "/work/");
	assert_ptr_equal(kid->exepath, proc(f, 10)->exepath); /* one copy */
	assert_int_equal(kid->exec_ns, 0);
	assert_true(kid->image_known);
	/* What the child does is not the parent's. */
	sf_exec(f, 20, "/bin/ls", "ls");
	assert_string_equal(proc(f, 10)->cmdline, "sh -c x");
	assert_string_equal(proc(f, 20)->cmdline, "ls");
}

/* The child's own records may overtake the fork's. */
static void test_late_fork_keeps_exec(void **ctx)
{
	struct sf *f = *ctx;

	sf_exec(f, 10, "/bin/sh", "sh");
	f->parent[20] = 10;
	sf_exec(f, 20, "/bin/ls", "ls -l");
	memcpy(f->comm[20], "kept", 5);
	sf_fork(f, 10, 20);
	assert_string_equal(proc(f, 20)->cmdline, "ls -l");
	assert_ptr_equal(proc(f, 20)->parent, proc(f, 10));
}

static void test_late_fork_fills_bare_row(void **ctx)
{
	struct sf *f = *ctx;
	struct ev_setuid *e;

	sf_exec(f, 10, "/bin/sh", "sh");
	e = REC_BEGIN(&f->b, setuid);
	f->parent[20] = 10;
	sf_hdr(f, &e->h, 20);
	e->h.uid = 77;
	sf_apply(f);
	assert_false(proc(f, 20)->image_known);
	sf_fork(f, 10, 20);
	assert_string_equal(proc(f, 20)->exepath, "/bin/sh");
	assert_int_equal(proc(f, 20)->uid, 77); /* newer than the fork */
}

static void test_same_record_twice(void **ctx)
{
	struct sf *f = *ctx;

	sf_exec(f, 10, "/bin/sh", "sh");
	for (int i = 0; i < 2; i++)
		sf_fork(f, 10, 20);
	for (int i = 0; i < 2; i++)
		sf_exec(f, 20, "/bin/ls", "ls");
	for (int i = 0; i < 2; i++)
		sf_exit(f, 20, 1);
	assert_non_null(proc(f, 10));
}

static void test_pid_reuse(void **ctx)
{
	struct sf *f = *ctx;
	struct view v;

	sf_exec(f, 10, "/bin/first", "first");
	sf_fork(f, 10, 30);
	f->start[10] = 5000000000ull;
	v = sf_exec(f, 10, "/bin/second", "second");
	assert_string_equal(v.proc->cmdline, "second");
	assert_null(proc(f, 30)->parent); /* its parent was the first */
	/* A late record of the first must not touch the second. */
	f->start[10] = 0;
	snprintf(f->comm[10], sizeof(f->comm[10]), "ghost");
	v = sf_touch(f, 10);
	assert_string_equal(v.proc->comm, "ghost");
	assert_int_equal(v.proc->pid, 10);
	assert_string_equal(proc(f, 10)->cmdline, "second");
	sf_exit(f, 10, 1);
	assert_string_equal(proc(f, 10)->cmdline, "second");
	assert_int_equal(proc(f, 10)->start_ns, 5000000000ull);
}

static void test_child_older_than_parent(void **ctx)
{
	struct sf *f = *ctx;

	/* 30 names 10 as its parent, but the 10 that is known began later: another process. */
	f->start[10] = 9000000000ull;
	sf_exec(f, 10, "/bin/late", "late");
	f->parent[30] = 10;
	sf_exec(f, 30, "/bin/old", "old");
	assert_null(proc(f, 30)->parent);
}

static void test_exit_gives_children_to_reaper(void **ctx)
{
	struct sf *f = *ctx;
	struct view v;

	sf_exec(f, 1, "/sbin/init", "init");
	sf_exec(f, 5, "/bin/shim", "shim");
	f->parent[10] = 5;
	sf_exec(f, 10, "/bin/sh", "sh");
	sf_fork(f, 10, 20);
	sf_fork(f, 20, 21);
	v = sf_exit(f, 10, 5);
	/* The view of the exit is whole. */
	assert_string_equal(v.proc->cmdline, "sh");
	assert_ptr_equal(v.proc->parent, proc(f, 5));
	assert_ptr_equal(proc(f, 20)->parent, proc(f, 5));
	assert_int_equal(proc(f, 20)->ppid, 5);
	assert_ptr_equal(proc(f, 21)->parent, proc(f, 20));
	/* A late record that still names the ended parent does not take the child back. */
	sf_touch(f, 20);
	assert_ptr_equal(proc(f, 20)->parent, proc(f, 5));
	/* Nor does a late fork of the ended process make it anybody's parent. */
	sf_fork(f, 10, 22);
	assert_ptr_equal(proc(f, 22)->parent, proc(f, 5));
}

static void test_unknown_reaper(void **ctx)
{
	struct sf *f = *ctx;

	sf_exec(f, 10, "/bin/sh", "sh");
	sf_fork(f, 10, 20);
	sf_exit(f, 10, 0);
	assert_null(proc(f, 20)->parent);
	sf_exec(f, 1, "/sbin/init", "init");
	f->parent[20] = 1;
	sf_touch(f, 20);
	assert_ptr_equal(proc(f, 20)->parent, proc(f, 1));
}

static void test_ended_rows_go(void **ctx)
{
	struct sf *f = *ctx;
	struct state_stats st;

	for (uint32_t pid = 100; pid < 100 + 2 * TREE_ENDED_MAX; pid++) {
		sf_exec(f, pid, "/bin/x", "x");
		sf_exit(f, pid, 1);
	}
	state_get_stats(f->s, &st);
	assert_true(st.processes <= TREE_ENDED_MAX + 1);
	f->now += TREE_ENDED_NS;
	sf_touch(f, 10);
	sf_touch(f, 10);
	state_get_stats(f->s, &st);
	assert_int_equal(st.processes, 1);
	assert_int_equal(st.evicted_processes, 0);
	assert_true(st.strings < 16);
}

static void test_scan_before_parents(void **ctx)
{
	struct sf *f = *ctx;

	/* Children come first: each waits for its parent's row. */
	f->parent[30] = 20;
	f->parent[31] = 20;
	f->parent[20] = 10;
	sf_scan(f, 30, "/bin/c", "c", 30);
	sf_scan(f, 31, "/bin/d", "d", 31);
	assert_null(proc(f, 30)->parent);
	sf_scan(f, 20, "/bin/b", "b", 20);
	assert_ptr_equal(proc(f, 30)->parent, proc(f, 20));
	assert_ptr_equal(proc(f, 31)->parent, proc(f, 20));
	sf_scan(f, 10, "/bin/a", "a", 10);
	assert_ptr_equal(proc(f, 30)->parent->parent, proc(f, 10));
	/* One that waits may end before its parent is told. */
	f->parent[40] = 50;
	sf_scan(f, 40, "/bin/e", "e", 40);
	sf_exit(f, 40, 0);
	f->now += 2 * TREE_ENDED_NS;
	sf_touch(f, 10);
	sf_scan(f, 50, "/bin/f", "f", 50);
}

static void test_scan_does_not_replace_exec(void **ctx)
{
	struct sf *f = *ctx;
	uint64_t early = f->now;

	f->now += 10 * SF_MS;
	sf_exec(f, 10, "/bin/new", "new");
	f->now = early;
	sf_scan(f, 10, "/bin/old", "old", 10);
	assert_string_equal(proc(f, 10)->exepath, "/bin/new");
	/* Nor wake one that has ended. */
	sf_exit(f, 10, 1);
	sf_scan(f, 10, "/bin/old", "old", 10);
	assert_string_equal(proc(f, 10)->exepath, "/bin/new");
}

/* /proc tells start times in ticks: the same process all the same. */
static void test_coarse_start(void **ctx)
{
	struct sf *f = *ctx;
	struct state_stats st;

	f->start[10] = 7120000000ull;
	sf_scan(f, 10, "/bin/a", "a", 10);
	f->start[10] = 7123456789ull;
	sf_touch(f, 10);
	state_get_stats(f->s, &st);
	assert_int_equal(st.processes, 1);
	assert_string_equal(proc(f, 10)->exepath, "/bin/a");
	assert_int_equal(proc(f, 10)->start_ns, 7123456789ull);
	f->start[10] = 7133456789ull;
	sf_touch(f, 10);
	assert_string_equal(proc(f, 10)->exepath, "");
}

static void test_no_cycles(void **ctx)
{
	struct sf *f = *ctx;

	f->parent[10] = 11;
	f->parent[11] = 10;
	f->parent[12] = 12;
	f->start[10] = f->start[11] = f->start[12] = 1000000001;
	for (uint32_t pid = 10; pid < 13; pid++)
		sf_exec(f, pid, "/bin/x", "x");
	for (uint32_t pid = 10; pid < 13; pid++) {
		const struct process *p = sf_touch(f, pid).proc;
		unsigned n = 0;

		for (; p && n < 10; p = p->parent)
			n++;
		assert_true(n < 10);
	}
}

static void test_comm_is_the_main_threads(void **ctx)
{
	struct sf *f = *ctx;
	struct ev_prctl *e;

	sf_exec(f, 10, "/bin/prog", "prog -x");
	e = REC_BEGIN(&f->b, prctl);
	sf_hdr(f, &e->h, 10);
	e->h.tid = 99;
	memcpy(e->h.comm, "worker", 7);
	sf_apply(f);
	assert_string_equal(proc(f, 10)->comm, "prog");
	e = REC_BEGIN(&f->b, prctl);
	sf_hdr(f, &e->h, 10);
	memcpy(e->h.comm, "fifteen-letters", 16);
	sf_apply(f);
	assert_string_equal(proc(f, 10)->comm, "fifteen-letters");
	assert_string_equal(proc(f, 10)->cmdline, "fifteen-letters -x");
}

static void unshare_by(struct sf *f, uint32_t pid, uint32_t tid, int64_t res)
{
	struct ev_unshare *e = REC_BEGIN(&f->b, unshare);

	sf_hdr(f, &e->h, pid);
	e->h.tid = tid;
	e->res = res;
	e->mntns = 101;
	e->pidns = 102;
	e->netns = 103;
	e->userns = 104;
	sf_apply(f);
}

static void test_namespaces(void **ctx)
{
	struct sf *f = *ctx;
	const struct process *p;
	uint32_t pidns;

	sf_exec(f, 10, "/bin/a", "a");
	pidns = proc(f, 10)->pidns;
	unshare_by(f, 10, 10, -1);
	unshare_by(f, 10, 12, 0); /* another thread's own */
	assert_int_not_equal(proc(f, 10)->mntns, 101);
	unshare_by(f, 10, 10, 0);
	p = proc(f, 10);
	assert_int_equal(p->mntns, 101);
	assert_int_equal(p->netns, 103);
	assert_int_equal(p->userns, 104);
	assert_int_equal(p->pidns, pidns); /* that is for its children */
	sf_fork(f, 10, 11);
	assert_int_equal(proc(f, 11)->pidns, 102);
	assert_int_equal(proc(f, 11)->mntns, 101);
	sf_fork(f, 11, 12);
	assert_int_equal(proc(f, 12)->pidns, 102);
}

static void test_capset(void **ctx)
{
	struct sf *f = *ctx;
	struct ev_capset *e;

	sf_exec(f, 10, "/bin/a", "a");
	for (int64_t res = -1; res <= 0; res++) {
		e = REC_BEGIN(&f->b, capset);
		sf_hdr(f, &e->h, 10);
		e->res = res;
		e->cap_inheritable = 7;
		sf_apply(f);
		assert_int_equal(proc(f, 10)->cap_inheritable == 7, res == 0);
	}
}

static void test_cwd_and_session(void **ctx)
{
	struct sf *f = *ctx;
	struct ev_chdir *c;
	struct ev_setsid *s;

	sf_exec(f, 10, "/bin/sh", "sh");
	c = REC_BEGIN(&f->b, chdir);
	sf_hdr(f, &c->h, 10);
	REC_STR(&f->b, chdir, cwd, "/", 1, 0);
	sf_apply(f);
	assert_string_equal(proc(f, 10)->cwd, "/");
	c = REC_BEGIN(&f->b, chdir);
	sf_hdr(f, &c->h, 10);
	c->res = -2;
	REC_STR(&f->b, chdir, cwd, "/nowhere", 8, 0);
	sf_apply(f);
	assert_string_equal(proc(f, 10)->cwd, "/");
	s = REC_BEGIN(&f->b, setsid);
	sf_hdr(f, &s->h, 10);
	s->res = s->sid = 10;
	sf_apply(f);
	assert_int_equal(proc(f, 10)->sid, 10);
	assert_int_equal(proc(f, 10)->tty, 0);
}

static void test_records_without_a_process(void **ctx)
{
	struct sf *f = *ctx;
	struct state_stats st;
	struct ev_lost *l = REC_BEGIN(&f->b, lost);
	struct view v;

	l->count = 1;
	v = sf_bind(f, sf_apply(f));
	assert_int_equal(v.proc->pid, 0);
	assert_string_equal(v.proc->exepath, "");
	v = sf_touch(f, 0);
	assert_string_equal(v.proc->cmdline, "p0");
	state_get_stats(f->s, &st);
	assert_int_equal(st.processes, 0);
}

/* 70,000 living processes: the table keeps its cap, and the last used ones. */
static void test_cap(void **ctx)
{
	struct sf *f = *ctx;
	struct state_stats st;

	sf_exec(f, 10, "/bin/keep", "keep");
	for (uint32_t i = 0; i < 70000; i++) {
		struct ev_fork *e = REC_BEGIN(&f->b, fork);

		sf_hdr(f, &e->h, 10);
		e->child_pid = 100000 + i;
		e->child_start = 2000000001ull + i;
		sf_apply(f);
	}
	state_get_stats(f->s, &st);
	assert_int_equal(st.processes, TREE_ROWS_MAX);
	assert_int_equal(st.evicted_processes, 70001 - TREE_ROWS_MAX);
	assert_string_equal(proc(f, 10)->cmdline, "keep");
	assert_null(state_process(f->s, 100000));
	assert_ptr_equal(proc(f, 169999)->parent, proc(f, 10));
	assert_true(st.strings < 16);
}

/* --- any order of anything --- */

static uint32_t rnd(uint64_t *seed, uint32_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 11) % below;
}

/* Every parent has a row of its own, and no chain of parents comes back. */
static int check_links(void *ctx, const struct process *p)
{
	const struct state *s = ctx;
	unsigned n = 0;

	for (const struct process *up = p->parent; up; up = up->parent) {
		assert_ptr_equal(state_process(s, up->pid), up);
		assert_true(++n < 1000);
	}
	return 0;
}

static void storm_cgroup(struct sf *f, uint64_t *seed, uint32_t pid)
{
	static const char *const paths[] = {"/", "/a", "/docker/" SF_HEX, "/docker/" SF_HEX "/x",
					    "/docker/" SF_HEX "/docker/" SF_HEX2, "/a/b"};
	uint32_t i = rnd(seed, SF_COUNT(paths));
	uint64_t id = 1 + i + SF_COUNT(paths) * rnd(seed, 2);

	switch (rnd(seed, 5)) {
	case 0:
		sf_mkdir(f, id, paths[i], rnd(seed, 2));
		break;
	case 1:
		sf_rmdir(f, id, paths[i]);
		break;
	case 2:
		sf_facts(f, id, "{\"id\":\"" SF_HEX "\",\"name\":\"n\"}");
		break;
	case 3:
		sf_facts(f, id, "{\"id\":\"job\",\"cgroup_path\":\"/a\"}");
		break;
	default:
		sf_attach(f, pid, 1 + rnd(seed, 40), id, paths[i]);
		break;
	}
}

static void storm(struct sf *f, uint64_t *seed)
{
	uint32_t pid = 1 + rnd(seed, 40), other = 1 + rnd(seed, 40);

	f->parent[pid] = rnd(seed, 42);
	f->mntns[pid] = rnd(seed, 3);
	f->cgroup[pid] = rnd(seed, 14);
	if (!rnd(seed, 8))
		f->start[pid] = 1000000000ull + rnd(seed, 4) * 5000000ull;
	if (!rnd(seed, 50))
		f->now += rnd(seed, 4) * TREE_ENDED_NS / 2;
	switch (rnd(seed, 7)) {
	case 0:
		sf_fork(f, pid, other);
		break;
	case 1:
		sf_exec(f, pid, rnd(seed, 4) ? "/bin/x" : "/usr/sbin/runc", "x init");
		break;
	case 2:
		sf_exit(f, pid, rnd(seed, 42));
		break;
	case 3:
		sf_scan(f, pid, "/bin/scanned", "scanned", rnd(seed, 3));
		break;
	case 4:
		sf_touch(f, pid);
		break;
	default:
		storm_cgroup(f, seed, pid);
		break;
	}
}

static void test_storm(void **ctx)
{
	struct sf *f = *ctx;
	uint64_t seed = 88172645463325252ull;

	for (unsigned i = 0; i < 60000; i++) {
		storm(f, &seed);
		if (i % 16 == 0)
			assert_int_equal(state_each_process(f->s, check_links, f->s), 0);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, sf_setup, sf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_exec_says_all),
		T(test_odd_argv),
		T(test_head_and_tail),
		T(test_failed_exec_changes_nothing),
		T(test_fork_inherits),
		T(test_late_fork_keeps_exec),
		T(test_late_fork_fills_bare_row),
		T(test_same_record_twice),
		T(test_pid_reuse),
		T(test_child_older_than_parent),
		T(test_exit_gives_children_to_reaper),
		T(test_unknown_reaper),
		T(test_ended_rows_go),
		T(test_scan_before_parents),
		T(test_scan_does_not_replace_exec),
		T(test_coarse_start),
		T(test_no_cycles),
		T(test_comm_is_the_main_threads),
		T(test_cwd_and_session),
		T(test_namespaces),
		T(test_capset),
		T(test_records_without_a_process),
		T(test_cap),
		T(test_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
