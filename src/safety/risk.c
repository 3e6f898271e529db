/* risk.c - see risk.h. */
#include "safety/risk.h"

#include "base/ban.h"

const struct choice risk_factors[RISK_FACTOR_N] = {
	[RISK_STRUCK] = { "struck", "物体打击", "Struck by an object" },
	[RISK_VEHICLE] = { "vehicle", "车辆伤害", "Vehicle" },
	[RISK_MACHINE] = { "machine", "机械伤害", "Machine" },
	[RISK_LIFTING] = { "lifting", "起重伤害", "Lifting gear" },
	[RISK_SHOCK] = { "shock", "触电", "Electric shock" },
	[RISK_DROWNING] = { "drowning", "淹溺", "Drowning" },
	[RISK_BURN] = { "burn", "灼烫", "Burn" },
	[RISK_FIRE] = { "fire", "火灾", "Fire" },
	[RISK_FALL] = { "fall", "高处坠落", "Fall from a height" },
	[RISK_COLLAPSE] = { "collapse", "坍塌", "Collapse" },
	[RISK_ROOF_FALL] = { "roof_fall", "冒顶片帮", "Roof fall" },
	[RISK_FLOODING] = { "flooding", "透水", "Flooding of a mine" },
	[RISK_BLASTING] = { "blasting", "放炮", "Blasting" },
	[RISK_POWDER] = { "powder", "火药爆炸", "Powder explosion" },
	[RISK_FIREDAMP] = { "firedamp", "瓦斯爆炸", "Firedamp explosion" },
	[RISK_BOILER] = { "boiler", "锅炉爆炸", "Boiler explosion" },
	[RISK_VESSEL] = { "vessel", "容器爆炸", "Vessel explosion" },
	[RISK_EXPLOSION] = { "explosion", "其他爆炸", "Other explosion" },
	[RISK_POISON] = { "poison", "中毒和窒息", "Poisoning, suffocation" },
	[RISK_OTHER] = { "other", "其他伤害", "Other" },
};
static const struct choice grades[RISK_GRADE_N] = {
	[RISK_RED] = { "red", "重大（红）", "Major (red)" },
	[RISK_ORANGE] = { "orange", "较大（橙）", "Considerable (orange)" },
	[RISK_YELLOW] = { "yellow", "一般（黄）", "Ordinary (yellow)" },
	[RISK_BLUE] = { "blue", "低（蓝）", "Low (blue)" },
};
static const struct choice states[] = {
	[RISK_PRESENT] = { "present", "存在", "Present" },
	[RISK_GONE] = { "gone", "已消除", "Gone" },
};

static const struct field fields[] = {
	{ REF(struct risk, unit), "单位", "Unit", SEE_AREA,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT,
	  .refers = "unit" },
	{ CHOICE(struct risk, factor), "致险因素", "Factor", SEE_AREA,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT, .choice = risk_factors,
	  .n_choices = ARRAY_LEN(risk_factors) },
	{ TEXT(struct risk, point), "风险点", "Risk point", SEE_AREA,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_SEARCH | FIELD_EXPORT | FIELD_KEY, 2, 100,
	  .hint_zh = "如 东侧边坡、1 号储罐", .hint_en = "as the eastern slope, tank 1" },
	{ CHOICE(struct risk, grade), "风险等级", "Grade", SEE_AREA,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT, .choice = grades,
	  .n_choices = ARRAY_LEN(grades) },
	{ LONG(struct risk, control), "管控措施", "Controls", SEE_AREA, FIELD_EXPORT, 2, 1000 },
};

static const struct step steps[] = {
	{ STEP(RISK_NONE, "list", RISK_PRESENT, "列入", "List") },
	{ STEP(RISK_PRESENT, "remove", RISK_GONE, "消除", "Remove") },
};

const struct noun risk_noun = {
	.name = "risk",
	.path = "risks",
	.zh = "风险点",
	.en = "Risk",
	.en_many = "Risks",
	NOUN_OF(struct risk, fields, states, steps),
	.read = CAP_SAFETY_READ,
	.write = CAP_SAFETY_WRITE,
	.label = "point",
	.why = WHY_DUTY,
};
