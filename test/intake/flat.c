/*
 * flat.c - the quick way through a line of NDJSON says what the JSON reader says, or nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/dice.h"
#include "base/json_read.h"
#include "intake/flat.h"
#include "support/paths.h"

static struct arena *a;

static int open_arena(void **state)
{
	(void)state;
	return (int)arena_new(64 << 20, &a);
}

static int close_arena(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* As body.c makes cells of values; false: of this one it makes none. */
static bool cell_of(const struct json_node *n, char text[400])
{
	text[0] = '\0';
	switch (n->is) {
	case JSON_IS_NULL: return true;
	case JSON_IS_TEXT: snprintf(text, 400, "%.*s", (int)n->text.n, n->text.p); return true;
	case JSON_IS_BOOL: snprintf(text, 400, "%s", n->i ? "true" : "false"); return true;
	case JSON_IS_INT: snprintf(text, 400, "%" PRId64, n->i); return true;
	default: return false;
	}
}

/* Is it read the quick way? Then the reader reads the same. */
static bool agrees(struct str line)
{
	struct flat_cell cell[FLAT_MAX];
	const struct json_node *map;
	struct fault f = { 0 };
	size_t n;
	enum err e;

	arena_clear(a);
	if (!flat_read(line, cell, &n))
		return false;
	e = json_read(line, &json_limits_request, a, &map, &f);
	if (e && strstr(f.en, "twice"))
		return true; /* whoever calls flat_read looks for that */
	if (e || map->is != JSON_IS_MAP || map->n != n)
		fail_msg("%s: %.*s", f.en, (int)line.n, line.p);
	for (size_t i = 0; i < n; i++) {
		char text[400];

		if (!str_eq(map->items[i].key, cell[i].key) || !cell_of(&map->items[i], text) ||
		    !str_eq(str_of(text), cell[i].text))
			fail_msg("%zu: %.*s", i, (int)line.n, line.p);
	}
	return true;
}

static void plain_lines_are_read_and_others_left_alone(void **state)
{
	static const char *const plain[] = {
		"{\"a\":\"b\"}",      " { \"甲\" : \"乙\" , \"n\":12 } ",
		"{\"x\":-5,\"y\":0}", "{\"t\":true,\"f\":false,\"z\":null}",
		"{\"\":\"\"}",        "{\"n\":999999999999999999}",
	};
	static const char *const others[] = {
		"",
		"{",
		"{}",
		"[]",
		"{\"a\":\"b\\n\"}",
		"{\"a\":1.5}",
		"{\"a\":1e3}",
		"{\"a\":-0}",
		"{\"a\":01}",
		"{\"a\":{}}",
		"{\"a\":[1]}",
		"{\"a\":\"b\"},",
		"{\"a\":\"b\"}x",
		"{\"a\":\"b\",}",
		"{\"a\" \"b\"}",
		"{a:1}",
		"{\"a\":nul}",
		"{\"a\":truee}",
		"{\"a\":\"\xff\"}",
		"{\"a\":\"\x01\"}",
		"{\"a\":9999999999999999999}",
		"{\"a\":-}",
		"{\"a\":\"b",
		"{\"a\":",
		"{\"a\"",
		"{\"a\":1 2}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (!agrees(str_of(plain[i])))
			fail_msg("not read: %s", plain[i]);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (agrees(str_of(others[i])))
			fail_msg("read: %s", others[i]);
}

/* Lines made of pieces that JSON is made of, most of them no JSON. */
static void whatever_is_read_quickly_is_read_rightly(void **state)
{
	static const char *const piece[] = {
		"{",      "}", "\"",      "\"a\"",       "\"b\"", ":",  ",", "1",
		"-",      "0", "true",    "null",        " ",     "\\", ".", "e",
		"\"甲\"", "[", "\"a\":1", "\"k\":\"v\"", "\x7f",  "\t",
	};
	uint64_t n = env_u64("OUTPOST_WORLDS", size_u64(200000)), read = 0;
	struct dice dice = { 1 };

	(void)state;
	for (uint64_t k = 0; k < n; k++) {
		char line[400] = "{";
		size_t pieces = dice_below(&dice, 9);

		for (size_t i = 0; i < pieces; i++) {
			strcat(line, piece[dice_below(&dice, ARRAY_LEN(piece))]);
			if (dice_below(&dice, 2))
				strcat(line, i % 2 ? "," : "\"k\":");
		}
		if (dice_below(&dice, 3))
			strcat(line, "}");
		read += agrees(str_of(line));
	}
	assert_true(read > n / 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_lines_are_read_and_others_left_alone),
		cmocka_unit_test(whatever_is_read_quickly_is_read_rightly),
	};

	return cmocka_run_group_tests_name("flat", tests, open_arena, close_arena);
}
