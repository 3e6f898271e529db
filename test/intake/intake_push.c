/* intake_push.c - a batch and its account: what is accepted, refused, a duplicate, and again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/gatehouse.h"

#define ANSWER(a) CLEANUP(answer_end) struct answer a = { 0 }

static const char cards[] = "source_id,name,sex,age,onset_on,classification\n"
			    "c1,张三,m,35,2026-09-01,confirmed\n"
			    "c2,李四,女,30s,2026/9/2,疑似\n"
			    "c3,王五,f,a lot,2026-09-03,confirmed\n"
			    "c1,张三,m,35,2026-09-01,confirmed\n";

static void a_batch_adds_up_row_by_row(void **state)
{
	GATEHOUSE(g);
	ANSWER(a);

	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", cards, &a);
	assert_int_equal(a.status, 201);
	gatehouse_account(&g, &a, 4, 2, 1, 1);
	assert_true(answer_holds(&a, "\"row\":3,\"line\":4,\"field\":\"age\""));
	assert_true(answer_holds(&a, "不是年龄"));
	assert_false(answer_holds(&a, "a lot")); /* what was typed may be a person's */
	assert_int_equal(gatehouse_count(&g, "notifications"), 3);
	gatehouse_sound(&g);
}

static void the_same_rows_come_as_lines_of_json(void **state)
{
	GATEHOUSE(g);
	ANSWER(csv);
	ANSWER(json);

	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", cards, &csv);
	gatehouse_push(&g, FEED_NOTIFICATIONS, "b2", "",
		       "{\"source_id\":\"c1\",\"name\":\"张三\",\"sex\":\"m\",\"age\":35,"
		       "\"onset_on\":\"2026-09-01\",\"classification\":\"confirmed\"}\n"
		       "\n"
		       "{\"source_id\":\"c9\",\"sex\":null,\"age\":\"35\"}\n"
		       "{\"source_id\":\"c8\",\"age\":[35]}\n"
		       "{\"source_id\":\"c7\"",
		       &json);
	gatehouse_account(&g, &json, 4, 1, 2, 1);
	gatehouse_sound(&g);
}

static void a_batch_sent_twice_is_stored_once(void **state)
{
	GATEHOUSE(g);
	ANSWER(first);
	ANSWER(again);
	ANSWER(late);
	ANSWER(other);

	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", cards, &first);
	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", cards, &again);
	assert_int_equal(again.status, 200);
	assert_true(answer_holds(&again, "\"again\":true"));
	assert_true(answer_holds(&again, "不是年龄")); /* refused rows are told again, too */
	gatehouse_account(&g, &again, 4, 2, 1, 1);
	assert_int_equal(gatehouse_batch(&g, &again), gatehouse_batch(&g, &first));
	desk_pass(&g.k, 30 * 24 * 3600);
	desk_sign_in(&g.k, "lead", &g.lead);
	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", cards, &late);
	gatehouse_account(&g, &late, 4, 2, 1, 1);
	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", "source_id\nx\n", &other);
	assert_int_equal(other.status, 409);
	assert_int_equal(gatehouse_count(&g, "batches"), 1);
	assert_int_equal(gatehouse_count(&g, "notifications"), 3);
	gatehouse_sound(&g);
}

static void a_dry_run_says_the_same_and_changes_nothing(void **state)
{
	GATEHOUSE(g);
	ANSWER(dry);
	ANSWER(wet);

	gatehouse_push(&g, FEED_NOTIFICATIONS, NULL, "?dry=1", cards, &dry);
	gatehouse_account(&g, &dry, 4, 2, 1, 1);
	assert_true(answer_holds(&dry, "\"dry\":true"));
	assert_int_equal(gatehouse_count(&g, "batches"), 0);
	assert_int_equal(gatehouse_count(&g, "notifications"), 0);
	gatehouse_sound(&g);
	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", cards, &wet);
	gatehouse_account(&g, &wet, 4, 2, 1, 1);
}

static void what_is_sent_to_be_tried_never_comes_in_by_a_slip(void **state)
{
	static const char *const tried[] = { "?dry=true", "?dry_run=true", "?dry_run=1" };
	static const char *const slips[] = { "?dry=yes", "?dry_run=TRUE", "?dry=" };
	GATEHOUSE(g);

	for (size_t i = 0; i < ARRAY_LEN(tried); i++) {
		ANSWER(a);

		gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", tried[i], cards, &a);
		assert_true(a.status == 200 && answer_holds(&a, "\"dry\":true"));
	}
	for (size_t i = 0; i < ARRAY_LEN(slips); i++) {
		ANSWER(a);

		gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", slips[i], cards, &a);
		assert_int_equal(a.status, 422);
	}
	assert_int_equal(gatehouse_count(&g, "batches"), 0);
}

static void a_list_for_another_feed_brings_no_rows_of_nobody(void **state)
{
	GATEHOUSE(g);
	ANSWER(a);

	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", "beds,wards\n12,3\n9,2\n", &a);
	assert_int_equal(a.status, 422);
	assert_true(answer_holds(&a, "match the columns in the feed") &&
		    answer_holds(&a, "source_id"));
	assert_false(answer_holds(&a, "wards")); /* it may be a row about somebody */
	assert_int_equal(gatehouse_count(&g, "batches"), 0);
	gatehouse_sound(&g);
}

static void a_number_of_a_batch_has_an_end(void **state)
{
	GATEHOUSE(g);
	char id[130];
	ANSWER(a);

	memset(id, 'x', sizeof id);
	id[129] = '\0';
	gatehouse_push(&g, FEED_NOTIFICATIONS, id, "", cards, &a);
	assert_int_equal(a.status, 422);
	answer_end(&a);
	id[128] = '\0';
	gatehouse_push(&g, FEED_NOTIFICATIONS, id, "", cards, &a);
	assert_int_equal(a.status, 201);
}

static void what_the_sender_counts_must_be_what_came(void **state)
{
	GATEHOUSE(g);
	ANSWER(short_of);
	ANSWER(all);

	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "?rows=5", cards, &short_of);
	assert_int_equal(short_of.status, 422);
	assert_int_equal(gatehouse_count(&g, "batches"), 0);
	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "?rows=4", cards, &all);
	assert_int_equal(all.status, 201);
	gatehouse_sound(&g);
}

static void who_is_the_same_is_linked_and_who_may_be_is_listed(void **state)
{
	GATEHOUSE(g);
	ANSWER(first);
	ANSWER(second);

	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "",
		       "source_id,name,id_number,phone\n"
		       "h1,王小明,110101199003070011,13800138000\n",
		       &first);
	gatehouse_account(&g, &first, 1, 1, 0, 0);
	gatehouse_push(&g, FEED_NOTIFICATIONS, "b2", "",
		       "source_id,name,id_number,phone\n"
		       "h2,王小明,110101199003070011,13800138000\n",
		       &second);
	gatehouse_account(&g, &second, 1, 1, 0, 0); /* another card: no duplicate */
	assert_int_equal(gatehouse_number(&g, &second, "linked") +
				 gatehouse_number(&g, &second, "maybe"),
			 1);
	assert_int_equal(gatehouse_count(&g, "likenesses"), 1);
	gatehouse_sound(&g);
}

static void no_name_is_in_any_answer_list_or_file(void **state)
{
	GATEHOUSE(g);
	ANSWER(push);
	ANSWER(list);
	ANSWER(nouns);
	ANSWER(file);

	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "",
		       "source_id,name,id_number,phone,address,birth\n"
		       "h1,金丝雀,110101199003070011,13800138000,鸟笼路1号,1990-03-07\n",
		       &push);
	assert_int_equal(push.status, 201);
	desk_ask(&g.k, &g.doctor, "GET", "/api/v1/notifications", NULL, NULL, &list);
	assert_int_equal(list.status, 200);
	assert_true(answer_holds(&list, "\"source_id\":\"h1\""));
	desk_ask(&g.k, &g.doctor, "GET", "/api/v1/nouns", NULL, NULL, &nouns);
	assert_false(answer_holds(&nouns, "id_number"));
	desk_ask(&g.k, &g.lead, "GET", "/api/v1/batches/export", NULL, NULL, &file);
	for (int i = 0; i < 4; i++) {
		const struct answer *a[] = { &push, &list, &nouns, &file };

		assert_false(answer_holds(a[i], "金丝雀"));
		assert_false(answer_holds(a[i], "13800138000"));
		assert_false(answer_holds(a[i], "鸟笼路"));
	}
}

static void a_key_pushes_to_its_own_feed_and_to_no_other(void **state)
{
	GATEHOUSE(g);
	struct visitor agency;
	int64_t key = desk_key(&g.k, capability_bit(CAP_PUSH), "43", &agency), feed;
	char more[64], target[128];
	ANSWER(own);
	ANSWER(foreign);

	(void)snprintf(more, sizeof more, ",\"api_key\":\"%lld\"", (long long)key);
	feed = gatehouse_feed(&g, FEED_COUNTS, "4308", more);
	(void)snprintf(target, sizeof target, "/api/v1/feeds/%lld/batches", (long long)feed);
	desk_ask(&g.k, &agency, "POST", target, "Idempotency-Key: k1\r\n",
		 "day,confirmed_total\n2026-09-01,3\n", &own);
	assert_int_equal(own.status, 201);
	(void)snprintf(target, sizeof target, "/api/v1/feeds/%lld/batches",
		       (long long)g.feed[FEED_COUNTS]);
	desk_ask(&g.k, &agency, "POST", target, "Idempotency-Key: k1\r\n",
		 "day,confirmed_total\n2026-09-01,3\n", &foreign);
	assert_int_equal(foreign.status, 404);
	gatehouse_sound(&g);
}

static void numbers_that_do_not_follow_are_told(void **state)
{
	GATEHOUSE(g);
	ANSWER(a);
	ANSWER(b);

	gatehouse_push(&g, FEED_COUNTS, "b1", "",
		       "area,place,day,confirmed_total\n"
		       "43,湖南省（合计）,2026-09-01,30\n"
		       "4301,长沙市,2026-09-01,10\n"
		       "4302,株洲市,2026-09-01,15\n"
		       "4301,长沙市,2026-09-02,12\n"
		       "4301,长沙市,2026-09-05,11\n",
		       &a);
	gatehouse_account(&g, &a, 5, 5, 0, 0);
	assert_true(answer_holds(&a, "\"kind\":\"total_row\""));
	assert_true(answer_holds(&a, "\"kind\":\"sum\""));
	assert_true(answer_holds(&a, "\"kind\":\"gap\""));
	assert_true(answer_holds(&a, "\"kind\":\"fall\""));
	/* Against what is stored, too. */
	gatehouse_push(&g, FEED_COUNTS, "b2", "",
		       "area,place,day,confirmed_total\n4302,株洲市,2026-09-02,14\n", &b);
	assert_true(answer_holds(&b, "\"kind\":\"fall\""));
	gatehouse_sound(&g);
}

static void a_wide_table_is_unfolded_as_the_feed_says(void **state)
{
	GATEHOUSE(g);
	ANSWER(a);
	int64_t feed = gatehouse_feed(&g, FEED_COUNTS, "43",
				      ",\"matching\":\"{\\\"date\\\":\\\"day\\\","
				      "\\\"perak\\\":\\\"confirmed_new@perak\\\","
				      "\\\"selangor\\\":\\\"confirmed_new@selangor\\\","
				      "\\\"=disease\\\":\\\"nipah\\\"}\"");

	gatehouse_push_to(&g, feed, "b1", "",
			  "date,perak,selangor\n2026-01-04,0,2\n2026-01-11,1,NA\n", &a);
	gatehouse_account(&g, &a, 3, 3, 0, 0);
	assert_int_equal(gatehouse_count(&g, "count_reports WHERE disease = 'nipah'"), 3);
	assert_int_equal(gatehouse_count(&g, "count_reports WHERE place = 'perak'"), 2);
	gatehouse_sound(&g);
}

static void visits_go_into_the_trail_and_names_into_the_vault(void **state)
{
	GATEHOUSE(g);
	ANSWER(a);
	ANSWER(b);
	struct trail_counts n;

	gatehouse_push(&g, FEED_VISITS, "b1", "",
		       "person,place,from,to\n"
		       "p1,theatre,2026-09-20T19:00:00+08:00,2026-09-20T21:00:00+08:00\n"
		       "p2,theatre,2026-09-20T19:30:00+08:00,2026-09-20T20:00:00+08:00\n"
		       "p2,theatre,2026-09-20T19:30:00+08:00,2026-09-20T20:00:00+08:00\n"
		       "p3,theatre,2026-09-20T21:30:00+08:00,2026-09-20T20:00:00+08:00\n"
		       ",theatre,2026-09-20T21:30:00+08:00,2026-09-20T22:00:00+08:00\n",
		       &a);
	gatehouse_account(&g, &a, 5, 2, 2, 1);
	gatehouse_push(&g, FEED_VISITS, "b2", "",
		       "person,place,from,to\n"
		       "p1,theatre,2026-09-20T19:00:00+08:00,2026-09-20T21:00:00+08:00\n",
		       &b);
	gatehouse_account(&g, &b, 1, 0, 0, 1);
	MUST(trail_count(g.t.t, &n, &d->fault));
	assert_int_equal(n.visits, 2);
	assert_int_equal(gatehouse_recall(&g, gatehouse_batch(&g, &a)), 200);
	MUST(trail_count(g.t.t, &n, &d->fault));
	assert_int_equal(n.visits, 1); /* the second batch brought it, too */
	gatehouse_sound(&g);
}

static void over_its_budget_of_trust_a_batch_waits_for_a_person(void **state)
{
	GATEHOUSE(g);
	int64_t feed = gatehouse_feed(&g, FEED_NOTIFICATIONS, "43", ",\"refused_max\":100");
	char target[128];
	ANSWER(held);
	ANSWER(let_in);
	ANSWER(again);

	gatehouse_push_to(&g, feed, "b1", "", cards, &held);
	assert_int_equal(held.status, 201);
	assert_true(answer_holds(&held, "\"state\":\"held\""));
	assert_int_equal(gatehouse_count(&g, "notifications"), 0);
	gatehouse_sound(&g);
	(void)snprintf(target, sizeof target, "/api/v1/batches/%lld/release",
		       (long long)gatehouse_batch(&g, &held));
	assert_int_equal(desk_status(&g.k, &g.other, "POST", target, ""), 404);
	desk_ask(&g.k, &g.lead, "POST", target, NULL, "", &let_in);
	gatehouse_account(&g, &let_in, 4, 2, 1, 1);
	assert_int_equal(gatehouse_count(&g, "notifications"), 3);
	assert_int_equal(gatehouse_count(&g, "batch_held"), 0);
	desk_ask(&g.k, &g.lead, "POST", target, NULL, "", &again);
	assert_int_equal(again.status, 409);
	gatehouse_sound(&g);
}

static void a_held_batch_can_be_turned_away(void **state)
{
	GATEHOUSE(g);
	int64_t feed = gatehouse_feed(&g, FEED_NOTIFICATIONS, "43", ",\"rows_day_max\":3");
	char target[128];
	ANSWER(held);

	gatehouse_push_to(&g, feed, "b1", "", cards, &held);
	assert_true(answer_holds(&held, "\"state\":\"held\""));
	(void)snprintf(target, sizeof target, "/api/v1/batches/%lld/reject",
		       (long long)gatehouse_batch(&g, &held));
	assert_int_equal(desk_status(&g.k, &g.lead, "POST", target, "{\"why\":\"  \"}"), 422);
	assert_int_equal(gatehouse_count(&g, "batch_held"), 1);
	assert_int_equal(desk_status(&g.k, &g.lead, "POST", target, "{\"why\":\"a flood\"}"), 200);
	assert_int_equal(gatehouse_count(&g, "batch_held"), 0);
	gatehouse_sound(&g);
}

static void without_the_vault_counts_come_in_and_people_do_not(void **state)
{
	GATEHOUSE(g);
	ANSWER(people);
	ANSWER(counts);
	ANSWER(later);

	vault_stop(&g.v->process);
	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", cards, &people);
	assert_int_equal(people.status, 503);
	gatehouse_push(&g, FEED_COUNTS, "b1", "", "day,confirmed_total\n2026-09-01,3\n", &counts);
	assert_int_equal(counts.status, 201);
	assert_int_equal(gatehouse_count(&g, "notifications"), 0);
	vault_end(&g.v->v);
	vaulted_open(g.v, CRYPT_WORLD);
	g.in->o.vault = g.v->v;
	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", cards, &later);
	gatehouse_account(&g, &later, 4, 2, 1, 1);
	gatehouse_sound(&g);
}

static void hush(void *arg, struct area_code county, int64_t feed)
{
	(void)county;
	*(int64_t *)arg = feed;
}

static void silence_is_an_entry_once_and_shows_in_the_health(void **state)
{
	GATEHOUSE(g);
	int64_t feed = gatehouse_feed(&g, FEED_COUNTS, "4308", ",\"every_min\":60"), told = 0;
	struct utc_s now = { g.k.now };
	ANSWER(a);
	ANSWER(health);

	MUST(intake_tick(g.in, &(struct intake_clocks){ now, now }, hush, &told, &d->fault));
	assert_int_equal(told, 0);
	now.v += 3601;
	MUST(intake_tick(g.in, &(struct intake_clocks){ now, now }, hush, &told, &d->fault));
	assert_int_equal(told, feed);
	told = 0;
	now.v += 60;
	MUST(intake_tick(g.in, &(struct intake_clocks){ now, now }, hush, &told, &d->fault));
	assert_int_equal(told, 0);
	assert_int_equal(desk_entries(&g.k, "430800", "silent"), 1);
	desk_pass(&g.k, 3661);
	desk_sign_in(&g.k, "lead", &g.lead);
	desk_ask(&g.k, &g.lead, "GET", "/api/v1/feeds/health", NULL, NULL, &health);
	assert_int_equal(health.status, 200);
	assert_true(answer_holds(&health, "\"silent\":true"));
	gatehouse_push_to(&g, feed, "b1", "", "day,confirmed_total\n2026-09-01,3\n", &a);
	assert_int_equal(a.status, 201);
	now.v += 60;
	MUST(intake_tick(g.in, &(struct intake_clocks){ now, now }, hush, &told, &d->fault));
	assert_int_equal(told, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_GATE(a_batch_adds_up_row_by_row),
		AT_THE_GATE(the_same_rows_come_as_lines_of_json),
		AT_THE_GATE(a_batch_sent_twice_is_stored_once),
		AT_THE_GATE(a_dry_run_says_the_same_and_changes_nothing),
		AT_THE_GATE_SQLITE(what_is_sent_to_be_tried_never_comes_in_by_a_slip),
		AT_THE_GATE_SQLITE(a_list_for_another_feed_brings_no_rows_of_nobody),
		AT_THE_GATE_SQLITE(a_number_of_a_batch_has_an_end),
		AT_THE_GATE(what_the_sender_counts_must_be_what_came),
		AT_THE_GATE(who_is_the_same_is_linked_and_who_may_be_is_listed),
		AT_THE_GATE(no_name_is_in_any_answer_list_or_file),
		AT_THE_GATE(a_key_pushes_to_its_own_feed_and_to_no_other),
		AT_THE_GATE(numbers_that_do_not_follow_are_told),
		AT_THE_GATE(a_wide_table_is_unfolded_as_the_feed_says),
		AT_THE_GATE(visits_go_into_the_trail_and_names_into_the_vault),
		AT_THE_GATE(over_its_budget_of_trust_a_batch_waits_for_a_person),
		AT_THE_GATE(a_held_batch_can_be_turned_away),
		AT_THE_GATE(without_the_vault_counts_come_in_and_people_do_not),
		AT_THE_GATE(silence_is_an_entry_once_and_shows_in_the_health),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
