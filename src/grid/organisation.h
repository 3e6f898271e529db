/*
 * organisation.h - an office, department, clinic, firm or school that carries duties in an area.
 *
 * The noun to read before adding one: this struct and the tables in organisation.c are all of it.
 * Fields here, labels and rules there, columns in schema/0005_organisation.sql.
 */
#ifndef GRID_ORGANISATION_H
#define GRID_ORGANISATION_H
#include "record/record.h"

enum organisation_kind {
	ORGANISATION_NO_KIND,
	ORGANISATION_PARTY_OFFICE,
	ORGANISATION_GOVERNMENT,
	ORGANISATION_HEALTH,
	ORGANISATION_CDC,
	ORGANISATION_ENTERPRISE,
	ORGANISATION_SCHOOL,
	ORGANISATION_COMMUNITY,
	ORGANISATION_OTHER,
	ORGANISATION_POLICE
};

enum organisation_state {
	ORGANISATION_NONE,
	ORGANISATION_ACTIVE,
	ORGANISATION_SUSPENDED,
	ORGANISATION_DISSOLVED
};

struct organisation {
	struct record record;
	struct str name, short_name;
	enum organisation_kind kind;
	struct record_id parent; /* the organisation above it */
	struct str credit_code;  /* GB 32100: 18 characters with a check digit */
	struct str address, duty_phone;
};

extern const struct noun organisation_noun;

/* Does a unified social credit code end in its own check digit? Source: GB 32100-2015 annex A. */
bool organisation_credit_code_holds(struct str code);

#endif
