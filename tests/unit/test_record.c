/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Recordings: what was written comes back byte for byte, and no file that is cut, damaged,
 * foreign or hostile is taken for a whole one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "event/build.h"
#include "event/check.h"
#include "event/schema.h"
#include "source/recfile.h"
#include "source/source.h"

#define MAX_RECORDS 4096

static char dir[64];
static char path[96];

/* --- records --- */

struct records {
	size_t n;
	struct ev_hdr *r[MAX_RECORDS];
};

static void records_add(struct records *rs, const struct ev_hdr *ev)
{
	assert_non_null(ev);
	assert_true(rs->n < MAX_RECORDS);
	rs->r[rs->n] = malloc(ev->size);
	memcpy(rs->r[rs->n++], ev, ev->size);
}

static void records_free(struct records *rs)
{
	while (rs->n)
		free(rs->r[--rs->n]);
}

static void add_chdir(struct records *rs, struct rec_builder *b, uint64_t time, const char *to)
{
	struct ev_chdir *e = REC_BEGIN(b, chdir);

	e->h.time = time;
	e->h.flags = 0;
	e->h.seq = rs->n;
	REC_STR(b, chdir, path, to, strlen(to), HW_STR_USER);
	REC_STR(b, chdir, cwd, to, strlen(to), 0);
	records_add(rs, rec_end(b));
}

static void add_big_fact(struct records *rs, struct rec_builder *b, size_t len)
{
	struct ev_container *e = REC_BEGIN(b, container);
	char *text = malloc(len);

	for (size_t i = 0; i < len; i++)
		text[i] = (char)(i * 2654435761u >> 13);
	e->h.cgroup = 7;
	REC_STR(b, container, facts, text, len, 0);
	records_add(rs, rec_end(b));
	free(text);
}

/* A few records of all lengths modulo 8. */
static void some_records(struct records *rs, unsigned n)
{
	struct rec_builder b;
	char to[32];

	assert_int_equal(rec_init(&b), 0);
	for (unsigned i = 0; i < n; i++) {
		snprintf(to, sizeof(to), "/%.*s", (int)(i % 17), "abcdefghijklmnopq");
		add_chdir(rs, &b, 1000 + i, to);
	}
	rec_done(&b);
}

/* --- files --- */

static void record_all(const struct records *rs, int level)
{
	struct recorder *r = recorder_new(path, level);

	assert_non_null(r);
	for (size_t i = 0; i < rs->n; i++)
		assert_int_equal(recorder_write(r, rs->r[i]), 0);
	assert_int_equal(recorder_close(r), 0);
}

static uint8_t *slurp(size_t *ret_len)
{
	struct stat st;
	int fd = open(path, O_RDONLY);
	uint8_t *data;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	data = malloc((size_t)st.st_size + 1);
	assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size);
	close(fd);
	*ret_len = (size_t)st.st_size;
	return data;
}

static void spill(const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
}

/* What a replay gave. */
struct got {
	const struct records *want;
	size_t n;
	bool same; /* each was the record that was written in its place */
	struct buf err;
};

static int on_record(void *ctx, void *data, size_t len)
{
	struct got *g = ctx;
	const struct ev_hdr *want = g->want && g->n < g->want->n ? g->want->r[g->n] : NULL;

	assert_int_equal((uintptr_t)data % 8, 0);
	assert_true(len >= sizeof(struct ev_hdr));
	g->same = g->same && want && want->size == len && !memcmp(want, data, len);
	g->n++;
	return 0;
}

/* Plays the file to its end; the result is 0 for a whole recording. */
static int play(const char *file, struct got *g)
{
	struct source *s;
	int n;

	g->n = 0;
	g->same = true;
	buf_reset(&g->err);
	s = replay_new(file, on_record, g, &g->err);
	assert_non_null(s);
	assert_int_equal(s->ops->fd(s), -1);
	n = s->ops->start(s, &g->err);
	while (n >= 0)
		n = s->ops->poll(s, 0, &g->err);
	s->ops->free(s);
	return n == -ENODATA ? 0 : n;
}

static void assert_refused(struct got *g, const char *what)
{
	int ret = play(path, g);

	if (ret >= 0 || !g->err.len || (what && !strstr(buf_str(&g->err), what)))
		fail_msg("result %d, \"%s\" instead of \"%s\"", ret, buf_str(&g->err),
			 what ? what : "");
}

/* --- tests --- */

static void test_round_trip(void **state)
{
	static const int levels[] = {0, 1, 6, 9};
	struct records rs = {0};
	struct rec_builder b;
	struct got g = {.want = &rs, .err = BUF_INIT};

	(void)state;
	some_records(&rs, 3000);
	assert_int_equal(rec_init(&b), 0);
	add_big_fact(&rs, &b, 70000);
	add_big_fact(&rs, &b, HW_FACT_MAX - sizeof(struct ev_container) - 1);
	add_big_fact(&rs, &b, 0);
	rec_done(&b);
	some_records(&rs, 20);
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		record_all(&rs, levels[i]);
		assert_int_equal(play(path, &g), 0);
		assert_int_equal(g.n, rs.n);
		assert_true(g.same);
	}
	records_free(&rs);
	buf_done(&g.err);
}

static void test_nothing_recorded(void **state)
{
	struct records rs = {0};
	struct got g = {.want = &rs, .err = BUF_INIT};

	(void)state;
	record_all(&rs, 1);
	assert_int_equal(play(path, &g), 0);
	assert_int_equal(g.n, 0);
	buf_done(&g.err);
}

/* Cut anywhere, the file is refused with its offset, after the records that are whole. */
static void test_every_truncation(void **state)
{
	struct records rs = {0};
	struct got g = {.want = &rs, .err = BUF_INIT};
	size_t len, stream, most = 0;
	uint8_t *file;

	(void)state;
	some_records(&rs, 12);
	record_all(&rs, 1);
	file = slurp(&len);
	stream = sizeof(struct rec_head) + ((struct rec_head *)file)->schema_len;
	for (size_t n = 0; n < len; n++) {
		char at[160];

		/* In the middle of the schema all bytes are alike. */
		if (n > sizeof(struct rec_head) + 8 && n + 8 < stream && n % 997)
			continue;
		spill(file, n);
		snprintf(at, sizeof(at), "%s: offset %zu: ", path, n < 8 ? 0 : n);
		assert_refused(&g, at);
		assert_true(g.same);
		assert_true(g.n >= most);
		most = g.n;
	}
	assert_int_equal(most, rs.n); /* at last only the checksum was missing */
	free(file);
	records_free(&rs);
	buf_done(&g.err);
}

/* A flipped bit is found, or changes nothing: in a run of zeros, many copies are alike. */
static void test_bit_flips(void **state)
{
	struct records rs = {0};
	struct got g = {.want = &rs, .err = BUF_INIT};
	size_t len, stream, found = 0;
	uint8_t *file;

	(void)state;
	some_records(&rs, 12);
	record_all(&rs, 1);
	file = slurp(&len);
	stream = sizeof(struct rec_head) + ((struct rec_head *)file)->schema_len;
	for (size_t bit = 0; bit < len * 8; bit++) {
		size_t at = bit / 8;

		if (at >= sizeof(struct rec_head) && bit % (at < stream ? 8009 : 3))
			continue;
		file[at] ^= (uint8_t)(1u << bit % 8);
		spill(file, len);
		if (play(path, &g) == 0) {
			assert_true(at >= stream && g.same && g.n == rs.n);
		} else {
			assert_true(g.err.len > 0);
			found++;
		}
		file[at] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(found > sizeof(struct rec_head) * 8);
	free(file);
	records_free(&rs);
	buf_done(&g.err);
}

static void test_bytes_after_the_end(void **state)
{
	struct records rs = {0};
	struct got g = {.want = &rs, .err = BUF_INIT};
	uint8_t *file;
	size_t len;

	(void)state;
	some_records(&rs, 3);
	record_all(&rs, 1);
	file = slurp(&len);
	file[len] = 0;
	spill(file, len + 1);
	assert_refused(&g, "bytes follow the recording's end");
	assert_int_equal(g.n, 3);
	free(file);
	records_free(&rs);
	buf_done(&g.err);
}

static void test_foreign_files(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} files[] = {
		{"", 0}, {"H", 1}, {"HULLWRE", 7}, {"HULLWREX", 8}, {"hullwrec", 8},
		{"\x1f\x8b\x08\0\0\0\0\0\0\0", 10}, {"- rule: x\n  desc: y\n", 20},
		{"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0", 12},
	};
	struct got g = {.err = BUF_INIT};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		spill(files[i].text, files[i].len);
		assert_refused(&g, "offset 0: not a recording of hullwatch");
		assert_int_equal(g.n, 0);
	}
	assert_int_equal(play("/dev/null", &g), -EINVAL);
	assert_int_equal(play(dir, &g), -EISDIR);
	assert_non_null(strstr(buf_str(&g.err), "cannot be read"));
	assert_int_equal(play("/nonexistent/x.rec", &g), -ENOENT);
	assert_non_null(strstr(buf_str(&g.err), "/nonexistent/x.rec: cannot be opened"));
	buf_done(&g.err);
}

/* Writes head, schema and then the payload squeezed; edit may change the head. */
static void craft(const void *payload, size_t len, void (*edit)(struct rec_head *h))
{
	struct buf schema = BUF_INIT, file = BUF_INIT;
	struct rec_head h = {.order = REC_ORDER, .version = REC_VERSION};
	uLongf z_len = compressBound(len);
	uint8_t *z = malloc(z_len);

	schema_json(&schema);
	memcpy(h.magic, REC_MAGIC, 8);
	h.schema_len = (uint32_t)schema.len;
	h.schema_hash = schema_hash();
	if (edit)
		edit(&h);
	h.crc = (uint32_t)crc32(0, (const Bytef *)&h, offsetof(struct rec_head, crc));
	assert_int_equal(compress2(z, &z_len, payload, len, 1), Z_OK);
	buf_add(&file, &h, sizeof(h));
	buf_add(&file, schema.data, schema.len);
	buf_add(&file, z, z_len);
	spill(file.data, file.len);
	buf_done(&schema);
	buf_done(&file);
	free(z);
}

static void other_version(struct rec_head *h)
{
	h->version = 2;
}

static void other_schema(struct rec_head *h)
{
	h->schema_hash ^= 1;
	memcpy(h->writer, "9.9.9", 6);
}

static void other_order(struct rec_head *h)
{
	h->order = __builtin_bswap32(REC_ORDER);
}

static void other_flags(struct rec_head *h)
{
	h->flags = 4;
}

static void huge_schema(struct rec_head *h)
{
	h->schema_len = UINT32_MAX;
}

static void longer_schema(struct rec_head *h)
{
	h->schema_len++;
}

static void test_other_heads(void **state)
{
	static const struct {
		void (*edit)(struct rec_head *h);
		const char *what;
	} heads[] = {
		{other_version, "format version 2, this hullwatch reads version 1"},
		{other_schema, "recorded by hullwatch 9.9.9 with event schema"},
		{other_order, "the other byte order"},
		{other_flags, "flags 0x4 are unknown"},
		{huge_schema, "a schema of 4294967295 bytes"},
		{longer_schema, "the schema is damaged"},
	};
	struct ev_hdr end = {.size = sizeof(end)};
	struct got g = {.err = BUF_INIT};

	(void)state;
	craft(&end, sizeof(end), NULL);
	assert_int_equal(play(path, &g), 0);
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		craft(&end, sizeof(end), heads[i].edit);
		assert_refused(&g, heads[i].what);
		assert_non_null(strstr(buf_str(&g.err), ": offset "));
	}
	buf_done(&g.err);
}

/* What a stream may say that is well squeezed but wrong. */
static void test_hostile_streams(void **state)
{
	static const struct {
		uint32_t sizes[3]; /* of headers one after the other */
		uint16_t types[3];
		uint64_t seq; /* of the last */
		unsigned n;
		const char *what;
	} streams[] = {
		{{0}, {0}, 0, 0, "ends without its end record"},
		{{104}, {EV_chdir}, 0, 1, "ends without its end record"},
		{{0}, {EV_chdir}, 0, 1, "has 0 bytes"},
		{{8}, {EV_chdir}, 0, 1, "has 8 bytes"},
		{{UINT32_MAX}, {EV_chdir}, 0, 1, "has 4294967295 bytes"},
		{{HW_FACT_MAX + 1}, {EV_chdir}, 0, 1, "the recording is damaged"},
		{{HW_FACT_MAX}, {EV_chdir}, 0, 1, "ends without its end record"},
		{{104}, {0}, 1, 1, "the end names 1 records"},
		{{112}, {0}, 0, 1, "end"},
		{{104, 104}, {0, EV_chdir}, 0, 2, "follows the end"},
		{{104, 104}, {EV_chdir, 0}, 0, 2, "the end names 0 records"},
	};
	struct got g = {.err = BUF_INIT};

	(void)state;
	assert_int_equal(sizeof(struct ev_hdr), 104);
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		struct ev_hdr h[3] = {{0}};

		for (unsigned j = 0; j < streams[i].n; j++) {
			h[j].size = streams[i].sizes[j];
			h[j].type = streams[i].types[j];
			h[j].seq = j + 1 == streams[i].n ? streams[i].seq : 0;
		}
		craft(h, streams[i].n * sizeof(h[0]), NULL);
		assert_refused(&g, streams[i].what);
	}
	buf_done(&g.err);
}

/* Killed without a word, the recorder leaves what came before the last flush. */
static void test_killed_recorder(void **state)
{
	struct records rs = {0};
	struct got g = {.want = &rs, .err = BUF_INIT};
	struct rec_builder b;
	struct recorder *r = recorder_new(path, 1);

	(void)state;
	assert_non_null(r);
	assert_int_equal(rec_init(&b), 0);
	for (uint64_t i = 0; i < 10; i++)
		add_chdir(&rs, &b, i * 600000000ull, "/tmp"); /* a flush after every second one */
	for (size_t i = 0; i < rs.n; i++)
		assert_int_equal(recorder_write(r, rs.r[i]), 0);
	assert_refused(&g, "ends early, after 9 whole records");
	assert_true(g.same);
	assert_int_equal(recorder_flush(r), 0);
	assert_refused(&g, "ends early, after 10 whole records");
	assert_true(g.same);
	assert_int_equal(recorder_close(r), 0);
	assert_int_equal(play(path, &g), 0);
	rec_done(&b);
	records_free(&rs);
	buf_done(&g.err);
}

static void test_recorder_failures(void **state)
{
	struct records rs = {0};
	struct got g = {.err = BUF_INIT};
	struct recorder *r;
	struct rlimit old, small;
	uint64_t tried = 0;
	int err = 0;

	(void)state;
	errno = 0;
	assert_null(recorder_new("/nonexistent/x.rec", 1));
	assert_int_equal(errno, ENOENT);
	assert_null(recorder_new(path, 10));
	assert_int_equal(errno, EINVAL);
	assert_null(recorder_new(path, -1));
	assert_null(recorder_new("/dev/full", 1));
	assert_int_equal(errno, ENOSPC);

	/* The file may grow no more: the first error stays, and what comes after is counted. */
	r = recorder_new(path, 0);
	assert_non_null(r);
	some_records(&rs, 1);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 1000000; /* the schema alone takes more than a tenth */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	while (!err && tried++ < 100000)
		err = recorder_write(r, rs.r[0]);
	assert_int_equal(err, -EFBIG);
	assert_int_equal(recorder_write(r, rs.r[0]), -EFBIG);
	assert_int_equal(recorder_dropped(r), 2);
	assert_int_equal(recorder_close(r), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_refused(&g, "offset 1000000: the recording ends early");
	assert_true(g.n > 0);
	records_free(&rs);
	buf_done(&g.err);
}

static void test_mode_of_file(void **state)
{
	struct records rs = {0};
	struct stat st;

	(void)state;
	unlink(path);
	record_all(&rs, 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(path);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/hullwatch-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/a.rec", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_nothing_recorded),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_bit_flips),
		cmocka_unit_test(test_bytes_after_the_end),
		cmocka_unit_test(test_foreign_files),
		cmocka_unit_test(test_other_heads),
		cmocka_unit_test(test_hostile_streams),
		cmocka_unit_test(test_killed_recorder),
		cmocka_unit_test(test_recorder_failures),
		cmocka_unit_test(test_mode_of_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
