/* contact_push.c - see contact_push.h. */
#include "intake/contact_push.h"

#include "base/ban.h"

enum { AGE_MAX = 130, DAY_MIN = -36525, DAY_MAX = 47482 };

static const struct field fields[] = {
	BROUGHT_FIELDS(struct contact_push),
	BROUGHT_PERSON(struct contact_push),
	{ TEXT(struct contact_push, from_source_id), "病例编号", "Id of the case", SEE_CDC,
	  FIELD_LISTED | FIELD_FILTER, 1, 60 },
	{ TEXT(struct contact_push, to_source_id), "接触者编号", "Id of the contact", SEE_CDC,
	  FIELD_LISTED, 1, 60 },
	{ TEXT(struct contact_push, relation), "关系", "Relation", SEE_CDC, FIELD_LISTED, 1, 120 },
	{ LONG(struct contact_push, exposure), "接触情形", "How they met", SEE_CDC, 0, 0, 2000 },
	{ CHOICE(struct contact_push, sex), "性别", "Sex", SEE_CDC, 0, .choice = notification_sexes,
	  .n_choices = SEX_N },
	{ I64(struct contact_push, age), "年龄", "Age", SEE_CDC, 0, 0, AGE_MAX },
	{ I64(struct contact_push, age_to), "年龄上限", "Age, up to", SEE_CDC, 0, 0, AGE_MAX },
	{ DATE(struct contact_push, met_on), "接触日期", "Met on", SEE_CDC, FIELD_LISTED, DAY_MIN,
	  DAY_MAX },
	{ DATE(struct contact_push, last_met_on), "末次接触日期", "Last met on", SEE_CDC, 0,
	  DAY_MIN, DAY_MAX },
	{ DATE(struct contact_push, pushed_on), "推送日期", "Pushed on", SEE_CDC, FIELD_LISTED,
	  DAY_MIN, DAY_MAX },
	{ TEXT(struct contact_push, pushed_by), "推送方", "Pushed by", SEE_CDC, FIELD_LISTED, 1,
	  120 },
	{ TEXT(struct contact_push, place), "地点原文", "Place as written", SEE_CDC, 0, 1, 200 },
};

const struct noun contact_push_noun = {
	.name = "contact_push",
	.path = "contact_pushes",
	.zh = "密接推送",
	.en = "Pushed close contact",
	.en_many = "Pushed close contacts",
	NOUN_OF(struct contact_push, fields, brought_states, brought_steps),
	.read = CAP_CDC_READ,
	.write = CAP_CDC_WRITE,
	.why = WHY_DUTY,
	.gate = true,
};
