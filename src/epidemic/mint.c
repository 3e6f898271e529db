/*
 * mint.c - the step that confirms a case gives leave to trace, in the same transaction.
 */
#include <stdio.h>
#include <string.h>

#include "engine/trace/trace.h"
#include "epidemic/epidemic.sql.h"
#include "epidemic/inside.h"
#include "intake/question.h"
#include "ledger/ledger.h"
#include "look/look.h"
#include "trail/limit.h"

#include "base/ban.h"

enum { PROFILES_BYTES = 8 << 20, DAY_S = 86400, HOUR_S = 3600 };
#define BASIS "infectious_disease_law" /* 传染病防治法：流行病学调查与追踪 */

struct minting {
	struct call *c;
	struct tx *tx;
	const struct case_row *of;
	struct trail_warrant w;
	struct buf bytes;
};

static void minting_end(struct minting *m)
{
	buf_release(&m->bytes);
}

/* The disease's window for what is known of the case, cut to what is kept and to now. */
static enum err window(struct minting *m, const struct profile *p, struct fault *f)
{
	const struct case_row *c = m->of;
	const struct profile_facts facts = {
		.has_onset = c->onset.v != FIELD_NONE,
		.has_positive = c->positive.v != FIELD_NONE,
		.has_isolated = c->isolated.v != FIELD_NONE,
		.onset = c->onset.v == FIELD_NONE ? 0 : (int32_t)c->onset.v,
		.positive = c->positive.v == FIELD_NONE ? 0 : (int32_t)c->positive.v,
		.isolated = c->isolated,
	};
	const struct zone *zone = epidemic_of(m->c)->o.zone;
	enum err e =
		profile_window(p, &profile_no_overrides, &facts, zone, &m->w.from, &m->w.to, f);

	if (e)
		return e == ERR_ABSENT ? ERR_RANGE : e;
	m->w.to.v = min_i64(m->w.to.v, m->w.expires.v);
	m->w.from.v = max_i64(m->w.from.v, m->w.to.v - limit_of(LIMIT_WINDOW_DAYS) * DAY_S);
	if (m->w.from.v >= m->w.to.v)
		return fault_set(f, ERR_RANGE, "病例的传染期窗口在将来；请核对日期",
				 "the window of the case lies in the future: check its dates");
	return OK;
}

static enum err index_of(struct minting *m, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct sql_args which =
		SQL_ARGS(sql_i64(area_county(m->of->record.area).v), sql_i64(m->of->record.id.v));
	enum err e = tx_row(m->tx, &epidemic_sql.person, which, &r, f);

	if (e)
		return e == ERR_ABSENT ? OK : e; /* nobody knows visits of them */
	m->w.index = rows_i64(r, 0);
	return OK;
}

static enum err fill(struct minting *m, struct arena *a, struct fault *f)
{
	const struct case_row *c = m->of;
	const struct profile *p;
	char *text;
	enum err e = case_profile(c->profile, a, &p, f);

	if (e)
		return e;
	text = arena_take(a, WARRANT_WORD_MAX + 16, 1);
	if (!text)
		return ERR_MEMORY;
	(void)snprintf(text, WARRANT_WORD_MAX + 16, "%s@%d", p->id.p, p->version);
	m->w.id = record_id_new(epidemic_of(m->c)->o.book);
	m->w.case_id = c->record.id;
	m->w.area = c->record.area;
	m->w.officer = c->officer.v ? c->officer.v : m->c->who->account;
	m->w.generations = limit_of(LIMIT_GENERATIONS);
	m->w.people = limit_of(LIMIT_PEOPLE);
	m->w.issued = m->c->now;
	m->w.expires.v = m->c->now.v + limit_of(LIMIT_WARRANT_HOURS) * HOUR_S;
	m->w.basis = STR(BASIS);
	m->w.profile = str_of(text);
	e = window(m, p, f);
	return e ? e : index_of(m, f);
}

static enum err keep(struct minting *m, struct fault *f)
{
	const struct trail_warrant *w = &m->w;
	char detail[160];
	int n = snprintf(detail, sizeof detail,
			 "case=" LEDGER_ID " officer=" LEDGER_ID
			 " window_s=%lld generations=%lld people=%lld",
			 (long long)w->case_id.v, (long long)w->officer,
			 (long long)(w->to.v - w->from.v), (long long)w->generations,
			 (long long)w->people);
	struct ledger_entry en = { .county = area_county(w->area),
				   .object = STR("warrant"),
				   .object_id = w->id.v,
				   .action = STR("mint"),
				   .detail = { detail, (size_t)n } };
	enum err e = tx_run(m->tx, &epidemic_sql.warrant_put,
			    SQL_ARGS(sql_i64(area_county(w->area).v), sql_i64(w->case_id.v),
				     sql_i64(w->id.v), sql_i64(w->officer), sql_time(w->issued),
				     sql_time(w->expires), sql_i64(w->people),
				     sql_blob(buf_view(&m->bytes))),
			    NULL, f);

	return e ? e : call_act(m->c, m->tx, &en, f);
}

/* One warrant; its text for the officer alone. */
static enum err tell(struct call *c, const struct case_row *of, const struct trail_warrant *w,
		     struct str bytes, int64_t spent)
{
	bool holds = of->record.state == CASE_CONFIRMED;
	CLEANUP(buf_release) struct buf text = { 0 };
	struct json *j = call_json(c);

	json_open(j, '{');
	json_key(j, "id");
	call_id_json(c, w->id.v);
	json_key(j, "officer");
	call_id_json(c, w->officer);
	json_key(j, "basis");
	json_str(j, w->basis);
	json_key(j, "profile");
	json_str(j, w->profile);
	json_key(j, "from");
	call_time_json(c, w->from);
	json_key(j, "to");
	call_time_json(c, w->to);
	json_key(j, "generations");
	json_i64(j, w->generations);
	json_key(j, "people");
	json_i64(j, w->people);
	json_key(j, "spent");
	json_i64(j, spent);
	json_key(j, "issued");
	call_time_json(c, w->issued);
	json_key(j, "expires");
	call_time_json(c, w->expires);
	json_key(j, "over");
	json_bool(j, !holds || c->now.v >= w->expires.v);
	json_key(j, "text");
	if (holds && w->officer == c->who->account) {
		warrant_text(bytes, &text);
		json_str(j, buf_view(&text));
	} else
		json_nil(j);
	json_close(j, '}');
	return text.failed;
}

/* A correction of a confirmed case is no step, and mints nothing. */
static bool corrects(struct call *c, const struct case_row *before, const struct case_row *after)
{
	return before && before->record.state == CASE_CONFIRMED &&
	       after->record.state == CASE_CONFIRMED && !call_has(c, "event");
}

static bool confirms(struct call *c, const struct case_row *before, const struct case_row *after)
{
	return after->record.state == CASE_CONFIRMED &&
	       (!before || before->record.state != CASE_CONFIRMED ||
		(call_has(c, "event") && str_eq(call_text(c, "event"), STR("renew"))));
}

static bool overturns(const struct case_row *before, const struct case_row *after)
{
	return before && before->record.state == CASE_CONFIRMED &&
	       after->record.state != CASE_CONFIRMED;
}

static enum err mint(struct call *c, struct tx *tx, const struct case_row *of, struct fault *f)
{
	CLEANUP(minting_end) struct minting m = { .c = c, .tx = tx, .of = of };
	CLEANUP(arena_end) struct arena *a = NULL;
	enum err e = arena_new(PROFILES_BYTES, &a);

	if (e || (e = fill(&m, a, f)) ||
	    (e = warrant_mint(&m.w, epidemic_of(c)->o.signer, &m.bytes, f)) || (e = keep(&m, f)))
		return e;
	json_key(call_json(c), "warrant");
	return tell(c, of, &m.w, buf_view(&m.bytes), 0);
}

enum err case_two_people(struct tx *tx, int64_t who, int64_t other, struct fault *f)
{
	bool one;
	enum err e = look_one_person(tx, who, other, &one, f);

	if (e || !one)
		return e;
	return fault_set(
		f, ERR_CONFLICT,
		"报告、检测或改过这个病例的另一账号像是您本人的，请由另一人办理；确是两人的，"
		"请系统管理员在账号里填写各自的责任人",
		"another account, which reported, tested or corrected this case, seems to be "
		"yours: let somebody else do it; if you are two, let the system administrator "
		"fill in whose each account is");
}

/* A laboratory that is the reporter's other account is none. */
static enum err confirm_by_another(struct call *c, struct tx *tx, const struct case_row *of,
				   struct fault *f)
{
	int64_t by = of->record.created_by.v;
	bool none = true;

	if (of->result == CASE_POSITIVE && of->result_by != FIELD_NONE) {
		enum err e = look_one_person(tx, of->result_by, by, &none, f);

		if (e)
			return e;
	}
	return case_two_people(tx, c->who->account, none ? by : of->result_by, f);
}

/* Two people, again: who corrected it does not confirm it as it is now. */
static enum err confirm_correction(struct call *c, struct tx *tx, const struct case_row *of,
				   struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	int64_t county = area_county(of->record.area).v, id = of->record.id.v;
	bool more;
	enum err e = tx_rows(tx, &epidemic_sql.altered_by, SQL_ARGS(sql_i64(county), sql_i64(id)),
			     &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		if (rows_i64(r, 0) == c->who->account)
			return fault_set(
				f, ERR_CONFLICT, "您在确认之后改过这个病例；请由另一人再次确认",
				"you corrected this case after it was confirmed; somebody else "
				"must confirm it anew");
		e = case_two_people(tx, c->who->account, rows_i64(r, 0), f);
	}
	return e ? e
		 : tx_run(tx, &epidemic_sql.altered_no_more, SQL_ARGS(sql_i64(county), sql_i64(id)),
			  NULL, f);
}

/* Whatever was begun for it, in the transaction that says it was none. Its warrant ends by that. */
static enum err overturned(struct call *c, struct tx *tx, const struct case_row *of,
			   struct fault *f)
{
	enum err e = question_end(c, tx, of->record.id.v, f);

	if (e || !epidemic_of(c))
		return e;
	e = measure_case_end(c, tx, of->record.id.v, f);
	return e ? e : contact_case_end(c, tx, of, f);
}

enum err case_follow(struct call *c, struct tx *tx, const void *before, const void *after,
		     struct fault *f)
{
	const struct case_row *of = after;
	enum err e;

	if (c && overturns(before, after))
		return overturned(c, tx, of, f);
	if (c && corrects(c, before, after))
		return tx_run(tx, &epidemic_sql.altered,
			      SQL_ARGS(sql_i64(area_county(of->record.area).v),
				       sql_i64(of->record.id.v), sql_i64(c->who->account)),
			      NULL, f);
	if (!c || !confirms(c, before, after))
		return OK;
	if (!epidemic_of(c))
		return fault_set(f, ERR_CONFLICT, "追踪功能未运行，不能确认病例",
				 "nobody mints warrants here: no case is confirmed");
	if ((e = confirm_by_another(c, tx, of, f)) || (e = confirm_correction(c, tx, of, f)))
		return e;
	return mint(c, tx, of, f);
}

enum err case_warrants(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct epidemic *x = epidemic_of(c);
	struct json *j = call_json(c);
	struct case_row *of;
	bool more;
	enum err e = case_load(c, tx, &of, f);

	if (e || (e = tx_rows(tx, &epidemic_sql.warrants,
			      SQL_ARGS(sql_i64(area_county(of->record.area).v),
				       sql_i64(of->record.id.v)),
			      &r, f)))
		return e;
	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	while (!(e = rows_next(r, &more, f)) && more) {
		struct trail_warrant w;
		struct str bytes = rows_blob(r, 6);
		struct fault unasked = { 0 };

		if (warrant_read(bytes, crypt_signer_public(x->o.signer), &w, &unasked))
			continue; /* altered in the database: nobody can use it */
		if ((e = tell(c, of, &w, bytes, rows_i64(r, 5))))
			return e;
	}
	json_close(j, ']');
	json_close(j, '}');
	return e;
}
