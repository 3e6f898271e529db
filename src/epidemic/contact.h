/*
 * contact.h - somebody a trace found beside a case: of what degree, by which rule, and whose to
 * find now.
 *
 * A contact is made by a trace that is kept, in its transaction, with a task for the party that
 * answers for the place where they were last. It is located when the task's proof is given, and no
 * longer when the proof is sent back. A later trace of the case, over new visits or mended dates,
 * changes what is told of a contact or excludes it, and its task with it: the difference is the
 * trace's entry in the ledger.
 *
 * Who it is nobody sees here. `contact_person` has the pseudonym, in no answer; a name is told to
 * the people of the party that owns the task, one at a time (contact_name.c).
 */
#ifndef EPIDEMIC_CONTACT_H
#define EPIDEMIC_CONTACT_H
#include "engine/flow/flow.h"
#include "engine/trace/trace.h"
#include "record/record.h"

enum contact_state {
	CONTACT_NONE,
	CONTACT_FOUND,
	CONTACT_LOCATED,
	CONTACT_RELEASED,
	CONTACT_EXCLUDED
};
/* A degree is the engine's class, and 1: 0 is "not given". The same of a push. */
enum { CONTACT_DEGREE_N = TRACE_CLASS_N + 1, CONTACT_PUSH_N = FLOW_PUSH_N + 1 };
enum contact_degree { CONTACT_NO_DEGREE };
enum contact_push { CONTACT_NO_PUSH };

struct contact_row {
	struct record record;
	struct str number; /* the case's, and a count */
	struct record_id of_case;
	enum contact_degree degree;
	int64_t generation;
	struct str rule, profile;
	struct utc_s first_at, last_at; /* exposure */
	int64_t overlap_s, encounters;
	struct str trace;       /* id of the trace whose proof it has */
	enum contact_push push; /* of its task: kept, or passed on to somebody */
	struct record_id party; /* who owns the task */
	struct utc_s ended_at;  /* released or excluded; written once */
};

extern const struct noun contact_noun;
#endif
