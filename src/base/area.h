/*
 * area.h - the number of a place in the administrative tree, and what can be read off it.
 *
 * An area code is a path of fifteen digits: province 2, city 2, county 2, township 3, village 3,
 * cell 3. Parts that are not told are zeros, so "everything below this area" is one range of
 * whole numbers, and a parent needs no look-up. A level may be skipped: Dongguan has townships
 * and no counties, so 441900003 lies right below 4419.
 *
 * Life:     plain values; nothing here allocates or keeps anything.
 * Units:    codes below 10^15; ranges are half-open [code, area_end(code)).
 * Errors:   ERR_SYNTAX not digits; ERR_RANGE a length that no level has.
 * Source:   GB/T 2260 (province to county), GB/T 10114 (township), the statistics bureau's
 *           twelve-digit codes (village); cells are the user's own.
 */
#ifndef BASE_AREA_H
#define BASE_AREA_H
#include "base/base.h"
#include "base/text.h"

struct area_code {
	int64_t v;
};

enum area_level {
	AREA_NATION, /* code 0: the root above all provinces */
	AREA_PROVINCE,
	AREA_CITY,
	AREA_COUNTY,
	AREA_TOWNSHIP,
	AREA_VILLAGE,
	AREA_CELL,
	AREA_LEVEL_N
};
enum { AREA_DIGITS = 15, AREA_TEXT_BYTES = AREA_DIGITS + 1 };

struct area_words {
	const char *word, *zh, *en; /* "county", "县级", "County" */
};
const struct area_words *area_level_words(enum area_level level);

bool area_valid(struct area_code a); /* in range, and no part told below one that is not */
enum area_level area_level(struct area_code a); /* of a valid code, like all below */
struct area_code area_at(struct area_code a, enum area_level level); /* a, cut there */
struct area_code area_parent(struct area_code a);                    /* of the nation: itself */
/* First code after the subtree: everything in [a, end) lies in a. */
struct area_code area_end(struct area_code a);
bool area_covers(struct area_code a, struct area_code b); /* b is a, or lies in it */
/*
 * The key by which rows are spread over servers: the county that an area lies in, and for a city
 * or a province that node itself.
 */
struct area_code area_county(struct area_code a);

/*
 * Read a code of 2, 4, 6, 9, 12 or 15 digits, as lists of areas have them; a shorter one is
 * filled with zeros. "0" is the nation.
 */
MUST_CHECK enum err area_parse(struct str s, struct area_code *ret);
/* Fifteen digits and a NUL. */
void area_text(struct area_code a, char ret[AREA_TEXT_BYTES]);
#endif
