/* notice.c - see notice.h. What waits in the outbox becomes rows of people. */
#include "loop/notice.h"

#include <string.h>

#include "engine/flow/table.h"
#include "loop/notice.sql.h"
#include "loop/notice_inside.h"

#include "base/ban.h"

enum {
	ARENA = 16 << 20,
	AGAIN_S = 600,  /* until nobody is looked for again */
	SPAN_S = 3600,  /* for a confirmation, of a task that cannot be read */
	ABOVE_S = 3600, /* until a task that only its level above heard of is looked at */
};

const char *notice_channel_word(enum notice_channel c)
{
	return c == NOTICE_MAIL ? "mail" : "webhook";
}

/* ---- opening --------------------------------------------------------------------------------- */

enum err notices_open(const struct notices_options *o, struct notices **ret)
{
	CLEANUP(notices_close) struct notices *n = mem_take(1, sizeof *n);

	if (!n)
		return ERR_MEMORY;
	n->o = *o;
	n->n_routes = notice_own_rows_n + notice_board_rows_n;
	if (!(n->route = mem_take(n->n_routes, sizeof *n->route)))
		return ERR_MEMORY;
	memcpy(n->route, notice_own_rows, notice_own_rows_n * sizeof *n->route);
	memcpy(n->route + notice_own_rows_n, notice_board_rows,
	       notice_board_rows_n * sizeof *n->route);
	for (size_t i = 0; i < n->n_routes; i++)
		n->route[i].arg = n;
	*ret = n;
	n = NULL;
	return OK;
}

void notices_close(struct notices **notices)
{
	struct notices *n = *notices;

	if (!n)
		return;
	mem_drop(n->route);
	mem_drop(n);
	*notices = NULL;
}

struct route_list notices_routes(const struct notices *n)
{
	return (struct route_list){ n->route, n->n_routes };
}

/* ---- what a task says ------------------------------------------------------------------------ */

void notice_task(struct str packed, struct flow_task *ret)
{
	if (!packed.n || flow_unpack((const uint8_t *)packed.p, packed.n, ret))
		*ret = (struct flow_task){ .clock = { .accept_s = SPAN_S, .climb_s = SPAN_S } };
}

size_t notice_above(const struct flow_task *t, int64_t party, int64_t ret[FLOW_LEVELS_MAX])
{
	uint32_t from = 0;
	size_t n = 0;

	for (uint32_t i = 0; i < t->line.n; i++)
		if (t->line.level[i].v == party)
			from = i + 1;
	for (uint32_t i = from; i < t->line.n; i++)
		ret[n++] = t->line.level[i].v;
	return n;
}

int64_t notice_span(const struct flow_task *t, struct str say)
{
	bool climbs = str_eq(say, str_of(flow_say_words[FLOW_SAY_CLIMB].word)) ||
		      str_eq(say, str_of(flow_say_words[FLOW_SAY_REPEAT].word));

	return climbs ? t->clock.climb_s : t->clock.accept_s;
}

int64_t notice_deadline(const struct flow_task *t, int64_t party)
{
	int64_t first = 0;

	for (int s = 0; s < FLOW_STAGE_N; s++) {
		enum flow_stage_id id = (enum flow_stage_id)s;

		if (!flow_running(t, id))
			continue;
		if (flow_waits_for(t, id).v == party)
			return t->stage[s].by;
		if (!first || t->stage[s].by < first)
			first = t->stage[s].by;
	}
	return first;
}

/* ---- telling --------------------------------------------------------------------------------- */

enum err notice_telling_begin(struct notices *n, struct utc_s now, struct notice_telling *t)
{
	*t = (struct notice_telling){ .now = now };
	t->parties.of = n;
	t->parties.now = now;
	return arena_new(ARENA, &t->parties.a);
}

void notice_telling_end(struct notice_telling *t)
{
	vec_drop(&t->pages);
	notice_parties_end(&t->parties);
}

void notice_telling_again(struct notice_telling *t)
{
	t->parties.known.n = 0;
	arena_clear(t->parties.a);
	t->pages.n = 0;
	t->n = 0;
}

static enum err charge_of(struct notice_telling *t, struct tx *tx, const struct notice_new *x,
			  int64_t *ret, size_t max, size_t *ret_n, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more = false;
	enum err e = tx_rows(tx, &notice_sql.in_charge,
			     SQL_ARGS(sql_i64(area_county(x->area).v), sql_i64(x->area.v),
				      sql_text(x->sector)),
			     &r, f);

	(void)t;
	*ret_n = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more && *ret_n < max)
		ret[(*ret_n)++] = rows_i64(r, 0);
	return e;
}

static enum notice_duty duty_of(const struct notice_person *p, const int64_t *charge, size_t n)
{
	if (p->on_watch)
		return NOTICE_ON_WATCH;
	for (size_t i = 0; i < n; i++)
		if (p->officer && p->officer == charge[i])
			return NOTICE_IN_CHARGE;
	return NOTICE_MEMBER;
}

static bool reaches(const struct notice_person *p, const struct notice_new *x,
		    const struct notice_party *party)
{
	return scope_covers(&p->scope, x->area) ||
	       (party->id && scope_covers(&p->scope, party->area));
}

static enum err put_sends(struct notice_telling *t, struct tx *tx, const struct notice_new *x,
			  const struct notice_person *p, int64_t id, struct fault *f)
{
	enum err e = OK;

	for (int c = 0; c < NOTICE_CHANNEL_N && !e; c++)
		if (p->has[c])
			e = tx_run(tx, &notice_sql.send_put,
				   SQL_ARGS(sql_i64(x->county.v), sql_i64(id),
					    sql_text(str_of(
						    notice_channel_word((enum notice_channel)c))),
					    sql_i64(p->home), sql_i64(p->account),
					    sql_i64(x->urgent), sql_time(t->now)),
				   NULL, f);
	return e;
}

/* `called`: channels reach for them, and what is urgent wants their confirmation. */
static enum err put_one(struct notice_telling *t, struct tx *tx, const struct notice_new *x,
			const struct notice_party *party, const struct notice_person *p,
			enum notice_duty duty, bool called, size_t *ret_new, struct fault *f)
{
	int64_t id = record_id_new(t->parties.of->o.book).v;
	bool wants = called && x->urgent;
	uint64_t changed = 0;
	enum err e =
		tx_run(tx, &notice_sql.put,
		       SQL_ARGS(sql_i64(x->county.v), sql_i64(id), sql_i64(x->task),
				sql_i64(x->key), sql_i64(party->id ? party->id : x->party),
				sql_i64(p->home), sql_i64(p->account), sql_i64(x->area.v),
				sql_text(x->say), sql_i64(x->level), sql_i64(x->urgent),
				sql_i64(duty), sql_i64(x->hop), sql_time(t->now), sql_i64(wants),
				wants ? sql_i64(t->now.v + x->span) : sql_null()),
		       &changed, f);

	if (e || !changed)
		return e;
	++*ret_new;
	if (called && (e = put_sends(t, tx, x, p, id, f)))
		return e;
	return vec_push(&t->pages, ((struct notice_page){ p->account, id }));
}

enum err notice_tell(struct notice_telling *t, struct tx *tx, const struct notice_new *x,
		     const struct notice_party *who, size_t *ret_told, size_t *ret_new,
		     struct fault *f)
{
	int64_t charge[20];
	size_t n_charge = 0, told = 0, fresh = 0;
	bool first = false; /* somebody who is to be told is on watch, or in charge */
	enum err e = OK;

	*ret_told = *ret_new = 0;
	if (!who->n)
		return OK;
	if ((e = charge_of(t, tx, x, charge, ARRAY_LEN(charge), &n_charge, f)))
		return e;
	for (size_t i = 0; i < who->n; i++)
		first = first || (who->v[i].account != x->not_for && reaches(&who->v[i], x, who) &&
				  duty_of(&who->v[i], charge, n_charge) != NOTICE_MEMBER);
	for (int d = NOTICE_ON_WATCH; d <= NOTICE_MEMBER; d++)
		for (size_t i = 0; i < who->n && !e; i++) {
			const struct notice_person *p = &who->v[i];

			if (!reaches(p, x, who) || (int)duty_of(p, charge, n_charge) != d)
				continue;
			told++;
			if (p->account == x->not_for)
				continue; /* who did it knows */
			e = put_one(t, tx, x, who, p, (enum notice_duty)d,
				    d != NOTICE_MEMBER || !first, &fresh, f);
		}
	*ret_told = told;
	*ret_new = fresh;
	return e;
}

/* ---- the outbox ------------------------------------------------------------------------------ */

struct waiting {
	struct notice_new x;
	int64_t id, account, told;
	bool closed;
	struct flow_task task;
};

static enum err keep(struct arena *a, struct str s, struct str *ret)
{
	*ret = (struct str){ arena_copy(a, s.p ? s.p : "", s.n), s.n };
	return ret->p ? OK : ERR_MEMORY;
}

static enum err take_row(struct notice_telling *t, struct rows *r, struct waiting *w)
{
	struct str packed = rows_blob(r, 13);
	enum err e;

	w->x = (struct notice_new){ .county = { rows_i64(r, 0) },
				    .task = rows_i64(r, 2),
				    .key = rows_i64(r, 3),
				    .party = rows_i64(r, 4),
				    .level = rows_i64(r, 7),
				    .urgent = rows_i64(r, 8) != 0,
				    .area = { rows_i64(r, 10) },
				    .not_for = rows_i64(r, 14) };
	w->id = rows_i64(r, 1);
	w->account = rows_null(r, 5) ? 0 : rows_i64(r, 5);
	w->told = rows_i64(r, 9);
	w->closed = str_eq(rows_text(r, 12), str_of(flow_phase_words[FLOW_CLOSED].word));
	if ((e = keep(t->parties.a, rows_text(r, 6), &w->x.say)) ||
	    (e = keep(t->parties.a, rows_text(r, 11), &w->x.sector)))
		return e;
	notice_task(packed, &w->task);
	w->x.span = notice_span(&w->task, w->x.say);
	return OK;
}

static enum err looked(struct tx *tx, const struct waiting *w, enum notice_told told, int64_t at,
		       struct fault *f)
{
	return tx_run(tx, &notice_sql.looked,
		      SQL_ARGS(sql_i64(w->x.county.v), sql_i64(w->id), sql_i64(told), sql_i64(at)),
		      NULL, f);
}

/* The level above hears of it instead, and the next one above that, until there is somebody. */
static enum err tell_above(struct notice_telling *t, struct tx *tx, const struct waiting *w,
			   size_t *ret_told, struct fault *f)
{
	int64_t above[FLOW_LEVELS_MAX];
	size_t n = notice_above(&w->task, w->x.party, above), fresh;
	struct notice_new x = w->x;
	const struct notice_party *who;
	enum err e = OK;

	for (size_t i = 0; i < n && !e && !*ret_told; i++) {
		x.hop++;
		if (!(e = notice_party_of(&t->parties, tx, above[i], &who, f)))
			e = notice_tell(t, tx, &x, who, ret_told, &fresh, f);
	}
	return e;
}

static enum err tell_waiting(struct notice_telling *t, struct tx *tx, const struct waiting *w,
			     struct fault *f)
{
	const struct notice_party *who;
	size_t told = 0, fresh;
	enum err e;

	if (w->told == NOTICE_ABOVE && w->closed)
		return looked(tx, w, NOTICE_TOLD, FLOW_NEVER, f);
	if (w->told == NOTICE_NOBODY && w->closed)
		return looked(tx, w, NOTICE_LATE, FLOW_NEVER, f);
	if (w->account)
		e = notice_party_one(&t->parties, tx, w->account, &who, f);
	else
		e = notice_party_of(&t->parties, tx, w->x.party, &who, f);
	if (e || (e = notice_tell(t, tx, &w->x, who, &told, &fresh, f)))
		return e;
	if (told)
		return looked(tx, w, NOTICE_TOLD, FLOW_NEVER, f);
	if (w->told == NOTICE_ABOVE)
		return looked(tx, w, NOTICE_ABOVE, t->now.v + ABOVE_S, f);
	if (!w->account && (e = tell_above(t, tx, w, &told, f)))
		return e;
	return told ? looked(tx, w, NOTICE_ABOVE, t->now.v + ABOVE_S, f)
		    : looked(tx, w, NOTICE_NOBODY, t->now.v + AGAIN_S, f);
}

static enum err outbox_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct notice_telling *t = arg;
	struct waiting *w;
	bool more = false;
	size_t n = 0;
	enum err e;

	notice_telling_again(t);
	if (!(w = arena_take(t->parties.a, NOTICE_GROUP, sizeof *w)))
		return ERR_MEMORY;
	e = tx_rows(tx, &notice_sql.outbox, SQL_ARGS(sql_time(t->now), sql_i64(NOTICE_GROUP)), &r,
		    f);
	while (!e && !(e = rows_next(r, &more, f)) && more && n < NOTICE_GROUP)
		e = take_row(t, r, &w[n++]);
	rows_end(&r);
	for (size_t i = 0; i < n && !e; i++)
		e = tell_waiting(t, tx, &w[i], f);
	t->n = n;
	return e;
}

/* Each person's open pages hear of it once, however much came. */
static void tell_pages(const struct notices *n, const struct notice_telling *t)
{
	for (size_t i = 0; n->o.told && i < t->pages.n; i++) {
		bool again = false;

		for (size_t k = i + 1; k < t->pages.n && !again; k++)
			again = t->pages.v[k].account == t->pages.v[i].account;
		if (!again)
			n->o.told(n->o.arg, t->pages.v[i].account, t->pages.v[i].notice);
	}
}

static enum err group(struct notices *n, struct utc_s now, db_act *act, size_t *ret,
		      struct fault *f)
{
	CLEANUP(notice_telling_end) struct notice_telling t;
	enum err e = notice_telling_begin(n, now, &t);

	*ret = 0;
	if (e || (e = db_write(n->o.db, act, &t, f)))
		return e;
	tell_pages(n, &t);
	*ret = t.n;
	return OK;
}

struct looking {
	struct utc_s now;
	const struct sql *sql;
	bool any;
};

static enum err look_act(struct tx *tx, void *arg, struct fault *f)
{
	struct looking *l = arg;
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_rows(tx, l->sql, SQL_ARGS(sql_time(l->now), sql_i64(1)), &r, f);

	return e ? e : rows_next(r, &l->any, f);
}

/* In groups until none is left; a look without writing comes first, since mostly there is none. */
static enum err all_of(struct notices *n, struct utc_s now, const struct sql *sql, db_act *act,
		       bool *ret_any, struct fault *f)
{
	struct looking l = { now, sql, false };
	size_t done;
	enum err e = db_read(n->o.db, look_act, &l, f);

	if (e || !l.any)
		return e;
	*ret_any = true;
	do {
		e = group(n, now, act, &done, f);
	} while (!e && done == NOTICE_GROUP);
	return e;
}

enum err notice_tick(struct notices *n, struct utc_s now, bool *ret_more, struct fault *f)
{
	bool any = false;
	enum err e;

	if ((e = all_of(n, now, &notice_sql.outbox, outbox_act, &any, f)) ||
	    (e = all_of(n, now, &notice_sql.fallen, notice_fall_act, &any, f)))
		return e;
	if (ret_more)
		*ret_more = any;
	return OK;
}

/* ---- answering ------------------------------------------------------------------------------- */

enum { OPEN_MAX = 256 };

enum err notice_acted(struct tx *tx, struct area_code county, int64_t task, int64_t account,
		      struct utc_s now, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct {
		int64_t id, key, wants;
	} v[OPEN_MAX];
	size_t n = 0;
	bool more = false;
	enum err e = tx_rows(tx, &notice_sql.of_task,
			     SQL_ARGS(sql_i64(county.v), sql_i64(task), sql_i64(account)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more && n < OPEN_MAX) {
		v[n].id = rows_i64(r, 0);
		v[n].key = rows_i64(r, 1);
		v[n++].wants = rows_i64(r, 3);
	}
	rows_end(&r);
	for (size_t i = 0; i < n && !e; i++) {
		if ((e = notice_read(tx, county, v[i].id, now, f)))
			return e;
		if (v[i].wants)
			e = notice_confirm(tx, county, v[i].id, task, v[i].key, account, now, f);
	}
	return e;
}

enum err notice_read(struct tx *tx, struct area_code county, int64_t id, struct utc_s now,
		     struct fault *f)
{
	enum err e = tx_run(tx, &notice_sql.read,
			    SQL_ARGS(sql_i64(county.v), sql_i64(id), sql_time(now)), NULL, f);

	return e ? e
		 : tx_run(tx, &notice_sql.unsend, SQL_ARGS(sql_i64(county.v), sql_i64(id)), NULL,
			  f);
}

enum err notice_confirm(struct tx *tx, struct area_code county, int64_t id, int64_t task,
			int64_t key, int64_t account, struct utc_s now, struct fault *f)
{
	enum err e = tx_run(tx, &notice_sql.confirm,
			    SQL_ARGS(sql_i64(county.v), sql_i64(id), sql_time(now)), NULL, f);

	return e ? e
		 : tx_run(tx, &notice_sql.answer,
			  SQL_ARGS(sql_i64(county.v), sql_i64(task), sql_i64(key),
				   sql_i64(account)),
			  NULL, f);
}
