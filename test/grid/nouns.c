/*
 * nouns.c - what must hold of every noun of the house, asked of each without knowing it.
 *
 * A noun that is added to nouns_all is tested by this file from then on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "record/inside.h"
#include "serve/nouns.h"
#include "support/database.h"
#include "support/plan.h"

static const struct noun *nouns[NOUNS_MAX];
static size_t n_nouns;

static struct record_book *open_book(struct fault *f)
{
	struct record_options o = { .nouns = nouns, .n = n_nouns, .clock = &clock_wall };
	static struct zone *zone;
	struct record_book *book;

	if (!zone && zone_open("+08:00", &zone, f))
		fail_msg("%s", f->en);
	o.zone = zone;
	if (record_open(&o, &book, f))
		fail_msg("%s", f->en);
	return book;
}

static void each_is_declared_without_contradiction(void **unused)
{
	struct fault f = { 0 };
	struct record_book *book = open_book(&f);

	(void)unused;
	record_end(&book);
}

/* Each statement is prepared against the real tables: columns are there, and no scan is hidden. */
static void each_finds_its_columns_in_the_database(void **state)
{
	struct database *d = *state;
	struct record_book *book = open_book(&d->fault);
	size_t n;
	const struct sql_list *lists = record_statements(book, &n);

	MUST(db_prepare_all(d->db, lists, n, &d->fault));
	record_end(&book);
}

/* A file is held against the rows there, row by row: not against all of an area each time. */
static void the_twin_of_a_row_is_found_by_its_key(void **state)
{
	struct database *d = *state;
	struct record_book *book = open_book(&d->fault);
	char path[600];
	sqlite3 *h = NULL;

	snprintf(path, sizeof path, "%s/outpost.sqlite", d->url + strlen("sqlite:"));
	assert_int_equal(sqlite3_open_v2(path, &h, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	for (size_t i = 0; i < book->n_kinds; i++) {
		CLEANUP(buf_release) struct buf plan = { 0 };
		char want[100];

		if (!book->kind[i].sql->twin)
			continue;
		plan_of(h, book->kind[i].sql->twin, &plan);
		buf_char(&plan, '\0');
		snprintf(want, sizeof want, "USING INDEX %s_key (", book->kind[i].noun->path);
		if (!strstr(plan.p, want))
			fail_msg("%s", plan.p);
	}
	sqlite3_close(h);
	record_end(&book);
}

/* ---- indexes -------------------------------------------------------------------------------- */

static void squeeze(const char *text, size_t n, struct buf *b)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] > ' ')
			buf_char(b, text[i]);
		else if (b->n && b->p[b->n - 1] != ' ')
			buf_char(b, ' ');
}

/*
 * A list is as fast as the index it takes: without one nothing fails, it is slow. A new noun has
 * no table at all, and is told the step it needs.
 */
static void each_has_its_table_and_the_indexes_that_its_lists_take(void **unused)
{
	CLEANUP(buf_release) struct buf schema = { 0 };

	(void)unused;
	for (size_t i = 0; i < db_steps_builtin_n; i++)
		squeeze(db_steps_builtin[i].text, strlen(db_steps_builtin[i].text), &schema);
	buf_char(&schema, '\0');
	for (size_t i = 0; i < n_nouns; i++) {
		CLEANUP(buf_release) struct buf wanted = { 0 };
		char table[100];

		statements_table(nouns[i], &wanted);
		buf_char(&wanted, '\0');
		snprintf(table, sizeof table, "CREATE TABLE %s (", nouns[i]->path);
		if (!strstr(schema.p, table)) {
			print_error("schema/%04u_%s.sql is wanted, and says:\n\n%s\n",
				    db_steps_builtin[db_steps_builtin_n - 1].number + 1,
				    nouns[i]->name, wanted.p);
			fail();
		}
		for (const char *at = wanted.p; (at = strstr(at, "CREATE INDEX")); at++) {
			CLEANUP(buf_release) struct buf line = { 0 };

			squeeze(at, strcspn(at, "\n"), &line);
			buf_char(&line, '\0');
			if (!strstr(schema.p, line.p))
				fail_msg("no step of the schema says: %s", line.p);
		}
	}
}

/* ---- flows ---------------------------------------------------------------------------------- */

/* Every state x event: at most one row; whoever is not at an end can get on without a guard's
 * leave or says why not; and from every state an end or a circle can be reached. */
static void each_flow_is_whole(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < n_nouns; i++) {
		const struct noun *n = nouns[i];

		assert_int_equal(noun_check(n, NULL), OK);
		for (size_t state = 0; state < n->n_states; state++)
			for (size_t s = 0; s < n->n_steps; s++) {
				const struct step *step =
					noun_step(n, (int)state, str_of(n->step[s].event));
				bool there = n->step[s].from == (int)state;

				assert_true(!there || step == &n->step[s]);
				assert_true(!step || step->from == (int)state);
				assert_true(!step || !step->guard || step->why_zh);
			}
	}
}

/* ---- people --------------------------------------------------------------------------------- */

/*
 * Words that name a member of the public. A field called so is either official data, of a room that
 * may hold it, or it is the vault.s and has no column. The rule as data: docs/adr/0010-record.md.
 */
static const char *const of_people[] = { "person",    "patient", "contact_name", "resident",
					 "id_number", "id_card", "passport",     "mobile",
					 "phone",     "birth",   "full_name",    "home_address" };
/* Phones of offices and of duty holders: each was looked at. */
static const char *const official[] = { "organisation.duty_phone" };

static bool looked_at(const struct noun *n, const struct field *x)
{
	char name[96];

	(void)snprintf(name, sizeof name, "%s.%s", n->name, x->name);
	for (size_t i = 0; i < ARRAY_LEN(official); i++)
		if (strcmp(official[i], name) == 0)
			return true;
	return false;
}

static void none_names_a_member_of_the_public(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < n_nouns; i++)
		for (size_t k = 0; k < nouns[i]->n_fields; k++) {
			const struct field *x = &nouns[i]->field[k];
			bool about = x->type == FIELD_PHONE;

			for (size_t w = 0; w < ARRAY_LEN(of_people); w++)
				about |= strstr(x->name, of_people[w]) != NULL;
			if (about && x->see != SEE_OFFICIAL && field_kept(x) &&
			    !looked_at(nouns[i], x))
				fail_msg("%s.%s looks like somebody's, and only the vault keeps "
					 "that: is it an office's, it wants a line in `official`",
					 nouns[i]->name, x->name);
		}
}

/* ---- the dictionary ------------------------------------------------------------------------- */

static void the_data_dictionary_is_what_is_printed(void **unused)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	CLEANUP(file_unmap) struct file_map m = { 0 };
	const char *bless = getenv("OUTPOST_BLESS");
	char path[512];
	struct fault f = { 0 };

	(void)unused;
	record_dictionary(nouns, n_nouns, &b);
	assert_int_equal(b.failed, OK);
	(void)snprintf(path, sizeof path, "%s/docs/reference/data-dictionary.md",
		       getenv("OUTPOST_SOURCE"));
	if (bless && *bless) {
		CLEANUP(file_end) struct file *fl = NULL;

		assert_int_equal(file_open(path, FILE_REPLACE, &fl, &f), OK);
		assert_int_equal(file_write(fl, b.p, b.n, &f), OK);
		assert_int_equal(file_close(&fl, &f), OK);
	}
	assert_int_equal(file_map(path, &m, &f), OK);
	if (!str_eq((struct str){ (const char *)m.p, m.n }, buf_view(&b)))
		fail_msg("%s is not what the tables say: make bless, then look at it", path);
}

/* The declarations first: what the database says of a noun without a table helps nobody. */
int main(void)
{
	const struct CMUnitTest declared[] = {
		cmocka_unit_test(each_is_declared_without_contradiction),
		cmocka_unit_test(each_flow_is_whole),
		cmocka_unit_test(none_names_a_member_of_the_public),
		cmocka_unit_test(each_has_its_table_and_the_indexes_that_its_lists_take),
	};
	const struct CMUnitTest tests[] = {
		ON_BOTH(each_finds_its_columns_in_the_database),
		ON_SQLITE(the_twin_of_a_row_is_found_by_its_key),
		cmocka_unit_test(the_data_dictionary_is_what_is_printed),
	};
	int failed;

	n_nouns = nouns_all(nouns);
	failed = cmocka_run_group_tests(declared, NULL, NULL);
	return failed ? failed : cmocka_run_group_tests(tests, NULL, NULL);
}
