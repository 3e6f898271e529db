/* canary.c - see canary.h. */
#include "canary.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/when.h"

#include "base/ban.h"

enum { PLACES = 6, NOUNS = 32, FIELDS = 64, ALL = PLACES * NOUNS * FIELDS };
enum { DAY_FIRST = -25202, DAY_S = 86400, NOON_S = 43200, ID_FIGURES = 16 };
/* A number's canary is FLAG * 100000 + which. */
#define FLAG INT64_C(9907)
#define BIRD "金丝雀"
#define PHONE_MARK "9907-"

static unsigned number_of(struct canary c)
{
	assert(c.place < PLACES && c.noun < NOUNS && c.field < FIELDS);
	return (c.place * NOUNS + c.noun) * FIELDS + c.field;
}

static struct canary canary_of(unsigned n)
{
	return (struct canary){ n / (NOUNS * FIELDS), n / FIELDS % NOUNS, n % FIELDS };
}

static bool unlimited(const struct field *x)
{
	return x->min == 0 && x->max == 0;
}

void canary_text(const struct field *x, struct canary c, char ret[32])
{
	unsigned n = number_of(c);
	CLEANUP(buf_release) struct buf day = { 0 };

	ret[0] = '\0';
	switch (x->type) {
	case FIELD_TEXT:
	case FIELD_LONG:
		if (unlimited(x) || (x->min <= 6 && x->max >= 6))
			(void)snprintf(ret, 32, BIRD "%c%c%c", 'a' + n / 676, 'a' + n / 26 % 26,
				       'a' + n % 26);
		return;
	case FIELD_PHONE: (void)snprintf(ret, 32, PHONE_MARK "%05u", n); return;
	case FIELD_I64:
		if (unlimited(x) || x->max > FLAG * 100000 + ALL)
			(void)snprintf(ret, 32, "%lld", (long long)(FLAG * 100000 + n));
		return;
	case FIELD_SUBJECT: (void)snprintf(ret, 32, "%lld", (long long)(FLAG * 100000 + n)); return;
	case FIELD_DATE:
	case FIELD_TIME:
		if (unlimited(x)) {
			when_date(&day, DAY_FIRST + (int32_t)n);
			(void)snprintf(ret, 32, "%.*s", (int)day.n, day.p);
		}
		return;
	case FIELD_BOOL:
	case FIELD_CHOICE:
	case FIELD_AREA:
	case FIELD_REF:
	case FIELD_TYPE_N: return;
	}
}

bool canary_put(const struct field *x, struct canary c, unsigned more, struct arena *a, void *row)
{
	void *at = (char *)row + x->at;
	char text[32], all[48];
	int n;

	canary_text(x, c, text);
	if (!text[0])
		return false;
	switch (x->type) {
	case FIELD_SUBJECT:
	case FIELD_I64: *(int64_t *)at = FLAG * 100000 + number_of(c); return true;
	case FIELD_DATE:
		((struct field_day *)at)->v = DAY_FIRST + (int64_t)number_of(c);
		return true;
	case FIELD_TIME: /* noon: the same day in every zone of ours */
		((struct utc_s *)at)->v =
			(DAY_FIRST + (int64_t)number_of(c)) * DAY_S + NOON_S - 8 * 3600;
		return true;
	default: break;
	}
	n = snprintf(all, sizeof all, "%s", text);
	if (x->type != FIELD_PHONE && (unlimited(x) || x->max >= 16))
		n = snprintf(all, sizeof all, "%s%u", text, more);
	*(struct str *)at = (struct str){ arena_copy(a, all, (size_t)n), (size_t)n };
	return true;
}

/* ---- finding -------------------------------------------------------------------------------- */

static bool is_figure(char c)
{
	return c >= '0' && c <= '9';
}

static void tell(const struct canary_eye *eye, int64_t n)
{
	if (n >= 0 && n < ALL)
		eye->canary(eye->arg, canary_of((unsigned)n));
}

static void look_at_bird(struct str s, const struct canary_eye *eye)
{
	int64_t n = 0;

	if (s.n < strlen(BIRD) + 3 || memcmp(s.p, BIRD, strlen(BIRD)) != 0)
		return;
	for (size_t i = strlen(BIRD); i < strlen(BIRD) + 3; i++) {
		if (s.p[i] < 'a' || s.p[i] > 'z')
			return;
		n = n * 26 + (s.p[i] - 'a');
	}
	tell(eye, n);
}

/* "1903-04-05" as the days that it stands for. */
static void look_at_day(struct str s, const struct canary_eye *eye)
{
	int64_t year, month, day;

	if (s.n < 10 || s.p[0] != '1' || s.p[1] != '9' || s.p[4] != '-' || s.p[7] != '-' ||
	    str_i64((struct str){ s.p, 4 }, &year) || str_i64((struct str){ s.p + 5, 2 }, &month) ||
	    str_i64((struct str){ s.p + 8, 2 }, &day))
		return;
	if (month >= 1 && month <= 12 && day >= 1 && day <= 31)
		tell(eye, (int64_t)date_day((int)year, (int)month, (int)day) - DAY_FIRST);
}

/* A run of figures: a number of ours, an id, or the first half of a telephone. */
static size_t look_at_figures(struct str s, const struct canary_eye *eye)
{
	size_t n = 0, behind = strlen(PHONE_MARK);
	int64_t value;

	while (n < s.n && is_figure(s.p[n]))
		n++;
	look_at_day(s, eye);
	if (n == 4 && s.n >= behind + 5 && memcmp(s.p, PHONE_MARK, behind) == 0 &&
	    str_i64((struct str){ s.p + behind, 5 }, &value) == OK)
		tell(eye, value);
	if (n < 9 || str_i64((struct str){ s.p, n }, &value))
		return n;
	if (n == 9 && value / 100000 == FLAG)
		tell(eye, value % 100000);
	if (n >= ID_FIGURES && eye->number)
		eye->number(eye->arg, value);
	return n;
}

void canary_look(struct str s, const struct canary_eye *eye)
{
	while (s.n > 0) {
		size_t n = 1;

		if (is_figure(s.p[0]))
			n = look_at_figures(s, eye);
		else if (s.p[0] == BIRD[0])
			look_at_bird(s, eye);
		s.p += n;
		s.n -= n;
	}
}
