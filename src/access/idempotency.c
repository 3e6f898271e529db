#include "access/idempotency.h"

#include "access/idempotency.sql.h"

#include "base/ban.h"

enum { KEY_BYTES_MAX = 128 };

static struct sql_value hash_value(const struct crypt_hash *h)
{
	return sql_blob((struct str){ (const char *)h->v, sizeof(h->v) });
}

/* Lengths are hashed with the pieces, so that no two requests have one text. */
static void add(struct crypt_hasher *h, struct str s)
{
	uint64_t n = s.n;

	crypt_hasher_add(h, &n, sizeof(n));
	crypt_hasher_add(h, s.p, s.n);
}

static enum err digest_of_request(const struct http_request *rq, struct crypt_hash *ret)
{
	CLEANUP(crypt_hasher_end) struct crypt_hasher *h = NULL;
	enum err e = crypt_hasher_new(CRYPT_WORLD, &h);

	if (e)
		return e;
	add(h, str_of(http_method_word(rq->method)));
	add(h, rq->path);
	for (size_t i = 0; i < rq->n_query; i++) {
		add(h, rq->query[i].name);
		add(h, rq->query[i].value);
	}
	add(h, http_header(rq, "If-Match"));
	add(h, rq->body);
	crypt_hasher_take(h, ret);
	return OK;
}

enum err idempotency_of(const struct http_request *rq, bool *ret_keyed, struct idempotency *ret,
			struct fault *f)
{
	struct str key = http_header(rq, "Idempotency-Key");
	struct idempotency it;
	enum err e;

	*ret_keyed = false;
	if (!key.p)
		return OK;
	for (size_t i = 0; i < key.n || key.n == 0; i++)
		if (key.n == 0 || key.n > KEY_BYTES_MAX || key.p[i] <= ' ' || key.p[i] > '~') {
			fault_at(f, "Idempotency-Key", NULL);
			return fault_set(f, ERR_RANGE, "幂等键须为 1 至 128 个可见 ASCII 字符",
					 "the key is 1 to 128 visible ASCII characters");
		}
	if ((e = crypt_hash(CRYPT_WORLD, key.p, key.n, &it.key)) ||
	    (e = digest_of_request(rq, &it.digest)))
		return e;
	*ret = it;
	*ret_keyed = true;
	return OK;
}

static enum err keep_str(struct arena *a, struct str s, struct str *ret)
{
	char *p = arena_copy(a, s.p, s.n);

	if (!p)
		return ERR_MEMORY;
	*ret = (struct str){ p, s.n };
	return OK;
}

static enum err found(struct tx *tx, const struct idempotency *it, const struct who *who,
		      struct arena *a, struct idempotency_reply *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct idempotency_reply reply;
	struct str digest;
	enum err e = tx_row(tx, &idempotency_sql.find,
			    SQL_ARGS(sql_i64(area_county(who->home).v), sql_i64(who->account),
				     hash_value(&it->key)),
			    &r, f);

	if (e)
		return e;
	digest = rows_blob(r, 0);
	if (!str_eq(digest, (struct str){ (const char *)it->digest.v, sizeof(it->digest.v) }))
		return fault_set(f, ERR_CONFLICT, "这个幂等键已用于另一个请求，请换一个",
				 "this key was used for another request; take a new one");
	reply.status = (int)rows_i64(r, 1);
	if (reply.status == 0)
		return fault_set(f, ERR_CONFLICT, "这个请求已经办理，答复没有保存，请查看结果",
				 "this was done already and the answer was not kept; look at "
				 "the result");
	if ((e = keep_str(a, rows_blob(r, 2), &reply.body)) ||
	    (e = keep_str(a, rows_text(r, 3), &reply.receipt)))
		return e;
	*ret = reply;
	return OK;
}

enum err idempotency_begin(struct tx *tx, const struct idempotency *it, const struct who *who,
			   struct utc_s now, struct arena *a, bool *ret_found,
			   struct idempotency_reply *ret, struct fault *f)
{
	uint64_t changed;
	enum err e = tx_run(tx, &idempotency_sql.claim,
			    SQL_ARGS(sql_i64(area_county(who->home).v), sql_i64(who->account),
				     hash_value(&it->key), hash_value(&it->digest), sql_time(now),
				     sql_blob(STR(""))),
			    &changed, f);

	if (e)
		return e;
	*ret_found = changed == 0;
	e = *ret_found ? found(tx, it, who, a, ret, f) : OK;
	return e == ERR_ABSENT ? ERR_BUG : e;
}

enum err idempotency_look(struct tx *tx, const struct idempotency *it, const struct who *who,
			  struct arena *a, bool *ret_found, struct idempotency_reply *ret,
			  struct fault *f)
{
	enum err e = found(tx, it, who, a, ret, f);

	*ret_found = e == OK;
	return e == ERR_ABSENT ? OK : e;
}

enum err idempotency_keep(struct tx *tx, const struct idempotency *it, const struct who *who,
			  const struct idempotency_reply *reply, struct fault *f)
{
	bool keeps = reply->body.n <= IDEMPOTENCY_BODY_MAX;

	return tx_run(tx, &idempotency_sql.keep,
		      SQL_ARGS(sql_i64(area_county(who->home).v), sql_i64(who->account),
			       hash_value(&it->key), sql_i64(keeps ? reply->status : 0),
			       sql_blob(keeps ? reply->body : STR("")), sql_text(reply->receipt)),
		      NULL, f);
}

enum err idempotency_sweep(struct tx *tx, struct utc_s now, struct fault *f)
{
	return tx_run(tx, &idempotency_sql.sweep, SQL_ARGS(sql_i64(now.v - IDEMPOTENCY_S)), NULL,
		      f);
}
