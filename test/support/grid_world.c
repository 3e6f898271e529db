/* grid_world.c - see grid_world.h. */
#include "grid_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two counties and a city without counties, to cells, as a province numbers them. */
const int64_t grid_world_area[GRID_AREAS] = {
	430000000000000, 430800000000000, 430802000000000, 430802100000000, 430802100201000,
	430802100201001, 430802101000000, 430802101201000, 430811000000000, 430811100000000,
	430811100201000, 431900000000000, 431900003000000,
};

int64_t grid_world_org(int i)
{
	return i < 0 ? 0 : 100 + i;
}
int64_t grid_world_officer(int i)
{
	return i < 0 ? 0 : 200 + i;
}
int64_t grid_world_duty(int i)
{
	return i < 0 ? 0 : 300 + i;
}

/* ---- into the database ---------------------------------------------------------------------- */

#define WRITE(name_, args_, text_) \
	static const struct sql name_ = { .name = "test." #name_, \
					  .text = text_, \
					  .args = args_, \
					  .act = SQL_WRITE, \
					  .scan = "a test", \
					  .across = "a test" }

WRITE(put_org, "iiti",
      "INSERT INTO organisations (county, id, area, version, state, created_at, updated_at, "
      "created_by, name, kind, parent) VALUES ($1, $2, $1, 1, $3, 0, 0, 0, 'x', 'other', $4)");
WRITE(set_org, "iti", "UPDATE organisations SET state = $2, parent = $3 WHERE id = $1");
WRITE(put_officer, "iitii",
      "INSERT INTO officers (county, id, area, version, state, created_at, updated_at, "
      "created_by, name, post, phone, organisation, substitute) VALUES "
      "($1, $2, $1, 1, $3, 0, 0, 0, 'x', 'x', '119', $4, $5)");
WRITE(set_officer, "itii",
      "UPDATE officers SET state = $2, organisation = $3, substitute = $4 WHERE id = $1");
WRITE(put_duty, "iiittti",
      "INSERT INTO duties (county, id, area, version, state, created_at, updated_at, created_by, "
      "sector, party, officer) VALUES ($1, $2, $3, 1, $4, 0, 0, 0, $5, $6, $7)");
WRITE(set_duty, "iti", "UPDATE duties SET state = $2, officer = $3 WHERE id = $1");
WRITE(drop_duty, "i", "DELETE FROM duties WHERE id = $1");
WRITE(put_area, "ii",
      "INSERT INTO area (code, from_day, to_day, parent, merged_into, name, name_en, known_as) "
      "VALUES ($1, 0, 100, 0, $2, 'x', '', 'x')");
WRITE(drop_area, "i", "DELETE FROM area WHERE code = $1");

static struct sql_value word(bool active, const char *other)
{
	return sql_text(str_of(active ? "active" : other));
}

static struct sql_value id_or_null(int64_t id)
{
	return id ? sql_i64(id) : sql_null();
}

/* ---- changes -------------------------------------------------------------------------------- */

static int roll(struct grid_world *w, int n)
{
	return (int)dice_below(&w->dice, (uint32_t)n);
}

static int maybe(struct grid_world *w, int n)
{
	return roll(w, 3) ? roll(w, n) : -1;
}

static int64_t county_of(int area)
{
	return area_county((struct area_code){ grid_world_area[area] }).v;
}

static struct grid_org some_org(struct grid_world *w, int i)
{
	struct grid_org o = { .active = roll(w, 5) != 0, .above = -1 };

	if (i > 0 && roll(w, 2)) /* lower numbers are above: no rings */
		o.above = roll(w, i);
	return o;
}

static struct grid_officer some_officer(struct grid_world *w, int i)
{
	struct grid_officer o = { .active = roll(w, 6) != 0,
				  .org = maybe(w, GRID_ORGS),
				  .stand_in = maybe(w, GRID_OFFICERS) };

	if (o.stand_in == i)
		o.stand_in = -1;
	return o;
}

/* Another place than any duty that is in force has. */
static bool some_place(struct grid_world *w, struct grid_duty *d)
{
	*d = (struct grid_duty){ .there = true,
				 .active = true,
				 .area = roll(w, GRID_AREAS),
				 .officer = roll(w, GRID_OFFICERS),
				 .sector = (enum duty_sector)(1 + roll(w, GRID_SECTORS)),
				 .party = (enum duty_party)(1 + roll(w, DUTY_PARTY_N - 1)) };
	for (int i = 0; i < GRID_DUTIES; i++) {
		const struct grid_duty *o = &w->duty[i];

		if (o->there && o->active && o->area == d->area && o->sector == d->sector &&
		    o->party == d->party)
			return false;
	}
	return true;
}

static enum err duty_row(struct tx *tx, int i, const struct grid_duty *d, struct fault *f)
{
	return tx_run(tx, &put_duty,
		      SQL_ARGS(sql_i64(county_of(d->area)), sql_i64(grid_world_duty(i)),
			       sql_i64(grid_world_area[d->area]), word(d->active, "ended"),
			       sql_text(str_of(duty_sectors[d->sector].word)),
			       sql_text(str_of(duty_parties[d->party].word)),
			       sql_i64(grid_world_officer(d->officer))),
		      NULL, f);
}

static enum err change_duty(struct grid_world *w, struct tx *tx, struct fault *f)
{
	int i = roll(w, GRID_DUTIES);
	struct grid_duty *d = &w->duty[i], fresh;
	enum err e = OK;

	if (!d->there) {
		if (!some_place(w, &fresh))
			return OK;
		*d = fresh;
		return duty_row(tx, i, d, f);
	}
	switch (roll(w, 4)) {
	case 0:
		e = tx_run(tx, &drop_duty, SQL_ARGS(sql_i64(grid_world_duty(i))), NULL, f);
		d->there = false;
		return e;
	case 1: d->active = false; break;
	default: d->officer = roll(w, GRID_OFFICERS); break;
	}
	return tx_run(tx, &set_duty,
		      SQL_ARGS(sql_i64(grid_world_duty(i)), word(d->active, "ended"),
			       sql_i64(grid_world_officer(d->officer))),
		      NULL, f);
}

static enum err change_merger(struct grid_world *w, struct tx *tx, struct fault *f)
{
	int i = roll(w, GRID_AREAS), into = roll(w, GRID_AREAS);

	if (w->merged[i] >= 0) {
		w->merged[i] = -1;
		return tx_run(tx, &drop_area, SQL_ARGS(sql_i64(grid_world_area[i])), NULL, f);
	}
	if (into == i)
		return OK;
	w->merged[i] = into;
	return tx_run(tx, &put_area,
		      SQL_ARGS(sql_i64(grid_world_area[i]), sql_i64(grid_world_area[into])), NULL,
		      f);
}

static enum err change_org(struct grid_world *w, int i, struct tx *tx, struct fault *f)
{
	w->org[i] = some_org(w, i);
	return tx_run(tx, &set_org,
		      SQL_ARGS(sql_i64(grid_world_org(i)), word(w->org[i].active, "suspended"),
			       id_or_null(grid_world_org(w->org[i].above))),
		      NULL, f);
}

static enum err change_officer(struct grid_world *w, int i, struct tx *tx, struct fault *f)
{
	w->officer[i] = some_officer(w, i);
	return tx_run(tx, &set_officer,
		      SQL_ARGS(sql_i64(grid_world_officer(i)), word(w->officer[i].active, "left"),
			       id_or_null(grid_world_org(w->officer[i].org)),
			       id_or_null(grid_world_officer(w->officer[i].stand_in))),
		      NULL, f);
}

enum err grid_world_change(struct grid_world *w, struct tx *tx, struct fault *f)
{
	w->changes++;
	switch (roll(w, 12)) {
	case 0:
	case 1: return change_org(w, roll(w, GRID_ORGS), tx, f);
	case 2:
	case 3: return change_officer(w, roll(w, GRID_OFFICERS), tx, f);
	case 4: return change_merger(w, tx, f);
	default: return change_duty(w, tx, f);
	}
}

enum err grid_world_begin(struct grid_world *w, uint64_t seed, struct tx *tx, struct fault *f)
{
	enum err e = OK;

	*w = (struct grid_world){ .dice = { seed * 0x9e3779b97f4a7c15u } };
	for (int i = 0; i < GRID_AREAS; i++)
		w->merged[i] = -1;
	for (int i = 0; !e && i < GRID_ORGS; i++) {
		w->org[i] = (struct grid_org){ true, -1 };
		e = tx_run(tx, &put_org,
			   SQL_ARGS(sql_i64(430802000000000), sql_i64(grid_world_org(i)),
				    word(true, ""), sql_null()),
			   NULL, f);
	}
	for (int i = 0; !e && i < GRID_OFFICERS; i++) {
		w->officer[i] = (struct grid_officer){ true, i % GRID_ORGS, -1 };
		e = tx_run(tx, &put_officer,
			   SQL_ARGS(sql_i64(430802000000000), sql_i64(grid_world_officer(i)),
				    word(true, ""), sql_i64(grid_world_org(i % GRID_ORGS)),
				    sql_null()),
			   NULL, f);
	}
	return e;
}

/* ---- the slow way --------------------------------------------------------------------------- */

static int area_index(int64_t code)
{
	for (int i = 0; i < GRID_AREAS; i++)
		if (grid_world_area[i] == code)
			return i;
	return -1;
}

/* 430802100000000 and what stands above it, by cutting digits off: each once, the lowest first. */
static int above(int64_t code, int64_t ret[8])
{
	static const int cuts[] = { 15, 12, 9, 6, 4, 2 };
	int n = 0;

	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		char text[32];

		snprintf(text, sizeof text, "%015" PRId64, code);
		memset(text + cuts[i], '0', (size_t)(15 - cuts[i]));
		if (n == 0 || ret[n - 1] != strtoll(text, NULL, 10))
			ret[n++] = strtoll(text, NULL, 10);
	}
	return n;
}

/* The areas that answer, one after the other, by mergers where there are any. */
static int way_of(const struct grid_world *w, int64_t code, int64_t ret[8])
{
	int n = 0, jumps = 0;

	while (code && jumps++ < 8) {
		int64_t up[8], next = 0;
		int n_up = above(code, up);

		for (int i = 0; i < n_up && !next; i++) {
			int at = area_index(up[i]);
			bool seen = false;

			if (at >= 0 && w->merged[at] >= 0) {
				next = grid_world_area[w->merged[at]];
				continue;
			}
			for (int k = 0; k < n; k++)
				seen = seen || ret[k] == up[i];
			if (!seen && n < 8)
				ret[n++] = up[i];
		}
		code = next;
	}
	return n;
}

static int64_t working(const struct grid_world *w, int officer)
{
	const struct grid_officer *o;

	if (officer < 0)
		return 0;
	o = &w->officer[officer];
	return o->active && o->org >= 0 && w->org[o->org].active ? grid_world_org(o->org) : 0;
}

static int64_t party_at(const struct grid_world *w, int64_t area, enum duty_sector sector,
			enum duty_party party)
{
	for (int i = 0; i < GRID_DUTIES; i++) {
		const struct grid_duty *d = &w->duty[i];
		int64_t org;

		if (!d->there || !d->active || grid_world_area[d->area] != area ||
		    d->sector != sector || d->party != party)
			continue;
		org = working(w, d->officer);
		return org ? org : working(w, w->officer[d->officer].stand_in);
	}
	return 0;
}

static int64_t answer_at(const struct grid_world *w, int64_t area, enum duty_sector sector)
{
	int64_t unit = party_at(w, area, sector, DUTY_UNIT);
	int64_t department = party_at(w, area, sector, DUTY_DEPARTMENT);

	return unit ? unit : department ? department : party_at(w, area, sector, DUTY_TERRITORY);
}

static void add(struct flow_duty *d, int64_t org)
{
	bool there = !org || org == d->owner.v;

	for (uint32_t i = 0; i < d->line.n; i++)
		there = there || d->line.level[i].v == org;
	if (!there && d->line.n < FLOW_LEVELS_MAX)
		d->line.level[d->line.n++].v = org;
}

bool grid_world_answer(const struct grid_world *w, int64_t area, enum duty_sector sector,
		       int64_t owner, struct flow_duty *ret)
{
	int64_t way[8];
	int n = way_of(w, area, way), at = -1, org;

	*ret = (struct flow_duty){ .owner = { owner } };
	for (int i = 0; i < n && !ret->owner.v; i++)
		ret->owner.v = answer_at(w, way[i], sector);
	if (!ret->owner.v)
		return false;
	for (int i = 0; i < n && at < 0; i++)
		for (int p = DUTY_TERRITORY; p <= DUTY_UNIT; p++)
			if (party_at(w, way[i], sector, (enum duty_party)p) == ret->owner.v)
				at = i;
	for (int i = at + 1; i < n; i++)
		add(ret, answer_at(w, way[i], sector));
	for (int p = DUTY_TERRITORY; !ret->line.n && at >= 0 && p <= DUTY_UNIT; p++)
		add(ret, party_at(w, way[at], sector, (enum duty_party)p));
	org = (int)ret->owner.v - (int)grid_world_org(0);
	if (!ret->line.n)
		for (org = w->org[org].above; org >= 0; org = w->org[org].above)
			if (w->org[org].active)
				add(ret, grid_world_org(org));
	if (!ret->line.n)
		return false;
	ret->checker = ret->line.level[0];
	return true;
}
