/*
 * baseline.h - the plain way to answer the same questions: two sorted arrays and nothing else.
 *
 * One array holds the visits place by place, the other person by person, both by `from`. To find
 * who met a stay, look up where in the place's run the visits begin that can still reach it (no
 * visit there is longer than the place's longest), and read on until they begin too late. A hash
 * table adds up the encounters of each person met. This is what a good programmer writes in an
 * afternoon, and what the engine has to beat to be worth its lines.
 *
 * Life:     baseline_new -> ask / batch -> baseline_free
 * Memory:   24 bytes a visit, 8 a place, 4 a person; the data may be closed after baseline_new.
 * Threads:  each worker has its own answer; several may ask at once.
 * Units:    minutes.
 */
#ifndef BENCH_BASELINE_H
#define BENCH_BASELINE_H
#include "base/base.h"
#include "measure.h"

struct baseline;

MUST_CHECK enum err baseline_new(const struct bench_data *d, unsigned n_workers,
				 struct baseline **ret, struct fault *f);
void baseline_free(struct baseline *b);
uint64_t baseline_bytes(const struct baseline *b); /* of the index, without the answers */

/* As struct subject has them; `self` is a struct baseline. */
enum err baseline_ask(void *self, unsigned worker, const struct bench_case *c, unsigned generation,
		      struct fault *f);
enum err baseline_batch(void *self, unsigned worker, const struct bench_case *c, size_t n,
			struct fault *f);
enum err baseline_read(void *self, unsigned worker, struct tally *t, struct fault *f);

/* For loading others in order: the i-th visit by (place, from) and by (person, from). */
struct bench_visit baseline_by_place(const struct baseline *b, size_t i);
struct bench_visit baseline_by_person(const struct baseline *b, size_t i);
#endif
