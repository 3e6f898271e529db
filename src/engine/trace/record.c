/* record.c - what the records of a sealed day say. See segment.h for their layout. */
#include "engine/trace/segment.h"

#include <string.h>

#include "base/memory.h"
#include "engine/trace/bits.h"
#include "base/ban.h"

/* ---- place records ---------------------------------------------------------------------- */

enum err segment_place_find(const struct trace_segment *s, uint32_t place,
			    struct segment_place *ret)
{
	struct segment_place r = { .seg = s };
	enum err e = segment_record(s, SEGMENT_PLACES, place, &r.p, &r.bytes);

	if (!e)
		*ret = r;
	return e;
}

enum err segment_place_read(struct segment_place *r)
{
	uint32_t word;

	if (!r->p)
		return OK;
	if (r->bytes < PLACE_HEAD_BYTES)
		return ERR_CORRUPT;
	memcpy(&word, r->p, 4);
	r->big = word & PLACE_BIG;
	if (!r->big) {
		r->n_blocks = 1;
		r->linked = word >> PLACE_MORE_AT & 1 &&
			    (r->p[PLACE_HEAD_BYTES + MORE_FLAGS_AT / 8] & FLAG_LINKED);
		return OK;
	}
	r->n_blocks = word >> BIG_BLOCKS_AT;
	r->linked = word & BIG_LINKED;
	return r->bytes < BIG_HEAD_BYTES ||
			       (r->bytes - BIG_HEAD_BYTES) / sizeof(struct segment_block_head) <
				       r->n_blocks
		       ? ERR_CORRUPT
		       : OK;
}

enum err segment_place_open(const struct trace_segment *s, uint32_t place,
			    struct segment_place *ret)
{
	struct segment_place r;
	enum err e;

	if ((e = segment_place_find(s, place, &r)) || (e = segment_place_read(&r)))
		return e;
	*ret = r;
	return OK;
}

/* Lay the four columns out from `at`; false if they do not fit into the record. */
static bool lay_columns(struct kernel_block *b, const uint8_t *at, const uint8_t *end)
{
	b->from = at;
	b->length = b->from + bits_bytes(b->n, b->from_width);
	b->seat = b->length + bits_bytes(b->n, b->length_width);
	b->person = b->seat + bits_bytes(b->n, b->seat_width);
	return b->from_width <= FROM_BITS_S && b->length_width <= LENGTH_BITS_MAX &&
	       b->person_width <= 32 && b->seat_width <= SEAT_BITS_MAX &&
	       b->person + bits_bytes(b->n, b->person_width) <= end;
}

/* What stands where MORE says that there is more. */
static void read_more(const uint8_t *p, struct kernel_block *b)
{
	uint64_t more = bits_get(p, 0, 8 * PLACE_MORE_BYTES);

	b->from_width = more >> MORE_FROM_AT & 31;
	b->length_width = more >> MORE_LENGTH_AT & 63;
	b->seat_width = more >> MORE_SEAT_AT & 31;
	b->still = more >> MORE_FLAGS_AT & FLAG_STILL;
	b->minutes = !(more >> MORE_FLAGS_AT & FLAG_SECONDS);
}

static enum err small_block(const struct segment_place *r, int32_t horizon, struct kernel_block *b)
{
	unsigned id_bits = segment_id_bits(r->seg, SEGMENT_PERSONS);
	const uint8_t *p = r->p + PLACE_HEAD_BYTES, *end = r->p + r->bytes;
	uint32_t word = (uint32_t)bits_get(r->p, 0, 8 * PLACE_HEAD_BYTES);

	b->n = (word >> PLACE_N_AT & 127) + 1;
	b->from_width = word >> PLACE_FROM_AT & 15;
	b->length_width = word >> PLACE_LENGTH_AT & 15;
	b->seat_width = 0;
	b->longest = UINT32_MAX;
	b->minutes = true;
	b->still = false;
	b->horizon = horizon;
	b->from_base = b->person_base = 0;
	b->list = NULL;
	b->list_width = 0;
	if (word >> PLACE_MORE_AT & 1) {
		read_more(p, b);
		p += PLACE_MORE_BYTES;
	}
	if (word >> PLACE_LIST_AT & 1) {
		unsigned n = (word >> PLACE_PERSON_AT & 15) + 1;
		b->list = p;
		b->list_width = (uint8_t)id_bits;
		b->person_width = (uint8_t)bits_width(n - 1);
		p += bits_bytes(n, id_bits);
	} else {
		b->person_width = word >> PLACE_PERSON_AT & 31;
		if (word >> PLACE_BASE_AT & 1) {
			b->person_base = (uint32_t)bits_get(p, 0, id_bits);
			p += (id_bits + 7) / 8;
		}
	}
	return lay_columns(b, p, end) ? OK : ERR_CORRUPT;
}

static struct segment_block_head block_head(const struct segment_place *r, uint32_t i)
{
	struct segment_block_head h;

	memcpy(&h, r->p + BIG_HEAD_BYTES + i * sizeof h, sizeof h);
	return h;
}

static enum err big_block(const struct segment_place *r, const struct segment_block_head *h,
			  int32_t horizon, struct kernel_block *ret)
{
	*ret = (struct kernel_block){
		.n = h->n_less_1 + 1u,
		.from_base = h->from_base,
		.person_base = h->person_base,
		.longest = h->length_max,
		.from_width = h->from_width,
		.length_width = h->length_width,
		.person_width = h->person_width,
		.seat_width = h->seat_width,
		.minutes = !(h->flags & FLAG_SECONDS),
		.still = h->flags & FLAG_STILL,
		.horizon = horizon,
	};
	return h->at <= r->bytes && ret->n <= KERNEL_BLOCK && h->from_base < 1u << FROM_BITS_S &&
			       lay_columns(ret, r->p + h->at, r->p + r->bytes)
		       ? OK
		       : ERR_CORRUPT;
}

/* The first block of [i, end) whose visits, of less than `bound`, can reach past `from`. */
static uint32_t first_reaching(const struct segment_place *r, uint32_t i, uint32_t end,
			       int64_t from, int64_t bound)
{
	while (i < end) {
		uint32_t mid = i + (end - i) / 2;
		if (block_head(r, mid).from_last + bound <= from)
			i = mid + 1;
		else
			end = mid;
	}
	return i;
}

/* Skip from block *i to the next that may matter; classes end where `first` says. */
static enum err next_big(const struct segment_place *r, int32_t from, int32_t to, int32_t horizon,
			 uint32_t *i, struct kernel_block *ret, bool *ret_more)
{
	uint32_t first[SEGMENT_CLASSES + 1], at = *i;

	memcpy(first, r->p + 4, sizeof first);
	*ret_more = false;
	for (int c = 0; c < SEGMENT_CLASSES; c++) {
		if (first[c] > first[c + 1] || first[c + 1] > r->n_blocks)
			return ERR_CORRUPT;
		if (at >= first[c + 1])
			continue;
		if (at <= first[c] && c < SEGMENT_CLASSES - 1)
			at = first_reaching(r, first[c], first[c + 1], from,
					    segment_class_bound[c]);
		at = at > first[c] ? at : first[c];
		for (; at < first[c + 1]; at++) {
			struct segment_block_head h = block_head(r, at);
			if ((int64_t)h.from_base >= to) {
				at = first[c + 1];
				break;
			}
			if (h.length_max != UINT32_MAX &&
			    (int64_t)h.from_last + h.length_max <= from)
				continue;
			*i = at + 1;
			*ret_more = true;
			return big_block(r, &h, horizon, ret);
		}
	}
	*i = r->n_blocks;
	return OK;
}

enum err segment_place_next(const struct segment_place *r, int32_t from, int32_t to,
			    int32_t horizon, uint32_t *i, struct kernel_block *ret, bool *ret_more)
{
	if (r->big)
		return next_big(r, from, to, horizon, i, ret, ret_more);
	*ret_more = r->p && *i == 0;
	if (!*ret_more)
		return OK;
	*i = 1;
	return small_block(r, horizon, ret);
}

void segment_block_times(const struct kernel_block *b, uint32_t i, int64_t *ret_from,
			 int64_t *ret_to)
{
	int64_t unit = b->minutes ? 60 : 1;
	uint64_t from = bits_get(b->from, (uint64_t)i * b->from_width, b->from_width);
	uint64_t length = bits_get(b->length, (uint64_t)i * b->length_width, b->length_width);

	*ret_from = b->from_base + unit * (int64_t)from;
	*ret_to = b->still && length == bits_mask(b->length_width)
			  ? TRACE_STILL
			  : *ret_from + unit * (int64_t)length;
}

/* ---- person records --------------------------------------------------------------------- */

struct person_stream {
	const uint8_t *p;
	uint64_t bit, end;
};

static uint64_t take(struct person_stream *s, unsigned width)
{
	uint64_t v = bits_get(s->p, s->bit, width);

	s->bit += width;
	return v;
}

enum err segment_person_visits(const struct trace_segment *s, uint32_t person, visit_vec *out)
{
	struct person_stream in = { .p = NULL };
	size_t bytes;
	enum err e = segment_record(s, SEGMENT_PERSONS, person, &in.p, &bytes);

	if (e || !in.p)
		return e;
	unsigned id_bits = segment_id_bits(s, SEGMENT_PLACES);
	uint64_t head = take(&in, PERSON_HEAD_BITS), n = head & bits_mask(PERSON_N_BITS), flags = 0;
	unsigned wf = head >> PERSON_FROM_AT & 15, wl = head >> PERSON_LENGTH_AT & 15, ws = 0;
	if (head >> PERSON_MORE_AT & 1) {
		uint64_t more = take(&in, PERSON_MORE_BITS);
		wf = more >> MORE_FROM_AT & 31;
		wl = more >> MORE_LENGTH_AT & 63;
		ws = more >> MORE_SEAT_AT & 31;
		flags = more >> PERSON_FLAGS_AT;
	}
	unsigned unit = flags & PERSON_SECONDS ? 1 : 60;
	unsigned w0 = segment_from_bits((uint32_t)segment_day_s(s), unit);
	if (!n)
		n = take(&in, 32);
	if (!n || wf > FROM_BITS_S || wl > LENGTH_BITS_MAX ||
	    (in.bit + w0 + (n - 1) * wf + n * (wl + ws + id_bits) + 7) / 8 > bytes)
		return ERR_CORRUPT;
	if (vec_reserve(out, out->n + n))
		return ERR_MEMORY;
	int64_t from = segment_start(s), end = from;
	for (uint64_t i = 0; i < n; i++) {
		int64_t step = (int64_t)take(&in, i ? wf : w0) * unit;
		uint64_t length = take(&in, wl);
		uint32_t seat = (uint32_t)take(&in, ws);
		from = (flags & PERSON_STARTS || !i ? from : end) + step;
		end = from + (int64_t)length * unit;
		bool still = flags & PERSON_STILL && length == bits_mask(wl);
		out->v[out->n++] = (struct visit){ { person },
						   { (uint32_t)take(&in, id_bits) },
						   { from },
						   { still ? TRACE_STILL : end },
						   seat };
	}
	return OK;
}
