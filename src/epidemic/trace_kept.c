/*
 * trace_kept.c - an answer to a trace, told; and one that was kept, put together again and held
 * against the digest of what was told then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "epidemic/epidemic.sql.h"
#include "epidemic/inside.h"
#include "ledger/ledger.h"
#include "trail/ask.h"

#include "base/ban.h"

enum { FIELDS = 8 };

/* ---- telling --------------------------------------------------------------------------------- */

static void tell_encounter(struct call *c, const struct trail_encounter *x)
{
	struct json *j = call_json(c);

	json_open(j, '{');
	json_key(j, "via");
	call_id_json(c, x->via);
	json_key(j, "place");
	call_id_json(c, x->place.v);
	json_key(j, "from");
	call_time_json(c, x->from);
	json_key(j, "to");
	call_time_json(c, x->to);
	json_key(j, "class");
	json_str(j, str_of(trace_class_word(x->klass)));
	json_key(j, "rule");
	json_str(j, x->rule);
	json_close(j, '}');
}

static void tell_contact(struct call *c, const struct trail_contact *k)
{
	struct json *j = call_json(c);

	json_open(j, '{');
	json_key(j, "person");
	call_id_json(c, k->person);
	json_key(j, "generation");
	json_i64(j, k->generation);
	json_key(j, "class");
	json_str(j, str_of(trace_class_word(k->klass)));
	json_key(j, "rule");
	json_str(j, k->rule);
	json_key(j, "overlap_s");
	json_i64(j, (int64_t)k->overlap_s);
	json_key(j, "first");
	call_time_json(c, k->first);
	json_key(j, "last");
	call_time_json(c, k->last);
	json_key(j, "encounters");
	json_open(j, '[');
	for (size_t i = 0; i < k->n_encounters; i++)
		tell_encounter(c, &k->encounter[i]);
	json_close(j, ']');
	json_close(j, '}');
}

static void tell_head(struct call *c, const struct trace_told *t)
{
	const struct {
		const char *key;
		int64_t v;
	} ids[] = { { "id", t->id },
		    { "case", t->case_id },
		    { "warrant", t->warrant },
		    { "officer", t->officer } },
	  numbers[] = { { "generations", t->generations },
			{ "n_contacts", t->n_contacts },
			{ "n_encounters", t->n_encounters },
			{ "visits", t->visits } };
	const struct {
		const char *key;
		struct utc_s v;
	} times[] = { { "created_at", t->created_at }, { "from", t->from }, { "to", t->to } };
	struct json *j = call_json(c);

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		json_key(j, ids[i].key);
		call_id_json(c, ids[i].v);
	}
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		json_key(j, times[i].key);
		call_time_json(c, times[i].v);
	}
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		json_key(j, numbers[i].key);
		json_i64(j, numbers[i].v);
	}
	json_key(j, "profile");
	json_str(j, t->profile);
	json_key(j, "digest");
	json_str(j, t->digest);
	if (!t->change)
		return;
	json_key(j, "difference");
	json_open(j, '{');
	json_key(j, "added");
	json_i64(j, t->change->added);
	json_key(j, "changed");
	json_i64(j, t->change->changed);
	json_key(j, "gone");
	json_i64(j, t->change->gone);
	json_close(j, '}');
}

enum err trace_tell(struct call *c, const struct trace_told *t, const struct trail_answer *a,
		    const char *proof)
{
	struct json *j = call_json(c);

	json_open(j, '{');
	tell_head(c, t);
	json_key(j, "proof");
	json_str(j, str_of(proof));
	json_key(j, "contacts");
	json_open(j, '[');
	for (size_t i = 0; i < a->n_contacts; i++)
		tell_contact(c, &a->contact[i]);
	json_close(j, ']');
	if (c->receipt)
		call_receipt_json(c);
	json_close(j, '}');
	return OK;
}

void trace_hash_text(struct str h, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < h.n; i++)
		buf_fmt(out, "%02x", (unsigned char)h.p[i]);
}

/* ---- an answer that was kept ----------------------------------------------------------------- */

typedef VEC(struct trail_contact) contacts;
typedef VEC(struct trail_encounter) encounters;

struct kept {
	contacts contact;
	encounters encounter;
	bool partly;     /* a day of it is over */
	struct arena *a; /* rules point into it */
};

static void kept_end(struct kept *k)
{
	vec_drop(&k->contact);
	vec_drop(&k->encounter);
}

/* "c 17 1 ..." : its kind, its numbers, its last word. */
static bool line_of(struct str line, size_t n, int64_t *ret, struct str *ret_word)
{
	const char *p = line.p + 2, *end = line.p + line.n;

	for (size_t i = 0; i < n; i++) {
		const char *blank = memchr(p, ' ', (size_t)(end - p));

		if (!blank || str_i64((struct str){ p, (size_t)(blank - p) }, &ret[i]))
			return false;
		p = blank + 1;
	}
	*ret_word = (struct str){ p, (size_t)(end - p) };
	return true;
}

static enum err read_line(struct kept *k, struct str line)
{
	int64_t v[FIELDS];
	struct str word;

	if (line.n > 2 && line.p[0] == 'c' && line_of(line, 6, v, &word))
		return vec_push(&k->contact, ((struct trail_contact){ v[0],
								      (enum trace_class)v[2],
								      word,
								      (uint32_t)v[1],
								      (uint64_t)v[3],
								      { v[4] },
								      { v[5] },
								      0,
								      NULL }));
	if (line.n > 2 && line.p[0] == 'm' && line_of(line, 6, v, &word))
		return vec_push(&k->encounter,
				((struct trail_encounter){ v[0],
							   v[1],
							   { v[2] },
							   { v[3] },
							   { v[4] },
							   word,
							   (enum trace_class)v[5] }));
	return ERR_CORRUPT;
}

static enum err read_part(struct call *c, struct kept *k, struct trail_part at, struct str sealed)
{
	CLEANUP(buf_release) struct buf plain = { 0 };
	enum err e = trail_part_open(epidemic_of(c)->o.trail, at, sealed, &plain);
	char *text;

	if (e == ERR_ABSENT) {
		k->partly = true;
		return OK;
	}
	if (e)
		return e;
	text = arena_copy(k->a, plain.p, plain.n);
	if (!text)
		return ERR_MEMORY;
	for (const char *p = text, *end = text + plain.n; p < end && !e;) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));

		if (!stop)
			return ERR_CORRUPT;
		e = read_line(k, (struct str){ p, (size_t)(stop - p) });
		p = stop + 1;
	}
	return e;
}

static int by_generation(const void *pa, const void *pb)
{
	const struct trail_contact *a = pa, *b = pb;

	if (a->generation != b->generation)
		return a->generation < b->generation ? -1 : 1;
	return (a->person > b->person) - (a->person < b->person);
}

static int by_contact(const void *pa, const void *pb)
{
	const struct trail_encounter *a = pa, *b = pb;
	const int64_t x[] = { a->contact, a->from.v, a->to.v, a->place.v, a->via };
	const int64_t y[] = { b->contact, b->from.v, b->to.v, b->place.v, b->via };

	for (size_t i = 0; i < ARRAY_LEN(x); i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return str_cmp(a->rule, b->rule);
}

static void join(struct kept *k)
{
	if (k->encounter.n)
		qsort(k->encounter.v, k->encounter.n, sizeof *k->encounter.v, by_contact);
	if (k->contact.n)
		qsort(k->contact.v, k->contact.n, sizeof *k->contact.v, by_generation);
	for (size_t i = 0; i < k->contact.n; i++) {
		struct trail_contact *c = &k->contact.v[i];
		size_t low = 0, high = k->encounter.n;

		while (low < high) {
			size_t middle = (low + high) / 2;

			if (k->encounter.v[middle].contact < c->person)
				low = middle + 1;
			else
				high = middle;
		}
		c->encounter = k->encounter.v + low;
		while (low + c->n_encounters < k->encounter.n &&
		       k->encounter.v[low + c->n_encounters].contact == c->person)
			c->n_encounters++;
	}
}

static enum err read_parts(struct call *c, struct tx *tx, struct area_code county, int64_t id,
			   struct kept *k, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e =
		tx_rows(tx, &epidemic_sql.parts, SQL_ARGS(sql_i64(county.v), sql_i64(id)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		const struct trail_part at = { county, id, (int32_t)rows_i64(r, 0) };

		e = read_part(c, k, at, rows_blob(r, 1));
	}
	if (!e)
		join(k);
	return e;
}

enum err trace_encounters(struct call *c, struct tx *tx, struct area_code county, int64_t id,
			  trace_each *each, void *arg, bool *ret_partly, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	CLEANUP(kept_end) struct kept k = { 0 };
	enum err e = arena_new(TRACE_BYTES_MAX, &a);

	k.a = a;
	if (!e)
		e = read_parts(c, tx, county, id, &k, f);
	for (size_t i = 0; i < k.contact.n && !e; i++)
		for (size_t x = 0; x < k.contact.v[i].n_encounters && !e; x++)
			e = each(arg, k.contact.v[i].generation, &k.contact.v[i].encounter[x]);
	*ret_partly = *ret_partly || k.partly;
	return e;
}

/* Is what was kept still what was told? */
static enum err proof_of(const struct kept *k, const struct trail_answer *a, struct str digest,
			 const char **ret)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct crypt_hash now;
	enum err e;

	*ret = "expired";
	if (k->partly)
		return OK;
	trail_answer_text(a, &text);
	if (text.failed)
		return text.failed;
	if ((e = crypt_hash(CRYPT_WORLD, text.p, text.n, &now)))
		return e;
	*ret = str_eq(digest, (struct str){ (const char *)now.v, CRYPT_HASH_BYTES }) ? "whole"
										     : "broken";
	return OK;
}

static enum err saw(struct call *c, struct area_code area, int64_t id, int64_t case_id,
		    struct fault *f)
{
	char *matter = arena_take(c->a, 32, 1);
	struct ledger_entry en = { .county = area_county(area),
				   .object = STR("trace"),
				   .object_id = id,
				   .matter = { matter, 0 } };

	if (!matter)
		return ERR_MEMORY;
	en.matter.n = (size_t)snprintf(matter, 32, "case-" LEDGER_ID, (long long)case_id);
	return call_saw(c, &en, f);
}

enum err trace_get(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	CLEANUP(kept_end) struct kept k = { .a = c->a };
	CLEANUP(buf_release) struct buf digest = { 0 };
	const int64_t id = call_id(c, "id");
	const char *proof = "";
	enum err e = tx_row(tx, &epidemic_sql.trace, SQL_ARGS(sql_i64(id)), &r, f);

	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	struct area_code county = { rows_i64(r, 0) }, area = { rows_i64(r, 1) };
	if ((e = call_reach(c, area, f)) || (e = read_parts(c, tx, county, id, &k, f)))
		return e;
	trace_hash_text(rows_blob(r, 14), &digest);
	const struct trace_told t = { .id = id,
				      .case_id = rows_i64(r, 2),
				      .warrant = rows_i64(r, 3),
				      .officer = rows_i64(r, 4),
				      .created_at = rows_time(r, 5),
				      .profile = rows_text(r, 6),
				      .from = rows_time(r, 7),
				      .to = rows_time(r, 8),
				      .generations = rows_i64(r, 9),
				      .n_contacts = rows_i64(r, 10),
				      .n_encounters = rows_i64(r, 11),
				      .visits = rows_i64(r, 12),
				      .horizon = rows_time(r, 13),
				      .digest = buf_view(&digest) };
	struct trail_answer a = { .profile = t.profile,
				  .contact = k.contact.v,
				  .n_contacts = k.contact.n,
				  .n_encounters = k.encounter.n };
	if ((e = proof_of(&k, &a, rows_blob(r, 14), &proof)) ||
	    (e = saw(c, area, id, t.case_id, f)))
		return e;
	return digest.failed ? digest.failed : trace_tell(c, &t, &a, proof);
}

enum err trace_list(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	struct case_row *of;
	bool more;
	enum err e = case_load(c, tx, &of, f);

	if (e || (e = tx_rows(tx, &epidemic_sql.traces_of,
			      SQL_ARGS(sql_i64(area_county(of->record.area).v),
				       sql_i64(of->record.id.v)),
			      &r, f)))
		return e;
	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	while (!(e = rows_next(r, &more, f)) && more) {
		json_open(j, '{');
		json_key(j, "id");
		call_id_json(c, rows_i64(r, 0));
		json_key(j, "officer");
		call_id_json(c, rows_i64(r, 1));
		json_key(j, "created_at");
		call_time_json(c, rows_time(r, 2));
		json_key(j, "profile");
		json_str(j, rows_text(r, 3));
		json_key(j, "generations");
		json_i64(j, rows_i64(r, 4));
		json_key(j, "n_contacts");
		json_i64(j, rows_i64(r, 5));
		json_key(j, "n_encounters");
		json_i64(j, rows_i64(r, 6));
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
	return e;
}
