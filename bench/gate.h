/*
 * gate.h - the parts of bench_intake.c that lie in files of their own.
 */
#ifndef BENCH_GATE_H
#define BENCH_GATE_H
#include "measure.h"
#include "served.h"

struct zone;
struct gate {
	struct bench_data data;
	struct served served;
	struct zone *zone;
	int64_t shift_s;       /* so that the days of the data are the last ones */
	uint64_t n;            /* visits */
	uint64_t cases;        /* traced; of two generations a third */
	uint64_t known, fresh; /* people kept before, people brought */
	struct fault f;
};
/* An error ends the program with a line that says where. */
void gate_check(const struct gate *g, enum err e, const char *what);
/* A new feed of what it brings; its id. */
void gate_feed(const struct gate *g, const char *brings, char ret[40]);

/* gate_people.c: into the vault of the house, before it is served. */
void gate_people_known(struct gate *g);
/* `fresh` of them as report cards over HTTP: one in ten is somebody who was there. */
void gate_people_push(struct gate *g);
/* gate_trace.c: cases of the data, confirmed and traced by their warrants. */
void gate_trace(struct gate *g);
#endif
