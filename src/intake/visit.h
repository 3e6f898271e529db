/*
 * visit.h - a visit as a feed brings it: who was where, from when to when.
 *
 * The columns are those of the trace command's visits file. Who it was is said by the sender's own
 * key, an ID number or a phone: the vault makes a pseudonym of it, and the core never keeps one.
 */
#ifndef INTAKE_VISIT_H
#define INTAKE_VISIT_H
#include "record/field.h"

struct visit_in {
	struct record_id none; /* where a row of a noun has its head */
	struct str person, id_number, phone, place, kind, seat, role;
	struct utc_s from, to;
};
enum visit_field_at {
	VISIT_PERSON,
	VISIT_ID_NUMBER,
	VISIT_PHONE,
	VISIT_PLACE,
	VISIT_KIND,
	VISIT_FROM,
	VISIT_TO,
	VISIT_SEAT,
	VISIT_ROLE,
	VISIT_FIELD_N
};
extern const struct field visit_fields[VISIT_FIELD_N];
extern const size_t visit_fields_n;
#endif
