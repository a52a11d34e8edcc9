/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Acts whose arguments change after the kernel has read them and before the call returns. No act
 * hopes for luck: a call that needs its directory's lock waits for a thread that holds the lock
 * while it reads the directory into a page that nobody provides (userfaultfd), and a connect waits
 * for a full queue. Only then is the argument changed, and the way made free.
 *
 * The truth names what the kernel used ("used", "used_new") and what stands in memory at the end
 * ("left", "left_new").
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "actor.h"

#define NAME_CAP 4096
#define LOOK_MS 10 /* how often it is looked whether a thread is done; judges nothing */

/* The call that is raced, made by a thread of its own. */
struct racer {
	long (*call)(struct racer *r);
	char name[NAME_CAP], name2[NAME_CAP];
	struct sockaddr_storage addr;
	socklen_t addr_len;
	int fd;
	pthread_t thread;
	atomic_int tid; /* 0 before it runs */
	atomic_bool done;
	long res;
	int error;
};

static void *racer_run(void *arg)
{
	struct racer *r = arg;

	atomic_store(&r->tid, (int)syscall(SYS_gettid));
	r->res = r->call(r);
	r->error = errno;
	atomic_store(&r->done, true);
	return NULL;
}

static char thread_state(int tid)
{
	char path[64], line[512];
	const char *paren;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		die("state of a thread");
	line[n] = '\0';
	paren = strrchr(line, ')');
	return paren && paren[1] ? paren[2] : '?';
}

/* Starts the call and comes back when its thread sleeps in it: it sleeps in nothing else. */
static void racer_start(struct racer *r)
{
	int tid;

	errno = pthread_create(&r->thread, NULL, racer_run, r);
	if (errno)
		die("thread");
	while (!(tid = atomic_load(&r->tid)))
		sched_yield();
	while (!strchr("SD", thread_state(tid)))
		sched_yield();
}

static void racer_end(struct racer *r)
{
	errno = pthread_join(r->thread, NULL);
	if (errno)
		die("thread");
}

/* --- holding a directory's lock --- */

struct holder {
	int dir, uffd;
	void *page;
	pthread_t thread;
};

static void *holder_run(void *arg)
{
	struct holder *h = arg;

	syscall(SYS_getdents64, h->dir, h->page, (unsigned)sysconf(_SC_PAGESIZE));
	return NULL;
}

/* Comes back when the lock is held. */
static void hold(struct holder *h, const char *dir)
{
	const size_t len = (size_t)sysconf(_SC_PAGESIZE);
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register reg = {.mode = UFFDIO_REGISTER_MODE_MISSING};
	struct uffd_msg msg;

	h->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->dir < 0)
		die(dir);
	h->uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (h->uffd < 0 || ioctl(h->uffd, UFFDIO_API, &api))
		die("userfaultfd");
	h->page = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (h->page == MAP_FAILED)
		die("mmap");
	reg.range.start = (unsigned long)h->page;
	reg.range.len = len;
	if (ioctl(h->uffd, UFFDIO_REGISTER, &reg))
		die("UFFDIO_REGISTER");
	errno = pthread_create(&h->thread, NULL, holder_run, h);
	if (errno)
		die("thread");
	if (read(h->uffd, &msg, sizeof(msg)) != sizeof(msg) || msg.event != UFFD_EVENT_PAGEFAULT)
		die("page fault");
}

static void let_go(struct holder *h)
{
	struct uffdio_zeropage zero = {
		.range = {.start = (unsigned long)h->page,
			  .len = (unsigned long)sysconf(_SC_PAGESIZE)},
	};

	if (ioctl(h->uffd, UFFDIO_ZEROPAGE, &zero))
		die("UFFDIO_ZEROPAGE");
	pthread_join(h->thread, NULL);
	close(h->uffd);
	close(h->dir);
}

/* --- names --- */

static long call_mkdir(struct racer *r)
{
	return syscall(SYS_mkdirat, AT_FDCWD, r->name, 0755);
}

static long call_unlink(struct racer *r)
{
	return syscall(SYS_unlinkat, AT_FDCWD, r->name, 0);
}

static long call_rename(struct racer *r)
{
	return syscall(SYS_renameat2, AT_FDCWD, r->name, AT_FDCWD, r->name2, 0);
}

static void make_file(const char *dir, const char *name)
{
	char path[NAME_CAP];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		die(path);
	close(fd);
}

static int gone(const char *path)
{
	return access(path, F_OK) != 0;
}

/* Both names are real, so that either could have been meant: only what the file system shows
 * afterwards tells which it was. */
static int race_names(char **argv, long (*call)(struct racer *r))
{
	static struct racer r;
	char used[NAME_CAP], used2[NAME_CAP];
	struct holder h;
	bool good;

	if (mkdir(argv[1], 0755) && errno != EEXIST)
		die(argv[1]);
	make_file(argv[1], "used");
	make_file(argv[1], "left");
	r.call = call;
	snprintf(r.name, sizeof(r.name), "%s/%s", argv[1], call == call_mkdir ? "made" : "used");
	snprintf(r.name2, sizeof(r.name2), "%s/%s", argv[1], "used-new");
	strcpy(used, r.name);
	strcpy(used2, r.name2);
	hold(&h, argv[1]);
	racer_start(&r);
	snprintf(r.name, sizeof(r.name), "%s/%s", argv[1], "left");
	snprintf(r.name2, sizeof(r.name2), "%s/%s", argv[1], "left-new");
	let_go(&h);
	racer_end(&r);
	good = r.res == 0 && !gone(r.name) && gone(used) == (call != call_mkdir) &&
	       gone(used2) == (call != call_rename) && gone(r.name2);
	truth_begin(argv[0]);
	truth_int("racer", atomic_load(&r.tid));
	errno = r.error;
	truth_res("res", r.res);
	truth_int("good", good);
	truth_str("used", used);
	truth_str("left", r.name);
	if (call == call_rename) {
		truth_str("used_new", used2);
		truth_str("left_new", r.name2);
	}
	return truth_end() || !good;
}

static int race_mkdir(int argc, char **argv)
{
	(void)argc;
	return race_names(argv, call_mkdir);
}

static int race_unlink(int argc, char **argv)
{
	(void)argc;
	return race_names(argv, call_unlink);
}

static int race_rename(int argc, char **argv)
{
	(void)argc;
	return race_names(argv, call_rename);
}

/* --- addresses --- */

static long call_connect(struct racer *r)
{
	return connect(r->fd, (struct sockaddr *)&r->addr, r->addr_len);
}

static int stream(const struct racer *r, int flags)
{
	const int fd = socket(r->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

/* A listener whose queue is full; *ret_fill has what fills it. */
static int full_listener(struct racer *r, int ret_fill[2])
{
	const int fd = stream(r, 0);
	int i;

	if (bind(fd, (struct sockaddr *)&r->addr, r->addr_len) || listen(fd, 0) ||
	    getsockname(fd, (struct sockaddr *)&r->addr, &r->addr_len))
		die("listener");
	for (i = 0; i < 2; i++) {
		ret_fill[i] = stream(r, SOCK_NONBLOCK);
		if (connect(ret_fill[i], (struct sockaddr *)&r->addr, r->addr_len) &&
		    errno != EINPROGRESS && errno != EAGAIN)
			die("connect");
	}
	return fd;
}

/* Accepts until the raced connect has had its turn, whoever else comes before it. */
static void make_room(int listener, const struct racer *r)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};

	while (!atomic_load(&r->done)) {
		if (poll(&p, 1, LOOK_MS) < 0)
			die("poll");
		if (p.revents && accept4(listener, NULL, NULL, SOCK_CLOEXEC) < 0)
			die("accept");
	}
}

static void truth_addr(const char *key, const struct racer *r)
{
	const struct sockaddr_in *in = (const void *)&r->addr;
	const struct sockaddr_un *un = (const void *)&r->addr;
	char text[64], ip[INET_ADDRSTRLEN];

	if (r->addr.ss_family == AF_UNIX) {
		truth_str(key, un->sun_path);
		return;
	}
	inet_ntop(AF_INET, &in->sin_addr, ip, sizeof(ip));
	snprintf(text, sizeof(text), "%s:%u", ip, ntohs(in->sin_port));
	truth_str(key, text);
}

static void finish_connect(struct racer *r, const struct racer *used, int listener,
			   const int fill[2])
{
	make_room(listener, r);
	racer_end(r);
	close(listener);
	close(fill[0]);
	close(fill[1]);
	truth_int("racer", atomic_load(&r->tid));
	errno = r->error;
	truth_res("res", r->res);
	truth_addr("used", used);
	truth_addr("left", r);
}

static int race_connect(int argc, char **argv)
{
	static struct racer r, used;
	struct sockaddr_in *in = (void *)&r.addr;
	int fill[2], listener;

	(void)argc;
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r.addr_len = sizeof(*in);
	listener = full_listener(&r, fill);
	used = r;
	r.call = call_connect;
	r.fd = stream(&r, 0);
	racer_start(&r);
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	in->sin_port = htons(9);
	truth_begin(argv[0]);
	finish_connect(&r, &used, listener, fill);
	return truth_end() || r.res;
}

static int race_connect_unix(int argc, char **argv)
{
	static struct racer r, used;
	struct sockaddr_un *un = (void *)&r.addr;
	int fill[2], listener;

	(void)argc;
	un->sun_family = AF_UNIX;
	if (snprintf(un->sun_path, sizeof(un->sun_path), "%s/used", argv[1]) >=
	    (int)sizeof(un->sun_path)) {
		errno = ENAMETOOLONG;
		die(argv[1]);
	}
	r.addr_len = sizeof(*un);
	listener = full_listener(&r, fill);
	used = r;
	r.call = call_connect;
	r.fd = stream(&r, 0);
	racer_start(&r);
	snprintf(un->sun_path, sizeof(un->sun_path), "%s/left", argv[1]);
	truth_begin(argv[0]);
	finish_connect(&r, &used, listener, fill);
	return truth_end() || r.res;
}

const struct act race_acts[] = {
	{"race-mkdir", "DIR", 1, race_mkdir, "mkdirat whose name changes while it waits"},
	{"race-unlink", "DIR", 1, race_unlink, "unlinkat whose name changes while it waits"},
	{"race-rename", "DIR", 1, race_rename, "renameat2 whose names change while it waits"},
	{"race-connect", "", 0, race_connect, "connect whose address changes while it waits"},
	{"race-connect-unix", "DIR", 1, race_connect_unix, "the same to a unix socket in DIR"},
	{NULL, NULL, 0, NULL, NULL},
};
