/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Files and folders of rules to definitions: reads, parses YAML, hands each item on. Knows what
 * kinds of item there are, not what is in them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rule/cases.h"
#include "rule/loader.h"
#include "rule/vec.h"

#define FILE_MAX (16u << 20)

int loader_init(struct loader *l, struct arena *mem, void (*fn)(void *, const struct rule_diag *),
		void *ctx)
{
	int err;

	*l = (struct loader){.mem = mem, .hash = 0x68756c6c};
	l->tmp = arena_new();
	l->list_names = stable_new();
	l->macro_names = stable_new();
	l->rule_names = stable_new();
	err = diag_init(&l->d, mem, fn, ctx);
	if (err || !l->tmp || !l->list_names || !l->macro_names || !l->rule_names) {
		loader_done(l);
		return -ENOMEM;
	}
	return 0;
}

void loader_done(struct loader *l)
{
	stable_free(l->list_names);
	stable_free(l->macro_names);
	stable_free(l->rule_names);
	diag_done(&l->d);
	arena_free(l->tmp);
	l->list_names = l->macro_names = l->rule_names = NULL;
	l->tmp = NULL;
}

/* --- items --- */

static void version_item(struct loader *l, const struct yaml_node *map)
{
	item_engine_version(l, yaml_get(map, "required_engine_version"));
}

static void plugins_item(struct loader *l, const struct yaml_node *map)
{
	item_plugin_versions(l, yaml_get(map, "required_plugin_versions"));
}

/* The first of these that an item has says what it is. */
static const struct item_kind {
	const char *key;
	void (*read)(struct loader *l, const struct yaml_node *map);
} kinds[] = {
	{"required_engine_version", version_item},
	{"required_plugin_versions", plugins_item},
	{"list", item_list},
	{"macro", item_macro},
	{"rule", item_rule},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void unknown_item(struct loader *l, const struct yaml_node *map)
{
	const struct yaml_node *key = map->child ? map->child->key : NULL;
	struct near near;

	near_init(&near, key ? key->text : "", key ? key->len : 0);
	for (size_t i = 0; i < N_KINDS; i++)
		near_try(&near, kinds[i].key);
	diag_warn(&l->d, node_place(l, key ? key : map), WARN_UNKNOWN_ITEM,
		  "unknown item '%s' is ignored; an item has the key rule, macro, list, "
		  "required_engine_version or required_plugin_versions%s",
		  key ? key->text : "", near_hint(&near));
}

static void read_item(struct loader *l, const struct yaml_node *n)
{
	if (yaml_is_null(n))
		return;
	if (n->kind != YAML_MAP) {
		diag_error(&l->d, node_place(l, n), ERR_YAML_VALIDATE,
			   "found %s where an item should be: a mapping such as 'rule: NAME'",
			   yaml_kind_name(n));
		return;
	}
	for (size_t i = 0; i < N_KINDS; i++)
		if (yaml_get(n, kinds[i].key)) {
			kinds[i].read(l, n);
			l->d.item = NULL;
			return;
		}
	unknown_item(l, n);
}

static void read_root(struct loader *l, const struct yaml_node *root)
{
	if (yaml_is_null(root))
		return;
	if (root->kind != YAML_SEQ) {
		diag_error(&l->d, node_place(l, root), ERR_YAML_VALIDATE,
			   "found %s where a rule file has a sequence of items: '- rule: NAME', '- "
			   "macro: NAME', '- list: NAME'",
			   yaml_kind_name(root));
		return;
	}
	yaml_each(item, root)
		read_item(l, item);
}

int loader_text(struct loader *l, const char *file, const char *text, size_t len)
{
	struct source *src = arena_alloc(l->tmp, sizeof(*src));
	char *raw = arena_strndup(l->tmp, text, len);
	char *name = arena_strdup(l->mem, file);
	struct buf err = BUF_INIT;
	struct yaml_doc *doc;
	unsigned line = 0, column = 0;
	int ret = 0;

	if (!src || !raw || !name || source_init(src, l->tmp, name, raw, len))
		return -ENOMEM;
	l->src = src;
	diag_add_file(&l->d, name, raw, len);
	l->hash = hash_bytes(text, len, l->hash);
	doc = yaml_parse(text, len, &err, &line, &column);
	if (doc) {
		for (size_t i = 0; i < yaml_doc_count(doc); i++)
			read_root(l, yaml_doc_root(doc, i));
	} else if (errno == ENOMEM) {
		ret = -ENOMEM;
	} else {
		diag_error(&l->d, (struct place){name, line, column}, ERR_YAML_PARSE,
			   "the file is not YAML: %s", buf_str(&err));
	}
	yaml_doc_free(doc);
	buf_done(&err);
	l->src = NULL;
	return l->d.oom ? -ENOMEM : ret;
}

/* --- files --- */

static int read_fd(int fd, struct buf *out)
{
	char block[65536];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buf_add(out, block, (size_t)n);
		if (out->oom)
			return -ENOMEM;
		if (out->len > FILE_MAX)
			return -EFBIG;
	}
	return 0;
}

int rule_file_read(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : read_fd(fd, out);

	if (fd >= 0)
		close(fd);
	return err;
}

static int read_file(struct loader *l, const char *path)
{
	struct buf text = BUF_INIT;
	int err = rule_file_read(path, &text);

	if (err == -ENOMEM)
		goto out;
	if (err) {
		char *name = arena_strdup(l->mem, path);

		diag_error(&l->d, (struct place){name, 0, 0}, ERR_FILE_READ,
			   "cannot read the file: %s",
			   err == -EFBIG ? "longer than 16 MiB" : strerror(-err));
		err = 0;
		goto out;
	}
	err = loader_text(l, path, buf_str(&text), text.len);
out:
	buf_done(&text);
	return err;
}

static bool ends_in(const char *s, const char *end)
{
	const size_t len = strlen(s), end_len = strlen(end);

	return len > end_len && !strcmp(s + len - end_len, end);
}

/* Test cases lie beside rules. */
static int is_rule_file(const struct dirent *e)
{
	if (e->d_name[0] == '.' || ends_in(e->d_name, CASES_SUFFIX) ||
	    ends_in(e->d_name, ".test.yml"))
		return 0;
	return ends_in(e->d_name, ".yaml") || ends_in(e->d_name, ".yml");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_folder(struct loader *l, const char *path)
{
	struct dirent **names = NULL;
	int n = scandir(path, &names, is_rule_file, by_bytes);
	int err = 0;

	if (n < 0) {
		char *name = arena_strdup(l->mem, path);

		diag_error(&l->d, (struct place){name, 0, 0}, ERR_FILE_READ,
			   "cannot read the folder: %s", strerror(errno));
		return 0;
	}
	for (int i = 0; i < n; i++) {
		struct buf file = BUF_INIT;

		buf_addf(&file, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/",
			 names[i]->d_name);
		if (!err)
			err = file.oom ? -ENOMEM : read_file(l, buf_str(&file));
		buf_done(&file);
		free(names[i]);
	}
	free(names);
	return err;
}

int loader_path(struct loader *l, const char *path)
{
	struct stat st;

	if (*path && !stat(path, &st) && S_ISDIR(st.st_mode))
		return read_folder(l, path);
	return read_file(l, path);
}
