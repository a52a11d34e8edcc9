/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What conditions mean: missing, empty and <NA>; every operator on every type; ancestors, both
 * ends, names; transformers and modifiers; the order of rules. And what the checker refuses.
 */
#include "rule_fixture.h"

struct row {
	const char *cond;
	bool want;
};

static void holds(struct fx *f, const struct row *rows, size_t n)
{
	struct rx x = {0};
	unsigned bad = 0;

	for (size_t i = 0; i < n; i++) {
		bool got;

		rx_cond(&x, "", rows[i].cond);
		if (!x.rs) {
			bad += !!fprintf(stderr, "%s\n%s", rows[i].cond, buf_str(&x.told));
			continue;
		}
		field_scratch_reset(f->v.scratch);
		got = ruleset_match(x.rs, &f->v) != NULL;
		if (got != rows[i].want || rule_holds(x.rs, ruleset_at(x.rs, 0), &f->v) != got)
			bad += !!fprintf(stderr, "%s is %d\n", rows[i].cond, got);
	}
	rx_done(&x);
	assert_int_equal(bad, 0);
}

#define HOLDS(f, rows) holds((f), (rows), FX_COUNT(rows))

/* --- missing, empty, <NA> --- */

static void test_missing(void **state)
{
	/* Of a setuid, which has no descriptor; whether the host's network is shared is unknown. */
	static const struct row rows[] = {
		{"container.host_net exists", false},
		{"container.host_net = true", false},
		{"container.host_net != true", false},
		{"container.host_net in (true, false)", false},
		{"not container.host_net = true", true},
		{"not container.host_net != true", true},
		{"not container.host_net in (true, false)", true},
		{"not container.host_net exists", true},
		{"k8s.ns.name exists", false},
		{"k8s.ns.name = x", false},
		{"k8s.ns.name != x", false},
		{"k8s.ns.name = \"\"", false},
		{"k8s.ns.name != \"\"", false},
		{"k8s.ns.name = <NA>", false},
		{"k8s.ns.name in ()", false},
		{"k8s.ns.name in (x, \"\", <NA>)", false},
		{"k8s.ns.name contains \"\"", false},
		{"k8s.ns.name startswith \"\"", false},
		{"k8s.ns.name endswith \"\"", false},
		{"k8s.ns.name glob *", false},
		{"k8s.ns.name iglob *", false},
		{"k8s.ns.name regex .*", false},
		{"k8s.ns.name pmatch (/)", false},
		{"k8s.ns.name != allof (x, y)", false},
		{"k8s.ns.name < 1", false},
		{"k8s.ns.name > 1", false},
		{"not k8s.ns.name != x", true},
		{"not k8s.ns.name in (x)", true},
		{"not (k8s.ns.name = x or k8s.ns.name != x)", true},
		{"len(k8s.ns.name) >= 0", false},
		{"not tolower(k8s.ns.name) = x", true},
		{"concat(\"a\", k8s.ns.name) exists", false},
		{"proc.name = val(k8s.ns.name)", false},
		{"proc.name != val(k8s.ns.name)", false},
		{"not proc.name = val(k8s.ns.name)", true},
		/* beyond the last ancestor */
		{"proc.aname[3] exists", true},
		{"proc.aname[4] exists", false},
		{"proc.aname[4] != x", false},
		{"not proc.aname[4] = x", true},
		/* an event without a descriptor */
		{"fd.name exists", false},
		{"fd.num = -1", false},
		{"fd.num != -1", false},
		{"fd.num >= 0 or fd.num < 0", false},
	};
	struct fx *f = *state;

	FX_BEGIN(f, setuid);
	fx_end(f);
	HOLDS(f, rows);
}

static void test_empty_and_na(void **state)
{
	static const struct row rows[] = {
		{"proc.args = \"\"", true},
		{"proc.args = ''", true},
		{"proc.args exists", true},
		{"proc.args != \"\"", false},
		{"proc.args != x", true},
		{"proc.args in (\"\")", true},
		{"proc.args in (x, \"\")", true},
		{"proc.args in ()", false},
		{"not proc.args in ()", true},
		{"proc.args contains \"\"", true},
		{"proc.args startswith x", false},
		{"proc.args glob *", true},
		{"proc.args glob ?", false},
		{"proc.args regex \"\"", true},
		{"len(proc.args) = 0", true},
		/* a name that is not known is a text like any other */
		{"user.name = <NA>", true},
		{"user.name exists", true},
		{"user.name in (\"<NA>\", \"N/A\", \"\")", true},
		{"user.name != root", true},
		{"user.name = \"\"", false},
	};
	struct fx *f = *state;
	struct ev_execve *e = FX_BEGIN(f, execve);

	e->h.uid = 77;
	f->procs[0].args = "";
	f->procs[0].args_len = 0;
	fx_end(f);
	HOLDS(f, rows);
}

/* --- operators --- */

static void test_text_operators(void **state)
{
	static const struct row rows[] = {
		{"fd.name = /etc/passwd", true},
		{"fd.name == /etc/passwd", true},
		{"fd.name = /etc/passw", false},
		{"fd.name = /etc/passwd2", false},
		{"fd.name = /ETC/passwd", false},
		{"fd.name != /etc/passwd", false},
		{"fd.name != /etc/shadow", true},
		{"fd.name in (/etc/shadow, /etc/passwd)", true},
		{"fd.name in (/etc/shadow)", false},
		{"fd.name intersects (/etc/shadow, /etc/passwd)", true},
		{"fd.name contains c/p", true},
		{"fd.name contains \"\"", true},
		{"fd.name contains C/P", false},
		{"fd.name icontains C/P", true},
		{"fd.name icontains C/X", false},
		{"fd.name startswith /etc/", true},
		{"fd.name startswith etc", false},
		{"fd.name startswith /etc/passwd/x", false},
		{"fd.name endswith passwd", true},
		{"fd.name endswith asswd2", false},
		{"fd.name endswith \"\"", true},
		{"fd.name glob /etc/*", true},
		{"fd.name glob /*d", true},
		{"fd.name glob /e?c*", true},
		{"fd.name glob *", true},
		{"fd.name glob passwd", false},
		{"fd.name glob /ETC/*", false},
		{"fd.name iglob /ETC/*", true},
		{"fd.name regex /etc/.*", true},
		{"fd.name regex etc", false},
		{"fd.name regex \"/etc/(passwd|shadow)\"", true},
		{"fd.name pmatch (/etc)", true},
		{"fd.name pmatch (/et)", false},
		{"fd.name pmatch (/usr, /etc/passwd)", true},
		{"fd.name pmatch (/etc/passwd/x)", false},
		{"fd.name pmatch (/e*)", true},
		{"fd.name pmatch ()", false},
		{"fd.name pmatch etc", true},
		{"proc.name < 1", false},
		{"proc.name > 1", true},
		{"proc.name >= 1", true},
		/* or */
		{"fd.name = x or fd.name = /etc/passwd", true},
		{"fd.name in (x) or fd.name in (y)", false},
		{"not fd.name in (x) and not fd.name in (y)", true},
		{"not fd.name = /etc/passwd and not fd.name = x", false},
		{"fd.name startswith /x or fd.name startswith /etc/p", true},
		{"fd.name endswith x or fd.name endswith d", true},
		{"not fd.name startswith /x and not fd.name startswith /etc/p", false},
		{"fd.name contains x or fd.name contains tc", true},
		{"fd.name glob x or fd.name glob *d", true},
		{"fd.name pmatch (/x) or fd.name pmatch (/etc)", true},
		{"(fd.name = x and fd.name = y) or fd.name = /etc/passwd", true},
	};
	struct fx *f = *state;

	rx_open(f, "/etc/passwd", O_RDONLY, 3);
	HOLDS(f, rows);
}

static void test_modifiers(void **state)
{
	static const struct row rows[] = {
		{"proc.name = oneof (bash, sh)", true},
		{"proc.name = oneof (bash)", true},
		{"proc.name = oneof (sh, zsh)", false},
		{"proc.name = oneof (bash, bash)", false},
		{"proc.name = anyof (bash, sh)", true},
		{"proc.name = anyof (bash, bash)", true},
		{"proc.name = anyof (sh, zsh)", false},
		{"proc.name = allof (bash)", true},
		{"proc.name = allof (bash, bash)", true},
		{"proc.name = allof (bash, sh)", false},
		{"proc.name != oneof (bash, sh)", true},
		{"proc.name != oneof (bash, bash, sh)", true},
		{"proc.name != oneof (sh, zsh)", false},
		{"proc.name != anyof (bash, sh)", true},
		{"proc.name != anyof (bash)", false},
		{"proc.name != allof (sh, zsh)", true},
		{"proc.name != allof (bash, zsh)", false},
		{"proc.name contains oneof (ba, x)", true},
		{"proc.name contains oneof (ba, sh)", false},
		{"proc.name contains anyof (ba, sh)", true},
		{"proc.name contains allof (ba, sh)", true},
		{"proc.name contains allof (ba, x)", false},
		{"proc.name startswith oneof (b, ba)", false},
		{"proc.name startswith anyof (x, ba)", true},
		{"proc.name endswith allof (h, sh, ash)", true},
		{"proc.name glob oneof (b*, x*)", true},
		{"proc.name iglob allof (B*, *H)", true},
		{"proc.name regex anyof (b.*, x)", true},
		{"proc.name regex oneof (b.*, .*h)", false},
		{"proc.name icontains allof (BA, SH)", true},
		{"proc.name = oneof ()", false},
		{"proc.name = anyof ()", false},
		{"proc.name = allof ()", false},
		{"proc.name != oneof ()", false},
		{"proc.name != anyof ()", false},
		{"proc.name != allof ()", false},
		{"not proc.name != allof ()", true},
		{"fd.num = anyof (1, 3)", true},
		{"fd.num != allof (1, 2)", true},
		{"fd.num = oneof (3, 3)", false},
	};
	struct fx *f = *state;

	rx_open(f, "/etc/passwd", O_RDONLY, 3);
	HOLDS(f, rows);
}

static void test_numbers(void **state)
{
	static const struct row rows[] = {
		{"fd.num = 3", true},
		{"fd.num = 03", true},
		{"fd.num = \"3\"", true},
		{"fd.num = +3", true},
		{"fd.num != 3", false},
		{"fd.num > -1", true},
		{"fd.num >= 3", true},
		{"fd.num > 3", false},
		{"fd.num <= 3", true},
		{"fd.num < 3", false},
		{"fd.num in (1, 2, 3)", true},
		{"fd.num in (1, 2)", false},
		{"fd.num in (-1)", false},
		{"fd.num intersects (3)", true},
		{"user.loginuid != -1", true},
		{"user.loginuid = 1000", true},
		{"user.uid = 33", true},
		{"proc.tty != 0", true},
		{"proc.duration <= 5000000000", false},
		{"proc.duration > 1", true},
		{"evt.is_open_read = true", true},
		{"evt.is_open_read = false", false},
		{"evt.is_open_read != false", true},
		{"evt.is_open_read in (true, false)", true},
		{"evt.is_open_write = true", false},
		{"evt.rawres >= 0", true},
		{"evt.num = 7", true},
		{"evt.num = 0", false},
		{"not evt.num = 0", true},
		{"evt.num < 1", false},
		{"evt.num < 8", true},
		{"evt.num <= 7", true},
		{"evt.num >= 8", false},
		{"evt.num <= 0", false},
		{"evt.num != 0", true},
		{"evt.num > 0", true},
		{"evt.num >= 1", true},
		{"evt.num > 7", false},
		{"evt.num in (0)", false},
		{"evt.num exists", true},
		{"fd.num = val(fd.num)", true},
		{"fd.num < val(fd.num)", false},
		{"proc.pid > val(proc.ppid)", true},
		{"proc.pid in val(proc.ppid)", false},
	};
	struct fx *f = *state;

	rx_open(f, "/etc/passwd", O_RDONLY, 3);
	HOLDS(f, rows);
}

static void test_event_types(void **state)
{
	static const struct row rows[] = {
		{"evt.type = openat", true},
		{"evt.type != openat", false},
		{"evt.type = open", false},
		{"evt.type != open", true},
		{"evt.type in (open, openat)", true},
		{"not evt.type in (open, openat)", false},
		{"evt.type exists", true},
		{"evt.type contains open", true},
		{"evt.type startswith x", false},
		{"evt.type glob open*", true},
		{"evt.type pmatch (openat)", true},
		{"tolower(evt.type) = openat", true},
		{"evt.type = oneof (open, openat)", true},
		{"evt.type = allof (open, openat)", false},
		{"syscall.type = openat", true},
		{"evt.dir = <", true},
		{"evt.dir = >", false},
		{"evt.dir != >", true},
		{"not evt.dir = <", false},
	};
	struct fx *f = *state;

	rx_open(f, "/etc/passwd", O_RDONLY, 3);
	HOLDS(f, rows);
}

/* --- addresses --- */

static const struct row ipv4_rows[] = {
	{"fd.sip = 192.0.2.9", true},
	{"fd.sip = 192.0.2.8", false},
	{"fd.sip != 192.0.2.8", true},
	{"fd.sip in (192.0.2.8, 192.0.2.9)", true},
	{"fd.sip = ::ffff:192.0.2.9", true},
	{"fd.sip = ::1", false},
	{"fd.sip != ::1", true},
	{"fd.cip = 10.1.2.3", true},
	/* either end; for != both */
	{"fd.ip = 10.1.2.3", true},
	{"fd.ip = 192.0.2.9", true},
	{"fd.ip = 1.2.3.4", false},
	{"fd.ip != 10.1.2.3", false},
	{"fd.ip != 192.0.2.9", false},
	{"fd.ip != 1.2.3.4", true},
	{"fd.ip in (1.2.3.4, 192.0.2.9)", true},
	{"not fd.ip in (1.2.3.4, 192.0.2.9)", false},
	{"fd.ip != allof (1.2.3.4, 192.0.2.9)", false},
	{"fd.ip exists", true},
	{"fd.net = 10.0.0.0/8", true},
	{"fd.net = 10.1.2.0/24", true},
	{"fd.net = 10.1.3.0/24", false},
	{"fd.net = 0.0.0.0/0", true},
	{"fd.net = 10.1.2.2/31", true},
	{"fd.net = 10.1.2.0/31", false},
	{"fd.net = 10.1.2.0/30", true},
	{"fd.net = 10.1.2.9/8", true},
	{"fd.net = 10.1.2.3/32", true},
	{"fd.net != 127.0.0.0/8", true},
	{"fd.net != 10.0.0.0/8", false},
	/* the second value counts like the first */
	{"fd.net in (127.0.0.0/8, 10.0.0.0/8)", true},
	{"fd.net in (127.0.0.0/8, 172.16.0.0/12)", false},
	{"fd.net = ::/0", false},
	{"fd.net != ::/0", true},
	{"fd.net = ::ffff:10.0.0.0/104", true},
	{"fd.snet in (192.0.2.0/24)", true},
	{"fd.cnet = \"192.0.2.0/24\"", false},
	{"fd.port = 443", true},
	{"fd.port = 40000", true},
	{"fd.port = https", true},
	{"fd.port != 443", false},
	{"fd.port != 80", true},
	{"fd.port in (80, 443)", true},
	{"fd.port > 39999", true},
	{"fd.sport = 443", true},
	{"fd.sport = \"443\"", true},
	{"fd.sport in (22, https)", true},
	{"fd.sport < 1024", true},
	{"fd.cport = 443", false},
	{"fd.sip = val(fd.cip)", false},
	{"fd.sip != val(fd.cip)", true},
	{"fd.sport > val(fd.cport)", false},
	{"fd.l4proto = tcp", true},
	{"fd.typechar = 4", true},
};

static void test_ipv4_ends(void **state)
{
	struct fx *f = *state;

	rx_connect(f, "10.1.2.3", 40000, "192.0.2.9", 443);
	HOLDS(f, ipv4_rows);
}

/* An address of the other family is never equal, so always unequal. */
static void test_ipv6_ends(void **state)
{
	static const struct row rows[] = {
		{"fd.sip = 2001::9", true},
		{"fd.sip = 2001:0:0::9", true},
		{"fd.sip = 192.0.2.9", false},
		{"fd.sip != 192.0.2.9", true},
		{"fd.ip != 0.0.0.0", true},
		{"fd.net != 127.0.0.0/8", true},
		{"not fd.snet in (10.0.0.0/8, 172.16.0.0/12)", true},
		{"fd.snet = 0.0.0.0/0", false},
		{"fd.net = 2001::/16", true},
		{"fd.net = ::1/128", true},
		{"fd.snet = 2001::8/128", false},
		{"fd.snet = 2001::8/125", true},
	};
	struct fx *f = *state;

	rx_connect(f, "::1", 40000, "2001::9", 443);
	HOLDS(f, rows);
}

static void test_one_end(void **state)
{
	static const struct row rows[] = {
		{"fd.ip exists", false},
		{"fd.ip = 1.2.3.4", false},
		{"fd.ip != 1.2.3.4", false},
		{"not fd.ip = 1.2.3.4", true},
		{"fd.port != 1", false},
		{"fd.sip.name != x", false},
	};
	struct fx *f = *state;

	rx_connect(f, "", 0, "", 0);
	HOLDS(f, rows);
}

static void test_names(void **state)
{
	static const struct row rows[] = {
		{"fd.sip.name = example.org", true},
		{"fd.sip.name = example.com", false},
		{"fd.sip.name = unresolved.org", false},
		{"fd.sip.name != example.org", false},
		{"fd.sip.name != example.com", true},
		{"fd.sip.name in (example.com, example.org)", true},
		{"not fd.sip.name in (example.com, example.org)", false},
		{"fd.sip.name in (example.com) or fd.sip.name in (example.org)", true},
		{"fd.cip.name = example.org", false},
		{"fd.sip.name exists", true},
	};
	struct hw_addr addrs[] = {rx_addr("192.0.2.7", 0), rx_addr("192.0.2.9", 0)};
	struct dns_names *dns = dns_names_new();
	struct fx *f = *state;
	const char *const *names;
	struct rx x = {0};

	assert_int_equal(dns_names_set(dns, "example.org", addrs, 2), 0);
	assert_int_equal(dns_names_set(dns, "example.com", addrs, 1), 0);
	f->env.dns = dns;
	rx_connect(f, "10.1.2.3", 40000, "192.0.2.9", 443);
	HOLDS(f, rows);
	/* Without any resolver no name is equal. */
	f->env.dns = NULL;
	rx_cond(&x, "", "fd.sip.name = example.org or fd.sip.name != x");
	assert_non_null(ruleset_match(x.rs, &f->v));
	dns_names_free(dns);

	rx_cond(&x, "",
		"fd.sip.name in (b.org, a.org) or fd.cip.name != b.org or proc.name = c.org");
	assert_int_equal(ruleset_dns_names(x.rs, &names), 2);
	assert_string_equal(names[0], "b.org");
	assert_string_equal(names[1], "a.org");
	rx_done(&x);
}

/* --- ancestors --- */

static void test_ancestors(void **state)
{
	static const struct row rows[] = {
		/* any of them, the process itself left out */
		{"proc.aname = nginx", true},
		{"proc.aname = systemd", true},
		{"proc.aname = bash", false},
		{"proc.aname != nginx", true},
		{"proc.aname in (x, runc)", true},
		{"not proc.aname in (x, runc)", false},
		{"proc.aname in (x) or proc.aname in (runc)", true},
		{"not proc.aname in (x) and not proc.aname in (y)", true},
		{"proc.aname startswith sys", true},
		{"proc.aname = oneof (nginx, systemd)", true},
		{"proc.aname exists", true},
		{"proc.acmdline contains daemon", true},
		{"proc.aexepath endswith /runc", true},
		{"proc.apid = 100", true},
		{"proc.apid = 400", false},
		{"proc.aname[0] = bash", true},
		{"proc.aname[1] = nginx", true},
		{"proc.aname[1] = runc", false},
		{"proc.aname[2] in (runc)", true},
		{"proc.pname = nginx", true},
		{"proc.name = val(proc.pname)", false},
		{"proc.name != val(proc.pname)", true},
	};
	static const struct row orphan[] = {
		{"proc.aname exists", false},
		{"proc.aname != x", false},
		{"proc.pname exists", false},
		{"not proc.aname in (x)", true},
	};
	struct fx *f = *state;

	FX_BEGIN(f, setuid);
	fx_end(f);
	HOLDS(f, rows);
	f->procs[0].parent = NULL;
	HOLDS(f, orphan);
}

/* --- transformers --- */

static const struct row transformer_rows[] = {
	{"toupper(proc.name) = BASH", true},
	{"tolower(toupper(proc.name)) = bash", true},
	{"toupper(proc.name) = bash", false},
	{"toupper(proc.name) in (X, BASH)", true},
	{"toupper(proc.name) != oneof (BASH, SH)", true},
	{"basename(proc.exepath) = bash", true},
	{"basename(proc.name) = bash", true},
	{"basename(proc.cwd) = \"\"", true},
	{"len(proc.name) = 4", true},
	{"len(proc.name) > 4", false},
	{"len(\"abc\") = 3", true},
	{"len((\"a\", \"b\")) = 2", true},
	{"concat(proc.name, \":\", proc.pname) = bash:nginx", true},
	{"concat(\"a\", \"b\") = ab", true},
	{"join(\"-\", (proc.name, \"x\", 5)) = bash-x-5", true},
	{"join(\"-\", ()) = \"\"", true},
	{"join(\"|\", proc.args) = \"-c|id; ls\"", true},
	{"b64(\"aGVsbG8=\") = hello", true},
	{"b64(\"aGVsbG8\") = hello", true},
	{"b64(\"aGVsbG8==\") = hello", true},
	{"b64(\"a\") exists", false},
	{"b64(\"a*==\") exists", false},
	{"b64(\"\") = \"\"", true},
	{"len(b64(\"AAAA\")) = 3", true},
	{"tolower(\"ABC\") = val(proc.name)", false},
	{"proc.name = tolower(\"BASH\")", true},
	{"basename(proc.exepath) = val(proc.name)", true},
	{"proc.exepath endswith val(proc.name)", true},
	{"proc.cmdline startswith val(proc.name)", true},
	{"proc.cmdline contains val(proc.args)", true},
	{"proc.cmdline icontains toupper(proc.name)", true},
	{"proc.name glob concat(\"b\", \"*\")", true},
	{"proc.name in val(proc.name)", true},
	/* getopt */
	{"getopt(proc.args, \"c:\")[c] = \"id; ls\"", true},
	{"getopt(proc.args, \"c\")[c] = c", true},
	{"getopt(proc.args, \"x\")[x] exists", false},
	{"getopt((\"-n\"), \"n\") intersects (n)", true},
	{"getopt((\"-t\", \"hello\"), \"t:\") intersects (hello)", true},
	{"getopt((\"-nt\", \"hello\"), \"nt:\") in (n, t, hello)", true},
	{"getopt((\"-nt\", \"hello\"), \"nt:\") in (n, t)", false},
	{"getopt((\"-thello\"), \"t:\")[t] = hello", true},
	{"getopt((\"-t\", \"a\", \"-t\", \"b\"), \"t:\")[t] = b", true},
	{"getopt((\"-t\"), \"t:\")[t] = \"\"", true},
	{"getopt((\"-x\", \"-n\"), \"n\") intersects (\"?\")", true},
	{"getopt((\"-n\", \"--\", \"-t\"), \"nt\") intersects (t)", false},
	{"getopt((\"--long\", \"-t\"), \"t\") intersects (t)", true},
	{"getopt((\"word\", \"-t\"), \"t\") intersects (t)", false},
	{"getopt((\"-\", \"-t\"), \"t\") intersects (t)", false},
	{"getopt((\"\"), \"t\") intersects (t)", false},
	{"getopt((\"-t\"), \"\") intersects (t)", false},
	{"getopt((\"-t\"), \"t\") in ()", false},
	{"len(getopt((\"-abc\"), \"abc\")) = 3", true},
	{"join(\"\", getopt((\"-abc\"), \"abc\")) = abc", true},
	{"proc.name in getopt((\"-x\", \"bash\"), \"x:\")", true},
};

static void test_transformers(void **state)
{
	struct fx *f = *state;

	FX_BEGIN(f, setuid);
	fx_end(f);
	HOLDS(f, transformer_rows);
}

/* Results beyond their bound count as missing, and are counted. */
static void test_too_long(void **state)
{
	struct fx *f = *state;
	struct buf cond = BUF_INIT;
	struct rx x = {0};
	static char args[30000];

	memset(args, 'a', sizeof(args) - 1);
	f->procs[0].args = args;
	f->procs[0].args_len = sizeof(args) - 1;
	FX_BEGIN(f, setuid);
	fx_end(f);
	rx_cond(&x, "", "concat(proc.args, proc.args) startswith aaa");
	assert_non_null(ruleset_match(x.rs, &f->v));
	assert_int_equal(ruleset_given_up(x.rs), 0);
	rx_cond(&x, "", "concat(proc.args, proc.args, proc.args) startswith aaa");
	assert_null(ruleset_match(x.rs, &f->v));
	assert_int_equal(ruleset_given_up(x.rs), 1);
	buf_done(&cond);
	rx_done(&x);
}

/* --- which rule --- */

static void count(void *ctx, const struct rule *r)
{
	buf_adds(ctx, r->name);
}

static void test_order(void **state)
{
	struct fx *f = *state;
	struct rx x = {0};
	struct buf got = BUF_INIT;

	rx_open(f, "/etc/passwd", O_RDONLY, 3);
	rx_load(&x, "- {rule: a, condition: evt.type=open, desc: d, output: o, priority: info}\n"
		    "- {rule: b, condition: proc.name=x, desc: d, output: o, priority: info}\n"
		    "- {rule: c, condition: proc.name=bash, desc: d, output: o, priority: info, "
		    "enabled: no}\n"
		    "- {rule: d, condition: proc.name=bash, desc: d, output: o, priority: info}\n"
		    "- {rule: e, condition: evt.type=openat, desc: d, output: '%proc.name', "
		    "priority: info}\n");
	assert_string_equal(ruleset_match(x.rs, &f->v)->name, "d");
	ruleset_match_all(x.rs, &f->v, count, &got);
	assert_string_equal(buf_str(&got), "de");
	/* Disabled: not matched, but it can be asked. */
	assert_true(rule_holds(x.rs, ruleset_at(x.rs, 2), &f->v));
	/* Redefined: keeps its turn. */
	rx_load(&x,
		"- {rule: a, condition: evt.type=open, desc: d, output: o, priority: info}\n"
		"- {rule: b, condition: evt.type=openat, desc: d, output: o, priority: info}\n"
		"- {rule: a, condition: evt.type=openat, desc: d, output: o, priority: info}\n");
	assert_string_equal(ruleset_match(x.rs, &f->v)->name, "a");
	buf_done(&got);
	rx_done(&x);
}

/* Answers belong to one event, also when its memory is used again for the next. */
static void test_no_stale_answers(void **state)
{
	struct fx *f = *state;
	struct rx x = {0};

	rx_cond(&x, "", "fd.name = /a and proc.aname in (nginx) and toupper(fd.name) = /A");
	rx_open(f, "/a", O_RDONLY, 3);
	assert_non_null(ruleset_match(x.rs, &f->v));
	rx_open(f, "/b", O_RDONLY, 3);
	assert_null(ruleset_match(x.rs, &f->v));
	rx_open(f, "/a", O_RDONLY, 3);
	assert_non_null(ruleset_match(x.rs, &f->v));
	strcpy(f->procs[1].comm, "other");
	field_scratch_reset(f->v.scratch);
	assert_null(ruleset_match(x.rs, &f->v));
	rx_done(&x);
}

static void test_events(void **state)
{
	struct rx x = {0};
	const struct rule *r;
	unsigned n = 0;

	(void)state;
	rx_cond(&x, "", "(evt.type in (open, openat) and proc.name = a) or (evt.type = connect and "
			"evt.num = 0) or not evt.type != setuid");
	r = ruleset_at(x.rs, 0);
	for (unsigned id = 0; id < EV_MAX; id++) {
		bool has = r->events[id / 8] >> id % 8 & 1;

		assert_int_equal(has, id == EV_open || id == EV_openat || id == EV_setuid);
		assert_int_equal(has, ruleset_events(x.rs)[id / 8] >> id % 8 & 1);
	}
	/* No restriction: all events, but not the records of facts. */
	rx_cond(&x, "", "proc.name = a");
	r = ruleset_at(x.rs, 0);
	for (unsigned id = 0; id < EV_MAX; id++) {
		bool has = r->events[id / 8] >> id % 8 & 1;
		const struct event_desc *ev = id ? schema_event(id) : NULL;

		assert_int_equal(has, ev && ev->class != HW_CLASS_FACT);
		n += has;
	}
	assert_true(n > 20);
	rx_done(&x);
}

/* --- what is refused --- */

static const struct {
	const char *cond, *words;
} refusals[] = {
	{"proc.nme = x", "there is no field 'proc.nme'; did you mean 'proc.name'?"},
	{"proc.name[1] = x", "takes no argument"},
	{"proc.aname[x] = y", "must be a number"},
	{"proc.aname[-1] = y", "must be a number"},
	{"container.mount.dest = y", "needs an argument"},
	{"evt.arg = y", "needs a number"},
	{"evt.arg.nosuch = y", "no event has an argument 'nosuch'"},
	/* operator and type */
	{"fd.num contains 1",
	 "'contains' does not work on fd.num, which is a number; what works is "
	 "exists <= < >= > = != intersects in"},
	{"fd.num startswith 1", "does not work"},
	{"fd.num glob 1*", "does not work"},
	{"fd.num regex 1", "does not work"},
	{"fd.num pmatch (1)", "does not work"},
	{"fd.num bcontains 01", "does not work"},
	{"fd.sport contains 1", "a port"},
	{"fd.sip > 1", "an address; what works is exists = != intersects in"},
	{"fd.sip startswith 10", "does not work"},
	{"fd.net contains 10", "a network"},
	{"evt.is_open_read > 1", "true or false; what works is exists = != intersects in"},
	{"evt.is_open_read contains t", "does not work"},
	{"proc.duration contains 1", "a duration"},
	{"fd.sip.name contains x", "a host name; what works is"},
	{"fd.sip.name startswith x", "a host name"},
	{"proc.name bcontains 00", "does not work on proc.name, which is a text"},
	{"proc.name bstartswith 00", "does not work"},
	{"getopt(proc.args, \"x\") = y", "a list; what works is exists intersects in"},
	{"getopt(proc.args, \"x\") contains y", "a list"},
	/* values */
	{"fd.num = x", "'x' is not what fd.num is compared with: a whole decimal number"},
	{"fd.num = \"\"", "a whole decimal number"},
	{"fd.num = 0x10", "a whole decimal number"},
	{"fd.num > 0x10", "a whole decimal number"},
	{"fd.num > 1.5", "a whole decimal number"},
	{"fd.num > 1e+3", "a whole decimal number"},
	{"fd.num = 99999999999999999999", "a whole decimal number"},
	{"fd.num in (1, x)", "'x' is not"},
	{"user.uid = -1", "that is not negative"},
	{"evt.is_open_read = yes",
	 "'yes' is not what evt.is_open_read is compared with: true or false"},
	{"evt.is_open_read = 1", "true or false"},
	{"evt.is_open_read = TRUE", "true or false"},
	{"fd.sport = 65536", "a port number up to 65535"},
	{"fd.sport = nosuchservice", "or a service's name"},
	{"fd.sport = -1", "a port number"},
	{"fd.sip = 1.2.3", "an address such as"},
	{"fd.sip = 1.2.3.4.5", "an address such as"},
	{"fd.sip = 1.2.3.256", "an address such as"},
	{"fd.sip = ::g", "an address such as"},
	{"fd.sip = example.org", "an address such as"},
	{"fd.sip = 10.0.0.0/8", "fields whose names end in net"},
	{"fd.net = 10.0.0.0", "an address alone is one with /32"},
	{"fd.net = 10.0.0.0/33", "a network such as"},
	{"fd.net = ::/129", "a network such as"},
	{"fd.net = 10.0.0.0/x", "a network such as"},
	{"fd.net = 10/8", "a network such as"},
	{"fd.net = ::ffff:0.0.0.0/8", "a network such as"},
	{"proc.name regex \"a(\"", "'a(' is no regular expression, at its character 3"},
	{"proc.name regex \"\\\\d\"", "at its character 1: \\d is not"},
	{"evt.type = opn", "there is no event type 'opn'; did you mean 'open'?"},
	{"evt.type in (open, ioctl)", "event type 'ioctl' is known but not captured by this agent"},
	{"evt.type != clone", "event type 'clone' is known but not captured"},
	{"evt.type = passwd", "a record of facts"},
	{"syscall.type = opn", "there is no event type"},
	/* right sides */
	{"proc.name = val(proc.nme)", "there is no field 'proc.nme'"},
	{"proc.name = val(fd.num)",
	 "proc.name is a text, it cannot be compared with fd.num, a number"},
	{"fd.sport = val(fd.num)", "cannot be compared"},
	{"proc.name = val(proc.aname)", "can only stand on the left"},
	{"proc.name = val(proc.aname[1])", "can only stand on the left"},
	{"fd.sip = val(fd.ip)", "can only stand on the left"},
	{"fd.sip.name = val(proc.name)", "a host name"},
	{"proc.name regex val(proc.pname)", "compares with values only"},
	{"proc.name pmatch val(proc.pname)", "compares with values only"},
	{"proc.name = getopt(proc.args, \"x\")", "is a list; use in or intersects"},
	{"fd.num = len(proc.name)", "cannot be compared"},
	/* transformers */
	{"tolower(fd.num) = x", "tolower() needs a text here, fd.num is a number"},
	{"tolower(proc.aname) = x", "has a value for every ancestor"},
	{"tolower(fd.sip.name) = x", "compared by address"},
	{"len(fd.ip) = 1", "has two values"},
	{"len(fd.num) = 1", "len() needs a text or a list"},
	{"tolower(proc.name, proc.pname) = x", "tolower() takes 1 argument, found 2"},
	{"concat(proc.name) = x", "concat() takes 2 arguments or more, found 1"},
	{"concat(proc.name, fd.num) = x", "concat() needs a text here"},
	{"concat(proc.name, (\"a\")) = x", "is a list"},
	{"join(\",\") = x", "join() takes 2 arguments, found 1"},
	{"join(\",\", proc.name) = x", "join() needs a list here"},
	{"join(\",\", (fd.num)) = x", "is no text"},
	{"getopt(proc.name, \"x\") in (y)", "getopt() needs a list here"},
	{"getopt(proc.args) in (y)", "getopt() takes 2 arguments, found 1"},
	{"getopt(proc.args, (\"x\")) in (y)", "getopt() needs a text here"},
	{"getopt(proc.args, \"x\")[xy] = y", "names one option"},
	{"tolower(proc.name)[1] = x", "takes nothing in brackets"},
	{"b64(fd.num) = x", "b64() needs a text"},
	{"basename((\"a\")) = x", "is a list"},
};

static void test_refuses(void **state)
{
	struct rx x = {0};
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < FX_COUNT(refusals); i++) {
		if (rx_cond(&x, "", refusals[i].cond))
			bad += !!fprintf(stderr, "taken: %s\n", refusals[i].cond);
		else if (!strstr(buf_str(&x.told), refusals[i].words))
			bad += !!fprintf(stderr, "%s\nwant %s\ntold %s", refusals[i].cond,
					 refusals[i].words, buf_str(&x.told));
	}
	rx_done(&x);
	assert_int_equal(bad, 0);
}

static void test_warns(void **state)
{
	static const struct {
		const char *cond, *words;
	} rows[] = {
		{"evt.type = open and proc.name = proc.pname",
		 "3:37 warning LOAD_COMPILE_CONDITION: rule 'R': proc.name is compared with the "
		 "text "
		 "'proc.pname'; to compare it with that field, write val(proc.pname)"},
		{"evt.type = open and proc.name in (a, proc.aname[2])", "write val(proc.aname[2])"},
		{"evt.type = open and evt.dir = <",
		 "3:25 warning LOAD_DEPRECATED_ITEM: rule 'R': evt.dir is "
		 "always '<'"},
		{"evt.type != open", "LOAD_NO_EVTTYPE"},
	};
	struct rx x = {0};

	(void)state;
	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		rx_cond(&x, "", rows[i].cond);
		rx_assert_ok(&x);
		rx_assert_told(&x, rows[i].words);
	}
	rx_cond(&x, "", "evt.type = open and proc.name = val(proc.pname) and fd.name = a.b");
	assert_int_equal(x.warnings, 0);
	rx_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_missing, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_empty_and_na, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_text_operators, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_modifiers, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_numbers, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_event_types, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_ipv4_ends, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_ipv6_ends, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_one_end, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_names, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_ancestors, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_transformers, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_too_long, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_order, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_no_stale_answers, fx_setup, fx_teardown),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_warns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
