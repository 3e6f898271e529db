/* config.c - outpost.ini, read whole or not at all. */
#include "serve/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ban.h"

static enum err read_text(const char *text, struct config *ret, struct fault *f)
{
	return config_read(str_of(text), "outpost.ini", ret, f);
}

static void an_empty_file_means_the_defaults(void **state)
{
	struct config read, defaults;

	(void)state;
	config_defaults(&defaults);
	assert_int_equal(read_text("", &read, NULL), OK);
	assert_memory_equal(&read, &defaults, sizeof read);
	assert_string_equal(read.listen, "127.0.0.1:8080");
	assert_int_equal(read.idle_min, 15);
	assert_false(read.demo);
}

static void what_is_written_reads_the_same_and_names_every_key(void **state)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct config read, defaults;

	(void)state;
	config_defaults(&defaults);
	assert_int_equal(config_set(&defaults, STR("http.names"), STR("a b  c"), NULL), OK);
	assert_int_equal(config_set(&defaults, STR("keep.ledger_days"), STR("500"), NULL), OK);
	assert_int_equal(config_set(&defaults, STR("house.demo"), STR("yes"), NULL), OK);
	assert_int_equal(config_set(&defaults, STR("house.demo"), STR("maybe"), NULL), ERR_RANGE);
	assert_int_equal(config_set(&defaults, STR("house.dem"), STR("yes"), NULL), ERR_USAGE);
	config_write(&defaults, &text);
	assert_int_equal(text.failed, OK);
	assert_int_equal(config_read(buf_view(&text), "outpost.ini", &read, NULL), OK);
	assert_memory_equal(&read, &defaults, sizeof read);
	buf_char(&text, '\0');
	for (size_t i = 0; i < config_n_keys; i++) {
		char line[96];

		(void)snprintf(line, sizeof line, "\n%s = ", config_keys[i].name);
		assert_non_null(strstr(text.p, line));
		assert_true(config_keys[i].zh[0] && config_keys[i].en[0]);
	}
}

static void values_are_taken_as_written(void **state)
{
	struct config c;

	(void)state;
	assert_int_equal(
		read_text("\xEF\xBB\xBF; 注释\r\n[house]\r\nname = 张家界市疾控中心 ; 注\r\n"
			  "area=4308\r\ndemo = yes\n[http]\nnames =  a.example   b.example \n"
			  "[ledger]\ncopies = /mnt/a\nhead_s: 30\n",
			  &c, NULL),
		OK);
	assert_string_equal(c.name, "张家界市疾控中心");
	assert_string_equal(c.area, "4308");
	assert_true(c.demo);
	assert_int_equal(c.names.n, 2);
	assert_string_equal(c.names.v[1], "b.example");
	assert_string_equal(c.copies.v[0], "/mnt/a");
	assert_int_equal(c.head_s, 30);
}

static void what_is_wrong_is_told_with_its_line_and_changes_nothing(void **state)
{
	static const struct {
		const char *text;
		enum err e;
		const char *says;
	} cases[] = {
		{ "[house]\nnam = x\n", ERR_USAGE, "line 2" },
		{ "[hause]\nname = x\n", ERR_USAGE, "[hause] name" },
		{ "name = x\n", ERR_USAGE, "line 1" },
		{ "[session]\nidle_min = 0\n", ERR_RANGE, "1 to 1440" },
		{ "[session]\nidle_min = 99999\n", ERR_RANGE, "line 2" },
		{ "[session]\nidle_min = 5 min\n", ERR_RANGE, "whole number" },
		{ "[session]\nidle_min =\n", ERR_RANGE, "whole number" },
		{ "[house]\ndemo = true\n", ERR_RANGE, "yes or no" },
		{ "[house]\nname = a\nname = b\n", ERR_SYNTAX, "line 3" },
		{ "[house]\nname = a\n  more\n", ERR_SYNTAX, "line 3" },
		{ "[keep]\nledger_days = 183\n", ERR_RANGE, "184" },
		{ "[house]\njust words\n", ERR_SYNTAX, "line 2" },
		{ "[house\nname = a\n", ERR_SYNTAX, "line 1" },
		{ "[house]\nname = \xff\xfe\n", ERR_RANGE, "UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct config c, before;
		struct fault f = { 0 };

		memset(&c, 'x', sizeof c);
		before = c;
		assert_int_equal(read_text(cases[i].text, &c, &f), cases[i].e);
		assert_non_null(strstr(f.en, cases[i].says));
		assert_true(f.zh[0]);
		assert_memory_equal(&c, &before, sizeof c);
	}
}

static void a_value_that_is_too_long_is_refused_and_not_cut(void **state)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct config c;

	(void)state;
	for (size_t n = 150; n < 700; n++) {
		enum err e;

		buf_clear(&text);
		buf_lit(&text, "[house]\nname = ");
		for (size_t i = 0; i < n; i++)
			buf_char(&text, 'n');
		e = config_read(buf_view(&text), "outpost.ini", &c, NULL);
		assert_true(e || strlen(c.name) == n);
	}
}

static void a_file_with_a_nul_is_no_text(void **state)
{
	struct config c;

	(void)state;
	assert_int_equal(config_read(STR("[house]\nname = a\0b\n"), "outpost.ini", &c, NULL),
			 ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_means_the_defaults),
		cmocka_unit_test(what_is_written_reads_the_same_and_names_every_key),
		cmocka_unit_test(values_are_taken_as_written),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line_and_changes_nothing),
		cmocka_unit_test(a_value_that_is_too_long_is_refused_and_not_cut),
		cmocka_unit_test(a_file_with_a_nul_is_no_text),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
