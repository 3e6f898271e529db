/* warrant.c - a warrant says what it says, to whom it says it, and no byte of it can be changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "engine/trace/trace.h"
#include "epidemic/inside.h"
#include "support/chance.h"
#include "trail/limit.h"
#include "trail/warrant.h"

static const struct trail_warrant GOOD = {
	.id = { 7 },
	.case_id = { 9 },
	.area = { 430802000000000 },
	.officer = 17,
	.index = 1234567,
	.from = { 1790000000 },
	.to = { 1790000000 + 14 * 86400 },
	.generations = 2,
	.people = 500,
	.issued = { 1791300000 },
	.expires = { 1791300000 + 86400 },
	.basis = { "infectious_disease_law", 22 },
	.profile = { "covid19.who@1", 13 },
};
static const struct warrant_use USE = {
	.case_id = { 9 },
	.area = { 430802000000000 },
	.officer = 17,
	.now = { 1791300000 },
};

static struct crypt_signer *house_of(enum crypt_suite suite, uint64_t seed)
{
	struct chance chance;
	struct crypt_signer *ret;
	struct crypt_seed s;

	chance_begin(&chance, seed);
	crypt_seed_new(suite, &chance.random, &s);
	assert_int_equal(crypt_signer_new(&s, &ret), OK);
	return ret;
}

static void what_is_read_is_what_was_minted(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct crypt_signer *house = house_of(chance_suites[i], 1);
		struct buf b = { 0 }, text = { 0 }, back = { 0 };
		struct trail_warrant w;

		assert_int_equal(warrant_mint(&GOOD, house, &b, NULL), OK);
		assert_true(b.n <= WARRANT_BYTES_MAX);
		warrant_text(buf_view(&b), &text);
		assert_int_equal(warrant_of_text(buf_view(&text), &back, NULL), OK);
		assert_int_equal(warrant_read(buf_view(&back), crypt_signer_public(house), &w,
					      NULL),
				 OK);
		assert_true(w.officer == 17 && w.index == 1234567 && w.people == 500);
		assert_true(str_eq(w.basis, GOOD.basis) && str_eq(w.profile, GOOD.profile));
		assert_int_equal(warrant_check(&w, &USE, NULL), OK);
		buf_release(&b);
		buf_release(&text);
		buf_release(&back);
		crypt_signer_end(&house);
	}
}

static enum err read_by(struct str blob, const struct crypt_signer *house)
{
	struct trail_warrant w;

	return warrant_read(blob, crypt_signer_public(house), &w, NULL);
}

static void no_byte_of_it_can_be_changed_added_or_left_out(void **state)
{
	struct crypt_signer *house = house_of(CRYPT_WORLD, 1), *other = house_of(CRYPT_WORLD, 2);
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(warrant_mint(&GOOD, house, &b, NULL), OK);
	for (size_t i = 0; i < b.n; i++)
		for (int bit = 0; bit < 8; bit++) {
			b.p[i] = (char)(b.p[i] ^ 1 << bit);
			assert_int_equal(read_by(buf_view(&b), house), ERR_WARRANT);
			b.p[i] = (char)(b.p[i] ^ 1 << bit);
		}
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(read_by((struct str){ b.p, n }, house), ERR_WARRANT);
	assert_int_equal(read_by(buf_view(&b), other), ERR_WARRANT);
	buf_char(&b, 'x');
	assert_int_equal(read_by(buf_view(&b), house), ERR_WARRANT);
	buf_release(&b);
	crypt_signer_end(&house);
	crypt_signer_end(&other);
}

static void none_is_minted_beyond_the_limits(void **state)
{
	struct crypt_signer *house = house_of(CRYPT_WORLD, 1);
	struct trail_warrant bad[12];
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		bad[i] = GOOD;
	bad[0].to.v = bad[0].from.v + limit_of(LIMIT_WINDOW_DAYS) * 86400 + 1;
	bad[1].generations = limit_of(LIMIT_GENERATIONS) + 1;
	bad[2].expires.v = bad[2].issued.v + limit_of(LIMIT_WARRANT_HOURS) * 3600 + 1;
	bad[3].people = limit_of(LIMIT_PEOPLE) + 1;
	bad[4].to.v = TRACE_STILL;
	bad[5].officer = 0;
	bad[6].case_id.v = 0;
	bad[7].basis.n = 0;
	bad[8].people = 0;
	bad[9].generations = 0;
	bad[10].to = bad[10].from;
	bad[11].expires = bad[11].issued;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(warrant_mint(&bad[i], house, &b, NULL), ERR_RANGE);
		assert_int_equal(b.n, 0);
	}
	crypt_signer_end(&house);
}

static void it_is_good_for_its_case_officer_area_time_and_width_alone(void **state)
{
	struct warrant_use bad[10];
	struct trail_warrant w = GOOD;
	struct warrant_use narrow = USE;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		bad[i] = USE;
	bad[0].case_id.v = 10;
	bad[1].officer = 18;
	bad[2].area.v = 430822000000000;
	bad[3].now.v = GOOD.expires.v;
	bad[4].now.v = GOOD.issued.v - 1;
	bad[5].from.v = GOOD.from.v - 1;
	bad[6].to.v = GOOD.to.v + 1;
	bad[7].generations = 3;
	bad[8].from = GOOD.to;
	bad[9].generations = -1;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		w = GOOD;
		assert_int_equal(warrant_check(&w, &bad[i], NULL), ERR_WARRANT);
	}
	narrow.from.v = GOOD.from.v + 60;
	narrow.to.v = GOOD.to.v - 60;
	narrow.generations = 1;
	w = GOOD;
	assert_int_equal(warrant_check(&w, &narrow, NULL), OK);
	assert_true(w.from.v == narrow.from.v && w.to.v == narrow.to.v && w.generations == 1);
}

/* The guard as it should be, said anew. */
static bool should(int result, int64_t by, int64_t reporter, int64_t who, bool person)
{
	if (!person)
		return false;
	if (result == CASE_POSITIVE && by && by != reporter)
		return who != by;
	return who != reporter;
}

static void a_case_takes_two_of_whom_one_may_be_a_laboratory(void **state)
{
	size_t confirmed = 0;

	(void)state;
	for (int i = 0; i < 4 * 4 * 3 * 2; i++) {
		int result = i % 4, person = i / 4 % 2;
		int64_t by = i / 8 % 4, who = 1 + i / 32 % 3;
		struct case_row c = { .record.created_by = { 1 },
				      .result = (enum case_result)result,
				      .result_by = by ? by : FIELD_NONE };
		struct who w = { .kind = person ? WHO_PERSON : WHO_KEY, .account = who };
		bool may = case_may_confirm(&c, &w, (struct utc_s){ 0 });

		assert_int_equal(may, should(result, by, 1, who, person));
		confirmed += may;
	}
	assert_true(confirmed > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_what_was_minted),
		cmocka_unit_test(no_byte_of_it_can_be_changed_added_or_left_out),
		cmocka_unit_test(none_is_minted_beyond_the_limits),
		cmocka_unit_test(it_is_good_for_its_case_officer_area_time_and_width_alone),
		cmocka_unit_test(a_case_takes_two_of_whom_one_may_be_a_laboratory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
