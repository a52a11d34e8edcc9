/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What object hooks saw of the call that the current thread is in: the kernel's own paths, its own
 * copy of an address. A hook (lsm/ or fentry/security_, one body) notes it; the program at the
 * call's exit, or at the completion of an io_uring operation, takes it.
 *
 * Kept by thread in a map, since a call may sleep and wake on another CPU between the two. One call
 * at a time: a newer note replaces an older one, and a note of another kind or of another system
 * call is not given out.
 *
 * A program whose call is noted takes the note or drops it on every way out, or it would be given
 * to a later call of that kind that fails before the kernel comes to its hook. (sys_begin drops it
 * when the record is lost.) A call without its record costs nothing where no object hook is loaded:
 * the functions are then empty to the verifier.
 */
#ifndef HW_OBJECTS_BPF_H
#define HW_OBJECTS_BPF_H

#include "out.bpf.h"

enum object_kind {
	OBJECT_NONE,
	OBJECT_RENAME,	/* two paths: old, new */
	OBJECT_LINK,	/* two paths: existing, new */
	OBJECT_SYMLINK, /* the link's path; second, for who asks: the kernel's copy of the target */
	OBJECT_UNLINK,
	OBJECT_RMDIR,
	OBJECT_MKDIR,
	OBJECT_MKNOD,
	OBJECT_CHMOD,
	OBJECT_CHOWN,
	OBJECT_TRUNCATE,
	OBJECT_XATTR, /* on the mount that the task's root or directory is on, else detached */
	OBJECT_MOUNT,
	OBJECT_UMOUNT,
	OBJECT_MOVE_MOUNT, /* two paths: from, to */
	OBJECT_PIVOT,	   /* two paths: new root, where the old one goes */
	OBJECT_SCRIPT,	   /* the file that an exec began with */
	OBJECT_ADDR,	   /* connect, bind, send: the address as the kernel copied it */
	OBJECT_KINDS
};

/* Appends the paths noted for the current thread to the record and makes the fields at off1 and
 * off2 name them; off2 0: one path. Forgets the note. 0, or a negative number when there is none of
 * that kind. */
int put_objects(__u64 slot, __u64 kind, __u64 off1, __u64 off2);
/* Fills the struct hw_addr at addr_off from the noted address; for a unix address makes the string
 * field at sun_off name it. The record's type says which call it must be of: connect, bind, or one
 * that sends. Returns as put_objects; without a note nothing is changed. */
int put_object_addr(__u64 slot, __u64 addr_off, __u64 sun_off);
/* Forgets what is noted for the current thread. Always 0. */
int drop_objects(void);
/* The same for a request of io_uring that a worker ran: its notes are kept by its address, and wait
 * for its completion, wherever that is seen. */
int put_request_objects(__u64 slot, __u64 req, __u64 kind, __u64 off1, __u64 off2);
int put_request_addr(__u64 slot, __u64 req, __u64 addr_off, __u64 sun_off);
int drop_request_objects(__u64 req);

/* --- for the hooks --- */

/* Note what the current thread's call is about, if somebody wants that; dentry2 0: one path. A path
 * whose last name is only being made is never told as deleted. Always 0. */
int note_paths(__u64 kind, __u64 mnt1, __u64 dentry1, __u64 mnt2, __u64 dentry2);
/* The link's path and the text of its target. */
int note_symlink(__u64 mnt, __u64 dentry, __u64 target);
/* len bytes of a struct sockaddr in kernel memory; event is connect, bind or sendto. */
int note_addr(__u64 event, __u64 sockaddr, __u64 len);
/* The same for programs of cgroups: an IPv4 address is the low half of ip_low, the port in host
 * order. */
int note_inet(__u64 event, __u64 family, __u64 ip_low, __u64 ip_high, __u64 port);
/* Finds out where on its stack a task's registers are, as note_inet needs to know. */
int learn_regs(void);

#endif
