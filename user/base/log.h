/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Diagnostics: one line each on stderr, "hullwatch: LEVEL: text". Never stdout.
 * Leaf code does not log; the caller that knows the user's intent does.
 */
#ifndef HW_LOG_H
#define HW_LOG_H

#include <stdarg.h>

enum log_level { LOG_LV_ERROR, LOG_LV_WARN, LOG_LV_INFO, LOG_LV_DEBUG };

/* The most talkative level printed; LOG_LV_INFO at start. */
void log_set_level(enum log_level level);

#define LOG_PRINTF(a, b) __attribute__((format(printf, a, b)))
void log_error(const char *fmt, ...) LOG_PRINTF(1, 2); /* "hullwatch: error: ..." */
void log_warn(const char *fmt, ...) LOG_PRINTF(1, 2);
void log_info(const char *fmt, ...) LOG_PRINTF(1, 2);  /* "hullwatch: ..." */
void log_debug(const char *fmt, ...) LOG_PRINTF(1, 2);

#endif
