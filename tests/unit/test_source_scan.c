/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The start-up scan: what it makes of an iterator's bytes and of a /proc tree, and that no broken
 * byte, strange name or vanished process becomes a wrong record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event/build.h"
#include "event/check.h"
#include "event/schema.h"
#include "source/scan.h"

#define MAX_RECORDS 64

static char dir[64];

struct seen {
	size_t n;
	struct ev_proc *e[MAX_RECORDS];
};

static int on_record(void *ctx, void *data, size_t len)
{
	struct seen *s = ctx;
	const char *why = NULL;

	if (check_record(data, len, &why) != CHECK_OK)
		fail_msg("the scan made a bad record: %s", why);
	assert_true(s->n < MAX_RECORDS);
	s->e[s->n] = malloc(len);
	assert_non_null(s->e[s->n]);
	memcpy(s->e[s->n++], data, len);
	return 0;
}

static void forget(struct seen *s)
{
	while (s->n)
		free(s->e[--s->n]);
}

static const struct ev_proc *of_pid(const struct seen *s, uint32_t pid)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->e[i]->h.pid == pid)
			return s->e[i];
	return NULL;
}

static void put(const char *path, const char *text, size_t len)
{
	char full[256];
	int fd;

	snprintf(full, sizeof(full), "%s%s", dir, path);
	for (char *c = full + strlen(dir) + 1; *c; c++)
		if (*c == '/') {
			*c = '\0';
			mkdir(full, 0700);
			*c = '/';
		}
	fd = open(full, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static void put_str(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

static void put_link(const char *path, const char *target)
{
	char full[256];

	put_str(path, ""); /* its directories */
	snprintf(full, sizeof(full), "%s%s", dir, path);
	assert_int_equal(unlink(full), 0);
	assert_int_equal(symlink(target, full), 0);
}

/* --- the iterator's bytes --- */

static int scan_bytes(const void *data, size_t len, struct seen *s)
{
	struct rootfs *root = rootfs_new(dir);
	struct scan_ctx c = {.root = root, .emit = on_record, .ctx = s};
	char path[96];
	int fd, ret;

	assert_non_null(root);
	put("/iter", data, len);
	snprintf(path, sizeof(path), "%s/iter", dir);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	ret = scan_iter(&c, fd);
	close(fd);
	rootfs_free(root);
	return ret;
}

static size_t make_proc(char *out, uint32_t pid, size_t path_len)
{
	struct rec_builder b;
	struct ev_proc *e;
	const struct ev_hdr *h;
	char *path = malloc(path_len + 1);
	size_t len;

	assert_non_null(path);
	memset(path, 'p', path_len);
	assert_int_equal(rec_init(&b), 0);
	e = REC_BEGIN(&b, proc);
	e->h.pid = pid;
	if (path_len)
		REC_STR(&b, proc, trusted_exepath, path, path_len, 0);
	h = rec_end(&b);
	assert_non_null(h);
	/* As the kernel side: whole words, so that the next record is aligned. */
	len = (h->size + 7) & ~7u;
	memset(out, 0, len);
	memcpy(out, h, h->size);
	((struct ev_hdr *)out)->size = (uint32_t)len;
	rec_done(&b);
	free(path);
	return len;
}

static void iterator_records_get_arguments(void **state)
{
	static const char args[] = "sh\0-c\0 x";
	static _Alignas(8) char data[4 * HW_RECORD_MAX];
	struct seen s = {0};
	size_t len;

	(void)state;
	put("/proc/41/cmdline", args, sizeof(args));
	len = make_proc(data, 41, 10);
	len += make_proc(data + len, 2, 0); /* a kernel thread: nothing is looked for */
	len += make_proc(data + len, 43, 20); /* gone meanwhile: no arguments, the record stays */
	assert_int_equal(scan_bytes(data, len, &s), 0);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.e[0]->argv.len, sizeof(args));
	assert_memory_equal(rec_str(&s.e[0]->h, &s.e[0]->argv), args, sizeof(args));
	assert_int_equal(s.e[0]->h.cpu, HW_CPU_USER);
	assert_true(s.e[0]->h.flags & HW_F_SYNTH);
	assert_int_equal(s.e[1]->argv.off, 0);
	assert_int_equal(s.e[2]->argv.off, 0);
	forget(&s);
}

static void long_arguments_are_cut_and_say_so(void **state)
{
	static char args[HW_ARGV_MAX + HW_TAIL_MAX + 100];
	static _Alignas(8) char data[HW_RECORD_MAX];
	struct seen s = {0};

	(void)state;
	memset(args, 'a', sizeof(args));
	memcpy(args + sizeof(args) - 4, "end", 4);
	put("/proc/44/cmdline", args, sizeof(args));
	assert_int_equal(scan_bytes(data, make_proc(data, 44, 10), &s), 0);
	assert_int_equal(s.e[0]->argv.len, HW_ARGV_MAX);
	assert_true(s.e[0]->argv.flags & HW_STR_CUT);
	assert_true(s.e[0]->h.flags & HW_F_CUT);
	assert_int_equal(s.e[0]->argv_len, sizeof(args));
	assert_int_equal(s.e[0]->argv_tail.len, HW_TAIL_MAX);
	assert_memory_equal(rec_str(&s.e[0]->h, &s.e[0]->argv_tail) + HW_TAIL_MAX - 4, "end", 4);
	forget(&s);
	put("/proc/44/cmdline", args, HW_ARGV_MAX + 3); /* no byte of the head is in the tail */
	assert_int_equal(scan_bytes(data, make_proc(data, 44, 10), &s), 0);
	assert_int_equal(s.e[0]->argv_tail.len, 3);
	forget(&s);
	put("/proc/44/cmdline", args, HW_ARGV_MAX); /* exactly as long as allowed */
	assert_int_equal(scan_bytes(data, make_proc(data, 44, 10), &s), 0);
	assert_int_equal(s.e[0]->argv.len, HW_ARGV_MAX);
	assert_false(s.e[0]->argv.flags & HW_STR_CUT);
	assert_int_equal(s.e[0]->argv_tail.off, 0);
	forget(&s);
}

/* By the rule of include/hash.h, counted here byte by byte. */
static uint64_t hash_of(const char *s, size_t len)
{
	uint64_t h = 0xcbf29ce484222325, words[] = {len, 0, 0, 0, 0};
	const size_t n = (len + 7) / 8;

	for (size_t i = 0; i < len; i++)
		words[1 + i / 8] |= (uint64_t)(unsigned char)s[i] << (8 * (i % 8));
	for (size_t i = 0; i < n + 2; i++) {
		h = (h ^ (i <= n ? words[i] : 0)) * 0x9e3779b97f4a7c15;
		h ^= h >> 32;
	}
	return h;
}

static void arguments_are_hashed_whole(void **state)
{
	static const struct {
		const char *args;
		size_t len;
	} rows[] = {
		{"a", 2}, {"a\0", 3}, {"sevenby", 7}, {"sevenby", 8}, {"eightbyt", 9},
		{"prog\0-x\0\xff\xfe", 11}, {"prog\0-x\0\xff\xff", 11},
	};
	static _Alignas(8) char data[HW_RECORD_MAX];
	uint64_t before = 0;
	struct seen s = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put("/proc/44/cmdline", rows[i].args, rows[i].len);
		assert_int_equal(scan_bytes(data, make_proc(data, 44, 10), &s), 0);
		assert_true(s.e[0]->argv_hash == hash_of(rows[i].args, rows[i].len));
		assert_true(s.e[0]->argv_hash != before);
		before = s.e[0]->argv_hash;
		forget(&s);
	}
	put("/proc/44/cmdline", "", 0);
	assert_int_equal(scan_bytes(data, make_proc(data, 44, 10), &s), 0);
	assert_true(s.e[0]->argv_hash == 0);
	forget(&s);
}

/* Many records, so that reads end in the middle of some. */
static void records_across_reads(void **state)
{
	static _Alignas(8) char data[MAX_RECORDS * 20000];
	struct seen s = {0};
	size_t len = 0;

	(void)state;
	for (uint32_t i = 0; i < 40; i++)
		len += make_proc(data + len, 100 + i, 12000);
	assert_int_equal(scan_bytes(data, len, &s), 0);
	assert_int_equal(s.n, 40);
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(s.e[i]->h.pid, 100 + i);
	forget(&s);
}

static void broken_iterator_bytes_are_refused(void **state)
{
	static _Alignas(8) char data[HW_RECORD_MAX];
	static const uint32_t sizes[] = {0, 8, sizeof(struct ev_hdr), sizeof(struct ev_proc) - 8,
					 sizeof(struct ev_proc) + 1, HW_RECORD_MAX + 8, UINT32_MAX};
	struct ev_proc *e = (struct ev_proc *)data;
	struct seen s = {0};
	size_t len = make_proc(data, 7, 0);

	(void)state;
	assert_int_equal(scan_bytes(data, 0, &s), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		e->h.size = sizes[i];
		assert_int_equal(scan_bytes(data, len, &s), -EPROTO);
	}
	e->h.size = (uint32_t)len;
	for (size_t cut = 1; cut < len; cut += 13) /* ends in the middle */
		assert_int_equal(scan_bytes(data, cut, &s), -EPROTO);
	e->h.type = EV_fork;
	assert_int_equal(scan_bytes(data, len, &s), -EPROTO);
	assert_int_equal(s.n, 0);
}

/* --- /proc alone --- */

static void fill_process(const char *pid, const char *status, const char *stat)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	put_str(path, status);
	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	put_str(path, stat);
	snprintf(path, sizeof(path), "/proc/%s/cgroup", pid);
	put_str(path, "12:cpu:/x\n0::/docker/abc\n");
	snprintf(path, sizeof(path), "/proc/%s/ns/pid", pid);
	put_link(path, "pid:[4026531836]");
	snprintf(path, sizeof(path), "/proc/%s/loginuid", pid);
	put_str(path, "1000");
}

static void scan_tree(struct seen *s, uint32_t own_pid)
{
	struct rootfs *root = rootfs_new(dir);
	struct scan_ctx c = {.root = root, .emit = on_record, .ctx = s};

	assert_non_null(root);
	assert_int_equal(scan_proc(&c, 99, own_pid), 0);
	assert_int_equal(c.count, s->n);
	rootfs_free(root);
}

static void proc_tree_is_read(void **state)
{
	static const char status[] =
		"Name:\tevil) 1 (x\nPPid:\t7\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\n"
		"NSpid:\t501\t40\t1\nNSpgid:\t500\t39\t9\nCapInh:\t0000000000000001\n"
		"CapPrm:\t000001ffffffffff\nCapEff:\t00000000a80425fb\n";
	static const char line[] = "501 (evil) 1 (x) S 7 500 400 34817 500 4194304 1 2 3 4 5 6 7 8 "
				   "20 0 1 0 12345 100 200";
	const struct ev_proc *e;
	struct seen s = {0};
	struct stat st;
	char path[128];

	(void)state;
	fill_process("501", status, line);
	put_str("/sys/fs/cgroup/docker/abc/x", "");
	put_link("/proc/501/cwd", "/srv/data");
	scan_tree(&s, 1);
	e = of_pid(&s, 501);
	assert_non_null(e);
	assert_string_equal(e->h.comm, "evil) 1 (x");
	assert_int_equal(e->h.ppid, 7);
	assert_int_equal(e->h.uid, 2);
	assert_int_equal(e->h.gid, 6);
	assert_int_equal(e->h.vpid, 1);
	assert_int_equal(e->vpgid, 9);
	assert_int_equal(e->h.cap_effective, 0xa80425fb);
	assert_int_equal(e->cap_inheritable, 1);
	assert_int_equal(e->h.loginuid, 1000);
	assert_int_equal(e->pgid, 500);
	assert_int_equal(e->sid, 400);
	assert_int_equal(e->tty, 34817);
	assert_int_equal(e->h.start, 12345 * (1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK)));
	assert_int_equal(e->pidns, 4026531836u);
	assert_string_equal(rec_str(&e->h, &e->cwd), "/srv/data");
	snprintf(path, sizeof(path), "%s/sys/fs/cgroup/docker/abc", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_ino, e->h.cgroup);
	forget(&s);
}

static void strange_processes_do_no_harm(void **state)
{
	static const struct {
		const char *pid, *status, *stat;
	} odd[] = {
		{"601", "", ""},
		{"602", "Name:", "602"},
		{"603", "Name:\t\n", "603 ()"},
		{"604", "PPid:\nUid:\nNSpid:\n", "604 (x) S"},
		{"605", "Name:\tabcdefghijklmnopqrstuvwxyz\nPPid:\t-5\n", ") ) )"},
		{"606", "Uid:\tx\ty\n\n\n\nNSpid:\t1\t\t2", "606 (a) S x y z"},
	};
	struct seen s = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		fill_process(odd[i].pid, odd[i].status, odd[i].stat);
	put_str("/proc/607/cmdline", "no status");
	put_str("/proc/self/status", "Name:\tself\n");
	put_str("/proc/60x/status", "Name:\tnope\n");
	put_str("/proc/999/status", "Name:\town\n");
	scan_tree(&s, 999);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_non_null(of_pid(&s, (uint32_t)atoi(odd[i].pid)));
	assert_string_equal(of_pid(&s, 605)->h.comm, "abcdefghijklmno");
	assert_null(of_pid(&s, 607)); /* ended meanwhile */
	assert_null(of_pid(&s, 999)); /* ourselves */
	assert_null(of_pid(&s, 60));  /* no number */
	assert_null(of_pid(&s, 0));
	forget(&s);
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/hullwatch-scan-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char cmd[128];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	return system(cmd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iterator_records_get_arguments),
		cmocka_unit_test(long_arguments_are_cut_and_say_so),
		cmocka_unit_test(arguments_are_hashed_whole),
		cmocka_unit_test(records_across_reads),
		cmocka_unit_test(broken_iterator_bytes_are_refused),
		cmocka_unit_test(proc_tree_is_read),
		cmocka_unit_test(strange_processes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
