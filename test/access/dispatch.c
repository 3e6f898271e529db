/* dispatch.c - the one way through: requests to handlers that behave, and to some that do not. */
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

static struct desk opened(void **state)
{
	return (struct desk){ .d = *state };
}

#define OPEN(k) \
	CLEANUP(desk_close) struct desk k = opened(state); \
	desk_open(&k, *state, &toys, 1)
#define ASK(k, v, method, target, headers, body) \
	CLEANUP(answer_end) struct answer a = { 0 }; \
	desk_ask(&k, v, method, target, headers, body, &a)

static void lead(struct desk *k, struct visitor *v)
{
	desk_account(k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	desk_sign_in(k, "lead", v);
}

static enum err find_account(struct tx *tx, void *arg, struct fault *f)
{
	struct account a;
	struct arena *arena;
	enum err e = arena_new(1 << 20, &arena);

	if (e == OK)
		e = account_by_login(tx, str_of(arg), arena, &a, f);
	arena_free(arena);
	return e;
}

static bool left_behind(const struct desk *k, char *login)
{
	return db_read(k->d->db, find_account, login, NULL) == OK;
}

/* ---- who is let in ---- */

static void what_is_open_is_open_to_strangers(void **state)
{
	OPEN(k);
	assert_int_equal(desk_status(&k, NULL, "GET", "/api/v1/toys/open", NULL), 200);
	assert_int_equal(desk_status(&k, NULL, "HEAD", "/api/v1/toys/open", NULL), 200);
}

static void a_stranger_is_told_to_sign_in(void **state)
{
	OPEN(k);
	ASK(k, NULL, "GET", "/api/v1/toys/wells/1", NULL, NULL);
	assert_int_equal(a.status, 401);
	assert_string_equal(desk_json(&k, &a, "code"), "login");
}

static void a_role_without_the_capability_is_told_so_and_recorded(void **state)
{
	struct visitor v;
	OPEN(k);

	desk_account(&k, "lab", role_bit(ROLE_LAB), "430802");
	desk_sign_in(&k, "lab", &v);
	ASK(k, &v, "GET", "/api/v1/toys/wells/1", NULL, NULL);
	assert_int_equal(a.status, 403);
	assert_string_equal(desk_json(&k, &a, "code"), "role");
	assert_int_equal(desk_entries(&k, "430802", "refuse"), 1);
	assert_int_equal(desk_entries(&k, "430802", "look"), 0);
}

/* Everything of the answer that could tell one from the other, less the number of the request. */
static void told(const struct desk *k, const struct visitor *v, const char *target, char *ret,
		 size_t n)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	const char *id;

	desk_ask(k, v, "GET", target, NULL, NULL, &a);
	assert_int_equal(a.status, 404);
	buf_char(&a.head, '\0');
	id = strstr(a.head.p, "Request-Id:");
	assert_non_null(id);
	(void)snprintf(ret, n, "%.*s%s%.*s", (int)(id - a.head.p), a.head.p, strstr(id, "\r\n"),
		       (int)a.body.n, a.body.p);
}

static void what_is_not_there_and_what_is_not_yours_are_the_same_bytes(void **state)
{
	char absent[2048], forbidden[2048], unknown[2048];
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	told(&k, &v, "/api/v1/toys/wells/3", absent, sizeof(absent));
	told(&k, &v, "/api/v1/toys/wells/2", forbidden, sizeof(forbidden));
	told(&k, &v, "/api/v1/no/such/path", unknown, sizeof(unknown));
	assert_string_equal(absent, forbidden);
	assert_string_equal(absent, unknown);
}

/* So that not even the time tells: both are entries. */
static void both_are_recorded_alike(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/wells/2", NULL), 404);
	assert_int_equal(desk_entries(&k, "430802", "refuse"), 1);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/wells/3", NULL), 404);
	assert_int_equal(desk_entries(&k, "430802", "refuse"), 2);
}

static void a_path_outside_the_api_is_a_page(void **state)
{
	OPEN(k);
	ASK(k, NULL, "GET", "/areas/430802", NULL, NULL);
	assert_int_equal(a.status, 200);
	assert_true(answer_holds(&a, "a page"));
	assert_int_equal(desk_status(&k, NULL, "POST", "/areas/430802", NULL), 404);
	assert_int_equal(desk_status(&k, NULL, "GET", "/api/v2/session", NULL), 404);
}

static void a_method_that_is_not_taken_says_which_are(void **state)
{
	OPEN(k);
	ASK(k, NULL, "DELETE", "/api/v1/toys/open", NULL, NULL);
	assert_int_equal(a.status, 405);
	assert_true(answer_header(&a, "Allow").n > 0);
}

static void a_page_of_another_site_cannot_write_with_our_cookie(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	toys_runs = 0;
	{
		ASK(k, &v, "POST", "/api/v1/toys/wells", "Origin: http://evil.example\r\n", "{}");
		assert_int_equal(a.status, 403);
		assert_string_equal(desk_json(&k, &a, "code"), "origin");
	}
	{
		ASK(k, &v, "POST", "/api/v1/toys/wells", "Sec-Fetch-Site: cross-site\r\n", "{}");
		assert_int_equal(a.status, 403);
	}
	assert_int_equal(toys_runs, 0);
	{
		ASK(k, &v, "POST", "/api/v1/toys/wells", "Sec-Fetch-Site: same-origin\r\n", "{}");
		assert_int_equal(a.status, 201);
	}
	assert_int_equal(toys_runs, 1);
}

static void nobody_can_be_signed_in_by_a_page_of_another_site(void **state)
{
	OPEN(k);
	desk_account(&k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	ASK(k, NULL, "POST", "/api/v1/session", "Origin: http://evil.example\r\n",
	    "{\"login\":\"lead\",\"password\":\"" DESK_PASSWORD "\"}");
	assert_int_equal(a.status, 403);
	assert_null(answer_header(&a, "Set-Cookie").p);
}

/* ---- limits ---- */

static void a_body_has_the_limit_of_its_row(void **state)
{
	char *big = calloc(1, 300002);
	struct visitor v;
	OPEN(k);

	assert(big);
	lead(&k, &v);
	memset(big, 'x', 4097);
	assert_int_equal(desk_status(&k, &v, "POST", "/api/v1/toys/wells", big), 413);
	memset(big, 'x', 300000);
	{
		ASK(k, &v, "POST", "/api/v1/toys/large", NULL, big);
		assert_int_equal(a.status, 200);
		assert_true(answer_holds(&a, "300000"));
	}
	big[300000] = 'x';
	assert_int_equal(desk_status(&k, &v, "POST", "/api/v1/toys/large", big), 413);
	assert_int_equal(desk_status(&k, &v, "DELETE", "/api/v1/session", "x"), 413);
	free(big);
}

/* The headers alone are sent: the refusal comes before a byte of the body. */
static void a_large_body_of_a_stranger_is_not_even_read(void **state)
{
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };
	OPEN(k);

	assert_true(client_open(&c, k.port));
	assert_true(client_send(&c, "POST /api/v1/toys/large HTTP/1.1\r\nHost: 127.0.0.1\r\n"
				    "Content-Length: 2000000\r\n\r\n"));
	assert_true(client_read(&c, &a, false));
	assert_int_equal(a.status, 401);
}

/* What is wanted is said: of these routes, none takes a file. */
static void a_form_is_refused_however_it_is_spelt(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	ASK(k, &v, "POST", "/api/v1/toys/wells",
	    "Content-Type: MULTIPART/form-data; boundary=x\r\n", "{}");
	assert_int_equal(a.status, 415);
	assert_string_equal(desk_json(&k, &a, "message_en"),
			    "send JSON as the body, and no form (multipart)");
	assert_int_equal(desk_entries(&k, "430802", "dig"), 0);
}

/* ---- what a handler owes ---- */

static void an_act_answers_with_its_receipt(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	ASK(k, &v, "POST", "/api/v1/toys/wells", NULL, "{}");
	assert_int_equal(a.status, 201);
	assert_int_equal(desk_entries(&k, "430802", "dig"), 1);
	assert_true(answer_header(&a, "Outpost-Receipt").n > 0);
	assert_true(
		str_eq(answer_header(&a, "Outpost-Receipt"), str_of(desk_json(&k, &a, "text"))));
	assert_string_equal(desk_json(&k, &a, "county"), "430802000000000");
}

static void an_act_that_leaves_no_entry_did_not_happen(void **state)
{
	char login[] = "no-ledger";
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	ASK(k, &v, "POST", "/api/v1/toys/forgets-ledger", NULL, "{}");
	assert_int_equal(a.status, 500);
	assert_string_equal(desk_json(&k, &a, "code"), "bug");
	assert_false(answer_holds(&a, "no ledger\""));
	assert_false(left_behind(&k, login));
}

static void an_act_that_asked_about_no_area_did_not_happen(void **state)
{
	char login[] = "no-area";
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	assert_int_equal(desk_status(&k, &v, "POST", "/api/v1/toys/forgets-area", "{}"), 500);
	assert_false(left_behind(&k, login));
	assert_int_equal(desk_entries(&k, "430802", "no-area"), 0);
}

static void a_look_that_is_not_noted_is_not_answered(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	ASK(k, &v, "GET", "/api/v1/toys/forgets-saw", NULL, NULL);
	assert_int_equal(a.status, 500);
	assert_false(answer_holds(&a, "secret"));
}

static void a_look_is_an_entry_before_the_answer_leaves(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/wells/1", NULL), 200);
	assert_int_equal(desk_entries(&k, "430802", "look"), 1);
}

static void an_error_undoes_all_and_says_where(void **state)
{
	char login[] = "broken";
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	ASK(k, &v, "POST", "/api/v1/toys/breaks", NULL, "{}");
	assert_int_equal(a.status, 422);
	assert_string_equal(desk_json(&k, &a, "code"), "range");
	assert_string_equal(desk_json(&k, &a, "message_zh"), "井深不对");
	assert_string_equal(desk_json(&k, &a, "message_en"), "the depth is wrong");
	assert_string_equal(desk_json(&k, &a, "field"), "depth");
	assert_string_equal(desk_json(&k, &a, "where"), "row 3");
	assert_false(answer_holds(&a, "half an answer"));
	assert_null(answer_header(&a, "Outpost-Receipt").p);
	assert_false(left_behind(&k, login));
	assert_int_equal(desk_entries(&k, "430802", "break"), 0);
}

static void some_posts_change_nothing_and_some_need_no_transaction(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	assert_int_equal(desk_status(&k, &v, "POST", "/api/v1/toys/asks", "{}"), 200);
	ASK(k, &v, "GET", "/api/v1/toys/alone", NULL, NULL);
	assert_int_equal(a.status, 200);
	assert_string_equal(desk_json(&k, &a, "said"), "alone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(what_is_open_is_open_to_strangers),
		ON_BOTH(a_stranger_is_told_to_sign_in),
		ON_BOTH(a_role_without_the_capability_is_told_so_and_recorded),
		ON_BOTH(what_is_not_there_and_what_is_not_yours_are_the_same_bytes),
		ON_BOTH(both_are_recorded_alike),
		ON_SQLITE(a_path_outside_the_api_is_a_page),
		ON_SQLITE(a_method_that_is_not_taken_says_which_are),
		ON_BOTH(a_page_of_another_site_cannot_write_with_our_cookie),
		ON_SQLITE(nobody_can_be_signed_in_by_a_page_of_another_site),
		ON_SQLITE(a_body_has_the_limit_of_its_row),
		ON_BOTH(a_large_body_of_a_stranger_is_not_even_read),
		ON_SQLITE(a_form_is_refused_however_it_is_spelt),
		ON_BOTH(an_act_answers_with_its_receipt),
		ON_BOTH(an_act_that_leaves_no_entry_did_not_happen),
		ON_BOTH(an_act_that_asked_about_no_area_did_not_happen),
		ON_BOTH(a_look_that_is_not_noted_is_not_answered),
		ON_BOTH(a_look_is_an_entry_before_the_answer_leaves),
		ON_BOTH(an_error_undoes_all_and_says_where),
		ON_BOTH(some_posts_change_nothing_and_some_need_no_transaction),
	};

	return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
