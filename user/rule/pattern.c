/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Globs, folded search, prefix sets and path trees; see pattern.h. Regular expressions: regex.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rule/pattern.h"
#include "rule/vec.h"

static unsigned char fold_char(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

/* --- globs --- */

static bool is_upper(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(unsigned char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(unsigned char c)
{
	return is_upper(c) || is_lower(c);
}

static bool is_alnum(unsigned char c)
{
	return is_alpha(c) || is_digit(c);
}

static bool is_graph(unsigned char c)
{
	return c > ' ' && c < 0x7f;
}

static bool is_print(unsigned char c)
{
	return c >= ' ' && c < 0x7f;
}

static bool is_punct(unsigned char c)
{
	return is_graph(c) && !is_alnum(c);
}

static bool is_cntrl(unsigned char c)
{
	return c < ' ' || c == 0x7f;
}

static bool is_xdigit(unsigned char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

static const struct char_class {
	const char *name;
	bool (*has)(unsigned char c);
} classes[] = {
	{"alpha", is_alpha}, {"digit", is_digit},   {"alnum", is_alnum},   {"upper", is_upper},
	{"lower", is_lower}, {"space", is_space},   {"blank", is_blank},   {"punct", is_punct},
	{"print", is_print}, {"graph", is_graph},   {"cntrl", is_cntrl},   {"xdigit", is_xdigit},
};

struct glob {
	const char *pat;
	size_t len;
	bool fold;
};

/* "[:name:]" at i: the class, and i behind it. NULL when it is none. */
static const struct char_class *class_at(const struct glob *g, size_t *i)
{
	for (size_t k = 0; k < sizeof(classes) / sizeof(classes[0]); k++) {
		size_t n = strlen(classes[k].name);

		if (*i + n + 4 > g->len || memcmp(g->pat + *i + 2, classes[k].name, n) ||
		    memcmp(g->pat + *i + 2 + n, ":]", 2))
			continue;
		*i += n + 4;
		return &classes[k];
	}
	return NULL;
}

static bool in_class(const struct glob *g, const struct char_class *class, unsigned char c)
{
	if (class->has(c))
		return true;
	return g->fold && is_alpha(c) && class->has(c ^ 0x20);
}

/* One character of a bracket at *i, escapes taken away. */
static unsigned char bracket_char(const struct glob *g, size_t *i)
{
	if (g->pat[*i] == '\\' && *i + 1 < g->len)
		(*i)++;
	return (unsigned char)g->pat[(*i)++];
}

static bool in_range(const struct glob *g, unsigned char lo, unsigned char hi, unsigned char c)
{
	if (g->fold)
		return fold_char(c) >= fold_char(lo) && fold_char(c) <= fold_char(hi);
	return c >= lo && c <= hi;
}

/* The bracket at *i against c; *i behind it. -1: no bracket ends, so '[' is a character. */
static int bracket_match(const struct glob *g, size_t *i, unsigned char c)
{
	size_t at = *i + 1;
	bool negated = at < g->len && (g->pat[at] == '!' || g->pat[at] == '^');
	bool hit = false;

	at += negated;
	for (bool first = true; at < g->len; first = false) {
		const struct char_class *class = NULL;
		unsigned char lo, hi;

		if (g->pat[at] == ']' && !first) {
			*i = at + 1;
			return hit != negated;
		}
		if (g->pat[at] == '[' && at + 1 < g->len && g->pat[at + 1] == ':')
			class = class_at(g, &at);
		if (class) {
			hit = hit || in_class(g, class, c);
			continue;
		}
		lo = hi = bracket_char(g, &at);
		if (at + 1 < g->len && g->pat[at] == '-' && g->pat[at + 1] != ']') {
			at++;
			hi = bracket_char(g, &at);
		}
		hit = hit || in_range(g, lo, hi, c);
	}
	return -1;
}

/* One element of the pattern at *i, no star, against c; *i behind it. */
static bool element_match(const struct glob *g, size_t *i, unsigned char c)
{
	unsigned char p = (unsigned char)g->pat[*i];
	int hit;

	if (p == '?') {
		(*i)++;
		return true;
	}
	if (p == '[') {
		hit = bracket_match(g, i, c);
		if (hit >= 0)
			return hit;
	}
	if (p == '\\' && *i + 1 < g->len)
		p = (unsigned char)g->pat[++(*i)];
	(*i)++;
	return p == c || (g->fold && fold_char(p) == fold_char(c));
}

bool glob_match(const char *pat, size_t pat_len, const char *s, size_t len, bool fold)
{
	const struct glob g = {pat, pat_len, fold};
	size_t i = 0, k = 0, star = SIZE_MAX, star_k = 0;

	while (k < len) {
		size_t next = i;

		if (i < pat_len && pat[i] == '*') {
			star = ++i;
			star_k = k;
		} else if (i < pat_len && element_match(&g, &next, (unsigned char)s[k])) {
			i = next;
			k++;
		} else if (star != SIZE_MAX) {
			i = star;
			k = ++star_k;
		} else {
			return false;
		}
	}
	while (i < pat_len && pat[i] == '*')
		i++;
	return i == pat_len;
}

/* --- search without case --- */

bool find_folded(const char *s, size_t len, const char *needle, size_t needle_len)
{
	unsigned char first;

	if (!needle_len)
		return true;
	first = fold_char((unsigned char)needle[0]);
	for (size_t i = 0; i + needle_len <= len; i++) {
		size_t k = 1;

		if (fold_char((unsigned char)s[i]) != first)
			continue;
		while (k < needle_len &&
		       fold_char((unsigned char)s[i + k]) == fold_char((unsigned char)needle[k]))
			k++;
		if (k == needle_len)
			return true;
	}
	return false;
}

/* --- prefixes --- */

/* Sorted, and none begins with another. So only the greatest that is not above s can be a prefix
 * of it: whatever lies between a prefix and s begins with that prefix itself. */
struct prefix_set {
	struct str *v;
	size_t n;
	bool suffixes;
	uint64_t first[4]; /* bit per first byte */
};

/* Suffixes are compared from their ends. */
static unsigned char byte_at(const struct str *x, size_t i, bool suffixes)
{
	return (unsigned char)x->s[suffixes ? x->len - 1 - i : i];
}

static int order(const struct str *a, const struct str *b, bool suffixes)
{
	size_t n = a->len < b->len ? a->len : b->len;

	for (size_t i = 0; i < n; i++) {
		int d = byte_at(a, i, suffixes) - byte_at(b, i, suffixes);

		if (d)
			return d;
	}
	return a->len < b->len ? -1 : a->len > b->len;
}

static int by_start(const void *a, const void *b)
{
	return order(a, b, false);
}

static int by_end(const void *a, const void *b)
{
	return order(a, b, true);
}

static bool begins(const struct str *s, const struct str *with, bool suffixes)
{
	if (with->len > s->len)
		return false;
	return !memcmp(suffixes ? s->s + s->len - with->len : s->s, with->s, with->len);
}

struct prefix_set *prefix_set_new(struct arena *mem, const struct str *v, size_t n, bool suffixes)
{
	struct prefix_set *p = arena_alloc(mem, sizeof(*p));
	struct str *copy = arena_alloc(mem, (n ? n : 1) * sizeof(*copy));

	if (!p || !copy)
		return NULL;
	memcpy(copy, v, n * sizeof(*copy));
	qsort(copy, n, sizeof(*copy), suffixes ? by_end : by_start);
	*p = (struct prefix_set){.v = copy, .suffixes = suffixes};
	for (size_t i = 0; i < n; i++) {
		if (p->n && begins(&copy[i], &copy[p->n - 1], suffixes))
			continue;
		copy[p->n++] = copy[i];
	}
	for (size_t i = 0; i < p->n && copy[0].len; i++) {
		unsigned char c = byte_at(&copy[i], 0, suffixes);

		p->first[c / 64] |= (uint64_t)1 << (c % 64);
	}
	return p;
}

bool prefix_set_match(const struct prefix_set *p, const char *s, size_t len)
{
	const struct str want = {s, len};
	size_t lo = 0, hi = p->n;
	unsigned char c;

	if (!p->n)
		return false;
	if (!p->v[0].len)
		return true;
	if (!len)
		return false;
	c = byte_at(&want, 0, p->suffixes);
	if (!(p->first[c / 64] >> (c % 64) & 1))
		return false;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (order(&p->v[mid], &want, p->suffixes) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && begins(&want, &p->v[lo - 1], p->suffixes);
}

/* --- trees of path components --- */

struct path_tree {
	struct str name; /* of this component */
	bool glob;
	bool end; /* a path ends here: all below it match */
	struct path_tree *kids, *next;
};

struct path_tree *path_tree_new(struct arena *mem)
{
	return arena_alloc(mem, sizeof(struct path_tree));
}

/* The component at *off, and *off behind it. False at the end. */
static bool next_component(const char *s, size_t len, size_t *off, struct str *ret)
{
	size_t i = *off;

	while (i < len && s[i] == '/')
		i++;
	ret->s = s + i;
	while (i < len && s[i] != '/')
		i++;
	ret->len = (size_t)(s + i - ret->s);
	*off = i;
	return ret->len > 0;
}

static bool is_glob(const struct str *c)
{
	return memchr(c->s, '*', c->len) || memchr(c->s, '?', c->len) || memchr(c->s, '[', c->len);
}

static struct path_tree *find_kid(struct path_tree *t, const struct str *name)
{
	for (struct path_tree *k = t->kids; k; k = k->next)
		if (k->name.len == name->len && !memcmp(k->name.s, name->s, name->len))
			return k;
	return NULL;
}

int path_tree_add(struct path_tree *t, struct arena *mem, const char *path, size_t len)
{
	struct str c;
	size_t off = 0;

	while (!t->end && next_component(path, len, &off, &c)) {
		struct path_tree *kid = find_kid(t, &c);

		if (!kid) {
			kid = arena_alloc(mem, sizeof(*kid));
			if (!kid)
				return -ENOMEM;
			kid->name = c;
			kid->glob = is_glob(&c);
			kid->next = t->kids;
			t->kids = kid;
		}
		t = kid;
	}
	t->end = true;
	t->kids = NULL;
	return 0;
}

static bool component_match(const struct path_tree *t, const struct str *c)
{
	if (t->glob)
		return glob_match(t->name.s, t->name.len, c->s, c->len, false);
	return t->name.len == c->len && !memcmp(t->name.s, c->s, c->len);
}

static bool match_from(const struct path_tree *t, const char *s, size_t len, size_t off)
{
	struct str c;

	if (t->end)
		return true;
	if (!next_component(s, len, &off, &c))
		return false;
	for (const struct path_tree *k = t->kids; k; k = k->next)
		if (component_match(k, &c) && match_from(k, s, len, off))
			return true;
	return false;
}

bool path_tree_match(const struct path_tree *t, const char *s, size_t len)
{
	return match_from(t, s, len, 0);
}
