/* table_csv.c - CSV as a table: which delimiter, which column is where, what a row may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/book.h"
#include "table/table.h"

static const struct table_column visits[] = {
	{ "person", true }, { "place", true }, { "from", true },
	{ "to", true },     { "kind", false }, { "seat", false },
};
static const struct table_options plain = { .known = visits, .n_known = ARRAY_LEN(visits) };

static void reads(const char *csv, const char *shown)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct fault f = { 0 };

	ignore(book_show_bytes(str_of(csv), &plain, &out, &f));
	buf_char(&out, '\0');
	assert_string_equal(out.p, shown);
}

static void refuses(const char *csv, enum err e, const char *zh, const char *en)
{
	struct table *t = NULL;
	struct fault f = { 0 };

	assert_int_equal(table_open_bytes(str_of(csv), &plain, &t, &f), e);
	assert_null(t);
	assert_int_equal(f.code, e);
	if (!strstr(f.zh, zh) || !strstr(f.en, en))
		fail_msg("\"%s\" / \"%s\" instead of \"%s\" / \"%s\"", f.zh, f.en, zh, en);
}

static void rows_are_counted_after_the_header_and_lines_from_the_top(void **state)
{
	(void)state;
	reads("person,place,from,to\n\na,b,1,2\n\"c\n\",d,3,4\ne,f,5,6\n",
	      "= person|place|from|to\n1@3 a|b|1|2\n2@4 c\n|d|3|4\n3@6 e|f|5|6\n");
}

static void a_row_of_another_width_is_refused_and_the_rest_goes_on(void **state)
{
	(void)state;
	reads("person,place,from,to\na,b,1\na,b,1,2,3\na\"b,b,1,2\na,b,1,2",
	      "= person|place|from|to\n1@2 !fewer fields than the header\n"
	      "2@3 !more fields than the header\n3@4 !a quote inside an unquoted field\n"
	      "4@5 a|b|1|2\n");
}

static void the_delimiter_is_the_one_that_shows_the_known_columns(void **state)
{
	(void)state;
	reads("person;place;from;to;\"a,b,c,d,e,f\"\n1;2;3;4;5\n",
	      "= person|place|from|to|a,b,c,d,e,f\n1@2 1|2|3|4|5\n");
	reads("person\tplace\tfrom\tto\tx,y,z,u,v,w\n1\t2\t3\t4\t5\n",
	      "= person|place|from|to|x,y,z,u,v,w\n1@2 1|2|3|4|5\n");
	reads("\xEF\xBB\xBFperson|place|from|to\r\n1|2|3|4\r\n",
	      "= person|place|from|to\n1@2 1|2|3|4\n");
	reads("a,b,c,d,person;place;from;to\n", "error absent\n");
}

static void missing_columns_are_listed_with_what_was_found(void **state)
{
	(void)state;
	refuses("person,place,since\n", ERR_ABSENT,
		"缺少必需的列 from,to（现有 person,place,since）",
		"lacks the required column from,to (found person,place,since)");
	refuses("person,place,From,to\n", ERR_ABSENT, "缺少必需的列 from（",
		"required column from (");
}

static void a_file_without_header_gives_no_names_away(void **state)
{
	struct table *t = NULL;
	struct fault f = { 0 };

	(void)state;
	refuses("wang,shop,1,2\n", ERR_ABSENT, "第一行没有任何认识的列名", "no known column name");
	assert_int_equal(table_open_bytes(STR("wang,shop,1,2\n"), &plain, &t, &f), ERR_ABSENT);
	assert_null(strstr(f.zh, "wang"));
	assert_null(strstr(f.en, "wang"));
	assert_non_null(strstr(f.en, "person,place,from,to"));
}

static void a_known_column_stands_there_once(void **state)
{
	(void)state;
	refuses("person,place,from,to,place\n", ERR_SYNTAX, "place 出现了两次（第 2 列和第 5 列）",
		"place stands there twice (columns 2 and 5)");
	reads("person,x,place,x,from,to\n", "= person|x|place|x|from|to\n");
}

static void broken_headers_and_other_files_are_told_apart(void **state)
{
	(void)state;
	refuses("", ERR_SYNTAX, "是空的", "is empty");
	refuses("\n\r\n", ERR_SYNTAX, "是空的", "is empty");
	refuses("per\"son,place,from,to\n", ERR_SYNTAX, "未加引号的字段里有引号",
		"a quote inside an unquoted field");
	refuses("\xFF\xFEp", ERR_ENCODING, "UTF-16", "UTF-16");
	refuses("\xFE\xFF", ERR_ENCODING, "UTF-16", "UTF-16");
}

static void columns_are_found_in_any_order_and_the_others_are_named(void **state)
{
	struct str csv = STR("to,,seat,person,from,note,place\n");
	struct table *t = NULL;
	const struct str *unknown;
	size_t n;

	(void)state;
	assert_int_equal(table_open_bytes(csv, &plain, &t, NULL), OK);
	assert_int_equal(table_field(t, 0), 3);
	assert_int_equal(table_field(t, 1), 6);
	assert_int_equal(table_field(t, 2), 4);
	assert_int_equal(table_field(t, 3), 0);
	assert_int_equal(table_field(t, 4), -1);
	assert_int_equal(table_field(t, 5), 2);
	unknown = table_unknown(t, &n);
	assert_int_equal(n, 2);
	assert_true(str_eq(unknown[0], STR("#2")));
	assert_true(str_eq(unknown[1], STR("note")));
	assert_false(table_is_excel(t));
	table_end(&t);
	table_end(&t);
}

static void without_known_columns_any_header_is_fine(void **state)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct table_options any = { 0 };

	(void)state;
	assert_int_equal(book_show_bytes(STR("a;b\n1;2\n"), &any, &out, NULL), OK);
	buf_char(&out, '\0');
	assert_string_equal(out.p, "= a|b\n1@2 1|2\n");
}

/* ---- files and pipes ---- */

static void write_file(const char *path, const char *text)
{
	size_t n = strlen(text);
	FILE *to = fopen(path, "wb");

	assert_non_null(to);
	assert_int_equal(fwrite(text, 1, n, to), n);
	assert_int_equal(fclose(to), 0);
}

static void a_file_is_read_like_its_bytes_and_tells_how_far(void **state)
{
	static const char text[] = "person;place;from;to\na;b;1;2\n";
	CLEANUP(buf_release) struct buf out = { 0 };
	struct table *t = NULL;
	uint64_t read = 1, total = 0;

	(void)state;
	write_file("v.xlsx", text); /* the name says nothing */
	assert_int_equal(table_open("v.xlsx", &plain, &t, NULL), OK);
	assert_int_equal(book_show(t, &out, NULL), OK);
	table_progress(t, &read, &total);
	assert_int_equal(read, sizeof(text) - 1);
	assert_int_equal(total, sizeof(text) - 1);
	table_end(&t);
	assert_true(str_eq(buf_view(&out), STR("1@2 a|b|1|2\n")));
}

static void from_pipe(const char *text, size_t n, enum err expected, const char *shown)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	CLEANUP(table_end) struct table *t = NULL;
	struct fault f = { 0 };
	int ends[2], keep = dup(0);

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, n), n);
	close(ends[1]);
	dup2(ends[0], 0);
	close(ends[0]);
	assert_int_equal(table_open("-", &plain, &t, &f), expected);
	if (t) {
		assert_int_equal(book_show(t, &out, NULL), OK);
		buf_char(&out, '\0');
		assert_string_equal(out.p, shown);
	} else if (!strstr(f.en, shown)) {
		fail_msg("%s", f.en);
	}
	dup2(keep, 0);
	close(keep);
}

static void standard_input_is_csv_only(void **state)
{
	static const char csv[] = "person|place|from|to\na|b|1|2\n";

	(void)state;
	from_pipe(csv, sizeof(csv) - 1, OK, "1@2 a|b|1|2\n");
	from_pipe("PK\3\4\24\0\0\0xxxx", 12, ERR_USAGE, "Excel file on a pipe");
}

static void a_pipe_has_the_delimiter_that_shows_the_known_columns(void **state)
{
	static const char more_commas[] = "person;place;from;to;x,y,z,u,v,w\na;b;1;2;,,,\n";
	static const char none_known[] = "x;y;z,u\n";

	(void)state;
	from_pipe(more_commas, sizeof(more_commas) - 1, OK, "1@2 a|b|1|2|,,,\n");
	from_pipe(none_known, sizeof(none_known) - 1, ERR_ABSENT, "no known column");
}

static void a_named_pipe_is_opened_once(void **state)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct table *t = NULL;
	pid_t child;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		write_file("fifo", "person,place,from,to\na,b,1,2\n");
		_exit(0);
	}
	assert_int_equal(table_open("fifo", &plain, &t, NULL), OK);
	assert_int_equal(book_show(t, &out, NULL), OK);
	table_end(&t);
	assert_true(str_eq(buf_view(&out), STR("1@2 a|b|1|2\n")));
}

static void what_is_not_there_is_said(void **state)
{
	struct table *t = NULL;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(table_open("nowhere.csv", &plain, &t, &f), ERR_ABSENT);
	assert_non_null(strstr(f.en, "nowhere.csv"));
}

static void no_memory_at_any_point_is_an_error_and_no_leak(void **state)
{
	enum err e = ERR_MEMORY;

	(void)state;
	write_file("m.csv", "person;place;from;to;\xCD\xF5\n1;2;3;4;5\n");
	for (uint64_t k = 1; e; k++) {
		CLEANUP(table_end) struct table *t = NULL;
		struct csv_record r;
		bool more = true;

		mem_fail_at(k, true);
		e = table_open("m.csv", &plain, &t, NULL);
		while (!e && more)
			e = table_next(t, &r, &more, NULL);
		mem_fail_at(0, false);
		assert_true(e == OK || e == ERR_MEMORY);
		assert_true(k < 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_counted_after_the_header_and_lines_from_the_top),
		cmocka_unit_test(a_row_of_another_width_is_refused_and_the_rest_goes_on),
		cmocka_unit_test(the_delimiter_is_the_one_that_shows_the_known_columns),
		cmocka_unit_test(missing_columns_are_listed_with_what_was_found),
		cmocka_unit_test(a_file_without_header_gives_no_names_away),
		cmocka_unit_test(a_known_column_stands_there_once),
		cmocka_unit_test(broken_headers_and_other_files_are_told_apart),
		cmocka_unit_test(columns_are_found_in_any_order_and_the_others_are_named),
		cmocka_unit_test(without_known_columns_any_header_is_fine),
		cmocka_unit_test(a_file_is_read_like_its_bytes_and_tells_how_far),
		cmocka_unit_test(standard_input_is_csv_only),
		cmocka_unit_test(a_pipe_has_the_delimiter_that_shows_the_known_columns),
		cmocka_unit_test(a_named_pipe_is_opened_once),
		cmocka_unit_test(what_is_not_there_is_said),
		cmocka_unit_test(no_memory_at_any_point_is_an_error_and_no_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
