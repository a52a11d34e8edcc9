/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The schema's tables, names of numbers, and the one check of a record. */
#include "event_fixture.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>

#include "event/names.h"

/* --- schema --- */

static void every_event_is_whole(void **state)
{
	(void)state;
	for (unsigned id = 1; id < EV_MAX; id++) {
		const struct event_desc *d = schema_event(id);
		size_t end = sizeof(struct ev_hdr);

		if (!d)
			continue;
		assert_int_equal(d->id, id);
		assert_true(d->n_fields > 0);
		assert_true(d->doc[0]);
		assert_non_null(schema_class_name(d->class));
		for (unsigned i = 0; i < d->n_fields; i++) {
			const struct wire_field *f = &d->fields[i];

			assert_int_equal(f->offset, end);
			assert_int_equal(f->event, id);
			assert_true(f->doc[0] || f->type == WT_PAD32);
			assert_non_null(schema_type_name(f->type));
			if (f->names)
				assert_ptr_equal(f->names, names_table(f->format));
			end += f->size;
		}
		assert_int_equal(end, d->fixed_len);
		assert_true(d->fixed_len % 8 == 0);
	}
}

static void names_of_events_and_fields_are_unique(void **state)
{
	(void)state;
	for (unsigned id = 1; id < EV_MAX; id++) {
		const struct event_desc *d = schema_event(id);

		if (!d)
			continue;
		assert_ptr_equal(schema_event_by_name(d->name, strlen(d->name)), d);
		for (unsigned i = 0; i < d->n_fields; i++)
			assert_ptr_equal(schema_field(d, d->fields[i].name,
						      strlen(d->fields[i].name)),
					 &d->fields[i]);
	}
}

static void what_is_no_event_is_not_found(void **state)
{
	static const char *const no_names[] = {"", "hdr", "opena", "openat3", "OPENAT",
					       "open at", "op"};

	(void)state;
	assert_null(schema_event(0));
	assert_null(schema_event(9));
	assert_null(schema_event(EV_MAX - 1));
	assert_null(schema_event(EV_MAX));
	assert_null(schema_event(UINT32_MAX));
	for (size_t i = 0; i < FX_COUNT(no_names); i++)
		assert_null(schema_event_by_name(no_names[i], strlen(no_names[i])));
	assert_null(schema_field(schema_event(EV_openat), "nam", 3));
	assert_null(schema_field(schema_event(EV_openat), "names", 5));
	assert_null(schema_field(schema_event(EV_openat), "time", 4));
	assert_null(schema_class_name(HW_CLASS_MAX));
	assert_null(schema_type_name(WT_MAX));
	assert_string_equal(schema_header()->name, "hdr");
}

static void offsets_mean_what_they_say(void **state)
{
	(void)state;
	assert_int_equal(schema_event(EV_openat)->res_off, offsetof(struct ev_openat, fd));
	assert_int_equal(schema_event(EV_openat)->res_size, 4);
	assert_int_equal(schema_event(EV_openat)->obj_off, offsetof(struct ev_openat, obj));
	assert_int_equal(schema_event(EV_connect)->res_off, offsetof(struct ev_connect, res));
	assert_int_equal(schema_event(EV_connect)->res_size, 8);
	assert_int_equal(schema_event(EV_connect)->fd_off, offsetof(struct ev_connect, fd));
	assert_int_equal(schema_event(EV_connect)->addr_off, offsetof(struct ev_connect, addr));
	assert_int_equal(schema_event(EV_dup2)->res_off, offsetof(struct ev_dup2, res));
	assert_int_equal(schema_event(EV_dup2)->fd_off, offsetof(struct ev_dup2, res));
	assert_int_equal(schema_event(EV_fork)->res_off, -1);
	assert_int_equal(schema_event(EV_fork)->obj_off, -1);
	assert_int_equal(schema_event(EV_procexit)->res_off, -1);
	assert_int_equal(schema_event(EV_link)->obj_off, -1);
	assert_true(schema_event(EV_execve)->image);
	assert_true(schema_event(EV_proc)->image);
	assert_false(schema_event(EV_openat)->image);
}

static void image_is_found_in_exec_and_proc(void **state)
{
	struct fx *f = *state;
	struct ev_execveat *e = FX_BEGIN(f, execveat);
	struct ev_proc *p;

	e->sid = 17;
	assert_int_equal(schema_image(&e->h)->sid, 17);
	p = FX_BEGIN(f, proc);
	p->userns = 18;
	assert_int_equal(schema_image(&p->h)->userns, 18);
	assert_null(schema_image(&FX_BEGIN(f, fork)->h));
}

static void results(void **state)
{
	struct fx *f = *state;
	int64_t res = 5;

	FX_BEGIN(f, openat)->fd = -13;
	fx_end(f);
	assert_true(schema_result(f->v.ev, &res));
	assert_int_equal(res, -13);
	FX_BEGIN(f, sendto)->res = 1ll << 40;
	fx_end(f);
	assert_true(schema_result(f->v.ev, &res));
	assert_true(res == 1ll << 40);
	FX_BEGIN(f, fork);
	fx_end(f);
	assert_false(schema_result(f->v.ev, &res));
	assert_true(res == 1ll << 40);
}

static void json_tells_every_event(void **state)
{
	struct buf b = BUF_INIT;
	cJSON *root, *events, *ev;
	unsigned n = 0;

	(void)state;
	schema_json(&b);
	root = cJSON_Parse(buf_str(&b));
	assert_non_null(root);
	events = cJSON_GetObjectItem(root, "events");
	cJSON_ArrayForEach(ev, events) {
		int id = cJSON_GetObjectItem(ev, "id")->valueint;
		const struct event_desc *d = id ? schema_event(id) : schema_header();

		assert_string_equal(cJSON_GetObjectItem(ev, "name")->valuestring, d->name);
		assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(ev, "fields")),
				 d->n_fields);
		n++;
	}
	for (unsigned id = 1; id < EV_MAX; id++)
		n -= schema_event(id) != NULL;
	assert_int_equal(n, 1); /* the header */
	assert_true(schema_hash() == schema_hash() && schema_hash() != 0);
	cJSON_Delete(root);
	buf_done(&b);
}

/* --- names --- */

static const struct { const char *format; uint64_t value; const char *want; } flag_rows[] = {
	{"open_flags", O_RDONLY, "O_RDONLY"},
	{"open_flags", O_WRONLY, "O_WRONLY"},
	{"open_flags", O_RDWR, "O_RDWR"},
	{"open_flags", O_ACCMODE, "0x3"},
	{"open_flags", O_RDONLY | O_CLOEXEC, "O_RDONLY|O_CLOEXEC"},
	{"open_flags", O_TRUNC | O_CREAT | O_WRONLY | HW_O_F_CREATED | HW_O_UPPER_LAYER,
	 "O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED|FD_UPPER_LAYER"},
	{"open_flags", O_SYNC | O_RDWR, "O_SYNC|O_RDWR"},
	{"open_flags", O_DSYNC | O_RDWR, "O_DSYNC|O_RDWR"},
	{"open_flags", O_DIRECTORY, "O_DIRECTORY|O_RDONLY"},
	{"open_flags", O_TMPFILE | O_RDWR, "O_RDWR|O_TMPFILE"},
	{"open_flags", 1u << 27, "O_RDONLY|0x8000000"},
	{"at_flags", 0, "0"},
	{"at_flags", 0x200, "AT_REMOVEDIR"},
	{"at_flags", 0x1400, "AT_SYMLINK_FOLLOW|AT_EMPTY_PATH"},
	{"at_flags", 3, "0x3"},
	{"rename_flags", 3, "RENAME_NOREPLACE|RENAME_EXCHANGE"},
	{"at_flags", 0x80000000, "0x80000000"},
	{"exe_flags", HW_EXE_WRITABLE | HW_EXE_UPPER_LAYER, "EXE_WRITABLE|EXE_UPPER_LAYER"},
	{"exe_flags", HW_EXE_FROM_MEMFD | HW_EXE_LOWER_LAYER | HW_EXE_DELETED,
	 "EXE_FROM_MEMFD|EXE_LOWER_LAYER|EXE_DELETED"},
	{"module_flags", 5, "MODULE_INIT_IGNORE_MODVERSIONS|MODULE_INIT_COMPRESSED_FILE"},
};

static void flags_by_name(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < FX_COUNT(flag_rows); i++) {
		buf_reset(&b);
		buf_adds(&b, ">");
		names_flags(&b, names_table(flag_rows[i].format), flag_rows[i].value);
		assert_string_equal(buf_str(&b) + 1, flag_rows[i].want);
	}
	buf_done(&b);
}

static void enums_by_name(void **state)
{
	(void)state;
	assert_string_equal(names_enum(names_af, 1), "AF_LOCAL");
	assert_string_equal(names_enum(names_af, 17), "AF_PACKET");
	assert_null(names_enum(names_af, 46));
	assert_string_equal(names_enum(names_ptrace_request, 0), "PTRACE_TRACEME");
	assert_string_equal(names_enum(names_ptrace_request, 16), "PTRACE_ATTACH");
	assert_string_equal(names_enum(names_ptrace_request, 0x4206), "PTRACE_SEIZE");
	assert_null(names_enum(names_ptrace_request, 10));
	assert_string_equal(names_enum(names_lost_reason, HW_LOST_ring_full), "ring_full");
	assert_null(names_enum(names_lost_reason, HW_LOST_MAX));
	assert_null(names_table("dec"));
	assert_null(names_table("none"));
	assert_null(names_table(""));
	assert_null(names_table("open_flag"));
}

static void errors_by_name(void **state)
{
	(void)state;
	assert_string_equal(names_errno(ENOENT), "ENOENT");
	assert_string_equal(names_errno(-EINPROGRESS), "EINPROGRESS");
	assert_string_equal(names_errno(-EAGAIN), "EAGAIN");
	assert_string_equal(names_errno(-EOPNOTSUPP), "EOPNOTSUPP");
	assert_string_equal(names_errno(133), "EHWPOISON");
	assert_string_equal(names_errno(-512), "ERESTARTSYS");
	assert_null(names_errno(0));
	assert_null(names_errno(41)); /* EAGAIN's old number */
	assert_null(names_errno(134));
	assert_null(names_errno(-4095));
	assert_null(names_errno(INT32_MIN));
	assert_null(names_errno(INT32_MAX));
	for (int e = 1; e < 134; e++) {
		if (e != 41 && e != 58)
			assert_non_null(names_errno(e));
	}
}

static void capabilities_and_signals_by_name(void **state)
{
	struct buf b = BUF_INIT;
	unsigned bit = 77;

	(void)state;
	names_caps(&b, 0);
	assert_string_equal(buf_str(&b), "");
	names_caps(&b, 1ull << CAP_SYS_ADMIN | 1ull << CAP_CHOWN | 1ull << 63);
	assert_string_equal(buf_str(&b), "CAP_CHOWN CAP_SYS_ADMIN");
	assert_string_equal(names_cap(40), "CAP_CHECKPOINT_RESTORE");
	assert_null(names_cap(41));
	assert_true(names_cap_value("CAP_SYS_ADMIN", &bit) && bit == CAP_SYS_ADMIN);
	assert_true(names_cap_value("net_raw", &bit) && bit == CAP_NET_RAW);
	assert_true(names_cap_value("cap_bpf", &bit) && bit == 39);
	bit = 77;
	assert_false(names_cap_value("CAP_", &bit));
	assert_false(names_cap_value("", &bit));
	assert_false(names_cap_value("SYS", &bit));
	assert_false(names_cap_value("CAP_CAP_CHOWN", &bit));
	assert_int_equal(bit, 77);
	assert_string_equal(names_sig(9), "SIGKILL");
	assert_string_equal(names_sig(31), "SIGSYS");
	assert_null(names_sig(0));
	assert_null(names_sig(-9));
	assert_null(names_sig(32));
	buf_done(&b);
}

/* --- the check --- */

/* Every string of every event, one after the other. */
static struct hw_str *nth_string(struct ev_hdr *h, const struct event_desc *d, unsigned i)
{
	const struct wire_field *f = &d->fields[i];
	char *at = (char *)h + f->offset;

	switch (f->type) {
	case WT_STR:
	case WT_PATH:
	case WT_ARGV:
	case WT_BYTES:
		return (struct hw_str *)at;
	case WT_FDOBJ:
		return &((struct hw_fdobj *)at)->path;
	}
	return NULL;
}

static enum check_result judge(const struct ev_hdr *h)
{
	return check_record(h, h->size, NULL);
}

/* A record of that event whose strings are all "abc". */
static struct ev_hdr *full_record(struct fx *f, const struct event_desc *d)
{
	struct ev_hdr *h = fx_begin(f, d->id);

	for (unsigned i = 0; i < d->n_fields; i++) {
		struct hw_str *s = nth_string(h, d, i);

		if (s)
			assert_int_equal(rec_add_str(&f->b, (char *)s - (char *)h, "abc", 3, 0), 0);
	}
	assert_non_null(rec_end(&f->b));
	assert_int_equal(judge(h), CHECK_OK);
	return h;
}

#define STR_WITH(...) \
	do { \
		*s = (struct hw_str){__VA_ARGS__}; \
		if (judge(h) != CHECK_MALFORMED) \
			fail_msg("%s.%s passes with {off %u, len %u}", d->name, d->fields[i].name, \
				 s->off, s->len); \
		*s = good; \
	} while (0)

static void bend_string(struct ev_hdr *h, const struct event_desc *d, unsigned i)
{
	struct hw_str *s = nth_string(h, d, i), good = *s;
	char *bytes = (char *)h + good.off;
	bool text = d->fields[i].type != WT_ARGV && d->fields[i].type != WT_BYTES;

	STR_WITH(0, 0, 1);
	STR_WITH(0, 0, UINT32_MAX);
	STR_WITH(1, 0, 3);
	STR_WITH(d->fixed_len - 1, 0, 3);
	STR_WITH(good.off, 0, h->size - good.off);
	STR_WITH(good.off, 0, h->size);
	STR_WITH(good.off, 0, h->size + 1);
	STR_WITH(good.off, 0, UINT32_MAX);
	STR_WITH(good.off, 0, UINT32_MAX - good.off);
	STR_WITH(good.off, 0, UINT32_MAX - good.off + 1);
	STR_WITH(h->size, 0, 0);
	STR_WITH(UINT16_MAX, 0, 0);
	STR_WITH(good.off, 0, 2); /* not ended by NUL */
	if (text)
		STR_WITH(good.off, 0, 7); /* a NUL inside */
	bytes[3] = 'x';
	assert_int_equal(judge(h), CHECK_MALFORMED);
	bytes[3] = '\0';
	bytes[1] = '\0';
	assert_int_equal(judge(h), text ? CHECK_MALFORMED : CHECK_OK);
	bytes[1] = 'b';
	/* Allowed: absent, empty, and flags of whatever kind. */
	*s = (struct hw_str){0, HW_STR_FAULT, 0};
	assert_int_equal(judge(h), CHECK_OK);
	*s = (struct hw_str){good.off + 3, 0xffff, 0};
	assert_int_equal(judge(h), CHECK_OK);
	*s = good;
	assert_int_equal(judge(h), CHECK_OK);
}

static void each_string_of_each_event_is_checked(void **state)
{
	struct fx *f = *state;

	for (unsigned id = 1; id < EV_MAX; id++) {
		const struct event_desc *d = schema_event(id);
		struct ev_hdr *h;

		if (!d)
			continue;
		h = full_record(f, d);
		/* 7 bytes from a string's start lie inside the record. */
		rec_add_str(&f->b, offsetof(struct ev_hdr, comm), "0123456789", 10, 0);
		memset(h->comm, 0, sizeof(h->comm));
		assert_non_null(rec_end(&f->b));
		for (unsigned i = 0; i < d->n_fields; i++) {
			if (nth_string(h, d, i))
				bend_string(h, d, i);
		}
	}
}

static void each_size_but_the_right_one_is_refused(void **state)
{
	struct fx *f = *state;

	for (unsigned id = 1; id < EV_MAX; id++) {
		const struct event_desc *d = schema_event(id);
		struct ev_hdr *h;
		uint32_t size;

		if (!d)
			continue;
		h = full_record(f, d);
		size = h->size;
		for (uint32_t n = 0; n <= size + 8; n++)
			assert_int_equal(check_record(h, n, NULL),
					 n == size ? CHECK_OK : CHECK_MALFORMED);
		/* The record agrees with what arrived, and is short all the same. */
		for (uint32_t n = 0; n < d->fixed_len; n++) {
			h->size = n;
			assert_int_equal(check_record(h, n, NULL), CHECK_MALFORMED);
		}
		h->size = UINT32_MAX;
		assert_int_equal(check_record(h, UINT32_MAX, NULL), CHECK_MALFORMED);
	}
}

static void other_faults_are_refused(void **state)
{
	struct fx *f = *state;
	struct ev_hdr *h = full_record(f, schema_event(EV_chdir));
	uint32_t size = h->size;
	const char *why = NULL;

	for (unsigned shift = 1; shift < 8; shift++) {
		char *at = (char *)h + shift;

		memmove(at, h, size);
		assert_int_equal(check_record(at, size, &why), CHECK_MALFORMED);
		memmove(h, at, size);
	}
	assert_non_null(strstr(why, "aligned"));
	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		if (schema_event(type))
			continue;
		h->type = type;
		assert_int_equal(check_record(h, size, &why), CHECK_UNKNOWN_TYPE);
	}
	h->type = EV_chdir;
	memset(h->comm, 'x', sizeof(h->comm));
	assert_int_equal(check_record(h, size, &why), CHECK_MALFORMED);
	h->comm[15] = '\0';
	why = "untouched";
	assert_int_equal(check_record(h, size, &why), CHECK_OK);
	assert_string_equal(why, "untouched");
}

static void facts_may_be_large_and_others_not(void **state)
{
	struct fx *f = *state;
	static char big[HW_FACT_MAX];
	const struct ev_hdr *h;

	memset(big, 'x', sizeof(big));
	REC_BEGIN(&f->b, container);
	assert_int_equal(REC_STR(&f->b, container, facts, big, HW_FACT_MAX - 200, 0), 0);
	h = rec_end(&f->b);
	assert_non_null(h);
	assert_int_equal(judge(h), CHECK_OK);

	REC_BEGIN(&f->b, container);
	assert_int_equal(REC_STR(&f->b, container, facts, big, HW_FACT_MAX, 0), -E2BIG);
	assert_null(rec_end(&f->b));

	REC_BEGIN(&f->b, chdir);
	assert_int_equal(REC_STR(&f->b, chdir, path, big, HW_RECORD_MAX - 200, 0), 0);
	h = rec_end(&f->b);
	assert_int_equal(judge(h), CHECK_OK);
	((struct ev_hdr *)h)->size = HW_RECORD_MAX + 1;
	assert_int_equal(check_record(h, HW_RECORD_MAX + 1, NULL), CHECK_MALFORMED);

	REC_BEGIN(&f->b, chdir);
	assert_int_equal(REC_STR(&f->b, chdir, path, big, HW_RECORD_MAX, 0), -E2BIG);
	assert_int_equal(REC_STR(&f->b, chdir, cwd, "/", 1, 0), 0);
	assert_null(rec_end(&f->b)); /* the fault sticks */

	/* An offset has 16 bits: nothing may begin behind them. */
	REC_BEGIN(&f->b, passwd);
	assert_int_equal(REC_STR(&f->b, passwd, users, big, 70000, 0), 0);
	assert_int_equal(REC_STR(&f->b, passwd, groups, "0:root", 6, 0), -E2BIG);
	assert_null(rec_end(&f->b));
}

/* Whatever passes must be safe to read: every string is inside and ended. */
static void read_all(const struct ev_hdr *h, const struct event_desc *d)
{
	for (unsigned i = 0; i < d->n_fields; i++) {
		const struct hw_str *s = nth_string((struct ev_hdr *)h, d, i);

		if (!s)
			continue;
		assert_true(s->off == 0 || s->off >= d->fixed_len);
		assert_true((uint64_t)s->off + s->len < h->size || !s->off);
		assert_int_equal(rec_str(h, s)[s->len], '\0');
	}
}

static void mutated_records_never_pass_unsound(void **state)
{
	struct fx *f = *state;
	uint64_t rnd = 88172645463325252u;
	unsigned passed = 0;

	for (unsigned round = 0; round < 60000; round++) {
		const struct event_desc *d = schema_event(1 + round % (EV_MAX - 1));
		struct ev_hdr *h;
		char *copy;

		if (!d)
			continue;
		h = full_record(f, d);
		/* In memory of exactly its size, so that ASan sees every step too far. */
		copy = malloc(h->size);
		memcpy(copy, h, h->size);
		for (unsigned n = 0; n < 1 + round % 4; n++) {
			rnd ^= rnd << 13;
			rnd ^= rnd >> 7;
			rnd ^= rnd << 17;
			copy[rnd % h->size] = rnd >> 32;
		}
		if (check_record(copy, h->size, NULL) == CHECK_OK) {
			h = (struct ev_hdr *)copy;
			read_all(h, schema_event(h->type));
			passed++;
		}
		free(copy);
	}
	assert_true(passed > 1000);
}

#define T(fn) cmocka_unit_test(fn)
#define TF(fn) cmocka_unit_test_setup_teardown(fn, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_event_is_whole),
		T(names_of_events_and_fields_are_unique),
		T(what_is_no_event_is_not_found),
		T(offsets_mean_what_they_say),
		TF(image_is_found_in_exec_and_proc),
		TF(results),
		T(json_tells_every_event),
		T(flags_by_name),
		T(enums_by_name),
		T(errors_by_name),
		T(capabilities_and_signals_by_name),
		TF(each_string_of_each_event_is_checked),
		TF(each_size_but_the_right_one_is_refused),
		TF(other_faults_are_refused),
		TF(facts_may_be_large_and_others_not),
		TF(mutated_records_never_pass_unsound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
