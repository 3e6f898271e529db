/* intake_review.c - a reviewer looks at two records side by side, and the two can be told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "support/gatehouse.h"

static const char rows[] = "source_id,name,phone,sex,reported_on,classification\n"
			   "c-1,覃小英,13800001111,f,2026-09-20,suspected\n"
			   "c-2,覃小英,13800001111,f,2026-09-21,confirmed\n";

static void pair(struct gatehouse *g, const struct visitor *who, int64_t id, struct answer *ret)
{
	char target[80];

	(void)snprintf(target, sizeof target, "/api/v1/likenesses/%lld/pair", (long long)id);
	desk_ask(&g->k, who, "POST", target, NULL, "{}", ret);
}

static void a_look_at_two_records_is_noted_for_both_of_them(void **state)
{
	GATEHOUSE(g);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id;

	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", rows, &a);
	gatehouse_account(&g, &a, 2, 2, 0, 0);
	answer_end(&a);
	id = gatehouse_scalar(&g, "SELECT id FROM likenesses");
	pair(&g, &g.investigator, id, &a);
	if (a.status != 200 || !answer_holds(&a, "覃小英") || !answer_holds(&a, "13800001111") ||
	    !answer_holds(&a, "\"receipt\""))
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	answer_end(&a);
	assert_int_equal(gatehouse_count(&g, "person_look"), 2);
	assert_int_equal(gatehouse_scalar(&g, "SELECT count(*) FROM person_look AS p, likenesses"
					      " AS x WHERE p.kind = 'review' AND p.fields > 0 AND"
					      " (p.person = x.subject OR p.person = x.other)"),
			 2);
	pair(&g, &g.doctor, id, &a);
	assert_true(a.status == 403 && !answer_holds(&a, "覃小英"));
	answer_end(&a);
	pair(&g, &g.other, id, &a);
	assert_true(a.status / 100 == 4 && !answer_holds(&a, "覃小英"));
	answer_end(&a);
	assert_int_equal(gatehouse_count(&g, "person_look"), 2);

	vault_stop(&g.v->process); /* it does not answer: all else is shown, and nobody was told */
	pair(&g, &g.investigator, id, &a);
	assert_true(a.status == 200 && answer_holds(&a, "\"sealed\":true"));
	assert_false(answer_holds(&a, "覃小英"));
	assert_int_equal(gatehouse_count(&g, "person_look"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_GATE(a_look_at_two_records_is_noted_for_both_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
