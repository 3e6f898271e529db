/* notified.c - see notified.h. */
#include "support/notified.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grid/grid.h"

/* ---- any SQL --------------------------------------------------------------------------------- */

struct asked {
	const struct sql *sql;
	struct sql_args args;
	int64_t value;
};

/* The address of a statement is its identity: each text has its own, for ever. */
static const struct sql *statement(const char *text, struct sql_args args, enum sql_act act)
{
	static struct sql all[256];
	static char types[256][24];
	static size_t n;

	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].text, text) == 0)
			return &all[i];
	assert_true(n < ARRAY_LEN(all) && args.n < sizeof types[0]);
	for (size_t i = 0; i < args.n; i++)
		types[n][i] = args.v[i].type == SQL_TEXT   ? 't'
			      : args.v[i].type == SQL_BLOB ? 'b'
							   : 'i';
	all[n] = (struct sql){ .name = "test.notified",
			       .text = strdup(text),
			       .args = types[n],
			       .act = act,
			       .scan = "a test",
			       .across = "a test" };
	return &all[n++];
}

static enum err run_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct asked *a = arg;

	return tx_run(tx, a->sql, a->args, NULL, f);
}

void notified_run(struct notified *x, const char *sql, struct sql_args args)
{
	struct asked a = { statement(sql, args, SQL_WRITE), args, 0 };
	struct database *d = x->d;

	MUST(db_write(d->db, run_act, &a, &d->fault));
}

static enum err ask_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct asked *a = arg;
	enum err e = tx_row(tx, a->sql, a->args, &r, f);

	a->value = e || rows_null(r, 0) ? -1 : rows_i64(r, 0);
	return e == ERR_ABSENT ? OK : e;
}

int64_t notified_ask(struct notified *x, const char *sql, struct sql_args args)
{
	struct asked a = { statement(sql, args, SQL_READ), args, 0 };
	struct database *d = x->d;

	MUST(db_read(d->db, ask_act, &a, &d->fault));
	return a.value;
}

/* ---- the house ------------------------------------------------------------------------------- */

static void heard(void *arg, int64_t account, int64_t notice)
{
	struct notified *x = arg;

	assert_true(notice > 0);
	x->heard++;
	x->heard_account = account;
}

static void open_notices(struct notified *x, bool mail, bool webhook)
{
	const struct notices_options o = { .db = x->d->db,
					   .book = x->book,
					   .zone = x->zone,
					   .mail = mail,
					   .webhook = webhook,
					   .phone = true,
					   .tries = NOTIFIED_TRIES,
					   .name = "前哨",
					   .link = "https://outpost.example",
					   .told = heard,
					   .arg = x };

	assert_int_equal(notices_open(&o, &x->n), OK);
}

static void organisation(struct notified *x, int64_t id, const char *name)
{
	notified_run(x,
		     "INSERT INTO organisations (county, id, area, version, state, created_at, "
		     "updated_at, created_by, name, kind, duty_phone) VALUES ($1, $2, $1, 1, "
		     "'active', 0, 0, 0, $3, 'government', '07440001')",
		     SQL_ARGS(sql_i64(NOTIFIED_AREA * 1000000000LL), sql_i64(id),
			      sql_text(str_of(name))));
}

void notified_open(struct notified *x, struct database *d, bool mail, bool webhook)
{
	struct route_list list;

	memset(x, 0, sizeof *x);
	x->d = d;
	x->last_id = 1000;
	x->wall = desk_clock(&x->k);
	x->k.now = DATABASE_NOW;
	MUST(zone_open("Asia/Shanghai", &x->zone, &d->fault));
	MUST(record_open(&(struct record_options){ .nouns = grid_nouns,
						   .n = grid_nouns_n,
						   .zone = x->zone,
						   .clock = &x->wall },
			 &x->book, &d->fault));
	open_notices(x, mail, webhook);
	list = notices_routes(x->n);
	desk_open(&x->k, d, &list, 1);
	organisation(x, NOTIFIED_OWNER, "沙堤乡政府");
	organisation(x, NOTIFIED_ABOVE, "永定区卫生健康局");
	organisation(x, NOTIFIED_TOP, "永定区政府");
}

void notified_again(struct notified *x, bool mail, bool webhook)
{
	struct database *d = x->d;
	int64_t now = x->k.now;
	struct route_list list;

	desk_close(&x->k);
	notices_close(&x->n);
	MUST(database_again(d, &d->fault));
	x->k = (struct desk){ 0 };
	open_notices(x, mail, webhook);
	list = notices_routes(x->n);
	desk_open(&x->k, d, &list, 1);
	x->k.now = now;
}

void notified_close(struct notified *x)
{
	desk_close(&x->k);
	notices_close(&x->n);
	record_end(&x->book);
	zone_end(&x->zone);
}

/* ---- who and what ---------------------------------------------------------------------------- */

int64_t notified_person(struct notified *x, const char *login, int64_t organisation)
{
	int64_t id = desk_account(&x->k, login, role_bit(ROLE_GRID_WORKER), "430802");
	char phone[32], mail[64];

	(void)snprintf(phone, sizeof phone, "0744%lld", (long long)(id % 10000000));
	(void)snprintf(mail, sizeof mail, "%s@example.gov.cn", login);
	notified_run(x, "UPDATE accounts SET organisation = $2, phone = $3 WHERE id = $1",
		     SQL_ARGS(sql_i64(id), sql_i64(organisation), sql_text(str_of(phone))));
	notified_run(x,
		     "INSERT INTO notice_wish (county, account, mail) "
		     "SELECT county, id, $2 FROM accounts WHERE id = $1",
		     SQL_ARGS(sql_i64(id), sql_text(str_of(mail))));
	return id;
}

void notified_officer(struct notified *x, int64_t id, const char *name, int64_t organisation,
		      int64_t substitute)
{
	notified_run(x,
		     "INSERT INTO officers (county, id, area, version, state, created_at, "
		     "updated_at, created_by, name, post, phone, organisation, substitute) VALUES "
		     "($1, $2, $1, 1, 'active', 0, 0, 0, $3, 'x', '07449999', $4, $5)",
		     SQL_ARGS(sql_i64(NOTIFIED_AREA * 1000000000LL), sql_i64(id),
			      sql_text(str_of(name)), sql_i64(organisation), sql_i64(substitute)));
}

void notified_watch(struct notified *x, int64_t organisation, int64_t officer)
{
	notified_run(x,
		     "INSERT INTO watches (county, id, area, version, state, created_at, "
		     "updated_at, created_by, office, officer, role, starts_at, ends_at) VALUES "
		     "($1, $2, $1, 1, 'planned', 0, 0, 0, $3, $4, 'officer', $5, $6)",
		     SQL_ARGS(sql_i64(NOTIFIED_AREA * 1000000000LL), sql_i64(++x->last_id),
			      sql_i64(organisation), sql_i64(officer), sql_i64(x->k.now - 3600),
			      sql_i64(x->k.now + 3600)));
}

void notified_charge(struct notified *x, int64_t officer)
{
	notified_run(x,
		     "INSERT INTO duties (county, id, area, version, state, created_at, "
		     "updated_at, created_by, sector, party, officer) VALUES "
		     "($1, $2, $1, 1, 'active', 0, 0, 0, 'epidemic', 'territory', $3)",
		     SQL_ARGS(sql_i64(NOTIFIED_AREA * 1000000000LL), sql_i64(++x->last_id),
			      sql_i64(officer)));
}

static struct flow_task raised(int64_t id, int64_t now)
{
	struct flow_task t = { .id = id };
	struct flow_event ev = {
		.on = FLOW_ON_RAISE,
		.turn = FLOW_ANY_TURN,
		.actor = FLOW_PERSON,
		.party = { NOTIFIED_TOP },
		.person = { 9 },
		.duty = { { NOTIFIED_OWNER },
			  { NOTIFIED_ABOVE },
			  { 2, { { NOTIFIED_ABOVE }, { NOTIFIED_TOP } } } },
		.by = FLOW_NEVER,
		.clock = { .accept_s = NOTIFIED_SPAN_S,
			   .done_s = 86400,
			   .check_s = 7200,
			   .climb_s = 2 * NOTIFIED_SPAN_S },
		.evidence = FLOW_TEXT,
		.reason = true,
	};
	struct flow_effects *fx = calloc(1, sizeof *fx);

	assert_non_null(fx);
	if (flow_step(&t, &ev, (struct utc_s){ now }, fx))
		fail_msg("%s", fx->why ? fx->why->en : "a task was not raised");
	free(fx);
	return t;
}

int64_t notified_task(struct notified *x)
{
	uint8_t packed[FLOW_PACKED_BYTES];
	struct flow_task t = raised(++x->last_id, x->k.now);

	flow_pack(&t, packed);
	notified_run(x,
		     "INSERT INTO tasks (county, id, area, version, state, created_at, "
		     "updated_at, created_by, kind, sector, title, owner, late, packed) VALUES "
		     "($1, $2, $1, 1, 'open', 0, 0, 9, 'order', 'epidemic', '查看三户人家', $3, 0, "
		     "$4)",
		     SQL_ARGS(sql_i64(NOTIFIED_AREA * 1000000000LL), sql_i64(t.id),
			      sql_i64(NOTIFIED_OWNER),
			      sql_blob((struct str){ (const char *)packed, sizeof packed })));
	return t.id;
}

void notified_closed(struct notified *x, int64_t task)
{
	notified_run(x, "UPDATE tasks SET state = 'closed' WHERE id = $1", SQL_ARGS(sql_i64(task)));
}

int64_t notified_say(struct notified *x, int64_t task, int64_t party, const char *say, bool urgent)
{
	int64_t id = ++x->last_id;

	notified_run(x,
		     "INSERT INTO task_notice (county, id, task, key, party, say, level, at, "
		     "urgent) VALUES ($1, $2, $3, $2, $4, $5, 0, $6, $7)",
		     SQL_ARGS(sql_i64(NOTIFIED_AREA * 1000000000LL), sql_i64(id), sql_i64(task),
			      sql_i64(party), sql_text(str_of(say)), sql_i64(x->k.now),
			      sql_i64(urgent)));
	return id;
}

void notified_tick(struct notified *x)
{
	struct database *d = x->d;

	MUST(notice_tick(x->n, (struct utc_s){ x->k.now }, NULL, &d->fault));
}

void notified_quiet(struct notified *x, int64_t account, int64_t from_min, int64_t to_min)
{
	notified_run(x, "UPDATE notice_wish SET quiet_from = $2, quiet_to = $3 WHERE account = $1",
		     SQL_ARGS(sql_i64(account), sql_i64(from_min), sql_i64(to_min)));
}

int64_t notified_told(struct notified *x, int64_t account)
{
	return NOTIFIED_ASK(x, "SELECT count(*) FROM notice WHERE account = $1", sql_i64(account));
}
