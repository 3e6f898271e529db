/*
 * campaign_count.c - how many of a campaign's tasks are in which state, by area: kept with each step.
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
	return tx_run(tx, &campaign_sql.count_add, (struct sql_args){ v, ARRAY_LEN(v) }, NULL, f);
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
