#include "base/han.h"

#include <string.h>

#include "base/ban.h"
#include "base/han_table.h"

/* Two readings that both occur in names of people, places and offices; the usual one first. */
static const struct {
	uint32_t character;
	char first[8], other[8];
} TWICE[] = {
	{ U'长', "chang", "zhang" }, { U'重', "zhong", "chong" }, { U'行', "hang", "xing" },
	{ U'厦', "xia", "sha" },     { U'乐', "le", "yue" },      { U'单', "dan", "shan" },
	{ U'朝', "chao", "zhao" },   { U'曾', "zeng", "ceng" },   { U'会', "hui", "kuai" },
	{ U'解', "jie", "xie" },     { U'调', "diao", "tiao" },   { U'传', "chuan", "zhuan" },
	{ U'参', "can", "shen" },    { U'藏', "zang", "cang" },   { U'盛', "sheng", "cheng" },
	{ U'省', "sheng", "xing" },  { U'查', "cha", "zha" },     { U'尉', "wei", "yu" },
	{ U'区', "qu", "ou" },       { U'宿', "su", "xiu" },      { U'番', "fan", "pan" },
	{ U'石', "shi", "dan" },     { U'卜', "bu", "pu" },       { U'仇', "qiu", "chou" },
	{ U'沈', "shen", "chen" },   { U'翟', "zhai", "di" },     { U'缪', "miao", "liao" },
	{ U'种', "zhong", "chong" }, { U'覃', "qin", "tan" },     { U'乘', "cheng", "sheng" },
	{ U'车', "che", "ju" },      { U'合', "he", "ge" },       { U'校', "xiao", "jiao" },
	{ U'大', "da", "tai" },      { U'可', "ke", "ge" },       { U'弹', "dan", "tan" },
	{ U'盖', "gai", "ge" },      { U'贾', "jia", "gu" },      { U'朴', "pu", "piao" },
	{ U'万', "wan", "mo" },      { U'折', "zhe", "she" },     { U'冯', "feng", "ping" },
	{ U'柏', "bai", "bo" },      { U'薄', "bo", "bao" },      { U'召', "zhao", "shao" },
	{ U'隗', "wei", "kui" },     { U'谌', "chen", "shen" },   { U'娜', "na", "nuo" },
	{ U'茜', "qian", "xi" },     { U'莘', "shen", "xin" },    { U'奇', "qi", "ji" },
	{ U'蔚', "wei", "yu" },      { U'晟', "sheng", "cheng" }, { U'洗', "xi", "xian" },
	{ U'员', "yuan", "yun" },    { U'黑', "hei", "he" },      { U'六', "liu", "lu" },
	{ U'台', "tai", "yi" },      { U'都', "du", "dou" },      { U'率', "lu", "shuai" },
	{ U'佛', "fo", "fu" },       { U'伽', "jia", "qie" },     { U'茄', "qie", "jia" },
	{ U'叶', "ye", "xie" },      { U'逄', "pang", "feng" },   { U'舍', "she", "shi" },
	{ U'泊', "bo", "po" },       { U'血', "xue", "xie" },     { U'薛', "xue", "xie" },
	{ U'阿', "a", "e" },         { U'俞', "yu", "shu" },      { U'臧', "zang", "cang" },
};

/* The number of a syllable; 0 if there is none. */
static uint16_t number_of(const char *syllable)
{
	unsigned low = 0, high = HAN_SYLLABLES;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (strcmp(han_syllables[mid], syllable) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < HAN_SYLLABLES && strcmp(han_syllables[low], syllable) == 0 ? (uint16_t)low : 0;
}

uint16_t han_reading(uint32_t character, uint16_t *ret_other)
{
	if (ret_other)
		*ret_other = 0;
	if (character < HAN_FIRST || character > HAN_LAST)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(TWICE); i++)
		if (TWICE[i].character == character) {
			if (ret_other)
				*ret_other = number_of(TWICE[i].other);
			return number_of(TWICE[i].first);
		}
	return han_readings[character - HAN_FIRST];
}

const char *han_syllable(uint16_t reading)
{
	return han_syllables[reading < HAN_SYLLABLES ? reading : 0];
}

uint32_t han_simple(uint32_t character)
{
	uint16_t simple;

	if (character < HAN_FIRST || character > HAN_LAST)
		return character;
	simple = han_simplified[character - HAN_FIRST];
	return simple ? simple : character;
}
