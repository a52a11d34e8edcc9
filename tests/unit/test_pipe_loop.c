/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What stands around the straight line: the loop, names, the service manager, totals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "event/schema.h"
#include "loop.h"
#include "metrics.h"
#include "notify.h"
#include "resolve.h"
#include "watch.h"

/* --- a source of numbers --- */

struct fake {
	struct source base;
	struct loop *loop;
	int fd;		/* -1: a file */
	int left;	/* records before the end */
	int end;	/* what poll says then */
	unsigned polls, arms, turns, ticks;
	bool busy;	/* arming always finds something */
	int signals[8];
	unsigned n_signals;
	unsigned stop_after; /* turns */
};

static int fake_poll(struct source *s, int timeout_ms, struct buf *err)
{
	struct fake *f = (struct fake *)s;

	assert_int_equal(timeout_ms, 0);
	f->polls++;
	if (f->left > 0)
		return f->left-- ? 1 : 0;
	if (f->end < 0 && f->end != -ENODATA)
		buf_adds(err, "it broke");
	return f->end;
}

static int fake_fd(const struct source *s)
{
	return ((const struct fake *)s)->fd;
}

static const struct source_ops fake_ops = {.poll = fake_poll, .fd = fake_fd};

static bool arm(struct source *s)
{
	struct fake *f = (struct fake *)s;

	f->arms++;
	return !f->busy;
}

static void on_signal(void *ctx, int signo)
{
	struct fake *f = ctx;

	assert_true(f->n_signals < 8);
	f->signals[f->n_signals++] = signo;
	if (signo == SIGTERM)
		loop_stop(f->loop);
}

static void on_tick(void *ctx)
{
	((struct fake *)ctx)->ticks++;
}

static void on_turn(void *ctx)
{
	struct fake *f = ctx;

	if (++f->turns == f->stop_after)
		loop_stop(f->loop);
}

static const struct loop_ops ops = {on_signal, on_tick, on_turn, arm};

static void fake_init(struct fake *f, int fd)
{
	memset(f, 0, sizeof(*f));
	f->base.ops = &fake_ops;
	f->fd = fd;
	f->end = -ENODATA;
	f->loop = loop_new(&ops, f);
	assert_non_null(f->loop);
}

static void test_file_is_played_to_its_end(void **state)
{
	struct buf err = BUF_INIT;
	struct fake f;

	(void)state;
	fake_init(&f, -1);
	f.left = 100;
	assert_int_equal(loop_run(f.loop, &f.base, &err), 0);
	assert_int_equal(f.polls, 101);
	assert_int_equal(f.turns, 101);
	assert_int_equal(f.arms, 0); /* never sleeps */
	loop_free(f.loop);
	fake_init(&f, -1);
	f.end = -EINVAL;
	assert_int_equal(loop_run(f.loop, &f.base, &err), -EINVAL);
	assert_string_equal(buf_str(&err), "it broke");
	loop_free(f.loop);
	buf_done(&err);
}

/* Every signal that waits is told, in spite of a source that never rests. */
static void test_signals(void **state)
{
	struct buf err = BUF_INIT;
	struct fake f;

	(void)state;
	fake_init(&f, -1);
	f.left = 1 << 30;
	raise(SIGUSR1);
	raise(SIGHUP);
	raise(SIGTERM);
	assert_int_equal(loop_run(f.loop, &f.base, &err), 0);
	assert_int_equal(f.n_signals, 3);
	assert_int_equal(f.signals[0] + f.signals[1] + f.signals[2], SIGUSR1 + SIGHUP + SIGTERM);
	assert_true(f.polls <= 2);
	loop_free(f.loop);
	buf_done(&err);
}

static void test_sleeps_only_when_idle(void **state)
{
	struct buf err = BUF_INIT;
	int fd = eventfd(0, 0);
	struct fake f;

	(void)state;
	fake_init(&f, fd);
	f.end = 0;
	f.left = 10;
	f.stop_after = 10 + LOOP_IDLE_POLLS;
	assert_int_equal(loop_run(f.loop, &f.base, &err), 0);
	assert_int_equal(f.arms, 0);
	loop_free(f.loop);
	/* Asleep, until an event, here the end of the time, wakes it. */
	fake_init(&f, fd);
	f.end = 0;
	assert_int_equal(loop_stop_after(f.loop, 300000000), 0);
	assert_int_equal(loop_run(f.loop, &f.base, &err), 0);
	assert_int_equal(f.arms, 1);
	assert_int_equal(f.polls, LOOP_IDLE_POLLS + 1);
	loop_free(f.loop);
	/* When arming finds records, it goes on with the short timer instead of spinning. */
	fake_init(&f, fd);
	f.end = 0;
	f.busy = true;
	f.stop_after = 4 * LOOP_IDLE_POLLS;
	assert_int_equal(loop_run(f.loop, &f.base, &err), 0);
	assert_in_range(f.arms, 3, 4);
	loop_free(f.loop);
	close(fd);
	buf_done(&err);
}

static void on_watched(void *ctx)
{
	struct fake *f = ctx;

	loop_stop(f->loop);
}

static void test_watch(void **state)
{
	struct buf err = BUF_INIT;
	int fd = eventfd(1, 0), i;
	struct fake f;

	(void)state;
	fake_init(&f, -1);
	f.left = 1 << 30;
	assert_int_equal(loop_watch(f.loop, fd, on_watched, &f), 0);
	assert_int_equal(loop_run(f.loop, &f.base, &err), 0);
	assert_int_equal(loop_watch(f.loop, fd, on_watched, &f), -EEXIST);
	assert_int_equal(loop_watch(f.loop, -1, on_watched, &f), -EBADF);
	for (i = 0; i < 16; i++)
		if (loop_watch(f.loop, dup(fd), on_watched, &f) == -ENOSPC)
			break;
	assert_true(i < 16);
	loop_free(f.loop);
	loop_free(NULL);
	buf_done(&err);
}

/* --- names --- */

struct answer {
	unsigned n;
	bool loopback;
};

static void on_address(void *ctx, const char *name, const struct hw_addr *addrs, size_t n)
{
	struct answer *a = ctx;

	assert_string_equal(name, "localhost");
	a->n++;
	for (size_t i = 0; i < n; i++)
		a->loopback |= addrs[i].family == AF_INET && addrs[i].ip[0] == 127;
}

static void test_names(void **state)
{
	char longest[2000];
	const char *names[] = {longest, "localhost"};
	struct resolve *r = resolve_new();
	struct answer a = {0};
	struct pollfd p;

	(void)state;
	assert_non_null(r);
	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	p = (struct pollfd){.fd = resolve_fd(r), .events = POLLIN};
	assert_int_equal(poll(&p, 1, 0), 0);
	resolve_take(r, on_address, &a);
	assert_int_equal(a.n, 0);
	assert_int_equal(resolve_set(r, names, 2), 0);
	assert_int_equal(poll(&p, 1, 20000), 1);
	resolve_take(r, on_address, &a);
	assert_int_equal(a.n, 1);
	assert_true(a.loopback);
	resolve_take(r, on_address, &a); /* told once */
	assert_int_equal(a.n, 1);
	assert_int_equal(resolve_set(r, NULL, 0), 0);
	resolve_free(r);
	resolve_free(NULL);
}

/* --- the service manager --- */

static void test_notify(void **state)
{
	char path[] = "/tmp/hullwatch-test-XXXXXX", name[128], got[32] = "";
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)state;
	assert_non_null(mkdtemp(path));
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify("READY=1"), 0);
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(notify("READY=1"), -EINVAL);
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	assert_int_equal(notify("READY=1"), -ENOENT);
	memset(name, '/', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify("READY=1"), -EINVAL);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/n", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	setenv("NOTIFY_SOCKET", sun.sun_path, 1);
	assert_int_equal(notify("READY=1"), 0);
	assert_int_equal(recv(fd, got, sizeof(got), 0), 7);
	assert_string_equal(got, "READY=1");
	close(fd);
	unlink(sun.sun_path);
	rmdir(path);

	/* The same with an abstract name. */
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	snprintf(name, sizeof(name), "@hullwatch-test-%d", (int)getpid());
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	memcpy(sun.sun_path + 1, name + 1, strlen(name) - 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
			 0);
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify("STOPPING=1"), 0);
	assert_int_equal(recv(fd, got, sizeof(got), 0), 10);
	close(fd);
	unsetenv("NOTIFY_SOCKET");
}

/* --- totals --- */

static void test_totals(void **state)
{
	struct metrics m = {0};
	struct buf out = BUF_INIT;

	(void)state;
	m.produced[HW_CLASS_FILE] = 10;
	m.pipe.delivered[HW_CLASS_FILE] = 6;
	m.lost[HW_CLASS_FILE][HW_LOST_ring_full] = 3;
	m.lost[HW_CLASS_FILE][HW_LOST_watermark] = 1;
	m.lost[HW_CLASS_FILE][HW_LOST_str_fault] = 5; /* these arrived */
	m.pipe.alerts = 2;
	metrics_totals(&m, true, &out);
	assert_string_equal(buf_str(&out),
			    "totals: produced 10, delivered 6, lost 4, alerts 2\n"
			    "  file    produced 10 delivered 6 lost 4 (ring_full 3, watermark 1) "
			    "cut short 5 (str_fault 5)\n");
	buf_reset(&out);
	m.lines_failed = 1;
	m.pipe.refused[HW_LOST_malformed] = 9;
	metrics_totals(&m, false, &out);
	assert_non_null(strstr(buf_str(&out), "totals: delivered 6, lost 4, alerts 2, records "
					      "refused 9, lines dropped 1\n"));
	buf_reset(&out);
	metrics_prometheus(&m, &out);
	assert_non_null(strstr(buf_str(&out), "# TYPE hullwatch_alerts_total counter\n"
					      "hullwatch_alerts_total 2\n"));
	assert_non_null(strstr(buf_str(&out), "hullwatch_events_lost_total{class=\"file\","
					      "reason=\"ring_full\"} 3\n"));
	assert_non_null(strstr(buf_str(&out), "hullwatch_records_refused_total{reason="
					      "\"malformed\"} 9\n"));
	buf_done(&out);
}

/* --- interest --- */

static void test_interest(void **state)
{
	uint8_t all[EV_MAX / 8], files[EV_MAX / 8], none[EV_MAX / 8], quiet[EV_MAX / 8];
	unsigned missing = 0;

	(void)state;
	watch_events(NULL, ~HW_FEED_NO_DATA, all);
	watch_events(NULL, ~0u, quiet);
	watch_events(NULL, 1u << HW_CLASS_FILE, files);
	watch_events(NULL, 0, none);
	assert_true(watch_covers(all, files, &missing));
	assert_true(watch_covers(files, none, &missing));
	assert_false(watch_covers(none, files, &missing));
	assert_int_equal(schema_event(missing)->class, HW_CLASS_FILE);
	assert_false(watch_covers(files, all, &missing));
	/* Only reads and writes are left out, and only where nobody named their class. */
	assert_true(watch_covers(all, quiet, &missing));
	assert_false(watch_covers(quiet, all, &missing));
	assert_int_equal(missing, EV_read);
	assert_false(watch_covers(quiet, files, &missing));
	assert_int_equal(missing, EV_read);
	assert_false(watch_send_connected(NULL, 1u << HW_CLASS_FILE));
	assert_true(watch_send_connected(NULL, 1u << HW_CLASS_NET));
	assert_false(watch_recv_connected(NULL, 1u << HW_CLASS_FILE));
	assert_true(watch_recv_connected(NULL, 1u << HW_CLASS_NET));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_is_played_to_its_end),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_sleeps_only_when_idle),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_totals),
		cmocka_unit_test(test_interest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
