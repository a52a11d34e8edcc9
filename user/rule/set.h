/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * A compiled set of rules from inside: slots (what is read of an event), checks (what is asked of a
 * slot) and code (in what order checks are asked). Private to the rule module.
 *
 * Values are cached for one event: a slot's value and a check's answer count as known while their
 * generation is that of the set, so nothing has to be cleared between events.
 */
#ifndef HW_RULE_SET_H
#define HW_RULE_SET_H

#include "event/schema.h"
#include "rule/ast.h"
#include "rule/diag.h"
#include "rule/pattern.h"
#include "rule/ruleset.h"
#include "rule/text.h"

#define SLOT_NONE UINT32_MAX
#define SLOT_TEXT_MAX 65536 /* bytes that a transformer may yield; longer counts as missing */
#define SLOT_LIST_MAX 1024  /* values of one list; further ones count as cut */

#define LIT_UNASKED UINT32_MAX /* not looked up yet */
#define LIT_NONE 0	       /* no rule names this text */

/* One value of an event. */
struct cell {
	struct value v;
	uint32_t lit; /* number of its text among all that rules name */
};

enum slot_kind { SLOT_FIELD, SLOT_CONST, SLOT_CALL, SLOT_LIST };
enum slot_many { MANY_NO, MANY_ANCESTORS, MANY_ENDS, MANY_LIST };

/* What is read of an event: a field, a text, a transformer's result, a list of these. */
struct slot {
	uint8_t kind; /* enum slot_kind */
	uint8_t type; /* enum field_type of each value */
	uint8_t many; /* enum slot_many */
	uint8_t fn;   /* SLOT_CALL */
	bool dns;     /* compared with names by address */
	bool is_const; /* the same for every event */
	struct field_ref ref; /* SLOT_FIELD */
	struct str text;      /* SLOT_CONST; selector of getopt */
	uint32_t *args;	      /* SLOT_CALL, SLOT_LIST */
	size_t n_args;
	const char *name; /* as a rule writes it: for messages and texts */
};

struct slot_state {
	uint32_t gen;
	bool has;
	uint32_t n;	    /* values in cells */
	struct cell cell;   /* MANY_NO */
	struct cell *cells; /* others */
	char *mem;	    /* SLOT_CALL: SLOT_TEXT_MAX bytes */
};

struct operand {
	const char *s; /* as it is compared: without quotes, bytes of a hex text, ... */
	size_t len;
	uint32_t lit;
	const char *written; /* as it was written, NUL-terminated */
	union {
		int64_t i;
		uint64_t u;
		struct {
			struct hw_addr addr;
			unsigned bits;
		} net;
		struct regex *re;
	};
};

struct lit_set {
	uint32_t mask;
	uint32_t v[]; /* 0: free */
};

struct ruleset;
struct check;

typedef bool (*check_fn)(struct ruleset *rs, const struct check *c, struct cell *cell);
typedef bool (*operand_fn)(struct ruleset *rs, const struct operand *o, struct cell *cell);

/* What is asked of a slot. */
struct check {
	uint8_t op;	/* enum op; "= anyof" and "intersects" of one value have become OP_IN */
	uint8_t mod;	/* MOD_ONEOF, MOD_ANYOF or MOD_ALLOF: how many of the operands must hold */
	uint16_t cost;	/* about how much it takes, for ordering */
	uint32_t slot;
	uint32_t right; /* slot compared with, or SLOT_NONE: the operands */
	struct operand *ops;
	size_t n_ops;
	check_fn test;	/* all operands at once */
	operand_fn one; /* one of them */
	union {
		struct lit_set *lits;
		struct prefix_set *prefixes;
		struct path_tree *paths;
	};
};

/* Asks a check, goes on at either place. */
struct insn {
	uint32_t check;
	uint32_t yes, no;
};

#define CODE_NO UINT32_MAX
#define CODE_YES (UINT32_MAX - 1)

struct segment;
struct out_field;

struct rule_x {
	struct rule pub; /* first: a struct rule * is one of these */
	struct ruleset *rs;
	struct ast *ast;
	struct segment *segments; /* of the output */
	size_t n_segments;
	struct out_field *fields; /* for output_fields, by name */
	size_t n_fields;
	uint32_t *entries; /* by event id: where its code begins, or CODE_NO */
};

/* A rule in the order of one event type. */
struct candidate {
	struct rule_x *rule;
	uint32_t entry;
};

struct ruleset {
	struct arena *mem;
	uint64_t hash;
	const struct view *view; /* the event of this generation */
	uint32_t gen;

	struct rule_x **rules;
	size_t n_rules;
	struct candidate *by_event[EV_MAX];
	size_t n_by_event[EV_MAX];
	uint8_t events[EV_MAX / 8];

	struct slot *slots;
	size_t n_slots;
	struct slot_state *state;
	char *slot_mem; /* what transformers build */

	struct check *checks;
	size_t n_checks;
	uint32_t *answers; /* generation * 2 + answer */

	struct insn *code;
	size_t n_code;
	uint32_t *seen, *stack; /* by instruction: for ruleset_possible */
	uint32_t seen_gen;

	struct str *lits; /* from 1 */
	size_t n_lits;
	uint32_t *lit_table;
	uint32_t lit_mask;
	size_t lit_len_max;

	const char **dns_names;
	size_t n_dns_names;
	struct regex_room *regex_room;
	uint64_t regex_failed; /* matches that the library gave up */
	uint64_t cut;	       /* transformers whose result was too long */
};

/* While a set is built. */
struct builder {
	struct ruleset *rs;
	struct arena *mem, *tmp;
	struct arena *work; /* of compile.c, for one event type of one rule */
	struct diags *d;
	struct stable *slot_names, *check_names, *lit_names, *dns_seen, *code_seen;
	const char *code; /* of faults: the condition's or the output's */
};

/* --- slot.c --- */

enum slot_use { USE_LEFT, USE_RIGHT, USE_ARG, USE_OUTPUT };

/* The slot of an expression, an old one where it is the same. SLOT_NONE after a fault. */
uint32_t slot_of_expr(struct builder *b, const struct expr *x, enum slot_use use);
uint32_t slot_of_ref(struct builder *b, const struct field_ref *ref, enum slot_use use);
bool slot_is_string(const struct slot *s);
void unknown_field(struct builder *b, struct place at, const char *name, size_t len);

/* --- xform.c: what slots hold for an event --- */

void slot_fill(struct ruleset *rs, uint32_t slot);

/* The values of a slot for this event; NULL when there are none. */
static inline struct cell *slot_cells(struct ruleset *rs, uint32_t slot, uint32_t *ret_n)
{
	struct slot_state *st = &rs->state[slot];

	if (st->gen != rs->gen)
		slot_fill(rs, slot);
	*ret_n = st->n;
	if (!st->has)
		return NULL;
	return rs->slots[slot].many ? st->cells : &st->cell;
}

/* --- value.c: what rules compare with --- */

/* Takes the literal as the operator compares it with slot's type. False after a fault. */
bool operand_take(struct builder *b, const struct slot *s, enum op op, const struct literal *lit,
		  struct operand *ret);
/* The same without messages, for values from elsewhere; ret_cell borrows from text. */
bool value_parse(uint8_t type, const char *text, struct hw_addr *addr, struct value *ret);
uint32_t lit_intern(struct builder *b, const char *s, size_t len);
const char *type_name(uint8_t type);

/* --- check.c --- */

/* The check of an AST_CHECK. False after a fault. */
bool check_of_ast(struct builder *b, struct ast *n);
/* A check that holds when any of these does: all of one slot and op, mergeable. SLOT_NONE when
 * memory ran out. */
uint32_t check_union(struct builder *b, const uint32_t *checks, size_t n);
bool check_mergeable(const struct ruleset *rs, const struct check *c);
/* What is known of a check before any event: TRI_UNKNOWN when it depends on it. */
enum tristate check_constant(struct ruleset *rs, const struct check *c, unsigned event);
/* After the last check: tables that all share. 0 or -ENOMEM. */
int checks_finish(struct builder *b);

/* --- ask.c: one value against operands --- */

/* Sets how a check is asked: its functions, sets, trees and cost. 0 or -ENOMEM. */
int ask_prepare(struct ruleset *rs, struct check *c);
/* Operand by operand, without the sets: for what is asked before they are there. */
bool ask_each(struct ruleset *rs, const struct check *c, struct cell *cell);
uint32_t lit_of(struct ruleset *rs, struct cell *cell);

/* --- eval.c --- */

void eval_begin(struct ruleset *rs, const struct view *v);
bool eval_check(struct ruleset *rs, uint32_t check);
bool eval_code(struct ruleset *rs, uint32_t entry);
/* A check's answer for these values of its slot. */
bool eval_cells(struct ruleset *rs, const struct check *c, struct cell *cells, uint32_t n);

/* --- types.c --- */

/* Every event that rules can ask for. */
bool event_is_askable(unsigned id);
/* A view of nothing but an event of this type: for fields that depend on the type alone. */
struct type_view {
	struct ev_hdr ev;
	struct process proc;
	struct container ctr;
	struct view_env env;
	struct view view;
};
const struct view *type_view_init(struct type_view *t, unsigned event);
/* Is f a field whose value the event's type decides? */
bool field_is_type(const struct field *f);
/* Turns a name of another spelling into the one that we report the event under. */
void event_own_name(struct literal *lit);
/* Faults a value of such a field that is no event's name. */
bool event_name_check(struct builder *b, const struct literal *lit);

/* --- compile.c --- */

/* Trees to code: fills rules' entries and the lists by event; defs are those of the rules, by
 * number. 0 or -ENOMEM. */
struct rule_def;
int compile_rules(struct builder *b, const struct rule_def *const *defs);

/* --- output.c --- */

struct segment {
	struct str text; /* as it is; or */
	uint32_t slot;	 /* the value of a slot, when not SLOT_NONE */
	unsigned width;	 /* characters, 0: as many as it has */
};

struct out_field {
	const char *key;
	uint32_t slot; /* SLOT_NONE: the event's time */
};

/* Reads the template of a rule. False after a fault. */
bool output_take(struct builder *b, struct rule_x *r, const struct text *text);

#endif
