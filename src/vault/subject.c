/* subject.c - batches of subjects: staged, held against who is there, kept or dropped. */
#include <string.h>

#include "base/memory.h"
#include "vault/store.h"
#include "vault/store.sql.h"
#include "vault/wire.h"

#include "base/ban.h"

enum { STAGED = 1, KEPT = 2, LIKE_MAX = 64, TOKENS_BYTES = 8 * ALIKE_KEYS_MAX };

/* ---- batches ---- */

enum err store_batch_open(struct store *s, struct tx *tx, int64_t batch, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_run(tx, &store_sql.batch_open,
			    SQL_ARGS(sql_i64(batch), sql_time(clock_s(&s->wall))), NULL, f);

	if (e || (e = tx_row(tx, &store_sql.batch_at, SQL_ARGS(sql_i64(batch)), &r, f)))
		return e;
	if (rows_i64(r, 0) == STAGED)
		return OK;
	return fault_set(f, ERR_EXISTS, "这个批次已经入库，不能再往里加",
			 "this batch is kept already; nothing can be added to it");
}

struct settling {
	struct store *s;
	int64_t batch;
	uint64_t changed;
	struct refs gone;
};

static enum err keep(struct tx *tx, void *arg, struct fault *f)
{
	struct settling *w = arg;

	return tx_run(tx, &store_sql.batch_keep, SQL_ARGS(sql_i64(w->batch)), &w->changed, f);
}

enum err store_keep(struct store *s, int64_t batch, struct fault *f)
{
	struct settling w = { .s = s, .batch = batch };
	enum err e = db_write(s->db, keep, &w, f);

	if (e || w.changed)
		return e;
	return fault_set(f, ERR_ABSENT, "保险库里没有这个批次", "the vault has no such batch");
}

/* ---- dropping ---- */

static enum err drop_tags(struct tx *tx, int64_t subject, struct str tokens, struct fault *f)
{
	struct wire_in in = { (const uint8_t *)tokens.p, tokens.n, false };
	enum err e = OK;

	while (!e && in.n >= 8)
		e = tx_run(tx, &store_sql.tag_drop,
			   SQL_ARGS(sql_i64(wire_i64(&in)), sql_i64(subject)), NULL, f);
	return e;
}

static enum err drop_subject(struct tx *tx, struct rows *r, struct fault *f)
{
	int64_t id = rows_i64(r, 0);
	enum err e = drop_tags(tx, id, rows_blob(r, 2), f);

	return e ? e : tx_run(tx, &store_sql.person_forget, SQL_ARGS(sql_i64(id)), NULL, f);
}

static enum err drop(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct settling *w = arg;
	bool more;
	enum err e = store_presences_drop(w->s, tx, w->batch, &w->gone, f);

	if (e || (e = tx_rows(tx, &store_sql.persons_of, SQL_ARGS(sql_i64(w->batch)), &r, f)))
		return e;
	while (!(e = rows_next(r, &more, f)) && more)
		if (rows_null(r, 1) && (e = drop_subject(tx, r, f)))
			return e;
	return e ? e
		 : tx_run(tx, &store_sql.batch_forget, SQL_ARGS(sql_i64(w->batch)), &w->changed, f);
}

static bool of_batch(const struct ring_key *k, void *arg)
{
	return k->kind == RING_BATCH && k->id == *(const int64_t *)arg;
}

/*
 * Rows first, then the log that still has them, then the key: a kill in between leaves a key of no
 * batch, which the next start takes out.
 */
enum err store_drop(struct store *s, int64_t batch, struct fault *f)
{
	struct settling w = { .s = s, .batch = batch };
	enum err e = db_write(s->db, drop, &w, f);

	if (!e) {
		for (size_t i = 0; i < w.gone.cap; i++)
			if (w.gone.v[i].id)
				(void)refs_add(&s->refs, w.gone.v[i].id, -w.gone.v[i].count);
		e = refs_tidy(&s->refs);
	}
	refs_end(&w.gone);
	if (e || (!w.changed && !ring_find(&s->ring, RING_BATCH, batch)))
		return e;
	if ((e = db_cut_log(s->db, f)))
		return e;
	return ring_drop(&s->ring, of_batch, &batch, f);
}

/* ---- staging ---- */

struct staging {
	struct store *s;
	int64_t batch;
	const struct vault_row *rows;
	size_t n;
	bool keep;
	struct vault_staged_row *ret;
};

static enum err subject_of(struct store *s, int64_t batch, int64_t row, int64_t *ret)
{
	char text[64];
	struct buf b = { text, 0, sizeof text, OK };

	wire_put_i64(&b, batch);
	wire_put_i64(&b, row);
	return store_tag(ring_find(&s->ring, RING_SUBJECT, 0), buf_view(&b), ret);
}

struct tags {
	int64_t v[ALIKE_KEYS_MAX];
	size_t n;
};

static enum err tags_of(struct store *s, const struct alike_form *form, struct tags *ret)
{
	CLEANUP(buf_release) struct buf keys = { 0 };
	size_t end[ALIKE_KEYS_MAX], from = 0;
	enum err e;

	ret->n = alike_keys(form, &keys, end);
	e = keys.failed;
	for (size_t i = 0; !e && i < ret->n; i++) {
		e = store_tag(ring_find(&s->ring, RING_LOOK_UP, 0),
			      (struct str){ keys.p + from, end[i] - from }, &ret->v[i]);
		from = end[i];
	}
	if (keys.p)
		crypt_wipe(keys.p, keys.n);
	return e;
}

static bool better(const struct alike *a, int64_t id, const struct vault_staged_row *than)
{
	return a->score > than->match.score || (a->score == than->match.score && id < than->other);
}

static enum err hold_against(const struct staging *w, struct tx *tx, int64_t row, int64_t id,
			     const struct alike_form *form, struct vault_staged_row *ret,
			     struct fault *f)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct vault_identity who;
	struct store_person p;
	struct alike_form other;
	struct alike a;
	bool kept;
	enum err e = store_get(w->s, tx, id, 0, &text, &p, &kept, &who, f);

	if (e == ERR_ABSENT || (!e && p.batch == w->batch && p.row >= row) ||
	    (!e && !kept && p.batch != w->batch))
		return OK;
	if (e || (e = store_get(w->s, tx, id, ~0u, &text, &p, &kept, &who, f)))
		return e;
	store_fix(&text, &who);
	alike_form(&who, &other);
	a = alike_compare(form, &other);
	crypt_wipe(text.p, text.n);
	crypt_wipe(&other, sizeof other);
	if (a.verdict != ALIKE_NEW && better(&a, id, ret)) {
		ret->match = a;
		ret->other = id;
	}
	return OK;
}

/* Everybody who shares a tag; a tag that many share tells nobody apart, and its rest is passed. */
static enum err find_like(const struct staging *w, struct tx *tx, int64_t row,
			  const struct alike_form *form, const struct tags *t,
			  struct vault_staged_row *ret, struct fault *f)
{
	int64_t seen[ALIKE_KEYS_MAX * LIKE_MAX];
	size_t n = 0;
	enum err e = OK;

	for (size_t i = 0; !e && i < t->n; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		e = tx_rows(tx, &store_sql.tag_find, SQL_ARGS(sql_i64(t->v[i]), sql_i64(LIKE_MAX)),
			    &r, f);
		while (!e && !(e = rows_next(r, &more, f)) && more) {
			int64_t id = rows_i64(r, 0);
			size_t k = 0;

			while (k < n && seen[k] != id)
				k++;
			if (k < n || id == ret->subject)
				continue;
			seen[n++] = id;
			e = hold_against(w, tx, row, id, form, ret, f);
		}
	}
	return e;
}

static enum err put_tags(struct tx *tx, int64_t subject, const struct tags *t, struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < t->n; i++)
		e = tx_run(tx, &store_sql.tag_put, SQL_ARGS(sql_i64(t->v[i]), sql_i64(subject)),
			   NULL, f);
	return e;
}

/* Of a row that is staged again, the old tags go first. */
static enum err forget_tags(struct tx *tx, int64_t subject, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &store_sql.tokens_at, SQL_ARGS(sql_i64(subject)), &r, f);

	return e == ERR_ABSENT ? OK : e ? e : drop_tags(tx, subject, rows_blob(r, 0), f);
}

static enum err stage_row(const struct staging *w, struct tx *tx, const struct vault_row *row,
			  struct vault_staged_row *ret, struct fault *f)
{
	char bytes[TOKENS_BYTES];
	struct buf tokens = { bytes, 0, sizeof bytes, OK };
	struct store_person p = { .batch = w->batch, .row = row->row };
	struct alike_form form;
	struct tags t = { .n = 0 };
	enum err e;

	*ret = (struct vault_staged_row){ 0 };
	alike_form(&row->who, &form);
	if (!(e = subject_of(w->s, w->batch, row->row, &ret->subject)) &&
	    !(e = tags_of(w->s, &form, &t)) && !(e = forget_tags(tx, ret->subject, f)))
		e = find_like(w, tx, row->row, &form, &t, ret, f);
	crypt_wipe(&form, sizeof form);
	if (e)
		return e;
	for (size_t i = 0; i < t.n; i++)
		wire_put_i64(&tokens, t.v[i]);
	p.id = ret->subject;
	p.tokens = buf_view(&tokens);
	if ((e = store_put(w->s, tx, &p, &row->who, f)))
		return e;
	return put_tags(tx, ret->subject, &t, f);
}

static enum err stage(struct tx *tx, void *arg, struct fault *f)
{
	const struct staging *w = arg;
	enum err e = store_batch_open(w->s, tx, w->batch, f);

	for (size_t i = 0; !e && i < w->n; i++)
		e = stage_row(w, tx, &w->rows[i], &w->ret[i], f);
	if (!e && !w->keep) /* seen, and undone */
		return ERR_CONFLICT;
	return e;
}

enum err store_stage(struct store *s, int64_t batch, const struct vault_row *rows, size_t n,
		     bool keep_them, struct vault_staged_row *ret, struct fault *f)
{
	struct staging w = { s, batch, rows, n, keep_them, ret };
	enum err e = OK;

	if (keep_them) {
		e = ring_add(&s->ring, RING_BATCH, batch, f);
		return e ? e : db_write(s->db, stage, &w, f);
	}
	s->trying = true;
	crypt_key_new(s->ring.suite, s->chance, &s->trial);
	e = db_write(s->db, stage, &w, f);
	s->trying = false;
	crypt_wipe(&s->trial, sizeof s->trial);
	return e == ERR_CONFLICT ? OK : e;
}

/* ---- what is open ---- */

struct listing {
	int64_t after;
	vault_each_batch *each;
	void *arg;
};

static enum err list(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct listing *l = arg;
	bool more;
	enum err e = tx_rows(tx, &store_sql.batches_staged,
			     SQL_ARGS(sql_i64(l->after), sql_i64(WIRE_ROWS_MAX)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = l->each(rows_i64(r, 0), rows_time(r, 1), l->arg, f);
	return e;
}

enum err store_staged(struct store *s, int64_t after, vault_each_batch *each, void *arg,
		      struct fault *f)
{
	struct listing l = { after, each, arg };

	return db_read(s->db, list, &l, f);
}
