/* own_kind.c - which names a department is told in an emergency is not its own people's to say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "support/clinic.h"

/* The lead is of the police, 13; the community is 14. */
static int changed(struct clinic *t, const char *id, const char *to, struct answer *ret)
{
	char url[60], headers[700], etag[60];
	struct str tag;

	(void)snprintf(url, sizeof url, "/api/v1/organisations/%s", id);
	assert_int_equal(clinic_ask(t, CLINIC_LEAD, "GET", url, "", ret), 200);
	tag = answer_header(ret, "ETag");
	(void)snprintf(etag, sizeof etag, "%.*s", (int)strcspn(tag.p, "\r\n"), tag.p);
	(void)snprintf(headers, sizeof headers, "%sIf-Match: %s\r\nIdempotency-Key: kind-%d\r\n",
		       t->cookie[CLINIC_LEAD], etag, t->n_keys++);
	answer_end(ret);
	assert_true(client_ask(http_port(t->s->http), "PATCH", url, headers, to, ret));
	return ret->status;
}

static bool is_a(struct clinic *t, const char *id, const char *kind)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char url[60], with[60];

	(void)snprintf(url, sizeof url, "/api/v1/organisations/%s", id);
	(void)snprintf(with, sizeof with, "\"kind\":\"%s\"", kind);
	return clinic_ask(t, CLINIC_LEAD, "GET", url, "", &a) == 200 && answer_holds(&a, with);
}

static void nobody_makes_another_agency_of_their_own_department(void **state)
{
	static const char *const kinds[] = { "community", "cdc", "government" };
	struct clinic t;

	clinic_begin(&t, *state, "kinds");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		CLEANUP(answer_end) struct answer a = { 0 };
		char to[60];

		(void)snprintf(to, sizeof to, "{\"kind\":\"%s\"}", kinds[i]);
		assert_int_equal(changed(&t, "13", to, &a), 403);
		assert_true(answer_holds(&a, "本部门的类别") && answer_holds(&a, "\"kind\"") &&
			    answer_holds(&a, "kind of their own department"));
	}
	assert_true(is_a(&t, "13", "police"));
	clinic_end(&t);
}

static void what_is_no_kind_and_another_departments_kind_are_changed_as_ever(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct clinic t;

	clinic_begin(&t, *state, "others");
	assert_int_equal(changed(&t, "13", "{\"short_name\":\"分局\"}", &a), 200);
	answer_end(&a);
	assert_int_equal(changed(&t, "14", "{\"kind\":\"government\"}", &a), 200);
	assert_true(is_a(&t, "14", "government"));
	clinic_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(nobody_makes_another_agency_of_their_own_department),
		ON_BOTH(what_is_no_kind_and_another_departments_kind_are_changed_as_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
