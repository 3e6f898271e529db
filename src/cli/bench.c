/*
 * bench.c - the verb `bench trace`: figures of this machine over the synthetic town.
 *
 * Q1 is the contacts of one case in a window of four days with at least 15 minutes; gen2 the
 * same to the second generation. One warm pass, then three; the median of the three counts for
 * each case. Nothing here is compared with anything: that is what bench/ is for.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "cli/synthetic.h"
#include "engine/trace/store.h"

#include "base/ban.h"

enum { CASES = 1000, GEN2_CASES = 50, PASSES = 3, DAY_S = 86400, VISITS_A_PERSON = 48 };
#define BUDGET_BYTES ((size_t)64 << 30)

struct bench {
	struct cli *c;
	struct zone *zone;
	struct synthetic town;
	struct trace_set *set;
	const struct trace_view *view;
	struct arena *arena;
	struct warrant warrant[CASES];
	uint64_t visits, bytes, contacts;
	int64_t build_ns, batch_ns;
	int64_t q1_ns[CASES][PASSES], gen2_ns[GEN2_CASES][PASSES];
};

static void bench_end(struct bench **ref)
{
	struct bench *b = *ref;

	if (!b)
		return;
	if (b->view)
		trace_view_release(b->view);
	trace_set_free(b->set);
	arena_free(b->arena);
	zone_free(b->zone);
	mem_drop(b);
}

static void builder_end(struct trace_builder **b)
{
	trace_builder_free(*b);
}

/* ---- visits --------------------------------------------------------------------------------- */

static enum err take_day(struct trace_image image, void *arg, struct fault *f)
{
	struct bench *b = arg;
	struct trace_segment *seg = NULL;
	enum err e;

	b->visits += image.visits;
	b->bytes += image.n;
	if ((e = trace_segment_adopt(image.bytes, image.n, &seg, f)))
		return e;
	return trace_set_add_segment(b->set, seg, f);
}

static enum err make(struct bench *b)
{
	int64_t threads = b->c->args.number[CLI_THREADS];
	struct trace_builder_options o = { .zone = b->zone,
					   .budget_bytes = BUDGET_BYTES,
					   .threads = threads > 0 ? (unsigned)threads : 2 };
	CLEANUP(builder_end) struct trace_builder *builder = NULL;
	struct synthetic_visit v[SYNTHETIC_VISITS_MAX];
	struct visit visits[SYNTHETIC_VISITS_MAX];
	enum err e;

	if ((e = trace_builder_new(&o, &builder, &b->c->fault)))
		return e;
	for (uint32_t person = 0; person < b->town.n_people; person++) {
		size_t n = synthetic_live(&b->town, person, v);
		int64_t start;

		for (size_t i = 0; i < n; i++)
			visits[i] = (struct visit){
				{ v[i].person }, { v[i].place }, v[i].from, v[i].to, 0
			};
		start = clock_ns(&clock_steady);
		if ((e = trace_builder_add(builder, visits, n, &b->c->fault)))
			return e;
		b->build_ns += clock_ns(&clock_steady) - start;
	}
	b->build_ns -= clock_ns(&clock_steady);
	if ((e = trace_builder_finish(builder, take_day, b, &b->c->fault)))
		return e;
	b->build_ns += clock_ns(&clock_steady);
	b->view = trace_set_view(b->set);
	return OK;
}

static void choose_cases(struct bench *b, uint64_t seed)
{
	struct dice d = { seed ^ UINT64_C(0x5eed) };

	for (size_t i = 0; i < CASES; i++) {
		int64_t to = SYNTHETIC_FIRST_S +
			     (5 + dice_below(&d, SYNTHETIC_DAYS - 5)) * (int64_t)DAY_S +
			     dice_below(&d, DAY_S);

		b->warrant[i] = (struct warrant){
			.case_number = i,
			.purpose = TRACE_CONTACT_TRACING,
			.index = { dice_below(&d, b->town.n_people) },
			.from = { to - 4 * (int64_t)DAY_S },
			.to = { to },
			.generations = 1,
			.limit = UINT32_MAX,
		};
	}
}

/* ---- questions ------------------------------------------------------------------------------ */

static enum err ask(struct bench *b, size_t i, size_t n, uint32_t generations, int64_t *ret_ns)
{
	struct trace_answer answers[CASES];
	struct trace_rules rules;
	struct trace_ask q = { .rules = &rules };
	struct warrant w[CASES];
	int64_t start;
	enum err e;

	trace_rules_window(15 * 60, 0, &rules);
	memcpy(w, &b->warrant[i], n * sizeof(*w));
	for (size_t k = 0; k < n; k++)
		w[k].generations = generations;
	arena_clear(b->arena);
	start = clock_ns(&clock_steady);
	e = trace_contacts(b->view, &q, w, n, b->arena, answers, &b->c->fault);
	*ret_ns = clock_ns(&clock_steady) - start;
	for (size_t k = 0; k < n && !e; k++)
		b->contacts += answers[k].n_contacts;
	return e;
}

static enum err measure(struct bench *b)
{
	int64_t cold;
	enum err e = OK;

	for (int pass = -1; pass < PASSES && !e; pass++)
		for (size_t i = 0; i < CASES && !e; i++)
			e = ask(b, i, 1, 1, pass < 0 ? &cold : &b->q1_ns[i][pass]);
	for (int pass = -1; pass < PASSES && !e; pass++)
		for (size_t i = 0; i < GEN2_CASES && !e; i++)
			e = ask(b, i, 1, 2, pass < 0 ? &cold : &b->gen2_ns[i][pass]);
	b->contacts = 0;
	return e ? e : ask(b, 0, CASES, 1, &b->batch_ns);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

struct figures {
	double p50_us, p99_us;
};

static struct figures figures_of(int64_t (*ns)[PASSES], size_t n)
{
	int64_t median[CASES];

	for (size_t i = 0; i < n; i++) {
		qsort(ns[i], PASSES, sizeof(ns[i][0]), by_size);
		median[i] = ns[i][PASSES / 2];
	}
	qsort(median, n, sizeof(median[0]), by_size);
	return (struct figures){ (double)median[n / 2] / 1e3,
				 (double)median[n - 1 - n / 100] / 1e3 };
}

/* ---- words ---------------------------------------------------------------------------------- */

static void json_number(struct json *j, const char *key, double v)
{
	json_key(j, key);
	json_f64(j, v);
}

static void as_json(struct bench *b, struct figures q1, struct figures gen2, struct buf *out)
{
	struct json j;

	json_begin(&j, out);
	json_open(&j, '{');
	json_key(&j, "kernel");
	json_str(&j, str_of(trace_kernel()));
	json_key(&j, "compiler");
	json_str(&j, STR(__VERSION__));
	json_key(&j, "visits");
	json_i64(&j, (int64_t)b->visits);
	json_key(&j, "people");
	json_i64(&j, b->town.n_people);
	json_key(&j, "contacts");
	json_i64(&j, (int64_t)b->contacts);
	json_number(&j, "build_visits_per_s", (double)b->visits / ((double)b->build_ns / 1e9));
	json_number(&j, "bytes_per_visit", (double)b->bytes / (double)b->visits);
	json_number(&j, "q1_p50_us", q1.p50_us);
	json_number(&j, "q1_p99_us", q1.p99_us);
	json_number(&j, "gen2_p50_us", gen2.p50_us);
	json_number(&j, "gen2_p99_us", gen2.p99_us);
	json_number(&j, "batch_1000_us", (double)b->batch_ns / 1e3);
	json_close(&j, '}');
	buf_char(out, '\n');
}

static void as_text(struct bench *b, struct figures q1, struct figures gen2, struct buf *out)
{
	bool zh = b->c->lang == CLI_ZH;

	buf_fmt(out,
		zh ? "合成到访 %" PRIu64 " 条，%u 人，内核 %s，%s\n"
		   : "%" PRIu64 " synthetic visits, %u people, kernel %s, %s\n",
		b->visits, b->town.n_people, trace_kernel(), __VERSION__);
	buf_fmt(out,
		zh ? "建立      %.2f 百万条/秒，%.2f 字节/条\n"
		   : "build      %.2f M visits/s, %.2f bytes a visit\n",
		(double)b->visits / ((double)b->build_ns / 1e3),
		(double)b->bytes / (double)b->visits);
	buf_fmt(out,
		zh ? "一代      p50 %.1f 微秒，p99 %.1f 微秒\n"
		   : "contacts   p50 %.1f us, p99 %.1f us\n",
		q1.p50_us, q1.p99_us);
	buf_fmt(out,
		zh ? "两代      p50 %.1f 微秒，p99 %.1f 微秒\n"
		   : "two gens   p50 %.1f us, p99 %.1f us\n",
		gen2.p50_us, gen2.p99_us);
	buf_fmt(out,
		zh ? "一批 %d 例 %.2f 毫秒，%" PRIu64 " 名接触者\n"
		   : "batch      %d cases in %.2f ms, %" PRIu64 " contacts\n",
		CASES, (double)b->batch_ns / 1e6, b->contacts);
}

enum err cli_bench(struct cli *c)
{
	CLEANUP(bench_end) struct bench *b = mem_take(1, sizeof(*b));
	CLEANUP(buf_release) struct buf out = { 0 };
	int64_t rows = c->args.number[CLI_ROWS], seed = c->args.number[CLI_SEED];
	uint64_t s = seed == CLI_UNSET ? 42 : (uint64_t)seed;
	struct figures q1, gen2;
	enum err e;

	if (!c->args.n_operands || strcmp(c->args.operand[0], "trace") != 0)
		return fault_set(&c->fault, ERR_USAGE, "bench 后面写 trace", "say: bench trace");
	if (!b)
		return ERR_MEMORY;
	b->c = c;
	if ((e = zone_open("Asia/Shanghai", &b->zone, &c->fault)) ||
	    (e = trace_set_new(b->zone, &b->set)) || (e = arena_new(BUDGET_BYTES, &b->arena)))
		return e;
	synthetic_make(s, (uint32_t)((rows == CLI_UNSET ? 1000000 : rows) / VISITS_A_PERSON + 1),
		       &b->town);
	if ((e = make(b)))
		return e;
	choose_cases(b, s);
	if ((e = measure(b)))
		return e;
	q1 = figures_of(b->q1_ns, CASES);
	gen2 = figures_of(b->gen2_ns, GEN2_CASES);
	if (c->args.text[CLI_JSON])
		as_json(b, q1, gen2, &out);
	else
		as_text(b, q1, gen2, &out);
	return cli_print(&out, &c->fault);
}
