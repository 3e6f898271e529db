#include "trail/limit.h"

#include "base/ban.h"

static const struct limit_row rows[LIMIT_N] = {
	[LIMIT_KEEP_DAYS] = { "keep_days", 21, "days", 1, "2021-05-11", "到访记录保存天数",
			      "Days that visits are kept",
			      "新型冠状病毒肺炎防控方案（第八版）密切接触者管理：14+7 天；"
			      "个人信息保护法第十九条：保存期限应为实现处理目的所必要的最短时间" },
	[LIMIT_WINDOW_DAYS] = { "window_days", 21, "days", 1, "2021-11-01", "追踪时间窗上限",
				"Longest window of a trace",
				"不超过保存天数；个人信息保护法第六条：最小范围" },
	[LIMIT_GENERATIONS] = { "generations", 2, "generations", 1, "2021-05-11", "追踪代数上限",
				"Most generations of contacts",
				"新型冠状病毒肺炎防控方案（第八版）：密切接触者、密接的密接" },
	[LIMIT_WARRANT_HOURS] = { "warrant_hours", 24, "hours", 1, "2021-11-01",
				  "追踪授权有效期上限", "Longest life of a warrant",
				  "新型冠状病毒肺炎防控方案（第八版）：流调 24 小时内完成；"
				  "个人信息保护法第六条" },
	[LIMIT_PEOPLE] = { "people", 20000, "people", 1, "2021-11-01", "一份授权可涉及的人数上限",
			   "Most people that one warrant may bring up",
			   "本系统：一例最多的千人场所两代接触者的十倍；个人信息保护法第六条" },
	[LIMIT_UNCONFIRMED_HOURS] = { "unconfirmed_hours", 48, "hours", 1, "2021-11-01",
				      "未确认病例提交监督员的时限",
				      "Hours until an unconfirmed case is put before the overseer",
				      "本系统：两次核酸检测间隔 24 小时以上" },
};

const struct limit_row *limit_row(enum trail_limit l)
{
	assert(l < LIMIT_N);
	return &rows[l];
}

int64_t limit_of(enum trail_limit l)
{
	return limit_row(l)->value;
}
