/* comment_http.c - what is said beside a task, and who follows it. Neither is an event of it. */
#include <string.h>

#include "loop/board.sql.h"
#include "loop/inside.h"

#include "base/ban.h"

enum { BODY = 16 << 10, TEXT_BYTES = 8000, TEXT_CHARS = 2000 };

static const char *const comment_keys[] = { "text", NULL };

static enum err comment(struct call *c, struct tx *tx, struct fault *f)
{
	const struct json_node *map;
	struct str text = { NULL, 0 };
	struct flow_party party;
	struct record_id id;
	struct work w;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &map, f)) ||
	    (e = json_only(map, comment_keys, f)) || (e = json_need(map, "text", f)) ||
	    (e = json_get_said(map, "text", TEXT_BYTES, &text, f)) ||
	    (e = task_of_path(c, tx, &w, f)) || (e = loop_party(c, tx, &party, NULL, f)))
		return e;
	if (!text.n || str_characters(text) > TEXT_CHARS) {
		e = fault_set(f, ERR_RANGE, "留言应为 1 至 2000 个字",
			      "a comment has 1 to 2,000 characters");
		fault_at(f, "text", NULL);
		return e;
	}
	id = record_id_new(loop_of(c)->o.book);
	e = tx_run(tx, &board_sql.comment_put,
		   SQL_ARGS(sql_i64(area_county(w.row.record.area).v), sql_i64(id.v),
			    sql_i64(w.row.record.id.v), sql_time(c->now), sql_i64(c->who->account),
			    sql_i64(party.v), sql_text(text)),
		   NULL, f);
	if (e || (e = work_note(c, tx, &w.row, "comment", f)))
		return e;
	call_status(c, 201);
	return call_receipt_only(c);
}

static enum err follow(struct call *c, struct tx *tx, bool on, struct fault *f)
{
	struct work w;
	enum err e = task_of_path(c, tx, &w, f);

	if (e)
		return e;
	struct sql_value county = sql_i64(area_county(w.row.record.area).v),
			 task = sql_i64(w.row.record.id.v), account = sql_i64(c->who->account);

	e = on ? tx_run(tx, &board_sql.watch, SQL_ARGS(county, task, account, sql_time(c->now)),
			NULL, f)
	       : tx_run(tx, &board_sql.unwatch, SQL_ARGS(county, task, account), NULL, f);
	if (e || (e = work_note(c, tx, &w.row, on ? "watch" : "unwatch", f)))
		return e;
	return call_receipt_only(c);
}

static enum err watch(struct call *c, struct tx *tx, struct fault *f)
{
	return follow(c, tx, true, f);
}

static enum err unwatch(struct call *c, struct tx *tx, struct fault *f)
{
	return follow(c, tx, false, f);
}

static const struct route rows[] = {
	{ ROUTE(HTTP_POST, "/api/v1/tasks/{id}/comments", comment, CAP_TASK_DO, REACH_AREA,
		WHY_DUTY, BODY, AUDIT_ACT, "给任务留言", "Say something beside a task"),
	  .takes = comment_keys },
	{ ROUTE(HTTP_PUT, "/api/v1/tasks/{id}/watch", watch, CAP_TASK_READ, REACH_AREA, WHY_DUTY,
		BODY, AUDIT_ACT, "关注任务", "Follow a task") },
	{ ROUTE(HTTP_DELETE, "/api/v1/tasks/{id}/watch", unwatch, CAP_TASK_READ, REACH_AREA,
		WHY_DUTY, BODY, AUDIT_ACT, "不再关注任务", "Follow it no more") },
};
const struct route_list loop_routes_comment = { rows, ARRAY_LEN(rows) };
