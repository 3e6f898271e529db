/* finding.c - see finding.h. */
#include "intake/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "intake/contact_push.h"
#include "intake/count_report.h"
#include "intake/intake.sql.h"
#include "intake/notification.h"
#include "intake/sample.h"

#include "base/ban.h"

enum { FINDINGS_BYTES = 64 << 20, FINDINGS_MAX = 100000, SAME_ROWS = 3 };

enum err finding_add(struct findings *x, int64_t row, const char *kind, const char *zh,
		     const char *en, ...)
{
	char text[2][FAULT_TEXT_BYTES];
	struct finding one = { .row = row, .kind = kind };
	va_list args;

	if (x->v.n >= FINDINGS_MAX)
		return OK;
	va_start(args, en);
	vsnprintf(text[0], sizeof text[0], zh, args);
	va_end(args);
	va_start(args, en);
	vsnprintf(text[1], sizeof text[1], en, args);
	va_end(args);
	one.zh = arena_copy(x->a, text[0], strlen(text[0]));
	one.en = arena_copy(x->a, text[1], strlen(text[1]));
	return one.zh && one.en ? vec_push(&x->v, one) : ERR_MEMORY;
}

void findings_end(struct findings *x)
{
	arena_end(&x->a);
	vec_drop(&x->v);
	*x = (struct findings){ 0 };
}

/* ---- numbers --------------------------------------------------------------------------------- */

struct report {
	const struct count_report *c;
	int64_t row;
};
struct looking {
	const struct judged *j;
	struct area_code county;
	int32_t today;
	struct tx *tx;
	struct findings *ret;
	struct fault *f;
	struct report *v;
	size_t n;
	int64_t step; /* of the series that is looked at, in days */
};

static int by_series(const void *a, const void *b)
{
	const struct report *x = a, *y = b;
	int c;

	if (x->c->record.area.v != y->c->record.area.v)
		return x->c->record.area.v < y->c->record.area.v ? -1 : 1;
	if ((c = str_cmp(x->c->place, y->c->place)) || (c = str_cmp(x->c->disease, y->c->disease)))
		return c;
	if (x->c->day.v != y->c->day.v)
		return x->c->day.v < y->c->day.v ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static int by_day(const void *a, const void *b)
{
	const struct report *x = a, *y = b;

	if (x->c->day.v != y->c->day.v)
		return x->c->day.v < y->c->day.v ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static bool same_series(const struct count_report *x, const struct count_report *y)
{
	return x->record.area.v == y->record.area.v && str_eq(x->place, y->place) &&
	       str_eq(x->disease, y->disease);
}

static const struct total {
	size_t total, fresh;
	const char *zh, *en;
} totals[] = {
	{ offsetof(struct count_report, confirmed_total),
	  offsetof(struct count_report, confirmed_new), "累计确诊", "confirmed in all" },
	{ offsetof(struct count_report, recovered_total),
	  offsetof(struct count_report, recovered_new), "累计治愈", "recovered in all" },
	{ offsetof(struct count_report, dead_total), offsetof(struct count_report, dead_new),
	  "累计死亡", "dead in all" },
};

static int64_t number_at(const struct count_report *c, size_t at)
{
	int64_t v;

	memcpy(&v, (const char *)c + at, sizeof v);
	return v;
}

static void date_of(int64_t day, char ret[16])
{
	struct buf b = { .p = ret, .cap = 15 };

	when_date(&b, (int32_t)day);
	ret[min_size(b.n, 15)] = '\0';
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* How many days lie between two reports as a rule: 1 of a daily list, 7 of a weekly one. */
static enum err usual_step(struct looking *g, size_t from, size_t to, int64_t *ret)
{
	int64_t *step = arena_take(g->ret->a, to - from + 1, sizeof *step);
	size_t n = 0;

	if (!step)
		return ERR_MEMORY;
	for (size_t i = from + 1; i < to; i++)
		if (g->v[i].c->day.v > g->v[i - 1].c->day.v)
			step[n++] = g->v[i].c->day.v - g->v[i - 1].c->day.v;
	qsort(step, n, sizeof *step, by_number);
	*ret = n >= SAME_ROWS ? step[n / 2] : 1;
	return OK;
}

/* One report after another of the same area. */
static enum err follows(struct looking *g, const struct count_report *a, const struct report *r)
{
	const struct count_report *b = r->c;
	long long missing = b->day.v - a->day.v - g->step;
	char day[16], before[16];
	enum err e = OK;

	date_of(b->day.v, day);
	date_of(a->day.v, before);
	if (missing > 0)
		e = finding_add(g->ret, r->row, "gap", "%s 之前缺 %lld 天%.0s：上一份是 %s",
				"before %s %lld day%s missing: the last one is of %s", day, missing,
				missing == 1 ? " is" : "s are", before);
	for (size_t i = 0; i < ARRAY_LEN(totals) && !e; i++) {
		const struct total *t = &totals[i];
		int64_t was = number_at(a, t->total), is = number_at(b, t->total),
			fresh = number_at(b, t->fresh);

		if (was == FIELD_NONE || is == FIELD_NONE)
			continue;
		if (is < was)
			e = finding_add(g->ret, r->row, "fall",
					"%s：%s 从 %lld 降到 %lld%.0s，累计数不应下降",
					"%s: %.0sfrom %lld to %lld a sum fell: %s", day, t->zh,
					(long long)was, (long long)is, t->en);
		else if (fresh != FIELD_NONE && b->day.v == a->day.v + g->step && fresh != is - was)
			e = finding_add(g->ret, r->row, "new_differs",
					"%s：%s 从 %lld 到 %lld，新增却写 %lld%.0s",
					"%s: %.0sfrom %lld to %lld, told as %lld new: %s", day,
					t->zh, (long long)was, (long long)is, (long long)fresh,
					t->en);
	}
	return e;
}

/* The report that was stored last before the batch's first of a series. */
static enum err stored_before(struct looking *g, const struct report *r)
{
	CLEANUP(rows_end) struct rows *q = NULL;
	struct count_report was = *r->c;
	enum err e;

	if (!g->tx)
		return OK;
	e = tx_row(g->tx, &intake_sql.count_before,
		   SQL_ARGS(sql_i64(area_county(r->c->record.area).v), sql_i64(r->c->record.area.v),
			    sql_text(r->c->place), sql_i64(r->c->day.v)),
		   &q, g->f);
	if (e)
		return e == ERR_ABSENT ? OK : e;
	was.day.v = rows_i64(q, 0);
	was.confirmed_total = rows_null(q, 1) ? FIELD_NONE : rows_i64(q, 1);
	was.recovered_total = rows_null(q, 2) ? FIELD_NONE : rows_i64(q, 2);
	was.dead_total = rows_null(q, 3) ? FIELD_NONE : rows_i64(q, 3);
	return follows(g, &was, r);
}

static bool same_numbers(const struct count_report *a, const struct count_report *b)
{
	static const size_t at[] = {
		offsetof(struct count_report, confirmed_total),
		offsetof(struct count_report, recovered_total),
		offsetof(struct count_report, dead_total),
		offsetof(struct count_report, suspected),
		offsetof(struct count_report, confirmed_new),
	};

	for (size_t i = 0; i < ARRAY_LEN(at); i++)
		if (number_at(a, at[i]) != number_at(b, at[i]))
			return false;
	return true;
}

static enum err each_series(struct looking *g)
{
	enum err e = OK;

	qsort(g->v, g->n, sizeof *g->v, by_series);
	for (size_t i = 0; i < g->n && !e; i++) {
		const struct report *r = &g->v[i], *last = i ? &g->v[i - 1] : NULL;
		char day[16];

		date_of(r->c->day.v, day);
		if (!last || !same_series(last->c, r->c)) {
			size_t end = i + 1;

			while (end < g->n && same_series(g->v[end].c, r->c))
				end++;
			if ((e = usual_step(g, i, end, &g->step)))
				break;
		}
		if (r->c->day.v > g->today)
			e = finding_add(g->ret, r->row, "future", "%s 还没到",
					"%s is still to come", day);
		if (e)
			break;
		if (!last || !same_series(last->c, r->c))
			e = stored_before(g, r);
		else if (last->c->day.v != r->c->day.v)
			e = follows(g, last->c, r);
		else if (!same_numbers(last->c, r->c))
			e = finding_add(g->ret, r->row, "twice",
					"%s 有两份数字不同的报告（另见第 %lld 行）",
					"%s has two reports that differ (see also row %lld)", day,
					(long long)last->row);
	}
	return e;
}

/* A row that adds others up: it says so, or its area is above theirs. */
static bool is_total(const struct count_report *c, struct area_code feed_area, bool parts_below)
{
	static const char *const words[] = { "合计", "总计",  "全省", "全市",
					     "全国", "Total", "total" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (c->place.n >= strlen(words[i]) &&
		    memmem(c->place.p, c->place.n, words[i], strlen(words[i])))
			return true;
	return parts_below && !c->place.n && c->record.area.v == feed_area.v;
}

static enum err one_day(struct looking *g, const struct report *v, size_t n, bool *told)
{
	const struct report *total = NULL;
	struct area_code top = v[0].c->record.area;
	bool below = false;
	char day[16];
	enum err e = OK;

	for (size_t i = 0; i < n; i++)
		if (area_covers(v[i].c->record.area, top))
			top = v[i].c->record.area;
	for (size_t i = 0; i < n; i++)
		below |= v[i].c->record.area.v != top.v && area_covers(top, v[i].c->record.area);
	for (size_t i = 0; i < n && !total; i++)
		if (is_total(v[i].c, top, below))
			total = &v[i];
	if (!total || n < 2)
		return OK;
	date_of(v[0].c->day.v, day);
	if (!*told)
		e = finding_add(
			g->ret, total->row, "total_row",
			"第 %lld 行是合计，与各地的行并列：不要把它们相加（自 %s 起）",
			"row %lld is a total beside its parts: do not add them (from %s on)",
			(long long)total->row, day);
	*told = true;
	for (size_t t = 0; t < ARRAY_LEN(totals) && !e; t++) {
		int64_t sum = 0, said = number_at(total->c, totals[t].total);
		bool all = said != FIELD_NONE;

		for (size_t i = 0; i < n && all; i++) {
			int64_t one = number_at(v[i].c, totals[t].total);

			if (&v[i] == total)
				continue;
			all = one != FIELD_NONE;
			sum += all ? one : 0;
		}
		if (all && sum != said)
			e = finding_add(g->ret, total->row, "sum",
					"%s：%s 合计写 %lld，各地相加是 %lld%.0s",
					"%s: %.0stotal %lld, its parts add up to %lld: %s", day,
					totals[t].zh, (long long)said, (long long)sum,
					totals[t].en);
	}
	return e;
}

static enum err each_day(struct looking *g)
{
	bool told = false;
	enum err e = OK;

	qsort(g->v, g->n, sizeof *g->v, by_day);
	for (size_t i = 0, k; i < g->n && !e; i = k) {
		for (k = i + 1; k < g->n && g->v[k].c->day.v == g->v[i].c->day.v; k++)
			;
		e = one_day(g, g->v + i, k - i, &told);
	}
	return e;
}

static enum err look_at_counts(struct looking *g)
{
	const struct judged *j = g->j;
	enum err e;

	if (!(g->v = arena_take(g->ret->a, j->ok.n + 1, sizeof *g->v)))
		return ERR_MEMORY;
	for (size_t i = 0; i < j->ok.n; i++)
		g->v[g->n++] = (struct report){ j->ok.v[i].at, j->ok.v[i].row };
	e = each_series(g);
	return e ? e : each_day(g);
}

/* ---- people ---------------------------------------------------------------------------------- */

static enum err dates(struct looking *g, int64_t row, int64_t first, int64_t then, const char *zh,
		      const char *en)
{
	if (first == FIELD_NONE || then == FIELD_NONE || first <= then)
		return OK;
	return finding_add(g->ret, row, "order", "%s%.0s", "%.0s%s", zh, en);
}

static enum err look_at_card(struct looking *g, int64_t row, const struct notification *n)
{
	enum err e;

	if ((e = dates(g, row, n->exposed_on.v, n->onset_on.v, "发病日期早于暴露日期",
		       "onset lies before exposure")) ||
	    (e = dates(g, row, n->onset_on.v, n->reported_on.v, "报告日期早于发病日期",
		       "the report lies before onset")) ||
	    (e = dates(g, row, n->onset_on.v, n->outcome_on.v, "转归日期早于发病日期",
		       "the outcome lies before onset")) ||
	    (e = dates(g, row, n->hospital_on.v, n->outcome_on.v, "转归日期早于入院日期",
		       "the outcome lies before the admission")))
		return e;
	if (n->reported_on.v != FIELD_NONE && n->reported_on.v > g->today)
		return finding_add(g->ret, row, "future", "报告日期还没到",
				   "the day of the report is still to come");
	return OK;
}

struct named_row {
	struct str id;
	int64_t row, digest;
};

static int by_id(const void *a, const void *b)
{
	const struct named_row *x = a, *y = b;
	int c = str_cmp(x->id, y->id);

	return c ? c : (x->row > y->row) - (x->row < y->row);
}

/* One id, two contents: a correction, or two people under one number. */
static enum err same_ids(struct looking *g, struct named_row *v, size_t n)
{
	enum err e = OK;

	qsort(v, n, sizeof *v, by_id);
	for (size_t i = 1; i < n && !e; i++)
		if (v[i].id.n && str_eq(v[i].id, v[i - 1].id) && v[i].digest != v[i - 1].digest)
			e = finding_add(g->ret, v[i].row, "same_id",
					"与第 %lld 行编号相同，内容不同",
					"the same id as row %lld, and another content",
					(long long)v[i - 1].row);
	return e;
}

/* "19,20": which of them it was is for somebody to say. */
static enum err one_id(struct looking *g, int64_t row, struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (memchr(",;/|", id.p[i], 4))
			return finding_add(g->ret, row, "many", "一格里有几个编号，没有拆开",
					   "there are several ids in one cell, kept as they are");
	return OK;
}

static enum err look_at_people(struct looking *g)
{
	const struct judged *j = g->j;
	struct named_row *v = arena_take(g->ret->a, j->ok.n + 1, sizeof *v);
	enum err e = OK;

	if (!v)
		return ERR_MEMORY;
	for (size_t i = 0; i < j->ok.n && !e; i++) {
		const struct judged_row *r = &j->ok.v[i];
		const struct sample *s = r->at;
		const struct notification *n = r->at;
		const struct contact_push *c = r->at;

		v[i] = (struct named_row){ .row = r->row, .digest = r->digest };
		if (j->schema.brings == FEED_NOTIFICATIONS) {
			v[i].id = n->source_id;
			if (!(e = look_at_card(g, r->row, n)))
				e = one_id(g, r->row, n->infected_by);
		} else if (j->schema.brings == FEED_CONTACTS) {
			if (!(e = one_id(g, r->row, c->from_source_id)))
				e = one_id(g, r->row, c->to_source_id);
		} else if (j->schema.brings == FEED_SAMPLES) {
			v[i].id = s->number;
			if (!(e = dates(g, r->row, s->sampled_at.v, s->received_at.v,
					"收样早于采样", "received before it was taken")))
				e = dates(g, r->row, s->sampled_at.v, s->resulted_at.v,
					  "出结果早于采样", "the result came before the sample");
		}
	}
	return e ? e : same_ids(g, v, j->ok.n);
}

enum err findings_look(const struct judged *j, struct area_code county, struct utc_s now,
		       const struct zone *zone, struct tx *tx, struct findings *ret,
		       struct fault *f)
{
	struct looking g = { .j = j,
			     .county = county,
			     .today = zone_day_of(zone, now),
			     .tx = tx,
			     .ret = ret,
			     .f = f };
	enum err e;

	if (!ret->a && (e = arena_new(FINDINGS_BYTES, &ret->a)))
		return e;
	arena_clear(ret->a);
	ret->v.n = 0;
	if (j->schema.brings == FEED_COUNTS)
		return look_at_counts(&g);
	return j->schema.brings == FEED_VISITS ? OK : look_at_people(&g);
}
