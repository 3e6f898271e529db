/* route.c - rows that hold together, and who may by a row. */
#include "access/inside.h"
#include "access/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

#include "base/ban.h"

static enum err nothing(struct call *c, struct tx *tx, struct fault *f)
{
	(void)c;
	(void)tx;
	(void)f;
	return OK;
}

static struct route good(void)
{
	return (struct route){ ROUTE(HTTP_GET, "/api/v1/wells/{id}", nothing, CAP_GRID_READ,
				     REACH_AREA, WHY_DUTY, 0, AUDIT_READ, "井", "A well") };
}

static enum err table_of(const struct route *r, size_t n, struct fault *f)
{
	struct route_list list = { r, n };
	struct routes *all = NULL;
	enum err e = routes_new(&list, 1, &all, f);

	routes_end(&all);
	return e;
}

#define REFUSED(change) \
	do { \
		struct route r = good(); \
		struct fault f = { 0 }; \
		change; \
		assert_int_equal(table_of(&r, 1, &f), ERR_BUG); \
		assert_non_null(strstr(f.en, "/api/v1/wells/{id}")); \
	} while (0)

static void a_row_that_forgets_or_contradicts_itself_is_refused(void **state)
{
	struct route whole = good();

	(void)state;
	assert_int_equal(table_of(&whole, 1, NULL), OK);
	REFUSED(r.need = CAP_NONE);
	REFUSED(r.need = CAP_N);
	REFUSED(r.reach = REACH_NONE);
	REFUSED(r.why = WHY_NONE);
	REFUSED(r.zh = NULL);
	REFUSED(r.en = "");
	REFUSED(r.run = NULL);
	REFUSED(r.audit = AUDIT_ACT);
	REFUSED(r.method = HTTP_POST);
	REFUSED((r.method = HTTP_POST, r.audit = AUDIT_NONE));
	REFUSED(r.why = WHY_OPEN);
	REFUSED(r.need = CAP_ANYONE);
	REFUSED(r.body_max = 1);
}

static void two_rows_for_one_request_are_refused(void **state)
{
	struct route r[] = { good(), good() };
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(table_of(r, 2, &f), ERR_EXISTS);
}

static void a_path_finds_its_row_and_its_arguments(void **state)
{
	struct route r[] = { good(), good() };
	struct route_list list = { r, 2 };
	CLEANUP(routes_end) struct routes *all = NULL;
	const struct route *found = NULL;
	struct http_match m;

	(void)state;
	r[1].path = "/api/v1/wells";
	assert_int_equal(routes_new(&list, 1, &all, NULL), OK);
	assert_int_equal(routes_find(all, HTTP_GET, STR("/api/v1/wells/17"), &m, &found), OK);
	assert_ptr_equal(found, &r[0]);
	assert_int_equal(http_match_id(&m, "id"), 17);
	assert_int_equal(routes_find(all, HTTP_GET, STR("/api/v1/wells"), &m, &found), OK);
	assert_ptr_equal(found, &r[1]);
	assert_int_equal(routes_find(all, HTTP_PUT, STR("/api/v1/wells"), &m, &found), ERR_METHOD);
	assert_int_equal(routes_find(all, HTTP_GET, STR("/api/v1/well"), &m, &found), ERR_ABSENT);
}

static void the_walk_tells_every_row(void **state)
{
	struct route r[] = { good(), good() };
	struct route_list lists[] = { { r, 1 }, { r + 1, 1 } };
	CLEANUP(routes_end) struct routes *all = NULL;
	CLEANUP(buf_release) struct buf out = { 0 };

	(void)state;
	r[1].path = "/api/v1/wells";
	assert_int_equal(routes_new(lists, 2, &all, NULL), OK);
	assert_int_equal(routes_n(all), 2);
	assert_ptr_equal(routes_at(all, 1), &r[1]);
	routes_tell(all, &out);
	buf_char(&out, '\0');
	assert_string_equal(
		out.p, "{\"method\":\"GET\",\"path\":\"/api/v1/wells/{id}\",\"need\":\"grid_read\","
		       "\"reach\":\"area\",\"purpose\":\"duty\",\"audit\":\"read\",\"body_max\":0,"
		       "\"zh\":\"井\",\"en\":\"A well\"}\n"
		       "{\"method\":\"GET\",\"path\":\"/api/v1/wells\",\"need\":\"grid_read\","
		       "\"reach\":\"area\",\"purpose\":\"duty\",\"audit\":\"read\",\"body_max\":0,"
		       "\"zh\":\"井\",\"en\":\"A well\"}\n");
}

static enum err may(struct who w, enum capability need)
{
	struct policy_choice p = policy_defaults();
	struct route r = good();

	p.admin_totp = true;
	r.need = need;
	return admit_may(&w, &r, &p, NULL);
}

static struct who person(enum role role)
{
	return (struct who){ .kind = WHO_PERSON,
			     .account = 1,
			     .roles = role_bit(role),
			     .capabilities = role_capabilities(role_bit(role)) };
}

static void nobody_may_what_anyone_may_and_no_more(void **state)
{
	struct who w = { .kind = WHO_NOBODY, .capabilities = capability_bit(CAP_ANYONE) };

	(void)state;
	assert_int_equal(may(w, CAP_ANYONE), OK);
	for (int c = CAP_SESSION; c < CAP_N; c++)
		assert_int_equal(may(w, (enum capability)c), ERR_LOGIN);
}

static void a_password_that_is_due_comes_before_everything_else(void **state)
{
	struct who w = person(ROLE_AREA_LEAD);

	(void)state;
	w.password_due = true;
	assert_int_equal(may(w, CAP_SESSION), OK);
	assert_int_equal(may(w, CAP_SELF), ERR_PASSWORD);
	assert_int_equal(may(w, CAP_GRID_READ), ERR_PASSWORD);
	assert_int_equal(may(w, CAP_SYSTEM), ERR_ROLE);
}

static void an_administrator_without_a_second_factor_may_only_set_it_up(void **state)
{
	struct who w = person(ROLE_SYSTEM_ADMIN);

	(void)state;
	assert_int_equal(may(w, CAP_SESSION), OK);
	assert_int_equal(may(w, CAP_ACCOUNT_WRITE), ERR_PASSWORD);
	w.totp = true;
	assert_int_equal(may(w, CAP_ACCOUNT_WRITE), OK);
	assert_int_equal(may(person(ROLE_AREA_LEAD), CAP_GRID_WRITE), OK);
}

static void an_api_key_has_no_session(void **state)
{
	struct who w = { .kind = WHO_KEY,
			 .account = 1,
			 .capabilities = capability_bit(CAP_SELF) | capability_bit(CAP_GRID_READ) };

	(void)state;
	assert_int_equal(may(w, CAP_SESSION), ERR_ROLE);
	assert_int_equal(may(w, CAP_GRID_READ), OK);
	assert_int_equal(may(w, CAP_GRID_WRITE), ERR_ROLE);
}

static void a_key_holds_nothing_that_is_for_people_alone(void **state)
{
	(void)state;
	assert_false(key_may_hold(CAP_SESSION));
	assert_false(key_may_hold(CAP_GRANT));
	assert_false(key_may_hold(CAP_ACCOUNT_READ));
	assert_false(key_may_hold(CAP_ACCOUNT_WRITE));
	assert_false(key_may_hold(CAP_SYSTEM));
	assert_false(key_may_hold(CAP_AREA_WRITE));
	assert_true(key_may_hold(CAP_IMPORT));
}

static void every_allocation_may_fail_while_a_table_is_made(void **state)
{
	struct route r = good();
	struct route_list list = { &r, 1 };

	(void)state;
	for (uint64_t k = 1;; k++) {
		struct routes *all = NULL;
		enum err e;

		mem_fail_at(k, false);
		e = routes_new(&list, 1, &all, NULL);
		mem_fail_at(0, false);
		if (e == OK) {
			routes_end(&all);
			break;
		}
		assert_int_equal(e, ERR_MEMORY);
		assert_null(all);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_that_forgets_or_contradicts_itself_is_refused),
		cmocka_unit_test(two_rows_for_one_request_are_refused),
		cmocka_unit_test(a_path_finds_its_row_and_its_arguments),
		cmocka_unit_test(the_walk_tells_every_row),
		cmocka_unit_test(nobody_may_what_anyone_may_and_no_more),
		cmocka_unit_test(a_password_that_is_due_comes_before_everything_else),
		cmocka_unit_test(an_administrator_without_a_second_factor_may_only_set_it_up),
		cmocka_unit_test(an_api_key_has_no_session),
		cmocka_unit_test(a_key_holds_nothing_that_is_for_people_alone),
		cmocka_unit_test(every_allocation_may_fail_while_a_table_is_made),
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
