/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Two sorted tables of ids over one copy of the text. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "state/container.h"
#include "state/users.h"

struct row {
	uint32_t id;
	uint32_t line; /* the first line of an id counts */
	const char *name;
};

struct names {
	char *text;
	struct row *rows;
	size_t n;
};

struct users {
	struct names users, groups;
};

/* Decimal digits of s up to stop, below 2^32. */
static bool parse_id(const char *s, const char *stop, uint32_t *ret_id)
{
	uint64_t v = 0;

	if (s == stop || stop - s > 10)
		return false;
	for (; s < stop; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	if (v > UINT32_MAX)
		return false;
	*ret_id = (uint32_t)v;
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static void take_line(struct names *t, char *line, char *end)
{
	char *colon = memchr(line, ':', (size_t)(end - line));
	uint32_t id;

	if (!colon || colon + 1 == end || !parse_id(line, colon, &id))
		return;
	t->rows[t->n] = (struct row){id, (uint32_t)t->n, colon + 1};
	t->n++;
}

static int names_init(struct names *t, const char *text, size_t len)
{
	size_t lines = 1;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	if (lines > USERS_MAX)
		lines = USERS_MAX;
	t->text = malloc(len + 1);
	t->rows = calloc(lines, sizeof(*t->rows));
	if (!t->text || !t->rows)
		return -ENOMEM;
	memcpy(t->text, text, len);
	t->text[len] = '\0';
	for (char *s = t->text, *end = s + len; s < end && t->n < lines;) {
		char *nl = memchr(s, '\n', (size_t)(end - s));
		char *stop = nl ? nl : end;

		*stop = '\0';
		take_line(t, s, stop);
		s = stop + 1;
	}
	qsort(t->rows, t->n, sizeof(*t->rows), by_id);
	return 0;
}

static void names_done(struct names *t)
{
	free(t->text);
	free(t->rows);
}

struct users *users_new(const char *users, size_t users_len, const char *groups, size_t groups_len)
{
	struct users *u = calloc(1, sizeof(*u));

	if (u && !names_init(&u->users, users, users_len) &&
	    !names_init(&u->groups, groups, groups_len))
		return u;
	users_free(u);
	errno = ENOMEM;
	return NULL;
}

void users_free(struct users *u)
{
	if (!u)
		return;
	names_done(&u->users);
	names_done(&u->groups);
	free(u);
}

/* The leftmost of equal ids, which is the first line. */
static const char *names_find(const struct names *t, uint32_t id)
{
	size_t lo = 0, hi = t->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->rows[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < t->n && t->rows[lo].id == id ? t->rows[lo].name : "";
}

const char *users_name(const struct users *u, uint32_t uid)
{
	return u ? names_find(&u->users, uid) : "";
}

const char *users_group(const struct users *u, uint32_t gid)
{
	return u ? names_find(&u->groups, gid) : "";
}

static bool map_id(uint32_t id, const struct id_map *maps, unsigned n_maps, uint32_t *ret_id)
{
	for (unsigned i = 0; i < n_maps; i++) {
		if (id < maps[i].inside || id - maps[i].inside >= maps[i].count)
			continue;
		*ret_id = maps[i].outside + (id - maps[i].inside);
		return true;
	}
	*ret_id = id;
	return n_maps == 0;
}

static bool is_plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	return len > 0 && len <= USERS_NAME_MAX;
}

static void file_line(struct buf *out, const char *s, const char *end, const struct id_map *maps,
		      unsigned n_maps, size_t max)
{
	const char *c1 = memchr(s, ':', (size_t)(end - s));
	const char *c2 = c1 ? memchr(c1 + 1, ':', (size_t)(end - c1 - 1)) : NULL;
	const char *c3 = c2 ? memchr(c2 + 1, ':', (size_t)(end - c2 - 1)) : NULL;
	size_t len = c1 ? (size_t)(c1 - s) : 0;
	uint32_t id;

	if (!c3 || !is_plain(s, len) || !parse_id(c2 + 1, c3, &id) ||
	    !map_id(id, maps, n_maps, &id) || out->len + len + 12 > max)
		return;
	buf_addu(out, id);
	buf_addc(out, ':');
	buf_add(out, s, len);
	buf_addc(out, '\n');
}

void users_lines(struct buf *out, const char *file, size_t len, const struct id_map *maps,
		 unsigned n_maps, size_t max)
{
	const char *end = file + len;

	for (const char *s = file; s < end;) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		const char *stop = nl ? nl : end;

		file_line(out, s, stop, maps, n_maps, max);
		s = stop + 1;
	}
}
