/*
 * notice_http.c - one's own notices: read, confirmed; and where and when one wants to be told.
 */
#include <stdio.h>
#include <string.h>

#include "base/json_read.h"
#include "engine/flow/table.h"
#include "http/http.h"
#include "ledger/ledger.h"
#include "loop/notice.sql.h"
#include "loop/notice_inside.h"

#include "base/ban.h"

enum { PAGE = 50, BODY = 16 << 10, MANY_MAX = 200, MAIL_MAX = 200, HOUR_MIN = 60, DAY_MIN = 1440 };

static const struct notices *notices_of(const struct call *c)
{
	return c->route->arg;
}

/* ---- what several answers share -------------------------------------------------------------- */

void notice_area_json(struct json *j, struct area_code a)
{
	char text[AREA_TEXT_BYTES];

	area_text(a, text);
	json_key(j, "area");
	json_str(j, str_of(text));
}

void notice_time_json(struct call *c, const char *key, struct rows *r, size_t column)
{
	json_key(call_json(c), key);
	if (rows_null(r, column))
		json_nil(call_json(c));
	else
		call_time_json(c, rows_time(r, column));
}

enum err notice_query(const struct call *c, const char *name, int64_t preset, int64_t *ret,
		      struct fault *f)
{
	struct str s = http_query(c->rq, name);

	*ret = preset;
	if (!s.n || (!str_i64(s, ret) && *ret >= 0))
		return OK;
	return fault_set(f, ERR_RANGE, "%s 应为整数", "%s is a whole number", name);
}

static void flag(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}

static void id_of(struct call *c, const char *key, int64_t id)
{
	json_key(call_json(c), key);
	if (id)
		call_id_json(c, id);
	else
		json_nil(call_json(c));
}

static void number(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_i64(j, v);
}

static void word(struct json *j, const char *key, struct str s)
{
	json_key(j, key);
	json_str(j, s);
}

/* ---- the list -------------------------------------------------------------------------------- */

struct listing {
	struct call *c;
	struct tx *tx;
	struct fault *f;
	int64_t party; /* the caller's */
	int64_t owner[PAGE];
	size_t n;
	int64_t last;
};

static enum err party_of(struct call *c, struct tx *tx, int64_t *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e =
		tx_row(tx, &notice_sql.organisation_of,
		       SQL_ARGS(sql_i64(area_county(c->who->home).v), sql_i64(c->who->account)), &r,
		       f);

	*ret = e ? 0 : rows_i64(r, 0);
	return e == ERR_ABSENT ? OK : e;
}

/* [{channel, state, at}]: waiting, sending, told, failed, or not needed since it was read. */
static enum err put_sent(struct listing *l, int64_t county, int64_t id)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(l->c);
	bool more = false;
	enum err e =
		tx_rows(l->tx, &notice_sql.sent, SQL_ARGS(sql_i64(county), sql_i64(id)), &r, l->f);

	json_key(j, "sent");
	json_open(j, '[');
	while (!e && !(e = rows_next(r, &more, l->f)) && more) {
		int64_t message = rows_i64(r, 1);

		json_open(j, '{');
		word(j, "channel", rows_text(r, 0));
		word(j, "state",
		     message < 0 ? STR("read")
		     : message   ? rows_text(r, 3)
				 : STR("waiting"));
		number(j, "tries", message > 0 ? rows_i64(r, 4) : 0);
		notice_time_json(l->c, "next", r, message > 0 ? 5 : 2);
		notice_time_json(l->c, "at", r, 6);
		json_close(j, '}');
	}
	json_close(j, ']');
	return e;
}

/* The title of a task is for those whose it still is; whoever was told once keeps the rest. */
static bool may_see(const struct listing *l, struct area_code area, int64_t party)
{
	return scope_covers(&l->c->who->scope, area) || (party && party == l->party);
}

static void put_task(struct listing *l, struct rows *r)
{
	struct json *j = call_json(l->c);
	struct area_code area = { rows_i64(r, 3) };
	struct flow_task t;
	int64_t by;

	notice_task(rows_blob(r, 20), &t);
	by = notice_deadline(&t, rows_i64(r, 15));
	id_of(l->c, "task", rows_i64(r, 2));
	id_of(l->c, "signal", rows_i64(r, 21));
	notice_area_json(j, area);
	json_key(j, "title");
	if (may_see(l, area, rows_i64(r, 15)))
		json_str(j, rows_text(r, 16));
	else
		json_nil(j);
	word(j, "kind", rows_text(r, 17));
	word(j, "state", rows_text(r, 18));
	id_of(l->c, "owner", rows_i64(r, 19));
	json_key(j, "by");
	if (by)
		call_time_json(l->c, (struct utc_s){ by });
	else
		json_nil(j);
	l->owner[l->n] = rows_i64(r, 19);
}

static enum err put_one(struct listing *l, struct rows *r)
{
	struct json *j = call_json(l->c);
	int64_t id = rows_i64(r, 1);
	enum err e;

	json_open(j, '{');
	id_of(l->c, "id", id);
	put_task(l, r);
	json_key(j, "say");
	notice_say_json(j, rows_text(r, 4));
	number(j, "level", rows_i64(r, 5));
	flag(j, "urgent", rows_i64(r, 6) != 0);
	number(j, "hop", rows_i64(r, 7));
	notice_time_json(l->c, "told_at", r, 8);
	flag(j, "unread", rows_i64(r, 9) != 0);
	flag(j, "asked", rows_i64(r, 10) != 0);
	notice_time_json(l->c, "confirm_by", r, 11);
	notice_time_json(l->c, "fell_at", r, 12);
	notice_time_json(l->c, "confirmed_at", r, 13);
	id_of(l->c, "answered_by", rows_i64(r, 14));
	e = put_sent(l, rows_i64(r, 0), id);
	json_close(j, '}');
	l->last = id;
	l->n++;
	return e;
}

static enum err put_counts(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &notice_sql.counts, SQL_ARGS(sql_i64(c->who->account)), &r, f);

	if (e)
		return e;
	number(call_json(c), "unread", rows_i64(r, 0));
	number(call_json(c), "asked", rows_i64(r, 1));
	return OK;
}

static enum err which(const struct call *c, const struct sql **ret, struct fault *f)
{
	bool asked, unread;
	enum err e;

	if ((e = call_flag(c, "asked", &asked, f)) || (e = call_flag(c, "unread", &unread, f)))
		return e;
	*ret = asked ? &notice_sql.mine_asked : unread ? &notice_sql.mine_unread : &notice_sql.mine;
	return OK;
}

static enum err mine(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct listing l = { .c = c, .tx = tx, .f = f };
	struct json *j = call_json(c);
	const struct sql *sql;
	int64_t before;
	bool more = false;
	enum err e;

	if ((e = notice_query(c, "after", INT64_MAX, &before, f)) || (e = which(c, &sql, f)) ||
	    (e = party_of(c, tx, &l.party, f)) ||
	    (e = tx_rows(tx, sql,
			 SQL_ARGS(sql_i64(c->who->account), sql_i64(before), sql_i64(PAGE)), &r,
			 f)))
		return e;
	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	while (!e && l.n < PAGE && !(e = rows_next(r, &more, f)) && more)
		e = put_one(&l, r);
	json_close(j, ']');
	if (e || (e = put_counts(c, tx, f)))
		return e;
	id_of(c, "next", l.n == PAGE ? l.last : 0);
	json_key(j, "as_of");
	call_time_json(c, c->now);
	e = record_labels(notices_of(c)->o.book, c, tx, "organisation", l.owner, l.n, f);
	json_close(j, '}');
	return e;
}

static enum err count(struct call *c, struct tx *tx, struct fault *f)
{
	enum err e;

	json_open(call_json(c), '{');
	e = put_counts(c, tx, f);
	json_close(call_json(c), '}');
	return e;
}

/* ---- read, confirmed ------------------------------------------------------------------------- */

struct mine_one {
	struct area_code county, area;
	int64_t id, task, key;
	bool unread, asked, confirmed;
};

/* Whatever is not the caller's own is not there. */
static enum err one_of(struct call *c, struct tx *tx, int64_t id, struct mine_one *ret,
		       struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e =
		tx_row(tx, &notice_sql.at, SQL_ARGS(sql_i64(id), sql_i64(c->who->account)), &r, f);

	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	*ret = (struct mine_one){ .county = { rows_i64(r, 0) },
				  .area = { rows_i64(r, 3) },
				  .id = id,
				  .task = rows_i64(r, 1),
				  .key = rows_i64(r, 2),
				  .unread = rows_i64(r, 4) != 0,
				  .asked = rows_i64(r, 5) != 0,
				  .confirmed = !rows_null(r, 6) };
	return OK;
}

static enum err answer(struct call *c, struct tx *tx, struct fault *f)
{
	enum err e;

	json_open(call_json(c), '{');
	e = put_counts(c, tx, f);
	call_receipt_json(c);
	json_close(call_json(c), '}');
	return e;
}

static enum err entry_read(struct call *c, struct tx *tx, size_t n, struct fault *f)
{
	char detail[32];
	struct ledger_entry en = { .county = c->who->home,
				   .object = STR("account"),
				   .object_id = c->who->account,
				   .action = STR("notices-read") };

	en.detail =
		(struct str){ detail, (size_t)snprintf(detail, sizeof detail, "notices=%zu", n) };
	return call_act(c, tx, &en, f);
}

static enum err confirm_one(struct call *c, struct tx *tx, int64_t id, struct fault *f)
{
	struct ledger_entry en = { .object = STR("notice"),
				   .object_id = id,
				   .action = STR("confirm") };
	struct mine_one x;
	enum err e;

	if ((e = one_of(c, tx, id, &x, f)) || (e = notice_read(tx, x.county, id, c->now, f)) ||
	    (e = notice_confirm(tx, x.county, id, x.task, x.key, c->who->account, c->now, f)))
		return e;
	en.county = x.area;
	return call_act(c, tx, &en, f);
}

static enum err read_one(struct call *c, struct tx *tx, int64_t id, struct fault *f)
{
	struct mine_one x;
	enum err e = one_of(c, tx, id, &x, f);

	return e ? e : notice_read(tx, x.county, id, c->now, f);
}

static const char *const many_keys[] = { "notices", NULL };

static enum err many_of(struct call *c, int64_t *ret, size_t *ret_n, struct fault *f)
{
	const struct json_node *map, *list;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &map, f)) ||
	    (e = json_only(map, many_keys, f)) || (e = json_need(map, "notices", f)))
		return e;
	list = json_at(map, "notices");
	*ret_n = list->is == JSON_IS_LIST && list->n <= MANY_MAX ? list->n : 0;
	for (size_t i = 0; i < *ret_n; i++)
		if (list->items[i].is != JSON_IS_TEXT || str_i64(list->items[i].text, &ret[i]))
			*ret_n = 0;
	if (*ret_n)
		return OK;
	fault_at(f, "notices", NULL);
	return fault_set(f, ERR_RANGE, "notices 应为通知编号的列表，1 至 %d 个",
			 "notices is a list of 1 to %d numbers of notices", MANY_MAX);
}

static enum err read_it(struct call *c, struct tx *tx, struct fault *f)
{
	enum err e;

	if ((e = read_one(c, tx, call_id(c, "id"), f)) || (e = entry_read(c, tx, 1, f)))
		return e;
	return answer(c, tx, f);
}

static enum err confirm_it(struct call *c, struct tx *tx, struct fault *f)
{
	enum err e = confirm_one(c, tx, call_id(c, "id"), f);

	return e ? e : answer(c, tx, f);
}

static enum err read_many(struct call *c, struct tx *tx, struct fault *f)
{
	int64_t id[MANY_MAX];
	size_t n;
	enum err e = many_of(c, id, &n, f);

	for (size_t i = 0; !e && i < n; i++)
		e = read_one(c, tx, id[i], f);
	if (e || (e = entry_read(c, tx, n, f)))
		return e;
	return answer(c, tx, f);
}

static enum err confirm_many(struct call *c, struct tx *tx, struct fault *f)
{
	int64_t id[MANY_MAX];
	size_t n;
	enum err e = many_of(c, id, &n, f);

	for (size_t i = 0; !e && i < n; i++)
		e = confirm_one(c, tx, id[i], f);
	return e ? e : answer(c, tx, f);
}

/* ---- how one wants to be told ---------------------------------------------------------------- */

static void clock_json(struct json *j, const char *key, struct rows *r, size_t column)
{
	char text[16];
	int64_t m;

	json_key(j, key);
	if (!r || rows_null(r, column)) {
		json_nil(j);
		return;
	}
	m = rows_i64(r, column) % DAY_MIN;
	(void)snprintf(text, sizeof text, "%02d:%02d", (int)(m / HOUR_MIN), (int)(m % HOUR_MIN));
	json_str(j, str_of(text));
}

static enum err wishes(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct notices *n = notices_of(c);
	struct json *j = call_json(c);
	enum err e =
		tx_row(tx, &notice_sql.wish,
		       SQL_ARGS(sql_i64(area_county(c->who->home).v), sql_i64(c->who->account)), &r,
		       f);

	if (e && e != ERR_ABSENT)
		return e;
	json_open(j, '{');
	word(j, "mail", e ? STR("") : rows_text(r, 0));
	clock_json(j, "quiet_from", e ? NULL : r, 1);
	clock_json(j, "quiet_to", e ? NULL : r, 2);
	flag(j, "by_mail", n->o.mail);
	flag(j, "by_webhook", n->o.webhook);
	json_close(j, '}');
	return OK;
}

/* Of mail that stays inside ASCII: what goes into a line of SMTP can end none. */
static bool is_mail(struct str s)
{
	static const char inside[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789.@_+-";
	const char *at = s.n ? memchr(s.p, '@', s.n) : NULL;
	size_t before = at ? (size_t)(at - s.p) : 0;

	for (size_t i = 0; i < s.n; i++)
		if (!memchr(inside, s.p[i], sizeof inside - 1) || (s.p[i] == '@' && i != before))
			return false;
	return at && before && s.n - before > 3 && memchr(at, '.', s.n - before) && s.p[0] != '-' &&
	       s.p[s.n - 1] != '.' && at[1] != '.';
}

static enum err clock_get(const struct json_node *map, const char *key, int64_t *ret,
			  struct fault *f)
{
	struct str s = { NULL, 0 };
	int64_t h, m;
	enum err e = json_get_text(map, key, 5, &s, f);

	*ret = -1;
	if (e || !s.n)
		return e;
	if (s.n == 5 && s.p[2] == ':' && !str_i64((struct str){ s.p, 2 }, &h) &&
	    !str_i64((struct str){ s.p + 3, 2 }, &m) && h >= 0 && h < 24 && m >= 0 &&
	    m < HOUR_MIN) {
		*ret = h * HOUR_MIN + m;
		return OK;
	}
	fault_at(f, key, NULL);
	return fault_set(f, ERR_RANGE, "时刻应写成 22:00", "a time of day is written as 22:00");
}

static const char *const wish_keys[] = { "mail", "quiet_from", "quiet_to", NULL };

static enum err wish_get(struct call *c, struct str *ret_mail, int64_t *ret_from, int64_t *ret_to,
			 struct fault *f)
{
	const struct json_node *map;
	enum err e;

	*ret_mail = STR("");
	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &map, f)) ||
	    (e = json_only(map, wish_keys, f)) ||
	    (e = json_get_text(map, "mail", MAIL_MAX, ret_mail, f)) ||
	    (e = clock_get(map, "quiet_from", ret_from, f)) ||
	    (e = clock_get(map, "quiet_to", ret_to, f)))
		return e;
	if (ret_mail->n && !is_mail(*ret_mail)) {
		fault_at(f, "mail", NULL);
		return fault_set(f, ERR_RANGE, "邮箱应写成 name@example.gov.cn",
				 "a mail address is written as name@example.gov.cn");
	}
	if ((*ret_from < 0) != (*ret_to < 0) || (*ret_from >= 0 && *ret_from == *ret_to)) {
		fault_at(f, "quiet_to", NULL);
		return fault_set(f, ERR_RANGE, "免打扰要有开始和结束，两者不同；都不填为不设",
				 "quiet hours have a beginning and another end, or neither");
	}
	return OK;
}

static enum err wish_put(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_entry en = { .county = c->who->home,
				   .object = STR("account"),
				   .object_id = c->who->account,
				   .action = STR("notice-settings") };
	struct str mail;
	int64_t from, to;
	enum err e;

	if ((e = wish_get(c, &mail, &from, &to, f)) ||
	    (e = tx_run(tx, &notice_sql.wish_put,
			SQL_ARGS(sql_i64(area_county(c->who->home).v), sql_i64(c->who->account),
				 mail.n ? sql_text(mail) : sql_null(),
				 from < 0 ? sql_null() : sql_i64(from),
				 to < 0 ? sql_null() : sql_i64(to)),
			NULL, f)) ||
	    (e = call_act(c, tx, &en, f)))
		return e;
	return call_receipt_only(c);
}

const struct route notice_own_rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/notices", mine, CAP_TASK_READ, REACH_OWN, WHY_SELF, 0,
		AUDIT_NONE, "我的通知", "What I was told") },
	{ ROUTE(HTTP_GET, "/api/v1/notices/count", count, CAP_TASK_READ, REACH_OWN, WHY_SELF, 0,
		AUDIT_NONE, "我有几条未读、几条待回复", "How many I have not read, or confirmed") },
	{ ROUTE(HTTP_POST, "/api/v1/notices/{id}/read", read_it, CAP_TASK_DO, REACH_OWN, WHY_SELF,
		0, AUDIT_ACT, "标为已读", "Mark one as read") },
	{ ROUTE(HTTP_POST, "/api/v1/notices/{id}/confirm", confirm_it, CAP_TASK_DO, REACH_OWN,
		WHY_SELF, 0, AUDIT_ACT, "回复收到", "Confirm one") },
	{ ROUTE(HTTP_POST, "/api/v1/notices/read", read_many, CAP_TASK_DO, REACH_OWN, WHY_SELF,
		BODY, AUDIT_ACT, "把几条标为已读", "Mark several as read"),
	  .takes = many_keys },
	{ ROUTE(HTTP_POST, "/api/v1/notices/confirm", confirm_many, CAP_TASK_DO, REACH_OWN,
		WHY_SELF, BODY, AUDIT_ACT, "回复收到几条", "Confirm several"),
	  .takes = many_keys },
	{ ROUTE(HTTP_GET, "/api/v1/notices/settings", wishes, CAP_TASK_DO, REACH_OWN, WHY_SELF, 0,
		AUDIT_NONE, "我怎样收到通知", "How I am told") },
	{ ROUTE(HTTP_PUT, "/api/v1/notices/settings", wish_put, CAP_TASK_DO, REACH_OWN, WHY_SELF,
		BODY, AUDIT_ACT, "改我怎样收到通知", "Change how I am told"),
	  .takes = wish_keys },
};
const size_t notice_own_rows_n = ARRAY_LEN(notice_own_rows);
