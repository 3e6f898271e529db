/* intake.c - see intake.h. */
#include <string.h>

#include "intake/brought.h"
#include "intake/inside.h"
#include "intake/intake.sql.h"
#include "intake/question.h"
#include "trail/trail.h"

#include "base/ban.h"

/* ---- opening --------------------------------------------------------------------------------- */

static enum err derive(const struct crypt_key *secret, const char *word, struct crypt_key *ret)
{
	struct crypt_mac mac;
	enum err e = crypt_mac(secret, word, strlen(word), &mac);

	if (e)
		return e;
	memcpy(ret->v, mac.v, sizeof ret->v);
	crypt_wipe(&mac, sizeof mac);
	return OK;
}

static enum err open_routes(struct intake *in)
{
	const struct {
		const struct route *v;
		size_t n;
	} lists[] = { { intake_push_rows, intake_push_rows_n },
		      { intake_held_rows, intake_held_rows_n },
		      { intake_recall_rows, intake_recall_rows_n },
		      { intake_health_rows, intake_health_rows_n },
		      { intake_review_rows, intake_review_rows_n },
		      { intake_question_rows, intake_question_rows_n } };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		n += lists[i].n;
	if (!(in->route = mem_take(n, sizeof *in->route)))
		return ERR_MEMORY;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (size_t k = 0; k < lists[i].n; k++) {
			in->route[in->n_routes] = lists[i].v[k];
			in->route[in->n_routes++].arg = in;
		}
	return OK;
}

enum err intake_open(const struct intake_options *o, struct intake **ret, struct fault *f)
{
	struct intake *in = mem_take(1, sizeof *in);
	enum err e;

	(void)f;
	if (!in)
		return ERR_MEMORY;
	in->o = *o;
	if (pthread_mutex_init(&in->lock, NULL) || pthread_cond_init(&in->freed, NULL)) {
		mem_drop(in);
		return ERR_MEMORY;
	}
	if ((e = derive(o->secret, "intake digests", &in->digest_key)) ||
	    (e = derive(o->secret, "intake held batches", &in->held_key)) ||
	    (e = open_routes(in))) {
		intake_close(&in);
		return e;
	}
	*ret = in;
	return OK;
}

void intake_trail(struct intake *in, struct trail *trail)
{
	in->o.trail = trail;
}

void intake_close(struct intake **intake)
{
	struct intake *in = *intake;

	if (!in)
		return;
	assert(in->under_way.n == 0);
	vec_drop(&in->under_way);
	pthread_cond_destroy(&in->freed);
	pthread_mutex_destroy(&in->lock);
	crypt_wipe(&in->digest_key, sizeof in->digest_key);
	crypt_wipe(&in->held_key, sizeof in->held_key);
	mem_drop(in->route);
	mem_drop(in);
	*intake = NULL;
}

struct route_list intake_routes(const struct intake *in)
{
	return (struct route_list){ in->route, in->n_routes };
}

/* ---- what handlers share --------------------------------------------------------------------- */

enum err intake_feed(struct call *c, struct tx *tx, int64_t id, struct feed **ret, struct fault *f)
{
	const struct intake *in = c->route->arg;
	void *row;
	enum err e =
		record_get(in->o.book, tx, &feed_noun, (struct record_id){ id }, c->a, &row, f);

	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	*ret = row;
	return call_reach(c, (*ret)->record.area, f);
}

enum err intake_batch(struct call *c, struct tx *tx, struct batch **ret, struct fault *f)
{
	const struct intake *in = c->route->arg;
	void *row;
	enum err e = record_get(in->o.book, tx, &batch_noun, (struct record_id){ call_id(c, "id") },
				c->a, &row, f);

	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	*ret = row;
	return call_reach(c, (*ret)->record.area, f);
}

/* ---- settling -------------------------------------------------------------------------------- */

struct known {
	int64_t key;
	bool stored;
};

static enum err known_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct known *k = arg;
	enum err e = tx_row(tx, &intake_sql.key_known, SQL_ARGS(sql_i64(k->key)), &r, f);

	k->stored = e == OK;
	return e == ERR_ABSENT ? OK : e;
}

enum err intake_settle_one(struct intake *in, int64_t key, struct fault *f)
{
	struct known k = { .key = key };
	enum err e = db_read(in->o.db, known_act, &k, f);

	if (e)
		return e;
	e = k.stored ? vault_keep(in->o.vault, key, f) : vault_drop(in->o.vault, key, f);
	return e == ERR_ABSENT ? OK : e; /* it was kept before */
}

struct settling { VEC(int64_t) key, county; };

static enum err gone_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct settling *s = arg;
	bool more;
	enum err e = tx_rows(tx, &intake_sql.gone_all, SQL_NO_ARGS, &r, f);

	s->key.n = s->county.n = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more)
		if (!(e = vec_push(&s->county, rows_i64(r, 0))))
			e = vec_push(&s->key, rows_i64(r, 1));
	return e;
}

static enum err forgot_act(struct tx *tx, void *arg, struct fault *f)
{
	const int64_t *at = arg;

	return tx_run(tx, &intake_sql.gone_drop, SQL_ARGS(sql_i64(at[0]), sql_i64(at[1])), NULL, f);
}

/* Recalled batches that the vault still keeps: it is told until it has heard. */
static enum err settle_gone(struct intake *in, struct fault *f)
{
	struct settling s = { .key = { 0 } };
	enum err e = db_read(in->o.db, gone_act, &s, f);

	for (size_t i = 0; i < s.key.n && !e; i++) {
		int64_t at[2] = { s.county.v[i], s.key.v[i] };

		if (intake_is_under_way(in, at[1]))
			continue;
		if ((e = intake_enter(in, at[1], f)))
			break;
		if (!(e = intake_settle_one(in, at[1], f)))
			e = db_write(in->o.db, forgot_act, at, f);
		intake_leave(in, at[1]);
	}
	vec_drop(&s.key);
	vec_drop(&s.county);
	return e;
}

static enum err each_staged(int64_t batch, struct utc_s staged, void *arg, struct fault *f)
{
	struct settling *s = arg;

	(void)staged;
	(void)f;
	return batch >= INTAKE_KEY_FROM ? vec_push(&s->key, batch) : OK;
}

/* Each under its lock: what somebody works at is that push's own to settle. */
enum err intake_settle(struct intake *in, struct fault *f)
{
	struct settling s = { .key = { 0 } };
	enum err e = in->o.vault ? vault_staged(in->o.vault, each_staged, &s, f) : OK;

	for (size_t i = 0; i < s.key.n && !e; i++) {
		if (intake_is_under_way(in, s.key.v[i]))
			continue;
		if ((e = intake_enter(in, s.key.v[i], f)))
			break;
		e = intake_settle_one(in, s.key.v[i], f);
		intake_leave(in, s.key.v[i]);
	}
	vec_drop(&s.key);
	return e || !in->o.vault ? e : settle_gone(in, f);
}
