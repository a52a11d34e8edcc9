/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What a field's getter sees: a record, the process that acted, its container, and what else the
 * pipeline bound for this one event. All pointers are borrowed and live for one pipeline_feed.
 *
 * struct process and struct container are contracts: user/state owns the rows, fields and sinks
 * read them. Strings are never NULL unless said; "" means known to be empty.
 */
#ifndef HW_VIEW_H
#define HW_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

#define PROC_ANCESTORS_MAX 64 /* how far a getter follows parents */

struct process {
	struct process *parent; /* NULL at the top or when unknown */
	uint64_t start_ns;	/* since boot; pid and start_ns name a process for good */
	uint64_t exec_ns;	/* of the last successful exec, 0 when only forked or unknown */
	uint64_t cgroup;
	uint64_t cap_effective, cap_permitted, cap_inheritable;
	uint64_t exe_ino, exe_ctime_ns, exe_mtime_ns;
	const char *exe;      /* argv[0] as given */
	const char *args;     /* argv[1..] joined by one blank, "" when none; see argv_cut */
	const char *cmdline;  /* comm, blank, args; just comm without args */
	const char *exepath;  /* "" when unknown */
	const char *cwd;      /* with a trailing "/"; "" when unknown */
	const char *filename; /* as given to the last exec */
	const char *argv;     /* arguments, each ended by NUL; argv_len bytes */
	uint32_t argv_len;
	uint32_t args_len, cmdline_len, exe_len, exepath_len, cwd_len; /* strlen of the above */
	uint32_t exe_flags; /* HW_EXE_* */
	uint32_t pid, ppid, vpid, sid, pgid, vpgid, tty;
	uint32_t uid, gid, loginuid;
	uint32_t pidns, mntns, netns, userns;
	bool image_known; /* false: only pid, ids and comm are known (its exec was before us) */
	bool argv_cut; /* argv and args are not whole: "..." stands where arguments are missing */
	uint8_t entry;	  /* enum proc_entry */
	char comm[16];
};

/* How a process came into its container. Inherited by nobody: it describes the entering process. */
enum proc_entry {
	PROC_ENTRY_NONE, /* a child of another process of the container, or of the host */
	PROC_ENTRY_INIT, /* the container's first program */
	PROC_ENTRY_EXEC, /* entered a running container from outside (docker exec, kubectl exec) */
};

enum tristate { TRI_UNKNOWN = -1, TRI_NO = 0, TRI_YES = 1 };

struct mount {
	const char *source, *dest, *mode, *propagation; /* mode: "ro", "rw" or the options */
	const char *type;				/* bind, volume, tmpfs, ... */
	bool rw;
};

/* A container, or the host (is_host; id "host", everything else empty). A string is NULL when it
 * is not known; why then says the reason. */
struct container {
	bool is_host;
	bool complete;	     /* all that its runtime tells was read */
	uint64_t cgroup;     /* id of the container's own cgroup */
	const char *id;	     /* first 12 characters */
	const char *full_id;
	const char *runtime; /* docker, containerd, cri-o, podman, runc, crun, ... */
	const char *why;     /* NULL when complete: why facts are missing, one clause */
	const char *name;
	const char *image;	/* as asked for: repo[:tag][@digest] */
	const char *image_repo; /* without tag and digest */
	const char *image_tag;
	const char *image_digest;
	const char *image_id;
	const char *user; /* of the configuration: "", "1000", "nobody:nogroup" */
	const char *pod_name, *pod_ns, *pod_uid;
	const char *cgroup_path;
	const char *parent_id; /* container that this one is nested in, NULL for none */
	int privileged;	   /* enum tristate */
	int no_new_privs, host_pid, host_net, host_ipc, readonly_root; /* enum tristate */
	const char *seccomp, *apparmor; /* profile; "" none; NULL unknown */
	uint64_t caps;	 /* bounding set of the configuration, valid with caps_known */
	bool caps_known;
	uint64_t start_ns; /* since boot: first program; 0 unknown */
	struct mount *mounts;
	unsigned n_mounts;
	const char **labels; /* key, value, key, value, ...; n_labels pairs */
	unsigned n_labels;
	const char **env_names; /* names only: values are secrets */
	unsigned n_env_names;
};

enum sock_role { SOCK_ROLE_NONE, SOCK_ROLE_CLIENT, SOCK_ROLE_SERVER };

struct dns_names; /* dns.h */
struct given;
struct field_scratch;

/* Look-ups that the pipeline provides; ctx is handed back. They return "" for an id without a
 * name, never NULL (the getters turn that into <NA>). */
struct view_env {
	void *ctx;
	const char *(*user_name)(void *ctx, const struct container *c, uint32_t uid);
	const char *(*group_name)(void *ctx, const struct container *c, uint32_t gid);
	const struct dns_names *dns;
	const char *hostname;
	int64_t wall_off; /* add to a record's time: nanoseconds since the epoch */
	uint64_t boot_id;
};

struct view {
	const struct ev_hdr *ev; /* has passed check_record */
	const struct event_desc *desc;
	const struct process *proc; /* never NULL: a row made of the header at least */
	const struct container *ctr; /* never NULL */
	/* Of the process that a signal, a trace, ... was for: NULL when there was none. target is
	 * NULL too when nothing is known of it but its ids. */
	const struct process *target;
	const struct container *target_ctr;
	const struct view_env *env;
	uint64_t num;	    /* evt.num, from 1 */
	uint8_t sock_role;  /* enum sock_role: what the local end is */
	bool name_changed;  /* this event changed the socket's tuple */
	const struct given *given; /* values written in a test (given.h); NULL: the record's */
	/* where getters build strings; never NULL when fields are asked for, see field.h */
	struct field_scratch *scratch;
};

#endif
