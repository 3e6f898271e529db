/*
 * hazards.c - a hazard is somebody's to put right from the moment it is reported, and closed by
 * somebody else than who put it right, and in no other way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "safety/hazard.h"
#include "safety/safety.h"
#include "safety/unit.h"
#include "serve/sound.h"
#include "support/ward.h"

/* POST, and the id that comes back as `key`; fails the test on any other status. */
static int64_t make(struct ward *w, enum ward_who who, const char *target, const char *body,
		    const char *key)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = 0;

	if (ward_ask(w, who, "POST", target, body, &a) != 201)
		fail_msg("%s: %d %.*s", target, a.status, (int)a.body.n, a.body.p);
	assert_int_equal(str_i64(str_of(ward_text(&a, key)), &id), OK);
	return id;
}

/* A quarry in the village, which is the clinic's: that answers for nothing else. */
static int64_t quarry(struct ward *w)
{
	return make(w, WARD_LEAD, "/api/v1/units",
		    "{\"area\":\"430802001001\",\"name\":\"红星采石场\",\"kind\":\"quarry\","
		    "\"organisation\":\"106\",\"supervisor\":\"103\"}",
		    "id");
}

static void body_of(char ret[400], int64_t unit, const char *grade)
{
	(void)snprintf(ret, 400,
		       "{\"area\":\"430802001001\",\"title\":\"东侧边坡开裂\",\"unit\":\"%lld\","
		       "\"factor\":\"collapse\",\"grade\":\"%s\",\"found_by\":\"inspection\"}",
		       (long long)unit, grade);
}

/* Both ids: of the hazard and of its task. */
static void report(struct ward *w, int64_t unit, const char *grade, int64_t *ret_hazard,
		   int64_t *ret_task)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[400];

	body_of(body, unit, grade);
	if (ward_ask(w, WARD_LEAD, "POST", "/api/v1/hazards", body, &a) != 201)
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	assert_int_equal(str_i64(str_of(ward_text(&a, "id")), ret_hazard), OK);
	assert_int_equal(str_i64(str_of(ward_text(&a, "task")), ret_task), OK);
}

static bool hazard_is(struct ward *w, int64_t id, const char *state)
{
	char sql[160];

	(void)snprintf(sql, sizeof sql,
		       "SELECT count(*) FROM hazards WHERE id = %lld AND state = '%s'",
		       (long long)id, state);
	return ward_scalar(w, sql) == 1;
}

/* The status of a proof with this photo. */
static int prove(struct ward *w, int64_t task, int64_t photo)
{
	char more[100];

	(void)snprintf(more, sizeof more, ",\"text\":\"已清除危岩\",\"files\":[\"%lld\"]",
		       (long long)photo);
	return ward_do(w, WARD_DOCTOR, task, "prove", more);
}

static void proved(struct ward *w, int64_t task)
{
	assert_int_equal(ward_do(w, WARD_DOCTOR, task, "accept", ""), 200);
	assert_int_equal(prove(w, task, ward_photo(w, WARD_DOCTOR, task)), 200);
}

static void sound(struct ward *w)
{
	struct database *d = w->d;
	struct sound_report r;

	MUST(sound_look(w->h, &(struct sound_ask){ .whole = false }, &r, &d->fault));
	if (r.ledger.verdict != VERIFY_WHOLE)
		fail_msg("%s", r.ledger.en);
}

static void a_hazard_is_closed_with_its_task_by_another_party_than_its_own(void **state)
{
	WARD(w);
	int64_t hazard, task;

	report(&w, quarry(&w), "ordinary", &hazard, &task);
	assert_true(hazard_is(&w, hazard, "open"));
	assert_string_equal(ward_state(&w, task), "open");
	proved(&w, task);
	assert_true(hazard_is(&w, hazard, "open"));
	assert_int_equal(ward_do(&w, WARD_DOCTOR, task, "close", ""), 403);
	assert_true(hazard_is(&w, hazard, "open"));
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "close", ""), 200);
	assert_true(hazard_is(&w, hazard, "closed"));
	sound(&w);
}

static void what_was_put_right_is_shown_by_a_photo_of_who_did_it(void **state)
{
	WARD(w);
	int64_t hazard, task, before;

	report(&w, quarry(&w), "ordinary", &hazard, &task);
	before = ward_photo(&w, WARD_LEAD, task);
	assert_int_equal(ward_do(&w, WARD_DOCTOR, task, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_DOCTOR, task, "prove", ",\"text\":\"已清除危岩\""), 422);
	assert_int_equal(prove(&w, task, before), 422);
	assert_int_equal(prove(&w, task, ward_photo(&w, WARD_DOCTOR, task)), 200);
}

static void the_page_of_a_hazard_leads_to_its_task(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t hazard, task;
	char target[100], expected[60];

	report(&w, quarry(&w), "ordinary", &hazard, &task);
	(void)snprintf(target, sizeof target, "/api/v1/hazards/%lld", (long long)hazard);
	assert_int_equal(ward_ask(&w, WARD_LEAD, "GET", target, NULL, &a), 200);
	(void)snprintf(expected, sizeof expected, "\"tasks\":[{\"id\":\"%lld\"", (long long)task);
	const char *const says[] = { expected, "\"outcome\":null,\"stage\":",
				     "\",\"area\":\"430802001001000\"}]" };
	for (size_t i = 0; i < ARRAY_LEN(says); i++)
		if (!memmem(a.body.p, a.body.n, says[i], strlen(says[i])))
			fail_msg("no %s in %.*s", says[i], (int)a.body.n, a.body.p);
}

static void nobody_closes_or_voids_a_hazard_beside_its_task(void **state)
{
	WARD(w);
	static const char *const events[] = { "close", "void" };
	int64_t hazard, task;
	char target[100];

	report(&w, quarry(&w), "ordinary", &hazard, &task);
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		(void)snprintf(target, sizeof target, "/api/v1/hazards/%lld/events/%s",
			       (long long)hazard, events[i]);
		assert_int_equal(ward_status(&w, WARD_LEAD, "POST", target, ""), 409);
	}
	assert_true(hazard_is(&w, hazard, "open"));
	assert_int_equal(ward_do(&w, WARD_LEAD, task, "cancel", ",\"reason\":\"重复上报\""), 200);
	assert_true(hazard_is(&w, hazard, "voided"));
	sound(&w);
}

static void what_else_is_raised_about_a_hazard_moves_nothing_of_it(void **state)
{
	WARD(w);
	int64_t hazard, task, other;
	char more[100];

	report(&w, quarry(&w), "ordinary", &hazard, &task);
	(void)snprintf(more, sizeof more, ",\"about\":\"hazard\",\"about_id\":\"%lld\"",
		       (long long)hazard);
	other = ward_raise(&w, WARD_LEAD, "430802001001", more);
	assert_int_equal(ward_do(&w, WARD_LEAD, other, "cancel", ",\"reason\":\"不用了\""), 200);
	assert_true(hazard_is(&w, hazard, "open"));
	other = ward_raise(&w, WARD_LEAD, "430802001001", more);
	assert_int_equal(ward_do(&w, WARD_WORKER, other, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, other, "prove", ",\"text\":\"看过\""), 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, other, "close", ""), 200);
	assert_true(hazard_is(&w, hazard, "open"));
	assert_string_equal(ward_state(&w, task), "open");
	sound(&w);
}

static int merge(struct ward *w, int64_t task, int64_t into)
{
	char body[160];

	(void)snprintf(body, sizeof body,
		       "{\"tasks\":[\"%lld\"],\"into\":\"%lld\",\"reason\":\"一起办\"}",
		       (long long)task, (long long)into);
	return ward_status(w, WARD_LEAD, "POST", "/api/v1/tasks/merge", body);
}

static void split(struct ward *w, int64_t task, int64_t ret_part[2])
{
	char target[100];

	(void)snprintf(target, sizeof target, "/api/v1/tasks/%lld/split", (long long)task);
	assert_int_equal(ward_status(w, WARD_LEAD, "POST", target,
				     "{\"reason\":\"分两段\",\"parts\":[{\"title\":\"东段\","
				     "\"owner\":\"106\"},{\"title\":\"西段\",\"owner\":"
				     "\"106\"}]}"),
			 200);
	ret_part[0] = ward_scalar(w, "SELECT max(id) FROM tasks WHERE title = '东段'");
	ret_part[1] = ward_scalar(w, "SELECT max(id) FROM tasks WHERE title = '西段'");
}

static void done(struct ward *w, int64_t task)
{
	proved(w, task);
	assert_int_equal(ward_do(w, WARD_WORKER, task, "close", ""), 200);
}

static void strike(struct ward *w, int64_t task)
{
	assert_int_equal(ward_do(w, WARD_WORKER, task, "cancel", ",\"reason\":\"不需要\""), 200);
}

static void a_hazard_that_was_split_ends_with_its_last_part_and_goes_into_no_other(void **state)
{
	WARD(w);
	int64_t hazard, task, part[2];

	report(&w, quarry(&w), "ordinary", &hazard, &task);
	assert_int_equal(merge(&w, task, ward_raise(&w, WARD_LEAD, "430802001001", "")), 409);
	split(&w, task, part);
	for (int i = 0; i < 2; i++) {
		assert_true(hazard_is(&w, hazard, "open"));
		done(&w, part[i]);
	}
	assert_true(hazard_is(&w, hazard, "closed"));
	sound(&w);
}

static void a_split_hazard_is_put_right_if_a_part_was_done_in_whatever_order(void **state)
{
	WARD(w);
	static const struct {
		bool done[2];
		const char *state;
	} cases[] = { { { true, false }, "closed" },
		      { { false, true }, "closed" },
		      { { false, false }, "voided" } };
	int64_t unit = quarry(&w), hazard, task, part[2];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		report(&w, unit, "ordinary", &hazard, &task);
		split(&w, task, part);
		for (int k = 0; k < 2; k++) {
			assert_true(hazard_is(&w, hazard, "open"));
			if (cases[i].done[k])
				done(&w, part[k]);
			else
				strike(&w, part[k]);
		}
		assert_true(hazard_is(&w, hazard, cases[i].state));
	}
	sound(&w);
}

static void a_major_hazard_is_not_closed_before_its_five_elements_are_written(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	static const char *const elements[] = {
		"{\"measure\":\"削坡减载\"}",      "{\"funds\":\"12 万元\"}",
		"{\"responsible\":\"202\"}",       "{\"limit_on\":\"2026-12-20\"}",
		"{\"plan\":\"撤离、警戒、值守\"}",
	};
	int64_t hazard, task;
	char target[100], headers[40];

	report(&w, quarry(&w), "major", &hazard, &task);
	proved(&w, task);
	(void)snprintf(target, sizeof target, "/api/v1/hazards/%lld", (long long)hazard);
	for (size_t i = 0; i < ARRAY_LEN(elements); i++) {
		assert_int_equal(ward_do(&w, WARD_WORKER, task, "close", ""), 409);
		assert_string_equal(ward_state(&w, task), "proved");
		answer_end(&a);
		(void)snprintf(headers, sizeof headers, "If-Match: \"%zu\"\r\n", i + 1);
		desk_ask(&w.k, &w.visitor[WARD_LEAD], "PATCH", target, headers, elements[i], &a);
		if (a.status != 200)
			fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	}
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "close", ""), 200);
	assert_true(hazard_is(&w, hazard, "closed"));
	sound(&w);
}

static void a_hazard_of_a_unit_without_an_organisation_is_refused_and_leaves_nothing(void **state)
{
	WARD(w);
	int64_t unit =
		make(&w, WARD_LEAD, "/api/v1/units",
		     "{\"area\":\"430802001001\",\"name\":\"无主加油站\",\"kind\":\"filling\"}",
		     "id");
	char body[400];

	body_of(body, unit, "ordinary");
	assert_int_equal(ward_status(&w, WARD_LEAD, "POST", "/api/v1/hazards", body), 409);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM hazards"), 0);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks"), 0);
}

static void a_late_hazard_climbs_by_itself(void **state)
{
	WARD(w);
	int64_t hazard, task;

	report(&w, quarry(&w), "ordinary", &hazard, &task);
	ward_pass(&w, 10 * 86400);
	assert_true(ward_scalar(&w, "SELECT level FROM tasks") > 0);
	assert_int_equal(ward_scalar(&w, "SELECT late FROM tasks"), 1);
	assert_true(hazard_is(&w, hazard, "open"));
}

static void a_unit_is_not_supervised_by_its_own_organisation(void **state)
{
	WARD(w);

	assert_int_equal(ward_status(&w, WARD_LEAD, "POST", "/api/v1/units",
				     "{\"area\":\"430802001001\",\"name\":\"自管\",\"kind\":"
				     "\"quarry\",\"organisation\":\"103\",\"supervisor\":\"103\"}"),
			 422);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_BOTH(a_hazard_is_closed_with_its_task_by_another_party_than_its_own),
		ON_BOTH(what_was_put_right_is_shown_by_a_photo_of_who_did_it),
		ON_BOTH(the_page_of_a_hazard_leads_to_its_task),
		ON_BOTH(nobody_closes_or_voids_a_hazard_beside_its_task),
		ON_BOTH(what_else_is_raised_about_a_hazard_moves_nothing_of_it),
		ON_BOTH(a_hazard_that_was_split_ends_with_its_last_part_and_goes_into_no_other),
		ON_BOTH(a_split_hazard_is_put_right_if_a_part_was_done_in_whatever_order),
		ON_BOTH(a_major_hazard_is_not_closed_before_its_five_elements_are_written),
		ON_BOTH(a_hazard_of_a_unit_without_an_organisation_is_refused_and_leaves_nothing),
		ON_BOTH(a_late_hazard_climbs_by_itself),
		ON_BOTH(a_unit_is_not_supervised_by_its_own_organisation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
