/* rows.c - the visits of a batch in the order of packs: by day, place, times, person, seat. */
#include <stdlib.h>
#include <string.h>

#include "engine/trace/sort.h"
#include "trail/inside.h"

#include "base/ban.h"

static int cmp_i64(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

bool keep_row_same_but_seat(const struct keep_row *a, const struct keep_row *b)
{
	return a->day == b->day && a->r.place == b->r.place && a->r.from == b->r.from &&
	       a->r.to == b->r.to && a->r.person == b->r.person;
}

/* As pack_cmp, but seats by their numbers: what that changes is put right below. */
static int by_order(const void *pa, const void *pb)
{
	const struct keep_row *a = pa, *b = pb;
	int c = cmp_i64(a->day, b->day);

	if (!c)
		c = cmp_i64(a->r.place, b->r.place);
	if (!c)
		c = cmp_i64(a->r.from, b->r.from);
	if (!c)
		c = cmp_i64(a->r.to, b->r.to);
	if (!c)
		c = cmp_i64(a->r.person, b->r.person);
	if (!c)
		c = cmp_i64(a->r.seat, b->r.seat);
	return c ? c : cmp_i64(a->i, b->i);
}

/* A place has hardly ever more than some rows of one batch. */
static void order_few(struct keep_row *row, size_t n)
{
	enum { FEW = 16 };

	if (n > FEW) {
		qsort(row, n, sizeof *row, by_order);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct keep_row x = row[i];
		size_t k = i;

		for (; k && by_order(&row[k - 1], &x) > 0; k--)
			row[k] = row[k - 1];
		row[k] = x;
	}
}

/* Seats of one visit told twice, by their text: hardly ever more than two. */
static void order_seats(const struct names *words, struct keep_row *row, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k && keep_row_same_but_seat(&row[k - 1], &row[k]) &&
				   pack_cmp(words, &row[k - 1].r, &row[k].r) > 0;
		     k--) {
			struct keep_row x = row[k];

			row[k] = row[k - 1];
			row[k - 1] = x;
		}
}

static bool one_place(const struct keep_row *a, const struct keep_row *b)
{
	return a->day == b->day && a->r.place == b->r.place;
}

/* By place, then by day, without comparing; then each place's few rows by all the rest. */
enum err keep_rows_order(const struct names *words, struct keep_row **rows, size_t n)
{
	struct sort_pair *p = mem_grow(NULL, 0, n, 2 * sizeof *p);
	struct keep_row *from = *rows, *to = mem_grow(NULL, 0, n, sizeof *to);

	if (!p || !to) {
		mem_drop(p);
		mem_drop(to);
		return ERR_MEMORY;
	}
	for (size_t i = 0; i < n; i++)
		p[i] = (struct sort_pair){ (uint64_t)from[i].r.place, (uint32_t)i };
	sort_pairs(p, p + n, n);
	for (size_t i = 0; i < n; i++)
		p[i].key = (uint64_t)((int64_t)from[p[i].row].day - INT32_MIN);
	sort_pairs(p, p + n, n);
	for (size_t i = 0; i < n; i++)
		to[i] = from[p[i].row];
	mem_drop(p);
	mem_drop(from);
	*rows = to;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && one_place(&to[i], &to[end]);)
			end++;
		if (end - i > 1)
			order_few(to + i, end - i);
	}
	order_seats(words, to, n);
	return OK;
}

enum err trail_numbers_once(uint64_t *v, size_t n, size_t *ret)
{
	uint64_t *spare = mem_grow(NULL, 0, n + 1, sizeof *spare);
	size_t kept = 0;

	if (!spare)
		return ERR_MEMORY;
	sort_numbers(v, spare, n);
	mem_drop(spare);
	for (size_t i = 0; i < n; i++)
		if (!i || v[i] != v[kept - 1])
			v[kept++] = v[i];
	*ret = kept;
	return OK;
}
