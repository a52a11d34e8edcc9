/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Processes as /proc shows them, made into proc facts. A process may end at any moment: what cannot
 * be read any more is left empty. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "state/collect_impl.h"

#define FILE_MAX (64u << 10)
#define CMDLINE_MAX (8u << 20) /* the kernel takes 6 MiB of arguments and environment at most */
#define DEV_MINOR_BITS 20 /* of the kernel's own device numbers */
#define SEC_NS 1000000000ull

static const char deleted[] = " (deleted)";

struct scan {
	struct collect *c;
	struct buf path, stat, status, cmdline, exe, cwd, text;
	char cgroup_path[HW_PATH_MAX]; /* the last one asked for, and its id */
	uint64_t cgroup_id;
	uint64_t tick_ns;
	unsigned n;
};

static int read_file(struct scan *s, const char *pid, const char *file, size_t max, struct buf *out)
{
	buf_reset(out);
	if (!path_set(&s->path, "/proc/%s/%s", pid, file))
		return -ENAMETOOLONG;
	return rootfs_read(s->c->root, buf_str(&s->path), max, out);
}

static int read_link(struct scan *s, const char *pid, const char *file, struct buf *out)
{
	buf_reset(out);
	if (!path_set(&s->path, "/proc/%s/%s", pid, file))
		return -ENAMETOOLONG;
	return rootfs_readlink(s->c->root, buf_str(&s->path), out);
}

uint32_t procscan_ns(struct collect *c, const char *who, const char *which)
{
	struct buf path = BUF_INIT, link = BUF_INIT;
	unsigned ino = 0;

	if (path_set(&path, "/proc/%s/ns/%s", who, which) &&
	    !rootfs_readlink(c->root, buf_str(&path), &link) &&
	    sscanf(buf_str(&link), "%*[a-z]:[%u]", &ino) != 1)
		ino = 0;
	buf_done(&path);
	buf_done(&link);
	return ino;
}

/* The value of a line "KEY:\tVALUE" of status; "" when there is none. */
static const char *status_line(const struct scan *s, const char *key)
{
	size_t len = strlen(key);

	for (const char *l = buf_str(&s->status); *l;) {
		const char *nl = strchr(l, '\n');

		if (strncmp(l, key, len) == 0 && l[len] == ':')
			return l + len + 1;
		if (!nl)
			break;
		l = nl + 1;
	}
	return "";
}

/* Of several numbers on a line the n-th, or the last one for n < 0. */
static uint32_t status_number(const struct scan *s, const char *key, int n)
{
	const char *l = status_line(s, key);
	unsigned long v = 0;
	char *end;

	for (int i = 0; *l && *l != '\n' && (n < 0 || i <= n); i++) {
		unsigned long next = strtoul(l, &end, 10);

		if (end == l)
			break;
		v = next;
		l = end;
		l += strspn(l, " \t");
	}
	return (uint32_t)v;
}

/* pid (comm) state ppid pgrp session tty_nr ... num_threads(20) 0 starttime(22); comm may hold
 * anything. */
static bool take_stat(const struct scan *s, struct ev_proc *ev)
{
	const char *text = buf_str(&s->stat);
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	unsigned ppid, pgrp, sid, tty;
	unsigned long long start;
	size_t len;

	if (!open || !close || close < open ||
	    sscanf(close + 1,
		   " %*c %u %u %u %u %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &ppid, &pgrp, &sid, &tty, &start) != 5)
		return false;
	len = (size_t)(close - open - 1);
	memcpy(ev->h.comm, open + 1, len < sizeof(ev->h.comm) ? len : sizeof(ev->h.comm) - 1);
	ev->h.ppid = ppid;
	ev->h.start = start * s->tick_ns;
	ev->pgid = pgrp;
	ev->sid = sid;
	ev->tty = tty;
	return true;
}

/* Does it only wait for its parent to look? (The main thread may end before others do.) */
static bool has_ended(const struct scan *s)
{
	const char *close = strrchr(buf_str(&s->stat), ')');
	unsigned threads;
	char st;

	return close &&
	       sscanf(close + 1, " %c %*u %*u %*u %*u %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
		      "%*d %u", &st, &threads) == 2 && (st == 'Z' || st == 'X') && threads <= 1;
}

static void take_status(const struct scan *s, struct ev_proc *ev)
{
	ev->h.uid = status_number(s, "Uid", 1);
	ev->h.gid = status_number(s, "Gid", 1);
	ev->h.vpid = status_number(s, "NStgid", -1);
	ev->vpgid = status_number(s, "NSpgid", -1);
	ev->h.cap_effective = strtoull(status_line(s, "CapEff"), NULL, 16);
	ev->h.cap_permitted = strtoull(status_line(s, "CapPrm"), NULL, 16);
	ev->cap_inheritable = strtoull(status_line(s, "CapInh"), NULL, 16);
	if (!ev->h.vpid)
		ev->h.vpid = ev->h.pid;
}

/* The line of the v2 hierarchy is 0::PATH. Neighbours mostly share it. */
static uint64_t cgroup_of(struct scan *s, const char *pid)
{
	const char *line;
	struct stat st;
	size_t len;

	if (read_file(s, pid, "cgroup", FILE_MAX, &s->text))
		return 0;
	line = strstr(buf_str(&s->text), "0::/");
	if (!line || (line != buf_str(&s->text) && line[-1] != '\n'))
		return 0;
	line += 3;
	len = strcspn(line, "\n");
	if (len >= sizeof(s->cgroup_path))
		return 0;
	if (s->cgroup_id && strlen(s->cgroup_path) == len && memcmp(s->cgroup_path, line, len) == 0)
		return s->cgroup_id;
	memcpy(s->cgroup_path, line, len);
	s->cgroup_path[len] = '\0';
	s->cgroup_id = 0;
	if (path_set(&s->path, "%s%s", s->c->cgroup_root, s->cgroup_path) &&
	    !rootfs_stat(s->c->root, buf_str(&s->path), &st))
		s->cgroup_id = st.st_ino;
	return s->cgroup_id;
}

static bool cut_deleted(struct buf *b)
{
	size_t n = sizeof(deleted) - 1;

	if (b->len < n || memcmp(b->data + b->len - n, deleted, n) != 0)
		return false;
	buf_trunc(b, b->len - n);
	return true;
}

static void take_exe(struct scan *s, const char *pid, struct ev_proc *ev)
{
	struct stat st;

	if (read_link(s, pid, "exe", &s->exe))
		return;
	if (strncmp(buf_str(&s->exe), "/memfd:", 7) == 0)
		ev->flags |= HW_EXE_FROM_MEMFD;
	if (cut_deleted(&s->exe))
		ev->flags |= HW_EXE_DELETED;
	if (!path_set(&s->path, "/proc/%s/exe", pid) ||
	    rootfs_stat(s->c->root, buf_str(&s->path), &st))
		return;
	ev->exe_ino = st.st_ino;
	ev->exe_dev = major(st.st_dev) << DEV_MINOR_BITS | minor(st.st_dev);
	ev->exe_ino_ctime = (uint64_t)st.st_ctim.tv_sec * SEC_NS + (uint64_t)st.st_ctim.tv_nsec;
	ev->exe_ino_mtime = (uint64_t)st.st_mtim.tv_sec * SEC_NS + (uint64_t)st.st_mtim.tv_nsec;
}

static void take_rest(struct scan *s, const char *pid, struct ev_proc *ev)
{
	ev->h.loginuid = UINT32_MAX;
	if (!read_file(s, pid, "loginuid", FILE_MAX, &s->text))
		ev->h.loginuid = (uint32_t)strtoul(buf_str(&s->text), NULL, 10);
	ev->h.cgroup = cgroup_of(s, pid);
	ev->pidns = procscan_ns(s->c, pid, "pid");
	ev->mntns = procscan_ns(s->c, pid, "mnt");
	ev->netns = procscan_ns(s->c, pid, "net");
	ev->userns = procscan_ns(s->c, pid, "user");
	take_exe(s, pid, ev);
}

static void add_strings(struct scan *s, const char *pid, const struct ev_proc *ev)
{
	struct rec_builder *b = &s->c->rec;
	size_t skip = ev->flags & HW_EXE_FROM_MEMFD ? 1 : 0; /* memfd:NAME, without "/" */
	unsigned flags;

	if (read_file(s, pid, "cmdline", CMDLINE_MAX, &s->cmdline))
		s->c->stats.proc_short++;
	rec_add_argv(b, buf_str(&s->cmdline), s->cmdline.len);
	if (s->exe.len > skip)
		REC_STR(b, proc, trusted_exepath, s->exe.data + skip, s->exe.len - skip,
			ev->flags & HW_EXE_DELETED ? HW_STR_DELETED : 0);
	if (read_link(s, pid, "cwd", &s->cwd))
		return;
	flags = cut_deleted(&s->cwd) ? HW_STR_DELETED : 0;
	REC_STR(b, proc, cwd, buf_str(&s->cwd), s->cwd.len, flags);
}

static int scan_entry(void *ctx, const char *name)
{
	struct scan *s = ctx;
	struct ev_proc *ev;

	if (name[strspn(name, "0123456789")] || read_file(s, name, "stat", FILE_MAX, &s->stat) ||
	    has_ended(s))
		return 0;
	ev = REC_BEGIN(&s->c->rec, proc);
	ev->h.time = s->c->now_ns;
	ev->h.pid = ev->h.tid = (uint32_t)strtoul(name, NULL, 10);
	buf_reset(&s->exe);
	if (read_file(s, name, "status", FILE_MAX, &s->status) || !take_stat(s, ev)) {
		s->c->stats.proc_short++;
		return 0;
	}
	take_status(s, ev);
	take_rest(s, name, ev);
	add_strings(s, name, ev);
	collect_emit(s->c);
	s->n++;
	return 0;
}

static struct scan *scan_new(struct collect *c)
{
	struct scan *s = calloc(1, sizeof(*s));
	long hz = sysconf(_SC_CLK_TCK);

	if (!s)
		return NULL;
	s->c = c;
	s->tick_ns = SEC_NS / (uint64_t)(hz > 0 ? hz : 100);
	c->now_ns = collect_clock();
	return s;
}

static void scan_free(struct scan *s)
{
	buf_done(&s->path);
	buf_done(&s->stat);
	buf_done(&s->status);
	buf_done(&s->cmdline);
	buf_done(&s->exe);
	buf_done(&s->cwd);
	buf_done(&s->text);
	free(s);
}

int collect_proc_scan(struct collect *c)
{
	struct scan *s = scan_new(c);
	int err;

	if (!s)
		return -ENOMEM;
	err = rootfs_list(c->root, "/proc", scan_entry, s);
	scan_free(s);
	return err;
}

unsigned procscan_some(struct collect *c, const uint32_t *pids, size_t n)
{
	struct scan *s = scan_new(c);
	unsigned found;
	char name[16];

	if (!s)
		return 0;
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%u", pids[i]);
		(void)scan_entry(s, name); /* one that is gone is not counted */
	}
	found = s->n;
	scan_free(s);
	return found;
}
