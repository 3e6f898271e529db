/* filter.c - filters of lists, kept by an account under names of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/desk.h"
#include "support/toys.h"

#include "base/ban.h"

#define PATH "/api/v1/session/filters"
#define ONE(name, query) "{\"name\":\"" name "\",\"query\":\"" query "\"}"
#define KEEP(noun, list) "{\"noun\":\"" noun "\",\"filters\":[" list "]}"

static void open_desk(struct desk *k, struct visitor *lead, struct visitor *other)
{
	desk_open(k, k->d, &toys, 1);
	desk_account(k, "lead", role_bit(ROLE_AREA_LEAD), "43");
	desk_account(k, "other", role_bit(ROLE_AREA_LEAD), "43");
	desk_sign_in(k, "lead", lead);
	desk_sign_in(k, "other", other);
}

static void mine_are(const struct desk *k, const struct visitor *v, const char *expected)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	desk_ask(k, v, "GET", PATH, NULL, NULL, &a);
	assert_int_equal(a.status, 200);
	assert_int_equal(a.body.n, strlen(expected));
	assert_memory_equal(a.body.p, expected, a.body.n);
}

static void what_was_kept_comes_back_to_whoever_kept_it(void **state)
{
	CLEANUP(desk_close) struct desk k = { .d = *state };
	struct visitor lead, other;

	open_desk(&k, &lead, &other);
	mine_are(&k, &lead, "{\"items\":[]}");
	assert_int_equal(desk_status(&k, &lead, "PUT", PATH,
				     KEEP("organisations",
					  ONE("停用的企业", "kind=enterprise&state=closed"))),
			 200);
	assert_int_equal(desk_status(&k, &lead, "PUT", PATH,
				     KEEP("duties", ONE("火", "sector=fire"))),
			 200);
	mine_are(&k, &lead,
		 "{\"items\":[{\"noun\":\"duties\",\"filters\":[" ONE(
			 "火", "sector=fire") "]},"
					      "{\"noun\":\"organisations\",\"filters\":[" ONE(
						      "停用的企业",
						      "kind=enterprise&state=closed") "]}]}");
	mine_are(&k, &other, "{\"items\":[]}");
	assert_int_equal(desk_status(&k, NULL, "GET", PATH, NULL), 401);
	assert_int_equal(desk_status(&k, &lead, "PUT", PATH, KEEP("duties", "")), 200);
	assert_int_equal(desk_status(&k, &lead, "PUT", PATH,
				     KEEP("organisations",
					  ONE("甲", "kind=cdc") "," ONE("乙", "state=active"))),
			 200);
	mine_are(&k, &lead,
		 "{\"items\":[{\"noun\":\"duties\",\"filters\":[]},"
		 "{\"noun\":\"organisations\",\"filters\":[" ONE("甲", "kind=cdc") "," ONE(
			 "乙", "state=active") "]}]}");
	assert_int_equal(desk_entries(&k, "430802", "filters"), 4);
}

static void what_cannot_be_kept_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = {
		KEEP("Organisations", ONE("甲", "a=b")),
		KEEP("", ONE("甲", "a=b")),
		KEEP("duties", ONE("", "a=b")),
		KEEP("duties", ONE("甲\\n乙", "a=b")),
		KEEP("duties", ONE("甲", "")),
		KEEP("duties", ONE("甲", "q=张三")),
		KEEP("duties", ONE("甲", "a=b c")),
		KEEP("duties", ONE("甲", "a=b") "," ONE("甲", "c=d")),
		KEEP("duties", "7"),
		"{\"noun\":\"duties\",\"filters\":7}",
		"{\"noun\":\"duties\"}",
		"{\"noun\":\"duties\",\"filters\":[],\"more\":1}",
		"[",
	};
	CLEANUP(desk_close) struct desk k = { .d = *state };
	CLEANUP(buf_release) struct buf many = { 0 };
	struct visitor lead, other;
	int status;

	open_desk(&k, &lead, &other);
	assert_int_equal(desk_status(&k, &lead, "PUT", PATH,
				     KEEP("duties", ONE("火", "sector=fire"))),
			 200);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		status = desk_status(&k, &lead, "PUT", PATH, bad[i]);
		if (status < 400 || status > 499)
			fail_msg("%s: %d", bad[i], status);
	}
	buf_lit(&many, "{\"noun\":\"duties\",\"filters\":[");
	for (int i = 0; i < 31; i++)
		buf_fmt(&many, "%s{\"name\":\"%d\",\"query\":\"a=b\"}", i ? "," : "", i);
	buf_lit(&many, "]}");
	buf_char(&many, '\0');
	assert_int_equal(many.failed, OK);
	status = desk_status(&k, &lead, "PUT", PATH, many.p);
	assert_in_range(status, 400, 499);
	mine_are(&k, &lead,
		 "{\"items\":[{\"noun\":\"duties\",\"filters\":[" ONE("火", "sector=fire") "]}]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(what_was_kept_comes_back_to_whoever_kept_it),
		ON_BOTH(what_cannot_be_kept_is_refused_and_changes_nothing),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
