/* task.c - see task.h. */
#include "loop/task.h"

#include "loop/inside.h"

#include "base/ban.h"

const struct choice task_states[FLOW_PHASE_N] = {
	[FLOW_OPEN] = { "open", "待办", "Open" },
	[FLOW_ACCEPTED] = { "accepted", "接单", "Accepted" },
	[FLOW_STARTED] = { "in_progress", "进行中", "In progress" },
	[FLOW_PROVED] = { "proved", "已反馈", "Proved" },
	[FLOW_CLOSED] = { "closed", "办结", "Closed" },
	[FLOW_RETURNED] = { "returned", "退回", "Returned" },
};
const struct choice task_outcomes[FLOW_OUT_N] = {
	[FLOW_OUT_DONE] = { "done", "已办", "Done" },
	[FLOW_OUT_CANCELLED] = { "cancelled", "撤销", "Cancelled" },
	[FLOW_OUT_FOLDED] = { "folded", "并入其他任务", "Folded into others" },
};
const struct choice task_stages[TASK_STAGE_N] = {
	[TASK_ACCEPT] = { "accept", "接单时限", "Accept by" },
	[TASK_DO] = { "do", "办结时限", "Done by" },
	[TASK_CHECK] = { "check", "核查时限", "Checked by" },
	[TASK_ANSWER] = { "answer", "移交答复时限", "Answered by" },
};

enum {
	SAID = FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_EXPORT,
	SEEN = FIELD_SERVER | FIELD_LISTED | FIELD_EXPORT,
	TOLD = FIELD_SERVER | FIELD_EXPORT
};

static const struct field fields[] = {
	{ TEXT(struct task, title), "任务", "Task", SEE_AREA, SAID, 2, 120 },
	{ TEXT(struct task, kind), "类别", "Kind", SEE_AREA, SAID | FIELD_FILTER, 2, 40 },
	{ CHOICE(struct task, sector), "领域", "Sector", SEE_AREA, SEEN, .choice = duty_sectors,
	  .n_choices = DUTY_SECTOR_N },
	{ TEXT(struct task, rule), "时限规则", "Rule of time", SEE_AREA, TOLD, 0, 80 },
	{ LONG(struct task, detail), "要求", "What is asked", SEE_AREA, FIELD_SERVER, 0, 2000 },
	{ TEXT(struct task, about), "关于", "About", SEE_AREA, TOLD, 0, 40 },
	{ REF(struct task, owner), "责任方", "Owner", SEE_AREA, SEEN | FIELD_FILTER,
	  .refers = "organisation" },
	{ REF(struct task, checker), "核查方", "Checker", SEE_AREA, TOLD,
	  .refers = "organisation" },
	{ REF(struct task, sender), "交办方", "Sender", SEE_AREA, TOLD, .refers = "organisation" },
	{ REF(struct task, offered_to), "移交给", "Offered to", SEE_AREA, TOLD,
	  .refers = "organisation" },
	{ REF(struct task, doer), "办理人", "Done by", SEE_AREA, TOLD, .refers = "account" },
	{ CHOICE(struct task, outcome), "结果", "Outcome", SEE_AREA, TOLD, .choice = task_outcomes,
	  .n_choices = FLOW_OUT_N },
	{ I64(struct task, needs), "凭证", "Proof asked for", SEE_AREA, FIELD_SERVER, 0, 7 },
	{ I64(struct task, level), "升级到", "Climbed to", SEE_AREA, SEEN, 0, FLOW_LEVELS_MAX },
	{ BOOL(struct task, late), "超期", "Late", SEE_AREA, SEEN },
	{ CHOICE(struct task, stage), "当前时限", "Deadline now", SEE_AREA, TOLD,
	  .choice = task_stages, .n_choices = TASK_STAGE_N },
	{ TIME(struct task, next_by), "下一时限", "Next deadline", SEE_AREA, SEEN },
	{ TIME(struct task, due), "下次到时", "Clock comes next", SEE_AREA, FIELD_SERVER },
	{ TIME(struct task, accept_by), "接单时限", "Accept by", SEE_AREA, TOLD },
	{ TIME(struct task, done_by), "办结时限", "Done by", SEE_AREA, SEEN },
	{ TIME(struct task, closed_at), "关闭时间", "Closed at", SEE_AREA, TOLD },
};

/* As far as they lead to another state; test_task holds them against the flow's own table. */
#define WAY(from, event, to, zh, en) \
	{ \
		STEP(FLOW_##from, event, FLOW_##to, zh, en), CAP_TASK_DO \
	}
static const struct step steps[] = {
	{ STEP(FLOW_NONE, "raise", FLOW_OPEN, "交办", "Raise"), CAP_TASK_RAISE },
	WAY(OPEN, "accept", ACCEPTED, "接单", "Accept"),
	WAY(OPEN, "decline", RETURNED, "退给交办方", "Decline"),
	WAY(OPEN, "take", ACCEPTED, "接收", "Take"),
	WAY(OPEN, "cancel", CLOSED, "撤销", "Cancel"),
	WAY(OPEN, "fold", CLOSED, "并入", "Fold into"),
	WAY(RETURNED, "accept", ACCEPTED, "接单", "Accept"),
	WAY(RETURNED, "take", ACCEPTED, "接收", "Take"),
	WAY(RETURNED, "assign", OPEN, "指定", "Assign"),
	WAY(RETURNED, "cancel", CLOSED, "撤销", "Cancel"),
	WAY(RETURNED, "fold", CLOSED, "并入", "Fold into"),
	WAY(ACCEPTED, "start", STARTED, "开始办理", "Start"),
	WAY(ACCEPTED, "prove", PROVED, "提交凭证", "Prove"),
	WAY(ACCEPTED, "assign", OPEN, "指定", "Assign"),
	WAY(ACCEPTED, "cancel", CLOSED, "撤销", "Cancel"),
	WAY(ACCEPTED, "fold", CLOSED, "并入", "Fold into"),
	WAY(STARTED, "prove", PROVED, "提交凭证", "Prove"),
	WAY(STARTED, "take", ACCEPTED, "接收", "Take"),
	WAY(STARTED, "assign", OPEN, "指定", "Assign"),
	WAY(STARTED, "cancel", CLOSED, "撤销", "Cancel"),
	WAY(STARTED, "fold", CLOSED, "并入", "Fold into"),
	WAY(PROVED, "close", CLOSED, "核查通过", "Close"),
	WAY(PROVED, "return", RETURNED, "核查退回", "Return"),
	WAY(PROVED, "cancel", CLOSED, "撤销", "Cancel"),
	WAY(PROVED, "fold", CLOSED, "并入", "Fold into"),
};

const struct noun task_noun = {
	.name = "task",
	.path = "tasks",
	.zh = "任务",
	.en = "Task",
	.en_many = "Tasks",
	NOUN_OF(struct task, fields, task_states, steps),
	.read = CAP_TASK_READ,
	.write = CAP_TASK_DO,
	.why = WHY_DUTY,
	.gate = true,
	.own_way = true,
	.reach = task_reach,
	.tell = task_tell,
};

static struct utc_s time_or_none(bool there, int64_t v)
{
	return (struct utc_s){ there && v != FLOW_NEVER ? v : FIELD_NONE };
}

void task_derive(const struct flow_task *t, struct utc_s now, struct task *row)
{
	const struct flow_stage *g = t->stage;
	bool closed = t->phase == FLOW_CLOSED;

	if (closed && row->closed_at.v == FIELD_NONE)
		row->closed_at = now;
	row->record.state = t->phase;
	row->owner.v = t->owner.v;
	row->checker.v = t->checker.v;
	row->sender.v = t->sender.v;
	row->offered_to.v = t->offered_to.v;
	row->doer.v = t->doer.v;
	row->outcome = (enum flow_outcome)t->outcome;
	row->needs = t->needs;
	row->level = t->level;
	row->late = t->marks & FLOW_LATE;
	row->due = time_or_none(true, t->due);
	row->accept_by = time_or_none(g[FLOW_TO_ACCEPT].round > 0, g[FLOW_TO_ACCEPT].by);
	row->done_by = time_or_none(g[FLOW_TO_DO].round > 0, g[FLOW_TO_DO].by);
	row->stage = TASK_NO_STAGE;
	row->next_by.v = FIELD_NONE;
	for (int s = 0; s < FLOW_STAGE_N; s++)
		if (flow_running(t, (enum flow_stage_id)s) &&
		    (!row->stage || g[s].by < row->next_by.v)) {
			row->stage = (enum task_stage)(s + TASK_ACCEPT);
			row->next_by.v = g[s].by;
		}
}
