/* wells.c - see wells.h. */
#include "support/wells.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

enum { STEPS_MAX = 64, STEP_WELLS = 9000 };

struct zone *wells_zone;

void wells_steps(void)
{
	static struct db_step steps[STEPS_MAX];
	static struct buf text;
	size_t n = db_steps_builtin_n;

	assert_true(n < STEPS_MAX);
	memcpy(steps, db_steps_builtin, n * sizeof *steps);
	buf_clear(&text);
	statements_table(&well_noun, &text);
	buf_char(&text, '\0');
	assert_int_equal(text.failed, OK);
	steps[n] = (struct db_step){ STEP_WELLS, "wells", text.p };
	database_steps(steps, n + 1);
}

static int64_t still(void *arg)
{
	(void)arg;
	return (int64_t)DATABASE_NOW * 1000000000;
}

struct record_book *wells_book(void)
{
	static const struct clock clock = { still, NULL };
	static const struct noun *const nouns[] = { &well_noun };
	struct record_options o = { .nouns = nouns, .n = 1, .clock = &clock, .node = 3 };
	struct record_book *book;
	struct fault f = { 0 };

	if (!wells_zone && zone_open("Asia/Shanghai", &wells_zone, NULL))
		fail_msg("no zone");
	o.zone = wells_zone;
	if (record_open(&o, &book, &f))
		fail_msg("%s", f.en);
	return book;
}

static struct str words(struct dice *d, size_t min, size_t max, struct arena *a)
{
	static const char *const piece[] = { "龙", "王", "井", "上", "下", "坪",
					     "长", "A",  "7",  "张", "家", " " };
	CLEANUP(buf_release) struct buf b = { 0 };
	size_t n = min + dice_below(d, (uint32_t)(max - min + 1));

	for (size_t i = 0; i < n; i++)
		buf_lit(&b, piece[dice_below(d, i == 0 || i + 1 == n ? 11 : 12)]);
	return (struct str){ arena_copy(a, b.n ? b.p : "", b.n), b.n };
}

void wells_random(struct dice *d, unsigned counties, struct arena *a, struct well *w)
{
	int64_t county = dice_below(d, counties), township = 1 + dice_below(d, 3);

	noun_blank(&well_noun, w);
	/* Cities 4307 and 4308; townships, and some villages in them. */
	w->record.area.v = (430700 + 100 * (county % 2) + 1 + county / 2) * 1000000000 +
			   township * 1000000 +
			   (dice_chance(d, 0.5) ? 1000 * (1 + dice_below(d, 4)) : 0);
	w->record.version = 1;
	w->record.state = dice_chance(d, 0.8) ? WELL_IN_USE : 1 + (int)dice_below(d, 3);
	w->record.created_at.v = w->record.updated_at.v = DATABASE_NOW;
	w->record.created_by.v = 7;
	w->name = words(d, 2, 12, a);
	w->kind = dice_chance(d, 0.9) ? WELL_DUG : WELL_SPRING;
	w->depth_cm = dice_chance(d, 0.3) ? FIELD_NONE : 1 + dice_below(d, 100);
	w->public_use = dice_chance(d, 0.02);
	w->tested_at.v = dice_chance(d, 0.5) ? FIELD_NONE : DATABASE_NOW - dice_below(d, 1000);
	w->supplies.v = dice_chance(d, 0.7) ? 0 : w->record.area.v;
	w->keeper = dice_chance(d, 0.7) ? STR("") : words(d, 2, 3, a);
}
