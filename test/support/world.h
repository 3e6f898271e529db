/*
 * world.h - small made-up worlds from a seed: visits, rules, named contacts and warrants.
 *
 * A world is drawn so that the awkward things are common: times on a coarse grid around local
 * midnights, visits that touch, repeat, overlap themselves, or never end, windows that begin or
 * end with a visit, minimum and lag of one step. Some worlds are crowded (hundreds of visits in
 * one place, of every length), some hold stays over many midnights, some use numbers far apart,
 * and some are orderly: a store may have a shorter way where nothing must be joined.
 *
 * Life:     world_make -> (world_ask) -> world_end. world_without_* make it smaller, for
 *           shrinking a world in which something failed.
 * Units:    as trace.h.
 * Memory:   a world owns all it points to; do not copy it by value.
 */
#ifndef TEST_SUPPORT_WORLD_H
#define TEST_SUPPORT_WORLD_H
#include "base/base.h"
#include "base/dice.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/when.h"
#include "engine/trace/trace.h"

enum { WORLD_RULES = 4, WORLD_KINDS = 3, WORLD_SEATS = 6, WORLD_NAMED = 8, WORLD_WARRANTS = 6 };

struct world {
	uint64_t seed;
	const char *zone_name;
	struct zone *zone;
	int32_t day;    /* the local day around whose midnight all happens */
	int64_t step_s; /* the grid of times */
	int days;       /* how many midnights */
	size_t n_people, n_places;
	bool crowded;
	bool orderly; /* nobody sits, nobody is twice in a place or comes back at once */
	struct {
		struct visit *v;
		size_t n, cap;
	} visits; /* in order of arrival, with repeats */

	bool has_world; /* kinds and seats are known */
	uint16_t *place_kind;
	struct trace_seat seat[WORLD_SEATS];
	struct trace_world world;
	struct trace_rule rule[WORLD_RULES];
	uint64_t kind_rules[WORLD_KINDS];
	struct trace_rules rules;
	struct trace_named named[WORLD_NAMED];
	size_t n_named;
	struct warrant warrant[WORLD_WARRANTS];
	size_t n_warrants;
};

void world_make(struct world *w, uint64_t seed);
void world_end(struct world *w);
struct trace_ask world_ask(const struct world *w, bool proof); /* points into the world */

void world_without_visit(struct world *w, size_t i);
void world_without_named(struct world *w, size_t i);
void world_without_warrant(struct world *w, size_t i);
void world_copy(struct world *to, const struct world *from);

/* The whole world as rows that can be typed in again. */
void world_print(struct buf *out, const struct world *w);
#endif
