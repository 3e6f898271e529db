/* recall.c - a batch goes: its packs in the act, what followed from them after it. */
#include <string.h>

#include "trail/inside.h"
#include "trail/trail.sql.h"

#include "base/ban.h"

typedef enum err each_day(int32_t day, uint64_t packs, uint64_t visits, void *arg);

static enum err days_of(struct tx *tx, struct trail_batch b, each_day *each, void *arg,
			struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(tx, &trail_sql.of_batch, SQL_ARGS(sql_i64(b.county.v), sql_i64(b.id)),
			     &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = each((int32_t)rows_i64(r, 0), (uint64_t)rows_i64(r, 1),
			 (uint64_t)rows_i64(r, 2), arg);
	return e;
}

static enum err add_up(int32_t day, uint64_t packs, uint64_t visits, void *arg)
{
	struct trail_sum *s = arg;

	if (!s->days)
		s->first_day = day;
	s->last_day = day;
	s->days++;
	s->packs += packs;
	s->visits += visits;
	return OK;
}

enum err trail_preview(struct tx *tx, struct trail_batch b, struct trail_sum *ret, struct fault *f)
{
	memset(ret, 0, sizeof *ret);
	return days_of(tx, b, add_up, ret, f);
}

static enum err note_day(int32_t day, uint64_t packs, uint64_t visits, void *arg)
{
	struct pending *p = arg;

	(void)packs;
	(void)visits;
	return vec_push(&p->pack, ((struct tail_pack){ .day = day }));
}

static void pending_end(struct pending **p)
{
	pending_free(*p);
}

static enum err note(struct trail *t, struct pending **p)
{
	enum err e;

	pthread_mutex_lock(&t->lock);
	pending_free(pending_take(t, (*p)->batch)); /* of a run of this act that was undone */
	e = vec_push(&t->pending, *p);
	pthread_mutex_unlock(&t->lock);
	if (!e)
		*p = NULL;
	return e;
}

enum err trail_withdraw(struct trail *t, struct tx *tx, struct trail_batch b, struct trail_sum *ret,
			struct fault *f)
{
	CLEANUP(pending_end) struct pending *p = mem_take(1, sizeof *p);
	const struct sql_args whose = SQL_ARGS(sql_i64(b.county.v), sql_i64(b.id));
	enum err e;

	if (!p)
		return ERR_MEMORY;
	p->batch = b;
	p->withdraws = true;
	if ((e = tx_run(tx, &trail_sql.turn_take, SQL_ARGS(sql_i64(t->o.county.v)), NULL, f)) ||
	    (e = trail_preview(tx, b, ret, f)) || (e = days_of(tx, b, note_day, p, f)))
		return e;
	for (size_t i = 0; i < p->pack.n; i++)
		if ((e = tx_run(tx, &trail_sql.segment_gone,
				SQL_ARGS(sql_i64(t->o.county.v), sql_i64(p->pack.v[i].day)), NULL,
				f)))
			return e;
	if ((e = tx_run(tx, &trail_sql.delete_batch, whose, NULL, f)) ||
	    (e = tx_run(tx, &trail_sql.called_gone, whose, NULL, f)))
		return e;
	return note(t, &p);
}

void trail_withdrawn(struct trail *t, struct trail_batch b)
{
	trail_decide(t, b, false);
	ignore(trail_settle(t, NULL)); /* else before the next question */
}
