/*
 * well.h - a noun for tests: a village well, with a field of every type and every class.
 *
 * It is declared as the house's own nouns are, and used by the tests and fuzz targets of record.
 */
#ifndef SUPPORT_WELL_H
#define SUPPORT_WELL_H
#include "record/record.h"

enum well_kind { WELL_NO_KIND, WELL_DUG, WELL_DRILLED, WELL_SPRING };
enum well_state { WELL_NONE, WELL_PROPOSED, WELL_IN_USE, WELL_SEALED };

struct well {
	struct record record;
	struct str name, notes, keeper_phone, keeper, germs;
	int64_t depth_cm;
	bool public_use;
	enum well_kind kind;
	struct utc_s tested_at;
	struct field_day dug_on;
	struct area_code supplies;
	struct record_id feeds; /* another well */
	int64_t visits;         /* the server's own count */
};

extern const struct noun well_noun;
#endif
