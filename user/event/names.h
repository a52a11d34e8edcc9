/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Names of numbers: errno, flags, enumerations, capabilities, signals. */
#ifndef HW_NAMES_H
#define HW_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct name_row {
	const char *name; /* NULL ends a table */
	uint64_t value;
	uint64_t mask; /* for flags: this row holds when (v & mask) == value; plain bits: value */
};

/* Every table, by the name that a schema row's format gives it. TABLE(name) */
#define NAME_TABLES(TABLE)                                                                         \
	TABLE(open_flags) TABLE(at_flags) TABLE(exe_flags) TABLE(af) TABLE(ptrace_request)         \
	TABLE(module_flags) TABLE(event_class) TABLE(lost_reason) TABLE(msg_flags)                 \
	TABLE(prctl_option) TABLE(prot_flags) TABLE(mmap_flags) TABLE(memfd_flags)                 \
	TABLE(fsconfig_cmd) TABLE(mount_attrs) TABLE(clone_flags) TABLE(bpf_cmd) TABLE(keyctl_op)  \
	TABLE(seccomp_op) TABLE(seccomp_flags) TABLE(io_uring_flags) TABLE(shutdown_how)           \
	TABLE(signal) TABLE(resolve_flags) TABLE(rename_flags) TABLE(mode_bits) TABLE(xattr_flags) \
	TABLE(fd_flags) TABLE(pidfd_flags) TABLE(uffd_flags) TABLE(mount_flags)                    \
	TABLE(umount_flags) TABLE(move_mount_flags) TABLE(fspick_flags) TABLE(open_tree_flags)     \
	TABLE(fsopen_flags) TABLE(fsmount_flags) TABLE(dns_type)

/* A table by itself, as schema.c puts it beside a field. */
#define TABLE(name) extern const struct name_row names_##name[];
NAME_TABLES(TABLE)
#undef TABLE

/* The table that a schema row's format names; NULL for dec, hex, oct, dns and none. */
const struct name_row *names_table(const char *format);

struct jsonw;
/* All tables and the capabilities, as members of an object: "names", by format, and "caps". */
void names_json(struct jsonw *w);

/* "A|B", "0" for none; bits without a name come last, in hex. */
void names_flags(struct buf *out, const struct name_row *t, uint64_t v);
/* The others return NULL for what is not known. */
const char *names_enum(const struct name_row *t, uint64_t v);
const char *names_errno(int err); /* positive or negative: "ENOENT" */
const char *names_cap(unsigned bit); /* "CAP_CHOWN" */
const char *names_sig(int sig); /* "SIGTERM" */
void names_caps(struct buf *out, uint64_t caps); /* "CAP_CHOWN CAP_DAC_OVERRIDE", blanks between */
bool names_cap_value(const char *name, unsigned *ret_bit); /* CAP_SYS_ADMIN, with or without CAP_ */

#endif
