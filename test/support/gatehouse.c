#include "support/gatehouse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_read.h"
#include "grid/grid.h"
#include "support/raise.h"

static struct vaulted vault;

int gatehouse_on_sqlite(void **state)
{
	vaulted_open(&vault, CRYPT_WORLD);
	return database_on_sqlite(state);
}

int gatehouse_on_postgresql(void **state)
{
	vaulted_open(&vault, CRYPT_WORLD);
	return database_on_postgresql(state);
}

/* The next test has a vault of its own. */
int gatehouse_gone(void **state)
{
	vaulted_close(&vault);
	assert_int_equal(system("rm -rf house"), 0);
	return database_gone(state);
}

static void open_book(struct gatehouse *g)
{
	static const struct noun *all[64];
	struct record_options o = { .nouns = all, .clock = &g->v->wall, .zone = g->t.zone };
	const struct sql_list *lists;
	struct database *d = g->d;
	size_t n;

	for (size_t i = 0; i < grid_nouns_n; i++)
		all[o.n++] = grid_nouns[i];
	for (size_t i = 0; i < intake_nouns_n; i++)
		all[o.n++] = intake_nouns[i];
	MUST(record_open(&o, &g->book, &d->fault));
	lists = record_statements(g->book, &n);
	MUST(db_prepare_all(d->db, lists, n, &d->fault));
}

static void open_gate(struct gatehouse *g)
{
	const struct intake_options o = { .db = g->d->db,
					  .book = g->book,
					  .vault = g->v->v,
					  .trail = g->t.t,
					  .zone = g->t.zone,
					  .secret = &g->secret,
					  .signer = g->v->signer,
					  .chance = &g->t.chance.random };
	struct route_list routes[2];
	struct database *d = g->d;

	MUST(intake_open(&o, &g->in, &d->fault));
	routes[0] = record_routes(g->book);
	routes[1] = intake_routes(g->in);
	desk_open(&g->k, d, routes, 2);
	*g->v->now_s = g->k.now;
}

static void sign_in(struct gatehouse *g)
{
	desk_sign_in(&g->k, "lead", &g->lead);
	desk_sign_in(&g->k, "tracer", &g->investigator);
	desk_sign_in(&g->k, "doctor", &g->doctor);
	desk_sign_in(&g->k, "other", &g->other);
}

void gatehouse_open(struct gatehouse *g, struct database *d)
{
	memset(g, 0, sizeof *g);
	g->d = d;
	g->v = &vault;
	trails_begin(&g->t, d, 7);
	open_book(g);
	memset(g->secret.v, 7, sizeof g->secret.v);
	g->secret.v[0] = CRYPT_WORLD;
	open_gate(g);
	desk_account(&g->k, "lead", role_bit(ROLE_AREA_LEAD), "43");
	desk_account(&g->k, "tracer", role_bit(ROLE_INVESTIGATOR), "43");
	desk_account(&g->k, "doctor", role_bit(ROLE_DOCTOR), "43");
	desk_account(&g->k, "other", role_bit(ROLE_AREA_LEAD), "44");
	sign_in(g);
	for (int b = 1; b < FEED_BRINGS_N; b++)
		g->feed[b] = gatehouse_feed(g, (enum feed_brings)b, "43", "");
}

void gatehouse_stop(struct gatehouse *g)
{
	desk_close(&g->k);
	intake_close(&g->in);
	record_end(&g->book);
	trail_close(&g->t.t);
	db_end(&g->d->db);
}

void gatehouse_start(struct gatehouse *g)
{
	struct database *d = g->d;

	MUST(database_again(d, &d->fault));
	g->t.options.db = d->db;
	MUST(trail_open(&g->t.options, &g->t.t, &d->fault));
	open_book(g);
	open_gate(g);
	sign_in(g);
}

void gatehouse_close(struct gatehouse *g)
{
	desk_close(&g->k);
	intake_close(&g->in);
	record_end(&g->book);
	trails_end(&g->t);
}

int64_t gatehouse_feed(struct gatehouse *g, enum feed_brings b, const char *area, const char *more)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[2048];
	int64_t id;

	(void)snprintf(body, sizeof body,
		       "{\"area\":\"%s\",\"name\":\"feed of %s\",\"brings\":\"%s\"%s}", area,
		       feed_brings[b].word, feed_brings[b].word, more);
	desk_ask(&g->k, &g->lead, "POST", "/api/v1/feeds", NULL, body, &a);
	if (a.status != 201)
		fail_msg("%d: %.*s", a.status, (int)a.body.n, a.body.p);
	assert_int_equal(str_i64(str_of(desk_json(&g->k, &a, "id")), &id), OK);
	return id;
}

void gatehouse_push_to(struct gatehouse *g, int64_t feed, const char *id, const char *query,
		       const char *body, struct answer *ret)
{
	char target[512], header[200] = "";

	(void)snprintf(target, sizeof target, "/api/v1/feeds/%lld/batches%s", (long long)feed,
		       query);
	if (id)
		(void)snprintf(header, sizeof header, "Idempotency-Key: %s\r\n", id);
	desk_ask(&g->k, &g->lead, "POST", target, header, body, ret);
}

void gatehouse_push(struct gatehouse *g, enum feed_brings b, const char *id, const char *query,
		    const char *body, struct answer *ret)
{
	gatehouse_push_to(g, g->feed[b], id, query, body, ret);
}

static const struct json_node *find(const struct json_node *n, const char *key)
{
	const struct json_node *found = NULL;

	if (n->is == JSON_IS_MAP && (found = json_at(n, key)))
		return found;
	for (size_t i = 0; i < n->n && !found && n->is == JSON_IS_MAP; i++)
		found = find(&n->items[i], key);
	return found;
}

int64_t gatehouse_number(const struct gatehouse *g, const struct answer *a, const char *key)
{
	CLEANUP(arena_end) struct arena *arena = NULL;
	struct fault f = { 0 };
	const struct json_node *n;
	int64_t v = INT64_MIN;

	(void)g;
	assert_int_equal(arena_new(64 << 20, &arena), OK);
	if (json_read(buf_view(&a->body), &json_limits_request, arena, &n, &f))
		fail_msg("%s: %.*s", f.en, (int)a->body.n, a->body.p);
	n = find(n, key);
	if (n && n->is == JSON_IS_INT)
		v = n->i;
	if (n && n->is == JSON_IS_TEXT && str_i64(n->text, &v))
		v = INT64_MIN;
	return v;
}

void gatehouse_account(const struct gatehouse *g, const struct answer *a, int64_t in,
		       int64_t accepted, int64_t refused, int64_t duplicate)
{
	if (a->status >= 300 || gatehouse_number(g, a, "in") != in ||
	    gatehouse_number(g, a, "accepted") != accepted ||
	    gatehouse_number(g, a, "duplicate") != duplicate ||
	    in != accepted + refused + duplicate)
		fail_msg("not %lld = %lld + %lld + %lld: %d %.*s", (long long)in,
			 (long long)accepted, (long long)refused, (long long)duplicate, a->status,
			 (int)min_size(a->body.n, 3000), a->body.p);
}

int64_t gatehouse_batch(const struct gatehouse *g, const struct answer *a)
{
	return gatehouse_number(g, a, "batch");
}

int gatehouse_recall(struct gatehouse *g, int64_t batch)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char target[128];

	(void)snprintf(target, sizeof target, "/api/v1/batches/%lld/recall", (long long)batch);
	desk_ask(&g->k, &g->lead, "POST", target, NULL, "{\"why\":\"a wrong file\"}", &a);
	return a.status;
}

static enum err staged_one(int64_t batch, struct utc_s staged, void *arg, struct fault *f)
{
	(void)batch;
	(void)staged;
	(void)f;
	++*(size_t *)arg;
	return OK;
}

void gatehouse_sound(struct gatehouse *g)
{
	struct database *d = g->d;
	struct intake_report report;
	size_t staged = 0;

	MUST(intake_settle(g->in, &d->fault));
	MUST(vault_staged(g->v->v, staged_one, &staged, &d->fault));
	assert_int_equal(staged, 0);
	MUST(intake_fsck(d->db, g->book, &report, &d->fault));
	if (report.wrong)
		fail_msg("%llu of %llu batches do not add up, first %lld",
			 (unsigned long long)report.wrong, (unsigned long long)report.batches,
			 (long long)report.first_wrong);
}

/* ---- raw ------------------------------------------------------------------------------------- */

struct dump {
	const char *sql;
	struct buf *out;
	int64_t count;
};

/* The address of a statement is its identity: each text has its own, for ever. */
static const struct sql *statement(const char *text)
{
	static struct sql all[256];
	static size_t n;

	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].text, text) == 0)
			return &all[i];
	assert_true(n < ARRAY_LEN(all));
	all[n] = (struct sql){ .name = "test.dump",
			       .text = strdup(text),
			       .args = "",
			       .act = SQL_READ,
			       .scan = "a test",
			       .across = "a test" };
	return &all[n++];
}

static enum err dump_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct dump *x = arg;
	bool more;
	enum err e = tx_rows(tx, statement(x->sql), SQL_NO_ARGS, &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		if (!x->out) {
			x->count = rows_i64(r, 0);
			continue;
		}
		for (size_t i = 0; i < rows_columns(r); i++) {
			buf_char(x->out, '|');
			if (rows_null(r, i))
				buf_lit(x->out, "-");
			else
				buf_str(x->out, rows_text(r, i));
		}
		buf_char(x->out, '\n');
	}
	return e;
}

int64_t gatehouse_scalar(struct gatehouse *g, const char *sql)
{
	struct dump x = { .sql = sql };
	struct database *d = g->d;

	MUST(db_read(d->db, dump_act, &x, &d->fault));
	return x.count;
}

int64_t gatehouse_count(struct gatehouse *g, const char *table)
{
	char sql[200];

	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
	return gatehouse_scalar(g, sql);
}

/*
 * Ids of rows are made of the clock and a counter, so rows are told by the feed, the sender's
 * number of their batch and their place in it.
 */
static const char row_of[] = "k.feed || '/' || k.sender_id || '/' || CAST(r.row_at AS TEXT)";

char *gatehouse_state(struct gatehouse *g)
{
	static const char *const tables[] = { "notifications", "samples", "contact_pushes",
					      "count_reports" };
	struct buf out = { 0 };
	struct database *d = g->d;
	char sql[2000];

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		struct dump x = { .sql = sql, .out = &out };

		(void)snprintf(sql, sizeof sql,
			       "SELECT %s, n.state, CAST(n.area AS TEXT), CAST(n.version AS TEXT),"
			       " CAST(coalesce(r.subject, 0) AS TEXT), CAST(r.digest AS TEXT),"
			       " (SELECT CAST(f.feed AS TEXT) || '/' || f.sender_id || '/' ||"
			       " CAST(q.row_at AS TEXT) FROM batch_row AS q JOIN batch_key AS f"
			       " ON f.batch = q.batch WHERE q.id = n.repeats)"
			       " FROM batch_row AS r JOIN batch_key AS k ON k.batch = r.batch"
			       " JOIN %s AS n ON n.id = r.id AND n.county = r.home"
			       " ORDER BY k.feed, k.sender_id, r.row_at",
			       row_of, tables[i]);
		MUST(db_read(d->db, dump_act, &x, &d->fault));
		buf_fmt(&out, "%s %lld\n", tables[i], (long long)gatehouse_count(g, tables[i]));
	}
	buf_fmt(&out, "rows %lld\n", (long long)gatehouse_count(g, "batch_row"));
	buf_char(&out, '\0');
	assert_int_equal(out.failed, OK);
	return out.p;
}
