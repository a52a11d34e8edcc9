/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The loaded kernel side's tables, attaching and detaching; see kern_impl.h. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source/cgroup2.h"
#include "source/kern_impl.h"
#include "source/tracepoint.h"

#define DETACH_WAIT_US 20000 /* longer than any program runs */

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

static int fill_op(struct kern *k, const struct hook *h)
{
	const uint32_t op = (uint32_t)h->nr.native, id = h->id;

	return bpf_map_update_elem(kern_map_fd(k, "uring_events"), &op, &id, BPF_ANY);
}

static int fill_tables(struct kern *k, struct buf *err)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);
	int ret;

	for (i = 0; i < n; i++) {
		if (!k->used[i])
			continue;
		ret = 0;
		if (t[i].kind == HOOK_SYSCALL)
			ret = fill_row(k, &t[i]);
		else if (t[i].kind == HOOK_URING)
			ret = fill_op(k, &t[i]);
		if (ret) {
			buf_addf(err, "cannot enter %s into the table of %s: %s", t[i].event,
				 t[i].kind == HOOK_URING ? "operations" : "system calls",
				 strerror(-ret));
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
	k->masks->recv_connected = k->o.recv_connected;
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

static int attach(struct kern *k, const char *program, unsigned kind)
{
	struct bpf_program *p = kern_program(k, program);
	struct bpf_link *link;

	if (k->n_links == LINKS_MAX)
		return -E2BIG;
	if (kind == HOOK_CGROUP)
		link = attach_cgroup(p);
	else if (tracepoint_is(p))
		link = tracepoint_attach(p, k->preemptible);
	else
		link = bpf_program__attach(p);
	if (!link)
		return -errno;
	k->links[k->n_links++] = link;
	return 0;
}

/* By a link of its own; programs of the other kinds are called or run. */
static bool is_attached(const struct hook *h)
{
	return h->kind != HOOK_SYSCALL && h->kind != HOOK_ITER && h->kind != HOOK_URING;
}

/* Two rows may share a program. */
static bool attached_before(const struct kern *k, size_t row)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);

	for (i = 0; i < row; i++)
		if (is_attached(&t[i]) && k->used[i] &&
		    strcmp(t[i].program, t[row].program) == 0)
			return true;
	return false;
}

bool kern_links(const struct kern *k, size_t row)
{
	size_t n;

	return is_attached(&hooks_table(&n)[row]) && k->used[row] && !attached_before(k, row);
}

int kern_attach(struct kern *k, struct buf *err)
{
	size_t n, i;
	const struct hook *t = hooks_table(&n);
	int ret;

	for (i = 0; i < n; i++) {
		if (!kern_links(k, i))
			continue;
		ret = attach(k, t[i].program, t[i].kind);
		if (ret)
			kern_refuse(k, t[i].program, -ret);
	}
	ret = attach(k, HOOK_DISPATCHER, HOOK_TP_BTF);
	if (ret)
		buf_addf(err, "cannot attach the programs of system calls: %s", strerror(-ret));
	return ret;
}

int kern_fill(struct kern *k, struct buf *err)
{
	int ret = fill_tables(k, err);

	return ret ? ret : map_masks(k, err);
}

/* A program that began before its link went may still run, or sleep where it can be preempted. It
 * holds RCU's lock, so it has ended when membarrier(2) has waited for all who do. */
void kern_detach(struct kern *k)
{
	if (!k->n_links)
		return;
	while (k->n_links) /* the dispatcher first */
		bpf_link__destroy(k->links[--k->n_links]);
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(DETACH_WAIT_US); /* nohz_full kernels refuse it: wait instead */
}
