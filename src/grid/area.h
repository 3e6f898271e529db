/*
 * area.h - the areas there are, what they are called on a day, and how to find one.
 *
 * An area is its code (base/area.h); this room knows which codes exist, from when to when, and by
 * which names. A renamed area has a span for each name; one that was merged ends and says into
 * which. Codes decide, never names: in Hunan 6,226 villages share theirs with another.
 *
 * Life:     rows come by area_import.h; questions are asked inside an act, for a day.
 * Shapes:   a province has some 32,000 areas, the nation 665,000; a question costs its answer.
 * Units:    days are local day numbers (base/when.h), spans [from, to).
 * Memory:   answers in the caller's arena.
 * Errors:   ERR_ABSENT no such area on that day.
 */
#ifndef GRID_AREA_H
#define GRID_AREA_H
#include "base/area.h"
#include "base/memory.h"
#include "db/db.h"

enum { AREA_DAY_FIRST = -1000000, AREA_DAY_LAST = 1000000, AREA_NAME_CHARS_MAX = 60 };

struct record_area_name;

struct area {
	struct area_code code, into; /* into: 0, or what it was merged into */
	int32_t from_day, to_day;    /* AREA_DAY_FIRST, AREA_DAY_LAST: always */
	struct str name, name_en;    /* name_en may be empty */
	struct str known_as;         /* names and their initials, small letters, parted by | */
};

struct area_list {
	size_t n;
	const struct area *v;
	bool more; /* there are more than were asked for */
};

/* Whether `known_as` has this name, whole; the case of Latin letters does not matter. */
bool area_known_as(struct str known_as, struct str name);
MUST_CHECK enum err area_find(struct tx *tx, struct area_code code, int32_t day, struct arena *a,
			      struct area *ret, struct fault *f);
/* Whatever lies above any of a list's areas on that day, by code and each once; one question. */
MUST_CHECK enum err area_above(struct tx *tx, const struct area_list *list, int32_t day,
			       struct arena *a, struct area_list *ret, struct fault *f);
/*
 * What each of these is called on that day, empty for one that is not there: codes rise, and each
 * comes once. For the book of nouns (record.h).
 */
MUST_CHECK enum err area_names(struct tx *tx, const struct area_code *code, size_t n, int32_t day,
			       struct arena *a, struct record_area_name *ret, struct fault *f);
/* An area and all that lies in it, as they are called on that day. For the book, too. */
MUST_CHECK enum err area_each(struct tx *tx, struct area_code under, int32_t day,
			      enum err (*each)(void *arg, struct area_code code, struct str zh,
					       struct str en),
			      void *arg, struct fault *f);
/* Right below it, codes above `after` first to last. */
MUST_CHECK enum err area_below(struct tx *tx, struct area_code code, int32_t day,
			       struct area_code after, size_t limit, struct arena *a,
			       struct area_list *ret, struct fault *f);
/* How many lie right below each area of a list of different ones: ret[0..list->n); one question. */
MUST_CHECK enum err area_n_below_each(struct tx *tx, const struct area_list *list, int32_t day,
				      int64_t *ret, struct fault *f);
/* How many areas there are on that day in a subtree, the area among them. */
MUST_CHECK enum err area_n_under(struct tx *tx, struct area_code code, int32_t day, int64_t *ret,
				 struct fault *f);
/*
 * Areas of a subtree whose code begins with `text`, if it is digits, or that are known by a name
 * with `text` in it or by initials (two characters or more: one finds nothing). By code; found
 * by name, counties and what is above them come first, then townships, then the rest.
 */
MUST_CHECK enum err area_search(struct tx *tx, struct str text, struct area_code under, int32_t day,
				size_t limit, struct arena *a, struct area_list *ret,
				struct fault *f);
#endif
