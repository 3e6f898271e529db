/* answer.c - handlers that show: the list, one row, and what nouns there are. */
#include "record/handler.h"

#include <string.h>

#include "base/ban.h"
#include "record/cursor.h"
#include "record/labels.h"
#include "record/query.h"

static void put_time(struct json *j, const char *key, struct utc_s t, const struct zone *zone)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	when_iso(&b, t, zone);
	json_key(j, key);
	if (b.failed)
		json_nil(j);
	else
		json_str(j, buf_view(&b));
}

/* Of what is for few, a list shows what the noun says is listed; all of it is in the row itself. */
static unsigned list_sight(const struct record_kind *k, unsigned sight)
{
	return k->listed_official ? sight : sight & ((1u << SEE_OFFICIAL) - 1);
}

/* What rows show besides what is kept in them; of one without it nothing is asked. */
static enum err ask_beside(struct call *c, struct tx *tx, const struct record_kind *k,
			   void *const *row, size_t n, uint64_t **ret, struct fault *f)
{
	const struct beside *b = k->noun->beside;

	if (!b)
		return OK;
	*ret = arena_take(c->a, n + 1, sizeof **ret);
	return *ret ? b->ask(tx, row, n, *ret, f) : ERR_MEMORY;
}

static void put_row(struct call *c, const struct record_kind *k, const void *row, unsigned sight,
		    const uint64_t *beside)
{
	struct json *j = call_json(c);

	row_to_json(k->noun, row, sight, k->book->zone, j);
	if (beside) {
		json_key(j, k->noun->beside->name);
		k->noun->beside->put(j, *beside);
	}
	json_close(j, '}');
}

/* Beside the rows of an answer, what they refer to. */
static enum err put_page(struct call *c, struct tx *tx, const struct record_kind *k, void **row,
			 size_t n, unsigned sight, struct fault *f)
{
	CLEANUP(labels_end) struct labels l = { 0 };
	struct json *j = call_json(c);
	uint64_t *beside = NULL;
	enum err e = labels_begin(&l, k->book, c->who, c->a);

	if (!e)
		e = ask_beside(c, tx, k, row, n, &beside, f);
	json_key(j, "items");
	json_open(j, '[');
	for (size_t i = 0; i < n && !e; i++) {
		put_row(c, k, row[i], sight, beside ? &beside[i] : NULL);
		e = labels_note(&l, k, row[i], sight);
	}
	json_close(j, ']');
	if (!e && !(e = labels_ask(&l, tx, c->now, c->a, f)))
		labels_put(&l, j);
	return e;
}

enum err handler_list(struct call *c, struct tx *tx, struct fault *f)
{
	const struct record_kind *k = c->route->arg;
	struct query *q = arena_take(c->a, 1, sizeof *q);
	char cursor[CURSOR_TEXT_BYTES];
	struct json *j = call_json(c);
	size_t shown, n;
	void **row;
	enum err e;

	if (!q)
		return ERR_MEMORY;
	if ((e = query_read(c, k, q, f)))
		return e;
	shown = q->ask.limit++; /* one more says whether there is a next page */
	if ((e = list_rows(tx, k, &q->ask, c->a, &row, &n, f)))
		return e;
	json_open(j, '{');
	if ((e = put_page(c, tx, k, row, min_size(n, shown), list_sight(k, q->ask.sight), f)))
		return e;
	json_key(j, "next");
	if (n > shown) {
		cursor_write(row_head(row[shown - 1])->id, q->mark, cursor);
		json_str(j, str_of(cursor));
	} else {
		json_nil(j);
	}
	put_time(j, "as_of", c->now, k->book->zone);
	json_close(j, '}');
	return k->listed_official ? handler_saw(c, k, NULL, q->scope.v[0], "list", f) : OK;
}

/* ---- one row -------------------------------------------------------------------------------- */

static void put_labels(struct json *j, const char *zh, const char *en)
{
	json_key(j, "zh");
	json_str(j, str_of(zh));
	json_key(j, "en");
	json_str(j, str_of(en));
}

/* The ways on from here that are the caller's; where a guard says no, why. */
static void put_events(struct json *j, const struct call *c, const struct noun *n, const void *row)
{
	for (size_t i = 0; i < n->n_steps; i++) {
		const struct step *s = &n->step[i];

		if (s->from != row_head_const(row)->state || !sight_may_step(c->who, n, s))
			continue;
		json_open(j, '{');
		json_key(j, "event");
		json_str(j, str_of(s->event));
		put_labels(j, s->zh, s->en);
		if (s->guard && !s->guard(row, c->who, c->now)) {
			json_key(j, "why_zh");
			json_str(j, str_of(s->why_zh));
			json_key(j, "why_en");
			json_str(j, str_of(s->why_en));
		}
		json_close(j, '}');
	}
}

static void put_ways(struct json *j, struct call *c, const struct noun *n, const void *row)
{
	const struct record *r = row_head_const(row);
	bool own = scope_covers(&c->who->scope, r->area); /* else it is read from below, no more */

	json_key(j, "events");
	json_open(j, '[');
	if (own)
		put_events(j, c, n, row);
	json_close(j, ']');
	json_key(j, "may");
	json_open(j, '{');
	json_key(j, "edit");
	json_bool(j, own && call_may(c, n->write) && !noun_closed(n, r->state));
	json_key(j, "history");
	json_bool(j, own);
	json_close(j, '}');
}

enum err handler_item(struct call *c, struct tx *tx, const struct record_kind *k, const void *row,
		      struct fault *f)
{
	CLEANUP(labels_end) struct labels l = { 0 };
	const struct noun *n = k->noun;
	struct json *j = call_json(c);
	void *one = (void *)(uintptr_t)row;
	uint64_t *beside = NULL;
	enum err e = ask_beside(c, tx, k, &one, 1, &beside, f);

	if (e)
		return e;
	json_key(j, "item");
	put_row(c, k, row, sight_of(c->who), beside);
	if (!n->own_way)
		put_ways(j, c, n, row);
	if ((e = labels_begin(&l, k->book, c->who, c->a)) ||
	    (e = labels_note(&l, k, row, sight_of(c->who))) ||
	    (e = labels_ask(&l, tx, c->now, c->a, f)))
		return e;
	labels_put(&l, j);
	return n->tell ? n->tell(c, tx, row, f) : OK;
}

enum err record_item(const struct record_book *b, struct call *c, struct tx *tx,
		     const struct noun *n, const void *row, struct fault *f)
{
	const struct record_kind *k = record_kind_of(b, n->name);

	return k ? handler_item(c, tx, k, row, f) : ERR_BUG;
}

enum err handler_get(struct call *c, struct tx *tx, struct fault *f)
{
	const struct record_kind *k = c->route->arg;
	void *row;
	enum err e = handler_load_up(c, tx, k, &row, f);

	if (e || (e = handler_etag(c, row)))
		return e;
	json_open(call_json(c), '{');
	if ((e = handler_item(c, tx, k, row, f)))
		return e;
	json_close(call_json(c), '}');
	return k->official ? handler_saw(c, k, row, row_head(row)->area, "read", f) : OK;
}

/* ---- what happened to it -------------------------------------------------------------------- */

struct telling {
	struct json *j;
	const struct zone *zone;
	struct labels labels; /* who did it */
};

static void put_id(struct json *j, const char *key, int64_t id)
{
	char text[24];

	row_id_text((struct record_id){ id }, text);
	json_key(j, key);
	json_str(j, str_of(text));
}

static enum err tell_entry(const struct ledger_entry *en, const struct crypt_hash *hash, void *arg,
			   struct fault *f)
{
	struct telling *t = arg;

	(void)hash;
	(void)f;
	json_open(t->j, '{');
	put_id(t->j, "seq", en->seq);
	put_time(t->j, "at", en->at, t->zone);
	json_key(t->j, "kind");
	json_str(t->j, str_of(ledger_kind_word(en->kind)));
	json_key(t->j, "action");
	json_str(t->j, en->action);
	put_id(t->j, "actor", en->actor);
	json_key(t->j, "purpose");
	json_str(t->j, en->purpose);
	put_id(t->j, "version", en->version);
	json_key(t->j, "detail");
	json_str(t->j, en->detail);
	json_close(t->j, '}');
	return labels_note_id(&t->labels, "account", en->actor);
}

enum err handler_history(struct call *c, struct tx *tx, struct fault *f)
{
	const struct record_kind *k = c->route->arg;
	struct telling t = { .j = call_json(c), .zone = k->book->zone };
	struct ledger_page page = { .limit = QUERY_ROWS_MAX };
	void *row;
	enum err e = handler_load(c, tx, k, &row, f);

	if (e || (e = labels_begin(&t.labels, k->book, c->who, c->a)))
		return e;
	page.county = area_county(row_head(row)->area);
	json_open(t.j, '{');
	json_key(t.j, "items");
	json_open(t.j, '[');
	e = ledger_of_object(tx, &page, str_of(k->noun->name), row_head(row)->id.v, tell_entry, &t,
			     f);
	json_close(t.j, ']');
	if (!e && !(e = labels_ask(&t.labels, tx, c->now, c->a, f)))
		labels_put(&t.labels, t.j);
	labels_end(&t.labels);
	put_time(t.j, "as_of", c->now, k->book->zone);
	json_close(t.j, '}');
	return e;
}

/* ---- what nouns there are ------------------------------------------------------------------- */

static void put_words(struct json *j, const struct choice *c, size_t n)
{
	json_open(j, '[');
	for (size_t i = 1; i < n; i++) {
		json_open(j, '{');
		json_key(j, "word");
		json_str(j, str_of(c[i].word));
		put_labels(j, c[i].zh, c[i].en);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void put_maybe(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	if (text)
		json_str(j, str_of(text));
	else
		json_nil(j);
}

static void put_field(struct json *j, const struct field *x)
{
	static const struct {
		const char *word;
		unsigned flag;
	} flags[] = {
		{ "required", FIELD_REQUIRED }, { "fixed", FIELD_FIXED },
		{ "server", FIELD_SERVER },     { "listed", FIELD_LISTED },
		{ "filter", FIELD_FILTER },     { "search", FIELD_SEARCH },
		{ "export", FIELD_EXPORT },     { "key", FIELD_KEY },
	};

	json_open(j, '{');
	json_key(j, "name");
	json_str(j, str_of(x->name));
	json_key(j, "type");
	json_str(j, str_of(field_type_word(x->type)));
	put_labels(j, x->zh, x->en);
	json_key(j, "see");
	json_str(j, str_of(field_see_word(x->see)));
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		json_key(j, flags[i].word);
		json_bool(j, x->flags & flags[i].flag);
	}
	json_key(j, "min");
	json_i64(j, x->min);
	json_key(j, "max");
	json_i64(j, x->max);
	json_key(j, "choices");
	put_words(j, x->choice, x->n_choices);
	put_maybe(j, "refers", x->refers);
	put_maybe(j, "hint_zh", x->hint_zh);
	put_maybe(j, "hint_en", x->hint_en);
	json_close(j, '}');
}

static void put_steps(struct json *j, const struct noun *n)
{
	json_open(j, '[');
	for (size_t i = 0; i < n->n_steps; i++) {
		const struct step *s = &n->step[i];

		json_open(j, '{');
		json_key(j, "from");
		if (s->from)
			json_str(j, str_of(n->state[s->from].word));
		else
			json_nil(j);
		json_key(j, "event");
		json_str(j, str_of(s->event));
		json_key(j, "to");
		json_str(j, str_of(n->state[s->to].word));
		put_labels(j, s->zh, s->en);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void put_may(struct json *j, const struct call *c, const struct noun *n)
{
	const struct {
		const char *word;
		bool may;
	} may[] = {
		{ "read", call_may(c, n->read) },
		{ "write", call_may(c, n->write) },
		{ "import", call_may(c, n->write) && call_may(c, CAP_IMPORT) },
		{ "export", call_may(c, CAP_EXPORT) },
	};

	json_open(j, '{');
	for (size_t i = 0; i < ARRAY_LEN(may); i++) {
		json_key(j, may[i].word);
		json_bool(j, may[i].may);
	}
	json_close(j, '}');
}

static void put_beside(struct json *j, const struct beside *b)
{
	json_open(j, '{');
	json_key(j, "name");
	json_str(j, str_of(b->name));
	json_key(j, "type");
	json_str(j, STR("words"));
	put_labels(j, b->zh, b->en);
	json_key(j, "see");
	json_str(j, str_of(field_see_word(SEE_AREA)));
	json_key(j, "server");
	json_bool(j, true);
	json_key(j, "listed");
	json_bool(j, true);
	json_close(j, '}');
}

static void put_noun(struct json *j, const struct call *c, const struct noun *n)
{
	json_open(j, '{');
	json_key(j, "name");
	json_str(j, str_of(n->name));
	json_key(j, "path");
	json_str(j, str_of(n->path));
	put_labels(j, n->zh, n->en);
	put_maybe(j, "en_many", n->en_many);
	json_key(j, "fields");
	json_open(j, '[');
	for (size_t i = 0; i < n->n_fields; i++)
		if (row_sees(sight_of(c->who), &n->field[i]))
			put_field(j, &n->field[i]);
	if (n->beside)
		put_beside(j, n->beside);
	json_close(j, ']');
	json_key(j, "states");
	put_words(j, n->state, n->n_states);
	json_key(j, "steps");
	put_steps(j, n);
	put_maybe(j, "label", noun_label(n) ? noun_label(n)->name : NULL);
	json_key(j, "reads_up");
	json_bool(j, n->reads_up);
	json_key(j, "may");
	put_may(j, c, n);
	json_close(j, '}');
}

enum err handler_nouns(struct call *c, struct tx *tx, struct fault *f)
{
	const struct record_book *b = c->route->arg;
	struct json *j = call_json(c);

	(void)tx;
	(void)f;
	json_open(j, '[');
	for (size_t i = 0; i < b->n_kinds; i++)
		if (call_may(c, b->kind[i].noun->read))
			put_noun(j, c, b->kind[i].noun);
	json_close(j, ']');
	return OK;
}
