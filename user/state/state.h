/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What is known of the machine between events: processes, containers, users, sockets. A pure
 * function of the records applied: it opens no file and reads no clock, so a replay has the same
 * state as the run that was recorded. What files say comes in as facts (collect.h).
 */
#ifndef HW_STATE_H
#define HW_STATE_H

#include "event/view.h"

struct state;

struct state_stats {
	size_t processes, containers, cgroups, sockets, strings;
	uint64_t evicted_processes, evicted_containers, evicted_cgroups, evicted_sockets;
	uint64_t unknown_processes; /* rows made from a header alone */
	uint64_t malformed_facts;   /* container records whose text says nothing usable */
};

/* Caps: 65536 processes (oldest exited, then least recently active first), 16384 cgroups,
 * 4096 containers (removed ones first), 16384 sockets. NULL + errno. */
struct state *state_new(void);
void state_free(struct state *s);

/* Applies a checked record: exec, fork, exit, facts, ... Rows of ended processes live until the
 * next state_apply at least, so a view bound to the exit event is whole. A passwd record with
 * cgroup 0 is the host's. 0, or -ENOMEM. */
int state_apply(struct state *s, const struct ev_hdr *ev);

/* Fills proc, ctr, sock_role and name_changed of v for the record v->ev. Never leaves proc or ctr
 * NULL: an unknown process gets a row from the header, an unknown cgroup the unknown container. */
void state_bind(struct state *s, struct view *v);

const struct process *state_process(const struct state *s, uint32_t pid);
/* NULL if unknown. */
const struct container *state_container(const struct state *s, uint64_t cgroup);
const char *state_cgroup_path(const struct state *s, uint64_t cgroup); /* NULL if unknown */
/* Name of a user or group in that container (in the host's passwd for the host); "" without one. */
const char *state_user_name(const struct state *s, const struct container *c, uint32_t uid);
const char *state_group_name(const struct state *s, const struct container *c, uint32_t gid);
bool state_has_users(const struct state *s, const struct container *c); /* a passwd record came */
const struct dns_names *state_dns(const struct state *s);
/* From the start record. */
const char *state_hostname(const struct state *s);
int64_t state_wall_off(const struct state *s);
uint64_t state_boot_id(const struct state *s);

/* Containers that are there in the order of their coming; living processes, last used first. Stop
 * when fn returns other than 0 and return that. */
int state_each_container(struct state *s, int (*fn)(void *ctx, const struct container *c),
			 void *ctx);
int state_each_process(const struct state *s, int (*fn)(void *ctx, const struct process *p),
		       void *ctx);
/* Living processes that began before from_ns and that no record from then on was about: when a scan
 * began at from_ns, it did not find them. */
int state_each_unseen(const struct state *s, uint64_t from_ns,
		      int (*fn)(void *ctx, const struct process *p), void *ctx);
/* Pids that processes name as their parent and that have no row, in no order. */
int state_each_missing_parent(const struct state *s, int (*fn)(void *ctx, uint32_t pid), void *ctx);
/* Cgroups that are there, last used first. */
int state_each_cgroup(const struct state *s, int (*fn)(void *ctx, uint64_t id, const char *path),
		      void *ctx);
void state_get_stats(const struct state *s, struct state_stats *ret);

#endif
