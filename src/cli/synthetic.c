/*
 * synthetic.c - how the people of the synthetic town spend their days.
 */
#include "cli/synthetic.h"

#include <string.h>

#include "base/dice.h"

#include "base/ban.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
enum {
	HOME_SIZE = 3,
	OFFICE_SIZE = 24,
	PEOPLE_A_SHOP = 30,
	PEOPLE_A_MEAL = 50,
	PEOPLE_A_BUS = 30,
	THEATRE_DAY = 5,
	THEATRE_SHARE = 40,
	COACH_DAY = 8,
	COACH_SEATS = 44
};

void synthetic_make(uint64_t seed, uint32_t n_people, struct synthetic *ret)
{
	uint32_t sizes[SYNTHETIC_KIND_N] = {
		[SYNTHETIC_HOME] = n_people / HOME_SIZE + 1,
		[SYNTHETIC_OFFICE] = n_people / OFFICE_SIZE + 1,
		[SYNTHETIC_SHOP] = n_people / PEOPLE_A_SHOP + 1,
		[SYNTHETIC_MEAL] = n_people / PEOPLE_A_MEAL + 1,
		[SYNTHETIC_BUS] = n_people / PEOPLE_A_BUS + 1,
		[SYNTHETIC_THEATRE] = 1,
		[SYNTHETIC_COACH] = 1,
	};

	*ret = (struct synthetic){ .seed = seed, .n_people = n_people };
	for (int k = 0; k < SYNTHETIC_KIND_N; k++)
		ret->first[k + 1] = ret->first[k] + sizes[k];
}

uint32_t synthetic_places(const struct synthetic *t)
{
	return t->first[SYNTHETIC_KIND_N];
}

enum synthetic_kind synthetic_kind_of(const struct synthetic *t, uint32_t place)
{
	int k = 0;

	while (k + 1 < SYNTHETIC_KIND_N && place >= t->first[k + 1])
		k++;
	return (enum synthetic_kind)k;
}

const char *synthetic_kind_word(enum synthetic_kind k)
{
	static const char *const WORDS[SYNTHETIC_KIND_N] = {
		[SYNTHETIC_HOME] = "家庭",         [SYNTHETIC_OFFICE] = "办公室",
		[SYNTHETIC_SHOP] = "public_place", [SYNTHETIC_MEAL] = "餐馆",
		[SYNTHETIC_BUS] = "公交",          [SYNTHETIC_THEATRE] = "剧院",
		[SYNTHETIC_COACH] = "普通客车",
	};

	return WORDS[k];
}

/* One stream of dice for each (person, purpose). */
static struct dice dice_of(const struct synthetic *t, uint32_t person, uint64_t purpose)
{
	struct dice d = { t->seed * UINT64_C(0x9e3779b97f4a7c15) + person * UINT64_C(0x10001) +
			  purpose * UINT64_C(0xd1b54a32d192ed03) };

	dice_next(&d);
	return d;
}

bool synthetic_at_theatre(const struct synthetic *t, uint32_t person)
{
	struct dice d = dice_of(t, person, 1);

	return dice_below(&d, THEATRE_SHARE) == 0;
}

/* Some places of a kind are far busier than others. */
static uint32_t pick(const struct synthetic *t, struct dice *d, enum synthetic_kind k)
{
	uint32_t n = t->first[k + 1] - t->first[k];
	double u = dice_unit(d);

	return t->first[k] + (uint32_t)((0.3 * u * u + 0.7 * u) * n);
}

struct life {
	const struct synthetic *t;
	struct dice d;
	uint32_t person, home, office;
	bool works;
	struct synthetic_visit *v;
	size_t n;
};

static void be(struct life *l, uint32_t place, int64_t from, int64_t to)
{
	if (from < to && l->n < SYNTHETIC_VISITS_MAX)
		l->v[l->n++] = (struct synthetic_visit){
			.person = l->person, .place = place, .from = { from }, .to = { to }
		};
}

static int64_t minutes(struct life *l, uint32_t least, uint32_t spread)
{
	return (int64_t)(least + dice_below(&l->d, spread)) * MINUTE;
}

/* Out by bus or on foot; gives the time of arrival. */
static int64_t ride(struct life *l, int64_t leave)
{
	int64_t arrive = leave + minutes(l, 6, 30);

	if (dice_below(&l->d, 10) < 3)
		be(l, pick(l->t, &l->d, SYNTHETIC_BUS), leave, arrive);
	return arrive;
}

/* A working day from `home_since`; gives the time at home again. */
static int64_t work_day(struct life *l, int64_t midnight, int64_t home_since)
{
	int64_t leave = midnight + 7 * HOUR + minutes(l, 0, 90);
	int64_t at = ride(l, leave), noon = midnight + 12 * HOUR + minutes(l, 0, 30), end;

	be(l, l->home, home_since, leave);
	if (dice_below(&l->d, 3) == 0) {
		int64_t back = noon + minutes(l, 25, 35);

		be(l, l->office, at, noon);
		be(l, pick(l->t, &l->d, SYNTHETIC_MEAL), noon, back);
		at = back;
	}
	end = midnight + 17 * HOUR + minutes(l, 0, 90);
	be(l, l->office, at, end);
	return ride(l, end);
}

static int64_t free_day(struct life *l, int64_t midnight, int64_t home_since)
{
	int64_t at = midnight + 9 * HOUR + minutes(l, 0, 180);
	uint32_t n = dice_below(&l->d, 4);

	be(l, l->home, home_since, at);
	for (uint32_t i = 0; i < n; i++) {
		int64_t to = at + minutes(l, 15, 75);

		be(l, pick(l->t, &l->d, i % 2 ? SYNTHETIC_MEAL : SYNTHETIC_SHOP), at, to);
		at = ride(l, to);
	}
	return at;
}

static int64_t evening(struct life *l, int day, int64_t midnight, int64_t at)
{
	int64_t to;

	if (day == THEATRE_DAY && synthetic_at_theatre(l->t, l->person)) {
		to = midnight + 21 * HOUR + 30 * MINUTE;
		be(l, l->t->first[SYNTHETIC_THEATRE], max_i64(at, midnight + 19 * HOUR), to);
		return ride(l, to);
	}
	if (dice_below(&l->d, 4))
		return at;
	to = at + minutes(l, 20, 80);
	be(l, pick(l->t, &l->d, dice_below(&l->d, 2) ? SYNTHETIC_MEAL : SYNTHETIC_SHOP), at, to);
	return to;
}

/* Every 97th person takes the coach to the provincial capital, seat by seat. */
static int64_t coach(struct life *l, int64_t midnight, int64_t home_since)
{
	uint32_t seat = l->person / 97 % COACH_SEATS;
	int64_t from = midnight + 8 * HOUR + 30 * MINUTE, to = midnight + 12 * HOUR + 40 * MINUTE;

	be(l, l->home, home_since, from - HOUR);
	be(l, l->t->first[SYNTHETIC_COACH], from, to);
	l->v[l->n - 1].driver = seat == 0;
	l->v[l->n - 1].seat_row = seat ? (int)(seat - 1) / 4 + 1 : 0;
	l->v[l->n - 1].seat_letter = "ABCD"[(seat + 3) % 4];
	return midnight + 20 * HOUR;
}

static bool rides_coach(const struct synthetic *t, uint32_t person)
{
	return person % 97 == 0 && person / 97 < COACH_SEATS && t->n_people > 97;
}

static int by_from(const struct synthetic_visit *a, const struct synthetic_visit *b)
{
	return (a->from.v > b->from.v) - (a->from.v < b->from.v);
}

size_t synthetic_live(const struct synthetic *t, uint32_t person, struct synthetic_visit *ret)
{
	struct life l = { .t = t, .d = dice_of(t, person, 0), .person = person, .v = ret };
	int64_t home_since = SYNTHETIC_FIRST_S;

	l.home = t->first[SYNTHETIC_HOME] + person / HOME_SIZE;
	l.office = t->first[SYNTHETIC_OFFICE] +
		   dice_below(&l.d, t->first[SYNTHETIC_OFFICE + 1] - t->first[SYNTHETIC_OFFICE]);
	l.works = dice_below(&l.d, 4) != 0;
	for (int day = 0; day < SYNTHETIC_DAYS; day++) {
		int64_t midnight = SYNTHETIC_FIRST_S + (int64_t)day * DAY;
		bool weekend = day % 7 < 2; /* the first day is a Saturday */

		if (day == COACH_DAY && rides_coach(t, person))
			home_since = coach(&l, midnight, home_since);
		else if (l.works && !weekend && dice_below(&l.d, 20))
			home_since = work_day(&l, midnight, home_since);
		else
			home_since = free_day(&l, midnight, home_since);
		home_since = evening(&l, day, midnight, home_since);
	}
	be(&l, l.home, home_since, SYNTHETIC_FIRST_S + (int64_t)SYNTHETIC_DAYS * DAY);
	for (size_t i = 1; i < l.n; i++) {
		struct synthetic_visit v = ret[i];
		size_t k = i;

		for (; k > 0 && by_from(&ret[k - 1], &v) > 0; k--)
			ret[k] = ret[k - 1];
		ret[k] = v;
	}
	return l.n;
}

/* ---- names ---------------------------------------------------------------------------------- */

void synthetic_person_name(uint32_t person, struct buf *out)
{
	buf_fmt(out, "P%06u", person);
}

void synthetic_place_name(const struct synthetic *t, uint32_t place, struct buf *out)
{
	static const char *const STREETS[] = { "云溪路", "望峰街", "青杉巷", "澧岸大道", "溪布里",
					       "桐花路", "石门坎", "雾岭街", "土司巷",   "天梯路" };
	static const char *const FRONTS[] = { "山外山", "三下锅", "半坡", "云上",
					      "老街坊", "峰林",   "百丈", "一溪" };
	static const char *const SHOPS[] = { "超市", "菜市场", "药店", "书店", "百货" };
	enum synthetic_kind k = synthetic_kind_of(t, place);
	uint32_t i = place - t->first[k];
	const char *street = STREETS[i % ARRAY_LEN(STREETS)];
	const char *front = FRONTS[i % ARRAY_LEN(FRONTS)];
	uint32_t number = i / (uint32_t)ARRAY_LEN(STREETS) + 1;

	switch (k) {
	case SYNTHETIC_HOME: buf_fmt(out, "%s%u号住户", street, number); break;
	case SYNTHETIC_OFFICE: buf_fmt(out, "%s%u号写字楼", street, number); break;
	case SYNTHETIC_SHOP:
		buf_fmt(out, "%s%s%u店", street, SHOPS[i % ARRAY_LEN(SHOPS)], number);
		break;
	case SYNTHETIC_MEAL: buf_fmt(out, "%s饭庄（%s%u号）", front, street, number); break;
	case SYNTHETIC_BUS: buf_fmt(out, "公交%u路", i + 1); break;
	case SYNTHETIC_THEATRE: buf_lit(out, "云梦山歌大剧院"); break;
	case SYNTHETIC_COACH: buf_lit(out, "长途客车 云溪—省城 08:30"); break;
	case SYNTHETIC_KIND_N: break;
	}
}
