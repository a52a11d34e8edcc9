/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What end of a connection a socket is, and whom it spoke to last; by inode number, which socket
 * files do not reuse while the counter has not wrapped.
 *
 * connect makes the socket a client, accept a server (so does listening). A datagram socket that
 * sends without either is a client, one that receives first a server.
 */
#ifndef HW_SOCKS_H
#define HW_SOCKS_H

#include "event/view.h"

#define SOCKS_MAX 16384

struct socks;

struct socks_stats {
	size_t rows;
	uint64_t evicted;
};

struct socks *socks_new(void); /* NULL + errno */
void socks_free(struct socks *s);

/* Takes what a record of class NET says. *ret_changed: the socket has another peer. 0, -ENOMEM. */
int socks_apply(struct socks *s, const struct ev_hdr *h, bool *ret_changed);
/* The role of the socket that the record's descriptor refers to. */
enum sock_role socks_role(const struct socks *s, const struct hw_fdobj *obj);
void socks_get_stats(const struct socks *s, struct socks_stats *ret);

#endif
