/*
 * sql.c - any bytes as a statement and as a step of the schema: judged, never followed astray.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "db/inside.h"
#include "db/scale.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Both spellings together hold no more than the text does, twice. */
static void spell(const char *text)
{
	for (int sqlite = 0; sqlite < 2; sqlite++) {
		CLEANUP(buf_release) struct buf out = { 0 };

		must(sql_spell(text, sqlite != 0, &out) == OK);
		must(out.n > 0 && out.p[out.n - 1] == '\0' && out.n <= strlen(text) + 1);
	}
}

static void judge(enum err e, const struct fault *f)
{
	must(e == OK || (e == ERR_BUG && f->en[0] && f->zh[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct db_step schema = {
		1, "schema",
		"-- spread: everywhere\nCREATE TABLE area (id BIGINT NOT NULL PRIMARY KEY);"
		"-- spread: county\n-- insert-only\nCREATE TABLE entry (county BIGINT NOT NULL,"
		" id BIGINT NOT NULL, PRIMARY KEY (county, id));"
	};
	struct scale *known = NULL, *made = NULL;
	struct fault f = { 0 };
	char *text = mem_take(n + 1, 1);
	enum err e;

	must(text != NULL);
	if (n)
		memcpy(text, p, n);
	spell(text);
	must(scale_new(&schema, 1, &known, &f) == OK);
	{
		const struct sql sql = { .name = "any", .text = text, .args = "ii" };

		judge(scale_check(known, &sql, &f), &f);
	}
	scale_free(known);
	f = (struct fault){ 0 };
	{
		const struct db_step step = { 1, "any", text };

		judge(e = scale_new(&step, 1, &made, &f), &f);
		if (e == OK)
			scale_free(made);
	}
	mem_drop(text);
	return 0;
}
