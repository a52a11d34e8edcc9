/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What is missing on this machine for hullwatch to watch, in one sentence with what to do. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/rootfs.h"
#include "source/kern.h"
#include "source/source.h"

#define OLDEST_MAJOR 5
#define OLDEST_MINOR 10
#define BTF_FILE "/sys/kernel/btf/vmlinux"

/* Effective capabilities; 0 when they cannot be read. */
static uint64_t own_caps(const struct rootfs *root)
{
	struct buf text = BUF_INIT;
	uint64_t caps = 0;
	const char *at;

	if (rootfs_read(root, "/proc/self/status", 65536, &text) == 0) {
		at = strstr(buf_str(&text), "\nCapEff:");
		if (at)
			caps = strtoull(at + 8, NULL, 16);
	}
	buf_done(&text);
	return caps;
}

static bool has_cap(uint64_t caps, unsigned cap)
{
	return caps >> cap & 1;
}

static int check_rights(const struct rootfs *root, struct buf *err)
{
	const uint64_t caps = own_caps(root);

	if (has_cap(caps, CAP_SYS_ADMIN) ||
	    (has_cap(caps, CAP_BPF) && has_cap(caps, CAP_PERFMON) && has_cap(caps, CAP_SYS_PTRACE)))
		return 0;
	if (geteuid())
		buf_adds(err, "watching the kernel needs root: run it with sudo, or as a service");
	else
		buf_adds(err, "root lacks capabilities here: give the container or service "
			 "CAP_SYS_ADMIN, or CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE");
	return -EPERM;
}

static int check_kernel(struct buf *err)
{
	struct utsname u;
	unsigned v[2];

	kern_version(v);
	if (v[0] > OLDEST_MAJOR || (v[0] == OLDEST_MAJOR && v[1] >= OLDEST_MINOR))
		return 0;
	uname(&u);
	buf_addf(err, "kernel %s is too old: hullwatch needs %d.%d or newer", u.release,
		 OLDEST_MAJOR, OLDEST_MINOR);
	return -ENOTSUP;
}

static int check_btf(const struct rootfs *root, struct buf *err)
{
	struct stat st;

	if (rootfs_stat(root, BTF_FILE, &st) == 0)
		return 0;
	buf_adds(err, "this kernel does not describe its types (no " BTF_FILE "): use a kernel "
		 "built with CONFIG_DEBUG_INFO_BTF=y, or mount sysfs");
	return -ENOTSUP;
}

/* Why the kernel may refuse BPF, or what programs are made of, to root. */
static const char *refusal_hint(const struct rootfs *root, int error)
{
	struct buf text = BUF_INIT;
	const char *hint = "see `dmesg` for the reason";

	if (error == ENOSYS)
		hint = "use a kernel built with CONFIG_BPF_SYSCALL=y";
	else if (rootfs_read(root, "/sys/kernel/security/lockdown", 256, &text) == 0 &&
		 strstr(buf_str(&text), "[confidentiality]"))
		hint = "kernel lockdown is at \"confidentiality\": boot with lockdown=integrity";
	else if (error == EPERM)
		hint = "a seccomp filter, a security module or a user namespace forbids bpf(2): "
		       "run hullwatch outside of it";
	else if (error == ENOMEM)
		hint = "raise the memory limit of its cgroup";
	buf_done(&text);
	return hint;
}

/* 0, or the errno with which a program is refused. */
static int try_program(const struct bpf_insn *insns, size_t n)
{
	const int prog = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "hw_probe", "Dual BSD/GPL",
				       insns, n, NULL);

	if (prog < 0)
		return errno;
	close(prog);
	return 0;
}

static int try_ring(void)
{
	const int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "hw_probe", 0, 0,
					(uint32_t)sysconf(_SC_PAGESIZE), NULL);

	if (ring < 0)
		return errno;
	close(ring);
	return 0;
}

#define INSN(op, dst, src, val) {.code = (op), .dst_reg = (dst), .src_reg = (src), .imm = (val)}

/* The smallest things that the kernel side is made of: a ring, a program that does nothing, one
 * that reads the kernel's memory (which lockdown forbids at its highest level, with EINVAL). */
static int check_bpf(const struct rootfs *root, struct buf *err)
{
	static const struct bpf_insn nothing[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0),
	};
	static const struct bpf_insn reading[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_10, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, -8),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 8),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0),
		INSN(BPF_JMP | BPF_CALL, 0, 0, BPF_FUNC_probe_read_kernel),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0),
	};
	const char *what = "BPF";
	int error = try_ring();

	if (!error)
		error = try_program(nothing, sizeof(nothing) / sizeof(nothing[0]));
	if (!error) {
		what = "BPF programs its memory";
		error = try_program(reading, sizeof(reading) / sizeof(reading[0]));
	}
	if (!error)
		return 0;
	buf_addf(err, "the kernel refuses %s (%s): %s", what, strerror(error),
		 refusal_hint(root, error));
	return -error;
}

int probe_requirements(struct buf *err)
{
	struct rootfs *root = rootfs_new("/");
	int ret = root ? 0 : -errno;

	if (ret) {
		buf_addf(err, "cannot open /: %s", strerror(-ret));
		return ret;
	}
	ret = check_kernel(err);
	if (!ret)
		ret = check_rights(root, err);
	if (!ret)
		ret = check_btf(root, err);
	if (!ret)
		ret = check_bpf(root, err);
	rootfs_free(root);
	return ret;
}
