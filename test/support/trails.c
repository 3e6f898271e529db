#include "support/trails.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/encode.h"
#include "engine/trace/view.h"
#include "trail/inside.h"

void trails_begin(struct trails *s, struct database *d, uint64_t seed)
{
	struct path dir = path_scratch();

	trails_begin_in(s, d, seed, &dir);
}

void trails_close(struct trails *s)
{
	trail_close(&s->t);
	zone_end(&s->zone);
}

void trails_begin_in(struct trails *s, struct database *d, uint64_t seed, const struct path *dir)
{
	memset(s, 0, sizeof *s);
	s->d = d;
	s->dir = *dir;
	(void)snprintf(s->segments, sizeof s->segments, "%.4000s/trail", s->dir.s);
	(void)snprintf(s->keys, sizeof s->keys, "%.4000s/days", s->dir.s);
	MUST(zone_open("Asia/Shanghai", &s->zone, &d->fault));
	chance_begin(&s->chance, seed);
	s->options = (struct trail_options){ .db = d->db,
					     .dir = s->segments,
					     .keys = s->keys,
					     .zone = s->zone,
					     .county = { 430802000000000 },
					     .suite = CRYPT_WORLD,
					     .chance = &s->chance.random };
	MUST(trail_open(&s->options, &s->t, &d->fault));
}

void trails_again(struct trails *s)
{
	struct database *d = s->d;

	trail_close(&s->t);
	MUST(trail_open(&s->options, &s->t, &d->fault));
}

void trails_end(struct trails *s)
{
	struct path segments = { "" };

	trail_close(&s->t);
	zone_end(&s->zone);
	(void)snprintf(segments.s, sizeof segments.s, "%s", s->segments);
	if (path_exists(segments.s))
		path_forget(&segments);
	path_forget(&s->dir);
}

struct utc_s trails_now(const struct trails *s)
{
	return (struct utc_s){ zone_day_start(s->zone, TRAILS_DAY + 5).v + 43200 };
}

void trails_visits(struct dice *dice, const struct trails *s, struct trail_visit *ret, size_t n)
{
	static const char *const seats[] = { "", "", "", "1A", "2B", "12" };
	static const char *const kinds[] = { "", "cinema", "bus", "hall" };
	static const char *const roles[] = { "", "", "driver" };
	static const char *const called[] = { "hall", "", "bus 7", "cell-9", "" }; /* one a place */

	for (size_t i = 0; i < n; i++) {
		int32_t day = TRAILS_DAY + (int32_t)dice_below(dice, 4);

		ret[i] = (struct trail_visit){
			.person = 1000 + 7 * dice_below(dice, 12),
			.place = { 50 + dice_below(dice, 5) },
			.from = { zone_day_start(s->zone, day).v + 21600 * dice_below(dice, 4) },
			.seat = str_of(seats[dice_below(dice, ARRAY_LEN(seats))]),
			.role = str_of(roles[dice_below(dice, ARRAY_LEN(roles))]),
		};
		ret[i].called = str_of(called[ret[i].place.v - 50]);
		ret[i].kind = str_of(kinds[dice_below(dice, ARRAY_LEN(kinds))]);
		ret[i].to.v = dice_below(dice, 9) ? ret[i].from.v + 60 + 3600 * dice_below(dice, 8)
						  : TRACE_STILL;
	}
}

enum err trails_keep_act(struct tx *tx, void *arg, struct fault *f)
{
	struct trails_keep *k = arg;
	enum err e = trail_keep(k->s->t, tx, k->b, k->v, k->n, k->fate, f);

	return e ? e : k->fail ? ERR_CONFLICT : OK;
}

enum err trails_keep(struct trails_keep *k, struct fault *f)
{
	enum err e = db_write(k->s->d->db, trails_keep_act, k, f);

	if (e)
		trail_undone(k->s->t, k->b);
	else
		trail_kept(k->s->t, k->b);
	return e;
}

struct recall {
	struct trails *s;
	struct trail_batch b;
	struct trail_sum *ret;
};

static enum err recall_act(struct tx *tx, void *arg, struct fault *f)
{
	struct recall *r = arg;

	return trail_withdraw(r->s->t, tx, r->b, r->ret, f);
}

enum err trails_recall(struct trails *s, struct trail_batch b, struct trail_sum *ret,
		       struct fault *f)
{
	struct recall r = { s, b, ret };
	enum err e = db_write(s->d->db, recall_act, &r, f);

	if (e)
		trail_undone(s->t, b);
	else
		trail_withdrawn(s->t, b);
	return e;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *trails_shown(struct trails *s)
{
	const struct trace_view *v;
	visit_vec all = { NULL, 0, 0 };
	struct buf text = { 0 };
	char **line;

	assert_int_equal(trail_settle(s->t, &s->fault), OK);
	v = trace_set_view(s->t->set);
	for (size_t i = 0; i < v->n_parts; i++)
		assert_int_equal(view_part_visits(v, &v->part[i], &all), OK);
	trace_view_release(v);
	line = mem_take(all.n + 1, sizeof *line);
	for (size_t i = 0; i < all.n; i++) {
		const struct visit *x = &all.v[i];
		struct str seat = names_text(s->t->words, x->seat), a = { "", 0 }, b = { "", 0 };

		line[i] = mem_take(200, 1);
		if (x->seat)
			assert_int_equal(names_unpair(seat, &a, &b), OK);
		(void)snprintf(line[i], 200, "%lld %lld %lld %lld %.*s/%.*s\n",
			       (long long)numbers_at(&s->t->persons, x->person.v),
			       (long long)numbers_at(&s->t->places, x->place.v),
			       (long long)x->from.v, (long long)x->to.v, (int)a.n, a.p, (int)b.n,
			       b.p);
	}
	if (all.n)
		qsort(line, all.n, sizeof *line, by_text);
	for (size_t i = 0; i < all.n; i++) {
		buf_lit(&text, line[i]);
		mem_drop(line[i]);
	}
	buf_char(&text, '\0');
	mem_drop(line);
	vec_drop(&all);
	return text.p;
}

void trails_seal(struct trails *s)
{
	struct database *d = s->d;

	MUST(trail_settle(s->t, &d->fault));
	for (size_t i = 0; i < s->t->days.n; i++)
		MUST(day_seal(s->t, s->t->days.v[i]->day, &d->fault));
}

struct victim {
	uint32_t n, chosen;
	char name[100];
};

static enum err choose(const char *name, void *arg, struct fault *f)
{
	struct victim *v = arg;

	(void)f;
	if (v->n++ == v->chosen)
		(void)snprintf(v->name, sizeof v->name, "%s", name);
	return OK;
}

void trails_damage(struct trails *s, struct dice *dice)
{
	struct victim v = { 0, dice_below(dice, 8), "" };
	char path[PATHS_BYTES + 100];
	FILE *fl;

	assert_int_equal(dir_each(s->segments, choose, &v, &s->fault), OK);
	if (!v.name[0])
		return;
	(void)snprintf(path, sizeof path, "%s/%s", s->segments, v.name);
	if (dice_chance(dice, 0.3)) {
		assert_int_equal(remove(path), 0);
		return;
	}
	fl = fopen(path, "r+b");
	assert_non_null(fl);
	assert_int_equal(fseek(fl, (long)dice_below(dice, 200), SEEK_SET), 0);
	int c = fgetc(fl);
	assert_int_equal(fseek(fl, -1, SEEK_CUR), 0);
	assert_int_equal(fputc(c ^ 16, fl), c ^ 16);
	assert_int_equal(fclose(fl), 0);
}

static const struct sql packs = {
	.name = "test.packs",
	.text = "SELECT county, day, batch, seq, n, sealed, digest FROM visit_pack"
		" ORDER BY county, day, batch, seq",
	.args = "",
	.across = "a test",
	.scan = "a test",
};
static const struct sql called = {
	.name = "test.called",
	.text = "SELECT county, day, batch, sealed FROM visit_called ORDER BY county, day, batch",
	.args = "",
	.across = "a test",
	.scan = "a test",
};
static const struct sql segments = {
	.name = "test.segments",
	.text = "SELECT day, file, digest, visits FROM visit_segment ORDER BY county, day",
	.args = "",
	.across = "a test",
	.scan = "a test",
};

static enum err stored_act(struct tx *tx, void *arg, struct fault *f)
{
	struct buf *b = arg;
	struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(tx, &packs, SQL_NO_ARGS, &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		for (size_t i = 0; i < 5; i++)
			buf_fmt(b, "%lld ", (long long)rows_i64(r, i));
		encode_hex(b, rows_blob(r, 5).p, rows_blob(r, 5).n);
		encode_hex(b, rows_blob(r, 6).p, rows_blob(r, 6).n);
		buf_char(b, '\n');
	}
	rows_end(&r);
	if (!e)
		e = tx_rows(tx, &called, SQL_NO_ARGS, &r, f);
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		for (size_t i = 0; i < 3; i++)
			buf_fmt(b, "%lld ", (long long)rows_i64(r, i));
		encode_hex(b, rows_blob(r, 3).p, rows_blob(r, 3).n);
		buf_char(b, '\n');
	}
	rows_end(&r);
	if (!e)
		e = tx_rows(tx, &segments, SQL_NO_ARGS, &r, f);
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		buf_fmt(b, "%lld ", (long long)rows_i64(r, 0));
		buf_str(b, rows_text(r, 1));
		buf_fmt(b, " %lld %lld\n", (long long)rows_i64(r, 2), (long long)rows_i64(r, 3));
	}
	rows_end(&r);
	return e;
}

char *trails_stored(struct trails *s)
{
	struct database *d = s->d;
	struct buf b = { 0 };

	MUST(db_read(d->db, stored_act, &b, &d->fault));
	buf_char(&b, '\0');
	return b.p;
}
