/* push.c - a batch: read and judged, staged, stored with its account, and told to all. inside.h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/encode.h"
#include "intake/brought.h"
#include "intake/inside.h"
#include "intake/intake.sql.h"
#include "intake/likeness.h"
#include "intake/question.h"
#include "intake/visits.h"
#include "ledger/ledger.h"
#include "ledger/merkle.h"
#include "record/row.h"

#include "base/ban.h"

/* ---- before the transaction ------------------------------------------------------------------ */

static enum err digest_body(struct push *p)
{
	CLEANUP(buf_release) struct buf hex = { 0 };
	struct crypt_hash h;
	enum err e = crypt_hash(CRYPT_WORLD, p->body.p, p->body.n, &h);

	if (e)
		return e;
	encode_hex(&hex, h.v + 1, CRYPT_RAW_BYTES);
	if (hex.failed)
		return hex.failed;
	memcpy(p->digest, hex.p, sizeof p->digest - 1);
	return OK;
}

struct stored_ask {
	struct push *p;
	bool found;
};

/* Is it stored already? Then nothing is staged: vault and trail have it. */
static enum err stored_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct stored_ask *x = arg;
	struct push *p = x->p;
	enum err e = tx_row(tx, &intake_sql.key_of,
			    SQL_ARGS(sql_i64(area_county(p->feed.record.area).v),
				     sql_i64(p->feed.record.id.v), sql_text(p->sender_id)),
			    &r, f);

	x->found = e == OK;
	return e == ERR_ABSENT ? OK : e;
}

/* What it answers: by the token that came with it, or as it was when it was held. */
static enum err question_act(struct tx *tx, void *arg, struct fault *f)
{
	struct push *p = arg;

	if (p->release)
		return question_of_batch(p->in, tx, area_county(p->feed.record.area),
					 p->release->record.id.v, p->now, p->a, &p->question, f);
	return p->token.n ? question_of_token(p->in, tx, &p->feed, p->token, p->now, p->a,
					      &p->question, f)
			  : OK;
}

enum err push_begin(struct push *p, struct fault *f)
{
	struct judge_ask ask = { .feed = &p->feed,
				 .zone = p->in->o.zone,
				 .now = p->now,
				 .key = &p->in->digest_key,
				 .db = p->in->o.db,
				 .body = p->body,
				 .rows = p->rows };
	struct stored_ask stored = { .p = p };
	enum err e = OK;

	p->key = intake_key(p->feed.record.id.v, p->sender_id);
	if (!p->key || (e = digest_body(p)))
		return p->key ? e : ERR_MEMORY;
	if (!p->dry) {
		if ((e = intake_enter(p->in, p->key, f)))
			return e;
		p->entered = true;
		if (!p->release &&
		    ((e = db_read(p->in->o.db, stored_act, &stored, f)) || stored.found))
			return e; /* push_keep tells what is there */
	}
	if ((p->release || p->token.n) && (e = db_read(p->in->o.db, question_act, p, f)))
		return e;
	ask.none = p->question != NULL;
	if ((e = judge_read(&ask, &p->judged, f)))
		return e;
	if (p->judged.schema.brings == FEED_VISITS)
		return visits_begin(p, f);
	return p->judged.schema.people ? push_people(p, f) : OK;
}

/* ---- in the transaction ---------------------------------------------------------------------- */

struct keeping {
	struct push *p;
	struct tx *tx;
	struct fault *f;
	struct area_code county; /* the feed's */
	const struct noun *noun;
	struct crypt_hasher *hasher;
	struct merkle merkle;
	struct buf text;
};

enum err intake_hash(const struct noun *n, const void *row, struct crypt_hash *ret)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	row_canonical(n, row, &b);
	return b.failed ? b.failed : crypt_hash(CRYPT_WORLD, b.p, b.n, ret);
}

static enum err take_before(const struct ledger_entry *en, const struct crypt_hash *hash, void *arg,
			    struct fault *f)
{
	(void)hash;
	(void)f;
	*(struct crypt_hash *)arg = en->before;
	return OK;
}

enum err intake_hash_at_first(struct tx *tx, const struct noun *n, const struct brought *b,
			      struct crypt_hash *ret, struct fault *f)
{
	enum err e;

	*ret = LEDGER_NO_HASH;
	if (b->record.version == 1) {
		struct brought *first = mem_take(n->bytes, 1);

		if (!first)
			return ERR_MEMORY;
		memcpy(first, b, n->bytes);
		first->record.state = BROUGHT_RECEIVED;
		first->repeats.v = 0;
		e = intake_hash(n, first, ret);
		mem_drop(first);
		return e;
	}
	e = ledger_of_version(tx, area_county(b->record.area), str_of(n->name), b->record.id.v, 2,
			      take_before, ret, f);
	return e == ERR_ABSENT ? OK : e;
}

enum err push_first(struct push *p, struct tx *tx, int64_t digest, int64_t *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	int64_t county = area_county(p->feed.record.area).v;
	enum err e = tx_row(tx, &intake_sql.row_first, SQL_ARGS(sql_i64(county), sql_i64(digest)),
			    &r, f);

	*ret = e == OK ? rows_i64(r, 0) : 0;
	return e == ERR_ABSENT ? OK : e;
}

void intake_leaf(struct crypt_hasher *h, const struct crypt_hash *row, struct merkle_node *ret)
{
	static const uint8_t leaf_word = 0;
	struct crypt_hash hash;

	crypt_hasher_add(h, &leaf_word, 1);
	crypt_hasher_add(h, row->v, sizeof row->v);
	crypt_hasher_take(h, &hash);
	memcpy(ret->v, hash.v + 1, sizeof ret->v);
}

/* A leaf is the row as if it repeated nothing: what it repeats may be recalled. */
static enum err add_leaf(struct keeping *g, const void *row)
{
	struct merkle_node leaf;
	struct crypt_hash hash;

	buf_clear(&g->text);
	row_canonical(g->noun, row, &g->text);
	if (g->text.failed)
		return g->text.failed;
	crypt_hasher_add(g->hasher, g->text.p, g->text.n);
	crypt_hasher_take(g->hasher, &hash);
	intake_leaf(g->hasher, &hash, &leaf);
	merkle_add(&g->merkle, &leaf);
	return OK;
}

/* The row's head, as the transaction stores it. */
static void complete(struct keeping *g, const struct judged_row *r, struct brought *b)
{
	struct push *p = g->p;

	b->record.id = record_id_new((struct record_book *)p->in->o.book);
	b->record.version = 1;
	b->record.state = BROUGHT_RECEIVED;
	b->record.created_at = b->record.updated_at = p->now;
	b->record.created_by.v = p->who->account;
	b->feed = p->feed.record.id;
	b->batch = p->batch.record.id;
	b->row_at = r->row;
	b->repeats.v = 0;
}

static enum err put_likeness(struct keeping *g, const struct brought *b,
			     const struct vault_staged_row *s)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct push *p = g->p;
	struct likeness x;
	enum err e;

	if (s->match.verdict == ALIKE_NEW)
		return OK;
	noun_blank(&likeness_noun, &x);
	x.record = b->record;
	x.record.area = g->county;
	x.record.id = record_id_new((struct record_book *)p->in->o.book);
	x.record.state = s->match.verdict == ALIKE_SAME ? LIKENESS_SAME : LIKENESS_OPEN;
	x.subject.v = s->subject;
	x.other.v = s->other;
	x.batch = b->batch;
	x.brings = str_of(feed_brings[p->feed.brings].word);
	x.reason = str_of(alike_reason_word(s->match.reason));
	x.score = s->match.score;
	e = tx_row(g->tx, &intake_sql.row_of_subject,
		   SQL_ARGS(sql_i64(g->county.v), sql_i64(s->other)), &r, g->f);
	if (e && e != ERR_ABSENT)
		return e;
	x.other_batch.v = e ? 0 : rows_i64(r, 0);
	rows_end(&r);
	p->batch.linked += s->match.verdict == ALIKE_SAME;
	p->batch.maybe += s->match.verdict == ALIKE_MAYBE;
	return record_put(p->in->o.book, g->tx, &likeness_noun, &x, g->f);
}

static enum err keep_row(struct keeping *g, size_t i)
{
	struct push *p = g->p;
	const struct judged_row *r = &p->judged.ok.v[i];
	const struct vault_staged_row *who =
		p->person && p->person[i].subject ? &p->person[i] : NULL;
	struct brought *b = r->at;
	int64_t first;
	enum err e;

	complete(g, r, b);
	b->subject.v = who ? who->subject : 0;
	if ((e = push_first(p, g->tx, r->digest, &first, g->f)) || (e = add_leaf(g, b)))
		return e;
	if (first) {
		b->record.state = BROUGHT_DUPLICATE;
		b->repeats.v = first;
		p->batch.duplicate++;
	} else {
		p->batch.accepted++;
	}
	if ((e = record_put(p->in->o.book, g->tx, g->noun, b, g->f)))
		return e;
	e = tx_run(g->tx, &intake_sql.row_put,
		   SQL_ARGS(sql_i64(g->county.v), sql_i64(b->batch.v), sql_i64(r->row),
			    sql_i64(r->digest), sql_i64(area_county(b->record.area).v),
			    sql_i64(b->record.id.v), sql_i64(b->subject.v), sql_i64(first)),
		   NULL, g->f);
	return e || first || !who ? e : put_likeness(g, b, who);
}

enum err push_refused_put(struct push *p, struct tx *tx, struct fault *f)
{
	enum err e = OK;

	if (p->release) /* the feed's columns may have been mended while it waited */
		e = tx_run(tx, &intake_sql.refused_drop,
			   SQL_ARGS(sql_i64(area_county(p->batch.record.area).v),
				    sql_i64(p->batch.record.id.v)),
			   NULL, f);
	for (size_t i = 0; i < min_size(p->judged.no.n, KEPT_REFUSED) && !e; i++) {
		const struct judged_no *r = &p->judged.no.v[i];

		e = tx_run(tx, &intake_sql.refused_put,
			   SQL_ARGS(sql_i64(area_county(p->batch.record.area).v),
				    sql_i64(p->batch.record.id.v), sql_i64(r->row),
				    sql_i64(r->line), sql_text(str_of(r->field)),
				    sql_text(str_of(r->zh)), sql_text(str_of(r->en))),
			   NULL, f);
	}
	return e;
}

static enum err keep_findings(struct push *p, struct tx *tx, struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; i < min_size(p->findings.v.n, KEPT_FINDINGS) && !e; i++) {
		const struct finding *x = &p->findings.v.v[i];

		e = tx_run(tx, &intake_sql.finding_put,
			   SQL_ARGS(sql_i64(area_county(p->batch.record.area).v),
				    sql_i64(p->batch.record.id.v), sql_i64((int64_t)i + 1),
				    sql_i64(x->row), sql_text(str_of(x->kind)),
				    sql_text(str_of(x->zh)), sql_text(str_of(x->en))),
			   NULL, f);
	}
	return e;
}

/* A new batch, or the held one that comes in now; the account is still to be counted. */
void push_batch_begin(struct push *p, enum batch_state state)
{
	struct batch *b = &p->batch;

	if (p->release) {
		*b = *p->release;
		b->record.version++;
	} else {
		noun_blank(&batch_noun, b);
		b->record.id = record_id_new((struct record_book *)p->in->o.book);
		b->record.area = p->feed.record.area;
		b->record.version = 1;
		b->record.created_at = p->now;
		b->record.created_by.v = p->who->account;
		b->feed = p->feed.record.id;
		b->sender_id = p->sender_id;
		b->digest = (struct str){ p->digest, sizeof p->digest - 1 };
	}
	b->record.updated_at = p->now;
	b->record.state = (int)state;
	b->rows_in = p->judged.n_in;
	b->refused = (int64_t)p->judged.no.n;
	b->incomplete = p->judged.incomplete;
	b->accepted = b->duplicate = b->linked = b->maybe = b->findings = 0;
}

/* How long after it was due: one interval after the last one, or after it was counted anew. */
static enum err lateness(struct push *p, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &intake_sql.seen_of,
			    SQL_ARGS(sql_i64(area_county(p->feed.record.area).v),
				     sql_i64(p->feed.record.id.v)),
			    &r, f);

	p->batch.late_s = FIELD_NONE;
	if (!e && !p->question && p->feed.every_min != FIELD_NONE && rows_i64(r, 0))
		p->batch.late_s = max_i64(0, p->now.v - max_i64(rows_i64(r, 0), rows_i64(r, 2)) -
						     p->feed.every_min * 60);
	return e == ERR_ABSENT ? OK : e;
}

/* A feed that answers when it is asked may be silent still. */
enum err push_saw(struct push *p, struct tx *tx, struct fault *f)
{
	if (p->question)
		return OK;
	return tx_run(tx, &intake_sql.saw_feed,
		      SQL_ARGS(sql_i64(area_county(p->feed.record.area).v),
			       sql_i64(p->feed.record.id.v), sql_time(p->now)),
		      NULL, f);
}

enum err push_batch_put(struct push *p, struct tx *tx, struct fault *f)
{
	return p->release ? record_replace(p->in->o.book, tx, &batch_noun, p->release, &p->batch, f)
			  : record_put(p->in->o.book, tx, &batch_noun, &p->batch, f);
}

enum err push_key_put(struct push *p, struct tx *tx, struct fault *f)
{
	enum err e = tx_run(tx, &intake_sql.gone_drop,
			    SQL_ARGS(sql_i64(area_county(p->feed.record.area).v), sql_i64(p->key)),
			    NULL, f);

	return e ? e
		 : tx_run(tx, &intake_sql.key_put,
			  SQL_ARGS(sql_i64(area_county(p->feed.record.area).v),
				   sql_i64(p->feed.record.id.v), sql_text(p->sender_id),
				   sql_i64(p->key), sql_i64(p->batch.record.id.v),
				   sql_text((struct str){ p->digest, sizeof p->digest - 1 })),
			  NULL, f);
}

/* Its bytes wait no more. */
static enum err let_in(struct push *p, struct tx *tx, struct fault *f)
{
	return tx_run(tx, &intake_sql.held_drop,
		      SQL_ARGS(sql_i64(area_county(p->batch.record.area).v),
			       sql_i64(p->batch.record.id.v)),
		      NULL, f);
}

/* The batch that is stored under this number: the same bytes, or it is refused. */
static enum err find_stored(struct push *p, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct record_id id;
	void *row;
	enum err e = tx_row(tx, &intake_sql.key_of,
			    SQL_ARGS(sql_i64(area_county(p->feed.record.area).v),
				     sql_i64(p->feed.record.id.v), sql_text(p->sender_id)),
			    &r, f);

	p->again = e == OK;
	if (e)
		return e == ERR_ABSENT ? OK : e;
	if (!str_eq(rows_text(r, 2), str_of(p->digest)))
		return fault_set(f, ERR_CONFLICT,
				 "这个批次号已用于另一份内容：请换一个，或先收回那一批",
				 "this number was used for another content: take another one, or "
				 "recall that batch first");
	id.v = rows_i64(r, 1);
	rows_end(&r);
	if ((e = record_get(p->in->o.book, tx, &batch_noun, id, p->a, &row, f)))
		return e;
	p->batch = *(struct batch *)row;
	return OK;
}

static enum err keep_rows(struct keeping *g)
{
	struct push *p = g->p;
	struct merkle_node root;
	CLEANUP(buf_release) struct buf hex = { 0 };
	char *text;
	enum err e = crypt_hasher_new(CRYPT_WORLD, &g->hasher);

	if (e)
		return e;
	merkle_begin(&g->merkle, g->hasher);
	if (p->visits) {
		if ((e = visits_keep(p, g->tx, &p->batch.accepted, &p->batch.duplicate, g->f)))
			return e;
	} else {
		for (size_t i = 0; i < p->judged.ok.n && !e; i++)
			e = keep_row(g, i);
	}
	if (e)
		return e;
	merkle_root(&g->merkle, &root);
	encode_hex(&hex, root.v, sizeof root.v);
	if (hex.failed || !(text = arena_copy(p->a, hex.p, hex.n)))
		return ERR_MEMORY;
	p->batch.root = p->visits ? p->batch.digest : (struct str){ text, hex.n };
	return OK;
}

static void keeping_end(struct keeping *g)
{
	crypt_hasher_end(&g->hasher);
	buf_release(&g->text);
}

struct question_answer push_says_to(struct push *p, bool held)
{
	struct question_answer x = { .q = p->question,
				     .batch = p->batch.record.id.v,
				     .held = held };

	p->answers = p->question && push_says(&p->batch);
	x.last = p->answers && (p->last || !p->batch.rows_in);
	p->closed = 0;
	p->told = x.last ? QUESTION_CLOSED : QUESTION_OPEN;
	return x;
}

static enum err answer(struct push *p, struct tx *tx, struct fault *f)
{
	const struct question_answer x = push_says_to(p, false);

	if (!p->answers)
		return OK;
	return p->release ? question_let_in(tx, p->question, x.batch, p->now, f)
			  : question_answer(tx, &x, p->now, f);
}

/* Whoever was cut off sends it again, and may know by now that it is the last. */
static enum err again(struct push *p, struct tx *tx, struct fault *f)
{
	struct question_again x = { .token = p->token,
				    .batch = p->batch.record.id.v,
				    .said = push_says(&p->batch),
				    .last = p->last };
	enum err e = p->token.n ? question_again(tx, &p->feed, &x, p->now, f) : OK;

	p->told = x.state;
	p->closed = x.closed;
	return e;
}

enum err push_keep(struct push *p, struct tx *tx, struct fault *f)
{
	CLEANUP(keeping_end)
	struct keeping g = { .p = p,
			     .tx = tx,
			     .f = f,
			     .county = area_county(p->feed.record.area),
			     .noun = p->judged.schema.noun };
	enum err e;

	p->kept = p->answers = false;
	p->told = (enum question_state)0;
	p->closed = 0;
	if (!p->release && ((e = find_stored(p, tx, f)) || p->again))
		return e ? e : again(p, tx, f);
	if (!p->judged.a)
		return fault_set(f, ERR_CONFLICT, "这一批刚被收回，请再推一次",
				 "this batch has just been recalled: push it again");
	push_batch_begin(p, BATCH_RECEIVED);
	if ((e = lateness(p, tx, f)) ||
	    (e = findings_look(&p->judged, g.county, p->now, p->in->o.zone, tx, &p->findings, f)) ||
	    (e = keep_rows(&g)))
		return e;
	p->batch.findings = (int64_t)p->findings.v.n;
	assert(p->batch.rows_in == p->batch.accepted + p->batch.refused + p->batch.duplicate);
	if ((e = keep_findings(p, tx, f)) || (e = push_refused_put(p, tx, f)) ||
	    (e = push_batch_put(p, tx, f)) ||
	    (e = p->release ? let_in(p, tx, f) : push_key_put(p, tx, f)) ||
	    (e = answer(p, tx, f)) || (e = push_saw(p, tx, f)))
		return e;
	p->kept = true;
	return OK;
}

/* ---- after the transaction ------------------------------------------------------------------- */

void push_end(struct push *p, bool committed)
{
	struct fault unasked = { 0 };
	bool kept = committed && p->kept;

	if (p->visits)
		visits_end(p, kept);
	/* Not kept for certain only if nothing was tried: else the core is asked. */
	if (p->staged) {
		if (kept)
			ignore(vault_keep_soon(p->in->o.vault, p->key, &unasked));
		else
			ignore(intake_settle_one(p->in, p->key, &unasked));
	}
	if (p->entered)
		intake_leave(p->in, p->key);
	p->entered = p->staged = false;
	findings_end(&p->findings);
	judged_end(&p->judged);
	arena_end(&p->a);
}
