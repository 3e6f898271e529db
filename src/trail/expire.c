#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger.h"
#include "ledger/merkle.h"
#include "trail/dayfile.h"
#include "trail/expiry.h"
#include "trail/inside.h"
#include "trail/limit.h"
#include "trail/told.h"
#include "trail/trail.sql.h"

#include "base/ban.h"

/* ---- two clocks ------------------------------------------------------------------------------ */

static void side_by_side(struct expiry_clock *c, int64_t wall_s, int64_t steady_s)
{
	c->wall_s = wall_s;
	c->steady_s = steady_s;
}

void expiry_clock_begin(struct expiry_clock *c, int64_t wall_s, int64_t steady_s, int64_t known_s)
{
	*c = (struct expiry_clock){ .begun = true };
	c->doubted = known_s && wall_s - known_s > EXPIRY_LEAP_S;
	side_by_side(c, wall_s, steady_s);
}

bool expiry_clock_agrees(struct expiry_clock *c, int64_t wall_s, int64_t steady_s)
{
	int64_t wall = wall_s - c->wall_s, steady = steady_s - c->steady_s;

	if (!c->begun)
		return false;
	if (steady < 0 || wall - steady > EXPIRY_APART_S || steady - wall > EXPIRY_APART_S) {
		c->doubted = true;
		side_by_side(c, wall_s, steady_s);
		return false;
	}
	if (c->doubted && steady < EXPIRY_DOUBT_S)
		return false;
	c->doubted = false;
	side_by_side(c, wall_s, steady_s); /* small differences do not add up */
	return true;
}

/* ---- one day --------------------------------------------------------------------------------- */

struct ending {
	struct trail *t;
	int32_t day;
	struct utc_s now;
	char print[2 * DAYKEY_PRINT_BYTES]; /* of its key, in groups; "none" */
	uint64_t packs, visits;
};

/* 0123-4567-...: no run of digits in it is long enough to look like somebody's number. */
static enum err print_key(struct ending *e)
{
	char plain[DAYKEY_PRINT_BYTES];
	struct crypt_key key;
	struct fault unasked = { 0 };
	size_t n = 0;
	enum err er;

	(void)snprintf(e->print, sizeof e->print, "none");
	if (trail_key(e->t, e->day, &key, &unasked))
		return OK;
	er = daykeys_print(&key, plain);
	crypt_wipe(&key, sizeof key);
	for (size_t i = 0; !er && plain[i]; i++) {
		if (i && i % 4 == 0)
			e->print[n++] = '-';
		e->print[n++] = plain[i];
		e->print[n] = '\0';
	}
	return er;
}

static enum err root_of(struct ending *e, struct tx *tx, struct crypt_hash *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	CLEANUP(crypt_hasher_end) struct crypt_hasher *h = NULL;
	struct merkle_node root;
	struct merkle m;
	bool more;
	enum err er = crypt_hasher_new(CRYPT_WORLD, &h);

	if (er || (er = tx_rows(tx, &trail_sql.digests_of_day, SQL_ARGS(sql_i64(e->day)), &r, f)))
		return er;
	e->packs = e->visits = 0;
	merkle_begin(&m, h);
	while (!(er = rows_next(r, &more, f)) && more) {
		struct str digest = rows_blob(r, 1);
		struct merkle_node leaf = { { 0 } };

		memcpy(leaf.v, digest.p + (digest.n ? 1 : 0),
		       min_size(digest.n ? digest.n - 1 : 0, sizeof leaf.v));
		merkle_add(&m, &leaf);
		e->packs++;
		e->visits += (uint64_t)rows_i64(r, 0);
	}
	merkle_root(&m, &root);
	ret->v[0] = CRYPT_WORLD;
	memcpy(ret->v + 1, root.v, sizeof root.v);
	return er;
}

static enum err end_act(struct tx *tx, void *arg, struct fault *f)
{
	struct ending *e = arg;
	struct sql_value day = sql_i64(e->day), county = sql_i64(e->t->o.county.v);
	CLEANUP(buf_release) struct buf detail = { 0 };
	struct ledger_entry en = {
		.county = e->t->o.county,
		.at = e->now,
		.kind = LEDGER_ACT,
		.purpose = STR("retention"),
		.object = STR(EXPIRY_OBJECT),
		.object_id = e->day,
		.action = STR(EXPIRY_ACTION),
	};
	enum err er = root_of(e, tx, &en.after, f);

	if (er || !e->packs)
		return er;
	buf_lit(&detail, "day=");
	when_date(&detail, e->day);
	buf_fmt(&detail, " key=%s packs=%llu visits=%llu", e->print, (unsigned long long)e->packs,
		(unsigned long long)e->visits);
	if (detail.failed)
		return detail.failed;
	en.detail = buf_view(&detail);
	if ((er = tx_run(tx, &trail_sql.delete_day, SQL_ARGS(day), NULL, f)) ||
	    (er = tx_run(tx, &trail_sql.called_day_gone, SQL_ARGS(day), NULL, f)) ||
	    (er = told_forget(tx, f)) ||
	    (er = tx_run(tx, &trail_sql.segment_gone, SQL_ARGS(county, day), NULL, f)))
		return er;
	return ledger_append(tx, &en, NULL, f);
}

/* ---- all that are over ----------------------------------------------------------------------- */

int32_t trail_first_day(const struct trail *t, struct utc_s now)
{
	return trace_day_of(t->o.zone, now) - (int32_t)limit_of(LIMIT_KEEP_DAYS);
}

typedef VEC(int32_t) day_list;

struct listing {
	int32_t before;
	day_list days;
};

static enum err list_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct listing *l = arg;
	bool more;
	enum err e = tx_rows(tx, &trail_sql.days_before, SQL_ARGS(sql_i64(l->before)), &r, f);

	l->days.n = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = vec_push(&l->days, (int32_t)rows_i64(r, 0));
	return e;
}

/* The keys first, since they are what matters; then what follows from them. */
static enum err forget(struct trail *t, int32_t through, struct fault *f)
{
	struct daykeys after = { .gone = DAYKEY_NONE_GONE };
	bool over = false;
	enum err e = OK;

	pthread_mutex_lock(&t->lock);
	if (t->keys.day.n && t->keys.day.v[0].day <= through)
		over = true;
	if (over || through > t->keys.gone) {
		after.gone = t->keys.gone;
		for (size_t i = 0; i < t->keys.day.n && !e; i++)
			if (t->keys.day.v[i].day > through)
				e = daykeys_add(&after, t->keys.day.v[i].day,
						&t->keys.day.v[i].key);
		daykeys_forget(&after, through);
		if (!e && !(e = daykeys_save(t->o.keys, &after, f))) {
			daykeys_drop(&t->keys);
			t->keys = after;
			after = (struct daykeys){ .gone = DAYKEY_NONE_GONE };
		}
	}
	pthread_mutex_unlock(&t->lock);
	daykeys_drop(&after);
	return e;
}

static enum err drop_days(struct trail *t, int32_t through, struct fault *f)
{
	enum err e = OK;

	pthread_mutex_lock(&t->sealing);
	pthread_mutex_lock(&t->lock);
	while (!e && t->days.n && t->days.v[0]->day <= through) {
		struct trail_day *d = t->days.v[0];

		if ((e = trace_set_drop_day(t->set, d->day, f)))
			break;
		if (d->sealed && d->sealed->name[0])
			dayfile_remove(t->o.dir, d->sealed->name);
		trail_day_free(d);
		memmove(t->days.v, t->days.v + 1, --t->days.n * sizeof(struct trail_day *));
	}
	pthread_mutex_unlock(&t->lock);
	pthread_mutex_unlock(&t->sealing);
	return e;
}

enum err trail_expire(struct trail *t, struct utc_s now, struct expiry_report *ret, struct fault *f)
{
	struct listing l = { .before = trail_first_day(t, now) };
	struct expiry_report all = { 0 };
	enum err e = db_read(t->o.db, list_act, &l, f);

	for (size_t i = 0; i < l.days.n && !e; i++) {
		struct ending end = { .t = t, .day = l.days.v[i], .now = now };

		if ((e = print_key(&end)) || (e = db_write(t->o.db, end_act, &end, f)))
			break;
		all.days++;
		all.packs += end.packs;
		all.visits += end.visits;
	}
	vec_drop(&l.days);
	if (e || (e = forget(t, l.before - 1, f)) || (e = drop_days(t, l.before - 1, f)) ||
	    (all.days && (e = db_cut_log(t->o.db, f))))
		return e;
	*ret = all;
	return OK;
}

struct known {
	int64_t s;
};

static enum err known_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct known *k = arg;
	enum err e = tx_row(tx, &trail_sql.newest_known, SQL_NO_ARGS, &r, f);

	k->s = e || rows_null(r, 0) ? 0 : rows_i64(r, 0);
	return e == ERR_ABSENT ? OK : e;
}

enum err trail_expiry_begin(struct trail *t, struct expiry_clock *c, struct utc_s now,
			    int64_t steady_s, struct fault *f)
{
	struct known known = { 0 };
	enum err e = db_read(t->o.db, known_act, &known, f);

	if (!e)
		expiry_clock_begin(c, now.v, steady_s, known.s);
	return e;
}

enum err trail_expire_by(struct trail *t, struct expiry_clock *c, struct utc_s now,
			 int64_t steady_s, struct expiry_report *ret, struct fault *f)
{
	memset(ret, 0, sizeof *ret);
	return expiry_clock_agrees(c, now.v, steady_s) ? trail_expire(t, now, ret, f) : OK;
}
