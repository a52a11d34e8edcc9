/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What the kernel side says of itself: rows and their state, events and their sources, memory. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/jsonw.h"
#include "event/schema.h"
#include "source/kern_impl.h"

enum hook_state kern_hook_state(const struct kern *k, size_t row, int *ret_errno)
{
	size_t n;
	const struct hook *t = hooks_table(&n);

	if (k->refused[row] || k->barred[row])
		*ret_errno = k->why[row];
	if (k->refused[row])
		return HOOK_REFUSED;
	if (k->barred[row])
		return HOOK_ABSENT;
	if (k->used[row])
		return HOOK_IN_USE;
	return kern_wants(k, &t[row]) ? HOOK_NOT_HERE : HOOK_UNWANTED;
}

const char *hook_state_name(enum hook_state s)
{
	static const char *const names[] = {
		[HOOK_IN_USE] = "in use",
		[HOOK_UNWANTED] = "not wanted",
		[HOOK_REFUSED] = "refused",
		[HOOK_NOT_HERE] = "not needed",
		[HOOK_ABSENT] = "not to be had",
	};

	return names[s];
}

const bool *kern_used(const struct kern *k)
{
	return k->used;
}

const struct kinds *kern_kinds(const struct kern *k)
{
	return k->kinds;
}

enum tracepoint_way kern_tracepoints(const struct kern *k)
{
	if (k->preemptible)
		return TRACEPOINTS_PERF;
	return k->skippable ? TRACEPOINTS_SKIPPABLE : TRACEPOINTS_BPF;
}

const char *tracepoint_way_text(enum tracepoint_way way)
{
	static const char *const texts[] = {
		[TRACEPOINTS_BPF] = "BPF's",
		[TRACEPOINTS_PERF] = "perf's: this kernel can preempt BPF's, and skips them then",
		[TRACEPOINTS_SKIPPABLE] = "BPF's, which this kernel skips while a task is "
					  "preempted in one (counted): perf's cannot be had",
	};

	return texts[way];
}

unsigned kern_attached(const struct kern *k)
{
	size_t n, i;
	unsigned count = 0;

	hooks_table(&n);
	for (i = 0; i < n; i++)
		count += k->used[i];
	return count;
}

unsigned kern_refused(const struct kern *k)
{
	size_t n, i;
	unsigned count = 0;

	hooks_table(&n);
	for (i = 0; i < n; i++)
		count += k->refused[i];
	return count;
}

/* --- memory --- */

static uint64_t round_up(uint64_t v, uint64_t to)
{
	return (v + to - 1) / to * to;
}

/* An element of a hash has a head beside key and value; the table has a word for each bucket. */
#define HASH_HEAD 48
#define HASH_BUCKET 16

static uint64_t map_len(const struct bpf_map *m, uint64_t cpus)
{
	const uint64_t n = bpf_map__max_entries(m);
	const uint64_t key = round_up(bpf_map__key_size(m), 8);
	const uint64_t value = round_up(bpf_map__value_size(m), 8);

	switch (bpf_map__type(m)) {
	case BPF_MAP_TYPE_RINGBUF:
		return n;
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return n * value * cpus;
	case BPF_MAP_TYPE_HASH: /* one element more for each CPU, to replace others with */
	case BPF_MAP_TYPE_LRU_HASH:
		return (n + cpus) * (HASH_HEAD + key + value) + n * HASH_BUCKET;
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return (n + cpus) * (HASH_HEAD + key + 8 + value * cpus) + n * HASH_BUCKET;
	default:
		return n * value;
	}
}

static uint64_t sum_maps(const struct kern *k, bool ring)
{
	const int cpus = libbpf_num_possible_cpus();
	struct bpf_map *m;
	uint64_t sum = 0;

	bpf_object__for_each_map(m, k->obj)
		if (ring || bpf_map__type(m) != BPF_MAP_TYPE_RINGBUF)
			sum += map_len(m, cpus > 0 ? (unsigned)cpus : 1);
	return sum;
}

uint64_t kern_maps_beside_ring(const struct kern *k)
{
	return sum_maps(k, false);
}

uint64_t kern_maps_len(const struct kern *k)
{
	return sum_maps(k, true);
}

/* --- programs that were not run --- */

static uint64_t skips_of(const struct kern *k, const char *program)
{
	const struct bpf_program *p = kern_program(k, program);
	const int fd = p ? bpf_program__fd(p) : -1;
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return 0;
	return info.recursion_misses; /* from 5.12 on */
}

void kern_skips(const struct kern *k, uint64_t lost[HW_CLASS_MAX][HW_LOST_MAX])
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);

	lost[HW_CLASS_SELF][HW_LOST_skipped] += skips_of(k, HOOK_DISPATCHER);
	for (i = 0; i < n; i++) {
		const uint64_t skips = kern_links(k, i) ? skips_of(k, t[i].program) : 0;

		if (t[i].kind == HOOK_FENTRY)
			lost[HW_CLASS_SELF][HW_LOST_note_skipped] += skips;
		else if (t[i].betters)
			lost[HW_CLASS_SELF][HW_LOST_skipped] += skips;
		else if (!k->preemptible || t[i].id != EV_execve) /* else told: exec_bare */
			lost[schema_event(t[i].id)->class][HW_LOST_skipped] += skips;
	}
}

/* --- the start record --- */

bool kern_row_tells(const struct kern *k, size_t row, unsigned id)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);

	if (!k->used[row] || !hook_serves(&t[row], id))
		return false;
	for (i = 0; i < row; i++)
		if (k->used[i] && hook_serves(&t[i], id) &&
		    strcmp(t[i].program, t[row].program) == 0)
			return false;
	return true;
}

static void write_programs(const struct kern *k, unsigned id, struct jsonw *w)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);

	jsonw_arr(w, "programs");
	for (i = 0; i < n; i++)
		if (kern_row_tells(k, i, id))
			jsonw_str(w, NULL, t[i].program);
	jsonw_end_arr(w);
}

static void write_weaker(const struct kern *k, unsigned id, struct jsonw *w)
{
	const char *texts[WEAK_MAX];
	const size_t n = hook_weaknesses(id, k->used, texts, WEAK_MAX);
	size_t i;

	if (!n)
		return;
	jsonw_arr(w, "weaker");
	for (i = 0; i < n; i++)
		jsonw_str(w, NULL, texts[i]);
	jsonw_end_arr(w);
}

/* The rows that were tried in vain. */
static void write_refused(const struct kern *k, unsigned id, struct jsonw *w)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);
	bool any = false;

	for (i = 0; i < n; i++) {
		if (!k->refused[i] || !hook_serves(&t[i], id))
			continue;
		if (!any)
			jsonw_arr(w, "refused");
		any = true;
		jsonw_obj(w, NULL);
		jsonw_str(w, "program", t[i].program);
		jsonw_str(w, "why", strerror(k->why[i]));
		jsonw_end_obj(w);
	}
	if (any)
		jsonw_end_arr(w);
}

void kern_event_json(const struct kern *k, unsigned id, struct jsonw *w)
{
	const unsigned source = hook_source(id, k->used);

	jsonw_obj(w, NULL);
	jsonw_str(w, "event", schema_event(id)->name);
	jsonw_str(w, "source", source < HOOK_KINDS ? hook_kind_name(source) : NULL);
	write_programs(k, id, w);
	write_weaker(k, id, w);
	write_refused(k, id, w);
	jsonw_end_obj(w);
}

void kern_hooks_json(const struct kern *k, struct jsonw *w)
{
	unsigned id;

	jsonw_arr(w, NULL);
	for (id = 1; id < EV_MAX; id++)
		if (schema_event(id) && kern_wants_event(k, id))
			kern_event_json(k, id, w);
	jsonw_end_arr(w);
}
