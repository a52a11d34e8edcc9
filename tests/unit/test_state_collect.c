/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The collector on trees as the runtimes leave them (fixtures/state), and on trees that somebody
 * made to mislead it. What it finds reaches the state as records that pass the check.
 */
#include "state_fixture.h"

#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/collect.h"

#define TREES "tests/unit/fixtures/state/"
#define DOCKER_ID "3f4c9a1b3f4c9a1b3f4c9a1b3f4c9a1b3f4c9a1b3f4c9a1b3f4c9a1b3f4c9a1b"

struct world {
	struct sf *f;
	struct rootfs *root;
	struct collect *c;
	char path[4096]; /* of the tree */
	bool made; /* the tree is ours to remove */
	unsigned facts, names;
	char last_facts[65536];
};

static int take(void *ctx, const struct ev_hdr *ev, size_t len)
{
	struct world *w = ctx;
	const char *why = NULL;

	assert_int_equal(check_record(ev, len, &why), CHECK_OK);
	assert_true(ev->flags & HW_F_SYNTH);
	w->facts += ev->type == EV_container;
	w->names += ev->type == EV_passwd;
	if (ev->type == EV_container)
		snprintf(w->last_facts, sizeof(w->last_facts), "%s",
			 rec_str(ev, &((const struct ev_container *)ev)->facts));
	return state_apply(w->f->s, ev);
}

static void open_tree(struct world *w, const char *path)
{
	assert_int_equal(sf_setup((void **)&w->f), 0);
	snprintf(w->path, sizeof(w->path), "%s", path);
	w->root = rootfs_new(path);
	if (!w->root)
		fail_msg("%s: run from the top of the source tree", path);
	w->c = collect_new(w->root, w->f->s, NULL, take, w);
	assert_non_null(w->c);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void close_tree(struct world *w)
{
	collect_free(w->c);
	rootfs_free(w->root);
	if (w->made)
		assert_int_equal(nftw(w->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	sf_teardown((void **)&w->f);
}

static void scan_tree(struct world *w, const char *path)
{
	open_tree(w, path);
	assert_int_equal(collect_proc_scan(w->c), 0);
	assert_int_equal(collect_scan(w->c), 0);
}

struct find {
	const char *id;
	const struct container *c;
};

static int find_one(void *ctx, const struct container *c)
{
	struct find *f = ctx;

	if (strcmp(c->full_id, f->id) == 0)
		f->c = c;
	return 0;
}

static const struct container *find(struct world *w, const char *id)
{
	struct find f = {id, NULL};

	assert_int_equal(state_each_container(w->f->s, find_one, &f), 0);
	return f.c;
}

static const struct container *must_find(struct world *w, const char *id)
{
	const struct container *c = find(w, id);

	if (!c)
		fail_msg("no container %s", id);
	return c;
}

static void same(const char *got, const char *want)
{
	if (!want)
		assert_null(got);
	else if (!got || strcmp(got, want) != 0)
		fail_msg("%s, not %s", got ? got : "(none)", want);
}

static unsigned count_containers(struct world *w)
{
	struct state_stats st;

	state_get_stats(w->f->s, &st);
	return (unsigned)st.containers;
}

/* --- what runtimes leave --- */

static void test_docker(void **ctx)
{
	const struct process *p;
	const struct container *c;
	struct world w = {0};

	(void)ctx;
	scan_tree(&w, TREES "docker");
	c = must_find(&w, DOCKER_ID);
	same(c->why, NULL);
	assert_true(c->complete);
	same(c->id, "3f4c9a1b3f4c");
	same(c->runtime, "docker");
	same(c->name, "web1");
	same(c->image, "registry.example:5000/shop/web:1.4");
	same(c->image_repo, "registry.example:5000/shop/web");
	same(c->image_tag, "1.4");
	same(c->image_digest, "sha256:"
			      "abababababababababababababababababababababababababababababababab");
	same(c->user, "0:0");
	same(c->seccomp, "default");
	same(c->apparmor, "");
	assert_true(c->caps_known && c->caps == 0xa80425fb);
	assert_int_equal(c->privileged, TRI_NO);
	assert_int_equal(c->host_net, TRI_NO);
	assert_int_equal(c->host_pid, TRI_NO);
	assert_int_equal(c->host_ipc, TRI_NO);
	assert_int_equal(c->n_mounts, 2); /* not the three that docker mounts by itself */
	assert_int_equal(c->n_labels, 1);
	same(state_user_name(w.f->s, c, 101), "shop");
	same(state_user_name(w.f->s, c, 1000), "");
	same(state_user_name(w.f->s, state_container(w.f->s, state_process(w.f->s, 700)->cgroup),
			     1000),
	     "admin");
	assert_null(strstr(w.last_facts, "tops3cret"));
	assert_non_null(strstr(w.last_facts, "\"SECRET\""));
	/* The processes. */
	p = state_process(w.f->s, 720);
	assert_int_equal(p->entry, PROC_ENTRY_INIT);
	assert_int_equal(p->vpid, 1);
	assert_int_equal(p->uid, 101);
	same(p->cmdline, "web --port 80");
	same(p->exepath, "/srv/web");
	assert_int_equal(c->start_ns, p->start_ns);
	assert_int_equal(state_process(w.f->s, 730)->entry, PROC_ENTRY_EXEC);
	assert_int_equal(state_process(w.f->s, 731)->entry, PROC_ENTRY_NONE);
	p = state_process(w.f->s, 800);
	same(p->comm, "odd) name (x");
	same(p->exepath, "/usr/bin/odd");
	assert_true(p->exe_flags & HW_EXE_DELETED);
	assert_int_equal(p->parent->pid, 1);
	close_tree(&w);
}

static void test_containerd(void **ctx)
{
	const char *uid = "0c6f2b1e-5a44-4f0e-9a51-7d1c2b3a4f5e";
	const struct container *c;
	struct world w = {0};

	(void)ctx;
	scan_tree(&w, TREES "containerd");
	c = must_find(&w, "cc33dd44cc33dd44cc33dd44cc33dd44cc33dd44cc33dd44cc33dd44cc33dd44");
	same(c->why, NULL);
	same(c->runtime, "containerd");
	same(c->name, "app");
	same(c->pod_name, "web-7d9c");
	same(c->pod_ns, "shop");
	same(c->pod_uid, uid);
	same(c->image_repo, "docker.io/shop/app");
	same(c->image_tag, "2.1");
	assert_int_equal(c->privileged, TRI_YES);
	assert_int_equal(c->host_net, TRI_UNKNOWN); /* joined by path, and there is nothing there */
	assert_int_equal(c->n_mounts, 2);
	assert_false(c->mounts[1].rw);
	same(c->mounts[1].propagation, "rslave");
	same(state_user_name(w.f->s, c, 0), "root");
	c = must_find(&w, "aa11bb22aa11bb22aa11bb22aa11bb22aa11bb22aa11bb22aa11bb22aa11bb22");
	same(c->name, "web-7d9c");
	same(c->image_repo, "registry.k8s.io/pause");
	same(c->user, "65535:65535");
	/* Made with ctr: its name is its id, and no file has the image's. */
	c = must_find(&w, "cache");
	same(c->runtime, "containerd");
	same(c->name, "cache");
	assert_false(c->complete);
	assert_non_null(strstr(c->why, "database"));
	assert_int_equal(count_containers(&w), 3);
	close_tree(&w);
}

static void test_crio(void **ctx)
{
	const struct container *c;
	struct world w = {0};

	(void)ctx;
	scan_tree(&w, TREES "crio");
	c = must_find(&w, "12ab34cd12ab34cd12ab34cd12ab34cd12ab34cd12ab34cd12ab34cd12ab34cd");
	same(c->why, NULL);
	same(c->runtime, "cri-o");
	same(c->name, "agent");
	same(c->pod_name, "agent-x");
	same(c->pod_ns, "ops");
	same(c->image_repo, "quay.io/ops/agent");
	assert_int_equal(c->host_pid, TRI_YES);
	assert_int_equal(c->n_labels, 2);
	same(state_user_name(w.f->s, c, 7), "agent");
	/* conmon sits in a cgroup of the same id and is of the host. */
	assert_true(state_container(w.f->s, state_process(w.f->s, 500)->cgroup)->is_host);
	assert_int_equal(state_process(w.f->s, 500)->entry, PROC_ENTRY_NONE);
	assert_int_equal(count_containers(&w), 1);
	close_tree(&w);
}

static void test_podman(void **ctx)
{
	const struct container *c;
	struct world w = {0};

	(void)ctx;
	scan_tree(&w, TREES "podman");
	c = must_find(&w, "77fe88dc77fe88dc77fe88dc77fe88dc77fe88dc77fe88dc77fe88dc77fe88dc");
	same(c->why, NULL);
	same(c->runtime, "podman");
	same(c->name, "front");
	same(c->image, "docker.io/library/nginx:1.25");
	same(c->image_id, "9999999999999999999999999999999999999999999999999999999999999999");
	assert_int_equal(c->privileged, TRI_YES);
	same(c->user, "33:33");
	same(state_user_name(w.f->s, c, 33), "www-data");
	assert_int_equal(state_process(w.f->s, 310)->entry, PROC_ENTRY_INIT);
	assert_int_equal(count_containers(&w), 1);
	close_tree(&w);
}

static void test_plain(void **ctx)
{
	const struct container *c;
	struct world w = {0};

	(void)ctx;
	scan_tree(&w, TREES "plain");
	c = must_find(&w, "web");
	same(c->why, NULL);
	same(c->runtime, "runc");
	same(c->cgroup_path, "/apps/web");
	same(c->image, "");
	same(c->name, "web");
	same(state_user_name(w.f->s, c, 48), "apache");
	c = must_find(&w, "db");
	same(c->runtime, "crun");
	same(state_user_name(w.f->s, c, 100070), "postgres"); /* its user namespace is mapped */
	same(state_user_name(w.f->s, c, 70), "");
	/* runc in the foreground with a root of its own shows its command line. */
	c = must_find(&w, "fg");
	same(c->cgroup_path, "/apps/fg");
	assert_int_equal(state_process(w.f->s, 51)->entry, PROC_ENTRY_INIT);
	/* A user may name a container in the own slice, and nowhere else. */
	must_find(&w, "mine");
	assert_null(find(&w, "liar"));
	/* State that names another container, or nothing. */
	assert_null(find(&w, "wrong"));
	assert_null(find(&w, "broken"));
	assert_null(find(&w, "array"));
	assert_int_equal(count_containers(&w), 4);
	close_tree(&w);
}

/* The same tree gives the same containers each time. */
static void test_scan_twice(void **ctx)
{
	struct collect_stats st;
	struct world w = {0};
	unsigned facts;

	(void)ctx;
	scan_tree(&w, TREES "plain");
	facts = w.facts;
	assert_int_equal(collect_scan(w.c), 0);
	assert_int_equal(w.facts, facts); /* nobody is asked again */
	assert_int_equal(count_containers(&w), 4);
	collect_get_stats(w.c, &st);
	assert_int_equal(st.emit_failed, 0);
	assert_int_equal(st.containers, 4);
	close_tree(&w);
}

/* --- trees made here --- */

static void make_tree(struct world *w)
{
	char path[] = "/tmp/hw-collect-XXXXXX";

	assert_non_null(mkdtemp(path));
	w->made = true;
	open_tree(w, path);
}

static void put(struct world *w, const char *path, const char *text)
{
	char full[8192];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", w->path, path);
	for (char *s = full + strlen(w->path) + 1; (s = strchr(s, '/')); s++) {
		*s = '\0';
		assert_true(!mkdir(full, 0755) || errno == EEXIST);
		*s = '/';
	}
	file = fopen(full, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void link_to(struct world *w, const char *path, const char *to)
{
	char full[8192];

	put(w, path, "");
	snprintf(full, sizeof(full), "%s%s", w->path, path);
	assert_int_equal(unlink(full), 0);
	assert_int_equal(symlink(to, full), 0);
}

/* As the pipeline does it: the collector before the state. */
static const struct ev_hdr *feed(struct world *w)
{
	const struct ev_hdr *h = rec_end(&w->f->b);
	const char *why = NULL;

	assert_non_null(h);
	assert_int_equal(check_record(h, h->size, &why), CHECK_OK);
	collect_before(w->c, h);
	assert_int_equal(state_apply(w->f->s, h), 0);
	return h;
}

static struct view event(struct world *w, uint32_t pid)
{
	struct ev_setuid *e = REC_BEGIN(&w->f->b, setuid);

	sf_hdr(w->f, &e->h, pid);
	return sf_bind(w->f, feed(w));
}

static struct view launch(struct world *w, uint32_t pid, const char *args, uint32_t uid)
{
	struct ev_execve *e = REC_BEGIN(&w->f->b, execve);

	sf_name(w->f, pid, "runc");
	sf_hdr(w->f, &e->h, pid);
	e->h.uid = uid;
	sf_image(w->f, pid, (struct hw_image *)&e->exe_ino, offsetof(struct ev_execve, exe_ino),
		 "/usr/sbin/runc", args);
	return sf_bind(w->f, feed(w));
}

static void attach(struct world *w, uint32_t by, uint32_t moved, uint64_t id, const char *path)
{
	struct ev_cgroup_attach_task *e;

	sf_mkdir(w->f, id, path, false);
	e = REC_BEGIN(&w->f->b, cgroup_attach_task);
	sf_hdr(w->f, &e->h, by);
	e->id = id;
	e->moved = moved;
	REC_STR(&w->f->b, cgroup_attach_task, path, path, strlen(path), 0);
	feed(w);
	w->f->cgroup[moved] = id;
}

#define CONFIG_AT(more)                                                                            \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{\"uid\":5,\"gid\":6}},\"root\":"         \
	"{\"path\":\"rootfs\"},\"linux\":{\"namespaces\":[]" more "}}"
#define CONFIG CONFIG_AT("")

static void test_live_plain(void **ctx)
{
	struct world w = {0};
	struct view v;

	(void)ctx;
	make_tree(&w);
	put(&w, "/b/config.json", CONFIG);
	put(&w, "/b/rootfs/etc/passwd", "web:x:5:6::/:/bin/sh\n");
	put(&w, "/b/rootfs/etc/group", "");
	sf_mkdir(w.f, SF_HOST, "/", true);
	sf_exec(w.f, 1, "/sbin/init", "init");
	launch(&w, 10, "runc run --bundle /b job", 0);
	sf_fork(w.f, 10, 11);
	assert_int_equal(w.facts, 0);
	attach(&w, 10, 11, 50, "/any/where");
	assert_int_equal(w.facts, 1);
	v = event(&w, 11);
	same(v.ctr->full_id, "job");
	same(v.ctr->cgroup_path, "/any/where");
	same(v.ctr->user, "5:6");
	assert_true(v.ctr->complete);
	same(state_user_name(w.f->s, v.ctr, 5), "web");
	/* Told once, and not again for each event. */
	event(&w, 11);
	assert_int_equal(w.facts, 1);
	close_tree(&w);
}

static void mkdir_by(struct world *w, uint32_t pid, uint64_t id, const char *path)
{
	struct ev_cgroup_mkdir *e = REC_BEGIN(&w->f->b, cgroup_mkdir);

	sf_hdr(w->f, &e->h, pid);
	e->id = id;
	REC_STR(&w->f->b, cgroup_mkdir, path, path, strlen(path), 0);
	feed(w);
}

/* The cgroup that runc was told to make is the container's; those on the way to it are not. */
static void test_live_plain_cgroup(void **ctx)
{
	struct world w = {0};

	(void)ctx;
	make_tree(&w);
	put(&w, "/b/config.json", CONFIG_AT(",\"cgroupsPath\":\"/apps/job/job\""));
	sf_mkdir(w.f, SF_HOST, "/", true);
	launch(&w, 10, "runc run --bundle /b job", 0);
	mkdir_by(&w, 10, 50, "/apps");
	mkdir_by(&w, 10, 51, "/apps/job");
	mkdir_by(&w, 10, 52, "/apps/job/job");
	assert_true(state_container(w.f->s, 50)->is_host);
	assert_true(state_container(w.f->s, 51)->is_host);
	same(state_container(w.f->s, 52)->full_id, "job");
	assert_true(state_container(w.f->s, 52)->complete);
	/* Another process may use the name: it is not the runtime. */
	launch(&w, 20, "runc run --bundle /b job2", 0);
	sf_exec(w.f, 30, "/bin/x", "x");
	mkdir_by(&w, 30, 53, "/elsewhere/job2");
	assert_true(state_container(w.f->s, 53)->is_host);
	close_tree(&w);
}

/* systemd moves the process, at the runtime's wish: it is the mover's child no more than ours. */
static void test_live_moved_by_systemd(void **ctx)
{
	struct world w = {0};

	(void)ctx;
	make_tree(&w);
	put(&w, "/b/config.json", CONFIG);
	sf_mkdir(w.f, SF_HOST, "/", true);
	sf_exec(w.f, 1, "/sbin/init", "init");
	launch(&w, 10, "crun --systemd-cgroup create -b /b job", 0);
	sf_fork(w.f, 10, 11);
	attach(&w, 1, 11, 50, "/system.slice/crun-job.scope");
	same(event(&w, 11).ctr->full_id, "job");
	close_tree(&w);
}

/* A process of the host that is no runtime's child may be moved about as ever. */
static void test_live_strangers(void **ctx)
{
	struct world w = {0};

	(void)ctx;
	make_tree(&w);
	put(&w, "/b/config.json", CONFIG);
	sf_mkdir(w.f, SF_HOST, "/", true);
	sf_exec(w.f, 1, "/sbin/init", "init");
	launch(&w, 10, "runc run --bundle /b job", 0);
	sf_exec(w.f, 20, "/bin/other", "other");
	attach(&w, 20, 20, 50, "/other");
	assert_true(event(&w, 20).ctr->is_host);
	/* Nor is the root a container, nor the cgroup that the runtime itself is in. */
	sf_fork(w.f, 10, 11);
	attach(&w, 10, 11, SF_HOST, "/");
	assert_true(event(&w, 11).ctr->is_host);
	w.f->cgroup[10] = 60;
	attach(&w, 10, 11, 60, "/system.slice/x.service");
	assert_true(event(&w, 11).ctr->is_host);
	close_tree(&w);
}

#define D_PATH "/docker/" DOCKER_ID

static void docker_files(struct world *w)
{
	static const char host[] = "{\"Privileged\":false}";
	char text[2048];

	snprintf(text, sizeof(text),
		 "{\"ociVersion\":\"1\",\"process\":{},\"root\":{\"path\":\"/"
		 "r\"},\"mounts\":[{\"type\":\"bind\","
		 "\"source\":\"/d/containers/%s/hosts\",\"destination\":\"/etc/"
		 "hosts\"}],\"linux\":{}}",
		 DOCKER_ID);
	put(w, "/run/x/moby/" DOCKER_ID "/config.json", text);
	snprintf(text, sizeof(text),
		 "{\"ID\":\"%s\",\"Name\":\"/"
		 "true\",\"Image\":\"sha256:1\",\"Config\":{\"Image\":\"a:1\"}}",
		 DOCKER_ID);
	put(w, "/d/containers/" DOCKER_ID "/config.v2.json", text);
	put(w, "/d/containers/" DOCKER_ID "/hostconfig.json", host);
}

static void enter_docker(struct world *w)
{
	sf_mkdir(w->f, SF_HOST, "/", true);
	sf_exec(w->f, 1, "/sbin/init", "init");
	sf_fork(w->f, 1, 11);
	sf_mkdir(w->f, 70, D_PATH, false);
	sf_attach(w->f, 1, 11, 70, D_PATH);
}

static void test_live_docker(void **ctx)
{
	struct world w = {0};
	struct view v;

	(void)ctx;
	make_tree(&w);
	docker_files(&w);
	sf_mkdir(w.f, SF_HOST, "/", true);
	launch(&w, 10, "runc --root /x create --bundle /run/x/moby/" DOCKER_ID " " DOCKER_ID, 0);
	enter_docker(&w);
	v = event(&w, 11);
	same(v.ctr->name, "true");
	same(v.ctr->runtime, "docker");
	assert_true(v.ctr->complete);
	assert_int_equal(w.facts, 1);
	close_tree(&w);
}

/* Even the record that tells of the cgroup finds the container whole. */
static void test_live_docker_cgroup(void **ctx)
{
	struct ev_cgroup_mkdir *e;
	struct world w = {0};

	(void)ctx;
	make_tree(&w);
	docker_files(&w);
	sf_mkdir(w.f, SF_HOST, "/", true);
	sf_exec(w.f, 1, "/sbin/init", "init");
	launch(&w, 10, "runc --root /x create --bundle /run/x/moby/" DOCKER_ID " " DOCKER_ID, 0);
	e = REC_BEGIN(&w.f->b, cgroup_mkdir);
	sf_hdr(w.f, &e->h, 10);
	e->id = 70;
	REC_STR(&w.f->b, cgroup_mkdir, path, D_PATH, strlen(D_PATH), 0);
	feed(&w);
	same(state_container(w.f->s, 70)->name, "true");
	assert_true(state_container(w.f->s, 70)->complete);
	assert_int_equal(state_container(w.f->s, 70)->cgroup, 70);
	/* What a container makes in itself does not get what the host knows of that id. */
	sf_fork(w.f, 1, 11);
	sf_attach(w.f, 1, 11, 70, D_PATH);
	e = REC_BEGIN(&w.f->b, cgroup_mkdir);
	sf_hdr(w.f, &e->h, 11);
	e->id = 71;
	REC_STR(&w.f->b, cgroup_mkdir, path, D_PATH D_PATH, 2 * strlen(D_PATH), 0);
	feed(&w);
	assert_null(state_container(w.f->s, 71)->name);
	w.f->cgroup[11] = 71;
	assert_null(event(&w, 11).ctr->image);
	assert_int_equal(count_containers(&w), 2);
	close_tree(&w);
}

/* Anybody may call a program runc. Without privilege it says nothing of a system container. */
static void test_live_lying_user(void **ctx)
{
	struct world w = {0};
	struct view v;

	(void)ctx;
	make_tree(&w);
	docker_files(&w);
	put(&w, "/home/u/config.json", CONFIG);
	sf_mkdir(w.f, SF_HOST, "/", true);
	launch(&w, 10, "runc create --bundle /home/u " DOCKER_ID, 1000);
	enter_docker(&w);
	v = event(&w, 11);
	assert_null(v.ctr->user);
	assert_false(v.ctr->complete);
	assert_non_null(v.ctr->why);
	close_tree(&w);
}

/* Nor does a process of one container say anything of another, or of a cgroup outside its own. */
static void test_live_lying_container(void **ctx)
{
	struct world w = {0};
	struct view v;

	(void)ctx;
	make_tree(&w);
	put(&w, "/b/config.json", CONFIG);
	enter_docker(&w);
	launch(&w, 11, "runc create --bundle /b " SF_HEX, 0);
	sf_mkdir(w.f, 80, "/docker/" SF_HEX, false);
	sf_exec(w.f, 12, "/bin/x", "x");
	sf_attach(w.f, 1, 12, 80, "/docker/" SF_HEX);
	v = event(&w, 12);
	assert_null(v.ctr->user);
	/* Moving things about outside its own container does not make them its. */
	launch(&w, 11, "runc create --bundle /b mine", 0);
	sf_fork(w.f, 11, 13);
	attach(&w, 11, 13, 90, "/elsewhere");
	assert_true(event(&w, 13).ctr->is_host);
	sf_fork(w.f, 11, 14);
	attach(&w, 11, 14, 70, D_PATH);
	same(event(&w, 14).ctr->full_id, DOCKER_ID);
	/* Inside it does, and the outer one is named. */
	attach(&w, 11, 14, 91, D_PATH "/mine");
	v = event(&w, 14);
	same(v.ctr->full_id, "mine");
	same(v.ctr->parent_id, "3f4c9a1b3f4c");
	close_tree(&w);
}

static void test_live_files_gone(void **ctx)
{
	struct collect_stats st;
	struct world w = {0};
	struct view v;

	(void)ctx;
	make_tree(&w);
	launch(&w, 10, "runc create --bundle /gone " DOCKER_ID, 0);
	enter_docker(&w);
	v = event(&w, 11);
	same(v.ctr->full_id, DOCKER_ID);
	same(v.ctr->runtime, "docker");
	same(v.ctr->why, "the bundle was removed before it was read");
	assert_int_equal(w.facts, 1);
	/* A flood of events does not make it look again and again. */
	for (int i = 0; i < 20000; i++)
		event(&w, 11);
	assert_int_equal(w.facts, 2); /* the first try and the last */
	collect_get_stats(w.c, &st);
	assert_int_equal(st.incomplete, 1);
	close_tree(&w);
}

/* The files come a little later than the first event. */
static void test_live_files_late(void **ctx)
{
	struct world w = {0};

	(void)ctx;
	make_tree(&w);
	launch(&w, 10, "runc create --bundle /run/x/moby/" DOCKER_ID " " DOCKER_ID, 0);
	enter_docker(&w);
	assert_false(event(&w, 11).ctr->complete);
	docker_files(&w);
	assert_false(event(&w, 11).ctr->complete); /* a pause first */
	w.f->now += 20 * SF_MS;
	assert_true(event(&w, 11).ctr->complete);
	close_tree(&w);
}

static void why_is(struct world *w, const char *part)
{
	struct view v;

	launch(w, 10, "runc create --bundle /run/x/moby/" DOCKER_ID " " DOCKER_ID, 0);
	enter_docker(w);
	v = event(w, 11);
	same(v.ctr->full_id, DOCKER_ID);
	assert_false(v.ctr->complete);
	if (!strstr(v.ctr->why, part))
		fail_msg("%s does not say %s", v.ctr->why, part);
	close_tree(w);
}

#define BUNDLE "/run/x/moby/" DOCKER_ID "/config.json"
#define D_DIR "/d/containers/" DOCKER_ID

static void test_bad_files(void **ctx)
{
	static const char *const configs[] = {"", "{", "[]", "null", "{\"ociVersion\":1}"};
	char *huge = malloc((5u << 20) + 1);
	char deep[200];

	(void)ctx;
	assert_non_null(huge);
	memset(huge, ' ', 5u << 20);
	huge[5u << 20] = '\0';
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	for (size_t i = 0; i < SF_COUNT(configs); i++) {
		struct world w = {0};

		make_tree(&w);
		put(&w, BUNDLE, configs[i]);
		why_is(&w, "malformed");
	}
	for (int i = 0; i < 6; i++) {
		struct world w = {0};
		char full[8192];

		make_tree(&w);
		docker_files(&w);
		switch (i) {
		case 0:
			put(&w, BUNDLE, huge);
			why_is(&w, "too large");
			break;
		case 1:
			put(&w, BUNDLE, deep);
			why_is(&w, "malformed");
			break;
		case 2: /* out of the tree: to a file that is there, and would not be read for it */
			link_to(&w, BUNDLE, "/etc/passwd");
			why_is(&w, "removed");
			break;
		case 3:
			put(&w, BUNDLE, "");
			snprintf(full, sizeof(full), "%s" BUNDLE, w.path);
			assert_int_equal(unlink(full), 0);
			assert_int_equal(mkfifo(full, 0600), 0); /* nobody waits at its end */
			why_is(&w, "malformed");
			break;
		case 4:
			put(&w, D_DIR "/config.v2.json",
			    "{\"ID\":\"" SF_HEX "\",\"Name\":\"/evil\"}");
			why_is(&w, "cannot be read");
			break;
		case 5:
			put(&w, D_DIR "/hostconfig.json", huge);
			why_is(&w, "cannot be read");
			break;
		}
	}
	free(huge);
}

/* An id that no record named: its directory is looked for once. */
static void test_unknown_cgroup(void **ctx)
{
	struct collect_stats st;
	struct world w = {0};
	char full[8192];
	struct stat dir;

	(void)ctx;
	make_tree(&w);
	put(&w, "/sys/fs/cgroup/cgroup.procs", "");
	put(&w, "/sys/fs/cgroup" D_PATH "/cgroup.procs", "");
	put(&w, "/sys/fs/cgroup/system.slice/cgroup.procs", "");
	snprintf(full, sizeof(full), "%s/sys/fs/cgroup" D_PATH, w.path);
	assert_int_equal(stat(full, &dir), 0);
	w.f->now += 10000 * SF_MS;
	w.f->cgroup[10] = dir.st_ino;
	same(event(&w, 10).ctr->full_id, DOCKER_ID);
	w.f->cgroup[11] = 0x7777777777ull;
	w.f->now += 10000 * SF_MS;
	for (int i = 0; i < 1000; i++) {
		struct view v = event(&w, 11);

		assert_null(v.ctr->id);
		assert_false(v.ctr->is_host);
	}
	collect_get_stats(w.c, &st);
	assert_int_equal(st.unknown_cgroups, 2);
	close_tree(&w);
}

/* Without a cgroup tree there is nothing to scan, and that is an error, not silence. */
static void test_no_tree(void **ctx)
{
	struct world w = {0};

	(void)ctx;
	make_tree(&w);
	assert_true(collect_scan(w.c) < 0);
	assert_true(collect_proc_scan(w.c) < 0);
	close_tree(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_docker),
		cmocka_unit_test(test_containerd),
		cmocka_unit_test(test_crio),
		cmocka_unit_test(test_podman),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_scan_twice),
		cmocka_unit_test(test_live_plain),
		cmocka_unit_test(test_live_plain_cgroup),
		cmocka_unit_test(test_live_moved_by_systemd),
		cmocka_unit_test(test_live_strangers),
		cmocka_unit_test(test_live_docker),
		cmocka_unit_test(test_live_docker_cgroup),
		cmocka_unit_test(test_live_lying_user),
		cmocka_unit_test(test_live_lying_container),
		cmocka_unit_test(test_live_files_gone),
		cmocka_unit_test(test_live_files_late),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_unknown_cgroup),
		cmocka_unit_test(test_no_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
