/*
 * record_faults.c - every request of a noun, of a session and of the tree of areas, while each
 * allocation of ours, each of SQLite's and each operation on files fails in turn, once or from
 * then on.
 *
 * An answer of 2xx has done all that a request does when nothing fails, one of 5xx nothing, there
 * is no third, and the next request is served. All of them under OUTPOST_SWEEPS=1, else a growing
 * stride.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "grid/area_http.h"
#include "support/desk.h"
#include "support/lite_memory.h"
#include "support/wells.h"

#include "base/ban.h"

#define WELLS "/api/v1/wells"

struct act {
	const char *method, *target; /* {id}: of a well that was just made */
	const char *headers, *body;  /* # in a body is another number each time: no row twice */
	int status;
};

static const struct act acts[] = {
	{ "GET", "/api/v1/session", NULL, NULL, 200 },
	{ "GET", "/api/v1/areas?q=4308", NULL, NULL, 200 },
	{ "GET", "/api/v1/nouns", NULL, NULL, 200 },
	{ "GET", WELLS, NULL, NULL, 200 },
	{ "GET", WELLS "?kind=dug&area=430802", NULL, NULL, 200 },
	{ "GET", WELLS "?kind=dug&state=proposed", NULL, NULL, 200 },
	{ "GET", WELLS "?q=lw", NULL, NULL, 200 },
	{ "GET", WELLS "/{id}", NULL, NULL, 200 },
	{ "GET", WELLS "/{id}/history", NULL, NULL, 200 },
	{ "GET", WELLS "/export?format=csv", NULL, NULL, 200 },
	{ "GET", WELLS "/export?format=xlsx", NULL, NULL, 200 },
	{ "POST", WELLS, NULL, "{\"area\":\"430802001\",\"name\":\"龙王井\",\"kind\":\"dug\"}",
	  201 },
	{ "PATCH", WELLS "/{id}", "If-Match: \"1\"\r\n", "{\"depth_cm\":77}", 200 },
	{ "POST", WELLS "/{id}/events/seal", NULL, "", 200 },
	{ "POST", WELLS "/import?dry_run=true", NULL,
	  "区域,名称,类型,流入\n430802001,新井#,dug,龙王井\n", 200 },
	{ "POST", WELLS "/import", NULL,
	  "区域,名称,类型\n430802001,新井#,dug\n430802002,上井#,dug\n430802001,坏井,湖\n", 200 },
};

struct place {
	struct record_book *book;
	struct desk k;
	struct visitor lead;
	struct dice dice;
	struct record_id made; /* the last well */
	int64_t area;          /* and where it is */
	unsigned asked;
};

/* ---- what there is -------------------------------------------------------------------------- */

struct figures {
	int64_t wells, versions, tokens, entries;
};

static const struct sql count[] = {
	{ .name = "test.wells",
	  .text = "SELECT count(*), CAST(COALESCE(sum(version), 0) AS BIGINT) FROM wells",
	  .args = "" },
	{ .name = "test.tokens", .text = "SELECT count(*), 0 FROM search_token", .args = "" },
	{ .name = "test.entries", .text = "SELECT count(*), 0 FROM ledger_entry", .args = "" },
};

static enum err count_act(struct tx *tx, void *arg, struct fault *f)
{
	struct figures *n = arg;
	int64_t got[ARRAY_LEN(count)][2];

	for (size_t i = 0; i < ARRAY_LEN(count); i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		enum err e = tx_row(tx, &count[i], SQL_NO_ARGS, &r, f);

		if (e)
			return e;
		got[i][0] = rows_i64(r, 0);
		got[i][1] = i == 0 ? rows_i64(r, 1) : 0;
	}
	*n = (struct figures){ got[0][0], got[0][1], got[1][0], got[2][0] };
	return OK;
}

static struct figures figures(struct place *p)
{
	struct database *d = p->k.d;
	struct figures n;

	MUST(db_read(d->db, count_act, &n, &d->fault));
	return n;
}

static struct figures difference(const struct figures *a, const struct figures *b)
{
	return (struct figures){ b->wells - a->wells, b->versions - a->versions,
				 b->tokens - a->tokens, b->entries - a->entries };
}

/* How many pieces of text a name has depends on its number. */
static bool same(const struct figures *a, const struct figures *b)
{
	return a->wells == b->wells && a->versions == b->versions && a->entries == b->entries &&
	       (a->tokens > 0) == (b->tokens > 0);
}

/* ---- a well, and a request about it --------------------------------------------------------- */

static enum err put_act(struct tx *tx, void *arg, struct fault *f)
{
	struct place *p = arg;
	struct well w;

	wells_random(&p->dice, 2, p->k.arena, &w);
	w.record.id = record_id_new(p->book);
	w.record.area.v = p->area;
	w.record.state = WELL_PROPOSED;
	w.name = STR("龙王井");
	w.kind = WELL_DUG;
	w.keeper = STR("");
	p->made = w.record.id;
	return act_insert(tx, &p->book->kind[0], &w, f);
}

static void target_of(struct place *p, const struct act *act, char ret[128])
{
	const char *id = strstr(act->target, "{id}");
	struct database *d = p->k.d;

	(void)snprintf(ret, 128, "%s", act->target);
	if (!id)
		return;
	MUST(db_write(d->db, put_act, p, &d->fault));
	(void)snprintf(ret, 128, "%.*s%lld%s", (int)(id - act->target), act->target,
		       (long long)p->made.v, id + 4);
}

/* Before anything fails: the client's memory is not in question. */
static void body_of(struct place *p, const struct act *act, struct buf *ret)
{
	p->asked++;
	for (const char *s = act->body ? act->body : ""; *s; s++)
		if (*s == '#')
			buf_fmt(ret, "%u", p->asked);
		else
			buf_char(ret, *s);
	buf_char(ret, '\0');
}

static int ask(struct place *p, const struct act *act, const char *target, uint64_t fails_at)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	CLEANUP(buf_release) struct buf body = { 0 };

	body_of(p, act, &body);
	p->k.fail_at = fails_at;
	desk_ask(&p->k, &p->lead, act->method, target, act->headers, body.p, &a);
	p->k.fail_at = 0;
	return a.status;
}

/* What it does when nothing fails. */
static struct figures effect(struct place *p, const struct act *act)
{
	struct figures before, after;
	char target[128];

	target_of(p, act, target);
	before = figures(p);
	assert_int_equal(ask(p, act, target, 0), act->status);
	after = figures(p);
	return difference(&before, &after);
}

/* ---- what fails ----------------------------------------------------------------------------- */

static void fail_file(uint64_t k, bool on)
{
	(void)on;
	file_fail_at(k, false);
}

static const struct kind {
	const char *name;
	void (*strike)(uint64_t k, bool on);
	bool sqlite, goes_on;
} kinds[] = {
	{ "allocations", mem_fail_at, false, true },
	{ "allocations of SQLite", lite_memory_fail_at, true, true },
	{ "operations on files", fail_file, false, false },
};

/* True if it answered and did as ever. */
static bool once(struct place *p, const struct act *act, const struct figures *clean, uint64_t n)
{
	static const struct figures nothing;
	struct figures before, after, did;
	char target[128];
	int status;

	target_of(p, act, target);
	before = figures(p);
	status = ask(p, act, target, n);
	after = figures(p);
	did = difference(&before, &after);
	if (status == act->status && same(&did, clean))
		return true;
	if (status / 100 != 5 || !same(&did, &nothing))
		fail_msg("%s %s, the %llu-th: %d, and %lld wells, %lld versions, %lld tokens, %lld "
			 "entries",
			 act->method, act->target, (unsigned long long)n, status,
			 (long long)did.wells, (long long)did.versions, (long long)did.tokens,
			 (long long)did.entries);
	return false;
}

static uint64_t sweep(struct place *p, const struct act *act)
{
	bool all = getenv("OUTPOST_SWEEPS") != NULL;
	struct figures clean = effect(p, act);
	uint64_t n = 1, failed = 0;

	for (int well = 0; well < 3;
	     n += all ? 1 : 1 + n / 8) { /* it may go without now and then */
		bool fine = once(p, act, &clean, n);

		well = fine ? well + 1 : 0;
		failed += !fine;
	}
	(void)effect(p, act); /* it still serves */
	return failed;
}

static void sweep_all(struct database *d, struct place *p, const struct kind *kind)
{
	uint64_t failed = 0;

	if (kind->sqlite && !d->sqlite)
		return;
	p->k.strike = kind->strike;
	for (int on = 0; on <= kind->goes_on; on++)
		for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
			p->k.fail_on = on;
			failed += sweep(p, &acts[i]);
		}
	print_message("%llu answers of 5xx by %s\n", (unsigned long long)failed, kind->name);
	assert_true(failed > 0);
}

static struct record_book *open_book(void)
{
	static const struct noun *const nouns[] = { &well_noun };
	struct record_options o = { .nouns = nouns, .n = 1, .clock = &clock_wall, .scratch = "." };
	struct record_book *book;
	struct fault f = { 0 };

	record_end(&(struct record_book *){ wells_book() }); /* it makes the zone */
	o.zone = wells_zone;
	if (record_open(&o, &book, &f))
		fail_msg("%s", f.en);
	return book;
}

static void a_request_does_all_or_nothing_whatever_fails(void **state)
{
	struct database *d = *state;
	struct place p = { .book = open_book(), .dice = { 1 } };
	struct route_list more[2] = { record_routes(p.book), area_routes };

	desk_open(&p.k, *state, more, ARRAY_LEN(more));
	desk_account(&p.k, "lead", role_bit(ROLE_AREA_LEAD), "4308");
	desk_sign_in(&p.k, "lead", &p.lead);
	for (int64_t i = 0; i < 4; i++) { /* lists that are asked of several counties at a time */
		p.area = 430802001000000 + i * 1000000000;
		MUST(db_write(d->db, put_act, &p, &d->fault));
	}
	p.area = 430802001000000;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		sweep_all(*state, &p, &kinds[i]);
	desk_close(&p.k);
	record_end(&p.book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_request_does_all_or_nothing_whatever_fails),
	};

	lite_memory_take_over();
	wells_steps();
	return cmocka_run_group_tests_name("record_faults", tests, NULL, NULL);
}
