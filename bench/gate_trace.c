/* gate_trace.c - cases confirmed and traced over HTTP, and the names of an answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/when.h"
#include "gate.h"

#include "base/ban.h"

enum { NS_A_MS = 1000000, DAY_S = 86400, NAMES = 10000 };

struct traced {
	char id[40];
	uint64_t contacts;
	int64_t ns; /* from the confirmation's request to the answer that all have their tasks */
};

/* A case of the data, and how many its first generation has. */
struct found {
	size_t at;
	uint64_t contacts;
};

static int by_contacts(const void *pa, const void *pb)
{
	const struct found *a = pa, *b = pb;

	return (a->contacts > b->contacts) - (a->contacts < b->contacts);
}

static void copied(const struct asker *a, const char *key, char *ret, size_t n)
{
	struct str s = asker_value(a, key);

	(void)snprintf(ret, n, "%.*s", (int)min_size(s.n, n - 1), s.p);
}

static void day_of(const struct gate *g, uint32_t minute, char ret[16])
{
	struct buf b = { ret, 0, 15, OK };

	when_date(&b, zone_day_of(g->zone, (struct utc_s){ measure_unix_s(minute) + g->shift_s }));
	ret[b.n] = '\0';
}

static int by_ns(const void *pa, const void *pb)
{
	int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;

	return (a > b) - (a < b);
}

/* A case that is confirmed, and its warrant. */
static void confirmed(const struct gate *g, struct asker *doctor, struct asker *tracer,
		      const struct bench_case *c, uint64_t number, char id[40], char warrant[1000],
		      int64_t *ret_begun)
{
	char body[600], target[100], onset[16], positive[16];
	int n;

	day_of(g, c->from + 2 * DAY_S / 60, onset); /* the window opens two days before */
	day_of(g, c->to, positive);
	n = snprintf(body, sizeof body,
		     "{\"area\":\"" SERVED_AREA "\",\"number\":\"bench-%llu\","
		     "\"profile\":\"covid19.who\",\"onset\":\"%s\",\"positive\":\"%s\","
		     "\"who\":{\"name\":\"合成\",\"phone\":\"13%09u\"}}",
		     (unsigned long long)number, onset, positive, c->person);
	(void)asker_ask(doctor, "POST", "/api/v1/cases", (struct str){ body, (size_t)n });
	copied(doctor, "id", id, 40);
	(void)snprintf(target, sizeof target, "/api/v1/cases/%s/events/confirm", id);
	*ret_begun = measure_now_ns();
	(void)asker_ask(tracer, "POST", target, STR("{}"));
	(void)snprintf(target, sizeof target, "/api/v1/cases/%s/warrants", id);
	(void)asker_ask(tracer, "GET", target, STR(""));
	copied(tracer, "text", warrant, 1000);
}

static const struct bench_case *case_at(const struct gate *g, const struct found *f)
{
	return &g->data.cases[f->at];
}

/* Trace one; what was refused (more people than a warrant may bring up) is said and not counted. */
static bool trace_one(const struct gate *g, struct asker *doctor, struct asker *tracer,
		      const struct bench_case *c, int generations, int64_t *ret_begun,
		      int64_t *ret_ns)
{
	static uint64_t numbers;
	char id[40], warrant[1000], body[1200], target[100];
	int bytes;

	confirmed(g, doctor, tracer, c, numbers++, id, warrant, ret_begun);
	bytes = snprintf(body, sizeof body, "{\"warrant\":\"%s\",\"generations\":%d}", warrant,
			 generations);
	(void)snprintf(target, sizeof target, "/api/v1/cases/%s/trace", id);
	tracer->may_fail = true;
	*ret_ns = measure_now_ns();
	(void)asker_ask(tracer, "POST", target, (struct str){ body, (size_t)bytes });
	*ret_ns = measure_now_ns() - *ret_ns;
	tracer->may_fail = false;
	if (tracer->status == 201)
		return true;
	struct str code = asker_value(tracer, "code"), why = asker_value(tracer, "message_en");

	(void)fprintf(stderr, "bench_intake: not traced: %d %.*s: %.*s\n", tracer->status,
		      (int)code.n, code.p, (int)why.n, why.p);
	return false;
}

static void tell(int generations, int64_t *ns, size_t told, size_t asked, uint64_t contacts)
{
	char name[80];

	if (told) {
		qsort(ns, told, sizeof *ns, by_ns);
		(void)snprintf(name, sizeof name, "trace_%d_ms_p50", generations);
		figure_real("gate", name, (double)ns[told / 2] / NS_A_MS);
		(void)snprintf(name, sizeof name, "trace_%d_ms_p90", generations);
		figure_real("gate", name, (double)ns[told * 9 / 10] / NS_A_MS);
		(void)snprintf(name, sizeof name, "trace_%d_contacts_mean", generations);
		figure_real("gate", name, (double)contacts / (double)told);
	}
	(void)snprintf(name, sizeof name, "trace_%d_asked", generations);
	figure_count("gate", name, asked);
	(void)snprintf(name, sizeof name, "trace_%d_told", generations);
	figure_count("gate", name, told);
	(void)fflush(stdout);
}

/* The contacts of each are written into `f`. */
static void trace_all(struct gate *g, struct asker *doctor, struct asker *tracer, int generations,
		      struct found *f, size_t n, struct traced *ret_most)
{
	static int64_t ns[MEASURE_CASES];
	uint64_t contacts = 0;
	size_t told = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t begun;

		if (!trace_one(g, doctor, tracer, case_at(g, &f[i]), generations, &begun,
			       &ns[told]))
			continue;
		told++;
		f[i].contacts = strtoull(asker_value(tracer, "n_contacts").p, NULL, 10);
		contacts += f[i].contacts;
		if (f[i].contacts > ret_most->contacts && f[i].contacts <= NAMES) {
			ret_most->contacts = f[i].contacts;
			ret_most->ns = measure_now_ns() - begun;
			copied(tracer, "id", ret_most->id, sizeof ret_most->id);
		}
	}
	tell(generations, ns, told, n, contacts);
}

/* Who answers for epidemic control, there and above: each contact becomes a task of theirs. */
static void answered_for(const struct gate *g)
{
	static const char *const areas[] = { SERVED_AREA, "430800000000000" };
	static const char *const parties[] = { "territory", "department", "unit", "individual" };
	struct asker lead;
	char body[300], office[40], id[40];
	int n;

	asker_begin(&lead, &g->served, SERVED_LEAD);
	for (size_t i = 0; i < ARRAY_LEN(areas) * ARRAY_LEN(parties); i++) {
		const char *area = areas[i / ARRAY_LEN(parties)];

		n = snprintf(body, sizeof body,
			     "{\"area\":\"%s\",\"name\":\"合成 %zu\",\"kind\":\"cdc\"}", area, i);
		(void)asker_ask(&lead, "POST", "/api/v1/organisations",
				(struct str){ body, (size_t)n });
		copied(&lead, "id", office, sizeof office);
		n = snprintf(body, sizeof body,
			     "{\"area\":\"%s\",\"name\":\"合成\",\"post\":\"合成\","
			     "\"phone\":\"0744-000000%zu\",\"organisation\":\"%s\"}",
			     area, i, office);
		(void)asker_ask(&lead, "POST", "/api/v1/officers", (struct str){ body, (size_t)n });
		copied(&lead, "id", id, sizeof id);
		n = snprintf(body, sizeof body,
			     "{\"area\":\"%s\",\"sector\":\"epidemic\",\"party\":\"%s\","
			     "\"officer\":\"%s\"}",
			     area, parties[i % ARRAY_LEN(parties)], id);
		(void)asker_ask(&lead, "POST", "/api/v1/duties", (struct str){ body, (size_t)n });
	}
	asker_end(&lead);
}

void gate_trace(struct gate *g)
{
	size_t n = min_size(g->cases, MEASURE_CASES);
	static struct found f[MEASURE_CASES];
	struct traced most = { .contacts = 0 };
	struct asker doctor, tracer;
	char target[100];
	int64_t t0;

	if (n < 3)
		return;
	answered_for(g);
	asker_begin(&doctor, &g->served, SERVED_DOCTOR);
	asker_begin(&tracer, &g->served, SERVED_TRACER);
	for (size_t i = 0; i < n; i++)
		f[i].at = i;
	trace_all(g, &doctor, &tracer, 1, f, n, &most);
	figure_real("gate", "case_to_tasks_ms", (double)most.ns / NS_A_MS);
	figure_count("gate", "case_to_tasks_contacts", most.contacts);
	/* A third of them, with the fewest contacts: of most others the second generation is more
	 * people than a warrant may bring up. */
	qsort(f, n, sizeof *f, by_contacts);
	trace_all(g, &doctor, &tracer, 2, f, n / 3, &most);
	if (most.contacts) {
		(void)snprintf(target, sizeof target, "/api/v1/traces/%s/names", most.id);
		t0 = measure_now_ns();
		(void)asker_ask(&tracer, "POST", target, STR("{}"));
		figure_real("gate", "names_ms", (double)(measure_now_ns() - t0) / NS_A_MS);
		figure_count("gate", "names", most.contacts);
	}
	asker_end(&doctor);
	asker_end(&tracer);
}
