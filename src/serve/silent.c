/* silent.c - see silent.h. */
#include "serve/silent.h"

#include <stdio.h>

#include "base/memory.h"
#include "intake/intake.h"
#include "loop/signal.h"

#include "base/ban.h"

/* To verify an alert: the time that Sphere gives it (data/clocks.json). */
#define RULE "ewar-alert-verify"

struct asking {
	struct serve *s;
	struct utc_s now;
	const struct intake_silence *about;
	int64_t signal; /* that was formed; 0: none */
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
					.about = str_of(w->about) };
}

/* Where nobody answers it is asked again. */
static enum err ask(struct tx *tx, void *arg, struct fault *f)
{
	struct asking *q = arg;
	struct silent_words words;
	struct signal_noticed n;
	bool yes;
	enum err e;

	q->signal = 0;
	describe(q->about, &words, &n);
	if ((e = signal_is_answered(tx, &n, &yes, f)) || !yes ||
	    (e = intake_silence_ask(tx, q->about, &yes, f)) || !yes)
		return e;
	return signal_form_by_house(q->s->rooms.loop.loop, tx, &n, q->now, &q->signal, f);
}

static enum err look(struct tx *tx, void *arg, struct fault *f)
{
	return intake_silences(tx, arg, f);
}

enum err silent_tick(struct serve *s, struct utc_s now, loop_told *told, struct fault *f)
{
	struct intake_silences all = { 0 };
	struct fault later = { 0 };
	enum err first = db_read(s->house->db, look, &all, f);

	for (size_t i = 0; i < all.of.n; i++) {
		struct asking q = { .s = s, .now = now, .about = &all.of.v[i] };
		enum err e = db_write(s->house->db, ask, &q, first ? &later : f);

		if (!e && q.signal)
			told(s, area_county(q.about->area), "signal", q.signal);
		first = first ? first : e;
	}
	vec_drop(&all.of);
	return first;
}
