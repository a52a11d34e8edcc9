/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Containers as records tell them: which cgroup is whose, who enters how, what is forgotten. */
#include "state_fixture.h"

#include "state/containers.h"

#define H SF_HEX
#define H2 SF_HEX2
#define CG 500
#define CG2 600
#define NS 7 /* mount namespace of a container */

static void entry_is(struct view v, enum proc_entry want, const char *id)
{
	if (v.proc->entry != want)
		fail_msg("%s entered as %d, not %d", v.proc->cmdline, v.proc->entry, want);
	if (id)
		assert_string_equal(v.ctr->id, id);
	else
		assert_true(v.ctr->is_host);
}

static void host(struct sf *f)
{
	sf_mkdir(f, SF_HOST, "/", true);
	sf_exec(f, 1, "/sbin/init", "init");
	f->parent[5] = 1;
	sf_exec(f, 5, "/usr/bin/containerd-shim-runc-v2", "containerd-shim");
}

/* containerd-shim -> runc create -> stages -> runc init, moved into the container's cgroup on the
 * way; there runc executes its copy in memory, and at last the program. */
static void runc_create(struct sf *f, uint32_t runc, uint32_t stage, uint32_t init, uint64_t cgroup,
			const char *path)
{
	sf_fork(f, 5, runc);
	entry_is(sf_exec(f, runc, "/usr/sbin/runc", "runc create --bundle /b x"), PROC_ENTRY_NONE,
		 NULL);
	sf_fork(f, runc, stage);
	sf_exec(f, stage, "/usr/sbin/runc", "runc init");
	sf_mkdir(f, cgroup, path, false);
	sf_attach(f, runc, stage, cgroup, path);
	entry_is(sf_exec(f, stage, "memfd:runc_cloned:/proc/self/exe", "runc init"),
		 PROC_ENTRY_NONE, "0123456789ab");
	sf_fork(f, stage, init);
	f->parent[init] = runc;
	f->mntns[init] = NS;
	sf_touch(f, init);
	sf_exit(f, stage, runc);
	sf_exit(f, runc, 5);
	f->parent[init] = 5;
}

static void test_docker_run_and_exec(void **ctx)
{
	struct sf *f = *ctx;
	struct view v;

	host(f);
	runc_create(f, 10, 11, 12, CG, "/docker/" H);
	v = sf_exec(f, 12, "/bin/web", "web");
	entry_is(v, PROC_ENTRY_INIT, "0123456789ab");
	assert_string_equal(v.ctr->full_id, H);
	assert_string_equal(v.ctr->runtime, "docker");
	assert_non_null(v.ctr->why);
	assert_int_equal(v.ctr->start_ns, v.ev->time);
	/* What it starts has not entered, nor has what that starts. */
	sf_fork(f, 12, 20);
	entry_is(sf_exec(f, 20, "/bin/sh", "sh"), PROC_ENTRY_NONE, "0123456789ab");
	sf_fork(f, 20, 21);
	entry_is(sf_exec(f, 21, "/bin/ls", "ls"), PROC_ENTRY_NONE, "0123456789ab");
	/* The first program may become another: it is the first all the same. */
	entry_is(sf_exec(f, 12, "/bin/web2", "web2"), PROC_ENTRY_INIT, "0123456789ab");
	/* docker exec: the same way in, but not the first. */
	runc_create(f, 30, 31, 32, CG, "/docker/" H);
	entry_is(sf_exec(f, 32, "/bin/id", "id"), PROC_ENTRY_EXEC, "0123456789ab");
	/* An orphan in a container with the host's pids goes to the shim: it has not entered. */
	sf_fork(f, 20, 40);
	sf_exit(f, 20, 5);
	f->parent[40] = 5;
	entry_is(sf_exec(f, 40, "/bin/late", "late"), PROC_ENTRY_NONE, "0123456789ab");
}

/* crun has no stages and no copy: its child goes in and executes the program. */
static void test_crun(void **ctx)
{
	struct sf *f = *ctx;
	const char *path = "/machine.slice/libpod-" H ".scope";

	host(f);
	sf_mkdir(f, CG, path, false);
	for (uint32_t crun = 10; crun < 30; crun += 10) {
		sf_fork(f, 5, crun);
		sf_exec(f, crun, "/usr/bin/crun", "crun create x");
		sf_fork(f, crun, crun + 1);
		sf_attach(f, crun, crun + 1, CG, path);
		f->mntns[crun + 1] = NS;
		entry_is(sf_exec(f, crun + 1, "/bin/app", "app"),
			 crun == 10 ? PROC_ENTRY_INIT : PROC_ENTRY_EXEC, "0123456789ab");
	}
}

/* A container whose own first program is called like a runtime has entered all the same. */
static void test_program_called_runc(void **ctx)
{
	struct sf *f = *ctx;

	host(f);
	runc_create(f, 10, 11, 12, CG, "/docker/" H);
	entry_is(sf_exec(f, 12, "/usr/bin/runc", "runc init"), PROC_ENTRY_INIT, "0123456789ab");
}

static void test_docker_in_docker(void **ctx)
{
	struct sf *f = *ctx;
	const char *inner = "/docker/" H "/docker/" H2;
	struct view v;

	host(f);
	runc_create(f, 10, 11, 12, CG, "/docker/" H);
	sf_exec(f, 12, "/usr/bin/dockerd", "dockerd");
	sf_fork(f, 12, 20);
	sf_exec(f, 20, "/usr/sbin/runc", "runc create inner");
	sf_mkdir(f, CG2, inner, false);
	sf_fork(f, 20, 21);
	sf_attach(f, 20, 21, CG2, inner);
	f->mntns[21] = NS + 1;
	v = sf_exec(f, 21, "/bin/app", "app");
	entry_is(v, PROC_ENTRY_INIT, "ffffeeeedddd");
	assert_string_equal(v.ctr->parent_id, "0123456789ab");
	/* One that comes out of the inner into the outer container was in it all the time. */
	sf_attach(f, 1, 21, CG, "/docker/" H);
	entry_is(sf_exec(f, 21, "/bin/back", "back"), PROC_ENTRY_NONE, "0123456789ab");
}

/* systemd inside a container makes cgroups below its own: the same container. */
static void test_subgroups(void **ctx)
{
	struct sf *f = *ctx;
	struct view v;

	host(f);
	runc_create(f, 10, 11, 12, CG, "/docker/" H);
	sf_exec(f, 12, "/sbin/init", "init");
	sf_mkdir(f, CG2, "/docker/" H "/system.slice/x.service", false);
	sf_fork(f, 12, 20);
	f->cgroup[20] = CG2;
	v = sf_exec(f, 20, "/bin/x", "x");
	entry_is(v, PROC_ENTRY_NONE, "0123456789ab");
	assert_int_equal(v.ctr->cgroup, CG);
}

static void scan_container(struct sf *f)
{
	for (uint32_t pid = 12; pid < 16; pid++) {
		f->cgroup[pid] = CG;
		f->mntns[pid] = NS;
	}
}

static void test_scan(void **ctx)
{
	struct sf *f = *ctx;

	/* As the pipeline does it: processes first, cgroups after. 13 came by docker exec, 14 is
	 * its child, 15 is runc on its way in. */
	scan_container(f);
	f->parent[5] = 1;
	f->parent[12] = f->parent[13] = f->parent[15] = 5;
	f->parent[14] = 13;
	f->mntns[15] = 1;
	sf_scan(f, 15, "memfd:runc_cloned:/proc/self/exe", "runc init", 30);
	sf_scan(f, 14, "/bin/sleep", "sleep 1d", 21);
	sf_scan(f, 13, "/bin/sh", "sh", 20);
	sf_scan(f, 12, "/bin/web", "web", 1);
	sf_scan(f, 5, "/usr/bin/containerd-shim", "shim", 5);
	sf_scan(f, 1, "/sbin/init", "init", 1);
	sf_mkdir(f, SF_HOST, "/", true);
	sf_mkdir(f, CG, "/docker/" H, true);
	f->mntns[15] = NS;
	entry_is(sf_exec(f, 15, "/bin/id", "id"), PROC_ENTRY_EXEC, "0123456789ab");
	assert_int_equal(state_process(f->s, 12)->entry, PROC_ENTRY_INIT);
	assert_int_equal(state_process(f->s, 13)->entry, PROC_ENTRY_EXEC);
	assert_int_equal(state_process(f->s, 14)->entry, PROC_ENTRY_NONE);
	assert_int_equal(state_process(f->s, 5)->entry, PROC_ENTRY_NONE);
	assert_int_equal(state_process(f->s, 1)->entry, PROC_ENTRY_NONE);
	assert_int_equal(state_container(f->s, CG)->start_ns, sf_start(f, 12));
}

/* With the host's pids nobody is pid 1: the oldest is the first, a foreign parent says nothing. */
static void test_scan_host_pids(void **ctx)
{
	struct sf *f = *ctx;

	scan_container(f);
	f->parent[12] = f->parent[13] = 5;
	f->start[12] = 3000000001ull;
	f->start[13] = 2000000001ull;
	sf_scan(f, 5, "/usr/bin/containerd-shim", "shim", 5);
	sf_scan(f, 12, "/bin/orphan", "orphan", 12);
	sf_scan(f, 13, "/bin/web", "web", 13);
	sf_mkdir(f, SF_HOST, "/", true);
	sf_mkdir(f, CG, "/docker/" H, true);
	sf_touch(f, 5);
	assert_int_equal(state_process(f->s, 13)->entry, PROC_ENTRY_INIT);
	assert_int_equal(state_process(f->s, 12)->entry, PROC_ENTRY_NONE);
}

/* The scan meets a container that is being set up: the first program is still to come. */
static void test_scan_before_init(void **ctx)
{
	struct sf *f = *ctx;

	scan_container(f);
	f->parent[12] = 5;
	f->mntns[12] = 1;
	sf_scan(f, 5, "/usr/bin/containerd-shim", "shim", 5);
	sf_scan(f, 12, "/usr/sbin/runc", "runc init", 1);
	sf_mkdir(f, SF_HOST, "/", true);
	sf_mkdir(f, CG, "/docker/" H, true);
	f->mntns[12] = NS;
	entry_is(sf_exec(f, 12, "/bin/web", "web"), PROC_ENTRY_INIT, "0123456789ab");
}

/* --- which cgroup is whose --- */

static void test_unknown_is_not_host(void **ctx)
{
	struct sf *f = *ctx;
	struct view v;

	f->cgroup[10] = 999;
	v = sf_exec(f, 10, "/bin/x", "x");
	assert_false(v.ctr->is_host);
	assert_null(v.ctr->id);
	assert_non_null(v.ctr->why);
	assert_null(state_container(f->s, 999));
	assert_string_equal(state_user_name(f->s, v.ctr, 0), "");
	/* The cgroup's record comes late. */
	sf_mkdir(f, 999, "/system.slice/x.service", true);
	assert_true(sf_touch(f, 10).ctr->is_host);
}

static void test_facts_fill_and_stay(void **ctx)
{
	struct sf *f = *ctx;
	const struct container *c;

	sf_mkdir(f, CG, "/kubepods/pod0c6f2b1e-5a44-4f0e-9a51-7d1c2b3a4f5e/" H, false);
	sf_facts(f, CG,
		 "{\"id\":\"" H "\",\"runtime\":\"docker\",\"complete\":true,\"name\":\"web\"}");
	c = state_container(f->s, CG);
	assert_string_equal(c->name, "web");
	assert_string_equal(c->runtime, "docker");
	assert_true(c->complete);
	assert_null(c->why);
	assert_int_equal(c->cgroup, CG);
	assert_string_equal(c->pod_uid, "0c6f2b1e-5a44-4f0e-9a51-7d1c2b3a4f5e"); /* the path's */
	/* Text without use changes nothing. */
	sf_facts(f, CG, "");
	sf_facts(f, CG, "[]");
	sf_facts(f, CG, "{\"id\":\"\"}");
	sf_facts(f, CG, "{\"name\":\"other\"}");
	assert_string_equal(state_container(f->s, CG)->name, "web");
}

/* Facts may come before the record of the cgroup. */
static void test_facts_first(void **ctx)
{
	struct sf *f = *ctx;

	sf_facts(f, CG, "{\"id\":\"job\",\"runtime\":\"runc\",\"cgroup_path\":\"/apps/job\"}");
	sf_mkdir(f, CG, "/apps/job", false);
	sf_mkdir(f, CG2, "/apps/job/sub", false);
	assert_string_equal(state_container(f->s, CG)->id, "job");
	assert_string_equal(state_container(f->s, CG2)->id, "job");
	/* Without a path there is nothing to hang them on. */
	sf_facts(f, 777, "{\"id\":\"lost\"}");
	assert_null(state_container(f->s, 777));
}

/* A plain runtime's container claims the cgroups below it, not those beside it. */
static void test_plain_claims_below(void **ctx)
{
	struct sf *f = *ctx;

	sf_mkdir(f, 1, "/", true);
	sf_mkdir(f, 2, "/apps", true);
	sf_mkdir(f, 3, "/apps/job", true);
	sf_mkdir(f, 4, "/apps/job/sub", true);
	sf_mkdir(f, 5, "/apps/job2", true);
	sf_mkdir(f, 6, "/apps/job/docker/" H, true);
	sf_facts(f, 3, "{\"id\":\"job\",\"cgroup_path\":\"/apps/job\"}");
	assert_true(state_container(f->s, 2)->is_host);
	assert_string_equal(state_container(f->s, 3)->id, "job");
	assert_string_equal(state_container(f->s, 4)->id, "job");
	assert_true(state_container(f->s, 5)->is_host);
	assert_string_equal(state_container(f->s, 6)->full_id, H);
	/* A path that the cgroup does not lie in is not believed. */
	sf_facts(f, 5, "{\"id\":\"job2\",\"cgroup_path\":\"/system.slice\"}");
	assert_string_equal(state_container(f->s, 5)->cgroup_path, "/apps/job2");
	assert_true(state_container(f->s, 2)->is_host);
}

/* A plain container inside another one does not take its place. */
static void test_plain_nested(void **ctx)
{
	struct sf *f = *ctx;

	sf_mkdir(f, CG, "/docker/" H, false);
	sf_facts(f, CG, "{\"id\":\"" H "\",\"name\":\"outer\"}");
	sf_mkdir(f, CG2, "/docker/" H "/job", false);
	sf_facts(f, CG2, "{\"id\":\"job\",\"cgroup_path\":\"/docker/" H "/job\"}");
	assert_string_equal(state_container(f->s, CG)->name, "outer");
	assert_string_equal(state_container(f->s, CG2)->id, "job");
	assert_string_equal(state_container(f->s, CG2)->parent_id, "0123456789ab");
}

/* The same container started again has the same name, another cgroup, and new facts. */
static void test_restart(void **ctx)
{
	struct sf *f = *ctx;
	struct view v;

	host(f);
	runc_create(f, 10, 11, 12, CG, "/docker/" H);
	sf_facts(f, CG, "{\"id\":\"" H "\",\"name\":\"old\",\"complete\":true}");
	sf_exec(f, 12, "/bin/web", "web");
	sf_exit(f, 12, 5);
	sf_rmdir(f, CG, "/docker/" H);
	assert_string_equal(state_container(f->s, CG)->name, "old"); /* for late records */
	runc_create(f, 20, 21, 22, CG2, "/docker/" H);
	v = sf_exec(f, 22, "/bin/web", "web");
	entry_is(v, PROC_ENTRY_INIT, "0123456789ab");
	assert_null(v.ctr->name);
	assert_false(v.ctr->complete);
	assert_int_equal(v.ctr->cgroup, CG2);
	/* Even when the removal was lost. */
	runc_create(f, 30, 31, 32, 700, "/docker/" H);
	entry_is(sf_exec(f, 32, "/bin/web", "web"), PROC_ENTRY_INIT, "0123456789ab");
	assert_int_equal(state_container(f->s, 700)->cgroup, 700);
}

static int count(void *ctx, const struct container *c)
{
	(void)c;
	++*(unsigned *)ctx;
	return 0;
}

static void test_caps(void **ctx)
{
	struct sf *f = *ctx;
	struct state_stats st;
	unsigned n = 0;
	char path[128];

	for (uint64_t i = 0; i < 20000; i++) {
		snprintf(path, sizeof(path), "/docker/%064lx", (unsigned long)i);
		sf_mkdir(f, 1000 + i, path, false);
	}
	state_get_stats(f->s, &st);
	assert_int_equal(st.containers, CONTAINERS_MAX);
	assert_int_equal(st.evicted_containers, 20000 - CONTAINERS_MAX);
	/* What was forgotten is unknown, not the host's. */
	assert_null(state_container(f->s, 1000));
	assert_non_null(state_container(f->s, 20999));
	for (uint64_t i = 0; i < 20000; i++) {
		snprintf(path, sizeof(path), "/docker/%064lx", (unsigned long)i);
		sf_rmdir(f, 1000 + i, path);
	}
	assert_int_equal(state_each_container(f->s, count, &n), 0);
	assert_int_equal(n, 0);
	state_get_stats(f->s, &st);
	assert_true(st.cgroups <= CGROUPS_REMOVED_MAX);
	assert_true(st.strings < 2 * CGROUPS_REMOVED_MAX);
	for (uint64_t i = 0; i < 20000; i++) {
		snprintf(path, sizeof(path), "/x/%lu", (unsigned long)i);
		sf_mkdir(f, 100000 + i, path, false);
	}
	state_get_stats(f->s, &st);
	assert_true(st.cgroups <= CGROUPS_MAX);
	assert_null(state_container(f->s, 100000));
}

/* --- users --- */

static void passwd(struct sf *f, uint64_t cgroup, const char *users, const char *groups)
{
	struct ev_passwd *e = REC_BEGIN(&f->b, passwd);

	e->h.cgroup = cgroup;
	REC_STR(&f->b, passwd, users, users, strlen(users), 0);
	REC_STR(&f->b, passwd, groups, groups, strlen(groups), 0);
	sf_apply(f);
}

static void test_users(void **ctx)
{
	struct sf *f = *ctx;
	const struct container *c, *h;

	sf_mkdir(f, 1, "/", true);
	sf_mkdir(f, CG, "/docker/" H, false);
	c = state_container(f->s, CG);
	h = state_container(f->s, 1);
	assert_false(state_has_users(f->s, c));
	passwd(f, 0, "0:root\n1000:admin\n", "0:root\n");
	assert_string_equal(state_user_name(f->s, h, 1000), "admin");
	assert_string_equal(state_user_name(f->s, c, 1000), ""); /* the host's name is not his */
	passwd(f, CG, "0:root\n1000:web\n1000:second\n", "33:www\n");
	assert_string_equal(state_user_name(f->s, c, 1000), "web");
	assert_string_equal(state_group_name(f->s, c, 33), "www");
	assert_string_equal(state_group_name(f->s, c, 34), "");
	assert_string_equal(state_user_name(f->s, h, 1000), "admin");
	/* Lines that are none. */
	passwd(f, CG, "\n:x\n5\n6:\nx:y\n-1:neg\n4294967296:big\n 7:blank\n4294967295:top\n8:last",
	       "");
	for (uint32_t uid = 0; uid < 8; uid++)
		assert_string_equal(state_user_name(f->s, c, uid), "");
	assert_string_equal(state_user_name(f->s, c, 4294967295u), "top");
	assert_string_equal(state_user_name(f->s, c, 8), "last");
	/* For a container that nobody knows there is nothing to keep. */
	passwd(f, 4242, "0:x\n", "");
}

/* --- sockets --- */

struct send {
	uint64_t ino;
	uint16_t type, peer;
	int64_t res;
};

static struct view net(struct sf *f, unsigned id, const struct send *s)
{
	struct ev_connect *e = rec_begin(&f->b, id, sizeof(struct ev_connect));

	sf_hdr(f, &e->h, 10);
	e->h.type = (uint16_t)id;
	e->res = s->res;
	e->obj.kind = HW_FD_SOCK;
	e->obj.ino = s->ino;
	e->obj.sk_type = s->type;
	e->addr.family = s->peer ? 2 : 0;
	e->addr.port = s->peer;
	return sf_bind(f, sf_apply(f));
}

static void socket_is(struct view v, enum sock_role role, bool changed)
{
	assert_int_equal(v.sock_role, role);
	assert_int_equal(v.name_changed, changed);
}

static void test_sockets(void **ctx)
{
	struct sf *f = *ctx;

	/* Datagrams: each new peer changes the name, the same one does not. */
	socket_is(net(f, EV_sendto, &(struct send){1, 2, 53, 9}), SOCK_ROLE_CLIENT, true);
	socket_is(net(f, EV_sendmsg, &(struct send){1, 2, 53, 9}), SOCK_ROLE_CLIENT, false);
	socket_is(net(f, EV_sendto, &(struct send){1, 2, 54, 9}), SOCK_ROLE_CLIENT, true);
	/* A send that failed changes nothing. */
	socket_is(net(f, EV_sendto, &(struct send){2, 2, 53, -1}), SOCK_ROLE_NONE, false);
	/* connect makes a client, also one that is under way; a refused one does not. */
	socket_is(net(f, EV_connect, &(struct send){3, 1, 80, -111}), SOCK_ROLE_NONE, false);
	socket_is(net(f, EV_connect, &(struct send){3, 1, 80, -115}), SOCK_ROLE_CLIENT, true);
	/* A stream's sends do not tell what it is. */
	socket_is(net(f, EV_sendto, &(struct send){4, 1, 80, 9}), SOCK_ROLE_NONE, false);
	socket_is(net(f, EV_accept, &(struct send){5, 1, 0, 7}), SOCK_ROLE_SERVER, false);
	socket_is(net(f, EV_accept4, &(struct send){6, 1, 0, -11}), SOCK_ROLE_NONE, false);
	socket_is(net(f, EV_sendto, &(struct send){5, 2, 99, 7}), SOCK_ROLE_SERVER, true);
	/* Who receives first serves; what was sent before stays what it was. */
	socket_is(net(f, EV_recvfrom, &(struct send){7, 2, 40, 9}), SOCK_ROLE_SERVER, true);
	socket_is(net(f, EV_recvmsg, &(struct send){7, 2, 40, 9}), SOCK_ROLE_SERVER, false);
	socket_is(net(f, EV_sendmmsg, &(struct send){7, 2, 40, 1}), SOCK_ROLE_SERVER, false);
	socket_is(net(f, EV_recvmmsg, &(struct send){1, 2, 55, 1}), SOCK_ROLE_CLIENT, true);
	socket_is(net(f, EV_recvfrom, &(struct send){8, 2, 40, -11}), SOCK_ROLE_NONE, false);
	socket_is(net(f, EV_recvfrom, &(struct send){8, 1, 40, 9}), SOCK_ROLE_NONE, false);
	for (uint64_t i = 0; i < 20000; i++)
		net(f, EV_sendto, &(struct send){100 + i, 2, 53, 1});
	socket_is(net(f, EV_sendto, &(struct send){1, 2, 54, 9}), SOCK_ROLE_CLIENT, true);
}

/* --- another process --- */

static struct view kill_of(struct sf *f, uint32_t pid, uint64_t start, uint64_t cgroup)
{
	struct ev_kill *e = REC_BEGIN(&f->b, kill);

	sf_hdr(f, &e->h, 10);
	e->target_pid = pid;
	e->target_start = start;
	e->target_cgroup = cgroup;
	return sf_bind(f, sf_apply(f));
}

static void test_targets(void **ctx)
{
	struct sf *f = *ctx;
	struct view v;

	sf_exec(f, 11, "/bin/victim", "victim");
	v = kill_of(f, 11, sf_start(f, 11), 999);
	assert_ptr_equal(v.target, state_process(f->s, 11));
	assert_non_null(v.target_ctr);
	assert_null(v.target_ctr->id); /* a cgroup that nobody has told of is no host */
	assert_false(v.target_ctr->is_host);
	/* Another process that had the number. */
	v = kill_of(f, 11, sf_start(f, 11) + 1, 999);
	assert_null(v.target);
	assert_non_null(v.target_ctr);
	v = kill_of(f, 0, 0, 0);
	assert_null(v.target);
	assert_null(v.target_ctr);
	/* It ended of the signal before the call did. */
	sf_exit(f, 11, 1);
	assert_non_null(kill_of(f, 11, sf_start(f, 11), 999).target);
	v = sf_touch(f, 10);
	assert_null(v.target_ctr);
}

#define T(name) cmocka_unit_test_setup_teardown(name, sf_setup, sf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_docker_run_and_exec),
		T(test_crun),
		T(test_program_called_runc),
		T(test_docker_in_docker),
		T(test_subgroups),
		T(test_scan),
		T(test_scan_host_pids),
		T(test_scan_before_init),
		T(test_unknown_is_not_host),
		T(test_facts_fill_and_stay),
		T(test_facts_first),
		T(test_plain_claims_below),
		T(test_plain_nested),
		T(test_restart),
		T(test_caps),
		T(test_users),
		T(test_sockets),
		T(test_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
