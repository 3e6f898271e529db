/*
 * signal_tell.c - who may see, settle and dismiss a signal, and what its page says: sums of its
 * tasks for everybody who sees it, and the tasks that are the caller's to see.
 */
#include "http/http.h"
#include "loop/signal.sql.h"
#include "loop/signal_inside.h"

#include "base/ban.h"

/* ---- who may what --------------------------------------------------------------------------- */

/* Of any of its tasks, as their rows say. */
static enum err of_any_task(struct tx *tx, const struct signal *s, struct flow_party party,
			    bool *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &signal_sql.party_of_any,
			    SQL_ARGS(sql_i64(s->record.id.v), sql_i64(party.v)), &r, f);

	*ret = !e && rows_i64(r, 0) > 0;
	return e;
}

/* An instruction is withdrawn by who gave it, or above where it is to be done; never by a doer. */
static bool dismisses(const struct signal *s, unsigned who, struct flow_party party,
		      struct area_code home)
{
	unsigned above = FLOW_BY_CHECKER | FLOW_BY_SUPERIOR;

	if (!signal_ordered(s))
		return who & (above | FLOW_BY_SENDER) || party.v == s->sender.v;
	return party.v == s->sender.v ||
	       (who & above && !(who & FLOW_BY_OWNER) && home.v != s->record.area.v &&
		area_covers(home, s->record.area));
}

enum err signal_rights(struct call *c, struct tx *tx, const struct signal *s, unsigned *ret,
		       struct fault *f)
{
	struct flow_event ev = { .actor = FLOW_PERSON, .person = { c->who->account } };
	struct fault unasked = { 0 };
	struct area_code home;
	struct work w;
	unsigned who = 0;
	bool any;
	enum err e = loop_party(c, tx, &ev.party, &home, f);

	*ret = 0;
	if (e || !ev.party.v || (e = of_any_task(tx, s, ev.party, &any, f)))
		return e;
	if (!(e = work_load(loop_of(c), tx, s->task.v, c->a, &w, &unasked)))
		who = flow_who_is(&w.t, &ev);
	else if (e != ERR_ABSENT)
		return e;
	if (who & (FLOW_BY_OWNER | FLOW_BY_CHECKER | FLOW_BY_SENDER | FLOW_BY_SUPERIOR))
		*ret = SIGNAL_SEES | SIGNAL_SAYS;
	if (any || ev.party.v == s->sender.v)
		*ret |= SIGNAL_SEES;
	if (dismisses(s, who, ev.party, home))
		*ret |= SIGNAL_SEES | SIGNAL_DISMISSES;
	return OK;
}

/* People of the parties, wherever they are. */
enum err signal_reach(struct call *c, struct tx *tx, const void *row, struct fault *f)
{
	const struct signal *s = row;
	struct flow_party party;
	struct area_code at;
	unsigned rights;
	enum err e = loop_party(c, tx, &party, &at, f);

	if (e || (e = signal_rights(c, tx, s, &rights, f)))
		return e;
	if (rights)
		return call_reach(c, at, f);
	return call_reach(c, s->record.area, f); /* which notes that it was denied */
}

enum err signal_may_add(struct call *c, struct tx *tx, const struct signal *s, bool *ret,
			struct fault *f)
{
	unsigned rights;
	enum err e = signal_rights(c, tx, s, &rights, f);

	*ret = !e && s->record.state <= FLOW_SIGNAL_VERIFIED && call_may(c, CAP_TASK_RAISE) &&
	       (rights & SIGNAL_SAYS || scope_covers(&c->who->scope, s->record.area));
	return e;
}

/* ---- what is asked of it -------------------------------------------------------------------- */

const struct signal_settling signal_settlings[SIGNAL_SETTLING_N] = {
	{ "verify", "result", "请写明核实的结果", "say what was found out", FLOW_SIGNAL_ON_VERIFY,
	  SIGNAL_SAYS },
	{ "dismiss", "reason", "请写明排除的理由", "give the reason of the dismissal",
	  FLOW_SIGNAL_ON_DISMISS, SIGNAL_DISMISSES },
	{ "feed_back", "feedback", "请写明反馈了什么", "say what was told to whoever noticed it",
	  FLOW_SIGNAL_ON_FEED_BACK, SIGNAL_SAYS },
};

const struct signal_settling *signal_settling_of(struct str word)
{
	for (size_t i = 0; i < SIGNAL_SETTLING_N; i++)
		if (str_eq(word, str_of(signal_settlings[i].word)))
			return &signal_settlings[i];
	return NULL;
}

static bool may_settle(const struct call *c, const struct signal *s, unsigned rights,
		       const struct signal_settling *w)
{
	return rights & w->right && call_may(c, CAP_TASK_DO) &&
	       noun_step(&signal_noun, s->record.state, str_of(w->word)) &&
	       (w->on != FLOW_SIGNAL_ON_DISMISS || c->who->account != s->record.created_by.v);
}

/* ---- its page ------------------------------------------------------------------------------- */

/* Rows of the caller's areas, and those that name the caller's party; of the others how many. */
static bool is_shown(struct call *c, struct rows *r, struct flow_party party)
{
	struct area_code area = { rows_i64(r, 9) };

	if (party.v && (rows_i64(r, 7) == party.v || rows_i64(r, 11) == party.v ||
			rows_i64(r, 12) == party.v || rows_i64(r, 13) == party.v))
		return true;
	return scope_covers(&c->who->scope, area);
}

static enum err put_tasks(struct call *c, struct tx *tx, int64_t signal, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	struct flow_party party;
	int64_t elsewhere = 0;
	bool more;
	enum err e = loop_party(c, tx, &party, NULL, f);

	if (e || (e = tx_rows(tx, &signal_sql.tasks, SQL_ARGS(sql_i64(signal)), &r, f)))
		return e;
	json_key(j, "tasks");
	json_open(j, '[');
	while (!(e = rows_next(r, &more, f)) && more) {
		if (is_shown(c, r, party))
			task_row_json(c, r);
		else
			elsewhere++;
	}
	json_close(j, ']');
	json_key(j, "elsewhere");
	json_i64(j, elsewhere);
	return e;
}

static void put_progress(struct json *j, const struct signal_tally *t)
{
	const struct {
		const char *key;
		int64_t n;
	} n[] = { { "tasks", t->tasks }, { "closed", t->done },      { "open", t->open },
		  { "late", t->late },   { "cancelled", t->struck }, { "folded", t->folded } };

	json_key(j, "progress");
	json_open(j, '{');
	for (size_t i = 0; i < ARRAY_LEN(n); i++) {
		json_key(j, n[i].key);
		json_i64(j, n[i].n);
	}
	json_close(j, '}');
}

enum err signal_tell(struct call *c, struct tx *tx, const void *row, struct fault *f)
{
	const struct signal *s = row;
	struct json *j = call_json(c);
	struct signal_tally t;
	unsigned rights;
	bool add;
	enum err e;

	if ((e = signal_count(tx, s->record.id.v, &t, f)) ||
	    (e = signal_rights(c, tx, s, &rights, f)) || (e = signal_may_add(c, tx, s, &add, f)))
		return e;
	put_progress(j, &t);
	json_key(j, "may");
	json_open(j, '[');
	for (size_t i = 0; i < SIGNAL_SETTLING_N; i++)
		if (may_settle(c, s, rights, &signal_settlings[i]))
			json_str(j, str_of(signal_settlings[i].word));
	if (add)
		json_str(j, STR("task"));
	json_close(j, ']');
	return put_tasks(c, tx, s->record.id.v, f);
}
