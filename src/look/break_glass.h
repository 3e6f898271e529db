/*
 * break_glass.h - names in an emergency, by two people of two departments.
 *
 * One asks, with a reason, a case or paper, and up to BREAK_GLASS_PEOPLE_MAX numbers; which fields
 * they are told follows from their department (a CDC, a community or the police). Another, of
 * another department (accounts.organisation), says yes or no within half an hour. Then the one who
 * asked may be told those names, once, within half an hour. Every step is in the ledger, and the
 * overseer sees all of them.
 *
 *     asked -> approved -> used        asked -> refused
 *
 * Errors:   ERR_CONFLICT with the sentence that says which rule; ERR_ABSENT none of the caller's.
 */
#ifndef LOOK_BREAK_GLASS_H
#define LOOK_BREAK_GLASS_H
#include "access/access.h"

enum break_glass_state {
	BREAK_GLASS_ASKED = 1,
	BREAK_GLASS_APPROVED,
	BREAK_GLASS_REFUSED,
	BREAK_GLASS_USED,
	BREAK_GLASS_STATE_N
};
const char *break_glass_state_word(enum break_glass_state s);

enum { BREAK_GLASS_PEOPLE_MAX = 20, BREAK_GLASS_S = 30 * 60 };

extern const struct route_list break_glass_routes;
#endif
