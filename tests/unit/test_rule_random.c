/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Random rules against random events: the compiled rules must say what the plain reference says;
 * what can match must never be called impossible; the expanded text must mean the same. Seeded, so
 * every run is the same run.
 */
#include "rule_reference.h"
#include "rule/set.h"

#define SETS 250
#define RULES 6
#define EVENTS 24

static uint64_t seed = 0x9e3779b97f4a7c15ull;

static unsigned rnd(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

#define PICK(a) ((a)[rnd(FX_COUNT(a))])

/* --- conditions --- */

static const char *const texts[] = {
	"bash",
	"nginx",
	"runc",
	"systemd",
	"sh",
	"a",
	"b",
	"ba",
	"/etc/passwd",
	"/etc",
	"/etc/",
	"/bin/bash",
	"passwd",
	"/usr/bin/runc",
	"\"\"",
	"\"<NA>\"",
	"\"-c id; ls\"",
	"/tmp/x",
	"E",
	"host",
	"0123456789ab",
	"root",
	"www-data",
	"O_RDONLY",
	"BASH",
	"/tmp",
	"x",
	"open",
	"SUCCESS",
	"1",
};
static const char *const globs[] = {"*",      "b*",  "*sh", "/etc/*", "?",
				    "[a-n]*", "*/*", "B*",  "\"\"",   "*[!h]"};
static const char *const paths[] = {"/etc",   "/",    "/e*",	   "/etc/passwd",
				    "/tmp/?", "/usr", "/*/passwd", "bash"};
static const char *const regexes[] = {"\".*\"",		  "\"b.*h\"", "\"/etc/[a-z]+\"",
				      "\"(bash|nginx)\"", "\"\"",     "\".*(sh|wd)\"",
				      "\"a+|[^a]*\""};
static const char *const text_fields[] = {
	"proc.name",	 "proc.pname",	  "proc.aname",	   "proc.aname[1]", "proc.aname[2]",
	"proc.aname[5]", "proc.args",	  "proc.cmdline",  "proc.exepath",  "fd.name",
	"fd.directory",	 "fd.filename",	  "user.name",	   "container.id",  "k8s.ns.name",
	"evt.res",	 "evt.arg.flags", "proc.aexepath", "proc.pcmdline",
};
static const char *const right_texts[] = {
	"val(proc.name)",     "val(proc.pname)",	 "val(fd.name)",
	"tolower(proc.name)", "basename(proc.exepath)",	 "toupper(\"bash\")",
	"val(k8s.ns.name)",   "concat(proc.name, \"\")",
};
static const char *const left_texts[] = {
	"tolower(proc.name)",	     "toupper(proc.name)",
	"basename(fd.name)",	     "concat(proc.name, \"/\", proc.pname)",
	"tolower(toupper(fd.name))", "basename(k8s.ns.name)",
};
static const char *const int_fields[] = {"fd.num",   "evt.rawres", "proc.apid",
					 "proc.pid", "proc.ppid",  "user.loginuid"};
static const char *const uint_fields[] = {"evt.num", "user.uid", "proc.tty", "fd.port", "fd.sport",
					  "fd.lport", "len(proc.name)"};
static const char *const bool_fields[] = {"evt.is_open_read", "evt.is_open_write",
					  "container.privileged", "container.host_net",
					  "fd.connected"};
static const char *const addrs[] = {"192.0.2.9", "10.1.2.3", "2001::9",
				    "::1",	 "0.0.0.0",  "192.0.2.8"};
static const char *const nets[] = {"10.0.0.0/8", "192.0.2.0/24", "0.0.0.0/0", "::/0", "2001::/16",
				   "192.0.2.8/31", "10.1.2.3/32", "127.0.0.0/8"};
static const char *const names[] = {"example.org", "example.com", "nowhere.org"};
static const char *const types[] = {"open", "openat", "connect", "setuid", "execve", "dup"};
static const char *const orders[] = {"<", "<=", ">", ">=", "=", "!="};
static const char *const modifiers[] = {"oneof", "anyof", "allof"};

static void add_list(struct buf *b, const char *const *v, size_t n)
{
	unsigned len = rnd(5);

	buf_addc(b, '(');
	for (unsigned i = 0; i < len; i++)
		buf_addf(b, "%s%s", i ? ", " : "", v[rnd((unsigned)n)]);
	buf_addc(b, ')');
}

/* An operator with its value, values, or values behind a modifier. */
static void add_op(struct buf *b, const char *op, const char *const *v, size_t n)
{
	if (rnd(5) == 0) {
		buf_addf(b, " %s %s ", op, PICK(modifiers));
		add_list(b, v, n);
	} else {
		buf_addf(b, " %s %s", op, v[rnd((unsigned)n)]);
	}
}

#define ADD_OP(b, op, v) add_op((b), (op), (v), FX_COUNT(v))

static void add_text_check(struct buf *b)
{
	static const char *const ops[] = {"=",	       "!=",	     "contains",
					  "icontains", "startswith", "endswith"};

	buf_adds(b, rnd(6) ? PICK(text_fields) : PICK(left_texts));
	switch (rnd(12)) {
	case 0:
	case 1:
	case 2:
		buf_adds(b, rnd(4) ? " in " : " intersects ");
		add_list(b, texts, FX_COUNT(texts));
		break;
	case 3:
		ADD_OP(b, rnd(3) ? "glob" : "iglob", globs);
		break;
	case 4:
		buf_adds(b, " pmatch ");
		add_list(b, paths, FX_COUNT(paths));
		break;
	case 5:
		if (rnd(3) == 0) {
			ADD_OP(b, "regex", regexes);
			break;
		}
		buf_adds(b, " exists");
		break;
	case 6:
		buf_addf(b, " %s %s", rnd(2) ? PICK(ops) : PICK(orders), PICK(right_texts));
		break;
	default:
		ADD_OP(b, PICK(ops), texts);
	}
}

static void add_number_check(struct buf *b, const char *field, bool negative)
{
	static const char *const values[] = {"0",   "1",   "3",	   "4",	 "7", "33",
					     "443", "400", "1000", "-1", "-2"};
	size_t n = FX_COUNT(values) - (negative ? 0 : 2);

	buf_adds(b, field);
	if (rnd(3) == 0) {
		buf_adds(b, " in ");
		add_list(b, values, n);
	} else {
		buf_addf(b, " %s %s", PICK(orders), values[rnd((unsigned)n)]);
	}
}

static void add_addr_check(struct buf *b)
{
	static const char *const ip_fields[] = {"fd.ip", "fd.sip", "fd.cip", "fd.lip"};
	static const char *const net_fields[] = {"fd.net", "fd.snet", "fd.rnet"};
	static const char *const name_fields[] = {"fd.sip.name", "fd.cip.name"};
	unsigned kind = rnd(3);
	const char *const *v = kind == 0 ? addrs : kind == 1 ? nets : names;
	size_t n = kind == 0 ? FX_COUNT(addrs) : kind == 1 ? FX_COUNT(nets) : FX_COUNT(names);

	buf_adds(b, kind == 0 ? PICK(ip_fields) : kind == 1 ? PICK(net_fields) : PICK(name_fields));
	if (rnd(3) == 0) {
		buf_adds(b, " in ");
		add_list(b, v, n);
	} else {
		add_op(b, rnd(2) ? "=" : "!=", v, n);
	}
}

static void add_check(struct buf *b)
{
	switch (rnd(10)) {
	case 0:
		buf_addf(b, "evt.type %s %s", rnd(3) ? "=" : "!=", PICK(types));
		break;
	case 1:
		buf_adds(b, "evt.type in ");
		add_list(b, types, FX_COUNT(types));
		break;
	case 2:
		add_number_check(b, PICK(int_fields), true);
		break;
	case 3:
		add_number_check(b, PICK(uint_fields), false);
		break;
	case 4:
		buf_addf(b, "%s %s %s", PICK(bool_fields),
			 rnd(3) ? "=" : "!=", rnd(2) ? "true" : "false");
		break;
	case 5:
	case 6:
		add_addr_check(b);
		break;
	default:
		add_text_check(b);
	}
}

static void add_condition(struct buf *b, unsigned depth, unsigned macros)
{
	unsigned n = 2 + rnd(4);

	if (macros && rnd(6) == 0) {
		buf_addf(b, "m%u", rnd(macros));
		return;
	}
	if (!depth || rnd(4) == 0) {
		add_check(b);
		return;
	}
	if (rnd(4) == 0) {
		buf_adds(b, rnd(2) ? "not (" : "not(");
		add_condition(b, depth - 1, macros);
		buf_addc(b, ')');
		return;
	}
	for (unsigned i = 0, op = rnd(2); i < n; i++) {
		buf_adds(b, !i ? "" : op ? " and " : " or ");
		buf_adds(b, rnd(5) ? "(" : "not (");
		add_condition(b, depth - 1, macros);
		buf_addc(b, ')');
	}
}

static void random_rules(struct buf *yaml)
{
	buf_reset(yaml);
	for (unsigned i = 0; i < 3; i++) {
		buf_addf(yaml, "- macro: m%u\n  condition: |-\n    ", i);
		add_condition(yaml, 2, i);
		buf_addc(yaml, '\n');
	}
	for (unsigned i = 0; i < RULES; i++) {
		buf_addf(yaml,
			 "- rule: r%u\n  desc: d\n  output: o\n  priority: info\n  condition: |-\n "
			 "   ",
			 i);
		add_condition(yaml, 3, 3);
		buf_addc(yaml, '\n');
	}
}

/* --- events --- */

static void random_process(struct fx *f)
{
	static const char *const comms[] = {"bash", "sh", "nginx", "a", "runc", "BASH"};
	static const char *const args[] = {"-c id; ls", "", "a", "/etc/passwd b"};
	static const char *const exes[] = {"/bin/bash", "/usr/bin/runc", "/tmp/x", "/etc/passwd"};

	for (unsigned i = 0; i < 4; i++) {
		struct process *p = &f->procs[i];

		strcpy(p->comm, PICK(comms));
		p->args = PICK(args);
		p->cmdline = rnd(2) ? p->args : p->comm;
		p->exepath = PICK(exes);
		p->args_len = (uint32_t)strlen(p->args);
		p->cmdline_len = (uint32_t)strlen(p->cmdline);
		p->exepath_len = (uint32_t)strlen(p->exepath);
		p->image_known = rnd(8) > 0;
		p->parent = i < 3 && rnd(8) ? &f->procs[i + 1] : NULL;
	}
	f->ctr.id = rnd(2) ? "0123456789ab" : "host";
	f->ctr.privileged = (int)rnd(3) - 1;
	f->v.num = 1 + rnd(8);
	f->v.sock_role = (uint8_t)rnd(3);
}

static void random_event(struct fx *f)
{
	static const char *const files[] = {"/etc/passwd", "/etc",     "/tmp/x",
					    "/",	   "/tmp/a/b", "passwd"};

	const char *path = PICK(files);

	random_process(f);
	switch (rnd(6)) {
	case 0:
		rx_open(f, path, rnd(3), 3 + (int)rnd(2));
		break;
	case 1:
		rx_open(f, path, rnd(3), -2);
		break;
	case 2:
		rx_connect(f, "10.1.2.3", 400, "192.0.2.9", 443);
		break;
	case 3:
		rx_connect(f, "::1", 7, "2001::9", rnd(2) ? 443 : 1);
		break;
	case 4:
		FX_BEGIN(f, setuid);
		fx_end(f);
		break;
	default:
		FX_BEGIN(f, execve);
		FX_STR(f, execve, filename, path);
		fx_end(f);
	}
}

/* --- what must be so --- */

/* What some fields are, as text; a field without a value is left out or assumed to have none. */
static size_t known_of(struct fx *f, struct assume *a, struct buf *mem, size_t max)
{
	static const char *const fields[] = {
		"proc.name", "proc.pname", "proc.args", "container.id", "user.name", "fd.name",
		"container.privileged", "user.uid", "fd.num", "fd.sip", "fd.sport", "k8s.ns.name",
	};
	size_t n = 0;

	for (size_t i = 0; i < FX_COUNT(fields) && n < max; i++) {
		const char *text;

		if (rnd(2))
			continue;
		text = fx_show(f, fields[i]);
		a[n].field = fields[i];
		a[n].value = NULL;
		if (strcmp(text, FX_MISSING)) {
			buf_reset(&mem[n]);
			buf_adds(&mem[n], text);
			a[n].value = buf_str(&mem[n]);
		}
		n++;
	}
	return n;
}

static void check_possible(struct fx *f, struct ruleset *rs, bool any)
{
	static struct buf mem[8];
	struct assume a[8];
	size_t n = known_of(f, a, mem, 8);

	if (any && !ruleset_possible(rs, f->v.ev->type, a, n))
		fail_msg("a match was called impossible");
	if (!ruleset_possible(rs, f->v.ev->type, NULL, 0))
		assert_false(any);
	for (size_t i = 0; i < 8; i++)
		buf_done(&mem[i]);
}

static struct ruleset *reload(struct rx *again, const struct ruleset *rs)
{
	struct buf yaml = BUF_INIT, text = BUF_INIT;

	for (size_t i = 0; i < ruleset_len(rs); i++) {
		buf_reset(&text);
		rule_condition_text(rs, ruleset_at(rs, i), &text);
		buf_addf(&yaml,
			 "- rule: r%zu\n  desc: d\n  output: o\n  priority: info\n  condition: "
			 "|-\n    %s\n",
			 i, buf_str(&text));
	}
	rx_load(again, buf_str(&yaml));
	rx_assert_ok(again);
	buf_done(&yaml);
	buf_done(&text);
	return again->rs;
}

static void compare(struct fx *f, struct ruleset *rs, struct ruleset *again, unsigned *hits)
{
	const struct rule *first = NULL;

	for (size_t i = 0; i < ruleset_len(rs); i++) {
		const struct rule_x *r = rs->rules[i];
		bool want, got;

		field_scratch_reset(f->v.scratch);
		want = ref_tree(r->ast, &f->v);
		field_scratch_reset(f->v.scratch);
		got = rule_holds(rs, &r->pub, &f->v);
		if (got != want || rule_holds(again, ruleset_at(again, i), &f->v) != want) {
			struct buf text = BUF_INIT;

			rule_condition_text(rs, &r->pub, &text);
			fail_msg("%s: reference %d, rule %d:\n%s", f->v.desc->name, want, got,
				 buf_str(&text));
		}
		if (want && !first)
			first = &r->pub;
		*hits += want;
	}
	field_scratch_reset(f->v.scratch);
	assert_ptr_equal(ruleset_match(rs, &f->v), first);
	check_possible(f, rs, first != NULL);
}

static void test_random(void **state)
{
	struct hw_addr names_addr = rx_addr("192.0.2.9", 0), other = rx_addr("2001::9", 0);
	struct dns_names *dns = dns_names_new();
	struct rx x = {0}, again = {0};
	struct buf yaml = BUF_INIT;
	struct fx *f = *state;
	unsigned hits = 0;

	assert_int_equal(dns_names_set(dns, "example.org", &names_addr, 1), 0);
	assert_int_equal(dns_names_set(dns, "example.com", &other, 1), 0);
	f->env.dns = dns;
	for (unsigned i = 0; i < SETS; i++) {
		random_rules(&yaml);
		if (!rx_load(&x, buf_str(&yaml)))
			fail_msg("%s\n%s", buf_str(&x.told), buf_str(&yaml));
		reload(&again, x.rs);
		for (unsigned k = 0; k < EVENTS; k++) {
			random_event(f);
			compare(f, x.rs, again.rs, &hits);
		}
	}
	/* Neither all nor nothing: else the test tests nothing. */
	assert_in_range(hits, SETS * RULES * EVENTS / 20, SETS * RULES * EVENTS * 19 / 20);
	dns_names_free(dns);
	buf_done(&yaml);
	rx_done(&x);
	rx_done(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random, fx_setup, fx_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
