/*
 * signal_task.c - what the steps of its tasks say of a signal, and what fsck asks.
 *
 * The first task is the signal on its way: who accepts it has answered, who declines it has said
 * that it is another's, an offer or an assignment passes it on. Split or merged, it is what it went
 * into.
 */
#include "loop/signal.sql.h"
#include "loop/signal_inside.h"

#include "base/ban.h"

enum { ROW_BYTES = 64 << 10, PAGE = 1000 };

/* What the first task's step is to its signal, and to whom. False: nothing. */
struct said {
	enum flow_signal_on on;
	enum signal_answer answer;
	struct flow_party receiver;
	int64_t task; /* the first one from now on; 0: as before */
};

static bool said_of(const struct task_stepped *s, const struct signal *is, struct said *ret)
{
	const struct flow_task *t = &s->w->t;
	bool asked = is->receiver.v == s->was->offered_to.v; /* it was passed by this very offer */

	*ret = (struct said){ FLOW_SIGNAL_ON_ANSWER, SIGNAL_RIGHT, t->owner, 0 };
	switch (s->ev->on) {
	case FLOW_ON_ACCEPT: return true;
	case FLOW_ON_TAKE: ret->answer = asked ? SIGNAL_RIGHT : SIGNAL_MOVED; return true;
	case FLOW_ON_REFUSE:
		if (!asked)
			return false;
		/* fall through */
	case FLOW_ON_DECLINE:
		ret->on = FLOW_SIGNAL_ON_MISS;
		ret->answer = s->moved ? SIGNAL_MOVED : SIGNAL_WRONG;
		ret->receiver.v = is->receiver.v;
		return is->record.state == FLOW_SIGNAL_PASSED;
	case FLOW_ON_OFFER:
		ret->on = FLOW_SIGNAL_ON_PASS;
		ret->receiver = t->offered_to;
		return is->record.state == FLOW_SIGNAL_FORMED || is->receiver.v != s->was->owner.v;
	case FLOW_ON_ASSIGN:
	case FLOW_ON_REOWN: ret->on = FLOW_SIGNAL_ON_PASS; return true;
	default: return false; /* split or merged is no answer: heir_of() */
	}
}

static bool unanswered(const struct signal *is)
{
	return is->record.state == FLOW_SIGNAL_FORMED || is->record.state == FLOW_SIGNAL_PASSED;
}

static enum err move(const struct task_stepped *s, const struct signal *was,
		     const struct said *said)
{
	static const char *const action[] = { [FLOW_SIGNAL_ON_PASS] = "pass",
					      [FLOW_SIGNAL_ON_ANSWER] = "answer",
					      [FLOW_SIGNAL_ON_MISS] = "miss" };
	const struct flow_signal_event ev = { .on = said->on,
					      .turn = FLOW_ANY_TURN,
					      .reason = true };
	const struct signal_tally t = { .tasks = 1, .open = 1 };
	struct signal is = *was;
	enum err e = signal_step(&is, &t, &ev, s->now, s->c, s->f);

	is.receiver.v = said->receiver.v;
	if (said->task)
		is.task.v = said->task;
	if (said->on != FLOW_SIGNAL_ON_PASS)
		is.answer = said->answer;
	return e ? e
		 : record_follow(s->l->o.book, s->c, s->tx, &signal_noun, was, &is,
				 action[said->on], s->now, s->f);
}

/* A person may not strike the last task of a signal, or merge it away, before it is fed back. */
static enum err keep_one(const struct task_stepped *s, const struct signal *is)
{
	struct signal_tally t;
	enum err e;

	if (is->record.state > FLOW_SIGNAL_VERIFIED)
		return OK;
	if ((e = signal_count(s->tx, is->record.id.v, &t, s->f)) || t.tasks > 0)
		return e;
	e = fault_set(s->f, ERR_CONFLICT,
		      "这是信号仅有的任务，不能单独撤销或并入别处；请办结它，或排除信号并写明理由",
		      "this is the only task of its signal: close it, or dismiss the signal with a "
		      "reason, and the task is cancelled with it");
	fault_at(s->f, "signal", NULL);
	return e;
}

/* Which task is the first one now, and what that says: nothing was answered by folding it. */
static enum err heir_of(const struct task_stepped *s, const struct signal *is, struct said *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(s->tx, &signal_sql.heir,
			    SQL_ARGS(sql_i64(is->record.id.v), sql_i64(s->into)), &r, s->f);
	bool waits;

	if (e)
		return e;
	waits = str_eq(rows_text(r, 2), STR("open")) || str_eq(rows_text(r, 2), STR("returned"));
	ret->on = waits ? FLOW_SIGNAL_ON_PASS : FLOW_SIGNAL_ON_ANSWER;
	ret->answer = SIGNAL_RIGHT; /* whoever accepted that one */
	ret->receiver.v = rows_i64(r, 1);
	ret->task = rows_i64(r, 0);
	return OK;
}

static enum err inherit(const struct task_stepped *s, const struct signal *was)
{
	struct signal is = *was;
	struct said said;
	enum err e = heir_of(s, was, &said);

	if (e)
		return e == ERR_ABSENT ? OK : e; /* settled: it needs none */
	if (unanswered(was))
		return move(s, was, &said);
	is.task.v = said.task;
	return record_follow(s->l->o.book, s->c, s->tx, &signal_noun, was, &is, "pass", s->now,
			     s->f);
}

enum err signal_stepped(const struct task_stepped *s)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	const struct signal *is;
	struct said said;
	void *row;
	enum err e;

	if (!s->w->signal || s->ev->on == FLOW_ON_RAISE || s->ev->on == FLOW_ON_CLOCK)
		return OK;
	if ((e = arena_new(ROW_BYTES, &a)) ||
	    (e = record_get(s->l->o.book, s->tx, &signal_noun, (struct record_id){ s->w->signal },
			    a, &row, s->f)))
		return e == ERR_ABSENT ? OK : e; /* fsck tells of it */
	is = row;
	if (s->ev->on == FLOW_ON_CANCEL || s->ev->on == FLOW_ON_FOLD) {
		if (s->ev->actor != FLOW_PERSON)
			return OK; /* struck with its signal */
		e = keep_one(s, is);
		return e || is->task.v != s->w->t.id ? e : inherit(s, is);
	}
	if (is->task.v != s->w->t.id || !unanswered(is) || !said_of(s, is, &said))
		return OK;
	return move(s, is, &said);
}

/* ---- fsck ----------------------------------------------------------------------------------- */

static enum err look_at(struct tx *tx, struct rows *r, struct signal_fsck *ret, struct fault *f)
{
	struct signal_tally t;
	enum err e = signal_count(tx, rows_i64(r, 0), &t, f);
	bool dismissed = rows_text(r, 2).n > 0 && (str_eq(rows_text(r, 1), STR("dismissed")) ||
						   str_eq(rows_text(r, 1), STR("fed_back")));

	if (!e && !t.tasks && !dismissed)
		ret->dropped++;
	return e;
}

static enum err look_at_pushes(struct tx *tx, struct signal_fsck *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	int64_t task = 0, receiver = 0;
	bool more;
	enum err e = tx_rows(tx, &signal_sql.every_push, SQL_NO_ARGS, &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		bool twice = rows_i64(r, 1) == task && rows_i64(r, 2) == receiver;

		if (twice || rows_null(r, 3) || str_eq(rows_text(r, 3), STR("closed")))
			ret->stray++;
		task = rows_i64(r, 1);
		receiver = rows_i64(r, 2);
	}
	return e;
}

enum err signal_look(struct tx *tx, struct signal_fsck *ret, struct fault *f)
{
	int64_t after = 0;
	size_t n = PAGE;
	enum err e = OK;

	*ret = (struct signal_fsck){ 0 };
	while (n == PAGE && !e) {
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		n = 0;
		e = tx_rows(tx, &signal_sql.every, SQL_ARGS(sql_i64(after), sql_i64(PAGE)), &r, f);
		while (!e && !(e = rows_next(r, &more, f)) && more) {
			n++;
			after = rows_i64(r, 0);
			e = look_at(tx, r, ret, f);
		}
	}
	return e ? e : look_at_pushes(tx, ret, f);
}
