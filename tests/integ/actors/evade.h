/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What the two files of evasions share. */
#ifndef HW_EVADE_H
#define HW_EVADE_H

#include "actor.h"

#define SECRET_DIR "/etc"
#define SECRET_NAME "shadow"
#define SECRET SECRET_DIR "/" SECRET_NAME
#define HARMLESS SECRET_DIR "/passwd" /* as long as SECRET */

/* Writes its two values to one place by turns, until it is stopped. */
struct flip {
	char *at;
	const char *a, *b;
	size_t len;
	volatile bool stop, running;
	unsigned long thread;
};

void flip_start(struct flip *f, char *at, const char *a, const char *b, size_t len);
void flip_stop(struct flip *f);

/* Opens the secret by its own name; a descriptor, or die. */
int open_secret(void);

/* This kernel or container has no way to do it: tells why. Status 77. */
int not_here(const char *act, const char *why);

#endif
