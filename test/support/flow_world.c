/*
 * flow_world.c - see flow_world.h.
 *
 * Long because a province, its people, its server and all that goes wrong act on one state.
 */
#include "flow_world.h"

#include <inttypes.h>
#include <string.h>

enum {
	PARTIES_MAX = 64,
	OVERSEER = 999, /* checks what the top of the tree does */
	MINUTE = 60,
	HOUR = 3600,
	DAY = 86400,
	YEAR = 365 * DAY,
	TICK_S = 30,
	EPOCH = 1600000000
};

enum zeal { KEEN, SLOW, ABSENT };
struct party {
	int parent, into; /* into: who took over, or -1 */
	enum zeal zeal;
};

enum what {
	DO_ACT,
	HEAR,
	NEW_TASK,
	BURST,
	REORGANISE,
	JUMP,
	JUMP_BACK,
	DOWN,
	UP,
	MISCHIEF,
	HAND_OVER
};
struct item {
	int64_t at;
	uint64_t seq;
	enum what what;
	int64_t party, arg;
	struct flow_act act;
};
struct due { int64_t at, task; };

struct world {
	struct dice dice;
	unsigned faults;
	struct flow_book *b;
	struct flow_world_seen *seen;
	struct party party[PARTIES_MAX];
	int n_parties;
	int64_t now, offset; /* true time; what the server's clock adds */
	int64_t end;         /* of faults */
	int64_t calm;        /* the server's clock, when it was last disturbed */
	bool down;
	uint64_t seq;
	VEC(struct item) queue; /* heaps */
	VEC(struct due) dues;
	VEC(struct item) outbox; /* notices that a crash kept back */
};

static uint32_t roll(struct world *w, uint32_t n)
{
	return dice_below(&w->dice, n);
}

static bool one_in(struct world *w, uint32_t n)
{
	return roll(w, n) == 0;
}

static int64_t clock_of(const struct world *w)
{
	return w->now + w->offset;
}

static bool quiet(const struct world *w)
{
	return w->now >= w->end;
}

/* ---- two heaps ------------------------------------------------------------------------------ */

static bool before(const struct item *a, const struct item *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void push(struct world *w, struct item item)
{
	enum err e;
	size_t i = w->queue.n;

	item.seq = w->seq++;
	e = vec_push(&w->queue, item);
	assert(e == OK);
	for (; i > 0 && before(&item, &w->queue.v[(i - 1) / 2]); i = (i - 1) / 2)
		w->queue.v[i] = w->queue.v[(i - 1) / 2];
	w->queue.v[i] = item;
}

static struct item pop(struct world *w)
{
	struct item top = w->queue.v[0], last = w->queue.v[--w->queue.n];
	size_t i = 0, k;

	for (; (k = i * 2 + 1) < w->queue.n; i = k) {
		k += k + 1 < w->queue.n && before(&w->queue.v[k + 1], &w->queue.v[k]);
		if (!before(&w->queue.v[k], &last))
			break;
		w->queue.v[i] = w->queue.v[k];
	}
	w->queue.v[i] = last;
	return top;
}

static void push_due(struct world *w, struct due d)
{
	enum err e;
	size_t i = w->dues.n;

	if (d.at == FLOW_NEVER)
		return;
	e = vec_push(&w->dues, d);
	assert(e == OK);
	for (; i > 0 && d.at < w->dues.v[(i - 1) / 2].at; i = (i - 1) / 2)
		w->dues.v[i] = w->dues.v[(i - 1) / 2];
	w->dues.v[i] = d;
}

static void pop_due(struct world *w)
{
	struct due last = w->dues.v[--w->dues.n];
	size_t i = 0, k;

	for (; (k = i * 2 + 1) < w->dues.n; i = k) {
		k += k + 1 < w->dues.n && w->dues.v[k + 1].at < w->dues.v[k].at;
		if (w->dues.v[k].at >= last.at)
			break;
		w->dues.v[i] = w->dues.v[k];
	}
	w->dues.v[i] = last;
}

/* The first task that is due, with what the index has outlived thrown away. */
static const struct due *first_due(struct world *w)
{
	while (w->dues.n && flow_book_task(w->b, w->dues.v[0].task)->due != w->dues.v[0].at)
		pop_due(w);
	return w->dues.n ? &w->dues.v[0] : NULL;
}

/* ---- the tree, and who answers -------------------------------------------------------------- */

static int alive(const struct world *w, int i)
{
	while (i >= 0 && w->party[i].into >= 0)
		i = w->party[i].into;
	return i;
}

static int64_t id_of(int i)
{
	return i + 1;
}

static int index_of(int64_t id)
{
	return id == OVERSEER ? -1 : (int)id - 1;
}

static bool is_alive(const struct world *w, int64_t id)
{
	return id == OVERSEER || w->party[index_of(id)].into < 0;
}

static int64_t living(const struct world *w, int64_t id)
{
	return id == OVERSEER ? id : id_of(alive(w, index_of(id)));
}

/* The resolver: an owner that is there, the line above, and who checks. */
static struct flow_duty resolve(const struct world *w, int64_t owner)
{
	struct flow_duty d = { .owner = { living(w, owner) } };

	for (int i = index_of(d.owner.v); i >= 0; i = w->party[i].parent) {
		int64_t up = w->party[i].parent < 0 ? 0 : id_of(alive(w, w->party[i].parent));
		bool there = !up || up == d.owner.v;

		for (uint32_t k = 0; k < d.line.n; k++)
			there |= d.line.level[k].v == up;
		if (!there && d.line.n < FLOW_LEVELS_MAX)
			d.line.level[d.line.n++].v = up;
	}
	d.checker.v = d.line.n ? d.line.level[0].v : d.owner.v == OVERSEER ? id_of(0) : OVERSEER;
	return d;
}

static void plant(struct world *w)
{
	int level_begin = 0, level_end = 1;

	w->party[0] = (struct party){ -1, -1, KEEN };
	w->n_parties = 1;
	for (int level = 0; level < 4; level++) {
		for (int i = level_begin; i < level_end; i++)
			for (uint32_t k = 1 + roll(w, 3); k > 0 && w->n_parties < PARTIES_MAX; k--)
				w->party[w->n_parties++] = (struct party){ i, -1,
									   one_in(w, 8)   ? ABSENT
									   : one_in(w, 3) ? SLOW
											  : KEEN };
		level_begin = level_end;
		level_end = w->n_parties;
	}
}

static int64_t someone(struct world *w)
{
	return living(w, id_of((int)roll(w, (uint32_t)w->n_parties)));
}

/* ---- putting events to the house ------------------------------------------------------------ */

static struct flow_act act_of(struct world *w, int64_t task, enum flow_on on, int64_t party)
{
	struct flow_act act = { 0, task, { .on = on, .turn = FLOW_ANY_TURN, .by = FLOW_NEVER } };

	act.ev.party.v = party;
	act.ev.person.v = party * 10 + 1 + roll(w, 2);
	return act;
}

static void hear(struct world *w, const struct flow_act *act, const struct flow_effects *fx)
{
	bool crash = w->faults & WORLD_CRASH && !quiet(w) && one_in(w, 200);

	for (uint32_t i = 0; i < fx->n; i++) {
		const struct flow_effect *e = &fx->v[i];
		struct item item = { .what = HEAR, .party = e->who.v, .arg = act->task };

		if ((e->is != FLOW_NOTIFY && e->is != FLOW_ESCALATE) || e->who.v == OVERSEER)
			continue;
		item.at = w->now + 1 + roll(w, 10 * MINUTE);
		if (w->faults & WORLD_DELAY && !quiet(w) && one_in(w, 20)) {
			item.at += roll(w, 3 * DAY);
			w->seen->delayed++;
		}
		if (crash) /* committed, and the server is gone before it told anybody */
			ignore(vec_push(&w->outbox, item));
		if (!crash || one_in(w, 2)) /* or just after, and will tell them twice */
			push(w, item);
	}
	if (crash) {
		w->seen->crashes++;
		w->down = true;
		push(w, (struct item){ .at = w->now + 1 + roll(w, 2 * DAY), .what = UP });
	}
}

static enum err put(struct world *w, struct flow_act *act, struct flow_effects *fx)
{
	enum err e;

	const struct flow_task *t = flow_book_task(w->b, act->task);

	act->now = clock_of(w);
	act->ev.own = act->ev.actor == FLOW_PERSON && t->doer.v && act->ev.person.v != t->doer.v &&
		      book_human(act->ev.person.v) == book_human(t->doer.v);
	w->seen->two_accounts += act->ev.own;
	e = flow_book_do(w->b, act, fx);
	if (!e && !fx->again) {
		push_due(w, (struct due){ flow_book_task(w->b, act->task)->due, act->task });
		hear(w, act, fx);
	}
	return e;
}

static void by_house(struct world *w, struct flow_act *act)
{
	struct flow_effects fx;

	act->ev.actor = act->ev.on == FLOW_ON_CLOCK ? FLOW_CLOCK : FLOW_HOUSE;
	act->ev.party.v = act->ev.person.v = 0;
	ignore(put(w, act, &fx));
}

static void tick_one(struct world *w, int64_t task)
{
	struct flow_act act = act_of(w, task, FLOW_ON_CLOCK, 1);

	w->seen->ticks++;
	by_house(w, &act);
}

static void tick(struct world *w)
{
	const struct due *d;
	int64_t calm = w->calm;

	while (!w->down && !w->b->why.n && (d = first_due(w)) && d->at <= clock_of(w)) {
		if (d->at > calm)
			w->seen->lag_s_max = max_i64(w->seen->lag_s_max, clock_of(w) - d->at);
		tick_one(w, d->task);
	}
}

/* A clock set back: what was due later may be due sooner than it says. */
static void tick_all(struct world *w)
{
	for (size_t i = 1; i <= w->b->tasks.n && !w->down; i++)
		if (flow_book_task(w->b, (int64_t)i)->due != FLOW_NEVER)
			tick_one(w, (int64_t)i);
}

/* ---- people --------------------------------------------------------------------------------- */

static const struct flow_clock clocks[] = {
	{ 2 * HOUR, 8 * HOUR, 4 * HOUR, HOUR, 0, HOUR, 3 * DAY },
	{ HOUR, 24 * HOUR, 8 * HOUR, 2 * HOUR, HOUR, 2 * HOUR, 7 * DAY },
	{ DAY, 5 * DAY, 2 * DAY, DAY, 0, DAY, 10 * DAY },
	{ 4 * HOUR, 15 * DAY, 3 * DAY, DAY, 12 * HOUR, 3 * DAY, 0 },
	{ 10 * MINUTE, 2 * HOUR, HOUR, 10 * MINUTE, 0, 0, 2 * DAY },
};

/* Something that waits: how long until it is done. */
static int64_t work(struct world *w, int64_t party)
{
	enum zeal zeal = w->party[index_of(party)].zeal;

	return zeal == SLOW ? HOUR + roll(w, 4 * DAY) : MINUTE + roll(w, 6 * HOUR);
}

static void will_do(struct world *w, struct flow_act *act, int64_t at)
{
	struct item item = { .at = at, .what = DO_ACT, .act = *act };
	int times = 1;

	if (w->faults & WORLD_DELAY && !quiet(w) && one_in(w, 15)) {
		item.at += roll(w, 3 * DAY);
		w->seen->delayed++;
	}
	if (w->faults & WORLD_DOUBLE && !quiet(w) && one_in(w, 10)) {
		times = 2 + (int)roll(w, 2);
		w->seen->doubled++;
	}
	for (; times > 0; times--) {
		push(w, item);
		item.at += roll(w, HOUR);
	}
}

/* What the owner does next. */
static bool as_owner(struct world *w, const struct flow_task *t, struct flow_act *act)
{
	struct flow_event *ev = &act->ev;
	bool waits = t->phase == FLOW_OPEN || t->phase == FLOW_RETURNED;

	if (t->push == FLOW_WAITING) {
		ev->on = FLOW_ON_WITHDRAW;
		return one_in(w, 6);
	}
	if (t->phase == FLOW_PROVED)
		return false;
	if (one_in(w, 8)) {
		ev->on = FLOW_ON_OFFER;
		ev->to.v = someone(w);
		return true;
	}
	if (waits && one_in(w, 8)) {
		ev->on = FLOW_ON_DECLINE;
		ev->reason = true;
		ev->duty = resolve(w, t->sender.v);
		return true;
	}
	ev->on = waits                                       ? FLOW_ON_ACCEPT
		 : t->phase == FLOW_ACCEPTED && one_in(w, 2) ? FLOW_ON_START
							     : FLOW_ON_PROVE;
	ev->evidence = one_in(w, 6) ? FLOW_TEXT : FLOW_PROOFS;
	return true;
}

static bool as_checker(struct world *w, const struct flow_task *t, struct flow_act *act)
{
	if (t->phase != FLOW_PROVED)
		return false;
	act->ev.on = one_in(w, 4) ? FLOW_ON_RETURN : FLOW_ON_CLOSE;
	act->ev.reason = true;
	return true;
}

static bool as_receiver(struct world *w, const struct flow_task *t, struct flow_act *act)
{
	act->ev.on = one_in(w, 3) ? FLOW_ON_REFUSE : FLOW_ON_TAKE;
	act->ev.reason = true;
	act->ev.duty = resolve(w, t->offered_to.v);
	act->ev.offer = one_in(w, 2) ? t->n_offers : 0;
	return true;
}

static bool as_superior(struct world *w, const struct flow_task *t, struct flow_act *act)
{
	struct flow_event *ev = &act->ev;
	uint32_t how = roll(w, 12);

	ev->reason = true;
	if (t->phase == FLOW_PROVED)
		return as_checker(w, t, act);
	if (how < 4) {
		ev->on = FLOW_ON_ASSIGN;
		ev->duty = resolve(w, someone(w));
	} else if (how == 4 && !quiet(w)) {
		ev->on = FLOW_ON_EXTEND;
		ev->by = t->stage[FLOW_TO_DO].by + roll(w, 10 * DAY);
	} else if (how == 5) {
		ev->on = FLOW_ON_TIGHTEN;
		ev->by = t->stage[FLOW_TO_DO].by - roll(w, 5 * DAY);
	} else if (how == 6) {
		ev->on = FLOW_ON_CANCEL;
	} else if (how == 7) {
		ev->on = FLOW_ON_FOLD;
		ev->by = t->stage[FLOW_TO_DO].by + HOUR - roll(w, 2 * HOUR);
	} else {
		return false;
	}
	return true;
}

/* A party looks at a task and decides. */
static void look(struct world *w, int64_t party, int64_t id)
{
	const struct flow_task *t = flow_book_task(w->b, id);
	struct flow_act act = act_of(w, id, FLOW_ON_N, party);
	unsigned who = flow_who_is(t, &act.ev);
	bool acts = false;

	if (!is_alive(w, party) || w->party[index_of(party)].zeal == ABSENT ||
	    t->phase == FLOW_NONE || t->phase == FLOW_CLOSED)
		return;
	if (who & FLOW_BY_RECEIVER)
		acts = as_receiver(w, t, &act);
	else if (who & FLOW_BY_OWNER)
		acts = as_owner(w, t, &act);
	else if (who & FLOW_BY_CHECKER && t->phase == FLOW_PROVED)
		acts = as_checker(w, t, &act);
	else if (who & FLOW_BY_SUPERIOR)
		acts = as_superior(w, t, &act);
	if (!acts)
		return;
	if (!one_in(w, 5))
		act.ev.turn = t->turn;
	will_do(w, &act, w->now + work(w, party));
}

static void raise_one(struct world *w)
{
	int64_t id = (int64_t)w->b->tasks.n + 1, owner = someone(w), sender = someone(w);
	struct flow_act act = act_of(w, id, FLOW_ON_RAISE, sender);
	struct flow_effects fx;

	act.ev.duty = resolve(w, owner);
	act.ev.clock = clocks[roll(w, (uint32_t)ARRAY_LEN(clocks))];
	act.ev.evidence = (uint8_t)(1 + roll(w, FLOW_PROOFS));
	if (one_in(w, 10))
		act.ev.by = clock_of(w) - HOUR + roll(w, 10 * DAY);
	if (one_in(w, 10)) { /* as an alarm would */
		act.ev.to.v = sender;
		by_house(w, &act);
	} else {
		ignore(put(w, &act, &fx));
	}
}

/* Anything by anybody. Most of it must be refused, and all of it must leave things in order. */
static void mischief(struct world *w)
{
	int64_t id = 1 + roll(w, (uint32_t)w->b->tasks.n);
	const struct flow_task *t = flow_book_task(w->b, id);
	int64_t party[] = { t->owner.v, t->checker.v, t->sender.v, someone(w), living(w, 1) };
	struct flow_act act = act_of(w, id, (enum flow_on)roll(w, FLOW_ON_CLOCK),
				     party[roll(w, (uint32_t)ARRAY_LEN(party))]);
	struct flow_effects fx;

	if (act.ev.on == FLOW_ON_REOWN || act.ev.on == FLOW_ON_REWIRE || act.ev.party.v <= 0)
		return;
	if (one_in(w, 2))
		act.ev.person = t->doer.v ? t->doer : act.ev.person;
	act.ev.duty = resolve(w, one_in(w, 2) ? someone(w) : t->offered_to.v ? t->offered_to.v : 1);
	act.ev.to.v = someone(w);
	act.ev.by = clock_of(w) - DAY + roll(w, 3 * DAY);
	act.ev.evidence = (uint8_t)roll(w, 8);
	act.ev.reason = !one_in(w, 4);
	act.ev.offer = roll(w, 3);
	if (one_in(w, 2))
		act.ev.turn = t->turn - roll(w, 2);
	w->seen->mischief++;
	ignore(put(w, &act, &fx));
}

/* ---- what happens to the province ----------------------------------------------------------- */

static bool touched(const struct world *w, const struct flow_task *t)
{
	bool fine = is_alive(w, t->owner.v) && is_alive(w, t->checker.v) &&
		    is_alive(w, t->sender.v) && (!t->offered_to.v || is_alive(w, t->offered_to.v));

	for (uint32_t i = 0; i < t->line.n; i++)
		fine &= is_alive(w, t->line.level[i].v);
	return !fine;
}

/* A task whose people changed has an owner again in the same step. */
static void mend(struct world *w, int64_t id)
{
	const struct flow_task *t = flow_book_task(w->b, id);
	struct flow_act act;

	if (t->phase == FLOW_NONE || t->phase == FLOW_CLOSED || !touched(w, t))
		return;
	if (t->offered_to.v && !is_alive(w, t->offered_to.v)) {
		act = act_of(w, id, FLOW_ON_REFUSE, 1);
		act.ev.reason = true;
		by_house(w, &act);
	}
	if (!is_alive(w, t->owner.v)) {
		act = act_of(w, id, FLOW_ON_REOWN, 1);
		act.ev.duty = resolve(w, t->owner.v);
		by_house(w, &act);
	}
	act = act_of(w, id, FLOW_ON_REWIRE, 1);
	act.ev.duty = resolve(w, t->owner.v);
	act.ev.to.v = living(w, t->sender.v);
	by_house(w, &act);
	if (!w->b->why.n && touched(w, t))
		buf_fmt(&w->b->why, "I3: task %" PRId64 " is left with who is gone\n", id);
}

static void reorganise(struct world *w)
{
	int i = 1 + (int)roll(w, (uint32_t)w->n_parties - 1), into = -1;
	bool merge = w->faults & WORLD_MERGE && (!(w->faults & WORLD_LEAVE) || one_in(w, 2));

	if (w->party[i].into >= 0)
		return;
	for (int k = 1; merge && k < w->n_parties; k++)
		if (k != i && w->party[k].parent == w->party[i].parent && w->party[k].into < 0)
			into = k;
	if (into < 0)
		into = alive(w, w->party[i].parent);
	w->party[i].into = into;
	*(merge ? &w->seen->merged : &w->seen->left) += 1;
	for (size_t id = 1; id <= w->b->tasks.n; id++)
		mend(w, (int64_t)id);
}

/* Who has it next: anybody; the second time somebody right below the party that proved it. */
static int64_t next_hand(struct world *w, const struct book_task *t)
{
	int from = (int)roll(w, (uint32_t)w->n_parties);

	for (int k = 0; t->by_party != t->t.owner.v && k < w->n_parties; k++) {
		int i = (from + k) % w->n_parties;

		if (w->party[i].into < 0 && w->party[i].parent >= 0 &&
		    id_of(alive(w, w->party[i].parent)) == t->by_party)
			return id_of(i);
	}
	return someone(w);
}

/*
 * Areas change hands, and who had them is still there: their tasks are others' now, and their
 * proofs are not.
 */
static void hand_over(struct world *w)
{
	int64_t from = someone(w);

	w->seen->handed++;
	for (size_t i = 0; i < w->b->tasks.n; i++) {
		const struct book_task *t = &w->b->tasks.v[i];

		if (t->t.phase == FLOW_CLOSED || t->t.phase == FLOW_NONE ||
		    (t->t.owner.v != from && (t->t.phase != FLOW_PROVED || !one_in(w, 8))))
			continue;
		for (uint32_t n = 1 + roll(w, 2); n > 0; n--) {
			struct flow_act act = act_of(w, (int64_t)i + 1, FLOW_ON_REOWN, 1);

			act.ev.duty = resolve(w, next_hand(w, t));
			by_house(w, &act);
		}
	}
}

static void jump(struct world *w)
{
	static const int64_t by[] = { 1, 90, HOUR, DAY, 30 * DAY, YEAR };
	int64_t s = by[roll(w, (uint32_t)ARRAY_LEN(by))];
	int64_t back;

	if (one_in(w, 10))
		s = one_in(w, 2) ? clock_of(w) - 1 : 2147483647 - clock_of(w); /* 1970, 2038 */
	if (one_in(w, 2))
		s = -s;
	if (clock_of(w) + s < -EPOCH)
		return;
	back = w->offset;
	w->offset += s;
	w->calm = max_i64(w->calm, clock_of(w) + max_i64(0, -s));
	w->seen->jumps++;
	if (!one_in(w, 4)) /* mostly somebody sets it right again */
		push(w, (struct item){ .at = w->now + 1 + roll(w, 3 * DAY),
				       .what = JUMP_BACK,
				       .arg = back });
	if (s < 0)
		tick_all(w);
}

static void set_clock(struct world *w, int64_t offset)
{
	int64_t s = offset - w->offset;

	w->offset = offset;
	w->calm = max_i64(w->calm, clock_of(w) + max_i64(0, -s));
	if (s < 0)
		tick_all(w);
}

static void come_up(struct world *w)
{
	w->down = false;
	w->calm = max_i64(w->calm, clock_of(w));
	for (size_t i = 0; i < w->outbox.n; i++) {
		w->outbox.v[i].at = w->now + 1 + roll(w, MINUTE);
		push(w, w->outbox.v[i]);
	}
	w->outbox.n = 0;
	tick_all(w); /* as after any start: the clock may have been set back meanwhile */
}

static void go_down(struct world *w)
{
	w->down = true;
	w->seen->read_only++;
	push(w, (struct item){ .at = w->now + 1 + roll(w, DAY), .what = UP });
}

static void act_comes(struct world *w, struct item *item)
{
	struct flow_effects fx;
	int64_t party = item->act.ev.party.v;
	enum err e;

	if (w->faults & WORLD_CRASH && !quiet(w) && one_in(w, 300)) {
		/* Gone before the commit: nobody was told that it is done; they send it again. */
		w->seen->crashes++;
		go_down(w);
		item->at = w->now + MINUTE;
		push(w, *item);
		return;
	}
	e = put(w, &item->act, &fx);

	/* Who did something, or was refused, looks again. */
	if (!w->b->why.n && (e || !fx.again) && is_alive(w, party))
		push(w, (struct item){ .at = w->now + 1 + roll(w, e ? DAY : HOUR),
				       .what = HEAR,
				       .party = party,
				       .arg = item->act.task });
}

/* An event that comes back every so often, while there are faults. */
static void again(struct world *w, const struct item *item, int64_t mean_s)
{
	struct item next = *item;

	next.at = w->now + 1 + roll(w, (uint32_t)(2 * mean_s));
	if (next.at < w->end)
		push(w, next);
}

static void happens(struct world *w, struct item *item)
{
	if (w->down && item->what != UP && item->what != HEAR) {
		item->at = w->now + 10 * MINUTE + roll(w, HOUR);
		push(w, *item);
		return;
	}
	switch (item->what) {
	case DO_ACT: act_comes(w, item); break;
	case HEAR: look(w, item->party, item->arg); break;
	case NEW_TASK:
		raise_one(w);
		again(w, item, 3 * DAY);
		break;
	case BURST:
		for (int i = 0; i < 100 && !w->down; i++)
			raise_one(w);
		w->seen->bursts++;
		again(w, item, 120 * DAY);
		break;
	case REORGANISE:
		reorganise(w);
		again(w, item, 25 * DAY);
		break;
	case JUMP:
		jump(w);
		again(w, item, 20 * DAY);
		break;
	case JUMP_BACK: set_clock(w, item->arg); break;
	case DOWN:
		again(w, item, 30 * DAY);
		go_down(w);
		break;
	case UP: come_up(w); break;
	case HAND_OVER:
		hand_over(w);
		again(w, item, 5 * DAY);
		break;
	case MISCHIEF:
		if (w->b->tasks.n)
			mischief(w);
		again(w, item, 8 * HOUR);
		break;
	}
}

static void seed_events(struct world *w)
{
	static const struct {
		unsigned fault;
		enum what what;
		int64_t mean_s;
	} begin[] = {
		{ 0, NEW_TASK, HOUR },
		{ WORLD_BURST, BURST, 60 * DAY },
		{ WORLD_LEAVE | WORLD_MERGE, REORGANISE, 20 * DAY },
		{ WORLD_JUMP, JUMP, 15 * DAY },
		{ WORLD_READ_ONLY, DOWN, 20 * DAY },
		{ WORLD_MISCHIEF, MISCHIEF, DAY },
		{ WORLD_HAND_OVER, HAND_OVER, 5 * DAY },
	};

	for (size_t i = 0; i < ARRAY_LEN(begin); i++)
		if (!begin[i].fault || w->faults & begin[i].fault)
			again(w, &(struct item){ .what = begin[i].what }, begin[i].mean_s);
}

static int64_t next_tick(struct world *w)
{
	const struct due *d = w->down ? NULL : first_due(w);
	int64_t at;

	if (!d)
		return FLOW_NEVER;
	at = max_i64(w->now, d->at - w->offset);
	return at + (TICK_S - at % TICK_S) % TICK_S;
}

static void run_until(struct world *w, int64_t end)
{
	while (!w->b->why.n) {
		int64_t tick_at = next_tick(w), at = w->queue.n ? w->queue.v[0].at : FLOW_NEVER;
		struct item item;

		if (min_i64(tick_at, at) >= end)
			break;
		w->now = min_i64(tick_at, at);
		if (tick_at <= at) {
			tick(w);
			continue;
		}
		item = pop(w);
		happens(w, &item);
	}
	w->now = end;
}

static void must_be_settled(struct world *w)
{
	for (size_t i = 0; i < w->b->tasks.n && !w->b->why.n; i++) {
		const struct book_task *t = &w->b->tasks.v[i];

		w->b->seen.topped += t->topped;
		if (t->t.phase != FLOW_CLOSED && !t->topped && t->t.phase != FLOW_NONE)
			buf_fmt(&w->b->why, "liveness: task %zu is neither closed nor at the top\n",
				i + 1);
		else if (t->t.phase != FLOW_CLOSED && t->t.due <= clock_of(w) - 2 * TICK_S)
			buf_fmt(&w->b->why, "liveness: task %zu starves\n", i + 1);
	}
}

static void add_seen(struct book_seen *to, const struct book_seen *from)
{
	uint64_t *a = (uint64_t *)to;
	const uint64_t *b = (const uint64_t *)from;

	for (size_t i = 0; i < sizeof(*to) / sizeof(*a); i++)
		a[i] += b[i];
}

bool flow_world_run(uint64_t seed, struct flow_book *b, struct flow_world_seen *seen)
{
	struct world w = { .dice = { seed * 0x9e3779b97f4a7c15u }, .b = b, .seen = seen };

	w.faults = roll(&w, WORLD_FAULTS + 1);
	w.now = EPOCH;
	w.end = EPOCH + (int64_t)WORLD_DAYS * DAY;
	w.calm = INT64_MIN;
	plant(&w);
	seed_events(&w);
	run_until(&w, w.end);
	if (w.down)
		come_up(&w);
	run_until(&w, w.end + (int64_t)WORLD_QUIET_DAYS * DAY);
	if (!b->why.n)
		must_be_settled(&w);
	flow_book_sums(b);
	seen->worlds++;
	seen->days += WORLD_DAYS + WORLD_QUIET_DAYS;
	add_seen(&seen->book, &b->seen);
	vec_drop(&w.queue);
	vec_drop(&w.dues);
	vec_drop(&w.outbox);
	return b->why.n == 0;
}
