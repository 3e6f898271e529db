/*
 * push_http.c - how right and how fast, by sender and by receiver: of a month or of several, in an
 * area and all below it. Measured, not judged: answers and seconds, for everybody inside to read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "http/http.h"
#include "ledger/ledger.h"
#include "loop/loop.sql.h"
#include "loop/signal.sql.h"
#include "loop/signal_inside.h"
#include "record/export_csv.h"

#include "base/ban.h"

enum { MONTHS_MAX = 12, PARTIES_MAX = 1000, CELL_BYTES = 640 };

enum figure {
	SENT,
	RIGHT,
	WRONG,
	MOVED,
	WITHDRAWN,
	TOOK, /* seconds, of all answers */
	LONGEST,
	IN_15_MIN,
	IN_HOUR,
	IN_DAY,
	OVER_15_MIN, /* these wait, and for longer than that */
	OVER_HOUR,
	OVER_DAY,
	OLDEST, /* since when the oldest of them waits */
	FIGURE_N
};

struct asked {
	struct area_code area;
	bool receivers;
	struct utc_s now;
	int64_t month[MONTHS_MAX]; /* the last first; 0: no more */
};
struct party_line {
	int64_t party, n[FIGURE_N];
};

static enum err bad(struct fault *f, const char *field, const char *zh, const char *en)
{
	enum err e = fault_set(f, ERR_RANGE, "%s%.0s", "%.0s%s", zh, en);

	fault_at(f, field, NULL);
	return e;
}

/* ---- what is asked -------------------------------------------------------------------------- */

/* "2021-07"; nothing: this month. */
static enum err month_asked(struct call *c, int *ret_year, int *ret_month, struct fault *f)
{
	struct str s = http_query(c->rq, "month");
	int64_t year, month;
	int day;

	if (!s.n) {
		date_civil(zone_day_of(loop_of(c)->o.zone, c->now), ret_year, ret_month, &day);
		return OK;
	}
	if (s.n != 7 || s.p[4] != '-' || str_i64((struct str){ s.p, 4 }, &year) ||
	    str_i64((struct str){ s.p + 5, 2 }, &month) || year < 1970 || month < 1 || month > 12)
		return bad(f, "month", "月份应写成 2021-07", "a month is written as 2021-07");
	*ret_year = (int)year;
	*ret_month = (int)month;
	return OK;
}

static enum err months_asked(struct call *c, struct asked *q, struct fault *f)
{
	struct str s = http_query(c->rq, "months");
	int64_t n = 1;
	int year, month;
	enum err e = month_asked(c, &year, &month, f);

	if (e)
		return e;
	if (s.n && (str_i64(s, &n) || n < 1 || n > MONTHS_MAX))
		return bad(f, "months", "月数为 1 至 12", "months are 1 to 12");
	for (int64_t i = 0; i < n; i++) {
		q->month[i] = (int64_t)year * 100 + month;
		if (!--month) {
			month = 12;
			year--;
		}
	}
	return OK;
}

static enum err read_asked(struct call *c, struct asked *q, struct fault *f)
{
	struct str area = http_query(c->rq, "area"), by = http_query(c->rq, "by");
	const struct scope *scope = call_scope(c);

	*q = (struct asked){ .area = scope->n ? scope->v[0] : c->who->home,
			     .receivers = str_eq(by, STR("receiver")),
			     .now = c->now };
	if (area.n && area_parse(area, &q->area))
		return bad(f, "area", "area 应为区划代码", "area is a code of an area");
	if (by.n && !q->receivers && !str_eq(by, STR("sender")))
		return bad(f, "by", "by 为 sender 或 receiver", "by is sender or receiver");
	enum err e = months_asked(c, q, f);
	return e ? e : call_reach(c, q->area, f);
}

/* One more than are told, to know that there are more. */
static enum err read_lines(struct tx *tx, const struct asked *q, struct party_line *v,
			   size_t *ret_n, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const int64_t *m = q->month;
	bool more;
	enum err e = tx_rows(tx, q->receivers ? &signal_sql.by_receiver : &signal_sql.by_sender,
			     SQL_ARGS(sql_i64(q->area.v), sql_i64(area_end(q->area).v),
				      sql_i64(m[0]), sql_i64(m[1]), sql_i64(m[2]), sql_i64(m[3]),
				      sql_i64(m[4]), sql_i64(m[5]), sql_i64(m[6]), sql_i64(m[7]),
				      sql_i64(m[8]), sql_i64(m[9]), sql_i64(m[10]), sql_i64(m[11]),
				      sql_i64(PARTIES_MAX + 1), sql_time(q->now)),
			     &r, f);

	*ret_n = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct party_line *l = &v[(*ret_n)++];

		l->party = rows_i64(r, 0);
		for (size_t i = 0; i < FIGURE_N; i++)
			l->n[i] = rows_null(r, 1 + i) ? FIELD_NONE : rows_i64(r, 1 + i);
	}
	return e;
}

/* ---- what is told --------------------------------------------------------------------------- */

static const struct {
	const char *key, *zh, *en;
} columns[] = {
	{ "sent", "推送", "Pushes" },
	{ "answered", "已答复", "Answered" },
	{ "right", "推对了", "Right" },
	{ "wrong", "推错了人", "Wrong person" },
	{ "moved", "已转往别处", "Moved" },
	{ "withdrawn", "撤回", "Withdrawn" },
	{ "waiting", "待答复", "Waiting" },
	{ "mean_s", "平均用时（秒）", "Mean (s)" },
	{ "longest_s", "最长用时（秒）", "Longest (s)" },
	{ "in_15_min", "15 分钟内", "Within 15 min" },
	{ "in_hour", "1 小时内", "Within 1 h" },
	{ "in_day", "1 天内", "Within 1 day" },
	{ "over_15_min", "已等待超过 15 分钟", "Waiting over 15 min" },
	{ "over_hour", "已等待超过 1 小时", "Waiting over 1 h" },
	{ "over_day", "已等待超过 1 天", "Waiting over 1 day" },
	{ "oldest_s", "最久等待（秒）", "Waiting longest (s)" },
};
enum { COLUMNS = ARRAY_LEN(columns) };

/* In the order of the columns; the mean of no answers is none. */
static void figures(const struct party_line *l, struct utc_s now, int64_t ret[COLUMNS])
{
	const int64_t *n = l->n;
	int64_t answered = n[RIGHT] + n[WRONG] + n[MOVED];
	const int64_t v[COLUMNS] = { n[SENT],
				     answered,
				     n[RIGHT],
				     n[WRONG],
				     n[MOVED],
				     n[WITHDRAWN],
				     n[SENT] - answered - n[WITHDRAWN],
				     answered ? n[TOOK] / answered : FIELD_NONE,
				     answered ? n[LONGEST] : FIELD_NONE,
				     n[IN_15_MIN],
				     n[IN_HOUR],
				     n[IN_DAY],
				     n[OVER_15_MIN],
				     n[OVER_HOUR],
				     n[OVER_DAY],
				     n[OLDEST] == FIELD_NONE ? FIELD_NONE
							     : max_i64(0, now.v - n[OLDEST]) };

	memcpy(ret, v, sizeof v);
}

static enum err name_of(struct tx *tx, int64_t party, struct arena *a, struct str *ret,
			struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &loop_sql.organisation, SQL_ARGS(sql_i64(party)), &r, f);

	*ret = (struct str){ "", 0 };
	if (e)
		return e == ERR_ABSENT ? OK : e;
	*ret = rows_text(r, 2);
	ret->p = arena_copy(a, ret->p, ret->n);
	return ret->p ? OK : ERR_MEMORY;
}

static void put_line(struct call *c, const struct party_line *l, struct str name)
{
	struct json *j = call_json(c);
	int64_t v[COLUMNS];

	figures(l, c->now, v);
	json_open(j, '{');
	json_key(j, "party");
	call_id_json(c, l->party);
	json_key(j, "label");
	json_str(j, name);
	for (size_t i = 0; i < COLUMNS; i++) {
		json_key(j, columns[i].key);
		if (v[i] == FIELD_NONE)
			json_nil(j);
		else
			json_i64(j, v[i]);
	}
	json_close(j, '}');
}

static enum err tell_json(struct call *c, struct tx *tx, const struct asked *q,
			  const struct party_line *v, size_t n, struct fault *f)
{
	struct json *j = call_json(c);
	char area[AREA_TEXT_BYTES], month[24];
	enum err e = OK;

	area_text(q->area, area);
	(void)snprintf(month, sizeof month, "%04d-%02d", (int)(q->month[0] / 100),
		       (int)(q->month[0] % 100));
	json_open(j, '{');
	json_key(j, "by");
	json_str(j, q->receivers ? STR("receiver") : STR("sender"));
	json_key(j, "area");
	json_str(j, str_of(area));
	json_key(j, "month");
	json_str(j, str_of(month));
	json_key(j, "as_of");
	call_time_json(c, c->now);
	json_key(j, "items");
	json_open(j, '[');
	for (size_t i = 0; i < min_size(n, PARTIES_MAX) && !e; i++) {
		struct str name;

		if (!(e = name_of(tx, v[i].party, c->a, &name, f)))
			put_line(c, &v[i], name);
	}
	json_close(j, ']');
	json_key(j, "more");
	json_bool(j, n > PARTIES_MAX);
	json_close(j, '}');
	return e;
}

static void csv_line(struct buf *b, const struct party_line *l, struct utc_s now, struct str name)
{
	int64_t v[COLUMNS];

	figures(l, now, v);
	export_field(b, name, true);
	for (size_t i = 0; i < COLUMNS; i++) {
		char text[24] = "";

		if (v[i] != FIELD_NONE)
			(void)snprintf(text, sizeof text, "%" PRId64, v[i]);
		export_field(b, str_of(text), false);
	}
	buf_lit(b, "\r\n");
}

static enum err tell_csv(struct call *c, struct tx *tx, const struct asked *q,
			 const struct party_line *v, size_t n, struct fault *f)
{
	bool english = c->who->language == LANGUAGE_EN;
	CLEANUP(buf_release) struct buf b = { 0 };
	enum err e = OK;

	buf_lit(&b, EXPORT_MARK);
	export_field(&b,
		     q->receivers ? (english ? STR("Receiver") : STR("接收方"))
				  : (english ? STR("Sender") : STR("推送方")),
		     true);
	for (size_t i = 0; i < COLUMNS; i++)
		export_field(&b, str_of(english ? columns[i].en : columns[i].zh), false);
	buf_lit(&b, "\r\n");
	for (size_t i = 0; i < min_size(n, PARTIES_MAX) && !e; i++) {
		struct str name;

		if (!(e = name_of(tx, v[i].party, c->a, &name, f)))
			csv_line(&b, &v[i], c->now, name);
	}
	if (n > PARTIES_MAX) {
		export_field(&b,
			     english ? STR("(the first 1,000; more are not listed)")
				     : STR("（只列出前 1000 个，其余未列出）"),
			     true);
		buf_lit(&b, "\r\n");
	}
	return e ? e
		 : export_reply(c, &b, EXPORT_CSV,
				q->receivers ? STR("receivers.csv") : STR("senders.csv"));
}

static enum err read(struct call *c, struct tx *tx, struct asked *q, struct party_line **ret,
		     size_t *ret_n, struct fault *f)
{
	enum err e;

	if (!(*ret = arena_take(c->a, PARTIES_MAX + 1, sizeof **ret)))
		return ERR_MEMORY;
	e = read_asked(c, q, f);
	return e ? e : read_lines(tx, q, *ret, ret_n, f);
}

static enum err accuracy(struct call *c, struct tx *tx, struct fault *f)
{
	struct party_line *v;
	struct asked q;
	size_t n;
	enum err e = read(c, tx, &q, &v, &n, f);

	return e ? e : tell_json(c, tx, &q, v, n, f);
}

static enum err accuracy_file(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_entry en = { .object = STR("push"), .action = STR("export") };
	struct party_line *v;
	struct asked q;
	size_t n;
	enum err e;

	if (!call_may(c, CAP_TASK_READ))
		return fault_set(f, ERR_ROLE, "您的角色不能查看推送", "your role reads no pushes");
	if ((e = read(c, tx, &q, &v, &n, f)))
		return e;
	en.county = area_county(q.area);
	e = call_saw(c, &en, f);
	return e ? e : tell_csv(c, tx, &q, v, n, f);
}

static const struct route rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/pushes/accuracy", accuracy, CAP_TASK_READ, REACH_AREA, WHY_DUTY,
		0, AUDIT_NONE, "各单位推送的准确和快慢", "How right and how fast parties push") },
	{ ROUTE(HTTP_GET, "/api/v1/pushes/accuracy.csv", accuracy_file, CAP_EXPORT, REACH_AREA,
		WHY_DUTY, 0, AUDIT_READ, "导出各单位推送的准确和快慢",
		"How right and how fast parties push, as a file") },
};
const struct route_list loop_routes_push = { rows, ARRAY_LEN(rows) };
