/*
 * shared_data.c - published co-presence data: the engine against answers computed by others.
 *
 * The data is no part of the project. Without it (see support/paths.h) this test says so and
 * exits with 77, which the build reads as skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/trace/store.h"
#include "engine/trace/trace.h"
#include "support/paths.h"
#include "support/csv_rows.h"
#include "support/slow.h"

enum {
	ARENA_BYTES = 512 << 20,
	SKIPPED = 77,
	KEPT_S = 300,       /* what oracle_second_order_300s.csv calls a contact */
	SLOW_VISITS = 30000 /* above this the slow search takes too long to be asked as well */
};

static const char *const sets[] = { "highschool2011", "hospital_lh10", "ht2009",
				    "primaryschool",  "sfhh",          "workplace_invs13" };

/* ---- names and numbers -------------------------------------------------------------------- */

struct names {
	struct str *v;
	size_t n, cap;
};

static int name_cmp(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void names_seal(struct names *names)
{
	size_t kept = 0;

	qsort(names->v, names->n, sizeof(*names->v), name_cmp);
	for (size_t i = 0; i < names->n; i++)
		if (kept == 0 || !str_eq(names->v[kept - 1], names->v[i]))
			names->v[kept++] = names->v[i];
	names->n = kept;
}

static uint32_t number_of(const struct names *names, struct str name)
{
	const struct str *at = bsearch(&name, names->v, names->n, sizeof(name), name_cmp);

	assert_non_null(at);
	return (uint32_t)(at - names->v);
}

/* ---- a data set --------------------------------------------------------------------------- */

struct data {
	struct arena *arena;
	struct zone *zone;
	struct names people, places;
	struct slow_visits visits;
	struct trace_set *set;
	const struct trace_view *view;
	struct trace_rules rules;
};

static struct str kept(struct data *d, struct str s)
{
	char *p = arena_copy(d->arena, s.p, s.n);

	assert_non_null(p);
	return (struct str){ p, s.n };
}

static enum err into_set(struct trace_image image, void *arg, struct fault *f)
{
	struct data *d = arg;
	struct trace_segment *s;
	enum err e = trace_segment_adopt(image.bytes, image.n, &s, f);

	return e == OK ? trace_set_add_segment(d->set, s, f) : e;
}

/* Two rows of three go into segments, the third into the tail. */
static void fill_set(struct data *d)
{
	struct trace_builder_options o = { .zone = d->zone, .budget_bytes = 256 << 20 };
	struct trace_builder *b;

	assert_int_equal(trace_set_new(d->zone, &d->set), OK);
	assert_int_equal(trace_builder_new(&o, &b, NULL), OK);
	for (size_t i = 0; i < d->visits.n; i++)
		if (i % 3 < 2)
			assert_int_equal(trace_builder_add(b, &d->visits.v[i], 1, NULL), OK);
		else
			assert_int_equal(trace_set_add(d->set, &d->visits.v[i], 1, NULL), OK);
	assert_int_equal(trace_builder_finish(b, into_set, d, NULL), OK);
	trace_builder_free(b);
	d->view = trace_set_view(d->set);
}

static void data_open(struct data *d, const char *visits_csv)
{
	struct path path = path_in_shared_data(visits_csv);
	struct {
		struct str *v;
		size_t n, cap;
	} place_of = { 0 }, person_of = { 0 };
	struct csv_rows r;

	memset(d, 0, sizeof(*d));
	assert_int_equal(arena_new(ARENA_BYTES, &d->arena), OK);
	assert_int_equal(zone_open("Asia/Shanghai", &d->zone, NULL), OK);
	trace_rules_window(0, 0, &d->rules);
	csv_rows_open(&r, path.s);
	while (csv_rows_next(&r)) {
		struct visit v = { .from = { csv_rows_i64(&r, "from") },
				   .to = { csv_rows_i64(&r, "to") } };

		assert_int_equal(vec_push(&d->visits, v), OK);
		assert_int_equal(vec_push(&person_of, kept(d, csv_rows_str(&r, "person"))), OK);
		assert_int_equal(vec_push(&place_of, kept(d, csv_rows_str(&r, "place"))), OK);
		assert_int_equal(vec_push(&d->people, person_of.v[person_of.n - 1]), OK);
		assert_int_equal(vec_push(&d->places, place_of.v[place_of.n - 1]), OK);
	}
	csv_rows_end(&r);
	names_seal(&d->people);
	names_seal(&d->places);
	for (size_t i = 0; i < d->visits.n; i++) {
		d->visits.v[i].person.v = number_of(&d->people, person_of.v[i]);
		d->visits.v[i].place.v = number_of(&d->places, place_of.v[i]);
	}
	vec_drop(&person_of);
	vec_drop(&place_of);
	fill_set(d);
}

static void data_end(struct data *d)
{
	trace_view_release(d->view);
	trace_set_free(d->set);
	slow_visits_end(&d->visits);
	vec_drop(&d->people);
	vec_drop(&d->places);
	zone_free(d->zone);
	arena_free(d->arena);
}

/* ---- asking one engine or the other ------------------------------------------------------- */

enum who { ENGINE, SLOW };

static void ask(const struct data *d, enum who who, const struct warrant *w, size_t n,
		struct slow_answer *ret)
{
	struct trace_ask q = { .rules = &d->rules, .proof = true };
	struct trace_answer *got;
	struct arena *a;

	if (who == SLOW) {
		assert_int_equal(slow_contacts(&d->visits, &q, w, n, ret), OK);
		return;
	}
	assert_int_equal(arena_new(ARENA_BYTES, &a), OK);
	got = arena_take(a, n, sizeof(*got));
	assert_non_null(got);
	assert_int_equal(trace_contacts(d->view, &q, w, n, a, got, NULL), OK);
	memset(ret, 0, n * sizeof(*ret));
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < got[i].n_contacts; k++)
			assert_int_equal(vec_push(&ret[i].contact, got[i].contact[k]), OK);
		for (size_t k = 0; k < got[i].n_encounters; k++)
			assert_int_equal(vec_push(&ret[i].encounter, got[i].encounter[k]), OK);
	}
	arena_free(a);
}

static const struct trace_contact *contact_in(const struct slow_answer *a, uint32_t person)
{
	for (size_t i = 0; i < a->contact.n; i++)
		if (a->contact.v[i].person.v == person)
			return &a->contact.v[i];
	return NULL;
}

/* ---- the cases an oracle speaks of -------------------------------------------------------- */

struct cases {
	struct warrant *v;
	size_t n, cap;
};

static struct warrant warrant_of(struct person_id index, int64_t from, int64_t to)
{
	return (struct warrant){ .index = index,
				 .from = { from },
				 .to = { to },
				 .purpose = TRACE_CONTACT_TRACING,
				 .generations = 1,
				 .limit = UINT32_MAX };
}

/* The number of the row's case, which is added when it is new. */
static size_t case_of(const struct data *d, const struct csv_rows *r, struct cases *cases)
{
	struct person_id index = { number_of(&d->people, csv_rows_str(r, "index")) };
	struct warrant w =
		warrant_of(index, csv_rows_i64(r, "win_from"), csv_rows_i64(r, "win_to"));

	for (size_t i = 0; i < cases->n; i++)
		if (cases->v[i].index.v == index.v && cases->v[i].from.v == w.from.v &&
		    cases->v[i].to.v == w.to.v)
			return i;
	w.case_number = cases->n;
	assert_int_equal(vec_push(cases, w), OK);
	return cases->n - 1;
}

static struct path oracle_of(const char *set, const char *file)
{
	char rest[256];

	snprintf(rest, sizeof(rest), "2_copresence/%s/%s", set, file);
	return path_in_shared_data(rest);
}

static void read_cases(const struct data *d, const char *set, struct cases *ret)
{
	struct path path = oracle_of(set, "oracle_direct.csv");
	struct csv_rows r;

	csv_rows_open(&r, path.s);
	while (csv_rows_next(&r))
		case_of(d, &r, ret);
	csv_rows_end(&r);
}

static void open_set(struct data *d, const char *set)
{
	char rest[256];

	snprintf(rest, sizeof(rest), "2_copresence/%s/visits.csv.gz", set);
	data_open(d, rest);
}

/* ---- direct contacts ---------------------------------------------------------------------- */

static void check_direct(const struct data *d, const char *set, enum who who)
{
	struct path path = oracle_of(set, "oracle_direct.csv");
	struct cases cases = { 0 };
	struct slow_answer *got;
	size_t rows = 0, contacts = 0;
	struct csv_rows r;

	read_cases(d, set, &cases);
	got = mem_take(cases.n, sizeof(*got));
	assert_non_null(got);
	ask(d, who, cases.v, cases.n, got);
	csv_rows_open(&r, path.s);
	for (; csv_rows_next(&r); rows++) {
		const struct slow_answer *a = &got[case_of(d, &r, &cases)];
		uint32_t person = number_of(&d->people, csv_rows_str(&r, "contact"));
		const struct trace_contact *c = contact_in(a, person);

		assert_non_null(c);
		assert_int_equal(c->n_encounters, csv_rows_i64(&r, "n_intervals"));
		assert_int_equal(c->overlap_s, csv_rows_i64(&r, "total_s"));
		assert_int_equal(c->first.v, csv_rows_i64(&r, "first_from"));
		assert_int_equal(c->last.v, csv_rows_i64(&r, "last_to"));
		assert_int_equal(c->overlap_s >= 900, csv_rows_i64(&r, "ge_900s"));
		assert_int_equal(c->generation, 1);
	}
	csv_rows_end(&r);
	for (size_t i = 0; i < cases.n; i++) {
		contacts += got[i].contact.n;
		slow_answer_end(&got[i]);
	}
	assert_int_equal(contacts, rows);
	printf("%s: %zu cases, %zu contacts%s\n", set, cases.n, contacts,
	       who == SLOW ? ", slow search" : "");
	mem_drop(got);
	vec_drop(&cases);
}

static void direct_contacts_are_those_of_the_published_sensors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		struct data d;

		open_set(&d, sets[i]);
		check_direct(&d, sets[i], ENGINE);
		data_end(&d);
	}
}

/* Who tests the test: the slow search stands before the same oracle. */
static void the_slow_search_agrees_with_the_published_sensors_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		struct data d;

		open_set(&d, sets[i]);
		if (d.visits.n < SLOW_VISITS || env_u64("OUTPOST_SLOW_ALL", 0))
			check_direct(&d, sets[i], SLOW);
		data_end(&d);
	}
}

/* ---- second order ------------------------------------------------------------------------- */

struct link {
	uint64_t case_number;
	uint32_t second, via;
};
struct links {
	struct link *v;
	size_t n, cap;
};

static int link_cmp(const void *pa, const void *pb)
{
	const struct link *a = pa, *b = pb;

	if (a->case_number != b->case_number)
		return a->case_number < b->case_number ? -1 : 1;
	if (a->second != b->second)
		return a->second < b->second ? -1 : 1;
	return (a->via > b->via) - (a->via < b->via);
}

static void sort_links(struct links *l)
{
	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), link_cmp);
}

/* Those of a case's contacts that were with it long enough, as cases of their own. */
static void keep_contacts(const struct slow_answer *a, const struct warrant *w, struct cases *ret)
{
	for (size_t i = 0; i < a->contact.n; i++) {
		const struct trace_contact *c = &a->contact.v[i];

		if (c->overlap_s >= KEPT_S)
			assert_int_equal(vec_push(ret, warrant_of(c->person, c->first.v, w->to.v)),
					 OK);
	}
}

static bool among(const struct cases *c, uint32_t person)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].index.v == person)
			return true;
	return false;
}

static void second_order(const struct data *d, enum who who, const struct warrant *w,
			 struct links *ret)
{
	struct cases kept_first = { 0 };
	struct slow_answer first, *second;

	ask(d, who, w, 1, &first);
	keep_contacts(&first, w, &kept_first);
	second = mem_take(kept_first.n + 1, sizeof(*second));
	assert_non_null(second);
	if (kept_first.n > 0)
		ask(d, who, kept_first.v, kept_first.n, second);
	for (size_t i = 0; i < kept_first.n; i++) {
		for (size_t k = 0; k < second[i].contact.n; k++) {
			const struct trace_contact *c = &second[i].contact.v[k];
			struct link l = { w->case_number, c->person.v, kept_first.v[i].index.v };

			if (c->overlap_s >= KEPT_S && c->person.v != w->index.v &&
			    !among(&kept_first, c->person.v))
				assert_int_equal(vec_push(ret, l), OK);
		}
		slow_answer_end(&second[i]);
	}
	slow_answer_end(&first);
	mem_drop(second);
	vec_drop(&kept_first);
}

static void read_links(const struct data *d, const char *set, struct cases *cases,
		       struct links *ret)
{
	struct path path = oracle_of(set, "oracle_second_order_300s.csv");
	struct csv_rows r;

	csv_rows_open(&r, path.s);
	while (csv_rows_next(&r)) {
		uint64_t number = case_of(d, &r, cases);
		uint32_t second = number_of(&d->people, csv_rows_str(&r, "second_contact"));
		struct str via = csv_rows_str(&r, "via");

		for (size_t i = 0, k; i < via.n; i = k + 1) {
			struct link l = { number, second, 0 };

			for (k = i; k < via.n && via.p[k] != ';';)
				k++;
			l.via = number_of(&d->people, (struct str){ via.p + i, k - i });
			assert_int_equal(vec_push(ret, l), OK);
		}
	}
	csv_rows_end(&r);
}

static void check_second(const struct data *d, const char *set, enum who who)
{
	struct cases cases = { 0 };
	struct links want = { 0 }, got = { 0 };

	read_cases(d, set, &cases);
	read_links(d, set, &cases, &want);
	for (size_t i = 0; i < cases.n; i++)
		second_order(d, who, &cases.v[i], &got);
	sort_links(&want);
	sort_links(&got);
	printf("%s: %zu cases, %zu links of second order%s\n", set, cases.n, want.n,
	       who == SLOW ? ", slow search" : "");
	assert_int_equal(got.n, want.n);
	assert_true(want.n > 0);
	for (size_t i = 0; i < want.n; i++)
		assert_int_equal(link_cmp(&got.v[i], &want.v[i]), 0);
	vec_drop(&cases);
	vec_drop(&want);
	vec_drop(&got);
}

static void second_order_contacts_come_out_when_the_kept_are_traced_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		struct data d;

		open_set(&d, sets[i]);
		check_second(&d, sets[i], ENGINE);
		if (env_u64("OUTPOST_SLOW_ALL", 0))
			check_second(&d, sets[i], SLOW);
		data_end(&d);
	}
}

/* ---- the Korean routes -------------------------------------------------------------------- */

/* Everybody is a case with an open window; a pair is told by the one with the lower number. */
static void check_routes(const struct data *d, enum who who)
{
	struct path path = path_in_shared_data("2_copresence/korea_routes_oracle_pairs.csv");
	struct slow_answer *got = mem_take(d->people.n, sizeof(*got));
	struct cases all = { 0 };
	size_t rows = 0, contacts = 0;
	struct csv_rows r;

	assert_non_null(got);
	for (uint32_t i = 0; i < d->people.n; i++)
		assert_int_equal(vec_push(&all,
					  warrant_of((struct person_id){ i }, 0, TRACE_STILL)),
				 OK);
	ask(d, who, all.v, all.n, got);
	csv_rows_open(&r, path.s);
	for (; csv_rows_next(&r); rows++) {
		uint32_t a = number_of(&d->people, csv_rows_str(&r, "a"));
		uint32_t b = number_of(&d->people, csv_rows_str(&r, "b"));
		const struct trace_contact *c[2] = { contact_in(&got[a], b),
						     contact_in(&got[b], a) };

		for (size_t i = 0; i < 2; i++) {
			assert_non_null(c[i]);
			assert_int_equal(c[i]->first.v, csv_rows_i64(&r, "first_from"));
			assert_int_equal(c[i]->last.v, csv_rows_i64(&r, "last_to"));
		}
	}
	csv_rows_end(&r);
	for (size_t i = 0; i < d->people.n; i++) {
		contacts += got[i].contact.n;
		slow_answer_end(&got[i]);
	}
	printf("korea routes: %zu people, %zu pairs%s\n", d->people.n, rows,
	       who == SLOW ? ", slow search" : "");
	assert_int_equal(contacts, 2 * rows);
	mem_drop(got);
	vec_drop(&all);
}

static void published_routes_of_korea_meet_where_and_when_they_should(void **state)
{
	struct data d;

	(void)state;
	data_open(&d, "2_copresence/korea_routes_visits.csv");
	check_routes(&d, ENGINE);
	check_routes(&d, SLOW);
	data_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(direct_contacts_are_those_of_the_published_sensors),
		cmocka_unit_test(the_slow_search_agrees_with_the_published_sensors_too),
		cmocka_unit_test(second_order_contacts_come_out_when_the_kept_are_traced_again),
		cmocka_unit_test(published_routes_of_korea_meet_where_and_when_they_should),
	};
	struct path data = path_in_shared_data("2_copresence");

	if (!path_exists(data.s)) {
		printf("skipped: no shared data at %s\n", data.s);
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
