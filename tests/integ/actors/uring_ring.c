/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* io_uring by its system calls and shared memory alone. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor.h"
#include "uring.h"

#define SQ_IDLE_MS 1000

static void *map(int fd, size_t len, off_t what)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);

	if (p == MAP_FAILED)
		die("mmap of a ring");
	return p;
}

bool ring_open(struct ring *r, unsigned flags)
{
	struct io_uring_params p = {
		.flags = flags | IORING_SETUP_CQSIZE,
		.cq_entries = RING_CQ_MIN,
		.sq_thread_idle = SQ_IDLE_MS,
	};
	char *sq, *cq;

	memset(r, 0, sizeof(*r));
	r->fd = (int)syscall(SYS_io_uring_setup, RING_ENTRIES, &p);
	if (r->fd < 0)
		return false;
	r->flags = flags;
	sq = map(r->fd, p.sq_off.array + p.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
	cq = map(r->fd, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
		 IORING_OFF_CQ_RING);
	r->sqes = map(r->fd, p.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	r->sq_tail = (unsigned *)(sq + p.sq_off.tail);
	r->sq_mask = (unsigned *)(sq + p.sq_off.ring_mask);
	r->sq_flags = (unsigned *)(sq + p.sq_off.flags);
	r->sq_array = (unsigned *)(sq + p.sq_off.array);
	r->cq_head = (unsigned *)(cq + p.cq_off.head);
	r->cq_tail = (unsigned *)(cq + p.cq_off.tail);
	r->cq_mask = (unsigned *)(cq + p.cq_off.ring_mask);
	r->cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
	return true;
}

struct io_uring_sqe *ring_entry(struct ring *r)
{
	const unsigned at = (*r->sq_tail + r->ready) & *r->sq_mask;
	struct io_uring_sqe *s = &r->sqes[at];

	r->sq_array[at] = at;
	r->ready++;
	memset(s, 0, sizeof(*s));
	return s;
}

static void enter(struct ring *r, unsigned submit, unsigned wait)
{
	unsigned flags = wait ? IORING_ENTER_GETEVENTS : 0;

	if (r->flags & IORING_SETUP_SQPOLL) {
		submit = 0;
		__sync_synchronize();
		if (__atomic_load_n(r->sq_flags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP)
			flags |= IORING_ENTER_SQ_WAKEUP;
	}
	while (syscall(SYS_io_uring_enter, r->fd, submit, wait, flags, NULL, 0) < 0)
		if (errno != EINTR)
			die("io_uring_enter");
}

void ring_go(struct ring *r, unsigned wait)
{
	const unsigned n = r->ready;

	__atomic_store_n(r->sq_tail, *r->sq_tail + n, __ATOMIC_RELEASE);
	r->ready = 0;
	enter(r, n, wait);
}

/* Takes the first completion; others that come meanwhile are moved up, so that any can be first. */
static bool take(struct ring *r, uint64_t user_data, int *ret_res)
{
	const unsigned tail = __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE);
	unsigned at, head = *r->cq_head;

	for (at = head; at != tail; at++) {
		struct io_uring_cqe *c = &r->cqes[at & *r->cq_mask];

		if (c->user_data != user_data)
			continue;
		*ret_res = c->res;
		for (; at != head; at--)
			r->cqes[at & *r->cq_mask] = r->cqes[(at - 1) & *r->cq_mask];
		__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
		return true;
	}
	return false;
}

int ring_result(struct ring *r, uint64_t user_data)
{
	unsigned there;
	int res;

	while (!take(r, user_data, &res)) {
		there = __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) - *r->cq_head;
		enter(r, 0, there + 1);
	}
	return res;
}

static bool is_there(struct ring *r, uint64_t user_data)
{
	const unsigned tail = __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE);
	unsigned at;

	for (at = *r->cq_head; at != tail; at++)
		if (r->cqes[at & *r->cq_mask].user_data == user_data)
			return true;
	return false;
}

uint64_t ring_either(struct ring *r, uint64_t a, uint64_t b)
{
	while (!is_there(r, a) && !is_there(r, b))
		enter(r, 0, 1);
	return is_there(r, a) ? a : b;
}

void ring_drop(struct ring *r)
{
	__atomic_store_n(r->cq_head, __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE),
			 __ATOMIC_RELEASE);
}

long ring_register(struct ring *r, unsigned what, const void *arg, unsigned n)
{
	return syscall(SYS_io_uring_register, r->fd, what, arg, n);
}
