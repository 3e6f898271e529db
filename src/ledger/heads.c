/* heads.c - the keeper of heads. */
#include "ledger/heads.h"
#include "base/file.h"
#include "crypt/encode.h"
#include "db/db.h"
#include "ledger/chain.h"
#include "ledger/head.h"
#include "ledger/ledger.sql.h"
#include "ledger/verify_heads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ban.h"

struct copy {
	struct buf path; /* ends with NUL */
	bool known;      /* its file was read, and is the beginning of ours */
	int64_t n;
	bool open_end;
};

struct heads {
	struct heads_options o;
	struct head_book *book;
	bool started; /* a head was signed since heads_open */
	bool unsure;  /* a write failed: the line may be there, in part or whole */
	VEC(struct copy) copy;
	/* In heads_go_back: of counties that end before what was signed, how much stays. */
	VEC(struct head_tip) kept;
};

/* ---- what came since ---- */

struct cut { /* one look at the database */
	struct heads *h;
	struct utc_s now;
	bool wanted, due;
	VEC(struct head_line) line;
	VEC(struct head_tip) tip;
};

static enum err no_memory(struct fault *f)
{
	return fault_set(f, ERR_MEMORY, "内存不足，未签链头", "there is no memory to sign a head");
}

static enum err read_tips(struct tx *tx, struct cut *c, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more = false;
	enum err e = tx_rows(tx, &ledger_sql.tips, SQL_NO_ARGS, &r, f);

	c->tip.n = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct head_tip tip = { .county = { rows_i64(r, 0) }, .to = rows_i64(r, 1) };
		struct str hash = rows_blob(r, 3);

		if (hash.n != sizeof tip.chain.v)
			return fault_set(f, ERR_CORRUPT, "台账链尾不合法",
					 "the end of a chain of the ledger is none");
		memcpy(tip.chain.v, hash.p, sizeof tip.chain.v);
		if (vec_push(&c->tip, tip))
			return no_memory(f);
	}
	return e;
}

static bool is_due(const struct cut *c)
{
	const struct heads *h = c->h;
	int64_t fresh = 0;

	for (size_t i = 0; i < c->tip.n; i++)
		fresh += c->tip.v[i].to - head_book_tip(h->book, c->tip.v[i].county).to;
	return c->wanted || !h->started || fresh >= h->o.every_entries ||
	       c->now.v - h->book->last.at.v >= h->o.every_s ||
	       c->now.v < h->book->last.at.v; /* the clock was set back: begin to count anew */
}

static enum err add_leaf(const struct chain *c, const struct ledger_entry *en, void *arg,
			 struct fault *f)
{
	struct merkle_node leaf;

	(void)en;
	(void)f;
	memcpy(leaf.v, c->hash.v + 1, sizeof leaf.v);
	merkle_add(arg, &leaf);
	return OK;
}

static enum err not_signed(struct area_code county, int64_t seq, enum chain_wrong w,
			   struct fault *f)
{
	char text[AREA_TEXT_BYTES];

	area_text(county, text);
	return fault_set(f, ERR_CORRUPT, "台账 %s 第 %lld 条：%s%.0s；不予签名",
			 "ledger %s, entry %lld: %.0s%s; it is not signed", text, (long long)seq,
			 chain_wrong_zh(w), chain_wrong_en(w));
}

/* The entries of a county after those signed, up to its tip. */
static enum err cut_county(struct tx *tx, struct cut *c, const struct head_tip *from_,
			   const struct head_tip *to, struct fault *f)
{
	struct head_book *book = c->h->book;
	struct head_tip from = *from_;
	struct head_line line = { .county = to->county, .from = from.to + 1, .to = to->to };
	struct chain_bad bad = { 0 };
	struct chain chain;
	struct merkle tree;
	enum err e;

	chain_begin(&chain, book->hasher, to->county, from.to, &from.chain);
	merkle_begin(&tree, head_book_hasher(book, c->h->o.suite));
	e = chain_walk(tx, &chain, to->to, add_leaf, &tree, &bad, f);
	if (e)
		return e;
	if (bad.wrong)
		return not_signed(to->county, bad.seq, bad.wrong, f);
	if (chain.seq != to->to)
		return not_signed(to->county, chain.seq + 1, CHAIN_GAP, f);
	if (memcmp(chain.hash.v, to->chain.v, sizeof chain.hash.v) != 0)
		return not_signed(to->county, to->to, CHAIN_HASH, f);
	merkle_root(&tree, &line.root);
	line.chain = chain.hash;
	return vec_push(&c->line, line) ? no_memory(f) : OK;
}

static int by_county(const void *a, const void *b)
{
	const struct head_tip *x = a, *y = b;

	return x->county.v < y->county.v ? -1 : x->county.v > y->county.v;
}

/* How far a county is signed, less what is being given up. */
static struct head_tip signed_to(const struct heads *h, struct area_code county)
{
	const struct head_tip key = { .county = county }, *kept = NULL;

	if (h->kept.n)
		kept = bsearch(&key, h->kept.v, h->kept.n, sizeof key, by_county);
	return kept ? *kept : head_book_tip(h->book, county);
}

/* Going back: counties that were signed and of which the database has nothing are cut, too. */
static enum err add_lost(struct cut *c)
{
	size_t n = c->tip.n;

	for (size_t i = 0; i < c->h->kept.n; i++) {
		struct head_tip none = { c->h->kept.v[i].county, 0, LEDGER_NO_HASH };

		if (n && bsearch(&none, c->tip.v, n, sizeof none, by_county))
			continue;
		if (vec_push(&c->tip, none))
			return ERR_MEMORY;
	}
	if (c->tip.n)
		qsort(c->tip.v, c->tip.n, sizeof c->tip.v[0], by_county);
	return OK;
}

static enum err cut_act(struct tx *tx, void *arg, struct fault *f)
{
	struct cut *c = arg;
	enum err e = read_tips(tx, c, f);

	if (!e && c->h->kept.n)
		e = add_lost(c);

	c->line.n = 0;
	c->due = !e && is_due(c);
	for (size_t i = 0; !e && c->due && i < c->tip.n; i++) {
		struct head_tip had = signed_to(c->h, c->tip.v[i].county);

		if (c->tip.v[i].to > had.to || had.to < head_book_tip(c->h->book, had.county).to)
			e = cut_county(tx, c, &had, &c->tip.v[i], f);
		else if (c->tip.v[i].to < had.to)
			e = not_signed(had.county, c->tip.v[i].to + 1, CHAIN_GAP, f);
	}
	return e;
}

/* ---- files ---- */

static enum err append_line(const char *path, bool open_end, struct str line, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e = file_open(path, FILE_APPEND, &fl, f);

	/* What a crash left of a line is ended first, so that it spoils no other. */
	if (!e && open_end)
		e = file_write(fl, "\n", 1, f);
	if (!e)
		e = file_write(fl, line.p, line.n, f);
	if (!e)
		e = file_sync(fl, f);
	return e ? e : file_close(&fl, f);
}

/* Is the file of a copy the beginning of ours? */
static enum err know_copy(struct heads *h, struct copy *c, struct fault *f)
{
	CLEANUP(head_book_end) struct head_book *b = NULL;
	enum err e = head_book_new(false, &b);

	if (e)
		return e;
	b->trusting = true; /* it is compared with ours, which was verified */
	if ((e = head_book_read(b, c->path.p, f)))
		return e;
	if (b->wrong || b->leaf.n > h->book->leaf.n ||
	    (b->leaf.n && memcmp(b->leaf.v, h->book->leaf.v, b->leaf.n * sizeof b->leaf.v[0]) != 0))
		return fault_set(f, ERR_CORRUPT, "%s 里的链头与本机的不是同一段历史",
				 "the heads in %s tell another history than those here", c->path.p);
	c->known = true;
	c->n = (int64_t)b->leaf.n;
	c->open_end = b->open_end;
	return OK;
}

/* Append to a copy what it lacks, from our own file: all behind the last line of head c->n. */
static enum err catch_up(struct heads *h, struct copy *c, struct fault *f)
{
	CLEANUP(file_unmap) struct file_map m = { 0 };
	size_t at = 0, from = 0;
	enum err e = file_map_read(h->o.path, &m, f);

	while (!e && at < m.n) {
		const char *p = (const char *)m.p + at, *end = memchr(p, '\n', m.n - at);
		size_t n = end ? (size_t)(end - p) : m.n - at;
		int64_t number = head_line_number((struct str){ p, n });

		at += n + (end != NULL);
		if (number > 0 && number <= c->n)
			from = at;
	}
	if (!e && from < m.n)
		e = append_line(c->path.p, c->open_end,
				(struct str){ (const char *)m.p + from, m.n - from }, f);
	if (!e) {
		c->n = (int64_t)h->book->leaf.n;
		c->open_end = h->book->open_end;
	}
	return e;
}

/* How many folders lack heads after we have tried. Another history is an error. */
static enum err copy_all(struct heads *h, struct str line, size_t *ret_behind, struct fault *f)
{
	*ret_behind = 0;
	for (size_t i = 0; i < h->copy.n; i++) {
		struct copy *c = &h->copy.v[i];
		struct fault why = { 0 };
		enum err e = c->known ? OK : know_copy(h, c, &why);

		if (e == ERR_CORRUPT)
			return fault_set(f, e, "%s%.0s", "%.0s%s", why.zh, why.en);
		if (!e && c->n < (int64_t)h->book->leaf.n) {
			if (line.n && c->n + 1 == (int64_t)h->book->leaf.n && !c->open_end) {
				e = append_line(c->path.p, false, line, &why);
				c->n += !e;
			} else {
				e = catch_up(h, c, &why);
			}
		}
		if (e)
			c->known = false; /* whatever is there now is looked at again */
		*ret_behind += e != OK;
	}
	return OK;
}

void heads_copy_name(const char *folder, const uint8_t *key_id, struct buf *ret)
{
	buf_fmt(ret, "%s/", folder);
	encode_hex(ret, key_id, HEAD_KEY_ID_BYTES);
	buf_lit(ret, ".heads");
	buf_char(ret, '\0');
}

static enum err name_copies(struct heads *h)
{
	uint8_t id[HEAD_KEY_ID_BYTES];
	/* before the first head the first key is ours */
	const struct crypt_public *first =
		h->book->leaf.n ? &h->book->first_key : crypt_signer_public(h->o.signer);
	enum err e = head_key_id(first, id);

	for (size_t i = 0; !e && i < h->o.n_copies; i++) {
		struct copy c = { 0 };

		heads_copy_name(h->o.copies[i], id, &c.path);
		e = c.path.failed;
		if (!e)
			e = vec_push(&h->copy, c);
		if (e)
			buf_release(&c.path);
	}
	return e;
}

/* ---- one head ---- */

static enum err pace_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct heads *h = arg;

	return tx_run(tx, &ledger_sql.signed_,
		      SQL_ARGS(sql_i64(CRYPT_WORLD), sql_i64((int64_t)h->book->leaf.n + 1)), NULL,
		      f);
}

static enum err write_head(struct heads *h, const struct cut *c, enum head_kind kind,
			   const struct crypt_signer *next, struct buf *ret_line, struct fault *f)
{
	CLEANUP(buf_release) struct buf record = { 0 };
	struct head head = { .n = (int64_t)h->book->leaf.n + 1,
			     .kind = kind,
			     .at = c->now,
			     .suite = h->o.suite,
			     .n_lines = c->line.n };
	enum err e;

	if (next || head.n == 1) {
		head.announces = true;
		head.next = *crypt_signer_public(next ? next : h->o.signer);
	}
	if ((e = head_key_id(crypt_signer_public(h->o.signer), head.key_id)) ||
	    (e = head_book_history(h->book, h->o.suite, &head.history)))
		return e;
	head_write(&head, c->line.v, &record);
	e = record.failed ? record.failed : head_sign(h->o.signer, buf_view(&record), ret_line);
	return e ? fault_set(f, e, "无法签名链头", "cannot sign a head") : OK;
}

static enum err publish(struct heads *h, struct str line, struct fault *f)
{
	enum err e = append_line(h->o.path, h->book->open_end, line, f);

	h->unsure = e != OK;
	if (e)
		return e;
	h->book->open_end = false;
	e = head_book_add(h->book, (struct str){ line.p, line.n - 1 });
	if (!e && h->book->wrong)
		e = fault_set(f, ERR_BUG, "自己签的链头不合规矩：%s%.0s",
			      "a head of our own does not fit: %.0s%s",
			      head_wrong_zh(h->book->wrong), head_wrong_en(h->book->wrong));
	return e;
}

/* ---- what is in the file ---- */

static enum err stands_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct heads *h = arg;

	for (size_t i = 0; i < h->book->tip.n; i++) {
		const struct head_tip *tip = &h->book->tip.v[i];
		CLEANUP(rows_end) struct rows *r = NULL;
		struct chain_row row;
		enum err e;

		if (tip->to == 0)
			continue; /* given up whole */
		e = tx_row(tx, &ledger_sql.at, SQL_ARGS(sql_i64(tip->county.v), sql_i64(tip->to)),
			   &r, f);
		if (e == ERR_ABSENT)
			return fault_set(f, ERR_CORRUPT,
					 "数据库比已签的链头旧：县 %lld 第 %lld 条已签而不在",
					 "the database is older than what was signed: county %lld, "
					 "entry %lld was signed and is not there",
					 (long long)tip->county.v, (long long)tip->to);
		if (e)
			return e;
		row = chain_row_of(r);
		if (row.hash.n != sizeof tip->chain.v ||
		    memcmp(row.hash.p, tip->chain.v, row.hash.n) != 0)
			return not_signed(tip->county, tip->to, CHAIN_HASH, f);
	}
	return OK;
}

static enum err check_book(const struct heads *h, struct fault *f)
{
	uint8_t id[HEAD_KEY_ID_BYTES];
	enum err e = head_key_id(crypt_signer_public(h->o.signer), id);

	if (e)
		return e;
	if (h->book->wrong)
		return fault_set(f, ERR_CORRUPT, "链头文件 %s 第 %lld 个链头：%s%.0s",
				 "file of heads %s, head %lld: %.0s%s", h->o.path,
				 (long long)h->book->wrong_at, head_wrong_zh(h->book->wrong),
				 head_wrong_en(h->book->wrong));
	if (h->book->leaf.n && memcmp(id, h->book->key_id, sizeof id) != 0)
		return fault_set(f, ERR_CORRUPT, "签名密钥不是 %s 里公布的那一把",
				 "the signing key is not the one announced in %s", h->o.path);
	return OK;
}

/* Read our file, whatever we thought was in it, and hold it against the key. */
static enum err load_book(struct heads *h, struct fault *f)
{
	struct head_book *b = NULL;
	enum err e = head_book_new(false, &b);

	if (e)
		return no_memory(f);
	b->trusting = true;
	head_book_end(&h->book);
	h->book = b;
	e = head_book_read(b, h->o.path, f);
	return e ? e : check_book(h, f);
}

/* And against the database. */
static enum err load(struct heads *h, struct fault *f)
{
	enum err e = load_book(h, f);

	return e ? e : db_read(h->o.db, stands_act, h, f);
}

static void cut_end(struct cut *c)
{
	vec_drop(&c->line);
	vec_drop(&c->tip);
}

static enum err step(struct heads *h, struct utc_s now, enum head_kind kind, bool wanted,
		     const struct crypt_signer *next, struct heads_said *ret, struct fault *f)
{
	CLEANUP(cut_end) struct cut c = { .h = h, .now = now, .wanted = wanted };
	CLEANUP(buf_release) struct buf line = { 0 };
	size_t behind = 0;
	enum err e;

	if (h->unsure) {
		if ((e = load(h, f)))
			return e;
		h->unsure = false;
	}
	/* The first look is only whether one is due; the second, after the pace is told, counts. */
	if ((e = db_read(h->o.db, cut_act, &c, f)))
		return e;
	if (c.due) {
		c.wanted = true;
		if ((e = db_write(h->o.db, pace_act, h, f)) ||
		    (e = db_read(h->o.db, cut_act, &c, f)) ||
		    (e = write_head(h, &c, kind, next, &line, f)) ||
		    (e = publish(h, buf_view(&line), f)))
			return e;
		h->started = true;
	}
	if ((e = copy_all(h, buf_view(&line), &behind, f)))
		return e;
	if (ret)
		*ret = (struct heads_said){ c.due, (int64_t)h->book->leaf.n, behind };
	return OK;
}

enum err heads_step(struct heads *h, struct utc_s now, struct heads_said *ret, struct fault *f)
{
	return step(h, now, h->started ? HEAD_BEAT : HEAD_START, false, NULL, ret, f);
}

enum err heads_stop(struct heads *h, struct utc_s now, struct fault *f)
{
	return step(h, now, HEAD_STOP, true, NULL, NULL, f);
}

enum err heads_hand_over(struct heads *h, const struct crypt_signer *next, struct utc_s now,
			 struct fault *f)
{
	enum err e;

	/* The first head announces the key that signs it, and can announce no other. */
	if (h->book->leaf.n == 0 && (e = heads_step(h, now, NULL, f)))
		return e;
	if ((e = step(h, now, HEAD_KEY, true, next, NULL, f)))
		return e;
	h->o.signer = next;
	return OK;
}

/* ---- after a restore ---- */

struct back {
	struct heads *h;
	struct verify_heads *all; /* everything that was signed, by county */
};

/* The last range of the county that its chain still has whole. */
static struct head_tip still_there(const struct back *b, const struct head_tip *tip)
{
	struct head_tip kept = { tip->county, 0, LEDGER_NO_HASH };
	struct verify_range range;

	for (size_t i = 0; verify_heads_range(b->all, tip->county, i, &range); i++)
		if (range.line.to <= tip->to)
			kept = (struct head_tip){ tip->county, range.line.to, range.line.chain };
	return kept;
}

static enum err keep_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct back *b = arg;
	struct heads *h = b->h;

	h->kept.n = 0;
	for (size_t i = 0; i < h->book->tip.n; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		struct head_tip kept, tip = { .county = h->book->tip.v[i].county };
		enum err e = tx_row(tx, &ledger_sql.stands, SQL_ARGS(sql_i64(tip.county.v)), &r, f);

		if (e && e != ERR_ABSENT)
			return e;
		tip.to = e ? 0 : rows_i64(r, 0);
		kept = still_there(b, &tip);
		if (tip.to < h->book->tip.v[i].to && vec_push(&h->kept, kept))
			return no_memory(f);
	}
	return OK;
}

static enum err find_kept(struct heads *h, struct fault *f)
{
	struct verify_ask ask = { .heads = h->o.path };
	struct verify_report report = { 0 };
	CLEANUP(verify_heads_end) struct verify_heads *all = NULL;
	struct back b = { .h = h };
	enum err e = verify_heads_new(&ask, &report, &all, f);

	b.all = all;
	if (!e && report.verdict)
		e = fault_set(f, ERR_CORRUPT, "%s%.0s", "%.0s%s", report.zh, report.en);
	return e ? e : db_read(h->o.db, keep_act, &b, f);
}

enum err heads_go_back(const struct heads_options *o, struct utc_s now, db_act *approve, void *arg,
		       struct fault *f)
{
	CLEANUP(heads_end) struct heads *h = mem_take(1, sizeof *h);
	enum err e;

	if (!h)
		return no_memory(f);
	h->o = *o;
	if ((e = load_book(h, f)) || (e = find_kept(h, f)) ||
	    (e = db_write(o->db, approve, arg, f)))
		return e;
	if (name_copies(h))
		return no_memory(f);
	return step(h, now, HEAD_RESTORED, true, NULL, NULL, f);
}

/* ---- life ---- */

enum err heads_open(const struct heads_options *o, struct heads **ret, struct fault *f)
{
	CLEANUP(heads_end) struct heads *h = mem_take(1, sizeof *h);
	struct fault why = { 0 };
	enum err e;

	assert(o->every_s > 0 && o->every_entries > 0);
	if (!h)
		return no_memory(f);
	h->o = *o;
	if ((e = load(h, f)))
		return e;
	if ((e = name_copies(h)))
		return no_memory(f);
	for (size_t i = 0; i < h->copy.n; i++)
		if (know_copy(h, &h->copy.v[i], &why) == ERR_CORRUPT)
			return fault_set(f, ERR_CORRUPT, "%s%.0s", "%.0s%s", why.zh, why.en);
	*ret = h;
	h = NULL;
	return OK;
}

void heads_end(struct heads **h)
{
	if (!*h)
		return;
	for (size_t i = 0; i < (*h)->copy.n; i++)
		buf_release(&(*h)->copy.v[i].path);
	vec_drop(&(*h)->copy);
	vec_drop(&(*h)->kept);
	head_book_end(&(*h)->book);
	mem_drop(*h);
	*h = NULL;
}
