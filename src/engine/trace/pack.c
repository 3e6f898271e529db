/*
 * pack.c - from the rows of one day to the image of its segment. See segment.h for the layout.
 *
 * The person side is packed first: it meets every pair of visits that may be one stay, and
 * marks their places as linked, so that a query knows where visits must be joined first.
 */
#include "engine/trace/segment.h"

#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "engine/trace/bits.h"
#include "engine/trace/order.h"
#include "engine/trace/side.h"
#include "base/ban.h"

const uint32_t segment_class_bound[SEGMENT_CLASSES] = { 900, 3600, 14400, 43200, UINT32_MAX };

struct pack {
	const struct segment_day *day;
	const struct segment_row *row; /* sorted as the side at hand wants, equal ones gone */
	struct segment_row *spare;     /* for the places: as many */
	size_t n;
	uint8_t *linked; /* a bit a place */
	int64_t last;
	bool still;
	struct side side[SEGMENT_SIDES];
};

/* ---- person records --------------------------------------------------------------------- */

struct shape { /* what a run of rows needs */
	bool minutes, still, gaps;
	uint64_t from_most, length_most; /* in units */
	uint32_t seat_most, person_most, person_least;
	uint32_t from_first, from_last;
	int64_t length_s, reaches_s; /* greatest */
};

static int64_t row_end(const struct segment_row *r)
{
	return r->length == TRACE_STILL ? TRACE_STILL : r->from + r->length;
}

static struct shape shape_of(const struct segment_row *r, size_t n)
{
	struct shape s = { .minutes = true,
			   .person_least = UINT32_MAX,
			   .from_first = r[0].from,
			   .from_last = r[n - 1].from };

	for (size_t i = 0; i < n; i++) {
		bool still = r[i].length == TRACE_STILL;
		if (r[i].from % 60 || (!still && r[i].length % 60))
			s.minutes = false;
		s.still |= still;
		if (!still)
			s.length_s = max_i64(s.length_s, r[i].length);
		s.reaches_s = max_i64(s.reaches_s, row_end(&r[i]));
		s.seat_most = r[i].seat > s.seat_most ? r[i].seat : s.seat_most;
		s.person_most = r[i].person > s.person_most ? r[i].person : s.person_most;
		s.person_least = r[i].person < s.person_least ? r[i].person : s.person_least;
	}
	s.length_most = (uint64_t)s.length_s / (s.minutes ? 60 : 1);
	s.from_most = (s.from_last - s.from_first) / (s.minutes ? 60u : 1u);
	return s;
}

static unsigned length_width(const struct shape *s)
{
	return bits_width(s->length_most + (s->still ? 1 : 0));
}

/* The `from` of visit i > 0 as a person record tells it, in seconds. */
static int64_t from_step(const struct segment_row *r, size_t i, bool gaps)
{
	return r[i].from - (gaps ? row_end(&r[i - 1]) : (int64_t)r[i - 1].from);
}

static enum err put_person(struct pack *pack, const struct segment_row *r, size_t n)
{
	struct side *side = &pack->side[SEGMENT_PERSONS];
	struct shape s = shape_of(r, n);
	unsigned unit = s.minutes ? 60 : 1, from_width = 0;
	uint8_t *p = side_begin(side, r->person, PERSON_HEAD_BYTES + 4 + n * 16);
	struct bits_out o = { .p = p };

	if (!p)
		return ERR_MEMORY;
	s.gaps = true;
	for (size_t i = 1; i < n; i++)
		s.gaps &= r[i - 1].length != TRACE_STILL && from_step(r, i, true) >= 0;
	for (size_t i = 1; i < n; i++)
		from_width =
			(unsigned)max_i64(from_width,
					  bits_width((uint64_t)from_step(r, i, s.gaps) / unit));
	unsigned wl = length_width(&s), ws = bits_width(s.seat_most);
	bits_put(&o,
		 (n < 1u << PERSON_N_BITS ? n : 0) | (s.minutes ? PERSON_MINUTES : 0u) |
			 (s.still ? PERSON_STILL : 0u) | (s.gaps ? PERSON_GAPS : 0u) |
			 (uint64_t)from_width << PERSON_FROM_AT | (uint64_t)wl << PERSON_LENGTH_AT |
			 (uint64_t)ws << PERSON_SEAT_AT,
		 8 * PERSON_HEAD_BYTES);
	if (n >= 1u << PERSON_N_BITS)
		bits_put(&o, n, 32);
	bits_put(&o, r->from / unit, s.minutes ? FROM_BITS_MIN : FROM_BITS_S);
	for (size_t i = 0; i < n; i++) {
		if (i)
			bits_put(&o, (uint64_t)from_step(r, i, s.gaps) / unit, from_width);
		bits_put(&o,
			 r[i].length == TRACE_STILL ? bits_mask(wl) : (uint64_t)r[i].length / unit,
			 wl);
		bits_put(&o, r[i].seat, ws);
		bits_put(&o, r[i].place, pack->side[SEGMENT_PLACES].id_bits);
	}
	bits_align(&o);
	return side_commit(side, r->person, (size_t)(o.p - p), s.reaches_s);
}

static void mark(struct pack *p, uint32_t place)
{
	p->linked[place / 8] |= (uint8_t)(1 << place % 8);
}

/*
 * Mark the places where two visits of this person in one seat overlap or touch. The mark only
 * asks a query for care, so for somebody with very many visits all places get it.
 */
static void mark_linked(struct pack *p, const struct segment_row *r, size_t n)
{
	enum { MANY = 256 };

	for (size_t i = 0; i < n; i++) {
		if (n > MANY)
			mark(p, r[i].place);
		for (size_t j = i + 1; n <= MANY && j < n && r[j].from <= row_end(&r[i]); j++)
			if (r[j].place == r[i].place && r[j].seat == r[i].seat)
				mark(p, r[i].place);
	}
}

static size_t run_of(const struct pack *p, size_t i, enum segment_side side)
{
	size_t j = i + 1;

	while (j < p->n && (side == SEGMENT_PLACES ? p->row[j].place == p->row[i].place
						   : p->row[j].person == p->row[i].person))
		j++;
	return j - i;
}

static enum err pack_persons(struct pack *p)
{
	enum err e;

	for (size_t i = 0, n; i < p->n; i += n) {
		n = run_of(p, i, SEGMENT_PERSONS);
		mark_linked(p, &p->row[i], n);
		if ((e = put_person(p, &p->row[i], n)))
			return e;
	}
	return side_finish(&p->side[SEGMENT_PERSONS]);
}

/* ---- place records ---------------------------------------------------------------------- */

/* The columns of one block at o: from, length, seat, person, each on a whole byte. */
static void put_columns(struct bits_out *o, const struct segment_row *r, size_t n,
			const struct shape *s, uint32_t from_base, unsigned wf)
{
	unsigned unit = s->minutes ? 60 : 1, wl = length_width(s);
	unsigned wp = bits_width(s->person_most - s->person_least);

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
		bits_put(o, r[i].person - s->person_least, wp);
	bits_align(o);
}

static enum err put_small_place(struct pack *p, const struct segment_row *r, size_t n, bool linked)
{
	struct side *side = &p->side[SEGMENT_PLACES];
	struct shape s = shape_of(r, n);
	unsigned wf = bits_width(s.from_last / (s.minutes ? 60u : 1u));
	unsigned flags = (s.still ? FLAG_STILL : 0u) | (linked ? FLAG_LINKED : 0u);
	uint8_t *at = side_begin(side, r->place, 16 + n * 18);
	struct bits_out o = { .p = at };

	if (!at)
		return ERR_MEMORY;
	bits_put(&o,
		 (n - 1) << 1 | (s.minutes ? PLACE_MINUTES : 0u) | (flags ? PLACE_MORE : 0u) |
			 (uint64_t)wf << PLACE_FROM_AT |
			 (uint64_t)length_width(&s) << PLACE_LENGTH_AT |
			 (uint64_t)bits_width(s.person_most - s.person_least) << PLACE_PERSON_AT |
			 (uint64_t)bits_width(s.seat_most) << PLACE_SEAT_AT,
		 32);
	if (flags)
		bits_put(&o, flags, 8);
	bits_put(&o, s.person_least, (p->side[SEGMENT_PERSONS].id_bits + 7) / 8 * 8);
	put_columns(&o, r, n, &s, 0, wf);
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
	struct shape s = shape_of(r, n);
	unsigned wf = bits_width(s.from_most);

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
		.person_width = (uint8_t)bits_width(s.person_most - s.person_least),
		.seat_width = (uint8_t)bits_width(s.seat_most),
		.flags = (uint8_t)((s.still ? FLAG_STILL : 0) | (s.minutes ? FLAG_MINUTES : 0)),
	};
	put_columns(o, r, n, &s, s.from_first, wf);
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
	size_t head_bytes =
		4 + 4 * (SEGMENT_CLASSES + 1) + blocks * sizeof(struct segment_block_head);
	int64_t reaches = shape_of(r, n).reaches_s;
	uint32_t word, i_block = 0;

	if (blocks > UINT32_MAX >> BIG_BLOCKS_AT || n * 20 > UINT32_MAX)
		return ERR_FULL;
	uint8_t *at = side_begin(side, r->place, head_bytes + n * 18 + blocks * 32);
	if (!at)
		return ERR_MEMORY;
	struct bits_out o = { .p = at + head_bytes };
	uint8_t *heads = at + 4 + 4 * (SEGMENT_CLASSES + 1);
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

static enum err pack_places(struct pack *p)
{
	enum err e;

	for (size_t i = 0, n; i < p->n; i += n) {
		const struct segment_row *r = &p->row[i];
		bool linked = p->linked[r->place / 8] >> r->place % 8 & 1;
		n = run_of(p, i, SEGMENT_PLACES);
		if ((e = n <= KERNEL_BLOCK ? put_small_place(p, r, n, linked)
					   : put_big_place(p, r, n, linked)))
			return e;
	}
	return side_finish(&p->side[SEGMENT_PLACES]);
}

/* ---- the image -------------------------------------------------------------------------- */

static size_t round_8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static void lay_side(const struct side *s, struct segment_side_head *h, size_t *at)
{
	h->n_ids = s->n_ids;
	h->id_bits = s->id_bits;
	h->groups_at = *at;
	*at = round_8(*at + s->groups.n * sizeof *s->groups.v);
	h->reach_at = *at;
	*at = round_8(*at + s->n_ids / 2 + 1);
	h->records_at = *at;
	h->records_bytes = s->records.n;
	*at = round_8(*at + s->records.n);
}

static void copy_side(const struct side *s, const struct segment_side_head *h, uint8_t *image)
{
	memcpy(image + h->groups_at, s->groups.v, s->groups.n * sizeof *s->groups.v);
	memcpy(image + h->reach_at, s->reach, s->n_ids / 2 + 1);
	if (s->records.n)
		memcpy(image + h->records_at, s->records.v, s->records.n);
}

/* Where things go depends on the size of the checksum table, which depends on where they go. */
static size_t lay_out(const struct pack *p, struct segment_head *h)
{
	size_t page = (size_t)1 << SEGMENT_PAGE_SHIFT, end = 0;

	for (;;) {
		size_t at = sizeof *h + h->n_pages * sizeof(uint64_t);
		h->pages_at = at;
		for (int side = 0; side < SEGMENT_SIDES; side++)
			lay_side(&p->side[side], &h->side[side], &at);
		end = at + BITS_SLACK;
		uint64_t n_pages = (end - h->pages_at + page - 1) / page;
		if (n_pages == h->n_pages)
			return end;
		h->n_pages = n_pages;
	}
}

static void put_checksums(uint8_t *image, struct segment_head *h)
{
	size_t page = (size_t)1 << SEGMENT_PAGE_SHIFT;

	for (uint64_t i = 0; i < h->n_pages; i++) {
		size_t at = h->pages_at + i * page;
		uint64_t sum = digest_of(image + at, min_size(page, h->file_bytes - at));
		memcpy(image + sizeof *h + i * sizeof sum, &sum, sizeof sum);
	}
	h->digest =
		digest_seeded(image + sizeof *h, h->pages_at - sizeof *h, digest_of(h, sizeof *h));
	memcpy(image, h, sizeof *h);
}

static enum err make_image(const struct pack *p, struct trace_image *ret)
{
	struct segment_head h = {
		.magic = SEGMENT_MAGIC,
		.version = SEGMENT_VERSION,
		.page_shift = SEGMENT_PAGE_SHIFT,
		.day_start = p->day->start.v,
		.last = p->last,
		.still = p->still,
		.n_visits = p->n,
		.day = p->day->day,
		.day_s = p->day->day_s,
	};
	size_t bytes = lay_out(p, &h);
	uint8_t *image = mem_take(bytes, 1);

	if (!image)
		return ERR_MEMORY;
	h.file_bytes = bytes;
	for (int side = 0; side < SEGMENT_SIDES; side++)
		copy_side(&p->side[side], &h.side[side], image);
	put_checksums(image, &h);
	*ret = (struct trace_image){
		.day = p->day->day, .bytes = image, .n = bytes, .visits = p->n
	};
	return OK;
}

static enum err pack_prepare(struct pack *p)
{
	uint32_t person = 0, place = 0;
	enum err e;

	p->last = TRACE_NEVER;
	for (size_t i = 0; i < p->n; i++) {
		const struct segment_row *r = &p->row[i];
		person = r->person > person ? r->person : person;
		place = r->place > place ? r->place : place;
		p->still |= r->length == TRACE_STILL;
		p->last =
			max_i64(p->last, p->day->start.v +
						 (r->length == TRACE_STILL ? r->from : row_end(r)));
	}
	if ((e = side_init(&p->side[SEGMENT_PLACES], place)) ||
	    (e = side_init(&p->side[SEGMENT_PERSONS], person)))
		return e;
	p->linked = mem_take(place / 8 + 1, 1);
	return p->linked ? OK : ERR_MEMORY;
}

static void take_order(struct pack *p, struct order *o, enum segment_side side)
{
	order_by(o, side);
	p->row = o->sorted.v;
	p->n = o->sorted.n;
}

enum err segment_pack(const struct segment_day *day, struct segment_row *rows, size_t n,
		      struct order *order, struct trace_image *ret, uint64_t *ret_n_dropped)
{
	struct pack p = { .day = day, .row = rows, .n = n };
	enum err e;

	assert(n > 0 && n < UINT32_MAX);
	if ((e = pack_prepare(&p)) || (e = order_begin(order, rows, n)))
		goto out;
	take_order(&p, order, SEGMENT_PERSONS);
	if ((e = pack_persons(&p)))
		goto out;
	take_order(&p, order, SEGMENT_PLACES);
	p.spare = rows;
	if ((e = pack_places(&p)) || (e = make_image(&p, ret)))
		goto out;
	*ret_n_dropped = n - p.n;
out:
	for (int side = 0; side < SEGMENT_SIDES; side++)
		side_release(&p.side[side]);
	mem_drop(p.linked);
	return e;
}
