/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* After a loss: when the state is read again, and what it is afterwards. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "heal.h"
#include "pipeline.h"
#include "state/collect.h"
#include "state_fixture.h"

#define S 1000000000ull

/* --- when --- */

static void test_due(void **state)
{
	uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX] = {{0}};
	struct healer h = {0};

	(void)state;
	assert_false(heal_due(&h, lost, 100 * S));
	/* The state is not made of these, and these were not lost whole. */
	lost[HW_CLASS_FILE][HW_LOST_ring_full] = lost[HW_CLASS_NET][HW_LOST_bucket] = 9;
	lost[HW_CLASS_KERNEL][HW_LOST_ring_full] = lost[HW_CLASS_FACT][HW_LOST_malformed] = 9;
	lost[HW_CLASS_PROC][HW_LOST_str_fault] = lost[HW_CLASS_PROC][HW_LOST_path_depth] = 9;
	assert_false(heal_due(&h, lost, 101 * S));
	lost[HW_CLASS_PROC][HW_LOST_ring_full] = 3;
	lost[HW_CLASS_STATE][HW_LOST_gap] = 1;
	assert_true(heal_due(&h, lost, 102 * S));
	assert_int_equal(h.pending, 4);
	heal_done(&h, true, 102 * S, 102 * S + 1000);
	assert_false(heal_due(&h, lost, 200 * S)); /* no news */
	lost[HW_CLASS_CRED][HW_LOST_bucket] = 1;
	assert_true(heal_due(&h, lost, 201 * S));
	/* A reading that failed is made again, after the same pause. */
	heal_done(&h, false, 201 * S, 201 * S);
	assert_false(heal_due(&h, lost, 202 * S));
	assert_true(heal_due(&h, lost, 201 * S + HEAL_PAUSE_NS));
}

static void test_not_too_often(void **state)
{
	uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX] = {{0}};
	struct healer h = {0};
	unsigned n = 0;

	(void)state;
	/* A loss in every second of an hour, and each reading takes 40 ms, then a second. */
	for (uint64_t t = 1; t <= 3600; t++) {
		lost[HW_CLASS_CGROUP][HW_LOST_ring_full]++;
		if (heal_due(&h, lost, t * S)) {
			heal_done(&h, true, t * S, t * S + (t < 1800 ? 40000000 : S));
			n++;
		}
	}
	assert_true(n <= 1800 / 5 + 1800 / 50 + 2);
	assert_true(n >= 1800 / 6 + 1800 / 60);
}

/* --- what the records do to the state --- */

static const struct process *proc(struct sf *f, uint32_t pid)
{
	return state_process(f->s, pid);
}

static int is_it(void *ctx, const struct process *p)
{
	return p->pid == *(uint32_t *)ctx;
}

static bool lives(struct sf *f, uint32_t pid)
{
	return state_each_process(f->s, is_it, &pid);
}

static void healed(struct sf *f, uint64_t since)
{
	struct ev_healed *h = REC_BEGIN(&f->b, healed);

	h->h.time = f->now;
	h->since = since;
	sf_apply(f);
}

static void test_who_is_gone_ends(void **ctx)
{
	struct sf *f = *ctx;
	uint64_t since;

	sf_scan(f, 1, "/sbin/init", "init", 1);
	f->parent[10] = f->parent[11] = f->parent[12] = 1;
	sf_scan(f, 10, "/bin/sh", "sh", 10);
	sf_exec(f, 11, "/bin/daemon", "daemon");
	sf_exec(f, 12, "/bin/busy", "busy");
	sf_fork(f, 10, 20); /* never heard of again */
	sf_fork(f, 10, 21);
	sf_fork(f, 12, 22);
	/* Lost: 10, 11, 20 end; 21 goes to 1; 30 begins as 21's child. */
	f->now += S;
	since = f->now;
	f->start[40] = since + 1;
	sf_touch(f, 12); /* acts while the scan goes on */
	sf_scan(f, 1, "/sbin/init", "init", 1);
	f->parent[21] = 1;
	sf_scan(f, 21, "/bin/sh", "sh", 21);
	sf_scan(f, 22, "/bin/busy", "busy", 22);
	f->parent[30] = 21;
	sf_scan(f, 30, "/bin/new", "new program", 30);
	f->parent[40] = 12;
	sf_fork(f, 12, 40); /* began after the scan, which cannot have seen it */
	healed(f, since);
	assert_false(lives(f, 10));
	assert_false(lives(f, 11));
	assert_false(lives(f, 20));
	assert_true(lives(f, 1) && lives(f, 12) && lives(f, 21) && lives(f, 22));
	assert_true(lives(f, 30) && lives(f, 40));
	assert_ptr_equal(proc(f, 21)->parent, proc(f, 1));
	assert_string_equal(proc(f, 30)->cmdline, "new program");
	assert_ptr_equal(proc(f, 30)->parent, proc(f, 21));
	/* A record of one that has ended still finds it, for a while. */
	assert_string_equal(sf_touch(f, 11).proc->cmdline, "daemon");
	assert_false(lives(f, 11));
}

static void test_what_exec_said_stays(void **ctx)
{
	struct sf *f = *ctx;
	uint64_t exec_ns, since;

	sf_exec(f, 10, "/bin/tool", "tool -x 1");
	exec_ns = proc(f, 10)->exec_ns;
	assert_true(exec_ns);
	sf_exec(f, 11, "/bin/busybox", "sh");
	since = f->now;
	sf_scan(f, 10, "/bin/tool", "tool -x 1", 10);
	sf_scan(f, 11, "/bin/busybox", "ls -l", 11); /* its exec was lost */
	healed(f, since);
	assert_int_equal(proc(f, 10)->exec_ns, exec_ns);
	assert_string_equal(proc(f, 10)->cmdline, "tool -x 1");
	assert_string_equal(proc(f, 11)->args, "-l");
	assert_int_equal(proc(f, 11)->exec_ns, 0);
}

/* A container that was made and filled while nothing came. */
static void test_new_container(void **ctx)
{
	struct sf *f = *ctx;
	uint64_t since = f->now;

	sf_scan(f, 1, "/sbin/init", "init", 1);
	f->parent[50] = 1;
	f->cgroup[50] = f->cgroup[51] = 77;
	f->mntns[50] = f->mntns[51] = 2;
	f->parent[51] = 50;
	sf_scan(f, 50, "/bin/sh", "sh", 1);
	sf_scan(f, 51, "/bin/sleep", "sleep 9", 2);
	sf_mkdir(f, 77, "/docker/" SF_HEX, true);
	healed(f, since);
	assert_int_equal(proc(f, 50)->entry, PROC_ENTRY_INIT);
	assert_int_equal(proc(f, 51)->entry, PROC_ENTRY_NONE);
	assert_string_equal(sf_touch(f, 51).ctr->full_id, SF_HEX);
}

/* --- the whole: pipeline, a source, files --- */

struct whole {
	char top[64];
	struct rootfs *root;
	struct pipeline *p;
	struct sf *f;
	uint32_t here[8]; /* pids that the source knows */
	unsigned n_here;
	int fail;
};

static void put_file(struct whole *w, const char *path, const char *text)
{
	char full[256], *slash;
	int fd;

	snprintf(full, sizeof(full), "%s%s", w->top, path);
	for (slash = full + strlen(w->top); (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		(void)mkdir(full, 0755);
		*slash = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void put_process(struct whole *w, uint32_t pid, uint32_t ppid, const char *name, char st)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	snprintf(text, sizeof(text), "%u (%s) %c %u 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %u 0 0\n",
		 pid, name, st, ppid, 100);
	put_file(w, path, text);
	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	put_file(w, path, "Name:\tx\nUid:\t0\t0\t0\t0\n");
	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	put_file(w, path, name);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static struct whole *rescanned; /* a struct source has no room for a test's own */

static const struct ev_hdr *told(struct sf *f, uint32_t pid)
{
	struct ev_proc *e = REC_BEGIN(&f->b, proc);

	sf_hdr(f, &e->h, pid);
	e->h.flags = HW_F_SYNTH;
	sf_image(f, pid, (struct hw_image *)&e->exe_ino, offsetof(struct ev_proc, exe_ino), "/bin/x",
		 "x");
	return rec_end(&f->b);
}

static int rescan(struct source *s)
{
	struct whole *w = rescanned;

	(void)s;
	for (unsigned i = 0; i < w->n_here && !w->fail; i++) {
		const struct ev_hdr *h = told(w->f, w->here[i]);

		pipeline_feed(w->p, (void *)(uintptr_t)h, h->size);
	}
	return w->fail;
}

static void whole_open(struct whole *w, struct sf *f)
{
	struct pipeline_opts o = {0};

	memset(w, 0, sizeof(*w));
	strcpy(w->top, "/tmp/hullwatch-heal-XXXXXX");
	assert_non_null(mkdtemp(w->top));
	put_file(w, "/sys/fs/cgroup/cgroup.controllers", "");
	put_file(w, "/sys/fs/cgroup/keep/x", "");
	put_file(w, "/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
	put_process(w, 1, 0, "init", 'S');
	w->root = rootfs_new(w->top);
	assert_non_null(w->root);
	o.root = w->root;
	w->p = pipeline_new(&o);
	assert_non_null(w->p);
	w->f = f;
	rescanned = w;
}

static void whole_close(struct whole *w)
{
	pipeline_free(w->p);
	rootfs_free(w->root);
	assert_int_equal(nftw(w->top, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static bool knows(struct whole *w, uint32_t pid)
{
	return state_each_process(pipeline_state(w->p), is_it, &pid);
}

static uint64_t inode(struct whole *w, const char *path)
{
	char full[256];
	struct stat st;

	snprintf(full, sizeof(full), "%s%s", w->top, path);
	assert_int_equal(stat(full, &st), 0);
	return st.st_ino;
}

static void feed(struct whole *w, const struct ev_hdr *h)
{
	assert_non_null(h);
	pipeline_feed(w->p, (void *)(uintptr_t)h, h->size);
}

static void feed_mkdir(struct whole *w, uint64_t id, const char *path)
{
	struct ev_cgroup_mkdir *e = REC_BEGIN(&w->f->b, cgroup_mkdir);

	sf_hdr(w->f, &e->h, 1);
	e->id = id;
	REC_STR(&w->f->b, cgroup_mkdir, path, path, strlen(path), 0);
	feed(w, rec_end(&w->f->b));
}

static int no_docker(void *ctx, uint64_t id, const char *path)
{
	(void)ctx;
	(void)id;
	return strncmp(path, "/docker/", 8) == 0;
}

static void test_heal_whole(void **ctx)
{
	struct sf *f = *ctx;
	struct source_ops ops = {.rescan = rescan};
	struct source src = {.ops = &ops};
	struct pipeline_stats st;
	struct whole w;
	uint64_t since, keep;

	whole_open(&w, f);
	keep = inode(&w, "/sys/fs/cgroup/keep");
	feed_mkdir(&w, keep, "/keep");
	feed_mkdir(&w, 999999999, "/docker/" SF_HEX); /* no such directory any more */
	for (uint32_t pid = 10; pid < 14; pid++) {
		f->parent[pid] = 1;
		feed(&w, told(f, pid));
	}
	assert_non_null(state_container(pipeline_state(w.p), 999999999));
	/* 10 is told again, 11 is hidden from the source, 12 is a zombie, 13 has gone. */
	put_process(&w, 11, 1, "hidden", 'S');
	put_process(&w, 12, 1, "zombie", 'Z');
	f->start[11] = f->start[12] = 0;
	w.here[w.n_here++] = 10;
	f->parent[15] = 9; /* new, and its parent is known to /proc alone */
	put_process(&w, 9, 1, "shell", 'S');
	w.here[w.n_here++] = 15;
	f->now += S;
	since = f->now;
	f->now += S;

	/* A source that cannot read: nothing is ended. */
	w.fail = -EIO;
	assert_int_equal(pipeline_heal(w.p, &src, 5, since), -EIO);
	assert_true(knows(&w, 13));
	w.fail = 0;
	ops.rescan = NULL;
	assert_int_equal(pipeline_heal(w.p, &src, 5, since), -ENOTSUP);
	assert_true(knows(&w, 13));
	ops.rescan = rescan;
	assert_int_equal(pipeline_heal(w.p, &src, 5, since), 0);
	pipeline_get_stats(w.p, &st);
	assert_int_equal(st.healed, 1);
	assert_true(knows(&w, 10) && knows(&w, 11) && knows(&w, 15));
	assert_false(knows(&w, 12));
	assert_false(knows(&w, 13));
	assert_true(knows(&w, 9) && knows(&w, 1));
	assert_string_equal(state_process(pipeline_state(w.p), 15)->parent->parent->comm, "init");
	assert_non_null(state_cgroup_path(pipeline_state(w.p), keep));
	assert_int_equal(state_each_cgroup(pipeline_state(w.p), no_docker, NULL), 0);
	whole_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_not_too_often),
		cmocka_unit_test_setup_teardown(test_who_is_gone_ends, sf_setup, sf_teardown),
		cmocka_unit_test_setup_teardown(test_what_exec_said_stays, sf_setup, sf_teardown),
		cmocka_unit_test_setup_teardown(test_new_container, sf_setup, sf_teardown),
		cmocka_unit_test_setup_teardown(test_heal_whole, sf_setup, sf_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
