/*
 * verify.c - everything against everything, in one pass. Chains have nothing to do with each other,
 * so each county is one thread's; what they found is told as if one had gone by them in order.
 */
#include "ledger/verify.h"
#include "base/json.h"
#include "db/db.h"
#include "ledger/chain.h"
#include "ledger/entry.h"
#include "ledger/head.h"
#include "ledger/heads.h"
#include "ledger/ledger.sql.h"
#include "ledger/verify_heads.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ban.h"

enum { OBJECT_PAGE = 5000, THREADS_MAX = 64 };

/* What the threads share. */
struct round {
	const struct verify_ask *ask;
	const struct verify_heads *heads; /* NULL: none are asked for */
	pthread_mutex_t lock;
	int64_t county; /* the last that was given out; under the lock */
};

/* What is one thread's. */
struct run {
	struct round *round;
	const struct verify_ask *ask;     /* the round's */
	const struct verify_heads *heads; /* the round's */
	pthread_t thread;
	enum err e;
	struct fault fault;
	struct verify_report report;
	struct crypt_hasher *hasher[CRYPT_SM + 1];
	/* one county */
	struct chain chain;
	struct verify_range range; /* the range being filled; n 0: no head covers what comes */
	size_t i_range;
	bool cut; /* its last entries are not there */
	struct merkle tree;
	int64_t approver[HEADS_APPROVERS]; /* of the last restore that went back */
	size_t n_approvers;
};

const char *verify_word(enum verify_verdict v)
{
	switch (v) {
	case VERIFY_WHOLE: return "whole";
	case VERIFY_BROKEN: return "broken";
	case VERIFY_FORKED: return "forked";
	case VERIFY_TAIL_MISSING: return "tail missing";
	}
	return "?";
}

bool verify_say(struct verify_report *r, enum verify_verdict v, const char *zh, const char *en)
{
	/* What was changed outranks what is gone; of one kind the first is the one told. */
	static const int RANK[] = { [VERIFY_WHOLE] = 0,
				    [VERIFY_TAIL_MISSING] = 1,
				    [VERIFY_FORKED] = 2,
				    [VERIFY_BROKEN] = 3 };

	if (RANK[v] <= RANK[r->verdict])
		return false;
	r->verdict = v;
	r->county.v = 0;
	r->seq = r->head = r->object_id = 0;
	r->object = STR("");
	snprintf(r->zh, sizeof r->zh, "%s", zh);
	snprintf(r->en, sizeof r->en, "%s", en);
	return true;
}

static void say_at(struct run *v, enum verify_verdict verdict, int64_t seq, const char *zh,
		   const char *en)
{
	if (!verify_say(&v->report, verdict, zh, en))
		return;
	v->report.county = v->chain.county;
	v->report.seq = seq;
	v->report.head = v->range.n;
}

/* ---- entries under heads ---- */

static void next_range(struct run *v)
{
	merkle_begin(&v->tree, v->hasher[CRYPT_WORLD]);
	v->range = (struct verify_range){ 0 };
	if (v->heads && verify_heads_range(v->heads, v->chain.county, v->i_range, &v->range)) {
		v->i_range++;
		v->tree.h = v->hasher[v->range.suite];
	}
}

/* The last entry of a range is there: do its root and its hash agree with what was signed? */
static void close_range(struct run *v)
{
	struct merkle_node root;

	merkle_root(&v->tree, &root);
	if (memcmp(v->chain.hash.v, v->range.line.chain.v, sizeof v->chain.hash.v) != 0 ||
	    memcmp(root.v, v->range.line.root.v, sizeof root.v) != 0)
		say_at(v, v->range.elsewhere ? VERIFY_FORKED : VERIFY_BROKEN, v->range.line.from,
		       "链条自洽，但与已签的链头不符：条目被改写后重新计算过",
		       "the chain agrees with itself and not with a signed head: entries were "
		       "changed and the chain was computed anew");
	next_range(v);
}

static void add_approver(struct run *v, int64_t actor)
{
	for (size_t i = 0; i < v->n_approvers; i++)
		if (v->approver[i] == actor)
			return;
	if (v->n_approvers < HEADS_APPROVERS)
		v->approver[v->n_approvers++] = actor;
}

static void take_approval(struct run *v, const struct ledger_entry *en)
{
	if (str_eq(en->object, STR(HEADS_APPROVE_OBJECT)) &&
	    str_eq(en->action, STR(HEADS_APPROVE_ACTION)) && en->actor)
		add_approver(v, en->actor);
}

static enum err take_entry(const struct chain *c, const struct ledger_entry *en, void *arg,
			   struct fault *f)
{
	struct run *v = arg;
	struct merkle_node leaf;

	(void)f;
	v->report.entries++;
	if (!v->range.n) {
		v->report.uncovered++;
		return OK;
	}
	if (v->range.n == verify_heads_restored(v->heads))
		take_approval(v, en);
	memcpy(leaf.v, c->hash.v + 1, sizeof leaf.v);
	merkle_add(&v->tree, &leaf);
	if (c->seq == v->range.line.to)
		close_range(v);
	return OK;
}

/* ---- the end of a county's chain ---- */

static enum err check_tip(struct tx *tx, struct run *v, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct chain *c = &v->chain;
	enum err e = tx_row(tx, &ledger_sql.stands, SQL_ARGS(sql_i64(c->county.v)), &r, f);
	struct str hash;
	int64_t seq;

	if (e == ERR_ABSENT) {
		if (c->seq > 0)
			say_at(v, VERIFY_BROKEN, 1, "条目不属于任何链：链尾记录缺失",
			       "entries belong to no chain: the county has no end of one");
		return OK;
	}
	if (e)
		return e;
	seq = rows_i64(r, 0);
	hash = rows_blob(r, 1);
	v->cut = v->cut || seq > c->seq;
	if (seq > c->seq)
		say_at(v, VERIFY_TAIL_MISSING, c->seq + 1, "链尾之前的条目缺失",
		       "entries before the end of the chain are not there");
	else if (seq < c->seq)
		say_at(v, VERIFY_BROKEN, seq + 1, "链尾之后还有条目",
		       "there are entries behind the "
		       "end of the chain");
	else if (c->seq > 0 &&
		 (hash.n != sizeof c->hash.v || memcmp(hash.p, c->hash.v, hash.n) != 0))
		say_at(v, VERIFY_BROKEN, c->seq, "链尾记录与最后一条不符",
		       "the end of the chain is not its last entry");
	return OK;
}

/* ---- what the entries speak of ---- */

static void say_object(struct run *v, const struct verify_object *o, const struct ledger_entry *en,
		       const char *zh, const char *en_)
{
	if (!verify_say(&v->report, VERIFY_BROKEN, zh, en_))
		return;
	v->report.county = en->county;
	v->report.seq = en->seq;
	v->report.object = o->object;
	v->report.object_id = en->object_id;
}

static enum err check_object(struct tx *tx, struct run *v, const struct verify_object *o,
			     const struct ledger_entry *en, bool *ret_live, struct fault *f)
{
	bool same = false;
	enum err e = o->same(tx, en, o->arg, &same, f);

	v->report.objects++;
	*ret_live = en->after.v[0] != 0;
	if (!e && !same)
		say_object(v, o, en, "对象与它在台账里最后一次的样子不符",
			   "the object is not as its last entry left it");
	return e;
}

static enum err check_many(struct tx *tx, struct run *v, const struct verify_object *o,
			   const struct ledger_entry *en, uint64_t *live, struct fault *f)
{
	uint64_t untouched = 0;
	bool same = false;
	enum err e = o->many(tx, en, o->arg, &same, &untouched, f);

	v->report.objects += untouched;
	*live += untouched;
	if (!e && !same)
		say_object(v, o, en, "一批对象与它们在台账里的样子不符",
			   "of many objects that came together, some are not as their entry or a "
			   "later one left them");
	return e;
}

/* One page of entries that speak of many. */
static enum err many_page(struct tx *tx, struct run *v, const struct verify_object *o,
			  int64_t *after, int64_t *ret_n, uint64_t *live, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more = false;
	enum err e = tx_rows(tx, &ledger_sql.of_many,
			     SQL_ARGS(sql_i64(v->chain.county.v), sql_text(o->object),
				      sql_i64(*after), sql_i64(OBJECT_PAGE)),
			     &r, f);

	for (*ret_n = 0; !e && !(e = rows_next(r, &more, f)) && more; ++*ret_n) {
		struct chain_row row = chain_row_of(r);
		struct ledger_entry en;

		*after = row.seq;
		if (!entry_parse(row.bytes, &en) && en.kind == LEDGER_ACT && en.after.v[0])
			e = check_many(tx, v, o, &en, live, f);
	}
	return e;
}

/* One page of last entries; they were verified with all others. */
static enum err object_page(struct tx *tx, struct run *v, const struct verify_object *o,
			    int64_t *after, int64_t *ret_n, uint64_t *live, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more = false, is_live = false;
	enum err e = tx_rows(tx, &ledger_sql.last_versions,
			     SQL_ARGS(sql_i64(v->chain.county.v), sql_text(o->object),
				      sql_i64(*after), sql_i64(OBJECT_PAGE)),
			     &r, f);

	for (*ret_n = 0; !e && !(e = rows_next(r, &more, f)) && more; ++*ret_n) {
		struct chain_row row = chain_row_of(r);
		struct ledger_entry en;

		*after = row.object_id;
		if (entry_parse(row.bytes, &en))
			return OK; /* the chain has said so already */
		e = check_object(tx, v, o, &en, &is_live, f);
		*live += is_live;
	}
	return e;
}

static enum err check_objects(struct tx *tx, struct run *v, const struct verify_object *o,
			      struct fault *f)
{
	int64_t after = -1, n = OBJECT_PAGE;
	uint64_t live = 0, there = 0;
	enum err e = OK;

	while (!e && n == OBJECT_PAGE)
		e = object_page(tx, v, o, &after, &n, &live, f);
	for (after = 0, n = OBJECT_PAGE; !e && o->many && n == OBJECT_PAGE;)
		e = many_page(tx, v, o, &after, &n, &live, f);
	if (e || !o->count || (e = o->count(tx, v->chain.county, o->arg, &there, f)) ||
	    there == live)
		return e;
	if (verify_say(&v->report, VERIFY_BROKEN, "有的对象在台账里从未出现，或不该再有",
		       "there are objects that no entry speaks of, or that should be gone")) {
		v->report.county = v->chain.county;
		v->report.object = o->object;
	}
	return OK;
}

/* ---- counties ---- */

static enum err check_county(struct tx *tx, struct run *v, struct area_code county, struct fault *f)
{
	struct chain_bad bad;
	enum err e;

	chain_begin(&v->chain, v->hasher, county, 0, &LEDGER_NO_HASH);
	v->report.counties++;
	v->i_range = 0;
	next_range(v);
	if ((e = chain_walk(tx, &v->chain, INT64_MAX, take_entry, v, &bad, f)))
		return e;
	v->report.set_back += v->chain.set_back;
	if (bad.wrong) {
		say_at(v, VERIFY_BROKEN, bad.seq, chain_wrong_zh(bad.wrong),
		       chain_wrong_en(bad.wrong));
		return OK; /* nothing that follows it can be told from what was made up */
	}
	v->cut = v->range.n != 0;
	if (v->cut)
		say_at(v, VERIFY_TAIL_MISSING, v->chain.seq + 1, "已签的条目不在了",
		       "entries that were signed are not there");
	if ((e = check_tip(tx, v, f)))
		return e;
	/* Objects are bound to be ahead of a chain whose end is gone: that is said already. */
	for (size_t i = 0; !e && !v->cut && i < v->ask->n_objects; i++)
		e = check_objects(tx, v, &v->ask->objects[i], f);
	return e;
}

/* The next county after `last` that has objects, with a chain or without one. */
static enum err next_objects(struct tx *tx, const struct run *v, int64_t last, int64_t *ret,
			     struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < v->ask->n_objects; i++) {
		const struct verify_object *o = &v->ask->objects[i];
		int64_t county = INT64_MAX;

		if (o->next && !(e = o->next(tx, last, o->arg, &county, f)))
			*ret = min_i64(*ret, county);
	}
	return e;
}

/* The next county after `last` that has entries, an end of a chain, a signed range or objects. */
static enum err next_county(struct tx *tx, struct run *v, int64_t last, int64_t *ret,
			    struct fault *f)
{
	static const struct sql *const ASK[] = { &ledger_sql.next_county, &ledger_sql.next_tip };
	enum err e = OK;

	*ret = v->heads ? verify_heads_county(v->heads, last) : INT64_MAX;
	for (size_t i = 0; !e && i < ARRAY_LEN(ASK); i++) {
		CLEANUP(rows_end) struct rows *r = NULL;

		e = tx_row(tx, ASK[i], SQL_ARGS(sql_i64(last)), &r, f);
		if (!e && !rows_null(r, 0))
			*ret = min_i64(*ret, rows_i64(r, 0));
		if (e == ERR_ABSENT)
			e = OK;
	}
	return e ? e : next_objects(tx, v, last, ret, f);
}

/* The next county that no other thread has; INT64_MAX: all are given out. */
static enum err take_county(struct tx *tx, struct run *v, int64_t *ret, struct fault *f)
{
	struct round *round = v->round;
	enum err e = OK;

	pthread_mutex_lock(&round->lock);
	if (round->county != INT64_MAX)
		e = next_county(tx, v, round->county, &round->county, f);
	*ret = round->county;
	pthread_mutex_unlock(&round->lock);
	return e;
}

static enum err verify_act(struct tx *tx, void *arg, struct fault *f)
{
	struct run *v = arg;
	int64_t county;
	enum err e;

	while (!(e = take_county(tx, v, &county, f)) && county != INT64_MAX)
		if ((e = check_county(tx, v, (struct area_code){ county }, f)))
			return e;
	return e;
}

/* ---- threads ---- */

static void *work(void *arg)
{
	struct run *v = arg;

	v->e = db_read(v->round->ask->db, verify_act, v, &v->fault);
	if (v->e) {
		pthread_mutex_lock(&v->round->lock);
		v->round->county = INT64_MAX; /* the others need not go on */
		pthread_mutex_unlock(&v->round->lock);
	}
	return NULL;
}

static enum err run_begin(struct run *v, struct round *round)
{
	enum err e = OK;

	*v = (struct run){ .round = round, .ask = round->ask, .heads = round->heads };
	for (enum crypt_suite s = CRYPT_WORLD; !e && s <= CRYPT_SM; s++)
		e = crypt_hasher_new(s, &v->hasher[s]);
	return e;
}

static void run_end(struct run *v)
{
	for (enum crypt_suite s = CRYPT_WORLD; s <= CRYPT_SM; s++)
		crypt_hasher_end(&v->hasher[s]);
}

/* What one thread counted, and the worst of what it saw; of equals the first county's is told. */
static void add_report(struct verify_report *to, const struct verify_report *from)
{
	bool earlier =
		from->verdict == to->verdict && to->county.v && from->county.v < to->county.v;
	struct verify_report sum = *to;

	if (from->verdict && (earlier || verify_say(&sum, from->verdict, from->zh, from->en))) {
		memcpy(sum.zh, from->zh, sizeof sum.zh);
		memcpy(sum.en, from->en, sizeof sum.en);
		sum.county = from->county;
		sum.seq = from->seq;
		sum.head = from->head;
		sum.object = from->object;
		sum.object_id = from->object_id;
	}
	sum.counties += from->counties;
	sum.entries += from->entries;
	sum.objects += from->objects;
	sum.uncovered += from->uncovered;
	sum.set_back += from->set_back;
	*to = sum;
}

static void add_approvers(struct run *to, const struct run *from)
{
	for (size_t i = 0; i < from->n_approvers; i++)
		add_approver(to, from->approver[i]);
}

/* The first run is this thread's; what no thread could be made for, the others do. */
static enum err run_all(struct run *run, size_t n, struct verify_report *report, struct fault *f)
{
	size_t made = 1;
	enum err e;

	while (made < n && pthread_create(&run[made].thread, NULL, work, &run[made]) == 0)
		made++;
	work(&run[0]);
	for (size_t i = 1; i < made; i++)
		pthread_join(run[i].thread, NULL);
	for (size_t i = 0; i < made; i++) {
		if ((e = run[i].e)) {
			if (f)
				*f = run[i].fault;
			return e;
		}
		add_report(report, &run[i].report);
		if (i > 0)
			add_approvers(&run[0], &run[i]);
	}
	return OK;
}

static enum err verify_counties(struct round *round, struct verify_report *report, struct fault *f)
{
	struct run run[THREADS_MAX];
	size_t n = 0, want = min_size(max_size(round->ask->threads, 1), THREADS_MAX);
	enum err e = OK;

	while (!e && n < want)
		e = run_begin(&run[n++], round);
	e = e ? fault_set(f, e, "内存不足，未能核验", "there is no memory to verify")
	      : run_all(run, n, report, f);
	if (!e && round->heads && verify_heads_restored(round->heads) &&
	    run[0].n_approvers < HEADS_APPROVERS &&
	    verify_say(report, VERIFY_BROKEN, "台账退回过，却没有两个人的批准",
		       "the ledger went back, and no two people approved it"))
		report->head = verify_heads_restored(round->heads);
	while (n > 0)
		run_end(&run[--n]);
	return e;
}

enum err verify_run(const struct verify_ask *ask, struct verify_report *ret, struct fault *f)
{
	CLEANUP(verify_heads_end) struct verify_heads *heads = NULL;
	struct verify_report report = { .verdict = VERIFY_WHOLE };
	struct round round = { .ask = ask, .county = INT64_MIN };
	enum err e;

	if ((ask->heads || ask->against) && (e = verify_heads_new(ask, &report, &heads, f)))
		return e;
	round.heads = heads;
	if (pthread_mutex_init(&round.lock, NULL))
		return fault_set(f, ERR_MEMORY, "内存不足，未能核验",
				 "there is no memory to verify");
	e = verify_counties(&round, &report, f);
	pthread_mutex_destroy(&round.lock);
	if (!e)
		*ret = report;
	return e;
}

/* ---- telling ---- */

static void tell_count(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_i64(j, (int64_t)v);
}

static void tell_text(struct json *j, const char *key, struct str s)
{
	json_key(j, key);
	if (s.n)
		json_str(j, s);
	else
		json_nil(j);
}

void verify_tell(const struct verify_report *r, struct json *j)
{
	char county[AREA_TEXT_BYTES] = "", id[24];

	if (r->county.v)
		area_text(r->county, county);
	tell_text(j, "verdict", str_of(verify_word(r->verdict)));
	tell_text(j, "why_zh", str_of(r->zh));
	tell_text(j, "why_en", str_of(r->en));
	tell_text(j, "county", str_of(county));
	tell_count(j, "seq", (uint64_t)r->seq);
	tell_count(j, "head", (uint64_t)r->head);
	tell_text(j, "object", r->object);
	snprintf(id, sizeof id, "%lld", (long long)r->object_id); /* too many digits for some */
	tell_text(j, "object_id", r->object.n ? str_of(id) : STR(""));
	tell_count(j, "counties", r->counties);
	tell_count(j, "entries", r->entries);
	tell_count(j, "heads", r->heads);
	tell_count(j, "objects", r->objects);
	tell_count(j, "uncovered", r->uncovered);
	tell_count(j, "silences", r->silences);
	tell_count(j, "longest_silence_s", (uint64_t)r->silence_s_max);
	tell_count(j, "restores", r->restores);
	tell_count(j, "entries_given_up", r->given_up);
	tell_count(j, "clock_set_back", r->set_back);
	tell_count(j, "torn_lines", r->torn);
	tell_text(j, "fingerprint", str_of(r->fingerprint));
	json_key(j, "last_head_at_s");
	if (r->last_head_at.v)
		json_i64(j, r->last_head_at.v);
	else
		json_nil(j);
}
