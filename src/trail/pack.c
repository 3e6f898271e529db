#include "trail/pack.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/digest.h"
#include "base/when.h"
#include "engine/trace/trace.h"

#include "base/ban.h"

enum { VERSION = 1, LEVEL = 1, NUMBER_BYTES_MAX = 10 };

/* ---- order and digest ------------------------------------------------------------------------ */

static int cmp_i64(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int pack_cmp(const struct names *words, const struct pack_row *a, const struct pack_row *b)
{
	int c = cmp_i64(a->place, b->place);

	if (!c)
		c = cmp_i64(a->from, b->from);
	if (!c)
		c = cmp_i64(a->to, b->to);
	if (!c)
		c = cmp_i64(a->person, b->person);
	if (!c && a->seat != b->seat)
		c = str_cmp(names_text(words, a->seat), names_text(words, b->seat));
	return c;
}

uint64_t pack_digest(const struct names *words, const struct pack_row *r)
{
	struct str seat = names_text(words, r->seat);
	int64_t v[5] = { r->person, r->place, r->from, r->to, 0 };

	if (r->seat)
		v[4] = (int64_t)digest_of(seat.p, seat.n);
	return digest_of(v, sizeof v);
}

uint32_t pack_lesser(const struct names *words, uint32_t a, uint32_t b)
{
	if (!a || !b)
		return a ? a : b;
	return str_cmp(names_text(words, a), names_text(words, b)) <= 0 ? a : b;
}

static int by_numbers(const void *pa, const void *pb)
{
	const struct pack_row *a = pa, *b = pb;
	int c = cmp_i64(a->place, b->place);

	if (!c)
		c = cmp_i64(a->from, b->from);
	if (!c)
		c = cmp_i64(a->to, b->to);
	return c ? c : cmp_i64(a->person, b->person);
}

size_t pack_sort(const struct names *words, struct pack_row *row, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(row, n, sizeof *row, by_numbers);
	for (size_t i = 1; i < n;
	     i++) /* seats of one visit told twice: hardly ever more than two */
		for (size_t k = i; k && pack_cmp(words, &row[k - 1], &row[k]) > 0; k--) {
			struct pack_row x = row[k];

			row[k] = row[k - 1];
			row[k - 1] = x;
		}
	for (size_t i = 0; i < n; i++) {
		if (kept && pack_cmp(words, &row[kept - 1], &row[i]) == 0)
			row[kept - 1].kind = pack_lesser(words, row[kept - 1].kind, row[i].kind);
		else
			row[kept++] = row[i];
	}
	return kept;
}

/* ---- numbers of variable length -------------------------------------------------------------- */

static void put(struct buf *out, uint64_t v)
{
	uint8_t b[NUMBER_BYTES_MAX];
	size_t n = 0;

	while (v >= 128) {
		b[n++] = (uint8_t)(v | 128);
		v >>= 7;
	}
	b[n++] = (uint8_t)v;
	buf_put(out, b, n);
}

struct reader {
	const uint8_t *p, *end;
	bool bad;
};

static uint64_t get(struct reader *r)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
		uint8_t b = *r->p++;

		v |= (uint64_t)(b & 127) << shift;
		if (b < 128) {
			r->bad |= shift == 63 && b > 1;
			r->bad |= shift && !b; /* one number has one form */
			return v;
		}
	}
	r->bad = true;
	return 0;
}

static struct str get_bytes(struct reader *r, uint64_t n)
{
	struct str s = { (const char *)r->p, (size_t)n };

	if (n > (uint64_t)(r->end - r->p)) {
		r->bad = true;
		return STR("");
	}
	r->p += n;
	return s;
}

/* ---- the plain form -------------------------------------------------------------------------- */

static uint64_t fold(int64_t v) /* small for small numbers of either sign */
{
	return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static int64_t unfold(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static void put_word(const struct names *words, uint32_t word, struct buf *out)
{
	struct str s = word ? names_text(words, word) : STR("");

	put(out, s.n);
	buf_str(out, s);
}

/* Runs of a place, then columns: like beside like, which is what the squeezing lives on. */
static void write_columns(const struct names *words, const struct pack_row *row, size_t n,
			  struct buf *out)
{
	for (size_t i = 0, run; i < n; i += run) {
		uint32_t kind = row[i].kind;

		for (run = 1; i + run < n && row[i + run].place == row[i].place; run++)
			kind = pack_lesser(words, kind, row[i + run].kind);
		put(out, run);
		put(out, (uint64_t)(row[i].place - (i ? row[i - 1].place : 0)));
		put_word(words, kind, out);
	}
	for (size_t i = 0; i < n; i++) /* of a place: rising */
		put(out, fold(row[i].from - row[i ? i - 1 : 0].from));
	for (size_t i = 0; i < n; i++)
		put(out, row[i].to == TRACE_STILL ? 0 : (uint64_t)(row[i].to - row[i].from));
	for (size_t i = 0; i < n; i++)
		put_word(words, row[i].seat, out);
	for (size_t i = 0; i < n; i++)
		buf_put(out, &row[i].person, sizeof row[i].person);
}

enum err pack_write(const struct names *words, int32_t day, const struct pack_row *row, size_t n,
		    struct buf *out)
{
	CLEANUP(buf_release) struct buf plain = { 0 };
	size_t bound;

	assert(n > 0 && n <= PACK_VISITS_MAX);
	for (size_t i = 1; i < n; i++)
		assert(pack_cmp(words, &row[i - 1], &row[i]) < 0);
	put(&plain, VERSION);
	put(&plain, n);
	put(&plain, fold(day));
	put(&plain, fold(row[0].from));
	write_columns(words, row, n, &plain);
	if (plain.failed)
		return plain.failed;
	assert(plain.n <= PACK_PLAIN_MAX);
	bound = ZSTD_compressBound(plain.n);
	CLEANUP(buf_release) struct buf small = { .p = mem_take(bound, 1), .cap = bound };
	if (!small.p)
		return ERR_MEMORY;
	small.n = ZSTD_compress(small.p, bound, plain.p, plain.n, LEVEL);
	if (ZSTD_isError(small.n)) {
		small.n = 0;
		return ERR_MEMORY; /* the one way in which it can fail */
	}
	buf_str(out, buf_view(&small));
	crypt_wipe(plain.p, plain.n);
	return out->failed;
}

static enum err read_word(struct reader *r, struct names *words, uint32_t *ret)
{
	struct str a, b, word = get_bytes(r, get(r));

	*ret = 0;
	if (!word.n || r->bad)
		return OK;
	if (!names_unpair(word, &a, &b) && (a.n || b.n))
		return names_intern(words, word, ret);
	r->bad = true;
	return OK;
}

static enum err read_places(struct reader *r, struct names *words, struct pack_row *row, size_t n)
{
	int64_t place = 0;

	for (size_t i = 0; i < n && !r->bad;) {
		uint64_t run = get(r), step = get(r);
		uint32_t kind;
		enum err e;

		r->bad |= !run || run > n - i || !step || step > (uint64_t)(INT64_MAX - place);
		if ((e = read_word(r, words, &kind)))
			return e;
		if (r->bad)
			return OK;
		place += (int64_t)step;
		for (; run; run--, i++) {
			row[i].place = place;
			row[i].kind = kind;
		}
	}
	return OK;
}

static void read_times(struct reader *r, struct pack_row *row, size_t n, int64_t from)
{
	for (size_t i = 0; i < n && !r->bad; i++) {
		int64_t step = unfold(get(r));

		r->bad |= __builtin_add_overflow(from, step, &from) || from < WHEN_MIN_S ||
			  from >= WHEN_MAX_S;
		row[i].from = from;
	}
	for (size_t i = 0; i < n && !r->bad; i++) {
		uint64_t length = get(r);

		r->bad |= length > (uint64_t)(WHEN_MAX_S - WHEN_MIN_S);
		row[i].to = length ? row[i].from + (int64_t)length : TRACE_STILL;
	}
}

static enum err read_columns(struct reader *r, struct names *words, struct pack_row *row, size_t n,
			     int64_t from)
{
	enum err e = read_places(r, words, row, n);

	read_times(r, row, n, from);
	for (size_t i = 0; i < n && !r->bad && !e; i++)
		e = read_word(r, words, &row[i].seat);
	if (e)
		return e;
	r->bad |= (size_t)(r->end - r->p) != n * sizeof row->person;
	for (size_t i = 0; i < n && !r->bad; i++) {
		memcpy(&row[i].person, r->p, sizeof row->person);
		r->p += sizeof row->person;
		r->bad |= row[i].person <= 0 || row[i].from == INT64_MIN ||
			  (i && pack_cmp(words, &row[i - 1], &row[i]) >= 0);
	}
	return r->bad ? ERR_CORRUPT : OK;
}

static enum err read_plain(struct str plain, int32_t day, struct names *words, pack_rows *rows)
{
	struct reader r = { (const uint8_t *)plain.p, (const uint8_t *)plain.p + plain.n, false };
	uint64_t version = get(&r), n = get(&r);
	int64_t told = unfold(get(&r)), from = unfold(get(&r));
	enum err e;

	if (!r.bad && version != VERSION)
		return ERR_VERSION;
	if (r.bad || !n || n > PACK_VISITS_MAX || told != day)
		return ERR_CORRUPT;
	if ((e = vec_reserve(rows, rows->n + n)))
		return e;
	if (!(e = read_columns(&r, words, rows->v + rows->n, n, from)))
		rows->n += n;
	return e;
}

enum err pack_read(struct str small, int32_t day, struct names *words, pack_rows *rows)
{
	unsigned long long n = ZSTD_getFrameContentSize(small.p, small.n);
	enum err e;

	if (n == ZSTD_CONTENTSIZE_ERROR || n == ZSTD_CONTENTSIZE_UNKNOWN || n > PACK_PLAIN_MAX)
		return ERR_CORRUPT;
	CLEANUP(buf_release) struct buf plain = { .p = mem_take(n + 1, 1), .cap = n + 1 };
	if (!plain.p)
		return ERR_MEMORY;
	plain.n = ZSTD_decompress(plain.p, n + 1, small.p, small.n);
	if (ZSTD_isError(plain.n) || plain.n != n) {
		plain.n = 0;
		return ERR_CORRUPT;
	}
	e = read_plain(buf_view(&plain), day, words, rows);
	crypt_wipe(plain.p, plain.n);
	return e;
}

/* ---- sealing --------------------------------------------------------------------------------- */

enum { WITH_BYTES = 6 + 4 * 8 };

static struct str bound_to(const struct pack_at *at, char ret[WITH_BYTES])
{
	const int64_t v[4] = { at->county, at->day, at->batch, at->seq };

	memcpy(ret, "visits", 6);
	for (size_t i = 0; i < sizeof v / 8; i++)
		for (size_t b = 0; b < 8; b++)
			ret[6 + 8 * i + b] = (char)((uint64_t)v[i] >> (56 - 8 * b));
	return (struct str){ ret, WITH_BYTES };
}

/* A nonce that follows from the key, the place and the text: another text, another nonce. */
static void fill_from_itself(void *arg, void *p, size_t n)
{
	const struct crypt_mac *m = arg;

	assert(n <= CRYPT_RAW_BYTES);
	memcpy(p, m->v + 1, n);
}

enum err pack_seal(const struct crypt_key *key, const struct pack_at *at, struct str plain,
		   struct buf *out)
{
	CLEANUP(buf_release) struct buf all = { 0 };
	struct crypt_mac mac;
	const struct crypt_random itself = { fill_from_itself, &mac };
	char with[WITH_BYTES];
	enum err e;

	buf_str(&all, STR("nonce"));
	buf_str(&all, bound_to(at, with));
	buf_str(&all, plain);
	if (all.failed)
		return all.failed;
	if ((e = crypt_mac(key, all.p, all.n, &mac)))
		return e;
	return crypt_seal(key, &itself, bound_to(at, with), plain, out);
}

enum err pack_open(const struct crypt_key *key, const struct pack_at *at, struct str sealed,
		   struct buf *plain)
{
	char with[WITH_BYTES];

	return crypt_open(key, bound_to(at, with), sealed, plain);
}
