/*
 * contact_http.c - the funnel of an area, and the name of one contact for those who must find them.
 *
 * Found is pushed out and ours; pushed out is waiting, taken, refused and withdrawn; ours is
 * located and still looked for. Each is a count over the same rows in one snapshot, so it adds up;
 * at an earlier moment, over what the stories of the tasks had told by then (contact_told.c).
 */
#include <stdio.h>

#include "base/when.h"
#include "epidemic/contact.h"
#include "epidemic/epidemic.sql.h"
#include "epidemic/inside.h"
#include "ledger/ledger.h"
#include "look/look.h"
#include "vault/grant.h"

#include "base/ban.h"

/* ---- the funnel ------------------------------------------------------------------------------ */

void funnel_add(struct funnel *n, enum contact_state state, enum flow_push p, int64_t many)
{
	if (state == CONTACT_EXCLUDED) {
		n->excluded += many;
		return;
	}
	n->found += many;
	n->push[p] += many;
	if (p == FLOW_KEPT && state == CONTACT_FOUND)
		n->tracing += many;
	else if (p == FLOW_KEPT)
		n->located += many;
	if (state == CONTACT_RELEASED)
		n->released += many;
}

static enum err count_row(struct funnel *n, struct rows *r)
{
	size_t n_choices = 0;
	const struct choice *words = contact_pushes(&n_choices);
	size_t push = choice_find(words, n_choices, rows_text(r, 1));
	size_t state = choice_find(contact_noun.state, contact_noun.n_states, rows_text(r, 0));

	if (!state || (!push && !rows_null(r, 1)))
		return ERR_CORRUPT;
	funnel_add(n, (enum contact_state)state, push ? (enum flow_push)(push - 1) : FLOW_KEPT,
		   rows_i64(r, 2));
	return OK;
}

static enum err count(struct tx *tx, struct area_code under, struct funnel *n, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(tx, &epidemic_sql.funnel,
			     SQL_ARGS(sql_i64(under.v), sql_i64(area_end(under).v)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = count_row(n, r);
	return e;
}

static void number(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_i64(j, v);
}

static void tell(struct call *c, const struct funnel *n, struct utc_s at)
{
	struct json *j = call_json(c);
	int64_t out = 0;

	for (int p = FLOW_WAITING; p < FLOW_PUSH_N; p++)
		out += n->push[p];
	json_open(j, '{');
	number(j, "found", n->found);
	json_key(j, "pushed_out");
	json_open(j, '{');
	number(j, "all", out);
	number(j, "waiting", n->push[FLOW_WAITING]);
	number(j, "taken", n->push[FLOW_TAKEN]);
	number(j, "refused", n->push[FLOW_REFUSED]);
	number(j, "withdrawn", n->push[FLOW_WITHDRAWN]);
	json_close(j, '}');
	json_key(j, "ours");
	json_open(j, '{');
	number(j, "all", n->push[FLOW_KEPT]);
	number(j, "located", n->located);
	number(j, "tracing", n->tracing);
	json_close(j, '}');
	number(j, "released", n->released);
	number(j, "excluded", n->excluded);
	json_key(j, "as_of");
	call_time_json(c, at);
	json_close(j, '}');
}

/* ?at=: a moment that lies behind; none: now. */
static enum err moment(struct call *c, struct utc_s *ret, struct fault *f)
{
	struct str s = http_query(c->rq, "at");
	struct when w = { .at = c->now };

	if (s.n && (when_read(s, epidemic_of(c)->o.zone, &w) || w.at.v > c->now.v)) {
		fault_at(f, "at", NULL);
		return fault_set(f, ERR_RANGE,
				 "at 应为一个已经过去的时刻，如 2026-08-04T14:30:00+08:00",
				 "at is a moment that has passed, as 2026-08-04T14:30:00+08:00");
	}
	*ret = w.at;
	return OK;
}

enum err contact_funnel(struct call *c, struct tx *tx, struct fault *f)
{
	struct funnel n = { 0 };
	struct area_code asked;
	struct str text = call_text(c, "area");
	struct utc_s at;
	enum err e;

	if (area_parse(text, &asked))
		return fault_set(f, ERR_RANGE, "区域代码不对：2 至 15 位数字",
				 "an area code has 2 to 15 digits");
	if ((e = call_reach(c, asked, f)) || (e = moment(c, &at, f)) ||
	    (e = http_query(c->rq, "at").n ? funnel_told(tx, asked, at, &n, f)
					   : count(tx, asked, &n, f)))
		return e;
	tell(c, &n, at);
	return OK;
}

/* ---- a name ---------------------------------------------------------------------------------- */

struct naming {
	struct call *c;
	struct area_code area;
	int64_t person, task;
	struct grant grant;
	struct vault_people people;
};

/* The caller's party must own a task about the contact. */
static enum err find_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct naming *g = arg;
	struct flow_party party;
	enum err e = loop_party(g->c, tx, &party, NULL, f);

	if (e)
		return e;
	e = tx_row(tx, &epidemic_sql.contact_to_name,
		   SQL_ARGS(sql_i64(call_id(g->c, "id")), sql_i64(party.v)), &r, f);
	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	g->area.v = rows_i64(r, 0);
	g->person = rows_i64(r, 1);
	g->task = rows_i64(r, 2);
	if ((e = loop_reach(g->c, tx, g->task, f)))
		return e;
	if (!party.v)
		e = fault_set(f, ERR_CONFLICT, "您的账号没有所属部门，不能查看；请管理员补上",
			      "your account belongs to no department that is at work; ask an "
			      "administrator to fill it in");
	else if (!rows_i64(r, 3))
		e = fault_set(f, ERR_ROLE, "姓名只告诉负责这项任务的单位的人",
			      "the name is told to people of the party that owns the task");
	return e;
}

enum err contact_name_before(struct call *c, struct fault *f)
{
	CLEANUP(buf_release) struct buf blob = { 0 };
	struct epidemic *x = epidemic_of(c);
	struct naming *g = arena_take(c->a, 1, sizeof *g);
	char *matter = arena_take(c->a, 32, 1);
	/* Who is not of disease control is told which door, and no more. */
	enum grant_agency agency = call_may(c, CAP_CDC_READ) ? GRANT_CDC : GRANT_COMMUNITY;
	enum err e;

	if (!g || !matter)
		return ERR_MEMORY;
	g->c = c;
	if ((e = db_read(c->db, find_act, g, f)))
		return e;
	g->grant = (struct grant){ .kind = GRANT_TASK,
				   .agency = agency,
				   .id = g->task,
				   .account = c->who->account,
				   .matter = { matter, 0 },
				   .purpose = STR("epidemic"),
				   .fields = grant_agency_fields(agency),
				   .issued = c->now,
				   .expires = { c->now.v + grant_life_max(GRANT_TASK) },
				   .ids = &g->person,
				   .n = 1 };
	g->grant.matter.n = (size_t)snprintf(matter, 32, "task-" LEDGER_ID, (long long)g->task);
	if ((e = grant_sign(&g->grant, x->o.signer, &blob, f)) ||
	    (e = vault_resolve(x->o.vault, buf_view(&blob), c->who->account, &g->person, 1,
			       &g->people, f)))
		return e;
	c->parsed = g;
	return OK;
}

void contact_name_after(struct call *c, bool committed)
{
	struct naming *g = c->parsed;

	(void)committed;
	if (g)
		vault_people_end(&g->people);
}

enum err contact_name(struct call *c, struct tx *tx, struct fault *f)
{
	struct naming *g = c->parsed;
	struct json *j;
	enum err e = loop_reach(c, tx, g->task, f);

	if (e || (e = look_note(c, tx, g->area, &g->grant, &g->people, f)) ||
	    (e = look_answer(c, &g->people)))
		return e;
	j = call_json(c);
	json_open(j, '{');
	json_key(j, "item");
	look_person_json(c, &g->people.v[0], g->grant.agency);
	call_receipt_json(c);
	json_close(j, '}');
	return OK;
}
