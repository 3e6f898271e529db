/*
 * attacks.c - sixteen ways to change what happened, and what each of them gives away.
 *
 * Each is done to a house of some hundred entries and some heads, with the database's own tools, a
 * copy of our code where the attacker would have one, and for some the signing key. Expected is
 * one verdict and one place, no other. What cannot be seen is tested too: it must say "whole".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/entry.h"
#include "support/scene.h"

/* A house with a past: everything so far is under a head, and whole. */
static void found(struct scene *s, struct database *d, enum crypt_suite suite)
{
	struct verify_report r;

	scene_begin(s, d, suite, 1);
	for (int i = 0; i < 3; i++) {
		scene_many(s, 30);
		scene_head(s);
	}
	r = scene_verify(s, s->copy_path);
	if (r.verdict != VERIFY_WHOLE)
		fail_msg("%s", r.en);
	assert_int_equal(r.entries, 90);
	assert_int_equal(r.heads, 4);
	assert_int_equal(r.uncovered + r.silences + r.set_back + r.torn, 0);
}

static void expect(struct scene *s, const char *against, enum verify_verdict want, uint32_t county,
		   int64_t seq, const char *says)
{
	struct verify_report r = scene_verify(s, against);

	if (r.verdict != want)
		fail_msg("%s (%s), not %s", verify_word(r.verdict), r.en, verify_word(want));
	if (says && !strstr(r.en, says))
		fail_msg("\"%s\" does not say \"%s\"", r.en, says);
	if (seq) {
		assert_int_equal(r.county.v, history_county(county).v);
		assert_int_equal(r.seq, seq);
	}
	if (want == VERIFY_WHOLE)
		assert_string_equal(r.en, "");
	else
		assert_string_not_equal(r.zh, "");
}

#define COUNTY(i) (long long)history_county(i).v

/* The attacker's better version of entry `seq`. */
static void say_otherwise(struct scene *s, struct scene_row *row)
{
	struct ledger_entry en;

	(void)s;
	assert_int_equal(entry_parse((struct str){ (char *)row->bytes, row->n }, &en), OK);
	en.actor = 99; /* somebody else did it */
	row->n = entry_write(&en, row->bytes);
}

/* Each attack runs under both suites. */
#define ATTACK(name) \
	static void name##_on(struct scene *s); \
	static void name(void **state) \
	{ \
		for (enum crypt_suite suite = CRYPT_WORLD; suite <= CRYPT_SM; suite++) { \
			CLEANUP(scene_end) struct scene s; \
			struct database *d = *state; \
\
			if (suite == CRYPT_SM) { \
				scene_raw(&s_of(d), "DELETE FROM ledger_entry"); \
				scene_raw(&s_of(d), "DELETE FROM ledger_head"); \
				scene_raw(&s_of(d), "DELETE FROM ledger_pace"); \
				scene_raw(&s_of(d), "DELETE FROM scene_thing"); \
			} \
			found(&s, d, suite); \
			name##_on(&s); \
		} \
	} \
	static void name##_on(struct scene *s)

#define s_of(d_) ((struct scene){ .d = (d_) })

/* 1 */
ATTACK(an_edited_entry_is_found_where_it_is)
{
	struct scene_row row = scene_row(s, 1, 7);

	say_otherwise(s, &row);
	scene_put_row(s, 1, 7, &row);
	expect(s, NULL, VERIFY_BROKEN, 1, 7, "its hash is not that of its bytes");
	scene_raw(s, "UPDATE ledger_entry SET actor = 5 WHERE county = %lld AND seq = 6",
		  COUNTY(1));
	expect(s, NULL, VERIFY_BROKEN, 1, 6, "its columns differ from its bytes");
}

/* 2 */
ATTACK(a_deleted_entry_is_missed_at_its_number)
{
	scene_raw(s, "DELETE FROM ledger_entry WHERE county = %lld AND seq = 5", COUNTY(0));
	expect(s, NULL, VERIFY_BROKEN, 0, 5, "are missing");
}

/* 3 */
ATTACK(an_entry_put_in_belongs_nowhere)
{
	int64_t end = scene_end_of(s, 2);

	scene_raw(s,
		  "INSERT INTO ledger_entry SELECT county, %lld, at_s, actor, object, object_id, "
		  "version, bytes, hash FROM ledger_entry WHERE county = %lld AND seq = 3",
		  (long long)end + 1, COUNTY(2));
	expect(s, NULL, VERIFY_BROKEN, 2, end + 1, "its columns differ from its bytes");
	scene_raw(s, "DELETE FROM ledger_entry WHERE county = %lld AND seq = %lld", COUNTY(2),
		  (long long)end + 1);
	scene_raw(s,
		  "INSERT INTO ledger_entry SELECT county, 0, at_s, actor, object, object_id, "
		  "version, bytes, hash FROM ledger_entry WHERE county = %lld AND seq = 3",
		  COUNTY(2));
	expect(s, NULL, VERIFY_BROKEN, 2, 0, NULL);
	scene_raw(s, "DELETE FROM ledger_entry WHERE seq = 0");
	/* a whole county that nobody has heard of */
	scene_raw(
		s,
		"INSERT INTO ledger_entry SELECT county + 7000000000, seq, at_s, actor, object, "
		"object_id, version, bytes, hash FROM ledger_entry WHERE county = %lld AND seq = 1",
		COUNTY(2));
	expect(s, NULL, VERIFY_BROKEN, 0, 0, "its columns differ from its bytes");
}

/* 4 */
ATTACK(two_swapped_entries_are_found_at_the_first)
{
	struct scene_row a = scene_row(s, 0, 4), b = scene_row(s, 0, 9);

	scene_put_row(s, 0, 4, &b);
	scene_put_row(s, 0, 9, &a);
	expect(s, NULL, VERIFY_BROKEN, 0, 4, "its columns differ from its bytes");
}

/* 5 */
ATTACK(a_tail_cut_off_is_missed_from_its_first_entry)
{
	int64_t end = scene_end_of(s, 1);

	scene_raw(s, "DELETE FROM ledger_entry WHERE county = %lld AND seq > %lld", COUNTY(1),
		  (long long)end - 3);
	expect(s, NULL, VERIFY_TAIL_MISSING, 1, end - 2, "that were signed are not there");
	scene_chain_anew(s, 1, end - 3); /* the end of the chain says so too; the heads do not */
	expect(s, NULL, VERIFY_TAIL_MISSING, 1, end - 2, "that were signed are not there");
	scene_raw(s, "DELETE FROM ledger_entry WHERE county = %lld", COUNTY(1));
	scene_raw(s, "DELETE FROM ledger_head WHERE county = %lld", COUNTY(1));
	expect(s, NULL, VERIFY_TAIL_MISSING, 1, 1, "that were signed are not there");
}

/* 6 */
ATTACK(a_history_computed_anew_does_not_fit_what_was_signed)
{
	CLEANUP(heads_end) struct heads *forged = NULL;
	struct scene_row row = scene_row(s, 1, 7);
	struct heads_options o = { .db = s->d->db,
				   .path = s->heads_path,
				   .signer = s->signer,
				   .suite = s->suite,
				   .every_s = 60,
				   .every_entries = 1000 };
	struct verify_report r;

	say_otherwise(s, &row);
	scene_put_row(s, 1, 7, &row);
	scene_chain_anew(s, 1, 7);
	r = scene_verify(s, NULL);
	assert_int_equal(r.verdict, VERIFY_BROKEN);
	assert_non_null(strstr(r.en, "not with a signed head"));
	assert_true(r.county.v == COUNTY(1) && r.seq <= 7 && r.head >= 2);
	/* the keeper does not sign on top of it either */
	assert_int_equal(scene_restart(s, NULL), ERR_CORRUPT);

	/* With the key all heads can be signed anew: then only those kept elsewhere tell. */
	assert_int_equal(unlink(s->heads_path), 0);
	assert_int_equal(heads_open(&o, &forged, NULL), OK);
	assert_int_equal(heads_step(forged, s->now, NULL, NULL), OK);
	expect(s, NULL, VERIFY_WHOLE, 0, 0, NULL);
	expect(s, s->copy_path, VERIFY_FORKED, 0, 0, "another history");
	/* and the keeper, which looks at its copies when it starts */
	assert_int_equal(scene_restart(s, NULL), ERR_CORRUPT);
}

/* 7 */
ATTACK(an_old_database_lacks_what_was_signed_since)
{
	static int n;
	char name[32];
	int64_t end = scene_end_of(s, 0);
	struct fault f = { 0 };

	snprintf(name, sizeof name, "old%d", ++n);
	scene_keep_database(s, name);
	scene_act(s, 0, 3);
	scene_head(s);
	scene_put_back_database(s, name);
	expect(s, NULL, VERIFY_TAIL_MISSING, 0, end + 1, "that were signed are not there");
	assert_int_equal(scene_restart(s, &f), ERR_CORRUPT);
	assert_non_null(strstr(f.en, "the database is older than what was signed"));
}

/* 8 */
ATTACK(a_clock_set_back_is_told_by_the_chain_itself)
{
	struct verify_report r;
	int64_t end;
	struct scene_row row;
	struct ledger_entry en;

	s->now.v -= 3600;
	scene_act(s, 0, 1);
	r = scene_verify(s, NULL);
	assert_int_equal(r.verdict, VERIFY_WHOLE);
	assert_int_equal(r.set_back, 1); /* an entry of its own says by how much */
	end = scene_end_of(s, 0);
	row = scene_row(s, 0, end - 1);
	assert_int_equal(entry_parse((struct str){ (char *)row.bytes, row.n }, &en), OK);
	assert_true(str_eq(en.object, STR("clock")));
	assert_int_equal(strncmp(en.detail.p, "seconds=3", 9), 0);
	s->now.v -= 1; /* two seconds are no reason to talk about it */
	scene_act(s, 0, 1);
	assert_int_equal(scene_end_of(s, 0), end + 1);
	scene_head(s);
	assert_int_equal(scene_verify(s, NULL).set_back, 2); /* and the heads say so too */

	/* An entry dated back by hand, and the chain computed anew behind it. */
	end = scene_end_of(s, 1);
	row = scene_row(s, 1, end);
	assert_int_equal(entry_parse((struct str){ (char *)row.bytes, row.n }, &en), OK);
	en.at.v -= 7200;
	row.n = entry_write(&en, row.bytes);
	scene_put_row(s, 1, end, &row);
	scene_chain_anew(s, 1, end);
	expect(s, NULL, VERIFY_BROKEN, 1, end, "older than the one before");
}

/* 9 */
ATTACK(another_key_is_a_stranger_unless_the_old_one_announced_it)
{
	struct crypt_signer *other = history_signer(s->suite, 4242), *own = s->signer;
	struct verify_report before = scene_verify(s, NULL);
	struct fault f = { 0 };
	char kept[PATHS_BYTES + 32];

	snprintf(kept, sizeof kept, "%s/kept", s->folder.s);
	scene_copy_file(s->heads_path, kept);
	s->signer = other; /* the key file was changed for another */
	assert_int_equal(scene_restart(s, &f), ERR_CORRUPT);
	assert_non_null(strstr(f.en, "not the one announced"));

	/* Heads of the other key behind ours, as somebody without our checks would write them. */
	unlink(s->heads_path);
	assert_int_equal(scene_restart(s, NULL), OK);
	scene_head(s);
	{
		CLEANUP(file_unmap) struct file_map m = { 0 };
		struct file *fl;

		assert_int_equal(file_map_read(s->heads_path, &m, NULL), OK);
		scene_copy_file(kept, s->heads_path);
		assert_int_equal(file_open(s->heads_path, FILE_APPEND, &fl, NULL), OK);
		assert_int_equal(file_write(fl, m.p, m.n, NULL), OK);
		assert_int_equal(file_close(&fl, NULL), OK);
		expect(s, NULL, VERIFY_BROKEN, 0, 0, "heads are missing");
		/* all of them replaced: whole to look at, with another fingerprint, and no fork */
		assert_int_equal(file_open(s->heads_path, FILE_REPLACE, &fl, NULL), OK);
		assert_int_equal(file_write(fl, m.p, m.n, NULL), OK);
		assert_int_equal(file_close(&fl, NULL), OK);
	}
	expect(s, NULL, VERIFY_WHOLE, 0, 0, NULL);
	assert_string_not_equal(scene_verify(s, NULL).fingerprint, before.fingerprint);
	expect(s, kept, VERIFY_FORKED, 0, 0, "another history");

	/* In good order it goes like this. */
	scene_copy_file(kept, s->heads_path);
	s->signer = own;
	assert_int_equal(scene_restart(s, NULL), OK);
	assert_int_equal(heads_hand_over(s->heads, other, s->now, NULL), OK);
	scene_head(s);
	expect(s, kept, VERIFY_WHOLE, 0, 0, NULL);
	assert_string_equal(scene_verify(s, NULL).fingerprint, before.fingerprint);
	assert_int_equal(scene_restart(s, NULL), ERR_CORRUPT); /* the old key is one no more */
	crypt_signer_end(&other);
}

/* 10 */
ATTACK(a_number_that_is_there_twice_is_found)
{
	/* first the key that forbids it has to go */
	if (s->d->sqlite) {
		scene_raw(s, "CREATE TABLE IF NOT EXISTS loose AS SELECT * FROM ledger_entry");
		scene_raw(s, "DELETE FROM loose");
		scene_raw(s, "INSERT INTO loose SELECT * FROM ledger_entry");
		scene_raw(s, "DROP TABLE ledger_entry");
		scene_raw(s, "ALTER TABLE loose RENAME TO ledger_entry");
		scene_raw(s, "CREATE INDEX ledger_entry_object ON ledger_entry "
			     "(county, object, object_id, seq, version)");
	} else {
		scene_raw(s,
			  "ALTER TABLE ledger_entry DROP CONSTRAINT IF EXISTS ledger_entry_pkey");
	}
	scene_raw(s,
		  "INSERT INTO ledger_entry SELECT * FROM ledger_entry "
		  "WHERE county = %lld AND seq = 8",
		  COUNTY(2));
	expect(s, NULL, VERIFY_BROKEN, 2, 8, "is there twice");
}

/* 11 */
ATTACK(a_row_changed_without_an_entry_is_not_as_its_entry_left_it)
{
	struct verify_report r;

	scene_act(s, 1, 100);
	scene_act(s, 1, 101);
	scene_remove(s, 1, 101);
	scene_head(s);
	expect(s, NULL, VERIFY_WHOLE, 0, 0, NULL);
	scene_raw(s,
		  "UPDATE scene_thing SET text = 'never happened' WHERE county = %lld AND "
		  "id = 100",
		  COUNTY(1));
	expect(s, NULL, VERIFY_BROKEN, 0, 0, "not as its last entry left it");
	r = scene_verify(s, NULL);
	assert_true(str_eq(r.object, STR("thing")) && r.object_id == 100);
	scene_raw(s, "DELETE FROM scene_thing WHERE county = %lld AND id = 100", COUNTY(1));
	expect(s, NULL, VERIFY_BROKEN, 0, 0, "not as its last entry left it");
	scene_raw(s, "INSERT INTO scene_thing VALUES (%lld, 101, 1, 'risen')", COUNTY(1));
	r = scene_verify(s, NULL);
	assert_int_equal(r.verdict, VERIFY_BROKEN);
	scene_raw(s, "DELETE FROM scene_thing WHERE county = %lld AND id > 100", COUNTY(1));
	scene_act(s, 0, 200);
	scene_head(s);
	scene_raw(s, "INSERT INTO scene_thing VALUES (%lld, 300, 1, 'from nowhere')", COUNTY(0));
	expect(s, NULL, VERIFY_BROKEN, 0, 0, NULL);
}

/* 12 */
ATTACK(a_file_exchanged_is_not_the_one_that_was_attached)
{
	char path[PATHS_BYTES + 32];
	struct file *fl;
	struct verify_report r;

	scene_file(s, 1, 5, "photograph of a crack");
	scene_head(s);
	expect(s, NULL, VERIFY_WHOLE, 0, 0, NULL);
	snprintf(path, sizeof path, "%s/file-5", s->folder.s);
	assert_int_equal(file_open(path, FILE_REPLACE, &fl, NULL), OK);
	assert_int_equal(file_write(fl, "photograph of a wall!", 21, NULL), OK);
	assert_int_equal(file_close(&fl, NULL), OK);
	r = scene_verify(s, NULL);
	assert_int_equal(r.verdict, VERIFY_BROKEN);
	assert_true(str_eq(r.object, STR("file")) && r.object_id == 5);
	assert_int_equal(unlink(path), 0);
	expect(s, NULL, VERIFY_BROKEN, 0, 0, "not as its last entry left it");
}

/* 13 */
ATTACK(a_backup_put_back_in_silence_is_seen_from_outside)
{
	static int n;
	char name[32], kept[PATHS_BYTES + 32], later[PATHS_BYTES + 32];
	struct fault f = { 0 };

	snprintf(name, sizeof name, "backup%d", ++n);
	snprintf(kept, sizeof kept, "%s/kept", s->folder.s);
	snprintf(later, sizeof later, "%s/later", s->folder.s);
	scene_keep_database(s, name);
	scene_copy_file(s->heads_path, kept);
	scene_many(s, 20);
	scene_head(s);
	scene_copy_file(s->heads_path, later);
	scene_put_back_database(s, name);
	scene_copy_file(kept, s->heads_path); /* the heads, too, and nothing at home differs */
	expect(s, NULL, VERIFY_WHOLE, 0, 0, NULL);
	expect(s, later, VERIFY_TAIL_MISSING, 0, 0, "goes on where ours ends");
	assert_int_equal(scene_restart(s, &f), ERR_CORRUPT); /* a copy that was in a named folder */
	assert_non_null(strstr(f.en, "another history"));

	/* And when the house goes on from there, the two part. */
	assert_int_equal(unlink(s->copy_path), 0);
	assert_int_equal(scene_restart(s, NULL), OK);
	scene_act(s, 0, 1);
	scene_head(s);
	expect(s, NULL, VERIFY_WHOLE, 0, 0, NULL);
	expect(s, later, VERIFY_FORKED, 0, 0, "another history");
}

/* 14 */
ATTACK(a_heartbeat_that_stops_is_heard)
{
	struct verify_ask ask = { .db = s->d->db, .heads = s->heads_path };
	struct verify_report r;

	ask.alive_at.v = s->now.v + 179;
	assert_int_equal(verify_run(&ask, &r, NULL), OK);
	assert_int_equal(r.verdict, VERIFY_WHOLE);
	ask.alive_at.v = s->now.v + 181;
	assert_int_equal(verify_run(&ask, &r, NULL), OK);
	assert_int_equal(r.verdict, VERIFY_TAIL_MISSING);
	assert_non_null(strstr(r.en, "the heartbeat stopped"));

	s->now.v += 3600; /* an hour without a head, as nobody who works in it would notice */
	scene_head(s);
	r = scene_verify(s, NULL);
	assert_int_equal(r.verdict, VERIFY_WHOLE);
	assert_int_equal(r.silences, 1);
	assert_int_equal(r.silence_s_max, 3660);
	/* a stop in good order is no silence */
	assert_int_equal(heads_stop(s->heads, s->now, NULL), OK);
	assert_int_equal(scene_restart(s, NULL), OK);
	s->now.v += 86400;
	scene_head(s);
	assert_int_equal(scene_verify(s, NULL).silences, 1);
}

static enum err receipt_act(struct tx *tx, void *arg, struct fault *f)
{
	return ledger_receipt_check(tx, arg, f);
}

/* 15 */
ATTACK(a_forged_receipt_is_none)
{
	struct ledger_receipt r, genuine;
	CLEANUP(buf_release) struct buf text = { 0 };
	struct database *d = s->d;

	scene_act(s, 0, 1);
	genuine = s->last;
	MUST(db_read(d->db, receipt_act, &genuine, &d->fault));
	r = genuine;
	r.hash.v[9] ^= 1;
	MUST_FAIL(db_read(d->db, receipt_act, &r, &d->fault), ERR_CORRUPT);
	r = genuine;
	r.at.v -= 86400;
	MUST_FAIL(db_read(d->db, receipt_act, &r, &d->fault), ERR_CORRUPT);
	r = genuine;
	r.seq++;
	MUST_FAIL(db_read(d->db, receipt_act, &r, &d->fault), ERR_ABSENT);
	r = genuine;
	r.county = history_county(1);
	MUST_FAIL(db_read(d->db, receipt_act, &r, &d->fault),
		  r.seq <= scene_end_of(s, 1) ? ERR_CORRUPT : ERR_ABSENT);
	ledger_receipt_text(&genuine, &text);
	text.p[30] = text.p[30] == 'A' ? 'B' : 'A';
	assert_int_equal(ledger_receipt_parse(buf_view(&text), &r), ERR_SYNTAX);
	/* and a genuine one tells of an entry that was rewritten since */
	{
		struct scene_row row = scene_row(s, 0, genuine.seq);

		say_otherwise(s, &row);
		scene_put_row(s, 0, genuine.seq, &row);
		scene_chain_anew(s, 0, genuine.seq);
	}
	MUST_FAIL(db_read(d->db, receipt_act, &genuine, &d->fault), ERR_CORRUPT);
}

/* 16 */
ATTACK(whoever_edits_what_the_verifier_is_given_changes_the_fingerprint)
{
	struct verify_report before = scene_verify(s, NULL), r;
	struct verify_ask ask = { .db = s->d->db,
				  .heads = s->heads_path,
				  .fingerprint = before.fingerprint };
	struct crypt_signer *own = s->signer;
	char kept[PATHS_BYTES + 32];

	assert_int_equal(strlen(before.fingerprint), 40);
	snprintf(kept, sizeof kept, "%s/kept", s->folder.s);
	scene_copy_file(s->heads_path, kept);
	assert_int_equal(verify_run(&ask, &r, NULL), OK);
	assert_int_equal(r.verdict, VERIFY_WHOLE);
	/* a file of heads of his own, as good as ours in every way but one */
	s->signer = history_signer(s->suite, 777);
	assert_int_equal(unlink(s->heads_path), 0);
	assert_int_equal(scene_restart(s, NULL), OK);
	scene_head(s);
	assert_int_equal(verify_run(&ask, &r, NULL), OK);
	assert_int_equal(r.verdict, VERIFY_FORKED);
	assert_non_null(strstr(r.en, "another fingerprint"));
	ask.fingerprint = NULL;
	ask.against = kept;
	assert_int_equal(verify_run(&ask, &r, NULL), OK);
	assert_int_equal(r.verdict, VERIFY_FORKED);
	/* no heads at all: what was kept elsewhere goes on where nothing begins */
	assert_int_equal(unlink(s->heads_path), 0);
	assert_int_equal(verify_run(&ask, &r, NULL), OK);
	assert_int_equal(r.verdict, VERIFY_TAIL_MISSING);
	crypt_signer_end(&s->signer);
	s->signer = own;
}

/* ---- what cannot be seen, and is not claimed ---- */

ATTACK(entries_that_no_head_covers_yet_can_be_taken_away_unseen)
{
	int64_t end = scene_end_of(s, 0);
	struct database *d = s->d;
	struct ledger_receipt r;

	scene_read(s, 0, 3);
	r = s->last;
	expect(s, NULL, VERIFY_WHOLE, 0, 0, NULL);
	assert_int_equal(scene_verify(s, NULL).uncovered, 1);
	scene_raw(s, "DELETE FROM ledger_entry WHERE county = %lld AND seq > %lld", COUNTY(0),
		  (long long)end);
	scene_chain_anew(s, 0, end);
	expect(s, s->copy_path, VERIFY_WHOLE, 0, 0, NULL);
	/* but for the one who holds a receipt */
	MUST_FAIL(db_read(d->db, receipt_act, &r, &d->fault), ERR_ABSENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(an_edited_entry_is_found_where_it_is),
		ON_BOTH(a_deleted_entry_is_missed_at_its_number),
		ON_BOTH(an_entry_put_in_belongs_nowhere),
		ON_BOTH(two_swapped_entries_are_found_at_the_first),
		ON_BOTH(a_tail_cut_off_is_missed_from_its_first_entry),
		ON_BOTH(a_history_computed_anew_does_not_fit_what_was_signed),
		ON_BOTH(an_old_database_lacks_what_was_signed_since),
		ON_BOTH(a_clock_set_back_is_told_by_the_chain_itself),
		ON_BOTH(another_key_is_a_stranger_unless_the_old_one_announced_it),
		ON_BOTH(a_number_that_is_there_twice_is_found),
		ON_BOTH(a_row_changed_without_an_entry_is_not_as_its_entry_left_it),
		ON_BOTH(a_file_exchanged_is_not_the_one_that_was_attached),
		ON_BOTH(a_backup_put_back_in_silence_is_seen_from_outside),
		ON_BOTH(a_heartbeat_that_stops_is_heard),
		ON_BOTH(a_forged_receipt_is_none),
		ON_BOTH(whoever_edits_what_the_verifier_is_given_changes_the_fingerprint),
		ON_BOTH(entries_that_no_head_covers_yet_can_be_taken_away_unseen),
	};

	scene_steps();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
