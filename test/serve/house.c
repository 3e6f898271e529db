/* house.c - a folder that is a house, or none at all. */
#include "serve/house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "support/database.h"

#include "base/ban.h"

static const struct utc_s now = { DATABASE_NOW };

static struct config settings(void)
{
	struct config c;

	config_defaults(&c);
	assert_int_equal(config_set(&c, STR("house.area"), STR("4308"), NULL), OK);
	assert_int_equal(config_set(&c, STR("http.names"), STR("outpost.example 10.1.2.3"), NULL),
			 OK);
	return c;
}

static enum err make(const char *dir, const struct config *c, struct fault *f)
{
	return house_make(dir, c, CRYPT_WORLD, &crypt_random_system, now, f);
}

static void a_house_that_was_made_can_be_opened(void **state)
{
	CLEANUP(house_end) struct house *h = NULL;
	struct config c = settings();
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(make("h1", &c, &f), OK);
	assert_int_equal(house_open("h1", &h, &f), OK);
	assert_int_equal(h->area.v, 430800000000000);
	assert_memory_equal(&h->config, &c, sizeof c);
	assert_int_equal(house_database(h, false, now, &f), OK);
}

static void a_house_may_keep_its_rows_on_a_server(void **state)
{
	struct database *d = *state;
	CLEANUP(house_end) struct house *h = NULL;
	struct config c = settings();

	assert_int_equal(config_set(&c, STR("db.url"), str_of(d->url), NULL), OK);
	MUST(make("h2", &c, &d->fault));
	MUST(house_open("h2", &h, &d->fault));
	MUST(house_database(h, false, now, &d->fault));
	assert_false(db_is_sqlite(h->db));
}

static void what_is_there_is_never_built_over(void **state)
{
	struct config c = settings();
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(make("h3", &c, &f), OK);
	assert_int_equal(make("h3", &c, &f), ERR_EXISTS);
	assert_non_null(strstr(f.en, "h3"));
	assert_int_equal(mkdir("empty", 0700), 0);
	assert_int_equal(make("empty", &c, NULL), OK); /* an empty folder is a place to build */
}

static void what_is_no_house_says_how_to_make_one(void **state)
{
	CLEANUP(house_end) struct house *h = NULL;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(house_open("nowhere", &h, &f), ERR_ABSENT);
	assert_non_null(strstr(f.en, "outpost init"));
	assert_int_equal(house_open("", &h, NULL), ERR_USAGE);
}

static void secrets_are_for_their_owner_alone(void **state)
{
	static const char *const secret[] = { "keys/ledger.key", "keys/secret.key",
					      "keys/backup.key", "keys/authority.pem",
					      "keys/server.pem" };
	CLEANUP(house_end) struct house *h = NULL;
	struct config c = settings();
	struct fault f = { 0 };
	char path[PATH_MAX];
	struct stat st;

	(void)state;
	assert_int_equal(make("h4", &c, NULL), OK);
	for (size_t i = 0; i < ARRAY_LEN(secret); i++) {
		house_path("h4", secret[i], path);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 077, 0);
	}
	house_path("h4", "keys/secret.key", path);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(house_open("h4", &h, &f), ERR_RANGE);
}

static void any_failure_on_the_way_leaves_no_house(void **state)
{
	struct config c = settings();
	enum err e = ERR_IO;
	char dir[32], aside[40];

	(void)state;
	for (uint64_t at = 1; e; at++) {
		assert_true(at < 500);
		(void)snprintf(dir, sizeof dir, "f%d", (int)at);
		(void)snprintf(aside, sizeof aside, "%s.new", dir);
		file_fail_at(at, false);
		e = make(dir, &c, NULL);
		file_fail_at(0, false);
		if (e)
			assert_int_not_equal(access(dir, F_OK), 0);
	}
	assert_int_not_equal(access(aside, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_house_that_was_made_can_be_opened),
		ON_POSTGRESQL(a_house_may_keep_its_rows_on_a_server),
		cmocka_unit_test(what_is_there_is_never_built_over),
		cmocka_unit_test(what_is_no_house_says_how_to_make_one),
		cmocka_unit_test(secrets_are_for_their_owner_alone),
		cmocka_unit_test(any_failure_on_the_way_leaves_no_house),
	};

	return cmocka_run_group_tests_name("house", tests, NULL, NULL);
}
