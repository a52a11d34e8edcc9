/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The thread that looks names up. What both threads touch lies in struct resolve under its lock,
 * and lives until both have let go: getaddrinfo cannot be interrupted, and nobody waits for it.
 */
#include "resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_S 60

struct name {
	char *text;
	bool news; /* not taken yet */
	size_t n;
	struct hw_addr addrs[RESOLVE_ADDRS_MAX];
};

struct resolve {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* stop or names */
	bool stop;
	unsigned users;	     /* threads that hold on to this */
	unsigned generation; /* of names: an answer for an older one is dropped */
	int fd;
	size_t n_names;
	struct name *names;
};

static void names_free(struct name *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i].text);
	free(names);
}

/* NULL when memory runs out. */
static struct name *names_copy(const char *const *texts, size_t n)
{
	struct name *names = calloc(n ? n : 1, sizeof(*names));
	bool ok = names;

	for (size_t i = 0; ok && i < n; i++) {
		names[i].text = strdup(texts[i]);
		ok = names[i].text;
	}
	if (ok)
		return names;
	if (names)
		names_free(names, n);
	return NULL;
}

static void destroy(struct resolve *r)
{
	names_free(r->names, r->n_names);
	if (r->fd >= 0)
		close(r->fd);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* With the lock held; gives it up. */
static void let_go(struct resolve *r)
{
	bool last = --r->users == 0;

	pthread_mutex_unlock(&r->lock);
	if (last)
		destroy(r);
}

static bool to_addr(const struct sockaddr *sa, struct hw_addr *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (sa->sa_family == AF_INET)
		memcpy(ret->ip, &((const struct sockaddr_in *)sa)->sin_addr, 4);
	else if (sa->sa_family == AF_INET6)
		memcpy(ret->ip, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
	else
		return false;
	ret->family = sa->sa_family;
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hw_addr));
}

/* Sorted, so that a server that rotates its answers gives no news. */
static size_t look_up(const char *name, struct hw_addr *ret_addrs)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	size_t n = 0;

	if (getaddrinfo(name, NULL, &hints, &list))
		return 0;
	for (const struct addrinfo *a = list; a && n < RESOLVE_ADDRS_MAX; a = a->ai_next)
		n += to_addr(a->ai_addr, &ret_addrs[n]);
	freeaddrinfo(list);
	qsort(ret_addrs, n, sizeof(*ret_addrs), by_bytes);
	return n;
}

/* An answer. A look-up that failed keeps what was known. */
static void put(struct resolve *r, struct name *name, const struct hw_addr *addrs, size_t n)
{
	uint64_t one = 1;

	if (!n || (n == name->n && !memcmp(addrs, name->addrs, n * sizeof(*addrs))))
		return;
	memcpy(name->addrs, addrs, n * sizeof(*addrs));
	name->n = n;
	/* An eventfd refuses only when 2^64 - 2 were not taken; then it is news the next time. */
	name->news = write(r->fd, &one, sizeof(one)) == sizeof(one);
	if (!name->news)
		name->n = 0;
}

/* Until the next round is due, the names change, or all is over. With the lock held. */
static void wait_period(struct resolve *r, unsigned generation)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PERIOD_S;
	while (!r->stop && r->generation == generation &&
	       pthread_cond_timedwait(&r->changed, &r->lock, &until) != ETIMEDOUT)
		;
}

/* Looks the name up without the lock, which is held before and after. False: the names changed. */
static bool one_name(struct resolve *r, size_t i, unsigned generation)
{
	struct hw_addr addrs[RESOLVE_ADDRS_MAX];
	char text[NI_MAXHOST];
	size_t n;

	if (strlen(r->names[i].text) >= sizeof(text))
		return true; /* no name of a host is as long */
	strcpy(text, r->names[i].text);
	pthread_mutex_unlock(&r->lock);
	n = look_up(text, addrs);
	pthread_mutex_lock(&r->lock);
	if (r->stop || r->generation != generation)
		return false;
	put(r, &r->names[i], addrs, n);
	return true;
}

static void *work(void *arg)
{
	struct resolve *r = arg;

	pthread_mutex_lock(&r->lock);
	while (!r->stop) {
		unsigned generation = r->generation;

		for (size_t i = 0; i < r->n_names && one_name(r, i, generation);)
			i++;
		wait_period(r, generation);
	}
	let_go(r);
	return NULL;
}

static int start(struct resolve *r)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	r->users = 2;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attr, work, r);
	pthread_attr_destroy(&attr);
	return -err;
}

struct resolve *resolve_new(void)
{
	struct resolve *r = calloc(1, sizeof(*r));
	pthread_condattr_t attr;
	int err;

	if (!r)
		return NULL;
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->changed, &attr);
	pthread_condattr_destroy(&attr);
	r->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = r->fd < 0 ? -errno : start(r);
	if (!err)
		return r;
	destroy(r);
	errno = -err;
	return NULL;
}

int resolve_set(struct resolve *r, const char *const *names, size_t n)
{
	struct name *copy = names_copy(names, n);

	if (!copy)
		return -ENOMEM;
	pthread_mutex_lock(&r->lock);
	names_free(r->names, r->n_names);
	r->names = copy;
	r->n_names = n;
	r->generation++;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	return 0;
}

void resolve_free(struct resolve *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_signal(&r->changed);
	let_go(r);
}

int resolve_fd(const struct resolve *r)
{
	return r->fd;
}

void resolve_take(struct resolve *r,
		  void (*fn)(void *ctx, const char *name, const struct hw_addr *addrs, size_t n),
		  void *ctx)
{
	uint64_t n;

	pthread_mutex_lock(&r->lock);
	if (read(r->fd, &n, sizeof(n)) == sizeof(n)) {
		for (size_t i = 0; i < r->n_names; i++) {
			struct name *name = &r->names[i];

			if (name->news)
				fn(ctx, name->text, name->addrs, name->n);
			name->news = false;
		}
	}
	pthread_mutex_unlock(&r->lock);
}
