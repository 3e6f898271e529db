/*
 * trial.h - made-up worlds put to the engine in every way visits can come into a set, and their
 * views compared with what a plain array of the same visits shows.
 *
 * What is compared is the caller's: a function that asks a view and the slow search. A world in
 * which they differ is made smaller until nothing more can be left out, and printed.
 *
 * OUTPOST_WORLDS=n    how many worlds each way (10,000 without it)
 * OUTPOST_SEED=n      only that world
 * A seed that ever failed is kept in test/engine/seeds.txt and tried first.
 */
#ifndef TEST_SUPPORT_TRIAL_H
#define TEST_SUPPORT_TRIAL_H
#include "base/base.h"
#include "base/text.h"
#include "engine/trace/store.h"
#include "support/slow.h"
#include "support/world.h"

enum trial_way {
	TRIAL_SEALED,    /* one builder, its segments in a set */
	TRIAL_TAIL,      /* added in portions, in any order */
	TRIAL_MIXED,     /* some sealed, some added; frozen and merged in between */
	TRIAL_WITHDRAWN, /* the same, with visits withdrawn and come again */
	TRIAL_DROPPED    /* the same, with days dropped */
};

/* True if the view shows `model`; else why not is appended to `why`. */
typedef bool trial_agree(const struct world *w, const struct trace_view *v,
			 const struct slow_visits *model, struct buf *why);

/* One world from its first visit to its last answer. */
bool trial_world(const struct world *w, enum trial_way way, trial_agree *agree, struct buf *why);

/*
 * OUTPOST_WORLDS / `fewer` worlds one way. The first seed that failed, after its world was
 * printed to stderr; 0 if all is well.
 */
uint64_t trial_worlds(enum trial_way way, trial_agree *agree, uint64_t fewer);
uint64_t trial_count(void); /* OUTPOST_WORLDS; 0 if only one seed is tried */
#endif
