/*
 * intake_faults.c - batches are pushed, tried, held, let in, turned away and recalled, while each
 * allocation of ours, each of SQLite's and each operation on its disk fails in turn, once or from
 * then on. Files of ours are the trail's: trail_faults.c.
 *
 * An answer of 2xx has done all that the request does when nothing fails, one of 5xx nothing, there
 * is no third; vault, trail and books agree afterwards, and the next request is served. All strokes
 * under OUTPOST_SWEEPS=1, else a growing stride.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "support/gatehouse.h"
#include "support/lite_memory.h"
#include "support/strike.h"
#include "support/weak_disk.h"

enum {
	ENOUGH = 3, /* so often well in a row: nothing is left to fail */
	SIGN_INS = 4
}; /* entries of a new start */

enum given { GIVEN_NOTHING, GIVEN_RECEIVED, GIVEN_HELD };

/* A # in a body or target is another number each time: no batch and no row twice. */
static const struct act {
	const char *name;
	enum feed_brings feed;
	enum given given; /* what stands there before, of this body */
	const char *event, *query, *body;
	int status;
} acts[] = {
	{ "people are pushed", FEED_NOTIFICATIONS, GIVEN_NOTHING, NULL, "",
	  "source_id,name,id_number,age\nc#,张三,,30\nd#,李四,110101199003070011,31\n"
	  "c#,张三,,30\ne#,王五,,三十\n",
	  201 },
	{ "people are tried", FEED_NOTIFICATIONS, GIVEN_NOTHING, NULL, "?dry=1",
	  "source_id,name\nc#,张三\nd#,李四\n", 200 },
	{ "counts are pushed", FEED_COUNTS, GIVEN_NOTHING, NULL, "",
	  "{\"area\":\"4308\",\"place\":\"p#\",\"day\":\"2026-09-01\",\"confirmed_total\":3}\n"
	  "{\"area\":\"4308\",\"place\":\"p#\",\"day\":\"2026-09-03\",\"confirmed_total\":2}\n",
	  201 },
	{ "visits are pushed", FEED_VISITS, GIVEN_NOTHING, NULL, "",
	  "person,place,from,to\n"
	  "p#,hall,2026-09-20T19:00:00+08:00,2026-09-20T21:00:00+08:00\n"
	  "q#,hall,2026-09-19T19:30:00+08:00,2026-09-19T20:00:00+08:00\n"
	  "q#,hall,2026-09-19T19:30:00+08:00,2026-09-19T20:00:00+08:00\n"
	  "q#,hall,2026-09-19T21:30:00+08:00,2026-09-19T20:00:00+08:00\n",
	  201 },
	{ "people are recalled", FEED_NOTIFICATIONS, GIVEN_RECEIVED, "recall", "",
	  "source_id,name\nc#,张三\nd#,李四\nc#,张三\n", 200 },
	{ "visits are recalled", FEED_VISITS, GIVEN_RECEIVED, "recall", "",
	  "person,place,from,to\n"
	  "p#,hall,2026-09-20T19:00:00+08:00,2026-09-20T21:00:00+08:00\n"
	  "q#,hall,2026-09-18T19:30:00+08:00,2026-09-18T20:00:00+08:00\n",
	  200 },
	{ "people are held", FEED_NOTIFICATIONS, GIVEN_NOTHING, NULL, "?held",
	  "source_id,name,age\nc#,张三,30\ne#,王五,三十\n", 201 },
	{ "people are let in", FEED_NOTIFICATIONS, GIVEN_HELD, "release", "",
	  "source_id,name,age\nc#,张三,30\ne#,王五,三十\n", 200 },
	{ "people are turned away", FEED_NOTIFICATIONS, GIVEN_HELD, "reject", "",
	  "source_id,name,age\nc#,张三,30\ne#,王五,三十\n", 200 },
};

struct place {
	struct gatehouse g;
	int64_t strict; /* a feed that holds whatever has a refused row */
	enum strike_kind kind;
	uint64_t k;
	bool on, struck;
};

static struct place *striking;
static unsigned asked; /* over all places, since the vault is one */

/* ---- what there is --------------------------------------------------------------------------- */

struct figures {
	int64_t received, held, gone, rows, people, counts, entries;
	uint64_t visits, subjects, pseudonyms;
};

static struct figures figures(struct gatehouse *g)
{
	struct database *d = g->d;
	struct vault_state v;
	struct trail_counts t;
	struct figures n = {
		.received = gatehouse_count(g, "batches WHERE state = 'received'"),
		.held = gatehouse_count(g, "batch_held"),
		.gone = gatehouse_count(g, "batches WHERE state IN ('recalled', 'rejected')"),
		.rows = gatehouse_count(g, "batch_row"),
		.people = gatehouse_count(g, "notifications"),
		.counts = gatehouse_count(g, "count_reports"),
		.entries = gatehouse_count(g, "ledger_entry"),
	};

	gatehouse_sound(g);
	MUST(vault_look(g->v->v, &v, &d->fault));
	MUST(trail_count(g->t.t, &t, &d->fault));
	n.visits = t.visits;
	n.subjects = v.subjects;
	n.pseudonyms = v.pseudonyms;
	return n;
}

static struct figures difference(const struct figures *a, const struct figures *b)
{
	return (struct figures){ b->received - a->received, b->held - a->held,
				 b->gone - a->gone,         b->rows - a->rows,
				 b->people - a->people,     b->counts - a->counts,
				 b->entries - a->entries,   b->visits - a->visits,
				 b->subjects - a->subjects, b->pseudonyms - a->pseudonyms };
}

static bool same(const struct figures *a, const struct figures *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* ---- requests -------------------------------------------------------------------------------- */

static void fill(const char *text, unsigned n, char ret[1024])
{
	size_t at = 0;

	for (; *text; text++)
		if (*text == '#')
			at += (size_t)snprintf(ret + at, 1024 - at, "%u", n);
		else
			ret[at++] = *text;
	ret[at] = '\0';
}

static void push(struct place *p, const struct act *act, bool held, struct answer *ret)
{
	char body[1024], id[32];
	bool dry = strchr(act->query, '=') != NULL;

	asked++;
	fill(act->body, asked, body);
	(void)snprintf(id, sizeof id, "b%u", asked);
	gatehouse_push_to(&p->g, held ? p->strict : p->g.feed[act->feed], id, dry ? act->query : "",
			  body, ret);
}

/* What the act is about: made while nothing fails. */
static int64_t given(struct place *p, const struct act *act)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	if (act->given == GIVEN_NOTHING)
		return 0;
	push(p, act, act->given == GIVEN_HELD, &a);
	if (a.status != 201)
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	return gatehouse_batch(&p->g, &a);
}

static int ask(struct place *p, const struct act *act, int64_t batch)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char target[128];

	if (!act->event) {
		push(p, act, strcmp(act->query, "?held") == 0, &a);
		return a.status;
	}
	(void)snprintf(target, sizeof target, "/api/v1/batches/%lld/%s", (long long)batch,
		       act->event);
	return desk_status(&p->g.k, &p->g.lead, "POST", target,
			   strcmp(act->event, "release") == 0 ? "" : "{\"why\":\"a wrong one\"}");
}

static void strike_it(uint64_t k, bool on)
{
	if (k)
		strike(striking->kind, k, on);
	else
		striking->struck = strike_off(striking->kind, striking->k);
}

static struct figures effect(struct place *p, const struct act *act)
{
	struct figures before, after;
	int64_t batch = given(p, act);
	int status;

	before = figures(&p->g);
	status = ask(p, act, batch);
	if (status != act->status)
		fail_msg("%s: %d", act->name, status);
	after = figures(&p->g);
	return difference(&before, &after);
}

/* True if it did as ever. */
static bool once(struct place *p, const struct act *act, const struct figures *clean, uint64_t k)
{
	static const struct figures nothing;
	struct figures before, after, did;
	int64_t batch = given(p, act);
	int status;

	before = figures(&p->g);
	p->k = p->g.k.fail_at = k;
	p->g.k.fail_on = p->on;
	status = ask(p, act, batch);
	p->g.k.fail_at = 0;
	strike(p->kind, 0, false);
	after = figures(&p->g);
	did = difference(&before, &after);
	if (status == act->status && same(&did, clean))
		return true;
	if (status / 100 != 5 || !same(&did, &nothing))
		fail_msg("%s, the %llu-th of %s: %d, batches %+lld, held %+lld, gone %+lld, rows "
			 "%+lld, people %+lld, entries %+lld, visits %+lld, subjects %+lld, "
			 "pseudonyms %+lld",
			 act->name, (unsigned long long)k, strike_names[p->kind], status,
			 (long long)did.received, (long long)did.held, (long long)did.gone,
			 (long long)did.rows, (long long)did.people, (long long)did.entries,
			 (long long)did.visits, (long long)did.subjects, (long long)did.pseudonyms);
	return false;
}

static uint64_t sweep(struct place *p, const struct act *act)
{
	struct figures clean = effect(p, act);
	uint64_t failed = 0, k = 1;

	for (int well = 0; well < ENOUGH; k = strike_next(k)) {
		bool fine = once(p, act, &clean, k);

		well = fine ? well + 1 : 0;
		failed += !fine;
	}
	(void)effect(p, act); /* it still serves */
	return failed;
}

static void place_open(struct place *p, struct database *d)
{
	memset(p, 0, sizeof *p);
	gatehouse_open(&p->g, d);
	p->strict = gatehouse_feed(&p->g, FEED_NOTIFICATIONS, "43", ",\"refused_max\":0");
	p->g.k.strike = strike_it;
	striking = p;
}

static void a_batch_is_whole_or_absent_whatever_fails(void **state)
{
	struct database *d = *state;
	struct place p;

	place_open(&p, d);
	for (int kind = 0; kind <= STRIKE_LITE; kind++) {
		uint64_t failed = 0;

		if (kind == STRIKE_LITE && !d->sqlite)
			continue;
		p.kind = (enum strike_kind)kind;
		for (int on = 0; on < 2; on++) {
			p.on = on;
			for (size_t i = 0; i < ARRAY_LEN(acts); i++)
				failed += sweep(&p, &acts[i]);
		}
		print_message("%llu answers of 5xx by %s\n", (unsigned long long)failed,
			      strike_names[kind]);
		assert_true(failed > 100);
	}
	gatehouse_close(&p.g);
}

/* ---- the disk -------------------------------------------------------------------------------- */

static void make_world(struct database *d)
{
	weak_disk_format(1);
	MUST(db_open(&d->options, &d->db, &d->fault));
	MUST(db_migrate(d->db, (struct utc_s){ DATABASE_NOW }, &d->fault));
	db_end(&d->db);
	weak_disk_keep();
}

/* A disk that failed is not trusted again: what was told is what is there after a new start. */
static bool disk_stroke(struct database *d, const struct act *act, uint64_t k)
{
	struct figures before, after, did, clean;
	static const struct figures nothing;
	struct place p;
	int64_t batch;
	int status;

	weak_disk_restore(k);
	MUST(db_open(&d->options, &d->db, &d->fault));
	place_open(&p, d);
	p.kind = STRIKE_DISK;
	clean = effect(&p, act);
	batch = given(&p, act);
	before = figures(&p.g);
	p.k = p.g.k.fail_at = k;
	p.g.k.fail_on = true;
	status = ask(&p, act, batch);
	p.g.k.fail_at = 0;
	strike(STRIKE_DISK, 0, false);
	gatehouse_stop(&p.g);
	weak_disk_power_on();
	gatehouse_start(&p.g);
	after = figures(&p.g);
	after.entries -= SIGN_INS;
	did = difference(&before, &after);
	if (status / 100 == 2 ? !same(&did, &clean) : !same(&did, &clean) && !same(&did, &nothing))
		fail_msg("%s, the %llu-th of %s: %d, batches %+lld, rows %+lld, people %+lld, "
			 "entries %+lld, visits %+lld, subjects %+lld, pseudonyms %+lld",
			 act->name, (unsigned long long)k, strike_names[p.kind], status,
			 (long long)did.received, (long long)did.rows, (long long)did.people,
			 (long long)did.entries, (long long)did.visits, (long long)did.subjects,
			 (long long)did.pseudonyms);
	(void)effect(&p, act);
	gatehouse_close(&p.g);
	db_end(&d->db);
	return p.struck;
}

static void a_batch_that_was_told_is_there_after_the_disk_failed(void **state)
{
	struct database d = { .sqlite = true,
			      .options = {
				      .url = "sqlite:weak", .create = true, .vfs = WEAK_DISK } };

	(void)state;
	make_world(&d);
	for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
		uint64_t k = 1;

		while (disk_stroke(&d, &acts[i], k)) /* each is a new start: fewer of them */
			k = getenv("OUTPOST_SWEEPS") ? k + 1 : 2 * k + 1;
		print_message("%s: strokes of up to %llu %s\n", acts[i].name, (unsigned long long)k,
			      strike_names[STRIKE_DISK]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_GATE(a_batch_is_whole_or_absent_whatever_fails),
		AT_THE_GATE_SQLITE(a_batch_that_was_told_is_there_after_the_disk_failed),
	};

	lite_memory_take_over();
	weak_disk_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
