/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Acts on sockets (event_socks.c) that the table event_calls has among others. */
#ifndef HW_EVENT_CALLS_H
#define HW_EVENT_CALLS_H

#include "event.h"

int do_bind(const char *dir);
int do_listen(const char *dir);
int do_shutdown(const char *dir);
int do_recvfrom(const char *dir);
int do_recvmsg(const char *dir);
int do_recvmmsg(const char *dir);
int do_sendmmsg(const char *dir);
int do_socketpair(const char *dir);
int do_dns_query(const char *dir);

#endif
