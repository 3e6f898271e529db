/* silent.c - see silent.h. */
#include "serve/silent.h"

#include <stdio.h>

#include "base/memory.h"
#include "intake/intake.h"
#include "loop/signal.h"

#include "base/ban.h"

/* To verify an alert: the time that Sphere gives it (data/clocks.json). */
#define RULE "ewar-alert-verify"

struct formed {
	struct area_code county;
	int64_t signal;
};
struct silent {
	struct serve *s;
	struct utc_s now;
	bool owed; /* a silence has no signal */
	VEC(struct formed) formed;
};

enum { TITLE_BYTES = 200, DETAIL_BYTES = 600, ABOUT_BYTES = 32 };
struct silent_words {
	char title[TITLE_BYTES], detail[DETAIL_BYTES], about[ABOUT_BYTES];
};

/* What it brings, not its name: that is told to those alone who may see feeds. */
static void describe(const struct intake_silence *x, struct silent_words *w,
		     struct signal_noticed *ret)
{
	(void)snprintf(w->title, sizeof w->title, "数据来源中断：%s A feed is silent: %s",
		       x->brings->zh, x->brings->en);
	(void)snprintf(w->detail, sizeof w->detail,
		       "约定每 %lld 分钟送一次，已经超时。请问清来源单位为何中断、何时恢复。 "
		       "It is due every %lld min and has not come. Ask who sends it why, and "
		       "when it will come again.",
		       (long long)x->every_min, (long long)x->every_min);
	(void)snprintf(w->about, sizeof w->about, "feeds/%lld", (long long)x->feed);
	*ret = (struct signal_noticed){ .area = x->area,
					.source = SIGNAL_SILENT,
					.sector = DUTY_EPIDEMIC,
					.title = str_of(w->title),
					.detail = str_of(w->detail),
					.rule = STR(RULE),
					.about = str_of(w->about),
					.since = x->told_at };
}

static enum err look_at(void *arg, struct tx *tx, const struct intake_silence *x, struct fault *f)
{
	struct silent *q = arg;
	struct silent_words words;
	struct signal_noticed n;
	int64_t id;
	enum err e;

	describe(x, &words, &n);
	e = signal_known(tx, &n, &id, f);
	q->owed = q->owed || (!e && !id);
	return e;
}

static enum err form(void *arg, struct tx *tx, const struct intake_silence *x, struct fault *f)
{
	struct silent *q = arg;
	struct silent_words words;
	struct signal_noticed n;
	struct fault unasked = { 0 };
	struct formed one = { area_county(x->area), 0 };
	struct utc_s now = { max_i64(q->now.v, x->told_at.v) }; /* else a set-back clock hides it */
	bool fresh;
	enum err e;

	describe(x, &words, &n);
	e = signal_form_by_house(q->s->rooms.loop.loop, tx, &n, now, &one.signal, &fresh, &unasked);
	if (e == ERR_RANGE)
		return OK; /* nobody answers there; it is asked again */
	if (e)
		*f = unasked;
	else if (fresh)
		e = vec_push(&q->formed, one);
	return e;
}

static enum err look_act(struct tx *tx, void *arg, struct fault *f)
{
	return intake_silences(tx, look_at, arg, f);
}

static enum err form_act(struct tx *tx, void *arg, struct fault *f)
{
	((struct silent *)arg)->formed.n = 0;
	return intake_silences(tx, form, arg, f);
}

enum err silent_tick(struct serve *s, struct utc_s now, loop_told *told, struct fault *f)
{
	struct silent q = { .s = s, .now = now };
	enum err e = db_read(s->house->db, look_act, &q, f);

	if (!e && q.owed)
		e = db_write(s->house->db, form_act, &q, f);
	for (size_t i = 0; i < q.formed.n && !e; i++)
		told(s, q.formed.v[i].county, "signal", q.formed.v[i].signal);
	vec_drop(&q.formed);
	return e;
}
