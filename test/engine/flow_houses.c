/*
 * flow_houses.c - two houses push names to each other over a road that drops, doubles and reorders.
 *
 * At every instant, in either house: found = pushed out + ours; pushed out = taken + refused +
 * withdrawn + waiting; a refused push is the sender's again; the sender's task says of each name
 * who its one owner is, the two houses never both claim it, and where neither does the receiver
 * has said yes and is at work on it. Once messages get through, both say the same.
 *
 * OUTPOST_WORLDS=n    how many roads (1,000 without it)
 * OUTPOST_SEED=n      only that one
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>

#include "base/dice.h"
#include "support/flow_facts.h"
#include "support/flow_inbound.h"
#include "support/paths.h"

enum { NAMES = 12, MESSAGES_MAX = 512, STEPS = 3000, SETTLE_STEPS = 4000, ROADS = 1000 };
enum { PARTY_OTHER = 2000 }; /* of the other house, as either house calls it */

enum message_is { PUSH, ANSWER_YES, ANSWER_NO, ANSWER_NONE, GRANTED, ENDED };
struct message {
	int to; /* house */
	int name;
	enum message_is is;
	uint32_t offer;
};

/* A name that house `home` found: its task there, and what the other house knows of it. */
struct name {
	int home;
	struct flow_task sent;
	struct flow_inbound in;
	struct flow_task taken; /* the other house's own task, of the offer it last said yes to */
};

struct road {
	struct dice dice;
	int64_t now;
	bool lossy;
	struct name name[NAMES];
	struct message on_way[MESSAGES_MAX];
	size_t n;
	uint64_t lost, doubled, refused, withdrawn, granted, dropped, late_word, both;
};

static uint32_t roll(struct road *r, uint32_t n)
{
	return dice_below(&r->dice, n);
}

static void send(struct road *r, int to, int name, enum message_is is, uint32_t offer)
{
	int times = 1;

	if (r->lossy && roll(r, 10) < 3) {
		r->lost++;
		times = 0;
	} else if (r->lossy && roll(r, 10) < 2) {
		r->doubled++;
		times = 2;
	}
	for (; times > 0 && r->n < MESSAGES_MAX; times--)
		r->on_way[r->n++] = (struct message){ to, name, is, offer };
}

static enum err put(struct road *r, struct flow_task *t, const struct flow_event *ev)
{
	struct flow_effects fx;
	enum err e = flow_step(t, ev, (struct utc_s){ r->now }, &fx);

	assert_true(t->phase == FLOW_NONE || !flow_wrong(t));
	return e;
}

/* ---- the sender's end ----------------------------------------------------------------------- */

/* Somebody asks, or answers: decide if that is still open, and say how it stands. */
static void sender_hears(struct road *r, int i, enum message_is is, uint32_t offer)
{
	struct name *n = &r->name[i];
	bool yes = is == ANSWER_YES;
	struct flow_event ev = facts_event(yes ? FLOW_ON_TAKE : FLOW_ON_REFUSE, PARTY_OTHER);
	enum flow_push stands;

	ev.duty = facts_duty(PARTY_OTHER);
	ev.offer = offer;
	ev.away = true;
	if (is != ANSWER_NONE && offer == n->sent.n_offers && n->sent.push == FLOW_WAITING)
		assert_int_equal(put(r, &n->sent, &ev), OK);
	stands = flow_push_stands(&n->sent, offer);
	r->late_word += yes && stands == FLOW_WITHDRAWN;
	if (stands != FLOW_WAITING)
		send(r, !n->home, i, stands == FLOW_TAKEN ? GRANTED : ENDED, offer);
}

static void sender_acts(struct road *r, int i)
{
	struct name *n = &r->name[i];
	bool waits = n->sent.push == FLOW_WAITING;
	struct flow_event ev;

	if (n->sent.away)
		return;
	if (waits && roll(r, 4)) { /* again, in case it did not arrive */
		send(r, !n->home, i, PUSH, n->sent.n_offers);
		return;
	}
	ev = facts_event(waits ? FLOW_ON_WITHDRAW : FLOW_ON_OFFER, FACTS_OWNER);
	ev.to.v = PARTY_OTHER;
	if (put(r, &n->sent, &ev))
		return; /* passed on too often */
	r->withdrawn += waits;
	send(r, !n->home, i, waits ? ENDED : PUSH, n->sent.n_offers);
}

/* ---- the receiver's end --------------------------------------------------------------------- */

static void answer(struct road *r, int i)
{
	struct name *n = &r->name[i];
	enum message_is is = n->in.phase == FLOW_IN_TAKEN    ? ANSWER_YES
			     : n->in.phase == FLOW_IN_DENIED ? ANSWER_NO
							     : ANSWER_NONE;

	send(r, n->home, i, is, n->in.offer);
}

static void receiver_does(struct road *r, int i, enum flow_inbound_on on, uint32_t offer)
{
	struct name *n = &r->name[i];
	struct flow_inbound_effects fx;
	struct flow_event ev;

	if (flow_inbound_step(&n->in, on, offer, &fx))
		return;
	if (fx.then & FLOW_IN_DO_DROP) {
		ev = facts_event(FLOW_ON_CANCEL, FACTS_HOUSE);
		assert_int_equal(put(r, &n->taken, &ev), OK);
		r->dropped++;
	}
	if (on == FLOW_IN_ON_TAKE && !fx.again) {
		n->taken = (struct flow_task){ .id = 100 + i };
		ev = facts_event(FLOW_ON_RAISE, FACTS_HOUSE);
		assert_int_equal(put(r, &n->taken, &ev), OK);
	}
	r->granted += on == FLOW_IN_ON_GRANTED && !fx.again;
	r->refused += on == FLOW_IN_ON_DENY && !fx.again;
	if (fx.then & FLOW_IN_DO_ANSWER)
		answer(r, i);
}

static void receiver_acts(struct road *r, int i)
{
	struct name *n = &r->name[i];

	if (n->in.phase == FLOW_IN_RECEIVED && roll(r, 2))
		receiver_does(r, i, roll(r, 2) ? FLOW_IN_ON_TAKE : FLOW_IN_ON_DENY, n->in.offer);
	else if (flow_inbound_asks(&n->in))
		answer(r, i);
}

static void arrive(struct road *r)
{
	size_t k = roll(r, (uint32_t)r->n); /* any of those on the way: order is no promise */
	struct message m = r->on_way[k];

	r->on_way[k] = r->on_way[--r->n];
	switch (m.is) {
	case PUSH: receiver_does(r, m.name, FLOW_IN_ON_PUSH, m.offer); break;
	case GRANTED: receiver_does(r, m.name, FLOW_IN_ON_GRANTED, m.offer); break;
	case ENDED: receiver_does(r, m.name, FLOW_IN_ON_ENDED, m.offer); break;
	case ANSWER_YES:
	case ANSWER_NO:
	case ANSWER_NONE: sender_hears(r, m.name, m.is, m.offer); break;
	}
}

/* ---- what holds at every instant ------------------------------------------------------------ */

static void one_owner(struct road *r, const struct name *n)
{
	bool home_claims = !n->sent.away, other_claims = n->in.phase == FLOW_IN_OURS;
	bool live = n->taken.phase != FLOW_NONE && n->taken.phase != FLOW_CLOSED;

	assert_false(home_claims && other_claims);
	assert_true(n->sent.owner.v == (n->sent.away ? PARTY_OTHER : FACTS_OWNER));
	if (!home_claims && !other_claims) {
		assert_int_equal(n->in.phase, FLOW_IN_TAKEN); /* said yes, at work, not told yet */
		r->both++;
	}
	assert_int_equal(live, n->in.phase == FLOW_IN_TAKEN || n->in.phase == FLOW_IN_OURS);
	if (n->sent.push == FLOW_REFUSED || n->sent.push == FLOW_WITHDRAWN)
		assert_true(home_claims);
}

static void sums(const struct road *r, int home)
{
	unsigned push[FLOW_PUSH_N] = { 0 }, found = 0, ours = 0, pushed = 0;

	for (int i = 0; i < NAMES; i++) {
		if (r->name[i].home != home)
			continue;
		found++;
		push[r->name[i].sent.push]++;
		if (r->name[i].sent.n_offers)
			pushed++;
		else
			ours++;
	}
	assert_int_equal(found, pushed + ours);
	assert_int_equal(pushed, push[FLOW_TAKEN] + push[FLOW_REFUSED] + push[FLOW_WITHDRAWN] +
					 push[FLOW_WAITING]);
}

static void look(struct road *r)
{
	for (int i = 0; i < NAMES; i++)
		one_owner(r, &r->name[i]);
	sums(r, 0);
	sums(r, 1);
}

static void something(struct road *r)
{
	int i = (int)roll(r, NAMES);

	r->now += 1 + roll(r, 600);
	if (r->n && (r->n > MESSAGES_MAX / 2 || roll(r, 2)))
		arrive(r);
	else if (roll(r, 3))
		receiver_acts(r, i);
	else if (r->lossy)
		sender_acts(r, i);
	else if (r->name[i].sent.push == FLOW_WAITING)
		send(r, !r->name[i].home, i, PUSH, r->name[i].sent.n_offers);
}

static void run(struct road *r, uint64_t seed)
{
	struct flow_event raise = facts_event(FLOW_ON_RAISE, FACTS_SENDER);

	r->dice.state = seed * 0x9e3779b97f4a7c15u;
	r->now = FACTS_START;
	r->lossy = true;
	for (int i = 0; i < NAMES; i++) {
		r->name[i] = (struct name){ .home = i % 2, .sent.id = i + 1 };
		assert_int_equal(put(r, &r->name[i].sent, &raise), OK);
	}
	for (int k = 0; k < STEPS; k++) {
		something(r);
		look(r);
	}
	r->lossy = false;
	for (int k = 0; k < SETTLE_STEPS; k++)
		something(r);
	look(r);
	for (int i = 0; i < NAMES; i++) {
		struct name *n = &r->name[i];

		assert_false(flow_inbound_asks(&n->in));
		assert_true(n->sent.push != FLOW_WAITING);
		assert_int_equal(n->sent.away, n->in.phase == FLOW_IN_OURS);
	}
}

static uint64_t trying; /* a failed assertion leaves it set */

static int tell_seed(void **state)
{
	(void)state;
	if (trying)
		print_error("with OUTPOST_SEED=%" PRIu64 "\n", trying);
	return 0;
}

static void every_name_has_one_owner_whatever_the_road_does(void **state)
{
	uint64_t only = env_u64("OUTPOST_SEED", 0);
	uint64_t n = only ? only : env_u64("OUTPOST_WORLDS", ROADS);
	struct road seen = { 0 };

	(void)state;
	for (uint64_t seed = only ? only : 1; seed <= n; seed++) {
		struct road r = { 0 };

		trying = seed;
		run(&r, seed);
		trying = 0;
		seen.lost += r.lost;
		seen.doubled += r.doubled;
		seen.refused += r.refused;
		seen.withdrawn += r.withdrawn;
		seen.granted += r.granted;
		seen.dropped += r.dropped;
		seen.late_word += r.late_word;
		seen.both += r.both;
	}
	print_message("%" PRIu64 " lost, %" PRIu64 " doubled, %" PRIu64 " refused, %" PRIu64
		      " withdrawn, %" PRIu64 " granted, %" PRIu64 " dropped, %" PRIu64
		      " yes after the end, %" PRIu64 " instants before the word arrived\n",
		      seen.lost, seen.doubled, seen.refused, seen.withdrawn, seen.granted,
		      seen.dropped, seen.late_word, seen.both);
	if (!only)
		assert_true(seen.lost && seen.doubled && seen.refused && seen.withdrawn &&
			    seen.granted && seen.dropped && seen.late_word && seen.both);
}

static void every_message_in_every_phase_is_answered_or_passed_over(void **state)
{
	(void)state;
	for (int phase = 0; phase < FLOW_IN_PHASE_N; phase++)
		for (int on = 0; on < FLOW_IN_ON_N; on++)
			for (uint32_t offer = 1; offer <= 3; offer++) {
				struct flow_inbound in = { (uint8_t)phase, 2 }, was = in;
				bool person = on == FLOW_IN_ON_TAKE || on == FLOW_IN_ON_DENY;
				struct flow_inbound_effects fx;
				enum err e = flow_inbound_step(&in, (enum flow_inbound_on)on, offer,
							       &fx);

				assert_true(!e == !fx.why);
				assert_true(e == OK || person); /* no message is an error */
				if (e || fx.again)
					assert_memory_equal(&in, &was, sizeof(in));
				if (offer < 2)
					assert_true(fx.again || e);
				if (was.phase == FLOW_IN_OURS ||
				    (was.phase == FLOW_IN_OVER && offer < 3))
					assert_memory_equal(&in, &was, sizeof(in));
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_in_every_phase_is_answered_or_passed_over),
		cmocka_unit_test_teardown(every_name_has_one_owner_whatever_the_road_does,
					  tell_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
