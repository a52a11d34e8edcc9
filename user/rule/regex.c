/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Regular expressions: the POSIX subset of RE2, by PCRE2's breadth-first matcher, which follows all
 * ways through a pattern at once and so cannot be made to backtrack for ages. What RE2's subset
 * does not have is refused by name before PCRE2 sees it, since PCRE2 would give it a meaning.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "rule/pattern.h"

#define REPEAT_MAX 1000
#define PATTERN_MAX 8192
#define ROOM_MIN 4096
#define ROOM_MAX (1u << 20)

struct regex {
	pcre2_code *utf;   /* NULL: the pattern itself is not UTF-8 */
	pcre2_code *bytes; /* for texts that are not UTF-8 */
	size_t room;
};

struct regex_room {
	pcre2_match_data *match;
	int *ws;
	size_t n;
};

/* --- what the subset has --- */

struct scan {
	const char *p;
	size_t len, i;
	size_t repeats; /* sum of all upper bounds */
	const char *err;
	size_t err_off;
};

static bool fault(struct scan *s, size_t off, const char *err)
{
	s->err = err;
	s->err_off = off;
	return false;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* On the backslash. */
static bool scan_escape(struct scan *s)
{
	size_t at = s->i;
	char c = s->i + 1 < s->len ? s->p[s->i + 1] : '\0';

	s->i += 2;
	if (!c)
		return fault(s, at, "a backslash at the end of the pattern");
	if (!is_alnum(c) || strchr("afnrtv", c))
		return true;
	if (c == 'x' && s->i + 2 <= s->len && is_hex(s->p[s->i]) && is_hex(s->p[s->i + 1])) {
		s->i += 2;
		return true;
	}
	switch (c) {
	case 'd':
		return fault(s, at,
			     "\\d is not in the language's regular expressions; write [0-9]");
	case 'w':
		return fault(s, at,
			     "\\w is not in the language's regular "
			     "expressions; write [A-Za-z0-9_]");
	case 's':
		return fault(s, at,
			     "\\s is not in the language's regular expressions; write [[:space:]]");
	case 'b':
		return fault(s, at, "\\b is not in the language's regular expressions");
	default:
		return fault(s, at,
			     "no such escape; known are \\a \\f \\n \\r \\t \\v \\xHH and a "
			     "backslash before a character that is no letter or digit");
	}
}

/* On the opening bracket. */
static bool scan_bracket(struct scan *s)
{
	size_t at = s->i++;

	if (s->i < s->len && s->p[s->i] == '^')
		s->i++;
	for (bool first = true; s->i < s->len; first = false) {
		char c = s->p[s->i];

		if (c == ']' && !first) {
			s->i++;
			return true;
		}
		if (c == '[' && s->i + 2 < s->len && strchr("=.", s->p[s->i + 1]))
			return fault(s, s->i, "collating elements are not supported");
		if (c == '[' && s->i + 2 < s->len && s->p[s->i + 1] == ':' &&
		    strchr("<>", s->p[s->i + 2]))
			return fault(s, s->i, "no such character class");
		if (c == '[' && s->i + 1 < s->len && s->p[s->i + 1] == ':') {
			const char *end = memmem(s->p + s->i + 2, s->len - s->i - 2, ":]", 2);

			if (end) {
				s->i = (size_t)(end - s->p) + 2;
				continue;
			}
		}
		if (c == '\\' && !scan_escape(s))
			return false;
		if (c != '\\')
			s->i++;
	}
	return fault(s, at, "this bracket is never closed");
}

static size_t scan_number(struct scan *s)
{
	size_t n = 0;

	while (s->i < s->len && s->p[s->i] >= '0' && s->p[s->i] <= '9') {
		if (n <= REPEAT_MAX)
			n = 10 * n + (size_t)(s->p[s->i] - '0');
		s->i++;
	}
	return n;
}

/* "{n}", "{n,}" or "{n,m}" at s->i: steps over it. False without a fault when it is none. */
static bool scan_braces(struct scan *s)
{
	size_t at = s->i, n;

	s->i++;
	if (s->i < s->len && s->p[s->i] == ',')
		return fault(s, at, "write {0,n} for a repeat without a lower bound");
	if (s->i >= s->len || s->p[s->i] < '0' || s->p[s->i] > '9')
		return false;
	n = scan_number(s);
	if (s->i < s->len && s->p[s->i] == ',') {
		s->i++;
		if (s->i < s->len && s->p[s->i] != '}')
			n = scan_number(s);
	}
	if (s->i >= s->len || s->p[s->i] != '}') {
		s->i = at + 1;
		return false;
	}
	s->i++;
	if (n > REPEAT_MAX)
		return fault(s, at, "a repeat of more than 1000");
	s->repeats += n;
	return true;
}

/* Behind an element: a repeat, and that no second one follows it. */
static bool scan_repeat(struct scan *s)
{
	char c = s->i < s->len ? s->p[s->i] : '\0';
	bool repeated = c == '*' || c == '+' || c == '?';

	if (repeated)
		s->i++;
	else if (c == '{')
		repeated = scan_braces(s);
	if (s->err)
		return false;
	if (!repeated)
		return true;
	if (s->i < s->len && s->p[s->i] == '?') /* the shortest match: the same texts as a whole */
		s->i++;
	if (s->i < s->len && strchr("*+?", s->p[s->i]))
		return fault(s, s->i, "a repeat of a repeat needs parentheses around the first");
	return true;
}

static bool scan_element(struct scan *s)
{
	char c = s->p[s->i];

	if (c == '\\')
		return scan_escape(s);
	if (c == '[')
		return scan_bracket(s);
	if (c == '(' && s->i + 1 < s->len && strchr("?*", s->p[s->i + 1]))
		return fault(s, s->i,
			     "groups that begin with (? or (* are not in the language's regular "
			     "expressions; for any case, compare tolower(field)");
	s->i++;
	return true;
}

static bool scan_pattern(struct scan *s)
{
	while (s->i < s->len) {
		char c = s->p[s->i];

		if (!scan_element(s))
			return false;
		if (c != '(' && c != '|' && !scan_repeat(s))
			return false;
	}
	return true;
}

/* --- building --- */

static void *arena_malloc(size_t len, void *mem)
{
	return arena_alloc(mem, len);
}

static void arena_keep(void *p, void *mem)
{
	(void)p;
	(void)mem; /* goes with the arena */
}

#define OPTIONS (PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_MULTILINE | PCRE2_NO_AUTO_CAPTURE)

static struct regex *build(struct arena *mem, pcre2_compile_context *ctx, const char *pat,
			   size_t len, int *ret_err, size_t *ret_off)
{
	struct regex *re = arena_alloc(mem, sizeof(*re));
	size_t size = 0;

	if (!re) {
		*ret_err = PCRE2_ERROR_NOMEMORY;
		return NULL;
	}
	pcre2_set_newline(ctx, PCRE2_NEWLINE_LF);
	re->utf = pcre2_compile((PCRE2_SPTR)pat, len, OPTIONS | PCRE2_UTF, ret_err, ret_off, ctx);
	re->bytes = pcre2_compile((PCRE2_SPTR)pat, len, OPTIONS, ret_err, ret_off, ctx);
	if (!re->bytes)
		return NULL;
	pcre2_pattern_info(re->bytes, PCRE2_INFO_SIZE, &size);
	re->room = size;
	return re;
}

struct regex *regex_new(struct arena *mem, const char *pat, size_t len, const char **ret_err,
			size_t *ret_off)
{
	struct scan s = {.p = pat, .len = len};
	pcre2_general_context *general;
	pcre2_compile_context *ctx = NULL;
	struct regex *re = NULL;
	int err = PCRE2_ERROR_NOMEMORY;
	char *msg;

	*ret_off = 0;
	if (len > PATTERN_MAX) {
		*ret_err = "the pattern is longer than 8192 bytes";
		return NULL;
	}
	if (!scan_pattern(&s)) {
		*ret_err = s.err;
		*ret_off = s.err_off;
		return NULL;
	}
	general = pcre2_general_context_create(arena_malloc, arena_keep, mem);
	if (general)
		ctx = pcre2_compile_context_create(general);
	if (ctx)
		re = build(mem, ctx, pat, len, &err, ret_off);
	if (re) {
		re->room = 6 * (re->room + 4 * s.repeats) + ROOM_MIN;
		return re;
	}
	msg = arena_alloc(mem, 256);
	if (msg)
		pcre2_get_error_message(err, (PCRE2_UCHAR *)msg, 256);
	*ret_err = msg ? msg : "memory ran out";
	return NULL;
}

/* --- matching --- */

struct regex_room *regex_room_new(void)
{
	struct regex_room *room = calloc(1, sizeof(*room));

	if (!room)
		return NULL;
	room->match = pcre2_match_data_create(1, NULL);
	if (!room->match || regex_room_fit(room, &(struct regex){.room = ROOM_MIN})) {
		regex_room_free(room);
		errno = ENOMEM;
		return NULL;
	}
	return room;
}

void regex_room_free(struct regex_room *room)
{
	if (!room)
		return;
	pcre2_match_data_free(room->match);
	free(room->ws);
	free(room);
}

int regex_room_fit(struct regex_room *room, const struct regex *re)
{
	size_t want = re->room < ROOM_MAX ? re->room : ROOM_MAX;
	int *ws;

	if (want <= room->n)
		return 0;
	ws = realloc(room->ws, want * sizeof(*ws));
	if (!ws)
		return -ENOMEM;
	room->ws = ws;
	room->n = want;
	return 0;
}

static int run(const pcre2_code *code, struct regex_room *room, const char *s, size_t len)
{
	return pcre2_dfa_match(code, (PCRE2_SPTR)s, len, 0, 0, room->match, NULL, room->ws,
			       room->n);
}

int regex_match(const struct regex *re, struct regex_room *room, const char *s, size_t len)
{
	int n = PCRE2_ERROR_UTF8_ERR1;

	if (re->utf)
		n = run(re->utf, room, s, len);
	if (n <= PCRE2_ERROR_UTF8_ERR1 && n >= PCRE2_ERROR_UTF8_ERR21)
		n = run(re->bytes, room, s, len);
	if (n >= 0)
		return 1;
	return n == PCRE2_ERROR_NOMATCH ? 0 : n;
}
