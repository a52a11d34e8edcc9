/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Roles and last peers of sockets, least recently used out first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/table.h"
#include "event/schema.h"
#include "state/list.h"
#include "state/socks.h"

#define SK_LISTEN 10 /* TCP_LISTEN of the kernel */

struct sock_row {
	uint64_t ino;
	struct list order;
	struct hw_addr peer; /* family 0: nobody yet */
	uint8_t role;
};

struct socks {
	struct table *by_ino;
	struct list order; /* last used first */
	uint64_t evicted;
};

struct socks *socks_new(void)
{
	struct socks *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	list_init(&s->order);
	s->by_ino = table_new();
	if (s->by_ino)
		return s;
	free(s);
	errno = ENOMEM;
	return NULL;
}

static void row_free(struct socks *s, struct sock_row *row)
{
	list_del(&row->order);
	table_del(s->by_ino, row->ino);
	free(row);
}

void socks_free(struct socks *s)
{
	if (!s)
		return;
	list_each(n, after, &s->order)
		row_free(s, list_row(n, struct sock_row, order));
	table_free(s->by_ino);
	free(s);
}

static struct sock_row *row_for(struct socks *s, uint64_t ino)
{
	struct sock_row *row = table_find(s->by_ino, ino);

	if (row) {
		list_to_front(&s->order, &row->order);
		return row;
	}
	if (table_len(s->by_ino) >= SOCKS_MAX) {
		s->evicted++;
		row_free(s, list_row(s->order.prev, struct sock_row, order));
	}
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	row->ino = ino;
	list_init(&row->order);
	if (table_put(s->by_ino, ino, row)) {
		free(row);
		return NULL;
	}
	list_push(&s->order, &row->order);
	return row;
}

static bool same_addr(const struct hw_addr *a, const struct hw_addr *b)
{
	size_t n = a->family == AF_INET ? 4 : 16;

	return a->family == b->family && a->port == b->port && memcmp(a->ip, b->ip, n) == 0;
}

static bool set_peer(struct sock_row *row, const struct hw_addr *addr, const struct hw_fdobj *obj)
{
	const struct hw_addr *peer = addr->family ? addr : &obj->remote;

	if (!peer->family || same_addr(peer, &row->peer))
		return false;
	row->peer = *peer;
	return true;
}

static int on_connect(struct socks *s, const struct ev_connect *ev, bool *ret_changed)
{
	struct sock_row *row;

	if (ev->res < 0 && ev->res != -EINPROGRESS)
		return 0;
	row = row_for(s, ev->obj.ino);
	if (!row)
		return -ENOMEM;
	row->role = SOCK_ROLE_CLIENT;
	*ret_changed = set_peer(row, &ev->addr, &ev->obj);
	return 0;
}

static int on_accept(struct socks *s, const struct ev_accept *ev)
{
	struct sock_row *row = ev->res >= 0 ? row_for(s, ev->obj.ino) : NULL;

	if (!row)
		return ev->res >= 0 ? -ENOMEM : 0;
	row->role = SOCK_ROLE_SERVER;
	row->peer = ev->obj.remote;
	return 0;
}

static int on_send(struct socks *s, const struct ev_sendto *ev, bool *ret_changed)
{
	struct sock_row *row;

	/* A stream has the peer it was connected to; only a datagram can name another. */
	if (ev->res < 0 || ev->obj.sk_type == SOCK_STREAM)
		return 0;
	row = row_for(s, ev->obj.ino);
	if (!row)
		return -ENOMEM;
	if (row->role == SOCK_ROLE_NONE)
		row->role = SOCK_ROLE_CLIENT;
	*ret_changed = set_peer(row, &ev->addr, &ev->obj);
	return 0;
}

/* Who receives a datagram before it has sent one is the server. */
static int on_receive(struct socks *s, const struct ev_recvfrom *ev, bool *ret_changed)
{
	struct sock_row *row;

	if (ev->res < 0 || ev->obj.sk_type == SOCK_STREAM)
		return 0;
	row = row_for(s, ev->obj.ino);
	if (!row)
		return -ENOMEM;
	if (row->role == SOCK_ROLE_NONE)
		row->role = SOCK_ROLE_SERVER;
	*ret_changed = set_peer(row, &ev->addr, &ev->obj);
	return 0;
}

static void on_socket(struct socks *s, const struct ev_socket *ev)
{
	struct sock_row *row = ev->fd >= 0 ? table_find(s->by_ino, ev->obj.ino) : NULL;

	if (row)
		row_free(s, row);
}

int socks_apply(struct socks *s, const struct ev_hdr *h, bool *ret_changed)
{
	const struct event_desc *d = schema_event(h->type);
	const struct hw_fdobj *obj;

	*ret_changed = false;
	if (!d || d->obj_off < 0)
		return 0;
	obj = (const void *)((const char *)h + d->obj_off);
	if (obj->kind != HW_FD_SOCK || !obj->ino)
		return 0;
	/* connect, accept, send and receive share SOCK_FIELDS: one struct reads its siblings. */
	switch (h->type) {
	case EV_socket:
		on_socket(s, (const struct ev_socket *)h);
		return 0;
	case EV_connect:
		return on_connect(s, (const struct ev_connect *)h, ret_changed);
	case EV_accept:
	case EV_accept4:
		return on_accept(s, (const struct ev_accept *)h);
	case EV_sendto:
	case EV_sendmsg:
	case EV_sendmmsg:
		return on_send(s, (const struct ev_sendto *)h, ret_changed);
	case EV_recvfrom:
	case EV_recvmsg:
	case EV_recvmmsg:
		return on_receive(s, (const struct ev_recvfrom *)h, ret_changed);
	default:
		return 0;
	}
}

enum sock_role socks_role(const struct socks *s, const struct hw_fdobj *obj)
{
	const struct sock_row *row;

	if (obj->kind != HW_FD_SOCK)
		return SOCK_ROLE_NONE;
	row = table_find(s->by_ino, obj->ino);
	if (row && row->role)
		return row->role;
	return obj->sk_state == SK_LISTEN ? SOCK_ROLE_SERVER : SOCK_ROLE_NONE;
}

void socks_get_stats(const struct socks *s, struct socks_stats *ret)
{
	ret->rows = table_len(s->by_ino);
	ret->evicted = s->evicted;
}
