/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The hook table against the schema and against the programs that are really in the binary: no
 * event without a hook, no row without its program, no program without a row, no number twice.
 * Opening the object needs no privilege; nothing is loaded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "event/schema.h"
#include "knobs.h"
#include "source/cgroup2.h"
#include "source/hooks.h"
#include "source/source.h"

extern const char hw_bpf_object[], hw_bpf_object_end[];

static size_t n_rows;
static const struct hook *rows;

static const struct hook *row_of_program(const char *program)
{
	for (size_t i = 0; i < n_rows; i++)
		if (strcmp(rows[i].program, program) == 0)
			return &rows[i];
	return NULL;
}

static bool has_row(unsigned id)
{
	for (size_t i = 0; i < n_rows; i++)
		if (!rows[i].betters && rows[i].id == id)
			return true;
	return false;
}

static void every_event_has_a_hook(void **state)
{
	(void)state;
	for (unsigned id = 1; id < EV_MAX; id++) {
		const struct event_desc *d = schema_event(id);

		if (!d || d->class == HW_CLASS_SELF)
			continue;
		/* Facts come from user space, but for the processes that the kernel tells. */
		if (d->class == HW_CLASS_FACT && id != EV_proc)
			assert_false(has_row(id));
		else if (!has_row(id))
			fail_msg("event %s has no row in user/source/hooks.c", d->name);
	}
}

static void rows_name_their_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_rows; i++) {
		const struct event_desc *d = schema_event(rows[i].id);

		assert_non_null(rows[i].needs);
		assert_non_null(rows[i].event);
		if (rows[i].betters) {
			assert_int_equal(rows[i].id, 0);
		} else {
			assert_non_null(d);
			assert_string_equal(d->name, rows[i].event);
			assert_null(rows[i].without);
			assert_false(rows[i].addr);
		}
		assert_true(rows[i].kind < HOOK_KINDS);
		assert_string_not_equal(hook_kind_name(rows[i].kind), "unknown");
	}
	assert_string_equal(hook_kind_name(HOOK_KINDS), "unknown");
}

static void rows_and_programs_agree(void **state)
{
	static const char *const sections[HOOK_KINDS] = {
		[HOOK_TP_BTF] = "tp_",
		[HOOK_SYSCALL] = "tp_any/raw_syscalls/sys_exit",
		[HOOK_ITER] = "iter/",
		[HOOK_LSM] = "lsm/",
		[HOOK_FENTRY] = "fentry/",
		[HOOK_CGROUP] = "cgroup",
		[HOOK_URING] = "tp_any/io_uring/io_uring_",
	};
	const size_t len = (size_t)(hw_bpf_object_end - hw_bpf_object);
	struct bpf_object *obj = bpf_object__open_mem(hw_bpf_object, len, NULL);
	struct bpf_program *p;

	(void)state;
	assert_non_null(obj);
	for (size_t i = 0; i < n_rows; i++) {
		const char *want = sections[rows[i].kind];

		p = bpf_object__find_program_by_name(obj, rows[i].program);
		if (!p)
			fail_msg("no program %s", rows[i].program);
		assert_non_null(want);
		assert_int_equal(strncmp(bpf_program__section_name(p), want, strlen(want)), 0);
		/* By a "?" before the section's name: loaded only when the table asks for it. */
		assert_false(bpf_program__autoload(p));
	}
	bpf_object__for_each_program(p, obj) {
		const char *name = bpf_program__name(p);

		if (strcmp(name, HOOK_DISPATCHER) != 0 && !row_of_program(name))
			fail_msg("program %s is in no row", name);
	}
	bpf_object__close(obj);
}

static void kernel_side_has_its_maps(void **state)
{
	static const char *const names[] = {"ring", "counters", "sys_progs", "sys_events",
					    "sys_compat", "host_cgroups", ".rodata.knobs",
					    ".data.masks", "object_paths", "object_addrs"};
	const size_t len = (size_t)(hw_bpf_object_end - hw_bpf_object);
	struct bpf_object *obj = bpf_object__open_mem(hw_bpf_object, len, NULL);
	struct bpf_map *m;

	(void)state;
	assert_non_null(obj);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!bpf_object__find_map_by_name(obj, names[i]))
			fail_msg("no map %s", names[i]);
	m = bpf_object__find_map_by_name(obj, ".rodata.knobs");
	assert_int_equal(bpf_map__value_size(m), sizeof(struct hw_knobs));
	m = bpf_object__find_map_by_name(obj, ".data.masks");
	assert_int_equal(bpf_map__value_size(m), sizeof(struct hw_masks));
	m = bpf_object__find_map_by_name(obj, "counters");
	assert_int_equal(bpf_map__value_size(m), sizeof(struct hw_counters));
	bpf_object__close(obj);
}

/* --- system call numbers --- */

static const struct hook *taken[HW_COMPAT_MAX];
static const struct hook *filling;

/* Two rows of one event, of which one is used. */
static bool other_row(const struct hook *a, const struct hook *b)
{
	return a->id == b->id && a->replaced_by && strcmp(a->replaced_by, b->program) == 0;
}

/* One program tells two events of this call. */
static bool tells_both(const struct hook *a, const struct hook *b)
{
	return strcmp(a->program, "sys_unshare") == 0 && strcmp(b->program, "sys_unshare") == 0;
}

static void take_entry(void *ctx, uint32_t at, uint32_t val)
{
	(void)ctx;
	assert_true(at < HW_COMPAT_MAX);
	if (taken[at] && !other_row(taken[at], filling) && !tells_both(taken[at], filling))
		fail_msg("number %u is both %s and %s", at, taken[at]->event, filling->event);
	taken[at] = filling;
	assert_int_equal((val & (HW_COMPAT_OLD - 1)) - 1, filling->nr.native);
}

static void no_number_twice(void **state)
{
	const struct hook *native[HW_NR_MAX] = {0};

	(void)state;
	memset(taken, 0, sizeof(taken));
	for (size_t i = 0; i < n_rows; i++) {
		const struct hook *h = &rows[i];

		if (h->kind != HOOK_SYSCALL)
			assert_int_equal(h->nr.narrow, -1);
		if (h->kind == HOOK_URING)
			continue;
		if (h->kind != HOOK_SYSCALL)
			assert_int_equal(h->nr.native, -1);
		filling = h;
		hook_compat_entries(h, take_entry, NULL);
		if (h->nr.native < 0)
			continue;
		assert_true(h->nr.native < HW_NR_MAX);
		/* A second row of an event and program adds numbers of the other interfaces. */
		if (native[h->nr.native] && !other_row(native[h->nr.native], h) &&
		    !tells_both(native[h->nr.native], h) &&
		    (native[h->nr.native]->id != h->id ||
		     strcmp(native[h->nr.native]->program, h->program) != 0))
			fail_msg("system call %d is both %s and %s", h->nr.native,
				 native[h->nr.native]->event, h->event);
		native[h->nr.native] = h;
	}
}

/* An operation of io_uring is one event. */
static void no_operation_twice(void **state)
{
	bool seen[256] = {false};

	(void)state;
	for (size_t i = 0; i < n_rows; i++) {
		if (rows[i].kind != HOOK_URING)
			continue;
		assert_in_range(rows[i].nr.native, 0, 255);
		if (seen[rows[i].nr.native])
			fail_msg("operation %d twice", rows[i].nr.native);
		seen[rows[i].nr.native] = true;
	}
}

#ifdef __x86_64__
/* Entries by number, from the kernel's own tables. */
static void known_numbers(void **state)
{
	static const struct {
		uint32_t at;
		const char *event;
	} known[] = {
		{5, "open"}, {11, "execve"}, {295, "openat"}, {358, "execveat"}, {23, "setuid"},
		{213, "setuid"}, {362, "connect"}, {518, "sendmsg"}, {520, "execve"},
		{521, "ptrace"}, {545, "execveat"}, {HW_COMPAT_SOCKETCALL + 3, "connect"},
		{HW_COMPAT_SOCKETCALL + 9, "sendto"}, {HW_COMPAT_SOCKETCALL + 11, "sendto"},
		{3, "read"}, {15, "chmod"}, {16, "lchown"}, {22, "umount2"}, {90, "mmap"},
		{93, "ftruncate"}, {95, "fchown"}, {180, "pread64"}, {182, "chown"},
		{192, "mmap"}, {193, "truncate"}, {207, "fchown"}, {212, "chown"},
		{217, "pivot_root"}, {380, "pkey_mprotect"}, {516, "writev"}, {546, "preadv2"},
		{HW_COMPAT_SOCKETCALL + 16, "sendmsg"}, {HW_COMPAT_SOCKETCALL + 18, "accept4"},
		{HW_COMPAT_SOCKETCALL + 2, "bind"}, {HW_COMPAT_SOCKETCALL + 4, "listen"},
		{HW_COMPAT_SOCKETCALL + 8, "socketpair"}, {HW_COMPAT_SOCKETCALL + 10, "recvfrom"},
		{HW_COMPAT_SOCKETCALL + 12, "recvfrom"}, {HW_COMPAT_SOCKETCALL + 13, "shutdown"},
		{HW_COMPAT_SOCKETCALL + 17, "recvmsg"}, {HW_COMPAT_SOCKETCALL + 19, "recvmmsg"},
		{HW_COMPAT_SOCKETCALL + 20, "sendmmsg"}, {37, "kill"}, {270, "tgkill"},
		{337, "recvmmsg"}, {417, "recvmmsg"}, {346, "setns"}, {357, "bpf"},
		{517, "recvfrom"}, {519, "recvmsg"}, {524, "rt_sigqueueinfo"}, {528, "kexec_load"},
		{536, "rt_tgsigqueueinfo"}, {537, "recvmmsg"}, {538, "sendmmsg"},
		{539, "process_vm_readv"}, {540, "process_vm_writev"},
	};
	/* What must be nobody's: i386's socketcall itself, waitpid, the end of the table. */
	static const uint32_t free_numbers[] = {0, 1, 7, 102, 511, 512, HW_COMPAT_MAX - 1};

	(void)state;
	no_number_twice(NULL);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_non_null(taken[known[i].at]);
		assert_string_equal(taken[known[i].at]->event, known[i].event);
	}
	for (size_t i = 0; i < sizeof(free_numbers) / sizeof(free_numbers[0]); i++)
		assert_null(taken[free_numbers[i]]);
}
#endif

/* --- which row is tried --- */

static void replacement_only_when_needed(void **state)
{
	static const struct {
		unsigned version[2];
		bool refuse_first;
		bool first, second;
	} cases[] = {
		{{6, 18}, false, true, false}, {{6, 16}, false, true, false},
		{{7, 0}, false, true, false},  {{6, 15}, false, false, true},
		{{5, 10}, false, false, true}, {{6, 18}, true, false, true},
		{{5, 99}, true, false, true},
	};
	bool refused[512] = {false};
	const struct hook *dead = row_of_program("on_exit_dead");
	const struct hook *count = row_of_program("on_exit");

	(void)state;
	assert_true(n_rows < 512);
	assert_non_null(dead);
	assert_non_null(count);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		refused[dead - rows] = cases[i].refuse_first;
		assert_int_equal(hook_chosen(dead, cases[i].version, refused), cases[i].first);
		assert_int_equal(hook_chosen(count, cases[i].version, refused), cases[i].second);
	}
	refused[dead - rows] = refused[count - rows] = true;
	assert_false(hook_chosen(dead, cases[0].version, refused));
	assert_false(hook_chosen(count, cases[0].version, refused));
}

static void replacements_exist(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_rows; i++) {
		const char *other = rows[i].replaced_by;

		if (other && other[0] != '/')
			assert_non_null(row_of_program(other));
	}
}

static void only_state_comes_unasked(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_rows; i++) {
		unsigned class;
		bool asked_for;

		if (rows[i].betters) {
			assert_false(hook_always(&rows[i]));
			continue;
		}
		class = schema_event(rows[i].id)->class;
		asked_for = class == HW_CLASS_FILE || class == HW_CLASS_NET ||
				       class == HW_CLASS_KERNEL;

		assert_int_equal(hook_always(&rows[i]), !asked_for);
	}
}

/* --- object rows --- */

/* An object row betters events that some row tells, and none twice; its kind is one that an object
 * can be seen by; it cannot be vital. */
static void object_rows_better_events(void **state)
{
	unsigned objects = 0;

	(void)state;
	for (size_t i = 0; i < n_rows; i++) {
		const struct hook *h = &rows[i];

		if (!hook_notes(h))
			continue;
		objects++;
		assert_false(h->vital);
		assert_null(h->replaced_by);
		assert_non_null(h->without);
		assert_true(h->kind == HOOK_LSM || h->kind == HOOK_FENTRY ||
			    h->kind == HOOK_CGROUP);
		assert_true(h->betters[0]);
		for (const uint16_t *at = h->betters; *at; at++) {
			const struct event_desc *d = schema_event(*at);

			assert_non_null(d);
			assert_true(hook_serves(h, *at));
			for (const uint16_t *b = h->betters; b < at; b++)
				assert_int_not_equal(*b, *at);
		}
		assert_false(hook_serves(h, 0));
		assert_false(hook_serves(h, EV_proc));
		assert_false(hook_serves(h, EV_MAX));
	}
	assert_true(objects >= 2 * 17);
}

/* Rows of one object stand together, better kinds first, and note the same. */
static void objects_have_their_ways_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_rows; i++)
		for (size_t j = i + 1; j < n_rows; j++) {
			if (!rows[i].betters || !rows[j].betters ||
			    strcmp(rows[i].event, rows[j].event) != 0)
				continue;
			assert_true(rows[i].kind <= rows[j].kind);
			assert_int_equal(rows[i].addr, rows[j].addr);
			for (size_t k = i; k < j; k++)
				assert_string_equal(rows[k].event, rows[i].event);
		}
}

/* Rows in use on a kernel where the kinds in barred are of no use. */
static void use_all(bool *used, unsigned barred_kinds)
{
	const unsigned version[2] = {6, 18};
	bool barred[512] = {false};

	assert_true(n_rows < 512);
	for (size_t i = 0; i < n_rows; i++)
		barred[i] = rows[i].betters && (barred_kinds >> rows[i].kind & 1);
	for (size_t i = 0; i < n_rows; i++)
		used[i] = hook_chosen(&rows[i], version, barred);
}

static bool is_weaker(unsigned id, const bool *used, const char *word)
{
	const char *texts[8];
	const size_t n = hook_weaknesses(id, used, texts, 8);
	bool found = false;

	assert_true(n < 8);
	for (size_t i = 0; i < n; i++)
		found |= strstr(texts[i], word) != NULL;
	return found;
}

static void sources_follow_the_kinds(void **state)
{
	static const struct {
		unsigned barred;
		unsigned rename, connect;
	} cases[] = {
		{0, HOOK_LSM, HOOK_LSM},
		{1 << HOOK_LSM, HOOK_FENTRY, HOOK_FENTRY},
		{1 << HOOK_FENTRY | 1 << HOOK_CGROUP, HOOK_LSM, HOOK_LSM},
		{1 << HOOK_LSM | 1 << HOOK_FENTRY, HOOK_SYSCALL, HOOK_CGROUP},
		{1 << HOOK_LSM | 1 << HOOK_FENTRY | 1 << HOOK_CGROUP, HOOK_SYSCALL, HOOK_SYSCALL},
	};
	bool used[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		use_all(used, cases[i].barred);
		assert_int_equal(hook_source(EV_rename, used), cases[i].rename);
		assert_int_equal(hook_source(EV_connect, used), cases[i].connect);
		assert_int_equal(hook_source(EV_openat, used), HOOK_SYSCALL);
		/* Names read late are a weakness of exactly those that no object row betters. */
		assert_int_equal(is_weaker(EV_rename, used, "names are as the caller left them"),
				 cases[i].rename == HOOK_SYSCALL);
		assert_int_equal(is_weaker(EV_connect, used, "as passed are read"),
				 cases[i].connect == HOOK_SYSCALL);
		assert_int_equal(is_weaker(EV_connect, used, "unix"),
				 cases[i].connect == HOOK_CGROUP);
		assert_int_equal(hook_source(EV_setsid, used), HOOK_SYSCALL);
		assert_int_equal(hook_source(EV_fork, used), HOOK_TP_BTF);
		assert_int_equal(hook_source(EV_container, used), HOOK_KINDS);
	}
	memset(used, 0, sizeof(used));
	assert_int_equal(hook_source(EV_rename, used), HOOK_KINDS);
}

/* Both halves of an object that takes two programs of one kind, and never a second kind beside. */
static void one_kind_for_an_object(void **state)
{
	bool used[512];
	const struct hook *four = row_of_program("cgroup_connect4");
	const struct hook *six = row_of_program("cgroup_connect6");

	(void)state;
	assert_non_null(four);
	assert_non_null(six);
	use_all(used, 1 << HOOK_LSM | 1 << HOOK_FENTRY);
	assert_true(used[four - rows] && used[six - rows]);
	use_all(used, 1 << HOOK_LSM);
	assert_false(used[four - rows] || used[six - rows]);
	for (size_t i = 0; i < n_rows; i++)
		for (size_t j = 0; j < i; j++)
			if (rows[i].betters && rows[j].betters && used[i] && used[j] &&
			    strcmp(rows[i].event, rows[j].event) == 0)
				assert_int_equal(rows[i].kind, rows[j].kind);
}

/* One object row that fails leaves the others alone. */
static void objects_fail_one_by_one(void **state)
{
	const unsigned version[2] = {6, 18};
	bool barred[512] = {false};
	const struct hook *gone = row_of_program("lsm_path_link");

	(void)state;
	assert_non_null(gone);
	barred[gone - rows] = true;
	for (size_t i = 0; i < n_rows; i++) {
		const struct hook *h = &rows[i];
		const bool same = h->betters && strcmp(h->event, "path_link") == 0;

		if (h->kind == HOOK_LSM)
			assert_int_equal(hook_chosen(h, version, barred), !same);
		if (h->kind == HOOK_FENTRY)
			assert_int_equal(hook_chosen(h, version, barred), same);
	}
}

/* --- where cgroup v2 is mounted --- */

static void cgroup_mounts(void **state)
{
	static const struct {
		const char *text, *dir;
	} cases[] = {
		{"24 1 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup"},
		{"11 1 0:2 / /proc rw - proc proc rw\n"
		 "30 1 0:22 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 none rw",
		 "/sys/fs/cgroup/unified"},
		{"24 1 0:22 / /a\\040b rw - cgroup2 cgroup2 rw\n", "/a b"},
		{"24 1 0:22 /kubepods /c rw - cgroup2 cgroup2 rw\n"
		 "25 1 0:22 / /d rw - cgroup2 cgroup2 rw\n", "/d"},
		{"", NULL},
		{"\n\n", NULL},
		{"24 1 0:22 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", NULL},
		{"24 1 0:22 /sub /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", NULL},
		{"24 1 0:22 /../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", NULL},
		{"24 1 0:22 / /x - cgroup2", NULL},
		{" - cgroup2 ", NULL},
		{"24 - cgroup2 cgroup2 rw / /x", NULL},
		{"24 1 0:22 / /tmp/x rw - tmpfs cgroup2 rw\n", NULL},
	};
	struct buf dir = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&dir);
		assert_int_equal(cgroup2_mount(cases[i].text, &dir), cases[i].dir ? 0 : -ENOENT);
		assert_string_equal(buf_str(&dir), cases[i].dir ? cases[i].dir : "");
	}
	buf_done(&dir);
}

/* --- what a live source refuses before it touches the kernel --- */

static int no_sink(void *ctx, void *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return 0;
}

static void bad_rings_are_refused(void **state)
{
	static const uint64_t bad[] = {1, 4096, 65535, 65537, 3u << 20, 1ull << 31, UINT64_MAX};
	struct buf err = BUF_INIT;
	struct source *s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct live_opts o = {.ring_len = bad[i]};

		buf_reset(&err);
		errno = 0;
		s = live_new(&o, no_sink, NULL, &err);
		assert_null(s);
		assert_int_equal(errno, EINVAL);
		assert_non_null(strstr(buf_str(&err), "power of two"));
	}
	buf_done(&err);
}

/* Before start there is no kernel side: everything says so, nothing crashes. */
static void unstarted_source_is_inert(void **state)
{
	uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX] = {{0}}, produced[HW_CLASS_MAX] = {0};
	const struct live_opts o = {.ring_len = 1u << 20};
	struct buf err = BUF_INIT;
	struct source *s = live_new(&o, no_sink, NULL, &err);

	(void)state;
	assert_non_null(s);
	assert_int_equal(s->ops->fd(s), -1);
	assert_int_equal(live_host_cgroup(s, 1), -ENOTCONN);
	assert_false(live_arm_wakeup(s));
	assert_int_equal(live_hook_count(s), 0);
	s->ops->lost(s, lost);
	s->ops->produced(s, produced);
	for (unsigned c = 0; c < HW_CLASS_MAX; c++) {
		assert_int_equal(produced[c], 0);
		for (unsigned r = 0; r < HW_LOST_MAX; r++)
			assert_int_equal(lost[c][r], 0);
	}
	s->ops->free(s);
	buf_done(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_has_a_hook),
		cmocka_unit_test(rows_name_their_event),
		cmocka_unit_test(rows_and_programs_agree),
		cmocka_unit_test(kernel_side_has_its_maps),
		cmocka_unit_test(no_number_twice),
		cmocka_unit_test(no_operation_twice),
#ifdef __x86_64__
		cmocka_unit_test(known_numbers),
#endif
		cmocka_unit_test(replacement_only_when_needed),
		cmocka_unit_test(replacements_exist),
		cmocka_unit_test(only_state_comes_unasked),
		cmocka_unit_test(object_rows_better_events),
		cmocka_unit_test(objects_have_their_ways_in_order),
		cmocka_unit_test(sources_follow_the_kinds),
		cmocka_unit_test(one_kind_for_an_object),
		cmocka_unit_test(objects_fail_one_by_one),
		cmocka_unit_test(cgroup_mounts),
		cmocka_unit_test(bad_rings_are_refused),
		cmocka_unit_test(unstarted_source_is_inert),
	};

	rows = hooks_table(&n_rows);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
