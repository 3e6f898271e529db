/*
 * officer.h - somebody who carries a duty: name, post and work phone, which are official data.
 */
#ifndef GRID_OFFICER_H
#define GRID_OFFICER_H
#include "record/record.h"

enum officer_state { OFFICER_NONE, OFFICER_ACTIVE, OFFICER_LEFT };

struct officer {
	struct record record;
	struct str name, post, phone;
	struct record_id organisation;
	struct record_id substitute; /* who answers when this one does not */
};

extern const struct noun officer_noun;
#endif
