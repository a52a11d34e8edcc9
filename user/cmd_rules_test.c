/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * hullwatch rules test: runs the cases beside rules and says which gave what they should. Events
 * written as fields are judged by the matcher itself; recordings by `hullwatch replay`, as whoever
 * replays one would see it.
 */
#include <dirent.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "base/log.h"
#include "cmd.h"
#include "rule/cases.h"

extern char **environ;

struct run {
	const struct cli *c;
	struct cases **files;
	size_t n_files;
	struct buf out;
	struct jsonw w;
	unsigned passed, failed, faults;
	/* of the case that runs: */
	const struct rule_case *now;
	struct ruleset *rules;
	uint64_t *hits; /* by expected alert */
	struct buf why;	    /* a line each */
	struct buf differs; /* what alerts had that the case does not say: told when none fits */
};

/* Rules that a passing case shows to alert, or to miss nearly. */
struct shown {
	const char *rule;
	bool hit, near;
};

/* --- faults --- */

static void on_diag(void *ctx, const struct rule_diag *d)
{
	struct run *r = ctx;
	struct buf text = BUF_INIT;

	r->faults += d->error;
	rule_diag_text(d, &text);
	fputs(buf_str(&text), stderr);
	buf_done(&text);
}

static void add_line(struct buf *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add_line(struct buf *to, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_add_clean(to, text, strlen(text));
	buf_addc(to, '\n');
}

static bool knows_rule(const struct ruleset *rs, const char *name)
{
	for (size_t i = 0; i < ruleset_len(rs); i++)
		if (!strcmp(ruleset_at(rs, i)->name, name))
			return true;
	return false;
}

/* A name that no loaded rule has would make a case pass for nothing. */
static void check_names(struct run *r, const struct case_alert *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!knows_rule(r->rules, v[i].rule))
			add_line(&r->why, "line %u: there is no rule \"%s\" among those loaded",
				v[i].at.line, v[i].rule);
}

/* --- what alerted --- */

/* Appends the field's value as the alert has it; false without one. */
typedef bool (*field_fn)(const void *alert, const struct case_field *f, struct buf *out);

static bool from_view(const void *alert, const struct case_field *f, struct buf *out)
{
	struct value v;

	if (!field_get(&f->ref, alert, &v))
		return false;
	value_text(out, &v);
	return true;
}

static bool from_json(const void *alert, const struct case_field *f, struct buf *out)
{
	const cJSON *fields = cJSON_GetObjectItemCaseSensitive(alert, "output_fields");
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(fields, f->name);
	char *text;

	if (!v || cJSON_IsNull(v))
		return false;
	if (cJSON_IsString(v)) {
		buf_adds(out, v->valuestring);
		return true;
	}
	text = cJSON_PrintUnformatted(v);
	buf_adds(out, text ? text : "");
	cJSON_free(text);
	return true;
}

static bool agrees(struct run *r, const struct case_alert *a, const void *alert, field_fn get)
{
	struct buf got = BUF_INIT;
	bool good = true;

	for (size_t i = 0; i < a->n_fields && good; i++) {
		const struct case_field *f = &a->fields[i];
		const bool has = get(alert, f, &got);

		good = has && !strcmp(buf_str(&got), f->text);
		if (!good)
			add_line(&r->differs, "\"%s\" alerted with %s %s%s%s, and not \"%s\"",
				 a->rule, f->name, has ? "\"" : "missing",
				 has ? buf_str(&got) : "", has ? "\"" : "", f->text);
		buf_reset(&got);
	}
	buf_done(&got);
	return good;
}

/* Differences are only told when no other alert of the rule agreed. */
static void took(struct run *r, const char *rule, const void *alert, field_fn get)
{
	const struct rule_case *c = r->now;
	bool expected = c->any;

	for (size_t i = 0; i < c->n_alerts; i++) {
		if (strcmp(c->alerts[i].rule, rule) != 0)
			continue;
		expected = true;
		r->hits[i] += agrees(r, &c->alerts[i], alert, get);
	}
	if (!expected)
		add_line(&r->why, "\"%s\" alerted, which the case does not name", rule);
	for (size_t i = 0; i < c->n_never; i++)
		if (!strcmp(c->never[i].rule, rule))
			add_line(&r->why, "\"%s\" alerted and must not", rule);
	for (size_t i = 0; i < c->n_near; i++)
		if (!strcmp(c->near[i], rule))
			add_line(&r->why, "\"%s\" alerted, which the case should miss", rule);
}

/* --- events written as fields --- */

static int run_events(struct run *r)
{
	struct case_stage *s = case_stage_new();

	if (!s)
		return -ENOMEM;
	for (size_t i = 0; i < r->now->n_events; i++) {
		const struct view *v = case_stage_set(s, &r->now->events[i], i + 1);
		const struct rule *rule = ruleset_match(r->rules, v);

		if (rule)
			took(r, rule->name, v, from_view);
	}
	case_stage_free(s);
	return 0;
}

/* --- recordings --- */

static void take_line(struct run *r, const char *line)
{
	cJSON *alert = cJSON_Parse(line);
	const cJSON *kind = cJSON_GetObjectItemCaseSensitive(alert, "kind");
	const cJSON *rule = cJSON_GetObjectItemCaseSensitive(alert, "rule");

	if (cJSON_IsString(kind) && !strcmp(kind->valuestring, "alert") && cJSON_IsString(rule))
		took(r, rule->valuestring, alert, from_json);
	cJSON_Delete(alert);
}

/* Runs `hullwatch replay` with these rules; its output in a file without a name. */
static int replay(const struct cli_list *rules, const char *file, FILE *out)
{
	const char **argv = calloc(2 * rules->n + 5, sizeof(*argv));
	posix_spawn_file_actions_t fa;
	size_t n = 0;
	int status = -1, err;
	pid_t pid;

	if (!argv)
		return -ENOMEM;
	argv[n++] = "hullwatch";
	argv[n++] = "replay";
	argv[n++] = "--json";
	for (size_t i = 0; i < rules->n; i++) {
		argv[n++] = "-r";
		argv[n++] = rules->items[i];
	}
	argv[n] = file;
	err = posix_spawn_file_actions_init(&fa);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&fa, fileno(out), STDOUT_FILENO);
	if (!err)
		err = posix_spawn(&pid, "/proc/self/exe", &fa, NULL, (char *const *)argv, environ);
	if (!err && waitpid(pid, &status, 0) < 0)
		err = errno;
	posix_spawn_file_actions_destroy(&fa);
	free(argv);
	return err ? -err : status;
}

static void path_beside(const char *file, const char *name, struct buf *out)
{
	const char *slash = strrchr(file, '/');

	buf_reset(out);
	if (*name != '/' && slash)
		buf_add(out, file, (size_t)(slash + 1 - file));
	buf_adds(out, name);
}

static int run_recording(struct run *r, const struct cli_list *rules)
{
	struct buf path = BUF_INIT;
	FILE *out = tmpfile();
	char *line = NULL;
	size_t cap = 0;
	int status;

	if (!out)
		return -errno;
	path_beside(r->now->at.file, r->now->recording, &path);
	status = replay(rules, buf_str(&path), out);
	if (status)
		add_line(&r->why, "%s cannot be replayed", buf_str(&path));
	rewind(out);
	while (!status && getline(&line, &cap, out) > 0)
		take_line(r, line);
	free(line);
	fclose(out);
	buf_done(&path);
	return status < 0 ? status : 0;
}

/* --- one case --- */

static bool judge(struct run *r)
{
	bool unmet = false;

	for (size_t i = 0; i < r->now->n_alerts; i++) {
		const struct case_alert *a = &r->now->alerts[i];

		if (a->times ? r->hits[i] == a->times : r->hits[i] > 0)
			continue;
		unmet = true;
		if (a->times)
			add_line(&r->why,
				 "\"%s\" alerted %llu times as the case says, and not %llu",
				 a->rule, (unsigned long long)r->hits[i],
				 (unsigned long long)a->times);
		else
			add_line(&r->why, "\"%s\" did not alert%s", a->rule,
				a->n_fields ? " with these fields" : "");
	}
	if (unmet && r->differs.len)
		buf_add(&r->why, buf_str(&r->differs), r->differs.len);
	return !r->why.len;
}

static void tell(struct run *r, bool good)
{
	const char *line = r->why.len ? buf_str(&r->why) : "";
	const struct rule_case *c = r->now;

	if (r->c->json) {
		jsonw_obj(&r->w, NULL);
		jsonw_str(&r->w, "file", c->at.file);
		jsonw_u64(&r->w, "line", c->at.line);
		jsonw_str(&r->w, "case", c->name);
		jsonw_bool(&r->w, "ok", good);
		jsonw_arr(&r->w, "why");
	} else {
		buf_addf(&r->out, "%s %s:%u: ", good ? "ok  " : "FAIL", c->at.file, c->at.line);
		buf_add_clean(&r->out, c->name, strlen(c->name));
		buf_addc(&r->out, '\n');
	}
	while (*line && !good) {
		const char *end = strchr(line, '\n');

		if (r->c->json)
			jsonw_strn(&r->w, NULL, line, (size_t)(end - line));
		else
			buf_addf(&r->out, "       %.*s\n", (int)(end - line), line);
		line = end + 1;
	}
	if (r->c->json) {
		jsonw_end_arr(&r->w);
		jsonw_end_obj(&r->w);
	}
}

static int run_case(struct run *r, const struct rule_case *c, const struct cli_list *rules,
		    struct ruleset *set)
{
	int err;

	r->now = c;
	r->rules = set;
	r->hits = calloc(c->n_alerts ? c->n_alerts : 1, sizeof(*r->hits));
	if (!r->hits)
		return -ENOMEM;
	buf_reset(&r->why);
	buf_reset(&r->differs);
	check_names(r, c->alerts, c->n_alerts);
	check_names(r, c->never, c->n_never);
	for (size_t i = 0; i < c->n_near; i++)
		if (!knows_rule(set, c->near[i]))
			add_line(&r->why, "there is no rule \"%s\" among those loaded", c->near[i]);
	err = c->recording ? run_recording(r, rules) : run_events(r);
	if (!err) {
		const bool good = judge(r);

		tell(r, good);
		r->passed += good;
		r->failed += !good;
	}
	free(r->hits);
	r->hits = NULL;
	return err;
}

/* --- rules of a file --- */

static struct ruleset *load(struct run *r, const struct cli_list *paths)
{
	struct ruleset_opts o = {.min_priority = PRIO_DEBUG};

	return ruleset_load(paths->items, paths->n, &o, on_diag, r);
}

/* The rules of -r, else the folder that the cases lie in. */
static struct cli_list default_rules(const struct run *r, const char *file, struct buf *room,
				     const char **one)
{
	const char *slash = strrchr(file, '/');

	if (r->c->rules.n)
		return r->c->rules;
	if (slash)
		buf_add(room, file, slash == file ? 1 : (size_t)(slash - file));
	else
		buf_adds(room, ".");
	*one = buf_str(room);
	return (struct cli_list){one, 1};
}

/* A case with rules of its own: the others and these. */
static int run_with_more(struct run *r, const struct rule_case *c, const struct cli_list *base)
{
	struct cli_list all = {calloc(base->n + c->n_rules, sizeof(char *)), 0};
	struct buf path = BUF_INIT;
	struct ruleset *set = NULL;
	int err = all.items ? 0 : -ENOMEM;

	for (; !err && all.n < base->n; all.n++)
		all.items[all.n] = strdup(base->items[all.n]);
	for (size_t i = 0; !err && i < c->n_rules; i++) {
		path_beside(c->at.file, c->rules[i], &path);
		all.items[all.n++] = strdup(buf_str(&path));
	}
	for (size_t i = 0; !err && i < all.n; i++)
		err = all.items[i] ? 0 : -ENOMEM;
	if (!err)
		set = load(r, &all);
	if (set)
		err = run_case(r, c, &all, set);
	ruleset_free(set);
	for (size_t i = 0; i < all.n; i++)
		free((char *)all.items[i]);
	free(all.items);
	buf_done(&path);
	return err;
}

static int run_file(struct run *r, const struct cases *cases)
{
	struct buf room = BUF_INIT;
	const char *one;
	const struct cli_list rules = default_rules(r, cases->file, &room, &one);
	struct ruleset *set = load(r, &rules);
	int err = 0;

	for (size_t i = 0; set && !err && i < cases->n; i++)
		err = cases->v[i].n_rules ? run_with_more(r, &cases->v[i], &rules) :
					    run_case(r, &cases->v[i], &rules, set);
	ruleset_free(set);
	buf_done(&room);
	return err;
}

/* --- files --- */

static int take_file(struct run *r, const char *path)
{
	struct cases **files;
	struct cases *c = cases_read(path, on_diag, r);

	if (!c)
		return errno == ENOMEM ? -ENOMEM : 0;
	files = realloc(r->files, (r->n_files + 1) * sizeof(*files));
	if (!files) {
		cases_free(c);
		return -ENOMEM;
	}
	r->files = files;
	files[r->n_files++] = c;
	return 0;
}

static int is_cases(const struct dirent *e)
{
	const size_t len = strlen(e->d_name), end = strlen(CASES_SUFFIX);

	return e->d_name[0] != '.' && len > end && !strcmp(e->d_name + len - end, CASES_SUFFIX);
}

static int take_folder(struct run *r, const char *path)
{
	struct dirent **names = NULL;
	struct buf file = BUF_INIT;
	const int n = scandir(path, &names, is_cases, alphasort);
	int err = n < 0 ? -errno : 0;

	for (int i = 0; i < n; i++) {
		buf_reset(&file);
		buf_addf(&file, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/",
			 names[i]->d_name);
		if (!err)
			err = take_file(r, buf_str(&file));
		free(names[i]);
	}
	free(names);
	buf_done(&file);
	return err;
}

/* X.yaml stands for X.test.yaml. */
static int take_path(struct run *r, const char *path)
{
	const size_t len = strlen(path), end = strlen(CASES_SUFFIX);
	struct buf beside = BUF_INIT;
	struct stat st;
	int err;

	if (*path && !stat(path, &st) && S_ISDIR(st.st_mode))
		return take_folder(r, path);
	if (len > end && !strcmp(path + len - end, CASES_SUFFIX))
		return take_file(r, path);
	if (len > 5 && !strcmp(path + len - 5, ".yaml")) {
		buf_add(&beside, path, len - 5);
		buf_adds(&beside, CASES_SUFFIX);
		err = take_file(r, buf_str(&beside));
		buf_done(&beside);
		return err;
	}
	log_error("%s: no folder, no rule file (X.yaml) and no cases (X.test.yaml)", path);
	r->faults++;
	return 0;
}

/* --- what is shown --- */

static void show(struct shown *v, size_t n, const char *rule, bool hit)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].rule, rule)) {
			v[i].hit |= hit;
			v[i].near |= !hit;
		}
}

/* Names the rules of PATHs without a hit or a near miss; how many. */
static int tell_missing(struct run *r)
{
	const struct cli_list *paths = r->c->rules.n ? &r->c->rules : &r->c->args;
	struct ruleset *set = load(r, paths);
	const size_t n = set ? ruleset_len(set) : 0;
	struct shown *v = calloc(n ? n : 1, sizeof(*v));
	int missing = 0;

	for (size_t i = 0; v && i < n; i++)
		v[i].rule = ruleset_at(set, i)->name;
	for (size_t f = 0; v && f < r->n_files; f++)
		for (size_t i = 0; i < r->files[f]->n; i++) {
			const struct rule_case *c = &r->files[f]->v[i];

			for (size_t a = 0; a < c->n_alerts; a++)
				show(v, n, c->alerts[a].rule, true);
			for (size_t a = 0; a < c->n_near; a++)
				show(v, n, c->near[a], false);
		}
	if (r->c->json)
		jsonw_arr(&r->w, "missing");
	for (size_t i = 0; v && i < n; i++) {
		if (v[i].hit && v[i].near)
			continue;
		missing++;
		if (r->c->json) {
			jsonw_obj(&r->w, NULL);
			jsonw_str(&r->w, "rule", v[i].rule);
			jsonw_bool(&r->w, "hit", v[i].hit);
			jsonw_bool(&r->w, "near_miss", v[i].near);
			jsonw_end_obj(&r->w);
		} else {
			buf_addf(&r->out, "no %s%s%s: %s\n", v[i].hit ? "" : "hit",
				 v[i].hit || v[i].near ? "" : " and no ",
				 v[i].near ? "" : "near miss", v[i].rule);
		}
	}
	if (r->c->json)
		jsonw_end_arr(&r->w);
	free(v);
	ruleset_free(set);
	return missing;
}

static int finish(struct run *r, int err, int missing)
{
	int ret;

	if (r->c->json) {
		jsonw_u64(&r->w, "passed", r->passed);
		jsonw_u64(&r->w, "failed", r->failed);
		jsonw_bool(&r->w, "ok", !r->failed && !r->faults && !missing && !err);
		jsonw_end_obj(&r->w);
		buf_addc(&r->out, '\n');
	} else {
		buf_addf(&r->out, "%u passed, %u failed\n", r->passed, r->failed);
	}
	ret = cmd_print(&r->out);
	if (err)
		log_error("rules test: %s", strerror(-err));
	return err || r->failed || r->faults || missing ? EXIT_NO : ret;
}

int cmd_rules_test(const struct cli *c)
{
	struct run r = {.c = c, .out = BUF_INIT, .why = BUF_INIT, .differs = BUF_INIT};
	int err = 0, missing = 0, ret;

	jsonw_init(&r.w, &r.out);
	for (size_t i = 0; !err && i < c->args.n; i++)
		err = take_path(&r, c->args.items[i]);
	if (c->json) {
		jsonw_obj(&r.w, NULL);
		jsonw_arr(&r.w, "cases");
	}
	for (size_t i = 0; !err && i < r.n_files; i++)
		err = run_file(&r, r.files[i]);
	if (c->json)
		jsonw_end_arr(&r.w);
	if (!err && c->missing)
		missing = tell_missing(&r);
	if (!err && !r.n_files && !r.faults) {
		log_error("there is no *%s in what was named", CASES_SUFFIX);
		r.faults++;
	}
	ret = finish(&r, err, missing);
	for (size_t i = 0; i < r.n_files; i++)
		cases_free(r.files[i]);
	free(r.files);
	buf_done(&r.out);
	buf_done(&r.why);
	buf_done(&r.differs);
	return ret;
}
