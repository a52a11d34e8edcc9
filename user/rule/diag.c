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
