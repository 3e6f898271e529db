/* officer.c - see officer.h. */
#include "grid/officer.h"

#include "base/ban.h"

static const struct choice states[] = {
	[OFFICER_ACTIVE] = { "active", "在岗", "In office" },
	[OFFICER_LEFT] = { "left", "离岗", "Left" },
};

static const struct field fields[] = {
	{ TEXT(struct officer, name), "姓名", "Name", SEE_OFFICIAL,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_SEARCH | FIELD_EXPORT | FIELD_KEY, 2, 40 },
	{ TEXT(struct officer, post), "职务", "Post", SEE_AREA,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_SEARCH | FIELD_EXPORT, 2, 60 },
	{ PHONE(struct officer, phone), "工作电话", "Work phone", SEE_OFFICIAL,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_EXPORT | FIELD_KEY, 3, 30,
	  .hint_zh = "能找到本人的办公电话或工作手机",
	  .hint_en = "the office or work mobile that reaches this person" },
	{ REF(struct officer, organisation), "机构", "Organisation", SEE_AREA,
	  FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT, .refers = "organisation" },
	{ REF(struct officer, substitute), "替补", "Substitute", SEE_OFFICIAL, FIELD_EXPORT,
	  .refers = "officer", .hint_zh = "本人联系不上时找谁",
	  .hint_en = "who answers when this one does not" },
};

static const struct step steps[] = {
	{ STEP(OFFICER_NONE, "create", OFFICER_ACTIVE, "新建", "Create") },
	{ STEP(OFFICER_ACTIVE, "leave", OFFICER_LEFT, "离岗", "Leave") },
	{ STEP(OFFICER_LEFT, "return", OFFICER_ACTIVE, "复岗", "Return") },
};

static enum err check(struct tx *tx, const void *before, void *after, struct fault *f)
{
	const struct officer *o = after;
	enum err e;

	(void)tx;
	(void)before;
	if (!o->substitute.v || o->substitute.v != o->record.id.v)
		return OK;
	e = fault_set(f, ERR_RANGE, "替补不能是本人，请另选一人",
		      "nobody is their own substitute: choose another");
	fault_at(f, "substitute", NULL);
	return e;
}

const struct noun officer_noun = {
	.name = "officer",
	.path = "officers",
	.zh = "责任人",
	.en = "Duty holder",
	.en_many = "Duty holders",
	NOUN_OF(struct officer, fields, states, steps),
	.read = CAP_GRID_READ,
	.write = CAP_GRID_WRITE,
	.named = true,
	.reads_up = true,
	.why = WHY_DUTY,
	.check = check,
};
