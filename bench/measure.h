/*
 * measure.h - what every system under measurement has in common: data, questions, checks, output.
 *
 * A subject answers the same cases with its own machinery. subject_measure() asks it, checks
 * that its answers stay the same between ways of asking, and prints one line a figure:
 *
 *     figure <TAB> system <TAB> name <TAB> value
 *
 * bench/run.sh gathers these lines and bench/report.awk compares them. Only what lies between
 * the question and the complete answer is timed; counting and hashing the rows is not.
 *
 * Units:    data files are in minutes from the first day's local midnight (MEASURE_EPOCH_S).
 * Errors:   whatever the subject says, and ERR_CORRUPT if two ways of asking disagree.
 * Source:   ../docs or the issue for the goals; the data and queries are described in README.md.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H
#include "base/base.h"
#include "base/file.h"

enum {
	MEASURE_MIN_OVERLAP = 15, /* minutes that make an encounter */
	MEASURE_CASES = 1000,
	MEASURE_WORKERS_MAX = 2,
	MEASURE_MINUTE_S = 60
};

/* 2021-07-01T00:00+08:00: minute 0 of the data, a local midnight in Asia/Shanghai. */
#define MEASURE_EPOCH_S 1625068800LL

int64_t measure_unix_s(uint32_t minute);
uint32_t measure_minute(int64_t unix_s);

struct bench_visit {
	uint32_t person, place, from, to;
}; /* as the .bin file has it */
struct bench_case {
	uint32_t person, from, to;
};

struct bench_data {
	struct file_map map; /* the .bin file */
	const struct bench_visit *visit;
	size_t n_visits;
	uint32_t n_persons, n_places;
	struct bench_case cases[MEASURE_CASES];
};

/* Read PREFIX.meta and PREFIX.q and map PREFIX.bin. */
MUST_CHECK enum err bench_data_open(const char *prefix, struct bench_data *ret, struct fault *f);
void bench_data_end(struct bench_data *d);

/* One contact of an answer, in minutes. In the second generation `last` is 0 for everyone. */
struct bench_row {
	uint32_t person, total, first, last;
};

struct tally {
	uint64_t rows, total, first, last;
	uint32_t hash; /* sum of a mix of each row: the order of rows is no matter */
};

void tally_add(struct tally *t, struct bench_row row);
bool tally_same(const struct tally *a, const struct tally *b);

struct subject {
	const char *name;
	void *self;
	unsigned n_workers; /* how many may ask at once */
	/* Answer one case in its generation 1 or 2. Timed. */
	enum err (*ask)(void *self, unsigned worker, const struct bench_case *c,
			unsigned generation, struct fault *f);
	/* Answer the first generation of many cases. Timed. */
	enum err (*batch)(void *self, unsigned worker, const struct bench_case *c, size_t n,
			  struct fault *f);
	/* Add the asked generation of this worker's last answer to a tally. Not timed. */
	enum err (*read)(void *self, unsigned worker, struct tally *t, struct fault *f);
};

struct measure_plan {
	size_t n_second; /* how many cases to take to the second generation */
	unsigned passes; /* timed passes over everything, after one that warms and checks */
};

/* The options every program takes after its own arguments: --second N, --passes N. */
MUST_CHECK enum err measure_options(int argc, char **argv, struct measure_plan *ret,
				    struct fault *f);
MUST_CHECK enum err subject_measure(const struct subject *s, const struct bench_data *d,
				    const struct measure_plan *p, struct fault *f);

int64_t measure_now_ns(void);
void figure_count(const char *who, const char *name, uint64_t v);
void figure_real(const char *who, const char *name, double v);
void figure_text(const char *who, const char *name, const char *v);
/* Most memory this process ever held. */
void figure_peak_memory(const char *who);

/* Print a fault to stderr and give the exit code that belongs to it. */
int measure_exit(const char *program, enum err e, const struct fault *f);
#endif
