/*
 * bench_engine.c - the same questions put to the trace engine, through its public face alone.
 *
 *     bench_engine build PREFIX DIR             seal PREFIX.bin into one segment file a day
 *     bench_engine first PREFIX DIR NAME        open them and answer one case: figure NAME_ms
 *     bench_engine ask   PREFIX DIR [--second N] [--passes N]
 *
 * Times become seconds on the way in and minutes again on the way out, so that the answers can
 * be compared with everybody else's. Local days are those of Asia/Shanghai.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/when.h"
#include "engine/trace/store.h"
#include "engine/trace/trace.h"
#include "measure.h"

#include "base/ban.h"

#define BUILD_BUDGET_BYTES ((size_t)1 << 30)
#define ANSWER_BUDGET_BYTES ((size_t)8 << 30)
#define SEGMENT_ENDING ".seg"

enum { BUILD_THREADS = 2, BUILD_CHUNK = 1 << 16 };

/* ---- building ---------------------------------------------------------------------------- */

struct sealed {
	const char *dir;
	uint64_t bytes;
};

static enum err write_image(struct trace_image image, void *arg, struct fault *f)
{
	CLEANUP(file_end) struct file *file = NULL;
	struct sealed *sealed = arg;
	char path[512];
	enum err e;

	snprintf(path, sizeof(path), "%s/%d" SEGMENT_ENDING, sealed->dir, (int)image.day);
	e = file_open(path, FILE_NEW, &file, f);
	if (!e)
		e = file_write(file, image.bytes, image.n, f);
	if (!e)
		e = file_sync(file, f);
	mem_drop(image.bytes);
	sealed->bytes += image.n;
	return e ? e : file_close(&file, f);
}

static enum err add_all(struct trace_builder *b, const struct bench_data *d, struct fault *f)
{
	struct visit *chunk = mem_take(BUILD_CHUNK, sizeof(*chunk));
	enum err e = chunk ? OK : ERR_MEMORY;

	for (size_t at = 0; !e && at < d->n_visits; at += BUILD_CHUNK) {
		size_t n = min_size(BUILD_CHUNK, d->n_visits - at);
		for (size_t i = 0; i < n; i++) {
			const struct bench_visit *v = &d->visit[at + i];
			chunk[i] = (struct visit){
				.person = { v->person },
				.place = { v->place },
				.from = { measure_unix_s(v->from) },
				.to = { measure_unix_s(v->to) },
			};
		}
		e = trace_builder_add(b, chunk, n, f);
	}
	mem_drop(chunk);
	return e;
}

static enum err build(const struct bench_data *d, const struct zone *zone, const char *dir,
		      struct fault *f)
{
	struct trace_builder_options o = {
		.zone = zone,
		.budget_bytes = BUILD_BUDGET_BYTES,
		.spill_dir = dir,
		.threads = BUILD_THREADS,
	};
	struct sealed sealed = { .dir = dir };
	struct trace_builder *b = NULL;
	int64_t start = measure_now_ns();
	enum err e;

	if ((e = dir_make(dir, f)))
		return e;
	if ((e = trace_builder_new(&o, &b, f)))
		return e;
	e = add_all(b, d, f);
	if (!e)
		e = trace_builder_finish(b, write_image, &sealed, f);
	trace_builder_free(b);
	if (e)
		return e;
	double seconds = (double)(measure_now_ns() - start) / 1e9;
	figure_real("engine", "build_s", seconds);
	figure_real("engine", "build_visits_a_s", (double)d->n_visits / seconds);
	figure_real("engine", "bytes_a_visit", (double)sealed.bytes / (double)d->n_visits);
	figure_peak_memory("engine_build");
	return OK;
}

/* ---- opening ----------------------------------------------------------------------------- */

struct engine {
	struct trace_set *set;
	const struct trace_view *view;
	struct trace_rules rules;
	struct reader {
		struct arena *arena;
		struct warrant warrant[MEASURE_CASES];
		struct trace_answer answer[MEASURE_CASES];
		size_t n;
	} reader[MEASURE_WORKERS_MAX];
	const char *dir;
	bool loaded; /* days are read into memory whole, not mapped */
	uint64_t bytes, place_bytes, person_bytes, visits;
	uint64_t n_segments;
};

static enum err open_segment(const char *name, void *arg, struct fault *f)
{
	struct engine *en = arg;
	struct trace_segment *segment = NULL;
	const char *ending = strrchr(name, '.');
	char path[512];
	enum err e;

	if (!ending || strcmp(ending, SEGMENT_ENDING) != 0)
		return OK;
	snprintf(path, sizeof(path), "%s/%s", en->dir, name);
	e = en->loaded ? trace_segment_load(path, &segment, f)
		       : trace_segment_open(path, &segment, f);
	if (e)
		return e;
	struct trace_segment_facts facts = trace_segment_facts(segment);
	en->bytes += facts.bytes;
	en->place_bytes += facts.place_bytes;
	en->person_bytes += facts.person_bytes;
	en->visits += facts.visits;
	en->n_segments++;
	return trace_set_add_segment(en->set, segment, f);
}

static enum err engine_open(struct engine *en, const struct zone *zone, const char *dir,
			    struct fault *f)
{
	enum err e;

	en->dir = dir;
	trace_rules_window(MEASURE_MIN_OVERLAP * MEASURE_MINUTE_S, 0, &en->rules);
	for (unsigned w = 0; w < MEASURE_WORKERS_MAX; w++) {
		if ((e = arena_new(ANSWER_BUDGET_BYTES, &en->reader[w].arena)))
			return e;
	}
	if ((e = trace_set_new(zone, &en->set)))
		return e;
	if ((e = dir_each(dir, open_segment, en, f)))
		return e;
	en->view = trace_set_view(en->set);
	return OK;
}

static void engine_close(struct engine *en)
{
	if (en->view)
		trace_view_release(en->view);
	if (en->set)
		trace_set_free(en->set);
	for (unsigned w = 0; w < MEASURE_WORKERS_MAX; w++)
		arena_free(en->reader[w].arena);
}

/* ---- asking ------------------------------------------------------------------------------ */

static enum err answer_all(struct engine *en, struct reader *r, const struct bench_case *c,
			   uint32_t generations, struct fault *f)
{
	struct trace_ask question = { .rules = &en->rules };

	arena_clear(r->arena);
	for (size_t i = 0; i < r->n; i++) {
		r->warrant[i] = (struct warrant){
			.case_number = i,
			.purpose = TRACE_CONTACT_TRACING,
			.index = { c[i].person },
			.from = { measure_unix_s(c[i].from) },
			.to = { measure_unix_s(c[i].to) },
			.generations = generations,
			.limit = UINT32_MAX,
		};
	}
	return trace_contacts(en->view, &question, r->warrant, r->n, r->arena, r->answer, f);
}

static enum err ask(void *self, unsigned worker, const struct bench_case *c, unsigned generation,
		    struct fault *f)
{
	struct engine *en = self;
	struct reader *r = &en->reader[worker];

	r->n = 1;
	return answer_all(en, r, c, generation, f);
}

static enum err batch(void *self, unsigned worker, const struct bench_case *c, size_t n,
		      struct fault *f)
{
	struct engine *en = self;
	struct reader *r = &en->reader[worker];

	r->n = n;
	return answer_all(en, r, c, 1, f);
}

static enum err read_rows(void *self, unsigned worker, struct tally *t, struct fault *f)
{
	const struct engine *en = self;
	const struct reader *r = &en->reader[worker];
	uint32_t generation = r->warrant[0].generations;

	(void)f;
	for (size_t i = 0; i < r->n; i++) {
		for (size_t k = 0; k < r->answer[i].n_contacts; k++) {
			const struct trace_contact *c = &r->answer[i].contact[k];
			if (c->generation != generation)
				continue;
			struct bench_row row = {
				.person = c->person.v,
				.total = (uint32_t)(c->overlap_s / MEASURE_MINUTE_S),
				.first = measure_minute(c->first.v),
				.last = generation == 1 ? measure_minute(c->last.v) : 0,
			};
			tally_add(t, row);
		}
	}
	return OK;
}

/* ---- command ----------------------------------------------------------------------------- */

static enum err first_answer(struct engine *en, const struct bench_data *d, const struct zone *zone,
			     char **argv, struct fault *f)
{
	int64_t start = measure_now_ns();
	char name[64];
	enum err e;

	if ((e = engine_open(en, zone, argv[3], f)))
		return e;
	if ((e = ask(en, 0, &d->cases[0], 1, f)))
		return e;
	snprintf(name, sizeof(name), "%.40s_ms", argv[4]);
	figure_real("engine", name, (double)(measure_now_ns() - start) / 1e6);
	return OK;
}

static enum err ask_all(struct engine *en, const struct bench_data *d, const struct zone *zone,
			const char *dir, const struct measure_plan *plan, struct fault *f)
{
	struct subject s = {
		.name = "engine",
		.self = en,
		.n_workers = MEASURE_WORKERS_MAX,
		.ask = ask,
		.batch = batch,
		.read = read_rows,
	};
	enum err e;

	en->loaded = true;
	if ((e = engine_open(en, zone, dir, f)))
		return e;
	if (en->visits != d->n_visits)
		return fault_set(f, ERR_CORRUPT, "分段的到访数与数据不符",
				 "the segments hold another number of visits than the data");
	double n = (double)en->visits;
	figure_text(s.name, "kernel", trace_kernel());
	figure_count(s.name, "segments", en->n_segments);
	figure_real(s.name, "place_bytes_a_visit", (double)en->place_bytes / n);
	figure_real(s.name, "person_bytes_a_visit", (double)en->person_bytes / n);
	figure_real(s.name, "other_bytes_a_visit",
		    (double)(en->bytes - en->place_bytes - en->person_bytes) / n);
	return subject_measure(&s, d, plan, f);
}

static enum err act(int argc, char **argv, const struct zone *zone, struct fault *f)
{
	CLEANUP(bench_data_end) struct bench_data d = { 0 };
	struct measure_plan plan = { .n_second = 100, .passes = 3 };
	struct engine *en;
	enum err e;

	if ((e = bench_data_open(argv[2], &d, f)))
		return e;
	if (strcmp(argv[1], "build") == 0)
		return build(&d, zone, argv[3], f);
	if (!(en = mem_take(1, sizeof(*en))))
		return ERR_MEMORY;
	if (strcmp(argv[1], "first") == 0) {
		e = first_answer(en, &d, zone, argv, f);
	} else if (!(e = measure_options(argc - 4, argv + 4, &plan, f))) {
		e = ask_all(en, &d, zone, argv[3], &plan, f);
	}
	engine_close(en);
	mem_drop(en);
	return e;
}

static enum err run(int argc, char **argv, struct fault *f)
{
	CLEANUP(zone_end) struct zone *zone = NULL;
	const char *verb = argc < 4 ? "" : argv[1];
	enum err e;

	if (!(strcmp(verb, "build") == 0 && argc == 4) &&
	    !(strcmp(verb, "first") == 0 && argc == 5) && strcmp(verb, "ask") != 0)
		return fault_set(f, ERR_USAGE, "用法：bench_engine build|first|ask 前缀 目录 …",
				 "usage: bench_engine build|first|ask PREFIX DIR ...");
	if ((e = zone_open("Asia/Shanghai", &zone, f)))
		return e;
	return act(argc, argv, zone, f);
}

int main(int argc, char **argv)
{
	struct fault f = { OK, "", "" };

	return measure_exit("bench_engine", run(argc, argv, &f), &f);
}
