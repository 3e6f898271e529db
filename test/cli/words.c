/*
 * words.c - the words of the command line, lists of ids, and the town that does not exist.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cli/args.h"
#include "cli/lists.h"
#include "cli/synthetic.h"
#include "names/names.h"

/* A verb that takes everything. Options that share a word cannot both be in one verb. */
static const struct cli_verb ALL = {
	.word = "all",
	.operand = "[X]",
	.usage = "",
	.zh = "全部",
	.en = "all",
	.options =
		(CLI_BIT(CLI_OPTION_N) - 1) & ~(CLI_BIT(CLI_OUT_DIR) | CLI_BIT(CLI_GRAPH_FORMAT)),
};

static enum err read_words(int n, const char *const *words, struct cli_args *ret)
{
	struct fault f = { 0 };
	enum err e = cli_args_read(&ALL, n, (char *const *)(const void *)words, ret, &f);

	assert_true(e == OK || (f.zh[0] && f.en[0]));
	return e;
}

#define READ(ret, ...) \
	read_words((int)ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })), \
		   (const char *const[]){ __VA_ARGS__ }, ret)

static void every_option_says_what_it_is_in_both_languages(void **state)
{
	CLEANUP(buf_release) struct buf zh = { 0 }, en = { 0 };
	size_t n_zh = 0, n_en = 0;

	(void)state;
	cli_args_help(&ALL, CLI_ZH, &zh);
	cli_args_help(&ALL, CLI_EN, &en);
	buf_char(&zh, '\0');
	buf_char(&en, '\0');
	for (int o = 0; o < CLI_OPTION_N; o++) {
		assert_non_null(strstr(zh.p, cli_option_word((enum cli_option)o)));
		assert_non_null(strstr(en.p, cli_option_word((enum cli_option)o)));
	}
	for (size_t i = 0; i < zh.n; i++)
		n_zh += zh.p[i] == '\n';
	for (size_t i = 0; i < en.n; i++)
		n_en += en.p[i] == '\n';
	assert_int_equal(n_zh, n_en);
	assert_true(str_ascii((struct str){ en.p, en.n - 1 }));
}

static void values_come_after_a_blank_or_an_equals_sign(void **state)
{
	struct cli_args a;

	(void)state;
	assert_int_equal(READ(&a, "--cases", "c.csv", "--lag=5", "x", "--json", "--named="), OK);
	assert_string_equal(a.text[CLI_CASES], "c.csv");
	assert_int_equal(a.number[CLI_LAG], 5);
	assert_string_equal(a.operand[0], "x");
	assert_non_null(a.text[CLI_JSON]);
	assert_string_equal(a.text[CLI_NAMED], "");
	assert_null(a.text[CLI_VISITS]);
	assert_int_equal(a.number[CLI_GENERATIONS], CLI_UNSET);
}

static void visits_may_be_given_many_times_the_rest_once(void **state)
{
	const char *words[2 * CLI_VISITS_MAX + 2];
	struct cli_args a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		words[i] = i % 2 ? "-" : "--visits";
	assert_int_equal(read_words(2 * CLI_VISITS_MAX, words, &a), OK);
	assert_int_equal(a.n_visits, CLI_VISITS_MAX);
	assert_int_equal(read_words(2 * CLI_VISITS_MAX + 2, words, &a), ERR_USAGE);
	assert_int_equal(READ(&a, "--cases", "c", "--cases", "c"), ERR_USAGE);
	assert_int_equal(READ(&a, "--json", "--json"), OK);
}

static void words_nobody_knows_are_refused(void **state)
{
	static const char *const wrong[] = { "--case",   "--casess", "-c",       "--",
					     "---",      "--=x",     "--json=",  "--lag=",
					     "--lag=1x", "--lag=-1", "--lag= 1", "--generations=0",
					     "--cases" };
	struct cli_args a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (strcmp(wrong[i], "--") != 0)
			assert_int_equal(READ(&a, wrong[i]), ERR_USAGE);
	assert_int_equal(READ(&a, "a", "b"), ERR_USAGE);
	assert_int_equal(READ(&a, "--", "--json"), OK);
	assert_string_equal(a.operand[0], "--json");
	assert_null(a.text[CLI_JSON]);
	assert_int_equal(READ(&a, "-"), OK);
	assert_string_equal(a.operand[0], "-");
}

static void lists_escape_bars_and_backslashes_and_say_each_id_once(void **state)
{
	static const struct {
		struct str in[4];
		size_t n;
		const char *out;
	} lists[] = {
		{ { { "", 0 } }, 0, "" },
		{ { { "a", 1 } }, 1, "a" },
		{ { { "a", 1 }, { "a", 1 }, { "b", 1 } }, 3, "a|b" },
		{ { { "a|b", 3 }, { "a|b", 3 } }, 2, "a\\|b" },
		{ { { "\\", 1 }, { "\\\\", 2 }, { "|", 1 } }, 3, "\\\\|\\\\\\\\|\\|" },
	};
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		lists_join(lists[i].in, lists[i].n, &b);
		assert_true(str_eq(buf_view(&b), str_of(lists[i].out)));
	}
}

/* ---- the town ----------------------------------------------------------------------------- */

static void nobody_in_the_town_is_in_two_places_or_outside_its_days(void **state)
{
	struct synthetic_visit v[SYNTHETIC_VISITS_MAX];
	struct synthetic town;
	size_t n_theatre = 0, n_seats = 0;

	(void)state;
	synthetic_make(7, 5000, &town);
	for (uint32_t p = 0; p < 5000; p++) {
		size_t n = synthetic_live(&town, p, v);

		assert_true(n > SYNTHETIC_DAYS && n < SYNTHETIC_VISITS_MAX);
		for (size_t i = 0; i < n; i++) {
			assert_true(v[i].person == p && v[i].place < synthetic_places(&town));
			assert_true(v[i].from.v < v[i].to.v);
			assert_true(i == 0 || v[i - 1].to.v <= v[i].from.v);
			n_theatre += synthetic_kind_of(&town, v[i].place) == SYNTHETIC_THEATRE;
			n_seats += v[i].seat_row > 0;
		}
		assert_true(v[0].from.v >= SYNTHETIC_FIRST_S);
		assert_true(v[n - 1].to.v <= SYNTHETIC_FIRST_S + SYNTHETIC_DAYS * 86400);
	}
	assert_true(n_theatre > 50 && n_seats > 20);
}

static void the_same_seed_is_the_same_town(void **state)
{
	struct synthetic_visit a[SYNTHETIC_VISITS_MAX], b[SYNTHETIC_VISITS_MAX];
	struct synthetic one, two;
	size_t n_other = 0;

	(void)state;
	synthetic_make(7, 900, &one);
	synthetic_make(8, 900, &two);
	for (uint32_t p = 0; p < 900; p++) {
		size_t n = synthetic_live(&one, p, a);

		assert_int_equal(n, synthetic_live(&one, p, b));
		for (size_t i = 0; i < n; i++)
			assert_true(a[i].place == b[i].place && a[i].from.v == b[i].from.v);
		n_other += n != synthetic_live(&two, p, b);
	}
	assert_true(n_other > 400);
}

static void every_place_of_the_town_has_its_own_name(void **state)
{
	CLEANUP(names_end) struct names *t = NULL;
	CLEANUP(buf_release) struct buf b = { 0 };
	struct synthetic town;
	uint32_t id;

	(void)state;
	assert_int_equal(names_new(&t), OK);
	synthetic_make(1, 20000, &town);
	for (uint32_t i = 0; i < synthetic_places(&town); i++) {
		buf_clear(&b);
		synthetic_place_name(&town, i, &b);
		assert_true(b.n && str_utf8(buf_view(&b)));
		assert_int_equal(names_intern(t, buf_view(&b), &id), OK);
		assert_int_equal(id, i);
		assert_true(synthetic_kind_word(synthetic_kind_of(&town, i))[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_says_what_it_is_in_both_languages),
		cmocka_unit_test(values_come_after_a_blank_or_an_equals_sign),
		cmocka_unit_test(visits_may_be_given_many_times_the_rest_once),
		cmocka_unit_test(words_nobody_knows_are_refused),
		cmocka_unit_test(lists_escape_bars_and_backslashes_and_say_each_id_once),
		cmocka_unit_test(nobody_in_the_town_is_in_two_places_or_outside_its_days),
		cmocka_unit_test(the_same_seed_is_the_same_town),
		cmocka_unit_test(every_place_of_the_town_has_its_own_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
