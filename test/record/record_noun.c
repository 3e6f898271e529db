/* record_noun.c - a declaration that contradicts itself is refused before the house opens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "record/row.h"
#include "record/statement.h"
#include "support/well.h"

static struct noun noun;
static struct field fields[16];
static struct step steps[8];
static struct choice states[4];

/* A copy of the well that a test may spoil. */
static void copy(void)
{
	noun = well_noun;
	memcpy(fields, noun.field, noun.n_fields * sizeof *fields);
	memcpy(steps, noun.step, noun.n_steps * sizeof *steps);
	memcpy(states, noun.state, noun.n_states * sizeof *states);
	noun.field = fields;
	noun.step = steps;
	noun.state = states;
}

static struct field *field(const char *name)
{
	return &fields[noun_field(&noun, str_of(name)) - fields];
}

static void refused(const char *why)
{
	struct fault f = { 0 };

	assert_int_equal(noun_check(&noun, &f), ERR_BUG);
	if (!strstr(f.en, why))
		fail_msg("wanted \"%s\", got \"%s\"", why, f.en);
	copy();
}

static void the_well_holds_together(void **unused)
{
	(void)unused;
	assert_int_equal(noun_check(&well_noun, NULL), OK);
}

static void what_is_wrong_is_named(void **unused)
{
	(void)unused;
	copy();
	field("name")->name = "Name";
	refused("no word (Name)");
	field("name")->name = "county";
	refused("taken (county)");
	field("keeper")->name = "name";
	refused("twice (name)");
	field("kind")->en = "";
	refused("a label is missing (kind)");
	field("keeper_phone")->hint_en = NULL;
	refused("a label is missing (keeper_phone)");
	field("name")->at = 0;
	refused("outside its struct (name)");
	field("kind")->choice = NULL;
	refused("choices do not hold (kind)");
	field("feeds")->refers = NULL;
	refused("to what (feeds)");
	field("depth_cm")->min = 100001;
	refused("limits do not hold (depth_cm)");
	field("notes")->flags |= FIELD_SEARCH;
	refused("can be searched (notes)");
	field("visits")->flags |= FIELD_REQUIRED;
	refused("cannot be asked for (visits)");
	noun.write = 0;
	refused("nobody is said to read or write it");
}

static void what_is_the_vaults_only_passes_through_a_gate(void **unused)
{
	(void)unused;
	copy();
	field("notes")->flags = 0;
	field("notes")->see = SEE_VAULT;
	refused("only passes through a gate (notes)");
	noun.gate = true;
	field("name")->flags &= ~(unsigned)FIELD_SEARCH;
	field("keeper")->see = SEE_VAULT; /* it is searched, and leaves in files */
	refused("only passes through a gate (keeper)");
	noun.gate = true;
	refused("are not searched (name)");
}

/* The well as a noun with a gate: `notes` are somebody's, `visits` whom it is about. */
static void gated(void)
{
	copy();
	noun.gate = true;
	for (size_t i = 0; i < noun.n_fields; i++)
		fields[i].flags &= ~(unsigned)FIELD_SEARCH;
	field("notes")->flags = 0;
	field("notes")->see = SEE_VAULT;
	field("visits")->type = FIELD_SUBJECT;
}

static void whom_a_row_is_about_is_one_number_and_nobodys_to_say(void **unused)
{
	(void)unused;
	gated();
	assert_int_equal(noun_check(&noun, NULL), OK);
	field("visits")->type = FIELD_I64;
	refused("has one subject (well)");
	gated();
	field("visits")->flags = 0;
	refused("not for everybody to say (visits)");
}

static void what_is_the_vaults_has_no_column_and_is_in_no_hash(void **unused)
{
	CLEANUP(buf_release) struct buf table = { 0 }, told = { 0 }, untold = { 0 };
	struct well w;

	(void)unused;
	gated();
	statements_table(&noun, &table);
	buf_char(&table, '\0');
	assert_null(strstr(table.p, "notes"));
	assert_non_null(strstr(table.p, "visits BIGINT"));
	noun_blank(&noun, &w);
	w.record.state = WELL_IN_USE;
	row_canonical(&noun, &w, &untold);
	w.notes = STR("somebody");
	row_canonical(&noun, &w, &told);
	assert_true(str_eq(buf_view(&told), buf_view(&untold)));
}

static void a_flow_has_one_beginning_and_reaches_every_state(void **unused)
{
	(void)unused;
	copy();
	steps[1].from = WELL_NONE;
	refused("one beginning");
	steps[1].to = 9;
	refused("leads nowhere (open)");
	steps[1].why_en = NULL;
	refused("why it refuses (open)");
	steps[3].event = "test";
	refused("twice (test)");
	steps[1].to = WELL_PROPOSED;
	refused("nothing leads to (in_use)");
}

static void a_state_without_a_way_on_is_closed(void **unused)
{
	(void)unused;
	assert_true(noun_closed(&well_noun, WELL_SEALED));
	assert_false(noun_closed(&well_noun, WELL_IN_USE));
	assert_ptr_equal(noun_step(&well_noun, WELL_SEALED, STR("seal")), NULL);
	assert_int_equal(noun_step(&well_noun, WELL_IN_USE, STR("seal"))->to, WELL_SEALED);
}

static void a_blank_row_has_nothing_given(void **unused)
{
	struct well w;

	(void)unused;
	noun_blank(&well_noun, &w);
	assert_int_equal(w.depth_cm, FIELD_NONE);
	assert_int_equal(w.tested_at.v, FIELD_NONE);
	assert_int_equal(w.dug_on.v, FIELD_NONE);
	assert_int_equal(w.name.n, 0);
	assert_int_equal(w.kind, WELL_NO_KIND);
	assert_int_equal(w.feeds.v, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_well_holds_together),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(what_is_the_vaults_only_passes_through_a_gate),
		cmocka_unit_test(whom_a_row_is_about_is_one_number_and_nobodys_to_say),
		cmocka_unit_test(what_is_the_vaults_has_no_column_and_is_in_no_hash),
		cmocka_unit_test(a_flow_has_one_beginning_and_reaches_every_state),
		cmocka_unit_test(a_state_without_a_way_on_is_closed),
		cmocka_unit_test(a_blank_row_has_nothing_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
