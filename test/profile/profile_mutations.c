/* profile_mutations.c - each field of a valid profile is spoilt in turn and gives one sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/profile_sample.h"

enum { PATH_MAX_BYTES = 256 };

enum how { WRONG_TYPE, MISSING, UNKNOWN_KEY };

struct walk {
	json_t *root;
	size_t n_spoilt, n_needed;
	enum how how;
};

static struct loaded load_tree(const json_t *root)
{
	char *text = json_dumps(root, JSON_ENSURE_ASCII);
	struct loaded l;

	assert_non_null(text);
	l = load_text(str_of(text));
	free(text);
	return l;
}

static void assert_one_fault_at(const struct walk *w, const char *path)
{
	CLEANUP(loaded_end) struct loaded l = load_tree(w->root);

	if (l.faults.n != 1 || strcmp(l.faults.v[0].path.p, path) != 0)
		print_message("spoilt %s:\n", path);
	for (size_t i = 0; i < l.faults.n; i++) {
		assert_true(l.faults.v[i].zh.n > 0 && l.faults.v[i].en.n > 0);
		assert_true(str_utf8(l.faults.v[i].zh) && str_utf8(l.faults.v[i].en));
		if (l.faults.n != 1 || strcmp(l.faults.v[i].path.p, path) != 0)
			print_message("  %s: %s\n", l.faults.v[i].path.p, l.faults.v[i].en.p);
	}
	assert_int_equal(l.e, ERR_SYNTAX);
	assert_int_equal(l.faults.n, 1);
	assert_string_equal(l.faults.v[0].path.p, path);
}

/* A key that may be left out gives no fault; one that may not gives one, at its own path. */
static bool may_be_missing(const char *path)
{
	static const char *const optional[] = {
		"note",
		"cumulative_hours",
		"incubation",
		"incubation.mean_days",
		"serial_interval",
		"serial_interval.sd_days",
		"tests_from",
		"follow_up",
		"follow_up.close",
		"follow_up.secondary",
		"follow_up.close.note",
		"follow_up.close.phases[0].test_days",
		"follow_up.close.phases[1].test_days",
		"kinds",
		"kinds.plane",
		"kinds.cell",
		"tags",
		"tags.anchors[1]",
		"tags.incubation.mean_days",
		"rules[0].min_overlap_min",
		"rules[4].min_overlap_min",
		"rules[0].stay",
		"rules[0].tag",
		"rules[1].roles",
		"rules[2].seat",
		"rules[5].except",
	};

	for (size_t i = 0; i < ARRAY_LEN(optional); i++)
		if (strcmp(path, optional[i]) == 0)
			return true;
	return false;
}

/* What leaving a key out breaks elsewhere; that is where the sentence must then point. */
static const char *felt_at(const char *path)
{
	static const char *const felt[][2] = {
		{ "roles", "rules[1].roles[0]" }, /* a rule names its group */
		{ "roles.crew", "rules[1].roles[0]" },
		{ "incubation", "tags.incubation.mean_days" }, /* a tag speaks of it */
		{ "incubation.mean_days", "tags.incubation.mean_days" },
		{ "rules[1].roles", "rules[2].kinds" }, /* it takes all planes from those below */
		{ "rules[2].seat", "rules[3].kinds" },
	};

	for (size_t i = 0; i < ARRAY_LEN(felt); i++)
		if (strcmp(path, felt[i][0]) == 0)
			return felt[i][1];
	return NULL;
}

static void spoil_type(struct walk *w, json_t *parent, const char *key, size_t i, const char *path)
{
	json_t *old = key ? json_object_get(parent, key) : json_array_get(parent, i);
	json_t *wrong = json_is_number(old) ? json_string("x") : json_integer(700000000);

	json_incref(old);
	if (key)
		json_object_set_new(parent, key, wrong);
	else
		json_array_set_new(parent, i, wrong);
	assert_one_fault_at(w, path);
	if (key)
		json_object_set_new(parent, key, old);
	else
		json_array_set_new(parent, i, old);
	w->n_spoilt++;
}

static void spoil_by_absence(struct walk *w, json_t *parent, const char *key, const char *path)
{
	json_t *old = json_incref(json_object_get(parent, key));
	const char *felt = felt_at(path);
	char name[64];

	(void)snprintf(name, sizeof(name), "%s", key);
	(void)json_object_del(parent, key);
	if (strcmp(path, "rules[1].roles") == 0) {
		CLEANUP(loaded_end) struct loaded l = load_tree(w->root);

		assert_int_equal(l.faults.n, 2); /* neither the rows nor the rest are reached */
		assert_string_equal(l.faults.v[0].path.p, felt);
	} else if (felt) {
		assert_one_fault_at(w, felt);
	} else if (may_be_missing(path)) {
		CLEANUP(loaded_end) struct loaded l = load_tree(w->root);

		if (l.e)
			print_message("without %s: %s\n", path, l.fault.en);
		assert_int_equal(l.e, OK);
	} else {
		assert_one_fault_at(w, path);
		w->n_needed++;
	}
	json_object_set_new(parent, name, old);
	w->n_spoilt++;
}

static void spoil_by_key(struct walk *w, json_t *object, const char *path)
{
	char at[PATH_MAX_BYTES + 16];

	/* These take any name: there it is a group, or a part of the profile that is not there. */
	if (strcmp(path, "kinds") == 0 || strcmp(path, "roles") == 0 || strcmp(path, "tags") == 0)
		return;
	json_object_set_new(object, "hours_min", json_true());
	(void)snprintf(at, sizeof(at), "%s%shours_min", path, *path ? "." : "");
	assert_one_fault_at(w, at);
	(void)json_object_del(object, "hours_min");
	w->n_spoilt++;
}

static void walk(struct walk *w, json_t *v, const char *path);

static void walk_object(struct walk *w, json_t *v, const char *path)
{
	char child[PATH_MAX_BYTES], (*keys)[64];
	size_t n = 0;
	const char *key;
	json_t *value;

	keys = calloc(json_object_size(v) + 1, sizeof(*keys));
	assert_non_null(keys);
	json_object_foreach(v, key, value)(void) snprintf(keys[n++], sizeof(*keys), "%s", key);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(child, sizeof(child), "%s%s%s", path, *path ? "." : "", keys[i]);
		if (w->how == WRONG_TYPE)
			spoil_type(w, v, keys[i], 0, child);
		if (w->how == MISSING)
			spoil_by_absence(w, v, keys[i], child);
		walk(w, json_object_get(v, keys[i]), child);
	}
	free(keys);
	if (w->how == UNKNOWN_KEY)
		spoil_by_key(w, v, path);
}

static void walk(struct walk *w, json_t *v, const char *path)
{
	char child[PATH_MAX_BYTES];

	if (json_is_object(v)) {
		walk_object(w, v, path);
		return;
	}
	for (size_t i = 0; i < json_array_size(v); i++) {
		(void)snprintf(child, sizeof(child), "%s[%zu]", path, i);
		if (w->how == WRONG_TYPE)
			spoil_type(w, v, NULL, i, child);
		walk(w, json_array_get(v, i), child);
	}
}

static struct walk walked(enum how how)
{
	struct walk w = { .how = how };
	json_error_t error;

	w.root = json_loads(profile_sample, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(w.root);
	walk(&w, w.root, "");
	{
		CLEANUP(loaded_end) struct loaded l = load_tree(w.root);

		assert_int_equal(l.e, OK); /* everything was put back */
	}
	json_decref(w.root);
	return w;
}

static void a_wrong_type_anywhere_gives_one_sentence_at_its_path(void **state)
{
	struct walk w = walked(WRONG_TYPE);

	(void)state;
	assert_true(w.n_spoilt >= 100);
}

static void a_missing_key_gives_one_sentence_unless_it_is_optional(void **state)
{
	struct walk w = walked(MISSING);

	(void)state;
	assert_true(w.n_spoilt >= 70);
	assert_true(w.n_needed >= 40);
}

static void an_unknown_key_anywhere_gives_one_sentence_at_its_path(void **state)
{
	struct walk w = walked(UNKNOWN_KEY);

	(void)state;
	assert_true(w.n_spoilt >= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_type_anywhere_gives_one_sentence_at_its_path),
		cmocka_unit_test(a_missing_key_gives_one_sentence_unless_it_is_optional),
		cmocka_unit_test(an_unknown_key_anywhere_gives_one_sentence_at_its_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
