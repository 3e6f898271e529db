/* store.c - opening the vault's database and keys, and a person's row, sealed and opened. */
#include "vault/store.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "vault/store.sql.h"
#include "vault/wire.h"

#include "base/ban.h"

/* ---- opening ---- */

static enum err open_database(struct store *s, const struct store_options *so, struct fault *f)
{
	const struct sql_list list = SQL_LIST(store_sql);
	char url[4200];
	struct db_options o = { .url = url,
				.create = true,
				.readers = 1,
				.vfs = so->vfs,
				.steps = vault_steps,
				.n_steps = vault_steps_n };
	enum err e;

	(void)snprintf(url, sizeof url, "sqlite:%s", so->database);
	if ((e = db_open(&o, &s->db, f)) || (e = db_migrate(s->db, clock_s(&s->wall), f)))
		return e;
	return db_prepare(s->db, &list, 1, f);
}

struct known_batches {
	VEC(int64_t) v;
};

static enum err list_batches(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct known_batches *k = arg;
	bool more;
	enum err e = tx_rows(tx, &store_sql.batches, SQL_NO_ARGS, &r, f);

	k->v.n = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = vec_push(&k->v, rows_i64(r, 0));
	return e;
}

static bool of_no_batch(const struct ring_key *key, void *arg)
{
	const struct known_batches *k = arg;
	size_t low = 0, high = k->v.n;

	if (key->kind != RING_BATCH)
		return false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (k->v.v[mid] == key->id)
			return false;
		if (k->v.v[mid] < key->id)
			low = mid + 1;
		else
			high = mid;
	}
	return true;
}

/* A kill between the rows of a batch and its key leaves a key that opens nothing: it goes, too. */
static enum err tidy_ring(struct store *s, struct fault *f)
{
	struct known_batches k = { 0 };
	enum err e = db_read(s->db, list_batches, &k, f);

	if (!e)
		e = ring_drop(&s->ring, of_no_batch, &k, f);
	vec_drop(&k.v);
	return e;
}

enum err store_open(const struct store_options *o, struct store **ret, struct fault *f)
{
	CLEANUP(store_end) struct store *s = mem_take(1, sizeof *s);
	enum err e;

	if (!s)
		return ERR_MEMORY;
	s->chance = o->chance;
	s->wall = o->wall;
	s->house = o->house;
	(void)snprintf(s->ring_path, sizeof s->ring_path, "%s", o->ring);
	if ((e = ring_open(s->ring_path, o->suite, s->chance, &s->ring, f)) ||
	    (e = ring_add(&s->ring, RING_EPOCH, store_epoch_now(s), f)) ||
	    (e = open_database(s, o, f)) || (e = tidy_ring(s, f)) || (e = store_tags_load(s, f)) ||
	    (e = store_refs_load(s, f)))
		return e;
	*ret = s;
	s = NULL;
	return OK;
}

void store_end(struct store **s)
{
	if (!*s)
		return;
	db_end(&(*s)->db);
	tags_end(&(*s)->tags);
	refs_end(&(*s)->refs);
	vec_drop(&(*s)->soon);
	ring_end(&(*s)->ring);
	mem_drop(*s);
	*s = NULL;
}

struct looking {
	struct vault_state *ret;
};

static enum err look(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *all = NULL;
	CLEANUP(rows_end) struct rows *open = NULL;
	struct vault_state *ret = ((struct looking *)arg)->ret;
	enum err e;

	if ((e = tx_row(tx, &store_sql.counts, SQL_NO_ARGS, &all, f)) ||
	    (e = tx_row(tx, &store_sql.open_count, SQL_NO_ARGS, &open, f)))
		return e;
	ret->pseudonyms = (uint64_t)rows_i64(all, 1);
	ret->subjects = (uint64_t)rows_i64(all, 0) - ret->pseudonyms;
	ret->batches_staged = (uint64_t)rows_i64(open, 0);
	return OK;
}

enum err store_look(struct store *s, struct vault_state *ret, struct fault *f)
{
	struct looking l = { ret };
	int64_t oldest = 0;

	*ret = (struct vault_state){ .epoch = store_epoch_now(s), .refused = s->refused };
	ret->epoch_due = ring_first(&s->ring, RING_EPOCH, &oldest) && oldest < ret->epoch;
	return db_read(s->db, look, &l, f);
}

enum err store_tag(const struct crypt_key *k, struct str text, int64_t *ret)
{
	struct crypt_mac m;
	struct wire_in in = { m.v + 1, 8, false };
	enum err e = crypt_mac(k, text.p, text.n, &m);

	if (e)
		return e;
	*ret = wire_i64(&in) & INT64_MAX;
	*ret += !*ret;
	return OK;
}

/* ---- a person's row ---- */

enum { BOUND_KEY = 0xff, KEY_SEALED_MAX = CRYPT_HASH_BYTES + CRYPT_SEALED_MORE_MAX };

/* What a sealed field is bound to: whose it is, and which. */
struct bound {
	char v[9];
};

static struct bound bound_to(int64_t id, unsigned field)
{
	struct bound b;

	for (int i = 0; i < 8; i++)
		b.v[i] = (char)(uint8_t)((uint64_t)id >> (8 * i));
	b.v[8] = (char)(uint8_t)field;
	return b;
}

static const struct crypt_key *wrapping(const struct store *s, const struct store_person *p)
{
	const struct crypt_key *k = p->of_epoch ? ring_find(&s->ring, RING_EPOCH, p->epoch)
						: ring_find(&s->ring, RING_BATCH, p->batch);

	return k || !s->trying ? k : &s->trial;
}

static struct sql_value blob_or_null(const struct buf *b, const size_t at[2])
{
	return at[1] > at[0] ? sql_blob((struct str){ b->p + at[0], at[1] - at[0] }) : sql_null();
}

enum err store_put(struct store *s, struct tx *tx, const struct store_person *p,
		   const struct vault_identity *who, struct fault *f)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	const struct crypt_key *wrap = wrapping(s, p);
	struct bound to = bound_to(p->id, BOUND_KEY);
	size_t at[VAULT_FIELD_N + 2] = { 0 };
	struct sql_value v[13] = { sql_i64(p->id), sql_i64(p->batch),
				   p->of_epoch ? sql_i64(p->epoch) : sql_null() };
	struct crypt_key own;
	enum err e;

	if (!wrap)
		return fault_set(f, ERR_BUG, "保险库缺少密钥", "a key of the vault is missing");
	crypt_key_new(s->ring.suite, s->chance, &own);
	e = crypt_seal(wrap, s->chance, (struct str){ to.v, sizeof to.v },
		       (struct str){ (const char *)own.v, sizeof own.v }, &b);
	at[1] = b.n;
	for (unsigned i = 0; !e && i < VAULT_FIELD_N; i++) {
		to = bound_to(p->id, i);
		if (who->text[i].n)
			e = crypt_seal(&own, s->chance, (struct str){ to.v, sizeof to.v },
				       who->text[i], &b);
		at[i + 2] = b.n;
	}
	crypt_wipe(&own, sizeof own);
	if (e || (e = b.failed))
		return e;
	for (unsigned i = 0; i <= VAULT_FIELD_N; i++)
		v[3 + i] = blob_or_null(&b, &at[i]);
	v[11] = p->tokens.n ? sql_blob(p->tokens) : sql_null();
	v[12] = sql_i64(p->row);
	return tx_run(tx, &store_sql.person_put, (struct sql_args){ v, ARRAY_LEN(v) }, NULL, f);
}

/* Columns of person_at. */
enum { COL_BATCH, COL_EPOCH, COL_ROW, COL_STATE, COL_KEY, COL_NAME };

static enum err open_fields(const struct crypt_key *own, struct rows *r, int64_t id, unsigned mask,
			    struct buf *out, struct vault_identity *ret)
{
	enum err e = OK;

	for (unsigned i = 0; !e && i < VAULT_FIELD_N; i++) {
		struct bound to = bound_to(id, i);
		size_t from = out->n;

		ret->text[i] = (struct str){ NULL, 0 };
		if (!(mask & 1u << i) || rows_null(r, COL_NAME + i))
			continue;
		e = crypt_open(own, (struct str){ to.v, sizeof to.v }, rows_blob(r, COL_NAME + i),
			       out);
		/* an offset until store_fix: `out` may move while it grows */
		ret->text[i] = (struct str){ (const char *)(uintptr_t)from, out->n - from };
	}
	return e;
}

void store_fix(const struct buf *out, struct vault_identity *who)
{
	for (unsigned i = 0; i < VAULT_FIELD_N; i++)
		if (who->text[i].n)
			who->text[i].p = out->p + (uintptr_t)who->text[i].p;
		else
			who->text[i].p = "";
}

static enum err unsealed(struct fault *f)
{
	return fault_set(f, ERR_CORRUPT, "保险库里有一条记录解不开：它被改动过，或密钥不是它的",
			 "a record of the vault does not open: it was altered, or the keys are not "
			 "its own");
}

enum err store_get(struct store *s, struct tx *tx, int64_t id, unsigned mask, struct buf *out,
		   struct store_person *ret_row, bool *ret_kept, struct vault_identity *ret,
		   struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	char wrapped[KEY_SEALED_MAX];
	struct buf key = { wrapped, 0, sizeof wrapped, OK };
	struct store_person p = { .id = id };
	struct bound to = bound_to(id, BOUND_KEY);
	const struct crypt_key *wrap;
	struct crypt_key own;
	enum err e = tx_row(tx, &store_sql.person_at, SQL_ARGS(sql_i64(id)), &r, f);

	if (e)
		return e;
	p.batch = rows_i64(r, COL_BATCH);
	p.of_epoch = !rows_null(r, COL_EPOCH);
	p.epoch = rows_i64(r, COL_EPOCH);
	p.row = rows_i64(r, COL_ROW);
	*ret_kept = p.of_epoch || rows_i64(r, COL_STATE) == 2;
	*ret_row = p;
	if (!mask)
		return OK;
	if (!(wrap = wrapping(s, &p))) /* erased, and this row came out of an old copy */
		return ERR_ABSENT;
	if (rows_blob(r, COL_KEY).n > sizeof wrapped)
		return unsealed(f);
	s->unsealed++;
	e = crypt_open(wrap, (struct str){ to.v, sizeof to.v }, rows_blob(r, COL_KEY), &key);
	if (!e && key.n != sizeof own.v)
		e = ERR_CORRUPT;
	if (!e) {
		memcpy(own.v, key.p, sizeof own.v);
		e = open_fields(&own, r, id, mask, out, ret);
	}
	crypt_wipe(&own, sizeof own);
	crypt_wipe(wrapped, sizeof wrapped);
	return e == ERR_CORRUPT || e == ERR_VERSION ? unsealed(f) : e ? e : out->failed;
}
