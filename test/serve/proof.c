/*
 * proof.c - that visits are gone is proved on raw bytes, and whatever is left of them is told.
 */
#include "serve/proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypt/encode.h"
#include "serve/backup.h"
#include "serve/found.h"
#include "support/database.h"
#include "trail/expiry.h"
#include "trail/inside.h"
#include "trail/limit.h"

#include "base/ban.h"

enum { DAY = 20700 };

struct act {
	struct trail *t;
	struct trail_visit v;
	int64_t batch;
};

static enum err keep_act(struct tx *tx, void *arg, struct fault *f)
{
	struct act *a = arg;
	enum trail_fate fate;

	return trail_keep(a->t, tx, (struct trail_batch){ { 430000000000000 }, a->batch }, &a->v, 1,
			  &fate, f);
}

static struct trail *open_trail(struct database *d, struct house *h)
{
	static char dir[PATH_MAX], keys[PATH_MAX];
	struct trail_options o = { .db = h->db,
				   .dir = dir,
				   .keys = keys,
				   .zone = h->zone,
				   .county = area_county(h->area),
				   .suite = CRYPT_WORLD,
				   .chance = &crypt_random_system };
	struct trail *t;

	house_path(h->dir, "trail", dir);
	house_path(h->dir, "keys/days", keys);
	MUST(trail_open(&o, &t, &d->fault));
	return t;
}

static void put(struct database *d, const char *path, const void *p, size_t n)
{
	CLEANUP(file_end) struct file *fl = NULL;

	MUST(file_open(path, FILE_REPLACE, &fl, &d->fault));
	MUST(file_write(fl, "before", 6, &d->fault));
	MUST(file_write(fl, p, n, &d->fault));
	MUST(file_write(fl, " after", 6, &d->fault));
	MUST(file_close(&fl, &d->fault));
}

static void looks(struct database *d, struct house *h, uint64_t found, bool gone)
{
	static const char *const backups[] = { "backup" };
	CLEANUP(proof_end) struct proof p = { 0 };

	MUST(proof_look(h, backups, 1, &p, &d->fault));
	assert_true(p.days.n == 1 && p.days.v[0].day == DAY && p.days.v[0].visits == 1);
	assert_true(p.bytes > 100000 && p.backups == 1);
	assert_int_equal(p.keys_found, found);
	assert_int_equal(p.gone, gone);
}

static void what_is_gone_is_proved_and_what_is_left_is_told(void **state)
{
	CLEANUP(house_end) struct house *h = NULL;
	CLEANUP(buf_release) struct buf text = { 0 };
	struct database *d = *state;
	struct utc_s now = { DATABASE_NOW };
	struct found_first first;
	struct expiry_report r;
	struct crypt_key key;
	struct config c;
	struct act a = { 0 };

	config_defaults(&c);
	MUST(config_set(&c, STR("house.area"), STR("43"), &d->fault));
	MUST(found_house("town", &c, CRYPT_WORLD, now, &first, &d->fault));
	MUST(house_open("town", &h, &d->fault));
	MUST(house_database(h, false, now, &d->fault));
	a.t = open_trail(d, h);
	for (int64_t i = 0; i < 2; i++) {
		a.batch = i + 1;
		a.v = (struct trail_visit){ .person = 77,
					    .place = { 5 },
					    .from = { zone_day_start(h->zone, DAY).v +
						      (i ? 86400 : 0) + 60 } };
		a.v.to.v = a.v.from.v + 600;
		MUST(db_write(h->db, keep_act, &a, &d->fault));
		trail_kept(a.t, (struct trail_batch){ { 430000000000000 }, a.batch });
	}
	MUST(trail_key(a.t, DAY, &key, &d->fault));
	MUST(backup_make(h, "backup", now, &d->fault));
	now.v = zone_day_start(h->zone, DAY + (int32_t)limit_of(LIMIT_KEEP_DAYS) + 1).v;
	MUST(trail_expire(a.t, now, &r, &d->fault));
	assert_int_equal(r.days, 1);
	trail_close(&a.t);
	looks(d, h, 0, true);

	put(d, "town/scratch/left", key.v, sizeof key.v);
	looks(d, h, 1, false);
	encode_base64url(&text, key.v, sizeof key.v);
	put(d, "town/scratch/left", text.p, 0);
	looks(d, h, 0, true);
	put(d, "town/scratch/left", text.p, text.n);
	looks(d, h, 1, false); /* also with letters right before it */
	MUST(file_unlink("town/scratch/left", &d->fault));
	crypt_wipe(&key, sizeof key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(what_is_gone_is_proved_and_what_is_left_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
