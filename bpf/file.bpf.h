/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What is told of a file that was opened, whatever way the request came. */
#ifndef HW_FILE_BPF_H
#define HW_FILE_BPF_H

#include "path.bpf.h"
#include "sys.bpf.h"

#define O_CREAT 0100
#define O_TMPFILE 020000000
#define O_OPENING_FLAGS 01700 /* O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC: not kept in the file */
#define FMODE_CREATED 0x100000

/* What the kernel opened. open and openat have their flags in registers, which nobody else can
 * change; openat2 has them in memory, so the file itself wins there. The file lacks the flags
 * that only mattered while opening. (After open and openat it has O_LARGEFILE, asked for or not) */
static __always_inline void open_object(struct scratch *s, struct ev_open *e, struct file *file)
{
	put_fdobj(s->idx, (__u64)file, STR_OFF(open, obj));
	e->ino = e->obj.ino;
	e->dev = e->obj.dev;
	if (e->h.type == EV_openat2)
		e->flags = (e->flags & O_OPENING_FLAGS) | e->obj.f_flags;
	if (KREAD(file, f_mode) & FMODE_CREATED)
		e->flags |= HW_O_F_CREATED;
	if (e->obj.magic == OVERLAYFS_MAGIC &&
	    inode_layer(KREAD(file, f_inode)) == HW_EXE_UPPER_LAYER)
		e->flags |= HW_O_UPPER_LAYER;
}

#endif
