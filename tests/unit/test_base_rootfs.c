/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Reading files below a root: no link leads out of it, and nothing but regular files is opened. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rootfs.h"

#define MAX 4096

/*
 * TREE/outside           "secret"
 * TREE/root/etc/passwd   "inside"
 * TREE/root/outside      "decoy": what an escape resolves to when the root holds
 * TREE/root/ctr/...      a container's root with the same traps
 */
struct tree {
	char dir[64];
	struct rootfs *root; /* of TREE/root */
	struct rootfs *host; /* of / */
};

static void put_file(const char *dir, const char *path, const char *text)
{
	char name[256];
	FILE *f;

	snprintf(name, sizeof(name), "%s/%s", dir, path);
	f = fopen(name, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void put_dir(const char *dir, const char *path)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/%s", dir, path);
	assert_int_equal(mkdir(name, 0755), 0);
}

static void put_link(const char *dir, const char *path, const char *to)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/%s", dir, path);
	assert_int_equal(symlink(to, name), 0);
}

static void put_special(const char *dir, const char *prefix)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char name[256];

	snprintf(name, sizeof(name), "%s/%sfifo", dir, prefix);
	assert_int_equal(mkfifo(name, 0644), 0);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%ssock", dir, prefix);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
}

static void put_traps(const char *dir, const char *prefix)
{
	static const char *const traps[][2] = {
		{"up", "../../../../../../../outside"},
		{"abs", "/outside"},
		{"mid", ".."},
		{"loop", "loop"},
		{"chain", "abs"},
		{"gone", "/no/such/file"},
		{"magic", "/proc/self/exe"},
		{"relative", "etc/passwd"},
	};
	char name[64];

	for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", prefix, traps[i][0]);
		put_link(dir, name, traps[i][1]);
	}
	put_special(dir, prefix);
}

static int setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));
	char root[128];

	snprintf(t->dir, sizeof(t->dir), "/tmp/hw-rootfs-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	put_file(t->dir, "outside", "secret");
	put_dir(t->dir, "root");
	snprintf(root, sizeof(root), "%s/root", t->dir);
	put_file(root, "outside", "decoy");
	put_dir(root, "etc");
	put_file(root, "etc/passwd", "inside");
	put_file(root, "empty", "");
	put_traps(root, "");
	put_dir(root, "ctr");
	put_dir(root, "ctr/etc");
	put_file(root, "ctr/etc/passwd", "contained");
	put_file(root, "ctr/outside", "trapped");
	put_traps(root, "ctr/");
	t->root = rootfs_new(root);
	t->host = rootfs_new("/");
	assert_non_null(t->root);
	assert_non_null(t->host);
	*state = t;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct tree *t = *state;

	rootfs_free(t->root);
	rootfs_free(t->host);
	rootfs_free(NULL);
	nftw(t->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(t);
	return 0;
}

struct read_row {
	const char *path;
	const char *want; /* NULL: refused with err */
	int err;
};

static const struct read_row in_root[] = {
	{"/etc/passwd", "inside", 0},
	{"//etc/./passwd", "inside", 0},
	{"/relative", "inside", 0},
	{"/empty", "", 0},
	{"/up", "decoy", 0},
	{"/abs", "decoy", 0},
	{"/chain", "decoy", 0},
	{"/mid/mid/../outside", "decoy", 0},
	{"/../../outside", "decoy", 0},
	{"/etc/../../../outside", "decoy", 0},
	{"outside", NULL, -EINVAL},
	{"", NULL, -EINVAL},
	{"/loop", NULL, -ELOOP},
	{"/gone", NULL, -ENOENT},
	{"/magic", NULL, -ENOENT},
	{"/none", NULL, -ENOENT},
	{"/etc/passwd/x", NULL, -ENOTDIR},
	{"/etc", NULL, -EINVAL},
	{"/", NULL, -EINVAL},
	{"/fifo", NULL, -EINVAL},
	{"/sock", NULL, -EINVAL},
};

static void expect(int err, const struct buf *b, const struct read_row *r)
{
	assert_int_equal(err, r->err);
	/* What was there before stays, also when the read failed. */
	assert_memory_equal(buf_str(b), "was:", 4);
	assert_string_equal(buf_str(b) + 4, r->want ? r->want : "");
}

static void reads_stay_below_the_root(void **state)
{
	struct tree *t = *state;

	for (size_t i = 0; i < sizeof(in_root) / sizeof(in_root[0]); i++) {
		struct buf b = BUF_INIT;

		buf_adds(&b, "was:");
		expect(rootfs_read(t->root, in_root[i].path, MAX, &b), &b, &in_root[i]);
		buf_done(&b);
	}
}

static const struct read_row in_container[] = {
	{"/etc/passwd", "contained", 0},
	{"/relative", "contained", 0},
	{"/up", "trapped", 0},
	{"/abs", "trapped", 0},
	{"/chain", "trapped", 0},
	{"/mid/mid/outside", "trapped", 0},
	{"/../../outside", "trapped", 0},
	{"etc/passwd", NULL, -EINVAL},
	{"/loop", NULL, -ELOOP},
	{"/magic", NULL, -ENOENT},
	{"/etc", NULL, -EINVAL},
	{"/fifo", NULL, -EINVAL},
	{"/sock", NULL, -EINVAL},
};

static void reads_in_a_container_stay_in_it(void **state)
{
	struct tree *t = *state;
	char dir[128];

	snprintf(dir, sizeof(dir), "%s/root/ctr", t->dir);
	for (size_t i = 0; i < sizeof(in_container) / sizeof(in_container[0]); i++) {
		const struct read_row *r = &in_container[i];
		struct buf a = BUF_INIT, b = BUF_INIT;

		buf_adds(&a, "was:");
		buf_adds(&b, "was:");
		expect(rootfs_read_in(t->root, "/ctr", r->path, MAX, &a), &a, r);
		expect(rootfs_read_in(t->host, dir, r->path, MAX, &b), &b, r);
		buf_done(&a);
		buf_done(&b);
	}
}

static void a_container_directory_must_be_one(void **state)
{
	struct tree *t = *state;
	struct buf b = BUF_INIT;

	assert_int_equal(rootfs_read_in(t->root, "/none", "/x", MAX, &b), -ENOENT);
	assert_int_equal(rootfs_read_in(t->root, "/outside", "/x", MAX, &b), -ENOTDIR);
	assert_int_equal(rootfs_read_in(t->root, "ctr", "/outside", MAX, &b), -EINVAL);
	buf_done(&b);
}

/* The kernel's own links lead anywhere; a container could wait for us with one of them. */
static void a_container_path_follows_no_kernel_link_and_no_mount(void **state)
{
	struct tree *t = *state;
	struct buf b = BUF_INIT;
	int err;

	err = rootfs_read_in(t->host, "/", "/proc/self/status", MAX, &b);
	assert_int_equal(err, -EXDEV);
	err = rootfs_read_in(t->host, "/proc", "/self/exe", MAX, &b);
	assert_true(err == -ELOOP || err == -EXDEV);
	err = rootfs_read_in(t->host, "/proc", "/self/root/etc/passwd", MAX, &b);
	assert_true(err == -ELOOP || err == -EXDEV);
	assert_int_equal(b.len, 0);
	buf_done(&b);
}

static void a_file_has_at_most_max_bytes(void **state)
{
	struct tree *t = *state;
	struct buf b = BUF_INIT;

	assert_int_equal(rootfs_read(t->root, "/etc/passwd", 5, &b), -EFBIG);
	assert_int_equal(rootfs_read(t->root, "/etc/passwd", 0, &b), -EFBIG);
	assert_int_equal(b.len, 0);
	assert_int_equal(rootfs_read(t->root, "/empty", 0, &b), 0);
	assert_int_equal(rootfs_read(t->root, "/etc/passwd", 6, &b), 0);
	assert_string_equal(buf_str(&b), "inside");
	/* Size 0 by stat, and longer than the limit. */
	assert_int_equal(rootfs_read(t->host, "/proc/self/status", 20, &b), -EFBIG);
	assert_string_equal(buf_str(&b), "inside");
	buf_done(&b);
}

static void a_long_file_is_read_whole(void **state)
{
	struct tree *t = *state;
	struct buf text = BUF_INIT, b = BUF_INIT;
	char root[128];

	for (int i = 0; i < 20000; i++)
		buf_addf(&text, "%d ", i);
	snprintf(root, sizeof(root), "%s/root", t->dir);
	put_file(root, "long", buf_str(&text));
	assert_int_equal(rootfs_read(t->root, "/long", text.len, &b), 0);
	assert_string_equal(buf_str(&b), buf_str(&text));
	buf_reset(&b);
	assert_int_equal(rootfs_read(t->root, "/long", text.len - 1, &b), -EFBIG);
	buf_done(&text);
	buf_done(&b);
}

static void the_host_root_follows_kernel_links(void **state)
{
	struct tree *t = *state;
	struct buf b = BUF_INIT;
	struct stat ours, theirs;
	int fd;

	assert_int_equal(rootfs_read(t->host, "/proc/self/status", 65536, &b), 0);
	assert_non_null(strstr(buf_str(&b), "Pid:"));
	buf_reset(&b);
	assert_int_equal(rootfs_readlink(t->host, "/proc/self/exe", &b), 0);
	assert_non_null(strstr(buf_str(&b), "test_base_rootfs"));
	assert_int_equal(rootfs_stat(t->host, "/proc/self/exe", &ours), 0);
	assert_int_equal(stat(buf_str(&b), &theirs), 0);
	assert_int_equal(ours.st_ino, theirs.st_ino);
	fd = rootfs_open(t->host, "/proc/self/exe", 0);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &theirs), 0);
	assert_int_equal(ours.st_ino, theirs.st_ino);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	buf_done(&b);
}

static void links_and_stat_below_a_root(void **state)
{
	struct tree *t = *state;
	struct stat st = {.st_ino = 4711};
	struct buf b = BUF_INIT;

	assert_int_equal(rootfs_readlink(t->root, "/up", &b), 0);
	assert_string_equal(buf_str(&b), "../../../../../../../outside");
	assert_int_equal(rootfs_readlink(t->root, "/etc/passwd", &b), -EINVAL);
	assert_int_equal(rootfs_readlink(t->host, "/", &b), -EINVAL);
	assert_int_equal(rootfs_readlink(t->root, "/none", &b), -ENOENT);
	assert_int_equal(rootfs_stat(t->root, "/none", &st), -ENOENT);
	assert_int_equal(st.st_ino, 4711);
	assert_int_equal(rootfs_stat(t->root, "/up", &st), 0);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(rootfs_stat(t->root, "/fifo", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	buf_done(&b);
}

static void open_makes_no_files(void **state)
{
	struct tree *t = *state;
	int fd;

	assert_int_equal(rootfs_open(t->root, "/new", O_CREAT), -EINVAL);
	assert_int_equal(rootfs_open(t->root, "/outside", O_RDWR), -EINVAL);
	assert_int_equal(rootfs_open(t->root, "/outside", O_TRUNC), -EINVAL);
	assert_int_equal(rootfs_open(t->root, "/new", 0), -ENOENT);
	assert_int_equal(rootfs_open(t->root, "/outside", O_DIRECTORY), -ENOTDIR);
	fd = rootfs_open(t->root, "/etc", O_DIRECTORY);
	assert_true(fd >= 0);
	close(fd);
}

static int count_name(void *ctx, const char *name)
{
	unsigned *n = ctx;

	assert_true(strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
	return ++*n == 3 ? 99 : 0;
}

static int copy_name(void *ctx, const char *name)
{
	buf_adds(ctx, name);
	return 0;
}

static void lists_names_until_told_to_stop(void **state)
{
	struct tree *t = *state;
	struct buf b = BUF_INIT;
	unsigned n = 0;

	assert_int_equal(rootfs_list(t->root, "/etc", copy_name, &b), 0);
	assert_string_equal(buf_str(&b), "passwd");
	assert_int_equal(rootfs_list(t->root, "/", count_name, &n), 99);
	assert_int_equal(n, 3);
	assert_int_equal(rootfs_list(t->root, "/none", copy_name, &b), -ENOENT);
	assert_int_equal(rootfs_list(t->root, "/outside", copy_name, &b), -ENOTDIR);
	assert_int_equal(rootfs_list(t->root, "/fifo", copy_name, &b), -ENOTDIR);
	buf_done(&b);
}

static void a_root_must_be_a_directory(void **state)
{
	struct tree *t = *state;
	char name[128];

	assert_null(rootfs_new("/no/such/directory"));
	assert_int_equal(errno, ENOENT);
	snprintf(name, sizeof(name), "%s/outside", t->dir);
	assert_null(rootfs_new(name));
	assert_int_equal(errno, ENOTDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_stay_below_the_root),
		cmocka_unit_test(reads_in_a_container_stay_in_it),
		cmocka_unit_test(a_container_directory_must_be_one),
		cmocka_unit_test(a_container_path_follows_no_kernel_link_and_no_mount),
		cmocka_unit_test(a_file_has_at_most_max_bytes),
		cmocka_unit_test(a_long_file_is_read_whole),
		cmocka_unit_test(the_host_root_follows_kernel_links),
		cmocka_unit_test(links_and_stat_below_a_root),
		cmocka_unit_test(open_makes_no_files),
		cmocka_unit_test(lists_names_until_told_to_stop),
		cmocka_unit_test(a_root_must_be_a_directory),
	};

	return cmocka_run_group_tests_name("base_rootfs", tests, setup, teardown);
}
