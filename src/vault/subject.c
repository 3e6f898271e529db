/* subject.c - batches of subjects: staged, held against who is there, kept or dropped. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "vault/opened.h"
#include "vault/store.h"
#include "vault/store.sql.h"
#include "vault/wire.h"

#include "base/ban.h"

enum { STAGED = 1, TOKENS_BYTES = 8 * ALIKE_KEYS_MAX };

struct tagged {
	int64_t subject;
	struct tags_list tags;
	bool dropped; /* in a journal: taken out of the index, else put in */
};
struct tag_journal {
	VEC(struct tagged) v;
};

static enum err load(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct tags *tags = arg;
	struct tags_list t;
	bool more;
	enum err e = tx_rows(tx, &store_sql.subjects, SQL_NO_ARGS, &r, f);

	tags_end(tags);
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		tags_read(rows_blob(r, 1), &t);
		e = tags_add(tags, rows_i64(r, 0), t.v, t.n);
	}
	return e;
}

enum err store_tags_load(struct store *s, struct fault *f)
{
	return db_read(s->db, load, &s->tags, f);
}

/* A transaction that did not stand leaves the index as it was. */
static void undo(struct store *s, struct tag_journal *j)
{
	while (j->v.n) {
		const struct tagged *t = &j->v.v[--j->v.n];

		if (t->dropped) /* there was room for it before */
			ignore(tags_add(&s->tags, t->subject, t->tags.v, t->tags.n));
		else
			tags_drop(&s->tags, t->subject, t->tags.v, t->tags.n);
	}
}

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
	struct tag_journal journal; /* whom to take out of the index once the rows are gone */
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

enum { SOON_MAX = 64 };

enum err store_settle_in(const struct store *s, struct tx *tx, struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < s->soon.n; i++)
		e = tx_run(tx, &store_sql.batch_keep, SQL_ARGS(sql_i64(s->soon.v[i])), NULL, f);
	return e;
}

static enum err settle(struct tx *tx, void *arg, struct fault *f)
{
	return store_settle_in(arg, tx, f);
}

enum err store_settle(struct store *s, struct fault *f)
{
	enum err e = s->soon.n ? db_write(s->db, settle, s, f) : OK;

	if (!e)
		s->soon.n = 0;
	return e;
}

enum err store_keep_soon(struct store *s, int64_t batch, struct fault *f)
{
	enum err e = s->soon.n < SOON_MAX ? OK : store_settle(s, f);

	if (e)
		return e;
	return vec_push(&s->soon, batch);
}

/* ---- dropping ---- */

static enum err drop_subject(struct settling *w, struct tx *tx, struct rows *r, struct fault *f)
{
	struct tagged t = { .subject = rows_i64(r, 0) };

	tags_read(rows_blob(r, 2), &t.tags);
	if (vec_push(&w->journal.v, t))
		return ERR_MEMORY;
	return tx_run(tx, &store_sql.person_forget, SQL_ARGS(sql_i64(t.subject)), NULL, f);
}

static enum err drop(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct settling *w = arg;
	bool more;
	enum err e = store_presences_drop(w->s, tx, w->batch, &w->gone, f);

	w->journal.v.n = 0;
	if (e || (e = tx_rows(tx, &store_sql.persons_of, SQL_ARGS(sql_i64(w->batch)), &r, f)))
		return e;
	while (!(e = rows_next(r, &more, f)) && more)
		if (rows_null(r, 1) && (e = drop_subject(w, tx, r, f)))
			return e;
	return e ? e
		 : tx_run(tx, &store_sql.batch_forget, SQL_ARGS(sql_i64(w->batch)), &w->changed, f);
}

static bool of_batch(const struct ring_key *k, void *arg)
{
	return k->kind == RING_BATCH && k->id == *(const int64_t *)arg;
}

static enum err look(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct settling *w = arg;
	enum err e = tx_row(tx, &store_sql.batch_at, SQL_ARGS(sql_i64(w->batch)), &r, f);

	w->changed = !e;
	return e == ERR_ABSENT ? OK : e;
}

/*
 * Every push begins with this, hardly ever about a batch that is there: then nothing waits for the
 * disk. Else rows first, then the log that still has them, then the key: a kill in between leaves a
 * key of no batch, which the next start takes out.
 */
enum err store_drop(struct store *s, int64_t batch, struct fault *f)
{
	struct settling w = { .s = s, .batch = batch };
	enum err e = db_read(s->db, look, &w, f);

	if (e || (!w.changed && !ring_find(&s->ring, RING_BATCH, batch)))
		return e;
	if (!(e = store_settle(s, f)))
		e = db_write(s->db, drop, &w, f);
	if (!e && (w.journal.v.n || w.gone.n)) {
		for (size_t i = 0; i < w.journal.v.n; i++)
			tags_drop(&s->tags, w.journal.v.v[i].subject, w.journal.v.v[i].tags.v,
				  w.journal.v.v[i].tags.n);
		for (size_t i = 0; i < w.gone.cap; i++)
			if (w.gone.v[i].id)
				(void)refs_add(&s->refs, w.gone.v[i].id, -w.gone.v[i].count);
		e = refs_tidy(&s->refs);
	}
	refs_end(&w.gone);
	vec_drop(&w.journal.v);
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
	struct tag_journal *journal;
	struct opened *opened;
};

static enum err subject_of(struct store *s, int64_t batch, int64_t row, int64_t *ret)
{
	char text[64];
	struct buf b = { text, 0, sizeof text, OK };

	wire_put_i64(&b, batch);
	wire_put_i64(&b, row);
	return store_tag(ring_find(&s->ring, RING_SUBJECT, 0), buf_view(&b), ret);
}

static enum err tags_of(struct store *s, const struct alike_form *form, struct tags_list *ret)
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
	struct opened_one *p;
	struct alike a;
	enum err e = opened_at(w->opened, tx, id, &p, f);

	if (e || !p->there || (p->batch == w->batch && p->row >= row) ||
	    (!p->kept && p->batch != w->batch))
		return e;
	if ((e = opened_form(w->opened, tx, p, f)) || !p->there)
		return e;
	a = alike_compare(form, &p->form);
	if (a.verdict != ALIKE_NEW && better(&a, id, ret)) {
		ret->match = a;
		ret->other = id;
	}
	return OK;
}

/* Everybody who shares a tag, each once. */
static enum err find_like(const struct staging *w, struct tx *tx, const struct vault_row *row,
			  const struct tags_list *t, struct vault_staged_row *ret, struct fault *f)
{
	int64_t seen[ALIKE_KEYS_MAX * TAGS_SAME_MAX];
	struct alike_form form;
	size_t n = 0;
	enum err e = OK;

	for (size_t i = 0; !e && i < t->n; i++) {
		int64_t like[TAGS_SAME_MAX];
		size_t found = tags_find(&w->s->tags, t->v[i], like);

		for (size_t m = 0; !e && m < found; m++) {
			size_t k = 0;

			while (k < n && seen[k] != like[m])
				k++;
			if (k < n || like[m] == ret->subject)
				continue;
			if (!n)
				alike_form(&row->who, &form);
			seen[n++] = like[m];
			e = hold_against(w, tx, row->row, like[m], &form, ret, f);
		}
	}
	if (n)
		crypt_wipe(&form, sizeof form);
	return e;
}

/* In the index from now on, or no longer, until the transaction falls. */
static enum err index_one(const struct staging *w, int64_t subject, const struct tags_list *tags,
			  bool dropped)
{
	const struct tagged t = { subject, *tags, dropped };
	enum err e = vec_push(&w->journal->v, t);

	if (e)
		return e;
	if (dropped)
		tags_drop(&w->s->tags, subject, tags->v, tags->n);
	else if ((e = tags_add(&w->s->tags, subject, tags->v, tags->n)))
		w->journal->v.n--;
	return e;
}

/* Of a row that is staged again, the old tags go first. */
static enum err forget_tags(const struct staging *w, struct tx *tx, int64_t subject,
			    struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct tags_list t;
	enum err e = tx_row(tx, &store_sql.tokens_at, SQL_ARGS(sql_i64(subject)), &r, f);

	if (e)
		return e == ERR_ABSENT ? OK : e;
	tags_read(rows_blob(r, 0), &t);
	return index_one(w, subject, &t, true);
}

/* A row of a frame, as far as it can be told from itself. */
struct made {
	int64_t subject;
	struct tags_list tags;
	const struct vault_row *row;
	bool stays; /* of a row that comes twice in a frame, the last */
};

static enum err make(const struct staging *w, const struct vault_row *row, struct made *ret)
{
	struct alike_form form;
	enum err e = subject_of(w->s, w->batch, row->row, &ret->subject);

	ret->row = row;
	if (e)
		return e;
	alike_form(&row->who, &form);
	e = tags_of(w->s, &form, &ret->tags);
	crypt_wipe(&form, sizeof form);
	return e;
}

static int by_subject(const void *pa, const void *pb)
{
	const struct made *a = *(const struct made *const *)pa;
	const struct made *b = *(const struct made *const *)pb;

	if (a->subject != b->subject)
		return a->subject > b->subject ? 1 : -1;
	return (a > b) - (a < b);
}

static enum err put_one(const struct staging *w, struct tx *tx, const struct made *m,
			struct fault *f)
{
	char bytes[TOKENS_BYTES];
	struct buf tokens = { bytes, 0, sizeof bytes, OK };
	struct store_person p = { .id = m->subject, .batch = w->batch, .row = m->row->row };
	enum err e = forget_tags(w, tx, m->subject, f);

	if (e)
		return e;
	for (size_t i = 0; i < m->tags.n; i++)
		wire_put_i64(&tokens, m->tags.v[i]);
	p.tokens = buf_view(&tokens);
	return store_put(w->s, tx, &p, &m->row->who, f);
}

/* In the order of their numbers, by which the indexes are: each of their pages is touched once. */
static enum err put_all(const struct staging *w, struct tx *tx, struct made *made,
			struct made **order, struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < w->n; i++) {
		order[i] = &made[i];
		e = make(w, &w->rows[i], &made[i]);
	}
	if (e)
		return e;
	qsort(order, w->n, sizeof *order, by_subject);
	for (size_t i = 0; !e && i < w->n; i++) {
		order[i]->stays = i + 1 == w->n || order[i + 1]->subject != order[i]->subject;
		if (order[i]->stays)
			e = put_one(w, tx, order[i], f);
	}
	return e;
}

/* All of a frame are there before one is held against another: each sees those before it alone. */
static enum err stage_all(const struct staging *w, struct tx *tx, struct made *made,
			  struct made **order, struct fault *f)
{
	enum err e = put_all(w, tx, made, order, f);

	for (size_t i = 0; !e && i < w->n; i++) {
		w->ret[i] = (struct vault_staged_row){ .subject = made[i].subject };
		e = find_like(w, tx, made[i].row, &made[i].tags, &w->ret[i], f);
		if (!e && made[i].stays)
			e = index_one(w, made[i].subject, &made[i].tags, false);
	}
	return e;
}

static enum err stage(struct tx *tx, void *arg, struct fault *f)
{
	const struct staging *w = arg;
	struct made *made = mem_take(w->n + 1, sizeof *made);
	struct made **order = mem_take(w->n + 1, sizeof(struct made *));
	enum err e = made && order ? store_batch_open(w->s, tx, w->batch, f) : ERR_MEMORY;

	undo(w->s, w->journal); /* of a run before this one */
	if (!e)
		e = stage_all(w, tx, made, order, f);
	opened_end(w->opened);
	mem_drop(made);
	mem_drop(order);
	if (!e && !w->keep) /* seen, and undone */
		return ERR_CONFLICT;
	return e;
}

enum err store_stage(struct store *s, int64_t batch, const struct vault_row *rows, size_t n,
		     bool keep_them, struct vault_staged_row *ret, struct fault *f)
{
	struct tag_journal journal = { { 0 } };
	struct opened opened = { .s = s };
	struct staging w = { s, batch, rows, n, keep_them, ret, &journal, &opened };
	enum err e = OK;

	if (keep_them) {
		e = ring_add(&s->ring, RING_BATCH, batch, f);
	} else {
		s->trying = true;
		crypt_key_new(s->ring.suite, s->chance, &s->trial);
	}
	if (!e)
		e = db_write(s->db, stage, &w, f);
	if (e)
		undo(s, &journal);
	vec_drop(&journal.v);
	s->trying = false;
	crypt_wipe(&s->trial, sizeof s->trial);
	return e == ERR_CONFLICT && !keep_them ? OK : e;
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
