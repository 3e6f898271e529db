/* hold.c - a batch over its feed's budget of trust waits, sealed, for a person. See inside.h. */
#include <stdio.h>

#include "intake/inside.h"
#include "intake/intake.sql.h"
#include "intake/question.h"

#include "base/ban.h"

enum err push_over_budget(struct push *p, struct tx *tx, char ret[200], struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct utc_s midnight = zone_day_start(p->in->o.zone, zone_day_of(p->in->o.zone, p->now));
	int64_t in = p->judged.n_in, no = (int64_t)p->judged.no.n;
	enum err e;

	ret[0] = '\0';
	if (p->release || p->again)
		return OK;
	if (p->feed.refused_max != FIELD_NONE && no * 1000 > p->feed.refused_max * in) {
		snprintf(ret, 200, "退回 %lld / %lld 行，超过 %lld‰ / refused %lld of %lld",
			 (long long)no, (long long)in, (long long)p->feed.refused_max,
			 (long long)no, (long long)in);
		return OK;
	}
	if (p->feed.rows_day_max == FIELD_NONE)
		return OK;
	if ((e = tx_row(tx, &intake_sql.rows_today,
			SQL_ARGS(sql_i64(area_county(p->feed.record.area).v),
				 sql_i64(p->feed.record.id.v), sql_time(midnight)),
			&r, f)))
		return e;
	if (rows_i64(r, 0) + in > p->feed.rows_day_max)
		snprintf(ret, 200, "今天共 %lld 行，超过 %lld / %lld rows today, over %lld",
			 (long long)(rows_i64(r, 0) + in), (long long)p->feed.rows_day_max,
			 (long long)(rows_i64(r, 0) + in), (long long)p->feed.rows_day_max);
	return OK;
}

/* Sealed with where it belongs, so that one batch's bytes are not taken for another's. */
enum err push_hold(struct push *p, struct tx *tx, struct str why, struct fault *f)
{
	CLEANUP(buf_release) struct buf sealed = { 0 };
	struct question_answer answer;
	char with[32];
	char *copy = arena_copy(p->a, why.p, why.n);
	enum err e;

	if (!copy)
		return ERR_MEMORY;
	p->kept = false;
	push_batch_begin(p, BATCH_HELD);
	p->batch.accepted = (int64_t)p->judged.ok.n;
	p->batch.why = (struct str){ copy, why.n };
	answer = push_says_to(p, true);
	snprintf(with, sizeof with, "held %lld", (long long)p->batch.record.id.v);
	if ((e = crypt_seal(&p->in->held_key, p->in->o.chance, str_of(with), p->body, &sealed)) ||
	    (e = push_batch_put(p, tx, f)) || (e = push_refused_put(p, tx, f)) ||
	    (e = push_key_put(p, tx, f)) || (e = push_saw(p, tx, f)) ||
	    (p->question && (e = question_answer(tx, &answer, p->now, f))))
		return e;
	return tx_run(tx, &intake_sql.held_put,
		      SQL_ARGS(sql_i64(area_county(p->batch.record.area).v),
			       sql_i64(p->batch.record.id.v), sql_blob(buf_view(&sealed))),
		      NULL, f);
}

enum err push_hold_gone(struct call *c, struct tx *tx, const struct batch *held, struct fault *f)
{
	struct area_code county = area_county(held->record.area);

	return push_says(held) ? question_reopen(c, tx, county, held->record.id.v, f)
			       : question_forget(tx, county, held->record.id.v, f);
}
