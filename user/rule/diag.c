/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* See diag.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/diag.h"

int diag_init(struct diags *d, struct arena *mem, void (*fn)(void *, const struct rule_diag *),
	      void *ctx)
{
	*d = (struct diags){.fn = fn, .ctx = ctx, .mem = mem};
	d->seen = stable_new();
	return d->seen ? 0 : -ENOMEM;
}

void diag_done(struct diags *d)
{
	stable_free(d->seen);
	d->seen = NULL;
}

void diag_add_file(struct diags *d, const char *name, const char *raw, size_t len)
{
	struct diag_file *f = arena_alloc(d->mem, sizeof(*f));

	if (!f) {
		d->oom = true;
		return;
	}
	*f = (struct diag_file){.name = name, .raw = raw, .len = len, .next = d->files};
	d->files = f;
}

/* --- excerpts --- */

#define EXCERPT_CHARS 92 /* of a line; longer ones are shown around the place */
#define INDENT "    "

/* Bytes of the character at s; of what is no UTF-8, one. */
static size_t char_len(const char *s, const char *end)
{
	const unsigned char c = (unsigned char)*s;
	const size_t want = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	size_t n = 1;

	while (n < want && s + n < end && ((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n == want ? n : 1;
}

/* The line's first byte, or NULL; *ret_end is where it ends. */
static const char *line_of(const struct diag_file *f, unsigned line, const char **ret_end)
{
	const char *at = f->raw, *end = f->raw + f->len, *stop;

	while (--line && at) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	if (!at || at >= end)
		return NULL;
	stop = memchr(at, '\n', (size_t)(end - at));
	*ret_end = stop ? stop : end;
	if (*ret_end > at && (*ret_end)[-1] == '\r')
		--*ret_end;
	return at;
}

/* A character as it is shown: what would move the cursor is one blank. */
static void add_char(struct buf *out, const char *s, size_t len)
{
	if ((unsigned char)*s < 0x20 || *s == 0x7f || (len == 1 && (unsigned char)*s >= 0x80))
		buf_addc(out, ' ');
	else
		buf_add(out, s, len);
}

static void add_excerpt(struct buf *out, const char *line, const char *end, unsigned column)
{
	const unsigned first = column > EXCERPT_CHARS ? column - EXCERPT_CHARS / 2 : 1;
	unsigned at = 1;

	buf_adds(out, INDENT);
	if (first > 1)
		buf_adds(out, "...");
	for (const char *s = line; s < end && at < first + EXCERPT_CHARS; at++) {
		const size_t len = char_len(s, end);

		if (at >= first)
			add_char(out, s, len);
		s += len;
		if (s < end && at + 1 == first + EXCERPT_CHARS)
			buf_adds(out, "...");
	}
	buf_addf(out, "\n" INDENT "%*s^", (int)(column - first + (first > 1 ? 3 : 0)), "");
}

/* NULL when the place is not known or the file is not at hand. */
static const char *excerpt(struct diags *d, struct place at)
{
	const struct diag_file *f = d->files;
	struct buf text = BUF_INIT;
	const char *line, *end, *kept = NULL;

	while (f && (!at.file || strcmp(f->name, at.file) != 0))
		f = f->next;
	line = f && at.line && at.column ? line_of(f, at.line, &end) : NULL;
	if (line) {
		add_excerpt(&text, line, end, at.column);
		kept = text.oom ? NULL : arena_strndup(d->mem, buf_str(&text), text.len);
		d->oom |= !kept;
	}
	buf_done(&text);
	return kept;
}

void rule_diag_place(const struct rule_diag *d, struct buf *out)
{
	buf_adds(out, d->file);
	if (d->line)
		buf_addf(out, ":%u", d->line);
	if (d->line && d->column)
		buf_addf(out, ":%u", d->column);
}

void rule_diag_text(const struct rule_diag *d, struct buf *out)
{
	rule_diag_place(d, out);
	buf_addf(out, ": %s: ", d->error ? "error" : "warning");
	buf_add_clean(out, d->what, strlen(d->what));
	buf_addc(out, '\n');
	if (d->excerpt)
		buf_addf(out, "%s\n", d->excerpt);
}

/* --- messages --- */

/* The message as one clean line in the arena; NULL when memory ran out. */
static const char *message(struct diags *d, const char *fmt, va_list ap)
{
	struct buf raw = BUF_INIT, clean = BUF_INIT;
	char *s = NULL, *text = NULL;

	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	if (d->item) {
		buf_adds(&raw, d->item);
		buf_adds(&raw, ": ");
	}
	buf_adds(&raw, s ? s : "");
	buf_add_clean(&clean, buf_str(&raw), raw.len);
	if (s && !raw.oom && !clean.oom)
		text = arena_strndup(d->mem, buf_str(&clean), clean.len);
	if (!text)
		d->oom = true;
	free(s);
	buf_done(&raw);
	buf_done(&clean);
	return text;
}

/* The same place told twice says nothing new. */
static bool seen_before(struct diags *d, struct place at, const char *code)
{
	char key[512];
	int len;

	if (!at.line)
		return false;
	len = snprintf(key, sizeof(key), "%s:%u:%u:%s", at.file ? at.file : "", at.line, at.column,
		       code);
	if (len < 0 || (size_t)len >= sizeof(key))
		return false;
	if (stable_find(d->seen, key, (size_t)len))
		return true;
	if (stable_put(d->seen, key, (size_t)len, d) < 0)
		d->oom = true;
	return false;
}

static void tell(struct diags *d, struct place at, bool error, const char *code, const char *what)
{
	struct rule_diag out = {
		.file = at.file ? at.file : "",
		.line = at.line,
		.column = at.column,
		.error = error,
		.code = code,
		.what = what,
	};

	if (error)
		d->errors++;
	if (seen_before(d, at, code))
		return;
	out.excerpt = excerpt(d, at);
	if (!error)
		d->warnings++;
	if (d->fn)
		d->fn(d->ctx, &out);
}

static void hold(struct diags *d, struct place at, const char *code, const char *what, bool unknown)
{
	struct held_diag *h = arena_alloc(d->mem, sizeof(*h));

	if (!h) {
		d->oom = true;
		return;
	}
	*h = (struct held_diag){.at = at, .code = code, .what = what, .unknown = unknown};
	if (d->held_last)
		d->held_last->next = h;
	else
		d->held = h;
	d->held_last = h;
}

static void report(struct diags *d, struct place at, const char *code, bool unknown,
		   const char *fmt, va_list ap)
{
	const char *what = message(d, fmt, ap);

	if (!what) {
		d->errors++;
		return;
	}
	if (d->hold)
		hold(d, at, code, what, unknown);
	else
		tell(d, at, true, code, what);
}

void diag_error(struct diags *d, struct place at, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(d, at, code, false, fmt, ap);
	va_end(ap);
}

void diag_unknown(struct diags *d, struct place at, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(d, at, code, true, fmt, ap);
	va_end(ap);
}

void diag_warn(struct diags *d, struct place at, const char *code, const char *fmt, ...)
{
	const char *what;
	va_list ap;

	va_start(ap, fmt);
	what = message(d, fmt, ap);
	va_end(ap);
	if (what)
		tell(d, at, false, code, what);
}

void diag_hold(struct diags *d)
{
	d->hold = true;
	d->held = d->held_last = NULL;
}

bool diag_release(struct diags *d, bool excuse)
{
	struct held_diag *first = d->held;

	d->hold = false;
	d->held = d->held_last = NULL;
	for (struct held_diag *h = first; h; h = h->next)
		excuse = excuse && h->unknown;
	if (first && excuse)
		tell(d, first->at, false, WARN_UNKNOWN_FILTER, first->what);
	for (struct held_diag *h = first; h && !excuse; h = h->next)
		tell(d, h->at, true, h->code, h->what);
	return first != NULL;
}

/* --- did you mean --- */

void near_init(struct near *n, const char *want, size_t len)
{
	*n = (struct near){.word = ""};
	if (len < sizeof(n->word))
		memcpy(n->word, want, len);
}

void near_try(struct near *n, const char *candidate)
{
	n->nearest.word = n->word; /* a near may have been copied since */
	nearest_offer(&n->nearest, candidate);
}

const char *near_hint(struct near *n)
{
	if (!n->nearest.best)
		return "";
	snprintf(n->text, sizeof(n->text), "; did you mean '%s'?", n->nearest.best);
	return n->text;
}
