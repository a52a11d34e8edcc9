/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Names of numbers, as tables. Spelling is that of the rule language where it has one (O_F_CREATED,
 * FD_UPPER_LAYER, AF_LOCAL), else the kernel's. Knows no event.
 */
#include "event/names_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "base/jsonw.h"
#include "event.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CAP_LAST 40

/* The C library says 0 on 64-bit machines; the kernel sees the bit all the same. */
#if defined(__aarch64__)
#define LARGEFILE 0400000
#else
#define LARGEFILE 0100000
#endif

/* From the highest to the lowest in the order that the rule language prints them. */
const struct name_row names_open_flags[] = {
	BIT(O_LARGEFILE, LARGEFILE),
	PART(O_DIRECTORY, O_DIRECTORY, O_TMPFILE),
	BIT(O_DIRECT, O_DIRECT),
	BIT(O_TRUNC, O_TRUNC),
	PART(O_SYNC, O_SYNC, O_SYNC),
	BIT(O_NONBLOCK, O_NONBLOCK),
	BIT(O_EXCL, O_EXCL),
	PART(O_DSYNC, O_DSYNC, O_SYNC),
	BIT(O_APPEND, O_APPEND),
	BIT(O_CREAT, O_CREAT),
	PART(O_RDWR, O_RDWR, O_ACCMODE),
	PART(O_WRONLY, O_WRONLY, O_ACCMODE),
	PART(O_RDONLY, O_RDONLY, O_ACCMODE),
	BIT(O_CLOEXEC, O_CLOEXEC),
	PART(O_TMPFILE, O_TMPFILE, O_TMPFILE),
	BIT(O_NOCTTY, O_NOCTTY),
	BIT(O_NOFOLLOW, O_NOFOLLOW),
	BIT(O_NOATIME, O_NOATIME),
	BIT(O_ASYNC, O_ASYNC),
	BIT(O_PATH, O_PATH),
	BIT(O_F_CREATED, HW_O_F_CREATED),
	BIT(FD_UPPER_LAYER, HW_O_UPPER_LAYER),
	TABLE_END,
};

const struct name_row names_at_flags[] = {
	BIT(AT_SYMLINK_NOFOLLOW, 0x100), BIT(AT_REMOVEDIR, 0x200), BIT(AT_SYMLINK_FOLLOW, 0x400),
	BIT(AT_NO_AUTOMOUNT, 0x800), BIT(AT_EMPTY_PATH, 0x1000), BIT(AT_RECURSIVE, 0x8000),
	TABLE_END,
};

/* Of calls that take some of open's flags and no way to open. */
const struct name_row names_fd_flags[] = {
	BIT(O_TRUNC, O_TRUNC), BIT(O_NONBLOCK, O_NONBLOCK), BIT(O_CLOEXEC, O_CLOEXEC),
	TABLE_END,
};

const struct name_row names_pidfd_flags[] = {
	BIT(PIDFD_NONBLOCK, O_NONBLOCK), BIT(PIDFD_THREAD, O_EXCL),
	TABLE_END,
};

const struct name_row names_uffd_flags[] = {
	BIT(UFFD_USER_MODE_ONLY, 1), BIT(O_NONBLOCK, O_NONBLOCK), BIT(O_CLOEXEC, O_CLOEXEC),
	TABLE_END,
};

const struct name_row names_open_tree_flags[] = {
	BIT(OPEN_TREE_CLONE, 1), BIT(OPEN_TREE_NAMESPACE, 2), BIT(OPEN_TREE_CLOEXEC, O_CLOEXEC),
	BIT(AT_SYMLINK_NOFOLLOW, 0x100), BIT(AT_NO_AUTOMOUNT, 0x800), BIT(AT_EMPTY_PATH, 0x1000),
	BIT(AT_RECURSIVE, 0x8000),
	TABLE_END,
};

const struct name_row names_exe_flags[] = {
	BIT(EXE_WRITABLE, HW_EXE_WRITABLE),
	BIT(EXE_UPPER_LAYER, HW_EXE_UPPER_LAYER),
	BIT(EXE_FROM_MEMFD, HW_EXE_FROM_MEMFD),
	BIT(EXE_LOWER_LAYER, HW_EXE_LOWER_LAYER),
	BIT(EXE_DELETED, HW_EXE_DELETED),
	TABLE_END,
};

const struct name_row names_af[] = {
	N(AF_UNSPEC, 0), N(AF_LOCAL, 1), N(AF_INET, 2), N(AF_AX25, 3), N(AF_IPX, 4),
	N(AF_APPLETALK, 5), N(AF_NETROM, 6), N(AF_BRIDGE, 7), N(AF_ATMPVC, 8), N(AF_X25, 9),
	N(AF_INET6, 10), N(AF_ROSE, 11), N(AF_DECnet, 12), N(AF_NETBEUI, 13),
	N(AF_SECURITY, 14), N(AF_KEY, 15), N(AF_NETLINK, 16), N(AF_PACKET, 17), N(AF_ASH, 18),
	N(AF_ECONET, 19), N(AF_ATMSVC, 20), N(AF_RDS, 21), N(AF_SNA, 22), N(AF_IRDA, 23),
	N(AF_PPPOX, 24), N(AF_WANPIPE, 25), N(AF_LLC, 26), N(AF_IB, 27), N(AF_MPLS, 28),
	N(AF_CAN, 29), N(AF_TIPC, 30), N(AF_BLUETOOTH, 31), N(AF_IUCV, 32), N(AF_RXRPC, 33),
	N(AF_ISDN, 34), N(AF_PHONET, 35), N(AF_IEEE802154, 36), N(AF_CAIF, 37), N(AF_ALG, 38),
	N(AF_NFC, 39), N(AF_VSOCK, 40), N(AF_KCM, 41), N(AF_QIPCRTR, 42), N(AF_SMC, 43),
	N(AF_XDP, 44), N(AF_MCTP, 45),
	TABLE_END,
};

const struct name_row names_ptrace_request[] = {
	N(PTRACE_TRACEME, 0), N(PTRACE_PEEKTEXT, 1), N(PTRACE_PEEKDATA, 2),
	N(PTRACE_PEEKUSR, 3), N(PTRACE_POKETEXT, 4), N(PTRACE_POKEDATA, 5),
	N(PTRACE_POKEUSR, 6), N(PTRACE_CONT, 7), N(PTRACE_KILL, 8), N(PTRACE_SINGLESTEP, 9),
	N(PTRACE_GETREGS, 12), N(PTRACE_SETREGS, 13), N(PTRACE_GETFPREGS, 14),
	N(PTRACE_SETFPREGS, 15), N(PTRACE_ATTACH, 16), N(PTRACE_DETACH, 17),
	N(PTRACE_GETFPXREGS, 18), N(PTRACE_SETFPXREGS, 19), N(PTRACE_OLDSETOPTIONS, 21),
	N(PTRACE_SYSCALL, 24), N(PTRACE_GET_THREAD_AREA, 25), N(PTRACE_SET_THREAD_AREA, 26),
	N(PTRACE_ARCH_PRCTL, 30), N(PTRACE_SYSEMU, 31), N(PTRACE_SYSEMU_SINGLESTEP, 32),
	N(PTRACE_SINGLEBLOCK, 33), N(PTRACE_SETOPTIONS, 0x4200), N(PTRACE_GETEVENTMSG, 0x4201),
	N(PTRACE_GETSIGINFO, 0x4202), N(PTRACE_SETSIGINFO, 0x4203), N(PTRACE_GETREGSET, 0x4204),
	N(PTRACE_SETREGSET, 0x4205), N(PTRACE_SEIZE, 0x4206), N(PTRACE_INTERRUPT, 0x4207),
	N(PTRACE_LISTEN, 0x4208), N(PTRACE_PEEKSIGINFO, 0x4209), N(PTRACE_GETSIGMASK, 0x420a),
	N(PTRACE_SETSIGMASK, 0x420b), N(PTRACE_SECCOMP_GET_FILTER, 0x420c),
	N(PTRACE_SECCOMP_GET_METADATA, 0x420d), N(PTRACE_GET_SYSCALL_INFO, 0x420e),
	N(PTRACE_GET_RSEQ_CONFIGURATION, 0x420f),
	N(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, 0x4210),
	N(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, 0x4211), N(PTRACE_SET_SYSCALL_INFO, 0x4212),
	TABLE_END,
};

const struct name_row names_module_flags[] = {
	BIT(MODULE_INIT_IGNORE_MODVERSIONS, 1), BIT(MODULE_INIT_IGNORE_VERMAGIC, 2),
	BIT(MODULE_INIT_COMPRESSED_FILE, 4),
	TABLE_END,
};

const struct name_row names_event_class[] = {
	N(self, HW_CLASS_SELF), N(proc, HW_CLASS_PROC), N(cgroup, HW_CLASS_CGROUP),
	N(cred, HW_CLASS_CRED), N(state, HW_CLASS_STATE), N(kernel, HW_CLASS_KERNEL),
	N(fact, HW_CLASS_FACT), N(file, HW_CLASS_FILE), N(net, HW_CLASS_NET),
	TABLE_END,
};
_Static_assert(ARRAY_LEN(names_event_class) == HW_CLASS_MAX + 1, "a class has no name");

const struct name_row names_lost_reason[] = {
#define LOST(name, side, whole, doc) N(name, HW_LOST_##name),
#include "lost.def"
	TABLE_END,
};

static const struct { const char *format; const struct name_row *rows; } tables[] = {
#define TABLE(name) {#name, names_##name},
	NAME_TABLES(TABLE)
#undef TABLE
};

const struct name_row *names_table(const char *format)
{
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		if (strcmp(tables[i].format, format) == 0)
			return tables[i].rows;
	}
	return NULL;
}

void names_flags(struct buf *out, const struct name_row *t, uint64_t v)
{
	uint64_t rest = v;
	size_t start = out->len;

	for (; t->name; t++) {
		if ((v & t->mask) != t->value)
			continue;
		if (out->len > start)
			buf_addc(out, '|');
		buf_adds(out, t->name);
		rest &= ~t->value;
	}
	if (rest)
		buf_addf(out, "%s0x%llx", out->len > start ? "|" : "", (unsigned long long)rest);
	else if (out->len == start)
		buf_addc(out, '0');
}

const char *names_enum(const struct name_row *t, uint64_t v)
{
	for (; t->name; t++) {
		if (t->value == v)
			return t->name;
	}
	return NULL;
}

/* --- errors --- */

#define E(name) [name] = #name,
static const char *const errnos[] = {
	E(EPERM) E(ENOENT) E(ESRCH) E(EINTR) E(EIO) E(ENXIO) E(E2BIG) E(ENOEXEC) E(EBADF)
	E(ECHILD) E(EAGAIN) E(ENOMEM) E(EACCES) E(EFAULT) E(ENOTBLK) E(EBUSY) E(EEXIST) E(EXDEV)
	E(ENODEV) E(ENOTDIR) E(EISDIR) E(EINVAL) E(ENFILE) E(EMFILE) E(ENOTTY) E(ETXTBSY)
	E(EFBIG) E(ENOSPC) E(ESPIPE) E(EROFS) E(EMLINK) E(EPIPE) E(EDOM) E(ERANGE) E(EDEADLK)
	E(ENAMETOOLONG) E(ENOLCK) E(ENOSYS) E(ENOTEMPTY) E(ELOOP) E(ENOMSG) E(EIDRM) E(ECHRNG)
	E(EL2NSYNC) E(EL3HLT) E(EL3RST) E(ELNRNG) E(EUNATCH) E(ENOCSI) E(EL2HLT) E(EBADE)
	E(EBADR) E(EXFULL) E(ENOANO) E(EBADRQC) E(EBADSLT) E(EBFONT) E(ENOSTR) E(ENODATA)
	E(ETIME) E(ENOSR) E(ENONET) E(ENOPKG) E(EREMOTE) E(ENOLINK) E(EADV) E(ESRMNT) E(ECOMM)
	E(EPROTO) E(EMULTIHOP) E(EDOTDOT) E(EBADMSG) E(EOVERFLOW) E(ENOTUNIQ) E(EBADFD)
	E(EREMCHG) E(ELIBACC) E(ELIBBAD) E(ELIBSCN) E(ELIBMAX) E(ELIBEXEC) E(EILSEQ) E(ERESTART)
	E(ESTRPIPE) E(EUSERS) E(ENOTSOCK) E(EDESTADDRREQ) E(EMSGSIZE) E(EPROTOTYPE)
	E(ENOPROTOOPT) E(EPROTONOSUPPORT) E(ESOCKTNOSUPPORT) E(EOPNOTSUPP) E(EPFNOSUPPORT)
	E(EAFNOSUPPORT) E(EADDRINUSE) E(EADDRNOTAVAIL) E(ENETDOWN) E(ENETUNREACH) E(ENETRESET)
	E(ECONNABORTED) E(ECONNRESET) E(ENOBUFS) E(EISCONN) E(ENOTCONN) E(ESHUTDOWN)
	E(ETOOMANYREFS) E(ETIMEDOUT) E(ECONNREFUSED) E(EHOSTDOWN) E(EHOSTUNREACH) E(EALREADY)
	E(EINPROGRESS) E(ESTALE) E(EUCLEAN) E(ENOTNAM) E(ENAVAIL) E(EISNAM) E(EREMOTEIO)
	E(EDQUOT) E(ENOMEDIUM) E(EMEDIUMTYPE) E(ECANCELED) E(ENOKEY) E(EKEYEXPIRED)
	E(EKEYREVOKED) E(EKEYREJECTED) E(EOWNERDEAD) E(ENOTRECOVERABLE) E(ERFKILL) E(EHWPOISON)
};
#undef E

/* What the kernel uses inside; the exit of an interrupted system call shows them. */
static const struct name_row kernel_errnos[] = {
	N(ERESTARTSYS, 512), N(ERESTARTNOINTR, 513), N(ERESTARTNOHAND, 514), N(ENOIOCTLCMD, 515),
	N(ERESTART_RESTARTBLOCK, 516), N(EPROBE_DEFER, 517), N(EOPENSTALE, 518), N(ENOPARAM, 519),
	N(EBADHANDLE, 521), N(ENOTSYNC, 522), N(EBADCOOKIE, 523), N(ENOTSUPP, 524),
	N(ETOOSMALL, 525), N(ESERVERFAULT, 526), N(EBADTYPE, 527), N(EJUKEBOX, 528),
	N(EIOCBQUEUED, 529), N(ERECALLCONFLICT, 530),
	TABLE_END,
};

const char *names_errno(int err)
{
	unsigned n = err < 0 ? -(unsigned)err : (unsigned)err;

	if (n < ARRAY_LEN(errnos))
		return errnos[n];
	return names_enum(kernel_errnos, n);
}

/* --- capabilities --- */

#define C(name) "CAP_" #name,
static const char *const caps[CAP_LAST + 1] = {
	C(CHOWN) C(DAC_OVERRIDE) C(DAC_READ_SEARCH) C(FOWNER) C(FSETID) C(KILL) C(SETGID)
	C(SETUID) C(SETPCAP) C(LINUX_IMMUTABLE) C(NET_BIND_SERVICE) C(NET_BROADCAST)
	C(NET_ADMIN) C(NET_RAW) C(IPC_LOCK) C(IPC_OWNER) C(SYS_MODULE) C(SYS_RAWIO)
	C(SYS_CHROOT) C(SYS_PTRACE) C(SYS_PACCT) C(SYS_ADMIN) C(SYS_BOOT) C(SYS_NICE)
	C(SYS_RESOURCE) C(SYS_TIME) C(SYS_TTY_CONFIG) C(MKNOD) C(LEASE) C(AUDIT_WRITE)
	C(AUDIT_CONTROL) C(SETFCAP) C(MAC_OVERRIDE) C(MAC_ADMIN) C(SYSLOG) C(WAKE_ALARM)
	C(BLOCK_SUSPEND) C(AUDIT_READ) C(PERFMON) C(BPF) C(CHECKPOINT_RESTORE)
};
#undef C

void names_caps(struct buf *out, uint64_t v)
{
	size_t start = out->len;

	for (unsigned bit = 0; bit <= CAP_LAST; bit++) {
		if (!(v >> bit & 1))
			continue;
		if (out->len > start)
			buf_addc(out, ' ');
		buf_adds(out, caps[bit]);
	}
}

const char *names_cap(unsigned bit)
{
	return bit <= CAP_LAST ? caps[bit] : NULL;
}

bool names_cap_value(const char *name, unsigned *ret_bit)
{
	if (strncasecmp(name, "CAP_", 4) == 0)
		name += 4;
	for (unsigned bit = 0; bit <= CAP_LAST; bit++) {
		if (strcasecmp(caps[bit] + 4, name) == 0) {
			*ret_bit = bit;
			return true;
		}
	}
	return false;
}

/* --- as JSON --- */

void names_json(struct jsonw *w)
{
	jsonw_obj(w, "names");
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		jsonw_arr(w, tables[i].format);
		for (const struct name_row *r = tables[i].rows; r->name; r++) {
			jsonw_obj(w, NULL);
			jsonw_str(w, "name", r->name);
			jsonw_u64(w, "value", r->value);
			jsonw_end_obj(w);
		}
		jsonw_end_arr(w);
	}
	jsonw_end_obj(w);
	jsonw_arr(w, "caps");
	for (size_t i = 0; i < ARRAY_LEN(caps); i++)
		jsonw_str(w, NULL, caps[i]);
	jsonw_end_arr(w);
}
