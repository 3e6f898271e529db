/* contact.c - see contact.h. */
#include "epidemic/contact.h"

#include "epidemic/epidemic.sql.h"
#include "epidemic/inside.h"
#include "ledger/ledger.h"

#include "base/ban.h"

enum { ROW_BYTES = 1 << 16 };

static const struct choice degrees[CONTACT_DEGREE_N] = {
	[1 + TRACE_CLOSE] = { "close", "密切接触者", "Close" },
	[1 + TRACE_SECONDARY] = { "secondary", "密接的密接", "Secondary" },
	[1 + TRACE_GENERAL] = { "general", "一般接触者", "General" },
	[1 + TRACE_COMPANION] = { "companion", "时空伴随者", "Companion" },
};
static const struct choice pushes[CONTACT_PUSH_N] = {
	[1 + FLOW_KEPT] = { "kept", "本地", "Ours" },
	[1 + FLOW_WAITING] = { "waiting", "已推送待接收", "Pushed, waiting" },
	[1 + FLOW_TAKEN] = { "taken", "已接收", "Taken" },
	[1 + FLOW_REFUSED] = { "refused", "被退回", "Refused" },
	[1 + FLOW_WITHDRAWN] = { "withdrawn", "已撤回", "Withdrawn" },
};
const struct choice *contact_pushes(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(pushes);
	return pushes;
}
static const struct choice states[] = {
	[CONTACT_FOUND] = { "found", "待排查", "To be located" },
	[CONTACT_LOCATED] = { "located", "已落地", "Located" },
	[CONTACT_RELEASED] = { "released", "解除", "Released" },
	[CONTACT_EXCLUDED] = { "excluded", "排除", "Excluded" },
};

/* What a trace or a task says of them, nobody else does. */
enum { TOLD = FIELD_SERVER };

static const struct field fields[] = {
	{ TEXT(struct contact_row, number), "编号", "Number", SEE_CDC,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_KEY, 1, 60 },
	{ REF(struct contact_row, of_case), "病例", "Case", SEE_CDC,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_FILTER, .refers = "case" },
	{ CHOICE(struct contact_row, degree), "类别", "Degree", SEE_CDC,
	  TOLD | FIELD_LISTED | FIELD_FILTER, .choice = degrees, .n_choices = ARRAY_LEN(degrees) },
	{ I64(struct contact_row, generation), "代", "Generation", SEE_CDC, TOLD | FIELD_LISTED },
	{ TEXT(struct contact_row, rule), "判定规则", "Rule", SEE_CDC, TOLD | FIELD_LISTED, 1, 60 },
	{ TEXT(struct contact_row, profile), "疾病规则", "Disease profile", SEE_CDC, TOLD, 1, 80 },
	{ TIME(struct contact_row, first_at), "首次暴露", "First exposure", SEE_CDC, TOLD },
	{ TIME(struct contact_row, last_at), "末次暴露", "Last exposure", SEE_CDC,
	  TOLD | FIELD_LISTED },
	{ I64(struct contact_row, overlap_s), "共处（秒）", "Together (s)", SEE_CDC, TOLD },
	{ I64(struct contact_row, encounters), "相遇次数", "Encounters", SEE_CDC, TOLD },
	{ TEXT(struct contact_row, trace), "追踪", "Trace", SEE_CDC, TOLD, 1, 20 },
	{ CHOICE(struct contact_row, push), "推送", "Pushed", SEE_CDC,
	  TOLD | FIELD_LISTED | FIELD_FILTER, .choice = pushes, .n_choices = ARRAY_LEN(pushes) },
	{ REF(struct contact_row, party), "责任方", "Whose to find", SEE_CDC, TOLD | FIELD_LISTED,
	  .refers = "organisation" },
	{ TIME(struct contact_row, ended_at), "结束时间", "Ended", SEE_CDC, TOLD },
};

/* Located is what a task's proof says, excluded what a trace says. */
static bool by_nobody(const void *row, const struct who *who, struct utc_s now)
{
	(void)row;
	(void)who;
	(void)now;
	return false;
}
static const char task_zh[] = "落地与否随任务：责任方提交凭证即落地，核查退回即重新排查";
static const char task_en[] = "located or not is what the task says: its proof locates, and a "
			      "proof that is sent back does not";
static const char trace_zh[] = "排除由新的追踪得出：请用订正后的日期或新到的轨迹再追踪一次";
static const char trace_en[] = "a contact is excluded by a new trace: trace the case again, with "
			       "its mended dates or new visits";

static const struct step steps[] = {
	{ STEP(CONTACT_NONE, "find", CONTACT_FOUND, "判定", "Find"), CAP_NONE, by_nobody, trace_zh,
	  trace_en },
	{ STEP(CONTACT_FOUND, "locate", CONTACT_LOCATED, "落地", "Locate"), CAP_NONE, by_nobody,
	  task_zh, task_en },
	{ STEP(CONTACT_LOCATED, "lose", CONTACT_FOUND, "重新排查", "Look again"), CAP_NONE,
	  by_nobody, task_zh, task_en },
	{ STEP(CONTACT_LOCATED, "release", CONTACT_RELEASED, "解除", "Release"), CAP_MEASURE },
	{ STEP(CONTACT_FOUND, "exclude", CONTACT_EXCLUDED, "排除", "Exclude"), CAP_NONE, by_nobody,
	  trace_zh, trace_en },
	{ STEP(CONTACT_LOCATED, "exclude", CONTACT_EXCLUDED, "排除", "Exclude"), CAP_NONE,
	  by_nobody, trace_zh, trace_en },
};

/* When it ended is kept apart from when the row was last touched. */
static enum err check(struct tx *tx, const void *before, void *after, struct fault *f)
{
	struct contact_row *k = after;

	(void)tx;
	(void)before;
	(void)f;
	if (k->record.state >= CONTACT_RELEASED && k->ended_at.v == FIELD_NONE)
		k->ended_at = k->record.updated_at;
	return OK;
}

static enum err tell(struct call *c, struct tx *tx, const void *row, struct fault *f)
{
	const struct contact_row *k = row;

	return loop_tell_about(c, tx, STR("contact"), k->record.id, f);
}

const struct noun contact_noun = {
	.name = "contact",
	.path = "contacts",
	.zh = "接触者",
	.en = "Contact",
	.en_many = "Contacts",
	NOUN_OF(struct contact_row, fields, states, steps),
	.read = CAP_CDC_READ,
	.write = CAP_CASE_WRITE,
	.why = WHY_EPIDEMIC,
	.gate = true,
	.check = check,
	.tell = tell,
};

/* ---- what its task says ---------------------------------------------------------------------- */

/* Only a trace, or a part that was done, lets their last task be struck by hand. */
static enum err keep_one(struct tx *tx, const struct record_book *book, struct arena *a,
			 const struct contact_row *k, int64_t task, struct fault *f)
{
	static const struct loop_about own = { .noun = "contact", .kind = "contact" };
	const struct record *of;
	bool others;
	void *row;
	enum err e = loop_others_open(tx, &own, k->record.id.v, task, &others, f);

	if (!e && !others && k->record.state == CONTACT_LOCATED)
		e = loop_others_done(tx, &own, k->record.id.v, task, &others, f);
	if (e || others || (e = record_get(book, tx, &case_noun, k->of_case, a, &row, f)))
		return e;
	of = row;
	if (of->state != CASE_CONFIRMED) /* nobody traces for it any more */
		return OK;
	e = fault_set(
		f, ERR_CONFLICT, "此接触者仅有这一任务，不能撤销；由新的追踪排除，在别处的请移交",
		"this is the only task of its contact and is not struck: a new trace excludes "
		"a contact, and who is elsewhere is handed over");
	fault_at(f, "contact", NULL);
	return e;
}

enum err contact_task_step(struct call *c, struct tx *tx, const struct record_book *book,
			   int64_t id, const struct loop_step *s, struct utc_s now, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	const struct flow_task *t = s->t;
	struct contact_row is, *was;
	const char *action = "pass";
	void *row;
	enum err e;

	if ((e = arena_new(ROW_BYTES, &a)) ||
	    (e = record_get(book, tx, &contact_noun, (struct record_id){ id }, a, &row, f)))
		return e;
	was = row;
	is = *was;
	if (s->on == FLOW_ON_CANCEL && was->record.state < CONTACT_RELEASED &&
	    (e = keep_one(tx, book, a, was, t->id, f)))
		return e;
	is.push = (enum contact_push)(1 + t->push);
	is.party.v = t->owner.v;
	if (s->on == FLOW_ON_PROVE && was->record.state == CONTACT_FOUND) {
		is.record.state = CONTACT_LOCATED;
		action = "locate";
	} else if ((s->on == FLOW_ON_RETURN || s->reopened) &&
		   was->record.state == CONTACT_LOCATED) {
		is.record.state = CONTACT_FOUND;
		action = "lose";
	} else if (is.push == was->push && is.party.v == was->party.v)
		return OK;
	return record_follow(book, c, tx, &contact_noun, was, &is, action, now, f);
}
