/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Facts as text and back, and the readers of what runtimes write: above all what they must not
 * take. */
#include "state_fixture.h"

#include <errno.h>

#include "base/jsonw.h"
#include "state/container.h"
#include "state/jsonr.h"
#include "state/runtime.h"

#define H SF_HEX

struct box {
	struct facts f;
	struct buf text;
};

static int setup(void **ctx)
{
	struct box *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	assert_int_equal(facts_init(&b->f), 0);
	facts_set_id(&b->f, H, 64);
	*ctx = b;
	return 0;
}

static int teardown(void **ctx)
{
	struct box *b = *ctx;

	facts_done(&b->f);
	buf_done(&b->text);
	free(b);
	return 0;
}

/* --- images --- */

static void same(const char *got, const char *want)
{
	if (!want)
		assert_null(got);
	else if (!got || strcmp(got, want) != 0)
		fail_msg("%s, not %s", got ? got : "(none)", want);
}

static void test_image_names(void **ctx)
{
	static const struct {
		const char *ref, *repo, *tag, *digest;
	} rows[] = {
		{"alpine", "alpine", "latest", NULL},
		{"alpine:3.18", "alpine", "3.18", NULL},
		{"registry:5000/name", "registry:5000/name", "latest", NULL},
		{"registry:5000/a/name:tag", "registry:5000/a/name", "tag", NULL},
		{"registry:5000/name:tag@sha256:ab", "registry:5000/name", "tag", "sha256:ab"},
		{"registry:5000/name@sha256:ab", "registry:5000/name", "", "sha256:ab"},
		{"localhost/x:", "localhost/x", "", NULL},
		{"a:b/c", "a:b/c", "latest", NULL},
		{"sha256:" H, NULL, NULL, NULL},
		{H, NULL, NULL, NULL},
		{H ":1", H, "1", NULL},
		{"sha256:" H "0", "sha256", H "0", NULL},
		{"", "", "latest", NULL},
		{":", "", "", NULL},
		{"@", "", "", ""},
		{"a@b@c", "a@b", "", "c"},
	};

	(void)ctx;
	for (size_t i = 0; i < SF_COUNT(rows); i++) {
		struct facts f;

		assert_int_equal(facts_init(&f), 0);
		facts_set_image(&f, rows[i].ref);
		same(f.c.image, rows[i].ref);
		same(f.c.image_repo, rows[i].repo);
		same(f.c.image_tag, rows[i].tag);
		same(f.c.image_digest, rows[i].digest);
		facts_done(&f);
	}
}

/* --- the record's text --- */

static void fill(struct facts *f)
{
	struct mount m = {"/a\"b", "/c\n", "ro", "rslave", "bind", false};

	f->c.runtime = "docker";
	f->c.name = "we\x01\xff\"b";
	f->c.user = "";
	f->c.seccomp = "";
	f->c.caps = 0xffffffffffffffffull;
	f->c.caps_known = true;
	f->c.privileged = TRI_YES;
	f->c.host_net = TRI_NO;
	facts_set_image(f, "r:5000/n:t@sha256:aa");
	facts_add_mount(f, &m);
	facts_add_label(f, "k", "v=1");
	facts_add_label(f, "k", "second");
	facts_add_env(f, "TOKEN=secret");
	facts_add_env(f, "=none");
	facts_add_env(f, "");
}

static void test_text_and_back(void **ctx)
{
	struct box *b = *ctx;
	struct buf again = BUF_INIT;
	struct facts g;

	fill(&b->f);
	facts_write(&b->text, &b->f.c);
	assert_null(strstr(buf_str(&b->text), "secret"));
	assert_int_equal(facts_init(&g), 0);
	assert_int_equal(facts_read(&g, buf_str(&b->text), b->text.len), 0);
	same(g.c.full_id, H);
	same(g.c.id, "0123456789ab");
	same(g.c.runtime, "docker");
	same(g.c.user, "");
	same(g.c.apparmor, NULL);
	same(g.c.why, NULL);
	same(g.c.image_digest, "sha256:aa");
	assert_true(g.c.caps_known && g.c.caps == b->f.c.caps);
	assert_int_equal(g.c.privileged, TRI_YES);
	assert_int_equal(g.c.host_net, TRI_NO);
	assert_int_equal(g.c.host_pid, TRI_UNKNOWN);
	assert_false(g.c.complete);
	assert_int_equal(g.c.n_mounts, 1);
	same(g.c.mounts[0].source, "/a\"b");
	same(g.c.mounts[0].dest, "/c\n");
	assert_false(g.c.mounts[0].rw);
	assert_int_equal(g.c.n_labels, 1);
	same(g.c.labels[1], "v=1");
	assert_int_equal(g.c.n_env_names, 1);
	same(g.c.env_names[0], "TOKEN");
	/* What was written once is written the same again: replay depends on it. */
	facts_write(&again, &g.c);
	same(buf_str(&again), buf_str(&b->text));
	buf_done(&again);
	facts_done(&g);
}

static void test_bounds(void **ctx)
{
	struct box *b = *ctx;
	struct mount m = {"s", "d", "rw", "", "bind", true};
	char *big = malloc(100000);
	char key[32];

	assert_non_null(big);
	memset(big, 'x', 99999);
	big[99999] = '\0';
	for (unsigned i = 0; i < FACTS_MOUNTS_MAX; i++)
		facts_add_mount(&b->f, &m);
	assert_false(b->f.short_of_room);
	facts_add_mount(&b->f, &m);
	assert_true(b->f.short_of_room);
	for (unsigned i = 0; i < 2 * FACTS_LABELS_MAX; i++) {
		snprintf(key, sizeof(key), "key%u", i);
		facts_add_label(&b->f, key, big);
	}
	assert_true(b->f.c.n_labels <= 1 && b->f.label_bytes <= FACTS_LABEL_BYTES_MAX);
	assert_true(!b->f.c.n_labels || strlen(b->f.c.labels[1]) == FACTS_STR_MAX);
	for (unsigned i = 0; i < 2 * FACTS_ENV_MAX; i++)
		facts_add_env(&b->f, big);
	assert_int_equal(b->f.c.n_env_names, FACTS_ENV_MAX);
	assert_true(strlen(b->f.c.env_names[0]) <= 256); /* might be a value gone astray */
	free(big);
}

static void test_bad_text(void **ctx)
{
	static const char *const bad[] = {
		"",	"{",	  "null",	  "[]",		   "1",	  "\"x\"", "{}",
		"{\"id\":1}", "{\"id\":null}", "{\"id\":\"\"}", "{\"name\":\"x\"}", "{\"id\":\"x\"",
		"\xff\xfe",   "{\"id\":\"x\"}}}x{",
	};
	static const char *const odd[] = {
		"{\"id\":\"x\",\"mounts\":{},\"labels\":[1,[],[\"a\"],[1,2],{}],\"env\":\"PATH\"}",
		"{\"id\":\"x\",\"image\":\"y\",\"pod\":[],\"caps\":12,\"privileged\":\"yes\"}",
		"{\"id\":\"x\",\"caps\":\"xyz\",\"complete\":1,\"mounts\":[null,1,{}]}",
		"{\"id\":\"x\",\"caps\":\"\",\"why\":7,\"seccomp\":{}}",
	};

	(void)ctx;
	for (size_t i = 0; i < SF_COUNT(bad); i++) {
		struct facts f;

		assert_int_equal(facts_init(&f), 0);
		if (facts_read(&f, bad[i], strlen(bad[i])) == 0)
			fail_msg("taken: %s", bad[i]);
		facts_done(&f);
	}
	for (size_t i = 0; i < SF_COUNT(odd); i++) {
		struct facts f;

		assert_int_equal(facts_init(&f), 0);
		assert_int_equal(facts_read(&f, odd[i], strlen(odd[i])), 0);
		assert_false(f.c.caps_known);
		assert_false(f.c.complete);
		assert_int_equal(f.c.privileged, TRI_UNKNOWN);
		assert_int_equal(f.c.n_labels, 0);
		assert_int_equal(f.c.n_env_names, 0);
		assert_null(f.c.image);
		facts_done(&f);
	}
}

/* --- limits on foreign JSON --- */

static void test_json_limits(void **ctx)
{
	struct buf b = BUF_INIT;
	cJSON *root;

	(void)ctx;
	for (unsigned i = 0; i < 100000; i++)
		buf_adds(&b, "[");
	assert_int_equal(jsonr_parse(buf_str(&b), b.len, &root), -E2BIG);
	buf_reset(&b);
	for (unsigned i = 0; i < 100000; i++)
		buf_adds(&b, "{\"a\":");
	assert_int_equal(jsonr_parse(buf_str(&b), b.len, &root), -E2BIG);
	buf_reset(&b);
	buf_adds(&b, "[0");
	for (unsigned i = 0; i < JSONR_VALUES_MAX; i++)
		buf_adds(&b, ",0");
	buf_adds(&b, "]");
	assert_int_equal(jsonr_parse(buf_str(&b), b.len, &root), -E2BIG);
	/* Brackets inside strings are none. */
	buf_reset(&b);
	buf_adds(&b, "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"{{{{\"}");
	assert_int_equal(jsonr_parse(buf_str(&b), b.len, &root), 0);
	cJSON_Delete(root);
	assert_int_equal(jsonr_parse("\"\\", 2, &root), -EINVAL);
	assert_int_equal(jsonr_parse("\"", 1, &root), -EINVAL);
	assert_int_equal(jsonr_parse("", 0, &root), -EINVAL);
	buf_done(&b);
}

/* --- readers --- */

static int oci(struct box *b, const char *json)
{
	return runtime_oci_read(json, strlen(json), &b->f);
}

#define OCI(process, rest) "{\"ociVersion\":\"1.0.2\",\"process\":{" process "}" rest "}"

static void test_oci_bad(void **ctx)
{
	static const char *const bad[] = {
		"", "{}", "[]", "{\"process\":{}}", "{\"ociVersion\":\"1\"}",
		"{\"ociVersion\":1,\"process\":{}}", "{\"ociVersion\":\"1\",\"process\":[]}",
		"{\"ociVersion\":\"1\",\"process\":{}", "null",
	};
	struct box *b = *ctx;

	for (size_t i = 0; i < SF_COUNT(bad); i++)
		if (oci(b, bad[i]) == 0)
			fail_msg("taken: %s", bad[i]);
}

/* Members of an unexpected type are as if they were not there; nothing becomes a claim. */
static void test_oci_odd_types(void **ctx)
{
	struct box *b = *ctx;

	assert_int_equal(
		oci(b, OCI("\"user\":{\"uid\":-1,\"gid\":1e99},\"capabilities\":[],\"env\":{},"
			   "\"noNewPrivileges\":\"yes\",\"apparmorProfile\":7",
			   ",\"root\":[],\"mounts\":[1,{\"type\":\"bind\"},{\"source\":1,"
			   "\"destination\":2}],"
			   "\"linux\":{\"namespaces\":{},\"uidMappings\":[{\"containerID\":-1}],"
			   "\"seccomp\":7},\"annotations\":[]")),
		0);
	assert_null(b->f.c.user);
	assert_false(b->f.c.caps_known);
	assert_int_equal(b->f.c.n_mounts, 0);
	assert_int_equal(b->f.c.host_pid, TRI_UNKNOWN);
	assert_int_equal(b->f.c.privileged, TRI_UNKNOWN);
	assert_int_equal(b->f.n_uid_maps, 0);
	assert_null(b->f.bundle_root);
}

static void test_oci_namespaces(void **ctx)
{
	struct box *b = *ctx;

	assert_int_equal(oci(b, OCI("", ",\"linux\":{\"namespaces\":[{\"type\":\"pid\"},"
					"{\"type\":\"network\",\"path\":\"/proc/1/ns/net\"},"
					"{\"type\":\"ipc\",\"path\":\"/proc/77/ns/ipc\"}]}")),
			 0);
	assert_int_equal(b->f.c.host_pid, TRI_NO);
	assert_int_equal(b->f.c.host_net, TRI_YES);
	assert_int_equal(b->f.c.host_ipc, TRI_UNKNOWN); /* another container's, or the host's */
	same(b->f.ns_path[FACTS_NS_IPC], "/proc/77/ns/ipc");
	assert_int_equal(oci(b, OCI("", ",\"linux\":{\"namespaces\":[]}")), 0);
	assert_int_equal(b->f.c.host_pid, TRI_YES);
	assert_int_equal(b->f.c.host_net, TRI_YES);
}

#define CAPS_37                                                                                    \
	"\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_DAC_READ_SEARCH\",\"CAP_FOWNER\",\"CAP_"         \
	"FSETID\","                                                                                \
	"\"CAP_KILL\",\"CAP_SETGID\",\"CAP_SETUID\",\"CAP_SETPCAP\",\"CAP_LINUX_IMMUTABLE\","      \
	"\"CAP_NET_BIND_SERVICE\",\"CAP_NET_BROADCAST\",\"CAP_NET_ADMIN\",\"CAP_NET_RAW\","        \
	"\"CAP_IPC_LOCK\",\"CAP_IPC_OWNER\",\"CAP_SYS_MODULE\",\"CAP_SYS_RAWIO\",\"CAP_SYS_"       \
	"CHROOT\","                                                                                \
	"\"CAP_SYS_PTRACE\",\"CAP_SYS_PACCT\",\"CAP_SYS_ADMIN\",\"CAP_SYS_BOOT\",\"CAP_SYS_"       \
	"NICE\","                                                                                  \
	"\"CAP_SYS_RESOURCE\",\"CAP_SYS_TIME\",\"CAP_SYS_TTY_CONFIG\",\"CAP_MKNOD\",\"CAP_"        \
	"LEASE\","                                                                                 \
	"\"CAP_AUDIT_WRITE\",\"CAP_AUDIT_CONTROL\",\"CAP_SETFCAP\",\"CAP_MAC_OVERRIDE\","          \
	"\"CAP_MAC_ADMIN\",\"CAP_SYSLOG\",\"CAP_WAKE_ALARM\",\"CAP_BLOCK_SUSPEND\",\"CAP_AUDIT_"   \
	"READ\""
#define DEV_ALL "\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"rwm\"}]}"
#define BOUNDING(caps) "\"capabilities\":{\"bounding\":[" caps "]}"

static void test_oci_privileged(void **ctx)
{
	static const struct {
		const char *json;
		int want;
	} rows[] = {
		{OCI(BOUNDING(CAPS_37), ",\"linux\":{" DEV_ALL "}"), TRI_YES},
		{OCI(BOUNDING(CAPS_37), ",\"linux\":{" DEV_ALL ",\"maskedPaths\":[]}"), TRI_YES},
		{OCI(BOUNDING(CAPS_37),
		     ",\"linux\":{" DEV_ALL ",\"maskedPaths\":[\"/proc/kcore\"]}"),
		 TRI_NO},
		{OCI(BOUNDING(CAPS_37), ",\"linux\":{" DEV_ALL ",\"seccomp\":{}}"), TRI_NO},
		{OCI(BOUNDING(CAPS_37), ",\"linux\":{}"), TRI_NO},
		{OCI(BOUNDING(CAPS_37), ",\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,"
					"\"type\":\"c\",\"major\":1,\"access\":\"rwm\"}]}}"),
		 TRI_NO},
		{OCI(BOUNDING("\"CAP_SYS_ADMIN\""), ",\"linux\":{" DEV_ALL "}"), TRI_NO},
		{OCI(BOUNDING(""), ",\"linux\":{" DEV_ALL "}"), TRI_NO},
		{OCI("", ",\"linux\":{" DEV_ALL "}"), TRI_UNKNOWN},
		{OCI(BOUNDING(CAPS_37), ""), TRI_UNKNOWN},
	};

	(void)ctx;
	for (size_t i = 0; i < SF_COUNT(rows); i++) {
		struct box *b;

		setup((void **)&b);
		assert_int_equal(oci(b, rows[i].json), 0);
		if (b->f.c.privileged != rows[i].want)
			fail_msg("row %zu: privileged is %d", i, b->f.c.privileged);
		teardown((void **)&b);
	}
}

/* Where docker keeps its files is taken from a mount only when the path carries the id. */
static void test_docker_dir(void **ctx)
{
	static const struct {
		const char *source, *dir;
	} rows[] = {
		{"/data/containers/" H "/hostname", "/data/containers/" H},
		{"/containers/" H "/resolv.conf", "/containers/" H},
		{"/data/containers/" H "/hosts.d", NULL},
		{"/data/containers/" SF_HEX2 "/hosts", NULL},
		{"/data/container/" H "/hosts", NULL},
		{"/containersx/" H "/hosts", NULL},
		{H "/hosts", NULL},
		{"containers/" H "/hosts", NULL},
		{"/hosts", NULL},
		{"", NULL},
	};
	char json[512];

	(void)ctx;
	for (size_t i = 0; i < SF_COUNT(rows); i++) {
		struct box *b;

		setup((void **)&b);
		snprintf(json, sizeof(json),
			 OCI("", ",\"mounts\":[{\"type\":\"bind\",\"source\":\"%s\","
				 "\"destination\":\"/x\"}]"),
			 rows[i].source);
		assert_int_equal(oci(b, json), 0);
		same(b->f.docker_dir, rows[i].dir);
		teardown((void **)&b);
	}
}

static void test_docker_other_container(void **ctx)
{
	struct box *b = *ctx;
	static const char other[] = "{\"ID\":\"" SF_HEX2 "\",\"Name\":\"/evil\",\"Config\":{}}";
	static const char own[] =
		"{\"ID\":\"" H "\",\"Name\":\"/good\",\"Config\":{\"Image\":\"i\","
		"\"User\":\"u\",\"Labels\":{\"a\":1,\"b\":\"c\"}},\"Image\":\"sha256:1\"}";

	assert_int_equal(runtime_docker_config(other, strlen(other), &b->f), -EINVAL);
	assert_null(b->f.c.name);
	assert_int_equal(runtime_docker_config(own, strlen(own), &b->f), 0);
	same(b->f.c.name, "good");
	same(b->f.c.user, "u");
	assert_int_equal(b->f.c.n_labels, 1);
	assert_false(runtime_docker_done(&b->f)); /* privileged is still open */
	assert_int_equal(runtime_docker_host("{}", 2, &b->f), -EINVAL);
	assert_int_equal(runtime_docker_host("{\"Privileged\":1}", 16, &b->f), -EINVAL);
	assert_int_equal(b->f.c.privileged, TRI_UNKNOWN);
	assert_int_equal(runtime_docker_host("{\"Privileged\":true}", 19, &b->f), 0);
	assert_true(runtime_docker_done(&b->f));
}

static void test_docker_security(void **ctx)
{
	static const struct {
		const char *opts, *seccomp, *in_bundle;
	} rows[] = {
		{"null", "default", "custom"},
		{"[]", "", ""},
		{"[\"seccomp=unconfined\"]", "", ""},
		{"[\"seccomp:unconfined\"]", "", ""},
		{"[\"seccomp={}\"]", "custom", "custom"},
		{"[\"label=disable\",7,\"seccomp\"]", "custom", "custom"},
	};
	char json[256];

	(void)ctx;
	for (size_t i = 0; i < SF_COUNT(rows); i++) {
		struct box *b;

		setup((void **)&b);
		b->f.c.seccomp = rows[i].in_bundle;
		snprintf(json, sizeof(json),
			 "{\"Privileged\":false,\"SecurityOpt\":%s,\"PidMode\":\"host\","
			 "\"NetworkMode\":\"container:x\"}",
			 rows[i].opts);
		assert_int_equal(runtime_docker_host(json, strlen(json), &b->f), 0);
		same(b->f.c.seccomp, rows[i].seccomp);
		assert_int_equal(b->f.c.host_pid, TRI_YES);
		assert_int_equal(b->f.c.host_net, TRI_NO);
		assert_int_equal(b->f.c.host_ipc, TRI_UNKNOWN);
		teardown((void **)&b);
	}
}

static void test_docker_repos(void **ctx)
{
	static const char repos[] =
		"{\"Repositories\":{\"a\":{\"a:1\":\"sha256:x\",\"a@sha256:d1\":\"sha256:x\"},"
		"\"b\":{\"b:2\":\"sha256:y\",\"b@sha256:d2\":\"sha256:y\"},\"c\":7,\"d\":{\"e\":[]}"
		"}}";
	struct box *b = *ctx;

	assert_int_equal(runtime_docker_repos(repos, strlen(repos), &b->f), -EINVAL);
	/* The same bytes under another name are not this image's digest. */
	b->f.c.image_id = "sha256:x";
	facts_set_image(&b->f, "b:2");
	assert_int_equal(runtime_docker_repos(repos, strlen(repos), &b->f), 0);
	same(b->f.c.image_digest, "");
	/* A container that was made from a bare id gets the id's name, and keeps what was asked
	 * for. */
	teardown(ctx);
	setup(ctx);
	b = *ctx;
	b->f.c.image_id = "sha256:y";
	facts_set_image(&b->f, "sha256:" H);
	assert_int_equal(runtime_docker_repos(repos, strlen(repos), &b->f), 0);
	same(b->f.c.image, "sha256:" H);
	same(b->f.c.image_repo, "b");
	same(b->f.c.image_tag, "2");
	same(b->f.c.image_digest, "sha256:d2");
	assert_int_equal(runtime_docker_repos("{}", 2, &b->f), -EINVAL);
}

static void test_storage(void **ctx)
{
	static const char *const none[] = {"[]", "[1,{},{\"id\":7}]", "[{\"id\":\"" SF_HEX2 "\"}]"};
	static const char *const bad[] = {"{}", "", "7"};
	static const char odd[] =
		"[{\"id\":\"" H "\",\"metadata\":\"{{{\",\"names\":[7],\"image\":1}]";
	struct box *b = *ctx;

	for (size_t i = 0; i < SF_COUNT(none); i++)
		assert_int_equal(runtime_storage_read(none[i], strlen(none[i]), &b->f), -ENOENT);
	for (size_t i = 0; i < SF_COUNT(bad); i++)
		assert_int_equal(runtime_storage_read(bad[i], strlen(bad[i]), &b->f), -EINVAL);
	assert_int_equal(runtime_storage_read(odd, strlen(odd), &b->f), 0);
	assert_null(b->f.c.name);
	assert_null(b->f.c.image);
}

static void test_plain_states(void **ctx)
{
	static const char *const bad_runc[] = {"", "[]", "{}", "{\"id\":7}", "{\"id\":\"\"}"};
	static const char *const bad_crun[] = {"", "[]", "{}", "{\"bundle\":7}"};
	static const char v1[] =
		"{\"id\":\"x\",\"init_process_pid\":-4,\"cgroup_paths\":{\"cpu\":\"/a\"},"
		"\"config\":{\"labels\":[7,\"bundle=/b\"]}}";
	struct plain_state *st = malloc(sizeof(*st));

	(void)ctx;
	assert_non_null(st);
	for (size_t i = 0; i < SF_COUNT(bad_runc); i++)
		assert_true(runtime_runc_state(bad_runc[i], strlen(bad_runc[i]), st) < 0);
	for (size_t i = 0; i < SF_COUNT(bad_crun); i++)
		assert_true(runtime_crun_status(bad_crun[i], strlen(bad_crun[i]), st) < 0);
	assert_int_equal(runtime_runc_state(v1, strlen(v1), st), 0);
	assert_int_equal(st->pid, 0);
	same(st->bundle, "/b");
	same(st->cgroup, "/a");
	free(st);
}

/* --- command lines --- */

static void test_launches(void **ctx)
{
	static const struct {
		const char *args, *exe, *id, *bundle; /* blanks for NUL; id NULL: no launch */
	} rows[] = {
		{"runc create --bundle /b x", "", "x", "/b"},
		{"/usr/sbin/runc --root /r --log /l --log-format json create --bundle /b "
		 "--pid-file /p x",
		 "", "x", "/b"},
		{"runc --root=/r run -b /b x", "", "x", "/b"},
		{"runc -root /r run -bundle=/b x", "", "x", "/b"},
		{"runc run x", "", "x", "/cwd/"},
		{"runc run -b . x", "", "x", "/cwd/"},
		{"runc run --bundle sub x", "", "x", "/cwd/sub"},
		{"runc run x --bundle /b", "", "x", "/b"},
		{"crun --cgroup-manager cgroupfs --root=/r create --bundle=/b --console-socket /s "
		 "x",
		 "", "x", "/b"},
		{"crun run -b/b x", "", "x", "/b"},
		{"crun run -d -- x", "", "x", "/cwd/"},
		{"runc --systemd-cgroup restore --image-path /i --bundle /b x", "", "x", "/b"},
		{"docker-runc create -b /b x", "", "x", "/b"},
		{"6 create -b /b x", "/usr/bin/runc", "x", "/b"},
		{"runc create --bundle /a --bundle /b x", "", "x", "/b"},
		/* none */
		{"runc init", "", NULL, NULL},
		{"runc exec x sh", "", NULL, NULL},
		{"runc exec --process /p x create", "", NULL, NULL},
		{"runc delete --force x", "", NULL, NULL},
		{"runc state create", "", NULL, NULL},
		{"runc", "", NULL, NULL},
		{"runc create", "", NULL, NULL},
		{"runc create --bundle /b", "", NULL, NULL},
		{"runc create --bundle", "", NULL, NULL},
		{"runc --root create run", "", NULL,
		 NULL}, /* "create" is the root, and no id follows */
		{"runc run -b /b a/b", "", NULL, NULL},
		{"xrunc create -b /b x", "", NULL, NULL},
		{"runc.sh create -b /b x", "", NULL, NULL},
		{"sh -c runc create x", "/bin/sh", NULL, NULL},
		{"", "", NULL, NULL},
	};
	struct runtime_launch *l = malloc(sizeof(*l));

	(void)ctx;
	assert_non_null(l);
	for (size_t i = 0; i < SF_COUNT(rows); i++) {
		size_t len = strlen(rows[i].args);
		char *argv = malloc(len + 1);
		bool got;

		assert_non_null(argv);
		memcpy(argv, rows[i].args, len + 1);
		for (size_t k = 0; k < len; k++)
			if (argv[k] == ' ')
				argv[k] = '\0';
		got = runtime_args_launch(argv, len + 1, rows[i].exe, "/cwd/", l);
		if (got != !!rows[i].id)
			fail_msg("%s: %s", rows[i].args, got ? "taken" : "not taken");
		if (got) {
			same(l->id, rows[i].id);
			same(l->bundle, rows[i].bundle);
		}
		/* Without its last NUL an argument was cut and does not count. */
		assert_false(runtime_args_launch(argv, len, "", "/", l) && rows[i].id &&
			     strcmp(l->id, rows[i].id) == 0 &&
			     !strcmp(rows[i].args + len - 2, " x"));
		free(argv);
	}
	free(l);
}

static void test_long_launch(void **ctx)
{
	struct runtime_launch *l = malloc(sizeof(*l));
	struct buf b = BUF_INIT;

	(void)ctx;
	assert_non_null(l);
	buf_add(&b, "runc\0run", 9);
	for (int i = 0; i < 300; i++)
		buf_addc(&b, 'x');
	buf_addc(&b, '\0');
	assert_false(runtime_args_launch(b.data, b.len, "", "/", l)); /* an id is not that long */
	buf_reset(&b);
	buf_add(&b, "runc\0run\0-b\0/", 13);
	for (int i = 0; i < 5000; i++)
		buf_addc(&b, 'x');
	buf_add(&b, "\0id", 4);
	assert_true(runtime_args_launch(b.data, b.len, "", "/", l));
	same(l->bundle, "");
	buf_reset(&b);
	for (int i = 0; i < 5000; i++)
		buf_addc(&b, '\0');
	assert_false(runtime_args_launch(b.data, b.len, "/runc", "/", l));
	buf_done(&b);
	free(l);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image_names),
		T(test_text_and_back),
		T(test_bounds),
		cmocka_unit_test(test_bad_text),
		cmocka_unit_test(test_json_limits),
		T(test_oci_bad),
		T(test_oci_odd_types),
		T(test_oci_namespaces),
		cmocka_unit_test(test_oci_privileged),
		cmocka_unit_test(test_docker_dir),
		T(test_docker_other_container),
		cmocka_unit_test(test_docker_security),
		T(test_docker_repos),
		T(test_storage),
		cmocka_unit_test(test_plain_states),
		cmocka_unit_test(test_launches),
		cmocka_unit_test(test_long_launch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
