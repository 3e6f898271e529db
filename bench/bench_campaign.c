/*
 * bench_campaign.c - a campaign over half a million things: its start, and questions about it.
 *
 *     bench_campaign URL fill THINGS    a made-up province where somebody answers for each village
 *     bench_campaign URL start          the things in scope become tasks, in one transaction
 *     bench_campaign URL ask QUESTIONS  coverage of areas, and pages of the gap list
 *
 * The province has 14 cities, 140 counties, 2,100 townships and 31,500 villages. Lines: figure TAB
 * campaign TAB name TAB value, in ms.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grid/officer.h"
#include "grid/organisation.h"
#include "loop/campaign.sql.h"
#include "loop/campaign_inside.h"
#include "looped.h"
#include "measure.h"

#include "base/ban.h"

enum { CHUNK = 10000, SEED = 5, PAGE = 51, CAMPAIGN = 77 };

struct bench {
	struct looped on;
	size_t n, done; /* things to make, and made */
	struct campaign campaign;
	double gathered_ms;
};

static void begin(struct bench *b, const char *url)
{
	looped_open(&b->on, url, SEED);
	noun_blank(&campaign_noun, &b->campaign);
	b->campaign.record = (struct record){ .id = { CAMPAIGN },
					      .area = { 430000000000000 },
					      .version = 1,
					      .state = CAMPAIGN_RUNNING };
	b->campaign.name = STR("排查");
	b->campaign.sector = DUTY_MINE;
	b->campaign.scope = STR("organisations");
	b->campaign.query = STR("kind=enterprise");
	b->campaign.title = STR("自查");
	b->campaign.rule = STR("bench");
	b->campaign.needs = STR("text,photo");
	b->campaign.until.v = LOOPED_NOW + 30 * LOOPED_DAY;
}

/* ---- filling -------------------------------------------------------------------------------- */

static struct record head(struct bench *b, int64_t area)
{
	return (struct record){ .id = record_id_new(b->on.book),
				.area = { area },
				.version = 1,
				.state = 1,
				.created_at = { LOOPED_NOW },
				.updated_at = { LOOPED_NOW } };
}

static enum err put_org(struct bench *b, struct tx *tx, int64_t area, enum organisation_kind kind,
			struct organisation *o, struct fault *f)
{
	noun_blank(&organisation_noun, o);
	o->record = head(b, area);
	o->name = STR("合成的采石场");
	o->kind = kind;
	return record_put(b->on.book, tx, &organisation_noun, o, f);
}

/* An organisation, its officer, and the duty for mines. */
static enum err answerer(struct bench *b, struct tx *tx, int64_t area, struct fault *f)
{
	struct organisation o;
	struct officer who;
	struct duty duty;
	enum err e = put_org(b, tx, area, ORGANISATION_GOVERNMENT, &o, f);

	if (e)
		return e;
	noun_blank(&officer_noun, &who);
	who.record = head(b, area);
	who.name = STR("合成");
	who.post = STR("主任");
	who.phone = STR("119");
	who.organisation = o.record.id;
	noun_blank(&duty_noun, &duty);
	duty.record = head(b, area);
	duty.sector = DUTY_MINE;
	duty.party = DUTY_TERRITORY;
	duty.officer = who.record.id;
	e = record_put(b->on.book, tx, &officer_noun, &who, f);
	return e ? e : record_put(b->on.book, tx, &duty_noun, &duty, f);
}

static enum err province_act(struct tx *tx, void *arg, struct fault *f)
{
	struct bench *b = arg;
	enum err e = answerer(b, tx, 430000000000000, f);

	for (int64_t city = 1; city <= LOOPED_CITIES && !e; city++) {
		int64_t c = 430000000000000 + city * 100000000000;

		e = answerer(b, tx, c, f);
		for (int64_t i = 1; i <= LOOPED_COUNTIES && !e; i++) {
			int64_t county = c + i * 1000000000;

			e = answerer(b, tx, county, f);
			for (int64_t t = 1; t <= LOOPED_TOWNS && !e; t++) {
				e = answerer(b, tx, county + t * 1000000, f);
				for (int64_t v = 1; v <= LOOPED_VILLAGES && !e; v++)
					e = answerer(b, tx, county + t * 1000000 + v * 1000, f);
			}
		}
	}
	return e;
}

static enum err things_act(struct tx *tx, void *arg, struct fault *f)
{
	struct bench *b = arg;
	struct dice before = b->on.dice;
	struct organisation o;
	enum err e = OK;

	for (size_t i = 0; i < min_size(CHUNK, b->n - b->done) && !e; i++)
		e = put_org(b, tx, looped_village(&b->on.dice).v, ORGANISATION_ENTERPRISE, &o, f);
	if (e)
		b->on.dice = before;
	return e;
}

static enum err campaign_act(struct tx *tx, void *arg, struct fault *f)
{
	struct bench *b = arg;

	return record_put(b->on.book, tx, &campaign_noun, &b->campaign, f);
}

static void fill(struct bench *b)
{
	double begun = looped_ms();

	looped_must(&b->on, db_write(b->on.db, province_act, b, &b->on.f));
	for (b->done = 0; b->done < b->n; b->done += CHUNK)
		looped_must(&b->on, db_write(b->on.db, things_act, b, &b->on.f));
	looped_must(&b->on, db_write(b->on.db, campaign_act, b, &b->on.f));
	figure_real("campaign", "fill_ms", looped_ms() - begun);
}

/* ---- the start ------------------------------------------------------------------------------ */

static enum err start_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(campaign_things_release) struct things t = { 0 };
	struct bench *b = arg;
	struct campaign_act a = { .l = b->on.l,
				  .tx = tx,
				  .campaign = &b->campaign,
				  .sender = { 1 },
				  .now = { LOOPED_NOW },
				  .f = f };
	double begun = looped_ms();
	enum err e = campaign_things(b->on.l, tx, &b->campaign, NULL, a.now, &t, f);

	b->gathered_ms = looped_ms() - begun;
	b->done = t.v.n;
	return e ? e : campaign_raise(&a, t.about, t.v.v, t.v.n);
}

/* ---- questions ------------------------------------------------------------------------------ */

struct asking {
	struct bench *b;
	const struct sql *sql;
	enum area_level level;
};

static enum err ask_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct asking *q = arg;
	struct area_code at = area_at(looped_village(&q->b->on.dice), q->level);
	struct sql_value of[] = { sql_i64(CAMPAIGN), sql_i64(at.v), sql_i64(area_end(at).v),
				  sql_i64(-1),       sql_i64(0),    sql_i64(PAGE) };
	struct sql_value below[] = { sql_i64(area_county(at).v), sql_i64(CAMPAIGN), sql_i64(at.v) };
	struct sql_args args = q->sql == &campaign_sql.count_below ? (struct sql_args){ below, 3 }
			       : q->sql == &campaign_sql.left      ? (struct sql_args){ of, 6 }
								   : (struct sql_args){ of, 3 };
	bool more;
	enum err e = tx_rows(tx, q->sql, args, &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		q->b->done += rows_i64(r, 0) > 0;
	return e;
}

static void ask(struct bench *b)
{
	struct asking province = { b, &campaign_sql.count_counties, AREA_PROVINCE };
	struct asking county = { b, &campaign_sql.count_below, AREA_COUNTY };
	struct asking town = { b, &campaign_sql.count_below, AREA_TOWNSHIP };
	struct asking left = { b, &campaign_sql.left, AREA_COUNTY };
	struct asking left_all = { b, &campaign_sql.left, AREA_PROVINCE };

	looped_asked(&b->on, "campaign", "coverage_province", b->n, ask_act, &province);
	looped_asked(&b->on, "campaign", "coverage_county", b->n, ask_act, &county);
	looped_asked(&b->on, "campaign", "coverage_town", b->n, ask_act, &town);
	looped_asked(&b->on, "campaign", "gaps_county", b->n, ask_act, &left);
	looped_asked(&b->on, "campaign", "gaps_province", b->n, ask_act, &left_all);
}

int main(int argc, char **argv)
{
	struct bench b = { .done = 0 };

	if (argc < 3)
		return 2;
	begin(&b, argv[1]);
	b.n = argc > 3 ? (size_t)strtoull(argv[3], NULL, 10) : 1;
	if (strcmp(argv[2], "fill") == 0) {
		fill(&b);
	} else if (strcmp(argv[2], "start") == 0) {
		looped_timed(&b.on, "campaign", "start", start_act, &b);
		figure_real("campaign", "start_gather_ms", b.gathered_ms);
		figure_real("campaign", "start_things", (double)b.done);
	} else if (strcmp(argv[2], "ask") == 0) {
		ask(&b);
	}
	looped_close(&b.on);
	return 0;
}
