/*
 * profiles.c - the verb `profiles`: list them, show one, check a file of them.
 *
 * With --json the answer on standard output is JSON, else text for a reader.
 */
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/rules.h"

#include "base/ban.h"

#define BUDGET_BYTES ((size_t)256 << 20)

/* ---- as JSON -------------------------------------------------------------------------------- */

static void json_day(struct json *j, const char *key, int32_t day)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	json_key(j, key);
	if (day == PROFILE_DAY_OPEN) {
		json_nil(j);
		return;
	}
	when_date(&b, day);
	json_str(j, buf_view(&b));
}

static void json_unset(struct json *j, const char *key, int32_t v)
{
	json_key(j, key);
	if (v == PROFILE_UNSET)
		json_nil(j);
	else
		json_i64(j, v);
}

static void json_texts(struct json *j, const char *key, const struct profile_texts *t)
{
	json_key(j, key);
	json_open(j, '[');
	for (size_t i = 0; i < t->n; i++)
		json_str(j, t->v[i]);
	json_close(j, ']');
}

static void json_rule(struct json *j, const struct profile_rule *r)
{
	json_open(j, '{');
	json_key(j, "id");
	json_str(j, r->id);
	json_texts(j, "kinds", &r->kinds);
	if (r->except.n)
		json_texts(j, "except", &r->except);
	json_key(j, "class");
	json_str(j, str_of(trace_class_word(r->klass)));
	json_unset(j, "min_overlap_min", r->min_overlap_min);
	if (r->seat_unit) {
		json_key(j, "seat");
		json_open(j, '{');
		json_unset(j, "unit", r->seat_unit);
		json_unset(j, "within", r->seat_within);
		json_key(j, "if_unknown");
		json_bool(j, r->seat_if_unknown);
		json_close(j, '}');
	}
	if (r->roles.n)
		json_texts(j, "roles", &r->roles);
	if (r->stay_hours) {
		json_key(j, "stay");
		json_open(j, '{');
		json_unset(j, "hours", r->stay_hours);
		json_unset(j, "within_days", r->stay_days);
		json_close(j, '}');
	}
	json_close(j, '}');
}

static void json_note(struct json *j, struct str zh, struct str en)
{
	if (!zh.n)
		return;
	json_key(j, "note_zh");
	json_str(j, zh);
	json_key(j, "note_en");
	json_str(j, en);
}

static void json_phase(struct json *j, const struct profile_phase *x)
{
	json_open(j, '{');
	json_key(j, "where");
	json_str(j, str_of(profile_where_words[x->where]));
	json_key(j, "days");
	json_i64(j, x->days);
	json_key(j, "test_days");
	json_open(j, '[');
	for (size_t i = 0; i < x->n_tests; i++)
		json_i64(j, x->tests[i]);
	json_close(j, ']');
	json_close(j, '}');
}

static void json_follow_up(struct json *j, const struct profile *p)
{
	json_key(j, "tests_from");
	json_str(j, p->tests_from_isolation ? STR("isolation") : STR("last_exposure"));
	json_key(j, "follow_up");
	json_open(j, '{');
	for (int c = 0; c < TRACE_CLASS_N; c++) {
		const struct profile_follow_up *u = &p->follow_up[c];

		if (!u->present)
			continue;
		json_key(j, trace_class_word((enum trace_class)c));
		json_open(j, '{');
		json_key(j, "phases");
		json_open(j, '[');
		for (size_t i = 0; i < u->n_phases; i++)
			json_phase(j, &u->phases[i]);
		json_close(j, ']');
		json_note(j, u->note_zh, u->note_en);
		json_close(j, '}');
	}
	json_close(j, '}');
}

static void json_head(struct json *j, const struct profile *p)
{
	json_key(j, "id");
	json_str(j, p->id);
	json_key(j, "version");
	json_i64(j, p->version);
	json_key(j, "label_zh");
	json_str(j, p->label_zh);
	json_key(j, "label_en");
	json_str(j, p->label_en);
	json_day(j, "valid_from", p->valid_from);
	json_day(j, "valid_to", p->valid_to);
}

static void json_whole(struct json *j, const struct profile *p)
{
	json_texts(j, "sources", &p->sources);
	json_note(j, p->note_zh, p->note_en);
	json_key(j, "anchors");
	json_open(j, '[');
	for (size_t i = 0; i < p->n_anchors; i++) {
		json_open(j, '{');
		json_key(j, "at");
		json_str(j, str_of(profile_anchor_words[p->anchors[i].at]));
		json_unset(j, "pre_days", p->anchors[i].pre_days);
		json_unset(j, "post_days", p->anchors[i].post_days);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_key(j, "until_isolation");
	json_bool(j, p->until_isolation);
	json_unset(j, "lag_min", p->lag_min);
	json_unset(j, "min_overlap_min", p->min_overlap_min);
	json_unset(j, "cumulative_hours", p->cumulative_hours);
	json_unset(j, "incubation_min_days", p->incubation_min_days);
	json_unset(j, "incubation_max_days", p->incubation_max_days);
	json_key(j, "rules");
	json_open(j, '[');
	for (size_t i = 0; i < p->n_rules; i++)
		json_rule(j, &p->rules[i]);
	json_close(j, ']');
	json_follow_up(j, p);
}

static void as_json(const struct profile_set *s, const struct profile *one, struct buf *out)
{
	struct json j;

	json_begin(&j, out);
	if (!one)
		json_open(&j, '[');
	for (size_t i = 0; i < s->n; i++) {
		const struct profile *p = &s->profiles[i];

		if (one && one != p)
			continue;
		json_open(&j, '{');
		json_head(&j, p);
		if (one)
			json_whole(&j, p);
		json_close(&j, '}');
	}
	if (!one)
		json_close(&j, ']');
	buf_char(out, '\n');
}

/* ---- as text -------------------------------------------------------------------------------- */

static void text_day(struct buf *out, int32_t day, const char *open)
{
	if (day == PROFILE_DAY_OPEN)
		buf_lit(out, open);
	else
		when_date(out, day);
}

static void text_line(const struct profile *p, enum cli_lang lang, struct buf *out)
{
	buf_fmt(out, "%.*s@%d", (int)p->id.n, p->id.p, p->version);
	for (size_t n = p->id.n; n < 26; n++)
		buf_char(out, ' ');
	text_day(out, p->valid_from, "          ");
	buf_lit(out, " .. ");
	text_day(out, p->valid_to, "          ");
	buf_lit(out, "  ");
	buf_str(out, lang == CLI_ZH ? p->label_zh : p->label_en);
	buf_char(out, '\n');
}

static void text_rule(const struct profile_rule *r, bool zh, struct buf *out)
{
	buf_lit(out, "  ");
	buf_str(out, r->id);
	for (size_t n = r->id.n; n < 24; n++)
		buf_char(out, ' ');
	buf_fmt(out, " %-10s ", trace_class_word(r->klass));
	for (size_t i = 0; i < r->kinds.n; i++) {
		buf_lit(out, i ? ", " : "");
		buf_str(out, r->kinds.v[i]);
	}
	for (size_t i = 0; i < r->except.n; i++) {
		buf_lit(out, i ? ", " : zh ? "，除 " : " but ");
		buf_str(out, r->except.v[i]);
	}
	if (r->seat_unit)
		buf_fmt(out, zh ? "；相隔 %d 排（组）以内" : "; within %d rows or groups",
			r->seat_within);
	for (size_t i = 0; i < r->roles.n; i++) {
		buf_lit(out, i ? ", " : zh ? "；角色 " : "; role ");
		buf_str(out, r->roles.v[i]);
	}
	if (r->min_overlap_min != PROFILE_UNSET)
		buf_fmt(out, zh ? "；至少 %d 分钟" : "; at least %d min", r->min_overlap_min);
	if (r->stay_hours)
		buf_fmt(out, zh ? "；共 %d 小时，%d 天内" : "; %d h within %d days", r->stay_hours,
			r->stay_days);
	buf_char(out, '\n');
}

static void text_phase(const struct profile_phase *x, bool zh, struct buf *out)
{
	static const char *const ZH[] = { [PROFILE_CENTRAL] = "集中隔离",
					  [PROFILE_HOME] = "居家",
					  [PROFILE_WATCH] = "健康监测" };

	buf_fmt(out, zh ? "%s %d 天" : "%s %d days",
		zh ? ZH[x->where] : profile_where_words[x->where], x->days);
	for (size_t i = 0; i < x->n_tests; i++)
		buf_fmt(out, i ? ", %d" : zh ? "（检测日 %d" : " (tests on day %d", x->tests[i]);
	if (x->n_tests)
		buf_lit(out, zh ? "）" : ")");
}

static void text_follow_up(const struct profile *p, bool zh, struct buf *out)
{
	for (int c = 0; c < TRACE_CLASS_N; c++) {
		const struct profile_follow_up *u = &p->follow_up[c];
		struct str note = zh ? u->note_zh : u->note_en;

		if (!u->present)
			continue;
		buf_fmt(out, zh ? "随访 %s：" : "follow-up of %s: ",
			trace_class_word((enum trace_class)c));
		for (size_t i = 0; i < u->n_phases; i++) {
			buf_lit(out, i ? zh ? "，再" : ", then " : "");
			text_phase(&u->phases[i], zh, out);
		}
		buf_lit(out, note.n ? zh ? "；" : "; " : "");
		buf_str(out, note);
		buf_char(out, '\n');
	}
}

static void text_whole(const struct profile *p, enum cli_lang lang, struct buf *out)
{
	bool zh = lang == CLI_ZH;

	text_line(p, lang, out);
	for (size_t i = 0; i < p->n_anchors; i++) {
		const struct profile_anchor *a = &p->anchors[i];

		buf_fmt(out, zh ? "窗口：%s 前 %d 天" : "window: %s - %d days",
			profile_anchor_words[a->at], a->pre_days);
		if (a->post_days != PROFILE_UNSET)
			buf_fmt(out, zh ? "至后 %d 天" : " to + %d days", a->post_days);
		if (p->until_isolation)
			buf_lit(out, zh ? "，到隔离为止" : ", until isolated");
		buf_char(out, '\n');
	}
	if (!p->n_anchors)
		buf_lit(out, zh ? "窗口：不由病例推算\n" : "window: none from a case\n");
	buf_fmt(out,
		zh ? "滞留：%d 分钟\n最短重叠：%d 分钟\n"
		   : "lag: %d min\nminimum overlap: %d min\n",
		p->lag_min, p->min_overlap_min);
	if (p->cumulative_hours)
		buf_fmt(out, zh ? "重叠累计：%d 小时内\n" : "overlaps add up: within %d h\n",
			p->cumulative_hours);
	if (p->incubation_max_days != PROFILE_UNSET)
		buf_fmt(out, zh ? "潜伏期：%d 到 %d 天\n" : "incubation: %d to %d days\n",
			p->incubation_min_days, p->incubation_max_days);
	buf_lit(out, zh ? "规则（先符合者定）：\n" : "rules (the first that fits decides):\n");
	for (size_t i = 0; i < p->n_rules; i++)
		text_rule(&p->rules[i], zh, out);
	text_follow_up(p, zh, out);
	if (p->note_zh.n) {
		buf_lit(out, zh ? "说明：" : "note: ");
		buf_str(out, zh ? p->note_zh : p->note_en);
		buf_char(out, '\n');
	}
	for (size_t i = 0; i < p->sources.n; i++) {
		buf_lit(out, zh ? "来源：" : "source: ");
		buf_str(out, p->sources.v[i]);
		buf_char(out, '\n');
	}
}

/* ---- the run -------------------------------------------------------------------------------- */

static void arena_done(struct arena **a)
{
	arena_free(*a);
}

enum err cli_profiles(struct cli *c)
{
	CLEANUP(arena_done) struct arena *arena = NULL;
	CLEANUP(buf_release) struct buf out = { 0 };
	const char *word = c->args.n_operands ? c->args.operand[0] : NULL;
	const struct profile *one = NULL;
	struct profile_set set;
	enum err e;

	if ((e = arena_new(BUDGET_BYTES, &arena)))
		return e;
	if (word && rules_is_file(word)) {
		if ((e = rules_file(c, word, arena, &set)))
			return e;
	} else {
		if ((e = profile_load_builtin(arena, &set, &c->fault)))
			return e;
		if (word && (e = profile_find(&set, str_of(word), &one, &c->fault)))
			return e;
	}
	if (c->args.text[CLI_JSON])
		as_json(&set, one, &out);
	else if (one)
		text_whole(one, c->lang, &out);
	for (size_t i = 0; i < set.n && !one && !c->args.text[CLI_JSON]; i++)
		text_line(&set.profiles[i], c->lang, &out);
	return cli_print(&out, &c->fault);
}
