/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Joins a directory and a name as text, the way the rule language does. Follows no link. */
#include "event/field_impl.h"

#define UNKNOWN_BASE "<UNKNOWN>/"

/* A path that is being written: at most as long as what goes in. */
struct joiner {
	char *at;
	size_t len;
	size_t root; /* bytes that ".." does not go below: 1 for a leading slash */
};

static void pop_component(struct joiner *j)
{
	while (j->len > j->root && j->at[j->len - 1] != '/')
		j->len--;
	if (j->len > j->root)
		j->len--;
}

static void push_component(struct joiner *j, const char *s, size_t len)
{
	if (len == 0 || (len == 1 && s[0] == '.'))
		return;
	if (len == 2 && s[0] == '.' && s[1] == '.') {
		pop_component(j);
		return;
	}
	if (j->len > j->root)
		j->at[j->len++] = '/';
	memcpy(j->at + j->len, s, len);
	j->len += len;
}

static void push_path(struct joiner *j, const char *s, size_t len)
{
	while (len) {
		const char *slash = memchr(s, '/', len);
		size_t n = slash ? (size_t)(slash - s) : len;

		push_component(j, s, n);
		n += slash != NULL;
		s += n;
		len -= n;
	}
}

static const char *unknown_base(struct field_scratch *s, const char *name, size_t len,
				size_t *ret_len)
{
	size_t prefix = sizeof(UNKNOWN_BASE) - 1;
	char *at = scratch_alloc(s, prefix + len + 1);

	if (!at)
		return NULL;
	memcpy(at, UNKNOWN_BASE, prefix);
	memcpy(at + prefix, name, len);
	at[prefix + len] = '\0';
	*ret_len = prefix + len;
	return at;
}

const char *path_join(struct field_scratch *s, const char *base, size_t base_len, const char *name,
		      size_t name_len, size_t *ret_len)
{
	struct joiner j = {0};

	if (name_len && name[0] == '/')
		base_len = 0;
	else if (base_len == 0)
		return unknown_base(s, name, name_len, ret_len);
	j.at = scratch_alloc(s, base_len + name_len + 3);
	if (!j.at)
		return NULL;
	/* A base from outside the root has no leading slash; neither has the sum. */
	if (base_len == 0 || base[0] == '/')
		j.at[j.root++] = '/';
	j.len = j.root;
	push_path(&j, base, base_len);
	push_path(&j, name, name_len);
	j.at[j.len] = '\0';
	*ret_len = j.len;
	return j.at;
}
