/* import_http.c - handlers of an import: what would happen, let it happen, what was refused. */
#include "base/ban.h"
#include "http/http.h"
#include "record/export.h"
#include "record/handler.h"
#include "record/import.h"
#include "record/match.h"

static void put_columns(struct json *j, const struct import *m)
{
	json_open(j, '[');
	for (size_t i = 0; i < m->n_columns; i++) {
		const char *name = match_name(m->k->noun, m->column[i]);

		json_open(j, '{');
		json_key(j, "column");
		json_str(j, m->heading[i]);
		json_key(j, "field");
		if (name)
			json_str(j, str_of(name));
		else
			json_nil(j);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void put_account(struct json *j, const struct import *m)
{
	const struct {
		const char *word;
		uint64_t n;
	} counts[] = { { "in", m->account.in },
		       { "accepted", m->account.accepted },
		       { "refused", m->account.refused },
		       { "duplicate", m->account.duplicate } };

	json_open(j, '{');
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		json_key(j, counts[i].word);
		json_i64(j, (int64_t)counts[i].n);
	}
	json_close(j, '}');
}

static void put_refused(struct json *j, const struct import *m)
{
	json_open(j, '[');
	for (size_t i = 0; i < m->told.n; i++) {
		const struct import_refused *r = &m->told.v[i];

		json_open(j, '{');
		json_key(j, "row");
		json_i64(j, (int64_t)r->line);
		json_key(j, "field");
		if (r->why.field[0])
			json_str(j, str_of(r->why.field));
		else
			json_nil(j);
		json_key(j, "message_zh");
		json_str(j, str_of(r->why.zh));
		json_key(j, "message_en");
		json_str(j, str_of(r->why.en));
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* Rows are held against the caller's areas one by one: import.c. */
static struct import_ask ask_of(struct call *c)
{
	(void)call_scope(c);
	return (struct import_ask){ .who = c->who,
				    .now = c->now,
				    .file = c->rq->body,
				    .mapping = http_query(c->rq, "mapping"),
				    .area = http_query(c->rq, "area"),
				    .a = c->a };
}

/* The answer, left open for a receipt. */
static void answer(struct call *c, const struct import *m)
{
	struct json *j = call_json(c);

	json_open(j, '{');
	json_key(j, "columns");
	put_columns(j, m);
	json_key(j, "account");
	put_account(j, m);
	json_key(j, "refused");
	put_refused(j, m);
}

/* ---- a dry run ------------------------------------------------------------------------------ */

static enum err check_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(import_end) struct import m;
	struct call *c = arg;
	struct import_ask ask = ask_of(c);
	enum err e = import_begin(&m, c->route->arg, tx, IMPORT_CHECK, &ask, f);

	if (e || (e = import_rows(&m)))
		return e;
	answer(c, &m);
	json_close(call_json(c), '}');
	return OK;
}

enum err handler_import_check(struct call *c, struct fault *f)
{
	bool dry;
	enum err e = call_flag(c, "dry_run", &dry, f);

	if (e || !dry)
		return e;
	e = db_read(c->db, check_act, c, f);
	if (!e)
		call_done(c);
	return e;
}

/* ---- for good ------------------------------------------------------------------------------- */

enum err handler_import(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(import_end) struct import m;
	struct import_ask ask = ask_of(c);
	struct ledger_entry en;
	enum err e = import_begin(&m, c->route->arg, tx, IMPORT_KEEP, &ask, f);

	if (e || (e = import_rows(&m)))
		return e;
	for (size_t i = 0; i < import_entries(&m); i++) {
		import_entry(&m, i, &en);
		if ((e = call_act(c, tx, &en, f)))
			return e;
	}
	answer(c, &m);
	call_receipt_json(c);
	json_close(call_json(c), '}');
	return OK;
}

/* ---- the refused rows as a file ------------------------------------------------------------- */

enum err handler_import_refused(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(import_end) struct import m;
	struct import_ask ask = ask_of(c);
	enum err e;

	ask.give_back = true;
	e = import_begin(&m, c->route->arg, tx, IMPORT_CHECK, &ask, f);
	if (e || (e = import_rows(&m)))
		return e;
	return export_reply(c, &m.file, "text/csv; charset=utf-8", STR("refused.csv"));
}
