/* likeness.c - see likeness.h. */
#include "intake/likeness.h"

#include "base/ban.h"

const struct choice likeness_states[LIKENESS_STATE_N] = {
	[LIKENESS_OPEN] = { "open", "待判断", "Open" },
	[LIKENESS_LATER] = { "later", "以后再看", "Later" },
	[LIKENESS_SAME] = { "same", "同一人", "Same person" },
	[LIKENESS_DIFFERENT] = { "different", "不是同一人", "Different people" },
};

static const struct field fields[] = {
	{ SUBJECT(struct likeness, subject), "这一条", "This one", SEE_AREA,
	  FIELD_SERVER | FIELD_LISTED },
	{ SUBJECT(struct likeness, other), "已有的一条", "The earlier one", SEE_AREA,
	  FIELD_SERVER },
	{ TEXT(struct likeness, brings), "种类", "Kind", SEE_AREA, FIELD_SERVER | FIELD_LISTED, 0,
	  40 },
	{ TEXT(struct likeness, reason), "依据", "Reason", SEE_AREA, FIELD_SERVER | FIELD_LISTED, 0,
	  40 },
	{ I64(struct likeness, score), "相似度", "Score", SEE_AREA, FIELD_SERVER | FIELD_LISTED },
	{ REF(struct likeness, batch), "批次", "Batch", SEE_AREA, FIELD_SERVER | FIELD_FILTER,
	  .refers = "batch" },
	{ REF(struct likeness, other_batch), "另一条的批次", "Batch of the earlier one", SEE_AREA,
	  FIELD_SERVER | FIELD_FILTER, .refers = "batch" },
};

static const struct step steps[] = {
	{ STEP(LIKENESS_NONE, "find", LIKENESS_OPEN, "发现", "Find") },
	{ STEP(LIKENESS_OPEN, "same", LIKENESS_SAME, "同一人", "Same person") },
	{ STEP(LIKENESS_OPEN, "different", LIKENESS_DIFFERENT, "不是同一人", "Different people") },
	{ STEP(LIKENESS_OPEN, "later", LIKENESS_LATER, "以后再看", "Later") },
	{ STEP(LIKENESS_LATER, "same", LIKENESS_SAME, "同一人", "Same person") },
	{ STEP(LIKENESS_LATER, "different", LIKENESS_DIFFERENT, "不是同一人", "Different people") },
	/* A slip of the hand is mended, and both are in the ledger. */
	{ STEP(LIKENESS_SAME, "reopen", LIKENESS_OPEN, "重新判断", "Look again") },
	{ STEP(LIKENESS_DIFFERENT, "reopen", LIKENESS_OPEN, "重新判断", "Look again") },
};

const struct noun likeness_noun = {
	.name = "likeness",
	.path = "likenesses",
	.zh = "疑似同一人",
	.en = "Perhaps one person",
	.en_many = "Perhaps one person",
	NOUN_OF(struct likeness, fields, likeness_states, steps),
	.read = CAP_REVIEW,
	.write = CAP_REVIEW,
	.why = WHY_DUTY,
	.gate = true,
};
