/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Tells the service manager how we are: the datagram protocol of NOTIFY_SOCKET. */
#ifndef HW_NOTIFY_H
#define HW_NOTIFY_H

/* Sends state ("READY=1") to the socket that NOTIFY_SOCKET names: a path, or abstract with @.
 * 0 when it was sent or there is no such variable, else negative errno. */
int notify(const char *state);

#endif
