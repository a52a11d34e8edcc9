/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * bpf(2): one call for many commands, each with its own reading of the same memory. What a program
 * or map made by it is called and of which type is read from the program or map.
 */
#include "target.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum bpf_cmd {
	CMD_MAP_CREATE = 0,
	CMD_PROG_LOAD = 5,
	CMD_OBJ_PIN = 6,
	CMD_OBJ_GET = 7,
	CMD_PROG_ATTACH = 8,
	CMD_PROG_DETACH = 9,
	CMD_PROG_QUERY = 16,
	CMD_RAW_TRACEPOINT_OPEN = 17,
	CMD_LINK_CREATE = 28,
};

#define OBJ_NAME_LEN 16
#define ATTR_LEN 72 /* as far as it is read */
#define MAP_NAME_AT 28
#define PROG_NAME_AT 48

/* union bpf_attr in 32-bit words; callers give as much of it as they know of, the rest is 0. As
 * large as the mask allows that no verifier forgets. */
#define ATTR_MASK 127
struct attr {
	__u32 w[(ATTR_MASK + 1) / 4];
};

static __always_inline void attr_read(const struct sys_call *c, struct attr *a)
{
	__u32 len = SYS_ARG(c, 2);

	if (len > ATTR_LEN)
		len = ATTR_LEN;
	barrier_var(len);
	len &= ATTR_MASK;
	if (len && bpf_probe_read_user(a, len, (void *)SYS_ARG(c, 1)))
		count_lost(HW_CLASS_KERNEL, HW_LOST_str_fault);
}

/* Of a command whose name lies in the attributes. */
static __always_inline void put_name(struct scratch *s, const struct sys_call *c, __u32 at)
{
	if ((__u32)SYS_ARG(c, 2) >= at + OBJ_NAME_LEN)
		OUT_STR(s, bpf, name, put_user_str, SYS_ARG(c, 1) + at);
}

static __always_inline void put_prog(struct scratch *s, struct ev_bpf *e, const struct sys_call *c)
{
	struct file *file = (void *)fd_file(c->ret);
	struct bpf_prog *prog = KREAD(file, private_data);

	if (!anon_is(file, ANON_BPF_PROG)) {
		put_name(s, c, PROG_NAME_AT);
		return;
	}
	e->type = KREAD(prog, type);
	e->attach_type = KREAD(prog, expected_attach_type);
	OUT_STR(s, bpf, name, put_kernel_str,
		(__u64)KREAD(prog, aux) + bpf_core_field_offset(struct bpf_prog_aux, name));
}

static __always_inline void put_map(struct scratch *s, struct ev_bpf *e, const struct sys_call *c)
{
	struct file *file = (void *)fd_file(c->ret);
	struct bpf_map *map = KREAD(file, private_data);

	if (!anon_is(file, ANON_BPF_MAP)) {
		put_name(s, c, MAP_NAME_AT);
		return;
	}
	e->type = KREAD(map, map_type);
	OUT_STR(s, bpf, name, put_kernel_str,
		(__u64)map + bpf_core_field_offset(struct bpf_map, name));
}

/* For any command: where the attributes have a pointer, as two words. */
#define WORDS(a, i) ((__u64)(a)->w[i] | (__u64)(a)->w[(i) + 1] << 32)

static __always_inline void put_attr(struct scratch *s, struct ev_bpf *e, const struct sys_call *c,
				     const struct attr *a)
{
	switch (e->cmd) {
	case CMD_PROG_LOAD:
		e->type = a->w[0];
		e->insn_cnt = a->w[1];
		e->attach_type = a->w[17];
		put_prog(s, e, c);
		break;
	case CMD_MAP_CREATE:
		e->type = a->w[0];
		put_map(s, e, c);
		break;
	case CMD_OBJ_PIN:
	case CMD_OBJ_GET:
	case CMD_RAW_TRACEPOINT_OPEN:
		if (WORDS(a, 0))
			OUT_STR(s, bpf, name, put_user_str, WORDS(a, 0));
		break;
	case CMD_PROG_ATTACH:
	case CMD_PROG_DETACH:
	case CMD_LINK_CREATE:
		e->attach_type = a->w[2];
		break;
	case CMD_PROG_QUERY:
		e->attach_type = a->w[1];
		break;
	}
}

SYSCALL(sys_bpf)
{
	struct attr a = {};
	struct sys_call c;
	struct scratch *s;
	struct ev_bpf *e;

	if (!sys_read(&c, ctx) || filter_own())
		return 0;
	s = sys_begin(&c, EV_CLASS_bpf, sizeof(*e));
	if (!s)
		return 0;
	e = OUT_REC(s, bpf);
	e->res = c.ret;
	e->cmd = SYS_ARG(&c, 0);
	attr_read(&c, &a);
	put_attr(s, e, &c, &a);
	return out_end(s);
}
