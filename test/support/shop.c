/* shop.c - see shop.h. */
#include "support/shop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "grid/grid.h"
#include "grid/officer.h"
#include "grid/organisation.h"

#include "base/ban.h"

enum { NOUNS = 32 };

static const struct clocks_rule rules[] = {
	{ .id = { "plain", 5 },
	  .version = 1,
	  .valid_from = CLOCKS_DAY_OPEN,
	  .valid_to = CLOCKS_DAY_OPEN,
	  .way = { "minutes", 7 },
	  .clock = { SHOP_ACCEPT_S, SHOP_DONE_S, SHOP_CHECK_S, SHOP_CLIMB_S, 0, 0, 0 } },
};
static const struct clocks_set clocks = { ARRAY_LEN(rules), rules };

static _Atomic int64_t wall_s, steady_s;
static int64_t wall_ns(void *arg)
{
	(void)arg;
	return wall_s * 1000000000;
}
static const struct clock wall = { wall_ns, NULL };

int64_t shop_now(void)
{
	return wall_s;
}

void shop_pass(int64_t s)
{
	wall_s += s;
	steady_s += s;
}

void shop_set_wall(int64_t s)
{
	wall_s += s;
}

static void heard(void *arg, struct area_code county, const char *object, int64_t id)
{
	struct shop *s = arg;

	assert_true(county.v == 430802000000000 && strcmp(object, "task") == 0 && id > 0);
	s->told++;
}

static enum err prime(struct tx *tx, void *book, struct fault *f)
{
	return record_prime(book, tx, f);
}

/* The book is new too, as after a crash: what ids go on after is in the database alone. */
void shop_up(struct shop *s)
{
	static const struct noun *nouns[NOUNS];
	struct record_options o = { .nouns = nouns, .zone = s->zone, .clock = &wall };
	struct loop_options lo = {
		.db = s->d->db, .zone = s->zone, .clocks = &clocks, .told = heard, .told_arg = s
	};
	struct database *d = s->d;

	for (size_t i = 0; i < grid_nouns_n; i++)
		nouns[o.n++] = grid_nouns[i];
	for (size_t i = 0; i < loop_nouns_n; i++)
		nouns[o.n++] = loop_nouns[i];
	MUST(record_open(&o, &s->book, &d->fault));
	MUST(db_read(d->db, prime, s->book, &d->fault));
	lo.book = s->book;
	MUST(loop_open(&lo, &s->l, &d->fault));
}

void shop_down(struct shop *s)
{
	struct database *d = s->d;

	loop_close(&s->l);
	record_end(&s->book);
	MUST(database_again(d, &d->fault));
}

/* ---- statements of a test -------------------------------------------------------------------- */

/* A statement is known by its address, so each lives as long as the program. */
static const struct sql *statement(const char *text, enum sql_act act)
{
	static struct sql all[512];
	static size_t n;

	for (size_t i = 0; i < n; i++)
		if (all[i].act == act && strcmp(all[i].text, text) == 0)
			return &all[i];
	assert_true(n < ARRAY_LEN(all));
	all[n] = (struct sql){ .name = "test.shop",
			       .text = strdup(text),
			       .args = "",
			       .act = act,
			       .scan = "a test",
			       .across = "a test" };
	return &all[n++];
}

struct asking {
	const struct sql *sql;
	int64_t ret;
};

static enum err scalar_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct asking *q = arg;
	enum err e = tx_row(tx, q->sql, SQL_NO_ARGS, &r, f);

	q->ret = e ? 0 : rows_i64(r, 0);
	return e == ERR_ABSENT ? OK : e;
}

int64_t shop_scalar(struct shop *s, const char *sql)
{
	struct asking q = { statement(sql, SQL_READ), 0 };
	struct database *d = s->d;

	MUST(db_read(d->db, scalar_act, &q, &d->fault));
	return q.ret;
}

static enum err run_act(struct tx *tx, void *arg, struct fault *f)
{
	return tx_run(tx, ((struct asking *)arg)->sql, SQL_NO_ARGS, NULL, f);
}

void shop_run(struct shop *s, const char *sql)
{
	struct asking q = { statement(sql, SQL_WRITE), 0 };
	struct database *d = s->d;

	MUST(db_write(d->db, run_act, &q, &d->fault));
}

/* ---- opening --------------------------------------------------------------------------------- */

static enum err people_act(struct tx *tx, void *arg, struct fault *f)
{
	static const int64_t area[] = { 430802001001000, 430802001000000, 430802000000000 };
	struct shop *s = arg;
	enum err e = OK;

	for (int64_t i = 0; i < 3 && !e; i++) {
		struct record head = { .area = { area[i] }, .version = 1, .state = 1 };
		struct organisation o;
		struct officer who;
		struct duty duty;

		noun_blank(&organisation_noun, &o);
		o.record = head;
		o.record.id.v = 11 + i;
		o.name = STR("合成");
		o.kind = ORGANISATION_GOVERNMENT;
		noun_blank(&officer_noun, &who);
		who.record = head;
		who.record.id.v = 21 + i;
		who.name = who.post = STR("合成");
		who.phone = STR("119");
		who.organisation = o.record.id;
		noun_blank(&duty_noun, &duty);
		duty.record = head;
		duty.record.id.v = 31 + i;
		duty.sector = DUTY_MINE;
		duty.party = DUTY_TERRITORY;
		duty.officer = who.record.id;
		if (!(e = record_put(s->book, tx, &organisation_noun, &o, f)) &&
		    !(e = record_put(s->book, tx, &officer_noun, &who, f)))
			e = record_put(s->book, tx, &duty_noun, &duty, f);
	}
	return e;
}

void shop_open(struct shop *s, struct database *d)
{
	memset(s, 0, sizeof *s);
	s->d = d;
	wall_s = DATABASE_NOW;
	steady_s = 5000;
	MUST(zone_open("+08:00", &s->zone, &d->fault));
	shop_up(s);
	MUST(db_write(d->db, people_act, s, &d->fault));
}

void shop_close(struct shop *s)
{
	loop_close(&s->l);
	record_end(&s->book);
	zone_end(&s->zone);
}

/* ---- acts ------------------------------------------------------------------------------------ */

struct raising {
	struct shop *s;
	int64_t id;
};

static enum err raise_act(struct tx *tx, void *arg, struct fault *f)
{
	struct raising *r = arg;
	const struct loop_new n = { .area = { 430802001001000 },
				    .sector = DUTY_MINE,
				    .kind = STR("order"),
				    .rule = STR("plain"),
				    .title = STR("查看"),
				    .needs = FLOW_TEXT,
				    .until = FLOW_NEVER,
				    .sender = { 13 } };

	return loop_raise_by_house(r->s->l, tx, &n, (struct utc_s){ wall_s }, &r->id, f);
}

int64_t shop_raise(struct shop *s)
{
	struct raising r = { s, 0 };
	struct database *d = s->d;

	MUST(db_write(d->db, raise_act, &r, &d->fault));
	return r.id;
}

struct doing {
	struct shop *s;
	struct loop_act a;
};

static enum err do_act(struct tx *tx, void *arg, struct fault *f)
{
	struct doing *g = arg;
	struct flow_effects fx;

	return loop_do(g->s->l, NULL, tx, &g->a, (struct utc_s){ wall_s }, &fx, f);
}

enum err shop_do(struct shop *s, int64_t task, enum flow_on on, int64_t party, struct fault *f)
{
	struct doing g = { s,
			   { .task = task,
			     .text = STR("好"),
			     .reason = STR("好"),
			     .ev = { .on = on,
				     .turn = FLOW_ANY_TURN,
				     .actor = FLOW_PERSON,
				     .party = { party },
				     .person = { party * 100 },
				     .to = { on == FLOW_ON_OFFER ? 12 : 0 },
				     .by = FLOW_NEVER } } };

	return db_write(s->d->db, do_act, &g, f);
}

enum err shop_tick(struct shop *s)
{
	return loop_tick(s->l, (struct utc_s){ wall_s }, (struct utc_s){ steady_s }, &s->d->fault);
}
