/* schema.c - see schema.h. */
#include "intake/schema.h"

#include <string.h>

#include "base/json_read.h"
#include "intake/batch.h"
#include "intake/contact_push.h"
#include "intake/count_report.h"
#include "intake/likeness.h"
#include "intake/notification.h"
#include "intake/sample.h"
#include "intake/visit.h"
#include "record/match.h"

#include "base/ban.h"

const struct noun *const intake_nouns[] = {
	&feed_noun,         &batch_noun,        &notification_noun, &sample_noun,
	&contact_push_noun, &count_report_noun, &likeness_noun,
};
const size_t intake_nouns_n = ARRAY_LEN(intake_nouns);

struct schema schema_of(enum feed_brings brings)
{
	static const struct noun *const nouns[FEED_BRINGS_N] = {
		[FEED_NOTIFICATIONS] = &notification_noun,
		[FEED_SAMPLES] = &sample_noun,
		[FEED_CONTACTS] = &contact_push_noun,
		[FEED_COUNTS] = &count_report_noun,
	};
	struct schema s = { .brings = brings, .people = brings != FEED_COUNTS };

	if (brings <= FEED_BRINGS_NOTHING || brings >= FEED_BRINGS_N)
		return (struct schema){ 0 };
	s.noun = nouns[brings];
	s.field = s.noun ? s.noun->field : visit_fields;
	s.n_fields = s.noun ? s.noun->n_fields : visit_fields_n;
	return s;
}

/* ---- a mapping ------------------------------------------------------------------------------- */

static enum err wrong(struct fault *f, enum err e, const char *zh, const char *en, struct str which)
{
	fault_at(f, "matching", NULL);
	return fault_set(f, e, "列对照：%s%.0s（%.*s）", "Columns: %.0s%s (%.*s)", zh, en,
			 (int)min_size(which.n, 60), which.p);
}

static int field_of(const struct schema *s, struct str name)
{
	if (str_eq(name, STR("area")))
		return COLUMN_AREA;
	for (size_t i = 0; i < s->n_fields; i++)
		if (str_eq(str_of(s->field[i].name), name) && !(s->field[i].flags & FIELD_SERVER))
			return (int)i;
	return COLUMN_NONE;
}

/* Split at the first `sign`; false if there is none. */
static bool split(struct str s, char sign, struct str *before, struct str *after)
{
	const char *at = s.n ? memchr(s.p, sign, s.n) : NULL;

	if (!at)
		return false;
	*before = (struct str){ s.p, (size_t)(at - s.p) };
	*after = (struct str){ at + 1, s.n - before->n - 1 };
	return true;
}

static enum err read_column(struct mapping *m, struct str heading, struct str text, struct fault *f)
{
	struct mapping_column c = { .heading = heading, .field = COLUMN_NONE };
	struct str name = text;

	if (text.n && split(text, '@', &name, &c.place))
		m->wide = true;
	if (text.n && (c.field = field_of(&m->schema, name)) == COLUMN_NONE)
		return wrong(f, ERR_RANGE, "没有这个字段，或它不由文件带来",
			     "there is no such field, or no file brings it", name);
	if (c.place.n && (!m->schema.noun || field_of(&m->schema, STR("place")) < 0))
		return wrong(f, ERR_RANGE, "只有带“地区原文”的数据才能横排",
			     "only rows with a place as written can come in a wide table", text);
	m->column[m->n_columns++] = c;
	return OK;
}

static enum err read_one(struct mapping *m, const struct json_node *n, struct fault *f)
{
	struct str key = n->key, column, text;

	if (n->is != JSON_IS_TEXT)
		return wrong(f, ERR_SYNTAX, "每一项应为带引号的文字", "each line says a text", key);
	if (!split(key, '=', &column, &text))
		return read_column(m, key, n->text, f);
	if (column.n) {
		m->word[m->n_words++] = (struct mapping_word){ column, text, n->text };
		return OK;
	}
	if (field_of(&m->schema, text) == COLUMN_NONE)
		return wrong(f, ERR_RANGE, "没有这个字段，或它不由文件带来",
			     "there is no such field, or no file brings it", text);
	m->always[m->n_always++] = (struct mapping_word){ .text = text, .means = n->text };
	return OK;
}

enum err mapping_read(struct schema s, struct str json, struct arena *a, struct mapping *ret,
		      struct fault *f)
{
	struct mapping m = { .schema = s };
	const struct json_node *map;
	enum err e;

	if (json.n == 0 || !s.n_fields) {
		*ret = m;
		return OK;
	}
	if ((e = json_read(json, &json_limits_request, a, &map, f)))
		return fault_at(f, "matching", NULL), e;
	if (map->is != JSON_IS_MAP)
		return wrong(f, ERR_SYNTAX, "应为一个 JSON 对象", "it is a JSON object", json);
	m.column = arena_take(a, map->n + 1, sizeof *m.column);
	m.word = arena_take(a, map->n + 1, sizeof *m.word);
	m.always = arena_take(a, map->n + 1, sizeof *m.always);
	if (!m.column || !m.word || !m.always)
		return ERR_MEMORY;
	for (size_t i = 0; i < map->n; i++)
		if ((e = read_one(&m, &map->items[i], f)))
			return e;
	*ret = m;
	return OK;
}

struct mapping_column mapping_column(const struct mapping *m, struct str heading)
{
	struct mapping_column c = { .heading = heading, .field = COLUMN_NONE };

	for (size_t i = 0; i < m->n_columns; i++)
		if (str_eq(m->column[i].heading, heading))
			return m->column[i];
	c.field = match_heading(m->schema.field, m->schema.n_fields, heading);
	if (c.field >= 0 && (m->schema.field[c.field].flags & FIELD_SERVER))
		c.field = COLUMN_NONE;
	return c;
}

struct str mapping_word(const struct mapping *m, struct str heading, struct str text)
{
	for (size_t i = 0; i < m->n_words; i++)
		if (str_eq(m->word[i].heading, heading) && str_eq(m->word[i].text, text))
			return m->word[i].means;
	return text;
}
