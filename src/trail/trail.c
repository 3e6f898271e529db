#include "trail/trail.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "trail/expiry.h"
#include "trail/inside.h"
#include "trail/told.h"
#include "trail/trail.sql.h"

#include "base/ban.h"

enum { DAY_S = 86400 };

/* ---- days ------------------------------------------------------------------------------------ */

static size_t place_of(const struct trail *t, int32_t day)
{
	size_t i = 0;

	while (i < t->days.n && t->days.v[i]->day < day)
		i++;
	return i;
}

struct trail_day *trail_day_of(struct trail *t, int32_t day)
{
	size_t i = place_of(t, day);

	return i < t->days.n && t->days.v[i]->day == day ? t->days.v[i] : NULL;
}

enum err trail_day_make(struct trail *t, int32_t day, struct trail_day **ret)
{
	struct trail_day *d = trail_day_of(t, day);
	size_t i = place_of(t, day);
	enum err e;

	if (!d) {
		if ((e = vec_reserve(&t->days, t->days.n + 1)))
			return e;
		d = mem_take(1, sizeof *d);
		if (!d)
			return ERR_MEMORY;
		d->day = day;
		memmove(t->days.v + i + 1, t->days.v + i,
			(t->days.n - i) * sizeof(struct trail_day *));
		t->days.v[i] = d;
		t->days.n++;
	}
	*ret = d;
	return OK;
}

void trail_day_free(struct trail_day *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->tail.n; i++)
		tail_pack_drop(&d->tail.v[i]);
	vec_drop(&d->tail);
	seen_drop(&d->seen);
	sealed_free(d->sealed);
	mem_drop(d);
}

void trail_stale(struct trail *t, int32_t day)
{
	struct trail_day *d;

	if (trail_day_make(t, day, &d)) {
		t->lost = true; /* not even a place to note it in: everything is looked at anew */
		return;
	}
	d->stale = true;
}

enum err trail_kind_said(struct trail *t, uint32_t place, uint32_t word)
{
	size_t want = (size_t)place + 1;
	uint32_t *now;
	enum err e;

	if (want > t->kind.n) {
		if (want > t->kind.cap &&
		    (e = vec_reserve(&t->kind, max_size(want, 2 * t->kind.cap))))
			return e;
		memset(t->kind.v + t->kind.n, 0, (want - t->kind.n) * sizeof *t->kind.v);
		t->kind.n = want;
	}
	now = &t->kind.v[place];
	if (word && (!*now || (*now != word && str_cmp(names_text(t->words, word),
						       names_text(t->words, *now)) < 0))) {
		*now = word;
		t->kind_version++;
	}
	return OK;
}

/* ---- keys ------------------------------------------------------------------------------------ */

enum err trail_key(struct trail *t, int32_t day, struct crypt_key *ret, struct fault *f)
{
	const struct crypt_key *key;

	pthread_mutex_lock(&t->lock);
	key = daykeys_of(&t->keys, day);
	if (key)
		*ret = *key;
	pthread_mutex_unlock(&t->lock);
	if (key)
		return OK;
	return fault_set(f, ERR_CORRUPT, "有到访记录的日期（第 %d 天）没有密钥",
			 "day %d has visits and no key", day);
}

/* ---- beginning and end ----------------------------------------------------------------------- */

enum err trail_words_new(struct names **ret)
{
	CLEANUP(names_end) struct names *words = NULL;
	CLEANUP(buf_release) struct buf none = { 0 };
	uint32_t zero;
	enum err e = names_new(&words);

	if (e)
		return e;
	names_pair(&none, STR(""), STR(""));
	if (none.failed || (e = names_intern(words, buf_view(&none), &zero)))
		return none.failed ? none.failed : e;
	assert(zero == 0);
	*ret = words;
	words = NULL;
	return OK;
}

static enum err take_turn_row(struct tx *tx, void *arg, struct fault *f)
{
	const struct trail *t = arg;

	return tx_run(tx, &trail_sql.turn_make, SQL_ARGS(sql_i64(t->o.county.v)), NULL, f);
}

/* Every day that has packs is stale. */
static enum err list_days(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct trail *t = arg;
	struct trail_day *d;
	bool more;
	enum err e = tx_rows(tx, &trail_sql.days, SQL_NO_ARGS, &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		if (daykeys_of(&t->keys, (int32_t)rows_i64(r, 0)) && /* else it is over */
		    !(e = trail_day_make(t, (int32_t)rows_i64(r, 0), &d)))
			d->stale = true;
	return e;
}

enum err trail_find_lost(struct trail *t, struct fault *f)
{
	enum err e;

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; t->lost && i < t->days.n; i++)
		t->days.v[i]->stale = true;
	e = t->lost ? db_read(t->o.db, list_days, t, f) : OK;
	t->lost = t->lost && e;
	pthread_mutex_unlock(&t->lock);
	return e;
}

/* Rows that nobody keeps in step with the packs any more. */
static enum err forget_told(struct tx *tx, void *arg, struct fault *f)
{
	(void)arg;
	return told_forget(tx, f);
}

static enum err begin(struct trail *t, struct fault *f)
{
	enum err e;

	if (t->o.by == TRAIL_BY_SQL && db_is_sqlite(t->o.db))
		return fault_set(f, ERR_USAGE,
				 "用 SQL 追踪需要 PostgreSQL；SQLite 请用 trace.by = engine",
				 "a trace by SQL needs PostgreSQL; on SQLite it is trace.by = "
				 "engine");
	if (t->o.by != TRAIL_BY_SQL && !db_is_sqlite(t->o.db) &&
	    (e = db_write(t->o.db, forget_told, NULL, f)))
		return e;
	if ((e = trail_words_new(&t->words)) || (e = trace_set_new(t->o.zone, &t->set)))
		return e;
	if ((e = daykeys_read(t->o.keys, &t->keys, f)) && e != ERR_ABSENT)
		return e;
	if ((e = db_write(t->o.db, take_turn_row, t, f)) || (e = dir_make(t->o.dir, f)) ||
	    (e = trail_start(t, f)))
		return e;
	return trail_settle(t, f);
}

enum err trail_open(const struct trail_options *o, struct trail **ret, struct fault *f)
{
	CLEANUP(trail_close) struct trail *t = mem_take(1, sizeof *t);
	enum err e;

	if (!t)
		return ERR_MEMORY;
	t->o = *o;
	t->keys.gone = DAYKEY_NONE_GONE;
	pthread_mutex_init(&t->lock, NULL);
	pthread_mutex_init(&t->sealing, NULL);
	pthread_mutex_init(&t->telling, NULL);
	if ((e = begin(t, f)))
		return e;
	*ret = t;
	t = NULL;
	return OK;
}

void trail_close(struct trail **trail)
{
	struct trail *t = *trail;

	if (!t)
		return;
	for (size_t i = 0; i < t->days.n; i++)
		trail_day_free(t->days.v[i]);
	vec_drop(&t->days);
	for (size_t i = 0; i < t->pending.n; i++)
		pending_free(t->pending.v[i]);
	vec_drop(&t->pending);
	daykeys_drop(&t->keys);
	numbers_drop(&t->persons);
	numbers_drop(&t->places);
	trail_world_drop(t);
	vec_drop(&t->kind);
	names_free(t->words);
	trace_set_free(t->set);
	pthread_mutex_destroy(&t->lock);
	pthread_mutex_destroy(&t->sealing);
	pthread_mutex_destroy(&t->telling);
	mem_drop(t);
	*trail = NULL;
}

/* ---- what may come in ------------------------------------------------------------------------ */

static enum err check_times(const struct trail_visit *v, struct utc_s now, struct fault *f)
{
	bool still = v->to.v == TRACE_STILL;

	if (v->from.v < WHEN_MIN_S || v->from.v >= WHEN_MAX_S || v->from.v > now.v + DAY_S)
		return fault_set(f, ERR_RANGE, "到访的开始时间在将来；请检查日期",
				 "the visit begins in the future; check the date");
	if (!still && v->to.v <= v->from.v)
		return fault_set(f, ERR_RANGE, "到访的结束时间不晚于开始时间；请检查两列是否颠倒",
				 "the visit ends before it begins; check whether the two columns "
				 "are exchanged");
	if (!still && v->to.v > now.v + DAY_S)
		return fault_set(f, ERR_RANGE, "到访的结束时间在将来；尚未离开的请把结束时间留空",
				 "the visit ends in the future; leave the end out while it lasts");
	if (!still && v->to.v - v->from.v > (int64_t)TRAIL_VISIT_DAYS_MAX * DAY_S)
		return fault_set(f, ERR_RANGE, "到访超过 %d 天；请分段报送",
				 "the visit lasts over %d days; send it in parts",
				 TRAIL_VISIT_DAYS_MAX);
	return OK;
}

struct utc_s trail_since(const struct trail *t, struct utc_s now)
{
	struct trail *own = (struct trail *)(uintptr_t)t;
	int32_t gone;

	pthread_mutex_lock(&own->lock);
	gone = t->keys.gone;
	pthread_mutex_unlock(&own->lock);
	return zone_day_start(t->o.zone,
			      gone < trail_first_day(t, now) ? trail_first_day(t, now) : gone + 1);
}

enum err trail_check(const struct trail_visit *v, struct utc_s now, struct utc_s since,
		     struct fault *f)
{
	enum err e;

	if (v->person <= 0 || v->place.v <= 0)
		return fault_set(f, ERR_RANGE, "到访缺少人员或场所",
				 "a visit has a person and a place");
	if ((e = check_times(v, now, f))) {
		fault_at(f, "from", NULL);
		return e;
	}
	if (v->seat.n > TRAIL_WORD_BYTES_MAX || v->role.n > TRAIL_WORD_BYTES_MAX ||
	    v->kind.n > TRAIL_WORD_BYTES_MAX) {
		e = fault_set(f, ERR_RANGE, "座位、角色或场所类别超过 %d 字节",
			      "seat, role or kind of place is over %d bytes", TRAIL_WORD_BYTES_MAX);
		fault_at(f, "seat", NULL);
		return e;
	}
	if (v->from.v < since.v) {
		e = fault_set(f, ERR_RANGE, "到访日期的保存期已过，不再接收",
			      "visits of that day are over their time and are not taken any more");
		fault_at(f, "from", NULL);
		return e;
	}
	return OK;
}

enum err trail_place_of(struct str sender, struct str key, struct trail_place *ret)
{
	CLEANUP(buf_release) struct buf pair = { 0 };
	uint64_t h;

	names_pair(&pair, sender, key);
	if (pair.failed)
		return pair.failed;
	h = digest_of(pair.p, pair.n) >> 1;
	ret->v = h ? (int64_t)h : 1;
	return OK;
}

enum err trail_count(struct trail *t, struct trail_counts *ret, struct fault *f)
{
	struct trail_counts c = { 0 };
	enum err e = trail_settle(t, f);

	if (e)
		return e;
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->days.n; i++) {
		const struct trail_day *d = t->days.v[i];

		c.visits += (d->sealed ? d->sealed->n_digests : 0) + d->seen.n + d->seen.zero;
		c.unsealed += d->seen.n + d->seen.zero;
		c.segments += d->sealed != NULL;
		c.days += d->sealed || d->seen.n || d->seen.zero;
	}
	c.persons = t->persons.n;
	c.places = t->places.n;
	pthread_mutex_unlock(&t->lock);
	*ret = c;
	return OK;
}
