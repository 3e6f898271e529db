/* notification.c - see notification.h. */
#include "intake/notification.h"

#include "base/ban.h"

const struct choice notification_sexes[SEX_N] = {
	[SEX_MALE] = { "male", "男", "Male" },
	[SEX_FEMALE] = { "female", "女", "Female" },
};
static const struct choice classes[CLASS_N] = {
	[CLASS_SUSPECTED] = { "suspected", "疑似", "Suspected" },
	[CLASS_PROBABLE] = { "probable", "临床诊断", "Probable" },
	[CLASS_CONFIRMED] = { "confirmed", "确诊", "Confirmed" },
	[CLASS_ASYMPTOMATIC] = { "asymptomatic", "无症状", "Asymptomatic" },
	[CLASS_EXCLUDED] = { "excluded", "排除", "Excluded" },
};
static const struct choice outcomes[OUTCOME_N] = {
	[OUTCOME_RECOVERING] = { "recovering", "治疗中", "Recovering" },
	[OUTCOME_RECOVERED] = { "recovered", "治愈", "Recovered" },
	[OUTCOME_DEAD] = { "dead", "死亡", "Dead" },
};

enum { AGE_MAX = 130, DAY_MIN = -36525, DAY_MAX = 47482 }; /* 1870 .. 2099 */

static const struct field fields[] = {
	BROUGHT_FIELDS(struct notification),
	BROUGHT_PERSON(struct notification),
	{ TEXT(struct notification, source_id), "来源编号", "Source id", SEE_CDC,
	  FIELD_LISTED | FIELD_FILTER, 1, 60 },
	{ TEXT(struct notification, disease), "病种", "Disease", SEE_CDC, FIELD_LISTED, 1, 60 },
	{ CHOICE(struct notification, classification), "分类", "Classification", SEE_CDC,
	  FIELD_LISTED | FIELD_FILTER, .choice = classes, .n_choices = CLASS_N },
	{ CHOICE(struct notification, sex), "性别", "Sex", SEE_CDC, 0, .choice = notification_sexes,
	  .n_choices = SEX_N },
	{ I64(struct notification, age), "年龄", "Age", SEE_CDC, 0, 0, AGE_MAX },
	{ I64(struct notification, age_to), "年龄上限", "Age, up to", SEE_CDC, 0, 0, AGE_MAX,
	  .hint_zh = "只知道年龄段时", .hint_en = "when only a span is known" },
	{ DATE(struct notification, exposed_on), "暴露日期", "Exposed on", SEE_CDC, 0, DAY_MIN,
	  DAY_MAX },
	{ DATE(struct notification, onset_on), "发病日期", "Onset", SEE_CDC, FIELD_LISTED, DAY_MIN,
	  DAY_MAX },
	{ DATE(struct notification, sampled_on), "采样日期", "Sampled on", SEE_CDC, 0, DAY_MIN,
	  DAY_MAX },
	{ DATE(struct notification, reported_on), "报告日期", "Reported on", SEE_CDC, FIELD_LISTED,
	  DAY_MIN, DAY_MAX },
	{ DATE(struct notification, hospital_on), "入院日期", "In hospital since", SEE_CDC, 0,
	  DAY_MIN, DAY_MAX },
	{ DATE(struct notification, outcome_on), "转归日期", "Outcome on", SEE_CDC, 0, DAY_MIN,
	  DAY_MAX },
	{ CHOICE(struct notification, outcome), "转归", "Outcome", SEE_CDC, 0, .choice = outcomes,
	  .n_choices = OUTCOME_N },
	{ TEXT(struct notification, hospital), "医院", "Hospital", SEE_CDC, 0, 1, 120 },
	{ TEXT(struct notification, infected_by), "传染源编号", "Infected by", SEE_CDC, 0, 1, 60,
	  .hint_zh = "传染源的来源编号", .hint_en = "the source id of whom it came from" },
	{ TEXT(struct notification, place), "地点原文", "Place as written", SEE_CDC, 0, 1, 200 },
	{ LONG(struct notification, exposure), "暴露史", "Exposure", SEE_CDC, 0, 0, 2000 },
};

const struct noun notification_noun = {
	.name = "notification",
	.path = "notifications",
	.zh = "传染病报告卡",
	.en = "Case report card",
	.en_many = "Case report cards",
	NOUN_OF(struct notification, fields, brought_states, brought_steps),
	.read = CAP_CDC_READ,
	.write = CAP_CDC_WRITE,
	.why = WHY_DUTY,
	.gate = true,
};
