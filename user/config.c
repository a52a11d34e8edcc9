/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The settings' rows, and how a value becomes one. Knows nothing of who uses a setting. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/nearest.h"
#include "base/rootfs.h"
#include "base/yaml.h"

#define FILE_MAX (1u << 20)

static const char *const scopes[] = {"all", "containers", NULL};
static const char *const matches[] = {"first", "all", NULL};
static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};
/* In the order of enum rule_priority. */
static const char *const priorities[] = {"emergency", "alert", "critical", "error", "warning",
					 "notice", "informational", "debug", NULL};

#define AT(field) .offset = offsetof(struct config, field)

static const struct setting settings[] = {
	{.name = "scope", .type = SET_CHOICE, .def = "all", .choices = scopes, AT(scope),
	 .help = "what alerts and the event feed are about: this host and its containers, or "
		 "containers only"},
	{.name = "priority", .type = SET_CHOICE, .def = "debug", .choices = priorities,
	 AT(priority), .help = "the least priority: rules that matter less are not loaded"},
	{.name = "rules.match", .type = SET_CHOICE, .def = "first", .choices = matches,
	 AT(rules_match), .help = "of the rules that hold for an event, the first alerts, or all"},
	{.name = "output.stdout", .type = SET_BOOL, .def = "true", AT(output_stdout),
	 .help = "write lines to stdout"},
	{.name = "output.file", .type = SET_TEXT, .def = "", AT(output_file),
	 .help = "append lines to this file too, as JSON; empty for none"},
	{.name = "ring.size", .type = SET_SIZE, .def = "0", .min = 64 << 10, .max = 1 << 30,
	 .power_of_two = true, AT(ring_size),
	 .help = "bytes of the ring between kernel and hullwatch; 0: by the number of CPUs"},
	{.name = "record.level", .type = SET_NUMBER, .def = "1", .min = 0, .max = 9,
	 AT(record_level), .help = "compression of recordings, from 0 (none) to 9"},
	{.name = "log.level", .type = SET_CHOICE, .def = "info", .choices = log_levels,
	 AT(log_level), .help = "what is said on stderr"},
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

size_t config_count(void)
{
	return N_SETTINGS;
}

const struct setting *config_at(size_t i)
{
	return i < N_SETTINGS ? &settings[i] : NULL;
}

/* --- values --- */

static void say_choices(const struct setting *s, struct buf *err)
{
	for (size_t i = 0; s->choices[i]; i++)
		buf_addf(err, "%s%s", i == 0 ? "" : s->choices[i + 1] ? ", " : " or ",
			 s->choices[i]);
}

static int set_choice(const struct setting *s, const char *v, void *at, struct buf *err)
{
	struct nearest near = {.word = v};

	for (unsigned i = 0; s->choices[i]; i++) {
		if (!strcasecmp(v, s->choices[i])) {
			*(unsigned *)at = i;
			return 0;
		}
		nearest_offer(&near, s->choices[i]);
	}
	buf_addf(err, "%s: \"%s\" is not one of ", s->name, v);
	say_choices(s, err);
	if (near.best)
		buf_addf(err, "; did you mean \"%s\"?", near.best);
	return -EINVAL;
}

static int set_bool(const struct setting *s, const char *v, void *at, struct buf *err)
{
	static const char *const words[][2] = {
		{"false", "true"}, {"no", "yes"}, {"off", "on"}, {"0", "1"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (unsigned j = 0; j < 2; j++) {
			if (strcasecmp(v, words[i][j]))
				continue;
			*(bool *)at = j;
			return 0;
		}
	}
	buf_addf(err, "%s: \"%s\" is neither true nor false", s->name, v);
	return -EINVAL;
}

/* Digits with an optional K, M or G (of 1024) for sizes. False when it is no such thing. */
static bool parse_number(const char *v, bool size, uint64_t *ret)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	uint64_t n;
	unsigned shift = 0;

	if (!isdigit((unsigned char)*v))
		return false;
	errno = 0;
	n = strtoull(v, &end, 10);
	if (errno)
		return false;
	if (size && *end && (unit = strchr(units, toupper((unsigned char)*end)))) {
		shift = 10 * (unsigned)(unit - units + 1);
		end++;
		end += !strncmp(end, "iB", 2) ? 2 : *end == 'B' || *end == 'b' ? 1 : 0;
	}
	if (*end || n > UINT64_MAX >> shift)
		return false;
	*ret = n << shift;
	return true;
}

static int set_number(const struct setting *s, const char *v, void *at, struct buf *err)
{
	uint64_t n;

	if (!parse_number(v, s->type == SET_SIZE, &n)) {
		buf_addf(err, "%s: \"%s\" is not a %s", s->name, v,
			 s->type == SET_SIZE ? "size: a number of bytes, or one with K, M or G"
					     : "number");
		return -EINVAL;
	}
	if (s->power_of_two && n == 0) {
		*(uint64_t *)at = 0;
		return 0;
	}
	if (n < s->min || n > s->max) {
		buf_addf(err, "%s: %" PRIu64 " is out of bounds: %" PRIu64 " to %" PRIu64, s->name,
			 n, s->min, s->max);
		return -EINVAL;
	}
	if (s->power_of_two && (n & (n - 1))) {
		buf_addf(err, "%s: %" PRIu64 " is not a power of two", s->name, n);
		return -EINVAL;
	}
	*(uint64_t *)at = n;
	return 0;
}

static int set_text(const struct setting *s, const char *v, void *at, struct buf *err)
{
	char *copy = strdup(v);

	(void)s;
	if (!copy) {
		buf_adds(err, "memory ran out");
		return -ENOMEM;
	}
	free(*(char **)at);
	*(char **)at = copy;
	return 0;
}

static int (*const setters[])(const struct setting *s, const char *v, void *at,
			      struct buf *err) = {
	[SET_CHOICE] = set_choice, [SET_BOOL] = set_bool, [SET_NUMBER] = set_number,
	[SET_SIZE] = set_number,   [SET_TEXT] = set_text,
};

static int set_row(struct config *c, const struct setting *s, const char *v, struct buf *err)
{
	return setters[s->type](s, v, (char *)c + s->offset, err);
}

int config_set(struct config *c, const char *key, const char *value, struct buf *err)
{
	struct nearest near = {.word = key};

	for (size_t i = 0; i < N_SETTINGS; i++) {
		if (!strcmp(key, settings[i].name))
			return set_row(c, &settings[i], value, err);
		nearest_offer(&near, settings[i].name);
	}
	buf_addf(err, "unknown setting \"%s\"", key);
	if (near.best)
		buf_addf(err, "; did you mean \"%s\"?", near.best);
	else
		buf_adds(err, "; --help lists them");
	return -EINVAL;
}

int config_set_pair(struct config *c, const char *pair, struct buf *err)
{
	const char *eq = strchr(pair, '=');
	char *key;
	int ret;

	if (!eq || eq == pair) {
		buf_addf(err, "\"%s\" is not KEY=VALUE", pair);
		return -EINVAL;
	}
	key = strndup(pair, (size_t)(eq - pair));
	if (!key)
		return -ENOMEM;
	ret = config_set(c, key, eq + 1, err);
	free(key);
	return ret;
}

/* --- files --- */

static void say_place(struct buf *err, const char *file, const struct yaml_node *n)
{
	buf_addf(err, "%s:%u:%u: ", file, n->line, n->column);
}

/* The value of one pair must be a scalar; what is wrong with it is said with its place. */
static int set_node(struct config *c, const char *file, const struct yaml_node *n, struct buf *err)
{
	size_t mark = err->len;
	int ret;

	if (n->key->kind != YAML_SCALAR) {
		say_place(err, file, n->key);
		buf_adds(err, "a setting's name is expected");
		return -EINVAL;
	}
	say_place(err, file, n->kind == YAML_SCALAR ? n : n->key);
	if (n->kind != YAML_SCALAR) {
		buf_addf(err, "%s: one value is expected, not %s (settings are written flat, as "
			 "ring.size: 8M)", n->key->text, yaml_kind_name(n));
		return -EINVAL;
	}
	ret = config_set(c, n->key->text, yaml_is_null(n) ? "" : n->text, err);
	if (!ret)
		buf_trunc(err, mark);
	return ret;
}

static int set_map(struct config *c, const char *file, const struct yaml_node *map,
		   struct buf *err)
{
	int ret = 0;

	if (map->kind != YAML_MAP && !yaml_is_null(map)) {
		say_place(err, file, map);
		buf_addf(err, "settings are a mapping, as ring.size: 8M; this is %s",
			 yaml_kind_name(map));
		return -EINVAL;
	}
	if (map->dup) {
		say_place(err, file, map->dup);
		buf_addf(err, "\"%s\" was set before", map->dup->text);
		return -EINVAL;
	}
	yaml_each(n, map) {
		ret = set_node(c, file, n, err);
		if (ret)
			break;
	}
	return ret;
}

int config_text(struct config *c, const char *file, const char *text, size_t len, struct buf *err)
{
	struct buf why = BUF_INIT;
	unsigned line = 0, col = 0;
	struct yaml_doc *d = yaml_parse(text, len, &why, &line, &col);
	int ret = 0;

	if (!d) {
		ret = errno == ENOMEM ? -ENOMEM : -EINVAL;
		buf_addf(err, "%s:%u:%u: %s", file, line, col, buf_str(&why));
	}
	for (size_t i = 0; d && !ret && i < yaml_doc_count(d); i++)
		ret = set_map(c, file, yaml_doc_root(d, i), err);
	yaml_doc_free(d);
	buf_done(&why);
	return ret;
}

int config_file(struct config *c, const char *file, bool optional, struct buf *err)
{
	struct buf text = BUF_INIT;
	struct rootfs *root = rootfs_new("/");
	char *path = realpath(file, NULL);
	int ret;

	if (!path)
		ret = -errno;
	else if (!root)
		ret = -ENOMEM;
	else
		ret = rootfs_read(root, path, FILE_MAX, &text);
	if (ret == -ENOENT && optional)
		ret = 0;
	else if (ret)
		buf_addf(err, "%s: cannot be read: %s", file, strerror(-ret));
	else
		ret = config_text(c, file, buf_str(&text), text.len, err);
	free(path);
	rootfs_free(root);
	buf_done(&text);
	return ret;
}

/* --- life --- */

int config_init(struct config *c)
{
	struct buf err = BUF_INIT;
	int ret = 0;

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < N_SETTINGS && !ret; i++)
		ret = set_row(c, &settings[i], settings[i].def, &err);
	buf_done(&err);
	return ret;
}

void config_done(struct config *c)
{
	free(c->output_file);
	c->output_file = NULL;
}
