/* authz_rows.c - see authz_rows.h. */
#include "authz_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "record/inside.h"

#include "base/ban.h"

static struct record_book *book;
static struct desk *desk;
static unsigned made;

void authz_rows_of(struct record_book *b, struct desk *k)
{
	book = b;
	desk = k;
	made = 0;
}

const struct record_kind *authz_kind(const struct route *r)
{
	for (size_t i = 0; i < book->n_kinds; i++)
		if (r->arg == &book->kind[i])
			return &book->kind[i];
	return NULL;
}

/* ---- a row of any noun ---------------------------------------------------------------------- */

/* What a noun asks of a field and no canary has: this instead, or nothing at all. */
static const struct {
	const char *noun, *field, *value;
} formed[] = {
	{ "organisation", "credit_code", NULL },
	{ "feed", "api_key", NULL },
	{ "feed", "matching", NULL },
	{ "account", "login", "other-%u" }, /* every row another */
	{ "case", "profile", "covid19.who" },
	{ "campaign", "scope", "organisations" },
	{ "campaign", "query", NULL },
	{ "campaign", "needs", "text" },
	{ "measure", "explanation", "与病例同场；请居家；可申诉" },
};

static void give(const struct field *x, const char *value, const struct value_from *from, void *row)
{
	char text[64];

	(void)snprintf(text, sizeof text, "%.*s", (int)strcspn(value, "%"), value);
	if (strchr(value, '%'))
		(void)snprintf(text + strlen(text), sizeof text - strlen(text), "%u", made++);
	assert_int_equal(value_from_text(x, str_of(text), from, row, NULL), OK);
}

static bool set_formed(const struct noun *n, const struct field *x, const struct value_from *from,
		       void *row)
{
	for (size_t i = 0; i < ARRAY_LEN(formed); i++) {
		if (strcmp(formed[i].noun, n->name) != 0 || strcmp(formed[i].field, x->name) != 0)
			continue;
		if (formed[i].value)
			give(x, formed[i].value, from, row);
		return true;
	}
	return false;
}

static const char *sample(const struct field *x)
{
	static const char *const text[FIELD_TYPE_N] = {
		[FIELD_PHONE] = "119",
		[FIELD_BOOL] = "true",
		[FIELD_DATE] = "2021-07-31",
		[FIELD_AREA] = "430802",
	};

	return x->type == FIELD_CHOICE ? x->choice[1].word : text[x->type];
}

/*
 * Canaries wherever they fit. What it refers to lies in the same place; names differ, so that no
 * two are the same thing.
 */
static void set(const struct record_kind *k, unsigned i, struct arena *a, enum authz_place p,
		void *row)
{
	struct canary c = { (unsigned)p, (unsigned)(k - book->kind), i };
	struct value_from from = { .zone = book->zone, .a = a };
	const struct field *x = &k->noun->field[i];

	if (!field_kept(x) || set_formed(k->noun, x, &from, row) ||
	    canary_put(x, c, made++, a, row) || !(x->flags & FIELD_REQUIRED))
		return;
	if (x->type == FIELD_TEXT || x->type == FIELD_LONG) {
		*(struct str *)(void *)((char *)row + x->at) = STR("short");
	} else if (x->type == FIELD_REF) {
		*(struct record_id *)(void *)((char *)row + x->at) =
			authz_row_make(record_kind_of(book, x->refers), p);
	} else if (x->type == FIELD_TIME) { /* a field further down is later */
		((struct utc_s *)(void *)((char *)row + x->at))->v = DATABASE_NOW + 60 * (int64_t)i;
	} else if (x->type == FIELD_I64) {
		*(int64_t *)(void *)((char *)row + x->at) = x->min;
	} else {
		assert_non_null(sample(x));
		assert_int_equal(value_from_text(x, str_of(sample(x)), &from, row, NULL), OK);
	}
}

static void *row_of(const struct record_kind *k, struct arena *a, enum authz_place p)
{
	void *row = arena_take(a, 1, k->noun->bytes);

	noun_blank(k->noun, row);
	*row_head(row) = (struct record){ .id = record_id_new(book),
					  .version = 1,
					  .state = 1,
					  .created_at = { DATABASE_NOW },
					  .updated_at = { DATABASE_NOW } };
	assert_int_equal(area_parse(str_of(authz_area(p)), &row_head(row)->area), OK);
	for (unsigned i = 0; i < k->noun->n_fields; i++)
		set(k, i, a, p, row);
	return row;
}

/* ---- whose id is it ------------------------------------------------------------------------- */

enum { ROWS_MAX = 1 << 17 };
static struct authz_row known[ROWS_MAX];

static struct authz_row *slot(int64_t id)
{
	uint64_t at = (uint64_t)id * 0x9E3779B97F4A7C15 >> 47;

	while (known[at].id && known[at].id != id)
		at = (at + 1) % ROWS_MAX;
	return &known[at];
}

static struct record_id keep(struct record_id id, const struct record_kind *k, enum authz_place p)
{
	*slot(id.v) = (struct authz_row){ id.v, k, p };
	return id;
}

const struct authz_row *authz_row(int64_t id)
{
	const struct authz_row *r = slot(id);

	return r->id ? r : NULL;
}

struct put {
	const struct record_kind *k;
	const void *row;
};

static enum err put_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct put *p = arg;

	return act_insert(tx, p->k, p->row, f);
}

/*
 * What was stored before is over, so that no rule finds two of what there may be one of; but not
 * the accounts that ask.
 */
static enum err close_act(struct tx *tx, void *arg, struct fault *f)
{
	static struct sql sql[32];
	static char text[32][200];
	const struct record_kind *k = arg;
	size_t i = (size_t)(k - book->kind);

	assert_true(i < ARRAY_LEN(sql));
	(void)snprintf(text[i], sizeof text[i],
		       "UPDATE %s SET state = '%s' WHERE state = '%s'"
		       " AND id NOT IN (SELECT account FROM session)",
		       k->noun->path, k->noun->state[k->noun->n_states - 1].word,
		       k->noun->state[1].word);
	sql[i] =
		(struct sql){ .name = "test.close", .text = text[i], .args = "", .act = SQL_WRITE };
	return tx_run(tx, &sql[i], SQL_NO_ARGS, NULL, f);
}

struct record_id authz_row_make(const struct record_kind *k, enum authz_place p)
{
	struct put put = { .k = k, .row = row_of(k, desk->arena, p) };
	struct fault f = { 0 };

	if (db_write(desk->d->db, put_act, &put, &f))
		fail_msg("%s: %s", k->noun->name, f.en);
	return keep(row_head_const(put.row)->id, k, p);
}

/* ---- probes --------------------------------------------------------------------------------- */

/* Sent back as it was shown, without what the server sets. */
static void body_of(const struct record_kind *k, const void *row, struct authz_request *ret)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	char area[AREA_TEXT_BYTES];
	struct json j;

	area_text(row_head_const(row)->area, area);
	json_begin(&j, &b);
	json_open(&j, '{');
	json_key(&j, "area");
	json_str(&j, str_of(area));
	for (size_t i = 0; i < k->noun->n_fields; i++)
		if (k->noun->field[i].flags & FIELD_REQUIRED) {
			json_key(&j, k->noun->field[i].name);
			value_to_json(&k->noun->field[i], row, book->zone, &j);
		}
	json_close(&j, '}');
	(void)snprintf(ret->body, sizeof(ret->body), "%.*s", (int)b.n, b.p);
}

static void store(const struct put *put, enum authz_place p, char target[AUTHZ_TARGET_BYTES])
{
	struct fault f = { 0 };
	char id[24];

	if (db_write(desk->d->db, put_act, (void *)(uintptr_t)put, &f))
		fail_msg("%s: %s", put->k->noun->name, f.en);
	row_id_text(keep(row_head_const(put->row)->id, put->k, p), id);
	authz_put(target, id);
}

static void put_event(const struct noun *n, char target[AUTHZ_TARGET_BYTES])
{
	for (size_t i = 0; i < n->n_steps; i++)
		if (n->step[i].from == 1) {
			authz_put(target, n->step[i].event);
			return;
		}
}

void authz_row_fill(struct desk *d, const struct route *r, enum authz_place p,
		    struct authz_request *ret)
{
	const struct record_kind *k = authz_kind(r);
	bool of_row = strstr(ret->target, "{id}");
	struct put put = { .k = k };
	struct fault f = { 0 };

	if (!k)
		return;
	if (strstr(ret->target, "/import"))
		(void)snprintf(ret->body, sizeof(ret->body), "%s",
			       r->method == HTTP_GET ? "" : "area\n430802\n");
	if (!of_row && (r->method == HTTP_GET || ret->body[0]))
		return;
	if (db_write(d->d->db, close_act, (void *)(uintptr_t)k, &f))
		fail_msg("%s", f.en);
	put.row = row_of(k, d->arena, p);
	if (of_row)
		store(&put, p, ret->target);
	if (strstr(ret->target, "{event:text}"))
		put_event(k->noun, ret->target);
	else if (r->method != HTTP_GET)
		body_of(k, put.row, ret);
	if (r->method == HTTP_PATCH)
		(void)snprintf(ret->headers, sizeof(ret->headers), "If-Match: \"1\"\r\n");
}
