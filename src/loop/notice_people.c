/*
 * notice_people.c - who the people of a party are, and which of them carries its duty now.
 *
 * Accounts and duty holders are two registers, since many who answer for a village have no account.
 * An account stands for a duty holder of its own organisation who has its name or its work phone.
 */
#include <string.h>

#include "access/account.h"
#include "grid/watch.h"
#include "loop/notice.sql.h"
#include "loop/notice_inside.h"

#include "base/ban.h"

struct officer_known {
	int64_t id, substitute;
	struct str name, phone;
};
struct loading {
	struct notice_parties *p;
	struct tx *tx;
	struct notice_party *party;
	VEC(struct notice_person) people;
	VEC(struct officer_known) officers;
	VEC(int64_t) on_watch;
};

static void loading_end(struct loading *l)
{
	vec_drop(&l->people);
	vec_drop(&l->officers);
	vec_drop(&l->on_watch);
}

void notice_parties_end(struct notice_parties *p)
{
	vec_drop(&p->known);
	arena_end(&p->a);
}

static enum err keep_text(struct arena *a, struct str s, struct str *ret)
{
	*ret = (struct str){ arena_copy(a, s.p ? s.p : "", s.n), s.n };
	return ret->p ? OK : ERR_MEMORY;
}

static enum err load_officers(struct loading *l, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	int64_t county = area_county(l->party->area).v;
	bool more = false;
	enum err e = tx_rows(l->tx, &notice_sql.officers,
			     SQL_ARGS(sql_i64(county), sql_i64(l->party->id)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct officer_known o = { .id = rows_i64(r, 0), .substitute = rows_i64(r, 3) };

		if ((e = keep_text(l->p->a, rows_text(r, 1), &o.name)) ||
		    (e = keep_text(l->p->a, rows_text(r, 2), &o.phone)))
			return e;
		e = vec_push(&l->officers, o);
	}
	return e;
}

static enum err load_watches(struct loading *l, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	int64_t county = area_county(l->party->area).v;
	bool more = false;
	enum err e = tx_rows(l->tx, &notice_sql.on_watch,
			     SQL_ARGS(sql_i64(county), sql_i64(l->party->id), sql_time(l->p->now),
				      sql_i64(l->p->now.v + WATCH_HOURS_MAX * 3600)),
			     &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = vec_push(&l->on_watch, rows_i64(r, 0));
	return e;
}

static bool stands_for(const struct officer_known *o, struct str name, struct str phone)
{
	return str_eq(o->name, name) || (phone.n && str_eq(o->phone, phone));
}

/* The one on watch before others, if an account stands for several. */
static void find_officer(const struct loading *l, struct str name, struct str phone,
			 struct notice_person *ret)
{
	for (size_t i = 0; i < l->officers.n && !ret->on_watch; i++) {
		const struct officer_known *o = &l->officers.v[i];

		if (!stands_for(o, name, phone))
			continue;
		for (size_t k = 0; k < l->on_watch.n; k++)
			ret->on_watch = ret->on_watch || l->on_watch.v[k] == o->id;
		if (ret->on_watch || !ret->officer) {
			ret->officer = o->id;
			ret->substitute = o->substitute;
		}
	}
}

static enum err take_person(struct loading *l, struct rows *r)
{
	const struct notices *n = l->p->of;
	struct notice_person x = { .home = rows_i64(r, 0), .account = rows_i64(r, 1) };
	struct str phone = rows_text(r, 3);

	find_officer(l, rows_text(r, 2), phone, &x);
	x.has[NOTICE_MAIL] = n->o.mail && rows_text(r, 4).n > 0;
	x.has[NOTICE_WEBHOOK] = n->o.webhook && (phone.n > 0 || !n->o.phone);
	return vec_push(&l->people, x);
}

/* Of those read, keep who may do tasks, with the areas of their rights. */
static enum err keep_workers(struct loading *l, struct fault *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->people.n; i++) {
		struct notice_person *x = &l->people.v[i];
		const struct account of = { .id = x->account, .area = { x->home } };
		uint32_t roles;
		enum err e = account_rights(l->tx, &of, &roles, &x->scope, f);

		if (e)
			return e;
		if (role_capabilities(roles) & capability_bit(CAP_TASK_DO))
			l->people.v[kept++] = *x;
	}
	l->party->n = kept;
	l->party->v = arena_take(l->p->a, kept + 1, sizeof *l->party->v);
	if (!l->party->v)
		return ERR_MEMORY;
	if (kept)
		memcpy(l->party->v, l->people.v, kept * sizeof *l->people.v);
	return OK;
}

static enum err load_people(struct loading *l, const struct sql *which, int64_t id, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more = false;
	enum err e = tx_rows(l->tx, which, SQL_ARGS(sql_i64(id)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = take_person(l, r);
	return e ? e : keep_workers(l, f);
}

static enum err load_party(struct loading *l, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(l->tx, &notice_sql.party, SQL_ARGS(sql_i64(l->party->id)), &r, f);

	if (e)
		return e == ERR_ABSENT ? OK : e;
	l->party->area.v = rows_i64(r, 0);
	if ((e = load_officers(l, f)) || (e = load_watches(l, f)))
		return e;
	return load_people(l, &notice_sql.people, l->party->id, f);
}

enum err notice_party_of(struct notice_parties *p, struct tx *tx, int64_t id,
			 const struct notice_party **ret, struct fault *f)
{
	CLEANUP(loading_end) struct loading l = { .p = p, .tx = tx };
	enum err e;

	for (size_t i = 0; i < p->known.n; i++)
		if (p->known.v[i]->id == id) {
			*ret = p->known.v[i];
			return OK;
		}
	if (!(l.party = arena_take(p->a, 1, sizeof *l.party)))
		return ERR_MEMORY;
	l.party->id = id;
	if ((e = load_party(&l, f)) || (e = vec_push(&p->known, l.party)))
		return e;
	*ret = l.party;
	return OK;
}

enum err notice_party_one(struct notice_parties *p, struct tx *tx, int64_t account,
			  const struct notice_party **ret, struct fault *f)
{
	CLEANUP(loading_end) struct loading l = { .p = p, .tx = tx };
	enum err e;

	if (!(l.party = arena_take(p->a, 1, sizeof *l.party)))
		return ERR_MEMORY;
	e = load_people(&l, &notice_sql.one, account, f);
	if (!e)
		*ret = l.party;
	return e;
}

enum err notice_party_officer(struct notice_parties *p, struct tx *tx, int64_t officer,
			      const struct notice_party **ret_party,
			      const struct notice_person **ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e;

	*ret = NULL;
	e = tx_row(tx, &notice_sql.officer, SQL_ARGS(sql_i64(officer)), &r, f);
	if (e || rows_null(r, 0))
		return e == ERR_ABSENT ? OK : e;
	if ((e = notice_party_of(p, tx, rows_i64(r, 0), ret_party, f)))
		return e;
	for (size_t i = 0; i < (*ret_party)->n; i++)
		if ((*ret_party)->v[i].officer == officer)
			*ret = &(*ret_party)->v[i];
	return OK;
}
