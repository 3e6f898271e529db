/* duty_of.c - see duty_of.h. */
#include "loop/duty_of.h"

#include <string.h>

#include "base/memory.h"
#include "db/db.h"
#include "grid/area.h"
#include "loop/duty_of.sql.h"

#include "base/ban.h"

enum {
	UP_MAX = AREA_LEVEL_N - 1,
	JUMPS_MAX = 8,
	PARENTS_MAX = 8,
	NO_AREA = -1,
	NAME_BYTES = 1 << 16
};

/* ---- the way up ----------------------------------------------------------------------------- */

struct climb {
	struct tx *tx;
	const struct area_code *gone; /* whose mergers are passed over */
	size_t n_gone;
	struct loop_way *w;
	struct fault *f;
};

static bool is_gone(const struct climb *c, struct area_code a)
{
	size_t low = 0, high = c->n_gone;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->gone[middle].v < a.v)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->n_gone && c->gone[low].v == a.v;
}

static bool on_way(const struct loop_way *w, struct area_code a)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->rung[i].area.v == a.v)
			return true;
	return false;
}

/* From an area up to its province; then *ret is 0, or where a merger leads from there. */
static enum err climb_from(const struct climb *c, struct area_code from, struct area_code *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct sql_value v[UP_MAX];
	struct area_code up[UP_MAX], into[UP_MAX] = { 0 };
	size_t n = 0;
	bool more;
	enum err e;

	for (struct area_code a = from; a.v && n < UP_MAX; a = area_parent(a))
		up[n++] = a;
	for (size_t i = 0; i < UP_MAX; i++)
		v[i] = sql_i64(i < n ? up[i].v : NO_AREA);
	e = tx_rows(c->tx, &duty_of_sql.merged, (struct sql_args){ v, UP_MAX }, &r, c->f);
	while (!e && !(e = rows_next(r, &more, c->f)) && more)
		for (size_t i = 0; i < n; i++)
			if (up[i].v == rows_i64(r, 0) && !is_gone(c, up[i]))
				into[i].v = rows_i64(r, 1);
	ret->v = 0;
	for (size_t i = 0; !e && i < n && !ret->v; i++) {
		if (into[i].v)
			*ret = into[i];
		else if (!on_way(c->w, up[i]) && c->w->n < LOOP_WAY_MAX)
			c->w->rung[c->w->n++].area = up[i];
	}
	return e;
}

static struct loop_rung *rung_of(struct loop_way *w, int64_t area)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->rung[i].area.v == area)
			return &w->rung[i];
	return NULL;
}

static enum duty_party party_of(struct str word)
{
	return (enum duty_party)choice_find(duty_parties, DUTY_PARTY_N, word);
}

static enum err read_holders(const struct climb *c)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct sql_value v[1 + LOOP_WAY_MAX];
	bool more;
	enum err e;

	v[0] = sql_text(str_of(duty_sectors[c->w->sector].word));
	for (size_t i = 0; i < LOOP_WAY_MAX; i++)
		v[1 + i] = sql_i64(i < c->w->n ? c->w->rung[i].area.v : NO_AREA);
	e = tx_rows(c->tx, &duty_of_sql.way, (struct sql_args){ v, ARRAY_LEN(v) }, &r, c->f);
	while (!e && !(e = rows_next(r, &more, c->f)) && more) {
		struct loop_rung *g = rung_of(c->w, rows_i64(r, 0));
		enum duty_party p = party_of(rows_text(r, 1));

		if (!g || p == DUTY_NO_PARTY || g->party[p].v)
			continue;
		g->party[p].v = rows_i64(r, 2);
		g->officer[p] = rows_i64(r, 3);
	}
	return e;
}

enum err loop_way_unmerged(struct tx *tx, struct area_code area, enum duty_sector sector,
			   const struct area_code *gone, size_t n_gone, struct loop_way *ret,
			   struct fault *f)
{
	struct loop_way w = { .area = area, .sector = sector };
	const struct climb c = { tx, gone, n_gone, &w, f };
	struct area_code at = area;
	enum err e = OK;

	for (int jumps = 0; !e && at.v && jumps < JUMPS_MAX; jumps++)
		e = climb_from(&c, at, &at);
	if (!e)
		e = read_holders(&c);
	if (!e)
		*ret = w;
	return e;
}

enum err loop_way_read(struct tx *tx, struct area_code area, enum duty_sector sector,
		       struct loop_way *ret, struct fault *f)
{
	return loop_way_unmerged(tx, area, sector, NULL, 0, ret, f);
}

/* ---- what the way says ---------------------------------------------------------------------- */

struct flow_party loop_rung_answer(const struct loop_rung *r)
{
	static const enum duty_party order[] = { DUTY_UNIT, DUTY_DEPARTMENT, DUTY_TERRITORY };

	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (r->party[order[i]].v)
			return r->party[order[i]];
	return (struct flow_party){ 0 };
}

static bool answers_on(const struct loop_rung *r, struct flow_party p)
{
	return p.v && (r->party[DUTY_UNIT].v == p.v || r->party[DUTY_DEPARTMENT].v == p.v ||
		       r->party[DUTY_TERRITORY].v == p.v);
}

int64_t loop_way_officer(const struct loop_way *w, struct flow_party party)
{
	for (size_t i = 0; party.v && i < w->n; i++)
		for (size_t p = DUTY_PARTY_N - 1; p > DUTY_NO_PARTY; p--)
			if (w->rung[i].party[p].v == party.v)
				return w->rung[i].officer[p];
	return 0;
}

struct flow_party loop_way_owner(const struct loop_way *w)
{
	struct flow_party p = { 0 };

	for (size_t i = 0; i < w->n && !p.v; i++)
		p = loop_rung_answer(&w->rung[i]);
	return p;
}

/* One more level, unless it is the owner or there already. */
static void put_above(struct flow_duty *d, struct flow_party p)
{
	if (!p.v || p.v == d->owner.v || d->line.n == FLOW_LEVELS_MAX)
		return;
	for (uint32_t i = 0; i < d->line.n; i++)
		if (d->line.level[i].v == p.v)
			return;
	d->line.level[d->line.n++] = p;
}

bool loop_way_duty(const struct loop_way *w, struct flow_party owner, struct flow_duty *ret)
{
	static const enum duty_party beside[] = { DUTY_TERRITORY, DUTY_DEPARTMENT, DUTY_UNIT };
	size_t at = 0;

	*ret = (struct flow_duty){ .owner = owner.v ? owner : loop_way_owner(w) };
	while (at < w->n && !answers_on(&w->rung[at], ret->owner))
		at++;
	/* Whoever answers for none of it stands below all who do. */
	for (size_t i = at < w->n ? at + 1 : 0; i < w->n; i++)
		put_above(ret, loop_rung_answer(&w->rung[i]));
	for (size_t i = 0; !ret->line.n && at < w->n && i < ARRAY_LEN(beside); i++)
		put_above(ret, w->rung[at].party[beside[i]]);
	if (ret->line.n)
		ret->checker = ret->line.level[0];
	return ret->owner.v && ret->checker.v;
}

/* ---- what it does not say ------------------------------------------------------------------- */

static enum err organisation(struct tx *tx, int64_t id, bool *ret_active, int64_t *ret_above,
			     struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &duty_of_sql.organisation, SQL_ARGS(sql_i64(id)), &r, f);

	*ret_active = !e && rows_i64(r, 0);
	*ret_above = e ? 0 : rows_i64(r, 1);
	return e == ERR_ABSENT ? OK : e;
}

/* Active organisations above the owner, as far as there are any. */
static enum err by_parents(struct tx *tx, struct flow_duty *d, struct fault *f)
{
	int64_t at = d->owner.v, above;
	bool active;
	enum err e = organisation(tx, at, &active, &above, f);

	for (int i = 0; !e && above && i < PARENTS_MAX; i++) {
		at = above;
		if (!(e = organisation(tx, at, &active, &above, f)) && active)
			put_above(d, (struct flow_party){ at });
	}
	if (d->line.n)
		d->checker = d->line.level[0];
	return e;
}

/* The name of the area if the tree knows it, else its code. */
static struct str name_of(struct tx *tx, struct area_code area, struct arena *a,
			  char code[AREA_TEXT_BYTES])
{
	struct fault unasked = { 0 };
	struct area at;

	area_text(area, code);
	if (a && !area_find(tx, area, AREA_DAY_LAST - 1, a, &at, &unasked) && at.name.n)
		return at.name;
	return str_of(code);
}

static enum err refuse(struct tx *tx, const struct loop_way *w, const struct flow_duty *d,
		       struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	const struct choice *sector = &duty_sectors[w->sector];
	char code[AREA_TEXT_BYTES];
	struct str name;

	if (arena_new(NAME_BYTES, &a))
		a = NULL;
	name = name_of(tx, w->area, a, code);
	fault_at(f, "area", NULL);
	if (!d->owner.v)
		return fault_set(f, ERR_RANGE,
				 "“%.*s”及其上级在“%s”领域没有在任的责任人%.0s；"
				 "请先在责任表中落实，再交办",
				 "nobody in force answers for %.*s or what lies above it in the "
				 "sector%.0s %s; fill that responsibility first, then raise it",
				 (int)name.n, name.p, sector->zh, sector->en);
	return fault_set(f, ERR_RANGE,
			 "“%.*s”在“%s”领域没有另一个机构可以核查%.0s；"
			 "请先落实上级区划的责任人",
			 "for %.*s in the sector%.0s %s there is no second organisation that could "
			 "check; fill the responsibility for an area above it first",
			 (int)name.n, name.p, sector->zh, sector->en);
}

enum err loop_duty_on(struct tx *tx, const struct loop_way *w, struct flow_party owner,
		      struct flow_duty *ret, struct fault *f)
{
	struct flow_duty d;
	bool whole = loop_way_duty(w, owner, &d), active;
	int64_t above;
	enum err e;

	if (owner.v && !loop_way_officer(w, owner)) {
		if ((e = organisation(tx, owner.v, &active, &above, f)))
			return e;
		if (!active) {
			fault_at(f, "owner", NULL);
			return fault_set(f, ERR_RANGE,
					 "这个机构不存在、已停用或已撤销，请另选责任方",
					 "this organisation is not there, or suspended or "
					 "dissolved: choose another owner");
		}
	}
	if (!whole && d.owner.v && (e = by_parents(tx, &d, f)))
		return e;
	if (!d.owner.v || !d.checker.v)
		return refuse(tx, w, &d, f);
	*ret = d;
	return OK;
}

enum err loop_duty(struct tx *tx, struct area_code area, enum duty_sector sector,
		   struct flow_party owner, struct flow_duty *ret, struct fault *f)
{
	struct loop_way w;
	enum err e = loop_way_read(tx, area, sector, &w, f);

	return e ? e : loop_duty_on(tx, &w, owner, ret, f);
}
