/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Doubly linked rings for the orders that rows are kept in: by last use, by parent, by container.
 * A node that is in no ring points at itself, so list_del may be called twice.
 */
#ifndef HW_LIST_H
#define HW_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

#define list_row(node, type, member) ((type *)(void *)((char *)(node) - offsetof(type, member)))

/* n runs over the ring; the row that n belongs to may be deleted in the body. */
#define list_each(n, after, head)                                                                  \
	for (struct list *n = (head)->next, *after = n->next; n != (head);                         \
	     n = after, after = n->next)

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_del(struct list *n)
{
	n->next->prev = n->prev;
	n->prev->next = n->next;
	list_init(n);
}

/* Behind head: the ring's first. */
static inline void list_push(struct list *head, struct list *n)
{
	n->next = head->next;
	n->prev = head;
	head->next->prev = n;
	head->next = n;
}

/* Before head: the ring's last. */
static inline void list_append(struct list *head, struct list *n)
{
	list_push(head->prev, n);
}

static inline void list_to_front(struct list *head, struct list *n)
{
	list_del(n);
	list_push(head, n);
}

#endif
