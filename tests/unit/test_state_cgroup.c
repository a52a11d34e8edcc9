/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Which cgroup paths name a container, and above all which do not. */
#include "state_fixture.h"

#include "state/cgroup.h"

#define H SF_HEX
#define H2 SF_HEX2
#define POD "0c6f2b1e_5a44_4f0e_9a51_7d1c2b3a4f5e"
#define POD_DASH "0c6f2b1e-5a44-4f0e-9a51-7d1c2b3a4f5e"
#define POD32 "5d0f6f3cb0c64b2f8a5e3f1d9b7a2c4e"
#define BK "k3x9v0w1a2b3c4d5e6f7g8h9i"

struct good {
	const char *path, *runtime, *id, *own, *parent, *pod;
};

static const struct good good[] = {
	{"/docker/" H, "docker", H, "/docker/" H, NULL, NULL},
	{"/docker/" H "/init.scope", "docker", H, "/docker/" H, NULL, NULL},
	{"/system.slice/docker-" H ".scope", "docker", H, "/system.slice/docker-" H ".scope", NULL,
	 NULL},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" H ".scope", "docker", H,
	 "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" H ".scope", NULL, NULL},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD
	 ".slice/cri-containerd-" H ".scope",
	 "containerd", H, NULL, NULL, POD},
	{"/kubepods.slice/kubepods-pod" POD32 ".slice/crio-" H ".scope", "cri-o", H, NULL, NULL,
	 POD32},
	{"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
	 "kubelet-kubepods-besteffort-pod" POD ".slice/cri-containerd-" H ".scope/sub",
	 "containerd", H, NULL, NULL, POD},
	{"/kubepods/burstable/pod" POD_DASH "/" H, "containerd", H, NULL, NULL, POD_DASH},
	{"/kubepods/pod" POD_DASH "/crio-" H, "cri-o", H, NULL, NULL, POD_DASH},
	{"/kubepods/besteffort/pod" POD_DASH "/docker/" H, "docker", H, NULL, NULL, POD_DASH},
	{"/system.slice/containerd.service/kubepods-burstable-pod" POD ".slice:cri-containerd:" H,
	 "containerd", H, NULL, NULL, NULL},
	{"/default/" H, "containerd", H, "/default/" H, NULL, NULL},
	{"/k8s.io/" H, "containerd", H, NULL, NULL, NULL},
	{"/system.slice/nerdctl-" H ".scope", "containerd", H, NULL, NULL, NULL},
	{"/machine.slice/libpod-" H ".scope/container", "podman", H,
	 "/machine.slice/libpod-" H ".scope", NULL, NULL},
	{"/machine.slice/machine-libpod_pod_" H2 ".slice/libpod-" H ".scope", "podman", H, NULL,
	 NULL, NULL},
	{"/libpod_parent/libpod-" H, "podman", H, NULL, NULL, NULL},
	{"/user.slice/u.service/libpod-payload-" H, "podman", H, NULL, NULL, NULL},
	{"/ecs/0c6f2b1e5a444f0e9a517d1c2b3a4f5e/" H, "docker", H, NULL, NULL, NULL},
	{"/docker/buildkit/" BK, "buildkit", BK, NULL, NULL, NULL},
	{"/lxc.payload.web-1/user.slice", "lxc", "web-1", "/lxc.payload.web-1", NULL, NULL},
	{"/lxc/web", "lxc", "web", "/lxc/web", NULL, NULL},
	{"/machine.slice/systemd-nspawn@box.service/payload", "systemd-nspawn", "box", NULL, NULL,
	 NULL},
	{"/machine.slice/machine-my\\x2dbox.scope", "systemd-nspawn", "my\\x2dbox", NULL, NULL,
	 NULL},
	{"/machine.slice/machine-lxc\\x2d42\\x2dbox.scope", "libvirt-lxc", "42\\x2dbox", NULL, NULL,
	 NULL},
	/* one in another */
	{"/docker/" H "/docker/" H2, "docker", H2, "/docker/" H "/docker/" H2, H, NULL},
	{"/docker/" H "/default/" H2, "containerd", H2, NULL, H, NULL},
	{"/kubepods/pod" POD_DASH "/" H "/system.slice/docker-" H2 ".scope/x", "docker", H2, NULL,
	 H, NULL},
	{"/lxc.payload.outer/docker/" H "/docker/" H2, "docker", H2, NULL, H, NULL},
};

static const char *const bad[] = {
	"",
	"/",
	"//",
	"docker",
	"/docker",
	"/docker/",
	"/docker//",
	/* ids that are none */
	"/docker/0123456789ab",
	"/docker/" H "0",
	"/docker/0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF",
	"/docker/g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	"/docker/ " H,
	"/docker/" H " ",
	"/docker/" H "\n",
	"/docker/..",
	"/docker/web",
	/* the right id at the wrong place */
	"/" H,
	"/dockers/x/" H,
	"/dockerx/y/z/" H,
	"/system.slice/ssh.service/" H,
	"/user.slice/user-1000.slice/" H,
	"/a.scope/" H,
	"/system.slice/" H,
	"/a/b/" H,
	"/-x/" H,
	"/kubepods/burstable/" H,
	"/kubepods/burstable/podx/" H,
	"/kubepods/burstable/pod" POD_DASH "0/" H,
	"/burstable/x/pod" POD_DASH "/" H,
	/* names that only begin or end like one */
	"/system.slice/docker-" H,
	"/system.slice/docker-" H ".scope.d",
	"/system.slice/docker-" H ".service",
	"/system.slice/docker-.scope",
	"/system.slice/docker.service",
	"/system.slice/docker.socket",
	"/system.slice/xdocker-" H ".scope",
	"/system.slice/cri-containerd-" H,
	"/system.slice/cri-containerd-web.scope",
	"/system.slice/crio-conmon-" H ".scope",
	"/kubepods.slice/kubepods-pod" POD32 ".slice/crio-conmon-" H ".scope",
	"/kubepods.slice/kubepods-pod" POD32 ".slice",
	"/kubepods.slice/kubepods-burstable.slice",
	"/kubepods/burstable/pod" POD_DASH,
	"/machine.slice/libpod-conmon-" H ".scope",
	"/libpod_parent/libpod-conmon-" H,
	"/libpod_parent/conmon",
	"/libpod_parent",
	"/machine.slice/machine-libpod_pod_" H ".slice",
	"/machine.slice/libpod-payload-web",
	"/x:cri-containerd:" H "0",
	"/x:cri-containerd:",
	":cri-containerd:" "web",
	/* virtual machines and the keepers of containers */
	"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope",
	"/machine.slice/machine-.scope",
	"/machine.slice",
	"/other.slice/machine-box.scope",
	"/lxc.monitor.web",
	"/lxc.payload.",
	"/lxc.payload",
	"/lxc",
	"/a/lxc/web",
	"/lxc/a b",
	"/system.slice/systemd-nspawn@.service",
	/* buildkit's ids are 25 letters and digits */
	"/docker/buildkit",
	"/docker/buildkit/" BK "x",
	"/docker/buildkit/K3x9v0w1a2b3c4d5e6f7g8h9i",
	"/buildkit/web",
	/* what else is on a host */
	"/init.scope",
	"/system.slice/containerd.service",
	"/user.slice/user-0.slice/session-1.scope",
	"/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-docker.scope",
	"/../docker/x",
};

static void expect(const char *what, const char *path, const char *got, size_t len,
		   const char *want)
{
	if (want ? got && strlen(want) == len && memcmp(got, want, len) == 0 : !got)
		return;
	fail_msg("%s of %s is %.*s, not %s", what, path, (int)len, got ? got : "",
		 want ? want : "(none)");
}

static void test_containers(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < SF_COUNT(good); i++) {
		const struct good *g = &good[i];
		struct cgroup_id id;

		if (!cgroup_parse(g->path, &id))
			fail_msg("%s names no container", g->path);
		expect("runtime", g->path, id.runtime, strlen(id.runtime), g->runtime);
		expect("id", g->path, id.id, id.id_len, g->id);
		expect("parent", g->path, id.parent, id.parent_len, g->parent);
		if (g->own)
			expect("own path", g->path, g->path, id.own_len, g->own);
		if (g->pod)
			expect("pod", g->path, id.pod_uid, id.pod_uid_len, g->pod);
		/* The own path ends with the component that holds the id. */
		assert_true(g->path[id.own_len] == '/' || !g->path[id.own_len]);
		assert_true(id.id + id.id_len <= g->path + id.own_len);
	}
}

static void test_no_containers(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < SF_COUNT(bad); i++) {
		struct cgroup_id id;

		if (cgroup_parse(bad[i], &id))
			fail_msg("%s was taken for container %.*s of %s", bad[i], (int)id.id_len,
				 id.id, id.runtime);
	}
}

/* No byte that a container adds to its path changes which container it is, unless it nests one. */
static void test_no_byte_escapes(void **ctx)
{
	char path[256];

	(void)ctx;
	for (int c = 1; c < 256; c++) {
		struct cgroup_id id;

		snprintf(path, sizeof(path), "/docker/" H "/%cx", c);
		assert_true(cgroup_parse(path, &id));
		assert_memory_equal(id.id, H, 64);
		snprintf(path, sizeof(path), "/docker/" H "%c", c);
		if (c != '/')
			assert_false(cgroup_parse(path, &id));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_no_containers),
		cmocka_unit_test(test_no_byte_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
