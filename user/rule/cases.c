/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Cases of rules from YAML; see cases.h. */
#include "rule/cases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/schema.h"
#include "rule/loader.h"
#include "rule/set.h"
#include "rule/vec.h"

#define STEP_NS 1000000ull /* between two events that do not say when */
#define NS_PER_S 1000000000ull

struct reader {
	struct cases *c;
	struct diags d;
	struct rule_case *now;
};

/* --- faults --- */

static struct place place_of(const struct reader *r, const struct yaml_node *n)
{
	return (struct place){r->c->file, n->line, n->column};
}

static bool wrong(struct reader *r, const struct yaml_node *n, const char *what)
{
	diag_error(&r->d, place_of(r, n), ERR_YAML_VALIDATE, "%s", what);
	return false;
}

static bool no_memory(struct reader *r)
{
	r->d.oom = true;
	return false;
}

/* A scalar's text. NULL after a fault. */
static const char *text_of(struct reader *r, const struct yaml_node *n, const char *what)
{
	char *s;

	if (n->kind != YAML_SCALAR || yaml_is_null(n) || memchr(n->text, '\0', n->len)) {
		diag_error(&r->d, place_of(r, n), ERR_YAML_VALIDATE,
			   "%s must be a text, found %s", what,
			   n->kind == YAML_SCALAR ? "nothing" : yaml_kind_name(n));
		return NULL;
	}
	s = arena_strndup(r->c->mem, n->text, n->len);
	if (!s)
		no_memory(r);
	return s;
}

/* --- written values --- */

static char *keep(void *ctx, const char *s, size_t len)
{
	return arena_strndup(ctx, s, len);
}

static bool field_of(struct reader *r, const struct yaml_node *key, struct field_ref *ret)
{
	struct buf msg = BUF_INIT;
	const bool ok = key->kind == YAML_SCALAR &&
			!field_parse(key->text, key->len, keep, r->c->mem, ret, &msg);

	if (!ok)
		diag_error(&r->d, place_of(r, key), ERR_YAML_VALIDATE, "%s",
			   msg.len ? buf_str(&msg) : "a field's name must stand here");
	buf_done(&msg);
	return ok;
}

static bool value_of(struct reader *r, const struct field *f, const struct yaml_node *n,
		     struct value *ret)
{
	const char *text = n->kind == YAML_SCALAR && !n->len ? "" : text_of(r, n, f->name);
	struct hw_addr *addr = arena_alloc(r->c->mem, sizeof(*addr));

	if (!text)
		return false;
	if (!addr)
		return no_memory(r);
	memset(addr, 0, sizeof(*addr));
	if (value_parse(f->type, text, addr, ret)) {
		ret->len = (uint32_t)n->len;
		return true;
	}
	diag_error(&r->d, place_of(r, n), ERR_YAML_VALIDATE, "'%s' is no value of %s, which is %s",
		   text, f->name, type_name(f->type));
	return false;
}

/* Which fields have several values, and how many at most. */
static size_t most_values(const struct field_ref *ref)
{
	if ((ref->field->flags & FF_ANY_ANCESTOR) && !ref->arg.has)
		return PROC_ANCESTORS_MAX;
	return ref->field->flags & FF_BOTH_ENDS ? 2 : 1;
}

static bool values_of(struct reader *r, const struct field_ref *ref, const struct yaml_node *n,
		      struct value v[PROC_ANCESTORS_MAX], size_t *ret_n)
{
	const size_t most = most_values(ref);
	size_t i = 0;

	*ret_n = n->kind == YAML_SEQ ? n->count : 1;
	if (n->kind != YAML_SEQ)
		return value_of(r, ref->field, n, v);
	if (*ret_n > most || most == 1) {
		diag_error(&r->d, place_of(r, n), ERR_YAML_VALIDATE,
			   most == 1 ? "%s has one value, not a list" :
				       "%s has at most %zu values", ref->field->name, most);
		return false;
	}
	yaml_each(item, n)
		if (!value_of(r, ref->field, item, &v[i++]))
			return false;
	return true;
}

/* The arguments one by one, for getopt() and join(). */
static bool split_args(struct reader *r, struct case_event *e, const struct value *v)
{
	char *copy = arena_strndup(r->c->mem, v->s, v->len);

	if (!copy)
		return no_memory(r);
	for (size_t i = 0; i < v->len; i++)
		if (copy[i] == ' ')
			copy[i] = '\0';
	e->args = copy;
	e->args_len = v->len + 1;
	return true;
}

static bool put_field(struct reader *r, struct case_event *e, const struct yaml_node *n)
{
	struct value v[PROC_ANCESTORS_MAX];
	struct field_ref ref;
	size_t n_values;
	int err;

	if (!field_of(r, n->key, &ref))
		return false;
	if (yaml_is_null(n))
		return true;
	if (ref.field->flags & FF_DNS)
		return wrong(r, n->key, "this field is compared by address: use a recording");
	if (!values_of(r, &ref, n, v, &n_values))
		return false;
	err = given_put(e->given, &ref, v, n_values);
	if (err == -EEXIST)
		return wrong(r, n->key, "this field was written before");
	if (err)
		return no_memory(r);
	return strcmp(ref.field->name, "proc.args") || split_args(r, e, v);
}

/* --- events --- */

static bool type_of(struct reader *r, const struct yaml_node *map, struct case_event *e)
{
	const struct yaml_node *n = yaml_get(map, "evt.type");
	const struct event_desc *d;

	if (!n)
		return wrong(r, map, "an event needs evt.type");
	d = n->kind == YAML_SCALAR ? schema_event_by_name(n->text, n->len) : NULL;
	if (!d || !event_is_askable(d->id)) {
		diag_error(&r->d, place_of(r, n), ERR_YAML_VALIDATE,
			   "there is no event '%s'; hullwatch events lists them",
			   n->kind == YAML_SCALAR ? n->text : yaml_kind_name(n));
		return false;
	}
	e->type = d->id;
	return true;
}

/* "+3s", "+250ms", "+1.5s" after the first event. */
static bool offset_parse(const char *s, uint64_t *ret_ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", NS_PER_S},
		     {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S}};
	char unit[4] = "";
	double number;
	int end = 0;

	if (*s != '+' || sscanf(s + 1, "%lf%3[a-z]%n", &number, unit, &end) != 2 || s[1 + end] ||
	    number < 0 || number > 1e9)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(unit, units[i].unit)) {
			*ret_ns = (uint64_t)(number * (double)units[i].ns);
			return true;
		}
	return false;
}

static bool time_of(struct reader *r, const struct yaml_node *map, struct case_event *e)
{
	const struct yaml_node *n = yaml_get(map, "evt.time");
	const size_t before = r->now->n_events;
	uint64_t offset;

	e->time_ns = before ? r->now->events[before - 1].time_ns + STEP_NS : CASE_EPOCH_NS;
	if (!n)
		return true;
	if (n->kind != YAML_SCALAR || !offset_parse(n->text, &offset))
		return wrong(r, n, "evt.time is written as the time after the first event: +3s");
	if (before && CASE_EPOCH_NS + offset < e->time_ns - STEP_NS)
		return wrong(r, n, "this event is before the one above");
	e->time_ns = CASE_EPOCH_NS + offset;
	return true;
}

static bool read_event(struct reader *r, const struct yaml_node *map)
{
	struct case_event e = {.given = given_new(r->c->mem)}, *events;
	bool good = true;

	if (!e.given)
		return no_memory(r);
	if (map->kind != YAML_MAP)
		return wrong(r, map, "an event is a mapping of fields, such as 'evt.type: execve'");
	if (map->dup)
		return wrong(r, map->dup, "this field was written before");
	if (!type_of(r, map, &e) || !time_of(r, map, &e))
		return false;
	yaml_each(n, map)
		if (!yaml_is(n->key, "evt.type") && !yaml_is(n->key, "evt.time"))
			good = put_field(r, &e, n) && good;
	events = vec_add(r->c->mem, r->now->events, r->now->n_events, sizeof(*events));
	if (!events)
		return no_memory(r);
	r->now->events = events;
	events[r->now->n_events++] = e;
	return good;
}

static bool read_events(struct reader *r, const struct yaml_node *n)
{
	bool good = true;

	if (n->kind != YAML_SEQ || !n->count)
		return wrong(r, n, "events must be a list of at least one event");
	if (n->count > CASE_EVENTS_MAX)
		return wrong(r, n, "more than 1000 events in a case: use a recording");
	yaml_each(item, n)
		good = read_event(r, item) && good;
	return good;
}

/* --- what must alert --- */

static bool read_wanted(struct reader *r, const struct yaml_node *map, struct case_alert *a)
{
	struct case_field *fields;
	bool good = true;

	if (map->kind != YAML_MAP)
		return wrong(r, map, "fields must be a mapping of fields to the text they have");
	yaml_each(n, map) {
		struct case_field f = {.name = NULL};

		if (!field_of(r, n->key, &f.ref)) {
			good = false;
			continue;
		}
		f.name = text_of(r, n->key, "a field");
		f.text = n->kind == YAML_SCALAR && !n->len ? "" : text_of(r, n, f.ref.field->name);
		fields = vec_add(r->c->mem, a->fields, a->n_fields, sizeof(*fields));
		if (!fields)
			return no_memory(r);
		a->fields = fields;
		fields[a->n_fields++] = f;
		good = good && f.name && f.text;
	}
	return good;
}

static bool read_times(struct reader *r, const struct yaml_node *n, struct case_alert *a)
{
	struct value v;

	if (n->kind == YAML_SCALAR && value_parse(FT_UINT, n->text, NULL, &v) && v.u) {
		a->times = v.u;
		return true;
	}
	return wrong(r, n, "times must be a number from 1");
}

static bool alert_map(struct reader *r, const struct yaml_node *map, struct case_alert *a)
{
	bool good = true;

	yaml_each(n, map) {
		if (yaml_is(n->key, "rule"))
			a->rule = text_of(r, n, "rule");
		else if (yaml_is(n->key, "fields"))
			good = read_wanted(r, n, a) && good;
		else if (yaml_is(n->key, "times"))
			good = read_times(r, n, a) && good;
		else
			good = wrong(r, n->key, "an alert has the keys rule, fields and times");
	}
	if (!a->rule)
		return good && wrong(r, map, "an alert needs the name of its rule: 'rule: NAME'");
	return good;
}

static bool read_alerts(struct reader *r, const struct yaml_node *n, struct case_alert **v,
			size_t *count, bool maps)
{
	struct case_alert *grown;
	bool good = true;

	if (n->kind != YAML_SEQ)
		return wrong(r, n, "a list of rules must stand here, [] for none");
	yaml_each(item, n) {
		struct case_alert a = {.at = place_of(r, item)};

		if (maps && item->kind == YAML_MAP)
			good = alert_map(r, item, &a) && good;
		else
			a.rule = text_of(r, item, "a rule's name");
		if (!a.rule) {
			good = false;
			continue;
		}
		grown = vec_add(r->c->mem, *v, *count, sizeof(*grown));
		if (!grown)
			return no_memory(r);
		*v = grown;
		grown[(*count)++] = a;
	}
	return good;
}

static bool read_names(struct reader *r, const struct yaml_node *n, const char *what,
		       const char ***v, size_t *count)
{
	const struct yaml_node *item = n->kind == YAML_SEQ ? n->child : n;
	const char **grown;

	for (; item; item = n->kind == YAML_SEQ ? item->next : NULL) {
		const char *s = text_of(r, item, what);

		if (!s)
			return false;
		grown = vec_add(r->c->mem, *v, *count, sizeof(*grown));
		if (!grown)
			return no_memory(r);
		*v = grown;
		grown[(*count)++] = s;
	}
	return true;
}

/* --- keys of a case --- */

static bool key_case(struct reader *r, const struct yaml_node *n)
{
	r->now->name = text_of(r, n, "case");
	return r->now->name;
}

static bool key_recording(struct reader *r, const struct yaml_node *n)
{
	r->now->recording = text_of(r, n, "recording");
	return r->now->recording;
}

static bool key_alerts(struct reader *r, const struct yaml_node *n)
{
	r->now->any = yaml_is(n, "any");
	return r->now->any || read_alerts(r, n, &r->now->alerts, &r->now->n_alerts, true);
}

static bool key_never(struct reader *r, const struct yaml_node *n)
{
	return read_alerts(r, n, &r->now->never, &r->now->n_never, false);
}

static bool key_near_miss(struct reader *r, const struct yaml_node *n)
{
	return read_names(r, n, "near_miss", &r->now->near, &r->now->n_near);
}

static bool key_rules(struct reader *r, const struct yaml_node *n)
{
	return read_names(r, n, "rules", &r->now->rules, &r->now->n_rules);
}

static const struct case_key {
	const char *name;
	bool (*set)(struct reader *r, const struct yaml_node *n);
} keys[] = {
	{"case", key_case},	  {"recording", key_recording}, {"events", read_events},
	{"alerts", key_alerts},	  {"never", key_never},		{"near_miss", key_near_miss},
	{"rules", key_rules},
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static bool read_key(struct reader *r, const struct yaml_node *n)
{
	struct near near;

	for (size_t i = 0; i < N_KEYS; i++)
		if (yaml_is(n->key, keys[i].name))
			return keys[i].set(r, n);
	near_init(&near, n->key->text, n->key->len);
	for (size_t i = 0; i < N_KEYS; i++)
		near_try(&near, keys[i].name);
	diag_error(&r->d, place_of(r, n->key), ERR_YAML_VALIDATE,
		   "unknown key '%s'; a case has case, recording or events, alerts, never, "
		   "near_miss and rules%s", n->key->text, near_hint(&near));
	return false;
}

static bool read_case(struct reader *r, const struct yaml_node *map)
{
	struct rule_case one = {.at = place_of(r, map)}, *v;
	bool good = true;

	r->now = &one;
	if (map->kind != YAML_MAP)
		return wrong(r, map, "found no case where one should be: '- case: what it shows'");
	if (map->dup)
		return wrong(r, map->dup, "this key was written before");
	yaml_each(n, map)
		good = read_key(r, n) && good;
	if (!good)
		return false;
	if (!one.name)
		return wrong(r, map, "a case needs its key 'case': what it shows");
	if (!one.recording == !one.n_events)
		return wrong(r, map, "a case has either events or a recording");
	v = vec_add(r->c->mem, r->c->v, r->c->n, sizeof(*v));
	if (!v)
		return no_memory(r);
	r->c->v = v;
	v[r->c->n++] = one;
	return true;
}

/* --- files --- */

static bool read_doc(struct reader *r, const struct yaml_node *root)
{
	bool good = true;

	if (yaml_is_null(root))
		return true;
	if (root->kind != YAML_SEQ)
		return wrong(r, root, "a file of cases is a sequence: '- case: what it shows'");
	yaml_each(item, root)
		good = read_case(r, item) && good;
	return good;
}

static bool read_all(struct reader *r, const char *text, size_t len)
{
	struct buf err = BUF_INIT;
	unsigned line = 0, column = 0;
	struct yaml_doc *doc = yaml_parse(text, len, &err, &line, &column);
	bool good = doc != NULL;

	diag_add_file(&r->d, r->c->file, text, len);
	if (!doc && errno == ENOMEM)
		no_memory(r);
	else if (!doc)
		diag_error(&r->d, (struct place){r->c->file, line, column}, ERR_YAML_PARSE,
			   "the file is not YAML: %s", buf_str(&err));
	for (size_t i = 0; doc && i < yaml_doc_count(doc); i++)
		good = read_doc(r, yaml_doc_root(doc, i)) && good;
	yaml_doc_free(doc);
	buf_done(&err);
	return good && !r->d.oom;
}

static struct cases *finish(struct reader *r, bool good)
{
	struct cases *c = r->c;

	diag_done(&r->d);
	if (good)
		return c;
	cases_free(c);
	errno = r->d.oom ? ENOMEM : EINVAL;
	return NULL;
}

static bool begin(struct reader *r, const char *file,
		  void (*diag)(void *ctx, const struct rule_diag *d), void *ctx)
{
	struct arena *mem = arena_new();

	memset(r, 0, sizeof(*r));
	r->c = mem ? arena_alloc(mem, sizeof(*r->c)) : NULL;
	if (r->c) {
		*r->c = (struct cases){.mem = mem, .file = arena_strdup(mem, file)};
		if (r->c->file && !diag_init(&r->d, mem, diag, ctx))
			return true;
	}
	arena_free(mem);
	errno = ENOMEM;
	return false;
}

struct cases *cases_read_text(const char *file, const char *text, size_t len,
			      void (*diag)(void *ctx, const struct rule_diag *d), void *ctx)
{
	struct reader r;

	if (!begin(&r, file, diag, ctx))
		return NULL;
	return finish(&r, read_all(&r, text, len));
}

struct cases *cases_read(const char *path, void (*diag)(void *ctx, const struct rule_diag *d),
			 void *ctx)
{
	struct buf text = BUF_INIT;
	struct reader r;
	bool good;
	int err;

	if (!begin(&r, path, diag, ctx))
		return NULL;
	err = rule_file_read(path, &text);
	if (err)
		diag_error(&r.d, (struct place){r.c->file, 0, 0}, ERR_FILE_READ,
			   "cannot read the file: %s", strerror(-err));
	good = !err && read_all(&r, buf_str(&text), text.len);
	buf_done(&text);
	return finish(&r, good);
}

void cases_free(struct cases *c)
{
	if (c)
		arena_free(c->mem);
}

/* --- the stage --- */

struct case_stage {
	struct type_view t;
	struct field_scratch *scratch;
};

struct case_stage *case_stage_new(void)
{
	struct case_stage *s = calloc(1, sizeof(*s));

	if (s)
		s->scratch = field_scratch_new();
	if (s && s->scratch)
		return s;
	free(s);
	errno = ENOMEM;
	return NULL;
}

void case_stage_free(struct case_stage *s)
{
	if (!s)
		return;
	field_scratch_free(s->scratch);
	free(s);
}

const struct view *case_stage_set(struct case_stage *s, const struct case_event *e, uint64_t num)
{
	(void)type_view_init(&s->t, e->type);
	field_scratch_reset(s->scratch);
	s->t.ev.time = e->time_ns;
	s->t.proc.argv = e->args ? e->args : "";
	s->t.proc.argv_len = (uint32_t)e->args_len;
	s->t.view.scratch = s->scratch;
	s->t.view.given = e->given;
	s->t.view.num = num;
	return &s->t.view;
}
