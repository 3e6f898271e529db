/*
 * ask_sql.c - a trace by SQL is the engine's, to the digest: over random worlds on one server, and
 * over partitions on three others (postgres_fdw). OUTPOST_WORLDS sets how many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "profile/profile.h"
#include "support/plan.h"
#include "support/trails.h"
#include "trail/ask.h"
#include "trail/expiry.h"
#include "trail/told.h"
#include "trail/told.sql.h"

enum { BATCHES = 3, VISITS_MAX = 40, QUESTIONS = 8, SHARDS = 3 };
enum { DAY_S = 86400, LONGEST_S = 31 * DAY_S };

static struct arena *profiles, *scratch;
static struct profile_set set;

static int load(void **state)
{
	struct fault f = { 0 };

	(void)state;
	if (arena_new(8 << 20, &profiles) || arena_new(256 << 20, &scratch) ||
	    profile_load_builtin(profiles, &set, &f)) {
		fprintf(stderr, "%s\n", f.en);
		return -1;
	}
	return 0;
}

static int unload(void **state)
{
	(void)state;
	arena_free(profiles);
	arena_free(scratch);
	return 0;
}

/* ---- worlds ---------------------------------------------------------------------------------- */

/* Few people and places, so that much meets; durations at the edges of the classes. */
static void some_visits(struct dice *dice, const struct trails *s, struct trail_visit *ret,
			size_t n)
{
	static const int64_t lengths[] = { 60,   840,   899,   900,     901,     3599,   3600,
					   3601, 14399, 14400, 43199,   43200,   100000, 250000,
					   1800, 1800,  2700,  2678399, 2678400, 7200 };

	trails_visits(dice, s, ret, n);
	for (size_t i = 0; i < n; i++) {
		if (dice_below(dice, 3))
			ret[i].from.v += 60 * (int64_t)dice_below(dice, 300);
		if (dice_below(dice, 5) == 0) /* when the longest that began then have just ended */
			ret[i].from.v += LONGEST_S - 60 + 60 * (int64_t)dice_below(dice, 3);
		if (ret[i].place.v == 50) /* of a rule that asks how long somebody stayed */
			ret[i].kind = STR("cell");
		if (ret[i].to.v == TRACE_STILL)
			continue;
		ret[i].to.v = ret[i].from.v + lengths[dice_below(dice, ARRAY_LEN(lengths))];
		if (ret[i].place.v == 50 && dice_below(dice, 3) == 0)
			ret[i].to.v = ret[i].from.v + 31 * 3600;
		if (i && dice_below(dice, 4) == 0) { /* goes on where the one before ends */
			ret[i] = ret[i - 1];
			if (ret[i].to.v == TRACE_STILL)
				continue;
			ret[i].from = ret[i].to;
			ret[i].to.v += lengths[dice_below(dice, 10)];
		}
	}
}

static struct trail_batch batch_of(size_t k)
{
	return (struct trail_batch){ { 430802000000000 + (int64_t)(k % 2) * 1000000000 },
				     (int64_t)k + 100 };
}

static void push(struct trails *s, struct dice *dice, size_t k)
{
	struct database *d = s->d;
	struct trail_visit v[VISITS_MAX];
	enum trail_fate fate[VISITS_MAX];
	struct trails_keep keep = {
		s, batch_of(k), v, 1 + dice_below(dice, VISITS_MAX), fate, false
	};

	some_visits(dice, s, v, keep.n);
	MUST(trails_keep(&keep, &d->fault));
}

static void recall(struct trails *s, size_t k)
{
	struct database *d = s->d;
	struct trail_sum sum;

	MUST(trails_recall(s, batch_of(k), &sum, &d->fault));
}

static int64_t instant(struct dice *dice, const struct trails *s)
{
	return zone_day_start(s->zone, TRAILS_DAY).v + 600 * (int64_t)dice_below(dice, 6 * 144) +
	       (dice_below(dice, 4) ? 0 : LONGEST_S);
}

static struct trail_warrant some_warrant(struct dice *dice, const struct trails *s)
{
	int64_t a = instant(dice, s), b = instant(dice, s);

	return (struct trail_warrant){
		.case_id = { 1 },
		.index = dice_below(dice, 20) ? 1000 + 7 * dice_below(dice, 12) : 0,
		.from = { min_i64(a, b) },
		.to = { max_i64(a, b) + 600 },
		.generations = 1 + dice_below(dice, 3),
		.people = dice_below(dice, 10) ? 1000 : 1 + dice_below(dice, 6),
	};
}

static void tell(const char *who, const struct trail_answer *a)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	trail_answer_text(a, &text);
	fprintf(stderr, "%s: %llu visits, horizon %lld\n%.*s\n", who, (unsigned long long)a->visits,
		(long long)a->horizon.v, (int)text.n, text.p);
}

/* Both answer the same; how many contacts. */
static size_t same(struct trails *s, const struct trail_warrant *w, const struct profile *p)
{
	struct trail_answer ours = { 0 }, sql = { 0 };
	struct fault f = { 0 }, g = { 0 };
	enum err e, x;

	arena_clear(scratch);
	e = trail_ask(s->t, w, p, scratch, &ours, &f);
	x = ask_sql(s->t, w, p, scratch, &sql, &g);
	if (e != x)
		fail_msg("%s %s, by SQL %s %s", err_word(e), f.en, err_word(x), g.en);
	if (e) {
		assert_int_equal(e, ERR_FULL);
		return 0;
	}
	if (memcmp(ours.digest.v, sql.digest.v, sizeof sql.digest.v) != 0 ||
	    ours.visits != sql.visits || ours.horizon.v != sql.horizon.v ||
	    ours.n_encounters != sql.n_encounters) {
		tell("engine", &ours);
		tell("SQL", &sql);
		fail_msg("they differ: person %lld, %lld to %lld, %lld generations, %.*s",
			 (long long)w->index, (long long)w->from.v, (long long)w->to.v,
			 (long long)w->generations, (int)p->id.n, p->id.p);
	}
	return ours.n_contacts;
}

static size_t same_questions(struct trails *s, struct dice *dice, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		struct trail_warrant w = some_warrant(dice, s);

		const struct profile *p = &set.profiles[dice_below(dice, (uint32_t)set.n)];

		found += same(s, &w, dice_below(dice, 3) ? p : &set.profiles[0]);
	}
	return found;
}

static void worlds(struct database *d, uint64_t otherwise)
{
	uint64_t n = env_u64("OUTPOST_WORLDS", otherwise), first = env_u64("OUTPOST_SEED", 1);
	size_t found = 0;
	struct trails s;

	trails_begin(&s, d, first);
	for (uint64_t seed = first; seed < first + n; seed++) {
		struct dice dice = { seed };

		for (size_t k = 0; k < BATCHES; k++)
			push(&s, &dice, k);
		found += same_questions(&s, &dice, QUESTIONS);
		recall(&s, dice_below(&dice, 2) ? 0 : 1); /* what others said, too, stays */
		found += same_questions(&s, &dice, 2);
		for (size_t k = 0; k < BATCHES; k++)
			recall(&s, k);
	}
	assert_true(found > 4 * n);
	trails_end(&s);
}

static void a_trace_by_sql_is_that_of_the_engine(void **state)
{
	worlds(*state, 60);
}

/* ---- partitions on other servers ------------------------------------------------------------- */

static void must_do(const char *url, const char *text)
{
	PGconn *h = PQconnectdb(url);
	PGresult *r = PQexec(h, text);

	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", text, PQerrorMessage(h));
	PQclear(r);
	PQfinish(h);
}

static bool has_fdw(const char *url)
{
	PGconn *h = PQconnectdb(url);
	PGresult *r = PQexec(h, "SELECT 1 FROM pg_available_extensions"
				" WHERE name = 'postgres_fdw'");
	bool any = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;

	PQclear(r);
	PQfinish(h);
	return any;
}

/* "postgresql://outpost@/d7?host=/tmp/x" */
static void parts_of(const char *url, char name[64], char host[300])
{
	const char *at = strstr(url, "@/") + 2;

	(void)snprintf(name, 64, "%.*s", (int)strcspn(at, "?"), at);
	(void)snprintf(host, 300, "%s", strstr(at, "host=") + 5);
}

static const char by_place[] =
	"place BIGINT NOT NULL, stay BIGINT NOT NULL, from_s BIGINT NOT NULL,"
	" visit BIGINT NOT NULL, to_s BIGINT NOT NULL, person BIGINT NOT"
	" NULL, day BIGINT NOT NULL, seat BYTEA NOT NULL";
static const char by_person[] = "person BIGINT NOT NULL, from_s BIGINT NOT NULL, visit BIGINT NOT"
				" NULL, to_s BIGINT NOT NULL, place BIGINT NOT NULL, day BIGINT NOT"
				" NULL";

static void make_shard(const char *main_url, int i)
{
	char url[POSTGRES_URL_BYTES], super[POSTGRES_URL_BYTES], text[2000], name[64], host[300];

	postgres_database(url);
	parts_of(url, name, host);
	(void)snprintf(text, sizeof text,
		       "CREATE TABLE visit_by_place (%s, PRIMARY KEY (place, stay, from_s, visit)"
		       " INCLUDE (to_s, person, seat)); CREATE TABLE visit_by_person (%s,"
		       " PRIMARY KEY (person, from_s, visit) INCLUDE (to_s, place))",
		       by_place, by_person);
	must_do(url, text);
	postgres_as_superuser(main_url, super);
	(void)snprintf(text, sizeof text,
		       "CREATE SERVER shard%d FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '%s',"
		       " dbname '%s', use_remote_estimate 'true');"
		       "CREATE USER MAPPING FOR outpost SERVER shard%d OPTIONS (user 'outpost',"
		       " password_required 'false');"
		       "GRANT USAGE ON FOREIGN SERVER shard%d TO outpost",
		       i, host, name, i, i);
	must_do(super, text);
	(void)snprintf(text, sizeof text,
		       "CREATE FOREIGN TABLE visit_by_place_%d PARTITION OF visit_by_place FOR"
		       " VALUES WITH (MODULUS %d, REMAINDER %d) SERVER shard%d OPTIONS (table_name"
		       " 'visit_by_place');"
		       "CREATE FOREIGN TABLE visit_by_person_%d PARTITION OF visit_by_person FOR"
		       " VALUES WITH (MODULUS %d, REMAINDER %d) SERVER shard%d OPTIONS (table_name"
		       " 'visit_by_person')",
		       i, SHARDS, i, i, i, SHARDS, i, i);
	must_do(main_url, text);
}

static void the_same_over_partitions_on_other_servers(void **state)
{
	struct database *d = *state;
	char super[POSTGRES_URL_BYTES], text[2000];

	postgres_as_superuser(d->url, super);
	if (!has_fdw(super))
		skip();
	must_do(super, "CREATE EXTENSION postgres_fdw");
	(void)snprintf(text, sizeof text,
		       "DROP TABLE visit_by_place; DROP TABLE visit_by_person;"
		       "CREATE TABLE visit_by_place (%s) PARTITION BY HASH (place);"
		       "CREATE TABLE visit_by_person (%s) PARTITION BY HASH (person)",
		       by_place, by_person);
	must_do(d->url, text);
	for (int i = 0; i < SHARDS; i++)
		make_shard(d->url, i);
	worlds(d, 8);
}

/* ---- rows that follow from packs ------------------------------------------------------------- */

static int64_t rows_n(const struct database *d, const char *table)
{
	PGconn *h = PQconnectdb(d->url);
	char text[100];
	PGresult *r;
	int64_t n;

	(void)snprintf(text, sizeof text, "SELECT count(*) FROM %s", table);
	r = PQexec(h, text);
	assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
	n = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	PQfinish(h);
	return n;
}

static int64_t rows_all(const struct database *d)
{
	return rows_n(d, "visit_by_place") + rows_n(d, "visit_by_person") +
	       rows_n(d, "visit_kind") + rows_n(d, "visit_told");
}

static void rows_that_are_gone_or_wrong_are_made_again(void **state)
{
	struct database *d = *state;
	struct trail_pair pair[12];
	struct dice dice = { 5 };
	struct trails s;

	trails_begin(&s, d, 5);
	for (size_t k = 0; k < BATCHES; k++)
		push(&s, &dice, k);
	same_questions(&s, &dice, QUESTIONS);
	must_do(d->url, "TRUNCATE visit_by_place, visit_by_person, visit_kind, visit_told");
	same_questions(&s, &dice, QUESTIONS); /* as after a crash of the server */
	recall(&s, 1);
	push(&s, &dice, 1); /* the same batch with other visits */
	same_questions(&s, &dice, QUESTIONS);
	for (int i = 0; i < 12; i++)
		pair[i] = (struct trail_pair){ 1000 + 7 * i, 1000 + 7 * ((i + 5) % 12) };
	MUST(trail_renew(s.t, pair, 12, &d->fault));
	assert_true(same_questions(&s, &dice, 4 * QUESTIONS) > 0);
	trails_end(&s);
}

/* Who came in the last minutes of somebody's visit, at the edges of the classes of duration. */
static void a_visit_is_found_at_its_end_however_long_it_was(void **state)
{
	static const int64_t lengths[] = { 3599,  3600,  3601,  14399,   14400,  14401,
					   43199, 43200, 43201, 2678399, 2678400 };
	struct database *d = *state;
	const struct profile *p;
	struct trails s;

	MUST(profile_find(&set, STR("covid19.who"), &p, &d->fault));
	trails_begin(&s, d, 11);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		int64_t from = zone_day_start(s.zone, TRAILS_DAY).v, end = from + lengths[i];
		const struct trail_visit v[] = {
			{ .person = 1, .place = { 7 }, .from = { from }, .to = { end } },
			{ .person = 2, .place = { 7 }, .from = { end - 900 }, .to = { end + 60 } },
		};
		const struct trail_warrant w = { .case_id = { 1 },
						 .index = 2,
						 .from = { end - 3600 },
						 .to = { end + 3600 },
						 .generations = 1,
						 .people = 10 };
		enum trail_fate fate[2];
		struct trails_keep keep = { &s, batch_of(0), v, 2, fate, false };

		MUST(trails_keep(&keep, &d->fault));
		assert_int_equal(same(&s, &w, p), 1);
		recall(&s, 0);
	}
	trails_end(&s);
}

static void days_that_are_over_leave_no_row(void **state)
{
	struct database *d = *state;
	struct utc_s later;
	struct expiry_report report;
	struct dice dice = { 9 };
	struct trails s;

	trails_begin(&s, d, 9);
	push(&s, &dice, 0);
	same_questions(&s, &dice, 1);
	assert_true(rows_all(d) > 0);
	later.v = trails_now(&s).v + 17 * DAY_S; /* the first days are over, the last are not */
	MUST(trail_expire(s.t, later, &report, &d->fault));
	assert_true(report.days > 0);
	assert_int_equal(rows_all(d), 0); /* emptied, and told again when somebody asks */
	same_questions(&s, &dice, QUESTIONS);
	later.v += 200 * DAY_S;
	MUST(trail_expire(s.t, later, &report, &d->fault));
	assert_int_equal(rows_all(d), 0);
	same_questions(&s, &dice, QUESTIONS);
	assert_int_equal(rows_all(d), 0);
	trails_end(&s);
}

/* With what is in the tables of a city, not of an empty house. */
static void the_search_reads_keys_alone(void **state)
{
	enum { ROWS = 60000, PEOPLE = 6000, PLACES = 2000 };
	CLEANUP(buf_release) struct buf plan = { 0 };
	struct database *d = *state;
	struct trail_visit *v = mem_take(ROWS, sizeof *v);
	enum trail_fate *fate = mem_take(ROWS, sizeof *fate);
	struct dice dice = { 7 };
	struct trails s;
	struct told told;
	PGconn *h;

	trails_begin(&s, d, 7);
	for (size_t i = 0; i < ROWS; i++) {
		int32_t day = TRAILS_DAY + (int32_t)dice_below(&dice, 14);
		int64_t from = zone_day_start(s.zone, day).v + 60 * dice_below(&dice, 1300);

		v[i] = (struct trail_visit){ .person = 1 + dice_below(&dice, PEOPLE),
					     .place = { 1 + dice_below(&dice, PLACES) },
					     .from = { from },
					     .to = { from + 600 + dice_below(&dice, 30000) } };
	}
	struct trails_keep keep = { &s, batch_of(0), v, ROWS, fate, false };
	MUST(trails_keep(&keep, &d->fault));
	MUST(told_settle(s.t, &told, &d->fault));
	assert_int_equal(told.visits, rows_n(d, "visit_by_place"));
	must_do(d->url, "VACUUM ANALYZE visit_by_place");
	must_do(d->url, "VACUUM ANALYZE visit_by_person");
	h = PQconnectdb(d->url);
	plan_of_pg(h, &told_sql.whereabouts, &plan);
	plan_of_pg(h, &told_sql.attendance, &plan);
	buf_put(&plan, "", 1);
	assert_int_equal(plan.failed, OK);
	if (strstr(plan.p, "Bitmap") || strstr(plan.p, "Seq Scan") ||
	    !strstr(plan.p, "Index Only Scan using visit_by_person_pkey") ||
	    !strstr(plan.p, "Index Only Scan using visit_by_place_pkey"))
		fail_msg("%s", plan.p);
	PQfinish(h);
	mem_drop(v);
	mem_drop(fate);
	trails_end(&s);
}

static void who_traces_by_engine_keeps_no_rows_and_sqlite_has_none(void **state)
{
	struct database *d = *state;
	struct dice dice = { 3 };
	struct trails s;

	trails_begin(&s, d, 3);
	push(&s, &dice, 0);
	trail_close(&s.t);
	s.options.by = TRAIL_BY_SQL;
	if (d->sqlite) {
		MUST_FAIL(trail_open(&s.options, &s.t, &d->fault), ERR_USAGE);
		s.options.by = TRAIL_BY_ENGINE;
		MUST(trail_open(&s.options, &s.t, &d->fault));
		trails_end(&s);
		return;
	}
	MUST(trail_open(&s.options, &s.t, &d->fault));
	MUST(trail_tick(s.t, &d->fault));
	assert_true(rows_all(d) > 0); /* there before anybody asks */
	trail_close(&s.t);
	s.options.by = TRAIL_BY_ENGINE;
	MUST(trail_open(&s.options, &s.t, &d->fault));
	assert_int_equal(rows_all(d), 0);
	trails_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_POSTGRESQL(a_trace_by_sql_is_that_of_the_engine),
		ON_POSTGRESQL(the_same_over_partitions_on_other_servers),
		ON_POSTGRESQL(rows_that_are_gone_or_wrong_are_made_again),
		ON_POSTGRESQL(a_visit_is_found_at_its_end_however_long_it_was),
		ON_POSTGRESQL(days_that_are_over_leave_no_row),
		ON_POSTGRESQL(the_search_reads_keys_alone),
		ON_BOTH(who_traces_by_engine_keeps_no_rows_and_sqlite_has_none),
	};

	return cmocka_run_group_tests_name("ask_sql", tests, load, unload);
}
