/*
 * expiry.c - a day that is over is over everywhere: in the set, the table, the files, the key file
 * and whatever backup was made while it lived.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypt/encode.h"
#include "support/trails.h"
#include "trail/expiry.h"
#include "trail/inside.h"
#include "trail/limit.h"

enum { PERSON = 0x0badcafe };
#define CANARY "CANARY-7781"

static struct utc_s noon(const struct trails *s, int32_t day)
{
	return (struct utc_s){ zone_day_start(s->zone, day).v + 43200 };
}

static void push(struct trails *s, int64_t batch, int32_t day, const char *seat)
{
	struct database *d = s->d;
	struct trail_visit v = { .person = PERSON,
				 .place = { 4242 },
				 .from = noon(s, day),
				 .to = { noon(s, day).v + 600 },
				 .seat = str_of(seat),
				 .called = str_of(seat) };
	enum trail_fate fate;
	struct trails_keep k = { s, { s->options.county, batch }, &v, 1, &fate, false };

	MUST(trails_keep(&k, &d->fault));
}

static uint64_t shown(struct trails *s)
{
	struct database *d = s->d;
	struct trail_counts c;

	MUST(trail_count(s->t, &c, &d->fault));
	return c.visits;
}

struct searched {
	const char *dir;
	struct str what;
	size_t found, files;
};

static enum err search(const char *name, void *arg, struct fault *f)
{
	struct searched *s = arg;
	CLEANUP(file_unmap) struct file_map m = { 0 };
	char path[PATHS_BYTES + 300];
	enum err e;

	(void)snprintf(path, sizeof path, "%s/%s", s->dir, name);
	if ((e = file_map_read(path, &m, f)))
		return e;
	s->files++;
	s->found += m.n && memmem(m.p, m.n, s->what.p, s->what.n);
	return OK;
}

static size_t found_in(const char *dir, const void *p, size_t n)
{
	struct searched s = { dir, { p, n }, 0, 0 };
	struct fault f = { 0 };

	if (dir_each(dir, search, &s, &f))
		fail_msg("%s", f.en);
	return s.found;
}

static void copy(const char *from, const char *to)
{
	CLEANUP(file_unmap) struct file_map m = { 0 };
	CLEANUP(file_end) struct file *fl = NULL;

	assert_int_equal(file_map_read(from, &m, NULL), OK);
	assert_int_equal(file_open(to, FILE_REPLACE, &fl, NULL), OK);
	assert_int_equal(file_write(fl, m.p, m.n, NULL), OK);
	assert_int_equal(file_close(&fl, NULL), OK);
}

static void a_day_lives_for_its_days_and_not_one_more(void **state)
{
	struct database *d = *state;
	int32_t keep = (int32_t)limit_of(LIMIT_KEEP_DAYS);
	struct expiry_report r;
	struct trails s;
	struct utc_s now;

	trails_begin(&s, d, 1);
	push(&s, 1, TRAILS_DAY, "1");
	push(&s, 2, TRAILS_DAY + 1, "2");
	trails_seal(&s);
	MUST(trail_expire(s.t, noon(&s, TRAILS_DAY + keep), &r, &d->fault));
	assert_int_equal(r.days, 0);
	assert_int_equal(shown(&s), 2);
	MUST(trail_expire(s.t, noon(&s, TRAILS_DAY + keep + 1), &r, &d->fault));
	assert_true(r.days == 1 && r.packs == 1 && r.visits == 1);
	assert_int_equal(shown(&s), 1);
	trails_again(&s);
	assert_int_equal(shown(&s), 1);
	MUST(trail_expire(s.t, noon(&s, TRAILS_DAY + keep + 1), &r, &d->fault));
	assert_int_equal(r.days, 0);

	struct trail_visit late = { .person = 1,
				    .place = { 1 },
				    .from = noon(&s, TRAILS_DAY),
				    .to = { noon(&s, TRAILS_DAY).v + 60 } };
	now = noon(&s, TRAILS_DAY + keep + 1);
	MUST_FAIL(trail_check(&late, now, trail_since(s.t, now), &d->fault), ERR_RANGE);
	MUST(trail_expire(s.t, noon(&s, TRAILS_DAY + 99), &r, &d->fault));
	assert_int_equal(shown(&s), 0);
	trails_end(&s);
}

/* What a backup of day 2 holds, and the house of day 23, searched byte by byte. */
static void nothing_of_day_one_can_be_read_after_day_twenty_two(void **state)
{
	struct database *d = *state;
	int32_t keep = (int32_t)limit_of(LIMIT_KEEP_DAYS);
	int64_t person = PERSON;
	char home[PATHS_BYTES], old[PATHS_BYTES + 20];
	struct crypt_key key;
	struct expiry_report r;
	struct trails s;

	trails_begin(&s, d, 1);
	(void)snprintf(home, sizeof home, "%s", d->url + strlen("sqlite:"));
	push(&s, 1, TRAILS_DAY, CANARY);
	push(&s, 2, TRAILS_DAY + 1, "later");
	trails_seal(&s);
	MUST(trail_key(s.t, TRAILS_DAY, &key, &d->fault));
	/* While it lives it lies in the segment's file of numbers: we would see it. */
	assert_true(found_in(s.segments, CANARY, strlen(CANARY)) > 0);
	assert_true(found_in(s.segments, &person, sizeof person) > 0);
	assert_int_equal(found_in(home, CANARY, strlen(CANARY)), 0);
	(void)snprintf(old, sizeof old, "%.4000s/old.sqlite", s.dir.s);
	MUST(db_copy(d->db, old, &d->fault));

	MUST(trail_expire(s.t, noon(&s, TRAILS_DAY + keep + 1), &r, &d->fault));
	assert_int_equal(r.days, 1);
	CLEANUP(buf_release) struct buf text = { 0 };
	encode_base64url(&text, key.v, sizeof key.v);
	for (size_t i = 0; i < 3; i++) {
		const char *dirs[] = { home, s.segments, s.dir.s };

		assert_int_equal(found_in(dirs[i], CANARY, strlen(CANARY)), 0);
		assert_int_equal(found_in(dirs[i], key.v, sizeof key.v), 0);
		assert_int_equal(found_in(dirs[i], text.p, text.n), 0);
	}
	assert_null(daykeys_of(&s.t->keys, TRAILS_DAY));

	/* The old backup comes back: day 2 is there, day 1 is bytes that nothing opens. */
	char path[PATHS_BYTES + 40];
	trail_close(&s.t);
	(void)snprintf(path, sizeof path, "%.4000s/again", s.dir.s);
	MUST(dir_make(path, &d->fault));
	char url[PATHS_BYTES + 60], file[PATHS_BYTES + 80];
	(void)snprintf(file, sizeof file, "%s/%s", path, DB_SQLITE_FILE);
	copy(old, file);
	(void)snprintf(url, sizeof url, "sqlite:%s", path);
	struct db *restored = NULL;
	MUST(db_open(&(struct db_options){ .url = url }, &restored, &d->fault));
	s.options.db = restored;
	MUST(trail_open(&s.options, &s.t, &d->fault));
	assert_int_equal(shown(&s), 1);
	MUST(trail_expire(s.t, noon(&s, TRAILS_DAY + keep + 1), &r, &d->fault));
	assert_true(r.days == 1 && r.packs == 1);
	trail_close(&s.t);
	db_close(restored);
	ignore(file_unlink(file, NULL));
	(void)remove(path);
	s.options.db = d->db;
	MUST(trail_open(&s.options, &s.t, &d->fault));
	trails_end(&s);
}

static void keys_are_destroyed_when_two_clocks_agree(void **state)
{
	struct expiry_clock c;
	int64_t wall = 1790000000, steady = 500;

	(void)state;
	expiry_clock_begin(&c, wall, steady, wall - 60);
	assert_true(expiry_clock_agrees(&c, wall + 60, steady + 60));
	assert_true(expiry_clock_agrees(&c, wall + 3660, steady + 3600));
	/* The wall leaps a year, or goes back: nothing, until both agreed for a day. */
	for (int i = 0; i < 2; i++) {
		int64_t leap = i ? -30 * 86400 : 365 * 86400;

		expiry_clock_begin(&c, wall, steady, wall - 60);
		assert_false(expiry_clock_agrees(&c, wall + leap, steady + 60));
		assert_false(expiry_clock_agrees(&c, wall + leap + 3600, steady + 3660));
		assert_true(expiry_clock_agrees(&c, wall + leap + 86400, steady + 60 + 86400));
	}
	/* A house that begins with a wall far past all it knows waits a day as well. */
	expiry_clock_begin(&c, wall, steady, wall - 30 * 86400);
	assert_false(expiry_clock_agrees(&c, wall + 60, steady + 60));
	assert_true(expiry_clock_agrees(&c, wall + 86400, steady + 86400));
	/* A new house knows of nothing. */
	expiry_clock_begin(&c, wall, steady, 0);
	assert_true(expiry_clock_agrees(&c, wall + 60, steady + 60));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_day_lives_for_its_days_and_not_one_more),
		ON_SQLITE(nothing_of_day_one_can_be_read_after_day_twenty_two),
		cmocka_unit_test(keys_are_destroyed_when_two_clocks_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
