/*
 * load_visits.c - rows of visits into the builder, fast.
 *
 * Two stages over batches. The first, fill(), reads rows, checks times, copies the few bytes of
 * the ids aside, and knows the places: it gives them numbers and checks their kinds. The second,
 * apply(), knows the people and the builder. With two threads the stages run side by side on
 * batches that change hands, and share no table of names.
 */
#include <pthread.h>
#include <string.h>

#include "cli/load.h"

#include "base/ban.h"

enum { LOAD_BATCH = 4096, LOAD_BATCH_TEXT = 1 << 20, LOAD_BATCHES = 4 };
_Static_assert((int)LOAD_BATCH <= (int)NAMES_BATCH_MAX, "one call to names");

enum column { PERSON, PLACE, FROM, TO, KIND, SEAT, ROLE, COLUMN_N };

static const struct table_column COLUMNS[COLUMN_N] = {
	{ "person", true }, { "place", true }, { "from", true },  { "to", true },
	{ "kind", false },  { "seat", false }, { "role", false },
};

// clang-format off
static const struct load_reason
	NO_PERSON = { "person 是空的", "person is empty" },
	NO_PLACE = { "place 是空的", "place is empty" },
	NO_FROM = { "from 是空的", "from is empty" },
	BAD_FROM = { "from 不是可读的时间", "from cannot be read as a time" },
	BAD_TO = { "to 不是可读的时间", "to cannot be read as a time" },
	REVERSED = { "to 不晚于 from", "to is not later than from" },
	OTHER_KIND = { "kind 与该场所先前的不同", "kind differs from this place's first" };
// clang-format on

struct cut {
	uint32_t at, n;
}; /* bytes in batch.text */

struct row {
	struct cut person, place, kind, seat, raw;
	int64_t from, to;
	uint64_t number, line;
	struct cut zh, en; /* en.n > 0: refused, and why */
};

struct batch {
	struct row row[LOAD_BATCH];
	size_t n, n_kept;
	struct row *kept[LOAD_BATCH]; /* those not refused, and their places */
	uint32_t place[LOAD_BATCH];
	struct buf text;
	bool has_kind, has_seat, last;
	uint64_t bytes_read, bytes_total;
	enum err e;
	struct fault fault;
};

/* ---- stage one: reading --------------------------------------------------------------------- */

struct reader {
	struct load *l;
	struct table *t;
	size_t i_file;
	int field[COLUMN_N];
	bool keep_raw;
	struct buf pair;
	struct str text[LOAD_BATCH];
};

/* 4 to 16 bytes, as two halves that overlap; else the common way. */
static void copy_few(char *to, const char *from, size_t n)
{
	uint64_t first, last;
	uint32_t head, tail;

	if (n >= 8 && n <= 16) {
		memcpy(&first, from, 8);
		memcpy(&last, from + n - 8, 8);
		memcpy(to, &first, 8);
		memcpy(to + n - 8, &last, 8);
	} else if (n >= 4 && n < 8) {
		memcpy(&head, from, 4);
		memcpy(&tail, from + n - 4, 4);
		memcpy(to, &head, 4);
		memcpy(to + n - 4, &tail, 4);
	} else if (n) {
		memcpy(to, from, n);
	}
}

static struct cut put(struct batch *b, struct str s)
{
	struct cut cut = { (uint32_t)b->text.n, (uint32_t)s.n };

	if (b->text.cap - b->text.n < s.n) {
		buf_put(&b->text, s.p, s.n);
		return cut;
	}
	copy_few(b->text.p + b->text.n, s.p, s.n);
	b->text.n += s.n;
	return cut;
}

static void refuse(struct batch *b, struct row *r, const struct table_row *from,
		   struct load_reason why)
{
	r->zh = put(b, str_of(why.zh));
	r->en = put(b, str_of(why.en));
	r->raw = put(b, from->raw);
}

/* Eight digits at once, after Daniel Lemire, "Quickly parsing eight digits" (2018). */
static bool eight_digits(const char *p, int64_t *ret)
{
	uint64_t w;

	memcpy(&w, p, 8);
	if (((w + 0x4646464646464646) | (w - 0x3030303030303030)) & 0x8080808080808080)
		return false;
	w = (w & 0x0f0f0f0f0f0f0f0f) * 2561 >> 8;
	w = (w & 0x00ff00ff00ff00ff) * 6553601 >> 16;
	*ret = (int64_t)((w & 0x0000ffff0000ffff) * 42949672960001 >> 32);
	return true;
}

/* Eleven digits at most are always inside the calendar, so these need no other look. */
static bool read_time(struct str s, const struct zone *z, int64_t *ret)
{
	struct when w;
	int64_t v = 0;
	size_t i = 0;

	if (s.n > 0 && s.n <= 11) {
		if (s.n >= 8 && eight_digits(s.p, &v))
			i = 8;
		while (i < s.n && (unsigned char)(s.p[i] - '0') < 10)
			v = v * 10 + (s.p[i++] - '0');
		if (i == s.n) {
			*ret = v;
			return true;
		}
	}
	if (!load_when(s, z, &w))
		return false;
	*ret = w.at.v;
	return true;
}

static const struct load_reason *read_times(const struct reader *r, const struct str *fields,
					    struct row *x)
{
	struct str from = fields[r->field[FROM]], to = fields[r->field[TO]];

	if (from.n == 0)
		return &NO_FROM;
	if (!read_time(from, r->l->zone, &x->from))
		return &BAD_FROM;
	x->to = TRACE_STILL;
	if (to.n && !read_time(to, r->l->zone, &x->to))
		return &BAD_TO;
	return x->from < x->to ? NULL : &REVERSED;
}

static struct str optional(const struct reader *r, const struct str *fields, enum column c)
{
	return r->field[c] < 0 ? STR("") : fields[r->field[c]];
}

static void read_row(struct reader *r, const struct table_row *from, struct batch *b)
{
	struct row *x = &b->row[b->n++];
	const struct load_reason *why;

	x->number = from->number;
	x->line = from->line;
	x->en.n = 0;
	x->raw = (struct cut){ 0 };
	if (from->refusal_en) {
		refuse(b, x, from, (struct load_reason){ from->refusal_zh, from->refusal_en });
		return;
	}
	if (from->fields[r->field[PERSON]].n == 0)
		why = &NO_PERSON;
	else if (from->fields[r->field[PLACE]].n == 0)
		why = &NO_PLACE;
	else
		why = read_times(r, from->fields, x);
	if (why) {
		refuse(b, x, from, *why);
		return;
	}
	x->person = put(b, from->fields[r->field[PERSON]]);
	x->place = put(b, from->fields[r->field[PLACE]]);
	if (b->has_kind) {
		x->kind = put(b, optional(r, from->fields, KIND));
		if (r->keep_raw)
			x->raw = put(b, from->raw);
	}
	if (b->has_seat) {
		buf_clear(&r->pair);
		names_pair(&r->pair, optional(r, from->fields, SEAT),
			   optional(r, from->fields, ROLE));
		if (r->pair.failed)
			b->e = r->pair.failed;
		x->seat = put(b, buf_view(&r->pair));
	}
}

static struct str text_at(const struct batch *b, struct cut c)
{
	return (struct str){ b->text.p + c.at, c.n };
}

static enum err number_places(struct reader *r, struct batch *b)
{
	struct load *l = r->l;
	size_t n_before = l->place_kind.n;
	enum err e;

	b->n_kept = 0;
	for (size_t i = 0; i < b->n; i++) {
		if (b->row[i].en.n)
			continue;
		b->kept[b->n_kept] = &b->row[i];
		r->text[b->n_kept++] = text_at(b, b->row[i].place);
	}
	if ((e = names_intern_batch(l->names.places, r->text, b->n_kept, b->place)))
		return e;
	if ((e = vec_reserve(&l->place_kind, names_count(l->names.places))))
		return e;
	l->place_kind.n = names_count(l->names.places);
	for (size_t i = n_before; i < l->place_kind.n; i++)
		l->place_kind.v[i] = NAMES_NONE;
	return OK;
}

/* Refuses the rows whose kind is not the one their place has. */
static enum err check_kinds(struct reader *r, struct batch *b)
{
	struct names *kinds = r->l->names.kinds;
	size_t n = 0;
	enum err e;

	for (size_t i = 0; i < b->n_kept; i++) {
		uint32_t *kind = &r->l->place_kind.v[b->place[i]];
		struct str text = text_at(b, b->kept[i]->kind);

		if (*kind == NAMES_NONE) {
			if ((e = names_intern(kinds, text, kind)))
				return e;
		} else if (!str_eq(names_text(kinds, *kind), text)) {
			b->kept[i]->zh = put(b, str_of(OTHER_KIND.zh));
			b->kept[i]->en = put(b, str_of(OTHER_KIND.en));
			continue;
		}
		b->kept[n] = b->kept[i];
		b->place[n++] = b->place[i];
	}
	b->n_kept = n;
	return b->text.failed;
}

/* Open the next file if none is open; *ret_more is false after the last. */
static enum err next_file(struct reader *r, bool *ret_more, struct fault *f)
{
	const struct cli_args *a = &r->l->c->args;
	enum err e;

	*ret_more = r->t || r->i_file < a->n_visits;
	if (r->t || !*ret_more)
		return OK;
	if ((e = load_open(r->l, a->visits[r->i_file++], COLUMNS, COLUMN_N, &r->t, f)))
		return e;
	for (size_t i = 0; i < COLUMN_N; i++)
		r->field[i] = table_field(r->t, i);
	return OK;
}

/* A batch holds rows of one file only: its columns are the same for all of them. */
static enum err read_rows(struct reader *r, struct batch *b, struct fault *f)
{
	struct table_row row;
	bool more;
	enum err e;

	b->has_kind = r->field[KIND] >= 0;
	b->has_seat = r->field[SEAT] >= 0 || r->field[ROLE] >= 0;
	while (b->n < LOAD_BATCH && b->text.n < LOAD_BATCH_TEXT) {
		if ((e = table_next(r->t, &row, &more, f)))
			return e;
		if (!more) {
			table_end(&r->t);
			return b->e ? b->e : b->text.failed;
		}
		read_row(r, &row, b);
	}
	table_progress(r->t, &b->bytes_read, &b->bytes_total);
	return b->e ? b->e : b->text.failed;
}

static enum err fill(struct reader *r, struct batch *b, struct fault *f)
{
	bool more;
	enum err e;

	b->n = b->n_kept = 0;
	b->last = false;
	buf_clear(&b->text);
	if ((e = next_file(r, &more, f)))
		return e;
	b->last = !more;
	if (b->last)
		return OK;
	if ((e = read_rows(r, b, f)))
		return e;
	if ((e = number_places(r, b)))
		return e;
	return b->has_kind ? check_kinds(r, b) : OK;
}

/* ---- stage two: numbers --------------------------------------------------------------------- */

struct numbering {
	struct load *l;
	struct trace_builder *builder;
	struct str text[LOAD_BATCH];
	uint32_t person[LOAD_BATCH], seat[LOAD_BATCH];
	struct visit visit[LOAD_BATCH];
};

static enum err number_people(struct numbering *m, const struct batch *b)
{
	enum err e;

	for (size_t i = 0; i < b->n_kept; i++)
		m->text[i] = text_at(b, b->kept[i]->person);
	if ((e = names_intern_batch(m->l->names.persons, m->text, b->n_kept, m->person)))
		return e;
	if (!b->has_seat) {
		memset(m->seat, 0, b->n_kept * sizeof(m->seat[0]));
		return OK;
	}
	for (size_t i = 0; i < b->n_kept; i++)
		m->text[i] = text_at(b, b->kept[i]->seat);
	return names_intern_batch(m->l->names.seats, m->text, b->n_kept, m->seat);
}

/* Persons are counted by a bit each: cases and named contacts have numbers too. */
static enum err count_visitors(struct numbering *m, const struct batch *b)
{
	struct load *l = m->l;
	size_t words = names_count(l->names.persons) / 64 + 1;
	enum err e;

	if (words > l->visitor.n) {
		if ((e = vec_reserve(&l->visitor, words)))
			return e;
		memset(l->visitor.v + l->visitor.n, 0,
		       (words - l->visitor.n) * sizeof(l->visitor.v[0]));
		l->visitor.n = words;
	}
	for (size_t i = 0; i < b->n_kept; i++) {
		uint64_t *word = &l->visitor.v[m->person[i] / 64];
		uint64_t bit = UINT64_C(1) << m->person[i] % 64;

		l->n_visitors += !(*word & bit);
		*word |= bit;
	}
	return OK;
}

static enum err report_refused(struct numbering *m, const struct batch *b)
{
	CLEANUP(buf_release) struct buf words = { 0 };
	struct load *l = m->l;
	enum err e;

	for (size_t i = 0; i < b->n; i++) {
		const struct row *x = &b->row[i];
		struct table_row row = { .number = x->number, .line = x->line };

		if (!x->en.n)
			continue;
		row.raw = text_at(b, x->raw);
		buf_clear(&words);
		buf_str(&words, text_at(b, x->zh));
		buf_char(&words, '\0');
		buf_str(&words, text_at(b, x->en));
		buf_char(&words, '\0');
		if (words.failed)
			return words.failed;
		if ((e = load_refuse(l, &l->c->visits, "visits", &row,
				     (struct load_reason){ words.p, words.p + x->zh.n + 1 })))
			return e;
	}
	return OK;
}

static enum err apply(struct numbering *m, const struct batch *b)
{
	struct load *l = m->l;
	enum err e;

	l->c->visits.in += b->n;
	if ((e = number_people(m, b)))
		return e;
	if (l->want_visitors && (e = count_visitors(m, b)))
		return e;
	for (size_t i = 0; i < b->n_kept; i++)
		m->visit[i] = (struct visit){ { m->person[i] },
					      { b->place[i] },
					      { b->kept[i]->from },
					      { b->kept[i]->to },
					      m->seat[i] };
	if ((e = trace_builder_add(m->builder, m->visit, b->n_kept, &l->c->fault)))
		return e;
	if ((e = report_refused(m, b)))
		return e;
	cli_say_progress(l->c, b->bytes_read, b->bytes_total, l->c->visits.in);
	return OK;
}

/* ---- both stages ---------------------------------------------------------------------------- */

/* A ring of batches between the reader's thread and the caller's. */
struct channel {
	struct reader *reader;
	struct batch *batch[LOAD_BATCHES];
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t filled, applied; /* batches so far */
	bool stop;                /* the caller wants no more */
};

static void *fill_all(void *arg)
{
	struct channel *ch = arg;

	for (;;) {
		struct batch *b;
		bool stop;

		pthread_mutex_lock(&ch->lock);
		while (ch->filled - ch->applied == LOAD_BATCHES && !ch->stop)
			pthread_cond_wait(&ch->changed, &ch->lock);
		stop = ch->stop;
		pthread_mutex_unlock(&ch->lock);
		if (stop)
			return NULL;
		b = ch->batch[ch->filled % LOAD_BATCHES];
		b->e = fill(ch->reader, b, &b->fault);
		stop = b->e || b->last;
		pthread_mutex_lock(&ch->lock);
		ch->filled++;
		pthread_cond_signal(&ch->changed);
		pthread_mutex_unlock(&ch->lock);
		if (stop)
			return NULL;
	}
}

static enum err finish_batch(struct numbering *m, struct batch *b, bool *ret_last)
{
	*ret_last = b->last;
	if (b->e) {
		if (b->fault.code)
			m->l->c->fault = b->fault;
		return b->e;
	}
	return b->last ? OK : apply(m, b);
}

static enum err apply_all(struct channel *ch, struct numbering *m)
{
	for (;;) {
		bool last;
		enum err e;

		pthread_mutex_lock(&ch->lock);
		while (ch->filled == ch->applied)
			pthread_cond_wait(&ch->changed, &ch->lock);
		pthread_mutex_unlock(&ch->lock);
		e = finish_batch(m, ch->batch[ch->applied % LOAD_BATCHES], &last);
		pthread_mutex_lock(&ch->lock);
		ch->applied++;
		ch->stop = e || last;
		pthread_cond_signal(&ch->changed);
		pthread_mutex_unlock(&ch->lock);
		if (e || last)
			return e;
	}
}

static enum err side_by_side(struct channel *ch, struct numbering *m)
{
	pthread_t thread;
	enum err e;

	if (pthread_create(&thread, NULL, fill_all, ch) != 0)
		return ERR_MEMORY;
	e = apply_all(ch, m);
	pthread_join(thread, NULL);
	return e;
}

static enum err one_after_other(struct channel *ch, struct numbering *m)
{
	struct batch *b = ch->batch[0];
	bool last = false;
	enum err e = OK;

	while (!e && !last) {
		b->e = fill(ch->reader, b, &b->fault);
		e = finish_batch(m, b, &last);
	}
	return e;
}

enum err load_visits(struct load *l, struct trace_builder *builder)
{
	struct reader *r = mem_take(1, sizeof(*r));
	struct channel ch = { .reader = r,
			      .lock = PTHREAD_MUTEX_INITIALIZER,
			      .changed = PTHREAD_COND_INITIALIZER };
	struct numbering *m = mem_take(1, sizeof(*m));
	bool threads = l->c->args.number[CLI_THREADS] != 1;
	size_t n_batches = threads ? LOAD_BATCHES : 1;
	enum err e = m && r ? OK : ERR_MEMORY;

	for (size_t i = 0; i < n_batches && !e; i++)
		e = (ch.batch[i] = mem_take(1, sizeof(struct batch))) ? OK : ERR_MEMORY;
	if (!e) {
		m->l = l;
		m->builder = builder;
		r->l = l;
		r->keep_raw = l->refused != NULL;
		l->c->visits.given = true;
		e = threads ? side_by_side(&ch, m) : one_after_other(&ch, m);
		cli_say_progress_end(l->c);
	}
	for (size_t i = 0; i < n_batches; i++) {
		if (ch.batch[i])
			buf_release(&ch.batch[i]->text);
		mem_drop(ch.batch[i]);
	}
	if (r) {
		table_end(&r->t);
		buf_release(&r->pair);
	}
	mem_drop(r);
	mem_drop(m);
	for (size_t i = 0; i < l->place_kind.n; i++)
		if (l->place_kind.v[i] == NAMES_NONE)
			l->place_kind.v[i] = 0;
	l->names.place_kind = l->place_kind.v;
	l->names.n_places = l->place_kind.n;
	return e;
}
