/* tell.c - who may see a task, what they may do with it, and what its page says. */
#include "engine/flow/table.h"
#include "loop/board.sql.h"
#include "loop/evidence.h"
#include "loop/inside.h"
#include "loop/loop.sql.h"

#include "base/ban.h"

enum { STORY_MAX = 500, COMMENTS_MAX = 500 };

/* ---- who may see it -------------------------------------------------------------------------- */

static bool names(const struct task *t, int64_t party)
{
	return t->owner.v == party || t->checker.v == party || t->sender.v == party ||
	       t->offered_to.v == party;
}

enum err task_reach(struct call *c, struct tx *tx, const void *row, struct fault *f)
{
	struct flow_party party;
	struct area_code area;
	enum err e = loop_party(c, tx, &party, &area, f);

	if (e)
		return e;
	if (party.v && names(row, party.v) && scope_covers(&c->who->scope, area))
		return OK;
	return fault_set(f, ERR_FORBIDDEN, "不在您的区域内", "it is not in your areas");
}

enum err task_seen(struct call *c, struct tx *tx, const struct task *row, struct fault *f)
{
	enum err e = call_reach(c, row->record.area, NULL);

	return e == ERR_FORBIDDEN ? task_reach(c, tx, row, f) : e;
}

enum err loop_reach(struct call *c, struct tx *tx, int64_t task, struct fault *f)
{
	void *row;
	enum err e = record_get(loop_of(c)->o.book, tx, &task_noun, (struct record_id){ task },
				c->a, &row, f);

	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	return task_seen(c, tx, row, f);
}

enum err task_of_path(struct call *c, struct tx *tx, struct work *ret, struct fault *f)
{
	enum err e = work_load(loop_of(c), tx, call_id(c, "id"), c->a, ret, f);

	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	return task_seen(c, tx, &ret->row, f);
}

/* ---- what the caller may do ------------------------------------------------------------------ */

/* Whether a need depends on the task alone, or on who asks: else the form asks for it. */
static bool is_known(uint8_t need)
{
	return need == FLOW_NEEDS_OTHER || need == FLOW_NEEDS_UNOFFERED ||
	       need == FLOW_NEEDS_OFFERED || need == FLOW_NEEDS_PATIENCE || need == FLOW_NEEDS_HERE;
}

static bool may(const struct flow_task *t, const struct flow_event *ev)
{
	const struct flow_row *row = flow_row_of((enum flow_phase)t->phase, ev->on);

	if (!row || !(flow_who_is(t, ev) & row->who))
		return false;
	if (ev->on == FLOW_ON_DECLINE && t->sender.v == t->owner.v)
		return false;
	for (size_t i = 0; i < FLOW_ROW_NEEDS_MAX && row->need[i]; i++)
		if (is_known(row->need[i]) && !flow_needs[row->need[i]].holds(t, ev, 0))
			return false;
	return true;
}

static unsigned may_any(const struct flow_task *t, struct flow_event *ev)
{
	unsigned all = 0;

	for (int on = FLOW_ON_ACCEPT; on < FLOW_ON_CLOCK; on++) {
		ev->on = (enum flow_on)on;
		if (on != FLOW_ON_FOLD && may(t, ev))
			all |= 1u << on;
	}
	return all;
}

/* Is one of these what nobody does to their own work? For that it is asked whose an account is. */
static bool any_judges(const struct flow_task *t, unsigned all)
{
	for (int on = 0; on < FLOW_ON_N; on++)
		if ((all >> on & 1) &&
		    flow_row_asks((enum flow_phase)t->phase, (enum flow_on)on, FLOW_NEEDS_OTHER))
			return true;
	return false;
}

enum err task_may(const struct call *c, struct tx *tx, const struct flow_task *t,
		  struct flow_party party, unsigned *ret, struct fault *f)
{
	struct flow_event ev = { .actor = FLOW_PERSON,
				 .party = party,
				 .person = { c->who->account } };
	enum err e;

	*ret = 0;
	if (!call_may(c, CAP_TASK_DO) || !party.v)
		return OK;
	*ret = may_any(t, &ev);
	if (!any_judges(t, *ret))
		return OK;
	e = work_own(tx, t, &ev, f);
	*ret = may_any(t, &ev);
	return e;
}

void task_may_json(struct json *j, unsigned all)
{
	json_open(j, '[');
	for (int on = 0; on < FLOW_ON_N; on++) {
		const struct flow_word *w = &flow_say_words[on];

		if (!(all >> on & 1))
			continue;
		json_open(j, '{');
		json_key(j, "event");
		json_str(j, str_of(w->word));
		json_key(j, "zh");
		json_str(j, str_of(w->zh));
		json_key(j, "en");
		json_str(j, str_of(w->en));
		json_close(j, '}');
	}
	json_close(j, ']');
}

void task_needs_json(struct json *j, unsigned needs)
{
	static const char *const words[] = { "text", "photo", "file" };

	json_open(j, '[');
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (needs >> i & 1)
			json_str(j, str_of(words[i]));
	json_close(j, ']');
}

/* ---- its page -------------------------------------------------------------------------------- */

static void put_id(struct call *c, const char *key, int64_t id)
{
	json_key(call_json(c), key);
	if (id)
		call_id_json(c, id);
	else
		json_nil(call_json(c));
}

static void put_text(struct json *j, const char *key, struct str s)
{
	json_key(j, key);
	if (s.n)
		json_str(j, s);
	else
		json_nil(j);
}

static enum err put_party(struct call *c, struct tx *tx, struct flow_party p, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	enum err e = tx_row(tx, &loop_sql.organisation, SQL_ARGS(sql_i64(p.v)), &r, f);

	if (e && e != ERR_ABSENT)
		return e;
	put_id(c, "party", p.v);
	json_key(j, "label");
	if (e)
		json_nil(j);
	else
		json_str(j, rows_text(r, 2));
	return OK;
}

static enum err put_stages(struct call *c, struct tx *tx, const struct flow_task *t,
			   struct fault *f)
{
	struct json *j = call_json(c);
	enum err e = OK;

	json_key(j, "stages");
	json_open(j, '[');
	for (int s = 0; s < FLOW_STAGE_N && !e; s++) {
		const struct flow_stage *g = &t->stage[s];

		if (!g->round)
			continue;
		json_open(j, '{');
		put_text(j, "stage", str_of(flow_stage_words[s].word));
		json_key(j, "by");
		call_time_json(c, (struct utc_s){ g->by });
		json_key(j, "running");
		json_bool(j, flow_running(t, (enum flow_stage_id)s));
		json_key(j, "late");
		json_bool(j, g->late);
		json_key(j, "climbed");
		json_i64(j, g->climbed);
		json_key(j, "waits_for");
		json_open(j, '{');
		e = put_party(c, tx, flow_waits_for(t, (enum flow_stage_id)s), f);
		json_close(j, '}');
		json_close(j, '}');
	}
	json_close(j, ']');
	return e;
}

static enum err put_line(struct call *c, struct tx *tx, const struct flow_task *t, struct fault *f)
{
	struct json *j = call_json(c);
	enum err e = OK;

	json_key(j, "line");
	json_open(j, '[');
	for (uint32_t i = 0; i < t->line.n && !e; i++) {
		json_open(j, '{');
		json_key(j, "level");
		json_i64(j, i + 1);
		e = put_party(c, tx, t->line.level[i], f);
		json_close(j, '}');
	}
	json_close(j, ']');
	return e;
}

static const struct flow_word *word_of(struct str event)
{
	for (int i = 0; i < FLOW_SAY_N; i++)
		if (str_eq(event, str_of(flow_say_words[i].word)))
			return &flow_say_words[i];
	return NULL;
}

static void put_step(struct call *c, struct rows *r)
{
	struct json *j = call_json(c);
	const struct flow_word *w = word_of(rows_text(r, 4));

	json_open(j, '{');
	json_key(j, "turn");
	json_i64(j, rows_i64(r, 2));
	json_key(j, "at");
	call_time_json(c, rows_time(r, 3));
	put_text(j, "event", rows_text(r, 4));
	put_text(j, "zh", w ? str_of(w->zh) : rows_text(r, 4));
	put_text(j, "en", w ? str_of(w->en) : rows_text(r, 4));
	put_id(c, "actor", rows_i64(r, 5));
	put_id(c, "party", rows_i64(r, 6));
	put_id(c, "owner", rows_i64(r, 7));
	put_id(c, "to", rows_i64(r, 8));
	put_text(j, "stage", rows_text(r, 9));
	json_key(j, "level");
	json_i64(j, rows_i64(r, 10));
	json_key(j, "done_by");
	call_time_json(c, rows_time(r, 11));
	put_text(j, "reason", rows_text(r, 12));
	put_text(j, "text", rows_text(r, 13));
	json_close(j, '}');
}

static void put_comment(struct call *c, struct rows *r)
{
	struct json *j = call_json(c);

	json_open(j, '{');
	json_key(j, "at");
	call_time_json(c, rows_time(r, 0));
	put_text(j, "event", STR("comment"));
	put_text(j, "zh", STR("留言"));
	put_text(j, "en", STR("Comment"));
	put_id(c, "actor", rows_i64(r, 1));
	put_id(c, "party", rows_i64(r, 2));
	put_text(j, "text", rows_text(r, 3));
	json_close(j, '}');
}

/* Steps and comments, by when they were: each kind in its own order. */
static enum err put_story(struct call *c, struct tx *tx, struct area_code county, int64_t id,
			  struct fault *f)
{
	CLEANUP(rows_end) struct rows *step = NULL;
	CLEANUP(rows_end) struct rows *said = NULL;
	struct json *j = call_json(c);
	bool steps = true, comments = true;
	enum err e;

	if ((e = tx_rows(tx, &loop_sql.story,
			 SQL_ARGS(sql_i64(county.v), sql_i64(id), sql_i64(STORY_MAX)), &step, f)) ||
	    (e = tx_rows(tx, &board_sql.comments,
			 SQL_ARGS(sql_i64(county.v), sql_i64(id), sql_i64(COMMENTS_MAX)), &said,
			 f)) ||
	    (e = rows_next(step, &steps, f)) || (e = rows_next(said, &comments, f)))
		return e;
	json_key(j, "story");
	json_open(j, '[');
	while (!e && (steps || comments)) {
		if (steps && (!comments || rows_time(step, 3).v <= rows_time(said, 0).v)) {
			put_step(c, step);
			e = rows_next(step, &steps, f);
		} else {
			put_comment(c, said);
			e = rows_next(said, &comments, f);
		}
	}
	json_close(j, ']');
	return e;
}

static enum err put_watching(struct call *c, struct tx *tx, struct area_code county, int64_t id,
			     struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e =
		tx_row(tx, &board_sql.watches,
		       SQL_ARGS(sql_i64(county.v), sql_i64(id), sql_i64(c->who->account)), &r, f);

	json_key(call_json(c), "watching");
	json_bool(call_json(c), e == OK);
	return e == ERR_ABSENT ? OK : e;
}

enum err task_tell(struct call *c, struct tx *tx, const void *row, struct fault *f)
{
	const struct task *of = row;
	struct area_code county = area_county(of->record.area);
	struct json *j = call_json(c);
	struct flow_party party;
	struct work w;
	unsigned all;
	enum err e = loop_party(c, tx, &party, NULL, f);

	if (e || (e = work_inner(tx, county, of->record.id.v, &w, f)))
		return e == ERR_ABSENT ? OK : e;
	if ((e = task_may(c, tx, &w.t, party, &all, f)))
		return e;
	json_key(j, "may");
	task_may_json(j, all);
	json_key(j, "turn");
	json_i64(j, w.t.turn);
	json_key(j, "needs");
	task_needs_json(j, w.t.needs);
	put_id(c, "about_id", w.about_id);
	put_id(c, "campaign", w.campaign);
	put_id(c, "signal", w.signal);
	if ((e = put_watching(c, tx, county, of->record.id.v, f)) ||
	    (e = put_stages(c, tx, &w.t, f)) || (e = put_line(c, tx, &w.t, f)) ||
	    (e = evidence_tell(c, tx, of, f)))
		return e;
	return put_story(c, tx, county, of->record.id.v, f);
}
