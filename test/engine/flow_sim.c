/*
 * flow_sim.c - virtual years of tasks, with everything going wrong that can be switched on.
 *
 * OUTPOST_FLOW_YEARS=n   how many virtual years (1,000 without it; 100 under a sanitizer)
 * OUTPOST_FLOW_FROM=n    the first seed (1 without it)
 * OUTPOST_SEED=n         only that world
 *
 * A world that fails is told by its seed, and its script made smaller until nothing can be left
 * out. Its seed goes into test/engine/flow_seeds.txt, which is tried first ever after.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "support/flow_world.h"
#include "support/paths.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { YEARS = 100 }; /* the same worlds, and fewer: they are slow here */
#else
enum { YEARS = 1000 };
#endif
enum { SPOILT_LINES_MAX = 12, SPOILT_WORLDS = 60, LAG_S_MAX = 60 };

static void print_script(const struct flow_act *v, size_t n)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	for (size_t i = 0; i < n; i++)
		flow_act_put(&text, &v[i]);
	fprintf(stderr, "%.*s", (int)text.n, text.p);
}

static void tell_failure(uint64_t seed, struct flow_book *b)
{
	CLEANUP(buf_release) struct buf why = { 0 };
	size_t n = b->script.n;

	fprintf(stderr, "seed %" PRIu64 ": %.*s", seed, (int)b->why.n, b->why.p);
	if (flow_book_replay(b->script.v, n, BOOK_HONEST, NULL, NULL)) {
		fprintf(stderr, "its script of %zu events replays without fault\n", n);
	} else {
		n = flow_book_shrink(b->script.v, n, BOOK_HONEST);
		fprintf(stderr, "shrunk to:\n");
		print_script(b->script.v, n);
		(void)flow_book_replay(b->script.v, n, BOOK_HONEST, &why, NULL);
		fprintf(stderr, "%.*s", (int)why.n, why.p);
	}
	fprintf(stderr, "add seed %" PRIu64 " to test/engine/flow_seeds.txt\n", seed);
}

static void try_seed(uint64_t seed, struct flow_book *b, struct flow_world_seen *seen)
{
	flow_book_begin(b);
	if (flow_world_run(seed, b, seen))
		return;
	tell_failure(seed, b);
	fail();
}

static void try_kept(struct flow_book *b)
{
	struct path kept = path_in_source("test/engine/flow_seeds.txt");
	struct flow_world_seen seen = { 0 };
	FILE *file = fopen(kept.s, "r");
	uint64_t seed;
	char line[128];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%" SCNu64, &seed) == 1)
			try_seed(seed, b, &seen);
	fclose(file);
}

/* What a thousand years must have held, or they were no trial. */
static void must_have_seen(const struct flow_world_seen *s)
{
	const uint64_t each[] = {
		s->crashes,        s->doubled,        s->delayed,       s->left,
		s->merged,         s->jumps,          s->bursts,        s->read_only,
		s->mischief,       s->handed,         s->two_accounts,  s->book.closed,
		s->book.late,      s->book.escalated, s->book.warned,   s->book.repeats,
		s->book.set_back,  s->book.bounced,   s->book.taken,    s->book.refused_offers,
		s->book.withdrawn, s->book.returned,  s->book.extended, s->book.reowned,
		s->book.topped,    s->book.again,     s->book.refused,
	};

	for (size_t i = 0; i < ARRAY_LEN(each); i++)
		if (!each[i]) {
			print_error("figure %zu was never seen\n", i);
			fail();
		}
}

static void tell_seen(const struct flow_world_seen *s)
{
	print_message("%" PRIu64 " worlds, %.0f virtual years, %" PRIu64 " events (%" PRIu64
		      " refused, %" PRIu64 " repeats of one), %" PRIu64 " clock calls, %" PRIu64
		      " closed, %" PRIu64 " at the top; lag %" PRId64 " s\n",
		      s->worlds, (double)s->days / 365, s->book.acts, s->book.refused,
		      s->book.again, s->ticks, s->book.closed, s->book.topped, s->lag_s_max);
	print_message("%" PRIu64 " crashes, %" PRIu64 " doubled, %" PRIu64 " delayed, %" PRIu64
		      " left, %" PRIu64 " merged, %" PRIu64 " jumps, %" PRIu64 " bursts, %" PRIu64
		      " read-only, %" PRIu64 " mischief, %" PRIu64 " handed over, %" PRIu64
		      " by a second account\n",
		      s->crashes, s->doubled, s->delayed, s->left, s->merged, s->jumps, s->bursts,
		      s->read_only, s->mischief, s->handed, s->two_accounts);
}

static void whatever_goes_wrong_no_task_is_lost(void **state)
{
	uint64_t only = env_u64("OUTPOST_SEED", 0), years = env_u64("OUTPOST_FLOW_YEARS", YEARS);
	struct flow_world_seen seen = { 0 };
	struct flow_book b = { 0 };

	(void)state;
	if (only) {
		try_seed(only, &b, &seen);
	} else {
		try_kept(&b);
		for (uint64_t seed = env_u64("OUTPOST_FLOW_FROM", 1); seen.days < years * 365;
		     seed++)
			try_seed(seed, &b, &seen);
		if (years >= 100)
			must_have_seen(&seen);
	}
	tell_seen(&seen);
	assert_in_range(seen.lag_s_max, 0, LAG_S_MAX);
	flow_book_end(&b);
}

/* As a driver over a database does it: a task is bytes between two events. */
static uint64_t replay_stored(struct str script, size_t n_tasks)
{
	uint8_t(*row)[FLOW_PACKED_BYTES] = mem_take(n_tasks + 1, sizeof(*row));
	uint64_t digest = 0;

	assert_non_null(row);
	while (script.n) {
		const char *end = memchr(script.p, '\n', script.n);
		struct flow_task t = { 0 };
		struct flow_effects fx;
		struct flow_act act;
		enum err e;

		assert_int_equal(flow_act_read((struct str){ script.p, (size_t)(end - script.p) },
					       &act),
				 OK);
		script.n -= (size_t)(end + 1 - script.p);
		script.p = end + 1;
		t.id = act.task;
		if (row[act.task][0])
			assert_int_equal(flow_unpack(row[act.task], FLOW_PACKED_BYTES, &t), OK);
		e = flow_step(&t, &act.ev, (struct utc_s){ act.now }, &fx);
		digest = flow_digest_act(digest, &act, e, &fx);
		if (t.phase != FLOW_NONE)
			flow_pack(&t, row[act.task]);
	}
	for (size_t i = 1; i <= n_tasks; i++) {
		struct flow_task t = { .id = (int64_t)i };

		if (row[i][0])
			assert_int_equal(flow_unpack(row[i], FLOW_PACKED_BYTES, &t), OK);
		digest = flow_digest_task(digest, &t);
	}
	mem_drop(row);
	return digest;
}

static void a_script_gives_the_same_digest_however_it_is_driven(void **state)
{
	struct flow_book b = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		CLEANUP(buf_release) struct buf text = { 0 };
		struct flow_world_seen seen = { 0 };
		uint64_t digest = 0;

		try_seed(seed, &b, &seen);
		for (size_t i = 0; i < b.script.n; i++)
			flow_act_put(&text, &b.script.v[i]);
		assert_int_equal(text.failed, OK);
		assert_true(flow_book_replay(b.script.v, b.script.n, BOOK_HONEST, NULL, &digest));
		assert_true(digest == flow_book_digest(&b));
		assert_true(replay_stored(buf_view(&text), b.tasks.n) == digest);
	}
	flow_book_end(&b);
}

/* An invariant that no fault breaks is no invariant: each kind of fault must be noticed. */
static void a_faulty_engine_is_found_out(void **state)
{
	struct flow_book b = { 0 };

	(void)state;
	for (int spoil = BOOK_HONEST + 1; spoil < BOOK_SPOIL_N; spoil++) {
		enum book_spoil how = (enum book_spoil)spoil;
		uint64_t seed = 0;
		bool found = false;
		size_t n;

		while (!found && ++seed <= SPOILT_WORLDS) {
			struct flow_world_seen seen = { 0 };

			flow_book_begin(&b);
			b.spoil = how;
			found = !flow_world_run(seed, &b, &seen);
		}
		if (!found)
			print_error("fault %d was not found out in %d worlds\n", spoil,
				    SPOILT_WORLDS);
		assert_true(found);
		assert_false(flow_book_replay(b.script.v, b.script.n, how, NULL, NULL));
		n = flow_book_shrink(b.script.v, b.script.n, how);
		if (n > SPOILT_LINES_MAX)
			print_script(b.script.v, n);
		assert_in_range(n, 1, SPOILT_LINES_MAX);
		assert_true(flow_book_replay(b.script.v, n, BOOK_HONEST, NULL, NULL));
	}
	flow_book_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_goes_wrong_no_task_is_lost),
		cmocka_unit_test(a_script_gives_the_same_digest_however_it_is_driven),
		cmocka_unit_test(a_faulty_engine_is_found_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
