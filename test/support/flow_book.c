/* flow_book.c - see flow_book.h. */
#include "flow_book.h"

#include <inttypes.h>
#include <string.h>

#include "engine/flow/table.h"

enum { KEY_SLOTS = 1 << 12, SHRINK_TRIALS = 20000 };

static void need(bool fine)
{
	assert(fine); /* a test without memory is no test */
}

void flow_book_begin(struct flow_book *b)
{
	b->tasks.n = b->script.n = b->keys.n = 0;
	if (b->keys.v)
		memset(b->keys.v, 0, b->keys.slots * sizeof(*b->keys.v));
	b->digest = b->n_offers = 0;
	memset(b->n_ended, 0, sizeof(b->n_ended));
	buf_clear(&b->why);
	b->seen = (struct book_seen){ 0 };
	b->spoil = BOOK_HONEST;
	b->compare = true;
}

void flow_book_end(struct flow_book *b)
{
	vec_drop(&b->tasks);
	vec_drop(&b->script);
	mem_drop(b->keys.v);
	buf_release(&b->why);
}

static struct book_task *entry(struct flow_book *b, int64_t id)
{
	assert(id > 0 && (size_t)id <= b->tasks.n + 1);
	if ((size_t)id > b->tasks.n)
		need(vec_push(&b->tasks, ((struct book_task){ .t.id = id })) == OK);
	return &b->tasks.v[id - 1];
}

struct flow_task *flow_book_task(struct flow_book *b, int64_t id)
{
	return &entry(b, id)->t;
}

/* ---- keys ----------------------------------------------------------------------------------- */

static bool put_key(struct flow_book *b, uint64_t task, uint64_t key)
{
	uint64_t mask = b->keys.slots - 1,
		 h = (key ^ task * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
	size_t i = (size_t)(h >> 20 & mask);

	for (; b->keys.v[i][0]; i = (i + 1) & mask)
		if (b->keys.v[i][0] == task && b->keys.v[i][1] == key)
			return false;
	b->keys.v[i][0] = task;
	b->keys.v[i][1] = key;
	b->keys.n++;
	return true;
}

static void grow_keys(struct flow_book *b)
{
	size_t n = b->keys.slots;
	uint64_t(*old)[2] = b->keys.v;

	if (n && b->keys.n * 2 < n)
		return;
	b->keys.slots = n ? n * 2 : KEY_SLOTS;
	b->keys.v = mem_take(b->keys.slots, sizeof(*b->keys.v));
	need(b->keys.v != NULL);
	b->keys.n = 0;
	for (size_t i = 0; i < n; i++)
		if (old[i][0])
			(void)put_key(b, old[i][0], old[i][1]);
	mem_drop(old);
}

/* ---- what must hold ------------------------------------------------------------------------- */

struct look {
	struct flow_book *b;
	const struct flow_act *act;
	const struct flow_task *before;
	struct book_task *now;
	const struct flow_effects *fx;
};

static void wrong(const struct look *l, const char *what)
{
	if (l->b->why.n == 0) {
		buf_fmt(&l->b->why, "%s, at: ", what);
		flow_act_put(&l->b->why, l->act);
	}
}

static void look_at_owner(const struct look *l)
{
	enum flow_on on = l->act->ev.on;
	const struct flow_task *t = &l->now->t;
	bool names = on == FLOW_ON_RAISE || on == FLOW_ON_DECLINE || on == FLOW_ON_TAKE ||
		     on == FLOW_ON_ASSIGN || on == FLOW_ON_REOWN;

	if (t->owner.v <= 0)
		wrong(l, "I3: nobody owns the task");
	if (t->owner.v != l->before->owner.v && (!names || t->owner.v != l->act->ev.duty.owner.v))
		wrong(l, "I3: the owner changed without an event that names them");
	if (t->push == FLOW_WAITING && l->before->push == FLOW_WAITING && on != FLOW_ON_REOWN &&
	    t->owner.v != l->before->owner.v)
		wrong(l, "I3: an offer that waits changed the owner");
}

/* Which events may set a deadline later than it was. */
static bool may_move(enum flow_stage_id s, enum flow_on on)
{
	switch (s) {
	case FLOW_TO_ACCEPT:
		return on == FLOW_ON_RAISE || on == FLOW_ON_DECLINE || on == FLOW_ON_RETURN ||
		       on == FLOW_ON_ASSIGN || on == FLOW_ON_REOWN || on == FLOW_ON_REWIRE;
	case FLOW_TO_DO: return on == FLOW_ON_RAISE || on == FLOW_ON_EXTEND;
	case FLOW_TO_CHECK: return on == FLOW_ON_PROVE;
	case FLOW_TO_ANSWER: return on == FLOW_ON_OFFER;
	case FLOW_STAGE_N: break;
	}
	return false;
}

static void look_at_clocks(const struct look *l)
{
	const struct flow_task *t = &l->now->t;
	const struct flow_clock *c = &t->clock;

	for (int i = 0; i < FLOW_STAGE_N; i++) {
		enum flow_stage_id s = (enum flow_stage_id)i;
		const struct flow_stage *g = &t->stage[s];
		int64_t over = l->act->now - g->by;

		if (g->by > l->before->stage[s].by && !may_move(s, l->act->ev.on))
			wrong(l, "I4: a deadline moved later by itself");
		if (!flow_running(t, s))
			continue;
		if (over >= 0 && !g->late)
			wrong(l, "I5: overdue, and not late");
		if (over >= c->grace_s &&
		    g->climbed < min_i64(t->line.n, (over - c->grace_s) / c->climb_s + 1))
			wrong(l, "I5: an escalation was missed");
		l->now->topped |= g->late && g->climbed == t->line.n;
	}
	if (t->due <= l->act->now || t->due != flow_due(t))
		wrong(l, "I5: the clock must come, and is not asked for");
	if ((t->due == FLOW_NEVER) != (t->phase == FLOW_CLOSED) && c->repeat_s)
		wrong(l, "I5: a task waits without a clock");
}

static void look_at_counts(const struct look *l)
{
	enum flow_on on = l->act->ev.on;

	l->now->done += on != FLOW_ON_CLOCK;
	l->now->passes += on == FLOW_ON_DECLINE || on == FLOW_ON_TAKE || on == FLOW_ON_REFUSE;
	if (l->now->done != l->now->t.turn)
		wrong(l, "I1: an event that was done is not counted");
	if (l->now->passes > FLOW_BOUNCES_MAX)
		wrong(l, "passed on or sent back more than three times");
}

int64_t book_human(int64_t account)
{
	return account % 40 == 2 ? 12 : account;
}

/* Who really proved it, as the book remembers: the engine's own word for it may be wrong. */
static void look_at_judge(const struct look *l)
{
	const struct flow_event *ev = &l->act->ev;
	const struct flow_task *was = l->before;
	bool judged = l->now->t.phase == FLOW_CLOSED || ev->on == FLOW_ON_RETURN;

	if (ev->on == FLOW_ON_PROVE) {
		l->now->by = ev->person.v;
		l->now->by_party = ev->party.v;
	}
	if (was->phase != FLOW_PROVED || !judged || ev->actor != FLOW_PERSON)
		return;
	if (book_human(ev->person.v) == book_human(l->now->by))
		wrong(l, "somebody judged what they had proved");
	if (ev->party.v == l->now->by_party)
		wrong(l, "a party judged what it had proved");
}

static void look_at_end(const struct look *l)
{
	const struct flow_event *ev = &l->act->ev;
	const struct flow_task *t = &l->now->t, *was = l->before;

	if (ev->on == FLOW_ON_PROVE)
		l->now->proved = (ev->evidence & was->needs) == was->needs;
	if (t->phase != FLOW_CLOSED || was->phase == FLOW_CLOSED)
		return;
	if (ev->actor == FLOW_PERSON &&
	    (ev->party.v == was->owner.v || ev->person.v == was->doer.v))
		wrong(l, "somebody closed their own task");
	if (t->outcome == FLOW_OUT_DONE && (was->phase != FLOW_PROVED || !l->now->proved))
		wrong(l, "done without a proof");
}

static void look_at_effects(const struct look *l)
{
	bool recorded = false;
	uint32_t escalated = 0, climbed = 0;

	for (uint32_t i = 0; i < l->fx->n; i++) {
		const struct flow_effect *e = &l->fx->v[i];

		recorded |= e->is == FLOW_RECORD;
		climbed += e->is == FLOW_RECORD && e->say == FLOW_SAY_CLIMB;
		escalated += e->is == FLOW_ESCALATE;
		if (e->is != FLOW_NOTIFY && e->is != FLOW_ESCALATE)
			continue;
		if (!recorded || e->who.v <= 0)
			wrong(l, "told without a record, or nobody told");
		grow_keys(l->b);
		if (!put_key(l->b, (uint64_t)l->act->task, e->key))
			wrong(l, "I6: told twice under one key");
	}
	if (escalated != climbed)
		wrong(l, "I5: recorded as escalated, and nobody told");
}

static void look_at_bytes(const struct look *l)
{
	uint8_t bytes[FLOW_PACKED_BYTES], again[FLOW_PACKED_BYTES];
	struct flow_task t;

	flow_pack(&l->now->t, bytes);
	if (flow_unpack(bytes, sizeof(bytes), &t))
		wrong(l, "the packed task cannot be unpacked");
	else {
		flow_pack(&t, again);
		if (memcmp(bytes, again, sizeof(bytes)) != 0)
			wrong(l, "packed, unpacked and packed is not the same");
	}
}

static void count_offers(const struct look *l)
{
	const struct flow_task *t = &l->now->t;

	l->b->n_offers += t->n_offers - l->before->n_offers;
	if (l->before->push == FLOW_WAITING && t->push != FLOW_WAITING)
		l->b->n_ended[t->push]++;
}

void flow_book_sums(struct flow_book *b)
{
	uint64_t waiting = 0;

	for (size_t i = 0; i < b->tasks.n; i++)
		waiting += b->tasks.v[i].t.push == FLOW_WAITING;
	if (b->n_offers != waiting + b->n_ended[FLOW_TAKEN] + b->n_ended[FLOW_REFUSED] +
				   b->n_ended[FLOW_WITHDRAWN] &&
	    b->why.n == 0)
		buf_lit(&b->why, "offers do not add up\n");
}

static void count_seen(const struct look *l)
{
	struct book_seen *s = &l->b->seen;
	enum flow_on on = l->act->ev.on;

	s->closed += l->now->t.phase == FLOW_CLOSED && l->before->phase != FLOW_CLOSED;
	s->taken += on == FLOW_ON_TAKE;
	s->refused_offers += on == FLOW_ON_REFUSE;
	s->withdrawn += on == FLOW_ON_WITHDRAW;
	s->returned += on == FLOW_ON_RETURN;
	s->extended += on == FLOW_ON_EXTEND;
	s->reowned += on == FLOW_ON_REOWN;
	for (uint32_t i = 0; i < l->fx->n; i++) {
		const struct flow_effect *e = &l->fx->v[i];
		bool record = e->is == FLOW_RECORD;

		s->late += record && e->say == FLOW_SAY_LATE;
		s->escalated += record && e->say == FLOW_SAY_CLIMB;
		s->warned += record && e->say == FLOW_SAY_WARN;
		s->repeats += record && e->say == FLOW_SAY_REPEAT;
		s->set_back += record && e->say == FLOW_SAY_SET_BACK;
		s->bounced += e->is == FLOW_NOTIFY && e->say == FLOW_SAY_BOUNCED;
	}
}

/* ---- an engine that errs -------------------------------------------------------------------- */

static void spoil_before(const struct flow_book *b, struct flow_event *ev)
{
	if (b->spoil == BOOK_CLOSE_OWN && ev->on == FLOW_ON_CLOSE)
		ev->person.v += 100000;
	if (b->spoil == BOOK_TWO_ACCOUNTS || b->spoil == BOOK_CLOSE_OWN)
		ev->own = false;
	if (b->spoil == BOOK_CLOSE_UNPROVED && ev->on == FLOW_ON_PROVE)
		ev->evidence = FLOW_PROOFS;
}

static void spoil_after(const struct flow_book *b, enum flow_on on, struct flow_task *t,
			struct flow_effects *fx)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < fx->n; i++) {
		struct flow_effect e = fx->v[i];

		if (b->spoil == BOOK_LOSE_ESCALATION && e.is == FLOW_ESCALATE && e.level == 2)
			continue;
		fx->v[n++] = e;
		if (b->spoil == BOOK_DOUBLE_NOTICE && e.is == FLOW_NOTIFY &&
		    e.say == FLOW_SAY_LATE && fx->n + 1 < FLOW_EFFECTS_MAX) {
			memmove(&fx->v[i + 2], &fx->v[i + 1], (fx->n - i - 1) * sizeof(e));
			fx->v[n++] = e;
			i++;
			fx->n++;
		}
		if (b->spoil == BOOK_FORGET_DUE && e.is == FLOW_RECORD && e.say == FLOW_SAY_WARN)
			t->due = FLOW_NEVER;
	}
	fx->n = n;
	if (b->spoil == BOOK_LOSE_OWNER && on == FLOW_ON_REOWN)
		t->owner.v = 0;
	if (b->spoil == BOOK_FORGET_PARTY && on == FLOW_ON_REOWN && t->doer.v)
		t->doer_party = t->owner;
	if (b->spoil == BOOK_MOVE_DEADLINE && on == FLOW_ON_RETURN)
		t->stage[FLOW_TO_DO].by += 86400;
	if (b->spoil == BOOK_TAKE_TWICE && on == FLOW_ON_OFFER)
		t->owner = t->offered_to;
}

/* ---- one event ------------------------------------------------------------------------------ */

static void hold_against_slow(const struct look *l, enum err e)
{
	struct flow_effects fx;
	enum err e_slow;

	if (!l->b->compare || l->b->spoil)
		return;
	e_slow = slow_flow_step(&l->now->slow, &l->act->ev, l->act->now, &fx);
	if (e != e_slow) {
		wrong(l, "the slow way says otherwise");
		buf_fmt(&l->b->why, "%s, and the slow way %s\n", err_word(e), err_word(e_slow));
	} else if (!e && (fx.again != l->fx->again || !slow_effects_same(&fx, l->fx, &l->b->why) ||
			  !slow_flow_same(&l->now->slow, &l->now->t, &l->b->why))) {
		buf_lit(&l->b->why, "against the slow way, at: ");
		flow_act_put(&l->b->why, l->act);
	}
}

enum err flow_book_do(struct flow_book *b, const struct flow_act *act, struct flow_effects *ret)
{
	struct book_task *now = entry(b, act->task);
	struct flow_task before = now->t;
	struct look l = { b, act, &before, now, ret };
	struct flow_event ev = act->ev;
	enum err e;

	if (b->why.n)
		return ERR_BUG;
	need(vec_push(&b->script, *act) == OK);
	spoil_before(b, &ev);
	e = flow_step(&now->t, &ev, (struct utc_s){ act->now }, ret);
	if (!e && b->spoil)
		spoil_after(b, ev.on, &now->t, ret);
	b->digest = flow_digest_act(b->digest, act, e, ret);
	b->seen.acts++;
	b->seen.again += !e && ret->again;
	b->seen.refused += e != OK;
	b->seen.done += !e && !ret->again;
	if (e || ret->again) {
		if (memcmp(&before, &now->t, sizeof(before)) != 0 || ret->n || (e && !ret->why))
			wrong(&l, "I2: refused, and something changed");
	} else {
		look_at_owner(&l);
		look_at_clocks(&l);
		look_at_counts(&l);
		look_at_judge(&l);
		look_at_end(&l);
		look_at_effects(&l);
		if (!b->why.n && flow_wrong(&now->t))
			wrong(&l, flow_wrong(&now->t));
		if (!b->why.n && b->seen.acts % 8 == 0)
			look_at_bytes(&l);
		count_offers(&l);
		count_seen(&l);
	}
	if (!b->why.n)
		hold_against_slow(&l, e);
	return b->why.n ? ERR_BUG : e;
}

uint64_t flow_book_digest(const struct flow_book *b)
{
	uint64_t digest = b->digest;

	for (size_t i = 0; i < b->tasks.n; i++)
		digest = flow_digest_task(digest, &b->tasks.v[i].t);
	return digest;
}

/* ---- scripts -------------------------------------------------------------------------------- */

bool flow_book_replay(const struct flow_act *v, size_t n, enum book_spoil spoil, struct buf *why,
		      uint64_t *ret_digest)
{
	struct flow_book b = { 0 };
	struct flow_effects fx;
	int64_t most = 0;
	bool good;

	flow_book_begin(&b);
	b.spoil = spoil;
	for (size_t i = 0; i < n; i++)
		most = max_i64(most, v[i].task);
	for (int64_t id = 1; id <= most; id++)
		(void)entry(&b, id);
	for (size_t i = 0; i < n && !b.why.n; i++)
		ignore(flow_book_do(&b, &v[i], &fx));
	flow_book_sums(&b);
	good = b.why.n == 0;
	if (why)
		buf_str(why, buf_view(&b.why));
	if (ret_digest)
		*ret_digest = flow_book_digest(&b);
	flow_book_end(&b);
	return good;
}

size_t flow_book_shrink(struct flow_act *v, size_t n, enum book_spoil spoil)
{
	struct flow_act *less = mem_take(n + 1, sizeof(*less));
	int trials = 0;

	need(less != NULL);
	for (size_t chunk = n / 2; chunk > 0;
	     chunk = chunk > 1 && chunk < 4 ? chunk - 1 : chunk / 2)
		for (size_t i = 0; i + chunk <= n && trials < SHRINK_TRIALS;) {
			memcpy(less, v, i * sizeof(*v));
			memcpy(less + i, v + i + chunk, (n - i - chunk) * sizeof(*v));
			trials++;
			if (flow_book_replay(less, n - chunk, spoil, NULL, NULL)) {
				i += chunk;
				continue;
			}
			n -= chunk;
			memcpy(v, less, n * sizeof(*v));
		}
	mem_drop(less);
	return n;
}
