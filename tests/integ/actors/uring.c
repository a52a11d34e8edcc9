/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The same operation by a system call and through io_uring in all its ways, and what an attacker
 * might do to have one go unseen.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "actor.h"
#include "uring.h"

#define ACCEPT_MULTI 1 /* IORING_ACCEPT_MULTISHOT */
#define OP_FIXED_FD_INSTALL 54
#define THE_OP 77 /* user_data of the operation that counts */
#define OTHER 1
#define PORT 4567
#define PATIENCE 120 /* seconds: a request that is never completed fails, and does not hang */
#define DEFER (IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN)

struct mode {
	const char *name;
	unsigned ring;	   /* IORING_SETUP_* */
	unsigned char sqe; /* IOSQE_* */
	bool head;	   /* behind another request of a chain */
	bool waits;	   /* which waits itself */
	bool tail;	   /* with another behind it, which says that it ran */
	bool full;	   /* no room in the completion queue */
};

static const struct mode modes[] = {
	{.name = "sys"},
	{.name = "inline"},
	{.name = "async", .sqe = IOSQE_ASYNC},
	{.name = "sqpoll", .ring = IORING_SETUP_SQPOLL},
	{.name = "link", .head = true},
	{.name = "late", .head = true, .waits = true},
	{.name = "skip", .sqe = IOSQE_CQE_SKIP_SUCCESS | IOSQE_IO_LINK, .tail = true},
	{.name = "defer", .ring = DEFER},
	{.name = "defer-async", .ring = DEFER, .sqe = IOSQE_ASYNC},
	{.name = "full", .full = true},
	{.name = "full-async", .full = true, .sqe = IOSQE_ASYNC},
	{0},
};

static void truth_kernel(void)
{
	struct utsname u;

	uname(&u);
	truth_str("kernel", u.release);
}

static struct io_uring_sqe *nop(struct ring *r)
{
	struct io_uring_sqe *s = ring_entry(r);

	s->opcode = IORING_OP_NOP;
	s->user_data = OTHER;
	return s;
}

/* The head of a chain that waits; what to write to for it to go on. */
static int put_wait(struct ring *r)
{
	struct io_uring_sqe *s = nop(r);
	int pipes[2];

	if (pipe(pipes))
		die("pipe");
	s->opcode = IORING_OP_POLL_ADD;
	s->fd = pipes[0];
	s->poll32_events = POLLIN;
	s->flags = IOSQE_IO_LINK;
	return pipes[1];
}

static void let_go(int pipe)
{
	if (write(pipe, "", 1) != 1)
		die("pipe");
}

static void fill_queue(struct ring *r)
{
	for (int i = 0; i < RING_CQ_MIN; i++) {
		nop(r);
		if (r->ready == RING_ENTRIES)
			ring_go(r, 0);
	}
	ring_go(r, 0);
}

/* Until a completion has found no room; then there is some. */
static void wait_overflow(struct ring *r)
{
	while (!(__atomic_load_n(r->sq_flags, __ATOMIC_ACQUIRE) & IORING_SQ_CQ_OVERFLOW))
		usleep(1000);
	ring_drop(r);
}

/* The file system is the same for a system call and for each way through the ring. */
static void fresh(struct env *e, const char *dir)
{
	static const char *const names[] = {"file", "other", "lies", "sub"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(e->path, sizeof(e->path), "%s/%s", dir, names[i]);
		unlink(e->path);
		rmdir(e->path);
	}
	e->dir = dir;
	e->dirfd = open(dir, O_DIRECTORY | O_PATH | O_CLOEXEC);
	if (e->dirfd < 0)
		die(dir);
}

static int through_ring(const struct op *op, const struct mode *m, struct env *e)
{
	struct ring *r = e->ring;
	struct io_uring_sqe *s;
	int release = -1;

	if (m->full)
		fill_queue(r);
	if (m->waits)
		release = put_wait(r);
	else if (m->head)
		nop(r)->flags = IOSQE_IO_LINK;
	s = ring_entry(r);
	op->fill(e, s);
	s->opcode = op->code;
	s->flags = m->sqe;
	s->user_data = THE_OP;
	if (m->tail)
		nop(r);
	ring_go(r, 0);
	if (m->waits)
		let_go(release);
	if (op->ready)
		op->ready(e);
	if (m->full)
		wait_overflow(r);
	if (m->tail) /* what follows a failure is cancelled without a word */
		return ring_either(r, THE_OP, OTHER) == THE_OP ? ring_result(r, THE_OP) : 0;
	return ring_result(r, THE_OP);
}

static const struct op *find_op(const char *name)
{
	for (const struct op *o = uring_ops; o->name; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	fprintf(stderr, "actor: no operation \"%s\"\n", name);
	exit(2);
}

/* What a child did, for its parent. */
struct done {
	int res;
	int ring_errno; /* such a ring cannot be had */
};

static void in_child(const struct op *op, const struct mode *m, const char *dir, struct done *d)
{
	struct env e = {0};
	struct ring r;
	long res;

	alarm(PATIENCE);
	if (m != modes) {
		if (!ring_open(&r, m->ring)) {
			d->ring_errno = errno;
			return;
		}
		e.ring = &r;
	}
	fresh(&e, dir);
	op->make(&e);
	if (e.ring) {
		d->res = through_ring(op, m, &e);
		return;
	}
	if (op->ready)
		op->ready(&e);
	res = op->call(&e);
	d->res = (int)(res < 0 ? -errno : res);
}

static void truth_way(const struct mode *m, const char *what, long long v)
{
	char key[64];

	snprintf(key, sizeof(key), "%s.%s", m->name, what);
	truth_int(key, v);
}

/* uring OP DIR: in every way, each in a process of its own. */
static int uring(int argc, char **argv)
{
	struct done *d = mmap(NULL, sizeof(*d), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct op *op = find_op(argv[1]);
	int pid, status;

	(void)argc;
	truth_begin("uring");
	truth_str("type", op->event);
	truth_kernel();
	for (const struct mode *m = modes; m->name; m++) {
		*d = (struct done) {0};
		pid = fork();
		if (pid < 0)
			die("fork");
		if (!pid) {
			in_child(op, m, argv[2], d);
			_exit(0);
		}
		status = reap(pid);
		truth_way(m, "pid", pid);
		if (d->ring_errno)
			truth_way(m, "ring_errno", d->ring_errno);
		else if (status)
			truth_way(m, "status", status);
		else
			truth_way(m, "res", d->res);
	}
	return truth_end();
}

static int operations(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	truth_begin("uring-ops");
	for (const struct op *o = uring_ops; o->name; o++)
		truth_str(o->name, o->event);
	return truth_end();
}

/* --- tricks --- */

static struct io_uring_sqe *put_open(struct ring *r, const char *path, int flags, uint64_t data)
{
	struct io_uring_sqe *s = ring_entry(r);

	s->opcode = IORING_OP_OPENAT;
	s->fd = AT_FDCWD;
	s->addr = (uintptr_t)path;
	s->open_flags = (uint32_t)flags;
	s->len = 0600;
	s->user_data = data;
	return s;
}

static void write_file(const char *path)
{
	const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	if (fd < 0 || write(fd, path, strlen(path)) < 0)
		die(path);
	close(fd);
}

/* secret and public, in e->path and e->path2. */
static void two_files(struct env *e, const char *dir)
{
	e->dir = dir;
	snprintf(e->path, sizeof(e->path), "%s/secret", dir);
	snprintf(e->path2, sizeof(e->path2), "%s/public", dir);
	write_file(e->path);
	write_file(e->path2);
}

/* The number that the next descriptor gets. */
static int next_fd(void)
{
	const int fd = dup(0);

	close(fd);
	return fd;
}

/* What was opened is closed and its number used again before the batch ends. */
static void batch(struct env *e)
{
	struct io_uring_sqe *s;
	const int fd = next_fd();

	put_open(e->ring, e->path, O_RDONLY, 1);
	s = ring_entry(e->ring);
	s->opcode = IORING_OP_CLOSE;
	s->fd = fd;
	s->user_data = 2;
	put_open(e->ring, e->path2, O_RDONLY, 3);
	ring_go(e->ring, 3);
	truth_int("first", ring_result(e->ring, 1));
	truth_int("closed", ring_result(e->ring, 2));
	truth_int("second", ring_result(e->ring, 3));
}

/* The completion is asked for only when the descriptor is another file's. */
static void swap(struct env *e)
{
	const int fd = next_fd();
	struct io_uring_sqe *s = put_open(e->ring, e->path, O_RDONLY, THE_OP);
	int other;

	s->flags = IOSQE_ASYNC;
	ring_go(e->ring, 0);
	while (fcntl(fd, F_GETFD) < 0)
		usleep(1000);
	other = (int)syscall(SYS_openat, AT_FDCWD, e->path2, O_RDONLY);
	if (other < 0 || dup2(other, fd) < 0)
		die("dup2");
	truth_int("res", ring_result(e->ring, THE_OP));
}

/* The caller's memory says something else by the time the operation runs. */
static void rewrite(struct env *e)
{
	const int release = put_wait(e->ring);

	put_open(e->ring, e->path, O_RDONLY, THE_OP);
	ring_go(e->ring, 0);
	strcpy(e->path, e->path2);
	let_go(release);
	truth_int("res", ring_result(e->ring, THE_OP));
}

static void sparse_files(struct ring *r)
{
	static const int none[4] = {-1, -1, -1, -1};

	if (ring_register(r, IORING_REGISTER_FILES, none, 4))
		die("IORING_REGISTER_FILES");
}

/* Opened into a slot of the ring, never a descriptor: at a slot that is named, and at any. */
static void direct(struct env *e)
{
	sparse_files(e->ring);
	put_open(e->ring, e->path, O_RDONLY, 1)->file_index = 2;
	ring_go(e->ring, 1);
	truth_int("named", ring_result(e->ring, 1));
	put_open(e->ring, e->path2, O_RDONLY, 2)->file_index = (uint32_t)-1;
	ring_go(e->ring, 1);
	truth_int("any", ring_result(e->ring, 2));
}

/* Read from a slot, and made a descriptor after all. */
static void fixed(struct env *e)
{
	struct io_uring_sqe *s;

	sparse_files(e->ring);
	put_open(e->ring, e->path, O_RDONLY, 1)->file_index = 1;
	ring_go(e->ring, 1);
	ring_result(e->ring, 1);
	s = ring_entry(e->ring);
	s->opcode = IORING_OP_READ;
	s->flags = IOSQE_FIXED_FILE;
	s->addr = (uintptr_t)e->in;
	s->len = sizeof(e->in);
	s->user_data = 2;
	ring_go(e->ring, 1);
	truth_int("read", ring_result(e->ring, 2));
	s = ring_entry(e->ring);
	s->opcode = OP_FIXED_FD_INSTALL;
	s->flags = IOSQE_FIXED_FILE;
	s->user_data = 3;
	ring_go(e->ring, 1);
	truth_int("installed", ring_result(e->ring, 3));
}

static int listen_on_loopback(struct sockaddr_in *to)
{
	const int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	*to = (struct sockaddr_in) {.sin_family = AF_INET, .sin_port = htons(PORT),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)to, sizeof(*to)) || listen(fd, 8))
		die("listener");
	return fd;
}

static void call_in(const struct sockaddr_in *to)
{
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		die("connect");
}

/* One request, three connections, and cancelled by the end of the process. */
static void multi(struct env *e)
{
	struct io_uring_sqe *s = ring_entry(e->ring);
	struct sockaddr_in to;
	int res = 0;

	s->opcode = IORING_OP_ACCEPT;
	s->fd = listen_on_loopback(&to);
	s->ioprio = ACCEPT_MULTI;
	s->user_data = THE_OP;
	ring_go(e->ring, 0);
	for (int i = 0; i < 3 && res >= 0; i++) {
		call_in(&to);
		res = ring_result(e->ring, THE_OP);
		truth_int(i == 0 ? "fd0" : i == 1 ? "fd1" : "fd2", res);
	}
}

/* Two requests of one user_data, of which the completion that has no room could be either's. */
static void twins(struct env *e)
{
	struct io_uring_sqe *s;
	int pipes[2];

	if (pipe(pipes))
		die("pipe");
	s = ring_entry(e->ring);
	s->opcode = IORING_OP_READ;
	s->fd = pipes[0];
	s->addr = (uintptr_t)e->in;
	s->len = 1;
	s->user_data = THE_OP;
	ring_go(e->ring, 0);
	fill_queue(e->ring);
	put_open(e->ring, e->path, O_RDONLY, THE_OP);
	ring_go(e->ring, 0);
	wait_overflow(e->ring);
	truth_int("res", ring_result(e->ring, THE_OP));
	let_go(pipes[1]);
	truth_int("read", ring_result(e->ring, THE_OP));
}

/* The rest of a chain whose head failed without a word. */
static void chain(struct env *e)
{
	put_open(e->ring, "/does/not/exist", O_RDONLY, 1)->flags =
		IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
	put_open(e->ring, e->path, O_RDONLY, 2)->flags = IOSQE_IO_LINK;
	put_open(e->ring, e->path2, O_RDONLY, 3);
	ring_go(e->ring, 1);
	truth_int("head", ring_result(e->ring, 1));
}

/* Rights that were put aside before they were given up. */
static void rights(struct env *e)
{
	const long id = ring_register(e->ring, IORING_REGISTER_PERSONALITY, NULL, 0);

	if (id < 0)
		die("IORING_REGISTER_PERSONALITY");
	if (chmod(e->path, 0600) || syscall(SYS_setresuid, 1042, 1042, 1042))
		die("setresuid");
	put_open(e->ring, e->path, O_RDONLY, 1)->personality = (uint16_t)id;
	ring_go(e->ring, 1);
	truth_int("with", ring_result(e->ring, 1));
	put_open(e->ring, e->path, O_RDONLY, 2);
	ring_go(e->ring, 1);
	truth_int("without", ring_result(e->ring, 2));
}

/* The ring is the parent's, the request its child's. */
static void child(struct env *e)
{
	const int pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		put_open(e->ring, e->path, O_RDONLY, THE_OP);
		ring_go(e->ring, 1);
		_exit(ring_result(e->ring, THE_OP) < 0);
	}
	truth_int("child", pid);
	truth_int("status", reap(pid));
}

static struct env *of_thread;

static void *thread_fn(void *arg)
{
	put_open(of_thread->ring, of_thread->path, O_RDONLY, THE_OP)->flags = IOSQE_ASYNC;
	ring_go(of_thread->ring, 1);
	*(int *)arg = (int)syscall(SYS_gettid);
	return NULL;
}

static void thread(struct env *e)
{
	pthread_t t;
	int tid = 0;

	of_thread = e;
	if (pthread_create(&t, NULL, thread_fn, &tid) || pthread_join(t, NULL))
		die("thread");
	truth_int("thread", tid);
	truth_int("res", ring_result(e->ring, THE_OP));
}

/* A name of several thousand bytes. */
static void long_name(struct env *e)
{
	static char name[4000];
	char *at = name + sprintf(name, "%s", e->dir);

	while (at < name + sizeof(name) - 16)
		at += sprintf(at, "/.");
	strcpy(at, "/secret");
	put_open(e->ring, name, O_RDONLY, THE_OP);
	ring_go(e->ring, 1);
	truth_int("res", ring_result(e->ring, THE_OP));
	truth_int("len", (long long)strlen(name));
}

/* More requests at once than anybody keeps notes of, and then the one that counts. */
static void flood(struct env *e)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un_like {
		unsigned short family;
		char path[64];
	} sun = {AF_UNIX, "\0flood"};
	struct io_uring_sqe *s;

	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, 8))
		die("socket");
	for (int i = 0; i < 2100; i++) {
		s = ring_entry(e->ring);
		s->opcode = IORING_OP_RECV;
		s->fd = fd;
		s->addr = (uintptr_t)e->in;
		s->len = 1;
		s->user_data = OTHER;
		if (e->ring->ready == RING_ENTRIES)
			ring_go(e->ring, 0);
	}
	ring_go(e->ring, 0);
	put_open(e->ring, e->path, O_RDONLY, THE_OP);
	ring_go(e->ring, 0);
	truth_int("res", ring_result(e->ring, THE_OP));
}

/* It never ends: the process does. */
static void unended(struct env *e)
{
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct io_uring_sqe *s = ring_entry(e->ring);

	s->opcode = IORING_OP_RECV;
	s->fd = fd;
	s->addr = (uintptr_t)e->in;
	s->len = sizeof(e->in);
	s->user_data = THE_OP;
	ring_go(e->ring, 0);
}

static const struct trick {
	const char *name;
	unsigned ring;
	void (*fn)(struct env *e);
} tricks[] = {
	{"batch", 0, batch},
	{"poll-batch", IORING_SETUP_SQPOLL, batch},
	{"swap", DEFER, swap},
	{"rewrite", 0, rewrite},
	{"direct", 0, direct},
	{"fixed", 0, fixed},
	{"multi", 0, multi},
	{"twins", 0, twins},
	{"chain", 0, chain},
	{"rights", 0, rights},
	{"child", 0, child},
	{"thread", 0, thread},
	{"long", 0, long_name},
	{"flood", 0, flood},
	{"unended", 0, unended},
	{0},
};

/* uring-trick NAME DIR */
static int uring_trick(int argc, char **argv)
{
	const struct trick *t = tricks;
	struct env e = {0};
	struct ring r;

	(void)argc;
	while (t->name && strcmp(t->name, argv[1]) != 0)
		t++;
	if (!t->name) {
		fprintf(stderr, "actor: no trick \"%s\"\n", argv[1]);
		return 2;
	}
	alarm(PATIENCE);
	truth_begin("uring-trick");
	truth_str("trick", t->name);
	truth_kernel();
	if (!ring_open(&r, t->ring)) {
		truth_str("why", strerror(errno));
		return truth_end();
	}
	e.ring = &r;
	two_files(&e, argv[2]);
	t->fn(&e);
	return truth_end();
}

const struct act uring_acts[] = {
	{"uring", "OP DIR", 2, uring, "one operation, by a system call and through io_uring"},
	{"uring-ops", "", 0, operations, "the operations, and their events"},
	{"uring-trick", "NAME DIR", 2, uring_trick, "through io_uring so that nobody sees it"},
	{0},
};
