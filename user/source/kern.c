/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Choosing and loading the kernel side; see kern.h. Kinds of hook and functions that the kernel
 * lacks are found out beforehand, since a program that is refused costs a whole load.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "source/kern_impl.h"
#include "source/tracepoint.h"

#define TRIES 24 /* loads, each without the programs refused before; more is no kernel for us */
#define WAKE_LEN (64u << 10) /* some 200 records: waking costs more than reading one */
#define LOG_KEEP 4096
#define NO_BIT 63 /* of a request's flags: none has it */
/* All maps together, by default. The ring gets what the others leave, down to RING_MIN: with some
 * 200 CPUs their buffers alone need the rest. */
#define MAPS_MAX (32ull << 20)
#define RING_PER_CPU (2ull << 20)
#define RING_MIN (4ull << 20)
#define RING_MAX (16ull << 20)

extern const char hw_bpf_object[], hw_bpf_object_end[];

/* libbpf says why a load failed only through its print function, which takes no context. */
static _Thread_local struct buf *libbpf_says;

static int on_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[1024];
	int n;

	if (level != LIBBPF_WARN || !libbpf_says)
		return 0;
	n = vsnprintf(line, sizeof(line), fmt, ap);
	if (n > 0 && libbpf_says->len < LOG_KEEP)
		buf_adds(libbpf_says, line);
	return n;
}

void kern_version(unsigned ret_version[2])
{
	struct utsname u;

	ret_version[0] = ret_version[1] = 0;
	if (uname(&u) == 0)
		sscanf(u.release, "%u.%u", &ret_version[0], &ret_version[1]);
}

/* --- choosing --- */

bool kern_wants_event(const struct kern *k, unsigned id)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);

	if (!k->probing && !hook_event_always(id) && !(k->o.events[id / 8] >> (id % 8) & 1))
		return false;
	for (i = 0; i < n; i++)
		if (!t[i].betters && t[i].id == id)
			return true;
	return false;
}

bool kern_wants(const struct kern *k, const struct hook *h)
{
	const uint16_t *at;

	if (!h->betters)
		return kern_wants_event(k, h->id);
	for (at = h->betters; *at; at++)
		if (*at != HOOK_EVERY_OBJECT && kern_wants_event(k, *at))
			return true;
	return false;
}

static bool every_object(const struct hook *h)
{
	return h->betters && h->betters[0] == HOOK_EVERY_OBJECT;
}

/* Is a row of that object in use? */
static bool uses(const struct kern *k, const char *object)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);

	for (i = 0; i < n; i++)
		if (k->used[i] && t[i].betters && strcmp(t[i].event, object) == 0)
			return true;
	return false;
}

static void choose(struct kern *k)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);
	bool any_object = false;

	for (i = 0; i < n; i++) {
		k->used[i] = kern_wants(k, &t[i]) && hook_chosen(&t[i], k->version, k->barred);
		if (t[i].kind == HOOK_SYSCALL && t[i].nr.native < 0)
			k->used[i] = false; /* this architecture never had the call */
		any_object |= k->used[i] && hook_notes(&t[i]);
	}
	for (i = 0; i < n; i++)
		if (t[i].kind == HOOK_URING && !uses(k, HOOK_URING_SUBMIT))
			k->used[i] = false;
	for (i = 0; i < n; i++)
		if (every_object(&t[i]))
			k->used[i] = any_object && !k->barred[i];
}

static void bar(struct kern *k, size_t row, int why)
{
	k->barred[row] = true;
	k->why[row] = why;
}

void kern_refuse(struct kern *k, const char *program, int error)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);

	for (i = 0; i < n; i++) {
		if (strcmp(t[i].program, program) != 0)
			continue;
		bar(k, i, error);
		k->refused[i] = true;
	}
	choose(k);
}

/* Is an object row that was chosen of use here? Asking makes its kind fire, once. */
static int object_fault(struct kern *k, const struct hook *h)
{
	struct bpf_program *p = bpf_object__find_program_by_name(k->obj, h->program);
	const int state = kinds_try(k->kinds, h->kind);

	if (state)
		return state < 0 ? -state : KIND_SILENT;
	if (p && !kinds_has_target(k->kinds, bpf_program__section_name(p), h->args))
		return ESRCH;
	return 0;
}

static void try_kinds(struct kern *k)
{
	kinds_try(k->kinds, HOOK_LSM);
	kinds_try(k->kinds, HOOK_FENTRY);
	kinds_try(k->kinds, HOOK_CGROUP);
}

/* Bars the object rows that are of no use, those that come in their place included. */
static void settle_objects(struct kern *k)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);
	int fault;

	if (k->o.try_kinds || k->probing)
		try_kinds(k);
	k->preemptible = kinds_preemptible(k->kinds) && tracepoint_perf_works();
	k->skippable = !k->preemptible && kinds_preemptible(k->kinds);
	choose(k);
	for (i = 0; i < n; i++) {
		if (!k->used[i] || !t[i].betters || every_object(&t[i]))
			continue;
		fault = object_fault(k, &t[i]);
		if (!fault)
			continue;
		bar(k, i, fault);
		choose(k);
	}
	if (uses(k, HOOK_URING_SUBMIT)) {
		k->creds_bit = kinds_number(k->kinds, "REQ_F_CREDS_BIT", NO_BIT);
		k->multi_bit = kinds_number(k->kinds, "REQ_F_APOLL_MULTISHOT_BIT", NO_BIT);
		k->fail_bit = kinds_number(k->kinds, "REQ_F_FAIL_BIT", NO_BIT);
	}
	kinds_drop_types(k->kinds);
}

/* --- loading --- */

static uint64_t ring_len(const struct kern *k)
{
	const int cpus = libbpf_num_possible_cpus();
	const uint64_t beside = kern_maps_beside_ring(k);
	uint64_t len = k->o.ring_len, pow = RING_MIN;

	if (len)
		return len;
	len = RING_PER_CPU * (cpus > 0 ? (unsigned)cpus : 1);
	while (pow < len && pow < RING_MAX && beside + 2 * pow <= MAPS_MAX)
		pow <<= 1;
	return pow;
}

/* A map that no loaded program fills keeps one element. */
static int size_map(struct kern *k, const char *name, uint32_t entries)
{
	struct bpf_map *map = bpf_object__find_map_by_name(k->obj, name);

	return map ? bpf_map__set_max_entries(map, entries ? entries : 1) : -ENOENT;
}

/* Are object rows in use that note addresses, or paths? */
static bool notes(const struct kern *k, bool addr)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);

	for (i = 0; i < n; i++)
		if (k->used[i] && hook_notes(&t[i]) && t[i].addr == addr)
			return true;
	return false;
}

/* Without one of its tracepoints a completion could pass unseen: told before then. */
static bool uring_blind(const struct kern *k)
{
	return !uses(k, HOOK_URING_COMPLETE) || !uses(k, "io_uring_overflow") ||
	       !uses(k, "io_uring_fail_link") || !uses(k, "io_uring_queue");
}

static int size_uring(struct kern *k)
{
	const bool keep = uses(k, HOOK_URING_SUBMIT) && !uring_blind(k);
	int ret = size_map(k, "uring_short", keep ? HW_URING_SHORT : 0);

	if (!ret)
		ret = size_map(k, "uring_long", keep ? HW_URING_LONG : 0);
	return ret ? ret : size_map(k, "uring_multi", keep ? HW_URING_MULTI : 0);
}

static int set_knobs(struct kern *k)
{
	struct bpf_map *map = bpf_object__find_map_by_name(k->obj, ".rodata.knobs");
	struct hw_knobs knobs = {
		.own_pid = (uint32_t)getpid(),
		.plain_loads = k->plain_loads,
		.object_paths = notes(k, false),
		.object_addrs = notes(k, true),
		.uring_blind = uring_blind(k),
		.uring_creds_bit = (uint8_t)k->creds_bit,
		.uring_multi_bit = (uint8_t)k->multi_bit,
		.uring_fail_bit = (uint8_t)k->fail_bit,
		.preemptible = k->preemptible,
	};
	int ret;

	if (!map)
		return -ENOENT;
	ret = size_map(k, "object_paths", knobs.object_paths ? HW_PATH_NOTES : 0);
	if (!ret)
		ret = size_map(k, "object_addrs", knobs.object_addrs ? HW_ADDR_NOTES : 0);
	if (!ret)
		ret = size_uring(k);
	if (!ret && !k->preemptible)
		ret = size_map(k, "exec_marks", 0);
	knobs.ring_len = ring_len(k);
	if (!ret)
		ret = size_map(k, "ring", (uint32_t)knobs.ring_len);
	/* A bulk class leaves a quarter to those that may not be missed. */
	knobs.ring_watermark = knobs.ring_len / 4 * 3;
	if (k->probing)
		memset(knobs.wanted, 0xff, sizeof(knobs.wanted));
	else
		memcpy(knobs.wanted, k->o.events, sizeof(knobs.wanted));
	/* One cgroup may fill half of the ring with bulk while nothing is read: 3/8 that are free
	 * for all, and its burst (bpf/ledger.bpf.h). Three may fill all that bulk classes have. */
	knobs.bulk_mark = knobs.ring_len / 8 * 3;
	knobs.rest_mark = knobs.ring_len / 8 * 5;
	knobs.wake_len = WAKE_LEN < knobs.ring_len / 8 ? WAKE_LEN : knobs.ring_len / 8;
	return ret ? ret : bpf_map__set_initial_value(map, &knobs, sizeof(knobs));
}

static int load_too(struct kern *k, const char *program)
{
	struct bpf_program *p = bpf_object__find_program_by_name(k->obj, program);

	if (!p)
		return -ENOENT;
	if (bpf_program__autoload(p))
		return 0;
	bpf_program__set_autoload(p, true);
	return tracepoint_is(p) ? tracepoint_set_type(p, k->preemptible) : 0;
}

/* Marks what is to be loaded. */
static int prune(struct kern *k)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);
	int ret = load_too(k, HOOK_DISPATCHER);

	for (i = 0; i < n && !ret; i++)
		if (k->used[i] && t[i].kind != HOOK_URING)
			ret = load_too(k, t[i].program);
	return ret;
}

/* libbpf names the program that failed in its message. NULL when it is none of the table's. */
static const char *failed_program(const char *says)
{
	static const char mark[] = "': failed to load: ";
	const char *at = strstr(says, mark);
	size_t n, i, len;
	const struct hook *t = hooks_table(&n);

	for (i = 0; i < n && at; i++) {
		len = strlen(t[i].program);
		if ((size_t)(at - says) > len && at[-(ptrdiff_t)len - 1] == '\'' &&
		    strncmp(at - len, t[i].program, len) == 0)
			return t[i].program;
	}
	return NULL;
}

/* The first fault that libbpf named, without its prefix and newline. */
static void add_reason(struct buf *err, const char *says)
{
	const char *at = strstr(says, "failed to");
	size_t len;

	while (at && at > says && at[-1] != '\n')
		at--;
	if (!at)
		at = says;
	if (strncmp(at, "libbpf: ", 8) == 0)
		at += 8;
	len = strcspn(at, "\n");
	if (len) {
		buf_adds(err, " (");
		buf_add_clean(err, at, len);
		buf_addc(err, ')');
	}
}

static int load_once(struct kern *k, struct buf *says)
{
	LIBBPF_OPTS(bpf_object_open_opts, oo, .object_name = "hullwatch");
	const size_t len = (size_t)(hw_bpf_object_end - hw_bpf_object);
	int ret;

	k->obj = bpf_object__open_mem(hw_bpf_object, len, &oo);
	if (!k->obj)
		return -errno;
	settle_objects(k);
	ret = set_knobs(k);
	if (!ret)
		ret = prune(k);
	if (!ret)
		ret = bpf_object__load(k->obj);
	if (!ret)
		return 0;
	bpf_object__close(k->obj);
	k->obj = NULL;
	buf_addc(says, '\0');
	return ret;
}

/* After a load that failed: what to do without. False: there is nothing left to try.
 *
 * Before any program is given up, the slower way to read memory is tried. A program that fails then
 * too is refused for another reason, so that the faster way comes back; *suspect is the program. */
static bool retreat(struct kern *k, const char *says, int error, const char **suspect)
{
	const char *program = failed_program(says);

	if (k->plain_loads && !*suspect) {
		k->plain_loads = false;
		*suspect = program ? program : "";
		return true;
	}
	if (!program)
		return false;
	if (*suspect && strcmp(*suspect, program) == 0) {
		k->plain_loads = true;
		*suspect = NULL;
	}
	kern_refuse(k, program, error);
	return true;
}

static int load(struct kern *k, struct buf *err)
{
	struct buf says = BUF_INIT;
	libbpf_print_fn_t before = libbpf_set_print(on_print);
	const char *suspect = NULL;
	int ret = -EINVAL;
	unsigned i;

	for (i = 0; i < TRIES; i++) {
		buf_reset(&says);
		libbpf_says = &says;
		ret = load_once(k, &says);
		libbpf_says = NULL;
		if (ret == 0 || !retreat(k, buf_str(&says), -ret, &suspect))
			break;
	}
	libbpf_set_print(before);
	if (ret) {
		buf_addf(err, "the kernel refused hullwatch's BPF programs: %s", strerror(-ret));
		add_reason(err, buf_str(&says));
		buf_adds(err, "; `hullwatch doctor` shows what this kernel can do");
	}
	buf_done(&says);
	return ret;
}

/* The first vital event that no row tells, or NULL. */
static const struct hook *missing(const struct kern *k)
{
	size_t n, i, j;
	const struct hook *t = hooks_table(&n);

	for (i = 0; i < n; i++) {
		if (!t[i].vital)
			continue;
		for (j = 0; j < n; j++)
			if (t[j].id == t[i].id && t[j].vital && k->used[j])
				break;
		if (j == n)
			return &t[i];
	}
	return NULL;
}

static struct kern *kern_alloc(struct buf *err)
{
	struct kern *k = calloc(1, sizeof(*k));
	size_t n;

	hooks_table(&n);
	if (k) {
		k->kinds = kinds_new();
		k->used = calloc(n, sizeof(*k->used));
		k->barred = calloc(n, sizeof(*k->barred));
		k->refused = calloc(n, sizeof(*k->refused));
		k->why = calloc(n, sizeof(*k->why));
	}
	if (!k || !k->kinds || !k->used || !k->barred || !k->refused || !k->why) {
		kern_free(k);
		buf_adds(err, "memory ran out");
		errno = ENOMEM;
		return NULL;
	}
	kern_version(k->version);
	k->plain_loads = k->version[0] > 6 || (k->version[0] == 6 && k->version[1] >= 2);
	return k;
}

static int check_vital(const struct kern *k, struct buf *err)
{
	const struct hook *lack = missing(k);

	if (!lack)
		return 0;
	buf_addf(err, "this kernel cannot tell %s events (program %s was refused), without which "
		 "hullwatch would be blind; `hullwatch doctor` shows more", lack->event,
		 lack->program);
	return -ENOTSUP;
}

struct kern *kern_new(const struct kern_opts *o, struct buf *err)
{
	struct kern *k = kern_alloc(err);
	int ret;

	if (!k)
		return NULL;
	k->o = *o;
	ret = load(k, err);
	if (!ret)
		ret = check_vital(k, err);
	if (!ret)
		ret = kern_fill(k, err);
	if (!ret)
		ret = kern_attach(k, err);
	if (!ret)
		ret = check_vital(k, err); /* what loads need not attach */
	if (!ret)
		return k;
	kern_free(k);
	errno = -ret;
	return NULL;
}

struct kern *kern_probe(struct buf *err)
{
	struct kern *k = kern_alloc(err);
	int ret;

	if (!k)
		return NULL;
	k->probing = true;
	ret = load(k, err);
	if (!ret)
		return k;
	kern_free(k);
	errno = -ret;
	return NULL;
}

void kern_free(struct kern *k)
{
	if (!k)
		return;
	kern_detach(k);
	if (k->masks)
		munmap((void *)k->masks, k->masks_len);
	bpf_object__close(k->obj);
	kinds_free(k->kinds);
	free(k->used);
	free(k->barred);
	free(k->refused);
	free(k->why);
	free(k);
}

int kern_map_fd(const struct kern *k, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(k->obj, name);

	return map ? bpf_map__fd(map) : -ENOENT;
}

struct bpf_program *kern_program(const struct kern *k, const char *name)
{
	return bpf_object__find_program_by_name(k->obj, name);
}

volatile struct hw_masks *kern_masks(struct kern *k)
{
	return k->masks;
}

