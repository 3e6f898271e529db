/*
 * trace_names.c - the people of a trace by name, for the officer whom its answer was given to, as
 * long as its case is a confirmed one.
 *
 * The grant was signed with the answer and says whom it lists; the house and the vault each look
 * whose it is and whether it is over. All are told, or those who were asked for, each with an
 * entry of the ledger.
 */
#include "base/json_read.h"
#include "epidemic/epidemic.sql.h"
#include "epidemic/inside.h"
#include "look/look.h"

#include "base/ban.h"

struct naming {
	struct call *c;
	struct area_code area;
	struct str blob; /* of the grant; empty: the trace found nobody */
	struct grant grant;
	int64_t *ids;
	size_t n;
	struct vault_people people;
};

static enum err check_case(const struct naming *g, struct tx *tx, int64_t id, struct fault *f)
{
	void *row;
	enum err e = record_get(epidemic_of(g->c)->o.book, tx, &case_noun, (struct record_id){ id },
				g->c->a, &row, f);

	if (!e && ((const struct case_row *)row)->record.state != CASE_CONFIRMED)
		e = fault_set(f, ERR_WARRANT, "病例已不是确诊，不再提供追踪所得的姓名",
			      "the case is no longer confirmed: nobody it led to is named");
	return e;
}

static enum err find_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct naming *g = arg;
	struct arena *a = g->c->a;
	struct str blob;
	enum err e = tx_row(tx, &epidemic_sql.trace, SQL_ARGS(sql_i64(call_id(g->c, "id"))), &r, f);

	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	g->area.v = rows_i64(r, 1);
	if ((e = call_reach(g->c, g->area, f)) || (e = check_case(g, tx, rows_i64(r, 2), f)))
		return e;
	blob = rows_blob(r, 15);
	g->blob.n = blob.n;
	if (!blob.n)
		return OK;
	g->blob.p = arena_copy(a, blob.p, blob.n);
	return g->blob.p ? OK : ERR_MEMORY;
}

const char *const trace_names_keys[] = { "people", NULL };

/* {"people":["17", ...]}, or all that the grant lists. */
static enum err read_whom(struct naming *g, struct fault *f)
{
	const struct json_node *map, *list;
	bool good = true;
	enum err e;

	if ((e = json_read(g->c->rq->body, &json_limits_request, g->c->a, &map, f)) ||
	    (e = json_only(map, trace_names_keys, f)))
		return e;
	list = json_at(map, "people");
	g->n = list ? list->n : g->grant.n;
	good = g->n > 0 && g->n <= g->grant.n && (!list || list->is == JSON_IS_LIST);
	g->ids = arena_take(g->c->a, good ? g->n : 1, sizeof *g->ids);
	if (!g->ids)
		return ERR_MEMORY;
	for (size_t i = 0; good && i < g->n; i++)
		if (!list)
			g->ids[i] = grant_id(&g->grant, i);
		else
			good = list->items[i].is == JSON_IS_TEXT &&
			       str_i64(list->items[i].text, &g->ids[i]) == OK;
	if (good)
		return OK;
	e = fault_set(f, ERR_RANGE, "请列出这次追踪结果里的人员编号，不列则为全部",
		      "list people of this trace by number, or none for all of them");
	fault_at(f, "people", NULL);
	return e;
}

enum err trace_names_before(struct call *c, struct fault *f)
{
	struct epidemic *x = epidemic_of(c);
	struct naming *g = arena_take(c->a, 1, sizeof *g);
	enum err e;

	if (!g)
		return ERR_MEMORY;
	g->c = c;
	if ((e = db_read(c->db, find_act, g, f)))
		return e;
	if (!g->blob.n)
		return fault_set(f, ERR_CONFLICT, "这次追踪没有找到任何人",
				 "this trace found nobody");
	if ((e = grant_read(g->blob, crypt_signer_public(x->o.signer), &g->grant)) ||
	    (e = grant_check(&g->grant, c->who->account, c->now, f)))
		return e;
	if ((e = read_whom(g, f)) ||
	    (e = vault_resolve(x->o.vault, g->blob, c->who->account, g->ids, g->n, &g->people, f)))
		return e;
	c->parsed = g;
	return OK;
}

void trace_names_after(struct call *c, bool committed)
{
	struct naming *g = c->parsed;

	(void)committed;
	if (g)
		vault_people_end(&g->people);
}

enum err trace_names(struct call *c, struct tx *tx, struct fault *f)
{
	struct naming *g = c->parsed;
	enum err e = call_reach(c, g->area, f);
	struct json *j;

	if (e || (e = look_note(c, tx, g->area, &g->grant, &g->people, f)) ||
	    (e = look_answer(c, &g->people)))
		return e;
	j = call_json(c);
	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	for (size_t i = 0; i < g->people.n; i++)
		look_person_json(c, &g->people.v[i], g->grant.agency);
	json_close(j, ']');
	call_receipt_json(c);
	json_close(j, '}');
	return OK;
}
