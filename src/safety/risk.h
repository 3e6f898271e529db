/*
 * risk.h - a risk point of a unit: what could go wrong at one spot of it, and how grave it is.
 *
 * A hazard found at one unit is looked for at all that share its factor: that is asked of this
 * noun's rows.
 *
 * Source:   factors are the 20 categories of GB 6441-1986, and fire exits; the four grades and
 *           their colours those of the double prevention mechanism (双重预防机制).
 */
#ifndef SAFETY_RISK_H
#define SAFETY_RISK_H
#include "record/record.h"

enum risk_factor {
	RISK_NO_FACTOR,
	RISK_STRUCK,
	RISK_VEHICLE,
	RISK_MACHINE,
	RISK_LIFTING,
	RISK_SHOCK,
	RISK_DROWNING,
	RISK_BURN,
	RISK_FIRE,
	RISK_FALL,
	RISK_COLLAPSE,
	RISK_ROOF_FALL,
	RISK_FLOODING,
	RISK_BLASTING,
	RISK_POWDER,
	RISK_FIREDAMP,
	RISK_BOILER,
	RISK_VESSEL,
	RISK_EXPLOSION,
	RISK_POISON,
	RISK_OTHER,
	RISK_FACTOR_N
};
enum risk_grade { RISK_NO_GRADE, RISK_RED, RISK_ORANGE, RISK_YELLOW, RISK_BLUE, RISK_GRADE_N };
enum risk_state { RISK_NONE, RISK_PRESENT, RISK_GONE };

struct risk {
	struct record record;
	struct record_id unit;
	enum risk_factor factor;
	struct str point; /* where in the unit */
	enum risk_grade grade;
	struct str control; /* what holds it down */
};

extern const struct noun risk_noun;
extern const struct choice risk_factors[RISK_FACTOR_N];
#endif
