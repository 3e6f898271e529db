/* unit.c - see unit.h. */
#include "safety/unit.h"

#include "safety/inside.h"

#include "base/ban.h"

static const struct choice kinds[UNIT_KIND_N] = {
	[UNIT_QUARRY] = { "quarry", "采石场", "Quarry" },
	[UNIT_MINE] = { "mine", "矿山", "Mine" },
	[UNIT_TAILINGS] = { "tailings", "尾矿库", "Tailings pond" },
	[UNIT_CHEMICAL] = { "chemical", "危险化学品单位", "Hazardous chemicals" },
	[UNIT_GAS] = { "gas", "燃气场站", "Gas station" },
	[UNIT_FILLING] = { "filling", "加油站", "Filling station" },
	[UNIT_FIREWORKS] = { "fireworks", "烟花爆竹单位", "Fireworks" },
	[UNIT_METAL] = { "metal", "金属冶炼", "Metal smelting" },
	[UNIT_BUILDING] = { "building", "建筑施工", "Building site" },
	[UNIT_TRANSPORT] = { "transport", "道路运输", "Road transport" },
	[UNIT_CROWDED] = { "crowded", "人员密集场所", "Crowded place" },
	[UNIT_OTHER] = { "other", "其他", "Other" },
};

enum duty_sector unit_sector(enum unit_kind k)
{
	switch (k) {
	case UNIT_QUARRY:
	case UNIT_MINE:
	case UNIT_TAILINGS:
	case UNIT_METAL: return DUTY_MINE;
	case UNIT_CHEMICAL:
	case UNIT_GAS:
	case UNIT_FILLING:
	case UNIT_FIREWORKS: return DUTY_CHEMICAL;
	case UNIT_TRANSPORT: return DUTY_ROAD;
	case UNIT_BUILDING:
	case UNIT_CROWDED:
	case UNIT_OTHER:
	case UNIT_NO_KIND:
	case UNIT_KIND_N: break;
	}
	return DUTY_FIRE;
}

static const struct choice states[] = {
	[UNIT_WORKING] = { "working", "生产经营", "Working" },
	[UNIT_STOPPED] = { "stopped", "停产停业", "Stopped" },
	[UNIT_CLOSED] = { "closed", "关闭", "Closed" },
};

static const struct field fields[] = {
	{ TEXT(struct unit, name), "名称", "Name", SEE_PUBLIC,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_SEARCH | FIELD_EXPORT | FIELD_KEY, 2, 100 },
	{ CHOICE(struct unit, kind), "类别", "Kind", SEE_PUBLIC,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT, .choice = kinds,
	  .n_choices = ARRAY_LEN(kinds) },
	{ REF(struct unit, organisation), "责任单位", "Organisation", SEE_AREA,
	  FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT, .refers = "organisation",
	  .hint_zh = "隐患整改任务交给这个机构",
	  .hint_en = "tasks to put a hazard right go to this organisation" },
	{ REF(struct unit, supervisor), "监管部门", "Supervised by", SEE_AREA,
	  FIELD_LISTED | FIELD_EXPORT, .refers = "organisation" },
	{ TEXT(struct unit, address), "地址", "Address", SEE_AREA, FIELD_EXPORT, 2, 200 },
	{ TEXT(struct unit, permit), "许可证号", "Permit number", SEE_AREA, FIELD_EXPORT, 2, 60 },
	{ DATE(struct unit, permit_until), "许可有效期至", "Permit until", SEE_AREA,
	  FIELD_LISTED | FIELD_EXPORT },
};

static const struct step steps[] = {
	{ STEP(UNIT_NONE, "register", UNIT_WORKING, "登记", "Register") },
	{ STEP(UNIT_WORKING, "stop", UNIT_STOPPED, "停产停业", "Stop") },
	{ STEP(UNIT_STOPPED, "resume", UNIT_WORKING, "恢复生产经营", "Resume") },
	{ STEP(UNIT_STOPPED, "close", UNIT_CLOSED, "关闭", "Close") },
};

/* Who supervises a unit is not the unit. */
static enum err check(struct tx *tx, const void *before, void *after, struct fault *f)
{
	const struct unit *u = after;
	enum err e;

	(void)tx;
	(void)before;
	if (!u->supervisor.v || u->supervisor.v != u->organisation.v)
		return OK;
	e = fault_set(f, ERR_RANGE, "监管部门不能是责任单位自己",
		      "a unit is not supervised by its own organisation");
	fault_at(f, "supervisor", NULL);
	return e;
}

const struct noun unit_noun = {
	.name = "unit",
	.path = "units",
	.zh = "生产经营单位",
	.en = "Unit",
	.en_many = "Units",
	NOUN_OF(struct unit, fields, states, steps),
	.read = CAP_SAFETY_READ,
	.write = CAP_SAFETY_WRITE,
	.named = true,
	.why = WHY_DUTY,
	.check = check,
};

enum unit_kind unit_kind_of(struct str word)
{
	size_t i = choice_find(kinds, UNIT_KIND_N, word);

	return i ? (enum unit_kind)i : UNIT_OTHER;
}
