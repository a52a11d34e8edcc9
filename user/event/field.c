/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The table of all fields, and how their names are found. Rows come from field.def and, for
 * evt.arg.NAME, from schema.def; the table is put together once and never changes after that.
 * Knows no field's meaning: that is in the files field_*.c.
 */
#include "event/field.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/nearest.h"
#include "event/field_impl.h"

#define FIELDS_MAX 512
#define NAME_MAX_LEN 96
#define ARG_PREFIX "evt.arg."

static const struct field rows[] = {
#define ROW(name_, type_, flags_, getter, p_, doc_)                                                \
	{.name = name_, .doc = doc_, .type = FT_##type_, .flags = flags_, .get = getter, .p = p_},
#include "event/field.def"
};

static struct field fields[FIELDS_MAX];
static uint16_t sorted[FIELDS_MAX]; /* ids by name */
static size_t n_fields;
static char arg_names[FIELDS_MAX - ARRAY_LEN(rows)][NAME_MAX_LEN];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int by_name(const void *a, const void *b)
{
	return strcmp(fields[*(const uint16_t *)a].name, fields[*(const uint16_t *)b].name);
}

static void add_arg(size_t arg)
{
	char *name = arg_names[arg];

	strcpy(name, ARG_PREFIX);
	strncat(name, args_name(arg), NAME_MAX_LEN - sizeof(ARG_PREFIX));
	fields[n_fields++] = (struct field){
		.name = name,
		.doc = "argument of the events that have one of this name",
		.type = FT_STR,
		.get = get_arg_named,
		.wire = args_name(arg),
		.p = arg,
	};
}

/* A schema with more arguments than there is room for stops every program at its first look at a
 * field, the unit tests first. */
static void build(void)
{
	args_init();
	if (args_count() > ARRAY_LEN(arg_names))
		abort();
	memcpy(fields, rows, sizeof(rows));
	n_fields = ARRAY_LEN(rows);
	for (size_t i = 0; i < args_count(); i++) {
		if (args_for_rules(i))
			add_arg(i);
	}
	for (size_t i = 0; i < n_fields; i++) {
		fields[i].id = i;
		sorted[i] = i;
	}
	qsort(sorted, n_fields, sizeof(*sorted), by_name);
}

size_t field_count(void)
{
	pthread_once(&once, build);
	return n_fields;
}

const struct field *field_at(size_t id)
{
	return id < field_count() ? &fields[id] : NULL;
}

/* Orders the len bytes of name against a row's name. */
static int name_cmp(const char *name, size_t len, const char *row)
{
	int c = strncmp(name, row, len);

	return c ? c : row[len] ? -1 : 0;
}

const struct field *field_find(const char *name, size_t len)
{
	size_t lo = 0, hi = field_count();

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct field *f = &fields[sorted[mid]];
		int c = name_cmp(name, len, f->name);

		if (c == 0)
			return f;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* --- the nearest name --- */

/* A word cut short is nearer to what it begins than to a word that is three edits away. */
#define NEAR_ENOUGH 2
#define PREFIX_MIN 6

const char *field_near(const char *name, size_t len)
{
	char word[NAME_MAX_LEN];
	struct nearest n = {.word = word};
	const char *longer = NULL;

	if (len >= sizeof(word))
		return NULL;
	memcpy(word, name, len);
	word[len] = '\0';
	for (size_t i = 0; i < field_count(); i++) {
		const char *known = fields[sorted[i]].name;

		nearest_offer(&n, known);
		if (!longer && len >= PREFIX_MIN && strncmp(known, word, len) == 0)
			longer = known;
	}
	return n.best && (n.distance <= NEAR_ENOUGH || !longer) ? n.best : longer;
}

/* --- a field with its argument, as written --- */

struct written {
	const struct field *field;
	const char *arg; /* without brackets and quotes; NULL without brackets */
	size_t arg_len;
	size_t taken; /* bytes up to and with the closing bracket */
};

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.';
}

static size_t name_len(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && is_name_char(text[n]))
		n++;
	return n;
}

/* The bracket at text: 0 or the fault. */
static const char *read_bracket(const char *text, size_t len, struct written *w)
{
	char quote = len > 1 && (text[1] == '"' || text[1] == '\'') ? text[1] : '\0';
	size_t start = quote ? 2 : 1;
	const char *end = NULL;
	size_t close;

	if (start <= len)
		end = memchr(text + start, quote ? quote : ']', len - start);
	if (!end)
		return quote ? "the quote in brackets is not closed" : "the bracket is not closed";
	close = end - text + (quote ? 1 : 0);
	if (close >= len || text[close] != ']')
		return "after the quote a closing bracket is missing";
	w->arg = text + start;
	w->arg_len = end - w->arg;
	w->taken += close + 1;
	return w->arg_len ? NULL : "the brackets are empty";
}

static bool read_index(const char *s, size_t len, int32_t *ret)
{
	int64_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		n = 10 * n + (s[i] - '0');
		if (n > INT32_MAX)
			return false;
	}
	*ret = n;
	return len > 0;
}

/* The argument as the field takes it: NULL or the fault. */
static const char *take_arg(const struct written *w,
			    char *(*dup)(void *ctx, const char *s, size_t len), void *ctx,
			    struct field_ref *ret_ref)
{
	const struct field *f = w->field;
	struct field_ref ref = {.field = f, .arg = {.has = w->arg != NULL}};

	if (!w->arg && (f->flags & FF_ARG_REQUIRED))
		return f->flags & FF_ARG_INDEX ? "it needs a number in brackets" :
						 "it needs an argument in brackets";
	if (w->arg && !(f->flags & (FF_ARG_REQUIRED | FF_ARG_ALLOWED)))
		return "it takes no argument in brackets";
	if (w->arg && (f->flags & FF_ARG_INDEX) && !read_index(w->arg, w->arg_len, &ref.arg.index))
		return "what is in its brackets must be a number from 0";
	if (w->arg && (f->flags & FF_ARG_KEY)) {
		ref.arg.key = dup(ctx, w->arg, w->arg_len);
		ref.arg.key_len = w->arg_len;
		if (!ref.arg.key)
			return "memory ran out";
	}
	*ret_ref = ref;
	return NULL;
}

static void say_unknown(struct buf *msg, const char *text, size_t len)
{
	bool arg = len > strlen(ARG_PREFIX) && strncmp(text, ARG_PREFIX, strlen(ARG_PREFIX)) == 0;
	size_t skip = arg ? strlen(ARG_PREFIX) : 0;
	const char *near = field_near(text, len);

	buf_adds(msg, arg ? "unknown event argument " : "unknown field ");
	buf_add_clean(msg, text + skip, len - skip);
	if (near)
		buf_addf(msg, ", did you mean %s?", near);
}

static const char *parse_whole(const char *text, size_t len, struct written *w)
{
	const char *fault;

	if (w->taken == len)
		return NULL;
	if (text[w->taken] != '[')
		return "only an argument in brackets may follow it";
	fault = read_bracket(text + w->taken, len - w->taken, w);
	if (!fault && w->taken != len)
		fault = "something follows its brackets";
	return fault;
}

int field_parse(const char *text, size_t len, char *(*dup)(void *ctx, const char *s, size_t len),
		void *ctx, struct field_ref *ret_ref, struct buf *msg)
{
	struct written w = {.taken = name_len(text, len)};
	const char *fault;

	w.field = field_find(text, w.taken);
	if (!w.field) {
		say_unknown(msg, text, w.taken ? w.taken : len);
		return -EINVAL;
	}
	fault = parse_whole(text, len, &w);
	if (!fault)
		fault = take_arg(&w, dup, ctx, ret_ref);
	if (!fault)
		return 0;
	buf_addf(msg, "field %s: %s", w.field->name, fault);
	return -EINVAL;
}

size_t field_parse_prefix(const char *text, size_t len,
			  char *(*dup)(void *ctx, const char *s, size_t len), void *ctx,
			  struct field_ref *ret_ref)
{
	struct written w = {.taken = name_len(text, len)};

	while (w.taken && !(w.field = field_find(text, w.taken)))
		w.taken--;
	if (!w.field)
		return 0;
	if (w.taken < len && text[w.taken] == '[' &&
	    (w.field->flags & (FF_ARG_REQUIRED | FF_ARG_ALLOWED)) &&
	    read_bracket(text + w.taken, len - w.taken, &w))
		return 0;
	return take_arg(&w, dup, ctx, ret_ref) ? 0 : w.taken;
}
