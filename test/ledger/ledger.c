/*
 * ledger.c - an entry is there when its act is, in order, and can be asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ledger/entry.h"
#include "base/file.h"
#include "ledger/head.h"
#include "support/scene.h"

/* ---- in the same transaction ---- */

struct half {
	struct scene *s;
	bool entry_first, refuse_entry, refuse_act;
};

static enum err half_act(struct tx *tx, void *arg, struct fault *f)
{
	static const struct sql put = {
		.name = "thing.put",
		.text = "INSERT INTO scene_thing (county, id, version, text) "
			"VALUES ($1, 1, 1, 'x')",
		.args = "i",
		.act = SQL_WRITE
	};
	const struct half *a = arg;
	struct ledger_entry en = { .county = history_county(0),
				   .at = a->s->now,
				   .kind = LEDGER_ACT,
				   .purpose = a->refuse_entry ? STR("") : STR("duty"),
				   .object = STR("thing"),
				   .object_id = 1,
				   .version = 1,
				   .action = STR("make") };
	enum err e = OK;

	if (a->entry_first)
		e = ledger_append(tx, &en, NULL, f);
	if (!e)
		e = tx_run(tx, &put, SQL_ARGS(sql_i64(history_county(0).v)), NULL, f);
	if (!e && !a->entry_first)
		e = ledger_append(tx, &en, NULL, f);
	return e ? e : a->refuse_act ? ERR_CONFLICT : OK;
}

static enum err count_act(struct tx *tx, void *arg, struct fault *f)
{
	static const struct sql things = {
		.name = "scene.things",
		.text = "SELECT count(*) FROM scene_thing WHERE county = $1",
		.args = "i"
	};
	static const struct sql entries = {
		.name = "scene.entries",
		.text = "SELECT count(*) FROM ledger_entry WHERE county = $1",
		.args = "i"
	};
	int64_t *n = arg;
	const struct sql *const ask[] = { &things, &entries };
	enum err e = OK;

	for (size_t i = 0; !e && i < 2; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;

		e = tx_row(tx, ask[i], SQL_ARGS(sql_i64(history_county(0).v)), &r, f);
		if (!e)
			n[i] = rows_i64(r, 0);
	}
	return e;
}

static void no_entry_no_act_and_no_act_no_entry(void **state)
{
	struct database *d = *state;
	CLEANUP(scene_end) struct scene s;

	scene_begin(&s, d, CRYPT_WORLD, 1);
	for (int i = 0; i < 6; i++) {
		struct half a = { &s, i & 1, i / 2 == 0, i / 2 == 1 };
		enum err want = a.refuse_entry ? ERR_RANGE : a.refuse_act ? ERR_CONFLICT : OK;
		int64_t n[2] = { -1, -1 };

		if (i == 5)
			break; /* the fifth did it; another would be a second one */
		MUST_FAIL(db_write(d->db, half_act, &a, &d->fault), want);
		MUST(db_read(d->db, count_act, n, &d->fault));
		assert_int_equal(n[0], want == OK);
		assert_int_equal(n[1], want == OK);
	}
}

/* ---- chains ---- */

static void counties_have_chains_of_their_own_and_numbers_without_a_gap(void **state)
{
	struct database *d = *state;

	for (enum crypt_suite suite = CRYPT_WORLD; suite <= CRYPT_SM; suite++) {
		CLEANUP(scene_end) struct scene s;
		int64_t seq[3];

		scene_begin(&s, d, suite, 1);
		s.now.v += 100000 * (int64_t)suite;
		for (uint32_t c = 0; c < 3; c++)
			seq[c] = scene_end_of(&s, c);
		for (int i = 0; i < 60; i++) {
			uint32_t c = dice_below(&s.dice, 3);

			scene_act(&s, c, 1);
			assert_int_equal(s.last.seq, ++seq[c]);
			assert_int_equal(s.last.county.v, history_county(c).v);
			assert_int_equal(s.last.hash.v[0], suite);
			assert_int_equal(s.last.at.v, s.now.v);
		}
		/* the suite may change in the middle of a chain; both are verified */
		assert_int_equal(scene_verify(&s, NULL).verdict, VERIFY_WHOLE);
	}
}

struct worker {
	struct database *d;
	uint32_t county;
	int n;
	struct ledger_receipt r[40];
};

static enum err worker_act(struct tx *tx, void *arg, struct fault *f)
{
	struct worker *w = arg;
	struct ledger_entry en = { .county = history_county(w->county),
				   .at = { DATABASE_NOW + 100 },
				   .kind = LEDGER_ACT,
				   .purpose = STR("duty"),
				   .object = STR("roster"),
				   .action = STR("note") };

	return ledger_append(tx, &en, &w->r[w->n], f);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (w->n = 0; w->n < (int)ARRAY_LEN(w->r); w->n++)
		if (db_write(w->d->db, worker_act, w, NULL))
			abort();
	return NULL;
}

static void many_at_once_in_one_county_stand_one_behind_the_other(void **state)
{
	enum { WORKERS = 4, ALL = WORKERS * 40 };
	struct database *d = *state;
	CLEANUP(scene_end) struct scene s;
	static struct worker w[WORKERS];
	bool seen[ALL + 1] = { false };
	pthread_t thread[WORKERS];

	scene_begin(&s, d, CRYPT_WORLD, 1);
	for (int i = 0; i < WORKERS; i++) {
		w[i] = (struct worker){ .d = d, .county = 5 };
		assert_int_equal(pthread_create(&thread[i], NULL, work, &w[i]), 0);
	}
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	for (int i = 0; i < WORKERS; i++)
		for (int k = 0; k < 40; k++) {
			int64_t seq = w[i].r[k].seq;

			assert_true(seq >= 1 && seq <= ALL && !seen[seq]);
			seen[seq] = true;
		}
	assert_int_equal(scene_end_of(&s, 5), ALL);
	assert_int_equal(scene_verify(&s, NULL).verdict, VERIFY_WHOLE);
}

static enum err forbidden_act(struct tx *tx, void *arg, struct fault *f)
{
	return tx_run(tx, arg, SQL_ARGS(sql_i64(history_county(0).v)), NULL, f);
}

static void nothing_of_ours_can_change_an_entry(void **state)
{
	static struct sql edits[] = {
		{ .name = "x.edit",
		  .text = "UPDATE ledger_entry SET actor = 5 WHERE county = $1",
		  .args = "i",
		  .act = SQL_WRITE },
		{ .name = "x.drop",
		  .text = "DELETE FROM ledger_entry WHERE county = $1",
		  .args = "i",
		  .act = SQL_WRITE },
	};
	struct database *d = *state;
	CLEANUP(scene_end) struct scene s;

	scene_begin(&s, d, CRYPT_WORLD, 1);
	scene_act(&s, 0, 1);
	for (size_t i = 0; i < ARRAY_LEN(edits); i++)
		MUST_FAIL(db_write(d->db, forbidden_act, &edits[i], &d->fault), ERR_BUG);
	assert_int_equal(scene_verify(&s, NULL).entries, 1);
}

/* ---- asking ---- */

struct told {
	int64_t seq[200];
	enum ledger_kind kind[200];
	size_t n;
};

static enum err note(const struct ledger_entry *en, const struct crypt_hash *hash, void *arg,
		     struct fault *f)
{
	struct told *t = arg;

	(void)hash;
	(void)f;
	t->kind[t->n] = en->kind;
	t->seq[t->n++] = en->seq;
	return OK;
}

struct ask {
	struct ledger_page page;
	int64_t object_id, actor; /* -1: not asked for */
	struct told told;
};

static enum err ask_act(struct tx *tx, void *arg, struct fault *f)
{
	struct ask *a = arg;

	a->told.n = 0;
	if (a->object_id >= 0)
		return ledger_of_object(tx, &a->page, STR("thing"), a->object_id, note, &a->told,
					f);
	if (a->actor >= 0)
		return ledger_of_actor(tx, &a->page, a->actor, note, &a->told, f);
	return ledger_list(tx, &a->page, note, &a->told, f);
}

static void who_did_and_who_read_is_told_newest_first_and_in_pages(void **state)
{
	struct database *d = *state;
	CLEANUP(scene_end) struct scene s;
	struct ask a = { .page = { history_county(0), 0, 4 }, .object_id = -1, .actor = -1 };
	size_t n = 0;

	scene_begin(&s, d, CRYPT_WORLD, 1);
	for (int64_t i = 0; i < 10;
	     i++) { /* acts on 1, reads of 2 and 1, acts in a county beside */
		scene_act(&s, 0, 1);
		scene_read(&s, 0, 2 - i % 2);
		scene_act(&s, 1, 1);
	}
	do {
		MUST(db_read(d->db, ask_act, &a, &d->fault));
		for (size_t i = 0; i < a.told.n; i++)
			assert_int_equal(a.told.seq[i], 20 - (int64_t)n++);
		a.page.before_seq = a.told.n ? a.told.seq[a.told.n - 1] : 0;
	} while (a.told.n == 4);
	assert_int_equal(n, 20);

	a = (struct ask){ .page = { history_county(0), 0, 100 }, .object_id = 1, .actor = -1 };
	MUST(db_read(d->db, ask_act, &a, &d->fault));
	assert_int_equal(a.told.n, 15);
	for (size_t i = n = 0; i < a.told.n; i++) {
		n += a.told.kind[i] == LEDGER_READ;
		assert_true(i == 0 || a.told.seq[i] < a.told.seq[i - 1]);
	}
	assert_int_equal(n, 5);
	a.object_id = -1;
	a.actor = 18;
	MUST(db_read(d->db, ask_act, &a, &d->fault));
	assert_int_equal(a.told.n, 10);
	a.actor = 19;
	MUST(db_read(d->db, ask_act, &a, &d->fault));
	assert_int_equal(a.told.n, 0);
}

/* ---- heads ---- */

static void a_head_is_cut_each_minute_idle_or_not_and_after_many_entries(void **state)
{
	struct database *d = *state;
	CLEANUP(scene_end) struct scene s;
	struct heads_said said;

	scene_begin(&s, d, CRYPT_WORLD, 1);
	for (int64_t i = 1; i <= 59; i++) {
		MUST(heads_step(s.heads, (struct utc_s){ s.now.v + i }, &said, &d->fault));
		assert_false(said.cut);
	}
	s.now.v += 60;
	MUST(heads_step(s.heads, s.now, &said, &d->fault));
	assert_true(said.cut && said.n == 2);
	scene_many(&s, 999);
	s.now = (struct utc_s){ s.now.v - 990 }; /* our clock here ran with the acts */
	MUST(heads_step(s.heads, (struct utc_s){ s.now.v + 30 }, &said, &d->fault));
	assert_false(said.cut);
	scene_act(&s, 0, 1);
	MUST(heads_step(s.heads, (struct utc_s){ s.now.v + 30 }, &said, &d->fault));
	assert_true(said.cut && said.n == 3);
	assert_int_equal(scene_verify(&s, NULL).uncovered, 0);
}

static void an_entry_is_under_the_head_that_its_receipt_names_at_the_latest(void **state)
{
	struct database *d = *state;
	CLEANUP(scene_end) struct scene s;
	CLEANUP(head_book_end) struct head_book *b = NULL;
	struct ledger_receipt r[20];

	scene_begin(&s, d, CRYPT_WORLD, 1);
	for (size_t i = 0; i < ARRAY_LEN(r); i++) {
		scene_many(&s, 1);
		r[i] = s.last;
		if (i % 3 == 2)
			scene_head(&s);
	}
	scene_head(&s);
	MUST(head_book_new(true, &b));
	MUST(head_book_read(b, s.heads_path, &d->fault));
	for (size_t i = 0; i < ARRAY_LEN(r); i++) {
		int64_t at = 0;

		for (size_t k = 0; k < b->all.n; k++)
			for (size_t l = 0; l < b->all.v[k].n_lines; l++) {
				struct head_line line = head_line_at(&b->all.v[k], l);

				if (line.county.v == r[i].county.v && line.from <= r[i].seq &&
				    r[i].seq <= line.to)
					at = b->all.v[k].n;
			}
		assert_true(at > 0 && at <= r[i].head_due);
	}
}

static void folders_that_were_away_are_caught_up_with(void **state)
{
	struct database *d = *state;
	CLEANUP(scene_end) struct scene s;
	char away[sizeof s.copy_folder + 8];
	struct heads_said said;

	scene_begin(&s, d, CRYPT_WORLD, 1);
	snprintf(away, sizeof away, "%s.away", s.copy_folder);
	MUST(file_rename(s.copy_folder, away, &d->fault));
	for (int i = 0; i < 3; i++) {
		s.now.v += 60;
		MUST(heads_step(s.heads, s.now, &said, &d->fault));
		assert_true(said.cut);
		assert_int_equal(said.behind, 1);
	}
	MUST(file_rename(away, s.copy_folder, &d->fault));
	MUST(heads_step(s.heads, s.now, &said, &d->fault));
	assert_false(said.cut);
	assert_int_equal(said.behind, 0);
	assert_int_equal(scene_verify(&s, s.copy_path).verdict, VERIFY_WHOLE);
	{
		CLEANUP(file_unmap) struct file_map ours = { 0 };
		CLEANUP(file_unmap) struct file_map copy = { 0 };

		MUST(file_map_read(s.heads_path, &ours, &d->fault));
		MUST(file_map_read(s.copy_path, &copy, &d->fault));
		assert_int_equal(ours.n, copy.n);
		assert_memory_equal(ours.p, copy.p, ours.n);
	}
}

static void a_disk_that_fails_anywhere_leaves_heads_that_are_whole(void **state)
{
	struct database *d = *state;
	CLEANUP(scene_end) struct scene s;
	bool done = false;

	scene_begin(&s, d, CRYPT_WORLD, 1);
	for (uint64_t k = 1; !done; k++) {
		struct heads_said said;
		enum err e;

		scene_many(&s, 2);
		s.now.v += 60;
		file_fail_at(k, false);
		e = heads_step(s.heads, s.now, &said, NULL);
		done = file_calls() < k;
		file_fail_at(0, false);
		/* a folder that fails is behind; our own file that fails is an error */
		assert_true(e == OK || (e == ERR_IO && !done));
		if (k % 2)
			MUST(scene_restart(&s, &d->fault));
		MUST(heads_step(s.heads, s.now, &said, &d->fault));
		assert_int_equal(said.behind, 0);
		assert_int_equal(scene_verify(&s, s.copy_path).verdict, VERIFY_WHOLE);
	}
}

static void without_memory_nothing_is_half_done(void **state)
{
	struct database *d = *state;
	CLEANUP(scene_end) struct scene s;
	struct worker w = { .d = d, .county = 0 };
	struct heads_said said;
	bool done = false;
	uint64_t k;

	scene_begin(&s, d, CRYPT_WORLD, 1);
	MUST(db_write(d->db, worker_act, &w, &d->fault)); /* what is prepared stays so */
	scene_head(&s);
	for (k = 1; !done; k++) {
		enum err e;

		s.now.v += 60;
		mem_fail_at(k, false);
		e = db_write(d->db, worker_act, &w, NULL);
		if (!e)
			e = heads_step(s.heads, s.now, &said, NULL);
		done = mem_calls() < k;
		mem_fail_at(0, false);
		assert_true(e == OK || (e == ERR_MEMORY && !done));
	}
	assert_true(k > 20 && k < 500);
	MUST(scene_restart(&s, &d->fault));
	scene_head(&s);
	assert_int_equal(scene_verify(&s, s.copy_path).verdict, VERIFY_WHOLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(no_entry_no_act_and_no_act_no_entry),
		ON_BOTH(counties_have_chains_of_their_own_and_numbers_without_a_gap),
		ON_BOTH(many_at_once_in_one_county_stand_one_behind_the_other),
		ON_BOTH(nothing_of_ours_can_change_an_entry),
		ON_BOTH(who_did_and_who_read_is_told_newest_first_and_in_pages),
		ON_BOTH(a_head_is_cut_each_minute_idle_or_not_and_after_many_entries),
		ON_BOTH(an_entry_is_under_the_head_that_its_receipt_names_at_the_latest),
		ON_BOTH(folders_that_were_away_are_caught_up_with),
		ON_BOTH(a_disk_that_fails_anywhere_leaves_heads_that_are_whole),
		ON_BOTH(without_memory_nothing_is_half_done),
	};

	scene_steps();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
