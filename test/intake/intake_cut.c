/*
 * intake_cut.c - a push cut at any byte, without memory at any point, sent by two at once: the
 * batch adds up, or it is absent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/gatehouse.h"

#define ANSWER(a) CLEANUP(answer_end) struct answer a = { 0 }

static const char csv[] = "source_id,name,age\nc1,张三,\"30\"\nc2,李四,31\nc1,张三,30\n";
static const char json[] = "{\"source_id\":\"c1\",\"name\":\"张三\",\"age\":30}\n"
			   "{\"source_id\":\"c2\",\"age\":31}\n";

static void cut_everywhere(struct gatehouse *g, const char *whole, const char *name)
{
	for (size_t n = 0; n <= strlen(whole); n++) {
		ANSWER(a);
		char id[32], *part = strndup(whole, n);

		(void)snprintf(id, sizeof id, "%s%zu", name, n);
		gatehouse_push(g, FEED_NOTIFICATIONS, id, "", part, &a);
		if (a.status < 300)
			assert_int_equal(gatehouse_number(g, &a, "in"),
					 gatehouse_number(g, &a, "accepted") +
						 gatehouse_number(g, &a, "duplicate") +
						 gatehouse_number(g, &a, "refused"));
		else
			assert_in_range(a.status, 400, 499);
		free(part);
	}
	gatehouse_sound(g);
}

static void cut_at_any_byte_it_adds_up_or_is_absent(void **state)
{
	GATEHOUSE(g);

	cut_everywhere(&g, csv, "c");
	cut_everywhere(&g, json, "j");
}

struct sender {
	struct gatehouse *g;
	const struct visitor *who;
	int status;
	int64_t batch, in;
};

static void *send_it(void *arg)
{
	struct sender *s = arg;
	ANSWER(a);
	char target[128];

	(void)snprintf(target, sizeof target, "/api/v1/feeds/%lld/batches",
		       (long long)s->g->feed[FEED_NOTIFICATIONS]);
	desk_ask(&s->g->k, s->who, "POST", target, "Idempotency-Key: both\r\n", csv, &a);
	s->status = a.status;
	s->batch = gatehouse_number(s->g, &a, "batch");
	s->in = gatehouse_number(s->g, &a, "in");
	return NULL;
}

static void sent_by_two_at_once_it_is_stored_once(void **state)
{
	GATEHOUSE(g);

	for (int round = 0; round < 8; round++) {
		struct sender s[2] = { { .g = &g, .who = &g.lead },
				       { .g = &g, .who = &g.investigator } };
		pthread_t t;

		assert_int_equal(pthread_create(&t, NULL, send_it, &s[0]), 0);
		(void)send_it(&s[1]);
		pthread_join(t, NULL);
		assert_int_equal(s[0].status + s[1].status, 201 + 200);
		assert_int_equal(s[0].batch, s[1].batch);
		assert_int_equal(s[0].in, 3);
		assert_int_equal(gatehouse_count(&g, "notifications"), 3);
		gatehouse_sound(&g);
		assert_int_equal(gatehouse_recall(&g, s[0].batch), 200);
	}
}

static void without_memory_at_any_point_it_is_whole_or_absent(void **state)
{
	GATEHOUSE(g);
	int done = 0;

	for (uint64_t at = 1; done < 2 && at < 4000; at += 1 + at / 40) {
		ANSWER(a);
		char id[32];
		int64_t batches = gatehouse_count(&g, "batches");

		(void)snprintf(id, sizeof id, "m%llu", (unsigned long long)at);
		g.k.fail_at = at;
		gatehouse_push(&g, FEED_NOTIFICATIONS, id, "", csv, &a);
		g.k.fail_at = 0;
		mem_fail_at(0, false);
		done += a.status == 201;
		assert_int_equal(gatehouse_count(&g, "batches"), batches + (a.status == 201));
		gatehouse_sound(&g);
	}
	assert_int_equal(done, 2);
}

/* A push that died between the vault and the core, and one whose vault never heard of the core. */
static void what_died_in_between_is_settled_by_the_core(void **state)
{
	GATEHOUSE(g);
	struct vault_row row = { .row = 1, .who = vaulted_person("甲某", "", "") };
	struct vault_staged_row staged;
	struct vault_state before, after;
	int64_t key = intake_key(g.feed[FEED_NOTIFICATIONS], STR("died"));
	ANSWER(a);

	MUST(vault_look(g.v->v, &before, &d->fault));
	MUST(vault_stage(g.v->v, key, &row, 1, &staged, &d->fault));
	gatehouse_sound(&g);
	MUST(vault_look(g.v->v, &after, &d->fault));
	assert_int_equal(before.subjects, after.subjects);
	/* The same batch comes again, from a sender that had no answer. */
	MUST(vault_stage(g.v->v, key, &row, 1, &staged, &d->fault));
	gatehouse_push(&g, FEED_NOTIFICATIONS, "died", "", csv, &a);
	gatehouse_account(&g, &a, 3, 2, 0, 1);
	gatehouse_sound(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_GATE(cut_at_any_byte_it_adds_up_or_is_absent),
		AT_THE_GATE(what_died_in_between_is_settled_by_the_core),
		AT_THE_GATE(sent_by_two_at_once_it_is_stored_once),
		AT_THE_GATE_SQLITE(without_memory_at_any_point_it_is_whole_or_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
