/* evidence_fsck.c - files without rows are swept, rows without files found: I9. See evidence.h. */
#include <string.h>

#include "ledger/ledger.h"
#include "loop/evidence.h"
#include "loop/evidence.sql.h"

#include "base/ban.h"

enum err evidence_sweep(const struct evidence_store *s, struct db *db, unsigned folder,
			uint64_t *ret, struct fault *f)
{
	*ret = 0;
	return s->blobs ? blobs_sweep(s->blobs, folder, evidence_wanted, db, ret, f) : OK;
}

struct look {
	struct blobs *blobs;
	struct db *db;
	struct buf bytes;
	struct evidence_report report;
};

static void look_end(struct look *l)
{
	blobs_close(&l->blobs);
	buf_release(&l->bytes);
}

/* What the disk says of one part; whatever else goes wrong is the caller's. */
static enum err part_is(struct look *l, const struct evidence_blob *p, bool *ret, struct fault *f)
{
	struct fault unasked = { 0 };
	enum err e;

	buf_clear(&l->bytes);
	e = blobs_get(l->blobs, &p->hash, &l->bytes, &unasked);
	*ret = !e && (int64_t)l->bytes.n == p->bytes;
	if (e == ERR_MEMORY)
		return e;
	(void)f;
	return OK;
}

static enum err take_after(const struct ledger_entry *en, const struct crypt_hash *hash, void *arg,
			   struct fault *f)
{
	(void)hash;
	(void)f;
	*(struct crypt_hash *)arg = en->after;
	return OK;
}

static enum err entry_is(struct tx *tx, const struct evidence *x, bool *ret, struct fault *f)
{
	struct crypt_hash want, said;
	enum err e = evidence_hash(x, &want);

	*ret = false;
	if (e)
		return e;
	e = ledger_of_version(tx, area_county(x->area), STR("evidence"), x->id, 1, take_after,
			      &said, f);
	if (!e)
		*ret = crypt_equal(&want, &said, sizeof want);
	return e == ERR_ABSENT ? OK : e;
}

/* Its parts are told as files of the store, by their right names, and no others are. */
static enum err names_are(struct tx *tx, const struct look *l, const struct evidence *x, bool *ret,
			  struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	size_t n = 0, want = 0;
	bool more;
	enum err e = tx_rows(tx, &evidence_sql.blobs_of,
			     SQL_ARGS(sql_i64(area_county(x->area).v), sql_i64(x->id)), &r, f);

	*ret = true;
	for (size_t p = EVIDENCE_CAME; p < EVIDENCE_PART_N; p++)
		want += x->part[p].bytes != 0;
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		int64_t p = rows_i64(r, 0);
		struct blob_name name;

		n++;
		if (p < EVIDENCE_CAME || p >= EVIDENCE_PART_N || !x->part[p].bytes) {
			*ret = false;
			continue;
		}
		if (!(e = blobs_name(l->blobs, &x->part[p].hash, &name)))
			*ret = *ret && str_eq(rows_text(r, 1), str_of(name.v));
	}
	*ret = *ret && n == want;
	return e;
}

static enum err look_at(struct tx *tx, struct look *l, const struct evidence *x, bool *ret,
			struct fault *f)
{
	bool entry, names;
	enum err e;

	if ((e = entry_is(tx, x, &entry, f)) || (e = names_are(tx, l, x, &names, f)))
		return e;
	*ret = entry && names;
	for (size_t p = EVIDENCE_CAME; p < EVIDENCE_PART_N && *ret; p++)
		if (x->part[p].bytes && (e = part_is(l, &x->part[p], ret, f)))
			return e;
	return OK;
}

static enum err rows_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct look *l = arg;
	bool more, ok;
	enum err e = tx_rows(tx, &evidence_sql.every, SQL_NO_ARGS, &r, f);

	l->report = (struct evidence_report){ 0 };
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct evidence x = { .id = rows_i64(r, 0) };

		ok = evidence_of_row(r, &x) == OK && area_county(x.area).v == rows_i64(r, 15);
		if (ok && (e = look_at(tx, l, &x, &ok, f)))
			return e;
		l->report.files++;
		l->report.wrong += !ok;
		if (!ok && !l->report.first_wrong)
			l->report.first_wrong = x.id;
	}
	return e;
}

static enum err count_orphan(const char *file, struct str name, void *arg, struct fault *f)
{
	struct look *l = arg;
	bool wanted;
	enum err e = evidence_wanted(l->db, name, &wanted, f);

	(void)file;
	l->report.orphans += !e && !wanted;
	return e;
}

enum err evidence_fsck(struct db *db, const char *dir, const struct crypt_key *secret,
		       struct evidence_report *ret, struct fault *f)
{
	CLEANUP(look_end) struct look l = { .db = db };
	const struct blobs_options o = { .dir = dir, .secret = secret, .look = true };
	enum err e = blobs_open(&o, &l.blobs, f);

	if (e || (e = db_read(db, rows_act, &l, f)) || (e = blobs_each(dir, count_orphan, &l, f)))
		return e;
	*ret = l.report;
	return OK;
}
