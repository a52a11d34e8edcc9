/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Diagnostics on stderr. Owns the level, the one setting of the process that is no one's argument.
 * One write a line, so that lines of threads do not mix; control characters are made visible,
 * since messages quote what files and containers say.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"

#define LINE_STACK 8192

static enum log_level max_level = LOG_LV_INFO;

void log_set_level(enum log_level level)
{
	max_level = level;
}

static void put(const char *data, size_t len)
{
	/* There is nowhere left to say that stderr is gone. */
	while (len) {
		ssize_t n = write(STDERR_FILENO, data, len);

		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

static LOG_PRINTF(3, 0) void say(enum log_level level, const char *prefix, const char *fmt,
				 va_list ap)
{
	char text[LINE_STACK];
	struct buf line = BUF_INIT;
	int n;

	if (level > max_level)
		return;
	n = vsnprintf(text, sizeof(text), fmt, ap);
	if (n < 0)
		return;
	buf_adds(&line, prefix);
	buf_add_clean(&line, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
	if ((size_t)n >= sizeof(text))
		buf_adds(&line, "...");
	buf_addc(&line, '\n');
	put(buf_str(&line), line.len);
	buf_done(&line);
}

#define SAY(level, prefix)                                                                         \
	do {                                                                                       \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		say(level, prefix, fmt, ap);                                                       \
		va_end(ap);                                                                        \
	} while (0)

void log_error(const char *fmt, ...)
{
	SAY(LOG_LV_ERROR, "hullwatch: error: ");
}

void log_warn(const char *fmt, ...)
{
	SAY(LOG_LV_WARN, "hullwatch: warning: ");
}

void log_info(const char *fmt, ...)
{
	SAY(LOG_LV_INFO, "hullwatch: ");
}

void log_debug(const char *fmt, ...)
{
	SAY(LOG_LV_DEBUG, "hullwatch: debug: ");
}
