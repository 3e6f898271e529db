/* tally.c - memory of the tally. See tally.h. */
#include "engine/trace/tally.h"

#include <string.h>

#include "base/ban.h"

enum {
	FIRST_ROWS = 2048,
	LARGE_ROWS = 1 << 12, /* from here on rows do not lie in the nearest cache */
	MANY_ROWS = 1 << 16,  /* from here on every byte of the table counts */
	FEW = 64,             /* hits added in one go */
};

/* Few people meet in one slot, so that what a look-up does is easily foreseen. */
static size_t slots_for(uint32_t rows)
{
	return (size_t)rows * (rows > FIRST_ROWS && rows < MANY_ROWS ? 4 : 2);
}

/* Lay the table out for `cap` rows and find the slots of those there are. */
static void lay_out(struct tally *t, uint32_t cap)
{
	size_t n_slots = slots_for(cap);

	t->cap = cap;
	t->mask = (uint32_t)n_slots - 1;
	t->shift = (unsigned)__builtin_clz((uint32_t)n_slots) + 1;
	memset(t->slot, 0, n_slots * sizeof *t->slot);
	for (uint32_t k = TALLY_CASE; k < t->n; k++) {
		uint32_t i = tally_hash(t->row[k].person, t->shift);
		while (t->slot[i])
			i = (i + 1) & t->mask;
		t->slot[i] = k;
	}
}

static enum err take_room(struct tally *t, uint32_t room)
{
	struct tally_row *row = arena_take_raw(t->arena, room, sizeof *row);
	struct tally_note *note = arena_take_raw(t->arena, room, sizeof *note);
	uint32_t *slot = arena_take_raw(t->arena, slots_for(room), sizeof *slot);

	if (!row || !note || !slot)
		return ERR_MEMORY;
	if (t->row) {
		memcpy(row, t->row, t->n * sizeof *row);
		memcpy(note, t->note, t->n * sizeof *note);
	}
	t->row = row;
	t->note = note;
	t->slot = slot;
	t->room = room;
	return OK;
}

enum err tally_init(struct tally *t, struct arena *a, uint32_t person)
{
	t->arena = a;
	t->n = TALLY_CASE;
	t->generation = 0;
	if (!t->room && take_room(t, FIRST_ROWS))
		return ERR_MEMORY;
	lay_out(t, FIRST_ROWS);
	return tally_row(t, person) ? OK : ERR_MEMORY;
}

enum err tally_grow(struct tally *t, uint32_t n)
{
	uint32_t cap = t->cap;

	while (cap - t->n < n) {
		if (cap > UINT32_MAX / 16)
			return ERR_MEMORY;
		cap *= 4;
	}
	if (cap > t->room && take_room(t, cap))
		return ERR_MEMORY;
	lay_out(t, cap);
	t->n_blank = t->n;
	return OK;
}

void tally_want(const struct tally *t, const uint32_t *person, uint32_t n)
{
	enum { LAG = 16 };

	if (t->cap < LARGE_ROWS)
		return;
	for (uint32_t k = 0; k < n + LAG; k++) {
		if (k < n)
			__builtin_prefetch(&t->slot[tally_hash(person[k], t->shift)]);
		if (k >= LAG)
			__builtin_prefetch(&t->row[t->slot[tally_hash(person[k - LAG], t->shift)]]);
	}
}

/* Make rows behind the last ready to be taken, all of them of that rank. */
static void make_blank(struct tally *t, uint32_t n, uint32_t rank)
{
	if (t->rank != rank)
		t->n_blank = t->n;
	if (t->n == t->n_old)
		t->rank = rank;
	else if (t->rank != rank)
		t->rank = (uint32_t)TALLY_MIXED;
	for (uint32_t i = t->n_blank > t->n ? t->n_blank : t->n; i < t->n + n; i++) {
		t->row[i] = (struct tally_row){ .first = INT64_MAX, .last = INT64_MIN };
		t->note[i] = (struct tally_note){ t->generation, rank };
		t->n_blank = i + 1;
	}
}

/* A person whose slot somebody else holds. */
static uint32_t row_elsewhere(struct tally *t, uint32_t person, uint32_t rank)
{
	uint32_t n = t->n;
	uint32_t i = (uint32_t)(tally_row(t, person) - t->row);

	if (t->n > n)
		t->note[i].rank = rank;
	return i;
}

/*
 * The rows of some people. Whether somebody is new is hard to foresee, and a wrong guess costs more
 * than all the sums. So a new person takes the blank row behind the last by arithmetic, without a
 * branch; only two people in one slot leave the straight path.
 */
static void find_rows(struct tally *t, const uint32_t *person, uint32_t n_hits, uint32_t rank,
		      uint32_t *row_of)
{
	struct tally_row *row = t->row;
	uint32_t *slots = t->slot, n = t->n;
	const unsigned shift = t->shift;

	for (uint32_t k = 0; k < n_hits; k++) {
		uint32_t who = person[k], *slot = &slots[tally_hash(who, shift)];
		uint32_t held = *slot, fresh = held == 0;
		uint32_t i = held | (n & (0 - fresh));
		if (__builtin_expect(((row[i].person ^ who) & (fresh - 1)) != 0, 0)) {
			t->n = n;
			row_of[k] = row_elsewhere(t, who, rank);
			n = t->n;
			continue;
		}
		*slot = i;
		row[i].person = who;
		row_of[k] = i;
		n += fresh;
	}
	t->n = n;
}

static void add_few(struct tally *t, const struct tally_many *m)
{
	uint32_t row_of[FEW];
	const uint32_t n_old = t->n_old;
	const int64_t start = m->start;

	tally_want(t, m->person, m->n);
	make_blank(t, m->n, m->rank);
	find_rows(t, m->person, m->n, m->rank, row_of);
	struct tally_row *row = t->row;
	for (uint32_t k = 0; k < m->n; k++) {
		/* Of an earlier generation: summed up in the row that is nobody's. */
		struct tally_row *r = &row[row_of[k] & (0 - (uint32_t)(row_of[k] >= n_old))];
		int64_t first = start + m->from[k], last = start + m->to[k];
		r->n++;
		r->total += (uint64_t)(last - first);
		r->first = min_i64(r->first, first);
		r->last = max_i64(r->last, last);
	}
	for (uint32_t k = 0; t->rank != m->rank && k < m->n; k++) {
		struct tally_note *note = &t->note[row_of[k]];
		if (row_of[k] >= n_old && m->rank < note->rank)
			note->rank = m->rank;
	}
}

enum err tally_add_many(struct tally *t, const struct tally_many *m)
{
	struct tally_many few = *m;

	if (t->cap - t->n < m->n && tally_grow(t, m->n))
		return ERR_MEMORY;
	for (uint32_t k = 0; k < m->n; k += FEW) {
		few.n = m->n - k < FEW ? m->n - k : FEW;
		few.person = m->person + k;
		few.from = m->from + k;
		few.to = m->to + k;
		add_few(t, &few);
	}
	return OK;
}
