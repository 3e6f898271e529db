/*
 * expiry_http.c - the calendar of visits: which days are kept and until when, which have ended, and
 * the ledger's entry that proves it: the print of the key that was destroyed and how much it held.
 * `outpost expiry verify` looks for what is left in raw bytes and backups; this is what it starts
 * from.
 */
#include <string.h>

#include "base/memory.h"
#include "crypt/encode.h"
#include "ledger/ledger.h"
#include "serve/proof.h"
#include "serve/serve.h"
#include "trail/limit.h"
#include "trail/trail.sql.h"

#include "base/ban.h"

enum { DAYS_PAGE = 60, ENTRIES_OF_DAY = 20 };

struct calendar {
	struct call *c;
	struct area_code county;
	expiry_days kept;
	int32_t today, first; /* kept from */
	int32_t before;       /* ended days are told from here on, back */
};

static void calendar_end(struct calendar *k)
{
	vec_drop(&k->kept);
}

static void day_json(struct json *j, const char *key, int32_t day)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	when_date(&text, day);
	if (text.failed && !j->out->failed)
		j->out->failed = text.failed;
	json_key(j, key);
	json_str(j, buf_view(&text));
}

/* ---- kept ------------------------------------------------------------------------------------ */

static void tell_kept(const struct calendar *k, const struct expiry_day *d)
{
	const struct serve *s = k->c->house;
	struct json *j = call_json(k->c);
	int32_t last = d->day + (int32_t)limit_of(LIMIT_KEEP_DAYS);

	json_open(j, '{');
	day_json(j, "day", d->day);
	json_key(j, "state");
	json_str(j, d->day < k->first ? STR("due") : STR("kept"));
	json_key(j, "ends_at");
	call_time_json(k->c, zone_day_start(s->house->zone, last + 1));
	json_key(j, "visits");
	json_i64(j, (int64_t)d->visits);
	json_key(j, "sealed");
	json_bool(j, d->sealed);
	json_key(j, "key");
	if (d->print[0])
		json_str(j, str_of(d->print));
	else
		json_nil(j);
	json_close(j, '}');
}

/* ---- ended ----------------------------------------------------------------------------------- */

struct entries {
	struct calendar *k;
	bool key_left, packs_left;
};

static enum err tell_ended(const struct ledger_entry *en, const struct crypt_hash *hash, void *arg,
			   struct fault *f)
{
	CLEANUP(buf_release) struct buf hex = { 0 };
	struct entries *x = arg;
	struct call *c = x->k->c;
	struct json *j = call_json(c);
	char county[AREA_TEXT_BYTES];
	struct proof_day d;
	enum err e;

	(void)f;
	if (!str_eq(en->action, STR(EXPIRY_ACTION)))
		return OK;
	if ((e = proof_day_of(en, &d)))
		return e;
	json_open(j, '{');
	day_json(j, "day", d.day);
	json_key(j, "ended_at");
	call_time_json(c, d.at);
	json_key(j, "key");
	json_str(j, str_of(d.print));
	json_key(j, "packs");
	json_i64(j, (int64_t)d.packs);
	json_key(j, "visits");
	json_i64(j, (int64_t)d.visits);
	json_key(j, "left"); /* what of it is still there, and should not be */
	json_bool(j, x->key_left || x->packs_left);
	area_text(en->county, county);
	json_key(j, "county");
	json_str(j, str_of(county));
	json_key(j, "seq");
	json_i64(j, en->seq);
	encode_hex(&hex, hash->v, CRYPT_HASH_BYTES);
	json_key(j, "hash");
	json_str(j, buf_view(&hex));
	json_close(j, '}');
	return hex.failed;
}

static enum err ended_day(struct calendar *k, struct tx *tx, int32_t day, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct ledger_page page = { .county = k->county, .limit = ENTRIES_OF_DAY };
	struct entries x = { .k = k };
	enum err e = tx_row(tx, &trail_sql.keys_of_day, SQL_ARGS(sql_i64(day)), &r, f);

	if (e && e != ERR_ABSENT)
		return e;
	x.packs_left = !e;
	for (size_t i = 0; i < k->kept.n; i++)
		x.key_left = x.key_left || (k->kept.v[i].day == day && k->kept.v[i].print[0]);
	return ledger_of_object(tx, &page, STR(EXPIRY_OBJECT), day, tell_ended, &x, f);
}

/* ---- both ------------------------------------------------------------------------------------ */

static enum err before_of(struct call *c, int32_t *ret, struct fault *f)
{
	struct str s = http_query(c->rq, "before");
	struct when w;

	if (!s.n)
		return OK;
	if (when_read(s, ((struct serve *)c->house)->house->zone, &w) || w.kind != WHEN_DATE)
		return fault_set(f, ERR_RANGE, "before 应写成 2021-07-20",
				 "before is written as 2021-07-20");
	*ret = w.day;
	return OK;
}

static enum err calendar_before(struct call *c, struct fault *f)
{
	const struct serve *s = c->house;
	struct calendar *k = arena_take(c->a, 1, sizeof *k);
	enum err e;

	if (!k)
		return ERR_MEMORY;
	*k = (struct calendar){ .c = c,
				.county = area_county(s->house->area),
				.today = zone_day_of(s->house->zone, c->now),
				.first = trail_first_day(s->trail, c->now) };
	k->before = k->first;
	c->parsed = k;
	if ((e = before_of(c, &k->before, f)))
		return e;
	return trail_calendar(s->trail, &k->kept, f);
}

static void calendar_after(struct call *c, bool committed)
{
	(void)committed;
	if (c->parsed)
		calendar_end(c->parsed);
}

static enum err calendar(struct call *c, struct tx *tx, struct fault *f)
{
	struct calendar *k = c->parsed;
	struct json *j = call_json(c);
	int32_t last = k->before - DAYS_PAGE;
	enum err e = OK;

	json_open(j, '{');
	json_key(j, "keep_days");
	json_i64(j, limit_of(LIMIT_KEEP_DAYS));
	json_key(j, "source");
	json_str(j, str_of(limit_row(LIMIT_KEEP_DAYS)->source));
	day_json(j, "today", k->today);
	json_key(j, "as_of");
	call_time_json(c, c->now);
	json_key(j, "kept");
	json_open(j, '[');
	for (size_t i = k->kept.n; i-- > 0;)
		tell_kept(k, &k->kept.v[i]);
	json_close(j, ']');
	json_key(j, "ended");
	json_open(j, '[');
	for (int32_t day = k->before - 1; day >= last && !e; day--)
		e = ended_day(k, tx, day, f);
	json_close(j, ']');
	day_json(j, "next", last);
	json_close(j, '}');
	return e;
}

static const struct route rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/expiry", calendar, CAP_LEDGER_READ, REACH_ALL, WHY_OVERSIGHT, 0,
		AUDIT_NONE, "到访记录的保存与销毁：逐日，附账本证明",
		"Visits kept and destroyed, day by day, with the ledger's proof"),
	  .before = calendar_before, .after = calendar_after },
};
const struct route_list serve_expiry_routes = { rows, ARRAY_LEN(rows) };
