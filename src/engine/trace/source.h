/*
 * source.h - where a group of cases may have caught it: places, events, people, ranked.
 *
 * Each case brings a warrant for source tracing whose window is the time in which it must have
 * been infected. A place or an event is scored by how unlikely it is that so many of the cases
 * were there, given how many people go there anyway; a person by how many of the cases they were
 * with. Every row points at the visits or encounters that made it.
 *
 * Score:    C cases seen at all, N people in the data, A of them in the place in the time in
 *           question, c cases among those: score = -log10 P(X >= c | X >= 1), X hypergeometric
 *           (C drawn from N, A marked), to six decimals. One case alone scores 0.
 * Life:     trace_source_find -> read the arrays -> the arena goes.
 * Shapes:   attendance is read only for places that two or more cases visited.
 * Units:    UTC seconds, half-open; overlaps in seconds; score in powers of ten.
 * Memory:   answers in the caller's arena; a scratch arena of its own for attendance.
 * Threads:  pure; one arena per thread.
 * Errors:   ERR_WARRANT a warrant that is not for source tracing.
 *           ERR_RANGE   population smaller than the people seen in one place.
 *           Else as trace_contacts. On error nothing is written to `ret`.
 * Source:   docs/adr/0005-sources-score.md
 */
#ifndef ENGINE_TRACE_SOURCE_H
#define ENGINE_TRACE_SOURCE_H
#include "base/base.h"
#include "base/memory.h"
#include "engine/trace/trace.h"

struct trace_source_case {
	struct warrant warrant; /* TRACE_SOURCE_TRACING, its window the backward window. One
				    * generation is asked whatever it says */
	bool infectious_known;  /* [infectious_from, infectious_to), for who may be a source */
	struct utc_s infectious_from, infectious_to;
};

struct trace_source_ask {
	size_t n_cases;
	const struct trace_source_case *cases;
	const struct trace_ask *contacts; /* rules, world, named: who counts as having been with */
	uint64_t population;              /* persons in the view */
};

/* A case's stay, clipped to its backward window. */
struct trace_source_visit {
	uint32_t i_case; /* index into ask.cases */
	struct trace_stay stay;
};

struct trace_source_place {
	struct place_id place;
	uint32_t n_cases;   /* distinct cases that were here; two of one person are one */
	uint32_t attendees; /* A: distinct people here between the earliest opening and the
				  * latest end of the windows; 0 (not read) when n_cases is 1 */
	double expected;    /* C * A / N; 0 when n_cases is 1 */
	double score;
	struct trace_busy busy;   /* visits and days in all of the view */
	size_t i_visit, n_visits; /* evidence: visit[i_visit ...], by from */
};

/* Stays of two or more cases that overlap, or follow within the rules' lag, without a break. */
struct trace_source_event {
	struct place_id place;
	struct utc_s from, to; /* first arrival to last departure among them */
	uint32_t n_cases;
	uint32_t attendees; /* distinct people here in [from, to) */
	double expected;
	double score;
	size_t i_visit, n_visits;
};

/* One encounter of a case with somebody in the case's backward window. */
struct trace_source_encounter {
	uint32_t i_case;
	struct trace_encounter e; /* e.contact is the possible source */
};

struct trace_source_person {
	struct person_id person;
	uint32_t n_cases; /* distinct cases met */
	uint64_t overlap_s;
	struct utc_s first, last; /* TRACE_NEVER if none is dated */
	uint32_t own_case;        /* index into ask.cases of a case of this person, or TRACE_NONE */
	uint32_t n_strong;        /* cases met while infectious by own window: > 0 is strong */
	size_t i_encounter, n_encounters; /* evidence: encounter[i_encounter ...] */
};

struct trace_sources {
	uint32_t n_seen;     /* C: distinct people among the cases with a stay in the window */
	uint64_t population; /* N */
	size_t n_places, n_events, n_people, n_visits, n_encounters;
	const struct trace_source_place *place;   /* by score, n_cases (both falling), place */
	const struct trace_source_event *event;   /* the same, then from */
	const struct trace_source_person *person; /* by n_cases, overlap (falling), person */
	const struct trace_source_visit *visit;   /* by place, from, case */
	const struct trace_source_encounter *encounter; /* by person met, case person,
							* case, place, from */
};

MUST_CHECK enum err trace_source_find(const struct trace_view *v,
				      const struct trace_source_ask *ask, struct arena *a,
				      struct trace_sources *ret, struct fault *f);

/* The score by itself: N people, A of them there, C cases, c of the cases there. */
double trace_source_score(uint64_t population, uint64_t attendees, uint64_t cases, uint64_t there);
#endif
