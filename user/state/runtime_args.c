/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Command lines of OCI runtimes and of their monitors. They are what a program was called with:
 * anybody can call anything "runc", so who believes this must look at who called. */
#include <string.h>

#include "state/runtime.h"

#define ARGS_MAX 256 /* arguments looked at */

/* Names of runtimes that take the command line of runc. */
static const struct {
	const char *name, *runtime;
} runtimes[] = {
	{"runc", "runc"}, {"docker-runc", "runc"}, {"crun", "crun"},
	{"youki", "youki"}, {"runsc", "runsc"},
};

static const char *const commands[] = {"create", "run", "restore"};

/* Options whose value is the next argument unless "=" joins it. */
static const char *const with_value[] = {
	"b", "bundle", "cgroup-manager", "config", "console-socket", "criu", "debug-log",
	"debug-log-format", "empty-ns", "f", "file-access", "image-path", "log", "log-format",
	"log-level", "lsm-mount-context", "lsm-profile", "manage-cgroups-mode", "network",
	"overlay2", "page-server", "parent-path", "pid-file", "platform", "preserve-fds", "root",
	"rootless", "status-fd", "work-path",
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

struct args {
	const char *s, *end;
	unsigned n;
};

/* The next argument, NUL-terminated, or NULL at the end. */
static const char *next(struct args *a)
{
	const char *s = a->s;
	const char *nul = s < a->end ? memchr(s, '\0', (size_t)(a->end - s)) : NULL;

	if (!nul || a->n++ >= ARGS_MAX)
		return NULL;
	a->s = nul + 1;
	return s;
}

static const char *basename_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *runtime_named(const char *path)
{
	for (size_t i = 0; i < N(runtimes); i++)
		if (strcmp(basename_of(path), runtimes[i].name) == 0)
			return runtimes[i].runtime;
	return NULL;
}

static bool takes_value(const char *name, size_t len)
{
	for (size_t i = 0; i < N(with_value); i++)
		if (strlen(with_value[i]) == len && memcmp(with_value[i], name, len) == 0)
			return true;
	return false;
}

static bool is_bundle(const char *name, size_t len)
{
	return (len == 1 && *name == 'b') || (len == 6 && memcmp(name, "bundle", 6) == 0);
}

static bool is_command(const char *arg)
{
	for (size_t i = 0; i < N(commands); i++)
		if (strcmp(commands[i], arg) == 0)
			return true;
	return false;
}

/* One option; takes its value from a where it has one. The value of a bundle option, or NULL. */
static const char *option(struct args *a, const char *arg)
{
	const char *name = arg + 1 + (arg[1] == '-');
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;

	/* -bDIR, as programs with getopt allow it. */
	if (arg[1] == 'b' && (arg[2] == '/' || arg[2] == '.'))
		return arg + 2;
	if (!value && takes_value(name, len))
		value = next(a);
	return is_bundle(name, len) ? value : NULL;
}

static bool copy(char *to, size_t cap, const char *from)
{
	size_t len = strlen(from);

	if (!len || len >= cap)
		return false;
	memcpy(to, from, len + 1);
	return true;
}

static void set_bundle(struct runtime_launch *l, const char *bundle, const char *cwd)
{
	struct buf b = BUF_INIT;

	if (bundle[0] != '/') {
		buf_adds(&b, cwd);
		if (cwd[0] && cwd[strlen(cwd) - 1] != '/')
			buf_addc(&b, '/');
	}
	if (strcmp(bundle, ".") != 0)
		buf_adds(&b, bundle);
	if (b.oom || buf_str(&b)[0] != '/' || !copy(l->bundle, sizeof(l->bundle), buf_str(&b)))
		l->bundle[0] = '\0';
	buf_done(&b);
}

bool runtime_args_launch(const char *argv, size_t len, const char *exepath, const char *cwd,
			 struct runtime_launch *ret)
{
	struct args a = {argv, argv + len, 0};
	const char *arg = next(&a), *bundle = ".", *id = NULL;
	const char *runtime = arg ? runtime_named(arg) : NULL;
	bool command = false, options = true;

	if (arg && !runtime)
		runtime = runtime_named(exepath);
	if (!runtime)
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->runtime = runtime;
	while ((arg = next(&a))) {
		if (options && strcmp(arg, "--") == 0) {
			options = false;
		} else if (options && arg[0] == '-' && arg[1]) {
			const char *value = option(&a, arg);

			bundle = value ? value : bundle;
		} else if (command) {
			id = arg;
		} else if (!is_command(arg)) {
			return false;
		} else {
			command = true;
		}
	}
	if (!id || strchr(id, '/') || !copy(ret->id, sizeof(ret->id), id))
		return false;
	set_bundle(ret, bundle, cwd);
	return true;
}

const char *runtime_args_option(const char *argv, size_t len, const char *id, const char *opt_short,
				const char *opt_long)
{
	struct args a = {argv, argv + len, 0};
	const char *arg, *value = NULL;
	size_t long_len = strlen(opt_long);
	bool has_id = false;

	while ((arg = next(&a))) {
		has_id |= strcmp(arg, id) == 0;
		if (strncmp(arg, opt_long, long_len) == 0 && arg[long_len] == '=')
			value = arg + long_len + 1;
		else if (strcmp(arg, opt_short) == 0 || strcmp(arg, opt_long) == 0)
			value = next(&a);
	}
	return has_id ? value : NULL;
}
