/* sample.c - see sample.h. */
#include "intake/sample.h"

#include "base/ban.h"

static const struct choice results[RESULT_N] = {
	[RESULT_NEGATIVE] = { "negative", "阴性", "Negative" },
	[RESULT_POSITIVE] = { "positive", "阳性", "Positive" },
	[RESULT_RETEST] = { "retest", "复采", "Swab again" },
	[RESULT_INVALID] = { "invalid", "无效", "Invalid" },
};

static const struct field fields[] = {
	BROUGHT_FIELDS(struct sample),
	BROUGHT_PERSON(struct sample),
	{ TEXT(struct sample, number), "样本编号", "Sample number", SEE_CDC,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_FILTER, 1, 60 },
	{ TEXT(struct sample, source_id), "来源编号", "Source id", SEE_CDC, FIELD_LISTED, 1, 60 },
	{ TEXT(struct sample, tube), "采样管", "Tube", SEE_CDC, 0, 1, 60,
	  .hint_zh = "混采时几个人同一管", .hint_en = "of pooled swabs several people share one" },
	{ CHOICE(struct sample, result), "结果", "Result", SEE_CDC, FIELD_LISTED | FIELD_FILTER,
	  .choice = results, .n_choices = RESULT_N },
	{ TIME(struct sample, sampled_at), "采样时间", "Sampled at", SEE_CDC, FIELD_LISTED },
	{ TIME(struct sample, received_at), "收样时间", "Received at", SEE_CDC, 0 },
	{ TIME(struct sample, resulted_at), "出结果时间", "Result at", SEE_CDC, FIELD_LISTED },
	{ TEXT(struct sample, method), "方法", "Method", SEE_CDC, 0, 1, 60 },
	{ TEXT(struct sample, lab), "检测机构", "Laboratory", SEE_CDC, FIELD_LISTED, 1, 120 },
};

const struct noun sample_noun = {
	.name = "sample",
	.path = "samples",
	.zh = "检测结果",
	.en = "Laboratory result",
	.en_many = "Laboratory results",
	NOUN_OF(struct sample, fields, brought_states, brought_steps),
	.read = CAP_CDC_READ,
	.write = CAP_CDC_WRITE,
	.why = WHY_DUTY,
	.gate = true,
};
