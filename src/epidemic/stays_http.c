/*
 * stays_http.c - where the person of a case was, for the officer who holds the case's warrant.
 *
 * Nobody's name is told; all the same it is the most that the house knows of anybody, so the look
 * is noted for the person themselves, as a name would be.
 */
#include <stdio.h>

#include "epidemic/epidemic.sql.h"
#include "epidemic/inside.h"
#include "ledger/ledger.h"
#include "look/look.h"

#include "base/ban.h"

struct staying {
	struct warrant_asked k;
	const struct trail_stay *stay;
	size_t n;
};

enum err stays_before(struct call *c, struct fault *f)
{
	struct staying *s = arena_take(c->a, 1, sizeof *s);
	enum err e;

	if (!s)
		return ERR_MEMORY;
	s->k.c = c;
	if ((e = asked_read(&s->k, f)) || (e = db_read(c->db, asked_check, &s->k, f)) ||
	    (e = trail_stays(epidemic_of(c)->o.trail, &s->k.w, c->a, &s->stay, &s->n, f)))
		return e;
	c->parsed = s;
	return OK;
}

static enum err tell_place(struct call *c, struct tx *tx, int64_t place, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	enum err e = tx_row(tx, &epidemic_sql.place_called, SQL_ARGS(sql_i64(place)), &r, f);

	json_key(j, "place");
	call_id_json(c, place);
	json_key(j, "name");
	if (!e)
		json_str(j, rows_text(r, 0));
	else
		json_nil(j);
	return e == ERR_ABSENT ? OK : e;
}

static void word(struct json *j, const char *key, struct str s)
{
	json_key(j, key);
	if (s.n)
		json_str(j, s);
	else
		json_nil(j);
}

static enum err tell_stay(struct call *c, struct tx *tx, const struct trail_stay *x,
			  struct fault *f)
{
	struct json *j = call_json(c);
	enum err e;

	json_open(j, '{');
	if ((e = tell_place(c, tx, x->place.v, f)))
		return e;
	word(j, "kind", x->kind);
	word(j, "seat", x->seat);
	word(j, "role", x->role);
	json_key(j, "from");
	call_time_json(c, x->from);
	json_key(j, "to");
	call_time_json(c, x->to);
	json_close(j, '}');
	return OK;
}

enum err stays_run(struct call *c, struct tx *tx, struct fault *f)
{
	const struct staying *s = c->parsed;
	struct json *j = call_json(c);
	char matter[32];
	struct look_told told = {
		STR("stays"), { matter, 0 }, str_of(purpose_word(c->route->why)), 0, 0
	};
	struct case_row *of;
	enum err e = case_load(c, tx, &of, f);

	if (e)
		return e;
	told.matter.n = (size_t)snprintf(matter, sizeof matter, "case-" LEDGER_ID,
					 (long long)of->record.id.v);
	if ((e = look_note_one(c, tx, of->record.area, &told, of->subject.v, f)))
		return e;
	json_open(j, '{');
	json_key(j, "from");
	call_time_json(c, s->k.w.from);
	json_key(j, "to");
	call_time_json(c, s->k.w.to);
	json_key(j, "items");
	json_open(j, '[');
	for (size_t i = 0; i < s->n && !e; i++)
		e = tell_stay(c, tx, &s->stay[i], f);
	json_close(j, ']');
	call_receipt_json(c);
	json_close(j, '}');
	return e;
}
