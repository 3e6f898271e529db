/* json.c - what the writer writes, another's reader reads as what was meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/dice.h"
#include "base/json.h"
#include "base/memory.h"

static void a_document_comes_out_byte_for_byte(void **state)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct json j;

	(void)state;
	json_begin(&j, &b);
	json_open(&j, '{');
	json_key(&j, "a\"b");
	json_open(&j, '[');
	json_i64(&j, INT64_MIN);
	json_f64(&j, 0.1);
	json_bool(&j, true);
	json_bool(&j, false);
	json_nil(&j);
	json_open(&j, '[');
	json_close(&j, ']');
	json_open(&j, '{');
	json_close(&j, '}');
	json_close(&j, ']');
	json_key(&j, "前哨");
	json_str(&j, STR("\\ / \b\f\n\r\t \x01\x1f \x7f 𠀀"));
	json_close(&j, '}');
	assert_int_equal(b.failed, OK);
	assert_true(str_eq(buf_view(&b),
			   STR("{\"a\\\"b\":[-9223372036854775808,0.1,true,false,null,[],{}],"
			       "\"前哨\":\"\\\\ / \\b\\f\\n\\r\\t \\u0001\\u001f \x7f 𠀀\"}")));
}

/* Write a random value and build the same with jansson. */
static json_t *write_random(struct json *j, struct dice *d, int depth)
{
	static const char *const texts[] = {
		"", "a", "上海", "\"", "\\\\", "\n\x02", "é𠀀", "</b>"
	};
	const char *text = texts[dice_below(d, ARRAY_LEN(texts))];
	uint32_t kind = dice_below(d, depth > 6 ? 5 : 9);
	int64_t n = (int64_t)(dice_next(d) >> dice_below(d, 64));
	json_t *all;

	switch (kind) {
	case 0: json_nil(j); return json_null();
	case 1: json_bool(j, n & 1); return json_boolean(n & 1);
	case 2: json_i64(j, n); return json_integer(n);
	case 3: json_f64(j, (double)(n >> 14) + 0.5); return json_real((double)(n >> 14) + 0.5);
	case 4: json_str(j, str_of(text)); return json_string(text);
	default: break;
	}
	all = kind % 2 ? json_array() : json_object();
	json_open(j, kind % 2 ? '[' : '{');
	for (uint32_t i = dice_below(d, 5); i > 0; i--) {
		char key[16] = { (char)('a' + i), '\0' };
		json_t *one;

		if (!(kind % 2))
			json_key(j, key);
		one = write_random(j, d, depth + 1);
		assert_int_equal(kind % 2 ? json_array_append_new(all, one)
					  : json_object_set_new(all, key, one),
				 0);
	}
	json_close(j, kind % 2 ? ']' : '}');
	return all;
}

static void random_documents_are_read_by_another_reader_as_meant(void **state)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct dice d = { 1 };
	size_t n_bytes = 0;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		json_t *want, *got;
		json_error_t why;
		struct json j;

		buf_clear(&b);
		json_begin(&j, &b);
		want = write_random(&j, &d, 0);
		assert_int_equal(b.failed, OK);
		got = json_loadb(b.p, b.n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);
		if (!got)
			fail_msg("%s in %.*s", why.text, (int)b.n, b.p);
		assert_true(json_equal(want, got));
		n_bytes += b.n;
		json_decref(want);
		json_decref(got);
	}
	assert_true(n_bytes > 100000);
}

/* ---- misuse ---- */

static void value_without_key(struct json *j)
{
	json_open(j, '{');
	json_nil(j);
}
static void key_without_value(struct json *j)
{
	json_open(j, '{');
	json_key(j, "a");
	json_close(j, '}');
}
static void key_after_key(struct json *j)
{
	json_open(j, '{');
	json_key(j, "a");
	json_key(j, "b");
}
static void key_in_array(struct json *j)
{
	json_open(j, '[');
	json_key(j, "a");
}
static void key_outside(struct json *j)
{
	json_key(j, "a");
}
static void wrong_bracket(struct json *j)
{
	json_open(j, '[');
	json_close(j, '}');
}
static void close_too_often(struct json *j)
{
	json_open(j, '[');
	json_close(j, ']');
	json_close(j, ']');
}
static void two_documents(struct json *j)
{
	json_nil(j);
	json_nil(j);
}
static void not_text(struct json *j)
{
	json_str(j, STR("\xFF"));
}
static void not_a_number(struct json *j)
{
	json_f64(j, (double)NAN);
}
static void infinite(struct json *j)
{
	json_f64(j, (double)INFINITY);
}

static void too_deep(struct json *j)
{
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		json_open(j, '[');
}

static void as_deep_as_allowed(struct json *j)
{
	for (int i = 0; i < JSON_DEPTH_MAX - 1; i++)
		json_open(j, '[');
	for (int i = 0; i < JSON_DEPTH_MAX - 1; i++)
		json_close(j, ']');
}

/* Does a process that does this live? */
static bool survives(void (*act)(struct json *j))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct rlimit none = { 0, 0 };
		struct buf b = { 0 };
		struct json j;

		setrlimit(RLIMIT_CORE, &none);
		close(STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		json_begin(&j, &b);
		act(&j);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status))
		assert_int_equal(WTERMSIG(status), SIGABRT);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void misuse_is_an_assertion_and_not_a_broken_document(void **state)
{
	void (*const misuses[])(struct json *) = {
		value_without_key, key_without_value, key_after_key,   key_in_array,
		key_outside,       wrong_bracket,     close_too_often, two_documents,
		not_text,          not_a_number,      infinite,        too_deep
	};

	(void)state;
	assert_true(survives(as_deep_as_allowed));
	for (size_t i = 0; i < ARRAY_LEN(misuses); i++)
		if (survives(misuses[i]))
			fail_msg("misuse %zu went through", i);
}

static void out_of_memory_is_kept_by_the_buffer(void **state)
{
	uint64_t k;

	(void)state;
	for (k = 1;; k++) {
		CLEANUP(buf_release) struct buf b = { 0 };
		struct dice d = { 4 };
		enum err failed;
		struct json j;

		mem_fail_at(k, true);
		json_begin(&j, &b);
		json_open(&j, '[');
		for (int i = 0; i < 20; i++)
			json_decref(write_random(&j, &d, 0));
		json_close(&j, ']');
		failed = b.failed;
		mem_fail_at(0, false);
		if (!failed)
			break;
		assert_int_equal(failed, ERR_MEMORY);
	}
	assert_true(k > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_comes_out_byte_for_byte),
		cmocka_unit_test(random_documents_are_read_by_another_reader_as_meant),
		cmocka_unit_test(misuse_is_an_assertion_and_not_a_broken_document),
		cmocka_unit_test(out_of_memory_is_kept_by_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
