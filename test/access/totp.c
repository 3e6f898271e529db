/* totp.c - the second factor: set up, asked for, used up, sealed. */
#include "support/desk.h"
#include "support/toys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ban.h"

#define OPEN(k) \
	CLEANUP(desk_close) struct desk k = { .d = *state }; \
	desk_open(&k, *state, &toys, 1)
#define ASK(k, v, method, target, headers, body) \
	CLEANUP(answer_end) struct answer a = { 0 }; \
	desk_ask(&k, v, method, target, headers, body, &a)
#define SIGN_IN(login, password) "{\"login\":\"" login "\",\"password\":\"" password "\"}"
#define RIGHT SIGN_IN("lead", DESK_PASSWORD)
#define WRONG SIGN_IN("lead", "not-this-one-77")

static void lead(struct desk *k, struct visitor *v)
{
	desk_account(k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	desk_sign_in(k, "lead", v);
}

static int sign_in(const struct desk *k, const char *body)
{
	return desk_status(k, NULL, "POST", "/api/v1/session", body);
}

static struct totp totp_from(const char *base32)
{
	struct totp t = { { 0 } };
	uint32_t bits = 0;
	int held = 0;
	size_t n = 0;

	for (; *base32; base32++) {
		char c = *base32;

		bits = bits << 5 | (uint32_t)(c >= 'A' ? c - 'A' : c - '2' + 26);
		held += 5;
		if (held >= 8 && n < sizeof(t.v)) {
			held -= 8;
			t.v[n++] = (uint8_t)(bits >> held);
		}
	}
	assert_int_equal(n, sizeof(t.v));
	return t;
}

static const char *digits(const struct desk *k, const struct totp *t, const char *form)
{
	static char text[160];
	uint32_t code;

	assert_int_equal(totp_code(t, k->now / TOTP_STEP_S, &code), OK);
	(void)snprintf(text, sizeof(text), "%s\"%06u\"}", form, code);
	return text;
}

static struct totp set_up(struct desk *k, const struct visitor *v)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct totp t;

	desk_ask(k, v, "POST", "/api/v1/session/totp", NULL, NULL, &a);
	assert_int_equal(a.status, 200);
	t = totp_from(desk_json(k, &a, "secret"));
	assert_non_null(strstr(desk_json(k, &a, "uri"), "otpauth://totp/Outpost:lead?secret="));
	assert_int_equal(desk_status(k, v, "PUT", "/api/v1/session/totp", "{\"code\":\"000000\"}"),
			 422);
	assert_int_equal(desk_status(k, v, "PUT", "/api/v1/session/totp",
				     digits(k, &t, "{\"code\":")),
			 200);
	return t;
}

#define WITH "{\"login\":\"lead\",\"password\":\"" DESK_PASSWORD "\",\"totp\":"

static void with_a_second_factor_the_password_alone_is_not_enough(void **state)
{
	struct visitor v;
	struct totp t;
	OPEN(k);

	lead(&k, &v);
	t = set_up(&k, &v);
	{
		ASK(k, NULL, "POST", "/api/v1/session", NULL, RIGHT);
		assert_int_equal(a.status, 401);
		assert_string_equal(desk_json(&k, &a, "code"), "totp_needed");
	}
	{
		ASK(k, NULL, "POST", "/api/v1/session", NULL, WRONG);
		assert_string_equal(desk_json(&k, &a, "code"), "login");
	}
	{
		ASK(k, NULL, "POST", "/api/v1/session", NULL, WITH "\"000000\"}");
		assert_string_equal(desk_json(&k, &a, "code"), "login");
	}
	desk_pass(&k, TOTP_STEP_S);
	assert_int_equal(sign_in(&k, digits(&k, &t, WITH)), 200);
}

static void digits_are_good_once(void **state)
{
	struct visitor v;
	struct totp t;
	OPEN(k);

	lead(&k, &v);
	t = set_up(&k, &v);
	assert_int_equal(sign_in(&k, digits(&k, &t, WITH)), 401);
	desk_pass(&k, TOTP_STEP_S);
	assert_int_equal(sign_in(&k, digits(&k, &t, WITH)), 200);
	assert_int_equal(sign_in(&k, digits(&k, &t, WITH)), 401);
	desk_pass(&k, TOTP_STEP_S);
	assert_int_equal(sign_in(&k, digits(&k, &t, WITH)), 200);
}

static void digits_cannot_be_guessed_for_long(void **state)
{
	struct visitor v;
	struct totp t;
	OPEN(k);

	lead(&k, &v);
	t = set_up(&k, &v);
	desk_pass(&k, TOTP_STEP_S);
	for (int i = 0; i < 5; i++)
		assert_int_equal(sign_in(&k, WITH "\"000000\"}"), 401);
	assert_int_equal(sign_in(&k, digits(&k, &t, WITH)), 401);
}

static void a_second_factor_in_force_is_not_replaced_by_its_owner_alone(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	(void)set_up(&k, &v);
	assert_int_equal(desk_status(&k, &v, "POST", "/api/v1/session/totp", NULL), 409);
	assert_int_equal(desk_status(&k, &v, "PUT", "/api/v1/session/totp",
				     "{\"code\":\"123456\"}"),
			 409);
}

static const struct sql dump = {
	.name = "test.dump",
	.text = "SELECT totp FROM account_secret WHERE county = $1",
	.args = "i",
	.act = SQL_READ,
};

struct looked {
	struct totp t;
	bool seen;
};

static enum err look(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct looked *l = arg;
	struct str blob;
	enum err e = tx_row(tx, &dump, SQL_ARGS(sql_i64(430802000000000)), &r, f);

	if (e)
		return e;
	blob = rows_blob(r, 0);
	l->seen = memmem(blob.p, blob.n, l->t.v, sizeof(l->t.v)) != NULL;
	return OK;
}

static void who_reads_the_database_does_not_get_the_second_factor(void **state)
{
	struct visitor v;
	struct looked l;
	OPEN(k);

	lead(&k, &v);
	l.t = set_up(&k, &v);
	assert_int_equal(db_read(k.d->db, look, &l, &k.d->fault), OK);
	assert_false(l.seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(with_a_second_factor_the_password_alone_is_not_enough),
		ON_BOTH(digits_are_good_once),
		ON_SQLITE(digits_cannot_be_guessed_for_long),
		ON_SQLITE(a_second_factor_in_force_is_not_replaced_by_its_owner_alone),
		ON_BOTH(who_reads_the_database_does_not_get_the_second_factor),
	};

	return cmocka_run_group_tests_name("totp", tests, NULL, NULL);
}
