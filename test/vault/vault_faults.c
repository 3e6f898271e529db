/*
 * vault_faults.c - each allocation of ours, each of SQLite's, each operation on the ring of keys
 * and each on the disk below SQLite fails in turn, once or from then on, while people are staged,
 * tried, seen, kept, dropped, told, expired and carried into the next epoch.
 *
 * What failed is as if it had never been asked, or is done; what is in memory is what a new start
 * would read; and the same asked again does it. All strokes under OUTPOST_SWEEPS=1, else a growing
 * stride.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "support/chance.h"
#include "support/lite_memory.h"
#include "support/strike.h"
#include "support/vaulted.h"
#include "support/weak_disk.h"
#include "vault/store.h"

enum { BATCH = 9, ROWS = 4, SEEN = 4, EPOCH_S = VAULT_EPOCH_DAYS * 86400 };

struct place {
	struct store_options o;
	struct store *s;
	struct chance chance;
	struct vaulted h; /* its signer and clock alone */
	int64_t now_s;
	struct fault fault;
	bool disk;
};

static int64_t now_ns(void *arg)
{
	return ((struct place *)arg)->now_s * 1000000000;
}

#define WELL(act) \
	do { \
		enum err well_e = (act); \
		if (well_e) \
			fail_msg("%s: %s %s", #act, err_word(well_e), p->fault.en); \
	} while (0)

/* ---- people ---------------------------------------------------------------------------------- */

static const char *const names[] = { "王小明", "李秀英", "张伟", "王晓明" };

static void rows_of(struct vault_row *ret, uint64_t first)
{
	static char id[ROWS][19];

	for (size_t i = 0; i < ROWS; i++) {
		vaulted_id_number(first + i, id[i]);
		ret[i] = (struct vault_row){ .row = (int64_t)i + 1,

					     .who = vaulted_person(names[(first + i) % ROWS], id[i],
								   "") };
	}
}

static void presences_of(struct vault_presence *ret, int64_t at, const char *prefix)
{
	static char key[SEEN][16];

	for (size_t i = 0; i < SEEN; i++) {
		(void)snprintf(key[i], sizeof key[i], "%s%zu", i ? prefix : "all", i);
		ret[i] = (struct vault_presence){ .at = { at } };
		ret[i].who.text[VAULT_KEY] = str_of(key[i]);
		ret[i].who.text[VAULT_NAME] = str_of(names[i]);
	}
}

/* ---- acts ------------------------------------------------------------------------------------ */

static enum err stage(struct place *p, struct fault *f)
{
	struct vault_staged_row ret[ROWS];
	struct vault_row rows[ROWS];

	rows_of(rows, 2); /* two of them are known */
	return store_stage(p->s, BATCH, rows, ROWS, true, ret, f);
}

static enum err try_out(struct place *p, struct fault *f)
{
	struct vault_staged_row ret[ROWS];
	struct vault_row rows[ROWS];
	enum err e;

	rows_of(rows, 2);
	e = store_stage(p->s, BATCH + 1, rows, ROWS, false, ret, f);
	if (!e)
		assert_int_equal(ret[0].match.verdict, ALIKE_SAME);
	return e;
}

static enum err see(struct place *p, struct fault *f)
{
	struct vault_presence who[SEEN];
	int64_t ret[SEEN];

	presences_of(who, p->now_s, "new");
	return store_pseudonym(p->s, BATCH, who, SEEN, ret, f);
}

static enum err drop(struct place *p, struct fault *f)
{
	return store_drop(p->s, BATCH, f);
}

static enum err keep(struct place *p, struct fault *f)
{
	return store_keep(p->s, BATCH, f);
}

static enum err keep_soon(struct place *p, struct fault *f)
{
	enum err e = store_keep_soon(p->s, BATCH, f);

	return e ? e : store_settle(p->s, f);
}

static enum err stage_and_see(struct place *p, struct fault *f)
{
	enum err e = stage(p, f);

	return e ? e : see(p, f);
}

static enum err again(struct place *p, struct fault *f)
{
	store_end(&p->s);
	return store_open(&p->o, &p->s, f);
}

static enum err nothing(struct place *p, struct fault *f)
{
	(void)p;
	(void)f;
	return OK;
}

static const struct act {
	const char *name;
	enum err (*given)(struct place *p, struct fault *f);
	enum err (*run)(struct place *p, struct fault *f);
} acts[] = {
	{ "people are staged", nothing, stage },
	{ "people are staged again", stage, stage },
	{ "people are tried", nothing, try_out },
	{ "people are seen", nothing, see },
	{ "a batch is kept", stage_and_see, keep },
	{ "a batch is kept soon", stage_and_see, keep_soon },
	{ "a batch is dropped", stage_and_see, drop },
	{ "a vault begins", stage_and_see, again },
};

/* ---- what there is --------------------------------------------------------------------------- */

static const struct sql dumps[] = {
	{ .name = "test.batches",
	  .text = "SELECT batch, state, 0, 0 FROM vault_batch ORDER BY 1",
	  .args = "",
	  .scan = "a test" },
	{ .name = "test.people",
	  .text = "SELECT id, batch, coalesce(epoch, 0),"
		  " coalesce(length(name), 0) * 100 + coalesce(length(id_number), 0)"
		  " FROM vault_person ORDER BY 1",
	  .args = "",
	  .scan = "a test" },
	{ .name = "test.presences",
	  .text = "SELECT batch, part, last_s, length(ids) FROM vault_presence ORDER BY 1, 2",
	  .args = "",
	  .scan = "a test" },
};

static enum err dump_act(struct tx *tx, void *arg, struct fault *f)
{
	struct buf *b = arg;
	enum err e = OK;

	buf_clear(b);
	for (size_t i = 0; i < ARRAY_LEN(dumps) && !e; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		e = tx_rows(tx, &dumps[i], SQL_NO_ARGS, &r, f);
		while (!e && !(e = rows_next(r, &more, f)) && more)
			buf_fmt(b, "%lld %lld %lld %lld\n", (long long)rows_i64(r, 0),
				(long long)rows_i64(r, 1), (long long)rows_i64(r, 2),
				(long long)rows_i64(r, 3));
	}
	return e;
}

/* The tables, which keys there are, and what memory knows besides: who is like whom, how often
 * each pseudonym is referred to. mem_drop it. */
static char *state_of(struct place *p)
{
	struct vault_staged_row ret[ROWS];
	struct vault_row rows[ROWS];
	struct buf b = { 0 };

	WELL(db_read(p->s->db, dump_act, &b, &p->fault));
	for (size_t i = 0; i < p->s->ring.keys.n; i++)
		if (p->s->ring.keys.v[i].kind == RING_EPOCH)
			buf_fmt(&b, "epoch key %lld\n", (long long)p->s->ring.keys.v[i].id);
	for (uint64_t first = 0; first < 8; first += ROWS) {
		rows_of(rows, first);
		WELL(store_stage(p->s, 77, rows, ROWS, false, ret, &p->fault));
		for (size_t i = 0; i < ROWS; i++)
			buf_fmt(&b, "like %lld %d\n", (long long)ret[i].other, ret[i].match.score);
	}
	for (size_t i = 0, n = 0; i < p->s->refs.cap; i++)
		if (p->s->refs.v[i].id && p->s->refs.v[i].count)
			buf_fmt(&b, "refs %zu\n", ++n);
	buf_char(&b, '\0');
	return b.p;
}

static bool is(struct place *p, const char *as)
{
	char *now = state_of(p);
	bool same = strcmp(now, as) == 0;

	mem_drop(now);
	return same;
}

/* ---- one stroke ------------------------------------------------------------------------------ */

static void begin_anew(struct place *p)
{
	store_end(&p->s);
	if (p->disk)
		weak_disk_power_on();
	WELL(store_open(&p->o, &p->s, &p->fault));
}

struct states {
	char *before, *after;
};

static void states_end(struct states *s)
{
	mem_drop(s->before);
	mem_drop(s->after);
}

static bool stroke(struct place *p, const struct act *act, const struct states *s,
		   enum strike_kind kind, uint64_t k, bool on)
{
	struct fault f = { 0 };
	char what[160];
	bool struck;
	enum err e;

	(void)snprintf(what, sizeof what, "%s, the %llu-th of %s%s", act->name,
		       (unsigned long long)k, strike_names[kind], on ? " and all after it" : "");
	WELL(act->given(p, &p->fault));
	strike(kind, k, on);
	e = act->run(p, &f);
	struck = strike_off(kind, k);
	if (e && (!struck || (e != ERR_MEMORY && e != ERR_IO)))
		fail_msg("%s: %s %s", what, err_word(e), f.en);
	if (p->s && kind != STRIKE_DISK && !is(p, s->after) && (!e || !is(p, s->before)))
		fail_msg("%s: neither done nor undone: %.2000s", what, state_of(p));
	if (!p->s || k % 2 == 0 || (kind == STRIKE_DISK && struck))
		begin_anew(p);
	if (!is(p, s->after) && (!e || !is(p, s->before)))
		fail_msg("%s: neither done nor undone after a new start", what);
	if (e)
		WELL(act->run(p, &p->fault));
	if (!is(p, s->after))
		fail_msg("%s, and again: %.3000s\nnot %.3000s", what, state_of(p), s->after);
	begin_anew(p);
	if (!is(p, s->after))
		fail_msg("%s, and again: a new start reads something else", what);
	WELL(drop(p, &p->fault));
	return struck;
}

static void sweep(struct place *p, const struct act *act, enum strike_kind kind, bool on)
{
	CLEANUP(states_end) struct states s = { 0 };
	uint64_t k = 1, n = 0;

	WELL(act->given(p, &p->fault));
	s.before = state_of(p);
	WELL(act->run(p, &p->fault));
	s.after = state_of(p);
	WELL(drop(p, &p->fault));
	for (; stroke(p, act, &s, kind, k, on); k = strike_next(k))
		n++;
	if (n)
		print_message("%s: %llu strokes of up to %llu %s%s\n", act->name,
			      (unsigned long long)n, (unsigned long long)k, strike_names[kind],
			      on ? ", from then on" : "");
}

/* ---- a vault in this process ----------------------------------------------------------------- */

/* Six people known, and one who is seen by others too. */
static void place_open(struct place *p, const char *vfs)
{
	struct vault_staged_row ret[ROWS];
	struct vault_row rows[ROWS];
	struct vault_presence who[SEEN];
	int64_t number[SEEN];

	memset(p, 0, sizeof *p);
	assert_int_equal(system("rm -rf ring ring.new store"), 0);
	chance_begin(&p->chance, 1);
	p->now_s = VAULTED_NOW;
	p->disk = vfs != NULL;
	p->o = (struct store_options){ .database = vfs ? "weak" : "store",
				       .ring = "ring",
				       .vfs = vfs,
				       .suite = CRYPT_WORLD,
				       .chance = &p->chance.random,
				       .wall = { now_ns, p } };
	WELL(store_open(&p->o, &p->s, &p->fault));
	rows_of(rows, 0);
	WELL(store_stage(p->s, 1, rows, ROWS, true, ret, &p->fault));
	WELL(store_keep(p->s, 1, &p->fault));
	presences_of(who, p->now_s, "old"); /* the first of them comes again */
	WELL(store_pseudonym(p->s, 2, who, SEEN, number, &p->fault));
	WELL(store_keep(p->s, 2, &p->fault));
}

static void place_close(struct place *p)
{
	store_end(&p->s);
}

static void what_failed_is_done_or_as_if_never_asked(void **state)
{
	struct place p;

	(void)state;
	place_open(&p, NULL);
	for (int kind = 0; kind < STRIKE_DISK; kind++)
		for (int on = 0; on < (kind == STRIKE_FILES ? 1 : 2); on++)
			for (size_t i = 0; i < ARRAY_LEN(acts); i++)
				sweep(&p, &acts[i], (enum strike_kind)kind, on);
	place_close(&p);
}

static void what_the_disk_lost_is_done_or_as_if_never_asked(void **state)
{
	struct place p;

	(void)state;
	weak_disk_format(1);
	place_open(&p, WEAK_DISK);
	for (int on = 0; on < 2; on++)
		for (size_t i = 0; i < ARRAY_LEN(acts); i++)
			sweep(&p, &acts[i], STRIKE_DISK, on);
	place_close(&p);
}

/* ---- what ends ------------------------------------------------------------------------------- */

static enum err no_pair(int64_t old, int64_t now, void *arg, struct fault *f)
{
	(void)f;
	assert_true(old != now);
	++*(size_t *)arg;
	return OK;
}

static enum err next_epoch(struct place *p, struct fault *f)
{
	size_t n = 0;
	enum err e = store_epoch_change(p->s, INT64_MIN, no_pair, &n, f);

	return e ? e : store_epoch_close(p->s, f);
}

static bool epoch_stroke(struct place *p, enum strike_kind kind, uint64_t k, bool on)
{
	struct vault_state before, after;
	struct fault f = { 0 };
	bool struck;
	enum err e;
	char *live;

	p->now_s += EPOCH_S;
	WELL(store_look(p->s, &before, &p->fault));
	strike(kind, k, on);
	e = next_epoch(p, &f);
	struck = strike_off(kind, k);
	if (e && !struck)
		fail_msg("%s %s", err_word(e), f.en);
	if (k % 2)
		begin_anew(p);
	WELL(next_epoch(p, &p->fault));
	WELL(store_look(p->s, &after, &p->fault));
	assert_int_equal(after.pseudonyms, before.pseudonyms);
	assert_int_equal(after.subjects, before.subjects);
	assert_false(after.epoch_due);
	live = state_of(p);
	begin_anew(p);
	if (!is(p, live))
		fail_msg("the %llu-th of %s: a new start reads something else",
			 (unsigned long long)k, strike_names[kind]);
	mem_drop(live);
	return struck;
}

static bool expiry_stroke(struct place *p, enum strike_kind kind, uint64_t k, bool on)
{
	struct vault_state before, after;
	struct fault f = { 0 };
	bool struck;
	enum err e;
	char *live;

	p->now_s += 1;
	WELL(store_look(p->s, &before, &p->fault));
	WELL(see(p, &p->fault));
	WELL(keep(p, &p->fault));
	strike(kind, k, on);
	e = store_expire(p->s, (struct utc_s){ p->now_s + 1 }, &f);
	struck = strike_off(kind, k);
	if (e && !struck)
		fail_msg("%s %s", err_word(e), f.en);
	if (k % 2)
		begin_anew(p);
	WELL(store_expire(p->s, (struct utc_s){ p->now_s + 1 }, &p->fault));
	WELL(store_look(p->s, &after, &p->fault));
	assert_int_equal(after.pseudonyms, 0);
	assert_int_equal(after.subjects, before.subjects);
	live = state_of(p);
	begin_anew(p);
	assert_true(is(p, live));
	mem_drop(live);
	WELL(drop(p, &p->fault));
	return struck;
}

static void all_strokes(struct place *p,
			bool (*one)(struct place *p, enum strike_kind kind, uint64_t k, bool on))
{
	for (int kind = 0; kind < STRIKE_DISK; kind++)
		for (int on = 0; on < 2; on++)
			for (uint64_t k = 1; one(p, (enum strike_kind)kind, k, on);)
				k = kind == STRIKE_FILES ? k + 1 : strike_next(k);
}

static void an_epoch_ends_for_everybody_whatever_fails(void **state)
{
	struct place p;

	(void)state;
	place_open(&p, NULL);
	all_strokes(&p, epoch_stroke);
	place_close(&p);
}

static void who_is_over_is_gone_whatever_fails(void **state)
{
	struct place p;

	(void)state;
	place_open(&p, NULL);
	all_strokes(&p, expiry_stroke);
	place_close(&p);
}

/* ---- names going out ------------------------------------------------------------------------- */

/* A grant for one use tells everybody it lists, or is still good. */
static bool telling_stroke(struct place *p, enum strike_kind kind, uint64_t k, bool on)
{
	static int64_t used;
	CLEANUP(buf_release) struct buf text = { 0 };
	CLEANUP(buf_release) struct buf said = { 0 };
	struct vault_person ret[ROWS];
	struct vault_staged_row who[ROWS];
	struct vault_row rows[ROWS];
	int64_t ids[ROWS];
	struct store_ask ask = { .account = 7, .ids = ids, .n = ROWS };
	struct grant g;
	struct fault f = { 0 };
	bool struck;
	enum err e;

	rows_of(rows, 0);
	WELL(store_stage(p->s, 1000 + ++used, rows, ROWS, true, who, &p->fault));
	WELL(store_keep(p->s, 1000 + used, &p->fault));
	for (size_t i = 0; i < ROWS; i++)
		ids[i] = who[i].subject;
	g = vaulted_grant(&p->h, GRANT_BREAK_GLASS, ids, ROWS);
	g.id = used;
	ask.grant = vaulted_sign(&p->h, &g, &text);
	strike(kind, k, on);
	e = store_resolve(p->s, &ask, &said, ret, &f);
	struck = strike_off(kind, k);
	if (e && !struck)
		fail_msg("%s %s", err_word(e), f.en);
	if (e) {
		buf_clear(&said);
		WELL(store_resolve(p->s, &ask, &said, ret, &p->fault));
	}
	for (size_t i = 0; i < ROWS; i++)
		assert_true(ret[i].known && str_eq(ret[i].who.text[VAULT_NAME], str_of(names[i])));
	assert_int_equal(store_resolve(p->s, &ask, &said, ret, &f), ERR_WARRANT);
	WELL(store_drop(p->s, 1000 + used, &p->fault));
	return struck;
}

static void a_grant_for_one_use_is_used_once_whatever_fails(void **state)
{
	struct crypt_seed seed;
	struct place p;

	(void)state;
	place_open(&p, NULL);
	crypt_seed_new(CRYPT_WORLD, &crypt_random_system, &seed);
	assert_int_equal(crypt_signer_new(&seed, &p.h.signer), OK);
	p.h.now_s = &p.now_s;
	p.s->house = *crypt_signer_public(p.h.signer);
	all_strokes(&p, telling_stroke);
	crypt_signer_end(&p.h.signer);
	place_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_failed_is_done_or_as_if_never_asked),
		cmocka_unit_test(what_the_disk_lost_is_done_or_as_if_never_asked),
		cmocka_unit_test(an_epoch_ends_for_everybody_whatever_fails),
		cmocka_unit_test(a_grant_for_one_use_is_used_once_whatever_fails),
		cmocka_unit_test(who_is_over_is_gone_whatever_fails),
	};

	lite_memory_take_over();
	weak_disk_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
