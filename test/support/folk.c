#include "support/folk.h"

#include <stdio.h>
#include <string.h>

#include "base/when.h"

static const char *const WORDS[FOLK_N] = {
	"written otherwise",
	"ID typo",
	"ID digits swapped",
	"ID left out",
	"phone changed",
	"phone changed, no ID",
	"homophone, no ID",
	"near sound, no ID",
	"name typo, no ID",
	"birth typo, no ID",
	"name and phone alone",
	"twin",
	"namesake in the village",
	"parent at the same phone",
	"namesake at a shared phone",
};

const char *folk_kind_word(enum folk_kind k)
{
	return WORDS[k];
}

/* Family names as often as they are, roughly: the earlier, the more. */
static const char *const FAMILY[] = {
	"王", "李", "张", "刘", "陈", "杨", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高",
	"林", "何", "郭", "马", "罗", "向", "覃", "田", "彭", "谭", "曾", "肖", "邓", "唐",
	"冯", "程", "蔡", "袁", "石", "宋", "龙", "满", "瞿", "符", "庹", "卓",
};
static const char *const GIVEN[] = {
	"伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟",
	"涛", "明", "超", "秀", "霞", "平", "刚", "桂", "英", "华", "玉", "兰", "红", "建",
	"国", "文", "志", "春", "梅", "小", "海", "燕", "云", "辉", "鹏", "宇", "浩", "欣",
	"佳", "怡", "梓", "涵", "诗", "雨", "子", "轩", "思", "俊", "琳", "萍", "波", "斌",
	"荣", "清", "凤", "莲", "珍", "香", "翠", "琴", "银", "金", "元", "和", "德", "福",
	"贵", "喜", "生", "根", "望", "成", "林", "森", "峰", "山",
};
static const char *const TOWN[] = { "永定区南庄坪街道", "永定区官黎坪街道", "慈利县零阳街道",
				    "桑植县澧源镇", "武陵源区军地坪街道" };
static const char *const VILLAGE[] = { "下坪村", "岩口村", "沙堤村", "白羊村",
				       "龙王村", "双溪村", "竹园村", "大坪村" };

/* Of n, the first ones more often. */
static size_t often(struct dice *d, size_t n)
{
	double u = dice_unit(d);

	return (size_t)(u * u * (double)n);
}

static void finish_id(char id[19])
{
	static const int weight[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	int sum = 0;

	for (int i = 0; i < 17; i++)
		sum += weight[i] * (id[i] - '0');
	id[17] = "10X98765432"[sum % 11];
	id[18] = '\0';
}

static void id_for(struct dice *d, int year, int month, int day, int man, char *ret)
{
	char id[40];

	(void)snprintf(id, sizeof id, "4308%02u%04d%02d%02d%03u", 1 + dice_below(d, 30), year,
		       month, day, dice_below(d, 499) * 2 + (man ? 1 : 0));
	finish_id(id);
	memcpy(ret, id, 19);
}

static void phone_for(struct dice *d, char *ret)
{
	static const char *const head[] = { "138", "139", "150", "151", "187", "133", "177" };

	(void)snprintf(ret, FOLK_TEXT, "%s%08u", head[dice_below(d, 7)], dice_below(d, 100000000));
}

static void birth_and_id(struct dice *d, struct folk_person *p)
{
	int y, m, day, man = (int)dice_below(d, 2);

	date_civil((int32_t)dice_below(d, 29000) - 11000, &y, &m, &day);
	(void)snprintf(p->text[VAULT_BIRTH], FOLK_TEXT, "%04d-%02d-%02d", y, m, day);
	(void)snprintf(p->text[VAULT_SEX], FOLK_TEXT, "%s", man ? "男" : "女");
	id_for(d, y, m, day, man, p->text[VAULT_ID_NUMBER]);
}

static void name_for(struct dice *d, const char *family, char *ret)
{
	const char *one = GIVEN[often(d, ARRAY_LEN(GIVEN))];
	const char *two = GIVEN[often(d, ARRAY_LEN(GIVEN))];

	(void)snprintf(ret, FOLK_TEXT, "%s%s%s", family, one, dice_chance(d, 0.3) ? "" : two);
}

void folk_person(struct dice *d, struct folk_person *ret)
{
	memset(ret, 0, sizeof *ret);
	name_for(d, FAMILY[often(d, ARRAY_LEN(FAMILY))], ret->text[VAULT_NAME]);
	birth_and_id(d, ret);
	phone_for(d, ret->text[VAULT_PHONE]);
	(void)snprintf(ret->text[VAULT_ADDRESS], FOLK_TEXT, "张家界市%s%s%u组%u号",
		       TOWN[dice_below(d, ARRAY_LEN(TOWN))],
		       VILLAGE[dice_below(d, ARRAY_LEN(VILLAGE))], 1 + dice_below(d, 12),
		       1 + dice_below(d, 300));
}

/* ---- how another office writes it ---- */

static void replace(char *text, const char *from, const char *to)
{
	char rest[FOLK_TEXT];
	char *at = strstr(text, from);

	if (!at)
		return;
	(void)snprintf(rest, sizeof rest, "%s", at + strlen(from));
	(void)snprintf(at, FOLK_TEXT - (size_t)(at - text), "%s%s", to, rest);
}

static void write_otherwise(struct dice *d, struct folk_person *p)
{
	static const char *const traditional[][2] = { { "张", "張" }, { "刘", "劉" },
						      { "陈", "陳" }, { "杨", "楊" },
						      { "黄", "黃" }, { "华", "華" },
						      { "国", "國" }, { "强", "強" } };
	char phone[FOLK_TEXT], *id = p->text[VAULT_ID_NUMBER];
	const char *v = p->text[VAULT_PHONE];

	for (size_t i = 0; i < ARRAY_LEN(traditional); i++)
		replace(p->text[VAULT_NAME], traditional[i][0], traditional[i][1]);
	(void)snprintf(phone, sizeof phone, "+86 %.3s-%.4s-%.4s", v, v + 3, v + 7);
	memcpy(p->text[VAULT_PHONE], phone, sizeof phone);
	if (id[6] == '1' && dice_chance(d, 0.5)) { /* 15 digits */
		memmove(id + 6, id + 8, 9);
		id[15] = '\0';
	}
	if (dice_chance(d, 0.5))
		p->text[VAULT_ADDRESS][0] = '\0';
}

static void swap_digits(struct dice *d, char *id)
{
	for (int tries = 0; tries < 50; tries++) {
		size_t i = 6 + dice_below(d, 10);

		if (id[i] != id[i + 1]) {
			char c = id[i];

			id[i] = id[i + 1];
			id[i + 1] = c;
			return;
		}
	}
}

/* Another character for one of the given name, of a list where both sound the same, or nearly. */
static void by_sound(struct dice *d, char *name, bool near)
{
	static const char *const same[][2] = {
		{ "伟", "维" }, { "芳", "方" }, { "敏", "闵" }, { "静", "净" }, { "丽", "莉" },
		{ "军", "君" }, { "勇", "永" }, { "杰", "洁" }, { "明", "铭" }, { "平", "萍" },
		{ "英", "瑛" }, { "华", "花" }, { "玉", "裕" }, { "兰", "岚" }, { "红", "洪" },
		{ "建", "健" }, { "文", "雯" }, { "志", "智" }, { "春", "椿" }, { "梅", "媚" },
		{ "覃", "秦" }, { "覃", "谭" }, { "燕", "艳" }, { "云", "芸" }, { "辉", "晖" },
		{ "佳", "嘉" }, { "子", "紫" }, { "俊", "骏" }, { "国", "郭" }, { "秀", "绣" },
		{ "霞", "侠" }, { "涛", "韬" }, { "强", "墙" }, { "磊", "蕾" }, { "刚", "钢" },
	};
	static const char *const nearly[][2] = {
		{ "静", "锦" }, { "敏", "明" }, { "英", "茵" }, { "平", "频" }, { "春", "村" },
		{ "志", "自" }, { "兰", "南" }, { "丽", "妮" }, { "明", "敏" }, { "生", "森" },
		{ "林", "玲" }, { "金", "晶" }, { "琴", "晴" }, { "清", "钦" }, { "山", "三" },
		{ "成", "岑" }, { "思", "诗" }, { "诗", "思" }, { "香", "仙" }, { "刚", "甘" },
	};
	size_t n = near ? ARRAY_LEN(nearly) : ARRAY_LEN(same), from = dice_below(d, (uint32_t)n);

	for (size_t i = 0; i < n; i++) {
		const char *const *pair = near ? nearly[(from + i) % n] : same[(from + i) % n];

		if (strstr(name, pair[0])) {
			replace(name, pair[0], pair[1]);
			return;
		}
	}
}

/* One character of the given name is another one. */
static void other_character(struct dice *d, char *name)
{
	char was[FOLK_TEXT];
	const char *to;
	size_t n = strlen(name);

	(void)snprintf(was, sizeof was, "%s", name);
	do
		to = GIVEN[dice_below(d, ARRAY_LEN(GIVEN))];
	while (strncmp(name + n - 3, to, 3) == 0);
	memcpy(name + n - 3, to, 3);
}

static void other_day(struct dice *d, char *birth)
{
	char was[3];

	memcpy(was, birth + 8, 3);
	do
		(void)snprintf(birth + 8, 3, "%02u", 1 + dice_below(d, 28));
	while (strcmp(was, birth + 8) == 0);
}

static void typo_in_id(struct dice *d, char *id)
{
	size_t i = dice_below(d, 17);

	id[i] = (char)('0' + (id[i] - '0' + 1 + (int)dice_below(d, 9)) % 10);
}

/* Somebody else: what they share stays, the rest is their own. */
static void somebody_else(struct dice *d, enum folk_kind k, struct folk_person *p)
{
	struct folk_person own;
	int y, m, day;

	folk_person(d, &own);
	switch (k) {
	case FOLK_TWIN:
		if (strlen(p->text[VAULT_NAME]) < 9)
			(void)snprintf(p->text[VAULT_NAME], FOLK_TEXT, "向小%s", GIVEN[5]);
		other_character(d, p->text[VAULT_NAME]);
		(void)sscanf(p->text[VAULT_BIRTH], "%d-%d-%d", &y, &m, &day);
		id_for(d, y, m, day, (int)dice_below(d, 2), p->text[VAULT_ID_NUMBER]);
		if (dice_chance(d, 0.5))
			p->text[VAULT_ID_NUMBER][0] = '\0';
		break;
	case FOLK_NAMESAKE:
		memcpy(own.text[VAULT_NAME], p->text[VAULT_NAME], FOLK_TEXT);
		memcpy(own.text[VAULT_ADDRESS], p->text[VAULT_ADDRESS], FOLK_TEXT);
		if (dice_chance(d, 0.5))
			own.text[VAULT_ID_NUMBER][0] = '\0';
		*p = own;
		break;
	case FOLK_NAMESAKE_AT_PHONE:
		memcpy(own.text[VAULT_NAME], p->text[VAULT_NAME], FOLK_TEXT);
		memcpy(own.text[VAULT_PHONE], p->text[VAULT_PHONE], FOLK_TEXT);
		*p = own;
		break;
	default:
		memcpy(own.text[VAULT_NAME], p->text[VAULT_NAME], 3);
		memcpy(own.text[VAULT_ADDRESS], p->text[VAULT_ADDRESS], FOLK_TEXT);
		memcpy(own.text[VAULT_PHONE], p->text[VAULT_PHONE], FOLK_TEXT);
		*p = own;
		break;
	}
}

void folk_again(struct dice *d, enum folk_kind k, const struct folk_person *of,
		struct folk_person *ret)
{
	struct folk_person p = *of;
	char *id = p.text[VAULT_ID_NUMBER];

	if (k >= FOLK_OTHERS_FROM) {
		somebody_else(d, k, &p);
		*ret = p;
		return;
	}
	switch (k) {
	case FOLK_WRITTEN_OTHERWISE: write_otherwise(d, &p); break;
	case FOLK_ID_TYPO: typo_in_id(d, id); break;
	case FOLK_ID_SWAP: swap_digits(d, id); break;
	case FOLK_PHONE_CHANGED: phone_for(d, p.text[VAULT_PHONE]); break;
	case FOLK_PHONE_CHANGED_NO_ID:
		id[0] = '\0';
		phone_for(d, p.text[VAULT_PHONE]);
		break;
	case FOLK_HOMOPHONE:
		id[0] = '\0';
		by_sound(d, p.text[VAULT_NAME], false);
		break;
	case FOLK_NEAR_SOUND:
		id[0] = '\0';
		by_sound(d, p.text[VAULT_NAME], true);
		break;
	case FOLK_NAME_TYPO:
		id[0] = '\0';
		other_character(d, p.text[VAULT_NAME]);
		break;
	case FOLK_BIRTH_TYPO:
		id[0] = '\0';
		other_day(d, p.text[VAULT_BIRTH]);
		break;
	case FOLK_NAME_AND_PHONE:
		p.text[VAULT_ADDRESS][0] = p.text[VAULT_BIRTH][0] = p.text[VAULT_SEX][0] = '\0';
		id[0] = '\0';
		break;
	default: id[0] = '\0'; break;
	}
	*ret = p;
}

struct vault_identity folk_identity(const struct folk_person *p)
{
	struct vault_identity who;

	for (size_t i = 0; i < VAULT_FIELD_N; i++)
		who.text[i] = str_of(p->text[i]);
	return who;
}
