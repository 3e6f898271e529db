/*
 * notice_board.c - who has not confirmed, with telephone numbers: the list that somebody takes the
 * telephone in hand for. Numbers are work numbers, official data, and showing them is recorded.
 */
#include "http/http.h"
#include "ledger/ledger.h"
#include "loop/notice.sql.h"
#include "loop/notice_inside.h"

#include "base/ban.h"

enum { BOARD_MAX = 200 };

struct board {
	struct call *c;
	struct tx *tx;
	struct fault *f;
	struct scope scope;
	int64_t after;
	int64_t party[2 * BOARD_MAX];
	size_t n_parties;
	size_t n; /* of the list at hand */
	int64_t last;
};

static const struct notices *notices_of(const struct call *c)
{
	return c->route->arg;
}

static void put_id(struct board *b, const char *key, int64_t id)
{
	json_key(call_json(b->c), key);
	call_id_json(b->c, id);
}

static void put_text(struct board *b, const char *key, struct str s)
{
	json_key(call_json(b->c), key);
	json_str(call_json(b->c), s);
}

static void put_party(struct board *b, int64_t id)
{
	put_id(b, "party", id);
	if (b->n_parties < ARRAY_LEN(b->party))
		b->party[b->n_parties++] = id;
}

static const char *duty_word(int64_t duty)
{
	return duty == NOTICE_ON_WATCH    ? "on_watch"
	       : duty == NOTICE_IN_CHARGE ? "in_charge"
					  : "member";
}

static void put_person(struct board *b, struct rows *r)
{
	struct json *j = call_json(b->c);

	json_open(j, '{');
	put_id(b, "id", rows_i64(r, 1));
	put_id(b, "task", rows_i64(r, 2));
	notice_area_json(j, (struct area_code){ rows_i64(r, 3) });
	json_key(j, "say");
	notice_say_json(j, rows_text(r, 4));
	json_key(j, "level");
	json_i64(j, rows_i64(r, 5));
	json_key(j, "hop");
	json_i64(j, rows_i64(r, 6));
	put_text(b, "duty", str_of(duty_word(rows_i64(r, 7))));
	notice_time_json(b->c, "told_at", r, 8);
	notice_time_json(b->c, "confirm_by", r, 9);
	notice_time_json(b->c, "fell_at", r, 10);
	json_key(j, "unread");
	json_bool(j, rows_i64(r, 11) != 0);
	put_party(b, rows_i64(r, 12));
	put_id(b, "account", rows_i64(r, 14));
	put_text(b, "name", rows_text(r, 15));
	put_text(b, "phone", rows_text(r, 16));
	put_text(b, "title", rows_text(r, 17));
	put_text(b, "kind", rows_text(r, 18));
	json_close(j, '}');
	b->last = rows_i64(r, 1);
}

static enum err put_people(struct board *b)
{
	enum err e = OK;

	for (size_t i = 0; i < b->scope.n && !e; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		struct area_code a = b->scope.v[i];
		bool more = false;

		e = tx_rows(b->tx, &notice_sql.board,
			    SQL_ARGS(sql_i64(a.v), sql_i64(area_end(a).v), sql_i64(b->after),
				     sql_i64(BOARD_MAX)),
			    &r, b->f);
		while (!e && b->n < BOARD_MAX && !(e = rows_next(r, &more, b->f)) && more) {
			put_person(b, r);
			b->n++;
		}
	}
	return e;
}

/* Parties that have nobody with an account: their office's telephone is what is left. */
static enum err put_holes(struct board *b, enum notice_told told)
{
	struct json *j = call_json(b->c);
	enum err e = OK;

	for (size_t i = 0; i < b->scope.n && !e; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		struct area_code a = b->scope.v[i];
		bool more = false;

		e = tx_rows(b->tx, &notice_sql.nobody,
			    SQL_ARGS(sql_i64(told), sql_i64(a.v), sql_i64(area_end(a).v),
				     sql_i64(BOARD_MAX)),
			    &r, b->f);
		while (!e && b->n < BOARD_MAX && !(e = rows_next(r, &more, b->f)) && more) {
			json_open(j, '{');
			put_id(b, "task", rows_i64(r, 0));
			put_party(b, rows_i64(r, 1));
			json_key(j, "say");
			notice_say_json(j, rows_text(r, 2));
			notice_time_json(b->c, "at", r, 3);
			notice_area_json(j, (struct area_code){ rows_i64(r, 4) });
			put_text(b, "title", rows_text(r, 5));
			put_text(b, "kind", rows_text(r, 6));
			put_text(b, "phone", rows_text(r, 7));
			json_key(j, "above");
			json_bool(j, told == NOTICE_ABOVE);
			json_close(j, '}');
			b->n++;
		}
	}
	return e;
}

static enum err scope_of(struct board *b)
{
	struct str s = http_query(b->c->rq, "area");
	struct area_code asked;

	if (!s.n) {
		b->scope = *call_scope(b->c);
		return OK;
	}
	if (area_parse(s, &asked))
		return fault_set(b->f, ERR_RANGE, "area 应为区划代码", "area is a code of an area");
	b->scope = (struct scope){ 1, { asked } };
	return call_reach(b->c, asked, b->f);
}

static enum err board(struct call *c, struct tx *tx, struct fault *f)
{
	struct board *b = arena_take(c->a, 1, sizeof *b);
	struct ledger_entry saw = { .object = STR("notice"), .action = STR("board") };
	struct json *j = call_json(c);
	enum err e;

	if (!b)
		return ERR_MEMORY;
	*b = (struct board){ .c = c, .tx = tx, .f = f };
	if ((e = notice_query(c, "after", 0, &b->after, f)) || (e = scope_of(b)))
		return e;
	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	e = put_people(b);
	json_close(j, ']');
	json_key(j, "next");
	if (b->n == BOARD_MAX && b->scope.n == 1)
		call_id_json(c, b->last);
	else
		json_nil(j);
	json_key(j, "more");
	json_bool(j, b->n == BOARD_MAX);
	b->n = 0;
	json_key(j, "nobody");
	json_open(j, '[');
	if (!e && !(e = put_holes(b, NOTICE_NOBODY)))
		e = put_holes(b, NOTICE_ABOVE);
	json_close(j, ']');
	json_key(j, "as_of");
	call_time_json(c, c->now);
	if (e || (e = record_labels(notices_of(c)->o.book, c, tx, "organisation", b->party,
				    b->n_parties, f)))
		return e;
	json_close(j, '}');
	saw.county = b->scope.n ? b->scope.v[0] : c->who->home;
	return call_saw(c, &saw, f);
}

const struct route notice_board_rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/notices/board", board, CAP_GRID_READ, REACH_AREA, WHY_DUTY, 0,
		AUDIT_READ, "叫应：谁还没有回复，电话多少",
		"Who has not confirmed yet, with telephone numbers") },
};
const size_t notice_board_rows_n = ARRAY_LEN(notice_board_rows);
