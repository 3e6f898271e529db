/* about.c - the tasks about a row, for the answer with that row. */
#include "loop/board.sql.h"
#include "loop/inside.h"

#include "base/ban.h"

enum { TASKS_MAX = 20 };

static void put_text(struct json *j, const char *key, struct str s)
{
	json_key(j, key);
	if (s.n)
		json_str(j, s);
	else
		json_nil(j);
}

void task_row_json(struct call *c, struct rows *r)
{
	struct json *j = call_json(c);
	char area[AREA_TEXT_BYTES];

	area_text((struct area_code){ rows_i64(r, 9) }, area);
	json_open(j, '{');
	json_key(j, "id");
	call_id_json(c, rows_i64(r, 0));
	put_text(j, "title", rows_text(r, 1));
	put_text(j, "state", rows_text(r, 2));
	put_text(j, "outcome", rows_text(r, 10));
	put_text(j, "stage", rows_text(r, 3));
	json_key(j, "by");
	if (rows_null(r, 4))
		json_nil(j);
	else
		call_time_json(c, rows_time(r, 4));
	json_key(j, "late");
	json_bool(j, rows_i64(r, 5) != 0);
	json_key(j, "level");
	json_i64(j, rows_i64(r, 6));
	json_key(j, "owner");
	call_id_json(c, rows_i64(r, 7));
	put_text(j, "owner_label", rows_text(r, 8));
	put_text(j, "area", str_of(area));
	json_close(j, '}');
}

enum err loop_tell_about(struct call *c, struct tx *tx, struct str noun, struct record_id id,
			 struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	bool more;
	enum err e = tx_rows(tx, &board_sql.about,
			     SQL_ARGS(sql_text(noun), sql_i64(id.v), sql_i64(TASKS_MAX)), &r, f);

	json_key(j, "tasks");
	json_open(j, '[');
	while (!e && !(e = rows_next(r, &more, f)) && more)
		task_row_json(c, r);
	json_close(j, ']');
	return e;
}
