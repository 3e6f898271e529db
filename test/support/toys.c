/* toys.c - see toys.h. */
#include "toys.h"

#include <signal.h>
#include <unistd.h>

#include "access/account.h"
#include "ledger/ledger.h"

#include "base/ban.h"

unsigned toys_runs;

static const struct area_code YONGDING = { 430802000000000 }, LENGSHUITAN = { 431103000000000 };

static struct ledger_entry well_entry(struct area_code a, int64_t id, struct str action)
{
	return (struct ledger_entry){
		.county = a, .object = STR("well"), .object_id = id, .action = action
	};
}

static enum err find(struct call *c, struct area_code *ret, struct fault *f)
{
	int64_t id = call_id(c, "id");

	if (id != 1 && id != 2)
		return call_absent(f);
	*ret = id == 1 ? YONGDING : LENGSHUITAN;
	return call_reach(c, *ret, f);
}

static enum err said(struct call *c, const char *what)
{
	struct json *j = call_json(c);

	json_open(j, '{');
	json_key(j, "said");
	json_str(j, str_of(what));
	if (c->receipt)
		call_receipt_json(c);
	json_close(j, '}');
	return OK;
}

static enum err open_run(struct call *c, struct tx *tx, struct fault *f)
{
	(void)tx;
	(void)f;
	return said(c, "open");
}

static enum err well_show(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_entry entry;
	struct area_code a = { 0 };
	enum err e;

	(void)tx;
	if ((e = find(c, &a, f)))
		return e;
	entry = well_entry(a, call_id(c, "id"), STR("look"));
	return (e = call_saw(c, &entry, f)) ? e : said(c, "a well");
}

static enum err well_make(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_entry entry = well_entry(YONGDING, 1, STR("dig"));
	enum err e;

	if ((e = call_reach(c, YONGDING, f)) || (e = call_act(c, tx, &entry, f)))
		return e;
	__atomic_add_fetch(&toys_runs, 1, __ATOMIC_SEQ_CST);
	call_status(c, 201);
	return said(c, "dug");
}

/* Writes something that a test can look for. */
static enum err leave_account(struct call *c, struct tx *tx, const char *login, struct fault *f)
{
	struct account_new n = { .id = c->now.v << 20 | 77,
				 .area = YONGDING,
				 .login = str_of(login),
				 .name = STR("left behind"),
				 .by = 1 };

	return account_make(tx, &n, c->now, f);
}

static enum err forgets_ledger(struct call *c, struct tx *tx, struct fault *f)
{
	enum err e = call_reach(c, YONGDING, f);

	return e || (e = leave_account(c, tx, "no-ledger", f)) ? e : said(c, "no ledger");
}

static enum err forgets_area(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_entry entry = well_entry(YONGDING, 1, STR("no-area"));
	enum err e;

	if ((e = leave_account(c, tx, "no-area", f)) || (e = call_act(c, tx, &entry, f)))
		return e;
	return said(c, "no area");
}

static enum err forgets_saw(struct call *c, struct tx *tx, struct fault *f)
{
	(void)tx;
	(void)call_scope(c);
	(void)f;
	return said(c, "secret of the well");
}

static enum err breaks(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_entry entry = well_entry(YONGDING, 1, STR("break"));
	enum err e;

	if ((e = call_reach(c, YONGDING, f)) || (e = leave_account(c, tx, "broken", f)) ||
	    (e = call_act(c, tx, &entry, f)) || (e = said(c, "half an answer")))
		return e;
	fault_at(f, "depth", "row 3");
	return fault_set(f, ERR_RANGE, "井深不对", "the depth is wrong");
}

static enum err crashes(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_entry entry = well_entry(YONGDING, 1, STR("crash"));
	enum err e;

	if ((e = call_reach(c, YONGDING, f)) || (e = call_act(c, tx, &entry, f)))
		return e;
	if (http_header(c->rq, "X-Crash").p)
		kill(getpid(), SIGKILL);
	return said(c, "no crash");
}

bool toys_full;

static enum err large_before(struct call *c, struct fault *f)
{
	c->parsed = c;
	return toys_full ? fault_set(f, ERR_CONFLICT, "满了", "it is full") : OK;
}

static enum err large_run(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_entry entry = well_entry(YONGDING, 1, STR("large"));
	enum err e;

	if (c->parsed != c || c->db)
		return fault_set(f, ERR_BUG, "x", "before did not run, or left the database");
	if ((e = call_reach(c, YONGDING, f)) || (e = call_act(c, tx, &entry, f)))
		return e;
	json_open(call_json(c), '{');
	json_key(call_json(c), "bytes");
	json_i64(call_json(c), (int64_t)c->rq->body.n);
	json_close(call_json(c), '}');
	return OK;
}

static enum err asks(struct call *c, struct tx *tx, struct fault *f)
{
	(void)tx;
	(void)f;
	return said(c, "asked");
}

static enum err without_run(struct call *c, struct fault *f)
{
	(void)f;
	call_done(c);
	return said(c, c->db ? "alone" : "no database");
}

static enum err secret(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_entry entry = well_entry(YONGDING, 1, STR("secret"));
	enum err e = call_act(c, tx, &entry, f);

	return e ? e : said(c, "s3cret");
}

static const struct route rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/toys/open", open_run, CAP_ANYONE, REACH_ALL, WHY_OPEN, 0,
		AUDIT_NONE, "井", "A well") },
	{ ROUTE(HTTP_GET, "/api/v1/toys/wells/{id}", well_show, CAP_GRID_READ, REACH_AREA, WHY_DUTY,
		0, AUDIT_READ, "井", "A well") },
	{ ROUTE(HTTP_POST, "/api/v1/toys/wells", well_make, CAP_GRID_WRITE, REACH_AREA, WHY_DUTY,
		4096, AUDIT_ACT, "井", "A well") },
	{ ROUTE(HTTP_POST, "/api/v1/toys/forgets-ledger", forgets_ledger, CAP_GRID_WRITE,
		REACH_AREA, WHY_DUTY, 4096, AUDIT_ACT, "井", "A well") },
	{ ROUTE(HTTP_POST, "/api/v1/toys/forgets-area", forgets_area, CAP_GRID_WRITE, REACH_AREA,
		WHY_DUTY, 4096, AUDIT_ACT, "井", "A well") },
	{ ROUTE(HTTP_GET, "/api/v1/toys/forgets-saw", forgets_saw, CAP_GRID_READ, REACH_AREA,
		WHY_DUTY, 0, AUDIT_READ, "井", "A well") },
	{ ROUTE(HTTP_POST, "/api/v1/toys/breaks", breaks, CAP_GRID_WRITE, REACH_AREA, WHY_DUTY,
		4096, AUDIT_ACT, "井", "A well") },
	{ ROUTE(HTTP_POST, "/api/v1/toys/crashes", crashes, CAP_GRID_WRITE, REACH_AREA, WHY_DUTY,
		4096, AUDIT_ACT, "井", "A well") },
	{ ROUTE(HTTP_POST, "/api/v1/toys/large", large_run, CAP_GRID_WRITE, REACH_AREA, WHY_DUTY,
		300000, AUDIT_ACT, "井", "A well"),
	  .before = large_before },
	{ ROUTE(HTTP_POST, "/api/v1/toys/asks", asks, CAP_GRID_READ, REACH_ALL, WHY_DUTY, 4096,
		AUDIT_NONE, "井", "A well"),
	  .flags = ROUTE_READS },
	{ ROUTE(HTTP_GET, "/api/v1/toys/alone", NULL, CAP_GRID_READ, REACH_ALL, WHY_DUTY, 0,
		AUDIT_NONE, "井", "A well"),
	  .before = without_run },
	{ ROUTE(HTTP_POST, "/api/v1/toys/secret", secret, CAP_GRID_WRITE, REACH_ALL, WHY_DUTY, 4096,
		AUDIT_ACT, "井", "A well"),
	  .flags = ROUTE_SECRET },
};

const struct route_list toys = { rows, ARRAY_LEN(rows) };
