/* campaign.c - see campaign.h. */
#include "loop/campaign.h"

#include "loop/campaign_inside.h"

#include "base/ban.h"

static const struct choice states[] = {
	[CAMPAIGN_DRAFT] = { "draft", "草稿", "Draft" },
	[CAMPAIGN_RUNNING] = { "running", "进行中", "Running" },
	[CAMPAIGN_CLOSED] = { "closed", "已结束", "Closed" },
};
static const struct choice repeats[] = {
	[CAMPAIGN_WEEKLY] = { "weekly", "每周", "Weekly" },
	[CAMPAIGN_MONTHLY] = { "monthly", "每月", "Monthly" },
};

enum { SAID = FIELD_REQUIRED | FIELD_EXPORT, LISTED = SAID | FIELD_LISTED };

static const struct field fields[] = {
	{ TEXT(struct campaign, name), "名称", "Name", SEE_AREA, LISTED, 2, 60 },
	{ CHOICE(struct campaign, sector), "领域", "Sector", SEE_AREA, LISTED | FIELD_FILTER,
	  .choice = duty_sectors, .n_choices = DUTY_SECTOR_N },
	{ TEXT(struct campaign, scope), "对象", "Scope", SEE_AREA, SAID, 2, 40,
	  .hint_zh = "台账的英文路径，如 organisations；areas 为区划本身",
	  .hint_en = "the path of a register, as organisations; areas: the areas themselves" },
	{ TEXT(struct campaign, query), "筛选", "Filter", SEE_AREA, FIELD_EXPORT, 0, 1000,
	  .hint_zh = "列表网址问号之后的条件；区划用 level=village；file 为上传的名单",
	  .hint_en =
		  "as behind the question mark of the list; of areas level=village; file: a list "
		  "that was uploaded" },
	{ TEXT(struct campaign, title), "任务", "Action", SEE_AREA, LISTED, 2, 60 },
	{ LONG(struct campaign, detail), "要求", "What is asked", SEE_AREA, FIELD_EXPORT, 0, 2000 },
	{ TEXT(struct campaign, rule), "时限规则", "Rule of time", SEE_AREA, SAID, 2, 60 },
	{ TEXT(struct campaign, needs), "凭证", "Proof asked for", SEE_AREA, SAID, 4, 20,
	  .hint_zh = "text、photo、file，用逗号隔开", .hint_en = "text, photo, file, with commas" },
	{ TIME(struct campaign, until), "截止", "Until", SEE_AREA, LISTED },
	{ CHOICE(struct campaign, repeats), "重复", "Repeats", SEE_AREA, FIELD_EXPORT,
	  .choice = repeats, .n_choices = ARRAY_LEN(repeats) },
	{ TEXT(struct campaign, reason), "理由", "Reason", SEE_AREA, FIELD_EXPORT, 0, 200,
	  .hint_zh = "延期或结束时必填", .hint_en = "needed to extend or to close it" },
};

static bool ends_later(const void *row, const struct who *who, struct utc_s now)
{
	const struct campaign *c = row;

	(void)who;
	return c->until.v > now.v;
}
static bool has_reason(const void *row, const struct who *who, struct utc_s now)
{
	const struct campaign *c = row;

	(void)who;
	(void)now;
	return c->reason.n > 0;
}
static bool may_extend(const void *row, const struct who *who, struct utc_s now)
{
	return ends_later(row, who, now) && has_reason(row, who, now);
}

static const struct step steps[] = {
	{ STEP(CAMPAIGN_NONE, "create", CAMPAIGN_DRAFT, "新建", "Create") },
	{ STEP(CAMPAIGN_DRAFT, "start", CAMPAIGN_RUNNING, "启动", "Start"), CAP_NONE, ends_later,
	  "截止时间已过，请先改截止时间", "it ends in the past: change the time it ends first" },
	{ STEP(CAMPAIGN_RUNNING, "extend", CAMPAIGN_RUNNING, "延期", "Extend"), CAP_NONE,
	  may_extend, "延期须写明新的截止时间和理由",
	  "an extension needs a new end that lies ahead, and a reason" },
	{ STEP(CAMPAIGN_RUNNING, "close", CAMPAIGN_CLOSED, "结束", "Close"), CAP_NONE, has_reason,
	  "结束须写明理由；未办结的任务将随之撤销",
	  "closing needs a reason; what is open is cancelled with it" },
	{ STEP(CAMPAIGN_DRAFT, "drop", CAMPAIGN_CLOSED, "作废", "Drop") },
};

uint8_t campaign_needs(struct str words)
{
	static const struct {
		const char *word;
		uint8_t bit;
	} known[] = { { "text", FLOW_TEXT }, { "photo", FLOW_PHOTO }, { "file", FLOW_FILE } };
	uint8_t needs = 0;

	for (size_t from = 0, i = 0; i <= words.n; i++) {
		struct str one = { words.p + from, i - from };
		uint8_t bit = 0;

		if (i < words.n && words.p[i] != ',')
			continue;
		for (size_t k = 0; k < ARRAY_LEN(known); k++)
			if (str_eq(one, str_of(known[k].word)))
				bit = known[k].bit;
		if (!bit)
			return 0;
		needs |= bit;
		from = i + 1;
	}
	return needs;
}

static enum err bad(struct fault *f, enum err code, const char *field, const char *zh,
		    const char *en)
{
	enum err e = fault_set(f, code, "%s%.0s", "%.0s%s", zh, en);

	fault_at(f, field, NULL);
	return e;
}

/* What tasks were made of stays as it is while they run. */
static const char *changed(const struct campaign *b, const struct campaign *a)
{
	return b->sector != a->sector                     ? "sector"
	       : b->record.area.v != a->record.area.v     ? "area"
	       : !str_eq(b->scope, a->scope)              ? "scope"
	       : !str_eq(b->title, a->title)              ? "title"
	       : !str_eq(b->rule, a->rule)                ? "rule"
	       : !str_eq(b->needs, a->needs)              ? "needs"
	       : b->until.v > a->until.v                  ? "until"
	       : b->until.v != a->until.v && !a->reason.n ? "reason"
							  : NULL;
}

static enum err check(struct tx *tx, const void *before, void *after, struct fault *f)
{
	const struct campaign *b = before, *a = after;
	const char *what;

	(void)tx;
	if (!campaign_needs(a->needs))
		return bad(f, ERR_RANGE, "needs", "凭证应为 text、photo、file，用逗号隔开",
			   "a proof is text, photo or file, with commas between");
	if (!b || b->record.state != CAMPAIGN_RUNNING || !(what = changed(b, a)))
		return OK;
	return bad(f, ERR_CONFLICT, what,
		   "专项已经启动：对象、任务、时限规则和凭证不能再改，截止时间只能带理由推后；"
		   "要改请结束后另建",
		   "it runs already: what it asks of whom does not change, and its end moves later "
		   "with a reason alone; close it and make another");
}

const struct noun campaign_noun = {
	.name = "campaign",
	.path = "campaigns",
	.zh = "专项行动",
	.en = "Campaign",
	.en_many = "Campaigns",
	NOUN_OF(struct campaign, fields, states, steps),
	.read = CAP_TASK_READ,
	.write = CAP_CAMPAIGN_WRITE,
	.reads_up = true,
	.why = WHY_DUTY,
	.check = check,
	.follow = campaign_follow,
	.tell = campaign_tell,
};
