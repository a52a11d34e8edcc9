/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Finding the root of the cgroup v2 hierarchy; hybrid hosts have it beside the v1 ones. */
#include "source/cgroup2.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MOUNTINFO_MAX (1u << 20)
#define ROOT_INO 1 /* of a whole hierarchy; what a cgroup namespace shows as its root has another */

/* Blanks and the like are written as a backslash and three octal digits. */
static void add_unescaped(struct buf *out, const char *s, size_t len)
{
	unsigned c;
	size_t i;

	for (i = 0; i < len; i++) {
		if (s[i] == '\\' && len - i > 3 && sscanf(s + i + 1, "%3o", &c) == 1) {
			buf_addc(out, (char)c);
			i += 3;
		} else {
			buf_addc(out, s[i]);
		}
	}
}

/* ID PARENT DEVICE ROOT DIRECTORY OPTIONS [TAG]... - TYPE SOURCE OPTIONS */
static bool is_root_mount(const char *line, size_t len, const char **ret_dir, size_t *ret_len)
{
	const char *end = line + len, *at = line, *type;
	unsigned i;

	type = memmem(line, len, " - cgroup2 ", 11);
	for (i = 0; i < 3 && at; i++) {
		at = memchr(at, ' ', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	if (!type || !at || at + 2 >= type || memcmp(at, "/ ", 2) != 0)
		return false;
	*ret_dir = at + 2;
	*ret_len = strcspn(at + 2, " \n");
	return true;
}

int cgroup2_mount(const char *mountinfo, struct buf *ret_dir)
{
	const char *dir;
	size_t len, dir_len;

	for (; *mountinfo; mountinfo += len + (mountinfo[len] == '\n')) {
		len = strcspn(mountinfo, "\n");
		if (!is_root_mount(mountinfo, len, &dir, &dir_len))
			continue;
		add_unescaped(ret_dir, dir, dir_len);
		return ret_dir->oom ? -ENOMEM : 0;
	}
	return -ENOENT;
}

int cgroup2_open(const struct rootfs *root)
{
	struct buf text = BUF_INIT, dir = BUF_INIT;
	struct stat st;
	int fd = rootfs_read(root, "/proc/self/mountinfo", MOUNTINFO_MAX, &text);

	if (!fd)
		fd = cgroup2_mount(buf_str(&text), &dir);
	if (!fd)
		fd = rootfs_open(root, buf_str(&dir), O_DIRECTORY);
	if (fd >= 0 && (fstat(fd, &st) || st.st_ino != ROOT_INO)) {
		close(fd);
		fd = -EXDEV;
	}
	buf_done(&text);
	buf_done(&dir);
	return fd;
}
