/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * For tests of rules: loads texts and keeps what was told of them, one line a fault or warning,
 * "LINE:COLUMN error CODE: words". Events come from event_fixture.h.
 */
#ifndef HW_RULE_FIXTURE_H
#define HW_RULE_FIXTURE_H

#include <fcntl.h>
#include <stdio.h>

#include "event_fixture.h"
#include "event/dns.h"
#include "rule/ruleset.h"

#define RULE_FILE "rules.yaml"

struct rx {
	struct buf told;
	struct buf yaml;
	unsigned errors, warnings;
	struct ruleset *rs;
};

static void rx_tell(void *ctx, const struct rule_diag *d)
{
	struct rx *x = ctx;

	buf_addf(&x->told, "%u:%u %s %s: %s\n", d->line, d->column, d->error ? "error" : "warning",
		 d->code, d->what);
	x->errors += d->error;
	x->warnings += !d->error;
}

static inline void rx_done(struct rx *x)
{
	ruleset_free(x->rs);
	buf_done(&x->told);
	buf_done(&x->yaml);
	*x = (struct rx){0};
}

/* Loads a whole file's text. The set is x->rs, NULL after an error. */
static inline struct ruleset *rx_load(struct rx *x, const char *yaml)
{
	ruleset_free(x->rs);
	buf_reset(&x->told);
	x->errors = x->warnings = 0;
	x->rs = ruleset_load_text(RULE_FILE, yaml, strlen(yaml), NULL, rx_tell, x);
	if ((x->rs == NULL) != (x->errors > 0))
		fail_msg("%u errors told, set %s:\n%s\nof\n%s", x->errors,
			 x->rs ? "loaded" : "refused", buf_str(&x->told), yaml);
	return x->rs;
}

/* Loads items and a rule R with this condition, which begins at line LINE of the text, column 14
 * (a double-quoted or plain scalar is up to the caller). */
static inline struct ruleset *rx_rule(struct rx *x, const char *items, const char *condition)
{
	buf_reset(&x->yaml);
	buf_addf(&x->yaml,
		 "%s- rule: R\n  condition: %s\n  desc: d\n  output: o\n  priority: info\n", items,
		 condition);
	return rx_load(x, buf_str(&x->yaml));
}

/* The same for any text: it is put into a block scalar. */
static inline struct ruleset *rx_cond(struct rx *x, const char *items, const char *condition)
{
	struct buf block = BUF_INIT;
	struct ruleset *rs;

	buf_addf(&block, "|-\n    %s", condition);
	rs = rx_rule(x, items, buf_str(&block));
	buf_done(&block);
	return rs;
}

#define rx_assert_told(x, words)                                                                   \
	do {                                                                                       \
		if (!strstr(buf_str(&(x)->told), (words)))                                         \
			fail_msg("not told: %s\nbut:\n%s", (words), buf_str(&(x)->told));          \
	} while (0)

#define rx_assert_ok(x)                                                                            \
	do {                                                                                       \
		if (!(x)->rs)                                                                      \
			fail_msg("refused:\n%s\n%s", buf_str(&(x)->told), buf_str(&(x)->yaml));    \
	} while (0)

static inline const char *rx_text(struct rx *x, size_t i, struct buf *out)
{
	buf_reset(out);
	rule_condition_text(x->rs, ruleset_at(x->rs, i), out);
	return buf_str(out);
}

/* --- files as tables --- */

#define LIST(name, items) "- list: " name "\n  items: " items "\n"
#define MACRO(name, cond) "- macro: " name "\n  condition: " cond "\n"
#define RULE(name, cond)                                                                           \
	"- rule: " name "\n  condition: " cond "\n  desc: d\n  output: o\n  priority: info\n"

/* A file and what is told of it; no words: nothing at all is told. */
struct rx_row {
	const char *yaml, *words;
};

static inline void rx_refused(const struct rx_row *rows, size_t n)
{
	struct rx x = {0};
	unsigned bad = 0;

	for (size_t i = 0; i < n; i++) {
		if (rx_load(&x, rows[i].yaml))
			bad += !!fprintf(stderr, "loaded:\n%s\n", rows[i].yaml);
		else if (!strstr(buf_str(&x.told), rows[i].words))
			bad += !!fprintf(stderr, "not told: %s\nbut:\n%sof\n%s\n", rows[i].words,
					 buf_str(&x.told), rows[i].yaml);
	}
	rx_done(&x);
	assert_int_equal(bad, 0);
}

static inline void rx_loaded(const struct rx_row *rows, size_t n)
{
	struct rx x = {0};
	unsigned bad = 0;

	for (size_t i = 0; i < n; i++) {
		const char *words = rows[i].words;

		if (!rx_load(&x, rows[i].yaml) ||
		    (words ? !strstr(buf_str(&x.told), words) : x.told.len > 0))
			bad += !!fprintf(stderr, "want: %s\ntold:\n%sof\n%s\n",
					 words ? words : "nothing", buf_str(&x.told), rows[i].yaml);
	}
	rx_done(&x);
	assert_int_equal(bad, 0);
}

/* Files that load, and what their first rule's condition came out as. */
static inline void rx_becomes(const struct rx_row *rows, size_t n)
{
	struct buf text = BUF_INIT;
	struct rx x = {0};
	unsigned bad = 0;

	for (size_t i = 0; i < n; i++) {
		bool ok = rx_load(&x, rows[i].yaml) != NULL;

		if (!ok || strcmp(rx_text(&x, 0, &text), rows[i].words))
			bad += !!fprintf(stderr, "is   %s\nwant %s\n%sof\n%s\n",
					 ok ? buf_str(&text) : "refused", rows[i].words,
					 buf_str(&x.told), rows[i].yaml);
	}
	buf_done(&text);
	rx_done(&x);
	assert_int_equal(bad, 0);
}

#define REFUSED(rows) rx_refused(rows, FX_COUNT(rows))
#define LOADED(rows) rx_loaded(rows, FX_COUNT(rows))
#define BECOMES(rows) rx_becomes(rows, FX_COUNT(rows))

/* --- events --- */

/* An open of path. */
static inline void rx_open(struct fx *f, const char *path, unsigned flags, int fd)
{
	struct ev_openat *e = FX_BEGIN(f, openat);

	e->fd = fd;
	e->dirfd = AT_FDCWD;
	e->flags = flags;
	if (fd >= 0) {
		e->obj.kind = HW_FD_FILE;
		e->obj.f_flags = flags;
		FX_STR(f, openat, obj.path, path);
	}
	FX_STR(f, openat, name, path);
	fx_end(f);
}

static inline struct hw_addr rx_addr(const char *text, unsigned port)
{
	struct hw_addr a = {.port = (uint16_t)port};

	a.family = strchr(text, ':') ? 10 : 2;
	if (a.family == 2)
		sscanf(text, "%hhu.%hhu.%hhu.%hhu", &a.ip[0], &a.ip[1], &a.ip[2], &a.ip[3]);
	else if (!strcmp(text, "::1"))
		a.ip[15] = 1;
	else
		a.ip[0] = 0x20, a.ip[1] = 0x01, a.ip[15] = 9; /* 2001::9, whatever was asked for */
	return a;
}

/* A TCP connect from one address to another, "" for neither. */
static inline void rx_connect(struct fx *f, const char *from, unsigned from_port, const char *to,
			      unsigned to_port)
{
	struct ev_connect *e = FX_BEGIN(f, connect);

	e->fd = 5;
	e->obj.kind = HW_FD_SOCK;
	e->obj.sk_type = 1;
	e->obj.sk_proto = 6;
	e->obj.sk_state = 1;
	if (*to) {
		e->obj.local = rx_addr(from, from_port);
		e->obj.remote = rx_addr(to, to_port);
		e->obj.sk_family = e->obj.remote.family;
	}
	fx_end(f);
}

#endif
