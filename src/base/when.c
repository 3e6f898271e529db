/* when.c - the calendar, and times as text. */
#include "base/when.h"

#include <string.h>

#include "base/ban.h"

enum { DAY_S = 86400 };

/*
 * Days and civil dates after Howard Hinnant, "chrono-compatible low-level date algorithms":
 * years begin in March, so the leap day is the last of the year, and 400 years are one era.
 */
int32_t date_day(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = (y >= 0 ? y : y - 399) / 400;
	int year_of_era = y - era * 400;
	int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

void date_civil(int32_t day, int *ret_year, int *ret_month, int *ret_day)
{
	int64_t z = (int64_t)day + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int d = (int)(z - era * 146097);
	int year_of_era = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	int day_of_year = d - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int m = (5 * day_of_year + 2) / 153;

	*ret_day = day_of_year - (153 * m + 2) / 5 + 1;
	*ret_month = m < 10 ? m + 3 : m - 9;
	*ret_year = (int)(year_of_era + era * 400) + (*ret_month <= 2);
}

/* ---- reading ---- */

struct cursor {
	const char *p, *end;
};

static bool at_end(const struct cursor *c)
{
	return c->p == c->end;
}

static bool take(struct cursor *c, char want)
{
	if (at_end(c) || *c->p != want)
		return false;
	c->p++;
	return true;
}

/* Exactly n digits. */
static bool take_digits(struct cursor *c, int n, int *ret)
{
	int v = 0;

	if (c->end - c->p < n)
		return false;
	for (int i = 0; i < n; i++) {
		char d = c->p[i];

		if (d < '0' || d > '9')
			return false;
		v = v * 10 + (d - '0');
	}
	c->p += n;
	*ret = v;
	return true;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static enum err take_date(struct cursor *c, int32_t *ret_day)
{
	int year, month, day;

	if (!take_digits(c, 4, &year) || !take(c, '-') || !take_digits(c, 2, &month) ||
	    !take(c, '-') || !take_digits(c, 2, &day))
		return ERR_SYNTAX;
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
		return ERR_RANGE;
	*ret_day = date_day(year, month, day);
	return OK;
}

/* HH:MM[:SS[.0...]], up to and including 24:00 */
static enum err take_time(struct cursor *c, int32_t *ret_s)
{
	int hour, minute, second = 0;
	bool fraction = false;

	if (!take_digits(c, 2, &hour) || !take(c, ':') || !take_digits(c, 2, &minute))
		return ERR_SYNTAX;
	if (take(c, ':')) {
		if (!take_digits(c, 2, &second))
			return ERR_SYNTAX;
		if (take(c, '.')) {
			int digit;

			if (!take_digits(c, 1, &digit))
				return ERR_SYNTAX;
			do
				fraction = fraction || digit != 0;
			while (take_digits(c, 1, &digit));
		}
	}
	if (hour > 24 || minute > 59 || second > 59 || (hour == 24 && (minute || second)) ||
	    fraction)
		return ERR_RANGE;
	*ret_s = hour * 3600 + minute * 60 + second;
	return OK;
}

/* Z, +HH, +HHMM or +HH:MM */
static enum err take_offset(struct cursor *c, int32_t *ret_s)
{
	int hour, minute = 0, sign = 1;

	if (take(c, 'Z')) {
		*ret_s = 0;
		return OK;
	}
	if (take(c, '-'))
		sign = -1;
	else if (!take(c, '+'))
		return ERR_SYNTAX;
	if (!take_digits(c, 2, &hour))
		return ERR_SYNTAX;
	if (take(c, ':')) {
		if (!take_digits(c, 2, &minute))
			return ERR_SYNTAX;
	} else if (!at_end(c) && !take_digits(c, 2, &minute)) {
		return ERR_SYNTAX;
	}
	if (hour > 23 || minute > 59)
		return ERR_RANGE;
	*ret_s = sign * (hour * 3600 + minute * 60);
	return OK;
}

/* Fill in the local day, and refuse what the calendar of this house does not hold. */
static enum err finish(struct when *w, const struct zone *z, struct when *ret)
{
	if (w->at.v < WHEN_MIN_S || w->at.v >= WHEN_MAX_S)
		return ERR_RANGE;
	w->day = zone_day_of(z, w->at);
	if (w->day < date_day(1, 1, 1) || w->day > date_day(WHEN_YEAR_MAX, 12, 31))
		return ERR_RANGE;
	*ret = *w;
	return OK;
}

static bool is_integer(struct str s)
{
	size_t i = s.n > 0 && s.p[0] == '-';

	if (i == s.n)
		return false;
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i == s.n;
}

enum err when_read(struct str s, const struct zone *z, struct when *ret)
{
	struct cursor c = { s.p, s.p + s.n };
	struct when w = { .kind = WHEN_INSTANT };
	int32_t day, time_s, offset_s;
	int64_t local_s;
	enum err e;

	if (is_integer(s)) {
		w.integer = true;
		e = str_i64(s, &w.at.v);
		return e ? e : finish(&w, z, ret);
	}
	e = take_date(&c, &day);
	if (e)
		return e;
	if (at_end(&c)) {
		w.kind = WHEN_DATE;
		w.at = zone_day_start(z, day);
		return finish(&w, z, ret);
	}
	if (!take(&c, 'T') && !take(&c, ' '))
		return ERR_SYNTAX;
	e = take_time(&c, &time_s);
	if (e)
		return e;
	local_s = (int64_t)day * DAY_S + time_s;
	if (at_end(&c)) {
		w.at = zone_from_local(z, local_s);
		return finish(&w, z, ret);
	}
	e = take_offset(&c, &offset_s);
	if (e)
		return e;
	if (!at_end(&c))
		return ERR_SYNTAX;
	w.at.v = local_s - offset_s;
	return finish(&w, z, ret);
}

/* ---- reading a column ---- */

/* Eight digits at once, after Daniel Lemire, "Quickly parsing eight digits" (2018). */
static bool eight_digits(const char *p, int64_t *ret)
{
	uint64_t w;

	memcpy(&w, p, 8);
	if (((w + 0x4646464646464646) | (w - 0x3030303030303030)) & 0x8080808080808080)
		return false;
	w = (w & 0x0f0f0f0f0f0f0f0f) * 2561 >> 8;
	w = (w & 0x00ff00ff00ff00ff) * 6553601 >> 16;
	*ret = (int64_t)((w & 0x0000ffff0000ffff) * 42949672960001 >> 32);
	return true;
}

/* Eleven digits at most are always inside the calendar, so these need no other look. */
static inline bool read_digits(struct str s, int64_t *ret)
{
	int64_t v = 0;
	size_t i = 0;

	if (s.n == 0 || s.n > 11)
		return false;
	if (s.n >= 8) {
		if (!eight_digits(s.p, &v))
			return false;
		i = 8;
	}
	for (; i < s.n; i++) {
		unsigned digit = (unsigned char)s.p[i] - (unsigned)'0';

		if (digit > 9)
			return false;
		v = v * 10 + digit;
	}
	*ret = v;
	return true;
}

/* A time of the day that the memo knows. What is odd in any way is left to when_read. */
static __attribute__((noinline)) bool read_known(const struct when_memo *m, struct str s,
						 int64_t *ret)
{
	struct cursor c = { s.p + sizeof m->date, s.p + s.n };
	int32_t time_s, offset_s = m->offset_s;

	if (!m->known || s.n <= sizeof m->date || memcmp(s.p, m->date, sizeof m->date) != 0)
		return false;
	if ((!take(&c, 'T') && !take(&c, ' ')) || take_time(&c, &time_s))
		return false;
	if (at_end(&c) ? !m->even : take_offset(&c, &offset_s) || !at_end(&c))
		return false;
	*ret = m->day_s + time_s - offset_s;
	return true;
}

static void remember(struct when_memo *m, struct str s, const struct zone *z)
{
	struct cursor c = { s.p, s.p + s.n };
	int32_t day;

	/* The calendar's first and last days have edges: those are never known. */
	if (s.n <= sizeof m->date || take_date(&c, &day) || day < date_day(2, 1, 1) ||
	    day >= date_day(WHEN_YEAR_MAX, 1, 1))
		return;
	memcpy(m->date, s.p, sizeof m->date);
	m->day_s = (int64_t)day * DAY_S;
	m->even = zone_even(z, day, &m->offset_s);
	m->known = true;
}

static __attribute__((noinline)) bool read_otherwise(struct when_memo *m, struct str s,
						     const struct zone *z, struct utc_s *ret)
{
	struct when w;

	if (when_read(s, z, &w))
		return false;
	remember(m, s, z);
	*ret = w.at;
	return true;
}

bool when_read_next(struct when_memo *m, struct str s, const struct zone *z, struct utc_s *ret)
{
	return read_digits(s, &ret->v) || read_known(m, s, &ret->v) || read_otherwise(m, s, z, ret);
}

/* ---- writing ---- */

static char *put_digits(char *at, int n, int v)
{
	for (int i = n - 1; i >= 0; i--, v /= 10)
		at[i] = (char)('0' + v % 10);
	return at + n;
}

static char *put_date(char *at, int32_t day)
{
	int year, month, dom;

	date_civil(day, &year, &month, &dom);
	assert(year >= 0 && year <= WHEN_YEAR_MAX + 1); /* a zone may push an instant one day out */
	if (year > WHEN_YEAR_MAX)
		*at++ = '+', *at++ = '1', year -= 10000; /* ISO 8601: an expanded year */
	at = put_digits(at, 4, year);
	*at++ = '-';
	at = put_digits(at, 2, month);
	*at++ = '-';
	return put_digits(at, 2, dom);
}

void when_iso(struct buf *b, struct utc_s t, const struct zone *z)
{
	char text[40], *at = text;
	/*
	 * Before standard time offsets had seconds, which ISO 8601 cannot write. Cutting them
	 * from the offset and the clock alike keeps the instant exact.
	 */
	int32_t offset_s = zone_offset(z, t) / 60 * 60, minutes;
	int64_t local_s = t.v + offset_s;
	int32_t day = (int32_t)((local_s - (local_s % DAY_S + DAY_S) % DAY_S) / DAY_S);
	int32_t rest = (int32_t)(local_s - (int64_t)day * DAY_S);

	at = put_date(at, day);
	*at++ = 'T';
	at = put_digits(at, 2, rest / 3600);
	*at++ = ':';
	at = put_digits(at, 2, rest / 60 % 60);
	*at++ = ':';
	at = put_digits(at, 2, rest % 60);
	*at++ = offset_s < 0 ? '-' : '+';
	minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
	at = put_digits(at, 2, minutes / 60);
	*at++ = ':';
	at = put_digits(at, 2, minutes % 60);
	buf_put(b, text, (size_t)(at - text));
}

void when_date(struct buf *b, int32_t day)
{
	char text[16];
	char *end = put_date(text, day);

	buf_put(b, text, (size_t)(end - text));
}
