/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Outputs: templates and their faults, text, members of output_fields. And what can still match. */
#include "base/jsonw.h"
#include "rule_fixture.h"

static struct ruleset *load_output(struct rx *x, const char *output)
{
	buf_reset(&x->yaml);
	buf_adds(&x->yaml, "- rule: R\n  condition: evt.type=openat\n  desc: d\n  priority: info\n"
			   "  output: |-\n    ");
	buf_adds(&x->yaml, output);
	buf_addc(&x->yaml, '\n');
	return rx_load(x, buf_str(&x->yaml));
}

static void test_text(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"nothing", "nothing"},
		{"%proc.name", "bash"},
		{"a %proc.name b", "a bash b"},
		{"%proc.name%proc.pname", "bashnginx"},
		{"(%proc.name)", "(bash)"},
		{"user=%user.name uid=%user.uid", "user=www-data uid=33"},
		/* as much as makes a field, dots and brackets behind it are text */
		{"%proc.name.", "bash."},
		{"%proc.name...", "bash..."},
		{"%proc.names", "bashs"},
		{"%proc.name[1]", "bash[1]"},
		{"%proc.aname[1]/%proc.aname[2]", "nginx/runc"},
		{"%proc.aname", "nginx runc systemd"},
		{"%evt.arg.flags|%evt.type", "O_RDONLY|openat"},
		/* missing is <NA>, empty is empty */
		{"<%k8s.ns.name><%proc.aname[9]>", "<<NA>><<NA>>"},
		{"<%fd.sip.name>", "<<NA>>"},
		/* so many characters */
		{"<%10proc.name>", "<bash      >"},
		{"<%2proc.name>", "<ba>"},
		{"<%4proc.name>", "<bash>"},
		{"<%6k8s.ns.name>", "<<NA>  >"},
		{"<%3fd.name>", "</\xc3\xa9x>"},
		/* transformers */
		{"%toupper(proc.name)", "BASH"},
		{"%toupper(proc.name).", "BASH."},
		{"%5toupper(proc.name)|", "BASH |"},
		{"%concat(proc.name, \"-\", proc.pname)", "bash-nginx"},
		{"%len(proc.name)", "4"},
		{"%tolower(k8s.ns.name)", "<NA>"},
		{"%getopt((\"-ab\"), \"ab\")", "a,b"},
		/* the sign itself; what stands before the whole is text */
		{"100%% of %proc.name", "100% of bash"},
		{"%%proc.name", "%proc.name"},
		{"*%proc.name", "*bash"},
		/* old things */
		{"%proc.name %container.info x", "bash  x"},
		{"%evt.dir", "<"},
	};
	struct fx *f = *state;
	struct buf out = BUF_INIT;
	struct rx x = {0};
	unsigned bad = 0;

	rx_open(f, "/\xc3\xa9xyz", O_RDONLY, 3);
	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		load_output(&x, rows[i].in);
		rx_assert_ok(&x);
		buf_reset(&out);
		field_scratch_reset(f->v.scratch);
		rule_output_text(ruleset_at(x.rs, 0), &f->v, &out);
		if (strcmp(buf_str(&out), rows[i].out))
			bad += !!fprintf(stderr, "%s\nis   %s\nwant %s\n", rows[i].in,
					 buf_str(&out), rows[i].out);
	}
	buf_done(&out);
	rx_done(&x);
	assert_int_equal(bad, 0);
}

/* Bytes come out as they went in: whoever writes the line makes it safe. */
static void test_raw_bytes(void **state)
{
	struct fx *f = *state;
	struct buf out = BUF_INIT;
	struct rx x = {0};

	rx_open(f, "/\x1b[31m\xff\n\"", O_RDONLY, 3);
	load_output(&x, "%fd.name");
	rule_output_text(ruleset_at(x.rs, 0), &f->v, &out);
	assert_string_equal(buf_str(&out), "/\x1b[31m\xff\n\"");
	buf_done(&out);
	rx_done(&x);
}

static void test_refuses(void **state)
{
	static const struct {
		const char *in;
		const char *words;
	} rows[] = {
		{"%", "6:5 error LOAD_ERR_COMPILE_OUTPUT: rule 'R': an output cannot end in '%'"},
		{"a %proc.name %", "6:18 error"},
		{"% a", "6:6 error LOAD_ERR_COMPILE_OUTPUT: rule 'R': no field follows '%'"},
		{"50% off", "no field follows '%'"},
		{"%procname", "there is no field 'procname'"},
		{"%proc.nme", "did you mean 'proc.name'?"},
		{"a %proc.nme.",
		 "6:8 error LOAD_ERR_COMPILE_OUTPUT: rule 'R': there is no field 'proc.nme'"},
		{"%evt.arg.nosuch", "no event has an argument 'nosuch'"},
		{"%evt.arg", "needs a number"},
		{"%container.mount.dest", "needs an argument"},
		{"%container.mount.dest[/etc", "bracket"},
		{"%proc.aname[x]", "must be a number"},
		{"%99999proc.name", "a width of more than 10000"},
		{"%10", "no field follows"},
		{"%tolower(proc.nme)", "there is no field 'proc.nme'"},
		{"%tolower(proc.name",
		 "6:23 error LOAD_ERR_COMPILE_OUTPUT: rule 'R': expected ')'"},
		{"%tolower(fd.num)", "needs a text"},
		{"%val(proc.name)", "there is no field 'val'"},
	};
	struct rx x = {0};
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < FX_COUNT(rows); i++) {
		if (load_output(&x, rows[i].in))
			bad += !!fprintf(stderr, "taken: %s\n", rows[i].in);
		else if (!strstr(buf_str(&x.told), rows[i].words))
			bad += !!fprintf(stderr, "%s\nwant %s\ntold %s", rows[i].in, rows[i].words,
					 buf_str(&x.told));
	}
	rx_done(&x);
	assert_int_equal(bad, 0);
}

/* Every fault of an output is told, and both of the output and of the condition. */
static void test_all_faults(void **state)
{
	struct rx x = {0};

	(void)state;
	assert_null(rx_load(&x, "- {rule: R, condition: fd.num = x, desc: d, priority: info, "
				"output: '%a.b %c.d'}\n"));
	assert_int_equal(x.errors, 3);
	rx_done(&x);
}

static void test_fields(void **state)
{
	struct fx *f = *state;
	struct buf out = BUF_INIT;
	struct jsonw w;
	struct rx x = {0};

	rx_open(f, "/etc/passwd", O_RDONLY, 3);
	load_output(&x,
		    "%proc.name %fd.num %proc.name %k8s.ns.name %evt.is_open_read %proc.aname[2] "
		    "%toupper(proc.pname) %evt.time %fd.name %20user.uid %evt.dir");
	rx_assert_ok(&x);
	jsonw_init(&w, &out);
	jsonw_obj(&w, NULL);
	rule_output_fields(ruleset_at(x.rs, 0), &f->v, &w);
	jsonw_end_obj(&w);
	assert_string_equal(
		buf_str(&out),
		"{\"container.id\":\"0123456789ab\","
		"\"container.image.repository\":\"registry.example/shop/web\","
		"\"container.image.tag\":\"1.2\",\"container.name\":\"web\","
		"\"evt.is_open_read\":true,\"evt.time\":1700000045123456789,"
		"\"fd.name\":\"/etc/passwd\",\"fd.num\":3,\"k8s.ns.name\":null,"
		"\"k8s.pod.name\":null,\"proc.aname[2]\":\"runc\",\"proc.name\":\"bash\","
		"\"user.uid\":33}");
	buf_done(&out);
	rx_done(&x);
}

/* --- what can still match --- */

static const struct {
	const char *cond;
	unsigned event;
	struct assume a[2];
	size_t n;
	bool want;
} possible[] = {
	{"evt.type = open", EV_open, {{NULL, NULL}}, 0, true},
	{"evt.type = open", EV_openat, {{NULL, NULL}}, 0, false},
	{"evt.type = open and evt.num = 0", EV_open, {{NULL, NULL}}, 0, false},
	{"evt.type = open and container.id != host",
	 EV_open,
	 {{"container.id", "host"}},
	 1,
	 false},
	{"evt.type = open and container.id != host",
	 EV_open,
	 {{"container.id", "abc"}},
	 1,
	 true},
	{"evt.type = open and container.id != host",
	 EV_open,
	 {{"container.id", NULL}},
	 1,
	 false},
	{"evt.type = open and not container.id = host",
	 EV_open,
	 {{"container.id", NULL}},
	 1,
	 true},
	{"evt.type = open and container.id != host",
	 EV_open,
	 {{"proc.name", "x"}},
	 1,
	 true},
	{"evt.type = open and proc.name in (a, b) and fd.name = x",
	 EV_open,
	 {{"proc.name", "b"}},
	 1,
	 true},
	{"evt.type = open and proc.name in (a, b) and fd.name = x",
	 EV_open,
	 {{"proc.name", "c"}},
	 1,
	 false},
	{"evt.type = open and (proc.name = a or fd.name = x)",
	 EV_open,
	 {{"proc.name", "b"}},
	 1,
	 true},
	{"evt.type = open and (proc.name = a or user.uid = 0)",
	 EV_open,
	 {{"proc.name", "b"}, {"user.uid", "1"}},
	 2,
	 false},
	{"evt.type = open and user.uid = 0", EV_open, {{"user.uid", "zero"}}, 1, true},
	{"evt.type = connect and fd.sip = 10.0.0.1",
	 EV_connect,
	 {{"fd.sip", "10.0.0.2"}},
	 1,
	 false},
	{"evt.type = connect and fd.sip = 10.0.0.1",
	 EV_connect,
	 {{"fd.sip", "10.0.0.1"}},
	 1,
	 true},
	{"evt.type = connect and fd.sport in (80, 443)",
	 EV_connect,
	 {{"fd.sport", "https"}},
	 1,
	 true},
	{"evt.type = open and proc.aname[2] = x",
	 EV_open,
	 {{"proc.aname[2]", "y"}},
	 1,
	 false},
	/* of all ancestors, of both ends and of names nothing can be assumed */
	{"evt.type = open and proc.aname = x", EV_open, {{"proc.aname", "y"}}, 1, true},
	{"evt.type = connect and fd.ip = 10.0.0.1",
	 EV_connect,
	 {{"fd.ip", "10.0.0.2"}},
	 1,
	 true},
	{"evt.type = connect and fd.sip.name = x",
	 EV_connect,
	 {{"fd.sip.name", "y"}},
	 1,
	 true},
	/* nor of what is made of a field */
	{"evt.type = open and toupper(proc.name) = X",
	 EV_open,
	 {{"proc.name", "y"}},
	 1,
	 true},
	{"evt.type = open and proc.pname = val(proc.name)",
	 EV_open,
	 {{"proc.name", "y"}},
	 1,
	 true},
	{"evt.type = open and proc.name = x", EV_open, {{"no.such.field", "y"}}, 1, true},
};

static void test_possible(void **state)
{
	struct rx x = {0};

	(void)state;
	for (size_t i = 0; i < FX_COUNT(possible); i++) {
		rx_cond(&x, "", possible[i].cond);
		rx_assert_ok(&x);
		if (ruleset_possible(x.rs, possible[i].event, possible[i].a, possible[i].n) !=
		    possible[i].want)
			fail_msg("row %zu: %s", i, possible[i].cond);
	}
	assert_false(ruleset_possible(x.rs, EV_MAX, NULL, 0));
	rx_done(&x);
}

/* What was assumed is forgotten: the next event is asked itself. */
static void test_assumed_is_forgotten(void **state)
{
	static const struct assume a = {"proc.name", "other"};
	struct fx *f = *state;
	struct rx x = {0};

	rx_open(f, "/etc/passwd", O_RDONLY, 3);
	rx_cond(&x, "", "evt.type = openat and proc.name = bash");
	assert_non_null(ruleset_match(x.rs, &f->v));
	assert_false(ruleset_possible(x.rs, EV_openat, &a, 1));
	assert_non_null(ruleset_match(x.rs, &f->v));
	rx_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_text, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_raw_bytes, fx_setup, fx_teardown),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_all_faults),
		cmocka_unit_test_setup_teardown(test_fields, fx_setup, fx_teardown),
		cmocka_unit_test(test_possible),
		cmocka_unit_test_setup_teardown(test_assumed_is_forgotten, fx_setup, fx_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
