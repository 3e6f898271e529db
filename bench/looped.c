/* looped.c - see looped.h. */
#include "looped.h"

#include <stdio.h>
#include <stdlib.h>

#include "grid/grid.h"
#include "load.h"
#include "measure.h"

#include "base/ban.h"

enum { NOUNS_ROOM = 64, NS_A_MS = 1000000, NAME_BYTES = 80 };

const struct clocks_rule looped_rule = { .id = { "bench", 5 },
					 .version = 1,
					 .valid_from = CLOCKS_DAY_OPEN,
					 .valid_to = CLOCKS_DAY_OPEN,
					 .way = { "days", 4 },
					 .clock = { LOOPED_ACCEPT_S, 15 * LOOPED_DAY, LOOPED_DAY,
						    LOOPED_DAY, 0, 0, 0 } };

static int64_t wall_ns(void *arg)
{
	(void)arg;
	return (int64_t)LOOPED_NOW * 1000000000;
}
static const struct clock wall = { wall_ns, NULL };

void looped_must(const struct looped *b, enum err e)
{
	if (!e)
		return;
	(void)fprintf(stderr, "%s: %s\n", err_word(e), b->f.en);
	exit(3);
}

static enum err prime(struct tx *tx, void *book, struct fault *f)
{
	return record_prime(book, tx, f);
}

void looped_open(struct looped *b, const char *url, uint64_t seed)
{
	static const struct noun *nouns[NOUNS_ROOM];
	static struct clocks_set clocks;
	struct record_options o = { .nouns = nouns, .clock = &wall };
	struct loop_options lo = { .clocks = &clocks };

	*b = (struct looped){ .dice.state = seed };
	clocks = (struct clocks_set){ 1, &looped_rule };
	for (size_t i = 0; i < grid_nouns_n; i++)
		nouns[o.n++] = grid_nouns[i];
	for (size_t i = 0; i < loop_nouns_n; i++)
		nouns[o.n++] = loop_nouns[i];
	looped_must(b, db_open(&(struct db_options){ .url = url, .create = true }, &b->db, &b->f));
	looped_must(b, db_migrate(b->db, (struct utc_s){ LOOPED_NOW }, &b->f));
	looped_must(b, zone_open("+08:00", &b->zone, &b->f));
	o.zone = b->zone;
	looped_must(b, record_open(&o, &b->book, &b->f));
	lo.db = b->db;
	lo.book = b->book;
	lo.zone = b->zone;
	looped_must(b, db_read(b->db, prime, b->book, &b->f));
	looped_must(b, loop_open(&lo, &b->l, &b->f));
}

void looped_close(struct looped *b)
{
	loop_close(&b->l);
	record_end(&b->book);
	zone_end(&b->zone);
	db_end(&b->db);
}

/* ---- the province ---------------------------------------------------------------------------- */

struct area_code looped_city(struct dice *d)
{
	return (struct area_code){ 430000000000000 +
				   (1 + dice_below(d, LOOPED_CITIES)) * 100000000000 };
}

struct area_code looped_village(struct dice *d)
{
	struct area_code a = looped_city(d);

	a.v += (1 + dice_below(d, LOOPED_COUNTIES)) * 1000000000;
	a.v += (1 + dice_below(d, LOOPED_TOWNS)) * 1000000;
	a.v += (1 + dice_below(d, LOOPED_VILLAGES)) * 1000;
	return a;
}

/* ---- time ------------------------------------------------------------------------------------ */

double looped_ms(void)
{
	return (double)measure_now_ns() / NS_A_MS;
}

static void figure(const char *who, const char *name, const char *what, double v)
{
	char all[NAME_BYTES];

	(void)snprintf(all, sizeof all, "%s%s", name, what);
	figure_real(who, all, v);
	(void)fflush(stdout);
}

void looped_timed(struct looped *b, const char *who, const char *name, db_act *act, void *arg)
{
	double begun = looped_ms(), cpu = load_cpu_us();

	looped_must(b, db_write(b->db, act, arg, &b->f));
	figure(who, name, "_ms", looped_ms() - begun);
	figure(who, name, "_cpu_ms", (load_cpu_us() - cpu) / 1e3);
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void looped_asked(struct looped *b, const char *who, const char *name, size_t n, db_act *ask,
		  void *arg)
{
	double *ms = mem_take(n, sizeof *ms);

	looped_must(b, ms ? OK : ERR_MEMORY);
	for (size_t i = 0; i < n; i++) {
		double begun = looped_ms();

		looped_must(b, db_read(b->db, ask, arg, &b->f));
		ms[i] = looped_ms() - begun;
	}
	qsort(ms, n, sizeof *ms, by_size);
	figure(who, name, "_p50_ms", ms[n / 2]);
	figure(who, name, "_p99_ms", ms[n * 99 / 100]);
	mem_drop(ms);
}
