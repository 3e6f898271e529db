/* template.c - the body of a webhook: fields, escapes, and what is refused at the start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "loop/template.h"

static const char WILD[] = "a\"b\\c\n<&>'\x01 张=+";

static void fill(const char *text, const char *type, const char *want)
{
	CLEANUP(template_end) struct template *t = NULL;
	CLEANUP(buf_release) struct buf out = { 0 };
	struct str value[TEMPLATE_FIELD_N];
	struct fault f = { 0 };

	for (int i = 0; i < TEMPLATE_FIELD_N; i++)
		value[i] = str_of(WILD);
	value[TEMPLATE_COUNT] = STR("7");
	if (template_read(str_of(text), type, &t, &f))
		fail_msg("%s", f.en);
	template_fill(t, value, &out);
	buf_char(&out, '\0');
	assert_string_equal(out.p, want);
}

static void what_is_put_in_is_escaped_as_its_type_wants(void **state)
{
	(void)state;
	fill("{\"n\":${count},\"t\":\"${text}\"}", "application/json",
	     "{\"n\":7,\"t\":\"a\\\"b\\\\c\\n<&>'\\u0001 张=+\"}");
	fill("n=${count}&t=${text}", "application/x-www-form-urlencoded",
	     "n=7&t=a%22b%5Cc%0A%3C%26%3E%27%01%20%E5%BC%A0%3D%2B");
	fill("<t>${text}</t>", "Text/XML; charset=utf-8",
	     "<t>a&quot;b\\c\n&lt;&amp;&gt;&apos; 张=+</t>");
	fill("${text}", "text/plain", WILD);
}

static void dollars_are_doubled_and_the_rest_stands_as_it_is(void **state)
{
	(void)state;
	fill("", "text/plain", "");
	fill("{}{x} $$ $$${count}$$", "application/json", "{}{x} $ $7$");
	fill("${count}${count}", "text/plain", "77");
}

static void every_field_has_its_word(void **state)
{
	(void)state;
	for (int i = 0; i < TEMPLATE_FIELD_N; i++) {
		CLEANUP(template_end) struct template *t = NULL;
		CLEANUP(buf_release) struct buf text = { 0 };

		buf_fmt(&text, "${%s}", template_field_word((enum template_field)i));
		assert_int_equal(template_read(buf_view(&text), "text/plain", &t, NULL), OK);
		for (int k = 0; k < TEMPLATE_FIELD_N; k++)
			assert_int_equal(template_has(t, (enum template_field)k), i == k);
	}
}

static void what_is_no_template_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text, *type;
		enum err e;
		const char *says;
	} bad[] = {
		{ "a\nb ${name} c", "text/plain", ERR_SYNTAX,
		  "line 2 of the template: there is no "
		  "field name" },
		{ "a\n\n${to", "text/plain", ERR_SYNTAX, "line 3" },
		{ "cost: 5 $ each", "text/plain", ERR_SYNTAX, "$$" },
		{ "${}", "text/plain", ERR_SYNTAX, "there is no field" },
		{ "$", "text/plain", ERR_SYNTAX, "$$" },
		{ "\xff", "text/plain", ERR_ENCODING, "UTF-8" },
		{ "a", "text/html", ERR_TYPE, "text/html" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct template *t = NULL;
		struct fault f = { 0 };

		assert_int_equal(template_read(str_of(bad[i].text), bad[i].type, &t, &f), bad[i].e);
		if (!strstr(f.en, bad[i].says) || !f.zh[0])
			fail_msg("%zu: %s", i, f.en);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_in_is_escaped_as_its_type_wants),
		cmocka_unit_test(dollars_are_doubled_and_the_rest_stands_as_it_is),
		cmocka_unit_test(every_field_has_its_word),
		cmocka_unit_test(what_is_no_template_is_refused_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
