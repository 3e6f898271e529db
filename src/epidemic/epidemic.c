/* epidemic.c - the room put together: its routes, and what it settles with the vault. */
#include "epidemic/epidemic.h"

#include <stdlib.h>

#include "base/memory.h"
#include "epidemic/epidemic.sql.h"
#include "epidemic/inside.h"
#include "ledger/ledger.h"
#include "trail/expiry.h"
#include "vault/vault.h"

#include "base/ban.h"

enum { BODY = 16 << 10, LIST = 1 << 20 };

static const struct route rows[] = {
	{ ROUTE(HTTP_POST, "/api/v1/cases", case_register, CAP_CASE_WRITE, REACH_AREA, WHY_EPIDEMIC,
		BODY, AUDIT_ACT, "登记病例", "Register a case"),
	  .takes = case_register_keys, .before = case_register_before },
	{ ROUTE(HTTP_POST, "/api/v1/cases/{id}/result", case_result, CAP_CASE_RESULT, REACH_AREA,
		WHY_EPIDEMIC, BODY, AUDIT_ACT, "登记检测结果", "Register a laboratory result"),
	  .takes = case_result_keys },
	{ ROUTE(HTTP_GET, "/api/v1/cases/{id}/warrants", case_warrants, CAP_TRACE, REACH_AREA,
		WHY_EPIDEMIC, 0, AUDIT_NONE, "病例的追踪授权", "Warrants of a case") },
	{ ROUTE(HTTP_POST, "/api/v1/cases/{id}/trace", trace_run, CAP_TRACE, REACH_AREA,
		WHY_EPIDEMIC, BODY, AUDIT_ACT, "凭授权追踪接触者", "Trace contacts by a warrant"),
	  .takes = asked_keys, .before = trace_before, .after = trace_after },
	{ ROUTE(HTTP_POST, "/api/v1/cases/{id}/stays", stays_run, CAP_TRACE, REACH_AREA,
		WHY_EPIDEMIC, BODY, AUDIT_ACT, "凭授权查看病例本人到过哪里，记入台账",
		"By a warrant: where the person of a case was, noted in the ledger"),
	  .takes = asked_keys, .before = stays_before, .flags = ROUTE_SECRET },
	{ ROUTE(HTTP_POST, "/api/v1/cases/{id}/questions", question_run, CAP_TRACE, REACH_AREA,
		WHY_EPIDEMIC, BODY, AUDIT_ACT,
		"凭授权问一个轨迹来源：病例到过的场所当时有哪些人；对方看到场所和钟点",
		"By a warrant: ask a feed who was where the case was; it is told places and hours"),
	  .takes = question_keys, .before = question_before },
	{ ROUTE(HTTP_GET, "/api/v1/cases/{id}/questions", question_list, CAP_TRACE, REACH_AREA,
		WHY_EPIDEMIC, 0, AUDIT_NONE, "为病例提出的提问及其答复",
		"What was asked for a case, and what became of it") },
	{ ROUTE(HTTP_GET, "/api/v1/cases/{id}/chain", chain_run, CAP_TRACE, REACH_AREA,
		WHY_EPIDEMIC, 0, AUDIT_READ, "可能的传播链：谁可能传染了谁",
		"The chain of a case: who may have infected whom") },
	{ ROUTE(HTTP_GET, "/api/v1/cases/{id}/traces", trace_list, CAP_TRACE, REACH_AREA,
		WHY_EPIDEMIC, 0, AUDIT_NONE, "病例的追踪结果", "Traces of a case") },
	{ ROUTE(HTTP_GET, "/api/v1/traces/{id}", trace_get, CAP_TRACE, REACH_AREA, WHY_EPIDEMIC, 0,
		AUDIT_READ, "一次追踪的结果及其证明", "One trace, with its proof") },
	{ ROUTE(HTTP_POST, "/api/v1/traces/{id}/names", trace_names, CAP_TRACE, REACH_AREA,
		WHY_EPIDEMIC, LIST, AUDIT_ACT, "追踪结果里的人的姓名，每一个都记入台账",
		"The names of a trace's people, each noted in the ledger"),
	  .takes = trace_names_keys, .before = trace_names_before, .after = trace_names_after,
	  .flags = ROUTE_SECRET },
	{ ROUTE(HTTP_GET, "/api/v1/areas/{area:text}/funnel", contact_funnel, CAP_CDC_READ,
		REACH_AREA, WHY_EPIDEMIC, 0, AUDIT_NONE, "接触者漏斗：推送、本地、落地",
		"The funnel of contacts: pushed out, ours, located") },
	{ ROUTE(HTTP_POST, "/api/v1/contacts/{id}/name", contact_name, CAP_TASK_DO, REACH_AREA,
		WHY_EPIDEMIC, BODY, AUDIT_ACT, "任务要找的人的姓名，记入台账",
		"The name of whom a task is to find, noted in the ledger"),
	  .before = contact_name_before, .after = contact_name_after, .flags = ROUTE_SECRET },
	{ ROUTE(HTTP_GET, "/api/v1/unconfirmed-cases", case_waiting, CAP_LEDGER_READ, REACH_AREA,
		WHY_OVERSIGHT, 0, AUDIT_NONE, "逾期未确认的病例",
		"Cases that nobody confirmed in time") },
};
const struct route_list epidemic_routes = { rows, ARRAY_LEN(rows) };

enum err epidemic_open(const struct epidemic_options *o, struct epidemic **ret)
{
	struct epidemic *x = mem_take(1, sizeof *x);

	if (!x)
		return ERR_MEMORY;
	x->o = *o;
	*ret = x;
	return OK;
}

void epidemic_close(struct epidemic **x)
{
	mem_drop(*x);
	*x = NULL;
}

void epidemic_acted(struct epidemic *x, const struct ledger_entry *act)
{
	if (x->o.vault && str_eq(act->object, STR("case")) && str_eq(act->action, STR("register")))
		ignore(vault_keep(x->o.vault, act->object_id,
				  NULL)); /* else epidemic_settle does */
}

/* ---- what a killed run had left staged ------------------------------------------------------- */

enum { STAGED_S = 600 }; /* a request is over long before */

struct settling {
	struct epidemic *x;
	struct utc_s now;
	int64_t batch;
	bool ours;
};

static enum err look_up(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct settling *s = arg;
	enum err e = tx_row(tx, &epidemic_sql.is_case, SQL_ARGS(sql_i64(s->batch)), &r, f);

	s->ours = !e;
	return e == ERR_ABSENT ? OK : e;
}

/* Batches of the gate are above all ids of rows, and the gate's to settle. */
static enum err settle_one(int64_t batch, struct utc_s staged, void *arg, struct fault *f)
{
	struct settling *s = arg;
	struct vault *v = s->x->o.vault;
	enum err e;

	s->batch = batch;
	if (batch >= EPIDEMIC_BATCH_END)
		return OK;
	if ((e = db_read(s->x->o.db, look_up, s, f)))
		return e;
	if (s->ours)
		return vault_keep(v, batch, f);
	return staged.v < s->now.v - STAGED_S ? vault_drop(v, batch, f) : OK;
}

enum err epidemic_settle(struct epidemic *x, struct utc_s now, struct fault *f)
{
	struct settling s = { .x = x, .now = now };

	return x->o.vault ? vault_staged(x->o.vault, settle_one, &s, f) : OK;
}

/* ---- what was told of days that are over ----------------------------------------------------- */

struct forgetting {
	int64_t through;
	bool any;
};

static enum err any_left(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct forgetting *g = arg;
	enum err e = tx_row(tx, &epidemic_sql.parts_through, SQL_ARGS(sql_i64(g->through)), &r, f);

	g->any = !e;
	return e == ERR_ABSENT ? OK : e;
}

static enum err forget(struct tx *tx, void *arg, struct fault *f)
{
	const struct forgetting *g = arg;

	return tx_run(tx, &epidemic_sql.parts_forget, SQL_ARGS(sql_i64(g->through)), NULL, f);
}

enum err epidemic_expire(struct epidemic *x, struct fault *f)
{
	struct forgetting g = { .through = trail_gone(x->o.trail) };
	enum err e = db_read(x->o.db, any_left, &g, f);

	return e || !g.any ? e : db_write(x->o.db, forget, &g, f);
}

/* ---- an epoch ends --------------------------------------------------------------------------- */

struct person_of { /* a case or a contact */
	int64_t county, id, person;
};
struct renewing {
	const struct trail_pair *pair; /* rising by old */
	size_t n;
	VEC(struct person_of) of;
};

static int by_old(const void *pa, const void *pb)
{
	const struct trail_pair *a = pa, *b = pb;

	return (a->old > b->old) - (a->old < b->old);
}

static enum err list_persons(struct renewing *w, struct tx *tx, const struct sql *list,
			     struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(tx, list, SQL_NO_ARGS, &r, f);

	w->of.n = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		const struct trail_pair want = { rows_i64(r, 2), 0 };
		const struct trail_pair *p = bsearch(&want, w->pair, w->n, sizeof want, by_old);

		if (p)
			e = vec_push(&w->of, ((struct person_of){ rows_i64(r, 0), rows_i64(r, 1),
								  p->now }));
	}
	return e;
}

static enum err renew(struct renewing *w, struct tx *tx, const struct sql *list,
		      const struct sql *put, struct fault *f)
{
	enum err e = list_persons(w, tx, list, f);

	for (size_t i = 0; i < w->of.n && !e; i++)
		e = tx_run(tx, put,
			   SQL_ARGS(sql_i64(w->of.v[i].county), sql_i64(w->of.v[i].id),
				    sql_i64(w->of.v[i].person)),
			   NULL, f);
	return e;
}

static enum err renew_act(struct tx *tx, void *arg, struct fault *f)
{
	enum err e = renew(arg, tx, &epidemic_sql.persons, &epidemic_sql.person_put, f);

	return e ? e
		 : renew(arg, tx, &epidemic_sql.contact_persons, &epidemic_sql.contact_person_put,
			 f);
}

enum err epidemic_renew(struct epidemic *x, const struct trail_pair *pair, size_t n,
			struct fault *f)
{
	struct renewing w = { .pair = pair, .n = n };
	enum err e = n ? db_write(x->o.db, renew_act, &w, f) : OK;

	vec_drop(&w.of);
	return e;
}
