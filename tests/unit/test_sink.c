/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Sinks: no line is cut, mixed or lost uncounted, whatever the other end does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "sink/sink.h"

static char dir[64];
static char path[96];

static void read_all(int fd, struct buf *out)
{
	char part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0)
		buf_add(out, part, (size_t)n);
}

static void assert_file(const char *want)
{
	struct buf got = BUF_INIT;
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	read_all(fd, &got);
	assert_string_equal(buf_str(&got), want);
	buf_done(&got);
	close(fd);
}

static void line(struct sink *s, const char *text, int want)
{
	assert_int_equal(sink_write(s, SINK_ALERT, text, strlen(text)), want);
}

static void test_file_appends(void **state)
{
	struct sink *s;
	struct stat st;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		s = sink_file_new(path, SINK_JSON);
		assert_non_null(s);
		assert_int_equal(s->format, SINK_JSON);
		assert_string_equal(s->name, path);
		line(s, i ? "three" : "one", 0);
		line(s, "", 0);
		assert_int_equal(s->written, 0); /* it waits */
		assert_int_equal(sink_flush(s), 0);
		assert_int_equal(s->written, 2);
		assert_int_equal(sink_flush(s), 0);
		sink_free(s);
	}
	assert_file("one\n\nthree\n\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(path);
}

static void test_free_flushes(void **state)
{
	struct sink *s = sink_file_new(path, SINK_PRETTY);

	(void)state;
	line(s, "last words", 0);
	sink_free(s);
	sink_free(NULL);
	assert_file("last words\n");
	unlink(path);
}

static void test_no_such_file(void **state)
{
	static const struct {
		const char *path;
		int err;
	} files[] = {{"/nonexistent/x", ENOENT}, {"", ENOENT}, {"/", EISDIR}};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		errno = 0;
		assert_null(sink_file_new(files[i].path, SINK_JSON));
		assert_int_equal(errno, files[i].err);
	}
	/* A named pipe that nobody reads would make us wait. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(sink_file_new(path, SINK_JSON));
	assert_int_equal(errno, ENXIO);
	unlink(path);
}

/* The reader is gone: said with every try, counted, and nothing is kept. */
static void test_reader_gone(void **state)
{
	struct sink *s;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	s = sink_fd_new(p[1], "pipe", SINK_JSON);
	close(p[0]);
	line(s, "a", 0);
	line(s, "b", 0);
	assert_int_equal(sink_flush(s), -EPIPE);
	assert_int_equal(s->failed, 2);
	line(s, "c", -EPIPE);
	assert_int_equal(sink_flush(s), 0);
	assert_int_equal(s->failed, 3);
	assert_int_equal(s->written, 0);
	sink_free(s);
	close(p[1]);
}

static void test_closed_descriptor(void **state)
{
	int fd = dup(STDOUT_FILENO);
	struct sink *s;

	(void)state;
	close(fd);
	s = sink_fd_new(fd, "stdout", SINK_JSON);
	line(s, "a", 0);
	assert_int_equal(sink_flush(s), -EBADF);
	line(s, "b", -EPIPE);
	assert_int_equal(s->failed, 2);
	sink_free(s);
}

static void test_disk_full(void **state)
{
	struct sink *s = sink_file_new("/dev/full", SINK_JSON);

	(void)state;
	assert_non_null(s);
	for (unsigned i = 1; i <= 3; i++) {
		line(s, "x", 0);
		assert_int_equal(sink_flush(s), -ENOSPC);
		assert_int_equal(s->failed, i);
	}
	line(s, "y", 0);
	sink_free(s); /* says nothing, and does not hang */
}

/* The disk takes a part of a line: when there is room again, its rest comes first, and the lines
 * that were dropped are whole ones. */
static void test_partial_write(void **state)
{
	struct sink *s = sink_file_new(path, SINK_JSON);
	struct rlimit old, small;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	line(s, "first", 0);  /* bytes 0 to 5 */
	line(s, "second", 0); /* 4 of its 7 bytes fit */
	line(s, "third", 0);
	assert_int_equal(sink_flush(s), -EFBIG);
	assert_int_equal(s->written, 1);
	assert_int_equal(s->failed, 1);
	line(s, "fourth", 0);
	assert_int_equal(sink_flush(s), -EFBIG); /* not a byte more */
	assert_int_equal(s->failed, 2);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	line(s, "fifth", 0);
	assert_int_equal(sink_flush(s), 0);
	assert_int_equal(s->written, 3);
	assert_int_equal(s->failed, 2);
	assert_file("first\nsecond\nfifth\n");
	sink_free(s);
	unlink(path);
}

/* A reader that does not read: nothing blocks, memory is bounded, and what it reads later is whole
 * lines in order; written and failed add up. */
static void test_slow_reader(void **state)
{
	struct buf got = BUF_INIT;
	struct sink *s;
	char text[200];
	unsigned n = 20000, refused = 0, last = 0;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	s = sink_fd_new(p[1], "pipe", SINK_JSON);
	for (unsigned i = 1; i <= n; i++) {
		snprintf(text, sizeof(text), "%06u%0150d", i, 0);
		refused += sink_write(s, SINK_EVENT, text, strlen(text)) != 0;
	}
	assert_int_equal(sink_flush(s), -EAGAIN);
	assert_true(s->failed > 0 && s->failed < n);
	/* Now it reads. */
	assert_int_equal(fcntl(p[0], F_SETFL, O_NONBLOCK), 0);
	do
		read_all(p[0], &got);
	while (sink_flush(s) == -EAGAIN);
	read_all(p[0], &got);
	assert_int_equal(s->written + s->failed, n);
	assert_int_equal(got.len, s->written * 157);
	for (size_t at = 0; at < got.len; at += 157) {
		char num[7] = "";

		assert_int_equal(got.data[at + 156], '\n');
		memcpy(num, got.data + at, 6);
		assert_true((unsigned)atoi(num) > last);
		last = (unsigned)atoi(num);
	}
	assert_true(refused > 0);
	sink_free(s);
	close(p[0]);
	close(p[1]);
	buf_done(&got);
}

#define PATIENT_LINES 4000

/* Writes more than may wait, to a reader that has not begun; status 0 when nothing was lost. */
static void patient_writer(int fd)
{
	struct sink *s = sink_fd_new(fd, "pipe", SINK_JSON);
	char text[1000];
	int bad = 0;

	memset(text, 'x', sizeof(text));
	s->patient = true;
	for (unsigned i = 0; i < PATIENT_LINES; i++)
		bad |= sink_write(s, SINK_EVENT, text, sizeof(text));
	bad |= sink_flush(s);
	_exit(bad || s->failed || s->written != PATIENT_LINES);
}

/* A sink that may wait loses no line to a reader that begins late. */
static void test_patient(void **state)
{
	char chunk[65536];
	size_t got = 0;
	int p[2], status;
	pid_t pid;
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(p), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		patient_writer(p[1]);
	close(p[1]);
	usleep(200000); /* longer than an impatient one waits */
	while ((n = read(p[0], chunk, sizeof(chunk))) > 0)
		got += (size_t)n;
	assert_int_equal(got, PATIENT_LINES * 1001);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(p[0]);
}

static void test_stdout_sink(void **state)
{
	struct sink *s = sink_stdout_new(SINK_PRETTY);

	(void)state;
	assert_non_null(s);
	assert_string_equal(s->name, "stdout");
	assert_int_equal(s->format, SINK_PRETTY);
	sink_free(s);
	assert_true(fcntl(STDOUT_FILENO, F_GETFD) >= 0); /* not ours to close */
}

static int set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	snprintf(dir, sizeof(dir), "/tmp/hullwatch-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/out", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_appends),
		cmocka_unit_test(test_free_flushes),
		cmocka_unit_test(test_no_such_file),
		cmocka_unit_test(test_reader_gone),
		cmocka_unit_test(test_closed_descriptor),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_partial_write),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_patient),
		cmocka_unit_test(test_stdout_sink),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
