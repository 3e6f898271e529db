/*
 * bench_flow.c - how many events a second the flow of a task takes, pure: no store, no text.
 *
 *     bench_flow [TASKS [ROUNDS]]
 *
 * `life`: raise, accept, start, prove, close; each event goes to all tasks in turn before the next
 * does, so a task comes from memory and not from a cache. `clock`: calls in which something is due
 * (a warning, late and level 1, level 2, a repeat). `idle`: calls in which nothing is. Figures are
 * millions of events a second, of the middle round.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "engine/flow/flow.h"
#include "measure.h"

#include "base/ban.h"

enum { TASKS = 100000, TASKS_MAX = 10000000, ROUNDS = 5, ROUNDS_MAX = 99, START = 1600000000 };
enum figure { LIFE, CLOCK, IDLE, FIGURES };
static const char *const names[FIGURES] = { "life_m_s", "clock_m_s", "idle_m_s" };

struct bench {
	struct flow_task *task;
	size_t n;
	uint64_t events, effects;
	struct flow_effects fx;
};

static struct flow_event event(enum flow_on on, int64_t party)
{
	return (struct flow_event){ .on = on,
				    .turn = FLOW_ANY_TURN,
				    .actor = party ? FLOW_PERSON : FLOW_CLOCK,
				    .party = { party },
				    .person = { party * 10 },
				    .duty = { { 1 }, { 2 }, { 2, { { 2 }, { 4 } } } },
				    .by = FLOW_NEVER,
				    .clock = { 3600, 86400, 7200, 3600, 0, 1800, 14400 },
				    .evidence = FLOW_PHOTO };
}

static void all(struct bench *b, enum flow_on on, int64_t party, int64_t now)
{
	struct flow_event ev = event(on, party);

	for (size_t i = 0; i < b->n; i++) {
		if (flow_step(&b->task[i], &ev, (struct utc_s){ now }, &b->fx) != OK)
			abort();
		b->effects += b->fx.n;
	}
	b->events += b->n;
}

static void begin(struct bench *b)
{
	for (size_t i = 0; i < b->n; i++)
		b->task[i] = (struct flow_task){ .id = (int64_t)i + 1 };
	b->events = 0;
}

static double rate(const struct bench *b, int64_t since_ns)
{
	return (double)b->events * 1e3 / (double)(measure_now_ns() - since_ns);
}

static void measure(struct bench *b, double ret[FIGURES])
{
	int64_t since;

	begin(b);
	since = measure_now_ns();
	all(b, FLOW_ON_RAISE, 3, START);
	all(b, FLOW_ON_ACCEPT, 1, START + 600);
	all(b, FLOW_ON_START, 1, START + 900);
	all(b, FLOW_ON_PROVE, 1, START + 9000);
	all(b, FLOW_ON_CLOSE, 2, START + 9900);
	ret[LIFE] = rate(b, since);

	begin(b);
	all(b, FLOW_ON_RAISE, 3, START);
	all(b, FLOW_ON_ACCEPT, 1, START + 600);
	b->events = 0;
	since = measure_now_ns();
	all(b, FLOW_ON_CLOCK, 0, START + 86400 - 1800);
	all(b, FLOW_ON_CLOCK, 0, START + 86400);
	all(b, FLOW_ON_CLOCK, 0, START + 86400 + 3600);
	all(b, FLOW_ON_CLOCK, 0, START + 86400 + 18000);
	ret[CLOCK] = rate(b, since);

	b->events = 0;
	since = measure_now_ns();
	for (int i = 1; i <= 4; i++)
		all(b, FLOW_ON_CLOCK, 0, START + 86400 + 18000 + i);
	ret[IDLE] = rate(b, since);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	long tasks = argc > 1 ? strtol(argv[1], NULL, 10) : TASKS;
	long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : ROUNDS;
	static double got[FIGURES][ROUNDS_MAX];
	static struct bench b;

	if (tasks < 1 || tasks > TASKS_MAX || rounds < 1 || rounds > ROUNDS_MAX) {
		fputs("usage: bench_flow [TASKS [ROUNDS]]\n", stderr);
		return 2;
	}
	b.n = (size_t)tasks;
	b.task = mem_take(b.n, sizeof(*b.task));
	if (!b.task) {
		fputs("bench_flow: there is not enough memory\n", stderr);
		return 3;
	}
	for (long r = 0; r < rounds; r++) {
		double one[FIGURES];

		measure(&b, one);
		for (int i = 0; i < FIGURES; i++)
			got[i][r] = one[i];
	}
	figure_count("flow", "tasks", b.n);
	figure_count("flow", "task_bytes", sizeof(*b.task));
	for (int i = 0; i < FIGURES; i++) {
		qsort(got[i], (size_t)rounds, sizeof(double), by_value);
		figure_real("flow", names[i], got[i][rounds / 2]);
	}
	figure_peak_memory("flow");
	mem_drop(b.task);
	return 0;
}
