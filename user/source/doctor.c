/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What this kernel and host can do, hook by hook: every program is really loaded and attached, and
 * each kind of hook must be seen to fire, since attaching proves nothing. Then what follows for
 * each event: where it comes from, and what is weaker.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "event/schema.h"
#include "source/kern.h"
#include "source/kinds.h"
#include "source/source.h"

struct report {
	struct jsonw *w; /* either may be NULL */
	struct buf *text;
	struct kern *kern;
	bool tracepoints_fire, dispatcher_fires;
};

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

/* A child forks, opens and ends: its events are nobody's own. */
static void see_fire(struct report *r)
{
	const int cpus = libbpf_num_possible_cpus();
	struct hw_counters *c = cpus > 0 ? calloc((size_t)cpus, sizeof(*c)) : NULL;
	const uint32_t zero = 0;
	uint64_t proc = 0, file = 0;
	pid_t pid;
	int i;

	if (!c)
		return;
	pid = fork();
	if (pid == 0)
		_exit(open("/dev/null", O_RDONLY | O_CLOEXEC) < 0);
	if (pid > 0 && waitpid(pid, NULL, 0) == pid &&
	    bpf_map_lookup_elem(kern_map_fd(r->kern, "counters"), &zero, c) == 0)
		for (i = 0; i < cpus; i++) {
			proc += c[i].produced[HW_CLASS_PROC];
			file += c[i].produced[HW_CLASS_FILE];
		}
	r->tracepoints_fire = proc > 0;
	r->dispatcher_fires = file > 0;
	free(c);
}

/* --- kinds of hook --- */

static const char *kind_state(const struct report *r, unsigned kind)
{
	if (!r->kern)
		return "not tried";
	if (kind == HOOK_TP_BTF)
		return r->tracepoints_fire ? "fires" : "attaches but never runs";
	if (kind == HOOK_SYSCALL)
		return r->dispatcher_fires ? "fires" : "attaches but never runs";
	return kinds_text(kern_kinds(r->kern), kind);
}

static void write_kinds(const struct report *r)
{
	unsigned kind;

	if (r->w)
		jsonw_arr(r->w, "kinds");
	if (r->text)
		buf_adds(r->text, "\nkinds of hook:\n");
	for (kind = 0; kind < HOOK_KINDS; kind++) {
		if (kind == HOOK_ITER)
			continue; /* run, not attached */
		if (r->w) {
			jsonw_obj(r->w, NULL);
			jsonw_str(r->w, "kind", hook_kind_name(kind));
			jsonw_bool(r->w, "fires", strcmp(kind_state(r, kind), "fires") == 0);
			jsonw_str(r->w, "state", kind_state(r, kind));
			jsonw_end_obj(r->w);
		}
		if (r->text)
			buf_addf(r->text, "  %-11s %s\n", hook_kind_name(kind),
				 kind_state(r, kind));
	}
	if (r->w)
		jsonw_end_arr(r->w);
	if (r->w)
		jsonw_str(r->w, "tracepoints", tracepoint_way_text(kern_tracepoints(r->kern)));
	if (r->text)
		buf_addf(r->text, "tracepoints: %s\n",
			 tracepoint_way_text(kern_tracepoints(r->kern)));
}

/* --- rows --- */

static const char *row_state(const struct report *r, const struct hook *h, size_t row,
			     int *ret_error)
{
	enum hook_state s;

	if (!r->kern)
		return "not tried";
	s = kern_hook_state(r->kern, row, ret_error);
	if (s != HOOK_IN_USE)
		return hook_state_name(s);
	if ((h->kind == HOOK_TP_BTF && !r->tracepoints_fire) ||
	    (h->kind == HOOK_SYSCALL && !r->dispatcher_fires))
		return "silent";
	return "ok";
}

static const char *error_text(int error)
{
	if (!error)
		return NULL;
	return error == KIND_SILENT ? "its kind never runs" : strerror(error);
}

static void write_row_json(const struct report *r, const struct hook *h, size_t row)
{
	int error = 0;
	const char *state = row_state(r, h, row, &error);

	jsonw_obj(r->w, NULL);
	jsonw_str(r->w, "event", h->event);
	jsonw_bool(r->w, "object", h->betters != NULL);
	jsonw_str(r->w, "program", h->program);
	jsonw_str(r->w, "kind", hook_kind_name(h->kind));
	jsonw_str(r->w, "needs", h->needs);
	jsonw_str(r->w, "state", state);
	jsonw_str(r->w, "error", error_text(error));
	jsonw_str(r->w, "replaced_by", h->replaced_by);
	jsonw_str(r->w, "weaker", h->weaker);
	jsonw_end_obj(r->w);
}

static void write_rows_json(const struct report *r)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);

	jsonw_arr(r->w, "hooks");
	for (i = 0; i < n; i++)
		write_row_json(r, &t[i], i);
	jsonw_end_arr(r->w);
}

/* The programs that were refused, each once. */
static void write_refused(const struct report *r)
{
	size_t n, i, j;
	const struct hook *t = hooks_table(&n);
	bool any = false;
	int error = 0;

	for (i = 0; i < n; i++) {
		for (j = 0; j < i && strcmp(t[j].program, t[i].program) != 0; j++)
			;
		if (j < i || kern_hook_state(r->kern, i, &error) != HOOK_REFUSED)
			continue;
		if (!any)
			buf_adds(r->text, "\nrefused by this kernel:\n");
		any = true;
		buf_addf(r->text, "  %-27s %s", t[i].program, error_text(error));
		if (t[i].replaced_by)
			buf_addf(r->text, "; replaced by %s", t[i].replaced_by);
		buf_addc(r->text, '\n');
	}
}

/* --- events --- */

/* Ids of the events that rows tell, in their order. */
static size_t told_events(unsigned ids[EV_MAX])
{
	size_t n, i, count = 0;
	const struct hook *t = hooks_table(&n);
	unsigned id;

	for (id = 1; id < EV_MAX; id++) {
		for (i = 0; i < n && (t[i].betters || t[i].id != id); i++)
			;
		if (i < n)
			ids[count++] = id;
	}
	return count;
}

static void write_event(const struct report *r, unsigned id)
{
	const unsigned source = hook_source(id, kern_used(r->kern));
	size_t n, i;
	const struct hook *t = hooks_table(&n);

	buf_addf(r->text, "%-19s %-11s", schema_event(id)->name,
		 source < HOOK_KINDS ? hook_kind_name(source) : "nothing");
	for (i = 0; i < n; i++)
		if (kern_row_tells(r->kern, i, id))
			buf_addf(r->text, " %s", t[i].program);
	buf_addc(r->text, '\n');
}

static bool has_text(const char *const *texts, size_t n, const char *text)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(texts[i], text) == 0)
			return true;
	return false;
}

/* What is weaker, said once for all events that share it. */
struct weak {
	const char *of[EV_MAX][WEAK_MAX];
	size_t n[EV_MAX];
};

static void write_weak(const struct report *r, const struct weak *weak, const unsigned *ids,
		       size_t n, const char *text)
{
	size_t i;

	buf_adds(r->text, " ");
	for (i = 0; i < n; i++)
		if (has_text(weak->of[ids[i]], weak->n[ids[i]], text))
			buf_addf(r->text, " %s", schema_event(ids[i])->name);
	buf_addf(r->text, ":\n    %s\n", text);
}

static void write_weaker(const struct report *r, const unsigned *ids, size_t n)
{
	struct weak *weak = calloc(1, sizeof(*weak));
	size_t i, j, before;
	const char *text;
	bool any = false;

	for (i = 0; weak && i < n; i++)
		weak->n[ids[i]] = hook_weaknesses(ids[i], kern_used(r->kern), weak->of[ids[i]],
						  WEAK_MAX);
	for (i = 0; weak && i < n; i++)
		for (j = 0; j < weak->n[ids[i]]; j++) {
			text = weak->of[ids[i]][j];
			for (before = 0; before < i; before++)
				if (has_text(weak->of[ids[before]], weak->n[ids[before]], text))
					break;
			if (before < i)
				continue;
			if (!any)
				buf_adds(r->text, "\nwhat these hooks cannot tell:\n");
			any = true;
			write_weak(r, weak, ids, n, text);
		}
	free(weak);
}

static void write_events(const struct report *r)
{
	unsigned ids[EV_MAX];
	const size_t n = told_events(ids);
	size_t i;

	if (r->w) {
		jsonw_arr(r->w, "events");
		for (i = 0; i < n; i++)
			kern_event_json(r->kern, ids[i], r->w);
		jsonw_end_arr(r->w);
		jsonw_u64(r->w, "maps_len", kern_maps_len(r->kern));
	}
	if (!r->text)
		return;
	buf_addf(r->text, "\n%-19s %-11s %s\n", "EVENT", "SOURCE", "PROGRAMS");
	for (i = 0; i < n; i++)
		write_event(r, ids[i]);
	write_refused(r);
	write_weaker(r, ids, n);
	buf_addf(r->text, "\nmaps of the kernel side: %.1f MiB\n",
		 (double)kern_maps_len(r->kern) / (1 << 20));
}

static void write_report(const struct report *r, const char *why)
{
	struct utsname u;

	uname(&u);
	if (r->w) {
		jsonw_str(r->w, "kernel", u.release);
		jsonw_str(r->w, "machine", u.machine);
		jsonw_bool(r->w, "can_run", !why);
		jsonw_str(r->w, "why", why);
		write_rows_json(r);
	}
	if (r->text) {
		buf_addf(r->text, "kernel %s, %s\n", u.release, u.machine);
		if (why)
			buf_addf(r->text, "hullwatch cannot run here: %s\n", why);
	}
	if (!r->kern)
		return;
	write_kinds(r);
	write_events(r);
}

int doctor_report(struct jsonw *w, struct buf *text)
{
	uint8_t all[EV_MAX / 8];
	const struct kern_opts o = {.events = all, .try_kinds = true};
	struct report r = {.w = w, .text = text};
	struct buf why = BUF_INIT, ignored = BUF_INIT;
	libbpf_print_fn_t before = libbpf_set_print(quiet);
	bool can_run;

	memset(all, 0xff, sizeof(all));
	if (probe_requirements(&why) == 0) {
		r.kern = kern_new(&o, &why);
		if (r.kern)
			see_fire(&r);
		else
			r.kern = kern_probe(&ignored); /* at least which programs load */
		if (!why.len && !r.tracepoints_fire)
			buf_adds(&why, "the programs attach but do not run");
	}
	can_run = why.len == 0;
	write_report(&r, can_run ? NULL : buf_str(&why));
	libbpf_set_print(before);
	kern_free(r.kern);
	buf_done(&why);
	buf_done(&ignored);
	return can_run ? 0 : 1;
}
