/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The names that evt.type can have, and what else follows from an event's type alone. */
#include <string.h>

#include "rule/set.h"

static const char *const known[] = {
#define NAME(name) #name,
#include "rule/known_events.def"
#undef NAME
};

/* Names that the language or another architecture has for calls that we report under one name. A
 * rule may say either. */
static const struct { const char *name, *ours; } other_names[] = {
	{"umount", "umount2"}, {"pread", "pread64"}, {"pwrite", "pwrite64"}, {"mmap2", "mmap"},
	{"truncate64", "truncate"}, {"ftruncate64", "ftruncate"}, {"chown32", "chown"},
	{"lchown32", "lchown"}, {"fchown32", "fchown"}, {"setuid32", "setuid"},
	{"setgid32", "setgid"}, {"setreuid32", "setreuid"}, {"setregid32", "setregid"},
	{"setresuid32", "setresuid"}, {"setresgid32", "setresgid"},
	{"recvmmsg_time64", "recvmmsg"},
};

void event_own_name(struct literal *lit)
{
	for (size_t i = 0; i < sizeof(other_names) / sizeof(other_names[0]); i++) {
		if (strlen(other_names[i].name) != lit->len ||
		    memcmp(other_names[i].name, lit->s, lit->len))
			continue;
		lit->s = other_names[i].ours;
		lit->len = strlen(lit->s);
		return;
	}
}

bool event_is_askable(unsigned id)
{
	const struct event_desc *ev = id && id < EV_MAX ? schema_event(id) : NULL;

	return ev && ev->class != HW_CLASS_FACT;
}

const struct view *type_view_init(struct type_view *t, unsigned event)
{
	memset(t, 0, sizeof(*t));
	t->ev.type = (__u16)event;
	t->ev.size = sizeof(t->ev);
	t->view.ev = &t->ev;
	t->view.desc = schema_event(event);
	t->view.proc = &t->proc;
	t->view.ctr = &t->ctr;
	t->view.env = &t->env;
	return &t->view;
}

bool field_is_type(const struct field *f)
{
	return !strcmp(f->name, "evt.type") || !strcmp(f->name, "syscall.type");
}

static bool is_known(const char *name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i], name))
			return true;
	return false;
}

bool event_name_check(struct builder *b, const struct literal *lit)
{
	const struct event_desc *ev = schema_event_by_name(lit->s, lit->len);
	struct near near;

	if (ev && event_is_askable(ev->id))
		return true;
	if (ev) {
		diag_error(b->d, lit->at, b->code,
			   "'%s' is a record of facts, not an "
			   "event that rules can ask for", lit->s);
		return false;
	}
	if (is_known(lit->s)) {
		diag_unknown(b->d, lit->at, b->code,
			     "event type '%s' is known but not captured by this agent; remove it, "
			     "or set skip-if-unknown-filter: true in the rule",
			     lit->s);
		return false;
	}
	near_init(&near, lit->s, lit->len);
	for (unsigned id = 0; id < EV_MAX; id++)
		if (event_is_askable(id))
			near_try(&near, schema_event(id)->name);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		near_try(&near, known[i]);
	diag_unknown(b->d, lit->at, b->code,
		     "there is no event type '%s'%s", lit->s, near_hint(&near));
	return false;
}
