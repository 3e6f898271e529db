#include "measure.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/dice.h"
#include "base/memory.h"
#include "base/text.h"

#include "base/ban.h"

int64_t measure_unix_s(uint32_t minute)
{
	return MEASURE_EPOCH_S + (int64_t)minute * MEASURE_MINUTE_S;
}

uint32_t measure_minute(int64_t unix_s)
{
	return (uint32_t)((unix_s - MEASURE_EPOCH_S) / MEASURE_MINUTE_S);
}

/* ---- data -------------------------------------------------------------------------------- */

/* Cut the next word off *rest; a word is bytes without blanks and line ends. */
static struct str next_word(struct str *rest)
{
	while (rest->n && strchr(" \n", rest->p[0])) {
		rest->p++;
		rest->n--;
	}
	struct str w = { rest->p, 0 };
	while (w.n < rest->n && !strchr(" \n", rest->p[w.n]))
		w.n++;
	rest->p += w.n;
	rest->n -= w.n;
	return w;
}

static bool next_u32(struct str *rest, uint32_t *ret)
{
	int64_t v;

	if (str_i64(next_word(rest), &v) != OK || v < 0 || v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static enum err data_path(char *ret, size_t n, const char *prefix, const char *ending,
			  struct fault *f)
{
	int written = snprintf(ret, n, "%s%s", prefix, ending);

	if (written < 0 || (size_t)written >= n)
		return fault_set(f, ERR_USAGE, "数据路径太长", "the data prefix is too long");
	return OK;
}

static enum err read_meta(const char *prefix, struct bench_data *d, struct fault *f)
{
	CLEANUP(file_unmap) struct file_map m = { 0 };
	char path[512];
	enum err e;

	if ((e = data_path(path, sizeof(path), prefix, ".meta", f)))
		return e;
	if ((e = file_map(path, &m, f)))
		return e;
	struct str rest = { (const char *)m.p, m.n };
	bool good = str_eq(next_word(&rest), STR("P")) && next_u32(&rest, &d->n_persons) &&
		    str_eq(next_word(&rest), STR("K")) && next_u32(&rest, &d->n_places);
	if (!good)
		return fault_set(f, ERR_SYNTAX, "%s：不是 gen_visits 的说明文件",
				 "%s: not a .meta file of gen_visits", path);
	return OK;
}

static enum err read_cases(const char *prefix, struct bench_data *d, struct fault *f)
{
	CLEANUP(file_unmap) struct file_map m = { 0 };
	char path[512];
	enum err e;

	if ((e = data_path(path, sizeof(path), prefix, ".q", f)))
		return e;
	if ((e = file_map(path, &m, f)))
		return e;
	struct str rest = { (const char *)m.p, m.n };
	for (size_t i = 0; i < MEASURE_CASES; i++) {
		struct bench_case *c = &d->cases[i];
		if (!next_u32(&rest, &c->person) || !next_u32(&rest, &c->from) ||
		    !next_u32(&rest, &c->to))
			return fault_set(f, ERR_SYNTAX, "%s：病例不足 %d 个",
					 "%s: fewer than %d cases", path, MEASURE_CASES);
	}
	return OK;
}

enum err bench_data_open(const char *prefix, struct bench_data *ret, struct fault *f)
{
	char path[512];
	enum err e;

	*ret = (struct bench_data){ 0 };
	if ((e = read_meta(prefix, ret, f)))
		return e;
	if ((e = read_cases(prefix, ret, f)))
		return e;
	if ((e = data_path(path, sizeof(path), prefix, ".bin", f)))
		return e;
	if ((e = file_map(path, &ret->map, f)))
		return e;
	ret->visit = (const struct bench_visit *)(const void *)ret->map.p;
	ret->n_visits = ret->map.n / sizeof(*ret->visit);
	return OK;
}

void bench_data_end(struct bench_data *d)
{
	file_unmap(&d->map);
}

/* ---- checks ------------------------------------------------------------------------------ */

void tally_add(struct tally *t, struct bench_row row)
{
	uint32_t x = row.person * 0x9E3779B1u;

	x ^= (row.total + 1) * 0x85EBCA77u;
	x ^= (row.first + 1) * 0xC2B2AE3Du;
	x ^= (row.last + 1) * 0x27D4EB2Fu;
	x ^= x >> 15;
	t->hash += x * 0x2C1B3C6Du;
	t->rows++;
	t->total += row.total;
	t->first += row.first;
	t->last += row.last;
}

bool tally_same(const struct tally *a, const struct tally *b)
{
	return a->rows == b->rows && a->hash == b->hash && a->total == b->total &&
	       a->first == b->first && a->last == b->last;
}

/* ---- output ------------------------------------------------------------------------------ */

int64_t measure_now_ns(void)
{
	return clock_ns(&clock_steady);
}

void figure_count(const char *who, const char *name, uint64_t v)
{
	printf("figure\t%s\t%s\t%" PRIu64 "\n", who, name, v);
}

void figure_real(const char *who, const char *name, double v)
{
	printf("figure\t%s\t%s\t%.6g\n", who, name, v);
}

void figure_text(const char *who, const char *name, const char *v)
{
	printf("figure\t%s\t%s\t%s\n", who, name, v);
}

void figure_peak_memory(const char *who)
{
	struct rusage u;

	if (getrusage(RUSAGE_SELF, &u) == 0)
		figure_real(who, "peak_mib", (double)u.ru_maxrss / 1024);
}

static void figure_tally(const char *who, const char *which, const struct tally *t)
{
	printf("figure\t%s\t%s_rows\t%" PRIu64 "\n", who, which, t->rows);
	printf("figure\t%s\t%s_check\t%08" PRIx32 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", who,
	       which, t->hash, t->total, t->first, t->last);
}

int measure_exit(const char *program, enum err e, const struct fault *f)
{
	if (e == OK)
		return 0;
	fprintf(stderr, "%s: %s (%s)\n", program, f->code ? f->en : err_en(e), err_word(e));
	return err_exit(e);
}

enum err measure_options(int argc, char **argv, struct measure_plan *ret, struct fault *f)
{
	for (int i = 0; i < argc; i += 2) {
		int64_t v = 0;
		bool second = strcmp(argv[i], "--second") == 0;
		bool passes = strcmp(argv[i], "--passes") == 0;
		bool number = i + 1 < argc && str_i64(str_of(argv[i + 1]), &v) == OK;

		if ((!second && !passes) || !number || v < 1 || v > MEASURE_CASES)
			return fault_set(f, ERR_USAGE, "选项：--second N --passes N（1 至 1000）",
					 "options: --second N --passes N (1 to 1000)");
		if (second)
			ret->n_second = (size_t)v;
		else
			ret->passes = (unsigned)v;
	}
	return OK;
}

/* ---- times ------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value below which `share` of the n sorted values lie, to the nearest of them. */
static double quantile(const double *sorted, size_t n, double share)
{
	return sorted[(size_t)(share * (double)(n - 1) + 0.5)];
}

/* times: `passes` runs of n values. Leaves the median of each value's runs in times[0 .. n). */
static void median_of_passes(double *times, size_t n, unsigned passes, double *scratch)
{
	for (size_t i = 0; i < n; i++) {
		for (unsigned r = 0; r < passes; r++)
			scratch[r] = times[r * n + i];
		qsort(scratch, passes, sizeof(*scratch), by_value);
		times[i] = scratch[passes / 2];
	}
}

/* Print p50, p99, worst and mean of `ns`, which is left in order, in units of `unit_ns`. */
static void figure_spread(const char *who, const char *which, double *ns, size_t n, double unit_ns)
{
	static const struct {
		const char *word;
		double share;
	} of[] = { { "p50", 0.5 }, { "p99", 0.99 }, { "worst", 1.0 } };
	double sum = 0;

	qsort(ns, n, sizeof(*ns), by_value);
	for (size_t i = 0; i < n; i++)
		sum += ns[i];
	for (size_t i = 0; i < ARRAY_LEN(of); i++)
		printf("figure\t%s\t%s_%s\t%.6g\n", who, which, of[i].word,
		       quantile(ns, n, of[i].share) / unit_ns);
	printf("figure\t%s\t%s_mean\t%.6g\n", who, which, sum / (double)n / unit_ns);
}

/* ---- one subject ------------------------------------------------------------------------- */

struct run {
	const struct subject *s;
	const struct bench_data *d;
	const struct measure_plan *p;
	double *ns;         /* passes x cases */
	double *scratch;    /* at least cases and passes long */
	struct tally first; /* generation 1 of all cases, asked one by one */
};

static enum err disagree(const struct run *r, const char *how, struct fault *f)
{
	return fault_set(f, ERR_CORRUPT, "%s：%s 的答案与逐个询问不同",
			 "%s: the answer of %s differs from asking one by one", r->s->name, how);
}

/* Ask cases 0 .. n one by one and keep the time of each in r->ns. */
static enum err ask_each(struct run *r, unsigned generation, size_t n, struct fault *f)
{
	for (unsigned pass = 0; pass < r->p->passes; pass++) {
		for (size_t i = 0; i < n; i++) {
			int64_t start = measure_now_ns();
			enum err e = r->s->ask(r->s->self, 0, &r->d->cases[i], generation, f);
			if (e)
				return e;
			r->ns[pass * n + i] = (double)(measure_now_ns() - start);
		}
	}
	median_of_passes(r->ns, n, r->p->passes, r->scratch);
	return OK;
}

/* Ask case i and add its rows to `sum`; *ret_rows is how many there were. */
static enum err ask_and_count(struct run *r, unsigned generation, size_t i, struct tally *sum,
			      uint64_t *ret_rows, struct fault *f)
{
	uint64_t before = sum->rows;
	enum err e;

	if ((e = r->s->ask(r->s->self, 0, &r->d->cases[i], generation, f)))
		return e;
	if ((e = r->s->read(r->s->self, 0, sum, f)))
		return e;
	*ret_rows = sum->rows - before;
	return OK;
}

static enum err measure_first(struct run *r, struct fault *f)
{
	enum err e;

	for (size_t i = 0; i < MEASURE_CASES; i++) {
		uint64_t rows;
		if ((e = ask_and_count(r, 1, i, &r->first, &rows, f)))
			return e;
		r->ns[i] = (double)rows;
	}
	figure_tally(r->s->name, "q1", &r->first);
	figure_spread(r->s->name, "q1_contacts", r->ns, MEASURE_CASES, 1);
	if ((e = ask_each(r, 1, MEASURE_CASES, f)))
		return e;
	figure_spread(r->s->name, "q1_us", r->ns, MEASURE_CASES, 1e3);
	return OK;
}

/* The case counts at which the second generation is reported, as far as the plan goes. */
static const size_t second_counts[] = { 20, 50, 100 };

static enum err measure_second(struct run *r, struct fault *f)
{
	struct tally sum = { 0 };
	size_t i = 0;
	char name[64];
	enum err e;

	for (size_t k = 0; k < ARRAY_LEN(second_counts); k++) {
		if (second_counts[k] > r->p->n_second)
			break;
		for (; i < second_counts[k]; i++) {
			uint64_t rows;
			if ((e = ask_and_count(r, 2, i, &sum, &rows, f)))
				return e;
		}
		snprintf(name, sizeof(name), "q2_%zu", second_counts[k]);
		figure_tally(r->s->name, name, &sum);
	}
	if ((e = ask_each(r, 2, i, f)))
		return e;
	for (size_t k = 0; k < ARRAY_LEN(second_counts) && second_counts[k] <= i; k++) {
		memcpy(r->scratch, r->ns, second_counts[k] * sizeof(*r->ns));
		snprintf(name, sizeof(name), "q2_%zu_ms", second_counts[k]);
		figure_spread(r->s->name, name, r->scratch, second_counts[k], 1e6);
	}
	return OK;
}

struct share { /* one worker's part of a batch */
	const struct subject *s;
	unsigned worker;
	struct bench_case cases[MEASURE_CASES];
	size_t n;
	enum err e;
	struct fault f;
};

static void *work_share(void *arg)
{
	struct share *sh = arg;

	sh->e = sh->s->batch(sh->s->self, sh->worker, sh->cases, sh->n, &sh->f);
	return NULL;
}

/* Run all shares at once: the first here, the others in threads of their own. */
static enum err work_together(struct share *sh, unsigned n, struct fault *f)
{
	pthread_t thread[MEASURE_WORKERS_MAX];
	unsigned started = 1;

	while (started < n && pthread_create(&thread[started], NULL, work_share, &sh[started]) == 0)
		started++;
	work_share(&sh[0]);
	for (unsigned w = 1; w < started; w++)
		pthread_join(thread[w], NULL);
	if (started < n)
		return fault_set(f, ERR_MEMORY, "无法启动线程", "cannot start a thread");
	for (unsigned w = 0; w < n; w++) {
		if (sh[w].e) {
			*f = sh[w].f;
			return sh[w].e;
		}
	}
	return OK;
}

static enum err check_batch(const struct run *r, unsigned n_workers, struct fault *f)
{
	struct tally sum = { 0 };
	enum err e;

	for (unsigned w = 0; w < n_workers; w++) {
		if ((e = r->s->read(r->s->self, w, &sum, f)))
			return e;
	}
	return tally_same(&sum, &r->first) ? OK : disagree(r, "a batch", f);
}

/* All cases in one go on n workers, case i to worker i mod n. */
static enum err measure_batch(struct run *r, unsigned n_workers, struct fault *f)
{
	struct share *sh = mem_take(n_workers, sizeof(*sh));
	char name[64];
	enum err e = OK;

	if (!sh)
		return fault_set(f, ERR_MEMORY, "内存不足", "out of memory");
	for (unsigned w = 0; w < n_workers; w++) {
		sh[w].s = r->s;
		sh[w].worker = w;
		for (size_t i = w; i < MEASURE_CASES; i += n_workers)
			sh[w].cases[sh[w].n++] = r->d->cases[i];
	}
	for (unsigned pass = 0; pass <= r->p->passes; pass++) {
		int64_t start = measure_now_ns();
		if ((e = work_together(sh, n_workers, f)))
			goto out;
		if (pass == 0) {
			if ((e = check_batch(r, n_workers, f)))
				goto out;
		} else {
			r->ns[pass - 1] = (double)(measure_now_ns() - start);
		}
	}
	median_of_passes(r->ns, 1, r->p->passes, r->scratch);
	snprintf(name, sizeof(name), "batch_%u_ms", n_workers);
	figure_real(r->s->name, name, r->ns[0] / 1e6);
out:
	mem_drop(sh);
	return e;
}

enum err subject_measure(const struct subject *s, const struct bench_data *d,
			 const struct measure_plan *p, struct fault *f)
{
	struct run r = { .s = s, .d = d, .p = p };
	size_t most = p->passes > MEASURE_CASES ? p->passes : MEASURE_CASES;
	enum err e = ERR_MEMORY;

	assert(p->passes > 0 && p->n_second <= MEASURE_CASES);
	r.ns = mem_take((size_t)p->passes * MEASURE_CASES, sizeof(*r.ns));
	r.scratch = mem_take(most, sizeof(*r.scratch));
	if (!r.ns || !r.scratch)
		goto out;
	if ((e = measure_first(&r, f)))
		goto out;
	for (unsigned w = 1; w <= s->n_workers; w++) {
		if ((e = measure_batch(&r, w, f)))
			goto out;
	}
	if ((e = measure_second(&r, f)))
		goto out;
	figure_peak_memory(s->name);
out:
	mem_drop(r.scratch);
	mem_drop(r.ns);
	return e;
}
