/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* A bare io_uring, and the operations that are done through it: uring.c and uring_ops.c. */
#ifndef HW_ACTOR_URING_H
#define HW_ACTOR_URING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* --- the ring (uring_ring.c) --- */

#define RING_ENTRIES 16
#define RING_CQ_MIN 16 /* smallest completion queue */

struct ring {
	int fd;
	unsigned flags; /* IORING_SETUP_* */
	unsigned *sq_tail, *sq_mask, *sq_flags, *sq_array;
	unsigned *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	unsigned ready; /* entries filled and not submitted */
};

/* False when this kernel does not have such a ring. */
bool ring_open(struct ring *r, unsigned flags);
/* The next entry, zeroed. */
struct io_uring_sqe *ring_entry(struct ring *r);
/* Hands over what is filled and waits until so many completions are there. */
void ring_go(struct ring *r, unsigned wait);
/* Takes the completion of that user_data out of order; waits for it. */
int ring_result(struct ring *r, uint64_t user_data);
/* Which of the two is completed first; waits for it and does not take it. */
uint64_t ring_either(struct ring *r, uint64_t a, uint64_t b);
/* Forgets the completions that are there. */
void ring_drop(struct ring *r);
long ring_register(struct ring *r, unsigned what, const void *arg, unsigned n);

/* --- operations (uring_ops.c) --- */

struct env {
	const char *dir;
	int dirfd; /* of dir */
	int fd;	   /* what the operation works on */
	int peer;  /* the other end of it */
	char path[512], path2[512];
	char in[64];
	struct iovec *iov;
	struct msghdr *msg;
	struct ring *ring; /* NULL: done by system calls */
};

struct op {
	const char *name;
	const char *event;
	uint8_t code;
	bool blocks; /* until ready() */
	bool fd;     /* the result is a descriptor */
	void (*make)(struct env *e);
	void (*fill)(const struct env *e, struct io_uring_sqe *s);
	long (*call)(const struct env *e); /* the system call that does the same */
	void (*ready)(const struct env *e); /* makes a waiting one go on */
};

extern const struct op uring_ops[];

#endif
