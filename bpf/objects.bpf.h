/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What object hooks saw of the call that the current thread is in: the kernel's own paths, its own
 * copy of an address. A hook (lsm/ or fentry/security_, one body) notes it; the program at the
 * call's exit, or at the completion of an io_uring operation, takes it.
 *
 * Kept by thread in a map, since a call may sleep and wake on another CPU between the two. One call
 * at a time: a newer note replaces an older one, and a note of another kind is not given out.
 */
#ifndef HW_OBJECTS_BPF_H
#define HW_OBJECTS_BPF_H

#include "out.bpf.h"

enum object_kind {
	OBJECT_NONE,
	OBJECT_RENAME,	/* two paths: old, new */
	OBJECT_LINK,	/* two paths: existing, new */
	OBJECT_SYMLINK, /* one path: the link; its target is the kernel's copy of the text */
	OBJECT_UNLINK,
	OBJECT_RMDIR,
	OBJECT_MKDIR,
	OBJECT_MKNOD,
	OBJECT_CHMOD,
	OBJECT_CHOWN,
	OBJECT_TRUNCATE,
	OBJECT_XATTR,
	OBJECT_MOUNT,
	OBJECT_UMOUNT,
	OBJECT_MOVE_MOUNT, /* two paths: from, to */
	OBJECT_PIVOT,	   /* two paths: new root, where the old one goes */
	OBJECT_OPEN,	   /* what was opened, for opens whose result is no descriptor */
	OBJECT_SCRIPT,	   /* the file that an exec began with */
	OBJECT_ADDR,	   /* connect, bind, send: the address as the kernel copied it */
};

/* Appends the paths noted for the current thread to the record and makes the fields at off1 and
 * off2 name them; off2 0: one path. Forgets the note. 0, or a negative number when there is none of
 * that kind. */
int put_objects(__u64 slot, __u64 kind, __u64 off1, __u64 off2);
/* Fills the struct hw_addr at addr_off from the noted address; for a unix address makes the string
 * field at sun_off name it. Returns as put_objects; without a note nothing is changed. */
int put_object_addr(__u64 slot, __u64 addr_off, __u64 sun_off);
/* Forgets what is noted for the current thread. */
int drop_objects(void);

#endif
