/*
 * flow_table.c - every phase x event x who x fact, held against what is written here by hand, and
 * the picture of the table in docs/reference/flow.md.
 *
 * The expectation is a second table, in another form, so that a row changed by mistake is seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "engine/flow/signal.h"
#include "engine/flow/table.h"
#include "support/flow_facts.h"
#include "support/paths.h"

/* ---- the expectation ----------------------------------------------------------------------------
 * Who may, a letter each (Anybody Owner Checker Sender aboVe Receiver House Time), and where it
 * leads: o open, a accepted, p in progress, P proved, c closed, r returned, = where it is.
 */
struct wanted {
	const char
		*in[FLOW_PHASE_N]; /* none, open, accepted, in progress, proved, closed, returned */
	const char *needs;
	bool offered; /* the task must be offered first */
};

static const struct wanted wanted[FLOW_ON_N] = {
	[FLOW_ON_RAISE] = { { "AH o", "", "", "", "", "", "" }, "raiser duty clock proof-kind", 0 },
	[FLOW_ON_ACCEPT] = { { "", "O a", "", "", "", "", "O a" }, "unoffered", 0 },
	[FLOW_ON_DECLINE] = { { "", "O r", "", "", "", "", "O r" },
			      "here unoffered reason patience sender duty",
			      0 },
	[FLOW_ON_START] = { { "", "", "O p", "", "", "", "" }, "unoffered", 0 },
	[FLOW_ON_PROVE] = { { "", "", "O P", "O P", "", "", "" }, "unoffered evidence", 0 },
	[FLOW_ON_CLOSE] = { { "", "", "", "", "CV c", "", "" }, "other", 0 },
	[FLOW_ON_RETURN] = { { "", "", "", "", "CV r", "", "" }, "other reason", 0 },
	[FLOW_ON_OFFER] = { { "", "O =", "O =", "O =", "", "", "O =" },
			    "here unoffered patience elsewhere",
			    0 },
	[FLOW_ON_TAKE] = { { "", "R a", "R a", "R a", "", "", "R a" }, "offered receiver duty", 1 },
	[FLOW_ON_REFUSE] = { { "", "RH =", "RH =", "RH =", "", "", "RH =" }, "offered reason", 1 },
	[FLOW_ON_WITHDRAW] = { { "", "O =", "O =", "O =", "", "", "O =" }, "offered", 1 },
	[FLOW_ON_ASSIGN] = { { "", "V o", "V o", "V o", "", "", "V o" }, "here move duty", 0 },
	[FLOW_ON_REOWN] = { { "", "H o", "H o", "H o", "H P", "", "H o" }, "here move duty", 0 },
	[FLOW_ON_REWIRE] = { { "", "H =", "H =", "H =", "H =", "", "H =" }, "stay duty", 0 },
	[FLOW_ON_EXTEND] = { { "", "CV =", "CV =", "CV =", "", "", "CV =" },
			     "other reason later",
			     0 },
	[FLOW_ON_TIGHTEN] = { { "", "SCVH =", "SCVH =", "SCVH =", "", "", "SCVH =" },
			      "earlier",
			      0 },
	[FLOW_ON_CANCEL] = { { "", "SCVH c", "SCVH c", "SCVH c", "SCVH c", "", "SCVH c" },
			     "other reason",
			     0 },
	[FLOW_ON_FOLD] = { { "", "SCVH c", "SCVH c", "SCVH c", "SCVH c", "", "SCVH c" },
			   "other reason no-delay",
			   0 },
	[FLOW_ON_CLOCK] = { { "", "T =", "T =", "T =", "T =", "T =", "T =" }, "", 0 },
};

static const struct {
	char letter;
	int64_t party;
} who[FLOW_WHO_N + 1] = {
	{ 'A', FACTS_STRANGER }, { 'O', FACTS_OWNER }, { 'C', FACTS_CHECKER },
	{ 'S', FACTS_SENDER },   { 'V', FACTS_TOP },   { 'R', FACTS_NEXT },
	{ 'H', FACTS_HOUSE },    { 'T', FACTS_CLOCK }, { 'V', FACTS_ABOVE },
};

static unsigned phase_of(char c, unsigned from)
{
	switch (c) {
	case 'o': return FLOW_OPEN;
	case 'a': return FLOW_ACCEPTED;
	case 'p': return FLOW_STARTED;
	case 'P': return FLOW_PROVED;
	case 'c': return FLOW_CLOSED;
	case 'r': return FLOW_RETURNED;
	default: return from;
	}
}

/* ---- facts spoilt one at a time ------------------------------------------------------------- */

static void spoil(enum flow_need_id need, struct flow_task *t, struct flow_event *ev)
{
	struct flow_event offer = facts_event(FLOW_ON_OFFER, FACTS_OWNER);
	struct flow_effects fx;

	switch (need) {
	case FLOW_NEEDS_DUTY: ev->duty.checker = ev->duty.owner; break;
	case FLOW_NEEDS_CLOCK: ev->clock.climb_s = 0; break;
	case FLOW_NEEDS_RAISER: ev->to.v = 0; break;
	case FLOW_NEEDS_PROOF_KIND: ev->evidence = 0; break;
	case FLOW_NEEDS_EVIDENCE: ev->evidence = FLOW_TEXT; break;
	case FLOW_NEEDS_OTHER: ev->person = t->doer; break;
	case FLOW_NEEDS_REASON: ev->reason = false; break;
	case FLOW_NEEDS_UNOFFERED: facts_do(t, &offer, FACTS_START, &fx); break;
	case FLOW_NEEDS_OFFERED: ev->offer = 2; break;
	case FLOW_NEEDS_RECEIVER:
	case FLOW_NEEDS_SENDER: ev->duty = facts_duty(FACTS_STRANGER); break;
	case FLOW_NEEDS_PATIENCE: t->bounces = FLOW_BOUNCES_MAX; break;
	case FLOW_NEEDS_ELSEWHERE: ev->to = t->owner; break;
	case FLOW_NEEDS_MOVE: ev->duty = facts_duty(FACTS_OWNER); break;
	case FLOW_NEEDS_STAY: ev->duty = facts_duty(FACTS_NEXT); break;
	case FLOW_NEEDS_LATER: ev->by = t->stage[FLOW_TO_DO].by; break;
	case FLOW_NEEDS_EARLIER: ev->by = t->stage[FLOW_TO_DO].by; break;
	case FLOW_NEEDS_NO_DELAY: ev->by = t->stage[FLOW_TO_DO].by + 1; break;
	case FLOW_NEEDS_HERE: t->away = 1; break;
	case FLOW_NEEDS_NOTHING:
	case FLOW_NEED_N: break;
	}
}

static bool lists(const char *needs, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = needs; (p = strstr(p, word)); p += n)
		if ((p == needs || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
	return false;
}

static struct flow_task task_for(enum flow_phase phase, enum flow_on on)
{
	bool waits = phase != FLOW_NONE && phase != FLOW_PROVED && phase != FLOW_CLOSED;

	return facts_task(phase, wanted[on].offered && waits);
}

/* Whether a spoilt fact must show: some can only be seen of a task, or by a person. */
static bool shows(enum flow_need_id need, enum flow_phase phase, enum flow_on on, int64_t party)
{
	if (need == FLOW_NEEDS_OTHER) /* without a proof there is no doer yet */
		return party > 0 && (phase == FLOW_PROVED || phase == FLOW_RETURNED);
	if (need == FLOW_NEEDS_RAISER)
		return party == FACTS_HOUSE;
	return need != FLOW_NEEDS_OFFERED || on != FLOW_ON_WITHDRAW;
}

static void try_spoilt(enum flow_phase phase, enum flow_on on, int64_t party)
{
	for (int n = FLOW_NEEDS_DUTY; n < FLOW_NEED_N; n++) {
		enum flow_need_id need = (enum flow_need_id)n;
		struct flow_task t = task_for(phase, on), before;
		struct flow_event ev = facts_event(on, party);
		struct flow_effects fx;
		bool must = lists(wanted[on].needs, flow_needs[need].why.word);
		enum err e;

		if (!must || !shows(need, phase, on, party))
			continue;
		spoil(need, &t, &ev);
		before = t;
		e = flow_step(&t, &ev, (struct utc_s){ FACTS_START + 1 }, &fx);
		if (!e || fx.why != &flow_needs[need].why) {
			print_error("%s, %s by %d without %s: %s\n", flow_phase_words[phase].word,
				    flow_say_words[on].word, (int)party, flow_needs[need].why.word,
				    fx.why ? fx.why->word : "done");
			fail();
		}
		assert_int_equal(e, flow_needs[need].why.err);
		assert_int_equal(fx.n, 0);
		assert_memory_equal(&t, &before, sizeof(t));
	}
}

static bool holds(enum flow_phase phase, enum flow_on on, size_t i)
{
	const char *cell = wanted[on].in[phase], *to = strchr(cell, ' ');
	struct flow_task t = task_for(phase, on), before = t;
	struct flow_event ev = facts_event(on, who[i].party);
	char letter = phase == FLOW_NONE && who[i].party > 0 ? 'A' : who[i].letter;
	bool may = to && memchr(cell, letter, (size_t)(to - cell));
	struct flow_effects fx;
	enum err e = flow_step(&t, &ev, (struct utc_s){ FACTS_START + 1 }, &fx);

	if (!may) {
		assert_int_equal(fx.n, 0);
		assert_memory_equal(&t, &before, sizeof(t));
		assert_true(!to || fx.why == &flow_why_who);
		assert_true(to || fx.why == &flow_why_phase);
		return e == (to ? ERR_FORBIDDEN : ERR_CONFLICT);
	}
	if (e || t.phase != phase_of(to[1], phase) || flow_wrong(&t))
		return false;
	assert_true(on == FLOW_ON_CLOCK || facts_count(&fx, FLOW_RECORD, on, 0) == 1);
	assert_true(t.turn == before.turn + (on != FLOW_ON_CLOCK));
	try_spoilt(phase, on, who[i].party);
	return true;
}

static void every_phase_event_and_who_is_as_written(void **state)
{
	unsigned n = 0;

	(void)state;
	for (int phase = 0; phase < FLOW_PHASE_N; phase++)
		for (int on = 0; on < FLOW_ON_N; on++)
			for (size_t i = 0; i < ARRAY_LEN(who); i++, n++)
				if (!holds((enum flow_phase)phase, (enum flow_on)on, i)) {
					print_error("%s, %s by %c\n", flow_phase_words[phase].word,
						    flow_say_words[on].word, who[i].letter);
					fail();
				}
	assert_int_equal(n, FLOW_PHASE_N * FLOW_ON_N * ARRAY_LEN(who));
}

/* ---- the shape of the table ----------------------------------------------------------------- */

static void no_two_rows_speak_of_one_step(void **state)
{
	bool leads[FLOW_PHASE_N] = { false }, leaves[FLOW_PHASE_N] = { false };

	(void)state;
	for (size_t i = 0; i < flow_n_rows; i++)
		for (size_t k = 0; k < i; k++)
			assert_false(flow_rows[i].on == flow_rows[k].on &&
				     flow_rows[i].from & flow_rows[k].from);
	for (size_t i = 0; i < flow_n_rows; i++)
		for (int p = 0; p < FLOW_PHASE_N; p++) {
			leads[p] |= flow_rows[i].to == p;
			leaves[p] |= flow_rows[i].from >> p & 1 && flow_rows[i].to != FLOW_SAME &&
				     flow_rows[i].to != p;
		}
	for (int p = 0; p < FLOW_PHASE_N; p++) {
		assert_int_equal(leads[p], p != FLOW_NONE);
		assert_int_equal(leaves[p], p != FLOW_CLOSED);
	}
}

static void whatever_waits_has_a_clock(void **state)
{
	(void)state;
	for (int p = FLOW_OPEN; p < FLOW_PHASE_N; p++) {
		struct flow_task t = facts_task((enum flow_phase)p, false);

		assert_int_equal(flow_due(&t) == FLOW_NEVER, p == FLOW_CLOSED);
	}
}

/* Of all rows into `closed`, the owner and who did it may use none. */
static void nobody_closes_their_own_task(void **state)
{
	(void)state;
	for (size_t i = 0; i < flow_n_rows; i++) {
		bool other = false;

		for (size_t k = 0; k < FLOW_ROW_NEEDS_MAX; k++)
			other |= flow_rows[i].need[k] == FLOW_NEEDS_OTHER;
		assert_true(flow_rows[i].to != FLOW_CLOSED || other);
		assert_true(flow_rows[i].to != FLOW_CLOSED || !(flow_rows[i].who & FLOW_BY_OWNER));
	}
}

static void every_word_is_there_in_both_languages(void **state)
{
	(void)state;
	for (int i = 0; i < FLOW_PHASE_N; i++)
		assert_true(*flow_phase_words[i].zh && *flow_phase_words[i].en);
	for (int i = 0; i < FLOW_SAY_N; i++)
		assert_true(*flow_say_words[i].zh && *flow_say_words[i].en);
	for (int i = 0; i < FLOW_STAGE_N; i++)
		assert_true(*flow_stage_words[i].zh && *flow_stage_words[i].en);
	for (int i = FLOW_NEEDS_DUTY; i < FLOW_NEED_N; i++)
		assert_true(flow_needs[i].why.err && str_utf8(str_of(flow_needs[i].why.zh)) &&
			    *flow_needs[i].why.en &&
			    strlen(flow_needs[i].why.zh) < FAULT_TEXT_BYTES);
	for (size_t i = 0; i < flow_signal_n_rows; i++)
		assert_true(!flow_signal_rows[i].needs == !flow_signal_rows[i].why.err);
}

/* ---- the picture ---------------------------------------------------------------------------- */

static void put_who(struct buf *b, unsigned bits)
{
	bool first = true;

	for (unsigned i = 0; i < FLOW_WHO_N; i++)
		if (bits >> i & 1) {
			buf_fmt(b, "%s%s", first ? "" : ", ", flow_who_words[i].en);
			first = false;
		}
}

static void put_phases(struct buf *b, unsigned bits)
{
	bool first = true;

	for (unsigned i = 0; i < FLOW_PHASE_N; i++)
		if (bits >> i & 1) {
			buf_fmt(b, "%s%s", first ? "" : ", ", flow_phase_words[i].word);
			first = false;
		}
}

static void put_picture(struct buf *b)
{
	buf_lit(b, "```mermaid\nstateDiagram-v2\n");
	for (unsigned i = FLOW_OPEN; i < FLOW_PHASE_N; i++)
		buf_fmt(b, "\tstate \"%s %s\" as p%u\n", flow_phase_words[i].zh,
			flow_phase_words[i].word, i);
	for (size_t i = 0; i < flow_n_rows; i++) {
		const struct flow_row *r = &flow_rows[i];

		for (unsigned p = 0; p < FLOW_PHASE_N; p++) {
			if (!(r->from >> p & 1) || r->to == FLOW_SAME || r->to == p)
				continue;
			if (p == FLOW_NONE)
				buf_fmt(b, "\t[*] --> p%u: ", r->to);
			else
				buf_fmt(b, "\tp%u --> p%u: ", p, r->to);
			buf_fmt(b, "%s\n", flow_say_words[r->on].word);
		}
	}
	buf_fmt(b, "\tp%u --> [*]\n```\n", FLOW_CLOSED);
}

static void put_rows(struct buf *b)
{
	buf_lit(b,
		"| event | 中文 | from | to | who | needs |\n| --- | --- | --- | --- | --- | --- "
		"|\n");
	for (size_t i = 0; i < flow_n_rows; i++) {
		const struct flow_row *r = &flow_rows[i];

		buf_fmt(b, "| %s | %s | ", flow_say_words[r->on].word, flow_say_words[r->on].zh);
		put_phases(b, r->from);
		buf_fmt(b, " | %s | ",
			r->to == FLOW_SAME ? "the same" : flow_phase_words[r->to].word);
		put_who(b, r->who);
		buf_lit(b, " | ");
		for (size_t k = 0; k < FLOW_ROW_NEEDS_MAX && r->need[k]; k++)
			buf_fmt(b, "%s%s", k ? ", " : "", flow_needs[r->need[k]].why.word);
		buf_lit(b, " |\n");
	}
	buf_lit(b, "\n| need | refused with | 中文 |\n| --- | --- | --- |\n");
	for (int i = FLOW_NEEDS_DUTY; i < FLOW_NEED_N; i++)
		buf_fmt(b, "| %s | %s | %s |\n", flow_needs[i].why.word, flow_needs[i].why.en,
			flow_needs[i].why.zh);
}

static void put_others(struct buf *b)
{
	buf_lit(b, "\n## Signals\n\n```mermaid\nstateDiagram-v2\n");
	for (size_t i = 0; i < flow_signal_n_rows; i++) {
		const struct flow_signal_row *r = &flow_signal_rows[i];

		for (unsigned p = 0; p < FLOW_SIGNAL_PHASE_N && r->to < FLOW_SIGNAL_PHASE_N; p++)
			if (r->from >> p & 1)
				buf_fmt(b, "\t%s --> %s: %s\n",
					p ? flow_signal_phase_words[p].word : "[*]",
					flow_signal_phase_words[r->to].word,
					flow_signal_on_words[r->on].word);
	}
	buf_lit(b, "```\n");
}

static void the_picture_in_the_docs_is_the_table(void **state)
{
	static const char begin[] = "<!-- from the table: -->\n";
	CLEANUP(buf_release) struct buf want = { 0 };
	struct path path = path_in_source("docs/reference/flow.md");
	char page[64 * 1024];
	FILE *file = fopen(path.s, getenv("OUTPOST_BLESS") ? "r+" : "r");
	size_t n;
	char *at;

	(void)state;
	assert_non_null(file);
	n = fread(page, 1, sizeof(page) - 1, file);
	page[n] = '\0';
	at = strstr(page, begin);
	assert_non_null(at);
	at += strlen(begin);
	put_picture(&want);
	buf_char(&want, '\n');
	put_rows(&want);
	put_others(&want);
	buf_char(&want, '\0');
	assert_int_equal(want.failed, OK);
	if (getenv("OUTPOST_BLESS")) {
		assert_int_equal(fseek(file, at - page, SEEK_SET), 0);
		assert_int_equal(fwrite(want.p, 1, want.n - 1, file), want.n - 1);
		assert_int_equal(ftruncate(fileno(file), (off_t)(at - page) + (off_t)want.n - 1),
				 0);
	} else {
		assert_string_equal(at, want.p);
	}
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_phase_event_and_who_is_as_written),
		cmocka_unit_test(no_two_rows_speak_of_one_step),
		cmocka_unit_test(whatever_waits_has_a_clock),
		cmocka_unit_test(nobody_closes_their_own_task),
		cmocka_unit_test(every_word_is_there_in_both_languages),
		cmocka_unit_test(the_picture_in_the_docs_is_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
