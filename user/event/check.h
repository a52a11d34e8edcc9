/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The one check of a record. After it every field may be read in place without further tests:
 * the size is right for the type, every string lies inside the record behind the fixed part,
 * and the byte after it is NUL. Live ring, recordings and fuzzers all pass here.
 */
#ifndef HW_CHECK_H
#define HW_CHECK_H

#include <stddef.h>

#include "event.h"

enum check_result { CHECK_OK, CHECK_MALFORMED, CHECK_UNKNOWN_TYPE };

/* data must be aligned to 8. On other than CHECK_OK *ret_why (may be NULL) names the fault in a
 * static string. */
enum check_result check_record(const void *data, size_t len, const char **ret_why);

#endif
