/*
 * contact_told.c - the funnel as it stood at an earlier moment, out of the stories of the tasks:
 * nothing else is kept of what a contact was before.
 */
#include "epidemic/epidemic.sql.h"
#include "epidemic/inside.h"

#include "base/ban.h"

/*
 * A contact as the stories of its tasks tell it so far. They come a task at a time, and what was
 * done last to any of them stands. Being raised is nothing that was done: the contact was there.
 */
struct standing {
	int64_t id, task, offered_to;
	enum contact_state state, last; /* last: what it is now, if that is an end that had come */
	enum flow_push push, own;       /* own: of the task at hand */
	struct utc_s state_at, push_at;
};

static bool is(struct rows *r, const char *event)
{
	return str_eq(rows_text(r, 3), str_of(event));
}

/* What a step says of whose it is and whether it was found: as engine/flow/step.c does. */
static void step(struct standing *s, struct rows *r)
{
	bool waits, reopened = (is(r, "reown") || is(r, "rewire")) && !rows_null(r, 8);

	if (rows_i64(r, 6) != s->task) {
		s->task = rows_i64(r, 6);
		s->own = FLOW_KEPT;
	}
	waits = s->own == FLOW_WAITING;
	if (is(r, "raise"))
		return;
	if (is(r, "offer")) {
		s->own = FLOW_WAITING;
		s->offered_to = rows_i64(r, 5);
	} else if (is(r, "take") || (waits && (is(r, "assign") || is(r, "reown")) &&
				     rows_i64(r, 4) == s->offered_to)) {
		s->own = FLOW_TAKEN;
	} else if (is(r, "refuse")) {
		s->own = FLOW_REFUSED;
	} else if (is(r, "withdraw") || (waits && (is(r, "assign") || is(r, "close") ||
						   is(r, "cancel") || is(r, "fold")))) {
		s->own = FLOW_WITHDRAWN;
	}
	if ((is(r, "prove") || is(r, "return") || reopened) && rows_i64(r, 7) >= s->state_at.v) {
		s->state = is(r, "prove") ? CONTACT_LOCATED : CONTACT_FOUND;
		s->state_at = rows_time(r, 7);
	}
	if (rows_i64(r, 7) >= s->push_at.v) {
		s->push = s->own;
		s->push_at = rows_time(r, 7);
	}
}

static void done(const struct standing *s, struct funnel *n)
{
	if (s->id)
		funnel_add(n, s->last ? s->last : s->state, s->push, 1);
}

static enum contact_state end_of(struct rows *r, struct utc_s at)
{
	size_t s = choice_find(contact_noun.state, contact_noun.n_states, rows_text(r, 1));

	return s >= CONTACT_RELEASED && !rows_null(r, 2) && rows_i64(r, 2) <= at.v
		       ? (enum contact_state)s
		       : CONTACT_NONE;
}

enum err funnel_told(struct tx *tx, struct area_code under, struct utc_s at, struct funnel *ret,
		     struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct standing s = { 0 };
	bool more;
	enum err e = tx_rows(tx, &epidemic_sql.funnel_told,
			     SQL_ARGS(sql_i64(under.v), sql_i64(area_end(under).v), sql_time(at)),
			     &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		if (rows_i64(r, 0) != s.id) {
			done(&s, ret);
			s = (struct standing){ .id = rows_i64(r, 0),
					       .state = CONTACT_FOUND,
					       .last = end_of(r, at) };
		}
		if (!rows_null(r, 3))
			step(&s, r);
	}
	done(&s, ret);
	return e;
}
