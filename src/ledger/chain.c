/* chain.c - is this the entry that belongs here? */
#include "ledger/chain.h"
#include "db/db.h"
#include "ledger/entry.h"
#include "ledger/ledger.sql.h"

#include <string.h>

#include "base/ban.h"

enum { PAGE_ROWS = 20000 }; /* PostgreSQL holds a page in memory */

static const struct {
	const char *zh, *en;
} WORDS[] = {
	[CHAIN_FINE] = { "没有问题", "nothing is wrong" },
	[CHAIN_GAP] = { "之前的条目缺失", "entries before it are missing" },
	[CHAIN_TWICE] = { "编号重复", "its number is there twice" },
	[CHAIN_BYTES] = { "内容不是合法条目", "its bytes are no entry" },
	[CHAIN_COLUMNS] = { "各列与所签内容不一致", "its columns differ from its bytes" },
	[CHAIN_HASH] = { "哈希与内容或之前的条目不符",
			 "its hash is not that of its bytes and of all before it" },
	[CHAIN_CLOCK] = { "时间早于前一条，且没有时钟被拨回的记录",
			  "it is older than the one before, and no entry says why" },
};

const char *chain_wrong_zh(enum chain_wrong w)
{
	return WORDS[w].zh;
}

const char *chain_wrong_en(enum chain_wrong w)
{
	return WORDS[w].en;
}

bool chain_tells_of_clock(const struct ledger_entry *en)
{
	return str_eq(en->object, STR(CHAIN_CLOCK_OBJECT)) &&
	       str_eq(en->action, STR(CHAIN_CLOCK_ACTION));
}

void chain_begin(struct chain *c, struct crypt_hasher *const *hasher, struct area_code county,
		 int64_t seq, const struct crypt_hash *hash)
{
	*c = (struct chain){
		.hasher = hasher, .county = county, .seq = seq, .at = { INT64_MIN }, .hash = *hash
	};
}

/* The county is the one that was asked for. */
static bool columns_agree(const struct chain *c, const struct chain_row *row,
			  const struct ledger_entry *en)
{
	return en->county.v == c->county.v && en->seq == row->seq && en->at.v == row->at.v &&
	       en->actor == row->actor && en->object_id == row->object_id &&
	       en->version == row->version && str_eq(en->object, row->object);
}

enum chain_wrong chain_take(struct chain *c, const struct chain_row *row, struct ledger_entry *ret)
{
	struct crypt_hash mine;

	if (row->seq != c->seq + 1)
		return row->seq <= c->seq ? CHAIN_TWICE : CHAIN_GAP;
	if (entry_parse(row->bytes, ret))
		return CHAIN_BYTES;
	if (!columns_agree(c, row, ret))
		return CHAIN_COLUMNS;
	if (row->hash.n != sizeof mine.v || !crypt_suite_known((uint8_t)row->hash.p[0]))
		return CHAIN_HASH;
	entry_hash(c->hasher[(uint8_t)row->hash.p[0]], &c->hash, row->bytes, &mine);
	if (memcmp(mine.v, row->hash.p, sizeof mine.v) != 0)
		return CHAIN_HASH;
	if (chain_tells_of_clock(ret))
		c->set_back++;
	else if (c->at.v != INT64_MIN && ret->at.v < c->at.v - CHAIN_CLOCK_SLACK_S)
		return CHAIN_CLOCK;
	c->seq = row->seq;
	c->at = ret->at;
	c->hash = mine;
	return CHAIN_FINE;
}

struct chain_row chain_row_of(struct rows *r)
{
	return (struct chain_row){ .seq = rows_i64(r, 0),
				   .at = rows_time(r, 1),
				   .actor = rows_i64(r, 2),
				   .object = rows_text(r, 3),
				   .object_id = rows_i64(r, 4),
				   .version = rows_i64(r, 5),
				   .bytes = rows_blob(r, 6),
				   .hash = rows_blob(r, 7) };
}

/*
 * One page; *ret_n rows of it were there. It begins with the entry taken last, if there is one, so
 * that no second one of its number can hide between two pages.
 */
static enum err walk_page(struct tx *tx, struct chain *c, int64_t n, chain_each *each, void *arg,
			  int64_t *ret_n, struct chain_bad *ret_bad, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more = false, again = c->seq > 0;
	int64_t from = again ? c->seq : INT64_MIN;
	enum err e = tx_rows(tx, &ledger_sql.walk,
			     SQL_ARGS(sql_i64(c->county.v), sql_i64(from), sql_i64(n)), &r, f);

	for (*ret_n = 0; !e && !(e = rows_next(r, &more, f)) && more; ++*ret_n) {
		struct chain_row row = chain_row_of(r);
		struct ledger_entry en;
		enum chain_wrong wrong;

		if (again && row.seq == c->seq) {
			again = false;
			continue;
		}
		wrong = chain_take(c, &row, &en);
		if (wrong) {
			ret_bad->wrong = wrong;
			ret_bad->seq = wrong == CHAIN_GAP ? c->seq + 1 : row.seq;
			return OK;
		}
		if ((e = each(c, &en, arg, f)))
			return e;
	}
	return e;
}

enum err chain_walk(struct tx *tx, struct chain *c, int64_t to, chain_each *each, void *arg,
		    struct chain_bad *ret_bad, struct fault *f)
{
	int64_t got = PAGE_ROWS, want = PAGE_ROWS;
	enum err e = OK;

	ret_bad->wrong = CHAIN_FINE;
	while (!e && !ret_bad->wrong && got == want && c->seq < to) {
		want = min_i64(to - c->seq, PAGE_ROWS - 1) + 1;
		e = walk_page(tx, c, want, each, arg, &got, ret_bad, f);
	}
	return e;
}
