/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Making each kind of object hook fire once; see kinds.h. */
#include "source/kinds.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rootfs.h"
#include "source/cgroup2.h"
#include "source/tracepoint.h"

#define PROBE_ADDR 0x7f485701 /* 127.72.87.1: a loopback address that nobody else connects to */
#define PROBE_PORT 9
#define UNTRIED 2

struct kinds {
	struct btf *btf; /* of the kernel; NULL: not read yet */
	bool no_btf;
	int state[HOOK_KINDS];
};

struct kinds *kinds_new(void)
{
	struct kinds *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->state[HOOK_LSM] = k->state[HOOK_FENTRY] = k->state[HOOK_CGROUP] = UNTRIED;
	return k;
}

void kinds_drop_types(struct kinds *k)
{
	btf__free(k->btf);
	k->btf = NULL;
}

void kinds_free(struct kinds *k)
{
	if (!k)
		return;
	kinds_drop_types(k);
	free(k);
}

static const struct btf *types(struct kinds *k)
{
	if (!k->btf && !k->no_btf) {
		k->btf = btf__load_vmlinux_btf();
		k->no_btf = !k->btf;
	}
	return k->btf;
}

/* A tracepoint's type is that of the function that it calls, whose first argument is not its
 * own. */
static bool has_tracepoint(const struct btf *btf, const char *name, unsigned args)
{
	const struct btf_type *t;
	char type[128];
	int id;

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, type, BTF_KIND_TYPEDEF);
	t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
	t = t ? btf__type_by_id(btf, t->type) : NULL;
	t = t && btf_is_ptr(t) ? btf__type_by_id(btf, t->type) : NULL;
	return t && btf_is_func_proto(t) && btf_vlen(t) == args + 1;
}

static bool enum_has(const struct btf *btf, const struct btf_type *t, const char *name,
		     unsigned *ret_number)
{
	const struct btf_enum *e = btf_enum(t);
	const char *text;
	unsigned i;

	for (i = 0; i < btf_vlen(t); i++) {
		text = btf__name_by_offset(btf, e[i].name_off);
		if (text && strcmp(text, name) == 0) {
			*ret_number = (unsigned)e[i].val;
			return true;
		}
	}
	return false;
}

unsigned kinds_number(struct kinds *k, const char *name, unsigned fallback)
{
	const struct btf *btf = types(k);
	const struct btf_type *t;
	uint32_t id;

	for (id = 1; btf && id < btf__type_cnt(btf); id++) {
		t = btf__type_by_id(btf, id);
		if (btf_is_enum(t) && enum_has(btf, t, name, &fallback))
			break;
	}
	return fallback;
}

bool kinds_has_target(struct kinds *k, const char *section, unsigned args)
{
	char name[128];

	if (args && tracepoint_name(section))
		return !types(k) || has_tracepoint(k->btf, tracepoint_name(section), args);
	if (strncmp(section, "lsm/", 4) == 0)
		snprintf(name, sizeof(name), "bpf_lsm_%s", section + 4);
	else if (strncmp(section, "fentry/", 7) == 0)
		snprintf(name, sizeof(name), "%s", section + 7);
	else
		return true;
	if (!types(k))
		return true;
	return btf__find_by_name_kind(k->btf, name, BTF_KIND_FUNC) > 0;
}

static bool has_member(const struct btf *btf, const char *name, const char *member)
{
	const int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
	unsigned i;

	for (i = 0; t && i < btf_vlen(t); i++)
		if (strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), member) == 0)
			return true;
	return false;
}

/* What guards a tracepoint is not in the types, but a snapshot of what it waits for is: its srcu_gp
 * came with SRCU-fast. A kernel that preempts nobody counts no nested RCU locks. */
bool kinds_preemptible(struct kinds *k)
{
	return types(k) && has_member(k->btf, "tp_transition_snapshot", "srcu_gp") &&
	       has_member(k->btf, "task_struct", "rcu_read_lock_nesting");
}

/* --- the small programs --- */

#define INSN(c, dst, src, o, i)                                                                    \
	((struct bpf_insn) {.code = c, .dst_reg = dst, .src_reg = src, .off = o, .imm = i})
#define CALL(helper) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define TAIL_LEN 11

/* Counts in the map's only element, and returns result; what jumps over the count skips 9. */
static void put_count(struct bpf_insn *to, int map, int result)
{
	const struct bpf_insn tail[TAIL_LEN] = {
		INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0),
		INSN(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4),
		CALL(BPF_FUNC_map_lookup_elem),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1),
		INSN(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, 0, BPF_ADD),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, result),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};

	memcpy(to, tail, sizeof(tail));
}

/* Counts what our own process opens. */
static int load_open(struct kinds *k, unsigned kind, int map)
{
	const bool lsm = kind == HOOK_LSM;
	struct bpf_insn insns[3 + TAIL_LEN] = {
		CALL(BPF_FUNC_get_current_pid_tgid),
		INSN(BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_0, 0, 0, 32),
		INSN(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 9, getpid()),
	};
	LIBBPF_OPTS(bpf_prog_load_opts, o,
		    .expected_attach_type = lsm ? BPF_LSM_MAC : BPF_TRACE_FENTRY);
	int fd, id;

	if (!types(k))
		return -ENOENT;
	id = btf__find_by_name_kind(k->btf, lsm ? "bpf_lsm_file_open" : "security_file_open",
				    BTF_KIND_FUNC);
	if (id < 0)
		return id;
	put_count(insns + 3, map, 0);
	o.attach_btf_id = (uint32_t)id;
	fd = bpf_prog_load(lsm ? BPF_PROG_TYPE_LSM : BPF_PROG_TYPE_TRACING, "hw_probe",
			   "Dual BSD/GPL", insns, sizeof(insns) / sizeof(insns[0]), &o);
	return fd < 0 ? -errno : fd;
}

/* Counts connects to the address that only we use; always allows. */
static int load_connect(int map)
{
	struct bpf_insn insns[3 + TAIL_LEN] = {
		INSN(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_0, BPF_REG_1,
		     offsetof(struct bpf_sock_addr, user_ip4), 0),
		INSN(BPF_ALU | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, (int)htonl(PROBE_ADDR)),
		INSN(BPF_JMP | BPF_JNE | BPF_X, BPF_REG_0, BPF_REG_2, 9, 0),
	};
	LIBBPF_OPTS(bpf_prog_load_opts, o, .expected_attach_type = BPF_CGROUP_INET4_CONNECT);
	int fd;

	put_count(insns + 3, map, 1);
	fd = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "hw_probe", "Dual BSD/GPL", insns,
			   sizeof(insns) / sizeof(insns[0]), &o);
	return fd < 0 ? -errno : fd;
}

static int attach_function(int prog)
{
	const int link = bpf_raw_tracepoint_open(NULL, prog);

	return link < 0 ? -errno : link;
}

static int attach_root(int prog)
{
	struct rootfs *root = rootfs_new("/");
	int dir = root ? cgroup2_open(root) : -errno;
	int link = dir;

	if (dir >= 0) {
		link = bpf_link_create(prog, dir, BPF_CGROUP_INET4_CONNECT, NULL);
		link = link < 0 ? -errno : link;
		close(dir);
	}
	rootfs_free(root);
	return link;
}

/* A datagram socket sends nothing when it connects. */
static void do_connect(void)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(PROBE_PORT),
		.sin_addr.s_addr = htonl(PROBE_ADDR),
	};
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	/* Without a loopback interface it fails, after the hook. */
	connect(fd, (const struct sockaddr *)&to, sizeof(to));
	close(fd);
}

static void do_open(void)
{
	const int fd = open("/", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
}

static bool counted(int map)
{
	const uint32_t zero = 0;
	uint64_t n = 0;

	return bpf_map_lookup_elem(map, &zero, &n) == 0 && n > 0;
}

static int try_with(struct kinds *k, unsigned kind, int map)
{
	const bool cgroup = kind == HOOK_CGROUP;
	int prog = cgroup ? load_connect(map) : load_open(k, kind, map);
	int link;

	if (prog < 0)
		return prog;
	link = cgroup ? attach_root(prog) : attach_function(prog);
	close(prog);
	if (link < 0)
		return link;
	if (cgroup)
		do_connect();
	else
		do_open();
	close(link);
	return counted(map) ? 0 : KIND_SILENT;
}

int kinds_try(struct kinds *k, unsigned kind)
{
	int map;

	if (k->state[kind] != UNTRIED)
		return k->state[kind];
	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "hw_probe", sizeof(uint32_t), sizeof(uint64_t), 1,
			     NULL);
	k->state[kind] = map < 0 ? -errno : try_with(k, kind, map);
	if (map >= 0)
		close(map);
	return k->state[kind];
}

bool kinds_tried(const struct kinds *k, unsigned kind)
{
	return k->state[kind] != UNTRIED;
}

int kinds_state(const struct kinds *k, unsigned kind)
{
	return kinds_tried(k, kind) ? k->state[kind] : 0;
}

const char *kinds_text(const struct kinds *k, unsigned kind)
{
	const int state = k->state[kind];

	if (state == UNTRIED)
		return "not tried";
	if (state == KIND_SILENT && kind == HOOK_LSM)
		return "attaches but never runs: boot with bpf in lsm=";
	if (state == KIND_SILENT)
		return "attaches but never runs";
	if (state == -EXDEV && kind == HOOK_CGROUP)
		return "the root of cgroup v2 is hidden by a cgroup namespace";
	if (state == -ENOENT && kind == HOOK_CGROUP)
		return "cgroup v2 is not mounted";
	if (state == -ENOENT)
		return "the kernel lacks the function that it hangs on";
	return state ? strerror(-state) : "fires";
}
