/* contact_push.h - a close contact that another place found and pushes to us. */
#ifndef INTAKE_CONTACT_PUSH_H
#define INTAKE_CONTACT_PUSH_H
#include "intake/brought.h"
#include "intake/notification.h"

struct contact_push {
	BROUGHT_MEMBERS;
	BROUGHT_PERSON_MEMBERS;
	struct str from_source_id, to_source_id, relation, exposure, pushed_by, place;
	enum notification_sex sex;
	int64_t age, age_to;
	struct field_day met_on, last_met_on, pushed_on;
};
extern const struct noun contact_push_noun;
#endif
