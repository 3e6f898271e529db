/* duty_of.c - see duty_of.h. */
#include "loop/duty_of.h"

#include "loop/duty_of.sql.h"

#include "base/ban.h"

enum { ANSWERING_MAX = 3 * AREA_LEVEL_N };

/* Everybody who answers from the area up, each once. */
struct chain {
	struct flow_party v[ANSWERING_MAX];
	size_t n;
};

static bool has(const struct chain *c, int64_t id)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].v == id)
			return true;
	return false;
}

static enum err climb(struct tx *tx, struct area_code area, const char *sector, struct chain *ret,
		      struct fault *f)
{
	enum err e = OK;

	for (; !e && area.v; area = area_parent(area)) {
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		e = tx_rows(tx, &duty_of_sql.answers,
			    SQL_ARGS(sql_i64(area.v), sql_text(str_of(sector))), &r, f);
		while (!e && !(e = rows_next(r, &more, f)) && more)
			if (!has(ret, rows_i64(r, 0)) && ret->n < ANSWERING_MAX)
				ret->v[ret->n++].v = rows_i64(r, 0);
	}
	return e;
}

enum err loop_duty(struct tx *tx, struct area_code area, enum duty_sector sector,
		   struct flow_party owner, struct flow_duty *ret, struct fault *f)
{
	const struct choice *s = &duty_sectors[sector];
	struct flow_duty d = { .owner = owner };
	struct chain c = { .n = 0 };
	char text[AREA_TEXT_BYTES];
	size_t from = 0;
	enum err e = climb(tx, area, s->word, &c, f);

	if (e)
		return e;
	if (!owner.v && c.n)
		d.owner = c.v[0];
	for (size_t i = 0; i < c.n; i++) /* those above the owner, if it stands in the line */
		if (c.v[i].v == d.owner.v)
			from = i + 1;
	for (size_t i = from; i < c.n && d.line.n < FLOW_LEVELS_MAX; i++)
		d.line.level[d.line.n++] = c.v[i];
	if (d.owner.v && d.line.n) {
		d.checker = d.line.level[0];
		*ret = d;
		return OK;
	}
	area_text(area, text);
	e = fault_set(
		f, ERR_RANGE,
		"区域 %s 在“%s”领域没有完整的责任链；请先在责任台账中落实本级和上级责任人%.0s",
		"area %s has no whole line of responsibility in %.0s%s; first say who answers "
		"there and above",
		text, s->zh, s->en);
	fault_at(f, "area", NULL);
	return e;
}
