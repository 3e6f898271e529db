/* table.c - the rows, what each needs, and the words of all of it. */
#include "engine/flow/inside.h"
#include "engine/flow/table.h"

#include "base/ban.h"

#define IN(phase) (1u << FLOW_##phase)
#define WAITS (IN(OPEN) | IN(RETURNED))
#define HANDS_ON (IN(ACCEPTED) | IN(STARTED))
#define WORK (WAITS | HANDS_ON)
#define LIVE (WORK | IN(PROVED))
#define BY(who) FLOW_BY_##who
#define ABOVE (BY(CHECKER) | BY(SUPERIOR))
#define ANY_SIDE (BY(SENDER) | ABOVE | BY(HOUSE))
#define N(need) FLOW_NEEDS_##need

// clang-format off
#define ROW(from, on, to, who, ...) { from, FLOW_ON_##on, FLOW_##to, who, { __VA_ARGS__ } }

const struct flow_row flow_rows[] = {
	ROW(IN(NONE), RAISE,    OPEN,     BY(ANYBODY) | BY(HOUSE),
	    N(RAISER), N(DUTY), N(CLOCK), N(PROOF_KIND)),

	ROW(WAITS,    ACCEPT,   ACCEPTED, BY(OWNER), N(UNOFFERED)),
	ROW(WAITS,    DECLINE,  RETURNED, BY(OWNER),
	    N(HERE), N(UNOFFERED), N(REASON), N(PATIENCE), N(SENDER), N(DUTY)),
	ROW(IN(ACCEPTED), START, STARTED, BY(OWNER), N(UNOFFERED)),
	ROW(HANDS_ON, PROVE,    PROVED,   BY(OWNER), N(UNOFFERED), N(EVIDENCE)),
	ROW(IN(PROVED), CLOSE,  CLOSED,   ABOVE,     N(OTHER)),
	ROW(IN(PROVED), RETURN, RETURNED, ABOVE,     N(OTHER), N(REASON)),

	ROW(WORK,     OFFER,    SAME,     BY(OWNER),
	    N(HERE), N(UNOFFERED), N(PATIENCE), N(ELSEWHERE)),
	ROW(WORK,     TAKE,     ACCEPTED, BY(RECEIVER), N(OFFERED), N(RECEIVER), N(DUTY)),
	ROW(WORK,     REFUSE,   SAME,     BY(RECEIVER) | BY(HOUSE), N(OFFERED), N(REASON)),
	ROW(WORK,     WITHDRAW, SAME,     BY(OWNER), N(OFFERED)),

	ROW(WORK,     ASSIGN,   OPEN,     BY(SUPERIOR), N(HERE), N(MOVE), N(DUTY)),
	ROW(WORK,     REOWN,    OPEN,     BY(HOUSE), N(HERE), N(MOVE), N(DUTY)),
	ROW(IN(PROVED), REOWN,  PROVED,   BY(HOUSE), N(HERE), N(MOVE), N(DUTY)),
	ROW(LIVE,     REWIRE,   SAME,     BY(HOUSE), N(STAY), N(DUTY)),

	ROW(WORK,     EXTEND,   SAME,     ABOVE,     N(OTHER), N(REASON), N(LATER)),
	ROW(WORK,     TIGHTEN,  SAME,     ANY_SIDE,  N(EARLIER)),
	ROW(LIVE,     CANCEL,   CLOSED,   ANY_SIDE,  N(OTHER), N(REASON)),
	ROW(LIVE,     FOLD,     CLOSED,   ANY_SIDE,  N(OTHER), N(REASON), N(NO_DELAY)),
	ROW(LIVE | IN(CLOSED), CLOCK, SAME, BY(CLOCK), N(NOTHING)),
};
// clang-format on
const size_t flow_n_rows = ARRAY_LEN(flow_rows);

const struct flow_row *flow_row_of(enum flow_phase from, enum flow_on on)
{
	for (size_t i = 0; i < ARRAY_LEN(flow_rows); i++)
		if (flow_rows[i].on == on && flow_rows[i].from >> from & 1)
			return &flow_rows[i];
	return NULL;
}

bool flow_row_asks(enum flow_phase from, enum flow_on on, enum flow_need_id need)
{
	const struct flow_row *row = flow_row_of(from, on);

	for (size_t i = 0; row && i < FLOW_ROW_NEEDS_MAX; i++)
		if (row->need[i] == need)
			return true;
	return false;
}

/* ---- what a row needs ----------------------------------------------------------------------- */

static bool needs_nothing(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)t, (void)ev, (void)now;
	return true;
}

static bool needs_duty(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)t, (void)now;
	return flow_duty_sound(&ev->duty);
}

static bool needs_clock(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)t, (void)now;
	return flow_clock_sound(&ev->clock) &&
	       (ev->by == FLOW_NEVER || (ev->by > WHEN_MIN_S && ev->by < WHEN_MAX_S));
}

static bool needs_raiser(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)t, (void)now;
	return ev->actor == FLOW_PERSON || ev->to.v > 0;
}

static bool needs_proof_kind(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)t, (void)now;
	return ev->evidence && !(ev->evidence & ~FLOW_PROOFS);
}

static bool needs_evidence(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)now;
	return (ev->evidence & t->needs) == t->needs;
}

/* Nobody judges their own work, nor their party's, whoever owns it now. */
static bool needs_other(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	bool proved = t->phase == FLOW_PROVED && ev->party.v == t->doer_party.v;

	(void)now;
	return ev->actor == FLOW_HOUSE ||
	       (ev->party.v != t->owner.v && !proved && ev->person.v != t->doer.v && !ev->own);
}

static bool needs_reason(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)t, (void)now;
	return ev->reason;
}

static bool needs_unoffered(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)ev, (void)now;
	return t->push != FLOW_WAITING;
}

static bool needs_offered(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)now;
	return t->push == FLOW_WAITING && (!ev->offer || ev->offer == t->n_offers);
}

static bool needs_receiver(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)now;
	return ev->duty.owner.v == t->offered_to.v;
}

static bool needs_sender(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)now;
	return ev->duty.owner.v == t->sender.v && t->sender.v != t->owner.v;
}

static bool needs_patience(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)ev, (void)now;
	return t->bounces < FLOW_BOUNCES_MAX;
}

static bool needs_elsewhere(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)now;
	return ev->to.v > 0 && ev->to.v != t->owner.v;
}

static bool needs_move(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)now;
	return ev->duty.owner.v != t->owner.v;
}

static bool needs_stay(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)now;
	return ev->duty.owner.v == t->owner.v;
}

static bool needs_later(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	return ev->by > t->stage[FLOW_TO_DO].by && ev->by > now &&
	       ev->by < min_i64(WHEN_MAX_S, now + FLOW_SPAN_MAX_S);
}

static bool needs_earlier(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)now;
	return ev->by < t->stage[FLOW_TO_DO].by && ev->by > WHEN_MIN_S;
}

static bool needs_no_delay(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)now;
	return ev->by <= t->stage[FLOW_TO_DO].by;
}

static bool needs_here(const struct flow_task *t, const struct flow_event *ev, int64_t now)
{
	(void)ev, (void)now;
	return !t->away;
}

#define NEED(name, holds, err, ...) [FLOW_NEEDS_##name] = { holds, { err, __VA_ARGS__ } }

// clang-format off
const struct flow_need flow_needs[FLOW_NEED_N] = {
	NEED(NOTHING, needs_nothing, OK, "nothing", "", ""),
	NEED(DUTY, needs_duty, ERR_RANGE, "duty",
	     "责任链不完整：须有责任方、另一个核查方，以及互不相同的上级；请先在网格中补齐。",
	     "the line of responsibility does not hold together: it wants an owner, a checker "
	     "who is another, and superiors that differ; complete it in the grid first."),
	NEED(CLOCK, needs_clock, ERR_RANGE, "clock",
	     "任务没有完整的时限；请选用一条有接单、办结、核查与升级时限的规则。",
	     "the task has no whole clock; choose a rule with times to accept, to do, to check "
	     "and to climb."),
	NEED(RAISER, needs_raiser, ERR_RANGE, "raiser",
	     "没有写明交办方。",
	     "it is not said who sends it."),
	NEED(PROOF_KIND, needs_proof_kind, ERR_RANGE, "proof-kind",
	     "没有写明办结要什么凭证；请在文字、照片、文件中至少选一种。",
	     "it is not said what a proof must hold; choose at least one of text, photo, file."),
	NEED(EVIDENCE, needs_evidence, ERR_RANGE, "evidence",
	     "缺少要求的凭证；请补上文字、照片或文件后再提交。",
	     "the evidence asked for is missing; add the text, photo or file and send it "
	     "again."),
	NEED(OTHER, needs_other, ERR_FORBIDDEN, "other",
	     "不能核查、延期或撤销自己或本单位办理、或由本单位提交凭证的任务；"
	     "请由核查方或上级的另一人来做。",
	     "nobody checks, extends or strikes their own task or their party's, nor does the "
	     "party for which it was proved; it is for somebody else of the checker or of a "
	     "level above."),
	NEED(REASON, needs_reason, ERR_RANGE, "reason",
	     "请写明理由。",
	     "give a reason."),
	NEED(UNOFFERED, needs_unoffered, ERR_CONFLICT, "unoffered",
	     "任务正在移交、尚未答复；请先撤回移交，或等对方答复。",
	     "the task is offered to somebody and not answered; withdraw the offer first, or "
	     "wait for the answer."),
	NEED(OFFERED, needs_offered, ERR_CONFLICT, "offered",
	     "这次移交已有结果或已撤回；请刷新后查看任务现在归谁。",
	     "this offer was answered or withdrawn already; look again whose the task is now."),
	NEED(RECEIVER, needs_receiver, ERR_RANGE, "receiver",
	     "接收后的责任方须是被移交方。",
	     "the owner after taking must be whom it was offered to."),
	NEED(SENDER, needs_sender, ERR_CONFLICT, "sender",
	     "任务只能退给交办方，而且不是自己交给自己的；请移交给应办的一方，或请上级指定。",
	     "a task is sent back to its sender alone, and not by the sender; offer it to "
	     "whose it is, or ask the level above to say."),
	NEED(PATIENCE, needs_patience, ERR_CONFLICT, "patience",
	     "任务已三次退回、拒收或转手，不能再推；请上级指定责任方。",
	     "the task was passed on or came back three times and may not be passed on again; "
	     "the level above must say whose it is."),
	NEED(ELSEWHERE, needs_elsewhere, ERR_RANGE, "elsewhere",
	     "请选择另一个接收方。",
	     "choose another party to offer it to."),
	NEED(MOVE, needs_move, ERR_CONFLICT, "move",
	     "任务已归这一方；请选择另一方。",
	     "the task is this party's already; choose another."),
	NEED(STAY, needs_stay, ERR_CONFLICT, "stay",
	     "责任方不同；请用变更责任方。",
	     "the owner is another one; name a new owner instead."),
	NEED(LATER, needs_later, ERR_RANGE, "later",
	     "延期的时刻须晚于现在和原期限，且不超过十年。",
	     "an extension must lie after now and after the deadline, and within ten years."),
	NEED(EARLIER, needs_earlier, ERR_RANGE, "earlier",
	     "提前的时刻须早于原期限；推迟请用延期并写明理由。",
	     "it must lie before the deadline; to move it later, extend it and give a reason."),
	NEED(NO_DELAY, needs_no_delay, ERR_RANGE, "no-delay",
	     "并入的任务期限更晚；请先把它的期限提前到不晚于本任务。",
	     "the task it goes into is due later; bring that deadline forward first."),
	NEED(HERE, needs_here, ERR_CONFLICT, "here",
	     "任务已由另一系统的单位接收；请与接收方联系。",
	     "the task was taken by a party of another house; speak to them."),
};
// clang-format on

const struct flow_why
	flow_why_turn = { ERR_CONFLICT, "turn", "任务在此期间有了变化；请刷新后再试。",
			  "the task changed in between; look again, then repeat." },
	flow_why_phase = { ERR_CONFLICT, "phase", "任务现在的状态不允许这一步；请刷新后查看。",
			   "the task's state does not allow this step; look again." },
	flow_why_who = { ERR_FORBIDDEN, "who", "这一步不由您来做；任务页写明由谁来做。",
			 "this step is for somebody else; the task's page says for whom." },
	flow_why_time = { ERR_RANGE, "time", "时钟不在日历范围内；请检查服务器时间。",
			  "the clock stands outside the calendar; check the server's time." },
	flow_why_full = { ERR_FULL, "full", "任务的步数已到上限；请关闭它并另立一个。",
			  "the task has had too many steps; close it and raise another." };

/* ---- words ---------------------------------------------------------------------------------- */

const struct flow_word flow_phase_words[FLOW_PHASE_N] = {
	[FLOW_NONE] = { "none", "未立", "Not raised" },
	[FLOW_OPEN] = { "open", "待办", "Open" },
	[FLOW_ACCEPTED] = { "accepted", "接单", "Accepted" },
	[FLOW_STARTED] = { "in-progress", "进行中", "In progress" },
	[FLOW_PROVED] = { "proved", "已反馈", "Proved" },
	[FLOW_CLOSED] = { "closed", "办结", "Closed" },
	[FLOW_RETURNED] = { "returned", "退回", "Returned" },
};

const struct flow_word flow_say_words[FLOW_SAY_N] = {
	[FLOW_ON_RAISE] = { "raise", "交办", "Raise" },
	[FLOW_ON_ACCEPT] = { "accept", "接单", "Accept" },
	[FLOW_ON_DECLINE] = { "decline", "退给交办方", "Decline" },
	[FLOW_ON_START] = { "start", "开始办理", "Start" },
	[FLOW_ON_PROVE] = { "prove", "提交凭证", "Prove" },
	[FLOW_ON_CLOSE] = { "close", "核查通过", "Close" },
	[FLOW_ON_RETURN] = { "return", "核查退回", "Return" },
	[FLOW_ON_OFFER] = { "offer", "移交", "Offer" },
	[FLOW_ON_TAKE] = { "take", "接收", "Take" },
	[FLOW_ON_REFUSE] = { "refuse", "拒收", "Refuse" },
	[FLOW_ON_WITHDRAW] = { "withdraw", "撤回移交", "Withdraw" },
	[FLOW_ON_ASSIGN] = { "assign", "指定", "Assign" },
	[FLOW_ON_REOWN] = { "reown", "责任方变更", "Name a new owner" },
	[FLOW_ON_REWIRE] = { "rewire", "责任链变更", "Change the line" },
	[FLOW_ON_EXTEND] = { "extend", "延期", "Extend" },
	[FLOW_ON_TIGHTEN] = { "tighten", "提前", "Bring forward" },
	[FLOW_ON_CANCEL] = { "cancel", "撤销", "Cancel" },
	[FLOW_ON_FOLD] = { "fold", "并入", "Fold into" },
	[FLOW_ON_CLOCK] = { "clock", "到时", "Clock" },
	[FLOW_SAY_WARN] = { "warn", "临期提醒", "Due soon" },
	[FLOW_SAY_LATE] = { "late", "超期", "Late" },
	[FLOW_SAY_CLIMB] = { "climb", "升级", "Escalated" },
	[FLOW_SAY_REPEAT] = { "repeat", "再次催办", "Still late" },
	[FLOW_SAY_SET_BACK] = { "set-back", "时钟回拨，期限随之提前",
				"Clock set back: a deadline came nearer" },
	[FLOW_SAY_BOUNCED] = { "bounced", "多次退回，请上级指定",
			       "Came back too often: the level above says" },
};

const struct flow_word flow_stage_words[FLOW_STAGE_N] = {
	[FLOW_TO_ACCEPT] = { "accept", "接单时限", "Accept by" },
	[FLOW_TO_DO] = { "do", "办结时限", "Done by" },
	[FLOW_TO_CHECK] = { "check", "核查时限", "Checked by" },
	[FLOW_TO_ANSWER] = { "answer", "移交答复时限", "Answered by" },
};

const struct flow_word flow_who_words[FLOW_WHO_N] = {
	{ "anybody", "任何人", "anybody" },       { "owner", "责任方", "owner" },
	{ "checker", "核查方", "checker" },       { "sender", "交办方", "sender" },
	{ "superior", "上级", "superior" },       { "receiver", "接收方", "receiver" },
	{ "house", "系统（网格变更）", "house" }, { "clock", "时钟", "clock" },
};
