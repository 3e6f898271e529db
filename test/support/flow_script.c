/* flow_script.c - see flow_script.h. */
#include "flow_script.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "engine/flow/table.h"

enum { WORD_BYTES = 256, NUMBERS_MAX = 16 };

/* ---- writing -------------------------------------------------------------------------------- */

static void put_duty(struct buf *out, const struct flow_duty *d)
{
	if (!d->owner.v)
		return;
	buf_fmt(out, " duty=%" PRId64 "/%" PRId64 "/", d->owner.v, d->checker.v);
	for (uint32_t i = 0; i < d->line.n && i < FLOW_LEVELS_MAX; i++)
		buf_fmt(out, "%s%" PRId64, i ? "," : "", d->line.level[i].v);
}

static void put_clock(struct buf *out, const struct flow_clock *c)
{
	if (c->done_s)
		buf_fmt(out, " clock=%u/%u/%u/%u/%u/%u/%u", c->accept_s, c->done_s, c->check_s,
			c->climb_s, c->grace_s, c->warn_s, c->repeat_s);
}

void flow_act_put(struct buf *out, const struct flow_act *act)
{
	const struct flow_event *ev = &act->ev;

	buf_fmt(out, "%" PRId64 " %" PRId64 " %s by=", act->now, act->task,
		flow_say_words[ev->on].word);
	if (ev->actor == FLOW_PERSON)
		buf_fmt(out, "%" PRId64 "/%" PRId64, ev->party.v, ev->person.v);
	else
		buf_lit(out, ev->actor == FLOW_HOUSE ? "house" : "clock");
	if (ev->turn != FLOW_ANY_TURN)
		buf_fmt(out, " turn=%u", ev->turn);
	put_duty(out, &ev->duty);
	if (ev->to.v)
		buf_fmt(out, " to=%" PRId64, ev->to.v);
	if (ev->by != FLOW_NEVER)
		buf_fmt(out, " until=%" PRId64, ev->by);
	put_clock(out, &ev->clock);
	if (ev->evidence)
		buf_fmt(out, " proof=%u", ev->evidence);
	if (ev->offer)
		buf_fmt(out, " offer=%u", ev->offer);
	buf_lit(out, ev->reason ? " reason" : "");
	buf_lit(out, ev->own ? " own" : "");
	buf_lit(out, ev->away ? " away" : "");
	buf_char(out, '\n');
}

void flow_effect_put(struct buf *out, const struct flow_effect *e)
{
	static const char *const is[FLOW_IS_N] = { "record", "owner",    "deadline", "mark",
						   "notify", "escalate", "due" };

	buf_fmt(out,
		"  %s say=%s stage=%s level=%u who=%" PRId64 " at=%" PRId64 " key=%" PRIx64 "\n",
		is[e->is], flow_say_words[e->say].word, flow_stage_words[e->stage].word, e->level,
		e->who.v, e->at, e->key);
}

/* ---- reading -------------------------------------------------------------------------------- */

static bool numbers(const char *p, const char *marks, int64_t v[NUMBERS_MAX], size_t *ret_n)
{
	size_t n = 0;

	while (*p && n < NUMBERS_MAX) {
		size_t len = strcspn(p, marks);

		if (str_i64((struct str){ p, len }, &v[n++]))
			return false;
		p += len + (p[len] != '\0');
	}
	*ret_n = n;
	return !*p;
}

static bool read_who(const char *p, struct flow_event *ev)
{
	int64_t v[NUMBERS_MAX];
	size_t n;

	ev->actor = !strcmp(p, "house")   ? FLOW_HOUSE
		    : !strcmp(p, "clock") ? FLOW_CLOCK
					  : FLOW_PERSON;
	if (ev->actor != FLOW_PERSON)
		return true;
	if (!numbers(p, "/", v, &n) || n != 2)
		return false;
	ev->party.v = v[0];
	ev->person.v = v[1];
	return true;
}

static bool read_duty(const char *p, struct flow_duty *d)
{
	int64_t v[NUMBERS_MAX];
	size_t n;

	if (!numbers(p, "/,", v, &n) || n < 2 || n > 2 + FLOW_LEVELS_MAX)
		return false;
	d->owner.v = v[0];
	d->checker.v = v[1];
	d->line.n = (uint32_t)(n - 2);
	for (size_t i = 2; i < n; i++)
		d->line.level[i - 2].v = v[i];
	return true;
}

static bool read_clock(const char *p, struct flow_clock *c)
{
	int64_t v[NUMBERS_MAX];
	size_t n;

	if (!numbers(p, "/", v, &n) || n != 7)
		return false;
	for (size_t i = 0; i < n; i++)
		if (v[i] < 0 || v[i] > UINT32_MAX)
			return false;
	*c = (struct flow_clock){ (uint32_t)v[0], (uint32_t)v[1], (uint32_t)v[2], (uint32_t)v[3],
				  (uint32_t)v[4], (uint32_t)v[5], (uint32_t)v[6] };
	return true;
}

/* key=value; each key at most once is not asked for: the last one counts. */
static bool read_fact(const char *word, struct flow_event *ev)
{
	const char *value = strchr(word, '=');
	size_t key = value ? (size_t)(value - word) : strlen(word);
	int64_t v = 0;
#define KEY(name) (key == sizeof(name) - 1 && memcmp(word, name, key) == 0)

	if (!value) {
		ev->reason |= KEY("reason");
		ev->away |= KEY("away");
		ev->own |= KEY("own");
		return KEY("reason") || KEY("away") || KEY("own");
	}
	value++;
	if (KEY("by"))
		return read_who(value, ev);
	if (KEY("duty"))
		return read_duty(value, &ev->duty);
	if (KEY("clock"))
		return read_clock(value, &ev->clock);
	if (str_i64(str_of(value), &v))
		return false;
	if (KEY("turn"))
		ev->turn = (uint32_t)v;
	else if (KEY("to"))
		ev->to.v = v;
	else if (KEY("until"))
		ev->by = v;
	else if (KEY("proof"))
		ev->evidence = (uint8_t)v;
	else if (KEY("offer"))
		ev->offer = (uint32_t)v;
	else
		return false;
	return true;
#undef KEY
}

/* The next word of the line, NUL-ended in `word`. */
static bool next_word(struct str *line, char word[WORD_BYTES])
{
	size_t n = 0;

	while (line->n && line->p[0] == ' ')
		line->p++, line->n--;
	while (n < line->n && line->p[n] != ' ')
		n++;
	if (n == 0 || n >= WORD_BYTES)
		return false;
	memcpy(word, line->p, n);
	word[n] = '\0';
	line->p += n;
	line->n -= n;
	return true;
}

enum err flow_act_read(struct str line, struct flow_act *ret)
{
	struct flow_act act = { .ev = { .turn = FLOW_ANY_TURN, .by = FLOW_NEVER } };
	char word[WORD_BYTES];
	int on = 0;

	if (!next_word(&line, word) || str_i64(str_of(word), &act.now) || !next_word(&line, word) ||
	    str_i64(str_of(word), &act.task) || !next_word(&line, word))
		return ERR_SYNTAX;
	while (on < FLOW_ON_N && strcmp(word, flow_say_words[on].word) != 0)
		on++;
	if (on == FLOW_ON_N)
		return ERR_SYNTAX;
	act.ev.on = (enum flow_on)on;
	while (next_word(&line, word))
		if (!read_fact(word, &act.ev))
			return ERR_SYNTAX;
	if (line.n)
		return ERR_SYNTAX;
	*ret = act;
	return OK;
}

/* ---- the digest ----------------------------------------------------------------------------- */

uint64_t flow_digest_act(uint64_t digest, const struct flow_act *act, enum err e,
			 const struct flow_effects *fx)
{
	uint64_t v[4] = { (uint64_t)act->task, (uint64_t)act->ev.on, e, e ? 0 : fx->n };

	digest = digest_seeded(v, sizeof(v), digest);
	for (uint32_t i = 0; !e && i < fx->n; i++) {
		const struct flow_effect *x = &fx->v[i];
		uint64_t row[] = { x->is,           x->say, x->stage, x->level, (uint64_t)x->who.v,
				   (uint64_t)x->at, x->key };

		digest = digest_seeded(row, sizeof(row), digest);
	}
	return digest;
}

uint64_t flow_digest_task(uint64_t digest, const struct flow_task *t)
{
	uint8_t bytes[FLOW_PACKED_BYTES];

	flow_pack(t, bytes);
	return digest_seeded(bytes, sizeof(bytes), digest);
}
