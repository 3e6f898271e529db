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
#include "engine/trace/pack.h"
#include "base/ban.h"

const uint32_t segment_class_bound[SEGMENT_CLASSES] = { 900, 3600, 14400, 43200, UINT32_MAX };

/* ---- person records --------------------------------------------------------------------- */

struct shape pack_shape(const struct segment_row *r, size_t n)
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

/* The `from` of visit i > 0 as a person record tells it, in seconds. */
static int64_t from_step(const struct segment_row *r, size_t i, bool gaps)
{
	return r[i].from - (gaps ? row_end(&r[i - 1]) : (int64_t)r[i - 1].from);
}

static void put_person_head(struct bits_out *o, const struct shape *s, size_t n, unsigned wf)
{
	unsigned wl = length_width(s), ws = bits_width(s->seat_most);
	bool more = !s->minutes || s->still || !s->gaps || ws || wf > PERSON_WIDTH_MAX ||
		    wl > PERSON_WIDTH_MAX;
	uint64_t head = n < 1u << PERSON_N_BITS ? n : 0;

	if (more)
		head |= 1u << PERSON_MORE_AT;
	else
		head |= (uint64_t)wf << PERSON_FROM_AT | (uint64_t)wl << PERSON_LENGTH_AT;
	bits_put(o, head, PERSON_HEAD_BITS);
	if (more)
		bits_put(o,
			 (uint64_t)wf << MORE_FROM_AT | (uint64_t)wl << MORE_LENGTH_AT |
				 (uint64_t)ws << MORE_SEAT_AT |
				 (uint64_t)((s->minutes ? 0 : PERSON_SECONDS) |
					    (s->still ? PERSON_STILL : 0) |
					    (s->gaps ? 0 : PERSON_STARTS))
					 << PERSON_FLAGS_AT,
			 PERSON_MORE_BITS);
	if (n >= 1u << PERSON_N_BITS)
		bits_put(o, n, 32);
}

static enum err put_person(struct pack *pack, const struct segment_row *r, size_t n)
{
	struct side *side = &pack->side[SEGMENT_PERSONS];
	struct shape s = pack_shape(r, n);
	unsigned unit = s.minutes ? 60 : 1, wf = 0;
	uint8_t *p = side_begin(side, r->person, 16 + n * 16);
	struct bits_out o = { .p = p };

	if (!p)
		return ERR_MEMORY;
	s.gaps = true;
	for (size_t i = 1; i < n; i++)
		s.gaps &= r[i - 1].length != TRACE_STILL && from_step(r, i, true) >= 0;
	for (size_t i = 1; i < n; i++)
		wf = (unsigned)max_i64(wf, bits_width((uint64_t)from_step(r, i, s.gaps) / unit));
	unsigned wl = length_width(&s), ws = bits_width(s.seat_most);
	put_person_head(&o, &s, n, wf);
	bits_put(&o, r->from / unit, segment_from_bits(pack->day->day_s, unit));
	for (size_t i = 0; i < n; i++) {
		if (i)
			bits_put(&o, (uint64_t)from_step(r, i, s.gaps) / unit, wf);
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

size_t pack_run(const struct pack *p, size_t i, enum segment_side side)
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
		n = pack_run(p, i, SEGMENT_PERSONS);
		mark_linked(p, &p->row[i], n);
		if ((e = put_person(p, &p->row[i], n)))
			return e;
	}
	return side_finish(&p->side[SEGMENT_PERSONS]);
}

/* ---- the image -------------------------------------------------------------------------- */

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* Groups lie so that none is cut by the end of a cache line. */
static void lay_side(const struct side *s, struct segment_side_head *h, size_t *at)
{
	h->n_ids = s->n_ids;
	h->id_bits = s->id_bits;
	h->groups_at = round_up(*at, sizeof *s->groups);
	h->records_at = h->groups_at + s->n_groups * sizeof *s->groups;
	h->records_bytes = s->records.n;
	*at = h->records_at + s->records.n;
}

static void copy_side(const struct side *s, const struct segment_side_head *h, uint8_t *image)
{
	memcpy(image + h->groups_at, s->groups, s->n_groups * sizeof *s->groups);
	memcpy(image + h->records_at, s->records.v, s->records.n);
}

/*
 * Where things go depends on the size of the checksum table, which depends on where they go. Since
 * groups are aligned, a longer table may leave a page less to check: then a byte fills that page.
 */
static size_t lay_out(const struct pack *p, struct segment_head *h)
{
	size_t page = (size_t)1 << SEGMENT_PAGE_SHIFT, end = 0;

	for (;;) {
		size_t at = sizeof *h + h->n_pages * sizeof(uint64_t);
		h->pages_at = at;
		for (int side = 0; side < SEGMENT_SIDES; side++)
			lay_side(&p->side[side], &h->side[side], &at);
		end = at + BITS_SLACK;
		if (h->n_pages)
			end = max_size(end, h->pages_at + (h->n_pages - 1) * page + 1);
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
