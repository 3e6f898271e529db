/* well.c - see well.h. */
#include "support/well.h"

static const struct choice well_kinds[] = {
	[WELL_DUG] = { "dug", "人工井", "Dug" },
	[WELL_DRILLED] = { "drilled", "机井", "Drilled" },
	[WELL_SPRING] = { "spring", "山泉", "Spring" },
};
static const struct choice well_states[] = {
	[WELL_PROPOSED] = { "proposed", "拟建", "Proposed" },
	[WELL_IN_USE] = { "in_use", "在用", "In use" },
	[WELL_SEALED] = { "sealed", "封存", "Sealed" },
};

static const struct field well_fields[] = {
	{ TEXT(struct well, name), "名称", "Name", SEE_PUBLIC,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_SEARCH | FIELD_EXPORT | FIELD_KEY, 2, 40 },
	{ CHOICE(struct well, kind), "类型", "Kind", SEE_PUBLIC,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT, .choice = well_kinds,
	  .n_choices = ARRAY_LEN(well_kinds) },
	{ I64(struct well, depth_cm), "深度（厘米）", "Depth, cm", SEE_AREA,
	  FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT, 1, 100000 },
	{ BOOL(struct well, public_use), "公用", "Public use", SEE_PUBLIC,
	  FIELD_FILTER | FIELD_EXPORT },
	{ DATE(struct well, dug_on), "开凿日期", "Dug on", SEE_AREA, FIELD_FIXED | FIELD_EXPORT },
	{ TIME(struct well, tested_at), "检测时间", "Tested at", SEE_AREA,
	  FIELD_FILTER | FIELD_EXPORT },
	{ AREA(struct well, supplies), "供水范围", "Supplies", SEE_AREA,
	  FIELD_FILTER | FIELD_EXPORT },
	{ REF(struct well, feeds), "流入", "Feeds", SEE_AREA, FIELD_FILTER, .refers = "well" },
	{ TEXT(struct well, keeper), "管护人", "Keeper", SEE_OFFICIAL, FIELD_SEARCH | FIELD_EXPORT,
	  2, 40 },
	{ PHONE(struct well, keeper_phone), "值班电话", "Duty phone", SEE_OFFICIAL, FIELD_EXPORT, 3,
	  30, .hint_zh = "24 小时有人接听", .hint_en = "answered day and night" },
	{ LONG(struct well, germs), "检测结果", "Findings", SEE_CDC, 0, 0, 500 },
	{ LONG(struct well, notes), "备注", "Notes", SEE_AREA, FIELD_EXPORT, 0, 2000 },
	{ I64(struct well, visits), "巡查次数", "Visits", SEE_AREA, FIELD_SERVER },
};

static bool was_tested(const void *row, const struct who *who, struct utc_s now)
{
	const struct well *w = row;

	(void)who;
	return w->tested_at.v != FIELD_NONE && w->tested_at.v <= now.v;
}

static const struct step well_steps[] = {
	{ STEP(WELL_NONE, "propose", WELL_PROPOSED, "登记", "Propose") },
	{ STEP(WELL_PROPOSED, "open", WELL_IN_USE, "启用", "Open"), CAP_NONE, was_tested,
	  "水质未检测，请先填写检测时间",
	  "the water was not tested: give the time of the test first" },
	{ STEP(WELL_IN_USE, "test", WELL_IN_USE, "检测", "Test") },
	{ STEP(WELL_IN_USE, "seal", WELL_SEALED, "封存", "Seal") },
	{ STEP(WELL_PROPOSED, "seal", WELL_SEALED, "封存", "Seal") },
};

const struct noun well_noun = {
	.name = "well",
	.path = "wells",
	.zh = "水井",
	.en = "Well",
	.en_many = "Wells",
	NOUN_OF(struct well, well_fields, well_states, well_steps),
	.read = CAP_GRID_READ,
	.write = CAP_GRID_WRITE,
	.named = true,
	.reads_up = true,
	.why = WHY_DUTY,
};
