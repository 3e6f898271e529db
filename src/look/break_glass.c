#include "look/break_glass.h"

#include <string.h>

#include "base/json_read.h"
#include "db/db.h"
#include "ledger/ledger.h"
#include "look/break_glass.sql.h"
#include "look/inside.h"
#include "record/record.h"

#include "base/ban.h"

enum { BODY = 8192, REASON_MAX = 600, REASON_MIN = 10, MATTER_MAX = 64 };

const char *break_glass_state_word(enum break_glass_state s)
{
	static const char *const WORDS[BREAK_GLASS_STATE_N] = { "", "asked", "approved", "refused",
								"used" };

	return WORDS[s];
}

struct glass {
	int64_t id;
	struct area_code area;
	enum break_glass_state state;
	struct str matter, reason, agency, people;
	int64_t asked_by, answered_by;
	struct utc_s asked_at, answered_at, used_at;
};

static enum err copy(struct arena *a, struct str s, struct str *ret)
{
	ret->p = arena_copy(a, s.p, s.n);
	ret->n = s.n;
	return ret->p ? OK : ERR_MEMORY;
}

static enum err read_row(struct rows *r, struct arena *a, struct glass *ret)
{
	enum err e;

	*ret = (struct glass){ .id = rows_i64(r, 0),
			       .area = { rows_i64(r, 1) },
			       .state = (enum break_glass_state)rows_i64(r, 2),
			       .asked_by = rows_i64(r, 7),
			       .asked_at = rows_time(r, 8),
			       .answered_by = rows_i64(r, 9),
			       .answered_at = rows_time(r, 10),
			       .used_at = rows_time(r, 11) };
	if ((e = copy(a, rows_text(r, 3), &ret->matter)) ||
	    (e = copy(a, rows_text(r, 4), &ret->reason)) ||
	    (e = copy(a, rows_text(r, 5), &ret->agency)))
		return e;
	return copy(a, rows_text(r, 6), &ret->people);
}

static enum err load(struct tx *tx, int64_t id, struct arena *a, struct glass *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &break_glass_sql.at, SQL_ARGS(sql_i64(id)), &r, f);

	return e == ERR_ABSENT ? call_absent(f) : e ? e : read_row(r, a, ret);
}

/* "17 42" -> 17, 42 */
static size_t people_of(struct str s, int64_t ret[BREAK_GLASS_PEOPLE_MAX])
{
	size_t n = 0, i = 0;

	while (i < s.n && n < BREAK_GLASS_PEOPLE_MAX) {
		size_t from = i;

		while (i < s.n && s.p[i] != ' ')
			i++;
		if (str_i64((struct str){ s.p + from, i - from }, &ret[n]) == OK)
			n++;
		i++;
	}
	return n;
}

/* ---- asking ---- */

static enum err read_people(const struct json_node *map, struct buf *ret, struct fault *f)
{
	const struct json_node *list = json_at(map, "people");
	bool good =
		list && list->is == JSON_IS_LIST && list->n && list->n <= BREAK_GLASS_PEOPLE_MAX;

	for (size_t i = 0; good && i < list->n; i++) {
		int64_t id = 0;

		good = list->items[i].is == JSON_IS_TEXT &&
		       str_i64(list->items[i].text, &id) == OK && id > 0;
		buf_fmt(ret, "%s%lld", i ? " " : "", (long long)id);
	}
	if (good)
		return ret->failed;
	fault_at(f, "people", NULL);
	return fault_set(f, ERR_RANGE, "请列出 1 至 %d 个人员编号", "list 1 to %d people by number",
			 BREAK_GLASS_PEOPLE_MAX);
}

static enum err has_department(struct call *c, struct tx *tx, int64_t *ret, struct fault *f)
{
	enum err e = look_department(tx, c->who->account, ret, f);

	if (e || *ret)
		return e;
	return fault_set(f, ERR_CONFLICT, "您的账号还没有所属部门，请让系统管理员填写",
			 "your account has no department yet; let the system administrator fill it "
			 "in");
}

/* Which names somebody is told follows from whom they work for: they are not asked. */
static enum err has_agency(struct call *c, struct tx *tx, struct str *ret, struct fault *f)
{
	enum grant_agency a;
	enum err e = look_agency(tx, c->who->account, &a, f);

	if (e)
		return e;
	if (!a)
		return fault_set(
			f, ERR_CONFLICT,
			"您的账号所属部门不是在用的疾控中心、社区（村）或公安机关，不能申请查看姓名；"
			"请由这三类机构的人申请，部门填错的请系统管理员改正",
			"your account's department is no active CDC, community or police: let "
			"somebody of one of these ask, or the system administrator mend it");
	*ret = str_of(grant_agency_word(a));
	return OK;
}

static enum err entry(struct call *c, struct tx *tx, const struct glass *g, const char *action,
		      struct fault *f)
{
	struct ledger_entry en = { .county = g->area,
				   .matter = g->matter,
				   .object = STR("break_glass"),
				   .object_id = g->id,
				   .action = str_of(action) };

	return call_act(c, tx, &en, f);
}

/* As the ledger takes it. */
static bool is_number(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

static const char *const ask_keys[] = { "area", "matter", "reason", "people", NULL };

static enum err read_asked(struct call *c, struct glass *g, struct buf *people, struct fault *f)
{
	struct str area = { "", 0 };
	const struct json_node *n;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &n, f)) ||
	    (e = json_only(n, ask_keys, f)))
		return e;
	for (size_t i = 0; ask_keys[i]; i++)
		if ((e = json_need(n, ask_keys[i], f)))
			return e;
	if ((e = json_get_text(n, "area", AREA_DIGITS, &area, f)) ||
	    (e = json_get_text(n, "matter", MATTER_MAX, &g->matter, f)) ||
	    (e = json_get_said(n, "reason", REASON_MAX, &g->reason, f)) ||
	    (e = read_people(n, people, f)))
		return e;
	if (area_parse(area, &g->area)) {
		fault_at(f, "area", NULL);
		return fault_set(f, ERR_RANGE, "没有这样的区划代码", "there is no such area code");
	}
	if (!is_number(g->matter)) {
		fault_at(f, "matter", NULL);
		return fault_set(f, ERR_RANGE,
				 "事由请填病例编号或文号，只用字母、数字和符号，如 2026-17",
				 "the matter is the number of a case or paper, in letters, digits "
				 "and signs without a blank, as 2026-17");
	}
	if (g->matter.n && str_characters(g->reason) >= REASON_MIN)
		return OK;
	fault_at(f, g->matter.n ? "reason" : "matter", NULL);
	return fault_set(f, ERR_RANGE, "请写明事由，理由不少于 %d 个字",
			 "say for which matter, and why in at least %d characters", REASON_MIN);
}

static enum err ask(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(buf_release) struct buf people = { 0 };
	struct glass g = { .id = record_id_new(look_of(c)->o.book).v };
	int64_t department;
	enum err e = read_asked(c, &g, &people, f);

	if (e || (e = call_reach(c, g.area, f)) || (e = has_department(c, tx, &department, f)) ||
	    (e = has_agency(c, tx, &g.agency, f)) ||
	    (e = tx_run(tx, &break_glass_sql.put,
			SQL_ARGS(sql_i64(area_county(g.area).v), sql_i64(g.id), sql_i64(g.area.v),
				 sql_text(g.matter), sql_text(g.reason), sql_text(g.agency),
				 sql_text(buf_view(&people)), sql_i64(c->who->account),
				 sql_time(c->now)),
			NULL, f)) ||
	    (e = entry(c, tx, &g, "ask", f)))
		return e;
	call_status(c, 201);
	json_open(call_json(c), '{');
	json_key(call_json(c), "id");
	call_id_json(c, g.id);
	json_key(call_json(c), "agency");
	json_str(call_json(c), g.agency);
	call_receipt_json(c);
	json_close(call_json(c), '}');
	return OK;
}

/* ---- the list ---- */

static enum err tell(struct call *c, struct tx *tx, const struct glass *g, struct fault *f)
{
	struct json *j = call_json(c);
	int64_t people[BREAK_GLASS_PEOPLE_MAX];
	char code[AREA_TEXT_BYTES];
	enum err e;

	json_open(j, '{');
	json_key(j, "id");
	call_id_json(c, g->id);
	area_text(g->area, code);
	json_key(j, "area");
	json_str(j, str_of(code));
	json_key(j, "state");
	json_str(j, str_of(break_glass_state_word(g->state)));
	json_key(j, "matter");
	json_str(j, g->matter);
	json_key(j, "reason");
	json_str(j, g->reason);
	json_key(j, "agency");
	json_str(j, g->agency);
	json_key(j, "people");
	json_i64(j, (int64_t)people_of(g->people, people));
	json_key(j, "asked_at");
	call_time_json(c, g->asked_at);
	if ((e = look_account_json(c, tx, "asked_by", g->asked_by, f)))
		return e;
	if (g->answered_by) {
		json_key(j, "answered_at");
		call_time_json(c, g->answered_at);
		if ((e = look_account_json(c, tx, "answered_by", g->answered_by, f)))
			return e;
	}
	json_key(j, "ends_at");
	call_time_json(c, (struct utc_s){ (g->answered_by ? g->answered_at.v : g->asked_at.v) +
					  BREAK_GLASS_S });
	json_key(j, "mine");
	json_bool(j, g->asked_by == c->who->account);
	json_close(j, '}');
	return OK;
}

static enum err list(struct call *c, struct tx *tx, struct fault *f)
{
	const struct scope *in = call_scope(c);
	struct ledger_entry en = { .county = c->who->home,
				   .object = STR("break_glass"),
				   .action = STR("list") };
	struct json *j = call_json(c);
	enum grant_agency ours = (enum grant_agency)0;
	int64_t department = 0;
	enum err e = call_saw(c, &en, f);

	if (e || (e = look_department(tx, c->who->account, &department, f)) ||
	    (e = look_agency(tx, c->who->account, &ours, f)))
		return e;
	json_open(j, '{');
	json_key(j, "department");
	json_bool(j, department != 0);
	json_key(j, "agency");
	if (ours)
		json_str(j, str_of(grant_agency_word(ours)));
	else
		json_nil(j);
	json_key(j, "items");
	json_open(j, '[');
	for (size_t i = 0; !e && i < in->n; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		struct glass g;
		bool more;

		e = tx_rows(tx, &break_glass_sql.list,
			    SQL_ARGS(sql_i64(in->v[i].v), sql_i64(area_end(in->v[i]).v)), &r, f);
		while (!e && !(e = rows_next(r, &more, f)) && more)
			if (!(e = read_row(r, c->a, &g)))
				e = tell(c, tx, &g, f);
	}
	json_close(j, ']');
	json_close(j, '}');
	return e;
}

/* ---- the second person ---- */

/* Who may answer: somebody else, of another department, in time. */
static enum err may_answer(struct call *c, struct tx *tx, const struct glass *g, struct fault *f)
{
	int64_t theirs, ours;
	bool one;
	enum err e;

	if (g->state != BREAK_GLASS_ASKED)
		return fault_set(f, ERR_CONFLICT, "这份申请已有答复", "this was answered already");
	if (c->now.v >= g->asked_at.v + BREAK_GLASS_S)
		return fault_set(f, ERR_CONFLICT, "申请已超过 30 分钟，请重新提出",
				 "half an hour is over since it was asked; ask anew");
	if (g->asked_by == c->who->account)
		return fault_set(f, ERR_CONFLICT, "不能批准自己的申请，请另一部门的人办理",
				 "nobody approves their own; somebody of another department does");
	if ((e = has_department(c, tx, &ours, f)) ||
	    (e = look_department(tx, g->asked_by, &theirs, f)))
		return e;
	if (ours == theirs)
		return fault_set(f, ERR_CONFLICT, "批准人必须来自另一个部门",
				 "whoever approves is of another department");
	if ((e = look_one_person(tx, c->who->account, g->asked_by, &one, f)) || !one)
		return e;
	return fault_set(f, ERR_CONFLICT,
			 "这两个账号像是同一个人的，请另一人批准；确是两人的，"
			 "请系统管理员在账号里填写各自的责任人",
			 "these two accounts seem to be one person's: let another one approve; if "
			 "they are two, let the system administrator fill in whose each is");
}

static const char *const answer_keys[] = { "approve", NULL };

static enum err answer(struct call *c, struct tx *tx, struct fault *f)
{
	const struct json_node *n;
	uint64_t changed = 0;
	bool yes = false;
	struct glass g;
	enum err e;

	if ((e = load(tx, call_id(c, "id"), c->a, &g, f)) || (e = call_reach(c, g.area, f)) ||
	    (e = json_read(c->rq->body, &json_limits_request, c->a, &n, f)) ||
	    (e = json_only(n, answer_keys, f)) || (e = json_need(n, "approve", f)) ||
	    (e = json_get_bool(n, "approve", &yes, f)) || (e = may_answer(c, tx, &g, f)) ||
	    (e = tx_run(tx, &break_glass_sql.answer,
			SQL_ARGS(sql_i64(area_county(g.area).v), sql_i64(g.id),
				 sql_i64(yes ? BREAK_GLASS_APPROVED : BREAK_GLASS_REFUSED),
				 sql_i64(c->who->account), sql_time(c->now)),
			&changed, f)))
		return e;
	if (!changed)
		return ERR_CONFLICT;
	if ((e = entry(c, tx, &g, yes ? "approve" : "refuse", f)))
		return e;
	return call_receipt_only(c);
}

/* ---- the names ---- */

struct telling {
	struct glass g;
	struct grant grant;
	struct vault_people people;
	int64_t id; /* asked for */
	enum grant_agency ours;
	struct call *c;
};

static enum err find(struct tx *tx, void *arg, struct fault *f)
{
	struct telling *w = arg;
	enum err e = load(tx, w->id, w->c->a, &w->g, f);

	return e ? e : look_agency(tx, w->c->who->account, &w->ours, f);
}

static enum err may_see(struct call *c, const struct glass *g, struct fault *f)
{
	enum err e = call_reach(c, g->area, f);

	if (e)
		return e;
	if (g->asked_by != c->who->account)
		return fault_set(f, ERR_CONFLICT, "姓名只给提出申请的人",
				 "the names are for the one who asked");
	if (g->state == BREAK_GLASS_APPROVED && c->now.v < g->answered_at.v + BREAK_GLASS_S)
		return OK;
	return fault_set(f, ERR_CONFLICT, "还没有批准、已经用过，或已超过 30 分钟",
			 "it is not approved yet, was used, or half an hour is over");
}

/* The grant lives as long as the request; the vault notes that it was used. */
static enum err names_before(struct call *c, struct fault *f)
{
	CLEANUP(buf_release) struct buf blob = { 0 };
	struct telling *w = arena_take(c->a, 1, sizeof *w);
	int64_t *ids = arena_take(c->a, BREAK_GLASS_PEOPLE_MAX, sizeof *ids);
	enum err e;

	if (!w || !ids)
		return ERR_MEMORY;
	w->id = call_id(c, "id");
	w->c = c;
	if ((e = db_read(c->db, find, w, f)) || (e = may_see(c, &w->g, f)))
		return e;
	if (w->ours != look_agency_of(w->g.agency))
		return fault_set(f, ERR_CONFLICT, "您的账号所属的机构与申请时不同，请重新提出申请",
				 "your account is of another agency than when this was asked: ask "
				 "anew");
	w->grant = (struct grant){ .kind = GRANT_BREAK_GLASS,
				   .agency = look_agency_of(w->g.agency),
				   .id = w->g.id,
				   .account = c->who->account,
				   .matter = w->g.matter,
				   .purpose = str_of(purpose_word(c->route->why)),
				   .issued = c->now,
				   .expires = { w->g.answered_at.v + BREAK_GLASS_S },
				   .single_use = true,
				   .ids = ids };
	w->grant.fields = grant_agency_fields(w->grant.agency);
	w->grant.n = people_of(w->g.people, ids);
	if ((e = grant_sign(&w->grant, look_of(c)->o.signer, &blob, f)) ||
	    (e = vault_resolve(look_of(c)->o.vault, buf_view(&blob), c->who->account, ids,
			       w->grant.n, &w->people, f)))
		return e;
	c->parsed = w;
	return OK;
}

static void names_after(struct call *c, bool committed)
{
	struct telling *w = c->parsed;

	(void)committed;
	if (w)
		vault_people_end(&w->people);
}

/* Each person is told of both: who asked, and who let them. */
static enum err note(struct call *c, struct tx *tx, const struct telling *w, struct fault *f)
{
	const struct look_told told = { str_of(grant_kind_word(w->grant.kind)), w->grant.matter,
					w->grant.purpose, w->grant.fields, w->g.answered_by };
	enum err e = OK;

	for (size_t i = 0; i < w->people.n && !e; i++)
		e = look_note_one(c, tx, w->g.area, &told, w->people.v[i].id, f);
	return e ? e : entry(c, tx, &w->g, "use", f);
}

static enum err names(struct call *c, struct tx *tx, struct fault *f)
{
	struct telling *w = c->parsed;
	struct json *j = call_json(c);
	uint64_t changed = 0;
	enum err e = call_reach(c, w->g.area, f);

	if (!e)
		e = tx_run(tx, &break_glass_sql.use,
			   SQL_ARGS(sql_i64(area_county(w->g.area).v), sql_i64(w->g.id),
				    sql_time(c->now)),
			   &changed, f);
	if (!e && !changed)
		e = fault_set(f, ERR_CONFLICT, "已经用过", "it was used");
	if (e || (e = note(c, tx, w, f)) || (e = look_answer(c, &w->people)))
		return e;
	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	for (size_t i = 0; i < w->people.n; i++)
		look_person_json(c, &w->people.v[i], w->grant.agency);
	json_close(j, ']');
	call_receipt_json(c);
	json_close(j, '}');
	return OK;
}

static const struct route rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/break-glass", list, CAP_BREAK_GLASS_READ, REACH_AREA,
		WHY_OVERSIGHT, 0, AUDIT_READ, "紧急查看的申请", "Names asked for in emergencies") },
	{ ROUTE(HTTP_POST, "/api/v1/break-glass", ask, CAP_BREAK_GLASS, REACH_AREA, WHY_DUTY, BODY,
		AUDIT_ACT, "申请紧急查看姓名", "Ask for names in an emergency"),
	  .takes = ask_keys },
	{ ROUTE(HTTP_POST, "/api/v1/break-glass/{id}/answer", answer, CAP_BREAK_GLASS, REACH_AREA,
		WHY_DUTY, BODY, AUDIT_ACT, "由另一部门的人批准或拒绝",
		"Somebody of another department approves or refuses"),
	  .takes = answer_keys },
	{ ROUTE(HTTP_POST, "/api/v1/break-glass/{id}/names", names, CAP_BREAK_GLASS, REACH_AREA,
		WHY_DUTY, BODY, AUDIT_ACT, "查看获批的姓名，只能一次", "The approved names, once"),
	  .before = names_before, .after = names_after, .flags = ROUTE_SECRET },
};
const struct route_list break_glass_routes = { rows, ARRAY_LEN(rows) };
