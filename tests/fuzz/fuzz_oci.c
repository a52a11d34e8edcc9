/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What container runtimes write: the input as each kind of JSON file and as a command line. What
 * is found is written as a container's facts, which must be read back as the same.
 */
#include <cjson/cJSON.h>

#include "state/container.h"
#include "state/runtime.h"
#include "target.h"

#define REPLACEMENT "\xef\xbf\xbd"

typedef int (*reader_fn)(const char *json, size_t len, struct facts *f);

static int read_record(const char *json, size_t len, struct facts *f)
{
	return facts_read(f, json, len);
}

static const reader_fn readers[] = {
	runtime_oci_read,     runtime_docker_config, runtime_docker_host,
	runtime_docker_repos, runtime_storage_read,  read_record,
};

/* Facts as they are before a file is read: of a container whose ids are known. */
static void start_facts(struct facts *f)
{
	static const char id[] = "0123456789abcdef0123456789abcdef"
				 "0123456789abcdef0123456789abcdef";
	static const char image[] = "sha256:0123456789abcdef0123456789abcdef"
				    "0123456789abcdef0123456789abcdef";

	MUST(facts_init(f) == 0, "memory for facts");
	facts_set_id(f, id, sizeof(id) - 1);
	facts_fill(f, &f->c.image_id, image);
}

static void check_container(const struct container *c)
{
	MUST(!c->id || strlen(c->id) <= FACTS_ID_SHORT, "the short id is short");
	MUST(c->n_mounts <= FACTS_MOUNTS_MAX && c->n_labels <= FACTS_LABELS_MAX &&
	     c->n_env_names <= FACTS_ENV_MAX, "tables keep their caps");
	for (unsigned i = 0; i < c->n_env_names; i++)
		MUST(!strchr(c->env_names[i], '='), "names of variables come without values");
	for (unsigned i = 0; i < c->n_mounts; i++)
		MUST(c->mounts[i].source && c->mounts[i].dest, "a mount has both ends");
	for (unsigned i = 0; i < 2 * c->n_labels; i++)
		MUST(c->labels[i], "a label has key and value");
}

static void check_written(const struct container *c)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct facts f;
	cJSON *root;

	facts_write(&one, c);
	root = cJSON_ParseWithLength(buf_str(&one), one.len);
	MUST(cJSON_IsObject(root), "facts are written as a JSON object");
	cJSON_Delete(root);
	MUST(facts_init(&f) == 0, "memory for facts");
	MUST(facts_read(&f, buf_str(&one), one.len) == 0, "facts that were written can be read");
	check_container(&f.c);
	facts_write(&two, &f.c);
	/* Bytes that are no text grow when they are replaced, and may then meet a cap. */
	if (!strstr(buf_str(&one), REPLACEMENT))
		MUST(one.len == two.len && !memcmp(buf_str(&one), buf_str(&two), one.len),
		     "facts are read back as they were");
	facts_done(&f);
	buf_done(&one);
	buf_done(&two);
}

static void read_alone(reader_fn read, const char *text, size_t len)
{
	struct facts f;

	start_facts(&f);
	if (read(text, len, &f) == 0) {
		check_container(&f.c);
		check_written(&f.c);
	}
	facts_done(&f);
}

static void read_plain(const char *text, size_t len)
{
	struct plain_state s;

	if (runtime_runc_state(text, len, &s) == 0)
		MUST(memchr(s.id, 0, sizeof(s.id)) && memchr(s.bundle, 0, sizeof(s.bundle)) &&
		     memchr(s.cgroup, 0, sizeof(s.cgroup)), "runc's state is ended by NUL");
	if (runtime_crun_status(text, len, &s) == 0)
		MUST(memchr(s.id, 0, sizeof(s.id)) && memchr(s.bundle, 0, sizeof(s.bundle)) &&
		     memchr(s.cgroup, 0, sizeof(s.cgroup)), "crun's status is ended by NUL");
}

/* text as an argument vector: NULs between arguments, and one behind the last. */
static void read_args(const char *text, size_t len)
{
	static const char *const programs[] = {"/usr/bin/runc", "/usr/bin/crun", "/bin/sh", ""};
	struct runtime_launch l;
	const char *opt;

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (!runtime_args_launch(text, len, programs[i], "/run/b/", &l))
			continue;
		MUST(l.runtime && memchr(l.id, 0, sizeof(l.id)), "a launch has runtime and id");
		MUST(memchr(l.bundle, 0, sizeof(l.bundle)), "the bundle is ended by NUL");
		MUST(!l.bundle[0] || l.bundle[0] == '/', "the bundle is absolute");
	}
	opt = runtime_args_option(text, len, "a", "-b", "--bundle");
	MUST(!opt || (opt >= text && opt <= text + len), "an option's value lies in the arguments");
}

void fuzz_one(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	struct facts f;

	MUST(text, "memory");
	memcpy(text, data, len);
	text[len] = '\0';
	start_facts(&f);
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		char *exact = malloc(len ? len : 1);

		MUST(exact, "memory");
		memcpy(exact, data, len);
		read_alone(readers[i], exact, len);
		/* One after the other, as for a container of which all files are found. */
		readers[i](exact, len, &f);
		check_container(&f.c);
		read_plain(exact, len);
		free(exact);
	}
	(void)runtime_docker_done(&f);
	facts_done(&f);
	read_args(text, len);
	free(text);
}
