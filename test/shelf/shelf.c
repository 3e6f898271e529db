/*
 * shelf.c - a folder of sealed visits: whole or not at all, and nothing in it is believed unread.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "engine/trace/store.h"
#include "shelf/manifest.h"
#include "shelf/shelf.h"
#include "support/paths.h"

#define MUST(act) \
	do { \
		enum err must_e = (act); \
		if (must_e) \
			fail_msg("%s: %s", #act, err_word(must_e)); \
	} while (0)

enum { DAY_S = 86400, FIRST_S = 1626883200 };

/* ---- a small world ------------------------------------------------------------------------ */

/* `who` many people, one visit each on two days, in one of two places. */
struct batch {
	struct visit visit[64];
	size_t n;
	struct shelf_names names;
	uint32_t place_kind[2];
};

static enum err batch_make(struct batch *b, uint32_t who)
{
	char name[32];
	uint32_t id;
	enum err e;

	memset(b, 0, sizeof(*b));
	if ((e = names_new(&b->names.persons)) || (e = names_new(&b->names.places)) ||
	    (e = names_new(&b->names.kinds)) || (e = names_new(&b->names.seats)))
		return e;
	if ((e = names_intern(b->names.kinds, STR(""), &id)) ||
	    (e = names_intern(b->names.kinds, STR("office"), &id)) ||
	    (e = names_intern(b->names.seats, STR("\0\0\0\0"), &id)) ||
	    (e = names_intern(b->names.places, STR("hall"), &id)) ||
	    (e = names_intern(b->names.places, STR("room"), &id)))
		return e;
	for (uint32_t i = 0; i < who; i++) {
		int n = snprintf(name, sizeof(name), "person %u of %u", i, who);

		if ((e = names_intern(b->names.persons, (struct str){ name, (size_t)n }, &id)))
			return e;
		for (int64_t day = 0; day < 2; day++)
			b->visit[b->n++] = (struct visit){ { id },
							   { i % 2 },
							   { FIRST_S + day * DAY_S + i * 60 },
							   { FIRST_S + day * DAY_S + i * 60 + 600 },
							   0 };
	}
	b->place_kind[0] = 1;
	b->names.place_kind = b->place_kind;
	b->names.n_places = 2;
	return OK;
}

static void batch_end(struct batch *b)
{
	names_free(b->names.persons);
	names_free(b->names.places);
	names_free(b->names.kinds);
	names_free(b->names.seats);
}

static enum err put_day(struct trace_image image, void *arg, struct fault *f)
{
	return shelf_put_day(arg, image, f);
}

static enum err put_days(const struct batch *b, const struct zone *z, const char *dir,
			 struct shelf_writer *w, struct fault *f)
{
	struct trace_builder_options o = {
		.zone = z, .budget_bytes = 20 * 24, .spill_dir = dir, .threads = 1
	};
	struct trace_builder *builder = NULL;
	enum err e = trace_builder_new(&o, &builder, f);

	if (!e)
		e = trace_builder_add(builder, b->visit, b->n, f);
	if (!e)
		e = trace_builder_finish(builder, put_day, w, f);
	trace_builder_free(builder);
	return e;
}

/* Seal `who` people into the folder: the whole act, in which anything may be made to fail. */
static enum err seal(const char *dir, uint32_t who, struct fault *f)
{
	CLEANUP(shelf_drop) struct shelf_writer *w = NULL;
	CLEANUP(zone_end) struct zone *z = NULL;
	struct shelf_sum sum;
	struct batch b;
	enum err e = zone_open("+08:00", &z, f);

	if (e)
		return e;
	e = batch_make(&b, who);
	if (!e)
		e = shelf_begin(dir, z, &w, f);
	if (!e)
		e = put_days(&b, z, dir, w, f);
	if (!e)
		e = shelf_put_names(w, &b.names, f);
	if (!e)
		e = shelf_seal(w, &sum, f);
	batch_end(&b);
	return e;
}

/* Open, check and read: how many people it holds, or -1. */
static int people_in(const char *dir, struct fault *f)
{
	CLEANUP(shelf_close) struct shelf *s = NULL;
	CLEANUP(zone_end) struct zone *z = NULL;
	const struct trace_view *v;
	struct trace_set *set;
	int people;

	if (shelf_open(dir, &s, f) || shelf_check(s, f))
		return -1;
	MUST(zone_open(shelf_zone(s), &z, NULL));
	MUST(trace_set_new(z, &set));
	MUST(shelf_fill(s, set, NULL));
	v = trace_set_view(set);
	people = (int)names_count(shelf_names(s).persons);
	assert_int_equal(trace_view_visits(v), people * 2);
	assert_int_equal(shelf_sum(s).visits, people * 2);
	trace_view_release(v);
	trace_set_free(set);
	return people;
}

static enum err count_one(const char *name, void *arg, struct fault *f)
{
	(void)name;
	(void)f;
	++*(int *)arg;
	return OK;
}

static int files_in(const char *dir)
{
	int n = 0;

	MUST(dir_each(dir, count_one, &n, NULL));
	return n;
}

static void put_file(const char *path, const void *p, size_t n)
{
	struct file *fl;

	MUST(file_open(path, FILE_REPLACE, &fl, NULL));
	MUST(file_write(fl, p, n, NULL));
	MUST(file_close(&fl, NULL));
}

/* ---- what is sealed ----------------------------------------------------------------------- */

static void what_is_sealed_can_be_read(void **state)
{
	struct path dir = path_scratch();
	CLEANUP(shelf_close) struct shelf *s = NULL;
	struct shelf_names n;

	(void)state;
	MUST(seal(dir.s, 20, NULL));
	assert_int_equal(people_in(dir.s, NULL), 20);
	MUST(shelf_open(dir.s, &s, NULL));
	n = shelf_names(s);
	assert_string_equal(shelf_zone(s), "+08:00");
	assert_int_equal(shelf_sum(s).days, 2);
	assert_int_equal(shelf_horizon(s).v, FIRST_S + DAY_S + 19 * 60 + 600);
	assert_int_equal(names_find(n.persons, STR("person 7 of 20")), 7);
	assert_true(str_eq(names_text(n.kinds, n.place_kind[0]), STR("office")));
	assert_int_equal(n.n_places, 2);
	assert_int_equal(files_in(dir.s), 5 + 2 + 1);
	path_forget(&dir);
}

static void an_empty_shelf_is_a_shelf(void **state)
{
	struct path dir = path_scratch();
	CLEANUP(shelf_close) struct shelf *s = NULL;

	(void)state;
	MUST(seal(dir.s, 0, NULL));
	assert_int_equal(people_in(dir.s, NULL), 0);
	MUST(shelf_open(dir.s, &s, NULL));
	assert_true(shelf_horizon(s).v == TRACE_NEVER);
	path_forget(&dir);
}

static void sealing_again_replaces_and_a_reader_keeps_what_it_opened(void **state)
{
	struct path dir = path_scratch();
	CLEANUP(shelf_close) struct shelf *s = NULL;

	(void)state;
	MUST(seal(dir.s, 20, NULL));
	MUST(shelf_open(dir.s, &s, NULL));
	MUST(seal(dir.s, 3, NULL));
	assert_int_equal(people_in(dir.s, NULL), 3);
	assert_int_equal(files_in(dir.s), 5 + 2 + 1);
	MUST(shelf_check(s, NULL));
	assert_int_equal(names_count(shelf_names(s).persons), 20);
	path_forget(&dir);
}

static void foreign_files_are_named_and_kept_leftovers_are_neither(void **state)
{
	struct path dir = path_scratch();
	CLEANUP(shelf_close) struct shelf *s = NULL;
	const char *const *foreign;

	(void)state;
	MUST(seal(dir.s, 2, NULL));
	put_file(path_join(&dir, "readme").s, "x", 1);
	put_file(path_join(&dir, "day-2021-07-22.g000009.visits").s, "x", 1);
	put_file(path_join(&dir, "day-2021-02-30.g000009.visits").s, "x", 1);
	put_file(path_join(&dir, "MANIFEST.new").s, "x", 1);
	MUST(shelf_open(dir.s, &s, NULL));
	assert_int_equal(shelf_foreign(s, &foreign), 2);
	assert_string_equal(foreign[0], "day-2021-02-30.g000009.visits");
	assert_string_equal(foreign[1], "readme");
	MUST(seal(dir.s, 4, NULL));
	assert_int_equal(people_in(dir.s, NULL), 4);
	assert_int_equal(files_in(dir.s), 5 + 2 + 1 + 2);
	path_forget(&dir);
}

static void what_cannot_be_read_is_said_with_the_reason(void **state)
{
	struct path dir = path_scratch();
	struct fault f = { 0 };

	(void)state;
	MUST(dir_make(path_join(&dir, "MANIFEST").s, NULL));
	assert_int_equal(people_in(dir.s, &f), -1);
	assert_non_null(strstr(f.en, "MANIFEST: Is a directory"));
	assert_non_null(strstr(f.zh, "是文件夹"));
	assert_int_equal(rmdir(path_join(&dir, "MANIFEST").s), 0);
	path_forget(&dir);
}

static void a_folder_of_something_else_is_refused(void **state)
{
	struct path dir = path_scratch();
	struct fault f = { 0 };

	(void)state;
	put_file(path_join(&dir, "thesis.tex").s, "x", 1);
	assert_int_equal(seal(dir.s, 2, &f), ERR_EXISTS);
	assert_non_null(strstr(f.en, "thesis.tex"));
	put_file(path_join(&dir, "MANIFEST").s, "Manifest-Version: 1.0\n", 22);
	assert_int_equal(seal(dir.s, 2, NULL), ERR_EXISTS);
	assert_int_equal(files_in(dir.s), 2);
	assert_int_equal(people_in(dir.s, NULL), -1);
	path_forget(&dir);
}

static void a_second_writer_is_kept_out_and_told_who_is_at_work(void **state)
{
	struct path dir = path_scratch();
	CLEANUP(shelf_drop) struct shelf_writer *slow = NULL;
	CLEANUP(zone_end) struct zone *z = NULL;
	char pid[32];
	struct fault f = { 0 };
	struct shelf_sum sum;
	struct batch b;

	(void)state;
	snprintf(pid, sizeof(pid), "process %ld on", (long)getpid());
	MUST(seal(dir.s, 3, NULL));
	MUST(zone_open("+08:00", &z, NULL));
	MUST(batch_make(&b, 5));
	MUST(shelf_begin(dir.s, z, &slow, NULL));
	assert_int_equal(seal(dir.s, 9, &f), ERR_EXISTS);
	assert_non_null(strstr(f.en, pid));
	assert_non_null(strstr(f.zh, "进程"));
	assert_int_equal(people_in(dir.s, NULL), 3); /* readers do not mind */
	MUST(shelf_put_names(slow, &b.names, NULL));
	MUST(put_days(&b, z, dir.s, slow, NULL));
	MUST(shelf_seal(slow, &sum, NULL));
	assert_int_equal(seal(dir.s, 9, NULL), ERR_EXISTS);
	shelf_drop(&slow);
	assert_int_equal(people_in(dir.s, NULL), 5);
	MUST(seal(dir.s, 9, NULL));
	assert_int_equal(people_in(dir.s, NULL), 9);
	assert_int_equal(files_in(dir.s), 5 + 2 + 1);
	batch_end(&b);
	path_forget(&dir);
}

static void a_lock_that_a_killed_writer_left_holds_nobody_up(void **state)
{
	struct path dir = path_scratch();
	CLEANUP(shelf_close) struct shelf *s = NULL;
	const char *const *foreign;

	(void)state;
	MUST(seal(dir.s, 3, NULL));
	put_file(path_join(&dir, "LOCK").s, "12345 elsewhere\n", 16);
	MUST(shelf_open(dir.s, &s, NULL));
	assert_int_equal(shelf_foreign(s, &foreign), 0);
	MUST(seal(dir.s, 9, NULL));
	assert_int_equal(people_in(dir.s, NULL), 9);
	assert_int_equal(files_in(dir.s), 5 + 2 + 1);
	path_forget(&dir);
}

/* ---- whatever fails ----------------------------------------------------------------------- */

static void a_death_at_any_moment_leaves_the_old_state_or_the_new_one(void **state)
{
	int n_old = 0, n_new = 0, last = 0;

	(void)state;
	for (uint64_t k = 1; last != 1; k++) {
		struct path dir = path_scratch();
		int status, people;
		pid_t child;

		MUST(seal(dir.s, 6, NULL));
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			file_fail_at(k, true);
			_exit(seal(dir.s, 11, NULL) == OK ? 0 : 3);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		last = WIFEXITED(status) && WEXITSTATUS(status) == 0;
		assert_true(last || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
		people = people_in(dir.s, NULL);
		assert_true(people == 6 || people == 11);
		assert_true(n_new == 0 || people == 11); /* once new, it stays new */
		n_old += people == 6;
		n_new += people == 11;
		MUST(seal(dir.s, 4, NULL));
		assert_int_equal(people_in(dir.s, NULL), 4);
		assert_int_equal(files_in(dir.s), 5 + 2 + 1);
		path_forget(&dir);
	}
	assert_true(n_old > 20 && n_new > 5);
}

static void any_failed_file_operation_leaves_the_old_state_or_the_new_one(void **state)
{
	enum err e = ERR_IO;

	(void)state;
	for (uint64_t k = 1; e; k++) {
		struct path dir = path_scratch();
		struct fault f = { 0 };
		int people;

		MUST(seal(dir.s, 6, NULL));
		file_fail_at(k, false);
		e = seal(dir.s, 11, &f);
		file_fail_at(0, false);
		assert_true(e == OK || e == ERR_IO);
		assert_true(!e || (f.zh[0] && f.en[0]));
		people = people_in(dir.s, NULL);
		assert_true(people == 6 || people == 11);
		MUST(seal(dir.s, 4, NULL));
		assert_int_equal(people_in(dir.s, NULL), 4);
		assert_int_equal(files_in(dir.s), 5 + 2 + 1);
		path_forget(&dir);
	}
}

static void without_memory_the_old_state_stands_and_reading_says_so(void **state)
{
	enum err e = ERR_MEMORY;
	struct path dir = path_scratch();

	(void)state;
	MUST(seal(dir.s, 6, NULL));
	for (uint64_t k = 1; e; k++) {
		mem_fail_at(k, false);
		e = seal(dir.s, 11, NULL);
		mem_fail_at(0, false);
		assert_true(e == OK || e == ERR_MEMORY);
		assert_int_equal(people_in(dir.s, NULL), e ? 6 : 11);
	}
	for (uint64_t k = 1;; k++) {
		struct shelf *s = NULL;

		mem_fail_at(k, false);
		e = shelf_open(dir.s, &s, NULL);
		mem_fail_at(0, false);
		assert_true(e == OK || e == ERR_MEMORY);
		shelf_close(&s);
		if (!e)
			break;
	}
	path_forget(&dir);
}

/* ---- whatever is altered ------------------------------------------------------------------ */

/* The shelf must be refused, and the sentence must name the file. */
static void must_refuse(const struct path *dir, const char *name)
{
	struct fault f = { 0 };

	assert_int_equal(people_in(dir->s, &f), -1);
	assert_true(f.code == ERR_CORRUPT || f.code == ERR_VERSION || f.code == ERR_ABSENT);
	if (!strstr(f.en, name) || !strstr(f.zh, name))
		fail_msg("%s is not in \"%s\" / \"%s\"", name, f.en, f.zh);
}

static void flip_every_bit(const struct path *dir, const char *name)
{
	struct path path = path_join(dir, name);
	struct file_map whole;
	uint8_t *copy;

	MUST(file_map_read(path.s, &whole, NULL));
	copy = mem_take(whole.n + 1, 1);
	assert_non_null(copy);
	if (whole.n)
		memcpy(copy, whole.p, whole.n);
	for (size_t bit = 0; bit < whole.n * 8; bit += 1 + bit / 2048) {
		copy[bit / 8] = (uint8_t)(copy[bit / 8] ^ 1u << bit % 8);
		put_file(path.s, copy, whole.n);
		must_refuse(dir, name);
		copy[bit / 8] = (uint8_t)(copy[bit / 8] ^ 1u << bit % 8);
	}
	for (size_t n = 0; n < whole.n; n += 1 + n / 64) {
		put_file(path.s, copy, n);
		must_refuse(dir, name);
	}
	put_file(path.s, copy, whole.n + 1);
	must_refuse(dir, name);
	MUST(file_unlink(path.s, NULL));
	must_refuse(dir, name);
	put_file(path.s, copy, whole.n);
	assert_int_equal(people_in(dir->s, NULL), 20);
	mem_drop(copy);
	file_unmap(&whole);
}

static enum err alter_one(const char *name, void *arg, struct fault *f)
{
	(void)f;
	flip_every_bit(arg, name);
	return OK;
}

static void every_file_altered_cut_lengthened_or_missing_is_refused_by_name(void **state)
{
	struct path dir = path_scratch();

	(void)state;
	MUST(seal(dir.s, 20, NULL));
	MUST(dir_each(dir.s, alter_one, &dir, NULL));
	path_forget(&dir);
}

/* Replace `from` by `to` in the manifest and sign it again. */
static void rewrite(const struct path *dir, const char *from, const char *to)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct path path = path_join(dir, "MANIFEST");
	struct file_map m;
	const char *at;

	MUST(file_map_read(path.s, &m, NULL));
	buf_put(&text, m.p, m.n);
	buf_char(&text, '\0');
	file_unmap(&m);
	at = strstr(text.p, from);
	assert_non_null(at);
	{
		CLEANUP(buf_release) struct buf again = { 0 };

		buf_put(&again, text.p, (size_t)(at - text.p));
		buf_lit(&again, to);
		buf_lit(&again, at + strlen(from));
		again.n = (size_t)(strstr(again.p, "\ndigest ") - again.p) + 1;
		buf_fmt(&again, "digest %016llx\n",
			(unsigned long long)digest_of(again.p, again.n));
		put_file(path.s, again.p, again.n);
	}
}

static void a_manifest_that_breaks_its_rules_is_refused_even_when_signed(void **state)
{
	static const struct {
		const char *from, *to;
	} breaks[] = {
		{ "persons.g000001.names", "../../etc/passwd" },
		{ "persons.g000001.names", "persons.g000002.names" },
		{ "persons.g", "Persons.g" },
		{ "generation 1", "generation 0" },
		{ "generation 1", "generation -1" },
		{ "generation 1", "generation  1" },
		{ "visits 40", "visits 41" },
		{ "visits 40", "visits forty" },
		{ "zone +08:00", "zone " },
		{ "zone ", "Zone " },
		{ "horizon ", "horizon x" },
		{ "day-2021-07-22", "day-2021-07-21" },
		{ " 18830 ", " 18831 " },
		{ " 18830 ", " 99999999999 " },
		{ "horizon", "more 1\nhorizon" },
		{ "outpost shelf 1", "outpost shelf 1 " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(breaks); i++) {
		struct path dir = path_scratch();
		struct fault f = { 0 };

		MUST(seal(dir.s, 20, NULL));
		rewrite(&dir, breaks[i].from, breaks[i].to);
		assert_int_equal(people_in(dir.s, &f), -1);
		assert_int_equal(f.code, ERR_CORRUPT);
		path_forget(&dir);
	}
}

static void a_manifest_that_lies_about_a_file_is_refused(void **state)
{
	struct path dir = path_scratch();
	struct fault f = { 0 };

	(void)state;
	MUST(seal(dir.s, 20, NULL));
	rewrite(&dir, " 18830 20 ", " 18830 19 ");
	rewrite(&dir, "visits 40", "visits 39");
	assert_int_equal(people_in(dir.s, &f), -1);
	assert_int_equal(f.code, ERR_CORRUPT);
	path_forget(&dir);
}

static void another_version_is_said_to_be_one(void **state)
{
	struct path dir = path_scratch();
	struct fault f = { 0 };

	(void)state;
	MUST(seal(dir.s, 20, NULL));
	rewrite(&dir, "outpost shelf 1", "outpost shelf 7");
	assert_int_equal(people_in(dir.s, &f), -1);
	assert_int_equal(f.code, ERR_VERSION);
	assert_non_null(strstr(f.en, "version 7"));
	MUST(seal(dir.s, 2, NULL)); /* but it may be replaced */
	assert_int_equal(people_in(dir.s, NULL), 2);
	path_forget(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_can_be_read),
		cmocka_unit_test(an_empty_shelf_is_a_shelf),
		cmocka_unit_test(sealing_again_replaces_and_a_reader_keeps_what_it_opened),
		cmocka_unit_test(foreign_files_are_named_and_kept_leftovers_are_neither),
		cmocka_unit_test(what_cannot_be_read_is_said_with_the_reason),
		cmocka_unit_test(a_folder_of_something_else_is_refused),
		cmocka_unit_test(a_second_writer_is_kept_out_and_told_who_is_at_work),
		cmocka_unit_test(a_lock_that_a_killed_writer_left_holds_nobody_up),
		cmocka_unit_test(a_death_at_any_moment_leaves_the_old_state_or_the_new_one),
		cmocka_unit_test(any_failed_file_operation_leaves_the_old_state_or_the_new_one),
		cmocka_unit_test(without_memory_the_old_state_stands_and_reading_says_so),
		cmocka_unit_test(every_file_altered_cut_lengthened_or_missing_is_refused_by_name),
		cmocka_unit_test(a_manifest_that_breaks_its_rules_is_refused_even_when_signed),
		cmocka_unit_test(a_manifest_that_lies_about_a_file_is_refused),
		cmocka_unit_test(another_version_is_said_to_be_one),
	};

	/* Thousands of small files are written over and over: in memory, if that can be. */
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
