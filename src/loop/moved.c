/* moved.c - see moved.h. */
#include "loop/moved.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "grid/officer.h"
#include "grid/organisation.h"
#include "loop/duty_of.h"
#include "loop/duty_of.sql.h"
#include "loop/inside.h"
#include "loop/moved.sql.h"

#include "base/ban.h"

enum { PARENTS_MAX = 8, RANGES_MAX = 4096 };

/* Who answered for a place of the matrix, and who does now; 0 nobody. */
struct shift {
	struct area_code area;
	enum duty_sector sector;
	enum duty_party party;
	int64_t was, is;
};
struct touched {
	int64_t id;
	struct area_code area;
	enum duty_sector sector;
};

struct moving {
	struct loop *l;
	struct call *c;
	struct tx *tx;
	struct utc_s now;
	struct fault *f;

	struct flow_party gone; /* an organisation that is no longer active, or 0 */
	const struct area_code *merged;
	size_t n_merged;
	VEC(struct shift) shift;
	VEC(struct touched) task;

	struct loop_way was, is; /* of the place at hand */
	bool read;
	uint64_t n_ownerless;
	struct touched ownerless; /* for instance */
};

static void moving_end(struct moving *m)
{
	vec_drop(&m->shift);
	vec_drop(&m->task);
}

/* ---- which tasks ---------------------------------------------------------------------------- */

static enum err take_tasks(struct moving *m, const struct sql *sql, struct sql_args args)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(m->tx, sql, args, &r, m->f);

	while (!e && !(e = rows_next(r, &more, m->f)) && more) {
		struct touched t = { rows_i64(r, 0),
				     { rows_i64(r, 1) },
				     (enum duty_sector)choice_find(duty_sectors, DUTY_SECTOR_N,
								   rows_text(r, 2)) };

		e = vec_push(&m->task, t);
	}
	return e;
}

static enum err take_under(struct moving *m, struct area_code a, enum duty_sector sector)
{
	if (sector)
		return take_tasks(m, &moved_sql.under,
				  SQL_ARGS(sql_i64(a.v), sql_i64(area_end(a).v),
					   sql_text(str_of(duty_sectors[sector].word))));
	return take_tasks(m, &moved_sql.under_any, SQL_ARGS(sql_i64(a.v), sql_i64(area_end(a).v)));
}

typedef VEC(struct area_code) area_set;

static enum err add_merged(struct moving *m, area_set *set, struct area_code into)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(m->tx, &moved_sql.into,
			     SQL_ARGS(sql_i64(into.v), sql_i64(area_end(into).v)), &r, m->f);

	while (!e && !(e = rows_next(r, &more, m->f)) && more) {
		struct area_code a = { rows_i64(r, 0) };
		bool there = false;

		for (size_t i = 0; i < set->n; i++)
			there = there || area_covers(set->v[i], a);
		if (!there && set->n < RANGES_MAX)
			e = vec_push(set, a);
	}
	return e;
}

/* Tasks of an area, and of whatever was merged into it or below it. */
static enum err take_place(struct moving *m, struct area_code area, enum duty_sector sector)
{
	area_set set = { 0 };
	enum err e = vec_push(&set, area);

	for (size_t i = 0; !e && i < set.n; i++)
		if (!(e = take_under(m, set.v[i], sector)))
			e = add_merged(m, &set, set.v[i]);
	vec_drop(&set);
	return e;
}

/* Those of one place follow each other, so that its way is read once. */
static int by_place(const void *x, const void *y)
{
	const struct touched *a = x, *b = y;

	if (a->area.v != b->area.v)
		return a->area.v < b->area.v ? -1 : 1;
	if (a->sector != b->sector)
		return a->sector < b->sector ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

/* ---- one task ------------------------------------------------------------------------------- */

/* The way as it was before the change. */
static enum err way_before(struct moving *m)
{
	if (m->n_merged)
		return loop_way_unmerged(m->tx, m->is.area, m->is.sector, m->merged, m->n_merged,
					 &m->was, m->f);
	m->was = m->is;
	for (size_t i = 0; i < m->shift.n; i++) {
		const struct shift *s = &m->shift.v[i];

		for (size_t k = 0; s->sector == m->is.sector && k < m->was.n; k++)
			if (m->was.rung[k].area.v == s->area.v)
				m->was.rung[k].party[s->party].v = s->was;
	}
	return OK;
}

static enum err way_of(struct moving *m, const struct touched *t)
{
	enum err e;

	if (m->read && m->is.area.v == t->area.v && m->is.sector == t->sector)
		return OK;
	m->read = false;
	if ((e = loop_way_read(m->tx, t->area, t->sector, &m->is, m->f)) || (e = way_before(m)))
		return e;
	m->read = true;
	return OK;
}

/* Where on the way a party answers; w->n: nowhere. */
static size_t rung_of(const struct loop_way *w, struct flow_party p)
{
	for (size_t i = 0; i < w->n; i++)
		for (int k = DUTY_TERRITORY; k <= DUTY_UNIT; k++)
			if (w->rung[i].party[k].v == p.v)
				return i;
	return w->n;
}

/* Does whoever owned it by answering for its place answer there still? */
static bool answers_still(const struct moving *m, struct flow_party owner)
{
	size_t was = rung_of(&m->was, owner), is = rung_of(&m->is, owner);

	return was < m->was.n && is < m->is.n && m->was.rung[was].area.v == m->is.rung[is].area.v;
}

static bool must_leave(const struct moving *m, const struct flow_task *t)
{
	struct flow_party was = loop_way_owner(&m->was), is = loop_way_owner(&m->is);

	if (t->away)
		return false;
	if (t->owner.v == m->gone.v)
		return true;
	if (t->owner.v != was.v || !is.v || is.v == was.v)
		return false;
	return t->phase == FLOW_OPEN || !answers_still(m, t->owner);
}

static bool same_line(const struct flow_task *t, const struct flow_duty *d)
{
	bool same = t->checker.v == d->checker.v && t->line.n == d->line.n;

	for (uint32_t i = 0; same && i < d->line.n; i++)
		same = t->line.level[i].v == d->line.level[i].v;
	return same;
}

static enum err by_house(struct moving *m, int64_t task, struct flow_event *ev)
{
	struct loop_act act = {
		.task = task,
		.ev = *ev,
		.reason = STR("责任关系变更，由系统改派 / by the house, as responsibility changed"),
	};
	struct flow_effects fx;

	act.ev.turn = FLOW_ANY_TURN;
	act.ev.actor = FLOW_HOUSE;
	act.ev.by = FLOW_NEVER;
	act.ev.reason = true;
	return loop_do(m->l, m->c, m->tx, &act, m->now, &fx, m->f);
}

/* Who speaks for a sender that is gone: the next active one above it, else who checks. */
static enum err heir_of(struct moving *m, struct flow_party gone, const struct flow_duty *d,
			struct flow_party *ret)
{
	int64_t at = gone.v;

	*ret = d->checker;
	for (int i = 0; i < PARENTS_MAX && at; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		enum err e =
			tx_row(m->tx, &duty_of_sql.organisation, SQL_ARGS(sql_i64(at)), &r, m->f);

		if (e)
			return e == ERR_ABSENT ? OK : e;
		if (rows_i64(r, 0)) {
			ret->v = at;
			return OK;
		}
		at = rows_i64(r, 1);
	}
	return OK;
}

static enum err mend_to(struct moving *m, const struct flow_task *t, bool leaves,
			const struct flow_duty *d)
{
	struct flow_event refuse = { .on = FLOW_ON_REFUSE };
	struct flow_event reown = { .on = FLOW_ON_REOWN, .duty = *d };
	struct flow_event rewire = { .on = FLOW_ON_REWIRE, .duty = *d };
	enum err e = OK;

	if (m->gone.v && t->offered_to.v == m->gone.v)
		e = by_house(m, t->id, &refuse);
	if (!e && leaves)
		e = by_house(m, t->id, &reown);
	if (!e && m->gone.v && t->sender.v == m->gone.v)
		e = heir_of(m, t->sender, d, &rewire.to);
	if (!e && (rewire.to.v || (!leaves && !same_line(t, d))))
		e = by_house(m, t->id, &rewire);
	return e;
}

static enum err mend(struct moving *m, const struct touched *at)
{
	struct fault why = { 0 };
	struct flow_duty d;
	struct work w;
	bool leaves;
	enum err e;

	if ((e = way_of(m, at)) || (e = work_inner(m->tx, area_county(at->area), at->id, &w, m->f)))
		return e == ERR_ABSENT ? OK : e;
	if (w.t.phase == FLOW_CLOSED)
		return OK;
	leaves = must_leave(m, &w.t);
	e = loop_duty_on(m->tx, &m->is, leaves ? (struct flow_party){ 0 } : w.t.owner, &d, &why);
	if (e == ERR_RANGE) {
		if (!m->n_ownerless++)
			m->ownerless = *at;
		return OK;
	}
	if (e)
		return fault_set(m->f, e, "%s", "%s", why.en);
	return mend_to(m, &w.t, leaves, &d);
}

/* ---- all of them ---------------------------------------------------------------------------- */

static enum err refuse(struct moving *m)
{
	const struct choice *sector = &duty_sectors[m->ownerless.sector];
	char code[AREA_TEXT_BYTES];

	area_text(m->ownerless.area, code);
	return fault_set(
		m->f, ERR_CONFLICT,
		"这样一改，有 %" PRIu64 " 项未办结的任务没有责任方或核查方"
		"（例如区划 %s 的“%s”领域%.0s）；请先在责任表中落实接替的责任人，再做这一步",
		"%" PRIu64 " open tasks would have nobody to own or to check them, for "
		"instance in area %s, sector%.0s %s: fill the responsibility that takes "
		"their place first, then do this",
		m->n_ownerless, code, sector->zh ? sector->zh : "?", sector->en ? sector->en : "?");
}

static enum err move_all(struct moving *m)
{
	int64_t last = 0;
	enum err e = OK;

	for (size_t i = 0; !e && i < m->shift.n; i++)
		if (m->shift.v[i].was != m->shift.v[i].is)
			e = take_place(m, m->shift.v[i].area, m->shift.v[i].sector);
	for (size_t i = 0; !e && i < m->n_merged; i++)
		e = take_place(m, m->merged[i], DUTY_NO_SECTOR);
	if (!e && m->gone.v)
		e = take_tasks(m, &moved_sql.of_party,
			       SQL_ARGS(sql_i64(m->gone.v), sql_i64(INT64_MIN + 1)));
	if (m->task.n)
		qsort(m->task.v, m->task.n, sizeof *m->task.v, by_place);
	for (size_t i = 0; !e && i < m->task.n; i++)
		if (m->task.v[i].id != last) {
			last = m->task.v[i].id;
			e = mend(m, &m->task.v[i]);
		}
	return !e && m->n_ownerless ? refuse(m) : e;
}

/* ---- what has shifted ----------------------------------------------------------------------- */

struct hand { /* somebody who could answer */
	int64_t officer, organisation;
	bool in_office, active; /* the officer; the organisation */
};
struct place {
	struct area_code area;
	enum duty_sector sector;
	enum duty_party party;
	struct hand holder, stand_in;
};

static int64_t answer(const struct place *p)
{
	const struct hand *h = &p->holder, *s = &p->stand_in;

	if (h->in_office && h->active)
		return h->organisation;
	return s->in_office && s->active ? s->organisation : 0;
}

static struct hand read_hand(struct rows *r, size_t at)
{
	return (struct hand){ .officer = rows_i64(r, at),
			      .in_office = str_eq(rows_text(r, at + 1), STR("active")),
			      .organisation = rows_i64(r, at + 2),
			      .active = str_eq(rows_text(r, at + 3), STR("active")) };
}

static struct place read_place(struct rows *r)
{
	return (struct place){
		.area = { rows_i64(r, 0) },
		.sector =
			(enum duty_sector)choice_find(duty_sectors, DUTY_SECTOR_N, rows_text(r, 1)),
		.party = (enum duty_party)choice_find(duty_parties, DUTY_PARTY_N, rows_text(r, 2)),
		.holder = read_hand(r, 3),
		.stand_in = read_hand(r, 7),
	};
}

static enum err shift_push(struct moving *m, const struct place *p, int64_t was, int64_t is)
{
	struct shift s = { p->area, p->sector, p->party, was, is };

	return vec_push(&m->shift, s);
}

/* Who answers through an officer; all zeros for nobody. */
static enum err officer_place(struct moving *m, struct record_id officer, struct place *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(m->tx, &moved_sql.officer, SQL_ARGS(sql_i64(officer.v)), &r, m->f);

	*ret = (struct place){ 0 };
	if (!e)
		*ret = read_place(r);
	return e == ERR_ABSENT ? OK : e;
}

static struct moving begin(void *arg, struct call *c, struct tx *tx, const struct record *after,
			   struct fault *f)
{
	struct loop_house *h = arg;

	assert(h->loop);
	return (struct moving){
		.l = h->loop, .c = c, .tx = tx, .now = c ? c->now : after->updated_at, .f = f
	};
}

static enum err follow_organisation(void *arg, struct call *c, struct tx *tx, const void *before,
				    const void *after, struct fault *f)
{
	const struct organisation *b = before, *a = after;
	CLEANUP(moving_end) struct moving m = begin(arg, c, tx, &a->record, f);
	bool was = b && b->record.state == ORGANISATION_ACTIVE;
	bool is = a->record.state == ORGANISATION_ACTIVE, more;
	enum err e = OK;

	if (!b || was == is)
		return OK;
	if (!is)
		return loop_moved(m.l, c, tx, (struct flow_party){ a->record.id.v }, m.now, f);
	{
		CLEANUP(rows_end) struct rows *r = NULL;

		e = tx_rows(tx, &moved_sql.of_organisation, SQL_ARGS(sql_i64(a->record.id.v)), &r,
			    f);
		while (!e && !(e = rows_next(r, &more, f)) && more) {
			struct place now = read_place(r), then = now;

			if (then.holder.organisation == a->record.id.v)
				then.holder.active = false;
			if (then.stand_in.organisation == a->record.id.v)
				then.stand_in.active = false;
			e = shift_push(&m, &now, answer(&then), answer(&now));
		}
	}
	return e ? e : move_all(&m);
}

enum err loop_moved(struct loop *l, struct call *c, struct tx *tx, struct flow_party gone,
		    struct utc_s now, struct fault *f)
{
	CLEANUP(moving_end)
	struct moving m = { .l = l, .c = c, .tx = tx, .now = now, .f = f, .gone = gone };
	bool more;
	enum err e;

	{
		CLEANUP(rows_end) struct rows *r = NULL;

		e = tx_rows(tx, &moved_sql.of_organisation, SQL_ARGS(sql_i64(gone.v)), &r, f);
		while (!e && !(e = rows_next(r, &more, f)) && more) {
			struct place is = read_place(r), was = is;

			if (was.holder.organisation == gone.v)
				was.holder.active = true;
			if (was.stand_in.organisation == gone.v)
				was.stand_in.active = true;
			e = shift_push(&m, &is, answer(&was), answer(&is));
		}
	}
	return e ? e : move_all(&m);
}

/* What a hand was before its officer changed. */
static void hand_before(struct hand *h, const struct officer *b, const struct hand *org_then)
{
	if (h->officer != b->record.id.v)
		return;
	h->in_office = b->record.state == OFFICER_ACTIVE;
	h->organisation = b->organisation.v;
	h->active = org_then->active;
}

static enum err officer_shifts(struct moving *m, const struct officer *b, const struct officer *a)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct hand org_then = { 0 };
	struct place stand_in_then;
	bool more;
	enum err e = officer_place(m, b->substitute, &stand_in_then);

	if (!e && b->organisation.v) {
		CLEANUP(rows_end) struct rows *o = NULL;

		e = tx_row(m->tx, &duty_of_sql.organisation, SQL_ARGS(sql_i64(b->organisation.v)),
			   &o, m->f);
		org_then.active = !e && rows_i64(o, 0);
		e = e == ERR_ABSENT ? OK : e;
	}
	if (!e)
		e = tx_rows(m->tx, &moved_sql.of_officer, SQL_ARGS(sql_i64(a->record.id.v)), &r,
			    m->f);
	while (!e && !(e = rows_next(r, &more, m->f)) && more) {
		struct place is = read_place(r), was = is;

		if (was.holder.officer == a->record.id.v)
			was.stand_in = stand_in_then.holder;
		hand_before(&was.holder, b, &org_then);
		hand_before(&was.stand_in, b, &org_then);
		e = shift_push(m, &is, answer(&was), answer(&is));
	}
	return e;
}

static enum err follow_officer(void *arg, struct call *c, struct tx *tx, const void *before,
			       const void *after, struct fault *f)
{
	const struct officer *b = before, *a = after;
	CLEANUP(moving_end) struct moving m = begin(arg, c, tx, &a->record, f);
	enum err e;

	if (!b || (b->record.state == a->record.state && b->organisation.v == a->organisation.v &&
		   b->substitute.v == a->substitute.v))
		return OK;
	e = officer_shifts(&m, b, a);
	return e ? e : move_all(&m);
}

static enum err duty_answer(struct moving *m, const struct duty *d, struct place *ret,
			    int64_t *ret_answer)
{
	enum err e = officer_place(m, d->officer, ret);

	*ret_answer = d->record.state == DUTY_ACTIVE ? answer(ret) : 0;
	ret->area = d->record.area;
	ret->sector = d->sector;
	ret->party = d->party;
	return e;
}

static enum err follow_duty(void *arg, struct call *c, struct tx *tx, const void *before,
			    const void *after, struct fault *f)
{
	const struct duty *b = before, *a = after;
	CLEANUP(moving_end) struct moving m = begin(arg, c, tx, &a->record, f);
	struct place here, there;
	int64_t was = 0, is;
	enum err e = duty_answer(&m, a, &here, &is);

	if (!e && b)
		e = duty_answer(&m, b, &there, &was);
	if (!e && b && there.area.v != here.area.v) {
		if (!(e = shift_push(&m, &there, was, 0)))
			e = shift_push(&m, &here, 0, is);
	} else if (!e) {
		e = shift_push(&m, &here, was, is);
	}
	return e ? e : move_all(&m);
}

enum err loop_merged(struct loop *l, struct call *c, struct tx *tx, const struct area_code *gone,
		     size_t n, struct utc_s now, struct fault *f)
{
	CLEANUP(moving_end)
	struct moving m = {
		.l = l, .c = c, .tx = tx, .now = now, .f = f, .merged = gone, .n_merged = n
	};

	return move_all(&m);
}

void loop_followers(struct loop_house *h, struct record_follower ret[LOOP_FOLLOWERS])
{
	ret[0] = (struct record_follower){ &organisation_noun, follow_organisation, h };
	ret[1] = (struct record_follower){ &officer_noun, follow_officer, h };
	ret[2] = (struct record_follower){ &duty_noun, follow_duty, h };
}
