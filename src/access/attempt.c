#include "access/attempt.h"

#include "access/attempt.sql.h"

#include "base/ban.h"

static struct str hash_view(const struct crypt_mac *m)
{
	return (struct str){ (const char *)m->v, sizeof(m->v) };
}

enum err attempt_of(const struct policy *p, struct str login, struct str address,
		    struct attempt *ret)
{
	static const char *const mark[LOCKOUT_N] = {
		[LOCKOUT_LOGIN] = "login ", [LOCKOUT_ADDRESS] = "address "
	};
	struct str what[LOCKOUT_N] = { [LOCKOUT_LOGIN] = login, [LOCKOUT_ADDRESS] = address };
	struct attempt at = { 0 };

	for (int i = 0; i < LOCKOUT_N; i++) {
		CLEANUP(buf_release) struct buf b = { 0 };
		enum err e;

		buf_lit(&b, mark[i]);
		buf_str(&b, what[i]);
		if (b.failed)
			return b.failed;
		if ((e = crypt_mac(&policy_choice(p)->key, b.p, b.n, &at.hash[i])))
			return e;
	}
	*ret = at;
	return OK;
}

enum err attempt_read(struct tx *tx, struct attempt *at, struct utc_s now, struct fault *f)
{
	int64_t wait = 0;

	for (int i = 0; i < LOCKOUT_N; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		enum err e = tx_row(tx, &attempt_sql.find,
				    SQL_ARGS(sql_blob(hash_view(&at->hash[i]))), &r, f);

		at->kept[i] = (struct lockout){ 0 };
		if (e && e != ERR_ABSENT)
			return e;
		if (e == OK)
			at->kept[i] = (struct lockout){ rows_i64(r, 0), rows_time(r, 1) };
		wait = max_i64(wait, lockout_wait_s((enum lockout_of)i, at->kept[i], now));
	}
	return wait ? ERR_RATE : OK;
}

enum err attempt_failed(struct tx *tx, const struct attempt *at, struct utc_s now, struct fault *f)
{
	enum err e = OK;

	for (int i = 0; i < LOCKOUT_N && e == OK; i++) {
		struct lockout l = lockout_failed(at->kept[i], now);

		e = tx_run(tx, &attempt_sql.keep,
			   SQL_ARGS(sql_blob(hash_view(&at->hash[i])), sql_i64(l.failures),
				    sql_time(l.last)),
			   NULL, f);
	}
	return e;
}

enum err attempt_passed(struct tx *tx, const struct attempt *at, struct fault *f)
{
	return tx_run(tx, &attempt_sql.forget,
		      SQL_ARGS(sql_blob(hash_view(&at->hash[LOCKOUT_LOGIN]))), NULL, f);
}

enum err attempt_sweep(struct tx *tx, struct utc_s now, struct fault *f)
{
	return tx_run(tx, &attempt_sql.sweep, SQL_ARGS(sql_i64(now.v - LOCKOUT_FORGET_S)), NULL, f);
}
