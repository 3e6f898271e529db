/* template.c - a webhook's template: whatever is read can be filled, and JSON stays JSON. */
#include <stdlib.h>
#include <string.h>

#include "base/json_read.h"
#include "loop/template.h"

/* Not assert(): what is wrong must stop a fuzzer even where somebody defined NDEBUG. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static void fill(const struct template *t, struct str with, struct buf *out)
{
	struct str value[TEMPLATE_FIELD_N];

	for (int i = 0; i < TEMPLATE_FIELD_N; i++)
		value[i] = with;
	template_fill(t, value, out);
	must(!out->failed);
}

/* A template that is JSON with harmless values is JSON with any. */
static void stays_json(const struct template *t)
{
	static const char any[] = "\"\\\n\t\x01</script>\xe5\xbc\xa0";
	CLEANUP(buf_release) struct buf plain = { 0 }, wild = { 0 };
	CLEANUP(arena_end) struct arena *a = NULL;
	const struct json_limits limits = { 1 << 24, 1 << 20, 100 };
	const struct json_node *n;

	fill(t, STR("a"), &plain);
	fill(t, STR(any), &wild);
	if (plain.n > 1 << 16 || wild.n > 1 << 20 || arena_new(64 << 20, &a))
		return;
	/* A field outside of quotes, or as a key that comes twice, is the author's mistake. */
	if (!memchr(plain.p ? plain.p : "", '\\', plain.n) &&
	    json_read(buf_view(&plain), &limits, a, &n, NULL) == OK) {
		enum err e = json_read(buf_view(&wild), &limits, a, &n, NULL);

		must(e == OK || e == ERR_MEMORY);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const types[] = { "application/json",
					     "application/x-www-form-urlencoded",
					     "application/xml; charset=utf-8", "text/plain" };
	struct fault f = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		CLEANUP(template_end) struct template *t = NULL;
		CLEANUP(buf_release) struct buf out = { 0 };

		if (template_read((struct str){ (const char *)p, n }, types[i], &t, &f)) {
			must(f.zh[0] && f.en[0]);
			continue;
		}
		fill(t, STR("<&\"'>\n"), &out);
		if (i == 0)
			stays_json(t);
	}
	return 0;
}
