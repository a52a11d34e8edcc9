/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Loading and attaching the kernel side; see kern.h. */
#include "source/kern.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "source/cgroup2.h"

#define TRIES 8 /* loads, each without the programs refused before; more is no kernel for us */
#define LINKS_MAX 128
#define RING_PER_CPU (2ull << 20)
#define RING_MIN (4ull << 20)
#define RING_MAX (64ull << 20)
#define WAKE_LEN (64u << 10) /* some 200 records: waking costs more than reading one */
#define LOG_KEEP 4096

extern const char hw_bpf_object[], hw_bpf_object_end[];

#define DETACH_WAIT_US 20000 /* longer than any program runs */

struct kern {
	struct kern_opts o;
	struct bpf_object *obj;
	struct bpf_link *links[LINKS_MAX];
	unsigned n_links;
	unsigned version[2];
	bool probing;
	bool plain_loads; /* see KREAD in bpf/compat.bpf.h */
	bool *refused; /* by row of the hook table */
	int *why;      /* errno of the refusal */
	volatile struct hw_masks *masks;
	size_t masks_len;
};

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

static bool wanted(const struct kern *k, const struct hook *h)
{
	if (k->probing || hook_always(h))
		return true;
	return k->o.events[h->id / 8] >> (h->id % 8) & 1;
}

static bool in_use(const struct kern *k, size_t row)
{
	size_t n;
	const struct hook *t = hooks_table(&n);

	if (t[row].kind == HOOK_SYSCALL && t[row].nr.native < 0)
		return false; /* this architecture never had the call */
	return wanted(k, &t[row]) && hook_chosen(&t[row], k->version, k->refused);
}

enum hook_state kern_hook_state(const struct kern *k, size_t row, int *ret_errno)
{
	size_t n;
	const struct hook *t = hooks_table(&n);

	if (k->refused[row]) {
		*ret_errno = k->why[row];
		return HOOK_REFUSED;
	}
	if (in_use(k, row))
		return HOOK_IN_USE;
	return wanted(k, &t[row]) ? HOOK_NOT_HERE : HOOK_UNWANTED;
}

const char *hook_state_name(enum hook_state s)
{
	static const char *const names[] = {
		[HOOK_IN_USE] = "in use",
		[HOOK_UNWANTED] = "not wanted",
		[HOOK_REFUSED] = "refused",
		[HOOK_NOT_HERE] = "not needed",
	};

	return names[s];
}

static uint64_t ring_len(const struct kern *k)
{
	const int cpus = libbpf_num_possible_cpus();
	uint64_t len = k->o.ring_len, pow = RING_MIN;

	if (len)
		return len;
	len = RING_PER_CPU * (cpus > 0 ? (unsigned)cpus : 1);
	while (pow < len && pow < RING_MAX)
		pow <<= 1;
	return pow;
}

/* A map that no loaded program fills keeps one element. */
static int size_map(struct kern *k, const char *name, uint32_t entries)
{
	struct bpf_map *map = bpf_object__find_map_by_name(k->obj, name);

	return map ? bpf_map__set_max_entries(map, entries ? entries : 1) : -ENOENT;
}

static int set_knobs(struct kern *k)
{
	struct bpf_map *map = bpf_object__find_map_by_name(k->obj, ".rodata.knobs");
	struct hw_knobs knobs = {
		.ring_len = ring_len(k),
		.own_pid = (uint32_t)getpid(),
		.plain_loads = k->plain_loads,
	};
	int ret;

	if (!map)
		return -ENOENT;
	/* A bulk class leaves a quarter to those that may not be missed. */
	knobs.ring_watermark = knobs.ring_len / 4 * 3;
	knobs.wake_len = WAKE_LEN < knobs.ring_len / 8 ? WAKE_LEN : knobs.ring_len / 8;
	ret = bpf_map__set_initial_value(map, &knobs, sizeof(knobs));
	if (!ret)
		ret = size_map(k, "ring", (uint32_t)knobs.ring_len);
	if (!ret)
		ret = size_map(k, "object_paths", knobs.object_paths ? HW_PATH_NOTES : 0);
	if (!ret)
		ret = size_map(k, "object_addrs", knobs.object_addrs ? HW_ADDR_NOTES : 0);
	return ret;
}

/* Marks what is to be loaded. */
static int prune(struct kern *k)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);
	struct bpf_program *p;

	for (i = 0; i < n; i++) {
		if (!in_use(k, i))
			continue;
		p = bpf_object__find_program_by_name(k->obj, t[i].program);
		if (!p)
			return -ENOENT;
		bpf_program__set_autoload(p, true);
	}
	p = bpf_object__find_program_by_name(k->obj, HOOK_DISPATCHER);
	if (!p)
		return -ENOENT;
	bpf_program__set_autoload(p, true);
	return 0;
}

/* libbpf names the program that failed in its message. True when it is one of the table's. */
static bool note_refusal(struct kern *k, const char *says, int error)
{
	static const char mark[] = "': failed to load: ";
	const char *at = strstr(says, mark);
	size_t n, i, len;
	const struct hook *t = hooks_table(&n);
	bool found = false;

	if (!at)
		return false;
	for (i = 0; i < n; i++) {
		len = strlen(t[i].program);
		if ((size_t)(at - says) < len + 1 || at[-(ptrdiff_t)len - 1] != '\'' ||
		    strncmp(at - len, t[i].program, len) != 0)
			continue;
		k->refused[i] = true;
		k->why[i] = error;
		found = true;
	}
	return found;
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

static int load(struct kern *k, struct buf *err)
{
	struct buf says = BUF_INIT;
	libbpf_print_fn_t before = libbpf_set_print(on_print);
	int ret = -EINVAL;
	unsigned i;

	for (i = 0; i < TRIES; i++) {
		buf_reset(&says);
		libbpf_says = &says;
		ret = load_once(k, &says);
		libbpf_says = NULL;
		if (ret == 0)
			break;
		/* Before any program is given up, the slower way to read memory is tried. */
		if (k->plain_loads)
			k->plain_loads = false;
		else if (!note_refusal(k, buf_str(&says), -ret))
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

/* --- tables --- */

struct compat_fill {
	int fd;
	int ret;
};

static void put_compat(void *ctx, uint32_t at, uint32_t val)
{
	struct compat_fill *f = ctx;

	if (!f->ret)
		f->ret = bpf_map_update_elem(f->fd, &at, &val, BPF_ANY);
}

static int fill_row(struct kern *k, const struct hook *h)
{
	struct compat_fill f = {.fd = kern_map_fd(k, "sys_compat")};
	const uint32_t nr = (uint32_t)h->nr.native, id = h->id;
	const int prog = bpf_program__fd(kern_program(k, h->program));
	int ret;

	ret = bpf_map_update_elem(kern_map_fd(k, "sys_events"), &nr, &id, BPF_ANY);
	if (!ret)
		hook_compat_entries(h, put_compat, &f);
	if (!ret)
		ret = f.ret;
	/* Last: from here on the call is reported. */
	if (!ret)
		ret = bpf_map_update_elem(kern_map_fd(k, "sys_progs"), &nr, &prog, BPF_ANY);
	return ret;
}

static int fill_tables(struct kern *k, struct buf *err)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);
	int ret;

	for (i = 0; i < n; i++) {
		if (t[i].kind != HOOK_SYSCALL || !in_use(k, i))
			continue;
		ret = fill_row(k, &t[i]);
		if (ret) {
			buf_addf(err, "cannot enter %s into the table of system calls: %s",
				 t[i].event, strerror(-ret));
			return ret;
		}
	}
	return 0;
}

static int map_masks(struct kern *k, struct buf *err)
{
	const int fd = kern_map_fd(k, ".data.masks");
	void *p;

	k->masks_len = (size_t)sysconf(_SC_PAGESIZE);
	p = mmap(NULL, k->masks_len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		const int error = errno;

		buf_addf(err, "cannot map the kernel side's settings: %s", strerror(error));
		return -error;
	}
	k->masks = p;
	k->masks->skip_host_bulk = k->o.skip_host;
	k->masks->send_connected = k->o.send_connected;
	return 0;
}

/* --- attaching --- */

/* Programs of cgroups see what every cgroup does when they hang on the root. */
static struct bpf_link *attach_cgroup(struct bpf_program *p)
{
	struct rootfs *root = rootfs_new("/");
	int fd = root ? cgroup2_open(root) : -errno;
	struct bpf_link *link;
	int error;

	rootfs_free(root);
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	link = bpf_program__attach_cgroup(p, fd);
	error = errno;
	close(fd); /* the link keeps the cgroup */
	errno = error;
	return link;
}

static int attach(struct kern *k, const char *program, unsigned kind, struct buf *err)
{
	struct bpf_program *p = kern_program(k, program);
	struct bpf_link *link;
	int error;

	if (k->n_links == LINKS_MAX) {
		buf_adds(err, "more tracepoints in the hook table than LINKS_MAX");
		return -E2BIG;
	}
	link = kind == HOOK_CGROUP ? attach_cgroup(p) : bpf_program__attach(p);
	if (!link) {
		error = errno;
		buf_addf(err, "cannot attach %s: %s", program, strerror(error));
		return -error;
	}
	k->links[k->n_links++] = link;
	return 0;
}

/* By a link of its own; programs of the other kinds are called or run. */
static bool is_attached(const struct hook *h)
{
	return h->kind != HOOK_SYSCALL && h->kind != HOOK_ITER;
}

/* Two rows may share a program. */
static bool attached_before(const struct kern *k, size_t row)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);

	for (i = 0; i < row; i++)
		if (is_attached(&t[i]) && in_use(k, i) &&
		    strcmp(t[i].program, t[row].program) == 0)
			return true;
	return false;
}

static int attach_all(struct kern *k, struct buf *err)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);
	int ret;

	for (i = 0; i < n; i++) {
		if (!is_attached(&t[i]) || !in_use(k, i) || attached_before(k, i))
			continue;
		ret = attach(k, t[i].program, t[i].kind, err);
		if (ret)
			return ret;
	}
	return attach(k, HOOK_DISPATCHER, HOOK_TP_BTF, err);
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
			if (t[j].id == t[i].id && t[j].vital && in_use(k, j))
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
		k->refused = calloc(n, sizeof(*k->refused));
		k->why = calloc(n, sizeof(*k->why));
	}
	if (!k || !k->refused || !k->why) {
		kern_free(k);
		buf_adds(err, "memory ran out");
		errno = ENOMEM;
		return NULL;
	}
	kern_version(k->version);
	k->plain_loads = k->version[0] > 6 || (k->version[0] == 6 && k->version[1] >= 2);
	return k;
}

struct kern *kern_new(const struct kern_opts *o, struct buf *err)
{
	struct kern *k = kern_alloc(err);
	const struct hook *lack;
	int ret;

	if (!k)
		return NULL;
	k->o = *o;
	ret = load(k, err);
	if (ret)
		goto fail;
	lack = missing(k);
	if (lack) {
		ret = -ENOTSUP;
		buf_addf(err, "this kernel cannot tell %s events (program %s was refused), without "
			 "which hullwatch would be blind; `hullwatch doctor` shows more",
			 lack->event, lack->program);
		goto fail;
	}
	ret = fill_tables(k, err);
	if (!ret)
		ret = map_masks(k, err);
	if (!ret)
		ret = attach_all(k, err);
	if (!ret)
		return k;
fail:
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

/* A program that began before its link went may still be on another CPU. It runs with preemption
 * off, so it has ended when membarrier(2) has seen every CPU schedule. */
void kern_detach(struct kern *k)
{
	if (!k->n_links)
		return;
	while (k->n_links) /* the dispatcher first */
		bpf_link__destroy(k->links[--k->n_links]);
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(DETACH_WAIT_US); /* nohz_full kernels refuse it: wait instead */
}

void kern_free(struct kern *k)
{
	if (!k)
		return;
	kern_detach(k);
	if (k->masks)
		munmap((void *)k->masks, k->masks_len);
	bpf_object__close(k->obj);
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

unsigned kern_attached(const struct kern *k)
{
	size_t n, i;
	unsigned count = 0;

	hooks_table(&n);
	for (i = 0; i < n; i++)
		count += in_use(k, i);
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

void kern_hooks_json(const struct kern *k, struct jsonw *w)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);
	enum hook_state state;
	int error = 0;

	jsonw_arr(w, NULL);
	for (i = 0; i < n; i++) {
		state = kern_hook_state(k, i, &error);
		if (state != HOOK_IN_USE && state != HOOK_REFUSED)
			continue;
		jsonw_obj(w, NULL);
		jsonw_str(w, "event", t[i].event);
		jsonw_str(w, "program", t[i].program);
		jsonw_str(w, "kind", hook_kind_name(t[i].kind));
		if (state == HOOK_REFUSED) {
			jsonw_str(w, "refused", strerror(error));
			jsonw_str(w, "replaced_by", t[i].replaced_by);
		} else if (t[i].weaker) {
			jsonw_str(w, "weaker", t[i].weaker);
		}
		jsonw_end_obj(w);
	}
	jsonw_end_arr(w);
}
