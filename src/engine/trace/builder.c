/*
 * builder.c - from a stream of visits to the segments of its days, with bounded memory.
 *
 * Rows are kept per local day. When they pass the budget, all of them go to one spill file as
 * extents; a day is read back when its turn comes to be packed. No merge of sorted runs is
 * needed, since a day is packed alone.
 */
#include "engine/trace/order.h"
#include "engine/trace/segment.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/ban.h"

struct extent {
	uint64_t at, n;
};

struct build_day {
	struct segment_day day;
	struct segment_row *rows; /* in pages */
	size_t n, cap;
	VEC(struct extent) spilled;
	uint64_t n_spilled;
};

struct trace_builder {
	struct trace_builder_options o;
	VEC(struct build_day *) days; /* by day */
	struct build_day *latest;
	size_t n_held; /* rows in memory */
	uint64_t n_dropped, spill_bytes;
	struct file *spill; /* NULL: nothing was spilled */
	char *spill_dir;
};

int32_t trace_day_of(const struct zone *z, struct utc_s t)
{
	return segment_day_of(z, t);
}

enum err trace_builder_new(const struct trace_builder_options *o, struct trace_builder **ret,
			   struct fault *f)
{
	struct trace_builder *b = mem_take(1, sizeof *b);

	(void)f;
	if (!b)
		return ERR_MEMORY;
	b->o = *o;
	if (o->spill_dir) {
		size_t n = strlen(o->spill_dir) + 1;
		if (!(b->spill_dir = mem_take(n, 1))) {
			mem_drop(b);
			return ERR_MEMORY;
		}
		memcpy(b->spill_dir, o->spill_dir, n);
	}
	*ret = b;
	return OK;
}

static void drop_rows(struct build_day *d)
{
	pages_drop(d->rows, d->cap * sizeof *d->rows);
	d->rows = NULL;
	d->n = d->cap = 0;
}

static enum err reserve_rows(struct build_day *d, size_t n)
{
	enum { FIRST = 1024 };
	size_t to = max_size(n, max_size(d->cap * 2, FIRST));
	struct segment_row *rows;

	if (n <= d->cap)
		return OK;
	rows = pages_grow(d->rows, d->cap * sizeof *rows, to * sizeof *rows);
	if (!rows)
		return ERR_MEMORY;
	d->rows = rows;
	d->cap = to;
	return OK;
}

static void day_free(struct build_day *d)
{
	if (!d)
		return;
	drop_rows(d);
	vec_drop(&d->spilled);
	mem_drop(d);
}

static void drop_days(struct trace_builder *b)
{
	for (size_t i = 0; i < b->days.n; i++)
		day_free(b->days.v[i]);
	b->days.n = 0;
	b->latest = NULL;
	b->n_held = 0;
}

static void drop_spill(struct trace_builder *b)
{
	file_end(&b->spill);
	b->spill_bytes = 0;
}

void trace_builder_free(struct trace_builder *b)
{
	if (!b)
		return;
	drop_days(b);
	drop_spill(b);
	vec_drop(&b->days);
	mem_drop(b->spill_dir);
	mem_drop(b);
}

uint64_t trace_builder_duplicates(const struct trace_builder *b)
{
	return b->n_dropped;
}

static bool in_day(const struct build_day *d, int64_t t)
{
	return t >= d->day.start.v && t < d->day.start.v + d->day.day_s;
}

/* Where the day of `t` stands, or should stand. */
static size_t day_slot(const struct trace_builder *b, int64_t t)
{
	size_t low = 0, high = b->days.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct segment_day *d = &b->days.v[mid]->day;
		if (d->start.v + d->day_s <= t)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static enum err day_of(struct trace_builder *b, struct utc_s t, struct build_day **ret)
{
	size_t i = day_slot(b, t.v);

	if (i < b->days.n && in_day(b->days.v[i], t.v)) {
		*ret = b->days.v[i];
		return OK;
	}
	struct build_day *d = mem_take(1, sizeof *d);
	if (!d || vec_push(&b->days, d)) {
		mem_drop(d);
		return ERR_MEMORY;
	}
	d->day.day = segment_day_of(b->o.zone, t);
	d->day.start = zone_day_start(b->o.zone, d->day.day);
	/* A day that the zone skips has no length: its neighbour takes the visit. */
	for (int32_t next = d->day.day + 1; d->day.day_s == 0; next++)
		d->day.day_s = (uint32_t)(zone_day_start(b->o.zone, next).v - d->day.start.v);
	assert(in_day(d, t.v));
	memmove(&b->days.v[i + 1], &b->days.v[i], (b->days.n - 1 - i) * sizeof *b->days.v);
	b->days.v[i] = d;
	*ret = d;
	return OK;
}

static enum err spill(struct trace_builder *b, struct fault *f)
{
	enum err e;

	if (!b->spill_dir)
		return fault_set(
			f, ERR_FULL, "到访数据超出内存预算 %zu 字节；请按天分批",
			"the visits pass the memory budget of %zu bytes; seal fewer days at once",
			b->o.budget_bytes);
	if (!b->spill && (e = file_open(b->spill_dir, FILE_NAMELESS, &b->spill, f)))
		return e;
	for (size_t i = 0; i < b->days.n; i++) {
		struct build_day *d = b->days.v[i];
		size_t bytes = d->n * sizeof *d->rows;
		if (!bytes)
			continue;
		if ((e = file_write(b->spill, d->rows, bytes, f)))
			return e;
		if (vec_push(&d->spilled, ((struct extent){ b->spill_bytes, d->n })))
			return ERR_MEMORY;
		d->n_spilled += d->n;
		b->spill_bytes += bytes;
		drop_rows(d);
	}
	b->n_held = 0;
	return OK;
}

static bool visit_fits(const struct visit *v)
{
	return v->from.v >= WHEN_MIN_S && v->from.v < WHEN_MAX_S && v->from.v < v->to.v &&
	       (v->to.v == TRACE_STILL || v->to.v <= WHEN_MAX_S) && v->person.v < TRACE_IDS_MAX &&
	       v->place.v < TRACE_IDS_MAX && v->seat <= INT32_MAX;
}

enum err trace_builder_add(struct trace_builder *b, const struct visit *v, size_t n,
			   struct fault *f)
{
	enum err e;

	for (size_t i = 0; i < n; i++) {
		if (!visit_fits(&v[i]))
			return fault_set(
				f, ERR_RANGE, "到访的起止时间或编号不合法；请检查该行",
				"a visit's times or numbers are out of range; check that row");
		if (!b->latest || !in_day(b->latest, v[i].from.v))
			if ((e = day_of(b, v[i].from, &b->latest)))
				return e;
		struct build_day *d = b->latest;
		struct segment_row row = {
			.person = v[i].person.v,
			.place = v[i].place.v,
			.seat = v[i].seat,
			.from = (uint32_t)(v[i].from.v - d->day.start.v),
			.length = v[i].to.v == TRACE_STILL ? TRACE_STILL : v[i].to.v - v[i].from.v,
		};
		if (d->n + d->n_spilled >= UINT32_MAX - 1)
			return fault_set(f, ERR_FULL, "一天的到访超过 42 亿条",
					 "more than 4 billion visits in one day");
		if (d->n == d->cap && (e = reserve_rows(d, d->n + 1)))
			return e;
		d->rows[d->n++] = row;
		if (++b->n_held * sizeof row > b->o.budget_bytes && (e = spill(b, f)))
			return e;
	}
	return OK;
}

/* ---- packing ---------------------------------------------------------------------------- */

struct finish {
	struct trace_builder *b;
	enum err (*out)(struct trace_image image, void *arg, struct fault *f);
	void *arg;
	struct file_map spilled;
	pthread_mutex_t lock;
	size_t next;
	enum err e;
	struct fault *f;
};

static enum err gather(struct finish *job, struct build_day *d)
{
	if (!d->n_spilled)
		return OK;
	enum err e = reserve_rows(d, d->n + d->n_spilled);

	if (e)
		return e;
	for (size_t i = 0; i < d->spilled.n; i++) {
		struct extent x = d->spilled.v[i];
		if (x.at + x.n * sizeof *d->rows > job->spilled.n)
			return ERR_IO;
		memcpy(&d->rows[d->n], job->spilled.p + x.at, x.n * sizeof *d->rows);
		d->n += x.n;
	}
	return OK;
}

static struct build_day *next_day(struct finish *job)
{
	struct build_day *d = NULL;

	pthread_mutex_lock(&job->lock);
	if (!job->e && job->next < job->b->days.n) {
		d = job->b->days.v[job->next];
		job->b->days.v[job->next++] = NULL;
	}
	pthread_mutex_unlock(&job->lock);
	return d;
}

static void *work(void *arg)
{
	CLEANUP(order_end) struct order order = { 0 };
	struct finish *job = arg;
	struct build_day *d;

	while ((d = next_day(job))) {
		struct trace_image image = { .bytes = NULL };
		uint64_t dropped = 0;
		enum err e = gather(job, d);
		if (!e)
			e = segment_pack(&d->day, d->rows, d->n, &order, &image, &dropped);
		day_free(d);
		pthread_mutex_lock(&job->lock);
		job->b->n_dropped += dropped;
		if (!e && !job->e)
			e = job->out(image, job->arg, job->f);
		else
			mem_drop(image.bytes);
		if (e && !job->e)
			job->e = e;
		pthread_mutex_unlock(&job->lock);
	}
	return NULL;
}

enum err trace_builder_finish(struct trace_builder *b,
			      enum err (*out)(struct trace_image image, void *arg, struct fault *f),
			      void *arg, struct fault *f)
{
	enum { THREADS_MAX = 64 };
	struct finish job = { .b = b, .out = out, .arg = arg, .f = f };
	pthread_t thread[THREADS_MAX];
	unsigned n = 0;
	enum err e = OK;

	if (b->spill && (e = file_map_nameless(b->spill, &job.spilled, f)))
		return e;
	pthread_mutex_init(&job.lock, NULL);
	while (n + 1 < b->o.threads && n < THREADS_MAX &&
	       pthread_create(&thread[n], NULL, work, &job) == 0)
		n++;
	work(&job);
	while (n)
		pthread_join(thread[--n], NULL);
	pthread_mutex_destroy(&job.lock);
	file_unmap(&job.spilled);
	drop_spill(b);
	drop_days(b);
	return job.e;
}
