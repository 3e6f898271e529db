/*
 * flow.c - any bytes as events of two tasks, and as a packed task.
 *
 * The first byte says which. Events: what must hold after each is what test/support/flow_book.c
 * looks at, the slow way's word among it. A packed task: refused, or sound, the same bytes again,
 * and fit to be stepped by the clock.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/flow_book.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void must_be_well(const struct flow_book *book)
{
	if (book->why.n)
		fprintf(stderr, "%.*s", (int)book->why.n, book->why.p);
	must(book->why.n == 0);
}

struct bytes {
	const uint8_t *p;
	size_t n;
};

static unsigned next(struct bytes *b)
{
	if (!b->n)
		return 0;
	b->n--;
	return *b->p++;
}

/* Parties 0 to 7 are enough to meet each other; persons are theirs, or somebody else's. */
static struct flow_duty duty(struct bytes *b)
{
	unsigned v = next(b), line = next(b);
	struct flow_duty d = { { v & 7 }, { v >> 3 & 7 }, { .n = v >> 6 } };

	for (uint32_t i = 0; i < d.line.n; i++)
		d.line.level[i].v = line >> 3 * (i & 1) & 7;
	return d;
}

static int64_t some_time(struct bytes *b)
{
	unsigned v = next(b);

	return (int64_t)(v & 31) << (v >> 5) * 3;
}

static struct flow_act act(struct bytes *b, int64_t *now)
{
	unsigned head = next(b), who = next(b), facts = next(b);
	struct flow_act a = { .task = 1 + (head >> 7 & 1) };
	struct flow_event *ev = &a.ev;

	*now += some_time(b) * (head & 64 ? -1 : 1);
	a.now = *now;
	ev->on = (enum flow_on)((head & 31) % FLOW_ON_N);
	ev->actor = (enum flow_actor)((who & 3) % 3);
	ev->party.v = who >> 2 & 7;
	ev->person.v = who >> 5;
	ev->turn = facts & 1 ? FLOW_ANY_TURN : next(b) & 15;
	ev->evidence = facts >> 1 & 7;
	ev->reason = facts & 16;
	ev->away = facts & 32;
	ev->own = who & 128 && head & 32;
	ev->offer = facts >> 6;
	ev->duty = duty(b);
	ev->to.v = next(b) & 7;
	ev->by = facts & 64 ? *now + some_time(b) - 1000 : FLOW_NEVER;
	if (ev->on == FLOW_ON_RAISE) {
		uint32_t v[7];

		for (size_t i = 0; i < ARRAY_LEN(v); i++)
			v[i] = (uint32_t)min_i64(some_time(b), UINT32_MAX);
		ev->clock = (struct flow_clock){ v[0], v[1], v[2], v[3], v[4], v[5], v[6] };
	}
	return a;
}

static void events(struct bytes *b)
{
	struct flow_book book = { 0 };
	struct flow_effects fx;
	int64_t now = 1000000000;

	flow_book_begin(&book);
	(void)flow_book_task(&book, 1);
	(void)flow_book_task(&book, 2);
	while (b->n) {
		struct flow_act a = act(b, &now);

		ignore(flow_book_do(&book, &a, &fx));
		must_be_well(&book);
	}
	flow_book_sums(&book);
	must_be_well(&book);
	flow_book_end(&book);
}

static void packed(const struct bytes *b)
{
	struct flow_event ev = { .on = FLOW_ON_CLOCK, .turn = FLOW_ANY_TURN, .actor = FLOW_CLOCK };
	uint8_t again[FLOW_PACKED_BYTES];
	struct flow_effects fx;
	struct flow_task t;

	if (flow_unpack(b->p, b->n, &t))
		return;
	flow_pack(&t, again);
	must(b->p[0] == 1 || (b->n == sizeof(again) && memcmp(b->p, again, sizeof(again)) == 0));
	must(flow_step(&t, &ev, (struct utc_s){ 1000000000 }, &fx) == OK);
	must(flow_wrong(&t) == NULL && t.due > 1000000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bytes b = { p, n };

	if (next(&b) & 1)
		packed(&b);
	else
		events(&b);
	return 0;
}
