/*
 * case_http.c - a case is registered, a laboratory says what it found, and cases that nobody
 * confirms are put before the overseer.
 */
#include <string.h>

#include "base/json_read.h"
#include "epidemic/epidemic.sql.h"
#include "epidemic/inside.h"
#include "http/http.h"
#include "ledger/ledger.h"
#include "trail/limit.h"
#include "vault/vault.h"

#include "base/ban.h"

enum { BODY = 16 << 10, HOUR_S = 3600 };

struct epidemic *epidemic_of(const struct call *c)
{
	return c->house ? ((struct epidemic_house *)c->house)->epidemic : NULL;
}

enum err case_load(struct call *c, struct tx *tx, struct case_row **ret, struct fault *f)
{
	const struct record_id id = { call_id(c, "id") };
	void *row;
	enum err e = record_get(epidemic_of(c)->o.book, tx, &case_noun, id, c->a, &row, f);

	if (e == ERR_ABSENT)
		return call_absent(f);
	*ret = row;
	return e ? e : call_reach(c, (*ret)->record.area, f);
}

/* ---- registering ----------------------------------------------------------------------------- */

static enum err bad(struct fault *f, const char *field, const char *zh, const char *en)
{
	enum err e = fault_set(f, ERR_RANGE, "%s%.0s", "%.0s%s", zh, en);

	fault_at(f, field, NULL);
	return e;
}

static enum err get_date(const struct call *c, const struct json_node *map, const char *key,
			 struct field_day *ret, struct fault *f)
{
	struct str s = { NULL, 0 };
	struct when w;
	enum err e = json_get_text(map, key, 40, &s, f);

	ret->v = FIELD_NONE;
	if (e || !s.p)
		return e;
	if (when_read(s, epidemic_of(c)->o.zone, &w) || w.kind != WHEN_DATE)
		return bad(f, key, "日期应写成 2021-07-20", "a date is written as 2021-07-20");
	ret->v = w.day;
	return OK;
}

static enum err get_time(const struct call *c, const struct json_node *map, const char *key,
			 struct utc_s *ret, struct fault *f)
{
	struct str s = { NULL, 0 };
	struct when w;
	enum err e = json_get_text(map, key, 40, &s, f);

	ret->v = FIELD_NONE;
	if (e || !s.p)
		return e;
	if (when_read(s, epidemic_of(c)->o.zone, &w))
		return bad(f, key, "时间应写成 2021-07-20T08:00:00+08:00",
			   "a time is written as 2021-07-20T08:00:00+08:00");
	*ret = w.at;
	return OK;
}

static enum err get_facts(const struct call *c, const struct json_node *map, struct case_row *row,
			  struct fault *f)
{
	struct str area = { NULL, 0 };
	enum err e;

	if ((e = json_need(map, "area", f)) || (e = json_need(map, "number", f)) ||
	    (e = json_need(map, "profile", f)) || (e = json_get_text(map, "area", 20, &area, f)) ||
	    (e = json_get_text(map, "number", 160, &row->number, f)) ||
	    (e = json_get_text(map, "profile", 48, &row->profile, f)) ||
	    (e = json_get_id(map, "officer", &row->officer.v, f)) ||
	    (e = get_date(c, map, "onset", &row->onset, f)) ||
	    (e = get_date(c, map, "positive", &row->positive, f)) ||
	    (e = get_time(c, map, "isolated", &row->isolated, f)))
		return e;
	if (area_parse(area, &row->record.area))
		return bad(f, "area", "区域应为区划代码", "the area is a code of an area");
	if (!row->number.n || str_characters(row->number) > 40)
		return bad(f, "number", "病例编号应为 1 至 40 个字",
			   "a number has 1 to 40 characters");
	return OK;
}

/* The person's own fields: on their way into the vault, and nowhere else. */
static enum err get_who(const struct json_node *map, struct vault_identity *ret, struct fault *f)
{
	static const char *const keys[] = { "name",  "id_number", "phone", "address",
					    "birth", "sex",       "key",   NULL };
	const struct json_node *who = json_at(map, "who");
	enum err e;

	if (!who || who->is != JSON_IS_MAP)
		return bad(f, "who", "缺少本人信息", "whom the case is about is missing");
	if ((e = json_only(who, keys, f)))
		return e;
	for (int i = 0; i < VAULT_FIELD_N; i++)
		if ((e = json_get_text(who, vault_field_word((enum vault_field)i), VAULT_TEXT_MAX,
				       &ret->text[i], f)))
			return e;
	return OK;
}

struct registering {
	struct case_row row;
	int64_t person;
};

static enum err to_vault(struct call *c, struct registering *g, const struct vault_identity *who,
			 struct fault *f)
{
	struct vault *v = epidemic_of(c)->o.vault;
	const struct vault_row row = { 1, *who };
	const struct vault_presence here = { *who, c->now };
	struct vault_staged_row staged;
	int64_t batch = g->row.record.id.v;
	enum err e;

	if (!v)
		return fault_set(f, ERR_BUSY, "身份库未运行，暂不能登记病例",
				 "the vault is not there: no case can be registered now");
	if ((e = vault_stage(v, batch, &row, 1, &staged, f)) ||
	    (e = vault_pseudonym(v, batch, &here, 1, &g->person, f)))
		return e;
	g->row.subject.v = staged.subject;
	return OK;
}

const char *const case_register_keys[] = { "area",     "number",  "profile", "onset", "positive",
					   "isolated", "officer", "who",     NULL };

enum err case_register_before(struct call *c, struct fault *f)
{
	const struct json_node *map;
	struct vault_identity who;
	struct registering *g = arena_take(c->a, 1, sizeof *g);
	const struct profile *p;
	enum err e;

	if (!g)
		return ERR_MEMORY;
	memset(&who, 0, sizeof who);
	noun_blank(&case_noun, &g->row);
	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &map, f)) ||
	    (e = json_only(map, case_register_keys, f)) || (e = get_facts(c, map, &g->row, f)) ||
	    (e = get_who(map, &who, f)) || (e = call_reach(c, g->row.record.area, f)))
		return e;
	if (area_level(g->row.record.area) < AREA_COUNTY)
		return bad(f, "area", "区域应为县级或以下的区划代码",
			   "the area is a code of a county or below");
	CLEANUP(arena_end) struct arena *profiles = NULL;
	if ((e = arena_new(8 << 20, &profiles)) ||
	    (e = case_profile(g->row.profile, profiles, &p, f)))
		return e;
	g->row.record.id = record_id_new(epidemic_of(c)->o.book);
	c->parsed = g;
	return to_vault(c, g, &who, f);
}

enum err case_register(struct call *c, struct tx *tx, struct fault *f)
{
	const struct registering *g = c->parsed;
	struct epidemic *x = epidemic_of(c);
	struct case_row row = g->row;
	struct ledger_entry en;
	enum err e;

	row.record.version = 1;
	row.record.state = CASE_SUSPECTED;
	row.record.created_at = row.record.updated_at = c->now;
	row.record.created_by.v = c->who->account;
	if ((e = call_reach(c, row.record.area, f)) ||
	    (e = record_put(x->o.book, tx, &case_noun, &row, f)) ||
	    (e = tx_run(tx, &epidemic_sql.person_put,
			SQL_ARGS(sql_i64(area_county(row.record.area).v), sql_i64(row.record.id.v),
				 sql_i64(g->person)),
			NULL, f)) ||
	    (e = record_entry(&case_noun, NULL, &row, STR("register"), &en)) ||
	    (e = call_act(c, tx, &en, f)))
		return e;
	struct json *j = call_json(c);
	json_open(j, '{');
	json_key(j, "id");
	call_id_json(c, row.record.id.v);
	call_receipt_json(c);
	json_close(j, '}');
	call_status(c, 201);
	return OK;
}

/* ---- the laboratory -------------------------------------------------------------------------- */

const char *const case_result_keys[] = { "result", NULL };

enum err case_result(struct call *c, struct tx *tx, struct fault *f)
{
	const struct json_node *map;
	struct case_row *before, after;
	struct str word = { NULL, 0 };
	struct ledger_entry en;
	uint64_t changed;
	size_t n, i;
	const struct choice *results = case_results(&n);
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &map, f)) ||
	    (e = json_only(map, case_result_keys, f)) || (e = json_need(map, "result", f)) ||
	    (e = json_get_text(map, "result", 20, &word, f)) || (e = case_load(c, tx, &before, f)))
		return e;
	if (!(i = choice_find(results, n, word)))
		return bad(f, "result", "检测结果为 positive、negative 或 unclear",
			   "a result is positive, negative or unclear");
	if (before->record.state != CASE_SUSPECTED)
		return fault_set(f, ERR_CONFLICT, "病例已确认或排除，结果不再登记",
				 "the case is confirmed or excluded: no result is registered");
	if (before->record.created_by.v == c->who->account)
		return fault_set(f, ERR_CONFLICT, "报告病例的人不能登记其检测结果",
				 "who reported a case does not register its result");
	if ((e = case_two_people(tx, c->who->account, before->record.created_by.v, f)))
		return e;
	after = *before;
	after.result = (enum case_result)i;
	after.result_at = after.record.updated_at = c->now;
	after.result_by = c->who->account;
	after.record.version++;
	if ((e = tx_run(tx, &epidemic_sql.result,
			SQL_ARGS(sql_i64(area_county(after.record.area).v),
				 sql_i64(after.record.id.v), sql_i64(before->record.version),
				 sql_text(word), sql_time(c->now), sql_i64(c->who->account)),
			&changed, f)))
		return e;
	if (changed != 1)
		return fault_set(f, ERR_CONFLICT, "病例刚被别人改过，请重试",
				 "somebody has just changed the case: try again");
	if ((e = record_entry(&case_noun, before, &after, STR("result"), &en)) ||
	    (e = call_act(c, tx, &en, f)))
		return e;
	return call_receipt_only(c);
}

/* ---- the overseer ---------------------------------------------------------------------------- */

static enum err tell_waiting(struct call *c, struct tx *tx, struct area_code in, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	int64_t before = c->now.v - limit_of(LIMIT_UNCONFIRMED_HOURS) * HOUR_S;
	char area[AREA_TEXT_BYTES];
	bool more;
	enum err e =
		tx_rows(tx, &epidemic_sql.waiting,
			SQL_ARGS(sql_i64(before), sql_i64(in.v), sql_i64(area_end(in).v)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		json_open(j, '{');
		json_key(j, "id");
		call_id_json(c, rows_i64(r, 0));
		json_key(j, "area");
		area_text((struct area_code){ rows_i64(r, 1) }, area);
		json_str(j, str_of(area));
		json_key(j, "created_at");
		call_time_json(c, rows_time(r, 2));
		json_key(j, "created_by");
		call_id_json(c, rows_i64(r, 3));
		json_close(j, '}');
	}
	return e;
}

enum err case_waiting(struct call *c, struct tx *tx, struct fault *f)
{
	const struct scope *scope = call_scope(c);
	struct json *j = call_json(c);
	enum err e = OK;

	json_open(j, '{');
	json_key(j, "hours");
	json_i64(j, limit_of(LIMIT_UNCONFIRMED_HOURS));
	json_key(j, "items");
	json_open(j, '[');
	for (size_t i = 0; i < scope->n && !e; i++)
		e = tell_waiting(c, tx, scope->v[i], f);
	json_close(j, ']');
	json_close(j, '}');
	return e;
}
