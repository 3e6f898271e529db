/*
 * health.c - how feeds are: late, incomplete, refused, duplicate, silent; day by day, and where it
 * is more than usual.
 */
#include <string.h>

#include "intake/inside.h"
#include "intake/intake.sql.h"

#include "base/ban.h"

enum { DAYS = 14 };

/*
 * From which share, of 1,000 rows or batches, a day is marked. Ours: no regulation says a number.
 * Sphere asks that 90 of 100 alerts are reported in time, which is where `late` is taken from.
 */
static const struct threshold {
	const char *word, *zh, *en, *source;
	int64_t of_1000;
} thresholds[] = {
	{ "late", "迟到的批次", "batches that came late", "Sphere: 90 % of alerts in time", 100 },
	{ "incomplete", "不完整的行", "rows that lack something", "ours", 200 },
	{ "refused", "退回的行", "rows refused", "ours", 50 },
	{ "duplicate", "重复的行", "rows that came before", "ours", 300 },
};
enum { LATE, INCOMPLETE, REFUSED, DUPLICATE };

struct day_sum {
	int64_t batches, late, in, refused, duplicate, incomplete, held, recalled;
};

struct health {
	struct call *c;
	struct tx *tx;
	struct fault *f;
	const struct intake *in;
	int32_t today;
	struct day_sum day[DAYS];
};

static enum err sum_days(struct health *h, const struct feed *x)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct utc_s from = zone_day_start(h->in->o.zone, h->today - DAYS + 1);
	bool more;
	enum err e = tx_rows(h->tx, &intake_sql.batches_of_feed,
			     SQL_ARGS(sql_i64(area_county(x->record.area).v),
				      sql_i64(x->record.id.v), sql_time(from)),
			     &r, h->f);

	memset(h->day, 0, sizeof h->day);
	while (!e && !(e = rows_next(r, &more, h->f)) && more) {
		int32_t i = zone_day_of(h->in->o.zone, rows_time(r, 0)) - h->today + DAYS - 1;
		struct day_sum *d = &h->day[i < 0 ? 0 : i >= DAYS ? DAYS - 1 : i];

		d->batches++;
		d->in += rows_i64(r, 1);
		d->refused += rows_i64(r, 3);
		d->duplicate += rows_i64(r, 4);
		d->incomplete += rows_i64(r, 5);
		d->late += !rows_null(r, 6) && rows_i64(r, 6) > 0;
		d->held += str_eq(rows_text(r, 7), STR("held"));
		d->recalled += str_eq(rows_text(r, 7), STR("recalled"));
	}
	return e;
}

static void number(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_i64(j, v);
}

static void put_days(struct health *h)
{
	struct json *j = call_json(h->c);

	json_key(j, "days");
	json_open(j, '[');
	for (int i = 0; i < DAYS; i++) {
		const struct day_sum *d = &h->day[i];
		CLEANUP(buf_release) struct buf day = { 0 };

		when_date(&day, h->today - DAYS + 1 + i);
		json_open(j, '{');
		json_key(j, "day");
		json_str(j, buf_view(&day));
		number(j, "batches", d->batches);
		number(j, "late", d->late);
		number(j, "in", d->in);
		number(j, "refused", d->refused);
		number(j, "duplicate", d->duplicate);
		number(j, "incomplete", d->incomplete);
		number(j, "held", d->held);
		number(j, "recalled", d->recalled);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* What is over its threshold, over all the days. */
static void put_marks(struct health *h)
{
	struct json *j = call_json(h->c);
	struct day_sum all = { 0 };

	for (int i = 0; i < DAYS; i++) {
		all.batches += h->day[i].batches;
		all.late += h->day[i].late;
		all.in += h->day[i].in;
		all.refused += h->day[i].refused;
		all.duplicate += h->day[i].duplicate;
		all.incomplete += h->day[i].incomplete;
	}
	const struct {
		int64_t n, of;
	} share[] = { [LATE] = { all.late, all.batches },
		      [INCOMPLETE] = { all.incomplete, all.in },
		      [REFUSED] = { all.refused, all.in },
		      [DUPLICATE] = { all.duplicate, all.in } };

	json_key(j, "marks");
	json_open(j, '[');
	for (size_t i = 0; i < ARRAY_LEN(thresholds); i++)
		if (share[i].n * 1000 > thresholds[i].of_1000 * share[i].of)
			json_str(j, str_of(thresholds[i].word));
	json_close(j, ']');
}

static enum err put_silence(struct health *h, const struct feed *x)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(h->c);
	struct utc_s seen = { 0 };
	int64_t since;
	enum err e =
		tx_row(h->tx, &intake_sql.seen_of,
		       SQL_ARGS(sql_i64(area_county(x->record.area).v), sql_i64(x->record.id.v)),
		       &r, h->f);

	if (e && e != ERR_ABSENT)
		return e;
	if (!e)
		seen = rows_time(r, 0);
	json_key(j, "seen_at");
	if (seen.v)
		call_time_json(h->c, seen);
	else
		json_nil(j);
	since = max_i64(seen.v ? seen.v : x->record.created_at.v, e ? 0 : rows_i64(r, 2));
	json_key(j, "due_at");
	if (x->every_min != FIELD_NONE)
		call_time_json(h->c, (struct utc_s){ since + x->every_min * 60 });
	else
		json_nil(j);
	json_key(j, "silent");
	json_bool(j, x->record.state == FEED_ACTIVE && x->every_min != FIELD_NONE &&
			     h->c->now.v > since + x->every_min * 60);
	return OK;
}

static enum err put_feed(struct health *h, int64_t id)
{
	struct json *j = call_json(h->c);
	char area[AREA_TEXT_BYTES];
	struct feed *x;
	enum err e = intake_feed(h->c, h->tx, id, &x, h->f);

	if (e || (e = sum_days(h, x)))
		return e;
	json_open(j, '{');
	json_key(j, "feed");
	call_id_json(h->c, id);
	json_key(j, "name");
	json_str(j, x->name);
	json_key(j, "area");
	area_text(x->record.area, area);
	json_str(j, str_of(area));
	json_key(j, "brings");
	json_str(j, str_of(feed_brings[x->brings].word));
	json_key(j, "state");
	json_str(j, str_of(x->record.state == FEED_ACTIVE ? "active" : "suspended"));
	json_key(j, "every_min");
	if (x->every_min == FIELD_NONE)
		json_nil(j);
	else
		json_i64(j, x->every_min);
	e = put_silence(h, x);
	put_days(h);
	put_marks(h);
	json_close(j, '}');
	return e;
}

static void put_thresholds(struct json *j)
{
	json_key(j, "thresholds");
	json_open(j, '[');
	for (size_t i = 0; i < ARRAY_LEN(thresholds); i++) {
		const struct threshold *t = &thresholds[i];

		json_open(j, '{');
		json_key(j, "word");
		json_str(j, str_of(t->word));
		json_key(j, "zh");
		json_str(j, str_of(t->zh));
		json_key(j, "en");
		json_str(j, str_of(t->en));
		number(j, "of_1000", t->of_1000);
		json_key(j, "source");
		json_str(j, str_of(t->source));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static enum err health_run(struct call *c, struct tx *tx, struct fault *f)
{
	const struct intake *in = c->route->arg;
	struct health *h = arena_take(c->a, 1, sizeof *h);
	const struct scope *scope = call_scope(c);
	VEC(int64_t) ids = { 0 };
	struct json *j = call_json(c);
	enum err e = OK;

	if (!h)
		return ERR_MEMORY;
	*h = (struct health){ .c = c, .tx = tx, .f = f, .in = in };
	h->today = zone_day_of(in->o.zone, c->now);
	for (size_t i = 0; i < scope->n && !e; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		e = tx_rows(tx, &intake_sql.feeds_in,
			    SQL_ARGS(sql_i64(scope->v[i].v), sql_i64(area_end(scope->v[i]).v)), &r,
			    f);
		while (!e && !(e = rows_next(r, &more, f)) && more)
			e = vec_push(&ids, rows_i64(r, 0));
	}
	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	for (size_t i = 0; i < ids.n && !e; i++)
		e = put_feed(h, ids.v[i]);
	vec_drop(&ids);
	if (e)
		return e;
	json_close(j, ']');
	put_thresholds(j);
	json_key(j, "as_of");
	call_time_json(c, c->now);
	json_close(j, '}');
	return OK;
}

const struct route intake_health_rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/feeds/health", health_run, CAP_FEED_READ, REACH_AREA, WHY_DUTY,
		0, AUDIT_NONE, "数据来源的健康状况：迟到、不完整、退回、重复、静默",
		"How feeds are: late, incomplete, refused, duplicate, silent") },
};
const size_t intake_health_rows_n = ARRAY_LEN(intake_health_rows);
