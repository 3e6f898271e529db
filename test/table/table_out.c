/*
 * table_out.c - results in three formats, whole or not at all; and the list of refused rows.
 *
 * Long because what must not be overwritten, and by whom, is a sentence each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/dice.h"
#include "base/file.h"
#include "base/memory.h"
#include "support/book.h"

static const struct table_out_column columns[] = {
	{ "id", TABLE_TEXT },
	{ "n", TABLE_INT },
	{ "at", TABLE_TIME },
	{ "note", TABLE_TEXT },
};
enum { N = ARRAY_LEN(columns) };
static const struct table_options any;

static struct table_out_options options(enum table_format format, const struct zone *zone)
{
	return (struct table_out_options){
		.format = format, .columns = columns, .n_columns = N, .zone = zone
	};
}

/* ---- what is written ---------------------------------------------------------------------- */

/* Ids that formats like to spoil. Each must come back byte for byte. */
static const char *const awkward[] = {
	"王小明",       "=1+1",         "+86",        "-1",
	"@sum",         "007",          "1e5",        "TRUE",
	" lead",        "trail ",       "a,b;c\td|e", "\"quoted\"",
	"two\nlines",   "cr\r\nlf",     "_x0041_",    "_x005F_",
	"_xZZZZ_",      "__x0041__",    "'x",         "430102199001011234",
	"\x01\x1F",     "\x7F",         "<&>\"'",     "\xF0\x9F\x98\x80",
	"\xEF\xBF\xBF", "\xEF\xBF\xBE", "\\x41",      "#N/A",
	"2020-01-01",   "1/2",          "]]>",        "&amp;",
	"\t",           "\n",           "_",          "_x",
};

static void rows_of_trouble(struct table_out *t)
{
	for (size_t i = 0; i < ARRAY_LEN(awkward); i++) {
		struct table_cell cells[N] = {
			table_text(str_of(awkward[i])),
			table_int(i % 2 ? (int64_t)i - 5 : INT64_MAX - (int64_t)i),
			table_time((struct utc_s){ 1577808000 + (int64_t)i }),
			i % 3 ? table_text(str_of(awkward[ARRAY_LEN(awkward) - 1 - i]))
			      : table_none(),
		};

		assert_int_equal(table_out_row(t, cells, NULL), OK);
	}
}

static void write_trouble(const char *path, enum table_format format, const struct zone *zone)
{
	struct table_out_options o = options(format, zone);
	struct table_out *t = NULL;
	struct fault f = { 0 };

	assert_int_equal(table_out_open(path, &o, &t, &f), OK);
	rows_of_trouble(t);
	if (table_out_close(&t, &f))
		fail_msg("%s", f.en);
	assert_null(t);
}

static void field_is(const struct csv_record *r, size_t i, const char *s)
{
	if (!str_eq(r->fields[i], str_of(s)))
		fail_msg("row %" PRIu64 ": \"%.*s\" instead of \"%s\"", r->number,
			 (int)r->fields[i].n, r->fields[i].p, s);
}

static void reads_back(const char *path, const struct zone *zone)
{
	CLEANUP(table_end) struct table *t = NULL;
	struct csv_record r;
	bool more = true;
	char text[40];

	assert_int_equal(table_open(path, &any, &t, NULL), OK);
	for (size_t i = 0; i < ARRAY_LEN(awkward); i++) {
		CLEANUP(buf_release) struct buf at = { 0 };
		struct utc_s s = { 1577808000 + (int64_t)i };

		assert_int_equal(table_next(t, &r, &more, NULL), OK);
		assert_true(more);
		assert_null(r.refusal_en);
		field_is(&r, 0, awkward[i]);
		snprintf(text, sizeof(text), "%" PRId64,
			 i % 2 ? (int64_t)i - 5 : INT64_MAX - (int64_t)i);
		field_is(&r, 1, text);
		if (zone)
			when_iso(&at, s, zone);
		else
			buf_i64(&at, s.v);
		buf_char(&at, '\0');
		field_is(&r, 2, at.p);
		field_is(&r, 3, i % 3 ? awkward[ARRAY_LEN(awkward) - 1 - i] : "");
	}
	assert_int_equal(table_next(t, &r, &more, NULL), OK);
	assert_false(more);
}

static void every_id_comes_back_from_csv_and_excel_byte_for_byte(void **state)
{
	CLEANUP(zone_end) struct zone *zone = NULL;

	(void)state;
	assert_int_equal(zone_open("Asia/Shanghai", &zone, NULL), OK);
	write_trouble("a.csv", TABLE_CSV, NULL);
	reads_back("a.csv", NULL);
	write_trouble("b.csv", TABLE_CSV, zone);
	reads_back("b.csv", zone);
	write_trouble("a.xlsx", TABLE_EXCEL, NULL);
	reads_back("a.xlsx", NULL);
	write_trouble("b.xlsx", TABLE_EXCEL, zone);
	reads_back("b.xlsx", zone);
}

static void json_is_an_array_of_objects_with_types(void **state)
{
	CLEANUP(zone_end) struct zone *zone = NULL;
	json_t *root, *row;

	(void)state;
	assert_int_equal(zone_open("Asia/Shanghai", &zone, NULL), OK);
	write_trouble("a.json", TABLE_JSON, zone);
	root = json_load_file("a.json", JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_int_equal(json_array_size(root), ARRAY_LEN(awkward));
	for (size_t i = 0; i < ARRAY_LEN(awkward); i++) {
		row = json_array_get(root, i);
		assert_int_equal(json_object_size(row), N);
		assert_string_equal(json_string_value(json_object_get(row, "id")), awkward[i]);
		assert_true(json_integer_value(json_object_get(row, "n")) ==
			    (i % 2 ? (int64_t)i - 5 : INT64_MAX - (int64_t)i));
		assert_true(json_is_null(json_object_get(row, "note")) == (i % 3 == 0));
	}
	row = json_array_get(root, 0);
	assert_string_equal(json_string_value(json_object_get(row, "at")),
			    "2020-01-01T00:00:00+08:00");
	json_decref(root);
	write_trouble("b.json", TABLE_JSON, NULL);
	root = json_load_file("b.json", 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(root, 1), "at")),
			 1577808001);
	json_decref(root);
}

static void file_is(const char *path, const char *text)
{
	struct file_map m = { 0 };

	assert_int_equal(file_map_read(path, &m, NULL), OK);
	if (m.n != strlen(text) || memcmp(m.p, text, m.n) != 0)
		fail_msg("%s: \"%.*s\"", path, (int)m.n, (const char *)m.p);
	file_unmap(&m);
}

static void write_empty(const char *path, enum table_format format)
{
	struct table_out_options o = options(format, NULL);
	struct table_out *t = NULL;

	assert_int_equal(table_out_open(path, &o, &t, NULL), OK);
	assert_int_equal(table_out_close(&t, NULL), OK);
}

static void a_result_without_rows_is_still_a_table(void **state)
{
	CLEANUP(table_end) struct table *t = NULL;
	struct csv_record r;
	bool more = true;
	size_t n;

	(void)state;
	write_empty("empty.csv", TABLE_CSV);
	file_is("empty.csv", "id,n,at,note\n");
	write_empty("empty.json", TABLE_JSON);
	file_is("empty.json", "[\n]\n");
	write_empty("empty.xlsx", TABLE_EXCEL);
	assert_int_equal(table_open("empty.xlsx", &any, &t, NULL), OK);
	table_header(t, &n);
	assert_int_equal(n, N);
	assert_int_equal(table_next(t, &r, &more, NULL), OK);
	assert_false(more);
}

static void a_lonely_empty_field_is_still_a_record(void **state)
{
	static const struct table_out_column one[] = { { "id", TABLE_TEXT } };
	struct table_out_options o = { .columns = one, .n_columns = 1 };
	struct table_cell none = table_none();
	struct table_out *t = NULL;

	(void)state;
	assert_int_equal(table_out_open("one.csv", &o, &t, NULL), OK);
	assert_int_equal(table_out_row(t, &none, NULL), OK);
	assert_int_equal(table_out_close(&t, NULL), OK);
	file_is("one.csv", "id\n\"\"\n");
}

/* ---- where it is written ------------------------------------------------------------------ */

static size_t files_here(void)
{
	DIR *d = opendir(".");
	size_t n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void put(const char *path, const char *text)
{
	FILE *to = fopen(path, "wb");

	assert_non_null(to);
	fputs(text, to);
	fclose(to);
}

static void giving_up_leaves_the_old_file_and_no_other(void **state)
{
	static const char *const names[] = { "old.csv", "old.json", "old.xlsx" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct table_out_options o = options((enum table_format)i, NULL);
		struct table_out *t = NULL;
		size_t before;

		put(names[i], "old");
		before = files_here();
		assert_int_equal(table_out_open(names[i], &o, &t, NULL), OK);
		rows_of_trouble(t);
		table_out_end(&t);
		file_is(names[i], "old");
		assert_int_equal(files_here(), before);
	}
}

static enum err write_some(const char *path, enum table_format format, struct fault *f)
{
	struct table_out_options o = options(format, NULL);
	CLEANUP(table_out_end) struct table_out *t = NULL;
	enum err e = table_out_open(path, &o, &t, f);

	for (int i = 0; !e && i < 20; i++) {
		struct table_cell cells[N] = { table_text(STR("x")), table_int(i),
					       table_time((struct utc_s){ i }), table_none() };

		e = table_out_row(t, cells, f);
	}
	return e ? e : table_out_close(&t, f);
}

static void two_runs_do_not_write_one_result(void **state)
{
	static const char *const names[] = { "h.csv", "h.json", "h.xlsx" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct table_out_options o = options((enum table_format)i, NULL);
		struct table_out *one = NULL, *other = NULL;
		struct file_map m = { 0 };
		struct fault f = { 0 };

		assert_int_equal(table_out_open(names[i], &o, &one, NULL), OK);
		assert_int_equal(table_out_open(names[i], &o, &other, &f), ERR_EXISTS);
		assert_non_null(strstr(f.en, "in use by another process"));
		assert_int_equal(table_out_settle(one, NULL), OK);
		assert_int_equal(table_out_open(names[i], &o, &other, NULL), ERR_EXISTS);
		assert_int_equal(table_out_close(&one, NULL), OK);
		assert_int_equal(file_map_read(names[i], &m, NULL), OK);
		assert_true(m.n > 0);
		file_unmap(&m);
		write_empty(names[i], (enum table_format)i);
	}
}

static void a_result_has_the_rights_of_the_one_before(void **state)
{
	static const char *const names[] = { "p.csv", "p.json", "p.xlsx" };
	mode_t before = umask(022);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		static const mode_t rights[] = { 0640, 0600, 0644 };
		struct stat st;

		for (size_t k = 0; k < ARRAY_LEN(rights); k++) {
			if (k)
				assert_int_equal(chmod(names[i], rights[k]), 0);
			write_empty(names[i], (enum table_format)i);
			assert_int_equal(stat(names[i], &st), 0);
			assert_int_equal(st.st_mode & 0777, rights[k]);
		}
	}
	umask(before);
}

static void what_is_settled_is_published_by_closing_alone(void **state)
{
	static const char *const names[] = { "s.csv", "s.json", "s.xlsx" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct table_out_options o = options((enum table_format)i, NULL);
		struct table_out *t = NULL;
		struct file_map m = { 0 };

		put(names[i], "old");
		for (int close = 0; close < 2; close++) {
			assert_int_equal(table_out_open(names[i], &o, &t, NULL), OK);
			assert_int_equal(table_out_settle(t, NULL), OK);
			file_is(names[i], "old");
			if (close)
				assert_int_equal(table_out_close(&t, NULL), OK);
			table_out_end(&t);
		}
		assert_int_equal(file_map_read(names[i], &m, NULL), OK);
		assert_true(m.n > strlen("old"));
		file_unmap(&m);
	}
}

static void every_failing_write_leaves_the_old_file_or_the_new(void **state)
{
	static const char *const names[] = { "w.csv", "w.json", "w.xlsx" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		enum err e = ERR_IO;
		size_t before;

		put(names[i], "old");
		before = files_here();
		for (uint64_t k = 1; e; k++) {
			struct fault f = { 0 };

			file_fail_at(k, false);
			e = write_some(names[i], (enum table_format)i, &f);
			file_fail_at(0, false);
			assert_int_equal(f.code, e);
			if (e && files_here() != before)
				fail_msg("%s, call %d", names[i], (int)k);
			assert_true(k < 100);
			if (e && k < 4)
				file_is(names[i], "old");
		}
		assert_int_equal(files_here(), before);
	}
}

static void death_at_any_write_leaves_the_old_file_or_the_new(void **state)
{
	struct file_map whole = { 0 };
	bool done = false;

	(void)state;
	assert_int_equal(write_some("whole.csv", TABLE_CSV, NULL), OK);
	assert_int_equal(file_map_read("whole.csv", &whole, NULL), OK);
	for (uint64_t k = 1; !done; k++) {
		struct file_map m = { 0 };
		int status = 0;
		pid_t child;

		put("d.csv", "old");
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			file_fail_at(k, true);
			_exit(write_some("d.csv", TABLE_CSV, NULL) ? 1 : 0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		done = WIFEXITED(status);
		assert_int_equal(file_map_read("d.csv", &m, NULL), OK);
		assert_true((m.n == 3 && memcmp(m.p, "old", 3) == 0) ||
			    (m.n == whole.n && memcmp(m.p, whole.p, m.n) == 0));
		file_unmap(&m);
		assert_true(k < 100);
	}
	file_unmap(&whole);
	unlink("d.csv.part");
}

static void devices_and_links_are_not_replaced(void **state)
{
	struct stat st;
	char target[64];
	ssize_t n;

	(void)state;
	assert_int_equal(write_some("/dev/null", TABLE_CSV, NULL), OK);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	put("real.csv", "old");
	assert_int_equal(symlink("real.csv", "link.csv"), 0);
	assert_int_equal(write_some("link.csv", TABLE_JSON, NULL), OK);
	n = readlink("link.csv", target, sizeof(target));
	assert_true(n == 8 && memcmp(target, "real.csv", 8) == 0);
	assert_int_equal(stat("real.csv", &st), 0);
	assert_true(st.st_size > 3);
}

static void excel_needs_a_plain_file_and_a_known_word(void **state)
{
	static const char *const words[] = { "csv", "json", "xlsx" };
	struct table_out_options o = options(TABLE_EXCEL, NULL);
	struct table_out *t = NULL;
	struct fault f = { 0 };
	enum table_format format;

	(void)state;
	assert_int_equal(table_out_open("-", &o, &t, &f), ERR_USAGE);
	assert_non_null(strstr(f.zh, "普通文件"));
	assert_int_equal(table_out_open("/dev/null", &o, &t, NULL), ERR_USAGE);
	assert_int_equal(table_out_open("", &o, &t, NULL), ERR_USAGE);
	assert_int_equal(table_out_open("no/such/x.xlsx", &o, &t, NULL), ERR_ABSENT);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(table_format_read(words[i], &format, NULL), OK);
		assert_int_equal(format, i);
	}
	memset(&f, 0, sizeof(f));
	assert_int_equal(table_format_read("xls", &format, &f), ERR_USAGE);
	assert_non_null(strstr(f.en, "csv, json or xlsx"));
}

static void standard_output_is_written_directly(void **state)
{
	int keep = dup(1), to;

	(void)state;
	put("out.csv", "");
	to = dup(1);
	close(to);
	fflush(stdout);
	assert_non_null(freopen("out.csv", "wb", stdout));
	write_empty("-", TABLE_CSV);
	fflush(stdout);
	dup2(keep, 1);
	close(keep);
	file_is("out.csv", "id,n,at,note\n");
}

/* ---- Excel's limits ----------------------------------------------------------------------- */

static void excel_is_never_cut_short(void **state)
{
	static const struct table_out_column one[] = { { "n", TABLE_INT } };
	struct table_out_options o = { .format = TABLE_EXCEL, .columns = one, .n_columns = 1 };
	struct table_cell cell = table_none(); /* nothing to write, so a million is quick */
	struct table_out *t = NULL;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(table_out_open("full.xlsx", &o, &t, NULL), OK);
	for (int i = 1; i < TABLE_EXCEL_ROWS_MAX; i++)
		assert_int_equal(table_out_row(t, &cell, NULL), OK);
	assert_int_equal(table_out_row(t, &cell, &f), ERR_FULL);
	assert_non_null(strstr(f.zh, "1048576"));
	assert_non_null(strstr(f.en, "1,048,576"));
	table_out_end(&t);
	assert_int_not_equal(access("full.xlsx", F_OK), 0);
}

static void a_text_too_long_for_a_cell_is_refused_by_excel_alone(void **state)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct table_cell cells[N] = { table_none(), table_int(1), table_none(), table_none() };

	(void)state;
	for (int i = 0; i < 32768; i++)
		buf_char(&b, 'a');
	for (int i = 0; i < 2; i++) {
		struct table_out_options o = options(i ? TABLE_EXCEL : TABLE_CSV, NULL);
		struct table_out *t = NULL;
		struct fault f = { 0 };

		cells[0] = table_text((struct str){ b.p, b.n - 1 });
		assert_int_equal(table_out_open("long", &o, &t, NULL), OK);
		assert_int_equal(table_out_row(t, cells, NULL), OK);
		cells[0] = table_text(buf_view(&b));
		assert_int_equal(table_out_row(t, cells, &f), i ? ERR_FULL : OK);
		assert_true(i == 0 || strstr(f.en, "row 2 has in id more than the 32,767"));
		table_out_end(&t);
	}
}

static void equal_rows_make_equal_bytes(void **state)
{
	struct file_map a = { 0 }, b = { 0 };

	(void)state;
	write_trouble("same1.xlsx", TABLE_EXCEL, NULL);
	write_trouble("same2.xlsx", TABLE_EXCEL, NULL);
	assert_int_equal(file_map_read("same1.xlsx", &a, NULL), OK);
	assert_int_equal(file_map_read("same2.xlsx", &b, NULL), OK);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	file_unmap(&a);
	file_unmap(&b);
}

static void no_memory_at_any_point_is_an_error_and_no_leak(void **state)
{
	(void)state;
	for (int format = 0; format < 3; format++) {
		enum err e = ERR_MEMORY;

		for (uint64_t k = 1; e; k++) {
			struct fault f = { 0 };

			mem_fail_at(k, true);
			e = write_some("memory", (enum table_format)format, &f);
			mem_fail_at(0, false);
			assert_true(e == OK || e == ERR_MEMORY);
			assert_int_equal(f.code, e);
			assert_true(k < 500);
		}
	}
}

/* ---- refused rows ------------------------------------------------------------------------- */

static enum err refuse_some(const char *path)
{
	static const struct str raws[] = {
		{ "a,b\",c", 6 },       { "plain", 5 },
		{ "\xCD\xF5,1", 4 },    { "\xFF\xFE,\xE7\x8E\x8B", 6 },
		{ "a\0b", 3 },          { "", 0 },
		{ "two\r\nlines", 10 },
	};
	CLEANUP(table_refused_end) struct table_refused *r = NULL;
	enum err e = table_refused_open(path, &r, NULL);

	for (size_t i = 0; !e && i < ARRAY_LEN(raws); i++) {
		struct csv_record row = { .number = i + 1, .line = i + 2, .raw = raws[i] };

		e = table_refused_add(r, "visits", &row, "空的编号", "empty, \"id\"", NULL);
	}
	return e ? e : table_refused_close(&r, NULL);
}

static void the_list_of_refused_rows_shows_every_record(void **state)
{
	(void)state;
	assert_int_equal(refuse_some("refused.csv"), OK);
	file_is("refused.csv", "file,row,line,reason_zh,reason_en,record\n"
			       "visits,1,2,空的编号,\"empty, \"\"id\"\"\",\"a,b\"\",c\"\n"
			       "visits,2,3,空的编号,\"empty, \"\"id\"\"\",plain\n"
			       "visits,3,4,空的编号,\"empty, \"\"id\"\"\",\"王,1\"\n"
			       "visits,4,5,空的编号,\"empty, \"\"id\"\"\",\"\\xFF\\xFE,王\"\n"
			       "visits,5,6,空的编号,\"empty, \"\"id\"\"\",a\\x00b\n"
			       "visits,6,7,空的编号,\"empty, \"\"id\"\"\",\n"
			       "visits,7,8,空的编号,\"empty, \"\"id\"\"\",\"two\r\nlines\"\n");
}

static void without_memory_there_is_no_half_list(void **state)
{
	enum err e = ERR_MEMORY;

	(void)state;
	unlink("refused.csv");
	for (uint64_t k = 1; e; k++) {
		mem_fail_at(k, true);
		e = refuse_some("refused.csv");
		mem_fail_at(0, false);
		assert_true(e == OK || e == ERR_MEMORY);
		assert_true((access("refused.csv", F_OK) == 0) == (e == OK));
		assert_true(k < 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_id_comes_back_from_csv_and_excel_byte_for_byte),
		cmocka_unit_test(json_is_an_array_of_objects_with_types),
		cmocka_unit_test(a_result_without_rows_is_still_a_table),
		cmocka_unit_test(a_lonely_empty_field_is_still_a_record),
		cmocka_unit_test(giving_up_leaves_the_old_file_and_no_other),
		cmocka_unit_test(two_runs_do_not_write_one_result),
		cmocka_unit_test(a_result_has_the_rights_of_the_one_before),
		cmocka_unit_test(what_is_settled_is_published_by_closing_alone),
		cmocka_unit_test(every_failing_write_leaves_the_old_file_or_the_new),
		cmocka_unit_test(death_at_any_write_leaves_the_old_file_or_the_new),
		cmocka_unit_test(devices_and_links_are_not_replaced),
		cmocka_unit_test(excel_needs_a_plain_file_and_a_known_word),
		cmocka_unit_test(standard_output_is_written_directly),
		cmocka_unit_test(excel_is_never_cut_short),
		cmocka_unit_test(a_text_too_long_for_a_cell_is_refused_by_excel_alone),
		cmocka_unit_test(equal_rows_make_equal_bytes),
		cmocka_unit_test(no_memory_at_any_point_is_an_error_and_no_leak),
		cmocka_unit_test(the_list_of_refused_rows_shows_every_record),
		cmocka_unit_test(without_memory_there_is_no_half_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
