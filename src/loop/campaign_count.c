/*
 * campaign_count.c - how many of a campaign's tasks are in which state, by area; kept with each
 * step.
 *
 * A task counts in its area and each one above it up to the county, so that the areas right below
 * any one are rows of an index; what lies above a county is the sum of its counties.
 */
#include "loop/campaign.sql.h"
#include "loop/campaign_inside.h"

#include "base/ban.h"

void campaign_tally_of(const struct flow_task *t, struct campaign_tally *ret)
{
	static const enum campaign_slot of[FLOW_PHASE_N] = {
		[FLOW_OPEN] = SLOT_OPEN,       [FLOW_ACCEPTED] = SLOT_ACCEPTED,
		[FLOW_STARTED] = SLOT_STARTED, [FLOW_PROVED] = SLOT_PROVED,
		[FLOW_CLOSED] = SLOT_DONE,     [FLOW_RETURNED] = SLOT_RETURNED,
	};
	bool closed = t->phase == FLOW_CLOSED;

	*ret = (struct campaign_tally){ { 0 } };
	if (t->phase == FLOW_NONE)
		return;
	ret->n[closed && t->outcome != FLOW_OUT_DONE ? SLOT_STRUCK : of[t->phase]] = 1;
	ret->n[SLOT_LATE] = !closed && t->marks & FLOW_LATE;
}

struct area_code campaign_node_above(struct area_code node)
{
	if (node.v == area_county(node).v)
		return (struct area_code){ 0 };
	return area_parent(node);
}

enum err campaign_count_add(struct tx *tx, int64_t campaign, struct area_code node,
			    const struct campaign_tally *t, struct fault *f)
{
	struct area_code county = area_county(node);
	struct sql_value v[5 + SLOT_N] = {
		sql_i64(county.v),
		sql_i64(campaign),
		sql_i64(node.v),
		sql_i64(area_parent(node).v),
		sql_i64(node.v == county.v),
	};

	for (size_t i = 0; i < SLOT_N; i++)
		v[5 + i] = sql_i64(t->n[i]);
	return tx_later(tx, &campaign_sql.count_add, (struct sql_args){ v, ARRAY_LEN(v) }, 1, f);
}

enum err campaign_counted(struct tx *tx, int64_t campaign, struct area_code area,
			  const struct flow_task *before, const struct flow_task *after,
			  struct fault *f)
{
	struct campaign_tally was, is;
	bool differs = false;
	enum err e = OK;

	campaign_tally_of(before, &was);
	campaign_tally_of(after, &is);
	for (size_t i = 0; i < SLOT_N; i++) {
		is.n[i] -= was.n[i];
		differs = differs || is.n[i];
	}
	for (struct area_code a = area; differs && !e && a.v; a = campaign_node_above(a))
		e = campaign_count_add(tx, campaign, a, &is, f);
	return e;
}

/* ---- by area, from a sorted list ------------------------------------------------------------ */

static void tally_add(struct campaign_tally *to, const struct campaign_tally *t)
{
	for (size_t i = 0; i < SLOT_N; i++)
		to->n[i] += t->n[i];
}

static enum err node_done(struct campaign_nodes *n)
{
	const struct campaign_node *last = &n->v[--n->n];

	if (n->n)
		tally_add(&n->v[n->n - 1].t, &last->t);
	return n->done(n->arg, last->area, &last->t);
}

/* Nodes on the way from the county down to the area are open; others are done. */
enum err campaign_nodes_add(struct campaign_nodes *n, struct area_code area,
			    const struct campaign_tally *t)
{
	struct area_code way[AREA_LEVEL_N];
	size_t deep = 0, same = 0;
	enum err e = OK;

	for (struct area_code a = area; a.v; a = campaign_node_above(a))
		way[deep++] = a;
	while (same < deep && same < n->n && n->v[same].area.v == way[deep - 1 - same].v)
		same++;
	while (!e && n->n > same)
		e = node_done(n);
	for (; n->n < deep; n->n++)
		n->v[n->n] = (struct campaign_node){ .area = way[deep - 1 - n->n] };
	tally_add(&n->v[deep - 1].t, t);
	return e;
}

enum err campaign_nodes_end(struct campaign_nodes *n)
{
	enum err e = OK;

	while (!e && n->n)
		e = node_done(n);
	return e;
}

/* ---- are they those of the tasks? ----------------------------------------------------------- */

struct checking {
	struct tx *tx;
	struct fault *f;
	int64_t campaign;
	uint64_t nodes, wrong;
};

static enum err check_node(void *arg, struct area_code area, const struct campaign_tally *t)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct checking *k = arg;
	bool same = true;
	enum err e = tx_row(k->tx, &campaign_sql.count_of,
			    SQL_ARGS(sql_i64(area_county(area).v), sql_i64(k->campaign),
				     sql_i64(area.v)),
			    &r, k->f);

	if (e && e != ERR_ABSENT)
		return e;
	for (size_t i = 0; !e && i < SLOT_N; i++)
		same = same && rows_i64(r, 1 + i) == t->n[i];
	k->nodes++;
	k->wrong += e == ERR_ABSENT || !same;
	return OK;
}

/* Into which slots rows of this state count. */
static void tally_of_row(struct rows *r, struct campaign_tally *ret)
{
	static const char *const words[] = { [SLOT_OPEN] = "open",
					     [SLOT_RETURNED] = "returned",
					     [SLOT_ACCEPTED] = "accepted",
					     [SLOT_STARTED] = "in_progress",
					     [SLOT_PROVED] = "proved" };
	size_t slot = 0;

	while (slot < SLOT_DONE && !str_eq(rows_text(r, 1), str_of(words[slot])))
		slot++;
	if (slot == SLOT_DONE && !str_eq(rows_text(r, 2), STR("done")))
		slot = SLOT_STRUCK;
	*ret = (struct campaign_tally){ { 0 } };
	ret->n[slot] = rows_i64(r, 4);
	if (slot < SLOT_DONE && rows_i64(r, 3))
		ret->n[SLOT_LATE] = rows_i64(r, 4);
}

static enum err check_campaign(struct checking *k)
{
	CLEANUP(rows_end) struct rows *r = NULL, *n = NULL;
	struct campaign_nodes nodes = { .done = check_node, .arg = k };
	bool more;
	enum err e =
		tx_rows(k->tx, &campaign_sql.recount, SQL_ARGS(sql_i64(k->campaign)), &r, k->f);

	k->nodes = 0;
	while (!e && !(e = rows_next(r, &more, k->f)) && more) {
		struct area_code area = { rows_i64(r, 0) };
		struct campaign_tally t;

		tally_of_row(r, &t);
		e = campaign_nodes_add(&nodes, area, &t);
	}
	if (e || (e = campaign_nodes_end(&nodes)) ||
	    (e = tx_row(k->tx, &campaign_sql.counts_of, SQL_ARGS(sql_i64(k->campaign)), &n, k->f)))
		return e;
	k->wrong += (uint64_t)rows_i64(n, 0) != k->nodes;
	return OK;
}

enum err campaign_fsck(struct tx *tx, uint64_t *ret_wrong, int64_t *ret_first, struct fault *f)
{
	struct checking k = { .tx = tx, .f = f };
	bool more = true;
	enum err e = OK;

	*ret_first = 0;
	while (!e && more) {
		CLEANUP(rows_end) struct rows *r = NULL;

		e = tx_rows(tx, &campaign_sql.next, SQL_ARGS(sql_i64(k.campaign)), &r, f);
		if (e || (e = rows_next(r, &more, f)) || !more)
			break;
		k.campaign = rows_i64(r, 0);
		e = check_campaign(&k);
		if (k.wrong && !*ret_first)
			*ret_first = k.campaign;
	}
	*ret_wrong = k.wrong;
	return e;
}
