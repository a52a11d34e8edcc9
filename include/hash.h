/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The hash of an argument vector (argv_hash of schema.def), the same on both sides: 64-bit words of
 * the bytes, little-endian, the last one filled up with zeros. It tells vectors apart that agree in
 * what a record holds of them; it is not made to withstand who wants two with one hash.
 *
 *	h = hw_hash_begin(len);
 *	for each word w
 *		h = hw_hash_word(h, w);
 *	hash = hw_hash_end(h);
 */
#ifndef HW_HASH_H
#define HW_HASH_H

#include "event.h"

#define HW_HASH_MAX (1u << 20) /* a longer vector has no hash: 0 */
#define HW_HASH_START 0xcbf29ce484222325ull
#define HW_HASH_FACTOR 0x9e3779b97f4a7c15ull

static inline __u64 hw_hash_word(__u64 h, __u64 w)
{
	h = (h ^ w) * HW_HASH_FACTOR;
	return h ^ (h >> 32);
}

/* The length first: an argument that ends in NULs differs from one that lacks them. */
static inline __u64 hw_hash_begin(__u64 len)
{
	return hw_hash_word(HW_HASH_START, len);
}

/* Never 0, which stands for no hash. */
static inline __u64 hw_hash_end(__u64 h)
{
	h = hw_hash_word(h, 0);
	return h ? h : 1;
}

#endif
