/* hazard.c - see hazard.h. */
#include "safety/hazard.h"

#include "safety/inside.h"
#include "safety/safety.sql.h"

#include "base/ban.h"

static const struct choice grades[HAZARD_GRADE_N] = {
	[HAZARD_ORDINARY] = { "ordinary", "一般隐患", "Ordinary" },
	[HAZARD_MAJOR] = { "major", "重大隐患", "Major" },
};
static const struct choice found[HAZARD_FOUND_N] = {
	[HAZARD_INSPECTION] = { "inspection", "检查发现", "Inspection" },
	[HAZARD_SELF] = { "self", "单位自查", "The unit itself" },
	[HAZARD_CITIZEN] = { "citizen", "群众举报", "A citizen" },
	[HAZARD_CAMPAIGN] = { "campaign", "举一反三", "Looked for after another" },
};
static const struct choice states[] = {
	[HAZARD_OPEN] = { "open", "整改中", "Open" },
	[HAZARD_CLOSED] = { "closed", "销号", "Closed" },
	[HAZARD_VOIDED] = { "voided", "作废", "Voided" },
};

static const struct field fields[] = {
	{ TEXT(struct hazard, title), "隐患", "Hazard", SEE_AREA,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_SEARCH | FIELD_EXPORT | FIELD_KEY, 2, 100 },
	{ LONG(struct hazard, detail), "详情", "Detail", SEE_AREA, FIELD_EXPORT, 2, 2000 },
	{ REF(struct hazard, unit), "单位", "Unit", SEE_AREA,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT,
	  .refers = "unit" },
	{ CHOICE(struct hazard, factor), "致险因素", "Factor", SEE_AREA,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT, .choice = risk_factors,
	  .n_choices = RISK_FACTOR_N },
	{ CHOICE(struct hazard, grade), "等级", "Grade", SEE_AREA,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT,
	  .choice = grades, .n_choices = ARRAY_LEN(grades), .hint_zh = "能立即整改的为一般隐患",
	  .hint_en = "what can be put right at once is ordinary" },
	{ CHOICE(struct hazard, found_by), "发现途径", "Found by", SEE_AREA,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_EXPORT, .choice = found,
	  .n_choices = ARRAY_LEN(found) },
	{ LONG(struct hazard, measure), "整改措施", "Measure", SEE_AREA, FIELD_EXPORT, 2, 1000,
	  .hint_zh = "重大隐患的五落实：措施、资金、责任人、时限、预案",
	  .hint_en = "of a major one: measure, funds, responsible person, limit, plan" },
	{ TEXT(struct hazard, funds), "整改资金", "Funds", SEE_AREA, FIELD_EXPORT, 1, 100 },
	{ REF(struct hazard, responsible), "整改责任人", "Responsible person", SEE_OFFICIAL,
	  FIELD_EXPORT, .refers = "officer" },
	{ DATE(struct hazard, limit_on), "整改时限", "To be done by", SEE_AREA,
	  FIELD_LISTED | FIELD_EXPORT },
	{ LONG(struct hazard, plan), "应急预案", "Contingency plan", SEE_AREA, FIELD_EXPORT, 2,
	  2000 },
};

/* A hazard ends with its task, and with nothing else. */
static bool by_task(const void *row, const struct who *who, struct utc_s now)
{
	(void)row;
	(void)who;
	(void)now;
	return false;
}
static const char why_zh[] = "隐患随整改任务销号：由核查方核查通过任务，或由上级撤销任务";
static const char why_en[] = "a hazard ends with its task: its checker closes the task, or a "
			     "level above strikes it";

static const struct step steps[] = {
	{ STEP(HAZARD_NONE, "report", HAZARD_OPEN, "上报", "Report") },
	{ STEP(HAZARD_OPEN, "close", HAZARD_CLOSED, "销号", "Close"), CAP_NONE, by_task, why_zh,
	  why_en },
	{ STEP(HAZARD_OPEN, "void", HAZARD_VOIDED, "作废", "Void"), CAP_NONE, by_task, why_zh,
	  why_en },
};

static enum err tell(struct call *c, struct tx *tx, const void *row, struct fault *f)
{
	return loop_tell_about(c, tx, STR("hazard"), ((const struct hazard *)row)->record.id, f);
}

const struct noun hazard_noun = {
	.name = "hazard",
	.path = "hazards",
	.zh = "隐患",
	.en = "Hazard",
	.en_many = "Hazards",
	NOUN_OF(struct hazard, fields, states, steps),
	.read = CAP_SAFETY_READ,
	.write = CAP_HAZARD_WRITE,
	.why = WHY_DUTY,
	.follow = hazard_follow,
	.tell = tell,
};

/* ---- its task ------------------------------------------------------------------------------- */

const char *hazard_element_missing(const struct hazard *h)
{
	return !h->measure.n                 ? "measure"
	       : !h->funds.n                 ? "funds"
	       : !h->responsible.v           ? "responsible"
	       : h->limit_on.v == FIELD_NONE ? "limit_on"
	       : !h->plan.n                  ? "plan"
					     : NULL;
}

enum err hazard_follow(struct call *c, struct tx *tx, const void *before, const void *after,
		       struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct hazard *h = after;
	struct loop_new task = {
		.area = h->record.area,
		.kind = STR("hazard"),
		.rule = h->grade == HAZARD_MAJOR ? STR("hazard-major") : STR("hazard-ordinary"),
		.title = h->title,
		.detail = h->detail,
		.about = STR("hazard"),
		.about_id = h->record.id.v,
		.needs = FLOW_TEXT | FLOW_PHOTO,
		.until = FLOW_NEVER,
	};
	int64_t id;
	enum err e;

	if (before)
		return OK;
	if (!c)
		return fault_set(f, ERR_USAGE, "隐患须逐条上报，不能从文件导入",
				 "hazards are reported one by one, not imported from a file");
	e = tx_row(tx, &safety_sql.unit,
		   SQL_ARGS(sql_i64(area_county(h->record.area).v), sql_i64(h->unit.v)), &r, f);
	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	task.owner.v = rows_i64(r, 0);
	task.sector = unit_sector(unit_kind_of(rows_text(r, 1)));
	if (!task.owner.v) {
		e = fault_set(f, ERR_CONFLICT, "该单位没有登记责任单位，整改任务无人可交；请先补上",
			      "the unit names no organisation to put it right; fill that in first");
		fault_at(f, "unit", NULL);
		return e;
	}
	if ((e = loop_raise(c, tx, &task, &id, f)))
		return e;
	json_key(call_json(c), "task");
	call_id_json(c, id);
	return OK;
}

static enum err end(struct call *c, struct tx *tx, const struct record_book *book,
		    const struct hazard *was, enum hazard_state state, struct utc_s now,
		    struct fault *f)
{
	struct hazard h = *was;

	h.record.state = (int)state;
	return record_follow(book, c, tx, &hazard_noun, was, &h,
			     state == HAZARD_CLOSED ? "close" : "void", now, f);
}

enum err hazard_task_step(struct call *c, struct tx *tx, const struct record_book *book, int64_t id,
			  const struct loop_step *s, struct utc_s now, struct fault *f)
{
	static const struct loop_about own = { .noun = "hazard", .kind = "hazard" };
	const struct flow_task *t = s->t;
	CLEANUP(arena_end) struct arena *a = NULL;
	const char *missing;
	struct hazard *h;
	bool others, done = t->outcome == FLOW_OUT_DONE;
	void *row;
	enum err e;

	/* Split, it ends with its last part, and is put right if any part was done. */
	if (t->phase != FLOW_CLOSED || t->outcome == FLOW_OUT_FOLDED || s->on == FLOW_ON_CLOCK)
		return OK;
	if ((e = loop_others_open(tx, &own, id, t->id, &others, f)) || others)
		return e;
	if (!done && (e = loop_others_done(tx, &own, id, t->id, &done, f)))
		return e;
	if ((e = arena_new(1 << 20, &a)) ||
	    (e = record_get(book, tx, &hazard_noun, (struct record_id){ id }, a, &row, f)))
		return e;
	h = row;
	if (h->record.state != HAZARD_OPEN)
		return OK;
	if (!done)
		return end(c, tx, book, h, HAZARD_VOIDED, now, f);
	if (h->grade == HAZARD_MAJOR && (missing = hazard_element_missing(h))) {
		e = fault_set(
			f, ERR_CONFLICT,
			"重大隐患的五落实（措施、资金、责任人、时限、预案）没有写全，不能销号",
			"a major hazard is not closed before its five elements are written: "
			"measure, funds, responsible person, limit, contingency plan");
		fault_at(f, missing, NULL);
		return e;
	}
	return end(c, tx, book, h, HAZARD_CLOSED, now, f);
}
