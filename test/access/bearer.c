/* bearer.c - cookies of sessions and API keys as text. */
#include "access/bearer.h"
#include "base/dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/ban.h"

#define SECRET "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static enum err parse(enum bearer_kind kind, const char *text)
{
	struct bearer b;

	return bearer_parse(kind, str_of(text), &b);
}

static void a_session_says_its_county_and_a_key_says_what_it_is(void **state)
{
	struct bearer b;

	(void)state;
	assert_int_equal(bearer_parse(BEARER_SESSION, STR("430802000000000." SECRET), &b), OK);
	assert_int_equal(b.county.v, 430802000000000);
	for (int i = 0; i < BEARER_SECRET_BYTES; i++)
		assert_int_equal(b.secret[i], i);
	assert_int_equal(bearer_parse(BEARER_KEY, STR("opk." SECRET), &b), OK);
	assert_int_equal(b.secret[31], 31);
}

static void what_is_no_token_is_refused_without_a_word_why(void **state)
{
	static const char *const bad[] = {
		"",
		".",
		"opk.",
		"opk." SECRET "A",
		"OPK." SECRET,
		"430802." SECRET,
		"430802000000000" SECRET,
		"43080200000000x." SECRET,
		"430802000000000.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9",
		"430802000000000.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"430802000000000.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh",
		"430802000000000. AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
		" 430802000000000." SECRET,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(parse(BEARER_SESSION, bad[i]), ERR_LOGIN);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(parse(BEARER_KEY, bad[i]), ERR_LOGIN);
	assert_int_equal(parse(BEARER_KEY, "430802000000000." SECRET), ERR_LOGIN);
	assert_int_equal(parse(BEARER_SESSION, "opk." SECRET), ERR_LOGIN);
}

static void the_same_secret_is_kept_differently_as_session_and_as_key(void **state)
{
	struct bearer b = { .kind = BEARER_SESSION };
	struct crypt_hash session, key;

	(void)state;
	assert_int_equal(bearer_hash(&b, &session), OK);
	b.kind = BEARER_KEY;
	assert_int_equal(bearer_hash(&b, &key), OK);
	assert_memory_not_equal(session.v, key.v, sizeof(key.v));
}

static void what_is_written_reads_back_and_one_changed_sign_does_not(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		CLEANUP(buf_release) struct buf text = { 0 };
		struct dice d = { seed };
		struct bearer b = { .kind = dice_chance(&d, 0.5) ? BEARER_KEY : BEARER_SESSION };
		struct bearer back;
		size_t at;

		if (b.kind == BEARER_SESSION)
			b.county.v = (1 + dice_below(&d, 90)) * 10000000000000LL;
		for (size_t i = 0; i < BEARER_SECRET_BYTES; i++)
			b.secret[i] = (uint8_t)dice_next(&d);
		bearer_text(&b, &text);
		assert_int_equal(bearer_parse(b.kind, buf_view(&text), &back), OK);
		assert_int_equal(back.county.v, b.county.v);
		assert_memory_equal(back.secret, b.secret, sizeof(b.secret));
		at = dice_below(&d, (uint32_t)text.n);
		text.p[at] ^= (char)(1 + dice_below(&d, 127));
		if (bearer_parse(b.kind, buf_view(&text), &back) == OK)
			assert_true(back.county.v != b.county.v ||
				    memcmp(back.secret, b.secret, sizeof(b.secret)) != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_says_its_county_and_a_key_says_what_it_is),
		cmocka_unit_test(what_is_no_token_is_refused_without_a_word_why),
		cmocka_unit_test(the_same_secret_is_kept_differently_as_session_and_as_key),
		cmocka_unit_test(what_is_written_reads_back_and_one_changed_sign_does_not),
	};

	return cmocka_run_group_tests_name("bearer", tests, NULL, NULL);
}
