#include "access/session.h"

#include <string.h>

#include "access/session.sql.h"

#include "base/ban.h"

enum { TOUCH_S = 60 };

bool session_over(const struct policy_choice *p, struct utc_s made, struct utc_s seen,
		  struct utc_s now)
{
	return now.v - seen.v >= p->idle_s || now.v - made.v >= p->absolute_s;
}

bool session_touch_due(const struct policy_choice *p, struct utc_s seen, struct utc_s now)
{
	return now.v - seen.v >= min_i64(TOUCH_S, p->idle_s / 4);
}

/* ---- words ---- */

static bool next_word(struct str *rest, struct str *ret)
{
	while (rest->n && *rest->p == ' ')
		rest->p++, rest->n--;
	*ret = (struct str){ rest->p, 0 };
	while (ret->n < rest->n && rest->p[ret->n] != ' ')
		ret->n++;
	rest->p += ret->n;
	rest->n -= ret->n;
	return ret->n > 0;
}

size_t session_roles_text(uint32_t roles, char ret[SESSION_ROLES_BYTES])
{
	size_t n = 0;

	for (int r = 0; r < ROLE_N; r++) {
		const char *word = role_row((enum role)r)->word;

		if (!(roles & role_bit((enum role)r)))
			continue;
		assert(n + 1 + strlen(word) < SESSION_ROLES_BYTES);
		if (n)
			ret[n++] = ' ';
		memcpy(ret + n, word, strlen(word));
		n += strlen(word);
	}
	ret[n] = '\0';
	return n;
}

uint32_t session_roles_parse(struct str text)
{
	uint32_t roles = 0;
	struct str word;
	enum role r;

	while (next_word(&text, &word))
		if (role_of(word, &r))
			roles |= role_bit(r);
	return roles;
}

/* ---- rows ---- */

static struct str copy(struct arena *a, struct str s)
{
	return (struct str){ arena_copy(a, s.p, s.n), s.n };
}

static enum err read_who(struct rows *r, struct arena *a, struct who *w, struct fault *f)
{
	*w = (struct who){
		.kind = WHO_PERSON,
		.session = rows_i64(r, 0),
		.account = rows_i64(r, 1),
		.roles = session_roles_parse(rows_text(r, 2)),
		.home = { rows_i64(r, 6) },
		.login = copy(a, rows_text(r, 7)),
		.name = copy(a, rows_text(r, 8)),
		.language = str_eq(rows_text(r, 9), STR("en")) ? LANGUAGE_EN : LANGUAGE_ZH,
		.password_due = rows_i64(r, 10) != 0,
		.totp = rows_i64(r, 11) != 0,
	};
	w->capabilities = role_capabilities(w->roles);
	if (!w->login.p || !w->name.p)
		return ERR_MEMORY;
	return scope_parse(rows_text(r, 3), &w->scope, f);
}

/* The row as it stands, and what the clock says of it is asked each time. */
struct found {
	struct who who;
	struct utc_s made, seen;
};

static enum err read_found(struct tx *tx, struct area_code county, struct str hash, struct arena *a,
			   struct found *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e =
		tx_row(tx, &session_sql.find, SQL_ARGS(sql_i64(county.v), sql_blob(hash)), &r, f);

	if (e)
		return e;
	ret->made = rows_time(r, 4);
	ret->seen = rows_time(r, 5);
	return read_who(r, a, &ret->who, f);
}

/* Its texts lie behind it. */
static void remember(struct tx *tx, struct str key, const struct found *s, struct arena *a)
{
	size_t n = sizeof *s, login = s->who.login.n, name = s->who.name.n;
	char *p = arena_take(a, n + login + name, 1);

	if (!p)
		return;
	memcpy(p, s, n);
	memcpy(p + n, s->who.login.p, login);
	memcpy(p + n + login, s->who.name.p, name);
	tx_remember(tx, &session_sql.find, key, (struct str){ p, n + login + name });
}

static bool recall(struct tx *tx, struct str key, struct arena *a, struct found *ret)
{
	struct str kept;
	char *p;

	if (!tx_recall(tx, &session_sql.find, key, &kept) || !(p = arena_copy(a, kept.p, kept.n)))
		return false;
	memcpy(ret, p, sizeof *ret);
	ret->who.login.p = p + sizeof *ret;
	ret->who.name.p = ret->who.login.p + ret->who.login.n;
	return true;
}

static enum err find(struct tx *tx, const struct bearer *b, struct arena *a, struct found *ret,
		     struct fault *f)
{
	struct crypt_hash hash;
	char bytes[sizeof b->county.v + sizeof hash.v];
	struct str key = { bytes, sizeof bytes };
	enum err e = bearer_hash(b, &hash);

	if (e)
		return e;
	memcpy(bytes, &b->county.v, sizeof b->county.v);
	memcpy(bytes + sizeof b->county.v, hash.v, sizeof hash.v);
	if (recall(tx, key, a, ret))
		return OK;
	e = read_found(tx, b->county, (struct str){ (const char *)hash.v, sizeof hash.v }, a, ret,
		       f);
	if (!e)
		remember(tx, key, ret, a);
	return e;
}

enum err session_find(struct tx *tx, const struct policy *p, const struct bearer *b,
		      struct utc_s now, struct arena *a, struct who *ret, bool *ret_touch_due,
		      struct fault *f)
{
	struct found s;
	enum err e = find(tx, b, a, &s, f);

	if (e)
		return e == ERR_ABSENT ? ERR_LOGIN : e;
	if (session_over(policy_choice(p), s.made, s.seen, now))
		return ERR_LOGIN;
	*ret = s.who;
	*ret_touch_due = session_touch_due(policy_choice(p), s.seen, now);
	return OK;
}

enum err session_touch(struct tx *tx, const struct bearer *b, struct utc_s now, struct fault *f)
{
	struct crypt_hash hash;
	enum err e = bearer_hash(b, &hash);

	if (e)
		return e;
	return tx_run(tx, &session_sql.touch,
		      SQL_ARGS(sql_i64(b->county.v),
			       sql_blob((struct str){ (const char *)hash.v, sizeof(hash.v) }),
			       sql_time(now)),
		      NULL, f);
}

enum err session_make(struct tx *tx, const struct bearer *b, int64_t id, const struct who *who,
		      struct utc_s now, struct fault *f)
{
	char roles[SESSION_ROLES_BYTES], areas[SCOPE_TEXT_BYTES];
	struct str roles_text = { roles, session_roles_text(who->roles, roles) };
	struct str areas_text = { areas, scope_text(&who->scope, areas) };
	struct crypt_hash hash;
	enum err e;

	assert(b->county.v == area_county(who->home).v);
	if ((e = bearer_hash(b, &hash)))
		return e;
	return tx_run(tx, &session_sql.make,
		      SQL_ARGS(sql_i64(b->county.v),
			       sql_blob((struct str){ (const char *)hash.v, sizeof(hash.v) }),
			       sql_i64(id), sql_i64(who->account), sql_text(roles_text),
			       sql_text(areas_text), sql_time(now)),
		      NULL, f);
}

enum err session_of(struct tx *tx, const struct policy *p, struct area_code home, int64_t account,
		    struct utc_s now, session_list *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(tx, &session_sql.mine,
			     SQL_ARGS(sql_i64(area_county(home).v), sql_i64(account)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct session_mine s = { rows_i64(r, 0), rows_time(r, 1), rows_time(r, 2) };

		if (!session_over(policy_choice(p), s.made, s.seen, now))
			e = vec_push(ret, s);
	}
	return e;
}

enum err session_finish(struct tx *tx, struct area_code home, int64_t account, int64_t id,
			uint64_t *ret_n, struct fault *f)
{
	return tx_run(tx, &session_sql.finish,
		      SQL_ARGS(sql_i64(area_county(home).v), sql_i64(account), sql_i64(id)), ret_n,
		      f);
}

enum err session_finish_others(struct tx *tx, struct area_code home, int64_t account, int64_t but,
			       struct fault *f)
{
	return tx_run(tx, &session_sql.finish_others,
		      SQL_ARGS(sql_i64(area_county(home).v), sql_i64(account), sql_i64(but)), NULL,
		      f);
}

enum err session_sweep(struct tx *tx, const struct policy *p, struct utc_s now, struct fault *f)
{
	const struct policy_choice *c = policy_choice(p);

	return tx_run(tx, &session_sql.sweep,
		      SQL_ARGS(sql_i64(now.v - c->absolute_s), sql_i64(now.v - c->idle_s)), NULL,
		      f);
}
