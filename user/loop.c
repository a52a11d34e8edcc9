/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* epoll, signalfd, timerfd; see loop.h. Knows nothing of records. */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define WATCH_MAX 8
#define NS_PER_S 1000000000ull

struct watch {
	int fd;
	void (*fn)(void *ctx);
	void *ctx;
};

struct loop {
	struct loop_ops ops;
	void *ctx;
	int epfd, sigfd, tickfd, endfd;
	bool stop;
	unsigned n_watches;
	struct watch watches[WATCH_MAX];
};

uint64_t loop_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}

static void on_signal(void *ctx)
{
	struct loop *l = ctx;
	struct signalfd_siginfo si;

	while (read(l->sigfd, &si, sizeof(si)) == sizeof(si))
		l->ops.signal(l->ctx, (int)si.ssi_signo);
}

static void on_tick(void *ctx)
{
	struct loop *l = ctx;
	uint64_t n;

	if (read(l->tickfd, &n, sizeof(n)) == sizeof(n))
		l->ops.tick(l->ctx);
}

static void on_end(void *ctx)
{
	loop_stop(ctx);
}

int loop_watch(struct loop *l, int fd, void (*fn)(void *ctx), void *ctx)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = l->n_watches};

	if (l->n_watches == WATCH_MAX)
		return -ENOSPC;
	if (epoll_ctl(l->epfd, EPOLL_CTL_ADD, fd, &ev))
		return -errno;
	l->watches[l->n_watches++] = (struct watch){fd, fn, ctx};
	return 0;
}

static int watch_timer(struct loop *l, int *ret_fd, const struct itimerspec *t,
		       void (*fn)(void *ctx))
{
	*ret_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (*ret_fd < 0 || timerfd_settime(*ret_fd, 0, t, NULL))
		return -errno;
	return loop_watch(l, *ret_fd, fn, l);
}

int loop_stop_after(struct loop *l, uint64_t ns)
{
	struct itimerspec t = {.it_value = {(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)}};

	return watch_timer(l, &l->endfd, &t, on_end);
}

static int watch_signals(struct loop *l)
{
	static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		sigaddset(&set, taken[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	l->sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return l->sigfd < 0 ? -errno : loop_watch(l, l->sigfd, on_signal, l);
}

struct loop *loop_new(const struct loop_ops *ops, void *ctx)
{
	struct itimerspec second = {.it_interval = {1, 0}, .it_value = {1, 0}};
	struct loop *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return NULL;
	l->ops = *ops;
	l->ctx = ctx;
	l->sigfd = l->tickfd = l->endfd = -1;
	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	err = l->epfd < 0 ? -errno : watch_signals(l);
	if (!err)
		err = watch_timer(l, &l->tickfd, &second, on_tick);
	if (!err)
		return l;
	loop_free(l);
	errno = -err;
	return NULL;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	if (l->epfd >= 0)
		close(l->epfd);
	if (l->sigfd >= 0)
		close(l->sigfd);
	if (l->tickfd >= 0)
		close(l->tickfd);
	if (l->endfd >= 0)
		close(l->endfd);
	free(l);
}

static void on_source(void *ctx)
{
	(void)ctx; /* the source is looked at in every turn */
}

/* How long to wait for something to happen. */
static int timeout(struct loop *l, struct source *s, unsigned *idle, bool ready)
{
	if (ready)
		return 0;
	if (*idle < LOOP_IDLE_POLLS || !l->ops.arm_wakeup)
		return LOOP_POLL_MS;
	if (l->ops.arm_wakeup(s))
		return -1;
	*idle = 0; /* the last look found something: traffic goes on */
	return 0;
}

static int wait_some(struct loop *l, int timeout_ms)
{
	struct epoll_event ev[WATCH_MAX];
	int n = epoll_wait(l->epfd, ev, WATCH_MAX, timeout_ms);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		const struct watch *w = &l->watches[ev[i].data.u32];

		w->fn(w->ctx);
	}
	return 0;
}

int loop_run(struct loop *l, struct source *s, struct buf *err)
{
	unsigned idle = 0;
	bool always = s->ops->fd(s) < 0; /* a file: there is always more, until its end */
	int n = 0, ret;

	ret = always ? 0 : loop_watch(l, s->ops->fd(s), on_source, NULL);
	while (!ret && !l->stop) {
		ret = wait_some(l, timeout(l, s, &idle, always));
		if (ret)
			break;
		n = s->ops->poll(s, 0, err);
		l->ops.turn(l->ctx);
		if (n < 0)
			return n == -ENODATA ? 0 : n;
		idle = n ? 0 : idle + 1;
	}
	if (ret)
		buf_addf(err, "waiting for events: %s", strerror(-ret));
	return ret;
}
