#include "crowd.h"

#include <stdio.h>

#include "base/dice.h"

#include "base/ban.h"

void crowd_person(uint64_t n, struct crowd_person *ret)
{
	static const int weight[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	static const char *const family[] = { "王", "李", "张", "刘", "陈", "杨", "黄", "周",
					      "吴", "覃", "田", "向", "彭", "谭", "曾", "肖" };
	static const char *const given[] = { "伟", "芳", "娜", "敏", "静", "丽", "强", "磊",
					     "军", "洋", "勇", "艳", "杰", "娟", "涛", "明",
					     "秀", "霞", "平", "刚", "桂", "英", "华", "玉",
					     "兰", "红", "建", "国", "文", "志", "春", "梅" };
	struct dice d = { n * 0x9E3779B97F4A7C15u };
	int sum = 0;

	(void)snprintf(ret->name, CROWD_TEXT, "%s%s%s", family[dice_below(&d, ARRAY_LEN(family))],
		       given[dice_below(&d, ARRAY_LEN(given))],
		       given[dice_below(&d, ARRAY_LEN(given))]);
	(void)snprintf(ret->id_number, sizeof ret->id_number, "4308%02u%04u%02u%02u%03u",
		       1 + dice_below(&d, 90), 1940 + dice_below(&d, 75), 1 + dice_below(&d, 12),
		       1 + dice_below(&d, 28), dice_below(&d, 1000));
	for (int i = 0; i < 17; i++)
		sum += weight[i] * (ret->id_number[i] - '0');
	ret->id_number[17] = "10X98765432"[sum % 11];
	ret->id_number[18] = '\0';
	(void)snprintf(ret->phone, sizeof ret->phone, "13%09u", dice_below(&d, 1000000000));
	(void)snprintf(ret->address, CROWD_TEXT, "张家界市永定区下坪村%u组%u号", dice_below(&d, 12),
		       dice_below(&d, 3000));
}
