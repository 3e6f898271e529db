/*
 * intake_lists.c - lists of the real world, through feeds with saved columns: each with an account
 * that adds up, and the traps that are known in them told. Without that data only the small files
 * of our own are tried, which hold the same traps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support/gatehouse.h"

#define ANSWER(a) CLEANUP(answer_end) struct answer a = { 0 }

struct list {
	const char *file;
	enum feed_brings brings;
	const char *matching; /* pairs: their column, our field */
	int64_t in;           /* rows of the file, or cells of a wide one */
	const char *finding;  /* must be told, NULL: none asked for */
};

static const struct list lists[] = {
	{ "1_tracing/ebola_sim_clean__linelist.csv", FEED_NOTIFICATIONS,
	  "case_id|source_id|date_of_infection|exposed_on|date_of_onset|onset_on|"
	  "date_of_hospitalisation|hospital_on|date_of_outcome|outcome_on|gender|sex|"
	  "=disease|ebola",
	  5829, NULL },
	{ "1_tracing/ebola_sim_clean__contacts.csv", FEED_CONTACTS,
	  "infector|from_source_id|case_id|to_source_id|source|relation", 3800, NULL },
	{ "1_tracing/fluH7N9_china_2013.csv", FEED_NOTIFICATIONS,
	  "case_id|source_id|date_of_onset|onset_on|date_of_hospitalisation|hospital_on|"
	  "date_of_outcome|outcome_on|gender|sex|province|place",
	  136, NULL },
	{ "1_tracing/mers_korea_2015__linelist.csv", FEED_NOTIFICATIONS,
	  "id|source_id|dt_onset|onset_on|dt_report|reported_on|dt_start_exp|exposed_on|loc_hosp|"
	  "hospital|place_infect|place|outcome=Alive|",
	  162, NULL },
	{ "1_tracing/mers_korea_2015__contacts.csv", FEED_CONTACTS,
	  "from|from_source_id|to|to_source_id", 98, NULL },
	{ "1_tracing/oxford_linelist_2020-02-13_hunan.csv", FEED_NOTIFICATIONS,
	  "ID|source_id|city|place|date_onset_symptoms|onset_on|"
	  "date_admission_hospital|hospital_on|"
	  "date_confirmation|reported_on|date_death_or_discharge|outcome_on|source|",
	  639, NULL },
	{ "1_tracing/smallpox_abakaliki_1967.csv", FEED_NOTIFICATIONS,
	  "case_ID|source_id|date_of_onset|onset_on|gender|sex|compound|place", 32, NULL },
	{ "1_tracing/norovirus_derbyshire_2001_school.csv", FEED_NOTIFICATIONS, "class|place", 492,
	  NULL },
	{ "1_tracing/influenza_england_1978_school.csv", FEED_COUNTS, "date|day|in_bed|in_care", 14,
	  NULL },
	{ "1_tracing/nipah_malaysia.csv", FEED_COUNTS,
	  "date|day|perak|confirmed_new@perak|negeri_sembilan|confirmed_new@negeri_sembilan|"
	  "selangor|confirmed_new@selangor|singapore|confirmed_new@singapore",
	  196, NULL },
	{ "1_tracing/korea_ds4c/PatientInfo.csv", FEED_NOTIFICATIONS,
	  "patient_id|source_id|symptom_onset_date|onset_on|confirmed_date|reported_on|"
	  "state|outcome|birth_year|birth|city|place|disease||state=isolated|recovering",
	  2682, "order" },
	{ "1_tracing/korea_ds4c/PatientRoute.csv", FEED_VISITS,
	  "patient_id|person|date|from|type|kind|city|place", 7092, NULL },
	{ "1_tracing/korea_ds4c/truth_links.csv", FEED_CONTACTS,
	  "infector|from_source_id|infectee|to_source_id|infectee_confirmed|met_on", 412, NULL },
	{ "1_tracing/singapore/COVID-19_Singapore_data_revised.csv", FEED_NOTIFICATIONS,
	  "CaseID|source_id|date_onset_symptoms|onset_on|date_hospital|hospital_on|"
	  "date_confirmation|reported_on|presumed_infected_date|exposed_on|"
	  "date_discharge|outcome_on|country|place|Related cases|infected_by",
	  93, "many" },
	{ "1_tracing/singapore/sing_edges_eg.csv", FEED_CONTACTS,
	  "from|from_source_id|to|to_source_id", 71, NULL },
	{ "3_china/hunan_canghailan_cumulative_2020.csv", FEED_COUNTS,
	  "date|day|gb_code|area|name_zh|place|confirmed_cum|confirmed_total|cured_cum|"
	  "recovered_total|dead_cum|dead_total",
	  5068, "gap" },
	{ "3_china/hunan_dxy_cumulative_2020-02_2021-06.csv", FEED_COUNTS,
	  "date|day|gb_code|area|name_zh|place|confirmed_cum|confirmed_total|cured_cum|"
	  "recovered_total|dead_cum|dead_total|name_src|",
	  8150, "total_row" },
	{ "3_china/yunnan_guizhou_dxy_cumulative.csv", FEED_COUNTS,
	  "date|day|city|place|province|disease|confirmed_cum|confirmed_total|cured_cum|"
	  "recovered_total|dead_cum|dead_total",
	  19230, "fall" },
};

/* "a|b|c|" as {"a":"b","c":""}, escaped for a text in JSON. */
static void matching_of(const char *pairs, struct buf *out)
{
	bool value = false;

	buf_lit(out, ",\"matching\":\"{");
	for (const char *p = pairs;;) {
		size_t n = strcspn(p, "|");

		buf_fmt(out, "%s\\\"%.*s\\\"", value ? ":" : p == pairs ? "" : ",", (int)n, p);
		value = !value;
		if (!p[n])
			break;
		p += n + 1;
		if (!*p && !value)
			break;
	}
	buf_lit(out, "}\"");
	buf_char(out, '\0');
	assert_int_equal(out->failed, OK);
}

static void bring(struct gatehouse *g, const struct list *l, const char *body, const char *name)
{
	CLEANUP(buf_release) struct buf more = { 0 };
	ANSWER(a);
	char target[160];
	int64_t feed, in;

	matching_of(l->matching, &more);
	feed = gatehouse_feed(g, l->brings, "43", more.p);
	(void)snprintf(target, sizeof target, "/api/v1/feeds/%lld/batches", (long long)feed);
	desk_ask(&g->k, &g->lead, "POST", target, "Idempotency-Key: list\r\n", body, &a);
	if (a.status != 201)
		fail_msg("%s: %d %.*s", name, a.status, (int)min_size(a.body.n, 600), a.body.p);
	in = gatehouse_number(g, &a, "in");
	print_message("%-62s %6lld = %6lld + %5lld + %5lld, %lld findings\n", name, (long long)in,
		      (long long)gatehouse_number(g, &a, "accepted"),
		      (long long)(in - gatehouse_number(g, &a, "accepted") -
				  gatehouse_number(g, &a, "duplicate")),
		      (long long)gatehouse_number(g, &a, "duplicate"),
		      (long long)gatehouse_number(g, &a, "findings_n"));
	if (l->in && in != l->in)
		fail_msg("%s: %lld rows, not %lld", name, (long long)in, (long long)l->in);
	if (l->finding) {
		char kind[40];

		(void)snprintf(kind, sizeof kind, "\"kind\":\"%s\"", l->finding);
		if (!answer_holds(&a, kind))
			fail_msg("%s: nothing is told of %s: %.*s", name, l->finding,
				 (int)min_size(a.body.n, 3000), a.body.p);
	}
	gatehouse_sound(g);
}

static void each_list_at_hand_comes_in_with_its_account(void **state)
{
	const char *root = getenv("OUTPOST_SHARED_DATA");
	char path[1024];

	(void)snprintf(path, sizeof path, "%s/3_china", root ? root : "");
	if (!root || !path_exists(path)) {
		print_message("skipped: %s is not there\n", path);
		skip();
	}
	GATEHOUSE(g);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		CLEANUP(file_unmap) struct file_map m = { 0 };
		char *body;

		(void)snprintf(path, sizeof path, "%s/%s", root, lists[i].file);
		MUST(file_map(path, &m, &d->fault));
		body = strndup((const char *)m.p, m.n);
		bring(&g, &lists[i], body, lists[i].file);
		free(body);
	}
}

/* The same traps, small and ours. */
static void the_known_traps_are_told_and_not_swallowed(void **state)
{
	GATEHOUSE(g);
	static const struct {
		struct list l;
		const char *body;
	} traps[] = {
		{ { "days first, ages in words, NA", FEED_NOTIFICATIONS,
		    "ID|source_id|when|onset_on", 3, NULL },
		  "ID,when,sex,age\n1,16.01.2020,female,30s\n2,NA,NA,NULL\n3,05.02.2020,m,100s\n" },
		{ { "a total beside its parts", FEED_COUNTS, "d|day|n|place|c|confirmed_total", 3,
		    "total_row" },
		  "d,n,c\n2026-01-01,全省合计,5\n2026-01-01,东市,2\n2026-01-01,西市,3\n" },
		{ { "a total that does not follow", FEED_COUNTS, "d|day|n|place|c|confirmed_total",
		    3, "sum" },
		  "d,n,c\n2026-02-01,全省合计,6\n2026-02-01,东市,2\n2026-02-01,西市,3\n" },
		{ { "a sum that falls", FEED_COUNTS, "d|day|n|place|c|confirmed_total", 2, "fall" },
		  "d,n,c\n2026-03-01,东市,9\n2026-03-02,东市,8\n" },
		{ { "days left out", FEED_COUNTS, "d|day|n|place|c|confirmed_total", 2, "gap" },
		  "d,n,c\n2026-04-01,东市,9\n2026-04-09,东市,9\n" },
		{ { "new ones that do not follow", FEED_COUNTS,
		    "d|day|n|place|c|confirmed_total|x|confirmed_new", 2, "new_differs" },
		  "d,n,c,x\n2026-05-01,东市,9,1\n2026-05-02,东市,12,1\n" },
		{ { "weeks, one left out", FEED_COUNTS, "d|day|n|place|c|confirmed_new", 4, "gap" },
		  "d,n,c\n2026-01-02,东市,9\n2026-01-09,东市,9\n2026-01-16,东市,9\n"
		  "2026-01-30,东市,9\n" },
		{ { "several ids in one cell", FEED_NOTIFICATIONS, "ID|source_id|of|infected_by", 1,
		    "many" },
		  "ID,of\n9,\"19,20\"\n" },
		{ { "one id, two contents", FEED_NOTIFICATIONS, "ID|source_id", 2, "same_id" },
		  "ID,age\n7,30\n7,31\n" },
		{ { "an outcome before onset", FEED_NOTIFICATIONS,
		    "ID|source_id|a|onset_on|b|outcome_on", 1, "order" },
		  "ID,a,b\n8,2026-05-09,2026-05-01\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(traps); i++)
		bring(&g, &traps[i].l, traps[i].body, traps[i].l.file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_GATE(the_known_traps_are_told_and_not_swallowed),
		AT_THE_GATE_SQLITE(each_list_at_hand_comes_in_with_its_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
