/* case.c - see case.h. */
#include "epidemic/case.h"

#include "epidemic/inside.h"
#include "epidemic/measure.h"
#include "profile/profile.h"

#include "base/ban.h"

enum { PROFILES_BYTES = 8 << 20 };

static const struct choice results[] = {
	[CASE_POSITIVE] = { "positive", "阳性", "Positive" },
	[CASE_NEGATIVE] = { "negative", "阴性", "Negative" },
	[CASE_UNCLEAR] = { "unclear", "待复检", "Unclear" },
};
const struct choice *case_results(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(results);
	return results;
}

static const struct choice states[] = {
	[CASE_SUSPECTED] = { "suspected", "疑似", "Suspected" },
	[CASE_CONFIRMED] = { "confirmed", "确诊", "Confirmed" },
	[CASE_EXCLUDED] = { "excluded", "排除", "Excluded" },
};

static const struct field fields[] = {
	{ TEXT(struct case_row, number), "病例编号", "Number", SEE_CDC,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_KEY, 1, 40 },
	{ TEXT(struct case_row, profile), "疾病规则", "Disease profile", SEE_CDC,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_FILTER, 2, 48,
	  .hint_zh = "如 covid19.who 或 covid19.who@2",
	  .hint_en = "as covid19.who or covid19.who@2" },
	{ SUBJECT(struct case_row, subject), "本人", "Person", SEE_CDC, FIELD_SERVER },
	{ DATE(struct case_row, onset), "发病日期", "Onset", SEE_CDC, FIELD_LISTED },
	{ DATE(struct case_row, positive), "采样阳性日期", "First positive sample", SEE_CDC,
	  FIELD_LISTED },
	{ TIME(struct case_row, isolated), "隔离时间", "Isolated", SEE_CDC, 0 },
	{ REF(struct case_row, officer), "流调负责人", "Tracing officer", SEE_CDC, 0,
	  .refers = "account", .hint_zh = "确认后追踪授权签发给此人；不填则为确认者",
	  .hint_en = "the warrant is made out to them; nobody: to who confirms" },
	{ CHOICE(struct case_row, result), "检测结果", "Laboratory result", SEE_CDC,
	  FIELD_SERVER | FIELD_LISTED, .choice = results, .n_choices = ARRAY_LEN(results) },
	{ TIME(struct case_row, result_at), "结果时间", "Result at", SEE_CDC, FIELD_SERVER },
	{ I64(struct case_row, result_by), "检测机构", "Laboratory", SEE_CDC, FIELD_SERVER },
};

/* A program confirms nothing; two people do, of whom one may be the laboratory's. */
bool case_may_confirm(const void *row, const struct who *who, struct utc_s now)
{
	const struct case_row *c = row;
	bool result = c->result == CASE_POSITIVE && c->result_by != FIELD_NONE &&
		      c->result_by != c->record.created_by.v;

	(void)now;
	if (who->kind != WHO_PERSON)
		return false;
	return result ? who->account != c->result_by : who->account != c->record.created_by.v;
}

static const char why_zh[] =
	"确认病例须有检测机构登记的阳性结果（检测者不是报告者，也不是确认者），"
	"或由报告者之外的另一人确认";
static const char why_en[] =
	"a case is confirmed upon a laboratory's positive result (by who neither "
	"reported nor confirms it), or by another person than who reported it";

static const struct step steps[] = {
	{ STEP(CASE_NONE, "register", CASE_SUSPECTED, "登记", "Register") },
	{ STEP(CASE_SUSPECTED, "exclude", CASE_EXCLUDED, "排除", "Exclude"), CAP_CASE_CONFIRM },
	{ STEP(CASE_SUSPECTED, "confirm", CASE_CONFIRMED, "确认", "Confirm"), CAP_CASE_CONFIRM,
	  case_may_confirm, why_zh, why_en },
	{ STEP(CASE_CONFIRMED, "renew", CASE_CONFIRMED, "再次确认", "Confirm anew"),
	  CAP_CASE_CONFIRM, case_may_confirm, why_zh, why_en },
	{ STEP(CASE_CONFIRMED, "overturn", CASE_EXCLUDED, "订正为排除", "Overturn"),
	  CAP_CASE_CONFIRM },
};

enum err case_profile(struct str name, struct arena *a, const struct profile **ret, struct fault *f)
{
	struct profile_set set;
	enum err e = profile_load_builtin(a, &set, f);

	if (e)
		return e;
	struct fault unasked = { 0 };
	e = profile_find(&set, name, ret, &unasked);
	if (e == ERR_USAGE || e == ERR_ABSENT || e == ERR_RANGE)
		e = fault_set(f, ERR_RANGE, "没有这份疾病规则；可用的见 outpost profiles",
			      "there is no such disease profile; outpost profiles lists them");
	if (e)
		fault_at(f, "profile", NULL);
	return e;
}

static enum err check(struct tx *tx, const void *before, void *after, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	const struct case_row *c = after;
	const struct profile *p;
	enum err e = arena_new(PROFILES_BYTES, &a);

	(void)tx;
	(void)before;
	return e ? e : case_profile(c->profile, a, &p, f);
}

const struct noun case_noun = {
	.name = "case",
	.path = "cases",
	.zh = "病例",
	.en = "Case",
	.en_many = "Cases",
	NOUN_OF(struct case_row, fields, states, steps),
	.read = CAP_CDC_READ,
	.write = CAP_CASE_WRITE,
	.why = WHY_EPIDEMIC,
	.gate = true,
	.check = check,
	.follow = case_follow,
};

const struct noun *const epidemic_nouns[] = { &case_noun, &contact_noun, &measure_noun };
const size_t epidemic_nouns_n = ARRAY_LEN(epidemic_nouns);
