/* heads_look.c - what was signed, as far as anybody knows: the question before a restore. */
#include "ledger/heads.h"

#include <stdio.h>
#include <string.h>

#include "db/db.h"
#include "ledger/head.h"
#include "ledger/ledger.sql.h"

#include "base/ban.h"

struct look {
	const struct heads_options *o;
	struct heads_known *known;
	struct head_book *book; /* the one that reaches furthest */
};

static void look_end(struct look *l)
{
	head_book_end(&l->book);
}

/* One more file: is it the beginning of what is known, or does it go on from there? */
static enum err take_file(struct look *l, const char *path, struct fault *f)
{
	CLEANUP(head_book_end) struct head_book *b = NULL;
	enum err e = head_book_new(false, &b);
	size_t both;

	if (e)
		return fault_set(f, e, "内存不足，无法读取链头",
				 "there is no memory to read heads");
	if ((e = head_book_read(b, path, f)))
		return e;
	both = l->book ? min_size(b->leaf.n, l->book->leaf.n) : 0;
	if (b->wrong ||
	    (both && memcmp(b->leaf.v, l->book->leaf.v, both * sizeof b->leaf.v[0]) != 0))
		return fault_set(f, ERR_CORRUPT, "%s 里的链头与本机的不是同一段历史",
				 "the heads in %s tell another history than those here", path);
	if (l->book && b->leaf.n <= l->book->leaf.n)
		return OK;
	head_book_end(&l->book);
	l->book = b;
	b = NULL;
	l->known->n = (int64_t)l->book->leaf.n;
	(void)snprintf(l->known->path, sizeof l->known->path, "%s", path);
	return OK;
}

/* Copies are called by the first key: the file's, or before the first head the signer's. */
static enum err take_copies(struct look *l, struct fault *f)
{
	uint8_t id[HEAD_KEY_ID_BYTES];
	enum err e = head_key_id(l->book->leaf.n ? &l->book->first_key
						 : crypt_signer_public(l->o->signer),
				 id);

	for (size_t i = 0; !e && i < l->o->n_copies; i++) {
		CLEANUP(buf_release) struct buf path = { 0 };

		heads_copy_name(l->o->copies[i], id, &path);
		e = path.failed ? path.failed : take_file(l, path.p, f);
	}
	return e;
}

static enum err count_lost(struct tx *tx, void *arg, struct fault *f)
{
	struct look *l = arg;

	l->known->lost = 0;
	for (size_t i = 0; i < l->book->tip.n; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		const struct head_tip *tip = &l->book->tip.v[i];
		enum err e =
			tx_row(tx, &ledger_sql.stands, SQL_ARGS(sql_i64(tip->county.v)), &r, f);

		if (e && e != ERR_ABSENT)
			return e;
		l->known->lost += max_i64(0, tip->to - (e ? 0 : rows_i64(r, 0)));
	}
	return OK;
}

enum err heads_look(const struct heads_options *o, const char *against, struct heads_known *ret,
		    struct fault *f)
{
	struct heads_known known = { 0 };
	CLEANUP(look_end) struct look l = { o, &known, NULL };
	enum err e = take_file(&l, o->path, f);

	known.own = known.n;
	if (e || (e = take_copies(&l, f)) || (against && (e = take_file(&l, against, f))) ||
	    (e = db_read(o->db, count_lost, &l, f)))
		return e;
	*ret = known;
	return OK;
}
