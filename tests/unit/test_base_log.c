/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Diagnostics: one line each, on stderr alone, and nothing in them that a terminal would obey. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

static int kept, file; /* stderr as it was, and what stands for it */

static void begin(void)
{
	kept = dup(STDERR_FILENO);
	file = memfd_create("stderr", MFD_CLOEXEC);
	assert_true(kept >= 0 && file >= 0);
	assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
}

/* What was written since begin. */
static void end(char *out, size_t cap)
{
	ssize_t n = pread(file, out, cap - 1, 0);

	assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
	close(kept);
	close(file);
	assert_true(n >= 0);
	out[n] = '\0';
}

static void levels_have_their_words(void **state)
{
	char text[256];

	(void)state;
	begin();
	log_error("a %d", 1);
	log_warn("b");
	log_info("c");
	log_debug("d");
	log_set_level(LOG_LV_DEBUG);
	log_debug("e");
	log_set_level(LOG_LV_ERROR);
	log_warn("f");
	log_info("g");
	log_error("h");
	log_set_level(LOG_LV_INFO);
	end(text, sizeof(text));
	assert_string_equal(text, "hullwatch: error: a 1\nhullwatch: warning: b\nhullwatch: c\n"
				  "hullwatch: debug: e\nhullwatch: error: h\n");
}

static void a_line_stays_one_line(void **state)
{
	char text[256];

	(void)state;
	begin();
	log_info("%s", "x\ny\x1b[31m\xff\r");
	end(text, sizeof(text));
	assert_string_equal(text, "hullwatch: x\\ny\\x1b[31m\xef\xbf\xbd\\r\n");
}

static void a_long_message_is_cut_and_says_so(void **state)
{
	char name[9000], text[16384];
	size_t len;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	begin();
	log_error("%s", name);
	end(text, sizeof(text));
	len = strlen(text);
	assert_true(len > 8000 && len < sizeof(name));
	assert_string_equal(text + len - 5, "x...\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_have_their_words),
		cmocka_unit_test(a_line_stays_one_line),
		cmocka_unit_test(a_long_message_is_cut_and_says_so),
	};

	return cmocka_run_group_tests_name("base_log", tests, NULL, NULL);
}
