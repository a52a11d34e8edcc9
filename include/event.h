/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Expands schema.def: event ids, wire structs, and the assertions that they have no holes.
 * Compiles as C11 and with -target bpf; knows nothing of either side.
 *
 * A record is struct ev_NAME (which begins with struct ev_hdr), then the bytes of its strings.
 * hdr.size is the whole length. All numbers are in the order of the host.
 */
#ifndef HW_EVENT_H
#define HW_EVENT_H

#ifdef __bpf__
#include "vmlinux.h"
#else
#include <linux/types.h>
#include <stddef.h>
#endif

#define HW_STR_CUT 1	   /* longer than was captured */
#define HW_STR_USER 2	   /* from user memory: what the caller passed, not what the kernel used */
#define HW_STR_FAULT 4	   /* the memory could not be read, or only in part */
#define HW_STR_DELETED 8   /* path of an object whose directory entry is gone */
#define HW_STR_JOINED 32   /* longer than the record may hold: head and tail, HW_JOINT between */
#define HW_STR_DETACHED 16 /* the walk ended outside the task's root: starts at what it reached */

/* A string of a record: off counts from the record's first byte. The byte at off + len is NUL and
 * belongs to the record, so a reader may take it as a C string (ARGV and BYTES hold NULs inside).
 * An absent string is {0, 0, 0}; an empty one has an offset. */
struct hw_str {
	__u16 off;
	__u16 flags;
	__u32 len;
};

/* family AF_INET or AF_INET6, 0 when there is none; port in host order; an IPv4 address takes
 * ip[0..3]. IPv4-mapped IPv6 addresses are stored as they are; the reader folds them. */
struct hw_addr {
	__u8 ip[16];
	__u16 port;
	__u16 family;
};

enum hw_fd_kind {
	HW_FD_NONE,  /* no such descriptor, or the call failed */
	HW_FD_FILE,  /* also devices and named pipes */
	HW_FD_DIR,
	HW_FD_SOCK,
	HW_FD_PIPE,
	HW_FD_ANON,  /* anonymous inode; path is its name: [eventfd], [eventpoll], ... */
	HW_FD_MEMFD, /* path is memfd:NAME */
};

/* What a descriptor referred to when the event happened, read from struct file. For sockets the
 * path is that of the peer's (else the own) unix address, and local and remote are the socket's. */
struct hw_fdobj {
	__u64 ino;
	__u32 dev;
	__u32 magic; /* of the file system */
	struct hw_str path;
	struct hw_addr local;
	struct hw_addr remote;
	__u32 f_flags; /* struct file: access mode and status flags */
	__u16 mode;    /* of the inode: type and permission bits */
	__u16 kind;    /* enum hw_fd_kind */
	__u16 sk_family;
	__u16 sk_type;
	__u16 sk_proto;
	__u16 sk_state; /* as the kernel's TCP_*: 1 is established, 10 is listen */
	__u32 nlink;	/* names that the inode has */
	__u32 uid;	/* owner of the inode, in the initial namespace */
	__u32 gid;
	__u32 mnt_id;	/* of the mount: two names of one file by bind mounts differ in it */
};

#define HW_CTYPE_U16(n) __u16 n
#define HW_CTYPE_U32(n) __u32 n
#define HW_CTYPE_U64(n) __u64 n
#define HW_CTYPE_I32(n) __s32 n
#define HW_CTYPE_I64(n) __s64 n
#define HW_CTYPE_ERRNO(n) __s64 n
#define HW_CTYPE_FD(n) __s32 n
#define HW_CTYPE_PID(n) __u32 n
#define HW_CTYPE_UID(n) __u32 n
#define HW_CTYPE_GID(n) __u32 n
#define HW_CTYPE_FLAGS(n) __u32 n
#define HW_CTYPE_ENUM(n) __u32 n
#define HW_CTYPE_MODE(n) __u32 n
#define HW_CTYPE_DEV(n) __u32 n
#define HW_CTYPE_PAD32(n) __u32 n
#define HW_CTYPE_CAPS(n) __u64 n
#define HW_CTYPE_TIME(n) __u64 n
#define HW_CTYPE_START(n) __u64 n /* of another process: begins struct hw_target */
#define HW_CTYPE_COMM(n) char n[16]
#define HW_CTYPE_STR(n) struct hw_str n
#define HW_CTYPE_PATH(n) struct hw_str n
#define HW_CTYPE_ARGV(n) struct hw_str n
#define HW_CTYPE_BYTES(n) struct hw_str n
#define HW_CTYPE_ADDR(n) struct hw_addr n
#define HW_CTYPE_FDOBJ(n) struct hw_fdobj n

/* Classes, in which priority, interest and loss are counted. BULK classes fill the ring only to
 * its watermark. CLASS(name, bulk) */
#define HW_CLASSES(CLASS)                                                                          \
	CLASS(SELF, 0)                                                                             \
	CLASS(PROC, 0)                                                                             \
	CLASS(CGROUP, 0)                                                                           \
	CLASS(CRED, 0)                                                                             \
	CLASS(STATE, 0)                                                                            \
	CLASS(KERNEL, 0)                                                                           \
	CLASS(FACT, 0)                                                                             \
	CLASS(FILE, 1)                                                                             \
	CLASS(NET, 1)

#define CLASS(name, bulk) HW_CLASS_##name,
enum hw_class { HW_CLASSES(CLASS) HW_CLASS_MAX };
#undef CLASS

#define EVENT(id, name, class, doc) EV_##name = id,
enum hw_event_id {
#include "schema.def"
	EV_MAX = 256 /* ids are below this */
};

/* EV_CLASS_NAME: the class of an event, as a constant. */
#define EVENT(id, name, class, doc) EV_CLASS_##name = HW_CLASS_##class,
enum hw_event_class {
#include "schema.def"
};

/* Every struct but ev_hdr begins with one: HW_UNLESS_HDR(name, x) is x for all events but hdr.
 * HW_IS_hdr is the only such macro, and its comma moves x out of the second place. */
#define HW_IS_hdr ~,
#define HW_SECOND_(a, b, ...) b
#define HW_SECOND(...) HW_SECOND_(__VA_ARGS__)
#define HW_UNLESS_HDR(name, x) HW_SECOND(HW_IS_##name, x, )

#define EVENT(id, name, class, doc) struct ev_##name { HW_UNLESS_HDR(name, struct ev_hdr h;)
#define FIELD(event, type, name, format, doc) HW_CTYPE_##type(name);
#define END(event) };
#include "schema.def"

/* The rows of IMAGE_FIELDS as a struct of their own: the same layout in every event with them. */
#define FIELD(event, type, name, format, doc) HW_CTYPE_##type(name);
struct hw_image {
	IMAGE_FIELDS(image)
};
/* The same of TARGET_FIELDS. */
struct hw_target {
	TARGET_FIELDS(target)
};
#undef FIELD

#define LOST(name, side, whole, doc) HW_LOST_##name,
enum hw_lost {
#include "lost.def"
	HW_LOST_MAX
};

/* No holes: the size of each struct is the sum of its parts, and a multiple of 8. */
#define EVENT(id, name, class, doc)                                                                \
	_Static_assert(sizeof(struct ev_##name) == 0 HW_UNLESS_HDR(name, + sizeof(struct ev_hdr))
#define FIELD(event, type, name, format, doc) +sizeof(((struct ev_##event *)0)->name)
#define END(event) , "struct ev_" #event " has a hole: order its fields by size in schema.def");
#include "schema.def"

#define EVENT(id, name, class, doc)                                                                \
	_Static_assert(sizeof(struct ev_##name) % 8 == 0,                                          \
		       "struct ev_" #name " is no multiple of 8: add a PAD32 row");
#include "schema.def"

#define HW_F_COMPAT 1  /* the caller used the 32-bit system call interface */
#define HW_F_CUT 2     /* some string was cut */
#define HW_F_FAILED 4  /* the call failed */
#define HW_F_SYNTH 8   /* made by user space */
#define HW_F_URING 16  /* through io_uring: the task is the one that submitted it */
#define HW_F_UNSEEN 32 /* the result was not seen: 0 stands there, and fd is HW_FD_UNSEEN */
#define HW_F_X32 64    /* the caller used x86's third interface */

#define HW_FD_UNSEEN 0x7fffffff /* also where io_uring has a file that is no descriptor */

#define HW_CPU_USER 0xffffffffu
#define HW_RECORD_MAX 32768 /* of the kernel's records; facts may be larger */
#define HW_FACT_MAX (1u << 20)
#define HW_PATH_MAX 4096
#define HW_ARGV_MAX 4096
#define HW_TAIL_MAX 2048   /* of argv_tail */
#define HW_DATA_MAX 80	   /* of the bytes kept from a read, write, send or receive */
#define HW_JOINT "/.../"   /* stands for what is missing in the middle of a path */

#define HW_EXE_WRITABLE 1    /* by the process that runs it */
#define HW_EXE_UPPER_LAYER 2 /* overlayfs: not from the image */
#define HW_EXE_FROM_MEMFD 4
#define HW_EXE_LOWER_LAYER 8 /* overlayfs: from the image */
#define HW_EXE_DELETED 16    /* the executable had no name any more when it was started */

#define HW_O_F_CREATED (1u << 30)   /* in open's flags: the call made the file */
#define HW_O_UPPER_LAYER (1u << 29) /* in open's flags: overlayfs, not from the image */

#endif
