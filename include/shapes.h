/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Shapes: rows of schema.def that several events share, so that one program of the kernel side can
 * fill them all and one reader knows where everything lies. e is the event; a macro's other
 * arguments name fields whose names differ from event to event.
 */
#ifndef HW_SHAPES_H
#define HW_SHAPES_H

/* What is known of a process's image; shared by exec events and by the start-up scan. */
#define IMAGE_FIELDS(e)                                                                            \
	FIELD(e, U64, exe_ino, dec, "inode number of the executable")                              \
	FIELD(e, TIME, exe_ino_ctime, dec, "change time of the executable's inode")                \
	FIELD(e, TIME, exe_ino_mtime, dec, "modification time of the executable's inode")          \
	FIELD(e, CAPS, cap_inheritable, hex, "inheritable capabilities")                           \
	FIELD(e, U64, argv_len, dec, "length of the whole argument vector in bytes")               \
	FIELD(e, U64, argv_hash, hex, "hash of the whole argument vector, 0 when it was not read") \
	FIELD(e, ARGV, argv, none, "argument vector, each argument ended by NUL: its head")        \
	FIELD(e, BYTES, argv_tail, none, "end of an argument vector that is longer than its head") \
	FIELD(e, PATH, filename, none, "file name as it was given to the kernel")                  \
	FIELD(e, PATH, trusted_exepath, none, "path of the mapped executable, from its dentry")    \
	FIELD(e, PATH, cwd, none, "current directory, from its dentry")                            \
	FIELD(e, DEV, exe_dev, hex, "device of the executable")                                    \
	FIELD(e, FLAGS, flags, exe_flags, "properties of the executable")                          \
	FIELD(e, U32, tty, dec, "controlling terminal's device number, 0 without one")             \
	FIELD(e, PID, sid, dec, "session id")                                                      \
	FIELD(e, PID, pgid, dec, "process group id")                                               \
	FIELD(e, PID, vpgid, dec, "process group id in the process's own pid namespace")           \
	FIELD(e, U32, pidns, dec, "inode number of the pid namespace")                             \
	FIELD(e, U32, mntns, dec, "inode number of the mount namespace")                           \
	FIELD(e, U32, netns, dec, "inode number of the network namespace")                         \
	FIELD(e, U32, userns, dec, "inode number of the user namespace")

#define EXEC_FIELDS(e)                                                                             \
	FIELD(e, ERRNO, res, dec, "0 or the error; a failed exec has only this and filename")      \
	FIELD(e, PATH, script, none, "script that was run, where the program is its interpreter")  \
	FIELD(e, PATH, interp, none, "interpreter as the script or the kernel named it")           \
	IMAGE_FIELDS(e)

/* dirfd is AT_FDCWD for open and creat. base is filled only where the name is relative and no
 * object was opened. names: of the flags. */
#define OPEN_FIELDS(e, names)                                                                      \
	FIELD(e, U64, ino, dec, "inode number of what was opened")                                 \
	FIELD(e, U64, resolve, resolve_flags, "openat2: resolve flags")                            \
	FIELD(e, PATH, name, none, "name as passed")                                               \
	FIELD(e, PATH, base, none, "directory that a relative name starts from, from its dentry")  \
	FIELD(e, FDOBJ, obj, none, "what the descriptor refers to")                                \
	FIELD(e, FD, fd, dec, "descriptor, or the negative error")                                 \
	FIELD(e, FD, dirfd, dec, "directory descriptor, -100 for the current directory")           \
	FIELD(e, FLAGS, flags, names, "flags; of an open with O_F_CREATED when it made the file")  \
	FIELD(e, MODE, mode, oct, "mode for a file that is made")                                  \
	FIELD(e, DEV, dev, hex, "device of what was opened")                                       \
	FIELD(e, PAD32, pad, none, "")

/* Operations on two names; base directories as with OPEN_FIELDS, whenever a name is relative. An
 * obj is absent where no object hook is in use, and where the call failed before the kernel came to
 * it: the name as passed is then all there is. */
#define TWO_PATH_FIELDS(e, dir1, path1, dir2, path2, names)                                        \
	FIELD(e, ERRNO, res, dec, "0 or the error")                                                \
	FIELD(e, PATH, path1, none, "first name as passed")                                        \
	FIELD(e, PATH, path2, none, "second name as passed")                                       \
	FIELD(e, PATH, base1, none, "directory that a relative first name starts from")            \
	FIELD(e, PATH, base2, none, "directory that a relative second name starts from")           \
	FIELD(e, PATH, obj1, none, "first path as the kernel used it, from its dentry")            \
	FIELD(e, PATH, obj2, none, "second path as the kernel used it, from its dentry")           \
	FIELD(e, FD, dir1, dec, "directory descriptor of the first name")                          \
	FIELD(e, FD, dir2, dec, "directory descriptor of the second name")                         \
	FIELD(e, FLAGS, flags, names, "flags")                                                     \
	FIELD(e, PAD32, pad, none, "")

#define ONE_PATH_FIELDS(e, path, names)                                                            \
	FIELD(e, ERRNO, res, dec, "0 or the error")                                                \
	FIELD(e, PATH, path, none, "name as passed")                                               \
	FIELD(e, PATH, base1, none, "directory that a relative name starts from")                  \
	FIELD(e, PATH, obj1, none, "path as the kernel used it, from its dentry")                  \
	FIELD(e, FD, dirfd, dec, "directory descriptor, -100 for the current directory")           \
	FIELD(e, FLAGS, flags, names, "flags")

/* Operations on a socket; addr and sun are what the caller passed, obj is what the kernel holds. */
#define SOCK_FIELDS(e)                                                                             \
	FIELD(e, ERRNO, res, dec, "result, or the negative error")                                 \
	FIELD(e, U64, size, dec, "bytes asked for")                                                \
	FIELD(e, PATH, sun, none, "unix address as passed")                                        \
	FIELD(e, BYTES, data, none, "first bytes that were sent or received")                      \
	FIELD(e, FDOBJ, obj, none, "what the descriptor refers to")                                \
	FIELD(e, ADDR, addr, none, "address as passed; as the kernel used it where a hook saw it") \
	FIELD(e, FD, fd, dec, "descriptor")                                                        \
	FIELD(e, FLAGS, flags, msg_flags, "flags")                                                 \
	FIELD(e, U32, count, dec, "messages of a call that takes several, else 0 or 1")

#define DUP_FIELDS(e)                                                                              \
	FIELD(e, FDOBJ, obj, none, "what the descriptor refers to")                                \
	FIELD(e, FD, res, dec, "new descriptor, or the negative error")                            \
	FIELD(e, FD, oldfd, dec, "old descriptor")                                                 \
	FIELD(e, FD, newfd, dec, "descriptor asked for, -1 with dup")                              \
	FIELD(e, FLAGS, flags, fd_flags, "flags")

#define CRED_FIELDS(e)                                                                             \
	FIELD(e, ERRNO, res, dec, "0 or the error")                                                \
	FIELD(e, UID, uid, dec, "first id asked for (a group id for the group calls)")             \
	FIELD(e, PAD32, pad, none, "")

/* Another process that the call was about, found by the kernel's own objects; target_pid is 0 when
 * there was none, or none any more when the call ended. */
#define TARGET_FIELDS(e)                                                                           \
	FIELD(e, START, target_start, dec, "start of the other process, nanoseconds since boot") \
	FIELD(e, U64, target_cgroup, dec, "cgroup id of the other process")                        \
	FIELD(e, PID, target_pid, dec, "the other process, in the initial namespace")              \
	FIELD(e, PID, target_tid, dec, "its thread that was meant, in the initial namespace")

/* A directory or node is made. */
#define MAKE_FIELDS(e)                                                                             \
	FIELD(e, ERRNO, res, dec, "0 or the error")                                                \
	FIELD(e, PATH, path, none, "name as passed")                                               \
	FIELD(e, PATH, base1, none, "directory that a relative name starts from")                  \
	FIELD(e, PATH, obj1, none, "path as the kernel used it, from its dentry")                  \
	FIELD(e, FD, dirfd, dec, "directory descriptor, -100 for the current directory")           \
	FIELD(e, MODE, mode, mode_bits, "mode asked for; with the type for a node")                \
	FIELD(e, DEV, dev, hex, "device that a device node stands for")                            \
	FIELD(e, PAD32, pad, none, "")

/* Mode, owner or length of a file is changed: by name, or by descriptor (fd, obj; also dirfd with
 * an empty name and AT_EMPTY_PATH). uid and gid are 4294967295 in calls that take none. */
#define ATTR_FIELDS(e, path)                                                                       \
	FIELD(e, ERRNO, res, dec, "0 or the error")                                                \
	FIELD(e, U64, length, dec, "truncate: length asked for")                                   \
	FIELD(e, PATH, path, none, "name as passed")                                               \
	FIELD(e, PATH, base1, none, "directory that a relative name starts from")                  \
	FIELD(e, PATH, obj1, none, "path as the kernel used it, from its dentry")                  \
	FIELD(e, FDOBJ, obj, none, "what the descriptor refers to")                                \
	FIELD(e, FD, fd, dec, "descriptor; -1 for the calls that take a name")                     \
	FIELD(e, FD, dirfd, dec, "directory descriptor, -100 for the current directory")           \
	FIELD(e, MODE, mode, mode_bits, "mode asked for")                                          \
	FIELD(e, UID, uid, dec, "owner asked for, 4294967295 to leave it")                         \
	FIELD(e, GID, gid, dec, "group asked for, 4294967295 to leave it")                         \
	FIELD(e, FLAGS, flags, at_flags, "flags")

/* Bytes move through a descriptor. Of calls with several pieces the first 8 are looked at, for data
 * and for size; size is at least what moved. */
#define RW_FIELDS(e)                                                                               \
	FIELD(e, ERRNO, res, dec, "bytes that moved, or the negative error")                       \
	FIELD(e, U64, size, dec, "bytes asked for")                                                \
	FIELD(e, I64, pos, dec, "position in the file, -1 for the descriptor's own")               \
	FIELD(e, BYTES, data, none, "first bytes that moved")                                      \
	FIELD(e, FDOBJ, obj, none, "what the descriptor refers to")                                \
	FIELD(e, FD, fd, dec, "descriptor")                                                        \
	FIELD(e, PAD32, pad, none, "")

/* Memory becomes executable, or a file is mapped so. obj is the mapped file; of kind NONE when the
 * memory is anonymous. (Anonymous memory that is shared is a deleted file /dev/zero to the kernel.)
 * mprotect: obj is what was mapped at addr when the call ended, whatever lies behind. */
#define MAP_FIELDS(e)                                                                              \
	FIELD(e, ERRNO, res, hex, "address of the mapping or 0, or the negative error")            \
	FIELD(e, U64, addr, hex, "address as passed")                                              \
	FIELD(e, U64, length, dec, "length in bytes")                                              \
	FIELD(e, U64, pgoffset, dec, "position in the file, in units of 4096 bytes")               \
	FIELD(e, FDOBJ, obj, none, "mapped file")                                                  \
	FIELD(e, FLAGS, prot, prot_flags, "protection asked for")                                  \
	FIELD(e, FLAGS, flags, mmap_flags, "flags")                                                \
	FIELD(e, FD, fd, dec, "descriptor, -1 without one")                                        \
	FIELD(e, U32, known, dec, "1 when what the memory maps was seen, 0: obj says nothing")

/* An extended attribute is set: by name, or by descriptor (fd, obj; also dirfd with an empty name
 * and AT_EMPTY_PATH). */
#define XATTR_FIELDS(e)                                                                            \
	FIELD(e, ERRNO, res, dec, "0 or the error")                                                \
	FIELD(e, U64, size, dec, "length of the value")                                            \
	FIELD(e, PATH, path, none, "name as passed")                                               \
	FIELD(e, PATH, base1, none, "directory that a relative name starts from")                  \
	FIELD(e, PATH, obj1, none, "path as the kernel used it, from its dentry")                  \
	FIELD(e, STR, name, none, "name of the attribute as passed")                               \
	FIELD(e, FDOBJ, obj, none, "what the descriptor refers to")                                \
	FIELD(e, FD, fd, dec, "descriptor; -1 for the calls that take a name")                     \
	FIELD(e, FD, dirfd, dec, "directory descriptor, -100 for the current directory")           \
	FIELD(e, FLAGS, flags, xattr_flags, "flags")                                               \
	FIELD(e, FLAGS, atflags, at_flags, "setxattrat: flags for the name")

/* The namespaces of the caller after the call. */
#define NS_FIELDS(e)                                                                               \
	FIELD(e, U32, mntns, dec, "mount namespace after the call, inode number")                  \
	FIELD(e, U32, pidns, dec, "pid namespace of children after the call, inode number")        \
	FIELD(e, U32, netns, dec, "network namespace after the call, inode number")                \
	FIELD(e, U32, userns, dec, "user namespace after the call, inode number")

#define KEY_FIELDS(e)                                                                              \
	FIELD(e, ERRNO, res, dec, "serial number of the key, or the negative error")               \
	FIELD(e, STR, type, none, "type of the key as passed")                                     \
	FIELD(e, STR, description, none, "description of the key as passed")                       \
	FIELD(e, I32, keyring, dec, "keyring as passed")                                           \
	FIELD(e, PAD32, pad, none, "")

/* A signal: pid, tid and sig as passed; pid may be 0 or negative for groups. The target is the
 * last process that the signal went to; where none went (signal 0, no permission), the process
 * that was named, of a group one of its members. Between threads of one process, the calls that
 * can only name a thread are not told unless they fail. */
#define KILL_FIELDS(e)                                                                             \
	FIELD(e, ERRNO, res, dec, "0 or the error")                                                \
	TARGET_FIELDS(e)                                                                           \
	FIELD(e, I32, pid, dec, "process as passed; a descriptor for pidfd_send_signal")           \
	FIELD(e, I32, tid, dec, "thread as passed, 0 where the call takes none")                   \
	FIELD(e, ENUM, sig, signal, "signal")                                                      \
	FIELD(e, U32, count, dec, "processes that the signal went to, 0 when that was not seen")

/* Memory of another process is read or written. */
#define VM_FIELDS(e)                                                                               \
	FIELD(e, ERRNO, res, dec, "bytes that moved, or the negative error")                       \
	FIELD(e, U64, addr, hex, "address of the first piece in the other process, as passed")     \
	TARGET_FIELDS(e)                                                                           \
	FIELD(e, PID, pid, dec, "process id as passed")                                            \
	FIELD(e, PAD32, pad, none, "")

#define CWD_FIELDS(e)                                                                              \
	FIELD(e, ERRNO, res, dec, "0 or the error")                                                \
	FIELD(e, PATH, path, none, "name as passed")                                               \
	FIELD(e, PATH, cwd, none, "current directory after the call, from its dentry")

#endif
