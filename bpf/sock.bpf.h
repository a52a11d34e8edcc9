/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What programs on socket calls share. All their records have SOCK_FIELDS, as struct ev_connect. */
#ifndef HW_SOCK_BPF_H
#define HW_SOCK_BPF_H

#include "path.bpf.h"
#include "sys.bpf.h"

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1

/* In net.bpf.c: fills addr, or sun, from a struct sockaddr of the caller's memory. 0, or a negative
 * number when it was none of those families or could not be read. */
int put_user_sockaddr(__u64 slot, __u64 ptr, __u64 len);

#endif
