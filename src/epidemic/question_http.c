/*
 * question_http.c - whoever brings visits is asked who was where the case was: by the case's
 * warrant, of places and times that are the case's own stays in its window, and of none that are
 * typed in.
 *
 * Who is asked is told no name, no case and no disease, but learns that a confirmed case was there
 * in those hours; with its own visits it may narrow down who (intake/question.h). So it is noted
 * for the person, as a look at their stays is.
 */
#include <stdio.h>

#include "access/key.h"
#include "epidemic/inside.h"
#include "intake/question.h"
#include "ledger/ledger.h"
#include "look/look.h"

#include "base/ban.h"

const char *const question_keys[] = { "warrant", "feed", "from", "to", NULL };

struct questioning {
	struct warrant_asked k;
	struct question_ask ask;
	struct feed *feed;
};

static const struct intake *intake_of(const struct call *c)
{
	return epidemic_of(c)->o.intake;
}

/* It is there, in force, may push, and reaches the feed's area: else nobody ever sees it. */
static enum err key_works(struct call *c, struct tx *tx, const struct feed *x, bool *ret,
			  struct fault *f)
{
	struct fault unasked = { 0 };
	int64_t id = 0;
	struct key k;
	enum err e = str_i64(x->api_key, &id) ? ERR_ABSENT : key_at(tx, id, c->a, &k, &unasked);

	if (e && e != ERR_ABSENT)
		*f = unasked;
	*ret = !e && k.ends_at.v > c->now.v && (k.capabilities & capability_bit(CAP_PUSH)) &&
	       scope_covers(&k.scope, x->record.area);
	return e == ERR_ABSENT ? OK : e;
}

/* A feed of visits, of the officer's own area or above it, whose key would see the question. */
static enum err may_be_asked(struct call *c, struct tx *tx, const struct feed *x, struct fault *f)
{
	enum err e = call_reach_up(c, x->record.area, f);
	bool works = false;

	if (!e && x->brings == FEED_VISITS && x->record.state == FEED_ACTIVE && x->api_key.n)
		e = key_works(c, tx, x, &works, f);
	if (e || works)
		return e;
	fault_at(f, "feed", NULL);
	return fault_set(f, ERR_CONFLICT,
			 "只能问启用中、送来活动轨迹、接口密钥在用且覆盖其区域的来源",
			 "what is asked is an active feed of visits with an API key in force that "
			 "covers its area");
}

static enum err look_up(struct tx *tx, void *arg, struct fault *f)
{
	struct questioning *q = arg;
	struct call *c = q->k.c;
	enum err e = asked_check(tx, &q->k, f);

	if (e)
		return e;
	e = question_feed(intake_of(c), tx, q->k.feed, c->a, &q->feed, f);
	return e == ERR_ABSENT ? call_absent(f) : e ? e : may_be_asked(c, tx, q->feed, f);
}

enum err question_before(struct call *c, struct fault *f)
{
	struct questioning *q = arena_take(c->a, 1, sizeof *q);
	struct trail_warrant *w;
	enum err e;

	if (!q)
		return ERR_MEMORY;
	q->k.c = c;
	q->k.keys = question_keys;
	q->k.need = "feed";
	w = &q->k.w;
	if ((e = asked_read(&q->k, f)) || (e = db_read(c->db, look_up, q, f)) ||
	    (e = trail_stays(epidemic_of(c)->o.trail, w, c->a, &q->ask.stay, &q->ask.n, f)) ||
	    (e = question_called(intake_of(c), q->k.feed, q->ask.stay, q->ask.n, c->a,
				 &q->ask.called, f)))
		return e;
	q->ask.feed = q->feed;
	q->ask.case_id = w->case_id.v;
	q->ask.warrant = w->id.v;
	q->ask.asked_by = c->who->account;
	q->ask.now = c->now;
	q->ask.due = question_hour(w->expires);
	c->parsed = q;
	return OK;
}

/* For the person, and in the books: of which case, by which warrant, whom. */
static enum err note(struct call *c, struct tx *tx, const struct case_row *of,
		     const struct question_ask *q, const struct question_asked *made,
		     struct fault *f)
{
	char matter[32], detail[160];
	const struct look_told told = { STR("question"),
					{ matter,
					  (size_t)snprintf(matter, sizeof matter, "case-" LEDGER_ID,
							   (long long)of->record.id.v) },
					str_of(purpose_word(c->route->why)),
					0,
					0 };
	int n = snprintf(detail, sizeof detail,
			 "warrant=" LEDGER_ID " feed=" LEDGER_ID " places=%lld",
			 (long long)q->warrant, (long long)q->feed->record.id.v,
			 (long long)made->places);
	struct ledger_entry en = { .county = of->record.area,
				   .matter = told.matter,
				   .object = STR("question"),
				   .object_id = made->id,
				   .action = STR("ask"),
				   .detail = { detail, (size_t)n } };
	enum err e = look_note_one(c, tx, of->record.area, &told, of->subject.v, f);

	return e ? e : call_act(c, tx, &en, f);
}

enum err question_run(struct call *c, struct tx *tx, struct fault *f)
{
	const struct questioning *q = c->parsed;
	struct json *j = call_json(c);
	struct question_ask ask = q->ask;
	struct question_asked made;
	struct case_row *of;
	enum err e = case_load(c, tx, &of, f);

	if (!e && of->record.state != CASE_CONFIRMED)
		e = fault_set(f, ERR_WARRANT, "病例未确认，不能追踪",
			      "the case is not confirmed: nobody is traced");
	if (e)
		return e;
	ask.subject = of->subject.v;
	if ((e = question_ask(intake_of(c), tx, &ask, &made, f)) ||
	    (e = note(c, tx, of, &ask, &made, f)))
		return e;
	json_open(j, '{');
	json_key(j, "id");
	call_id_json(c, made.id);
	json_key(j, "places");
	json_i64(j, made.places);
	json_key(j, "left_out");
	json_i64(j, made.left_out);
	json_key(j, "due");
	call_time_json(c, q->ask.due);
	call_receipt_json(c);
	json_close(j, '}');
	call_status(c, 201);
	return OK;
}

enum err question_list(struct call *c, struct tx *tx, struct fault *f)
{
	struct json *j = call_json(c);
	struct case_row *of;
	enum err e = case_load(c, tx, &of, f);

	if (e)
		return e;
	json_open(j, '{');
	e = question_tell_case(c, tx, of->record.id.v, f);
	json_close(j, '}');
	return e;
}
