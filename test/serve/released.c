/*
 * released.c - what a released program wrote, brought to the newest schema: a house that is whole,
 * on both databases; and the power going off at every write on the way, which leaves the old or the
 * new (under a sanitizer at every third).
 *
 * released/NNNN.dump holds the rows of a house as of step NNNN, made by tools/released.sh and never
 * changed afterwards: its digests say that no step up to there was edited since.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "serve/house.h"
#include "serve/sound.h"
#include "support/database.h"
#include "support/paths.h"
#include "support/weak_disk.h"

#define DUMP "test/serve/released/0009.dump"
enum { LAST = 9, LINES_MAX = 4000, ORGANISATIONS = 4 };

/* The steps that the released program had. */
static size_t released_steps(void)
{
	size_t n = 0;

	while (n < db_steps_builtin_n && db_steps_builtin[n].number <= LAST)
		n++;
	return n;
}

/* ---- loading ------------------------------------ */

struct dump {
	struct buf text; /* each statement ends with NUL */
	struct sql sql[LINES_MAX];
	size_t n;
};

/* X'0A' in SQLite is '\x0A' in PostgreSQL. */
static void spell(struct buf *b, const char *p, size_t n, bool sqlite)
{
	for (size_t i = 0; i < n; i++) {
		if (!sqlite && p[i] == 'X' && i + 1 < n && p[i + 1] == '\'') {
			buf_lit(b, "'\\x");
			i++;
		} else {
			buf_char(b, p[i]);
		}
	}
	buf_char(b, '\0');
}

static void read_dump(struct dump *u, bool sqlite)
{
	CLEANUP(file_unmap) struct file_map m = { 0 };
	size_t at[LINES_MAX];
	char path[500];

	snprintf(path, sizeof path, "%s/" DUMP, getenv("OUTPOST_SOURCE"));
	if (file_map_read(path, &m, NULL))
		fail_msg("cannot read %s", path);
	for (const char *p = (const char *)m.p, *end = p + m.n; p < end;) {
		const char *line = memmem(p, (size_t)(end - p), ";\n", 2);

		assert_true(line && u->n < LINES_MAX);
		at[u->n++] = u->text.n;
		spell(&u->text, p, (size_t)(line - p), sqlite);
		p = line + 2;
	}
	for (size_t i = 0; i < u->n; i++)
		u->sql[i] = (struct sql){
			.name = "released.row",
			.text = u->text.p + at[i],
			.args = "",
			.act = SQL_WRITE,
			.append = strstr(u->text.p + at[i], "INTO ledger_entry ") ? "ledger_entry"
										  : NULL,
		};
}

/* The digests of the steps are the golden's: whoever opens it holds them against ours. */
static enum err load_act(struct tx *tx, void *arg, struct fault *f)
{
	static const struct sql none = { .name = "released.none",
					 .text = "DELETE FROM schema_step",
					 .args = "",
					 .act = SQL_WRITE };
	struct dump *u = arg;
	enum err e = tx_run(tx, &none, SQL_NO_ARGS, NULL, f);

	for (size_t i = 0; !e && i < u->n; i++)
		e = tx_run(tx, &u->sql[i], SQL_NO_ARGS, NULL, f);
	return e;
}

static void load(struct db *db)
{
	struct dump *u = mem_take(1, sizeof *u);
	struct fault f = { 0 };

	assert_non_null(u);
	read_dump(u, db_is_sqlite(db));
	if (db_write(db, load_act, u, &f))
		fail_msg("%s", f.en);
	buf_release(&u->text);
	mem_drop(u);
}

/* ---- what must hold ------------------------------------ */

static enum err count_act(struct tx *tx, void *arg, struct fault *f)
{
	static const struct sql sql = { .name = "released.count",
					.text = "SELECT count(*) FROM organisations",
					.args = "" };
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &sql, SQL_NO_ARGS, &r, f);

	if (!e)
		*(int64_t *)arg = rows_i64(r, 0);
	return e;
}

static int64_t organisations(struct db *db)
{
	int64_t n = 0;

	assert_int_equal(db_read(db, count_act, &n, NULL), OK);
	return n;
}

static void it_becomes_a_house_of_today_and_is_whole(void **state)
{
	CLEANUP(house_end) struct house *h = NULL;
	struct database *d = *state;
	struct sound_report r;
	struct config c;

	load(d->db);
	db_end(&d->db);
	config_defaults(&c);
	MUST(config_set(&c, STR("house.area"), STR("43"), &d->fault));
	MUST(config_set(&c, STR("db.url"), str_of(d->url), &d->fault));
	MUST(house_make(d->sqlite ? "lite" : "pg", &c, CRYPT_WORLD, &crypt_random_system,
			(struct utc_s){ DATABASE_NOW }, &d->fault));
	MUST(house_open(d->sqlite ? "lite" : "pg", &h, &d->fault));
	MUST(house_database(h, false, (struct utc_s){ DATABASE_NOW }, &d->fault));
	MUST(sound_look(h, &(struct sound_ask){ .whole = true }, &r, &d->fault));
	if (r.ledger.verdict)
		fail_msg("%s: %.*s in %lld", r.ledger.en, (int)r.ledger.object.n, r.ledger.object.p,
			 (long long)r.ledger.county.v);
	assert_true(r.ledger.entries > 10 && r.ledger.objects > 5 && r.receipts > 3);
	assert_int_equal(r.receipts_lost, 0);
	assert_int_equal(organisations(h->db), ORGANISATIONS);
}

/* ---- the power goes off ------------------------------------ */

static enum err open_weak(size_t n_steps, bool create, struct db **ret, struct fault *f)
{
	const struct db_options o = { .url = "sqlite:weak",
				      .create = create,
				      .steps = db_steps_builtin,
				      .n_steps = n_steps,
				      .vfs = WEAK_DISK,
				      .readers = 1 };

	return db_open(&o, ret, f);
}

static void make_old(void)
{
	CLEANUP(db_end) struct db *db = NULL;
	struct fault f = { 0 };

	weak_disk_register();
	weak_disk_format(1);
	if (open_weak(released_steps(), true, &db, &f) || db_migrate(db, (struct utc_s){ 1 }, &f))
		fail_msg("%s", f.en);
	load(db);
	db_end(&db);
	weak_disk_keep();
}

/* Migrate with the power going off at the k-th write; was it over before? */
static bool cut_at(uint64_t k)
{
	struct db *db = NULL;
	enum err e;

	weak_disk_restore(k);
	weak_disk_cut_at(k);
	e = open_weak(db_steps_builtin_n, false, &db, NULL);
	if (!e)
		e = db_migrate(db, (struct utc_s){ 2 }, NULL);
	db_end(&db);
	weak_disk_cut_at(0);
	if (!weak_disk_is_cut())
		assert_int_equal(e, OK);
	return !weak_disk_is_cut();
}

static void whenever_the_power_goes_off_it_is_the_old_or_the_new(void **state)
{
	size_t old = db_steps_builtin_n - released_steps();
	bool over = false;
	uint64_t k, stride = in_full() ? 1 : 3;

	(void)state;
	make_old();
	for (k = 1; !over; k += stride) {
		struct fault f = { 0 };
		struct db *db = NULL;
		size_t pending = 0;

		over = cut_at(k);
		weak_disk_power_on();
		if (open_weak(db_steps_builtin_n, false, &db, &f) || db_pending(db, &pending, &f) ||
		    db_sound(db, &f))
			fail_msg("cut at %d: %s", (int)k, f.en);
		assert_true(pending <= old);
		assert_int_equal(organisations(db), ORGANISATIONS);
		if (db_migrate(db, (struct utc_s){ 3 }, &f) || db_pending(db, &pending, &f) ||
		    db_sound(db, &f))
			fail_msg("cut at %d, going on: %s", (int)k, f.en);
		assert_int_equal(pending, 0);
		assert_int_equal(organisations(db), ORGANISATIONS);
		db_end(&db);
	}
	assert_true(k > old); /* there was something to cut */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(it_becomes_a_house_of_today_and_is_whole),
		cmocka_unit_test(whenever_the_power_goes_off_it_is_the_old_or_the_new),
	};

	database_steps(db_steps_builtin, released_steps());
	return cmocka_run_group_tests_name("released", tests, NULL, NULL);
}
