/*
 * password.c - passwords by Argon2id, digits by RFC 6238.
 *
 * The digits are those of RFC 6238 appendix B (SHA-1), of which six of eight are shown; the count
 * ones are of RFC 4226 appendix D.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "crypt/password.h"
#include "support/chance.h"

/* The least that libsodium takes: the tests are about us, not about how slow it is. */
static const struct password_cost CHEAP = { 1, 8192 };

static void the_right_password_verifies_and_no_other_does(void **state)
{
	static const char *const WORDS[] = { "", "a", "correct horse", "密码很长很长" };
	char text[PASSWORD_TEXT_BYTES], again[PASSWORD_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
		assert_int_equal(password_hash(str_of(WORDS[i]), &CHEAP, text), OK);
		assert_int_equal(password_hash(str_of(WORDS[i]), &CHEAP, again), OK);
		assert_string_not_equal(text, again); /* the salt */
		assert_int_equal(strncmp(text, "$argon2id$v=19$m=8,t=1,p=1$", 27), 0);
		for (size_t k = 0; k < ARRAY_LEN(WORDS); k++)
			assert_int_equal(password_verify(text, str_of(WORDS[k])),
					 k == i ? OK : ERR_CORRUPT);
	}
	assert_int_equal(password_verify(text, (struct str){ "a\0b", 3 }), ERR_CORRUPT);
}

static void what_is_kept_carries_its_cost_and_is_weak_when_the_usual_grows(void **state)
{
	static const struct password_cost MORE = { 2, 16384 };
	char text[PASSWORD_TEXT_BYTES];

	(void)state;
	assert_int_equal(password_hash(STR("x"), &CHEAP, text), OK);
	assert_false(password_is_weak(text, &CHEAP));
	assert_true(password_is_weak(text, &MORE));
	assert_true(password_is_weak("$1$old$hash", &CHEAP));
	assert_int_equal(password_verify(text, STR("x")), OK);
}

static void a_text_of_another_make_is_refused_before_it_can_ask_for_memory(void **state)
{
	static const char *const BAD[] = { "",
					   "x",
					   "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
					   "$argon2id$v=19$m=99999999,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
					   "$argon2id$v=19$m=-1,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
					   "$argon2id$v=19$m=8" };
	static char much[PASSWORD_BYTES_MAX + 1];
	char text[PASSWORD_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
		memset(text, 0, sizeof text);
		snprintf(text, sizeof text, "%s", BAD[i]);
		assert_int_equal(password_verify(text, STR("x")), ERR_SYNTAX);
	}
	memset(text, 'a', sizeof text); /* no end at all */
	assert_int_equal(password_verify(text, STR("x")), ERR_SYNTAX);
	memset(much, 'a', sizeof much);
	assert_int_equal(password_hash((struct str){ much, sizeof much }, &CHEAP, text), ERR_RANGE);
	assert_int_equal(password_hash((struct str){ much, sizeof much - 1 }, &CHEAP, text), OK);
	assert_int_equal(password_verify(text, (struct str){ much, sizeof much }), ERR_CORRUPT);
}

/* ---- digits ---- */

static const struct totp RFC = { "12345678901234567890" };

static void the_digits_are_those_of_the_rfcs(void **state)
{
	static const struct {
		int64_t at;
		uint32_t code;
	} KNOWN[] = {
		{ 59, 94287082 },         { 1111111109, 7081804 },  { 1111111111, 14050471 },
		{ 1234567890, 89005924 }, { 2000000000, 69279037 }, { 20000000000, 65353130 },
	};
	static const uint32_t COUNTED[] = { 755224, 287082, 359152, 969429, 338314,
					    254676, 287922, 162583, 399871, 520489 };
	uint32_t code;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(KNOWN); i++) {
		assert_int_equal(totp_code(&RFC, KNOWN[i].at / TOTP_STEP_S, &code), OK);
		assert_int_equal(code, KNOWN[i].code % 1000000);
	}
	for (size_t i = 0; i < ARRAY_LEN(COUNTED); i++) {
		assert_int_equal(totp_code(&RFC, (int64_t)i, &code), OK);
		assert_int_equal(code, COUNTED[i]);
	}
}

static void digits_are_good_for_a_step_around_now_and_once(void **state)
{
	static const int64_t STEP = 50000000;
	char typed[8];

	(void)state;
	for (int64_t off = -4; off <= 4; off++) {
		int64_t step = -1;
		uint32_t code;

		assert_int_equal(totp_code(&RFC, STEP + off, &code), OK);
		snprintf(typed, sizeof typed, "%06u", code);
		for (int64_t s = 0; s < TOTP_STEP_S; s += 29) {
			struct utc_s now = { STEP * TOTP_STEP_S + s };
			bool fits = off >= -1 && off <= 1;

			assert_int_equal(totp_check(&RFC, str_of(typed), now, -1, &step),
					 fits ? OK : ERR_CORRUPT);
			if (!fits)
				continue;
			assert_int_equal(step, STEP + off);
			assert_int_equal(totp_check(&RFC, str_of(typed), now, step, &step),
					 ERR_CORRUPT);
			assert_int_equal(totp_check(&RFC, str_of(typed), now, step - 1, &step), OK);
		}
	}
}

static void what_is_not_six_digits_is_refused(void **state)
{
	static const char *const BAD[] = { "",       "12345",  "1234567", "-12345",
					   "12 456", "12345a", "１２" };
	int64_t step;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		assert_int_equal(totp_check(&RFC, str_of(BAD[i]), (struct utc_s){ 59 }, -1, &step),
				 ERR_CORRUPT);
	assert_int_equal(totp_check(&RFC, STR("287082"), (struct utc_s){ 59 }, -1, &step), OK);
}

static void the_uri_is_what_an_authenticator_reads(void **state)
{
	CLEANUP(buf_release) struct buf uri = { 0 };
	struct totp t;
	struct chance c;

	(void)state;
	chance_begin(&c, 1);
	totp_new(&c.random, &t);
	totp_uri(&RFC, STR("前哨 A&B"), STR("li.wei"), &uri);
	assert_true(str_eq(buf_view(&uri), STR("otpauth://totp/%E5%89%8D%E5%93%A8%20A%26B:li.wei"
					       "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
					       "&issuer=%E5%89%8D%E5%93%A8%20A%26B")));
	assert_memory_not_equal(t.v, RFC.v, sizeof t.v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_password_verifies_and_no_other_does),
		cmocka_unit_test(what_is_kept_carries_its_cost_and_is_weak_when_the_usual_grows),
		cmocka_unit_test(a_text_of_another_make_is_refused_before_it_can_ask_for_memory),
		cmocka_unit_test(the_digits_are_those_of_the_rfcs),
		cmocka_unit_test(digits_are_good_for_a_step_around_now_and_once),
		cmocka_unit_test(what_is_not_six_digits_is_refused),
		cmocka_unit_test(the_uri_is_what_an_authenticator_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
