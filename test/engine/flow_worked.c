/*
 * flow_worked.c - what a task's flow means, a sentence at a time, with times worked out by hand.
 *
 * The clock is facts_clock: accept within an hour, do within a day, check within two hours; a
 * warning half an hour before; late, then level 1 at once and level 2 an hour later; then again
 * every four hours. The line is 40, then 50.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/flow/signal.h"
#include "support/flow_facts.h"

enum { T0 = FACTS_START, HOUR = FACTS_HOUR, DAY = FACTS_DAY };

static struct flow_effects fx;

static void clock_at(struct flow_task *t, int64_t now)
{
	struct flow_event ev = facts_event(FLOW_ON_CLOCK, FACTS_CLOCK);

	facts_do(t, &ev, now, &fx);
}

static enum err try(struct flow_task *t, enum flow_on on, int64_t party, int64_t now)
{
	struct flow_event ev = facts_event(on, party);

	return flow_step(t, &ev, (struct utc_s){ now }, &fx);
}

static void the_owner_is_warned_then_late_then_it_climbs_then_it_is_said_again(void **state)
{
	struct flow_task t = facts_task(FLOW_ACCEPTED, false);

	(void)state;
	assert_int_equal(t.due, T0 + DAY - HOUR / 2);
	clock_at(&t, t.due - 1);
	assert_int_equal(fx.n, 0);
	clock_at(&t, t.due);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_SAY_WARN, FACTS_OWNER), 1);
	assert_int_equal(t.due, T0 + DAY);
	assert_int_equal(t.marks, 0);

	clock_at(&t, T0 + DAY); /* late, and level 1 has no grace */
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_SAY_LATE, FACTS_OWNER), 1);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_SAY_LATE, FACTS_SENDER), 1);
	assert_int_equal(facts_count(&fx, FLOW_ESCALATE, FLOW_SAY_CLIMB, FACTS_ABOVE), 1);
	assert_int_equal(t.marks, FLOW_LATE | FLOW_ESCALATED);
	assert_int_equal(t.level, 1);

	clock_at(&t, T0 + DAY + HOUR);
	assert_int_equal(facts_count(&fx, FLOW_ESCALATE, FLOW_SAY_CLIMB, 0), 1);
	assert_int_equal(facts_count(&fx, FLOW_ESCALATE, FLOW_SAY_CLIMB, FACTS_TOP), 1);
	assert_int_equal(t.due, T0 + DAY + 5 * HOUR);
	clock_at(&t, T0 + DAY + 5 * HOUR);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_SAY_REPEAT, FACTS_OWNER), 1);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_SAY_REPEAT, FACTS_TOP), 1);
	assert_int_equal(t.due, T0 + DAY + 9 * HOUR);
}

static void after_a_down_time_every_level_is_told_and_repeats_are_one(void **state)
{
	struct flow_task t = facts_task(FLOW_ACCEPTED, false);

	(void)state;
	clock_at(&t, T0 + 3 * DAY);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_SAY_WARN, 0), 0);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_SAY_LATE, FACTS_OWNER), 1);
	assert_int_equal(facts_count(&fx, FLOW_ESCALATE, FLOW_SAY_CLIMB, 0), 2);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_SAY_REPEAT, FACTS_OWNER), 1);
	/* 25 h, then every four: 29, 33, ... 69, 73 h is the next after 72 */
	assert_int_equal(t.due, T0 + 73 * HOUR);
	clock_at(&t, T0 + 3 * DAY);
	assert_int_equal(fx.n, 0);
}

static void an_event_after_the_deadline_comes_after_its_escalations(void **state)
{
	struct flow_task t = facts_task(FLOW_STARTED, false);

	(void)state;
	assert_int_equal(try(&t, FLOW_ON_PROVE, FACTS_OWNER, T0 + DAY + 2 * HOUR), OK);
	assert_int_equal(facts_count(&fx, FLOW_ESCALATE, FLOW_SAY_CLIMB, 0), 2);
	assert_int_equal(fx.v[0].is, FLOW_RECORD);
	assert_int_equal(fx.v[0].say, FLOW_SAY_LATE);
	assert_int_equal(t.phase, FLOW_PROVED);
	assert_int_equal(t.marks, 0); /* nothing that runs is late: it waits for its checker */
	assert_int_equal(try(&t, FLOW_ON_CLOSE, FACTS_CHECKER, T0 + DAY + 3 * HOUR), OK);
	assert_int_equal(t.marks, FLOW_LATE | FLOW_ESCALATED); /* it was done late */
}

static void a_clock_set_back_fires_nothing_twice_and_keeps_no_deadline_far(void **state)
{
	struct flow_task t = facts_task(FLOW_ACCEPTED, false);

	(void)state;
	clock_at(&t, T0 + DAY + HOUR);
	assert_int_equal(t.level, 2);
	clock_at(&t, T0 - 365 * DAY);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_SAY_N, 0), 0);
	assert_int_equal(facts_count(&fx, FLOW_ESCALATE, FLOW_SAY_N, 0), 0);
	assert_int_equal(facts_count(&fx, FLOW_RECORD, FLOW_SAY_SET_BACK, 0), 1);
	assert_int_equal(t.level, 2);
	assert_int_equal(t.due, T0 - 365 * DAY + 4 * HOUR); /* the next repeat, and not in a year */
	clock_at(&t, T0 + DAY + HOUR); /* set right again: one repeat for all, no level */
	assert_int_equal(facts_count(&fx, FLOW_ESCALATE, FLOW_SAY_N, 0), 0);
	assert_int_equal(facts_count(&fx, FLOW_RECORD, FLOW_SAY_REPEAT, 0), 1);
}

static void a_deadline_given_by_a_wrong_clock_comes_near_when_it_is_set_right(void **state)
{
	struct flow_event raise = facts_event(FLOW_ON_RAISE, FACTS_SENDER);
	struct flow_task t = { .id = 1 };

	(void)state;
	facts_do(&t, &raise, T0 + 365 * DAY, &fx);
	clock_at(&t, T0);
	assert_int_equal(t.stage[FLOW_TO_DO].by, T0 + DAY);
	assert_int_equal(t.stage[FLOW_TO_ACCEPT].by, T0 + HOUR);
	clock_at(&t, T0 - 2); /* seconds are no news */
	assert_int_equal(facts_count(&fx, FLOW_DEADLINE, 0, 0), 0);
}

static void an_owner_stays_owner_until_an_offer_is_taken(void **state)
{
	struct flow_task t = facts_task(FLOW_ACCEPTED, true), refused;

	(void)state;
	assert_int_equal(t.owner.v, FACTS_OWNER);
	assert_int_equal(flow_waits_for(&t, FLOW_TO_ANSWER).v, FACTS_NEXT);
	refused = t;
	assert_int_equal(try(&refused, FLOW_ON_REFUSE, FACTS_NEXT, T0 + 1), OK);
	assert_int_equal(refused.owner.v, FACTS_OWNER);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_ON_REFUSE, FACTS_OWNER), 1);
	assert_int_equal(try(&refused, FLOW_ON_TAKE, FACTS_NEXT, T0 + 2), ERR_FORBIDDEN);

	assert_int_equal(try(&t, FLOW_ON_TAKE, FACTS_NEXT, T0 + 1), OK);
	assert_int_equal(t.owner.v, FACTS_NEXT);
	assert_int_equal(facts_count(&fx, FLOW_OWNER, FLOW_ON_TAKE, FACTS_NEXT), 1);
	assert_int_equal(t.stage[FLOW_TO_DO].by, T0 + DAY); /* the new owner has no more time */
}

static void an_offer_that_waits_too_long_climbs_too(void **state)
{
	struct flow_task t = facts_task(FLOW_ACCEPTED, true);

	(void)state;
	clock_at(&t, T0 + HOUR);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_SAY_LATE, FACTS_NEXT), 1);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_SAY_LATE, FACTS_OWNER), 1);
	assert_int_equal(facts_count(&fx, FLOW_ESCALATE, FLOW_SAY_CLIMB, FACTS_ABOVE), 1);
}

static void a_repeated_event_is_known_and_does_nothing(void **state)
{
	struct flow_task t = facts_task(FLOW_OPEN, false), before;
	struct flow_event ev = facts_event(FLOW_ON_ACCEPT, FACTS_OWNER);

	(void)state;
	ev.turn = t.turn;
	facts_do(&t, &ev, T0 + 1, &fx);
	before = t;
	assert_int_equal(flow_step(&t, &ev, (struct utc_s){ T0 + 2 * DAY }, &fx), OK);
	assert_true(fx.again);
	assert_int_equal(fx.n, 0);
	assert_memory_equal(&t, &before, sizeof(t));
	ev.person.v++; /* somebody else with the same page before them */
	assert_int_equal(flow_step(&t, &ev, (struct utc_s){ T0 + 2 }, &fx), ERR_CONFLICT);
	assert_string_equal(fx.why->word, "turn");
}

static void who_proved_it_cannot_check_it_under_another_hat(void **state)
{
	struct flow_task t = facts_task(FLOW_PROVED, false);
	struct flow_event ev = facts_event(FLOW_ON_CLOSE, FACTS_CHECKER);

	(void)state;
	ev.person = t.doer;
	assert_int_equal(flow_step(&t, &ev, (struct utc_s){ T0 + 1 }, &fx), ERR_FORBIDDEN);
	assert_string_equal(fx.why->word, "other");
	ev = facts_event(FLOW_ON_CANCEL, FACTS_CHECKER);
	ev.person = t.doer;
	assert_int_equal(flow_step(&t, &ev, (struct utc_s){ T0 + 1 }, &fx), ERR_FORBIDDEN);
}

static void a_proof_is_its_partys_however_often_the_owner_changes(void **state)
{
	struct flow_task t = facts_task(FLOW_PROVED, false), u, v;
	struct flow_event ev = facts_event(FLOW_ON_REOWN, FACTS_HOUSE);

	(void)state;
	facts_do(&t, &ev, T0 + 60, &fx);
	assert_int_equal(t.phase, FLOW_PROVED);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_ON_PROVE, FACTS_CHECKER), 1);
	u = v = t;
	ev.duty = facts_duty(FACTS_STRANGER);
	ev.duty.checker.v = ev.duty.line.level[0].v = FACTS_OWNER;
	facts_do(&u, &ev, T0 + 120, &fx);
	assert_int_equal(u.phase, FLOW_OPEN);

	ev = facts_event(FLOW_ON_REWIRE, FACTS_HOUSE); /* the same owner, under who proved it */
	ev.duty = facts_duty(FACTS_NEXT);
	ev.duty.line.level[1].v = FACTS_OWNER;
	facts_do(&v, &ev, T0 + 120, &fx);
	assert_int_equal(v.phase, FLOW_OPEN);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_ON_REWIRE, FACTS_NEXT), 1);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_ON_PROVE, 0), 0);

	t.sender.v = FACTS_OWNER; /* and who sent it strikes no proof of theirs */
	assert_int_equal(try(&t, FLOW_ON_CANCEL, FACTS_OWNER, T0 + 120), ERR_FORBIDDEN);
	assert_string_equal(fx.why->word, "other");
}

static void who_proved_it_cannot_check_it_by_a_second_account(void **state)
{
	struct flow_task t = facts_task(FLOW_PROVED, false);
	struct flow_event ev = facts_event(FLOW_ON_CLOSE, FACTS_CHECKER);

	(void)state;
	ev.own = true;
	assert_int_equal(flow_step(&t, &ev, (struct utc_s){ T0 + 1 }, &fx), ERR_FORBIDDEN);
	assert_string_equal(fx.why->word, "other");
}

static void after_three_passes_only_the_line_above_says_whose_it_is(void **state)
{
	struct flow_task t = facts_task(FLOW_OPEN, false);

	(void)state;
	for (int i = 0; i < FLOW_BOUNCES_MAX; i++) {
		assert_int_equal(try(&t, FLOW_ON_OFFER, FACTS_OWNER, T0 + 1), OK);
		assert_int_equal(try(&t, FLOW_ON_REFUSE, FACTS_NEXT, T0 + 1), OK);
	}
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_SAY_BOUNCED, FACTS_ABOVE), 1);
	assert_int_equal(try(&t, FLOW_ON_OFFER, FACTS_OWNER, T0 + 1), ERR_CONFLICT);
	assert_string_equal(fx.why->word, "patience");
	assert_int_equal(try(&t, FLOW_ON_DECLINE, FACTS_OWNER, T0 + 1), ERR_CONFLICT);
	assert_int_equal(try(&t, FLOW_ON_ASSIGN, FACTS_TOP, T0 + 1), OK);
	assert_int_equal(t.owner.v, FACTS_NEXT);
}

static void a_new_owner_of_a_late_task_and_their_line_are_told_at_once(void **state)
{
	struct flow_task t = facts_task(FLOW_ACCEPTED, false);

	(void)state;
	clock_at(&t, T0 + DAY);
	assert_int_equal(try(&t, FLOW_ON_REOWN, FACTS_HOUSE, T0 + DAY + 1), OK);
	assert_int_equal(t.owner.v, FACTS_NEXT);
	assert_int_equal(t.phase, FLOW_OPEN);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_SAY_LATE, FACTS_NEXT), 1);
	assert_int_equal(facts_count(&fx, FLOW_NOTIFY, FLOW_ON_REOWN, FACTS_NEXT), 1);
	assert_int_equal(facts_count(&fx, FLOW_ESCALATE, FLOW_SAY_CLIMB, FACTS_ABOVE), 1);
	assert_int_equal(t.stage[FLOW_TO_DO].by, T0 + DAY);
	assert_int_equal(t.stage[FLOW_TO_ACCEPT].by, T0 + DAY + 1 + HOUR);
}

static void a_proof_is_not_judged_by_its_own_party_when_the_task_has_left_it(void **state)
{
	struct flow_task t = facts_task(FLOW_PROVED, false), u = t;
	struct flow_event ev = facts_event(FLOW_ON_REOWN, FACTS_HOUSE);

	(void)state;
	facts_do(&t, &ev, T0 + 60, &fx);
	assert_int_equal(t.phase, FLOW_PROVED);
	ev.duty.checker.v = ev.duty.line.level[0].v = FACTS_OWNER;
	facts_do(&u, &ev, T0 + 60, &fx);
	assert_int_equal(u.phase, FLOW_OPEN);
	assert_true(flow_running(&u, FLOW_TO_DO));
}

static void only_a_reason_moves_a_deadline_later_and_only_by_another(void **state)
{
	struct flow_task t = facts_task(FLOW_ACCEPTED, false);
	struct flow_event ev = facts_event(FLOW_ON_EXTEND, FACTS_ABOVE);

	(void)state;
	assert_int_equal(try(&t, FLOW_ON_EXTEND, FACTS_OWNER, T0 + 1), ERR_FORBIDDEN);
	ev.reason = false;
	assert_int_equal(flow_step(&t, &ev, (struct utc_s){ T0 + 1 }, &fx), ERR_RANGE);
	clock_at(&t, T0 + DAY);
	assert_int_equal(t.level, 1);
	assert_int_equal(try(&t, FLOW_ON_EXTEND, FACTS_ABOVE, T0 + DAY + 1), OK);
	assert_int_equal(t.marks, 0);
	assert_int_equal(t.due, T0 + 2 * DAY - HOUR / 2); /* warned anew */
}

static void a_task_is_split_into_others_that_are_due_no_later(void **state)
{
	struct flow_task whole = facts_task(FLOW_ACCEPTED, false), part = { .id = 8 };
	struct flow_event raise = facts_event(FLOW_ON_RAISE, FACTS_SENDER);
	struct flow_event fold = facts_event(FLOW_ON_FOLD, FACTS_SENDER);

	(void)state;
	fold.by = T0 + DAY + HOUR; /* what a part raised now would have */
	assert_int_equal(flow_step(&whole, &fold, (struct utc_s){ T0 + HOUR }, &fx), ERR_RANGE);
	assert_string_equal(fx.why->word, "no-delay");
	raise.by = whole.stage[FLOW_TO_DO].by;
	facts_do(&part, &raise, T0 + HOUR, &fx);
	assert_int_equal(part.stage[FLOW_TO_DO].by, T0 + DAY);
	fold.by = part.stage[FLOW_TO_DO].by;
	facts_do(&whole, &fold, T0 + HOUR, &fx);
	assert_int_equal(whole.outcome, FLOW_OUT_FOLDED);
}

static void a_task_merged_into_another_brings_its_deadline_forward(void **state)
{
	struct flow_task early = facts_task(FLOW_ACCEPTED, false), late = { .id = 8 };
	struct flow_event raise = facts_event(FLOW_ON_RAISE, FACTS_SENDER);
	struct flow_event tighten = facts_event(FLOW_ON_TIGHTEN, FACTS_SENDER);
	struct flow_event fold = facts_event(FLOW_ON_FOLD, FACTS_SENDER);

	(void)state;
	facts_do(&late, &raise, T0 + 2 * HOUR, &fx);
	fold.by = late.stage[FLOW_TO_DO].by;
	assert_int_equal(flow_step(&early, &fold, (struct utc_s){ T0 + 2 * HOUR }, &fx), ERR_RANGE);
	tighten.by = early.stage[FLOW_TO_DO].by;
	facts_do(&late, &tighten, T0 + 2 * HOUR, &fx);
	fold.by = tighten.by;
	facts_do(&early, &fold, T0 + 2 * HOUR, &fx);
	assert_int_equal(late.stage[FLOW_TO_DO].by, T0 + DAY);
}

/* Phase by phase, where each event leads: - nowhere, = where it is. */
static void every_signal_step_is_as_written(void **state)
{
	static const char *const leads[FLOW_SIGNAL_ON_N] = {
		/* none, formed, passed, answered, verified, dismissed, fed back */
		[FLOW_SIGNAL_ON_FORM] = "1------",      [FLOW_SIGNAL_ON_PASS] = "-22----",
		[FLOW_SIGNAL_ON_ANSWER] = "-33----",    [FLOW_SIGNAL_ON_MISS] = "--1----",
		[FLOW_SIGNAL_ON_VERIFY] = "---4---",    [FLOW_SIGNAL_ON_DISMISS] = "-555---",
		[FLOW_SIGNAL_ON_FEED_BACK] = "----66-", [FLOW_SIGNAL_ON_TASK] = "-====--",
		[FLOW_SIGNAL_ON_DONE] = "-====--",
	};

	(void)state;
	for (int phase = 0; phase < FLOW_SIGNAL_PHASE_N; phase++)
		for (int on = 0; on < FLOW_SIGNAL_ON_N; on++) {
			bool ends = on == FLOW_SIGNAL_ON_DISMISS || on == FLOW_SIGNAL_ON_FEED_BACK;
			struct flow_signal s = { .id = 1,
						 .phase = (uint8_t)phase,
						 .n_tasks = 1,
						 .n_open = !ends },
					   was = s;
			struct flow_signal_event ev = { (enum flow_signal_on)on, FLOW_ANY_TURN, 1,
							true };
			struct flow_signal_effects sx;
			enum err e = flow_signal_step(&s, &ev, (struct utc_s){ T0 }, &sx);
			char to = leads[on][phase];

			assert_int_equal(e, to == '-' ? ERR_CONFLICT : OK);
			if (to == '-')
				assert_memory_equal(&s, &was, sizeof(s));
			else
				assert_int_equal(s.phase, to == '=' ? phase : to - '0');
		}
}

static void what_nobody_found_out_is_not_verified(void **state)
{
	struct flow_signal s = { .id = 1, .phase = FLOW_SIGNAL_ANSWERED };
	struct flow_signal_event ev = { .on = FLOW_SIGNAL_ON_VERIFY, .turn = FLOW_ANY_TURN };
	struct flow_signal_effects sx;

	(void)state;
	assert_int_equal(flow_signal_step(&s, &ev, (struct utc_s){ T0 }, &sx), ERR_CONFLICT);
	assert_string_equal(sx.why->word, "tasks");
}

static void a_signal_has_a_task_or_a_dismissal(void **state)
{
	struct flow_signal s = { .id = 1 };
	struct flow_signal_event ev = { .on = FLOW_SIGNAL_ON_FORM, .turn = FLOW_ANY_TURN };
	struct flow_signal_effects sx;

	(void)state;
	assert_int_equal(flow_signal_step(&s, &ev, (struct utc_s){ T0 }, &sx), ERR_RANGE);
	assert_string_equal(sx.why->word, "tasks");
	ev.tasks = 2;
	assert_int_equal(flow_signal_step(&s, &ev, (struct utc_s){ T0 }, &sx), OK);
	ev.on = FLOW_SIGNAL_ON_DISMISS;
	ev.reason = true;
	assert_int_equal(flow_signal_step(&s, &ev, (struct utc_s){ T0 }, &sx), ERR_CONFLICT);
	ev.on = FLOW_SIGNAL_ON_PASS;
	assert_int_equal(flow_signal_step(&s, &ev, (struct utc_s){ T0 }, &sx), OK);
	ev.on = FLOW_SIGNAL_ON_MISS; /* the wrong party says so after a minute */
	assert_int_equal(flow_signal_step(&s, &ev, (struct utc_s){ T0 + 60 }, &sx), OK);
	assert_int_equal(sx.took_s, 60);
	assert_int_equal(s.misses, 1);
	ev.on = FLOW_SIGNAL_ON_PASS;
	assert_int_equal(flow_signal_step(&s, &ev, (struct utc_s){ T0 + 60 }, &sx), OK);
	ev.on = FLOW_SIGNAL_ON_ANSWER;
	assert_int_equal(flow_signal_step(&s, &ev, (struct utc_s){ T0 }, &sx), OK);
	assert_int_equal(sx.took_s, 0); /* the clock was set back */
	ev.on = FLOW_SIGNAL_ON_VERIFY;
	assert_int_equal(flow_signal_step(&s, &ev, (struct utc_s){ T0 }, &sx), OK);
	ev.on = FLOW_SIGNAL_ON_FEED_BACK;
	assert_int_equal(flow_signal_step(&s, &ev, (struct utc_s){ T0 }, &sx), ERR_CONFLICT);
	ev.on = FLOW_SIGNAL_ON_DONE;
	for (int i = 0; i < 2; i++)
		assert_int_equal(flow_signal_step(&s, &ev, (struct utc_s){ T0 }, &sx), OK);
	assert_int_equal(flow_signal_step(&s, &ev, (struct utc_s){ T0 }, &sx), ERR_CONFLICT);
	ev.on = FLOW_SIGNAL_ON_FEED_BACK;
	ev.turn = s.turn;
	assert_int_equal(flow_signal_step(&s, &ev, (struct utc_s){ T0 }, &sx), OK);
	assert_int_equal(s.phase, FLOW_SIGNAL_FED_BACK);
	assert_int_equal(flow_signal_step(&s, &ev, (struct utc_s){ T0 }, &sx), OK);
	assert_true(sx.again);
}

/* Stored before a proof said whose it is. */
static void a_task_of_the_first_version_is_read(void **state)
{
	enum { FIRST_BYTES = 286 };
	struct flow_task t = facts_task(FLOW_PROVED, false), back;
	uint8_t bytes[FLOW_PACKED_BYTES];

	(void)state;
	flow_pack(&t, bytes);
	bytes[0] = 1;
	assert_int_equal(flow_unpack(bytes, FLOW_PACKED_BYTES, &back), ERR_CORRUPT);
	assert_int_equal(flow_unpack(bytes, FIRST_BYTES, &back), OK);
	assert_int_equal(back.doer_party.v, FACTS_OWNER);
	assert_int_equal(back.due, t.due);
}

static void a_packed_task_is_the_task_and_no_other_bytes_are(void **state)
{
	struct flow_task t = facts_task(FLOW_PROVED, false), back;
	uint8_t bytes[FLOW_PACKED_BYTES + 1];

	(void)state;
	flow_pack(&t, bytes);
	assert_int_equal(flow_unpack(bytes, FLOW_PACKED_BYTES, &back), OK);
	assert_int_equal(back.due, t.due);
	assert_int_equal(back.line.level[1].v, FACTS_TOP);
	assert_int_equal(flow_unpack(bytes, FLOW_PACKED_BYTES - 1, &back), ERR_CORRUPT);
	assert_int_equal(flow_unpack(bytes, FLOW_PACKED_BYTES + 1, &back), ERR_CORRUPT);
	assert_int_equal(flow_unpack(bytes, 0, &back), ERR_VERSION);
	bytes[0]++;
	assert_int_equal(flow_unpack(bytes, FLOW_PACKED_BYTES, &back), ERR_VERSION);
	bytes[0]--;
	memset(bytes + 9, 0, 8); /* no owner */
	assert_int_equal(flow_unpack(bytes, FLOW_PACKED_BYTES, &back), ERR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_owner_is_warned_then_late_then_it_climbs_then_it_is_said_again),
		cmocka_unit_test(after_a_down_time_every_level_is_told_and_repeats_are_one),
		cmocka_unit_test(an_event_after_the_deadline_comes_after_its_escalations),
		cmocka_unit_test(a_clock_set_back_fires_nothing_twice_and_keeps_no_deadline_far),
		cmocka_unit_test(a_deadline_given_by_a_wrong_clock_comes_near_when_it_is_set_right),
		cmocka_unit_test(an_owner_stays_owner_until_an_offer_is_taken),
		cmocka_unit_test(an_offer_that_waits_too_long_climbs_too),
		cmocka_unit_test(a_repeated_event_is_known_and_does_nothing),
		cmocka_unit_test(who_proved_it_cannot_check_it_under_another_hat),
		cmocka_unit_test(a_proof_is_its_partys_however_often_the_owner_changes),
		cmocka_unit_test(who_proved_it_cannot_check_it_by_a_second_account),
		cmocka_unit_test(a_task_of_the_first_version_is_read),
		cmocka_unit_test(after_three_passes_only_the_line_above_says_whose_it_is),
		cmocka_unit_test(a_new_owner_of_a_late_task_and_their_line_are_told_at_once),
		cmocka_unit_test(a_proof_is_not_judged_by_its_own_party_when_the_task_has_left_it),
		cmocka_unit_test(only_a_reason_moves_a_deadline_later_and_only_by_another),
		cmocka_unit_test(a_task_is_split_into_others_that_are_due_no_later),
		cmocka_unit_test(a_task_merged_into_another_brings_its_deadline_forward),
		cmocka_unit_test(every_signal_step_is_as_written),
		cmocka_unit_test(a_signal_has_a_task_or_a_dismissal),
		cmocka_unit_test(what_nobody_found_out_is_not_verified),
		cmocka_unit_test(a_packed_task_is_the_task_and_no_other_bytes_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
