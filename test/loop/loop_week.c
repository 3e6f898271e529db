/*
 * loop_week.c - a week of a whole house by a virtual clock, with restarts at any moment and hours
 * of down time: whatever a clock owes is told once, within a minute or right after the restart, to
 * the people it is for.
 *
 * The test jumps to whatever comes next: a plan of its own, a deadline that a task says it has or a
 * notice that is owed (and up to three quarters of a minute more, as a busy house would), or
 * nothing for up to an hour. What should have been told it reckons by itself, from the rule and
 * from what people did.
 *
 * On PostgreSQL it is three days, since a commit there takes longer; a week under OUTPOST_WHOLE=1.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "base/memory.h"
#include "clocks/clocks.h"
#include "engine/flow/table.h"
#include "serve/sound.h"
#include "support/ward.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, IN_TIME_S = 60, TASKS = 40, DOWNS_MAX = 400 };
enum { POSTGRESQL_DAYS = 3 };

struct down { /* when the house was away */
	int64_t from, to;
};
/* Of one deadline: from when it ran, its end, and until when it ran. */
struct ran {
	int64_t from, by, until;
};
struct known {
	int64_t id;
	uint32_t levels;
	struct ran stage[FLOW_STAGE_N];
	int64_t accept, prove, close, offer, answer; /* plans; 0: done, or not meant to be */
};
struct step_told {
	int64_t task, at;
	enum flow_say say;
	int stage, level;
	bool expected;
};
struct week {
	struct ward w;
	struct dice dice;
	struct flow_clock rule;
	struct down down[DOWNS_MAX];
	size_t n_down;
	struct known k[TASKS];
	size_t n;
	VEC(struct step_told) told;
	int64_t end;
	size_t expected, repeats, fallen;
	char why[160];
};

static int64_t now_s(void)
{
	return ward_now().v;
}

/* When at the latest must what is due at `at` have been told? */
static int64_t latest(const struct week *k, int64_t at)
{
	for (size_t i = 0; i < k->n_down; i++)
		if (at >= k->down[i].from - IN_TIME_S && at <= k->down[i].to)
			return k->down[i].to + IN_TIME_S;
	return at + IN_TIME_S;
}

/* ---- people ---------------------------------------------------------------------------------- */

static uint32_t up_to(struct week *k, uint32_t s)
{
	return 1 + dice_below(&k->dice, s);
}

static void runs(struct known *one, enum flow_stage_id s, int64_t span)
{
	one->stage[s] = (struct ran){ now_s(), now_s() + span, INT64_MAX };
}

static void ends(struct known *one, enum flow_stage_id s)
{
	one->stage[s].until = now_s();
}

/* Its line upwards, as the house stored it. */
static enum err levels_act(struct tx *tx, void *arg, struct fault *f)
{
	static const struct sql packed = { .name = "test.packed",
					   .text = "SELECT packed FROM tasks WHERE id = $1",
					   .args = "i",
					   .across = "a test" };
	CLEANUP(rows_end) struct rows *r = NULL;
	struct known *one = arg;
	struct flow_task t;
	enum err e = tx_row(tx, &packed, SQL_ARGS(sql_i64(one->id)), &r, f);

	if (e)
		return e;
	if ((e = flow_unpack((const uint8_t *)rows_blob(r, 0).p, rows_blob(r, 0).n, &t)))
		return e;
	one->levels = t.line.n;
	return OK;
}

/* Some are never accepted, some never proved, some wait for their check; some are offered away. */
static void plan(struct week *k, struct known *one)
{
	static const int64_t spans[] = { 10 * MINUTE, 40 * MINUTE, 3 * HOUR, 12 * HOUR };
	int64_t t = now_s();

	if (dice_below(&k->dice, 8) == 0)
		return;
	t += up_to(k, (uint32_t)spans[dice_below(&k->dice, 4)]);
	one->accept = t;
	if (dice_below(&k->dice, 3) == 0) {
		t += up_to(k, 4 * HOUR);
		one->offer = t;
		t += up_to(k, 2 * HOUR);
		one->answer = t;
	}
	if (dice_below(&k->dice, 4) == 0)
		return;
	t += up_to(k, (uint32_t)spans[dice_below(&k->dice, 4)]);
	one->prove = t;
	if (dice_below(&k->dice, 4) == 0)
		return;
	one->close = t + up_to(k, (uint32_t)spans[dice_below(&k->dice, 4)]);
}

static void raise(struct week *k)
{
	struct known *one = &k->k[k->n++];
	struct database *d = k->w.d;

	*one = (struct known){ .id = ward_raise(&k->w, WARD_LEAD, "430802001001", "") };
	runs(one, FLOW_TO_ACCEPT, k->rule.accept_s);
	runs(one, FLOW_TO_DO, k->rule.done_s);
	MUST(db_read(k->w.h->db, levels_act, one, &d->fault));
	plan(k, one);
}

static void act(struct week *k, struct known *one, enum ward_who who, enum flow_on on,
		const char *more)
{
	assert_int_equal(ward_do(&k->w, who, one->id, flow_say_words[on].word, more), 200);
}

static void act_now(struct week *k, struct known *one)
{
	int64_t now = now_s();

	if (one->accept && one->accept <= now) {
		act(k, one, WARD_WORKER, FLOW_ON_ACCEPT, "");
		ends(one, FLOW_TO_ACCEPT);
		one->accept = 0;
	} else if (one->offer && one->offer <= now) {
		act(k, one, WARD_WORKER, FLOW_ON_OFFER, ",\"to\":\"105\"");
		runs(one, FLOW_TO_ANSWER, k->rule.accept_s);
		if (one->stage[FLOW_TO_DO].by > now) /* an answer is wanted before it is due */
			one->stage[FLOW_TO_ANSWER].by =
				min_i64(one->stage[FLOW_TO_ANSWER].by, one->stage[FLOW_TO_DO].by);
		one->offer = 0;
	} else if (one->answer && one->answer <= now) {
		act(k, one, WARD_AWAY, FLOW_ON_REFUSE, ",\"reason\":\"不在本县\"");
		ends(one, FLOW_TO_ANSWER);
		one->answer = 0;
	} else if (one->prove && one->prove <= now) {
		act(k, one, WARD_WORKER, FLOW_ON_PROVE, ",\"text\":\"好\"");
		ends(one, FLOW_TO_DO);
		runs(one, FLOW_TO_CHECK, k->rule.check_s);
		one->prove = 0;
	} else if (one->close && one->close <= now) {
		act(k, one, WARD_CLERK, FLOW_ON_CLOSE, "");
		ends(one, FLOW_TO_CHECK);
		one->close = 0;
	}
}

static int64_t planned(const struct known *one)
{
	const int64_t next[] = { one->accept, one->offer, one->answer, one->prove, one->close };

	for (size_t i = 0; i < ARRAY_LEN(next); i++)
		if (next[i])
			return next[i];
	return INT64_MAX;
}

/* ---- the house ------------------------------------------------------------------------------- */

static void away(struct week *k, int64_t s)
{
	int64_t from = now_s();

	assert_true(k->n_down < DOWNS_MAX);
	ward_down(&k->w);
	ward_sleep(s);
	ward_up(&k->w);
	ward_pass(&k->w, 0); /* as `outpost serve` does before it says its address */
	k->down[k->n_down++] = (struct down){ from, now_s() };
}

/* To what comes next, at most an hour away. */
static void go_on(struct week *k)
{
	int64_t now = now_s(), at = min_i64(k->end, now + up_to(k, HOUR));
	int64_t due = ward_scalar(
		&k->w, "SELECT COALESCE(min(v), 0) FROM (SELECT min(due) AS v FROM tasks UNION ALL"
		       " SELECT min(fall_at) FROM notice UNION ALL SELECT min(at) FROM task_notice"
		       " WHERE told = 0) AS x");

	for (size_t i = 0; i < k->n; i++)
		at = min_i64(at, planned(&k->k[i]));
	if (due)
		at = min_i64(at, due + dice_below(&k->dice, 45));
	ward_pass(&k->w, max_i64(1, at - now));
	for (size_t i = 0; i < k->n; i++)
		act_now(k, &k->k[i]);
}

static void campaign(struct week *k)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char target[120];

	assert_int_equal(ward_ask(&k->w, WARD_LEAD, "POST", "/api/v1/campaigns",
				  "{\"area\":\"430802\",\"name\":\"排查\",\"sector\":\"mine\","
				  "\"scope\":\"organisations\",\"query\":\"\",\"title\":\"自查\","
				  "\"rule\":\"" WARD_RULE "\",\"needs\":\"text\",\"until\":"
				  "\"2099-12-01T00:00:00+08:00\",\"repeats\":\"weekly\"}",
				  &a),
			 201);
	(void)snprintf(target, sizeof target, "/api/v1/campaigns/%s/events/start",
		       ward_text(&a, "id"));
	assert_int_equal(ward_status(&k->w, WARD_LEAD, "POST", target, "{}"), 200);
}

/* ---- what was told --------------------------------------------------------------------------- */

static const struct sql story = {
	.name = "test.story",
	.text = "SELECT h.task, h.at, h.event, h.stage, h.level FROM task_history h JOIN tasks t"
		" ON t.county = h.county AND t.id = h.task WHERE h.event IN ('warn', 'late',"
		" 'climb', 'repeat', 'set-back') AND t.campaign IS NULL ORDER BY h.at, h.task",
	.args = "",
	.across = "a test",
	.scan = "a test",
};

static int word(const struct flow_word *words, int n, struct str s)
{
	for (int i = 0; i < n; i++)
		if (words[i].word && str_eq(s, str_of(words[i].word)))
			return i;
	return -1;
}

static enum err read_story(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct week *k = arg;
	bool more;
	enum err e = tx_rows(tx, &story, SQL_NO_ARGS, &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		const struct step_told t = {
			.task = rows_i64(r, 0),
			.at = rows_i64(r, 1),
			.say = (enum flow_say)word(flow_say_words, FLOW_SAY_N, rows_text(r, 2)),
			.stage = word(flow_stage_words, FLOW_STAGE_N, rows_text(r, 3)),
			.level = (int)rows_i64(r, 4),
		};

		e = vec_push(&k->told, t);
	}
	return e;
}

/* One of it, told from `due` to `until`; it is taken off the list. `must`: there must be one. */
static bool told(struct week *k, const struct known *one, int stage, enum flow_say say, int level,
		 int64_t due, int64_t until, bool must)
{
	for (size_t i = 0; i < k->told.n; i++) {
		struct step_told *t = &k->told.v[i];

		if (t->task != one->id || t->stage != stage || t->say != say || t->level != level ||
		    t->expected)
			continue;
		if (t->at < due || t->at > until)
			fail_msg("%s, %s %d, due at %lld: told %lld s after",
				 flow_say_words[say].word, flow_stage_words[stage].word, level,
				 (long long)due, (long long)(t->at - due));
		t->expected = true;
		k->expected++;
		return true;
	}
	if (must)
		fail_msg("%s, %s %d, due at %lld: not told", flow_say_words[say].word,
			 flow_stage_words[stage].word, level, (long long)due);
	return false;
}

/* Repeats that a down time swallowed are one. */
static void check_repeats(struct week *k, const struct known *one, int s, int64_t top)
{
	const struct ran *g = &one->stage[s];
	int64_t until = min_i64(g->until, k->end), last = 0;

	for (int64_t due = top + k->rule.repeat_s; k->rule.repeat_s && due <= until;
	     due += k->rule.repeat_s) {
		if (due <= last)
			continue; /* one told of both */
		for (size_t i = 0; i < k->told.n; i++) {
			struct step_told *t = &k->told.v[i];

			if (t->task == one->id && t->stage == s && t->say == FLOW_SAY_REPEAT &&
			    !t->expected && t->at >= due) {
				if (t->at > latest(k, due))
					fail_msg("a repeat %lld s after", (long long)(t->at - due));
				last = t->at;
				t->expected = true;
				k->repeats++;
				break;
			}
		}
		if (last < due)
			fail_msg("a repeat due at %lld: not told", (long long)due);
	}
}

static void check_stage(struct week *k, const struct known *one, int s)
{
	const struct ran *g = &one->stage[s];
	const struct flow_clock *c = &k->rule;
	int64_t until = min_i64(g->until, k->end), warn = g->by - c->warn_s, top = g->by;

	if (!g->from)
		return;
	if (c->warn_s && warn > g->from && warn <= until)
		(void)told(k, one, s, FLOW_SAY_WARN, 0, warn, g->by - 1,
			   latest(k, warn) < min_i64(g->by, until));
	if (g->by <= until)
		(void)told(k, one, s, FLOW_SAY_LATE, 0, g->by, latest(k, g->by), true);
	for (uint32_t level = 1; level <= one->levels; level++) {
		top = g->by + c->grace_s + (level - 1) * (int64_t)c->climb_s;
		if (top <= until)
			(void)told(k, one, s, FLOW_SAY_CLIMB, (int)level, top, latest(k, top),
				   true);
	}
	check_repeats(k, one, s, top);
}

/* ---- to whom --------------------------------------------------------------------------------- */

static const struct sql outbox = {
	.name = "test.outbox",
	.text = "SELECT n.at, n.say, (SELECT min(p.told_at) FROM notice p WHERE p.task = n.task AND"
		" p.key = n.key AND p.hop = 0) FROM task_notice n",
	.args = "",
	.across = "a test",
	.scan = "a test",
};
/* A climb waits for a confirmation as long as for the next level, all else as for an acceptance. */
static const struct sql fallen = {
	.name = "test.fallen",
	.text = "SELECT told_at, say, fell_at, wants FROM notice WHERE wants = 1 OR fell_at IS NOT"
		" NULL",
	.args = "",
	.across = "a test",
	.scan = "a test",
};

static enum err check_people(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct week *k = arg;
	bool more;
	enum err e = tx_rows(tx, &outbox, SQL_NO_ARGS, &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		int64_t at = rows_i64(r, 0);

		if (rows_null(r, 2) || rows_i64(r, 2) < at || rows_i64(r, 2) > latest(k, at))
			(void)snprintf(k->why, sizeof k->why, "%.*s of %lld: nobody knew in time",
				       (int)rows_text(r, 1).n, rows_text(r, 1).p, (long long)at);
	}
	rows_end(&r);
	if (e || (e = tx_rows(tx, &fallen, SQL_NO_ARGS, &r, f)))
		return e;
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		bool climb = str_eq(rows_text(r, 1), STR("climb")) ||
			     str_eq(rows_text(r, 1), STR("repeat"));
		int64_t due = rows_i64(r, 0) + (climb ? k->rule.climb_s : k->rule.accept_s);

		k->fallen++;
		if (rows_null(r, 2) ? due <= k->end
				    : rows_i64(r, 2) < due || rows_i64(r, 2) > latest(k, due))
			(void)snprintf(k->why, sizeof k->why,
				       "no confirmation by %lld: the fall-back knew at %lld",
				       (long long)due,
				       rows_null(r, 2) ? 0 : (long long)rows_i64(r, 2));
	}
	return e;
}

static void check(struct week *k)
{
	struct database *d = k->w.d;
	struct sound_report r;

	MUST(db_read(k->w.h->db, read_story, k, &d->fault));
	for (size_t i = 0; i < k->n; i++)
		for (int s = 0; s < FLOW_STAGE_N; s++)
			check_stage(k, &k->k[i], s);
	for (size_t i = 0; i < k->told.n; i++)
		if (!k->told.v[i].expected)
			fail_msg("%s of %lld at %lld: nobody reckoned with it",
				 flow_say_words[k->told.v[i].say].word,
				 (long long)k->told.v[i].task, (long long)k->told.v[i].at);
	MUST(db_read(k->w.h->db, check_people, k, &d->fault));
	if (k->why[0])
		fail_msg("%s", k->why);
	MUST(sound_look(k->w.h, &(struct sound_ask){ .whole = true, .alive_at = ward_now() }, &r,
			&d->fault));
	assert_int_equal(r.loop.wrong, 0);
}

/* ---- a week ---------------------------------------------------------------------------------- */

static void rule_of(struct week *k)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct database *d = k->w.d;
	const struct clocks_rule *rule;
	struct clocks_set set;

	assert_int_equal(arena_new(4 << 20, &a), OK);
	MUST(clocks_load_builtin(a, &set, &d->fault));
	MUST(clocks_find(&set, STR(WARD_RULE), zone_day_of(k->w.h->zone, ward_now()), &rule,
			 &d->fault));
	k->rule = rule->clock;
}

static void so_many_days(struct database *d, int64_t days)
{
	static struct week k;
	int64_t next_raise, next_down, began, over;

	k = (struct week){ .dice = { 11 } };
	ward_open(&k.w, d);
	rule_of(&k);
	campaign(&k);
	began = now_s();
	over = began + days * DAY;
	k.end = over + 5 * HOUR;
	next_raise = began + up_to(&k, HOUR);
	next_down = began + up_to(&k, 3 * HOUR);
	while (now_s() < k.end) {
		go_on(&k);
		if (now_s() >= next_raise && k.n < TASKS && now_s() < k.end - DAY) {
			raise(&k);
			next_raise = now_s() + up_to(&k, 6 * HOUR);
		}
		if (now_s() < next_down)
			continue;
		/* Every third of them is three hours long, and the one over the week's end. */
		away(&k, k.n_down % 3 == 2 || now_s() >= over - HOUR
				 ? 3 * HOUR
				 : dice_below(&k.dice, dice_below(&k.dice, 2) ? 2 * MINUTE : HOUR));
		next_down = now_s() + up_to(&k, 6 * HOUR);
		if (now_s() < over - HOUR)
			next_down = min_i64(next_down, over - HOUR / 2);
	}
	ward_pass(&k.w, 0);
	k.end = now_s(); /* it may have been away at the end */
	check(&k);
	assert_int_equal(ward_scalar(&k.w, "SELECT count(*) FROM campaigns"), days < 7 ? 1 : 2);
	assert_true((int64_t)k.n > 4 * days && (int64_t)k.n_down > 4 * days &&
		    (int64_t)k.expected > 28 * days);
	print_message("%zu restarts, %zu steps and %zu repeats of %zu tasks, %zu confirmations "
		      "waited for\n",
		      k.n_down, k.expected, k.repeats, k.n, k.fallen);
	vec_drop(&k.told);
	ward_close(&k.w);
}

static void a_week_of_the_house_misses_nothing_and_doubles_nothing(void **state)
{
	struct database *d = *state;

	so_many_days(d, d->sqlite || getenv("OUTPOST_WHOLE") ? 7 : POSTGRESQL_DAYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_week_of_the_house_misses_nothing_and_doubles_nothing),
	};

	return cmocka_run_group_tests_name("loop_week", tests, NULL, NULL);
}
