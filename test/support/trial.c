/*
 * trial.c - see trial.h. What happens to a set is drawn from the dice of the world's seed.
 */
#include "trial.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/paths.h"

enum { WORLDS = 10000, SHRINK_TRIALS = 4000 };

struct trial {
	const struct world *w;
	enum trial_way way;
	trial_agree *agree;
	struct dice dice;
	struct trace_set *set;
	struct slow_visits model; /* what a view taken now must show */
	struct visit *arriving;   /* the world's visits in the order they come */
	size_t n_arrived, n_arriving;
	const struct trace_view *held; /* a view taken on the way, asked again at the end */
	struct slow_visits held_model;
	struct buf *why; /* what failed; empty while nothing has */
};

static bool agree_now(struct trial *t)
{
	const struct trace_view *v = trace_set_view(t->set);
	bool good = t->agree(t->w, v, &t->model, t->why);

	trace_view_release(v);
	return good;
}

/* ---- what may happen to a set ------------------------------------------------------------ */

static bool failed(struct trial *t, const char *where, enum err e, const struct fault *f)
{
	buf_fmt(t->why, "%s: %s %s\n", where, err_word(e), f && f->code ? f->en : "");
	return false;
}

static bool did(struct trial *t, const char *what, enum err e, const struct fault *f)
{
	return e == OK || failed(t, what, e, f);
}

static enum err into_set(struct trace_image image, void *arg, struct fault *f)
{
	struct trial *t = arg;
	struct trace_segment *s;
	enum err e = trace_segment_adopt(image.bytes, image.n, &s, f);

	return e == OK ? trace_set_add_segment(t->set, s, f) : e;
}

/* Seal visits, in a few portions, into one segment a day. */
static bool seal(struct trial *t, const struct visit *v, size_t n)
{
	struct trace_builder_options o = { .zone = t->w->zone,
					   .budget_bytes = 64 << 20,
					   .threads = dice_below(&t->dice, 16) == 0 ? 2 : 1 };
	struct slow_visits once = { 0 };
	struct trace_builder *b;
	struct fault f = { 0 };
	enum err e = trace_builder_new(&o, &b, &f);

	if (e != OK)
		return failed(t, "trace_builder_new", e, &f);
	for (size_t i = 0, k; e == OK && i < n; i = k) {
		k = i + 1 + dice_below(&t->dice, (uint32_t)(n - i));
		e = trace_builder_add(b, v + i, k - i, &f);
	}
	if (e == OK)
		e = trace_builder_finish(b, into_set, t, &f);
	slow_add(&once, v, n);
	if (e == OK && trace_builder_duplicates(b) != n - once.n) {
		buf_fmt(t->why, "the builder saw %" PRIu64 " duplicates of %zu\n",
			trace_builder_duplicates(b), n - once.n);
		e = ERR_BUG;
	}
	trace_builder_free(b);
	slow_visits_end(&once);
	slow_add(&t->model, v, n);
	return did(t, "sealing", e, &f);
}

static bool add(struct trial *t, const struct visit *v, size_t n)
{
	struct fault f = { 0 };

	slow_add(&t->model, v, n);
	return did(t, "trace_set_add", trace_set_add(t->set, v, n, &f), &f);
}

static int32_t some_day(struct trial *t)
{
	if (t->n_arrived > 0 && dice_below(&t->dice, 6) > 0)
		return zone_day_of(t->w->zone,
				   t->arriving[dice_below(&t->dice, (uint32_t)t->n_arrived)].from);
	return t->w->day - 3 + (int32_t)dice_below(&t->dice, 8);
}

static bool freeze(struct trial *t)
{
	struct fault f = { 0 };

	return did(t, "trace_set_freeze", trace_set_freeze(t->set, &f), &f);
}

static bool merge(struct trial *t, int32_t day)
{
	struct fault f = { 0 };

	return did(t, "trace_set_merge_day", trace_set_merge_day(t->set, day, &f), &f);
}

static bool merge_all(struct trial *t)
{
	for (size_t i = 0; i < t->n_arrived; i++) {
		int32_t day = zone_day_of(t->w->zone, t->arriving[i].from);
		bool again = false;

		for (size_t k = 0; k < i && !again; k++)
			again = zone_day_of(t->w->zone, t->arriving[k].from) == day;
		if (!again && !merge(t, day))
			return false;
	}
	return true;
}

static bool drop(struct trial *t)
{
	int32_t day = some_day(t);
	struct fault f = { 0 };

	slow_drop_day(&t->model, t->w->zone, day);
	return did(t, "trace_set_drop_day", trace_set_drop_day(t->set, day, &f), &f);
}

/* Withdraw a few that came, or never came, perhaps twice. */
static bool withdraw(struct trial *t)
{
	struct visit v[8];
	size_t n = 1 + dice_below(&t->dice, 8);
	struct fault f = { 0 };

	if (t->n_arriving == 0)
		return true;
	for (size_t i = 0; i < n; i++) {
		v[i] = t->arriving[dice_below(&t->dice, (uint32_t)t->n_arriving)];
		if (dice_below(&t->dice, 10) == 0)
			v[i].seat ^= 1;
	}
	slow_withdraw(&t->model, v, n);
	return did(t, "trace_set_withdraw", trace_set_withdraw(t->set, v, n, &f), &f);
}

/* Visits that are there already, or were withdrawn or dropped, come once more. */
static bool come_again(struct trial *t)
{
	size_t i, n;

	if (t->n_arrived == 0)
		return true;
	i = dice_below(&t->dice, (uint32_t)t->n_arrived);
	n = 1 + dice_below(&t->dice, (uint32_t)min_size(t->n_arrived - i, 6));
	return dice_below(&t->dice, 3) > 0 ? add(t, t->arriving + i, n)
					   : seal(t, t->arriving + i, n);
}

static bool next_arrive(struct trial *t, bool sealed)
{
	size_t left = t->n_arriving - t->n_arrived, n;
	const struct visit *v = t->arriving + t->n_arrived;

	if (left == 0)
		return true;
	n = 1 + dice_below(&t->dice, (uint32_t)min_size(left, left > 60 ? left / 2 : 12));
	t->n_arrived += n;
	return sealed ? seal(t, v, n) : add(t, v, n);
}

static bool hold_view(struct trial *t)
{
	if (t->held)
		return true;
	t->held = trace_set_view(t->set);
	slow_add(&t->held_model, t->model.v, t->model.n);
	return t->agree(t->w, t->held, &t->held_model, t->why);
}

static bool something_happens(struct trial *t)
{
	uint32_t what = dice_below(&t->dice, 24);

	if (what < 8)
		return next_arrive(t, false);
	if (what < 12)
		return next_arrive(t, true);
	if (what < 14)
		return freeze(t);
	if (what < 17)
		return merge(t, some_day(t));
	if (what < 18)
		return come_again(t);
	if (what < 19)
		return hold_view(t);
	if (what < 20)
		return t->model.n > 100 || agree_now(t);
	if (t->way == TRIAL_WITHDRAWN)
		return what < 23 ? withdraw(t) : come_again(t);
	if (t->way == TRIAL_DROPPED)
		return what < 21 ? drop(t) : what < 22 ? withdraw(t) : come_again(t);
	return next_arrive(t, what == 20);
}

/* ---- a world, from its first visit to its last answer ------------------------------------- */

static bool live(struct trial *t)
{
	bool good = true;

	if (t->way == TRIAL_SEALED) {
		t->n_arrived = t->n_arriving;
		return seal(t, t->arriving, t->n_arriving) && agree_now(t);
	}
	while (good && t->way == TRIAL_TAIL && t->n_arrived < t->n_arriving)
		good = next_arrive(t, false);
	while (good && t->way != TRIAL_TAIL && t->n_arrived < t->n_arriving)
		good = something_happens(t);
	for (int i = 0; good && t->way != TRIAL_TAIL && i < 4; i++)
		good = something_happens(t);
	if (good && t->way != TRIAL_TAIL && dice_below(&t->dice, 3) == 0)
		good = freeze(t);
	if (good && t->way != TRIAL_TAIL && dice_below(&t->dice, 3) == 0)
		good = merge_all(t);
	return good && agree_now(t) &&
	       (!t->held || t->agree(t->w, t->held, &t->held_model, t->why));
}

static void shuffle(struct trial *t)
{
	if (dice_below(&t->dice, 4) == 0)
		return; /* as drawn */
	for (size_t i = t->n_arriving; i > 1; i--) {
		size_t k = dice_below(&t->dice, (uint32_t)i);
		struct visit v = t->arriving[i - 1];

		t->arriving[i - 1] = t->arriving[k];
		t->arriving[k] = v;
	}
}

bool trial_world(const struct world *w, enum trial_way way, trial_agree *agree, struct buf *why)
{
	struct trial t = { .w = w,
			   .way = way,
			   .agree = agree,
			   .why = why,
			   .n_arriving = w->visits.n,
			   .dice = { w->seed * 5 + way } };
	enum err e = trace_set_new(w->zone, &t.set);
	bool good;

	assert(e == OK);
	t.arriving = mem_take(w->visits.n + 1, sizeof(*t.arriving));
	assert(t.arriving);
	if (w->visits.n > 0)
		memcpy(t.arriving, w->visits.v, w->visits.n * sizeof(*t.arriving));
	shuffle(&t);
	good = live(&t);
	if (t.held)
		trace_view_release(t.held);
	trace_set_free(t.set);
	mem_drop(t.arriving);
	slow_visits_end(&t.model);
	slow_visits_end(&t.held_model);
	return good;
}

/* ---- making a failing world small -------------------------------------------------------- */

struct cause {
	enum trial_way way;
	trial_agree *agree;
};
typedef void leave_out(struct world *w, size_t i);

static bool still_fails(const struct world *w, const struct cause *c, int *trials)
{
	CLEANUP(buf_release) struct buf why = { 0 };

	return ++*trials < SHRINK_TRIALS && !trial_world(w, c->way, c->agree, &why);
}

/* Leave out the i-th to the k-th of a kind of thing, if the world fails without them too. */
static bool try_without(struct world *w, const struct cause *c, leave_out *without, size_t i,
			size_t k, int *trials)
{
	struct world less;
	bool fails;

	world_copy(&less, w);
	for (size_t x = k; x > i; x--)
		without(&less, x - 1);
	fails = still_fails(&less, c, trials);
	if (fails) {
		struct world swap = *w;

		world_end(&swap);
		world_copy(w, &less);
	}
	world_end(&less);
	return fails;
}

static bool shrink_kind(struct world *w, const struct cause *c, leave_out *without, const size_t *n,
			size_t at_least, int *trials)
{
	bool smaller = false;

	for (size_t chunk = max_size(1, *n / 2); chunk > 0; chunk /= 2)
		for (size_t i = 0; i + chunk <= *n && *n - chunk >= at_least;)
			if (try_without(w, c, without, i, i + chunk, trials))
				smaller = true;
			else
				i += chunk;
	return smaller;
}

static void shrink(struct world *w, const struct cause *c)
{
	int trials = 0;
	bool smaller = true;

	while (smaller && trials < SHRINK_TRIALS) {
		smaller = shrink_kind(w, c, world_without_warrant, &w->n_warrants, 1, &trials);
		smaller |= shrink_kind(w, c, world_without_visit, &w->visits.n, 0, &trials);
		smaller |= shrink_kind(w, c, world_without_named, &w->n_named, 0, &trials);
	}
}

/* ---- many worlds ------------------------------------------------------------------------- */

/* A crash must say its seed too. */
static struct {
	uint64_t seed;
	enum trial_way way;
} now;

static void on_abort(int sig)
{
	char line[96];
	int n = snprintf(line, sizeof(line), "\nworld seed %" PRIu64 ", way %d\n", now.seed,
			 (int)now.way);

	if (now.seed && n > 0 && write(2, line, (size_t)n) < 0)
		n = 0;
	signal(sig, SIG_DFL);
	raise(sig);
}

static bool try_seed(uint64_t seed, const struct cause *c)
{
	CLEANUP(buf_release) struct buf why = { 0 };
	struct world w;
	bool good;

	now.seed = seed;
	now.way = c->way;
	world_make(&w, seed);
	good = trial_world(&w, c->way, c->agree, &why);
	if (!good) {
		fprintf(stderr, "seed %" PRIu64 ", way %d: %.*s\n", seed, (int)c->way,
			(int)min_size(why.n, 300), why.p);
		shrink(&w, c);
		buf_clear(&why);
		world_print(&why, &w);
		(void)trial_world(&w, c->way, c->agree, &why);
		fprintf(stderr, "shrunk to:\n%.*sadd seed %" PRIu64 " to test/engine/seeds.txt\n",
			(int)why.n, why.p, seed);
	}
	world_end(&w);
	now.seed = 0;
	return good;
}

uint64_t trial_count(void)
{
	return env_u64("OUTPOST_SEED", 0) ? 0 : env_u64("OUTPOST_WORLDS", size_u64(WORLDS));
}

static uint64_t try_kept(const struct cause *c)
{
	struct path kept = path_in_source("test/engine/seeds.txt");
	FILE *file = fopen(kept.s, "r");
	uint64_t seed, bad = 0;
	char line[128];

	while (file && !bad && fgets(line, sizeof(line), file))
		if (sscanf(line, "%" SCNu64, &seed) == 1 && !try_seed(seed, c))
			bad = seed;
	if (file)
		fclose(file);
	return bad;
}

uint64_t trial_worlds(enum trial_way way, trial_agree *agree, uint64_t fewer)
{
	const struct cause c = { way, agree };
	uint64_t only = env_u64("OUTPOST_SEED", 0), bad;

	signal(SIGABRT, on_abort);
	if (only)
		return try_seed(only, &c) ? 0 : only;
	bad = try_kept(&c);
	for (uint64_t seed = 1; !bad && seed <= trial_count() / fewer; seed++)
		if (!try_seed(seed, &c))
			bad = seed;
	return bad;
}
