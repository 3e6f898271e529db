/*
 * synthetic.h - a town that does not exist: households, work, buses, shops, a theatre evening,
 * a coach with seats. Seeded: the bytes depend on the seed and the number of people alone.
 *
 * Fourteen local days from 2021-07-17; about 56 visits a person, in order of person.
 *
 * Life:     synthetic_make -> synthetic_live (visits of one person after another) -> names.
 * Memory:   none but the plain value; a person's days are made from (seed, person).
 * Units:    seconds UTC; the town lies eight hours east of it.
 */
#ifndef CLI_SYNTHETIC_H
#define CLI_SYNTHETIC_H
#include "base/base.h"
#include "base/text.h"

enum { SYNTHETIC_DAYS = 14, SYNTHETIC_VISITS_MAX = SYNTHETIC_DAYS * 12 };
#define SYNTHETIC_FIRST_S INT64_C(1626451200) /* 2021-07-17T00:00+08:00 */

enum synthetic_kind {
	SYNTHETIC_HOME,
	SYNTHETIC_OFFICE,
	SYNTHETIC_SHOP,
	SYNTHETIC_MEAL,
	SYNTHETIC_BUS,
	SYNTHETIC_THEATRE,
	SYNTHETIC_COACH,
	SYNTHETIC_KIND_N
};

struct synthetic {
	uint64_t seed;
	uint32_t n_people;
	uint32_t first[SYNTHETIC_KIND_N + 1]; /* of kind k: places first[k] .. first[k + 1] - 1 */
};

struct synthetic_visit {
	uint32_t person, place;
	struct utc_s from, to;
	int seat_row; /* 0: none */
	char seat_letter;
	bool driver;
};

void synthetic_make(uint64_t seed, uint32_t n_people, struct synthetic *ret);
/* All visits of one person, by from; ret has room for SYNTHETIC_VISITS_MAX. */
size_t synthetic_live(const struct synthetic *t, uint32_t person, struct synthetic_visit *ret);
uint32_t synthetic_places(const struct synthetic *t);
enum synthetic_kind synthetic_kind_of(const struct synthetic *t, uint32_t place);
const char *synthetic_kind_word(enum synthetic_kind k); /* Chinese, as the profiles know it */
void synthetic_place_name(const struct synthetic *t, uint32_t place, struct buf *out);
void synthetic_person_name(uint32_t person, struct buf *out);
/* Whether the person sits in the theatre on the evening of the sixth day. */
bool synthetic_at_theatre(const struct synthetic *t, uint32_t person);
#endif
