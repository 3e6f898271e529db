/*
 * outbreak.h - a case in a ward with a vault, confirmed, with those it met: at the cinema a
 * neighbour and one (1002) who rode a bus with a third (1003).
 *
 *     struct outbreak o;
 *     outbreak_begin(&w, &o);
 *     struct trail_visit late[] = { outbreak_stay(1005, OUTBREAK_PLACE, o.evening, 1) };
 *     outbreak_bring(&w, &o, late, 1);
 */
#ifndef TEST_SUPPORT_OUTBREAK_H
#define TEST_SUPPORT_OUTBREAK_H
#include "support/trails.h"
#include "support/ward.h"

enum { OUTBREAK_PLACE = 77, OUTBREAK_BUS = 78, OUTBREAK_BATCH_MAX = 64 };

struct outbreak {
	char id[24], warrant[600];
	int64_t index, neighbour; /* pseudonyms */
	int64_t evening;          /* seven o'clock, yesterday */
	int n_batches;
};
void outbreak_begin(struct ward *w, struct outbreak *o);
struct trail_visit outbreak_stay(int64_t person, int64_t place, int64_t from, int64_t hours);
void outbreak_bring(struct ward *w, struct outbreak *o, struct trail_visit *v, size_t n);
#endif
