/* profile_faults.c - every way a profile file can be wrong, and the sentence each one gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "support/profile_sample.h"

struct spoil {
	const char *from, *to, *path, *zh, *en;
};

static const struct spoil spoils[] = {
	/* keys */
	{ "\"lag_min\": 120", "\"lag_mim\": 120, \"lag_min\": 0", "lag_mim",
	  "不认识的键“lag_mim”；请改正拼写或删去。此处可用的键：id, version, label, note, sources, "
	  "valid_from, valid_to, anchors, until_isolation, lag_min, min_overlap_min, "
	  "cumulative_hours, incubation, serial_interval, tests_from, follow_up, kinds, roles, "
	  "rules, tag, tags。",
	  "unknown key \"lag_mim\"; correct its spelling or remove it. Keys that may stand here: "
	  "id, version, label, note, sources, valid_from, valid_to, anchors, until_isolation, "
	  "lag_min, min_overlap_min, cumulative_hours, incubation, serial_interval, tests_from, "
	  "follow_up, kinds, roles, rules, tag, tags." },
	{ "\"min_days\": 1,", "\"min_day\": 1, \"min_days\": 1,", "incubation.min_day",
	  "不认识的键“min_day”；请改正拼写或删去。此处可用的键：min_days, max_days, mean_days。",
	  "unknown key \"min_day\"; correct its spelling or remove it. Keys that may stand here: "
	  "min_days, max_days, mean_days." },
	{ "\"lag_min\": 120,", "", "lag_min", "缺少这一项；请写 0 到 10080 之间的整数。",
	  "is missing; write a whole number from 0 to 10080." },
	{ "\"zh\": \"样例\", ", "", "label.zh",
	  "缺少这一项；请写 1 到 200 字节、不含控制字符的文字。",
	  "is missing; write a text of 1 to 200 bytes without control characters." },
	{ "\"until_isolation\": true,", "", "until_isolation", "缺少这一项；请写 true 或 false。",
	  "is missing; write true or false." },
	/* types and ranges */
	{ "\"lag_min\": 120", "\"lag_min\": \"120\"", "lag_min",
	  "写的是文字“120”；请改为 0 到 10080 之间的整数。",
	  "is the text \"120\"; write a whole number from 0 to 10080 instead." },
	{ "\"lag_min\": 120", "\"lag_min\": null", "lag_min",
	  "写的是空（null）；请改为 0 到 10080 之间的整数。",
	  "is null; write a whole number from 0 to 10080 instead." },
	{ "\"lag_min\": 120", "\"lag_min\": true", "lag_min",
	  "写的是 true；请改为 0 到 10080 之间的整数。",
	  "is true; write a whole number from 0 to 10080 instead." },
	{ "\"lag_min\": 120", "\"lag_min\": [1]", "lag_min",
	  "写的是一个列表 […]；请改为 0 到 10080 之间的整数。",
	  "is a list […]; write a whole number from 0 to 10080 instead." },
	{ "\"lag_min\": 120", "\"lag_min\": {}", "lag_min",
	  "写的是一个对象 {…}；请改为 0 到 10080 之间的整数。",
	  "is an object {…}; write a whole number from 0 to 10080 instead." },
	{ "\"lag_min\": 120", "\"lag_min\": \"两个小时两个小时两个小时\"", "lag_min",
	  "写的是文字“两个小时两个小时两个…”；请改为 0 到 10080 之间的整数。",
	  "is the text \"两个小时两个小时两个…\"; write a whole number from 0 to 10080 instead." },
	{ "\"lag_min\": 120", "\"lag_min\": \"\\u009b1m\"", "lag_min",
	  "写的是文字“??1m”；请改为 0 到 10080 之间的整数。",
	  "is the text \"?\?1m\"; write a whole number from 0 to 10080 instead." },
	{ "\"lag_min\": 120", "\"lag_min\": 2.5", "lag_min",
	  "写的是 2.5；请改为 0 到 10080 之间的整数。",
	  "is 2.5; write a whole number from 0 to 10080 instead." },
	{ "\"post_days\": 13", "\"post_days\": 9999", "anchors[0].post_days",
	  "写的是 9999；请改为 0 到 365 之间的整数，或 null（不限）。",
	  "is 9999; write a whole number from 0 to 365, or null for no limit instead." },
	{ "\"mean_days\": 5.8", "\"mean_days\": 0", "incubation.mean_days",
	  "写的是 0；请改为大于 0、不超过 365 的天数。",
	  "is 0; write days, above 0 and at most 365 instead." },
	{ "\"until_isolation\": true", "\"until_isolation\": 1", "until_isolation",
	  "写的是 1；请改为 true 或 false。", "is 1; write true or false instead." },
	{ "{ \"zh\": \"样例\", \"en\": \"Sample\" }", "\"Sample\"", "label",
	  "写的是文字“Sample”；请改为一个对象 {…}。",
	  "is the text \"Sample\"; write an object {…} instead." },
	{ "[\"a book\", \"a paper\"]", "\"a book\"", "sources",
	  "写的是文字“a book”；请改为一个有 1 到 32 项的列表 […]。",
	  "is the text \"a book\"; write a list […] of 1 to 32 items instead." },
	{ "[\"a book\", \"a paper\"]", "[]", "sources",
	  "这个列表有 0 项；请写一个有 1 到 32 项的列表 […]。",
	  "this list has 0 items; write a list […] of 1 to 32 items." },
	{ "\"a paper\"", "\"a\\u001bpaper\"", "sources[1]",
	  "写的是文字“a?paper”；请改为 1 到 500 字节、不含控制字符的文字。",
	  "is the text \"a?paper\"; write a text of 1 to 500 bytes without control characters "
	  "instead." },
	{ "\"a paper\"", "\"\"", "sources[1]",
	  "写的是文字“”；请改为 1 到 500 字节、不含控制字符的文字。",
	  "is the text \"\"; write a text of 1 to 500 bytes without control characters instead." },
	{ "\"at\": \"onset\"", "\"at\": \"rash\"", "anchors[0].at",
	  "写的是文字“rash”；请改为以下之一：\"onset\", \"positive\"。",
	  "is the text \"rash\"; write one of \"onset\", \"positive\" instead." },
	/* names */
	{ "\"id\": \"sample\"", "\"id\": \"Sample 1\"", "id",
	  "名称“Sample 1”不合规则；请只用小写字母、数字和“.-_”，以字母或数字开头，最多 48 字节。",
	  "the name \"Sample 1\" does not follow the rule; use lower-case letters, digits and "
	  "\".-_\", begin with a letter or a digit, at most 48 bytes." },
	{ "\"id\": \"quick\"", "\"id\": \"-quick\"", "rules[4].id",
	  "名称“-quick”不合规则；请只用小写字母、数字和“-”，以字母或数字开头，最多 47 字节。",
	  "the name \"-quick\" does not follow the rule; use lower-case letters, digits and \"-\", "
	  "begin with a letter or a digit, at most 47 bytes." },
	{ "\"plane\": [\"flight\"", "\"Plane\": [\"flight\"", "kinds.Plane",
	  "名称“Plane”不合规则；请只用小写字母、数字和“_”，以字母或数字开头，最多 32 字节。",
	  "the name \"Plane\" does not follow the rule; use lower-case letters, digits and \"_\", "
	  "begin with a letter or a digit, at most 32 bytes." },
	/* dates */
	{ "\"valid_from\": \"2020-05-08\"", "\"valid_from\": \"2020-02-30\"", "valid_from",
	  "写的是文字“2020-02-30”；请改为日期 YYYY-MM-DD，或 null（不限）。",
	  "is the text \"2020-02-30\"; write a date YYYY-MM-DD, or null for open instead." },
	{ "\"valid_to\": \"2022-06-27\"", "\"valid_to\": \"2020-05-07\"", "valid_to",
	  "早于 valid_from；请改正其中一个日期。",
	  "lies before valid_from; correct one of the two dates." },
	/* what must agree */
	{ "\"post_days\": 13 }",
	  "\"post_days\": 13 }, { \"at\": \"onset\", \"pre_days\": 1, "
	  "\"post_days\": 1 }",
	  "anchors", "这个列表有 3 项；请写一个有 1 到 2 项的列表 […]。",
	  "this list has 3 items; write a list […] of 1 to 2 items." },
	{ "\"at\": \"positive\"", "\"at\": \"onset\"", "anchors",
	  "两项是同一个起点；请删去其中一项。",
	  "both items are the same anchor; remove one of them." },
	{ "\"post_days\": 13 },\n             { \"at\": \"positive\", \"pre_days\": 1, "
	  "\"post_days\": 10 }],\n\"until_isolation\": true",
	  "\"post_days\": null }, { \"at\": \"positive\", \"pre_days\": 1, \"post_days\": 10 }], "
	  "\"until_isolation\": false",
	  "anchors[0].post_days", "until_isolation 为 false 时窗口没有终点；请写天数。",
	  "with until_isolation false the window has no end; write a number of days." },
	{ "\"max_days\": 14", "\"max_days\": 0", "incubation",
	  "min_days 1 大于 max_days 0；请改正其中一个。",
	  "min_days 1 is above max_days 0; correct one of them." },
	{ "[1, 4, 7, 14]", "[1, 7, 4, 14]", "follow_up.close.phases[0].test_days[2]",
	  "检测日必须依次增大；请按先后排列，每天只写一次。",
	  "test days must go up; put them in order, each day once." },
	{ "[2, 7]", "[2, 8]", "follow_up.close.phases[1].test_days[1]",
	  "写的是 8；请改为 1 到 7 之间的整数。",
	  "is 8; write a whole number from 1 to 7 instead." },
	{ "\"incubation.mean_days\": \"L\"", "\"incubation.sd_days\": \"L\"",
	  "tags.incubation.sd_days", "这个档案里没有这一项；请改正或删去。",
	  "names no part of this profile; correct or remove it." },
	{ "\"anchors[1]\": \"K\"", "\"anchors[2]\": \"K\"", "tags.anchors[2]",
	  "这个档案里没有这一项；请改正或删去。",
	  "names no part of this profile; correct or remove it." },
	{ "\"anchors[1]\": \"K\"", "\"anchors[1]\": \"U\"", "tags.anchors[1]",
	  "写的是文字“U”；请改为以下之一：\"S\", \"K\", \"L\"。",
	  "is the text \"U\"; write one of \"S\", \"K\", \"L\" instead." },
	/* words */
	{ "[\"flight\", \"飞机\"]", "[\"flight\", \"Plane\"]", "kinds.plane[1]",
	  "这个词在组里已经有了（组名本身也算）；请删去。",
	  "this word is in the group already (the group's name counts too); remove it." },
	{ "\"kinds\": [\"lift\"]", "\"kinds\": [\"lift\", \"LIFT\"]", "rules[4].kinds[1]",
	  "这个词在列表里已经有了；请删去。", "this word is in the list already; remove it." },
	/* rules */
	{ "\"class\": \"general\"", "\"class\": \"secondary\"", "rules[3].class",
	  "写的是文字“secondary”；请改为以下之一：\"close\", \"general\", \"companion\"。",
	  "is the text \"secondary\"; write one of \"close\", \"general\", \"companion\" "
	  "instead." },
	{ "\"id\": \"plane-rest\"", "\"id\": \"plane-crew\"", "rules[3].id",
	  "规则名“plane-crew”在前面第 1 条已经用过；请换一个。",
	  "the rule id \"plane-crew\" is that of rule 1 before it; choose another." },
	{ "\"kinds\": [\"*\"]", "\"kinds\": [\"*\", \"lift\"]", "rules[5].kinds",
	  "“*”已经包括一切种类；请只写 [\"*\"]，或去掉“*”。",
	  "\"*\" means every kind; write [\"*\"] alone, or take \"*\" out." },
	{ "\"kinds\": [\"lift\"]", "\"kinds\": [\"lift\"], \"except\": [\"home\"]",
	  "rules[4].except", "except 只能与 \"kinds\": [\"*\"] 同用；请删去。",
	  "except goes only with \"kinds\": [\"*\"]; remove it." },
	{ "\"roles\": [\"crew\"]", "\"roles\": [\"crow\"]", "rules[1].roles[0]",
	  "没有这个角色组；请在“roles”里定义它，或改正拼写。",
	  "there is no such group of roles; define it under \"roles\", or correct its spelling." },
	{ "\"hours\": 30", "\"hours\": 337", "rules[0].stay",
	  "337 小时多于 14 天；请减少 hours 或增加 within_days。",
	  "337 hours are more than 14 days; lower hours or raise within_days." },
	{ "\"kinds\": [\"lift\"]", "\"kinds\": [\"*\"], \"except\": [\"网格\", \"cell\"]",
	  "rules[5].kinds",
	  "这条规则永远轮不到：前面的规则已无条件地包括了这些种类；请把它移到前面，或删去。",
	  "this rule is never reached: rules before it take all of its kinds without a condition; "
	  "move it up, or remove it." },
	{ "\"kinds\": [\"lift\"]", "\"kinds\": [\"飞机\"]", "rules[4].kinds",
	  "这条规则永远轮不到：前面的规则已无条件地包括了这些种类；请把它移到前面，或删去。",
	  "this rule is never reached: rules before it take all of its kinds without a condition; "
	  "move it up, or remove it." },
};

static void assert_fault(const struct loaded *l, const char *path, const char *zh, const char *en)
{
	assert_int_equal(l->e, ERR_SYNTAX);
	assert_int_equal(l->faults.n, 1);
	assert_string_equal(l->faults.v[0].path.p, path);
	assert_string_equal(l->faults.v[0].zh.p, zh);
	assert_string_equal(l->faults.v[0].en.p, en);
}

static void the_samples_are_without_fault(void **state)
{
	CLEANUP(loaded_end) struct loaded one = load_text(str_of(profile_sample));
	CLEANUP(loaded_end) struct loaded list = load_text(str_of(profile_sample_list));

	(void)state;
	assert_int_equal(one.e, OK);
	assert_int_equal(one.set.n, 1);
	assert_int_equal(list.e, OK);
	assert_int_equal(list.set.n, 3);
}

static void every_fault_has_its_path_and_its_sentence_in_both_languages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(spoils); i++) {
		const struct spoil *s = &spoils[i];
		CLEANUP(loaded_end) struct loaded l = load_spoilt(profile_sample, s->from, s->to);

		for (size_t k = 1; k < l.faults.n; k++) /* more than one: say which */
			print_message("%s: %s\n", l.faults.v[k].path.p, l.faults.v[k].en.p);
		assert_fault(&l, s->path, s->zh, s->en);
	}
}

static void all_faults_of_a_file_are_listed_and_the_first_is_told(void **state)
{
	CLEANUP(loaded_end)
	struct loaded l = load_spoilt(
		profile_sample, "\"lag_min\": 120, \"min_overlap_min\": 15",
		"\"lag_min\": -1, \"min_overlap_min\": \"x\", \"color\": 1, \"lag\": 2");

	(void)state;
	assert_int_equal(l.e, ERR_SYNTAX);
	assert_int_equal(l.faults.n, 4);
	assert_string_equal(l.faults.v[0].path.p, "color");
	assert_string_equal(l.faults.v[1].path.p, "lag");
	assert_string_equal(l.faults.v[2].path.p, "lag_min");
	assert_string_equal(l.faults.v[3].path.p, "min_overlap_min");
	assert_int_equal(l.fault.code, ERR_SYNTAX);
	assert_non_null(strstr(l.fault.en, "4 faults; the first: color: unknown key"));
	assert_non_null(strstr(l.fault.zh, "4 处错误；第一处：color: 不认识的键"));
	assert_true(str_utf8(str_of(l.fault.zh)));
}

static void two_versions_of_one_id_must_differ_and_not_overlap(void **state)
{
	CLEANUP(loaded_end)
	struct loaded same = load_spoilt(profile_sample_list, "\"version\": 2", "\"version\": 1");
	CLEANUP(loaded_end)
	struct loaded touch = load_spoilt(profile_sample_list, "\"valid_from\": \"2022-01-01\"",
					  "\"valid_from\": \"2021-12-31\"");

	(void)state;
	assert_fault(&same, "profiles[1].version",
		     "a@1 在 profiles[0] 已经有了；请写另一个版本号。",
		     "a@1 is profiles[0] already; give it another version.");
	assert_fault(&touch, "profiles[1].valid_from",
		     "与 profiles[0]（版本 1）的有效期重叠；请改正 valid_from 或 valid_to。",
		     "valid at the same time as profiles[0] (version 1); correct valid_from or "
		     "valid_to.");
}

static void a_rule_for_the_kinds_an_earlier_one_left_out_is_reached(void **state)
{
	CLEANUP(loaded_end)
	struct loaded l = load_spoilt(profile_sample, "\"kinds\": [\"lift\"]",
				      "\"kinds\": [\"*\"], \"except\": [\"lift\"]");

	(void)state;
	assert_int_equal(l.e, OK);
}

static void what_is_no_profile_among_profiles_is_told(void **state)
{
	CLEANUP(loaded_end)
	struct loaded item =
		load_text(STR("{ \"profiles\": [7], \"rule_lists\": [], \"roles\": 1 }"));

	(void)state;
	assert_int_equal(item.faults.n, 3);
	assert_string_equal(item.faults.v[0].path.p, "roles");
	assert_string_equal(item.faults.v[1].path.p, "rule_lists");
	assert_string_equal(item.faults.v[2].path.p, "profiles[0]");
}

static void faults_of_what_profiles_share_are_told_once(void **state)
{
	CLEANUP(loaded_end)
	struct loaded rule =
		load_spoilt(profile_sample_list, "\"kinds\": [\"home\"], \"class\": \"close\"",
			    "\"kinds\": [\"home\"], \"class\": \"far\"");
	CLEANUP(loaded_end)
	struct loaded name = load_spoilt(profile_sample_list, "\"rule_lists\": { \"all\"",
					 "\"rule_lists\": { \"none\"");
	CLEANUP(loaded_end)
	struct loaded group = load_spoilt(profile_sample_list, "{ \"id\": \"b\",",
					  "{ \"kinds\": { \"home\": [] }, \"id\": \"b\",");

	(void)state;
	assert_fault(&rule, "rule_lists.all[1].class",
		     "写的是文字“far”；请改为以下之一：\"close\", \"general\", \"companion\"。",
		     "is the text \"far\"; write one of \"close\", \"general\", \"companion\" "
		     "instead.");
	assert_int_equal(name.faults.n, 3);
	assert_string_equal(name.faults.v[0].path.p, "profiles[0].rules");
	assert_string_equal(name.faults.v[0].en.p,
			    "is the text \"all\"; write the name of one of the \"rule_lists\", or "
			    "a list of rules instead.");
	assert_string_equal(name.faults.v[0].zh.p,
			    "写的是文字“all”；请改为“rule_lists”里的一个名称，或规则的列表。");
	assert_fault(
		&group, "profiles[2].kinds.home",
		"整个文件已经定义了这个组；请换一个名称，或删去其中之一。",
		"the whole file defines this group already; choose another name, or remove one "
		"of the two.");
}

struct whole {
	const char *text, *zh, *en;
};

static void a_file_that_is_no_profile_file_at_all_is_told_so(void **state)
{
	static const struct whole cases[] = {
		{ "", "文件是空的；请参照 docs/reference/profiles.md。",
		  "the file is empty; see docs/reference/profiles.md." },
		{ "\xef\xbb\xbf", "文件是空的；请参照 docs/reference/profiles.md。",
		  "the file is empty; see docs/reference/profiles.md." },
		{ "{}", "既不是一个档案，也没有“profiles”列表；请参照 docs/reference/profiles.md。",
		  "neither a profile nor an object with a list \"profiles\"; see "
		  "docs/reference/profiles.md." },
		{ "[1]",
		  "既不是一个档案，也没有“profiles”列表；请参照 docs/reference/profiles.md。",
		  "neither a profile nor an object with a list \"profiles\"; see "
		  "docs/reference/profiles.md." },
		{ "{\n\"id\": \"a\", \"id\": \"b\" }",
		  "第 2 行第 15 列：同一个对象里有两个同名的键；请删去一个。",
		  "line 2, column 15: the same key stands twice in one object; remove one." },
		{ "{\n\"id\": \"\xc4\xe3\" }", "第 2 行有不是 UTF-8 的字节；请另存为 UTF-8。",
		  "line 2 holds bytes that are not UTF-8; save the file as UTF-8." },
		{ "{\n\"id\": }",
		  "第 2 行第 7 列：不是正确的 JSON（unexpected token near '}'）；"
		  "请检查引号、逗号和括号。",
		  "line 2, column 7: not correct JSON (unexpected token near '}'); look for "
		  "quotes, commas and brackets." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(loaded_end) struct loaded l = load_text(str_of(cases[i].text));

		assert_fault(&l, "", cases[i].zh, cases[i].en);
	}
}

static void a_text_too_large_is_refused_unread(void **state)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	while (b.n <= PROFILE_FILE_BYTES_MAX)
		buf_lit(&b, "                                                                ");
	CLEANUP(loaded_end) struct loaded l = load_text(buf_view(&b));
	assert_fault(&l, "", "文件大于 1048576 字节；请分成几个文件。",
		     "the file is larger than 1048576 bytes; split it.");
}

static void too_many_of_anything_is_told(void **state)
{
	CLEANUP(buf_release) struct buf groups = { 0 };
	CLEANUP(buf_release) struct buf words = { 0 };

	(void)state;
	buf_lit(&groups, "\"roles\": { \"crew\": [\"driver\"]");
	for (int i = 0; i < PROFILE_ROLE_GROUPS_MAX; i++)
		buf_fmt(&groups, ", \"g%d\": []", i);
	buf_lit(&groups, " }");
	buf_char(&groups, '\0');
	CLEANUP(loaded_end)
	struct loaded many =
		load_spoilt(profile_sample, "\"roles\": { \"crew\": [\"driver\", \"乘务员\"] }",
			    groups.p);
	assert_fault(&many, "roles", "共有 65 组；最多 64 组，请合并或删去一些。",
		     "there are 65 groups; at most 64 may be, join or remove some.");

	for (int g = 0; g < 3; g++) {
		buf_fmt(&words, "\"k%d\": [", g);
		for (int i = 0; i < 200; i++)
			buf_fmt(&words, "%s\"w%d-%d\"", i ? "," : "", g, i);
		buf_lit(&words, "], ");
	}
	buf_lit(&words, "\"cell\": [\"网格\"]");
	buf_char(&words, '\0');
	CLEANUP(buf_release) struct buf both = { 0 };
	buf_fmt(&both,
		"%s }, \"rules\": [ { \"id\": \"w\", \"class\": \"close\", \"kinds\": "
		"[\"k0\", \"k1\", \"k2\"] },",
		words.p);
	buf_char(&both, '\0');
	CLEANUP(loaded_end)
	struct loaded wordy = load_spoilt(
		profile_sample,
		"\"cell\": [\"网格\"] },\n\"roles\": { \"crew\": [\"driver\", \"乘务员\"] },\n"
		"\"rules\": [\n",
		both.p);
	assert_int_equal(wordy.faults.n, 2); /* the role group went with the text replaced */
	assert_string_equal(wordy.faults.v[0].path.p, "rules[0].kinds");
	assert_string_equal(wordy.faults.v[0].zh.p,
			    "把组展开后共有 603 个词；最多 512 个，请分成几条规则。");
	assert_string_equal(wordy.faults.v[0].en.p,
			    "with its groups written out this makes 603 words; at most 512 may be, "
			    "make several rules of it.");
}

static void a_thousand_faults_are_listed_and_then_no_more(void **state)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	buf_lit(&b, "{ \"id\": 1");
	for (int i = 0; i < 2000; i++)
		buf_fmt(&b, ", \"k%d\": 1", i);
	buf_lit(&b, " }");
	CLEANUP(loaded_end) struct loaded l = load_text(buf_view(&b));
	assert_int_equal(l.faults.n, 1001);
	assert_string_equal(l.faults.v[1000].zh.p, "错误太多，其余的不再列出；请先改正上面这些。");
	assert_string_equal(l.faults.v[1000].en.p,
			    "too many faults, the rest are not listed; mend these first.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_samples_are_without_fault),
		cmocka_unit_test(every_fault_has_its_path_and_its_sentence_in_both_languages),
		cmocka_unit_test(all_faults_of_a_file_are_listed_and_the_first_is_told),
		cmocka_unit_test(two_versions_of_one_id_must_differ_and_not_overlap),
		cmocka_unit_test(a_rule_for_the_kinds_an_earlier_one_left_out_is_reached),
		cmocka_unit_test(what_is_no_profile_among_profiles_is_told),
		cmocka_unit_test(faults_of_what_profiles_share_are_told_once),
		cmocka_unit_test(a_file_that_is_no_profile_file_at_all_is_told_so),
		cmocka_unit_test(a_text_too_large_is_refused_unread),
		cmocka_unit_test(too_many_of_anything_is_told),
		cmocka_unit_test(a_thousand_faults_are_listed_and_then_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
