/* record_value.c - what is taken for a value, what not and why; and it comes back as it went in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "record/row.h"
#include "support/well.h"

static struct arena *arena;
static struct zone *zone;

static int begin(void **state)
{
	(void)state;
	return arena_new(16 << 20, &arena) || zone_open("Asia/Shanghai", &zone, NULL);
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	zone_free(zone);
	return 0;
}

static struct value_from from(bool loose)
{
	return (struct value_from){ .zone = zone, .a = arena, .loose = loose };
}

static const struct field *field(const char *name)
{
	return noun_field(&well_noun, str_of(name));
}

static void takes(const char *name, const char *text, bool loose, struct well *w)
{
	struct value_from how = from(loose);
	struct fault f = { 0 };

	if (value_from_text(field(name), str_of(text), &how, w, &f))
		fail_msg("%s does not take \"%s\": %s", name, text, f.en);
}

static void refuses(const char *name, const char *text, bool loose, const char *why)
{
	struct value_from how = from(loose);
	struct fault f = { 0 };
	struct well w;

	noun_blank(&well_noun, &w);
	assert_int_equal(value_from_text(field(name), str_of(text), &how, &w, &f), ERR_RANGE);
	assert_string_equal(f.field, name);
	if (!strstr(f.en, why))
		fail_msg("%s \"%s\": wanted \"%s\", got \"%s\"", name, text, why, f.en);
	assert_true(strstr(f.en, field(name)->en) && strstr(f.zh, field(name)->zh));
	assert_true(!strstr(f.en, text) || strlen(text) < 4);
}

static void texts_are_trimmed_and_counted_in_characters(void **state)
{
	struct well w;

	(void)state;
	noun_blank(&well_noun, &w);
	takes("name", " 　龙王井\t", false, &w);
	assert_true(str_eq(w.name, STR("龙王井")));
	takes("name", "", false, &w);
	assert_int_equal(w.name.n, 0);
	refuses("name", "井", false, "has 1 character, at least 2");
	refuses("name", "a very long name for a well that nobody would ever read out", false,
		"at most 40");
	refuses("name", "two\nlines", false, "line break");
	refuses("name", "\xFFoops", false, "UTF-8");
	takes("notes", "two\nlines\tand a tab", false, &w);
	refuses("notes", "a bell \a rings", false, "control character");
}

static void telephones_have_digits_and_a_few_signs(void **state)
{
	struct well w;

	(void)state;
	noun_blank(&well_noun, &w);
	takes("keeper_phone", "0744-8222 333", false, &w);
	takes("keeper_phone", "+86 (0)744", false, &w);
	takes("keeper_phone", "119", false, &w);
	refuses("keeper_phone", "call me", false, "no telephone");
	refuses("keeper_phone", "+--()", false, "no telephone");
}

static void choices_are_words_and_in_files_labels_too(void **state)
{
	struct well w;

	(void)state;
	noun_blank(&well_noun, &w);
	takes("kind", "drilled", false, &w);
	assert_int_equal(w.kind, WELL_DRILLED);
	takes("kind", "山泉", true, &w);
	assert_int_equal(w.kind, WELL_SPRING);
	takes("kind", "Dug", true, &w);
	assert_int_equal(w.kind, WELL_DUG);
	refuses("kind", "山泉", false, "use one of dug, drilled, spring");
	refuses("kind", "lake", true, "use one of Dug, Drilled, Spring");
}

static void numbers_keep_their_limits(void **state)
{
	struct well w;

	(void)state;
	noun_blank(&well_noun, &w);
	takes("depth_cm", "1", false, &w);
	takes("depth_cm", "100000", false, &w);
	assert_int_equal(w.depth_cm, 100000);
	refuses("depth_cm", "0", false, "between 1 and 100000");
	refuses("depth_cm", "100001", false, "between 1 and 100000");
	refuses("depth_cm", "12.5", false, "no whole number");
	refuses("depth_cm", "99999999999999999999", false, "no whole number");
}

static void dates_in_files_are_written_as_people_write_them(void **state)
{
	static const char *const same[] = { "2021-07-31", "2021/7/31", "2021.07.31",
					    "2021年7月31日" };
	struct well w;

	(void)state;
	noun_blank(&well_noun, &w);
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		takes("dug_on", same[i], true, &w);
		assert_int_equal(w.dug_on.v, date_day(2021, 7, 31));
	}
	takes("dug_on", "2021-07-31", false, &w);
	refuses("dug_on", "2021/7/31", false, "no date");
	refuses("dug_on", "2021-02-30", true, "no date");
	refuses("dug_on", "31/7/2021", true, "no date");
	refuses("dug_on", "7月31日", true, "no date");
	refuses("dug_on", "2021-07-31T08:00:00+08:00", false, "no date");
}

static void times_say_the_time_of_day(void **state)
{
	struct well w;

	(void)state;
	noun_blank(&well_noun, &w);
	takes("tested_at", "2021-07-31T08:30:00+08:00", false, &w);
	assert_int_equal(w.tested_at.v, 1627691400);
	takes("tested_at", "2021-07-31T00:30:00Z", false, &w);
	assert_int_equal(w.tested_at.v, 1627691400);
	refuses("tested_at", "2021-07-31", false, "time of day is missing");
	refuses("tested_at", "1627691400", false, "no time");
	refuses("tested_at", "soon", false, "no time");
}

static void areas_and_ids_are_digits(void **state)
{
	struct well w;

	(void)state;
	noun_blank(&well_noun, &w);
	takes("supplies", "430802", false, &w);
	assert_int_equal(w.supplies.v, 430802000000000);
	refuses("supplies", "430", false, "no area code");
	refuses("supplies", "张家界", true, "no area code");
	takes("feeds", "17", false, &w);
	assert_int_equal(w.feeds.v, 17);
	refuses("feeds", "-1", false, "no id");
	refuses("feeds", "0", false, "no id");
}

static void yes_and_no_have_many_names_in_files(void **state)
{
	struct well w;

	(void)state;
	noun_blank(&well_noun, &w);
	takes("public_use", "是", true, &w);
	assert_true(w.public_use);
	takes("public_use", "否", true, &w);
	assert_false(w.public_use);
	takes("public_use", "true", false, &w);
	refuses("public_use", "是", false, "true or false");
	refuses("public_use", "maybe", true, "true or false");
}

/* ---- whole rows ----------------------------------------------------------------------------- */

static struct str random_text(struct dice *d, size_t min, size_t max)
{
	static const char *const piece[] = { "井", "龙", "a", "Z", "9", "é", "𠮷", "·", "-" };
	CLEANUP(buf_release) struct buf b = { 0 };
	size_t n = min + dice_below(d, (uint32_t)(max - min + 1));

	for (size_t i = 0; i < n; i++)
		buf_lit(&b, piece[dice_below(d, ARRAY_LEN(piece))]);
	return (struct str){ arena_copy(arena, b.n ? b.p : "", b.n), b.n };
}

static void random_well(struct dice *d, struct well *w)
{
	noun_blank(&well_noun, w);
	w->record = (struct record){
		.id = { 1 + (int64_t)dice_below(d, 1u << 31) },
		.area = { 430802001000000 + 1000 * (1 + dice_below(d, 999)) },
		.version = 1,
		.state = 1 + (int)dice_below(d, 3),
		.created_at = { dice_below(d, 1u << 31) },
	};
	w->record.updated_at = w->record.created_at;
	w->name = random_text(d, 2, 40);
	w->kind = (enum well_kind)(1 + dice_below(d, 3));
	w->depth_cm = dice_chance(d, 0.5) ? FIELD_NONE : 1 + dice_below(d, 100000);
	w->public_use = dice_chance(d, 0.5);
	w->dug_on.v = dice_chance(d, 0.5) ? FIELD_NONE : dice_below(d, 40000);
	w->tested_at.v = dice_chance(d, 0.5) ? FIELD_NONE : dice_below(d, 1u << 31);
	w->supplies.v = dice_chance(d, 0.5) ? 0 : 430800000000000;
	w->feeds.v = dice_chance(d, 0.5) ? 0 : 1 + dice_below(d, 1u << 31);
	w->keeper = dice_chance(d, 0.5) ? STR("") : random_text(d, 2, 5);
	w->notes = dice_chance(d, 0.3) ? STR("one\n\"two\"\t\\three") : random_text(d, 0, 99);
}

static void same_fields(const struct well *a, const struct well *b)
{
	for (size_t i = 0; i < well_noun.n_fields; i++)
		if (!value_same(&well_noun.field[i], a, b))
			fail_msg("%s did not come back", well_noun.field[i].name);
}

/* Without the head, which the server writes and does not read. */
static void told(const struct well *w, struct buf *b)
{
	struct json j;

	buf_clear(b);
	json_begin(&j, b);
	json_open(&j, '{');
	for (size_t i = 0; i < well_noun.n_fields; i++)
		if (!(well_noun.field[i].flags & FIELD_SERVER)) {
			json_key(&j, well_noun.field[i].name);
			value_to_json(&well_noun.field[i], w, zone, &j);
		}
	json_close(&j, '}');
	assert_int_equal(b->failed, OK);
}

static void a_row_comes_back_from_json_as_it_was(void **state)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct value_from how = from(false);

	(void)state;
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		struct dice d = { seed };
		const struct json_node *map;
		struct fault f = { 0 };
		struct well w, again;

		arena_clear(arena);
		random_well(&d, &w);
		told(&w, &b);
		noun_blank(&well_noun, &again);
		if (json_read(buf_view(&b), &json_limits_request, arena, &map, &f) ||
		    row_from_json(&well_noun, map, ROW_NEW, SIGHT_ALL, &how, &again, &f))
			fail_msg("seed %d: %s (%s)", (int)seed, f.en, f.field);
		same_fields(&w, &again);
	}
}

static void a_row_comes_back_from_the_text_of_a_file(void **state)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct value_from how = from(true);

	(void)state;
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		struct dice d = { seed };
		struct well w, again;

		arena_clear(arena);
		random_well(&d, &w);
		noun_blank(&well_noun, &again);
		for (size_t i = 0; i < well_noun.n_fields; i++) {
			struct fault f = { 0 };

			buf_clear(&b);
			value_to_text(&well_noun.field[i], &w, zone, seed % 2, &b);
			if (value_from_text(&well_noun.field[i], buf_view(&b), &how, &again, &f))
				fail_msg("seed %d: %s", (int)seed, f.en);
		}
		same_fields(&w, &again);
	}
}

static void equal_rows_have_equal_canonical_text_and_others_do_not(void **state)
{
	CLEANUP(buf_release) struct buf a = { 0 };
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= 500; seed++) {
		struct dice d = { seed };
		struct well w, other;

		arena_clear(arena);
		random_well(&d, &w);
		other = w;
		buf_clear(&a);
		buf_clear(&b);
		row_canonical(&well_noun, &w, &a);
		row_canonical(&well_noun, &other, &b);
		assert_true(a.n > 0 && str_eq(buf_view(&a), buf_view(&b)));
		switch (dice_below(&d, 4)) {
		case 0: other.record.version++; break;
		case 1: other.public_use = !w.public_use; break;
		case 2: other.visits = 4; break;
		default: other.tested_at.v = w.tested_at.v == 7 ? 8 : 7;
		}
		buf_clear(&b);
		row_canonical(&well_noun, &other, &b);
		assert_false(str_eq(buf_view(&a), buf_view(&b)));
	}
}

static enum err read_body(const char *text, enum row_reading reading, unsigned sight,
			  struct well *w, struct fault *f)
{
	struct value_from how = from(false);
	const struct json_node *map;

	*f = (struct fault){ 0 };
	assert_int_equal(json_read(str_of(text), &json_limits_request, arena, &map, f), OK);
	return row_from_json(&well_noun, map, reading, sight, &how, w, f);
}

static void what_a_body_may_not_say_is_named(void **state)
{
	static const struct {
		const char *body, *field, *why;
		enum err e;
	} bad[] = {
		{ "{\"colour\":1}", "colour", "no such field", ERR_SYNTAX },
		{ "{\"visits\":1}", "visits", "set by the system", ERR_RANGE },
		{ "{\"id\":\"1\"}", "id", "no such field", ERR_SYNTAX },
		{ "{\"name\":7}", "name", "text in quotes", ERR_RANGE },
		{ "{\"depth_cm\":\"7\"}", "depth_cm", "whole number", ERR_RANGE },
		{ "{\"depth_cm\":7.5}", "depth_cm", "whole number", ERR_RANGE },
		{ "{\"public_use\":1}", "public_use", "true or false", ERR_RANGE },
		{ "{\"area\":\"43080\"}", "area", "no area code", ERR_RANGE },
		{ "{\"germs\":\"coli\"}", "germs", "not yours to set", ERR_RANGE },
		{ "[1]", "", "one JSON object", ERR_SYNTAX },
	};
	struct fault f;
	struct well w;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		noun_blank(&well_noun, &w);
		assert_int_equal(read_body(bad[i].body, ROW_NEW, 1u << SEE_PUBLIC | 1u << SEE_AREA,
					   &w, &f),
				 bad[i].e);
		assert_string_equal(f.field, bad[i].field);
		assert_non_null(strstr(f.en, bad[i].why));
	}
}

static void what_is_fixed_may_be_said_again_but_not_changed(void **state)
{
	struct fault f;
	struct well w;

	(void)state;
	noun_blank(&well_noun, &w);
	w.record.area.v = 430802001001000;
	assert_int_equal(read_body("{\"dug_on\":\"2001-01-01\"}", ROW_EDIT, SIGHT_ALL, &w, &f), OK);
	assert_int_equal(read_body("{\"dug_on\":\"2001-01-01\"}", ROW_EDIT, SIGHT_ALL, &w, &f), OK);
	assert_int_equal(read_body("{\"dug_on\":\"2001-01-02\"}", ROW_EDIT, SIGHT_ALL, &w, &f),
			 ERR_RANGE);
	assert_string_equal(f.field, "dug_on");
	assert_int_equal(read_body("{\"area\":\"430802002\"}", ROW_EDIT, SIGHT_ALL, &w, &f), OK);
	assert_int_equal(w.record.area.v, 430802002000000);
	assert_int_equal(read_body("{\"area\":\"430811\"}", ROW_EDIT, SIGHT_ALL, &w, &f),
			 ERR_RANGE);
	assert_non_null(strstr(f.en, "another county"));
}

static void what_must_be_given_is_asked_for(void **state)
{
	struct fault f = { 0 };
	struct well w;

	(void)state;
	noun_blank(&well_noun, &w);
	assert_int_equal(row_whole(&well_noun, &w, &f), ERR_RANGE);
	assert_string_equal(f.field, "area");
	w.record.area.v = 430802000000000;
	f = (struct fault){ 0 };
	assert_int_equal(row_whole(&well_noun, &w, &f), ERR_RANGE);
	assert_string_equal(f.field, "name");
	w.name = STR("龙王井");
	w.kind = WELL_DUG;
	assert_int_equal(row_whole(&well_noun, &w, NULL), OK);
}

static void a_class_that_is_not_seen_has_no_key(void **state)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct dice d = { 7 };
	struct well w;

	(void)state;
	arena_clear(arena);
	random_well(&d, &w);
	for (unsigned sight = 0; sight <= SIGHT_ALL; sight++) {
		const struct json_node *map;
		struct json j;

		buf_clear(&b);
		json_begin(&j, &b);
		row_to_json(&well_noun, &w, sight, zone, &j);
		json_close(&j, '}');
		assert_int_equal(json_read(buf_view(&b), &json_limits_request, arena, &map, NULL),
				 OK);
		for (size_t i = 0; i < well_noun.n_fields; i++)
			assert_int_equal(json_at(map, well_noun.field[i].name) != NULL,
					 sight >> well_noun.field[i].see & 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_trimmed_and_counted_in_characters),
		cmocka_unit_test(telephones_have_digits_and_a_few_signs),
		cmocka_unit_test(choices_are_words_and_in_files_labels_too),
		cmocka_unit_test(numbers_keep_their_limits),
		cmocka_unit_test(dates_in_files_are_written_as_people_write_them),
		cmocka_unit_test(times_say_the_time_of_day),
		cmocka_unit_test(areas_and_ids_are_digits),
		cmocka_unit_test(yes_and_no_have_many_names_in_files),
		cmocka_unit_test(a_row_comes_back_from_json_as_it_was),
		cmocka_unit_test(a_row_comes_back_from_the_text_of_a_file),
		cmocka_unit_test(equal_rows_have_equal_canonical_text_and_others_do_not),
		cmocka_unit_test(what_a_body_may_not_say_is_named),
		cmocka_unit_test(what_is_fixed_may_be_said_again_but_not_changed),
		cmocka_unit_test(what_must_be_given_is_asked_for),
		cmocka_unit_test(a_class_that_is_not_seen_has_no_key),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
