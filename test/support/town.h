/*
 * town.h - what the tests of the store share: a made-up town, sealing it, and asking a view for
 * everything it knows, to be compared with the slow search.
 *
 * Memory:   a town and images own their arrays (mem_*); release them with their _end.
 */
#ifndef TEST_SUPPORT_TOWN_H
#define TEST_SUPPORT_TOWN_H
#include "base/base.h"
#include "base/dice.h"
#include "base/memory.h"
#include "engine/trace/store.h"
#include "support/slow.h"

enum { TOWN_DAY = 18300 }; /* the first local day of every town: 2020-02-08 */

struct town {
	struct zone *zone;         /* Asia/Shanghai */
	struct slow_visits visits; /* none twice */
};

struct town_plan {
	uint64_t seed;
	size_t n; /* visits */
	int days;
	uint32_t people, places;
	int64_t step_s; /* the grid of times; 60 for whole minutes */
	bool awkward;   /* large numbers, ends that are open or a century away */
};
void town_make(struct town *t, const struct town_plan *plan);
void town_end(struct town *t);

/* Images of days, by day. */
struct town_images {
	struct trace_image *v;
	size_t n, cap;
};
MUST_CHECK enum err town_seal(const struct trace_builder_options *o, const struct visit *v,
			      size_t n, struct town_images *ret, struct fault *f);
/* All of it in one go with nothing that could fail. */
void town_seal_all(const struct town *t, struct town_images *ret);
void town_images_end(struct town_images *images);
/* A segment over a copy of the image's bytes. */
MUST_CHECK enum err town_adopt(const struct trace_image *image, struct trace_segment **ret,
			       struct fault *f);
/* A set of those images. */
MUST_CHECK enum err town_set(const struct town *t, const struct town_images *images,
			     struct trace_set **ret, struct fault *f);

/*
 * Ask the view for the contacts of everybody, to the second generation and with the proof, and
 * for everybody's stays and who was in every place. The engine's error if it gives one; ERR_BUG
 * if any answer is not the slow one over `want`.
 */
MUST_CHECK enum err town_ask(const struct trace_view *v, const struct slow_visits *want);
MUST_CHECK enum err town_ask_set(const struct trace_set *s, const struct slow_visits *want);
#endif
