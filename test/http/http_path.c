/* http_path.c - a path matches the pattern that a slow reading of the table says, and one only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/dice.h"
#include "http/path.h"

static const struct http_pattern rows[] = {
	{ HTTP_GET, "/" },
	{ HTTP_GET, "/api/v1/areas" },
	{ HTTP_GET, "/api/v1/areas/{id}" },
	{ HTTP_PATCH, "/api/v1/areas/{area}" },
	{ HTTP_GET, "/api/v1/areas/{id}/children" },
	{ HTTP_POST, "/api/v1/areas/import" },
	{ HTTP_GET, "/api/v1/files/{name:text}" },
	{ HTTP_GET, "/api/v1/files/{name:text}/parts/{n}" },
	{ HTTP_GET, "/api/v1/openapi.json" },
};

static struct http_paths *compiled(const struct http_pattern *v, size_t n)
{
	struct http_paths *p = NULL;
	struct fault f = { 0 };

	assert_int_equal(http_paths_new(v, n, &p, &f), OK);
	return p;
}

static void a_table_is_searched_by_method_and_path(void **state)
{
	CLEANUP(http_paths_end) struct http_paths *p = compiled(rows, ARRAY_LEN(rows));
	struct http_match m = { 0 };

	(void)state;
	assert_int_equal(http_paths_find(p, HTTP_GET, STR("/"), &m), OK);
	assert_int_equal(m.row, 0);
	assert_int_equal(http_paths_find(p, HTTP_PATCH, STR("/api/v1/areas/430802"), &m), OK);
	assert_int_equal(m.row, 3);
	assert_int_equal(m.methods, 1u << HTTP_GET | 1u << HTTP_PATCH);
	assert_int_equal(http_match_id(&m, "area"), 430802);
	assert_int_equal(http_paths_find(p, HTTP_GET, STR("/api/v1/areas/0/children"), &m), OK);
	assert_int_equal(m.row, 4);
	assert_int_equal(http_match_id(&m, "id"), 0);
	assert_int_equal(http_paths_find(p, HTTP_GET, STR("/api/v1/files/前 哨/parts/7"), &m), OK);
	assert_int_equal(m.row, 7);
	assert_true(str_eq(http_match_text(&m, "name"), STR("前 哨")));
	assert_int_equal(http_match_id(&m, "n"), 7);
	assert_true(http_match_has(&m, "n") && !http_match_has(&m, "id"));
	assert_int_equal(http_paths_find(p, HTTP_POST, STR("/api/v1/areas/import"), &m), OK);
	assert_int_equal(m.row, 5);
}

static void what_is_not_in_the_table_is_absent_or_has_another_method(void **state)
{
	static const char *const absent[] = {
		"/api",
		"/api/v1",
		"/api/v1/areas/",
		"/api/v1/areas/x",
		"/api/v1/areas/-1",
		"/api/v1/areas/01",
		"/api/v1/areas/+1",
		"/api/v1/areas/9223372036854775808",
		"/api/v1/areas/1/",
		"/api/v1/areas/1/child",
		"/api/v1/files/",
		"/api/v1/files/a/parts",
		"/api/v1/areas/{id}",
		"/API/v1/areas",
		"/api/v1/areas/1/children/2",
	};
	CLEANUP(http_paths_end) struct http_paths *p = compiled(rows, ARRAY_LEN(rows));
	struct http_match m = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(absent); i++)
		assert_int_equal(http_paths_find(p, HTTP_GET, str_of(absent[i]), &m), ERR_ABSENT);
	assert_int_equal(http_paths_find(p, HTTP_DELETE, STR("/api/v1/areas/7"), &m), ERR_METHOD);
	assert_int_equal(m.methods, 1u << HTTP_GET | 1u << HTTP_PATCH);
	assert_int_equal(http_paths_find(p, HTTP_GET, STR("/api/v1/areas/import"), &m), ERR_METHOD);
	assert_int_equal(m.methods, 1u << HTTP_POST);
}

static void a_table_that_cannot_be_told_apart_is_refused(void **state)
{
	static const struct {
		const char *a, *b;
		enum err e;
	} pairs[] = {
		{ "/a/{id}", "/a/{id}", ERR_EXISTS },
		{ "/a", "/a", ERR_EXISTS },
		{ "/a/{id}", "/a/{other}", ERR_EXISTS },
		{ "/a/{id}", "/a/{x:text}", ERR_EXISTS },
		{ "/a/{x:text}", "/a/b", ERR_EXISTS },
		{ "/a/7", "/a/{id}", ERR_EXISTS },
		{ "/a/{id}", "/a/7/b", ERR_EXISTS },
		{ "/a/{x:text}/b", "/a/{y:text}/c", OK },
		{ "/a/{id}/b", "/a/{x}", OK },
		{ "/a/07", "/a/{id}", OK },
		{ "/a/{id}", "/b/{x:text}", OK },
		{ "/a/{id}/{id}", "/b", ERR_SYNTAX },
		{ "a", "/b", ERR_SYNTAX },
		{ "", "/b", ERR_SYNTAX },
		{ "/a//b", "/b", ERR_SYNTAX },
		{ "/a/", "/b", ERR_SYNTAX },
		{ "/a/{}", "/b", ERR_SYNTAX },
		{ "/a/{:text}", "/b", ERR_SYNTAX },
		{ "/a/{id", "/b", ERR_SYNTAX },
		{ "/a/{Id}", "/b", ERR_SYNTAX },
		{ "/a/x{id}", "/b", ERR_SYNTAX },
		{ "/a/{a}/{b}/{c}/{d}", "/b", OK },
		{ "/a/{a}/{b}/{c}/{d}/{e}", "/b", ERR_SYNTAX },
		{ "/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h", "/b", ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		const struct http_pattern two[] = { { HTTP_GET, pairs[i].a },
						    { HTTP_GET, pairs[i].b } };
		CLEANUP(http_paths_end) struct http_paths *p = NULL;
		struct fault f = { 0 };

		assert_int_equal(http_paths_new(two, 2, &p, &f), pairs[i].e);
		assert_int_equal(f.code, pairs[i].e);
		if (pairs[i].e)
			assert_non_null(
				strstr(f.en, pairs[i].e == ERR_EXISTS ? pairs[i].b : pairs[i].a));
	}
}

/* ---- a slow reading ---- */

static bool slow_one(struct str pattern, struct str path)
{
	size_t i = 0, k = 0;

	while (i < pattern.n && k < path.n) {
		struct str p = { pattern.p + i + 1, 0 }, s = { path.p + k + 1, 0 };
		int64_t id;

		while (i + 1 + p.n < pattern.n && p.p[p.n] != '/')
			p.n++;
		while (k + 1 + s.n < path.n && s.p[s.n] != '/')
			s.n++;
		i += p.n + 1;
		k += s.n + 1;
		if (p.n == 0 || p.p[0] != '{') {
			if (!str_eq(p, s))
				return false;
		} else if (p.n > 6 && memcmp(p.p + p.n - 6, ":text}", 6) == 0) {
			if (s.n == 0)
				return false;
		} else if (str_i64(s, &id) || id < 0 || s.p[0] == '-' ||
			   (s.p[0] == '0' && s.n > 1)) {
			return false;
		}
	}
	return i >= pattern.n && k >= path.n;
}

static void random_segment(struct dice *d, struct buf *b, bool pattern)
{
	static const char *const words[] = { "a", "b", "a.b", "10", "7", "07", "" };
	static const char *const args[] = { "{id}", "{x}", "{t:text}", "{u:text}" };
	static const char *const texts[] = { "-1", "9223372036854775807", "9223372036854775808",
					     "{id}", "前" };

	buf_char(b, '/');
	if (dice_chance(d, 0.4))
		buf_lit(b, pattern ? args[dice_below(d, 4)] : texts[dice_below(d, 5)]);
	else
		buf_lit(b, words[dice_below(d, pattern ? 6 : 7)]);
}

static struct str random_path(struct dice *d, struct buf *b, bool pattern)
{
	buf_clear(b);
	for (uint32_t n = 1 + dice_below(d, 3); n > 0; n--)
		random_segment(d, b, pattern);
	return buf_view(b);
}

enum { TABLE_MAX = 6 };

/* Every path matches as the slow reading says, and no two rows of one method at once. */
static void try_table(struct dice *d, const struct http_pattern *v, size_t n,
		      const struct http_paths *p)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	for (int i = 0; i < 60; i++) {
		struct str path = random_path(d, &b, false);
		enum http_method method = (enum http_method)dice_below(d, 2);
		struct http_match m = { 0 };
		enum err e = http_paths_find(p, method, path, &m);
		size_t row = n;
		unsigned methods = 0;

		for (size_t k = 0; k < n; k++) {
			if (!slow_one(str_of(v[k].pattern), path))
				continue;
			methods |= 1u << v[k].method;
			if (v[k].method == method) {
				assert_int_equal(row, n);
				row = k;
			}
		}
		assert_int_equal(e, row < n ? OK : methods ? ERR_METHOD : ERR_ABSENT);
		if (e != ERR_ABSENT)
			assert_int_equal(m.methods, methods);
		if (!e)
			assert_int_equal(m.row, row);
	}
}

static void random_tables_are_searched_as_a_slow_reading_says(void **state)
{
	struct dice d = { 11 };
	int compiled_n = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		CLEANUP(http_paths_end) struct http_paths *p = NULL;
		struct http_pattern v[TABLE_MAX];
		struct buf text[TABLE_MAX] = { 0 };
		size_t n = 1 + dice_below(&d, TABLE_MAX);

		for (size_t k = 0; k < n; k++) {
			(void)random_path(&d, &text[k], true);
			buf_char(&text[k], '\0');
			v[k] = (struct http_pattern){ (enum http_method)dice_below(&d, 2),
						      text[k].p };
		}
		if (http_paths_new(v, n, &p, NULL) == OK) {
			compiled_n++;
			try_table(&d, v, n, p);
		}
		for (size_t k = 0; k < n; k++)
			buf_release(&text[k]);
	}
	assert_true(compiled_n > 3000);
}

static void without_memory_no_table_is_made(void **state)
{
	uint64_t k;

	(void)state;
	for (k = 1;; k++) {
		CLEANUP(http_paths_end) struct http_paths *p = NULL;
		enum err e;

		mem_fail_at(k, false);
		e = http_paths_new(rows, ARRAY_LEN(rows), &p, NULL);
		mem_fail_at(0, false);
		if (!e)
			break;
		assert_int_equal(e, ERR_MEMORY);
		assert_null(p);
	}
	assert_true(k > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_searched_by_method_and_path),
		cmocka_unit_test(what_is_not_in_the_table_is_absent_or_has_another_method),
		cmocka_unit_test(a_table_that_cannot_be_told_apart_is_refused),
		cmocka_unit_test(random_tables_are_searched_as_a_slow_reading_says),
		cmocka_unit_test(without_memory_no_table_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
