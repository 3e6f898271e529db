/* ledger.c - one more entry, in the transaction of its act; and asking for entries. */
#include "ledger/ledger.h"
#include "db/db.h"
#include "ledger/chain.h"
#include "ledger/entry.h"
#include "ledger/ledger.sql.h"

#include <stdio.h>
#include <string.h>

#include "base/ban.h"

/* A head is cut from a snapshot; what is committed meanwhile falls under the next. */
enum { HEADS_UNTIL_SURE = 2 };

struct tip {
	int64_t seq;
	struct utc_s at;
	struct crypt_hash hash;
};

struct pace {
	enum crypt_suite suite;
	int64_t head;
};

/*
 * Where chains stand as far as this act has come; it is written when the act ends. A clock's tick
 * goes through the counties of a province without order: there is room for as many.
 */
enum { CHAINS_AT_HAND = 160 };
struct at_hand {
	bool paced;
	struct pace pace;
	struct chain_at_hand {
		struct area_code county;
		struct tip tip;
	} chain[CHAINS_AT_HAND];
	size_t n;
};

static enum err corrupt_tip(struct area_code county, struct fault *f)
{
	char text[AREA_TEXT_BYTES];

	area_text(county, text);
	return fault_set(f, ERR_CORRUPT, "台账 %s 的链尾不合法",
			 "the end of the ledger's chain %s "
			 "is no end of a chain",
			 text);
}

static bool read_hash(struct str s, struct crypt_hash *ret)
{
	if (s.n != sizeof ret->v)
		return false;
	memcpy(ret->v, s.p, sizeof ret->v);
	return true;
}

/* ERR_ABSENT: the county has none yet. */
static enum err read_tip(struct tx *tx, struct area_code county, struct tip *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &ledger_sql.tip, SQL_ARGS(sql_i64(county.v)), &r, f);

	if (e)
		return e;
	ret->seq = rows_i64(r, 0);
	ret->at = rows_time(r, 1);
	if (!read_hash(rows_blob(r, 2), &ret->hash) || ret->seq < 0 || ret->seq == INT64_MAX ||
	    (ret->seq > 0 && !crypt_suite_known(ret->hash.v[0])))
		return corrupt_tip(county, f);
	return OK;
}

/* The end of the county's chain, ours to move; made if the county is new. */
static enum err take_tip(struct tx *tx, struct area_code county, struct utc_s at, struct tip *ret,
			 struct fault *f)
{
	static const struct crypt_hash NONE;
	struct str none = { (const char *)NONE.v, sizeof NONE.v };
	enum err e = read_tip(tx, county, ret, f);

	if (e != ERR_ABSENT)
		return e;
	if ((e = tx_run(tx, &ledger_sql.open,
			SQL_ARGS(sql_i64(county.v), sql_time(at), sql_blob(none)), NULL, f)))
		return e;
	e = read_tip(tx, county, ret, f);
	return e == ERR_ABSENT ? corrupt_tip(county, f) : e;
}

static enum err move(struct tx *tx, const struct chain_at_hand *c, struct fault *f)
{
	return tx_later(tx, &ledger_sql.move,
			SQL_ARGS(sql_i64(c->county.v), sql_i64(c->tip.seq), sql_time(c->tip.at),
				 sql_blob((struct str){ (const char *)c->tip.hash.v,
							sizeof c->tip.hash.v })),
			1, f);
}

static enum err move_all(struct tx *tx, void *kept, struct fault *f)
{
	struct at_hand *k = kept;
	enum err e = OK;

	for (size_t i = 0; i < k->n && !e; i++)
		e = move(tx, &k->chain[i], f);
	k->n = 0;
	return e;
}
static const struct tx_kind at_hand = { sizeof(struct at_hand), move_all };

/* The county's chain, taken from the database once an act; with many counties, now and then. */
static enum err chain_of(struct tx *tx, struct at_hand *k, struct area_code county, struct utc_s at,
			 struct tip **ret, struct fault *f)
{
	struct chain_at_hand *c = k->chain;
	enum err e;

	while (c < k->chain + k->n && c->county.v != county.v)
		c++;
	if (c < k->chain + k->n) {
		*ret = &c->tip;
		return OK;
	}
	if ((e = tx_turn(tx, county.v, f)) || (k->n == CHAINS_AT_HAND && (e = move_all(tx, k, f))))
		return e;
	c = &k->chain[k->n];
	if ((e = take_tip(tx, county, at, &c->tip, f)))
		return e;
	c->county = county;
	k->n++;
	*ret = &c->tip;
	return OK;
}

static enum err read_pace(struct tx *tx, struct pace *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &ledger_sql.pace, SQL_NO_ARGS, &r, f);
	int64_t suite;

	*ret = (struct pace){ CRYPT_WORLD, 0 };
	if (e == ERR_ABSENT)
		return OK; /* nobody has said anything yet */
	if (e)
		return e;
	suite = rows_i64(r, 0);
	ret->head = rows_i64(r, 1);
	if (suite < 0 || suite > UINT8_MAX || !crypt_suite_known((uint8_t)suite) || ret->head < 0 ||
	    ret->head > INT64_MAX - HEADS_UNTIL_SURE)
		return fault_set(f, ERR_CORRUPT, "台账的设置不合法",
				 "the ledger's settings cannot be");
	ret->suite = (enum crypt_suite)suite;
	return OK;
}

/* Entry seq + 1; the tip is then its. */
static enum err add(struct tx *tx, struct crypt_hasher *h, struct tip *tip, struct ledger_entry *en,
		    struct fault *f)
{
	uint8_t bytes[LEDGER_ENTRY_BYTES_MAX];
	struct str all = { (const char *)bytes, 0 };
	struct crypt_hash hash;
	enum err e;

	en->seq = tip->seq + 1;
	if ((e = entry_check(en, f)))
		return e;
	all.n = entry_write(en, bytes);
	entry_hash(h, &tip->hash, all, &hash);
	e = tx_later(tx, &ledger_sql.add,
		     SQL_ARGS(sql_i64(en->county.v), sql_i64(en->seq), sql_time(en->at),
			      sql_i64(en->actor), sql_text(en->object), sql_i64(en->object_id),
			      sql_i64(en->version), sql_blob(all),
			      sql_blob((struct str){ (const char *)hash.v, sizeof hash.v })),
		     0, f);
	if (!e)
		*tip = (struct tip){ en->seq, en->at, hash };
	return e;
}

static enum err add_set_back(struct tx *tx, struct crypt_hasher *h, struct tip *tip,
			     const struct ledger_entry *next, struct fault *f)
{
	char detail[64];
	struct ledger_entry en = { .county = next->county,
				   .at = next->at,
				   .kind = LEDGER_ACT,
				   .purpose = STR("system"),
				   .object = STR(CHAIN_CLOCK_OBJECT),
				   .action = STR(CHAIN_CLOCK_ACTION) };

	snprintf(detail, sizeof detail, "seconds=%lld", (long long)(tip->at.v - next->at.v));
	en.detail = str_of(detail);
	return add(tx, h, tip, &en, f);
}

enum err ledger_append(struct tx *tx, struct ledger_entry *en, struct ledger_receipt *ret,
		       struct fault *f)
{
	CLEANUP(crypt_hasher_end) struct crypt_hasher *h = NULL;
	struct ledger_entry asked = *en;
	struct at_hand *k;
	struct tip *tip;
	enum err e;

	asked.seq = 1; /* what it will be is not known yet, and it is not the caller's to say */
	if ((e = entry_check(&asked, f)) || (e = tx_keep(tx, &at_hand, &k, f)))
		return e;
	if (!k->paced && (e = read_pace(tx, &k->pace, f)))
		return e;
	k->paced = true;
	if ((e = chain_of(tx, k, en->county, en->at, &tip, f)))
		return e;
	if (crypt_hasher_new(k->pace.suite, &h))
		return fault_set(f, ERR_MEMORY, "内存不足，未记入台账",
				 "there is no memory to write the ledger");
	if (tip->seq > 0 && en->at.v < tip->at.v - CHAIN_CLOCK_SLACK_S &&
	    !chain_tells_of_clock(en) && (e = add_set_back(tx, h, tip, en, f)))
		return e;
	if ((e = add(tx, h, tip, &asked, f)))
		return e;
	en->seq = tip->seq;
	if (ret)
		*ret = (struct ledger_receipt){ en->county, tip->seq, tip->at,
						k->pace.head + HEADS_UNTIL_SURE, tip->hash };
	return OK;
}

enum err ledger_read(struct tx *tx, struct ledger_entry *en, struct ledger_receipt *ret,
		     struct fault *f)
{
	en->kind = LEDGER_READ;
	en->version = 0;
	if (en->action.n == 0)
		en->action = STR("read");
	return ledger_append(tx, en, ret, f);
}

enum err ledger_use_suite(struct tx *tx, enum crypt_suite suite, struct fault *f)
{
	struct at_hand *k;
	enum err e = tx_keep(tx, &at_hand, &k, f);

	assert(crypt_suite_known((uint8_t)suite));
	if (e)
		return e;
	k->paced = false;
	return tx_run(tx, &ledger_sql.use_suite, SQL_ARGS(sql_i64(suite)), NULL, f);
}

/* ---- asking ---- */

static enum err tell(struct rows *r, ledger_each *each, void *arg, struct fault *f)
{
	struct chain_row row = chain_row_of(r);
	struct ledger_entry en;
	struct crypt_hash hash;

	if (entry_parse(row.bytes, &en) || !read_hash(row.hash, &hash))
		return fault_set(f, ERR_CORRUPT, "台账第 %lld 条已损坏，请执行 outpost verify",
				 "ledger entry %lld is damaged: run outpost verify",
				 (long long)row.seq);
	return each(&en, &hash, arg, f);
}

static enum err tell_all(struct tx *tx, const struct sql *sql, struct sql_args args,
			 ledger_each *each, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more = false;
	enum err e = tx_rows(tx, sql, args, &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = tell(r, each, arg, f);
	return e;
}

static int64_t before(const struct ledger_page *page)
{
	assert(page->limit > 0 && page->limit <= LEDGER_PAGE_MAX);
	return page->before_seq > 0 ? page->before_seq : INT64_MAX;
}

enum err ledger_list(struct tx *tx, const struct ledger_page *page, ledger_each *each, void *arg,
		     struct fault *f)
{
	return tell_all(tx, &ledger_sql.list,
			SQL_ARGS(sql_i64(page->county.v), sql_i64(before(page)),
				 sql_i64(page->limit)),
			each, arg, f);
}

enum err ledger_of_object(struct tx *tx, const struct ledger_page *page, struct str object,
			  int64_t object_id, ledger_each *each, void *arg, struct fault *f)
{
	return tell_all(tx, &ledger_sql.of_object,
			SQL_ARGS(sql_i64(page->county.v), sql_text(object), sql_i64(object_id),
				 sql_i64(before(page)), sql_i64(page->limit)),
			each, arg, f);
}

enum err ledger_of_actor(struct tx *tx, const struct ledger_page *page, int64_t actor,
			 ledger_each *each, void *arg, struct fault *f)
{
	return tell_all(tx, &ledger_sql.of_actor,
			SQL_ARGS(sql_i64(page->county.v), sql_i64(actor), sql_i64(before(page)),
				 sql_i64(page->limit)),
			each, arg, f);
}

enum err ledger_of_version(struct tx *tx, struct area_code county, struct str object,
			   int64_t object_id, int64_t version, ledger_each *each, void *arg,
			   struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &ledger_sql.of_version,
			    SQL_ARGS(sql_i64(county.v), sql_text(object), sql_i64(object_id),
				     sql_i64(version)),
			    &r, f);

	return e ? e : tell(r, each, arg, f);
}

enum err ledger_at(struct tx *tx, struct area_code county, int64_t seq, ledger_each *each,
		   void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &ledger_sql.at, SQL_ARGS(sql_i64(county.v), sql_i64(seq)), &r, f);

	return e ? e : tell(r, each, arg, f);
}

static enum err same_hash(const struct ledger_entry *en, const struct crypt_hash *hash, void *arg,
			  struct fault *f)
{
	const struct ledger_receipt *r = arg;

	if (memcmp(hash->v, r->hash.v, sizeof hash->v) == 0 && en->at.v == r->at.v)
		return OK;
	return fault_set(f, ERR_CORRUPT,
			 "第 %lld 条不是回执所指的那一条：回执是伪造的，或台账被改过",
			 "entry %lld is not the one of the receipt: the receipt is forged, or the "
			 "ledger was changed",
			 (long long)en->seq);
}

enum err ledger_receipt_check(struct tx *tx, const struct ledger_receipt *r, struct fault *f)
{
	struct ledger_receipt own = *r;
	enum err e = ledger_at(tx, r->county, r->seq, same_hash, &own, f);

	return e == ERR_ABSENT
		       ? fault_set(f, e, "没有回执所指的第 %lld 条",
				   "there is no entry %lld, as the receipt says", (long long)r->seq)
		       : e;
}
