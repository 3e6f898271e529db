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
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "grid/duty.h"
#include "grid/grid.h"
#include "grid/officer.h"
#include "grid/organisation.h"
#include "loop/campaign.sql.h"
#include "loop/campaign_inside.h"

#include "base/ban.h"

enum { CITIES = 14, COUNTIES = 10, TOWNS = 15, VILLAGES = 15, CHUNK = 10000, NOW = 1790000000 };
enum { NOUNS_ROOM = 64, PAGE = 51, DAY = 86400 };

static const struct clocks_rule rules[] = {
	{ .id = { "bench", 5 },
	  .version = 1,
	  .valid_from = CLOCKS_DAY_OPEN,
	  .valid_to = CLOCKS_DAY_OPEN,
	  .way = { "days", 4 },
	  .clock = { 3600, 15 * DAY, DAY, DAY, 0, 0, 0 } },
};
static const struct clocks_set clocks = { ARRAY_LEN(rules), rules };

static int64_t wall_ns(void *arg)
{
	(void)arg;
	return (int64_t)NOW * 1000000000;
}
static const struct clock wall = { wall_ns, NULL };

struct bench {
	struct db *db;
	struct zone *zone;
	struct record_book *book;
	struct loop *l;
	struct dice dice;
	size_t n, done; /* things to make, and made */
	int64_t area;   /* whose answerer is made next */
	struct campaign campaign;
	double gathered_ms;
	struct fault f;
};

static void must(const struct bench *b, enum err e)
{
	if (!e)
		return;
	fprintf(stderr, "%s: %s\n", err_word(e), b->f.en);
	exit(3);
}

static double now_ms(void)
{
	return (double)clock_ns(&clock_steady) / 1e6;
}

static void figure(const char *name, double value)
{
	printf("figure\tcampaign\t%s\t%.3f\n", name, value);
	fflush(stdout);
}

static enum err prime(struct tx *tx, void *book, struct fault *f)
{
	return record_prime(book, tx, f);
}

static void open_bench(struct bench *b, const char *url)
{
	static const struct noun *nouns[NOUNS_ROOM];
	struct record_options o = { .nouns = nouns, .clock = &wall };
	struct loop_options lo = { .clocks = &clocks };

	for (size_t i = 0; i < grid_nouns_n; i++)
		nouns[o.n++] = grid_nouns[i];
	for (size_t i = 0; i < loop_nouns_n; i++)
		nouns[o.n++] = loop_nouns[i];
	must(b, db_open(&(struct db_options){ .url = url, .create = true }, &b->db, &b->f));
	must(b, db_migrate(b->db, (struct utc_s){ NOW }, &b->f));
	must(b, zone_open("+08:00", &b->zone, &b->f));
	o.zone = b->zone;
	must(b, record_open(&o, &b->book, &b->f));
	lo.db = b->db;
	lo.book = b->book;
	lo.zone = b->zone;
	must(b, db_read(b->db, prime, b->book, &b->f));
	must(b, loop_open(&lo, &b->l, &b->f));
	b->dice.state = 5;
	noun_blank(&campaign_noun, &b->campaign);
	b->campaign.record = (struct record){
		.id = { 77 }, .area = { 430000000000000 }, .version = 1, .state = CAMPAIGN_RUNNING
	};
	b->campaign.name = STR("排查");
	b->campaign.sector = DUTY_MINE;
	b->campaign.scope = STR("organisations");
	b->campaign.query = STR("kind=enterprise");
	b->campaign.title = STR("自查");
	b->campaign.rule = STR("bench");
	b->campaign.needs = STR("text,photo");
	b->campaign.until.v = NOW + 30 * DAY;
}

static void close_bench(struct bench *b)
{
	loop_close(&b->l);
	record_end(&b->book);
	zone_end(&b->zone);
	db_end(&b->db);
}

/* ---- filling -------------------------------------------------------------------------------- */

static int64_t village(struct dice *d)
{
	return 430000000000000 + (1 + dice_below(d, CITIES)) * 100000000000 +
	       (1 + dice_below(d, COUNTIES)) * 1000000000 + (1 + dice_below(d, TOWNS)) * 1000000 +
	       (1 + dice_below(d, VILLAGES)) * 1000;
}

static struct record head(struct bench *b, int64_t area)
{
	return (struct record){ .id = record_id_new(b->book),
				.area = { area },
				.version = 1,
				.state = 1,
				.created_at = { NOW },
				.updated_at = { NOW } };
}

static enum err put_org(struct bench *b, struct tx *tx, int64_t area, enum organisation_kind kind,
			struct organisation *o, struct fault *f)
{
	noun_blank(&organisation_noun, o);
	o->record = head(b, area);
	o->name = STR("合成的采石场");
	o->kind = kind;
	return record_put(b->book, tx, &organisation_noun, o, f);
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
	e = record_put(b->book, tx, &officer_noun, &who, f);
	return e ? e : record_put(b->book, tx, &duty_noun, &duty, f);
}

static enum err province_act(struct tx *tx, void *arg, struct fault *f)
{
	struct bench *b = arg;
	enum err e = answerer(b, tx, 430000000000000, f);

	for (int64_t city = 1; city <= CITIES && !e; city++) {
		int64_t c = 430000000000000 + city * 100000000000;

		e = answerer(b, tx, c, f);
		for (int64_t i = 1; i <= COUNTIES && !e; i++) {
			int64_t county = c + i * 1000000000;

			e = answerer(b, tx, county, f);
			for (int64_t t = 1; t <= TOWNS && !e; t++) {
				e = answerer(b, tx, county + t * 1000000, f);
				for (int64_t v = 1; v <= VILLAGES && !e; v++)
					e = answerer(b, tx, county + t * 1000000 + v * 1000, f);
			}
		}
	}
	return e;
}

static enum err things_act(struct tx *tx, void *arg, struct fault *f)
{
	struct bench *b = arg;
	struct dice before = b->dice;
	struct organisation o;
	enum err e = OK;

	for (size_t i = 0; i < min_size(CHUNK, b->n - b->done) && !e; i++)
		e = put_org(b, tx, village(&b->dice), ORGANISATION_ENTERPRISE, &o, f);
	if (e)
		b->dice = before;
	return e;
}

static enum err campaign_act(struct tx *tx, void *arg, struct fault *f)
{
	struct bench *b = arg;

	return record_put(b->book, tx, &campaign_noun, &b->campaign, f);
}

static void fill(struct bench *b)
{
	must(b, db_write(b->db, province_act, b, &b->f));
	for (b->done = 0; b->done < b->n; b->done += CHUNK)
		must(b, db_write(b->db, things_act, b, &b->f));
	must(b, db_write(b->db, campaign_act, b, &b->f));
}

/* ---- the start ------------------------------------------------------------------------------ */

static enum err start_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(campaign_things_release) struct things t = { 0 };
	struct bench *b = arg;
	struct campaign_act a = { .l = b->l,
				  .tx = tx,
				  .campaign = &b->campaign,
				  .sender = { 1 },
				  .now = { NOW },
				  .f = f };
	double begun = now_ms();
	enum err e = campaign_things(b->l, tx, &b->campaign, NULL, a.now, &t, f);

	b->gathered_ms = now_ms() - begun;
	b->done = t.v.n;
	return e ? e : campaign_raise(&a, t.about, t.v.v, t.v.n);
}

/* ---- questions ------------------------------------------------------------------------------ */

struct asking {
	const struct sql *sql;
	struct sql_args args;
	size_t got;
};

static enum err ask_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct asking *q = arg;
	bool more;
	enum err e = tx_rows(tx, q->sql, q->args, &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		q->got += rows_i64(r, 0) > 0;
	return e;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void told(const char *name, double *ms, size_t n)
{
	char text[80];

	qsort(ms, n, sizeof *ms, by_size);
	(void)snprintf(text, sizeof text, "%s_p50_ms", name);
	figure(text, ms[n / 2]);
	(void)snprintf(text, sizeof text, "%s_p99_ms", name);
	figure(text, ms[n * 99 / 100]);
}

static void ask(struct bench *b, size_t n)
{
	static const char *const names[] = { "coverage_province", "coverage_county",
					     "coverage_town", "gaps_county", "gaps_province" };
	double *ms = mem_take(n, sizeof *ms);

	for (size_t k = 0; k < ARRAY_LEN(names); k++) {
		for (size_t i = 0; i < n; i++) {
			struct area_code v = { village(&b->dice) };
			struct area_code at = area_at(v, k == 0 || k == 4 ? AREA_PROVINCE
							 : k == 2         ? AREA_TOWNSHIP
									  : AREA_COUNTY);
			int64_t end = area_end(at).v;
			struct sql_value of[] = { sql_i64(77), sql_i64(at.v), sql_i64(end),
						  sql_i64(-1), sql_i64(0),    sql_i64(PAGE) };
			struct sql_value below[] = { sql_i64(area_county(at).v), sql_i64(77),
						     sql_i64(at.v) };
			struct asking q = { k == 0  ? &campaign_sql.count_counties
					    : k < 3 ? &campaign_sql.count_below
						    : &campaign_sql.left,
					    k == 0  ? (struct sql_args){ of, 3 }
					    : k < 3 ? (struct sql_args){ below, 3 }
						    : (struct sql_args){ of, 6 },
					    0 };
			double begun = now_ms();

			must(b, db_read(b->db, ask_act, &q, &b->f));
			ms[i] = now_ms() - begun;
		}
		told(names[k], ms, n);
	}
	mem_drop(ms);
}

int main(int argc, char **argv)
{
	struct bench b = { .done = 0 };
	size_t n = argc > 3 ? (size_t)strtoull(argv[3], NULL, 10) : 1;
	double begun;

	if (argc < 3)
		return 2;
	open_bench(&b, argv[1]);
	b.n = n;
	begun = now_ms();
	if (strcmp(argv[2], "fill") == 0) {
		fill(&b);
		figure("fill_ms", now_ms() - begun);
	} else if (strcmp(argv[2], "start") == 0) {
		must(&b, db_write(b.db, start_act, &b, &b.f));
		figure("start_ms", now_ms() - begun);
		figure("start_gather_ms", b.gathered_ms);
		figure("start_things", (double)b.done);
	} else if (strcmp(argv[2], "ask") == 0) {
		ask(&b, n);
	}
	close_bench(&b);
	return 0;
}
