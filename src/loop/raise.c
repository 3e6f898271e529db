/* raise.c - a task begins: whose it is by the grid, with the clock that its rule says. */
#include <stdio.h>
#include <string.h>

#include "loop/duty_of.h"
#include "loop/inside.h"

#include "base/ban.h"

enum { TITLE_MIN = 2, TITLE_MAX = 120, DETAIL_MAX = 2000, RULE_BYTES = 80 };

static enum err bad(struct fault *f, const char *field, const char *zh, const char *en)
{
	enum err e = fault_set(f, ERR_RANGE, "%s%.0s", "%.0s%s", zh, en);

	fault_at(f, field, NULL);
	return e;
}

enum err work_ahead(const struct call *c, int64_t by, struct fault *f)
{
	if (by > c->now.v)
		return OK;
	return bad(f, "until", "期限须晚于现在；请另写一个还没有到的时刻",
		   "a deadline must lie ahead; give a time that has not come yet");
}

static enum err check(const struct loop_new *n, struct fault *f)
{
	size_t title = str_characters(n->title);

	if (title < TITLE_MIN || title > TITLE_MAX)
		return bad(f, "title", "任务名称应为 2 至 120 个字",
			   "a title has 2 to 120 characters");
	if (str_characters(n->detail) > DETAIL_MAX)
		return bad(f, "detail", "要求最多 2000 个字",
			   "what is asked has at most 2,000 characters");
	if (!area_valid(n->area) || !n->area.v)
		return bad(f, "area", "区域应为区划代码", "the area is a code of an area");
	if (n->sector <= DUTY_NO_SECTOR || n->sector >= DUTY_SECTOR_N)
		return bad(f, "sector", "请选择领域", "choose a sector");
	return OK;
}

static enum err clock_for(struct loop *l, const struct loop_new *n, struct utc_s now,
			  char rule[RULE_BYTES], struct flow_clock *ret, struct fault *f)
{
	const struct clocks_rule *r;
	struct fault unasked = { 0 };
	enum err e = clocks_find(&l->clocks, n->rule, zone_day_of(l->o.zone, now), &r, &unasked);

	if (e)
		return bad(f, "rule", "没有这条时限规则，或它今天不适用；请另选",
			   "there is no such rule of time, or not today; choose another");
	(void)snprintf(rule, RULE_BYTES, "%.*s@%d", (int)r->id.n, r->id.p, (int)r->version);
	*ret = r->clock;
	return OK;
}

static enum err begin(struct loop *l, struct call *c, struct tx *tx, const struct loop_new *n,
		      struct flow_event *ev, struct utc_s now, int64_t *ret_id, struct fault *f)
{
	char rule[RULE_BYTES];
	struct work w = { .about_id = n->about.n ? n->about_id : 0,
			  .campaign = n->campaign,
			  .signal = n->signal };
	struct flow_effects fx;
	enum err e;

	if ((e = check(n, f)) || (e = clock_for(l, n, now, rule, &ev->clock, f)))
		return e;
	if (n->owner.v && (e = loop_party_there(tx, n->owner, "owner", f)))
		return e;
	if (n->duty)
		ev->duty = *n->duty;
	else if ((e = loop_duty(tx, n->area, n->sector, n->owner, &ev->duty, f)))
		return e;
	ev->on = FLOW_ON_RAISE;
	ev->turn = FLOW_ANY_TURN;
	ev->by = n->until;
	ev->evidence = n->needs;
	noun_blank(&task_noun, &w.row);
	w.row.record = (struct record){ .id = record_id_new(l->o.book),
					.area = n->area,
					.created_at = now,
					.created_by = { c ? c->who->account : 0 } };
	w.row.kind = n->kind;
	w.row.sector = n->sector;
	w.row.rule = str_of(rule);
	w.row.title = n->title;
	w.row.detail = n->detail;
	w.row.about = n->about;
	w.t.id = w.row.record.id.v;
	e = work_step(l, c, tx, &w, ev, &(struct step_words){ .moved = false }, now, &fx, f);
	if (!e)
		*ret_id = w.t.id;
	return e;
}

enum err loop_raise(struct call *c, struct tx *tx, const struct loop_new *n, int64_t *ret_id,
		    struct fault *f)
{
	struct loop *l = loop_of(c);
	struct flow_event ev = { .actor = FLOW_PERSON, .party = n->caller };
	enum err e = OK;

	if (!l)
		return fault_set(f, ERR_BUG, "任务功能未运行", "nobody keeps tasks here");
	if (!n->caller.v)
		e = loop_party(c, tx, &ev.party, NULL, f);
	ev.person.v = c->who->account;
	if (e)
		return e;
	if (n->sender.v && n->sender.v != ev.party.v) {
		ev.actor = FLOW_HOUSE; /* on behalf of somebody else: said by the program */
		ev.to = n->sender;
	} else if (!ev.party.v && (e = work_person(c, tx, &ev, f)))
		return e;
	return begin(l, c, tx, n, &ev, c->now, ret_id, f);
}

enum err loop_raise_by_house(struct loop *l, struct tx *tx, const struct loop_new *n,
			     struct utc_s now, int64_t *ret_id, struct fault *f)
{
	struct flow_event ev = { .actor = FLOW_HOUSE, .to = n->sender };

	return begin(l, NULL, tx, n, &ev, now, ret_id, f);
}
