/*
 * fsck.c - I8: each batch's account adds up with what is stored of it, and its rows are those that
 * its root was made of. The batch's own row is vouched for by the ledger. See intake.h.
 */
#include <string.h>

#include "crypt/encode.h"
#include "intake/brought.h"
#include "intake/inside.h"
#include "intake/intake.sql.h"
#include "ledger/ledger.h"
#include "record/row.h"
#include "trail/trail.h"

#include "base/ban.h"

enum { ROW_BYTES = 1 << 20, PAGE_ROWS = 500 };

struct look {
	const struct record_book *book;
	struct tx *tx;
	struct fault *f;
	struct arena *a, *row_a;
	struct area_code county;
	const struct noun *noun;
	const struct batch *batch;
	struct crypt_hasher *hasher;
	struct merkle merkle;
	int64_t rows, repeats;
};

static void look_end(struct look *l)
{
	arena_end(&l->a);
	arena_end(&l->row_a);
	crypt_hasher_end(&l->hasher);
}

static enum err one_row(struct look *l, int64_t id, int64_t repeats, bool *ret_ok)
{
	struct merkle_node leaf;
	struct crypt_hash hash;
	struct brought *b;
	void *row;
	enum err e;

	arena_clear(l->row_a);
	e = record_get(l->book, l->tx, l->noun, (struct record_id){ id }, l->row_a, &row, l->f);
	if (e == ERR_ABSENT)
		return *ret_ok = false, OK;
	if (e)
		return e;
	b = row;
	*ret_ok = *ret_ok && b->batch.v == l->batch->record.id.v &&
		  (b->record.state == BROUGHT_DUPLICATE) == (repeats != 0);
	l->rows++;
	l->repeats += repeats != 0;
	if ((e = intake_hash_at_first(l->tx, l->noun, b, &hash, l->f)))
		return e;
	intake_leaf(l->hasher, &hash, &leaf);
	merkle_add(&l->merkle, &leaf);
	return OK;
}

static enum err all_rows(struct look *l, bool *ret_ok)
{
	int64_t after = 0;
	size_t n = PAGE_ROWS;
	enum err e = OK;

	while (n == PAGE_ROWS && !e) {
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		n = 0;
		e = tx_rows(l->tx, &intake_sql.rows_of_batch,
			    SQL_ARGS(sql_i64(l->county.v), sql_i64(l->batch->record.id.v),
				     sql_i64(after), sql_i64(PAGE_ROWS)),
			    &r, l->f);
		while (!e && !(e = rows_next(r, &more, l->f)) && more) {
			n++;
			after = rows_i64(r, 0);
			e = one_row(l, rows_i64(r, 2), rows_i64(r, 4), ret_ok);
		}
	}
	return e;
}

static enum err stored_visits(struct look *l, const struct feed *x, bool *ret_ok)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct trail_sum s = { 0 };
	enum err e = tx_row(l->tx, &intake_sql.key_of_batch,
			    SQL_ARGS(sql_i64(l->county.v), sql_i64(x->record.id.v),
				     sql_i64(l->batch->record.id.v)),
			    &r, l->f);

	if (e == ERR_ABSENT)
		return *ret_ok = false, OK;
	if (e)
		return e;
	e = trail_preview(l->tx, (struct trail_batch){ l->county, rows_i64(r, 0) }, &s, l->f);
	/* Visits end with their day, and rows of one batch that are equal are one visit. */
	*ret_ok = *ret_ok && s.visits <= (uint64_t)(l->batch->accepted + l->batch->duplicate);
	return e;
}

/* What the recall's entry says was taken back is what the batch brought. */
static enum err take_root(const struct ledger_entry *en, const struct crypt_hash *hash, void *arg,
			  struct fault *f)
{
	static const char key[] = "root=";
	const char *at =
		en->detail.n ? memmem(en->detail.p, en->detail.n, key, sizeof key - 1) : NULL;
	char *ret = arg;
	size_t n = 0;

	(void)hash;
	(void)f;
	if (!at)
		return OK; /* of a program that did not say it yet */
	for (at += sizeof key - 1;
	     at < en->detail.p + en->detail.n && n < 2 * CRYPT_RAW_BYTES && *at != ' '; at++)
		if (*at != '-')
			ret[n++] = *at;
	ret[n] = '\0';
	return OK;
}

static enum err taken_back(struct look *l, bool *ret_ok)
{
	char root[2 * CRYPT_RAW_BYTES + 1] = "";
	enum err e = ledger_of_version(l->tx, l->county, STR("batch"), l->batch->record.id.v,
				       l->batch->record.version, take_root, root, l->f);

	if (e == ERR_ABSENT)
		return *ret_ok = false, OK;
	*ret_ok = *ret_ok && (!root[0] || str_eq(str_of(root), l->batch->root));
	return e;
}

static enum err stored_rows(struct look *l, bool *ret_ok)
{
	CLEANUP(buf_release) struct buf hex = { 0 };
	struct merkle_node root;
	bool received = l->batch->record.state == BATCH_RECEIVED;
	enum err e = crypt_hasher_new(CRYPT_WORLD, &l->hasher);

	if (e)
		return e;
	merkle_begin(&l->merkle, l->hasher);
	if ((e = all_rows(l, ret_ok)))
		return e;
	merkle_root(&l->merkle, &root);
	encode_hex(&hex, root.v, sizeof root.v);
	if (hex.failed)
		return hex.failed;
	if (received)
		*ret_ok = *ret_ok && l->rows == l->batch->accepted + l->batch->duplicate &&
			  str_eq(buf_view(&hex), l->batch->root);
	else
		*ret_ok = *ret_ok && l->rows == 0;
	return l->batch->record.state == BATCH_RECALLED ? taken_back(l, ret_ok) : OK;
}

static enum err look_at(const struct record_book *book, struct tx *tx, int64_t id, bool *ret_ok,
			struct fault *f)
{
	CLEANUP(look_end) struct look l = { .book = book, .tx = tx, .f = f };
	const struct batch *b;
	void *row, *feed;
	enum err e;

	if ((e = arena_new(ROW_BYTES, &l.a)) || (e = arena_new(ROW_BYTES, &l.row_a)) ||
	    (e = record_get(book, tx, &batch_noun, (struct record_id){ id }, l.a, &row, f)))
		return e;
	l.batch = b = row;
	l.county = area_county(b->record.area);
	*ret_ok = b->rows_in == b->accepted + b->refused + b->duplicate && b->rows_in >= 0 &&
		  b->accepted >= 0 && b->refused >= 0 && b->duplicate >= 0;
	e = record_get(book, tx, &feed_noun, b->feed, l.a, &feed, f);
	if (e == ERR_ABSENT)
		return *ret_ok = false, OK;
	if (e)
		return e;
	l.noun = schema_of(((struct feed *)feed)->brings).noun;
	if (l.noun)
		return stored_rows(&l, ret_ok);
	return b->record.state == BATCH_RECEIVED ? stored_visits(&l, feed, ret_ok) : OK;
}

struct fsck {
	const struct record_book *book;
	struct intake_report report;
};

static enum err fsck_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	CLEANUP(rows_end) struct rows *orphans = NULL;
	struct fsck *x = arg;
	bool more, ok;
	enum err e = tx_rows(tx, &intake_sql.batches_all, SQL_NO_ARGS, &r, f);

	x->report = (struct intake_report){ 0 };
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		if ((e = look_at(x->book, tx, rows_i64(r, 1), &ok, f)))
			return e;
		x->report.batches++;
		x->report.wrong += !ok;
		if (!ok && !x->report.first_wrong)
			x->report.first_wrong = rows_i64(r, 1);
	}
	if (e || (e = tx_row(tx, &intake_sql.orphans, SQL_NO_ARGS, &orphans, f)))
		return e;
	x->report.wrong += rows_i64(orphans, 0) > 0;
	return OK;
}

enum err intake_fsck(struct db *db, const struct record_book *book, struct intake_report *ret,
		     struct fault *f)
{
	struct fsck x = { .book = book };
	enum err e = db_read(db, fsck_act, &x, f);

	if (!e)
		*ret = x.report;
	return e;
}
