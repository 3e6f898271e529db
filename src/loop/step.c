/*
 * step.c - the one road: an event is put to the engine, and what comes of it is stored.
 *
 * The task and what follows from it in one UPDATE, the story a row a step, the notices by their
 * keys, an entry a step. The last entry carries the task's version and hashes; those before it are
 * steps on the way. What the clock did in the course of a person's act is the clock's there.
 */
#include <stdio.h>
#include <string.h>

#include "engine/flow/table.h"
#include "ledger/ledger.h"
#include "look/look.h"
#include "loop/duty_of.h"
#include "loop/campaign_inside.h"
#include "loop/evidence.h"
#include "loop/inside.h"
#include "loop/notice.h"
#include "loop/signal_inside.h"
#include "loop/loop.sql.h"

#include "base/ban.h"

enum { ACT_BYTES = 64 << 10 };

/* ---- writing --------------------------------------------------------------------------------- */

static struct sql_value id_or_null(int64_t id)
{
	return id ? sql_i64(id) : sql_null();
}

static struct sql_value time_or_null(struct utc_s t)
{
	return t.v == FIELD_NONE ? sql_null() : sql_time(t);
}

static struct sql_value text_or_null(struct str s)
{
	return s.n ? sql_text(s) : sql_null();
}

static struct sql_value word_or_null(const struct choice *c, unsigned i)
{
	return i ? sql_text(str_of(c[i].word)) : sql_null();
}

struct storing {
	struct loop *l;
	struct call *c; /* or NULL */
	struct tx *tx;
	struct fault *f;
	struct work *w;
	const struct flow_event *ev;
	const struct step_words *words;
	struct utc_s now;
	const struct flow_effects *fx;
	struct crypt_hash before, after;
	bool reopened;
};

static enum err put_row(const struct storing *s, struct str packed)
{
	const struct task *t = &s->w->row;
	const struct record *r = &t->record;

	return tx_later(s->tx, &loop_sql.put,
			SQL_ARGS(sql_i64(area_county(r->area).v), sql_i64(r->id.v),
				 sql_i64(r->area.v), sql_text(str_of(task_states[r->state].word)),
				 sql_time(s->now), sql_i64(r->created_by.v), sql_text(t->kind),
				 word_or_null(duty_sectors, t->sector), text_or_null(t->rule),
				 sql_text(t->title), text_or_null(t->detail),
				 text_or_null(t->about), id_or_null(s->w->about_id),
				 id_or_null(s->w->campaign), id_or_null(s->w->signal),
				 id_or_null(t->owner.v), id_or_null(t->checker.v),
				 id_or_null(t->sender.v), sql_i64(t->needs), sql_i64(t->level),
				 sql_i64(t->late), word_or_null(task_stages, t->stage),
				 time_or_null(t->next_by), time_or_null(t->due),
				 time_or_null(t->accept_by), time_or_null(t->done_by),
				 sql_i64(area_at(r->area, AREA_CITY).v), sql_blob(packed)),
			1, s->f);
}

static enum err store_row(const struct storing *s, struct str packed)
{
	const struct task *t = &s->w->row;
	const struct record *r = &t->record;

	return tx_later(s->tx, &loop_sql.store,
			SQL_ARGS(sql_i64(area_county(r->area).v), sql_i64(r->id.v),
				 sql_i64(r->version), sql_text(str_of(task_states[r->state].word)),
				 sql_time(s->now), id_or_null(t->owner.v), id_or_null(t->checker.v),
				 id_or_null(t->sender.v), id_or_null(t->offered_to.v),
				 id_or_null(t->doer.v), word_or_null(task_outcomes, t->outcome),
				 sql_i64(t->level), sql_i64(t->late),
				 word_or_null(task_stages, t->stage), time_or_null(t->next_by),
				 time_or_null(t->due), time_or_null(t->accept_by),
				 time_or_null(t->done_by), time_or_null(t->closed_at),
				 sql_blob(packed)),
			1, s->f);
}

/* ---- the ledger, a record at a time ---------------------------------------------------------- */

/* Effects [from, to) belong to the record at `from`. */
struct span {
	uint32_t from, to;
	uint32_t i; /* which record it is, from 0 */
	bool last;
};

static bool is_clocks(const struct storing *s, const struct span *p)
{
	return s->fx->v[p->from].say >= FLOW_ON_N || s->ev->actor == FLOW_CLOCK;
}

static uint8_t stage_of(const struct storing *s, const struct span *p)
{
	for (uint32_t i = p->from + 1; i < p->to; i++)
		if (s->fx->v[i].is == FLOW_NOTIFY || s->fx->v[i].is == FLOW_ESCALATE ||
		    s->fx->v[i].is == FLOW_DEADLINE)
			return s->fx->v[i].stage;
	return 0;
}

static uint8_t level_of(const struct storing *s, const struct span *p)
{
	for (uint32_t i = p->from + 1; i < p->to; i++)
		if (s->fx->v[i].is == FLOW_ESCALATE)
			return s->fx->v[i].level;
	return 0;
}

static enum err enter(const struct storing *s, const struct span *p)
{
	const struct record *r = &s->w->row.record;
	unsigned say = s->fx->v[p->from].say;
	char detail[80], matter[LEDGER_WORD_MAX];
	struct ledger_entry en = { .county = area_county(r->area),
				   .at = s->now,
				   .kind = LEDGER_ACT,
				   .object = STR("task"),
				   .object_id = r->id.v,
				   .action = str_of(flow_say_words[say].word) };
	int n;

	if (is_clocks(s, p))
		n = snprintf(detail, sizeof detail, "stage=%s level=%u",
			     flow_stage_words[stage_of(s, p)].word, level_of(s, p));
	else
		n = snprintf(detail, sizeof detail, "turn=%u%s", s->w->t.turn,
			     s->ev->reason ? " reason=yes" : "");
	en.detail = (struct str){ detail, (size_t)n };
	if (say == FLOW_ON_RAISE && s->w->row.about.n) {
		(void)snprintf(matter, sizeof matter, "%.*s/" LEDGER_ID, (int)s->w->row.about.n,
			       s->w->row.about.p, (long long)s->w->about_id);
		en.matter = str_of(matter);
	}
	if (p->last) {
		en.version = r->version;
		en.before = s->before;
		en.after = s->after;
	}
	if (s->c && !is_clocks(s, p))
		return call_act(s->c, s->tx, &en, s->f);
	en.purpose = STR("duty");
	if (!is_clocks(s, p) && s->ev->actor == FLOW_PERSON)
		en.actor = s->ev->person.v;
	return ledger_append(s->tx, &en, NULL, s->f);
}

/* ---- story and notices ----------------------------------------------------------------------- */

static struct sql_value stage_word(uint8_t stage)
{
	return sql_text(str_of(flow_stage_words[stage].word));
}

/* A step names no stage, but that of a proof that the grid undid: it is to be accepted again. */
static enum err tell_story(const struct storing *s, const struct span *p)
{
	const struct record *r = &s->w->row.record;
	const struct flow_effect *first = &s->fx->v[p->from];
	bool clocks = is_clocks(s, p);
	bool own = !clocks && first->say == s->ev->on;
	int64_t key = 0;

	for (uint32_t i = p->from + 1; i < p->to && !key; i++)
		key = (int64_t)s->fx->v[i].key;
	return tx_later(s->tx, &loop_sql.history_put,
			SQL_ARGS(sql_i64(area_county(r->area).v), sql_i64(r->id.v),
				 sql_i64(r->version), sql_i64(p->i), sql_i64(s->w->t.turn),
				 sql_time(s->now),
				 sql_text(str_of(flow_say_words[first->say].word)),
				 sql_i64(clocks ? 0 : s->ev->person.v),
				 sql_i64(clocks ? 0 : s->ev->party.v), sql_i64(s->w->t.owner.v),
				 id_or_null(own ? s->ev->to.v : 0),
				 clocks               ? stage_word(stage_of(s, p))
				 : own && s->reopened ? stage_word(FLOW_TO_ACCEPT)
						      : sql_null(),
				 sql_i64(level_of(s, p)), sql_i64(s->w->t.stage[FLOW_TO_DO].by),
				 id_or_null(key), own ? text_or_null(s->words->reason) : sql_null(),
				 own ? text_or_null(s->words->text) : sql_null()),
			1, s->f);
}

/* The rule's way says whether its notices break into the night. */
static bool is_urgent(const struct storing *s, const struct flow_effect *x)
{
	struct str rule = s->w->row.rule;
	const char *at = rule.n ? memchr(rule.p, '@', rule.n) : NULL;

	if (x->is == FLOW_ESCALATE || x->say == FLOW_SAY_LATE || x->say == FLOW_SAY_BOUNCED)
		return true;
	rule.n = at ? (size_t)(at - rule.p) : rule.n;
	for (size_t i = 0; i < s->l->clocks.n; i++)
		if (str_eq(s->l->clocks.rules[i].id, rule))
			return str_eq(s->l->clocks.rules[i].way, STR("minutes"));
	return false;
}

static enum err owe_notice(const struct storing *s, const struct flow_effect *x)
{
	const struct record *r = &s->w->row.record;
	bool struck = s->words->struck;

	if (struck && x->say == FLOW_ON_CANCEL && x->who.v == s->words->settled.v &&
	    x->who.v != s->w->t.owner.v)
		return OK;
	return tx_later(s->tx, &loop_sql.notice_put,
			SQL_ARGS(sql_i64(area_county(r->area).v),
				 sql_i64(record_id_new(s->l->o.book).v), sql_i64(r->id.v),
				 sql_i64((int64_t)x->key), sql_i64(x->who.v),
				 sql_text(str_of(flow_say_words[x->say].word)),
				 x->say >= FLOW_ON_N
					 ? sql_text(str_of(flow_stage_words[x->stage].word))
					 : sql_null(),
				 sql_i64(x->level), sql_time(s->now), sql_i64(is_urgent(s, x)),
				 sql_i64(struck && s->c ? s->c->who->account : 0)),
			0, s->f);
}

static enum err tell_all(const struct storing *s)
{
	struct span p = { .to = 0 };
	enum err e = OK;

	if (s->fx->v[0].is != FLOW_RECORD)
		return ERR_BUG; /* nothing changes without a record */
	for (p.from = 0; p.from < s->fx->n && !e; p.from = p.to, p.i++) {
		for (p.to = p.from + 1; p.to < s->fx->n && s->fx->v[p.to].is != FLOW_RECORD;)
			p.to++;
		p.last = p.to == s->fx->n;
		if (!(e = tell_story(s, &p)))
			e = enter(s, &p);
		for (uint32_t i = p.from + 1; i < p.to && !e; i++)
			if (s->fx->v[i].is == FLOW_NOTIFY || s->fx->v[i].is == FLOW_ESCALATE)
				e = owe_notice(s, &s->fx->v[i]);
	}
	return e;
}

/* The room whose task it is, if any. */
static const struct loop_about *room_of(const struct storing *s)
{
	const struct loop_about *a = s->l->o.about;

	while (a && a->noun &&
	       !(str_eq(s->w->row.about, str_of(a->noun)) &&
		 str_eq(s->w->row.kind, str_of(a->kind))))
		a++;
	return a && a->noun ? a : NULL;
}

/* What a row waits for goes into nothing that is done for another. */
static enum err folds_within(const struct storing *s, const struct loop_about *a)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(s->tx, &loop_sql.same_row,
			    SQL_ARGS(sql_i64(s->words->into), sql_text(str_of(a->noun)),
				     sql_i64(s->w->about_id), sql_text(str_of(a->kind))),
			    &r, s->f);

	if (e != ERR_ABSENT)
		return e;
	e = fault_set(s->f, ERR_CONFLICT,
		      "任务关系到一条记录，只能并入同一记录的任务；重复的请撤销并写明理由",
		      "what becomes of a row depends on this task: it goes into another about the "
		      "same row alone; if it is a double, cancel it with a reason");
	fault_at(s->f, "into", NULL);
	return e;
}

/* The room hears of every step but its own raising of it. */
static enum err tell_room(const struct storing *s)
{
	const struct loop_step step = { &s->w->t, s->ev->on, s->reopened };
	const struct loop_about *a = room_of(s);
	enum err e;

	if (!a || s->ev->on == FLOW_ON_RAISE)
		return OK;
	if (s->ev->on == FLOW_ON_FOLD && (e = folds_within(s, a)))
		return e;
	return a->stepped(s->c, s->tx, s->l->o.book, s->w->about_id, &step, s->now, s->f);
}

static enum err ask_others(struct tx *tx, const struct sql *sql, const struct loop_about *about,
			   int64_t id, int64_t but, bool *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, sql,
			    SQL_ARGS(sql_text(str_of(about->noun)), sql_i64(id),
				     sql_text(str_of(about->kind)), sql_i64(but)),
			    &r, f);

	*ret = e == OK;
	return e == ERR_ABSENT ? OK : e;
}

enum err loop_others_open(struct tx *tx, const struct loop_about *about, int64_t id, int64_t but,
			  bool *ret, struct fault *f)
{
	return ask_others(tx, &loop_sql.others_open, about, id, but, ret, f);
}

enum err loop_others_done(struct tx *tx, const struct loop_about *about, int64_t id, int64_t but,
			  bool *ret, struct fault *f)
{
	return ask_others(tx, &loop_sql.others_done, about, id, but, ret, f);
}

/* Before the task's own entry, which is the one that the answer's receipt names. */
static enum err tell_signal(const struct storing *s, const struct flow_task *was)
{
	const struct task_stepped t = { s->l,   s->c,  s->tx,           s->w,
					was,    s->ev, s->words->moved, s->words->into,
					s->now, s->f };
	enum err e = push_stepped(&t);

	return e ? e : signal_stepped(&t);
}

/* ---- the road -------------------------------------------------------------------------------- */

static enum err store(struct storing *s, const struct flow_task *t)
{
	uint8_t bytes[FLOW_PACKED_BYTES];
	struct ledger_entry hashes;
	struct flow_task was = s->w->t;
	struct task before = s->w->row;
	struct record *r = &s->w->row.record;
	enum err e;

	s->reopened = was.phase == FLOW_PROVED && t->phase == FLOW_OPEN;
	s->w->t = *t;
	r->version++;
	r->updated_at = s->now;
	task_derive(t, s->now, &s->w->row);
	flow_pack(t, bytes);
	if ((e = record_entry(&task_noun, s->w->there ? &before : NULL, &s->w->row, STR("x"),
			      &hashes)))
		return e;
	s->before = hashes.before;
	s->after = hashes.after;
	const struct str packed = { (const char *)bytes, sizeof bytes };
	e = s->w->there ? store_row(s, packed) : put_row(s, packed);
	s->w->there = true;
	if (!e && s->w->campaign)
		e = campaign_counted(s->tx, s->w->campaign, r->area, &was, t, s->f);
	if (e || (e = tell_signal(s, &was)) || (e = tell_all(s)))
		return e;
	return tell_room(s);
}

enum err work_refused(const struct flow_why *why, const struct call *c, struct fault *f)
{
	enum err e = why->err == ERR_FORBIDDEN && c ? ERR_ROLE : why->err;

	e = fault_set(f, e, "%s%.0s", "%.0s%s", why->zh, why->en);
	fault_at(f, why->word, NULL);
	return e;
}

/* Who is taken for the doer by what accounts say is told what to do if they are not. */
static const struct flow_why is_who_did_it = {
	ERR_FORBIDDEN, "other",
	"按账号登记，您与办理人是同一人（同一责任人，或同名且同一工作电话；有一方未填责任人时，"
	"同名或同一工作电话），不能核查、延期或撤销；请由另一人来做；如确是两人，请管理员在两个账号"
	"上各填责任人和本人的电话",
	"by what accounts say you are who did it (the same duty holder, or one name and work "
	"phone; where one is not filled in, either of them), and nobody checks, extends or strikes "
	"their own task: somebody else does it; if you are two, an administrator fills in the duty "
	"holder and each one's own phone in both accounts"
};

static enum err refused(const struct flow_effects *fx, const struct flow_event *ev,
			const struct call *c, struct fault *f)
{
	bool own = fx->why == &flow_needs[FLOW_NEEDS_OTHER].why && ev->own;

	return work_refused(own ? &is_who_did_it : fx->why, c, f);
}

enum err work_step(struct loop *l, struct call *c, struct tx *tx, struct work *w,
		   const struct flow_event *ev, const struct step_words *words, struct utc_s now,
		   struct flow_effects *ret, struct fault *f)
{
	struct storing s = { l, c, tx, f, w, ev, words, now, ret, { { 0 } }, { { 0 } }, false };
	struct flow_task t = w->t;
	enum err e = flow_step(&t, ev, now, ret);

	if (e)
		return refused(ret, ev, c, f);
	if (ret->again || !ret->n)
		return OK;
	if ((e = store(&s, &t)) || !c || ev->on == FLOW_ON_RAISE)
		return e;
	/* Whoever does something about it has heard of it. */
	return notice_acted(tx, area_county(w->row.record.area), w->row.record.id.v,
			    c->who->account, now, f);
}

/* ---- what an event brings -------------------------------------------------------------------- */

enum err work_person(struct call *c, struct tx *tx, struct flow_event *ev, struct fault *f)
{
	enum err e = ev->party.v ? OK : loop_party(c, tx, &ev->party, NULL, f);

	ev->person.v = c->who->account;
	if (e || ev->party.v)
		return e;
	e = fault_set(f, ERR_CONFLICT, "您的账号没有所属部门，不能办理任务；请管理员补上",
		      "your account belongs to no department that is at work, and does no tasks; "
		      "ask an administrator to fill it in");
	fault_at(f, "organisation", NULL);
	return e;
}

/* Whose the task is after this event, as the grid says. */
static enum err ask_duty(struct tx *tx, const struct work *w, struct flow_event *ev,
			 struct fault *f)
{
	struct flow_party owner = { 0 };

	if (ev->duty.owner.v)
		return OK;
	if (ev->on == FLOW_ON_DECLINE)
		owner = w->t.sender;
	else if (ev->on == FLOW_ON_TAKE)
		owner = w->t.offered_to;
	else if (ev->on == FLOW_ON_ASSIGN)
		owner = ev->to;
	if (!owner.v)
		return OK; /* the engine has words for that */
	return loop_duty(tx, w->row.record.area, w->row.sector, owner, &ev->duty, f);
}

/* Only if the event is possible at all does it matter what the grid says. */
static bool may_be(const struct work *w, const struct flow_event *ev)
{
	const struct flow_row *row = flow_row_of((enum flow_phase)w->t.phase, ev->on);

	return row && flow_who_is(&w->t, ev) & row->who &&
	       (ev->turn == FLOW_ANY_TURN || ev->turn == w->t.turn);
}

enum err work_own(struct tx *tx, const struct flow_task *t, struct flow_event *ev, struct fault *f)
{
	if (!t->doer.v || ev->person.v == t->doer.v)
		return OK; /* by the same account it is the engine's to see */
	return look_one_person(tx, t->doer.v, ev->person.v, &ev->own, f);
}

/* The event whole: who puts it, what it brings, whose the task is then. */
static enum err prepare(struct call *c, struct tx *tx, const struct work *w,
			const struct loop_act *a, struct flow_event *ev, struct fault *f)
{
	uint8_t files = 0;
	enum err e;

	*ev = a->ev;
	if (c && ev->actor == FLOW_PERSON && (e = work_person(c, tx, ev, f)))
		return e;
	ev->reason |= a->reason.n > 0;
	if (ev->on == FLOW_ON_PROVE &&
	    (e = evidence_kinds(tx, &w->row, ev->party, a->file, a->n_files, &files, f)))
		return e;
	ev->evidence |= files;
	if (ev->on == FLOW_ON_PROVE && a->text.n)
		ev->evidence |= FLOW_TEXT;
	if (!may_be(w, ev)) /* nor is a repeat looked at: its deadline may have come since */
		return OK;
	if (c && (ev->on == FLOW_ON_EXTEND || ev->on == FLOW_ON_TIGHTEN) &&
	    (e = work_ahead(c, ev->by, f)))
		return e;
	if (c && flow_row_asks((enum flow_phase)w->t.phase, ev->on, FLOW_NEEDS_OTHER) &&
	    (e = work_own(tx, &w->t, ev, f)))
		return e;
	return ask_duty(tx, w, ev, f);
}

static void forget(struct flow_effects *fx)
{
	fx->n = 0;
	fx->again = false;
	fx->why = NULL;
}

enum err work_do(struct loop *l, struct call *c, struct tx *tx, struct work *w,
		 const struct loop_act *a, struct utc_s now, struct flow_effects *ret,
		 struct fault *f)
{
	const struct step_words words = { a->reason, a->text,   a->moved,
					  a->into,   a->struck, a->settled };
	struct flow_event ev;
	enum err e;

	forget(ret);
	if ((e = prepare(c, tx, w, a, &ev, f)) ||
	    (e = work_step(l, c, tx, w, &ev, &words, now, ret, f)) || ret->again ||
	    ev.on != FLOW_ON_PROVE)
		return e;
	return evidence_shown(tx, &w->row, w->t.turn, a->file, a->n_files, f);
}

enum err work_try(struct call *c, struct tx *tx, const struct work *w, const struct loop_act *a,
		  struct utc_s now, struct flow_effects *ret, struct fault *f)
{
	struct flow_task t = w->t;
	struct flow_event ev;
	enum err e;

	forget(ret);
	if ((e = prepare(c, tx, w, a, &ev, f)))
		return e;
	return flow_step(&t, &ev, now, ret) ? refused(ret, &ev, c, f) : OK;
}

enum err loop_do(struct loop *l, struct call *c, struct tx *tx, const struct loop_act *a,
		 struct utc_s now, struct flow_effects *ret, struct fault *f)
{
	CLEANUP(arena_end) struct arena *own = NULL;
	struct work w;
	enum err e = arena_new(ACT_BYTES, &own); /* an act may do this to thousands of tasks */

	if (e || (e = work_load(l, tx, a->task, own, &w, f)))
		return e;
	return work_do(l, c, tx, &w, a, now, ret, f);
}

enum err loop_party(struct call *c, struct tx *tx, struct flow_party *ret,
		    struct area_code *ret_area, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e;

	ret->v = 0;
	if (ret_area)
		ret_area->v = 0;
	if (c->who->kind != WHO_PERSON)
		return OK;
	e = tx_row(tx, &loop_sql.party_of,
		   SQL_ARGS(sql_i64(area_county(c->who->home).v), sql_i64(c->who->account)), &r, f);
	if (e)
		return e == ERR_ABSENT ? OK : e;
	ret->v = rows_i64(r, 0);
	if (ret_area)
		ret_area->v = rows_i64(r, 1);
	return OK;
}

enum err loop_party_there(struct tx *tx, struct flow_party p, const char *field, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &loop_sql.organisation, SQL_ARGS(sql_i64(p.v)), &r, f);

	if (!e && str_eq(rows_text(r, 1), STR("active")))
		return OK;
	if (e && e != ERR_ABSENT)
		return e;
	e = fault_set(f, ERR_RANGE, "没有这个机构，或它已停用；请另选",
		      "there is no such organisation, or it is not at work; choose another");
	fault_at(f, field, NULL);
	return e;
}

enum err work_note(struct call *c, struct tx *tx, const struct task *row, const char *action,
		   struct fault *f)
{
	struct ledger_entry en = { .county = area_county(row->record.area),
				   .object = STR("task"),
				   .object_id = row->record.id.v,
				   .action = str_of(action) };

	return call_act(c, tx, &en, f);
}
