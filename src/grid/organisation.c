/* organisation.c - see organisation.h. */
#include "grid/organisation.h"

#include <string.h>

#include "access/call.h"
#include "db/db.h"
#include "grid/organisation.sql.h"

#include "base/ban.h"

static const struct choice kinds[] = {
	[ORGANISATION_PARTY_OFFICE] = { "party_office", "党委机构", "Party office" },
	[ORGANISATION_GOVERNMENT] = { "government", "政府部门", "Government department" },
	[ORGANISATION_HEALTH] = { "health", "医疗卫生机构", "Health facility" },
	[ORGANISATION_CDC] = { "cdc", "疾控中心", "CDC" },
	[ORGANISATION_ENTERPRISE] = { "enterprise", "企业", "Enterprise" },
	[ORGANISATION_SCHOOL] = { "school", "学校", "School" },
	[ORGANISATION_COMMUNITY] = { "community", "社区（村）", "Community" },
	[ORGANISATION_OTHER] = { "other", "其他", "Other" },
	[ORGANISATION_POLICE] = { "police", "公安机关", "Police" },
};

static const struct choice states[] = {
	[ORGANISATION_ACTIVE] = { "active", "正常", "Active" },
	[ORGANISATION_SUSPENDED] = { "suspended", "停用", "Suspended" },
	[ORGANISATION_DISSOLVED] = { "dissolved", "撤销", "Dissolved" },
};

static const struct field fields[] = {
	{ TEXT(struct organisation, name), "名称", "Name", SEE_PUBLIC,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_SEARCH | FIELD_EXPORT | FIELD_KEY, 2, 100 },
	{ TEXT(struct organisation, short_name), "简称", "Short name", SEE_PUBLIC,
	  FIELD_LISTED | FIELD_SEARCH | FIELD_EXPORT, 2, 30 },
	{ CHOICE(struct organisation, kind), "类别", "Kind", SEE_PUBLIC,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT, .choice = kinds,
	  .n_choices = ARRAY_LEN(kinds) },
	{ REF(struct organisation, parent), "上级机构", "Parent organisation", SEE_PUBLIC,
	  FIELD_FILTER | FIELD_EXPORT, .refers = "organisation" },
	{ TEXT(struct organisation, credit_code), "统一社会信用代码", "Unified social credit code",
	  SEE_PUBLIC, FIELD_EXPORT, 18, 18, .hint_zh = "18 位，末位为校验码",
	  .hint_en = "18 characters, the last one checks the others" },
	{ TEXT(struct organisation, address), "地址", "Address", SEE_PUBLIC, FIELD_EXPORT, 2, 200 },
	{ PHONE(struct organisation, duty_phone), "值班电话", "Duty phone", SEE_AREA,
	  FIELD_LISTED | FIELD_EXPORT, 3, 30, .hint_zh = "24 小时有人接听",
	  .hint_en = "Answered day and night" },
};

static const struct step steps[] = {
	{ STEP(ORGANISATION_NONE, "create", ORGANISATION_ACTIVE, "新建", "Create") },
	{ STEP(ORGANISATION_ACTIVE, "suspend", ORGANISATION_SUSPENDED, "停用", "Suspend") },
	{ STEP(ORGANISATION_SUSPENDED, "resume", ORGANISATION_ACTIVE, "恢复", "Resume") },
	{ STEP(ORGANISATION_SUSPENDED, "dissolve", ORGANISATION_DISSOLVED, "撤销", "Dissolve") },
};

bool organisation_credit_code_holds(struct str code)
{
	static const char signs[] = "0123456789ABCDEFGHJKLMNPQRTUWXY"; /* no I O S V Z */
	unsigned sum = 0, weight = 1;

	if (code.n != 18)
		return false;
	for (size_t i = 0; i < 18; i++) {
		const char *at = memchr(signs, code.p[i], 31);

		if (!at)
			return false;
		if (i == 17)
			return (unsigned)(at - signs) == (31 - sum % 31) % 31;
		sum += (unsigned)(at - signs) * weight;
		weight = weight * 3 % 31;
	}
	return false;
}

static enum err check(struct tx *tx, const void *before, void *after, struct fault *f)
{
	const struct organisation *o = after;
	enum err e = OK;

	(void)tx;
	(void)before;
	if (o->credit_code.n && !organisation_credit_code_holds(o->credit_code)) {
		e = fault_set(
			f, ERR_RANGE, "统一社会信用代码的校验码不对，请核对 18 位代码",
			"the unified social credit code does not fit its check digit: compare "
			"all 18 characters");
		fault_at(f, "credit_code", NULL);
	} else if (o->parent.v && o->parent.v == o->record.id.v) {
		e = fault_set(f, ERR_RANGE, "上级机构不能是它自己",
			      "an organisation is not its own parent");
		fault_at(f, "parent", NULL);
	}
	return e;
}

/* Which names its people are told in an emergency follows from the kind: not theirs to say. */
static enum err follow(struct call *c, struct tx *tx, const void *before, const void *after,
		       struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct organisation *was = before, *is = after;
	enum err e;

	if (!c || !was || was->kind == is->kind || c->who->kind != WHO_PERSON)
		return OK;
	e = tx_row(tx, &organisation_sql.is_own,
		   SQL_ARGS(sql_i64(area_county(c->who->home).v), sql_i64(c->who->account),
			    sql_i64(is->record.id.v)),
		   &r, f);
	if (e)
		return e == ERR_ABSENT ? OK : e;
	fault_at(f, "kind", NULL);
	return fault_set(f, ERR_ROLE, "本部门的类别不能由本部门的人修改，请由其他部门的人办理",
			 "nobody changes the kind of their own department: let somebody of another "
			 "one do it");
}

const struct noun organisation_noun = {
	.name = "organisation",
	.path = "organisations",
	.zh = "机构",
	.en = "Organisation",
	.en_many = "Organisations",
	NOUN_OF(struct organisation, fields, states, steps),
	.read = CAP_GRID_READ,
	.write = CAP_GRID_WRITE,
	.named = true,
	.reads_up = true,
	.why = WHY_DUTY,
	.check = check,
	.follow = follow,
};
