/*
 * pseudonym.c - who was seen where, as a number of its epoch.
 *
 * A pseudonym is a tag of the person's key under the epoch's key: the same person gives the same
 * number until the epoch's key is destroyed. Its row says who it is. A batch keeps which
 * pseudonyms it saw; when the last one that saw one is gone, so is the row.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "vault/store.h"
#include "vault/store.sql.h"
#include "vault/wire.h"

#include "base/ban.h"

enum { DAY_S = 86400, EPOCH_S = VAULT_EPOCH_DAYS * DAY_S, AHEAD = 16 };

static int64_t epoch_of(struct utc_s t)
{
	int64_t k = t.v / EPOCH_S;

	return k * EPOCH_S > t.v ? k - 1 : k;
}

int64_t store_epoch_now(const struct store *s)
{
	return epoch_of(clock_s(&s->wall));
}

/* Epochs that a pseudonym may be of. */
struct epochs {
	int64_t first, now;
};

/* Never one whose key is gone, nor one that is not there yet; during a change, the new one. */
static struct epochs epochs_of(const struct store *s)
{
	struct epochs e = { .now = store_epoch_now(s) };

	e.first = e.now;
	if (!s->changing)
		(void)ring_first(&s->ring, RING_EPOCH, &e.first);
	return e;
}

static int64_t epoch_for(const struct epochs *e, struct utc_s at)
{
	return min_i64(max_i64(epoch_of(at), e->first), e->now);
}

static enum err number_of(const struct store *s, int64_t epoch, struct str key_text, int64_t *ret,
			  struct fault *f)
{
	const struct crypt_key *k = ring_find(&s->ring, RING_EPOCH, epoch);

	if (!k)
		return fault_set(f, ERR_BUG, "保险库缺少这一期的密钥",
				 "the vault lacks the key of this epoch");
	return store_tag(k, key_text, ret);
}

/* ---- who is referred to ---- */

static enum err count_ids(struct refs *r, struct str ids, int64_t by)
{
	struct wire_in in = { (const uint8_t *)ids.p, ids.n, false };
	enum err e = refs_reserve(r, ids.n / 8);

	while (!e && in.n >= 8)
		(void)refs_add(r, wire_i64(&in), by);
	return e;
}

static enum err load(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct refs *refs = arg;
	bool more;
	enum err e = tx_rows(tx, &store_sql.presences, SQL_NO_ARGS, &r, f);

	refs_end(refs);
	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = count_ids(refs, rows_blob(r, 3), 1);
	return e;
}

enum err store_refs_load(struct store *s, struct fault *f)
{
	return db_read(s->db, load, &s->refs, f);
}

/* ---- the gate ---- */

struct sighting {
	int64_t id, epoch;
	size_t at; /* who told it */
};

struct gating {
	struct store *s;
	int64_t batch, last_s;
	const struct vault_presence *who;
	struct sighting *seen; /* each pseudonym once, new ones first */
	size_t n, n_new;
	struct buf ids;
};

/* In the order of the table's index: each of its pages is touched once. */
static int by_id(const void *pa, const void *pb)
{
	const struct sighting *a = pa, *b = pb;

	return (a->id > b->id) - (a->id < b->id);
}

static enum err put_new(const struct gating *w, struct tx *tx, struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < w->n_new; i++) {
		const struct sighting *g = &w->seen[i];
		struct store_person p = {
			.id = g->id, .batch = w->batch, .of_epoch = true, .epoch = g->epoch
		};

		e = store_put(w->s, tx, &p, &w->who[g->at].who, f);
	}
	return e;
}

static enum err gate(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct gating *w = arg;
	enum err e = store_settle_in(w->s, tx, f);

	if (e || (e = store_batch_open(w->s, tx, w->batch, f)) || (e = put_new(w, tx, f)) ||
	    (e = tx_row(tx, &store_sql.presence_next, SQL_ARGS(sql_i64(w->batch)), &r, f)))
		return e;
	return tx_run(tx, &store_sql.presence_put,
		      SQL_ARGS(sql_i64(w->batch), sql_i64(rows_i64(r, 0)), sql_i64(w->last_s),
			       sql_blob(buf_view(&w->ids))),
		      NULL, f);
}

/* Numbers of a few presences; what is known of them is on its way into the cache then. */
static enum err number_some(struct gating *w, const struct epochs *epochs, const struct refs *once,
			    struct buf *key, size_t from, size_t n, int64_t *ret,
			    int64_t *ret_epoch, struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < n; i++) {
		const struct vault_presence *p = &w->who[from + i];

		ret_epoch[i] = epoch_for(epochs, p->at);
		buf_clear(key);
		if (!alike_key_of(&p->who, key))
			return fault_set(
				f, ERR_RANGE, "有一行既没有证件号、电话，也没有对方自己的编号",
				"a row has no ID number, no phone and no key of its sender");
		if (key->failed)
			return key->failed;
		e = number_of(w->s, ret_epoch[i], buf_view(key), &ret[i], f);
		w->last_s = max_i64(w->last_s, p->at.v);
		refs_want(once, ret[i]);
		refs_want(&w->s->refs, ret[i]);
	}
	return e;
}

static void saw(struct gating *w, struct refs *once, int64_t id, int64_t epoch, size_t at)
{
	if (refs_add(once, id, 1) > 1)
		return;
	w->seen[w->n++] = (struct sighting){ id, epoch, at };
	if (!refs_count(&w->s->refs, id)) {
		const struct sighting x = w->seen[w->n_new];

		w->seen[w->n_new++] = w->seen[w->n - 1];
		w->seen[w->n - 1] = x;
	}
	wire_put_i64(&w->ids, id);
}

/* The number of each presence, and each number once in w->seen. */
static enum err number_all(struct gating *w, size_t n, int64_t *ret, struct fault *f)
{
	enum { LOT = 32 };
	CLEANUP(refs_end) struct refs once = { 0 };
	CLEANUP(buf_release) struct buf key = { 0 };
	const struct epochs epochs = epochs_of(w->s);
	enum err e = refs_reserve(&once, n);
	int64_t epoch[LOT];

	for (size_t at = 0; !e && at < n; at += LOT) {
		size_t some = min_size(n - at, LOT);

		e = number_some(w, &epochs, &once, &key, at, some, ret + at, epoch, f);
		for (size_t i = 0; !e && i < some; i++)
			saw(w, &once, ret[at + i], epoch[i], at + i);
	}
	if (key.p)
		crypt_wipe(key.p, key.n);
	return e ? e : w->ids.failed;
}

enum err store_pseudonym(struct store *s, int64_t batch, const struct vault_presence *who, size_t n,
			 int64_t *ret, struct fault *f)
{
	struct gating w = { .s = s, .batch = batch, .last_s = INT64_MIN, .who = who };
	enum err e = ring_add(&s->ring, RING_EPOCH, store_epoch_now(s), f);

	if (e)
		return e;
	if (!(w.seen = mem_take(n + 1, sizeof *w.seen)))
		return ERR_MEMORY;
	if (!(e = number_all(&w, n, ret, f)) && !(e = refs_reserve(&s->refs, w.n))) {
		if (w.n_new)
			qsort(w.seen, w.n_new, sizeof *w.seen, by_id);
		e = db_write(s->db, gate, &w, f);
		for (size_t i = 0; !e && i < w.n; i++) {
			if (i + AHEAD < w.n)
				refs_want(&s->refs, w.seen[i + AHEAD].id);
			(void)refs_add(&s->refs, w.seen[i].id, 1);
		}
		if (!e)
			s->soon.n = 0;
	}
	mem_drop(w.seen);
	buf_release(&w.ids);
	return e;
}

/* ---- going ---- */

/* Rows that nobody refers to any more, once `gone` is taken off; what its batch told besides the
 * key goes from those that stay. */
static enum err forget_unseen(struct store *s, struct tx *tx, const struct refs *gone,
			      struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < gone->cap; i++)
		if (gone->v[i].id && refs_count(&s->refs, gone->v[i].id) <= gone->v[i].count)
			e = tx_run(tx, &store_sql.person_forget, SQL_ARGS(sql_i64(gone->v[i].id)),
				   NULL, f);
	return e;
}

/* Of a batch that is recalled, what it told of people whom others saw, too: all but their key. */
static enum err strip(struct store *s, struct tx *tx, int64_t id, struct fault *f)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct vault_identity who = { 0 }, left = { 0 };
	struct store_person p;
	bool kept;
	enum err e = store_get(s, tx, id, ~0u, &text, &p, &kept, &who, f);
	const unsigned keys[] = { VAULT_ID_NUMBER, VAULT_PHONE, VAULT_KEY };

	if (e)
		return e == ERR_ABSENT ? OK : e;
	store_fix(&text, &who);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (who.text[keys[i]].n) {
			left.text[keys[i]] = who.text[keys[i]];
			break;
		}
	p.batch = 0;
	e = store_put(s, tx, &p, &left, f);
	crypt_wipe(text.p, text.n);
	return e;
}

static enum err strip_all(struct store *s, struct tx *tx, int64_t batch, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	VEC(int64_t) ids = { 0 };
	bool more;
	enum err e = tx_rows(tx, &store_sql.persons_of, SQL_ARGS(sql_i64(batch)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		if (!rows_null(r, 1))
			e = vec_push(&ids, rows_i64(r, 0));
	rows_end(&r);
	for (size_t i = 0; !e && i < ids.n; i++)
		e = strip(s, tx, ids.v[i], f);
	vec_drop(&ids);
	return e;
}

enum err store_presences_drop(struct store *s, struct tx *tx, int64_t batch, struct refs *gone,
			      struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(tx, &store_sql.presences_of, SQL_ARGS(sql_i64(batch)), &r, f);

	refs_end(gone);
	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = count_ids(gone, rows_blob(r, 1), 1);
	rows_end(&r);
	if (e || (e = forget_unseen(s, tx, gone, f)) || (e = strip_all(s, tx, batch, f)))
		return e;
	return tx_run(tx, &store_sql.presences_forget, SQL_ARGS(sql_i64(batch)), NULL, f);
}

struct expiring {
	struct store *s;
	struct utc_s before;
	struct refs gone;
};

static enum err expire(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct expiring *w = arg;
	bool more;
	enum err e = tx_rows(tx, &store_sql.presences_before, SQL_ARGS(sql_time(w->before)), &r, f);

	refs_end(&w->gone);
	while (!e && !(e = rows_next(r, &more, f)) && more)
		if (!(e = count_ids(&w->gone, rows_blob(r, 2), 1)))
			e = tx_run(tx, &store_sql.presence_forget,
				   SQL_ARGS(sql_i64(rows_i64(r, 0)), sql_i64(rows_i64(r, 1))), NULL,
				   f);
	rows_end(&r);
	return e ? e : forget_unseen(w->s, tx, &w->gone, f);
}

enum err store_expire(struct store *s, struct utc_s before, struct fault *f)
{
	struct expiring w = { .s = s, .before = before };
	enum err e = db_write(s->db, expire, &w, f);

	if (!e) {
		for (size_t i = 0; i < w.gone.cap; i++)
			if (w.gone.v[i].id)
				(void)refs_add(&s->refs, w.gone.v[i].id, -w.gone.v[i].count);
		e = refs_tidy(&s->refs);
	}
	refs_end(&w.gone);
	return e ? e : db_cut_log(s->db, f);
}

enum err store_pseudonyms_of(struct store *s, struct str key_text, int64_t *ret, size_t *ret_n,
			     size_t max, struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < s->ring.keys.n && *ret_n < max; i++) {
		const struct ring_key *k = &s->ring.keys.v[i];
		int64_t id;

		if (k->kind != RING_EPOCH)
			continue;
		e = number_of(s, k->id, key_text, &id, f);
		if (!e && refs_count(&s->refs, id))
			ret[(*ret_n)++] = id;
	}
	return e;
}

/* ---- the change of an epoch ---- */

struct changing {
	struct store *s;
	int64_t after, epoch;
	vault_each_pair *each;
	void *arg;
};

static enum err carry_over(const struct changing *w, struct tx *tx, int64_t old, struct fault *f)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	CLEANUP(buf_release) struct buf key = { 0 };
	struct vault_identity who;
	struct store_person p;
	bool kept;
	enum err e = store_get(w->s, tx, old, ~0u, &text, &p, &kept, &who, f);

	if (e)
		return e;
	store_fix(&text, &who);
	if (!alike_key_of(&who, &key))
		e = ERR_BUG;
	p.epoch = w->epoch;
	if (!e && !(e = key.failed) && !(e = number_of(w->s, w->epoch, buf_view(&key), &p.id, f)) &&
	    !(e = store_put(w->s, tx, &p, &who, f)))
		e = w->each(old, p.id, w->arg, f);
	crypt_wipe(text.p, text.n);
	if (key.p)
		crypt_wipe(key.p, key.n);
	return e;
}

static enum err busy_if_staged(struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &store_sql.presence_staged, SQL_NO_ARGS, &r, f);

	if (e || !rows_i64(r, 0))
		return e;
	return fault_set(
		f, ERR_BUSY, "还有未结清的批次，换期要等它们入库或撤下",
		"batches are not settled; the epoch changes when they are kept or dropped");
}

static enum err change(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct changing *w = arg;
	VEC(int64_t) ids = { 0 };
	bool more;
	enum err e = w->s->changing ? OK : busy_if_staged(tx, f);

	if (!e)
		e = tx_rows(tx, &store_sql.persons_before,
			    SQL_ARGS(sql_i64(w->epoch), sql_i64(w->after), sql_i64(WIRE_ROWS_MAX)),
			    &r, f);
	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = vec_push(&ids, rows_i64(r, 0));
	rows_end(&r);
	for (size_t i = 0; !e && i < ids.n; i++)
		e = carry_over(w, tx, ids.v[i], f);
	vec_drop(&ids);
	return e;
}

enum err store_epoch_change(struct store *s, int64_t after, vault_each_pair *each, void *arg,
			    struct fault *f)
{
	struct changing w = { s, after, store_epoch_now(s), each, arg };
	enum err e = ring_add(&s->ring, RING_EPOCH, w.epoch, f);

	if (e || (e = db_write(s->db, change, &w, f)))
		return e;
	s->changing = true;
	return OK;
}

struct closing {
	struct store *s;
	int64_t epoch, last;
	struct refs next; /* old pseudonym -> new one, in place of a count */
};

static enum err pair(int64_t old, int64_t now, void *arg, struct fault *f)
{
	struct closing *w = arg;
	enum err e = refs_reserve(&w->next, 1);

	(void)f;
	if (!e)
		(void)refs_add(&w->next, old, now);
	w->last = old;
	return e;
}

/* The pseudonyms of one part under their new numbers. */
static enum err rewrite(const struct closing *w, struct tx *tx, struct rows *r, struct fault *f)
{
	CLEANUP(buf_release) struct buf ids = { 0 };
	struct str old = rows_blob(r, 3);
	struct wire_in in = { (const uint8_t *)old.p, old.n, false };

	while (in.n >= 8) {
		int64_t id = wire_i64(&in), now = refs_count(&w->next, id);

		wire_put_i64(&ids, now ? now : id);
	}
	if (ids.failed)
		return ids.failed;
	return tx_run(tx, &store_sql.presence_put,
		      SQL_ARGS(sql_i64(rows_i64(r, 0)), sql_i64(rows_i64(r, 1)),
			       sql_i64(rows_i64(r, 2)), sql_blob(buf_view(&ids))),
		      NULL, f);
}

static enum err close_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct closing *w = arg;
	struct changing all = { w->s, INT64_MIN, w->epoch, pair, w };
	bool more;
	enum err e = OK;

	refs_end(&w->next);
	/* every page of old ones is carried over once more: pairs are the same, and none is left */
	for (size_t had = SIZE_MAX; !e && had != w->next.n;) {
		had = w->next.n;
		e = change(tx, &all, f);
		all.after = w->last;
	}
	if (!e)
		e = tx_rows(tx, &store_sql.presences, SQL_NO_ARGS, &r, f);
	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = rewrite(w, tx, r, f);
	rows_end(&r);
	for (size_t i = 0; !e && i < w->next.cap; i++)
		if (w->next.v[i].id)
			e = tx_run(tx, &store_sql.person_forget, SQL_ARGS(sql_i64(w->next.v[i].id)),
				   NULL, f);
	return e;
}

static bool is_over(const struct ring_key *k, void *arg)
{
	return k->kind == RING_EPOCH && k->id < *(const int64_t *)arg;
}

enum err store_epoch_close(struct store *s, struct fault *f)
{
	struct closing w = { .s = s, .epoch = store_epoch_now(s) };
	int64_t first = w.epoch;
	enum err e = OK;

	if (!ring_first(&s->ring, RING_EPOCH, &first) || first >= w.epoch)
		return OK;
	if (!s->changing)
		return fault_set(f, ERR_CONFLICT, "换期还没有开始", "no change of epoch has begun");
	e = db_write(s->db, close_act, &w, f);
	refs_end(&w.next);
	if (e || (e = db_cut_log(s->db, f)) || (e = ring_drop(&s->ring, is_over, &w.epoch, f)) ||
	    (e = store_refs_load(s, f)))
		return e;
	s->changing = false;
	return OK;
}
