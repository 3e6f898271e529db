/*
 * notice_fall.c - where nobody confirms, or no channel gets through: the substitute of the duty
 * holder, else the level above, and the level above that.
 *
 * Whoever is told so wants to confirm as well, and has a fall-back in turn: it ends at the top.
 */
#include <string.h>

#include "engine/flow/table.h"
#include "loop/notice.sql.h"
#include "loop/notice_inside.h"

#include "base/ban.h"

struct fallen {
	struct notice_new x;
	int64_t id, account;
	bool unread, wants, closed;
	struct flow_task task;
};

static enum err keep(struct arena *a, struct str s, struct str *ret)
{
	*ret = (struct str){ arena_copy(a, s.p ? s.p : "", s.n), s.n };
	return ret->p ? OK : ERR_MEMORY;
}

static enum err take_row(struct notice_telling *t, struct rows *r, struct fallen *w)
{
	struct str packed = rows_blob(r, 15);
	enum err e;

	w->x = (struct notice_new){ .county = { rows_i64(r, 0) },
				    .task = rows_i64(r, 2),
				    .key = rows_i64(r, 3),
				    .party = rows_i64(r, 4),
				    .area = { rows_i64(r, 6) },
				    .level = rows_i64(r, 8),
				    .urgent = true, /* it was, or nothing got through */
				    .hop = rows_i64(r, 10) + 1 };
	w->id = rows_i64(r, 1);
	w->account = rows_i64(r, 5);
	w->unread = rows_i64(r, 11) != 0;
	w->wants = rows_i64(r, 12) != 0;
	w->closed = str_eq(rows_text(r, 14), str_of(flow_phase_words[FLOW_CLOSED].word));
	if ((e = keep(t->parties.a, rows_text(r, 7), &w->x.say)) ||
	    (e = keep(t->parties.a, rows_text(r, 13), &w->x.sector)))
		return e;
	notice_task(packed, &w->task);
	w->x.span = notice_span(&w->task, w->x.say);
	return OK;
}

/* *ret_new: people who did not know of it yet. */
static enum err tell_substitute(struct notice_telling *t, struct tx *tx, const struct fallen *w,
				size_t *ret_new, struct fault *f)
{
	const struct notice_party *own, *other = NULL;
	const struct notice_person *p = NULL;
	size_t told;
	enum err e = notice_party_of(&t->parties, tx, w->x.party, &own, f);

	for (size_t i = 0; !e && i < own->n; i++)
		if (own->v[i].account == w->account && own->v[i].substitute) {
			e = notice_party_officer(&t->parties, tx, own->v[i].substitute, &other, &p,
						 f);
			break;
		}
	if (e || !p)
		return e;
	struct notice_person one = *p;
	const struct notice_party only = { other->id, other->area, 1, &one };
	return notice_tell(t, tx, &w->x, &only, &told, ret_new, f);
}

static enum err tell_next(struct notice_telling *t, struct tx *tx, const struct fallen *w,
			  struct fault *f)
{
	int64_t above[FLOW_LEVELS_MAX];
	size_t n = notice_above(&w->task, w->x.party, above), told = 0, fresh = 0;
	const struct notice_party *who;
	enum err e = tell_substitute(t, tx, w, &fresh, f);

	/* A level that a colleague's silence has called already is not passed over. */
	for (size_t i = 0; i < n && !e && !fresh && !told; i++)
		if (!(e = notice_party_of(&t->parties, tx, above[i], &who, f)))
			e = notice_tell(t, tx, &w->x, who, &told, &fresh, f);
	return e;
}

static enum err fall(struct notice_telling *t, struct tx *tx, const struct fallen *w,
		     struct fault *f)
{
	const struct sql_args none = SQL_ARGS(sql_i64(w->x.county.v), sql_i64(w->id));
	enum err e;

	if (w->closed)
		return tx_run(tx, &notice_sql.settled, none, NULL, f);
	if (!w->wants && !w->unread) /* a channel failed, and the page was read meanwhile */
		return tx_run(tx, &notice_sql.fell,
			      SQL_ARGS(sql_i64(w->x.county.v), sql_i64(w->id), sql_null()), NULL,
			      f);
	if ((e = tell_next(t, tx, w, f)))
		return e;
	return tx_run(tx, &notice_sql.fell,
		      SQL_ARGS(sql_i64(w->x.county.v), sql_i64(w->id), sql_time(t->now)), NULL, f);
}

enum err notice_fall_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct notice_telling *t = arg;
	struct fallen *w;
	bool more = false;
	size_t n = 0;
	enum err e;

	notice_telling_again(t);
	if (!(w = arena_take(t->parties.a, NOTICE_GROUP, sizeof *w)))
		return ERR_MEMORY;
	e = tx_rows(tx, &notice_sql.fallen, SQL_ARGS(sql_time(t->now), sql_i64(NOTICE_GROUP)), &r,
		    f);
	while (!e && !(e = rows_next(r, &more, f)) && more && n < NOTICE_GROUP)
		e = take_row(t, r, &w[n++]);
	rows_end(&r);
	for (size_t i = 0; i < n && !e; i++)
		e = fall(t, tx, &w[i], f);
	t->n = n;
	return e;
}
