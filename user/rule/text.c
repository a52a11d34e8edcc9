/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* See text.h. */
#include <errno.h>
#include <string.h>

#include "rule/text.h"

/* --- lines of a file, as libyaml counts them --- */

/* Length of the line break at s, 0 when there is none. */
static size_t line_break(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;

	if (!len)
		return 0;
	if (u[0] == '\n')
		return 1;
	if (u[0] == '\r')
		return len > 1 && u[1] == '\n' ? 2 : 1;
	if (len > 1 && u[0] == 0xc2 && u[1] == 0x85)
		return 2;
	if (len > 2 && u[0] == 0xe2 && u[1] == 0x80 && (u[2] == 0xa8 || u[2] == 0xa9))
		return 3;
	return 0;
}

static size_t count_lines(const char *raw, size_t len)
{
	size_t n = 1;

	for (size_t i = 0; i < len;) {
		size_t b = line_break(raw + i, len - i);

		n += b > 0;
		i += b ? b : 1;
	}
	return n;
}

int source_init(struct source *src, struct arena *mem, const char *file, const char *raw,
		size_t len)
{
	size_t n = count_lines(raw, len);

	*src = (struct source){.file = file, .raw = raw, .len = len};
	src->lines = arena_alloc(mem, n * sizeof(*src->lines));
	if (!src->lines)
		return -ENOMEM;
	src->n_lines = 1;
	for (size_t i = 0; i < len;) {
		size_t b = line_break(raw + i, len - i);

		i += b ? b : 1;
		if (b)
			src->lines[src->n_lines++] = i;
	}
	return 0;
}

static bool is_cont(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* --- building --- */

void text_init(struct text *t, struct arena *mem)
{
	*t = (struct text){.mem = mem};
}

static bool room(struct text *t, size_t len)
{
	size_t cap = t->cap ? t->cap : 64;
	char *s;

	if (t->oom || t->full)
		return false;
	if (len > TEXT_MAX || t->len + len > TEXT_MAX) {
		t->full = true;
		return false;
	}
	if (t->s && t->len + len < t->cap)
		return true;
	while (cap <= t->len + len)
		cap *= 2;
	s = arena_alloc(t->mem, cap);
	if (!s) {
		t->oom = true;
		return false;
	}
	if (t->len)
		memcpy(s, t->s, t->len);
	t->s = s;
	t->cap = cap;
	return true;
}

static void add_run(struct text *t, struct place at, bool fixed)
{
	if (t->n_runs == t->cap_runs) {
		size_t cap = t->cap_runs ? 2 * t->cap_runs : 8;
		struct text_run *runs = arena_alloc(t->mem, cap * sizeof(*runs));

		if (!runs) {
			t->oom = true;
			return;
		}
		if (t->n_runs)
			memcpy(runs, t->runs, t->n_runs * sizeof(*runs));
		t->runs = runs;
		t->cap_runs = cap;
	}
	t->runs[t->n_runs++] = (struct text_run){.off = (uint32_t)t->len, .fixed = fixed, .at = at};
}

static void add_bytes(struct text *t, const char *s, size_t len)
{
	if (!room(t, len))
		return;
	memcpy(t->s + t->len, s, len);
	t->len += len;
	t->s[t->len] = '\0';
}

void text_add(struct text *t, const char *s, size_t len, struct place at, bool fixed)
{
	if (!len || !room(t, len))
		return;
	add_run(t, at, fixed);
	add_bytes(t, s, len);
}

/* Index of the run that holds off. There is at least one. */
static size_t run_at(const struct text *t, size_t off)
{
	size_t lo = 0, hi = t->n_runs;

	while (hi - lo > 1) {
		size_t mid = (lo + hi) / 2;

		if (t->runs[mid].off <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

struct place text_place(const struct text *t, size_t off)
{
	const struct text_run *r;
	struct place at;

	if (!t->n_runs)
		return (struct place){0};
	r = &t->runs[run_at(t, off)];
	at = r->at;
	if (r->fixed)
		return at;
	for (size_t i = r->off; i < off && i < t->len; i++)
		at.column += !is_cont(t->s[i]);
	return at;
}

void text_add_text(struct text *t, const struct text *from, size_t off, size_t len)
{
	size_t end = off + len;

	if (!len)
		return;
	for (size_t i = run_at(from, off); i < from->n_runs && from->runs[i].off < end; i++) {
		size_t next = i + 1 < from->n_runs ? from->runs[i + 1].off : from->len;
		size_t lo = from->runs[i].off > off ? from->runs[i].off : off;
		size_t hi = next < end ? next : end;

		if (lo < hi)
			text_add(t, from->s + lo, hi - lo, text_place(from, lo),
				 from->runs[i].fixed);
	}
}

const char *text_str(const struct text *t)
{
	return t->s ? t->s : "";
}

/* --- a YAML scalar: its value beside the bytes it was made of --- */

enum style { PLAIN, SINGLE, DOUBLE, BLOCK };

struct cursor {
	const struct source *src;
	size_t off;
	unsigned line, column;
};

static bool at_end(const struct cursor *c)
{
	return c->off >= c->src->len;
}

static char peek(const struct cursor *c)
{
	return at_end(c) ? '\0' : c->src->raw[c->off];
}

static void step(struct cursor *c)
{
	size_t b;

	if (at_end(c))
		return;
	b = line_break(c->src->raw + c->off, c->src->len - c->off);
	if (b) {
		c->off += b;
		c->line++;
		c->column = 1;
		return;
	}
	c->off++;
	if (at_end(c) || !is_cont(c->src->raw[c->off]))
		c->column++;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct cursor *c)
{
	while (!at_end(c) && is_blank(peek(c)))
		step(c);
}

/* Puts the cursor on the node's first character. False when the file has no such place. */
static bool seek(struct cursor *c, const struct source *src, const struct yaml_node *n)
{
	*c = (struct cursor){.src = src, .line = n->line, .column = 1};
	if (!n->line || n->line > src->n_lines)
		return false;
	c->off = src->lines[n->line - 1];
	while (c->column < n->column && !at_end(c) && c->line == n->line)
		step(c);
	return c->line == n->line;
}

/* Steps over anchor and tag, and over what begins a scalar of this style. */
static enum style begin(struct cursor *c, const struct yaml_node *n)
{
	while (peek(c) == '&' || peek(c) == '!') {
		while (!at_end(c) && !is_blank(peek(c)))
			step(c);
		skip_blanks(c);
	}
	if (n->block) {
		unsigned line = c->line;

		while (!at_end(c) && c->line == line)
			step(c);
		return BLOCK;
	}
	if (n->plain)
		return PLAIN;
	if (peek(c) == '"') {
		step(c);
		return DOUBLE;
	}
	if (peek(c) == '\'')
		step(c);
	return SINGLE;
}

/* How many characters of the file one escape takes. */
static unsigned escape_len(char c)
{
	switch (c) {
	case 'x':
		return 4;
	case 'u':
		return 6;
	case 'U':
		return 10;
	default:
		return 2;
	}
}

/* Steps over a backslash, its line break and the next line's indentation. */
static bool joined_lines(struct cursor *c)
{
	struct cursor next = *c;

	if (peek(c) != '\\')
		return false;
	step(&next);
	if (at_end(&next) || !line_break(next.src->raw + next.off, next.src->len - next.off))
		return false;
	skip_blanks(&next);
	*c = next;
	return true;
}

/* Steps over what stands for the value's byte v. False when the file does not have it here. */
static bool take(struct cursor *c, enum style style, char v)
{
	while (style == DOUBLE && joined_lines(c))
		;
	if (style == DOUBLE && peek(c) == '\\') {
		unsigned n = escape_len(c->off + 1 < c->src->len ? c->src->raw[c->off + 1] : '\0');

		while (n--)
			step(c);
		return true;
	}
	if (is_blank(v)) {
		if (peek(c) == v || (v == ' ' && is_blank(peek(c))))
			step(c);
		return true;
	}
	if (peek(c) != v)
		return false;
	step(c);
	if (style == SINGLE && v == '\'' && peek(c) == '\'')
		step(c);
	return true;
}

struct scalar {
	struct text *t;
	struct cursor c;
	enum style style;
	struct place expect; /* where the next character is when the run goes on */
};

static void add_char(struct scalar *s, const char *v, size_t len, bool first)
{
	struct place at = {s->c.src->file, s->c.line, s->c.column};

	if (first || at.line != s->expect.line || at.column != s->expect.column)
		add_run(s->t, at, false);
	s->expect = at;
	s->expect.column++;
	add_bytes(s->t, v, len);
}

static size_t char_len(const char *s, size_t len)
{
	size_t n = 1;

	while (n < len && is_cont(s[n]))
		n++;
	return n;
}

/* Where a character that is no blank begins. */
static void find_char(struct scalar *s, char v)
{
	while (s->style == DOUBLE && joined_lines(&s->c))
		;
	if (!is_blank(v) && !(s->style == DOUBLE && peek(&s->c) == '\\'))
		skip_blanks(&s->c);
	while (s->style == DOUBLE && joined_lines(&s->c))
		;
}

void text_add_scalar(struct text *t, const struct source *src, const struct yaml_node *n)
{
	struct scalar s = {.t = t};
	struct place start = {src->file, n->line, n->column};
	size_t i = 0;

	if (!seek(&s.c, src, n)) {
		text_add(t, n->text, n->len, start, true);
		return;
	}
	s.style = begin(&s.c, n);
	while (i < n->len && !t->oom && !t->full) {
		size_t len = char_len(n->text + i, n->len - i);
		bool escaped;

		find_char(&s, n->text[i]);
		escaped = s.style == DOUBLE && peek(&s.c) == '\\';
		add_char(&s, n->text + i, len, i == 0);
		if (!take(&s.c, s.style, n->text[i]))
			break;
		for (size_t k = 1; !escaped && k < len; k++)
			step(&s.c);
		i += len;
	}
	/* An alias, say: the bytes are elsewhere, so all the rest stands for the node itself. */
	if (i < n->len && !t->oom && !t->full) {
		size_t len = char_len(n->text + i, n->len - i);

		text_add(t, n->text + i + len, n->len - i - len, start, true);
	}
}
