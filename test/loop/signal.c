/*
 * signal.c - signals over HTTP: formed with a task, answered by what is done with it, settled by
 * people of their parties; pushes and what they were answered; figures by sender and receiver.
 *
 * Long because every sentence needs the same handful of verbs, at the top.
 */
#include "loop/signal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/flow/signal.h"
#include "serve/sound.h"
#include "support/ward.h"

#include "base/ban.h"

#define CRACK \
	"{\"area\":\"430802001001\",\"source\":\"%s\",\"sector\":\"mine\",\"rule\":\"" WARD_RULE \
	"\",\"title\":\"路边坡有裂缝\",\"detail\":\"下雨后变宽\"%s}"

static void is(const struct answer *a, int status)
{
	if (a->status != status)
		fail_msg("%d, not %d: %.*s", a->status, status, (int)a->body.n, a->body.p);
}

static void must_say(const struct answer *a, const char *text)
{
	if (!memmem(a->body.p, a->body.n, text, strlen(text)))
		fail_msg("no %s in %.*s", text, (int)a->body.n, a->body.p);
}

static int form_as(struct ward *w, enum ward_who who, const char *source, const char *more,
		   struct answer *a)
{
	char body[2000];

	(void)snprintf(body, sizeof body, CRACK, source, more);
	return ward_ask(w, who, "POST", "/api/v1/signals", body, a);
}

static int64_t number(struct answer *a, const char *key)
{
	int64_t id;

	assert_int_equal(str_i64(str_of(ward_text(a, key)), &id), OK);
	return id;
}

static int64_t formed(struct ward *w, enum ward_who who, const char *source, const char *more)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)form_as(w, who, source, more, &a);
	is(&a, 201);
	return number(&a, "id");
}

static int64_t signal_number(struct ward *w, int64_t id, const char *column)
{
	char sql[160];

	(void)snprintf(sql, sizeof sql, "SELECT %s FROM signals WHERE id = %" PRId64, column, id);
	return ward_scalar(w, sql);
}

static bool stands(struct ward *w, int64_t id, const char *state)
{
	char sql[160];

	(void)snprintf(sql, sizeof sql,
		       "SELECT count(*) FROM signals WHERE id = %" PRId64 " AND state = '%s'", id,
		       state);
	return ward_scalar(w, sql) == 1;
}

static int64_t pushes(struct ward *w, const char *where)
{
	char sql[200];

	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM pushes WHERE %s", where);
	return ward_scalar(w, sql);
}

static int settle(struct ward *w, enum ward_who who, int64_t id, const char *event,
		  const char *more, struct answer *a)
{
	char target[120], body[900];

	(void)snprintf(target, sizeof target, "/api/v1/signals/%" PRId64 "/do/%s", id, event);
	(void)snprintf(body, sizeof body, "{\"turn\":%" PRId64 "%s}",
		       signal_number(w, id, "version"), more);
	return ward_ask(w, who, "POST", target, body, a);
}

static int settled(struct ward *w, enum ward_who who, int64_t id, const char *event,
		   const char *more)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	return settle(w, who, id, event, more, &a);
}

static void show(struct ward *w, enum ward_who who, int64_t id, struct answer *a)
{
	char target[80];

	(void)snprintf(target, sizeof target, "/api/v1/signals/%" PRId64, id);
	is((ward_ask(w, who, "GET", target, "", a), a), 200);
}

static struct sound_report look(struct ward *w)
{
	struct database *d = w->d;
	struct sound_report r;
	const struct sound_ask ask = { .whole = true, .alive_at = ward_now() };

	MUST(sound_look(w->h, &ask, &r, &d->fault));
	return r;
}

static void sound(struct ward *w)
{
	struct sound_report r = look(w);

	if (r.loop.wrong || r.ledger.verdict)
		fail_msg("%d wrong, %d dropped, %d stray; ledger %d", (int)r.loop.wrong,
			 (int)r.loop.dropped, (int)r.loop.stray, (int)r.ledger.verdict);
}

/* ---- the way of one signal ------------------------------------------------------------------ */

static void what_the_doctor_noticed_goes_all_the_way(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = formed(&w, WARD_DOCTOR, "citizen", ""), task = signal_number(&w, id, "task");

	assert_true(stands(&w, id, "passed"));
	assert_int_equal(signal_number(&w, id, "receiver"), WARD_VILLAGE);
	assert_int_equal(signal_number(&w, id, "sender"), WARD_CLINIC);
	assert_int_equal(settled(&w, WARD_CLERK, id, "verify", ",\"result\":\"属实\""), 409);
	ward_pass(&w, 300);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "accept", ""), 200);
	assert_true(stands(&w, id, "answered"));
	assert_int_equal(pushes(&w, "state = 'right' AND took = 300 AND sender = 106"), 1);
	is((settle(&w, WARD_WORKER, id, "verify", "", &a), &a), 422);
	is((settle(&w, WARD_WORKER, id, "verify", ",\"reason\":\"属实\"", &a), &a), 400);
	assert_int_equal(settled(&w, WARD_WORKER, id, "verify", ",\"result\":\"属实\""), 200);
	is((settle(&w, WARD_WORKER, id, "feed_back", ",\"feedback\":\"已设警示\"", &a), &a), 409);
	must_say(&a, "open");
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "prove", ",\"text\":\"好\""), 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, task, "close", ""), 200);
	is((settle(&w, WARD_WORKER, id, "feed_back", ",\"feedback\":\"\"", &a), &a), 422);
	assert_int_equal(settled(&w, WARD_WORKER, id, "feed_back", ",\"feedback\":\"已告知\""),
			 200);
	show(&w, WARD_DOCTOR, id, &a);
	must_say(&a, "\"result\":\"属实\"");
	must_say(&a, "\"feedback\":\"已告知\"");
	must_say(&a, "\"progress\":{\"tasks\":1,\"closed\":1,\"open\":0,\"late\":0,"
		     "\"cancelled\":0,\"folded\":0}");
	must_say(&a, "\"state\":\"fed_back\"");
	sound(&w);
}

static void who_declines_says_wrong_person_and_it_is_passed_on(void **state)
{
	WARD(w);
	int64_t id = formed(&w, WARD_LEAD, "link", ",\"owner\":\"104\""),
		task = signal_number(&w, id, "task");

	ward_pass(&w, 60);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "decline", ",\"reason\":\"不归我们\""),
			 200);
	assert_true(stands(&w, id, "formed"));
	assert_int_equal(pushes(&w, "state = 'wrong' AND took = 60"), 1);
	assert_int_equal(ward_do(&w, WARD_LEAD, task, "offer", ",\"to\":\"106\""), 200);
	assert_true(stands(&w, id, "passed"));
	assert_int_equal(signal_number(&w, id, "receiver"), WARD_CLINIC);
	assert_int_equal(ward_do(&w, WARD_DOCTOR, task, "refuse",
				 ",\"reason\":\"搬走了\",\"moved\":true"),
			 200);
	assert_true(stands(&w, id, "formed"));
	assert_int_equal(pushes(&w, "state = 'moved' AND way = 'offered' AND receiver = 106"), 1);
	assert_int_equal(ward_do(&w, WARD_LEAD, task, "accept", ""), 200);
	assert_true(stands(&w, id, "answered"));
	sound(&w);
}

static void who_offers_it_on_and_is_taken_up_has_said_moved(void **state)
{
	WARD(w);
	int64_t id = formed(&w, WARD_LEAD, "citizen", ""), task = signal_number(&w, id, "task");

	assert_int_equal(ward_do(&w, WARD_WORKER, task, "offer", ",\"to\":\"106\""), 200);
	assert_int_equal(pushes(&w, "state = 'waiting'"), 2);
	assert_true(stands(&w, id, "passed"));
	assert_int_equal(ward_do(&w, WARD_DOCTOR, task, "take", ""), 200);
	assert_int_equal(pushes(&w, "state = 'moved' AND way = 'raised' AND receiver = 104"), 1);
	assert_int_equal(pushes(&w, "state = 'right' AND way = 'offered' AND receiver = 106"), 1);
	assert_true(stands(&w, id, "answered"));
	assert_int_equal(signal_number(&w, id, "receiver"), WARD_CLINIC);
	sound(&w);
}

static void who_took_it_over_elsewhere_sees_it_and_says_what_it_was(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = formed(&w, WARD_LEAD, "citizen", ""), task = signal_number(&w, id, "task");

	assert_int_equal(ward_do(&w, WARD_WORKER, task, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "offer", ",\"to\":\"105\""), 200);
	show(&w, WARD_AWAY, id, &a); /* what they are asked to take over */
	assert_int_equal(settled(&w, WARD_AWAY, id, "verify", ",\"result\":\"属实\""), 403);
	assert_int_equal(ward_do(&w, WARD_AWAY, task, "take", ""), 200);
	assert_int_equal(settled(&w, WARD_AWAY, id, "verify", ",\"result\":\"属实\""), 200);
	sound(&w);
}

static void an_offer_of_any_task_is_a_push_and_may_be_withdrawn(void **state)
{
	WARD(w);
	int64_t task = ward_raise(&w, WARD_LEAD, "430802001001", "");

	assert_int_equal(pushes(&w, "1 = 1"), 0);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "offer", ",\"to\":\"106\""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "withdraw", ""), 200);
	assert_int_equal(pushes(&w, "state = 'withdrawn' AND took IS NULL"), 1);
	sound(&w);
}

/* ---- what who noticed it hears ------------------------------------------------------------- */

/* How often this one was told so, once everything that waits was told. */
static int64_t heard(struct ward *w, enum ward_who who, const char *say)
{
	char sql[160];

	ward_pass(w, 60);
	ward_pass(w, 60);
	(void)snprintf(sql, sizeof sql,
		       "SELECT count(*) FROM notice WHERE account = %" PRId64 " AND say = '%s'",
		       w->account[who], say);
	return ward_scalar(w, sql);
}

static void who_noticed_it_hears_once_what_was_found_out(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = formed(&w, WARD_DOCTOR, "citizen", ""), task = signal_number(&w, id, "task");
	char target[120], body[120];

	assert_int_equal(ward_do(&w, WARD_WORKER, task, "accept", ""), 200);
	(void)snprintf(target, sizeof target, "/api/v1/signals/%" PRId64 "/do/verify", id);
	(void)snprintf(body, sizeof body, "{\"turn\":%" PRId64 ",\"result\":\"属实\"}",
		       signal_number(&w, id, "version"));
	for (int i = 0; i < 3; i++) {
		desk_ask(&w.k, &w.visitor[WARD_WORKER], "POST", target,
			 "Idempotency-Key: sent-again\r\n", body, &a);
		is(&a, 200);
		assert_int_equal(heard(&w, WARD_DOCTOR, "verified"), 1);
	}
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM notice WHERE say = 'verified'"), 1);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "prove", ",\"text\":\"好\""), 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, task, "close", ""), 200);
	assert_int_equal(settled(&w, WARD_WORKER, id, "feed_back", ",\"feedback\":\"已告知\""),
			 200);
	assert_int_equal(heard(&w, WARD_DOCTOR, "fed-back"), 1);
	is((ward_ask(&w, WARD_DOCTOR, "GET", "/api/v1/notices", "", &a), &a), 200);
	must_say(&a, "{\"word\":\"verified\",\"zh\":\"核实\",\"en\":\"Verified\"}");
	must_say(&a, "{\"word\":\"fed-back\",\"zh\":\"反馈\",\"en\":\"Fed back\"}");
	(void)snprintf(body, sizeof body, "\"signal\":\"%" PRId64 "\"", id);
	must_say(&a, body);
	sound(&w);
}

static void who_noticed_it_hears_that_it_was_nothing(void **state)
{
	WARD(w);
	int64_t id = formed(&w, WARD_DOCTOR, "citizen", "");

	assert_int_equal(settled(&w, WARD_CLERK, id, "dismiss", ",\"reason\":\"施工缝\""), 200);
	assert_int_equal(heard(&w, WARD_DOCTOR, "dismissed"), 1);
	sound(&w);
}

static void who_settles_it_themself_is_not_told(void **state)
{
	WARD(w);
	int64_t id = formed(&w, WARD_LEAD, "citizen", ",\"owner\":\"102\"");

	assert_int_equal(ward_do(&w, WARD_LEAD, signal_number(&w, id, "task"), "accept", ""), 200);
	assert_int_equal(settled(&w, WARD_LEAD, id, "verify", ",\"result\":\"属实\""), 200);
	assert_int_equal(heard(&w, WARD_LEAD, "verified"), 0);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM notice WHERE say = 'verified'"), 0);
}

static void who_gave_an_instruction_hears_as_a_party_but_for_who_did_it(void **state)
{
	WARD(w);
	int64_t id = formed(&w, WARD_LEAD, "superior", ",\"owner\":\"103\"");

	assert_int_equal(ward_do(&w, WARD_CLERK, signal_number(&w, id, "task"), "accept", ""), 200);
	assert_int_equal(settled(&w, WARD_CLERK, id, "verify", ",\"result\":\"已办\""), 200);
	assert_int_equal(heard(&w, WARD_LEAD, "verified"), 1);
	assert_int_equal(heard(&w, WARD_TRACER, "verified"), 1);
	assert_int_equal(heard(&w, WARD_CLERK, "verified"), 0);
	id = formed(&w, WARD_LEAD, "superior", ",\"owner\":\"103\"");
	assert_int_equal(settled(&w, WARD_TRACER, id, "dismiss", ",\"reason\":\"撤回\""), 200);
	assert_int_equal(heard(&w, WARD_LEAD, "dismissed"), 1);
	assert_int_equal(heard(&w, WARD_TRACER, "dismissed"), 0);
	sound(&w);
}

static int64_t notices(struct ward *w, enum ward_who who)
{
	char sql[100];

	ward_pass(w, 60);
	ward_pass(w, 60);
	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM notice WHERE account = %" PRId64,
		       w->account[who]);
	return ward_scalar(w, sql);
}

static void a_dismissal_that_strikes_tasks_is_one_notice_to_who_gave_them(void **state)
{
	WARD(w);
	int64_t id = formed(&w, WARD_LEAD, "superior",
			    ",\"owner\":\"103\",\"tasks\":[{\"title\":\"查一\"},"
			    "{\"title\":\"查二\"},{\"title\":\"查三\"}]");
	int64_t lead = notices(&w, WARD_LEAD), tracer = notices(&w, WARD_TRACER);
	int64_t clerk = notices(&w, WARD_CLERK);

	assert_int_equal(settled(&w, WARD_TRACER, id, "dismiss", ",\"reason\":\"撤回\""), 200);
	assert_int_equal(notices(&w, WARD_LEAD) - lead, 1);
	assert_int_equal(notices(&w, WARD_TRACER) - tracer, 0);
	assert_int_equal(notices(&w, WARD_CLERK) - clerk, 3);
	sound(&w);
}

static void a_dismissal_tells_whom_a_task_of_it_was_offered_to(void **state)
{
	WARD(w);
	int64_t id = formed(&w, WARD_LEAD, "superior", ",\"owner\":\"103\"");
	int64_t task = signal_number(&w, id, "task");

	assert_int_equal(ward_do(&w, WARD_CLERK, task, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, task, "offer", ",\"to\":\"106\""), 200);
	assert_int_equal(heard(&w, WARD_DOCTOR, "withdraw"), 0);
	assert_int_equal(settled(&w, WARD_TRACER, id, "dismiss", ",\"reason\":\"撤回\""), 200);
	assert_int_equal(heard(&w, WARD_DOCTOR, "withdraw"), 1);
	sound(&w);
}

static void a_dismissal_by_one_of_the_owner_tells_the_others_of_it(void **state)
{
	WARD(w);
	int64_t id = formed(&w, WARD_LEAD, "superior", ",\"owner\":\"102\"");
	int64_t lead = notices(&w, WARD_LEAD), tracer = notices(&w, WARD_TRACER);

	assert_int_equal(settled(&w, WARD_TRACER, id, "dismiss", ",\"reason\":\"撤回\""), 200);
	assert_int_equal(notices(&w, WARD_TRACER) - tracer, 0);
	assert_true(notices(&w, WARD_LEAD) > lead);
	sound(&w);
}

/* ---- what is refused ------------------------------------------------------------------------ */

static void a_dismissal_has_a_reason_and_is_another_ones(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = formed(&w, WARD_LEAD, "citizen", ""), task = signal_number(&w, id, "task");

	is((settle(&w, WARD_LEAD, id, "dismiss", ",\"reason\":\"误报\"", &a), &a), 403);
	is((settle(&w, WARD_CLERK, id, "dismiss", "", &a), &a), 422);
	is((settle(&w, WARD_WORKER, id, "dismiss", ",\"reason\":\"误报\"", &a), &a), 403);
	is((settle(&w, WARD_DOCTOR, id, "dismiss", ",\"reason\":\"误报\"", &a), &a), 403);
	assert_true(stands(&w, id, "passed"));
	is((settle(&w, WARD_CLERK, id, "dismiss", ",\"reason\":\"误报：是施工缝\"", &a), &a), 200);
	assert_string_equal(ward_state(&w, task), "closed");
	assert_int_equal(pushes(&w, "state = 'withdrawn'"), 1);
	assert_int_equal(settled(&w, WARD_CLERK, id, "verify", ",\"result\":\"属实\""), 409);
	sound(&w);
}

static void work_that_was_proved_is_not_struck_by_a_dismissal(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = formed(&w, WARD_LEAD, "citizen", ""), task = signal_number(&w, id, "task");

	assert_int_equal(ward_do(&w, WARD_WORKER, task, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "prove", ",\"text\":\"好\""), 200);
	is((settle(&w, WARD_CLERK, id, "dismiss", ",\"reason\":\"误报\"", &a), &a), 409);
	assert_string_equal(ward_state(&w, task), "proved");
	assert_int_equal(ward_do(&w, WARD_CLERK, task, "return", ",\"reason\":\"再查\""), 200);
	is((settle(&w, WARD_CLERK, id, "dismiss", ",\"reason\":\"误报\"", &a), &a), 200);
	sound(&w);
}

static void a_verified_signal_keeps_its_task_until_it_is_fed_back(void **state)
{
	WARD(w);
	int64_t id = formed(&w, WARD_LEAD, "citizen", ""), task = signal_number(&w, id, "task");

	assert_int_equal(ward_do(&w, WARD_WORKER, task, "accept", ""), 200);
	assert_int_equal(settled(&w, WARD_WORKER, id, "verify", ",\"result\":\"属实\""), 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, task, "cancel", ",\"reason\":\"不办了\""), 409);
	sound(&w);
}

/* Characters are counted, as the field says: not bytes. */
static void a_text_is_as_long_as_its_field_says(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = formed(&w, WARD_LEAD, "citizen", "");
	struct buf most = { 0 };
	char over[800];

	buf_lit(&most, ",\"reason\":\"");
	for (int i = 0; i < 200; i++)
		buf_lit(&most, "误");
	(void)snprintf(over, sizeof over, "%.*s误\"", (int)most.n, most.p);
	buf_lit(&most, "\"");
	buf_put(&most, "", 1);
	is((settle(&w, WARD_CLERK, id, "dismiss", over, &a), &a), 422);
	must_say(&a, "200");
	is((settle(&w, WARD_CLERK, id, "dismiss", most.p, &a), &a), 200);
	buf_release(&most);
}

/* ---- split and merged ----------------------------------------------------------------------- */

static int64_t split(struct ward *w, enum ward_who who, int64_t task)
{
	char target[80];

	(void)snprintf(target, sizeof target, "/api/v1/tasks/%" PRId64 "/split", task);
	return ward_status(w, who, "POST", target,
			   "{\"reason\":\"分头去看\",\"parts\":[{\"title\":\"看上坡\"},"
			   "{\"title\":\"看下坡\"}]}");
}

static int merge(struct ward *w, enum ward_who who, int64_t task, int64_t into)
{
	char body[160];

	(void)snprintf(body, sizeof body,
		       "{\"tasks\":[\"%" PRId64 "\"],\"into\":\"%" PRId64
		       "\",\"reason\":\"同一件事\"}",
		       task, into);
	return ward_status(w, who, "POST", "/api/v1/tasks/merge", body);
}

static void splitting_the_first_task_is_no_answer(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = formed(&w, WARD_LEAD, "citizen", ""), task = signal_number(&w, id, "task");

	assert_int_equal(split(&w, WARD_CLERK, task), 200);
	assert_true(stands(&w, id, "passed"));
	assert_int_equal(signal_number(&w, id, "answer IS NULL"), 1);
	assert_int_equal(pushes(&w, "state = 'right'"), 0);
	task = ward_scalar(&w, "SELECT id FROM tasks WHERE title = '看上坡'");
	assert_int_equal(signal_number(&w, id, "task"), task);
	show(&w, WARD_CLERK, id, &a);
	must_say(&a, "\"progress\":{\"tasks\":2,\"closed\":0,\"open\":2,\"late\":0,"
		     "\"cancelled\":0,\"folded\":1}");
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "accept", ""), 200);
	assert_true(stands(&w, id, "answered"));
	sound(&w);
}

static void a_signal_goes_where_its_first_task_is_merged(void **state)
{
	WARD(w);
	int64_t id = formed(&w, WARD_LEAD, "citizen", ""), task = signal_number(&w, id, "task");
	int64_t other = ward_raise(&w, WARD_LEAD, "430802001001", ""), more;
	char of[60];

	assert_int_equal(merge(&w, WARD_LEAD, task, other), 409); /* it is the only one */
	(void)snprintf(of, sizeof of, ",\"signal\":\"%" PRId64 "\"", id);
	more = ward_raise(&w, WARD_LEAD, "430802001001", of);
	assert_int_equal(ward_do(&w, WARD_WORKER, more, "accept", ""), 200);
	assert_true(stands(&w, id, "passed"));
	assert_int_equal(merge(&w, WARD_LEAD, task, more), 200);
	assert_int_equal(signal_number(&w, id, "task"), more);
	assert_true(stands(&w, id, "answered"));
	assert_int_equal(merge(&w, WARD_LEAD, more, other), 409);
	sound(&w);
}

static void what_is_assigned_to_another_was_not_answered(void **state)
{
	WARD(w);
	int64_t id = formed(&w, WARD_LEAD, "citizen", ""), task = signal_number(&w, id, "task"),
		plain = ward_raise(&w, WARD_LEAD, "430802001001", "");

	assert_int_equal(ward_do(&w, WARD_LEAD, task, "assign", ",\"to\":\"106\""), 200);
	assert_int_equal(pushes(&w, "state = 'withdrawn' AND receiver = 104 AND took IS NULL"), 1);
	assert_int_equal(pushes(&w, "way = 'assigned' AND receiver = 106"), 1);
	assert_int_equal(ward_do(&w, WARD_WORKER, plain, "offer", ",\"to\":\"106\""), 200);
	assert_int_equal(ward_do(&w, WARD_LEAD, plain, "assign", ",\"to\":\"106\""), 200);
	assert_int_equal(pushes(&w, "way = 'assigned'"), 1); /* of the signal's task alone */
	sound(&w);
}

static void the_only_task_of_a_signal_is_not_struck_alone(void **state)
{
	WARD(w);
	int64_t id = formed(&w, WARD_LEAD, "citizen", ""), task = signal_number(&w, id, "task");

	assert_int_equal(ward_do(&w, WARD_CLERK, task, "cancel", ",\"reason\":\"不办了\""), 409);
	assert_string_equal(ward_state(&w, task), "open");
	sound(&w);
}

static void who_gives_nobody_tasks_names_nobody(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };

	is((form_as(&w, WARD_WORKER, "citizen", ",\"owner\":\"106\"", &a), &a), 403);
	is((form_as(&w, WARD_WORKER, "meeting", "", &a), &a), 403);
	is((form_as(&w, WARD_WORKER, "rumour", "", &a), &a), 422);
	is((form_as(&w, WARD_WORKER, "citizen", ",\"about\":\"nothing/1\"", &a), &a), 422);
	is((form_as(&w, WARD_NOBODYS, "citizen", "", &a), &a), 409);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM signals"), 0);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks"), 0);
	(void)formed(&w, WARD_WORKER, "citizen", ",\"about\":\"organisations/106\"");
	sound(&w);
}

/* ---- an instruction ------------------------------------------------------------------------- */

static const char decision[] =
	",\"owner\":\"102\",\"tasks\":[{\"title\":\"县里排查\",\"owner\":\"102\",\"area\":\"430802\"},"
	"{\"title\":\"乡里排查\",\"owner\":\"103\",\"area\":\"430802001\"},"
	"{\"title\":\"村里排查\",\"owner\":\"104\"},"
	"{\"title\":\"邻县排查\",\"owner\":\"105\",\"area\":\"430822\"}]";

static void a_meetings_decision_counts_its_tasks(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = formed(&w, WARD_MAYOR, "meeting", decision), village;
	char more[60];

	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks WHERE signal > 0"), 4);
	assert_int_equal(pushes(&w, "sender = 101"), 4);
	village = ward_scalar(&w, "SELECT id FROM tasks WHERE owner = 104");
	assert_int_equal(ward_do(&w, WARD_WORKER, village, "accept", ""), 200);
	assert_true(stands(&w, id, "passed")); /* the county, who leads, has not answered */
	(void)snprintf(more, sizeof more, ",\"signal\":\"%" PRId64 "\"", id);
	(void)ward_raise(&w, WARD_LEAD, "430802001", more);
	ward_pass(&w, 3 * 3600);
	show(&w, WARD_MAYOR, id, &a);
	must_say(&a, "\"progress\":{\"tasks\":5,\"closed\":0,\"open\":5,\"late\":5");
	must_say(&a, "县里排查");
	must_say(&a, "\"elsewhere\":0");
	is((settle(&w, WARD_LEAD, id, "dismiss", ",\"reason\":\"不想办\"", &a), &a), 403);
	is((settle(&w, WARD_AWAY, id, "dismiss", ",\"reason\":\"不想办\"", &a), &a), 403);
	is((settle(&w, WARD_WORKER, id, "dismiss", ",\"reason\":\"不想办\"", &a), &a), 403);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks WHERE state = 'closed'"), 0);
	sound(&w);
}

static void who_gave_an_instruction_withdraws_it(void **state)
{
	WARD(w);
	int64_t id = formed(&w, WARD_LEAD, "meeting",
			    ",\"tasks\":[{\"title\":\"乡里排查\",\"owner\":\"103\",\"area\":"
			    "\"430802001\"},{\"title\":\"村里排查\",\"owner\":\"104\"}]");

	assert_int_equal(settled(&w, WARD_CLERK, id, "dismiss", ",\"reason\":\"不想办\""), 403);
	assert_int_equal(settled(&w, WARD_TRACER, id, "dismiss", ",\"reason\":\"会议撤回\""), 200);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks WHERE outcome = 'cancelled'"),
			 2);
	assert_int_equal(
		ward_status(&w, WARD_LEAD, "POST", "/api/v1/tasks",
			    "{\"area\":\"430802\",\"sector\":\"mine\",\"rule\":\"" WARD_RULE
			    "\",\"title\":\"再查\",\"needs\":[\"text\"],\"signal\":\"1\"}"),
		422);
	id = formed(&w, WARD_LEAD, "superior", ",\"owner\":\"103\"");
	assert_int_equal(settled(&w, WARD_MAYOR, id, "dismiss", ",\"reason\":\"市里撤回\""), 200);
	sound(&w);
}

static void a_page_shows_the_sums_and_the_callers_own_tasks(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = formed(&w, WARD_MAYOR, "meeting", decision);

	show(&w, WARD_AWAY, id, &a); /* in their county there is one of its tasks */
	must_say(&a, "\"progress\":{\"tasks\":4,");
	must_say(&a, "邻县排查");
	must_say(&a, "\"elsewhere\":3");
	assert_null(memmem(a.body.p, a.body.n, "村里排查", strlen("村里排查")));
	show(&w, WARD_WORKER, id, &a);
	must_say(&a, "村里排查");
	must_say(&a, "\"elsewhere\":3");
	assert_null(memmem(a.body.p, a.body.n, "邻县排查", strlen("邻县排查")));
}

/* ---- how right and how fast ----------------------------------------------------------------- */

static void figures_are_those_of_the_answers(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = formed(&w, WARD_LEAD, "citizen", ""), task = signal_number(&w, id, "task");

	ward_pass(&w, 120);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "accept", ""), 200);
	id = formed(&w, WARD_LEAD, "citizen", "");
	ward_pass(&w, 2000);
	assert_int_equal(ward_do(&w, WARD_WORKER, signal_number(&w, id, "task"), "decline",
				 ",\"reason\":\"不归我们\""),
			 200);
	(void)formed(&w, WARD_LEAD, "citizen", "");
	is((ward_ask(&w, WARD_CLERK, "GET", "/api/v1/pushes/accuracy?area=430802001&by=receiver",
		     "", &a),
	    &a),
	   200);
	must_say(&a,
		 "\"sent\":3,\"answered\":2,\"right\":1,\"wrong\":1,\"moved\":0,\"withdrawn\":0,"
		 "\"waiting\":1,\"mean_s\":1060,\"longest_s\":2000,\"in_15_min\":1,\"in_hour\":2,"
		 "\"in_day\":2");
	must_say(&a, "\"party\":\"104\"");
	is((ward_ask(&w, WARD_LEAD, "GET", "/api/v1/pushes/accuracy?by=sender&months=12", "", &a),
	    &a),
	   200);
	must_say(&a, "\"party\":\"102\"");
	is((ward_ask(&w, WARD_LEAD, "GET", "/api/v1/pushes/accuracy?by=sender&month=2020-01", "",
		     &a),
	    &a),
	   200);
	must_say(&a, "\"items\":[]");
	is((ward_ask(&w, WARD_LEAD, "GET", "/api/v1/pushes/accuracy.csv?by=sender", "", &a), &a),
	   200);
	must_say(&a, ",3,2,1,1,0,0,1,1060,2000,1,2,2,0,0,0,0\r\n");
	is((ward_ask(&w, WARD_CLERK, "GET", "/api/v1/pushes/accuracy.csv", "", &a), &a), 403);
	is((ward_ask(&w, WARD_CLERK, "GET", "/api/v1/pushes/accuracy?month=2020-13", "", &a), &a),
	   422);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM ledger_entry WHERE object = 'push' "
					 "AND object_id = 0"),
			 1);
}

/* Who never answers is not the faster for it. */
static void who_waits_for_long_is_counted(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)formed(&w, WARD_LEAD, "citizen", "");
	ward_pass(&w, 4000);
	is((ward_ask(&w, WARD_LEAD, "GET", "/api/v1/pushes/accuracy", "", &a), &a), 200);
	must_say(&a, "\"over_15_min\":1,\"over_hour\":1,\"over_day\":0,\"oldest_s\":4000");
	must_say(&a, "\"more\":false");
	ward_run(&w,
		 "INSERT INTO pushes (county, id, area, version, state, created_at, updated_at, "
		 "created_by, sender, receiver, month) WITH RECURSIVE n(i) AS (SELECT 1 UNION "
		 "ALL SELECT i + 1 FROM n WHERE i < 1001) SELECT p.county, i, p.area, 1, "
		 "'waiting', p.created_at, p.created_at, 0, 1000 + i, 1, p.month FROM n, pushes "
		 "p");
	is((ward_ask(&w, WARD_LEAD, "GET", "/api/v1/pushes/accuracy", "", &a), &a), 200);
	must_say(&a, "\"more\":true");
	is((ward_ask(&w, WARD_LEAD, "GET", "/api/v1/pushes/accuracy.csv", "", &a), &a), 200);
	must_say(&a, "1000");
}

/* ---- what fsck finds, and the table --------------------------------------------------------- */

static void a_signal_without_task_or_dismissal_is_found(void **state)
{
	WARD(w);
	int64_t id = formed(&w, WARD_LEAD, "citizen", "");

	ward_run(&w, "UPDATE tasks SET signal = NULL");
	assert_int_equal(look(&w).loop.dropped, 1);
	ward_run(&w, "UPDATE signals SET state = 'dismissed'");
	assert_int_equal(look(&w).loop.dropped, 1); /* it has no reason */
	ward_run(&w, "UPDATE signals SET reason = '误报'");
	assert_int_equal(look(&w).loop.dropped, 0);
	assert_true(id > 0);
}

static void a_push_that_nobody_can_answer_is_found(void **state)
{
	WARD(w);

	(void)formed(&w, WARD_LEAD, "citizen", "");
	ward_run(&w, "UPDATE tasks SET state = 'closed'");
	assert_int_equal(look(&w).loop.stray, 1);
}

/* The noun says what the engine does: the same ways on, by the same words. */
static void the_noun_has_the_engines_steps(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < flow_signal_n_rows; i++) {
		const struct flow_signal_row *r = &flow_signal_rows[i];

		for (int from = 0; from < FLOW_SIGNAL_PHASE_N && r->to < FLOW_SIGNAL_PHASE_N;
		     from++) {
			char word[20];
			const struct step *s;

			if (!(r->from >> from & 1))
				continue;
			(void)snprintf(word, sizeof word, "%s", flow_signal_on_words[r->on].word);
			for (char *p = word; *p; p++)
				*p = *p == '-' ? '_' : *p;
			assert_non_null(s = noun_step(&signal_noun, from, str_of(word)));
			assert_int_equal(s->to, r->to);
			assert_string_equal(s->zh, flow_signal_on_words[r->on].zh);
			n++;
		}
	}
	assert_int_equal(n, signal_noun.n_steps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(what_the_doctor_noticed_goes_all_the_way),
		ON_BOTH(who_declines_says_wrong_person_and_it_is_passed_on),
		ON_BOTH(who_offers_it_on_and_is_taken_up_has_said_moved),
		ON_BOTH(who_took_it_over_elsewhere_sees_it_and_says_what_it_was),
		ON_BOTH(an_offer_of_any_task_is_a_push_and_may_be_withdrawn),
		ON_BOTH(who_noticed_it_hears_once_what_was_found_out),
		ON_BOTH(who_noticed_it_hears_that_it_was_nothing),
		ON_BOTH(who_settles_it_themself_is_not_told),
		ON_BOTH(who_gave_an_instruction_hears_as_a_party_but_for_who_did_it),
		ON_BOTH(a_dismissal_that_strikes_tasks_is_one_notice_to_who_gave_them),
		ON_BOTH(a_dismissal_tells_whom_a_task_of_it_was_offered_to),
		ON_BOTH(a_dismissal_by_one_of_the_owner_tells_the_others_of_it),
		ON_BOTH(a_dismissal_has_a_reason_and_is_another_ones),
		ON_BOTH(the_only_task_of_a_signal_is_not_struck_alone),
		ON_BOTH(work_that_was_proved_is_not_struck_by_a_dismissal),
		ON_BOTH(a_verified_signal_keeps_its_task_until_it_is_fed_back),
		ON_BOTH(a_text_is_as_long_as_its_field_says),
		ON_BOTH(splitting_the_first_task_is_no_answer),
		ON_BOTH(a_signal_goes_where_its_first_task_is_merged),
		ON_BOTH(what_is_assigned_to_another_was_not_answered),
		ON_BOTH(who_gives_nobody_tasks_names_nobody),
		ON_BOTH(a_meetings_decision_counts_its_tasks),
		ON_BOTH(who_gave_an_instruction_withdraws_it),
		ON_BOTH(a_page_shows_the_sums_and_the_callers_own_tasks),
		ON_BOTH(figures_are_those_of_the_answers),
		ON_BOTH(who_waits_for_long_is_counted),
		ON_BOTH(a_signal_without_task_or_dismissal_is_found),
		ON_BOTH(a_push_that_nobody_can_answer_is_found),
		cmocka_unit_test(the_noun_has_the_engines_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
