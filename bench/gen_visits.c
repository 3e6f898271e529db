/*
 * gen_visits.c - a made-up city's visits, the same bytes for the same persons and seed.
 *
 *     gen_visits PERSONS SEED PREFIX [csv] [--csv]
 *
 * PREFIX.bin   records of four little-endian u32: person, place, from, to; minutes from day 0
 * PREFIX.q     1,000 cases: person, window start, window end
 * PREFIX.meta  what the city holds
 * PREFIX.csv   with `csv`: the records as text, without a header
 * PREFIX.visits.csv, PREFIX.cases.csv   with `--csv`: what `outpost trace` and `outpost seal`
 *              read, in Unix seconds, day 0 being 2021-07-01 in Asia/Shanghai
 *
 * Everyone's fortnight is told twice: the first telling counts the visits of each minute, the
 * second puts each at its place in the order of `from`. Memory is therefore that of the records
 * alone, 16 bytes a visit.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/dice.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "city.h"
#include "measure.h"

#include "base/ban.h"

enum { PERSONS_MAX = 50 * 1000 * 1000, WRITE_BYTES = 1 << 20 };

/* ---- the log of visits, counted first and filled after ----------------------------------- */

struct visit_log {
	uint64_t at[CITY_END +
		    1]; /* counting: visits from minute i - 1; filling: where i's next goes */
	struct bench_visit *visit; /* NULL while counting */
	uint64_t n;
};

static void log_visit(struct bench_visit v, void *arg)
{
	struct visit_log *l = arg;

	if (v.to > CITY_END)
		v.to = CITY_END;
	if (v.from >= v.to)
		return;
	if (l->visit) {
		l->visit[l->at[v.from]++] = v;
	} else {
		l->at[v.from + 1]++;
		l->n++;
	}
}

static enum err log_reserve(struct visit_log *l)
{
	for (uint32_t i = 0; i < CITY_END; i++)
		l->at[i + 1] += l->at[i];
	l->visit = pages_take(l->n * sizeof(*l->visit));
	return l->visit ? OK : ERR_MEMORY;
}

static enum err tell_all(const struct city *c, struct visit_log *log)
{
	enum err e;

	for (uint32_t i = 0; i < c->n_persons; i++)
		city_tell(c, i, log_visit, log);
	if ((e = log_reserve(log)))
		return e;
	for (uint32_t i = 0; i < c->n_persons; i++)
		city_tell(c, i, log_visit, log);
	return OK;
}

/* ---- files ------------------------------------------------------------------------------- */

struct out {
	struct file *file;
	struct buf text;
	struct fault *f;
	enum err e;
};

static void out_open(struct out *o, const char *prefix, const char *ending, struct fault *f)
{
	char path[512];
	int n = snprintf(path, sizeof(path), "%s%s", prefix, ending);

	*o = (struct out){ .f = f };
	if (n < 0 || (size_t)n >= sizeof(path))
		o->e = fault_set(f, ERR_USAGE, "路径太长", "the path is too long");
	else
		o->e = file_open(path, FILE_REPLACE, &o->file, f);
}

static void out_flush(struct out *o)
{
	if (!o->e)
		o->e = o->text.failed;
	if (!o->e)
		o->e = file_write(o->file, o->text.p, o->text.n, o->f);
	buf_clear(&o->text);
}

/* End of a line: hand over to the file when enough has gathered. */
static void out_line(struct out *o)
{
	buf_char(&o->text, '\n');
	if (o->text.n >= WRITE_BYTES)
		out_flush(o);
}

static enum err out_close(struct out *o)
{
	if (o->text.n)
		out_flush(o);
	if (!o->e)
		o->e = file_close(&o->file, o->f);
	file_end(&o->file);
	buf_release(&o->text);
	return o->e;
}

static enum err write_bin(const struct visit_log *l, const char *prefix, struct fault *f)
{
	const uint8_t *bytes = (const uint8_t *)l->visit;
	size_t left = l->n * sizeof(*l->visit);
	struct out o;

	out_open(&o, prefix, ".bin", f);
	while (left && !o.e) {
		size_t n = min_size(left, WRITE_BYTES);
		o.e = file_write(o.file, bytes, n, f);
		bytes += n;
		left -= n;
	}
	return out_close(&o);
}

static enum err write_csv(const struct visit_log *l, const char *prefix, bool headed,
			  struct fault *f)
{
	struct out o;

	out_open(&o, prefix, headed ? ".visits.csv" : ".csv", f);
	if (headed) {
		buf_lit(&o.text, "person,place,from,to");
		out_line(&o);
	}
	for (uint64_t i = 0; i < l->n && !o.e; i++) {
		const struct bench_visit *v = &l->visit[i];
		int64_t column[] = { v->person, v->place, v->from, v->to };
		for (size_t k = 0; k < ARRAY_LEN(column); k++) {
			if (headed && k >= 2)
				column[k] = measure_unix_s((uint32_t)column[k]);
			if (k)
				buf_char(&o.text, ',');
			buf_i64(&o.text, column[k]);
		}
		out_line(&o);
	}
	return out_close(&o);
}

static enum err write_cases(const struct city *c, const char *prefix, bool headed, struct fault *f)
{
	const uint32_t window = 4 * CITY_DAY, earliest = 5 * CITY_DAY;
	struct dice d = { c->seed ^ 0x7777 };
	struct out o;

	out_open(&o, prefix, headed ? ".cases.csv" : ".q", f);
	if (headed) {
		buf_lit(&o.text, "case,person,from,to");
		out_line(&o);
	}
	for (uint32_t i = 0; i < MEASURE_CASES && !o.e; i++) {
		uint32_t person = dice_below(&d, c->n_persons);
		uint32_t to = earliest + dice_below(&d, CITY_END - earliest + 1);
		uint32_t from = to - window;
		if (headed)
			buf_fmt(&o.text, "c%03" PRIu32 ",%" PRIu32 ",%" PRId64 ",%" PRId64, i,
				person, measure_unix_s(from), measure_unix_s(to));
		else
			buf_fmt(&o.text, "%" PRIu32 " %" PRIu32 " %" PRIu32, person, from, to);
		out_line(&o);
	}
	return out_close(&o);
}

static enum err write_meta(const struct city *c, uint64_t n_visits, const char *prefix,
			   struct fault *f)
{
	struct out o;

	out_open(&o, prefix, ".meta", f);
	buf_fmt(&o.text, "P %" PRIu32 " K %" PRIu32 " N %" PRIu64, c->n_persons, c->n_places,
		n_visits);
	buf_fmt(&o.text, " homes %" PRIu32 " work %" PRIu32 " shops %" PRIu32, c->n_homes,
		c->n_works, c->n_shops);
	buf_fmt(&o.text, " transport %" PRIu32 " hospitals %" PRIu32, c->n_stops, c->n_hospitals);
	buf_fmt(&o.text, " districts %" PRIu32 " seed %" PRIu64, c->n_districts, c->seed);
	out_line(&o);
	return out_close(&o);
}

/* ---- command ----------------------------------------------------------------------------- */

struct wish {
	struct city city;
	const char *prefix;
	bool bare_csv, headed_csv;
};

static enum err read_wish(int argc, char **argv, struct wish *w, struct fault *f)
{
	int64_t persons = 0, seed = 0;
	bool good = argc >= 4 && str_i64(str_of(argv[1]), &persons) == OK && persons > 0 &&
		    persons <= PERSONS_MAX && str_i64(str_of(argv[2]), &seed) == OK && seed >= 0;

	for (int i = 4; good && i < argc; i++) {
		if (strcmp(argv[i], "csv") == 0)
			w->bare_csv = true;
		else if (strcmp(argv[i], "--csv") == 0)
			w->headed_csv = true;
		else
			good = false;
	}
	if (!good)
		return fault_set(f, ERR_USAGE, "用法：gen_visits 人数 种子 前缀 [csv] [--csv]",
				 "usage: gen_visits PERSONS SEED PREFIX [csv] [--csv]");
	w->city.n_persons = (uint32_t)persons;
	w->city.seed = (uint64_t)seed;
	w->prefix = argv[3];
	return OK;
}

static enum err write_files(const struct wish *w, const struct visit_log *log, struct fault *f)
{
	enum err e;

	if ((e = write_bin(log, w->prefix, f)))
		return e;
	if (w->bare_csv && (e = write_csv(log, w->prefix, false, f)))
		return e;
	if (w->headed_csv && (e = write_csv(log, w->prefix, true, f)))
		return e;
	if ((e = write_cases(&w->city, w->prefix, false, f)))
		return e;
	if (w->headed_csv && (e = write_cases(&w->city, w->prefix, true, f)))
		return e;
	return write_meta(&w->city, log->n, w->prefix, f);
}

static enum err generate(struct wish *w, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct visit_log *log;
	enum err e;

	if ((e = arena_new((size_t)2 << 30, &a)))
		return e;
	log = arena_take(a, 1, sizeof(*log));
	if (!log)
		return ERR_MEMORY;
	if ((e = city_found(&w->city, a)))
		return e;
	e = tell_all(&w->city, log);
	if (!e)
		e = write_files(w, log, f);
	if (!e)
		printf("%" PRIu64 " visits of %" PRIu32 " persons to %" PRIu32 " places\n", log->n,
		       w->city.n_persons, w->city.n_places);
	if (log->visit)
		pages_drop(log->visit, log->n * sizeof(*log->visit));
	return e;
}

int main(int argc, char **argv)
{
	struct fault f = { OK, "", "" };
	struct wish w = { 0 };
	enum err e = read_wish(argc, argv, &w, &f);

	if (!e)
		e = generate(&w, &f);
	return measure_exit("gen_visits", e, &f);
}
