/* question_http.c - what waits for whoever holds a feed's key, and what became of a case's. */
#include <stdio.h>

#include "intake/inside.h"
#include "intake/question.h"
#include "intake/question.sql.h"
#include "ledger/ledger.h"
#include "look/look.h"

#include "base/ban.h"

enum { TOLD_MAX = 40 /* as many as a ledger's entry can name */ };

/* ---- for the feed's key ---------------------------------------------------------------------- */

static void tell_place(struct call *c, const struct question_place *p)
{
	struct json *j = call_json(c);

	json_open(j, '{');
	json_key(j, "place");
	json_str(j, p->called);
	json_key(j, "from");
	call_time_json(c, p->from);
	json_key(j, "to");
	call_time_json(c, p->to);
	json_close(j, '}');
}

static void tell_time(struct call *c, const char *key, struct rows *r, size_t i)
{
	json_key(call_json(c), key);
	if (rows_null(r, i))
		json_nil(call_json(c));
	else
		call_time_json(c, rows_time(r, i));
}

/* Of what waits: id, feed, token, due and what came, as the statement has them. */
static enum err tell_question(struct call *c, struct tx *tx, struct rows *r, struct fault *f)
{
	struct question q = { .county = { rows_i64(r, 0) }, .id = rows_i64(r, 1) };
	struct json *j = call_json(c);
	enum err e = question_places(c->route->arg, tx, &q, c->a, f);

	json_open(j, '{');
	json_key(j, "token");
	json_str(j, rows_text(r, 3));
	json_key(j, "feed");
	call_id_json(c, rows_i64(r, 2));
	json_key(j, "due");
	call_time_json(c, rows_time(r, 4));
	tell_time(c, "answered_at", r, 6);
	json_key(j, "places");
	json_open(j, '[');
	for (size_t i = 0; i < q.n && !e; i++)
		tell_place(c, &q.place[i]);
	json_close(j, ']');
	json_close(j, '}');
	return e;
}

static enum err read_id(const struct call *c, const char *name, int64_t preset, int64_t *ret,
			struct fault *f)
{
	struct str s = http_query(c->rq, name);

	*ret = preset;
	if (!s.n || (!str_i64(s, ret) && *ret >= 0))
		return OK;
	return fault_set(f, ERR_RANGE, "%s 应为整数", "%s is a whole number", name);
}

/* How far the list goes: the last one's id, and whether there are more. */
static void tell_more(struct call *c, const char *from, int64_t last, bool more)
{
	struct json *j = call_json(c);

	json_key(j, from);
	if (more)
		call_id_json(c, last);
	else
		json_nil(j);
	json_key(j, "more");
	json_bool(j, more);
}

/* Columns of question.of_key. */
enum { KEY_COUNTY, KEY_ID, KEY_AREA = 5, KEY_TOLD_AT = 7, KEY_CASE, KEY_SUBJECT };

struct untold {
	struct area_code county, area;
	int64_t id, case_id, subject;
};

struct waiting {
	struct call *c;
	struct buf *shown;
	size_t n;
	int64_t last;
	bool more;
	VEC(struct untold) untold;
};

/* The first of what waits for this key after `last`: told, or noted as not told yet. */
static enum err each_waiting(struct waiting *w, struct tx *tx, bool tell, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct call *c = w->c;
	char key[24];
	int n = snprintf(key, sizeof key, "%lld", (long long)c->who->account);
	bool more;
	enum err e = tx_rows(tx, &question_sql.of_key,
			     SQL_ARGS(sql_text((struct str){ key, (size_t)n }), sql_time(c->now),
				      sql_i64(w->last)),
			     &r, f);

	while (!e && !w->more && !(e = rows_next(r, &more, f)) && more) {
		const struct untold x = { .county = { rows_i64(r, KEY_COUNTY) },
					  .area = { rows_i64(r, KEY_AREA) },
					  .id = rows_i64(r, KEY_ID),
					  .case_id = rows_i64(r, KEY_CASE),
					  .subject = rows_i64(r, KEY_SUBJECT) };
		bool told = !rows_null(r, KEY_TOLD_AT);

		/* What was asked since the others were noted waits for the next time. */
		if (!scope_covers(call_scope(c), x.area) || (tell && !told))
			continue;
		if ((w->more = w->n == TOLD_MAX))
			break;
		w->last = x.id;
		if (!tell) {
			w->n++;
			e = told ? OK : vec_push(&w->untold, x);
			continue;
		}
		buf_fmt(w->shown, w->n++ ? " " LEDGER_ID : LEDGER_ID, (long long)x.id);
		e = tell_question(c, tx, r, f);
	}
	return e || !w->shown ? e : w->shown->failed;
}

static enum err find_untold(struct tx *tx, void *arg, struct fault *f)
{
	struct waiting *w = arg;

	w->n = w->untold.n = 0;
	w->more = false;
	return each_waiting(w, tx, false, f);
}

/* The person is told who was told their places, and when: once, however often the key looks. */
static enum err note_untold(struct tx *tx, void *arg, struct fault *f)
{
	struct waiting *w = arg;
	struct call *c = w->c;
	enum err e = OK;

	for (size_t i = 0; i < w->untold.n && !e; i++) {
		const struct untold *x = &w->untold.v[i];
		char matter[32];
		const struct look_told told = {
			.kind = STR("question_told"),
			.matter = { matter,
				    (size_t)snprintf(matter, sizeof matter, "case-" LEDGER_ID,
						     (long long)x->case_id) },
			.purpose = str_of(purpose_word(c->route->why))
		};
		uint64_t changed;

		e = tx_run(tx, &question_sql.told,
			   SQL_ARGS(sql_i64(x->county.v), sql_i64(x->id), sql_time(c->now)),
			   &changed, f);
		if (!e && changed)
			e = look_note_one(c, tx, x->area, &told, x->subject, f);
	}
	return e;
}

static enum err waiting_before(struct call *c, struct fault *f)
{
	struct waiting w = { .c = c };
	enum err e = read_id(c, "after", 0, &w.last, f);

	if (e || c->who->kind != WHO_KEY)
		return e;
	if (!(e = db_read(c->db, find_untold, &w, f)) && w.untold.n)
		e = db_write(c->db, note_untold, &w, f);
	vec_drop(&w.untold);
	return e;
}

/* An account brings what it was handed, and is asked nothing: questions are for the feed's key. */
static enum err waiting_run(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(buf_release) struct buf shown = { 0 };
	struct ledger_entry en = { .county = c->who->home,
				   .object = STR("question"),
				   .action = STR("list") };
	struct waiting w = { .c = c, .shown = &shown };
	struct json *j = call_json(c);
	enum err e = read_id(c, "after", 0, &w.last, f);

	(void)call_scope(c);
	if (e)
		return e;
	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	if (c->who->kind == WHO_KEY)
		e = each_waiting(&w, tx, true, f);
	json_close(j, ']');
	tell_more(c, "next", w.last, w.more);
	json_close(j, '}');
	if (e)
		return e;
	en.detail = (struct str){ arena_copy(c->a, shown.p, shown.n), shown.n };
	return en.detail.p ? call_saw(c, &en, f) : ERR_MEMORY;
}

/* ---- for the case ---------------------------------------------------------------------------- */

/* Columns of question.of_case. */
enum { OF_DUE = 5, OF_STATE = 7, OF_ANSWERED_AT, OF_HELD, OF_WITH_ROWS, OF_ACCEPTED };

static const char *state_word(const struct call *c, struct rows *r)
{
	bool held = rows_i64(r, OF_HELD) > 0, closed = rows_i64(r, OF_STATE) == QUESTION_CLOSED;

	if (closed && !held)
		return rows_i64(r, OF_WITH_ROWS) ? "answered" : "nobody";
	if (rows_i64(r, OF_DUE) <= c->now.v)
		return "over";
	return held ? "held" : rows_null(r, OF_ANSWERED_AT) ? "open" : "partly";
}

static void tell_state(struct call *c, struct rows *r)
{
	struct json *j = call_json(c);

	json_open(j, '{');
	json_key(j, "id");
	call_id_json(c, rows_i64(r, 0));
	json_key(j, "feed");
	call_id_json(c, rows_i64(r, 1));
	json_key(j, "feed_name");
	json_str(j, rows_text(r, 2));
	json_key(j, "asked_by");
	call_id_json(c, rows_i64(r, 3));
	json_key(j, "asked_at");
	call_time_json(c, rows_time(r, 4));
	json_key(j, "due");
	call_time_json(c, rows_time(r, OF_DUE));
	json_key(j, "places");
	json_i64(j, rows_i64(r, 6));
	json_key(j, "state");
	json_str(j, str_of(state_word(c, r)));
	tell_time(c, "answered_at", r, OF_ANSWERED_AT);
	json_key(j, "accepted");
	if (rows_null(r, OF_ACCEPTED))
		json_nil(j);
	else
		json_i64(j, rows_i64(r, OF_ACCEPTED));
	json_close(j, '}');
}

enum err question_tell_case(struct call *c, struct tx *tx, int64_t case_id, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	bool more, longer = false;
	int64_t last;
	size_t n = 0;
	enum err e = read_id(c, "before", INT64_MAX, &last, f);

	if (!e)
		e = tx_rows(tx, &question_sql.of_case,
			    SQL_ARGS(sql_i64(case_id), sql_i64(last), sql_i64(TOLD_MAX + 1)), &r,
			    f);
	json_key(j, "items");
	json_open(j, '[');
	while (!e && !longer && !(e = rows_next(r, &more, f)) && more) {
		if ((longer = n++ == TOLD_MAX))
			break;
		last = rows_i64(r, 0);
		tell_state(c, r);
	}
	json_close(j, ']');
	tell_more(c, "next", last, longer);
	return e;
}

const struct route intake_question_rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/questions", waiting_run, CAP_PUSH, REACH_AREA, WHY_EPIDEMIC, 0,
		AUDIT_READ, "等待本机构答复的提问：哪些场所、什么时间有哪些人",
		"Questions that wait for this agency's answer: who was where, when"),
	  .before = waiting_before },
};
const size_t intake_question_rows_n = ARRAY_LEN(intake_question_rows);
