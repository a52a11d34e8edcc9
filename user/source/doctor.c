/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What this kernel and host can do, hook by hook: every program is really loaded and attached, and
 * the two entrances (tracepoints, dispatcher) must be seen to fire, since attaching proves nothing.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "source/kern.h"
#include "source/source.h"

/* A way to see objects that no row of the hook table uses yet. */
struct future {
	const char *name;
	enum bpf_prog_type prog_type;
	enum bpf_attach_type attach_type;
	const char *target; /* a function of the kernel, or a BPF LSM hook without its prefix */
	const char *gain;
};

static const struct future futures[] = {
	{"lsm", BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "file_open",
	 "objects of rename, unlink and io_uring; blocking"},
	{"fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "security_file_open",
	 "objects of rename, unlink and io_uring"},
};

#define N_FUTURES (sizeof(futures) / sizeof(futures[0]))

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

/* 0, or the errno with which a program of that kind is refused. */
static int try_future(const struct future *f)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, o, .expected_attach_type = f->attach_type);
	const int id = libbpf_find_vmlinux_btf_id(f->target, f->attach_type);
	int fd, link, error;

	if (id < 0)
		return -id;
	o.attach_btf_id = (uint32_t)id;
	fd = bpf_prog_load(f->prog_type, "hw_probe", "Dual BSD/GPL", insns,
			   sizeof(insns) / sizeof(insns[0]), &o);
	if (fd < 0)
		return errno;
	link = bpf_raw_tracepoint_open(NULL, fd);
	error = link < 0 ? errno : 0;
	if (link >= 0)
		close(link);
	close(fd);
	return error;
}

/* BPF LSM programs load, attach and never run unless the kernel was told to run them. */
static bool lsm_listed(void)
{
	char list[1024] = ",";
	const int fd = open("/sys/kernel/security/lsm", O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	if (fd >= 0) {
		n = read(fd, list + 1, sizeof(list) - 3);
		close(fd);
	}
	if (n <= 0)
		return false;
	list[1 + n] = ',';
	list[2 + n] = '\0';
	return strstr(list, ",bpf,") || strstr(list, ",bpf\n");
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

/* --- writing --- */

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

static void write_row(const struct report *r, const struct hook *h, size_t row)
{
	int error = 0;
	const char *state = row_state(r, h, row, &error);

	if (r->w) {
		jsonw_obj(r->w, NULL);
		jsonw_str(r->w, "event", h->event);
		jsonw_str(r->w, "program", h->program);
		jsonw_str(r->w, "kind", hook_kind_name(h->kind));
		jsonw_str(r->w, "needs", h->needs);
		jsonw_str(r->w, "state", state);
		jsonw_str(r->w, "error", error ? strerror(error) : NULL);
		jsonw_str(r->w, "replaced_by", h->replaced_by);
		jsonw_str(r->w, "weaker", h->weaker);
		jsonw_end_obj(r->w);
	}
	if (!r->text)
		return;
	buf_addf(r->text, "%-19s %-17s %-10s %s", h->event, h->program, hook_kind_name(h->kind),
		 state);
	if (error)
		buf_addf(r->text, " (%s)", strerror(error));
	if (error && h->replaced_by)
		buf_addf(r->text, ", replaced by %s", h->replaced_by);
	buf_addc(r->text, '\n');
}

static bool row_counts(const struct report *r, size_t row)
{
	int error;

	return !r->kern || kern_hook_state(r->kern, row, &error) == HOOK_IN_USE;
}

/* What is weaker, said once for all events that share it. */
static void write_weaker(const struct report *r, const struct hook *t, size_t n)
{
	size_t i, j;
	bool any = false;

	for (i = 0; i < n; i++) {
		for (j = 0; j < i && t[j].weaker != t[i].weaker; j++)
			;
		if (!t[i].weaker || j < i || !row_counts(r, i))
			continue;
		if (!any)
			buf_adds(r->text, "\nwhat these hooks cannot tell:\n");
		any = true;
		buf_adds(r->text, "  ");
		for (j = i; j < n; j++)
			if (t[j].weaker == t[i].weaker &&
			    (j == i || strcmp(t[j].event, t[j - 1].event) != 0))
				buf_addf(r->text, "%s%s", j == i ? "" : " ", t[j].event);
		buf_addf(r->text, ":\n    %s\n", t[i].weaker);
	}
}

static void write_futures(const struct report *r)
{
	size_t i;
	int error;
	const char *state;

	if (r->w)
		jsonw_arr(r->w, "not_used_yet");
	if (r->text)
		buf_adds(r->text, "\nnot used yet:\n");
	for (i = 0; i < N_FUTURES; i++) {
		error = try_future(&futures[i]);
		state = error ? strerror(error) : "attaches";
		if (!error && futures[i].prog_type == BPF_PROG_TYPE_LSM && !lsm_listed())
			state = "attaches but never runs: boot with bpf in lsm=";
		if (r->w) {
			jsonw_obj(r->w, NULL);
			jsonw_str(r->w, "kind", futures[i].name);
			jsonw_bool(r->w, "attaches", !error);
			jsonw_str(r->w, "state", state);
			jsonw_str(r->w, "would_add", futures[i].gain);
			jsonw_end_obj(r->w);
		}
		if (r->text)
			buf_addf(r->text, "  %-7s %s (would add: %s)\n", futures[i].name, state,
				 futures[i].gain);
	}
	if (r->w)
		jsonw_end_arr(r->w);
}

static void write_report(const struct report *r, const char *why)
{
	struct utsname u;
	size_t n, i;
	const struct hook *t = hooks_table(&n);

	uname(&u);
	if (r->w) {
		jsonw_str(r->w, "kernel", u.release);
		jsonw_str(r->w, "machine", u.machine);
		jsonw_bool(r->w, "can_run", !why);
		jsonw_str(r->w, "why", why);
		jsonw_arr(r->w, "hooks");
	}
	if (r->text) {
		buf_addf(r->text, "kernel %s, %s\n", u.release, u.machine);
		if (why)
			buf_addf(r->text, "hullwatch cannot run here: %s\n", why);
		buf_addf(r->text, "\n%-19s %-17s %-10s %s\n", "EVENT", "PROGRAM", "KIND", "STATE");
	}
	for (i = 0; i < n; i++)
		write_row(r, &t[i], i);
	if (r->w)
		jsonw_end_arr(r->w);
	if (r->text)
		write_weaker(r, t, n);
	if (r->kern)
		write_futures(r);
}

int doctor_report(struct jsonw *w, struct buf *text)
{
	uint8_t all[EV_MAX / 8];
	const struct kern_opts o = {.events = all};
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
