/* signal.c - see signal.h. */
#include "loop/signal.h"

#include "loop/signal.sql.h"
#include "loop/signal_inside.h"

#include "base/ban.h"

static const struct choice states[FLOW_SIGNAL_PHASE_N] = {
	[FLOW_SIGNAL_FORMED] = { "formed", "形成", "Formed" },
	[FLOW_SIGNAL_PASSED] = { "passed", "传递", "Passed" },
	[FLOW_SIGNAL_ANSWERED] = { "answered", "应答", "Answered" },
	[FLOW_SIGNAL_VERIFIED] = { "verified", "核实", "Verified" },
	[FLOW_SIGNAL_DISMISSED] = { "dismissed", "排除", "Dismissed" },
	[FLOW_SIGNAL_FED_BACK] = { "fed_back", "反馈", "Fed back" },
};
static const struct choice sources[SIGNAL_SOURCE_N] = {
	[SIGNAL_CITIZEN] = { "citizen", "群众反映", "A citizen" },
	[SIGNAL_SILENT] = { "silent", "数据中断", "A feed fell silent" },
	[SIGNAL_SUPERIOR] = { "superior", "上级指示", "A superior's instruction" },
	[SIGNAL_MEETING] = { "meeting", "会议决定", "A meeting's decision" },
	[SIGNAL_LINK] = { "link", "联防单位", "A linked agency" },
	[SIGNAL_OTHER] = { "other", "其他", "Other" },
};
static const struct choice answers[SIGNAL_ANSWER_N] = {
	[SIGNAL_RIGHT] = { "right", "推对了", "Right" },
	[SIGNAL_WRONG] = { "wrong", "推错了人", "Wrong person" },
	[SIGNAL_MOVED] = { "moved", "已转往别处", "Moved" },
};

enum {
	SAID = FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_EXPORT,
	SEEN = FIELD_SERVER | FIELD_LISTED | FIELD_EXPORT,
	TOLD = FIELD_SERVER | FIELD_EXPORT
};

static const struct field fields[] = {
	{ TEXT(struct signal, title), "信号", "Signal", SEE_AREA, SAID, 2, 120 },
	{ LONG(struct signal, detail), "内容", "What was noticed", SEE_AREA,
	  FIELD_FIXED | FIELD_EXPORT, 2, 2000, .hint_zh = "不写个人姓名和电话",
	  .hint_en = "no names or telephone numbers of people" },
	{ CHOICE(struct signal, source), "来源", "Source", SEE_AREA, SAID | FIELD_FILTER,
	  .choice = sources, .n_choices = SIGNAL_SOURCE_N },
	{ CHOICE(struct signal, sector), "领域", "Sector", SEE_AREA, SAID, .choice = duty_sectors,
	  .n_choices = DUTY_SECTOR_N },
	{ TEXT(struct signal, about), "关于", "About", SEE_AREA, FIELD_FIXED | FIELD_EXPORT, 3,
	  60 },
	{ REF(struct signal, sender), "发出方", "Sender", SEE_AREA, SEEN | FIELD_FILTER,
	  .refers = "organisation" },
	{ REF(struct signal, receiver), "接收方", "Receiver", SEE_AREA, SEEN | FIELD_FILTER,
	  .refers = "organisation" },
	{ REF(struct signal, task), "核实任务", "Task that finds out", SEE_AREA, TOLD,
	  .refers = "task" },
	{ TIME(struct signal, passed_at), "传递时间", "Passed at", SEE_AREA, TOLD },
	{ CHOICE(struct signal, answer), "答复", "Answer", SEE_AREA, SEEN, .choice = answers,
	  .n_choices = SIGNAL_ANSWER_N },
	{ TIME(struct signal, answered_at), "应答时间", "Answered at", SEE_AREA, SEEN },
	{ TIME(struct signal, settled_at), "核实或排除时间", "Verified or dismissed at", SEE_AREA,
	  TOLD },
	{ TIME(struct signal, fed_back_at), "反馈时间", "Fed back at", SEE_AREA, TOLD },
	{ TEXT(struct signal, reason), "排除理由", "Reason of dismissal", SEE_AREA, TOLD, 0, 200 },
	{ LONG(struct signal, result), "核实结果", "What was found out", SEE_AREA, TOLD, 0, 2000 },
	{ LONG(struct signal, feedback), "反馈内容", "What was fed back", SEE_AREA, TOLD, 0, 2000 },
};

/* As engine/flow/signal.c has it; test_signal holds one against the other. */
#define WAY(from, event, to, zh, en) \
	{ \
		STEP(FLOW_SIGNAL_##from, event, FLOW_SIGNAL_##to, zh, en), CAP_TASK_DO \
	}
static const struct step steps[] = {
	WAY(NONE, "form", FORMED, "形成", "Form"),
	WAY(FORMED, "pass", PASSED, "传递", "Pass"),
	WAY(PASSED, "pass", PASSED, "传递", "Pass"),
	WAY(FORMED, "answer", ANSWERED, "应答", "Answer"),
	WAY(PASSED, "answer", ANSWERED, "应答", "Answer"),
	WAY(PASSED, "miss", FORMED, "非本单位", "Not ours"),
	WAY(ANSWERED, "verify", VERIFIED, "核实", "Verify"),
	WAY(FORMED, "dismiss", DISMISSED, "排除", "Dismiss"),
	WAY(PASSED, "dismiss", DISMISSED, "排除", "Dismiss"),
	WAY(ANSWERED, "dismiss", DISMISSED, "排除", "Dismiss"),
	WAY(VERIFIED, "feed_back", FED_BACK, "反馈", "Feed back"),
	WAY(DISMISSED, "feed_back", FED_BACK, "反馈", "Feed back"),
};

const struct noun signal_noun = {
	.name = "signal",
	.path = "signals",
	.zh = "信号",
	.en = "Signal",
	.en_many = "Signals",
	NOUN_OF(struct signal, fields, states, steps),
	.read = CAP_TASK_READ,
	.write = CAP_TASK_DO,
	.reads_up = true,
	.why = WHY_DUTY,
	.gate = true,
	.own_way = true,
	.reach = signal_reach,
	.tell = signal_tell,
};

/* ---- its flow ------------------------------------------------------------------------------- */

enum err signal_count(struct tx *tx, int64_t signal, struct signal_tally *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &signal_sql.count, SQL_ARGS(sql_i64(signal)), &r, f);

	if (e)
		return e;
	ret->struck = rows_i64(r, 1);
	ret->folded = rows_i64(r, 2);
	ret->tasks = rows_i64(r, 0) - ret->struck - ret->folded;
	ret->done = rows_i64(r, 3);
	ret->open = ret->tasks - ret->done;
	ret->late = rows_i64(r, 4);
	ret->proved = rows_i64(r, 5);
	return OK;
}

struct flow_signal signal_engine(const struct signal *s, const struct signal_tally *t)
{
	return (struct flow_signal){ .id = s->record.id.v,
				     .phase = (uint8_t)s->record.state,
				     .turn = (uint32_t)s->record.version,
				     .n_tasks = (uint32_t)t->tasks,
				     .n_open = (uint32_t)t->open,
				     .passed_at =
					     s->passed_at.v == FIELD_NONE ? 0 : s->passed_at.v };
}

enum err signal_step(struct signal *row, const struct signal_tally *t,
		     const struct flow_signal_event *ev, struct utc_s now, const struct call *c,
		     struct fault *f)
{
	struct flow_signal s = signal_engine(row, t);
	struct flow_signal_effects fx;

	if (flow_signal_step(&s, ev, now, &fx))
		return work_refused(fx.why, c, f);
	row->record.state = s.phase;
	if (ev->on == FLOW_SIGNAL_ON_PASS)
		row->passed_at = now;
	if (ev->on == FLOW_SIGNAL_ON_ANSWER || ev->on == FLOW_SIGNAL_ON_MISS)
		row->answered_at = now;
	if (ev->on == FLOW_SIGNAL_ON_VERIFY || ev->on == FLOW_SIGNAL_ON_DISMISS)
		row->settled_at = now;
	if (ev->on == FLOW_SIGNAL_ON_FEED_BACK)
		row->fed_back_at = now;
	return OK;
}
