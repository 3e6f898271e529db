#include "base/area.h"

#include <stdio.h>

#include "base/ban.h"

#define AREA_CODES 1000000000000000LL /* 10^15 */

/* What one step of each level is worth: the nation holds all codes. */
static const int64_t unit[AREA_LEVEL_N] = {
	AREA_CODES, 10000000000000LL, 100000000000LL, 1000000000LL, 1000000LL, 1000LL, 1LL,
};
static const unsigned digits[AREA_LEVEL_N] = { 0, 2, 4, 6, 9, 12, 15 };

const struct area_words *area_level_words(enum area_level level)
{
	static const struct area_words words[AREA_LEVEL_N] = {
		{ "nation", "全国", "Nation" },     { "province", "省级", "Province" },
		{ "city", "地市级", "City" },       { "county", "县级", "County" },
		{ "township", "乡级", "Township" }, { "village", "村级", "Village" },
		{ "cell", "网格", "Grid cell" },
	};

	assert(level < AREA_LEVEL_N);
	return &words[level];
}

bool area_valid(struct area_code a)
{
	return a.v >= 0 && a.v < AREA_CODES;
}

enum area_level area_level(struct area_code a)
{
	int level = AREA_NATION;

	assert(area_valid(a));
	while (a.v % unit[level] != 0)
		level++;
	return (enum area_level)level;
}

struct area_code area_at(struct area_code a, enum area_level level)
{
	assert(area_valid(a) && level < AREA_LEVEL_N);
	return (struct area_code){ a.v - a.v % unit[level] };
}

struct area_code area_parent(struct area_code a)
{
	enum area_level level = area_level(a);

	return level == AREA_NATION ? a : area_at(a, level - 1); /* above a skipped level, too */
}

struct area_code area_end(struct area_code a)
{
	return (struct area_code){ a.v + unit[area_level(a)] };
}

bool area_covers(struct area_code a, struct area_code b)
{
	return b.v >= a.v && b.v < area_end(a).v;
}

struct area_code area_county(struct area_code a)
{
	return area_at(a, AREA_COUNTY);
}

enum err area_parse(struct str s, struct area_code *ret)
{
	struct area_code a = { 0 };
	int level = AREA_NATION;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return ERR_SYNTAX;
		if (i < AREA_DIGITS)
			a.v = a.v * 10 + (s.p[i] - '0');
	}
	if (!str_eq(s, STR("0"))) {
		while (level < AREA_LEVEL_N && digits[level] != s.n)
			level++;
		if (s.n == 0 || level == AREA_LEVEL_N)
			return s.n ? ERR_RANGE : ERR_SYNTAX;
		a.v *= unit[level];
	}
	*ret = a;
	return OK;
}

void area_text(struct area_code a, char ret[AREA_TEXT_BYTES])
{
	assert(area_valid(a));
	(void)snprintf(ret, AREA_TEXT_BYTES, "%015lld", (long long)a.v);
}
