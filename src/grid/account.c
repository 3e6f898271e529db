/* account.c - see account.h. */
#include "grid/account.h"

#include "access/account.h"
#include "access/session.h"

#include "base/ban.h"

static const struct choice languages[] = {
	[ACCOUNT_ZH] = { "zh", "中文", "Chinese" },
	[ACCOUNT_EN] = { "en", "英文", "English" },
};
static const struct choice states[] = {
	[ACCOUNT_OPEN] = { "open", "启用", "Open" },
	[ACCOUNT_SUSPENDED] = { "suspended", "停用", "Suspended" },
	[ACCOUNT_CLOSED] = { "closed", "注销", "Closed" },
};

static const struct field fields[] = {
	{ TEXT(struct account_row, login), "登录名", "Login name", SEE_OFFICIAL,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_SEARCH | FIELD_EXPORT, 3,
	  ACCOUNT_LOGIN_MAX, .hint_zh = "小写字母、数字或 . - _，以字母开头；开设后不能改",
	  .hint_en = "a-z 0-9 . - _, beginning with a letter; it does not change any more" },
	{ TEXT(struct account_row, name), "姓名", "Name", SEE_OFFICIAL,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_SEARCH | FIELD_EXPORT, 2, 40 },
	{ PHONE(struct account_row, phone), "工作电话", "Work phone", SEE_OFFICIAL,
	  FIELD_LISTED | FIELD_EXPORT, 3, 30 },
	{ CHOICE(struct account_row, language), "语言", "Language", SEE_AREA,
	  FIELD_REQUIRED | FIELD_EXPORT, .choice = languages, .n_choices = ARRAY_LEN(languages),
	  .hint_zh = "首次登录时的界面", .hint_en = "of the first page they see" },
	{ REF(struct account_row, organisation), "所属部门", "Department", SEE_AREA,
	  FIELD_LISTED | FIELD_EXPORT, .refers = "organisation",
	  .hint_zh = "紧急查看姓名须由两个部门的人办理",
	  .hint_en = "names in an emergency need people of two departments" },
	{ REF(struct account_row, officer), "责任人", "Duty holder", SEE_AREA, FIELD_EXPORT,
	  .refers = "officer", .hint_zh = "账号是谁的；一人有两个账号，也只算一个人",
	  .hint_en = "whose account it is: one person with two accounts is one person" },
};

/* Nobody locks themselves out: so one administrator of accounts is always left. */
static bool is_another(const void *row, const struct who *who, struct utc_s now)
{
	const struct account_row *a = row;

	(void)now;
	return a->record.id.v != who->account;
}

static const struct step steps[] = {
	{ STEP(ACCOUNT_NONE, "create", ACCOUNT_OPEN, "开设", "Make") },
	{ STEP(ACCOUNT_OPEN, "suspend", ACCOUNT_SUSPENDED, "停用", "Suspend"), CAP_NONE, is_another,
	  "不能停用自己的账号，请由另一位管理员办理",
	  "not one's own account; another administrator does it" },
	{ STEP(ACCOUNT_SUSPENDED, "resume", ACCOUNT_OPEN, "恢复", "Resume") },
	{ STEP(ACCOUNT_SUSPENDED, "close", ACCOUNT_CLOSED, "注销", "Close") },
};

static enum err check(struct tx *tx, const void *before, void *after, struct fault *f)
{
	const struct account_row *a = after;

	return before ? OK : account_login_free(tx, a->login, f);
}

/* The login name is claimed, and opened by a password that is told here and nowhere else. */
static enum err make(struct call *c, struct tx *tx, const struct account_row *a, struct fault *f)
{
	const struct account of = { .id = a->record.id.v, .area = a->record.area };
	enum err e = account_claim(tx, a->login, of.area, of.id, f);

	return e || !c ? e : account_once_give(c, tx, &of, f);
}

static enum err follow(struct call *c, struct tx *tx, const void *before, const void *after,
		       struct fault *f)
{
	const struct account_row *a = after;

	if (!before)
		return make(c, tx, a, f);
	if (a->record.state == ACCOUNT_OPEN)
		return OK;
	return session_finish_others(tx, a->record.area, a->record.id.v, 0, f);
}

static enum err ask_roles(struct tx *tx, void *const *row, size_t n, uint64_t *ret, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct account *of;
	enum err e = arena_new(1 << 20, &a);

	if (e)
		return e;
	if (!(of = arena_take(a, n + 1, sizeof *of)))
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		const struct record *r = row[i];

		of[i].id = r->id.v;
		of[i].area = r->area;
	}
	return account_roles_of(tx, of, n, ret, f);
}

static void put_roles(struct json *j, uint64_t roles)
{
	json_open(j, '[');
	for (int i = 0; i < ROLE_N; i++) {
		const struct role_row *role = role_row((enum role)i);

		if (!(roles & role_bit((enum role)i)))
			continue;
		json_open(j, '{');
		json_key(j, "word");
		json_str(j, str_of(role->word));
		json_key(j, "zh");
		json_str(j, str_of(role->zh));
		json_key(j, "en");
		json_str(j, str_of(role->en));
		json_close(j, '}');
	}
	json_close(j, ']');
}
static const struct beside roles = { "roles", "角色", "Roles", ask_roles, put_roles };

const struct noun account_noun = {
	.name = "account",
	.path = "accounts",
	.zh = "账号",
	.en = "Account",
	.en_many = "Accounts",
	NOUN_OF(struct account_row, fields, states, steps),
	.read = CAP_ACCOUNT_READ,
	.write = CAP_ACCOUNT_WRITE,
	.label = "name",
	.why = WHY_ADMIN,
	.check = check,
	.follow = follow,
	.beside = &roles,
	.make_before = account_once_before,
	.make_flags = ROUTE_SECRET,
};
