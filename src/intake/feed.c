/* feed.c - see feed.h. */
#include "intake/feed.h"

#include <stdio.h>

#include "base/memory.h"
#include "db/db.h"
#include "intake/intake.sql.h"
#include "intake/schema.h"

#include "base/ban.h"

const struct choice feed_brings[FEED_BRINGS_N] = {
	[FEED_NOTIFICATIONS] = { "notification", "传染病报告卡", "Case report cards" },
	[FEED_SAMPLES] = { "sample", "检测结果", "Laboratory results" },
	[FEED_CONTACTS] = { "contact_push", "密接推送", "Pushed close contacts" },
	[FEED_COUNTS] = { "count_report", "日报数字", "Daily numbers" },
	[FEED_VISITS] = { "visits", "活动轨迹", "Visits" },
};
static const struct choice states[FEED_STATE_N] = {
	[FEED_ACTIVE] = { "active", "启用", "Active" },
	[FEED_SUSPENDED] = { "suspended", "停用", "Suspended" },
};

enum { YEAR_MIN = 366 * 24 * 60, MAPPING_CHARS_MAX = 4000 };

static const struct field fields[] = {
	{ TEXT(struct feed, name), "名称", "Name", SEE_AREA,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_SEARCH | FIELD_EXPORT, 2, 60 },
	{ REF(struct feed, organisation), "机构", "Organisation", SEE_AREA,
	  FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT, .refers = "organisation" },
	{ CHOICE(struct feed, brings), "送来什么", "Brings", SEE_AREA,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT,
	  .choice = feed_brings, .n_choices = FEED_BRINGS_N },
	{ TEXT(struct feed, api_key), "接口密钥编号", "Number of the API key", SEE_AREA, 0, 0, 20,
	  .hint_zh = "只有这把密钥可以推送；留空则只能由账号导入",
	  .hint_en = "this key alone may push; empty: by accounts only" },
	{ I64(struct feed, every_min), "间隔（分钟）", "Every, minutes", SEE_AREA,
	  FIELD_LISTED | FIELD_EXPORT, 1, YEAR_MIN, .hint_zh = "超过这么久没有来，就算静默",
	  .hint_en = "after so long without a batch it is silent" },
	{ I64(struct feed, rows_day_max), "每天行数上限", "Rows a day at most", SEE_AREA,
	  FIELD_EXPORT, 1, 1000000000, .hint_zh = "超过的批次先隔离，由人决定",
	  .hint_en = "a batch over it waits for a person's decision" },
	{ I64(struct feed, refused_max), "退回率上限（‰）", "Refused of 1,000 at most", SEE_AREA,
	  FIELD_EXPORT, 0, 1000, .hint_zh = "超过的批次先隔离，由人决定",
	  .hint_en = "a batch over it waits for a person's decision" },
	{ LONG(struct feed, matching), "列对照", "Columns", SEE_AREA, FIELD_EXPORT, 0,
	  MAPPING_CHARS_MAX, .hint_zh = "JSON：{\"对方的列名\": \"字段\"}",
	  .hint_en = "JSON: {\"their column\": \"field\"}" },
};

static const struct step steps[] = {
	{ STEP(FEED_NONE, "create", FEED_ACTIVE, "新建", "Create") },
	{ STEP(FEED_ACTIVE, "suspend", FEED_SUSPENDED, "停用", "Suspend") },
	{ STEP(FEED_SUSPENDED, "resume", FEED_ACTIVE, "启用", "Resume") },
};

static enum err check(struct tx *tx, const void *before, void *after, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	const struct feed *x = after;
	struct mapping m;
	int64_t key;
	enum err e;

	(void)tx;
	(void)before;
	if (x->api_key.n && (str_i64(x->api_key, &key) || key <= 0)) {
		e = fault_set(f, ERR_RANGE, "密钥编号只含数字，见接口密钥一览",
			      "the number of a key has digits only: see the list of API keys");
		fault_at(f, "api_key", NULL);
		return e;
	}
	if ((e = arena_new(MAPPING_BYTES_MAX, &a)))
		return e;
	return mapping_read(schema_of(x->brings), x->matching, a, &m, f);
}

/* One that comes back, or is due otherwise than before, has its time to speak. */
static enum err follow(struct call *c, struct tx *tx, const void *before, const void *after,
		       struct fault *f)
{
	const struct feed *was = before, *is = after;
	bool resumed = was && was->record.state != FEED_ACTIVE && is->record.state == FEED_ACTIVE;

	(void)c;
	if (!was || (!resumed && was->every_min == is->every_min))
		return OK;
	return tx_run(tx, &intake_sql.count_anew,
		      SQL_ARGS(sql_i64(area_county(is->record.area).v), sql_i64(is->record.id.v),
			       sql_time(is->record.updated_at)),
		      NULL, f);
}

void feed_sender(int64_t feed, char ret[FEED_SENDER_BYTES])
{
	(void)snprintf(ret, FEED_SENDER_BYTES, "feed/%lld", (long long)feed);
}

const struct noun feed_noun = {
	.name = "feed",
	.path = "feeds",
	.zh = "数据来源",
	.en = "Feed",
	.en_many = "Feeds",
	NOUN_OF(struct feed, fields, states, steps),
	.read = CAP_FEED_READ,
	.write = CAP_FEED_WRITE,
	.why = WHY_DUTY,
	.check = check,
	.follow = follow,
};
