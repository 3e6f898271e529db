#include "access/account.h"

#include <inttypes.h>
#include <string.h>

#include "access/account.sql.h"
#include "access/session.h"

#include "base/ban.h"

bool account_login_fold(struct str typed, char ret[ACCOUNT_LOGIN_MAX + 1])
{
	if (typed.n < 3 || typed.n > ACCOUNT_LOGIN_MAX)
		return false;
	for (size_t i = 0; i < typed.n; i++) {
		char c = typed.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!(c >= 'a' && c <= 'z') &&
		    (i == 0 || !((c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_')))
			return false;
		ret[i] = c;
	}
	ret[typed.n] = '\0';
	return true;
}

/* ---- reading ---- */

static enum err keep(struct arena *a, struct str s, struct str *ret)
{
	char *p = arena_copy(a, s.p, s.n);

	if (!p)
		return ERR_MEMORY;
	*ret = (struct str){ p, s.n };
	return OK;
}

static enum err read_account(struct rows *r, struct arena *a, struct account *ret)
{
	struct account x = {
		.id = rows_i64(r, 0),
		.area = { rows_i64(r, 1) },
		.open = str_eq(rows_text(r, 2), STR("open")),
		.closed = str_eq(rows_text(r, 2), STR("closed")),
		.language = str_eq(rows_text(r, 5), STR("en")) ? LANGUAGE_EN : LANGUAGE_ZH,
	};
	enum err e;

	if ((e = keep(a, rows_text(r, 3), &x.login)) || (e = keep(a, rows_text(r, 4), &x.name)))
		return e;
	*ret = x;
	return OK;
}

enum err account_by_login(struct tx *tx, struct str login, struct arena *a, struct account *ret,
			  struct fault *f)
{
	CLEANUP(rows_end) struct rows *at = NULL, *r = NULL;
	enum err e;

	if ((e = tx_row(tx, &account_sql.login, SQL_ARGS(sql_text(login)), &at, f)))
		return e;
	e = tx_row(tx, &account_sql.at,
		   SQL_ARGS(sql_i64(rows_i64(at, 0)), sql_i64(rows_i64(at, 1))), &r, f);
	return e ? e : read_account(r, a, ret);
}

enum err account_at(struct tx *tx, int64_t id, struct arena *a, struct account *ret,
		    struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &account_sql.by_id, SQL_ARGS(sql_i64(id)), &r, f);

	return e ? e : read_account(r, a, ret);
}

static struct sql_value county_of(const struct account *of)
{
	return sql_i64(area_county(of->area).v);
}

enum err account_secret(struct tx *tx, const struct account *of, struct arena *a,
			struct account_secret *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct account_secret s = { .totp_step = -1 };
	struct str password;
	enum err e =
		tx_row(tx, &account_sql.secret, SQL_ARGS(county_of(of), sql_i64(of->id)), &r, f);

	if (e && e != ERR_ABSENT)
		return e;
	if (e == OK) {
		if ((e = keep(a, rows_text(r, 0), &password)) ||
		    (e = keep(a, rows_blob(r, 2), &s.totp)))
			return e;
		s.password = password.p;
		s.due = rows_i64(r, 1) != 0;
		s.totp_on = rows_i64(r, 3) != 0;
		s.totp_step = rows_i64(r, 4);
	}
	*ret = s;
	return OK;
}

static enum err roles_of(struct tx *tx, const struct account *of, uint32_t *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	uint32_t roles = 0;
	bool more;
	enum role role;
	enum err e;

	if ((e = tx_rows(tx, &account_sql.roles, SQL_ARGS(county_of(of), sql_i64(of->id)), &r, f)))
		return e;
	while ((e = rows_next(r, &more, f)) == OK && more)
		if (role_of(rows_text(r, 0), &role))
			roles |= role_bit(role);
	*ret = roles;
	return e;
}

static void take_role(const struct account *of, size_t n, int64_t account, enum role role,
		      uint64_t *ret)
{
	for (size_t i = 0; i < n; i++)
		if (of[i].id == account)
			ret[i] |= role_bit(role);
}

enum err account_roles_of(struct tx *tx, const struct account *of, size_t n, uint64_t *ret,
			  struct fault *f)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	CLEANUP(rows_end) struct rows *r = NULL;
	enum role role;
	bool more;
	enum err e;

	for (size_t i = 0; i < n; i++) {
		ret[i] = 0;
		buf_fmt(&text, "%015" PRId64 "%019" PRId64, area_county(of[i].area).v, of[i].id);
	}
	if (text.failed || !n)
		return text.failed;
	e = tx_rows(tx, &account_sql.roles_of, SQL_ARGS(sql_text(buf_view(&text))), &r, f);
	while (!e && !(e = rows_next(r, &more, f)) && more)
		if (role_of(rows_text(r, 1), &role))
			take_role(of, n, rows_i64(r, 0), role, ret);
	return e;
}

enum err account_rights(struct tx *tx, const struct account *of, uint32_t *ret_roles,
			struct scope *ret_scope, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct scope scope = { 0 };
	uint32_t roles = 0;
	bool more;
	enum err e;

	if ((e = roles_of(tx, of, &roles, f)) ||
	    (e = tx_rows(tx, &account_sql.areas, SQL_ARGS(county_of(of), sql_i64(of->id)), &r, f)))
		return e;
	while ((e = rows_next(r, &more, f)) == OK && more)
		if ((e = scope_add(&scope, (struct area_code){ rows_i64(r, 0) }, f)))
			return e;
	if (e)
		return e;
	*ret_roles = roles;
	*ret_scope = scope;
	return OK;
}

enum err account_who(struct tx *tx, const struct account *of, const struct account_secret *secret,
		     struct who *ret, struct fault *f)
{
	struct who w = {
		.kind = WHO_PERSON,
		.account = of->id,
		.home = of->area,
		.login = of->login,
		.name = of->name,
		.language = of->language,
		.password_due = secret->due,
		.totp = secret->totp_on,
	};
	enum err e;

	if ((e = account_rights(tx, of, &w.roles, &w.scope, f)))
		return e;
	w.capabilities = role_capabilities(w.roles);
	*ret = w;
	return OK;
}

/* ---- writing ---- */

enum err account_login_free(struct tx *tx, struct str login, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	char folded[ACCOUNT_LOGIN_MAX + 1];
	enum err e;

	if (!account_login_fold(login, folded) || !str_eq(login, str_of(folded))) {
		fault_at(f, "login", NULL);
		return fault_set(
			f, ERR_RANGE, "登录名由 3 至 32 个小写字母、数字或 . - _ 组成，以字母开头",
			"a login name is 3 to 32 of a-z 0-9 . - _ and begins with a letter");
	}
	e = tx_row(tx, &account_sql.login, SQL_ARGS(sql_text(login)), &r, f);
	if (e)
		return e == ERR_ABSENT ? OK : e;
	fault_at(f, "login", NULL);
	return fault_set(f, ERR_EXISTS, "这个登录名已有人用，请换一个",
			 "somebody has this login name already: take another");
}

enum err account_claim(struct tx *tx, struct str login, struct area_code area, int64_t id,
		       struct fault *f)
{
	enum err e = account_login_free(tx, login, f);

	if (e)
		return e;
	return tx_run(tx, &account_sql.claim,
		      SQL_ARGS(sql_text(login), sql_i64(area_county(area).v), sql_i64(id)), NULL,
		      f);
}

enum err account_make(struct tx *tx, const struct account_new *n, struct utc_s now, struct fault *f)
{
	enum err e = account_claim(tx, n->login, n->area, n->id, f);

	if (e)
		return e;
	return tx_run(tx, &account_sql.make,
		      SQL_ARGS(sql_i64(area_county(n->area).v), sql_i64(n->id), sql_i64(n->area.v),
			       sql_time(now), sql_i64(n->by), sql_text(n->login), sql_text(n->name),
			       n->phone.n ? sql_text(n->phone) : sql_null(),
			       sql_text(n->language == LANGUAGE_EN ? STR("en") : STR("zh"))),
		      NULL, f);
}

enum err account_password(struct tx *tx, const struct account *of, const char *hash, bool due,
			  int64_t but, struct utc_s now, struct fault *f)
{
	enum err e = tx_run(tx, &account_sql.password,
			    SQL_ARGS(county_of(of), sql_i64(of->id), sql_text(str_of(hash)),
				     sql_i64(due), sql_time(now)),
			    NULL, f);

	return e ? e : session_finish_others(tx, of->area, of->id, but, f);
}

enum err account_grant(struct tx *tx, const struct account *of, uint32_t roles,
		       const struct scope *scope, struct fault *f)
{
	struct sql_args it = SQL_ARGS(county_of(of), sql_i64(of->id));
	enum err e;

	if ((e = role_check(roles, f)) || (e = tx_run(tx, &account_sql.role_clear, it, NULL, f)) ||
	    (e = tx_run(tx, &account_sql.area_clear, it, NULL, f)))
		return e;
	for (int r = 0; r < ROLE_N; r++) {
		const struct role_row *row = role_row((enum role)r);

		if ((roles & role_bit((enum role)r)) &&
		    (e = tx_run(tx, &account_sql.role_add,
				SQL_ARGS(county_of(of), sql_i64(of->id),
					 sql_text(str_of(row->admin ? "admin" : row->word)),
					 sql_text(str_of(row->word))),
				NULL, f)))
			return e;
	}
	for (size_t i = 0; i < scope->n; i++)
		if ((e = tx_run(tx, &account_sql.area_add,
				SQL_ARGS(county_of(of), sql_i64(of->id), sql_i64(scope->v[i].v)),
				NULL, f)))
			return e;
	return session_finish_others(tx, of->area, of->id, 0, f);
}

enum err account_totp(struct tx *tx, const struct account *of, struct str sealed, bool on,
		      int64_t step, struct fault *f)
{
	return tx_run(tx, &account_sql.totp,
		      SQL_ARGS(county_of(of), sql_i64(of->id),
			       sealed.n ? sql_blob(sealed) : sql_null(), sql_i64(on),
			       sql_i64(step)),
		      NULL, f);
}

enum err account_totp_step(struct tx *tx, const struct account *of, int64_t step, struct fault *f)
{
	uint64_t changed;
	enum err e = tx_run(tx, &account_sql.step,
			    SQL_ARGS(county_of(of), sql_i64(of->id), sql_i64(step)), &changed, f);

	return e ? e : changed ? OK : ERR_LOGIN;
}

/* ---- the second factor ---- */

static void bound_to(int64_t id, char ret[32])
{
	static const char mark[] = "totp of ";
	size_t n = sizeof(mark) - 1;

	memcpy(ret, mark, n);
	for (int shift = 60; shift >= 0; shift -= 4)
		ret[n++] = "0123456789abcdef"[id >> shift & 15];
	ret[n] = '\0';
}

enum err account_totp_seal(const struct policy *p, int64_t id, const struct totp *t,
			   struct buf *out)
{
	const struct policy_choice *c = policy_choice(p);
	char with[32];

	bound_to(id, with);
	return crypt_seal(&c->key, &c->chance, str_of(with),
			  (struct str){ (const char *)t->v, sizeof(t->v) }, out);
}

enum err account_totp_open(const struct policy *p, int64_t id, struct str sealed, struct totp *ret)
{
	CLEANUP(buf_release) struct buf plain = { 0 };
	char with[32];
	enum err e;

	bound_to(id, with);
	e = crypt_open(&policy_choice(p)->key, str_of(with), sealed, &plain);
	if (e == OK && plain.n != sizeof(ret->v))
		e = ERR_CORRUPT;
	if (e == OK)
		memcpy(ret->v, plain.p, sizeof(ret->v));
	if (plain.n)
		crypt_wipe(plain.p, plain.n);
	return e;
}
