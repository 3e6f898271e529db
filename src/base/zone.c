/*
 * zone.c - time zones: TZif files in, offsets and local days out.
 *
 * A zone is a sequence of segments of time with one offset each: first those the file lists,
 * then, without end, those the rule in the file's footer makes. Everything below is a walk over
 * segments; nothing asks the C library, whose TZ is one global for the whole process.
 */
#include "base/when.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#include "base/ban.h"

#define ZONE_DIR "/usr/share/zoneinfo/"
/* Three million years: beyond it no calendar is kept, so that day numbers fit 32 bits. */
#define RULE_S_MAX 90000000000000LL

enum {
	DAY_S = 86400,
	NAME_BYTES_MAX = 64,
	/* RFC 8536 3.2: more than -25 h, less than +26 h. Local and universal time are never
	 * further apart than this, which bounds every search from local time. */
	OFFSET_S_MAX = 26 * 3600,
	TZIF_HEADER_BYTES = 44,
	TZIF_TYPES_MAX = 256,
	FOOTER_BYTES_MAX = 128
};

/* "M3.2.0/2": when, in each year, a rule turns over. */
struct turn {
	enum { TURN_JULIAN, TURN_DAY, TURN_WEEK } kind; /* Jn, n, Mm.w.d */
	int month, week, day; /* `day` alone for Jn and n */
	int32_t time_s;       /* local time, -167 h .. 167 h */
};

struct rule {
	bool has_dst;
	int32_t std_s, dst_s; /* east of UTC */
	struct turn start, end;
};

struct zone {
	char name[NAME_BYTES_MAX];
	size_t n;          /* transitions of the file */
	int64_t *at;       /* sorted, strictly growing */
	int32_t *offset_s; /* from at[i] on */
	int32_t first_s;   /* before at[0] */
	bool has_rule;     /* else the last offset stays for ever */
	struct rule rule;  /* from at[n - 1] on, or always when n = 0 */
};

struct segment {
	int64_t from, until; /* half-open; INT64_MIN and INT64_MAX for no end */
	int32_t offset_s;
};

/* ---- the footer's rule ---- */

/* Cursor over the footer text: each reader returns false and leaves the rest unspecified. */
struct cursor {
	const char *p, *end;
};

static bool read_char(struct cursor *c, char want)
{
	if (c->p == c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

static bool read_int(struct cursor *c, int max, int *ret)
{
	int v = 0;
	const char *from = c->p;

	while (c->p < c->end && *c->p >= '0' && *c->p <= '9') {
		v = v * 10 + (*c->p++ - '0');
		if (v > max)
			return false;
	}
	*ret = v;
	return c->p > from;
}

/* [+-]hh[:mm[:ss]] in seconds */
static bool read_hms(struct cursor *c, int hours_max, int32_t *ret)
{
	int sign = 1, h = 0, m = 0, s = 0;

	if (read_char(c, '-'))
		sign = -1;
	else
		(void)read_char(c, '+');
	if (!read_int(c, hours_max, &h))
		return false;
	if (read_char(c, ':') && !read_int(c, 59, &m))
		return false;
	if (read_char(c, ':') && !read_int(c, 59, &s))
		return false;
	*ret = sign * (h * 3600 + m * 60 + s);
	return true;
}

/* "CST" or "<+08>": read over, we show offsets and no abbreviations. */
static bool read_letters(struct cursor *c)
{
	const char *from = c->p;

	if (read_char(c, '<')) {
		while (c->p < c->end && *c->p != '>')
			c->p++;
		return read_char(c, '>');
	}
	while (c->p < c->end && ((*c->p >= 'A' && *c->p <= 'Z') || (*c->p >= 'a' && *c->p <= 'z')))
		c->p++;
	return c->p - from >= 3;
}

static bool read_turn(struct cursor *c, struct turn *ret)
{
	*ret = (struct turn){ .kind = TURN_DAY, .time_s = 2 * 3600 };
	if (read_char(c, 'J')) {
		ret->kind = TURN_JULIAN;
		if (!read_int(c, 365, &ret->day) || ret->day < 1)
			return false;
	} else if (read_char(c, 'M')) {
		ret->kind = TURN_WEEK;
		if (!read_int(c, 12, &ret->month) || !read_char(c, '.') ||
		    !read_int(c, 5, &ret->week) || !read_char(c, '.') ||
		    !read_int(c, 6, &ret->day) || ret->month < 1 || ret->week < 1)
			return false;
	} else if (!read_int(c, 365, &ret->day)) {
		return false;
	}
	return !read_char(c, '/') || read_hms(c, 167, &ret->time_s);
}

static bool read_rule(struct str text, struct rule *ret)
{
	struct cursor c = { text.p, text.p + text.n };
	struct rule r = { 0 };

	if (!read_letters(&c) || !read_hms(&c, 24, &r.std_s))
		return false;
	r.std_s = -r.std_s; /* POSIX counts west of Greenwich */
	if (c.p < c.end) {
		r.has_dst = true;
		r.dst_s = r.std_s + 3600;
		if (!read_letters(&c))
			return false;
		if (c.p < c.end && *c.p != ',') {
			if (!read_hms(&c, 24, &r.dst_s))
				return false;
			r.dst_s = -r.dst_s;
		}
		if (!read_char(&c, ',') || !read_turn(&c, &r.start) || !read_char(&c, ',') ||
		    !read_turn(&c, &r.end))
			return false;
	}
	*ret = r;
	return c.p == c.end;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t turn_day(const struct turn *t, int year)
{
	int32_t first = date_day(year, 1, 1), last;
	int32_t weekday;

	if (t->kind == TURN_DAY)
		return first + t->day;
	if (t->kind == TURN_JULIAN) /* 29 February is not counted */
		return first + t->day - 1 + (t->day >= 60 && is_leap(year));
	first = date_day(year, t->month, 1);
	last = (t->month == 12 ? date_day(year + 1, 1, 1) : date_day(year, t->month + 1, 1)) - 1;
	weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
	first += (t->day - weekday + 7) % 7 + (t->week - 1) * 7;
	return first > last ? first - 7 : first;
}

static int64_t floor_day(int64_t s)
{
	return s >= 0 ? s / DAY_S : -((-(s + 1)) / DAY_S) - 1;
}

struct change {
	int64_t at;
	int32_t offset_s;
};

/* The segment of the rule that holds t, from the changes of three years around it. */
static struct segment rule_segment(const struct rule *r, int64_t t)
{
	struct change changes[6];
	struct segment s = { INT64_MIN, INT64_MAX, r->std_s };
	int year, month, day, n = 0;

	if (!r->has_dst)
		return s;
	if (t >= RULE_S_MAX)
		return (struct segment){ RULE_S_MAX, INT64_MAX, r->std_s };
	if (t < -RULE_S_MAX)
		return (struct segment){ INT64_MIN, -RULE_S_MAX, r->std_s };
	date_civil((int32_t)floor_day(t + r->std_s), &year, &month, &day);
	for (int y = year - 1; y <= year + 1; y++) {
		int64_t start =
			(int64_t)turn_day(&r->start, y) * DAY_S + r->start.time_s - r->std_s;
		int64_t end = (int64_t)turn_day(&r->end, y) * DAY_S + r->end.time_s - r->dst_s;

		changes[n++] = (struct change){ start, r->dst_s };
		changes[n++] = (struct change){ end, r->std_s };
	}
	/* Sorted by time; where an end meets the next start, the start has the last word. */
	for (int i = 1; i < n; i++)
		for (int k = i; k > 0; k--) {
			struct change *a = &changes[k - 1], *b = &changes[k];
			struct change swap = *a;

			if (a->at < b->at || (a->at == b->at && a->offset_s == r->std_s))
				break;
			*a = *b;
			*b = swap;
		}
	for (int i = 0; i < n; i++) {
		if (changes[i].at > t) {
			s.until = changes[i].at;
			break;
		}
		s.from = changes[i].at;
		s.offset_s = changes[i].offset_s;
	}
	return s;
}

/* ---- segments ---- */

static struct segment segment_at(const struct zone *z, int64_t t)
{
	size_t low = 0, high = z->n;
	struct segment s;

	if (z->n == 0 || t >= z->at[z->n - 1]) {
		int64_t last = z->n ? z->at[z->n - 1] : INT64_MIN;

		if (!z->has_rule)
			return (struct segment){ last, INT64_MAX,
						 z->n ? z->offset_s[z->n - 1] : z->first_s };
		s = rule_segment(&z->rule, t);
		s.from = max_i64(s.from, last);
		return s;
	}
	while (low < high) { /* the first transition after t; there is one */
		size_t middle = low + (high - low) / 2;

		if (z->at[middle] <= t)
			low = middle + 1;
		else
			high = middle;
	}
	s.from = low ? z->at[low - 1] : INT64_MIN;
	s.until = z->at[low];
	s.offset_s = low ? z->offset_s[low - 1] : z->first_s;
	return s;
}

int32_t zone_offset(const struct zone *z, struct utc_s t)
{
	return segment_at(z, t.v).offset_s;
}

/*
 * The first instant at which the local clock shows local_s or later. *ret_before is the offset
 * just before that instant if the clock jumped over local_s there, else the offset at it.
 */
static int64_t first_reaching(const struct zone *z, int64_t local_s, int32_t *ret_before)
{
	struct segment s = segment_at(z, local_s - OFFSET_S_MAX);
	int32_t before = s.offset_s;

	for (;;) {
		int64_t t = local_s - s.offset_s;

		if (t < s.from) { /* the jump into this segment went past local_s */
			*ret_before = before;
			return s.from;
		}
		if (t < s.until) {
			*ret_before = s.offset_s;
			return t;
		}
		before = s.offset_s;
		s = segment_at(z, s.until);
	}
}

struct utc_s zone_from_local(const struct zone *z, int64_t local_s)
{
	int32_t before;

	(void)first_reaching(z, local_s, &before);
	return (struct utc_s){ local_s - before };
}

struct utc_s zone_day_start(const struct zone *z, int32_t day)
{
	int32_t before;

	return (struct utc_s){ first_reaching(z, (int64_t)day * DAY_S, &before) };
}

bool zone_even(const struct zone *z, int32_t day, int32_t *ret_offset_s)
{
	int64_t from = (int64_t)day * DAY_S, to = from + DAY_S;
	struct segment s = segment_at(z, from - OFFSET_S_MAX);

	*ret_offset_s = s.offset_s;
	return to - s.offset_s < s.until;
}

int32_t zone_day_of(const struct zone *z, struct utc_s t)
{
	return (int32_t)floor_day(t.v + zone_offset(z, t));
}

/* ---- TZif, RFC 8536 ---- */

struct tzif {
	size_t isut, isstd, leap, time, type, chars;
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const uint8_t *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

/* Read the header at *p and step over it. */
static bool tzif_header(const uint8_t **p, const uint8_t *end, struct tzif *ret)
{
	const uint8_t *h = *p;

	if (end - h < TZIF_HEADER_BYTES || memcmp(h, "TZif", 4) != 0 || h[4] < '2')
		return false;
	*ret = (struct tzif){ be32(h + 20), be32(h + 24), be32(h + 28),
			      be32(h + 32), be32(h + 36), be32(h + 40) };
	*p = h + TZIF_HEADER_BYTES;
	return true;
}

static size_t tzif_bytes(const struct tzif *t, size_t time_bytes)
{
	return t->time * (time_bytes + 1) + t->type * 6 + t->chars + t->leap * (time_bytes + 4) +
	       t->isstd + t->isut;
}

static bool read_types(const uint8_t *types, size_t n, int32_t *offsets)
{
	for (size_t i = 0; i < n; i++) {
		offsets[i] = (int32_t)be32(types + 6 * i);
		if (offsets[i] <= -OFFSET_S_MAX || offsets[i] >= OFFSET_S_MAX)
			return false;
	}
	return true;
}

/* The 64-bit block. z owns what it got, on errors too. */
static enum err read_block(struct zone *z, const uint8_t *p, const struct tzif *t)
{
	int32_t offsets[TZIF_TYPES_MAX];
	const uint8_t *which = p + t->time * 8;

	if (t->type == 0 || t->type > TZIF_TYPES_MAX || t->leap != 0 ||
	    !read_types(which + t->time, t->type, offsets))
		return ERR_CORRUPT;
	z->first_s = offsets[0];
	z->at = mem_take(t->time, sizeof z->at[0]);
	z->offset_s = mem_take(t->time, sizeof z->offset_s[0]);
	if (!z->at || !z->offset_s)
		return ERR_MEMORY;
	for (size_t i = 0; i < t->time; i++) {
		if (which[i] >= t->type)
			return ERR_CORRUPT;
		z->at[i] = be64(p + 8 * i);
		z->offset_s[i] = offsets[which[i]];
		if (i && z->at[i] <= z->at[i - 1])
			return ERR_CORRUPT;
	}
	z->n = t->time;
	return OK;
}

static enum err read_tzif(struct zone *z, const uint8_t *p, size_t n)
{
	const uint8_t *end = p + n, *stop;
	struct tzif t;
	enum err e;

	if (!tzif_header(&p, end, &t) || tzif_bytes(&t, 4) > (size_t)(end - p))
		return ERR_CORRUPT;
	p += tzif_bytes(&t, 4); /* the 32-bit block is for readers of the last century */
	if (!tzif_header(&p, end, &t) || tzif_bytes(&t, 8) > (size_t)(end - p))
		return ERR_CORRUPT;
	e = read_block(z, p, &t);
	if (e)
		return e;
	p += tzif_bytes(&t, 8);
	if (p == end || *p++ != '\n')
		return ERR_CORRUPT;
	stop = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
	if (!stop || stop - p > FOOTER_BYTES_MAX)
		return ERR_CORRUPT;
	z->has_rule = stop > p;
	if (z->has_rule &&
	    !read_rule((struct str){ (const char *)p, (size_t)(stop - p) }, &z->rule))
		return ERR_CORRUPT;
	return OK;
}

/* ---- open ---- */

/* "+08:00", "+0800" or "+08" */
static bool read_fixed(const char *name, int32_t *ret)
{
	const char *d = name + 1;
	size_t n = strlen(name);
	int h, m = 0;

	if ((name[0] != '+' && name[0] != '-') || n < 3)
		return false;
	for (size_t i = 1; i < n; i++)
		if ((name[i] < '0' || name[i] > '9') && !(n == 6 && i == 3 && name[i] == ':'))
			return false;
	if (n != 3 && n != 5 && !(n == 6 && name[3] == ':'))
		return false;
	h = (d[0] - '0') * 10 + d[1] - '0';
	if (n > 3)
		m = (name[n - 2] - '0') * 10 + name[n - 1] - '0';
	if (h > 23 || m > 59)
		return false;
	*ret = (name[0] == '-' ? -1 : 1) * (h * 3600 + m * 60);
	return true;
}

/* A name goes into a path: it may only walk down, never up or away. */
static bool is_name(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n >= NAME_BYTES_MAX || name[0] == '/' || strstr(name, ".."))
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = name[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      strchr("_+-/", c)))
			return false;
	}
	return true;
}

static enum err unknown(struct fault *f, const char *name)
{
	return fault_set(
		f, ERR_ABSENT,
		"没有时区“%.64s”；请写如 Asia/Shanghai 的名字（需装有 tzdata）"
		"或如 +08:00 的偏移",
		"there is no time zone \"%.64s\"; give a name such as Asia/Shanghai (which "
		"needs tzdata installed) or an offset such as +08:00",
		name);
}

static enum err no_memory(struct fault *f, const char *name)
{
	return fault_set(f, ERR_MEMORY, "内存不足，无法读取时区 %s",
			 "no memory to read time zone %s", name);
}

static enum err named_new(const char *name, int32_t offset_s, struct zone **ret)
{
	struct zone *z = mem_take(1, sizeof *z);

	if (!z)
		return ERR_MEMORY;
	snprintf(z->name, sizeof z->name, "%s", name);
	z->first_s = offset_s;
	*ret = z;
	return OK;
}

enum err zone_open_bytes(const char *name, struct str tzif, struct zone **ret)
{
	CLEANUP(zone_end) struct zone *z = NULL;
	enum err e = named_new(name, 0, &z);

	if (!e)
		e = read_tzif(z, (const uint8_t *)tzif.p, tzif.n);
	if (e)
		return e;
	*ret = z;
	z = NULL;
	return OK;
}

static enum err load(const char *name, struct zone **ret, struct fault *f)
{
	char path[sizeof ZONE_DIR + NAME_BYTES_MAX];
	CLEANUP(file_unmap) struct file_map map = { 0 };
	struct fault own = { 0 };
	enum err e;

	snprintf(path, sizeof path, ZONE_DIR "%s", name);
	e = file_map_read(path, &map, &own);
	if (e == ERR_ABSENT)
		return unknown(f, name);
	if (e)
		return fault_set(f, e, "%s%.0s", "%.0s%s", own.zh, own.en);
	if (map.n < 4 || memcmp(map.p, "TZif", 4) != 0)
		return unknown(f, name); /* tzdata keeps its tables in the same folder */
	e = zone_open_bytes(name, (struct str){ (const char *)map.p, map.n }, ret);
	if (e == ERR_MEMORY)
		return no_memory(f, name);
	if (e)
		return fault_set(f, e, "时区文件 %s 已损坏或不受支持",
				 "the time-zone file %s is damaged or of a kind not supported",
				 path);
	return OK;
}

enum err zone_open(const char *name, struct zone **ret, struct fault *f)
{
	int32_t fixed = 0;

	if (strcmp(name, "UTC") == 0 || read_fixed(name, &fixed))
		return named_new(name, fixed, ret) ? no_memory(f, name) : OK;
	return is_name(name) ? load(name, ret, f) : unknown(f, name);
}

void zone_free(struct zone *z)
{
	if (!z)
		return;
	mem_drop(z->at);
	mem_drop(z->offset_s);
	mem_drop(z);
}

void zone_end(struct zone **z)
{
	zone_free(*z);
	*z = NULL;
}

const char *zone_name(const struct zone *z)
{
	return z->name;
}
