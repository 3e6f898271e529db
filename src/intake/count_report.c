/* count_report.c - see count_report.h. */
#include "intake/count_report.h"

#include "base/ban.h"

enum { COUNT_MAX = 2000000000, DAY_MIN = -36525, DAY_MAX = 47482 };

#define COUNT(m, zh, en, flags) \
	{ \
		I64(struct count_report, m), zh, en, SEE_AREA, (flags) | FIELD_EXPORT, 0, \
			COUNT_MAX \
	}

static const struct field fields[] = {
	BROUGHT_FIELDS(struct count_report),
	{ DATE(struct count_report, day), "日期", "Day", SEE_AREA,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT, DAY_MIN, DAY_MAX },
	{ TEXT(struct count_report, place), "地区原文", "Area as written", SEE_AREA,
	  FIELD_LISTED | FIELD_EXPORT, 1, 120 },
	{ TEXT(struct count_report, disease), "病种", "Disease", SEE_AREA, FIELD_EXPORT, 1, 60 },
	COUNT(confirmed_total, "累计确诊", "Confirmed, in all", FIELD_LISTED),
	COUNT(recovered_total, "累计治愈", "Recovered, in all", FIELD_LISTED),
	COUNT(dead_total, "累计死亡", "Dead, in all", FIELD_LISTED),
	COUNT(suspected, "现有疑似", "Suspected now", 0),
	COUNT(in_care, "在治", "In care now", 0),
	COUNT(convalescent, "恢复期", "Convalescent now", 0),
	COUNT(confirmed_new, "新增确诊", "Confirmed, new", FIELD_LISTED),
	COUNT(recovered_new, "新增治愈", "Recovered, new", 0),
	COUNT(dead_new, "新增死亡", "Dead, new", 0),
};

const struct noun count_report_noun = {
	.name = "count_report",
	.path = "count_reports",
	.zh = "日报数字",
	.en = "Daily numbers",
	.en_many = "Daily numbers",
	NOUN_OF(struct count_report, fields, brought_states, brought_steps),
	.read = CAP_CDC_READ,
	.write = CAP_CDC_WRITE,
	.why = WHY_DUTY,
	.gate = true,
};
