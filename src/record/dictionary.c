/* dictionary.c - the data dictionary: every noun and field, for people, as Markdown. */
#include <inttypes.h>

#include "record/record.h"

#include "base/ban.h"

static void limits(const struct field *x, struct buf *b)
{
	const char *unit = x->type == FIELD_I64 ? "" : " 字 characters";

	for (size_t i = 1; i < x->n_choices; i++)
		buf_fmt(b, "%s`%s` %s %s", i > 1 ? "; " : "", x->choice[i].word, x->choice[i].zh,
			x->choice[i].en);
	if (x->refers)
		buf_fmt(b, "→ %s", x->refers);
	else if (x->min || x->max)
		buf_fmt(b, "%" PRId64 " .. %" PRId64 "%s", x->min, x->max, unit);
}

static void flags(const struct field *x, struct buf *b)
{
	static const struct {
		unsigned flag;
		const char *word;
	} words[] = {
		{ FIELD_REQUIRED, "required" },    { FIELD_FIXED, "fixed" },
		{ FIELD_SERVER, "by the server" }, { FIELD_LISTED, "listed" },
		{ FIELD_FILTER, "filter" },        { FIELD_SEARCH, "search" },
		{ FIELD_EXPORT, "export" },        { FIELD_KEY, "key" },
	};
	const char *comma = "";

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (x->flags & words[i].flag) {
			buf_fmt(b, "%s%s", comma, words[i].word);
			comma = ", ";
		}
}

static void noun(const struct noun *n, struct buf *b)
{
	buf_fmt(b, "\n## %s %s\n\n`%s`, `/api/v1/%s`\n\n", n->zh, n->en, n->name, n->path);
	buf_lit(b, "| field | 中文 | English | type | seen by | is | holds |\n"
		   "| --- | --- | --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < n->n_fields; i++) {
		const struct field *x = &n->field[i];

		buf_fmt(b, "| `%s` | %s | %s | %s | %s | ", x->name, x->zh, x->en,
			field_type_word(x->type), field_see_word(x->see));
		flags(x, b);
		buf_lit(b, " | ");
		limits(x, b);
		buf_lit(b, " |\n");
	}
	buf_lit(b, "\n| from | event | to | 中文 | English |\n| --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < n->n_steps; i++) {
		const struct step *s = &n->step[i];

		buf_fmt(b, "| %s | `%s` | %s | %s | %s |\n", s->from ? n->state[s->from].word : "",
			s->event, n->state[s->to].word, s->zh, s->en);
	}
}

void record_dictionary(const struct noun *const *nouns, size_t n, struct buf *b)
{
	buf_lit(b,
		"# Data dictionary\n\n"
		"Printed from the field tables (`make bless`); not edited by hand. Every noun also "
		"has\n`id`, `area`, `version`, `state`, `created_at`, `updated_at` and "
		"`created_by`. Who \"seen by\" is\nstands in `src/record/sight.c`.\n");
	for (size_t i = 0; i < n; i++)
		noun(nouns[i], b);
}
