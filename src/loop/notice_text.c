/*
 * notice_text.c - what a message says: how many, and of the first few the kind, the place, the
 * deadline and a link. No title and no detail of a task, and so nothing about a person, leaves the
 * house.
 */
#include <stdlib.h>
#include <string.h>

#include "base/when.h"
#include "engine/flow/signal.h"
#include "engine/flow/table.h"
#include "grid/area.h"
#include "loop/notice_inside.h"

#include "base/ban.h"

struct word {
	const char *word, *zh, *en;
};
/* Kinds of tasks by the word that the raising room gives them; another stands as it is. */
static const struct word kinds[] = {
	{ "order", "指令", "Order" },   { "contact", "密切接触者", "Contact" },
	{ "hazard", "隐患", "Hazard" }, { "campaign", "专项行动", "Campaign" },
	{ "case", "病例", "Case" },     { "signal", "信号", "Signal" },
	{ "appeal", "申诉", "Appeal" }, { "measure", "措施", "Measure" },
};
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static struct str kind_of(struct str kind, bool english)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_eq(kind, str_of(kinds[i].word)))
			return str_of(english ? kinds[i].en : kinds[i].zh);
	return kind;
}

static struct str say_of(struct str say, bool english)
{
	for (size_t i = 0; i < FLOW_SAY_N; i++)
		if (str_eq(say, str_of(flow_say_words[i].word)))
			return str_of(english ? flow_say_words[i].en : flow_say_words[i].zh);
	for (size_t i = 0; i < FLOW_SIGNAL_PHASE_N; i++) {
		const struct flow_signal_word *w = &flow_signal_phase_words[i];

		if (str_eq(say, str_of(w->word)))
			return str_of(english ? w->en : w->zh);
	}
	return say;
}

void notice_say_json(struct json *j, struct str say)
{
	json_open(j, '{');
	json_key(j, "word");
	json_str(j, say);
	json_key(j, "zh");
	json_str(j, say_of(say, false));
	json_key(j, "en");
	json_str(j, say_of(say, true));
	json_close(j, '}');
}

static int by_code(const void *a, const void *b)
{
	const struct area_code *x = a, *y = b;

	return (x->v > y->v) - (x->v < y->v);
}

/* What the areas of the lines are called; a code stands for one that is in no list. */
static enum err names_of(struct tx *tx, const struct notice_line *line, size_t n, int32_t day,
			 bool english, struct arena *a, struct str *ret, struct fault *f)
{
	struct area_code code[NOTICE_LINES_MAX];
	struct record_area_name name[NOTICE_LINES_MAX];
	char text[AREA_TEXT_BYTES];
	size_t n_codes = 0;
	enum err e;

	for (size_t i = 0; i < n; i++)
		code[i] = line[i].area;
	qsort(code, n, sizeof *code, by_code);
	for (size_t i = 0; i < n; i++)
		if (!n_codes || code[n_codes - 1].v != code[i].v)
			code[n_codes++] = code[i];
	if (n && (e = area_names(tx, code, n_codes, day, a, name, f)))
		return e;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n_codes; k++)
			if (code[k].v == line[i].area.v)
				ret[i] = english && name[k].en.n ? name[k].en : name[k].zh;
		if (ret[i].n)
			continue;
		area_text(line[i].area, text);
		ret[i] = (struct str){ arena_copy(a, text, AREA_DIGITS), AREA_DIGITS };
		if (!ret[i].p)
			return ERR_MEMORY;
	}
	return OK;
}

static void deadline(const struct zone *z, int64_t at, bool english, struct buf *out)
{
	int32_t day = zone_day_of(z, (struct utc_s){ at });
	int64_t s = at + zone_offset(z, (struct utc_s){ at }) - (int64_t)day * 86400;
	int y, m, d;

	date_civil(day, &y, &m, &d);
	if (english)
		buf_fmt(out, "%d %s %02d:%02d", d, months[m - 1], (int)(s / 3600),
			(int)(s / 60 % 60));
	else
		buf_fmt(out, "%d月%d日 %02d:%02d", m, d, (int)(s / 3600), (int)(s / 60 % 60));
}

static enum err take(struct buf *b, struct arena *a, struct str *ret)
{
	*ret = (struct str){ arena_copy(a, b->n ? b->p : "", b->n), b->n };
	return b->failed ? b->failed : ret->p ? OK : ERR_MEMORY;
}

/* "升级 · 指令 · 永定区 · 限 9月4日 14:30 · #17" */
static void one_line(const struct notices *n, const struct notice_line *l, struct str area,
		     bool english, struct buf *out)
{
	if (l->urgent)
		buf_lit(out, english ? "[URGENT] " : "【紧急】");
	buf_str(out, say_of(l->say, english));
	buf_lit(out, " · ");
	buf_str(out, kind_of(l->kind, english));
	buf_lit(out, " · ");
	buf_str(out, area);
	if (l->deadline) {
		buf_lit(out, english ? " · by " : " · 限 ");
		deadline(n->o.zone, l->deadline, english, out);
	}
	buf_fmt(out, " · #%lld\n", (long long)l->task);
}

static void whole(const struct notices *n, const struct notice_message *m,
		  const struct notice_line *line, size_t n_lines, const struct str *area,
		  struct buf *out)
{
	int64_t left = m->n - (int64_t)n_lines;

	for (size_t i = 0; i < n_lines; i++)
		one_line(n, &line[i], area[i], m->english, out);
	if (left > 0)
		buf_fmt(out, m->english ? "and %lld more\n" : "另有 %lld 条\n", (long long)left);
	if (m->link.n) {
		buf_str(out, m->link);
		buf_char(out, '\n');
	}
}

enum err notice_text(const struct notices *n, struct tx *tx, const struct notice_line *line,
		     size_t n_lines, struct utc_s now, struct arena *a, struct notice_message *m,
		     struct fault *f)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct str area[NOTICE_LINES_MAX] = { 0 };
	const char *base = n->o.link ? n->o.link : "";
	enum err e =
		names_of(tx, line, n_lines, zone_day_of(n->o.zone, now), m->english, a, area, f);

	if (e)
		return e;
	for (size_t i = 0; i < n_lines; i++)
		m->urgent = m->urgent || line[i].urgent;
	if (n_lines) {
		m->task = line[0].task;
		m->kind = kind_of(line[0].kind, m->english);
		m->area = area[0];
		if (line[0].deadline)
			deadline(n->o.zone, line[0].deadline, m->english, &b);
		if ((e = take(&b, a, &m->deadline)))
			return e;
	}
	buf_clear(&b);
	if (*base && m->n == 1)
		buf_fmt(&b, "%s/n/tasks/%lld", base, (long long)m->task);
	else if (*base)
		buf_fmt(&b, "%s/notices", base);
	if ((e = take(&b, a, &m->link)))
		return e;
	buf_clear(&b);
	whole(n, m, line, n_lines, area, &b);
	if ((e = take(&b, a, &m->text)))
		return e;
	buf_clear(&b);
	if (m->english)
		buf_fmt(&b, "%s%s: %lld task notice(s)", m->urgent ? "[URGENT] " : "",
			n->o.name ? n->o.name : "Outpost", (long long)m->n);
	else
		buf_fmt(&b, "%s%s：%lld 条任务通知", m->urgent ? "【紧急】" : "",
			n->o.name ? n->o.name : "前哨", (long long)m->n);
	return take(&b, a, &m->subject);
}
