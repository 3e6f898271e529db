/* batch.c - see batch.h. */
#include "intake/batch.h"

#include "base/ban.h"

const struct choice batch_states[BATCH_STATE_N] = {
	[BATCH_RECEIVED] = { "received", "已接收", "Received" },
	[BATCH_HELD] = { "held", "隔离待定", "Held" },
	[BATCH_RECALLED] = { "recalled", "已收回", "Recalled" },
	[BATCH_REJECTED] = { "rejected", "已拒收", "Rejected" },
};

enum { SEEN = FIELD_SERVER | FIELD_LISTED | FIELD_EXPORT, TOLD = FIELD_SERVER | FIELD_EXPORT };

static const struct field fields[] = {
	{ REF(struct batch, feed), "来源", "Feed", SEE_AREA, SEEN | FIELD_FILTER,
	  .refers = "feed" },
	{ TEXT(struct batch, sender_id), "对方批次号", "Sender's number", SEE_AREA, SEEN, 0, 128 },
	{ I64(struct batch, rows_in), "来了", "In", SEE_AREA, SEEN },
	{ I64(struct batch, accepted), "收下", "Accepted", SEE_AREA, SEEN },
	{ I64(struct batch, refused), "退回", "Refused", SEE_AREA, SEEN },
	{ I64(struct batch, duplicate), "重复", "Duplicate", SEE_AREA, SEEN },
	{ I64(struct batch, linked), "与已知的人相同", "About people known", SEE_AREA, TOLD },
	{ I64(struct batch, maybe), "待人工判断", "For a reviewer", SEE_AREA, TOLD },
	{ I64(struct batch, findings), "疑点", "Findings", SEE_AREA, TOLD | FIELD_LISTED },
	{ I64(struct batch, incomplete), "不完整", "Incomplete", SEE_AREA, TOLD },
	{ I64(struct batch, late_s), "迟到（秒）", "Late, seconds", SEE_AREA, TOLD },
	{ TEXT(struct batch, digest), "文件摘要", "Digest of the file", SEE_AREA, TOLD, 0, 64 },
	{ TEXT(struct batch, root), "行的默克尔根", "Merkle root of the rows", SEE_AREA, TOLD, 0,
	  64 },
	{ TEXT(struct batch, why), "理由", "Reason", SEE_AREA, TOLD, 0, 200 },
};

/* Whoever takes a step here goes by the routes of push_http.c and recall_http.c: never this one. */
static bool by_its_own_way(const void *row, const struct who *who, struct utc_s now)
{
	(void)row;
	(void)who;
	(void)now;
	return false;
}

#define OWN_WAY \
	CAP_FEED_WRITE, by_its_own_way, "请在批次页上先看预览，再决定", \
		"look at the preview on the batch's page first, and decide there"

static const struct step steps[] = {
	{ STEP(BATCH_NONE, "receive", BATCH_RECEIVED, "接收", "Receive") },
	{ STEP(BATCH_RECEIVED, "hold", BATCH_HELD, "隔离", "Hold"), OWN_WAY },
	{ STEP(BATCH_RECEIVED, "recall", BATCH_RECALLED, "收回", "Recall"), OWN_WAY },
	{ STEP(BATCH_HELD, "release", BATCH_RECEIVED, "放行", "Release"), OWN_WAY },
	{ STEP(BATCH_HELD, "reject", BATCH_REJECTED, "拒收", "Reject"), OWN_WAY },
};

const struct noun batch_noun = {
	.name = "batch",
	.path = "batches",
	.zh = "批次",
	.en = "Batch",
	.en_many = "Batches",
	NOUN_OF(struct batch, fields, batch_states, steps),
	.read = CAP_FEED_READ,
	.write = CAP_FEED_WRITE,
	.why = WHY_DUTY,
	.gate = true,
};
