/* watch.c - see watch.h. */
#include "grid/watch.h"

#include "base/ban.h"

static const struct choice roles[] = {
	[WATCH_LEADER] = { "leader", "带班领导", "Duty leader" },
	[WATCH_OFFICER] = { "officer", "值班员", "Duty officer" },
	[WATCH_DEPUTY] = { "deputy", "副班", "Deputy" },
};
static const struct choice states[] = {
	[WATCH_PLANNED] = { "planned", "已排班", "Planned" },
	[WATCH_CANCELLED] = { "cancelled", "已取消", "Cancelled" },
};

static const struct field fields[] = {
	{ REF(struct watch, office), "值班单位", "Duty office", SEE_PUBLIC,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT | FIELD_KEY,
	  .refers = "organisation" },
	{ REF(struct watch, officer), "值班员", "Duty officer", SEE_OFFICIAL,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_EXPORT | FIELD_KEY, .refers = "officer" },
	{ CHOICE(struct watch, role), "岗位", "Role", SEE_PUBLIC,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_EXPORT, .choice = roles,
	  .n_choices = ARRAY_LEN(roles) },
	{ TIME(struct watch, starts_at), "开始", "From", SEE_AREA,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT | FIELD_KEY },
	{ TIME(struct watch, ends_at), "结束", "To", SEE_AREA,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT },
	{ LONG(struct watch, note), "交接事项", "Hand-over note", SEE_AREA, 0, 0, 1000 },
};

static const struct step steps[] = {
	{ STEP(WATCH_NONE, "create", WATCH_PLANNED, "排班", "Plan"), CAP_ROSTER_WRITE },
	{ STEP(WATCH_PLANNED, "cancel", WATCH_CANCELLED, "取消", "Cancel"), CAP_ROSTER_WRITE },
};

static enum err check(struct tx *tx, const void *before, void *after, struct fault *f)
{
	const struct watch *w = after;
	int64_t s = w->ends_at.v - w->starts_at.v;
	enum err e;

	(void)tx;
	(void)before;
	if (s > 0 && s <= WATCH_HOURS_MAX * 3600)
		return OK;
	e = fault_set(f, ERR_RANGE, "结束应晚于开始，一班最长 %d 小时",
		      "the end comes after the beginning, and a watch lasts %d hours at most",
		      WATCH_HOURS_MAX);
	fault_at(f, "ends_at", NULL);
	return e;
}

const struct noun watch_noun = {
	.name = "watch",
	.path = "watches",
	.zh = "值班",
	.en = "Watch",
	.en_many = "Watches",
	NOUN_OF(struct watch, fields, states, steps),
	.read = CAP_GRID_READ,
	.write = CAP_ROSTER_WRITE,
	.reads_up = true,
	.why = WHY_DUTY,
	.check = check,
};
