/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The start-up scan; see scan.h. */
#include "source/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "event.h"
#include "event/build.h"

/* The iterator hands out whole records, but read(2) may end in the middle of one. */
#define READ_LEN (4 * HW_RECORD_MAX)
#define CMDLINE_MAX (8u << 20) /* the kernel takes 6 MiB of arguments and environment at most */

/* The first max bytes of a file of /proc/PID. */
static bool read_file(const struct scan_ctx *s, uint32_t pid, const char *name, size_t max,
		      struct buf *out)
{
	char chunk[4096], path[64];
	ssize_t n = 0;
	int fd;

	buf_reset(out);
	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = rootfs_open(s->root, path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return false;
	while (out->len < max) {
		const size_t left = max - out->len;

		n = read(fd, chunk, left < sizeof(chunk) ? left : sizeof(chunk));
		if (n <= 0)
			break;
		buf_add(out, chunk, (size_t)n);
	}
	close(fd);
	return n >= 0 && !out->oom;
}

static void add_argv(struct scan_ctx *s, struct rec_builder *b, uint32_t pid, struct buf *tmp)
{
	if (read_file(s, pid, "cmdline", CMDLINE_MAX, tmp))
		rec_add_argv(b, buf_str(tmp), tmp->len);
	else
		s->short_of++; /* ended meanwhile, or it may not be read */
}

static int hand_on(struct scan_ctx *s, struct rec_builder *b)
{
	const struct ev_hdr *h = rec_end(b);

	if (!h) {
		s->short_of++;
		return 0;
	}
	s->count++;
	return s->emit(s->ctx, b->mem, h->size);
}

/* --- by the iterator --- */

/* A record as the kernel wrote it, taken over into the builder so that it can grow. */
static int take_record(struct scan_ctx *s, const struct ev_proc *e, struct rec_builder *b,
		       struct buf *tmp)
{
	struct ev_proc *to = rec_begin(b, EV_proc, sizeof(*to));

	memcpy(to, e, e->h.size);
	b->len = e->h.size;
	to->h.cpu = HW_CPU_USER;
	to->h.flags |= HW_F_SYNTH;
	if (to->trusted_exepath.off) /* kernel threads have neither executable nor arguments */
		add_argv(s, b, to->h.pid, tmp);
	return hand_on(s, b);
}

/* Hands on the whole records of data; returns how many bytes they took, or negative errno. */
static ssize_t take_records(struct scan_ctx *s, const char *data, size_t len,
			    struct rec_builder *b, struct buf *tmp)
{
	const struct ev_proc *e;
	size_t at = 0;
	int ret;

	while (len - at >= sizeof(*e)) {
		e = (const void *)(data + at);
		if (e->h.type != EV_proc || e->h.size < sizeof(*e) || e->h.size % 8 ||
		    e->h.size > HW_RECORD_MAX)
			return -EPROTO;
		if (len - at < e->h.size)
			break;
		ret = take_record(s, e, b, tmp);
		if (ret)
			return ret;
		at += e->h.size;
	}
	return (ssize_t)at;
}

int scan_iter(struct scan_ctx *s, int iter_fd)
{
	struct buf tmp = BUF_INIT;
	struct rec_builder b;
	size_t have = 0;
	ssize_t n, used;
	char *data = malloc(READ_LEN);
	int ret = rec_init(&b);

	if (!data)
		ret = -ENOMEM;
	while (!ret) {
		n = read(iter_fd, data + have, READ_LEN - have);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0) {
			ret = n < 0 ? -errno : have ? -EPROTO : 0;
			break;
		}
		have += (size_t)n;
		used = take_records(s, data, have, &b, &tmp);
		if (used < 0) {
			ret = (int)used;
			break;
		}
		have -= (size_t)used;
		memmove(data, data + used, have);
	}
	free(data);
	rec_done(&b);
	buf_done(&tmp);
	return ret;
}

/* --- by /proc alone --- */

struct proc_scan {
	struct scan_ctx *s;
	struct rec_builder b;
	struct buf tmp;
	uint64_t now_ns;
	uint32_t own_pid;
	char cgroup_root[32];
};

/* The value of a line "Name:\tVALUE" of /proc/PID/status. */
static const char *status_line(const char *status, const char *name)
{
	const size_t len = strlen(name);
	const char *at;

	for (at = status; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, name, len) == 0 && at[len] == ':')
			return at + len + 1;
	}
	return NULL;
}

static uint64_t status_num(const char *status, const char *name, unsigned nth, int base)
{
	const char *at = status_line(status, name);
	char *end = NULL;
	uint64_t v = 0;
	unsigned i;

	for (i = 0; at && i <= nth; i++) {
		v = strtoull(at, &end, base);
		if (end == at)
			return 0;
		at = end;
	}
	return v;
}

/* The last number of a line: one per nested pid namespace, the innermost last. */
static uint32_t status_last(const char *status, const char *name)
{
	const char *at = status_line(status, name);
	uint32_t v = 0;
	char *end;

	while (at && *at != '\n' && *at) {
		v = (uint32_t)strtoul(at, &end, 10);
		if (end == at)
			break;
		at = end;
	}
	return v;
}

static void fill_status(struct ev_proc *e, const char *status)
{
	const char *name = status_line(status, "Name");
	size_t len;

	name = name && *name == '\t' ? name + 1 : "";
	len = strcspn(name, "\n");
	memcpy(e->h.comm, name, len < 15 ? len : 15);
	e->h.ppid = (uint32_t)status_num(status, "PPid", 0, 10);
	e->h.vpid = status_last(status, "NSpid");
	e->h.uid = (uint32_t)status_num(status, "Uid", 1, 10);
	e->h.gid = (uint32_t)status_num(status, "Gid", 1, 10);
	e->h.cap_effective = status_num(status, "CapEff", 0, 16);
	e->h.cap_permitted = status_num(status, "CapPrm", 0, 16);
	e->cap_inheritable = status_num(status, "CapInh", 0, 16);
	e->vpgid = status_last(status, "NSpgid");
}

/* Fields of /proc/PID/stat behind the name, which may itself hold blanks and brackets. */
static void fill_stat(struct ev_proc *e, const char *stat)
{
	const char *at = strrchr(stat, ')');
	unsigned long long start = 0;
	int pgrp = 0, session = 0, tty = 0;

	if (!at || sscanf(at + 1, " %*c %*d %d %d %d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
			  "%*d %*d %*d %llu", &pgrp, &session, &tty, &start) != 4)
		return;
	e->pgid = (uint32_t)pgrp;
	e->sid = (uint32_t)session;
	e->tty = (uint32_t)tty;
	e->h.start = start * (1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK));
}

static uint32_t namespace_of(struct proc_scan *p, uint32_t pid, const char *kind)
{
	char path[64];
	const char *at;

	buf_reset(&p->tmp);
	snprintf(path, sizeof(path), "/proc/%u/ns/%s", pid, kind);
	if (rootfs_readlink(p->s->root, path, &p->tmp))
		return 0;
	at = strchr(buf_str(&p->tmp), '[');
	return at ? (uint32_t)strtoul(at + 1, NULL, 10) : 0;
}

/* The inode of the process's directory in the v2 tree. */
static uint64_t cgroup_of(struct proc_scan *p, uint32_t pid)
{
	struct buf path = BUF_INIT;
	struct stat st = {0};
	const char *at;

	if (!read_file(p->s, pid, "cgroup", 65536, &p->tmp))
		return 0;
	at = buf_str(&p->tmp);
	if (strncmp(at, "0::", 3) != 0) {
		at = strstr(at, "\n0::");
		at += at != NULL;
	}
	if (at) {
		buf_adds(&path, p->cgroup_root);
		buf_add(&path, at + 3, strcspn(at + 3, "\n"));
		if (rootfs_stat(p->s->root, buf_str(&path), &st))
			st.st_ino = 0;
	}
	buf_done(&path);
	return st.st_ino;
}

static void add_link(struct proc_scan *p, size_t off, uint32_t pid, const char *name)
{
	static const char gone[] = " (deleted)";
	const size_t gone_len = sizeof(gone) - 1;
	unsigned flags = 0;
	char path[64];
	size_t len;

	buf_reset(&p->tmp);
	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	if (rootfs_readlink(p->s->root, path, &p->tmp))
		return;
	len = p->tmp.len;
	if (len > gone_len && strcmp(buf_str(&p->tmp) + len - gone_len, gone) == 0) {
		len -= gone_len;
		flags = HW_STR_DELETED;
	}
	rec_add_str(&p->b, off, buf_str(&p->tmp), len, flags);
}

static uint64_t time_ns(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000000000ull + (uint64_t)t->tv_nsec;
}

static void fill_exe(struct proc_scan *p, struct ev_proc *e)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/exe", e->h.pid);
	if (rootfs_stat(p->s->root, path, &st))
		return;
	e->exe_ino = st.st_ino;
	e->exe_dev = (uint32_t)st.st_dev;
	e->exe_ino_ctime = time_ns(&st.st_ctim);
	e->exe_ino_mtime = time_ns(&st.st_mtim);
	if (!st.st_nlink)
		e->flags |= HW_EXE_DELETED;
	add_link(p, offsetof(struct ev_proc, trusted_exepath), e->h.pid, "exe");
}

static int on_pid(void *ctx, const char *name)
{
	struct proc_scan *p = ctx;
	const uint32_t pid = (uint32_t)strtoul(name, NULL, 10);
	struct ev_proc *e;

	if (name[0] < '0' || name[0] > '9' || pid == p->own_pid)
		return 0;
	e = rec_begin(&p->b, EV_proc, sizeof(*e));
	e->h.time = p->now_ns;
	e->h.pid = e->h.tid = pid;
	if (!read_file(p->s, pid, "status", 65536, &p->tmp))
		return 0; /* ended meanwhile */
	fill_status(e, buf_str(&p->tmp));
	if (read_file(p->s, pid, "stat", 65536, &p->tmp))
		fill_stat(e, buf_str(&p->tmp));
	if (read_file(p->s, pid, "loginuid", 64, &p->tmp))
		e->h.loginuid = (uint32_t)strtoul(buf_str(&p->tmp), NULL, 10);
	e->h.cgroup = cgroup_of(p, pid);
	e->pidns = namespace_of(p, pid, "pid");
	e->mntns = namespace_of(p, pid, "mnt");
	e->netns = namespace_of(p, pid, "net");
	e->userns = namespace_of(p, pid, "user");
	fill_exe(p, e);
	add_link(p, offsetof(struct ev_proc, cwd), pid, "cwd");
	if (e->trusted_exepath.off)
		add_argv(p->s, &p->b, pid, &p->tmp);
	return hand_on(p->s, &p->b);
}

int scan_proc(struct scan_ctx *s, uint64_t now_ns, uint32_t own_pid)
{
	static const char hybrid[] = "/sys/fs/cgroup/unified";
	struct proc_scan p = {.s = s, .now_ns = now_ns, .own_pid = own_pid};
	struct stat st;
	int ret = rec_init(&p.b);

	if (ret)
		return ret;
	strcpy(p.cgroup_root, rootfs_stat(s->root, hybrid, &st) == 0 ? hybrid : "/sys/fs/cgroup");
	ret = rootfs_list(s->root, "/proc", on_pid, &p);
	buf_done(&p.tmp);
	rec_done(&p.b);
	return ret;
}
