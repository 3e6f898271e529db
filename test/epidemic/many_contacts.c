/* many_contacts.c - a case of thousands of contacts ends as one of two does: whole, at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "support/outbreak.h"

enum { BATCHES = 80, MANY = BATCHES * OUTBREAK_BATCH_MAX }; /* people beside the case */

static void crowd(struct ward *w, struct outbreak *o)
{
	struct trail_visit v[OUTBREAK_BATCH_MAX];

	for (int64_t i = 0; i < BATCHES; i++) {
		for (int64_t k = 0; k < OUTBREAK_BATCH_MAX; k++)
			v[k] = outbreak_stay(5000 + i * OUTBREAK_BATCH_MAX + k, OUTBREAK_PLACE,
					     o->evening, 2);
		outbreak_bring(w, o, v, OUTBREAK_BATCH_MAX);
	}
}

static void posted(struct ward *w, const char *url, const char *body, int status)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	if (ward_ask(w, WARD_TRACER, "POST", url, body, &a) != status)
		fail_msg("%s: %d %.*s", url, a.status, (int)a.body.n, a.body.p);
}

static void a_case_of_thousands_of_contacts_is_overturned_in_one_act(void **state)
{
	WARD_WITH_VAULT(w);
	struct outbreak o;
	char url[120], body[900];

	outbreak_begin(&w, &o);
	crowd(&w, &o);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/trace", o.id);
	(void)snprintf(body, sizeof body, "{\"warrant\":\"%s\"}", o.warrant);
	posted(&w, url, body, 201);
	assert_true(ward_scalar(&w, "SELECT count(*) FROM contacts WHERE state = 'found'") >= MANY);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/overturn", o.id);
	posted(&w, url, "{}", 200);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM contacts WHERE state <> 'excluded'"),
			 0);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks WHERE about = 'contact'"
					 " AND state <> 'closed'"),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(a_case_of_thousands_of_contacts_is_overturned_in_one_act),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
