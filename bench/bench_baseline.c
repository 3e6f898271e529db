/*
 * bench_baseline.c - measure the plain baseline: bench_baseline PREFIX [--second N] [--passes N]
 */
#include <stdio.h>

#include "baseline.h"
#include "measure.h"

#include "base/ban.h"

static enum err run(int argc, char **argv, struct fault *f)
{
	CLEANUP(bench_data_end) struct bench_data d = { 0 };
	struct measure_plan plan = { .n_second = 100, .passes = 3 };
	struct baseline *b = NULL;
	enum err e;

	if (argc < 2)
		return fault_set(f, ERR_USAGE, "用法：bench_baseline 数据前缀",
				 "usage: bench_baseline PREFIX [--second N] [--passes N]");
	if ((e = measure_options(argc - 2, argv + 2, &plan, f)))
		return e;
	if ((e = bench_data_open(argv[1], &d, f)))
		return e;
	int64_t start = measure_now_ns();
	if ((e = baseline_new(&d, MEASURE_WORKERS_MAX, &b, f)))
		return e;
	struct subject s = {
		.name = "baseline",
		.self = b,
		.n_workers = MEASURE_WORKERS_MAX,
		.ask = baseline_ask,
		.batch = baseline_batch,
		.read = baseline_read,
	};
	figure_real(s.name, "build_s", (double)(measure_now_ns() - start) / 1e9);
	figure_real(s.name, "bytes_a_visit", (double)baseline_bytes(b) / (double)d.n_visits);
	e = subject_measure(&s, &d, &plan, f);
	baseline_free(b);
	return e;
}

int main(int argc, char **argv)
{
	struct fault f = { 0 };

	return measure_exit("bench_baseline", run(argc, argv, &f), &f);
}
