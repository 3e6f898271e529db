/*
 * asked.c - what somebody wants to do with a case's warrant, read and held against the case, the
 * row of the warrant and the caller. Whatever shows visits of a case comes through here.
 */
#include "base/json_read.h"
#include "epidemic/epidemic.sql.h"
#include "epidemic/inside.h"
#include "http/http.h"

#include "base/ban.h"

static enum err get_instant(struct call *c, const struct json_node *map, const char *key,
			    struct utc_s *ret, struct fault *f)
{
	struct str s = { NULL, 0 };
	struct when w;
	enum err e = json_get_text(map, key, 40, &s, f);

	if (e || !s.p)
		return e;
	if (when_read(s, epidemic_of(c)->o.zone, &w)) {
		e = fault_set(f, ERR_RANGE, "时间应写成 2021-07-20T08:00:00+08:00",
			      "a time is written as 2021-07-20T08:00:00+08:00");
		fault_at(f, key, NULL);
		return e;
	}
	*ret = w.at;
	ret->v += !ret->v; /* 0 says that nothing was asked */
	return OK;
}

const char *const asked_keys[] = { "warrant", "from", "to", "generations", NULL };

enum err asked_read(struct warrant_asked *k, struct fault *f)
{
	const struct json_node *map;
	struct call *c = k->c;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &map, f)) ||
	    (e = json_only(map, k->keys ? k->keys : asked_keys, f)) ||
	    (k->need && (e = json_need(map, k->need, f))) ||
	    (e = json_get_text(map, "warrant", 2 * WARRANT_BYTES_MAX, &k->text, f)) ||
	    (e = json_get_id(map, "feed", &k->feed, f)) ||
	    (e = get_instant(c, map, "from", &k->from, f)) ||
	    (e = get_instant(c, map, "to", &k->to, f)))
		return e;
	return json_get_i64(map, "generations", 1, 100, &k->generations, f);
}

/* The case as it is now, and the row of the warrant. */
static enum err stored(struct warrant_asked *k, struct tx *tx, const struct case_row *of,
		       struct str blob, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL, *p = NULL;
	struct sql_value county = sql_i64(area_county(of->record.area).v);
	int64_t person = 0;
	enum err e = tx_row(tx, &epidemic_sql.warrant,
			    SQL_ARGS(county, sql_i64(of->record.id.v), sql_i64(k->w.id.v)), &r, f);

	if (e == ERR_ABSENT || (!e && !str_eq(rows_blob(r, 2), blob)))
		return fault_set(f, ERR_WARRANT, "没有这份追踪授权", "there is no such warrant");
	if (e)
		return e;
	k->spent = rows_i64(r, 1);
	e = tx_row(tx, &epidemic_sql.person, SQL_ARGS(county, sql_i64(of->record.id.v)), &p, f);
	if (e && e != ERR_ABSENT)
		return e;
	if (!e)
		person = rows_i64(p, 0);
	if (person != k->w.index)
		return fault_set(f, ERR_WARRANT, "化名已更换，请再次确认病例以取得新的授权",
				 "pseudonyms have changed: confirm the case anew");
	return OK;
}

enum err asked_check(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(buf_release) struct buf blob = { 0 };
	struct warrant_asked *k = arg;
	struct call *c = k->c;
	const struct crypt_public *house = crypt_signer_public(epidemic_of(c)->o.signer);
	struct case_row *of;
	enum err e = case_load(c, tx, &of, f);

	if (e)
		return e;
	if (of->record.state != CASE_CONFIRMED)
		return fault_set(f, ERR_WARRANT, "病例未确认，不能追踪",
				 "the case is not confirmed: nobody is traced");
	if (!k->text.n)
		return fault_set(f, ERR_WARRANT, "缺少追踪授权", "the warrant is missing");
	struct warrant_use use = { .case_id = of->record.id,
				   .area = of->record.area,
				   .officer = c->who->account,
				   .now = c->now,
				   .from = k->from,
				   .to = k->to,
				   .generations = k->generations };
	if ((e = warrant_of_text(k->text, &blob, f)) ||
	    (e = warrant_read(buf_view(&blob), house, &k->w, f)))
		return e;
	/* Its words lie in the blob, which goes: they are copied. */
	k->w.basis.p = arena_copy(c->a, k->w.basis.p, k->w.basis.n);
	k->w.profile.p = arena_copy(c->a, k->w.profile.p, k->w.profile.n);
	if (!k->w.basis.p || !k->w.profile.p)
		return ERR_MEMORY;
	if ((e = warrant_check(&k->w, &use, f)))
		return e;
	return stored(k, tx, of, buf_view(&blob), f);
}
