/* session.c - signing in, staying in, and every way in which a session ends. */
#include "access/session.h"
#include "support/desk.h"
#include "support/toys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

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

static int64_t lead(struct desk *k, struct visitor *v)
{
	int64_t id = desk_account(k, "lead", role_bit(ROLE_AREA_LEAD), "430802 431103");

	desk_sign_in(k, "lead", v);
	return id;
}

static int sign_in(const struct desk *k, const char *body)
{
	return desk_status(k, NULL, "POST", "/api/v1/session", body);
}

static bool signed_in(const struct desk *k, const struct visitor *v)
{
	int status = desk_status(k, v, "GET", "/api/v1/session", NULL);

	assert_true(status == 200 || status == 401);
	return status == 200;
}

/* ---- pure ---- */

static void a_session_ends_by_rest_and_by_age(void **state)
{
	struct policy_choice p = policy_defaults();
	struct utc_s made = { 1000000 };

	(void)state;
	assert_false(session_over(&p, made, made, (struct utc_s){ 1000000 + 15 * 60 - 1 }));
	assert_true(session_over(&p, made, made, (struct utc_s){ 1000000 + 15 * 60 }));
	assert_false(session_over(&p, made, (struct utc_s){ 1000000 + 12 * 3600 - 60 },
				  (struct utc_s){ 1000000 + 12 * 3600 - 1 }));
	assert_true(session_over(&p, made, (struct utc_s){ 1000000 + 12 * 3600 - 60 },
				 (struct utc_s){ 1000000 + 12 * 3600 }));
	assert_false(session_over(&p, made, made, (struct utc_s){ 0 }));
	assert_false(session_touch_due(&p, made, (struct utc_s){ 1000059 }));
	assert_true(session_touch_due(&p, made, (struct utc_s){ 1000060 }));
}

static void roles_are_kept_as_words_and_forgotten_words_open_nothing(void **state)
{
	char text[SESSION_ROLES_BYTES];

	(void)state;
	for (uint32_t roles = 0; roles < role_bit(ROLE_N); roles++) {
		(void)session_roles_text(roles, text);
		assert_int_equal(session_roles_parse(str_of(text)), roles);
	}
	assert_int_equal(session_roles_parse(STR("emperor  area_lead ")), role_bit(ROLE_AREA_LEAD));
}

/* ---- signing in ---- */

static void a_session_tells_who_what_and_where(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	ASK(k, &v, "GET", "/api/v1/session", NULL, NULL);
	assert_int_equal(a.status, 200);
	assert_string_equal(desk_json(&k, &a, "login"), "lead");
	assert_string_equal(desk_json(&k, &a, "must_change"), "false");
	assert_string_equal(desk_json(&k, &a, "totp"), "false");
	assert_string_equal(desk_json(&k, &a, "language"), "zh");
	assert_true(answer_holds(&a, "\"roles\":[\"area_lead\"]"));
	assert_true(answer_holds(&a, "\"grid_write\""));
	assert_true(answer_holds(&a, "{\"code\":\"430802000000000\",\"level\":\"county\"}"));
	assert_true(answer_holds(&a, "\"now\":\"2026-09-21T"));
	assert_int_equal(desk_entries(&k, "430802", "sign-in"), 1);
}

static void the_cookie_is_for_our_own_pages_and_no_script(void **state)
{
	struct str cookie;
	OPEN(k);

	desk_account(&k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	ASK(k, NULL, "POST", "/api/v1/session", NULL, RIGHT);
	assert_int_equal(a.status, 200);
	buf_char(&a.head, '\0');
	cookie = answer_header(&a, "Set-Cookie");
	assert_non_null(cookie.p);
	assert_non_null(memmem(cookie.p, cookie.n, "; HttpOnly", 10));
	assert_non_null(memmem(cookie.p, cookie.n, "; SameSite=Strict", 17));
	assert_non_null(memmem(cookie.p, cookie.n, "; Path=/", 8));
	assert_false(answer_holds(&a, "430802000000000."));
}

static void capital_letters_in_a_login_name_are_small_ones(void **state)
{
	OPEN(k);
	desk_account(&k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	assert_int_equal(sign_in(&k, SIGN_IN("LEAD", DESK_PASSWORD)), 200);
}

static void refused(const struct desk *k, const char *body, char *ret, size_t n)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	desk_ask(k, NULL, "POST", "/api/v1/session", NULL, body, &a);
	assert_int_equal(a.status, 401);
	assert_null(answer_header(&a, "Set-Cookie").p);
	(void)snprintf(ret, n, "%.*s", (int)a.body.n, a.body.p);
}

/* A wrong password, no such name, no name at all, suspended, without a password, locked. */
static void every_refusal_of_a_log_in_is_the_same(void **state)
{
	static const char *const body[] = {
		SIGN_IN("nobody", DESK_PASSWORD),
		SIGN_IN("no body!", DESK_PASSWORD),
		SIGN_IN("", ""),
		SIGN_IN("lead", ""),
	};
	char first[1024], other[1024];
	OPEN(k);

	desk_account(&k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	refused(&k, WRONG, first, sizeof(first));
	assert_non_null(strstr(first, "\"login\""));
	for (size_t i = 0; i < ARRAY_LEN(body); i++) {
		refused(&k, body[i], other, sizeof(other));
		assert_string_equal(first, other);
	}
	for (int i = 0; i < 4; i++)
		refused(&k, WRONG, other, sizeof(other));
	refused(&k, RIGHT, other, sizeof(other));
	assert_string_equal(first, other);
	assert_int_equal(desk_entries(&k, "430802", "sign-in"), 5);
	assert_int_equal(desk_entries(&k, "0", "sign-in"), 3);
}

static void a_body_that_is_no_log_in_says_which_field(void **state)
{
	OPEN(k);
	{
		ASK(k, NULL, "POST", "/api/v1/session", NULL, "{\"login\":\"lead\"}");
		assert_int_equal(a.status, 400);
		assert_string_equal(desk_json(&k, &a, "field"), "password");
	}
	{
		ASK(k, NULL, "POST", "/api/v1/session", NULL, "{\"login\":5,\"password\":\"x\"}");
		assert_int_equal(a.status, 400);
		assert_string_equal(desk_json(&k, &a, "field"), "login");
	}
	assert_int_equal(sign_in(&k, "not json"), 400);
	assert_int_equal(sign_in(&k, ""), 400);
	assert_int_equal(sign_in(&k, "{\"login\":\"a\",\"password\":\"b\",\"role\":\"c\"}"), 400);
}

/* ---- lock-out ---- */

static void five_failures_lock_a_name_whether_it_exists_or_not(void **state)
{
	OPEN(k);
	desk_account(&k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	for (int i = 0; i < 5; i++)
		assert_int_equal(sign_in(&k, WRONG), 401);
	assert_int_equal(sign_in(&k, RIGHT), 401);
	desk_pass(&k, 29);
	assert_int_equal(sign_in(&k, RIGHT), 401);
	desk_pass(&k, 1);
	assert_int_equal(sign_in(&k, RIGHT), 200);
	/* And now it is forgiven. */
	assert_int_equal(sign_in(&k, WRONG), 401);
	assert_int_equal(sign_in(&k, RIGHT), 200);
}

static void a_try_while_locked_neither_counts_nor_is_looked_at(void **state)
{
	OPEN(k);
	desk_account(&k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	for (int i = 0; i < 5; i++)
		assert_int_equal(sign_in(&k, WRONG), 401);
	for (int i = 0; i < 20; i++)
		assert_int_equal(sign_in(&k, WRONG), 401);
	assert_int_equal(desk_entries(&k, "430802", "sign-in"), 5);
	desk_pass(&k, 30);
	assert_int_equal(sign_in(&k, RIGHT), 200);
}

/* One address that tries many names is locked too, and then for everybody behind it. */
static void an_address_that_tries_many_names_is_locked(void **state)
{
	char body[96];
	OPEN(k);

	desk_account(&k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	for (int i = 0; i < 41; i++) {
		(void)snprintf(body, sizeof(body), SIGN_IN("name%d", "guess-guess-1"), i);
		assert_int_equal(sign_in(&k, body), 401);
	}
	assert_int_equal(sign_in(&k, RIGHT), 401);
	desk_pass(&k, 30);
	assert_int_equal(sign_in(&k, RIGHT), 200);
}

/* ---- how a session ends ---- */

static void signing_out_ends_it(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	assert_true(signed_in(&k, &v));
	assert_int_equal(desk_status(&k, &v, "DELETE", "/api/v1/session", NULL), 200);
	assert_false(signed_in(&k, &v));
}

static void rest_ends_it_and_use_does_not(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	for (int i = 0; i < 10; i++) {
		desk_pass(&k, 14 * 60);
		assert_true(signed_in(&k, &v));
	}
	desk_pass(&k, 15 * 60);
	assert_false(signed_in(&k, &v));
}

static void age_ends_it_however_busy(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	for (int i = 0; i < 12 * 6 - 1; i++) {
		desk_pass(&k, 10 * 60);
		assert_true(signed_in(&k, &v));
	}
	desk_pass(&k, 10 * 60);
	assert_false(signed_in(&k, &v));
}

static void a_new_password_ends_all_other_sessions(void **state)
{
	struct visitor one, two;
	OPEN(k);

	lead(&k, &one);
	desk_sign_in(&k, "lead", &two);
	assert_int_equal(desk_status(&k, &one, "PUT", "/api/v1/session/password",
				     "{\"old\":\"" DESK_PASSWORD "\",\"new\":\"another-word-7\"}"),
			 200);
	assert_true(signed_in(&k, &one));
	assert_false(signed_in(&k, &two));
	assert_int_equal(sign_in(&k, RIGHT), 401);
	assert_int_equal(sign_in(&k, SIGN_IN("lead", "another-word-7")), 200);
}

struct grant {
	struct account a;
	struct arena *arena;
	int64_t id;
	const char *areas;
};

static enum err grant(struct tx *tx, void *arg, struct fault *f)
{
	struct grant *g = arg;
	struct scope scope;
	enum err e;

	if ((e = account_at(tx, g->id, g->arena, &g->a, f)) ||
	    (e = scope_parse(str_of(g->areas), &scope, f)))
		return e;
	return account_grant(tx, &g->a, role_bit(ROLE_AREA_LEAD), &scope, f);
}

/* Asked with the old cookie, the very next request is refused. */
static void a_change_of_areas_ends_it_at_once(void **state)
{
	struct visitor v;
	struct grant g = { .areas = "431103" };
	OPEN(k);

	g.id = lead(&k, &v);
	g.arena = k.arena;
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/wells/1", NULL), 200);
	assert_int_equal(db_write(k.d->db, grant, &g, &k.d->fault), OK);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/wells/1", NULL), 401);
	desk_sign_in(&k, "lead", &v);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/wells/1", NULL), 404);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/wells/2", NULL), 200);
}

static const struct sql suspend = {
	.name = "test.suspend",
	.text = "UPDATE accounts SET state = 'suspended' WHERE county = $1 AND id = $2",
	.args = "ii",
	.act = SQL_WRITE,
};

static enum err suspend_act(struct tx *tx, void *arg, struct fault *f)
{
	const int64_t *id = arg;

	return tx_run(tx, &suspend, SQL_ARGS(sql_i64(430802000000000), sql_i64(*id)), NULL, f);
}

static void a_suspended_account_is_out_at_once_and_stays_out(void **state)
{
	struct visitor v;
	int64_t id;
	OPEN(k);

	id = lead(&k, &v);
	assert_int_equal(db_write(k.d->db, suspend_act, &id, &k.d->fault), OK);
	assert_false(signed_in(&k, &v));
	assert_int_equal(sign_in(&k, RIGHT), 401);
}

static void signing_in_again_ends_the_session_that_was_there(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	desk_ask(&k, &v, "POST", "/api/v1/session", NULL, RIGHT, &a);
	assert_int_equal(a.status, 200);
	assert_false(signed_in(&k, &v));
}

static void a_cookie_that_means_nothing_is_nobody(void **state)
{
	static const char *const cookies[] = {
		"Cookie: outpost=\r\n",
		"Cookie: outpost=x\r\n",
		"Cookie: outpost=430802000000000.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\r\n",
		"Cookie: other=430802000000000.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\r\n",
		"Authorization: Bearer x\r\n",
		"Authorization: Basic bGVhZDpsZWFk\r\n",
	};
	OPEN(k);

	for (size_t i = 0; i < ARRAY_LEN(cookies); i++) {
		struct visitor v;

		(void)snprintf(v.headers, sizeof(v.headers), "%s", cookies[i]);
		assert_false(signed_in(&k, &v));
		assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/open", NULL), 200);
	}
}

static void what_is_over_is_swept_away(void **state)
{
	struct fault f = { 0 };
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	assert_int_equal(sign_in(&k, WRONG), 401);
	assert_int_equal(dispatch_tick(k.dispatch, &f), OK);
	assert_true(signed_in(&k, &v));
	desk_pass(&k, 3 * 86400);
	assert_int_equal(dispatch_tick(k.dispatch, &f), OK);
	assert_false(signed_in(&k, &v));
}

/* ---- one's own password ---- */

static void the_old_password_must_be_right_and_wrong_ones_count(void **state)
{
	static const char wrong[] = "{\"old\":\"not-this-one-77\",\"new\":\"another-word-7\"}";
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	{
		ASK(k, &v, "PUT", "/api/v1/session/password", NULL, wrong);
		assert_int_equal(a.status, 422);
		assert_string_equal(desk_json(&k, &a, "field"), "old");
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(desk_status(&k, &v, "PUT", "/api/v1/session/password", wrong),
				 422);
	assert_int_equal(desk_status(&k, &v, "PUT", "/api/v1/session/password", wrong), 429);
	assert_int_equal(desk_entries(&k, "430802", "password"), 5);
	assert_true(signed_in(&k, &v));
}

static void a_poor_new_password_is_refused_in_its_field(void **state)
{
	static const char *const bad[] = {
		"{\"old\":\"" DESK_PASSWORD "\",\"new\":\"short\"}",
		"{\"old\":\"" DESK_PASSWORD "\",\"new\":\"" DESK_PASSWORD "\"}",
		"{\"old\":\"" DESK_PASSWORD "\",\"new\":\"lead-lead-lead\"}",
	};
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ASK(k, &v, "PUT", "/api/v1/session/password", NULL, bad[i]);
		assert_int_equal(a.status, 422);
		assert_string_equal(desk_json(&k, &a, "field"), "new");
	}
	assert_int_equal(sign_in(&k, RIGHT), 200);
}

/* ---- where else one is signed in ---- */

static size_t count(const struct answer *a, const char *text)
{
	const char *p = a->body.p, *end = p + a->body.n;
	size_t n = 0;

	while ((p = memmem(p, (size_t)(end - p), text, strlen(text)))) {
		p += strlen(text);
		n++;
	}
	return n;
}

/* Items of the list; ret_other: the id of the newest that is not the one that asks. */
static size_t sessions(const struct desk *k, const struct visitor *v, char ret_other[32])
{
	const char *at;
	ASK(*k, v, "GET", "/api/v1/sessions", NULL, NULL);

	assert_int_equal(a.status, 200);
	assert_int_equal(count(&a, "\"this\":true"), 1);
	at = memmem(a.body.p, a.body.n, "\"this\":false", 12);
	ret_other[0] = '\0';
	while (at && strncmp(at, "{\"id\":\"", 7) != 0)
		at--;
	if (at)
		(void)snprintf(ret_other, 32, "%.*s", (int)strcspn(at + 7, "\""), at + 7);
	return count(&a, "\"made_at\"");
}

static void one_sees_where_one_is_signed_in_and_ends_what_one_is_not_at(void **state)
{
	struct visitor here, phone, cafe, stranger;
	char other[32], target[80];
	OPEN(k);

	lead(&k, &here);
	desk_pass(&k, 5);
	desk_sign_in(&k, "lead", &phone);
	desk_pass(&k, 5);
	desk_sign_in(&k, "lead", &cafe);
	desk_account(&k, "stranger", role_bit(ROLE_AREA_LEAD), "430802");
	desk_sign_in(&k, "stranger", &stranger);
	assert_int_equal(sessions(&k, &stranger, other), 1);
	assert_int_equal(sessions(&k, &here, other), 3);
	(void)snprintf(target, sizeof target, "/api/v1/sessions/%s", other);
	assert_int_equal(desk_status(&k, &stranger, "DELETE", target, NULL), 404);
	assert_int_equal(desk_status(&k, &cafe, "DELETE", target, NULL), 409); /* itself */
	assert_int_equal(desk_status(&k, &here, "DELETE", target, NULL), 200);
	assert_int_equal(desk_status(&k, &here, "DELETE", target, NULL), 404);
	assert_false(signed_in(&k, &cafe));
	assert_true(signed_in(&k, &phone));
	assert_int_equal(desk_status(&k, &here, "DELETE", "/api/v1/sessions", NULL), 200);
	assert_false(signed_in(&k, &phone));
	assert_true(signed_in(&k, &here));
	assert_int_equal(sessions(&k, &here, other), 1);
	assert_true(signed_in(&k, &stranger));
	assert_int_equal(desk_entries(&k, "430802", "session-end"), 1);
	assert_int_equal(desk_entries(&k, "430802", "sessions-end"), 1);
}

static void what_is_over_by_the_clock_is_not_among_them(void **state)
{
	struct visitor here, phone;
	char other[32];
	OPEN(k);

	lead(&k, &phone);
	desk_pass(&k, k.choice.idle_s - 30);
	desk_sign_in(&k, "lead", &here);
	assert_int_equal(sessions(&k, &here, other), 2);
	desk_pass(&k, 60);
	assert_int_equal(sessions(&k, &here, other), 1);
}

/* Times are told as people there read them. */
static void times_carry_the_offset_of_the_house(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	ASK(k, &v, "GET", "/api/v1/session", NULL, NULL);
	assert_true(answer_holds(&a, "+08:00\""));
	assert_false(answer_holds(&a, "+00:00\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_ends_by_rest_and_by_age),
		cmocka_unit_test(roles_are_kept_as_words_and_forgotten_words_open_nothing),
		ON_BOTH(a_session_tells_who_what_and_where),
		ON_SQLITE(the_cookie_is_for_our_own_pages_and_no_script),
		ON_SQLITE(capital_letters_in_a_login_name_are_small_ones),
		ON_BOTH(every_refusal_of_a_log_in_is_the_same),
		ON_SQLITE(a_body_that_is_no_log_in_says_which_field),
		ON_BOTH(five_failures_lock_a_name_whether_it_exists_or_not),
		ON_SQLITE(a_try_while_locked_neither_counts_nor_is_looked_at),
		ON_SQLITE(an_address_that_tries_many_names_is_locked),
		ON_BOTH(signing_out_ends_it),
		ON_BOTH(rest_ends_it_and_use_does_not),
		ON_SQLITE(age_ends_it_however_busy),
		ON_BOTH(a_new_password_ends_all_other_sessions),
		ON_BOTH(a_change_of_areas_ends_it_at_once),
		ON_BOTH(a_suspended_account_is_out_at_once_and_stays_out),
		ON_BOTH(signing_in_again_ends_the_session_that_was_there),
		ON_SQLITE(a_cookie_that_means_nothing_is_nobody),
		ON_BOTH(what_is_over_is_swept_away),
		ON_BOTH(one_sees_where_one_is_signed_in_and_ends_what_one_is_not_at),
		ON_SQLITE(what_is_over_by_the_clock_is_not_among_them),
		ON_SQLITE(times_carry_the_offset_of_the_house),
		ON_SQLITE(the_old_password_must_be_right_and_wrong_ones_count),
		ON_SQLITE(a_poor_new_password_is_refused_in_its_field),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
