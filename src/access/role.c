#include "access/role.h"

#include "base/ban.h"

#define BIT(c) ((uint64_t)1 << (c))

static const struct capability_words words[CAP_N] = {
	[CAP_NONE] = { "none", "无人", "Nobody" },
	[CAP_ANYONE] = { "anyone", "任何人，无需登录", "Anyone, without signing in" },
	[CAP_SESSION] = { "session", "已登录者", "Whoever has signed in" },
	[CAP_SELF] = { "self", "每个账号", "Every account" },
	[CAP_GRID_READ] = { "grid_read", "查看机构、责任人和责任",
			    "See organisations, duty holders and responsibility" },
	[CAP_GRID_WRITE] = { "grid_write", "维护机构、责任人和责任",
			     "Keep organisations, duty holders and responsibility" },
	[CAP_ROSTER_WRITE] = { "roster_write", "维护值班表", "Keep the duty roster" },
	[CAP_CDC_READ] = { "cdc_read", "查看疾控专用信息",
			   "See what is for disease control alone" },
	[CAP_CASE_WRITE] = { "case_write", "报告病例", "Report a case" },
	[CAP_CASE_RESULT] = { "case_result", "登记病例的检测结果",
			      "Register the laboratory result of a case" },
	[CAP_CASE_CONFIRM] = { "case_confirm", "确认或排除病例", "Confirm or exclude a case" },
	[CAP_TRACE] = { "trace", "凭授权追踪接触者", "Trace contacts by a warrant" },
	[CAP_CDC_WRITE] = { "cdc_write", "订正传来的疫情信息", "Mend what came in about disease" },
	[CAP_FEED_READ] = { "feed_read", "查看数据来源、批次和健康状况",
			    "See feeds, their batches and their health" },
	[CAP_FEED_WRITE] = { "feed_write", "维护数据来源，收回或放行批次",
			     "Keep feeds; recall batches, let held ones in" },
	[CAP_PUSH] = { "push", "推送一批数据", "Bring a batch of a feed" },
	[CAP_REVIEW] = { "review", "判断两条记录是否同一人",
			 "Say whether two records are about one person" },
	[CAP_IMPORT] = { "import", "从文件导入", "Import from files" },
	[CAP_EXPORT] = { "export", "导出为文件", "Export to files" },
	[CAP_AREA_WRITE] = { "area_write", "维护行政区划", "Keep the tree of areas" },
	[CAP_ACCOUNT_READ] = { "account_read", "查看账号及其角色", "See accounts and their roles" },
	[CAP_ACCOUNT_WRITE] = { "account_write", "开设、停用账号，重置口令",
				"Make and suspend accounts, give new passwords" },
	[CAP_GRANT] = { "grant", "授予角色、区域和接口密钥", "Grant roles, areas and API keys" },
	[CAP_LEDGER_READ] = { "ledger_read", "查看谁做了什么、谁看过什么",
			      "See who did what and who read what" },
	[CAP_SYSTEM] = { "system", "管理系统运行", "See to the running of the system" },
	[CAP_BREAK_GLASS] = { "break_glass", "申请和批准紧急查看姓名",
			      "Ask for names in an emergency, and approve what another asked" },
	[CAP_BREAK_GLASS_READ] = { "break_glass_read", "查看紧急查看的申请",
				   "See who asked for names in an emergency" },
	[CAP_ACCESS_REPORT] = { "access_report", "为到场的本人查询谁看过其信息",
				"Tell a person at the desk who looked at them" },
	[CAP_TASK_READ] = { "task_read", "查看任务", "See tasks" },
	[CAP_TASK_DO] = { "task_do", "办理、核查本单位的任务",
			  "Do, check and pass on tasks of one's own party" },
	[CAP_TASK_RAISE] = { "task_raise", "交办任务", "Give somebody a task" },
	[CAP_CAMPAIGN_WRITE] = { "campaign_write", "发起和结束专项行动",
				 "Start and end campaigns" },
	[CAP_HAZARD_WRITE] = { "hazard_write", "上报和整改隐患", "Report and mend hazards" },
	[CAP_MEASURE] = { "measure", "对人员采取和解除措施",
			  "Order measures about a person, and lift them" },
	[CAP_SAFETY_READ] = { "safety_read", "查看单位、风险点和隐患",
			      "See units, their risks and hazards" },
	[CAP_SAFETY_WRITE] = { "safety_write", "维护单位和风险点", "Keep units and their risks" },
};

/* Whoever works at what is noticed has tasks. */
#define WORKS (BIT(CAP_TASK_READ) | BIT(CAP_TASK_DO))

static const struct role_row rows[ROLE_N] = {
	[ROLE_GRID_WORKER] = { "grid_worker", "网格员", "Grid worker",
			       WORKS | BIT(CAP_GRID_READ) | BIT(CAP_SAFETY_READ) |
				       BIT(CAP_HAZARD_WRITE),
			       false },
	[ROLE_DOCTOR] = { "doctor", "医生", "Doctor",
			  WORKS | BIT(CAP_GRID_READ) | BIT(CAP_CDC_READ) | BIT(CAP_CASE_WRITE),
			  false },
	[ROLE_INVESTIGATOR] = { "investigator", "流调人员", "Investigator",
				WORKS | BIT(CAP_TASK_RAISE) | BIT(CAP_MEASURE) |
					BIT(CAP_GRID_READ) | BIT(CAP_CDC_READ) |
					BIT(CAP_CDC_WRITE) | BIT(CAP_CASE_WRITE) |
					BIT(CAP_CASE_CONFIRM) | BIT(CAP_TRACE) |
					BIT(CAP_FEED_READ) | BIT(CAP_PUSH) | BIT(CAP_REVIEW) |
					BIT(CAP_BREAK_GLASS) | BIT(CAP_BREAK_GLASS_READ),
				false },
	[ROLE_LAB] = { "lab", "检测机构", "Laboratory",
		       WORKS | BIT(CAP_CASE_RESULT) | BIT(CAP_PUSH), false },
	[ROLE_INSPECTOR] = { "inspector", "安全检查人员", "Inspector",
			     WORKS | BIT(CAP_TASK_RAISE) | BIT(CAP_GRID_READ) |
				     BIT(CAP_SAFETY_READ) | BIT(CAP_SAFETY_WRITE) |
				     BIT(CAP_HAZARD_WRITE),
			     false },
	[ROLE_ENTERPRISE] = { "enterprise", "企业", "Enterprise",
			      WORKS | BIT(CAP_SAFETY_READ) | BIT(CAP_HAZARD_WRITE), false },
	[ROLE_DUTY_OFFICER] = { "duty_officer", "值班员", "Duty officer",
				WORKS | BIT(CAP_TASK_RAISE) | BIT(CAP_GRID_READ) |
					BIT(CAP_SAFETY_READ) | BIT(CAP_ROSTER_WRITE) |
					BIT(CAP_FEED_READ) | BIT(CAP_BREAK_GLASS) |
					BIT(CAP_BREAK_GLASS_READ),
				false },
	[ROLE_AREA_LEAD] = { "area_lead", "属地负责人", "Area lead",
			     WORKS | BIT(CAP_TASK_RAISE) | BIT(CAP_CAMPAIGN_WRITE) |
				     BIT(CAP_HAZARD_WRITE) | BIT(CAP_SAFETY_READ) |
				     BIT(CAP_SAFETY_WRITE) | BIT(CAP_GRID_READ) |
				     BIT(CAP_GRID_WRITE) | BIT(CAP_ROSTER_WRITE) | BIT(CAP_IMPORT) |
				     BIT(CAP_EXPORT) | BIT(CAP_FEED_READ) | BIT(CAP_FEED_WRITE) |
				     BIT(CAP_PUSH) | BIT(CAP_BREAK_GLASS) |
				     BIT(CAP_BREAK_GLASS_READ) | BIT(CAP_ACCESS_REPORT),
			     false },
	[ROLE_SYSTEM_ADMIN] = { "system_admin", "系统管理员", "System administrator",
				BIT(CAP_AREA_WRITE) | BIT(CAP_ACCOUNT_READ) |
					BIT(CAP_ACCOUNT_WRITE) | BIT(CAP_SYSTEM),
				true },
	[ROLE_SECURITY_ADMIN] = { "security_admin", "安全管理员", "Security administrator",
				  BIT(CAP_ACCOUNT_READ) | BIT(CAP_GRANT), true },
	[ROLE_AUDITOR] = { "auditor", "审计员", "Auditor",
			   BIT(CAP_ACCOUNT_READ) | BIT(CAP_LEDGER_READ) | BIT(CAP_EXPORT), true },
	[ROLE_OVERSEER] = { "overseer", "监督员", "Overseer",
			    BIT(CAP_TASK_READ) | BIT(CAP_SAFETY_READ) | BIT(CAP_GRID_READ) |
				    BIT(CAP_LEDGER_READ) | BIT(CAP_FEED_READ) |
				    BIT(CAP_BREAK_GLASS_READ) | BIT(CAP_ACCESS_REPORT),
			    false },
};

const struct capability_words *capability_words(enum capability c)
{
	assert(c < CAP_N);
	return &words[c];
}

enum capability capability_of(struct str word)
{
	for (int c = CAP_NONE + 1; c < CAP_N; c++)
		if (str_eq(word, str_of(words[c].word)))
			return (enum capability)c;
	return CAP_NONE;
}

const struct role_row *role_row(enum role r)
{
	assert(r < ROLE_N);
	return &rows[r];
}

bool role_of(struct str word, enum role *ret)
{
	for (int r = 0; r < ROLE_N; r++)
		if (str_eq(word, str_of(rows[r].word))) {
			*ret = (enum role)r;
			return true;
		}
	return false;
}

uint64_t role_capabilities(uint32_t roles)
{
	uint64_t all = BIT(CAP_ANYONE) | BIT(CAP_SESSION) | BIT(CAP_SELF);

	for (int r = 0; r < ROLE_N; r++)
		if (roles & role_bit((enum role)r))
			all |= rows[r].capabilities;
	return all;
}

enum err role_check(uint32_t roles, struct fault *f)
{
	int admin = 0;

	assert(roles < role_bit(ROLE_N));
	for (int r = 0; r < ROLE_N; r++)
		if (roles & role_bit((enum role)r))
			admin += rows[r].admin;
	if (admin <= 1)
		return OK;
	fault_at(f, "roles", NULL);
	return fault_set(f, ERR_CONFLICT,
			 "系统管理员、安全管理员和审计员必须由不同账号担任，请去掉其中一个角色",
			 "system administrator, security administrator and auditor are different "
			 "accounts; leave out one of these roles");
}
