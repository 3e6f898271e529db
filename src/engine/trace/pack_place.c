/* pack_place.c - the place side of a day's segment. See segment.h for the layout. */
#include <string.h>

#include "engine/trace/bits.h"
#include "engine/trace/pack.h"
#include "base/ban.h"

/* How a block tells its people: by number in a list of `n`, or from `base` on. */
struct people {
	uint32_t list[KERNEL_LIST];
	unsigned n, width;
	uint32_t base;
};

/* Where x stands, or should stand, in the list. */
static unsigned people_at(const struct people *p, uint32_t x)
{
	unsigned i = 0;

	while (i < p->n && p->list[i] < x)
		i++;
	return i;
}

/* List them; false if there are too many. */
static bool people_list(struct people *p, const struct segment_row *r, size_t n)
{
	p->n = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned at = people_at(p, r[i].person);
		if (at < p->n && p->list[at] == r[i].person)
			continue;
		if (p->n == KERNEL_LIST)
			return false;
		memmove(&p->list[at + 1], &p->list[at], (p->n - at) * sizeof *p->list);
		p->list[at] = r[i].person;
		p->n++;
	}
	p->width = bits_width(p->n - 1);
	return true;
}

/* The shortest way for a place of one block. */
static struct people people_of(const struct segment_row *r, size_t n, const struct shape *s,
			       unsigned id_bits)
{
	struct people p = { .n = 0 };
	unsigned narrow = bits_width(s->person_most - s->person_least);
	unsigned wide = bits_width(s->person_most);
	size_t based = bits_bytes(n, narrow) + (id_bits + 7) / 8;

	p.width = wide;
	if (based < bits_bytes(n, wide)) {
		p.base = s->person_least;
		p.width = narrow;
	}
	struct people listed = { .n = 0 };
	size_t plain = min_size(based, bits_bytes(n, wide));
	bool few = people_list(&listed, r, n) &&
		   bits_bytes(listed.n, id_bits) + bits_bytes(n, listed.width) < plain;
	return few ? listed : p;
}

/* The columns of one block at o: from, length, seat, person, each on a whole byte. */
static void put_columns(struct bits_out *o, const struct segment_row *r, size_t n,
			const struct shape *s, uint32_t from_base, unsigned wf,
			const struct people *p)
{
	unsigned unit = s->minutes ? 60 : 1, wl = length_width(s);

	for (size_t i = 0; i < n; i++)
		bits_put(o, (r[i].from - from_base) / unit, wf);
	bits_align(o);
	for (size_t i = 0; i < n; i++)
		bits_put(o,
			 r[i].length == TRACE_STILL ? bits_mask(wl) : (uint64_t)r[i].length / unit,
			 wl);
	bits_align(o);
	for (size_t i = 0; i < n; i++)
		bits_put(o, r[i].seat, bits_width(s->seat_most));
	bits_align(o);
	for (size_t i = 0; i < n; i++)
		bits_put(o, p->n ? people_at(p, r[i].person) : r[i].person - p->base, p->width);
	bits_align(o);
}

static void put_small_head(struct bits_out *o, const struct shape *s, size_t n, unsigned wf,
			   const struct people *p, bool linked)
{
	unsigned wl = length_width(s), ws = bits_width(s->seat_most);
	unsigned flags = (s->still ? FLAG_STILL : 0u) | (linked ? FLAG_LINKED : 0u) |
			 (s->minutes ? 0u : FLAG_SECONDS);
	bool more = flags || ws || wf > PLACE_WIDTH_MAX || wl > PLACE_WIDTH_MAX;
	uint64_t head = (uint64_t)(n - 1) << PLACE_N_AT | (uint64_t)more << PLACE_MORE_AT;

	if (!more)
		head |= (uint64_t)wf << PLACE_FROM_AT | (uint64_t)wl << PLACE_LENGTH_AT;
	if (p->n)
		head |= (uint64_t)1 << PLACE_LIST_AT | (uint64_t)(p->n - 1) << PLACE_PERSON_AT;
	else
		head |= (uint64_t)p->width << PLACE_PERSON_AT | (uint64_t)(p->base != 0)
									<< PLACE_BASE_AT;
	bits_put(o, head, 8 * PLACE_HEAD_BYTES);
	if (more)
		bits_put(o,
			 (uint64_t)wf << MORE_FROM_AT | (uint64_t)wl << MORE_LENGTH_AT |
				 (uint64_t)ws << MORE_SEAT_AT | (uint64_t)flags << MORE_FLAGS_AT,
			 8 * PLACE_MORE_BYTES);
}

static enum err put_small_place(struct pack *p, const struct segment_row *r, size_t n, bool linked)
{
	struct side *side = &p->side[SEGMENT_PLACES];
	struct shape s = pack_shape(r, n);
	unsigned id_bits = p->side[SEGMENT_PERSONS].id_bits;
	struct people people = people_of(r, n, &s, id_bits);
	unsigned wf = bits_width(s.from_last / (s.minutes ? 60u : 1u));
	uint8_t *at = side_begin(side, r->place, 16 + n * 18);
	struct bits_out o = { .p = at };

	if (!at)
		return ERR_MEMORY;
	put_small_head(&o, &s, n, wf, &people, linked);
	for (unsigned i = 0; i < people.n; i++)
		bits_put(&o, people.list[i], id_bits);
	bits_align(&o);
	if (people.base)
		bits_put(&o, people.base, (id_bits + 7) / 8 * 8);
	put_columns(&o, r, n, &s, 0, wf, &people);
	return side_commit(side, r->place, (size_t)(o.p - at), s.reaches_s);
}

static unsigned class_of(int64_t length)
{
	unsigned c = 0;

	while (c < SEGMENT_CLASSES - 1 && length >= segment_class_bound[c])
		c++;
	return c;
}

static void put_block(struct bits_out *o, struct segment_block_head *head, uint8_t *record,
		      const struct segment_row *r, size_t n)
{
	struct shape s = pack_shape(r, n);
	unsigned wf = bits_width(s.from_most);
	struct people people = { .base = s.person_least,
				 .width = bits_width(s.person_most - s.person_least) };

	*head = (struct segment_block_head){
		.from_base = s.from_first,
		.from_last = s.from_last,
		.length_max =
			s.still || s.length_s > UINT32_MAX ? UINT32_MAX : (uint32_t)s.length_s,
		.person_base = s.person_least,
		.at = (uint32_t)(o->p - record),
		.n_less_1 = (uint8_t)(n - 1),
		.from_width = (uint8_t)wf,
		.length_width = (uint8_t)length_width(&s),
		.person_width = (uint8_t)people.width,
		.seat_width = (uint8_t)bits_width(s.seat_most),
		.flags = (uint8_t)((s.still ? FLAG_STILL : 0) | (s.minutes ? 0 : FLAG_SECONDS)),
	};
	put_columns(o, r, n, &s, s.from_first, wf, &people);
}

/* Rows stay in order of `from` inside each class of length. */
static size_t split_classes(struct pack *p, const struct segment_row *r, size_t n,
			    size_t first[SEGMENT_CLASSES + 1])
{
	size_t at[SEGMENT_CLASSES + 1] = { 0 }, blocks = 0;

	for (size_t i = 0; i < n; i++)
		at[class_of(r[i].length) + 1]++;
	for (int c = 0; c < SEGMENT_CLASSES; c++) {
		blocks += (at[c + 1] + KERNEL_BLOCK - 1) / KERNEL_BLOCK;
		at[c + 1] += at[c];
	}
	memcpy(first, at, sizeof at);
	for (size_t i = 0; i < n; i++)
		p->spare[at[class_of(r[i].length)]++] = r[i];
	return blocks;
}

static enum err put_big_place(struct pack *p, const struct segment_row *r, size_t n, bool linked)
{
	struct side *side = &p->side[SEGMENT_PLACES];
	size_t first[SEGMENT_CLASSES + 1];
	size_t blocks = split_classes(p, r, n, first);
	size_t head_bytes = BIG_HEAD_BYTES + blocks * sizeof(struct segment_block_head);
	int64_t reaches = pack_shape(r, n).reaches_s;
	uint32_t word, i_block = 0;

	if (blocks > UINT32_MAX >> BIG_BLOCKS_AT || n * 20 > UINT32_MAX)
		return ERR_FULL;
	uint8_t *at = side_begin(side, r->place, head_bytes + n * 18 + blocks * 32);
	if (!at)
		return ERR_MEMORY;
	struct bits_out o = { .p = at + head_bytes };
	uint8_t *heads = at + BIG_HEAD_BYTES;
	word = (uint32_t)(PLACE_BIG | (linked ? BIG_LINKED : 0) | blocks << BIG_BLOCKS_AT);
	memcpy(at, &word, 4);
	for (int c = 0; c < SEGMENT_CLASSES; c++) {
		memcpy(at + 4 + 4 * c, &i_block, 4);
		for (size_t i = first[c]; i < first[c + 1]; i += KERNEL_BLOCK, i_block++) {
			struct segment_block_head head;
			put_block(&o, &head, at, &p->spare[i],
				  min_size(KERNEL_BLOCK, first[c + 1] - i));
			memcpy(heads + i_block * sizeof head, &head, sizeof head);
		}
	}
	memcpy(at + 4 + 4 * SEGMENT_CLASSES, &i_block, 4);
	return side_commit(side, r->place, (size_t)(o.p - at), reaches);
}

enum err pack_places(struct pack *p)
{
	enum err e;

	for (size_t i = 0, n; i < p->n; i += n) {
		const struct segment_row *r = &p->row[i];
		bool linked = p->linked[r->place / 8] >> r->place % 8 & 1;
		n = pack_run(p, i, SEGMENT_PLACES);
		if ((e = n <= KERNEL_BLOCK ? put_small_place(p, r, n, linked)
					   : put_big_place(p, r, n, linked)))
			return e;
	}
	return side_finish(&p->side[SEGMENT_PLACES]);
}
